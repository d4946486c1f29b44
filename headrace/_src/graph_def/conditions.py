"""Conditions: the nodes between switches and merges become the bodies of `Condition`s.

Merges that join the same decision at the same context and lie in the same name scope become one
`Condition`, like the results of one tf.cond, unless one needs another. A node that several bodies
need is in each of them, if it has no effects. If it has, the bodies become one; but a condition
behind which another one may lie (a gradient's, which needs the random mask of its dropout) hands
the node's outputs on to that one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from headrace._src.core import opspec
from headrace._src.graph_def.contexts import (
    DEAD,
    Conflict,
    Context,
    Contexts,
    Join,
    constant_index,
)
from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import CONTROL_FLOW, MERGES, SWITCHES
from headrace._src.graph_def.regions import (
    CircleError,
    Condition,
    Region,
    Values,
    sorted_items,
)

Misuse = Callable[[Iterable[Ref]], str | None]


def structured(
    items: Sequence[Any],
    values: Values,
    results: Sequence[Ref] = (),
    waits: Sequence[Any] = (),
    misuse: Misuse | None = None,
    whole: bool = False,
) -> Region:
    """The region that computes `results` and executes `waits`.

    Args:
      items: the nodes and loops that it may hold.
      values: which outputs have the same values.
      results: what it is to give.
      waits: items that it is to execute.
      misuse: says what is wrong with inputs, or None.
      whole: whether to keep every item that is always executed, and those with effects that are
        executed under conditions and that no other item needs.

    Raises:
      ValueError: the nodes are not arranged as conditions are.
    """
    contexts = Contexts(items, values)
    wanted: list[Any] = list(waits)
    if whole:
        for item in items:
            context = contexts.found[item]
            if isinstance(context, Conflict):
                raise ValueError(f"Node '{item.name}' {context.reason}")
            if context is contexts.always and not _is_switch(item):
                wanted.append(item)
    try:
        return _Structure(contexts, values, misuse, True).region(items, results, wanted, whole)
    except CircleError:
        return _Structure(contexts, values, misuse, False).region(items, results, wanted, whole)


def _is_switch(item: Any) -> bool:
    return isinstance(item, Node) and item.type in SWITCHES


class Effect(NamedTuple):
    """An item to be executed at a decision, though nothing needs it."""

    context: Context
    pred: Ref
    branch: bool
    item: Any


class _Group:
    """Merges and effects that become one condition.

    Attributes:
      level: how many merges come before those of the group; a merge needs none of its own level.
      handed: for each branch, the outputs in it that later conditions take.
      condition: what the group has become.
    """

    def __init__(self, context: Context, pred: Ref, name: str, index: int, level: float) -> None:
        self.level = level
        self.handed: dict[bool, dict[Ref, None]] = {False: {}, True: {}}
        self.condition: Condition | None = None
        self.context = context
        self.pred = pred
        self.name = name
        self.index = index
        self.members: list[Node] = []
        self._into: _Group | None = None

    def final(self) -> _Group:
        """The group that this one has become part of."""
        group = self
        while group._into is not None:
            group = group._into
        return group

    def absorb(self, other: _Group) -> None:
        """Takes the members of another group of the same context and decision."""
        self.members += other.members
        self.index = min(self.index, other.index)
        other._into = self


class _Structure:
    """The making of one region.

    State inventory:
      _needed: the items that results or effects need.    _owners: item with effects → its group.
      _effects: a stand-in node → the effect it stands for.
      _made: merge or stand-in → its condition.           _merged: merge → its results there.
      _indexed: merges whose second output is needed.
      _triggered: `ControlTrigger` → what it waits for; stand-ins for what is not always executed.
    """

    def __init__(
        self, contexts: Contexts, values: Values, misuse: Misuse | None, by_scope: bool
    ) -> None:
        self._contexts = contexts
        self._values = values
        self._misuse = misuse
        self._by_scope = by_scope
        self._needed: dict[Any, None] = {}
        self._owners: dict[Any, _Group] = {}
        self._effects: dict[Node, Effect] = {}
        self._made: dict[Node, Condition] = {}
        self._merged: dict[Node, list[Ref]] = {}
        self._indexed: set[Node] = set()
        self._triggered: dict[Node, list[Any]] = {}

    def region(
        self, items: Sequence[Any], results: Sequence[Ref], wanted: list[Any], whole: bool
    ) -> Region:
        """The region; see `structured`."""
        always = self._contexts.always
        results = [self._values.value(r) for r in results]
        wanted = wanted if whole else self._without_markers(wanted)
        self._need([*(r.item for r in results), *wanted])
        if whole:
            for leaf in self._effects_left(items):
                self._need([leaf])
                wanted.append(self._stand_in(leaf))
        self._check(results)
        groups = self._groups()
        for depth in sorted({g.context.depth for g in groups}, reverse=True):
            self._build([g for g in groups if g.context.depth == depth])
        for item in [*(r.item for r in results), *wanted]:
            context = self._contexts.found.get(item, always)
            if context is not always:
                when = "never" if context is DEAD else f"only when {context}"
                raise ValueError(f"Node '{item.name}' is needed by a loop, but is there {when}")
        return self._region(self._slice([*(r.item for r in results), *wanted], always), results)

    # -- what is needed ------------------------------------------------------------------------

    def _waits(self, item: Any) -> list[Any]:
        """The items that `item` waits for, without those that only mark where it belongs."""
        if item in self._triggered:
            return self._triggered[item]
        return self._without_markers(item.controls)

    def _without_markers(self, items: Iterable[Any]) -> list[Any]:
        return [i for i in items if not self._is_marker(i)]

    def _is_marker(self, item: Any) -> bool:
        """Whether an item is there to be waited for: it has no effect, but a context."""
        if not isinstance(item, Node):
            return False
        while item.type == "Identity" and not item.controls:
            source = self._values.source(item.inputs[0]).item
            if not isinstance(source, Node):
                return False
            item = source
        if item.type in MERGES:
            return item not in self._contexts.found
        return item.type in CONTROL_FLOW and item.type != "ControlTrigger"

    def _inputs(self, item: Any) -> list[Ref]:
        """The outputs that an item needs, seen through switches."""
        if not isinstance(item, Node):
            return [self._values.value(r) for r in item.inputs]
        join = self._contexts.joins.get(item)
        if join is not None:
            return [self._values.value(r) for r in (join.pred, join.false, join.true)]
        effect = self._effects.get(item)
        if effect is not None:
            return [self._values.value(effect.pred)]
        if Ref(item, 0) in self._values.same:
            return [self._values.value(Ref(item, 0))]
        return [self._values.value(r) for r in item.inputs]

    def _need(self, wanted: Iterable[Any]) -> None:
        stack = list(wanted)
        known = self._contexts.found
        while stack:
            item = stack.pop()
            if item in self._needed or item not in known:
                continue
            self._needed[item] = None
            context = known[item]
            if isinstance(context, Conflict):
                raise ValueError(f"Node '{item.name}' {context.reason}")
            if context is DEAD:
                raise ValueError(f"Node '{item.name}' is needed, but never executed")
            if isinstance(item, Node) and item.type == "ControlTrigger":
                self._trigger(item)
            for ref in self._inputs(item):
                stack.append(ref.item)
                if ref.index == 1 and ref.item in self._contexts.joins:
                    self._index(ref.item)
            stack += self._waits(item)

    def _trigger(self, node: Node) -> None:
        """Finds what a node waits for that is executed even if what it waits for is not."""
        waits = []
        for item in self._waits(node):
            context = self._contexts.found.get(item)
            if context is DEAD or isinstance(context, Conflict):
                continue
            inside = isinstance(context, Context) and context is not self._contexts.always
            waits.append(self._stand_in(item) if inside else item)
        self._triggered[node] = waits

    def _index(self, merge: Node) -> None:
        """Notes that the second output of a merge is needed."""
        self._indexed.add(merge)
        join = self._contexts.joins[merge]
        for index in (join.false_index, join.true_index):
            if isinstance(index, Ref):
                self._index(index.item)

    def _check(self, results: Sequence[Ref]) -> None:
        if self._misuse is None:
            return
        reason = self._misuse(results)
        if reason is not None:
            raise ValueError(f"A loop variable {reason}")
        for item in self._needed:
            reason = self._misuse(item.inputs)
            if reason is not None:
                raise ValueError(f"Node '{item.name}' {reason}")

    def _effects_left(self, items: Sequence[Any]) -> list[Any]:
        """Items with effects, executed under conditions, that nothing needs."""
        left = []
        followed: set[Any] = set()
        for item in reversed(sorted_items(items, self._before)):
            context = self._contexts.found[item]
            if item in followed:
                followed.update(self._before(item))
            elif (
                item.has_effects
                and item not in self._needed
                and isinstance(context, Context)
                and context is not DEAD
            ):
                left.append(item)
                followed.update(self._before(item))
        return left

    def _before(self, item: Any) -> list[Any]:
        return [*(r.item for r in self._inputs(item)), *item.controls]

    def _stand_in(self, leaf: Any) -> Node:
        """A node of no condition that stands for an effect; one more for each outer condition."""
        context = self._contexts.found[leaf]
        inner = leaf
        no_op = opspec.lookup("NoOp")
        assert no_op is not None
        while context.parent is not None:
            node = Node(leaf.name, no_op, {})
            node.index = leaf.index
            self._effects[node] = Effect(context.parent, context.pred, context.branch, inner)
            inner, context = node, context.parent
            self._contexts.found[node] = context
            self._need([node])
        assert isinstance(inner, Node)
        return inner

    # -- groups --------------------------------------------------------------------------------

    def _groups(self) -> list[_Group]:
        contexts = self._contexts
        groups: dict[Any, _Group] = {}
        for item in self._needed:
            if not isinstance(item, Node):
                continue
            join: Join | Effect | None = contexts.joins.get(item) or self._effects.get(item)
            if join is None:
                continue
            key: Any = item
            # Nothing needs an effect's stand-in.
            level = contexts.levels[item][-1] if item in contexts.joins else math.inf
            if self._by_scope and item in contexts.joins:
                scope = item.name.rpartition("/")[0]
                key = (join.context, join.pred, scope, level)
            if key not in groups:
                groups[key] = _Group(join.context, join.pred, item.name, item.index, level)
            groups[key].members.append(item)
        return list(groups.values())

    def _build(self, groups: list[_Group]) -> None:
        """Makes the conditions of groups of one depth."""
        groups = sorted(groups, key=lambda g: g.level)
        for group in groups:
            for branch in (False, True):
                for item in self._branch(group, branch):
                    if not item.has_effects:
                        continue
                    owner = self._owners.setdefault(item, group).final()
                    if owner is not group.final():
                        owner.absorb(group.final())
        final = list(dict.fromkeys(g.final() for g in groups))
        for group in final:
            for branch in (False, True):
                for ref in self._taken(group, branch):
                    self._owners[ref.item].final().handed[branch][ref] = None
        for group in final:
            self._make(group)

    def _branch(self, group: _Group, branch: bool) -> list[Any]:
        """The items that one body of a group's condition needs, of its own context."""
        starts = []
        for member in group.members:
            effect = self._effects.get(member)
            if effect is None:
                starts.append(self._side(member, branch).item)
            elif effect.branch is branch:
                starts.append(effect.item)
        return self._slice(starts, group.context.inner(group.pred, branch), group)

    def _is_handed(self, item: Any, group: _Group) -> bool:
        """Whether an item is one of an earlier condition's body, which hands its outputs on."""
        owner = self._owners.get(item)
        return owner is not None and owner.final().level < group.final().level

    def _taken(self, group: _Group, branch: bool) -> dict[Ref, None]:
        """The outputs that one body of a group's condition takes of earlier ones' bodies."""
        refs = [self._side(m, branch) for m in group.members if m in self._contexts.joins]
        for item in self._branch(group, branch):
            refs += self._refs(item)
        return dict.fromkeys(r for r in refs if self._is_handed(r.item, group))

    def _refs(self, item: Any) -> list[Ref]:
        """The outputs that an item takes, once conditions inside have been made."""
        if isinstance(item, Node) and item in self._made:
            return self._merged.get(item, [])
        return self._inputs(item)

    def _side(self, merge: Node, branch: bool) -> Ref:
        join = self._contexts.joins[merge]
        return self._values.value(join.true if branch else join.false)

    def _slice(
        self, starts: Iterable[Any], context: Context, group: _Group | None = None
    ) -> list[Any]:
        """The items of a context that `starts` need, without those that `group` is handed."""
        found: dict[Any, None] = {}
        stack = list(starts)
        while stack:
            item = stack.pop()
            if item in found or self._contexts.found.get(item) is not context:
                continue
            if group is not None and self._is_handed(item, group):
                continue
            found[item] = None
            stack += self._direct(item)
        return list(found)

    def _direct(self, item: Any) -> list[Any]:
        """The items that an item needs directly, once conditions inside have been made."""
        made = self._made.get(item) if isinstance(item, Node) else None
        if made is not None:
            return [made]
        return [*(r.item for r in self._inputs(item)), *self._waits(item)]

    def _region(self, items: list[Any], results: Sequence[Ref]) -> Region:
        ordered = sorted_items(items, self._direct)
        kept = [i for i in ordered if i not in self._effects]
        merged = {i: self._merged[i] for i in kept if i in self._merged}
        waits = {
            i: [self._made.get(w, w) for w in self._triggered[i]]
            for i in kept
            if i in self._triggered
        }
        return Region(kept, results, merged, waits)

    def _make(self, group: _Group) -> None:
        """Makes the condition of a group."""
        regions = {}
        merges = [m for m in group.members if m in self._contexts.joins]
        for branch in (False, True):
            results = [self._side(m, branch) for m in merges]
            for merge in merges:
                if merge in self._indexed:
                    results.append(self._index_value(merge, branch))
            regions[branch] = self._region(self._branch(group, branch), results)
        for branch, region in regions.items():
            region.handed = list(group.handed[branch])
            for ref in self._taken(group, branch):
                owner = self._owners[ref.item].final()
                assert owner.condition is not None
                first = len(owner.condition.true.results)
                place = first + list(owner.handed[branch]).index(ref)
                region.taken[ref] = Ref(owner.condition, place)
        pred = self._values.value(group.pred)
        condition = Condition(group.name, group.index, pred, regions[True], regions[False])
        group.condition = condition
        for branch, region in regions.items():
            self._take(condition, region, group, branch)
        self._contexts.found[condition] = group.context
        place = len(merges)
        for i, merge in enumerate(merges):
            self._merged[merge] = [Ref(condition, i)]
            if merge in self._indexed:
                self._merged[merge].append(Ref(condition, place))
                place += 1
        for member in group.members:
            self._made[member] = condition

    def _take(self, condition: Condition, region: Region, group: _Group, branch: bool) -> None:
        """Notes what a body takes and waits for outside of it."""
        found = self._contexts.found
        context = group.context.inner(group.pred, branch)
        inputs = dict.fromkeys(condition.inputs)
        controls = dict.fromkeys(condition.controls)
        refs = list(region.results)
        for item in region.items:
            if isinstance(item, Node) and item in self._made:
                continue
            refs += self._inputs(item)
            for wait in self._waits(item):
                if self._is_handed(wait, group):
                    controls[self._owners[wait].final().condition] = None
                elif found.get(wait) is not context:
                    controls[wait] = None
        inputs.update((r, None) for r in refs if found.get(r.item) is not context)
        inputs.update((r, None) for r in region.taken.values())
        condition.inputs, condition.controls = list(inputs), list(controls)

    def _index_value(self, merge: Node, branch: bool) -> Ref:
        """Which input of the merge one side hands on: a constant, or the result of a condition."""
        join = self._contexts.joins[merge]
        return constant_index(merge, join.true_index if branch else join.false_index)


__all__ = ["structured"]
