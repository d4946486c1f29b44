"""What the gradient rules of plain operations made during one call of tf.gradients.

`flat_gradients` wants to know it to count what TensorFlow 1 would have made.

State inventory:
  _present: of each thread the record that is being kept, if any.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from headrace._src.autodiff import flat_graph
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import func_graph

_present = threading.local()


class Rule(NamedTuple):
    """What the rule of one operation made.

    Attributes:
      made: how many operations.
      taken: what these take that was made before.
      gradients: the gradients of what the operation takes.
    """

    made: int
    taken: list[Tensor]
    gradients: Sequence[Any]


class Rules:
    """The rules that were applied.

    Attributes:
      shapes: the shapes, sizes and ranks that rules took of tensors of forward bodies.
      met_bodies: whether a body was differentiated, or what works on an array.
    """

    def __init__(self) -> None:
        self._rules: dict[Operation, Rule] = {}
        self.shapes: dict[Tensor, Tensor] = {}
        self.met_bodies = False

    def of(self, op: Operation) -> Rule | None:
        """What the rule of an operation made; None if it was not applied."""
        return self._rules.get(op)

    def note(self, op: Operation, graph: Any, before: int, gradients: Sequence[Any]) -> None:
        """Keeps what a rule made in `graph` since `number(graph)` was `before`."""
        taken: list[Tensor] = []
        self.met_bodies |= op.type in flat_graph.WITH_BODIES or op.type in flat_graph.ARRAYS
        if isinstance(graph, func_graph.Backward):
            for made, inputs in graph.made[before:]:
                outside = [t for t in inputs if not isinstance(t.graph, func_graph.Backward)]
                if made.type in _SHAPES and outside:
                    # It is taken where its tensor is.
                    self.shapes[made.outputs[0]] = outside[0]
                else:
                    taken += outside
                    taken += [t for t in inputs if t in self.shapes]
        self._rules[op] = Rule(number(graph) - before, taken, list(gradients))


_SHAPES = frozenset(("Shape", "Size", "Rank"))


def number(graph: Any) -> int:
    """How many operations the rules made in a graph so far."""
    if isinstance(graph, func_graph.Backward):
        return len(graph.made)
    return graph._last_id  # type: ignore[no-any-return]


def present() -> Rules | None:
    """The record that is being kept."""
    return getattr(_present, "rules", None)


@contextlib.contextmanager
def kept() -> Iterator[Rules]:
    """Keeps a record inside."""
    before = present()
    _present.rules = Rules()
    try:
        yield _present.rules
    finally:
        _present.rules = before


__all__ = ["Rule", "Rules", "kept", "number", "present"]
