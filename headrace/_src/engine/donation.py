"""Donation: which new values of variables take the memory of old ones, and in which order.

XLA copies an old value that it is to write over while something else may still read it, as a
gradient reads the weight that an update changes. Such a variable gets memory of its own for the
new value instead, which costs no pass over memory. JAX pairs donated arguments and results of one
shape in the order in which they come; results are put in an order that pairs each variable with
itself, or XLA would copy them across.
"""

from __future__ import annotations

from typing import Any

from headrace._src.engine.lower import Layout


def arranged(closed: Any, layout: Layout) -> tuple[Any, Layout, tuple[int, ...]]:
    """Puts the new values of variables in the order that donation wants.

    Args:
      closed: a ClosedJaxpr of a unit.     layout: how it fits the unit.

    Returns:
      (the jaxpr with other results first, its layout, the arguments to donate).
    """
    jaxpr = closed.jaxpr
    order = _Order(jaxpr)
    new = dict(zip(layout.writes, jaxpr.outvars, strict=False))
    donated = []
    for at, position in enumerate(layout.reads):
        if position in new:
            old, value = jaxpr.invars[at], new[position]
            same = (old.aval.shape, old.aval.dtype) == (value.aval.shape, value.aval.dtype)
            if same and order.is_read_before(old, value):
                donated.append(at)
    first = [layout.reads[at] for at in donated]
    writes = [*first, *(p for p in layout.writes if p not in first)]
    outvars = [*(new[p] for p in writes), *jaxpr.outvars[len(writes) :]]
    info = jaxpr.debug_info._replace(result_paths=None)
    closed = closed.replace(jaxpr=jaxpr.replace(outvars=outvars, debug_info=info))
    return closed, layout._replace(writes=tuple(writes)), tuple(donated)


class _Order:
    """Which equations of a jaxpr come before which."""

    def __init__(self, jaxpr: Any) -> None:
        self._eqns = jaxpr.eqns
        self._made = {v: n for n, e in enumerate(self._eqns) for v in e.outvars}
        self._uses: dict[Any, set[int]] = {v: set() for v in jaxpr.invars}
        for n, e in enumerate(self._eqns):
            for v in _variables(e):
                if v in self._uses:
                    self._uses[v].add(n)

    def is_read_before(self, old: Any, new: Any) -> bool:
        """Whether whatever reads the input `old` is needed to compute `new`."""
        users = set(self._uses[old])
        maker = None if hasattr(new, "val") else self._made.get(new)
        if maker in users and self._writes_apart(self._eqns[maker], old):
            return False
        stack = [] if maker is None else [maker]
        seen = set(stack)
        while stack and users:
            n = stack.pop()
            users.discard(n)
            before = {self._made[v] for v in _variables(self._eqns[n]) if v in self._made} - seen
            seen |= before
            stack += before
        return not users

    @staticmethod
    def _writes_apart(eqn: Any, old: Any) -> bool:
        """Whether a native kernel reads `old` while it writes its results elsewhere."""
        if eqn.primitive.name != "ffi_call":
            return False
        return not any(eqn.invars[i] is old for i, _ in eqn.params["input_output_aliases"])


def _variables(eqn: Any) -> list[Any]:
    # Literals have a value and cannot be keys.
    return [v for v in eqn.invars if not hasattr(v, "val")]
