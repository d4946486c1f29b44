"""Metrics of the best predictions among many classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from headrace._src.metrics.variables import (
    Metric,
    collected,
    graph_only,
    metric_variable,
)
from headrace._src.ops import sets
from headrace._src.ops._late import late
from headrace._src.ops.reductions import reduced_shape
from headrace._src.ops.weights_broadcast import assert_broadcastable
from headrace._src.state.assign import assign_add


def at_k(name: str, k: Any = None, class_id: Any = None) -> str:
    """The default name of a scope: `recall_at_3_class1`."""
    name = f"{name}_at_k" if k is None else f"{name}_at_{k}"
    return name if class_id is None else f"{name}_class{class_id}"


def either_sparse(
    condition: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]
) -> SparseTensor:
    """One of two sparse tensors, which may have different ranks."""

    def parts(value: Any) -> tuple[Any, Any, Any]:
        return value.indices, value.values, value.dense_shape

    chosen = late.cond(condition, lambda: parts(true_fn()), lambda: parts(false_fn()))
    return SparseTensor(*chosen)


def expanded_labels(labels: Any, predictions: Any) -> Any:
    """Labels of the rank of the predictions, where they have one less.

    Raises:
      ValueError: other ranks.
    """
    with name_scope(None, "expand_labels", (labels, predictions)) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        if isinstance(labels, SparseTensor):
            return either_sparse(
                late.equal(late.rank(predictions), late.size(labels.dense_shape) + 1),
                lambda: late.sparse_reshape(
                    labels, shape=late.concat((labels.dense_shape, (1,)), 0), name=scope
                ),
                lambda: labels,
            )
        rank, wanted = labels.shape.ndims, predictions.shape.ndims
        if rank is not None and wanted is not None:
            if wanted == rank:
                return labels
            if wanted == rank + 1:
                return late.expand_dims(labels, -1, name=scope)
            raise ValueError(
                f"Unexpected labels shape {labels.shape} for predictions shape {predictions.shape}."
            )
        return late.cond(
            late.equal(late.rank(predictions), late.rank(labels) + 1),
            lambda: late.expand_dims(labels, -1, name=scope),
            lambda: labels,
        )


def _only(ids: Any, class_id: Any) -> SparseTensor:
    """Those of the classes that are one class."""
    ids = convert_to_tensor_or_sparse_tensor(ids)
    if isinstance(ids, SparseTensor):
        return late.sparse_retain(ids, late.equal(ids.values, class_id))  # type: ignore[no-any-return]
    shape = late.shape(ids, out_type=dtypes.int64)
    last = late.size(shape) - 1
    one_each = reduced_shape(shape, late.reshape(last, [1]))
    filled = late.fill(one_each, late.cast(class_id, dtypes.int64))
    found = sets.set_intersection(filled, ids)
    return SparseTensor(found.indices, found.values, shape)


_FIND = {
    "true_positives": sets.set_intersection,
    "false_negatives": lambda best, labels: sets.set_difference(best, labels, aminusb=False),
    "false_positives": lambda best, labels: sets.set_difference(best, labels, aminusb=True),
}


def count_found(
    kind: str, labels: Any, best: Any, class_id: Any = None, weights: Any = None, name: Any = None
) -> Any:
    """Count, for each example, classes that are predicted or true, or both.

    Args:
      kind: `true_positives`, `false_negatives` or `false_positives`.
      labels: the true classes.
      best: the predicted classes.
      class_id: the only class to look at; None for all.
      weights: what each example counts; 1 when None.
      name: name of the scope.
    """
    with name_scope(name, kind, (best, labels, weights)):
        if class_id is not None:
            labels, best = _only(labels, class_id), _only(best, class_id)
        counts = late.cast(sets.set_size(_FIND[kind](best, labels)), dtypes.float64)
        if weights is None:
            return counts
        with control_dependencies((assert_broadcastable(weights, counts),)):
            weights = late.cast(weights, dtypes.float64)
            return late.multiply(counts, weights)


def _sum(kind: str, labels: Any, best: Any, k: Any, class_id: Any, weights: Any) -> Metric:
    """A variable that sums such counts over batches, and its update."""
    with name_scope(None, at_k(kind, k, class_id), (best, labels, weights)) as scope:
        counts = count_found(f"{kind}s", labels, best, class_id, weights)
        total = late.cast(late.reduce_sum(counts), dtypes.float64)
        variable = metric_variable([], dtypes.float64, scope)
        return variable, assign_add(variable, total, name="update")


@export("metrics.recall_at_k", v2=())
@graph_only
def recall_at_k(
    labels: Any,
    predictions: Any,
    k: Any,
    class_id: Any = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is true is among the k best.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions: tensor `[..., classes]` of scores.
      k: int, number of predictions to look at.
      class_id: int, the only class to look at; None for all.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    default = at_k("recall", k, class_id)
    with name_scope(name, default, (predictions, labels, weights)) as scope:
        best = getattr(late, "nn.top_k")(predictions, k)[1]
        return recall_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


@export("metrics.recall_at_top_k", v2=())
def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: Any = None,
    class_id: Any = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is true is among the k best, which are given.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions_idx: tensor `[..., k]` of the classes predicted, best first.
      k: int, number of predictions, for names only.
      class_id: int, the only class to look at; None for all.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    default = at_k("recall", k, class_id)
    with name_scope(name, default, (predictions_idx, labels, weights)) as scope:
        labels = expanded_labels(labels, predictions_idx)
        best = late.cast(predictions_idx, dtypes.int64)
        right, update_right = _sum("true_positive", labels, best, k, class_id, weights)
        wrong, update_wrong = _sum("false_negative", labels, best, k, class_id, weights)
        value = late.div(right, late.add(right, wrong), name=scope)
        collected(metrics_collections, value)
        update = late.div(update_right, late.add(update_right, update_wrong), name="update")
        return value, collected(updates_collections, update)


@export("metrics.precision_at_k", v2=())
@graph_only
def precision_at_k(
    labels: Any,
    predictions: Any,
    k: Any,
    class_id: Any = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of the k best is true.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions: tensor `[..., classes]` of scores.
      k: int, number of predictions to look at.
      class_id: int, the only class to look at; None for all.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    default = at_k("precision", k, class_id)
    with name_scope(name, default, (predictions, labels, weights)) as scope:
        best = getattr(late, "nn.top_k")(predictions, k)[1]
        return precision_at_top_k(
            labels, best, k, class_id, weights, metrics_collections, updates_collections, scope
        )


@export("metrics.precision_at_top_k", v2=())
@graph_only
def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: Any = None,
    class_id: Any = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of the k best is true, which are given.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions_idx: tensor `[..., k]` of the classes predicted, best first.
      k: int, number of predictions, for names only.
      class_id: int, the only class to look at; None for all.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    default = at_k("precision", k, class_id)
    with name_scope(name, default, (predictions_idx, labels, weights)) as scope:
        labels = expanded_labels(labels, predictions_idx)
        best = late.cast(predictions_idx, dtypes.int64)
        right, update_right = _sum("true_positive", labels, best, k, class_id, weights)
        wrong, update_wrong = _sum("false_positive", labels, best, k, class_id, weights)
        value = late.div(right, late.add(right, wrong), name=scope)
        collected(metrics_collections, value)
        update = late.div(update_right, late.add(update_right, update_wrong), name="update")
        return value, collected(updates_collections, update)


@export("metrics.sparse_precision_at_k", v2=(), deprecated="tf.metrics.precision_at_k")
@graph_only
def sparse_precision_at_k(
    labels: Any,
    predictions: Any,
    k: Any,
    class_id: Any = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of the k best is true; renamed `precision_at_k`.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions: tensor `[..., classes]` of scores.
      k: int, number of predictions to look at.
      class_id: int, the only class to look at; None for all.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    return precision_at_k(
        labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name
    )
