"""tf.graph_util: GraphDefs cut down and looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.operation import Operation
from headrace._src.core.shape import TensorShape

_VARIABLE_OPS: Final = frozenset({
    "Assign", "AssignAdd", "AssignSub", "Queue", "ScatterAdd", "ScatterSub", "ScatterUpdate",
    "TruncatedNormal", "Variable", "VariableV2",
})  # fmt: skip
_OF_INTEGERS: Final = {"DynamicStitch": "T", "ParallelDynamicStitch": "T", "Cast": "SrcT"}
_STRING: Final = dtypes.string.as_datatype_enum
_INT32: Final = dtypes.int32.as_datatype_enum


@export("graph_util.must_run_on_cpu", v2=(), deprecated="tf.compat.v1.graph_util.must_run_on_cpu")
def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Return whether TensorFlow has an operation on CPUs only.

    Args:
      node: An `Operation` or a `NodeDef`.
      pin_variables_on_cpu: Whether operations on variables count as well.

    Returns:
      Whether it must run on a CPU.

    Raises:
      AssertionError: `node` is neither.
    """
    if isinstance(node, Operation):
        node = node.node_def
    if getattr(getattr(node, "DESCRIPTOR", None), "full_name", "") != "tensorflow.NodeDef":
        raise AssertionError(f"{node!r} is no Operation and no NodeDef")
    if pin_variables_on_cpu and node.op in _VARIABLE_OPS:
        return True
    if node.op == "Const":
        return node.attr["dtype"].type in (_STRING, _INT32)
    attr = _OF_INTEGERS.get(node.op)
    return attr is not None and node.attr[attr].type == _INT32


@export(
    "graph_util.extract_sub_graph", v2=(), deprecated="tf.compat.v1.graph_util.extract_sub_graph"
)
def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """Return the part of a graph that some nodes need.

    Args:
      graph_def: A `GraphDef`.
      dest_nodes: The names of the nodes.

    Returns:
      A `GraphDef` with these nodes and those they depend on or are colocated with, in the order of
      `graph_def`, and with its functions and versions.

    Raises:
      TypeError: `graph_def` is no GraphDef, or `dest_nodes` is a string.
      AssertionError: A node is not in the graph.
    """
    if getattr(getattr(graph_def, "DESCRIPTOR", None), "full_name", "") != "tensorflow.GraphDef":
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    if isinstance(dest_nodes, str):
        raise TypeError("dest_nodes must be a list.")
    by_name = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in by_name:
            raise AssertionError(f"{name} is not in graph")
    wanted = _reachable(by_name, dest_nodes)
    made = type(graph_def)()
    made.node.extend(node for node in graph_def.node if node.name in wanted)
    made.library.CopyFrom(graph_def.library)
    made.versions.CopyFrom(graph_def.versions)
    return made


def node_name(reference: str) -> str:
    """The name of the node that an input refers to."""
    return reference[1:] if reference.startswith("^") else reference.partition(":")[0]


def _reachable(by_name: dict[str, Any], start: Iterable[str]) -> set[str]:
    found: set[str] = set()
    stack = list(start)
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        node = by_name[name]
        stack += map(node_name, node.input)
        if "_class" in node.attr:
            groups = [group.decode() for group in node.attr["_class"].list.s]
            stack += [group[5:] for group in groups if group.startswith("loc:@")]
    return found


@export(
    "graph_util.tensor_shape_from_node_def_name",
    v2=(),
    deprecated="tf.compat.v1.graph_util.tensor_shape_from_node_def_name",
)
def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> TensorShape:
    """Return the static shape of a tensor that a `NodeDef` names as an input.

    Args:
      graph: The `Graph`.
      input_name: The name; `:0` may be left out.

    Returns:
      The shape.
    """
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).shape  # type: ignore[no-any-return]


@export(
    "graph_util.remove_training_nodes",
    v2=(),
    deprecated="tf.compat.v1.graph_util.remove_training_nodes",
)
def remove_training_nodes(input_graph: Any, protected_nodes: Sequence[str] | None = None) -> Any:
    """Return a graph without nodes that only training needs.

    `CheckNumerics` nodes are removed, and `Identity` nodes that no control edge touches are spliced
    out.

    Args:
      input_graph: A `GraphDef`.
      protected_nodes: Names of nodes to keep.

    Returns:
      A `GraphDef` with the nodes that are left.
    """
    protected = set(protected_nodes or ())
    checks = {n.name for n in input_graph.node if n.op == "CheckNumerics"} - protected
    kept = []
    for node in input_graph.node:
        if node.name in checks:
            continue
        kept.append(_with_inputs(node, [i for i in node.input if i.lstrip("^") not in checks]))
    waited_for = {i[1:] for node in kept for i in node.input if i.startswith("^")}
    spliced = {
        node.name: node.input[0]
        for node in kept
        if node.op == "Identity"
        and node.name not in protected | waited_for
        and not any(i.startswith("^") for i in node.input)
    }
    made = type(input_graph)()
    for node in kept:
        if node.name not in spliced:
            made.node.append(_with_inputs(node, [_behind(i, spliced) for i in node.input]))
    return made


def _with_inputs(node: Any, inputs: Sequence[str]) -> Any:
    made = type(node)()
    made.CopyFrom(node)
    del made.input[:]
    made.input.extend(inputs)
    return made


def _behind(reference: str, spliced: dict[str, str]) -> str:
    while reference.lstrip("^") in spliced:
        reference = spliced[reference.lstrip("^")]
    return reference
