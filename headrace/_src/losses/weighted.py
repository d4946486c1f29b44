"""Weighted losses, and how they are reduced to one number."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.losses.collection import add_loss
from headrace._src.ops._late import late
from headrace._src.ops.weights_broadcast import assert_broadcastable, broadcast_weights


@export("losses.Reduction", v2=())
class Reduction:
    """Ways to reduce weighted losses.

    Attributes:
      NONE: not at all.
      SUM: their sum.
      MEAN: the sum divided by that of the weights.
      SUM_OVER_BATCH_SIZE: the sum divided by the number of losses.
      SUM_BY_NONZERO_WEIGHTS: the sum divided by the number of losses whose weight is not zero.
      SUM_OVER_NONZERO_WEIGHTS: the same.
    """

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Return all keys."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key: Any) -> None:
        """Check that `key` is one of the keys.

        Raises:
          ValueError: It is not.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


def safe_mean(losses: Any, count: Tensor) -> Tensor:
    """The sum divided by `count`; 0 when `count` is."""
    return getattr(late, "math.divide_no_nan")(late.reduce_sum(losses), count, name="value")  # type: ignore[no-any-return]


def num_elements(losses: Tensor) -> Tensor:
    """The number of elements, in the dtype of `losses`."""
    with name_scope(None, "num_elements", [losses]) as scope:
        return late.cast(late.size(losses, name=scope), dtype=losses.dtype)  # type: ignore[no-any-return]


def num_present(losses: Tensor, weights: Any, per_batch: bool = False) -> Tensor:
    """The number of losses whose weight is not zero, for each element of the batch or in all."""
    if isinstance(weights, float) and weights != 0.0:
        return num_elements(losses)
    with name_scope(None, "num_present", (losses, weights)) as scope:
        weights = late.cast(weights, dtype=dtypes.float32)
        present = late.where(
            late.equal(weights, 0.0), late.zeros_like(weights), late.ones_like(weights)
        )
        present = broadcast_weights(present, losses)
        if per_batch:
            axes = late.range(1, late.rank(present))
            return late.reduce_sum(present, axis=axes, keepdims=True, name=scope)  # type: ignore[no-any-return]
        return late.reduce_sum(present, name=scope)  # type: ignore[no-any-return]


def _reduced(losses: Tensor, weights: Tensor, reduction: str) -> Tensor:
    weighted = late.multiply(losses, weights)
    if reduction == Reduction.NONE:
        return weighted  # type: ignore[no-any-return]
    total = late.reduce_sum(weighted)
    if reduction == Reduction.MEAN:
        return safe_mean(total, late.reduce_sum(late.ones_like(losses) * weights))
    if reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
        return safe_mean(total, num_present(losses, weights))
    if reduction == Reduction.SUM_OVER_BATCH_SIZE:
        return safe_mean(total, num_elements(losses))
    return total  # type: ignore[no-any-return]


@export("losses.compute_weighted_loss", v2=())
def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Tensor:
    """Multiply losses by weights, reduce them, and add the result to the losses of the graph.

    Args:
      losses: Tensor `[batch, d1, ..., dn]`.
      weights: Scalar, or tensor of the rank of `losses` with sizes 1 or those of `losses`.
      scope: Name of the scope.
      loss_collection: Key of the collection to join.
      reduction: One of the keys of `tf.losses.Reduction`.

    Returns:
      A scalar of the type of `losses`; a tensor of their shape for `Reduction.NONE`.

    Raises:
      ValueError: Build: an unknown reduction, or weights that cannot be broadcast.
    """
    Reduction.validate(reduction)
    with name_scope(scope, "weighted_loss", (losses, weights)):
        # Distributed training scales gradients by the way the last loss was reduced.
        get_default_graph()._last_loss_reduction = reduction
        with control_dependencies((assert_broadcastable(weights, losses),)):
            losses = convert_to_tensor(losses)
            dtype = losses.dtype
            losses = late.cast(losses, dtype=dtypes.float32)
            weights = late.cast(weights, dtype=dtypes.float32)
            loss = late.cast(_reduced(losses, weights, reduction), dtype)
            add_loss(loss, loss_collection)
            return loss  # type: ignore[no-any-return]
