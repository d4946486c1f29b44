"""The layers of a monitored session: hooks, coordinated threads, recovery."""

from __future__ import annotations

from typing import Any

from headrace._src.core import errors
from headrace._src.platform import logging
from headrace._src.train.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunValues,
)

# Errors after which a new session can go on.
_PREEMPTION_ERRORS = (errors.AbortedError, errors.UnavailableError)


class StepContext:
    """What a step function is given by `run_step_fn`.

    Args:
      session: the `Session`.
      run_with_hooks_fn: runs as the monitored session does.
    """

    def __init__(self, session: Any, run_with_hooks_fn: Any) -> None:
        self._session = session
        self._run_with_hooks_fn = run_with_hooks_fn

    @property
    def session(self) -> Any:
        """The session, whose `run` calls no hooks."""
        return self._session

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """Runs as `MonitoredSession.run` does; returns what was fetched."""
        return self._run_with_hooks_fn(*args, **kwargs)

    def request_stop(self) -> None:
        """Leaves the step function, and stops.

        Raises:
          StopIteration: always.
        """
        raise StopIteration("step_fn has requested the iterations to stop.")


class _WrappedSession:
    """A session around a session."""

    def __init__(self, sess: Any) -> None:
        self._sess = sess
        self._wrapped_is_stoppable = isinstance(sess, _WrappedSession)

    @property
    def graph(self) -> Any:
        return self._sess.graph

    @property
    def sess_str(self) -> Any:
        return self._sess.sess_str

    def should_stop(self) -> bool:
        """Whether the session, or one inside it, wants to stop or is closed."""
        if self._check_stop():
            return True
        if self._sess:
            return self._wrapped_is_stoppable and self._sess.should_stop()
        return True

    def _check_stop(self) -> bool:
        """Whether this layer wants to stop."""
        return False

    def close(self) -> None:
        if not self._sess:
            return
        try:
            self._sess.close()
        except _PREEMPTION_ERRORS as e:
            logging.warning(
                "An error occurred when attempting to close the session. This may be due to a "
                "preemption in a connected worker or parameter server. Error: %s",
                e,
            )
        finally:
            self._sess = None

    def run(self, *args: Any, **kwargs: Any) -> Any:
        return self._sess.run(*args, **kwargs)

    def run_step_fn(self, step_fn: Any, raw_session: Any, run_with_hooks: Any) -> Any:
        return step_fn(StepContext(raw_session, run_with_hooks or self.run))


class _RecoverableSession(_WrappedSession):
    """Makes a new session, and runs again, after an error that a new session may not have."""

    def __init__(self, sess_creator: Any) -> None:
        self._sess_creator = sess_creator
        super().__init__(self._create_session())

    def _create_session(self) -> Any:
        while True:
            try:
                return self._sess_creator.create_session()
            except _PREEMPTION_ERRORS as e:
                logging.info(
                    "An error was raised while a session was being created. This may be due to a "
                    "preemption of a connected worker or parameter server. A new session will be "
                    "created. Error: %s",
                    e,
                )

    def _check_stop(self) -> bool:
        if not self._sess:
            return True
        try:
            return bool(self._sess._check_stop())
        except _PREEMPTION_ERRORS as e:
            logging.info(
                "An error was raised while considering whether the session is complete. This may "
                "be due to a preemption in a connected worker or parameter server. The current "
                "session will be closed and a new session will be created. Error: %s",
                e,
            )
            self.close()
            self._sess = self._create_session()
            return False
        except Exception:
            # A failed thread is reported by the next run, or when the session is closed.
            return True

    def _recover(self, e: Exception) -> None:
        logging.info(
            "An error was raised. This may be due to a preemption in a connected worker or "
            "parameter server. The current session will be closed and a new session will be "
            "created. Error: %s",
            e,
        )
        self.close()
        self._sess = None

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        while True:
            try:
                if not self._sess:
                    self._sess = self._create_session()
                return self._sess.run(
                    fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
                )
            except _PREEMPTION_ERRORS as e:
                self._recover(e)

    def run_step_fn(self, step_fn: Any, raw_session: Any, run_with_hooks: Any) -> Any:
        while True:
            try:
                if not self._sess:
                    self._sess = self._create_session()
                return self._sess.run_step_fn(step_fn, raw_session, self._sess.run)
            except _PREEMPTION_ERRORS as e:
                self._recover(e)


class _CoordinatedSession(_WrappedSession):
    """Stops together with the threads of a coordinator."""

    def __init__(self, sess: Any, coord: Any, stop_grace_period_secs: float = 120) -> None:
        super().__init__(sess)
        self._coord = coord
        self._stop_grace_period_secs = stop_grace_period_secs

    def _check_stop(self) -> bool:
        self._coord.raise_requested_exception()
        return bool(self._coord.should_stop())

    def close(self) -> None:
        self._coord.request_stop()
        try:
            self._coord.join(
                stop_grace_period_secs=self._stop_grace_period_secs, ignore_live_threads=True
            )
        finally:
            try:
                super().close()
            except Exception as e:
                # What `join` raised says more, and nothing can be done about the session.
                logging.debug("Closing the session failed: %s", e)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._sess.run(*args, **kwargs)
        except _PREEMPTION_ERRORS:
            raise
        except Exception:
            # A preempted thread may be the cause of this error; then a new session may help.
            cause = self._thread_failure()
            if isinstance(cause, _PREEMPTION_ERRORS):
                raise cause from None
            raise

    def _thread_failure(self) -> Exception | None:
        try:
            self._coord.raise_requested_exception()
        except Exception as e:
            return e
        return None


class _HookedSession(_WrappedSession):
    """Calls hooks around its runs."""

    def __init__(self, sess: Any, hooks: Any) -> None:
        super().__init__(sess)
        self._hooks = hooks
        self._should_stop = False

    def _check_stop(self) -> bool:
        return self._should_stop

    def run(
        self,
        fetches: Any,
        feed_dict: Any = None,
        options: Any = None,
        run_metadata: Any = None,
    ) -> Any:
        from headrace._src.proto import messages

        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        all_fetches = {"caller": fetches}
        context = SessionRunContext(
            original_args=SessionRunArgs(fetches, feed_dict), session=self._sess
        )
        options = options or messages.RunOptions()
        feed_dict = self._call_hook_before_run(context, all_fetches, feed_dict, options)
        run_metadata = run_metadata or messages.RunMetadata()
        outputs = super().run(
            fetches=all_fetches, feed_dict=feed_dict, options=options, run_metadata=run_metadata
        )
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(outputs.get(hook), options, run_metadata))
        self._should_stop = self._should_stop or context.stop_requested
        return outputs["caller"]

    def _call_hook_before_run(
        self, run_context: Any, fetch_dict: Any, user_feed_dict: Any, options: Any
    ) -> Any:
        """Asks the hooks what they want: adds to fetches and options, returns the feeds."""
        feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(run_context)
            if request is None:
                continue
            if request.fetches is not None:
                fetch_dict[hook] = request.fetches
            if request.feed_dict:
                _check_feeds(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options:
                _merge_run_options(options, request.options)
        if not feeds:
            return user_feed_dict
        if user_feed_dict:
            _check_feeds(user_feed_dict, feeds, "Same tensor is fed by a SessionRunHook and user.")
            feeds.update(user_feed_dict)
        return feeds


def _check_feeds(feeds1: Any, feeds2: Any, message: str) -> None:
    both = set(feeds1) & set(feeds2)
    if both:
        raise RuntimeError(f"{message} Conflict(s): {list(both)}")


def _merge_run_options(options: Any, incoming: Any) -> None:
    """Adds what `incoming` asks for to `options`: the greater number, either flag."""
    for field in (
        "trace_level",
        "timeout_in_ms",
        "inter_op_thread_pool",
        "output_partition_graphs",
        "report_tensor_allocations_upon_oom",
    ):
        setattr(options, field, max(getattr(options, field), getattr(incoming, field)))
    watched = incoming.debug_options.debug_tensor_watch_opts
    options.debug_options.debug_tensor_watch_opts.extend(watched)
    if incoming.debug_options.reset_disk_byte_usage:
        options.debug_options.reset_disk_byte_usage = True
