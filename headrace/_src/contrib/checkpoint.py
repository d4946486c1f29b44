"""tf.contrib.checkpoint: tools for checkpoints of objects."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.core import dtypes
from headrace._src.core.trackable import Trackable
from headrace._src.ops._late import late
from headrace._src.state.trackable_containers import TrackableDataStructure
from headrace._src.tracking import saver
from headrace._src.train.saveable import SaveableObject, SaveSpec


@export("contrib.checkpoint.UniqueNameTracker", v2=())
class UniqueNameTracker(TrackableDataStructure):
    """Dependencies under names that are made unique."""

    def __init__(self) -> None:
        super().__init__()
        self._maybe_initialize_trackable()
        self._name_counts: dict[str, int] = {}

    @property
    def _values(self) -> list[Any]:
        return [dependency.ref for dependency in self._checkpoint_dependencies]

    def track(self, trackable: Any, base_name: str) -> Any:
        """Declare a dependency.

        Args:
          trackable: the object.
          base_name: its name, which gets a number if it is taken.

        Returns:
          The object.

        Raises:
          ValueError: checkpoints cannot hold the object.
        """
        if not isinstance(trackable, Trackable):
            raise ValueError(
                f"Expected a trackable value, got {trackable} which does not inherit from "
                "tf.track.Trackable."
            )
        count = self._name_counts.get(base_name, 0)
        name = f"{base_name}_{count}" if count else base_name
        while self._lookup_dependency(name) is not None:
            count += 1
            name = f"{base_name}_{count}"
        self._name_counts[base_name] = count + 1
        self._track_value(trackable, name)
        return trackable


# -- One object saved as several values -----------------------------------------------------------
class _PartSaveable(SaveableObject):
    def __init__(
        self, name: str, dtype: Any, device: str, save: Callable[[], Any], restore: Any
    ) -> None:
        self._restore = restore
        super().__init__(save, [SaveSpec(save, "", name, dtype=dtype, device=device)], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        (tensor,) = restored_tensors
        return self._restore(tensor)


class _Part(Trackable):
    """One of the values. All are computed when the first is saved, and restored with the last."""

    def __init__(self, name: str, dtype: Any, device: str, whole: _Whole) -> None:
        self._name, self._dtype, self._device, self._whole = name, dtype, device, whole

    def _save(self) -> Any:
        held = self._whole.saving
        if self._name not in held:
            if held:
                raise AssertionError(
                    f"Split dependency {self._name} ({self}) unsynchronized. Split dependencies "
                    "must be saved together."
                )
            self._whole.fill(held)
        return held.pop(self._name)

    def _restore(self, tensor: Any) -> Any:
        held = self._whole.restoring
        if self._name in held:
            raise AssertionError(
                f"Split dependency {self._name} ({self}) unsynchronized. Split dependencies must "
                "be restored together."
            )
        held[self._name] = tensor
        if len(held) < self._whole.size:
            return late.no_op()
        done = self._whole.consume(held)
        held.clear()
        return done

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        made = functools.partial(
            _PartSaveable,
            dtype=self._dtype,
            device=self._device,
            save=self._save,
            restore=self._restore,
        )
        return {"VARIABLE_VALUE": made}


class _Whole:
    def __init__(self, size: int, fill: Any, consume: Any) -> None:
        self.size, self.fill, self.consume = size, fill, consume
        self.saving: dict[str, Any] = {}
        self.restoring: dict[str, Any] = {}


@export("contrib.checkpoint.split_dependency", v2=())
def split_dependency(
    component_names: Any,
    component_dtypes: Any,
    fill_save_buffer_fn: Any,
    consume_restore_buffer_fn: Any,
    device: Any,
) -> dict[str, Any]:
    """Make several dependencies that are saved and restored together.

    Args:
      component_names: their names.
      component_dtypes: their dtypes.
      fill_save_buffer_fn: function that puts tensors into a dict, by the names.
      consume_restore_buffer_fn: function that takes such a dict and returns the operation that
        restores.
      device: the device of the tensors.

    Returns:
      Dict name → dependency, each to be given to `_track_trackable`.
    """
    whole = _Whole(len(component_names), fill_save_buffer_fn, consume_restore_buffer_fn)
    return {
        name: _Part(name, dtypes.as_dtype(dtype), device, whole)
        for name, dtype in zip(component_names, component_dtypes, strict=True)
    }


@export("contrib.checkpoint.dot_graph_from_checkpoint", v2=())
def dot_graph_from_checkpoint(save_path: str) -> str:
    """Draw the objects of a checkpoint.

    Args:
      save_path: name of the checkpoint.

    Returns:
      The graph in the language of Graphviz: variables blue, slot variables orange, optimizers red.

    Raises:
      ValueError: the checkpoint was not written by `tf.train.Checkpoint`.
    """
    reader = CheckpointReader(save_path)
    graph = saver.object_metadata(save_path)
    shapes, kinds = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    slots = {slot.slot_variable_node_id for node in graph.nodes for slot in node.slot_variables}
    lines = ["digraph {"]
    for number, node in enumerate(graph.nodes):
        look = "[shape=point label="
        if len(node.attributes) == 1 and node.attributes[0].name == "VARIABLE_VALUE":
            color, kind = ("orange", "Slot variable") if number in slots else ("blue", "Variable")
            key = node.attributes[0].checkpoint_key
            name = _quoted(node.attributes[0].full_name)
            look += (
                f'"" color={color} width=.25 tooltip="{kind} {name} shape={shapes[key]} '
                f'{kinds[key].name}"]'
            )
        elif node.slot_variables:
            look += '"" width=.25 color=red,tooltip="Optimizer"]'
        else:
            look += '"" width=.25]'
        lines.append(f"N_{number} {look}")
        for child in node.children:
            lines.append(f'N_{number} -> N_{child.node_id} [label="{_quoted(child.local_name)}"]')
        for slot in node.slot_variables:
            to = f"N_{slot.slot_variable_node_id}"
            lines.append(f'N_{number} -> {to} [label="{_quoted(slot.slot_name)}" style=dotted]')
            lines.append(f"N_{slot.original_variable_node_id} -> {to} [style=dotted]")
    return "\n".join([*lines, "}", ""])


def _quoted(name: str) -> str:
    return name.replace('"', '\\"')
