"""The interpreter: executes a plan's steps one after another with NumPy kernels."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.core import errors, kernel
from headrace._src.core.operation import Operation
from headrace._src.core.quiet import begin, end
from headrace._src.engine import costs
from headrace._src.engine import plan as plan_lib
from headrace._src.engine.plan import MANY, MULTIPLE, ONE, TWO, Plan, Step
from headrace._src.engine.resources import Cell
from headrace._src.engine.run import Run, RunKernel

_NO_LOCK = contextlib.nullcontext()


def execute(plan: Plan, slots: list[Any], run: Run) -> None:
    """Executes every step of a plan over `slots`.

    Raises:
      OpError: a kernel failed; every variable is as it was before.
    """
    quiet = begin()
    try:
        place_handles(plan, slots, run)
        execute_plan(plan, slots, run)
    except BaseException:
        run.undo()
        raise
    finally:
        end(quiet)


def execute_plan(plan: Plan, slots: list[Any], run: Run) -> None:
    """Executes the steps in the way that the plan and the run ask for."""
    if plan.has_blocking > 1:
        _execute_concurrently(plan, slots, run)
    elif plan.costs is None:
        found: dict[Operation, tuple[float, float]] = {}
        for step in plan.steps:
            run.check()
            execute_step(step, slots, run, found)
        plan.costs = found
    else:
        execute_steps(plan.steps, slots, run)


def execute_steps(steps: Sequence[Step], slots: list[Any], run: Run) -> None:
    """Executes steps one after another."""
    if run.trace is not None or run.deadline is not None:
        for step in steps:
            run.check()
            execute_step(step, slots, run)
    else:
        _execute_fast(steps, slots, run)


def place_handles(plan: Plan, slots: list[Any], run: Run) -> None:
    """Looks up the resources that the plan's operations name, and keeps them in its template."""
    if not plan.handles or plan.handle_version == run.resources.version:
        return
    version = run.resources.version
    for step in plan.handles:
        execute_step(step._replace(free=()), plan.template, run)
        slots[step.outputs[0]] = plan.template[step.outputs[0]]
    plan.handle_version = version


def _execute_fast(steps: Sequence[Step], slots: list[Any], run: Run) -> None:
    step = None
    try:
        for step in steps:
            kind, call, inputs, outputs, free, _, _ = step
            if kind == TWO:
                a, b = inputs
                slots[outputs] = call(slots[a], slots[b])
            elif kind == ONE:
                slots[outputs] = call(slots[inputs])
            elif kind == MANY:
                slots[outputs] = call(*[slots[i] for i in inputs])
            elif kind == MULTIPLE:
                for slot, value in zip(
                    outputs, call(*[slots[i] for i in inputs]) or (), strict=False
                ):
                    slots[slot] = value
            else:
                _execute_stateful(step, slots, run)
            for slot in free:
                slots[slot] = None
    except Exception as e:
        assert step is not None
        raise runtime_error(e, step, slots) from _cause(e)


def execute_step(
    step: Step,
    slots: list[Any],
    run: Run,
    found: dict[Operation, tuple[float, float]] | None = None,
) -> None:
    """Executes one step, with tracing and full error context; adds its static cost to `found`."""
    start = time.time()
    run.spent = (0.0, 0.0)
    try:
        kind, call, inputs, outputs, _, _, _ = step
        if kind == plan_lib.STATEFUL:
            _execute_stateful(step, slots, run)
        elif kind == MULTIPLE:
            for slot, value in zip(outputs, call(*[slots[i] for i in inputs]) or (), strict=False):
                slots[slot] = value
        else:
            positions = (inputs,) if kind == ONE else inputs
            slots[outputs] = call(*[slots[i] for i in positions])
    except Exception as e:
        raise runtime_error(e, step, slots) from _cause(e)
    if found is not None:
        found[step.op] = costs.of_step(step, slots, run.spent)
    for slot in step.free:
        slots[slot] = None
    if run.trace is not None:
        run.trace.append((step.op, start, time.time()))


def _execute_stateful(step: Step, slots: list[Any], run: Run) -> None:
    op = step.op
    spec = op.spec
    args = [slots[i] for i in step.inputs]
    for p in step.reads:
        args[p] = args[p].read()
    k = RunKernel(run, op)
    # Reading, changing and writing a variable is one act towards other runs; the operations of a
    # function's body take the lock one by one.
    exclusive = not (spec.blocking or spec.calls_functions) and any(
        isinstance(a, Cell) for a in args
    )
    with run.resources.lock if exclusive else _NO_LOCK:
        if exclusive and not spec.allows_uninitialized and spec.ref_inputs:
            for a, arg in zip(args, spec.flat_inputs(op), strict=True):
                if arg.is_ref and isinstance(a, Cell):
                    a.read()
        result = step.call(k, *args)
    if spec.single_output:
        slots[step.outputs[0]] = result
    elif step.outputs:
        for slot, value in zip(step.outputs, result, strict=True):
            slots[slot] = value


# -- several blocking operations -------------------------------------------------------------------


def _execute_concurrently(plan: Plan, slots: list[Any], run: Run) -> None:
    """Executes a plan in which several operations may wait for each other.

    Everything that is ready and cannot wait runs first, on this thread; then every ready blocking
    operation gets a thread.
    """
    by_op = {step.op: step._replace(free=()) for step in plan.steps}
    waiting, followers = plan_lib.dependencies(by_op, plan.fed)
    ready = [op for op in by_op if not waiting[op]]
    done = threading.Condition()
    finished: list[tuple[Operation, BaseException | None]] = []
    running = 0
    failure: BaseException | None = None

    def attempt(op: Operation) -> BaseException | None:
        try:
            with np.errstate(all="ignore"):
                execute_step(by_op[op], slots, run)
        except BaseException as e:  # raised by the thread that runs the plan, once all have ended
            return e
        return None

    def work(op: Operation) -> None:
        error = attempt(op)
        with done:
            finished.append((op, error))
            done.notify_all()

    def settle(op: Operation, error: BaseException | None) -> None:
        nonlocal failure
        if error is not None:
            # The first failure is the cause; those that give up because of it follow.
            failure = failure or error
            ready.clear()
            run.abort()
            return
        for f in followers.get(op, ()):
            waiting[f] -= 1
            if not waiting[f] and failure is None:
                ready.append(f)

    while ready or running:
        ready.sort(key=plan_lib.precedence)
        while ready and not ready[0].spec.blocking:
            op = ready.pop(0)
            settle(op, attempt(op))
            ready.sort(key=plan_lib.precedence)
        for op in ready:
            threading.Thread(target=work, args=(op,), daemon=True).start()
            running += 1
        ready.clear()
        if running:
            with done:
                while not finished:
                    done.wait()
                batch, finished[:] = list(finished), []
            for op, error in batch:
                running -= 1
                settle(op, error)
    if failure is not None:
        raise failure


# -- errors ----------------------------------------------------------------------------------------


def _worded(e: Exception, step: Step, slots: list[Any]) -> Exception:
    """The error in the words of the kernel, where a plain function was called in its place."""
    spec = step.op.spec
    if spec.direct_rule is None:
        return e
    args = [slots[i] for i in step.input_slots]
    try:
        spec.bind(step.op)(kernel.HOST, *[a.read() if isinstance(a, Cell) else a for a in args])
    except Exception as worded:
        return worded
    return e


def _cause(e: BaseException) -> BaseException | None:
    """Our own errors say all there is to say; foreign ones stay visible as the cause."""
    return None if isinstance(e, errors.OpError) else e


def runtime_error(e: Exception, step: Step, slots: list[Any]) -> Exception:
    """The error of a failed kernel, completed with the node, the user's line and its inputs."""
    e = _worded(e, step, slots)
    op = _reader(e, step, slots)
    if isinstance(e, errors.OpError):
        if e.op is not None:
            return e
        kind: Any = type(e)
        message = e.message
    elif isinstance(e, MemoryError):
        kind, message = errors.ResourceExhaustedError, f"OOM: {e}"
    elif isinstance(e, NotImplementedError):
        kind, message = errors.UnimplementedError, str(e)
    elif isinstance(e, (ValueError, TypeError, IndexError, ArithmeticError)):
        kind, message = errors.InvalidArgumentError, str(e)
    else:
        kind, message = errors.UnknownError, f"{type(e).__name__}: {e}"
    made = "" if op.origin is None else f" (defined at {op.origin}) "
    lines = [message, f"\t [[node {op.name}{made}]]"]
    named = zip(step.op._inputs, step.input_slots, strict=True)
    shown = [f"{t.name}: {_describe(slots[i])}" for t, i in named]
    if shown:
        lines.append(f"\t inputs: {', '.join(shown[:8])}")
    return kind(None, op, "\n".join(lines))  # type: ignore[no-any-return]


def _reader(e: Exception, step: Step, slots: list[Any]) -> Operation:
    """The operation to name: for a variable without a value the identity that reads it, if any."""
    if isinstance(e, errors.FailedPreconditionError):
        for t, i in zip(step.op._inputs, step.input_slots, strict=True):
            cell = slots[i]
            if t.op.spec.forwards_reference and isinstance(cell, Cell) and cell.stored is None:
                return t.op
    return step.op


def _describe(value: Any) -> str:
    """dtype, shape and, when small, the elements of a run-time value."""
    if isinstance(value, Cell):
        return f"variable {value.dtype.name}"
    if not isinstance(value, (np.ndarray, np.generic)):
        return type(value).__name__
    text = f"{value.dtype}[{','.join(map(str, value.shape))}]"
    if value.size <= 8 and value.dtype.kind != "O":
        text += f" = {np.array2string(np.asarray(value), separator=', ', threshold=8)}"
    return text.replace("\n", "")
