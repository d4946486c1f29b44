"""Meta graphs read back: nodes, collections, and the saver."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import proto_functions
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.graph_def import importer
from headrace._src.platform import logging, modes
from headrace._src.state import collections
from headrace._src.state.variable import without_scope
from headrace._src.train.saver import Saver

# Contexts of old control flow: what they describe has become functions.
_CONTEXTS: Final = (GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT)


def _messages() -> Any:
    from headrace._src.proto import messages

    return messages


def read_meta_graph_file(filename: str) -> Any:
    """Reads a `MetaGraphDef` that was written as bytes or as text.

    Raises:
      OSError: there is no such file, or it is something else.
    """
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    from headrace._src.proto import messages

    if not os.path.exists(filename):
        raise OSError(f"File {filename} does not exist.")
    with open(filename, "rb") as file:
        data = file.read()
    made = messages.MetaGraphDef()
    try:
        made.ParseFromString(data)
        return made
    except DecodeError:
        made.Clear()
    try:
        return text_format.Merge(data.decode(), made, descriptor_pool=messages.pool())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {filename}: {error}.") from None


def _meta_graph(meta_graph_or_file: Any) -> Any:
    kind = _messages().MetaGraphDef
    if isinstance(meta_graph_or_file, kind):
        return meta_graph_or_file
    descriptor = getattr(meta_graph_or_file, "DESCRIPTOR", None)
    if getattr(descriptor, "full_name", None) == "tensorflow.MetaGraphDef":
        return kind.FromString(meta_graph_or_file.SerializeToString())
    return read_meta_graph_file(os.fsdecode(meta_graph_or_file))


@export("train.import_meta_graph", v2=())
def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Saver | None:
    """Add the nodes and collections of a meta graph to the default graph.

    Args:
      meta_graph_or_file: a `MetaGraphDef`, or the file with one.
      clear_devices: whether devices are left out.
      import_scope: a name scope to put everything into.
      **kwargs: `input_map` (name → tensor to use instead), `graph`, `return_elements`,
        `unbound_inputs_col_name` and `restore_collections_predicate` (key → whether to restore it).

    Returns:
      A `Saver` for the variables; None when there are none.

    Raises:
      OSError: the file is not there, or is no meta graph.
      ValueError: inputs from outside are missing in `input_map`.
    """
    try:
        return _import_meta_graph_with_return_elements(
            meta_graph_or_file, clear_devices, import_scope, **kwargs
        )[0]
    except Exception as error:
        if isinstance(meta_graph_or_file, (str, bytes, os.PathLike)):
            error.add_note(f"The file is {os.fsdecode(meta_graph_or_file)}.")
        raise


def _import_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    return_elements: Any = None,
    **kwargs: Any,
) -> tuple[Saver | None, Any]:
    if modes.executing_eagerly():
        raise RuntimeError(
            "Exporting/importing meta graphs is not supported when eager execution is enabled. No "
            "graph exists when eager execution is enabled."
        )
    meta = _meta_graph(meta_graph_or_file)
    variables, elements = import_scoped_meta_graph_with_return_elements(
        meta,
        clear_devices=clear_devices,
        import_scope=import_scope,
        return_elements=return_elements,
        **kwargs,
    )
    if meta.HasField("saver_def"):
        scope = import_scope
        for key, variable in variables.items():
            # The scope that the nodes got in the end, which had to be unique.
            scope = variable.name[: -len(key)]
            break
        return Saver(saver_def=meta.saver_def, name=scope), elements
    if collections.all_saveable_objects(scope=import_scope):
        return Saver(), elements
    logging.info("Saver not created because there are no variables in the graph to restore")
    return None, elements


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Any = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    restore_collections_predicate: Callable[[str], Any] = lambda key: True,
) -> dict[str, Any]:
    """Does what `import_meta_graph` does, without a saver; returns the variables by name."""
    return import_scoped_meta_graph_with_return_elements(
        meta_graph_or_file,
        clear_devices,
        graph,
        import_scope,
        input_map,
        unbound_inputs_col_name,
        restore_collections_predicate,
    )[0]


def import_scoped_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Any = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    restore_collections_predicate: Callable[[str], Any] = lambda key: True,
    return_elements: Any = None,
) -> tuple[dict[str, Any], Any]:
    """The same; returns what `return_elements` names too."""
    meta = _meta_graph(meta_graph_or_file)
    if unbound_inputs_col_name and unbound_inputs_col_name in meta.collection_def:
        _check_unbound(meta.collection_def[unbound_inputs_col_name], input_map)
    graph = graph or get_default_graph()
    with graph.as_default():
        if clear_devices:
            for node in meta.graph_def.node:
                node.device = ""
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        info = meta.meta_info_def
        elements = importer.import_graph_def(
            meta.graph_def,
            name=import_scope or scope,
            input_map=input_map,
            producer_op_list=info.stripped_op_list if info.HasField("stripped_op_list") else None,
            return_elements=return_elements,
        )
        reader = _CollectionReader(graph, scope, meta)
        for key in _restoring_order(meta.collection_def):
            if key != unbound_inputs_col_name and restore_collections_predicate(key):
                reader.read(key, meta.collection_def[key])
        variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
        return {without_scope(v.name, scope): v for v in variables}, elements


def _check_unbound(collection: Any, input_map: Any) -> None:
    kind = collection.WhichOneof("kind")
    values = [_text(v) for v in getattr(collection, kind).value] if kind else []
    if values and (not input_map or sorted(values) != sorted(input_map)):
        missing = ",".join(v for v in values if not input_map or v not in input_map)
        raise ValueError(
            f"Graph contains unbound inputs: {missing}. Must provide these inputs through "
            "input_map."
        )


def _restoring_order(keys: Any) -> list[str]:
    """Trainable variables first, so that what they say about themselves is what counts."""
    return sorted(keys, key=lambda key: (key != GraphKeys.TRAINABLE_VARIABLES, key))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _below(name: Any, scope: str) -> Any:
    """A name below `scope`; `^` and `loc:@` stay in front."""
    if not scope:
        return name
    return re.sub(r"([\^]|loc:@|^)(.*)", rf"\1{scope}/\2", _text(name), count=1)


class _CollectionReader:
    """Fills collections of a graph from their messages."""

    def __init__(self, graph: Any, scope: str, meta: Any) -> None:
        self._graph = graph
        self._scope = scope
        self._node_names = {node.name for node in meta.graph_def.node}
        # Before 1.9 a variable did not say whether it is trainable; the collection does.
        numbers = re.match(r"(\d+)\.(\d+)", meta.meta_info_def.tensorflow_version)
        self._says_trainable = numbers is None or tuple(map(int, numbers.groups())) >= (1, 9)
        self._variables: dict[bytes, Any] = {}

    def read(self, key: str, collection: Any) -> None:
        """Restores one collection."""
        kind = collection.WhichOneof("kind")
        if kind is None:
            logging.error("Cannot identify data type for collection %s. Skipping.", key)
            return
        if key in _CONTEXTS:
            return
        from_proto = proto_functions.get_from_proto_function(key)
        for value in getattr(collection, kind).value:
            if from_proto and kind == "bytes_list":
                self._graph.add_to_collection(key, self._member(key, value, from_proto))
            elif kind == "node_list":
                self._add_node(key, value)
            elif kind == "int64_list":
                self._graph.add_to_collection(key, int(value))
            else:
                named = kind == "bytes_list"
                self._graph.add_to_collection(key, _below(value, self._scope) if named else value)

    def _member(self, key: str, value: bytes, from_proto: Any) -> Any:
        from google.protobuf.message import DecodeError

        try:
            proto = proto_functions.get_collection_proto_type(key).FromString(value)
        except DecodeError as error:
            raise ValueError(f"A member of collection {key} cannot be parsed: {error}") from None
        if key not in GraphKeys._VARIABLE_COLLECTIONS:
            return from_proto(proto, import_scope=self._scope)
        # A variable of several collections is one object.
        if value not in self._variables:
            if not self._says_trainable:
                proto.trainable = key == GraphKeys.TRAINABLE_VARIABLES
            self._variables[value] = from_proto(proto, import_scope=self._scope)
        return self._variables[value]

    def _add_node(self, key: str, name: str) -> None:
        try:
            node = self._graph.as_graph_element(_below(name, self._scope))
        except KeyError:
            if name.partition(":")[0] not in self._node_names:
                raise
            # Nodes of old conditions and loops are in function bodies now.
            logging.warning("%s of collection %s is not in the graph. Skipping.", name, key)
            return
        self._graph.add_to_collection(key, node)
