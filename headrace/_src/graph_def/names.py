"""The names that imported nodes get: a prefix, and a number where a name is taken."""

from __future__ import annotations

import functools
from collections.abc import Container, Iterable
from typing import Any, Final

from headrace._src.graph_def.nodes import Node

_COLOCATED: Final = "loc:@"


class Namer:
    """Finds the names of imported nodes; names of nodes and of their scopes count as taken.

    Attributes:
      prefix: what comes before each name.     taken: the names that are not free.
      renamed: the name with the prefix → the name given, where they differ.
    """

    def __init__(self, graph: Any, prefix: str, imported: Iterable[str]) -> None:
        self.prefix = f"{prefix}/" if prefix else ""
        self.taken = _with_scopes(graph._by_name)
        self._given = imported
        self.renamed: dict[str, str] = {}

    @functools.cached_property
    def _imported(self) -> set[str]:
        return _with_scopes(self._given)

    def other(self, wanted: str) -> str:
        """The name of an imported node in place of `wanted`, which is taken."""
        count = 1
        while (made := f"{wanted}_{count}") in self.taken or made in self._imported:
            count += 1
        self.renamed[wanted] = made
        return made


def _with_scopes(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        while name not in found:
            found.add(name)
            end = name.rfind("/")
            if end < 0:
                break
            name = name[:end]
    return found


def note_used(graph: Any, names: Iterable[str]) -> None:
    """Makes names of imported nodes unavailable to `Graph.unique_name`."""
    taken = graph._names
    for key in [name.lower() for name in names]:
        if key not in taken:
            taken[key] = 1


def rename_groups(nodes: Iterable[Node], namer: Namer) -> None:
    """Gives the colocation groups of nodes the names that the nodes of the groups have got."""
    if not namer.prefix and not namer.renamed:
        return
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for node in nodes:
        if node.groups is None:
            continue
        if node.groups not in found:
            found[node.groups] = tuple(_renamed(value, namer) for value in node.groups)
        node.groups = found[node.groups]


def _renamed(group: Any, namer: Namer) -> Any:
    if not isinstance(group, str) or not group.startswith(_COLOCATED):
        return group
    name = namer.prefix + group.removeprefix(_COLOCATED)
    return _COLOCATED + namer.renamed.get(name, name)


def check_groups(nodes: Iterable[Node], known: Container[str]) -> None:
    """Raises `ValueError` when a colocation group names a node that is not `known`."""
    checked: set[tuple[Any, ...]] = set()
    for node in nodes:
        if node.groups is None or node.groups in checked:
            continue
        checked.add(node.groups)
        for group in node.groups:
            if isinstance(group, str) and group.startswith(_COLOCATED):
                name = group.removeprefix(_COLOCATED)
                if name not in known:
                    raise ValueError(
                        f"Node '{node.name}' expects to be colocated with unknown node '{name}'"
                    )
