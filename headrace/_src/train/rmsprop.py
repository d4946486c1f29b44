"""RMSProp: gradient descent scaled by a running mean of squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.ops import training
from headrace._src.ops._late import late
from headrace._src.state import initializers
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.RMSPropOptimizer", v2=())
class RMSPropOptimizer(RuleOptimizer):
    """RMSProp.

    `ms = decay * ms + (1 - decay) * g**2; mom = momentum * mom + learning_rate * g / sqrt(ms +
    epsilon);
    var -= mom`. The centred variant takes the square of a running mean of g off ms.

    Args:
      learning_rate: float or scalar tensor, or a function that returns one.
      decay: decay of the running means, likewise.
      momentum: likewise.
      epsilon: small number against division by zero, likewise.
      use_locking: whether updates of a variable exclude each other.
      centered: whether to divide by the variance instead of the mean square.
      name: name of the optimizer.

    Source: Hinton, lecture 6 of "Neural networks for machine learning", 2012.
    """

    _hyperparameters = (
        ("_learning_rate", "_learning_rate_tensor", "learning_rate"),
        ("_decay", "_decay_tensor", "decay"),
        ("_momentum", "_momentum_tensor", "momentum"),
        ("_epsilon", "_epsilon_tensor", "epsilon"),
    )
    _rule = {**training.RMS_PROP, **training.CENTERED_RMS_PROP}

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._learning_rate, self._decay = learning_rate, decay
        self._momentum, self._epsilon = momentum, epsilon
        self._centered = centered
        self._learning_rate_tensor: Any = None
        self._decay_tensor: Any = None
        self._momentum_tensor: Any = None
        self._epsilon_tensor: Any = None

    def _op_name(self) -> str:
        return "CenteredRMSProp" if self._centered else "RMSProp"

    def _cells(self) -> Sequence[str]:
        return ("mg", "rms", "momentum") if self._centered else ("rms", "momentum")

    def _create_slots(self, var_list: Any) -> None:
        for v in var_list:
            dtype = v.dtype.base_dtype
            first: Any = initializers.Ones(dtype=dtype)
            if not v.get_shape().is_fully_defined():
                first = late.ones_like(v)
            self._get_or_make_slot_with_initializer(
                v, first, v.get_shape(), dtype, "rms", self._name
            )
            if self._centered:
                self._zeros_slot(v, "mg", self._name)
            self._zeros_slot(v, "momentum", self._name)
