"""`tensorflow.python.tools.strip_unused_lib`: a graph cut at its inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.graph_def.graph_util import extract_sub_graph


def strip_unused(
    input_graph_def: Any,
    input_node_names: Sequence[str],
    output_node_names: Sequence[str],
    placeholder_type_enum: Any,
) -> Any:
    """Returns the part of a graph between some nodes, the first of which become placeholders.

    Args:
      input_graph_def: a `GraphDef`.
      input_node_names: the nodes that become placeholders.
      output_node_names: the nodes that are kept, with what they need.
      placeholder_type_enum: the type of the placeholders, or a list with one for each.

    Returns:
      A `GraphDef`.

    Raises:
      ValueError: a name is that of a tensor.
      KeyError: there is no such node.
    """
    for name in input_node_names:
        if ":" in name:
            raise ValueError(f"Name '{name}' appears to refer to a Tensor, not a Operation.")
    missing = set(input_node_names) - {node.name for node in input_graph_def.node}
    if missing:
        raise KeyError(f"The following input nodes were not found: {missing}")
    cut = type(input_graph_def)()
    for node in input_graph_def.node:
        if node.name not in input_node_names:
            cut.node.add().CopyFrom(node)
            continue
        kind = placeholder_type_enum
        if isinstance(kind, list):
            kind = kind[list(input_node_names).index(node.name)]
        made = cut.node.add(op="Placeholder", name=node.name)
        made.attr["dtype"].type = kind
        for key in ("_output_shapes", "shape"):
            if key in node.attr:
                made.attr[key].CopyFrom(node.attr[key])
    return extract_sub_graph(cut, output_node_names)


__all__ = ["strip_unused"]
