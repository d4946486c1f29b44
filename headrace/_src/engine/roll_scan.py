"""A stretch as one `lax.scan`."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core

from headrace._src.engine import roll_sources
from headrace._src.engine.roll_draft import HOLE, Carry, Each, Inner, Same, Stretch
from headrace._src.engine.roll_graph import Graph, literal_key, program, spliced, traced
from headrace._src.native import library

# How many arrays of results one loop is taken to have at most.
_MOST_LISTS = 1000


class _Line(NamedTuple):
    """A value handed on from step to step, `delay` of them on their way."""

    column: int
    output: int
    first: tuple[Any, ...] | None


class _Plan:
    """What the loop takes and gives.

    Inventory:
      same, each: operands by their keys, with the body variable of each.
      lines: carried values, with the body variables of the values on their way, oldest first.
      kept: for each output needed outside, the steps after which it is needed.
      held: outputs needed outside after the last step only, that are no carried value.
    """

    def __init__(self, graph: Graph, stretch: Stretch) -> None:
        self.graph = graph
        self.stretch = stretch
        self.same: dict[Any, tuple[Any, Any]] = {}
        self.each: dict[Any, tuple[tuple[Any, ...], Any]] = {}
        self.lines: dict[Any, tuple[_Line, list[Any]]] = {}
        self.body_eqns = [self._body_equation(p) for p in range(len(stretch.columns))]
        self.kept = self._needed_outside()
        last = stretch.steps - 1
        carried = {(line.column, line.output) for line, way in self.lines.values() if way}
        self.held = [k for k, t in self.kept.items() if t == [last] and k not in carried]
        self.listed = [k for k, t in self.kept.items() if t != [last]]
        votes = sum(roll_sources.direction(graph, atoms) for atoms, _ in self.each.values())
        self.reverse = votes < 0

    def _body_equation(self, place: int) -> Any:
        eqn = self.graph.eqns[self.stretch.columns[place][-1]]
        operands = self.stretch.operands[place]
        return eqn.replace(
            invars=[self._atom(o, a) for o, a in zip(operands, eqn.invars, strict=True)]
        )

    def output(self, column: int, output: int) -> Any:
        """The body's variable for an output of a column."""
        return self.graph.eqns[self.stretch.columns[column][-1]].outvars[output]

    def _atom(self, operand: Any, sample: Any) -> Any:
        if isinstance(operand, Inner):
            return self.output(operand.column, operand.output)
        if isinstance(operand, Same):
            if isinstance(operand.atom, core.Literal):
                return operand.atom
            return self.same.setdefault(operand.atom, (operand.atom, _fresh(sample)))[1]
        if isinstance(operand, Each):
            key = _keys(operand.atoms)
            return self.each.setdefault(key, (operand.atoms, _fresh(sample)))[1]
        assert isinstance(operand, Carry)
        first = None if operand.first is None else _keys(operand.first)
        line = _Line(operand.column, operand.output, operand.first)
        key = (operand.column, operand.output, first)
        if key not in self.lines:
            made = self.output(operand.column, operand.output)
            self.lines[key] = line, [_fresh(made) for _ in range(operand.delay)]
        return self.lines[key][1][0]

    def _needed_outside(self) -> dict[tuple[int, int], list[int]]:
        graph, stretch = self.graph, self.stretch
        inside = {n for column in stretch.columns for n in column}
        results = {v for v in graph.outvars if isinstance(v, core.Var)}
        needed: dict[tuple[int, int], list[int]] = {}
        for place, column in enumerate(stretch.columns):
            for step, number in enumerate(column):
                if number == HOLE:
                    continue
                for output, var in enumerate(graph.eqns[number].outvars):
                    users = graph.uses.get(var, ())
                    if var in results or any(n not in inside for n, _ in users):
                        needed.setdefault((place, output), []).append(step)
        return needed

    def inputs(self) -> list[Any]:
        """Variables of the graph that the loop reads, each once."""
        used = list(self.same)
        for line, _ in self.lines.values():
            used.extend(a for a in line.first or () if isinstance(a, core.Var))
        for atoms, _ in self.each.values():
            used.extend(roll_sources.sources(self.graph, self._stacked_order(atoms)))
        return list(dict.fromkeys(used))

    def _stacked_order(self, atoms: tuple[Any, ...]) -> tuple[Any, ...]:
        return atoms[::-1] if self.reverse else atoms

    def body(self) -> Any:
        """The body as a closed jaxpr: (same, on their way, each) -> (made, listed, held)."""
        ways = [way for _, way in self.lines.values()]
        invars = [
            *[v for _, v in self.same.values()],
            *[v for way in ways for v in way],
            *[v for _, v in self.each.values()],
        ]
        made = [self.output(line.column, line.output) for line, _ in self.lines.values()]
        given = [self.output(*key) for key in (*self.listed, *self.held)]
        return core.ClosedJaxpr(program([], invars, self.body_eqns, [*made, *given]), [])

    def trace(self, *values: Any) -> list[Any]:
        """The loop, traced: last carried values, held values, lists."""
        known = dict(zip(self.inputs(), values, strict=True))
        read = known.__getitem__
        run = core.jaxpr_as_fun(self.body())
        same = [read(atom) for atom, _ in self.same.values()]
        each: list[Any] = []
        picks = []
        for atoms, _ in self.each.values():
            ordered = self._stacked_order(atoms)
            picks.append(roll_sources.picked(self.graph, ordered, read))
            if picks[-1] is None:
                each.append(roll_sources.stacked(self.graph, ordered, read))
        counts = [len(way) for _, way in self.lines.values()]
        first = [
            _first_value(line.first, i, var, read)
            for line, way in self.lines.values()
            for i, var in enumerate(way)
        ]
        held = [_zeros(self.output(*key)) for key in self.held]
        lists = self._rooms()

        def step(carry: list[Any], taken: list[Any]) -> tuple[list[Any], None]:
            on_way = carry[: len(first)]
            place, stacks = taken[0], iter(taken[1:])
            rows = [next(stacks) if pick is None else pick(place) for pick in picks]
            outs = [_strong(v) for v in run(*same, *on_way, *rows)]
            made, rest = outs[: len(counts)], outs[len(counts) :]
            after: list[Any] = []
            at = 0
            for count, value in zip(counts, made, strict=True):
                after += [*on_way[at + 1 : at + count], value]
                at += count
            pairs = zip(carry[len(first) + len(held) :], rest, strict=False)
            lists = [lax.dynamic_update_index_in_dim(a, v, place, 0) for a, v in pairs]
            return [*after, *rest[len(self.listed) :], *lists], None

        places = np.arange(self.stretch.steps, dtype=np.int32)
        carry, _ = lax.scan(
            step,
            [*first, *held, *lists],
            [places, *each],
            length=self.stretch.steps,
            reverse=self.reverse,
        )
        ends = np.cumsum(counts, dtype=int) - 1
        return [*[carry[end] for end in ends], *carry[len(first) :]]

    def _rooms(self) -> list[Any]:
        """Arrays for what the steps give, all of whose rows the loop will set.

        A scan's own results begin as zeros, which have to be written, and which XLA, having made
        one array of all zeros of one shape, copies.
        """
        before = sum(eqn.primitive.name == "scan" for eqn in self.graph.eqns)
        found = []
        for number, key in enumerate(self.listed, _MOST_LISTS * before + 1):
            aval = self.output(*key).aval
            shape = (self.stretch.steps, *aval.shape)
            if library.serves_room(shape, aval.dtype):
                # Below zero: numbers of their own, apart from those given while lowering.
                found.append(library.lower_room(shape, aval.dtype, -number))
            else:
                found.append(lax.full(shape, 0, aval.dtype))
        return found

    def results(self) -> tuple[dict[Any, int], dict[Any, tuple[int, int]]]:
        """What `trace` gives: variables that are results, and those that are rows of results."""
        order = [(line.column, line.output) for line, _ in self.lines.values()]
        order += [*self.held, *self.listed]
        place = {key: i for i, key in enumerate(order)}
        offset = len(order) - len(self.listed)
        whole: dict[Any, int] = {}
        rows: dict[Any, tuple[int, int]] = {}
        for key, needed in self.kept.items():
            column = self.stretch.columns[key[0]]
            for t in needed:
                var = self.graph.eqns[column[t]].outvars[key[1]]
                if key in self.listed:
                    at = self.stretch.steps - 1 - t if self.reverse else t
                    rows[var] = (offset + self.listed.index(key), at)
                else:
                    whole[var] = place[key]
        return whole, rows


def _keys(atoms: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(literal_key(a) if isinstance(a, core.Literal) else a for a in atoms)


def _fresh(atom: Any) -> Any:
    return core.Var(atom.aval)


def _strong(value: Any) -> Any:
    """`value` without a weak type, which a carried value may not gain on its way."""
    if getattr(value, "weak_type", False):
        return lax.convert_element_type(value, value.dtype)
    return value


def _zeros(var: Any) -> Any:
    return lax.full(var.aval.shape, 0, var.aval.dtype)


def _first_value(first: tuple[Any, ...] | None, index: int, var: Any, read: Any) -> Any:
    if first is None:
        # -0.0, unlike 0.0, leaves every number as it is, -0.0 included.
        zero = -0.0 if jnp.issubdtype(var.aval.dtype, jnp.inexact) else 0
        return lax.full(var.aval.shape, zero, var.aval.dtype)
    atom: Any = first[index]
    if isinstance(atom, core.Literal):
        kind: Any = atom.aval
        return lax.full(kind.shape, atom.val, kind.dtype)
    return _strong(read(atom))


def scanned(graph: Graph, stretch: Stretch) -> Graph:
    """The graph with the stretch as a scan."""
    plan = _Plan(graph, stretch)
    inputs = plan.inputs()
    inner = traced(plan.trace, inputs)
    inside = {n for column in stretch.columns for n in column}
    before: list[Any] = []
    after: list[Any] = []
    for number, eqn in enumerate(graph.eqns):
        if number not in inside:
            (after if number in stretch.tail else before).append(eqn)
    return spliced(graph, before, inner, inputs, *plan.results(), after)
