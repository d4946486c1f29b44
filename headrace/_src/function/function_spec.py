"""How the arguments of a tf.function are bound, and what tells its traces apart."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._src.core import convert, nest, type_spec
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.ops import constant
from headrace._src.state.resource_variable import is_resource_variable


class UnknownArgument:
    """Stands in signatures for an argument that is neither a tensor nor a number."""


class FunctionSpec:
    """How to bind the arguments of a Python function.

    Args:
      function: the function.
      input_signature: descriptions of the tensors that it takes, or None.
      is_method: whether its first argument is bound already.

    Attributes:
      arg_names: the names of the positional arguments.
      vararg_name: the name of the argument that takes further ones, or None.
      input_signature: as given, a tuple.
      flat_input_signature: its descriptions, flat.

    Raises:
      TypeError: the signature is no sequence.
      ValueError: there is a signature, and the function takes arguments by keyword only.
    """

    def __init__(self, function: Any, input_signature: Any, is_method: bool) -> None:
        partial = isinstance(function, functools.partial)
        full = inspect.getfullargspec(function if partial else _with_arguments(function))
        routine = partial or inspect.isroutine(function)
        bound = is_method or inspect.ismethod(function) or not routine
        names = full.args[1:] if bound else list(full.args)
        offset = len(names) - len(full.defaults or ())
        self._defaults = {offset + i: v for i, v in enumerate(full.defaults or ())}
        self.fullargspec = full
        self.arg_names = names
        self.vararg_name = full.varargs
        self._index = {name: i for i, name in enumerate(names)}
        self.input_signature: tuple[Any, ...] | None = None
        self.flat_input_signature: tuple[Any, ...] = ()
        if input_signature is not None:
            if full.kwonlyargs and not partial:
                raise ValueError(_KEYWORDS)
            if not isinstance(input_signature, (tuple, list)):
                raise TypeError(
                    "input_signature must be either a tuple or a list, received "
                    f"{type(input_signature)}"
                )
            self.input_signature = tuple(input_signature)
            self.flat_input_signature = tuple(nest.flatten(input_signature, expand_composites=True))

    def names_of(self, count: int) -> list[str]:
        """The names of the first positional arguments."""
        more = range(count - len(self.arg_names))
        return [*self.arg_names[:count], *(f"{self.vararg_name}_{i}" for i in more)]

    def canonicalize_function_inputs(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """The arguments of a call: all positional ones, and those that are of keywords only.

        Raises:
          TypeError: an argument is not covered by the signature.
          ValueError: the arguments do not fit the signature.
        """
        if self.input_signature is not None:
            self._check_covered(args, kwargs)
        if not kwargs:
            missing = [i for i in self._defaults if i >= len(args)]
            assert not self._defaults or min(self._defaults) <= len(args), (
                f"Not enough arguments ({args}, {sorted(self._defaults)}, {self.arg_names})"
            )
            inputs = (*args, *(self._defaults[i] for i in sorted(missing)))
        else:
            values = {i: v for i, v in self._defaults.items() if i >= len(args)}
            for name in [k for k in kwargs if k in self._index]:
                values[self._index[name]] = kwargs.pop(name)
            if kwargs and self.input_signature is not None:
                raise ValueError(_KEYWORDS)
            inputs = (*args, *(values[i] for i in sorted(values)))
        if self.input_signature is None:
            return _arrays_as_tensors(inputs), kwargs
        return self._as_signature(inputs), {}

    def _check_covered(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        assert self.input_signature is not None
        covered = len(self.input_signature)
        start = "When input_signature is provided, only pass arguments covered by it."
        if len(args) > covered:
            raise TypeError(f"{start} Received {len(args)} argument(s).")
        for name in kwargs:
            index = self._index.get(name)
            if index is None:
                raise TypeError(f"Function got an unexpected keyword argument {name}")
            if index >= covered:
                raise TypeError(f"{start} Received argument {name}.")

    def _as_signature(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments as tensors that fit the signature."""
        signature = self.input_signature
        assert signature is not None
        shown = _shown(inputs, signature)
        given = inputs[: len(signature)]
        try:
            flat = nest.flatten_up_to(signature, given, check_types=False, expand_composites=True)
        except ValueError:
            raise ValueError(
                f"Structure of Python function inputs does not match input_signature:\n{shown}"
            ) from None
        for i, (value, spec) in enumerate(zip(flat, self.flat_input_signature, strict=False)):
            if not isinstance(value, Tensor) and isinstance(spec, TensorSpec):
                try:
                    flat[i] = convert.convert_to_tensor(
                        value, preferred_dtype=spec.dtype.base_dtype
                    )
                except (ValueError, TypeError):
                    raise ValueError(
                        "When input_signature is provided, all inputs to the Python function must "
                        f"be convertible to tensors:\n{shown}"
                    ) from None
        if any(
            not spec.is_compatible_with(value)
            for spec, value in zip(self.flat_input_signature, flat, strict=True)
        ):
            raise ValueError(f"Python inputs incompatible with input_signature:\n{shown}")
        return tuple(nest.pack_sequence_as(signature, flat, expand_composites=True))


_KEYWORDS = (
    "Cannot define a TensorFlow function from a Python function with keyword arguments when "
    "input_signature is provided."
)


def _with_arguments(function: Any) -> Any:
    """What has the arguments: the function, or the method that makes an object callable."""
    if inspect.isfunction(function) or inspect.ismethod(function):
        return inspect.unwrap(function)
    return function if inspect.isbuiltin(function) else type(function).__call__


def _shown(inputs: Sequence[Any], signature: Sequence[Any]) -> str:
    left, right = (",\n    ".join(str(x) for x in xs) for xs in (inputs, signature))
    return f"  inputs: (\n    {left})\n  input_signature: (\n    {right})"


def _arrays_as_tensors(inputs: Any) -> Any:
    flat = nest.flatten(inputs)
    if not any(type(v) is np.ndarray for v in flat):
        return inputs
    made = [constant.constant(v) if type(v) is np.ndarray else v for v in flat]
    return nest.pack_sequence_as(inputs, made)


def check_signature(signature: Any) -> None:
    """Refuses a signature with something that describes no tensor.

    Raises:
      TypeError: it has.
    """
    if any(not isinstance(s, TensorSpec) for s in nest.flatten(signature, expand_composites=True)):
        raise TypeError(
            f"Invalid input_signature {signature}; input_signature must be a possibly nested "
            "sequence of TensorSpec objects."
        )


# -- what tells traces apart -----------------------------------------------------------------------


class Unhashable(Exception):
    """An argument, or something in it, cannot tell traces apart.

    Attributes:
      error: what a call of the function raises. 1.15 takes what can be referred to weakly, and is
        not known, for a variable, and misses the shape.
    """

    def __init__(self, value: Any, original: TypeError) -> None:
        super().__init__(str(original))
        said = "Arguments supplied to `defun`-generated functions must be hashable."
        self.error: Exception
        try:
            weakref.ref(value)
        except TypeError:
            self.error = TypeError(f"{said}  Original error: {original}")
        else:
            name = type(value).__name__
            self.error = AttributeError(
                f"{name!r} object has no attribute 'shape'\n{said} Got {value!r} of type {name}, "
                "which is neither a tensor nor hashable. Pass tensors, or values like numbers, "
                "strings and tuples."
            )


def encoded(value: Any, ranks_only: bool = False) -> Any:
    """What a trace depends on of an argument: of tensors dtype and shape, else the value.

    Raises:
      Unhashable: something in it cannot be hashed.
    """
    again = functools.partial(encoded, ranks_only=ranks_only)
    if isinstance(value, (Tensor, TensorSpec)):
        ndims = value.shape.ndims
        shape = ndims if ranks_only or ndims is None else tuple(value.shape.as_list())
        return "tensor", value.dtype, shape
    if is_resource_variable(value):
        return "variable", id(value), value.dtype
    if isinstance(value, dict):
        return "dict", tuple((k, again(value[k])) for k in sorted(value))
    if isinstance(value, (list, tuple)):
        kind = type(value) if hasattr(value, "_fields") else "list" * isinstance(value, list)
        return kind, tuple(again(v) for v in value)
    if nest.is_sequence_or_composite(value):
        # A value and what describes it have one trace.
        kind = value.value_type if isinstance(value, type_spec.TypeSpec) else type(value)
        return kind, tuple(again(v) for v in nest.flatten(value, expand_composites=True))
    try:
        hash(value)
    except TypeError as e:
        raise Unhashable(value, e) from None
    try:
        return weakref.ref(value)
    except TypeError:
        return value


def context_key() -> Any:
    """What a trace depends on besides the arguments: the graph, devices and colocation."""
    graph = inner = graph_lib.get_default_graph()
    while graph.building_function:
        graph = graph.outer_graph
    stacks = inner.stacks
    devices = tuple(stacks.devices) if any(callable(d) for d in stacks.devices) else ()
    return weakref.ref(graph), devices, tuple(stacks.colocation)


def changed_arguments(before: Any, after: Any, names: Callable[[int], list[str]]) -> str:
    """Which arguments differ between two traces, in words."""
    args_before, args_after = before[1], after[1]
    count = max(len(args_before), len(args_after))
    found = []
    for i, name in enumerate(names(count)):
        a = args_before[i] if i < len(args_before) else None
        b = args_after[i] if i < len(args_after) else None
        # Arrays and their scalars compare with tuples element by element.
        if type(a) is not type(b) or a != b:
            found.append(f"'{name}' (before: {_word(a)}, now: {_word(b)})")
    return ", ".join(found) or "keyword arguments or the context"


def _word(code: Any) -> str:
    if isinstance(code, tuple) and code and code[0] == "tensor":
        return f"a {code[1].name} tensor of shape {code[2]}"
    return repr(code() if isinstance(code, weakref.ref) else code)


__all__ = [
    "FunctionSpec",
    "Unhashable",
    "UnknownArgument",
    "changed_arguments",
    "check_signature",
    "context_key",
    "encoded",
]
