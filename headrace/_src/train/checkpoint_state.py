"""The `checkpoint` file of a folder, which lists its checkpoints, and the files of a checkpoint."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.checkpoint import files
from headrace._src.core import errors
from headrace._src.platform import gfile, logging

_V2: Final = 2


def _state_path(save_dir: str, latest_filename: str | None) -> str:
    return os.path.join(save_dir, "checkpoint" if latest_filename is None else latest_filename)


@export("train.generate_checkpoint_state_proto", v2=())
def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """Make the message that lists the checkpoints of a folder.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the newest checkpoint.
      all_model_checkpoint_paths: all of them, the oldest first; the newest is added when missing.
      all_model_checkpoint_timestamps: when each was made, in seconds since 1970.
      last_preserved_timestamp: when the last one to be kept for ever was made.

    Returns:
      A `CheckpointState`; paths are relative to `save_dir` where that is relative.

    Raises:
      ValueError: the numbers of paths and timestamps differ.
    """
    from headrace._src.proto import messages

    paths = [] if all_model_checkpoint_paths is None else all_model_checkpoint_paths
    if not paths or paths[-1] != model_checkpoint_path:
        logging.info(
            "%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path
        )
        paths = [*paths, model_checkpoint_path]
    times = all_model_checkpoint_timestamps
    if times and len(times) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
            f"{paths} and timestamps {times})"
        )

    def listed(path: str) -> str:
        if os.path.isabs(save_dir) or os.path.isabs(path):
            return path
        return os.path.relpath(path, save_dir)

    return messages.CheckpointState(
        model_checkpoint_path=listed(model_checkpoint_path),
        all_model_checkpoint_paths=map(listed, paths),
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp,
    )


@export(
    "train.update_checkpoint_state",
    v2=(),
    deprecated="tf.train.CheckpointManager",
)
def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the `checkpoint` file of a folder.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the newest checkpoint.
      all_model_checkpoint_paths: all of them, the oldest first.
      latest_filename: name of the file; `checkpoint` by default.
      all_model_checkpoint_timestamps: when each was made, in seconds since 1970.
      last_preserved_timestamp: when the last one to be kept for ever was made.

    Raises:
      RuntimeError: a checkpoint has the name of the file.
    """
    update_checkpoint_state_internal(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def update_checkpoint_state_internal(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """The same, with paths relative to the folder when `save_relative_paths`."""
    from google.protobuf import text_format

    path = _state_path(save_dir, latest_filename)
    newest, everyone = model_checkpoint_path, all_model_checkpoint_paths
    if save_relative_paths:
        newest = _relative(newest, save_dir)
        everyone = [_relative(p, save_dir) for p in everyone]
    state = generate_checkpoint_state_proto(
        save_dir, newest, everyone, all_model_checkpoint_timestamps, last_preserved_timestamp
    )
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  "
            "Please use a different save path."
        )
    text = text_format.MessageToString(state, as_utf8=False)
    files.write_whole(path, text.encode())


def _relative(path: str, folder: str) -> str:
    return os.path.relpath(path, folder) if os.path.isabs(path) else path


@export("train.get_checkpoint_state")
def get_checkpoint_state(checkpoint_dir: str, latest_filename: str | None = None) -> Any:
    """Read the `checkpoint` file of a folder.

    Args:
      checkpoint_dir: the folder.
      latest_filename: name of the file; `checkpoint` by default.

    Returns:
      A `CheckpointState` with full paths, or None when there is no file that can be read.

    Raises:
      ValueError: the file names no checkpoint.
    """
    from google.protobuf import text_format

    from headrace._src.proto import messages

    path = _state_path(checkpoint_dir, latest_filename)
    if not gfile.exists(path):
        return None
    state = messages.CheckpointState()
    try:
        with gfile.FileIO(path, "rb") as file:
            text_format.Merge(file.read().decode(), state)
    except (errors.OpError, text_format.ParseError, UnicodeDecodeError) as error:
        logging.warning("%s: %s", type(error).__name__, error)
        logging.warning("%s: Checkpoint ignored", path)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir}")
    state.model_checkpoint_path = os.path.join(checkpoint_dir, state.model_checkpoint_path)
    for i, listed in enumerate(state.all_model_checkpoint_paths):
        state.all_model_checkpoint_paths[i] = os.path.join(checkpoint_dir, listed)
    return state


@export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: str, latest_filename: str | None = None) -> str | None:
    """Return the newest checkpoint of a folder.

    Args:
      checkpoint_dir: the folder.
      latest_filename: name of the file that lists checkpoints; `checkpoint` by default.

    Returns:
      What `Saver.restore` takes, or None when there is no checkpoint.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    path: str = state.model_checkpoint_path
    if checkpoint_exists_internal(path):
        return path
    logging.error("Couldn't match files for checkpoint %s", path)
    return None


def checkpoint_exists_internal(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of this name, of either format."""
    return bool(glob.glob(checkpoint_prefix + ".index") or glob.glob(checkpoint_prefix))


@export("train.checkpoint_exists", v2=(), deprecated="tf.io.gfile.glob")
def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Return whether there is a checkpoint of this name.

    Args:
      checkpoint_prefix: what `Saver.save` returned; may be a shell pattern.
    """
    return checkpoint_exists_internal(checkpoint_prefix)


@export("train.get_checkpoint_mtimes", v2=(), deprecated="tf.io.gfile.stat")
def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """Return when checkpoints were written.

    Args:
      checkpoint_prefixes: names of checkpoints.

    Returns:
      Seconds since 1970, one number for each checkpoint that is there.
    """
    times = []
    for prefix in checkpoint_prefixes:
        found = sorted(glob.glob(prefix + ".index")) or sorted(glob.glob(prefix))
        if found:
            times.append(gfile.stat(found[0]).mtime_nsec / 1e9)
    return times


@export("train.remove_checkpoint", v2=(), deprecated="tf.io.gfile.remove")
def remove_checkpoint(
    checkpoint_prefix: str, checkpoint_format_version: int = _V2, meta_graph_suffix: str = "meta"
) -> None:
    """Delete the files of a checkpoint.

    Args:
      checkpoint_prefix: its name.
      checkpoint_format_version: `SaverDef.V1` or `SaverDef.V2`.
      meta_graph_suffix: suffix of the file with its graph.
    """
    # The index goes first: what is without one is no checkpoint.
    patterns = [checkpoint_prefix]
    if checkpoint_format_version == _V2:
        patterns = [checkpoint_prefix + ".index", checkpoint_prefix + ".data-?????-of-?????"]
    for pattern in [meta_graph_filename(checkpoint_prefix, meta_graph_suffix), *patterns]:
        for path in sorted(glob.glob(pattern)):
            gfile.remove(path)


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The file with the graph of a checkpoint."""
    return f"{re.sub(r'-[0-9?]+-of-[0-9]+$', '', checkpoint_filename)}.{meta_graph_suffix}"
