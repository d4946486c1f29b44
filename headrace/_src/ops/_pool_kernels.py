"""Pooling arithmetic in any number of dimensions, for both executors; values are channels-last.

The native library does two-dimensional pooling of float32 and float64 on CPUs. The rest walks over
the *taps* of the window: one strided slice of the padded input an offset. XLA's own reductions take
over where a window has very many taps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from headrace._src.core import dtypes, errors
from headrace._src.native import library as native
from headrace._src.ops import _window_sums, _windows
from headrace._src.ops._windows import Window, pad, scatter_taps, tap_slices

# XLA unrolls the taps: beyond these numbers its reductions are as fast and compile sooner.
_MANY_TAPS = 64
_MANY_TAPS_FORWARD = 25


def _lowest(dtype: Any) -> Any:
    return dtypes.as_dtype(dtype).min


def pool_dims(
    op_type: str,
    input: Any,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    rank: int,
    over_depth: bool,
) -> tuple[int | None, ...]:
    """Static shape of a pooled input.

    Args:
      op_type: The op, for the messages.
      input: Dims of the input.
      ksize: Window, in the layout of `data_format`.
      strides: Steps, in the same layout.
      padding: `"SAME"` or `"VALID"`.
      data_format: The layout.
      rank: Rank of the input.
      over_depth: Whether the op pools over channels.

    Raises:
      ValueError: a rank, window or stride that does not fit.
    """
    if input is None:
        input = (None,) * rank
    if len(input) != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {len(input)}")
    for name, values in (("stride", strides), ("ksize", ksize)):
        if len(values) != rank:
            raise ValueError(
                f"{op_type} requires the {name} attribute to contain {rank} values, "
                f"but got: {len(values)}"
            )
    batch, channels, sizes = _windows.split(input, data_format)
    _, deep, window = _windows.split(ksize, data_format)
    _, deep_step, steps = _windows.split(strides, data_format)
    outs = [
        _windows.output_size(size, wide, step, padding)
        for size, wide, step in zip(sizes, window, steps, strict=True)
    ]
    if over_depth:
        channels = _windows.output_size(channels, deep, deep_step, padding)
    return _windows.join(batch, channels, outs, data_format)


def run_windows(
    shape: Sequence[int],
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    refusal: str = "Pooling is not yet supported on the depth dimension.",
) -> tuple[Window, ...]:
    """Windows of spatial pooling of an input of `shape` (in the layout of `data_format`).

    Raises:
      InvalidArgumentError: ranks that do not fit, or an empty window.
      UnimplementedError: a window over batch or channels.
    """
    check(shape, ksize, strides, data_format)
    deep, window = _windows.split(ksize, data_format)[1:]
    deep_step, steps = _windows.split(strides, data_format)[1:]
    if deep != 1 or deep_step != 1:
        raise errors.UnimplementedError(None, None, refusal)
    sizes = _windows.split(shape, data_format)[2]
    return _windows.geometry(sizes, window, steps, padding)


def check(
    shape: Sequence[int], ksize: Sequence[int], strides: Sequence[int], data_format: str
) -> None:
    """Refuses windows that no pooling has, in 1.15's order.

    Raises:
      InvalidArgumentError: ranks that do not fit, or an empty window.
      UnimplementedError: a window over the batch, or over channels that it does not divide.
    """
    rank = 4 if data_format in ("NHWC", "NCHW", "NCHW_VECT_C") else 5
    for name, values in (("ksize", ksize), ("stride", strides)):
        if len(values) != rank:
            _refuse(f"Sliding window {name} field must specify {rank} dimensions")
    for i, size in enumerate(ksize):
        if size <= 0:
            _refuse(f"Sliding window ksize for dimension {i} was zero.")
    if ksize[0] != 1 or strides[0] != 1:
        _not_yet("Pooling is not yet supported on the batch dimension.")
    if len(shape) != rank:
        _refuse(
            f"tensor_in_shape must have 2 spatial dimensions. {len(shape)} 0"
            if rank == 4
            else "tensor_in must be 5-dimensional"
        )
    deep, window = _windows.split(ksize, data_format)[1:]
    if deep == 1 or rank == 5:
        return
    if any(w != 1 for w in window):
        _not_yet(
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            "width/height."
        )
    if _windows.split(shape, data_format)[1] % deep:
        _not_yet("Depthwise max pooling requires the depth window to evenly divide the input depth")
    if _windows.split(strides, data_format)[1] != deep:
        _not_yet("Depthwise max pooling requires the depth window to equal the depth stride")


def _refuse(message: str) -> NoReturn:
    raise errors.InvalidArgumentError(None, None, message)


def _not_yet(message: str) -> NoReturn:
    raise errors.UnimplementedError(None, None, message)


def _taps(windows: Sequence[Window]) -> int:
    return math.prod(w.window for w in windows)


def _native(
    k: Any, kernel: str, in_shape: Sequence[int], windows: Sequence[Window], *values: Any
) -> Any:
    """What a native kernel makes of `values`, or None where there is no such kernel.

    Args:
      k: The kernel context.
      kernel: Its name.
      in_shape: Shape of what is pooled, channels-last.
      windows: The spatial geometry.
      *values: Its inputs.
    """
    host = k.np_for(*values) is np
    serves = native.serves_host if host else native.serves_xla
    if len(windows) != 2 or not serves(kernel, values[0].dtype):
        return None
    batch, *sizes, channels = in_shape
    rows, columns = windows
    outs = (rows.out, columns.out)
    geometry = (
        batch, *sizes, channels, rows.window, columns.window, *outs, rows.stride, columns.stride,
        rows.before, columns.before,
    )  # fmt: skip
    shape = in_shape if kernel.endswith("_grad") else (batch, *outs, channels)
    if host:
        return native.run(kernel, geometry, shape, *values)
    return native.lower(kernel, geometry, shape, *(k.np.asarray(v) for v in values))


def _reduce_window(k: Any, x: Any, windows: Sequence[Window], start: Any, combine: Any) -> Any:
    return k.lax.reduce_window(
        x,
        np.asarray(start, x.dtype)[()],
        combine,
        (1, *(w.window for w in windows), 1),
        (1, *(w.stride for w in windows), 1),
        ((0, 0), *((w.before, w.after) for w in windows), (0, 0)),
    )


# -- Maximum --------------------------------------------------------------------------------------


def max_forward(k: Any, x: Any, windows: Sequence[Window]) -> Any:
    """The largest element of every window; a NaN never beats a number, as in 1.15."""
    pooled = _native(k, "max_pool", x.shape, windows, x)
    if pooled is not None:
        return pooled
    xp, lowest = k.np_for(x), _lowest(x.dtype)
    if xp is not np and _taps(windows) > _MANY_TAPS_FORWARD:
        if np.issubdtype(x.dtype, np.inexact):
            x = xp.where(xp.isnan(x), xp.asarray(lowest, x.dtype), x)
        return _reduce_window(k, x, windows, lowest, k.lax.max)
    x = pad(k, x, windows, lowest)
    best = np.asarray(lowest, x.dtype)
    for where in tap_slices(windows):
        best = xp.fmax(best, x[where])
    return best


def _first_taps(windows: Sequence[Window]) -> Any:
    """The number of the first tap of every window that is not in the padding, `[*out, 1]`."""
    first = np.zeros((), np.int64)
    for w in windows:
        skipped = np.maximum(w.before - np.arange(w.out) * w.stride, 0)
        first = first[..., None] * w.window + skipped
    return first[..., None]


def _matches(k: Any, x: Any, y: Any, windows: Sequence[Window]) -> Iterator[Any]:
    """A mask a tap: whether the tap may hold the element of the window that 1.15 ends up with.

    1.15 begins with the first element and leaves it for larger ones. So a NaN in the first place
    stays, and a window of minus infinities, whose `y` is the lowest number, has its first.
    """
    inexact = np.issubdtype(x.dtype, np.inexact)
    first = _first_taps(windows)
    x = pad(k, x, windows, np.nan if inexact else _lowest(x.dtype))
    empty = y == np.asarray(_lowest(y.dtype), y.dtype) if inexact else np.False_
    if isinstance(empty, np.ndarray) and not empty.any():
        empty = np.False_
    for number, where in enumerate(tap_slices(windows)):
        value = x[where]
        match = value == y
        if empty is not np.False_:
            match = match | (empty & (value < y))
        starts = first == number
        if inexact and starts.any():
            match = match | (starts & (value != value))
        yield match


def _first_hits(k: Any, x: Any, y: Any, windows: Sequence[Window]) -> Iterator[Any]:
    """A mask a tap: whether the tap holds the element of the window that 1.15 ends up with."""
    taken = None
    for match in _matches(k, x, y, windows):
        if taken is None:
            hit = taken = match
        else:
            hit = match & ~taken
            taken = taken | hit
        yield hit


def _all_hits(k: Any, x: Any, y: Any, windows: Sequence[Window]) -> Iterator[Any]:
    """A mask a tap: whether the tap holds a maximum of the window."""
    x = pad(k, x, windows, _lowest(x.dtype))
    for where in tap_slices(windows):
        yield x[where] == y


def max_backward(k: Any, x: Any, y: Any, dy: Any, windows: Sequence[Window]) -> Any:
    """Gives each element of `dy` to the first maximum of its window; in 3-D, as in 1.15, to every
    one.
    """
    xp = k.np_for(x, y, dy)
    if not dy.size:
        return xp.zeros(x.shape, dy.dtype)
    dx = _native(k, "max_pool_grad", x.shape, windows, x, dy)
    if dx is not None:
        return dx
    nothing = dy.dtype.type(0)
    if len(windows) == 3:
        parts = (xp.where(hit, dy, nothing) for hit in _all_hits(k, x, y, windows))
    else:
        if xp is not np and _taps(windows) > _MANY_TAPS and np.issubdtype(x.dtype, np.inexact):
            return _max_backward_by_scatter(k, x, dy, windows)
        if xp is not np and _window_sums.disjoint(windows):
            return _max_backward_by_tiles(k, x, y, dy, windows)
        parts = (xp.where(hit, dy, nothing) for hit in _first_hits(k, x, y, windows))
    return _add_up(k, x.shape, windows, parts)


def _max_backward_by_scatter(k: Any, x: Any, dy: Any, windows: Sequence[Window]) -> Any:
    import jax

    # JAX differentiates a maximum only when it starts from minus infinity.
    _, backward = jax.vjp(
        lambda v: _reduce_window(k, v, windows, -np.inf, k.lax.max), k.np.asarray(x)
    )
    return backward(dy)[0]


def _max_backward_by_tiles(k: Any, x: Any, y: Any, dy: Any, windows: Sequence[Window]) -> Any:
    place = k.np.zeros(y.shape, np.uint8)
    for number, match in reversed(list(enumerate(_matches(k, x, y, windows)))):
        place = k.np.where(match, np.uint8(number), place)
    place, dy = (_window_sums.over_taps(v, windows) for v in (place, dy))
    hit = place == _window_sums.tap_numbers(windows).astype(np.uint8)
    return _window_sums.tile(k, k.np.where(hit, dy, dy.dtype.type(0)), windows)


def _add_up(k: Any, shape: Sequence[int], windows: Sequence[Window], parts: Any) -> Any:
    """Adds up one array a tap at the positions that the tap visits; the result has `shape`."""
    if k.xla:
        return _window_sums.overlap_add(k, (k.np.asarray(part) for part in parts), windows)
    return scatter_taps(k, shape, windows, parts)


def max_gather(k: Any, x: Any, y: Any, values: Any, windows: Sequence[Window]) -> Any:
    """Takes from `values`, shaped like `x`, the element where the window's first maximum is."""
    xp = k.np_for(x, y, values)
    nothing = values.dtype.type(0)
    total = xp.zeros(y.shape, values.dtype)
    values = pad(k, values, windows)
    for where, hit in zip(tap_slices(windows), _first_hits(k, x, y, windows), strict=True):
        total = total + xp.where(hit, values[where], nothing)
    return total


def max_depth(k: Any, x: Any, window: int) -> Any:
    """The largest element of each group of `window` channels."""
    return x.reshape(*x.shape[:-1], -1, window).max(axis=-1)


def max_with_index(k: Any, x: Any, windows: Sequence[Window], with_batch: bool) -> tuple[Any, Any]:
    """The largest element of every 2-D window and its flat position in the image (or the batch),
    int64.
    """
    xp = k.np_for(x)
    rows, columns = windows
    channels = x.shape[-1]
    lowest = _lowest(x.dtype)
    padded = pad(k, x, windows, lowest)
    shape = (x.shape[0], rows.out, columns.out, channels)
    best = xp.full(shape, lowest, x.dtype)
    index = xp.zeros(shape, np.int64)
    lines = np.arange(rows.out, dtype=np.int64) * rows.stride - rows.before
    places = np.arange(columns.out, dtype=np.int64) * columns.stride - columns.before
    for where in tap_slices(windows):
        line = (lines + where[1].start)[:, None] * columns.size
        flat = (line + places + where[2].start)[:, :, None] * channels + np.arange(channels)
        part = padded[where]
        larger = part > best
        best = xp.where(larger, part, best)
        index = xp.where(larger, flat, index)
    if with_batch:
        step = rows.size * columns.size * channels
        index = index + np.arange(x.shape[0], dtype=np.int64).reshape(-1, 1, 1, 1) * step
    return best, index


# -- Average --------------------------------------------------------------------------------------


def _counts(windows: Sequence[Window], dtype: Any) -> Any:
    """How many real elements every window holds, `[*out, 1]`; a number when all are full."""
    if not any(w.before or w.after for w in windows):
        return np.asarray(math.prod(w.window for w in windows), dtype)[()]
    total = np.ones((), np.int64)
    for w in windows:
        starts = np.arange(w.out) * w.stride - w.before
        held = np.minimum(starts + w.window, w.size) - np.maximum(starts, 0)
        total = total[..., None] * held
    return total[..., None].astype(dtype)


def mean_forward(k: Any, x: Any, windows: Sequence[Window]) -> Any:
    """The mean of the real elements of every window."""
    pooled = _native(k, "mean_pool", x.shape, windows, x)
    if pooled is not None:
        return pooled
    counts = _counts(windows, x.dtype)
    xp = k.np_for(x)
    if xp is not np and _taps(windows) > _MANY_TAPS_FORWARD:
        return _reduce_window(k, x, windows, 0, k.lax.add) / counts
    padded = pad(k, x, windows)
    total = None
    for where in tap_slices(windows):
        part = padded[where]
        if total is None:
            total = part.copy() if xp is np else part
        elif xp is np:
            np.add(total, part, out=total)
        else:
            total = total + part
    return total / counts


def mean_backward(k: Any, shape: Sequence[int], dy: Any, windows: Sequence[Window]) -> Any:
    """Spreads `dy` evenly over the real elements of each window; the result has `shape`."""
    xp = k.np_for(dy)
    if not dy.size:
        return xp.zeros(shape, dy.dtype)
    dx = _native(k, "mean_pool_grad", shape, windows, dy)
    if dx is not None:
        return dx
    scaled = dy / _counts(windows, dy.dtype)
    if xp is np:
        return scatter_taps(k, shape, windows, (scaled for _ in tap_slices(windows)))
    if _window_sums.disjoint(windows):
        spread = xp.broadcast_to(
            _window_sums.over_taps(scaled, windows), _window_sums.block_shape(shape, windows)
        )
        return _window_sums.tile(k, spread, windows)
    if _taps(windows) <= _MANY_TAPS:
        return _add_up(k, shape, windows, (scaled for _ in tap_slices(windows)))
    return _mean_backward_by_transpose(k, shape, scaled, windows)


def _mean_backward_by_transpose(
    k: Any, shape: Sequence[int], scaled: Any, windows: Sequence[Window]
) -> Any:
    import jax

    argument = jax.ShapeDtypeStruct(tuple(shape), scaled.dtype)
    transpose = jax.linear_transpose(
        lambda x: _reduce_window(k, x, windows, 0, k.lax.add), argument
    )
    return transpose(scaled)[0]
