"""The nodes of a `Saver`: those that write a checkpoint and those that read it."""

from __future__ import annotations

import collections
import uuid
from typing import Any, Final

from headrace._src.core import device as device_lib
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import control_dependencies, device, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import checkpoint as checkpoint_ops
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import grouping, placeholder, shapes, strings
from headrace._src.ops import identity as identity_ops
from headrace._src.platform import modes
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.train import saveable as saveable_lib

V1: Final = 1
V2: Final = 2


class BaseSaverBuilder:
    """Builds the nodes that save and restore; a `RestoreV2` node for each variable.

    Args:
      write_version: `SaverDef.V1` or `SaverDef.V2`.
    """

    SaveSpec = saveable_lib.SaveSpec
    SaveableObject = saveable_lib.SaveableObject
    VariableSaveable = saveable_lib.ReferenceVariableSaveable
    ResourceVariableSaveable = saveable_lib.ResourceVariableSaveable

    def __init__(self, write_version: int = V2) -> None:
        self._write_version = write_version

    # -- what subclasses replace -------------------------------------------------------------

    def save_op(self, filename_tensor: Tensor, saveables: list[Any]) -> Any:
        """Adds the node that writes the tensors of `saveables`."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        names = [spec.name for spec in specs]
        tensors = [spec.tensor for spec in specs]
        parts = [spec.slice_spec for spec in specs]
        if self._write_version == V1:
            return checkpoint_ops.SaveSlices(filename_tensor, names, parts, tensors, name="save")
        if self._write_version == V2:
            return checkpoint_ops.SaveV2(filename_tensor, names, parts, tensors)
        raise RuntimeError(f"Unexpected write_version: {self._write_version}")

    def bulk_restore(
        self,
        filename_tensor: Tensor,
        saveables: list[Any],
        preferred_shard: int,
        restore_sequentially: bool,
    ) -> list[Tensor]:
        """Adds the nodes that read the tensors of `saveables`; returns them, flat."""
        tensors: list[Tensor] = []
        for saveable in saveables:
            where = saveable_lib.set_cpu0(saveable.device) if saveable.device else None
            with device(where):
                tensors += self.restore_op(filename_tensor, saveable, preferred_shard)
        return tensors

    def restore_op(
        self, filename_tensor: Tensor, saveable: Any, preferred_shard: int
    ) -> list[Tensor]:
        """Adds the nodes that read the tensors of one object."""
        return [
            checkpoint_ops.RestoreV2(
                filename_tensor, [spec.name], [spec.slice_spec], dtypes=[spec.dtype.base_dtype]
            )[0]
            for spec in saveable.specs
        ]

    def sharded_filename(self, filename_tensor: Tensor, shard: int, num_shards: Tensor) -> Tensor:
        """The name of one shard."""
        made: Tensor = checkpoint_ops.ShardedFilename(filename_tensor, shard, num_shards)
        return made

    # -- saving ------------------------------------------------------------------------------

    def _AddSaveOps(self, filename_tensor: Tensor, saveables: list[Any]) -> Tensor:  # noqa: N802
        save = self.save_op(filename_tensor, saveables)
        made: Tensor = grouping.with_dependencies([save], filename_tensor)
        return made

    def _AddShardedSaveOps(self, filename_tensor: Tensor, per_device: Any) -> Tensor:  # noqa: N802
        if self._write_version == V2:
            return self._save_and_merge(filename_tensor, per_device)
        shards = constant_ops.constant(len(per_device), name="num_shards")
        saves = []
        for shard, (where, saveables) in enumerate(per_device):
            with device(where):
                name = self.sharded_filename(filename_tensor, shard, shards)
                saves.append(self._AddSaveOps(name, saveables))
        with control_dependencies([t.op for t in saves]):
            made: Tensor = checkpoint_ops.ShardedFilespec(filename_tensor, shards)
            return made

    def _save_and_merge(self, prefix: Tensor, per_device: Any) -> Tensor:
        """Each device saves a checkpoint in a temporary folder; then they become one."""
        folder = strings.string_join([prefix, f"_temp_{uuid.uuid4().hex}/part"])
        shards = constant_ops.constant(len(per_device), name="num_shards")
        names, saves = [], []
        last = ""
        for shard, (where, saveables) in enumerate(per_device):
            last = saveable_lib.set_cpu0(where)
            with device(last):
                names.append(self.sharded_filename(folder, shard, shards))
                saves.append(self._AddSaveOps(names[-1], saveables))
        with control_dependencies([t.op for t in saves]), device(last):
            merged = checkpoint_ops.MergeV2Checkpoints(names, prefix, delete_old_dirs=True)
            with control_dependencies([merged]):
                return identity_ops.identity(prefix)

    # -- restoring ---------------------------------------------------------------------------

    def _AddRestoreOps(  # noqa: N802
        self,
        filename_tensor: Tensor,
        saveables: list[Any],
        restore_sequentially: bool,
        reshape: bool,
        preferred_shard: int = -1,
        name: str = "restore_all",
    ) -> Any:
        assigned = self._assign(
            filename_tensor, saveables, restore_sequentially, reshape, preferred_shard
        )
        return grouping.group(*assigned, name=name)

    def _assign(
        self,
        filename_tensor: Any,
        saveables: list[Any],
        restore_sequentially: bool,
        reshape: bool,
        preferred_shard: int = -1,
    ) -> list[Any]:
        tensors = self.bulk_restore(
            filename_tensor, saveables, preferred_shard, restore_sequentially
        )
        assigned: list[Any] = []
        at = 0
        for saveable in saveables:
            wanted = [_shape_of(spec.tensor) for spec in saveable.specs] if reshape else None
            count = len(saveable.specs)
            assigned.append(saveable.restore(tensors[at : at + count], wanted))
            at += count
        return assigned

    def _AddShardedRestoreOps(  # noqa: N802
        self, filename_tensor: Tensor, per_device: Any, restore_sequentially: bool, reshape: bool
    ) -> Any:
        restores = []
        for shard, (where, saveables) in enumerate(per_device):
            with device(where):
                restores.append(
                    self._AddRestoreOps(
                        filename_tensor,
                        saveables,
                        restore_sequentially,
                        reshape,
                        preferred_shard=shard,
                        name="restore_shard",
                    )
                )
        return grouping.group(*restores, name="restore_all")

    def _GroupByDevices(self, saveables: list[Any]) -> list[tuple[str, list[Any]]]:  # noqa: N802
        per_device: dict[str, list[Any]] = collections.defaultdict(list)
        for saveable in saveables:
            places = {device_lib.to_text(spec.tensor.device) for spec in saveable.specs}
            if len(places) != 1:
                raise ValueError(
                    f"All tensors of a saveable object must be on the same device: {saveable.name}"
                )
            per_device[places.pop()].append(saveable)
        return sorted(per_device.items(), key=lambda item: item[0])

    # -- all of it ---------------------------------------------------------------------------

    def build(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str | None = "model",
    ) -> Any:
        """Adds all nodes; returns the `SaverDef` that names them.

        Args:
          names_to_saveables: list of variables, or dict key → variable.
          reshape: whether restored tensors take the shape of the variable.
          sharded: whether each device has a file of its own.
          max_to_keep: how many checkpoints are kept; None or 0 keeps all.
          keep_checkpoint_every_n_hours: how often one is kept in any case.
          name: name of the scope.
          restore_sequentially: kept in old programs; changes nothing.
          filename: default of the placeholder for the file name.
        """
        return self._build_internal(
            names_to_saveables,
            reshape=reshape,
            sharded=sharded,
            max_to_keep=max_to_keep,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            name=name,
            restore_sequentially=restore_sequentially,
            filename=filename,
        )

    def _build_internal(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str | None = "model",
        build_save: bool = True,
        build_restore: bool = True,
    ) -> Any:
        from headrace._src.proto import messages

        if modes.executing_eagerly():
            return self._run_eagerly(
                names_to_saveables, reshape, sharded, max_to_keep, keep_checkpoint_every_n_hours,
                filename, build_save, build_restore,
            )  # fmt: skip
        if not build_save or not build_restore:
            raise ValueError(
                "save and restore operations need to be built together  when eager execution is "
                "not enabled."
            )
        saveables = saveable_lib.validate_and_slice_inputs(names_to_saveables)
        with name_scope(name, "save", [saveable.op for saveable in saveables]):
            path: Any = placeholder.placeholder_with_default(
                filename or "model", shape=(), name="filename"
            )
            # The name under which programs have always fed the path.
            path = placeholder.placeholder_with_default(path, shape=(), name="Const")
            if sharded:
                per_device = self._GroupByDevices(saveables)
                saved = self._AddShardedSaveOps(path, per_device)
                restored = self._AddShardedRestoreOps(
                    path, per_device, restore_sequentially, reshape
                )
            else:
                saved = self._AddSaveOps(path, saveables)
                restored = self._AddRestoreOps(path, saveables, restore_sequentially, reshape)
        _name_partitioned_variables()
        return messages.SaverDef(
            filename_tensor_name=path.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )

    def _run_eagerly(
        self,
        names_to_saveables: Any,
        reshape: bool,
        sharded: bool,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float,
        filename: str | None,
        build_save: bool,
        build_restore: bool,
    ) -> Any:
        """Saves or restores at once; the `SaverDef` holds the name of the checkpoint."""
        from headrace._src.proto import messages

        saveables = saveable_lib.validate_and_slice_inputs(names_to_saveables)
        path = filename or "model"
        if build_save:
            self.save_op(path, saveables)  # type: ignore[arg-type]
        if build_restore:
            self._assign(path, saveables, False, reshape)
        return messages.SaverDef(
            filename_tensor_name=path,
            save_tensor_name=path if build_save else "",
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )


class BulkSaverBuilder(BaseSaverBuilder):
    """Builds a single `RestoreV2` node for all variables of a shard."""

    def bulk_restore(
        self,
        filename_tensor: Tensor,
        saveables: list[Any],
        preferred_shard: int,
        restore_sequentially: bool,
    ) -> list[Tensor]:
        """Adds the node that reads the tensors of `saveables`; returns them, flat."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with device("cpu:0"):
            made: list[Tensor] = checkpoint_ops.RestoreV2(
                filename_tensor,
                [spec.name for spec in specs],
                [spec.slice_spec for spec in specs],
                dtypes=[spec.dtype.base_dtype for spec in specs],
            )
            return made


def _shape_of(tensor: Any) -> Any:
    """The static shape, or else a node that computes it."""
    known = tensor.get_shape()
    return known if known.is_fully_defined() else shapes.shape(tensor)


def _name_partitioned_variables() -> None:
    """Collections name a partitioned variable by its whole value, so that node must be there."""
    graph = get_default_graph()
    for key in graph.get_all_collection_keys():
        for member in graph.get_collection(key):
            if isinstance(member, PartitionedVariable):
                try:
                    graph.get_operation_by_name(member.name)
                except KeyError:
                    member.as_tensor()
