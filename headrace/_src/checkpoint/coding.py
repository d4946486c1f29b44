"""Numbers and keys as the files of checkpoints spell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

_MAX_VARINT: Final = 10


def put_varint(value: int) -> bytes:
    """`value`, at least 0, seven bits a byte, the lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def get_varint(data: Any, offset: int, end: int) -> tuple[int, int]:
    """Reads a number; returns it and the offset behind it.

    Raises:
      ValueError: the data ends inside the number, or the number has more than 64 bits.
    """
    value = shift = 0
    for at in range(offset, min(end, offset + _MAX_VARINT)):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, at + 1
        shift += 7
    raise ValueError("bad variable-length number")


def _put_unsigned(value: int) -> bytes:
    """`value`, at least 0, so that the order of the bytes is the order of the numbers."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _put_signed(value: int) -> bytes:
    """The same for numbers of any sign: the leading bits tell how many bytes follow."""
    magnitude = ~value if value < 0 else value
    size = 1
    while magnitude >> (7 * size - 1):
        size += 1
    # One leading bit for each byte, against a background of the sign.
    header = ((1 << size) - 1) << (80 - size) >> (80 - 8 * size)
    number = value & ((1 << 8 * size) - 1)
    return (number ^ header).to_bytes(size, "big")


def key_of(name: str) -> bytes:
    """The key of a name; names of damaged files may hold bytes that are no text."""
    return name.encode(errors="surrogateescape")


def slice_key(name: str, extents: Sequence[tuple[int, int]]) -> bytes:
    """The key under which one slice of a tensor is kept.

    Args:
      name: the name of the whole tensor.
      extents: start and length in each dimension; the length is -1 where the slice is whole.
    """
    text = key_of(name).replace(b"\xff", b"\xff\x00").replace(b"\x00", b"\x00\xff")
    parts = [_put_unsigned(0), text, b"\x00\x01", _put_unsigned(len(extents))]
    for start, length in extents:
        parts += [_put_signed(start), _put_signed(length)]
    return b"".join(parts)
