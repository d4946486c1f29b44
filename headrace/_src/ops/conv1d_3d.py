"""Convolution over sequences and volumes: `conv1d` on top of Conv2D, and Conv3D."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _conv_checks, _conv_kernels, _windows, conv
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank

# -- One dimension --------------------------------------------------------------------------------


def _layout_1d(data_format: str | None, aliases: bool) -> tuple[str, int, int]:
    """The 2-D layout, where the new dimension goes, and where the channels are, of a 1-D layout."""
    if data_format is None or data_format == "NWC" or (aliases and data_format == "NHWC"):
        return "NHWC", 1, 2
    if data_format == "NCW" or (aliases and data_format == "NCHW"):
        return "NCHW", 2, 1
    raise ValueError('data_format must be "NWC" or "NCW".')


@export("nn.conv1d", v2=())
def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Compute a 1-D convolution.

    Args:
      value: `[batch, width, in]` (or `[batch, in, width]`), of a float type.
      filters: `[width, in, out]` of the same type.
      stride: The step, a number.
      padding: `"SAME"` or `"VALID"`.
      use_cudnn_on_gpu: Kept as an attr.
      data_format: `"NWC"` (the default) or `"NCW"`.
      name: Name of the op.
      input: Alias of `value`.
      dilations: Distance between filter elements.

    Returns:
      A 3-D tensor in the layout and of the type of `value`.

    Raises:
      ValueError: Build: an unknown `data_format`, or shapes that do not fit.
    """
    value = renamed("input", input, "value", value)
    with name_scope(name, "conv1d", [value, filters]) as name:
        layout, new_dim, channels = _layout_1d(data_format, aliases=True)
        strides = [1, *_windows.sequence(stride, 1, channels, "stride")]
        dilations = [1, *_windows.sequence(dilations, 1, channels, "dilations")]
        value = late.expand_dims(value, new_dim)
        filters = late.expand_dims(filters, 0)
        result = conv.Conv2D(
            value,
            filters,
            strides=strides,
            padding=padding,
            use_cudnn_on_gpu=use_cudnn_on_gpu,
            data_format=layout,
            dilations=dilations,
            name=name,
        )
        return late.squeeze(result, [new_dim])


@export(v2=("nn.conv1d",))
def conv1d_v2(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute a 1-D convolution."""
    return conv1d(
        input,
        filters,
        stride,
        padding,
        True,
        data_format=data_format,
        name=name,
        dilations=dilations,
    )


@export("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute the transpose (the input gradient) of a 1-D convolution.

    Args:
      input: `[batch, width, in]` (or `[batch, in, width]`), of a float type.
      filters: `[width, out, in]` of the same type.
      output_shape: Shape of the result, int32 `[3]`.
      strides: The step, a number.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      dilations: Distance between filter elements.
      name: Name of the op.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: Build: an unknown `data_format`.
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as name:
        layout, new_dim, channels = _layout_1d(data_format, aliases=False)
        strides = [1, *_windows.sequence(strides, 1, channels, "stride")]
        dilations = [1, *_windows.sequence(dilations, 1, channels, "dilations")]
        input = late.expand_dims(input, new_dim)
        filters = late.expand_dims(filters, 0)
        if not isinstance(output_shape, Tensor):
            output_shape = list(output_shape)
        sizes = late.concat([output_shape[:new_dim], [1], output_shape[new_dim:]], 0)
        result = conv.Conv2DBackpropInput(
            sizes,
            filters,
            input,
            strides=strides,
            padding=padding,
            data_format=layout,
            dilations=dilations,
            name=name,
        )
        return late.squeeze(result, new_dim)


# -- Conv3D ---------------------------------------------------------------------------------------
_CONV3D_ATTRS = conv.conv_attrs(5)
_CONV3D_OLD_ATTRS = {n: a for n, a in _CONV3D_ATTRS.items() if n != "data_format"}

Conv3D = op(
    "Conv3D", "input: T, filter: T -> output: T", T=G.FLOAT, cost=conv.flops(1), **_CONV3D_ATTRS
)


def _geometry_attrs(attrs: dict[str, Any]) -> dict[str, Any]:
    chosen = {name: attrs[name] for name in _CONV3D_ATTRS if name in attrs}
    return {"data_format": "NDHWC", **chosen}


def _attr_values(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _CONV3D_ATTRS}


@Conv3D.shape
def _shape_conv3d(s: Any, input: Any, filter: Any, **attrs: Any) -> Any:
    return conv.conv_dims("Conv3D", input, filter, **_geometry_attrs(attrs))


@Conv3D.kernel
def _kernel_conv3d(k: Any, input: Any, filter: Any, **attrs: Any) -> Any:
    attrs = _geometry_attrs(attrs)
    _, windows = _conv_checks.run_geometry("Conv3D", input.shape, filter.shape, **attrs)
    x = _windows.to_last(k, input, attrs["data_format"])
    return _windows.from_last(k, _conv_kernels.forward(k, x, filter, windows), attrs["data_format"])


@Conv3D.gradient
def _grad_conv3d(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    attrs = _attr_values(op)
    input, filter = op.inputs
    dx = Conv3DBackpropInputV2(late.shape(input), filter, dy, **attrs)
    return dx, Conv3DBackpropFilterV2(input, late.shape(filter), dy, **attrs)


@export("nn.conv3d", v2=())
def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str = "NDHWC",
    dilations: Any = [1, 1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """Compute a 3-D convolution.

    Args:
      input: 5-D tensor of a float type, in the layout of `data_format`.
      filter: Filter `[depth, height, width, in, out]` of the same type.
      strides: Five steps, in the order of `data_format`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      dilations: Five distances between filter elements.
      name: Name of the op.
      filters: Alias of `filter`.

    Returns:
      A 5-D tensor in the layout and of the type of `input`.

    Raises:
      ValueError: Build: shapes or attrs that do not fit.
    """
    filter = renamed("filters", filters, "filter", filter)
    return Conv3D(
        input,
        filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export(v2=("nn.conv3d",))
def conv3d_v2(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute a 3-D convolution."""
    return conv3d(
        input, filters, strides, padding, data_format, dilations or [1, 1, 1, 1, 1], name=name
    )


# -- Conv3DBackpropInput --------------------------------------------------------------------------


def _backprop_input(
    k: Any, sizes: Any, filter: Any, out_backprop: Any, attrs: dict[str, Any]
) -> Any:
    attrs = _geometry_attrs(attrs)
    shape, windows = _conv_checks.backprop_geometry(
        "Conv3D", "Conv3DBackpropInputOp", sizes, filter.shape, out_backprop.shape, **attrs
    )
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    dx = _conv_kernels.backprop_input(k, shape, filter, dy, windows)
    return _windows.from_last(k, dx, attrs["data_format"])


Conv3DBackpropInputV2 = op(
    "Conv3DBackpropInputV2",
    "input_sizes: Tshape, filter: T, out_backprop: T -> output: T",
    kernel_ignores=("Tshape",),
    T=G.FLOAT,
    Tshape=A.dtype((dtypes.int32, dtypes.int64), default=dtypes.int32),
    static=("input_sizes",),
    cost=conv.flops(1),
    **_CONV3D_ATTRS,
)


@Conv3DBackpropInputV2.shape
def _shape_conv3d_backprop_input_v2(
    s: Any, input_sizes: Any, filter: Any, out_backprop: Any
) -> Any:
    return _windows.dims_from_vector(s, 0, input_sizes, 5)


@Conv3DBackpropInputV2.kernel
def _kernel_conv3d_backprop_input_v2(
    k: Any, input_sizes: Any, filter: Any, out_backprop: Any, **attrs: Any
) -> Any:
    return _backprop_input(k, input_sizes, filter, out_backprop, attrs)


@Conv3DBackpropInputV2.gradient
def _grad_conv3d_backprop_input_v2(op: Any, dy: Tensor) -> tuple[None, Tensor, Tensor]:
    attrs = _attr_values(op)
    _, filter, out_backprop = op.inputs
    dw = Conv3DBackpropFilterV2(dy, late.shape(filter), out_backprop, **attrs)
    return None, dw, Conv3D(dy, filter, **attrs)


@export("nn.conv3d_transpose", v2=())
def conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: str = "SAME",
    data_format: str | None = "NDHWC",
    name: str | None = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Compute the transpose (the input gradient) of a 3-D convolution.

    Args:
      value: 5-D tensor of a float type, in the layout of `data_format`.
      filter: Filter `[depth, height, width, out, in]` of the same type.
      output_shape: Shape of the result, int32 `[5]`.
      strides: A step for all spatial dimensions, one each, or five.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      name: Name of the op.
      input: Alias of `value`.
      filters: Alias of `filter`.
      dilations: Distances between filter elements, given like `strides`.

    Returns:
      A tensor of shape `output_shape`.
    """
    filter = renamed("filters", filters, "filter", filter)
    value = renamed("input", input, "value", value)
    return conv3d_transpose_v2(
        value, filter, output_shape, strides, padding, data_format, dilations, name
    )


@export(v2=("nn.conv3d_transpose",))
def conv3d_transpose_v2(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute the transpose (the input gradient) of a 3-D convolution."""
    with name_scope(name, "conv3d_transpose", [input, filters, output_shape]) as name:
        data_format = data_format or "NDHWC"
        channels = 1 if _windows.channels_first(data_format) else 4
        return Conv3DBackpropInputV2(
            output_shape,
            filters,
            input,
            strides=_windows.sequence(strides, 3, channels, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=_windows.sequence(dilations, 3, channels, "dilations"),
            name=name,
        )


Conv3DBackpropInput = op(
    "Conv3DBackpropInput",
    "input: T, filter: T, out_backprop: T -> output: T",
    cost=conv.flops(1),
    T=A.dtype((dtypes.float16, dtypes.float32, dtypes.float64)),
    **_CONV3D_OLD_ATTRS,
)


@Conv3DBackpropInput.shape
def _shape_conv3d_backprop_input(s: Any, input: Any, filter: Any, out_backprop: Any) -> Any:
    return require_rank(input, 5)


@Conv3DBackpropInput.kernel
def _kernel_conv3d_backprop_input(
    k: Any, input: Any, filter: Any, out_backprop: Any, **attrs: Any
) -> Any:
    return _backprop_input(k, input.shape, filter, out_backprop, attrs)


Conv3DBackpropInput.no_gradient("1.15 has no rule", undefined=True)


# -- Conv3DBackpropFilter -------------------------------------------------------------------------


def _backprop_filter(
    k: Any, input: Any, filter_shape: Any, out_backprop: Any, attrs: dict[str, Any]
) -> Any:
    attrs = _geometry_attrs(attrs)
    filter_shape = tuple(int(d) for d in filter_shape)
    _, windows = _conv_checks.backprop_geometry(
        "Conv3D", "Conv3DBackpropFilterOp", input.shape, filter_shape, out_backprop.shape, **attrs
    )
    x = _windows.to_last(k, input, attrs["data_format"])
    dy = _windows.to_last(k, out_backprop, attrs["data_format"])
    return _conv_kernels.backprop_filter(k, x, filter_shape, dy, windows)


Conv3DBackpropFilterV2 = op(
    "Conv3DBackpropFilterV2",
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=G.FLOAT,
    static=("filter_sizes",),
    cost=conv.flops(3),
    **_CONV3D_ATTRS,
)


@Conv3DBackpropFilterV2.shape
def _shape_conv3d_backprop_filter_v2(
    s: Any, input: Any, filter_sizes: Any, out_backprop: Any
) -> Any:
    return _windows.dims_from_vector(s, 1, filter_sizes, 5)


@Conv3DBackpropFilterV2.kernel
def _kernel_conv3d_backprop_filter_v2(
    k: Any, input: Any, filter_sizes: Any, out_backprop: Any, **attrs: Any
) -> Any:
    return _backprop_filter(k, input, filter_sizes, out_backprop, attrs)


@Conv3DBackpropFilterV2.gradient
def _grad_conv3d_backprop_filter_v2(op: Any, dy: Tensor) -> tuple[Tensor, None, Tensor]:
    attrs = _attr_values(op)
    input, _, out_backprop = op.inputs
    dx = Conv3DBackpropInputV2(late.shape(input), dy, out_backprop, **attrs)
    return dx, None, Conv3D(input, dy, **attrs)


@export("nn.conv3d_backprop_filter", "nn.conv3d_backprop_filter_v2", v2=())
def conv3d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    dilations: Any = [1, 1, 1, 1, 1],  # noqa: B006
    name: str | None = None,
) -> Tensor:
    """Compute the gradient of `conv3d` by its filter.

    Args:
      input: 5-D input, of a float type.
      filter_sizes: Shape of the filter, int32 `[5]`.
      out_backprop: Gradient of the output, 5-D.
      strides: Five steps, in the order of `data_format`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      dilations: Five distances between filter elements.
      name: Name of the op.

    Returns:
      A tensor of shape `filter_sizes`.
    """
    return Conv3DBackpropFilterV2(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


Conv3DBackpropFilter = op(
    "Conv3DBackpropFilter",
    "input: T, filter: T, out_backprop: T -> output: T",
    cost=conv.flops(3),
    T=A.dtype((dtypes.float16, dtypes.float32, dtypes.float64)),
    **_CONV3D_OLD_ATTRS,
)


@Conv3DBackpropFilter.shape
def _shape_conv3d_backprop_filter(s: Any, input: Any, filter: Any, out_backprop: Any) -> Any:
    return require_rank(filter, 5)


@Conv3DBackpropFilter.kernel
def _kernel_conv3d_backprop_filter(
    k: Any, input: Any, filter: Any, out_backprop: Any, **attrs: Any
) -> Any:
    return _backprop_filter(k, input, filter.shape, out_backprop, attrs)


Conv3DBackpropFilter.no_gradient("1.15 has no rule", undefined=True)
