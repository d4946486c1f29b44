"""Lowering: a plan as one `jax.jit` function.

Lowering is partial evaluation: what is known while tracing is a NumPy value and goes through the
same kernels on NumPy; the rest is traced. Variables
are threaded: their values come in as arguments, their new values go out as results and are stored
together at the end.

Inventory of a `Lowering`:
  plan: the plan.            feeds: fed arrays, by slot.
  cells: variables met, in order; `state` maps each to its traced value.
  draws: (operation, counter steps) of each random op, in order; their generator words are
    arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.core import kernel
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import feed as feed_lib
from headrace._src.engine import fetch as fetch_lib
from headrace._src.engine import philox
from headrace._src.engine.plan import Plan, reads
from headrace._src.engine.resources import Cell
from headrace._src.engine.run import Run, RunKernel


class NotLowerable(Exception):  # noqa: N818
    """A plan holds an operation that cannot be compiled; the message says which and why."""


class XlaRunKernel(kernel.XlaKernelContext):
    """The `k` of a stateful kernel while lowering."""

    __slots__ = ("_lowering", "op", "run")

    def __init__(self, lowering: Lowering, op: Operation) -> None:
        super().__init__()
        self._lowering = lowering
        self.op = op
        self.run = lowering.run

    def resource(self, make: Any) -> Any:
        """The session resource of the operation."""
        found = RunKernel(self.run, self.op).resource(make)
        if not isinstance(found, Cell):
            raise NotLowerable(f"{self.op.name} ({self.op.type}) keeps state on the host")
        return found

    def philox(self, steps: int) -> Any:
        """The generator words of this operation, an argument of the compiled function."""
        return self._lowering.draw(self.op, steps)

    def read(self, cell: Cell) -> Any:
        """The traced value of a variable."""
        return self._lowering.read(cell)

    def write(self, cell: Cell, value: Any) -> None:
        """Sets the traced value of a variable."""
        self._lowering.state[cell] = value

    def own(self, value: Any) -> Any:
        """`value`: traced values are never written into."""
        return value


class Lowering:
    """One plan being turned into one compiled function; see the module's docstring."""

    def __init__(self, plan: Plan, run: Run, static_feeds: dict[int, Any]) -> None:
        self.plan = plan
        self.run = run
        self.static_feeds = static_feeds
        self.cells: dict[Cell, None] = {}
        self.written: list[Cell] = []
        self.draws: list[tuple[Operation, int]] = []
        self.state: dict[Cell, Any] = {}
        self._words: Any = None

    def read(self, cell: Cell) -> Any:
        """The traced value of a variable; its value before the run when it was not written yet."""
        if cell not in self.state:
            self.cells.setdefault(cell)
            # Found by the probing trace; the final trace has it among its arguments.
            self.state[cell] = cell.read()
        return self.state[cell]

    def draw(self, op: Operation, steps: int) -> Any:
        """The generator words for a random op: a constant when probing, an argument later."""
        if self._words is None:
            self.draws.append((op, steps))
            return philox.PhiloxDraw.from_array(np.zeros(6, np.uint32) + _traced_zero())
        position = self._position
        self._position += 1
        return philox.PhiloxDraw.from_array(self._words[position])

    def trace(self, feeds: Sequence[Any], states: Sequence[Any], words: Any) -> Any:
        """The body of the compiled function: all kernels over traced slots.

        Returns:
          (values of the fetched tensors, new values of the variables written).
        """
        self._words = words
        self._position = 0
        self.state = dict(zip(self.cells, states, strict=False))
        before = dict(self.state)
        slots = list(self.plan.template)
        for slot, value in zip(self._dynamic_slots(), feeds, strict=True):
            slots[slot] = value
        for slot, value in self.static_feeds.items():
            slots[slot] = value
        for step in self.plan.every_step:
            self._trace_step(step.op, slots)
        self.written = [c for c, v in self.state.items() if before.get(c) is not v]
        fetched = [
            self.read(slots[s]) if isinstance(slots[s], Cell) else slots[s]
            for s in self.plan.outputs
            if s is not None
        ]
        for value in fetched:
            if isinstance(value, np.ndarray) and value.dtype.kind == "O":
                raise NotLowerable("a string is fetched")
        return fetched, [self.state[c] for c in self.written]

    def _dynamic_slots(self) -> list[int]:
        return [s for s in self.plan.feeds if s not in self.static_feeds]

    def _trace_step(self, op: Operation, slots: list[Any]) -> None:
        import jax

        spec = op.spec
        if spec.host_only or spec.xla is None:
            raise NotLowerable(f"{op.name} ({op.type}) runs on the host only")
        args = [slots[self.plan.slots[t]] for t in op._inputs]
        for p in reads(op, self.plan.cells):
            args[p] = self.read(args[p])
        for position, arg in enumerate(spec.flat_inputs(op)):
            value = args[position]
            if isinstance(value, np.ndarray) and value.dtype.kind == "O":
                raise NotLowerable(f"{op.name} ({op.type}) takes strings")
            if arg.name in spec.static and isinstance(value, jax.Array):
                raise NotLowerable(
                    f"input {arg.name!r} of {op.name} ({op.type}) must be known before lowering"
                )
        k: Any = _CONTEXT.get()
        if spec.has_effects or spec.random or spec.needs_op:
            k = XlaRunKernel(self, op)
            result = spec.bind(op, xla=True)(k, *args)
        elif args and not any(isinstance(a, jax.Array) for a in args):
            result = spec.bind(op)(kernel.HOST, *args)
        else:
            result = spec.bind(op, xla=True)(k, *args)
        if spec.single_output:
            slots[self.plan.slots[op.outputs[0]]] = result
        elif op.outputs:
            for t, value in zip(op.outputs, result, strict=True):
                slots[self.plan.slots[t]] = value


class _Context:
    """The context of stateless kernels while lowering, made when JAX is first needed."""

    def __init__(self) -> None:
        self._made: kernel.XlaKernelContext | None = None

    def get(self) -> kernel.XlaKernelContext:
        """The context."""
        if self._made is None:
            self._made = kernel.XlaKernelContext()
        return self._made


_CONTEXT = _Context()


def _traced_zero() -> Any:
    import jax.numpy as jnp

    return jnp.zeros(6, jnp.uint32)


def compile_fetches(session: Any, fetches: Any, feed_dict: Any = None, static: bool = False) -> Any:
    """Runs fetches as one compiled function; the session's variables are updated as by `run`.

    Args:
      session: the session.
      fetches: as for `Session.run`.
      feed_dict: as for `Session.run`.
      static: whether integer and boolean feeds count as known before lowering.

    Raises:
      NotLowerable: an operation cannot be compiled.
    """
    import jax

    structure = fetch_lib.FetchStructure(session.graph, fetches)
    feeds = []
    for key, value in (feed_dict or {}).items():
        for tensor, part in feed_lib.expand_feeds(session.graph, key):
            feed = feed_lib.Feed(session.graph, tensor)
            feeds.append((tensor, feed.bind(value if part is None else value[part])))
    plan = Plan(structure.elements, [t for t, _ in feeds], fold=False)
    run = Run(session, session._resources, session._kernel_states, session._cancellation)
    static_feeds = {
        slot: value
        for slot, (_, value) in zip(plan.feeds, feeds, strict=True)
        if value.dtype.kind == "O" or (static and value.dtype.kind in "iub")
    }
    dynamic = [v for s, (_, v) in zip(plan.feeds, feeds, strict=True) if s not in static_feeds]
    lowering = Lowering(plan, run, static_feeds)
    with _x64(), np.errstate(all="ignore"):
        jax.eval_shape(lambda f: lowering.trace(f, (), None), dynamic)
        words = [RunKernel(run, op).philox(steps).to_array() for op, steps in lowering.draws]
        states = [c.value for c in lowering.cells]
        # Only values of dtypes that XLA knows may cross the border of a compiled function.
        fetched, written = jax.jit(lowering.trace)(dynamic, states, words)
    for cell, value in zip(lowering.written, written, strict=True):
        cell.value = np.asarray(value)
    values = iter([np.asarray(v) for v in fetched])
    return structure.build(
        [_scalar(next(values)) if isinstance(e, Tensor) else None for e in structure.elements]
    )


def _scalar(value: np.ndarray[Any, Any]) -> Any:
    return value[()] if value.ndim == 0 else value


def _x64() -> Any:
    """64-bit types inside, whatever the user's own JAX configuration says."""
    import jax

    return jax.enable_x64(True)
