"""The nodes of a GraphDef as objects that refer to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from headrace._src.core import errors, opspec
from headrace._src.core.dtypes import DType
from headrace._src.core.opspec import OpSpec
from headrace._src.graph_def import attrs as attrs_lib
from headrace._src.graph_def.newer import NEWER_OPS
from headrace._src.graph_def.old_ops import CONTROL_FLOW, OLD_OPS

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
    """

    __slots__ = (
        "attrs",
        "controls",
        "device",
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

    def __init__(self, name: str, spec: OpSpec, attrs: dict[str, Any], device: str = "") -> None:
        self.name = self.new_name = name
        self.spec = spec
        self.attrs = attrs
        self.inputs: list[Ref] = []
        self.controls: list[Any] = []
        self.device = device
        self.index = -1
        self.types: list[DType] = spec.output_types(attrs)
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
        self.shapes = None

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


def make_node(
    node_def: Any, shown: str, spec: OpSpec, function: Callable[[str], Any] | None
) -> Node:
    """Makes a node of a NodeDef, without its edges.

    Args:
      node_def: the NodeDef.
      shown: the name to use in messages.
      spec: the spec of its op type.
      function: finds the body of a function by its name.

    Raises:
      ValueError: an attr is missing, unknown, of another type, or has a value not allowed.
    """
    values = attrs_lib.read(node_def, shown, spec, function)
    node = Node(node_def.name, spec, values, node_def.device)
    node.given = True
    groups = values.get("_class")
    if isinstance(groups, tuple):
        node.groups = [g[5:] for g in groups if isinstance(g, str) and g.startswith("loc:@")]
    # As an attr it would not stay true: it is what the node's shapes are set to.
    if values.pop(REFERENCE, False):
        node.types = [t._as_ref for t in node.types]
    shapes = values.pop("_output_shapes", None)
    node.shapes = shapes if isinstance(shapes, tuple) else None
    return node


def check_inputs(node: Node, shown: str, sources: Sequence[tuple[str, DType]]) -> None:
    """Checks number and dtypes of a node's inputs.

    Args:
      node: the node.
      shown: its name in messages.
      sources: for each input, what it is called in messages and its dtype.

    Raises:
      ValueError: there are more or fewer than the op takes, or one is of another type.
    """
    expected = attrs_lib.input_types(node.spec, node.attrs)
    if len(expected) != len(sources):
        wanted = ", ".join(attrs_lib.type_text(t) for t in expected)
        raise ValueError(
            f"NodeDef expected inputs '{wanted}' do not match {len(sources)} inputs specified; "
            f"{attrs_lib.describe(node.spec)}; NodeDef: {{{{node {shown}}}}}"
        )
    for i, (want, (source, got)) in enumerate(zip(expected, sources, strict=True)):
        fits = got is want if want._is_ref_dtype else got.base_dtype is want
        if not fits:
            raise ValueError(
                f"Input {i} of node {shown} was passed {attrs_lib.type_text(got)} from {source} "
                f"incompatible with expected {attrs_lib.type_text(want)}."
            )


def connect(
    node_def: Any,
    nodes: Mapping[str, Node],
    mapped: Mapping[Parsed, Any],
    used: set[Parsed],
    node: Node,
) -> None:
    """Sets the edges of `node` from the inputs of its NodeDef; `mapped` inputs exist already.

    Raises:
      ValueError: an output that the node refers to does not exist.
    """
    for text in node_def.input:
        key = parse_reference(text)
        if key in mapped:
            used.add(key)
            target = mapped[key]
            if key.index < 0:
                node.controls.append(target.op)
            else:
                node.inputs.append(Ref(target, 0))
            continue
        source = nodes[key.name]
        if key.index < 0:
            if source not in node.controls:
                node.controls.append(source)
            continue
        if key.index >= len(source.types):
            raise ValueError(
                f"Node '{node.name}': Connecting to invalid output {key.index} of source node "
                f"{key.name} which has {len(source.types)} outputs."
            )
        node.inputs.append(Ref(source, key.index))
