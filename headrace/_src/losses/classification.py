"""Losses of predicted classes."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.losses.weighted import Reduction, compute_weighted_loss
from headrace._src.ops._late import late
from headrace._src.ops.confusion_matrix import remove_squeezable_dimensions


def _required(**inputs: Any) -> None:
    for name, value in inputs.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")


@export("losses.hinge_loss", v2=())
def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the loss `max(0, 1 - logits)` for class 1 and `max(0, 1 + logits)` for class 0.

    Args:
      labels: Classes, 0 or 1.
      logits: Predictions: positive for class 1, of the shape of `labels`.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, logits=logits)
    with name_scope(scope, "hinge_loss", (logits, labels, weights)) as scope:
        logits = late.cast(logits, dtype=dtypes.float32)
        labels = late.cast(labels, dtype=dtypes.float32)
        logits.shape.assert_is_compatible_with(labels.shape)
        ones = late.ones_like(labels)
        signs = late.subtract(2 * labels, ones)
        losses = getattr(late, "nn.relu")(late.subtract(ones, late.multiply(signs, logits)))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.sigmoid_cross_entropy", v2=())
def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the cross entropy of independent classes.

    Args:
      multi_class_labels: Probabilities `[batch, classes]`.
      logits: Log odds `[batch, classes]`, of a float type.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      label_smoothing: How far to draw labels towards 1/2, from 0 to 1.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `logits`; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(multi_class_labels=multi_class_labels, logits=logits)
    with name_scope(
        scope, "sigmoid_cross_entropy_loss", (logits, multi_class_labels, weights)
    ) as scope:
        logits = convert_to_tensor(logits)
        labels = late.cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        cross_entropy = getattr(late, "nn.sigmoid_cross_entropy_with_logits")
        losses = cross_entropy(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.softmax_cross_entropy", v2=())
def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the cross entropy of classes that exclude each other.

    Args:
      onehot_labels: Probabilities `[batch, classes]`.
      logits: Unscaled log probabilities `[batch, classes]`, of a float type.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      label_smoothing: How far to draw labels towards 1 / classes, from 0 to 1.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `logits`; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(onehot_labels=onehot_labels, logits=logits)
    with name_scope(scope, "softmax_cross_entropy_loss", (logits, onehot_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = late.cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = late.cast(late.shape(labels)[-1], logits.dtype)
            rest = label_smoothing / classes
            labels = labels * (1.0 - label_smoothing) + rest
        labels = late.stop_gradient(labels, name="labels_stop_gradient")
        cross_entropy = getattr(late, "nn.softmax_cross_entropy_with_logits_v2")
        losses = cross_entropy(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.sparse_softmax_cross_entropy", v2=())
def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Add the cross entropy of classes given by number.

    Args:
      labels: Class numbers `[d0, ..., dn]`, int32 or int64.
      logits: Unscaled log probabilities `[d0, ..., dn, classes]`, of a float type.
      weights: Scalar, or tensor of the rank of the losses with sizes 1 or those of the losses.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `logits`; a tensor of the losses' shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: shapes that do not fit, or None for an input.
    """
    _required(labels=labels, logits=logits)
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", (logits, labels, weights)) as scope:
        labels, logits, weights = _squeezed(labels, logits, weights)
        cross_entropy = getattr(late, "nn.sparse_softmax_cross_entropy_with_logits")
        losses = cross_entropy(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def _squeezed(labels: Any, logits: Any, weights: Any) -> tuple[Tensor, Tensor, Any]:
    """Drops a last dimension of size 1 that labels or weights have too much."""
    labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
    if weights is None:
        return labels, logits, weights
    weights = convert_to_tensor(weights)
    rank, own = labels.shape.ndims, weights.shape.ndims
    if rank is not None and own is not None:
        if own - rank == 1:
            weights = late.squeeze(weights, [-1])
        return labels, logits, weights
    surplus = late.rank(weights) - late.rank(labels)
    if own is None or (own > 0 and weights.dims[-1] in (1, None)):
        given = weights
        weights = late.cond(
            late.equal(1, surplus), lambda: late.squeeze(given, [-1]), lambda: given
        )
    return labels, logits, weights
