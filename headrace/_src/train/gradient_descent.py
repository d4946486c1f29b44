"""Gradient descent: `var -= learning_rate * gradient`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.ops import casts, training, variable_scatter
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.GradientDescentOptimizer", v2=())
class GradientDescentOptimizer(RuleOptimizer):
    """Gradient descent: `var -= learning_rate * gradient`.

    Args:
      learning_rate: float or scalar tensor.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.
    """

    _rule = training.GRADIENT_DESCENT
    _rule_name = "GradientDescent"
    _hyperparameters = (("_learning_rate", "_learning_rate_tensor", "learning_rate"),)

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._learning_rate_tensor: Any = None

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        rate = casts.cast(self._learning_rate_tensor, var.dtype.base_dtype)
        step = IndexedSlices(grad.values * rate, grad.indices, grad.dense_shape)
        return var.scatter_sub(step, use_locking=self._use_locking)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        # As 1.15: with the learning rate that the user gave, not its tensor.
        step = -grad * self._learning_rate
        return variable_scatter.ResourceScatterAdd(handle.handle, indices, step)
