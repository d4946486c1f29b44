"""Hooks: what is called around the runs of a monitored session, and what it is told."""

from __future__ import annotations

from typing import Any, NamedTuple

from headrace._api.export import export


@export("train.SessionRunHook", "estimator.SessionRunHook", v2=("estimator.SessionRunHook",))
class SessionRunHook:
    """Base of hooks; every method does nothing."""

    def begin(self) -> None:
        """Called once, while the graph may still be changed."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called for each session made: the first one and those after a recovery.

        Args:
          session: the `Session`; its graph is finalized.
          coord: the `Coordinator` of its threads.
        """

    def before_run(self, run_context: Any) -> Any:
        """Called before each run.

        Args:
          run_context: a `SessionRunContext`.

        Returns:
          A `SessionRunArgs` with what to fetch and feed besides, or None.
        """
        return None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Called after each run that did not fail.

        Args:
          run_context: the `SessionRunContext` that `before_run` saw.
          run_values: a `SessionRunValues` with what `before_run` asked for.
        """

    def end(self, session: Any) -> None:
        """Called before the session is closed, unless an error ended it.

        Args:
          session: the `Session`.
        """


@export("train.SessionRunArgs", "estimator.SessionRunArgs", v2=("estimator.SessionRunArgs",))
class SessionRunArgs(NamedTuple):
    """What to add to a run.

    Args:
      fetches: what to fetch, as for `Session.run`.
      feed_dict: what to feed, as for `Session.run`.
      options: a `RunOptions`.
    """

    fetches: Any
    feed_dict: Any = None
    options: Any = None


@export(
    "train.SessionRunContext", "estimator.SessionRunContext", v2=("estimator.SessionRunContext",)
)
class SessionRunContext:
    """What hooks learn about a run, and how they stop the loop around it.

    Args:
      original_args: a `SessionRunArgs` with what the caller asked for.
      session: the `Session` that will run.
    """

    def __init__(self, original_args: Any, session: Any) -> None:
        self._original_args = original_args
        self._session = session
        self._stop_requested = False

    @property
    def original_args(self) -> Any:
        """What the caller asked for, a `SessionRunArgs`."""
        return self._original_args

    @property
    def session(self) -> Any:
        """The session."""
        return self._session

    @property
    def stop_requested(self) -> bool:
        """Whether a hook asked to stop."""
        return self._stop_requested

    def request_stop(self) -> None:
        """Makes `should_stop` of the monitored session true."""
        self._stop_requested = True


@export("train.SessionRunValues", "estimator.SessionRunValues", v2=("estimator.SessionRunValues",))
class SessionRunValues(NamedTuple):
    """What a run gave.

    Args:
      results: values of the fetches that `before_run` returned, in their structure.
      options: the `RunOptions` of the run.
      run_metadata: its `RunMetadata`.
    """

    results: Any
    options: Any
    run_metadata: Any
