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
import types
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


def _past_leaves(method: Any) -> Any:
    """A method of a walk over syntax trees that does nothing for nodes with nothing in them."""
    kinds = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    leaves = frozenset(leaf for kind in kinds for leaf in kind.__subclasses__())

    def walk(self: Any, node: Any) -> Any:
        return node if type(node) in leaves else method(self, node)

    return walk


def _quicken() -> None:
    """Makes malt's walks over syntax trees quicker, a quarter of a conversion; results stay."""
    from malt.pyct import ast_util, qual_names, templates, transformer
    from malt.pyct.static_analysis import activity

    # Scopes are copied again and again, and weak dictionaries take long to copy. All of it is
    # garbage once a function is converted.
    activity.weakref = types.SimpleNamespace(WeakValueDictionary=dict)
    # Two nodes in five say no more than that a name is read, or that something is added.
    for owner, name in (
        (transformer.Base, "visit"),
        (qual_names.QnResolver, "visit"),
        (templates.ReplaceTransformer, "visit"),
        (templates.ContextAdjuster, "visit"),
        (ast_util.CleanCopier, "copy"),
    ):
        setattr(owner, name, _past_leaves(getattr(owner, name)))


@functools.cache
def _transpiler() -> Any:
    import malt
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
    from malt.core import unsupported_features_checker
    from malt.pyct import anno, cfg, qual_names, transpiler
    from malt.pyct.static_analysis import activity, reaching_definitions

    origin.hide(os.path.dirname(malt.__file__))
    _quicken()
    visitors = _directives_visitor(), _conditionals_visitor()

    class Transpiler(transpiler.PyToPy):  # type: ignore[misc]
        def get_transformed_name(self, node: Any) -> str:
            return "tf__" + str(super().get_transformed_name(node))

        def get_extra_locals(self) -> dict[str, Any]:
            return {"ag__": _namespace()}

        def get_caching_key(self, user_context: Any) -> Any:
            return user_context.options

        def transform_ast(self, node: Any, ctx: Any) -> Any:
            unsupported_features_checker.verify(node)
            node = _Caught().visit(node)
            graphs = cfg.build(node)
            node = activity.resolve(qual_names.resolve(node), ctx, None)
            node = reaching_definitions.resolve(node, ctx, graphs)
            anno.dup(node, {anno.Static.DEFINITIONS: anno.Static.ORIG_DEFINITIONS})
            uses = ctx.user.options.uses
            node = functions.transform(node, ctx)
            node = visitors[0](ctx).visit(node)
            # Each step looks at the whole tree several times. `break` is written with `continue`.
            kinds = _kinds(node)
            steps = [break_statements] if ast.Break in kinds else []
            steps += [asserts] if ast.Assert in kinds and uses("ASSERT_STATEMENTS") else []
            steps += [continue_statements] if kinds & {ast.Break, ast.Continue} else []
            steps += [return_statements, _returns]
            steps += [lists, slices] if uses("LISTS") else []
            for step in (*steps, call_trees):
                node = step.transform(node, ctx)
            if _kinds(node) & {ast.If, ast.While, ast.For}:
                node = control_flow.transform(node, ctx)
            node = visitors[1](ctx).visit(node)
            for step in (logical_expressions, variables):
                node = step.transform(node, ctx)
            return node

    return Transpiler()


def _kinds(node: Any) -> set[type]:
    """The kinds of nodes in a tree."""
    return {type(n) for n in ast.walk(node)}


class _returns:  # noqa: N801
    """A step like malt's converters: see `_Returned`."""

    @staticmethod
    def transform(node: Any, ctx: Any) -> Any:
        return _Returned().visit(node)


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
    made, module, source_map = _transpiler().transform(function, _Context(options))
    lines = {
        (at.filename, at.lineno): origin.Origin(
            was.loc.filename, was.loc.lineno, was.function_name or function.__name__
        )
        for at, was in source_map.items()
    }
    origin.map_lines(lines)
    # Python puts the names of malt's functions around it, and tells them in errors.
    made.__qualname__ = made.__name__
    made.ag_module = module
    made.ag_source_map = lines
    return made


def options_ast(text: str) -> Any:
    """The syntax tree of an expression."""
    from malt.pyct import parser

    return parser.parse_expression(text)


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
