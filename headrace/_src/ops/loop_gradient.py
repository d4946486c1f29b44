"""Gradients of loops: a loop that walks the iterations backwards.

What the backward body needs of the forward one is accumulated: each iteration of the forward loop
pushes the value onto a list, one more loop variable, and the backward loop pops it. Loop
invariants are taken as they are, constants are made anew. The forward node gets the lists as new
inputs and outputs once the backward body is complete, so a gradient that fails changes nothing.

Gradients of what the body captured are sums over the iterations. In TensorFlow 1's own control flow
they stay `IndexedSlices` where each iteration gives some: the slices of all iterations, the last
one first, behind a row of zeros with which the sum starts. Programs that did not ask for functional
control flow see that, since optimizers treat rows that have no slice apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from headrace._src.core import constant_value, convert, dtypes, scopes
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import (
    _tensor_lists,
    branches,
    constant,
    dependence,
    func_graph,
    identity,
    loop_node,
)
from headrace._src.ops._late import late

# The loop variables that a backward loop adds before the gradients.
_ADDED = 3

_RESULT_NAME = re.compile("[a-z0-9_]+")


class _Accumulator(NamedTuple):
    """A list that the forward loop is to fill.

    Attributes:
      empty: the empty list, in the graph of the forward node.
      argument: what stands for it in the forward body.
      pushed: the list with the value of this iteration, in the forward body.
    """

    empty: Tensor
    argument: Tensor
    pushed: Tensor


class _Slices(NamedTuple):
    """The slices of every iteration, in the backward body.

    Attributes:
      values, indices: the arguments that stand for lists of them.
      shape_type: the dtype in which the slices say of what shape the whole is, None if they do not.
    """

    values: Tensor
    indices: Tensor
    shape_type: dtypes.DType | None


class BackwardBody(func_graph.Backward):
    """The body of a loop that computes the gradients of another loop's body.

    Attributes:
      accumulators: the lists that the forward loop must fill besides those that it fills already.
      next_values: argument → its value for the next iteration, of the arguments that stand for
        tensors outside.
      sums: for each gradient of what the forward body captured the argument that adds it up, or
        that adds up slices; None where there is no gradient.
    """

    def __init__(self, name: str, node: Operation) -> None:
        self._forward: func_graph.FuncGraph = node.attrs["body"].graph
        super().__init__(name, self._forward)
        self._limit = node._inputs[1]
        self._invariants = frozenset(self._forward.inputs) & frozenset(self._forward.outputs)
        self._values: dict[Tensor, Tensor] = {}
        self.accumulators: list[_Accumulator] = []
        self.next_values: dict[Tensor, Tensor] = {}
        self.sums: list[Tensor | _Slices | None] = []
        # As in 1.15 these collections are there from now on, even if empty.
        for key in ("GLOBAL_VARIABLES", "LOCAL_VARIABLES", "TRAINABLE_VARIABLES"):
            self.get_collection_ref(getattr(GraphKeys, key))

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The tensor that stands for one of the forward body or of an outer graph."""
        if tensor.graph is not self._forward:
            return super().capture(tensor, name)
        while tensor.op.type == "Identity" and not tensor.op._inputs[0].dtype._is_ref_dtype:
            tensor = tensor.op._inputs[0]
        value = self._values.get(tensor)
        if value is None:
            value = self._values[tensor] = self._value(tensor)
        return value

    def _value(self, tensor: Tensor) -> Tensor:
        if tensor in self._invariants:
            return super().capture(tensor)
        if tensor.op.type == "Const":
            with self.as_default(), scopes.control_dependencies(None):
                return constant.constant(tensor.op.attrs["value"], tensor.dtype)
        if tensor.dtype is dtypes.resource:
            raise ValueError(
                f"Taking gradient of a while loop which creates a resource in its body is not "
                f"supported: {tensor.op.name}"
            )
        accumulated = self._forward.accumulated.get(tensor)
        if accumulated is None:
            accumulated = self._accumulated(tensor)
        argument = super().capture(accumulated)
        with self.as_default():
            rest, value = late.TensorListPopBack(argument, -1, element_dtype=tensor.dtype)
        value.set_shape(tensor.shape)
        value.handle_data = tensor.handle_data
        self.next_values[argument] = rest
        return value

    def _accumulated(self, tensor: Tensor) -> Tensor:
        """The list, in the forward body, that holds the values of `tensor` so far."""
        forward = self._forward
        # A dependency on what follows the forward loop would close a circle.
        with forward.outer_graph.as_default(), scopes.control_dependencies(None):
            empty = late.EmptyTensorList(
                _tensor_lists.element_shape_argument(tensor.dims),
                self._limit,
                element_dtype=tensor.dtype,
                name=f"{self._name_of(tensor)}/accumulator",
            )
        argument = forward.stand_in(empty)
        with forward.as_default(), scopes.control_dependencies(None):
            pushed: Tensor = late.TensorListPushBack(argument, tensor)
        self.accumulators.append(_Accumulator(empty, argument, pushed))
        forward.accumulated[tensor] = pushed
        return pushed

    def _name_of(self, tensor: Tensor) -> str:
        """The tensor's name as 1.15 reads it back from the function's definition."""
        name = tensor.op.name
        # There results have names in lower case, and a node may not have that of a result.
        if _RESULT_NAME.fullmatch(name) and any(tensor is t for t in self._forward.outputs):
            name += "_0"
        return f"{name}_{tensor.value_index}"

    def add_up(self, gradient: Any, first: Tensor | None, x: Tensor) -> None:
        """Adds up a gradient of something that the forward body captured.

        Args:
          gradient: that of one iteration, or None.
          first: what the sum starts with, in the outer graph; None for zeros.
          x: what was captured, in the outer graph.
        """
        if isinstance(gradient, IndexedSlices) and first is None:
            dense_shape = gradient.dense_shape
            self.sums.append(
                _Slices(
                    self._collected(gradient.values),
                    self._collected(gradient.indices),
                    None if dense_shape is None else dense_shape.dtype,
                )
            )
            return
        if gradient is None and first is None:
            self.sums.append(None)
            return
        if first is None:
            with self.outer_graph.as_default():
                first = branches.zeros_like(x)
        argument = super().capture(first)
        if gradient is not None:
            self.next_values[argument] = late.add_n([argument, convert.convert_to_tensor(gradient)])
        self.sums.append(argument)

    def _collected(self, rows: Tensor) -> Tensor:
        """The argument for a list that gets some rows in each iteration."""
        with self.outer_graph.as_default(), scopes.control_dependencies(None):
            shape = None if rows.dims is None else (None, *rows.dims[1:])
            empty = late.EmptyTensorList(
                _tensor_lists.element_shape_argument(shape), self._limit, element_dtype=rows.dtype
            )
        argument = super().capture(empty)
        self.next_values[argument] = late.TensorListPushBack(argument, rows)
        return argument

    def give_up(self) -> None:
        """Forgets the lists of a gradient that failed."""
        pushed = {a.pushed for a in self.accumulators}
        kept = {t: p for t, p in self._forward.accumulated.items() if p not in pushed}
        self._forward.accumulated = kept


def is_trainable(tensor: Tensor) -> bool:
    """Whether a gradient can flow through a loop variable."""
    if tensor.op.type == "TensorListPopBack" and tensor.value_index == 0:
        return dependence.is_flowing_dtype(dtypes.as_dtype(tensor.op.attrs["element_dtype"]))
    return dependence.is_flowing(tensor)


def _counts_iterations(body: func_graph.FuncGraph) -> bool:
    """Whether the first value of a loop is the number of iterations so far, the next its limit."""
    if len(body.outputs) < 2:
        return False
    next_count, limit = (_behind_identities(t) for t in body.outputs[:2])
    add = next_count.op
    if limit is not body.inputs[1] or add.type not in ("Add", "AddV2"):
        return False
    one = constant_value.constant_value(add._inputs[1])
    return _behind_identities(add._inputs[0]) is body.inputs[0] and one is not None and one == 1


def _behind_identities(t: Tensor) -> Tensor:
    while t.op.type == "Identity":
        t = t.op._inputs[0]
    return t


def grad_while(op: Operation, *dys: Any) -> list[Any]:
    """The gradients of a loop's inputs: the rule of `While`.

    Raises:
      LookupError: the loop does not count its iterations, as those of `tf.while_loop` do.
    """
    cond: func_graph.FuncGraph = op.attrs["cond"].graph
    body: func_graph.FuncGraph = op.attrs["body"].graph
    if not _counts_iterations(body):
        raise LookupError(f"No gradient defined for operation '{op.name}' (op type: {op.type})")
    func_graph.note_copy(cond)
    func_graph.note_copy(body)
    n = op.attrs.get("_num_original_outputs", len(op.outputs))
    # The gradients of lists that this gradient's own kind added are nobody's business.
    dys = tuple(
        dy if is_trainable(out) else None for dy, out in zip(dys[:n], body.outputs, strict=False)
    )
    if all(dy is None for dy in dys) or not op.attrs.get("_back_prop", True):
        return [None] * len(op._inputs)
    captured = _captured(op)
    flowing = [i for i, dy in enumerate(dys) if dy is not None and i not in captured]
    total = op.outputs[0]
    counter = constant.constant(0, dtype=total.dtype, name="grad_counter")
    given = [counter, op._inputs[1], total]
    given += [convert.convert_to_tensor(dys[i]) for i in flowing]
    backward = BackwardBody(f"{body.name}_grad_{next_uid()}", op)
    firsts = [(i, dys[i], op._inputs[i]) for i in captured]
    try:
        _trace(backward, body, flowing, given, firsts)
    except BaseException:
        backward.give_up()
        raise
    if backward.accumulators:
        _accumulate(op, cond, body, backward.accumulators)
    op.attrs["_num_original_outputs"] = len(op.outputs)
    inputs = given + [_outside(t, op, body) for t in backward.captured]
    outputs = _backward_loop(op, cond, backward, inputs)
    result: list[Any] = [None] * len(op._inputs)
    for i, gradient in zip(flowing, outputs[_ADDED:], strict=False):
        result[i] = gradient
    behind = dict(zip(backward.inputs, outputs, strict=True))
    for i, summed in zip(captured, backward.sums, strict=True):
        result[i] = _total(summed, behind, op._inputs[i])
    return result


grad_while.reaches = dependence.through_loop  # type: ignore[attr-defined]


def _captured(op: Operation) -> list[int]:
    """The positions of what the body captured and gradients add up apart, in order."""
    body: func_graph.FuncGraph = op.attrs["body"].graph
    n = op.attrs.get("_num_original_outputs", len(op.outputs))
    if body.numbering is None:
        return []
    arguments = frozenset(body.captured.values())
    return [i for i, t in enumerate(body.inputs[:n]) if t in arguments and dependence.is_flowing(t)]


grad_while.takes_missing = _captured  # type: ignore[attr-defined]


def _trace(
    backward: BackwardBody,
    body: func_graph.FuncGraph,
    flowing: Sequence[int],
    given: Sequence[Any],
    firsts: Sequence[tuple[int, Any, Tensor]],
) -> None:
    """Builds the backward body.

    Args:
      backward: the empty graph in which to build it.
      body: the forward body.
      flowing: the positions of the loop variables whose gradients go from iteration to iteration.
      given: the first values.
      firsts: for each captured tensor whose gradients add up: its position, what the sum starts
        with, and the tensor outside.
    """

    def step(count: Tensor, most: Tensor, total: Tensor, *dys: Tensor) -> list[Any]:
        ys = [body.outputs[i] for i in flowing]
        xs = [body.inputs[i] for i in flowing]
        if not firsts:
            grads = late.gradients(ys, xs, grad_ys=list(dys), unconnected_gradients="zero")
            # Sums over iterations are dense, as in 1.15.
            return [count + 1, most, total, *map(convert.convert_to_tensor, grads)]
        xs += [body.inputs[i] for i, _, _ in firsts]
        grads = late.gradients(ys, xs, grad_ys=list(dys))
        for gradient, (_, first, x) in zip(grads[len(flowing) :], firsts, strict=True):
            backward.add_up(gradient, first, x)
        grads = [
            branches.zeros_like(x) if g is None else convert.convert_to_tensor(g)
            for g, x in zip(grads[: len(flowing)], xs, strict=False)
        ]
        return [count + 1, most, total, *grads]

    arguments = [func_graph.Argument(t.dtype.base_dtype, t.dims) for t in given]
    func_graph.trace(backward, step, arguments=arguments)
    func_graph.hand_over(backward)
    for outer, argument in backward.captured.items():
        backward.outputs.append(backward.next_values.get(argument, argument))
        argument.handle_data = outer.handle_data


def _accumulate(
    op: Operation,
    cond: func_graph.FuncGraph,
    body: func_graph.FuncGraph,
    accumulators: Sequence[_Accumulator],
) -> None:
    """Makes the forward loop fill lists."""
    for a in accumulators:
        body.captured[a.empty] = a.argument
        body.inputs.append(a.argument)
        body.outputs.append(a.pushed)
        cond.capture(a.empty)
    library = op.graph._functions
    for attr, function in (("cond", cond), ("body", body)):
        library.pop(function.name, None)
        function.name += "_rewritten"
        function.forget_plan()
        library[function.name] = function
        op.attrs[attr] = function.reference()
    op._add_inputs([a.empty for a in accumulators])
    op._add_outputs([a.pushed for a in accumulators])
    op.attrs["T"] = func_graph.output_types(body)
    op.attrs["output_shapes"] = tuple(t.dims for t in body.outputs)


def accumulate_everything(
    cond: func_graph.FuncGraph, body: func_graph.FuncGraph, limit: Any
) -> list[Tensor]:
    """Makes a loop that is no node yet fill a list with each value inside it.

    Args:
      cond, body: its functions.
      limit: the most iterations, -1 for none.

    Returns:
      The empty lists, further first values of the loop.
    """
    known = {body.inputs[0], *body.captured.values()}
    values = [
        t
        for op in body.get_operations()
        if op.type != "Identity"
        for t in op.outputs
        if t not in known and t not in body.accumulated and t.dtype is not dtypes.resource
    ]
    found = []
    for t in values:
        empty = late.EmptyTensorList(
            _tensor_lists.element_shape_argument(t.dims), limit, element_dtype=t.dtype
        )
        cond.capture(empty)
        with body.as_default(), scopes.control_dependencies(None):
            pushed = late.TensorListPushBack(body.capture(empty), t)
        body.outputs.append(pushed)
        body.accumulated[t] = pushed
        found.append(empty)
    return found


def _outside(tensor: Tensor, op: Operation, body: func_graph.FuncGraph) -> Tensor:
    """What to pass for a tensor that the backward body takes: results of the forward loop."""
    return op.outputs[body.outputs.index(tensor)] if tensor.graph is body else tensor


def _concatenated(rows: Tensor, shape: Any) -> Tensor:
    dtype = rows.handle_data[0]
    none = constant.constant([], dtypes.int64)
    result: Tensor = late.TensorListConcatV2(rows, shape, none, element_dtype=dtype)[0]
    return result


def _total(summed: Tensor | _Slices | None, behind: dict[Tensor, Tensor], x: Tensor) -> Any:
    """The gradient that a backward loop added up.

    Args:
      summed: the argument that did.
      behind: argument → its value behind the loop.
      x: with respect to what it is the gradient.
    """
    if not isinstance(summed, _Slices):
        return None if summed is None else behind[summed]
    shape = branches.shape_of(x, summed.shape_type or dtypes.int32)
    values, indices = behind[summed.values], behind[summed.indices]
    dtype = values.handle_data[0]
    inner = late.concat([[-1], late.cast(shape[1:], dtypes.int32)], 0)
    rows = [
        late.zeros(late.concat([[1], inner[1:]], 0), dtype),
        _concatenated(values, inner),
    ]
    dtype = indices.handle_data[0]
    places = [late.zeros([1], dtype), _concatenated(indices, [-1])]
    return IndexedSlices(
        late.concat(rows, 0),
        late.concat(places, 0),
        None if summed.shape_type is None else shape,
    )


def _backward_loop(
    op: Operation, cond: func_graph.FuncGraph, backward: BackwardBody, inputs: Sequence[Tensor]
) -> list[Tensor]:
    arguments = [func_graph.Argument(t.dtype.base_dtype, t.dims) for t in inputs]
    again = func_graph.trace(
        f"{cond.name}_grad_{next_uid()}",
        lambda count, most, total, *rest: late.less(count, total),
        arguments=arguments,
    )
    func_graph.hand_over(again)
    shapes = [t.dims for t in backward.outputs]
    node = loop_node.add(
        inputs, again, backward, shapes, op.attrs["parallel_iterations"], f"{op.name}_grad"
    )
    return [identity.identity(t) for t in node.outputs]
