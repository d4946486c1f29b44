"""Metrics that count right and wrong predictions of a bool."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import control_dependencies
from headrace._src.metrics.at_thresholds import count_at_thresholds
from headrace._src.metrics.variables import (
    Metric,
    collected,
    graph_only,
    metric_variable,
    read,
    squeezed_bools,
)
from headrace._src.ops._late import late
from headrace._src.state.assign import assign_add
from headrace._src.state.variable_scope import variable_scope


def _count(values: Any, weights: Any, metrics_collections: Any, updates_collections: Any) -> Metric:
    """Count where a bool tensor is true."""
    late.assert_type(values, dtypes.bool_)
    count = metric_variable([], dtypes.float32, "count")
    values = late.cast(values, dtypes.float32)
    if weights is not None:
        check = late.assert_rank_in(weights, (0, late.rank(values)))
        with control_dependencies((check,)):
            weights = late.cast(weights, dtypes.float32)
            values = late.multiply(values, weights)
    value = read(count, metrics_collections)
    update = assign_add(count, late.reduce_sum(values))
    return value, collected(updates_collections, update)


def _count_pairs(
    label: bool,
    prediction: bool,
    labels: Any,
    predictions: Any,
    weights: Any,
    collections: tuple[Any, Any],
) -> Metric:
    """Count where labels and predictions are what they should be."""
    predictions, labels, weights = squeezed_bools(predictions, labels, weights)
    both = late.logical_and(late.equal(labels, label), late.equal(predictions, prediction))
    return _count(both, weights, *collections)


def _count_each(
    kind: str,
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any,
    collections: tuple[Any, Any],
) -> Metric:
    """Count one kind of prediction for each threshold."""
    values, updates = count_at_thresholds(labels, predictions, thresholds, weights, (kind,))
    value = read(values[kind], collections[0])
    return value, collected(collections[1], updates[kind])


@export("metrics.false_negatives", v2=())
@graph_only
def false_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count true labels that are not predicted.

    Args:
      labels: true values, taken for bools.
      predictions: predicted values, likewise, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "false_negatives", (predictions, labels, weights)):
        return _count_pairs(True, False, labels, predictions, weights, collections)


@export("metrics.false_negatives_at_thresholds", v2=())
@graph_only
def false_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count true labels that are not predicted, for predictions above each threshold.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      thresholds: list of numbers between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 vectors with one element a threshold.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "false_negatives", (predictions, labels, weights)):
        return _count_each("fn", labels, predictions, thresholds, weights, collections)


@export("metrics.false_positives", v2=())
@graph_only
def false_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count false labels that are predicted.

    Args:
      labels: true values, taken for bools.
      predictions: predicted values, likewise, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "false_positives", (predictions, labels, weights)):
        return _count_pairs(False, True, labels, predictions, weights, collections)


@export("metrics.false_positives_at_thresholds", v2=())
@graph_only
def false_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count false labels that are predicted, for predictions above each threshold.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      thresholds: list of numbers between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 vectors with one element a threshold.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "false_positives", (predictions, labels, weights)):
        return _count_each("fp", labels, predictions, thresholds, weights, collections)


@export("metrics.true_negatives", v2=())
@graph_only
def true_negatives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count false labels that are not predicted.

    Args:
      labels: true values, taken for bools.
      predictions: predicted values, likewise, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "true_negatives", (predictions, labels, weights)):
        return _count_pairs(False, False, labels, predictions, weights, collections)


@export("metrics.true_negatives_at_thresholds", v2=())
@graph_only
def true_negatives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count false labels that are not predicted, for predictions above each threshold.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      thresholds: list of numbers between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 vectors with one element a threshold.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "true_negatives", (predictions, labels, weights)):
        return _count_each("tn", labels, predictions, thresholds, weights, collections)


@export("metrics.true_positives", v2=())
@graph_only
def true_positives(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count true labels that are predicted.

    Args:
      labels: true values, taken for bools.
      predictions: predicted values, likewise, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "true_positives", (predictions, labels, weights)):
        return _count_pairs(True, True, labels, predictions, weights, collections)


@export("metrics.true_positives_at_thresholds", v2=())
@graph_only
def true_positives_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Count true labels that are predicted, for predictions above each threshold.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      thresholds: list of numbers between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 vectors with one element a threshold.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    collections = (metrics_collections, updates_collections)
    with variable_scope(name, "true_positives", (predictions, labels, weights)):
        return _count_each("tp", labels, predictions, thresholds, weights, collections)
