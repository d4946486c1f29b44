"""ConcreteFunction: one trace of a tf.function, and the functions for its gradients.

A call in a graph adds a `PartitionedCall` or `StatefulPartitionedCall` node. When a gradient comes
through the node, the function that it calls is replaced by one that also gives the values that the
backward function needs, as in 1.15.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._src.autodiff import gradients as autodiff
from headrace._src.autodiff import registry
from headrace._src.core import convert, dtypes, eager_inputs, errors, nest, scopes, type_spec
from headrace._src.core import graph as graph_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.operation import Operation
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.core.uids import next_uid
from headrace._src.function import eager_calls
from headrace._src.function.function_graph import FunctionGraph, trace
from headrace._src.ops import dependence, flows, func_graph
from headrace._src.ops._late import late
from headrace._src.state.resource_variable import is_resource_variable

# What 1.15 writes into the nodes: the devices of a default session; rewrites kept away.
_CONFIG: Final = b"\n\x07\n\x03CPU\x10\x01\n\x07\n\x03GPU\x10\x002\x02J\x008\x01"
_NO_REWRITES: Final = b"R\x05R\x03\x98\x01\x01"


class ConcreteFunction:
    """A function of the graph with the structure of a Python function's arguments and results.

    Calling it adds a node; it takes a tensor for each argument of the body, by position or by the
    name of the argument, and returns what the Python function returned.

    Args:
      graph: the body.
      attrs: attrs of the function.
    """

    def __init__(self, graph: FunctionGraph, attrs: dict[str, Any] | None = None) -> None:
        self._graph = graph
        self._attrs = attrs or {}
        self._count = len(graph.outputs)
        self._arg_keywords: list[str] | None = None
        self._num_positional_args: int | None = None
        self._inference = _named(graph, f"__inference_{graph.name}_{next_uid()}", self._attrs)
        self._gradient_name: str | None = None
        self._pairs: dict[int, tuple[FunctionGraph, ConcreteFunction]] = {}
        self._all_outputs = list(graph.outputs)
        self._is_plain = not eager_calls.takes_references(graph)
        self.eager = eager_calls.EagerCalls(self)

    @property
    def name(self) -> bytes:
        """The name in the graph."""
        return self._inference.name.encode()

    @property
    def graph(self) -> FunctionGraph:
        """The body."""
        return self._graph

    @property
    def inputs(self) -> list[Tensor]:
        """The arguments of the body; those that stand for captured tensors come last."""
        return self._graph.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The results in the body."""
        return self._all_outputs

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors of outer graphs that calls pass besides the arguments."""
        own = set(self._graph.inputs)
        return [t for t, a in self._graph.captured.items() if a in own]

    @property
    def variables(self) -> Sequence[Any]:
        """The resource variables that the body uses."""
        handles = set(self._graph.captured)
        return tuple(v for v in self._graph.known_variables() if v.handle in handles)

    @property
    def trainable_variables(self) -> Sequence[Any]:
        """Those of the variables that are trained."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def structured_input_signature(self) -> Any:
        """The arguments of the Python function, tensors as `TensorSpec`: (args, kwargs)."""
        return self._graph.structured_input_signature

    @property
    def structured_outputs(self) -> Any:
        """What the Python function returned."""
        return self._graph.structured_outputs

    @property
    def output_shapes(self) -> Any:
        """The static shapes of the results, in their structure; lists for composites."""

        def shapes(value: Any) -> Any:
            if type_spec.described(value) is not None:
                return [t.shape for t in nest.flatten(value, expand_composites=True)]
            return getattr(value, "shape", TensorShape(None))

        return nest.map_structure(shapes, self.structured_outputs)

    @property
    def output_dtypes(self) -> Any:
        """The dtypes of the results, in their structure."""
        return nest.map_structure(lambda t: None if t is None else t.dtype, self.structured_outputs)

    @property
    def function_def(self) -> Any:
        """The `FunctionDef`, a protocol buffer."""
        from headrace._src.proto import graph_export

        return graph_export.function_def(self._inference.name, self._inference)

    def reference(self) -> FuncRef:
        """The value of a `func` attr in the default graph."""
        self.add_to_graph()
        return self._inference.reference()

    def add_to_graph(self, g: Any = None) -> None:
        """Adds the function, and those it calls, to the library of a graph: the default one."""
        _register(self._inference, g or graph_lib.get_default_graph())

    def add_gradient_functions_to_graph(self, g: Any = None) -> None:
        """Adds the functions with which gradients are computed to the library of a graph."""
        target = g or graph_lib.get_default_graph()
        forward, backward = self._forward_backward(self._count)
        _register(forward, target)
        backward.add_to_graph(target)

    # -- calls ---------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function with tensors.

        Raises:
          AssertionError: the function does not come from `get_concrete_function`.
          TypeError: the arguments are not those of the function.
          ValueError: an argument is no tensor, or has another shape.
        """
        names, count = self._arg_keywords, self._num_positional_args
        if names is None or count is None:
            raise AssertionError(
                "Tried to call a concrete function obtained from an internal API through the "
                "public interface. Use get_concrete_function instead."
            )
        if len(args) > count:
            raise TypeError(
                f"Expected at most {count} positional arguments (and the rest keywords, of "
                f"{names}), got {args}. When calling a concrete function, positional arguments "
                "may not be bound to Tensors within nested structures."
            )
        given = list(args)
        for name in names[len(args) :]:
            if name not in kwargs:
                said = [*names[: len(given)], *kwargs]
                missing = [n for n in names if n not in said]
                raise TypeError(
                    f"Expected argument names {names} but got values for {said}. Missing: "
                    f"{missing}."
                )
            given.append(kwargs.pop(name))
        for name in kwargs:
            if name in names[: len(args)]:
                raise TypeError(f"Got two values for keyword '{name}'.")
            raise TypeError(f"Keyword arguments {list(kwargs)} unknown. Expected {names}.")
        return self.call_flat(given)

    def filtered_call(self, args: Any, kwargs: Any) -> Any:
        """Calls the function with the tensors and variables among Python arguments."""
        flat = nest.flatten((args, kwargs), expand_composites=True)
        return self.call_flat([t for t in flat if isinstance(t, Tensor) or is_resource_variable(t)])

    def call_flat(self, args: Sequence[Any], captured: Sequence[Tensor] | None = None) -> Any:
        """Calls the function.

        Args:
          args: tensors and variables.
          captured: what to pass for captured tensors, if not these.
        """
        tensors: list[Tensor] = []
        seen: set[Tensor] = set()
        for i, arg in enumerate(args):
            if is_resource_variable(arg):
                if arg.handle not in seen:
                    seen.add(arg.handle)
                    tensors.append(arg.handle)
            elif isinstance(arg, Tensor):
                self._check(i, arg)
                tensors.append(arg)
            else:
                raise ValueError(
                    "All inputs to `ConcreteFunction`s must be Tensors; on invocation of "
                    f"{self._graph.name}, the {i}-th input ({arg!s}) was not a Tensor."
                )
        tensors += self.captured_inputs if captured is None else captured
        return self._packed(self._execute(tensors))

    def _execute(self, tensors: list[Tensor]) -> Sequence[Tensor] | Operation | None:
        """Runs the function on the values of its body's arguments: in a graph, adds a node."""
        graph = graph_lib.get_default_graph()
        if graph.executes and self._is_plain and all(type(t) is EagerTensor for t in tensors):
            return self.eager.execute(tensors)
        if self._gradient_name is None:
            self._gradient_name = f"PartitionedCall-{next_uid()}"
            registry.RegisterGradient(self._gradient_name)(self._rewrite)
        name = self._gradient_name
        overrides = {"PartitionedCall": name, "StatefulPartitionedCall": name}
        with graph.gradient_override_map(overrides):
            node = _call_node(self._inference, tensors)
        return list(node.outputs) or node

    def _check(self, index: int, arg: Tensor) -> None:
        expected = self._graph.inputs[index]
        if arg.dtype is not expected.dtype and arg.dtype.base_dtype != expected.dtype.base_dtype:
            name = self._inference.name
            raise errors.InvalidArgumentError(
                None,
                None,
                f"cannot compute {name} as input #{index}(zero-based) was expected to be a "
                f"{eager_inputs.type_name(expected.dtype)} tensor but is a "
                f"{eager_inputs.type_name(arg.dtype)} tensor{eager_inputs.place(name, None)}",
            )
        shape = expected.shape
        if not shape.is_compatible_with(arg.shape):
            names = self._arg_keywords
            which = f"'{names[index]}'" if names else f"with index {index}"
            raise ValueError(
                f"The argument {which} (value {arg!s}) is not compatible with the shape this "
                f"function was traced with. Expected shape {shape}, but got shape {arg.shape}.\n\n"
                "If you called get_concrete_function, you may need to pass a "
                "tf.TensorSpec(..., shape=...) with a less specific shape, having None on axes "
                "which can vary."
            )

    def _packed(self, results: Any) -> Any:
        """The results in the structure of what the Python function returned."""
        structure = self._graph.structured_outputs
        if structure is None:
            # The node, to wait for; what was executed at once is done.
            executed = isinstance(results, Operation) and results.graph.executes
            return None if executed else results
        following = iter(results if isinstance(results, list) else ())
        like = nest.flatten(structure, expand_composites=True)
        return flows.from_flows(structure, [None if o is None else next(following) for o in like])

    # -- gradients -----------------------------------------------------------------------------

    def _rewrite(self, op: Operation, *dys: Any) -> Any:
        """The gradients of a call's inputs; the call comes to give what they need."""
        forward, backward = self._forward_backward(len(dys))
        if not backward.graph.outputs:
            return [None] * len(op._inputs)
        _register(forward, op.graph)
        op.attrs["f"] = forward.reference()
        op.attrs["Tout"] = func_graph.output_types(forward)
        op._add_outputs(forward.outputs[len(op.outputs) :])
        place = dict(zip(forward.outputs, op.outputs, strict=True))
        captured = [place.get(t, t) for t in backward.captured_inputs]
        given = [
            late.zeros_like(y) if dy is None else convert.convert_to_tensor(dy)
            for y, dy in zip(self._graph.outputs_at(len(dys), self._all_outputs), dys, strict=True)
            if _is_differentiated(y)
        ]
        return backward.call_flat(given, captured)

    def _forward_backward(self, count: int) -> tuple[FunctionGraph, ConcreteFunction]:
        """The functions for gradients of the first results, as many as `count`."""
        if count not in self._pairs:
            self._pairs[count] = self._built_pair(count)
        return self._pairs[count]

    def _built_pair(self, count: int) -> tuple[FunctionGraph, ConcreteFunction]:
        body = self._graph
        ys = [y for y in self._all_outputs[:count] if _is_differentiated(y)]

        def gradients(*grad_ys: Tensor) -> Any:
            return autodiff.gradients(ys, body.inputs, grad_ys=list(grad_ys))

        with body.as_default():
            backward = FunctionGraph(f"__backward_{body.name}_{next_uid()}")
            specs = [TensorSpec(y.shape, y.dtype.base_dtype) for y in ys]
            trace(backward, gradients, specs, {}, [None] * len(specs))
        forward_name = f"__forward_{body.name}_{next_uid()}"
        known = set(self._all_outputs)
        for t in backward.captured:
            if t.graph is body and t not in known:
                known.add(t)
                self._all_outputs.append(t)
        body.forget_plan()
        made = ConcreteFunction(backward, {**self._attrs, "forward_function_name": forward_name})
        attrs = {**self._attrs, "backward_function_name": made._inference.name}
        return _named(body, forward_name, attrs, list(self._all_outputs)), made


def _is_differentiated(result: Tensor) -> bool:
    """Whether a gradient can come for a result: not for the handle of a variable."""
    return dependence.is_flowing(result) and result.dtype is not dtypes.resource


def _named(
    graph: FunctionGraph,
    name: str,
    attrs: dict[str, Any],
    outputs: list[Tensor] | None = None,
) -> FunctionGraph:
    """The same body as a function of another name, perhaps with further results."""
    made = copy.copy(graph)
    made.name = name
    made.attrs = attrs
    made.outputs = list(graph.outputs if outputs is None else outputs)
    made.plan = None
    return made


def _register(function: FunctionGraph, graph: Any) -> None:
    for name, inner in function._functions.items():
        graph._functions.setdefault(name, inner)
    graph._functions[function.name] = function


def _call_node(function: FunctionGraph, tensors: list[Tensor]) -> Operation:
    graph = graph_lib.get_default_graph()
    _register(function, graph)
    spec = eager_calls.spec_of(function)
    waits: Callable[[], Any] = contextlib.nullcontext
    if function.control_captures:
        waits = lambda: scopes.control_dependencies(function.control_captures)  # noqa: E731
    with waits():
        node: Operation = spec.make(
            tensors,
            Tout=func_graph.output_types(function),
            f=function.reference(),
            config_proto=_CONFIG if function.outputs else _NO_REWRITES,
            name=None if function.outputs else eager_calls.UNNAMED,
        )
    for out, inner in zip(node.outputs, function.outputs, strict=True):
        out.handle_data = inner.handle_data
    return node


__all__ = ["ConcreteFunction"]
