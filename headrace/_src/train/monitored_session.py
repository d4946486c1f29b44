"""Monitored sessions: initialization, hooks, checkpoints and recovery around a training loop."""

from __future__ import annotations

import inspect
from types import TracebackType
from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.train import queue_runner
from headrace._src.train.coordinator import Coordinator
from headrace._src.train.scaffold import Scaffold
from headrace._src.train.session_creator import (
    ChiefSessionCreator,
    SessionCreator,
    WorkerSessionCreator,
)
from headrace._src.train.step_hooks import StepCounterHook
from headrace._src.train.wrapped_session import (
    StepContext,
    _CoordinatedSession,
    _HookedSession,
    _RecoverableSession,
)

# No value is given, which is not the same as None.
USE_DEFAULT = object()


class _CoordinatedSessionCreator(SessionCreator):
    """Makes sessions with hooks and threads."""

    def __init__(self, session_creator: Any, hooks: Any, stop_grace_period_secs: float) -> None:
        self._session_creator = session_creator
        self._hooks = hooks
        self.coord: Any = None
        self.tf_sess: Any = None
        self._stop_grace_period_secs = stop_grace_period_secs

    def create_session(self) -> Any:
        self.tf_sess = self._session_creator.create_session()
        # Even the end of the input is to reach the caller.
        self.coord = Coordinator(clean_stop_exception_types=[])
        if get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS):
            queue_runner.start_queue_runners(sess=self.tf_sess, coord=self.coord)
        for hook in self._hooks:
            hook.after_create_session(self.tf_sess, self.coord)
        return _CoordinatedSession(
            _HookedSession(self.tf_sess, self._hooks), self.coord, self._stop_grace_period_secs
        )


class _MonitoredSession:
    """What `MonitoredSession` and `SingularMonitoredSession` share."""

    StepContext = StepContext
    _CoordinatedSessionCreator = _CoordinatedSessionCreator

    def __init__(
        self,
        session_creator: Any,
        hooks: Any,
        should_recover: bool,
        stop_grace_period_secs: float = 120,
    ) -> None:
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = hooks or []
        for hook in self._hooks:
            hook.begin()
        self._coordinated_creator = _CoordinatedSessionCreator(
            session_creator=session_creator or ChiefSessionCreator(),
            hooks=self._hooks,
            stop_grace_period_secs=stop_grace_period_secs,
        )
        self._sess: Any = (
            _RecoverableSession(self._coordinated_creator)
            if should_recover
            else self._coordinated_creator.create_session()
        )

    @property
    def graph(self) -> Any:
        """The graph; None once the session is closed."""
        sess = self._tf_sess()
        return None if sess is None else sess.graph

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        """Runs as `Session.run` does, with the hooks around it.

        Args:
          fetches: what to fetch.
          feed_dict: what to feed.
          options: a `RunOptions`.
          run_metadata: a `RunMetadata` to fill.

        Returns:
          The values, in the structure of `fetches`.

        Raises:
          RuntimeError: a hook has requested a stop, or two feed one tensor.
        """
        return self._sess.run(
            fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
        )

    def run_step_fn(self, step_fn: Any) -> Any:
        """Calls a function that may run with and without hooks.

        Args:
          step_fn: function of `step_context`, with `session`, `run_with_hooks` and `request_stop`.

        Returns:
          What it returns.

        Raises:
          StopIteration: it requested a stop.
          ValueError: it has other arguments.
        """
        names = tuple(inspect.signature(step_fn).parameters)
        if names not in (("step_context",), ("self", "step_context")):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and "
                f"`step_context` arguments if it's an instance method. Got {names} instead."
            )
        return self._sess.run_step_fn(step_fn, self._tf_sess(), run_with_hooks=None)

    def should_stop(self) -> bool:
        """Returns whether the loop should end."""
        return self._sess is None or self._sess.should_stop()

    def close(self) -> None:
        """Ends the hooks, the threads and the session."""
        self._close_internal()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        # The end of the input is how a loop ends.
        if exception_type in (errors.OutOfRangeError, StopIteration):
            exception_type = None
        self._close_internal(exception_type)
        return exception_type is None

    def _close_internal(self, exception_type: Any = None) -> None:
        try:
            if not exception_type:
                for hook in self._hooks:
                    hook.end(self._coordinated_creator.tf_sess)
        finally:
            try:
                if self._sess is None:
                    raise RuntimeError("Session is already closed.")
                self._sess.close()
            finally:
                self._sess = None
                self._coordinated_creator.tf_sess = None
                self._coordinated_creator.coord = None
                if not self._graph_was_finalized:
                    get_default_graph()._unsafe_unfinalize()

    def _is_closed(self) -> bool:
        return self._coordinated_creator.tf_sess is None

    def _tf_sess(self) -> Any:
        return self._coordinated_creator.tf_sess


@export("train.MonitoredSession", v2=())
class MonitoredSession(_MonitoredSession):
    """Runs a training loop: initializes, calls hooks, starts over after a preemption.

    Args:
      session_creator: a `SessionCreator`; a `ChiefSessionCreator` by default.
      hooks: list of `SessionRunHook`s.
      stop_grace_period_secs: seconds that threads get to stop.
    """

    def __init__(
        self,
        session_creator: Any = None,
        hooks: Any = None,
        stop_grace_period_secs: float = 120,
    ) -> None:
        super().__init__(
            session_creator,
            hooks,
            should_recover=True,
            stop_grace_period_secs=stop_grace_period_secs,
        )


@export("train.SingularMonitoredSession", v2=())
class SingularMonitoredSession(_MonitoredSession):
    """Runs a training loop as `MonitoredSession` does, in one session that can be had.

    Args:
      hooks: list of `SessionRunHook`s.
      scaffold: the `Scaffold`; a default one when left out.
      master: the target of the session.
      config: a `ConfigProto`.
      checkpoint_dir: a directory whose latest checkpoint to restore.
      stop_grace_period_secs: seconds that threads get to stop.
      checkpoint_filename_with_path: a checkpoint to restore.
    """

    def __init__(
        self,
        hooks: Any = None,
        scaffold: Any = None,
        master: Any = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold=scaffold,
            master=master,
            config=config,
            checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
        )
        super().__init__(
            creator,
            hooks,
            should_recover=False,
            stop_grace_period_secs=stop_grace_period_secs,
        )

    def raw_session(self) -> Any:
        """Returns the `Session`."""
        return self._tf_sess()


def _interval(first: Any, second: Any, default: tuple[Any, Any]) -> tuple[Any, Any]:
    """Two ways to give an interval: the default when neither is given, None for one that is not."""
    if first is USE_DEFAULT and second is USE_DEFAULT:
        return default
    return tuple(None if x is USE_DEFAULT else x for x in (first, second))  # type: ignore[return-value]


def _positive(*intervals: Any) -> bool:
    return any(x and x > 0 for x in intervals)


@export("train.MonitoredTrainingSession", v2=())
def MonitoredTrainingSession(  # noqa: N802
    master: Any = "",
    is_chief: bool = True,
    checkpoint_dir: Any = None,
    scaffold: Any = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: Any = None,
) -> MonitoredSession:
    """Makes a `MonitoredSession` that saves checkpoints and summaries.

    Args:
      master: the target of the session.
      is_chief: whether it initializes and saves, rather than waits for who does.
      checkpoint_dir: the directory of checkpoints; the latest is restored.
      scaffold: the `Scaffold`; a default one when left out.
      hooks: list of `SessionRunHook`s.
      chief_only_hooks: those of the chief.
      save_checkpoint_secs: saves every so many seconds; 600 by default, None for never.
      save_summaries_steps: writes summaries every so many steps; 100 by default, None for never.
      save_summaries_secs: writes summaries every so many seconds.
      config: a `ConfigProto`.
      stop_grace_period_secs: seconds that threads get to stop.
      log_step_count_steps: logs steps a second every so many steps; None for never.
      max_wait_secs: seconds that a worker waits for the chief.
      save_checkpoint_steps: saves every so many steps.
      summary_dir: the directory of summaries; `checkpoint_dir` by default.

    Returns:
      The `MonitoredSession`.
    """
    summaries = _interval(save_summaries_steps, save_summaries_secs, (100, None))
    checkpoints = _interval(save_checkpoint_steps, save_checkpoint_secs, (None, 600))
    scaffold = scaffold or Scaffold()
    if not is_chief:
        return MonitoredSession(
            WorkerSessionCreator(scaffold, master, config, max_wait_secs),
            hooks or [],
            stop_grace_period_secs,
        )
    all_hooks = list(chief_only_hooks or [])
    creator = ChiefSessionCreator(
        scaffold=scaffold, checkpoint_dir=checkpoint_dir, master=master, config=config
    )
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir or checkpoint_dir:
        all_hooks += _file_hooks(
            scaffold, checkpoint_dir, summary_dir, log_step_count_steps, summaries, checkpoints
        )
    return MonitoredSession(creator, all_hooks + list(hooks or []), stop_grace_period_secs)


def _file_hooks(
    scaffold: Any,
    checkpoint_dir: Any,
    summary_dir: Any,
    log_step_count_steps: Any,
    summaries: tuple[Any, Any],
    checkpoints: tuple[Any, Any],
) -> list[Any]:
    """The hooks of a chief that write files."""
    from headrace._src.train.saving_hooks import CheckpointSaverHook, SummarySaverHook

    made: list[Any] = []
    if _positive(log_step_count_steps):
        made.append(StepCounterHook(output_dir=summary_dir, every_n_steps=log_step_count_steps))
    if _positive(*summaries):
        steps, seconds = summaries
        made.append(
            SummarySaverHook(
                scaffold=scaffold, save_steps=steps, save_secs=seconds, output_dir=summary_dir
            )
        )
    if checkpoint_dir and _positive(*checkpoints):
        steps, seconds = checkpoints
        made.append(
            CheckpointSaverHook(
                checkpoint_dir, save_steps=steps, save_secs=seconds, scaffold=scaffold
            )
        )
    return made
