"""`tf.train.import_meta_graph`: a graph, its collections and its saver from a message or file."""

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
from headrace._src.platform import logging
from headrace._src.state import collections
from headrace._src.state.variable import with_scope, without_scope
from headrace._src.train.saver import Saver

# Conditions and loops become functions when nodes are imported; nothing stands for their contexts.
_CONTEXTS: Final = (GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT)
_ONCE_NODES: Final = (
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
)


@export("train.import_meta_graph", v2=())
def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Saver | None:
    """Add the nodes and the collections of a `MetaGraphDef` to the default graph.

    Args:
      meta_graph_or_file: a `MetaGraphDef`, or the name of a file that holds one as bytes or text.
      clear_devices: whether the devices of the nodes are forgotten.
      import_scope: name scope for the nodes.
      **kwargs: `input_map` as in `tf.import_graph_def`; `unbound_inputs_col_name`;
        `restore_collections_predicate`, a function that tells by its key whether a collection is
        wanted; `graph` instead of the default graph.

    Returns:
      A `Saver` for the variables; None when there are none.

    Raises:
      RuntimeError: operations are executed eagerly.
      IOError: there is no such file, or it holds no `MetaGraphDef`.
      ValueError: an input that the graph lacks is not in `input_map`; and what
        `tf.import_graph_def` raises.
    """
    return import_with_return_elements(meta_graph_or_file, clear_devices, import_scope, **kwargs)[0]


def import_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    return_elements: Any = None,
    **kwargs: Any,
) -> tuple[Saver | None, Any]:
    """Does what `import_meta_graph` does; returns the operations and tensors asked for too."""
    if get_default_graph().executes:
        raise RuntimeError(
            "Exporting/importing meta graphs is not supported when eager execution is enabled. "
            "No graph exists when eager execution is enabled."
        )
    meta = _as_meta_graph(meta_graph_or_file)
    variables, elements = import_scoped_meta_graph_with_return_elements(
        meta, clear_devices, import_scope=import_scope, return_elements=return_elements, **kwargs
    )
    return _saver(meta, import_scope, variables), elements


def import_scoped_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Any = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
    return_elements: Any = None,
) -> tuple[dict[str, Any], Any]:
    """Imports nodes and collections; returns the global variables by name, and the elements."""
    meta = _as_meta_graph(meta_graph_or_file)
    _check_unbound(meta, unbound_inputs_col_name, input_map)
    graph = graph or get_default_graph()
    with graph.as_default():
        if clear_devices:
            for node in meta.graph_def.node:
                node.device = ""
        info = meta.meta_info_def
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        elements = importer.import_graph_def(
            meta.graph_def,
            name=import_scope or scope,
            input_map=input_map,
            producer_op_list=info.stripped_op_list if info.HasField("stripped_op_list") else None,
            return_elements=return_elements,
        )
        restored = _Restored(graph, meta, scope)
        for key in _ordered_keys(meta):
            if key != unbound_inputs_col_name and restore_collections_predicate(key):
                restored.add(key, meta.collection_def[key])
        variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
    return {without_scope(v.name, scope): v for v in variables}, elements


def read_meta_graph_file(filename: Any) -> Any:
    """The `MetaGraphDef` in a file, which holds bytes or text.

    Raises:
      IOError: there is no such file, or it holds something else.
    """
    from google.protobuf import message, text_format

    from headrace._src.proto import messages

    if not os.path.exists(filename):
        raise OSError(f"File {os.fsdecode(filename)} does not exist.")
    with open(filename, "rb") as file:
        content = file.read()
    try:
        return messages.MetaGraphDef.FromString(content)
    except message.DecodeError:
        pass
    made = messages.MetaGraphDef()
    try:
        return text_format.Parse(content.decode(), made, descriptor_pool=messages.pool())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {os.fsdecode(filename)}: {error}.") from None


def _as_meta_graph(meta_graph_or_file: Any) -> Any:
    from headrace._src.proto import messages

    if isinstance(meta_graph_or_file, messages.MetaGraphDef):
        return meta_graph_or_file
    descriptor = getattr(meta_graph_or_file, "DESCRIPTOR", None)
    if getattr(descriptor, "full_name", None) == "tensorflow.MetaGraphDef":
        # Of another library in the process, with a descriptor pool of its own.
        return messages.MetaGraphDef.FromString(meta_graph_or_file.SerializeToString())
    return read_meta_graph_file(meta_graph_or_file)


def _check_unbound(meta: Any, key: str | None, input_map: Any) -> None:
    if not key or key not in meta.collection_def:
        return
    collection = meta.collection_def[key]
    values = getattr(collection, collection.WhichOneof("kind")).value
    names = [v.decode() if isinstance(v, bytes) else v for v in values]
    if names and (not input_map or sorted(names) != sorted(input_map)):
        missing = ",".join(n for n in names if not input_map or n not in input_map)
        raise ValueError(
            f"Graph contains unbound inputs: {missing}. Must provide these inputs through "
            "input_map."
        )


def _ordered_keys(meta: Any) -> list[str]:
    """Trainable variables first: files from before 1.9 say so by the collection alone."""
    first = GraphKeys.TRAINABLE_VARIABLES
    return sorted(meta.collection_def, key=lambda key: (key != first, key))


class _Restored:
    """Adds collections of a `MetaGraphDef` to a graph."""

    def __init__(self, graph: Any, meta: Any, scope: str) -> None:
        self._graph = graph
        self._scope = scope
        self._node_names = {node.name for node in meta.graph_def.node}
        # Serialized `VariableDef` → variable, which is the same in all collections.
        self._variables: dict[bytes, Any] = {}
        digits = re.findall(r"\d+", meta.meta_info_def.tensorflow_version)
        self._says_trainable = not digits or [int(x) for x in digits[:2]] >= [1, 9]

    def add(self, key: str, collection: Any) -> None:
        """Adds one collection."""
        kind = collection.WhichOneof("kind")
        if kind is None:
            logging.error("Cannot identify data type for collection %s. Skipping.", key)
            return
        if key in _CONTEXTS:
            return
        values = getattr(collection, kind).value
        read = proto_functions.get_from_proto_function(key)
        if read and kind == "bytes_list":
            members = [self._read(key, value, read) for value in values]
        else:
            if key in _ONCE_NODES:
                logging.warning(
                    "The saved meta_graph is possibly from an older release:\n'%s' collection "
                    "should be of type 'byte_list', but instead is of type '%s'.", key, kind
                )  # fmt: skip
            if kind == "node_list":
                members = self._nodes(key, values)
            else:
                members = [self._plain(value) for value in values]
        for member in members:
            self._graph.add_to_collection(key, member)

    def _read(self, key: str, value: bytes, read: Callable[..., Any]) -> Any:
        is_variable = key in GraphKeys._VARIABLE_COLLECTIONS
        if is_variable and value in self._variables:
            return self._variables[value]
        proto = proto_functions.get_collection_proto_type(key).FromString(value)
        if is_variable and not self._says_trainable:
            proto.trainable = key == GraphKeys.TRAINABLE_VARIABLES
        member = read(proto, import_scope=self._scope)
        if is_variable:
            self._variables[value] = member
        return member

    def _nodes(self, key: str, names: Any) -> list[Any]:
        members = []
        for name in names:
            try:
                members.append(self._graph.as_graph_element(with_scope(name, self._scope)))
            except KeyError:
                if name.partition(":")[0] not in self._node_names:
                    raise
                logging.warning(
                    "'%s' of collection '%s' is part of a condition or loop, which has become a "
                    "function; the collection lacks it.", name, key
                )  # fmt: skip
        return members

    def _plain(self, value: Any) -> Any:
        if not self._scope or not isinstance(value, (str, bytes)):
            return value
        text = value.decode() if isinstance(value, bytes) else value
        mark = re.match(r"\^|loc:@|", text)
        assert mark is not None
        return mark[0] + with_scope(text[mark.end() :], self._scope)


def _saver(meta: Any, import_scope: str | None, variables: dict[str, Any]) -> Saver | None:
    if meta.HasField("saver_def"):
        scope = import_scope
        for short, variable in variables.items():
            # The scope that was given to the nodes, which may have got a number.
            scope = variable.name[: -len(short)]
            break
        return Saver(saver_def=meta.saver_def, name=scope)
    if collections.all_saveable_objects(scope=import_scope):
        return Saver()
    logging.info("Saver not created because there are no variables in the graph to restore")
    return None


__all__ = [
    "import_meta_graph",
    "import_scoped_meta_graph_with_return_elements",
    "import_with_return_elements",
    "read_meta_graph_file",
]
