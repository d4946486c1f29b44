"""Counting predictions by label."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._late import late
from headrace._src.ops.grouping import with_dependencies


def _may_be_one(dims: Any) -> bool:
    return dims is None or dims[-1] in (1, None)


def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Drop the last dimension of whichever has one more than expected.

    Args:
      labels: A tensor.
      predictions: A tensor.
      expected_rank_diff: The rank of `predictions` less that of `labels` when all is well.
      name: A name scope.

    Returns:
      The labels and the predictions.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions = convert_to_tensor(predictions)
        labels = convert_to_tensor(labels)
        if predictions.dims is not None and labels.dims is not None:
            difference = len(predictions.dims) - len(labels.dims)
            if difference == expected_rank_diff + 1:
                predictions = late.squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1:
                labels = late.squeeze(labels, [-1])
            return labels, predictions
        difference = late.rank(predictions) - late.rank(labels)
        given_predictions, given_labels = predictions, labels
        if _may_be_one(predictions.dims):
            predictions = late.cond(
                late.equal(expected_rank_diff + 1, difference),
                lambda: late.squeeze(given_predictions, [-1]),
                lambda: given_predictions,
            )
        if _may_be_one(labels.dims):
            labels = late.cond(
                late.equal(expected_rank_diff - 1, difference),
                lambda: late.squeeze(given_labels, [-1]),
                lambda: given_labels,
            )
        return labels, predictions


def _checked(value: Tensor, word: str, limit: Any = None) -> Tensor:
    if limit is None:
        message = f"`{word}` contains negative values"
        check = late.assert_non_negative(value, message=message)
    else:
        check = late.assert_less(value, limit, message=f"`{word}` out of bound")
    return with_dependencies([check], value)


@export(v2=("math.confusion_matrix",))
def confusion_matrix_v2(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Count predictions by label.

    Args:
      labels: The true classes, a vector of integers.
      predictions: The predicted classes, a vector of integers.
      num_classes: The number of classes; one more than the largest seen when None.
      weights: What each prediction counts; 1 when None.
      dtype: The dtype of the counts.
      name: A name scope.

    Returns:
      A matrix `[num_classes, num_classes]`: rows are labels, columns are predictions.

    Raises:
      InvalidArgumentError: (run) a class is negative or too large.
    """
    values = (predictions, labels, num_classes, weights)
    with name_scope(name, "confusion_matrix", values):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        predictions = casts.cast(predictions, dtypes.int64)
        labels = casts.cast(labels, dtypes.int64)
        labels = _checked(labels, "labels")
        predictions = _checked(predictions, "predictions")
        if num_classes is None:
            largest = late.maximum(late.reduce_max(predictions), late.reduce_max(labels))
            num_classes = largest + 1
        else:
            limit = casts.cast(num_classes, dtypes.int64)
            labels = _checked(labels, "labels", limit)
            predictions = _checked(predictions, "predictions", limit)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = casts.cast(weights, dtype)
        shape = late.stack([num_classes, num_classes])
        indices = late.stack([labels, predictions], axis=1)
        counts = late.ones_like(predictions, dtype) if weights is None else weights
        counted = SparseTensor(indices, counts, casts.cast(shape, dtypes.int64))
        zeros = late.zeros(casts.cast(shape, dtypes.int32), dtype)
        return late.sparse_add(zeros, counted)


@export("math.confusion_matrix", "confusion_matrix", v2=())
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """Count predictions by label; see `math.confusion_matrix`.

    Args:
      labels: The true classes, a vector of integers.
      predictions: The predicted classes, a vector of integers.
      num_classes: The number of classes; one more than the largest seen when None.
      dtype: The dtype of the counts.
      name: A name scope.
      weights: What each prediction counts; 1 when None.

    Returns:
      A matrix `[num_classes, num_classes]`: rows are labels, columns are predictions.

    Raises:
      InvalidArgumentError: (run) a class is negative or too large.
    """
    return confusion_matrix_v2(labels, predictions, num_classes, weights, dtype, name)
