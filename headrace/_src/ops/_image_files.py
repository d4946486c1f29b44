"""Pixels of image files: JPEG, PNG and GIF through Pillow, BMP and PNG of 16 bits by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np

from headrace._src.core import errors

_GAUGES = {0: 1, 2: 3, 4: 2, 6: 4}


def refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def pillow() -> Any:
    """Pillow's `Image` module.

    Raises:
      UnimplementedError: it is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise errors.UnimplementedError(
            None, None, "Image files are read with Pillow: pip install headrace[image]"
        ) from None
    return Image


def file_kind(data: bytes) -> str:
    """What a file is by its first bytes: "jpeg", "png" or "gif".

    Raises:
      InvalidArgumentError: it is something else.
    """
    for start, kind in ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF8", "gif")):
        if data.startswith(start):
            return kind
    if not data:
        raise refuse("Expected image (JPEG, PNG, or GIF), got empty file")
    start = data[:16].decode("latin-1")
    raise refuse(f"Expected image (JPEG, PNG, or GIF), got unknown format starting with '{start}'")


def _open(data: bytes, complaint: str) -> Any:
    try:
        return pillow().open(io.BytesIO(data))
    except (OSError, SyntaxError, ValueError):
        raise refuse(complaint) from None


def _pixels(image: Any, complaint: str) -> np.ndarray:
    try:
        found = np.array(image)
    except (OSError, SyntaxError, ValueError):
        raise refuse(complaint) from None
    return found[..., np.newaxis] if found.ndim == 2 else found


# -- JPEG --------------------------------------------------------------------------------------
def jpeg_shape(data: bytes) -> tuple[int, int, int]:
    """Height, width and number of channels of a JPEG file."""
    image = _open(data, f"Invalid JPEG data, size {len(data)}")
    return image.size[1], image.size[0], len(image.getbands())


def read_jpeg(data: bytes, channels: int, ratio: int, complaint: str) -> np.ndarray:
    """The pixels of a JPEG file [height, width, channels].

    Args:
      data: the file.
      channels: 1 or 3, or 0 for as many as there are.
      ratio: how many times smaller the image is to be: 1, 2, 4 or 8.
      complaint: the message for what is no JPEG file.
    """
    image = _open(data, complaint)
    width, height = image.size
    wanted = {1: "L", 3: "RGB"}.get(channels) or ("L" if image.mode == "L" else "RGB")
    if ratio > 1 or (wanted == "L" and image.mode != "L"):
        # The decoder gives the brightness and smaller sizes itself; it takes the ratio from a size.
        size: Any = (width / ratio * 0.999, height / ratio * 0.999)
        image.draft("L" if wanted == "L" else None, size)
    try:
        image = image if image.mode == wanted else image.convert(wanted)
    except (OSError, SyntaxError, ValueError):
        raise refuse(complaint) from None
    return _pixels(image, complaint)


# -- PNG ---------------------------------------------------------------------------------------
def _gray(image: np.ndarray) -> np.ndarray:
    """The brightness [height, width, 1] of RGB pixels, with the whole numbers of libpng."""
    r, g, b = (image[..., i].astype(np.int64) for i in range(3))
    mixed = r * 9797 + g * 19234 + b * 3737
    if image.dtype == np.uint16:
        mixed += 16384
    mixed = np.where((r == g) & (g == b), r, mixed >> 15)
    return mixed.astype(image.dtype)[..., np.newaxis]


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """The image with another number of channels: gray, colour, opacity."""
    present = image.shape[2]
    if channels in (0, present):
        return image
    top = np.iinfo(image.dtype).max
    color = image[..., : 3 if present >= 3 else 1]
    alpha = image[..., -1:] if present in (2, 4) else np.full_like(image[..., :1], top)
    if channels == 1:
        return color if color.shape[2] == 1 else _gray(color)
    if color.shape[2] == 1:
        color = np.repeat(color, 3, axis=2)
    return color if channels == 3 else np.concatenate([color, alpha], axis=2)


def read_png(data: bytes, channels: int, dtype: Any) -> np.ndarray:
    """The pixels of a PNG file [height, width, channels]; `channels` is 0 for those it has."""
    complaint = f"Invalid PNG data, size {len(data)}"
    if len(data) < 33:
        raise refuse("Invalid PNG header, data size " + str(len(data)))
    if data[24] == 16:
        pixels = _read_wide_png(data, complaint)
        if dtype == np.uint8:
            pixels = (pixels >> 8).astype(np.uint8)
        return _with_channels(pixels, channels)
    image = _open(data, complaint)
    mode = image.mode
    if mode == "P":
        mode = "RGBA" if "transparency" in image.info else "RGB"
    elif mode == "1":
        mode = "L"
    elif "transparency" in image.info:
        mode = {"L": "LA", "RGB": "RGBA"}.get(mode, mode)
    try:
        image = image if image.mode == mode else image.convert(mode)
    except (OSError, SyntaxError, ValueError):
        raise refuse(complaint) from None
    pixels = _with_channels(_pixels(image, complaint), channels)
    # Brightness is mixed before pixels are widened.
    return pixels.astype(np.uint16) * 257 if dtype == np.uint16 else pixels


def _read_wide_png(data: bytes, complaint: str) -> np.ndarray:
    """The pixels of a PNG file with 16 bits a channel, which Pillow cuts to 8."""
    width, height, _, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if interlaced or kind not in _GAUGES:
        raise errors.UnimplementedError(
            None, None, "DecodePng: interlaced files of 16 bits a channel are not supported"
        )
    packed = bytearray()
    at = 8
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += size + 12
    step = 2 * _GAUGES[kind]
    try:
        rows = np.frombuffer(zlib.decompress(packed), np.uint8)
        rows = rows.reshape(height, 1 + width * step)
    except (zlib.error, ValueError):
        raise refuse(complaint) from None
    out = np.zeros((height + 1, width * step), np.uint8)
    for y in range(height):
        _unfilter(int(rows[y, 0]), rows[y, 1:], out[y], out[y + 1], step)
    return out[1:].reshape(height, width, -1).view(">u2").astype(np.uint16)


def _unfilter(kind: int, row: np.ndarray, above: np.ndarray, out: np.ndarray, step: int) -> None:
    """Writes a row of a PNG file, given as differences from its neighbours, into `out`."""
    if kind in (0, 2):
        out[:] = row if kind == 0 else row + above
        return
    if kind == 1:
        out[:] = np.cumsum(row.reshape(-1, step), axis=0, dtype=np.uint8).ravel()
        return
    left, corner = [0] * step, [0] * step
    for start in range(0, len(row), step):
        part, up = row[start : start + step].tolist(), above[start : start + step].tolist()
        for i in range(step):
            a, b, c = left[i], up[i], corner[i]
            if kind == 3:
                guess = (a + b) >> 1
            else:
                near = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                guess = (a, b, c)[near.index(min(near))]
            left[i] = (part[i] + guess) & 255
        out[start : start + step] = left
        corner = up


# -- GIF ---------------------------------------------------------------------------------------
def read_gif(data: bytes) -> np.ndarray:
    """The frames of a GIF file [frames, height, width, 3]."""
    complaint = "Invalid GIF data (size " + str(len(data)) + ")"
    image = _open(data, complaint)
    frames = []
    for i in range(getattr(image, "n_frames", 1)):
        try:
            image.seek(i)
            frames.append(np.array(image.convert("RGB")))
        except (OSError, SyntaxError, ValueError, EOFError):
            raise refuse(complaint) from None
    return np.stack(frames)


# -- BMP ---------------------------------------------------------------------------------------
def read_bmp(data: bytes, channels: int) -> np.ndarray:
    """The pixels of a BMP file [height, width, channels]; `channels` is 0 for those it has."""
    if len(data) < 32:
        raise refuse(
            "Incomplete bmp content, requires at least 32 bytes to find the header size, width, "
            f"height, and bpp, got {len(data)} bytes"
        )
    start, width, height = (struct.unpack_from("<i", data, at)[0] for at in (10, 18, 22))
    bits = struct.unpack_from("<H", data, 28)[0]
    present = bits // 8
    if channels and channels != present:
        raise refuse(
            f"channels attribute {channels} does not match bits per pixel from file {present}"
        )
    if present not in (1, 3, 4):
        raise refuse(f"Number of channels must be 1, 3 or 4, was {present}")
    if width <= 0 or height == 0:
        raise refuse("Width must be positive" if width <= 0 else "Height must be nonzero")
    row = (bits * width + 31) // 32 * 4
    if len(data) < start + row * abs(height):
        raise refuse(
            f"Incomplete bmp content, requires at least {start + row * abs(height)} bytes, "
            f"got {len(data)} bytes"
        )
    rows = np.frombuffer(data, np.uint8, row * abs(height), start).reshape(abs(height), row)
    pixels = rows[:, : width * present].reshape(abs(height), width, present)
    if height > 0:
        pixels = pixels[::-1]
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[present]
    return np.ascontiguousarray(pixels[..., order])
