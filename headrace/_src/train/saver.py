"""`tf.train.Saver`: saves variables to checkpoints and restores them."""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.proto_functions import register_proto_function
from headrace._src.engine.session import BaseSession
from headrace._src.platform import logging, modes
from headrace._src.state import collections
from headrace._src.state import global_step as global_step_lib
from headrace._src.state.variable import with_scope, without_scope
from headrace._src.train import checkpoint_state, meta_graph, object_names, saveable
from headrace._src.train.saver_builder import V2, BulkSaverBuilder

_NAMES = ("filename_tensor_name", "save_tensor_name", "restore_op_name")


@export("train.Saver", v2=())
class Saver:
    """Save variables to checkpoints, and restore them.

    Args:
      var_list: list of variables and other saveable objects, or dict key in the checkpoint →
        variable; all global variables and saveable objects by default.
      reshape: whether restored tensors take the shape of the variable.
      sharded: whether the variables of each device go to a file of their own.
      max_to_keep: how many checkpoints are kept; None or 0 keeps all.
      keep_checkpoint_every_n_hours: how often one is kept in any case.
      name: name of the scope of the nodes.
      restore_sequentially: kept from old programs; changes nothing.
      saver_def: a `SaverDef` whose nodes are in the graph already.
      builder: makes the nodes; a `BulkSaverBuilder` by default.
      defer_build: whether the nodes are made later, by `build`.
      allow_empty: whether there may be no variables.
      write_version: `SaverDef.V1` or `SaverDef.V2`.
      pad_step_number: whether the step in file names has eight digits at least.
      save_relative_paths: whether the `checkpoint` file names checkpoints relative to its folder,
        so that the folder may be moved.
      filename: default of the placeholder for the file name.

    Raises:
      TypeError: `var_list` holds something that cannot be saved.
      ValueError: there are no variables, or two have one name.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        eager = modes.executing_eagerly()
        if eager and var_list is None:
            raise RuntimeError(
                "When eager execution is enabled, `var_list` must specify a list or dict of "
                "variables to save"
            )
        self._var_list = var_list
        self._options = {
            "reshape": reshape,
            "sharded": sharded,
            "max_to_keep": max_to_keep,
            "keep_checkpoint_every_n_hours": keep_checkpoint_every_n_hours,
            "name": name,
            "restore_sequentially": restore_sequentially,
        }
        self._filename = filename
        self._sharded = sharded
        self._name = name
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty: bool | None = None
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        # (name, time it was made), the oldest first.
        self._last_checkpoints: list[tuple[str, float]] = []
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._next_checkpoint_time = math.inf
        self._object_restore_saver: Saver | None = None
        if eager:
            self._next_checkpoint_time = time.time() + keep_checkpoint_every_n_hours * 3600
        elif not defer_build:
            self.build()
        if self.saver_def:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    # -- nodes -------------------------------------------------------------------------------

    def build(self) -> None:
        """Makes the nodes, if that was deferred.

        Raises:
          ValueError: there are no variables.
          RuntimeError: execution is eager, so there are no nodes.
        """
        if modes.executing_eagerly():
            raise RuntimeError("Use save/restore instead of build in eager mode.")
        if self._is_built:
            return
        self._is_built = True
        if not self.saver_def:
            if self._builder is None:
                self._builder = BulkSaverBuilder(self._write_version)
            if self._var_list is None:
                self._var_list = collections.all_saveable_objects()
            self._is_empty = not self._var_list
            if self._is_empty:
                if not self._allow_empty:
                    raise ValueError("No variables to save")
                return
            self.saver_def = self._builder._build_internal(
                self._var_list, filename=self._filename, **self._options
            )
        elif self._name:
            for field in _NAMES:
                setattr(
                    self.saver_def, field, with_scope(getattr(self.saver_def, field), self._name)
                )
        self._check_saver_def()
        hours = self.saver_def.keep_checkpoint_every_n_hours
        self._next_checkpoint_time = time.time() + hours * 3600

    def _run_eagerly(self, path: str, **what: bool) -> None:
        """Saves or restores without nodes."""
        if self._builder is None:
            self._builder = BulkSaverBuilder(self._write_version)
        if not self._var_list and not self._allow_empty:
            raise ValueError("No variables to save")
        self._is_empty = not self._var_list
        if not self._is_empty:
            self.saver_def = self._builder._build_internal(
                self._var_list, filename=path, **self._options, **what
            )

    def _check_saver_def(self) -> None:
        from headrace._src.proto import messages

        if not isinstance(self.saver_def, messages.SaverDef):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    def as_saver_def(self) -> Any:
        """Returns the `SaverDef` that names the nodes."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns the `SaverDef`, its names as seen from `export_scope`; None if it is outside."""
        if export_scope is None:
            return self.saver_def
        names = [getattr(self.saver_def, field) for field in _NAMES]
        if not all(name.startswith(export_scope) for name in names):
            return None
        made = type(self.saver_def)()
        made.CopyFrom(self.saver_def)
        for field, name in zip(_NAMES, names, strict=True):
            setattr(made, field, without_scope(name, export_scope))
        return made

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """Returns the saver whose nodes in the default graph `saver_def` names."""
        return Saver(saver_def=saver_def, name=import_scope)

    # -- which checkpoints there are ---------------------------------------------------------

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that are not deleted yet, the oldest first."""
        return [name for name, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Sets the list of checkpoints; see `set_last_checkpoints_with_time`."""
        assert isinstance(last_checkpoints, list)
        # Nobody knows when they were made: as if in the future, they are never deleted for age.
        self._last_checkpoints = [(name, np.inf) for name in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: list[tuple[str, float]]
    ) -> None:
        """Sets the list of checkpoints.

        Args:
          last_checkpoints_with_time: (name, seconds since 1970), the oldest first.
        """
        assert isinstance(last_checkpoints_with_time, list)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Any) -> None:
        """Takes over checkpoints of an earlier saver, as far as they are still there.

        Args:
          checkpoint_paths: names of checkpoints, the oldest first.
        """
        found = []
        for path in checkpoint_paths:
            times = checkpoint_state.get_checkpoint_mtimes([path])
            if times:
                found.append((path, times[0]))
        self.set_last_checkpoints_with_time(found)

    def _RecordLastCheckpoint(self, latest_save_path: str) -> None:  # noqa: N802
        if not self.saver_def.max_to_keep:
            return
        kept = [item for item in self._last_checkpoints if item[0] != latest_save_path]
        self._last_checkpoints[:] = [*kept, (latest_save_path, time.time())]
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _MaybeDeleteOldCheckpoints(self, meta_graph_suffix: str = "meta") -> None:  # noqa: N802
        if not self._checkpoints_to_be_deleted:
            return
        name, made = self._checkpoints_to_be_deleted.pop(0)
        if made > self._next_checkpoint_time:
            self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            checkpoint_state.remove_checkpoint(name, self.saver_def.version, meta_graph_suffix)
        except (errors.OpError, OSError) as error:
            logging.warning("Ignoring: %s", str(error))

    # -- saving ------------------------------------------------------------------------------

    def save(
        self,
        sess: Any,
        save_path: str,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Saves the variables.

        The files appear whole: a process that dies meanwhile, or a full disk, leaves the earlier
        checkpoints and their list as they were.

        Args:
          sess: the session that holds the values.
          save_path: beginning of the names of the files.
          global_step: appended to the name; a number, a tensor or the name of one.
          latest_filename: name of the file that lists checkpoints; `checkpoint` by default.
          meta_graph_suffix: suffix of the file with the graph.
          write_meta_graph: whether the graph is written too.
          write_state: whether the file that lists checkpoints is written.
          strip_default_attrs: whether attrs with default values are left out of the graph.
          save_debug_info: must be False.

        Returns:
          The name of the checkpoint, for `restore`; None when there are no variables.

        Raises:
          TypeError: `sess` is no session.
          ValueError: the folder is not there, or names collide.
          RuntimeError: the nodes are not built.
        """
        eager = modes.executing_eagerly()
        if not self._is_built and not eager:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        if latest_filename is None:
            latest_filename = "checkpoint"
        if self._write_version != V2:
            logging.warning(
                "The first format of checkpoints is deprecated; "
                "tf.train.Saver(write_version=tf.train.SaverDef.V2) writes the present one."
            )
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        name = self._checkpoint_name(sess, save_path, global_step, latest_filename)
        if not eager and not isinstance(sess, BaseSession):
            raise TypeError(f"'sess' must be a Session; {sess}")
        saved = None
        if not self._is_empty:
            saved = self._run_save(sess, name, save_path)
            if write_state:
                self._write_state(saved, os.path.dirname(save_path), latest_filename)
                self._MaybeDeleteOldCheckpoints(meta_graph_suffix)
        if write_meta_graph and not eager:
            path = checkpoint_state.meta_graph_filename(name, meta_graph_suffix)
            with sess.graph.as_default():
                self.export_meta_graph(
                    path, strip_default_attrs=strip_default_attrs, save_debug_info=save_debug_info
                )
        return saved

    def _checkpoint_name(self, sess: Any, save_path: str, step: Any, latest_filename: str) -> str:
        if step is None:
            if os.path.basename(save_path) == latest_filename and not self._sharded:
                raise ValueError(
                    f"'latest_filename' collides with 'save_path': '{latest_filename}' and "
                    f"'{save_path}'"
                )
            return save_path
        if not isinstance(step, (int, np.integer)):
            step = global_step_lib.global_step(sess, step)
        return f"{save_path}-{step:08d}" if self._pad_step_number else f"{save_path}-{step}"

    def _run_save(self, sess: Any, name: str, save_path: str) -> str:
        try:
            if modes.executing_eagerly():
                self._run_eagerly(name, build_save=True, build_restore=False)
                return name
            names = self.saver_def
            path = sess.run(names.save_tensor_name, {names.filename_tensor_name: name})
        except (errors.FailedPreconditionError, errors.NotFoundError):
            if not os.path.isdir(os.path.dirname(save_path)):
                raise ValueError(
                    f"Parent directory of {save_path} doesn't exist, can't save."
                ) from None
            raise
        return os.fsdecode(path)

    def _write_state(self, saved: str, folder: str, latest_filename: str) -> None:
        self._RecordLastCheckpoint(saved)
        checkpoint_state.update_checkpoint_state_internal(
            save_dir=folder,
            model_checkpoint_path=saved,
            all_model_checkpoint_paths=self.last_checkpoints,
            latest_filename=latest_filename,
            save_relative_paths=self._save_relative_paths,
        )

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """Writes the default graph, its collections and this saver as a `MetaGraphDef`.

        See `tf.train.export_meta_graph` for the arguments.

        Returns:
          The `MetaGraphDef`.
        """
        return meta_graph.export_meta_graph(
            filename=filename,
            graph_def=get_default_graph().as_graph_def(add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )

    # -- restoring ---------------------------------------------------------------------------

    def restore(self, sess: Any, save_path: Any) -> None:
        """Gives the variables the values of a checkpoint; they need no initialization.

        Args:
          sess: the session.
          save_path: what `save` or `tf.train.latest_checkpoint` returned.

        Raises:
          ValueError: there is no such checkpoint.
          NotFoundError: it lacks a variable.
          InvalidArgumentError: a shape or dtype is not the variable's.
          DataLossError: a file is damaged.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = os.fsdecode(save_path)
        if not checkpoint_state.checkpoint_exists_internal(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}")
        logging.info("Restoring parameters from %s", prefix)
        try:
            if modes.executing_eagerly():
                self._run_eagerly(prefix, build_save=False, build_restore=True)
                return
            names = self.saver_def
            sess.run(names.restore_op_name, {names.filename_tensor_name: prefix})
        except errors.NotFoundError as error:
            self._restore_objects(sess, prefix, error)
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from None

    def _restore_objects(self, sess: Any, prefix: str, error: Any) -> None:
        """Reads a checkpoint of `tf.train.Checkpoint` by names; others raise `error`."""
        try:
            keys = object_names.object_graph_key_mapping(prefix)
        except errors.NotFoundError:
            why = "a Variable name or other graph key that is missing"
            raise _explained(error, why) from None
        logging.warning(
            "The checkpoint was written by tf.train.Checkpoint; this Saver restores it by the "
            "names that variables had then. tf.train.Checkpoint reads it safely."
        )
        variables = self._var_list
        if variables is None:
            variables = collections.all_saveable_objects()
        saveables = saveable.validate_and_slice_inputs(variables)
        object_names.rename(saveables, keys)
        if self._object_restore_saver is None:
            # Kept, so that restoring again adds no more nodes.
            self._object_restore_saver = Saver(saveables)
        self._object_restore_saver.restore(sess, prefix)


def _explained(error: Any, why: str) -> Any:
    return type(error)(
        error.node_def,
        error.op,
        f"Restoring from checkpoint failed. This is most likely due to {why} from the checkpoint. "
        "Please ensure that you have not altered the graph expected based on the checkpoint. "
        f"Original error:\n\n{error.message}",
    )


def _get_saver_or_default() -> Saver:
    """The saver in the collection of savers; a new one, put there, when there is none."""
    savers = get_default_graph().get_collection(GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError(
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to "
            "use by passing it to the constructor."
        )
    if savers:
        found: Saver = savers[0]
        return found
    made = Saver(sharded=True, allow_empty=True)
    get_default_graph().add_to_collection(GraphKeys.SAVERS, made)
    return made


def _saver_def() -> Any:
    from headrace._src.proto import messages

    return messages.SaverDef


register_proto_function(GraphKeys.SAVERS, _saver_def, Saver.to_proto, Saver.from_proto)
