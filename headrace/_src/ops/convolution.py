"""Convolution in one to three dimensions with dilation through space-to-batch: `convolution`,
`atrous_conv2d`, `with_space_to_batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import Dimension, TensorShape, as_shape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _windows, conv, conv1d_3d
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late


def _as_same(filter_shape: Any, count: int, rate: Any) -> Any:
    """The paddings, `[count, 2]`, that SAME asks of a filter spread by `rate`."""
    sizes = filter_shape[:count]
    extra = sizes + (sizes - 1) * (rate - 1) - 1
    before = extra // 2
    after = extra - before
    return late.stack([[before[i], after[i]] for i in range(count)])


def _spread_out(values: Tensor, fill: int, spatial_dims: Sequence[int]) -> Any:
    """Inserts rows of `fill` for the dimensions between the spatial ones."""
    row = values.shape.as_list()[1:]
    dtype = values.dtype.as_numpy_dtype
    known = constant_value(values)
    source = values if known is None else known
    parts = []
    previous = 0
    start = 0
    while start < len(spatial_dims):
        first = spatial_dims[start]
        if first > 1:
            parts.append(np.full([first - 1 - previous, *row], fill, dtype))
        end = start
        while end + 1 < len(spatial_dims) and spatial_dims[end + 1] == spatial_dims[end] + 1:
            end += 1
        parts.append(source[start : end + 1])
        previous = spatial_dims[end]
        start = end + 1
    return late.concat(parts, 0) if known is None else np.concatenate(parts)


class SpaceToBatch:
    """Runs an undilated windowed op on interleaved batches, so that it acts dilated.

    Constructing it adds the nodes for the rate and the filter shape; calling it adds the rest.
    """

    def __init__(
        self,
        input_shape: TensorShape,
        dilation_rate: Any,
        padding: str,
        build_op: Callable[[int, str], Callable[..., Tensor]],
        filter_shape: Any = None,
        spatial_dims: Any = None,
        data_format: str | None = None,
    ) -> None:
        rate = convert_to_tensor(dilation_rate, dtypes.int32, name="dilation_rate")
        count = _vector_size(rate)
        first = _windows.channels_first(data_format)
        spatial_dims = _checked_spatial_dims(spatial_dims, count, 2 if first else 1)
        needed = spatial_dims[-1] + (0 if first else 1)
        if input_shape.ndims is not None and input_shape.ndims < needed:
            raise ValueError(f"input tensor must have rank {needed} at least")
        known_rate = constant_value(rate)
        self.base_paddings: Any = None
        self.plain = False
        if known_rate is not None:
            if np.any(known_rate < 1):
                raise ValueError("dilation_rate must be positive")
            if np.all(known_rate == 1):
                self.plain = True
                self.op = build_op(count, padding)
                return
        self.rate = rate
        self.known_rate = rate if known_rate is None else known_rate
        if padding == "SAME":
            if filter_shape is None:
                raise ValueError("filter_shape must be specified for SAME padding")
            filter_shape = convert_to_tensor(filter_shape, name="filter_shape")
            known_filter = constant_value(filter_shape)
            if known_filter is not None:
                self.base_paddings = _as_same(known_filter, count, self.known_rate)
        elif padding == "VALID":
            self.base_paddings = np.zeros([count, 2], np.int32)
        else:
            raise ValueError(f"Invalid padding method {padding!r}")
        self.input_shape = input_shape
        self.spatial_dims = spatial_dims
        self.data_format = data_format
        self.op = build_op(count, "VALID")

    def __call__(self, inp: Tensor, filter: Any) -> Tensor:
        if self.plain:
            return self.op(inp, filter)
        sizes = None
        if self.input_shape.ndims is not None:
            whole = self.input_shape.as_list()
            sizes = [whole[i] for i in self.spatial_dims]
        if sizes is None or None in sizes:
            shape = late.shape(inp)
            sizes = late.stack([shape[i] for i in self.spatial_dims])
        base = self.base_paddings
        if base is None:
            base = _as_same(late.shape(filter), len(self.spatial_dims), self.known_rate)
        paddings, crops = late.required_space_to_batch_paddings(
            input_shape=sizes, base_paddings=base, block_shape=self.rate
        )
        rate = _spread_out(self.rate, 1, self.spatial_dims)
        paddings = _spread_out(paddings, 0, self.spatial_dims)
        crops = _spread_out(crops, 0, self.spatial_dims)
        batches = late.space_to_batch_nd(input=inp, block_shape=rate, paddings=paddings)
        result = late.batch_to_space_nd(
            input=self.op(batches, filter), block_shape=rate, crops=crops
        )
        if _windows.channels_first(self.data_format) and filter is not None:
            dims = result.shape.as_list()
            if not dims[1]:
                dims[1] = filter.shape[-1]
                result.set_shape(dims)
        return result


def _vector_size(rate: Tensor) -> int:
    if rate.dims is not None and len(rate.dims) != 1:
        raise ValueError("rate must be rank 1")
    if rate.dims is None or rate.dims[0] is None:
        raise ValueError("rate must have known shape")
    return rate.dims[0]


def _checked_spatial_dims(spatial_dims: Any, count: int, first: int) -> list[int]:
    if spatial_dims is None:
        spatial_dims = range(first, count + first)
    given = list(spatial_dims)
    ordered = sorted({int(x) for x in given})
    if ordered != given or any(x < 1 for x in ordered):
        raise ValueError(
            "spatial_dims must be a montonically increasing sequence of positive integers"
        )
    return ordered


@export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: str,
    op: Callable[..., Tensor],
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Tensor:
    """Apply `op` to `input` as if its windows were dilated.

    Args:
      input: Tensor of rank at least `max(spatial_dims) + 1`.
      dilation_rate: int32 vector, a rate for each spatial dimension.
      padding: `"SAME"` or `"VALID"`.
      op: `op(input, number of spatial dimensions, padding)`, undilated.
      filter_shape: Shape of the window, required for `"SAME"`.
      spatial_dims: Increasing positions of the spatial dimensions.
      data_format: `"N...C"` or `"NC..."`.

    Returns:
      What `op` gives, put back together.

    Raises:
      ValueError: Build: arguments that do not fit.
    """
    input = convert_to_tensor(input, name="input")

    def build(count: int, chosen: str) -> Callable[..., Tensor]:
        return lambda inp, _: op(inp, count, chosen)

    whole = SpaceToBatch(
        input.shape, dilation_rate, padding, build, filter_shape, spatial_dims, data_format
    )
    return whole(input, None)


# -- Convolution ----------------------------------------------------------------------------------


def checked_strides_and_rate(count: int, strides: Any, rate: Any) -> tuple[Any, Any]:
    """Strides and dilation rate as int32 vectors of `count` elements.

    Raises:
      ValueError: other lengths, values below one, or both above one.
    """
    if rate is None:
        rate = [1] * count
    elif len(rate) != count:
        raise ValueError(f"len(dilation_rate)={len(rate)} but should be {count}")
    rate = np.array(rate, np.int32)
    if np.any(rate < 1):
        raise ValueError("all values of dilation_rate must be positive")
    if strides is None:
        strides = [1] * count
    elif len(strides) != count:
        raise ValueError(f"len(strides)={len(strides)} but should be {count}")
    strides = np.array(strides, np.int32)
    if np.any(strides < 1):
        raise ValueError("all values of strides must be positive")
    if np.any(strides > 1) and np.any(rate > 1):
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    return strides, rate


_PLAIN_FORMATS = {
    1: (("NWC", "NCW", "NCHW", "NHWC"), 'data_format must be "NWC" or "NCW".'),
    2: (("NHWC", "NCHW"), 'data_format must be "NHWC" or "NCHW".'),
    3: (("NDHWC", "NCDHW"), 'data_format must be "NDHWC" or "NCDHW". Have: {}'),
}


class _Undilated:
    """Convolution without dilation, ready to be applied to a batch."""

    def __init__(
        self, count: int, padding: str, data_format: str | None, strides: Any, name: str
    ) -> None:
        formats, complaint = _PLAIN_FORMATS[count]
        if data_format is not None and data_format not in formats:
            raise ValueError(complaint.format(data_format))
        self.count = count
        self.padding = padding
        self.data_format = data_format
        self.strides = list(strides)
        self.name = name

    def __call__(self, inp: Tensor, filter: Tensor) -> Tensor:
        if self.count == 1:
            return conv1d_3d.conv1d(
                inp,
                filter,
                self.strides[0],
                self.padding,
                data_format=self.data_format or "NWC",
                name=self.name,
            )
        layout = self.data_format or _PLAIN_FORMATS[self.count][0][0]
        strides = list(_windows.join(1, 1, self.strides, layout))
        if self.count == 2:
            return conv.conv2d(
                inp, filter, strides, self.padding, data_format=layout, name=self.name
            )
        return conv1d_3d.Conv3D(
            inp,
            filter,
            strides=strides,
            padding=self.padding,
            data_format=self.data_format,
            name=self.name,
        )


def prepared_convolution(
    input_shape: TensorShape,
    filter_shape: TensorShape,
    padding: str,
    strides: Any = None,
    rate: Any = None,
    name: Any = None,
    data_format: Any = None,
) -> SpaceToBatch:
    """A convolution for inputs and filters of given shapes, to be called with them later.

    Raises:
      ValueError: ranks, channels, strides or rates that do not fit.
    """
    total = input_shape.ndims if filter_shape.ndims is None else filter_shape.ndims
    if total is None:
        raise ValueError("rank of input or filter must be known")
    count = total - 2
    for label, shape in (("input", input_shape), ("filter", filter_shape)):
        if shape.ndims not in (None, total):
            raise ValueError(f"{label} tensor must have rank {total}")
    first = _windows.channels_first(data_format)
    channels = Dimension(None)
    if input_shape.ndims is not None:
        channels = input_shape.dims[1 if first else count + 1]
    expected = Dimension(None) if filter_shape.ndims is None else filter_shape.dims[count]
    if not channels.is_compatible_with(expected):
        raise ValueError(
            "number of input channels does not match corresponding dimension of filter, "
            f"{channels} != {expected}"
        )
    strides, rate = checked_strides_and_rate(count, strides, rate)

    def build(_: int, chosen: str) -> _Undilated:
        return _Undilated(count, chosen, data_format, strides, name)

    start = 2 if first else 1
    return SpaceToBatch(
        input_shape, rate, padding, build, filter_shape, range(start, start + count), data_format
    )


def _spatial_rank(input: Any, filters: Any) -> int:
    for value in (input, filters):
        shape = as_shape(value.shape)
        if shape.ndims is not None:
            return shape.ndims - 2
    raise ValueError("rank of input or filter must be known")


@export("nn.convolution", v2=())
def convolution(
    input: Any,
    filter: Any,
    padding: str,
    strides: Any = None,
    dilation_rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Compute a convolution in one, two or three dimensions.

    Args:
      input: Tensor of rank 3, 4 or 5 and a float type, in the layout of `data_format`.
      filter: Filter `[*window, in, out]` of the same type.
      padding: `"SAME"` or `"VALID"`.
      strides: A step for all spatial dimensions, or one each.
      dilation_rate: Distances between filter elements, given like `strides`; not together with
        strides above one.
      name: Name of the op.
      data_format: `"N...C"` (the default) or `"NC..."`.
      filters: Alias of `filter`.
      dilations: Alias of `dilation_rate`.

    Returns:
      A tensor in the layout and of the type of `input`.

    Raises:
      ValueError: Build: ranks, channels, strides or rates that do not fit.
    """
    filter = renamed("filters", filters, "filter", filter)
    rate = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    count = _spatial_rank(input, filter)
    if not 1 <= count <= 3:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {count + 2}.")
    channel_index = 1 if _windows.channels_first(data_format) else count + 1
    strides = _windows.sequence(strides, count, channel_index, "strides")
    rate = _windows.sequence(rate, count, channel_index, "dilations")
    with name_scope(name, "convolution", [input, filter]) as name:
        if all(r == 1 for r in rate):
            if count == 1:
                return conv1d_3d.conv1d(
                    input,
                    filter,
                    strides,
                    padding,
                    data_format=data_format,
                    name=name,
                    dilations=rate,
                )
            spec = conv.Conv2D if count == 2 else conv1d_3d.Conv3D
            return spec(
                input,
                filter,
                strides=list(strides),
                padding=padding,
                data_format=data_format,
                dilations=list(rate),
                name=name,
            )
        spatial = slice(2, None) if channel_index == 1 else slice(1, -1)
        whole = prepared_convolution(
            as_shape(input.shape),
            as_shape(filter.shape),
            padding,
            strides[spatial],
            rate[spatial],
            name,
            data_format,
        )
        return whole(input, filter)


@export(v2=("nn.convolution",))
def convolution_v2(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute a convolution in one, two or three dimensions."""
    return convolution(
        input, filters, padding, strides, dilations, name=name, data_format=data_format
    )


@export("nn.atrous_conv2d")
def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: str, name: str | None = None
) -> Tensor:
    """Compute a 2-D convolution with filter elements `rate` apart.

    Args:
      value: `[batch, height, width, in]`, of a float type.
      filters: `[height, width, in, out]` of the same type.
      rate: Distance between filter elements.
      padding: `"SAME"` or `"VALID"`.
      name: Name of the op.

    Returns:
      `[batch, height, width, out]`.

    Raises:
      ValueError: Build: shapes that do not fit, or a rate below one.
    """
    return convolution(
        value, filters, padding, dilation_rate=np.broadcast_to(rate, (2,)), name=name
    )


@export("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Compute the transpose of a convolution in one, two or three dimensions.

    Args:
      input: Tensor of rank 3, 4 or 5 and a float type.
      filters: Filter `[*window, out, in]` of the same type.
      output_shape: Shape of the result, an int32 vector.
      strides: A step for all spatial dimensions, or one each.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"N...C"` (the default) or `"NC..."`.
      dilations: Distances between filter elements, given like `strides`.
      name: Name of the op.

    Returns:
      A tensor of shape `output_shape`.

    Raises:
      ValueError: Build: an `output_shape` of another length or kind.
    """
    with name_scope(name, "conv_transpose", [input, filters, output_shape]) as name:
        if isinstance(output_shape, Tensor):
            count = output_shape.dims[0] - 2
        elif isinstance(output_shape, Sized):
            count = len(output_shape) - 2
        else:
            raise ValueError("output_shape must be a tensor or sized collection.")
        if not 1 <= count <= 3:
            raise ValueError(f"output_shape must be of length 3, 4 or 5 but was {count + 2}.")
        functions = (
            conv1d_3d.conv1d_transpose,
            conv.conv2d_transpose_v2,
            conv1d_3d.conv3d_transpose_v2,
        )
        return functions[count - 1](
            input,
            filters,
            output_shape,
            strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=name,
        )
