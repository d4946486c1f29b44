"""FuncGraph: the body of a function; tensors of outer graphs come in as arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._src.core import convert, dtypes, nest, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity
from headrace._src.ops import placeholder as placeholder_ops


class FuncGraph(graph_lib.Graph):
    """The graph of a function body.

    Attributes:
      name: the function's name.
      outer_graph: the graph in which the function was made.
      control_captures: operations of outer graphs that operations of the body wait for; the call
        waits for them instead.
      captured: outer tensor → the argument that stands for it.
      inputs: the arguments, in order.
      outputs: the results, in order.
      structured_outputs: what the Python function returned, tensors in place.
    """

    building_function = True

    def __init__(self, name: str) -> None:
        super().__init__()
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

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The argument that stands for a tensor of an outer graph; made at first use."""
        argument = self.captured.get(tensor)
        if argument is None:
            dtype = tensor.dtype.base_dtype
            with self.as_default(), scopes.control_dependencies(None):
                argument = placeholder_ops.placeholder(
                    dtype, tensor.shape, name or tensor.op.name.rpartition("/")[2]
                )
            argument.handle_data = tensor.handle_data
            # A reference stays one, so that the body can assign to the variable.
            argument.dtype = tensor.dtype
            self.captured[tensor] = argument
            self.inputs.append(argument)
        return argument

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

    def stateful_operations(self) -> list[Operation]:
        """The operations with effects, which a call executes whether or not a result needs them."""
        return [op for op in self._nodes if op.spec.has_effects]

    def reference(self) -> FuncRef:
        """The value of a `func` attr that names this function."""
        return FuncRef(self.name, self)


def trace(name: str, function: Callable[[], Any], op_result: Tensor | None = None) -> FuncGraph:
    """Builds the body of a function without arguments by calling it.

    Args:
      name: the name of the function.
      function: returns tensors, in any nesting, or operations.
      op_result: what stands for a returned operation: its value, made to wait for the operation.

    Raises:
      TypeError: the function returns something that is no tensor.
    """
    graph = FuncGraph(name)
    with graph.as_default():
        result = function()
        flat = []
        for value in nest.flatten(result, expand_composites=True):
            flat.append(None if value is None else _as_result(graph, value, op_result))
    graph.structured_outputs = nest.pack_sequence_as(result, flat, expand_composites=True)
    graph.outputs = [t for t in flat if t is not None]
    return graph


def _as_result(graph: FuncGraph, value: Any, op_result: Tensor | None) -> Tensor:
    if isinstance(value, Operation):
        if op_result is None:
            raise TypeError(f"a function must return tensors, not operations; got {value!r}")
        with graph.control_dependencies([value]):
            return identity.identity(op_result)
    try:
        tensor = convert.convert_to_tensor(value)
    except (TypeError, ValueError) as e:
        raise TypeError(
            f"To be compatible with tf.eager.defun, Python functions must return zero or more "
            f"Tensors; got {value!r} ({e})"
        ) from None
    tensor = graph.capture_inputs([tensor])[0]
    if tensor.dtype._is_ref_dtype:
        tensor = identity.identity(tensor)
    return tensor


def match_captures(graphs: list[FuncGraph]) -> list[Tensor]:
    """Gives several bodies the same arguments; returns the outer tensors to pass."""
    outer: dict[Tensor, None] = {}
    for graph in graphs:
        outer.update(dict.fromkeys(graph.captured))
    for graph in graphs:
        graph.inputs = [graph.capture(t, "unused") for t in outer]
    return list(outer)


def output_types(graph: FuncGraph) -> tuple[dtypes.DType, ...]:
    """The dtypes of the results."""
    return tuple(t.dtype.base_dtype for t in graph.outputs)
