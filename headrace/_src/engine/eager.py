"""Executing one operation at once: what eager execution is to the engine.

State inventory of `EagerEngine`:
  resources: what outlives a call; variables belong to their handles, not to names.
  states: (op type, attrs) → state of a kernel, such as a random generator.
  _tiered: function body → its plan and tier.
  trace: where the times of what functions execute go, or None.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._src.core import eager_inputs, errors, kernel
from headrace._src.core.operation import Operation
from headrace._src.core.quiet import begin, end
from headrace._src.engine import functions, tiers
from headrace._src.engine.devices import Devices
from headrace._src.engine.resources import Cell, ResourceManager
from headrace._src.engine.run import Cancellation, Run, RunKernel
from headrace._src.engine.tiered import Tiered

_NO_LOCK = contextlib.nullcontext()


class EagerEngine:
    """Executes operations; one for the process."""

    def __init__(self) -> None:
        self.resources = ResourceManager()
        self.states: dict[Any, Any] = {}
        self._kernel_states: dict[Any, Any] = {}
        self._cancellation = Cancellation()
        self._local = threading.local()
        self.trace: list[Any] | None = None
        self._tiered: weakref.WeakKeyDictionary[Any, Tiered] = weakref.WeakKeyDictionary()
        # Loops and bodies of functions ask whether they may be compiled, and where, as sessions
        # say it: here on whatever device JAX chooses.
        self._jit = tiers.mode()
        self._devices: Devices | None = None

    def _run(self) -> Run:
        run: Run | None = getattr(self._local, "run", None)
        if run is None:
            run = Run(self, self.resources, self._kernel_states, self._cancellation)
            self._local.run = run
        run.trace = self.trace
        return run

    def forget_states(self) -> None:
        """Makes every random operation start anew."""
        self.states.clear()
        self._kernel_states.clear()

    def execute(self, op: Operation, values: Sequence[Any]) -> Sequence[Any]:
        """Executes an operation on run-time values; returns those of its outputs.

        Raises:
          OpError: the kernel failed; every variable is as it was before.
        """
        spec = op.spec
        pure = not (
            spec.has_effects
            or spec.random
            or spec.blocking
            or spec.calls_functions
            or spec.needs_op
            or spec.handle
        )
        run = None
        try:
            with np.errstate(all="ignore"):
                if pure:
                    result = spec.bind(op)(kernel.HOST, *values)
                else:
                    run = self._run()
                    result = self._stateful(op, values, run)
        except Exception as e:
            if run is not None:
                run.undo()
            raise worded(e, op) from (None if isinstance(e, errors.OpError) else e)
        if run is not None:
            run.journal.clear()
        return (result,) if spec.single_output else result or ()

    def execute_bound(self, op: Operation, bound: Callable[..., Any], values: Sequence[Any]) -> Any:
        """Executes a kernel about variables whose attrs are bound; returns what it gives.

        Raises:
          OpError: the kernel failed; every variable is as it was before.
        """
        run = self._run()
        quiet = begin()
        try:
            with run.resources.lock:
                result = bound(EagerKernel(run, op, self), *values)
        except Exception as e:
            run.undo()
            raise worded(e, op) from (None if isinstance(e, errors.OpError) else e)
        finally:
            end(quiet)
        run.journal.clear()
        return result

    def call(self, graph: Any, arguments: Sequence[Any], run: Run) -> list[Any]:
        """Calls the body of a function."""
        return functions.called(self.tiered(graph), graph, arguments, run, self._jit)

    def tiered(self, graph: Any) -> Tiered:
        """The plan of a function's body with its tier."""
        plan = functions.plan_of(graph)
        tiered = self._tiered.get(graph)
        if tiered is None or tiered.plan is not plan:
            tiered = self._tiered[graph] = Tiered(plan, functions.elements_of(graph))
        return tiered

    def _stateful(self, op: Operation, values: Sequence[Any], run: Run) -> Any:
        spec = op.spec
        exclusive = not (spec.blocking or spec.calls_functions) and any(
            isinstance(v, Cell) for v in values
        )
        with run.resources.lock if exclusive else _NO_LOCK:
            return spec.bind(op)(EagerKernel(run, op, self), *values)


class Prepared:
    """The body of a function, ready to be called again and again.

    Args:
      engine: what executes it.
      graph: the body; none of its arguments and results is the reference of a variable.
    """

    __slots__ = ("_engine", "_feeds", "_graph", "_outputs", "_tiered")

    def __init__(self, engine: EagerEngine, graph: Any) -> None:
        self._engine = engine
        self._graph = graph
        self._tiered = engine.tiered(graph)
        plan = self._tiered.plan
        self._feeds = plan.feeds
        self._outputs = [(plan.slots[t], t.dtype.name == "resource") for t in graph.outputs]

    def is_current(self) -> bool:
        """Whether the body is still what it was."""
        graph = self._graph
        plan = self._tiered.plan
        return graph.plan is plan and plan.mutations == graph._version + graph._mutations

    def __call__(self, values: Sequence[Any], borrowed: set[int] | None = None) -> list[Any]:
        """Executes the body on the values of its arguments; returns those of its results.

        Args:
          values: the values.
          borrowed: the ids of arrays among them into which their owner may write later.

        Raises:
          Exception: a kernel failed; every variable is as it was before.
        """
        engine = self._engine
        run = engine._run()
        if borrowed is not None:
            run.borrowed = borrowed
        tiered = self._tiered
        slots = functions.started(tiered.plan, run)
        for slot, value in zip(self._feeds, values, strict=True):
            slots[slot] = value
        try:
            tiered.execute(slots, run, engine._jit)
        finally:
            run.journal.clear()
            if borrowed is not None:
                run.borrowed = set()
        return [
            slots[i].read() if not resource and type(slots[i]) is Cell else slots[i]
            for i, resource in self._outputs
        ]


class EagerKernel(RunKernel):
    """The `k` of a stateful kernel in eager execution."""

    __slots__ = ("_engine",)

    def __init__(self, run: Run, op: Operation, engine: EagerEngine) -> None:
        super().__init__(run, op)
        self._engine = engine

    def call(self, function: Any, arguments: Any) -> list[Any]:
        """Calls a function body; returns its results."""
        return self._engine.call(function.graph, arguments, self.run)

    def resource(self, make: Callable[[], Any]) -> Any:
        """A new resource: it lives as long as its handle, whatever its name."""
        made = make()
        if isinstance(made, Cell):
            made.guard = self.run.resources.lock
        return made

    def state(self, make: Callable[[], Any]) -> Any:
        """State shared by operations of one type and equal attrs, as 1.15 caches kernels."""
        attrs = self.op.attrs
        key = (self.op.type, *(f"{k}={attrs[k]!r}" for k in sorted(attrs)))
        states = self._engine.states
        found = states.get(key)
        if found is None:
            found = states.setdefault(key, make())
        return found


def worded(e: Exception, op: Operation) -> Exception:
    """The error of a failed kernel with the op type and the name, as 1.15 words it."""
    place = eager_inputs.place(op.type, op.name)
    if isinstance(e, errors.OpError):
        if e.op is not None:
            return e
        kind: Any = type(e)
        return kind(None, None, f"{e.message}{place}")  # type: ignore[no-any-return]
    if isinstance(e, NotImplementedError):
        return errors.UnimplementedError(None, None, f"{e}{place}")
    if isinstance(e, (ValueError, TypeError, IndexError, ArithmeticError)):
        return errors.InvalidArgumentError(None, None, f"{e}{place}")
    return e
