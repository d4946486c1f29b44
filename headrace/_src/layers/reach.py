"""What can be reached from tensors along edges: how updates depend on a layer's inputs."""

from __future__ import annotations

from typing import Any

from headrace._src.core import nest
from headrace._src.core.operation import Operation


def _operation(value: Any) -> Operation:
    return value if isinstance(value, Operation) else value.op


def depends_on(target: Any, inputs: Any) -> bool:
    """Whether an operation or tensor is computed from one of the inputs, or is one of them."""
    sources = [v for v in nest.flatten(inputs) if hasattr(v, "op") or isinstance(v, Operation)]
    found = {t for t in sources if not isinstance(t, Operation)}
    operations = {v for v in sources if isinstance(v, Operation)}
    if target in found or target in operations:
        return True
    seen: set[Operation] = set()
    todo = [_operation(target)]
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        if op in operations or any(t in found for t in op.inputs):
            return True
        todo += [t.op for t in op.inputs]
        todo += op.control_inputs
    return False
