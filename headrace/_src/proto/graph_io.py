"""Graphs as files."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export


@export("io.write_graph", "train.write_graph", v2=("io.write_graph",))
def write_graph(graph_or_graph_def: Any, logdir: str, name: str, as_text: bool = True) -> str:
    """Write a graph to a file.

    Args:
      graph_or_graph_def: A `Graph` or a `GraphDef`.
      logdir: The directory; it is made when it is not there.
      name: The name of the file.
      as_text: Whether to write text rather than bytes.

    Returns:
      The path of the file.
    """
    from google.protobuf import text_format

    from headrace._src.proto import messages

    write = getattr(graph_or_graph_def, "as_graph_def", None)
    proto = graph_or_graph_def if write is None else write()
    os.makedirs(logdir, exist_ok=True)
    path = os.path.join(logdir, name)
    made = f"{path}.tmp{os.getpid()}"
    # Written beside it first, so that readers never see half a graph.
    with open(made, "wb") as file:
        if as_text:
            pool = messages.pool()
            file.write(text_format.MessageToString(proto, descriptor_pool=pool).encode())
        else:
            file.write(proto.SerializeToString())
    os.replace(made, path)
    return path


__all__ = ["write_graph"]
