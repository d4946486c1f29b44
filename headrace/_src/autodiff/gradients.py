"""tf.gradients: reverse-mode differentiation that adds nodes to the graph.

The walk is breadth first from the ys; an operation is visited when all the gradients of its outputs
that can arrive have arrived. State of one
call (`_Backprop`): `grads`, operation → for each output the gradients collected so far; `pending`,
operation → how many of its consumers are still
to be visited.
"""

from __future__ import annotations

import collections
import contextlib
import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.autodiff import flat_gradients, flat_graph, registry, rules
from headrace._src.core import convert, dtypes, numbering, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import add_n as add_n_ops
from headrace._src.ops import concat as concat_ops
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import dependence, grouping, identity, variable_ops
from headrace._src.ops import shapes as shape_ops


@export("UnconnectedGradients")
class UnconnectedGradients(enum.Enum):
    """What `gradients` returns for an x that no y depends on: None, or zeros."""

    NONE = "none"
    ZERO = "zero"


def unconnected_kind(value: Any) -> UnconnectedGradients:
    """The kind that a program names.

    Raises:
      ValueError: there is none of the name.
    """
    try:
        return UnconnectedGradients(value)
    except ValueError:
        raise ValueError(f"Unknown value for unconnected_gradients: {value!r}") from None


@export("AggregationMethod", v2=("AggregationMethod",))
class AggregationMethod:
    """How `gradients` adds up gradients of one tensor: one `AddN`, or a chain of `AddN`s."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def is_trainable(tensor: Tensor) -> bool:
    """Whether gradients flow through a tensor of this dtype."""
    return dependence.is_flowing(tensor)


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _source(x: Any) -> Any:
    """The tensor with respect to which a program differentiates when it names `x`."""
    if getattr(x, "_is_resource_variable", False):
        return x.handle
    if isinstance(x, IndexedSlices) or getattr(x, "_is_composite_tensor", False):
        return x
    element = getattr(x, "_as_graph_element", None)
    return (
        convert.convert_to_tensor(x, name="x", as_ref=True)
        if element is None
        else (convert.convert_to_tensor(element(), name="x", as_ref=True))
    )


@export("gradients", v2=())
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """Adds the nodes that compute `sum(dy/dx for y in ys)` for each x.

    Args:
      ys: a tensor or a list of tensors.
      xs: a tensor, variable or a list of them.
      grad_ys: the gradients of the ys; ones when left out.
      name: the name scope of the new nodes.
      colocate_gradients_with_ops: whether to colocate each gradient with its operation.
      gate_gradients: whether all gradients of an operation are computed before any is used.
      aggregation_method: one of `AggregationMethod`.
      stop_gradients: tensors taken as constants.
      unconnected_gradients: what an x gets that no y depends on, see `UnconnectedGradients`.

    Returns:
      For each x a `Tensor`, `IndexedSlices` or None.

    Raises:
      LookupError: an operation on the way has no gradient.
      ValueError: arguments do not fit each other.
      TypeError: a gradient is of the wrong dtype.
    """
    if graph_lib.get_default_graph().executes:
        raise RuntimeError(
            "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape "
            "instead."
        )
    ys, xs = _as_list(ys), _as_list(xs)
    stop_gradients = [] if stop_gradients is None else _as_list(stop_gradients)
    grad_ys = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    unconnected = unconnected_kind(unconnected_gradients)
    if aggregation_method is None:
        aggregation_method = AggregationMethod.DEFAULT
    if aggregation_method not in (0, 1, 2):
        raise ValueError(f"Invalid aggregation_method specified {aggregation_method}.")
    values = [*ys, *xs, *stop_gradients, *[g for g in grad_ys if g is not None]]
    with scopes.name_scope(name, "gradients", values):
        # 1.15 names each call; the name is taken even though nothing bears it.
        graph_lib.get_default_graph().unique_name("uid")
        ys = [
            convert.convert_to_tensor_or_indexed_slices(y, name=f"y_{i}") for i, y in enumerate(ys)
        ]
        sources = [_source(x) for x in xs]
        stops = [_source(s) for s in stop_gradients]
        work = _Backprop(colocate_gradients_with_ops, gate_gradients, aggregation_method)
        first = work.initial(grad_ys, ys)
        with _numbered(ys, sources, first, gate_gradients):
            work.run(ys, sources, first, stops)
    # Outside of the scope: zeros for unconnected xs are named as if the caller made them.
    return [work.result(x, unconnected) for x in sources]


@contextlib.contextmanager
def _numbered(
    ys: Sequence[Any], xs: Sequence[Any], grad_ys: Sequence[Any], gate: bool
) -> Iterator[None]:
    """Counts what TensorFlow 1 makes for the gradients of its own control flow made inside."""
    graph = graph_lib.get_default_graph()
    if graph.building_function or numbering.for_bodies(graph) is None:
        yield
        return
    before = graph._last_id
    with rules.kept() as applied:
        yield
        if applied.met_bodies:
            try:
                there = flat_gradients.count(ys, xs, grad_ys, applied, gate)
            except flat_graph.Unknown:
                # TensorFlow 1 has no such gradient.
                return
            numbering.skip(graph, there - (graph._last_id - before))


class _Backprop:
    """One backward pass; see the module's docstring."""

    def __init__(self, colocate: bool, gate: bool, aggregation: int) -> None:
        self.colocate = colocate
        self.gate = gate
        self.aggregation = aggregation
        self.grads: dict[Operation, list[Any]] = {}
        self.pending: dict[Operation, int] = {}
        self._outer: dict[Tensor, Tensor] = {}
        self._stand_ins: dict[Tensor, list[Tensor]] = {}

    # -- phases --------------------------------------------------------------------------------

    def initial(self, grad_ys: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
        """The gradients of the ys: what was given, else ones."""
        if len(grad_ys) != len(ys):
            raise ValueError(f"Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
        given = [
            None
            if g is None
            else convert.convert_to_tensor_or_indexed_slices(g, name=f"grad_y_{i}")
            for i, g in enumerate(grad_ys)
        ]
        result = []
        for i, (y, g) in enumerate(zip(ys, given, strict=True)):
            with self._beside(y.op):
                result.append(_ones(y, i) if g is None else _checked_grad_y(y, g, i))
        return result

    def run(self, ys: list[Any], xs: list[Any], grad_ys: list[Any], stops: list[Any]) -> None:
        """Walks back from the ys to the xs."""
        self._look_through_functions(ys, xs)
        to_ops = [y.op for y in ys]
        from_ops = [x.op for x in xs]
        reachable = self._count(to_ops, from_ops)
        for y, g in zip(ys, grad_ys, strict=True):
            self._add(y, g)
        queue: collections.deque[Operation] = collections.deque()
        started: set[Operation] = set()
        for op in to_ops:
            if not self.pending.get(op, 0) and op not in started and op in reachable:
                started.add(op)
                queue.append(op)
        stop_ops = self._stop_ops(from_ops)
        stop_ops.update(s.op for s in stops)
        while queue:
            op = queue.popleft()
            with self._beside(op):
                out_grads = self._aggregated(op)
                if any(g is not None for g in out_grads) and op not in stop_ops:
                    in_grads = self._input_gradients(op, out_grads)
                else:
                    in_grads = [None] * len(op._inputs)
                inputs = self._inputs(op)
                for i, (t, g) in enumerate(zip(inputs, in_grads, strict=False)):
                    if g is not None:
                        _merge_shape(op, i, t, g)
                        self._add(t, g)
            for t in inputs:
                left = self.pending.get(t.op, 0) - 1
                self.pending[t.op] = left
                if left == 0:
                    queue.append(t.op)

    def result(self, x: Any, unconnected: UnconnectedGradients) -> Any:
        """The gradient that arrived at `x`."""
        collected = self.grads.get(x.op)
        if collected is None:
            if unconnected is UnconnectedGradients.NONE:
                return None
            return _zeros_for(x)
        grad = collected[x.value_index]
        assert not isinstance(grad, list), "a gradient was left unaggregated"
        return grad

    # -- what is on the way --------------------------------------------------------------------

    def _look_through_functions(self, ys: Sequence[Any], xs: Sequence[Any]) -> None:
        """Lets the walk pass from the arguments of function bodies to what they stand for."""
        graph = ys[0].graph if ys else None
        while graph is not None and graph.building_function:
            for outer, argument in graph.captured.items():
                if not any(argument is x for x in xs):
                    self._outer[argument] = outer
                    self._stand_ins.setdefault(outer, []).append(argument)
            graph = graph.outer_graph

    def _inputs(self, op: Operation) -> Sequence[Tensor]:
        """The inputs, with tensors of outer graphs in place of what stands for them."""
        if not self._outer:
            return op._inputs
        return [self._outer.get(t, t) for t in op._inputs]

    def _count(self, to_ops: list[Operation], from_ops: list[Operation]) -> set[Operation]:
        """Counts, for each operation between xs and ys, the consumers that send it gradients."""
        reached: set[Operation] = set()
        stack = list(from_ops)
        while stack:
            op = stack.pop()
            if op not in reached:
                reached.add(op)
                for t in op.outputs:
                    if is_trainable(t) or t.dtype.base_dtype is dtypes.bfloat16:
                        stack.extend(t._consumers or ())
                        for argument in self._stand_ins.get(t, ()):
                            stack.extend(argument._consumers or ())
        reachable = {op for op in to_ops if op in reached}
        between: dict[Operation, None] = {}
        queue = collections.deque(to_ops)
        while queue:
            op = queue.popleft()
            if op in reached:
                between[op] = None
                reached.remove(op)
                queue.extend(t.op for t in self._inputs(op))
        for op in between:
            for t in self._inputs(op):
                if t.op in between:
                    self.pending[t.op] = self.pending.get(t.op, 0) + 1
        return reachable

    def _stop_ops(self, from_ops: Iterable[Operation]) -> set[Operation]:
        """The operations of xs behind which there is no other x."""
        return {
            op for op in from_ops if all(self.pending.get(t.op, 0) <= 0 for t in self._inputs(op))
        }

    # -- gradients of one operation ------------------------------------------------------------

    def _input_gradients(self, op: Operation, out_grads: list[Any]) -> list[Any]:
        function = registry.gradient_function(op)
        if function is None:
            return [None] * len(op._inputs)
        # A rule that is a function of the graph takes the gradients of all outputs.
        every = getattr(function, "takes_every_gradient", lambda op: False)(op)
        # One that adds up gradients itself wants to know where there are none.
        bare = getattr(function, "takes_missing", lambda op: ())(op)
        flowing = [i for i, g in enumerate(out_grads) if g is not None]
        out_grads = [
            identity_zeros(t) if g is None and i not in bare and (every or is_trainable(t)) else g
            for i, (t, g) in enumerate(zip(op.outputs, out_grads, strict=True))
        ]
        with scopes.name_scope(op.name + "_grad"):
            kept = rules.present()
            graph = graph_lib.get_default_graph()
            before = 0 if kept is None else rules.number(graph)
            result = function(op, *out_grads)
            in_grads = list(result) if isinstance(result, (list, tuple)) else [result]
            _verify(in_grads, op)
            if kept is not None:
                kept.note(op, graph, before, in_grads)
            reaches = getattr(function, "reaches", None)
            if reaches is not None and not numbering.is_functional():
                reached = reaches(op, flowing)
                in_grads = [g if i in reached else None for i, g in enumerate(in_grads)]
            if self.gate and sum(g is not None for g in in_grads) > 1:
                with scopes.device(None), graph.colocate_with(None, ignore_existing=True):
                    in_grads = list(grouping.tuple_(in_grads))
        return in_grads

    def _add(self, tensor: Any, grad: Any) -> None:
        collected = self.grads.get(tensor.op)
        if collected is None:
            collected = self.grads[tensor.op] = [[] for _ in tensor.op.outputs]
        collected[tensor.value_index].append(grad)

    def _aggregated(self, op: Operation) -> list[Any]:
        """Adds up the gradients of each output of `op`; None where there are none."""
        collected = self.grads.get(op)
        if collected is None:
            return [None] * len(op.outputs)
        for i, grads in enumerate(collected):
            if not grads:
                collected[i] = None
            elif len(grads) == 1:
                collected[i] = grads[0]
            elif all(isinstance(g, Tensor) for g in grads):
                collected[i] = self._sum(op, grads)
            else:
                collected[i] = _sum_slices(grads)
        return collected

    def _sum(self, op: Operation, grads: list[Tensor]) -> Tensor:
        known = all(g.dims is not None and None not in g.dims for g in grads)
        if self.aggregation == AggregationMethod.EXPERIMENTAL_ACCUMULATE_N and (
            len(grads) > 2 and known
        ):
            return add_n_ops.accumulate_n(grads)  # type: ignore[no-any-return]
        if self.aggregation != AggregationMethod.DEFAULT:
            with scopes.name_scope(op.name + "_gradient_sum"):
                total = grads[0]
                for g in grads[1:]:
                    total = add_n_ops.add_n([total, g])
                return total
        by_device: dict[str, list[Tensor]] = {}
        for g in grads:
            by_device.setdefault(g.device, []).append(g)
        summands = []
        graph = graph_lib.get_default_graph()
        for device in sorted(by_device):
            group = by_device[device]
            with graph.colocate_with(group[0].op, ignore_existing=True):
                summands.append(add_n_ops.add_n(group))
        return add_n_ops.add_n(summands)  # type: ignore[no-any-return]

    def _beside(self, op: Operation) -> Any:
        """Colocates what is made inside with `op`, when the caller asked for it."""
        if self.colocate:
            return graph_lib.get_default_graph().colocate_with(op)
        return contextlib.nullcontext()


def identity_zeros(t: Tensor) -> Any:
    """The gradient of an output to which nothing flows back."""
    if t.dtype is dtypes.resource:
        dtype = dtypes.float32 if t.handle_data is None else t.handle_data[0]
        return constant_ops.zeros(variable_ops.VariableShape(t), dtype=dtype)
    return constant_ops.zeros_like(t, optimize=False)


def _zeros_for(x: Any) -> Any:
    if x.dtype is dtypes.resource:
        dtype, dims = x.handle_data
        return constant_ops.zeros(constant_ops.constant(list(dims)), dtype=dtype)
    return constant_ops.zeros_like(x)


def _ones(y: Any, i: int) -> Tensor:
    if y.dtype.is_complex:
        raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r})")
    shape = shape_ops.shape(y)
    one = constant_ops.constant(1, dtype=y.dtype.base_dtype, name=f"grad_ys_{i}")
    return constant_ops.fill(shape, one)  # type: ignore[no-any-return]


def _checked_grad_y(y: Any, g: Any, i: int) -> Any:
    real = y.dtype.is_floating or y.dtype.is_integer
    if real and not (g.dtype.is_floating or g.dtype.is_integer):
        raise TypeError(
            f"Gradient type {g.dtype.name} generated for real or integer-valued tensor {y} with "
            f"type {y.dtype.name} must be real or integer"
        )
    if y.dtype.is_complex and not g.dtype.is_complex:
        raise TypeError(
            f"Gradient type {g.dtype.name} generated for complex-valued tensor {y} with type "
            f"{y.dtype.name} must be real"
        )
    if not real and not y.dtype.is_complex and y.dtype not in (dtypes.variant, dtypes.resource):
        raise TypeError(
            f"Tensor {y} with type {y.dtype.name} must be numeric to obtain a default gradient"
        )
    if isinstance(g, IndexedSlices):
        return IndexedSlices(
            indices=identity.identity(g.indices, name=f"grad_ys_{i}_indices"),
            values=identity.identity(g.values, name=f"grad_ys_{i}_values"),
            dense_shape=None
            if g.dense_shape is None
            else identity.identity(g.dense_shape, name=f"grad_ys_{i}_shape"),
        )
    return identity.identity(g, name=f"grad_ys_{i}")


def _verify(in_grads: list[Any], op: Operation) -> None:
    if op.type in ("While", "StatelessWhile"):
        return
    if len(in_grads) != len(op._inputs):
        raise ValueError(
            f"Num gradients {len(in_grads)} generated for op {op.node_def} do not match num "
            f"inputs {len(op._inputs)}"
        )


def _merge_shape(op: Operation, i: int, t: Tensor, g: Any) -> None:
    if isinstance(g, Tensor) and t.dtype is not dtypes.resource:
        try:
            g.set_shape(t.get_shape())
        except ValueError:
            raise ValueError(
                "Incompatible shapes between op input and calculated input gradient.  Forward "
                f"operation: {op.name}.  Input index: {i}. Original input shape: {t.shape}.  "
                f"Calculated input gradient shape: {g.shape}"
            ) from None


def _sum_slices(grads: list[Any]) -> Any:
    """Adds up gradients of which some are `IndexedSlices`."""
    if any(isinstance(g, Tensor) for g in grads):
        return add_n_ops.add_n(grads)
    wide = any(g.indices.dtype is dtypes.int64 for g in grads)
    if wide:
        from headrace._src.ops import casts

        grads = [
            g
            if g.indices.dtype is dtypes.int64
            else IndexedSlices(g.values, casts.cast(g.indices, dtypes.int64), g.dense_shape)
            for g in grads
        ]
    return IndexedSlices(
        concat_ops.concat([g.values for g in grads], axis=0),
        concat_ops.concat([g.indices for g in grads], axis=0),
        grads[0].dense_shape,
    )
