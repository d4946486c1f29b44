"""tf.contrib.metrics: `tf.metrics` under older names, with predictions before labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.scopes import name_scope
from headrace._src.metrics import (
    average_precision,
    classes,
    counts,
    curves,
    mean,
    precision_recall,
    top_k,
)
from headrace._src.ops._late import late

_LAST = ("weights", "metrics_collections", "updates_collections", "name")


def _names(name: str) -> tuple[str, str]:
    return f"contrib.metrics.{name}", f"contrib.slim.metrics.{name}"


def _streaming(target: Callable[..., Any], name: str, *arguments: str) -> Callable[..., Any]:
    """A metric under an older name; all its arguments have the same names.

    Args:
      target: the metric of `tf.metrics`.
      name: the older name, without `streaming_`.
      arguments: those before or between the common last ones, `name=default` where there is one.
    """
    defaults: dict[str, Any] = {"class_id": None, "num_thresholds": 200, "curve": "ROC"}
    order = [a for a in arguments if a not in ("num_thresholds", "curve")]
    order.append("weights")
    order += [a for a in arguments if a == "num_thresholds"]
    order += ["metrics_collections", "updates_collections"]
    order += [a for a in arguments if a == "curve"]
    order.append("name")
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature(
        [
            inspect.Parameter(a, kind, default=defaults.get(a))
            if a in _LAST or a in defaults
            else inspect.Parameter(a, kind)
            for a in order
        ]
    )

    def streaming(*args: Any, **kwargs: Any) -> Any:
        return target(**signature.bind(*args, **kwargs).arguments)

    streaming.__name__ = streaming.__qualname__ = f"streaming_{name}"
    streaming.__signature__ = signature  # type: ignore[attr-defined]
    streaming.__doc__ = (
        f"The older name of `tf.metrics.{target.__name__}`, with predictions before labels."
    )
    return export(*_names(streaming.__name__), v2=())(streaming)


_PAIR = ("predictions", "labels")
streaming_accuracy = _streaming(mean.accuracy, "accuracy", *_PAIR)
streaming_auc = _streaming(curves.auc, "auc", *_PAIR, "num_thresholds", "curve")
streaming_false_negatives = _streaming(counts.false_negatives, "false_negatives", *_PAIR)
streaming_false_positives = _streaming(counts.false_positives, "false_positives", *_PAIR)
streaming_true_negatives = _streaming(counts.true_negatives, "true_negatives", *_PAIR)
streaming_true_positives = _streaming(counts.true_positives, "true_positives", *_PAIR)
streaming_mean = _streaming(mean.mean, "mean", "values")
streaming_mean_tensor = _streaming(mean.mean_tensor, "mean_tensor", "values")
streaming_mean_absolute_error = _streaming(mean.mean_absolute_error, "mean_absolute_error", *_PAIR)
streaming_mean_squared_error = _streaming(mean.mean_squared_error, "mean_squared_error", *_PAIR)
streaming_root_mean_squared_error = _streaming(
    mean.root_mean_squared_error, "root_mean_squared_error", *_PAIR
)
streaming_mean_relative_error = _streaming(
    mean.mean_relative_error, "mean_relative_error", *_PAIR, "normalizer"
)
streaming_mean_iou = _streaming(classes.mean_iou, "mean_iou", *_PAIR, "num_classes")
streaming_percentage_less = _streaming(
    mean.percentage_below, "percentage_less", "values", "threshold"
)
streaming_precision = _streaming(precision_recall.precision, "precision", *_PAIR)
streaming_recall = _streaming(precision_recall.recall, "recall", *_PAIR)
streaming_precision_at_thresholds = _streaming(
    precision_recall.precision_at_thresholds, "precision_at_thresholds", *_PAIR, "thresholds"
)
streaming_recall_at_thresholds = _streaming(
    precision_recall.recall_at_thresholds, "recall_at_thresholds", *_PAIR, "thresholds"
)
streaming_sensitivity_at_specificity = _streaming(
    curves.sensitivity_at_specificity,
    "sensitivity_at_specificity",
    *_PAIR,
    "specificity",
    "num_thresholds",
)
streaming_specificity_at_sensitivity = _streaming(
    curves.specificity_at_sensitivity,
    "specificity_at_sensitivity",
    *_PAIR,
    "sensitivity",
    "num_thresholds",
)
streaming_sparse_average_precision_at_k = _streaming(
    average_precision.average_precision_at_k, "sparse_average_precision_at_k", *_PAIR, "k"
)
streaming_sparse_precision_at_k = _streaming(
    top_k.precision_at_k, "sparse_precision_at_k", *_PAIR, "k", "class_id"
)
streaming_sparse_recall_at_k = _streaming(
    top_k.recall_at_k, "sparse_recall_at_k", *_PAIR, "k", "class_id"
)


@export(*_names("accuracy"), v2=())
def accuracy(predictions: Any, labels: Any, weights: Any = None, name: str | None = None) -> Any:
    """Compute the share of predictions that are right, of one batch.

    Args:
      predictions: tensor, integer, bool or string.
      labels: tensor of its dtype and shape.
      weights: tensor that broadcasts to them, or None.
      name: name of the scope.

    Returns:
      A float32 scalar tensor.

    Raises:
      ValueError: (build) the dtypes are others, or not equal.
    """
    if not (labels.dtype.is_integer or labels.dtype in (dtypes.bool_, dtypes.string)):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {labels.dtype!r}")
    if not labels.dtype.is_compatible_with(predictions.dtype):
        raise ValueError(
            "Dtypes of predictions and labels should match. Given: predictions "
            f"({predictions.dtype!r}) and labels ({labels.dtype!r})"
        )
    with name_scope(name, "accuracy", [predictions, labels]):
        right = late.cast(late.equal(predictions, labels), dtypes.float32)
        if weights is not None:
            right = late.multiply(right, weights)
            total = late.multiply(weights, late.ones_like(right))
            return late.div(late.reduce_sum(right), late.reduce_sum(total))
        return late.reduce_mean(right)


@export(*_names("aggregate_metrics"), v2=())
def aggregate_metrics(*value_update_tuples: Any) -> tuple[list[Any], list[Any]]:
    """Return the values and the updates of metrics.

    Args:
      *value_update_tuples: what metrics returned.

    Raises:
      ValueError: there are none.
    """
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


@export(*_names("aggregate_metric_map"), v2=())
def aggregate_metric_map(names_to_tuples: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values and the updates of metrics, by their names.

    Args:
      names_to_tuples: dict name → what a metric returned.
    """
    values = {name: pair[0] for name, pair in names_to_tuples.items()}
    return values, {name: pair[1] for name, pair in names_to_tuples.items()}
