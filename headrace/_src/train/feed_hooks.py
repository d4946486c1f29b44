"""Hooks that feed the runs, and that evaluate at the end."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.platform import logging
from headrace._src.train.session_run_hook import SessionRunArgs, SessionRunHook


@export("train.FinalOpsHook", "estimator.FinalOpsHook", v2=("estimator.FinalOpsHook",))
class FinalOpsHook(SessionRunHook):
    """Evaluates tensors at the end of a session.

    Args:
      final_ops: what to fetch, as for `Session.run`.
      final_ops_feed_dict: what to feed.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._final_ops = final_ops
        self._final_ops_feed_dict = final_ops_feed_dict
        self._final_ops_values: Any = None

    @property
    def final_ops_values(self) -> Any:
        """The values, in the structure of `final_ops`; None before the end."""
        return self._final_ops_values

    def end(self, session: Any) -> None:
        """Evaluates.

        Raises:
          OutOfRangeError: the tensors depend on an input that has ended.
        """
        if self._final_ops is None:
            return
        try:
            self._final_ops_values = session.run(
                self._final_ops, feed_dict=self._final_ops_feed_dict
            )
        except (errors.OutOfRangeError, StopIteration):
            logging.warning(
                "An OutOfRangeError or StopIteration exception is raised by the code in "
                "FinalOpsHook. Its tensors should read variables only; these read another batch "
                "of an input that has ended."
            )
            raise


@export("train.FeedFnHook", "estimator.FeedFnHook", v2=("estimator.FeedFnHook",))
class FeedFnHook(SessionRunHook):
    """Feeds every run with what a function returns.

    Args:
      feed_fn: returns a dict tensor → value.
    """

    def __init__(self, feed_fn: Any) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: Any) -> Any:
        """Calls the function."""
        return SessionRunArgs(fetches=None, feed_dict=self.feed_fn())
