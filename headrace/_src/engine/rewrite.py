"""Rewrites of a plan that never show in the graph: what need not be executed.

* An identity gives its input's value: its output takes the input's slot.
* Of several operations that compute the same value, the first one does.
* A pure operation that only control inputs ask for is not executed. Its place in the order stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor


def is_pure(op: Operation) -> bool:
    """Whether an operation does nothing but compute its outputs from its inputs."""
    spec = op.spec
    return not (
        spec.has_effects
        or spec.random
        or spec.blocking
        or spec.calls_functions
        or spec.needs_op
        or spec.handle
    )


def simplified(
    operations: Sequence[Operation],
    elements: Iterable[Any],
    fed: frozenset[Tensor],
    cells: set[Tensor],
) -> tuple[list[Operation], dict[Tensor, Tensor]]:
    """The operations that must be executed, in their order.

    Args:
      operations: operations in execution order.
      elements: what is fetched.
      fed: the fed tensors.
      cells: tensors whose run-time value is a variable, which may change between two uses.

    Returns:
      (the operations left, tensor → the tensor that holds its value).
    """
    elements = list(elements)
    replaced = _replaced(operations, frozenset(elements), fed, cells)
    used: set[Any] = set()
    for e in elements:
        used.add(replaced.get(e, e))
    live = []
    for op in reversed(operations):
        if is_pure(op) and op not in used and not any(t in used for t in op.outputs):
            continue
        live.append(op)
        for t in op._inputs:
            used.add(replaced.get(t, t))
    live.reverse()
    return live, replaced


def _replaced(
    operations: Sequence[Operation],
    fetched: frozenset[Any],
    fed: frozenset[Tensor],
    cells: set[Tensor],
) -> dict[Tensor, Tensor]:
    replaced: dict[Tensor, Tensor] = {}
    first: dict[Any, Operation] = {}
    for op in operations:
        inputs = op._inputs
        if not inputs or op._control_inputs or not is_pure(op):
            continue
        outputs = op.outputs
        if any(t in fed for t in outputs):
            continue
        if any(t in cells for t in inputs):
            # Whoever takes what an identity hands on reads the variable itself, and checks it.
            if op.spec.forwards_reference and outputs[0] not in fetched:
                replaced[outputs[0]] = replaced.get(inputs[0], inputs[0])
            continue
        sources = tuple([replaced.get(t, t) for t in inputs])
        if op.spec.forwards_reference:
            replaced[outputs[0]] = sources[0]
            continue
        try:
            before = first.setdefault((op.type, *sources, *op.attrs.values()), op)
        except TypeError:
            # An attr that cannot be hashed, such as an array.
            continue
        if before is not op:
            replaced.update(zip(outputs, before.outputs, strict=True))
    return replaced
