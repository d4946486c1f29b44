"""The nodes of a graph as they are shown, whether they are operations or NodeDefs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from headrace._src.core.dims import text as dims_text


class Item(NamedTuple):
    """A node.

    Attributes:
      name: its name.
      op: its op type.
      inputs: the inputs as in a NodeDef: `x`, `x:1`, `^x`.
      device: the requested device.
      results: dtypes and shapes of its outputs, as far as they are known.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    device: str
    results: str


def of_graph(graph: Any) -> Iterator[Item]:
    """The operations of a `Graph`."""
    for op in graph.get_operations():
        inputs = [t.op.name + (f":{t.value_index}" if t.value_index else "") for t in op.inputs]
        inputs += [f"^{c.name}" for c in op.control_inputs]
        results = ", ".join([f"{t.dtype.name} {dims_text(t.dims)}" for t in op.outputs])
        yield Item(op.name, op.type, tuple(inputs), op.device, results)


def of_node_defs(node_defs: Iterable[Any]) -> Iterator[Item]:
    """The nodes of a GraphDef or of a function."""
    for node in node_defs:
        yield Item(node.name, node.op, tuple(node.input), node.device, _results(node))


def _results(node: Any) -> str:
    """What the attrs of a NodeDef say about its outputs."""
    from headrace._src.core import dtypes

    attr = node.attr
    known = []
    for key in ("dtype", "T", "output_type", "DstT"):
        if key in attr and attr[key].type:
            try:
                known.append(dtypes.as_dtype(attr[key].type).name)
            except TypeError:
                known.append(f"dtype {attr[key].type}")
            break
    if "_output_shapes" in attr:
        known.append(", ".join(map(_shape, attr["_output_shapes"].list.shape)))
    elif "shape" in attr and attr["shape"].HasField("shape"):
        known.append(_shape(attr["shape"].shape))
    elif "value" in attr and attr["value"].HasField("tensor"):
        known.append(_shape(attr["value"].tensor.tensor_shape))
    return " ".join(known)


def _shape(proto: Any) -> str:
    if proto.unknown_rank:
        return dims_text(None)
    return dims_text(tuple([None if d.size < 0 else d.size for d in proto.dim]))
