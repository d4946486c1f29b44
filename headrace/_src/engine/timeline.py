"""Timeline: the step statistics of a traced run as events for Chrome's trace viewer.

Process 0 counts the bytes of each allocator. Every device has two processes: what it computed, in
as few rows as keep overlapping operations apart, and the tensors that it made.
"""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

_ALLOCATORS: Final = 0
_LABEL: Final = re.compile(r".* = (?P<type>.*)\((?P<inputs>.*)\)")
_UNKNOWN: Final = "unknown"

_Event = dict[str, Any]


class AllocationMaximum(NamedTuple):
    """When an allocator held most: the bytes, and the names of the tensors they belonged to."""

    timestamp: int
    num_bytes: int
    tensors: set[str]


class ChromeTrace(NamedTuple):
    """Events in the format of Chrome's trace viewer."""

    events: list[_Event]

    def format_to_string(self, pretty: bool = False) -> str:
        """The JSON text that the viewer loads."""
        document = {"traceEvents": self.events}
        if pretty:
            return json.dumps(document, indent=4)
        return json.dumps(document, separators=(",", ":"))


class StepStatsAnalysis(NamedTuple):
    """What step statistics tell: a trace, and allocator → `AllocationMaximum`."""

    chrome_trace: ChromeTrace
    allocator_maximums: dict[str, AllocationMaximum]


class _Row(NamedTuple):
    """One executed operation and where it is drawn."""

    stats: Any
    pid: int
    tid: int
    name: str
    type: str
    inputs: list[str]

    @property
    def start(self) -> int:
        return int(self.stats.all_start_micros)

    @property
    def end(self) -> int:
        return self.start + int(self.stats.all_end_rel_micros)


class _Made(NamedTuple):
    """A tensor that a row made; it ends with the last row that reads it, or its own."""

    name: str
    number: int
    row: _Row
    pid: int
    description: Any
    reads: list[int]

    @property
    def end(self) -> int:
        return max([self.row.end, *(end - 1 for end in self.reads)])


class Timeline:
    """Shows the step statistics of one run.

    ```python
    trace = timeline.Timeline(run_metadata.step_stats).generate_chrome_trace_format()
    ```
    """

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        """Makes a timeline.

        Args:
          step_stats: a `StepStats` protocol buffer.
          graph: the graph that was run; the statistics name all that is shown of it.
        """
        self._step_stats = step_stats
        self._graph = graph

    def generate_chrome_trace_format(
        self, show_dataflow: bool = True, show_memory: bool = False
    ) -> str:
        """The text of a file for `chrome://tracing`.

        Args:
          show_dataflow: whether arrows lead from a tensor to what reads it.
          show_memory: whether tensors and the bytes of each allocator are shown.
        """
        analysis = self.analyze_step_stats(show_dataflow, show_memory)
        return analysis.chrome_trace.format_to_string(pretty=True)

    def analyze_step_stats(
        self, show_dataflow: bool = True, show_memory: bool = True
    ) -> StepStatsAnalysis:
        """The trace, and the most that allocators held, which is known with `show_memory` only."""
        names = ["Allocators"]
        rows: list[_Row] = []
        for dev_stats in self._step_stats.dev_stats:
            rows += _placed(dev_stats, len(names))
            names += [f"{dev_stats.device} Compute", f"{dev_stats.device} Tensors"]
        made = list(_tensors(rows))
        # An operation that ran repeatedly made tensors of one name: the last one is what is read.
        latest = {tensor.name: tensor for tensor in made}
        for row in rows:
            for name in row.inputs:
                if name in latest:
                    latest[name].reads.append(row.end)
        events = [
            {"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}}
            for pid, name in enumerate(names)
        ]
        events += map(_operation, rows)
        if show_dataflow:
            events += _arrows(rows, latest)
        maximums: dict[str, AllocationMaximum] = {}
        if show_memory:
            for tensor in made:
                events += _lifetime(tensor, ends=latest[tensor.name] is tensor)
            counters, maximums = _memory(latest.values())
            events += counters
        return StepStatsAnalysis(ChromeTrace(events), maximums)


def _placed(dev_stats: Any, pid: int) -> Iterator[_Row]:
    """The rows of a device, each in the first lane that is free when it starts."""
    stream = "/stream:" in dev_stats.device or "/memcpy" in dev_stats.device
    busy_until: list[int] = []
    for stats in dev_stats.node_stats:
        tid = next(
            (i for i, end in enumerate(busy_until) if end < stats.all_start_micros),
            len(busy_until),
        )
        row = _Row(stats, pid, tid, *(_of_stream(stats) if stream else _of_label(stats)))
        busy_until[tid : tid + 1] = [row.end]
        yield row


def _of_label(stats: Any) -> tuple[str, str, list[str]]:
    """Name, op type and inputs by a label `name = Type(input, ...)`."""
    name = stats.node_name
    if name == "RecvTensor":
        return name, name, []
    parsed = _LABEL.match(stats.timeline_label)
    if parsed is None:
        return name, _UNKNOWN, []
    inputs = parsed["inputs"]
    return name, parsed["type"], inputs.split(", ") if inputs else []


def _of_stream(stats: Any) -> tuple[str, str, list[str]]:
    """Name and op type of what a stream of an accelerator ran, which is named `name:Type`."""
    parts = stats.node_name.split(":")
    return parts[0], parts[1] if len(parts) > 1 else _UNKNOWN, []


def _tensors(rows: Iterable[_Row]) -> Iterator[_Made]:
    """The tensors whose making was recorded; their names tell the output unless it is the first."""
    names: set[str] = set()
    for row in rows:
        for i, output in enumerate(row.stats.output):
            name = f"{row.stats.node_name}:{i}" if i else row.stats.node_name
            yield _Made(name, len(names), row, row.pid + 1, output.tensor_description, [])
            names.add(name)


def _operation(row: _Row) -> _Event:
    args = {"name": row.name, "op": row.type}
    args.update({f"input{i}": source for i, source in enumerate(row.inputs)})
    return {
        "ph": "X",
        "cat": "Op",
        "name": row.type,
        "pid": row.pid,
        "tid": row.tid,
        "ts": row.start,
        "dur": row.end - row.start,
        "args": args,
    }


def _arrows(rows: Iterable[_Row], latest: dict[str, _Made]) -> Iterator[_Event]:
    """Arrows to each reader that is drawn in another lane than the maker."""
    number = 0
    for row in rows:
        for name in row.inputs:
            source = latest[name].row if name in latest else row
            if (source.pid, source.tid) == (row.pid, row.tid):
                continue
            flow = {"name": name, "cat": "DataFlow", "id": number}
            yield {"ph": "s", "pid": source.pid, "tid": source.tid, "ts": source.end, **flow}
            yield {"ph": "t", "pid": row.pid, "tid": row.tid, "ts": row.start, **flow}
            number += 1


def _lifetime(tensor: _Made, ends: bool) -> Iterator[_Event]:
    """A tensor as an object that is made, described and, if its end is known, given up."""
    row = tensor.row
    shared = {"cat": "Tensor", "name": tensor.name, "id": tensor.number, "pid": tensor.pid}
    yield {"ph": "N", "tid": row.tid, "ts": row.start, **shared}
    snapshot = {"snapshot": {"tensor_description": str(tensor.description).replace('"', "")}}
    yield {"ph": "O", "tid": row.tid, "ts": row.end - 1, "args": snapshot, **shared}
    if ends:
        yield {"ph": "D", "tid": 0, "ts": tensor.end, **shared}


def _memory(
    tensors: Iterable[_Made],
) -> tuple[list[_Event], dict[str, AllocationMaximum]]:
    """The bytes of each allocator whenever they change, and when they were most."""
    changes: dict[str, list[tuple[int, int, str]]] = collections.defaultdict(list)
    for tensor in tensors:
        memory = tensor.description.allocation_description
        size = memory.requested_bytes
        changes[memory.allocator_name] += [
            (tensor.row.start, size, tensor.name),
            (tensor.end, -size, tensor.name),
        ]
    events: list[_Event] = []
    maximums = {}
    for allocator, found in changes.items():
        total = 0
        held: set[str] = set()
        maximum = AllocationMaximum(0, 0, set())
        for time, size, name in sorted(found):
            total += size
            (held.add if size > 0 else held.discard)(name)
            if total > maximum.num_bytes:
                maximum = AllocationMaximum(time, total, set(held))
            events.append(
                {
                    "ph": "C",
                    "cat": "Memory",
                    "name": allocator,
                    "pid": _ALLOCATORS,
                    "tid": 0,
                    "ts": time,
                    "args": {allocator: total},
                }
            )
        maximums[allocator] = maximum
    return events, maximums
