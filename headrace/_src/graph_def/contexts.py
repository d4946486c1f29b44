"""Contexts: under which conditions each node is executed.

1.x has no conditions as such: a `Switch` sends its data to one of two outputs, what follows from
the other output is dead, and a `Merge` hands on the input that is alive. So a node is executed when
the switches before it have sent their data its way. Its context is the chain of these decisions,
outermost first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from headrace._src.core import dtypes, opspec
from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import MERGES, OLD_OPS, SWITCHES
from headrace._src.graph_def.regions import Values, sorted_items


class Context:
    """A chain of decisions.

    Attributes:
      parent: the chain without the last decision; None for the empty chain.
      pred: the output that decides last.      branch: what it must be.
      depth: the number of decisions.
    """

    __slots__ = ("_inner", "branch", "depth", "parent", "pred")

    def __init__(self, parent: Context | None, pred: Ref | None, branch: bool) -> None:
        self.parent = parent
        self.pred = pred
        self.branch = branch
        self.depth = 0 if parent is None else parent.depth + 1
        self._inner: dict[tuple[Ref, bool], Context] = {}

    def inner(self, pred: Ref, branch: bool) -> Context:
        """The chain with one more decision; equal ones are the same object."""
        key = (pred, branch)
        found = self._inner.get(key)
        if found is None:
            found = self._inner[key] = Context(self, pred, branch)
        return found

    def up_to(self, depth: int) -> Context:
        """The first `depth` decisions."""
        context = self
        while context.depth > depth:
            assert context.parent is not None
            context = context.parent
        return context

    def decision(self, pred: Ref) -> bool | None:
        """What `pred` must be, or None where the chain does not say."""
        context: Context | None = self
        while context is not None and context.pred is not None:
            if context.pred == pred:
                return context.branch
            context = context.parent
        return None

    def __str__(self) -> str:
        if self.parent is None or self.pred is None:
            return "always"
        text = f"'{self.pred.item.name}' is {'true' if self.branch else 'false'}"
        return text if self.parent.parent is None else f"{self.parent} and {text}"


class Join(NamedTuple):
    """A `Merge`: at which context, what decides, and the inputs of the two sides."""

    context: Context
    pred: Ref
    false: Ref
    true: Ref
    false_index: int | Ref
    true_index: int | Ref


class Side(NamedTuple):
    """An input of a merge: where it is there, and which one it is (or the output that says so)."""

    context: Context
    ref: Ref
    index: int | Ref


class Conflict(NamedTuple):
    """Why a node has no context; an error where the node is needed."""

    reason: str


# The context of what is never executed: it would need a pred to be true and false.
DEAD = Context(None, None, False)


class Contexts:
    """The contexts of the items of one region.

    Attributes:
      always: the empty chain.
      found: item → its context, `DEAD` or a `Conflict`.
      levels: item → for its chain's prefixes, shortest first, how many merges came before it there.
      joins: `Merge` → what it joins.
    """

    def __init__(self, items: Sequence[Any], values: Values) -> None:
        self._values = values
        self.always = Context(None, None, False)
        self.found: dict[Any, Any] = {}
        self.levels: dict[Any, tuple[int, ...]] = {}
        self.joins: dict[Node, Join] = {}
        for item in sorted_items(items, self._before):
            if isinstance(item, Node) and item.type in MERGES:
                self._add_merge(item)
            else:
                self._add(item)

    def _before(self, item: Any) -> list[Any]:
        return [*(self._values.source(r).item for r in item.inputs), *item.controls]

    def of(self, ref: Ref) -> Any:
        """The context of an output."""
        ref = self._values.source(ref)
        item = ref.item
        found = self.found.get(item)
        if found is None:
            return self.always
        if isinstance(found, Context) and isinstance(item, Node) and item.type in SWITCHES:
            if found is DEAD:
                return DEAD
            pred = self._values.root(item.inputs[1])
            decided = found.decision(pred)
            if decided is None:
                return found.inner(pred, bool(ref.index))
            return found if decided == bool(ref.index) else DEAD
        return found

    def _level(self, item: Any, depth: int) -> tuple[int, ...]:
        level = self.levels.get(item, ())[: depth + 1]
        return level + (0,) * (depth + 1 - len(level))

    def _levels(self, items: Iterable[Any], depth: int) -> tuple[int, ...]:
        return tuple(map(max, zip(*[self._level(i, depth) for i in items], strict=True)))

    def _add(self, item: Any) -> None:
        contexts = [self.of(r) for r in item.inputs]
        if not (isinstance(item, Node) and item.type == "ControlTrigger"):
            contexts += [self.found.get(c, self.always) for c in item.controls]
        context = self.found[item] = self._joined(contexts)
        if isinstance(context, Context) and context is not DEAD:
            self.levels[item] = self._levels([None, *self._before(item)], context.depth)

    def _joined(self, contexts: Iterable[Any]) -> Any:
        """The context of what needs all of these."""
        result = self.always
        for c in contexts:
            if isinstance(c, Conflict) or c is DEAD:
                return c
            low, high = (result, c) if result.depth <= c.depth else (c, result)
            if high.up_to(low.depth) is not low:
                if self._contradict(low, high):
                    return DEAD
                return Conflict(
                    f"takes values that are there when {low} and values that are there when {high}"
                )
            result = high
        return result

    @staticmethod
    def _contradict(a: Context, b: Context) -> bool:
        context = a
        while context.parent is not None:
            assert context.pred is not None
            if b.decision(context.pred) not in (None, context.branch):
                return True
            context = context.parent
        return False

    # -- merges --------------------------------------------------------------------------------

    def _add_merge(self, node: Node) -> None:
        alive: list[Side] = []
        for i, ref in enumerate(node.inputs):
            context = self.of(ref)
            if isinstance(context, Conflict):
                self.found[node] = context
                return
            if context is not DEAD:
                alive.append(Side(context, ref, i))
        if not alive:
            self.found[node] = DEAD
            return
        side = self._chosen(node, alive) or self._join(node, alive, 0)
        self.found[node] = side if isinstance(side, Conflict) else side.context
        if isinstance(side, Side) and side.ref.item is not node:
            self._values.same[Ref(node, 0)] = side.ref
            self._values.same[Ref(node, 1)] = constant_index(node, side.index)

    @staticmethod
    def _common(sides: Sequence[Side]) -> Context:
        """The decisions that all sides share."""
        depth = min(s.context.depth for s in sides)
        chains = {s.context.up_to(depth) for s in sides}
        while len(chains) > 1:
            chains = {c.parent for c in chains if c.parent is not None}
        (common,) = chains
        return common

    def _chosen(self, node: Node, sides: Sequence[Side]) -> Side | None:
        """The input that is there whenever another one is; 1.15 hands on what comes first."""
        common = self._common(sides)
        return next((s for s in sides if s.context is common), None)

    def _join(self, node: Node, sides: Sequence[Side], count: int) -> Side | Conflict:
        """Notes what a merge joins; one of more than two sides is split into merges of two."""
        common = self._common(sides)
        steps = [s.context.up_to(common.depth + 1) for s in sides]
        preds = {step.pred for step in steps}
        if len(preds) > 1:
            names = " and ".join(sorted(f"'{p.item.name}'" for p in preds if p is not None))
            return Conflict(f"merges values that depend on {names}")
        results: list[Side] = []
        for branch in (False, True):
            own = [s for s, step in zip(sides, steps, strict=True) if step.branch is branch]
            side = self._chosen(node, own) or self._part(node, own, 2 * count + 1 + branch)
            if isinstance(side, Conflict):
                return side
            if side.context.depth != common.depth + 1:
                return Conflict(
                    f"merges '{side.ref.item.name}', which is there only when {side.context}, and "
                    "there is no other input when it is not"
                )
            results.append(side)
        false, true = results
        (pred,) = preds
        assert pred is not None
        self.joins[node] = Join(common, pred, false.ref, true.ref, false.index, true.index)
        self.found[node] = common
        level = self._levels([None, pred.item, false.ref.item, true.ref.item], common.depth)
        self.levels[node] = (*level[:-1], level[-1] + 1)
        return Side(common, Ref(node, 0), Ref(node, 1))

    def _part(self, node: Node, sides: Sequence[Side], count: int) -> Side | Conflict:
        attrs = {"T": node.types[0].base_dtype, "N": len(sides)}
        part = Node(f"{node.name}/part_{count}", OLD_OPS["Merge"], attrs)
        part.index = node.index
        return self._join(part, sides, count)


def constant_index(merge: Node, index: Any) -> Ref:
    """Which input a merge hands on, as an output."""
    if isinstance(index, Ref):
        return index
    spec = opspec.lookup("Const")
    assert spec is not None
    value = np.array(index, np.int32)
    node = Node(f"{merge.name}/index", spec, {"value": value, "dtype": dtypes.int32})
    node.floating = True
    return Ref(node, 0)
