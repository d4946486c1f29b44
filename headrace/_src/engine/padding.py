"""Padding: which operations may give more rows than the interpreter does.

How many distinct elements a vector has is not known before it is lowered. Where everything that
takes them treats rows apart and drops the surplus ones in the end, they are padded to the length of
the vector, and come in another order than the interpreter's. The flag `padding` of a spec says what
an operation does with such rows:

  "makes": gives distinct elements, and for each place the number of its element.
  "size": tells dimensions only.       "part": picks some of these.
  "groups": combines rows by the numbers, as many as a size says.
  "each": computes each row from the same row of its inputs.
  "drops": writes rows into variables at the elements, which no surplus row has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine.plan import Plan

# What a tensor holds, seen from one operation that pads.
_ELEMENTS: Final = "elements"  # padded: the distinct elements themselves
_NUMBERS: Final = "numbers"  # one for each place, in the order of the padded elements
_ROWS: Final = "rows"  # padded: one for each of the elements
_SIZE: Final = "size"  # how many rows there are, surplus ones too


def without_seen_padding(
    plan: Plan, device: list[Operation], elements: Sequence[Any]
) -> list[Operation]:
    """Leaves out operations whose padding or order somebody would see.

    Args:
      plan: the plan.
      device: operations that are to be lowered, in plan order.
      elements: the plan's fetches.
    """
    seen = {op for op, reached in _padded(plan, device, elements).items() if reached is None}
    return [op for op in device if op not in seen]


def makers_apart(
    plan: Plan, device: list[Operation], elements: Sequence[Any], levels: dict[Operation, int]
) -> frozenset[Operation]:
    """The operations whose padded results leave their unit: the next one knows nothing of padding.

    Args:
      plan: the plan.
      device: operations that are to be lowered, in plan order.
      elements: the plan's fetches.
      levels: the unit of each operation.
    """
    return frozenset(
        op
        for op, reached in _padded(plan, device, elements).items()
        if reached is None or any(levels[r] != levels[op] for r in reached)
    )


def _padded(
    plan: Plan, device: list[Operation], elements: Sequence[Any]
) -> dict[Operation, list[Operation] | None]:
    """For each operation that pads: what takes padded rows, or None where padding is seen."""
    makers = [op for op in device if op.spec.padding == "makes"]
    if not makers:
        return {}
    takers: dict[Tensor, list[Operation]] = {}
    for step in plan.steps:
        for t in map(plan.source, step.op._inputs):
            takers.setdefault(t, []).append(step.op)
    fetched = {plan.source(e) for e in elements if isinstance(e, Tensor)}
    lowered = set(device)
    return {m: _reached(m, plan, takers, fetched, lowered) for m in makers}


def _reached(
    maker: Operation,
    plan: Plan,
    takers: dict[Tensor, list[Operation]],
    fetched: set[Tensor],
    lowered: set[Operation],
) -> list[Operation] | None:
    """What takes results of `maker`; None where it notices that they are padded or reordered."""
    holds = {maker.outputs[0]: _ELEMENTS, maker.outputs[1]: _NUMBERS}
    stack = list(holds)
    reached: dict[Operation, None] = {}
    # What a result holds follows from any one of the inputs; whether all fit is asked at the end.
    while stack:
        t = stack.pop()
        if t in fetched:
            return None
        for op in takers.get(t, ()):
            if op not in lowered:
                return None
            if op in reached:
                continue
            gives = _GIVES.get(op.spec.padding)
            if gives is None:
                return None
            if op.spec.padding != "groups" or holds[t] == _SIZE:
                reached[op] = None
                if gives:
                    holds[op.outputs[0]] = gives
                    stack.append(op.outputs[0])
            elif holds[t] != _NUMBERS:
                return None
    numbered = {op for op in takers.get(maker.outputs[1], ()) if op not in reached}
    if numbered or not all(_fits(op, plan, holds) for op in reached):
        return None
    return list(reached)


# Flag → what the first output then holds.
_GIVES: Final = {"size": _SIZE, "part": _SIZE, "groups": _ROWS, "each": _ROWS, "drops": ""}


def _fits(op: Operation, plan: Plan, holds: dict[Tensor, str]) -> bool:
    """Whether an operation may take these of its inputs with padding."""
    inputs = list(map(plan.source, op._inputs))
    kinds = [holds.get(t) for t in inputs]
    match op.spec.padding:
        case "size":
            return kinds in ([_ELEMENTS], [_ROWS])
        case "part":
            return kinds[0] == _SIZE and not any(kinds[1:])
        case "groups":
            return kinds == [None, _NUMBERS, _SIZE]
        case "each":
            # Of a padded element nothing may be computed: it would name a row.
            whole = any(t.dtype.is_integer for t in op.outputs)
            return not whole and all(
                kind == _ROWS if kind else _is_same_for_rows(t, op.outputs[0])
                for t, kind in zip(inputs, kinds, strict=True)
            )
        case _:
            return _ELEMENTS in kinds and all(
                kind in (_ROWS, _ELEMENTS)
                or (t in plan.cells or t.dtype.name == "resource" or t.dims == ())
                for t, kind in zip(inputs, kinds, strict=True)
            )


def _is_same_for_rows(t: Tensor, result: Tensor) -> bool:
    """Whether every row of an elementwise result takes the same of the input `t`."""
    if t.dims is None or result.dims is None:
        return t.dims == ()
    return len(t.dims) < len(result.dims) or t.dims[0] == 1
