"""Two-dimensional convolution and its transposes: Conv2D and the functions above it.

1.15 on CPUs refuses the NCHW layout when it runs, dilated backward passes and grouped filters; the
first two work here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _conv_checks, _conv_kernels, _windows
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank

_DATA_FORMATS = {4: ("NHWC", "NCHW"), 5: ("NDHWC", "NCDHW")}


def conv_attrs(rank: int) -> dict[str, Any]:
    """The attrs that convolutions of inputs of `rank` share."""
    formats = _DATA_FORMATS[rank]
    return {
        "strides": A.integers(minimum=5) if rank == 5 else A.integers(),
        "padding": A.text(allowed=("SAME", "VALID")),
        "data_format": A.text(default=formats[0], allowed=formats),
        "dilations": A.integers(default=[1] * rank),
    }


_CONV2D_ATTRS = {
    **conv_attrs(4),
    "use_cudnn_on_gpu": A.boolean(default=True),
    "padding": A.text(allowed=("SAME", "VALID", "EXPLICIT")),
    "explicit_paddings": A.integers(default=()),
}


def flops(filter_at: int, channelwise: bool = False) -> Callable[[Any, Any, Any], int]:
    """The `cost` of a convolution or of one of its gradients, which take as many operations.

    Args:
      filter_at: where the filter or its gradient is among the inputs and then the outputs; what
        the convolution gives, or the gradient of that, is at 2.
      channelwise: whether each result comes from one channel of the input.
    """

    def cost(op: Any, inputs: Any, outputs: Any) -> int:
        shapes = [*inputs, *outputs]
        taps = shapes[filter_at][: -2 if channelwise else -1]
        return 2 * math.prod(shapes[2]) * math.prod(taps)

    return cost


def conv_dims(
    op_type: str,
    input: Any,
    filter: Any,
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    explicit_paddings: Sequence[int] = (),
) -> tuple[int | None, ...]:
    """Static shape of a convolution of a filter `[*window, in, out]`, in the layout of
    `data_format`.

    Raises:
      ValueError: ranks, channels, strides or paddings that do not fit, or a window larger than the
        input.
    """
    rank = len(strides) if op_type == "Conv3D" else 4
    input, filter = require_rank(input, rank), require_rank(filter, rank)
    for name, values in (("dilation", dilations), ("stride", strides)):
        if len(values) != rank:
            raise ValueError(
                f"{op_type} requires the {name} attribute to contain {rank} values, "
                f"but got: {len(values)}"
            )
    batch, channels, sizes = _windows.split(input, data_format)
    *window, filter_in, filter_out = filter
    if channels is not None and filter_in is not None:
        _check_groups(channels, filter_in, filter_out)
    pairs = _windows.explicit_pairs(padding, explicit_paddings, rank, data_format)
    steps = _windows.split(strides, data_format)[2]
    spread = _windows.split(dilations, data_format)[2]
    outs = [
        _windows.output_size(size, wide, step, padding, dilation, pair)
        for size, wide, step, dilation, pair in zip(
            sizes, window, steps, spread, pairs, strict=True
        )
    ]
    return _windows.join(batch, filter_out, outs, data_format)


def _check_groups(channels: int, filter_in: int, filter_out: int | None) -> None:
    if not filter_in or channels % filter_in:
        raise ValueError(
            f"Depth of input ({channels}) is not a multiple of input depth of filter ({filter_in})"
        )
    groups = channels // filter_in
    if groups > 1 and filter_out is not None and filter_out % groups:
        raise ValueError(
            f"Depth of output ({filter_out}) is not a multiple of the number of groups ({groups})"
        )


def _conv_attr_values(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _CONV2D_ATTRS}


def _geometry_attrs(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in attrs.items() if name not in ("T", "use_cudnn_on_gpu")}


# -- Conv2D ---------------------------------------------------------------------------------------
Conv2D = op("Conv2D", "input: T, filter: T -> output: T", T=G.FLOAT, cost=flops(1), **_CONV2D_ATTRS)


@Conv2D.shape
def _shape_conv2d(s: Any, input: Any, filter: Any, **attrs: Any) -> Any:
    return conv_dims("Conv2D", input, filter, **_geometry_attrs(attrs))


@Conv2D.kernel
def _kernel_conv2d(k: Any, input: Any, filter: Any, **attrs: Any) -> Any:
    attrs = _geometry_attrs(attrs)
    _, windows = _conv_checks.run_geometry("Conv2D", input.shape, filter.shape, **attrs)
    x = _windows.to_last(k, input, attrs["data_format"])
    return _windows.from_last(k, _conv_kernels.forward(k, x, filter, windows), attrs["data_format"])


@Conv2D.gradient
def _grad_conv2d(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    attrs = _conv_attr_values(op)
    input, filter = op.inputs
    input_sizes, filter_sizes = late.shape_n([input, filter])
    return (
        Conv2DBackpropInput(input_sizes, filter, dy, **attrs),
        Conv2DBackpropFilter(input, filter_sizes, dy, **attrs),
    )


# -- Conv2DBackpropInput --------------------------------------------------------------------------
Conv2DBackpropInput = op(
    "Conv2DBackpropInput",
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    T=G.FLOAT,
    static=("input_sizes",),
    cost=flops(1),
    **_CONV2D_ATTRS,
)


@Conv2DBackpropInput.shape
def _shape_conv2d_backprop_input(s: Any, input_sizes: Any, filter: Any, out_backprop: Any) -> Any:
    return _windows.dims_from_vector(s, 0, input_sizes, 4)


@Conv2DBackpropInput.kernel
def _kernel_conv2d_backprop_input(
    k: Any, input_sizes: Any, filter: Any, out_backprop: Any, **attrs: Any
) -> Any:
    attrs = _geometry_attrs(attrs)
    shape, windows = _conv_checks.backprop_geometry(
        "Conv2D",
        "Conv2DCustomBackpropInput",
        input_sizes,
        filter.shape,
        out_backprop.shape,
        **attrs,
    )
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    dx = _conv_kernels.backprop_input(k, shape, filter, dy, windows)
    return _windows.from_last(k, dx, attrs["data_format"])


@Conv2DBackpropInput.gradient
def _grad_conv2d_backprop_input(op: Any, dy: Tensor) -> tuple[None, Tensor, Tensor]:
    attrs = _conv_attr_values(op)
    _, filter, out_backprop = op.inputs
    return (
        None,
        Conv2DBackpropFilter(dy, late.shape(filter), out_backprop, **attrs),
        Conv2D(dy, filter, **attrs),
    )


@export("nn.conv2d_backprop_input", v2=())
def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Compute the gradient of `conv2d` by its input.

    Args:
      input_sizes: Shape of the input, int32 `[4]`.
      filter: Filter `[height, width, in, out]`, of a float type.
      out_backprop: Gradient of the output, 4-D.
      strides: Four steps, in the order of `data_format`.
      padding: `"SAME"`, `"VALID"`, or four pairs (before, after).
      use_cudnn_on_gpu: Kept as an attr.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Four distances between filter elements.
      name: Name of the op.
      filters: Alias of `filter`.

    Returns:
      A tensor of shape `input_sizes`.
    """
    filter = renamed("filters", filters, "filter", filter)
    padding, explicit_paddings = convert_padding(padding)
    return Conv2DBackpropInput(
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


# -- Conv2DBackpropFilter -------------------------------------------------------------------------
Conv2DBackpropFilter = op(
    "Conv2DBackpropFilter",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=G.FLOAT,
    static=("filter_sizes",),
    cost=flops(3),
    **_CONV2D_ATTRS,
)


@Conv2DBackpropFilter.shape
def _shape_conv2d_backprop_filter(s: Any, input: Any, filter_sizes: Any, out_backprop: Any) -> Any:
    return _windows.dims_from_vector(s, 1, filter_sizes, 4)


@Conv2DBackpropFilter.kernel
def _kernel_conv2d_backprop_filter(
    k: Any, input: Any, filter_sizes: Any, out_backprop: Any, **attrs: Any
) -> Any:
    attrs = _geometry_attrs(attrs)
    filter_shape = tuple(int(d) for d in filter_sizes)
    _, windows = _conv_checks.backprop_geometry(
        "Conv2D",
        "Conv2DCustomBackpropFilter",
        input.shape,
        filter_shape,
        out_backprop.shape,
        **attrs,
    )
    x = _windows.to_last(k, input, attrs["data_format"])
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    return _conv_kernels.backprop_filter(k, x, filter_shape, dy, windows)


@Conv2DBackpropFilter.gradient
def _grad_conv2d_backprop_filter(op: Any, dy: Tensor) -> tuple[Tensor, None, Tensor]:
    attrs = _conv_attr_values(op)
    input, _, out_backprop = op.inputs
    return (
        Conv2DBackpropInput(late.shape(input), dy, out_backprop, **attrs),
        None,
        Conv2D(input, dy, **attrs),
    )


@export("nn.conv2d_backprop_filter", v2=())
def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
) -> Tensor:
    """Compute the gradient of `conv2d` by its filter.

    Args:
      input: 4-D input, of a float type.
      filter_sizes: Shape of the filter, int32 `[4]`.
      out_backprop: Gradient of the output, 4-D.
      strides: Four steps, in the order of `data_format`.
      padding: `"SAME"`, `"VALID"`, or four pairs (before, after).
      use_cudnn_on_gpu: Kept as an attr.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Four distances between filter elements.
      name: Name of the op.

    Returns:
      A tensor of shape `filter_sizes`.
    """
    padding, explicit_paddings = convert_padding(padding)
    return Conv2DBackpropFilter(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


# -- Functions ------------------------------------------------------------------------------------


def convert_padding(padding: Any) -> tuple[Any, list[Any]]:
    """The attrs `padding` and `explicit_paddings` for a padding argument.

    Raises:
      ValueError: the string `"EXPLICIT"`, or a list that is not four pairs.
    """
    if padding == "EXPLICIT":
        raise ValueError(
            '"EXPLICIT" is not a valid value for the padding parameter. To use explicit padding, '
            "the padding parameter must be a list."
        )
    if not isinstance(padding, (list, tuple)):
        return padding, []
    prefix = "When padding is a list, each element of padding must be a list/tuple of size 2."
    explicit: list[Any] = []
    for i, pair in enumerate(padding):
        if not isinstance(pair, (list, tuple)):
            raise ValueError(f"{prefix} Element with index {i} of padding is not a list/tuple")
        if len(pair) != 2:
            raise ValueError(f"{prefix} Element with index {i} of padding has size {len(pair)}")
        explicit.extend(pair)
    if len(padding) != 4:
        raise ValueError(
            f"When padding is a list, it must be of size 4. Got padding of size: {len(padding)}"
        )
    return "EXPLICIT", explicit


def _full(data_format: str | None, strides: Any, dilations: Any) -> tuple[str, Any, Any]:
    """Layout, and strides and dilations with all four elements."""
    data_format = data_format or "NHWC"
    channels = 1 if _windows.channels_first(data_format) else 3
    return (
        data_format,
        _windows.sequence(strides, 2, channels, "strides"),
        _windows.sequence(dilations, 2, channels, "dilations"),
    )


@export("nn.conv2d", v2=())
def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Compute a 2-D convolution (a cross-correlation: the filter is not flipped).

    `output[b, i, j, m] = sum over di, dj, c of
    input[b, strides[1] * i + di, strides[2] * j + dj, c] * filter[di, dj, c, m]`

    Args:
      input: 4-D tensor of a float type, in the layout of `data_format`.
      filter: Filter `[height, width, in, out]` of the same type.
      strides: A step for all spatial dimensions, one each, or four in the order of `data_format`.
      padding: `"SAME"` (zeros to `ceil(size / stride)` outputs), `"VALID"` (no padding), or four
        pairs (before, after).
      use_cudnn_on_gpu: Kept as an attr.
      data_format: `"NHWC"` or `"NCHW"`.
      dilations: Distances between filter elements, given like `strides`.
      name: Name of the op.
      filters: Alias of `filter`.

    Returns:
      A 4-D tensor in the layout and of the type of `input`.

    Raises:
      ValueError: Build: shapes or attrs that do not fit.
      InvalidArgumentError: Run: strides over batch or channels.
    """
    filter = renamed("filters", filters, "filter", filter)
    padding, explicit_paddings = convert_padding(padding)
    data_format, strides, dilations = _full(data_format, strides, dilations)
    return Conv2D(
        input,
        filter,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=explicit_paddings,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export(v2=("nn.conv2d",))
def conv2d_v2(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute a 2-D convolution."""
    return conv2d(
        input, filters, strides, padding, data_format=data_format, dilations=dilations, name=name
    )


@export("nn.conv2d_transpose", v2=())
def conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: str = "SAME",
    data_format: str | None = "NHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Compute the transpose (the input gradient) of a 2-D convolution.

    Args:
      value: 4-D tensor of a float type, in the layout of `data_format`.
      filter: Filter `[height, width, out, in]` of the same type.
      output_shape: Shape of the result, int32 `[4]`.
      strides: A step for all spatial dimensions, one each, or four.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NHWC"` or `"NCHW"`.
      name: Name of the op.
      input: Alias of `value`.
      filters: Alias of `filter`.
      dilations: Distances between filter elements, given like `strides`.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      InvalidArgumentError: Run: `output_shape` does not lead to the shape of `value`.
    """
    value = renamed("input", input, "value", value)
    filter = renamed("filters", filters, "filter", filter)
    with name_scope(name, "conv2d_transpose", [value, filter, output_shape]) as name:
        data_format, strides, dilations = _full(data_format, strides, dilations)
        return Conv2DBackpropInput(
            output_shape,
            filter,
            value,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=name,
        )


@export(v2=("nn.conv2d_transpose",))
def conv2d_transpose_v2(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute the transpose (the input gradient) of a 2-D convolution."""
    return conv2d_transpose(
        input,
        filters,
        output_shape,
        strides,
        padding=padding,
        data_format=data_format,
        name=name,
        dilations=dilations,
    )


def _rate_padding(filters: Tensor, rate: int, padding: str) -> tuple[Any, Any]:
    """(before, after) of both spatial dimensions for a filter spread by `rate`."""
    if padding == "VALID":
        return (0, 0), (0, 0)
    if padding != "SAME":
        raise ValueError(f"padding must be either VALID or SAME: {padding}")
    dims = filters.dims
    sizes = dims if dims is not None and None not in dims else late.shape(filters)
    heights = sizes[0], sizes[1]
    spread = [size + (size - 1) * (rate - 1) for size in heights]
    extra = [size - 1 for size in spread]
    top = extra[0] // 2
    bottom = extra[0] - top
    left = extra[1] // 2
    return (top, bottom), (left, extra[1] - left)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any,
    filters: Any,
    output_shape: Any,
    rate: int,
    padding: str,
    name: str | None = None,
) -> Tensor:
    """Compute the transpose of `atrous_conv2d`.

    Args:
      value: `[batch, height, width, in]`, of a float type.
      filters: `[height, width, out, in]`.
      output_shape: Shape of the result, int32 `[4]`.
      rate: Distance between filter elements.
      padding: `"SAME"` or `"VALID"`.
      name: Name of the op.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: Build: a rate below one, or shapes that do not fit.
    """
    with name_scope(name, "atrous_conv2d_transpose", [value, filters, output_shape]) as name:
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        _check_atrous(value, filters, rate)
        if rate == 1:
            return conv2d_transpose(value, filters, output_shape, [1, 1, 1, 1], padding)
        given = convert_to_tensor(output_shape, name="output_shape")
        if not given.shape.is_compatible_with(TensorShape([4])):
            raise ValueError(f"output_shape must have shape (4,), got {given.shape}")
        if isinstance(output_shape, (list, tuple, np.ndarray)):
            output_shape = list(output_shape)
            merge = filters.shape.dims[2].is_compatible_with(output_shape[3])
            if not merge:
                raise ValueError(
                    "output_shape does not match filter's output channels, "
                    f"{output_shape[3]} != {filters.shape[2]}"
                )
        (top, bottom), (left, right) = _rate_padding(filters, rate, padding)
        height = output_shape[1] + top + bottom
        width = output_shape[2] + left + right
        more_bottom = (rate - height % rate) % rate
        more_right = (rate - width % rate) % rate
        value = late.space_to_batch(
            value, paddings=[[0, more_bottom], [0, more_right]], block_size=rate
        )
        sizes = [
            rate * rate * output_shape[0],
            (height + more_bottom) // rate,
            (width + more_right) // rate,
            output_shape[3],
        ]
        value = Conv2DBackpropInput(
            sizes, filters, value, strides=[1, 1, 1, 1], padding="VALID", data_format="NHWC"
        )
        crops = [[top, bottom + more_bottom], [left, right + more_right]]
        return late.batch_to_space(value, crops=crops, block_size=rate)


def _check_atrous(value: Tensor, filters: Tensor, rate: int) -> None:
    ours, theirs = value.shape.dims[3], filters.shape[3]
    if not ours.is_compatible_with(theirs):
        raise ValueError(
            f"value's input channels does not match filters' input channels, {ours} != {theirs}"
        )
    if rate < 1:
        raise ValueError(f"rate {rate} cannot be less than one")
