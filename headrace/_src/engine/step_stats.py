"""Step statistics: when each operation of a traced run was executed, as `RunMetadata`.

What ran interpreted is measured operation by operation. A compiled segment is measured as a whole;
its operations share its time by their static costs, on a device of their own, so that what was
measured and what was estimated are never mixed.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any, Final

from headrace._src.core.operation import Operation
from headrace._src.engine.devices import LOCAL
from headrace._src.engine.segment import Segment

_DEVICE: Final = f"{LOCAL}/device:CPU:0"
_SHARES: Final = "/segments"
_UNKNOWN_COST: Final = (1.0, 1.0)

Trace = Sequence[tuple[Operation | Segment, float, float]]


def fill(run_metadata: Any, trace: Trace, graph: Any, options: Any = None) -> None:
    """Replaces the contents of `run_metadata` by the statistics of one run.

    Args:
      run_metadata: a `RunMetadata` protocol buffer.
      trace: (operation or segment, start, end) in seconds since the epoch.
      graph: the graph that was run.
      options: the `RunOptions` of the run.
    """
    run_metadata.Clear()
    stats = run_metadata.step_stats
    host = stats.dev_stats.add(device=_DEVICE)
    places: dict[str, tuple[Any, Any]] = {}
    numbers: dict[Segment, int] = {}
    for item, start, end in trace:
        first = int(start * 1e6)
        duration = max(1, round((end - start) * 1e6))
        if isinstance(item, Segment):
            number = numbers.setdefault(item, len(numbers))
            name = f"{LOCAL}/device:{item.place}"
            if name not in places:
                device = host if name == _DEVICE else stats.dev_stats.add(device=name)
                places[name] = device, stats.dev_stats.add(device=name + _SHARES)
            device, shares = places[name]
            _add(device, f"segment_{number}", first, 0, duration, _segment_label(item, number))
            _add_shares(shares, item, first, duration)
        else:
            _add(host, item.name, first, 0, duration, _label(item))
    if options is not None and options.output_partition_graphs:
        run_metadata.partition_graphs.add().CopyFrom(graph.as_graph_def())


def _add(device: Any, name: str, first: int, offset: int, duration: int, label: str) -> None:
    """Adds a row that starts `offset` microseconds after `first`."""
    device.node_stats.add(
        node_name=name,
        all_start_micros=first + offset,
        op_start_rel_micros=0,
        op_end_rel_micros=duration,
        all_end_rel_micros=duration,
        scheduled_micros=first,
        timeline_label=label,
    )


def _label(op: Operation) -> str:
    return f"{op.name} = {op.type}({', '.join(t.op.name for t in op.inputs)})"


def _segment_label(segment: Segment, number: int) -> str:
    types = collections.Counter(step.op.type for step in segment.unit.steps).most_common()
    inputs = ", ".join(dict.fromkeys(t.op.name for t in segment.unit.inputs))
    text = ", ".join(f"{n} {t}" for t, n in types)
    if segment.plan.costs is not None:
        text += f"; {sum(_costs(segment)):.0f} us static"
    return f"segment_{number} = Segment({inputs}) [{text}]"


def _costs(segment: Segment) -> list[float]:
    """What each step of a segment takes as part of compiled code, in microseconds."""
    known = segment.plan.costs or {}
    return [known.get(step.op, _UNKNOWN_COST)[1] for step in segment.unit.steps]


def _add_shares(device: Any, segment: Segment, first: int, duration: int) -> None:
    """Adds the operations of a segment one after another; their times sum to its duration."""
    weights = _costs(segment)
    whole = sum(weights)
    if not whole:
        weights, whole = [1.0] * len(weights), float(len(weights))
    before, reached = 0, 0.0
    for step, weight in zip(segment.unit.steps, weights, strict=True):
        reached += weight
        after = min(duration, round(duration * reached / whole))
        _add(device, step.op.name, first, before, after - before, _label(step.op))
        before = after
