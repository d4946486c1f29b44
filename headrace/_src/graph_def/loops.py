"""Loops: the nodes of a frame become one `Loop` of the frame around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headrace._src.graph_def import conditions
from headrace._src.graph_def.frames import Frame
from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import ENTERS, MERGES, NEXT_ITERATIONS, SWITCHES
from headrace._src.graph_def.regions import Loop, Values


def collapse(frame: Frame, values: Values) -> None:
    """Replaces the frame by a `Loop` in its parent; its exits become identities of the outputs.

    Raises:
      ValueError: the nodes do not form a loop of the kind that 1.x makes.
    """
    assert frame.parent is not None
    if not frame.exits and not any(isinstance(i, Node) and i.has_effects for i in frame.items):
        return
    _Collapse(frame, values).run()


class _Collapse:
    """The collapse of one frame."""

    def __init__(self, frame: Frame, values: Values) -> None:
        self.frame = frame
        self.values = values
        self.merges: list[Node] = []
        self.backs: dict[Node, Node] = {}
        self.starts: dict[Node, Node] = {}
        self.switches: set[Node] = set()
        self.moved: set[Any] = set()

    def run(self) -> None:
        frame, values = self.frame, self.values
        parent = frame.parent
        assert parent is not None
        condition = self._loop_condition()
        self._find_variables()
        first = frame.exits[0] if frame.exits else frame.enters[0]
        loop = Loop(first.name, first.index, frame.enters[0].attrs["parallel_iterations"])
        loop.arguments = self.merges
        loop.initial = [self.starts[m].inputs[0] for m in self.merges]
        entered = set(self.starts.values())
        loop.inputs = [*loop.initial]
        for enter in frame.enters:
            loop.controls += enter.controls
            if enter not in entered and enter.attrs["is_constant"]:
                loop.inputs.append(enter.inputs[0])
                values.same[Ref(enter, 0)] = enter.inputs[0]
        items = self._after(self._body_items(condition), loop)
        results = [self.backs[m].inputs[0] for m in self.merges]
        waits = [c for m in self.merges for c in self.backs[m].controls]
        misuse = _Misuse(self)
        loop.cond = conditions.structured(
            items, values, condition.inputs, condition.controls, misuse
        )
        loop.body = conditions.structured(items, values, results, waits, misuse)
        self._check_shared(loop)
        loop.has_effects = loop.cond.has_effects or loop.body.has_effects
        parent.items.append(loop)
        self._connect_exits()

    def _loop_condition(self) -> Node:
        found = [i for i in self.frame.items if isinstance(i, Node) and i.type == "LoopCond"]
        if len(found) != 1:
            where = f"the loop of frame '{self.frame.name}' (node '{self.frame.enters[0].name}')"
            raise ValueError(f"{where} has {len(found)} LoopCond nodes where it needs one")
        return found[0]

    def _find_variables(self) -> None:
        """Finds the loop variables: merges of an enter and a next iteration."""
        for item in self.frame.items:
            if not isinstance(item, Node) or item.type not in MERGES:
                continue
            sources = [ref.item for ref in item.inputs]
            backs = [s for s in sources if isinstance(s, Node) and s.type in NEXT_ITERATIONS]
            if not backs:
                continue
            starts = [s for s in sources if isinstance(s, Node) and s.type in ENTERS]
            if len(sources) != 2 or len(backs) != 1 or len(starts) != 1:
                raise ValueError(
                    f"Node '{item.name}' starts a loop variable, but does not merge one Enter and "
                    "one NextIteration"
                )
            self.merges.append(item)
            self.backs[item] = backs[0]
            self.starts[item] = starts[0]

    def _body_items(self, condition: Node) -> list[Any]:
        """The items that the bodies may hold; switches of the loop hand their data on."""
        left_out = {condition, *self.merges}
        items = []
        for item in self.frame.items:
            if item in left_out or (isinstance(item, Node) and item.type in NEXT_ITERATIONS):
                continue
            if isinstance(item, Node) and item.type in SWITCHES:
                if self.values.root(item.inputs[1]).item is condition:
                    self.values.same[Ref(item, 1)] = item.inputs[0]
                    self.switches.add(item)
                    continue
            items.append(item)
        return items

    def _after(self, items: list[Any], loop: Loop) -> list[Any]:
        """Moves what follows from the last values, inside the frame, behind the loop.

        Returns:
          The other items.
        """
        frame, values = self.frame, self.values
        assert frame.parent is not None
        places = {m: i for i, m in enumerate(self.merges)}
        own = {*items, *self.merges}
        moved = self.moved
        before = -1
        while before < len(moved):
            before = len(moved)
            # Inner loops come last, and may be what others follow from.
            moved.update(i for i in items if i not in moved and self._is_after(i))
        for switch in self.switches:
            data = values.source(switch.inputs[0])
            # An identity between the merge and the switch changes nothing.
            while isinstance(data.item, Node) and data.item.type == "Identity":
                data = values.source(data.item.inputs[0])
            if data.item in places:
                values.same[Ref(switch, 0)] = Ref(loop, places[data.item])
            elif data.item not in own:
                values.same[Ref(switch, 0)] = data
        for item in items:
            if item in moved:
                self._check_moved(item, own)
                item.controls = [c for c in item.controls if c in moved]
                frame.parent.items.append(item)
        return [i for i in items if i not in moved]

    def _is_after(self, item: Any) -> bool:
        refs = [self.values.source(r) for r in item.inputs]
        if any(r.item in self.switches and r.index == 0 for r in refs):
            return True
        return any(s in self.moved for s in (*(r.item for r in refs), *item.controls))

    def _check_moved(self, item: Any, own: set[Any]) -> None:
        """Refuses what needs the last values and others of the last iteration."""
        for ref in item.inputs:
            source = self.values.source(ref)
            if source.item in self.switches or (source.item in own - self.moved):
                raise ValueError(
                    f"Node '{item.name}' leaves the loop with '{source.item.name}', which is no "
                    "loop variable"
                )

    def _connect_exits(self) -> None:
        own = set(self.frame.items) - self.moved
        for node in self.frame.exits:
            source = self.values.source(node.inputs[0])
            if source.item in own:
                raise ValueError(
                    f"Node '{node.name}' leaves the loop with '{source.item.name}', which is no "
                    "loop variable"
                )
            if node.controls:
                raise ValueError(f"Node '{node.name}' leaves a loop and waits inside it")
            node.inputs = [source]

    def _check_shared(self, loop: Loop) -> None:
        """Refuses operations with effects that both the condition and the body need."""
        tested = {i for i in loop.cond.items if i.has_effects}
        for item in loop.body.items:
            if item in tested:
                raise ValueError(
                    f"Node '{item.name}' has effects, and both the condition and the body of a "
                    "loop need it"
                )


class _Misuse:
    """Says what is wrong with an item that takes what only the first iteration has, or what has
    left the loop; None where nothing is.
    """

    def __init__(self, collapse: _Collapse) -> None:
        self._started = {e for e in collapse.frame.enters if not e.attrs["is_constant"]}
        self._switches = collapse.switches
        self._moved = collapse.moved
        self._merges = set(collapse.merges)

    def __call__(self, refs: Iterable[Ref]) -> str | None:
        for ref in refs:
            if ref.item in self._started:
                return f"takes '{ref.item.name}', which has a value in the first iteration only"
            if ref.item in self._moved or (ref.item in self._switches and ref.index == 0):
                return f"takes '{ref.item.name}', which has a value after the loop only"
            if ref.item in self._merges and ref.index == 1:
                return f"takes '{ref.item.name}:1', which tells iterations apart"
        return None
