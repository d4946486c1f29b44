"""`headrace freeze`: a checkpoint or a SavedModel becomes one GraphDef with constants."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TextIO

from headrace._src.checkpoint.files import write_whole
from headrace._src.checkpoint.reader import open_checkpoint
from headrace._src.cli import ckpt
from headrace._src.cli.failure import Failure


def freeze(options: Any, out: TextIO) -> int:
    """Writes the frozen graph and says what is in it."""
    import headrace as tf

    with tf.Graph().as_default() as graph, tf.Session(graph=graph) as session:
        if tf.saved_model.maybe_saved_model_directory(options.source):
            outputs = _load_model(tf, session, options)
        else:
            _load_checkpoint(tf, session, options)
            outputs = _names(options.outputs)
        if not outputs:
            raise Failure("give the names of the nodes to keep with --outputs")
        _check(graph, outputs)
        try:
            frozen = tf.graph_util.convert_variables_to_constants(
                session, graph.as_graph_def(), outputs
            )
        except ValueError as error:
            raise Failure(str(error)) from None
    write_whole(options.target, frozen.SerializeToString(deterministic=True))
    constants = sum(node.op == "Const" for node in frozen.node)
    print(f"{options.target}: {len(frozen.node)} nodes, {constants} of them constants", file=out)
    return 0


def _names(text: str | None) -> list[str]:
    """Names of nodes; those of tensors stand for their nodes."""
    return [name.strip().partition(":")[0] for name in (text or "").split(",") if name.strip()]


def _check(graph: Any, names: Sequence[str]) -> None:
    for name in names:
        try:
            graph.get_operation_by_name(name)
        except KeyError as error:
            raise Failure(error.args[0]) from None


def _load_model(tf: Any, session: Any, options: Any) -> list[str]:
    """Loads a SavedModel; returns the nodes asked for, by default those of the signature."""
    tags = [tag.strip() for tag in (options.tags or "serve").split(",")]
    try:
        meta = tf.saved_model.load(session, tags, options.source)
    except RuntimeError as error:
        raise Failure(str(error)) from None
    if options.outputs:
        return _names(options.outputs)
    signature = options.signature or "serving_default"
    if signature not in meta.signature_def:
        known = ", ".join(sorted(meta.signature_def))
        raise Failure(f"{options.source} has no signature {signature}; there are: {known}")
    infos = meta.signature_def[signature].outputs.values()
    return _names(",".join(sorted(info.name for info in infos)))


def _load_checkpoint(tf: Any, session: Any, options: Any) -> None:
    prefix, _ = ckpt.opened(options.source)
    path = options.meta or prefix + ".meta"
    if not os.path.exists(path):
        raise Failure(f"{path} does not exist; name the file with the graph with --meta")
    try:
        saver = tf.train.import_meta_graph(path, clear_devices=True)
    except ValueError as error:
        raise Failure(f"{path}: {error}") from None
    if saver is None:
        open_checkpoint(prefix)
        return
    saver.restore(session, prefix)
