"""tf.profiler.profile: reports of the parameters and floating-point operations of a graph."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from headrace._api.export import export, export_value
from headrace._src.core import errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.profiler import flops
from headrace._src.profiler.options import TRAINABLE_VARIABLES, Options, ProfileOptionBuilder
from headrace._src.profiler.views import Node, OpView, ScopeView

_DOCS: Final = {
    "float_ops": "flops: Number of float operations. Note: Please read the implementation for the "
    "math behind it.",
    "params": "param: Number of parameters (in the Variable).",
}
# Op types whose elements are parameters.
_HOLD_PARAMETERS: Final = frozenset(
    ("Variable", "VariableV2", "VarHandleOp", "Placeholder", "PlaceholderWithDefault")
)


def _logged(graph: Any, op_log: Any, warn: bool) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Floating-point operations, and types besides op types, of nodes that have some."""
    counts: dict[str, int] = {}
    types: dict[str, list[str]] = {}
    missing = 0
    for op in graph.get_operations():
        try:
            count = flops.of(op)
        except flops.UnknownShapeError:
            missing += 1
            continue
        if count:
            counts[op.name] = count
    for entry in op_log.log_entries if op_log else ():
        types[entry.name] = list(entry.types)
        if entry.float_ops:
            counts[entry.name] = entry.float_ops
    for v in graph.get_collection(GraphKeys.TRAINABLE_VARIABLES):
        types.setdefault(v.op.name, []).append(TRAINABLE_VARIABLES)
    if missing and warn:
        sys.stderr.write(f"{missing} ops no flops stats due to incomplete shapes.\n")
    return counts, types


def _dims_of(op: Any) -> Any:
    """The static shape of what holds parameters."""
    shape = op.attrs.get("shape") if op.type != "PlaceholderWithDefault" else op.outputs[0].dims
    return shape if op.type != "Placeholder" else op.outputs[0].dims


def _nodes(graph: Any, counts: dict[str, int], types: dict[str, list[str]]) -> list[Node]:
    made = []
    for op in graph.get_operations():
        node = Node(op.name, op)
        node.types += types.get(op.name, ())
        node.own["float_ops"] = counts.get(op.name, 0)
        if op.type in _HOLD_PARAMETERS:
            dims = _dims_of(op)
            if dims is not None and None not in dims:
                node.shape = tuple(dims)
                size = 1
                for d in dims:
                    size *= d
                node.own["params"] = size
        made.append(node)
    return made


def _body(view: Any, options: Options) -> str:
    docs = [_DOCS[s] if s in _DOCS else f"Unknown select: {s}" for s in sorted(options.select)]
    headings = " | ".join(view.headings[s] for s in view.headings if s in options.select)
    lines = [f"node name | {headings}", *view.lines]
    return "\n".join(["", "Doc:", view.doc, *docs, "", "Profile:", *lines, ""])


def _report(view: Any, options: Options) -> str:
    return (
        f"\n=========================Options=============================\n{options.table()}"
        f"\n==================Model Analysis Report======================\n{_body(view, options)}"
        "\n======================End of Report==========================\n"
    )


def _profile(
    graph: Any, run_meta: Any, op_log: Any, cmd: str, options: Any, quiet: bool = False
) -> Any:
    if cmd in ("graph", "code"):
        raise errors.UnimplementedError(
            None, None, f"tf.profiler: the view '{cmd}' is not supported"
        )
    if cmd not in ("op", "scope"):
        raise errors.InvalidArgumentError(None, None, f"unknown cmd: {cmd}\n")
    read = Options(options)
    if not quiet:
        print("Parsing Inputs...")
    counts, types = _logged(graph, op_log, run_meta is None)
    nodes = _nodes(graph, counts, types)
    view: Any = ScopeView(nodes, read) if cmd == "scope" else OpView(nodes, read)
    if read.output == "stdout":
        print(_report(view, read), end="")
    elif read.output == "file":
        with open(read.outfile, "w", encoding="utf-8") as out:
            out.write(_body(view, read))
    elif read.output != "none":
        raise errors.InvalidArgumentError(None, None, f"unknown output: {read.output}")
    return view.message()


@export("profiler.profile", v2=())
def profile(
    graph: Any = None,
    run_meta: Any = None,
    op_log: Any = None,
    cmd: str = "scope",
    options: Any = 0,
) -> Any:
    """Report how many parameters and floating-point operations a graph has.

    Args:
      graph: the `Graph`; the default one by default.
      run_meta: a `RunMetadata`; without one, nodes of unknown shapes are told on standard error.
      op_log: an `OpLogProto` with types and floating-point operations of nodes, or None.
      cmd: "scope": nodes as a tree of their name scopes; "op": op types.
      options: a dict of options, see `tf.profiler.ProfileOptionBuilder`; by default the parameters
        of trainable variables.

    Returns:
      A `GraphNodeProto` for "scope", a `MultiGraphNodeProto` for "op".

    Raises:
      InvalidArgumentError: `cmd` is something else.
      UnimplementedError: another view, or something that is not measured, is asked for.
    """
    if graph is None:
        graph = graph_lib.get_default_graph()
    if options == 0:
        options = ProfileOptionBuilder.trainable_variables_parameter()
    return _profile(graph, run_meta, op_log, cmd, options)


_OLD: Final = {"dump_to_file": ""}
TRAINABLE_VARS_PARAMS_STAT_OPTIONS: Final = export_value(
    {**ProfileOptionBuilder.trainable_variables_parameter(), **_OLD},
    "contrib.tfprof.model_analyzer.TRAINABLE_VARS_PARAMS_STAT_OPTIONS",
    v2=(),
)
FLOAT_OPS_OPTIONS: Final = export_value(
    {**ProfileOptionBuilder.float_operation(), **_OLD},
    "contrib.tfprof.model_analyzer.FLOAT_OPS_OPTIONS",
    v2=(),
)


@export("contrib.tfprof.model_analyzer.print_model_analysis", v2=())
def print_model_analysis(
    graph: Any,
    run_meta: Any = None,
    op_log: Any = None,
    tfprof_cmd: str = "scope",
    tfprof_options: Any = TRAINABLE_VARS_PARAMS_STAT_OPTIONS,
) -> Any:
    """Report about a graph; the older name of `tf.profiler.profile`.

    Args:
      graph: the `Graph`.
      run_meta: see `tf.profiler.profile`.
      op_log: likewise.
      tfprof_cmd: the view.
      tfprof_options: the options.

    Returns:
      What `tf.profiler.profile` returns.
    """
    return profile(graph, run_meta, op_log, tfprof_cmd, tfprof_options)


@export("profiler.Profiler", "contrib.tfprof.model_analyzer.Profiler", v2=())
class Profiler:
    """Reports about one graph; see `tf.profiler.profile`.

    Args:
      graph: the `Graph`; the default one by default.
      op_log: an `OpLogProto` with types and floating-point operations of nodes, or None.
    """

    def __init__(self, graph: Any = None, op_log: Any = None) -> None:
        self._graph = graph_lib.get_default_graph() if graph is None else graph
        self._op_log = op_log
        self._run_meta: Any = None
        print("Parsing Inputs...")

    def add_step(self, step: int, run_meta: Any) -> None:
        """Add the `RunMetadata` of a step."""
        self._run_meta = run_meta

    def profile_name_scope(self, options: Any) -> Any:
        """Report nodes as a tree of their name scopes; returns a `GraphNodeProto`."""
        return _profile(self._graph, self._run_meta, self._op_log, "scope", options, quiet=True)

    def profile_operations(self, options: Any) -> Any:
        """Report op types; returns a `MultiGraphNodeProto`."""
        return _profile(self._graph, self._run_meta, self._op_log, "op", options, quiet=True)

    def profile_graph(self, options: Any) -> Any:
        """Raises UnimplementedError: there is no view by inputs."""
        return _profile(self._graph, self._run_meta, self._op_log, "graph", options)

    def profile_python(self, options: Any) -> Any:
        """Raises UnimplementedError: there is no view by lines of code."""
        return _profile(self._graph, self._run_meta, self._op_log, "code", options)


@export("profiler.write_op_log", "contrib.tfprof.tfprof_logger.write_op_log", v2=())
def write_op_log(
    graph: Any, log_dir: str, op_log: Any = None, run_meta: Any = None, add_trace: bool = True
) -> None:
    """Write types, floating-point operations and origins of nodes to `log_dir/tfprof_log`.

    Args:
      graph: the `Graph`; the default one if None.
      log_dir: the folder.
      op_log: an `OpLogProto` to complete, or None.
      run_meta: a `RunMetadata`; without one, nodes of unknown shapes are told on standard error.
      add_trace: whether to write the lines of code that made the nodes.
    """
    from headrace._src.proto import messages

    graph = graph_lib.get_default_graph() if graph is None else graph
    counts, types = _logged(graph, op_log, run_meta is None)
    made = messages.OpLogProto()
    ids: dict[str, int] = {"none": 0}
    for op in graph.get_operations():
        if not (add_trace or op.name in counts or op.name in types):
            continue
        entry = made.log_entries.add(name=op.name, float_ops=counts.get(op.name, 0))
        entry.types.extend(types.get(op.name, ()))
        for file, line, function, text in op.traceback if add_trace else ():
            numbers = [ids.setdefault(s, len(ids)) if s else 0 for s in (file, function, text)]
            entry.code_def.traces.add(
                file_id=numbers[0],
                lineno=line,
                function_id=numbers[1],
                line_id=numbers[2],
                func_start_line=-1,
            )
    for text, n in ids.items():
        made.id_to_string[n] = text
    with open(os.path.join(log_dir, "tfprof_log"), "wb") as out:
        out.write(made.SerializeToString())
