"""Which variables may be defined before a statement, and which are read after it.

What malt's analyses of reaching definitions and of live variables say of the statements that are
converted, over malt's graphs of the control flow, without what they note everywhere else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from malt.pyct import anno
from malt.pyct.static_analysis import activity, annos, reaching_fndefs

from headrace._src.function import malt_trees as trees

_BRANCHING: Final = (ast.If, ast.While, ast.For)
Names = frozenset[Any]
_NONE: Final[Names] = frozenset()


class _Activity(trees.quick(activity.ActivityAnalyzer)):  # type: ignore[misc]
    """malt's analysis of which names a statement reads and binds."""

    def visit_Name(self, node: Any) -> Any:  # noqa: N802
        """Notes the name; see malt."""
        self._track_symbol(node)
        return node


def resolve_activity(node: Any, ctx: Any) -> Any:
    """Notes at each statement which names it reads and binds."""
    return _Activity(ctx).visit(node)


def _walk(
    starts: Iterable[Any], after: Callable[[Any], Iterable[Any]], step: Callable[[Any], bool]
) -> None:
    """Visits nodes in the order of the flow, again where `step` says that something changed."""
    waiting, seen = list(starts), set()
    for node in waiting:
        seen.add(node)
        changed = step(node)
        waiting.extend(n for n in after(node) if changed or n not in seen)


def _scope(node: Any) -> Any:
    found = trees.noted(node.ast_node, anno.Static.SCOPE)
    if found is None and not isinstance(
        node.ast_node, (ast.Break, ast.Continue, ast.Raise, ast.Pass)
    ):
        raise AssertionError((node.ast_node, node))
    return found


class _Flow:
    """What is known at the nodes of one function's graph."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        nodes = list(graph.index.values())
        self._scopes = {node: _scope(node) for node in nodes}
        self._before: dict[Any, list[Any]] = {node: [] for node in nodes}
        for node in nodes:
            for n in node.next:
                self._before[n].append(node)
        self.defined: dict[Any, Names] = dict.fromkeys(nodes, _NONE)
        self.live: dict[Any, Names] = dict.fromkeys(nodes, _NONE)
        self._define()
        self._live()

    def _define(self) -> None:
        """Which names may have a value after each node."""
        made: dict[Any, tuple[Names, Names]] = {}
        for node, scope in self._scopes.items():
            if scope is not None:
                bound = ((scope.bound | scope.globals) - scope.deleted).union(scope.params)
                made[node] = frozenset(bound), frozenset(scope.modified | scope.deleted)

        def step(node: Any) -> bool:
            known = self.defined[node]
            found = _NONE.union(*[self.defined[n] for n in self._before[node]])
            if node in made:
                bound, killed = made[node]
                found = (found - killed) | bound
            self.defined[node] = found
            return found != known

        _walk([self.graph.entry], lambda node: node.next, step)

    def _live(self) -> None:
        """Which names may still be read before each node."""
        made: dict[Any, tuple[Names, Names]] = {}
        for node, scope in self._scopes.items():
            if scope is None:
                continue
            read = frozenset(scope.read)
            # Whatever functions that may exist by now read is read when they are called.
            for function in trees.noted(node.ast_node, anno.Static.DEFINED_FNS_IN) or ():
                if not isinstance(function, ast.Lambda):
                    inner = trees.noted(function, annos.NodeAnno.ARGS_AND_BODY_SCOPE)
                    read |= inner.read - inner.bound
            made[node] = read, frozenset(scope.modified | scope.deleted)

        def step(node: Any) -> bool:
            known = self.live[node]
            found = _NONE.union(*[self.live[n] for n in node.next])
            if node in made:
                read, killed = made[node]
                found = (found - killed) | read
            self.live[node] = found
            return found != known

        _walk(self.graph.exit, lambda node: self._before[node], step)

    def note(self, node: Any) -> None:
        """Notes at a statement with branches what the converters ask for."""
        graph = self.graph
        test = node.iter if isinstance(node, ast.For) else node.test
        before = [self.defined[n] for n in graph.stmt_prev[node]]
        after = [self.live[n] for n in graph.stmt_next[node]]
        trees.note(node, anno.Static.DEFINED_VARS_IN, _NONE.union(*before))
        trees.note(node, anno.Static.LIVE_VARS_OUT, _NONE.union(*after))
        trees.note(node, anno.Static.LIVE_VARS_IN, self.live[graph.index[test]])


def _note_branches(node: ast.AST, flow: _Flow | None, graphs: Mapping[Any, Any]) -> None:
    if isinstance(node, ast.FunctionDef):
        flow = _Flow(graphs[node])
    elif flow is not None and isinstance(node, _BRANCHING):
        flow.note(node)
    for child in trees.children(node):
        if not isinstance(child, ast.expr):
            _note_branches(child, flow, graphs)


def resolve(node: Any, ctx: Any, graphs: Mapping[Any, Any]) -> None:
    """Notes at statements with branches which names are defined before and read after them."""
    functions = [n for n in graphs if isinstance(n, ast.FunctionDef)]
    if len(functions) > 1:
        reaching_fndefs.resolve(node, ctx, graphs)
    _note_branches(node, None, graphs)
