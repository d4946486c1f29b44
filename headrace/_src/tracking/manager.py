"""`tf.train.CheckpointManager`: keeps the newest checkpoints of a folder."""

from __future__ import annotations

import glob
import os
import time
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import default_session
from headrace._src.platform import gfile, logging, modes
from headrace._src.state import global_step, variable
from headrace._src.train import checkpoint_state


@export("train.CheckpointManager", "contrib.checkpoint.CheckpointManager")
class CheckpointManager:
    """Save checkpoints under numbered names, and delete old ones.

    Args:
      checkpoint: the `tf.train.Checkpoint`.
      directory: the folder; checkpoints that its `checkpoint` file lists are taken over.
      max_to_keep: how many are kept; None keeps all.
      keep_checkpoint_every_n_hours: how often one is kept in any case.
      checkpoint_name: beginning of the names.

    Raises:
      ValueError: `max_to_keep` is not positive.
    """

    def __init__(
        self,
        checkpoint: Any,
        directory: str,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(
                "Expected a positive integer or `None` for `max_to_max_to_keep`, got "
                f"{max_to_keep}."
            )
        self._checkpoint = checkpoint
        self._save_counter_assign: Any = None
        self._max_to_keep = max_to_keep
        self._keep_every = keep_checkpoint_every_n_hours
        self._directory = directory
        self._checkpoint_prefix = os.path.join(directory, checkpoint_name)
        self._latest_checkpoint: str | None = None
        # Name → when it was made; the oldest first. Those kept for ever are not in it.
        self._maybe_delete: dict[str, float] = {}
        self._take_over(checkpoint_state.get_checkpoint_state(directory), time.time())

    def _take_over(self, state: Any, now: float) -> None:
        if state is None:
            self._last_preserved = now - 1.0
            return
        self._latest_checkpoint = state.model_checkpoint_path
        self._last_preserved = state.last_preserved_timestamp
        if now < self._last_preserved:
            logging.warning(
                "time.time() returned a value %f seconds behind the last preserved checkpoint "
                "timestamp.",
                self._last_preserved - now,
            )
            self._last_preserved = now
        paths = list(state.all_model_checkpoint_paths)
        times = list(state.all_model_checkpoint_timestamps)
        times = times or [self._last_preserved] * len(paths)
        for path, made in zip(paths, times, strict=False):
            made = min(made, now)
            if made > self._last_preserved:
                self._maybe_delete[path] = made

    @property
    def latest_checkpoint(self) -> str | None:
        """The newest checkpoint, for `restore`; None when there is none."""
        return self._latest_checkpoint

    @property
    def checkpoints(self) -> list[str]:
        """The checkpoints that may still be deleted, the oldest first."""
        return list(self._maybe_delete)

    def _sweep(self) -> None:
        while self._max_to_keep and len(self._maybe_delete) > self._max_to_keep:
            path, made = next(iter(self._maybe_delete.items()))
            del self._maybe_delete[path]
            if self._keep_every and made - self._keep_every * 3600.0 >= self._last_preserved:
                self._last_preserved = made
                continue
            # The index goes first: what is without one is no checkpoint.
            for pattern in (path + ".index", path + ".data-?????-of-?????"):
                for file in sorted(glob.glob(pattern)):
                    gfile.remove(file)

    def _record_state(self) -> None:
        assert self._latest_checkpoint is not None
        checkpoint_state.update_checkpoint_state_internal(
            self._directory,
            self._latest_checkpoint,
            all_model_checkpoint_paths=list(self._maybe_delete),
            all_model_checkpoint_timestamps=list(self._maybe_delete.values()),
            last_preserved_timestamp=self._last_preserved,
            save_relative_paths=True,
        )

    def _count(self, session: Any) -> Any:
        """Counts the save; returns the counter."""
        if modes.executing_eagerly():
            counter = self._checkpoint.save_counter
            counter.assign_add(1)
            return counter

        def initializing(next_creator: Any, **kwargs: Any) -> Any:
            made = next_creator(**kwargs)
            session.run(made.initializer)
            return made

        with variable.creator_scope(initializing):
            counter = self._checkpoint.save_counter
        if self._save_counter_assign is None:
            self._save_counter_assign = counter.assign_add(1, read_value=False)
        session.run(self._save_counter_assign)
        return counter

    def save(self, checkpoint_number: Any = None) -> str:
        """Save a checkpoint.

        Args:
          checkpoint_number: its number, an int, variable or tensor; by default how often the
            `tf.train.Checkpoint` was saved.

        Returns:
          The name of the checkpoint.
        """
        session = None if modes.executing_eagerly() else default_session.get_default_session()
        counter = self._count(session)
        number = counter if checkpoint_number is None else checkpoint_number
        if not isinstance(number, (int, np.integer)):
            number = global_step.global_step(session, number)
        path: str = self._checkpoint.write(f"{self._checkpoint_prefix}-{number}")
        self._maybe_delete.pop(path, None)
        self._maybe_delete[path] = time.time()
        self._latest_checkpoint = path
        # Listed before older ones are deleted, so that what is listed is always there.
        self._record_state()
        self._sweep()
        self._record_state()
        return path
