"""What raising makes of nodes: regions that hold nodes, conditions and loops.

A `Region` is the body of a function, or the graph itself. Its items refer to outputs by `Ref`;
`Values` says which output really has the value, since switches, constant enters and the like only
hand one on.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import SWITCHES


class Region:
    """A body: items in order, and the outputs that are its results.

    Attributes:
      items: nodes, conditions and loops, each after what it needs.
      results: the outputs that the body gives.
      merged: `Merge` node → the condition's outputs that stand for its outputs.
      waits: node → the items it waits for, where these are not its `controls`.
      handed: outputs that a later condition on the same decision takes, side by side with those
        of the other body.
      taken: output of an item of an earlier condition's body → the condition's output that holds
        it.
    """

    __slots__ = ("handed", "items", "merged", "results", "taken", "waits")

    def __init__(
        self,
        items: Sequence[Any],
        results: Sequence[Ref] = (),
        merged: dict[Node, list[Ref]] | None = None,
        waits: dict[Node, list[Any]] | None = None,
    ) -> None:
        self.items = list(items)
        self.results = list(results)
        self.merged = merged or {}
        self.waits = waits or {}
        self.handed: list[Ref] = []
        self.taken: dict[Ref, Ref] = {}

    @property
    def has_effects(self) -> bool:
        """Whether executing it twice differs from executing it once."""
        return any(item.has_effects for item in self.items)


class Condition:
    """Two bodies, one of which is executed.

    Attributes:
      name: the name of a node that it stands for.     index: its place in the order of import.
      pred: the output that decides.                   true, false: the bodies.
      inputs: `pred`, and what the bodies take from outside.
      controls: what the bodies wait for outside.
    """

    __slots__ = ("controls", "false", "has_effects", "index", "inputs", "name", "pred", "true")

    def __init__(self, name: str, index: int, pred: Ref, true: Region, false: Region) -> None:
        self.name = name
        self.index = index
        self.pred = pred
        self.true = true
        self.false = false
        self.inputs: list[Ref] = [pred]
        self.controls: list[Any] = []
        self.has_effects = true.has_effects or false.has_effects

    def __repr__(self) -> str:
        return f"<Condition {self.name}>"


class Loop:
    """A body that is repeated.

    Attributes:
      name: the name of a node that it stands for.     index: its place in the order of import.
      arguments: the `Merge` nodes whose first output is a loop variable's value in an iteration.
      initial: the first values of the loop variables.
      inputs: these, and what the bodies take from outside.
      controls: what it waits for.
      cond: the body whose one result says whether to go on.
      body: the body that gives the next values.
      parallel_iterations: the attr of this name.
    """

    __slots__ = (
        "arguments",
        "body",
        "cond",
        "controls",
        "has_effects",
        "index",
        "initial",
        "inputs",
        "name",
        "parallel_iterations",
    )

    def __init__(self, name: str, index: int, parallel_iterations: int) -> None:
        self.name = name
        self.index = index
        self.parallel_iterations = parallel_iterations
        self.arguments: list[Node] = []
        self.initial: list[Ref] = []
        self.inputs: list[Ref] = []
        self.controls: list[Any] = []
        self.cond = self.body = Region(())
        self.has_effects = False

    def __repr__(self) -> str:
        return f"<Loop {self.name}>"


class Values:
    """Which output has the value of another one.

    Attributes:
      same: output → an output with its value, in whose place it may always be used.
    """

    def __init__(self) -> None:
        self.same: dict[Ref, Ref] = {}

    def source(self, ref: Ref) -> Ref:
        """The output that stands for `ref`; switches of conditions stay."""
        same = self.same
        while ref in same:
            ref = same[ref]
        return ref

    def value(self, ref: Ref) -> Ref:
        """The output that has the value of `ref`, once it is known that it is alive."""
        ref = self.source(ref)
        while isinstance(ref.item, Node) and ref.item.type in SWITCHES:
            ref = self.source(ref.item.inputs[0])
        return ref

    def root(self, ref: Ref) -> Ref:
        """As `value`, seen through identities: equal roots are equal conditions."""
        ref = self.value(ref)
        while isinstance(ref.item, Node) and ref.item.type == "Identity":
            ref = self.value(ref.item.inputs[0])
        return ref


def sorted_items(items: Iterable[Any], before: Callable[[Any], Iterable[Any]]) -> list[Any]:
    """The items, each after those of them that `before` names, else by their index.

    Raises:
      ValueError: they depend on each other in a circle.
    """
    waiting = dict.fromkeys(items, 0)
    followers: dict[Any, list[Any]] = {}
    for item in waiting:
        for b in set(before(item)):
            if b in waiting and b is not item:
                waiting[item] += 1
                followers.setdefault(b, []).append(item)
    count = 0
    ready: list[tuple[int, int, Any]] = []
    for item, n in waiting.items():
        if not n:
            ready.append((item.index, count, item))
            count += 1
    heapq.heapify(ready)
    result = []
    while ready:
        *_, item = heapq.heappop(ready)
        result.append(item)
        for f in followers.get(item, ()):
            waiting[f] -= 1
            if not waiting[f]:
                heapq.heappush(ready, (f.index, count, f))
                count += 1
    if len(result) < len(waiting):
        done = set(result)
        stuck = next(item for item in waiting if item not in done)
        raise CircleError(f"Node '{stuck.name}' depends on itself, not through a loop")
    return result


class CircleError(ValueError):
    """Items depend on each other in a circle."""
