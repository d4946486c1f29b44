"""The nodes of a GraphDef as objects that refer to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._src.core import errors, opspec
from headrace._src.core.attrs import FuncRef
from headrace._src.core.dtypes import DType
from headrace._src.core.opspec import OpSpec
from headrace._src.graph_def import attrs as attrs_lib
from headrace._src.graph_def.newer import NEWER_OPS
from headrace._src.graph_def.old_ops import CONTROL_FLOW, OLD_OPS
from headrace._src.graph_def.records import Record

_NAME: Final = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\\-/]*$")
_INPUT: Final = re.compile(r"^(?P<name>[^:]*)(?::(?P<index>\d+))?$")

# The attr that marks the placeholder of an argument through which a function changes a variable.
REFERENCE: Final = "_headrace_reference"


class Node:
    """A node of a GraphDef, or one that raising adds.

    Attributes:
      name: its name in the GraphDef.      new_name: its name in the graph it is imported into.
      spec: the spec of its op type.
      attrs: attr name → value in the internal form; other nodes may have the same dictionary.
      inputs: what it takes.               controls: the nodes it waits for.
      device: the requested device.        index: its place in the order of import.
      types: the dtypes of its outputs.    shapes: static shapes given for its outputs, or None.
      floating: whether it is made anew in each function that uses it: a constant that raising adds.
      groups: its colocation groups, the value of `_class`; None when the GraphDef gives none.
      given: whether the GraphDef has it, so that its new name is unique.
      expected: the dtypes that the op takes for these attrs; None where nobody has asked.
    """

    __slots__ = (
        "attrs",
        "controls",
        "device",
        "expected",
        "floating",
        "given",
        "groups",
        "index",
        "inputs",
        "name",
        "new_name",
        "shapes",
        "spec",
        "types",
    )

    def __init__(
        self,
        name: str,
        spec: OpSpec,
        attrs: dict[str, Any],
        device: str = "",
        types: list[DType] | None = None,
    ) -> None:
        self.name = self.new_name = name
        self.spec = spec
        self.attrs = attrs
        self.inputs: list[Ref] = []
        self.controls: list[Any] = []
        self.device = device
        self.index = -1
        self.types: list[DType] = spec.output_types(attrs) if types is None else types
        self.expected: list[DType] | None = None
        self.shapes: tuple[Any, ...] | None = None
        self.floating = False
        self.given = False
        self.groups: tuple[Any, ...] | None = None

    @property
    def type(self) -> str:
        """The op type."""
        return self.spec.type

    @property
    def has_effects(self) -> bool:
        """Whether executing it twice differs from executing it once."""
        spec = self.spec
        if spec.type in CONTROL_FLOW:
            return False
        return spec.has_effects or spec.random or spec.blocking

    def change(self, spec: OpSpec, attrs: dict[str, Any], inputs: Sequence[Ref]) -> None:
        """Makes it a node of another op type."""
        self.spec, self.attrs, self.inputs = spec, attrs, list(inputs)
        self.types = spec.output_types(attrs)
        self.expected = self.shapes = None

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.type}>"


class Ref(NamedTuple):
    """An output: `item` is a `Node`, a `Loop`, a `Condition`, or a tensor that exists already."""

    item: Any
    index: int


class Parsed(NamedTuple):
    """What a NodeDef's input says: the name of a node, and which output (-1: wait for it)."""

    name: str
    index: int


def parse_reference(text: str) -> Parsed:
    """Reads an input of a NodeDef; what is not of the form is taken as a name."""
    if ":" not in text and text[:1] != "^":
        return Parsed(text, 0)
    if text.startswith("^"):
        return Parsed(text[1:], -1)
    match = _INPUT.match(text)
    if match is None:
        return Parsed(text, 0)
    return Parsed(match["name"], int(match["index"] or 0))


def check_records(records: Sequence[Record]) -> None:
    """Checks names, op types and the order of inputs.

    Raises:
      ValueError: a name is not valid or not unique, an op type is missing, or a control input comes
        before a data input.
    """
    names: set[str] = set()
    is_name = _NAME.match
    for record in records:
        name = record.name
        if not is_name(name):
            raise ValueError(f"Node '{name}': Node name contains invalid characters")
        if name in names:
            raise ValueError(f"Node '{name}' is not unique")
        names.add(name)
        if not record.op:
            raise ValueError(f"Node '{name}' does not specify an operation")
        if len(record.input) > 1:
            _check_order(record)


def _check_order(record: Record) -> None:
    waits = False
    for text in record.input:
        if text[:1] == "^":
            waits = True
        elif waits:
            raise ValueError(
                f"Node '{record.name}': Control dependencies must come after regular dependencies"
            )


def find_spec(
    node_def: Any, functions: Callable[[str], OpSpec | None] = lambda name: None
) -> OpSpec:
    """The spec of a NodeDef's op type; it may be the name of a function.

    Raises:
      NotFoundError: there is no such op type.
    """
    name = node_def.op
    spec = opspec.lookup(name) or OLD_OPS.get(name) or functions(name) or NEWER_OPS.get(name)
    if spec is None:
        raise errors.NotFoundError(
            None,
            None,
            f"Op type not registered '{node_def.op}' in headrace, wanted by node "
            f"'{node_def.name}'. If it is an op of a library of your own, headrace cannot load it; "
            "if it is a function, the GraphDef's library does not define it.",
        )
    return spec


# What a node is whose attrs have not been read.
UNREAD: Final = OpSpec("", "->", {}, {})
_NO_ATTRS: Final[dict[str, Any]] = {}
_NO_TYPES: Final[list[DType]] = []


class Template(NamedTuple):
    """What nodes of the same op type with the same attrs share; `Node` says what it is."""

    spec: OpSpec
    attrs: dict[str, Any]
    types: list[DType]
    expected: list[DType]
    shapes: tuple[Any, ...] | None
    groups: tuple[Any, ...] | None


class Reader:
    """Reads the attrs of records, and checks the edges of the nodes that they are of.

    Args:
      prefix: what comes before names in messages.
      find_call: finds the spec of an op type that is the name of a function.
      find_body: finds the body of a function by its name.
    """

    def __init__(
        self,
        prefix: str,
        find_call: Callable[[str], OpSpec | None],
        find_body: Callable[[str], Any],
    ) -> None:
        self._prefix = prefix
        self._find_call = find_call
        self._find_body = find_body
        # The bytes of colocation groups → the groups.
        self._groups: dict[bytes, tuple[Any, ...]] = {}

    def read(self, record: Record, node: Node) -> None:
        """Makes `node`, which has its edges, what its NodeDef says.

        Raises:
          ValueError: an attr is missing, unknown, of another type, or has a value not allowed.
          NotFoundError: there is no such op type.
        """
        template = record.kind.template
        if template is None:
            template = self._template(record)
        node.spec, node.attrs, node.types, node.expected, node.shapes, node.groups = template
        if record.groups:
            groups = self._groups.get(record.groups)
            if groups is None:
                shown = self._prefix + record.name
                groups = attrs_lib.read_groups(record.attr["_class"], shown, self._find_body)
                self._groups[record.groups] = groups
            node.groups = groups

    def _template(self, record: Record) -> Template:
        spec = find_spec(record, self._find_call)
        values = attrs_lib.read(record, self._prefix + record.name, spec, self._find_body)
        types = spec.output_types(values)
        # As attrs these would not stay true: they are what a node's types and shapes are set to.
        if values.pop(REFERENCE, False):
            types = [t._as_ref for t in types]
        shapes = values.pop("_output_shapes", None)
        groups = values.pop("_class", None)
        if record.groups:
            # They are no part of what the kind has in common.
            groups = None
        expected = attrs_lib.input_types(spec, values)
        shapes = shapes if isinstance(shapes, tuple) else None
        template = Template(spec, values, types, expected, shapes, groups)
        if _can_share(values):
            record.kind.template = template
        return template


def _can_share(attrs: Mapping[str, Any]) -> bool:
    """Whether nodes may have the same attr values: none of them can change."""
    for value in attrs.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, FuncRef):
                return False
            if isinstance(item, np.ndarray):
                item.flags.writeable = False
    return True


def check_edges(node: Node) -> None:
    """Checks that what a node takes is there; number and dtypes must be those that it expects.

    Raises:
      ValueError: an output does not exist, there are more or fewer inputs than the op takes, or one
        is of another type.
    """
    types = []
    for item, index in node.inputs:
        if not isinstance(item, Node):
            types.append(item.dtype)
            continue
        if index >= len(item.types):
            raise ValueError(
                f"Node '{node.name}': Connecting to invalid output {index} of source node "
                f"{item.name} which has {len(item.types)} outputs."
            )
        types.append(item.types[index])
    expected = node.expected
    if expected is None:
        expected = attrs_lib.input_types(node.spec, node.attrs)
    shown = node.new_name
    if len(expected) != len(types):
        wanted = ", ".join(attrs_lib.type_text(t) for t in expected)
        raise ValueError(
            f"NodeDef expected inputs '{wanted}' do not match {len(types)} inputs specified; "
            f"{attrs_lib.describe(node.spec)}; NodeDef: {{{{node {shown}}}}}"
        )
    for i, (want, got, (item, index)) in enumerate(zip(expected, types, node.inputs, strict=True)):
        if got is want:
            continue
        if want._is_ref_dtype or got.base_dtype is not want:
            source = f"{item.new_name}:{index}" if isinstance(item, Node) else item.name
            raise ValueError(
                f"Input {i} of node {shown} was passed {attrs_lib.type_text(got)} from {source} "
                f"incompatible with expected {attrs_lib.type_text(want)}."
            )


def linked(
    records: Sequence[Record], mapped: Mapping[Parsed, Any], used: set[Parsed]
) -> dict[str, Node]:
    """Makes the nodes of NodeDefs, with their edges; their attrs are still to be read.

    Args:
      records: the NodeDefs; their names are unique.
      mapped: the inputs that are tensors which exist already.
      used: takes the keys of `mapped` that are inputs.

    Returns:
      name → node, in the order of the records.

    Raises:
      ValueError: a node that an input names is not there.
    """
    nodes: dict[str, Node] = {}
    for i, record in enumerate(records):
        node = nodes[record.name] = Node(record.name, UNREAD, _NO_ATTRS, record.device, _NO_TYPES)
        node.index = i
        node.given = True
    # An input as NodeDefs write it → what it refers to; an index of -1 says to wait for it.
    known: dict[str, Ref] = {}
    for node, record in zip(nodes.values(), records, strict=True):
        inputs = node.inputs
        for text in record.input:
            ref = known.get(text)
            if ref is None:
                source = None if mapped else nodes.get(text)
                if source is None:
                    ref = _referred(text, node, nodes, mapped, used)
                else:
                    ref = Ref(source, 0)
                known[text] = ref
            if ref[1] >= 0:
                inputs.append(ref)
            else:
                node.controls.append(ref[0])
        if len(node.controls) > 1:
            node.controls = list(dict.fromkeys(node.controls))
    return nodes


def _referred(
    text: str,
    node: Node,
    nodes: Mapping[str, Node],
    mapped: Mapping[Parsed, Any],
    used: set[Parsed],
) -> Ref:
    """What an input of `node` refers to; see `linked`."""
    key = parse_reference(text)
    if mapped and key in mapped:
        used.add(key)
        target = mapped[key]
        return Ref(target, 0) if key.index >= 0 else Ref(target.op, -1)
    source = nodes.get(key.name)
    if source is None:
        raise ValueError(f"Node '{node.name}': Unknown input node '{text}'")
    return Ref(source, key.index)
