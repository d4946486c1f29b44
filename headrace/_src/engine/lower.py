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
  drawn: how many counter steps each of them has drawn so far, an int or a traced int64.
  guess: how many iterations a loop is taken to have that fills a list, where nobody knows better.
  _required: traced conditions.      _bounds: (input, limit) conditions that the host can check.
  _needed: what loops say that outran the guess.   _depth: how many functions are being traced.
  _ranges: id of a traced whole number → between which numbers it lies.
  _elements: id of a traced vector → the scalars that it was made of.
  _parts: id of a traced value → the input that holds all its elements.
  _distinct: ids of traced values that hold nothing twice.
  _rooms: how many arrays were made by `room`.
  _promised: id of a traced value → the limit that its elements are below, by construction.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._src.core import errors, kernel
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import backend, philox, structures
from headrace._src.engine.lower_kernel import XlaRunKernel
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.partition import Unit
from headrace._src.engine.plan import Plan, reads
from headrace._src.engine.resources import Cell
from headrace._src.engine.traced_lists import TracedList, TracedOptional
from headrace._src.native import library

# How many iterations are guessed at first.
FIRST_GUESS: Final = 32
# Larger arrays that hold one value only are broadcast by the compiled code, not stored in it.
_UNIFORM_LIMIT: Final = 1024


class Layout(NamedTuple):
    """How a lowered function fits a unit; positions only, so that it can be stored.

    Attributes:
      inputs: positions of the unit's inputs that are arguments.
      reads: positions of the variables whose values are arguments.
      writes: positions of the variables whose new values are results.
      draws: counter steps of each random operation, in order; None where they are a result.
      outputs: positions of the unit's outputs that are results.
      structures: what each of them consists of, see `structures`.
      known: (position of an output, its value) where lowering found it.
      bounds: (position of an input, limit): integers that must lie in [0, limit).
      cut: whether a result tells how far the outermost loop came, see `lower_loops.STATES`.
      exceeds: whether a result says how many iterations lists must have room for; 0 if they have.
      checked: whether the last result says if all conditions hold.
    """

    inputs: tuple[int, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    draws: tuple[int | None, ...]
    outputs: tuple[int, ...]
    structures: tuple[Any, ...]
    known: tuple[tuple[int, Any], ...]
    bounds: tuple[tuple[int, int], ...]
    cut: bool
    exceeds: bool
    checked: bool


class Lowering:
    """One unit being turned into one function; see the module's docstring.

    Args:
      unit: the unit.
      plan: its plan.
      slots: the plan's slots: variables and the static inputs are in place.
      guess: see the module's docstring.
    """

    def __init__(
        self, unit: Unit, plan: Plan, slots: Sequence[Any], guess: int = FIRST_GUESS
    ) -> None:
        self.guess = guess
        self.unit = unit
        self.plan = plan
        self.slots = list(slots)
        self.cells: list[Cell] = [slots[plan.slots[t]] for t in unit.cells]
        self.held = [c for c in dict.fromkeys(self.cells) if c.stored is not None]
        self.dynamic = [i for i, t in enumerate(unit.inputs) if t not in unit.static]
        self.random = {op: row for row, op in enumerate(unit.random)}
        self.drawn: dict[Operation, Any] = {}
        self.known: dict[int, Any] = {}
        self.traced_outputs: list[int] = []
        self.structures: list[Any] = []
        self._state: dict[Cell, Any] = {}
        self._written: dict[Cell, None] = {}
        self._required: list[Any] = []
        self._bounds: dict[tuple[int, int], None] = {}
        self._parts: dict[int, int] = {}
        self._promised: dict[int, int] = {}
        self._distinct: set[int] = set()
        self._kept: list[Any] = []
        self._words: Any = None
        self._ranges: dict[int, tuple[int | None, int | None]] = {}
        self._elements: dict[int, list[Any]] = {}
        self._needed: list[Any] = []
        self._own: set[Cell] = set()
        self._depth = 0
        self._limit = unit.limit
        self._reported: Any = 0
        self._rooms = 0

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
        if op not in self.random:
            raise NotLowerable(f"{op.name} ({op.type}) draws from a generator of its own", op)
        drawn = self.drawn.get(op, 0)
        self.drawn[op] = drawn + steps
        words = self._words[self.random[op]]
        if structures.is_traced(drawn) or drawn:
            words = philox.advanced(words, drawn)
        return philox.PhiloxDraw.from_array(words)

    def require(self, condition: Any, op: Operation) -> None:
        """Notes a condition; one that is known not to hold is left to the interpreter."""
        if isinstance(condition, backend.jax().Array):
            self._required.append(condition)
        elif not np.all(condition):
            if not self._depth:
                raise NotLowerable(f"{op.name} ({op.type}) fails", op)
            # Perhaps the function that fails is never executed.
            self._required.append(np.bool_(False))

    def note(self, ok: Any) -> None:
        """Notes whether the conditions of a function that was traced apart hold."""
        self._required.append(ok)

    def exceed(self, needed: Any) -> None:
        """Notes how many iterations lists must have room for; 0 where there is room enough."""
        self._needed.append(needed)

    def require_within(self, indices: Any, limit: int, op: Operation) -> None:
        """Notes that indices must lie in [0, limit): checked by the host where it has them."""
        if self._promised.get(id(indices), limit + 1) <= limit:
            return
        low, high = self.range_of(indices)
        if low is not None and high is not None and low >= 0 and high < limit:
            return
        part = self._parts.get(id(indices))
        if part is not None and not self._depth:
            self._bounds[part, int(limit)] = None
            return
        inside = (indices >= 0) & (indices < limit)
        if self.is_distinct(indices):
            inside |= indices == np.iinfo(indices.dtype).max
        self.require(inside, op)

    def require_range(self, value: Any, low: int | None, high: int | None, op: Operation) -> None:
        """Notes that a whole number must lie in [low, high]."""
        least, most = self.range_of(value)
        if low is not None and (least is None or least < low):
            self.require(value >= low, op)
        if high is not None and (most is None or most > high):
            self.require(value <= high, op)

    def range_of(self, value: Any) -> tuple[int | None, int | None]:
        """Between which numbers a scalar whole number is known to lie."""
        if isinstance(value, (int, np.generic, np.ndarray)):
            array = np.asarray(value)
            if array.size == 1 and array.dtype.kind in "iu":
                number = int(array.reshape(()))
                return number, number
        return self._ranges.get(id(value), (None, None))

    def promise_range(self, value: Any, low: int | None, high: int | None) -> None:
        """Notes between which numbers a traced whole number lies by construction."""
        self._ranges[id(value)] = (low, high)
        self._kept.append(value)

    def note_elements(self, vector: Any, elements: Sequence[Any]) -> None:
        """Notes of what scalars a traced vector was made."""
        self._elements[id(vector)] = list(elements)
        self._kept.append(vector)

    def elements_of(self, vector: Any) -> list[Any]:
        """The elements of a vector, known ones where it was made of them."""
        return self._elements.get(id(vector)) or list(vector)

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

    # -- functions -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def scope(self) -> Iterator[Lowering]:
        """A context in which a function is traced apart: what it does to state stays inside."""
        outside = (self._state, self._written, self.drawn, self._required, self._needed)
        self._state, self._written, self.drawn = dict(self._state), {}, dict(self.drawn)
        self._required, self._needed = [], []
        self._depth += 1
        try:
            yield self
        finally:
            self._depth -= 1
            self._state, self._written, self.drawn, self._required, self._needed = outside

    @property
    def scope_key(self) -> Any:
        """An object that only the function has that is being traced."""
        return self._required

    def place(self, cell: Cell, value: Any) -> None:
        """Sets what a function that is traced apart finds in a variable."""
        self._state[cell] = value

    def written(self) -> list[Cell]:
        """The variables written so far that are not a function's own."""
        return [c for c in self._written if c not in self._own]

    def needs(self) -> Any:
        """How many iterations lists must have room for, None when that is sure to be enough."""
        xp = backend.jax().numpy
        return functools.reduce(xp.maximum, self._needed) if self._needed else None

    def take_limit(self) -> int | None:
        """How many iterations the outermost loop may make; None: all."""
        limit, self._limit = self._limit, None
        return limit

    def room(self, shape: Sequence[int], dtype: Any) -> Any:
        """An array whose elements nobody reads before they are replaced.

        Zeros would have to be written, and XLA makes one array of all zeros of one shape, so that
        a loop that fills several has to copy them first.
        """
        if not library.serves_room(shape, dtype):
            return backend.jax().numpy.zeros(shape, dtype)
        self._rooms += 1
        return library.lower_room(shape, dtype, self._rooms)

    def report(self, state: Any) -> None:
        """Notes how far the outermost loop came."""
        self._reported = state

    def argument(self, t: Tensor, value: Any) -> Any:
        """What the body of a function finds in an argument."""
        if t.dtype._is_ref_dtype and not isinstance(value, Cell):
            # A plain value where the body takes a reference: a variable of this call's own.
            cell = Cell(t.op.name, t.dtype.base_dtype, t.dims)
            self._own.add(cell)
            self._state[cell] = value
            return cell
        return value

    # -- tracing -------------------------------------------------------------------------------

    def trace(self, inputs: Sequence[Any], states: Sequence[Any], words: Any) -> Any:
        """The body of the compiled function: all kernels over traced slots.

        Args:
          inputs: values of the dynamic inputs.     states: values of the variables that have one.
          words: generator words, one row for each random operation.

        Returns:
          (new values of the variables written, what follows them: outputs, steps drawn, iterations
          needed, whether all conditions hold).
        """
        slots = self.slots
        self._words = words
        self._state = dict(zip(self.held, states, strict=True))
        before = dict(self._state)
        for i, value in zip(self.dynamic, inputs, strict=True):
            if self.unit.limit is not None and isinstance(value, TracedList):
                value = value.replaced(fixed=True)
            slots[self.plan.slots[self.unit.inputs[i]]] = value
            self._mark(value, i)
        for step in self.unit.steps:
            self.step(step.op, self.plan, slots)
        results: list[Any] = []
        for i, t in enumerate(self.unit.outputs):
            value = slots[self.plan.slots[t]]
            if structures.is_traced(value):
                if isinstance(value, TracedOptional):
                    raise NotLowerable(f"{t.name}, an optional, leaves compiled code", t.op)
                self.traced_outputs.append(i)
                self.structures.append(structures.of(value))
                results += structures.leaves(value)
            else:
                self.known[i] = value
        results += [n for op in self.random if structures.is_traced(n := self.drawn.get(op, 0))]
        if self.unit.limit is not None:
            results.append(backend.jax().numpy.asarray(self._reported, np.int64))
        needed, ok = self.needs(), self.condition()
        checks = [x for x in (needed, ok) if x is not None]
        written = self.written()
        if checks and any(
            before.get(c) is None or np.shape(before[c]) != np.shape(self._state[c])
            for c in written
        ):
            raise NotLowerable("a checked unit gives a variable its first value")
        return [self._state[c] for c in written], [*results, *checks]

    def condition(self) -> Any:
        """Whether all conditions hold; None when there are none."""
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
        drawn = [self.drawn.get(op, 0) for op in self.random]
        return Layout(
            tuple(self.dynamic),
            tuple(position[c] for c in self.held),
            tuple(position[c] for c in self.written()),
            tuple(None if structures.is_traced(n) else n for n in drawn),
            tuple(self.traced_outputs),
            tuple(self.structures),
            tuple(self.known.items()),
            tuple(self._bounds),
            self.unit.limit is not None,
            bool(self._needed),
            bool(self._required),
        )

    def step(self, op: Operation, plan: Plan, slots: list[Any]) -> None:
        """Traces one operation of a plan over its slots."""
        try:
            results = self._results(op, plan, slots)
        except (NotLowerable, errors.OpError) as e:
            if not op.spec.calls_functions:
                raise
            # Whatever a function does that cannot be compiled, the call stays on the host.
            raise NotLowerable(f"{op.name} ({op.type}): {str(e).splitlines()[0]}", op) from e
        except Exception as e:
            # What the interpreter would refuse, too, it reports with its own words.
            raise NotLowerable(f"{op.name} ({op.type}): {type(e).__name__}: {e}", op) from e
        for t, value in zip(op.outputs, results, strict=True):
            if isinstance(value, np.ndarray) and value.dtype.kind == "O":
                raise NotLowerable(f"{op.name} ({op.type}) gives strings", op)
            slots[plan.slots[t]] = value

    def _results(self, op: Operation, plan: Plan, slots: list[Any]) -> Sequence[Any]:
        spec = op.spec
        if spec.host_only or spec.xla is None:
            raise NotLowerable(f"{op.name} ({op.type}) runs on the host only", op)
        args = [slots[plan.slots[t]] for t in op._inputs]
        if spec.xla_ignores:
            named = zip(args, spec.flat_inputs(op), strict=True)
            args = [None if a.name in spec.xla_ignores else v for v, a in named]
        if spec.forwards_reference and args and isinstance(args[0], Cell):
            if op._inputs[0].dtype.name != "resource":
                self.read(args[0])
            return args[:1]
        for p in reads(op, plan.cells):
            if args[p] is not None:
                args[p] = self.read(args[p])
        static = spec.static_inputs(op) if spec.static else ()
        for position, arg in enumerate(spec.flat_inputs(op)) if static else ():
            if arg.name in static and structures.is_traced(args[position]):
                raise NotLowerable(
                    f"input {arg.name!r} of {op.name} ({op.type}) must be known before lowering", op
                )
        if spec.calls_functions:
            result: Any = spec.bind(op, xla=True)(XlaRunKernel(self, op, plan), *args)
            return (result,) if spec.single_output else result or ()
        compound = any(t.dtype.name == "variant" for t in op.outputs)
        impure = spec.has_effects or spec.random or spec.needs_op
        if args and not (impure or compound or any(map(structures.is_traced, args))):
            result = spec.bind(op)(kernel.HOST, *args)
        else:
            args = [_lifted(a) for a in args]
            result = spec.bind(op, xla=True)(XlaRunKernel(self, op, plan), *args)
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
    unit: Unit,
    plan: Plan,
    slots: Sequence[Any],
    inputs: Sequence[Any],
    guess: int = FIRST_GUESS,
) -> tuple[Any, Layout]:
    """A unit as one jaxpr of flat arguments: variables, inputs, then generator words.

    Args:
      unit: the unit.          plan: its plan.
      slots: the plan's slots, with variables and static inputs in place.
      inputs: values, or shapes and dtypes, of the inputs that are not static.
      guess: how many iterations a loop is taken to have that fills a list.

    Returns:
      (the closed jaxpr, how it fits the unit).

    Raises:
      NotLowerable: an operation cannot be compiled.
      OpError: a variable has no value.
    """
    jax = backend.jax()
    lowering = Lowering(unit, plan, slots, guess)
    held = [c.stored for c in lowering.held]
    kinds = [structures.of(v) for v in inputs]
    arrays = [a for v in inputs for a in structures.leaves(v)]
    words = jax.ShapeDtypeStruct((len(lowering.random), 6), np.uint32)
    if any(v.dtype.kind == "O" for v in (*held, *arrays)):
        raise NotLowerable("a variable or an input holds strings")

    def flat(*args: Any) -> Any:
        states, rest = args[: len(held)], args[len(held) :]
        leaves = iter(rest[:-1])
        values = [structures.rebuilt(kind, leaves) for kind in kinds]
        written, results = lowering.trace(values, states, rest[-1])
        return [*written, *results]

    with np.errstate(all="ignore"), backend.wide():
        closed = jax.make_jaxpr(flat)(*avals(held), *avals(arrays), words)
    return closed, lowering.layout()
