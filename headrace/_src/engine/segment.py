"""Segment: a lowerable unit of a plan in one session: compiled where it pays, else interpreted.

Inventory of a `Segment`:
  unit, plan: what it runs.       donate: whether old values of variables may be given up.
  place: the device it runs on.
  programs: signature → `Program`, or None where the unit could not be compiled.
  waiting: signature → how often it was met before it was compiled.
  guesses: signature → how many iterations a loop is taken to have that fills a list.
  refused: why signatures could not be compiled.
  rejected: an operation found not to be lowerable; the plan is then partitioned anew.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import errors
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import backend, functions, interpret, list_values, structures
from headrace._src.engine.devices import HOST, Place
from headrace._src.engine.lower import FIRST_GUESS
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.partition import Unit
from headrace._src.engine.plan import Plan
from headrace._src.engine.program import Program, compiled
from headrace._src.engine.resources import Cell, on_host
from headrace._src.engine.run import Run, RunKernel
from headrace._src.engine.traced_lists import TracedList

# The first signatures are compiled when they are met; a later one once it was met as often as
# there are programs, so that dimensions that keep changing do not compile without end.
_EAGER_PROGRAMS: Final = 3
_MOST_PROGRAMS: Final = 32
_NEVER_MET: Final = object()
_NO_LOCK: Final = contextlib.nullcontext()


class Segment:
    """One unit that can be compiled; see the module's docstring."""

    eager_programs = _EAGER_PROGRAMS

    def __init__(self, unit: Unit, plan: Plan, donate: bool, place: Place = HOST) -> None:
        self.unit = unit
        self.plan = plan
        self.donate = donate
        self.place = place
        slots = plan.slots
        self._inputs = [slots[t] for t in unit.inputs]
        self._dynamic = [slots[t] for t in unit.inputs if t not in unit.static]
        self._static = [slots[t] for t in unit.inputs if t in unit.static]
        self._cells = [slots[t] for t in unit.cells]
        self._outputs = [slots[t] for t in unit.outputs]
        self._aliases = [(slots[t], slots[source]) for t, source in unit.aliases]
        dynamic = [t for t in unit.inputs if t not in unit.static]
        self._variants = [i for i, t in enumerate(dynamic) if t.dtype.name == "variant"]
        self._loops = any(s.op.spec.calls_functions for s in unit.steps)
        own = {s.op for s in unit.steps}
        # How much an operation in a function draws is known behind the call only.
        self._exclusive = bool(self._cells) or not own.issuperset(unit.random)
        self.programs: dict[Any, Program | None] = {}
        self.guesses: dict[Any, int] = {}
        self.waiting: dict[Any, int] = {}
        self.rejected: Operation | None = None
        self.refused: list[str] = []
        self._warned = False

    def run(self, slots: list[Any], run: Run) -> None:
        """Executes the unit over `slots`, on the host; variables are committed together."""
        if self._loops and run.deadline is not None:
            # Compiled loops cannot be interrupted.
            self.interpret(slots, run)
            return
        with run.resources.lock if self._exclusive else _NO_LOCK:
            cells = [slots[i] for i in self._cells]
            states = [c.stored for c in cells]
            values = [slots[i] for i in self._dynamic]
            if self._variants:
                values = self._with_lists(values)
                if any(type(values[i]) is not TracedList for i in self._variants):
                    # Optionals, datasets and the like.
                    self.interpret(slots, run)
                    return
            signature = (
                tuple([v.shape for v in values]),
                tuple([None if v is None else v.shape for v in states]),
            )
            if self._static:
                signature += tuple([_frozen(slots[i]) for i in self._static])
            program = self.programs.get(signature, _NEVER_MET)
            if program is _NEVER_MET:
                program = self._met(signature, slots, values)
            while isinstance(program, Program):
                needed: list[int] = []
                if self.call(program, cells, values, slots, run, needed):
                    return
                program = self._with_more_room(needed, signature, slots, values)
        try:
            self.interpret(slots, run)
        except Exception:
            # What was refused is the program's own mistake: the operation may well be lowerable.
            if self.rejected is not None:
                self.rejected = None
                self.programs.pop(signature, None)
            raise

    def interpret(self, slots: list[Any], run: Run) -> None:
        """Executes the unit with NumPy kernels."""
        for i in self._inputs:
            slots[i] = on_host(slots[i])
        with np.errstate(all="ignore"):
            interpret.execute_steps(self.unit.steps, slots, run)

    def call(
        self,
        program: Program,
        cells: Sequence[Cell],
        values: Sequence[Any],
        slots: list[Any],
        run: Run,
        needed: list[int] | None = None,
    ) -> bool:
        """Calls compiled code; whether it succeeded. Nothing has changed when it did not.

        Args:
          program: what to call.
          cells: the unit's variables.          values: its inputs that are not static.
          slots: where outputs go.              run: the run.
          needed: gets how many iterations lists must have room for, where they have too little.
        """
        layout = program.layout
        for position, limit in layout.bounds:
            indices = np.asarray(slots[self._inputs[position]])
            if indices.size and not (0 <= indices.min() and indices.max() < limit):
                return False
        array = backend.jax().Array
        with backend.on(self.place.device):
            held = [_placed(cells[i].stored, array) for i in layout.reads]
            if self._variants:
                values = [a for v in values for a in structures.leaves(v)]
            if layout.draws:
                words, drawn = self._words(layout.draws, run)
                results = program.call(*held, *values, words, *program.constants)
            else:
                drawn = []
                results = program.call(*held, *values, *program.constants)
        n = len(layout.writes)
        failed = layout.checked and not bool(results[-1])
        exceeded = int(results[-1 - layout.checked]) if layout.exceeds else 0
        if exceeded and needed is not None:
            needed.append(exceeded)
        if failed or exceeded:
            for state, counter in drawn:
                state.counter = counter
            if self.donate:
                # What the failed code gave back is the old values.
                for position, value in zip(layout.writes, results, strict=False):
                    cells[position].stored = value
            return False
        for position, value in zip(layout.writes, results, strict=False):
            cell = cells[position]
            if not self.donate:
                run.journal.append((cell, cell.stored, value))
            cell.stored = value
        leaves = iter(results[n:])
        for position, kind in zip(layout.outputs, layout.structures, strict=True):
            slots[self._outputs[position]] = structures.rebuilt(kind, leaves)
        for (state, _), steps in zip(drawn, layout.draws, strict=True):
            if steps is None:
                state.reserve(int(next(leaves)))
        if layout.cut:
            slots[-1] = int(next(leaves))
        if not layout.outputs and n and values:
            # The caller may write into what was fed once the run has returned.
            results[0].block_until_ready()
        for position, value in layout.known:
            slots[self._outputs[position]] = value
        for slot, source in self._aliases:
            slots[slot] = slots[source]
        return True

    def _words(self, draws: Sequence[int | None], run: Run) -> tuple[Any, list[tuple[Any, int]]]:
        """The generator words of the random operations, and the states to go back to."""
        words = np.zeros((len(draws), 6), np.uint32)
        before = []
        for i, (op, steps) in enumerate(zip(self.unit.random, draws, strict=True)):
            kernel = RunKernel(run, op)
            state = kernel.generator()
            before.append((state, state.counter))
            words[i] = state.reserve(steps or 0).words
        return words, before

    def _with_lists(self, values: list[Any]) -> list[Any]:
        """The values with lists of the host as compiled code takes them."""
        values = list(values)
        with backend.wide():
            for i in self._variants:
                values[i] = list_values.placed(values[i])
        return values

    def _first_guess(self) -> int:
        """How many iterations loops are taken to have: what they had while interpreted."""
        if not self._loops:
            return FIRST_GUESS
        seen = max(functions.most_trips(s.op) for s in self.unit.steps)
        return _power_above(max(seen, FIRST_GUESS))

    def _with_more_room(
        self, needed: Sequence[int], signature: Any, slots: list[Any], values: Sequence[Any]
    ) -> Program | None:
        """The program to call in place of one that failed because its lists were too short."""
        if not needed:
            return None
        guess = self.guesses[signature]
        self.guesses[signature] = max(2 * guess, _power_above(needed[0]))
        self.programs.pop(signature)
        return self._met(signature, slots, values)

    def _met(self, signature: Any, slots: list[Any], values: Sequence[Any]) -> Program | None:
        """The program of a signature that has none yet; None while it stays interpreted."""
        n = len(self.programs)
        count = self.waiting[signature] = self.waiting.get(signature, 0) + 1
        if n >= self.eager_programs:
            self.warn(signature)
            if n >= _MOST_PROGRAMS or count < n:
                return None
        for i, v in enumerate(values):
            if not isinstance(v, (np.ndarray, np.generic, backend.jax().Array, TracedList)):
                raise TypeError(f"{self._dynamic[i]}: {type(v).__name__} in compiled code")
        try:
            guess = self.guesses.setdefault(signature, self._first_guess())
            program = compiled(
                self.unit, self.plan, slots, values, self.donate, self.place.device, guess
            )
        except errors.OpError:
            # A variable without a value: the interpreter says which.
            return None
        except NotLowerable as e:
            self.rejected = e.op
            self.refused.append(str(e).splitlines()[0])
            program = None
        self.programs[signature] = program
        # Without variables no lock is held: another thread may have met it at the same time.
        self.waiting.pop(signature, None)
        return program

    def warn(self, signature: Any) -> None:
        """Says once which input keeps changing."""
        if self._warned:
            return
        self._warned = True
        known = list(self.programs)
        dynamic = [t for t in self.unit.inputs if t not in self.unit.static]
        shapes = [
            t for i, t in enumerate(dynamic) if any(k[0][i] != signature[0][i] for k in known)
        ]
        static = [t for t in self.unit.inputs if t in self.unit.static]
        values = [
            t for i, t in enumerate(static) if any(k[2 + i] != signature[2 + i] for k in known)
        ]
        what = []
        if shapes:
            what.append(f"the shape of {', '.join(self._origins(shapes)[:4])}")
        if values:
            what.append(f"the value of {', '.join(self._origins(values)[:4])}, which sets shapes,")
        logging.getLogger("tensorflow").warning(
            "%s keeps changing: the part of the graph that depends on it was compiled for %d "
            "cases. Further cases are interpreted until they have come often. Pad what is fed to "
            "a few sizes to run at full speed.",
            " and ".join(what) or "the shape of a variable",
            len(known),
        )

    def _origins(self, tensors: Sequence[Tensor]) -> list[str]:
        """Names of the fed tensors that tensors come from; of the tensors where none is fed."""
        found: dict[str, None] = {}
        for tensor in tensors:
            seen = {tensor}
            stack = [tensor]
            fed = []
            while stack:
                t = stack.pop()
                if t in self.plan.fed:
                    fed.append(t.name)
                    continue
                new = [i for i in t.op._inputs if i not in seen]
                seen.update(new)
                stack += new
            found.update(dict.fromkeys(sorted(fed) or [tensor.name]))
        return list(found)


def _power_above(number: int) -> int:
    """The least power of two that is not below a number."""
    return 1 << (number - 1).bit_length()


def _frozen(value: Any) -> Any:
    value = np.asarray(value)
    return value.shape, value.tobytes()


def _placed(value: Any, array: Any) -> Any:
    """The value of a variable as an array of the device, in memory of its own."""
    if isinstance(value, array):
        return value
    return backend.jax().numpy.array(value, copy=True)
