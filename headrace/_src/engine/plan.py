"""Plans: what one combination of fetches and feeds executes, in which order, over which slots.

A plan is made by named phases over plain data: `needed` (prune backwards from the fetches, stopping at feeds) → `ordered` (a deterministic order:
data edges, control edges, then creation order; blocking operations last among the ready) → `Plan` (steps over slots).

State inventory of `Plan`:
  steps: `Step`s in order.
  template: initial slots; constants are in place.
  feeds: slot of each fed tensor.          outputs: for each fetched element its slot, or None for an operation.
"""

from __future__ import annotations

import functools
import heapq
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from headrace._src.core import kernel
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine.resources import Cell

# How a step calls its kernel.
ONE, TWO, MANY, MULTIPLE, STATEFUL = range(5)


class Step(NamedTuple):
    """One kernel call: its arguments, results and the slots that are free after it."""

    kind: int
    call: Callable[..., Any]
    inputs: Any
    outputs: Any
    free: tuple[int, ...]
    op: Operation
    reads: tuple[int, ...] = ()


def needed(fetches: Sequence[Any], feeds: frozenset[Tensor]) -> list[Operation]:
    """The operations that the fetches depend on, feeds cut off, in no particular order."""
    stack = []
    for f in fetches:
        if isinstance(f, Operation):
            stack.append(f)
        elif f not in feeds:
            stack.append(f.op)
    seen = set(stack)
    while stack:
        op = stack.pop()
        for t in op._inputs:
            if t.op not in seen and t not in feeds:
                seen.add(t.op)
                stack.append(t.op)
        for c in op._control_inputs:
            if c not in seen:
                seen.add(c)
                stack.append(c)
    return list(seen)


def _is_sorted(operations: list[Operation]) -> bool:
    """Whether creation order respects every edge: it does unless edges were added later."""
    for op in operations:
        number = op._id
        for t in op._inputs:
            if t.op._id >= number:
                return False
        for c in op._control_inputs:
            if c._id >= number:
                return False
    return True


def ordered(operations: list[Operation], feeds: frozenset[Tensor]) -> list[Operation]:
    """The operations in execution order.

    Raises:
      ValueError: they depend on each other in a circle.
    """
    operations = sorted(operations, key=lambda op: op._id)
    if not any(op.spec.blocking for op in operations) and _is_sorted(operations):
        return operations
    waiting: dict[Operation, int] = {}
    followers: dict[Operation, list[Operation]] = {}
    members = set(operations)
    for op in operations:
        before = {t.op for t in op._inputs if t not in feeds and t.op in members}
        before.update(c for c in op._control_inputs if c in members)
        waiting[op] = len(before)
        for b in before:
            followers.setdefault(b, []).append(op)
    ready = [(op.spec.blocking, op._id, op) for op in operations if not waiting[op]]
    heapq.heapify(ready)
    result = []
    while ready:
        *_, op = heapq.heappop(ready)
        result.append(op)
        for f in followers.get(op, ()):
            waiting[f] -= 1
            if not waiting[f]:
                heapq.heappush(ready, (f.spec.blocking, f._id, f))
    if len(result) != len(operations):
        stuck = next(op for op in operations if waiting[op])
        raise ValueError(f"The graph has a cycle through operation {stuck.name!r}.")
    return result


def dereferencing(call: Callable[..., Any], positions: tuple[int, ...]) -> Callable[..., Any]:
    """A kernel call that reads the cells at these positions first."""
    if positions == (0,):
        return functools.partial(_call_first_read, call)

    def read_and_call(*args: Any) -> Any:
        values = list(args)
        for p in positions:
            values[p] = values[p].read()
        return call(*values)

    return read_and_call


def _call_first_read(call: Callable[..., Any], cell: Cell, *rest: Any) -> Any:
    return call(cell.read(), *rest)


def reads(op: Operation) -> tuple[int, ...]:
    """The positions of inputs that are references and that the op takes as plain values."""
    if not any(t.dtype._is_ref_dtype for t in op._inputs):
        return ()
    args = op.spec.flat_inputs(op)
    return tuple(
        i
        for i, (t, arg) in enumerate(zip(op._inputs, args, strict=True))
        if t.dtype._is_ref_dtype and not arg.is_ref
    )


class Plan:
    """An executable order of operations; see the module's docstring."""

    def __init__(
        self, elements: Sequence[Any], feeds: Sequence[Tensor], mutations: int = 0
    ) -> None:
        self.mutations = mutations
        fed = frozenset(feeds)
        self.operations = ordered(needed(elements, fed), fed)
        self.has_blocking = sum(op.spec.blocking for op in self.operations)
        self.slots: dict[Tensor, int] = {}
        self.template: list[Any] = []
        self.feeds = [self._slot(t) for t in feeds]
        self._place_constants()
        last_use = self._last_uses(elements)
        self.steps = [
            self._step(op, last_use) for op in self.operations if not self._is_placed(op)
        ]
        self.outputs: list[int | None] = [
            self.slots[e] if isinstance(e, Tensor) else None for e in elements
        ]

    def _slot(self, t: Tensor) -> int:
        slot = self.slots.get(t)
        if slot is None:
            slot = self.slots[t] = len(self.template)
            self.template.append(None)
        return slot

    def _is_placed(self, op: Operation) -> bool:
        """Whether the op is a constant, whose value is in the template already."""
        spec = op.spec
        return not op._inputs and spec.python_constant and not spec.stateful

    def _place_constants(self) -> None:
        for op in self.operations:
            if self._is_placed(op) and op.outputs[0] not in self.slots:
                value = op.spec.bind(op)(kernel.HOST)
                # 0-d arrays make every later ufunc call slower than scalars do.
                if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind != "O":
                    value = value[()]
                self.template[self._slot(op.outputs[0])] = value

    def _last_uses(self, elements: Sequence[Any]) -> dict[int, Operation]:
        """The last operation that takes each slot; slots that are fetched are never free."""
        kept = {self.slots.get(e) for e in elements if isinstance(e, Tensor)}
        last: dict[int, Operation] = {}
        for op in self.operations:
            for t in op._inputs:
                last[self._slot(t)] = op
            for t in op.outputs:
                if t not in self.slots:
                    last[self._slot(t)] = op
        kept |= {self.slots[e] for e in elements if isinstance(e, Tensor)}
        return {slot: op for slot, op in last.items() if slot not in kept}

    def _step(self, op: Operation, last_use: dict[int, Operation]) -> Step:
        spec = op.spec
        inputs = tuple([self.slots[t] for t in op._inputs])
        outputs = tuple([self.slots[t] for t in op.outputs])
        free = tuple(
            {s: None for s in (*inputs, *outputs) if last_use.get(s) is op and s not in self.feeds}
        )
        bound = spec.bind(op)
        positions = reads(op)
        if spec.has_effects or spec.random or spec.blocking or spec.calls_functions:
            return Step(STATEFUL, bound, inputs, outputs, free, op, positions)
        call: Callable[..., Any] = functools.partial(bound, kernel.HOST)
        if positions:
            call = dereferencing(call, positions)
        if not spec.single_output:
            return Step(MULTIPLE, call, inputs, outputs, free, op)
        out = outputs[0]
        if len(inputs) == 1:
            return Step(ONE, call, inputs[0], out, free, op)
        if len(inputs) == 2:
            return Step(TWO, call, inputs, out, free, op)
        return Step(MANY, call, inputs, out, free, op)
