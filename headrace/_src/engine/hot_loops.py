"""Hot loops: a loop that the interpreter drives goes on compiled once it has shown to be long.

The rest of the loop is one unit, whose inputs are the present values. It is called for so many
iterations at a time that cancellation and timeouts are noticed between calls. Lists have a fixed
capacity during a call; a call ends when one is full, and the next one gives it more.

State inventory of `HotLoop`:
  _segment: the unit and its programs.      _names: for each argument the body's tensor for it.
  refused: whether the loop turned out not to be lowerable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from headrace._src.core.operation import Operation
from headrace._src.engine import backend, costs, hot_bodies, list_values, partition, structures
from headrace._src.engine.lower_loops import FINISHED, FULL, STATES
from headrace._src.engine.plan import STATEFUL, Step
from headrace._src.engine.resources import Cell, on_host
from headrace._src.engine.run import Run
from headrace._src.engine.segment import Segment
from headrace._src.engine.traced_lists import TracedList

# The iteration at which a loop is looked at first, and then each time there are twice as many.
FIRST_LOOK: Final = 64
# The static cost, in microseconds, that pays for compiling the rest: of the iterations so far where
# JAX has to be imported first, and where not, or of those that the loop had before; and the cost
# that pays for calling what is compiled already.
_WORTH_STARTING: Final = 150_000.0
_WORTH_COMPILING: Final = 50_000.0
_WORTH_CALLING: Final = 300.0
# How much work, in microseconds, one call should do, and the most iterations of one.
_CALL: Final = 200_000.0
_MOST: Final = 1 << 20
# How much longer a list that grows is made, and how many bytes may be spent on more than twice.
_GROWTH: Final = 8
_SPARE: Final = 1 << 22


class _Cold(Exception):  # noqa: N818
    """The compiled code refused: the interpreter has to go on."""


class _Node:
    """A loop as an operation of its own, each of whose inputs is another tensor."""

    def __init__(self, op: Operation, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        self._inputs = list(inputs)
        self._control_inputs: list[Operation] = []
        self.outputs = list(outputs)
        self.spec = op.spec
        self.attrs = op.attrs
        self.type = op.type
        self.name = op.name
        self.called = op.called
        self.origin = op.origin


class _Plan:
    """What a segment asks of the plan of a single operation."""

    def __init__(self, node: _Node, cells: set[Any]) -> None:
        self.slots = {t: i for i, t in enumerate([*node._inputs, *node.outputs])}
        self.cells = cells
        self.fed = frozenset(node._inputs)
        self.template: list[Any] = [None] * (len(self.slots) + 1)
        self._known: set[Operation] = set()

    def is_shared(self, t: Any) -> bool:
        """Whether several operations take a value: there is only one."""
        return False

    def source(self, t: Any) -> Any:
        """The tensor that stands for another: itself."""
        return t


class _LoopSegment(Segment):
    # Lists that grow make the same code over again for each of a few capacities.
    eager_programs = 16

    def warn(self, signature: Any) -> None:
        """Says nothing: it is not the program's doing."""

    def interpret(self, slots: list[Any], run: Run) -> None:
        """The interpreter is at it already."""
        raise _Cold


class HotLoop:
    """The compiled form of a loop in one session; see the module's docstring."""

    def __init__(
        self,
        op: Operation,
        body: Any,
        values: Sequence[Any],
        changing: Sequence[int],
        limit: int,
    ) -> None:
        node: Any = _Node(op, body.inputs, op.outputs)
        self._cells = [i for i, v in enumerate(values) if isinstance(v, Cell)]
        cells = {body.inputs[i] for i in self._cells}
        plan: Any = _Plan(node, {t for t in cells if t.dtype._is_ref_dtype})
        step = Step(STATEFUL, lambda *args: None, tuple(range(len(values))), (), (), node)
        unit = partition.Unit(True, [step])
        unit.inputs = [t for t in body.inputs if t not in cells]
        unit.cells = [t for t in body.inputs if t in cells]
        unit.static = frozenset(partition.static_inputs(node, plan))
        unit.outputs = [node.outputs[i] for i in changing]
        unit.limit = limit
        self._plan = plan
        self._segment = _LoopSegment(unit, plan, donate=False)
        self._changing = list(changing)
        self.refused = bool(unit.static.intersection(body.inputs[i] for i in changing))

    def run(self, values: list[Any], lengths: Sequence[int | None], run: Run) -> tuple[bool, int]:
        """Executes iterations from `values`, in place.

        Args:
          values: the present values.
          lengths: for each of them that is a list, how long it was when the loop began.
          run: the run.

        Returns:
          (whether the loop has ended, how many iterations there were).
        """
        first = len(values)
        trips = 0
        for i in self._changing:
            values[i] = _placed(values[i], lengths[i])
        try:
            while True:
                slots = [*values, *self._plan.template[first:]]
                self._segment.run(slots, run)
                for i in self._changing:
                    values[i] = slots[first + i]
                more, state = divmod(slots[-1], STATES)
                trips += more
                if state == FINISHED:
                    return True, trips
                run.check()
                if state == FULL:
                    for i in self._changing:
                        values[i] = _grown(values[i])
        except _Cold:
            self.refused = self._segment.rejected is not None or bool(self._segment.refused)
            return False, trips
        finally:
            for i in self._changing:
                values[i] = on_host(values[i])


def _placed(value: Any, before: int | None) -> Any:
    """A list of the host with room to grow, if it has grown so far; other values as they are."""
    if before is None:
        return value
    length = max(value.length, 1)
    found = list_values.placed(value, 1 << (length - 1).bit_length())
    return _grown(found) if value.length > before else found


def _grown(value: Any) -> Any:
    """A list with more room."""
    if not isinstance(value, TracedList):
        return value
    kind = structures.of(value)
    size = sum(a.nbytes for a in structures.leaves(value))
    growth = _GROWTH if size * _GROWTH <= _SPARE else 2
    with backend.wide():
        return structures.coerced(value, (*kind[:4], max(kind[4], 1) * growth, *kind[5:]))


def continued(
    op: Operation,
    graphs: tuple[Any, Any],
    values: list[Any],
    changing: Sequence[int],
    lengths: Sequence[int | None],
    trips: int,
    run: Run,
) -> tuple[bool, int]:
    """Goes on with a loop in compiled code if that pays.

    Args:
      op: the loop.
      graphs: its condition and its body.
      values: its present values; afterwards those after the last compiled iteration.
      changing: the positions of those that an iteration may change.
      lengths: for each of them that is a list, how long it was when the loop began.
      trips: how many iterations there were.
      run: the run.

    Returns:
      (whether the loop has ended, how many iterations there were here).
    """
    if run.session is None or run.session._jit == "off":
        return False, 0
    slow, fast = map(sum, zip(*[costs.of_plan(g.plan) for g in graphs], strict=True))
    key = ("hot loop", op)
    found: HotLoop | None = run.kernel_states.get(key)
    before = graphs[1].plan.trips
    least = _WORTH_CALLING
    if found is None:
        least = _WORTH_COMPILING if before or backend.started() else _WORTH_STARTING
    if slow * max(trips, before) < least:
        return False, 0
    if found is None:
        if not partition.lowerable(op):
            return False, 0
        limit = int(min(max(_CALL / max(fast, 0.01), FIRST_LOOK), _MOST))
        limit = 1 << (limit.bit_length() - 1)
        found = run.kernel_states.setdefault(key, HotLoop(op, graphs[1], values, changing, limit))
    ended, more = (False, 0) if found.refused else found.run(values, lengths, run)
    if found.refused:
        hot_bodies.note_refusal(op, run)
    return ended, more


__all__ = ["FIRST_LOOK", "HotLoop", "continued"]
