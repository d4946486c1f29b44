"""Adam: gradient descent scaled by running moments of the gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import scopes
from headrace._src.core.graph import get_default_graph
from headrace._src.ops import casts, grouping, training, variable_scatter
from headrace._src.ops._late import late
from headrace._src.state import assign
from headrace._src.train.rule_optimizer import RuleOptimizer


@export("train.AdamOptimizer", v2=())
class AdamOptimizer(RuleOptimizer):
    """Adam.

    `m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2;
    var -= learning_rate * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon)`.
    A sparse gradient changes every row of m, v and the variable, as a dense one with zeros
    elsewhere would.

    Args:
      learning_rate: float or scalar tensor, or a function that returns one.
      beta1: decay of the first moment, likewise.
      beta2: decay of the second moment, likewise.
      epsilon: small number against division by zero, likewise.
      use_locking: whether updates of a variable exclude each other.
      name: name of the optimizer.

    Source: Kingma and Ba, 2015.
    """

    _rule = training.ADAM
    _rule_name = "Adam"
    _cell_names = ("m", "v")
    _hyperparameters = (
        ("_lr", "_lr_t", "learning_rate"),
        ("_beta1", "_beta1_t", "beta1"),
        ("_beta2", "_beta2_t", "beta2"),
        ("_epsilon", "_epsilon_t", "epsilon"),
    )

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon
        self._lr_t: Any = None
        self._beta1_t: Any = None
        self._beta2_t: Any = None
        self._epsilon_t: Any = None

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        """The variables that hold `beta1**t` and `beta2**t`."""
        with scopes.init_scope():
            graph = get_default_graph()
            return (
                self._get_non_slot_variable("beta1_power", graph=graph),
                self._get_non_slot_variable("beta2_power", graph=graph),
            )

    def _create_slots(self, var_list: Any) -> None:
        # The first by name, so that all workers of a cluster choose the same device.
        first = min(var_list, key=lambda v: v.name)
        self._create_non_slot_variable(self._beta1, name="beta1_power", colocate_with=first)
        self._create_non_slot_variable(self._beta2, name="beta2_power", colocate_with=first)
        for v in var_list:
            self._zeros_slot(v, "m", self._name)
            self._zeros_slot(v, "v", self._name)

    def _scalars(self, var: Any) -> list[Any]:
        return [*self._get_beta_accumulators(), *super()._scalars(var)]

    # -- sparse gradients --------------------------------------------------------------------

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def add(cell: Any, indices: Any, values: Any) -> Any:
            return assign.scatter_add(cell, indices, values, use_locking=self._use_locking)

        return self._apply_sparse_shared(grad.values, var, grad.indices, add)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_sparse_shared(grad, handle, indices, self._resource_scatter_add)

    def _resource_scatter_add(self, cell: Any, indices: Any, values: Any) -> Any:
        done = variable_scatter.ResourceScatterAdd(cell.handle, indices, values)
        with scopes.control_dependencies([done]):
            return cell.value()

    def _apply_sparse_shared(
        self, grad: Any, var: Any, indices: Any, scatter_add: Callable[[Any, Any, Any], Any]
    ) -> Any:
        dtype = var.dtype.base_dtype
        beta1_power, beta2_power, lr, beta1, beta2, epsilon = (
            casts.cast(s, dtype) for s in self._scalars(var)
        )
        rate = lr * late.sqrt(1 - beta2_power) / (1 - beta1_power)

        def moment(name: str, beta: Any, news: Any) -> Any:
            cell = self.get_slot(var, name)
            decayed = assign.assign(cell, cell * beta, use_locking=self._use_locking)
            with scopes.control_dependencies([decayed]):
                return scatter_add(cell, indices, news)

        m = moment("m", beta1, grad * (1 - beta1))
        v = moment("v", beta2, (grad * grad) * (1 - beta2))
        root = late.sqrt(v)
        step = rate * m / (root + epsilon)
        update = assign.assign_sub(var, step, use_locking=self._use_locking)
        return grouping.group(update, m, v)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        with scopes.control_dependencies(update_ops):
            powers = self._get_beta_accumulators()
            with scopes.colocate_with(powers[0]):
                decayed = [
                    power.assign(power * beta, use_locking=self._use_locking)
                    for power, beta in zip(powers, (self._beta1_t, self._beta2_t), strict=True)
                ]
        return grouping.group(*update_ops, *decayed, name=name_scope)
