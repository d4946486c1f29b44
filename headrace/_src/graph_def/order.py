"""The order in which the nodes of a GraphDef are added: that of 1.15."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

from headrace._src.graph_def.nodes import Parsed, parse_reference
from headrace._src.graph_def.old_ops import MERGES, NEXT_ITERATIONS
from headrace._src.graph_def.records import Record


def import_order(
    node_defs: Sequence[Record], positions: Mapping[str, int], mapped: Collection[Parsed]
) -> list[int]:
    """The positions of the NodeDefs, each after its inputs, the first possible one next.

    A loop's `Merge` waits for one of its inputs only, since the other one follows from it.

    Args:
      node_defs: the NodeDefs; their inputs are parsed.
      positions: name → position.
      mapped: the inputs that are not taken from the GraphDef.

    Raises:
      ValueError: a node that an input names is not there, or nodes depend on each other in a circle
        that is no loop.
    """
    pending: list[int] = []
    followers: list[list[int]] = [[] for _ in node_defs]
    ready: list[int] = []
    for i, node in enumerate(node_defs):
        references = node.references = [parse_reference(text) for text in node.input]
        count = len(references)
        if node.op in MERGES and _closes_loop(node_defs, positions, references):
            count = 1 + sum(r.index < 0 for r in references)
        for text, reference in zip(node.input, references, strict=True):
            if mapped and reference in mapped:
                count -= 1
                continue
            source = positions.get(reference[0])
            if source is None:
                raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
            followers[source].append(i)
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
    if len(order) < len(node_defs):
        raise ValueError(f"{len(node_defs) - len(order)} nodes in a cycle")
    return order


def _closes_loop(
    node_defs: Sequence[Record], positions: Mapping[str, int], references: Sequence[Parsed]
) -> bool:
    return any(
        r.index >= 0 and r.name in positions and node_defs[positions[r.name]].op in NEXT_ITERATIONS
        for r in references
    )
