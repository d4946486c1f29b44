"""Graphs as a part of an HTML page: name scopes to be opened and closed, without scripts.

The part is whole in itself: nothing is fetched, nothing is executed, and names are escaped, so it
may stand in a notebook that others made. Its size is bounded: the scopes nearest to the root are
written out first, and what does not fit is counted.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Final

from headrace._src.graph_view import tree
from headrace._src.graph_view.items import Item

# How many rows a notebook gets, how many of one scope, and how much of one text.
ROWS: Final = 2000
_OF_ONE_SCOPE: Final = 200
_LONGEST: Final = 120
_SUMMARY_OPS: Final = 4

_STYLE: Final = """
.hr-graph{font:13px/1.5 ui-monospace,monospace;max-height:40em;overflow:auto}
.hr-graph details{margin-left:1.2em}
.hr-graph>details{margin-left:0}
.hr-graph summary{cursor:pointer}
.hr-graph .n{margin-left:2.4em;white-space:nowrap}
.hr-graph i{font-style:normal;color:#0b7285}
.hr-graph u{text-decoration:none;opacity:.65}
""".strip()


def part(items: Iterable[Item], title: str = "Graph", rows: int | None = ROWS) -> str:
    """The part of a page that shows a graph.

    Args:
      items: the nodes.
      title: the heading.
      rows: how many nodes and scopes to write out at most; all when None.
    """
    root = tree.build(items)
    chosen = _choose(root, rows)
    body = "".join(_rows(root, chosen, title, rows is None))
    return f'<div class="hr-graph"><style>{_STYLE}</style>{body}</div>'


def page(items: Iterable[Item], title: str) -> str:
    """A whole page that shows all of a graph."""
    inner = part(items, title, None)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}'
        "</title><style>.hr-graph{max-height:none!important}</style></head>"
        f"<body>{inner}</body></html>\n"
    )


def _choose(root: tree.Scope, rows: int | None) -> dict[tree.Scope, int]:
    """The scopes to write out, the outer ones first → how many of their nodes."""
    chosen: dict[tree.Scope, int] = {}
    level, left = [root], rows
    while level:
        following: list[tree.Scope] = []
        for scope in level:
            if left is None:
                chosen[scope] = len(scope.items)
                following += scope.scopes.values()
                continue
            if left <= 0:
                return chosen
            # A scope also takes a row for each scope in it, opened or not.
            if len(scope.scopes) > left and chosen:
                continue
            left -= len(scope.scopes)
            chosen[scope] = min(len(scope.items), _OF_ONE_SCOPE, max(left, 0))
            left -= chosen[scope]
            following += scope.scopes.values()
        level = following
    return chosen


def _rows(
    root: tree.Scope, chosen: dict[tree.Scope, int], title: str, whole: bool
) -> Iterator[str]:
    waiting: list[tree.Scope | str] = [root]
    while waiting:
        scope = waiting.pop()
        if isinstance(scope, str):
            yield scope
            continue
        head = f"<b>{_text(title if scope is root else scope.name + '/')}</b> "
        head += f"<u>{scope.count} nodes"
        if scope is root or scope in chosen:
            head += ": " + _text(", ".join(_ops(scope)))
        head += "</u>"
        if scope not in chosen:
            yield f'<div class="n">{head} <u>(not written out)</u></div>'
            continue
        yield f"<details{' open' if scope is root else ''}><summary>{head}</summary>"
        for item in scope.items[: chosen[scope]]:
            yield _row(item, scope)
        if len(scope.items) > chosen[scope]:
            more = len(scope.items) - chosen[scope]
            yield f'<div class="n"><u>... and {more} more nodes</u></div>'
        inner: list[tree.Scope | str] = list(scope.scopes.values())
        inner, more = (inner, 0) if whole else (inner[: 2 * ROWS], len(inner) - 2 * ROWS)
        waiting.append("</details>")
        if more > 0:
            waiting.append(f'<div class="n"><u>... and {more} more scopes</u></div>')
        waiting += reversed(inner)


def _ops(scope: tree.Scope) -> list[str]:
    return [f"{n} {op}" if n > 1 else op for op, n in scope.op_counts()[:_SUMMARY_OPS]]


def _row(item: Item, scope: tree.Scope) -> str:
    leaf = item.name[len(scope.path) + 1 :] if scope.path else item.name
    takes = f" ← {_text(', '.join(item.inputs[:8]))}" if item.inputs else ""
    takes += ", ..." if len(item.inputs) > 8 else ""
    tip = f' title="{_text(item.device)}"' if item.device else ""
    return (
        f'<div class="n"{tip}>{_text(leaf)} <i>{_text(item.op)}</i> '
        f"<u>{_text(item.results)}{takes}</u></div>"
    )


def _text(text: str) -> str:
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 3] + "..."
    return html.escape(text)
