"""Staged: a hot plan as host units and compiled segments, executed one after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import backend, costs, interpret
from headrace._src.engine.partition import Unit, partition
from headrace._src.engine.plan import Plan
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
    ) -> None:
        self.plan = plan
        self._elements = elements
        self._always = always
        self._host = host
        self.units: list[Unit | Segment] = []
        fetched = frozenset(plan.source(e) for e in elements if isinstance(e, Tensor))
        units = partition(plan, elements, host)
        for i, unit in enumerate(units):
            if unit.compiled and (always or costs.pays(unit, plan.costs)):
                last = not any(u.steps for u in units[i + 1 :])
                self.units.append(Segment(unit, plan, last))
            else:
                self.units.append(unit)
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
        return [u for u in self.units if isinstance(u, Segment)]

    def execute(self, slots: list[Any], run: Run) -> Staged:
        """Executes every unit over `slots`; a failing run changes no variable.

        Returns:
          What should execute the next run: this, or another partition when an operation turned
          out not to be lowerable.
        """
        try:
            with np.errstate(all="ignore"):
                interpret.place_handles(self.plan, slots, run)
                for unit, to_host in zip(self.units, self._to_host, strict=True):
                    if run.deadline is not None:
                        run.check()
                    start = time.time()
                    if isinstance(unit, Segment):
                        unit.run(slots, run)
                        for i in to_host:
                            value = slots[i]
                            if not isinstance(value, np.ndarray):
                                slots[i] = np.asarray(value)
                        if run.trace is not None:
                            # Compiled code is started, not awaited: its time is when it is done.
                            made = [slots[self.plan.slots[t]] for t in unit.unit.outputs]
                            with run.resources.lock:
                                cells = [slots[self.plan.slots[t]] for t in unit.unit.cells]
                                made += [c.stored for c in cells]
                                backend.jax().block_until_ready(made)
                            run.trace.append((unit, start, time.time()))  # type: ignore[arg-type]
                    else:
                        interpret.execute_steps(unit.steps, slots, run)
        except BaseException:
            run.undo()
            raise
        rejected = [s.rejected for s in self.segments if s.rejected is not None]
        if rejected:
            host = self._host.union(rejected)
            return Staged(self.plan, self._elements, self._always, host)
        return self
