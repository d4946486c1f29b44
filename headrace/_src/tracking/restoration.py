"""Restoring: which object of a program is which of a checkpoint, and what gives it its value."""

from __future__ import annotations

import collections
import sys
import weakref
from typing import Any, NamedTuple

from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.core.scopes import device, init_scope
from headrace._src.core.uids import next_uid
from headrace._src.ops import checkpoint as checkpoint_ops
from headrace._src.ops import identity as identity_ops
from headrace._src.platform import logging, modes
from headrace._src.tracking.device_saver import MultiDeviceSaver
from headrace._src.tracking.saveables import PythonStateSaveable
from headrace._src.train import saveable as saveable_lib


class _Slot(NamedTuple):
    """A slot variable of a checkpoint that waits for its variable or its optimizer."""

    optimizer_id: int
    original: Any
    slot_variable_id: int
    slot_name: str


class WeakIdentities:
    """A set of objects by identity that does not keep them alive."""

    def __init__(self) -> None:
        self._refs: dict[int, Any] = {}

    def add(self, obj: Any) -> None:
        """Adds an object."""
        self._refs[id(obj)] = weakref.ref(obj)

    def alive(self) -> list[Any]:
        """The objects that are still there."""
        return [obj for ref in self._refs.values() if (obj := ref()) is not None]


class CheckpointPosition:
    """One object of a checkpoint.

    Args:
      checkpoint: the `RestoreCoordinator`.
      proto_id: number of the object.
    """

    def __init__(self, checkpoint: RestoreCoordinator, proto_id: int) -> None:
        self.checkpoint = checkpoint
        self._proto_id = proto_id

    def at(self, proto_id: int) -> CheckpointPosition:
        """Another object of the same checkpoint."""
        return CheckpointPosition(self.checkpoint, proto_id)

    @property
    def trackable(self) -> Any:
        """The object of the program."""
        return self.checkpoint.object_by_proto_id[self._proto_id]

    @property
    def object_proto(self) -> Any:
        """What the checkpoint says about the object."""
        return self.checkpoint.object_graph_proto.nodes[self._proto_id]

    @property
    def restore_uid(self) -> int:
        """Number of the restoration; later ones have greater numbers."""
        return self.checkpoint.restore_uid

    def __repr__(self) -> str:
        return repr(self.object_proto)

    def is_simple_variable(self) -> bool:
        """Whether the object is one value without dependencies."""
        attributes = self.object_proto.attributes
        return (
            len(attributes) == 1
            and attributes[0].name == "VARIABLE_VALUE"
            and not self.object_proto.children
        )

    def restore(self, trackable: Any) -> None:
        """Restores an object and what it depends on, unless that has happened already."""
        with init_scope():
            if self.bind_object(trackable):
                operations = trackable._restore_from_checkpoint_position(self)
                if operations:
                    self.checkpoint.new_restore_ops(operations)

    def bind_object(self, trackable: Any) -> bool:
        """Notes that an object of the program is this one; returns whether that is new."""
        checkpoint = self.checkpoint
        checkpoint.all_python_objects.add(trackable)
        checkpoint.matched_proto_ids.add(self._proto_id)
        present = checkpoint.object_by_proto_id.get(self._proto_id)
        if present is None:
            checkpoint.object_by_proto_id[self._proto_id] = trackable
            self._restore_slots(trackable)
            return True
        if present is not trackable:
            logging.warning(
                "Inconsistent references when loading the checkpoint into this object graph. "
                "Either the Trackable object references in the Python program have changed in an "
                "incompatible way, or the checkpoint was generated in an incompatible program.\n\n"
                "Two checkpoint references resolved to different objects (%s and %s).",
                present,
                trackable,
            )
        return False

    def _restore_slots(self, trackable: Any) -> None:
        """Restores the slot variables that need this optimizer, or this variable."""
        checkpoint = self.checkpoint
        for slot in checkpoint.deferred_slots.pop(self._proto_id, ()):
            trackable._create_or_restore_slot_variable(
                slot_variable_position=self.at(slot.slot_variable_id),
                variable=slot.original,
                slot_name=slot.slot_name,
            )
        for slot in checkpoint.slot_restorations.pop(self._proto_id, ()):
            optimizer = checkpoint.object_by_proto_id.get(slot.optimizer_id)
            if optimizer is None:
                waiting = checkpoint.deferred_slots.setdefault(slot.optimizer_id, [])
                waiting.append(slot._replace(original=trackable))
            else:
                optimizer._create_or_restore_slot_variable(
                    slot_variable_position=self.at(slot.slot_variable_id),
                    variable=trackable,
                    slot_name=slot.slot_name,
                )

    def value_tensors(self) -> dict[str, Any]:
        """The values of the attributes, read at once (eager execution)."""
        found = {}
        for attribute in self.object_proto.attributes:
            key = attribute.checkpoint_key
            with init_scope():
                with device("/cpu:0"):
                    (value,) = checkpoint_ops.RestoreV2(
                        self.checkpoint.save_path_tensor,
                        [key],
                        [""],
                        dtypes=[self.checkpoint.dtype_map[key].base_dtype],
                        name=f"{attribute.name}_checkpoint_read",
                    )
                found[attribute.name] = identity_ops.identity(value)
        return found

    def gather_ops_or_named_saveables(self) -> tuple[list[Any], dict[str, Any], list[Any]]:
        """Operations that restore attributes already; key → saveable; saveables of Python state."""
        checkpoint = self.checkpoint
        factories = self.trackable._gather_saveables_for_checkpoint()
        operations: list[Any] = []
        named: dict[str, Any] = {}
        pythons: list[Any] = []
        for attribute in self.object_proto.attributes:
            key = attribute.checkpoint_key
            if not modes.executing_eagerly() and key in checkpoint.restore_ops_by_name:
                operations.append(checkpoint.restore_ops_by_name[key])
                continue
            factory = factories.get(attribute.name)
            if factory is None:
                if not attribute.optional_restore:
                    checkpoint.unused_attributes.setdefault(self._proto_id, []).append(
                        attribute.name
                    )
                continue
            saveable = self._saveable(attribute, factory)
            if isinstance(saveable, PythonStateSaveable):
                pythons.append(saveable)
            else:
                named[key] = saveable
        return operations, named, pythons

    def _saveable(self, attribute: Any, factory: Any) -> Any:
        """What restores an attribute: the one that saves it, in graph mode."""
        key = attribute.checkpoint_key
        cache = self.checkpoint.graph_view.saveables_cache
        if cache is not None:
            kept = cache.setdefault(self.trackable, {})
            known = kept.get(attribute.name, ())
            if len(known) == 1 and key in known[0].name:
                return known[0]
        saveable = factory(name=key) if callable(factory) else factory
        if cache is not None:
            kept[attribute.name] = [saveable]
        return saveable


class _Names:
    """How objects of a checkpoint are called in messages."""

    def __init__(self, graph: Any) -> None:
        paths: dict[int, tuple[str, ...]] = {0: ("(root)",)}
        todo = collections.deque([0])
        while todo:
            at = todo.popleft()
            for child in graph.nodes[at].children:
                if child.node_id not in paths:
                    paths[child.node_id] = (*paths[at], child.local_name)
                    todo.append(child.node_id)
        self._names = {at: ".".join(path) for at, path in paths.items()}
        for at, node in enumerate(graph.nodes):
            for slot in node.slot_variables:
                self._names[slot.slot_variable_node_id] = (
                    f"{self._names[at]}'s state '{slot.slot_name}' for "
                    f"{self._names[slot.original_variable_node_id]}"
                )

    def __getitem__(self, node_id: int) -> str:
        return self._names[node_id]


names_of_nodes = _Names


class _Reporter:
    """Says, when a restoration is no longer needed, what of the checkpoint was never used."""

    def __init__(self, graph: Any, matched: set[int], unused: dict[int, list[str]]) -> None:
        self.expect_partial = False
        self._graph, self._matched, self._unused = graph, matched, unused

    def __del__(self) -> None:
        if self.expect_partial or sys is None or sys.is_finalizing():
            return
        missing = [n for n in range(len(self._graph.nodes)) if n not in self._matched]
        if not missing and not self._unused:
            return
        names = _Names(self._graph)
        for node_id in missing:
            logging.warning("Unresolved object in checkpoint: %s", names[node_id])
        for node_id, attributes in self._unused.items():
            logging.warning("Unused attribute in object %s: %s", names[node_id], attributes)
        logging.warning(
            "A checkpoint was restored and not all of its values were used; see above for which. "
            "expect_partial() of what restore(...) returned silences this, and assert_consumed() "
            "makes it an error."
        )


class RestoreCoordinator:
    """One restoration of a checkpoint of objects.

    Args:
      object_graph_proto: the objects of the checkpoint.
      save_path: name of the checkpoint.
      save_path_tensor: the same as a tensor, which may be fed.
      restore_op_cache: key → operation that restores it, shared by the restorations of a saver.
      graph_view: the objects of the program.
    """

    def __init__(
        self,
        object_graph_proto: Any,
        save_path: str,
        save_path_tensor: Any,
        restore_op_cache: dict[str, Any],
        graph_view: Any,
    ) -> None:
        self.object_graph_proto = object_graph_proto
        self.restore_uid = next_uid()
        self.unused_attributes: dict[int, list[str]] = {}
        self.object_by_proto_id: Any = weakref.WeakValueDictionary()
        self.matched_proto_ids: set[int] = set()
        self.all_python_objects = WeakIdentities()
        self.save_path_tensor = save_path_tensor
        self.save_path_string = save_path
        self.dtype_map = CheckpointReader(save_path).get_variable_to_dtype_map()
        self.restore_ops: list[Any] = []
        self.restore_ops_by_name = restore_op_cache
        self.graph_view = graph_view
        self.new_restore_ops_callback: Any = None
        # Number of an optimizer, or of a variable, → slot variables that wait for it.
        self.deferred_slots: dict[int, list[_Slot]] = {}
        self.slot_restorations: dict[int, list[_Slot]] = {}
        for number, node in enumerate(object_graph_proto.nodes):
            for slot in node.slot_variables:
                self.slot_restorations.setdefault(slot.original_variable_node_id, []).append(
                    _Slot(number, None, slot.slot_variable_node_id, slot.slot_name)
                )
        self._reporter = _Reporter(
            object_graph_proto, self.matched_proto_ids, self.unused_attributes
        )

    @property
    def expect_partial(self) -> bool:
        """Whether values may stay unused without a word."""
        return self._reporter.expect_partial

    @expect_partial.setter
    def expect_partial(self, value: bool) -> None:
        self._reporter.expect_partial = value

    def new_restore_ops(self, operations: list[Any]) -> None:
        """Takes operations that restore something."""
        self.restore_ops.extend(operations)
        if self.new_restore_ops_callback is not None:
            self.new_restore_ops_callback(operations)

    def restore_saveables(self, tensors: dict[str, Any], pythons: list[Any]) -> list[Any]:
        """Restores; returns the operations that do it in graph mode.

        Args:
          tensors: key → saveable object or variable.
          pythons: `PythonStateSaveable`s, restored at once.
        """
        if pythons:
            reader = CheckpointReader(self.save_path_string)
            for saveable in pythons:
                saveable.python_restore([reader.get_tensor(spec.name) for spec in saveable.specs])
        if not tensors:
            return []
        saveables = saveable_lib.validate_and_slice_inputs(tensors)
        made = MultiDeviceSaver(saveables).restore(self.save_path_tensor)
        if modes.executing_eagerly():
            return []
        self.restore_ops_by_name.update(made)
        return [operation for _, operation in sorted(made.items())]


class NameBasedCoordinator:
    """One restoration of a checkpoint of `tf.train.Saver` into objects, by names of variables.

    Args:
      save_path: name of the checkpoint.
      dtype_map: key → dtype in the checkpoint; needed in eager mode.
    """

    def __init__(self, save_path: str, dtype_map: Any = None) -> None:
        self.save_path = save_path
        self.dtype_map = dtype_map
        self.unused_attributes: list[tuple[Any, str]] = []
        self.restore_uid = next_uid()

    def globally_named_object_attributes(self, trackable: Any) -> Any:
        """Yields the saveable objects of an object, with the names a `Saver` gives them."""
        for attribute, factory in trackable._gather_saveables_for_checkpoint().items():
            saveable = factory
            if callable(factory):
                try:
                    saveable = factory()
                except TypeError:
                    # It has no name outside object-based checkpoints.
                    if not factory(name="").optional_restore:
                        self.unused_attributes.append((trackable, attribute))
                    continue
            found = saveable_lib.op_list_to_dict([saveable], convert_variable_to_tensor=False)
            for name, op in found.items():
                yield from saveable_lib.saveable_objects_for_op(op, name)

    def eager_restore(self, trackable: Any) -> None:
        """Restores one object at once."""
        for saveable in self.globally_named_object_attributes(trackable):
            if not all(spec.name in self.dtype_map for spec in saveable.specs):
                self.unused_attributes.append((trackable, saveable.name))
                continue
            restored = []
            for spec in saveable.specs:
                with device("cpu:0"):
                    (value,) = checkpoint_ops.RestoreV2(
                        self.save_path, [spec.name], [""], dtypes=[self.dtype_map[spec.name]]
                    )
                restored.append(identity_ops.identity(value))
            saveable.restore(restored, None)
