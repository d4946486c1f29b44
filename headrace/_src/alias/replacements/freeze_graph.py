"""`tensorflow.python.tools.freeze_graph`: a graph and a checkpoint become one with constants."""

from __future__ import annotations

import re
from typing import Any

from headrace._src.checkpoint.files import write_whole
from headrace._src.engine.session import Session
from headrace._src.graph_def.freeze import convert_variables_to_constants
from headrace._src.graph_def.importer import import_graph_def
from headrace._src.saved_model.loader import load
from headrace._src.train import checkpoint_state, meta_graph_import
from headrace._src.train.checkpoint_utils import load_checkpoint
from headrace._src.train.saver import Saver

_V2 = 2
_VARIABLES = frozenset(("Variable", "VariableV2", "VarHandleOp"))


def _names(text: str) -> list[str] | None:
    """Names that commas separate; None where there are none."""
    return text.replace(" ", "").split(",") if text else None


def _read(path: str, what: str, message: Any, binary: bool) -> Any:
    """A message from a file, in bytes or in text.

    Raises:
      OSError: there is no such file.
    """
    from google.protobuf import text_format

    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise OSError(f"Input {what} file '{path}' does not exist!") from None
    if binary:
        return message.FromString(data)
    return text_format.Parse(data, message())


def _restore_by_keys(session: Any, checkpoint: str, version: int) -> None:
    """Restores what the checkpoint has of the graph's variables.

    Raises:
      ValueError: there are no variables, or they are parts of larger ones.
    """
    graph = session.graph
    nodes = {op.name: op for op in graph.get_operations()}
    variables = {}
    for key in load_checkpoint(checkpoint).get_variable_to_shape_map():
        if key in nodes:
            variables[key] = nodes[key].outputs[0]
    if not any(op.type in _VARIABLES for op in nodes.values()):
        raise ValueError(
            "No variables were found in this model. It is likely the model was frozen previously. "
            "You cannot freeze a graph twice."
        )
    parts = [name for name in nodes if re.search(r"/part_\d+/", name)]
    if any(op.op.type not in _VARIABLES for op in variables.values()) and any(
        key in name for key in variables for name in parts
    ):
        raise ValueError(
            "Models containing partition variables cannot be converted from checkpoint files. "
            "Please pass in a SavedModel using the flag --input_saved_model_dir."
        )
    Saver(var_list=variables, write_version=version).restore(session, checkpoint)


def freeze_graph_with_def_protos(
    input_graph_def: Any,
    input_saver_def: Any,
    input_checkpoint: str,
    output_node_names: str,
    restore_op_name: Any,
    filename_tensor_name: Any,
    output_graph: str,
    clear_devices: bool,
    initializer_nodes: str,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph_def: Any = None,
    input_saved_model_dir: str | None = None,
    saved_model_tags: Any = None,
    checkpoint_version: int = _V2,
) -> Any:
    """Converts the variables of a graph to constants with the values of a checkpoint.

    Args:
      input_graph_def: the `GraphDef`, which is imported into the default graph, or None.
      input_saver_def: the `SaverDef` to restore with, or None.
      input_checkpoint: the checkpoint.
      output_node_names: the nodes to keep, with commas between them.
      restore_op_name: unused.
      filename_tensor_name: unused.
      output_graph: the file to write, or an empty string.
      clear_devices: whether nodes lose their devices.
      initializer_nodes: nodes to run before, with commas between them.
      variable_names_whitelist: variables to convert; all of them by default.
      variable_names_blacklist: variables to leave.
      input_meta_graph_def: a `MetaGraphDef` to take the graph from.
      input_saved_model_dir: a SavedModel to take graph and values from.
      saved_model_tags: its tags.
      checkpoint_version: the format of the checkpoint.

    Returns:
      The `GraphDef`.

    Raises:
      ValueError: there is no such checkpoint, no output, or nothing to freeze.
    """
    if not input_saved_model_dir and not checkpoint_state.checkpoint_exists(input_checkpoint):
        raise ValueError(f"Input checkpoint '{input_checkpoint}' doesn't exist!")
    if not output_node_names:
        raise ValueError("You need to supply the name of a node to --output_node_names.")
    given = input_meta_graph_def.graph_def if input_meta_graph_def else input_graph_def
    if clear_devices and given:
        for node in given.node:
            node.device = ""
    if input_graph_def:
        import_graph_def(input_graph_def, name="")
    with Session() as session:
        if input_saver_def:
            saver = Saver(saver_def=input_saver_def, write_version=checkpoint_version)
            saver.restore(session, input_checkpoint)
        elif input_meta_graph_def:
            restorer = meta_graph_import.import_meta_graph(input_meta_graph_def, clear_devices=True)
            restorer.restore(session, input_checkpoint)
        elif input_saved_model_dir:
            load(session, saved_model_tags or [], input_saved_model_dir)
        else:
            _restore_by_keys(session, input_checkpoint, checkpoint_version)
        if initializer_nodes and not input_saver_def and not input_saved_model_dir:
            session.run(_names(initializer_nodes))
        frozen = convert_variables_to_constants(
            session,
            given,
            _names(output_node_names) or [],
            variable_names_whitelist=_names(variable_names_whitelist),
            variable_names_blacklist=_names(variable_names_blacklist),
        )
    if output_graph:
        write_whole(output_graph, frozen.SerializeToString())
    return frozen


def freeze_graph(
    input_graph: str,
    input_saver: str,
    input_binary: bool,
    input_checkpoint: str,
    output_node_names: str,
    restore_op_name: Any,
    filename_tensor_name: Any,
    output_graph: str,
    clear_devices: bool,
    initializer_nodes: str,
    variable_names_whitelist: str = "",
    variable_names_blacklist: str = "",
    input_meta_graph: str | None = None,
    input_saved_model_dir: str | None = None,
    saved_model_tags: str = "serve",
    checkpoint_version: int = _V2,
) -> Any:
    """Converts the variables of a graph in a file to constants.

    Args:
      input_graph: a file with a `GraphDef`.
      input_saver: a file with a `SaverDef`, or an empty string.
      input_binary: whether the files hold bytes rather than text.
      input_checkpoint: the checkpoint.
      output_node_names: the nodes to keep, with commas between them.
      restore_op_name: unused.
      filename_tensor_name: unused.
      output_graph: the file to write.
      clear_devices: whether nodes lose their devices.
      initializer_nodes: nodes to run before, with commas between them.
      variable_names_whitelist: variables to convert; all of them by default.
      variable_names_blacklist: variables to leave.
      input_meta_graph: a file with a `MetaGraphDef` to take the graph from.
      input_saved_model_dir: a SavedModel to take graph and values from.
      saved_model_tags: its tags, with commas between them.
      checkpoint_version: the format of the checkpoint.

    Returns:
      The `GraphDef`.

    Raises:
      OSError: a file is not there.
      ValueError: see `freeze_graph_with_def_protos`.
    """
    from headrace._src.proto import messages

    graph_def = meta_graph_def = saver_def = None
    tags = saved_model_tags.replace(" ", "").split(",") if saved_model_tags else []
    if input_saved_model_dir:
        graph_def = _graph_of(input_saved_model_dir, set(tags))
    elif input_graph:
        graph_def = _read(input_graph, "graph", messages.GraphDef, input_binary)
    if input_meta_graph:
        meta = messages.MetaGraphDef
        meta_graph_def = _read(input_meta_graph, "meta graph", meta, input_binary)
        print(f"Loaded meta graph file '{input_meta_graph}")
    if input_saver:
        saver_def = _read(input_saver, "saver", messages.SaverDef, input_binary)
    return freeze_graph_with_def_protos(
        graph_def,
        saver_def,
        input_checkpoint,
        output_node_names,
        restore_op_name,
        filename_tensor_name,
        output_graph,
        clear_devices,
        initializer_nodes,
        variable_names_whitelist,
        variable_names_blacklist,
        meta_graph_def,
        input_saved_model_dir,
        tags,
        checkpoint_version=checkpoint_version,
    )


def _graph_of(folder: str, tags: set[str]) -> Any:
    """The `GraphDef` of a SavedModel's meta graph."""
    from headrace._src.saved_model.loader import parse_saved_model

    for meta in parse_saved_model(folder).meta_graphs:
        if set(meta.meta_info_def.tags) == tags:
            return meta.graph_def
    named = ",".join(sorted(tags))
    raise RuntimeError(
        f"MetaGraphDef associated with tag-set {named} could not be found in SavedModel"
    )


__all__ = ["freeze_graph", "freeze_graph_with_def_protos"]
