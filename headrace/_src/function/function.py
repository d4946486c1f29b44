"""tf.function: a Python function as functions of the graph.

The function is traced once for each kind of arguments: dtypes and shapes of tensors, values of
everything else. Calling it in a graph adds a node that calls the trace.
"""

from __future__ import annotations

import functools
import types
import weakref
from collections.abc import Callable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core import nest, scopes
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.core.uids import next_uid
from headrace._src.function import function_spec, lifting, quick_calls
from headrace._src.function.concrete import ConcreteFunction
from headrace._src.function.function_graph import FunctionGraph, trace
from headrace._src.function.tracing import Tracer, name_arguments

_LATE_VARIABLES: Final = (
    "Creating variables on a non-first call to a function decorated with tf.function."
)


class Eagerness:
    """Whether functions run as plain Python.

    State inventory: functions_run_eagerly.
    """

    functions_run_eagerly = False


@export("config.experimental_run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Says whether calls of tf.functions run the Python function itself, untraced.

    Args:
      run_eagerly: whether they do.
    """
    Eagerness.functions_run_eagerly = bool(run_eagerly)


class Function:
    """A Python function that is traced when it is called; what `tf.function` returns.

    Args:
      python_function: the Python function.
      name: its name.
      input_signature: descriptions of the tensors that it takes, or None.
      autograph: whether its control flow is converted.
      experimental_autograph_options: optional features of the conversion.
      experimental_relax_shapes: whether a second shape makes a trace for all shapes of the rank.
      experimental_compile: whether it is to be compiled; kept as an attr of the functions.
    """

    # Converted code calls it as it is.
    autograph_info__ = None

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str,
        input_signature: Any = None,
        autograph: bool = True,
        experimental_autograph_options: Any = None,
        experimental_relax_shapes: bool = False,
        experimental_compile: bool | None = None,
    ) -> None:
        self._python_function = python_function
        self._name = name
        self._signature = input_signature
        self._options = (
            autograph,
            experimental_autograph_options,
            experimental_relax_shapes,
            experimental_compile,
        )
        self._instance: weakref.ref[Any] | None = None
        self._function_spec = function_spec.FunctionSpec(python_function, input_signature, False)
        self._methods: weakref.WeakKeyDictionary[Any, Function] = weakref.WeakKeyDictionary()
        self._created: list[weakref.ref[Any]] | None = None
        self._first: Tracer | None = None
        self._later: Tracer | None = None
        self._quick = quick_calls.QuickCalls()
        if not isinstance(python_function, functools.partial):
            functools.update_wrapper(self, python_function, updated=())

    @property
    def python_function(self) -> Callable[..., Any]:
        """The Python function."""
        return self._python_function

    @property
    def input_signature(self) -> Any:
        """The descriptions of the tensors that it takes, or None."""
        return self._function_spec.input_signature

    @property
    def function_spec(self) -> function_spec.FunctionSpec:
        """How its arguments are bound."""
        return self._function_spec

    def __get__(self, instance: Any, owner: Any) -> Function:
        """The function of one object, when it is a method."""
        if instance is None:
            return self
        bound = self._methods.get(instance)
        if bound is None:
            bound = Function(self._python_function, self._name, None, *self._options)
            bound._instance = weakref.ref(instance)
            bound._signature = self._signature
            bound._function_spec = function_spec.FunctionSpec(
                self._python_function, self._signature, True
            )
            self._methods[instance] = bound
        return bound

    def _decorate(self, decorator: Callable[[Any], Any]) -> None:
        """Wraps the Python function, before the first call."""
        if self._first is not None or self._later is not None:
            raise ValueError("Functions cannot be decorated after they have been traced.")
        self._python_function = decorator(self._python_function)
        self._function_spec = function_spec.FunctionSpec(
            self._python_function, self._signature, self._instance is not None
        )

    def _target(self) -> Callable[..., Any]:
        """The Python function, of a method that of its object."""
        if self._instance is None:
            return self._python_function
        instance = self._instance()
        if instance is None:
            raise ReferenceError("The object of the method does not exist any more.")
        return types.MethodType(self._python_function, instance)

    # -- calls ---------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function: in a graph, adds a node that calls the trace for these arguments.

        Raises:
          ValueError: the function makes variables on a call that is not its first.
        """
        if Eagerness.functions_run_eagerly:
            return self._target()(*args, **kwargs)
        key = None
        if not kwargs and quick_calls.are_possible():
            key = quick_calls.key_of(args)
            known = self._quick.find(key)
            if known is not None:
                return known(args)
        function, bound, more = self._traced(args, kwargs)
        result = function.filtered_call(bound, more)
        if key is not None:
            self._quick.note(key, function, args, bound, more)
        return result

    def _traced(self, args: Any, kwargs: Any) -> tuple[ConcreteFunction, Any, Any]:
        """The concrete function for a call, and the arguments as it takes them."""
        if self._created:
            assert self._later is not None
            return self._later.concrete(args, kwargs)
        if self._first is not None:
            found = self._first.concrete(args, kwargs)
            if self._created:
                raise ValueError(_LATE_VARIABLES)
            return found
        signed = self.input_signature is not None
        if signed:
            args, kwargs = self._function_spec.canonicalize_function_inputs(*args, **kwargs)
        first = self._initialize(args, dict(kwargs))
        if not self._created:
            args, kwargs = self._function_spec.canonicalize_function_inputs(*args, **kwargs)
            return first, args, kwargs
        assert self._later is not None
        made = [reference() for reference in self._created]
        if any(v is not None and v.starts_inside for v in made):
            return self._first.concrete(args, kwargs)
        self._initialize_variables()
        return self._later.concrete(args, kwargs)

    def _initialize(self, args: Any, kwargs: Any) -> ConcreteFunction:
        """Traces for the first time: this trace may make variables, later ones may not."""
        created: list[weakref.ref[Any]] = []

        def create(next_creator: Any, **given: Any) -> Any:
            body = graph_lib.get_default_graph()
            if not body.building_function:
                return next_creator(**given)
            made = lifting.LiftedVariable(**given)
            created.append(weakref.ref(made))
            return made

        def refuse(next_creator: Any, **given: Any) -> Any:
            raise ValueError(
                "tf.function-decorated function tried to create variables on non-first call."
            )

        # 1.15 makes a graph for initial values here, which takes a number.
        next_uid()
        self._created = created
        self._first = self._tracer(create)
        try:
            if self.input_signature is not None:
                args = None
            found = self._first.concrete(args, kwargs)[0]
        except BaseException:
            if not created:
                self._first = self._created = None
            raise
        self._later = self._tracer(refuse)
        return found

    def _tracer(self, creator: Callable[..., Any]) -> Tracer:
        converts, features, relax, compiled = self._options
        attributes = {} if compiled is None else {"_XlaCompile": bool(compiled)}
        return Tracer(
            self._target_caller(),
            self._name,
            self._function_spec,
            converts,
            features,
            relax,
            attributes,
            creator,
        )

    def _target_caller(self) -> Any:
        """What the traces call; it keeps no object alive."""
        return _Method(self) if self._instance is not None else self._python_function

    @staticmethod
    def _initialize_variables() -> None:
        """Adds the call that initializes the variables: in a graph they do so themselves."""
        with scopes.init_scope():
            body = FunctionGraph("initialize_variables")
            trace(body, lambda: None, (), {}, ())
            ConcreteFunction(body).call_flat([])

    # -- concrete functions --------------------------------------------------------------------

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The trace for arguments.

        Args:
          *args: tensors, `TensorSpec`s or other values; none are needed with an input signature.
          **kwargs: the same by keyword.

        Returns:
          A `ConcreteFunction` that takes the tensors.

        Raises:
          ValueError: the arguments do not fit the input signature, or the function makes variables
            on a call that is not its first.
        """
        signature = self.input_signature
        if signature is not None:
            self._check_covered(args, kwargs)
        if self._first is None:
            self._initialize(args, dict(kwargs))
            self._initialize_variables()
        tracer = self._later if self._created else self._first
        assert tracer is not None
        known = bool(self._created)
        found = tracer.concrete(None if signature is not None else args, kwargs)[0]
        if self._created and not known:
            raise ValueError(_LATE_VARIABLES)
        name_arguments(found)
        return found

    def _check_covered(self, args: Any, kwargs: Any) -> None:
        """Refuses arguments that the input signature does not describe."""
        signature = self.input_signature
        if kwargs:
            raise ValueError(function_spec._KEYWORDS)
        if not args:
            return
        try:
            nest.assert_same_structure(list(signature), list(args))
        except (ValueError, TypeError):
            raise ValueError(
                "Structure of Python function inputs does not match input_signature."
            ) from None
        flat = nest.flatten(args, expand_composites=True)
        if any(not isinstance(a, (Tensor, TensorSpec)) for a in flat):
            raise ValueError(
                "When input_signature is provided, all inputs to the Python function must be "
                "Tensors or tf.TensorSpec objects."
            )
        pairs = zip(self._function_spec.flat_input_signature, flat, strict=True)
        if any(not spec.is_compatible_with(a) for spec, a in pairs):
            raise ValueError(
                f"Python inputs incompatible with input_signature: inputs ({args}), "
                f"input_signature ({signature})"
            )

    def get_initialization_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The function that initializes the variables which the function makes.

        Raises:
          RuntimeError: the function has been used.
        """
        if self._first is not None:
            raise RuntimeError(
                "get_initialization_function cannot be called after the function has been used"
            )
        self._initialize(args, dict(kwargs))
        body = FunctionGraph("initialize_variables")
        trace(body, lambda: None, (), {}, ())
        found = ConcreteFunction(body)
        name_arguments(found)
        return found

    def _list_all_concrete_functions_for_serialization(self) -> list[ConcreteFunction]:
        """The traces made so far."""
        if self.input_signature is not None:
            self.get_concrete_function()
        tracers = [t for t in (self._first, self._later) if t is not None]
        return [f for t in tracers for f in t.all_functions()]


class _Method:
    """The Python function of a method's object, found anew for each trace."""

    def __init__(self, function: Function) -> None:
        self._function = weakref.ref(function)

    def target(self) -> Callable[..., Any]:
        function = self._function()
        if function is None:
            raise ReferenceError("The object of the method does not exist any more.")
        return function._target()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.target()(*args, **kwargs)


@export("function", "contrib.eager.function", v2=("function",))
def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
    experimental_compile: bool | None = None,
) -> Any:
    """Makes a Python function one whose calls are nodes of the graph.

    Args:
      func: the Python function; a decorator is returned when it is left out.
      input_signature: a sequence of `TensorSpec`s, nested as the arguments; without it the
        function is traced for each kind of arguments.
      autograph: whether Python control flow that depends on tensors is converted.
      experimental_autograph_options: a `tf.autograph.experimental.Feature` or several.
      experimental_relax_shapes: whether a second shape of an argument makes a trace that fits all
        shapes of its rank.
      experimental_compile: whether the functions are to be compiled.

    Returns:
      A `Function`, or the decorator that makes one.

    Raises:
      TypeError: `input_signature` does not consist of `TensorSpec`s, or `func` is no function.
    """
    if input_signature is not None:
        function_spec.check_signature(input_signature)

    def decorated(inner: Any) -> Function:
        if not callable(inner):
            raise TypeError("unsupported callable")
        name = getattr(inner, "__name__", "function")
        return Function(
            inner,
            name,
            input_signature,
            autograph,
            experimental_autograph_options,
            experimental_relax_shapes,
            experimental_compile,
        )

    return decorated if func is None else decorated(func)


@export("contrib.eager.defun", v2=())
def defun(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
) -> Any:
    """Makes a Python function one whose calls are nodes of the graph; see `tf.function`."""
    return function(
        func,
        input_signature,
        autograph,
        experimental_autograph_options,
        experimental_relax_shapes,
    )


__all__ = ["Function", "defun", "function"]
