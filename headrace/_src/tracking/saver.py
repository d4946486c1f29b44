"""Saving and restoring a graph of objects."""

from __future__ import annotations

import weakref
from typing import Any

from headrace._api.export import export
from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.core import errors
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import control_dependencies, device
from headrace._src.core.uids import next_uid
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import identity as identity_ops
from headrace._src.platform import gfile, modes
from headrace._src.tracking import load_status
from headrace._src.tracking.device_saver import MultiDeviceSaver
from headrace._src.tracking.object_graph import OBJECT_GRAPH_KEY, ObjectGraphView
from headrace._src.tracking.restoration import (
    CheckpointPosition,
    NameBasedCoordinator,
    RestoreCoordinator,
)
from headrace._src.tracking.saveables import NoRestoreSaveable


def _object_graph(reader: CheckpointReader, path: str) -> Any:
    """The graph of objects of a checkpoint.

    Raises:
      NotFoundError: the checkpoint has none.
      DataLossError: it is damaged.
    """
    from google.protobuf.message import DecodeError

    from headrace._src.proto import messages

    data = reader.get_tensor(OBJECT_GRAPH_KEY)
    try:
        graph = messages.TrackableObjectGraph.FromString(data)
    except (DecodeError, TypeError):
        graph = None
    size = 0 if graph is None else len(graph.nodes)
    if not size or not all(_within(node, size) for node in graph.nodes):
        raise errors.DataLossError(None, None, f"The description of objects in {path} is damaged")
    return graph


def _within(node: Any, size: int) -> bool:
    """Whether a node names only nodes that there are."""
    named = [child.node_id for child in node.children]
    for slot in node.slot_variables:
        named += [slot.original_variable_node_id, slot.slot_variable_node_id]
    return all(0 <= number < size for number in named)


class TrackableSaver:
    """Saves and restores the objects that a view shows.

    Args:
      graph_view: the `ObjectGraphView`.
    """

    def __init__(self, graph_view: ObjectGraphView) -> None:
        self._graph_view = graph_view
        # Graph mode makes nodes once and feeds what changes.
        self._file_prefix_placeholder: Any = None
        self._object_graph_feed: Any = None
        self._file_prefix_feed: Any = None
        self._last_object_graph: Any = None
        self._save_operation: Any = None
        self._restore_op_cache: dict[str, Any] = {}

    def save(self, file_prefix: str, checkpoint_number: Any = None, session: Any = None) -> Any:
        """Saves.

        Args:
          file_prefix: name of the checkpoint.
          checkpoint_number: appended to the name.
          session: the session; the default one by default.

        Returns:
          The name; a tensor in eager mode and in functions.
        """
        if checkpoint_number:
            file_prefix = f"{file_prefix}-{checkpoint_number}"
        graph = get_default_graph()
        in_session = not graph.executes and not graph.building_function
        feeds: dict[Any, Any] = {}
        text = None
        if in_session:
            if self._object_graph_feed is None:
                with device("/cpu:0"):
                    self._object_graph_feed = constant_ops.constant("", dtype="string")
                    self._file_prefix_feed = constant_ops.constant("", dtype="string")
            text, prefix = self._object_graph_feed, self._file_prefix_feed
            feeds[prefix] = file_prefix
        else:
            with device("/cpu:0"):
                prefix = constant_ops.constant(file_prefix, dtype="string")
        folder = file_prefix.rpartition("/")[0]
        if folder:
            gfile.makedirs(folder)
        path = self._saving(prefix, text, feeds, in_session)
        if not in_session:
            return path
        return load_status.session_or_default(session).run(path, feeds)

    def _saving(self, prefix: Any, text: Any, feeds: dict[Any, Any], in_session: bool) -> Any:
        """The nodes that save; those of the last time where the objects are still the same."""
        saveables, graph, more = self._graph_view.serialize_object_graph()
        feeds.update(more or {})
        # Maps have no order of their own; a checkpoint of equal objects should have equal bytes.
        data = graph.SerializeToString(deterministic=True)
        if text is None:
            with device("/cpu:0"):
                text = constant_ops.constant(data, dtype="string")
        else:
            feeds[text] = data
        saveables.append(NoRestoreSaveable(text, OBJECT_GRAPH_KEY))
        if self._last_object_graph != graph or not in_session:
            save = MultiDeviceSaver(saveables).save(prefix)
            with device("/cpu:0"), control_dependencies([save]):
                self._save_operation = identity_ops.identity(prefix)
            self._last_object_graph = graph
        return self._save_operation

    def restore(self, save_path: str | None) -> Any:
        """Restores.

        Args:
          save_path: name of a checkpoint of objects or of `tf.train.Saver`, or None.

        Returns:
          A load status.

        Raises:
          NotFoundError: there is no such checkpoint.
        """
        view = self._graph_view
        if save_path is None:
            return load_status.InitializationOnlyStatus(view, next_uid())
        reader = CheckpointReader(save_path)
        eager = modes.executing_eagerly()
        if not reader.has_tensor(OBJECT_GRAPH_KEY):
            return self._restore_by_name(save_path, reader, eager)
        graph = _object_graph(reader, save_path)
        feeds = None
        with device("/cpu:0"):
            if eager:
                prefix = constant_ops.constant(save_path)
            else:
                if self._file_prefix_placeholder is None:
                    self._file_prefix_placeholder = constant_ops.constant("model")
                prefix = self._file_prefix_placeholder
                feeds = {prefix: save_path}
        checkpoint = RestoreCoordinator(graph, save_path, prefix, self._restore_op_cache, view)
        CheckpointPosition(checkpoint, 0).restore(view.root)
        return load_status.CheckpointLoadStatus(checkpoint, feeds, view)

    def _restore_by_name(self, save_path: str, reader: CheckpointReader, eager: bool) -> Any:
        dtypes = reader.get_variable_to_dtype_map() if eager else None
        checkpoint = NameBasedCoordinator(save_path, dtypes)
        if eager:
            for obj in self._graph_view.list_objects():
                obj._name_based_attribute_restore(checkpoint)
        return load_status.NameBasedSaverStatus(checkpoint, self._graph_view)


def saver_with_op_caching(obj: Any) -> TrackableSaver:
    """A saver of an object, which it does not keep alive."""
    cache = None if modes.executing_eagerly() else _WeakKeys()
    return TrackableSaver(ObjectGraphView(weakref.ref(obj), cache))


class _WeakKeys:
    """Dicts by identity of objects, forgotten with the objects."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Any, dict[str, Any]]] = {}

    def setdefault(self, obj: Any, default: dict[str, Any]) -> dict[str, Any]:
        """The dict of an object; `default` from now on if it has none."""
        key = id(obj)
        held = self._held.get(key)
        if held is None or held[0]() is not obj:
            forget = self._held.pop
            held = self._held[key] = (weakref.ref(obj, lambda _: forget(key, None)), default)
        return held[1]


@export("contrib.checkpoint.object_metadata", v2=())
def object_metadata(save_path: str) -> Any:
    """Return the objects that a checkpoint holds, a `TrackableObjectGraph`.

    Args:
      save_path: name of the checkpoint.

    Raises:
      ValueError: the checkpoint was not written by `tf.train.Checkpoint`.
    """
    reader = CheckpointReader(save_path)
    if not reader.has_tensor(OBJECT_GRAPH_KEY):
        raise ValueError(
            f'The specified checkpoint "{save_path}" does not appear to be object-based (it is '
            f'missing the key "{OBJECT_GRAPH_KEY}"). Likely it was created with a name-based saver '
            "and does not contain an object dependency graph."
        )
    return _object_graph(reader, save_path)
