"""Plans: what one combination of fetches and feeds executes, in which order, over which slots.

A plan is made by named phases over plain data: `needed` (prune backwards from the fetches, stopping
at feeds) → `ordered` (a deterministic order: data edges, control edges, then creation order;
blocking operations last among the ready) → `rewrite.simplified` (what need not be executed) →
`Plan` (steps over slots).

State inventory of `Plan`:
  steps: `Step`s in order.
  template: initial slots; constants, what follows from constants alone, and handles are in place.
  cells: the tensors whose run-time value is the cell of a variable.
  handles: steps that give resources; executed once for each version of the session's resources.
  fed: the fed tensors.          feeds: their slots, in the order in which they were named.
  outputs: for each fetched element its slot, or None for an operation.
  replaced: tensors that are never computed because another one holds the same value.
  costs: operation → its static cost (see `costs`), known once the plan has run; spent: their sum.
  trips: of a loop's body, how many iterations an interpreted loop has had, the most so far.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from headrace._src.core import kernel
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import rewrite
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

    @property
    def input_slots(self) -> tuple[int, ...]:
        """The slots of the inputs, whatever the kind."""
        return self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)

    @property
    def output_slots(self) -> tuple[int, ...]:
        """The slots of the outputs, whatever the kind."""
        return self.outputs if isinstance(self.outputs, tuple) else (self.outputs,)


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
            if c not in seen and not _replaced(c, feeds):
                seen.add(c)
                stack.append(c)
    return list(seen)


def _replaced(op: Operation, feeds: frozenset[Tensor]) -> bool:
    """Whether feeds take the place of a whole source: waiting for it is waiting for them."""
    return (
        not op._inputs
        and bool(op.outputs)
        and not op.spec.has_effects
        and all(t in feeds for t in op.outputs)
    )


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


def dependencies(
    operations: Iterable[Operation], feeds: frozenset[Tensor]
) -> tuple[dict[Operation, int], dict[Operation, list[Operation]]]:
    """For each operation, how many of the others it waits for, and which of them wait for it."""
    waiting = dict.fromkeys(operations, 0)
    followers: dict[Operation, list[Operation]] = {}
    for op in waiting:
        before = {t.op for t in op._inputs if t not in feeds and t.op in waiting}
        before.update(c for c in op._control_inputs if c in waiting)
        waiting[op] = len(before)
        for b in before:
            followers.setdefault(b, []).append(op)
    return waiting, followers


def precedence(op: Operation) -> tuple[bool, bool, int]:
    """What is executed first among the ready: the least."""
    return op.spec.blocking, not op._early, op._id


def ordered(operations: list[Operation], feeds: frozenset[Tensor]) -> list[Operation]:
    """The operations in execution order.

    Raises:
      ValueError: they depend on each other in a circle.
    """
    operations = sorted(operations, key=lambda op: op._id)
    if not any(op.spec.blocking or op._early for op in operations) and _is_sorted(operations):
        return operations
    waiting, followers = dependencies(operations, feeds)
    ready = [(precedence(op), op) for op in operations if not waiting[op]]
    heapq.heapify(ready)
    result = []
    while ready:
        _, op = heapq.heappop(ready)
        result.append(op)
        for f in followers.get(op, ()):
            waiting[f] -= 1
            if not waiting[f]:
                heapq.heappush(ready, (precedence(f), f))
    if len(result) != len(operations):
        stuck = next(op for op in operations if waiting[op])
        raise ValueError(f"The graph has a cycle through operation {stuck.name!r}.")
    return result


def dereferencing(
    call: Callable[..., Any], positions: tuple[int, ...], count: int
) -> Callable[..., Any]:
    """A kernel call of `count` inputs that reads the cells at these positions first."""
    if count == 1:
        return lambda cell: call(cell.read())
    if count == 2 and positions == (0,):
        return lambda cell, b: call(cell.read(), b)
    if count == 2 and positions == (1,):
        return lambda a, cell: call(a, cell.read())

    def read_and_call(*args: Any) -> Any:
        values = list(args)
        for p in positions:
            values[p] = values[p].read()
        return call(*values)

    return read_and_call


def aliases(
    operations: Sequence[Operation], feeds: frozenset[Tensor], references: Sequence[Tensor] = ()
) -> set[Tensor]:
    """The tensors whose run-time value is the cell of a variable.

    References are, and so is the `Identity` through which a variable is read: as in 1.15 it shares
    the variable's memory, so whoever takes it sees the variable as it is then.
    """
    found: set[Tensor] = set(references)
    for op in operations:
        forwards = op.spec.forwards_reference and op._inputs[0] in found
        for t in op.outputs:
            if (forwards or t.dtype._is_ref_dtype) and t not in feeds:
                found.add(t)
    return found


def reads(op: Operation, cells: set[Tensor]) -> tuple[int, ...]:
    """The positions of inputs that are cells and that the op takes as plain values."""
    if op.spec.forwards_reference or cells.isdisjoint(op._inputs):
        return ()
    args = op.spec.flat_inputs(op)
    handed_on = _handed_on(op) if op.spec.calls_functions else ()
    return tuple(
        i
        for i, (t, arg) in enumerate(zip(op._inputs, args, strict=True))
        if t in cells and not arg.is_ref and i not in handed_on
    )


def _checked(cell: Cell) -> Cell:
    """The cell itself, once it is known to hold a value."""
    cell.read()
    return cell


def _handed_on(op: Operation) -> frozenset[int]:
    """The positions of references that the functions an op calls take as references."""
    bodies = [function.graph for function in op.called]
    if not bodies:
        return frozenset()
    # The arguments of the functions are the last inputs.
    first = len(op._inputs) - len(bodies[0].inputs)
    return frozenset(
        i
        for i in range(first, len(op._inputs))
        if all(body.inputs[i - first].dtype._is_ref_dtype for body in bodies)
    )


_FOLD_LIMIT = 1 << 16


def _is_small(op: Operation) -> bool:
    """Whether a value may be kept in a plan; constants are kept by the graph anyway."""
    if not op._inputs:
        return True
    if op.outputs[0].dtype.name == "variant":
        # The first to write to a list writes in place, so a plan must not hold one.
        return False
    dims = op.outputs[0].dims
    if dims is None or None in dims:
        return False
    return math.prod(d for d in dims if d is not None) <= _FOLD_LIMIT


class Plan:
    """An executable order of operations; see the module's docstring."""

    def __init__(
        self,
        elements: Sequence[Any],
        feeds: Sequence[Tensor],
        mutations: int = 0,
        fold: bool = True,
        references: Sequence[Tensor] = (),
    ) -> None:
        """Plans a computation.

        Args:
          elements: what is computed.
          feeds: tensors whose values are given.
          mutations: how often the graph had changed.
          fold: whether to compute what follows from constants now.
          references: those of the feeds that are given the cell of a variable, not its value.
        """
        self.mutations = mutations
        self.costs: dict[Operation, tuple[float, float]] | None = None
        self.spent: tuple[float, float] | None = None
        self.trips = 0
        self.fed = fed = frozenset(feeds)
        self.operations = ordered(needed(elements, fed), fed)
        self.cells = aliases(self.operations, fed, references)
        self.has_blocking = sum(op.spec.blocking for op in self.operations)
        self.slots: dict[Tensor, int] = {}
        self.replaced: dict[Tensor, Tensor] = {}
        self.template: list[Any] = []
        self.feeds = [self._slot(t) for t in feeds]
        self._known: set[Operation] = set()
        with np.errstate(all="ignore"):
            self._fold(fed, fold)
        live = [op for op in self.operations if op not in self._known]
        if fold and self.has_blocking < 2:
            # Several waiting operations are ordered by every edge, see the interpreter.
            live, self.replaced = rewrite.simplified(live, elements, fed, self.cells)
        last_use = self._last_uses(live, elements)
        steps = [self._step(op, last_use) for op in live]
        self.handles = [s for s in steps if s.op.spec.handle and not s.op._control_inputs]
        self.steps = [s for s in steps if not s.op.spec.handle or s.op._control_inputs]
        self.handle_version = -1
        self.outputs: list[int | None] = [
            self.slots[e] if isinstance(e, Tensor) else None for e in elements
        ]

    def source(self, t: Tensor) -> Tensor:
        """The tensor whose computed value stands for `t`."""
        return self.replaced.get(t, t)

    def is_shared(self, t: Tensor) -> bool:
        """Whether several operations take the value of a tensor."""
        t = self.source(t)
        return sum(self.source(i) is t for s in self.steps for i in s.op._inputs) > 1

    def _slot(self, t: Tensor) -> int:
        slot = self.slots.get(t)
        if slot is None:
            source = self.replaced.get(t)
            if source is not None:
                slot = self.slots[t] = self._slot(source)
                return slot
            slot = self.slots[t] = len(self.template)
            self.template.append(None)
        return slot

    @property
    def every_step(self) -> list[Step]:
        """The steps that give resources, then the others."""
        return [*self.handles, *self.steps]

    def _fold(self, fed: frozenset[Tensor], deep: bool) -> None:
        """Places constants and, when `deep`, what follows from constants alone."""
        known = self._known
        for op in self.operations:
            spec = op.spec
            if (
                not spec.single_output
                or spec.has_effects
                or spec.random
                or spec.host_only
                or spec.calls_functions
                or spec.needs_op
                or spec.host is None
                or op._control_inputs
                or not (deep if op._inputs else spec.python_constant)
                or any(t.op not in known or t in fed for t in op._inputs)
                or op.outputs[0] in fed
                or not _is_small(op)
            ):
                continue
            try:
                value = spec.bind(op)(
                    kernel.HOST, *[self.template[self.slots[t]] for t in op._inputs]
                )
            except Exception:  # the run meets it again and reports it with its context
                continue
            # 0-d arrays make every later ufunc call slower than scalars do.
            if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind != "O":
                value = value[()]
            self.template[self._slot(op.outputs[0])] = value
            known.add(op)

    def _last_uses(
        self, live: Sequence[Operation], elements: Sequence[Any]
    ) -> dict[int, Operation]:
        """The last operation that takes each slot; slots that are fetched are never free."""
        last: dict[int, Operation] = {}
        for op in live:
            for t in op._inputs:
                last[self._slot(t)] = op
            for t in op.outputs:
                if t not in self.slots:
                    last[self._slot(t)] = op
        # Feeds belong to the caller and known values to the plan: freeing their slots is vain.
        kept = {self.slots[op.outputs[0]] for op in self._known}
        kept.update(self.feeds)
        kept.update(self._slot(e) for e in elements if isinstance(e, Tensor))
        return {slot: op for slot, op in last.items() if slot not in kept}

    def _step(self, op: Operation, last_use: dict[int, Operation]) -> Step:
        spec = op.spec
        inputs = tuple([self.slots[t] for t in op._inputs])
        outputs = tuple([self.slots[t] for t in op.outputs])
        free = tuple({s: None for s in (*inputs, *outputs) if last_use.get(s) is op})
        bound = spec.bind(op)
        positions = reads(op, self.cells)
        if spec.forwards_reference and op._inputs[0] in self.cells:
            return Step(ONE, _checked, inputs[0], outputs[0], free, op)
        if (
            spec.has_effects
            or spec.random
            or spec.blocking
            or spec.calls_functions
            or spec.needs_op
        ):
            return Step(STATEFUL, bound, inputs, outputs, free, op, positions)
        direct = None if spec.direct_rule is None else spec.direct_rule(op)
        call: Callable[..., Any] = direct or functools.partial(bound, kernel.HOST)
        if positions:
            call = dereferencing(call, positions, len(inputs))
        if not spec.single_output:
            return Step(MULTIPLE, call, inputs, outputs, free, op)
        out = outputs[0]
        if len(inputs) == 1:
            return Step(ONE, call, inputs[0], out, free, op)
        if len(inputs) == 2:
            return Step(TWO, call, inputs, out, free, op)
        return Step(MANY, call, inputs, out, free, op)
