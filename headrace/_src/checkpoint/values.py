"""Tensors as bytes: how the values of a checkpoint lie in its data files."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from headrace._src.checkpoint.coding import put_varint
from headrace._src.core import dtypes, errors
from headrace._src.native import library
from headrace._src.proto.record_io import mask

_LIMIT: Final = 1 << 63
# Fewer bytes are not worth loading the native library.
_LONG: Final = 1 << 16


def unmask(stored: int) -> int:
    """The checksum itself."""
    rotated = (stored - 0xA282EAD8) & 0xFFFFFFFF
    return (rotated >> 17) | (rotated << 15) & 0xFFFFFFFF


def crc(data: Any, before: int = 0) -> int:
    """The CRC-32C of bytes or of an array of bytes, after `before`."""
    if len(data) >= _LONG and isinstance(data, np.ndarray) and library.serves_crc32c():
        return library.crc32c(data, before)
    import google_crc32c

    return int(google_crc32c.extend(before, data))


def as_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The memory of a contiguous array, as a flat array of bytes."""
    return array.reshape(-1).view(np.uint8)


def check_type(dtype: dtypes.DType) -> None:
    """Raises `UnimplementedError` for types whose values have no bytes."""
    if dtype in (dtypes.resource, dtypes.variant):
        raise errors.UnimplementedError(
            None, None, f"Cannot keep a tensor of type {dtype.name} in a checkpoint"
        )


def encode(value: Any, dtype: dtypes.DType) -> tuple[list[Any], int, int]:
    """Turns a tensor into bytes.

    Returns:
      The pieces to write, their size together, and the masked checksum.
    """
    check_type(dtype)
    if dtype == dtypes.string:
        return _encode_texts([_to_bytes(v) for v in np.asarray(value, object).reshape(-1).tolist()])
    array = np.ascontiguousarray(np.asarray(value, dtype.np_dtype))
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    data = as_bytes(array)
    return [memoryview(data)], data.size, mask(crc(data))  # type: ignore[arg-type]


def _to_bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _encode_texts(texts: Sequence[bytes]) -> tuple[list[Any], int, int]:
    lengths = b"".join(map(put_varint, map(len, texts)))
    total = crc(length_words(map(len, texts)))
    checksum = struct.pack("<I", mask(total))
    body = b"".join(texts)
    pieces = [lengths, checksum, body]
    return pieces, sum(map(len, pieces)), mask(crc(body, crc(checksum, total)))


def length_words(lengths: Any) -> bytes:
    """What the checksum of strings begins with: their lengths in four bytes, or eight if long."""
    return b"".join(struct.pack("<I" if n < 1 << 32 else "<Q", n) for n in lengths)


def element_count(shape: Sequence[int]) -> int:
    """How many elements a tensor has.

    Raises:
      ValueError: a size is negative, or the shape is too big for any tensor.
    """
    count = volume = 1
    for size in shape:
        if size < 0:
            raise ValueError("negative size")
        count *= size
        volume *= max(size, 1)
    if volume >= _LIMIT // 16 or len(shape) > 254:
        raise ValueError("too many elements")
    return count


def lengths_of(data: bytes, count: int) -> Iterator[tuple[int, int]]:
    """Yields `count` lengths of strings and the offset behind each.

    Raises:
      ValueError: the data ends too early, or a number is damaged.
    """
    from headrace._src.checkpoint.coding import get_varint

    at = 0
    for _ in range(count):
        value, at = get_varint(data, at, len(data))
        yield value, at
