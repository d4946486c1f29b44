"""The services of a Supervisor: threads that save and measure now and then."""

from __future__ import annotations

import time
from typing import Any

from headrace._src.platform import logging
from headrace._src.proto import messages
from headrace._src.state.global_step import global_step
from headrace._src.train.coordinator import LooperThread


class SVSummaryThread(LooperThread):
    """Writes summaries.

    Args:
      sv: the `Supervisor`.
      sess: its `Session`.
    """

    def __init__(self, sv: Any, sess: Any) -> None:
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv = sv
        self._sess = sess

    def run_loop(self) -> None:
        """Computes the summaries and writes them."""
        step = None
        if self._sv.global_step is None:
            summary = self._sess.run(self._sv.summary_op)
        else:
            summary, step = self._sess.run([self._sv.summary_op, self._sv.global_step])
        if self._sv.summary_writer:
            logging.info("Recording summary at step %s.", step)
            self._sv.summary_writer.add_summary(summary, step)


class SVStepCounterThread(LooperThread):
    """Logs steps a second, and adds them to the summaries.

    Args:
      sv: the `Supervisor`.
      sess: its `Session`.
      step_counter: what counts the steps; its global step by default.
    """

    def __init__(self, sv: Any, sess: Any, step_counter: Any = None) -> None:
        super().__init__(sv.coord, sv.save_summaries_secs)
        self._sv = sv
        self._sess = sess
        self._step_counter = sv.global_step if step_counter is None else step_counter
        self._summary_tag = f"{self._step_counter.op.name}/sec"
        self._last_time = 0.0
        self._last_step = 0

    def start_loop(self) -> None:
        """Takes note of the beginning."""
        self._last_time = time.time()
        self._last_step = global_step(self._sess, self._step_counter)

    def run_loop(self) -> None:
        """Measures since the last turn."""
        step, now = global_step(self._sess, self._step_counter), time.time()
        steps, seconds = step - self._last_step, now - self._last_time
        self._last_step, self._last_time = step, now
        speed = steps / seconds if seconds > 0 else float("inf")
        if self._sv.summary_writer:
            value = messages.Summary.Value(tag=self._summary_tag, simple_value=speed)
            self._sv.summary_writer.add_summary(messages.Summary(value=[value]), step)
        logging.log_first_n(logging.INFO, "%s: %g", 10, self._summary_tag, speed)


class SVTimerCheckpointThread(LooperThread):
    """Saves checkpoints.

    Args:
      sv: the `Supervisor`.
      sess: its `Session`.
    """

    def __init__(self, sv: Any, sess: Any) -> None:
        super().__init__(sv.coord, sv.save_model_secs)
        self._sv = sv
        self._sess = sess

    def run_loop(self) -> None:
        """Saves, and notes it among the events."""
        sv = self._sv
        logging.info("Saving checkpoint to path %s", sv.save_path)
        sv.saver.save(self._sess, sv.save_path, global_step=sv.global_step)
        if sv.summary_writer and sv.global_step is not None:
            saved = messages.SessionLog(
                status=messages.SessionLog.CHECKPOINT, checkpoint_path=sv.save_path
            )
            sv.summary_writer.add_session_log(saved, global_step(self._sess, sv.global_step))
