"""The order in which the nodes of a GraphDef are added: that of 1.15."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from headrace._src.graph_def.nodes import Node, parse_reference
from headrace._src.graph_def.old_ops import MERGES, NEXT_ITERATIONS
from headrace._src.graph_def.records import Record


def import_order(records: Sequence[Record], nodes: Mapping[str, Node]) -> Sequence[int]:
    """The positions of the nodes, each after its inputs, the first possible one next.

    A loop's `Merge` waits for one of its inputs only, since the other one follows from it.

    Args:
      records: the NodeDefs.
      nodes: name → node of each; their edges are there, `index` is their position.

    Raises:
      ValueError: nodes depend on each other in a circle that is no loop.
    """
    if _in_order(nodes.values()):
        return range(len(nodes))
    pending: list[int] = []
    followers: list[list[int]] = [[] for _ in nodes]
    ready: list[int] = []
    for i, (record, node) in enumerate(zip(records, nodes.values(), strict=True)):
        sources = [item for item, _ in node.inputs] + node.controls
        count = len(sources)
        if record.op in MERGES and _closes_loop(record, records, nodes):
            count = 1 + len(node.controls)
        for source in sources:
            if isinstance(source, Node):
                followers[source.index].append(i)
            else:
                count -= 1
        pending.append(count)
        if count == 0:
            ready.append(i)
    order: list[int] = []
    while ready:
        i = heapq.heappop(ready)
        order.append(i)
        for f in followers[i]:
            pending[f] -= 1
            if pending[f] == 0:
                heapq.heappush(ready, f)
    if len(order) < len(nodes):
        raise ValueError(f"{len(nodes) - len(order)} nodes in a cycle")
    return order


def _in_order(nodes: Iterable[Node]) -> bool:
    """Whether every node comes after its inputs, as a program writes them."""
    for i, node in enumerate(nodes):
        for item, _ in node.inputs:
            if isinstance(item, Node) and item.index >= i:
                return False
        for item in node.controls:
            if isinstance(item, Node) and item.index >= i:
                return False
    return True


def _closes_loop(record: Record, records: Sequence[Record], nodes: Mapping[str, Node]) -> bool:
    """Whether a NodeDef names a `NextIteration` as an input, even one that is mapped."""
    for text in record.input:
        name, index = parse_reference(text)
        source = nodes.get(name)
        if index >= 0 and source is not None and records[source.index].op in NEXT_ITERATIONS:
            return True
    return False
