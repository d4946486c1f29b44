"""Losses over a sample of the classes: noise-contrastive estimation and sampled softmax."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import embedding, nn_losses
from headrace._src.ops._late import late


def _sum_rows(x: Tensor) -> Tensor:
    """Row sums as a product with ones, whose gradient is cheaper than that of a reduction."""
    columns = late.shape(x)[1]
    ones = late.ones(late.stack([columns, 1]), x.dtype)
    return late.reshape(late.matmul(x, ones), [-1])


def _true_logits(inputs: Tensor, true_w: Tensor, true_b: Tensor, num_true: int) -> Tensor:
    """`[batch, num_true]`: each example's inputs times the weights of its own classes."""
    width = late.shape(true_w)[1:2]
    grouped = late.concat([[-1, num_true], width], 0)
    products = late.multiply(late.expand_dims(inputs, 1), late.reshape(true_w, grouped))
    matrix = late.reshape(products, late.concat([[-1], width], 0))
    logits = late.reshape(_sum_rows(matrix), [-1, num_true])
    true_b = late.reshape(true_b, [-1, num_true])
    logits += true_b
    return logits


def _without_hits(
    logits: Tensor, labels: Tensor, sampled: Tensor, num_sampled: int, num_true: int
) -> Tensor:
    """Makes sampled logits that stand for a true class hugely negative."""
    hits = getattr(late, "nn.compute_accidental_hits")(labels, sampled, num_true=num_true)
    rows, positions, weights = hits
    rows = late.reshape(rows, [-1, 1])
    positions = late.reshape(late.cast(positions, dtypes.int32), [-1, 1])
    indices = late.concat([rows, positions], 1, "sparse_indices")
    shape = late.concat([late.shape(labels)[:1], late.expand_dims(num_sampled, 0)], 0)
    if logits.dtype != weights.dtype:
        weights = late.cast(weights, logits.dtype)
    logits += late.SparseToDense(indices, shape, weights, 0.0, validate_indices=False)
    return logits


def compute_sampled_logits(
    weights: Any,
    biases: Any,
    labels: Tensor,
    inputs: Tensor,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str | None = None,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Logits and labels `[batch, num_true + num_sampled]` of true and of sampled classes."""
    if hasattr(weights, "_get_variable_list"):
        weights = list(weights)
    if not isinstance(weights, list):
        weights = [weights]
    with name_scope(name, "compute_sampled_logits", [*weights, biases, inputs, labels]):
        if labels.dtype != dtypes.int64:
            labels = late.cast(labels, dtypes.int64)
        labels_flat = late.reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = getattr(late, "nn.log_uniform_candidate_sampler")(
                true_classes=labels,
                num_true=num_true,
                num_sampled=num_sampled,
                unique=True,
                range_max=num_classes,
                seed=seed,
            )
        sampled, true_expected, sampled_expected = (late.stop_gradient(v) for v in sampled_values)
        sampled = late.cast(sampled, dtypes.int64)
        all_ids = late.concat([labels_flat, sampled], 0)
        all_w = embedding.embedding_lookup(weights, all_ids, partition_strategy=partition_strategy)
        if all_w.dtype != inputs.dtype:
            all_w = late.cast(all_w, inputs.dtype)
        true_w = late.slice(all_w, [0, 0], late.stack([late.shape(labels_flat)[0], -1]))
        start = late.stack([late.shape(labels_flat)[0], 0])
        sampled_w = late.slice(all_w, start, [-1, -1])
        sampled_logits = late.matmul(inputs, sampled_w, transpose_b=True)
        all_b = embedding.embedding_lookup(biases, all_ids, partition_strategy=partition_strategy)
        if all_b.dtype != inputs.dtype:
            all_b = late.cast(all_b, inputs.dtype)
        true_b = late.slice(all_b, [0], late.shape(labels_flat))
        sampled_b = late.slice(all_b, late.shape(labels_flat), [-1])
        true_logits = _true_logits(inputs, true_w, true_b, num_true)
        sampled_logits += sampled_b
        if remove_accidental_hits:
            sampled_logits = _without_hits(sampled_logits, labels, sampled, num_sampled, num_true)
        true_logits -= late.log(true_expected)
        sampled_logits -= late.log(sampled_expected)
        out_logits = late.concat([true_logits, sampled_logits], 1)
        out_labels = late.concat(
            [late.ones_like(true_logits) / num_true, late.zeros_like(sampled_logits)], 1
        )
        return out_logits, out_labels


@export("nn.nce_loss", v2=())
def nce_loss(
    weights: Any,
    biases: Any,
    labels: Tensor,
    inputs: Tensor,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """Compute the noise-contrastive estimation loss.

    Args:
      weights: Class embeddings `[num_classes, dim]`, or a list of parts of them.
      biases: `[num_classes]`.
      labels: True classes, int64 `[batch, num_true]`.
      inputs: `[batch, dim]`, of a float type.
      num_sampled: Classes to sample for the batch.
      num_classes: All classes.
      num_true: True classes an example.
      sampled_values: What a candidate sampler gave; by default a log-uniform one is asked.
      remove_accidental_hits: Leave out sampled classes that are true ones.
      partition_strategy: How `weights` are cut: `"mod"` or `"div"`.
      name: Name of the scope.

    Returns:
      The losses `[batch]`.
    """
    logits, labels = compute_sampled_logits(
        weights=weights,
        biases=biases,
        labels=labels,
        inputs=inputs,
        num_sampled=num_sampled,
        num_classes=num_classes,
        num_true=num_true,
        sampled_values=sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
    )
    losses = nn_losses.sigmoid_cross_entropy_with_logits(
        labels=labels, logits=logits, name="sampled_losses"
    )
    return _sum_rows(losses)


@export(v2=("nn.nce_loss",))
def nce_loss_v2(
    weights: Any,
    biases: Any,
    labels: Tensor,
    inputs: Tensor,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    name: str = "nce_loss",
) -> Tensor:
    """Compute the noise-contrastive estimation loss."""
    return nce_loss(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, "div", name,
    )  # fmt: skip


@export("nn.sampled_softmax_loss", v2=())
def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Tensor,
    inputs: Tensor,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """Compute the softmax cross entropy over the true and the sampled classes.

    Args:
      weights: Class embeddings `[num_classes, dim]`, or a list of parts of them.
      biases: `[num_classes]`.
      labels: True classes, int64 `[batch, num_true]`.
      inputs: `[batch, dim]`, of a float type.
      num_sampled: Classes to sample for the batch.
      num_classes: All classes.
      num_true: True classes an example.
      sampled_values: What a candidate sampler gave; by default a log-uniform one is asked.
      remove_accidental_hits: Leave out sampled classes that are true ones.
      partition_strategy: How `weights` are cut: `"mod"` or `"div"`.
      name: Name of the scope.
      seed: Op seed of the sampler.

    Returns:
      The losses `[batch]`.
    """
    logits, labels = compute_sampled_logits(
        weights=weights,
        biases=biases,
        labels=labels,
        inputs=inputs,
        num_sampled=num_sampled,
        num_classes=num_classes,
        num_true=num_true,
        sampled_values=sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
        seed=seed,
    )
    labels = late.stop_gradient(labels, name="labels_stop_gradient")
    return nn_losses.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)


@export(v2=("nn.sampled_softmax_loss",))
def sampled_softmax_loss_v2(
    weights: Any,
    biases: Any,
    labels: Tensor,
    inputs: Tensor,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    seed: int | None = None,
    name: str = "sampled_softmax_loss",
) -> Tensor:
    """Compute the softmax cross entropy over the true and the sampled classes."""
    return sampled_softmax_loss(
        weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
        remove_accidental_hits, "div", name, seed,
    )  # fmt: skip
