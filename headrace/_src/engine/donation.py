"""Donation: which new values of variables take the memory of old ones, and in which order.

XLA copies an old value that it is to write over while something else may still read it, as a
gradient reads the weight that an update changes. Native updates are made to wait for such readers;
any other variable of this kind gets memory of its own for the new value. JAX pairs donated
arguments and results of one shape in the order in which they come; results are put in an order that
pairs each variable with itself, or XLA would copy them across.
"""

from __future__ import annotations

from typing import Any

from headrace._src.engine.lower import Layout
from headrace._src.native import library


def arranged(closed: Any, layout: Layout) -> tuple[Any, Layout, tuple[int, ...]]:
    """Puts the new values of variables in the order that donation wants.

    Args:
      closed: a ClosedJaxpr of a unit.     layout: how it fits the unit.

    Returns:
      (the jaxpr with other results first, its layout, the arguments to donate).
    """
    jaxpr = closed.jaxpr.replace(eqns=_waiting(closed.jaxpr))
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


# What XLA makes no part of another loop: a result of one of these is there once its operands have
# been read, while a transposed or scaled weight is still the weight.
_BARRIERS = frozenset(
    {"dot_general", "conv_general_dilated", "ffi_call", "scan", "while", "cond", "reduce_sum"}
)


def _waiting(jaxpr: Any) -> list[Any]:
    """The equations; native updates take results of what else reads the memory they write into."""
    eqns = list(jaxpr.eqns)
    readers: dict[Any, list[int]] = {}
    for n, eqn in enumerate(eqns):
        for v in _variables(eqn):
            readers.setdefault(v, []).append(n)
    for n, eqn in enumerate(eqns):
        params = eqn.params
        if eqn.primitive.name != "ffi_call" or params["target_name"] not in library.TAKE_ORDER:
            continue
        written = [eqn.invars[i] for i, _ in params["input_output_aliases"]]
        others = _last_readers(eqns, readers, written) - {n}
        if any(m > n for m in others):
            continue
        before = [eqns[m].outvars[0] for m in sorted(others)]
        layouts = [tuple(reversed(range(v.aval.ndim))) for v in before]
        eqns[n] = eqn.replace(
            invars=[*eqn.invars, *before],
            params=dict(params, input_layouts=(*params["input_layouts"], *layouts)),
        )
    return eqns


def _last_readers(eqns: list[Any], readers: dict[Any, list[int]], written: list[Any]) -> set[int]:
    """The equations by which variables, and what may be a part of the same loop, are read."""
    found: set[int] = set()
    seen: set[int] = set()
    stack = list(written)
    while stack:
        for m in readers.get(stack.pop(), ()):
            if eqns[m].primitive.name in _BARRIERS:
                found.add(m)
            elif m not in seen:
                seen.add(m)
                stack += eqns[m].outvars
    return found


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
