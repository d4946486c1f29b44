"""Name scopes as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headrace._src.graph_view.items import Item

# Names come from files: scopes deeper than this are one scope, so that no walk goes too deep.
_DEEPEST = 64


class Scope:
    """A name scope.

    Attributes:
      path: its full name.     items: the nodes directly in it, and one with its own name, in order.
      scopes: the scopes in it, by their last names.     count: how many nodes it holds in all.
    """

    __slots__ = ("count", "items", "path", "scopes")

    def __init__(self, path: str) -> None:
        self.path = path
        self.items: list[Item] = []
        self.scopes: dict[str, Scope] = {}
        self.count = 0

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.path.rpartition("/")[2]

    def op_counts(self) -> list[tuple[str, int]]:
        """Op type → how many nodes of it the scope holds in all, the most frequent first."""
        counts: dict[str, int] = {}
        for scope in self.walk():
            for item in scope.items:
                counts[item.op] = counts.get(item.op, 0) + 1
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

    def walk(self) -> Iterator[Scope]:
        """The scope and all in it, outer ones first."""
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            yield scope
            waiting += reversed(scope.scopes.values())


def build(items: Iterable[Item]) -> Scope:
    """The tree of the name scopes of nodes; its root has the empty name."""
    root = Scope("")
    for item in items:
        scope = root
        scope.count += 1
        *outer, _ = item.name.split("/", _DEEPEST)
        for part in outer:
            inner = scope.scopes.get(part)
            if inner is None:
                path = f"{scope.path}/{part}" if scope.path else part
                inner = scope.scopes[part] = Scope(path)
            scope = inner
            scope.count += 1
        scope.items.append(item)
    return root


def lines(root: Scope, depth: int | None = None, most: int = 50) -> Iterator[str]:
    """The tree as text.

    Args:
      root: the scope.
      depth: how many levels to show; all when None.
      most: how many nodes to show of one scope.
    """
    waiting: list[tuple[Scope, int]] = [(root, 0)]
    while waiting:
        scope, level = waiting.pop()
        indent = "  " * (level - 1)
        if level:
            ops = ", ".join([f"{n} {op}" if n > 1 else op for op, n in scope.op_counts()[:4]])
            yield f"{indent}{scope.name}/  {scope.count} nodes: {ops}"
        if depth is not None and level >= depth:
            continue
        for item in scope.items[:most]:
            leaf = item.name[len(scope.path) + 1 :] if scope.path else item.name
            yield f"{'  ' * level}{leaf}  {item.op}  {item.results}".rstrip()
        if len(scope.items) > most:
            yield f"{'  ' * level}... and {len(scope.items) - most} more nodes"
        waiting += [(inner, level + 1) for inner in reversed(scope.scopes.values())]
