"""A jaxpr as a graph: calls inlined, equal equations once, dead ones dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.extend import core

# Where a call keeps its body. Rematerialisation is left out: it exists to prevent sharing.
_BODY_OF_CALL = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
}


class Graph:
    """A straight-line program.

    Inventory:
      invars, outvars, constvars, consts: as in a jaxpr.      eqns: equations, in an order in
      which every operand precedes its use.
      producer: variable -> (equation, output).      uses: variable -> [(equation, input)].
      made: for each equation and input, the equation and output that it comes from, or None.
      feeders: for each equation, the equations that it reads.
    """

    __slots__ = (
        "consts",
        "constvars",
        "eqns",
        "feeders",
        "invars",
        "made",
        "outvars",
        "producer",
        "uses",
    )

    def __init__(
        self,
        invars: Sequence[Any],
        constants: dict[Any, Any],
        eqns: Iterable[Any],
        outvars: Sequence[Any],
    ) -> None:
        self.invars = list(invars)
        self.outvars = list(outvars)
        self.eqns, live = _live(list(eqns), self.outvars)
        self.constvars = [v for v in constants if v in live]
        self.consts = [constants[v] for v in self.constvars]
        self.producer: dict[Any, tuple[int, int]] = {}
        self.uses: dict[Any, list[tuple[int, int]]] = {}
        self.made: list[list[tuple[int, int] | None]] = []
        self.feeders: list[list[int]] = []
        for number, eqn in enumerate(self.eqns):
            made = [self.made_by(atom) for atom in eqn.invars]
            self.made.append(made)
            self.feeders.append([m[0] for m in made if m is not None])
            for slot, atom in enumerate(eqn.invars):
                if not isinstance(atom, core.Literal):
                    self.uses.setdefault(atom, []).append((number, slot))
            for slot, var in enumerate(eqn.outvars):
                self.producer[var] = (number, slot)

    @property
    def constants(self) -> dict[Any, Any]:
        """Values of the constant variables."""
        return dict(zip(self.constvars, self.consts, strict=True))

    def made_by(self, atom: Any) -> tuple[int, int] | None:
        """The equation and output that `atom` comes from; None for inputs and literals."""
        return None if isinstance(atom, core.Literal) else self.producer.get(atom)

    def closed(self) -> Any:
        """The graph as a ClosedJaxpr."""
        jaxpr = program(self.constvars, self.invars, self.eqns, self.outvars)
        return core.ClosedJaxpr(jaxpr, self.consts)


def program(constvars: list[Any], invars: list[Any], eqns: list[Any], outvars: list[Any]) -> Any:
    """A jaxpr, with the names that JAX's messages want."""
    arguments = tuple(f"argument {i}" for i in range(len(invars)))
    results = tuple(f"result {i}" for i in range(len(outvars)))
    info = core.DebugInfo("roll", "a rolled program", arguments, results)
    return core.Jaxpr(constvars, invars, outvars, eqns, debug_info=info)


def _live(eqns: list[Any], outvars: list[Any]) -> tuple[list[Any], set[Any]]:
    """The equations that something needs, and the variables that they read."""
    live = {v for v in outvars if not isinstance(v, core.Literal)}
    kept = []
    for eqn in reversed(eqns):
        if eqn.effects or not live.isdisjoint(eqn.outvars):
            kept.append(eqn)
            live.update(v for v in eqn.invars if not isinstance(v, core.Literal))
    kept.reverse()
    return kept, live


def literal_key(atom: Any) -> Any:
    """What makes two literals interchangeable: type and bits (0.0 is not -0.0)."""
    return atom.aval, np.asarray(atom.val).tobytes()


def params_key(params: dict[str, Any], without: frozenset[str] = frozenset()) -> Any:
    """A hashable form of an equation's parameters; unequal to all others when there is none."""
    key = tuple((k, v) for k, v in params.items() if k not in without)
    try:
        hash(key)
    except TypeError:
        return (object(),)
    return key


class _Flattening:
    """One pass over a jaxpr that inlines calls and merges equal equations."""

    def __init__(self) -> None:
        self.eqns: list[Any] = []
        self.constants: dict[Any, Any] = {}
        self._known: dict[Any, list[Any]] = {}
        self._constvar_of: dict[int, Any] = {}

    def take(self, jaxpr: Any, env: dict[Any, Any], outermost: bool = False) -> list[Any]:
        """Adds the equations of `jaxpr`; the atoms of its results."""
        for eqn in jaxpr.eqns:
            ins = [a if isinstance(a, core.Literal) else env.get(a, a) for a in eqn.invars]
            body = _body_of_call(eqn)
            if body is not None:
                inner = dict(zip(body.jaxpr.invars, ins, strict=True))
                for var, value in zip(body.jaxpr.constvars, body.consts, strict=True):
                    inner[var] = self._constant(var, value)
                outs = self.take(body.jaxpr, inner)
            else:
                outs = self._add(eqn, ins, fresh=not outermost)
            env.update(zip(eqn.outvars, outs, strict=True))
        return [a if isinstance(a, core.Literal) else env.get(a, a) for a in jaxpr.outvars]

    def _constant(self, var: Any, value: Any) -> Any:
        if id(value) not in self._constvar_of:
            made = core.Var(var.aval)
            self._constvar_of[id(value)] = made
            self.constants[made] = value
        return self._constvar_of[id(value)]

    def _add(self, eqn: Any, ins: list[Any], fresh: bool) -> list[Any]:
        key = None
        if not eqn.effects:
            atoms = tuple(literal_key(a) if isinstance(a, core.Literal) else a for a in ins)
            key = (eqn.primitive, params_key(eqn.params), atoms)
            if key in self._known:
                return self._known[key]
        # A dropped output gets a variable too: an equal equation may need it.
        outs = [
            core.Var(v.aval) if fresh or isinstance(v, core.DropVar) else v for v in eqn.outvars
        ]
        self.eqns.append(eqn.replace(invars=ins, outvars=outs))
        if key is not None:
            self._known[key] = outs
        return outs


def _body_of_call(eqn: Any) -> Any:
    """The body of an equation that is nothing but a call."""
    field = _BODY_OF_CALL.get(eqn.primitive.name)
    body = eqn.params.get(field) if field else None
    if not isinstance(body, core.ClosedJaxpr) or eqn.effects:
        return None
    placed = (*eqn.params.get("in_shardings", ()), *eqn.params.get("out_shardings", ()))
    if any(isinstance(s, jax.sharding.Sharding) for s in placed):
        return None
    return None if eqn.params.get("compiler_options_kvs") else body


def flattened(closed: Any) -> Graph:
    """The graph of a closed jaxpr."""
    work = _Flattening()
    outs = work.take(closed.jaxpr, {}, outermost=True)
    work.constants.update(zip(closed.jaxpr.constvars, closed.consts, strict=True))
    return Graph(closed.jaxpr.invars, work.constants, work.eqns, outs)


def substituted(eqn: Any, names: dict[Any, Any]) -> Any:
    """`eqn` with its operands renamed."""
    if not any(not isinstance(a, core.Literal) and a in names for a in eqn.invars):
        return eqn
    return eqn.replace(
        invars=[a if isinstance(a, core.Literal) else names.get(a, a) for a in eqn.invars]
    )


def traced(function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """The closed jaxpr of a function of values of the types of some variables."""
    kind: Any = jax.ShapeDtypeStruct
    return jax.make_jaxpr(function)(*[kind(v.aval.shape, v.aval.dtype) for v in inputs])


def _first_row(array: Any) -> Any:
    return lax.squeeze(lax.slice_in_dim(array, 0, 1), (0,))


def spliced(
    graph: Graph,
    before: list[Any],
    inner: Any,
    inputs: Sequence[Any],
    results: dict[Any, int],
    rows: dict[Any, tuple[int, int]],
    after: list[Any],
) -> Graph:
    """The graph with some equations replaced by a traced program.

    Args:
      graph: the graph.
      before: equations that stay in front.
      inner: the closed jaxpr that comes between.
      inputs: the variables that it takes.
      results: variables whose place its results take: variable -> result.
      rows: variables that are rows of its results: variable -> (result, row).
      after: equations that stay behind.
    """
    names = dict(zip(inner.jaxpr.invars, inputs, strict=True))
    middle = [substituted(eqn, names) for eqn in inner.jaxpr.eqns]
    outs = [names.get(v, v) if isinstance(v, core.Var) else v for v in inner.jaxpr.outvars]
    middle += _row_equations(outs, rows)
    renamed = {var: outs[i] for var, i in results.items()}
    behind = [substituted(eqn, renamed) for eqn in after]
    outvars = [v if isinstance(v, core.Literal) else renamed.get(v, v) for v in graph.outvars]
    constants = graph.constants
    constants.update(zip(inner.jaxpr.constvars, inner.consts, strict=True))
    return Graph(graph.invars, constants, [*before, *middle, *behind], outvars)


def _row_equations(arrays: list[Any], rows: dict[Any, tuple[int, int]]) -> list[Any]:
    """Equations that take rows out of arrays.

    Tracing each would cost more than all the rest of the rewriting: one is traced for each array
    and copied.
    """
    first: dict[int, Any] = {}
    made = []
    for var, (result, row) in rows.items():
        array = arrays[result]
        if result not in first:
            first[result] = traced(_first_row, [array]).jaxpr.eqns
        cut, squeezed = first[result]
        piece = core.Var(cut.outvars[0].aval)
        params = dict(cut.params)
        params["start_indices"] = (row, *params["start_indices"][1:])
        params["limit_indices"] = (row + 1, *params["limit_indices"][1:])
        made.append(cut.replace(invars=[array], outvars=[piece], params=params))
        made.append(squeezed.replace(invars=[piece], outvars=[var]))
    return made
