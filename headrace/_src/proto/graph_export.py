"""Write graphs, nodes, functions and op interfaces as protocol buffers."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence
from typing import Any, Final

from headrace._src.core.attrs import REQUIRED, FuncRef
from headrace._src.core.dtypes import DType
from headrace._src.core.tensor_proto import attr_from_proto, attr_value, shape_to_proto
from headrace._src.proto import messages

PRODUCER: Final = 134
# The first version whose readers know function libraries.
FUNCTION_MIN_CONSUMER: Final = 12

# Attrs that no op declares, whose kind their value alone would not tell.
_EXTRA_KINDS: Final = {"_output_shapes": "list(shape)", "_class": "list(string)"}


# -- graphs ---------------------------------------------------------------------------------------


def graph_def(graph: Any, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """Writes a graph.

    Args:
      graph: The `Graph`.
      from_version: Ignored, as in 1.15: the whole graph is written.
      add_shapes: Whether to add the static shapes as `_output_shapes` attrs.

    Returns:
      A `GraphDef`.
    """
    proto = messages.GraphDef()
    proto.versions.producer = PRODUCER
    for op in graph.get_operations():
        node = proto.node.add()
        _fill_node(node, op, sorted({c.name for c in op.control_inputs}))
        if add_shapes and op.outputs:
            _add_output_shapes(node, op)
    functions = list(reachable_functions(graph))
    if functions:
        proto.versions.min_consumer = FUNCTION_MIN_CONSUMER
        for function in functions:
            proto.library.function.append(
                function_def(function.name, function.graph, add_shapes=add_shapes)
            )
            gradient = getattr(function.graph, "gradient_graph", None)
            if gradient is not None and gradient.name in getattr(graph, "_functions", {}):
                proto.library.gradient.add(function_name=function.name, gradient_func=gradient.name)
    return proto


def node_def(op: Any) -> Any:
    """Writes one operation as a `NodeDef`; control inputs stay in the order given."""
    node = messages.NodeDef()
    _fill_node(node, op, [c.name for c in op.control_inputs])
    return node


def _fill_node(node: Any, op: Any, control_inputs: Sequence[str]) -> None:
    node.name = op.name
    node.op = op.type
    node.input.extend(
        [t.op.name if t.value_index == 0 else f"{t.op.name}:{t.value_index}" for t in op.inputs]
    )
    node.input.extend(["^" + name for name in control_inputs])
    if op.device:
        node.device = op.device
    _fill_attrs(node, op)


def _fill_attrs(node: Any, op: Any) -> None:
    for name, value in op.attrs.items():
        node.attr[name].CopyFrom(attr_value(_kind(op, name), value))


def _kind(op: Any, name: str) -> str | None:
    spec = op.spec.attrs.get(name)
    return spec.kind if spec is not None else _EXTRA_KINDS.get(name)


def _add_output_shapes(node: Any, op: Any) -> None:
    shapes = node.attr["_output_shapes"].list
    shapes.SetInParent()
    shapes.shape.extend([shape_to_proto(t.dims) for t in op.outputs])


# -- functions ------------------------------------------------------------------------------------


def reachable_functions(graph: Any) -> Iterator[FuncRef]:
    """Yields every function that `graph`, its nodes or their bodies name, each name once."""
    seen: set[str] = set()
    waiting = collections.deque([graph])
    while waiting:
        for function in _functions_in(waiting.popleft()):
            if function.name not in seen and function.graph is not None:
                seen.add(function.name)
                waiting.append(function.graph)
                yield function


def _functions_in(graph: Any) -> Iterator[FuncRef]:
    for op in graph.get_operations():
        yield from _functions_of(op)
    for name, body in getattr(graph, "_functions", {}).items():
        yield FuncRef(name, body)


def _functions_of(op: Any) -> Iterator[FuncRef]:
    for value in op.attrs.values():
        if isinstance(value, FuncRef):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, FuncRef))


class _Names:
    """The names in a function: of its arguments, of its results, then of its nodes."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._nodes: dict[str, str] = {}

    def unique(self, name: str) -> str:
        made, suffix = name, 0
        while made in self._taken:
            made = f"{name}_{suffix}"
            suffix += 1
        self._taken.add(made)
        return made

    def argument(self, name: str) -> str:
        """A unique name of lower-case letters, digits and underscores that starts with a letter."""
        plain = "".join(c.lower() if c.isascii() and c.isalnum() else "_" for c in name)
        start = next((i for i, c in enumerate(plain) if c.isalpha()), None)
        return self.unique("unknown" if start is None else plain[start:])

    def node(self, name: str) -> str:
        if name not in self._nodes:
            self._nodes[name] = self.unique(name)
        return self._nodes[name]


def keep_definition(graph: Any, function: Any) -> None:
    """Notes the `FunctionDef` that a body was read from: as long as it stays as it is, it is
    written so again.
    """
    kept = messages.FunctionDef()
    kept.CopyFrom(function)
    graph.definition = (kept, graph._version, graph._mutations)


def function_def(name: str, graph: Any, add_shapes: bool = False) -> Any:
    """Writes the body of a function.

    Args:
      name: The name of the function.
      graph: Its body: a graph with `inputs` (outputs of placeholders) and `outputs`; its
        `control_outputs`, if any, run whatever is fetched.
      add_shapes: Whether to add static shapes as `_input_shapes` and `_output_shapes`.

    Returns:
      A `FunctionDef`.
    """
    kept, *state = getattr(graph, "definition", (None,))
    if kept is not None and kept.signature.name == name:
        if state == [graph._version, graph._mutations]:
            return kept
    proto = messages.FunctionDef()
    proto.signature.name = name
    for key, value in getattr(graph, "attrs", {}).items():
        proto.attr[key].CopyFrom(attr_value(None, value))
    names = _Names()
    arguments: dict[Any, str] = {}
    for index, tensor in enumerate(graph.inputs):
        arguments[tensor.op] = names.argument(tensor.op.name)
        proto.signature.input_arg.add(
            name=arguments[tensor.op],
            type=tensor.dtype.base_dtype.as_datatype_enum,
            is_ref=tensor.dtype._is_ref_dtype and _is_changed(tensor),
        )
        _fill_arg_attrs(proto.arg_attr[index], tensor.op)
    results = [names.argument(tensor.op.name) for tensor in graph.outputs]
    body = [op for op in graph.get_operations() if op not in arguments]
    for op in body:
        names.node(op.name)
    for result, tensor in zip(results, graph.outputs, strict=True):
        proto.signature.output_arg.add(name=result, type=tensor.dtype.base_dtype.as_datatype_enum)
        proto.ret[result] = _reference(tensor, arguments, names)
    for op in body:
        _fill_function_node(proto.node_def.add(), op, arguments, names, add_shapes)
    if any(op.spec.stateful for op in body):
        proto.signature.is_stateful = True
    for op in getattr(graph, "control_outputs", ()):
        proto.signature.control_output.append(op.name)
        proto.control_ret[op.name] = names.node(op.name)
    if add_shapes:
        _add_input_shapes(proto, graph)
    return proto


def _fill_arg_attrs(proto: Any, op: Any) -> None:
    proto.SetInParent()
    for name, value in op.attrs.items():
        if name.startswith("_") and name not in _EXTRA_KINDS:
            proto.attr[name].CopyFrom(attr_value(None, value))


def _fill_function_node(
    node: Any, op: Any, arguments: dict[Any, str], names: _Names, add_shapes: bool
) -> None:
    node.name = names.node(op.name)
    node.op = op.type
    node.input.extend([_reference(tensor, arguments, names) for tensor in op.inputs])
    node.input.extend(["^" + (arguments.get(c) or names.node(c.name)) for c in op.control_inputs])
    if op.device:
        node.device = op.device
    _fill_attrs(node, op)
    # 1.15 finds the shapes by name, and so none for nodes that got another name.
    if add_shapes and node.name == op.name:
        _add_output_shapes(node, op)


def _add_input_shapes(proto: Any, graph: Any) -> None:
    shapes = proto.attr["_input_shapes"].list
    shapes.SetInParent()
    for tensor in graph.inputs:
        # The shape of a handle would be taken for the shape of what it refers to.
        known = tensor.dims if tensor.dtype.name != "resource" else None
        shapes.shape.append(shape_to_proto(known))


def _reference(tensor: Any, arguments: dict[Any, str], names: _Names) -> str:
    """How a function's node names an input: an argument, or `node:output name:index`."""
    if tensor.op in arguments:
        return arguments[tensor.op]
    argument, index = output_position(tensor)
    return f"{names.node(tensor.op.name)}:{argument}:{index}"


def output_position(tensor: Any) -> tuple[str, int]:
    """Returns the name of the op's output that `tensor` belongs to, and its place in it."""
    spec, index = tensor.op.spec, tensor.value_index
    for argument in spec.outputs:
        count = len(spec._arg_types(argument, tensor.op.attrs)) if argument.is_list else 1
        if index < count:
            return argument.name, index
        index -= count
    raise IndexError(f"{tensor} is not an output of its operation")


# -- op interfaces and attrs ----------------------------------------------------------------------


def op_def(spec: Any) -> Any:
    """Writes the interface of an op type as an `OpDef`."""
    proto = messages.OpDef(name=spec.type, is_stateful=spec.stateful)
    proto.is_commutative = spec.commutative
    proto.is_aggregate = spec.aggregate
    proto.allows_uninitialized_input = spec.allows_uninitialized
    for arguments, field in ((spec.inputs, proto.input_arg), (spec.outputs, proto.output_arg)):
        for argument in arguments:
            _fill_argument(field.add(), argument)
    for name, attr in spec.attrs.items():
        _fill_attr_def(proto.attr.add(name=name, type=attr.kind), attr)
    return proto


def _is_changed(tensor: Any) -> bool:
    """Whether a body needs its argument as a reference: elsewhere functions take values only."""
    for op in tensor.consumers():
        if op.functions:
            return True
        for argument, taken in zip(op.spec.flat_inputs(op), op.inputs, strict=True):
            if taken is tensor and argument.is_ref:
                return True
    return False


def _fill_argument(proto: Any, argument: Any) -> None:
    proto.name = argument.name
    proto.is_ref = argument.is_ref
    proto.type_attr = argument.type_attr or ""
    proto.number_attr = argument.number_attr or ""
    proto.type_list_attr = argument.type_list_attr or ""
    if argument.dtype is not None:
        proto.type = argument.dtype.as_datatype_enum


def _fill_attr_def(proto: Any, attr: Any) -> None:
    if attr.default is not REQUIRED:
        proto.default_value.CopyFrom(attr_value(attr.kind, attr.default))
    if attr.minimum is not None:
        proto.has_minimum = True
        proto.minimum = attr.minimum
    if attr.allowed is not None:
        kind = attr.kind[5:-1] if attr.is_list else attr.kind
        proto.allowed_values.CopyFrom(attr_value(f"list({kind})", attr.allowed))


def public_attr(op: Any, name: str) -> Any:
    """Returns an attr of an operation as 1.15's `get_attr` does.

    Args:
      op: The operation.
      name: The name of the attr, one it has.

    Returns:
      A number, a bool, bytes, a `DType`, a message for shapes, tensors and functions, or a list of
      these.
    """
    proto = attr_value(_kind(op, name), op.attrs[name])
    field = proto.WhichOneof("value")
    if field is None:
        return None
    if field != "list":
        return _public(field, getattr(proto, field))
    return [
        _public(descriptor.name, item)
        for descriptor, items in proto.list.ListFields()
        for item in items
    ]


def _public(field: str, value: Any) -> Any:
    return DType(value) if field == "type" else value


def internal_attr(proto: Any) -> Any:
    """Returns the internal form of what an `AttrValue` holds."""
    return attr_from_proto(proto)
