"""AutoGraph: Python control flow that depends on tensors becomes control flow of the graph.

A function is converted when it is called from converted code, so what a program calls decides; code
of libraries runs as it is. See `autograph_malt` for how source code is transformed.
"""

from __future__ import annotations

import enum
import functools
import inspect
import os
import textwrap
from collections.abc import Callable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import conversion_status, origin
from headrace._src.function import autograph_builtins, autograph_errors, autograph_lists
from headrace._src.platform import logging

_UNSPECIFIED: Final = object()
_ARTIFACT: Final = "autograph_info__"


class _Verbosity:
    """How much is told of conversions.

    State inventory: level (None: as the environment says), to_stdout.
    """

    level: int | None = None
    to_stdout = False


@export(
    "autograph.experimental.Feature",
    "contrib.autograph.Feature",
    v2=("autograph.experimental.Feature",),
)
class Feature(enum.Enum):
    """What may be converted besides control flow.

    Attributes:
      ALL: everything below.
      AUTO_CONTROL_DEPS: operations with effects run in the order of the program.
      ASSERT_STATEMENTS: `assert` becomes `tf.Assert`.
      BUILTIN_FUNCTIONS: `print` prints when the graph runs.
      EQUALITY_OPERATORS: `==` and `!=` compare the elements of tensors.
      LISTS: lists, their items, `append` and `pop`.
      NAME_SCOPES: operations are named after the function that makes them.
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"

    @classmethod
    def all(cls) -> tuple[Feature, ...]:
        """All of them."""
        return tuple(cls.__members__.values())

    @classmethod
    def all_but(cls, exclude: Any) -> tuple[Feature, ...]:
        """All of them but some."""
        excluded = set(exclude) if isinstance(exclude, (list, tuple, set)) else {exclude}
        return tuple(f for f in cls.all() if f not in excluded and f is not cls.ALL)


@export("contrib.autograph.ConversionOptions", v2=())
class ConversionOptions:
    """How to convert functions.

    Args:
      recursive: whether to convert the functions that they call.
      user_requested: whether the user asked for this conversion, rather than converted code.
      internal_convert_user_code: whether functions of users are converted.
      optional_features: None, a `Feature` or several.
    """

    def __init__(
        self,
        recursive: bool = False,
        user_requested: bool = False,
        internal_convert_user_code: bool = True,
        optional_features: Any = Feature.ALL,
    ) -> None:
        self.recursive = recursive
        self.user_requested = user_requested
        self.internal_convert_user_code = internal_convert_user_code
        if optional_features is None:
            optional_features = ()
        elif isinstance(optional_features, Feature):
            optional_features = (optional_features,)
        self.optional_features = frozenset(optional_features)
        self._names = frozenset(f.name for f in self.optional_features)

    def as_tuple(self) -> tuple[Any, ...]:
        """What tells options apart."""
        return (
            self.recursive,
            self.user_requested,
            self.internal_convert_user_code,
            self.optional_features,
        )

    def __hash__(self) -> int:
        return hash(self.as_tuple())

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, ConversionOptions) and self.as_tuple() == other.as_tuple()

    def uses(self, feature: Any) -> bool:
        """Whether a feature, or the one of that name, is asked for."""
        return "ALL" in self._names or getattr(feature, "name", feature) in self._names

    def call_options(self) -> ConversionOptions:
        """The options for functions that a function with these options calls."""
        return ConversionOptions(self.recursive, False, self.recursive, self.optional_features)

    def to_ast(self) -> Any:
        """The syntax tree of an expression that makes these options in converted code."""
        from headrace._src.function import autograph_malt

        if self == _STANDARD:
            return autograph_malt.options_ast("ag__.STD")
        features = "".join(f"ag__.Feature.{n}, " for n in sorted(self._names))
        return autograph_malt.options_ast(
            f"ag__.ConversionOptions(recursive={self.recursive}, "
            f"user_requested={self.user_requested}, optional_features=({features}), "
            f"internal_convert_user_code={self.internal_convert_user_code})"
        )


_STANDARD: Final = ConversionOptions(recursive=True, optional_features=None)


# -- calls ---------------------------------------------------------------------------------------


def mark_artifact(function: Any) -> Any:
    """Marks a function that is not to be converted: it is converted already, or shall not be."""
    target = function.__func__ if inspect.ismethod(function) else function
    setattr(target, _ARTIFACT, None)
    return function


def call(
    f: Any,
    args: Any,
    kwargs: Any,
    caller_fn_scope: Any = None,
    options: ConversionOptions | None = None,
) -> Any:
    """Calls a function, converted if it is one of the user's; what converted code calls for calls.

    Args:
      f: the function.
      args: its positional arguments, a tuple.
      kwargs: its keyword arguments, or None.
      caller_fn_scope: the block around the body of the calling function.
      options: how to convert; as the calling function when left out.
    """
    if options is None:
        options = caller_fn_scope.callopts
    kwargs = kwargs or {}
    if any(f is known for known in autograph_builtins.CONTEXT_FUNCTIONS):
        return autograph_builtins.in_original_context(f, args, caller_fn_scope)
    if autograph_builtins.is_builtin(f):
        return autograph_builtins.overload_of(f)(*args, **kwargs)
    if isinstance(f, functools.partial) and not hasattr(f, _ARTIFACT):
        merged = {**f.keywords, **kwargs}
        return call(f.func, (*f.args, *args), merged, caller_fn_scope, options)
    if not _is_converted(f, options):
        return _as_it_is(f, args, kwargs)
    target, given = f, args
    if inspect.ismethod(f):
        given = (f.__self__, *args)
    elif not inspect.isfunction(f):
        target, given = type(f).__call__, (f, *args)
    code = getattr(target, "__code__", None)
    if code is None or code.co_filename == "<string>":
        return _as_it_is(f, args, kwargs)
    made = _converted(target, options)
    if made is None:
        return _as_it_is(f, args, kwargs)
    try:
        return made(*given, **kwargs)
    except Exception as e:
        autograph_errors.attach(e, made.ag_source_map)
        raise


def _is_converted(f: Any, options: ConversionOptions) -> bool:
    """Whether a function is to be converted: it is the user's, and no result of a conversion."""
    from headrace._src.function import autograph_malt

    if hasattr(f, _ARTIFACT) or (not options.user_requested and autograph_malt.is_own(f)):
        return False
    if autograph_malt.runs_as_is(f):
        return False
    if not options.user_requested and autograph_malt.is_library(f):
        return False
    return options.internal_convert_user_code


def _as_it_is(f: Any, args: Any, kwargs: Any) -> Any:
    try:
        return f(*args, **kwargs)
    except Exception as e:
        autograph_errors.attach(e, {})
        raise


_WARNED: Final[set[Any]] = set()


def _converted(target: Any, options: ConversionOptions) -> Any:
    """The converted form of a function; None, with one warning, where there can be none."""
    from headrace._src.function import autograph_malt

    try:
        return autograph_malt.transform(target, options)
    except Exception as e:
        if int(os.environ.get("AUTOGRAPH_STRICT_CONVERSION", "0")) > 0:
            raise
        code = target.__code__
        if code not in _WARNED:
            _WARNED.add(code)
            logging.warning(
                "Entity %s (%s:%s) could not be transformed and will be executed as-is. Cause: "
                "%s: %s",
                target,
                code.co_filename,
                code.co_firstlineno,
                type(e).__name__,
                e,
            )
        return None


@export("contrib.autograph.converted_call", v2=())
def converted_call(
    f: Any, options: ConversionOptions, args: Any, kwargs: Any, caller_fn_scope: Any = None
) -> Any:
    """Calls a function, converted if it is one of the user's.

    Args:
      f: the function.
      options: how to convert.
      args: its positional arguments, a tuple.
      kwargs: its keyword arguments, or None.
      caller_fn_scope: the block around the body of the calling function, if that is converted.
    """
    return call(f, args, kwargs, caller_fn_scope, options)


def call_converted(function: Any, features: Any, args: Any, kwargs: Any) -> Any:
    """Calls a function of the user's as converted code; errors tell the user's lines."""
    options = ConversionOptions(True, True, optional_features=features)
    try:
        return call(function, args, kwargs, options=options)
    except Exception as e:
        metadata = getattr(e, "ag_error_metadata", None)
        if metadata is None:
            raise
        raise metadata.to_exception(e) from None


def converted_where_enabled(function: Any) -> Any:
    """A function of the user's as this package calls it: converted unless AutoGraph is disabled.

    Functions of this package stay as they are.
    """
    from headrace._src.function import autograph_malt

    if hasattr(function, _ARTIFACT) or autograph_malt.is_own(function):
        return function
    if conversion_status.current().status is conversion_status.Status.DISABLED:
        return do_not_convert(function)
    return convert(recursive=True, user_requested=False)(function)


# -- the public functions ------------------------------------------------------------------------


@export("contrib.autograph.convert", v2=())
def convert(
    recursive: bool = False, optional_features: Any = None, user_requested: bool = True
) -> Callable[[Any], Any]:
    """A decorator: calls of the function are converted, with what they pass.

    Args:
      recursive: whether to convert the functions that it calls.
      optional_features: None, a `Feature` or several.
      user_requested: whether to convert it even if it belongs to a library.
    """

    def decorate(f: Any) -> Any:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            options = ConversionOptions(
                recursive, user_requested, optional_features=optional_features
            )
            try:
                return call(f, args, kwargs, options=options)
            except Exception as e:
                metadata = getattr(e, "ag_error_metadata", None)
                if metadata is None:
                    raise
                raise metadata.to_exception(e) from None

        if inspect.isfunction(f) or inspect.ismethod(f):
            functools.update_wrapper(wrapper, f)
        return mark_artifact(wrapper)

    return decorate


@export(
    "autograph.experimental.do_not_convert",
    "contrib.autograph.do_not_convert",
    v2=("autograph.experimental.do_not_convert",),
)
def do_not_convert(func: Any = None) -> Any:
    """A decorator: the function runs as it is, also when converted code calls it."""
    if func is None:
        return do_not_convert

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with conversion_status.ConversionStatus(conversion_status.Status.DISABLED):
            return func(*args, **kwargs)

    if inspect.isfunction(func) or inspect.ismethod(func):
        functools.update_wrapper(wrapper, func)
    return mark_artifact(wrapper)


@export("autograph.to_graph", "contrib.autograph.to_graph", v2=())
def to_graph(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    experimental_optional_features: Any = None,
) -> Any:
    """The converted form of a function; of a method, with `self` as its first argument.

    Args:
      entity: the function.
      recursive: whether to convert the functions that it calls.
      arg_values: ignored.
      arg_types: ignored.
      experimental_optional_features: None, a `Feature` or several.

    Raises:
      AutoGraphError: it cannot be converted.
      NotImplementedError: it is neither a function nor a method.
    """
    from headrace._src.function import autograph_malt

    options = ConversionOptions(
        recursive, user_requested=True, optional_features=experimental_optional_features
    )
    if inspect.isclass(entity):
        return _converted_class(entity, options)
    if not (inspect.isfunction(entity) or inspect.ismethod(entity)):
        raise NotImplementedError(
            f'cannot convert entity "{entity}": object conversion is not yet supported.'
        )
    try:
        return mark_artifact(autograph_malt.transform(entity, options))
    except (ValueError, AttributeError, KeyError, NameError, AssertionError) as e:
        raise autograph_errors.ConversionError(
            f"converting {entity}: {type(e).__name__}: {e}"
        ) from e


def _converted_class(entity: type, options: ConversionOptions) -> type:
    """A class of its own with the converted methods of another one."""
    from headrace._src.function import autograph_malt

    members = {
        name: value
        for kind in reversed(entity.__mro__[:-1])
        for name, value in vars(kind).items()
        if name not in ("__dict__", "__weakref__")
    }
    for name, value in members.items():
        if inspect.isfunction(value) and not name.startswith("__") or name == "__call__":
            members[name] = mark_artifact(autograph_malt.transform(value, options))
    return type(f"Tf{entity.__name__}", (object,), members)


@export("autograph.to_code", "contrib.autograph.to_code", v2=())
def to_code(
    entity: Any,
    recursive: bool = True,
    arg_values: Any = None,
    arg_types: Any = None,
    indentation: str = "  ",
    experimental_optional_features: Any = None,
) -> str:
    """The source code of the converted form of a function; see `to_graph`."""
    made = to_graph(
        entity, recursive, experimental_optional_features=experimental_optional_features
    )
    return textwrap.dedent(inspect.getsource(made))


@export(
    "autograph.experimental.set_loop_options",
    "contrib.autograph.set_loop_options",
    v2=("autograph.experimental.set_loop_options",),
)
def set_loop_options(
    parallel_iterations: Any = _UNSPECIFIED,
    back_prop: Any = _UNSPECIFIED,
    swap_memory: Any = _UNSPECIFIED,
    maximum_iterations: Any = _UNSPECIFIED,
) -> None:
    """Gives arguments of `tf.while_loop` for the loop in which it is the first statement.

    Converted code does not call it. As in 1.15, loops of the graph do without the arguments.
    """


@export("contrib.autograph.set_element_type", v2=())
def set_element_type(entity: Any, dtype: Any, shape: Any = _UNSPECIFIED) -> None:
    """Says what the elements of a list are; a call does nothing, its source is read."""


@export("contrib.autograph.stack", v2=())
def stack(list_or_tensor: Any, element_dtype: Any = None, strict: bool = True) -> Any:
    """The elements of a list of the graph as one tensor.

    Args:
      list_or_tensor: the list.
      element_dtype: the dtype of its elements.
      strict: whether anything else is refused, rather than returned.

    Raises:
      ValueError: it is no list of the graph, and `strict`.
    """

    def other(value: Any) -> Any:
        if strict:
            raise ValueError(f"{value} must be stackable when strict=True")
        return value

    opts = autograph_lists.ListStackOpts(element_dtype, other)
    return autograph_lists.list_stack(list_or_tensor, opts)


@export("autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Sets how much is told of conversions; 0 is nothing.

    Args:
      level: from 1, what is converted; from 3, into which code.
      alsologtostdout: whether to print it, besides logging it.
    """
    _Verbosity.level = level
    _Verbosity.to_stdout = alsologtostdout


def log(level: int, message: str, *args: Any) -> None:
    """Tells something of a conversion to users who want to know that much."""
    wanted = _Verbosity.level
    if wanted is None:
        wanted = int(os.environ.get("AUTOGRAPH_VERBOSITY", "0"))
    if wanted >= level:
        logging.info(message, *args)
        if _Verbosity.to_stdout:
            print(message % args)


@export("autograph.trace")
def trace(*args: Any) -> None:
    """Prints arguments while the graph is built."""
    print(*args)


@export("contrib.autograph.StackTraceMapper", v2=())
class StackTraceMapper:
    """Tells for lines of converted code the user's lines; a context manager.

    Args:
      converted_fn: the converted form of a function.
    """

    def __init__(self, converted_fn: Any) -> None:
        self._lines: dict[tuple[str, int], origin.Origin] = converted_fn.ag_source_map

    def __enter__(self) -> StackTraceMapper:
        return self

    def __exit__(self, kind: Any, e: Any, tb: Any) -> None:
        return None

    def get_effective_source_map(self) -> dict[tuple[str, int], tuple[str, int, str]]:
        """(file, line) of converted code → file, line and function of the user's."""
        return {at: tuple(was) for at, was in self._lines.items()}


__all__ = [
    "ConversionOptions",
    "Feature",
    "call",
    "call_converted",
    "convert",
    "converted_call",
    "converted_where_enabled",
    "do_not_convert",
    "mark_artifact",
    "set_loop_options",
    "to_code",
    "to_graph",
    "trace",
]
