"""The nodes of object-based checkpoints: each device saves its part, then the parts become one."""

from __future__ import annotations

import uuid
from typing import Any

from headrace._src.core.scopes import control_dependencies, device
from headrace._src.ops import checkpoint as checkpoint_ops
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import strings
from headrace._src.train import saveable as saveable_lib


class MultiDeviceSaver:
    """Saves and restores objects, grouped by their devices.

    Args:
      saveable_objects: list of `SaveableObject`.

    Raises:
      ValueError: something in it is no such object.
    """

    def __init__(self, saveable_objects: list[Any]) -> None:
        self._by_device: dict[str, list[Any]] = {}
        for saveable in saveable_objects:
            if not isinstance(saveable, saveable_lib.SaveableObject):
                raise ValueError(f"Expected a dictionary of SaveableObjects, got {saveable}.")
            self._by_device.setdefault(saveable.device, []).append(saveable)

    def save(self, file_prefix: Any) -> Any:
        """Adds the nodes that save under the name `file_prefix`; returns the last one."""
        with device("cpu:0"):
            folder = strings.string_join([file_prefix, f"_temp_{uuid.uuid4().hex}/part"])
        shards = constant_ops.constant(len(self._by_device), name="num_shards")
        names, saves, last = [], [], ""
        for number, (where, saveables) in enumerate(sorted(self._by_device.items())):
            last = where
            with device(saveable_lib.set_cpu0(where)):
                name = checkpoint_ops.ShardedFilename(folder, number, shards)
            names.append(name)
            with device(where):
                specs = [spec for saveable in saveables for spec in saveable.specs]
                tensors = [spec.tensor for spec in specs]
                with device("cpu:0"):
                    save = checkpoint_ops.SaveV2.make(
                        name, [s.name for s in specs], [s.slice_spec for s in specs], tensors
                    )
                saves.append(save)
        with control_dependencies(saves), device(saveable_lib.set_cpu0(last)):
            return checkpoint_ops.MergeV2Checkpoints.make(names, file_prefix, delete_old_dirs=True)

    def restore(self, file_prefix: Any) -> dict[str, Any]:
        """Adds the nodes that restore; returns key → the operation that restores it."""
        made: dict[str, Any] = {}
        for where, saveables in sorted(self._by_device.items()):
            with device(where):
                specs = [spec for saveable in saveables for spec in saveable.specs]
                with device("cpu:0"):
                    values = iter(
                        checkpoint_ops.RestoreV2(
                            file_prefix,
                            [spec.name for spec in specs],
                            [spec.slice_spec for spec in specs],
                            dtypes=[spec.dtype for spec in specs],
                        )
                    )
                for saveable in saveables:
                    tensors = [next(values) for _ in saveable.specs]
                    made[saveable.name] = saveable.restore(tensors, None)
        return made
