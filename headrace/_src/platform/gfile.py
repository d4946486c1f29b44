"""Local files with the interface and the errors of `tf.gfile` and `tf.io.gfile`."""

from __future__ import annotations

import contextlib
import errno
import glob as globbing
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from headrace._api.export import export
from headrace._src.core import errors

_GLOB = re.compile(r"[*?\[]")
_MODES = ("r", "w", "a", "r+", "w+", "a+")
_ERRORS = {
    errno.ENOENT: errors.NotFoundError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.EBUSY: errors.UnavailableError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
}


def _path(path: Any) -> str:
    """A path given as text, bytes or `os.PathLike`, as text."""
    return os.fsdecode(path)


@contextlib.contextmanager
def _os_errors(path: str) -> Iterator[None]:
    """Turn an OSError into the `tf.errors` class that stands for it."""
    try:
        yield
    except OSError as error:
        kind = _ERRORS.get(error.errno or 0, errors.UnknownError)
        raise kind(None, None, f"{path}; {os.strerror(error.errno or 0)}") from None


class FileIO:
    """A local file, read and written as bytes (mode with `b`) or as text.

    Args:
      name: Path of the file.
      mode: `r`, `w`, `a`, `r+`, `w+` or `a+`, with `b` for bytes.

    Raises:
      tf.errors.InvalidArgumentError: Another mode. Opening happens at the first use.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self._reader: BinaryIO | None = None
        self._writer: BinaryIO | None = None
        self._name = name
        self._mode = mode
        self._binary = "b" in mode
        plain = mode.replace("b", "")
        if plain not in _MODES:
            raise errors.InvalidArgumentError(
                None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'"
            )
        self._may_read = plain in ("r", "r+", "a+", "w+")
        self._may_write = plain != "r"

    @property
    def name(self) -> Any:
        """The path given."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode given."""
        return self._mode

    def _open_reader(self) -> BinaryIO:
        if self._reader is None:
            if not self._may_read:
                raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
            path = _path(self._name)
            with _os_errors(path):
                self._reader = open(path, "rb")  # noqa: SIM115
        return self._reader

    def _open_writer(self) -> BinaryIO:
        if self._writer is None:
            if not self._may_write:
                raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
            path = _path(self._name)
            with _os_errors(path):
                # As in 1.15, every mode but appending starts from an empty file at the first write.
                self._writer = open(path, "ab" if "a" in self._mode else "wb")  # noqa: SIM115
        return self._writer

    def _value(self, data: bytes) -> Any:
        return data if self._binary else data.decode("utf-8")

    def size(self) -> int:
        """Return the size in bytes."""
        return stat(self._name).length

    def write(self, file_content: Any) -> None:
        """Append text (as UTF-8) or bytes to what was written."""
        data = file_content.encode("utf-8") if isinstance(file_content, str) else file_content
        if not isinstance(data, (bytes, bytearray)):
            raise TypeError(f"Expected binary or unicode string, got {file_content!r}")
        self._open_writer().write(data)

    def read(self, n: int = -1) -> Any:
        """Return the next `n` bytes, or all that is left."""
        return self._value(self._open_reader().read(n))

    def seek(self, offset: Any = None, whence: int = 0, position: Any = None) -> None:
        """Go to a place for reading.

        Args:
          offset: Number of bytes.
          whence: 0 from the start, 1 from here, 2 from the end.
          position: Old name of `offset`.
        """
        if offset is None and position is None:
            raise TypeError("seek(): offset argument required")
        if offset is not None and position is not None:
            raise TypeError("seek(): offset and position may not be set simultaneously.")
        if whence not in (0, 1, 2):
            raise errors.InvalidArgumentError(
                None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            )
        self._open_reader().seek(position if offset is None else offset, whence)

    def readline(self) -> Any:
        """Return the next line with its newline, or nothing at the end."""
        return self._value(self._open_reader().readline())

    def readlines(self) -> list[Any]:
        """Return all lines that are left."""
        return [self._value(line) for line in self._open_reader()]

    def tell(self) -> int:
        """Return the place of the next read, or of the next write where reading is not allowed."""
        return (self._open_reader() if self._may_read else self._open_writer()).tell()

    def __enter__(self) -> FileIO:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __iter__(self) -> FileIO:
        return self

    def next(self) -> Any:
        """Return the next line.

        Raises:
          StopIteration: At the end.
        """
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    __next__ = next

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file; using it again opens it again."""
        for file in (self._reader, self._writer):
            if file is not None:
                file.close()
        self._reader = self._writer = None

    def seekable(self) -> bool:
        """Return True: `seek` and `tell` work."""
        return True

    def __del__(self) -> None:
        self.close()


@export("gfile.GFile", "gfile.Open", "io.gfile.GFile", v2=("io.gfile.GFile",))
class GFile(FileIO):
    """A local file, read and written as bytes (mode with `b`) or as text.

    Args:
      name: Path of the file.
      mode: `r`, `w`, `a`, `r+`, `w+` or `a+`, with `b` for bytes.
    """


@export("gfile.FastGFile", v2=(), deprecated="tf.gfile.GFile")
class FastGFile(FileIO):
    """The same as `tf.gfile.GFile`."""


class FileStatistics:
    """Facts about a file: `length` in bytes, `mtime_nsec`, `is_directory`."""

    def __init__(self, length: int = -1, mtime_nsec: int = 0, is_directory: bool = False) -> None:
        self.length = length
        self.mtime_nsec = mtime_nsec
        self.is_directory = is_directory


@export("io.gfile.exists")
def exists(path: Any) -> bool:
    """Return whether there is a file or directory at `path`."""
    return os.path.exists(_path(path))


@export("gfile.Exists", v2=())
def file_exists(filename: Any) -> bool:
    """Return whether there is a file or directory at `filename`."""
    return exists(filename)


@export("io.gfile.isdir")
def isdir(path: Any) -> bool:
    """Return whether `path` is a directory."""
    return os.path.isdir(_path(path))


@export("gfile.IsDirectory", v2=())
def is_directory(dirname: Any) -> bool:
    """Return whether `dirname` is a directory."""
    return isdir(dirname)


@export("io.gfile.remove")
def remove(path: Any) -> None:
    """Delete a file.

    Raises:
      tf.errors.NotFoundError: There is none.
    """
    with _os_errors(_path(path)):
        os.unlink(_path(path))


@export("gfile.Remove", v2=())
def delete_file(filename: Any) -> None:
    """Delete a file.

    Raises:
      tf.errors.NotFoundError: There is none.
    """
    remove(filename)


@export("io.gfile.glob")
def glob(pattern: Any) -> list[str]:
    """Return the paths that match a pattern, or any of several patterns, sorted.

    Args:
      pattern: Text with `*`, `?` and `[...]`, or an iterable of such.

    Raises:
      tf.errors.NotFoundError: The directory before the first such character does not exist.
    """
    patterns: Iterable[Any] = [pattern] if isinstance(pattern, (str, bytes)) else pattern
    out: list[str] = []
    for one in map(_path, patterns):
        fixed = os.path.dirname(_GLOB.split(one)[0])
        if fixed and not os.path.exists(fixed):
            raise errors.NotFoundError(None, None, f"{fixed}; No such file or directory")
        out += sorted(globbing.glob(one))
    return out


@export("gfile.Glob", v2=())
def get_matching_files(filename: Any) -> list[str]:
    """Return the paths that match a pattern, or any of several patterns, sorted."""
    return glob(filename)


@export("io.gfile.mkdir")
def mkdir(path: Any) -> None:
    """Make a directory whose parent exists; an existing path is left as it is.

    Raises:
      tf.errors.NotFoundError: The parent does not exist.
    """
    with _os_errors(_path(path)), contextlib.suppress(FileExistsError):
        os.mkdir(_path(path))


@export("gfile.MkDir", v2=())
def create_dir(dirname: Any) -> None:
    """Make a directory whose parent exists; an existing path is left as it is.

    Raises:
      tf.errors.NotFoundError: The parent does not exist.
    """
    mkdir(dirname)


@export("io.gfile.makedirs")
def makedirs(path: Any) -> None:
    """Make a directory and its missing parents; an existing path is left as it is."""
    with _os_errors(_path(path)):
        if not os.path.exists(_path(path)):
            os.makedirs(_path(path), exist_ok=True)


@export("gfile.MakeDirs", v2=())
def recursive_create_dir(dirname: Any) -> None:
    """Make a directory and its missing parents; an existing path is left as it is."""
    makedirs(dirname)


def _refuse_existing(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise errors.AlreadyExistsError(None, None, "file already exists")


@export("io.gfile.copy")
def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file.

    Args:
      src: Path of the file.
      dst: Path of the copy.
      overwrite: Whether an existing `dst` is replaced.

    Raises:
      tf.errors.AlreadyExistsError: `dst` exists and `overwrite` is False.
      tf.errors.NotFoundError: There is no `src`.
    """
    _refuse_existing(_path(dst), overwrite)
    with _os_errors(_path(src)):
        shutil.copyfile(_path(src), _path(dst))


@export("gfile.Copy", v2=())
def copy_file(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copy a file; see `tf.io.gfile.copy`."""
    copy(oldpath, newpath, overwrite)


@export("io.gfile.rename")
def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Rename or move a file or directory.

    Args:
      src: Present path.
      dst: New path.
      overwrite: Whether an existing `dst` is replaced.

    Raises:
      tf.errors.AlreadyExistsError: `dst` exists and `overwrite` is False.
      tf.errors.NotFoundError: There is no `src`.
    """
    _refuse_existing(_path(dst), overwrite)
    with _os_errors(_path(src)):
        os.replace(_path(src), _path(dst))


@export("gfile.Rename", v2=())
def rename_file(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Rename or move a file or directory; see `tf.io.gfile.rename`."""
    rename(oldname, newname, overwrite)


@export("io.gfile.rmtree")
def rmtree(path: Any) -> None:
    """Delete a directory with everything in it.

    Raises:
      tf.errors.NotFoundError: There is none.
    """
    if not exists(path):
        raise errors.NotFoundError(None, None, f"{_path(path)} not found")
    with _os_errors(_path(path)):
        shutil.rmtree(_path(path))


@export("gfile.DeleteRecursively", v2=())
def delete_recursively(dirname: Any) -> None:
    """Delete a directory with everything in it; see `tf.io.gfile.rmtree`."""
    rmtree(dirname)


@export("io.gfile.listdir")
def listdir(path: Any) -> list[str]:
    """Return the names in a directory.

    Raises:
      tf.errors.NotFoundError: There is no such directory.
    """
    if not isdir(path):
        raise errors.NotFoundError(None, None, f"Could not find directory {path}")
    return os.listdir(_path(path))


@export("gfile.ListDirectory", v2=())
def list_directory(dirname: Any) -> list[str]:
    """Return the names in a directory; see `tf.io.gfile.listdir`."""
    return listdir(dirname)


@export("io.gfile.walk")
def walk(
    top: Any, topdown: bool = True, onerror: Callable[[Exception], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (directory, names of its directories, names of its files) for a tree.

    Args:
      top: The first directory.
      topdown: Whether a directory comes before those in it.
      onerror: Called with the `tf.errors` error of a directory that cannot be listed.
    """
    top = _path(top)
    try:
        names = listdir(top)
    except errors.NotFoundError as error:
        if onerror is not None:
            onerror(error)
        return
    folders = [name for name in names if isdir(os.path.join(top, name))]
    here = (top, folders, [name for name in names if name not in folders])
    if topdown:
        yield here
    for name in folders:
        yield from walk(os.path.join(top, name), topdown, onerror)
    if not topdown:
        yield here


@export("gfile.Walk", v2=())
def walk_in_order(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (directory, names of its directories, names of its files); see `tf.io.gfile.walk`."""
    return walk(top, in_order)


@export("io.gfile.stat")
def stat(path: Any) -> FileStatistics:
    """Return the length, modification time and kind of a file.

    Raises:
      tf.errors.NotFoundError: There is none.
    """
    with _os_errors(_path(path)):
        found = os.stat(_path(path))
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(path)))


@export("gfile.Stat", v2=())
def stat_file(filename: Any) -> FileStatistics:
    """Return the length, modification time and kind of a file; see `tf.io.gfile.stat`."""
    return stat(filename)
