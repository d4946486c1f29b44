"""The one place that knows diastatic-malt, the library that transforms Python source code.

malt parses a function and replaces its statements by calls of `ag__.<operator>`; the operators and
the calls of functions are this package's. What is mended here: `except E as e` (malt expects
another syntax tree), conditional expressions inside others, a module of the standard library
that malt uses without importing it, and where its walks over syntax trees lose most of their time.
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
from collections.abc import Mapping
from typing import Any, Final

from headrace._src.core import origin
from headrace._src.function import autograph_builtins, autograph_operators

_OUTSIDE: Final = ("headrace",)


class _Caught(ast.NodeTransformer):
    """Writes `except E as e:` as `except E:` and a first statement that gives `e` its value."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:  # noqa: N802
        self.generic_visit(node)
        if node.name is not None:
            value = ast.parse("ag__.caught()", mode="eval").body
            first = ast.Assign(targets=[ast.Name(node.name, ast.Store())], value=value)
            ast.copy_location(first, node)
            ast.fix_missing_locations(first)
            node.body.insert(0, first)
            node.name = None
        return node


class _Returned(ast.NodeTransformer):
    """Drops the flag that says whether a function returned where its result is handed on.

    Nothing reads it there; as a variable in use it would become a result of conditions.
    """

    def visit_Return(self, node: ast.Return) -> ast.Return:  # noqa: N802
        call = node.value
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "ret":
            call.args[1] = ast.copy_location(ast.Constant(True), call.args[1])
        return node


def caught() -> BaseException | None:
    """The exception that an `except` block handles."""
    return sys.exc_info()[1]


def _directives_visitor() -> Any:
    """malt's visitor of directives that knows this package's."""
    from malt.converters import directives
    from malt.lang import directives as malts
    from malt.pyct import anno

    from headrace._src.function import autograph

    own = {
        autograph.set_loop_options: malts.set_loop_options,
        autograph.set_element_type: malts.set_element_type,
    }

    class Directives(directives.DirectivesTransformer):  # type: ignore[misc]
        def visit_Expr(self, node: Any) -> Any:  # noqa: N802
            """Takes this package's directives out of the code and notes them as malt's."""
            node = super().visit_Expr(node)
            call = getattr(node, "value", None)
            if not isinstance(call, ast.Call):
                return node
            said = anno.getanno(call.func, directives.STATIC_VALUE, default=None)
            if not inspect.isfunction(said) or said not in own:
                return node
            keywords = {k.arg: k.value for k in call.keywords}
            given = dict(inspect.signature(said).bind(*call.args, **keywords).arguments)
            if said is autograph.set_element_type:
                for definition in anno.getanno(call.args[0], anno.Static.ORIG_DEFINITIONS):
                    definition.directives[own[said]] = given
                return None
            scope = self.state[directives._LoopScope]
            if scope.statements_visited > 1:
                raise ValueError(f'"{said.__name__}" must be the first statement in the loop block')
            if scope.level < 2:
                raise ValueError(f'"{said.__name__}" must be used inside a statement')
            noted = anno.getanno(scope.ast_node, anno.Basic.DIRECTIVES, {})
            noted[own[said]] = given
            anno.setanno(scope.ast_node, anno.Basic.DIRECTIVES, noted)
            return None

    return Directives


def _conditionals_visitor() -> Any:
    """malt's visitor of conditional expressions that visits those inside others."""
    from malt.converters import conditional_expressions

    class Conditionals(  # type: ignore[misc]
        conditional_expressions.ConditionalExpressionTransformer
    ):
        def visit_IfExp(self, node: Any) -> Any:  # noqa: N802
            """Converts the conditional expressions inside this one too."""
            return super().visit_IfExp(self.generic_visit(node))

    return Conditionals


class _Names:
    """What is reserved in a function, for converters that look for names of their own.

    Attributes:
      referenced: the names.
    """

    def __init__(self, node: ast.AST) -> None:
        self.referenced = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


class _Converters:
    """malt's converters, quicker, and the order in which they run."""

    def __init__(self) -> None:
        from malt.converters import (
            asserts,
            break_statements,
            call_trees,
            continue_statements,
            control_flow,
            functions,
            lists,
            logical_expressions,
            return_statements,
            slices,
            variables,
        )

        from headrace._src.function import autograph_trees

        quick = autograph_trees.quick
        self._trees = autograph_trees
        self._directives = quick(_directives_visitor())
        self._functions = quick(functions.FunctionTransformer)
        self._breaks = quick(break_statements.BreakTransformer)
        self._asserts = quick(asserts.AssertTransformer)
        self._continues = quick(continue_statements.ContinueCanonicalizationTransformer)
        self._conditional_returns = quick(return_statements.ConditionalReturnRewriter)
        self._returns = quick(return_statements.ReturnStatementsTransformer)
        self._lists = quick(lists.ListTransformer)
        self._slices = quick(slices.SliceTransformer)
        self._calls = quick(call_trees.CallTreeTransformer)
        self._control_flow = quick(control_flow.ControlFlowTransformer)
        self._conditionals = quick(_conditionals_visitor())
        self._logical = quick(logical_expressions.LogicalExpressionTransformer)
        self._variables = quick(variables.VariableAccessTransformer)

    def run(self, node: Any, ctx: Any, kinds: set[type], is_usual: bool) -> Any:
        """Converts a function.

        Args:
          node: its definition, with notes of where nodes are from.
          ctx: malt's context of the conversion.
          kinds: the kinds of nodes in it.
          is_usual: whether it has only what the quick analyses know.
        """
        uses = ctx.user.options.uses
        self._reserve(node)
        node = self._functions(ctx).visit(node)
        # `break` is written with `continue`.
        if ast.Break in kinds:
            self._reserve(node)
            node = self._breaks(ctx).visit(node)
        if ast.Assert in kinds and uses("ASSERT_STATEMENTS"):
            node = self._asserts(ctx).visit(node)
        if kinds & {ast.Break, ast.Continue}:
            self._reserve(node)
            node = self._continues(ctx).visit(node)
        if ast.Return in kinds:
            self._reserve(node)
            node = self._conditional_returns(ctx).visit(node)
            node = self._returns(ctx, allow_missing_return=True).visit(node)
            node = _Returned().visit(node)
        if uses("LISTS"):
            from headrace._src.function import autograph_flow

            node = autograph_flow.resolve_activity(self._trees.resolve_names(node), ctx)
            node = self._lists(ctx).visit(node)
            node = self._slices(ctx).visit(node)
        node = self._calls(ctx).visit(self._trees.resolve_names(node))
        if any(isinstance(n, (ast.If, ast.While, ast.For)) for n in ast.walk(node)):
            node = self._analysed(node, ctx, is_usual)
            node = self._control_flow(ctx).visit(node)
        if ast.IfExp in kinds:
            node = self._conditionals(ctx).visit(node)
        node = self._logical(ctx).visit(node)
        return self._variables(ctx).visit(node)

    def directed(self, node: Any, ctx: Any) -> Any:
        """The function without directives, which are noted where they belong."""
        from malt.pyct import anno, cfg
        from malt.pyct.static_analysis import reaching_definitions

        from headrace._src.function import autograph_flow

        graphs = cfg.build(node)
        node = autograph_flow.resolve_activity(self._trees.resolve_names(node), ctx)
        node = reaching_definitions.resolve(node, ctx, graphs)
        anno.dup(node, {anno.Static.DEFINITIONS: anno.Static.ORIG_DEFINITIONS})
        return self._directives(ctx).visit(node)

    def _reserve(self, node: Any) -> None:
        """Notes at loops and functions the names that are reserved in them."""
        from malt.pyct import anno
        from malt.pyct.static_analysis import annos

        names = _Names(node)
        for n in ast.walk(node):
            if isinstance(n, (ast.FunctionDef, ast.While, ast.For)):
                self._trees.note(n, annos.NodeAnno.BODY_SCOPE, names)
            elif isinstance(n, ast.Lambda):
                self._trees.note(n, anno.Static.SCOPE, names)

    def _analysed(self, node: Any, ctx: Any, is_usual: bool) -> Any:
        """The function with notes for the conversion of its control flow."""
        from malt.pyct import cfg
        from malt.pyct.static_analysis import liveness, reaching_definitions, reaching_fndefs

        from headrace._src.function import autograph_flow

        graphs = cfg.build(node)
        node = autograph_flow.resolve_activity(self._trees.resolve_names(node), ctx)
        if is_usual:
            autograph_flow.resolve(node, ctx, graphs)
            return node
        node = reaching_definitions.resolve(node, ctx, graphs)
        node = reaching_fndefs.resolve(node, ctx, graphs)
        return liveness.resolve(node, ctx, graphs)


_STATEMENTS: Final = (
    ast.AnnAssign,
    ast.Assert,
    ast.Assign,
    ast.AugAssign,
    ast.Break,
    ast.Continue,
    ast.Delete,
    ast.Expr,
    ast.For,
    ast.FunctionDef,
    ast.Global,
    ast.If,
    ast.Import,
    ast.ImportFrom,
    ast.Nonlocal,
    ast.Pass,
    ast.Raise,
    ast.Return,
    ast.Try,
    ast.While,
    ast.With,
)


def _is_usual(kinds: set[type]) -> bool:
    """Whether the quick analyses know all of the statements."""
    return all(k in _STATEMENTS for k in kinds if issubclass(k, ast.stmt))


def _may_be_directed(node: Any, kinds: set[type], namespace: Mapping[str, Any]) -> bool:
    """Whether a statement may be a call of a directive, by what its function is outside."""
    if ast.Expr not in kinds:
        return False
    from malt.lang import directives

    from headrace._src.function import autograph

    known = (
        autograph.set_loop_options,
        autograph.set_element_type,
        directives.set_loop_options,
        directives.set_element_type,
    )

    def value(n: Any) -> Any:
        if isinstance(n, ast.Name):
            return namespace.get(n.id)
        if isinstance(n, ast.Attribute):
            owner = value(n.value)
            return getattr(owner, n.attr, None) if inspect.ismodule(owner) else None
        return None

    called = (
        n.value.func
        for n in ast.walk(node)
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
    )
    return any(found is d for found in map(value, called) for d in known)


class _Transpiler:
    """Converts functions, each of them once for the same options.

    State inventory: _lock, _made: code → options → what makes functions of its converted form.
    """

    def __init__(self) -> None:
        import malt

        from headrace._src.function import autograph_source, autograph_trees

        origin.hide(os.path.dirname(malt.__file__))
        _quicken()
        autograph_trees.install()
        self._source, self._trees = autograph_source, autograph_trees
        self._converters = _Converters()
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
                    with self._trees.converting():
                        found = made[options] = self._converted(function, options)
        return found

    def _converted(self, function: Any, options: Any) -> Any:
        from malt.core import unsupported_features_checker
        from malt.pyct import inspect_utils, naming, transformer

        features = inspect_utils.getfutureimports(function)
        source = self._source.read(function, features)
        survey = self._source.survey(source, function.__name__)
        node, kinds = source.node, survey.kinds
        namespace = inspect_utils.getnamespace(function)
        namer = naming.Namer(namespace)
        name = namer.new_symbol(self._name(node), ())
        info = transformer.EntityInfo(name, "", "<fragment>", features, namespace)
        ctx = transformer.Context(info, namer, _Context(options))
        arguments = node.args
        arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
        arguments.kw_defaults = [d and ast.Constant(None) for d in arguments.kw_defaults]
        if survey.is_odd or kinds & {ast.Yield, ast.YieldFrom}:
            unsupported_features_checker.verify(node)
        if ast.ExceptHandler in kinds:
            node = _Caught().visit(node)
        is_usual = _is_usual(kinds)
        if not is_usual or _may_be_directed(node, kinds, namespace):
            node = self._converters.directed(node, ctx)
        node = self._converters.run(node, ctx, kinds, is_usual)
        if isinstance(node, ast.Lambda):
            node = ast.Assign([ast.Name(name, ast.Store())], node, lineno=0)
        else:
            node.name = name
        return self._source.Factory(node, function, ctx, {"ag__": _namespace()})

    @staticmethod
    def _name(node: Any) -> str:
        if isinstance(node, ast.Lambda):
            return "tf__lam"
        if isinstance(node, ast.FunctionDef):
            return f"tf__{node.name}"
        raise ValueError(f"Unknown node type {node}")


_transpiler = functools.cache(_Transpiler)


def _quicken() -> None:
    """Makes malt's analysis of names quicker; results stay."""
    from malt.pyct.static_analysis import activity

    # Scopes are copied again and again, and weak dictionaries take long to copy. All of it is
    # garbage once a function is converted.
    activity.weakref = types.SimpleNamespace(WeakValueDictionary=dict)


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
    from headrace._src.function import autograph_trees

    return autograph_trees.parse_expression(text)


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
