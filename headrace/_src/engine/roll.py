"""Rolling: repeated stretches of a straight-line jaxpr become `lax.scan`s.

A program of the TensorFlow 1 era unrolls its recurrences: an LSTM over 28 steps is 28 copies of a
cell, and its gradient 28 more. XLA compiles every copy. `rolled` finds such copies, forward and
backward, and leaves one of each:

  1. Calls are inlined, equal equations merged, dead ones dropped        (roll_graph).
  2. Chains of equal equations, heaviest first, anchor the steps         (roll_anchors).
  3. Steps grow around their anchors in lock step; what is irregular at
     either end stays unrolled; the rest is made legal       (roll_columns, roll_draft).
  4. The stretch becomes a scan: slices of one array are scanned over as
     they are, results needed later come out stacked                     (roll_scan, roll_sources).
  5. Again, until nothing more is found: the gradient is a stretch of its
     own, going the other way.

Every equation is kept with its operands, sums keep their order: what the rolled program computes
is what the original computes, up to what XLA makes of either.
"""

from __future__ import annotations

from typing import Any

import jax
from jax.extend import core

from headrace._src.engine import roll_anchors, roll_columns, roll_draft, roll_scan, roll_sources
from headrace._src.engine.roll_columns import Growth
from headrace._src.engine.roll_draft import Carry, Draft, Each, Stretch
from headrace._src.engine.roll_graph import Graph, flattened

# The rule of `worthwhile`, from measurements of XLA on CPUs.
_FEWEST_STEPS = 4
_FEWEST_SAVED = 160  # equations: compiling a loop costs about as much as compiling half as many
_SECONDS_TO_COMPILE = 2.5e-3  # an equation
_SECONDS_PER_BYTE = 4e-10  # copied there and back
_SECONDS_PER_WORK = 1.5e-11  # a multiply-add of a product
_SECONDS_PER_STEP = 3e-6  # of a loop
_RUNS = 1000
_SMALL_SHARE = 0.02
# XLA lays values out as a convolution likes them, but not in a loop, where a value's layout is the
# same before and after a step: the gradient of a chain of convolutions ran sixty times slower.
# Native kernels stand for convolutions, too, all but those of rows and of matrices.
_ONLY_UNROLLED = frozenset({"conv_general_dilated", "ffi_call"})
_IN_LOOPS = ("_rows", "_product")

_MOST_STRETCHES = 24
# Of several stretches, the first in program order that saves this much of what the best one saves
# is rolled, so that a forward pass is rolled before the gradient that reads its results.
_COMPARABLE = 0.3


def rolled(closed: Any) -> Any:
    """`closed` with repeated stretches as scans; itself when there are none worth it.

    Args:
      closed: a ClosedJaxpr.

    Returns:
      A ClosedJaxpr of the same inputs and outputs.
    """
    if closed.jaxpr.effects:
        return closed
    with jax.enable_x64(True):
        graph = flattened(closed)
        found = 0
        while found < _MOST_STRETCHES and len(graph.eqns) > _FEWEST_SAVED:
            stretch = _next_stretch(graph)
            if stretch is None:
                break
            graph = roll_scan.scanned(graph, stretch)
            found += 1
        return roll_sources.joined(graph).closed() if found else closed


def _next_stretch(graph: Graph) -> Stretch | None:
    signature = roll_anchors.signatures(graph)
    found: list[Draft] = []
    steps_around: dict[int, int] = {}
    for anchors in roll_anchors.candidates(graph, signature):
        # Another anchor of a loop that was found already gives that loop again.
        if steps_around.get(anchors[len(anchors) // 2], 0) >= len(anchors):
            continue
        draft = roll_columns.settled(Growth(graph, signature, anchors))
        if draft is not None:
            steps_around.update(dict.fromkeys(draft.owner, draft.steps))
            found.append(draft)
    while found:
        draft = _preferred(found)
        found.remove(draft)
        roll_draft.absorb(draft, signature)
        roll_draft.shed(draft, signature)
        stretch = draft.stretch()
        if stretch is not None and worthwhile(graph, stretch):
            return stretch
    return None


def _preferred(found: list[Draft]) -> Draft:
    """The loop to roll first; of several that share equations the one that saves most."""
    most = max(d.saved for d in found)
    first = next(d for d in found if d.saved >= _COMPARABLE * most)
    rivals = [d for d in found if not d.owner.keys().isdisjoint(first.owner)]
    return max(rivals, key=lambda d: d.saved)


def worthwhile(graph: Graph, stretch: Stretch) -> bool:
    """Whether a scan is expected to be better than its steps.

    Time to compile is saved for every equation that is not repeated. Time to run is lost to the
    loop itself and to copies of operands that lie apart; that loss must be a small share of the
    work, or over many runs less than what compiling it would have taken.
    """
    steps, saved = stretch.steps, stretch.saved
    if steps < _FEWEST_STEPS or saved < _FEWEST_SAVED:
        return False
    # Steps that do not depend on each other are no recurrence, and XLA can run them side by side.
    if not any(isinstance(o, Carry) for operands in stretch.operands for o in operands):
        return False
    if any(_only_unrolled(graph.eqns[c[-1]]) for c in stretch.columns):
        return False
    lost = steps * _SECONDS_PER_STEP + _SECONDS_PER_BYTE * _copied_bytes(graph, stretch)
    work = _SECONDS_PER_WORK * steps * roll_draft.work_of_body(graph, stretch)
    return lost <= _SMALL_SHARE * work or lost * _RUNS <= saved * _SECONDS_TO_COMPILE


def _only_unrolled(eqn: Any) -> bool:
    name = eqn.primitive.name
    return name in _ONLY_UNROLLED and not eqn.params.get("target_name", "").endswith(_IN_LOOPS)


def _copied_bytes(graph: Graph, stretch: Stretch) -> int:
    """Bytes copied because operands of the steps lie apart."""
    seen = set()
    total = 0
    for operands in stretch.operands:
        for operand in operands:
            if isinstance(operand, Each) and not isinstance(operand.atoms[-1], core.Literal):
                key = tuple(map(id, operand.atoms))
                if key not in seen:
                    seen.add(key)
                    total += roll_sources.copied(graph, operand.atoms)
    return total
