"""Supervisor: a session with initialization and services, before there were monitored sessions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.ops import grouping
from headrace._src.ops.summary import merge_all
from headrace._src.platform import logging
from headrace._src.proto import messages
from headrace._src.proto.graph_io import write_graph
from headrace._src.state import collections, resources
from headrace._src.state.global_step import global_step as read_global_step
from headrace._src.summary.file_writer import FileWriter
from headrace._src.train import meta_graph
from headrace._src.train.coordinator import Coordinator, LooperThread
from headrace._src.train.saver import Saver
from headrace._src.train.session_manager import SessionManager
from headrace._src.train.supervisor_threads import (
    SVStepCounterThread,
    SVSummaryThread,
    SVTimerCheckpointThread,
)

# Means that an argument is not given, where None means that the thing is not wanted. Compared by
# identity: another 0 is still this object.
_USE_DEFAULT = 0


def _first_of(key: str) -> Any:
    """The first element of a collection of the default graph, or None."""
    found = get_default_graph().get_collection(key)
    if len(found) > 1:
        logging.info("Found %d %s operations. Returning the first one.", len(found), key)
    return found[0] if found else None


def _first_or_made(given: Any, key: str, make: Any) -> Any:
    """What is given; else the first of a collection; else what `make` makes, put there."""
    if given is not _USE_DEFAULT:
        return given
    found = _first_of(key)
    if found is None:
        found = make()
        if found is not None:
            get_default_graph().add_to_collection(key, found)
    return found


def _default_local_init_op() -> Any:
    return grouping.group(collections.local_variables_initializer(), resources.tables_initializer())


def _default_saver() -> Any:
    return Saver() if collections.global_variables() else None


def _default_global_step() -> Any:
    try:
        found = get_default_graph().get_tensor_by_name("global_step:0")
    except KeyError:
        return None
    if found.dtype.base_dtype in (dtypes.int32, dtypes.int64):
        return found
    logging.warning("Found 'global_step' is not an int type: %s", found.dtype)
    return None


@export("train.Supervisor", v2=(), deprecated="tf.train.MonitoredTrainingSession")
class Supervisor:
    """Initializes or restores a model, and saves it and its summaries in the background.

    Args:
      graph: the graph; the default graph when left out. It is finalized.
      ready_op: 1-D string tensor with the names of what is not initialized; None for no check.
      ready_for_local_init_op: the same, of what `local_init_op` needs.
      is_chief: whether it initializes and saves, rather than waits for who does.
      init_op: initializes the global variables; None for no initialization.
      init_feed_dict: what to feed to it.
      local_init_op: initializes local variables and tables.
      logdir: the directory of checkpoints and events.
      summary_op: string scalar, a serialized `Summary`; None for no summaries.
      saver: the `Saver`; None for no checkpoints.
      global_step: the tensor that counts steps, or None.
      save_summaries_secs: seconds between two summaries; 0 for none.
      save_model_secs: seconds between two checkpoints; 0 for none.
      recovery_wait_secs: seconds between two looks at whether the model is ready.
      stop_grace_secs: seconds that threads get to stop.
      checkpoint_basename: beginning of the names of checkpoints.
      session_manager: makes the sessions; a `SessionManager` by default.
      summary_writer: writes the events; None for none.
      init_fn: called with the session after `init_op`.
      local_init_run_options: `RunOptions` for `local_init_op`.

    Raises:
      RuntimeError: in eager execution.
      ValueError: not chief, and a variable has no device.
    """

    USE_DEFAULT = _USE_DEFAULT

    def __init__(
        self,
        graph: Any = None,
        ready_op: Any = USE_DEFAULT,
        ready_for_local_init_op: Any = USE_DEFAULT,
        is_chief: bool = True,
        init_op: Any = USE_DEFAULT,
        init_feed_dict: Any = None,
        local_init_op: Any = USE_DEFAULT,
        logdir: Any = None,
        summary_op: Any = USE_DEFAULT,
        saver: Any = USE_DEFAULT,
        global_step: Any = USE_DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: Any = None,
        summary_writer: Any = USE_DEFAULT,
        init_fn: Any = None,
        local_init_run_options: Any = None,
    ) -> None:
        if get_default_graph().executes:
            raise RuntimeError("Supervisors are compatible with eager execution.")
        self._graph = graph = get_default_graph() if graph is None else graph
        self._init_feed_dict = init_feed_dict
        with graph.as_default():
            self._make_ops(ready_op, ready_for_local_init_op, init_op, local_init_op)
            self._saver = _first_or_made(saver, GraphKeys.SAVERS, _default_saver)
            self._summary_op = _first_or_made(summary_op, GraphKeys.SUMMARY_OP, merge_all)
            self._global_step = _first_or_made(
                global_step, GraphKeys.GLOBAL_STEP, _default_global_step
            )
        self._meta_graph_def = meta_graph.create_meta_graph_def(
            graph_def=graph.as_graph_def(add_shapes=True),
            saver_def=self._saver.saver_def if self._saver else None,
        )
        self._is_chief = is_chief
        self._coord = Coordinator()
        self._stop_grace_secs = stop_grace_secs
        self._init_fn = init_fn
        # Only the chief writes files.
        self._logdir = logdir if is_chief else None
        self._save_summaries_secs = save_summaries_secs if is_chief else None
        self._save_model_secs = save_model_secs if is_chief else None
        self._save_path = os.path.join(logdir, checkpoint_basename) if self._logdir else None
        if summary_writer is Supervisor.USE_DEFAULT:
            summary_writer = FileWriter(self._logdir) if self._logdir else None
        self._summary_writer = summary_writer if is_chief else None
        self._graph_added_to_summary = False
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op,
            ready_op=self._ready_op,
            ready_for_local_init_op=self._ready_for_local_init_op,
            graph=graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        self._verify_setup()
        graph.finalize()

    def _make_ops(
        self, ready_op: Any, ready_for_local_init_op: Any, init_op: Any, local_init_op: Any
    ) -> None:
        """Finds or makes the operations around initialization."""
        self._ready_op = _first_or_made(
            ready_op, GraphKeys.READY_OP, collections.report_uninitialized_variables
        )
        self._ready_for_local_init_op = _first_or_made(
            ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP, lambda: None
        )
        self._init_op = _first_or_made(
            init_op, GraphKeys.INIT_OP, collections.global_variables_initializer
        )
        self._local_init_op = _first_or_made(
            local_init_op, GraphKeys.LOCAL_INIT_OP, _default_local_init_op
        )

    def _verify_setup(self) -> None:
        if self._is_chief:
            return
        for op in self._graph.get_operations():
            if op.type in ("Variable", "VariableV2") and not op.device:
                raise ValueError(
                    f"When using replicas, all Variables must have their device set: {op}"
                )

    # -- what it has -------------------------------------------------------------------------

    @property
    def is_chief(self) -> bool:
        """Whether it initializes and saves."""
        return self._is_chief

    @property
    def session_manager(self) -> Any:
        """What makes its sessions."""
        return self._session_manager

    @property
    def coord(self) -> Coordinator:
        """The coordinator of its threads."""
        return self._coord

    @property
    def init_op(self) -> Any:
        """Initializes the global variables."""
        return self._init_op

    @property
    def init_feed_dict(self) -> Any:
        """What to feed to `init_op`."""
        return self._init_feed_dict

    @property
    def ready_op(self) -> Any:
        """Names of what is not initialized."""
        return self._ready_op

    @property
    def ready_for_local_init_op(self) -> Any:
        """Names of what `local_init_op` needs and is not initialized."""
        return self._ready_for_local_init_op

    @property
    def summary_writer(self) -> Any:
        """What writes events, or None."""
        return self._summary_writer

    @property
    def summary_op(self) -> Any:
        """The merged summaries, or None."""
        return self._summary_op

    @property
    def save_summaries_secs(self) -> Any:
        """Seconds between two summaries."""
        return self._save_summaries_secs

    @property
    def global_step(self) -> Any:
        """The tensor that counts steps, or None."""
        return self._global_step

    @property
    def saver(self) -> Any:
        """The `Saver`, or None."""
        return self._saver

    @property
    def save_model_secs(self) -> Any:
        """Seconds between two checkpoints."""
        return self._save_model_secs

    @property
    def save_path(self) -> Any:
        """Beginning of the names of checkpoints, or None."""
        return self._save_path

    # -- sessions ----------------------------------------------------------------------------

    def _write_graph(self) -> None:
        if self._logdir:
            write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self._summary_writer and not self._graph_added_to_summary:
            self._summary_writer.add_graph(self._graph)
            self._summary_writer.add_meta_graph(self._meta_graph_def)
            self._graph_added_to_summary = True

    def start_standard_services(self, sess: Any) -> Any:
        """Starts the threads that save and measure.

        Args:
          sess: the session.

        Returns:
          The threads; None without a `logdir`.

        Raises:
          RuntimeError: not chief.
        """
        if not self._is_chief:
            raise RuntimeError(
                "Only chief supervisor can start standard services. "
                "Because only chief supervisors can write events."
            )
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self._global_step is not None and self._summary_writer:
            self._summary_writer.add_session_log(
                messages.SessionLog(status=messages.SessionLog.START),
                read_global_step(sess, self._global_step),
            )
        threads: list[LooperThread] = []
        if self._save_summaries_secs and self._summary_writer:
            if self._summary_op is not None:
                threads.append(SVSummaryThread(self, sess))
            if self._global_step is not None:
                threads.append(SVStepCounterThread(self, sess))
        if self.saver and self._save_model_secs:
            threads.append(SVTimerCheckpointThread(self, sess))
        for thread in threads:
            thread.start()
        return threads

    def prepare_or_wait_for_session(
        self,
        master: Any = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Any:
        """Makes a session that is ready, and starts the services and the queue runners.

        Args:
          master: the target of the session.
          config: a `ConfigProto`.
          wait_for_checkpoint: whether to wait for a checkpoint.
          max_wait_secs: seconds to wait at the most.
          start_standard_services: whether to start threads.

        Returns:
          The `Session`.
        """
        # A session before this one may have stopped the coordinator and closed the writer.
        self._coord.clear_stop()
        if self._summary_writer:
            self._summary_writer.reopen()
        if self._is_chief:
            sess = self._session_manager.prepare_session(
                master,
                init_op=self.init_op,
                saver=self.saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self._init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                logging.info("Starting standard services.")
                self.start_standard_services(sess)
        else:
            sess = self._session_manager.wait_for_session(
                master, config=config, max_wait_secs=max_wait_secs
            )
        if start_standard_services:
            logging.info("Starting queue runners.")
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(
        self,
        master: Any = "",
        config: Any = None,
        start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """Returns a context manager whose value is a session that is ready.

        At the end of the block the threads are stopped, the session is closed, and what the block
        or a thread raised is raised, unless it means the end of the input.

        Args:
          master: the target of the session.
          config: a `ConfigProto`.
          start_standard_services: whether to start threads.
          close_summary_writer: whether to close the writer of events at the end.
        """
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(
                master=master, config=config, start_standard_services=start_standard_services
            )
            yield sess
        except Exception as e:
            self.request_stop(e)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if sess is not None:
                    sess.close()

    # -- threads -----------------------------------------------------------------------------

    def start_queue_runners(self, sess: Any, queue_runners: Any = None) -> list[Any]:
        """Starts the threads of queue runners.

        Args:
          sess: the session.
          queue_runners: list of `QueueRunner`s; those in their collection by default.

        Returns:
          The threads.

        Raises:
          RuntimeError: in eager execution.
        """
        if get_default_graph().executes:
            raise RuntimeError("Queues are not compatible with eager execution.")
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        threads: list[Any] = []
        for runner in queue_runners:
            threads += runner.create_threads(sess, coord=self._coord, daemon=True, start=True)
        return threads

    def loop(
        self, timer_interval_secs: float | None, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """Starts a thread that calls a function now and then.

        Args:
          timer_interval_secs: seconds between two calls, or None for no pause.
          target: the function.
          args: its positional arguments.
          kwargs: its keyword arguments.

        Returns:
          The thread.
        """
        looper = LooperThread(
            self._coord, timer_interval_secs, target=target, args=args, kwargs=kwargs
        )
        looper.start()
        return looper

    def stop(
        self,
        threads: Any = None,
        close_summary_writer: bool = True,
        ignore_live_threads: bool = False,
    ) -> None:
        """Stops the threads and waits for them.

        Args:
          threads: threads to wait for, besides those it started.
          close_summary_writer: whether to close the writer of events.
          ignore_live_threads: whether threads that do not stop are no error.

        Raises:
          BaseException: what a thread raised.
        """
        self._coord.request_stop()
        try:
            self._coord.join(
                threads,
                stop_grace_period_secs=self._stop_grace_secs,
                ignore_live_threads=ignore_live_threads,
            )
        finally:
            # After the threads, which may be writing.
            if close_summary_writer and self._summary_writer:
                stop = messages.SessionLog(status=messages.SessionLog.STOP)
                self._summary_writer.add_session_log(stop)
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def request_stop(self, ex: Any = None) -> None:
        """Asks the threads to stop; see `Coordinator.request_stop`."""
        self._coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Returns whether a stop was requested."""
        return self._coord.should_stop()

    def stop_on_exception(self) -> Any:
        """Returns a context manager that requests a stop when its block raises."""
        return self._coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Waits until a stop is requested."""
        self._coord.wait_for_stop()

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Writes a summary.

        Args:
          sess: the session.
          summary: a `Summary`, or a serialized one.
          global_step: the step it belongs to; the one of the session by default.

        Raises:
          RuntimeError: there is no writer.
        """
        if not self._summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self.global_step is not None:
            global_step = read_global_step(sess, self.global_step)
        self._summary_writer.add_summary(summary, global_step)

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed
