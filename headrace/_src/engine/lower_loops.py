"""Lowering of loops: a body becomes the body of an XLA loop.

What does not change from one iteration to the next is taken from outside; the rest is carried: loop
variables, the values of variables that the body writes, the steps drawn by its random operations.
What form the carried values take is found by tracing the body until its results have the form of
its arguments: a list in which nothing was set yet gets its arrays, and those that grow get room for
as many elements as there can be iterations. Where that is not known a guess is made (`Lowering.
guess`); a loop that runs longer says so, and the unit is lowered anew with a better one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from headrace._src.core.operation import Operation
from headrace._src.engine import (
    backend,
    functions,
    lower_functions,
    structures,
    trip_counts,
    zero_carries,
)
from headrace._src.engine.lower_functions import Known, Outcome
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.resources import Cell
from headrace._src.engine.traced_lists import TracedList

if TYPE_CHECKING:
    from headrace._src.engine.lower import Lowering

# How often a body is traced before its results must have the form of its arguments.
_MOST_TRACES: Final = 12
# A loop that outruns its guess goes on for a while, to tell how much is needed.
_BEYOND: Final = 16

# What a loop says that may make a limited number of iterations: whether it has ended, was cut off,
# or has filled a list. It says so in the remainder of its number of iterations by `STATES`.
FINISHED, CUT, FULL, STATES = range(4)

_UNKNOWN: Final = (None, None)


def loop(lowering: Lowering, cond: Any, body: Any, values: Sequence[Any]) -> list[Any]:
    """Traces `body` as what is done while `cond` holds; returns the last values.

    Args:
      lowering: where it happens.
      cond: the graph of a function that takes the values and gives one bool.
      body: the graph of a function that takes the values and gives the next ones.
      values: the first values.
    """
    plan = functions.plan_of(body)
    held = list(values)
    changing = [
        i
        for i, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=True))
        if plan.source(b) is not a
    ]
    limit = lowering.take_limit()
    holds = lower_functions.call(lowering, cond, held)[0]
    if not structures.is_traced(holds):
        if not functions.is_true(holds):
            return held
    elif np.ndim(holds):
        holds = np.bool_(holds.size)
    if not structures.is_traced(holds) and not changing:
        raise _unfit("a loop never ends")
    carry = _Carry(lowering, (cond, body), held, changing, limit)
    carry.settle()
    results = carry.run(holds)
    for i, value in zip(changing, results, strict=True):
        held[i] = value
    return held


def _unfit(message: str) -> Exception:
    return NotLowerable(message)


def _is_room(value: TracedList, kind: structures.Structure) -> bool:
    """Whether a list begins with nothing but room for arrays: nobody reads what lies there."""
    empty = isinstance(value.length, int) and not value.length
    return empty and kind[7] is not None and kind[7][0] == "array"


class _Tail(NamedTuple):
    """What a loop carries behind its values.

    Attributes:
      counted: its iterations so far.        checked: whether all conditions have held.
      exceeds: see `Lowering.exceed`.        flagged: whether there is another iteration.
    """

    counted: bool
    checked: bool
    exceeds: bool
    flagged: bool

    def start(self, holds: Any) -> list[Any]:
        """The first values."""
        xp = backend.jax().numpy
        first = (np.int32(0), np.bool_(True), np.int32(0), holds)
        return [xp.asarray(v) for v, has in zip(first, self, strict=True) if has]

    def named(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values by name, in order."""
        names = ("count", "ok", "needed", "flag")
        return dict(
            zip([n for n, has in zip(names, self, strict=True) if has], values, strict=True)
        )


class _Carry:
    """A loop whose carried values are being found.

    State inventory:
      _kinds: for each loop variable the structure in which it is carried.
      _room: for each one that is a list, what its length is at most when the loop begins.
      _still: those that are lists of zeros in every iteration.
      cells, drawn: the variables and the random operations that are carried behind them.
      cond, body: the traced condition and body.     trips: how often the loop runs.
    """

    def __init__(
        self,
        lowering: Lowering,
        graphs: tuple[Any, Any],
        held: list[Any],
        changing: list[int],
        limit: int | None,
    ) -> None:
        self._lowering = lowering
        self._graphs = graphs
        self._limit = limit
        self._held = held
        self._changing = changing
        self._initial = [held[i] for i in changing]
        if any(isinstance(v, Cell) for v in self._initial):
            raise _unfit("a loop changes which resource it uses")
        self._kinds = [structures.of(v) for v in self._initial]
        self._fixed = [isinstance(v, TracedList) and v.fixed for v in self._initial]
        self._growth = [0] * len(changing)
        self._still: set[int] = set()
        self._cells: list[Cell] = []
        self._drawn: list[Operation] = []
        self.cond: Outcome = None  # type: ignore[assignment]
        self.body: Outcome = None  # type: ignore[assignment]
        self._trips = trip_counts.Trips(None, None, {})
        # Loop variable → (least, greatest, step) of it, or of its length.
        self._ranges: dict[int, tuple[int | None, int | None, int]] = {}

    # -- finding the form ----------------------------------------------------------------------

    def settle(self) -> None:
        """Traces condition and body until the form of what is carried is found."""
        for _ in range(_MOST_TRACES):
            self._trace()
            if self._widened():
                continue
            if not self._still and self._find_still():
                continue
            if self._ranges or not self._is_unsure() or not self._bounded():
                return
            # With counters in bounds less has to be checked, and more is known of lists of them.
            for k, value in enumerate(self._initial):
                if isinstance(value, TracedList):
                    kind = self._kinds[k]
                    self._kinds[k] = (*kind[:6], value.within, *kind[7:])
        raise _unfit("the values of a loop take no common form")

    def _is_unsure(self) -> bool:
        """Whether knowing between which numbers counters are may help."""
        whole = any(isinstance(v, TracedList) and v.within is not None for v in self._initial)
        return whole or self.body.checked or self.cond.checked

    def _arrays(self) -> list[tuple[tuple[int, ...], str]]:
        arrays = structures.arrays_of(self._kinds)
        for c in self._cells:
            value = self._lowering.read(c)
            arrays.append((np.shape(value), str(value.dtype)))
        return [*arrays, *[((), "int64")] * len(self._drawn)]

    def _trace(self) -> None:
        arrays = self._arrays()
        carried = (self._cells, self._drawn)
        called = self._called
        self.cond = lower_functions.apart(
            self._lowering, lambda *flat: called(0, flat), arrays, carried
        )
        self.body = lower_functions.apart(
            self._lowering, lambda *flat: called(1, flat), arrays, carried, keep=True
        )
        self._trips = self._counted()

    def _called(self, which: int, flat: Sequence[Any]) -> list[Any]:
        """The condition (0) or the body (1) called with what is carried."""
        lowering = self._lowering
        arrays = iter(flat)
        values = list(self._held)
        for k, (i, kind) in enumerate(zip(self._changing, self._kinds, strict=True)):
            value = structures.rebuilt(kind, arrays)
            if isinstance(value, TracedList):
                value = value.replaced(fixed=True)
                if k in self._still:
                    zeros = structures.zeros(kind[7], (kind[4],))
                    value = value.replaced(items=zeros, parts=())
            values[i] = value
            if k in self._ranges:
                low, high, step = self._ranges[k]
                if not which:
                    # The condition is asked once more than the body.
                    low, high = (low, None) if step > 0 else (None, high)
                lowering.promise_range(getattr(value, "length", value), low, high)
        results = lower_functions.call(lowering, self._graphs[which], values)
        return [results[i] for i in self._changing] if which else results

    def _widened(self) -> bool:
        """Makes the form wide enough for what the body gave; whether it had to be."""
        before = (list(self._kinds), list(self._cells), list(self._drawn))
        self._cells = [*dict.fromkeys([*self._cells, *self.body.cells, *self.cond.cells])]
        self._drawn = [*dict.fromkeys([*self._drawn, *self.body.drawn, *self.cond.drawn])]
        for k, (kind, given) in enumerate(zip(self._kinds, self.body.values, strict=True)):
            if isinstance(given, Known):
                if isinstance(given.value, Cell):
                    raise _unfit("a loop changes which resource it uses")
                given = structures.of(given.value)
            if kind == given and kind[0] == "array":
                continue
            if kind[0] == "list" and given[0] == "list":
                self._grow(k)
                kind = self._kinds[k]
            try:
                self._kinds[k] = structures.joined(kind, given)
            except structures.Mismatch as e:
                raise _unfit(f"a loop variable changes: {e}") from None
        return before != (self._kinds, self._cells, self._drawn)

    def _grow(self, k: int) -> None:
        """Gives a list room for what the body adds to it."""
        kind = self._kinds[k]
        capacity, length = kind[4:6]
        growth = self.body.marks[k][0] - (capacity if length is None else length)
        if growth <= self._growth[k]:
            return
        self._growth[k] = growth
        if not self._fixed[k]:
            room = self._initial[k].most + growth * self._most_trips()
            self._kinds[k] = (*kind[:4], max(capacity, room), *kind[5:])

    def _find_still(self) -> bool:
        """Finds the lists that stay zeros in the body; whether there are any."""
        begin = {}
        at = 0
        for k, (kind, value) in enumerate(zip(self._kinds, self._initial, strict=True)):
            if isinstance(value, TracedList) and value.parts == () and kind[7] is not None:
                if kind[7][0] == "array":
                    begin[at + (kind[5] is None)] = k
            at += len(structures.arrays_of([kind]))
        if begin:
            kept = zero_carries.kept(self.body.closed, self._next_values(), begin)
            self._still = {begin[i] for i in kept}
        return bool(self._still)

    def _most_trips(self) -> int:
        bound = self._bound
        return self._lowering.guess if bound is None else max(bound, 1)

    @property
    def _bound(self) -> int | None:
        """How many iterations there are at most, where that is known."""
        known = [n for n in (self._trips.bound, self._limit) if n is not None]
        return min(known) if known else None

    # -- what is known of the trips ----------------------------------------------------------------

    def _counted(self) -> trip_counts.Trips:
        holds = self.cond.values[0]
        if isinstance(holds, Known) or structures.arrays_of([holds]) != [((), "bool")]:
            return trip_counts.Trips(None, None, {})
        return trip_counts.trips(
            self.cond.closed,
            self.body.closed,
            self._next_values(),
            self._first(),
            self._lowering.range_of,
        )

    def _next_values(self) -> list[int | None]:
        """For each carried array the result of the body that is its next value, or None."""
        results: list[int | None] = []
        at = 0
        for kind, given in zip(self._kinds, self.body.values, strict=True):
            n = len(structures.arrays_of([kind]))
            has = 0 if isinstance(given, Known) else len(structures.arrays_of([given]))
            fits = kind == given
            results += [at + j if fits else None for j in range(n)]
            at += has
        for carried, given in ((self._cells, self.body.cells), (self._drawn, self.body.drawn)):
            results += [at + given.index(c) for c in carried]  # type: ignore[arg-type]
            at += len(given)
        return results

    def _first(self) -> list[trip_counts.Range]:
        """The ranges of the first values of what is carried."""
        found = []
        for kind, value in zip(self._kinds, self._initial, strict=True):
            n = len(structures.arrays_of([kind]))
            if kind[0] == "list" and kind[5] is None:
                found += [self._lowering.range_of(value.length), *[_UNKNOWN] * (n - 1)]
            elif kind[0] == "array":
                found.append(self._lowering.range_of(value))
            else:
                found += [_UNKNOWN] * n
        found += [_UNKNOWN] * len(self._cells)
        return found + [
            self._lowering.range_of(self._lowering.drawn.get(op, 0)) for op in self._drawn
        ]

    def _bounded(self) -> bool:
        """Finds between which numbers counters are in the body; whether there are any."""
        first = self._first()
        bound = self._bound
        last = None if bound is None else max(bound - 1, 0)
        at = 0
        for k, kind in enumerate(self._kinds):
            step = self._trips.steps.get(at)
            counts = kind[0] == "array" or (kind[0] == "list" and kind[5] is None)
            if counts and step is not None:
                low, high = trip_counts.after(first[at], step, 0, last)
                if (low, high) != _UNKNOWN:
                    self._ranges[k] = (low, high, step)
            at += len(structures.arrays_of([kind]))
        return bool(self._ranges)

    # -- the loop ----------------------------------------------------------------------------------

    def run(self, holds: Any) -> list[Any]:
        """Adds the loop to the trace that is going on; returns the last loop variables."""
        flagged = not self.cond.pure
        if flagged and self._limit is not None:
            raise _unfit("a loop whose condition has effects is cut off")
        guessed = self._bound is None and any(g > 0 for g in self._growth)
        tail = _Tail(
            counted=guessed or self._limit is not None,
            checked=self.body.checked or self.cond.checked,
            exceeds=self.body.exceeds or self.cond.exceeds,
            flagged=flagged,
        )
        n = len(self._arrays())
        state = [*self._start(), *tail.start(holds)]
        done = backend.jax().lax.while_loop(
            lambda flat: self._goes_on(flat[:n], tail.named(flat[n:])),
            lambda flat: self._step(flat[:n], tail.named(flat[n:])),
            state,
        )
        self._note(list(done[:n]), tail.named(done[n:]), guessed)
        return self._taken(list(done[:n]))

    def _test(self, flat: Sequence[Any]) -> tuple[lower_functions.Results, Any]:
        """What asking the condition gives, and whether it holds."""
        xp = backend.jax().numpy
        results = self.cond.results(lower_functions.evaluated(self.cond.closed, flat))
        (value,) = results.values
        if not structures.is_traced(value):
            return results, xp.asarray(functions.is_true(value))
        return results, xp.asarray(bool(value.size)) if value.ndim else value

    def _goes_on(self, flat: Sequence[Any], more: dict[str, Any]) -> Any:
        """Whether there is another iteration."""
        again = more["flag"] if "flag" in more else self._test(flat)[1]
        if "needed" in more:
            again = again & (more["needed"] == 0)
        if "ok" in more:
            again = again & more["ok"]
        if "count" in more:
            most = self._limit
            if most is None:
                most = self._lowering.guess * _BEYOND
            again = again & (more["count"] < np.int32(most))
        return again if self._limit is None else again & ~self._full(flat)

    def _step(self, flat: Sequence[Any], more: dict[str, Any]) -> list[Any]:
        """One iteration."""
        xp = backend.jax().numpy
        results = self.body.results(lower_functions.evaluated(self.body.closed, flat))
        new = self._flat(results, flat)
        ok, needed = results.ok, results.needed
        if "flag" in more:
            tested, more["flag"] = self._test(new)
            new = self._flat_state(new, tested)
            ok, needed = ok & xp.asarray(tested.ok), xp.maximum(needed, tested.needed)
        if "count" in more:
            more["count"] += np.int32(1)
        if "ok" in more:
            more["ok"] &= ok
        if "needed" in more:
            more["needed"] = xp.maximum(more["needed"], needed)
        return [*new, *more.values()]

    def _note(self, flat: list[Any], more: dict[str, Any], guessed: bool) -> None:
        """Tells the trace that is going on how the loop ended."""
        lowering = self._lowering
        xp = backend.jax().numpy
        if self._limit is not None:
            cut = xp.where(self._full(flat), FULL, CUT)
            state = xp.where(self._test(flat)[1], cut, FINISHED)
            lowering.report(more["count"] * np.int64(STATES) + state)
        if guessed:
            count = more["count"]
            lowering.exceed(xp.where(count > lowering.guess, count, np.int32(0)))
        if "ok" in more:
            lowering.note(more["ok"])
        if "needed" in more:
            lowering.exceed(more["needed"])

    def _full(self, flat: Sequence[Any]) -> Any:
        """Whether a list has no room for another iteration."""
        full = np.bool_(False)
        at = 0
        for kind, growth in zip(self._kinds, self._growth, strict=True):
            if kind[0] == "list" and growth > 0 and kind[5] is None:
                full = full | (flat[at] + np.int32(growth) > np.int32(kind[4]))
            at += len(structures.arrays_of([kind]))
        return full

    def _start(self) -> list[Any]:
        xp = backend.jax().numpy
        state = []
        for k, (value, kind) in enumerate(zip(self._initial, self._kinds, strict=True)):
            if kind[0] == "list" and k not in self._still and _is_room(value, kind):
                items = self._lowering.room((kind[4], *kind[7][1]), kind[7][2])
                value = value.replaced(items=items, capacity=kind[4])
            state += structures.leaves(structures.coerced(value, kind))
        state += [xp.asarray(self._lowering.read(c)) for c in self._cells]
        drawn = self._lowering.drawn
        return state + [xp.asarray(drawn.get(op, 0), np.int64) for op in self._drawn]

    def _flat(self, results: lower_functions.Results, flat: Sequence[Any]) -> list[Any]:
        """What the body gave in the form in which it is carried."""
        new: list[Any] = []
        for k, (value, kind) in enumerate(zip(results.values, self._kinds, strict=True)):
            leaves = structures.leaves(structures.coerced(value, kind))
            if k in self._still:
                # Handed on: what is neither read nor changed XLA does not carry at all.
                leaves[-1] = flat[len(new) + len(leaves) - 1]
            new += leaves
        new += [results.cells[c] for c in self._cells]
        return new + [results.drawn[op] for op in self._drawn]

    def _flat_state(self, flat: list[Any], tested: lower_functions.Results) -> list[Any]:
        """What is carried after the condition has been asked, too."""
        first = len(flat) - len(self._cells) - len(self._drawn)
        for i, c in enumerate(self._cells):
            flat[first + i] = tested.cells.get(c, flat[first + i])
        first += len(self._cells)
        for i, op in enumerate(self._drawn):
            flat[first + i] = tested.drawn.get(op, flat[first + i])
        return flat

    def _taken(self, flat: list[Any]) -> list[Any]:
        """The last loop variables; state becomes that of the trace that is going on."""
        lowering = self._lowering
        exact = self._trips.exact
        if self._limit is not None and exact is not None:
            exact = min(exact, self._limit)
        first = self._first()
        for i, step in self._trips.steps.items():
            least = 0 if exact is None else exact
            found = trip_counts.after(first[i], step, least, self._bound)
            low, high = found
            info = np.iinfo(flat[i].dtype)
            if (low is not None and low < info.min) or (high is not None and high > info.max):
                continue
            if low is not None and low == high:
                flat[i] = flat[i].dtype.type(low)
            elif found != _UNKNOWN:
                lowering.promise_range(flat[i], low, high)
        arrays = iter(flat)
        values = []
        for k, kind in enumerate(self._kinds):
            value = structures.rebuilt(kind, arrays)
            if isinstance(value, TracedList):
                value = self._list(value, k)
            values.append(value)
        for c in self._cells:
            lowering.write(c, next(arrays))
        for op in self._drawn:
            steps = next(arrays)
            lowering.drawn[op] = steps if structures.is_traced(steps) else int(steps)
        return values

    def _list(self, value: TracedList, k: int) -> TracedList:
        """A list as it is behind the loop."""
        if not structures.is_traced(value.length):
            value = value.replaced(length=int(value.length))
        most = value.most
        if self._fixed[k]:
            most = self._initial[k].most + max(self._growth[k], 0) * self._most_trips()
        parts = () if k in self._still else None
        return value.replaced(most=most, fixed=self._fixed[k], parts=parts)
