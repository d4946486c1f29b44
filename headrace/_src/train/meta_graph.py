"""Meta graphs: a graph with its collections and its saver, as one message or file."""

from __future__ import annotations

import os
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import opspec, proto_functions
from headrace._src.core.graph import Graph, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.platform import logging, modes, versions
from headrace._src.state.variable import Variable, without_scope

UNBOUND: Final = "$unbound_inputs_"
_SAVE_AND_RESTORE: Final = frozenset({
    "SaveV2", "Save", "SaveSlice", "LegacySave", "LegacySaveSlice", "RestoreV2", "Restore",
    "RestoreSlice", "LegacyRestore", "LegacyRestoreSlice",
})  # fmt: skip
# Nodes of function bodies that no op registry knows.
_INTERNAL: Final = ("_Arg", "_Retval", "_ListToArray", "_ArrayToList")


def _messages() -> Any:
    from headrace._src.proto import messages

    return messages


# -- exporting ------------------------------------------------------------------------------------


@export("train.export_meta_graph", v2=())
def export_meta_graph(
    filename: str | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Any = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """Make a `MetaGraphDef` of a graph, its collections and its saver.

    Args:
      filename: where to write it; nothing is written by default.
      meta_info_def: a `MetaInfoDef` to start from.
      graph_def: the `GraphDef`; that of `graph` by default.
      saver_def: the `SaverDef`.
      collection_list: keys of the collections; all by default.
      as_text: whether to write text rather than bytes.
      graph: the `Graph`; the default graph when left out.
      export_scope: only what is in this name scope, with the scope taken off its names.
      clear_devices: whether devices are left out.
      clear_extraneous_savers: whether the nodes of other savers are left out.
      strip_default_attrs: whether attrs with default values are left out.
      save_debug_info: must be False; where nodes were made is not written.
      **kwargs: `unbound_inputs_col_name`, the collection for inputs outside `export_scope`.

    Returns:
      The `MetaGraphDef`.

    Raises:
      NotImplementedError: `save_debug_info` is set.
      RuntimeError: execution is eager.
    """
    if modes.executing_eagerly() and (graph_def is None or graph is None):
        raise RuntimeError(
            "Exporting/importing meta graphs is not supported when eager execution is enabled. No "
            "graph exists when eager execution is enabled."
        )
    return export_scoped_meta_graph(
        filename=filename,
        meta_info_def=meta_info_def,
        graph_def=graph_def,
        saver_def=saver_def,
        collection_list=collection_list,
        as_text=as_text,
        graph=graph,
        export_scope=export_scope,
        clear_devices=clear_devices,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        save_debug_info=save_debug_info,
        **kwargs,
    )[0]


def export_scoped_meta_graph(
    filename: str | None = None,
    graph_def: Any = None,
    graph: Any = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str | None = "unbound_inputs",
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> tuple[Any, dict[str, Any]]:
    """Does what `export_meta_graph` does; returns the variables written too, by name."""
    if save_debug_info:
        raise NotImplementedError("headrace does not write debug info with a meta graph")
    graph = graph or get_default_graph()
    exclude: set[str] = set()
    if export_scope or clear_extraneous_savers or clear_devices:
        given = graph_def is not None
        if not given:
            graph_def = graph.as_graph_def(add_shapes=True)
        if clear_extraneous_savers:
            exclude = _extraneous_saver_nodes(graph_def, saver_def)
        unbound: list[str] = []
        graph_def = _scoped_graph_def(
            graph_def, export_scope, exclude, clear_devices, unbound, with_library=given
        )
        if unbound_inputs_col_name:
            graph.clear_collection(unbound_inputs_col_name)
            for name in unbound:
                graph.add_to_collection(unbound_inputs_col_name, name)
    variables = {
        without_scope(v.name, export_scope): v
        for v in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=export_scope)
        if _included(v, export_scope, exclude)
    }
    made = create_meta_graph_def(
        graph_def=graph_def,
        graph=graph,
        export_scope=export_scope,
        exclude_nodes=exclude,
        clear_extraneous_savers=clear_extraneous_savers,
        saver_def=saver_def,
        strip_default_attrs=strip_default_attrs,
        **kwargs,
    )
    if filename:
        from headrace._src.proto import graph_io

        folder, name = os.path.split(filename)
        graph_io.write_graph(made, folder or ".", name, as_text=as_text)
    return made, variables


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    graph: Any = None,
    export_scope: str | None = None,
    exclude_nodes: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
) -> Any:
    """Puts a `MetaGraphDef` together.

    Raises:
      TypeError: an argument is not of the message class it should be.
    """
    kinds = _messages()
    for name, value, kind in (
        ("graph", graph, Graph),
        ("meta_info_def", meta_info_def, kinds.MetaGraphDef.MetaInfoDef),
        ("graph_def", graph_def, kinds.GraphDef),
        ("saver_def", saver_def, kinds.SaverDef),
    ):
        if value and not isinstance(value, kind):
            raise TypeError(f"{name} must be of type {kind.__name__}, not {type(value)}")
    graph = graph or get_default_graph()
    made = kinds.MetaGraphDef()
    info = made.meta_info_def
    if meta_info_def:
        info.CopyFrom(meta_info_def)
    info.tensorflow_version = versions.VERSION
    info.tensorflow_git_version = versions.GIT_VERSION
    made.graph_def.CopyFrom(graph_def or graph.as_graph_def(add_shapes=True))
    if not info.stripped_op_list.op:
        info.stripped_op_list.CopyFrom(stripped_op_list_for_graph(made.graph_def))
    if strip_default_attrs:
        strip_graph_default_valued_attrs(made)
    if saver_def:
        made.saver_def.CopyFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        instead = None
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            instead = [proto_functions.get_from_proto_function(key)(saver_def)]
        add_collection_def(
            made,
            key,
            graph=graph,
            export_scope=export_scope,
            exclude_nodes=exclude_nodes,
            override_contents=instead,
        )
    return made


# -- collections ----------------------------------------------------------------------------------


def add_collection_def(
    meta_graph_def: Any,
    key: Any,
    graph: Any = None,
    export_scope: str | None = None,
    exclude_nodes: Any = None,
    override_contents: Any = None,
) -> None:
    """Writes one collection into a `MetaGraphDef`.

    Members that no message stands for are left out with a warning, as the whole collection is.
    """
    if not isinstance(key, (str, bytes)):
        logging.warning(
            "Only collections with string type keys will be serialized. This key has %s", type(key)
        )
        return
    graph = graph or get_default_graph()
    members = [
        x
        for x in override_contents or graph.get_collection(key)
        if _included(x, export_scope, exclude_nodes)
    ]
    if not members:
        return
    name = key.decode() if isinstance(key, bytes) else key
    try:
        _fill_collection(meta_graph_def.collection_def[name], key, members, export_scope)
    except Exception as error:  # noqa: BLE001  (members are objects of any kind)
        logging.warning(
            "Issue encountered when serializing %s.\n"
            "Type is unsupported, or the types of the items don't match field type in "
            "CollectionDef. Note this is a warning and probably safe to ignore.\n%s",
            key,
            error,
        )
        meta_graph_def.collection_def.pop(name, None)


def _fill_collection(proto: Any, key: Any, members: list[Any], export_scope: str | None) -> None:
    to_proto = proto_functions.get_to_proto_function(key)
    first = members[0]
    if to_proto:
        written = [to_proto(x, export_scope=export_scope) for x in members]
        for message in filter(None, written):
            proto.bytes_list.value.append(message.SerializeToString())
    elif isinstance(first, (str, bytes)):
        proto.bytes_list.value.extend(
            [x.encode() if isinstance(x, str) else bytes(x) for x in members]
        )
    elif isinstance(first, int):
        proto.int64_list.value.extend(members)
    elif isinstance(first, float):
        proto.float_list.value.extend(members)
    elif getattr(getattr(first, "DESCRIPTOR", None), "full_name", "") == "google.protobuf.Any":
        proto.any_list.value.extend(members)
    else:
        for x in members:
            if not export_scope or x.name.startswith(export_scope):
                proto.node_list.value.append(without_scope(x.name, export_scope))


def _included(member: Any, export_scope: str | None, exclude: Any) -> bool:
    """Whether a node, a variable or the name of one is written."""
    name = member if isinstance(member, str) else getattr(member, "name", None)
    if not isinstance(name, str):
        return True
    if exclude and name in exclude:
        return False
    return name.startswith(UNBOUND) or not export_scope or name.startswith(export_scope)


# -- nodes ----------------------------------------------------------------------------------------


def _scoped_graph_def(
    source: Any,
    export_scope: str | None,
    exclude: set[str],
    clear_devices: bool,
    unbound: list[str],
    with_library: bool,
) -> Any:
    made = _messages().GraphDef()
    made.versions.CopyFrom(source.versions)
    if with_library or source.library.function:
        made.library.CopyFrom(source.library)
    for node in source.node:
        if _included(node.name, export_scope, exclude):
            copy = made.node.add()
            copy.CopyFrom(node)
            _take_off_scope(copy, export_scope, unbound)
            if clear_devices:
                copy.device = ""
    return made


def _take_off_scope(node: Any, scope: str | None, unbound: list[str]) -> None:
    if not scope:
        return
    node.name = without_scope(node.name, scope)
    for i, name in enumerate(node.input):
        mark, plain = ("^", name[1:]) if name.startswith("^") else ("", name)
        if plain.startswith(scope):
            node.input[i] = mark + without_scope(plain, scope)
        else:
            node.input[i] = mark + UNBOUND + plain
            unbound.append(node.input[i])
    if "_class" in node.attr:
        groups = node.attr["_class"].list
        kept = [s.decode() for s in groups.s if s.decode().partition("@")[2].startswith(scope)]
        del groups.s[:]
        groups.s.extend([_group_without_scope(s, scope).encode() for s in kept])


def _group_without_scope(group: str, scope: str) -> str:
    mark, _, name = group.partition("@")
    return f"{mark}@{without_scope(name, scope)}"


def _extraneous_saver_nodes(graph_def: Any, saver_def: Any) -> set[str]:
    """The nodes of other savers; each saver is taken to have a name scope to itself."""

    def scope(name: str) -> str:
        return name.lstrip("^").partition(":")[0].rpartition("/")[0]

    savers = {node.name for node in graph_def.node if node.op in _SAVE_AND_RESTORE}
    scopes = {scope(name) for name in savers} - savers
    if saver_def is not None:
        scopes -= {scope(saver_def.save_tensor_name), scope(saver_def.restore_op_name)}
    prefixes = tuple(f"{s}/" for s in scopes)
    return {node.name for node in graph_def.node if prefixes and node.name.startswith(prefixes)}


# -- ops ------------------------------------------------------------------------------------------


def ops_used_by_graph_def(graph_def: Any) -> list[str]:
    """The op types of a graph and of the functions it calls, sorted."""
    functions = {f.signature.name: f for f in graph_def.library.function}
    used: set[str] = set()
    waiting = [node.op for node in graph_def.node]
    while waiting:
        op_type = waiting.pop()
        if op_type not in used:
            used.add(op_type)
            if op_type in functions:
                waiting += [node.op for node in functions[op_type].node_def]
    return sorted(used - functions.keys())


def stripped_op_list_for_graph(graph_def: Any) -> Any:
    """Returns an `OpList` with the ops that a graph uses.

    Raises:
      ValueError: an op is not known.
    """
    from headrace._src.proto import graph_export

    made = _messages().OpList()
    for op_type in ops_used_by_graph_def(graph_def):
        spec = opspec.lookup(op_type)
        if spec is not None:
            made.op.append(graph_export.op_def(spec))
        elif op_type not in _INTERNAL:
            raise ValueError(f"Op {op_type} is used by the graph, but is not registered")
    return made


def strip_graph_default_valued_attrs(meta_graph_def: Any) -> None:
    """Takes attrs that have their default value off the nodes of a meta graph."""
    library = meta_graph_def.graph_def.library.function
    functions = {f.signature.name for f in library}
    for nodes in (meta_graph_def.graph_def.node, *(f.node_def for f in library)):
        for node in nodes:
            if node.op not in functions:
                _strip_defaults(node)
    meta_graph_def.meta_info_def.stripped_default_attrs = True


def _strip_defaults(node: Any) -> None:
    from headrace._src.core.tensor_proto import attr_value

    spec = opspec.lookup(node.op)
    if spec is None:
        return
    for name, attr in spec.attrs.items():
        if name in node.attr and attr.has_default:
            if node.attr[name] == attr_value(attr.kind, attr.default):
                del node.attr[name]


# -- which messages stand for what ----------------------------------------------------------------


def _variable_def() -> Any:
    return _messages().VariableDef


def _queue_runner_def() -> Any:
    return _messages().QueueRunnerDef


def _write(member: Any, export_scope: str | None = None) -> Any:
    return member.to_proto(export_scope=export_scope)


def _read_queue_runner(proto: Any, import_scope: str | None = None) -> Any:
    from headrace._src.train.queue_runner import QueueRunner

    return QueueRunner.from_proto(proto, import_scope=import_scope)


for _key in (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
    GraphKeys.MOVING_AVERAGE_VARIABLES,
    GraphKeys.MODEL_VARIABLES,
    GraphKeys.METRIC_VARIABLES,
    GraphKeys.GLOBAL_STEP,
):
    proto_functions.register_proto_function(_key, _variable_def, _write, Variable.from_proto)
proto_functions.register_proto_function(
    GraphKeys.QUEUE_RUNNERS, _queue_runner_def, _write, _read_queue_runner
)

__all__ = [
    "add_collection_def",
    "create_meta_graph_def",
    "export_meta_graph",
    "export_scoped_meta_graph",
    "ops_used_by_graph_def",
    "strip_graph_default_valued_attrs",
    "stripped_op_list_for_graph",
]
