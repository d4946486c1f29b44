"""Guard: new values of variables that are taken only where all conditions of a unit hold.

A checked unit must leave variables as they were when a condition fails. Selecting between old and
new values keeps both alive: XLA would copy a table of which a step changes few rows. So updates
that write into the memory of the old value go into a branch that is taken when all conditions
hold; all other new values are selected, which fuses with what makes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jax import lax
from jax.extend import core

from headrace._src.engine.lower import Layout
from headrace._src.engine.roll_graph import Graph, flattened, program, traced

# Primitives whose result takes the memory of their first operand.
_IN_PLACE = frozenset(
    {"scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max", "dynamic_update_slice"}
)


def guarded(closed: Any, layout: Layout) -> Any:
    """A checked unit's jaxpr, giving old values of variables where its conditions do not hold.

    Args:
      closed: a ClosedJaxpr: values of variables, ... to new values, outputs, conditions.
      layout: how it fits its unit.
    """
    graph = flattened(closed)
    written = graph.outvars[: len(layout.writes)]
    olds = [graph.invars[layout.reads.index(position)] for position in layout.writes]
    chains = _chains(graph, written, olds)
    inner = _inner(graph, chains)
    late = [i for i, v in enumerate(written) if i in chains]
    body, taken = _body(graph, inner, [written[i] for i in late])
    outer = [e for n, e in enumerate(graph.eqns) if n not in inner]
    rest = graph.outvars[len(written) :]
    early = [i for i in range(len(written)) if i not in chains]
    front = Graph(
        graph.invars, graph.constants, outer, [*taken, *(written[i] for i in early), *rest]
    ).closed()
    places = [graph.invars.index(old) for old in olds]

    def function(*args: Any) -> Any:
        made = core.jaxpr_as_fun(front)(*args)
        operands, made = made[: len(taken)], made[len(taken) :]
        ok = _holds(made, layout)
        new: list[Any] = [args[p] for p in places]
        for i, value in zip(early, made, strict=False):
            new[i] = lax.select(lax.broadcast(ok, value.shape), value, new[i])
        if late:
            changed = lax.cond(
                ok,
                lambda old, *ops: core.jaxpr_as_fun(body)(*ops),
                lambda old, *ops: old,
                [new[i] for i in late],
                *operands,
            )
            for i, value in zip(late, changed, strict=True):
                new[i] = value
        return [*new, *made[len(early) :]]

    return traced(function, closed.jaxpr.invars)


def _holds(results: Sequence[Any], layout: Layout) -> Any:
    """Whether all conditions hold, and no list needed more room than it was given."""
    fits = results[-1 - layout.checked] == 0 if layout.exceeds else None
    if not layout.checked:
        return fits
    return results[-1] if fits is None else results[-1] & fits


def _in_place(eqn: Any, out: int) -> Any:
    """The operand whose memory a result takes, or None."""
    if eqn.primitive.name in _IN_PLACE:
        return eqn.invars[0]
    if eqn.primitive.name == "ffi_call":
        for given, taken in eqn.params["input_output_aliases"]:
            if taken == out:
                return eqn.invars[given]
    return None


def _chains(graph: Graph, written: Sequence[Any], olds: Sequence[Any]) -> dict[int, set[int]]:
    """For each variable whose old memory is written into: the equations that do.

    None of them is needed for anything but such variables.
    """
    chains = {}
    for i, (value, old) in enumerate(zip(written, olds, strict=True)):
        chain: set[int] = set()
        while value is not None and value is not old:
            place = graph.made_by(value)
            value = None if place is None else _in_place(graph.eqns[place[0]], place[1])
            if place is not None:
                chain.add(place[0])
        if chain and value is old:
            chains[i] = chain
    while True:
        others = [v for i, v in enumerate(graph.outvars) if i not in chains]
        needed = _ancestors(graph, others)
        lost = [i for i, chain in chains.items() if not chain.isdisjoint(needed)]
        if not lost:
            return chains
        for i in lost:
            del chains[i]


def _ancestors(graph: Graph, atoms: Iterable[Any]) -> set[int]:
    """The equations that values are computed by."""
    found: set[int] = set()
    stack = [place[0] for place in map(graph.made_by, atoms) if place is not None]
    while stack:
        number = stack.pop()
        if number not in found:
            found.add(number)
            stack += graph.feeders[number]
    return found


def _inner(graph: Graph, chains: dict[int, set[int]]) -> set[int]:
    """The equations of the branch: those that write in place and what reads their results."""
    inner: set[int] = set().union(*chains.values())
    for number, feeders in enumerate(graph.feeders):
        if not inner.isdisjoint(feeders):
            inner.add(number)
    return inner


def _body(graph: Graph, inner: set[int], results: Sequence[Any]) -> tuple[Any, list[Any]]:
    """The branch as a ClosedJaxpr, and the variables that it takes."""
    eqns = [graph.eqns[n] for n in sorted(inner)]
    made = {v for e in eqns for v in e.outvars}
    taken: dict[Any, None] = {}
    for atom in [a for e in eqns for a in e.invars] + list(results):
        if not isinstance(atom, core.Literal) and atom not in made:
            taken[atom] = None
    body = program([], list(taken), eqns, list(results))
    return core.ClosedJaxpr(body, []), list(taken)
