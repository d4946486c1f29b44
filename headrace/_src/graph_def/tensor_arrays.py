"""Tensor arrays: a resource with a handle and a "flow" becomes a list, which is the flow itself.

In 1.x the flow of a tensor array is a scalar that orders what is done with the resource. Here it is
the list, so that each operation takes the newest list and gives the next one. Handles vanish, with
the nodes that only hand them on.

Tensor arrays that 1.x has differentiated stay resources: their gradients are written to from
several places, in an order that no flow tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._src.core import dtypes, opspec
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.core.opspec import OpSpec
from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import ENTERS, EXITS, MERGES, NEXT_ITERATIONS, SWITCHES
from headrace._src.graph_def.regions import Values

# Nodes that hand a flow or a handle on.
_HANDING_ON: Final = SWITCHES | MERGES | ENTERS | EXITS | NEXT_ITERATIONS | {"Identity"}


class _Array(NamedTuple):
    """What is known of a tensor array where its handle is made."""

    dtype: DType
    shape: Dims
    dynamic: bool


def rewritten(nodes: Sequence[Node], values: Values) -> list[Node]:
    """The nodes with list operations in place of those of tensor arrays.

    Raises:
      ValueError: a flow or handle is used in a way that lists do not offer.
    """
    if not any(node.spec.type == "TensorArrayV3" for node in nodes):
        return list(nodes)
    return _Rewriting(values, _differentiated(nodes)).run(nodes)


def _differentiated(nodes: Sequence[Node]) -> set[Node]:
    """The `TensorArrayV3` nodes of arrays that have gradients."""
    origins: dict[Ref, set[Node]] = {}
    found: set[Node] = set()
    mixed: list[set[Node]] = []
    for node in nodes:
        if node.type == "TensorArrayV3":
            origins[Ref(node, 0)] = {node}
            continue
        arrays = [origins[r] for r in node.inputs if r in origins]
        if not arrays:
            continue
        joined = set().union(*arrays)
        if node.type == "TensorArrayGradV3":
            found |= joined
        elif node.type in _HANDING_ON:
            for i in range(len(node.types)):
                origins[Ref(node, i)] = joined
            if len(joined) > 1:
                mixed.append(joined)
    # What is chosen among arrays is of one kind.
    before = -1
    while before < len(found):
        before = len(found)
        for joined in mixed:
            if joined & found:
                found |= joined
    return found


class _Rewriting:
    """The rewriting of one graph's nodes.

    State inventory:
      _handles, _flows: output → the tensor array it belongs to.     _made: the nodes of the result.
      _kept: the arrays that stay resources.
    """

    def __init__(self, values: Values, kept: set[Node]) -> None:
        self._values = values
        self._kept = kept
        self._handles: dict[Ref, _Array] = {}
        self._flows: dict[Ref, _Array] = {}
        self._made: list[Node] = []

    def run(self, nodes: Sequence[Node]) -> list[Node]:
        removed: set[Node] = set()
        for node in nodes:
            if node.type in _REWRITES and self._is_list(node):
                _REWRITES[node.type](self, node)
                self._made.append(node)
            elif self._is_handle(node):
                removed.add(node)
            else:
                self._hand_on(node)
                self._made.append(node)
        for node in self._made:
            self._check(node)
            if any(c in removed for c in node.controls):
                node.controls = [c for c in node.controls if c not in removed]
        return self._made

    # -- following handles and flows -----------------------------------------------------------

    def _is_list(self, node: Node) -> bool:
        """Whether an operation of a tensor array becomes one of a list."""
        if node.type == "TensorArrayV3":
            return node not in self._kept
        return node.inputs[0] in self._handles

    def _is_handle(self, node: Node) -> bool:
        """Whether a node only hands a handle on."""
        found = [self._handles[r] for r in node.inputs if r in self._handles]
        if not found or node.type not in _HANDING_ON:
            return False
        for i in range(len(node.types)):
            self._handles[Ref(node, i)] = found[0]
        return True

    def _hand_on(self, node: Node) -> None:
        found = [self._flows[r] for r in node.inputs if r in self._flows]
        if not found or node.type not in _HANDING_ON:
            return
        node.attrs = {**node.attrs, "T": dtypes.variant}
        node.types = node.spec.output_types(node.attrs)
        node.shapes = None
        count = 2 if node.type in SWITCHES else 1
        for i in range(count):
            self._flows[Ref(node, i)] = found[0]

    def _check(self, node: Node) -> None:
        """Refuses what a list cannot stand for."""
        lists = [i for i, r in enumerate(node.inputs) if r in self._flows]
        handles = [i for i, r in enumerate(node.inputs) if r in self._handles]
        wanted = node.attrs.get("T") is dtypes.variant and node.type in _HANDING_ON
        if handles:
            raise ValueError(
                f"Node '{node.name}' ({node.type}) uses the handle of a tensor array, which cannot "
                "be raised to a list"
            )
        if lists and not wanted and not node.type.startswith("TensorList"):
            raise ValueError(
                f"Node '{node.name}' ({node.type}) uses the flow of a tensor array as a number, "
                "which cannot be raised to a list"
            )
        if wanted and node.type in MERGES and len(lists) != len(node.inputs):
            raise ValueError(
                f"Node '{node.name}' merges the flow of a tensor array with something else"
            )

    # -- making nodes --------------------------------------------------------------------------

    def _add(self, near: Node, op_type: str, name: str, inputs: Sequence[Ref], **attrs: Any) -> Ref:
        """A new node beside `near`."""
        node = Node(f"{near.name}/{name}", _spec(op_type), attrs, near.device)
        node.inputs = list(inputs)
        node.index = near.index
        self._made.append(node)
        return Ref(node, 0)

    def _constant(self, near: Node, name: str, value: Any, dtype: DType) -> Ref:
        array = np.asarray(value, dtype.np_dtype)
        node = Node(f"{near.name}/{name}", _spec("Const"), {"value": array, "dtype": dtype})
        node.floating = True
        return Ref(node, 0)

    def _shape(self, near: Node, shape: Dims) -> Ref:
        """A static shape as the list operations take it."""
        value: Any = -1 if shape is None else [-1 if d is None else d for d in shape]
        return self._constant(near, "element_shape", value, dtypes.int32)

    def _one(self, near: Node) -> Ref:
        return self._constant(near, "one", 1, dtypes.int32)

    def _array(self, node: Node) -> _Array:
        found = self._handles.get(node.inputs[0])
        if found is None:
            raise ValueError(f"Node '{node.name}' has a handle that no TensorArrayV3 gives")
        return found

    def _flow(self, node: Node, place: int) -> Ref:
        ref = node.inputs[place]
        if ref not in self._flows:
            raise ValueError(f"Node '{node.name}' has a flow that no tensor array gives")
        return ref

    def _grown(self, node: Node, array: _Array, flow: Ref, size: Callable[[], Ref]) -> Ref:
        """The list, at least as long as `size` says, if the array may grow."""
        if not array.dynamic:
            return flow
        length = self._add(node, "TensorListLength", "length", [flow])
        longer = self._add(node, "Maximum", "size", [length, size()], T=dtypes.int32)
        return self._add(node, "TensorListResize", "resized", [flow, longer])

    # -- one method an op type -----------------------------------------------------------------

    def new(self, node: Node) -> None:
        """TensorArrayV3: a list of `size` elements that have not been set."""
        a = node.attrs
        array = _Array(a["dtype"], a["element_shape"], a["dynamic_size"])
        inputs = [self._shape(node, array.shape), node.inputs[0]]
        self._change(node, "TensorListReserve", inputs, array.dtype, shape_type=dtypes.int32)
        self._handles[Ref(node, 0)] = array
        self._flows[Ref(node, 1)] = array
        self._values.same[Ref(node, 1)] = Ref(node, 0)

    def write(self, node: Node) -> None:
        """TensorArrayWriteV3."""
        array, flow = self._array(node), self._flow(node, 3)
        index, value = node.inputs[1:3]

        def size() -> Ref:
            return self._add(node, "Add", "end", [index, self._one(node)], T=dtypes.int32)

        flow = self._grown(node, array, flow, size)
        self._change(node, "TensorListSetItem", [flow, index, value], array.dtype)
        self._flows[Ref(node, 0)] = array

    def read(self, node: Node) -> None:
        """TensorArrayReadV3."""
        array, flow = self._array(node), self._flow(node, 2)
        inputs = [flow, node.inputs[1], self._shape(node, array.shape)]
        self._change(node, "TensorListGetItem", inputs, array.dtype)

    def gather(self, node: Node) -> None:
        """TensorArrayGatherV3."""
        array, flow = self._array(node), self._flow(node, 2)
        shape = node.attrs["element_shape"]
        inputs = [flow, node.inputs[1], self._shape(node, array.shape if shape is None else shape)]
        self._change(node, "TensorListGather", inputs, array.dtype)

    def scatter(self, node: Node) -> None:
        """TensorArrayScatterV3."""
        array, flow = self._array(node), self._flow(node, 3)
        indices, value = node.inputs[1:3]

        def size() -> Ref:
            axis = self._constant(node, "axis", [0], dtypes.int32)
            attrs = {"keep_dims": False, "T": dtypes.int32, "Tidx": dtypes.int32}
            last = self._add(node, "Max", "last", [indices, axis], **attrs)
            return self._add(node, "Add", "end", [last, self._one(node)], T=dtypes.int32)

        flow = self._grown(node, array, flow, size)
        inputs = [flow, value, indices]
        self._change(node, "TensorListScatterIntoExistingList", inputs, array.dtype)
        self._flows[Ref(node, 0)] = array

    def concat(self, node: Node) -> None:
        """TensorArrayConcatV3."""
        array, flow = self._array(node), self._flow(node, 1)
        rest = node.attrs["element_shape_except0"]
        shape = array.shape if rest is None else (None, *rest)
        shape = None if shape is None else (None, *shape[1:])
        leading = self._constant(node, "leading_dims", [], dtypes.int64)
        inputs = [flow, self._shape(node, shape), leading]
        self._change(node, "TensorListConcatV2", inputs, array.dtype, shape_type=dtypes.int32)

    def split(self, node: Node) -> None:
        """TensorArraySplitV3."""
        array = self._array(node)
        self._flow(node, 3)
        value, lengths = node.inputs[1:3]
        shape = None if array.shape is None else (None, *array.shape[1:])
        inputs = [value, self._shape(node, shape), lengths]
        self._change(node, "TensorListSplit", inputs, array.dtype, shape_type=dtypes.int32)
        self._flows[Ref(node, 0)] = array

    def size(self, node: Node) -> None:
        """TensorArraySizeV3."""
        flow = self._flow(node, 1)
        node.change(_spec("TensorListLength"), _private(node), [flow])

    def close(self, node: Node) -> None:
        """TensorArrayCloseV3: nothing is left to be closed."""
        node.change(_spec("NoOp"), _private(node), [])

    def _change(
        self, node: Node, op_type: str, inputs: Sequence[Ref], dtype: DType, **attrs: Any
    ) -> None:
        attrs = {"element_dtype": dtype, **attrs, **_private(node)}
        node.change(_spec(op_type), attrs, inputs)


def _private(node: Node) -> dict[str, Any]:
    """The attrs of a node that no op declares."""
    return {k: v for k, v in node.attrs.items() if k.startswith("_")}


def _spec(op_type: str) -> OpSpec:
    spec = opspec.lookup(op_type)
    assert spec is not None, op_type
    return spec


_REWRITES: Final[dict[str, Callable[[_Rewriting, Node], None]]] = {
    "TensorArrayV3": _Rewriting.new,
    "TensorArrayWriteV3": _Rewriting.write,
    "TensorArrayReadV3": _Rewriting.read,
    "TensorArrayGatherV3": _Rewriting.gather,
    "TensorArrayScatterV3": _Rewriting.scatter,
    "TensorArrayConcatV3": _Rewriting.concat,
    "TensorArraySplitV3": _Rewriting.split,
    "TensorArraySizeV3": _Rewriting.size,
    "TensorArrayCloseV3": _Rewriting.close,
}
