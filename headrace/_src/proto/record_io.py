"""The record format of TFRecord and event files: framed, checksummed, maybe compressed.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these bytes (4), the data,
and the data's masked CRC-32C (4).
"""

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any, Final

from headrace._src.core import errors

_HEADER: Final = struct.Struct("<QI")
_CHECKSUM: Final = struct.Struct("<I")
_CHUNK: Final = 1 << 18
_WINDOW_BITS: Final = {"GZIP": zlib.MAX_WBITS + 16, "ZLIB": zlib.MAX_WBITS}


def mask(crc: int) -> int:
    """A checksum as it is stored: rotated and shifted, so that it can be part of checked data."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def masked_crc(data: bytes) -> int:
    """The CRC-32C of `data` in the form in which it is stored."""
    import google_crc32c

    return mask(int(google_crc32c.value(data)))


def frame(data: bytes) -> bytes:
    """The bytes of one record that holds `data`."""
    length = struct.pack("<Q", len(data))
    return b"".join((
        length, _CHECKSUM.pack(masked_crc(length)), data, _CHECKSUM.pack(masked_crc(data))
    ))  # fmt: skip


def open_file(path: str, mode: str) -> IO[bytes]:
    """Opens a file in binary, with 1.15's errors.

    Raises:
      NotFoundError: The file, or its directory, does not exist.
      AlreadyExistsError: The file exists and was to be a new one.
      PermissionDeniedError: Access is denied.
      FailedPreconditionError: The path is a directory, or goes through a file.
      ResourceExhaustedError: The disk is full, or too many files are open.
      UnknownError: The system has another reason.
    """
    try:
        return open(path, mode)  # noqa: SIM115
    except OSError as error:
        raise file_error(path, error) from error


def file_error(path: str, error: OSError) -> errors.OpError:
    """The `tf.errors` exception for an error of the operating system."""
    kind: Any = errors.UnknownError
    if isinstance(error, FileNotFoundError):
        kind = errors.NotFoundError
    elif isinstance(error, FileExistsError):
        kind = errors.AlreadyExistsError
    elif isinstance(error, PermissionError):
        kind = errors.PermissionDeniedError
    elif error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE):
        kind = errors.ResourceExhaustedError
    elif isinstance(error, (IsADirectoryError, NotADirectoryError)):
        kind = errors.FailedPreconditionError
    made: errors.OpError = kind(None, None, f"{path}; {error.strerror or error}")
    return made


class RecordWriter:
    """Writes records to a file.

    Args:
      path: The file, made anew.
      compression: `""`, `"GZIP"` or `"ZLIB"`.
      level: The compression level.
      method: The compression method; only deflate (8) exists.
      window_bits: The base-2 logarithm of the window; by default what `compression` needs.
      mem_level: How much memory the compressor takes, 1 to 9.
      strategy: The strategy of the compressor.
      mode: How to open the file: "wb", or "xb" to refuse one that exists.

    Raises:
      AlreadyExistsError: The file exists, and `mode` is "xb".
      NotFoundError: The directory does not exist.
    """

    def __init__(
        self,
        path: str,
        compression: str = "",
        level: int = zlib.Z_DEFAULT_COMPRESSION,
        method: int = zlib.DEFLATED,
        window_bits: int | None = None,
        mem_level: int = 9,
        strategy: int = zlib.Z_DEFAULT_STRATEGY,
        mode: str = "wb",
    ) -> None:
        self.path = path
        self._file: Any = open_file(path, mode)
        self._deflate: Any = None
        if compression:
            bits = _WINDOW_BITS[compression] if window_bits is None else window_bits
            self._deflate = zlib.compressobj(level, method, bits, mem_level, strategy)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return bool(self._file.closed)

    def write(self, data: bytes) -> None:
        """Adds a record."""
        framed = frame(data)
        self._put(framed if self._deflate is None else self._deflate.compress(framed))

    def flush(self) -> None:
        """Hands everything written so far to the operating system."""
        if self._deflate is not None:
            self._put(self._deflate.flush(zlib.Z_SYNC_FLUSH))
        try:
            self._file.flush()
        except OSError as error:
            raise file_error(self.path, error) from error

    def close(self) -> None:
        """Completes the file; a second call does nothing."""
        if self._file.closed:
            return
        try:
            if self._deflate is not None:
                self._put(self._deflate.flush())
        finally:
            self._close_file()

    def abandon(self) -> None:
        """Closes the file without writing what is left, after an error."""
        self._file.raw.close()

    def _put(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise file_error(self.path, error) from error

    def _close_file(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            raise file_error(self.path, error) from error


class _Source:
    """A file as a stream of decompressed bytes."""

    def __init__(self, file: IO[bytes], compression: str, path: str) -> None:
        self._file = file
        self._path = path
        self._bits = _WINDOW_BITS.get(compression)
        self._inflate = None if self._bits is None else zlib.decompressobj(self._bits)
        self._ready = bytearray()

    def damaged(self, what: str) -> errors.OpError:
        """The error for a damaged file; TensorFlow's words first, then which file it is."""
        return errors.DataLossError(None, None, f"{what}\nThe file is {self._path}.")

    def read(self, size: int) -> bytes:
        """Returns `size` bytes, or what is left."""
        while len(self._ready) < size and self._fill(size):
            pass
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def _fill(self, size: int) -> bool:
        # Never more at once than asked for: a damaged length may ask for any number of bytes.
        chunk = self._file.read(min(max(_CHUNK, size - len(self._ready)), 1 << 24))
        if not chunk:
            return False
        while self._inflate is not None and chunk:
            try:
                self._ready += self._inflate.decompress(chunk)
            except zlib.error as error:
                reason = str(error).rpartition(": ")[2]
                raise self.damaged(f"inflate() failed with error -3: {reason}") from error
            chunk = self._inflate.unused_data
            if chunk and self._bits is not None:
                self._inflate = zlib.decompressobj(self._bits)
        self._ready += chunk
        return True


def read_records(path: str, compression: str = "") -> Iterator[bytes]:
    """Yields the records of a file.

    A file that ends inside the header of a record is read up to there: it may still be growing.

    Args:
      path: The file.
      compression: `""`, `"GZIP"` or `"ZLIB"`.

    Raises:
      NotFoundError: The file does not exist.
      DataLossError: A checksum is wrong, or the file ends inside a record.
    """
    with open_file(path, "rb") as file:
        source = _Source(file, compression, path)
        offset = 0
        while True:
            header = source.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return
            length, checksum = _HEADER.unpack(header)
            if masked_crc(header[:8]) != checksum:
                raise source.damaged(f"corrupted record at {offset}")
            data = source.read(length)
            trailer = source.read(_CHECKSUM.size)
            if len(data) < length or len(trailer) < _CHECKSUM.size:
                raise source.damaged(f"truncated record at {offset}")
            if masked_crc(data) != _CHECKSUM.unpack(trailer)[0]:
                place = offset + _HEADER.size
                raise source.damaged(f"corrupted record at {place}")
            offset += _HEADER.size + length + _CHECKSUM.size
            yield data
