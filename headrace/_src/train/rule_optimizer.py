"""Optimizers whose update of one variable is one op of `ops/training.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from headrace._src.core import convert
from headrace._src.core.opspec import OpSpec
from headrace._src.ops import casts
from headrace._src.state.resource_variable import is_resource_variable
from headrace._src.train.optimizer import Optimizer


class RuleOptimizer(Optimizer):
    """An optimizer that applies one update rule.

    A subclass names the rule, its hyperparameters in the order in which 1.15 makes their tensors,
    and the slots that the op
    updates beside the variable. The names and values of the op's scalar inputs come from
    `_scalars`.

    `_hyperparameters` pairs the attribute with the value given by the user and the attribute for
    its tensor with the tensor's name.
    """

    _rule: ClassVar[dict[str, OpSpec]]
    _rule_name: ClassVar[str]
    _hyperparameters: ClassVar[Sequence[tuple[str, str, str]]] = ()
    _cell_names: ClassVar[Sequence[str]] = ()

    def _prepare(self) -> None:
        for given, tensor, name in self._hyperparameters:
            value = self._call_if_callable(getattr(self, given))
            setattr(self, tensor, convert.convert_to_tensor(value, name=name))

    def _scalars(self, var: Any) -> list[Any]:
        """The scalar inputs of the op in its order, of any float dtype."""
        return [getattr(self, tensor) for _, tensor, _ in self._hyperparameters]

    def _rule_attrs(self) -> dict[str, Any]:
        return {"use_locking": self._use_locking}

    def _op_name(self) -> str:
        """The end of the op's type, behind `Apply`."""
        return self._rule_name

    def _cells(self) -> Sequence[str]:
        return self._cell_names

    def _apply_rule(self, var: Any, grad: Any, indices: Any = None) -> Any:
        resource = is_resource_variable(var)
        kind = ("Resource" if resource else "") + ("" if indices is None else "Sparse")
        op = self._rule[f"{kind}Apply{self._op_name()}"]
        cells = [var, *(self.get_slot(var, name) for name in self._cells())]
        if resource:
            cells = [cell.handle for cell in cells]
        dtype = var.dtype.base_dtype
        scalars = iter(self._scalars(var))
        rest: list[Any] = []
        for name in (a.name for a in op.inputs[len(cells) :]):
            if name in ("grad", "delta"):
                rest.append(grad)
            elif name == "indices":
                rest.append(indices)
            elif name == "global_step":
                rest.append(next(scalars))
            else:
                rest.append(casts.cast(next(scalars), dtype))
        return op.make(*cells, *rest, **self._rule_attrs())

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._apply_rule(var, grad)

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        return self._apply_rule(handle, grad)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._apply_rule(var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        return self._apply_rule(handle, grad, indices)
