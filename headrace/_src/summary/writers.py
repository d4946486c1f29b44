"""Summaries that write themselves: writers, when to record, and at which step.

State of a thread: the default writer, whether summaries are recorded, the default step.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import threading
from collections.abc import Iterator
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import default_session, dtypes, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor, is_tensor
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import smart_cond
from headrace._src.ops import summary_writers as write_ops
from headrace._src.ops._late import late
from headrace._src.platform import modes

INIT_COLLECTION: Final = "_SUMMARY_WRITER_V2"
_NOT_IN_SCOPES: Final = re.compile(r"[^-_/.A-Za-z0-9]")
_CLOSED: Final = "SummaryWriter is already closed"


class _State(threading.local):
    def __init__(self) -> None:
        self.writer: Any = None
        self.recording: Any = None
        self.step: Any = None


STATE: Final = _State()


# -- writers ---------------------------------------------------------------------------------------
@export("contrib.summary.SummaryWriter", v2=("summary.SummaryWriter",))
class SummaryWriter:
    """Where summaries are written; made by `create_file_writer`."""

    def set_as_default(self) -> None:
        """Make this the writer of the thread, until another one is."""
        raise NotImplementedError

    def as_default(self) -> Any:
        """Make this the writer of the thread inside a `with` block."""
        raise NotImplementedError

    def init(self) -> Any:
        """Make the file; return the operation that does in graph mode."""
        raise NotImplementedError("init() not implemented")

    def flush(self) -> Any:
        """Write what waits; return the operation that does in graph mode."""
        raise NotImplementedError

    def close(self) -> Any:
        """Write what waits and close the file; return the operation that does in graph mode."""
        raise NotImplementedError


class ResourceSummaryWriter(SummaryWriter):
    """A writer that operations use.

    Args:
      shared_name: name under which the operations of a session share it.
      init_op_fn: function of the resource that makes the file.
      name: name of the operation.
      v2: whether it is one of `tf.compat.v2.summary`, which makes its file once.
    """

    def __init__(
        self, shared_name: str, init_op_fn: Any, name: str | None = None, v2: bool = False
    ) -> None:
        self._resource = write_ops.SummaryWriterOp(shared_name=shared_name, name=name)
        self._init_op_fn = init_op_fn
        self._init_op = init_op_fn(self._resource)
        self._v2 = v2
        self._closed = False
        if not modes.executing_eagerly():
            graph_lib.get_default_graph().add_to_collection(INIT_COLLECTION, self._init_op)

    def _is_closed(self) -> bool:
        return self._v2 and self._closed and modes.executing_eagerly()

    def set_as_default(self) -> None:
        """Make this the writer of the thread, until another one is."""
        if self._is_closed():
            raise RuntimeError(_CLOSED)
        STATE.writer = self

    @contextlib.contextmanager
    def as_default(self) -> Iterator[SummaryWriter]:
        """Make this the writer of the thread inside a `with` block, and flush it at the end."""
        if self._is_closed():
            raise RuntimeError(_CLOSED)
        before, STATE.writer = STATE.writer, self
        try:
            yield self
            self.flush()
        finally:
            STATE.writer = before

    def init(self) -> Any:
        """Make the file; return the operation that does in graph mode."""
        if not self._v2:
            return self._init_op_fn(self._resource)
        if self._is_closed():
            raise RuntimeError(_CLOSED)
        return self._init_op

    def flush(self) -> Any:
        """Write what waits; return the operation that does in graph mode."""
        return None if self._is_closed() else flush(self)

    def close(self) -> Any:
        """Write what waits and close the file; return the operation that does in graph mode."""
        if self._is_closed():
            return None
        try:
            done = self.flush()
            with scopes.control_dependencies([] if done is None else [done]):
                with scopes.device("cpu:0"):
                    return write_ops.CloseSummaryWriter.make(self._resource)
        finally:
            self._closed = self._closed or (self._v2 and modes.executing_eagerly())


class NoopSummaryWriter(SummaryWriter):
    """A writer that writes nothing and is never the default."""

    def set_as_default(self) -> None:
        """Do nothing."""

    @contextlib.contextmanager
    def as_default(self) -> Iterator[None]:
        """Do nothing."""
        yield

    def init(self) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def _file_options(max_queue: Any, flush_millis: Any, filename_suffix: Any) -> tuple[Any, Any, Any]:
    if max_queue is None:
        max_queue = constant_ops.constant(10)
    if flush_millis is None:
        flush_millis = constant_ops.constant(2 * 60 * 1000)
    if filename_suffix is None:
        filename_suffix = constant_ops.constant(".v2")
    return max_queue, flush_millis, filename_suffix


@export(v2=("summary.create_file_writer",))
def create_file_writer_v2(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
) -> SummaryWriter:
    """Make a writer to a new event file.

    Args:
      logdir: the folder, made if it is missing.
      max_queue: how many summaries wait at the most; 10 by default.
      flush_millis: how long one waits at the most, in milliseconds; two minutes by default.
      filename_suffix: what the name of the file ends in; `.v2` by default.
      name: name of the operation.

    Returns:
      The writer; in graph mode its `init()` has to run.

    Raises:
      ValueError: no folder, or a graph's tensor where execution is eager.
    """
    if logdir is None:
        raise ValueError("logdir cannot be None")
    inside = graph_lib.get_default_graph().building_function
    with (
        scopes.name_scope(name, "create_file_writer") as scope,
        scopes.device("cpu:0"),
        scopes.init_scope(),
    ):
        if modes.executing_eagerly():
            _check_not_symbolic(
                inside,
                logdir=logdir,
                max_queue=max_queue,
                flush_millis=flush_millis,
                filename_suffix=filename_suffix,
            )
        logdir = convert_to_tensor(logdir, dtype=dtypes.string)
        options = _file_options(max_queue, flush_millis, filename_suffix)
        unique = constant_ops.constant(f".{os.getpid()}.{next_uid()}")
        # One process may write several files within a second.
        suffix = unique + options[2]
        return ResourceSummaryWriter(
            shared_name=scope.rstrip("/"),
            init_op_fn=functools.partial(_create, logdir, options[0], options[1], suffix),
            name=name,
            v2=True,
        )


def _create(logdir: Any, max_queue: Any, flush_millis: Any, suffix: Any, resource: Any) -> Any:
    return write_ops.CreateSummaryFileWriter.make(resource, logdir, max_queue, flush_millis, suffix)


def _check_not_symbolic(inside_function: bool, **arguments: Any) -> None:
    for name, value in arguments.items():
        if not is_tensor(value) or value.graph.executes:
            continue
        if inside_function:
            raise ValueError(
                f'Invalid graph Tensor argument "{name}={value}" to create_file_writer() inside an '
                "@tf.function. The create call will be lifted into the outer eager execution "
                "context, so it cannot consume graph tensors defined inside the function body."
            )
        raise ValueError(
            f'Invalid graph Tensor argument "{name}={value}" to eagerly executed '
            "create_file_writer()."
        )


@export(
    "contrib.summary.create_file_writer",
    "contrib.summary.create_summary_file_writer",
    v2=(),
)
def create_file_writer(
    logdir: Any,
    max_queue: Any = None,
    flush_millis: Any = None,
    filename_suffix: Any = None,
    name: str | None = None,
) -> SummaryWriter:
    """Make a writer to a new event file.

    Args:
      logdir: the folder, made if it is missing; None makes a writer that writes nothing.
      max_queue: how many summaries wait at the most; 10 by default.
      flush_millis: how long one waits at the most, in milliseconds; two minutes by default.
      filename_suffix: what the name of the file ends in; `.v2` by default.
      name: name under which writers are shared; that of the folder by default.

    Returns:
      The writer; in graph mode `tf.contrib.summary.initialize` makes its file.
    """
    if logdir is None:
        return NoopSummaryWriter()
    logdir = str(logdir)
    with scopes.device("cpu:0"):
        options = _file_options(max_queue, flush_millis, filename_suffix)
        return ResourceSummaryWriter(
            shared_name=f"logdir:{logdir}" if name is None else name,
            init_op_fn=functools.partial(_create, logdir, *options),
        )


@export(v2=("summary.create_noop_writer",))
def create_noop_writer() -> SummaryWriter:
    """Make a writer that writes nothing; as a default it leaves the default as it is."""
    return NoopSummaryWriter()


@export("contrib.summary.flush", v2=("summary.flush",))
def flush(writer: Any = None, name: str | None = None) -> Any:
    """Write what waits.

    Args:
      writer: the writer; the default one by default.
      name: name of the operation.

    Returns:
      The operation that does it, in graph mode.
    """
    writer = STATE.writer if writer is None else writer
    if writer is None:
        return late.no_op()
    resource = writer._resource if isinstance(writer, ResourceSummaryWriter) else writer
    with scopes.device("cpu:0"):
        return write_ops.FlushSummaryWriter.make(resource, name=name)


@export("contrib.summary.summary_writer_initializer_op", v2=())
def summary_writer_initializer_op() -> list[Any]:
    """Return the operations that make the files of all writers.

    Raises:
      RuntimeError: execution is eager.
    """
    if modes.executing_eagerly():
        raise RuntimeError(
            "tf.contrib.summary.summary_writer_initializer_op is only supported in graph mode."
        )
    return graph_lib.get_collection(INIT_COLLECTION)


@export("summary.all_v2_summary_ops", "contrib.summary.all_summary_ops", v2=())
def all_v2_summary_ops() -> list[Any] | None:
    """Return the operations of the default graph that write summaries; None in eager mode."""
    if modes.executing_eagerly():
        return None
    return graph_lib.get_collection(GraphKeys._SUMMARY_COLLECTION)


@export("summary.initialize", "contrib.summary.initialize", v2=())
def initialize(graph: Any = None, session: Any = None) -> None:
    """Make the files of all writers, in graph mode.

    Args:
      graph: a `Graph` or `GraphDef` to write at once, or None.
      session: the session; the default one by default.

    Raises:
      RuntimeError: no writer is the default.
      ValueError: there is no session.
    """
    if modes.executing_eagerly():
        return
    if STATE.writer is None:
        raise RuntimeError("No default tf.contrib.summary.SummaryWriter found")
    session = session or default_session.get_default_session()
    if session is None:
        raise ValueError("session must be passed if no default session exists")
    session.run(summary_writer_initializer_op())
    if graph is not None:
        data = serialized_graph(graph)
        tensor = late.placeholder(dtypes.string)
        session.run(write_graph(tensor, 0), {tensor: data})


def serialized_graph(graph: Any) -> bytes:
    """A `Graph` or `GraphDef` as bytes."""
    if isinstance(graph, graph_lib.Graph):
        graph = graph.as_graph_def(add_shapes=True)
    return graph.SerializeToString()  # type: ignore[no-any-return]


def write_graph(param: Any, step: Any = None, name: str | None = None) -> Any:
    """See `tf.contrib.summary.graph`."""
    if not modes.executing_eagerly() and not isinstance(param, Tensor):
        raise TypeError(
            f"graph() needs a tf.Tensor (e.g. tf.placeholder) in graph mode, but was: {type(param)}"
        )
    if STATE.writer is None:
        return late.no_op()
    with scopes.device("cpu:0"):
        if isinstance(param, Tensor):
            tensor = identity_ops.identity(param)
        else:
            tensor = convert_to_tensor(serialized_graph(param), dtypes.string)
        return write_ops.WriteGraphSummary.make(
            STATE.writer._resource, chosen_step(step), tensor, name=name
        )


def chosen_step(step: Any) -> Any:
    """The step of a summary of `tf.contrib.summary`: the global step by default."""
    if step is None:
        from headrace._src.state import global_step

        return global_step.get_or_create_global_step()
    return step if isinstance(step, Tensor) else convert_to_tensor(step, dtypes.int64)


# -- when and at which step ------------------------------------------------------------------------
def should_record(default: bool) -> Any:
    """Whether summaries are recorded now, a bool tensor."""
    condition = STATE.recording
    if callable(condition):
        condition = condition()
    return late.logical_and(True, default if condition is None else condition)


@export(v2=("summary.record_if",))
@contextlib.contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Record summaries inside only where a condition holds.

    Args:
      condition: a bool, a bool tensor, or a function that returns one.

    Yields:
      Nothing.
    """
    before, STATE.recording = STATE.recording, condition
    try:
        yield
    finally:
        STATE.recording = before


@export(v2=("summary.experimental.set_step",))
def set_step(step: Any) -> None:
    """Set the default step of this thread.

    Args:
      step: an int64 scalar, a variable, or None.
    """
    STATE.step = step


@export(v2=("summary.experimental.get_step",))
def get_step() -> Any:
    """Return the default step of this thread, or None."""
    return STATE.step


# -- writing ---------------------------------------------------------------------------------------
@export(v2=("summary.experimental.summary_scope",))
@contextlib.contextmanager
def summary_scope(
    name: str | None, default_name: str = "summary", values: Any = None
) -> Iterator[tuple[str, str]]:
    """Open the name scope of a summary.

    Args:
      name: name of the summary.
      default_name: the name when that is empty.
      values: tensors whose graph is used.

    Yields:
      The tag, with the scopes around, and the scope.
    """
    name = name or default_name
    around = graph_lib.get_default_graph().get_name_scope()
    tag = f"{around}/{name}" if around else name
    inside = _NOT_IN_SCOPES.sub("", name) or None
    with scopes.name_scope(inside, default_name, values) as scope:
        yield tag, scope


def nothing() -> Tensor:
    """What a summary that is not recorded gives."""
    return constant_ops.constant(False)


def _recorded(make: Any, step: Any) -> Any:
    """Writes if summaries are recorded; `make` gets the writer's resource and the step."""
    if STATE.writer is None:
        return constant_ops.constant(False)
    step = STATE.step if step is None else step
    if step is None:
        raise ValueError("No step set via 'step' argument or tf.summary.experimental.set_step()")

    def record() -> Tensor:
        with scopes.device("cpu:0"):
            wrote = make(STATE.writer._resource, step)
            with scopes.control_dependencies([] if wrote is None else [wrote]):
                return constant_ops.constant(True)

    with scopes.device("cpu:0"):
        op = smart_cond.smart_cond(should_record(True), record, nothing, name="summary_cond")
        if not modes.executing_eagerly():
            graph_lib.get_default_graph().add_to_collection(GraphKeys._SUMMARY_COLLECTION, op)
        return op


@export(v2=("summary.write",))
def write(
    tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None
) -> Any:
    """Write a tensor to the default writer.

    Args:
      tag: the series that it belongs to.
      tensor: the tensor, any dtype and shape.
      step: the step, int64; that of `set_step` by default.
      metadata: a `SummaryMetadata` that says which plugin shows it, or its bytes.
      name: name of the operation.

    Returns:
      A bool scalar tensor: whether it was written.

    Raises:
      ValueError: there is a writer and no step.
    """
    with scopes.name_scope(name, "write_summary") as scope:
        data = b"" if metadata is None else metadata
        if hasattr(data, "SerializeToString"):
            data = data.SerializeToString()

        def make(resource: Any, at: Any) -> Any:
            return write_ops.WriteSummary.make(
                resource, at, identity_ops.identity(tensor), tag, data, name=scope
            )

        return _recorded(make, step)


@export(v2=("summary.experimental.write_raw_pb",))
def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> Any:
    """Write serialized `Summary` messages to the default writer.

    Args:
      tensor: the messages, string.
      step: the step, int64; that of `set_step` by default.
      name: name of the operation.

    Returns:
      A bool scalar tensor: whether they were written.

    Raises:
      ValueError: there is a writer and no step.
    """
    with scopes.name_scope(name, "write_raw_pb") as scope:

        def make(resource: Any, at: Any) -> Any:
            return write_ops.WriteRawProtoSummary.make(
                resource, at, identity_ops.identity(tensor), name=scope
            )

        return _recorded(make, step)
