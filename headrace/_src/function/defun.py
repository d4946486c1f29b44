"""Defun: Python functions as functions of the graph.

TensorFlow has it in `tensorflow.python.framework.function`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from headrace._src.core import convert, dtypes, errors, opspec, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.attrs import FuncRef
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import func_graph, function_call
from headrace._src.ops import placeholder as placeholder_ops
from headrace._src.state import variable_scope

_SHORT = {
    "float16": "f16",
    "float32": "f32",
    "float64": "f64",
    "int32": "i32",
    "uint8": "i8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "int16": "i16",
    "int8": "i8",
    "string": "s",
    "complex64": "c64",
    "complex128": "c128",
    "int64": "i64",
    "bool": "b",
    "qint8": "qi8",
    "quint8": "qu8",
    "qint16": "qi16",
    "quint16": "qu16",
    "qint32": "qi32",
    "bfloat16": "b16",
}


class DefunGraph(func_graph.FuncGraph):
    """The body of a `Defun`.

    Attributes:
      extra_vars: the variables that the function got; they belong to the outer graph.
      attrs: attrs of the function.
      gradient_graph: the function that computes its gradients, once known.
      python_gradient: what adds the nodes of its gradients, if a program said it.
    """

    def __init__(
        self,
        name: str,
        capture_by_value: bool,
        stateful_allowed: set[Operation],
        read_variables_outside: bool,
    ) -> None:
        super().__init__(name)
        self._capture_by_value = capture_by_value
        self._stateful_allowed = stateful_allowed
        self._read_variables_outside = read_variables_outside
        self._scope = variable_scope.get_variable_scope()
        # Variables are shared with the outer graph, the variable scope is not.
        outer = self.outer_graph._collections
        shared = (*GraphKeys._VARIABLE_COLLECTIONS, variable_scope._STORE_KEY)
        self._collections = {key: outer.setdefault(key, []) for key in shared}
        self.extra_vars: list[Any] = []
        self.attrs: dict[str, Any] = {}
        self.gradient_graph: func_graph.FuncGraph | None = None
        self.python_gradient: Callable[..., Any] | None = None

    @property
    def extra_args(self) -> list[Tensor]:
        """The arguments that stand for captured tensors."""
        return [] if self._capture_by_value else list(self.captured.values())

    def stand_in(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """A placeholder for a tensor of another graph, in the present name scope."""
        with self.as_default(), scopes.control_dependencies(None):
            argument: Tensor = placeholder_ops.placeholder(
                tensor.dtype.base_dtype, tensor.shape, name
            )
        argument.handle_data = tensor.handle_data
        argument.dtype = tensor.dtype
        return argument

    def capture(self, tensor: Tensor, name: str | None = None) -> Tensor:
        """What stands for a tensor of an outer graph: an argument, or a copy of it."""
        if not self._capture_by_value:
            return super().capture(tensor, name)
        if tensor not in self.captured:
            self._copy(tensor.op)
        return self.captured[tensor]

    def _copy(self, operation: Operation) -> None:
        """Adds a copy of an operation, and of those before it.

        Raises:
          ValueError: it is stateful or a placeholder.
        """
        label = f"(name:{operation.name}, type:{operation.type})"
        if operation.spec.stateful and operation not in self._stateful_allowed:
            raise ValueError(f"Cannot capture a stateful node {label} by value.")
        if operation.type in ("Placeholder", "PlaceholderV2"):
            raise ValueError(f"Cannot capture a placeholder {label} by value.")
        inputs = [self.capture(t) for t in operation.inputs]
        with self.as_default():
            copy = self.add_operation(
                operation.spec,
                self.unique_name(operation.name),
                inputs,
                dict(operation.attrs),
            )
        for old, new in zip(operation.outputs, copy.outputs, strict=True):
            self.captured[old] = new

    def get_variable(self, getter: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """Gets a variable from the scope and the graph outside; a getter of variable scopes."""
        kwargs.pop("custom_getter", None)
        with self.outer_graph.as_default():
            variable = self._scope.get_variable(
                variable_scope.get_variable_store(), name, *args, **kwargs
            )
            self.extra_vars.append(variable)
            if self._read_variables_outside and hasattr(variable, "handle"):
                # The function stays one of values, which can be differentiated.
                return variable.value()
            return variable


class Defun:
    """A decorator that makes a Python function a function of the graph.

    Args:
      *input_types: the dtypes of the arguments; when there are none and the function takes some,
        each call is of a function for the dtypes it passes.
      func_name: the function's name in the graph; made from the Python name when left out.
      grad_func: the `Defun` that takes the arguments and the gradients of the results, and returns
        the gradients of the arguments.
      python_grad_func: a gradient function, as for `tf.RegisterGradient`.
      out_names: the names of the results.
      noinline, shape_func, capture_by_value, ...: see `DefinedFunction`.
    """

    def __init__(self, *input_types: Any, **kwargs: Any) -> None:
        self._input_types = tuple(dtypes.as_dtype(t) for t in input_types)
        self._kwargs = kwargs

    def __call__(self, func: Callable[..., Any]) -> Any:
        """Returns the function.

        Raises:
          ValueError: `func` is no function, has defaults or keywords, or takes another number of
            arguments.
        """
        if not callable(func):
            raise ValueError(f"function {func} must be callable")
        spec = inspect.getfullargspec(func)
        if spec.varkw or spec.defaults:
            raise ValueError(
                "function with argument defaults or keywords arguments are not supported. "
                f"{func} has defaults {spec.defaults} and keywords {spec.varkw}."
            )
        names = spec.args[1:] if inspect.ismethod(func) else spec.args
        if self._input_types:
            given = len(self._input_types)
            if given < len(names) or (given > len(spec.args) and not spec.varargs):
                raise ValueError(
                    "The function has fewer arguments than the number of specified input types."
                )
            return DefinedFunction(func, names, self._input_types, **self._kwargs)
        if not names and not spec.varargs:
            return DefinedFunction(func, [], (), **self._kwargs)
        return OverloadedFunction(func, names, **self._kwargs)


class DefinedFunction:
    """A function of the graph; its body is built when something asks for it.

    Args:
      func: the Python function.
      argnames: the names of its arguments.
      input_types: their dtypes.
      func_name, grad_func, python_grad_func, out_names: see `Defun`.
      shape_func: takes a call's operation; returns the shapes of its results.
      capture_by_value: whether tensors from outside are computed anew inside.
      whitelisted_stateful_ops: stateful operations that may be.
      capture_resource_var_by_value: whether resource variables are read outside.
      **kwargs: `noinline`, `compiled`, `separate_compiled_gradients`, `experimental_...`,
        `_implements`, `_reference`: attrs of the function.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        argnames: Sequence[str],
        input_types: Sequence[dtypes.DType],
        func_name: str | None = None,
        grad_func: DefinedFunction | None = None,
        python_grad_func: Callable[..., Any] | None = None,
        out_names: Sequence[str] | None = None,
        shape_func: Callable[[Operation], Sequence[Any]] | None = None,
        capture_by_value: bool = False,
        whitelisted_stateful_ops: Any = None,
        capture_resource_var_by_value: bool = True,
        **kwargs: Any,
    ) -> None:
        self._func = func
        self._func_name = func_name
        self._input_types = tuple(input_types)
        self._grad_func = grad_func
        self._python_grad_func = python_grad_func
        self._out_names = out_names
        self._shape_func = shape_func
        self._options = (
            capture_by_value,
            set(whitelisted_stateful_ops or ()),
            capture_resource_var_by_value,
        )
        self._kwargs = kwargs
        self._argnames = [*argnames, *(f"arg{i}" for i in range(len(argnames), len(input_types)))]
        devices = graph_lib.get_default_graph().stacks.devices
        self._device = devices[-1] if devices else None
        self._graph: DefunGraph | None = None
        self._spec: opspec.OpSpec | None = None

    @property
    def graph(self) -> DefunGraph:
        """The body."""
        if self._graph is None:
            self._graph = self._built()
        return self._graph

    @property
    def name(self) -> str:
        """The name in the graph."""
        return self.graph.name

    @property
    def definition(self) -> Any:
        """The `FunctionDef`, a protocol buffer."""
        from headrace._src.proto import graph_export

        return graph_export.function_def(self.name, self.graph)

    @property
    def declared_input_types(self) -> tuple[dtypes.DType, ...]:
        """The dtypes of the arguments, without those that stand for captured tensors."""
        return self._input_types

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The outer tensors that calls pass besides the arguments."""
        return [] if self._options[0] else self.graph.outer_captures

    @property
    def stateful_ops(self) -> list[tuple[str, str]]:
        """Name and type of each stateful operation in the body."""
        nodes = self.graph.get_operations()
        return [(op.name, op.type) for op in nodes if op.spec.stateful or op.spec.random]

    @property
    def python_grad_func(self) -> Callable[..., Any] | None:
        """What adds the nodes of its gradients, if a program said it."""
        return self._python_grad_func

    @property
    def grad_func_name(self) -> str | None:
        """The name of the function that computes its gradients, if a program gave one."""
        return None if self._grad_func is None else self._grad_func.name

    def set_grad_func(self, grad_func: DefinedFunction) -> None:
        """Says which function computes the gradients; once."""
        assert self._grad_func is None
        assert isinstance(grad_func, DefinedFunction)
        self._grad_func = grad_func
        if self._graph is not None:
            self._graph.gradient_graph = grad_func.graph

    def reference(self) -> FuncRef:
        """The value of a `func` attr in the default graph."""
        self.add_to_graph(graph_lib.get_default_graph())
        return self.graph.reference()

    def add_to_graph(self, graph: graph_lib.Graph) -> None:
        """Adds the function, and those that it calls, to the library of a graph.

        Raises:
          InvalidArgumentError: an op type has that name.
          ValueError: another function of the graph has it.
        """
        known = graph._functions.get(self.name)
        if known is not None and known is not self.graph:
            raise ValueError(
                f"Cannot add function '{self.name}' because a different function with the same "
                "name already exists."
            )
        if opspec.lookup(self.name) is not None:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Cannot add function '{self.name}' because an op with the same name already "
                "exists.",
            )
        graph._functions[self.name] = self.graph
        for name, inner in self.graph._functions.items():
            graph._functions.setdefault(name, inner)
        if self._grad_func is not None:
            self._grad_func.add_to_graph(graph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a node that calls the function.

        Args:
          *args: the arguments.
          **kwargs: `name`, the name of the node, and attrs as for `Defun`.

        Returns:
          The result; a tuple when there are several, the `Operation` when there are none.

        Raises:
          ValueError: another number of arguments, or `shape_func` gives another number of shapes.
        """
        self.add_to_graph(graph_lib.get_default_graph())
        inputs = [convert.convert_to_tensor(a) for a in args] + self.captured_inputs
        if len(inputs) != len(self.graph.inputs):
            raise ValueError(
                f"Expected number of arguments: {len(self.graph.inputs)}, received: {len(inputs)}"
            )
        if self._spec is None:
            signature = self.definition.signature
            self._spec = function_call.call_spec(
                self.graph,
                [a.name for a in signature.input_arg],
                [a.name for a in signature.output_arg],
            )
        name = kwargs.pop("name", None)
        attrs = _attrs(self.name, kwargs)
        node = self._spec.make(*inputs, name=name or self.name)
        node.attrs.update(attrs)
        if self._shape_func is not None:
            _set_shapes(node, self._shape_func(node))
        if not node.outputs:
            return node
        return node.outputs[0] if len(node.outputs) == 1 else tuple(node.outputs)

    def _built(self) -> DefunGraph:
        """The body, traced."""
        label = self._func_name or getattr(self._func, "__name__", type(self._func).__name__)
        graph = DefunGraph(label, *self._options)
        kinds = zip(self._input_types, self._argnames, strict=True)
        arguments = [func_graph.Argument(dtype, None, name) for dtype, name in kinds]
        with graph.as_default(), scopes.device(self._device):
            func_graph.trace(graph, lambda *args: self._results(graph, args), None, arguments)
        base = label
        if self._func_name is None:
            if self._grad_func is not None:
                base += f"_{self._grad_func.name}"
            graph.name = f"{base}_{_digest(graph)}"
        graph.attrs = _attrs(base, dict(self._kwargs))
        graph.python_gradient = self._python_grad_func
        if self._grad_func is not None:
            graph.gradient_graph = self._grad_func.graph
        return graph

    def _results(self, graph: DefunGraph, args: Sequence[Tensor]) -> list[Any]:
        with variable_scope.variable_scope("", custom_getter=graph.get_variable):
            result = self._func(*args)
        if result is None:
            return []
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        if any(r is None for r in results):
            raise ValueError(f"Function {graph.name} can not return None.")
        return [convert.convert_to_tensor(r) for r in results]


class OverloadedFunction:
    """A function of the graph for every list of dtypes that it is called with."""

    def __init__(
        self,
        func: Callable[..., Any],
        argnames: Sequence[str],
        func_name: str | None = None,
        grad_func: OverloadedFunction | None = None,
        **kwargs: Any,
    ) -> None:
        assert grad_func is None or isinstance(grad_func, OverloadedFunction)
        self._func = func
        self._argnames = argnames
        self._func_name = func_name
        self._grad_func = grad_func
        self._kwargs = kwargs
        self._made: dict[str, DefinedFunction] = {}

    def instantiate(self, input_types: Sequence[dtypes.DType]) -> DefinedFunction:
        """The function for these dtypes.

        Raises:
          ValueError: one of them has no name to put into the function's.
        """
        if any(t.base_dtype.name not in _SHORT for t in input_types):
            raise ValueError(f"Unsupported dtypes: {input_types}")
        key = "".join(_SHORT[t.base_dtype.name] for t in input_types)
        made = self._made.get(key)
        if made is None:
            name = None if self._func_name is None else f"{self._func_name}_{key}"
            made = DefinedFunction(
                self._func, self._argnames, tuple(input_types), name, **self._kwargs
            )
            if self._grad_func is not None:
                results = func_graph.output_types(made.graph)
                made.set_grad_func(self._grad_func.instantiate([*input_types, *results]))
            self._made[key] = made
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a node that calls the function for the dtypes of the arguments."""
        tensors = [convert.convert_to_tensor(a) for a in args]
        return self.instantiate([t.dtype for t in tensors])(*tensors, **kwargs)


def _set_shapes(node: Operation, shapes: Sequence[Any]) -> None:
    if len(shapes) != len(node.outputs):
        raise ValueError(
            f"shape_func produced {len(shapes)} shapes for {len(node.outputs)} outputs"
        )
    for t, shape in zip(node.outputs, shapes, strict=True):
        t.set_shape(shape)


def _attrs(name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The attrs that keyword arguments of functions and calls stand for.

    Raises:
      ValueError: there is no such argument, or its value is of another type.
    """
    attrs: dict[str, Any] = {}
    noinline = kwargs.pop("noinline", None)
    if noinline is not None:
        attrs["_noinline"] = bool(noinline)
    attrs["_disable_call_shape_inference"] = True
    compiled = kwargs.pop("compiled", None)
    separate = kwargs.pop("separate_compiled_gradients", None)
    if compiled is not None:
        attrs["_XlaCompile"] = bool(compiled)
        attrs["_XlaSeparateCompiledGradients"] = bool(separate)
        attrs["_XlaScope"] = f"function_{name}"
    for key in list(kwargs):
        kinds: Any = None
        if key.startswith("experimental_"):
            kinds = (bool, int, float, str)
        elif key in ("_implements", "_reference"):
            kinds = str
        if kinds is None:
            continue
        value = kwargs.pop(key)
        if not isinstance(value, kinds):
            raise ValueError(f"Unsupported attribute type for {key} with type {type(value)}")
        attrs[key] = value
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {kwargs.keys()}")
    return attrs


def _digest(graph: DefunGraph) -> str:
    """What tells a function from others of the same Python name: the same in every process."""
    hasher = hashlib.sha1()
    for op in graph.get_operations():
        attrs = {
            k: v.name if isinstance(v, FuncRef) else v.tobytes() if hasattr(v, "tobytes") else v
            for k, v in sorted(op.attrs.items())
        }
        inputs = [t.name for t in op.inputs]
        hasher.update(repr((op.name, op.type, inputs, attrs)).encode())
    hasher.update(repr([t.name for t in (*graph.inputs, *graph.outputs)]).encode())
    return hasher.hexdigest()[:11]


def get_extra_vars() -> list[Any]:
    """The variables that the function being built has got so far."""
    graph = graph_lib.get_default_graph()
    return graph.extra_vars if isinstance(graph, DefunGraph) else []


def get_extra_inputs() -> list[Tensor]:
    """The outer tensors that the function being built has captured so far."""
    graph = graph_lib.get_default_graph()
    return graph.outer_captures if isinstance(graph, DefunGraph) else []


def get_extra_args() -> list[Tensor]:
    """The arguments that stand for captured tensors in the function being built."""
    graph = graph_lib.get_default_graph()
    return graph.extra_args if isinstance(graph, DefunGraph) else []


__all__ = [
    "DefinedFunction",
    "Defun",
    "OverloadedFunction",
    "get_extra_args",
    "get_extra_inputs",
    "get_extra_vars",
]
