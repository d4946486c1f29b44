"""Fetches compiled as one unit: how tests compare the two executors."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core.tensor import Tensor
from headrace._src.engine import feed as feed_lib
from headrace._src.engine import fetch as fetch_lib
from headrace._src.engine import interpret
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.padding import without_seen_padding
from headrace._src.engine.partition import Unit, connect, lowerable
from headrace._src.engine.plan import Plan
from headrace._src.engine.program import compiled
from headrace._src.engine.resources import on_host
from headrace._src.engine.run import Run
from headrace._src.engine.segment import Segment
from headrace._src.engine.session import finished


def compile_fetches(session: Any, fetches: Any, feed_dict: Any = None, static: bool = False) -> Any:
    """Runs fetches as one compiled function; the session's variables are updated as by `run`.

    Args:
      session: the session.
      fetches: as for `Session.run`.
      feed_dict: as for `Session.run`.
      static: whether integer and boolean feeds count as known before lowering.

    Raises:
      NotLowerable: an operation cannot be compiled, or refuses its inputs.
    """
    structure = fetch_lib.FetchStructure(session.graph, fetches)
    feeds: dict[Tensor, Any] = {}
    for key, value in (feed_dict or {}).items():
        for tensor, part in feed_lib.expand_feeds(session.graph, key):
            feeds[tensor] = feed_lib.Feed(session.graph, tensor).bind(
                value if part is None else value[part]
            )
    plan = Plan(structure.elements, list(feeds), fold=False)
    run = Run(session, session._resources, session._kernel_states, session._cancellation)
    slots = plan.template.copy()
    for slot, value in zip(plan.feeds, feeds.values(), strict=True):
        slots[slot] = value
    unit = _unit(plan, structure.elements)
    if static:
        unit.static = frozenset(t for t in unit.inputs if feeds[t].dtype.kind in "iub")
    strings = {t for t in unit.inputs if feeds[t].dtype.kind == "O"}
    unit.static |= strings
    with np.errstate(all="ignore"):
        interpret.place_handles(plan, slots, run)
        segment = Segment(unit, plan, donate=False)
        values = [slots[plan.slots[t]] for t in unit.inputs if t not in unit.static]
        cells = [slots[plan.slots[t]] for t in unit.cells]
        program = compiled(unit, plan, slots, values, False)
        if not segment.call(program, cells, values, slots, run):
            raise NotLowerable("the inputs are refused")
    return structure.build([_fetched(plan, slots, e) for e in structure.elements])


def _unit(plan: Plan, elements: Any) -> Unit:
    """All steps of a plan as one unit."""
    for step in plan.steps:
        op = step.op
        strings = any(t.dtype.name == "string" for t in (*op._inputs, *op.outputs))
        if not lowerable(op) and not (strings and op.spec.xla is not None):
            raise NotLowerable(f"{op.name} ({op.type}) runs on the host only", op)
    operations = [s.op for s in plan.steps]
    if len(without_seen_padding(plan, operations, elements)) < len(operations):
        raise NotLowerable("how many rows there are would be seen")
    unit = Unit(True, [s._replace(free=()) for s in plan.steps])
    connect(plan, [unit], elements)
    return unit


def _fetched(plan: Plan, slots: list[Any], element: Any) -> Any:
    if not isinstance(element, Tensor):
        return None
    return finished(on_host(slots[plan.slots[element]]))
