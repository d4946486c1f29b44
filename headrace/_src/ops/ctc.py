"""Connectionist temporal classification: the loss over all alignments, and the greedy decoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import merge_dim, require_rank

_REAL = A.dtype((dtypes.float32, dtypes.float64), default=dtypes.float32)

# -- CTCLoss --------------------------------------------------------------------------------------
CTCLoss = op(
    "CTCLoss",
    "inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32 -> "
    "loss: T, gradient: T",
    T=_REAL,
    preprocess_collapse_repeated=A.boolean(default=False),
    ctc_merge_repeated=A.boolean(default=True),
    ignore_longer_outputs_than_inputs=A.boolean(default=False),
    host_only=True,
)


@CTCLoss.shape
def _shape_ctc_loss(
    s: Any, inputs: Any, labels_indices: Any, labels_values: Any, sequence_length: Any
) -> list[Any]:
    steps, batch, classes = require_rank(inputs, 3)
    merge_dim(require_rank(labels_indices, 2)[0], require_rank(labels_values, 1)[0])
    batch = merge_dim(batch, require_rank(sequence_length, 1)[0])
    return [(batch,), (steps, batch, classes)]


def _with_blanks(labels: list[int], blank: int) -> Any:
    """The labels with a blank before, between and after them."""
    extended = np.full(2 * len(labels) + 1, blank)
    extended[1::2] = labels
    return extended


def _used_labels(values: list[int], blank: int, collapse: bool, batch: int) -> list[int]:
    """The labels up to the first that is no class.

    Raises:
      InvalidArgumentError: a class follows what is none, or a label is negative.
    """
    text = ",".join(map(str, values))
    used: list[int] = []
    ended = False
    previous = None
    for value in values:
        if value >= blank:
            ended = True
        elif ended:
            raise errors.InvalidArgumentError(
                None,
                None,
                "Saw a non-null label (index >= num_classes - 1) following a null label, batch: "
                f"{batch} num_classes: {blank + 1} labels: {text} "
                f"labels seen so far: {','.join(map(str, used))}",
            )
        elif not (collapse and value == previous):
            used.append(value)
        previous = value
    if any(value < 0 for value in used):
        message = f"All labels must be nonnegative integers, batch: {batch} labels: {text}"
        raise errors.InvalidArgumentError(None, None, message)
    return used


def _forward_variables(logs: Any, stays: Any, skips: Any) -> Any:
    """Log probabilities `[steps, states]` of all prefixes that end in a state.

    Args:
      logs: Log probability of each state's symbol at each step.
      stays: Whether a path may stay in the state.
      skips: Whether a path may come from two states before.
    """
    alpha = np.full(logs.shape, -np.inf)
    alpha[0, :2] = logs[0, :2]
    for t in range(1, len(logs)):
        before = alpha[t - 1]
        total = np.where(stays, before, -np.inf)
        total[1:] = np.logaddexp(total[1:], before[:-1])
        total[2:] = np.logaddexp(total[2:], np.where(skips[2:], before[:-2], -np.inf))
        alpha[t] = total + logs[t]
    return alpha


def _alignments(logits: Any, labels: list[int], merge_repeated: bool) -> tuple[float, Any]:
    """The loss of one example and its gradient by the logits `[steps, classes]`."""
    blank = logits.shape[1] - 1
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    states = _with_blanks(labels, blank)
    logs = log_probs[:, states]
    stays = (states == blank) | merge_repeated
    skips = states != blank
    same = np.zeros(len(states), bool)
    same[2:] = states[2:] == states[:-2]
    skips = skips & ~(same & merge_repeated)
    alpha = _forward_variables(logs, stays, skips)
    # Paths read backwards obey the same rules on the mirrored states.
    mirrored_same = np.zeros(len(states), bool)
    mirrored_same[:-2] = same[2:]
    mirrored_skips = (states != blank) & ~(mirrored_same & merge_repeated)
    beta = _forward_variables(logs[::-1, ::-1], stays[::-1], mirrored_skips[::-1])[::-1, ::-1]
    total = np.logaddexp.reduce(alpha[-1, -2:])
    if not labels and len(logs) > 1:
        # 1.15 misses the row before the only one and writes into the last step but one instead:
        # paths that end there count as well.
        early = np.logaddexp(0, logs[-1, 0]) - logs[-1, 0]
        beta[:-1] += early
        total += early
    gradient = np.exp(log_probs)
    if total == -np.inf:
        return np.inf, gradient
    with np.errstate(invalid="ignore"):
        visits = np.exp(alpha + beta - logs - total)
    visits = np.where(np.isnan(visits), 0, visits)
    np.subtract.at(gradient, (slice(None), states), visits)
    return -total, gradient


def _check_ctc(inputs: Any, lengths: Any) -> None:
    steps, batch, _ = inputs.shape
    if lengths.shape != (batch,):
        raise errors.InvalidArgumentError(
            None, None, f"len(sequence_length) != batch_size. len(sequence_length): "
            f"{lengths.size} batch_size: {batch}",
        )  # fmt: skip
    for i, length in enumerate(lengths):
        if length > steps:
            raise errors.InvalidArgumentError(None, None, f"sequence_length({i}) <= {steps}")


@CTCLoss.kernel
def _kernel_ctc_loss(
    k: Any, inputs: Any, labels_indices: Any, labels_values: Any, sequence_length: Any, *,
    preprocess_collapse_repeated: bool, ctc_merge_repeated: bool,
    ignore_longer_outputs_than_inputs: bool,
) -> Any:  # fmt: skip
    _check_ctc(inputs, sequence_length)
    _, batch, classes = inputs.shape
    loss = np.zeros(batch, inputs.dtype)
    gradient = np.zeros_like(inputs)
    for b in range(batch):
        values = labels_values[labels_indices[:, 0] == b].tolist()
        if not values:
            raise errors.InvalidArgumentError(None, None, f"Labels length is zero in batch {b}")
        labels = _used_labels(values, classes - 1, preprocess_collapse_repeated, b)
        steps = int(sequence_length[b])
        if not steps or (ignore_longer_outputs_than_inputs and len(labels) > steps):
            continue
        loss[b], gradient[:steps, b] = _alignments(
            inputs[:steps, b].astype(np.float64), labels, ctc_merge_repeated
        )
    return loss, gradient


@CTCLoss.gradient
def _grad_ctc_loss(op: Any, dloss: Tensor, _: Any) -> tuple[Tensor, None, None, None]:
    gradient = identity_ops.PreventGradient(
        op.outputs[1],
        message="Currently there is no way to take the second  derivative of ctc_loss due to the "
        "fused implementation's interaction  with tf.gradients()",
    )
    return late.expand_dims(dloss, -1) * gradient, None, None, None


@export("nn.ctc_loss", v2=())
def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Tensor:
    """Compute minus the log probability of all alignments of the labels with the inputs.

    The last class is the blank.

    Args:
      labels: Sparse int32 `[batch, length]`.
      inputs: Logits `[time, batch, classes]`, float32 or float64.
      sequence_length: Steps of each example, int32 `[batch]`.
      preprocess_collapse_repeated: Merge repeated labels before.
      ctc_merge_repeated: Read repeated symbols without a blank between them as one.
      ignore_longer_outputs_than_inputs: Give zero for labels longer than their inputs.
      time_major: False if `inputs` are `[batch, time, classes]`.
      logits: Alias of `inputs`.

    Returns:
      The losses `[batch]`.

    Raises:
      TypeError: Build: labels that are not sparse.
      InvalidArgumentError: Run: no labels, or a length above the number of steps.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    inputs = renamed("logits", logits, "inputs", inputs)
    if not time_major:
        inputs = late.transpose(inputs, [1, 0, 2])
    loss, _ = CTCLoss(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    return loss


# -- CTCGreedyDecoder -----------------------------------------------------------------------------
CTCGreedyDecoder = op(
    "CTCGreedyDecoder",
    "inputs: T, sequence_length: int32 -> decoded_indices: int64, decoded_values: int64, "
    "decoded_shape: int64, log_probability: T",
    T=_REAL,
    merge_repeated=A.boolean(default=False),
    host_only=True,
)


@CTCGreedyDecoder.shape
def _shape_ctc_greedy_decoder(s: Any, inputs: Any, sequence_length: Any) -> list[Any]:
    batch = merge_dim(require_rank(inputs, 3)[1], require_rank(sequence_length, 1)[0])
    return [(None, 2), (None,), (2,), (batch, 1)]


@CTCGreedyDecoder.kernel
def _kernel_ctc_greedy_decoder(
    k: Any, inputs: Any, sequence_length: Any, *, merge_repeated: bool
) -> Any:
    _check_ctc(inputs, sequence_length)
    _, batch, classes = inputs.shape
    best = inputs.argmax(axis=2)
    negative = np.zeros((batch, 1), inputs.dtype)
    indices: list[tuple[int, int]] = []
    values: list[int] = []
    longest = 0
    for b in range(batch):
        steps = int(sequence_length[b])
        path = best[:steps, b]
        negative[b, 0] = -inputs[np.arange(steps), b, path].sum()
        keep = path != classes - 1
        if merge_repeated:
            keep[1:] &= path[1:] != path[:-1]
        chosen = path[keep].tolist()
        indices.extend((b, i) for i in range(len(chosen)))
        values.extend(chosen)
        longest = max(longest, len(chosen))
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        np.array(values, np.int64),
        np.array([batch, longest], np.int64),
        negative,
    )


CTCGreedyDecoder.no_gradient("decoded symbols are integers")


@export("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True
) -> tuple[list[SparseTensor], Tensor]:
    """Take the most likely symbol of every step, merge repeats and drop blanks.

    Args:
      inputs: Logits `[time, batch, classes]`, float32 or float64; the last class is the blank.
      sequence_length: Steps of each example, int32 `[batch]`.
      merge_repeated: Merge equal symbols in succession.

    Returns:
      A list with one sparse int64 matrix of symbols, and the negated sums of logits `[batch, 1]`.

    Raises:
      InvalidArgumentError: Run: a length above the number of steps.
    """
    indices, values, shape, log_probability = CTCGreedyDecoder(
        inputs, sequence_length, merge_repeated=merge_repeated
    )
    return [SparseTensor(indices, values, shape)], log_probability
