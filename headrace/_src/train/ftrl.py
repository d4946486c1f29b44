"""FTRL: follow the regularized leader."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import scopes
from headrace._src.ops import constant, training
from headrace._src.train.rule_optimizer import RuleOptimizer


def _check(name: str, value: float, negative: bool = False) -> None:
    if value > 0.0 if negative else value < 0.0:
        sign = "negative" if negative else "positive"
        raise ValueError(f"{name} {value:f} needs to be {sign} or zero")


@export("train.FtrlOptimizer", v2=())
class FtrlOptimizer(RuleOptimizer):
    """FTRL-Proximal, with optional shrinkage.

    Args:
      learning_rate: float or scalar tensor.
      learning_rate_power: float, 0 or less; 0 keeps the learning rate fixed.
      initial_accumulator_value: float, 0 or more.
      l1_regularization_strength: float, 0 or more.
      l2_regularization_strength: float, 0 or more.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.
      accum_name: end of the names of the first slots; the optimizer's name by default.
      linear_name: end of the names of the second slots, likewise.
      l2_shrinkage_regularization_strength: float, 0 or more; an L2 penalty on the magnitude that
        acts on the gradient.

    Raises:
      ValueError: (build) an argument of the wrong sign.

    Source: McMahan et al., 2013.
    """

    _rule = {**training.FTRL, **training.FTRL_V2}
    _cell_names = ("accum", "linear")
    _hyperparameters = tuple(
        (f"_{name}", f"_{name}_tensor", name)
        for name in (
            "learning_rate",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
            "learning_rate_power",
        )
    )

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        super().__init__(use_locking, name)
        _check("initial_accumulator_value", initial_accumulator_value)
        _check("learning_rate_power", learning_rate_power, negative=True)
        _check("l1_regularization_strength", l1_regularization_strength)
        _check("l2_regularization_strength", l2_regularization_strength)
        _check("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength)
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength
        self._l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self._accum_name = accum_name
        self._linear_name = linear_name

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            with scopes.colocate_with(v):
                first = constant.constant(
                    self._initial_accumulator_value, dtype=v.dtype, shape=v.get_shape()
                )
                self._get_or_make_slot(v, first, "accum", self._accum_name or self._name)
                self._zeros_slot(v, "linear", self._linear_name or self._name)

    @property
    def _shrinks(self) -> bool:
        return self._l2_shrinkage_regularization_strength > 0.0

    def _op_name(self) -> str:
        return "FtrlV2" if self._shrinks else "Ftrl"

    def _scalars(self, var: Any) -> list[Any]:
        rate, l1, l2, shrinkage, power = super()._scalars(var)
        return [rate, l1, l2, shrinkage, power] if self._shrinks else [rate, l1, l2, power]
