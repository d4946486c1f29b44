"""`tf.compat.v2.summary.trace_on` and its kin: what was executed, for TensorBoard.

While a trace is on, functions that are called for the first time are kept; their bodies are the
graphs that TensorBoard shows. With the profiler, what functions execute is measured, too.
"""

from __future__ import annotations

import datetime
import os
import threading
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.engine import step_stats
from headrace._src.function import eager_calls
from headrace._src.platform import logging, modes
from headrace._src.summary.events_file import EventsFile
from headrace._src.summary.plugin_values import _metadata
from headrace._src.summary.writers import summary_scope, write

_PROFILE_SUFFIX: Final = ".profile-empty"
_LOCK: Final = threading.Lock()


class _Trace:
    """A trace that is on.

    Args:
      with_graph: whether graphs are kept.
      with_profiler: whether times are.
    """

    def __init__(self, with_graph: bool, with_profiler: bool) -> None:
        self.with_graph, self.with_profiler = with_graph, with_profiler
        self.functions: list[Any] | None = [] if with_graph or with_profiler else None
        self.times: list[Any] | None = [] if with_profiler else None

    def listen(self) -> None:
        """Begins to keep what is executed."""
        eager_calls.FIRST_CALLS.listener = self.functions
        _engine().trace = self.times

    def run_metadata(self) -> Any:
        """What was kept, a `RunMetadata`."""
        from headrace._src.proto import messages

        made = messages.RunMetadata()
        if self.times:
            step_stats.fill(made, self.times, None)
        for function in self.functions or ():
            # Plans are optimized, not graphs: there is one form of the graph.
            graph = _with_arguments(function)
            made.partition_graphs.add().CopyFrom(graph)
            made.function_graphs.add(
                partition_graphs=[graph],
                pre_optimization_graph=graph,
                post_optimization_graph=graph,
            )
        return made


class _State:
    def __init__(self) -> None:
        self.trace: _Trace | None = None


_STATE: Final = _State()


def _engine() -> Any:
    graph: Any = graph_lib.get_default_graph()
    return graph.engine


def _with_arguments(function: Any) -> Any:
    """The `GraphDef` of a body with `_Arg` and `_Retval` nodes, as 1.15 instantiates it."""
    from headrace._src.proto import graph_export

    made = function.as_graph_def()
    made.versions.ClearField("min_consumer")
    signature = graph_export.function_def(function.name, function).signature
    arguments = dict(zip((t.op.name for t in function.inputs), signature.input_arg, strict=True))
    for node in made.node:
        for i, name in enumerate(node.input):
            if name in arguments:
                node.input[i] = arguments[name].name
    numbers = {name: i for i, name in enumerate(arguments)}
    for node in made.node:
        argument = arguments.get(node.name)
        if argument is not None:
            _be(node, "_Arg", argument.type, numbers[node.name])
            node.name = argument.name
    for i, (t, result) in enumerate(zip(function.outputs, signature.output_arg, strict=True)):
        node = made.node.add(name=f"{result.name}_RetVal")
        name = t.name.removesuffix(":0")
        node.input.append(arguments[name].name if name in arguments else name)
        _be(node, "_Retval", result.type, i)
    return made


def _be(node: Any, op_type: str, dtype: int, number: int) -> None:
    node.op = op_type
    node.attr.clear()
    node.attr["T"].type = dtype
    node.attr["index"].i = number


def _is_possible(inside: str, in_graph: str) -> bool:
    """Whether execution is eager here; a warning where it is not."""
    if graph_lib.get_default_graph().building_function:
        logging.warn(inside)
    elif not modes.executing_eagerly():
        logging.warn(in_graph)
    else:
        return True
    return False


@export(v2=("summary.trace_on",))
def trace_on(graph: bool = True, profiler: bool = False) -> None:
    """Begin to keep what is executed, until `trace_export` or `trace_off`.

    Args:
      graph: whether to keep the bodies of functions that are called for the first time.
      profiler: whether to keep them, and when functions execute their operations.
    """
    if not _is_possible(
        "Cannot enable trace inside a tf.function.", "Must enable trace in eager mode."
    ):
        return
    with _LOCK:
        if _STATE.trace is not None:
            logging.warn("Trace already enabled")
            return
        _STATE.trace = _Trace(graph, profiler)
        _STATE.trace.listen()


@export(v2=("summary.trace_export",))
def trace_export(name: str, step: Any = None, profiler_outdir: str | None = None) -> None:
    """Write what was kept to the default writer, and keep nothing more.

    Args:
      name: name of the series.
      step: the step, int64; that of `set_step` by default.
      profiler_outdir: the folder for the times, in `plugins/profile`; with the profiler only.

    Raises:
      ValueError: no trace is on; there is no step, or no folder where there must be one.
    """
    if not _is_possible(
        "Cannot export trace inside a tf.function.",
        "Can only export trace while executing eagerly.",
    ):
        return
    with _LOCK:
        trace = _STATE.trace
        if trace is None:
            raise ValueError("Must enable trace before export.")
        if trace.with_profiler and profiler_outdir is None:
            raise ValueError("Required profiler_outdir is not specified")
    only_graph = trace.with_graph and not trace.with_profiler
    plugin = "graph_run_metadata_graph" if only_graph else "graph_run_metadata"
    kept = trace.run_metadata()
    with summary_scope(name, "graph_run_metadata_summary", [kept, step]) as (tag, _):
        write(
            tag, kept.SerializeToString(), step=step, metadata=_metadata(plugin, None, content=b"1")
        )
    if trace.times is not None and profiler_outdir is not None:
        _save_profile(profiler_outdir, kept.step_stats)
    trace_off()


@export(v2=("summary.trace_off",))
def trace_off() -> None:
    """Keep nothing more, and forget what was kept."""
    with _LOCK:
        _STATE.trace = None
        eager_calls.FIRST_CALLS.listener = None
        if modes.executing_eagerly():
            _engine().trace = None


def _save_profile(folder: str, stats: Any) -> None:
    """Writes times where TensorBoard's plugin of profiles looks for them."""
    now = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    inside = os.path.join(folder, "plugins", "profile", now)
    os.makedirs(inside, exist_ok=True)
    if not any(name.endswith(_PROFILE_SUFFIX) for name in os.listdir(folder)):
        # An event file says that the folder is one that TensorBoard looks into.
        file = EventsFile(folder, _PROFILE_SUFFIX)
        file.open()
        file.close()
    with open(os.path.join(inside, "local.trace"), "wb") as out:
        out.write(_profile(stats).SerializeToString())


def _profile(stats: Any) -> Any:
    """Step statistics in the form of the profiler's traces."""
    from headrace._src.proto import messages

    made = messages.Trace()
    starts = [n.all_start_micros for d in stats.dev_stats for n in d.node_stats]
    first = min(starts, default=0)
    for number, device in enumerate(stats.dev_stats):
        place = made.devices[number]
        place.name, place.device_id = device.device, number
        place.resources[0].name = "operations"
        for node in device.node_stats:
            event = made.trace_events.add(device_id=number, name=node.node_name)
            event.timestamp_ps = (node.all_start_micros - first) * 1_000_000
            event.duration_ps = node.all_end_rel_micros * 1_000_000
            event.args["label"] = node.timeline_label
    return made
