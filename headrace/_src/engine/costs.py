"""Static costs: what interpreting and compiling a plan takes, from shapes alone.

Figures are microseconds on a common processor, good to a factor of two; no clock is read, so that
the same program takes the same decisions everywhere. Measured: a NumPy call takes about 1.2 µs and
0.3 ns an element of simple arithmetic; a call of compiled code 12 µs and 1.2 µs an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from headrace._src.core.operation import Operation
from headrace._src.engine.plan import STATEFUL, Plan, Step

if TYPE_CHECKING:
    from headrace._src.engine.partition import Unit

_CALL: Final = 1.2
_STATEFUL_CALL: Final = 3.0
_ELEMENT: Final = 0.0003
_FLOP: Final = 1 / 60_000
_SEGMENT_CALL: Final = 12.0
_ARGUMENT: Final = 1.2
# Compiled arithmetic is fused and uses wide registers; products run at the same rate.
_FUSED: Final = 0.3
# What an iteration costs besides its steps: while interpreting, and for each compiled step.
_ITERATION: Final = 2.0
_LOOP_STEP: Final = 0.05
_COMPILE_OP: Final = 8_000.0
_COMPILE: Final = 100_000.0


def elements_of(value: Any) -> int:
    """The number of elements of a run-time value; of a variable, of its value."""
    value = getattr(value, "stored", value)
    size = getattr(value, "size", 1)
    return size if isinstance(size, int) else 1


def of_step(
    step: Step, slots: Sequence[Any], called: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """The cost of a step that has just been executed: (interpreted, as part of compiled code).

    Args:
      step: the step.
      slots: the values, before those that are free after it are dropped.
      called: the cost of the functions that it called.
    """
    op = step.op
    inputs = [slots[i] for i in step.input_slots]
    outputs = [slots[i] for i in step.output_slots]
    call = _STATEFUL_CALL if step.kind == STATEFUL else _CALL
    if op.spec.calls_functions:
        return call + called[0], called[1]
    size = sum(map(elements_of, outputs)) + sum(map(elements_of, inputs)) / 2
    cost = op.spec.cost
    if callable(cost):
        shapes = [tuple(getattr(getattr(v, "stored", v), "shape", ())) for v in inputs]
        work = cost(op, shapes, [tuple(v.shape) for v in outputs]) * _FLOP
        return call + work + size * _ELEMENT, work
    work = size * _ELEMENT * (1 if cost is None else cost)
    return call + work, work * _FUSED


def plus(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Two costs together."""
    return a[0] + b[0], a[1] + b[1]


def of_plan(plan: Plan) -> tuple[float, float]:
    """The cost of one execution of a function's body, known once it has been executed."""
    if plan.spent is None:
        if plan.costs is None:
            return 0.0, 0.0
        slow, fast = zip((0.0, 0.0), *plan.costs.values(), strict=True)
        plan.spent = sum(slow), sum(fast)
    return plan.spent


def of_loop(cond: Plan, body: Plan, trips: int) -> tuple[float, float]:
    """The cost of a loop of so many iterations."""
    slow, fast = plus(of_plan(cond), of_plan(body))
    fast += _LOOP_STEP * (len(cond.steps) + len(body.steps))
    return trips * (slow + _ITERATION), trips * fast


def steps_in(op: Operation) -> int:
    """How many steps compiling an operation compiles, those of functions included."""
    plans = [f.graph.plan for f in op.called]
    return 1 + sum(steps_in(s.op) for plan in plans if plan is not None for s in plan.steps)


def gain(unit: Unit, costs: dict[Operation, tuple[float, float]]) -> float:
    """The microseconds that one compiled run of a unit saves."""
    total = -_SEGMENT_CALL - _ARGUMENT * (
        len(unit.inputs) + len(unit.outputs) + 1.5 * len(unit.cells)
    )
    for step in unit.steps:
        slow, fast = costs.get(step.op, (_CALL, 0.0))
        total += slow - fast
    return total


def pays(unit: Unit, costs: dict[Operation, tuple[float, float]] | None) -> bool:
    """Whether a unit is faster compiled."""
    return costs is None or gain(unit, costs) > 0


def total(costs: dict[Operation, tuple[float, float]]) -> tuple[float, int]:
    """The most that compiling a plan can save in a run, and how many steps it would compile."""
    from headrace._src.engine import partition

    found = {
        op: pair
        for op, pair in costs.items()
        if not op.spec.host_only and (not op.called or partition.lowerable(op))
    }
    saved = sum(slow - fast for slow, fast in found.values()) - _SEGMENT_CALL
    return saved, sum(map(steps_in, found))


def compilation(steps: int) -> float:
    """The microseconds that compiling so many steps takes."""
    return _COMPILE + _COMPILE_OP * steps
