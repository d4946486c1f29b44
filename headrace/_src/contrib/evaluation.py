"""tf.contrib.training and tf.contrib.slim.evaluation: evaluating checkpoints."""

from __future__ import annotations

import math
import time
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import control_dependencies
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import summary
from headrace._src.platform import logging
from headrace._src.state import assign, initializers, variable_scope
from headrace._src.state import global_step as global_step_lib
from headrace._src.summary.file_writer import FileWriterCache
from headrace._src.train import checkpoint_utils, monitored_session, scaffold, session_creator
from headrace._src.train import saver as saver_lib
from headrace._src.train.feed_hooks import FinalOpsHook
from headrace._src.train.session_run_hook import SessionRunArgs, SessionRunHook

# Says that an argument was left out, where None means something.
_DEFAULT: Final = 0


@export("contrib.training.get_or_create_eval_step", v2=())
def get_or_create_eval_step() -> Any:
    """Return the variable that counts evaluation steps, a local one; make it if it is missing.

    Raises:
      ValueError: there are several.
    """
    found = get_default_graph().get_collection(GraphKeys.EVAL_STEP)
    if len(found) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if found:
        return found[0]
    return variable_scope.get_variable(
        "eval_step",
        shape=[],
        dtype=dtypes.int64,
        initializer=initializers.Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


@export("contrib.training.StopAfterNEvalsHook", v2=())
class StopAfterNEvalsHook(SessionRunHook):
    """Stops after a number of evaluation steps.

    Args:
      num_evals: the number; None never stops.
      log_progress: whether progress is logged.
    """

    def __init__(self, num_evals: int | None, log_progress: bool = True) -> None:
        self._num_evals = num_evals
        self._evals_completed: Any = None
        self._log_progress = log_progress
        rare = num_evals is not None and num_evals >= 20
        self._log_frequency = math.floor((num_evals or 0) / 10.0) if rare else 1

    def _set_evals_completed_tensor(self, updated_eval_step: Any) -> None:
        self._evals_completed = updated_eval_step

    def before_run(self, run_context: Any) -> Any:
        """Asks for the count."""
        return SessionRunArgs({"evals_completed": self._evals_completed})

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Stops when the count is reached."""
        done = run_values.results["evals_completed"]
        if self._num_evals is None:
            if self._log_progress:
                logging.info("Evaluation [%d]", done)
            return
        if self._log_progress and (done % self._log_frequency == 0 or done == self._num_evals):
            logging.info("Evaluation [%d/%d]", done, self._num_evals)
        if done >= self._num_evals:
            run_context.request_stop()


@export("contrib.training.SummaryAtEndHook", v2=())
class SummaryAtEndHook(SessionRunHook):
    """Writes summaries at the end of a session.

    Args:
      log_dir: the folder.
      summary_writer: the writer, instead.
      summary_op: the summaries; all by default.
      feed_dict: what to feed.

    Raises:
      ValueError: neither a folder nor a writer.
    """

    def __init__(
        self,
        log_dir: Any = None,
        summary_writer: Any = None,
        summary_op: Any = None,
        feed_dict: Any = None,
    ) -> None:
        if log_dir is None and summary_writer is None:
            raise ValueError("One of log_dir or summary_writer should be used.")
        self._summary_op = summary_op
        self._replace_summary_op = summary_op is None
        self._feed_dict = feed_dict
        self._summary_writer = summary_writer
        self._log_dir = log_dir

    def begin(self) -> None:
        """Finds the summaries and the global step."""
        if self._replace_summary_op:
            self._summary_op = summary.merge_all()
        self._global_step = global_step_lib.get_or_create_global_step()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Opens the writer."""
        if self._summary_writer is None and self._log_dir:
            self._summary_writer = FileWriterCache.get(self._log_dir)

    def end(self, session: Any) -> None:
        """Writes the summaries."""
        if self._summary_op is not None:
            step = global_step_lib.global_step(session, self._global_step)
            value = session.run(self._summary_op, self._feed_dict)
            if self._summary_writer:
                self._summary_writer.add_summary(value, step)
        if self._summary_writer:
            self._summary_writer.flush()


def _counting(eval_ops: Any, update: Any) -> Any:
    """`eval_ops` with the operation that counts steps."""
    if isinstance(eval_ops, dict):
        eval_ops["update_eval_step"] = update
        return eval_ops
    if isinstance(eval_ops, (tuple, list)):
        return [*eval_ops, update]
    return [eval_ops, update]


@export("contrib.training.evaluate_once", v2=())
def evaluate_once(
    checkpoint_path: Any,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    hooks: Any = None,
    config: Any = None,
) -> Any:
    """Evaluate a checkpoint.

    Args:
      checkpoint_path: the checkpoint.
      master: target of the session.
      scaffold: a `tf.train.Scaffold`.
      eval_ops: what to run until a hook stops it; nothing when None.
      feed_dict: what to feed it.
      final_ops: what to evaluate at the end.
      final_ops_feed_dict: what to feed it.
      hooks: hooks, such as `StopAfterNEvalsHook`.
      config: a `ConfigProto`.

    Returns:
      The values of `final_ops`; None when there are none.
    """
    eval_step = get_or_create_eval_step()
    hooks = list(hooks or [])
    if eval_ops is not None:
        update = assign.assign_add(eval_step, 1, use_locking=True)
        eval_ops = _counting(eval_ops, update)
        done = list(eval_ops.values()) if isinstance(eval_ops, dict) else eval_ops
        with control_dependencies(done):
            count = identity_ops.identity(get_or_create_eval_step().read_value())
        for hook in hooks:
            if isinstance(hook, StopAfterNEvalsHook):
                hook._set_evals_completed_tensor(count)
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    _run(checkpoint_path, master, scaffold, eval_ops, feed_dict, [*hooks, final], config)
    return final.final_ops_values


def _run(
    path: Any, master: str, scaffold: Any, eval_ops: Any, feed_dict: Any, hooks: Any, config: Any
) -> None:
    logging.info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    creator = session_creator.ChiefSessionCreator(
        scaffold=scaffold, checkpoint_filename_with_path=path, master=master, config=config
    )
    with monitored_session.MonitoredSession(session_creator=creator, hooks=hooks) as session:
        if eval_ops is not None:
            while not session.should_stop():
                session.run(eval_ops, feed_dict)
    logging.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S"))


@export("contrib.training.evaluate_repeatedly", v2=())
def evaluate_repeatedly(
    checkpoint_dir: Any,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60,
    hooks: Any = None,
    config: Any = None,
    max_number_of_evaluations: Any = None,
    timeout: Any = None,
    timeout_fn: Any = None,
) -> Any:
    """Evaluate the checkpoints of a folder as they are written; see `evaluate_once`.

    Args:
      checkpoint_dir: the folder.
      master: target of the session.
      scaffold: a `tf.train.Scaffold`.
      eval_ops: what to run until a hook stops it; nothing when None.
      feed_dict: what to feed it.
      final_ops: what to evaluate at the end.
      final_ops_feed_dict: what to feed it.
      eval_interval_secs: seconds between evaluations at the least.
      hooks: hooks, such as `StopAfterNEvalsHook`.
      config: a `ConfigProto`.
      max_number_of_evaluations: after how many to end; None never ends.
      timeout: seconds to wait for a checkpoint at the most; None waits for ever.
      timeout_fn: function called when the time is over; the end if it returns true, or is None.

    Returns:
      The last values of `final_ops`; None when there are none.
    """
    eval_step = get_or_create_eval_step()
    hooks = hooks or []
    if eval_ops is not None:
        update = assign.assign_add(eval_step, 1)
        for hook in hooks:
            if isinstance(hook, StopAfterNEvalsHook):
                hook._set_evals_completed_tensor(update)
        eval_ops = _counting(eval_ops, update)
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    hooks.append(final)
    checkpoints = checkpoint_utils.checkpoints_iterator(
        checkpoint_dir, eval_interval_secs, timeout, timeout_fn
    )
    for done, path in enumerate(checkpoints, 1):
        _run(path, master, scaffold, eval_ops, feed_dict, hooks, config)
        if max_number_of_evaluations is not None and done >= max_number_of_evaluations:
            break
    return final.final_ops_values


def _hooks(num_evals: Any, logdir: Any, summary_op: Any, feed_dict: Any, hooks: Any) -> list[Any]:
    made: list[Any] = [StopAfterNEvalsHook(num_evals)]
    if summary_op is _DEFAULT:
        summary_op = summary.merge_all()
    if summary_op is not None:
        made.append(SummaryAtEndHook(logdir, summary_op=summary_op, feed_dict=feed_dict))
    return made + list(hooks or [])


@export("contrib.slim.evaluation.evaluate_once", v2=())
def slim_evaluate_once(
    master: str,
    checkpoint_path: Any,
    logdir: Any,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _DEFAULT,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    session_config: Any = None,
    hooks: Any = None,
) -> Any:
    """Evaluate a checkpoint, and write summaries.

    Args:
      master: target of the session.
      checkpoint_path: the checkpoint.
      logdir: folder of the summaries.
      num_evals: how often `eval_op` runs.
      initial_op: what initializes; all variables by default.
      initial_op_feed_dict: what it is fed.
      eval_op: what updates the metrics.
      eval_op_feed_dict: what it is fed.
      final_op: what to evaluate at the end.
      final_op_feed_dict: what it is fed.
      summary_op: the summaries; all by default, none when None.
      summary_op_feed_dict: what they are fed.
      variables_to_restore: what is restored, a list or dict; all variables by default.
      session_config: a `ConfigProto`.
      hooks: further hooks.

    Returns:
      The values of `final_op`; None when there is none.
    """
    all_hooks = _hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks)
    saver = None if variables_to_restore is None else saver_lib.Saver(variables_to_restore)
    return evaluate_once(
        checkpoint_path,
        master=master,
        scaffold=scaffold.Scaffold(
            init_op=initial_op, init_feed_dict=initial_op_feed_dict, saver=saver
        ),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        hooks=all_hooks,
        config=session_config,
    )


@export("contrib.slim.evaluation.evaluation_loop", v2=())
def evaluation_loop(
    master: str,
    checkpoint_dir: Any,
    logdir: Any,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    init_fn: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _DEFAULT,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: Any = None,
    session_config: Any = None,
    timeout: Any = None,
    timeout_fn: Any = None,
    hooks: Any = None,
) -> Any:
    """Evaluate checkpoints as they are written; see `evaluate_once` for most arguments.

    Args:
      master: target of the session.
      checkpoint_dir: folder of the checkpoints.
      logdir: folder of the summaries.
      num_evals: how often `eval_op` runs.
      initial_op: what initializes; all variables by default.
      initial_op_feed_dict: what it is fed.
      init_fn: function of scaffold and session, called after that.
      eval_op: what updates the metrics.
      eval_op_feed_dict: what it is fed.
      final_op: what to evaluate at the end.
      final_op_feed_dict: what it is fed.
      summary_op: the summaries; all by default, none when None.
      summary_op_feed_dict: what they are fed.
      variables_to_restore: what is restored, a list or dict; all variables by default.
      eval_interval_secs: seconds between evaluations at the least.
      max_number_of_evaluations: after how many to end; None never ends.
      session_config: a `ConfigProto`.
      timeout: seconds to wait for a checkpoint at the most; None waits for ever.
      timeout_fn: function called when the time is over; the end if it returns true, or is None.
      hooks: further hooks.

    Returns:
      The last values of `final_op`; None when there is none.
    """
    all_hooks = _hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks)
    saver = None if variables_to_restore is None else saver_lib.Saver(variables_to_restore)
    return evaluate_repeatedly(
        checkpoint_dir,
        master=master,
        scaffold=scaffold.Scaffold(
            init_op=initial_op,
            init_feed_dict=initial_op_feed_dict,
            init_fn=init_fn,
            saver=saver,
        ),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        eval_interval_secs=eval_interval_secs,
        hooks=all_hooks,
        config=session_config,
        max_number_of_evaluations=max_number_of_evaluations,
        timeout=timeout,
        timeout_fn=timeout_fn,
    )
