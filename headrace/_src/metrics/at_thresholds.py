"""Counting right and wrong predictions for many thresholds at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core import dtypes
from headrace._src.core.scopes import control_dependencies
from headrace._src.metrics.variables import metric_variable, squeezed
from headrace._src.ops._late import late
from headrace._src.ops.weights_broadcast import broadcast_weights
from headrace._src.state.assign import assign_add

_NAMES = {
    "tp": "true_positives",
    "fn": "false_negatives",
    "tn": "true_negatives",
    "fp": "false_positives",
}


def _checked(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    message = "predictions must be in [0, 1]"
    zero = late.cast(0.0, dtype=predictions.dtype)
    low = late.assert_greater_equal(predictions, zero, message=message)
    one = late.cast(1.0, dtype=predictions.dtype)
    high = late.assert_less_equal(predictions, one, message=message)
    with control_dependencies([low, high]):
        return squeezed(
            late.cast(predictions, dtypes.float32), late.cast(labels, dtype=dtypes.bool_), weights
        )


def count_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    kinds: Sequence[str] = ("tp", "fn", "tn", "fp"),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count, for each threshold, predictions above and below it where the label is true or false.

    Args:
      labels: true values, taken for bools.
      predictions: numbers between 0 and 1, of the shape of `labels`.
      thresholds: numbers.
      weights: what each prediction counts; 1 when None.
      kinds: which counts are wanted.

    Returns:
      For each kind the variable with the counts, and its update.
    """
    predictions, labels, weights = _checked(predictions, labels, weights)
    count = len(thresholds)
    column = late.reshape(predictions, [-1, 1])
    row = late.reshape(late.cast(labels, dtype=dtypes.bool_), [1, -1])
    size = column.shape.as_list()[0]
    if size is None:
        size = late.shape(column)[0]
    limits = late.tile(late.expand_dims(late.constant(thresholds), [1]), late.stack([1, size]))
    above = late.greater(late.tile(late.transpose(column), [count, 1]), limits)
    below = late.logical_not(above) if {"fn", "tn"} & {*kinds} else None
    is_true = late.tile(row, [count, 1])
    is_false = late.logical_not(is_true) if {"fp", "tn"} & {*kinds} else None
    if weights is not None:
        weights = broadcast_weights(late.cast(weights, dtypes.float32), predictions)
        weights = late.tile(late.reshape(weights, [1, -1]), [count, 1])
        limits.shape.assert_is_compatible_with(weights.shape)
    meant = {
        "tp": (is_true, above),
        "fn": (is_true, below),
        "tn": (is_false, below),
        "fp": (is_false, above),
    }
    values, updates = {}, {}
    for kind, name in _NAMES.items():
        if kind in kinds:
            values[kind] = metric_variable([count], dtypes.float32, name)
            seen = late.cast(late.logical_and(*meant[kind]), dtypes.float32)
            if weights is not None:
                seen *= weights
            updates[kind] = assign_add(values[kind], late.reduce_sum(seen, 1))
    return values, updates
