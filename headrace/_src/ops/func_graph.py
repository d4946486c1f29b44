"""FuncGraph: the body of a function; tensors of outer graphs come in as arguments."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from headrace._src.core import convert, dtypes, errors, layer_calls, nest, numbering, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.core.numbering import Numbering
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import effects_order, flows, identity
from headrace._src.ops import placeholder as placeholder_ops


class Argument(NamedTuple):
    """What a function takes at one position."""

    dtype: DType
    dims: Dims
    name: str = "placeholder"


class FuncGraph(graph_lib.Graph):
    """The graph of a function body.

    Attributes:
      name: the function's name.
      outer_graph: the graph in which the function was made.
      control_captures: operations of outer graphs that operations of the body wait for; the call
        waits for them instead.
      captured: outer tensor → the argument that stands for it, in the order of capture.
      inputs: the arguments: those of the function, then those that stand for outer tensors.
      outputs: the results, in order.
      accumulated: tensor of a loop's body → the list of its values, which the loop fills.
      structured_outputs: what the Python function returned, tensors in place.
      orders_effects: whether operations with effects wait for those before.
      is_part: whether it is a branch or the body of a loop rather than a function by itself.
    """

    building_function = True
    is_part = False
    orders_effects = False

    def __init__(self, name: str, numbering: Numbering | None = None) -> None:
        super().__init__()
        self.numbering = numbering
        self.name = name
        self.outer_graph = graph_lib.get_default_graph()
        self.seed = self.outer_graph.seed
        self._collections = self.outer_graph._collections
        self.captured: dict[Tensor, Tensor] = {}
        self.control_captures: list[Operation] = []
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.structured_outputs: Any = None
        self.plan: Any = None
        self._has_effects = False
        self._looked_at = 0
        self.accumulated: dict[Tensor, Tensor] = {}

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The argument that stands for a tensor of an outer graph; made at first use.

        Raises:
          InaccessibleTensorError: the tensor belongs to a function inside this one.
        """
        argument = self.captured.get(tensor)
        if argument is None:
            self._check_accessible(tensor)
            if self.numbering is not None:
                # TensorFlow 1 brings a tensor in through every context around.
                self.outer_graph.capture_inputs([tensor])
                self.numbering.note_capture(tensor)
            argument = self.captured[tensor] = self.stand_in(tensor, name)
            self.inputs.append(argument)
        return argument

    def stand_in(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """A placeholder in this graph for a tensor of another one."""
        with self.as_default(), self._plain():
            # Values have no names: their arguments are numbered.
            name = name or tensor.op.name or str(next_uid())
            argument: Tensor = placeholder_ops.placeholder(
                tensor.dtype.base_dtype, tensor.shape, name
            )
        argument.handle_data = tensor.handle_data
        # A reference stays one, so that the body can assign to the variable.
        argument.dtype = tensor.dtype
        return argument

    @contextlib.contextmanager
    def _plain(self) -> Iterator[None]:
        """Makes what is made inside wait for nothing and have no number."""
        uncounted = contextlib.nullcontext() if self.numbering is None else self.numbering.hidden()
        with uncounted, scopes.control_dependencies(None):
            yield

    def add_operation(
        self, spec: OpSpec, name: str, inputs: list[Tensor], *args: Any, **kwargs: Any
    ) -> Operation:
        """As `Graph.add_operation`; what stands for outer tensors is named below the operation."""
        if any(t.graph is not self for t in inputs):
            with self.entered(name):
                inputs = self.capture_inputs(inputs)
        operation = super().add_operation(spec, name, inputs, *args, **kwargs)
        if self.numbering is not None:
            self.numbering.note_operation()
        return operation

    @property
    def _last_id(self) -> int:
        return self._version if self.numbering is None else self.numbering.root._last_id

    def _check_accessible(self, tensor: Tensor) -> None:
        inner: Any = tensor.graph
        while inner is not None and inner.building_function:
            inner = inner.outer_graph
            if inner is self:
                raise errors.InaccessibleTensorError(
                    f"The tensor '{tensor}' cannot be accessed here: it is defined in another "
                    "function or code block. Use return values, explicit Python locals or "
                    "TensorFlow collections to access it. Defined in: "
                    f"{tensor.graph}; accessed from: {self}.\n"
                    f"It was made in {tensor.graph.name}, at {tensor.op.origin}."
                )

    def capture_inputs(self, inputs: list[Tensor]) -> list[Tensor]:
        """Replaces tensors of outer graphs by arguments."""
        return [t if t.op.graph is self else self.capture(t) for t in inputs]

    def control_dependencies(self, control_inputs: Any) -> scopes.Controller:
        """As `Graph.control_dependencies`; operations of outer graphs are left to the call."""
        own = []
        for c in control_inputs or ():
            # The op decides: what `assign` returns is a variable of the outer graph.
            op = c if isinstance(c, Operation) else getattr(c, "op", None)
            if op is None or op.graph is self:
                own.append(c)
            elif op not in self.control_captures:
                self.control_captures.append(op)
        return super().control_dependencies(None if control_inputs is None else own)

    @property
    def outer_captures(self) -> list[Tensor]:
        """The captured tensors of outer graphs, in order."""
        return list(self.captured)

    def forget_plan(self) -> None:
        """Makes the next call look at the body anew: its arguments or results have changed."""
        self.plan = None

    def __str__(self) -> str:
        return f"FuncGraph(name={self.name}, id={id(self)})"

    def stateful_operations(self) -> list[Operation]:
        """The operations with effects, which a call executes whether or not a result needs them.

        A branch or the body of a loop executes those that its results need, also by waiting for
        them, unless what it is part of orders effects.
        """
        found = [op for op in self._nodes if op.has_effects]
        if not found or not self.is_part or self.orders_effects:
            return found
        needed: set[Operation] = set()
        stack = [t.op for t in self.outputs]
        while stack:
            op = stack.pop()
            if op not in needed:
                needed.add(op)
                stack += [t.op for t in op._inputs]
                stack += op._control_inputs
        return [op for op in found if op in needed]

    @property
    def has_effects(self) -> bool:
        """Whether a call may change something besides its results."""
        # Operations are only ever added.
        if not self._has_effects:
            new = self._nodes[self._looked_at :]
            self._looked_at = len(self._nodes)
            self._has_effects = any(op.has_effects for op in new)
        return self._has_effects

    def reference(self) -> FuncRef:
        """The value of a `func` attr that names this function."""
        return FuncRef(self.name, self)


class Backward(FuncGraph):
    """The body of a gradient of a body.

    Args:
      name: the function's name.
      forward: the body that it differentiates.

    Attributes:
      made: each operation made for its own sake, with what it was given: tensors of outer graphs
        as they are there.
    """

    def __init__(self, name: str, forward: FuncGraph) -> None:
        super().__init__(name)
        self.differentiates_numbered = forward.numbering is not None
        self.made: list[tuple[Operation, list[Tensor]]] = []
        self._making = False

    def add_operation(
        self, spec: OpSpec, name: str, inputs: list[Tensor], *args: Any, **kwargs: Any
    ) -> Operation:
        """As `FuncGraph.add_operation`; keeps what the operation was given."""
        if self._making:
            # Brings in what another operation takes.
            return super().add_operation(spec, name, inputs, *args, **kwargs)
        given = list(inputs)
        self._making = True
        try:
            operation = super().add_operation(spec, name, inputs, *args, **kwargs)
        finally:
            self._making = False
        self.made.append((operation, given))
        return operation


def trace(
    name: str | FuncGraph,
    function: Callable[..., Any],
    op_result: Tensor | None = None,
    arguments: Sequence[Argument] = (),
) -> FuncGraph:
    """Builds the body of a function by calling it.

    Args:
      name: the name of the function, or the empty graph in which to build it.
      function: takes tensors, as many as there are arguments; returns tensors, in any nesting, or
        operations.
      op_result: what stands for a returned operation: its value, made to wait for the operation.
      arguments: what the function takes.

    Raises:
      TypeError: the function returns something that is no tensor.
    """
    graph = FuncGraph(name) if isinstance(name, str) else name
    graph.orders_effects |= getattr(graph.outer_graph, "orders_effects", False)
    with graph.as_default():
        with graph._plain():
            for a in arguments:
                graph.inputs.append(placeholder_ops.placeholder(a.dtype, a.dims, a.name))
        result = function(*graph.inputs)
        flat = []
        for value in nest.flatten(result, expand_composites=True):
            flat.append(None if value is None else _as_result(graph, value, op_result))
    graph.structured_outputs = flows.from_flows(result, flat)
    graph.outputs = [t for t in flat if t is not None]
    if type(graph) is FuncGraph and getattr(graph.outer_graph, "orders_effects", False):
        # What runs in a call runs whether or not a result needs it; the order is left to say.
        effects_order.put_in_order(graph.get_operations())
        # 1.15 gives each result an Identity of its own here, which takes a number.
        for _ in graph.outputs:
            next_uid()
    return graph


def _as_result(graph: FuncGraph, value: Any, op_result: Tensor | None) -> Tensor:
    if isinstance(value, Operation):
        if op_result is None:
            raise TypeError(f"a function must return tensors, not operations; got {value!r}")
        with graph._plain():
            (op_result,) = graph.capture_inputs([op_result])
        with graph.control_dependencies([value]):
            return identity.identity(op_result)
    try:
        tensor = convert.convert_to_tensor(flows.flow_of(value))
    except (TypeError, ValueError) as e:
        raise TypeError(
            f"To be compatible with tf.eager.defun, Python functions must return zero or more "
            f"Tensors; got {value!r} ({e})"
        ) from None
    tensor = graph.capture_inputs([tensor])[0]
    if tensor.dtype._is_ref_dtype:
        with graph._plain():
            tensor = identity.identity(tensor)
    return tensor


def gives_everything(graph: graph_lib.Graph) -> bool:
    """Whether nodes with branches and bodies made in `graph` give all values inside as results.

    1.15 does that in calls of layers, for gradients that may come, but not in functions.
    """
    if not layer_calls.calls.in_call or graph.executes:
        return False
    while isinstance(graph, FuncGraph) and graph.is_part:
        if graph.numbering is not None:
            return False
        graph = graph.outer_graph
    return not graph.building_function and numbering.for_bodies(graph) is None


def hand_over(graph: FuncGraph) -> None:
    """Gives each result of a function an `Identity` of its own, as 1.15 does with gradients."""
    with graph.as_default(), scopes.control_dependencies(None):
        graph.outputs = [identity.identity(t) for t in graph.outputs]
    graph.structured_outputs = nest.pack_sequence_as(
        graph.structured_outputs, graph.outputs, expand_composites=True
    )


def note_copy(graph: FuncGraph) -> None:
    """Takes the numbers that 1.15 takes where it reads a function anew to differentiate it."""
    for _ in range(1 + sum(len(op.outputs) for op in graph._nodes)):
        next_uid()


def is_stateful(graph: FuncGraph) -> bool:
    """Whether a node that calls the function is of a stateful type, as 1.15 decides it."""
    return any(op.spec.stateful or op.spec.random for op in graph._nodes)


def output_types(graph: FuncGraph) -> tuple[dtypes.DType, ...]:
    """The dtypes of the results."""
    return tuple(t.dtype.base_dtype for t in graph.outputs)
