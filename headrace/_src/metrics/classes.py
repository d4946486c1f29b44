"""Metrics of classes: how each of them fares, on average."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.metrics.variables import (
    Metric,
    average,
    collected,
    graph_only,
    metric_variable,
)
from headrace._src.ops import confusion_matrix
from headrace._src.ops._late import late
from headrace._src.state.assign import assign_add, scatter_add
from headrace._src.state.variable_scope import variable_scope


def _flat(value: Any) -> Any:
    return late.reshape(value, [-1]) if value.shape.ndims > 1 else value


def _add_to_confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any, weights: Any
) -> Metric:
    """A variable that counts predictions by label, and its update."""
    total = metric_variable([num_classes, num_classes], dtypes.float64, "total_confusion_matrix")
    predictions = late.cast(predictions, dtypes.int64)
    labels = late.cast(labels, dtypes.int64)
    num_classes = late.cast(num_classes, dtypes.int64)
    predictions = _flat(predictions)
    labels = _flat(labels)
    if weights is not None:
        weights = _flat(weights)
    counts = confusion_matrix.confusion_matrix(
        labels, predictions, num_classes, weights=weights, dtype=dtypes.float64
    )
    return total, assign_add(total, counts)


def _mean_iou(total: Any) -> Any:
    rows = late.cast(late.reduce_sum(total, 0), dtypes.float32)
    columns = late.cast(late.reduce_sum(total, 1), dtypes.float32)
    both = late.cast(late.diag_part(total), dtypes.float32)
    either = rows + columns - both
    # Classes that neither occur nor are predicted do not count.
    seen = late.reduce_sum(late.cast(late.not_equal(either, 0), dtype=dtypes.float32))
    either = late.where(late.greater(either, 0), either, late.ones_like(either))
    iou = late.div(both, either)
    return late.where(late.greater(seen, 0), late.reduce_sum(iou, name="mean_iou") / seen, 0)


@export("metrics.mean_iou", v2=())
@graph_only
def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average, over classes, the intersection of labels and predictions over their union.

    Args:
      labels: true classes, a tensor of integers.
      predictions: predicted classes, of the shape of `labels`.
      num_classes: int, number of classes.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value, a float32 scalar, and the update, the float64 matrix of counts.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions.shape.assert_is_compatible_with(labels.shape)
        total, update = _add_to_confusion_matrix(labels, predictions, num_classes, weights)
        value = collected(metrics_collections, _mean_iou(total))
        return value, collected(updates_collections, update)


@export("metrics.mean_per_class_accuracy", v2=())
@graph_only
def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average, over classes, how often predictions are right.

    Args:
      labels: true classes, a tensor of integers.
      predictions: predicted classes, of the shape of `labels`.
      num_classes: int, number of classes.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value, a float32 scalar, and the update, the accuracy of each class.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = late.cast(labels, dtypes.int64)
        labels = _flat(labels)
        predictions = _flat(predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes], dtypes.float32, "total")
        count = metric_variable([num_classes], dtypes.float32, "count")
        ones = late.ones([late.size(labels)], dtypes.float32)
        if labels.dtype != predictions.dtype:
            predictions = late.cast(predictions, labels.dtype)
        right = late.cast(late.equal(predictions, labels), dtypes.float32)
        if weights is not None:
            weights = late.cast(_flat(weights), dtypes.float32)
            right *= weights
            ones *= weights
        update_total = scatter_add(total, labels, ones)
        update_count = scatter_add(count, labels, right)
        value = late.reduce_mean(average(count, total, None), name="mean_accuracy")
        collected(metrics_collections, value)
        update = average(update_count, update_total, "update_op")
        return value, collected(updates_collections, update)
