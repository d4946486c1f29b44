"""`CheckpointReader`: looks into a checkpoint of either format without a graph."""

from __future__ import annotations

import difflib
import os
from typing import Any

from headrace._api.export import export
from headrace._src.checkpoint.bundle_reader import BundleReader
from headrace._src.checkpoint.first_format import SliceReader
from headrace._src.core import errors


def open_checkpoint(prefix: str) -> Any:
    """Opens a checkpoint of the second format or, when there is none of this name, the first."""
    if os.path.exists(prefix + ".index"):
        return BundleReader(prefix)
    return SliceReader(prefix)


def missing(message: str, reader: Any, name: str) -> errors.OpError:
    """The error for a key that is not there, with the keys most like it on a further line."""
    names = reader.names()
    last = name.rpartition("/")[2]
    alike = difflib.get_close_matches(name, names, n=5, cutoff=0.6) if len(names) < 20_000 else []
    alike += [n for n in names if n.rpartition("/")[2] == last and n not in alike][:3]
    hint = f"Nearest keys: {', '.join(alike)}" if alike else "No key is like it"
    return errors.NotFoundError(None, None, f"{message}\n{hint} ({len(names)} keys in all).")


class CheckpointReader:
    """The names, shapes and values in a checkpoint; made by `tf.train.NewCheckpointReader`.

    Args:
      filename: The checkpoint, as `Saver.save` returned it.

    Raises:
      NotFoundError: There is no such checkpoint.
      DataLossError: A file is damaged; here and in every method.
    """

    def __init__(self, filename: Any) -> None:
        self._reader = open_checkpoint(os.fsdecode(filename))

    def has_tensor(self, tensor_str: Any) -> bool:
        """Whether there is a tensor of this name."""
        return bool(self._reader.has(_text(tensor_str)))

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Name → shape, for all tensors."""
        return {name: list(self._reader.entry(name)[1]) for name in self._reader.names()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """Name → `DType`, for all tensors."""
        return {name: self._reader.entry(name)[0] for name in self._reader.names()}

    def get_tensor(self, tensor_str: Any) -> Any:
        """Reads a tensor.

        Args:
          tensor_str: The name, text or bytes.

        Returns:
          A NumPy array; a NumPy scalar, or bytes, for a tensor of rank 0.

        Raises:
          NotFoundError: There is no tensor of this name.
        """
        name = _text(tensor_str)
        first = isinstance(self._reader, SliceReader)
        if not self._reader.has(name):
            what = f"{name} not found in checkpoint file"
            raise missing(
                what if first else f"Key {name} not found in checkpoint", self._reader, name
            )
        if first and self._reader.slice_count(name) > 1:
            raise errors.UnimplementedError(None, None, "Sliced checkpoints are not supported")
        value = self._reader.read(name)
        return value[()] if value.ndim == 0 else value

    def debug_string(self) -> bytes:
        """One line a tensor: name, dtype and shape."""
        return bytes(self._reader.debug_string())


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else name


@export("train.NewCheckpointReader", v2=())
def NewCheckpointReader(filepattern: Any) -> CheckpointReader:  # noqa: N802
    """Open a checkpoint to look into it.

    Args:
      filepattern: The checkpoint, as `tf.train.Saver.save` returned it.

    Returns:
      A reader with `get_variable_to_shape_map`, `get_variable_to_dtype_map`, `has_tensor` and
      `get_tensor`.

    Raises:
      NotFoundError: There is no such checkpoint.
    """
    return CheckpointReader(filepattern)
