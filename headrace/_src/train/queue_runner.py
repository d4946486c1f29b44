"""QueueRunner: threads that keep a queue full."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from headrace._api.export import export
from headrace._src.core import default_session, errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.graphkeys import GraphKeys


@export("train.queue_runner.QueueRunner", "train.QueueRunner", v2=())
class QueueRunner:
    """Enqueue operations of a queue, each to be run by a thread of its own.

    Args:
      queue: the queue.
      enqueue_ops: the operations; one may stand several times.
      close_op: closes the queue when all threads have ended; made when left out.
      cancel_op: closes the queue and cancels waiting enqueues; made when left out.
      queue_closed_exception_types: exceptions that mean a normal end.
      queue_runner_def: a `QueueRunnerDef` to take everything from instead.
      import_scope: the name scope under which its operations are found.

    Raises:
      ValueError: arguments are missing or exclude each other.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if graph_lib.get_default_graph().executes:
            raise RuntimeError(
                "QueueRunners are not supported when eager execution is enabled. Instead, please "
                "use tf.data to get data into your model."
            )
        if queue_runner_def:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._init_from_proto(queue_runner_def, import_scope)
        else:
            self._init_from_args(
                queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types
            )
        self._lock = threading.Lock()
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._raised: list[BaseException] = []

    def _init_from_args(
        self, queue: Any, enqueue_ops: Any, close_op: Any, cancel_op: Any, closed: Any
    ) -> None:
        if not queue or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = enqueue_ops
        self._close_op = close_op if close_op is not None else queue.close()
        self._cancel_op = (
            cancel_op if cancel_op is not None else queue.close(cancel_pending_enqueues=True)
        )
        if closed is None:
            closed = (errors.OutOfRangeError,)
        elif (
            not isinstance(closed, tuple)
            or not closed
            or not all(issubclass(t, errors.OpError) for t in closed)
        ):
            raise TypeError(
                "queue_closed_exception_types, when provided, must be a tuple of tf.error types, "
                f"but saw: {closed}"
            )
        self._closed_types = closed

    def _init_from_proto(self, proto: Any, import_scope: str | None) -> None:
        graph = graph_lib.get_default_graph()

        def find(name: str) -> Any:
            full = f"{import_scope}/{name}" if import_scope else name
            return graph.as_graph_element(full)

        self._queue = find(proto.queue_name)
        self._enqueue_ops = [find(name) for name in proto.enqueue_op_name]
        self._close_op = find(proto.close_op_name)
        self._cancel_op = find(proto.cancel_op_name)
        codes = proto.queue_closed_exception_types
        self._closed_types = tuple(
            errors.exception_type_from_error_code(code) for code in codes
        ) or (errors.OutOfRangeError,)

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self) -> Any:
        """The operations that the threads run."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """The operation that closes the queue."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """The operation that closes the queue and cancels waiting enqueues."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> Any:
        """The exceptions that mean a normal end."""
        return self._closed_types

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """The exceptions that threads raised without a coordinator to tell."""
        return self._raised

    @property
    def name(self) -> str:
        """The name of the queue."""
        return self._queue.name  # type: ignore[no-any-return]

    def _run(self, sess: Any, enqueue_op: Any, coord: Any) -> None:
        """What a thread does: enqueues until the input ends or the coordinator stops."""
        left_early = False
        try:
            enqueue = sess.make_callable(enqueue_op)
            while not (coord and coord.should_stop()):
                try:
                    enqueue()
                except self._closed_types:
                    with self._lock:
                        self._running[sess] -= 1
                        left_early = True
                        last = self._running[sess] == 0
                    if last:
                        self._close(sess)
                    return
        except Exception as e:
            if coord:
                coord.request_stop(e)
            else:
                with self._lock:
                    self._raised.append(e)
                raise
        finally:
            if not left_early:
                with self._lock:
                    self._running[sess] -= 1

    def _close(self, sess: Any) -> None:
        try:
            sess.run(self._close_op)
        except (errors.CancelledError, RuntimeError):
            # The session was closed meanwhile, and the queue with it.
            return

    def _cancel_on_stop(self, sess: Any, coord: Any) -> None:
        """What the watching thread does: cancels waiting enqueues when the coordinator stops."""
        coord.wait_for_stop()
        try:
            sess.run(self._cancel_op)
        except (errors.CancelledError, RuntimeError):
            # The session was closed meanwhile, and the queue with it.
            return

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """Returns threads that run the enqueue operations in a session; none when they run already.

        Args:
          sess: the session.
          coord: a coordinator that stops them and hears of their exceptions.
          daemon: whether they are daemon threads.
          start: whether to start them.
        """
        with self._lock:
            if self._running.get(sess, 0) > 0:
                return []
            self._running[sess] = len(self._enqueue_ops)
            self._raised = []
        threads = [
            threading.Thread(
                target=self._run,
                args=(sess, op, coord),
                name=f"QueueRunnerThread-{self.name}-{getattr(op, 'name', op)}",
            )
            for op in self._enqueue_ops
        ]
        if coord:
            threads.append(
                threading.Thread(
                    target=self._cancel_on_stop,
                    args=(sess, coord),
                    name=f"QueueRunnerThread-{self.name}-close_on_stop",
                )
            )
        for t in threads:
            if coord:
                coord.register_thread(t)
            t.daemon = daemon or t.daemon
            if start:
                t.start()
        return threads

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns a `QueueRunnerDef`, or None when the queue is not in `export_scope`."""
        from headrace._src.proto import messages

        if export_scope is not None and not self._queue.name.startswith(export_scope):
            return None

        def strip(name: str) -> str:
            prefix = f"{export_scope}/" if export_scope else ""
            return name[len(prefix) :] if prefix and name.startswith(prefix) else name

        return messages.QueueRunnerDef(
            queue_name=strip(self._queue.name),
            enqueue_op_name=[strip(op.name) for op in self._enqueue_ops],
            close_op_name=strip(self._close_op.name),
            cancel_op_name=strip(self._cancel_op.name),
            queue_closed_exception_types=[
                errors.error_code_from_exception_type(t) for t in self._closed_types
            ],
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """Returns the queue runner that a `QueueRunnerDef` describes."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


@export("train.queue_runner.add_queue_runner", "train.add_queue_runner", v2=())
def add_queue_runner(qr: Any, collection: Any = GraphKeys.QUEUE_RUNNERS) -> None:
    """Adds a queue runner to a collection of the default graph."""
    graph_lib.add_to_collection(collection, qr)


@export("train.queue_runner.start_queue_runners", "train.start_queue_runners", v2=())
def start_queue_runners(
    sess: Any = None,
    coord: Any = None,
    daemon: bool = True,
    start: bool = True,
    collection: Any = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Starts the threads of all queue runners of the graph.

    Args:
      sess: the session; the default session when left out.
      coord: a coordinator that stops the threads.
      daemon: whether they are daemon threads.
      start: whether to start them.
      collection: where the queue runners are.

    Returns:
      The threads.

    Raises:
      ValueError: there is no session.
      TypeError: `sess` is no session.
    """
    if sess is None:
        sess = default_session.get_default_session()
        if not sess:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with "
                "sess.as_default()` or pass an explicit session to "
                "tf.start_queue_runners(sess=sess)"
            )
    if not hasattr(sess, "make_callable"):
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    with sess.graph.as_default():
        threads: list[threading.Thread] = []
        for qr in graph_lib.get_collection(collection):
            threads.extend(qr.create_threads(sess, coord=coord, daemon=daemon, start=start))
    return threads
