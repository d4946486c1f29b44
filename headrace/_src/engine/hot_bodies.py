"""Hot bodies: functions whose calls stay on the host, with their lowerable parts compiled.

A call or loop cannot be compiled whole when its body has an operation of the host in it, or when
the values that a loop carries change their shapes. Then its body is a plan with a tier of its own:
once it has been executed often enough, it is executed in units, as a run's plan is. Lists stay on
the host, since taking one in and out costs as much as it is long.

State inventory of `HotBody`:
  plan: what is executed.        _staged: its units, None before they are made and where none pays.
  _runs: how often it was executed.      _at: the execution at which it is compiled.
"""

from __future__ import annotations

from typing import Any

from headrace._src.core.operation import Operation
from headrace._src.engine import interpret, partition, tiers
from headrace._src.engine.plan import Plan
from headrace._src.engine.run import Run
from headrace._src.engine.segment import Segment
from headrace._src.engine.staged import Staged


class _BodySegment(Segment):
    def warn(self, signature: Any) -> None:
        """Says nothing: values of a loop may change their shapes at each iteration."""


class HotBody:
    """A function's body in one session; see the module's docstring."""

    __slots__ = ("_at", "_graph", "_runs", "_staged", "plan")

    def __init__(self, graph: Any, plan: Plan) -> None:
        self.plan = plan
        self._graph = graph
        self._runs = 0
        self._at = 2
        self._staged: Staged | None = None

    def execute(self, slots: list[Any], run: Run) -> None:
        """Executes the plan over `slots`; what fails has to be undone by the caller."""
        if self._staged is not None:
            self._staged = self._staged.execute_units(slots, run)
            return
        self._runs += 1
        if self._runs < self._at:
            interpret.execute_plan(self.plan, slots, run)
            return
        # Its first execution has told what it costs.
        at = tiers.compile_at(self.plan, run.session._jit)
        if at > self._runs:
            self._at = at
            interpret.execute_plan(self.plan, slots, run)
            return
        self._at = tiers.NEVER
        staged = self._units(run)
        self._staged = staged if staged.segments else None
        if self._staged is None:
            interpret.execute_plan(self.plan, slots, run)
        else:
            self._staged = self._staged.execute_units(slots, run)

    def _units(self, run: Run) -> Staged:
        from headrace._src.engine import functions

        lists = frozenset(
            step.op
            for step in self.plan.steps
            if any(t.dtype.name == "variant" for t in [*step.op._inputs, *step.op.outputs])
        )
        return Staged(
            self.plan,
            functions.elements_of(self._graph),
            run.session._jit == tiers.ALWAYS,
            lists,
            run.session._devices,
            called=_BodySegment,
        )


def of(graph: Any, plan: Plan, op: Operation, run: Run) -> HotBody | None:
    """The body of a function that `op` calls, None where the call may be compiled whole."""
    if run.session is None or run.session._jit == tiers.OFF or plan.has_blocking > 1:
        return None
    states = run.kernel_states
    key = ("hot body", graph)
    found: HotBody | None = states.get(key)
    if found is None or found.plan is not plan:
        if not stays_on_host(op, run):
            return None
        found = states[key] = HotBody(graph, plan)
    return found


def stays_on_host(op: Operation, run: Run) -> bool:
    """Whether a call or loop cannot be part of compiled code, as far as is known by now."""
    states = run.kernel_states
    known: bool | None = states.get(("on host", op))
    if known is None:
        known = states[("on host", op)] = not partition.lowerable(op)
    return known


def note_refusal(op: Operation, run: Run) -> None:
    """Notes that an operation that seemed lowerable is not."""
    run.kernel_states[("on host", op)] = True


__all__ = ["HotBody", "note_refusal", "of", "stays_on_host"]
