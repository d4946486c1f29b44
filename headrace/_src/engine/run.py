"""Run: one call of `Session.run` while it executes.

State inventory of `Run`:
  journal: (cell, what it stored before, and after), undone in reverse when the run fails.
  borrowed: ids of fed arrays, which their owner may write into later.
  aborted: whether an operation of the run failed while others were waiting.
  deadline: `time.monotonic()` after which blocking ops give up, or None.
  spent: the static cost of the functions called so far: (interpreted, compiled).
  trace: (operation or segment, start, end) in seconds, or None when the run is not traced.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy

from headrace._src.core import errors, kernel
from headrace._src.engine import philox
from headrace._src.engine.resources import Cell, ResourceManager, owned

if TYPE_CHECKING:
    from headrace._src.core.operation import Operation
    from headrace._src.engine.segment import Segment


class Cancellation:
    """Wakes everything that waits in a session when it is closed."""

    def __init__(self) -> None:
        self.cancelled = False
        self._lock = threading.Lock()
        self._waiting: dict[int, threading.Condition] = {}

    def cancel(self) -> None:
        """Makes every wait of the session raise `CancelledError`, now and later."""
        self.cancelled = True
        self.wake()

    def wake(self) -> None:
        """Makes every waiting thread look again whether it may go on."""
        with self._lock:
            waiting = list(self._waiting.values())
        for condition in waiting:
            with condition:
                condition.notify_all()

    def enter(self, condition: threading.Condition) -> None:
        """Notes a thread that is about to wait."""
        with self._lock:
            self._waiting[threading.get_ident()] = condition

    def leave(self) -> None:
        """Forgets the waiting thread."""
        with self._lock:
            self._waiting.pop(threading.get_ident(), None)


class Run:
    """One execution of a plan."""

    __slots__ = (
        "aborted",
        "borrowed",
        "cancellation",
        "deadline",
        "journal",
        "kernel_states",
        "resources",
        "session",
        "spent",
        "trace",
    )

    def __init__(
        self,
        session: Any,
        resources: ResourceManager,
        kernel_states: dict[Any, Any],
        cancellation: Cancellation,
    ) -> None:
        self.session = session
        self.resources = resources
        self.kernel_states = kernel_states
        self.cancellation = cancellation
        self.aborted = False
        self.journal: list[tuple[Cell, Any, Any]] = []
        self.borrowed: set[int] = set()
        self.deadline: float | None = None
        self.spent = (0.0, 0.0)
        self.trace: list[tuple[Operation | Segment, float, float]] | None = None

    def undo(self) -> None:
        """Gives every variable that the run wrote its former value back."""
        if not self.journal:
            return
        with self.resources.lock:
            for cell, before, after in reversed(self.journal):
                # A value that another run wrote since is not ours to take back.
                if cell.stored is after:
                    cell.stored = before
        self.journal.clear()

    def abort(self) -> None:
        """Makes the run's waiting operations give up, because another one failed."""
        self.aborted = True
        self.cancellation.wake()

    def check(self) -> None:
        """Raises when the run is cancelled or its time is over."""
        if self.aborted:
            raise errors.CancelledError(None, None, "Another operation of the run failed.")
        if self.cancellation.cancelled:
            raise errors.CancelledError(None, None, "Session has been closed.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")

    def wait_for(self, condition: threading.Condition, predicate: Callable[[], bool]) -> None:
        """Waits, holding `condition`, until `predicate()` is true.

        Raises:
          CancelledError: the session was closed meanwhile.
          DeadlineExceededError: the run's timeout passed.
        """
        self.cancellation.enter(condition)
        try:
            while not predicate():
                self.check()
                left = None if self.deadline is None else self.deadline - time.monotonic()
                condition.wait(None if left is None else max(left, 0.0))
        finally:
            self.cancellation.leave()


class RunKernel(kernel.KernelContext):
    """The `k` of a stateful kernel when interpreting.

    Attributes:
      run: the run.
      op: the operation.
    """

    __slots__ = ("op", "run")
    np = numpy

    def __init__(self, run: Run, op: Operation) -> None:
        self.run = run
        self.op = op

    def resource(self, make: Callable[[], Any]) -> Any:
        """The session resource of the operation, made at first use."""
        attrs = self.op.attrs
        return self.run.resources.get_or_make(
            attrs.get("container", ""),
            self.op.type,
            attrs.get("shared_name", "") or self.op.name,
            make,
        )

    def state(self, make: Callable[[], Any]) -> Any:
        """State of the operation's kernel in this session, made at first use."""
        states = self.run.kernel_states
        found = states.get(self.op)
        if found is None:
            found = states.setdefault(self.op, make())
        return found

    def philox(self, steps: int) -> Any:
        """Reserves counter steps of the operation's generator; returns its state before them."""
        return self.generator().reserve(steps)

    def generator(self) -> Any:
        """The operation's generator in this session."""
        attrs = self.op.attrs
        return self.state(lambda: philox.PhiloxState(attrs.get("seed", 0), attrs.get("seed2", 0)))

    def read(self, cell: Cell) -> Any:
        """The value of a variable."""
        return cell.read()

    def write(self, cell: Cell, value: Any) -> None:
        """Sets the value of a variable; undone when the run fails."""
        value = self.own(value)
        self.run.journal.append((cell, cell.stored, value))
        cell.stored = value

    def call(self, function: Any, arguments: Any) -> list[Any]:
        """Executes a function body; returns its results."""
        from headrace._src.engine import functions

        return functions.call(function.graph, arguments, self.run, self.op)

    def loop(self, cond: Any, body: Any, values: Any) -> list[Any]:
        """Executes a function body on its own results while `cond` holds; returns the last."""
        from headrace._src.engine import functions

        return functions.loop(cond.graph, body.graph, values, self.run, self.op)

    def own(self, value: Any) -> Any:
        """`value` in a form that may be kept after the run: nobody else can write into it."""
        return owned(value, self.run.borrowed)
