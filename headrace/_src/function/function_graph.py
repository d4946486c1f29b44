"""The body of a tf.function, and how a Python function is traced into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from headrace._src.core import convert, nest, type_spec
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.function.function_spec import UnknownArgument
from headrace._src.ops import effects_order, flows, func_graph
from headrace._src.ops import placeholder as placeholder_ops
from headrace._src.state import variable_scope
from headrace._src.state.resource_variable import is_resource_variable

_SHARED = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
)


class FunctionGraph(func_graph.FuncGraph):
    """The body of a tf.function.

    Attributes:
      structured_input_signature: the Python arguments, tensors as `TensorSpec`.
      attrs: attrs of the function.
    """

    orders_effects = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        outer = self.outer_graph._collections
        # The variables belong to the outer graph too; other collections are read only.
        self._collections = {key: list(values) for key, values in outer.items()}
        for key in _SHARED:
            self._collections[key] = outer.setdefault(key, [])
        self.stacks.variable_creators = list(self.outer_graph.stacks.variable_creators)
        self.structured_input_signature: Any = None
        self.attrs: dict[str, Any] = {}

    def known_variables(self) -> list[Any]:
        """The resource variables of the outer graph, as far as collections know them."""
        found = [v for key in _SHARED for v in self._collections[key]]
        return list({id(v): v for v in found if is_resource_variable(v)}.values())

    @staticmethod
    def outputs_at(count: int, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
        """The first results."""
        return outputs[:count]


def trace(
    graph: FunctionGraph,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    names: Sequence[str | None],
    shapes: Sequence[Any] | None = None,
    label: Any = None,
) -> FunctionGraph:
    """Builds the body of a function by calling it.

    Args:
      graph: the empty body.
      function: the Python function.
      args: its positional arguments; tensors and descriptions of tensors become arguments of the
        body.
      kwargs: its further arguments.
      names: the names of the positional arguments.
      shapes: static shapes for the tensors in place of their own, flat; None at other arguments.
      label: what errors name as the function.

    Raises:
      TypeError: the function returns something that is no tensor.
      ValueError: the function changes the structure of an argument.
    """
    order = effects_order.AutomaticControlDependencies(graph)
    with graph.as_default(), order:
        scope = variable_scope.get_variable_scope()
        use_resource = scope.use_resource
        scope.set_use_resource(True)
        try:
            inputs = _Inputs(graph, shapes)
            given = inputs.made(args, names)
            keywords = sorted(kwargs)
            more = inputs.made([kwargs[k] for k in keywords], keywords)
            by_keyword = dict(zip(keywords, more, strict=True))
            graph.structured_input_signature = (
                _signature(given, names),
                {k: _signature([by_keyword[k]], [k])[0] for k in kwargs},
            )
            arguments = nest.flatten((given, by_keyword), expand_composites=True)
            before = nest.pack_sequence_as((given, by_keyword), arguments, expand_composites=True)
            result = function(*given, **by_keyword)
            result = nest.map_structure(
                lambda x: None if x is None else order.mark_as_return(_result(x, label)),
                result,
                expand_composites=True,
            )
            _check_unchanged(before, (given, by_keyword))
        finally:
            scope.set_use_resource(use_resource)
    _settle(graph, arguments, result)
    return graph


def _settle(graph: FunctionGraph, arguments: Sequence[Any], result: Any) -> None:
    """Sets the inputs and outputs of a body: variables that are arguments come first."""
    inputs = []
    for a in arguments:
        if is_resource_variable(a):
            if a.handle in graph.captured and graph.captured[a.handle] not in inputs:
                inputs.append(graph.captured.pop(a.handle))
        elif isinstance(a, Tensor):
            inputs.append(a)
    graph.inputs = [*inputs, *graph.captured.values()]
    graph.structured_outputs = result
    flat = nest.flatten(result, expand_composites=True)
    graph.outputs = [flows.flow_of(t) for t in flat if t is not None]


class _Inputs:
    """Makes the arguments of a body."""

    def __init__(self, graph: FunctionGraph, shapes: Sequence[Any] | None) -> None:
        self._graph = graph
        self._shapes = None if shapes is None else iter(shapes)

    def made(self, values: Sequence[Any], names: Sequence[str | None]) -> Any:
        """Python arguments with placeholders for tensors."""
        found = []
        for value, name in zip(values, names, strict=True):
            flat = nest.flatten(value, expand_composites=True)
            specs = [v for v in flat if isinstance(v, TensorSpec)]
            named = [s for s in specs if s.name]
            if named and len(named) < len(specs):
                raise ValueError(
                    "If specifying TensorSpec names for nested structures, either zero or all "
                    "names have to be specified."
                )
            made = [self._one(v, name) for v in flat]
            found.append(nest.pack_sequence_as(value, made, expand_composites=True))
        return tuple(found)

    def _one(self, value: Any, name: str | None) -> Any:
        shape = None if self._shapes is None else next(self._shapes)
        if is_resource_variable(value):
            argument = self._graph.capture(value.handle, name)
            if name is not None:
                argument.op.attrs["_user_specified_name"] = name
            return value
        if not isinstance(value, (Tensor, TensorSpec)):
            return value
        wanted = name
        if isinstance(value, TensorSpec) and value.name:
            wanted = value.name
        with self._graph._plain():
            argument = placeholder_ops.placeholder(
                value.dtype.base_dtype, value.shape if shape is None else shape, wanted
            )
        if isinstance(value, Tensor):
            argument.handle_data = value.handle_data
        if name is not None:
            argument.op.attrs["_user_specified_name"] = wanted
        return argument


def _signature(values: Sequence[Any], names: Sequence[str | None]) -> Any:
    """Python arguments, each tensor as a `TensorSpec` with the path to it as its name."""

    def described(path: tuple[Any, ...], value: Any) -> Any:
        if isinstance(value, Tensor):
            said = value.op.attrs.get("_user_specified_name")
            name = said if said and path and said != path[0] else "/".join(map(str, path))
            return TensorSpec(value.shape, value.dtype, name)
        if isinstance(value, (int, float, bool, TensorSpec)):
            return value
        if type_spec.described(value) is not None:
            return type_spec.described(value)
        return UnknownArgument()

    made = []
    for value, name in zip(values, names, strict=True):
        parts = [described((name, *path), v) for path, v in nest.flatten_with_tuple_paths(value)]
        made.append(nest.pack_sequence_as(value, parts))
    return tuple(made)


def _result(value: Any, label: Any) -> Any:
    """A result of the Python function as a tensor, or composite of tensors."""
    if flows.is_tensor_array(value):
        return value
    try:
        if isinstance(value, Operation):
            raise TypeError("an operation is no value")
        return convert.convert_to_tensor_or_indexed_slices(value)
    except (ValueError, TypeError):
        raise TypeError(
            "To be compatible with tf.contrib.eager.defun, Python functions must return zero or "
            f"more Tensors; in compilation of {label}, found return value of type {type(value)}, "
            "which is not a Tensor."
        ) from None


def _check_unchanged(before: Any, after: Any) -> None:
    message = (
        "Function to be traced should not modify structure of input arguments. Check if your "
        "function has list and dictionary operations that alter input arguments, such as "
        "`list.pop`, `list.append`"
    )
    try:
        nest.assert_same_structure(before, after, expand_composites=True)
    except ValueError:
        raise ValueError(message) from None
    pairs = zip(
        nest.flatten(before, expand_composites=True),
        nest.flatten(after, expand_composites=True),
        strict=True,
    )
    if any(a is not b for a, b in pairs):
        raise ValueError(message)


__all__ = ["FunctionGraph", "trace"]
