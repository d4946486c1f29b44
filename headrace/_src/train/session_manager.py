"""SessionManager: makes sessions whose variables are initialized or restored."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.graph import get_default_graph
from headrace._src.engine.session import Session
from headrace._src.platform import logging
from headrace._src.train import checkpoint_state


def _maybe_name(obj: Any) -> str:
    """The name of an object, as far as it has one."""
    if obj is None:
        return "None"
    return obj.name if hasattr(obj, "name") else f"<no name for {type(obj)}>"


@export("train.SessionManager", v2=())
class SessionManager:
    """Makes sessions that are ready to use.

    Args:
      local_init_op: run in each new session, once the global variables are there.
      ready_op: 1-D string tensor with the names of what is not initialized.
      ready_for_local_init_op: the same, of what `local_init_op` needs.
      graph: the graph; the default graph when left out.
      recovery_wait_secs: seconds between two looks at whether the model is ready.
      local_init_run_options: `RunOptions` for `local_init_op`.

    Raises:
      ValueError: `ready_for_local_init_op` is given without `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Any = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
    ) -> None:
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = get_default_graph() if graph is None else graph
        self._recovery_wait_secs = recovery_wait_secs
        self._target: Any = None
        self._local_init_run_options = local_init_run_options
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op "
                f", ready_for_local_init_op [{ready_for_local_init_op}]"
            )

    def _restore_checkpoint(
        self,
        master: Any,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """A new session, and whether a checkpoint was restored into it."""
        self._target = master
        sess = Session(master, graph=self._graph, config=config)
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError(
                "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
            )
        if not saver or not (checkpoint_dir or checkpoint_filename_with_path):
            return sess, False
        if checkpoint_filename_with_path:
            saver.restore(sess, checkpoint_filename_with_path)
            return sess, True
        waited = 0.0
        state = checkpoint_state.get_checkpoint_state(checkpoint_dir)
        while not state or not state.model_checkpoint_path:
            if not wait_for_checkpoint or waited >= max_wait_secs:
                return sess, False
            logging.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs
            state = checkpoint_state.get_checkpoint_state(checkpoint_dir)
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        return sess, True

    def prepare_session(
        self,
        master: Any,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Any = None,
    ) -> Any:
        """Makes a session, and restores its variables or else initializes them.

        Args:
          master: the target of the session.
          init_op: initializes the variables when there is no checkpoint.
          saver: a `Saver`, to restore with.
          checkpoint_dir: a directory whose latest checkpoint to restore.
          checkpoint_filename_with_path: a checkpoint to restore.
          wait_for_checkpoint: whether to wait until there is one.
          max_wait_secs: seconds to wait at the most.
          config: a `ConfigProto`.
          init_feed_dict: what to feed to `init_op`.
          init_fn: called with the session after `init_op`.

        Returns:
          The `Session`.

        Raises:
          RuntimeError: something is not initialized after all.
          ValueError: two checkpoints are given.
        """
        sess, restored = self._restore_checkpoint(
            master,
            saver,
            checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
            wait_for_checkpoint=wait_for_checkpoint,
            max_wait_secs=max_wait_secs,
            config=config,
        )
        if not restored:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError(
                    "Model is not initialized and no init_op or init_fn or local_init_op was given"
                )
            if init_op is not None:
                sess.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(sess)
        done, why = self._try_run_local_init_op(sess)
        if not done:
            raise RuntimeError(
                "Init operations did not make model ready for local_init.  "
                f"Init op: {_maybe_name(init_op)}, init fn: {init_fn}, error: {why}"
            )
        ready, why = self._model_ready(sess)
        if not ready:
            raise RuntimeError(
                "Init operations did not make model ready.  "
                f"Init op: {_maybe_name(init_op)}, init fn: {init_fn}, "
                f"local_init_op: {self._local_init_op}, error: {why}"
            )
        return sess

    def recover_session(
        self,
        master: Any,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """Makes a session, and restores its variables if that is possible.

        Args:
          master: the target of the session.
          saver: a `Saver`.
          checkpoint_dir: a directory whose latest checkpoint to restore.
          checkpoint_filename_with_path: a checkpoint to restore.
          wait_for_checkpoint: whether to wait until there is one.
          max_wait_secs: seconds to wait at the most.
          config: a `ConfigProto`.

        Returns:
          (session, whether everything was restored).

        Raises:
          ValueError: two checkpoints are given.
        """
        sess, restored = self._restore_checkpoint(
            master,
            saver,
            checkpoint_dir=checkpoint_dir,
            checkpoint_filename_with_path=checkpoint_filename_with_path,
            wait_for_checkpoint=wait_for_checkpoint,
            max_wait_secs=max_wait_secs,
            config=config,
        )
        done, why = self._try_run_local_init_op(sess)
        if not restored:
            return sess, False
        source = checkpoint_dir or checkpoint_filename_with_path
        if not done:
            logging.info(
                "Restoring model from %s did not make model ready for local init: %s", source, why
            )
            return sess, False
        ready, why = self._model_ready(sess)
        if not ready:
            logging.info("Restoring model from %s did not make model ready: %s", source, why)
            return sess, False
        logging.info("Restored model from %s", source)
        return sess, True

    def wait_for_session(
        self, master: Any, config: Any = None, max_wait_secs: float | None = float("Inf")
    ) -> Any:
        """Makes a session, and waits until somebody else has initialized its variables.

        Args:
          master: the target of the session.
          config: a `ConfigProto`.
          max_wait_secs: seconds to wait at the most.

        Returns:
          The `Session`.

        Raises:
          DeadlineExceededError: that took too long.
        """
        self._target = master
        if max_wait_secs is None:
            max_wait_secs = float("Inf")
        timer = _CountDownTimer(max_wait_secs)
        while True:
            sess = Session(master, graph=self._graph, config=config)
            why = None
            done, why_not_local = self._try_run_local_init_op(sess)
            if done:
                ready, why = self._model_ready(sess)
                if ready:
                    return sess
            sess.close()
            if timer.secs_remaining() < self._recovery_wait_secs:
                raise errors.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {int(max_wait_secs)} secs."
                )
            logging.info(
                "Waiting for model to be ready.  Ready_for_local_init_op:  %s, ready: %s",
                why_not_local,
                why,
            )
            time.sleep(self._recovery_wait_secs)

    def _model_ready(self, sess: Any) -> tuple[bool, str | None]:
        return _ready(self._ready_op, sess, "Model not ready")

    def _model_ready_for_local_init(self, sess: Any) -> tuple[bool, str | None]:
        return _ready(self._ready_for_local_init_op, sess, "Model not ready for local init")

    def _try_run_local_init_op(self, sess: Any) -> tuple[bool, str | None]:
        """Runs `local_init_op`: (whether it could be run, why not)."""
        if self._local_init_op is None:
            return True, None
        ready, why = self._model_ready_for_local_init(sess)
        if not ready:
            return False, why
        logging.info("Running local_init_op.")
        sess.run(self._local_init_op, options=self._local_init_run_options)
        logging.info("Done running local_init_op.")
        return True, None


def _ready(op: Any, sess: Any, msg: str) -> tuple[bool, str | None]:
    """(whether the strings of `op` are none, what they say otherwise)."""
    if op is None:
        return True, None
    try:
        value = sess.run(op)
    except errors.FailedPreconditionError as e:
        if "uninitialized" not in str(e):
            logging.warning("%s : error [%s]", msg, str(e))
            raise
        return False, str(e)
    # An operation, and int32, were other ways to say so.
    if value is None or value.dtype == np.int32 or value.size == 0:
        return True, None
    names = ", ".join(name.decode("utf-8") for name in value)
    return False, "Variables not initialized: " + names


class _CountDownTimer:
    """Counts seconds down to zero."""

    def __init__(self, duration_secs: float) -> None:
        self._start_time_secs = time.time()
        self._duration_secs = duration_secs

    def secs_remaining(self) -> float:
        """Returns the seconds that remain."""
        return max(0, self._duration_secs - (time.time() - self._start_time_secs))
