"""Losses of predicted numbers."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.losses.collection import add_loss
from headrace._src.losses.weighted import Reduction, compute_weighted_loss, num_present
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops.weights_broadcast import assert_broadcastable


def _required(**inputs: Any) -> None:
    for name, value in inputs.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")


def _floats(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Both as float32, of compatible shapes."""
    predictions = late.cast(predictions, dtype=dtypes.float32)
    labels = late.cast(labels, dtype=dtypes.float32)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels


@export("losses.absolute_difference", v2=())
def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the loss `abs(predictions - labels)`.

    Args:
      labels: True values.
      predictions: Predicted values, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "absolute_difference", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = late.abs(late.subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.mean_squared_error", v2=())
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the loss `(predictions - labels)**2`.

    Args:
      labels: True values.
      predictions: Predicted values, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_squared_error", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = late.squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.huber_loss", v2=())
def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the loss `e**2 / 2`, linear where the error `e` exceeds `delta`.

    Args:
      labels: True values.
      predictions: Predicted values, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      delta: Error at which the loss becomes linear.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "huber_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        error = late.abs(late.subtract(predictions, labels))
        quadratic = late.minimum(error, delta)
        linear = late.subtract(error, quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic.dtype)
        squared = late.multiply(half, late.multiply(quadratic, quadratic))
        losses = late.add(squared, late.multiply(delta, linear))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.log_loss", v2=())
def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: Any = 1e-07,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the loss `-labels * log(predictions) - (1 - labels) * log(1 - predictions)`.

    Args:
      labels: True values.
      predictions: Predicted values, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      epsilon: Small number that keeps the logarithms finite.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "log_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        positive = late.multiply(labels, late.log(predictions + epsilon))
        losses = -positive - late.multiply(1 - labels, late.log(1 - predictions + epsilon))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.cosine_distance", v2=(), deprecated_args={"dim": "axis"})
def cosine_distance(
    labels: Any,
    predictions: Any,
    axis: Any = None,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim: Any = None,
) -> Tensor:
    """Add the loss `1 - sum(predictions * labels, axis)`, for unit vectors.

    Args:
      labels: True values.
      predictions: Predicted values, of the shape of `labels`.
      axis: Dimension of the vectors' elements.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.
      dim: Deprecated alias of `axis`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    axis = renamed("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("You must specify 'axis'.")
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "cosine_distance_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        products = late.multiply(predictions, labels)
        losses = 1 - late.reduce_sum(products, axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.mean_pairwise_squared_error", v2=())
def mean_pairwise_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
) -> Tensor:
    """Add the mean squared error of differences between pairs of elements.

    The pairs are those within each element of the batch.

    Args:
      labels: True values `[batch, d1, ..., dn]`.
      predictions: Predicted values, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of `labels` with sizes 1 or those of `labels`.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.

    Returns:
      A scalar.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_pairwise_squared_error", (predictions, labels, weights)) as scope:
        weights = late.cast(weights, dtype=dtypes.float32)
        labels = late.cast(labels, dtype=dtypes.float32)
        with control_dependencies((assert_broadcastable(weights, labels),)):
            predictions = late.cast(predictions, dtype=dtypes.float32)
            predictions.shape.assert_is_compatible_with(labels.shape)
            losses, present = _pairwise(late.subtract(predictions, labels), weights)
            total = late.reduce_sum(late.multiply(losses, weights))
            loss = late.where(
                late.reduce_sum(present) > 0, total, late.zeros_like(total), name="value"
            )
            add_loss(loss, loss_collection)
            return loss


def _pairwise(errors: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The loss and the number of present elements, each for every element of the batch.

    `sum over pairs of (a - b)**2` is `n * sum(a**2) - sum(a)**2`.
    """
    axes = late.range(1, late.rank(errors))
    squares = late.reduce_sum(late.square(errors), axis=axes, keepdims=True)
    present = num_present(errors, weights, per_batch=True)
    divide = getattr(late, "math.divide_no_nan")
    first = 2.0 * divide(squares, late.maximum(present - 1, 0), name="value")
    total = late.reduce_sum(errors, axis=axes, keepdims=True)
    squared = late.square(total)
    pairs = late.maximum(late.multiply(present, present - 1), 0)
    second = 2.0 * divide(squared, pairs, name="value")
    return first - second, present
