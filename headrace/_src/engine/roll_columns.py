"""Growing the steps of a loop around its anchors, in lock step.

A *column* holds one equation of every step: equal signatures, corresponding places. Growth starts
with the column of anchors and adds the columns that feed it and that it feeds. A *level* keeps
the steps apart: the level of an equation is the last anchor it depends on, so what follows
the loop (its gradient, say) has the level of the last step and never looks like step 3.

The first and the last steps of an unrolled loop are often irregular (a zero state was simplified
away, nothing flows back from behind the end). Columns may have holes there; `settled` picks the
steps that keep most equations.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

from headrace._src.engine.roll_draft import HOLE, Draft, equal_params, shed
from headrace._src.engine.roll_graph import Graph

# Irregular steps allowed at each end.
_SLACK = 3
# Choices of first and last step that are tried.
_TRIALS = 6


class Growth:
    """Columns around a chain of anchors."""

    def __init__(self, graph: Graph, signature: list[int], anchors: list[int]) -> None:
        self.graph = graph
        self.signature = signature
        self.steps = len(anchors)
        self.slack = max(0, min(_SLACK, (self.steps - 3) // 2))
        self.columns: list[list[int]] = []
        self.owner: dict[int, tuple[int, int]] = {}
        self._level = _levels(graph, anchors)
        self._heap: list[tuple[int, int, int, list[int]]] = []
        self._proposed = 0
        self._propose(list(anchors), 0)
        while self._heap:
            _, _, lag, column = heapq.heappop(self._heap)
            # An irregular end may have led to an equation of another place.
            free = [HOLE if n in self.owner else n for n in column]
            if free == column:
                self._accept(column, lag)
            else:
                self._propose(free, lag)

    def _accept(self, column: list[int], lag: int) -> None:
        place = len(self.columns)
        self.columns.append(column)
        for step, number in enumerate(column):
            if number != HOLE:
                self.owner[number] = (place, step)
        sample = self.graph.eqns[column[self.steps // 2]]
        for slot in range(len(sample.invars)):
            self._upward(column, slot)
        for output in range(len(sample.outvars)):
            self._downward(column, output, lag)

    def _propose(self, column: list[int], lag: int) -> None:
        """Queues a column; those with fewer holes are tried first.

        A column of lag 1 lies in front of the anchors: its levels are those of the step before.
        """
        regular = column[self.slack : self.steps - self.slack]
        found = [n for n in column if n != HOLE]
        if HOLE in regular or len(set(found)) < len(found):
            return
        if not equal_params(self.graph, found):
            return
        self._proposed += 1
        heapq.heappush(self._heap, (len(column) - len(found), self._proposed, lag, column))

    def _upward(self, column: list[int], slot: int) -> None:
        made = [None if n == HOLE else self.graph.made[n][slot] for n in column]
        middle = self.steps // 2
        sample = made[middle]
        if sample is None or sample[0] in self.owner:
            return
        # What lies between two anchors belongs to the step of the first, unless every step has it
        # in front of its anchor.
        lag = middle - self._level[sample[0]]
        if lag not in (0, 1):
            return
        wanted = self.signature[sample[0]]
        found = [
            m[0]
            if m is not None
            and m[1] == sample[1]
            and self.signature[m[0]] == wanted
            and self._level[m[0]] == step - lag
            else HOLE
            for step, m in enumerate(made)
        ]
        if lag and HOLE in found:
            return
        self._propose(found, lag)

    def _downward(self, column: list[int], output: int, lag: int) -> None:
        users = [self._users(n, step, output, lag) for step, n in enumerate(column)]
        regular = range(self.slack, self.steps - self.slack)
        for key, sample in users[self.steps // 2].items():
            lists = [u.get(key, ()) for u in users]
            if any(len(lists[t]) != len(sample) for t in regular):
                continue
            for rank in range(len(sample)):
                found = [u[rank] if rank < len(u) else HOLE for u in lists]
                self._propose(found, key[2])

    def _users(
        self, number: int, step: int, output: int, lag: int
    ) -> dict[tuple[int, int, int], list[int]]:
        """The users of an output within its step, by signature, input and lag."""
        users: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        if number != HOLE:
            var = self.graph.eqns[number].outvars[output]
            for user, slot in self.graph.uses.get(var, ()):
                behind = step - self._level[user]
                if 0 <= behind <= lag:
                    users[self.signature[user], slot, behind].append(user)
        return users


def _levels(graph: Graph, anchors: list[int]) -> list[int]:
    """For each equation the last anchor that it is or depends on; -1 if none."""
    level = [-1] * len(graph.eqns)
    feeders = graph.feeders
    step_of = {n: t for t, n in enumerate(anchors)}
    for number in range(anchors[0], len(level)):
        last = step_of.get(number, -1)
        for made in feeders[number]:
            if level[made] > last:
                last = level[made]
        level[number] = last
    return level


def _regular_range(growth: Growth, place: int) -> tuple[int, int]:
    column = growth.columns[place]
    steps, slack = growth.steps, growth.slack
    middle = steps // 2
    eqns = growth.graph.eqns
    begin, end = 0, steps
    ends = [*range(slack), *range(steps - slack, steps)]
    irregular = {t for t in ends if column[t] == HOLE}
    for slot, atom in enumerate(eqns[column[middle]].invars):
        made = growth.graph.made_by(atom)
        source = growth.owner.get(made[0]) if made is not None else None
        delay = middle - source[1] if source is not None else 0
        for t in ends:
            if column[t] == HOLE:
                continue
            mine = eqns[column[t]].invars[slot]
            from_ = growth.graph.made_by(mine)
            owner = growth.owner.get(from_[0]) if from_ is not None else None
            expected = (source[0], t - delay) if source is not None else None
            if owner == expected and (source is None or from_[1] == made[1]):  # type: ignore[index]
                continue
            if source is not None and delay > 0 and t < middle:
                # A loop may begin with a step whose past was made elsewhere.
                begin = max(begin, t - delay + 1)
            else:
                irregular.add(t)
    for t in irregular:
        if t < middle:
            begin = max(begin, t + 1)
        else:
            end = min(end, t)
    if begin and column[begin - 1] == HOLE and _starts_a_sum(growth, place, begin):
        begin -= 1
    return begin, end


def _starts_a_sum(growth: Growth, place: int, begin: int) -> bool:
    """Whether the column's first equation adds the first two terms of a sum."""
    eqn = growth.graph.eqns[growth.columns[place][begin]]
    if eqn.primitive.name != "add" or eqn.invars[0] is eqn.invars[1]:
        return False
    made = [growth.graph.made_by(a) for a in eqn.invars]
    owners = [None if m is None else growth.owner.get(m[0]) for m in made]
    if owners[0] is None or owners[1] is None:
        return False
    return owners[0][0] == owners[1][0] and {owners[0][1], owners[1][1]} == {begin - 1, begin}


def settled(growth: Growth) -> Draft | None:
    """The legal loop that replaces most equations."""
    regular = slice(growth.slack, growth.steps - growth.slack)
    core_draft = Draft(growth.graph, [c[regular] for c in growth.columns])
    core_draft.settle()
    # What is left out anyway must not decide about the steps.
    shed(core_draft, growth.signature)
    ranges = {p: _regular_range(growth, p) for p in core_draft.columns}
    options = []
    for begin in range(growth.slack + 1):
        for end in range(growth.steps - growth.slack, growth.steps + 1):
            inside = [p for p, (b, e) in ranges.items() if b <= begin and e >= end]
            options.append((-(end - begin - 1) * len(inside), begin, end, inside))
    options.sort()
    best: Draft | None = None
    most = 0
    for bound, begin, end, inside in options[:_TRIALS]:
        if -bound <= most:
            break
        draft = Draft(growth.graph, [growth.columns[p][begin:end] for p in inside])
        draft.settle()
        saved = (end - begin - 1) * len(draft.columns)
        if saved > most:
            best, most = draft, saved
    return best
