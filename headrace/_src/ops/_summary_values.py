"""What summaries are made of: histogram buckets, PNG images and WAV sound."""

from __future__ import annotations

import functools
import struct
import zlib
from typing import Any, Final

import numpy as np

# -- histograms -----------------------------------------------------------------------------------

MAX_DOUBLE: Final = float(np.finfo(np.float64).max)
_SMALLEST: Final = 1e-12
_LARGEST: Final = 1e20
_GROWTH: Final = 1.1


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


def fill_histogram(proto: Any, values: np.ndarray[Any, Any]) -> None:
    """Counts finite float64 `values` into a HistogramProto; runs of empty buckets become one."""
    limits = bucket_limits()
    proto.min = float(values.min()) if values.size else MAX_DOUBLE
    proto.max = float(values.max()) if values.size else -MAX_DOUBLE
    proto.num = float(values.size)
    # Cumulative sums add in order, as one accumulator would; np.sum adds pairwise.
    if values.size:
        proto.sum = float(np.cumsum(values)[-1])
        proto.sum_squares = float(np.cumsum(values * values)[-1])
    # A value equal to the last limit belongs to the last bucket.
    places = np.minimum(np.searchsorted(limits, values, side="right"), limits.size - 1)
    counts = np.bincount(places, minlength=limits.size).astype(np.float64)
    # An empty bucket counts only where a run of them ends.
    followed = np.append(counts[1:] == 0, False)
    kept = (counts > 0) | ~followed
    proto.bucket_limit.extend(limits[kept].tolist())
    proto.bucket.extend(counts[kept].tolist())


# -- images ---------------------------------------------------------------------------------------

_COLOR_TYPES: Final = {1: 0, 2: 4, 3: 2, 4: 6}
_ZERO_THRESHOLD: Final = 1e-6


def encode_png(image: np.ndarray[Any, Any]) -> bytes:
    """Encodes uint8 pixels [height, width, 1 to 4 channels] as a PNG file."""
    height, width, channels = image.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    return b"".join((
        b"\x89PNG\r\n\x1a\n",
        _png_chunk(b"IHDR", header),
        _png_chunk(b"IDAT", zlib.compress(rows.tobytes())),
        _png_chunk(b"IEND", b""),
    ))


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
    rounded = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)
    data: bytes = np.clip(rounded, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    rate = int(np.rint(np.float32(sample_rate)))
    layout = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16
    )
    body = b"WAVE" + layout + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body
