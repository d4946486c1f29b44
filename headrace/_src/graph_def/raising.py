"""Raising: nodes of 1.x's control flow become conditions, loops and lists."""

from __future__ import annotations

from collections.abc import Sequence

from headrace._src.graph_def import conditions, frames, loops, tensor_arrays
from headrace._src.graph_def.nodes import Node
from headrace._src.graph_def.old_ops import OLD_OPS
from headrace._src.graph_def.regions import Region, Values


def raised(nodes: Sequence[Node]) -> tuple[Region, Values]:
    """The region that the nodes of a graph make.

    Args:
      nodes: the nodes in the order of import.

    Returns:
      The region, and which outputs have the same value.

    Raises:
      ValueError: the nodes are not arranged as 1.x arranges loops and conditions; the message
        names one and says why.
    """
    values = Values()
    nodes = tensor_arrays.rewritten(nodes, values)
    if not any(node.spec.type in OLD_OPS for node in nodes):
        return Region(nodes), values
    outermost = frames.assign(nodes)
    for frame in outermost.innermost_first():
        if frame is not outermost:
            loops.collapse(frame, values)
    return conditions.structured(outermost.items, values, whole=True), values
