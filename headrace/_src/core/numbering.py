"""How TensorFlow 1's own control flow numbers operations.

The default seed of an operation is the number of operations made before it. TensorFlow 1 puts the
body of a condition or loop into the graph itself, with nodes that route values in and out (Switch,
Merge, Enter, Exit, ...). headrace makes function bodies; unless a program asked for them with
`tf.enable_control_flow_v2()`, it counts as TensorFlow 1 would, so that equal seeds give equal
numbers. A `Numbering` is shared by the bodies that TensorFlow 1 would build in one context.

State inventory:
  _SWITCH.functional: whether the program asked for functional control flow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headrace._src.core.graph import Graph


class _Switch:
    functional = False


_SWITCH: Final = _Switch()


def set_functional(functional: bool) -> None:
    """Sets whether bodies number their operations as functions do."""
    _SWITCH.functional = functional


def is_functional() -> bool:
    """Whether bodies number their operations as functions do."""
    return _SWITCH.functional


class Numbering:
    """The numbers of operations made in the bodies of one condition or loop.

    Attributes:
      root: the graph whose operations are counted.
    """

    def __init__(self, root: Graph) -> None:
        self.root = root
        self._entered: set[Any] = set()
        self._hidden = 0

    def skip(self, n: int) -> None:
        """Counts `n` operations that TensorFlow 1 would make here; fewer when negative."""
        self.root._skipped += n

    def note_operation(self) -> None:
        """Counts an operation of a body."""
        if not self._hidden:
            self.root._skipped += 1

    def note_capture(self, tensor: Any) -> None:
        """Counts the node that brings an outer tensor in, once for each tensor."""
        if not self._hidden and tensor not in self._entered:
            self._entered.add(tensor)
            self.root._skipped += 1

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Does not count what is made inside: TensorFlow 1 would not make it."""
        self._hidden += 1
        try:
            yield
        finally:
            self._hidden -= 1


def for_bodies(graph: Graph) -> Numbering | None:
    """The numbering of bodies made in `graph`; None where they number as functions."""
    outer = graph.numbering
    if outer is not None:
        return Numbering(outer.root)
    if _SWITCH.functional or graph.building_function:
        return None
    return Numbering(graph)


def skip(graph: Graph, n: int) -> None:
    """Counts `n` operations that TensorFlow 1's own control flow would make in `graph`."""
    outer = graph.numbering
    if outer is not None:
        outer.skip(n)
    elif not (_SWITCH.functional or graph.building_function):
        graph._skipped += n


def counted_graph(graph: Graph) -> Graph:
    """The graph in which TensorFlow 1's own control flow would make what is made in `graph`."""
    while graph.building_function:
        if graph.numbering is not None:
            return graph.numbering.root
        if not graph.differentiates_numbered:
            break
        graph = graph.outer_graph
    return graph
