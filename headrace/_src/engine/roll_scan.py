"""A stretch as one `lax.scan`."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import lax
from jax.extend import core

from headrace._src.engine import roll_sources
from headrace._src.engine.roll_columns import HOLE, Carry, Each, Inner, Same, Stretch
from headrace._src.engine.roll_graph import Graph, literal_key, spliced


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
        jaxpr = core.Jaxpr([], invars, [*made, *given], self.body_eqns)
        return core.ClosedJaxpr(jaxpr, [])

    def trace(self, *values: Any) -> list[Any]:
        """The loop, traced; the values of `results`, in order."""
        known = dict(zip(self.inputs(), values, strict=True))
        read = known.__getitem__
        run = core.jaxpr_as_fun(self.body())
        same = [read(atom) for atom, _ in self.same.values()]
        each = [
            roll_sources.stacked(self.graph, self._stacked_order(atoms), read)
            for atoms, _ in self.each.values()
        ]
        counts = [len(way) for _, way in self.lines.values()]
        first = [
            _first_value(line.first, i, var, read)
            for line, way in self.lines.values()
            for i, var in enumerate(way)
        ]
        held = [_zeros(self.output(*key)) for key in self.held]

        def step(carry: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
            on_way = carry[: len(first)]
            outs = [_strong(v) for v in run(*same, *on_way, *rows)]
            made, rest = outs[: len(counts)], outs[len(counts) :]
            after: list[Any] = []
            at = 0
            for count, value in zip(counts, made, strict=True):
                after += [*on_way[at + 1 : at + count], value]
                at += count
            return [*after, *rest[len(self.listed) :]], rest[: len(self.listed)]

        carry, lists = lax.scan(
            step, [*first, *held], each, length=self.stretch.steps, reverse=self.reverse
        )
        return self._results(carry, lists, counts)

    def _results(self, carry: list[Any], lists: list[Any], counts: list[int]) -> list[Any]:
        steps = self.stretch.steps
        ends = np.cumsum(counts, dtype=int) - 1
        final = {
            (line.column, line.output): carry[end]
            for (line, _), end in zip(self.lines.values(), ends, strict=True)
        }
        final.update(zip(self.held, carry[sum(counts) :], strict=True))
        rows = dict(zip(self.listed, lists, strict=True))
        found = []
        for key, needed in self.kept.items():
            for t in needed:
                if key in rows:
                    at = steps - 1 - t if self.reverse else t
                    found.append(lax.index_in_dim(rows[key], at, 0, keepdims=False))
                else:
                    found.append(final[key])
        return found

    def results(self) -> dict[Any, int]:
        """The variables of the graph that `trace` computes."""
        places = [
            self.graph.eqns[self.stretch.columns[column][t]].outvars[output]
            for (column, output), needed in self.kept.items()
            for t in needed
        ]
        return {var: i for i, var in enumerate(places)}


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
        zero = -0.0 if jax.dtypes.issubdtype(var.aval.dtype, np.inexact) else 0
        return lax.full(var.aval.shape, zero, var.aval.dtype)
    atom = first[index]
    if isinstance(atom, core.Literal):
        return lax.full(atom.aval.shape, atom.val, atom.aval.dtype)
    return _strong(read(atom))


def scanned(graph: Graph, stretch: Stretch) -> Graph:
    """The graph with the stretch as a scan."""
    plan = _Plan(graph, stretch)
    inputs = plan.inputs()
    kinds = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in inputs]
    inner = jax.make_jaxpr(plan.trace)(*kinds)
    inside = {n for column in stretch.columns for n in column}
    before, after = [], []
    for number, eqn in enumerate(graph.eqns):
        if number not in inside:
            (after if number in stretch.tail else before).append(eqn)
    return spliced(graph, before, inner, inputs, plan.results(), after)
