"""Lowering of function bodies: calls and branches; loops are in `lower_loops`.

A called function is traced in place. The functions of a condition, of which one is executed, are
traced apart: what they do to variables, generators and conditions becomes results of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from headrace._src.core.operation import Operation
from headrace._src.engine import backend, functions, structures
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.resources import Cell
from headrace._src.engine.traced_lists import TracedList

if TYPE_CHECKING:
    from headrace._src.engine.lower import Lowering


class Known(NamedTuple):
    """A result that is known while lowering, or a variable."""

    value: Any


class Results(NamedTuple):
    """What executing a traced function gave.

    Attributes:
      values: its results.                     cells: new values of variables.
      drawn: counter steps drawn so far by random operations.
      ok: whether all conditions held.         needed: see `Lowering.exceed`.
    """

    values: list[Any]
    cells: dict[Cell, Any]
    drawn: dict[Operation, Any]
    ok: Any
    needed: Any


class Outcome(NamedTuple):
    """A function traced apart.

    Attributes:
      closed: its jaxpr; results are leaves of values, cells, steps drawn, ok, needed.
      values: for each result its structure, or `Known`.
      marks: for each result, what holds of a list besides its structure: (its `most`, its `fixed`).
      cells: the variables whose values are results.
      drawn: the random operations whose steps are.
      checked: whether it can fail.             exceeds: whether it tells what it needs.
    """

    closed: Any
    values: list[Any]
    marks: list[tuple[int, bool]]
    cells: list[Cell]
    drawn: list[Operation]
    checked: bool
    exceeds: bool

    def results(self, arrays: Iterable[Any]) -> Results:
        """The results of a call whose flat results are `arrays`."""
        flat = iter(arrays)
        values = [
            v.value if isinstance(v, Known) else structures.rebuilt(v, flat) for v in self.values
        ]
        cells = {c: next(flat) for c in self.cells}
        drawn = {op: next(flat) for op in self.drawn}
        ok = next(flat) if self.checked else True
        return Results(values, cells, drawn, ok, next(flat) if self.exceeds else 0)

    @property
    def pure(self) -> bool:
        """Whether it does nothing but give values."""
        return not (self.cells or self.drawn or self.checked or self.exceeds)


def evaluated(closed: Any, arrays: Sequence[Any]) -> list[Any]:
    """The results of a closed jaxpr, as equations of the trace that is going on."""
    from jax.extend import core

    return list(core.jaxpr_as_fun(closed)(*arrays))


def apart(
    lowering: Lowering,
    function: Callable[..., Sequence[Any]],
    arguments: Sequence[tuple[tuple[int, ...], str]] = (),
    carried: tuple[Sequence[Cell], Sequence[Operation]] = ((), ()),
    keep: bool = False,
) -> Outcome:
    """Traces a function apart from the trace that is going on, from which it may take values.

    Args:
      lowering: where it happens.
      function: takes arrays, gives values.
      arguments: shapes and dtypes of the arrays and of what is carried.
      carried: variables and random operations whose values and steps are the last arguments.
      keep: whether these are results even when nothing happens to them.
    """
    jax = backend.jax()
    found: dict[str, Any] = {}

    def flat(*arrays: Any) -> list[Any]:
        with lowering.scope() as scope:
            first = len(arrays) - sum(map(len, carried))
            state = iter(arrays[first:])
            for c in carried[0]:
                lowering.place(c, next(state))
            for op in carried[1]:
                lowering.drawn[op] = next(state)
            before = dict(lowering.drawn)
            values = function(*arrays[:first])
            cells = dict.fromkeys(carried[0] if keep else ())
            cells.update(dict.fromkeys(scope.written()))
            ops = dict.fromkeys(carried[1] if keep else ())
            ops.update((op, None) for op, n in lowering.drawn.items() if n is not before.get(op, 0))
            ok, needed = scope.condition(), scope.needs()
            traced = [structures.is_traced(v) for v in values]
            found.update(
                values=[
                    structures.of(v) if t else Known(v) for v, t in zip(values, traced, strict=True)
                ],
                marks=[_marks(v) for v in values],
                cells=list(cells),
                drawn=list(ops),
                checked=ok is not None,
                exceeds=needed is not None,
            )
            results = [
                a for v, t in zip(values, traced, strict=True) if t for a in structures.leaves(v)
            ]
            results += [jax.numpy.asarray(lowering.read(c)) for c in cells]
            results += [jax.numpy.asarray(lowering.drawn[op], np.int64) for op in ops]
            return results + [x for x in (ok, needed) if x is not None]

    kind = jax.ShapeDtypeStruct
    closed = jax.make_jaxpr(flat)(*[kind(shape, np.dtype(dtype)) for shape, dtype in arguments])
    return Outcome(closed, **found)


def _marks(value: Any) -> tuple[int, bool]:
    return (value.most, value.fixed) if isinstance(value, TracedList) else (0, False)


def call(lowering: Lowering, graph: Any, arguments: Sequence[Any]) -> list[Any]:
    """Traces the body of a function in place; returns its results."""
    plan = functions.plan_of(graph)
    if plan.handles:
        raise NotLowerable(f"the function {graph.name} names a resource of its own")
    slots = plan.template.copy()
    for t, slot, value in zip(graph.inputs, plan.feeds, arguments, strict=True):
        slots[slot] = lowering.argument(t, value)
    for step in plan.steps:
        lowering.step(step.op, plan, slots)
    results = []
    for t in graph.outputs:
        value = slots[plan.slots[t]]
        if isinstance(value, Cell) and t.dtype.name != "resource":
            value = lowering.read(value)
        results.append(value)
    return results


def branch(lowering: Lowering, index: Any, graphs: Sequence[Any], inputs: Sequence[Any]) -> Any:
    """Traces functions of which the one at a position is executed; returns its results.

    Args:
      lowering: where it happens.
      index: the position, an int32 or bool scalar; beyond the ends it means the last one.
      graphs: the bodies.
      inputs: what they take.
    """
    jax = backend.jax()
    if not structures.is_traced(index):
        at = int(index)
        return call(lowering, graphs[at if 0 <= at < len(graphs) else -1], inputs)
    outcomes = [apart(lowering, lambda g=g: call(lowering, g, inputs)) for g in graphs]
    merged = _Merged(lowering, outcomes)
    at = jax.numpy.asarray(index)
    if at.dtype == bool:
        at = at.astype(np.int32)
    else:
        at = jax.numpy.where((at < 0) | (at >= len(graphs)), len(graphs) - 1, at)
    flat = jax.lax.switch(at, [merged.function(o) for o in outcomes])
    return merged.take(iter(flat))


class _Merged:
    """What several functions, of which one is executed, give in common.

    State inventory:
      _places: for each result `Known`, or the structure that all can take.
      _direct: results that are the same value from outside whichever is executed.
    """

    def __init__(self, lowering: Lowering, outcomes: Sequence[Outcome]) -> None:
        self._lowering = lowering
        self._cells = [*dict.fromkeys(c for o in outcomes for c in o.cells)]
        self._drawn = [*dict.fromkeys(op for o in outcomes for op in o.drawn)]
        self._checked = any(o.checked for o in outcomes)
        self._exceeds = any(o.exceeds for o in outcomes)
        columns = zip(*[o.marks for o in outcomes], strict=True)
        self._marks = [(max(m for m, _ in c), any(f for _, f in c)) for c in columns]
        self._places = [_in_common(c) for c in zip(*[o.values for o in outcomes], strict=True)]
        self._direct = self._handed_on(outcomes)

    def _handed_on(self, outcomes: Sequence[Outcome]) -> dict[int, Any]:
        """Results that every function only hands on, and that need not pass through."""
        handed = [list(map(tuple, _outside(o))) for o in outcomes]
        found = {}
        for i, place in enumerate(self._places):
            kinds = [o.values[i] for o in outcomes]
            if any(isinstance(kind, Known) or kind != place for kind in kinds):
                continue
            first = handed[0][i]
            if all(v is not None for v in first) and all(
                len(h[i]) == len(first) and all(a is b for a, b in zip(h[i], first, strict=True))
                for h in handed[1:]
            ):
                found[i] = structures.rebuilt(place, iter(first))
        return found

    def function(self, outcome: Outcome) -> Callable[[], list[Any]]:
        """What is traced for one of the functions."""
        xp = backend.jax().numpy
        lowering = self._lowering

        def traced() -> list[Any]:
            results = outcome.results(evaluated(outcome.closed, ()))
            flat: list[Any] = []
            for i, (place, value) in enumerate(zip(self._places, results.values, strict=True)):
                if not isinstance(place, Known) and i not in self._direct:
                    flat += structures.leaves(structures.coerced(value, place))
            for c in self._cells:
                flat.append(results.cells[c] if c in results.cells else lowering.read(c))
            for op in self._drawn:
                steps = results.drawn.get(op, lowering.drawn.get(op, 0))
                flat.append(xp.asarray(steps, np.int64))
            if self._checked:
                flat.append(xp.asarray(results.ok))
            if self._exceeds:
                flat.append(xp.asarray(results.needed, np.int32))
            return flat

        return traced

    def take(self, flat: Iterator[Any]) -> list[Any]:
        """The results; state and conditions become those of the trace that is going on."""
        values = []
        for i, place in enumerate(self._places):
            if isinstance(place, Known):
                values.append(place.value)
            elif i in self._direct:
                values.append(self._direct[i])
            else:
                values.append(structures.rebuilt(place, flat))
            if isinstance(values[-1], TracedList):
                most, fixed = self._marks[i]
                values[-1] = values[-1].replaced(most=most, fixed=fixed)
        for c in self._cells:
            self._lowering.write(c, next(flat))
        for op in self._drawn:
            self._lowering.drawn[op] = next(flat)
        if self._checked:
            self._lowering.note(next(flat))
        if self._exceeds:
            self._lowering.exceed(next(flat))
        return values


def _in_common(kinds: Sequence[Any]) -> Any:
    """The structure that all results at one position can take, or what they all are."""
    first = kinds[0]
    if all(isinstance(k, Known) for k in kinds):
        if all(_is_same(k.value, first.value) for k in kinds):
            return first
        if any(isinstance(k.value, Cell) for k in kinds):
            raise structures.Mismatch("branches give different resources")
    place = None
    for k in kinds:
        if isinstance(k, Known):
            k = structures.of(k.value)
        place = k if place is None else structures.joined(place, k)
    return place


def _is_same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, Cell) or isinstance(b, Cell):
        return False
    x, y = np.asarray(a), np.asarray(b)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def _outside(outcome: Outcome) -> list[list[Any]]:
    """For each result, for each leaf the value from outside that it is, or None."""
    jaxpr = outcome.closed.jaxpr
    constants = {id(v): c for v, c in zip(jaxpr.constvars, outcome.closed.consts, strict=True)}
    flat = iter([constants.get(id(v)) for v in jaxpr.outvars])
    found = []
    for kind in outcome.values:
        n = 0 if isinstance(kind, Known) else len(structures.arrays_of([kind]))
        found.append([next(flat) for _ in range(n)])
    return found
