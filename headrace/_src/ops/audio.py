"""Sound as WAV files of 16-bit samples."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, errors
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _summary_values

_CHUNK_LIMIT = (1 << 31) - 1


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


# -- EncodeWav -------------------------------------------------------------------------------------
EncodeWav = op("EncodeWav", "audio: float, sample_rate: int32 -> contents: string", host_only=True)
EncodeWav.no_gradient("a file is not differentiable", undefined=True)


@EncodeWav.shape
def _shape_encode_wav(s: Any, audio: Any, sample_rate: Any) -> Any:
    dims.with_rank(audio, 2)
    dims.with_rank(sample_rate, 0)
    return ()


@EncodeWav.kernel
def _kernel_encode_wav(k: Any, audio: Any, sample_rate: Any) -> Any:
    audio, rate = np.asarray(audio), np.asarray(sample_rate)
    if audio.ndim != 2:
        shape = ",".join(map(str, audio.shape))
        raise _invalid(f"audio must be 2-dimensional[{shape}]")
    if rate.ndim:
        shape = ",".join(map(str, rate.shape))
        raise _invalid(f"Input sample_rate should be a scalar tensor, got [{shape}] instead.")
    if not 0 < rate.item():
        # 1.15 reads the number as one without a sign.
        raise _invalid(f"sample_rate must be in (0, 2^32), got: {rate.item() % (1 << 64)}")
    if not 0 < audio.shape[1] < 1 << 16:
        raise _invalid(f"num_channels must be in (0, 2^16), got: {audio.shape[1]}")
    if not audio.shape[0]:
        raise _invalid("num_frames must be positive.")
    out = np.empty((), object)
    out[()] = _summary_values.encode_wav(audio, rate.item())
    return out


@export("audio.encode_wav", v2=("audio.encode_wav",))
def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Tensor:
    """Encode samples as a WAV file of 16-bit samples.

    Args:
      audio: samples [frames, channels] between -1 and 1, float32; others are clipped.
      sample_rate: frames a second, an int32 scalar.
      name: name of the operation.

    Returns:
      The file, a string scalar tensor.

    Raises:
      ValueError: (build) the ranks are others.
      InvalidArgumentError: (run) the same, or there are no frames, no channels, or no rate.
    """
    made: Tensor = EncodeWav(audio, sample_rate, name=name)
    return made


# -- DecodeWav -------------------------------------------------------------------------------------
DecodeWav = op(
    "DecodeWav",
    "contents: string -> audio: float, sample_rate: int32",
    desired_channels=A.integer(default=-1),
    desired_samples=A.integer(default=-1),
    host_only=True,
)
DecodeWav.no_gradient("a file is not differentiable", undefined=True)


@DecodeWav.shape
def _shape_decode_wav(s: Any, contents: Any, *, desired_channels: int, desired_samples: int) -> Any:
    dims.with_rank(contents, 0)
    shape: list[int | None] = []
    for word, number in (("channels", desired_channels), ("samples", desired_samples)):
        if number < -1:
            raise ValueError(f"{word} must be non-negative, got {number}")
        shape.insert(0, None if number == -1 else number)
    return tuple(shape), ()


class _Reader:
    """Reads a file from its beginning."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise _invalid("Data too short when trying to read string")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def expect(self, text: str) -> None:
        found = self.take(len(text)).decode("latin-1")
        if found != text:
            raise _invalid(f"Header mismatch: Expected {text} but found {found}")


def _channels_and_rate(reader: _Reader) -> tuple[int, int]:
    """Reads the header."""
    reader.expect("RIFF")
    reader.number(4)
    reader.expect("WAVE")
    reader.expect("fmt ")
    size = reader.number(4)
    if size not in (16, 18):
        raise _invalid(f"Bad file size for WAV: Expected 16 or 18, but got{size}")
    coding, channels, rate, byte_rate, align, bits = struct.unpack("<HHIIHH", reader.take(16))
    if coding != 1:
        raise _invalid(f"Bad audio format for WAV: Expected 1 (PCM), but got{coding}")
    if channels < 1:
        raise _invalid(f"Bad number of channels for WAV: Expected at least 1, but got {channels}")
    if bits != 16:
        raise _invalid(f"Can only read 16-bit WAV files, but received {bits}")
    if align != channels * 2:
        raise _invalid(
            f"Bad bytes per sample in WAV header: Expected {channels * 2} but got {align}"
        )
    if byte_rate != align * rate:
        raise _invalid(
            f"Bad bytes per second in WAV header: Expected {align * rate} but got {byte_rate} "
            f"(sample_rate={rate}, bytes_per_sample={align})"
        )
    reader.take(size - 16)
    return channels, rate


def _decoded(contents: bytes) -> tuple[Any, int]:
    """Samples [frames, channels] and frames a second."""
    reader = _Reader(contents)
    channels, rate = _channels_and_rate(reader)
    samples = None
    while reader.at < len(contents):
        kind, size = reader.take(4).decode("latin-1"), reader.number(4)
        if size > _CHUNK_LIMIT:
            raise _invalid(
                f"WAV data chunk '{kind}' is too large: {size} bytes, but the limit is "
                f"{_CHUNK_LIMIT}"
            )
        if kind != "data":
            reader.at += size
            continue
        # What is left of a frame is read as the next chunk.
        data = reader.take(size // (2 * channels) * 2 * channels)
        samples = np.frombuffer(data, "<i2").reshape(-1, channels)
    if samples is None:
        raise _invalid("No data chunk found in WAV")
    return samples.astype(np.float32) * np.float32(1 / (1 << 15)), rate


@DecodeWav.kernel
def _kernel_decode_wav(
    k: Any, contents: Any, *, desired_channels: int, desired_samples: int
) -> Any:
    contents = np.asarray(contents, dtype=object)
    if contents.ndim:
        shape = ",".join(map(str, contents.shape))
        raise _invalid(f"contents must be scalar, got shape [{shape}]")
    audio, rate = _decoded(contents.item())
    frames, channels = audio.shape
    if desired_channels != -1:
        # Channels that are missing repeat the last one.
        audio = audio[:, np.minimum(np.arange(desired_channels), channels - 1)]
    if desired_samples != -1:
        missing = max(0, desired_samples - frames)
        audio = np.pad(audio[:desired_samples], [(0, missing), (0, 0)])
    return audio, np.int32(rate)


@export("audio.decode_wav", v2=("audio.decode_wav",))
def decode_wav(
    contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None
) -> Any:
    """Decode a WAV file of 16-bit samples.

    Args:
      contents: the file, a string scalar.
      desired_channels: how many channels to give; the last one is repeated. -1: those of the file.
      desired_samples: how many frames to give; zeros follow the last. -1: those of the file.
      name: name of the operation.

    Returns:
      A named tuple: `audio`, samples [frames, channels] between -1 and 1, float32, and
      `sample_rate`, frames a second, an int32 scalar.

    Raises:
      ValueError: (build) `contents` is no scalar, or a number is below -1.
      InvalidArgumentError: (run) the file is of another kind, or cut off.
    """
    return DecodeWav(
        contents, desired_channels=desired_channels, desired_samples=desired_samples, name=name
    )
