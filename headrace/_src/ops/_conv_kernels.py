"""Convolution arithmetic in any number of dimensions, for both executors.

Values are channels-last: `x [batch, *spatial, in]`, `w [*window, in, out]`, `y [batch, *out, out]`.
The native library does two-dimensional convolutions of float32 and float64 on CPUs. Elsewhere a
convolution on the host is a product of a matrix of patches with the filter, block by block so that
the patches stay in the cache; XLA has its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from headrace._src.native import library as native
from headrace._src.ops._windows import Window, pad, scatter_taps, tap_slices

_BLOCK_BYTES = 8 << 20
_FEW_CHANNELS = 4


def _native(
    k: Any,
    kernel: str,
    x_shape: Sequence[int],
    w_shape: Sequence[int],
    windows: Sequence[Window],
    *values: Any,
) -> Any:
    """What a native kernel makes of `values`, or None where another way is to be taken.

    Args:
      k: The kernel context.
      kernel: Its name.
      x_shape: Shape of the convolution's input.
      w_shape: Shape of its filter.
      windows: The spatial geometry.
      *values: The inputs of the kernel.
    """
    if len(windows) != 2 or not all(v.size for v in values):
        return None
    host = k.np_for(*values) is np
    serves = native.serves_host if host else native.serves_xla
    if not serves(kernel, values[0].dtype):
        return None
    rows, columns = windows
    batch, *_, channels = x_shape
    y_shape = (batch, rows.out, columns.out, w_shape[-1])
    geometry = (
        batch, rows.size, columns.size, channels, rows.window, columns.window, *y_shape[1:],
        rows.stride, columns.stride, rows.dilation, columns.dilation, rows.before, columns.before,
    )  # fmt: skip
    shape = {"forward": y_shape, "input_grad": x_shape, "filter_grad": w_shape}[kernel[7:]]
    if host:
        return native.run(kernel, geometry, shape, *values)
    return native.lower(kernel, geometry, shape, *(k.np.asarray(v) for v in values))


def forward(k: Any, x: Any, w: Any, windows: Sequence[Window]) -> Any:
    """`y[b, o, m] = sum over window t and channel c of x[b, o * stride + t * dilation, c] * w[t, c,
    m]`.
    """
    dtype = x.dtype
    shape = (x.shape[0], *(v.out for v in windows), w.shape[-1])
    if not math.prod(shape):
        return np.empty(shape, dtype)
    if k.np_for(x, w) is np:
        x, w = _wide(x, w)
    y = _native(k, "conv2d_forward", x.shape, w.shape, windows, x, w)
    if y is not None:
        return y.astype(dtype, copy=False)
    if k.np_for(x, w) is not np:
        return _xla_forward(k, x, w, windows)
    y = np.empty(shape, x.dtype)
    flat_w = np.ascontiguousarray(w).reshape(-1, w.shape[-1])
    x = pad(k, x, windows)
    for block in _blocks(y.shape, flat_w.shape[0] * x.itemsize):
        target = y[block]
        target[...] = (_patches(x, windows, block) @ flat_w).reshape(target.shape)
    return y.astype(dtype, copy=False)


def backprop_input(k: Any, shape: Sequence[int], w: Any, dy: Any, windows: Sequence[Window]) -> Any:
    """The gradient of `forward` by `x`, which has `shape`."""
    dtype = dy.dtype
    if k.np_for(w, dy) is np:
        w, dy = _wide(w, dy)
    dx = _native(k, "conv2d_input_grad", shape, w.shape, windows, dy, w)
    if dx is not None:
        return dx.astype(dtype, copy=False)
    if k.np_for(w, dy) is not np:
        return _xla_transpose(k, lambda x: _xla_forward(k, x, w, windows), shape, dy)
    dx = np.zeros(shape, dy.dtype)
    if not dy.size:
        return dx.astype(dtype, copy=False)
    taps = w.reshape(-1, *w.shape[-2:])
    per_example = math.prod(dy.shape[1:-1]) * max(w.shape[-2:]) * dy.itemsize
    step = max(1, _BLOCK_BYTES // max(per_example, 1))
    for start in range(0, shape[0], step):
        part = dy[start : start + step]
        flat = np.ascontiguousarray(part).reshape(-1, part.shape[-1])
        pieces = ((flat @ tap.T).reshape(*part.shape[:-1], -1) for tap in taps)
        dx[start : start + step] = scatter_taps(k, (part.shape[0], *shape[1:]), windows, pieces)
    return dx.astype(dtype, copy=False)


def backprop_filter(
    k: Any, x: Any, shape: Sequence[int], dy: Any, windows: Sequence[Window]
) -> Any:
    """The gradient of `forward` by `w`, which has `shape`."""
    dtype = dy.dtype
    if k.np_for(x, dy) is np:
        x, dy = _wide(x, dy)
    dw = _native(k, "conv2d_filter_grad", x.shape, shape, windows, x, dy)
    if dw is not None:
        return dw.astype(dtype, copy=False)
    if k.np_for(x, dy) is not np:
        return _xla_transpose(k, lambda w: _xla_forward(k, x, w, windows), shape, dy)
    dw = np.zeros((math.prod(shape[:-1]), shape[-1]), dy.dtype)
    x = pad(k, x, windows)
    for block in _blocks(dy.shape, dw.shape[0] * x.itemsize):
        part = np.ascontiguousarray(dy[block]).reshape(-1, dy.shape[-1])
        dw += _patches(x, windows, block).T @ part
    return dw.reshape(shape).astype(dtype, copy=False)


# -- Host -----------------------------------------------------------------------------------------


def _wide(*values: Any) -> tuple[Any, ...]:
    """16-bit floats are multiplied and added up as float32."""
    return tuple(v.astype(np.float32) if v.dtype.itemsize == 2 else v for v in values)


def _blocks(out_shape: Sequence[int], row_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Index pairs over batch and first output dimension, each about `_BLOCK_BYTES` of patches."""
    batch, first, *rest = out_shape[:-1]
    if not math.prod(out_shape):
        return
    line_bytes = max(1, math.prod(rest) * row_bytes)
    lines = max(1, _BLOCK_BYTES // line_bytes)
    examples = max(1, lines // first)
    lines = first if examples > 1 else min(lines, first)
    for start in range(0, batch, examples):
        for line in range(0, first, lines):
            yield slice(start, start + examples), slice(line, line + lines)


def _patches(x: Any, windows: Sequence[Window], block: tuple[slice, slice]) -> Any:
    """Matrix `[positions of the block, window * channels]` of padded `x`."""
    first = windows[0]
    x = x[block[0], block[1].start * first.stride :]
    rows = min(block[1].stop, first.out) - block[1].start
    windows = [first._replace(out=rows), *windows[1:]]
    batch, channels = x.shape[0], x.shape[-1]
    outs = [w.out for w in windows]
    count = batch * math.prod(outs)
    if all(w.window == 1 for w in windows):
        return x[tap_slices(windows)[0]].reshape(count, channels)
    if channels < _FEW_CHANNELS:
        # Copies run along a spatial dimension here, and along window and channels below: the longer
        # runs win.
        taps = tap_slices(windows)
        columns = np.empty((len(taps), channels, batch, *outs), x.dtype)
        for column, where in zip(columns, taps, strict=True):
            column[...] = np.moveaxis(x[where], -1, 0)
        return columns.reshape(-1, count).T
    strides = x.strides[1:-1]
    view = np.lib.stride_tricks.as_strided(
        x,
        (batch, *outs, *(w.window for w in windows), channels),
        (
            x.strides[0],
            *(s * w.stride for s, w in zip(strides, windows, strict=True)),
            *(s * w.dilation for s, w in zip(strides, windows, strict=True)),
            x.strides[-1],
        ),
        writeable=False,
    )
    return view.reshape(count, -1)


# -- XLA ------------------------------------------------------------------------------------------


def _xla_forward(k: Any, x: Any, w: Any, windows: Sequence[Window], groups: int = 1) -> Any:
    spatial = "DHW"[-len(windows) :]
    layout = f"N{spatial}C"
    return k.lax.conv_general_dilated(
        k.np.asarray(x),
        k.np.asarray(w),
        window_strides=[v.stride for v in windows],
        padding=[(v.before, v.after) for v in windows],
        rhs_dilation=[v.dilation for v in windows],
        dimension_numbers=(layout, f"{spatial}IO", layout),
        feature_group_count=groups,
    )


def _xla_transpose(k: Any, function: Any, shape: Sequence[int], dy: Any) -> Any:
    """The transpose of a linear function of a value of `shape`, applied to `dy`."""
    import jax

    dy = k.np.asarray(dy)
    argument = jax.ShapeDtypeStruct(tuple(int(d) for d in shape), dy.dtype)
    return jax.linear_transpose(function, argument)(dy)[0]


# -- Depthwise ------------------------------------------------------------------------------------


def depthwise_forward(k: Any, x: Any, w: Any, windows: Sequence[Window]) -> Any:
    """`y[b, o, c * multiplier + m] = sum over window t of x[b, o * stride + t * dilation, c] * w[t,
    c, m]`.
    """
    channels, multiplier = w.shape[-2:]
    outs = [v.out for v in windows]
    shape = (x.shape[0], *outs, channels * multiplier)
    if not math.prod(shape):
        return np.empty(shape, x.dtype)
    if k.np_for(x, w) is not np:
        w = k.np.reshape(k.np.asarray(w), (*w.shape[:-2], 1, channels * multiplier))
        return _xla_forward(k, x, w, windows, groups=channels)
    dtype, (x, w) = x.dtype, _wide(x, w)
    x = pad(k, x, windows)
    y = np.zeros((x.shape[0], *outs, channels, multiplier), x.dtype)
    for tap, where in zip(w.reshape(-1, channels, multiplier), tap_slices(windows), strict=True):
        y += x[where][..., None] * tap
    return y.reshape(shape).astype(dtype, copy=False)


def depthwise_backprop_input(
    k: Any, shape: Sequence[int], w: Any, dy: Any, windows: Sequence[Window]
) -> Any:
    """The gradient of `depthwise_forward` by `x`, which has `shape`."""
    if k.np_for(w, dy) is not np:
        return _xla_transpose(k, lambda x: depthwise_forward(k, x, w, windows), shape, dy)
    dtype, (w, dy) = dy.dtype, _wide(w, dy)
    if not dy.size:
        return np.zeros(shape, dtype)
    grouped = dy.reshape(*dy.shape[:-1], *w.shape[-2:])
    pieces = ((grouped * tap).sum(axis=-1) for tap in w.reshape(-1, *w.shape[-2:]))
    return scatter_taps(k, shape, windows, pieces).astype(dtype, copy=False)


def depthwise_backprop_filter(
    k: Any, x: Any, shape: Sequence[int], dy: Any, windows: Sequence[Window]
) -> Any:
    """The gradient of `depthwise_forward` by `w`, which has `shape`."""
    if not dy.size:
        return np.zeros(shape, dy.dtype)
    if k.np_for(x, dy) is not np:
        return _xla_transpose(k, lambda w: depthwise_forward(k, x, w, windows), shape, dy)
    dtype, (x, dy) = dy.dtype, _wide(x, dy)
    x = pad(k, x, windows)
    channels, multiplier = shape[-2:]
    grouped = dy.reshape(-1, channels, multiplier)
    dw = [
        np.einsum("pc,pcm->cm", x[where].reshape(-1, channels), grouped)
        for where in tap_slices(windows)
    ]
    return np.stack(dw).reshape(shape).astype(dtype, copy=False)
