"""Metrics that average numbers."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import control_dependencies
from headrace._src.metrics.variables import (
    Metric,
    average,
    collected,
    graph_only,
    metric_variable,
    squeezed,
)
from headrace._src.ops import confusion_matrix
from headrace._src.ops._late import late
from headrace._src.ops.weights_broadcast import broadcast_weights
from headrace._src.state.assign import assign_add
from headrace._src.state.variable_scope import variable_scope


def _weighted(values: Any, weights: Any) -> tuple[Any, Any]:
    """The products of values and weights, and the weights in the shape of the values."""
    values, _, weights = squeezed(values, None, weights)
    weights = broadcast_weights(late.cast(weights, dtypes.float32), values)
    return late.multiply(values, weights), weights


def _averaged(
    total: Any, count: Any, values: Any, sums: Any, numbers: Any, collections: tuple[Any, Any]
) -> Metric:
    """The quotient of two variables that sums and numbers of values are added to."""
    update_total = assign_add(total, sums())
    with control_dependencies([values]):
        update_count = assign_add(count, numbers)
    value = collected(collections[0], average(total, count, "value"))
    return value, collected(collections[1], average(update_total, update_count, "update_op"))


@export("metrics.mean", v2=())
@graph_only
def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average numbers over batches.

    Args:
      values: tensor of numbers.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = late.cast(values, dtypes.float32)
        total = metric_variable([], dtypes.float32, "total")
        count = metric_variable([], dtypes.float32, "count")
        if weights is None:
            numbers = late.cast(late.size(values), dtypes.float32)
        else:
            values, weights = _weighted(values, weights)
            numbers = late.reduce_sum(weights)
        return _averaged(
            total,
            count,
            values,
            lambda: late.reduce_sum(values),
            numbers,
            (metrics_collections, updates_collections),
        )


@export("metrics.mean_tensor", v2=())
@graph_only
def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average tensors over batches, element by element.

    Args:
      values: tensor of numbers.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 tensors of the shape of `values`.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = late.cast(values, dtypes.float32)
        total = metric_variable(values.shape, dtypes.float32, "total_tensor")
        count = metric_variable(values.shape, dtypes.float32, "count_tensor")
        numbers = late.ones_like(values)
        if weights is not None:
            values, weights = _weighted(values, weights)
            numbers = late.multiply(numbers, weights)
        return _averaged(
            total,
            count,
            values,
            lambda: values,
            numbers,
            (metrics_collections, updates_collections),
        )


@export("metrics.accuracy", v2=())
@graph_only
def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute how often predictions are right.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    predictions.shape.assert_is_compatible_with(labels.shape)
    if labels.dtype != predictions.dtype:
        predictions = late.cast(predictions, labels.dtype)
    right = late.cast(late.equal(predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


@export("metrics.mean_absolute_error", v2=())
@graph_only
def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average the sizes of errors.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    errors = late.abs(predictions - labels)
    return mean(
        errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error"
    )


@export("metrics.mean_squared_error", v2=())
@graph_only
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average the squares of errors.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    squares = late.squared_difference(labels, predictions)
    return mean(
        squares, weights, metrics_collections, updates_collections, name or "mean_squared_error"
    )


@export("metrics.root_mean_squared_error", v2=())
@graph_only
def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute the root of the average square of errors.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    scope = name or "root_mean_squared_error"
    value, update = mean_squared_error(labels, predictions, weights, None, None, scope)
    root = collected(metrics_collections, late.sqrt(value))
    return root, collected(updates_collections, late.sqrt(update))


@export("metrics.mean_relative_error", v2=())
@graph_only
def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average the sizes of errors, each divided by a number.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      normalizer: what errors are divided by, of the shape of `labels`; an error over 0 counts as 0.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    predictions, normalizer = confusion_matrix.remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    errors = late.where(
        late.equal(normalizer, 0.0),
        late.zeros_like(labels),
        late.div(late.abs(labels - predictions), normalizer),
    )
    return mean(
        errors, weights, metrics_collections, updates_collections, name or "mean_relative_error"
    )


@export("metrics.mean_cosine_distance", v2=())
@graph_only
def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Average `1 - sum(labels * predictions)`, for unit vectors.

    Args:
      labels: true values.
      predictions: predicted values, of the shape of `labels`.
      dim: int, the dimension of the vectors.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    predictions, labels, weights = squeezed(predictions, labels, weights)
    products = late.multiply(predictions, labels)
    products = late.reduce_sum(products, axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    value = late.subtract(1.0, value)
    update = late.subtract(1.0, update)
    return collected(metrics_collections, value), collected(updates_collections, update)


@export("metrics.percentage_below", v2=())
@graph_only
def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of the numbers lies below a threshold.

    Args:
      values: tensor of numbers.
      threshold: number.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    below = late.cast(late.less(values, threshold), dtypes.float32)
    return mean(
        below,
        weights,
        metrics_collections,
        updates_collections,
        name or "percentage_below_threshold",
    )
