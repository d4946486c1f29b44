"""From a root object to what a checkpoint of it holds: names, saveables, the graph of objects."""

from __future__ import annotations

import collections
import weakref
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core.scopes import device
from headrace._src.core.trackable import Trackable
from headrace._src.ops import constant as constant_ops
from headrace._src.tracking.saveables import NoRestoreSaveable, PythonStateSaveable
from headrace._src.train import saveable as saveable_lib

OBJECT_GRAPH_KEY: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"


def escaped(name: str) -> str:
    """A name of a dependency as a part of a key."""
    return name.replace(".", "..").replace("/", ".S")


class Identities(dict[int, Any]):
    """Values by the identity of objects, which are kept alive."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: list[Any] = []

    def put(self, obj: Any, value: Any) -> None:
        """Sets the value of an object."""
        if id(obj) not in self:
            self.objects.append(obj)
        self[id(obj)] = value

    def of(self, obj: Any) -> Any:
        """The value of an object."""
        return self[id(obj)]

    def knows(self, obj: Any) -> bool:
        """Whether the object has a value."""
        return id(obj) in self


class ObjectGraphView:
    """The objects below a root.

    Args:
      root: the root, or a weak reference to it.
      saveables_cache: object → name of an attribute → its saveable objects, kept between saves in
        graph mode so that no nodes are made twice; None makes them anew.
    """

    def __init__(self, root: Any, saveables_cache: Any = None) -> None:
        self._root = root
        self.saveables_cache = saveables_cache

    @property
    def root(self) -> Any:
        """The root object."""
        return self._root() if isinstance(self._root, weakref.ref) else self._root

    def list_dependencies(self, obj: Any) -> list[Any]:
        """The dependencies of one object."""
        obj._maybe_initialize_trackable()
        return obj._checkpoint_dependencies  # type: ignore[no-any-return]

    def _names(self) -> Identities:
        """The objects, breadth first, with the keys that the paths to them give."""
        root = self.root
        names = Identities()
        names.put(root, "")
        todo = collections.deque([root])
        while todo:
            owner = todo.popleft()
            prefix = names.of(owner)
            for name, ref in self.list_dependencies(owner):
                if not names.knows(ref):
                    own = escaped(name)
                    names.put(ref, f"{prefix}/{own}" if owner is not root else own)
                    todo.append(ref)
        return names

    def list_objects(self) -> list[Any]:
        """All objects: breadth first, then slot variables."""
        names = self._names()
        _slots(names)
        return names.objects

    def serialize_object_graph(self) -> tuple[list[Any], Any, dict[Any, Any] | None]:
        """Returns the saveable objects, the graph of objects as a message, and what to feed."""
        from headrace._src.proto import messages

        names = self._names()
        slots = _slots(names)
        graph = messages.TrackableObjectGraph()
        ids = {id(obj): number for number, obj in enumerate(names.objects)}
        for obj in names.objects:
            node = graph.nodes.add()
            for slot_name, original, slot in slots.get(id(obj), ()):
                node.slot_variables.add(
                    original_variable_node_id=ids[id(original)],
                    slot_name=slot_name,
                    slot_variable_node_id=ids[id(slot)],
                )
            for name, ref in self.list_dependencies(obj):
                node.children.add(node_id=ids[id(ref)], local_name=name)
        feeds: dict[Any, Any] | None = None if self.saveables_cache is None else {}
        found: list[Any] = []
        for obj, node in zip(names.objects, graph.nodes, strict=True):
            found += self._attributes(obj, node, names.of(obj), feeds)
        return found, graph, feeds

    def _attributes(self, obj: Any, node: Any, prefix: str, feeds: Any) -> list[Any]:
        """Describes the attributes of an object in `node`; returns what saves them."""
        found = []
        for name, factory in obj._gather_saveables_for_checkpoint().items():
            key = f"{prefix}/.ATTRIBUTES/{escaped(name)}"
            attribute = node.attributes.add(name=name, checkpoint_key=key)
            saveables = self._saveables(obj, name, key, factory)
            optional = bool(saveables) and all(s.optional_restore for s in saveables)
            for saveable in saveables:
                if hasattr(saveable, "full_name"):
                    attribute.full_name = saveable.full_name
                if isinstance(saveable, PythonStateSaveable):
                    if feeds is None:
                        saveable = saveable.freeze()
                    else:
                        feeds.update(saveable.feed_dict_additions())
                found.append(saveable)
            attribute.optional_restore = optional
        return found

    def _saveables(self, obj: Any, name: str, key: str, factory: Any) -> Any:
        kept = None if self.saveables_cache is None else self.saveables_cache.setdefault(obj, {})
        if kept is not None and name in kept:
            if all(key in saveable.name for saveable in kept[name]):
                return kept[name]
            del kept[name]
        made = factory(name=key) if callable(factory) else factory
        if isinstance(made, saveable_lib.SaveableObject):
            saveables = [made]
        else:
            (full_name,) = saveable_lib.op_list_to_dict([made], convert_variable_to_tensor=False)
            saveables = list(saveable_lib.saveable_objects_for_op(made, key))
            for saveable in saveables:
                saveable.full_name = full_name  # type: ignore[attr-defined]
        for saveable in saveables:
            if key not in saveable.name:
                raise AssertionError(
                    f"The object {obj} produced a SaveableObject with name '{saveable.name}' for "
                    f"attribute '{name}'. Expected a name containing '{key}'."
                )
        if kept is not None:
            kept[name] = saveables
        return saveables

    def frozen_saveable_objects(self) -> list[Any]:
        """The saveable objects, that of the graph of objects included, as they are now."""
        found, graph, _ = self.serialize_object_graph()
        with device("/cpu:0"):
            text = constant_ops.constant(graph.SerializeToString(), dtype="string")
        return [*found, NoRestoreSaveable(text, OBJECT_GRAPH_KEY)]


def _slots(names: Identities) -> dict[int, list[tuple[str, Any, Any]]]:
    """Adds slot variables to the objects; id of optimizer → (slot, variable, slot variable)."""
    found: dict[int, list[tuple[str, Any, Any]]] = {}
    plain = list(names.objects)
    for optimizer in plain:
        if not hasattr(optimizer, "_create_or_restore_slot_variable"):
            continue
        place = f"/.OPTIMIZER_SLOT/{names.of(optimizer)}/"
        for slot_name in optimizer.get_slot_names():
            for original in plain:
                slot = _slot_of(optimizer, original, slot_name)
                if slot is None:
                    continue
                slot._maybe_initialize_trackable()
                if slot._checkpoint_dependencies:
                    raise NotImplementedError(
                        "Currently only variables with no dependencies can be saved as slot "
                        "variables. File a feature request if this limitation bothers you."
                    )
                if names.knows(slot):
                    raise NotImplementedError(
                        "A slot variable was re-used as a dependency of a Trackable object. This "
                        "is not currently allowed. File a feature request if this limitation "
                        "bothers you."
                    )
                names.put(slot, names.of(original) + place + escaped(slot_name))
                found.setdefault(id(optimizer), []).append((slot_name, original, slot))
    return found


def _slot_of(optimizer: Any, original: Any, slot_name: str) -> Any:
    try:
        return optimizer.get_slot(original, slot_name)
    except (AttributeError, KeyError):
        # Not every object is a variable.
        return None


@export("contrib.checkpoint.list_objects", v2=())
def list_objects(root_trackable: Trackable) -> list[Any]:
    """Return all objects below a root, breadth first, slot variables last.

    Args:
      root_trackable: the root.
    """
    return ObjectGraphView(root_trackable).list_objects()
