"""Staged: a hot plan as host units and compiled segments, executed one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import backend, costs, interpret
from headrace._src.engine.devices import HOST, Devices
from headrace._src.engine.partition import Unit, partition
from headrace._src.engine.plan import Plan
from headrace._src.engine.resources import on_host
from headrace._src.engine.run import Run
from headrace._src.engine.segment import Segment


class Staged:
    """The units of a plan, ready to execute.

    Attributes:
      units: `Unit`s that run on the host and `Segment`s, in order.
    """

    def __init__(
        self,
        plan: Plan,
        elements: Sequence[Any],
        always: bool,
        host: frozenset[Operation] = frozenset(),
        devices: Devices | None = None,
        called: type[Segment] | None = None,
    ) -> None:
        """Makes the units.

        Args:
          plan: the plan.
          elements: what it computes.
          always: whether to compile what does not pay, too.
          host: operations that are not to be compiled.
          devices: those of the session.
          called: of a function's body, which is executed within a run, the kind of its segments.
        """
        self.plan = plan
        self._called = called
        self._devices = devices
        self._elements = elements
        self._always = always
        self._host = host
        self.units: list[Unit | Segment] = []
        fetched = frozenset(plan.source(e) for e in elements if isinstance(e, Tensor))
        units = partition(plan, elements, host)
        for unit in units:
            if unit.compiled and (always or costs.pays(unit, plan.costs)):
                # Nothing comes behind the last unit that could fail and want old values back.
                place = HOST if devices is None else devices.place(s.op._device for s in unit.steps)
                if called is None:
                    self.units.append(Segment(unit, plan, unit is units[-1], place))
                else:
                    self.units.append(called(unit, plan, False, place))
            else:
                self.units.append(unit)
        self._segments = [u for u in self.units if isinstance(u, Segment)]
        later: set[Tensor] = set()
        self._to_host: list[list[int]] = []
        for u in reversed(self.units):
            outputs = u.unit.outputs if isinstance(u, Segment) else []
            self._to_host.append([plan.slots[t] for t in outputs if t in fetched or t in later])
            if isinstance(u, Unit):
                later.update(u.inputs)
            else:
                later.update(u.unit.static)
        self._to_host.reverse()

    @property
    def segments(self) -> list[Segment]:
        """The compiled units."""
        return self._segments

    def execute(self, slots: list[Any], run: Run) -> Staged:
        """Executes every unit over `slots`; a failing run changes no variable.

        Returns:
          What should execute the next run: this, or another partition when an operation turned
          out not to be lowerable.
        """
        try:
            interpret.place_handles(self.plan, slots, run)
            return self.execute_units(slots, run)
        except BaseException:
            run.undo()
            raise

    def execute_units(self, slots: list[Any], run: Run) -> Staged:
        """As `execute`, within a run: whoever executes that undoes what a failing one did."""
        for unit, to_host in zip(self.units, self._to_host, strict=True):
            if run.deadline is not None:
                run.check()
            if isinstance(unit, Segment):
                mark = 0 if run.trace is None else len(run.trace)
                start = time.time()
                unit.run(slots, run)
                for i in to_host:
                    slots[i] = on_host(slots[i])
                # Operations that were interpreted instead have rows of their own.
                if run.trace is not None and len(run.trace) == mark:
                    self._await(unit, slots, run)
                    run.trace.append((unit, start, time.time()))
            else:
                with np.errstate(all="ignore"):
                    interpret.execute_steps(unit.steps, slots, run)
        rejected = [s.rejected for s in self._segments if s.rejected is not None]
        if not rejected:
            return self
        from headrace._src.engine import hot_bodies

        for op in rejected:
            if op.called:
                hot_bodies.note_refusal(op, run)
        host = self._host.union(rejected)
        return Staged(self.plan, self._elements, self._always, host, self._devices, self._called)

    def _await(self, segment: Segment, slots: Sequence[Any], run: Run) -> None:
        """Waits for what a segment made: compiled code is started, not awaited."""
        at = self.plan.slots
        made = [slots[at[t]] for t in segment.unit.outputs]
        # Another run may give up the value of a variable as soon as the lock is free.
        with run.resources.lock:
            made += [slots[at[t]].stored for t in segment.unit.cells]
            backend.jax().block_until_ready(made)
