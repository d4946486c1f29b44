"""Rolling: repeated stretches of a straight-line jaxpr become `lax.scan`s.

A program of the TensorFlow 1 era unrolls its recurrences: an LSTM over 28 steps is 28 copies of a
cell, and its gradient 28 more. XLA compiles every copy. `rolled` finds such copies, forward and
backward, and leaves one of each:

  1. Calls are inlined, equal equations merged, dead ones dropped        (roll_graph).
  2. Chains of equal equations, heaviest first, anchor the steps         (roll_anchors).
  3. Steps grow around their anchors in lock step; what is irregular at
     either end stays unrolled; the rest is made legal                   (roll_columns).
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

from headrace._src.engine import roll_anchors, roll_columns, roll_scan, roll_sources
from headrace._src.engine.roll_columns import Each, Growth, Stretch
from headrace._src.engine.roll_graph import Graph, flattened

# The rule of `worthwhile`, from measurements of XLA on CPUs.
_FEWEST_STEPS = 4
_FEWEST_SAVED = 48
_SECONDS_TO_COMPILE = 2.5e-3  # an equation
_SECONDS_PER_BYTE = 1e-10  # copied
_SECONDS_PER_WORK = 1.5e-11  # a multiply-add of a product
_SECONDS_PER_STEP = 3e-6  # of a loop
_RUNS = 1000
_SMALL_SHARE = 0.02

_MOST_STRETCHES = 24
# A stretch of this share of the equations is taken without a look at others.
_LARGE_SHARE = 0.2
# Of several stretches the first that saves this much of what the best one saves is taken, so that
# a forward pass is rolled before the gradient that reads its results.
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
    found: list[tuple[int, Stretch]] = []
    for anchors in roll_anchors.candidates(graph, signature):
        stretch = _stretch(graph, signature, anchors)
        if stretch is None or not worthwhile(graph, stretch):
            continue
        saved = (stretch.steps - 1) * len(stretch.columns)
        if saved >= _LARGE_SHARE * len(graph.eqns):
            return stretch
        found.append((saved, stretch))
    if not found:
        return None
    most = max(saved for saved, _ in found)
    return next(s for saved, s in found if saved >= _COMPARABLE * most)


def _stretch(graph: Graph, signature: list[int], anchors: list[int]) -> Stretch | None:
    draft = roll_columns.settled(Growth(graph, signature, anchors))
    if draft is None:
        return None
    roll_columns.absorb(draft, signature)
    roll_columns.shed(draft, signature)
    return draft.stretch()


def worthwhile(graph: Graph, stretch: Stretch) -> bool:
    """Whether a scan is expected to be better than its steps.

    Time to compile is saved for every equation that is not repeated. Time to run is lost to the
    loop itself and to copies of operands that lie apart; that loss must be a small share of the
    work, or over many runs less than what compiling it would have taken.
    """
    steps, size = stretch.steps, len(stretch.columns)
    saved = (steps - 1) * size
    if steps < _FEWEST_STEPS or saved < _FEWEST_SAVED:
        return False
    lost = steps * _SECONDS_PER_STEP + _SECONDS_PER_BYTE * _copied_bytes(graph, stretch)
    work = _SECONDS_PER_WORK * steps * roll_columns.work_of_body(graph, stretch)
    return lost <= _SMALL_SHARE * work or lost * _RUNS <= saved * _SECONDS_TO_COMPILE


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
