"""Calls of functions: nodes whose type is a function's name, PartitionedCall, SymbolicGradient."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from headrace._src.core import attrs as A
from headrace._src.core import convert, dtypes
from headrace._src.core import dims as dims_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec, op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant, func_graph, function_copy
from headrace._src.ops._late import late

_LOCK = threading.RLock()


def _results_dims(s: Any, *inputs: Any, **attrs: Any) -> list[Any]:
    """What the body of the function says of its results for these arguments."""
    graph = s.operation.functions[0].graph
    for i, t in enumerate(graph.outputs):
        s.set_handle_data(t.handle_data, i)
    arguments = s.operation.inputs
    outputs = graph.outputs
    if any(not dims_lib.is_full(t.dims) for t in outputs) and any(
        t.dims != a.dims for t, a in zip(arguments, graph.inputs, strict=True)
    ):
        outputs = _inferred_anew(graph, arguments)
    return [t.dims for t in outputs]


def _inferred_anew(graph: func_graph.FuncGraph, arguments: Sequence[Tensor]) -> list[Tensor]:
    """The results of a copy of the body whose arguments have the shapes of a call's."""
    copy = func_graph.FuncGraph(f"{graph.name}Shapes")
    inner = []
    for argument, t in zip(graph.inputs, arguments, strict=True):
        stand_in = copy.stand_in(argument)
        stand_in.dims, stand_in.handle_data = t.dims, t.handle_data
        inner.append(stand_in)
    return function_copy.inlined(graph, copy, inner)


# -- SymbolicGradient ----------------------------------------------------------------------------
SymbolicGradient = op(
    "SymbolicGradient",
    "input: list:Tin -> output: list:Tout",
    Tin=A.dtypes(minimum=1),
    Tout=A.dtypes(minimum=1),
    f=A.func(),
    calls_functions=True,
    called=lambda op: [backward(op.attrs["f"].graph).reference()],
)


@SymbolicGradient.shape
def _shape_symbolic_gradient(s: Any, input: Any, *, Tout: Any) -> Any:  # noqa: N803
    if len(Tout) > len(input):
        raise ValueError(f"Expected at least {len(Tout)} inputs, got {len(input)}")
    return list(input[: len(Tout)])


@SymbolicGradient.kernel
def _kernel_symbolic_gradient(k: Any, input: Any, *, f: Any) -> Any:
    return k.call(backward(f.graph).reference(), input)


SymbolicGradient.no_gradient("gradients of functions are of first order only", undefined=True)


def backward(graph: func_graph.FuncGraph) -> func_graph.FuncGraph:
    """The function that computes the gradients of another one's arguments.

    It takes the arguments and the gradients of the results; it is the function that a program gave
    for it, or is built at first use.
    """
    with _LOCK:
        given = getattr(graph, "gradient_graph", None)
        if given is None:
            given = graph.gradient_graph = _built_backward(graph)
        return given


class _Backward(func_graph.FuncGraph):
    """The body of a gradient, which holds a copy of the function itself.

    Attributes:
      copies: the copies of the function's tensors. A program's own gradient may use the tensors.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.copies: dict[Tensor, Tensor] = {}

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """The copy of a tensor of the function; else the argument that stands for the tensor."""
        copy = self.copies.get(tensor)
        return super().capture(tensor, name) if copy is None else copy


def _built_backward(graph: func_graph.FuncGraph) -> func_graph.FuncGraph:
    body = _Backward(f"{graph.name}Grad")
    count = len(graph.inputs)
    arguments = [
        func_graph.Argument(t.dtype.base_dtype, t.dims) for t in (*graph.inputs, *graph.outputs)
    ]

    from headrace._src.autodiff import gradients as autodiff

    def gradients(*args: Tensor) -> list[Tensor]:
        xs = list(args[:count])
        ys = function_copy.inlined(graph, body, xs, body.copies)
        pairs = [(y, dy) for y, dy in zip(ys, args[count:], strict=True) if _flows(y)]
        grads = autodiff.gradients([y for y, _ in pairs], xs, grad_ys=[dy for _, dy in pairs])
        return [
            _zeros(x) if g is None else convert.convert_to_tensor(g)
            for x, g in zip(xs, grads, strict=True)
        ]

    return func_graph.trace(body, gradients, arguments=arguments)


def _flows(t: Tensor) -> bool:
    return t.dtype.is_floating or t.dtype.is_complex or t.dtype in (dtypes.variant, dtypes.resource)


def _zeros(x: Tensor) -> Tensor:
    if x.dtype is not dtypes.resource:
        return constant.zeros_like(x)
    dtype = dtypes.float32 if x.handle_data is None else x.handle_data[0]
    return late.zeros(late.VariableShape(x), dtype=dtype)


def _gradient_dtype(x: Tensor) -> dtypes.DType:
    """The dtype of the gradient of a function's argument."""
    if x.dtype is dtypes.resource:
        return dtypes.float32 if x.handle_data is None else x.handle_data[0]
    return x.dtype.base_dtype


def symbolic(operation: Operation, function: FuncRef, dys: Sequence[Any]) -> list[Tensor]:
    """Adds the node that computes the gradients of a call's inputs."""
    given = [convert.convert_to_tensor(dy) for dy in dys]
    reference = FuncRef(function.name, function.graph, dict(operation.attrs))
    return SymbolicGradient(
        [*operation.inputs, *given],
        Tout=[_gradient_dtype(x) for x in operation.inputs],
        f=reference,
    )


# -- PartitionedCall -----------------------------------------------------------------------------
_ATTRS: dict[str, Any] = {
    "Tin": A.dtypes(minimum=0),
    "Tout": A.dtypes(minimum=0),
    "f": A.func(),
    "config": A.text(default=""),
    "config_proto": A.text(default=""),
    "executor_type": A.text(default=""),
}
_SIGNATURE = "args: list:Tin -> output: list:Tout"
PartitionedCall = op("PartitionedCall", _SIGNATURE, calls_functions=True, **_ATTRS)
PartitionedCall.shape(_results_dims)


@PartitionedCall.kernel
def _kernel_partitioned_call(k: Any, args: Any, *, f: Any) -> Any:
    return k.call(f, args)


@PartitionedCall.gradient
def _grad_partitioned_call(op: Operation, *dys: Any) -> Any:
    own = getattr(op.attrs["f"].graph, "python_gradient", None)
    return symbolic(op, op.attrs["f"], dys) if own is None else own(op, *dys)


_grad_partitioned_call.takes_every_gradient = lambda op: (
    getattr(op.attrs["f"].graph, "python_gradient", None) is None
)


# -- StatefulPartitionedCall ---------------------------------------------------------------------
StatefulPartitionedCall = op(
    "StatefulPartitionedCall", _SIGNATURE, stateful=True, calls_functions=True, **_ATTRS
)
StatefulPartitionedCall.shape(_results_dims)
StatefulPartitionedCall.kernel(_kernel_partitioned_call)
StatefulPartitionedCall.gradient(_grad_partitioned_call)


# -- For -----------------------------------------------------------------------------------------
For = op(
    "For",
    "start: int32, limit: int32, delta: int32, input: list:T -> output: list:T",
    T=A.dtypes(minimum=0),
    body=A.func(),
    calls_functions=True,
)


@For.shape
def _shape_for(s: Any, start: Any, limit: Any, delta: Any, input: Any, *, T: Any) -> Any:  # noqa: N803
    return [None] * len(T)


@For.host_kernel
def _kernel_for(k: Any, start: Any, limit: Any, delta: Any, input: Any, *, body: Any) -> Any:
    values = list(input)
    first, last, by = int(start), int(limit), int(delta)
    if by == 0 or (last - first) * by < 0:
        raise ValueError(f"delta {by} does not lead from {first} to {last}")
    for i in range(first, last, by):
        k.run.check()
        values = list(k.call(body, [start.dtype.type(i), *values]))
    return values


For.no_gradient("write the loop with While", undefined=True)


# -- nodes whose type is the name of a function ----------------------------------------------------


def call_spec(graph: func_graph.FuncGraph, inputs: Sequence[str], outputs: Sequence[str]) -> OpSpec:
    """The interface of nodes that call a function by having its name as their type.

    Args:
      graph: the body; `gradient_graph` and `python_gradient`, where it has them, say how to
        differentiate it.
      inputs: the names of its arguments.
      outputs: the names of its results.
    """
    left = _arguments(inputs, graph.inputs)
    right = _arguments(outputs, graph.outputs)
    flags = {
        "calls_functions": True,
        "functions": (graph.reference(),),
        "stateful": func_graph.is_stateful(graph),
    }
    spec = OpSpec(graph.name, f"{left}->{right}", {}, flags)
    # As in 1.15 a call says nothing of the shapes of its results.
    if len(graph.outputs) == 1:
        spec.shape(lambda s, *inputs: None)
    else:
        spec.shape(lambda s, *inputs: [None] * len(graph.outputs))
    spec.kernel(_caller(graph))

    @spec.gradient
    def _grad_call(op: Operation, *dys: Any) -> Any:
        own = getattr(graph, "python_gradient", None)
        return symbolic(op, graph.reference(), dys) if own is None else own(op, *dys)

    _grad_call.takes_every_gradient = lambda op: getattr(graph, "python_gradient", None) is None
    return spec


def _caller(graph: func_graph.FuncGraph) -> Callable[..., Any]:
    def call(k: Any, *args: Any) -> Any:
        results = k.call(graph.reference(), args)
        return results[0] if len(graph.outputs) == 1 else results

    return call


def _arguments(names: Sequence[str], tensors: Sequence[Tensor]) -> str:
    pairs = zip(names, tensors, strict=True)
    return ", ".join(f"{name}: {t.dtype.base_dtype.name}" for name, t in pairs)


__all__ = [
    "For",
    "PartitionedCall",
    "StatefulPartitionedCall",
    "SymbolicGradient",
    "backward",
    "call_spec",
]
