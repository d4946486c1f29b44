"""Frames: in which loop each node is, found by following the edges from the `Enter` nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from headrace._src.graph_def.nodes import Node
from headrace._src.graph_def.old_ops import ENTERS, EXITS


class Frame:
    """The nodes of one loop, without those of the loops inside it; or of no loop.

    Attributes:
      name: the `frame_name` of its enters.     parent: the frame around it, or None.
      items: its nodes, in the order of import; later its inner loops too.
      enters: the nodes that bring values in.   exits: the nodes that hand values out.
    """

    def __init__(self, name: str, parent: Frame | None) -> None:
        self.name = name
        self.parent = parent
        self.items: list[Any] = []
        self.enters: list[Node] = []
        self.exits: list[Node] = []
        self._inner: dict[str, Frame] = {}

    def inner(self, name: str) -> Frame:
        """The frame of this name inside this one; made when first asked for."""
        frame = self._inner.get(name)
        if frame is None:
            frame = self._inner[name] = Frame(name, self)
        return frame

    def innermost_first(self) -> Iterator[Frame]:
        """The frames inside this one, each after those inside it, and last this one."""
        stack = [(self, False)]
        while stack:
            frame, seen = stack.pop()
            if seen:
                yield frame
                continue
            stack.append((frame, True))
            stack.extend((f, False) for f in frame._inner.values())


def assign(nodes: Sequence[Node]) -> Frame:
    """Puts the nodes into their frames; returns the frame of those in no loop.

    Raises:
      ValueError: the inputs of a node are in different frames, or an `Exit` is in no loop.
    """
    outermost = Frame("", None)
    # Node → the frame in which its outputs are.
    found: dict[Node, Frame] = {}
    for node in nodes:
        frame = _frame_of_inputs(node, found, outermost)
        if node.type in ENTERS:
            frame = frame.inner(node.attrs["frame_name"])
            frame.enters.append(node)
        elif node.type in EXITS:
            if frame.parent is None:
                raise ValueError(f"Node '{node.name}': an {node.type} that is in no loop")
            frame.exits.append(node)
            frame = frame.parent
            frame.items.append(node)
        else:
            frame.items.append(node)
        found[node] = frame
    return outermost


def _frame_of_inputs(node: Node, found: dict[Node, Frame], outermost: Frame) -> Frame:
    first: Any = None
    frame: Frame | None = None
    for source in (*(ref.item for ref in node.inputs), *node.controls):
        if isinstance(source, Node):
            if source.floating:
                continue
            other = found.get(source)
            if other is None:
                # What closes a loop comes later, and is in its frame.
                continue
        else:
            other = outermost
        if frame is None:
            first, frame = source, other
        elif other is not frame:
            raise ValueError(
                f"{{{{node {node.name}}}}} has inputs from different frames. The input "
                f"{{{{node {source.name}}}}} is in frame '{other.name}'. The input "
                f"{{{{node {first.name}}}}} is in frame '{frame.name}'."
            )
    return outermost if frame is None else frame
