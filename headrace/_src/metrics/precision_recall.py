"""Precision and recall: which part of what is predicted is true, and the other way round."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.metrics.at_thresholds import count_at_thresholds
from headrace._src.metrics.counts import false_negatives, false_positives, true_positives
from headrace._src.metrics.variables import (
    Metric,
    graph_only,
    squeezed_bools,
    twice,
)
from headrace._src.ops._late import late
from headrace._src.state.variable_scope import variable_scope

# Keeps quotients finite.
_EPSILON = 1e-7


def _share(part: Any, rest: Any, name: str) -> Any:
    """Which share of a whole one part is; 0 of nothing."""
    share = late.where(late.greater(part + rest, 0), late.div(part, part + rest), 0, name)
    return share


@export("metrics.precision", v2=())
@graph_only
def precision(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is predicted is true.

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
    with variable_scope(name, "precision", (predictions, labels, weights)):
        predictions, labels, weights = squeezed_bools(predictions, labels, weights)
        right, update_right = true_positives(labels, predictions, weights)
        wrong, update_wrong = false_positives(labels, predictions, weights)
        return twice(
            _share,
            (right, wrong),
            (update_right, update_wrong),
            metrics_collections,
            updates_collections,
        )


@export("metrics.precision_at_thresholds", v2=())
@graph_only
def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is predicted is true, for predictions above each threshold.

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
    with variable_scope(name, "precision_at_thresholds", (predictions, labels, weights)):
        values, updates = count_at_thresholds(
            labels, predictions, thresholds, weights, ("tp", "fp")
        )

        def share(right: Any, wrong: Any, name: str) -> Any:
            return late.div(right, _EPSILON + right + wrong, name="precision_" + name)

        return twice(
            share,
            (values["tp"], values["fp"]),
            (updates["tp"], updates["fp"]),
            metrics_collections,
            updates_collections,
        )


@export("metrics.recall", v2=())
@graph_only
def recall(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is true is predicted.

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
    with variable_scope(name, "recall", (predictions, labels, weights)):
        predictions, labels, weights = squeezed_bools(predictions, labels, weights)
        right, update_right = true_positives(labels, predictions, weights)
        wrong, update_wrong = false_negatives(labels, predictions, weights)
        return twice(
            _share,
            (right, wrong),
            (update_right, update_wrong),
            metrics_collections,
            updates_collections,
        )


@export("metrics.recall_at_thresholds", v2=())
@graph_only
def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is true is predicted, for predictions above each threshold.

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
    with variable_scope(name, "recall_at_thresholds", (predictions, labels, weights)):
        values, updates = count_at_thresholds(
            labels, predictions, thresholds, weights, ("tp", "fn")
        )

        def share(right: Any, wrong: Any, name: str) -> Any:
            return late.div(right, _EPSILON + right + wrong, name="recall_" + name)

        return twice(
            share,
            (values["tp"], values["fn"]),
            (updates["tp"], updates["fn"]),
            metrics_collections,
            updates_collections,
        )
