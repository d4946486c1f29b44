"""Adadelta: steps scaled by the ratio of two running means."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.ops import training
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.AdadeltaOptimizer", v2=())
class AdadeltaOptimizer(RuleOptimizer):
    """Adadelta.

    `accum = rho * accum + (1 - rho) * g**2; update = g * sqrt(accum_update + epsilon) / sqrt(accum
    + epsilon);
    accum_update = rho * accum_update + (1 - rho) * update**2; var -= learning_rate * update`.

    Args:
      learning_rate: float or scalar tensor, or a function that returns one; 1.0 gives the published
        method.
      rho: decay of the running means, likewise.
      epsilon: small number against division by zero, likewise.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Source: Zeiler, 2012.
    """

    _rule = training.ADADELTA
    _rule_name = "Adadelta"
    _cell_names = ("accum", "accum_update")
    _hyperparameters = (
        ("_lr", "_lr_t", "lr"),
        ("_rho", "_rho_t", "rho"),
        ("_epsilon", "_epsilon_t", "epsilon"),
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon
        self._lr_t: Any = None
        self._rho_t: Any = None
        self._epsilon_t: Any = None

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            for name in self._cell_names:
                self._zeros_slot(v, name, self._name)
