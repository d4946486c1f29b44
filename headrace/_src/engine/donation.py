"""Donation: new values of variables take the memory of old ones, in an order that copies little.

JAX pairs donated arguments and results of one shape in the order in which they come; results are
put in an order that pairs each variable with itself, or XLA would copy them across.

XLA copies an old value that it is to write over while something else may still read it, as a
gradient reads the weight that an update changes. Native updates are made to wait for such readers.
Memory of its own for such a new value would be no better: it is cold, and among the large blocks
that every call takes and gives back it made the C library return those to the system.
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
    new = dict(zip(layout.writes, jaxpr.outvars, strict=False))
    donated = []
    for at, position in enumerate(layout.reads):
        if position in new:
            old, value = jaxpr.invars[at], new[position]
            if (old.aval.shape, old.aval.dtype) == (value.aval.shape, value.aval.dtype):
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


def _variables(eqn: Any) -> list[Any]:
    # Literals have a value and cannot be keys.
    return [v for v in eqn.invars if not hasattr(v, "val")]
