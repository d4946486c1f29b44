"""Hooks that watch values: LoggingTensorHook and NanTensorHook."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core.graph import get_default_graph
from headrace._src.platform import logging
from headrace._src.train.hook_timer import NeverTriggerTimer, SecondOrStepTimer
from headrace._src.train.session_run_hook import SessionRunArgs, SessionRunHook


@export(
    "train.LoggingTensorHook", "estimator.LoggingTensorHook", v2=("estimator.LoggingTensorHook",)
)
class LoggingTensorHook(SessionRunHook):
    """Logs values at level INFO.

    Args:
      tensors: dict tag → tensor or its name, or a list of tensors or names.
      every_n_iter: logs every so many runs.
      every_n_secs: logs every so many seconds.
      at_end: whether to log once more at the end.
      formatter: makes the text of a dict tag → value; a standard text by default.

    Raises:
      ValueError: it is not clear when to log, or `every_n_iter` is not positive.
    """

    def __init__(
        self,
        tensors: Any,
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Any = None,
    ) -> None:
        only_at_end = at_end and every_n_iter is None and every_n_secs is None
        if not only_at_end and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError(
                "either at_end and/or exactly one of every_n_iter and every_n_secs must be "
                "provided."
            )
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        if isinstance(tensors, dict):
            self._tag_order: Any = sorted(tensors)
            self._tensors = tensors
        else:
            self._tag_order = tensors
            self._tensors = {item: item for item in tensors}
        self._formatter = formatter
        self._timer: NeverTriggerTimer | SecondOrStepTimer = (
            NeverTriggerTimer()
            if only_at_end
            else SecondOrStepTimer(every_secs=every_n_secs, every_steps=every_n_iter)
        )
        self._log_at_end = at_end

    def begin(self) -> None:
        """Finds the tensors."""
        self._timer.reset()
        self._iter_count = 0
        self._current_tensors = {tag: _as_graph_element(t) for tag, t in self._tensors.items()}

    def before_run(self, run_context: Any) -> Any:
        """Asks for the tensors when it is time to log."""
        self._should_trigger = self._timer.should_trigger_for_step(self._iter_count)
        return SessionRunArgs(self._current_tensors) if self._should_trigger else None

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Logs when it is time, and counts the run."""
        if self._should_trigger:
            self._log_tensors(run_values.results)
        self._iter_count += 1

    def end(self, session: Any) -> None:
        """Logs once more, if asked to."""
        if self._log_at_end:
            self._log_tensors(session.run(self._current_tensors))

    def _log_tensors(self, tensor_values: Any) -> None:
        elapsed, _ = self._timer.update_last_triggered_step(self._iter_count)
        # Small values are easier to follow without exponents.
        with np.printoptions(suppress=True):
            if self._formatter:
                logging.info(self._formatter(tensor_values))
                return
            text = ", ".join(f"{tag!s} = {tensor_values[tag]!s}" for tag in self._tag_order)
        if elapsed is None:
            logging.info("%s", text)
        else:
            logging.info("%s (%.3f sec)", text, elapsed)


@export(
    "train.NanLossDuringTrainingError",
    "estimator.NanLossDuringTrainingError",
    v2=("estimator.NanLossDuringTrainingError",),
)
class NanLossDuringTrainingError(RuntimeError):
    """The loss became NaN."""

    def __str__(self) -> str:
        return "NaN loss during training."


@export("train.NanTensorHook", "estimator.NanTensorHook", v2=("estimator.NanTensorHook",))
class NanTensorHook(SessionRunHook):
    """Stops when a loss is NaN.

    Args:
      loss_tensor: the loss, a scalar.
      fail_on_nan_loss: whether that is an error, rather than a reason to stop.
    """

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def before_run(self, run_context: Any) -> Any:
        """Asks for the loss."""
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Looks at the loss.

        Raises:
          NanLossDuringTrainingError: it is NaN.
        """
        if not np.isnan(run_values.results):
            return
        message = "Model diverged with loss = NaN."
        if self._fail_on_nan_loss:
            logging.error(message)
            raise NanLossDuringTrainingError
        logging.warning(message)
        run_context.request_stop()


def _as_graph_element(obj: Any) -> Any:
    """The tensor that `obj`, a tensor or the name of one, means in the default graph."""
    graph = get_default_graph()
    if not isinstance(obj, str):
        if getattr(obj, "graph", None) is not graph:
            raise ValueError(
                f"Passed {obj} should have graph attribute that is equal to current graph {graph}."
            )
        return obj
    if ":" in obj:
        return graph.as_graph_element(obj)
    element = graph.as_graph_element(obj + ":0")
    if len(element.op.outputs) > 1:
        raise ValueError(
            f"Name {obj} is ambiguous, as this `Operation` has multiple outputs (at least 2)."
        )
    return element
