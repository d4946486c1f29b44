"""`tf.contrib.framework`: looking into checkpoints, under the older argument names."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.train import checkpoint_utils


@export("contrib.framework.load_checkpoint", v2=())
def load_checkpoint(filepattern: str) -> Any:
    """Open a checkpoint to look into it; see `tf.train.load_checkpoint`.

    Args:
      filepattern: a folder, whose newest checkpoint is taken, or the name of a checkpoint.

    Returns:
      A reader.
    """
    return checkpoint_utils.load_checkpoint(filepattern)


@export("contrib.framework.load_variable", v2=())
def load_variable(checkpoint_dir: str, name: str) -> Any:
    """Read a variable from a checkpoint; see `tf.train.load_variable`.

    Args:
      checkpoint_dir: a folder, whose newest checkpoint is taken, or the name of a checkpoint.
      name: the key, with or without `:0`.

    Returns:
      A NumPy array, or a NumPy scalar.
    """
    return checkpoint_utils.load_variable(checkpoint_dir, name)


@export("contrib.framework.list_variables", v2=())
def list_variables(checkpoint_dir: str) -> list[tuple[str, list[int]]]:
    """List what is in a checkpoint; see `tf.train.list_variables`.

    Args:
      checkpoint_dir: a folder, whose newest checkpoint is taken, or the name of a checkpoint.

    Returns:
      List of (key, shape), sorted.
    """
    return checkpoint_utils.list_variables(checkpoint_dir)


@export("contrib.framework.init_from_checkpoint", v2=())
def init_from_checkpoint(checkpoint_dir: str, assignment_map: dict[str, Any]) -> None:
    """Make the initializers of variables read a checkpoint; see `tf.train.init_from_checkpoint`.

    Args:
      checkpoint_dir: a folder, whose newest checkpoint is taken, or the name of a checkpoint.
      assignment_map: key in the checkpoint → variable, or its name.
    """
    checkpoint_utils.init_from_checkpoint(checkpoint_dir, assignment_map)
