"""The files with the values of a tensor bundle, read piece by piece, perhaps on other threads."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Any, Final

import numpy as np

from headrace._src.checkpoint import files
from headrace._src.core import errors
from headrace._src.proto.record_io import file_error

# A piece is still in the processor's cache when its checksum is taken.
_PIECE: Final = 1 << 20
# What a thread reads in one go.
_SHARE: Final = 1 << 23


class DataFile:
    """One shard of a checkpoint.

    Args:
      path: The name of the file.

    Raises:
      NotFoundError: The file is not there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd, self._size = files.opened(path, self)

    def begin(
        self, offset: int, shape: tuple[int, ...], dtype: Any, readers: Executor | None = None
    ) -> Reading:
        """Begins to read an array; no memory is taken for what is not in the file.

        Args:
          offset: Where its bytes begin.
          shape: Its shape.
          dtype: The NumPy type of its elements.
          readers: Threads that read it meanwhile. Without them it is read when asked for.

        Raises:
          OutOfRangeError: The file is too short.
        """
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if offset < 0 or min(shape, default=0) < 0 or offset + size > self._size:
            raise self.cut_off()
        return Reading(self, offset, np.empty(shape, dtype), readers)

    def read(self, offset: int, size: int) -> bytes:
        """Returns `size` bytes, with the errors of `begin`."""
        reading = self.begin(offset, (size,), np.uint8)
        for _ in reading.pieces():
            pass
        return reading.array.tobytes()

    def fill(self, data: np.ndarray[Any, Any], offset: int) -> np.ndarray[Any, Any]:
        """Fills an array of bytes with those from `offset` on, and returns it."""
        view, at = memoryview(data), 0  # type: ignore[arg-type]
        while at < len(view):
            try:
                n = os.preadv(self._fd, [view[at:]], offset + at)
            except OSError as error:
                raise file_error(self.path, error) from None
            if not n:
                raise self.cut_off()
            at += n
        return data

    def cut_off(self) -> errors.OpError:
        """The error for a file that is too short."""
        return errors.OutOfRangeError(
            None, None, f"Read less bytes than requested\nThe file is {self.path}."
        )


class Reading:
    """An array that is being read.

    Attributes:
      array: The array; it has its values once `pieces` has come to its end.
    """

    def __init__(
        self, file: DataFile, offset: int, array: np.ndarray[Any, Any], readers: Executor | None
    ) -> None:
        self.array = array
        self._bytes = array.reshape(-1).view(np.uint8)
        self._file, self._offset = file, offset
        self._shares: list[Future[Any]] | None = None
        if readers is not None:
            self._shares = [
                readers.submit(file.fill, self._bytes[at : at + _SHARE], offset + at)
                for at in range(0, self._bytes.size, _SHARE)
            ]

    def pieces(self) -> Iterator[np.ndarray[Any, Any]]:
        """Yields the bytes from first to last, each piece as soon as it has been read."""
        if self._shares is not None:
            for share in self._shares:
                yield share.result()
            return
        for at in range(0, self._bytes.size, _PIECE):
            yield self._file.fill(self._bytes[at : at + _PIECE], self._offset + at)
