"""`tf.train.Checkpoint`: saves objects and what they depend on, and restores them."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import colocate_with, device, init_scope
from headrace._src.core.tensor import Tensor
from headrace._src.core.trackable import Trackable
from headrace._src.function.function import Function
from headrace._src.platform import modes
from headrace._src.state.trackable_containers import AutoTrackable, NoDependency
from headrace._src.state.variable import VariableV1
from headrace._src.tracking.load_status import session_or_default
from headrace._src.tracking.saver import saver_with_op_caching
from headrace._src.train import checkpoint_state


def _counter(name: str, shape: Any, dtype: Any, initializer: Any, **kwargs: Any) -> Any:
    with init_scope():
        return VariableV1(
            initializer, name=name, dtype=dtype.base_dtype, use_resource=True, trainable=False
        )


class _CheckpointBase(AutoTrackable):
    """What both public classes share.

    State:
      _save_counter: variable, made at the first save or restoration, or None.
      _save_assign_op: what increments it, in graph mode.
      _saver: the `TrackableSaver`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        for name, value in sorted(kwargs.items()):
            if not isinstance(value, (Trackable, Function)):
                raise ValueError(
                    "`Checkpoint` was expecting a trackable object (an object derived from "
                    f"`TrackableBase`), got {value}. If you believe this object should be "
                    "trackable (i.e. it is part of the TensorFlow Python API and manages state), "
                    "please open an issue."
                )
            setattr(self, name, value)
        self._save_counter: Any = None
        self._save_assign_op: Any = None
        self._saver = saver_with_op_caching(self)

    def _maybe_create_save_counter(self) -> None:
        if self._save_counter is None:
            with device("/cpu:0"):
                self._save_counter = NoDependency(
                    self._add_variable_with_custom_getter(
                        "save_counter", initializer=0, dtype=dtypes.int64, getter=_counter
                    )
                )

    @property
    def save_counter(self) -> Any:
        """How often this object was saved: a scalar variable, int64."""
        self._maybe_create_save_counter()
        return self._save_counter

    def _write(self, file_prefix: str, session: Any) -> Any:
        path = self._saver.save(file_prefix, session=session)
        if isinstance(path, Tensor):
            if not modes.executing_eagerly():
                return path
            path = path.numpy()
        return path if isinstance(path, str) else os.fsdecode(path)

    def _save(self, file_prefix: str, session: Any) -> str:
        graph = get_default_graph()
        if graph.building_function:
            raise NotImplementedError(
                "Calling tf.train.Checkpoint.save() from a function is not supported, as save() "
                "modifies saving metadata in ways not supported by TensorFlow Operations. Consider "
                "using tf.train.Checkpoint.write(), a lower-level API which does not update "
                "metadata. tf.train.latest_checkpoint and related APIs will not see this "
                "checkpoint."
            )
        if graph.executes:
            with colocate_with(self.save_counter):
                number = self.save_counter.assign_add(1).numpy()
        else:
            session = session_or_default(session)
            if self._save_counter is None:
                session.run(self.save_counter.initializer)
            if self._save_assign_op is None:
                with colocate_with(self.save_counter):
                    self._save_assign_op = NoDependency(self.save_counter.assign_add(1))
            number = session.run(self._save_assign_op)
        path: str = self._write(f"{file_prefix}-{number}", session)
        checkpoint_state.update_checkpoint_state_internal(
            save_dir=os.path.dirname(file_prefix),
            model_checkpoint_path=path,
            all_model_checkpoint_paths=[path],
            save_relative_paths=True,
        )
        return path

    def restore(self, save_path: str | None) -> Any:
        """Restores the objects, also those that are added later.

        In eager mode values are restored at once. In graph mode the returned status has the
        operations: `status.initialize_or_restore(session)`.

        Args:
          save_path: name of a checkpoint, as `save` or `tf.train.latest_checkpoint` returned it;
            checkpoints of `tf.train.Saver` are restored by the names of variables. None restores
            nothing.

        Returns:
          A status: `assert_consumed`, `assert_existing_objects_matched`, `assert_nontrivial_match`
          and `expect_partial` check what was restored, `run_restore_ops` and
          `initialize_or_restore` do it in graph mode.

        Raises:
          NotFoundError: there is no such checkpoint.
        """
        status = self._saver.restore(save_path)
        self._maybe_create_save_counter()
        return status


@export("train.Checkpoint", v2=())
class CheckpointV1(_CheckpointBase):
    """Save objects with all they depend on, and restore them.

    Args:
      **kwargs: the objects, by the names they get in the checkpoint: variables, layers, optimizers,
        modules, containers, other checkpoints.

    Raises:
      ValueError: an object is of no kind that checkpoints can hold.
    """

    def write(self, file_prefix: str, session: Any = None) -> Any:
        """Save, without counting and without the file that lists checkpoints.

        Args:
          file_prefix: name of the checkpoint.
          session: the session, in graph mode; the default one by default.

        Returns:
          The name.
        """
        return self._write(file_prefix, session)

    def save(self, file_prefix: str, session: Any = None) -> str:
        """Save as `<file_prefix>-<number>`, and write the file that lists checkpoints.

        Args:
          file_prefix: beginning of the name.
          session: the session, in graph mode; the default one by default.

        Returns:
          The name.

        Raises:
          NotImplementedError: called while a function is built.
        """
        return self._save(file_prefix, session)


@export(v2=("train.Checkpoint",))
class Checkpoint(_CheckpointBase):
    """Save objects with all they depend on, and restore them; see `tf.train.Checkpoint`."""

    def write(self, file_prefix: str) -> Any:
        """Save, without counting and without the file that lists checkpoints.

        Args:
          file_prefix: name of the checkpoint.

        Returns:
          The name.
        """
        return self._write(file_prefix, None)

    def save(self, file_prefix: str) -> str:
        """Save as `<file_prefix>-<number>`, and write the file that lists checkpoints.

        Args:
          file_prefix: beginning of the name.

        Returns:
          The name.

        Raises:
          NotImplementedError: called while a function is built.
        """
        return self._save(file_prefix, None)
