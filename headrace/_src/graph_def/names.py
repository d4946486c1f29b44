"""The names that imported nodes get: a prefix, and a number where a name is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Namer:
    """Finds the names of imported nodes; names of nodes and of their scopes count as taken.

    Attributes:
      renamed: the name with the prefix → the name given, where they differ.
    """

    def __init__(self, graph: Any, prefix: str, imported: Iterable[str]) -> None:
        self._prefix = f"{prefix}/" if prefix else ""
        self._taken = _with_scopes(graph._by_name)
        self._imported = _with_scopes(imported)
        self.renamed: dict[str, str] = {}

    def shown(self, name: str) -> str:
        """The name with the prefix."""
        return self._prefix + name

    def give(self, name: str) -> str:
        """The name of an imported node in the graph."""
        wanted = self._prefix + name
        if wanted not in self._taken:
            return wanted
        count = 1
        while (made := f"{wanted}_{count}") in self._taken or made in self._imported:
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
    for name in names:
        taken.setdefault(name.lower(), 1)


def colocation_groups(values: Iterable[Any], namer: Namer) -> tuple[Any, ...]:
    """The values of a `_class` attr, with the names that the nodes have got."""
    found = []
    for value in values:
        if isinstance(value, str) and value.startswith("loc:@"):
            name = namer.shown(value[5:])
            value = f"loc:@{namer.renamed.get(name, name)}"
        found.append(value)
    return tuple(found)


def check_groups(groups: Iterable[str], node: str, positions: Mapping[str, int]) -> None:
    """Raises `ValueError` when a colocation group names a node that is not imported."""
    for name in groups:
        if name not in positions:
            raise ValueError(f"Node '{node}' expects to be colocated with unknown node '{name}'")
