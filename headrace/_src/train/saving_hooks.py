"""Hooks that write files: checkpoints, summaries and profiles."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.engine import timeline
from headrace._src.platform import gfile, logging
from headrace._src.proto import messages
from headrace._src.proto.graph_io import write_graph
from headrace._src.summary.file_writer import FileWriterCache
from headrace._src.train import meta_graph
from headrace._src.train.hook_timer import SecondOrStepTimer
from headrace._src.train.session_run_hook import SessionRunArgs, SessionRunHook
from headrace._src.train.step_hooks import global_step_read


@export(
    "train.CheckpointSaverListener",
    "estimator.CheckpointSaverListener",
    v2=("estimator.CheckpointSaverListener",),
)
class CheckpointSaverListener:
    """Base of what a `CheckpointSaverHook` calls; every method does nothing."""

    def begin(self) -> None:
        """Called once, while the graph may still be changed."""

    def before_save(self, session: Any, global_step_value: Any) -> None:
        """Called before a checkpoint is saved.

        Args:
          session: the session.
          global_step_value: the global step.
        """

    def after_save(self, session: Any, global_step_value: Any) -> Any:
        """Called after a checkpoint was saved.

        Args:
          session: the session.
          global_step_value: the global step.

        Returns:
          True to stop the training.
        """

    def end(self, session: Any, global_step_value: Any) -> None:
        """Called at the end of the session.

        Args:
          session: the session.
          global_step_value: the global step.
        """


@export(
    "train.CheckpointSaverHook",
    "estimator.CheckpointSaverHook",
    v2=("estimator.CheckpointSaverHook",),
)
class CheckpointSaverHook(SessionRunHook):
    """Saves checkpoints: at the beginning, now and then, and at the end.

    Args:
      checkpoint_dir: the directory.
      save_secs: saves every so many seconds.
      save_steps: saves every so many steps.
      saver: the `Saver`; the one in the collection of savers by default.
      checkpoint_basename: beginning of the names of the files.
      scaffold: a `Scaffold` whose saver to use.
      listeners: `CheckpointSaverListener`s to call.

    Raises:
      ValueError: both `saver` and `scaffold` are given, or not exactly one of the intervals.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
        listeners: Any = None,
    ) -> None:
        logging.info("Create CheckpointSaverHook.")
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver = saver
        self._checkpoint_dir = checkpoint_dir
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)
        self._listeners = listeners or []
        self._steps_per_run = 1

    def _set_steps_per_run(self, steps_per_run: int) -> None:
        self._steps_per_run = steps_per_run

    def begin(self) -> None:
        """Finds the global step and the writer of events."""
        self._summary_writer = FileWriterCache.get(self._checkpoint_dir)
        self._global_step_tensor = global_step_read("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Writes the graph, which is final now, and a first checkpoint."""
        step = session.run(self._global_step_tensor)
        graph = get_default_graph()
        graph_def = graph.as_graph_def(add_shapes=True)
        write_graph(graph_def, self._checkpoint_dir, "graph.pbtxt")
        saver = self._get_saver()
        made = meta_graph.create_meta_graph_def(
            graph_def=graph_def, saver_def=saver.saver_def if saver else None
        )
        self._summary_writer.add_graph(graph)
        self._summary_writer.add_meta_graph(made)
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: Any) -> Any:
        """Asks for the global step."""
        return SessionRunArgs(self._global_step_tensor)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Saves when it is time."""
        if not self._timer.should_trigger_for_step(run_values.results + self._steps_per_run):
            return
        # That was from before the run; the step now decides.
        step = run_context.session.run(self._global_step_tensor)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Saves the last step."""
        step = session.run(self._global_step_tensor)
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: Any) -> bool:
        """Saves; returns whether a listener wants to stop."""
        logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        for listener in self._listeners:
            listener.before_save(session, step)
        self._get_saver().save(session, self._save_path, global_step=step)
        self._summary_writer.add_session_log(
            messages.SessionLog(
                status=messages.SessionLog.CHECKPOINT, checkpoint_path=self._save_path
            ),
            step,
        )
        stop = False
        for listener in self._listeners:
            if listener.after_save(session, step):
                logging.info(
                    "A CheckpointSaverListener requested that training be stopped. "
                    f"listener: {listener}"
                )
                stop = True
        return stop

    def _get_saver(self) -> Any:
        if self._saver is not None:
            return self._saver
        if self._scaffold is not None:
            return self._scaffold.saver
        key = GraphKeys.SAVERS
        savers = get_default_graph().get_collection(key)
        if not savers:
            raise RuntimeError(
                f"No items in collection {key}. Please add a saver to the collection or provide a "
                "saver or scaffold."
            )
        if len(savers) > 1:
            raise RuntimeError(
                f"More than one item in collection {key}. Please indicate which one to use by "
                "passing it to the constructor."
            )
        self._saver = savers[0]
        return self._saver


@export("train.SummarySaverHook", "estimator.SummarySaverHook", v2=("estimator.SummarySaverHook",))
class SummarySaverHook(SessionRunHook):
    """Writes summaries now and then.

    Args:
      save_steps: writes every so many steps.
      save_secs: writes every so many seconds.
      output_dir: the directory.
      summary_writer: writes them, instead of the one of `output_dir`.
      scaffold: a `Scaffold` whose summary to write.
      summary_op: string scalar with a serialized `Summary`, or a list of them.

    Raises:
      ValueError: not exactly one of `scaffold` and `summary_op` is given, or of the intervals.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: Any = None,
        summary_writer: Any = None,
        scaffold: Any = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op = summary_op
        self._summary_writer = summary_writer
        self._output_dir = output_dir
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)

    def begin(self) -> None:
        """Finds the global step and the writer."""
        if self._summary_writer is None and self._output_dir:
            self._summary_writer = FileWriterCache.get(self._output_dir)
        self._next_step: Any = None
        self._global_step_tensor = global_step_read("SummarySaverHook")

    def before_run(self, run_context: Any) -> Any:
        """Asks for the global step, and for the summaries when it is time."""
        self._request_summary = self._next_step is None or self._timer.should_trigger_for_step(
            self._next_step
        )
        requests = {"global_step": self._global_step_tensor}
        summaries = self._get_summary_op() if self._request_summary else None
        if summaries is not None:
            requests["summary"] = summaries
        return SessionRunArgs(requests)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Writes what was asked for."""
        if not self._summary_writer:
            return
        step = run_values.results["global_step"] + 1
        if self._next_step is None or self._request_summary:
            step = run_context.session.run(self._global_step_tensor)
        if self._next_step is None:
            start = messages.SessionLog(status=messages.SessionLog.START)
            self._summary_writer.add_session_log(start, step)
        if self._request_summary:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._summary_writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any = None) -> None:
        """Flushes the writer."""
        if self._summary_writer:
            self._summary_writer.flush()

    def _get_summary_op(self) -> Any:
        found = self._scaffold.summary_op if self._summary_op is None else self._summary_op
        return found if found is None or isinstance(found, list) else [found]


@export("train.ProfilerHook", "estimator.ProfilerHook", v2=("estimator.ProfilerHook",))
class ProfilerHook(SessionRunHook):
    """Writes `timeline-<step>.json`, for Chrome's trace viewer, now and then.

    Args:
      save_steps: profiles a run every so many steps.
      save_secs: profiles a run every so many seconds.
      output_dir: the directory.
      show_dataflow: whether to show what goes from one operation to another.
      show_memory: whether to show when tensors are made and freed.

    Raises:
      ValueError: not exactly one of the intervals is given.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str = "",
        show_dataflow: bool = True,
        show_memory: bool = False,
    ) -> None:
        self._output_file = os.path.join(output_dir, "timeline-{}.json")
        self._file_writer = FileWriterCache.get(output_dir)
        self._show_dataflow = show_dataflow
        self._show_memory = show_memory
        self._timer = SecondOrStepTimer(every_secs=save_secs, every_steps=save_steps)

    def begin(self) -> None:
        """Finds the global step."""
        self._next_step: Any = None
        self._global_step_tensor = global_step_read("ProfilerHook")

    def before_run(self, run_context: Any) -> Any:
        """Asks for the global step, and for a trace when it is time."""
        self._request_summary = self._next_step is not None and self._timer.should_trigger_for_step(
            self._next_step
        )
        options = None
        if self._request_summary:
            options = messages.RunOptions(trace_level=messages.RunOptions.FULL_TRACE)
        return SessionRunArgs({"global_step": self._global_step_tensor}, options=options)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Writes the trace that was asked for."""
        stale = run_values.results["global_step"]
        if self._next_step is None:
            # The first interval begins here.
            self._timer.update_last_triggered_step(stale)
        step = stale + 1
        if self._request_summary:
            step = run_context.session.run(self._global_step_tensor)
            self._timer.update_last_triggered_step(step)
            metadata = run_values.run_metadata
            self._save(step, self._output_file.format(step), metadata.step_stats)
            self._file_writer.add_run_metadata(metadata, f"step_{step}")
        self._next_step = step + 1

    def _save(self, step: Any, save_path: str, step_stats: Any) -> None:
        logging.info("Saving timeline for %d into '%s'.", step, save_path)
        text = timeline.Timeline(step_stats).generate_chrome_trace_format(
            show_dataflow=self._show_dataflow, show_memory=self._show_memory
        )
        with gfile.GFile(save_path, "w") as file:
            file.write(text)
