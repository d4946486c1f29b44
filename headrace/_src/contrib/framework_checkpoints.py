"""`tf.contrib.framework`: looking into checkpoints, under the older argument names."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.contrib import model_variables
from headrace._src.ops import grouping, placeholder
from headrace._src.platform import logging
from headrace._src.train import checkpoint_utils
from headrace._src.train import saver as saver_lib
from headrace._src.train.saver_builder import V1


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


@export("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint", v2=())
def assign_from_checkpoint(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """Make an operation that assigns values of a checkpoint, which are fed.

    Args:
      model_path: name of the checkpoint.
      var_list: list of variables, or dict key in the checkpoint → variable or list of slices.
      ignore_missing_vars: whether the checkpoint may lack variables.

    Returns:
      The operation, and what to feed it.

    Raises:
      ValueError: the checkpoint lacks a variable, or has another shape.
    """
    grouped: dict[str, list[Any]] = {}
    if isinstance(var_list, (tuple, list)):
        for var in var_list:
            grouped.setdefault(model_variables.get_variable_full_name(var), []).append(var)
    else:
        for key, value in var_list.items():
            grouped[key] = list(value) if isinstance(value, (tuple, list)) else [value]
    reader = CheckpointReader(model_path)
    feeds: dict[Any, Any] = {}
    assigned = []
    for key, group in grouped.items():
        if not reader.has_tensor(key):
            text = f"Checkpoint is missing variable [{key}]"
            if not ignore_missing_vars:
                raise ValueError(text)
            logging.warning(text)
            continue
        stored = reader.get_tensor(key)
        for var in group:
            tensor = placeholder.placeholder(
                var.dtype.base_dtype, shape=var.get_shape(), name=f"placeholder/{var.op.name}"
            )
            assigned.append(var.assign(tensor))
            feeds[tensor] = _part_for(var, key, stored)
    return grouping.group(*assigned), feeds


def _part_for(var: Any, key: str, stored: Any) -> Any:
    """The part of a stored value that a variable, perhaps a slice, takes."""
    part = var._get_save_slice_info()
    if part:
        where = tuple(slice(o, o + n) for o, n in zip(part.var_offset, part.var_shape, strict=True))
        return stored[where]
    if var.get_shape() != stored.shape:
        raise ValueError(
            f"Total size of new array must be unchanged for {key} lh_shape: [{stored.shape}], "
            f"rh_shape: [{var.get_shape()}]"
        )
    return stored


@export(
    "contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn", v2=()
)
def assign_from_checkpoint_fn(
    model_path: str,
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Any:
    """Make a function that restores variables.

    Args:
      model_path: name of the checkpoint.
      var_list: list of variables, or dict key in the checkpoint → variable.
      ignore_missing_vars: whether the checkpoint may lack variables.
      reshape_variables: whether values take the shapes of the variables.

    Returns:
      A function of a session; None when there is nothing to restore.

    Raises:
      ValueError: there are no variables.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = CheckpointReader(model_path)
        wanted = var_list if isinstance(var_list, dict) else {v.op.name: v for v in var_list}
        var_list = {}
        for key, var in wanted.items():
            if reader.has_tensor(key):
                var_list[key] = var
            else:
                logging.warning("Variable %s missing in checkpoint %s", key, model_path)
        if not var_list:
            logging.warning("No Variables to restore")
            return None
    saver = saver_lib.Saver(var_list, reshape=reshape_variables, write_version=V1)
    return lambda session: saver.restore(session, model_path)
