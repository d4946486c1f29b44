"""Metrics of curves that thresholds draw: areas, and one quantity where another is given."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.metrics.at_thresholds import count_at_thresholds
from headrace._src.metrics.variables import (
    Metric,
    average,
    graph_only,
    twice,
)
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.state.variable_scope import variable_scope

# How far the outermost thresholds lie outside 0 to 1, and what keeps quotients finite.
_MARGIN = 1e-7
_EPSILON = 1e-6


def _even(count: int) -> list[float]:
    """The inner ones of thresholds that are evenly spaced from 0 to 1."""
    return [(i + 1) * 1.0 / (count - 1) for i in range(count - 2)]


def _area(
    tp: Any, fn: Any, tn: Any, fp: Any, count: int, curve: str, method: str, name: str
) -> Any:
    """The area under a curve of `count` points."""
    if curve == "PR":
        if method == "trapezoidal":
            logging.warning(
                "The trapezoidal rule overestimates areas under precision-recall curves; "
                'summation_method="careful_interpolation" does not.'
            )
        elif method == "careful_interpolation":
            return _interpolated_area(tp, fp, fn, count - 1)
    recall = late.div(tp + _EPSILON, tp + fn + _EPSILON)
    if curve == "ROC":
        x, y = late.div(fp, fp + tn + _EPSILON), recall
    else:
        x, y = recall, late.div(tp + _EPSILON, tp + fp + _EPSILON)
    last = count - 1
    if method not in ("trapezoidal", "careful_interpolation", "minoring", "majoring"):
        raise ValueError(f"Invalid summation_method: {method}")
    width = x[:last] - x[1:]
    if method == "minoring":
        height = late.minimum(y[:last], y[1:])
    elif method == "majoring":
        height = late.maximum(y[:last], y[1:])
    else:
        height = (y[:last] + y[1:]) / 2.0
    return late.reduce_sum(late.multiply(width, height), name=name)


def _interpolated_area(tp: Any, fp: Any, fn: Any, last: int) -> Any:
    """The area under a precision-recall curve, true and false positives interpolated linearly.

    Between two thresholds precision is `(slope * p + intercept) / p` for `p` positives; the area
    over the change of recall is `slope * (dtp + intercept * log(p1 / p0)) / (tp + fn)`.

    Source: Davis and Goadrich, 2006.
    """
    dtp = tp[:last] - tp[1:]
    p = tp + fp
    slope = average(dtp, p[:last] - p[1:], "prec_slope")
    intercept = tp[1:] - late.multiply(slope, p[1:])
    ratio = late.where(
        late.logical_and(p[:last] > 0, p[1:] > 0),
        average(p[:last], p[1:], "recall_relative_ratio"),
        late.ones_like(p[1:]),
    )
    return late.reduce_sum(
        average(slope * (dtp + intercept * late.log(ratio)), tp[1:] + fn[1:], "pr_auc_increment"),
        name="interpolate_pr_auc",
    )


def _sensitivity_at(specificity: Any, tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
    specificities = late.div(tn, tn + fp + _MARGIN)
    index = late.argmin(late.abs(specificities - specificity), 0)
    index = late.cast(index, dtypes.int32)
    return late.div(tp[index], tp[index] + fn[index] + _MARGIN, name)


def _specificity_at(sensitivity: Any, tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
    sensitivities = late.div(tp, tp + fn + _MARGIN)
    least = late.reduce_min(late.abs(sensitivities - sensitivity))
    # Of all thresholds that come nearest, the highest.
    nearest = late.equal(late.abs(sensitivities - sensitivity), least)
    index = late.argmax(late.cumsum(late.cast(nearest, dtypes.int64)), 0)
    index = late.cast(index, dtypes.int32)
    return late.div(tn[index], tn[index] + fp[index] + _MARGIN, name)


@export("metrics.auc", v2=())
@graph_only
def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: Any = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: Any = "ROC",
    name: Any = None,
    summation_method: Any = "trapezoidal",
    thresholds: Any = None,
) -> Metric:
    """Compute the area under the ROC or the precision-recall curve.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      num_thresholds: int, number of thresholds that the curve is computed for.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      curve: `"ROC"` or `"PR"`.
      name: name of the scope.
      summation_method: `"trapezoidal"`, `"minoring"`, `"majoring"` or, for `"PR"`,
        `"careful_interpolation"`.
      thresholds: list of numbers between 0 and 1, used instead of `num_thresholds`.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: another curve or summation method, or shapes that do not fit.
    """
    with variable_scope(name, "auc", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        if thresholds is None:
            thresholds = _even(num_thresholds)
        thresholds = [0.0 - _MARGIN, *sorted(thresholds), 1.0 + _MARGIN]
        values, updates = count_at_thresholds(labels, predictions, thresholds, weights)

        def area(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
            return _area(tp, fn, tn, fp, len(thresholds), curve, summation_method, name)

        return twice(
            area, values.values(), updates.values(), metrics_collections, updates_collections
        )


@export("metrics.sensitivity_at_specificity", v2=())
@graph_only
def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: Any,
    weights: Any = None,
    num_thresholds: Any = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is true is predicted, where a given part of the false is not.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      specificity: number between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      num_thresholds: int, number of thresholds that the curve is computed for.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: `specificity` outside 0 to 1, or shapes that do not fit.
    """
    if specificity < 0 or specificity > 1:
        raise ValueError("`specificity` must be in the range [0, 1].")
    with variable_scope(name, "sensitivity_at_specificity", (predictions, labels, weights)):
        thresholds = [0.0 - _MARGIN, *_even(num_thresholds), 1.0 + _MARGIN]
        values, updates = count_at_thresholds(labels, predictions, thresholds, weights)

        def compute(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
            return _sensitivity_at(specificity, tp, fn, tn, fp, name)

        return twice(
            compute, values.values(), updates.values(), metrics_collections, updates_collections
        )


@export("metrics.specificity_at_sensitivity", v2=())
@graph_only
def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: Any,
    weights: Any = None,
    num_thresholds: Any = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Metric:
    """Compute which part of what is false is not predicted, where a given part of the true is.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      sensitivity: number between 0 and 1.
      weights: what each value counts: a tensor that broadcasts to the values; 1 when None.
      num_thresholds: int, number of thresholds that the curve is computed for.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update joins.
      name: name of the scope.

    Returns:
      The value and the update, float32 scalars.

    Raises:
      ValueError: Build: `sensitivity` outside 0 to 1, or shapes that do not fit.
    """
    if sensitivity < 0 or sensitivity > 1:
        raise ValueError("`sensitivity` must be in the range [0, 1].")
    with variable_scope(name, "specificity_at_sensitivity", (predictions, labels, weights)):
        thresholds = [0.0 - _MARGIN, *_even(num_thresholds), 1.0 - _MARGIN]
        values, updates = count_at_thresholds(labels, predictions, thresholds, weights)

        def compute(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
            return _specificity_at(sensitivity, tp, fn, tn, fp, name)

        return twice(
            compute, values.values(), updates.values(), metrics_collections, updates_collections
        )
