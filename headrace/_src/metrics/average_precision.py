"""Average precision: how far up in the ranking the true classes stand."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import (
    SparseTensor,
    SparseTensorValue,
    convert_to_tensor_or_sparse_tensor,
)
from headrace._src.core.tensor import Tensor
from headrace._src.metrics.top_k import at_k, count_found, either_sparse, expanded_labels
from headrace._src.metrics.variables import (
    Metric,
    collected,
    divided,
    graph_only,
    metric_variable,
)
from headrace._src.ops import sets
from headrace._src.ops._late import late
from headrace._src.ops.weights_broadcast import broadcast_weights
from headrace._src.state.assign import assign_add


def _repeated(value: Any, times: int, dim: int, name: str) -> Any:
    """The tensor, repeated along a new dimension.

    Raises:
      ValueError: less than one time.
    """
    if times < 1:
        raise ValueError(f"Invalid multiple {times}, must be > 0.")
    with name_scope(name, "expand_and_tile", (value, times, dim)) as scope:
        value = convert_to_tensor_or_sparse_tensor(value)
        if isinstance(value, SparseTensor):
            at = late.reshape(late.size(value.dense_shape) + dim, [1])
            before = late.slice(value.dense_shape, [0], at)
            after = late.slice(value.dense_shape, at, [-1])
            shape = late.concat((before, [1], after), 0, name="expanded_shape")
            expanded = late.sparse_reshape(value, shape=shape, name="expand")
            if times == 1:
                return expanded
            return late.sparse_concat(dim - 1, [expanded] * times, name=scope)
        expanded = late.expand_dims(value, dim - 1, name="expand")
        if times == 1:
            return expanded
        ones = late.ones_like(late.shape(value))
        multiples = late.concat((ones[:dim], (times,), ones[dim:]), 0, name="multiples")
        return late.tile(expanded, multiples, name=scope)


def _number_of_labels(labels: Any, k: int) -> Any:
    """How many true classes there are, at most `k`; dense labels below 0 are none."""
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(None, "num_relevant", (labels,)) as scope:
        labels = convert_to_tensor_or_sparse_tensor(labels)
        if isinstance(labels, SparseTensor):
            return late.minimum(sets.set_size(labels), k, name=scope)
        is_label = late.greater_equal(labels, 0)
        ones = late.where_v2(is_label, late.ones_like(labels), late.zeros_like(labels))
        return late.minimum(late.reduce_sum(ones, axis=-1), k, name=scope)


def _average_precision(labels: Any, best: Any) -> Tensor:
    """The average precision of each example."""
    with name_scope(None, "average_precision", (best, labels)) as scope:
        best = late.cast(best, dtypes.int64, name="predictions_idx")
        if best.shape.ndims == 0:
            raise ValueError("The rank of predictions_idx must be at least 1.")
        k = best.shape.as_list()[-1]
        if k is None:
            raise ValueError("The last dimension of predictions_idx must be set.")
        labels = expanded_labels(labels, best)
        each = late.expand_dims(best, -1, name="predictions_idx_per_k")
        labels_each = _repeated(labels, k, -1, "labels_per_k")
        relevant = count_found("true_positives", labels_each, each, name="relevant_per_k")
        true = late.cumsum(relevant, axis=-1, name="tp_per_k")
        retrieved = late.cumsum(late.ones_like(relevant), axis=-1, name="retrieved_per_k")
        precision = late.div(
            late.cast(true, dtypes.float64),
            late.cast(retrieved, dtypes.float64),
            name="precision_per_k",
        )
        precision = late.multiply(
            precision, late.cast(relevant, dtypes.float64), name="relevant_precision_per_k"
        )
        total = late.reduce_sum(precision, axis=(-1,), name="precision_sum")
        number = late.cast(_number_of_labels(labels, k), dtypes.float64)
        return late.div(total, number, name=scope)  # type: ignore[no-any-return]


def _streaming(labels: Any, best: Any, weights: Any, collections: Any, name: Any) -> Metric:
    """The mean of average precisions over batches."""
    inputs = (best, labels, weights)
    with name_scope(name, "average_precision_at_top_k", inputs) as scope:
        values = _average_precision(labels, best)
        if weights is not None:
            weights = broadcast_weights(late.cast(weights, dtypes.float64), values)
            values = late.multiply(values, weights)
        with name_scope(None, "max", (values,)) as inner:
            most = metric_variable([], dtypes.float64, inner)
            if weights is None:
                batch = late.cast(late.size(values, name="batch_max"), dtypes.float64)
            else:
                batch = late.reduce_sum(weights, name="batch_max")
            update_most = assign_add(most, batch, name="update")
        with name_scope(None, "total", (values,)) as inner:
            total = metric_variable([], dtypes.float64, inner)
            batch = late.reduce_sum(values, name="batch_total")
            update_total = assign_add(total, batch, name="update")
        value = collected(collections[0], divided(total, most, "mean"))
        return value, collected(collections[1], divided(update_total, update_most, scope))


def _without_unknown(labels: Any, classes: Any) -> Any:
    """The labels, -1 in place of classes that are not among the predictions."""

    def clean(values: Any) -> Any:
        unknown = late.greater_equal(values, classes)
        return late.where_v2(unknown, -1 * late.ones_like(values), values)

    if isinstance(labels, SparseTensorValue):
        labels = SparseTensor.from_value(labels)
    if isinstance(labels, SparseTensor):
        return either_sparse(
            late.greater_equal(late.reduce_max(labels.values), classes),
            lambda: SparseTensor(labels.indices, clean(labels.values), labels.dense_shape),
            lambda: labels,
        )
    largest = late.reduce_max(labels)
    return late.cond(late.greater_equal(largest, classes), lambda: clean(labels), lambda: labels)


@export("metrics.average_precision_at_k", v2=())
@graph_only
def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average the precision over the places of true classes among the k best.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions: tensor `[..., classes]` of scores.
      k: int, number of predictions to look at.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}.")
    with name_scope(name, at_k("average_precision", k), (predictions, labels, weights)) as scope:
        best = getattr(late, "nn.top_k")(predictions, k)[1]
        classes = late.cast(late.shape(predictions)[-1], dtypes.int64)
        labels = _without_unknown(labels, classes)
        return _streaming(labels, best, weights, (metrics_collections, updates_collections), scope)


@export(
    "metrics.sparse_average_precision_at_k", v2=(), deprecated="tf.metrics.average_precision_at_k"
)
def sparse_average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average the precision; renamed `average_precision_at_k`.

    Args:
      labels: tensor or `SparseTensor` `[..., labels]` of int64 classes that are true; or `[...]`.
      predictions: tensor `[..., classes]` of scores.
      k: int, number of predictions to look at.
      weights: what each example counts: a tensor that broadcasts to `[...]`; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float64 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    return average_precision_at_k(
        labels, predictions, k, weights, metrics_collections, updates_collections, name
    )
