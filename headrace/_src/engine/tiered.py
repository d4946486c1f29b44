"""Tiered: a plan that is interpreted until it has shown that compiling pays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.engine import interpret, tiers
from headrace._src.engine.devices import Devices
from headrace._src.engine.plan import Plan
from headrace._src.engine.run import Run
from headrace._src.engine.staged import Staged


class Tiered:
    """A plan with its tier.

    Attributes:
      plan: what is executed.
      elements: what it computes.
      runs: how often it was run.
      decide_at: the number of runs after which the tier is decided.
      staged: the plan's units once it is compiled, else None.
    """

    __slots__ = ("decide_at", "elements", "plan", "runs", "staged")

    def __init__(self, plan: Plan, elements: Sequence[Any]) -> None:
        self.plan = plan
        self.elements = elements
        self.runs = 0
        self.decide_at = 1
        self.staged: Staged | None = None

    def decide(self, mode: str, devices: Devices | None) -> None:
        """Decides whether the next runs are compiled, or when to decide that."""
        at = tiers.compile_at(self.plan, mode)
        if at <= self.runs + 1:
            self.decide_at = tiers.NEVER
            self.staged = tiers.staged(self.plan, self.elements, mode == tiers.ALWAYS, devices)
        else:
            # The run before `at` comes here again.
            self.decide_at = at if at == tiers.NEVER else at - 1

    def execute(self, slots: list[Any], run: Run, mode: str) -> None:
        """Executes the plan over `slots` in its tier."""
        if self.staged is not None:
            self.staged = self.staged.execute(slots, run)
        else:
            interpret.execute(self.plan, slots, run)
        self.runs += 1
        if self.runs >= self.decide_at:
            self.decide(mode, None)
