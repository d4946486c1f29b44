"""Branches: the functions of which a condition executes one, and their gradients.

The backward function of a branch takes what it needs of the forward one from the forward node: its
inputs, its results, or further results that the forward branch wraps in optionals, since the other
branches have no such values. The forward node is changed once all backward functions are complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core import convert, dims, dtypes, nest, scopes
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import dependence, func_graph, identity, loop_node, optionals
from headrace._src.ops._late import late


class BackwardBranch(func_graph.Backward):
    """The function that computes the gradients of one branch.

    Attributes:
      wrapped: tensor of the forward branch → the optional that is to hold it, of those that the
        forward node does not give yet.
      untouched: the positions of the forward branch's arguments to which no gradient flows.
    """

    def __init__(self, name: str, forward: func_graph.FuncGraph) -> None:
        super().__init__(name, forward)
        self._forward = forward
        self._given = frozenset(forward.inputs) | frozenset(forward.outputs)
        self._values: dict[Tensor, Tensor] = {}
        self.wrapped: dict[Tensor, Tensor] = {}
        self.untouched: frozenset[int] = frozenset()

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The tensor that stands for one of the forward branch or of an outer graph."""
        if tensor.graph is not self._forward or tensor in self._given:
            return super().capture(tensor, name)
        value = self._values.get(tensor)
        if value is None:
            value = self._values[tensor] = self._value(tensor)
        return value

    def _value(self, tensor: Tensor) -> Tensor:
        if tensor.dtype is dtypes.resource:
            return super().capture(self._argument_behind(tensor))
        label = f"{self._forward.name}/{tensor.name}"
        optional = self._forward.accumulated.get(tensor)
        if optional is None:
            with self._forward.as_default(), scopes.control_dependencies(None):
                optional = optionals.wrapped(tensor, label)
            self.wrapped[tensor] = optional
        else:
            label = optional.op.attrs["_label"]
        with self.as_default(), scopes.control_dependencies(None):
            return optionals.unwrapped(super().capture(optional), tensor, label)

    def _argument_behind(self, handle: Tensor) -> Tensor:
        """The argument of the forward branch that is handed on as `handle`."""
        t = handle
        while t not in self._forward.inputs:
            if not t.op._inputs:
                raise ValueError(
                    f"Taking gradient of a condition which creates a resource in a branch is not "
                    f"supported: {handle.op.name}"
                )
            # Loops and identities give the handles that they take at the same position.
            t = t.op._inputs[t.value_index]
        return t


# -- the node --------------------------------------------------------------------------------------


def functions_of(op: Operation) -> list[func_graph.FuncGraph]:
    """The branches of a condition, in order."""
    return [f.graph for f in op.functions]


def _attrs(graphs: Sequence[func_graph.FuncGraph], is_case: bool) -> dict[str, Any]:
    references = [g.reference() for g in graphs]
    if is_case:
        return {"branches": tuple(references)}
    return {"then_branch": references[0], "else_branch": references[1]}


def add(
    selector: Tensor,
    graphs: Sequence[func_graph.FuncGraph],
    inputs: Sequence[Sequence[Tensor]],
    name: str | None,
    is_case: bool = False,
    gives_everything: bool = False,
) -> Operation:
    """Adds the node that executes one of several functions.

    Args:
      selector: the condition, or for a case the index of the branch.
      graphs: the functions; their results have the same dtypes.
      inputs: for each of them the tensors to pass.
      name: the name of the node, ending in a slash when it is final.
      is_case: whether the node is a `Case` rather than an `If`.
      gives_everything: whether each value inside becomes a result, for gradients that may come.
    """
    arguments = match_inputs(graphs, inputs)
    if gives_everything:
        for graph, more in zip(graphs, _everything(graphs), strict=True):
            graph.outputs = [*graph.outputs, *more]
            graph.forget_plan()
    shapes = [common_dims([t.dims for t in ts]) for ts in _by_position(graphs)]
    if is_case:
        spec = late.Case
    else:
        spec = late.If if any(map(func_graph.is_stateful, graphs)) else late.StatelessIf
    waits = dict.fromkeys(op for g in graphs for op in g.control_captures)
    with scopes.control_dependencies(list(waits)):
        node: Operation = spec.make(
            selector,
            arguments,
            Tout=func_graph.output_types(graphs[0]),
            output_shapes=shapes,
            name=name,
            **_attrs(graphs, is_case),
        )
    node.attrs["_lower_using_switch_merge"] = True
    loop_node.register(*graphs)
    for out, like in zip(node.outputs, graphs[0].outputs, strict=True):
        out.handle_data = like.handle_data
    return node


def _everything(graphs: Sequence[func_graph.FuncGraph]) -> list[list[Tensor]]:
    """For each branch its values in optionals, as many as the branch with most of them has."""
    found = []
    for graph in graphs:
        known = frozenset(graph.inputs) | frozenset(graph.outputs)
        values = [t for op in graph.get_operations() for t in op.outputs if t not in known]
        values = [t for t in values if t.dtype is not dtypes.resource]
        with graph.as_default(), scopes.control_dependencies(None):
            wrapped = [optionals.wrapped(t, f"{graph.name}/{t.name}") for t in values]
        graph.accumulated.update(zip(values, wrapped, strict=True))
        found.append(wrapped)
    return _of_one_length(graphs, found)


def _of_one_length(
    graphs: Sequence[func_graph.FuncGraph], optional: Sequence[list[Tensor]]
) -> list[list[Tensor]]:
    """Optionals of each branch, empty ones behind them."""
    width = max(map(len, optional))
    result = []
    for graph, own in zip(graphs, optional, strict=True):
        with graph.as_default(), scopes.control_dependencies(None):
            result.append(own + [optionals.OptionalNone() for _ in range(width - len(own))])
    return result


def match_inputs(
    graphs: Sequence[func_graph.FuncGraph], inputs: Sequence[Sequence[Tensor]]
) -> list[Tensor]:
    """Gives several functions the same arguments; returns the tensors to pass."""
    keys: dict[tuple[Tensor, int], None] = {}
    numbered = [_numbered(tensors) for tensors in inputs]
    for ks in numbered:
        keys.update(dict.fromkeys(ks))
    for graph, ks in zip(graphs, numbered, strict=True):
        own = dict(zip(ks, graph.inputs, strict=True))
        graph.inputs = [own[k] if k in own else graph.stand_in(k[0], "unused") for k in keys]
        graph.captured = {key[0]: a for key, a in zip(keys, graph.inputs, strict=True)}
        graph.forget_plan()
    return [tensor for tensor, _ in keys]


def _numbered(tensors: Sequence[Tensor]) -> list[tuple[Tensor, int]]:
    """Each tensor with how often it stands before."""
    seen: dict[Tensor, int] = {}
    result = []
    for t in tensors:
        n = seen.get(t, 0)
        seen[t] = n + 1
        result.append((t, n))
    return result


def _by_position(graphs: Sequence[func_graph.FuncGraph]) -> list[tuple[Tensor, ...]]:
    return list(zip(*[g.outputs for g in graphs], strict=True))


def common_dims(shapes: Sequence[dims.Dims]) -> dims.Dims:
    """The most specific dims that all shapes satisfy."""
    first = shapes[0]
    for shape in shapes[1:]:
        if first is None or shape is None or len(first) != len(shape):
            return None
        first = tuple(x if x == y else None for x, y in zip(first, shape, strict=True))
    return first


def check_captures(graphs: Sequence[func_graph.FuncGraph], names: Sequence[str]) -> None:
    """Refuses a branch that uses a tensor of another one.

    Raises:
      ValueError: it does.
    """
    for graph, name in zip(graphs, names, strict=True):
        for t in graph.captured:
            if t.graph in graphs:
                owner = names[list(graphs).index(t.graph)]
                raise ValueError(f"Tensor {t.name} in {owner} is accessed from {name}.")


# -- the gradient ----------------------------------------------------------------------------------


def grad_branches(op: Operation, *dys: Any) -> list[Any]:
    """The gradients of a condition's inputs: the rule of `If`, `StatelessIf` and `Case`."""
    forward = functions_of(op)
    for f in forward:
        func_graph.note_copy(f)
    is_case = len(op.functions) != 2 or op.type == "Case"
    backward = [BackwardBranch(f"{g.name}_grad_{next_uid()}", g) for g in forward]
    for b, f in zip(backward, forward, strict=True):
        func_graph.trace(b, lambda b=b, f=f: _gradients(b, f, dys))
        func_graph.hand_over(b)
    if any(b.wrapped for b in backward):
        _give_more(op, forward, backward)
    inputs = [
        [_outside(t, op, f) for t in b.captured] for b, f in zip(backward, forward, strict=True)
    ]
    _match_slices(forward, backward)
    node = add(op._inputs[0], backward, inputs, "gradient" if is_case else None, is_case)
    if not node.outputs:
        return [None] * len(op._inputs)
    results = [identity.identity(t) for t in node.outputs]
    packed = nest.pack_sequence_as(backward[0].structured_outputs, results, expand_composites=True)
    return [None, *packed]


grad_branches.reaches = dependence.through_branches  # type: ignore[attr-defined]


def _gradients(
    backward: BackwardBranch, forward: func_graph.FuncGraph, dys: Sequence[Any]
) -> list[Any]:
    """The gradients of a branch's arguments."""
    flowing = [
        (y, dy)
        for y, dy in zip(forward.outputs, dys, strict=False)
        if dy is not None and dependence.is_flowing(y)
    ]
    ys, grad_ys = [y for y, _ in flowing], [dy for _, dy in flowing]
    grads = late.gradients(ys, forward.inputs, grad_ys=grad_ys)
    backward.untouched = frozenset(i for i, g in enumerate(grads) if g is None)
    return [zeros_like(x) if g is None else g for x, g in zip(forward.inputs, grads, strict=True)]


def zeros_like(x: Tensor) -> Any:
    """Zeros in the shape of a tensor, or of the variable that a handle stands for."""
    if x.dtype is not dtypes.resource:
        return late.zeros_like(x)
    dtype = dtypes.float32 if x.handle_data is None else x.handle_data[0]
    return late.zeros(late.VariableShape(x), dtype=dtype)


def shape_of(x: Tensor, dtype: dtypes.DType) -> Tensor:
    """The shape of a tensor, or of the variable that a handle stands for."""
    if x.dtype is not dtypes.resource:
        return late.shape(x, out_type=dtype)
    return late.VariableShape(x, out_type=dtype)


def _give_more(
    op: Operation,
    forward: Sequence[func_graph.FuncGraph],
    backward: Sequence[BackwardBranch],
) -> None:
    """Makes the forward node give what its branches wrap in optionals, side by side."""
    every = _of_one_length(forward, [list(b.wrapped.values()) for b in backward])
    library = op.graph._functions
    for f, b, more in zip(forward, backward, every, strict=True):
        f.outputs = [*f.outputs, *more]
        f.accumulated.update(b.wrapped)
        library.pop(f.name, None)
        f.name += "_rewritten"
        f.forget_plan()
        library[f.name] = f
    op.attrs.update(_attrs(forward, op.type == "Case"))
    op._add_outputs(forward[0].outputs[len(op.outputs) :])
    op.attrs["Tout"] = func_graph.output_types(forward[0])
    op.attrs["output_shapes"] = tuple(
        common_dims([t.dims for t in ts]) for ts in _by_position(forward)
    )


def _outside(tensor: Tensor, op: Operation, forward: func_graph.FuncGraph) -> Tensor:
    """What to pass for a tensor that a backward branch takes."""
    if tensor.graph is not forward:
        return tensor
    for i, t in enumerate(forward.outputs):
        if t is tensor:
            return op.outputs[i]
    # The first input is the condition.
    return op._inputs[1 + forward.inputs.index(tensor)]


def _match_slices(
    forward: Sequence[func_graph.FuncGraph], backward: Sequence[BackwardBranch]
) -> None:
    """Makes gradients sparse in every branch where they are in one, with indices of one dtype."""
    rows = zip(*[b.structured_outputs for b in backward], strict=True)
    for i, row in enumerate(rows):
        if not any(isinstance(v, IndexedSlices) for v in row):
            continue
        if forward[0].numbering is not None:
            _match_apart(backward, i)
            continue
        for b, v in zip(backward, row, strict=True):
            if not isinstance(v, IndexedSlices):
                with b.as_default():
                    b.structured_outputs[i] = _as_slices(convert.convert_to_tensor(v))
        if len({b.structured_outputs[i].indices.dtype for b in backward}) > 1:
            for b in backward:
                v = b.structured_outputs[i]
                with b.as_default():
                    indices = late.cast(v.indices, dtypes.int64)
                b.structured_outputs[i] = IndexedSlices(v.values, indices, v.dense_shape)
    for b in backward:
        b.outputs = nest.flatten(b.structured_outputs, expand_composites=True)
        b.forget_plan()


def _match_apart(backward: Sequence[BackwardBranch], i: int) -> None:
    """Gives a gradient one form in all branches, as TensorFlow 1's own conditions do.

    There each branch takes what it uses of the outside for itself: the gradients of the branches
    add up, and a branch that is not taken gives zeros. They are sparse if they are in each branch
    that has one.
    """
    having = [b for b in backward if i not in b.untouched]
    if not all(isinstance(b.structured_outputs[i], IndexedSlices) for b in having):
        for b in having:
            with b.as_default():
                b.structured_outputs[i] = convert.convert_to_tensor(b.structured_outputs[i])
        return
    wide = any(b.structured_outputs[i].indices.dtype is dtypes.int64 for b in having)
    for b in backward:
        own = b.structured_outputs[i]
        with b.as_default():
            zeros = late.zeros_like(own) if b not in having else None
            if zeros is None:
                shape = own.dense_shape
                zeros = None if len(having) == 1 else late.zeros(shape, own.dtype)
            every = None if zeros is None else _as_slices(zeros)
            parts = [own if part is b else every for part in having]
            b.structured_outputs[i] = _joined(parts, dtypes.int64 if wide else dtypes.int32)


def _joined(parts: Sequence[Any], dtype: dtypes.DType) -> IndexedSlices:
    """Slices behind each other, their indices in one dtype."""
    indices = [late.cast(s.indices, dtype) for s in parts]
    if len(parts) == 1:
        return IndexedSlices(parts[0].values, indices[0], parts[0].dense_shape)
    values = late.concat([s.values for s in parts], 0)
    return IndexedSlices(values, late.concat(indices, 0), parts[0].dense_shape)


def _as_slices(t: Tensor) -> IndexedSlices:
    """A dense tensor as slices: all its rows."""
    shape = late.shape(t)
    return IndexedSlices(t, late.range(0, shape[0]), shape)


__all__ = [
    "BackwardBranch",
    "add",
    "check_captures",
    "common_dims",
    "functions_of",
    "grad_branches",
    "match_inputs",
]
