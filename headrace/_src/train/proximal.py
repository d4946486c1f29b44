"""Proximal methods: a step along the gradient, then shrinkage by L1 and L2 penalties."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import scopes
from headrace._src.ops import constant, training
from headrace._src.train.rule_optimizer import RuleOptimizer

_NAMES = tuple(
    (f"_{name}", f"_{name}_tensor", name)
    for name in ("learning_rate", "l1_regularization_strength", "l2_regularization_strength")
)


class _Proximal(RuleOptimizer):
    _hyperparameters = _NAMES

    def _keep(self, learning_rate: Any, l1: Any, l2: Any) -> None:
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1
        self._l2_regularization_strength = l2
        self._learning_rate_tensor: Any = None
        self._l1_regularization_strength_tensor: Any = None
        self._l2_regularization_strength_tensor: Any = None


@export("train.ProximalGradientDescentOptimizer", v2=())
class ProximalGradientDescentOptimizer(_Proximal):
    """Proximal gradient descent.

    `p = var - rate * g; var = sign(p) / (1 + rate * l2) * max(|p| - rate * l1, 0)`.

    Args:
      learning_rate: float or scalar tensor.
      l1_regularization_strength: float, 0 or more.
      l2_regularization_strength: float, 0 or more.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Source: Duchi and Singer, 2009.
    """

    _rule = training.PROXIMAL_GRADIENT_DESCENT
    _rule_name = "ProximalGradientDescent"

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ) -> None:
        super().__init__(use_locking, name)
        self._keep(learning_rate, l1_regularization_strength, l2_regularization_strength)


@export("train.ProximalAdagradOptimizer", v2=())
class ProximalAdagradOptimizer(_Proximal):
    """Proximal gradient descent with Adagrad's learning rates.

    Args:
      learning_rate: float or scalar tensor.
      initial_accumulator_value: positive float.
      l1_regularization_strength: float, 0 or more.
      l2_regularization_strength: float, 0 or more.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Raises:
      ValueError: (build) the initial value is not positive.

    Source: Duchi and Singer, 2009.
    """

    _rule = training.PROXIMAL_ADAGRAD
    _rule_name = "ProximalAdagrad"
    _cell_names = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._initial_accumulator_value = initial_accumulator_value
        self._keep(learning_rate, l1_regularization_strength, l2_regularization_strength)

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            with scopes.colocate_with(v):
                first = constant.constant(
                    self._initial_accumulator_value,
                    shape=v.get_shape(),
                    dtype=v.dtype.base_dtype,
                )
            self._get_or_make_slot(v, first, "accumulator", self._name)
