"""Initial values that are computed from other variables.

`tf.Variable(2 * v)` must work when all initializers run together, in any order. So the part of the
graph between `v` and the initial value is copied, with `v.initialized_value()` in place of `v`.
"""

from __future__ import annotations

from typing import Any

from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor

# What these say is the same whether or not the variable has a value, or is safe already.
_BOUNDARY = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"})
_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})


def guarded(scope: str, initial_value: Tensor) -> Tensor:
    """`initial_value`, or a copy, named after `scope`, that reads initialized values."""
    order = _ancestors(initial_value.op)
    if not any(op.type in _VARIABLES for op in order):
        return initial_value
    copies: dict[Operation, Operation] = {}
    for op in order:
        copies[op] = _replacement(op, scope, copies)
    return copies[initial_value.op].outputs[initial_value.value_index]


def _ancestors(last: Operation) -> list[Operation]:
    """The operations that `last` is computed from, inputs first, as met going depth first."""
    order: list[Operation] = []
    seen: set[Operation] = set()
    stack: list[tuple[Operation, bool]] = [(last, False)]
    while stack:
        op, done = stack.pop()
        if done:
            order.append(op)
            continue
        if op in seen:
            continue
        seen.add(op)
        stack.append((op, True))
        if op.type not in _BOUNDARY and op.type not in _VARIABLES:
            stack.extend((t.op, False) for t in reversed(op.inputs))
    return order


def _replacement(op: Operation, scope: str, copies: dict[Operation, Operation]) -> Operation:
    if op.type in _BOUNDARY:
        return op
    if op.type in _VARIABLES:
        value = _initialized_value(op)
        return op if value is None else value.op
    inputs = [copies[t.op].outputs[t.value_index] for t in op.inputs]
    if all(new is old for new, old in zip(inputs, op.inputs, strict=True)):
        return op
    name = f"{op.name}_{scope.rstrip('/')}".replace(":", "_")
    types = [t.dtype for t in op.outputs]
    return op.graph.add_operation(op.spec, name, inputs, dict(op.attrs), output_types=types)


def _initialized_value(op: Operation) -> Any:
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in op.graph.get_collection(key):
            if getattr(variable, "name", None) in (op.name, f"{op.name}:0"):
                return variable.initialized_value()
    return None
