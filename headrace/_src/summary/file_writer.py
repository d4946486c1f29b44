"""FileWriter: summaries, graphs and other events for TensorBoard."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from types import TracebackType
from typing import Any, ClassVar

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core.opspec import lookup
from headrace._src.platform import modes
from headrace._src.proto import graph_export, messages
from headrace._src.summary.event_queue import EventFileWriter

_CLOSED_WARNING = (
    "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is "
    "explicitly reopened."
)


def _is_message(value: Any, kind: Any) -> bool:
    """Whether `value` is a message of this kind, be it ours or that of another library."""
    descriptor = getattr(value, "DESCRIPTOR", None)
    return bool(getattr(descriptor, "full_name", None) == kind.DESCRIPTOR.full_name)


class SummaryToEventTransformer:
    """Turns summaries, graphs, ... into events for an event writer.

    Args:
      event_writer: What takes the events: it has `add_event` and `get_logdir`.
      graph: A `Graph` to add, or None.
      graph_def: Deprecated: a `GraphDef` to add.
    """

    def __init__(self, event_writer: Any, graph: Any = None, graph_def: Any = None) -> None:
        self.event_writer = event_writer
        self._session_run_tags: set[str] = set()
        self._seen_summary_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            whole = graph_def if graph_def is not None else graph
            self.add_meta_graph(_meta_graph(_as_graph_def(whole)))

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Add a summary; metadata is written with the first value of a tag only.

        Args:
          summary: A `Summary`, or its serialized bytes.
          global_step: The step it belongs to.

        Raises:
          DecodeError: The bytes are not a `Summary`.
        """
        if isinstance(summary, bytes):
            summary = messages.Summary.FromString(summary)
        elif summary.value:
            # The caller's message stays as it is, and may come from another library.
            summary = messages.Summary.FromString(summary.SerializeToString())
        event = messages.Event(summary=summary)
        for value in event.summary.value:
            if value.tag in self._seen_summary_tags:
                value.ClearField("metadata")
            self._seen_summary_tags.add(value.tag)
        self._add_event(event, global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Add a `SessionLog`.

        Args:
          session_log: The message.
          global_step: The step it belongs to.
        """
        event = messages.Event()
        event.session_log.ParseFromString(session_log.SerializeToString())
        self._add_event(event, global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Add a graph.

        Args:
          graph: A `Graph`; a `GraphDef` is taken too, with a warning.
          global_step: The step it belongs to.
          graph_def: Deprecated: a `GraphDef`.

        Raises:
          TypeError: It is neither.
          ValueError: Both `graph` and `graph_def` are given.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph if graph is not None else graph_def
        if _is_message(given, messages.GraphDef):
            logging.getLogger("tensorflow").warning(
                "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object "
                "instead, such as `sess.graph`."
            )
        elif not isinstance(given, graph_lib.Graph):
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`"
            )
        data = _as_graph_def(given).SerializeToString()
        self._add_event(messages.Event(graph_def=data), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Add a `MetaGraphDef`.

        Args:
          meta_graph_def: The message.
          global_step: The step it belongs to.

        Raises:
          TypeError: It is something else.
        """
        if not _is_message(meta_graph_def, messages.MetaGraphDef):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        data = meta_graph_def.SerializeToString()
        self._add_event(messages.Event(meta_graph_def=data), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Add what one `Session.run` reported.

        Args:
          run_metadata: A `RunMetadata`.
          tag: A name for it, used once.
          global_step: The step it belongs to.

        Raises:
          ValueError: The tag was used before.
        """
        if tag in self._session_run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._session_run_tags.add(tag)
        tagged = messages.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(messages.Event(tagged_run_metadata=tagged), global_step)

    def _add_event(self, event: Any, step: Any) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)


def _as_graph_def(graph: Any) -> Any:
    if isinstance(graph, graph_lib.Graph):
        return graph_export.graph_def(graph, add_shapes=True)
    return messages.GraphDef.FromString(graph.SerializeToString())


def _meta_graph(graph_def: Any) -> Any:
    """The MetaGraphDef of a graph: its nodes and the interfaces of the ops it uses."""
    from headrace._src.platform import versions

    meta_graph = messages.MetaGraphDef(graph_def=graph_def)
    info = meta_graph.meta_info_def
    info.tensorflow_version = versions.VERSION
    info.tensorflow_git_version = versions.GIT_VERSION
    used = {node.op for node in graph_def.node}
    used.update(n.op for function in graph_def.library.function for n in function.node_def)
    for spec in map(lookup, sorted(used)):
        if spec is not None:
            info.stripped_op_list.op.append(graph_export.op_def(spec))
    return meta_graph


@export("summary.FileWriter", v2=())
class FileWriter(SummaryToEventTransformer):
    """Write summaries and other events to a new event file of a directory.

    A thread does the writing, so that training need not wait for it. The writer is a context
    manager that closes it. Writing errors are raised by the calls that follow.

    Args:
      logdir: The directory, made if need be.
      graph: A `Graph` to add, such as `sess.graph`.
      max_queue: Events that may wait to be written; one more makes the caller wait.
      flush_secs: Seconds after which events reach the file.
      graph_def: Deprecated: a `GraphDef` to add.
      filename_suffix: What the name of the file ends in.
      session: A session that does the writing, by operations that are added to its graph; then
        there is no thread, and writers of one directory share the file.

    Raises:
      OpError: The directory cannot be made.
      RuntimeError: Execution is eager.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        if modes.executing_eagerly():
            raise RuntimeError(
                "tf.summary.FileWriter is not compatible with eager execution. Use "
                "tf.contrib.summary instead."
            )
        self._closed = False
        writer: Any
        if session is None:
            writer = EventFileWriter(logdir, max_queue, flush_secs, filename_suffix)
        else:
            from headrace._src.summary.session_file_writer import SessionFileWriter

            writer = SessionFileWriter(session, logdir, max_queue, flush_secs, filename_suffix)
        super().__init__(writer, graph, graph_def)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def get_logdir(self) -> str:
        """Return the directory of the event file."""
        return self.event_writer.get_logdir()  # type: ignore[no-any-return]

    def _warn_if_closed(self) -> None:
        if self._closed:
            warnings.warn(_CLOSED_WARNING, stacklevel=4)

    def _add_event(self, event: Any, step: Any) -> None:
        self._warn_if_closed()
        super()._add_event(event, step)

    def add_event(self, event: Any) -> None:
        """Add an event as it is.

        Args:
          event: An `Event`.

        Raises:
          TypeError: It is something else.
        """
        self._warn_if_closed()
        self.event_writer.add_event(event)

    def flush(self) -> None:
        """Wait until all events so far have reached the file.

        Raises:
          OpError: Writing failed.
        """
        self._warn_if_closed()
        self.event_writer.flush()

    def close(self) -> None:
        """Write what waits and complete the file; a second call does nothing.

        Raises:
          OpError: Writing failed.
        """
        self._closed = True
        self.event_writer.close()

    def reopen(self) -> None:
        """Begin a new event file after `close`; does nothing when the writer is open."""
        self.event_writer.reopen()
        self._closed = False


@export("summary.FileWriterCache", v2=())
class FileWriterCache:
    """One `FileWriter` a directory, shared by the whole process."""

    _cache: ClassVar[dict[str, FileWriter]] = {}
    _lock: ClassVar[threading.RLock] = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Close all writers and forget them."""
        with FileWriterCache._lock:
            writers = list(FileWriterCache._cache.values())
            FileWriterCache._cache.clear()
            for writer in writers:
                writer.close()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """Return the writer of a directory; a new one also writes the default graph.

        Args:
          logdir: The directory.

        Returns:
          The `FileWriter`.
        """
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(
                    logdir, graph=graph_lib.get_default_graph()
                )
            return FileWriterCache._cache[logdir]
