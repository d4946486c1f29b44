"""What summaries are made of: histogram buckets, PNG images and WAV sound."""

from __future__ import annotations

import functools
import math
import struct
import zlib
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._src.checkpoint.coding import put_varint
from headrace._src.native import library

# -- histograms -----------------------------------------------------------------------------------

MAX_DOUBLE: Final = float(np.finfo(np.float64).max)
_SMALLEST: Final = 1e-12
_LARGEST: Final = 1e20
_GROWTH: Final = 1.1
# The first bytes of two fields of HistogramProto: number and kind.
_LIMITS_FIELD: Final = b"\x32"
_COUNTS_FIELD: Final = b"\x3a"


@functools.cache
def bucket_limits() -> np.ndarray[Any, Any]:
    """The upper limits of the buckets: 10 % apart on both sides of zero."""
    positive = []
    value = _SMALLEST
    while value < _LARGEST:
        positive.append(value)
        value *= _GROWTH
    positive.append(MAX_DOUBLE)
    limits = np.array([*[-v for v in reversed(positive)], 0.0, *positive])
    limits.flags.writeable = False
    return limits


class Histogram(NamedTuple):
    """What a histogram summary says: numbers by bucket, and what is known of all of them."""

    counts: np.ndarray[Any, Any]
    low: float
    high: float
    sum: float
    sum_squares: float


def count(values: np.ndarray[Any, Any]) -> Histogram | None:
    """Counts numbers, which are added up in their order; None when one of them is not finite.

    Args:
      values: the numbers, in one dimension.
    """
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    values = np.ascontiguousarray(values)
    limits = bucket_limits()
    counted = library.histogram(values, limits.size)
    if counted is not None:
        return Histogram(counted[0], *counted[1])
    # Sorted, what is not finite is at the ends; half as many bytes are sorted twice as fast.
    ordered = np.sort(values).astype(np.float64)
    if not ordered.size:
        return Histogram(np.zeros(limits.size), MAX_DOUBLE, -MAX_DOUBLE, 0.0, 0.0)
    low, high = float(ordered[0]), float(ordered[-1])
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    # Each limit is looked for among the values, rather than each value among the limits; a value
    # equal to the last limit belongs to the last bucket.
    below = np.searchsorted(ordered, limits)
    below[-1] = ordered.size
    counts = np.diff(below, prepend=0)
    return Histogram(counts, low, high, *_sums(values.astype(np.float64)))


def fill_histogram(proto: Any, histogram: Histogram) -> None:
    """Writes a histogram into a HistogramProto; runs of empty buckets become one."""
    counts = histogram.counts
    proto.min, proto.max, proto.num = histogram.low, histogram.high, float(counts.sum())
    proto.sum, proto.sum_squares = histogram.sum, histogram.sum_squares
    # An empty bucket counts only where a run of them ends.
    kept = counts > 0
    kept[:-1] |= kept[1:]
    kept[-1] = True
    places = kept.nonzero()[0]
    # The parser takes an array of numbers at once.
    proto.MergeFromString(
        _packed(_LIMITS_FIELD, bucket_limits()[places]) + _packed(_COUNTS_FIELD, counts[places])
    )


def _packed(tag: bytes, numbers: np.ndarray[Any, Any]) -> bytes:
    """A repeated field of doubles as a message has it."""
    data = numbers.astype("<f8").tobytes()
    return tag + put_varint(len(data)) + data


def _sums(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    """The sums of the values and of their squares, added one after another; np.sum adds pairs."""
    # As the two parts of complex numbers both are added up in one pass.
    both = np.empty(values.size, np.complex128)
    both.real = values
    np.multiply(values, values, out=both.imag)
    total = np.add.accumulate(both, out=both)[-1]
    # A sum starts at 0.0, to which -0.0 adds nothing.
    return float(total.real) + 0.0, float(total.imag)


# -- images ---------------------------------------------------------------------------------------

_COLOR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}
_ZERO_THRESHOLD: Final = 1e-6


def encode_png(image: np.ndarray[Any, Any], level: int = -1) -> bytes:
    """Encodes pixels [height, width, 1 to 4 channels], uint8 or uint16, as a PNG file."""
    height, width, channels = image.shape
    bits = 8 * image.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, bits, _COLOR_TYPES[channels], 0, 0, 0)
    if bits == 16:
        # Filters treat the bytes of a pixel one by one.
        image = image.astype(">u2").view(np.uint8).reshape(height, width, 2 * channels)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", _deflate(_filter_rows(image), level)),
            _png_chunk(b"IEND", b""),
        )
    )


def _filter_rows(image: np.ndarray[Any, Any]) -> bytes:
    """The rows with a filter byte each: the filter with the least sum of differences, as libpng's.

    Rows are filtered against their left (1) and upper (2) neighbours, the mean of both (3) and
    Paeth's predictor (4); of equal sums the first counts.
    """
    height, width, channels = image.shape
    rows = image.reshape(height, width * channels).astype(np.int16)
    left, up, corner = np.zeros_like(rows), np.zeros_like(rows), np.zeros_like(rows)
    left[:, channels:] = rows[:, :-channels] if width > 1 else 0
    up[1:], corner[1:] = rows[:-1], left[:-1]
    distances = np.abs([up - corner, left - corner, left + up - 2 * corner])
    nearest_left = (distances[0] <= distances[1]) & (distances[0] <= distances[2])
    paeth = np.where(nearest_left, left, np.where(distances[1] <= distances[2], up, corner))
    usable = [0] + ([1] if width > 1 else []) + ([2] if height > 1 else [])
    usable += [3, 4] if width > 1 and height > 1 else []
    guesses = [np.zeros_like(rows), left, up, (left + up) >> 1, paeth]
    filtered = np.stack([(rows - guesses[f]) & 255 for f in usable])
    best = np.minimum(filtered, 256 - filtered).sum(axis=2).argmin(axis=0)
    chosen = filtered[best, np.arange(height)].astype(np.uint8)
    kinds = np.array(usable, np.uint8)[best]
    return np.column_stack([kinds, chosen]).tobytes()


def _deflate(data: bytes, level: int = -1) -> bytes:
    """zlib data with the smallest window that holds `data`, and a header that says so."""
    bits = 15
    while bits > 9 and len(data) + 262 <= 1 << (bits - 1):
        bits -= 1
    packer = zlib.compressobj(level, zlib.DEFLATED, bits, 8, zlib.Z_FILTERED)
    packed = bytearray(packer.compress(data) + packer.flush())
    window = packed[0] >> 4
    while window > 0 and len(data) <= 1 << (window + 7):
        window -= 1
    packed[0] = (packed[0] & 15) | window << 4
    flags = packed[1] & 0xE0
    packed[1] = flags + 31 - ((packed[0] << 8) + flags) % 31
    return bytes(packed)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def to_pixels(image: np.ndarray[Any, Any], bad_color: np.ndarray[Any, Any]) -> Any:
    """Scales one floating-point image to uint8; pixels that are not finite get `bad_color`.

    Values that are all positive are scaled to have their greatest at 255; else zero is put at 128
    and the greatest magnitude 127 away from it.
    """
    finite = np.isfinite(image).all(axis=-1)
    kind = image.dtype.type
    known = image[finite]
    low, high = (known.min(), known.max()) if known.size else (kind(0), kind(0))
    if low < 0:
        top, middle, extent = kind(max(abs(low), abs(high))), kind(128), kind(127)
    else:
        top, middle, extent = high, kind(0), kind(255)
    # An image of zeros stays one, where 1.15 divides zero by zero and so reaches zero too.
    scale = kind(0) if top < _ZERO_THRESHOLD else extent / top
    shown = np.where(finite[..., None], image, kind(0)) * scale + middle
    pixels = shown.astype(np.float64).astype(np.uint8)
    pixels[~finite] = bad_color[: image.shape[-1]]
    return pixels


# -- sound ----------------------------------------------------------------------------------------


def encode_wav(frames: np.ndarray[Any, Any], sample_rate: float) -> bytes:
    """Encodes samples [frames, channels] in -1 to 1 as 16-bit PCM in a WAV file."""
    channels = frames.shape[1]
    scaled = frames.astype(np.float32) * np.float32(1 << 15)
    # Halves are rounded away from zero.
    scaled = np.where(np.isnan(scaled), np.float32(0), scaled)
    rounded = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)
    data: bytes = np.clip(rounded, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    rate = int(np.rint(np.float32(sample_rate)))
    layout = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16
    )
    body = b"WAVE" + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body
