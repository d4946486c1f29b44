"""Depthwise and separable convolution: every channel has filters of its own."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _conv_checks, _conv_kernels, _windows, conv, convolution
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import merge_dim, require_rank

_ATTRS = conv.conv_attrs(4)


def _attr_values(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _ATTRS}


def _run_geometry(
    shape: Any, filter_shape: Any, attrs: dict[str, Any]
) -> tuple[tuple[int, ...], tuple[_windows.Window, ...]]:
    """Channels-last input shape and windows; raises what 1.15 raises when it runs."""
    _conv_checks.check_strides(4, attrs["strides"], attrs["data_format"])
    steps = _windows.split(attrs["strides"], attrs["data_format"])[2]
    if steps[0] != steps[1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Current implementation only supports equal length strides in the row and column "
            "dimensions.",
        )
    channels = _windows.split(shape, attrs["data_format"])[1]
    if channels != filter_shape[2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input and filter must have the same depth: {channels} vs {filter_shape[2]}",
        )
    geometry = {name: attrs[name] for name in _ATTRS}
    return _conv_checks.run_geometry("DepthwiseConv2dNative", shape, filter_shape, **geometry)


# -- DepthwiseConv2dNative ------------------------------------------------------------------------
DepthwiseConv2dNative = op(
    "DepthwiseConv2dNative",
    "input: T, filter: T -> output: T",
    T=G.FLOAT,
    cost=conv.flops(1, channelwise=True),
    **_ATTRS,
)


@DepthwiseConv2dNative.shape
def _shape_depthwise(
    s: Any,
    input: Any,
    filter: Any,
    *,
    strides: Any,
    padding: str,
    data_format: str,
    dilations: Any,
) -> Any:
    input = require_rank(input, 4)
    height, width, filter_in, multiplier = require_rank(filter, 4)
    if len(strides) != 4:
        raise ValueError(
            "DepthwiseConv2D requires the stride attribute to contain 4 values, "
            f"but got: {len(strides)}"
        )
    batch, channels, sizes = _windows.split(input, data_format)
    channels = merge_dim(channels, filter_in)
    made = None if channels is None or multiplier is None else channels * multiplier
    steps = _windows.split(strides, data_format)[2]
    spread = _windows.split(dilations, data_format)[2]
    outs = [
        _windows.output_size(size, window, step, padding, dilation)
        for size, window, step, dilation in zip(sizes, (height, width), steps, spread, strict=True)
    ]
    return _windows.join(batch, made, outs, data_format)


@DepthwiseConv2dNative.kernel
def _kernel_depthwise(k: Any, input: Any, filter: Any, **attrs: Any) -> Any:
    _, windows = _run_geometry(input.shape, filter.shape, attrs)
    x = _windows.to_last(k, input, attrs["data_format"])
    y = _conv_kernels.depthwise_forward(k, x, filter, windows)
    return _windows.from_last(k, y, attrs["data_format"])


@DepthwiseConv2dNative.gradient
def _grad_depthwise(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    attrs = _attr_values(op)
    input, filter = op.inputs
    dx = DepthwiseConv2dNativeBackpropInput(late.shape(input), filter, dy, **attrs)
    return dx, DepthwiseConv2dNativeBackpropFilter(input, late.shape(filter), dy, **attrs)


@export("nn.depthwise_conv2d_native", v2=())
def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
) -> Tensor:
    """Convolve every channel with its own filters.

    `output[b, i, j, c * multiplier + m] = sum over di, dj of
    input[b, strides[1] * i + di, strides[2] * j + dj, c] * filter[di, dj, c, m]`

    Args:
      input: 4-D tensor of a float type, in the layout of `data_format`.
      filter: `[height, width, channels, multiplier]` of the same type.
      strides: Four steps, equal in both spatial dimensions.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Four distances between filter elements.
      name: Name of the op.

    Returns:
      A 4-D tensor with `channels * multiplier` channels.

    Raises:
      ValueError: Build: shapes that do not fit.
      InvalidArgumentError: Run: different strides over height and width.
    """
    return DepthwiseConv2dNative(
        input,
        filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


# -- DepthwiseConv2dNativeBackpropInput -----------------------------------------------------------
DepthwiseConv2dNativeBackpropInput = op(
    "DepthwiseConv2dNativeBackpropInput",
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    T=G.FLOAT,
    static=("input_sizes",),
    cost=conv.flops(1, channelwise=True),
    **_ATTRS,
)


@DepthwiseConv2dNativeBackpropInput.shape
def _shape_depthwise_backprop_input(
    s: Any, input_sizes: Any, filter: Any, out_backprop: Any
) -> Any:
    return _windows.dims_from_vector(s, 0, input_sizes, 4)


@DepthwiseConv2dNativeBackpropInput.kernel
def _kernel_depthwise_backprop_input(
    k: Any, input_sizes: Any, filter: Any, out_backprop: Any, **attrs: Any
) -> Any:
    shape, windows = _run_geometry(tuple(input_sizes), filter.shape, attrs)
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    made = filter.shape[2] * filter.shape[3]
    _conv_checks.check_backprop("DepthwiseConv2DBackpropInput", shape, made, dy, windows)
    dx = _conv_kernels.depthwise_backprop_input(k, shape, filter, dy, windows)
    return _windows.from_last(k, dx, attrs["data_format"])


@DepthwiseConv2dNativeBackpropInput.gradient
def _grad_depthwise_backprop_input(op: Any, dy: Tensor) -> tuple[None, Tensor, Tensor]:
    attrs = _attr_values(op)
    _, filter, out_backprop = op.inputs
    dw = DepthwiseConv2dNativeBackpropFilter(dy, late.shape(filter), out_backprop, **attrs)
    return None, dw, DepthwiseConv2dNative(dy, filter, **attrs)


@export(
    "nn.depthwise_conv2d_native_backprop_input",
    "nn.depthwise_conv2d_backprop_input",
    v2=("nn.depthwise_conv2d_backprop_input",),
)
def depthwise_conv2d_native_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
) -> Tensor:
    """Compute the gradient of a depthwise convolution by its input.

    Args:
      input_sizes: Shape of the input, int32 `[4]`.
      filter: `[height, width, channels, multiplier]`, of a float type.
      out_backprop: Gradient of the output, 4-D.
      strides: Four steps.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Four distances between filter elements.
      name: Name of the op.

    Returns:
      A tensor of shape `input_sizes`.
    """
    return DepthwiseConv2dNativeBackpropInput(
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


# -- DepthwiseConv2dNativeBackpropFilter ----------------------------------------------------------
DepthwiseConv2dNativeBackpropFilter = op(
    "DepthwiseConv2dNativeBackpropFilter",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=G.FLOAT,
    static=("filter_sizes",),
    cost=conv.flops(3, channelwise=True),
    **_ATTRS,
)


@DepthwiseConv2dNativeBackpropFilter.shape
def _shape_depthwise_backprop_filter(
    s: Any, input: Any, filter_sizes: Any, out_backprop: Any
) -> Any:
    return _windows.dims_from_vector(s, 1, filter_sizes, 4)


@DepthwiseConv2dNativeBackpropFilter.kernel
def _kernel_depthwise_backprop_filter(
    k: Any, input: Any, filter_sizes: Any, out_backprop: Any, **attrs: Any
) -> Any:
    filter_shape = tuple(int(d) for d in filter_sizes)
    shape, windows = _run_geometry(input.shape, filter_shape, attrs)
    x = _windows.to_last(k, input, attrs["data_format"])
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    made = filter_shape[2] * filter_shape[3]
    _conv_checks.check_backprop("DepthwiseConv2DBackpropFilter", shape, made, dy, windows)
    return _conv_kernels.depthwise_backprop_filter(k, x, filter_shape, dy, windows)


@DepthwiseConv2dNativeBackpropFilter.gradient
def _grad_depthwise_backprop_filter(op: Any, dy: Tensor) -> tuple[Tensor, None, Tensor]:
    attrs = _attr_values(op)
    input, _, out_backprop = op.inputs
    dx = DepthwiseConv2dNativeBackpropInput(late.shape(input), dy, out_backprop, **attrs)
    return dx, None, DepthwiseConv2dNative(input, dy, **attrs)


@export(
    "nn.depthwise_conv2d_native_backprop_filter",
    "nn.depthwise_conv2d_backprop_filter",
    v2=("nn.depthwise_conv2d_backprop_filter",),
)
def depthwise_conv2d_native_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
) -> Tensor:
    """Compute the gradient of a depthwise convolution by its filter.

    Args:
      input: 4-D input, of a float type.
      filter_sizes: Shape of the filter, int32 `[4]`.
      out_backprop: Gradient of the output, 4-D.
      strides: Four steps.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Four distances between filter elements.
      name: Name of the op.

    Returns:
      A tensor of shape `filter_sizes`.
    """
    return DepthwiseConv2dNativeBackpropFilter(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


# -- Functions ------------------------------------------------------------------------------------


def _through_batches(
    input: Tensor,
    filter: Tensor,
    strides: Any,
    padding: str,
    rate: Any,
    data_format: str | None,
    name: str | None,
) -> Tensor:
    def native(batches: Tensor, _: int, chosen: str) -> Tensor:
        return DepthwiseConv2dNative(
            batches, filter, strides=strides, padding=chosen, data_format=data_format, name=name
        )

    return convolution.with_space_to_batch(
        input=input,
        filter_shape=late.shape(filter),
        dilation_rate=[1, 1] if rate is None else rate,
        padding=padding,
        data_format=data_format,
        op=native,
    )


@export("nn.depthwise_conv2d", v2=())
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Convolve every channel with its own filters, dilated by `rate`.

    Args:
      input: 4-D tensor of a float type, in the layout of `data_format`.
      filter: `[height, width, channels, multiplier]` of the same type.
      strides: Four steps; ones where `rate` is above one.
      padding: `"SAME"` or `"VALID"`.
      rate: Two distances between filter elements.
      name: Name of the op.
      data_format: `"NHWC"` (the default) or `"NCHW"`.
      dilations: Alias of `rate`.

    Returns:
      A 4-D tensor with `channels * multiplier` channels.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    rate = renamed("dilations", dilations, "rate", rate)
    with name_scope(name, "depthwise", [input, filter]) as name:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        return _through_batches(input, filter, strides, padding, rate, data_format, name)


@export(v2=("nn.depthwise_conv2d",))
def depthwise_conv2d_v2(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Convolve every channel with its own filters, dilated by `dilations`."""
    return depthwise_conv2d(
        input, filter, strides, padding, dilations, name=name, data_format=data_format
    )


@export("nn.separable_conv2d", v2=())
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Compute a depthwise convolution, then mix its channels with a 1x1 convolution.

    Args:
      input: 4-D tensor of a float type, in the layout of `data_format`.
      depthwise_filter: `[height, width, channels, multiplier]`.
      pointwise_filter: `[1, 1, channels * multiplier, out]`.
      strides: Four steps of the depthwise convolution.
      padding: `"SAME"` or `"VALID"`.
      rate: Two distances between elements of the depthwise filter.
      name: Name of the op.
      data_format: `"NHWC"` (the default) or `"NCHW"`.
      dilations: Alias of `rate`.

    Returns:
      A 4-D tensor with `out` channels.

    Raises:
      ValueError: Build: shapes that do not fit.
    """
    rate = renamed("dilations", dilations, "rate", rate)
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as name:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        shape = pointwise_filter.shape.with_rank(4)
        shape.dims[0].assert_is_compatible_with(1)
        shape.dims[1].assert_is_compatible_with(1)
        depthwise = _through_batches(
            input, depthwise_filter, strides, padding, rate, data_format, "depthwise"
        )
        return conv.conv2d(
            depthwise,
            pointwise_filter,
            [1, 1, 1, 1],
            padding="VALID",
            data_format=data_format,
            name=name,
        )


@export(v2=("nn.separable_conv2d",))
def separable_conv2d_v2(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute a depthwise convolution, then mix its channels with a 1x1 convolution."""
    return separable_conv2d(
        input, depthwise_filter, pointwise_filter, strides, padding, dilations, name, data_format
    )
