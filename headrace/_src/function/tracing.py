"""Traces: the concrete functions of a Python function, one for each kind of arguments."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._src.core import conversion_status, nest
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.function import autograph, function_spec
from headrace._src.function.concrete import ConcreteFunction
from headrace._src.function.function_graph import FunctionGraph, trace
from headrace._src.platform import logging

_MANY_TRACES: Final = 5


class Tracer:
    """Makes and keeps the concrete functions of a Python function.

    Args:
      function: the Python function.
      name: the name that functions of the graph begin with.
      spec: how its arguments are bound.
      autograph: whether it is converted.
      features: the optional features of the conversion.
      relax_shapes: whether a second shape makes a trace for all shapes of the rank.
      attributes: attrs of the functions of the graph.
      variable_creator: takes part in making variables while the function is traced.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        spec: function_spec.FunctionSpec,
        converts: bool,
        features: Any,
        relax_shapes: bool,
        attributes: dict[str, Any],
        variable_creator: Callable[..., Any] | None,
    ) -> None:
        self._function = function
        self._name = name
        self._spec = spec
        self._converts = converts
        self._features = features
        self._relax_shapes = relax_shapes
        self._attributes = attributes
        self._variable_creator = variable_creator
        self._lock = threading.RLock()
        self._traces: dict[Any, ConcreteFunction] = {}
        self._missed: set[Any] = set()
        self._relaxed: dict[Any, tuple[list[Any], ConcreteFunction]] = {}
        self._last_key: Any = None
        self._warned = False

    def all_functions(self) -> list[ConcreteFunction]:
        """The functions made so far."""
        found = [*self._traces.values(), *(f for _, f in self._relaxed.values())]
        return list(dict.fromkeys(found))

    def concrete(self, args: Any, kwargs: Any) -> tuple[ConcreteFunction, Any, Any]:
        """The function for arguments, and the arguments as it takes them.

        Args:
          args: the positional arguments, or None for those of the input signature.
          kwargs: the keyword arguments.

        Raises:
          AttributeError: an argument cannot be hashed.
          TypeError: likewise, of a type without weak references.
        """
        signature = self._spec.input_signature
        if signature is None or args is not None:
            args, kwargs = self._spec.canonicalize_function_inputs(*args, **kwargs)
        context = function_spec.context_key()
        key: Any = (self._spec.flat_input_signature, context)
        if signature is None:
            try:
                key = (self._encoded(args, kwargs, False), context)
            except function_spec.Unhashable as e:
                raise e.error from None
        with self._lock:
            found = self._traces.get(key)
            if found is not None:
                return found, args, kwargs
            self._note_trace(key)
            if self._relax_shapes and signature is None and context in self._missed:
                return self._for_all_shapes(context, args, kwargs), args, kwargs
            self._missed.add(context)
            made = self._made(args, kwargs)
            return self._traces.setdefault(key, made), args, kwargs

    @staticmethod
    def _encoded(args: Any, kwargs: Any, ranks_only: bool) -> Any:
        encode = functools.partial(function_spec.encoded, ranks_only=ranks_only)
        return "call", tuple(encode(a) for a in args), encode(kwargs)

    def _for_all_shapes(self, context: Any, args: Any, kwargs: Any) -> ConcreteFunction:
        """A function for tensors of these dtypes and ranks that fits all shapes seen."""
        key = (self._encoded(args, kwargs, True), context)
        flat = nest.flatten((args, kwargs), expand_composites=True)
        shapes = [v.shape if isinstance(v, (Tensor, TensorSpec)) else None for v in flat]
        known = self._relaxed.get(key)
        if known is not None:
            pairs = zip(known[0], shapes, strict=True)
            if all(a is None or a.is_compatible_with(b) for a, b in pairs):
                return known[1]
            shapes = [
                None if a is None else _common(a, b) for a, b in zip(known[0], shapes, strict=True)
            ]
        made = self._made(args, kwargs, shapes)
        self._relaxed[key] = (shapes, made)
        return made

    def _made(self, args: Any, kwargs: Any, shapes: Any = None) -> ConcreteFunction:
        """A new function."""
        signature = self._spec.input_signature
        if signature is not None:
            args, kwargs = signature, {}
        names: Sequence[str] = self._spec.names_of(len(args))
        status = conversion_status.Status
        graph = FunctionGraph(self._name)
        if self._variable_creator is not None:
            creators = graph.stacks.variable_creators
            graph.stacks.variable_creators = sorted(
                [*creators, (50, self._variable_creator)], key=lambda c: c[0]
            )
        with conversion_status.ConversionStatus(
            status.ENABLED if self._converts else status.DISABLED, self._features
        ):
            trace(graph, self._called, args, kwargs, names, shapes, self._function)
        return ConcreteFunction(graph, self._attributes)

    def _called(self, *args: Any, **kwargs: Any) -> Any:
        target = getattr(self._function, "target", None)
        called = target() if target is not None else self._function
        if self._converts:
            return autograph.call_converted(called, self._features, args, kwargs)
        return called(*args, **kwargs)

    def _note_trace(self, key: Any) -> None:
        """Warns once when a function is traced again and again."""
        before, self._last_key = self._last_key, key
        if self._warned or len(self._traces) + len(self._relaxed) < _MANY_TRACES:
            return
        self._warned = True
        if self._spec.input_signature is None and key[1] == before[1]:
            changed = function_spec.changed_arguments(before[0], key[0], self._spec.names_of)
            logging.warning(
                "%s is traced for the %sth time, because arguments changed: %s. Tracing is slow: "
                "pass tensors instead of Python numbers, or give tf.function an input_signature "
                "or experimental_relax_shapes=True.",
                self._function,
                len(self._traces) + len(self._relaxed) + 1,
                changed,
            )


def _common(a: TensorShape, b: TensorShape) -> TensorShape:
    """The most specific shape of which both are cases."""
    return a.most_specific_compatible_shape(b)


def name_arguments(function: ConcreteFunction) -> None:
    """Gives the arguments of a concrete function the names by which it can be called."""
    captured = set(function.graph.captured.values())
    names: list[str] = []
    counts: dict[str, int] = {}
    for argument in function.graph.inputs:
        if argument in captured:
            break
        said = argument.op.attrs["_user_specified_name"]
        name = said
        while name in names:
            index = counts.get(said, 1)
            name = f"{said}_{index}"
            counts[said] = index + 1
        names.append(name)
    function._arg_keywords = names
    function._num_positional_args = len(names)


__all__ = ["Tracer", "name_arguments"]
