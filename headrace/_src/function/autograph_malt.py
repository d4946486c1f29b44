"""The way to diastatic-malt, the library that transforms Python source code.

malt replaces the statements of a function by calls of `ag__.<operator>`; the operators and the
calls of functions are this package's. The modules `malt_*` beside this one, loaded when the first
function is converted, are the way from a function to its converted form.
"""

from __future__ import annotations

import ast
import functools
import importlib.util  # noqa: F401 - malt uses it and does not import it.
import inspect
import os
import sys
import threading
import types
import weakref
from typing import Any, Final

from headrace._src.core import origin
from headrace._src.function import autograph_builtins, autograph_operators

_OUTSIDE: Final = ("headrace",)


def caught() -> BaseException | None:
    """The exception that an `except` block handles."""
    return sys.exc_info()[1]


class _Transpiler:
    """Converts functions, each of them once for the same options.

    State inventory: _lock, _made: code → options → what makes functions of its converted form.
    """

    def __init__(self) -> None:
        import malt

        from headrace._src.function import malt_converters

        origin.hide(os.path.dirname(malt.__file__))
        malt_converters.install()
        self._lock = threading.RLock()
        self._made: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()

    def factory(self, function: Any, options: Any) -> Any:
        """What makes functions of the converted form of a function's code."""
        found = self._made.get(function.__code__, {}).get(options)
        if found is None:
            with self._lock:
                made = self._made.setdefault(function.__code__, {})
                found = made.get(options)
                if found is None:
                    found = made[options] = _converted(function, options)
        return found


_transpiler: Final = functools.cache(_Transpiler)


def _converted(function: Any, options: Any) -> Any:
    from malt.core import unsupported_features_checker
    from malt.pyct import inspect_utils, naming, transformer

    from headrace._src.function import malt_converters, malt_source, malt_trees

    features = inspect_utils.getfutureimports(function)
    source = malt_source.read(function, features)
    survey = malt_source.survey(source, function.__name__)
    node, kinds = source.node, survey.kinds
    namespace = inspect_utils.getnamespace(function)
    namer = naming.Namer(namespace)
    name = namer.new_symbol(_name(node), ())
    info = transformer.EntityInfo(name, "", "<fragment>", features, namespace)
    ctx = transformer.Context(info, namer, _Context(options))
    arguments = node.args
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [d and ast.Constant(None) for d in arguments.kw_defaults]
    if survey.is_odd or kinds & {ast.Yield, ast.YieldFrom}:
        unsupported_features_checker.verify(node)
    if ast.ExceptHandler in kinds:
        node = malt_converters.Caught().visit(node)
    is_usual = malt_converters.is_usual(kinds)
    with malt_trees.converting():
        if not is_usual or malt_converters.may_be_directed(node, kinds, namespace):
            node = malt_converters.directed(node, ctx)
        node = malt_converters.converted(node, ctx, kinds, is_usual)
        if isinstance(node, ast.Lambda):
            node = ast.Assign([ast.Name(name, ast.Store())], node, lineno=0)
        else:
            node.name = name
        return malt_source.Factory(node, function, ctx, {"ag__": _namespace()})


def _name(node: Any) -> str:
    if isinstance(node, ast.Lambda):
        return "tf__lam"
    if isinstance(node, ast.FunctionDef):
        return f"tf__{node.name}"
    raise ValueError(f"Unknown node type {node}")


@functools.cache
def _namespace() -> types.ModuleType:
    """What converted code sees as `ag__`."""
    from headrace._src.function import autograph, autograph_lists, autograph_scope

    made = types.ModuleType("ag__")
    for source in (autograph_operators, autograph_builtins, autograph_lists, autograph_scope):
        made.__dict__.update({name: getattr(source, name) for name in source.__all__})
    made.__dict__.update(
        caught=caught,
        converted_call=autograph.call,
        autograph_artifact=autograph.mark_artifact,
        ConversionOptions=autograph.ConversionOptions,
        Feature=autograph.Feature,
        STD=autograph.ConversionOptions(recursive=True, optional_features=None),
    )
    return made


class _Context:
    """What malt's converters see of a conversion."""

    def __init__(self, options: Any) -> None:
        self.options = options


def transform(function: Any, options: Any) -> Any:
    """The converted form of a function or method.

    It has an attribute `ag_source_map`: (file, line) of the generated code → `Origin`.
    """
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        raise NotImplementedError(f"Non-function: {type(function)}")
    factory = _transpiler().factory(function, options)
    made = factory.make(function)
    # Python puts the names of malt's functions around it, and tells them in errors.
    made.__qualname__ = made.__name__
    made.ag_module = factory.module
    made.ag_source_map = factory.lines
    return made


def options_ast(text: str) -> Any:
    """The syntax tree of an expression."""
    from headrace._src.function import malt_trees

    return malt_trees.parse_expression(text)


def runs_as_is(function: Any) -> bool:
    """Whether a function is of no kind that is converted, such as a constructor."""
    from malt.impl import conversion

    if inspect.isclass(function):
        return True
    return bool(conversion.is_unsupported(function))


def is_own(function: Any) -> bool:
    """Whether a function belongs to this package or to malt."""
    name = getattr(function, "__module__", None) or ""
    if name.split(".")[0] in _OUTSIDE:
        return True
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is not None and origin.is_internal(code)


def is_library(function: Any) -> bool:
    """Whether a function belongs to a library whose code is not converted."""
    from malt.impl import conversion

    return bool(conversion.is_allowlisted(function))
