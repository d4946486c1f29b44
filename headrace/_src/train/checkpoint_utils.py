"""Looking into checkpoints, waiting for them, and initial values of variables from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.checkpoint.reader import CheckpointReader
from headrace._src.core.scopes import device
from headrace._src.ops import checkpoint as checkpoint_ops
from headrace._src.platform import logging
from headrace._src.state import variable_scope
from headrace._src.state.variable import Variable
from headrace._src.train import saveable as saveable_lib
from headrace._src.train.checkpoint_state import latest_checkpoint


def _checkpoint_of(ckpt_dir_or_file: str) -> str | None:
    """The newest checkpoint of a folder; anything else is the name of a checkpoint."""
    return (
        latest_checkpoint(ckpt_dir_or_file)
        if os.path.isdir(ckpt_dir_or_file)
        else (ckpt_dir_or_file)
    )


@export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: str) -> CheckpointReader:
    """Open a checkpoint to look into it.

    Args:
      ckpt_dir_or_file: a folder, whose newest checkpoint is taken, or the name of a checkpoint.

    Returns:
      A reader; see `tf.train.NewCheckpointReader`.

    Raises:
      ValueError: the folder has no checkpoint.
      NotFoundError: there is no checkpoint of this name.
    """
    name = _checkpoint_of(ckpt_dir_or_file)
    if name is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}"
        )
    return CheckpointReader(name)


@export("train.load_variable")
def load_variable(ckpt_dir_or_file: str, name: str) -> Any:
    """Read a variable from a checkpoint.

    Args:
      ckpt_dir_or_file: a folder, whose newest checkpoint is taken, or the name of a checkpoint.
      name: the key, with or without `:0`.

    Returns:
      A NumPy array, or a NumPy scalar.

    Raises:
      NotFoundError: there is no such variable.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


@export("train.list_variables")
def list_variables(ckpt_dir_or_file: str) -> list[tuple[str, list[int]]]:
    """List what is in a checkpoint.

    Args:
      ckpt_dir_or_file: a folder, whose newest checkpoint is taken, or the name of a checkpoint.

    Returns:
      List of (key, shape), sorted.
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


@export("contrib.training.wait_for_new_checkpoint", v2=())
def wait_for_new_checkpoint(
    checkpoint_dir: str,
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """Waits until the newest checkpoint of a folder is another one.

    Args:
      checkpoint_dir: the folder.
      last_checkpoint: the checkpoint known already.
      seconds_to_sleep: how long to wait between looks.
      timeout: when to give up, in seconds; never by default.

    Returns:
      The checkpoint, or None when the time is over.
    """
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    end = None if timeout is None else time.time() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            logging.info("Found new checkpoint at %s", found)
            return found
        if end is not None and time.time() + seconds_to_sleep > end:
            return None
        time.sleep(seconds_to_sleep)


@export(
    "train.checkpoints_iterator",
    "contrib.training.checkpoints_iterator",
    "contrib.slim.evaluation.checkpoints_iterator",
)
def checkpoints_iterator(
    checkpoint_dir: str,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], Any] | None = None,
) -> Iterator[str]:
    """Yield the checkpoints of a folder as they come.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: least time from one to the next.
      timeout: how long to wait for one, in seconds; for ever by default.
      timeout_fn: called when the time is over; a true answer ends the iteration.
    """
    last = None
    while True:
        found = wait_for_new_checkpoint(checkpoint_dir, last, timeout=timeout)
        if found is None:
            if timeout_fn is None:
                logging.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        start = time.time()
        last = found
        yield found
        time.sleep(max(0.0, start + min_interval_secs - time.time()))


# -- initial values -------------------------------------------------------------------------------


@export("train.init_from_checkpoint", v2=())
def init_from_checkpoint(ckpt_dir_or_file: str, assignment_map: dict[str, Any]) -> None:
    """Make the initializers of variables read a checkpoint.

    Args:
      ckpt_dir_or_file: a folder, whose newest checkpoint is taken, or the name of a checkpoint.
      assignment_map: key in the checkpoint → variable, list of the slices of one, or its name; or
        `"scope/"` in the checkpoint → `"scope/"` of variables, where `"/"` stands for all.

    Raises:
      ValueError: a variable or a key is not there, or shapes do not match.
    """
    name = _checkpoint_of(ckpt_dir_or_file)
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    known = variable_scope.get_variable_store()._vars
    for key, wanted in sorted(assignment_map.items()):
        var = _variable_of(wanted, known)
        if var is None:
            _initialize_scope(key, wanted, known, shapes, ckpt_dir_or_file, name)
            continue
        if key not in shapes:
            raise ValueError(f"Tensor {key} is not found in {ckpt_dir_or_file} checkpoint {shapes}")
        if isinstance(var, Variable) and not var.get_shape().is_compatible_with(shapes[key]):
            raise ValueError(
                f"Shape of variable {var.name} ({var.get_shape()}) doesn't match with shape of "
                f"tensor {key} ({shapes[key]}) from checkpoint reader."
            )
        _initialize(var, name, key)


def _variable_of(wanted: Any, known: dict[str, Any]) -> Any:
    """The variable, or list of slices, that a member of an assignment map means, or None."""
    if isinstance(wanted, Variable):
        return wanted
    if isinstance(wanted, list) and all(isinstance(v, Variable) for v in wanted):
        return wanted
    return _find(wanted, known)


def _find(name: str, known: dict[str, Any]) -> Any:
    found = known.get(name)
    return _slices_of(name, known) if found is None else found


def _slices_of(name: str, known: dict[str, Any]) -> list[Any] | None:
    parts = []
    while (part := known.get(f"{name}/part_{len(parts)}")) is not None:
        parts.append(part)
    return parts or None


def _initialize_scope(
    key: str, wanted: str, known: dict[str, Any], shapes: Any, where: str, checkpoint: Any
) -> None:
    """Initializes all variables of a scope from a scope of the checkpoint."""
    scope = wanted.rpartition("/")[0]
    if not key.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {key}. Should "
            "be 'scope/': 'other_scope/'."
        )
    inside = {
        name.partition("/part_")[0] for name in known if not scope or name.startswith(scope + "/")
    }
    for name in sorted(inside):
        inner = name[len(scope) :]
        full = inner if wanted == "/" else inner[1:]
        full = (full if key == "/" else key + full).removesuffix("/")
        if full not in shapes:
            raise ValueError(
                f"Tensor {full} ({name[len(scope) + 1 :]} in {key}) is not found in {where} "
                "checkpoint"
            )
        _initialize(_find(name, known), checkpoint, full)


def _initialize(var: Any, checkpoint: Any, key: str) -> None:
    if isinstance(var, Variable):
        _set_initializer(var, checkpoint, key, "")
        return
    whole = None
    for part in var:
        info = part._get_save_slice_info()
        if whole not in (None, info.full_name):
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        whole = info.full_name
        _set_initializer(part, checkpoint, key, info.spec)


def _set_initializer(var: Any, checkpoint: Any, key: str, spec: str) -> None:
    # Files are read on the host; the initializer runs once, so it may stand there too.
    with device(var.device), device("/cpu:0"):
        restored = checkpoint_ops.RestoreV2(
            checkpoint,
            [key],
            [spec],
            dtypes=[var.dtype.base_dtype],
            name="checkpoint_initializer",
        )[0]
        ((name, target),) = saveable_lib.op_list_to_dict([var]).items()
        (saveable,) = saveable_lib.saveable_objects_for_op(target, name)
    var._initializer_op = saveable.restore([restored], None)
    restored.set_shape(var.shape)
    var._initial_value = restored
