"""Timers that say when a hook acts."""

from __future__ import annotations

import time
from typing import Any

from headrace._api.export import export


@export(
    "train.SecondOrStepTimer", "estimator.SecondOrStepTimer", v2=("estimator.SecondOrStepTimer",)
)
class SecondOrStepTimer:
    """Triggers every so many seconds, or every so many steps.

    Args:
      every_secs: seconds between two triggers.
      every_steps: steps between two triggers.

    Raises:
      ValueError: not exactly one of them is given.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        self.reset()
        self._every_secs = every_secs
        self._every_steps = every_steps
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")

    def reset(self) -> None:
        """Forgets the triggers so far."""
        self._last_triggered_step: Any = None
        self._last_triggered_time: float | None = None

    def should_trigger_for_step(self, step: Any) -> bool:
        """Returns whether it is time to act; always at first, never twice for one step.

        Args:
          step: the step now.
        """
        last_step, last_time = self._last_triggered_step, self._last_triggered_time
        if last_step is None or last_time is None:
            return True
        if step == last_step:
            return False
        if self._every_secs is not None and time.time() >= last_time + self._every_secs:
            return True
        return self._every_steps is not None and bool(step >= last_step + self._every_steps)

    def update_last_triggered_step(self, step: Any) -> tuple[float | None, Any]:
        """Takes note of a trigger.

        Args:
          step: the step now.

        Returns:
          (seconds, steps) since the trigger before; (None, None) the first time.
        """
        now, elapsed = time.time(), (None, None)
        if self._last_triggered_time is not None:
            elapsed = (now - self._last_triggered_time, step - self._last_triggered_step)
        self._last_triggered_time = now
        self._last_triggered_step = step
        return elapsed

    def last_triggered_step(self) -> Any:
        """Returns the step of the last trigger, or None."""
        return self._last_triggered_step


class NeverTriggerTimer:
    """Never triggers."""

    def reset(self) -> None:
        """Has nothing to forget."""

    def should_trigger_for_step(self, step: Any) -> bool:
        """Returns False."""
        return False

    def update_last_triggered_step(self, step: Any) -> tuple[None, None]:
        """Returns (None, None)."""
        return None, None

    def last_triggered_step(self) -> None:
        """Returns None."""
        return
