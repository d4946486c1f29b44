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
      spec: the spec of its op type.       attrs: attr name → value in the internal form.
      inputs: what it takes.               controls: the nodes it waits for.
      device: the requested device.        index: its place in the order of import.
      types: the dtypes of its outputs.    shapes: static shapes given for its outputs, or None.
      floating: whether it is made anew in each function that uses it: a constant that raising adds.
      groups: its colocation groups, without `loc:@`; None when the GraphDef gives none.
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
        self.groups: list[str] | None = None

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


def check_node_defs(node_defs: Sequence[Any]) -> dict[str, int]:
    """Returns name → position, once names, op types and the order of inputs have been checked.

    Raises:
      ValueError: a name is not valid or not unique, an op type is missing, or a control input comes
        before a data input.
    """
    positions: dict[str, int] = {}
    for i, node in enumerate(node_defs):
        name = node.name
        if not _NAME.match(name):
            raise ValueError(f"Node '{name}': Node name contains invalid characters")
        if positions.setdefault(name, i) != i:
            raise ValueError(f"Node '{name}' is not unique")
        if not node.op:
            raise ValueError(f"Node '{name}' does not specify an operation")
        waits = False
        for text in node.input:
            if text.startswith("^"):
                waits = True
            elif waits:
                raise ValueError(
                    f"Node '{name}': Control dependencies must come after regular dependencies"
                )
    return positions


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


class Template(NamedTuple):
    """What nodes with the same op type and the same attrs share."""

    attrs: dict[str, Any]
    types: list[DType]
    expected: list[DType]
    shapes: tuple[Any, ...] | None


# (op type, attrs) → template; ("_class", bytes) → colocation groups.
Templates = dict[tuple[str, bytes], Any]


def make_node(
    record: Record,
    shown: str,
    spec: OpSpec,
    function: Callable[[str], Any] | None,
    templates: Templates,
) -> Node:
    """Makes a node of a NodeDef, without its edges.

    Args:
      record: the NodeDef.
      shown: the name to use in messages.
      spec: the spec of its op type.
      function: finds the body of a function by its name.
      templates: what is known of nodes made before, to which this one is added.

    Raises:
      ValueError: an attr is missing, unknown, of another type, or has a value not allowed.
    """
    template = None if record.key is None else templates.get((record.op, record.key))
    if template is None:
        template = _template(record, shown, spec, function)
        if record.key is not None and _can_share(template.attrs):
            templates[record.op, record.key] = template
    values, types, expected, shapes = template
    values = values.copy()
    node = Node(record.name, spec, values, record.device, types)
    node.given = True
    node.expected = expected
    node.shapes = shapes
    if record.groups or (record.key is None and "_class" in record.attr):
        groups = templates.get(("_class", record.groups))
        if groups is None or record.key is None:
            groups = attrs_lib.read_extra(record.attr["_class"], "_class", shown, function)
            templates["_class", record.groups] = groups
        if groups is not None:
            values["_class"] = groups
            node.groups = [g[5:] for g in groups if isinstance(g, str) and g.startswith("loc:@")]
    return node


def _template(
    record: Record, shown: str, spec: OpSpec, function: Callable[[str], Any] | None
) -> Template:
    values = attrs_lib.read(record, shown, spec, function)
    types = spec.output_types(values)
    # As attrs these would not stay true: they are what a node's types and shapes are set to.
    if values.pop(REFERENCE, False):
        types = [t._as_ref for t in types]
    shapes = values.pop("_output_shapes", None)
    if record.groups or record.key is None:
        values.pop("_class", None)
    expected = attrs_lib.input_types(spec, values)
    return Template(values, types, expected, shapes if isinstance(shapes, tuple) else None)


def _can_share(attrs: Mapping[str, Any]) -> bool:
    """Whether nodes may have the same attr values: none of them can change."""
    for value in attrs.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (np.ndarray, FuncRef)):
                return False
    return True


def check_inputs(node: Node) -> None:
    """Checks number and dtypes of a node's inputs.

    Raises:
      ValueError: there are more or fewer than the op takes, or one is of another type.
    """
    expected = node.expected
    if expected is None:
        expected = attrs_lib.input_types(node.spec, node.attrs)
    shown = node.new_name
    if len(expected) != len(node.inputs):
        wanted = ", ".join(attrs_lib.type_text(t) for t in expected)
        raise ValueError(
            f"NodeDef expected inputs '{wanted}' do not match {len(node.inputs)} inputs specified; "
            f"{attrs_lib.describe(node.spec)}; NodeDef: {{{{node {shown}}}}}"
        )
    for i, (want, (item, index)) in enumerate(zip(expected, node.inputs, strict=True)):
        got = item.types[index] if isinstance(item, Node) else item.dtype
        if got is want:
            continue
        if want._is_ref_dtype or got.base_dtype is not want:
            source = f"{item.new_name}:{index}" if isinstance(item, Node) else item.name
            raise ValueError(
                f"Input {i} of node {shown} was passed {attrs_lib.type_text(got)} from {source} "
                f"incompatible with expected {attrs_lib.type_text(want)}."
            )


def connect(
    record: Record,
    nodes: Mapping[str, Node],
    mapped: Mapping[Parsed, Any],
    used: set[Parsed],
    node: Node,
) -> None:
    """Sets the edges of `node` from the inputs of its NodeDef; `mapped` inputs exist already.

    Raises:
      ValueError: an output that the node refers to does not exist.
    """
    for key in record.references:
        if mapped and key in mapped:
            used.add(key)
            target = mapped[key]
            if key.index < 0:
                node.controls.append(target.op)
            else:
                node.inputs.append(Ref(target, 0))
            continue
        name, index = key
        source = nodes[name]
        if index < 0:
            if source not in node.controls:
                node.controls.append(source)
            continue
        if index >= len(source.types):
            raise ValueError(
                f"Node '{node.name}': Connecting to invalid output {index} of source node "
                f"{name} which has {len(source.types)} outputs."
            )
        node.inputs.append(Ref(source, index))
