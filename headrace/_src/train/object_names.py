"""Checkpoints of `tf.train.Checkpoint`, read by the names of their variables."""

from __future__ import annotations

from typing import Any, Final

from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.core import errors

_OBJECT_GRAPH: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"


def object_graph_key_mapping(checkpoint_path: str) -> dict[str, str]:
    """Returns full name of a variable → its key in a checkpoint of `tf.train.Checkpoint`.

    Raises:
      NotFoundError: the checkpoint is not of this kind.
      DataLossError: its description of objects is damaged.
    """
    from google.protobuf.message import DecodeError

    from headrace._src.proto import messages

    data = CheckpointReader(checkpoint_path).get_tensor(_OBJECT_GRAPH)
    try:
        objects = messages.TrackableObjectGraph.FromString(data)
    except (DecodeError, TypeError):
        raise errors.DataLossError(
            None, None, f"The description of objects in {checkpoint_path} is damaged"
        ) from None
    return {a.full_name: a.checkpoint_key for node in objects.nodes for a in node.attributes}


def rename(saveables: list[Any], keys: dict[str, str]) -> None:
    """Gives the specs of saveable objects the keys of such a checkpoint.

    Raises:
      NotFoundError: a variable is not in the checkpoint.
    """
    specs = [spec for saveable in saveables for spec in saveable.specs]
    wanted = {spec.name for spec in specs}
    missing, extra = wanted - keys.keys(), keys.keys() - wanted
    if missing:
        raise errors.NotFoundError(
            None,
            None,
            f"\n\nExisting variables not in the checkpoint: {', '.join(sorted(missing))}\n\n"
            "Variables names when this checkpoint was written which don't exist now: "
            f"{', '.join(sorted(extra))}\n\n"
            f"({len(wanted & keys.keys())} variable name(s) did match)\n\n"
            "The checkpoint was written by tf.train.Checkpoint or a Keras model, and a Saver finds "
            "its values by the names that variables had then. Give Saver(var_list=...) the "
            "variables that were there, as a dict {old name: variable} where names have changed.",
        )
    for spec in specs:
        spec.name = keys[spec.name]
