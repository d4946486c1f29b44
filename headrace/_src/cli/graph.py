"""`headrace graph`: lists, searches and draws the graphs in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from headrace._src.checkpoint.files import write_whole
from headrace._src.cli.failure import Failure
from headrace._src.graph_view import dot, files, html, items, tree


def graph(options: Any, out: TextIO) -> int:
    """Does what the options ask for; the status is 1 when a search finds nothing."""
    found = _wanted(files.read(options.file), options.tags, options.file)
    if options.dot is not None or options.html is not None:
        return _draw(found, options, out)
    status = 0
    for each in found:
        if len(found) > 1:
            print(f"# tags: {each.label}", file=out)
        status |= _print(each, options, out)
    return status


def _wanted(found: Sequence[files.Found], tags: str | None, path: str) -> Sequence[files.Found]:
    if tags is None:
        return found
    wanted = {t.strip() for t in tags.split(",")}
    chosen = [each for each in found if set(each.label.split(",")) == wanted]
    if not chosen:
        known = "; ".join(each.label for each in found)
        raise Failure(f"{path} has no graph with the tags {tags}; there are: {known}")
    return chosen


def _print(found: files.Found, options: Any, out: TextIO) -> int:
    nodes = list(_all_items(found.graph_def))
    if options.search is not None:
        nodes = list(_search(nodes, options.search))
    if options.tree:
        for line in tree.lines(tree.build(nodes), options.depth):
            print(line, file=out)
    else:
        for item in nodes:
            takes = f" <- {', '.join(item.inputs)}" if item.inputs else ""
            print(f"{item.name}  {item.op}  {item.results}".rstrip() + takes, file=out)
    if options.search is None:
        print(_summary(found), file=out)
    return 0 if nodes or options.search is None else 1


def _all_items(graph_def: Any) -> Iterator[items.Item]:
    """The nodes, then those of functions as if in scopes with the functions' names."""
    yield from items.of_node_defs(graph_def.node)
    for function in graph_def.library.function:
        scope = f"{function.signature.name}()/"
        for item in items.of_node_defs(function.node_def):
            takes = [f"^{scope}{i[1:]}" if i[:1] == "^" else scope + i for i in item.inputs]
            yield item._replace(name=scope + item.name, inputs=tuple(takes))


def _search(nodes: Sequence[items.Item], text: str) -> Iterator[items.Item]:
    """Those with the text, in small or capital letters, in their names or op types."""
    text = text.lower()
    for item in nodes:
        if text in item.name.lower() or text in item.op.lower():
            yield item


def _summary(found: files.Found) -> str:
    graph_def, meta = found.graph_def, found.meta
    parts = [f"{len(graph_def.node)} nodes", f"{len(graph_def.library.function)} functions"]
    if meta is not None:
        parts.append(f"{len(meta.collection_def)} collections")
        parts += [f"signature {name}" for name in sorted(meta.signature_def)]
    parts.append(f"producer {graph_def.versions.producer}")
    return ", ".join(parts)


def _draw(found: Sequence[files.Found], options: Any, out: TextIO) -> int:
    if len(found) > 1:
        labels = "; ".join(each.label for each in found)
        raise Failure(f"{options.file} has several graphs; choose one with --tags: {labels}")
    nodes = list(_all_items(found[0].graph_def))
    if options.search is not None:
        nodes = list(_search(nodes, options.search))
    title = os.path.basename(os.path.normpath(options.file))
    for target, text in (
        (options.dot, lambda: "\n".join(dot.lines(nodes, title)) + "\n"),
        (options.html, lambda: html.page(nodes, title)),
    ):
        if target == "-":
            out.write(text())
        elif target is not None:
            write_whole(target, text().encode(errors="replace"))
    return 0
