"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import weakref
from typing import Any, Final

from headrace._src.core import errors
from headrace._src.proto.record_io import file_error

# Files up to this size are synced.
_SYNCED: Final = 1 << 24


def data_loss(path: str, what: str) -> errors.OpError:
    """The error for a damaged file; TensorFlow's words first, then which file it is."""
    return errors.DataLossError(None, None, f"{what}\nThe file is {path}.")


def opened(path: str, owner: Any) -> tuple[int, int]:
    """Opens a file for reading, for as long as `owner` lives; returns its descriptor and size.

    Raises:
      NotFoundError: The file is not there.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
        weakref.finalize(owner, os.close, fd)
        return fd, os.fstat(fd).st_size
    except OSError as error:
        raise file_error(path, error) from None


def data_name(prefix: str, shard: int, shards: int) -> str:
    """The file with the values of one shard of a checkpoint."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


class NewFile:
    """A file written beside the place it is for, and moved there when it is complete.

    Args:
      path: Where it is to be.

    Raises:
      NotFoundError: The directory is not there.
      ResourceExhaustedError: The disk is full; here and in every method.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        # Not from a generator: forked processes would all go on with the same names.
        self.temporary = f"{path}.tempstate{int.from_bytes(os.urandom(8), 'little')}"
        self._file: Any = None
        try:
            self._file = open(self.temporary, "xb")  # noqa: SIM115
        except OSError as error:
            raise file_error(self.temporary, error) from None

    def write(self, data: Any) -> None:
        """Appends bytes."""
        try:
            self._file.write(data)
        except OSError as error:
            raise file_error(self.temporary, error) from None

    def complete(self) -> None:
        """Closes the file; it still has its temporary name.

        A file that is not large is brought to the disk before, so that it survives a failure of the
        machine too. Waiting for the disk to take large ones would cost several times the saving.
        """
        try:
            self._file.flush()
            if self._file.tell() <= _SYNCED:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise file_error(self.temporary, error) from None

    def move(self) -> None:
        """Gives the file its name."""
        move(self.temporary, self.path)

    def discard(self) -> None:
        """Removes the file, if it was not moved yet."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


def move(source: str, target: str) -> None:
    """Renames a file, and makes sure that the new name survives a crash of the machine."""
    try:
        os.replace(source, target)
        sync_directory(os.path.dirname(target))
    except OSError as error:
        raise file_error(target, error) from None


def sync_directory(path: str) -> None:
    """Brings the names in a directory to the disk."""
    fd = os.open(path or ".", os.O_RDONLY)
    try:
        # Some file systems cannot sync a directory; the names are then as safe as they can be.
        with contextlib.suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)


def write_whole(path: str, data: bytes) -> None:
    """Writes a file at once: it is the old one or the new one at any moment."""
    file = NewFile(path)
    try:
        file.write(data)
        file.complete()
        file.move()
    except BaseException:
        file.discard()
        raise
