"""Adagrad: gradient descent scaled by the sum of squared gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import convert, scopes
from headrace._src.ops import casts, constant, identity, training
from headrace._src.ops._late import late
from headrace._src.state import initializers
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.AdagradOptimizer", v2=())
class AdagradOptimizer(RuleOptimizer):
    """Adagrad: `accumulator += g**2; var -= learning_rate * g / sqrt(accumulator)`.

    Args:
      learning_rate: float or scalar tensor, or a function that returns one.
      initial_accumulator_value: positive float.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Raises:
      ValueError: (build) the initial value is not positive.

    Source: Duchi et al., 2011.
    """

    _rule = training.ADAGRAD
    _rule_name = "Adagrad"
    _cell_names = ("accumulator",)
    _hyperparameters = (("_learning_rate", "_learning_rate_tensor", "learning_rate"),)

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value
        self._learning_rate_tensor: Any = None

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            dtype = v.dtype.base_dtype
            first: Any = initializers.Constant(self._initial_accumulator_value, dtype=dtype)
            if not v.get_shape().is_fully_defined():
                first = self._filled_like(v, dtype)
            self._get_or_make_slot_with_initializer(
                v, first, v.get_shape(), dtype, "accumulator", self._name
            )

    def _filled_like(self, v: Any, dtype: Any) -> Callable[[], Any]:
        def make() -> Any:
            filled = late.Fill(late.shape(v), self._initial_accumulator_value)
            return casts.cast(filled, dtype)

        return make


@export("train.AdagradDAOptimizer", v2=())
class AdagradDAOptimizer(RuleOptimizer):
    """Adagrad with dual averaging, for sparse linear models.

    Rows that get no gradient are regularized when they next get one.

    Args:
      learning_rate: float or scalar tensor.
      global_step: the variable that counts steps.
      initial_gradient_squared_accumulator_value: positive float.
      l1_regularization_strength: float, 0 or more.
      l2_regularization_strength: float, 0 or more.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Raises:
      ValueError: (build) the initial value is not positive.

    Source: Duchi et al., 2011.
    """

    _rule = training.ADAGRAD_DA
    _rule_name = "AdagradDA"
    _cell_names = ("gradient_accumulator", "gradient_squared_accumulator")

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ) -> None:
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_gradient_squared_accumulator_value = (
            initial_gradient_squared_accumulator_value
        )
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._global_step = global_step
        self._learning_rate_tensor: Any = None
        self._global_step_on_worker: Any = None

    def _create_slots(self, var_list: Any) -> None:
        starts = (0.0, self._initial_gradient_squared_accumulator_value)
        for v in var_list:
            with scopes.colocate_with(v):
                values = [
                    constant.constant(start, shape=v.get_shape(), dtype=v.dtype.base_dtype)
                    for start in starts
                ]
            for name, value in zip(self._cell_names, values, strict=True):
                self._get_or_make_slot(v, value, name, self._name)

    def _prepare(self) -> None:
        self._learning_rate_tensor = convert.convert_to_tensor(
            self._learning_rate, name="learning_rate"
        )
        with scopes.colocate_with(self._learning_rate_tensor):
            # The first step is number one.
            self._global_step_on_worker = identity.identity(self._global_step) + 1

    def _scalars(self, var: Any) -> list[Any]:
        with scopes.device(var.device):
            step = identity.identity(self._global_step_on_worker)
        return [
            self._learning_rate_tensor,
            self._l1_regularization_strength,
            self._l2_regularization_strength,
            step,
        ]
