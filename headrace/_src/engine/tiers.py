"""Tiers: when a plan is compiled.

The decision depends on the plan's static cost, which its first run tells from the sizes of the
values that it meets, and on the number of its runs; never on a clock. It is overruled by
`ConfigProto.graph_options.optimizer_options.global_jit_level` (OFF: never, ON_1 and ON_2: always)
and, before that, by `HEADRACE_JIT=auto|off|always`.
"""

from __future__ import annotations

import os
from typing import Any, Final

from headrace._src.engine import costs, functions
from headrace._src.engine.devices import Devices
from headrace._src.engine.plan import Plan
from headrace._src.engine.staged import Staged

AUTO: Final = "auto"
OFF: Final = "off"
ALWAYS: Final = "always"

# A plan is compiled when the time that compiling it would have saved so far is this part of what
# compiling costs, and this much at least, in microseconds.
_SHARE: Final = 0.02
_LEAST: Final = 10_000.0
# Runs before which nothing is compiled, unless a single run is as long as compiling.
_FIRST_RUN: Final = 4
_HEAVY: Final = 500_000.0
NEVER: Final = 1 << 62


def mode(config: Any = None) -> str:
    """Whether plans are compiled: `auto`, `off` or `always`.

    Args:
      config: a `ConfigProto`, or None.

    Raises:
      ValueError: `HEADRACE_JIT` has another value.
    """
    chosen = os.environ.get("HEADRACE_JIT", "").lower()
    if chosen:
        if chosen not in (AUTO, OFF, ALWAYS):
            raise ValueError(f"HEADRACE_JIT must be auto, off or always, got {chosen!r}")
        return chosen
    if config is not None:
        level = config.graph_options.optimizer_options.global_jit_level
        if level:
            return OFF if level < 0 else ALWAYS
    return AUTO


def compile_at(plan: Plan, mode: str = AUTO) -> int:
    """The run, counted from 1, at which a plan with known costs is compiled; `NEVER` if at none."""
    if mode == OFF:
        return NEVER
    if mode == ALWAYS:
        return 2 if _interpreted_first(plan, set()) else 1
    if plan.has_blocking > 1 or plan.costs is None:
        return NEVER
    saved, steps = costs.total(plan.costs)
    if saved <= 0:
        return NEVER
    if saved >= _HEAVY:
        return 2
    worth = max(_LEAST, _SHARE * costs.compilation(steps))
    return max(_FIRST_RUN, -int(-worth // saved))


def _interpreted_first(plan: Plan, seen: set[Any]) -> bool:
    """Whether something in the plan can only be found wrong while interpreting."""
    for step in plan.steps:
        if step.op.spec.interpreted_first:
            return True
        for function in step.op.called:
            if function.graph not in seen:
                seen.add(function.graph)
                if _interpreted_first(functions.plan_of(function.graph), seen):
                    return True
    return False


def staged(
    plan: Plan, elements: Any, always: bool, devices: Devices | None = None
) -> Staged | None:
    """The plan's units, or None when nothing of it can be compiled."""
    if plan.has_blocking > 1:
        return None
    result = Staged(plan, elements, always, devices=devices)
    return result if result.segments else None
