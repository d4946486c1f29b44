"""Function bodies while interpreting: calls and loops.

The plan of a body is kept by its graph and made anew when the graph has changed. It executes the
operations with effects, in creation order, whether or not a result needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.engine import interpret
from headrace._src.engine.plan import Plan
from headrace._src.engine.resources import Cell
from headrace._src.engine.run import Run


def plan_of(graph: Any) -> Plan:
    """The plan of a function body."""
    plan: Plan | None = graph.plan
    mutations = graph._version + graph._mutations
    if plan is None or plan.mutations != mutations:
        elements = [*graph.outputs, *graph.stateful_operations()]
        plan = graph.plan = Plan(elements, graph.inputs, mutations)
    return plan


def call(graph: Any, arguments: Sequence[Any], run: Run) -> list[Any]:
    """Executes the body of a function within a run; returns its results."""
    plan = plan_of(graph)
    slots = _started(plan, run)
    for t, slot, value in zip(graph.inputs, plan.feeds, arguments, strict=True):
        slots[slot] = _argument(t, value)
    interpret.execute_plan(plan, slots, run)
    return [_result(t, slots[plan.slots[t]]) for t in graph.outputs]


def loop(cond: Any, body: Any, values: Sequence[Any], run: Run) -> list[Any]:
    """Executes `body` on its own results while `cond` holds; returns the last ones.

    Args:
      cond: the graph of a function that takes the values and gives one bool.
      body: the graph of a function that takes the values and gives the next ones.
      values: the first values; references of variables as cells.
      run: the run.

    Raises:
      DeadlineExceededError, CancelledError: between two iterations.
    """
    held = [_argument(t, v) for t, v in zip(body.inputs, values, strict=True)]
    kept = {i for i, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=True)) if a is b}
    changing = [i for i in range(len(held)) if i not in kept]
    test = _Stepper(cond, held, changing, [0], run)
    step = _Stepper(body, held, changing, changing, run)
    values = [held[i] for i in changing]
    while True:
        (holds,) = test(values)
        if not _is_true(holds):
            break
        run.check()
        values = step(values)
    for i, value in zip(changing, values, strict=True):
        held[i] = value
    return [_result(t, v) for t, v in zip(body.outputs, held, strict=True)]


class _Stepper:
    """A function body that is executed again and again, some of its arguments changing.

    State inventory:
      _template: slots with the arguments that stay in place.
      _feeds: the slots of those that change.       _outputs: the slots of the results wanted.
    """

    def __init__(
        self,
        graph: Any,
        arguments: Sequence[Any],
        changing: Sequence[int],
        wanted: Sequence[int],
        run: Run,
    ) -> None:
        self._plan = plan = plan_of(graph)
        self._run = run
        self._template = _started(plan, run)
        for slot, value in zip(plan.feeds, arguments, strict=True):
            self._template[slot] = value
        self._feeds = [plan.feeds[i] for i in changing]
        self._outputs = [(graph.outputs[i], plan.slots[graph.outputs[i]]) for i in wanted]

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        slots = self._template.copy()
        for slot, value in zip(self._feeds, values, strict=True):
            slots[slot] = value
        interpret.execute_plan(self._plan, slots, self._run)
        return [_result(t, slots[s]) for t, s in self._outputs]


def _started(plan: Plan, run: Run) -> list[Any]:
    """The first slots of a call."""
    slots = plan.template.copy()
    # A function graph may be run by several sessions, each with resources of its own.
    for step in plan.handles:
        interpret.execute_step(step._replace(free=()), slots, run)
    return slots


def _argument(t: Any, value: Any) -> Any:
    if t.dtype._is_ref_dtype and not isinstance(value, Cell):
        # A plain value where the body takes a reference: a variable of this call's own.
        cell = Cell(t.op.name, t.dtype.base_dtype, t.dims)
        cell.value = value
        return cell
    return value


def _result(t: Any, value: Any) -> Any:
    """What a call gives for a result: the value of a variable, but the handle of a resource."""
    return value.read() if isinstance(value, Cell) and t.dtype.name != "resource" else value


def _is_true(value: Any) -> bool:
    array = np.asarray(value)
    # As in 1.15, a condition that is no scalar asks whether there is anything in it.
    return bool(array.size) if array.ndim else bool(array[()])
