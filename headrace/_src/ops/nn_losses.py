"""Losses on logits: cross entropies, the L2 loss and the Poisson loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes, errors
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import nn_activations, nn_softmax
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank


def _times_rows(vector: Tensor, matrix: Tensor) -> Tensor:
    return late.expand_dims(vector, -1) * matrix


def _check_named(function: str, sentinel: Any, labels: Any, logits: Any) -> None:
    if sentinel is not None:
        raise ValueError(
            f"Only call `{function}` with named arguments (labels=..., logits=..., ...)"
        )
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")


# -- SoftmaxCrossEntropyWithLogits ----------------------------------------------------------------
SoftmaxCrossEntropyWithLogits = op(
    "SoftmaxCrossEntropyWithLogits",
    "features: T, labels: T -> loss: T, backprop: T",
    T=G.FLOAT,
)


@SoftmaxCrossEntropyWithLogits.shape
def _shape_softmax_cross_entropy(s: Any, features: Any, labels: Any) -> list[Any]:
    both = require_rank(dims.broadcast(features, labels), 2)
    return [both[:1], both]


@SoftmaxCrossEntropyWithLogits.kernel
def _kernel_softmax_cross_entropy(k: Any, features: Any, labels: Any) -> tuple[Any, Any]:
    xp = k.np_for(features, labels)
    if features.shape != labels.shape:
        try:
            features, labels = xp.broadcast_arrays(features, labels)
        except ValueError:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"logits and labels must be broadcastable: logits_size={dims.text(features.shape)} "
                f"labels_size={dims.text(labels.shape)}",
            ) from None
    if features.ndim != 2:
        raise errors.InvalidArgumentError(
            None,
            None,
            "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional",
        )
    shifted, powers, total = nn_softmax.shifted_exponentials(k, features)
    loss = (labels * (xp.log(total) - shifted)).sum(axis=-1, dtype=features.dtype)
    return loss, powers / total - labels


def _is_zero(gradient: Tensor) -> bool:
    if gradient.op.type in ("ZerosLike", "Zeros"):
        return True
    value = constant_value(gradient)
    return value is not None and not np.any(value)


@SoftmaxCrossEntropyWithLogits.gradient
def _grad_softmax_cross_entropy(
    op: Any, dloss: Tensor, dbackprop: Tensor | None
) -> tuple[Tensor, Tensor]:
    logits = op.inputs[0]
    gradient = _times_rows(dloss, op.outputs[1])
    if dbackprop is not None and not _is_zero(dbackprop):
        softmax = nn_softmax.softmax(logits)
        product = late.matmul(late.expand_dims(dbackprop, 1), late.expand_dims(softmax, 2))
        gradient += (dbackprop - late.squeeze(product, axis=1)) * softmax
    return gradient, _times_rows(dloss, -nn_softmax.log_softmax(logits))


def _flatten_outer(x: Tensor) -> Tensor:
    """Reshapes to a matrix whose columns are the last dimension."""
    rank = late.rank(x)
    last = late.slice(late.shape(x), [late.subtract(rank, 1)], [1])
    output = late.reshape(x, late.concat([[-1], last], 0))
    if x.dims is not None and None not in x.dims[:-1]:
        output.set_shape([math.prod(x.dims[:-1]), x.dims[-1]])
    return output


def _move_last(x: Tensor, axis: Any, rank: Tensor) -> Tensor:
    return late.transpose(x, late.concat([late.range(axis), late.range(axis + 1, rank), [axis]], 0))


@export("nn.softmax_cross_entropy_with_logits_v2", v2=(), deprecated_args={"dim": "axis"})
def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: int | None = None, name: str | None = None, dim: Any = None
) -> Tensor:
    """Compute `-sum(labels * log_softmax(logits), axis)`; gradients flow into both inputs.

    Args:
      labels: Probabilities, of the shape and type of `logits`.
      logits: Unscaled log probabilities, of a float type and rank at least 1.
      axis: The dimension of the classes; the last by default.
      name: Name of the op.
      dim: Deprecated alias of `axis`.

    Returns:
      A tensor like `logits` without dimension `axis`.

    Raises:
      ValueError: Build: the shapes of `labels` and `logits` do not fit.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        axis = -1
    with name_scope(name, "softmax_cross_entropy_with_logits", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        widened = logits.dtype in (dtypes.float16, dtypes.bfloat16)
        precise = late.cast(logits, dtypes.float32) if widened else logits
        labels = late.cast(labels, precise.dtype)
        rank = late.rank(precise)
        if axis != -1:
            precise = _move_last(precise, axis, rank)
            labels = _move_last(labels, axis, rank)
        shape = late.shape(precise)
        precise = _flatten_outer(precise)
        labels = _flatten_outer(labels)
        cost, _ = SoftmaxCrossEntropyWithLogits(precise, labels, name=name)
        cost = late.reshape(cost, late.slice(shape, [0], [late.subtract(rank, 1)]))
        if logits.dims is not None:
            remaining = list(logits.dims)
            del remaining[axis]
            cost.set_shape(remaining)
        return late.cast(cost, logits.dtype) if widened else cost


@export(
    "nn.softmax_cross_entropy_with_logits",
    v2=(),
    deprecated="nn.softmax_cross_entropy_with_logits_v2",
)
def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: int | None = None,
) -> Tensor:
    """Compute `-sum(labels * log_softmax(logits), axis)` with no gradient into the labels.

    Args:
      _sentinel: Keeps callers from passing arguments by position.
      labels: Probabilities, of the shape and type of `logits`.
      logits: Unscaled log probabilities, of a float type and rank at least 1.
      dim: The dimension of the classes.
      name: Name of the op.
      axis: Alias of `dim`.

    Returns:
      A tensor like `logits` without dimension `dim`.

    Raises:
      ValueError: Build: arguments by position, or shapes that do not fit.
    """
    dim = renamed("axis", axis, "dim", dim)
    _check_named("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "softmax_cross_entropy_with_logits_sg", [logits, labels]) as name:
        labels = late.stop_gradient(labels, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, axis=dim, name=name)


@export(v2=("nn.softmax_cross_entropy_with_logits",))
def softmax_cross_entropy_with_logits_tf2(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Tensor:
    """Compute `-sum(labels * log_softmax(logits), axis)`; gradients flow into both inputs."""
    return softmax_cross_entropy_with_logits_v2(labels, logits, axis=axis, name=name)


# -- SparseSoftmaxCrossEntropyWithLogits ----------------------------------------------------------
SparseSoftmaxCrossEntropyWithLogits = op(
    "SparseSoftmaxCrossEntropyWithLogits",
    "features: T, labels: Tlabels -> loss: T, backprop: T",
    T=G.FLOAT,
    Tlabels=A.dtype((dtypes.int32, dtypes.int64), default=dtypes.int64),
)


@SparseSoftmaxCrossEntropyWithLogits.shape
def _shape_sparse_cross_entropy(s: Any, features: Any, labels: Any) -> list[Any]:
    features, labels = require_rank(features, 2), require_rank(labels, 1)
    if None not in (features[0], labels[0]) and features[0] != labels[0]:
        raise ValueError(f"Dimensions must be equal, but are {features[0]} and {labels[0]}")
    batch = labels[0] if features[0] is None else features[0]
    return [(batch,), (batch, features[1])]


@SparseSoftmaxCrossEntropyWithLogits.kernel
def _kernel_sparse_cross_entropy(k: Any, features: Any, labels: Any) -> tuple[Any, Any]:
    _check_classes(features, labels)
    xp = k.np_for(features, labels)
    classes = features.shape[-1]
    if k.xla:
        k.require_within(labels, classes)
    else:
        _check_labels(labels, classes)
    shifted, powers, total = nn_softmax.shifted_exponentials(k, features)
    chosen = xp.arange(classes) == labels[:, None]
    picked = xp.where(chosen, shifted, features.dtype.type(0)).sum(axis=-1, dtype=features.dtype)
    loss = xp.log(total[:, 0]) - picked
    backprop = powers / total - chosen.astype(features.dtype)
    return loss, backprop


def _check_classes(features: Any, labels: Any) -> None:
    logits, given = dims.text(features.shape), dims.text(labels.shape)
    said = None
    if features.ndim != 2:
        said = f"logits must be 2-D, but got shape {logits}"
    elif labels.ndim != 1:
        said = f"labels must be 1-D, but got shape {given}"
    elif features.shape[0] != labels.shape[0]:
        said = (
            f"logits and labels must have the same first dimension, got logits shape {logits} and "
            f"labels shape {given}"
        )
    elif not features.shape[1]:
        said = f"Must have at least one class, but got logits shape {logits}"
    if said is not None:
        raise errors.InvalidArgumentError(None, None, said)


def _check_labels(labels: Any, classes: int) -> None:
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Received a label value of {labels[outside][0]} which is outside the valid range of "
            f"[0, {classes}).  Label values: {' '.join(map(str, labels.tolist()))}",
        )


@SparseSoftmaxCrossEntropyWithLogits.gradient
def _grad_sparse_cross_entropy(op: Any, dloss: Tensor, _: Tensor) -> tuple[Tensor, None]:
    backprop = identity_ops.PreventGradient(
        op.outputs[1],
        message="Currently there is no way to take the second derivative of "
        "sparse_softmax_cross_entropy_with_logits due to the fused implementation's interaction "
        "with tf.gradients()",
    )
    return _times_rows(dloss, backprop), None


def _check_sparse_shapes(labels: Tensor, logits: Tensor) -> bool:
    """Raises on shapes that cannot fit; returns whether everything that must agree is known."""
    label_dims, logit_dims = labels.dims, logits.dims
    known = (
        label_dims is not None
        and logit_dims is not None
        and None not in label_dims
        and None not in logit_dims[:-1]
    )
    if logit_dims is not None and not logit_dims:
        raise ValueError(f"Logits cannot be scalars - received shape {logits.shape}.")
    if logit_dims is not None and label_dims is not None and len(label_dims) != len(logit_dims) - 1:
        raise ValueError(
            f"Rank mismatch: Rank of labels (received {len(label_dims)}) should equal rank of "
            f"logits minus 1 (received {len(logit_dims)})."
        )
    if known and label_dims != logit_dims[:-1]:
        raise ValueError(
            f"Shape mismatch: The shape of labels (received {labels.shape}) should equal the shape "
            f"of logits except for the last dimension (received {logits.shape})."
        )
    return known


@export("nn.sparse_softmax_cross_entropy_with_logits", v2=())
def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Compute `-log_softmax(logits)[..., labels]`, the cross entropy with class numbers.

    Args:
      _sentinel: Keeps callers from passing arguments by position.
      labels: Class numbers `[d0, ..., dn]`, int32 or int64.
      logits: Unscaled log probabilities `[d0, ..., dn, classes]`, of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape of `labels` and the type of `logits`.

    Raises:
      ValueError: Build: arguments by position, or shapes that do not fit.
      InvalidArgumentError: Run: a label outside of `[0, classes)` (NaN in compiled code).
    """
    _check_named("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        widened = logits.dtype == dtypes.float16
        precise = late.cast(logits, dtypes.float32) if widened else logits
        labels_shape = late.shape(labels)
        known = _check_sparse_shapes(labels, logits)
        if logits.dims is not None and len(logits.dims) == 2:
            cost, _ = SparseSoftmaxCrossEntropyWithLogits(precise, labels, name=name)
            return late.cast(cost, dtypes.float16) if widened else cost
        checks = []
        if not known:
            checks.append(late.assert_equal(late.shape(labels), late.shape(logits)[:-1]))
        with control_dependencies(checks):
            classes = late.shape(logits)[late.rank(logits) - 1]
            precise = late.reshape(precise, [-1, classes])
            static = labels.shape
            labels = late.reshape(labels, [-1])
            cost, _ = SparseSoftmaxCrossEntropyWithLogits(precise, labels, name=name)
            cost = late.reshape(cost, labels_shape)
            cost.set_shape(static)
            return late.cast(cost, dtypes.float16) if widened else cost


@export(v2=("nn.sparse_softmax_cross_entropy_with_logits",))
def sparse_softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, name: str | None = None
) -> Tensor:
    """Compute `-log_softmax(logits)[..., labels]`, the cross entropy with class numbers."""
    return sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


# -- L2Loss ---------------------------------------------------------------------------------------
L2Loss = op("L2Loss", "t: T -> output: T", T=G.FLOAT, shape=lambda s, t: ())


@L2Loss.kernel
def _kernel_l2_loss(k: Any, t: Any) -> Any:
    if t.dtype.itemsize == 2:
        return (t.astype(np.float32) ** 2).sum().astype(t.dtype) / t.dtype.type(2)
    flat = t.reshape(-1)
    return k.np_for(t).dot(flat, flat) / t.dtype.type(2)


@L2Loss.gradient
def _grad_l2_loss(op: Any, dy: Tensor) -> Tensor:
    return op.inputs[0] * dy


@export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """Compute `sum(t ** 2) / 2`.

    Args:
      t: Tensor of a float type.
      name: Name of the op.

    Returns:
      A scalar of the type of `t`.
    """
    return L2Loss(t, name=name)


# -- Losses made of other ops ---------------------------------------------------------------------


def _check_same(first: str, a: Tensor, second: str, b: Tensor) -> None:
    try:
        dims.merge(b.dims, a.dims)
    except ValueError:
        raise ValueError(
            f"{first} and {second} must have the same shape ({a.shape} vs {b.shape})"
        ) from None


@export("nn.sigmoid_cross_entropy_with_logits", v2=())
def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Compute `max(x, 0) - x * labels + log(1 + exp(-abs(x)))` for `x = logits`.

    Args:
      _sentinel: Keeps callers from passing arguments by position.
      labels: Probabilities, of the shape and type of `logits`.
      logits: Log odds, of a float type.
      name: Name of the op.

    Returns:
      The elementwise losses, of the shape and type of `logits`.

    Raises:
      ValueError: Build: arguments by position, or different shapes.
    """
    _check_named("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same("logits", logits, "labels", labels)
        zeros = late.zeros_like(logits, dtype=logits.dtype)
        positive = logits >= zeros
        rectified = late.where(positive, logits, zeros)
        negative = late.where(positive, -logits, logits)
        return late.add(rectified - logits * labels, late.log1p(late.exp(negative)), name=name)


@export(v2=("nn.sigmoid_cross_entropy_with_logits",))
def sigmoid_cross_entropy_with_logits_v2(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Tensor:
    """Compute `max(x, 0) - x * labels + log(1 + exp(-abs(x)))` for `x = logits`."""
    return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


@export("nn.weighted_cross_entropy_with_logits", v2=(), deprecated_args={"targets": "labels"})
def weighted_cross_entropy_with_logits(
    labels: Any = None,
    logits: Any = None,
    pos_weight: Any = None,
    name: str | None = None,
    targets: Any = None,
) -> Tensor:
    """Compute the sigmoid cross entropy with the positive term weighted.

    With `l = 1 + (pos_weight - 1) * labels`, it is
    `(1 - labels) * logits + l * (log1p(exp(-abs(logits))) + max(-logits, 0))`.

    Args:
      labels: Probabilities, of the shape and type of `logits`.
      logits: Log odds, of a float type.
      pos_weight: Weight of the positive examples.
      name: Name of the op.
      targets: Deprecated alias of `labels`.

    Returns:
      The elementwise losses, of the shape and type of `logits`.

    Raises:
      ValueError: Build: different shapes.
    """
    labels = renamed("labels", labels, "targets", targets)
    return weighted_cross_entropy_with_logits_v2(labels, logits, pos_weight, name)


@export(v2=("nn.weighted_cross_entropy_with_logits",))
def weighted_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Tensor:
    """Compute the sigmoid cross entropy with the positive term weighted."""
    with name_scope(name, "logistic_loss", [logits, labels]) as name:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _check_same("logits", logits, "labels", labels)
        weight = 1 + (pos_weight - 1) * labels
        return late.add(
            (1 - labels) * logits,
            weight * (late.log1p(late.exp(-late.abs(logits))) + nn_activations.relu(-logits)),
            name=name,
        )


@export("nn.log_poisson_loss")
def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """Compute `exp(log_input) - log_input * targets`, the Poisson loss but for a constant.

    Args:
      targets: Counts, of the shape and type of `log_input`.
      log_input: Logarithm of the predicted rate, of a float type.
      compute_full_loss: Add Stirling's approximation of the constant.
      name: Name of the op.

    Returns:
      The elementwise losses.

    Raises:
      ValueError: Build: different shapes.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]) as name:
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        _check_same("log_input", log_input, "targets", targets)
        result = late.exp(log_input) - log_input * targets
        if compute_full_loss:
            half = late.constant(0.5, dtype=targets.dtype)
            two_pi = late.constant(2 * math.pi, dtype=targets.dtype)
            stirling = targets * late.log(targets) - targets + half * late.log(two_pi * targets)
            zeros = late.zeros_like(targets, dtype=targets.dtype)
            ones = late.ones_like(targets, dtype=targets.dtype)
            small = late.logical_and(targets >= zeros, targets <= ones)
            result += late.where(small, zeros, stirling)
        return result
