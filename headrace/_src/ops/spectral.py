"""Signals in frames: windows, short-time Fourier transforms, cosine transforms, mel scales."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import fourier as fourier_ops
from headrace._src.ops import while_loop as loop_ops
from headrace._src.ops._late import late


def _scalar(value: Any, name: str, dtype: Any = None) -> Tensor:
    """A tensor without dimensions."""
    tensor = convert_to_tensor(value, dtype=dtype, name=name)
    tensor.shape.assert_has_rank(0)
    return tensor


# -- windows -----------------------------------------------------------------------------------
def _raised_cosine(
    name: str | None, scope: str, length: Any, periodic: Any, dtype: Any, a: float, b: float
) -> Tensor:
    """`a - b cos(2 pi n / N)`."""
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype}")
    with name_scope(name, scope, [length, periodic]):
        length = _scalar(length, "window_length", dtypes.int32)
        known = constant_value(length)
        ones: Callable[[], Any] = lambda: late.ones([1], dtype=dtype)  # noqa: E731
        if known is not None and int(known) == 1:
            one: Tensor = ones()
            return one
        periodic = late.cast(
            convert_to_tensor(periodic, dtype=dtypes.bool_, name="periodic"), dtypes.int32
        )
        periodic.shape.assert_has_rank(0)
        even = 1 - late.mod(length, 2)
        period = late.cast(length + periodic * even - 1, dtype)
        count = late.cast(late.range(length), dtype)
        angle = constant_ops.constant(2 * np.pi, dtype=dtype) * count / period

        def window() -> Any:
            return late.cast(a - b * late.cos(angle), dtype)

        if known is not None:
            made: Tensor = window()
            return made
        chosen: Tensor = conditional.cond(late.equal(length, 1), ones, window)
        return chosen


@export("signal.hann_window", "contrib.signal.hann_window")
def hann_window(
    window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Make a Hann window: `(1 - cos(2 pi n / N)) / 2`.

    Args:
      window_length: int32 scalar.
      periodic: bool scalar: whether the window is one period (for spectra) or symmetric.
      dtype: a dtype of floats.
      name: name of the operations.

    Returns:
      Tensor [window_length] of dtype `dtype`.

    Raises:
      ValueError: (build) another dtype.
    """
    return _raised_cosine(name, "hann_window", window_length, periodic, dtype, 0.5, 0.5)


@export("signal.hamming_window", "contrib.signal.hamming_window")
def hamming_window(
    window_length: Any, periodic: Any = True, dtype: Any = dtypes.float32, name: str | None = None
) -> Tensor:
    """Make a Hamming window: `0.54 - 0.46 cos(2 pi n / N)`.

    Args:
      window_length: int32 scalar.
      periodic: bool scalar: whether the window is one period (for spectra) or symmetric.
      dtype: a dtype of floats.
      name: name of the operations.

    Returns:
      Tensor [window_length] of dtype `dtype`.

    Raises:
      ValueError: (build) another dtype.
    """
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtype, 0.54, 0.46)


# -- frame -------------------------------------------------------------------------------------
def _common_divisor(a: Any, b: Any) -> Any:
    with name_scope(None, "gcd", [a, b]):
        a, b = convert_to_tensor(a), convert_to_tensor(b)
        for value, name in ((a, "a"), (b, "b")):
            value.shape.assert_has_rank(0)
            if not value.dtype.is_integer:
                raise ValueError(f"{name} must be an integer type. Got: {value.dtype}")
        known = constant_value(a), constant_value(b)
        if known[0] is not None and known[1] is not None:
            first, second = map(int, known)
            divisor = math.gcd(first, second)
            # It has the sign of the second number, as Euclid's way with remainders gives it.
            if (second or first) < 0:
                divisor = -divisor
            return convert_to_tensor(np.asarray(divisor, known[0].dtype))
        return loop_ops.while_loop(
            lambda _, b: late.greater(b, late.zeros_like(b)),
            lambda a, b: [b, late.mod(a, b)],
            [a, b],
            back_prop=False,
        )[0]


def _frame_dims(signal: Tensor, length: Any, step: Any, pad_end: bool, axis: Any) -> Any:
    """The static shape of the frames."""
    length, step, axis = constant_value(length), constant_value(step), constant_value(axis)
    dims = signal.dims
    if dims is None:
        return None
    if axis is None:
        return [None] * (len(dims) + 1)
    outer, inner = list(dims[:axis]), list(dims[axis:][1:])
    extent = dims[int(axis)]
    number = None
    if extent is not None and step is not None:
        if pad_end:
            number = max(0, -(-extent // int(step)))
        elif length is not None:
            number = max(0, (extent - int(length) + int(step)) // int(step))
    return [*outer, number, None if length is None else int(length), *inner]


@export("signal.frame", "contrib.signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Tensor:
    """Cut a dimension into frames that may overlap.

    Args:
      signal: tensor [..., samples, ...].
      frame_length: integer scalar: samples in a frame.
      frame_step: integer scalar: samples from one frame to the next.
      pad_end: whether the last frames are filled up.
      pad_value: what fills them.
      axis: integer scalar: the dimension.
      name: name of the operations.

    Returns:
      Tensor [..., frames, frame_length, ...].

    Raises:
      ValueError: (build) arguments of another rank.
    """
    with name_scope(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        frame_length = convert_to_tensor(frame_length, name="frame_length")
        frame_step = convert_to_tensor(frame_step, name="frame_step")
        axis = convert_to_tensor(axis, name="axis")
        signal.shape.with_rank_at_least(1)
        for value in (frame_length, frame_step, axis):
            value.shape.assert_has_rank(0)
        dims = _frame_dims(signal, frame_length, frame_step, pad_end, axis)
        rank = late.rank(signal)
        axis = late.range(rank)[axis]
        shape = late.shape(signal)
        outer, samples, inner = late.split(shape, [axis, 1, rank - 1 - axis])
        samples = late.reshape(samples, [])
        outer_rank, inner_rank = late.size(outer), late.size(inner)
        if pad_end:
            pad_value = convert_to_tensor(pad_value, signal.dtype)
            pad_value.shape.assert_has_rank(0)
            number = -(-samples // frame_step)
            missing = late.maximum(0, frame_length + frame_step * (number - 1) - samples)
            paddings = late.concat(
                [
                    late.zeros([outer_rank, 2], dtype=missing.dtype),
                    [[0, missing]],
                    late.zeros([inner_rank, 2], dtype=missing.dtype),
                ],
                0,
            )
            signal = late.pad(signal, paddings, constant_values=pad_value)
            shape = late.shape(signal)
            samples = shape[axis]
        else:
            number = late.maximum(0, 1 + (samples - frame_length) // frame_step)
        frames = _gathered(
            signal, shape, outer, samples, inner, frame_length, frame_step, number, axis
        )
        if dims:
            frames.set_shape(dims)
        return frames


def _gathered(
    signal: Any,
    shape: Any,
    outer: Any,
    samples: Any,
    inner: Any,
    length: Any,
    step: Any,
    number: Any,
    axis: Any,
) -> Tensor:
    """The frames, put together from parts that divide both the frames and their steps."""
    part = _common_divisor(length, step)
    per_frame = length // part
    per_hop = step // part
    parts = samples // part
    cut_shape = late.concat([outer, [parts * part], inner], 0)
    parts_shape = late.concat([outer, [parts, part], inner], 0)
    cut = late.strided_slice(signal, late.zeros_like(shape), cut_shape)
    pieces = late.reshape(cut, parts_shape)
    first = late.reshape(late.range(number) * per_hop, [number, 1])
    within = late.reshape(late.range(per_frame), [1, per_frame])
    chosen = late.gather(pieces, first + within, axis=axis)
    frames: Tensor = late.reshape(chosen, late.concat([outer, [number, length], inner], 0))
    return frames


# -- overlap_and_add ---------------------------------------------------------------------------
@export("signal.overlap_and_add", "contrib.signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """Put frames together again, adding where they overlap.

    Args:
      signal: tensor [..., frames, frame_length].
      frame_step: integer scalar: samples from one frame to the next.
      name: name of the operations.

    Returns:
      Tensor [..., (frames - 1) * frame_step + frame_length].

    Raises:
      ValueError: (build) arguments of another rank, a `frame_step` that is no integer.
    """
    with name_scope(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        signal.shape.with_rank_at_least(2)
        frame_step = _scalar(frame_step, "frame_step")
        if not frame_step.dtype.is_integer:
            raise ValueError(f"frame_step must be an integer. Got {frame_step.dtype}")
        shape = late.shape(signal)
        outer = shape[:-2]
        outer_rank = late.size(outer)
        length, frames = shape[-1], shape[-2]
        samples = length + frame_step * (frames - 1)
        known = constant_value(frame_step)
        if known is not None and signal.dims is not None and known == signal.dims[-1]:
            joined: Tensor = late.reshape(
                signal, late.concat([outer, [samples]], 0), name="fast_path"
            )
            return joined
        segments = -(-length // frame_step)
        own: Any = [[0, segments], [0, segments * frame_step - length]]
        paddings = late.concat([late.zeros([outer_rank, 2], dtypes.int32), own], 0)
        signal = late.pad(signal, paddings)
        target = late.concat([outer, [frames + segments, segments, frame_step]], 0)
        signal = late.reshape(signal, target)
        perm = late.concat([late.range(outer_rank), outer_rank + [1, 0, 2]], 0)
        signal = late.transpose(signal, perm)
        target = late.concat([outer, [(frames + segments) * segments, frame_step]], 0)
        signal = late.reshape(signal, target)
        signal = signal[..., : (frames + segments - 1) * segments, :]
        target = late.concat([outer, [segments, frames + segments - 1, frame_step]], 0)
        signal = late.reshape(signal, target)
        signal = late.reduce_sum(signal, -3)
        target = late.concat([outer, [(frames + segments - 1) * frame_step]], 0)
        signal = late.reshape(signal, target)
        added: Tensor = signal[..., :samples]
        return added


# -- stft --------------------------------------------------------------------------------------
def _power_of_two(value: Tensor) -> Tensor:
    """The least power of two that is not less."""
    known = constant_value(value)
    if known is not None:
        power = int(2 ** np.ceil(np.log(known) / np.log(2.0)))
        return constant_ops.constant(power, value.dtype)
    bits = late.ceil(late.log(late.cast(value, dtypes.float32)) / late.log(2.0))
    cast: Tensor = late.cast(late.pow(2.0, bits), value.dtype)
    return cast


@export("signal.stft", "contrib.signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """Transform signals frame by frame.

    Args:
      signals: float32 tensor [..., samples].
      frame_length: integer scalar: samples in a frame.
      frame_step: integer scalar: samples from one frame to the next.
      fft_length: integer scalar: length of the transform; the power of two that holds a frame when
        None.
      window_fn: `window_fn(frame_length, dtype=)` gives what frames are multiplied by; None for
        nothing.
      pad_end: whether the last frames are filled with zeros.
      name: name of the operations.

    Returns:
      complex64 tensor [..., frames, fft_length // 2 + 1].
    """
    with name_scope(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        signals.shape.with_rank_at_least(1)
        frame_length = _scalar(frame_length, "frame_length")
        frame_step = _scalar(frame_step, "frame_step")
        if fft_length is None:
            fft_length = _power_of_two(frame_length)
        else:
            fft_length = convert_to_tensor(fft_length, name="fft_length")
        framed = frame(signals, frame_length, frame_step, pad_end=pad_end)
        if window_fn is not None:
            framed *= window_fn(frame_length, dtype=framed.dtype)
        return fourier_ops.rfft(framed, [fft_length])


@export("signal.inverse_stft_window_fn", "contrib.signal.inverse_stft_window_fn")
def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Callable[..., Tensor]:
    """Make the window function with which `tf.signal.inverse_stft` undoes `tf.signal.stft`.

    Args:
      frame_step: integer scalar: samples from one frame to the next.
      forward_window_fn: the window function of the transform.
      name: name of the operations.

    Returns:
      A function `(frame_length, dtype)` of a window.
    """
    with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
        frame_step = _scalar(frame_step, "frame_step")

    def inverse_window(frame_length: Any, dtype: Any) -> Tensor:
        with name_scope(name, "inverse_stft_window_fn", [forward_window_fn]):
            frame_length = _scalar(frame_length, "frame_length")
            window = forward_window_fn(frame_length, dtype=dtype)
            total = late.square(window)
            overlaps = -(-frame_length // frame_step)
            total = late.pad(total, [(0, overlaps * frame_step - frame_length)])
            total = late.reshape(total, [overlaps, frame_step])
            total = late.reduce_sum(total, 0, keepdims=True)
            total = late.tile(total, [overlaps, 1])
            total = late.reshape(total, [overlaps * frame_step])
            quotient: Tensor = window / total[:frame_length]
            return quotient

    return inverse_window


def _fitted(frames: Tensor, length: Tensor) -> Tensor:
    """Frames cut or filled with zeros to a length."""
    known = constant_value(length)
    dims = frames.dims
    if known is None or dims is None or dims[-1] is None:
        frames = frames[..., :length]
        rank, shape = late.rank(frames), late.shape(frames)
        missing: Any = [[0, late.maximum(0, length - shape[-1])]]
        outer = late.zeros([rank - 1, 2], dtype=length.dtype)
        frames = late.pad(frames, late.concat([outer, missing], 0))
    elif dims[-1] > known:
        frames = frames[..., :known]
    elif dims[-1] < known:
        outer_pads = [[0, 0]] * (len(dims) - 1)
        frames = late.pad(frames, [*outer_pads, [0, int(known) - dims[-1]]])
    if known is not None and frames.dims is not None:
        frames.set_shape([None] * (len(frames.dims) - 1) + [int(known)])
    return frames


@export("signal.inverse_stft", "contrib.signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    name: str | None = None,
) -> Tensor:
    """Transform frames back and add them up.

    Args:
      stfts: complex64 tensor [..., frames, fft_length // 2 + 1].
      frame_length: integer scalar: samples in a frame.
      frame_step: integer scalar: samples from one frame to the next.
      fft_length: integer scalar: length of the transform; the power of two that holds a frame when
        None.
      window_fn: `window_fn(frame_length, dtype=)` gives what frames are multiplied by; None for
        nothing.
      name: name of the operations.

    Returns:
      float32 tensor [..., samples].
    """
    with name_scope(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        stfts.shape.with_rank_at_least(2)
        frame_length = _scalar(frame_length, "frame_length")
        frame_step = _scalar(frame_step, "frame_step")
        if fft_length is None:
            fft_length = _power_of_two(frame_length)
        else:
            fft_length = _scalar(fft_length, "fft_length")
        frames = _fitted(fourier_ops.irfft(stfts, [fft_length]), frame_length)
        if window_fn is not None:
            frames *= window_fn(frame_length, dtype=stfts.dtype.real_dtype)
        return overlap_and_add(frames, frame_step)


# -- dct ---------------------------------------------------------------------------------------
def _check_cosine(value: Any, kind: int, n: int | None, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if kind not in (1, 2, 3):
        raise ValueError("Only Types I, II and III (I)DCT are supported.")
    if kind == 1:
        if norm == "ortho":
            raise ValueError("Normalization is not supported for the Type-I DCT.")
        last = value.shape[-1]
        last = getattr(last, "value", last)
        if last is not None and last < 2:
            raise ValueError("Type-I DCT requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")


def _last_extent(value: Tensor) -> Any:
    known = None if value.dims is None else value.dims[-1]
    return known or late.shape(value)[-1]


def _weights(first: Any, rest: Any, extent: Any) -> Any:
    """A vector with `first` in front of `rest`."""
    return late.pad(late.expand_dims(first, 0), [[0, extent - 1]], constant_values=rest)


@export("signal.dct", "spectral.dct", v2=("signal.dct",))
def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Transform the last dimension into cosines.

    Args:
      input: float32 tensor [..., N].
      type: 1, 2 or 3.
      n: how many elements to take, filled with zeros where there are less; all when None.
      axis: -1.
      norm: None, or "ortho" for a transform that keeps lengths.
      name: name of the operations.

    Returns:
      float32 tensor [..., n].

    Raises:
      ValueError: (build) arguments of another value.
      NotImplementedError: (build) another axis.
    """
    _check_cosine(input, type, n, axis, norm)
    with name_scope(name, "dct", [input]):
        input = convert_to_tensor(input, dtype=dtypes.float32)
        extent = _last_extent(input)
        if n is not None:
            if n <= extent:
                input = input[..., 0:n]
            else:
                rank = len(input.shape)
                padding = [[0, 0] for _ in range(rank - 1)] + [[0, n - extent]]
                input = late.pad(input, convert_to_tensor(padding, dtype=dtypes.int32))
        extent = _last_extent(input)
        as_float = late.cast(extent, dtypes.float32)
        made: Tensor
        if type == 1:
            mirrored = late.concat([input, input[..., -2:0:-1]], axis=-1)
            made = late.real(fourier_ops.rfft(mirrored))
        elif type == 2:
            made = _second_cosines(input, extent, as_float, norm)
        else:
            made = _third_cosines(input, extent, as_float, norm)
        return made


def _second_cosines(value: Any, extent: Any, as_float: Any, norm: str | None) -> Any:
    angle = -late.range(as_float) * math.pi * 0.5 / as_float
    scale = 2.0 * late.exp(late.complex(0.0, angle))
    spectrum = fourier_ops.rfft(value, fft_length=[2 * extent])[..., :extent]
    cosines = late.real(spectrum * scale)
    if norm == "ortho":
        first = 0.5 * late.rsqrt(as_float)
        cosines *= _weights(first, first * late.sqrt(2.0), extent)
    return cosines


def _third_cosines(value: Any, extent: Any, as_float: Any, norm: str | None) -> Any:
    if norm == "ortho":
        first = late.sqrt(as_float)
        value *= _weights(first, first * late.sqrt(0.5), extent)
    else:
        value *= as_float
    angle = late.range(as_float) * math.pi * 0.5 / as_float
    scale = 2.0 * late.exp(late.complex(0.0, angle))
    back = fourier_ops.irfft(scale * late.complex(value, 0.0), fft_length=[2 * extent])
    return late.real(back)[..., :extent]


@export("signal.idct", "spectral.idct", v2=("signal.idct",))
def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Transform cosines back, up to a factor; see `tf.signal.dct`.

    Args:
      input: float32 tensor [..., N].
      type: 1, 2 or 3, that of the transform to be undone.
      n: how many elements to take.
      axis: -1.
      norm: None or "ortho".
      name: name of the operations.

    Returns:
      float32 tensor [..., n].
    """
    _check_cosine(input, type, n, axis, norm)
    inverse = {1: 1, 2: 3, 3: 2}[type]
    return dct(input, type=inverse, n=n, axis=axis, norm=norm, name=name)


# -- mel ---------------------------------------------------------------------------------------
_MEL_BREAK = 700.0
_MEL_FACTOR = 1127.0


def _mel(frequencies: Any) -> Any:
    """The mel value of frequencies in hertz."""
    with name_scope(None, "hertz_to_mel", [frequencies]):
        frequencies = convert_to_tensor(frequencies)
        return _MEL_FACTOR * late.log(1.0 + frequencies / _MEL_BREAK)


def _check_mel(bins: int, rate: Any, lower: float, upper: float, dtype: Any) -> None:
    if bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {bins}")
    if rate <= 0.0:
        raise ValueError(f"sample_rate must be positive. Got: {rate}")
    if lower < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {lower}")
    if lower >= upper:
        raise ValueError(f"lower_edge_hertz {lower:.1f} >= upper_edge_hertz {upper:.1f}")
    if upper > rate / 2:
        raise ValueError(
            "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). "
            f"Got: {upper} for sample_rate: {rate}"
        )
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {dtype}")


@export("signal.linear_to_mel_weight_matrix", "contrib.signal.linear_to_mel_weight_matrix")
def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Make the matrix that turns spectra into spectra on the mel scale, bands of triangles.

    Args:
      num_mel_bins: int: bands of the result.
      num_spectrogram_bins: int: frequencies of the spectra, from 0 to half the sample rate.
      sample_rate: samples in a second, a number or a constant tensor.
      lower_edge_hertz: where the first band begins.
      upper_edge_hertz: where the last band ends.
      dtype: a dtype of floats.
      name: name of the operations.

    Returns:
      Tensor [num_spectrogram_bins, num_mel_bins].

    Raises:
      ValueError: (build) arguments of another value.
    """
    with name_scope(name, "linear_to_mel_weight_matrix") as name:
        dtype = dtypes.as_dtype(dtype)
        if isinstance(sample_rate, Tensor):
            sample_rate = constant_value(sample_rate)
            if sample_rate is None:
                raise ValueError(
                    "`sample_rate` was a non-constant Tensor. Must be a Python float or a constant "
                    "Tensor."
                )
        _check_mel(num_mel_bins, sample_rate, lower_edge_hertz, upper_edge_hertz, dtype)
        rate = convert_to_tensor(sample_rate, dtype, name="sample_rate")
        lower = convert_to_tensor(lower_edge_hertz, dtype, name="lower_edge_hertz")
        upper = convert_to_tensor(upper_edge_hertz, dtype, name="upper_edge_hertz")
        zero = convert_to_tensor(0.0, dtype)
        frequencies = late.linspace(zero, rate / 2.0, num_spectrogram_bins)[1:]
        places = late.expand_dims(_mel(frequencies), 1)
        edges = late.linspace(_mel(lower), _mel(upper), num_mel_bins + 2)
        bands = frame(edges, frame_length=3, frame_step=1)
        begin, middle, end = (
            late.reshape(t, [1, num_mel_bins]) for t in late.split(bands, 3, axis=1)
        )
        rising = (places - begin) / (middle - begin)
        falling = (end - places) / (end - middle)
        weights = late.maximum(zero, late.minimum(rising, falling))
        # Frequency zero belongs to no band.
        matrix: Tensor = late.pad(weights, [[1, 0], [0, 0]], name=name)
        return matrix


@export("signal.mfccs_from_log_mel_spectrograms", "contrib.signal.mfccs_from_log_mel_spectrograms")
def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Make mel-frequency cepstral coefficients: cosines of spectra on the mel scale.

    Args:
      log_mel_spectrograms: float32 tensor [..., bands]: logarithms of spectra.
      name: name of the operations.

    Returns:
      float32 tensor [..., bands].

    Raises:
      ValueError: (build) no band.
    """
    with name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectra = convert_to_tensor(log_mel_spectrograms, dtype=dtypes.float32)
        bands: Any = spectra.dims[-1] if spectra.dims else None
        if bands == 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {spectra}")
        if bands is None:
            bands = late.shape(spectra)[-1]
        cosines = dct(spectra, type=2)
        made: Tensor = cosines * late.rsqrt(late.cast(bands, dtypes.float32) * 2.0)
        return made
