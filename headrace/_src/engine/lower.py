"""Lowering: some steps of a plan as one traced function.

Lowering is partial evaluation: what is known while tracing is a NumPy value and goes through the
same kernels on NumPy; the rest is traced. Variables are threaded: their values come in as
arguments, their new values go out as results. Conditions that a kernel needs (`k.require`) become
one more result; `guard` then keeps every old value where they do not hold.

Inventory of a `Lowering`:
  unit, plan: what is lowered.       cells: the variables, in the order of `unit.cells`.
  _state: variable → traced value.   _written: the variables written so far.
  random: operation that draws random numbers → its row of generator words.
  held: the variables that have a value.
  draws: how many counter steps each of them reserves.
  _required: traced conditions.      _bounds: (input, limit) conditions that the host can check.
  _parts: id of a traced value → the input that holds all its elements.
  _distinct: ids of traced values that hold nothing twice.
  _promised: id of a traced value → the limit that its elements are below, by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._src.core import errors, kernel
from headrace._src.core.operation import Operation
from headrace._src.engine import backend, philox
from headrace._src.engine.partition import Unit
from headrace._src.engine.plan import Plan, reads
from headrace._src.engine.resources import Cell

# Larger arrays that hold one value only are broadcast by the compiled code, not stored in it.
_UNIFORM_LIMIT: Final = 1024


class NotLowerable(Exception):  # noqa: N818
    """An operation cannot be compiled; the message says which and why.

    Attributes:
      op: the operation, or None when it is not known which.
    """

    def __init__(self, message: str, op: Operation | None = None) -> None:
        super().__init__(message)
        self.op = op


class Layout(NamedTuple):
    """How a lowered function fits a unit; positions only, so that it can be stored.

    Attributes:
      inputs: positions of the unit's inputs that are arguments.
      reads: positions of the variables whose values are arguments.
      writes: positions of the variables whose new values are results.
      draws: counter steps of each random operation, in order.
      outputs: positions of the unit's outputs that are results.
      known: (position of an output, its value) where lowering found it.
      bounds: (position of an input, limit): integers that must lie in [0, limit).
      checked: whether the last result says if all conditions hold.
    """

    inputs: tuple[int, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    draws: tuple[int, ...]
    outputs: tuple[int, ...]
    known: tuple[tuple[int, Any], ...]
    bounds: tuple[tuple[int, int], ...]
    checked: bool


class XlaRunKernel(kernel.XlaKernelContext):
    """The `k` of kernels while lowering.

    Attributes:
      op: the operation.
    """

    __slots__ = ("_lowering", "op")

    def __init__(self, lowering: Lowering, op: Operation) -> None:
        super().__init__()
        self._lowering = lowering
        self.op = op

    def resource(self, make: Any) -> Any:
        """Refuses: resources are looked up before a unit runs."""
        raise NotLowerable(f"{self.op.name} ({self.op.type}) makes a resource", self.op)

    def state(self, make: Any) -> Any:
        """Refuses: such state lives on the host."""
        raise NotLowerable(f"{self.op.name} ({self.op.type}) keeps state on the host", self.op)

    def philox(self, steps: int) -> Any:
        """The generator words of this operation, an argument of the compiled function."""
        return self._lowering.draw(self.op, steps)

    def read(self, cell: Cell) -> Any:
        """The traced value of a variable."""
        return self._lowering.read(cell)

    def write(self, cell: Cell, value: Any) -> None:
        """Sets the traced value of a variable."""
        self._lowering.write(cell, value)

    def own(self, value: Any) -> Any:
        """`value`: traced values are never written into."""
        return value

    def require(self, condition: Any) -> None:
        """Makes the compiled code fail unless `condition`, a traced or known bool, holds."""
        self._lowering.require(condition, self.op)

    def require_within(self, indices: Any, limit: int) -> None:
        """Makes the compiled code fail unless all of `indices` lie in [0, limit)."""
        self._lowering.require_within(indices, limit, self.op)

    def require_below(self, indices: Any, limit: int) -> None:
        """Makes the compiled code fail unless all of `indices` are below `limit`."""
        self._lowering.require_below(indices, limit, self.op)

    def promise_distinct(self, values: Any) -> None:
        """Says that `values`, a result of this kernel, hold nothing twice but what pads them."""
        self._lowering.promise_distinct(values)

    def distinct(self, values: Any) -> bool:
        """Whether `values` are known to hold nothing twice but what pads them."""
        return self._lowering.is_distinct(values)

    def promise_within(self, values: Any, limit: int) -> None:
        """Says that `values`, a result of this kernel, lie in [0, limit): nobody need check."""
        self._lowering.promise_within(values, limit)


class Lowering:
    """One unit being turned into one function; see the module's docstring.

    Args:
      unit: the unit.
      plan: its plan.
      slots: the plan's slots: variables and the static inputs are in place.
    """

    def __init__(self, unit: Unit, plan: Plan, slots: Sequence[Any]) -> None:
        self.unit = unit
        self.plan = plan
        self.slots = list(slots)
        self.cells: list[Cell] = [slots[plan.slots[t]] for t in unit.cells]
        self.held = [c for c in dict.fromkeys(self.cells) if c.stored is not None]
        self.dynamic = [i for i, t in enumerate(unit.inputs) if t not in unit.static]
        self.random = {op: row for row, op in enumerate(unit.random)}
        self.draws: dict[Operation, int] = {}
        self.known: dict[int, Any] = {}
        self.traced_outputs: list[int] = []
        self._state: dict[Cell, Any] = {}
        self._written: dict[Cell, None] = {}
        self._required: list[Any] = []
        self._bounds: dict[tuple[int, int], None] = {}
        self._parts: dict[int, int] = {}
        self._promised: dict[int, int] = {}
        self._distinct: set[int] = set()
        self._kept: list[Any] = []
        self._words: Any = None

    # -- what kernels ask for ------------------------------------------------------------------

    def read(self, cell: Cell) -> Any:
        """The traced value of a variable.

        Raises:
          FailedPreconditionError: it has none.
        """
        if cell not in self._state:
            cell.read()
            raise NotLowerable(f"the variable {cell.name} is not an input of its unit")
        return self._state[cell]

    def write(self, cell: Cell, value: Any) -> None:
        """Sets the traced value of a variable."""
        if value is None:
            raise NotLowerable(f"the variable {cell.name} is destroyed")
        self._state[cell] = value
        self._written[cell] = None

    def draw(self, op: Operation, steps: int) -> Any:
        """The generator words for a random op."""
        if op in self.draws or op not in self.random:
            raise NotLowerable(f"{op.name} ({op.type}) draws more than once", op)
        self.draws[op] = steps
        return philox.PhiloxDraw.from_array(self._words[self.random[op]])

    def require(self, condition: Any, op: Operation) -> None:
        """Notes a condition; one that is known not to hold is left to the interpreter."""
        if isinstance(condition, backend.jax().Array):
            self._required.append(condition)
        elif not np.all(condition):
            raise NotLowerable(f"{op.name} ({op.type}) fails", op)

    def require_within(self, indices: Any, limit: int, op: Operation) -> None:
        """Notes that indices must lie in [0, limit): checked by the host where it has them."""
        if self._promised.get(id(indices), limit + 1) <= limit:
            return
        part = self._parts.get(id(indices))
        if part is not None:
            self._bounds[part, int(limit)] = None
            return
        inside = (indices >= 0) & (indices < limit)
        if self.is_distinct(indices):
            inside |= indices == np.iinfo(indices.dtype).max
        self.require(inside, op)

    def require_below(self, indices: Any, limit: int, op: Operation) -> None:
        """Notes that indices must be below `limit`."""
        if self._promised.get(id(indices), limit + 1) > limit:
            self.require(indices < limit, op)

    def promise_distinct(self, values: Any) -> None:
        """Notes that values hold nothing twice but what pads them."""
        self._distinct.add(id(values))
        self._kept.append(values)

    def is_distinct(self, values: Any) -> bool:
        """Whether values are known to hold nothing twice but what pads them."""
        return id(values) in self._distinct

    def promise_within(self, values: Any, limit: int) -> None:
        """Notes that values lie in [0, limit) by construction."""
        self._promised[id(values)] = int(limit)
        self._kept.append(values)

    # -- tracing -------------------------------------------------------------------------------

    def trace(self, inputs: Sequence[Any], states: Sequence[Any], words: Any) -> Any:
        """The body of the compiled function: all kernels over traced slots.

        Args:
          inputs: values of the dynamic inputs.     states: values of the variables that have one.
          words: generator words, one row for each random operation.

        Returns:
          (new values of the variables written, outputs, [whether all conditions hold]).
        """
        slots = self.slots
        self._words = words
        self._state = dict(zip(self.held, states, strict=True))
        before = dict(self._state)
        for i, value in zip(self.dynamic, inputs, strict=True):
            slots[self.plan.slots[self.unit.inputs[i]]] = value
            self._mark(value, i)
        for step in self.unit.steps:
            self._trace_step(step.op, slots)
        outputs = []
        for i, t in enumerate(self.unit.outputs):
            value = slots[self.plan.slots[t]]
            if isinstance(value, backend.jax().Array):
                self.traced_outputs.append(i)
                outputs.append(value)
            else:
                self.known[i] = value
        ok = self._all_required()
        if ok is not None and any(
            c not in before or np.shape(before[c]) != np.shape(self._state[c])
            for c in self._written
        ):
            raise NotLowerable("a checked unit gives a variable its first value")
        return [self._state[c] for c in self._written], outputs, [] if ok is None else [ok]

    def _all_required(self) -> Any:
        if not self._required:
            return None
        xp = backend.jax().numpy
        ok = xp.all(self._required[0])
        for condition in self._required[1:]:
            ok = ok & xp.all(condition)
        return ok

    def _mark(self, value: Any, part: int) -> None:
        """Notes that all elements of a traced value are elements of one input."""
        self._parts[id(value)] = part
        self._kept.append(value)

    def layout(self) -> Layout:
        """How the traced function fits the unit."""
        position = {c: i for i, c in reversed(list(enumerate(self.cells)))}
        return Layout(
            tuple(self.dynamic),
            tuple(position[c] for c in self.held),
            tuple(position[c] for c in self._written),
            tuple(self.draws.get(op, 0) for op in self.random),
            tuple(self.traced_outputs),
            tuple(self.known.items()),
            tuple(self._bounds),
            bool(self._required),
        )

    def _trace_step(self, op: Operation, slots: list[Any]) -> None:
        try:
            results = self._results(op, slots)
        except (NotLowerable, errors.OpError):
            raise
        except Exception as e:
            # What the interpreter would refuse, too, it reports with its own words.
            raise NotLowerable(f"{op.name} ({op.type}): {type(e).__name__}: {e}", op) from e
        for t, value in zip(op.outputs, results, strict=True):
            if isinstance(value, np.ndarray) and value.dtype.kind == "O":
                raise NotLowerable(f"{op.name} ({op.type}) gives strings", op)
            slots[self.plan.slots[t]] = value

    def _results(self, op: Operation, slots: list[Any]) -> Sequence[Any]:
        array = backend.jax().Array
        spec = op.spec
        if spec.host_only or spec.xla is None:
            raise NotLowerable(f"{op.name} ({op.type}) runs on the host only", op)
        args = [slots[self.plan.slots[t]] for t in op._inputs]
        if spec.xla_ignores:
            named = zip(args, spec.flat_inputs(op), strict=True)
            args = [None if a.name in spec.xla_ignores else v for v, a in named]
        if spec.forwards_reference and args and isinstance(args[0], Cell):
            self.read(args[0])
            return args[:1]
        for p in reads(op, self.plan.cells):
            if args[p] is not None:
                args[p] = self.read(args[p])
        for position, arg in enumerate(spec.flat_inputs(op)) if spec.static else ():
            if arg.name in spec.static and isinstance(args[position], array):
                raise NotLowerable(
                    f"input {arg.name!r} of {op.name} ({op.type}) must be known before lowering", op
                )
        impure = spec.has_effects or spec.random or spec.needs_op
        if args and not impure and not any(isinstance(a, array) for a in args):
            result: Any = spec.bind(op)(kernel.HOST, *args)
        else:
            args = [_lifted(a) for a in args]
            result = spec.bind(op, xla=True)(XlaRunKernel(self, op), *args)
        results = (result,) if spec.single_output else result or ()
        keeps = spec.preserves_elements
        if args and results and (keeps(op) if callable(keeps) else keeps):
            part = self._parts.get(id(args[0]))
            if part is not None:
                self._mark(results[0], part)
            if id(args[0]) in self._promised:
                self.promise_within(results[0], self._promised[id(args[0])])
        return results


def _lifted(value: Any) -> Any:
    """A known array that holds one value only, broadcast by compiled code instead of stored."""
    if not isinstance(value, np.ndarray) or value.size < _UNIFORM_LIMIT:
        return value
    first = value.flat[0]
    if not np.array_equal(value, np.broadcast_to(first, value.shape), equal_nan=False):
        return value
    return backend.jax().numpy.full(value.shape, first, value.dtype)


def avals(values: Sequence[Any]) -> list[Any]:
    """The shapes and dtypes of run-time values, as tracing takes them."""
    struct = backend.jax().ShapeDtypeStruct
    return [struct(np.shape(v), v.dtype) for v in values]


def lowered(
    unit: Unit, plan: Plan, slots: Sequence[Any], inputs: Sequence[Any]
) -> tuple[Any, Layout]:
    """A unit as one jaxpr of flat arguments: variables, inputs, then generator words.

    Args:
      unit: the unit.          plan: its plan.
      slots: the plan's slots, with variables and static inputs in place.
      inputs: values, or shapes and dtypes, of the inputs that are not static.

    Returns:
      (the closed jaxpr, how it fits the unit).

    Raises:
      NotLowerable: an operation cannot be compiled.
      OpError: a variable has no value.
    """
    jax = backend.jax()
    lowering = Lowering(unit, plan, slots)
    held = [c.stored for c in lowering.held]
    words = jax.ShapeDtypeStruct((len(lowering.random), 6), np.uint32)
    if any(v.dtype.kind == "O" for v in (*held, *inputs)):
        raise NotLowerable("a variable or an input holds strings")

    def flat(*args: Any) -> Any:
        states, rest = args[: len(held)], args[len(held) :]
        written, outputs, ok = lowering.trace(rest[:-1], states, rest[-1])
        return [*written, *outputs, *ok]

    with np.errstate(all="ignore"), backend.wide():
        closed = jax.make_jaxpr(flat)(*avals(held), *avals(inputs), words)
    return closed, lowering.layout()
