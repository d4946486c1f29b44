"""Sorted tables of keys and values, the container of checkpoints.

A table is blocks of entries, each block followed by its compression and a checksum, an index block
(last key of a block → where it is), and a footer. In a block, a key shares its first bytes with
the key before it, except at restarts, whose offsets end the block.
"""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Callable, Iterator
from typing import Final

from headrace._src.checkpoint import files
from headrace._src.checkpoint.coding import get_varint, put_varint
from headrace._src.core import errors
from headrace._src.proto.record_io import file_error, masked_crc

MAGIC: Final = 0xDB4775248B80FB57
_FOOTER: Final = 48
_TRAILER: Final = 5
_BLOCK_BYTES: Final = 1 << 18
_RESTART_EVERY: Final = 16
_PLAIN, _SNAPPY = 0, 1


class _BlockBuilder:
    """The bytes of one block."""

    def __init__(self, restart_every: int) -> None:
        self._every = restart_every
        self.clear()

    def clear(self) -> None:
        self._out = bytearray()
        self._restarts = [0]
        self._since = 0
        self._last = b""

    @property
    def empty(self) -> bool:
        return not self._out

    @property
    def size(self) -> int:
        return len(self._out) + 4 * len(self._restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self._since < self._every:
            shared = len(os.path.commonprefix([self._last, key]))
        else:
            self._restarts.append(len(self._out))
            self._since = 0
        self._out += put_varint(shared) + put_varint(len(key) - shared) + put_varint(len(value))
        self._out += key[shared:]
        self._out += value
        self._last = key
        self._since += 1

    def finish(self) -> bytes:
        tail = struct.pack(f"<{len(self._restarts) + 1}I", *self._restarts, len(self._restarts))
        return bytes(self._out) + tail


def _between(last: bytes, following: bytes) -> bytes:
    """A short key at or after `last` and before `following`."""
    n = len(os.path.commonprefix([last, following]))
    if n < min(len(last), len(following)) and last[n] < 0xFF and last[n] + 1 < following[n]:
        return last[:n] + bytes([last[n] + 1])
    return last


def _after(last: bytes) -> bytes:
    """A short key at or after `last`."""
    for i, byte in enumerate(last):
        if byte != 0xFF:
            return last[:i] + bytes([byte + 1])
    return last


class TableBuilder:
    """Writes a table.

    Args:
      write: Takes the bytes of the file, piece by piece.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._offset = 0
        self._block = _BlockBuilder(_RESTART_EVERY)
        self._index = _BlockBuilder(1)
        self._waiting: bytes | None = None
        self._last = b""

    def add(self, key: bytes, value: bytes) -> None:
        """Adds an entry; keys must come in ascending order."""
        if self._waiting is not None:
            self._index.add(_between(self._last, key), self._waiting)
            self._waiting = None
        self._block.add(key, value)
        self._last = key
        if self._block.size >= _BLOCK_BYTES:
            self._flush()

    def finish(self) -> None:
        """Completes the table."""
        self._flush()
        meta = self._put(_BlockBuilder(_RESTART_EVERY).finish())
        if self._waiting is not None:
            self._index.add(_after(self._last), self._waiting)
        footer = meta + self._put(self._index.finish())
        self._write(footer.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", MAGIC))

    def _flush(self) -> None:
        if not self._block.empty:
            self._waiting = self._put(self._block.finish())
            self._block.clear()

    def _put(self, block: bytes) -> bytes:
        """Writes a block; returns where it is."""
        where = put_varint(self._offset) + put_varint(len(block))
        trailer = bytes([_PLAIN])
        self._write(block + trailer + struct.pack("<I", masked_crc(block + trailer)))
        self._offset += len(block) + _TRAILER
        return where


class Table:
    """Reads a table.

    Args:
      path: The file; it stays open as long as the object lives.

    Raises:
      NotFoundError: There is no such file.
      DataLossError: The file is damaged; here and in every method.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd, self._size = files.opened(path, self)
        if self._size < _FOOTER:
            raise self._damaged("file is too short to be an sstable")
        footer = self._read(self._size - _FOOTER, _FOOTER)
        if struct.unpack("<Q", footer[-8:])[0] != MAGIC:
            raise self._damaged("not an sstable (bad magic number)")
        try:
            at = get_varint(footer, get_varint(footer, 0, _FOOTER)[1], _FOOTER)[1]
            handle = self._handle(footer, at)
        except ValueError:
            raise self._damaged("bad block handle") from None
        index = list(self._entries(self._block(*handle)))
        self._keys = [key for key, _ in index]
        try:
            self._handles = [self._handle(value, 0) for _, value in index]
        except ValueError:
            raise self._damaged("bad block handle") from None

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """The entries in the order of their keys."""
        last = b""
        first = True
        for handle in self._handles:
            for key, value in self._entries(self._block(*handle)):
                if key <= last and not first:
                    raise self._damaged("the keys are not in order")
                last, first = key, False
                yield key, value

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None."""
        at = bisect.bisect_left(self._keys, key)
        if at == len(self._keys):
            return None
        for found, value in self._entries(self._block(*self._handles[at])):
            if found == key:
                return value
        return None

    def _damaged(self, what: str) -> errors.OpError:
        return files.data_loss(self.path, what)

    def _read(self, offset: int, size: int) -> bytes:
        try:
            data = os.pread(self._fd, size, offset)
        except OSError as error:
            raise file_error(self.path, error) from None
        if len(data) != size:
            raise self._damaged("truncated block read")
        return data

    @staticmethod
    def _handle(data: bytes, at: int) -> tuple[int, int]:
        offset, at = get_varint(data, at, len(data))
        return offset, get_varint(data, at, len(data))[0]

    def _block(self, offset: int, size: int) -> bytes:
        if offset + size + _TRAILER > self._size:
            raise self._damaged("truncated block read")
        data = self._read(offset, size + _TRAILER)
        stored = struct.unpack("<I", data[-4:])[0]
        if masked_crc(data[:-4]) != stored:
            raise self._damaged("block checksum mismatch")
        if data[size] == _PLAIN:
            return data[:size]
        if data[size] == _SNAPPY:
            try:
                return unsnap(data[:size])
            except (ValueError, IndexError):
                raise self._damaged("corrupted compressed block contents") from None
        raise self._damaged("bad block type")

    def _entries(self, block: bytes) -> Iterator[tuple[bytes, bytes]]:
        if len(block) < 4:
            raise self._damaged("bad block contents")
        end = len(block) - 4 * (struct.unpack("<I", block[-4:])[0] + 1)
        if end < 0:
            raise self._damaged("bad block contents")
        at, key = 0, b""
        while at < end:
            try:
                shared, at = get_varint(block, at, end)
                more, at = get_varint(block, at, end)
                size, at = get_varint(block, at, end)
            except ValueError:
                raise self._damaged("bad entry in block") from None
            if shared > len(key) or at + more + size > end:
                raise self._damaged("bad entry in block")
            key = key[:shared] + block[at : at + more]
            at += more + size
            yield key, block[at - size : at]


def unsnap(data: bytes) -> bytes:
    """Decompresses Snappy.

    Raises:
      ValueError: the data is damaged.
      IndexError: the data ends too early.
    """
    size, at = get_varint(data, 0, len(data))
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        kind, length = tag & 3, tag >> 2
        if kind == 0:
            if length >= 60:
                extra = length - 59
                length = int.from_bytes(data[at : at + extra], "little")
                at += extra
            length += 1
            if at + length > len(data):
                raise ValueError("a literal is cut off")
            out += data[at : at + length]
            at += length
        else:
            if kind == 1:
                length, distance = (length & 7) + 4, (tag >> 5 << 8) | data[at]
                at += 1
            else:
                wide = 2 * kind - 2
                length, distance = length + 1, int.from_bytes(data[at : at + wide], "little")
                at += wide
            _copy(out, distance, length)
        if len(out) > size:
            raise ValueError("too much data")
    if len(out) != size:
        raise ValueError("too little data")
    return bytes(out)


def _copy(out: bytearray, distance: int, length: int) -> None:
    if not 0 < distance <= len(out):
        raise ValueError("a copy of what is not there")
    start = len(out) - distance
    # A copy may go on into what it has just made.
    piece = bytes(out[start : start + length])
    while len(piece) < length:
        piece = (piece + piece)[:length]
    out += piece


__all__ = ["MAGIC", "Table", "TableBuilder", "unsnap"]
