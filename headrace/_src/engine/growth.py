"""Notices programs that add operations to the graph between runs, over and over from one line."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from headrace._src.core.graph import Graph

LIMIT: Final = 25


class GraphGrowthWarning(UserWarning):
    """A loop keeps adding operations to the graph.

    Wrong, a new `Add` at every turn::

        for x in data:
            sess.run(total + x)

    Right, the graph is built once and fed::

        x_in = tf.placeholder(tf.float32)
        y = total + x_in
        for x in data:
            sess.run(y, {x_in: x})
    """


class GrowthWatch:
    """Counts, for one session, the runs before which a line of the program added operations.

    Attributes:
      version: the graph's version at the last run.
    """

    def __init__(self) -> None:
        self.version = 0
        self._runs = 0
        self._lines: dict[Any, int] = {}
        self._warned = False

    def check(self, graph: Graph) -> None:
        """Called before a run of a graph that has grown since the last one."""
        before, self.version = self.version, graph._version
        self._runs += 1
        if self._warned or self._runs == 1:
            return
        lines = {o[:2] for op in graph._nodes[before : before + 64] if (o := op.origin)}
        for line in lines:
            count = self._lines[line] = self._lines.get(line, 0) + 1
            if count >= LIMIT:
                self._warned = True
                warnings.warn(
                    f"{line[0]}:{line[1]} added operations to the graph before each of {count} "
                    f"runs; the graph has {graph._version} operations and every run that meets "
                    "new ones is slower. Build the operations once, before the loop, and feed "
                    "what changes (graph.finalize() finds such lines).",
                    GraphGrowthWarning,
                    stacklevel=4,
                )
                return
