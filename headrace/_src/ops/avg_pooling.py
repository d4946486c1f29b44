"""Average pooling over images: AvgPool and its gradient op. Elements of the padding are not
counted.
"""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _pool_kernels, _windows, pooling
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_NO_DEPTH = "Non-spatial pooling is not yet supported. Volunteers? :)"
_ATTRS = {
    "ksize": A.integers(minimum=4),
    "strides": A.integers(minimum=4),
    "padding": A.text(allowed=("SAME", "VALID")),
    "data_format": A.text(default="NHWC", allowed=("NHWC", "NCHW")),
}


def _attr_values(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _ATTRS}


def avg_pool_value(
    k: Any, x: Any, ksize: Any, strides: Any, padding: str, data_format: str, refusal: str
) -> Any:
    """The mean of every window, in the layout of `data_format`."""
    windows = _pool_kernels.run_windows(x.shape, ksize, strides, padding, data_format, refusal)
    x = _windows.to_last(k, x, data_format)
    return _windows.from_last(k, _pool_kernels.mean_forward(k, x, windows), data_format)


def avg_pool_gradient(
    k: Any, shape: Any, dy: Any, ksize: Any, strides: Any, padding: str, data_format: str,
    refusal: str,
) -> Any:  # fmt: skip
    """`dy` spread evenly over the windows of an input of `shape`."""
    shape = tuple(int(d) for d in shape)
    windows = _pool_kernels.run_windows(shape, ksize, strides, padding, data_format, refusal)
    batch, channels, sizes = _windows.split(shape, data_format)
    dy = _windows.to_last(k, dy, data_format)
    if dy.shape != (batch, *(w.out for w in windows), channels):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"grad has shape {dims.text(tuple(dy.shape))}, which is not that of the pooled input",
        )
    dx = _pool_kernels.mean_backward(k, (batch, *sizes, channels), dy, windows)
    return _windows.from_last(k, dx, data_format)


# -- AvgPool --------------------------------------------------------------------------------------
AvgPool = op("AvgPool", "value: T -> output: T", T=G.FLOAT, **_ATTRS)


@AvgPool.shape
def _shape_avg_pool(
    s: Any, value: Any, *, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    return _pool_kernels.pool_dims("AvgPool", value, ksize, strides, padding, data_format, 4, False)


@AvgPool.kernel
def _kernel_avg_pool(
    k: Any, value: Any, *, ksize: Any, strides: Any, padding: str, data_format: str
) -> Any:
    return avg_pool_value(k, value, ksize, strides, padding, data_format, _NO_DEPTH)


@AvgPool.gradient
def _grad_avg_pool(op: Any, dy: Tensor) -> Tensor:
    return AvgPoolGrad(late.shape(op.inputs[0]), dy, **_attr_values(op))


@export("nn.avg_pool", "nn.avg_pool2d", v2=())
def avg_pool(
    value: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Take the mean of every window.

    Args:
      value: 4-D tensor of a float type, in the layout of `data_format`.
      ksize: A size for all spatial dimensions, one each, or four.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: Name of the op.
      input: Alias of `value`.

    Returns:
      The pooled tensor, in the layout and of the type of `value`.

    Raises:
      ValueError: Build: shapes that do not fit.
      UnimplementedError: Run: windows over batch or channels.
    """
    with name_scope(name, "AvgPool", [value]) as name:
        value = renamed("input", input, "value", value)
        data_format, ksize, strides = pooling.full_windows(2, data_format, "NHWC", ksize, strides)
        return AvgPool(
            value,
            ksize=list(ksize),
            strides=list(strides),
            padding=padding,
            data_format=data_format,
            name=name,
        )


@export(v2=("nn.avg_pool2d",))
def avg_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Tensor:
    """Take the mean of every window of an image."""
    with name_scope(name, "AvgPool2D", [input]) as name:
        return avg_pool(input, ksize, strides, padding, data_format, name)


# -- AvgPoolGrad ----------------------------------------------------------------------------------
AvgPoolGrad = op(
    "AvgPoolGrad",
    "orig_input_shape: int32, grad: T -> output: T",
    T=G.FLOAT,
    static=("orig_input_shape",),
    **_ATTRS,
)


@AvgPoolGrad.shape
def _shape_avg_pool_grad(s: Any, orig_input_shape: Any, grad: Any) -> Any:
    return _windows.dims_from_vector(s, 0, orig_input_shape, 4)


@AvgPoolGrad.kernel
def _kernel_avg_pool_grad(
    k: Any, orig_input_shape: Any, grad: Any, *,
    ksize: Any, strides: Any, padding: str, data_format: str,
) -> Any:  # fmt: skip
    return avg_pool_gradient(
        k, orig_input_shape, grad, ksize, strides, padding, data_format, _NO_DEPTH
    )


@AvgPoolGrad.gradient
def _grad_avg_pool_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    return late.stop_gradient(op.inputs[0]), AvgPool(dy, **_attr_values(op))
