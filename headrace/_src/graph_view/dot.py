"""Graphs in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from headrace._src.graph_view import tree
from headrace._src.graph_view.items import Item

_SHAPES: Final = {
    "Const": "ellipse", "Placeholder": "invhouse", "PlaceholderWithDefault": "invhouse",
    "VariableV2": "cylinder", "Variable": "cylinder", "VarHandleOp": "cylinder",
}  # fmt: skip


def quoted(text: str) -> str:
    """A text as a quoted word of the language."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\\\x{ord(c):02x}" for c in text) + '"'


def lines(items: Sequence[Item], name: str = "graph") -> Iterator[str]:
    """The graph, name scopes as clusters, control inputs dashed."""
    yield f"digraph {quoted(name)} {{"
    yield '  graph [rankdir="BT" fontname="sans-serif"];'
    yield '  node [shape="box" fontname="sans-serif" fontsize="10"];'
    yield from _clusters(tree.build(items))
    known = {item.name for item in items}
    for item in items:
        for text in dict.fromkeys(item.inputs):
            source = text.removeprefix("^")
            source = source if source in known else source.partition(":")[0]
            style = ' [style="dashed"]' if text.startswith("^") else ""
            yield f"  {quoted(source)} -> {quoted(item.name)}{style};"
    yield "}"


def _clusters(root: tree.Scope) -> Iterator[str]:
    """The nodes; a stack instead of recursion, since names may nest deeply."""
    waiting: list[tree.Scope | None] = [root]
    while waiting:
        scope = waiting.pop()
        if scope is None:
            yield "  }"
            continue
        if scope.path:
            yield f"  subgraph {quoted('cluster_' + scope.path)} {{"
            yield f"  label={quoted(scope.name)};"
            waiting.append(None)
        for item in scope.items:
            leaf = item.name[len(scope.path) + 1 :] if scope.path else item.name
            label = quoted(leaf)[:-1] + "\\n" + quoted(item.op)[1:]
            shape = f" shape={quoted(_SHAPES[item.op])}" if item.op in _SHAPES else ""
            yield f"  {quoted(item.name)} [label={label}{shape}];"
        waiting += reversed(scope.scopes.values())
