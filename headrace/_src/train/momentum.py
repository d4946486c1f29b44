"""Momentum: gradient descent with a decaying sum of gradients."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.ops import training
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.MomentumOptimizer", v2=())
class MomentumOptimizer(RuleOptimizer):
    """Gradient descent with momentum.

    `accumulator = momentum * accumulator + gradient; var -= learning_rate * accumulator`, or with
    Nesterov's variant
    `var -= learning_rate * (gradient + momentum * accumulator)`.

    Args:
      learning_rate: float or scalar tensor, or a function that returns one.
      momentum: float or scalar tensor, or a function that returns one.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.
      use_nesterov: whether to use Nesterov's variant.

    Source: Sutskever et al., 2013.
    """

    _rule = training.MOMENTUM
    _rule_name = "Momentum"
    _cell_names = ("momentum",)
    _hyperparameters = (
        ("_learning_rate", "_learning_rate_tensor", "learning_rate"),
        ("_momentum", "_momentum_tensor", "momentum"),
    )

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            self._zeros_slot(v, "momentum", self._name)

    def _rule_attrs(self) -> dict[str, Any]:
        return {"use_locking": self._use_locking, "use_nesterov": self._use_nesterov}
