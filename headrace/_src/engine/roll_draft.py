"""A loop in the making: columns of equations, one of every step, and what they read.

A draft is *settled* when it is legal: every operand comes from the same step, from one a fixed
number of steps earlier, or from outside, and nothing outside lies between two equations of the
loop. Columns that stand in the way are dropped: their equations stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jax.extend import core

from headrace._src.engine.roll_anchors import work_of
from headrace._src.engine.roll_graph import Graph, literal_key

HOLE = -1
# Steps that a value may take to the one that reads it.
_LONGEST_DELAY = 3

_CHEAP = frozenset(
    "add sub mul neg sign abs max min square integer_pow transpose convert_element_type "
    "ge gt le lt eq ne not and or select_n broadcast_in_dim reshape squeeze".split()
)


class Inner(NamedTuple):
    """An operand made by the same step: column and output."""

    column: int
    output: int


class Carry(NamedTuple):
    """An operand made `delay` steps earlier; `first` are its values before there was one.

    `first` is None for a sum that starts with its first term: it begins with nothing.
    """

    column: int
    output: int
    delay: int
    first: tuple[Any, ...] | None


class Same(NamedTuple):
    """An operand that is the same in every step."""

    atom: Any


class Each(NamedTuple):
    """An operand that every step has its own of, known before the loop."""

    atoms: tuple[Any, ...]


Operand = Inner | Carry | Same | Each


@dataclass(slots=True)
class Stretch:
    """A loop found in a graph.

    Inventory:
      columns: for each place in the body, its equation in every step (HOLE in the first step of a
      sum that starts with its first term).      operands: for each column, its inputs.
      tail: equations outside that depend on the loop.
    """

    columns: list[list[int]]
    operands: list[list[Operand]]
    tail: set[int] = field(default_factory=set)

    @property
    def steps(self) -> int:
        """How often the body runs."""
        return len(self.columns[0])

    @property
    def saved(self) -> int:
        """How many equations a loop is shorter."""
        return (self.steps - 1) * len(self.columns)


def _same_atom(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, core.Literal) and isinstance(b, core.Literal):
        return bool(literal_key(a) == literal_key(b))
    return False


class Draft:
    """Columns cut to some steps, made legal by dropping columns."""

    def __init__(self, graph: Graph, columns: list[list[int]]) -> None:
        self.graph = graph
        self.columns: dict[int, list[int]] = dict(enumerate(columns))
        self.owner: dict[int, tuple[int, int]] = {}
        for place, column in self.columns.items():
            self.own(place, column)
        self.tail: set[int] = set()
        self.operands: dict[int, list[Operand]] = {}

    @property
    def steps(self) -> int:
        """How often the body runs."""
        return len(next(iter(self.columns.values())))

    @property
    def saved(self) -> int:
        """How many equations a loop is shorter."""
        return (self.steps - 1) * len(self.columns)

    def own(self, place: int, column: list[int]) -> None:
        """Notes where the equations of a column are."""
        for step, number in enumerate(column):
            if number != HOLE:
                self.owner[number] = (place, step)

    def settle(self) -> None:
        """Drops columns until the loop is legal."""
        while self.columns:
            self.tail, between = _tail(self.graph, self.owner)
            self.operands = {}
            wrong = set(between)
            for place in self.columns:
                operands = self._operands(place)
                if operands is None:
                    wrong.add(place)
                else:
                    self.operands[place] = operands
            if not wrong:
                return
            for place in wrong:
                self.drop(place)
        self.operands = {}

    def drop(self, place: int) -> None:
        """Leaves a column outside the loop."""
        for number in self.columns.pop(place):
            self.owner.pop(number, None)

    def _operands(self, place: int) -> list[Operand] | None:
        column = self.columns[place]
        found = []
        for slot in range(len(self.graph.eqns[column[-1]].invars)):
            operand = self.operand(place, column, slot)
            if operand is None:
                return None
            found.append(operand)
        return found

    def source(self, number: int, slot: int) -> tuple[int, int, int] | None:
        """Column, step and output of an operand made in the loop."""
        made = self.graph.made[number][slot]
        if made is None:
            return None
        owner = self.owner.get(made[0])
        return None if owner is None else (owner[0], owner[1], made[1])

    def operand(self, place: int, column: list[int], slot: int) -> Operand | None:
        """What a column reads at an input; None if no loop can give it that."""
        if column[0] == HOLE:
            return self._operand_of_sum(place, column, slot)
        sources = [self.source(n, slot) for n in column]
        last = sources[-1]
        if last is None:
            if any(s is not None for s in sources):
                return None
            atoms = [self.graph.eqns[n].invars[slot] for n in column]
            if all(_same_atom(a, atoms[0]) for a in atoms):
                return Same(atoms[0])
            return Each(tuple(atoms))
        column_made, step_made, output = last
        delay = len(column) - 1 - step_made
        if delay < 0 or delay > _LONGEST_DELAY or delay >= len(column):
            return None
        expected = [(column_made, t, output) for t in range(len(column) - delay)]
        if sources[delay:] != expected or any(s is not None for s in sources[:delay]):
            return None
        if delay:
            first = tuple(self.graph.eqns[n].invars[slot] for n in column[:delay])
            return Carry(column_made, output, delay, first)
        return Inner(column_made, output)

    def _operand_of_sum(self, place: int, column: list[int], slot: int) -> Operand | None:
        """The operands of a column whose first equation is not there.

        It adds a term to what it made one step earlier; its second equation adds the second
        term to the first.
        """
        sources = [self.source(n, slot) for n in column[1:]]
        other = self.source(column[1], 1 - slot)
        first = sources[0]
        if first is None or other is None:
            return None
        if sources == [(first[0], t, first[2]) for t in range(1, len(column))]:
            return Inner(first[0], first[2])
        running = [(place, t, 0) for t in range(1, len(column) - 1)]
        if sources[1:] == running and first == (other[0], 0, other[2]) and other[1] == 1:
            return Carry(place, 0, 1, None)
        return None

    def stretch(self) -> Stretch | None:
        """The loop, its columns in an order in which a body can run."""
        if not self.columns:
            return None
        order = sorted(self.columns, key=lambda p: self.columns[p][-1])
        place_of = {p: i for i, p in enumerate(order)}
        operands: list[list[Operand]] = []
        for place in order:
            operands.append(
                [
                    o._replace(column=place_of[o.column]) if isinstance(o, Inner | Carry) else o
                    for o in self.operands[place]
                ]
            )
        return Stretch([self.columns[p] for p in order], operands, self.tail)


def _tail(
    graph: Graph, owner: dict[int, tuple[int, int]], end: int | None = None
) -> tuple[set[int], set[int]]:
    """Equations outside that depend on the loop, and columns that depend on such."""
    feeders = graph.feeders
    end = len(feeders) if end is None else end
    inside = bytearray(len(feeders))
    for number in owner:
        inside[number] = 1
    behind = bytearray(len(feeders))
    tail: set[int] = set()
    between: set[int] = set()
    for number in range(min(owner), end):
        if inside[number]:
            for made in feeders[number]:
                if behind[made]:
                    between.add(owner[number][0])
        else:
            for made in feeders[number]:
                if inside[made] or behind[made]:
                    behind[number] = 1
                    tail.add(number)
                    break
    return tail, between


def equal_params(graph: Graph, column: list[int]) -> bool:
    """Whether slices lie at the same place; signatures leave that out."""
    first = graph.eqns[column[0]]
    if first.primitive.name != "slice":
        return True
    start = first.params["start_indices"]
    return all(graph.eqns[n].params["start_indices"] == start for n in column)


def absorb(draft: Draft, signature: list[int]) -> None:
    """Takes into the loop what makes its per-step operands, where all steps do it alike."""
    refused: set[Any] = set()
    wanted = [(p, s) for p in draft.columns for s in range(len(draft.operands[p]))]
    for place, slot in wanted:
        operand = draft.operands[place][slot]
        if not isinstance(operand, Each) or isinstance(operand.atoms[-1], core.Literal):
            continue
        if operand.atoms[-1] not in refused and not _Absorption(draft, signature).take(operand):
            refused.add(operand.atoms[-1])
    draft.settle()


class _Absorption:
    """Columns that make one per-step operand, on trial in a draft."""

    def __init__(self, draft: Draft, signature: list[int]) -> None:
        self.draft = draft
        self.signature = signature
        self.places: set[int] = set()

    def take(self, operand: Each) -> bool:
        """Adds the columns that make the operand; False if that would not be legal."""
        stack = [operand.atoms]
        while stack:
            column = self._column(stack.pop())
            if column is None:
                continue
            place = max(self.draft.columns) + 1
            self.draft.columns[place] = column
            self.draft.own(place, column)
            self.places.add(place)
            eqns = [self.draft.graph.eqns[n] for n in column]
            stack.extend(tuple(e.invars[s] for e in eqns) for s in range(len(eqns[0].invars)))
        self._remove_misread()
        if self._apart():
            return True
        for place in self.places:
            self.draft.drop(place)
        return False

    def _column(self, atoms: tuple[Any, ...]) -> list[int] | None:
        graph = self.draft.graph
        made = [m for m in map(graph.made_by, atoms) if m is not None]
        numbers = [m[0] for m in made]
        if len(set(numbers)) < len(atoms) or len({m[1] for m in made}) > 1:
            return None
        if len({self.signature[n] for n in numbers}) > 1 or not equal_params(graph, numbers):
            return None
        return None if any(n in self.draft.owner for n in numbers) else numbers

    def _remove_misread(self) -> None:
        """Removes columns that something in the loop reads in another order."""
        draft = self.draft
        while True:
            readers: set[tuple[int, int]] = set()
            for place in self.places:
                readers.update(self._readers(place))
                eqn = draft.graph.eqns[draft.columns[place][0]]
                readers.update((place, slot) for slot in range(len(eqn.invars)))
            wrong: set[int] = set()
            for place, slot in readers:
                column = draft.columns[place]
                if draft.operand(place, column, slot) is None:
                    made = (draft.source(n, slot) for n in column if n != HOLE)
                    wrong.update(m[0] for m in made if m is not None)
            wrong &= self.places
            useless = {p for p in self.places if not self._readers(p)}
            if not wrong and not useless:
                return
            self.places -= wrong | useless
            for place in wrong | useless:
                draft.drop(place)

    def _readers(self, place: int) -> set[tuple[int, int]]:
        """The inputs (column, input) in the loop that read a column."""
        graph, owner = self.draft.graph, self.draft.owner
        return {
            (owner[user][0], slot)
            for number in self.draft.columns[place]
            for var in graph.eqns[number].outvars
            for user, slot in graph.uses.get(var, ())
            if user in owner
        }

    def _apart(self) -> bool:
        """Whether nothing outside lies between two of the loop's equations."""
        if not self.places:
            return True
        draft = self.draft
        mine = {n: (0, 0) for p in self.places for n in draft.columns[p]}
        feeders = draft.graph.feeders
        begin = min(mine)
        # Only what lies behind an absorbed equation can depend on one.
        feeding = {
            f
            for n in mine
            for f in feeders[n]
            if f not in mine and any(g >= begin for g in feeders[f])
        }
        if not feeding:
            return True
        tail, _ = _tail(draft.graph, mine, max(feeding) + 1)
        return tail.isdisjoint(feeding)


def shed(draft: Draft, signature: list[int]) -> None:
    """Leaves out what only later loops need and can cheaply make themselves.

    `1 - y * y` for the gradient of a hyperbolic tangent would otherwise be stored beside `y`.
    """
    stored = _stored(draft)
    users: dict[int, set[int]] = {p: set() for p in draft.columns}
    for place, operands in draft.operands.items():
        for operand in operands:
            if isinstance(operand, Inner | Carry):
                users[operand.column].add(place)
    leaves = {p for p in draft.columns if _is_cheap(draft, signature, p)}
    while True:
        wrong = {
            p
            for p in leaves
            if not users[p] <= leaves
            or not all(
                isinstance(o, Same | Each)
                or (isinstance(o, Inner) and (o.column in leaves or (o.column, o.output) in stored))
                for o in draft.operands[p]
            )
        }
        if not wrong:
            break
        leaves -= wrong
    if not leaves or len(leaves) == len(draft.columns):
        return
    for place in leaves:
        draft.drop(place)
        draft.operands.pop(place)
    draft.tail, _ = _tail(draft.graph, draft.owner)


def _stored(draft: Draft) -> set[tuple[int, int]]:
    """Outputs (column, output) of a middle step that something outside needs."""
    return {
        (place, output)
        for place, column in draft.columns.items()
        for output, var in enumerate(draft.graph.eqns[column[len(column) // 2]].outvars)
        if any(n not in draft.owner for n, _ in draft.graph.uses.get(var, ()))
    }


def _is_cheap(draft: Draft, signature: list[int], place: int) -> bool:
    """Whether a column is cheap and, where used outside, used by each step's own equations."""
    graph = draft.graph
    column = draft.columns[place]
    middle = len(column) // 2
    eqn = graph.eqns[column[middle]]
    if eqn.primitive.name not in _CHEAP or column[0] == HOLE:
        return False
    if any(v in graph.outvars for v in eqn.outvars):
        return False
    outside = []
    for number in (column[middle - 1], column[middle]):
        users = [u for v in graph.eqns[number].outvars for u in graph.uses.get(v, ())]
        outside.append([u for u in users if u[0] not in draft.owner])
    here, there = outside
    alike = {(signature[u], s) for u, s in here} == {(signature[u], s) for u, s in there}
    return alike and {u for u, _ in here}.isdisjoint(u for u, _ in there)


def work_of_body(graph: Graph, stretch: Stretch) -> float:
    """The work of one step, as `work_of` counts it."""
    return sum(work_of(graph.eqns[column[-1]]) for column in stretch.columns)
