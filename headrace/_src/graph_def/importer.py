"""tf.import_graph_def."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import convert, opspec, scopes
from headrace._src.core import device as device_lib
from headrace._src.core import graph as graph_lib
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.graph_def import attrs as attrs_lib
from headrace._src.graph_def import build, names, raising, records
from headrace._src.graph_def import nodes as nodes_lib
from headrace._src.graph_def import order as order_lib
from headrace._src.graph_def.functions import Library
from headrace._src.graph_def.nodes import Node, Parsed, Ref
from headrace._src.graph_def.records import Record

_VERSION: Final = 134
_MIN_PRODUCER: Final = 0


@export("graph_util.import_graph_def", "import_graph_def", deprecated_args=("op_dict",))
def import_graph_def(
    graph_def: Any,
    input_map: Any = None,
    return_elements: Any = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Adds the nodes of a GraphDef to the default graph.

    Conditions, loops and tensor arrays of 1.x (`Switch`, `Merge`, `Enter`, ..., `TensorArrayV3`)
    become `If` and `While` nodes with function bodies, and lists; nodes that stood for results,
    such as `cond/Merge` and `while/Exit`, keep their names.

    Args:
      graph_def: a `GraphDef` protocol buffer; default values of attrs are filled in.
      input_map: name of an input in `graph_def` (`"x"`, `"x:0"`, or `"^x"` for a control input) →
        what takes its place: a tensor, or what can be converted to one.
      return_elements: names of operations (`"x"`) and tensors (`"x:0"`) of `graph_def` to return.
      name: a prefix of the new nodes' names; `"import"` when left out, none when empty.
      op_dict: deprecated; ignored.
      producer_op_list: an `OpList` of the producer: attrs that headrace does not know are dropped
        where they have the default given there.

    Returns:
      The operations and tensors that `return_elements` names, in its order; None without it.

    Raises:
      TypeError: `graph_def` is no GraphDef, `input_map` no dictionary with strings as keys, or
        `return_elements` holds something that is no string.
      ValueError: the GraphDef is not well-formed; `input_map` or `return_elements` names something
        that is not in it; or its control flow is not arranged as 1.x arranges it.
      NotFoundError: headrace does not have an op type.
    """
    with _uncollected():
        return _imported(graph_def, input_map, return_elements, name, producer_op_list)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Lets the garbage collector wait: it would look at all that is being built, which stays.

    What is not to stay should be gone at the end, when the collector looks at the rest.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _imported(
    graph_def: Any, input_map: Any, return_elements: Any, name: str | None, producer_op_list: Any
) -> list[Any] | None:
    """Does what `import_graph_def` says."""
    graph_def = _checked_graph_def(graph_def)
    if producer_op_list is not None:
        _drop_unknown_defaults(graph_def, producer_op_list)
    node_defs = records.of(graph_def.node, fill=True)
    input_map = _checked_input_map(input_map)
    wanted = _checked_return_elements(return_elements)
    graph = graph_lib.get_default_graph()
    with scopes.name_scope(name, "import", list(input_map.values())) as scope:
        prefix = scope[:-1] if scope else ""
        input_map = _converted(name, input_map)
    mapped = _mapped(graph, input_map)
    targets = [(n, _tensor_name(n) if ":" in n else None) for n in wanted or ()]
    _check_versions(graph_def.versions)
    graph._check_not_finalized()
    library = Library(graph_def.library, graph)
    library.build_all()
    added = add_nodes(graph, node_defs, library, prefix, mapped, targets)
    library.register()
    added.check_mapped(mapped)
    return None if wanted is None else [added.element(n, parsed) for n, parsed in targets]


# -- arguments -------------------------------------------------------------------------------------


def _checked_graph_def(graph_def: Any) -> Any:
    from headrace._src.proto import messages

    if not isinstance(graph_def, messages.GraphDef):
        descriptor = getattr(graph_def, "DESCRIPTOR", None)
        if getattr(descriptor, "full_name", None) != "tensorflow.GraphDef":
            raise TypeError("graph_def must be a GraphDef proto.")
        return messages.GraphDef.FromString(graph_def.SerializeToString())
    return graph_def


def _checked_input_map(input_map: Any) -> dict[Any, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, dict) or not all(isinstance(k, (str, bytes)) for k in input_map):
        raise TypeError("input_map must be a dictionary mapping strings to Tensor objects.")
    return input_map


def _checked_return_elements(return_elements: Any) -> tuple[str, ...] | None:
    if return_elements is None:
        return None
    if not all(isinstance(x, (str, bytes)) for x in return_elements):
        raise TypeError("return_elements must be a list of strings.")
    return tuple(x.decode() if isinstance(x, bytes) else x for x in return_elements)


def _drop_unknown_defaults(graph_def: Any, producer_op_list: Any) -> None:
    producers = {op.name: op for op in producer_op_list.op}
    for node in graph_def.node:
        op_type = node.op
        producer = producers.get(op_type)
        spec = None if producer is None else opspec.lookup(op_type)
        if spec is not None:
            attrs_lib.drop_unknown_defaults(node, spec, producer)


def _converted(name: str | None, input_map: Mapping[Any, Any]) -> dict[Any, Tensor]:
    if all(isinstance(v, Tensor) for v in input_map.values()):
        return dict(input_map)
    if name == "":
        raise ValueError(
            "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor "
            "values. Try calling tf.convert_to_tensor() on `input_map` values before calling "
            "tf.import_graph_def()."
        )
    with scopes.name_scope("_inputs"):
        return {k: convert.convert_to_tensor(v) for k, v in input_map.items()}


def _tensor_name(text: str) -> Parsed:
    parts = text.split(":")
    if len(parts) == 1:
        return Parsed(text, 0)
    try:
        if len(parts) == 2:
            return Parsed(parts[0], int(parts[1]))
    except ValueError:
        pass
    raise ValueError(f"Cannot convert {text!r} to a tensor name.")


def _mapped(graph: Any, input_map: Mapping[Any, Tensor]) -> dict[Parsed, Tensor]:
    mapped: dict[Parsed, Tensor] = {}
    for key, tensor in input_map.items():
        text = key.decode() if isinstance(key, bytes) else key
        parsed = Parsed(text[1:], -1) if text.startswith("^") else _tensor_name(text)
        if graph._by_name.get(tensor.op.name) is not tensor.op:
            source = f"^{parsed.name}" if parsed.index < 0 else f"{parsed.name}:{parsed.index}"
            raise ValueError(
                f"node '{tensor.op.name}' in input_map does not exist in graph (input_map entry: "
                f"{source}->{tensor.op.name}:{tensor.value_index})"
            )
        mapped[parsed] = tensor
    return mapped


def _check_versions(versions: Any) -> None:
    if versions.producer < _MIN_PRODUCER:
        raise ValueError(
            f"GraphDef producer version {versions.producer} below min producer {_MIN_PRODUCER} "
            "supported by TensorFlow 1.15.5.  Please regenerate your graph."
        )
    if versions.min_consumer > _VERSION:
        raise ValueError(
            f"GraphDef min consumer version {versions.min_consumer} above current version "
            f"{_VERSION} for TensorFlow 1.15.5.  Please upgrade TensorFlow."
        )
    if _VERSION in versions.bad_consumers:
        raise ValueError(
            f"GraphDef disallows consumer version {_VERSION}.  Please upgrade TensorFlow: this "
            "version is likely buggy."
        )


# -- nodes -----------------------------------------------------------------------------------------


class Added:
    """The nodes that an import has added.

    Attributes:
      nodes: name in the GraphDef → node.     used: the mapped inputs that nodes have.
      scope: what has been built.             builder: what has built it.
    """

    def __init__(self, mapped: Mapping[Parsed, Tensor]) -> None:
        self._mapped = mapped
        self.used: set[Parsed] = set()
        self.nodes: Mapping[str, Node] = {}
        self.scope: build.Scope
        self.builder: build.Builder

    def operation(self, name: str) -> Operation:
        """The operation of a node.

        Raises:
          ValueError: there is none, because the node is inside a condition or loop.
        """
        op = self.scope.operations.get(self.nodes[name])
        if op is None:
            raise ValueError(
                f"Requested return node '{name}' is part of a condition or loop, which has become "
                "a function: its results can be returned, what is inside cannot"
            )
        return op

    def tensor(self, name: str, index: int) -> Tensor:
        """A tensor of a node; errors as `operation`."""
        node = self.nodes[name]
        place = index if index >= 0 else len(node.types) - 1
        for ref in (Ref(node, place), self.builder.source(Ref(node, index))):
            found = self.scope.tensor(ref)
            if found is not None:
                return found
        return self.operation(name).outputs[index]

    def check_targets(self, targets: Sequence[tuple[str, Parsed | None]]) -> None:
        """Checks that what is to be returned is there."""
        for name, parsed in targets:
            if parsed is None:
                if name not in self.nodes:
                    raise ValueError(f"Requested return node '{name}' not found in graph def")
                continue
            if parsed in self._mapped:
                continue
            node = self.nodes.get(parsed.name)
            if node is None:
                raise ValueError(
                    f"Requested return tensor '{parsed.name}:{parsed.index}' not found in graph def"
                )
            count = len(node.types)
            if not -1 <= parsed.index < count:
                raise ValueError(
                    f"Invalid return output {parsed.index} of node '{parsed.name}', which has "
                    f"{count} output(s)"
                )

    def check_mapped(self, mapped: Mapping[Parsed, Tensor]) -> None:
        """Raises `ValueError` when an input was mapped that is nowhere in the GraphDef."""
        missing = []
        for key in mapped:
            node = self.nodes.get(key.name)
            if key not in self.used and (node is None or key.index >= len(node.types)):
                text = f"^{key.name}" if key.index < 0 else f"{key.name}:{key.index}"
                missing.append((key.name, text))
        if missing:
            listed = ", ".join(text for _, text in sorted(missing))
            raise ValueError(
                f"Attempted to map inputs that were not found in graph_def: [{listed}]"
            )

    def element(self, name: str, parsed: Parsed | None) -> Operation | Tensor:
        """What is to be returned for one name."""
        if parsed is None:
            return self.operation(name)
        found = self._mapped.get(parsed)
        return self.tensor(parsed.name, parsed.index) if found is None else found


def add_nodes(
    graph: Any,
    node_defs: Sequence[Record],
    library: Library,
    prefix: str = "",
    mapped: Mapping[Parsed, Tensor] | None = None,
    targets: Sequence[tuple[str, Parsed | None]] = (),
    colocated: bool = True,
) -> Added:
    """Adds nodes to a graph, all or none.

    Args:
      graph: the graph.
      node_defs: the NodeDefs.
      library: the functions.
      prefix: the prefix of names, without a final slash.
      mapped: inputs that are tensors of the graph.
      targets: names to be returned, and how they read as names of tensors.
      colocated: whether nodes may be colocated with imported nodes only.

    Raises:
      ValueError, NotFoundError: see `import_graph_def`.
    """
    mapped = mapped or {}
    nodes_lib.check_records(node_defs)
    added = Added(mapped)
    added.nodes = nodes = nodes_lib.linked(node_defs, mapped, added.used)
    namer = names.Namer(graph, prefix, nodes)
    ordered = _read(node_defs, nodes, namer, library)
    if colocated:
        names.check_groups(ordered, nodes)
    added.check_targets(targets)
    names.rename_groups(ordered, namer)
    region, values = raising.raised(ordered)
    added.builder = builder = build.Builder(values, (n.new_name for n in ordered))
    added.scope = scope = build.Scope(graph)
    before = build.Before(graph)
    count = before.count
    try:
        builder.region(region, scope)
        if colocated and not all(n in scope.operations for n in ordered):
            build.forget_missing(graph, count)
        _colocate(graph._nodes, count)
    except BaseException:
        before.restore()
        raise
    if not graph.building_function:
        # 1.15 adds every node as it is; the default seeds of later operations follow from that.
        graph._skipped += len(node_defs) - (len(graph._nodes) - count)
    names.note_used(graph, (op.name for op in graph._nodes[count:]))
    for op in graph._nodes[count:]:
        if op.spec.calls_functions:
            _adopt_functions(op, graph)
    return added


def _read(
    node_defs: Sequence[Record], nodes: Mapping[str, Node], namer: names.Namer, library: Library
) -> list[Node]:
    """Reads the attrs of nodes and checks their edges; returns the nodes in the order of import."""
    prefix, taken = namer.prefix, namer.taken
    reader = nodes_lib.Reader(prefix, library.spec, library.body)
    ordered: list[Node] = []
    late: list[Node] = []
    unordered = list(nodes.values())
    for place, i in enumerate(order_lib.import_order(node_defs, nodes)):
        node = unordered[i]
        reader.read(node_defs[i], node)
        node.index = place
        wanted = prefix + node.name
        node.new_name = namer.other(wanted) if wanted in taken else wanted
        ordered.append(node)
        try:
            types = [item.types[index] for item, index in node.inputs]
        except (AttributeError, IndexError):
            # A tensor of the graph; an output that is not there, or whose node closes a loop.
            types = None
        if types == node.expected or (types and [t.base_dtype for t in types] == node.expected):
            continue
        if any(isinstance(item, Node) and item.spec is nodes_lib.UNREAD for item, _ in node.inputs):
            late.append(node)
        else:
            nodes_lib.check_edges(node)
    for node in late:
        nodes_lib.check_edges(node)
    return ordered


def _adopt_functions(op: Operation, graph: Any) -> None:
    """Makes a graph the one around the functions that one of its operations calls."""
    for function in op.functions:
        if function.graph is not None and function.graph.outer_graph is not graph:
            function.graph.outer_graph = graph


def _colocate(operations: Sequence[Operation], start: int) -> None:
    """Gives operations, those from `start` on, the devices of those they are colocated with."""
    if not any(op._device for op in operations):
        return
    for op in operations[start:]:
        for name in build.colocated_with(op):
            other = op.graph._by_name.get(name)
            if other is not None and other._device:
                op._device = device_lib.merged(other._device, "")
                break
