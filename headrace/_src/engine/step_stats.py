"""Step statistics: when each operation of a traced run was executed, as `RunMetadata`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from headrace._src.core.operation import Operation

_DEVICE: Final = "/job:localhost/replica:0/task:0/device:CPU:0"


def fill(
    run_metadata: Any,
    trace: Sequence[tuple[Operation, float, float]],
    graph: Any,
    options: Any = None,
) -> None:
    """Replaces the contents of `run_metadata` by the statistics of one run.

    Args:
      run_metadata: a `RunMetadata` protocol buffer.
      trace: (operation, start, end) in seconds since the epoch.
      graph: the graph that was run.
      options: the `RunOptions` of the run.
    """
    run_metadata.Clear()
    device = run_metadata.step_stats.dev_stats.add(device=_DEVICE)
    for op, start, end in trace:
        duration = max(1, round((end - start) * 1e6))
        device.node_stats.add(
            node_name=op.name,
            all_start_micros=int(start * 1e6),
            op_start_rel_micros=0,
            op_end_rel_micros=duration,
            all_end_rel_micros=duration,
            timeline_label=f"{op.name} = {op.type}({', '.join(t.op.name for t in op.inputs)})",
        )
    if options is not None and options.output_partition_graphs:
        run_metadata.partition_graphs.add().CopyFrom(graph.as_graph_def())
