"""Hooks that follow the global step: when to stop, how fast it goes, when to begin."""

from __future__ import annotations

import time
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.platform import logging
from headrace._src.state import global_step as global_step_lib
from headrace._src.state import initializers, variable_scope
from headrace._src.train.hook_timer import SecondOrStepTimer
from headrace._src.train.session_run_hook import SessionRunArgs, SessionRunHook

_HOOKS = "hooks"
_STEPS_PER_RUN_VAR = "steps_per_run"


def global_step_read(user: str) -> Any:
    """The tensor with the global step as it was before a run.

    Raises:
      RuntimeError: there is no global step; `user` needs one.
    """
    found = global_step_lib.get_or_create_global_step_read()
    if found is None:
        raise RuntimeError(f"Global step should be created to use {user}.")
    return found


def get_or_create_steps_per_run_variable() -> Any:
    """The local variable that says how many steps one run makes.

    Returns:
      A resource variable, int32 scalar.

    Raises:
      RuntimeError: its collection holds several.
    """
    key = f"{_HOOKS}_{_STEPS_PER_RUN_VAR}"
    found = get_default_graph().get_collection(key)
    if len(found) > 1:
        raise RuntimeError("Multiple steps_per_run_var in collection.")
    if found:
        return found[0]
    with variable_scope.variable_scope(_HOOKS, reuse=variable_scope.AUTO_REUSE):
        return variable_scope.get_variable(
            _STEPS_PER_RUN_VAR,
            initializer=initializers.Ones(),
            shape=[],
            dtype=dtypes.int32,
            trainable=False,
            collections=[key, GraphKeys.LOCAL_VARIABLES],
            use_resource=True,
        )


def _check_limits(num_steps: Any, last_step: Any) -> None:
    if num_steps is None and last_step is None:
        raise ValueError("One of num_steps or last_step must be specified.")
    if num_steps is not None and last_step is not None:
        raise ValueError("Only one of num_steps or last_step can be specified.")


class _MultiStepStopAtStepHook(SessionRunHook):
    """Stops at a step when one run makes several; the last run makes only those left."""

    def __init__(
        self, num_steps: int | None = None, last_step: int | None = None, steps_per_run: int = 1
    ) -> None:
        _check_limits(num_steps, last_step)
        if steps_per_run is None or steps_per_run < 1:
            raise ValueError("steps_per_run should be greater than 0")
        self._num_steps = num_steps
        self._last_step: Any = last_step
        self._steps_per_run_initial_value = steps_per_run

    def begin(self) -> None:
        self._global_step_tensor = global_step_lib.get_global_step()
        if self._global_step_tensor is None:
            raise RuntimeError("Global step should be created to use StopAtStepHook.")
        self._steps_per_run_variable = get_or_create_steps_per_run_variable()

    def _load_steps(self, step: Any, session: Any) -> None:
        steps = min(self._last_step - step, self._steps_per_run_initial_value)
        self._steps_per_run_variable.load(steps, session=session)

    def after_create_session(self, session: Any, coord: Any) -> None:
        step = session.run(self._global_step_tensor)
        if self._last_step is None:
            self._last_step = step + self._num_steps
        self._load_steps(step, session)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        step = run_context.session.run(self._global_step_tensor)
        if step >= self._last_step:
            run_context.request_stop()
        else:
            self._load_steps(step, run_context.session)


@export("train.StopAtStepHook", "estimator.StopAtStepHook", v2=("estimator.StopAtStepHook",))
class StopAtStepHook(SessionRunHook):
    """Stops at a step.

    Args:
      num_steps: how many steps to make from the beginning of the session.
      last_step: the value of the global step to stop at.

    Raises:
      ValueError: not exactly one of them is given.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        _check_limits(num_steps, last_step)
        self._num_steps = num_steps
        self._last_step: Any = last_step

    def begin(self) -> None:
        """Finds the global step."""
        self._global_step_tensor = global_step_read("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Determines the last step; a session after a recovery keeps it."""
        if self._last_step is None:
            self._last_step = session.run(self._global_step_tensor) + self._num_steps

    def before_run(self, run_context: Any) -> Any:
        """Asks for the global step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Requests a stop at the last step."""
        if run_values.results + 1 < self._last_step:
            return
        # The value is from before the run, which need not have incremented it.
        if run_context.session.run(self._global_step_tensor) >= self._last_step:
            run_context.request_stop()


@export("train.StepCounterHook", "estimator.StepCounterHook", v2=("estimator.StepCounterHook",))
class StepCounterHook(SessionRunHook):
    """Logs steps a second, and adds them to the summaries.

    Args:
      every_n_steps: measures every so many steps.
      every_n_secs: measures every so many seconds.
      output_dir: the directory of the summaries.
      summary_writer: writes them, instead of the one of `output_dir`.

    Raises:
      ValueError: not exactly one of `every_n_steps` and `every_n_secs` is given.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: Any = None,
        summary_writer: Any = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_steps=every_n_steps, every_secs=every_n_secs)
        self._summary_writer = summary_writer
        self._output_dir = output_dir
        self._last_global_step: Any = None
        self._steps_per_run = 1

    def _set_steps_per_run(self, steps_per_run: int) -> None:
        self._steps_per_run = steps_per_run

    def begin(self) -> None:
        """Finds the global step and the writer."""
        if self._summary_writer is None and self._output_dir:
            from headrace._src.summary.file_writer import FileWriterCache

            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._global_step_tensor = global_step_read("StepCounterHook")
        self._summary_tag = global_step_lib.get_global_step().op.name + "/sec"

    def before_run(self, run_context: Any) -> Any:
        """Asks for the global step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Measures when it is time, and warns when the global step stands still."""
        stale = run_values.results
        if self._timer.should_trigger_for_step(stale + self._steps_per_run):
            step = run_context.session.run(self._global_step_tensor)
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None:
                    self._log_and_record(steps, seconds, step)
        if stale == self._last_global_step:
            logging.log_first_n(
                logging.WARN,
                "It seems that global step (tf.train.get_global_step) has not been increased. "
                "Current value (could be stable): %s vs previous value: %s. You could increase "
                "the global step by passing tf.train.get_global_step() to "
                "Optimizer.apply_gradients or Optimizer.minimize.",
                5,
                stale,
                self._last_global_step,
            )
        self._last_global_step = stale

    def _log_and_record(self, elapsed_steps: Any, elapsed_time: Any, global_step: Any) -> None:
        speed = elapsed_steps / elapsed_time
        if self._summary_writer is not None:
            from headrace._src.proto import messages

            value = messages.Summary.Value(tag=self._summary_tag, simple_value=speed)
            self._summary_writer.add_summary(messages.Summary(value=[value]), global_step)
        logging.info("%s: %g", self._summary_tag, speed)


@export(
    "train.GlobalStepWaiterHook",
    "estimator.GlobalStepWaiterHook",
    v2=("estimator.GlobalStepWaiterHook",),
)
class GlobalStepWaiterHook(SessionRunHook):
    """Delays the first run until others have brought the global step so far.

    Args:
      wait_until_step: the value of the global step to wait for.
    """

    def __init__(self, wait_until_step: int) -> None:
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        """Finds the global step."""
        self._worker_is_started = False
        self._global_step_tensor = global_step_read("_GlobalStepWaiterHook")

    def before_run(self, run_context: Any) -> Any:
        """Waits, the first time."""
        if not self._worker_is_started and self._wait_until_step > 0:
            self._wait(run_context.session)
        self._worker_is_started = True
        return None

    def _wait(self, session: Any) -> None:
        message = "Waiting for global step %d before starting training."
        logging.info(message, self._wait_until_step)
        last_logged = 0
        while (step := session.run(self._global_step_tensor)) < self._wait_until_step:
            if step - last_logged > 1000:
                logging.info(message + " Current step is %d.", self._wait_until_step, step)
                last_logged = step
            time.sleep(0.5)
