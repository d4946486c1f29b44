"""Files that hold graphs: GraphDef, MetaGraphDef, SavedModel and event files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from headrace._src.core import errors
from headrace._src.proto import messages, parsing, record_io

_SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")
_TEXT = (".pbtxt", ".txt", ".prototxt", ".textproto")


class Found(NamedTuple):
    """A graph in a file: `label` tells it from others in the same file, `meta` may be None."""

    label: str
    graph_def: Any
    meta: Any = None


def read(path: str) -> list[Found]:
    """Reads the graphs in a file or in the folder of a SavedModel.

    The kind of file follows from its name where that tells it, else from what it holds.

    Args:
      path: a GraphDef or MetaGraphDef (binary or text), an event file, a SavedModel.

    Returns:
      The graphs; several only for SavedModels, and never none.

    Raises:
      NotFoundError: there is no such file.
      DataLossError: it is none of these, or damaged.
    """
    if os.path.isdir(path):
        inside = [os.path.join(path, name) for name in _SAVED_MODEL]
        held = [p for p in inside if os.path.exists(p)]
        if not held:
            names = " or ".join(_SAVED_MODEL)
            raise errors.NotFoundError(None, None, f"{path} is a folder without {names}")
        path = held[0]
    if "tfevents" in os.path.basename(path):
        return _event_graphs(path)
    data = parsing.read_file(path)
    if not data:
        raise errors.DataLossError(None, None, f"{path} is empty")
    text = path.endswith(_TEXT)
    reasons = []
    for kind in _kinds(path, text):
        try:
            parse = parsing.from_text if text else parsing.from_bytes
            message = parse(kind, data, path)
        except errors.DataLossError as error:
            reasons.append(error)
            continue
        found = list(_graphs(message))
        if found and all(map(_is_plausible, found)):
            return found
        reasons.append(parsing.damaged(kind, path, "no node with a name and an op type"))
    raise reasons[0]


def _kinds(path: str, text: bool) -> Sequence[Any]:
    """The kinds of message that a file may hold, the likeliest first."""
    if os.path.basename(path) in _SAVED_MODEL:
        return (messages.SavedModel,)
    kinds = [messages.GraphDef, messages.MetaGraphDef, messages.SavedModel]
    if path.endswith((".meta", ".meta.pbtxt")):
        kinds[:2] = kinds[1::-1]
    return kinds


def _graphs(message: Any) -> Iterator[Found]:
    if isinstance(message, messages.GraphDef):
        yield Found("", message)
    elif isinstance(message, messages.MetaGraphDef):
        yield _of_meta(message)
    else:
        yield from map(_of_meta, message.meta_graphs)


def _of_meta(meta: Any) -> Found:
    return Found(",".join(meta.meta_info_def.tags), meta.graph_def, meta)


def _is_plausible(found: Found) -> bool:
    """Whether this can be a graph: many bytes can be read as a message of any kind."""
    graph_def = found.graph_def
    if not graph_def.node and not graph_def.HasField("versions"):
        return False
    return all(node.name and node.op for node in graph_def.node)


def _event_graphs(path: str) -> list[Found]:
    """The last graph that was written to an event file; meta graphs come first."""
    found: dict[bool, Found] = {}
    for record in record_io.read_records(path):
        event = parsing.from_bytes(messages.Event, record, path)
        what = event.WhichOneof("what")
        if what == "graph_def":
            graph = parsing.from_bytes(messages.GraphDef, event.graph_def, path)
            found[False] = Found("", graph)
        elif what == "meta_graph_def":
            meta = parsing.from_bytes(messages.MetaGraphDef, event.meta_graph_def, path)
            found[True] = _of_meta(meta)
    if not found:
        raise errors.NotFoundError(None, None, f"{path} holds no graph")
    return [found[max(found)]]
