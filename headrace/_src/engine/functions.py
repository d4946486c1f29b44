"""Function bodies while interpreting: calls and loops.

The plan of a body is kept by its graph and made anew when the graph has changed. It executes the
operations with effects, in creation order, whether or not a result needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import costs, interpret
from headrace._src.engine.plan import Plan
from headrace._src.engine.resources import Cell
from headrace._src.engine.run import Run

if TYPE_CHECKING:
    from headrace._src.engine.hot_bodies import HotBody
    from headrace._src.engine.tiered import Tiered


def plan_of(graph: Any) -> Plan:
    """The plan of a function body."""
    plan: Plan | None = graph.plan
    mutations = graph._version + graph._mutations
    if plan is None or plan.mutations != mutations:
        references = [t for t in graph.inputs if t.dtype._is_ref_dtype]
        plan = graph.plan = Plan(elements_of(graph), graph.inputs, mutations, references=references)
    return plan


def elements_of(graph: Any) -> list[Any]:
    """What a call computes: the results, then the operations with effects."""
    return [*graph.outputs, *graph.stateful_operations()]


def called(tiered: Tiered, graph: Any, arguments: Sequence[Any], run: Run, mode: str) -> list[Any]:
    """Calls a function that is called by itself, not by another plan; it has a tier of its own."""
    plan = tiered.plan
    slots = started(plan, run)
    for t, slot, value in zip(graph.inputs, plan.feeds, arguments, strict=True):
        slots[slot] = _argument(t, value)
    tiered.execute(slots, run, mode)
    return [_result(t, slots[plan.slots[t]]) for t in graph.outputs]


def call(graph: Any, arguments: Sequence[Any], run: Run, op: Operation) -> list[Any]:
    """Executes the body of a function within a run; returns its results.

    Args:
      graph: the body.
      arguments: the values of its arguments.
      run: the run.
      op: the operation that calls it.
    """
    from headrace._src.engine import hot_bodies

    plan = plan_of(graph)
    slots = started(plan, run)
    for t, slot, value in zip(graph.inputs, plan.feeds, arguments, strict=True):
        slots[slot] = _argument(t, value)
    before = run.spent
    hot = hot_bodies.of(graph, plan, op, run)
    if hot is None:
        interpret.execute_plan(plan, slots, run)
    else:
        hot.execute(slots, run)
    run.spent = costs.plus(before, costs.of_plan(plan))
    return [_result(t, slots[plan.slots[t]]) for t in graph.outputs]


def loop(cond: Any, body: Any, values: Sequence[Any], run: Run, op: Operation) -> list[Any]:
    """Executes `body` on its own results while `cond` holds; returns the last ones.

    Args:
      cond: the graph of a function that takes the values and gives one bool.
      body: the graph of a function that takes the values and gives the next ones.
      values: the first values; references of variables as cells.
      run: the run.
      op: the operation that is executed.

    Raises:
      DeadlineExceededError, CancelledError: between two iterations.
    """
    from headrace._src.engine import hot_loops

    held = [_argument(t, v) for t, v in zip(body.inputs, values, strict=True)]
    kept = {i for i, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=True)) if a is b}
    changing = [i for i in range(len(held)) if i not in kept]
    test = _Stepper(cond, held, changing, [0], run, op)
    step = _Stepper(body, held, changing, changing, run, op)
    values = [held[i] for i in changing]
    lengths = [getattr(v, "length", None) for v in held]
    before = run.spent
    trips = 0
    look_at = hot_loops.FIRST_LOOK
    while True:
        (holds,) = test(values)
        if not is_true(holds):
            break
        run.check()
        values = step(values)
        trips += 1
        if trips >= look_at:
            look_at = 2 * trips
            for i, value in zip(changing, values, strict=True):
                held[i] = value
            ended, more = hot_loops.continued(op, (cond, body), held, changing, lengths, trips, run)
            values = [held[i] for i in changing]
            trips += more
            if ended:
                break
            test.look_at_body()
            step.look_at_body()
    body.plan.trips = max(body.plan.trips, trips)
    run.spent = costs.plus(before, costs.of_loop(cond.plan, body.plan, trips))
    for i, value in zip(changing, values, strict=True):
        held[i] = value
    return [_result(t, v) for t, v in zip(body.outputs, held, strict=True)]


class _Stepper:
    """A function body that is executed again and again, some of its arguments changing.

    State inventory:
      _template: slots with the arguments that stay in place.
      _hot: the body with its tier, where it has one.
      _feeds: the slots of those that change.       _outputs: the slots of the results wanted.
    """

    def __init__(
        self,
        graph: Any,
        arguments: Sequence[Any],
        changing: Sequence[int],
        wanted: Sequence[int],
        run: Run,
        op: Operation,
    ) -> None:
        self._graph = graph
        self._op = op
        self._hot: HotBody | None = None
        self._plan = plan = plan_of(graph)
        self._run = run
        self.look_at_body()
        self._template = started(plan, run)
        for slot, value in zip(plan.feeds, arguments, strict=True):
            self._template[slot] = value
        self._feeds = [plan.feeds[i] for i in changing]
        self._outputs = [(graph.outputs[i], plan.slots[graph.outputs[i]]) for i in wanted]

    def look_at_body(self) -> None:
        """Gives the body a tier of its own where the loop stays on the host."""
        from headrace._src.engine import hot_bodies

        self._hot = hot_bodies.of(self._graph, self._plan, self._op, self._run)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        slots = self._template.copy()
        for slot, value in zip(self._feeds, values, strict=True):
            slots[slot] = value
        if self._hot is None:
            interpret.execute_plan(self._plan, slots, self._run)
        else:
            self._hot.execute(slots, self._run)
        return [_result(t, slots[s]) for t, s in self._outputs]


def started(plan: Plan, run: Run) -> list[Any]:
    """The first slots of a call."""
    slots = plan.template.copy()
    if not plan.handles:
        return slots
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


def is_true(value: Any) -> bool:
    """Whether a condition holds."""
    array = np.asarray(value)
    # As in 1.15, a condition that is no scalar asks whether there is anything in it.
    return bool(array.size) if array.ndim else bool(array[()])


# -- what bodies hold ------------------------------------------------------------------------------


def random_in(op: Operation) -> list[Operation]:
    """The operations that draw random numbers: this one, or those of the functions it calls."""
    found = [op] if op.spec.random else []
    for f in op.called:
        for step in plan_of(f.graph).steps:
            found += random_in(step.op)
    return found


def most_trips(op: Operation) -> int:
    """The most iterations that a loop among the functions an operation calls has had so far."""
    most = 0
    for f in op.called:
        plan = plan_of(f.graph)
        most = max(most, plan.trips, *(most_trips(s.op) for s in plan.steps))
    return most


def static_inputs(op: Operation, plan: Plan) -> list[Tensor]:
    """The whole-number inputs of a call whose values its functions must know to be lowered."""
    graphs = [f.graph for f in op.called]
    if not graphs:
        return []
    first = len(op._inputs) - len(graphs[0].inputs)
    wanted = sorted({i for g in graphs for i in _static_arguments(g)})
    found = [plan.source(op._inputs[first + i]) for i in wanted]
    return [t for t in found if t.dtype.is_integer or t.dtype.is_bool]


def _static_arguments(graph: Any) -> set[int]:
    """The positions of arguments from which a body computes what must be known to lower it."""
    plan = plan_of(graph)
    stack = []
    for step in plan.steps:
        spec = step.op.spec
        if spec.calls_functions:
            stack += static_inputs(step.op, plan)
        elif spec.static:
            named = zip(map(plan.source, step.op._inputs), spec.flat_inputs(step.op), strict=True)
            static = spec.static_inputs(step.op)
            stack += [t for t, a in named if a.name in static]
    position = {t: i for i, t in enumerate(graph.inputs)}
    found = set()
    seen = set(stack)
    while stack:
        t = stack.pop()
        if t in position:
            found.add(position[t])
            continue
        spec = t.op.spec
        # Shapes are known whatever the values are.
        if t.op in plan._known or spec.value_from_shapes is not None or spec.calls_functions:
            continue
        if spec.known_when_lowered:
            continue
        new = [s for s in map(plan.source, t.op._inputs) if s not in seen]
        seen.update(new)
        stack += new
    return found
