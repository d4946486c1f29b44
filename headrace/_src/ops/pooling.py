"""Maximum pooling over images: MaxPool, its gradient ops, and the variants with inputs for the
window or with positions.

1.15 on CPUs refuses the NCHW layout when it runs; it works here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _pool_kernels, _windows
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank

_PADDING = A.text(allowed=("SAME", "VALID"))
_LAYOUT = A.text(default="NHWC", allowed=("NHWC", "NCHW"))
_LAYOUT_VECT = A.text(default="NHWC", allowed=("NHWC", "NCHW", "NCHW_VECT_C"))
_WINDOW_ATTRS = {
    "ksize": A.integers(minimum=4),
    "strides": A.integers(minimum=4),
    "padding": _PADDING,
}
_POOLED = (
    dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64,
    dtypes.uint8, dtypes.int16, dtypes.int8, dtypes.uint16, dtypes.qint8,
)  # fmt: skip
_NO_DEPTH_GRADIENT = "MaxPoolingGrad is not yet supported on the depth dimension."


def _attr_values(op: Any, *names: str) -> dict[str, Any]:
    return {name: op.attrs[name] for name in names}


def zeros_by_shape(x: Tensor) -> Tensor:
    """Zeros made from the run-time shape: what second-order rules of pooling add."""
    return late.zeros(late.shape(x), dtype=x.dtype)


# -- Shared rules ---------------------------------------------------------------------------------


def _max_dims(s: Any, input: Any, ksize: Any, strides: Any, padding: str, layout: str) -> Any:
    return _pool_kernels.pool_dims("MaxPool", input, ksize, strides, padding, layout, 4, True)


def _vector(s: Any, index: int) -> list[int] | None:
    value = s.value(index)
    return None if value is None else [int(v) for v in np.asarray(value).reshape(-1)]


def max_pool_value(k: Any, x: Any, ksize: Any, strides: Any, padding: str, data_format: str) -> Any:
    """The pooled value, over space or over channels."""
    _pool_kernels.check(x.shape, ksize, strides, data_format)
    deep = _windows.split(ksize, data_format)[1]
    x = _windows.to_last(k, x, data_format)
    layout = "NHWC" if len(ksize) == 4 else "NDHWC"
    ksize, strides = (
        _windows.join(*_windows.split(v, data_format), layout) for v in (ksize, strides)
    )
    if len(ksize) == 4 and deep > 1:
        y = _pool_kernels.max_depth(k, x, deep)
    else:
        windows = _pool_kernels.run_windows(x.shape, ksize, strides, padding, layout)
        y = _pool_kernels.max_forward(k, x, windows)
    return _windows.from_last(k, y, data_format)


def max_pool_gradient(
    k: Any, x: Any, y: Any, dy: Any, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    """`dy` at the first maximum of every window, zero elsewhere."""
    windows = _pool_kernels.run_windows(
        x.shape, ksize, strides, padding, data_format, _NO_DEPTH_GRADIENT
    )
    x, y, dy = (_windows.to_last(k, v, data_format) for v in (x, y, dy))
    _check_pooled(y, dy, windows)
    return _windows.from_last(k, _pool_kernels.max_backward(k, x, y, dy, windows), data_format)


def max_pool_second_gradient(
    k: Any, x: Any, y: Any, dx: Any, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    """`dx` where the first maximum of every window is."""
    windows = _pool_kernels.run_windows(
        x.shape, ksize, strides, padding, data_format, _NO_DEPTH_GRADIENT
    )
    x, y, dx = (_windows.to_last(k, v, data_format) for v in (x, y, dx))
    return _windows.from_last(k, _pool_kernels.max_gather(k, x, y, dx, windows), data_format)


def _check_pooled(y: Any, dy: Any, windows: Any) -> None:
    outs = tuple(w.out for w in windows)
    if y.shape[1:-1] != outs or dy.shape != y.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected orig_output and grad to be pooled to {dims.text(outs)}, but got "
            f"{dims.text(y.shape)} and {dims.text(dy.shape)}",
        )


# -- MaxPool --------------------------------------------------------------------------------------
MaxPool = op(
    "MaxPool",
    "input: T -> output: T",
    T=A.dtype(_POOLED, default=dtypes.float32),
    data_format=_LAYOUT_VECT,
    **_WINDOW_ATTRS,
)


@MaxPool.shape
def _shape_max_pool(
    s: Any, input: Any, *, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    return _max_dims(s, input, ksize, strides, padding, data_format)


@MaxPool.kernel
def _kernel_max_pool(
    k: Any, input: Any, *, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    return max_pool_value(k, input, ksize, strides, padding, data_format)


@MaxPool.gradient
def _grad_max_pool(op: Any, dy: Tensor) -> Tensor:
    attrs = _attr_values(op, "ksize", "strides", "padding", "data_format")
    return MaxPoolGrad(op.inputs[0], op.outputs[0], dy, **attrs)


def full_windows(
    n: int, data_format: str | None, default: str, ksize: Any, strides: Any
) -> tuple[str, Any, Any]:
    """Layout, and window and steps with all `n + 2` elements."""
    data_format = data_format or default
    channels = 1 if _windows.channels_first(data_format) else n + 1
    return (
        data_format,
        _windows.sequence(ksize, n, channels, "ksize"),
        _windows.sequence(strides, n, channels, "strides"),
    )


@export("nn.max_pool", v2=())
def max_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Take the maximum of every window.

    Args:
      value: 4-D tensor of a real type, in the layout of `data_format`.
      ksize: A size for all spatial dimensions, one each, or four.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: Name of the op.
      input: Alias of `value`.

    Returns:
      The pooled tensor, in the layout and of the type of `value`.

    Raises:
      ValueError: Build: a zero in `ksize`, or shapes that do not fit.
      UnimplementedError: Run: windows over the batch, or over channels and space at once.
    """
    value = renamed("input", input, "value", value)
    with name_scope(name, "MaxPool", [value]) as name:
        data_format, ksize, strides = full_windows(2, data_format, "NHWC", ksize, strides)
        if any(v == 0 for v in ksize):
            raise ValueError("ksize cannot be zero.")
        return MaxPool(
            value,
            ksize=list(ksize),
            strides=list(strides),
            padding=padding,
            data_format=data_format,
            name=name,
        )


@export("nn.max_pool2d")
def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Tensor:
    """Take the maximum of every window of an image.

    Args:
      input: 4-D tensor of a real type, in the layout of `data_format`.
      ksize: A size for both spatial dimensions, one each, or four.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.
    """
    with name_scope(name, "MaxPool2d", [input]) as name:
        data_format, ksize, strides = full_windows(2, data_format, "NHWC", ksize, strides)
        return MaxPool(
            input,
            ksize=list(ksize),
            strides=list(strides),
            padding=padding,
            data_format=data_format,
            name=name,
        )


# -- MaxPoolGrad ----------------------------------------------------------------------------------
_GRAD_SIGNATURE = "orig_input: T, orig_output: T, grad: T -> output: T"

MaxPoolGrad = op(
    "MaxPoolGrad",
    _GRAD_SIGNATURE,
    T=A.dtype(G.REAL, default=dtypes.float32),
    data_format=_LAYOUT,
    **_WINDOW_ATTRS,
)


@MaxPoolGrad.shape
def _shape_max_pool_grad(s: Any, orig_input: Any, orig_output: Any, grad: Any) -> Any:
    return require_rank(orig_input, 4)


@MaxPoolGrad.kernel
def _kernel_max_pool_grad(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, *,
    ksize: Any, strides: Any, padding: str, data_format: str,
) -> Any:  # fmt: skip
    return max_pool_gradient(k, orig_input, orig_output, grad, ksize, strides, padding, data_format)


@MaxPoolGrad.gradient
def _grad_max_pool_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, y, _ = op.inputs
    attrs = _attr_values(op, "ksize", "strides", "padding", "data_format")
    return zeros_by_shape(x), zeros_by_shape(y), MaxPoolGradGrad(x, y, dy, **attrs)


MaxPoolGradGrad = op(
    "MaxPoolGradGrad", _GRAD_SIGNATURE, T=G.REAL, data_format=_LAYOUT, **_WINDOW_ATTRS
)


@MaxPoolGradGrad.shape
def _shape_max_pool_grad_grad(
    s: Any, orig_input: Any, orig_output: Any, grad: Any, *,
    ksize: Any, strides: Any, padding: str, data_format: str,
) -> Any:  # fmt: skip
    pooled = _max_dims(s, orig_input, ksize, strides, padding, data_format)
    dims.merge(orig_input, grad)
    dims.merge(orig_output, pooled)
    return pooled


@MaxPoolGradGrad.kernel
def _kernel_max_pool_grad_grad(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, *,
    ksize: Any, strides: Any, padding: str, data_format: str,
) -> Any:  # fmt: skip
    return max_pool_second_gradient(
        k, orig_input, orig_output, grad, ksize, strides, padding, data_format
    )


@MaxPoolGradGrad.gradient
def _grad_max_pool_grad_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, y, _ = op.inputs
    attrs = _attr_values(op, "ksize", "strides", "padding", "data_format")
    return zeros_by_shape(x), zeros_by_shape(y), MaxPoolGrad(x, y, dy, **attrs)


# -- MaxPoolV2 ------------------------------------------------------------------------------------
_V2_ATTRS = {"padding": _PADDING}

MaxPoolV2 = op(
    "MaxPoolV2",
    "input: T, ksize: int32, strides: int32 -> output: T",
    T=A.dtype(_POOLED, default=dtypes.float32),
    data_format=_LAYOUT_VECT,
    static=("ksize", "strides"),
    **_V2_ATTRS,
)


@MaxPoolV2.shape
def _shape_max_pool_v2(
    s: Any, input: Any, ksize: Any, strides: Any, *, padding: str, data_format: str
) -> Any:
    window, steps = _vector(s, 1), _vector(s, 2)
    if window is None or steps is None:
        batch = require_rank(input, 4)[0]
        return (batch, None, None, None)
    return _max_dims(s, input, window, steps, padding, data_format)


@MaxPoolV2.kernel
def _kernel_max_pool_v2(
    k: Any, input: Any, ksize: Any, strides: Any, *, padding: str, data_format: str
) -> Any:
    return max_pool_value(k, input, ksize.tolist(), strides.tolist(), padding, data_format)


@MaxPoolV2.gradient
def _grad_max_pool_v2(op: Any, dy: Tensor) -> tuple[Tensor, None, None]:
    x, ksize, strides = op.inputs
    attrs = _attr_values(op, "padding", "data_format")
    return MaxPoolGradV2(x, op.outputs[0], dy, ksize, strides, **attrs), None, None


_GRAD_V2_SIGNATURE = (
    "orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T"
)

MaxPoolGradV2 = op(
    "MaxPoolGradV2",
    _GRAD_V2_SIGNATURE,
    T=A.dtype(G.REAL, default=dtypes.float32),
    data_format=_LAYOUT,
    static=("ksize", "strides"),
    **_V2_ATTRS,
)


@MaxPoolGradV2.shape
def _shape_max_pool_grad_v2(
    s: Any, orig_input: Any, orig_output: Any, grad: Any, ksize: Any, strides: Any
) -> Any:
    return require_rank(orig_input, 4)


@MaxPoolGradV2.kernel
def _kernel_max_pool_grad_v2(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, ksize: Any, strides: Any, *,
    padding: str, data_format: str,
) -> Any:  # fmt: skip
    return max_pool_gradient(
        k, orig_input, orig_output, grad, ksize.tolist(), strides.tolist(), padding, data_format
    )


@MaxPoolGradV2.gradient
def _grad_max_pool_grad_v2(op: Any, dy: Tensor) -> tuple[Any, ...]:
    x, y, _, ksize, strides = op.inputs
    attrs = _attr_values(op, "padding", "data_format")
    first, second = zeros_by_shape(x), zeros_by_shape(y)
    return first, second, MaxPoolGradGradV2(x, y, dy, ksize, strides, **attrs), None, None


MaxPoolGradGradV2 = op(
    "MaxPoolGradGradV2",
    _GRAD_V2_SIGNATURE,
    T=G.REAL,
    data_format=_LAYOUT,
    static=("ksize", "strides"),
    **_V2_ATTRS,
)


@MaxPoolGradGradV2.shape
def _shape_max_pool_grad_grad_v2(
    s: Any, orig_input: Any, orig_output: Any, grad: Any, ksize: Any, strides: Any, *,
    padding: str, data_format: str,
) -> Any:  # fmt: skip
    window, steps = _vector(s, 3), _vector(s, 4)
    if window is None or steps is None:
        return require_rank(orig_output, 4)
    return _max_dims(s, orig_input, window, steps, padding, data_format)


@MaxPoolGradGradV2.kernel
def _kernel_max_pool_grad_grad_v2(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, ksize: Any, strides: Any, *,
    padding: str, data_format: str,
) -> Any:  # fmt: skip
    return max_pool_second_gradient(
        k, orig_input, orig_output, grad, ksize.tolist(), strides.tolist(), padding, data_format
    )


MaxPoolGradGradV2.no_gradient("1.15 has no rule", undefined=True)


# -- MaxPoolWithArgmax ----------------------------------------------------------------------------
_ARGMAX_ATTRS = {**_WINDOW_ATTRS, "include_batch_in_index": A.boolean(default=False)}
_INDEX_TYPES = (dtypes.int32, dtypes.int64)

MaxPoolWithArgmax = op(
    "MaxPoolWithArgmax",
    "input: T -> output: T, argmax: Targmax",
    T=G.REAL,
    Targmax=A.dtype(_INDEX_TYPES, default=dtypes.int64),
    **_ARGMAX_ATTRS,
)


@MaxPoolWithArgmax.shape
def _shape_max_pool_with_argmax(
    s: Any, input: Any, *, ksize: Any, strides: Any, padding: str
) -> Any:
    return [_max_dims(s, input, ksize, strides, padding, "NHWC")] * 2


@MaxPoolWithArgmax.kernel
def _kernel_max_pool_with_argmax(
    k: Any, input: Any, *, ksize: Any, strides: Any, padding: str, Targmax: Any,
    include_batch_in_index: bool,
) -> Any:  # fmt: skip
    windows = _pool_kernels.run_windows(input.shape, ksize, strides, padding, "NHWC")
    best, index = _pool_kernels.max_with_index(k, input, windows, include_batch_in_index)
    return best, index.astype(Targmax.as_numpy_dtype)


@MaxPoolWithArgmax.gradient
def _grad_max_pool_with_argmax(op: Any, dy: Tensor, _: Any) -> Tensor:
    attrs = _attr_values(op, "ksize", "strides", "padding", "include_batch_in_index")
    return MaxPoolGradWithArgmax(op.inputs[0], dy, op.outputs[1], **attrs)


@export("nn.max_pool_with_argmax", v2=())
def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    Targmax: Any = None,
    name: str | None = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> Any:
    """Take the maximum of every window and where it is.

    Positions are flat: `(y * width + x) * channels + c`, or `((b * height + y) * width + x) *
    channels + c`.

    Args:
      input: `[batch, height, width, channels]`, of a real type.
      ksize: Four window sizes.
      strides: Four steps.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"`.
      Targmax: Type of the positions, int32 or int64 (the default).
      name: Name of the op.
      output_dtype: Alias of `Targmax`.
      include_batch_in_index: Count positions over the batch.

    Returns:
      `(output, argmax)`.

    Raises:
      ValueError: Build: another `data_format`.
    """
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    kind = renamed("output_dtype", output_dtype, "Targmax", Targmax)
    return MaxPoolWithArgmax(
        input,
        ksize=ksize,
        strides=strides,
        padding=padding,
        Targmax=dtypes.int64 if kind is None else kind,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )


@export(v2=("nn.max_pool_with_argmax",))
def max_pool_with_argmax_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    output_dtype: Any = dtypes.int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> Any:
    """Take the maximum of every window and where it is."""
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    return MaxPoolWithArgmax(
        input,
        ksize=_windows.sequence(ksize, 2, 3, "ksize"),
        strides=_windows.sequence(strides, 2, 3, "strides"),
        padding=padding,
        Targmax=output_dtype,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )


_ARGMAX_GRAD_SIGNATURE = "input: T, grad: T, argmax: Targmax -> output: T"


def _flat_positions(shape: Any, argmax: Any, include_batch: bool) -> Any:
    """Positions over the whole batch."""
    if include_batch:
        return argmax
    step = int(np.prod(shape[1:]))
    offsets = np.arange(shape[0], dtype=np.int64) * step
    return argmax + offsets.reshape(-1, *(1,) * (argmax.ndim - 1))


MaxPoolGradWithArgmax = op(
    "MaxPoolGradWithArgmax",
    _ARGMAX_GRAD_SIGNATURE,
    T=G.REAL,
    Targmax=A.dtype(_INDEX_TYPES),
    **_ARGMAX_ATTRS,
)


@MaxPoolGradWithArgmax.shape
def _shape_max_pool_grad_with_argmax(s: Any, input: Any, grad: Any, argmax: Any) -> Any:
    return require_rank(input, 4)


@MaxPoolGradWithArgmax.kernel
def _kernel_max_pool_grad_with_argmax(
    k: Any, input: Any, grad: Any, argmax: Any, *, include_batch_in_index: bool
) -> Any:
    xp = k.np_for(input, grad, argmax)
    where = _flat_positions(input.shape, argmax, include_batch_in_index).reshape(-1)
    total = xp.zeros(int(np.prod(input.shape)), grad.dtype)
    if xp is np:
        np.add.at(total, where, grad.reshape(-1))
    else:
        total = total.at[where].add(grad.reshape(-1))
    return total.reshape(input.shape)


MaxPoolGradWithArgmax.no_gradient("1.15 has no rule", undefined=True)


MaxPoolGradGradWithArgmax = op(
    "MaxPoolGradGradWithArgmax",
    _ARGMAX_GRAD_SIGNATURE,
    T=G.REAL,
    Targmax=A.dtype(_INDEX_TYPES),
    **_ARGMAX_ATTRS,
)


@MaxPoolGradGradWithArgmax.shape
def _shape_max_pool_grad_grad_with_argmax(
    s: Any, input: Any, grad: Any, argmax: Any, *, ksize: Any, strides: Any, padding: str
) -> Any:
    dims.merge(input, grad)
    return _max_dims(s, input, ksize, strides, padding, "NHWC")


@MaxPoolGradGradWithArgmax.kernel
def _kernel_max_pool_grad_grad_with_argmax(
    k: Any, input: Any, grad: Any, argmax: Any, *, include_batch_in_index: bool
) -> Any:
    where = _flat_positions(input.shape, argmax, include_batch_in_index)
    return k.np_for(grad, argmax).asarray(grad).reshape(-1)[where]


MaxPoolGradGradWithArgmax.no_gradient("1.15 has no rule", undefined=True)
