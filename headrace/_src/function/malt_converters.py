"""malt's converters: those that a function needs, in their order, made quicker.

Analyses run once, where a converter needs what they say, and only those that it needs. What is
mended here: `except E as e` (malt expects another syntax tree), conditional expressions inside
others, and directives, which are this package's besides malt's.
"""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Mapping
from typing import Any, Final

from malt.converters import (
    asserts,
    break_statements,
    call_trees,
    conditional_expressions,
    continue_statements,
    control_flow,
    directives,
    functions,
    lists,
    logical_expressions,
    return_statements,
    slices,
    variables,
)
from malt.lang import directives as malt_directives
from malt.pyct import anno, cfg
from malt.pyct.static_analysis import (
    activity,
    annos,
    liveness,
    reaching_definitions,
    reaching_fndefs,
)

from headrace._src.function import autograph
from headrace._src.function import malt_flow as flow
from headrace._src.function import malt_trees as trees

_OWN: Final = {
    autograph.set_loop_options: malt_directives.set_loop_options,
    autograph.set_element_type: malt_directives.set_element_type,
}


class Caught(ast.NodeTransformer):
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


class _Directives(trees.quick(directives.DirectivesTransformer)):  # type: ignore[misc]
    """malt's converter of directives, that knows this package's."""

    def visit_Expr(self, node: Any) -> Any:  # noqa: N802
        """Takes this package's directives out of the code and notes them as malt's."""
        node = super().visit_Expr(node)
        call = getattr(node, "value", None)
        if not isinstance(call, ast.Call):
            return node
        said = anno.getanno(call.func, directives.STATIC_VALUE, default=None)
        if not inspect.isfunction(said) or said not in _OWN:
            return node
        keywords = {k.arg: k.value for k in call.keywords}
        given = dict(inspect.signature(said).bind(*call.args, **keywords).arguments)
        if said is autograph.set_element_type:
            for definition in anno.getanno(call.args[0], anno.Static.ORIG_DEFINITIONS):
                definition.directives[_OWN[said]] = given
            return None
        scope = self.state[directives._LoopScope]
        if scope.statements_visited > 1:
            raise ValueError(f'"{said.__name__}" must be the first statement in the loop block')
        if scope.level < 2:
            raise ValueError(f'"{said.__name__}" must be used inside a statement')
        noted = anno.getanno(scope.ast_node, anno.Basic.DIRECTIVES, {})
        noted[_OWN[said]] = given
        anno.setanno(scope.ast_node, anno.Basic.DIRECTIVES, noted)
        return None


class _Conditionals(  # type: ignore[misc]
    trees.quick(conditional_expressions.ConditionalExpressionTransformer)
):
    """malt's converter of conditional expressions, that converts those inside others too."""

    def visit_IfExp(self, node: Any) -> Any:  # noqa: N802
        """Converts the conditional expressions inside this one first."""
        return super().visit_IfExp(self.generic_visit(node))


_Functions = trees.quick(functions.FunctionTransformer)
_Breaks = trees.quick(break_statements.BreakTransformer)
_Asserts = trees.quick(asserts.AssertTransformer)
_Continues = trees.quick(continue_statements.ContinueCanonicalizationTransformer)
_ConditionalReturns = trees.quick(return_statements.ConditionalReturnRewriter)
_Returns = trees.quick(return_statements.ReturnStatementsTransformer)
_Lists = trees.quick(lists.ListTransformer)
_Slices = trees.quick(slices.SliceTransformer)
_Calls = trees.quick(call_trees.CallTreeTransformer)
_ControlFlow = trees.quick(control_flow.ControlFlowTransformer)
_Logical = trees.quick(logical_expressions.LogicalExpressionTransformer)
_Variables = trees.quick(variables.VariableAccessTransformer)


@functools.cache
def install() -> None:
    """Makes malt's analyses quicker; results stay."""
    # Scopes are copied again and again, and weak dictionaries take long to copy. All of it is
    # garbage once a function is converted.
    activity.weakref = types.SimpleNamespace(WeakValueDictionary=dict)
    trees.install()


# -- the order ---------------------------------------------------------------------------------


class _Names:
    """What is reserved in a function, for converters that look for names of their own.

    Attributes:
      referenced: the names.
    """

    def __init__(self, node: ast.AST) -> None:
        self.referenced = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _reserve(node: ast.AST) -> None:
    """Notes at loops and functions the names that are reserved in them."""
    names = _Names(node)
    for n in ast.walk(node):
        if isinstance(n, (ast.FunctionDef, ast.While, ast.For)):
            trees.note(n, annos.NodeAnno.BODY_SCOPE, names)
        elif isinstance(n, ast.Lambda):
            trees.note(n, anno.Static.SCOPE, names)


def _named(node: Any, ctx: Any) -> Any:
    """The function with notes of the names that its statements read and bind."""
    return flow.resolve_activity(trees.resolve_names(node), ctx)


def _analysed(node: Any, ctx: Any, is_usual: bool) -> Any:
    """The function with notes for the conversion of its control flow."""
    graphs = cfg.build(node)
    node = _named(node, ctx)
    if is_usual:
        flow.resolve(node, ctx, graphs)
        return node
    node = reaching_definitions.resolve(node, ctx, graphs)
    node = reaching_fndefs.resolve(node, ctx, graphs)
    return liveness.resolve(node, ctx, graphs)


def directed(node: Any, ctx: Any) -> Any:
    """The function without directives, which are noted where they belong."""
    graphs = cfg.build(node)
    node = reaching_definitions.resolve(_named(node, ctx), ctx, graphs)
    anno.dup(node, {anno.Static.DEFINITIONS: anno.Static.ORIG_DEFINITIONS})
    return _Directives(ctx).visit(node)


def converted(node: Any, ctx: Any, kinds: set[type], is_usual: bool) -> Any:
    """The converted form of a function without directives.

    Args:
      node: its definition, with notes of where nodes are from.
      ctx: malt's context of the conversion.
      kinds: the kinds of nodes in it.
      is_usual: whether the quick analyses know all of its statements.
    """
    uses = ctx.user.options.uses
    _reserve(node)
    node = _Functions(ctx).visit(node)
    # `break` is written with `continue`.
    if ast.Break in kinds:
        _reserve(node)
        node = _Breaks(ctx).visit(node)
    if ast.Assert in kinds and uses("ASSERT_STATEMENTS"):
        node = _Asserts(ctx).visit(node)
    if kinds & {ast.Break, ast.Continue}:
        _reserve(node)
        node = _Continues(ctx).visit(node)
    if ast.Return in kinds:
        _reserve(node)
        node = _ConditionalReturns(ctx).visit(node)
        node = _Returns(ctx, allow_missing_return=True).visit(node)
        node = _Returned().visit(node)
    if uses("LISTS"):
        node = _Lists(ctx).visit(_named(node, ctx))
        node = _Slices(ctx).visit(node)
    node = _Calls(ctx).visit(trees.resolve_names(node))
    if any(isinstance(n, (ast.If, ast.While, ast.For)) for n in ast.walk(node)):
        node = _ControlFlow(ctx).visit(_analysed(node, ctx, is_usual))
    if ast.IfExp in kinds:
        node = _Conditionals(ctx).visit(node)
    node = _Logical(ctx).visit(node)
    return _Variables(ctx).visit(node)


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


def is_usual(kinds: set[type]) -> bool:
    """Whether the quick analyses know all of the statements."""
    return all(k in _STATEMENTS for k in kinds if issubclass(k, ast.stmt))


def may_be_directed(node: Any, kinds: set[type], namespace: Mapping[str, Any]) -> bool:
    """Whether a statement may be a call of a directive, by what its function is outside."""
    if ast.Expr not in kinds:
        return False

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
    return any(found is d for found in map(value, called) for d in (*_OWN, *_OWN.values()))
