"""Pooling over volumes and sequences, and the functions that choose by rank."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _pool_kernels, _windows, avg_pooling, convolution, pooling
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank

_NO_DEPTH = "Pooling is not yet supported on the depth dimension."
_MAX_TYPES = (dtypes.float16, dtypes.bfloat16, dtypes.float32)
_ATTRS = {
    "ksize": A.integers(minimum=5),
    "strides": A.integers(minimum=5),
    "padding": A.text(allowed=("SAME", "VALID")),
    "data_format": A.text(default="NDHWC", allowed=("NDHWC", "NCDHW")),
}


def _attr_values(op: Any) -> dict[str, Any]:
    return {name: op.attrs[name] for name in _ATTRS}


def _pool_dims(input: Any, attrs: dict[str, Any]) -> Any:
    return _pool_kernels.pool_dims(
        "Pool3D",
        input,
        attrs["ksize"],
        attrs["strides"],
        attrs["padding"],
        attrs["data_format"],
        5,
        False,
    )


def _geometry(attrs: dict[str, Any]) -> tuple[Any, Any, str, str]:
    return attrs["ksize"], attrs["strides"], attrs["padding"], attrs["data_format"]


# -- MaxPool3D ------------------------------------------------------------------------------------
MaxPool3D = op("MaxPool3D", "input: T -> output: T", T=_MAX_TYPES, **_ATTRS)


@MaxPool3D.shape
def _shape_max_pool3d(s: Any, input: Any, **attrs: Any) -> Any:
    return _pool_dims(input, attrs)


@MaxPool3D.kernel
def _kernel_max_pool3d(k: Any, input: Any, **attrs: Any) -> Any:
    return pooling.max_pool_value(k, input, *_geometry(attrs))


@MaxPool3D.gradient
def _grad_max_pool3d(op: Any, dy: Tensor) -> Tensor:
    return MaxPool3DGrad(op.inputs[0], op.outputs[0], dy, **_attr_values(op))


@export("nn.max_pool3d")
def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """Take the maximum of every window of a volume.

    Args:
      input: 5-D tensor of a float type, in the layout of `data_format`.
      ksize: A size for all spatial dimensions, one each, or five.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.
    """
    with name_scope(name, "MaxPool3D", [input]) as name:
        data_format, ksize, strides = pooling.full_windows(3, data_format, "NDHWC", ksize, strides)
        return MaxPool3D(
            input,
            ksize=list(ksize),
            strides=list(strides),
            padding=padding,
            data_format=data_format,
            name=name,
        )


MaxPool3DGrad = op(
    "MaxPool3DGrad",
    "orig_input: TInput, orig_output: TInput, grad: T -> output: T",
    T=A.dtype(_MAX_TYPES, default=dtypes.float32),
    TInput=A.dtype(_MAX_TYPES, default=dtypes.float32),
    **_ATTRS,
)


@MaxPool3DGrad.shape
def _shape_max_pool3d_grad(s: Any, orig_input: Any, orig_output: Any, grad: Any) -> Any:
    return require_rank(orig_input, 5)


@MaxPool3DGrad.kernel
def _kernel_max_pool3d_grad(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, **attrs: Any
) -> Any:
    return pooling.max_pool_gradient(k, orig_input, orig_output, grad, *_geometry(attrs))


@MaxPool3DGrad.gradient
def _grad_max_pool3d_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, y, _ = op.inputs
    first, second = pooling.zeros_by_shape(x), pooling.zeros_by_shape(y)
    return first, second, MaxPool3DGradGrad(x, y, dy, **_attr_values(op))


MaxPool3DGradGrad = op(
    "MaxPool3DGradGrad",
    "orig_input: T, orig_output: T, grad: T -> output: T",
    T=G.REAL,
    **_ATTRS,
)


@MaxPool3DGradGrad.shape
def _shape_max_pool3d_grad_grad(
    s: Any, orig_input: Any, orig_output: Any, grad: Any, **attrs: Any
) -> Any:
    pooled = _pool_dims(orig_input, attrs)
    dims.merge(orig_input, grad)
    dims.merge(orig_output, pooled)
    return pooled


@MaxPool3DGradGrad.kernel
def _kernel_max_pool3d_grad_grad(
    k: Any, orig_input: Any, orig_output: Any, grad: Any, **attrs: Any
) -> Any:
    return pooling.max_pool_second_gradient(k, orig_input, orig_output, grad, *_geometry(attrs))


@MaxPool3DGradGrad.gradient
def _grad_max_pool3d_grad_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    x, y, _ = op.inputs
    first, second = pooling.zeros_by_shape(x), pooling.zeros_by_shape(y)
    return first, second, MaxPool3DGrad(x, y, dy, **_attr_values(op))


# -- AvgPool3D ------------------------------------------------------------------------------------
AvgPool3D = op("AvgPool3D", "input: T -> output: T", T=G.FLOAT, **_ATTRS)


@AvgPool3D.shape
def _shape_avg_pool3d(s: Any, input: Any, **attrs: Any) -> Any:
    return _pool_dims(input, attrs)


@AvgPool3D.kernel
def _kernel_avg_pool3d(k: Any, input: Any, **attrs: Any) -> Any:
    return avg_pooling.avg_pool_value(k, input, *_geometry(attrs), _NO_DEPTH)


@AvgPool3D.gradient
def _grad_avg_pool3d(op: Any, dy: Tensor) -> Tensor:
    return AvgPool3DGrad(late.shape(op.inputs[0]), dy, **_attr_values(op))


@export("nn.avg_pool3d")
def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Tensor:
    """Take the mean of every window of a volume.

    Args:
      input: 5-D tensor of a float type, in the layout of `data_format`.
      ksize: A size for all spatial dimensions, one each, or five.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NDHWC"` or `"NCDHW"`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.
    """
    with name_scope(name, "AvgPool3D", [input]) as name:
        data_format, ksize, strides = pooling.full_windows(3, data_format, "NDHWC", ksize, strides)
        return AvgPool3D(
            input,
            ksize=list(ksize),
            strides=list(strides),
            padding=padding,
            data_format=data_format,
            name=name,
        )


AvgPool3DGrad = op(
    "AvgPool3DGrad",
    "orig_input_shape: int32, grad: T -> output: T",
    T=G.FLOAT,
    static=("orig_input_shape",),
    **_ATTRS,
)


@AvgPool3DGrad.shape
def _shape_avg_pool3d_grad(s: Any, orig_input_shape: Any, grad: Any) -> Any:
    return _windows.dims_from_vector(s, 0, orig_input_shape, 5)


@AvgPool3DGrad.kernel
def _kernel_avg_pool3d_grad(k: Any, orig_input_shape: Any, grad: Any, **attrs: Any) -> Any:
    return avg_pooling.avg_pool_gradient(k, orig_input_shape, grad, *_geometry(attrs), _NO_DEPTH)


@AvgPool3DGrad.gradient
def _grad_avg_pool3d_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    return late.stop_gradient(op.inputs[0]), AvgPool3D(dy, **_attr_values(op))


# -- Sequences ------------------------------------------------------------------------------------


def _pool1d(spec: Any, scope: str, input: Any, ksize: Any, strides: Any, padding: str,
            data_format: str | None, name: str | None) -> Tensor:  # fmt: skip
    with name_scope(name, scope, [input]) as name:
        data_format, ksize, strides = pooling.full_windows(1, data_format, "NWC", ksize, strides)
        last = data_format == "NWC"
        new_dim = 1 if last else 2
        result = spec(
            late.expand_dims(input, new_dim),
            ksize=[1, *ksize],
            strides=[1, *strides],
            padding=padding,
            data_format="NHWC" if last else "NCHW",
            name=name,
        )
        return late.squeeze(result, new_dim)


@export("nn.max_pool1d")
def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """Take the maximum of every window of a sequence.

    Args:
      input: 3-D tensor of a real type, in the layout of `data_format`.
      ksize: The size of the window.
      strides: The step.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.
    """
    return _pool1d(pooling.MaxPool, "MaxPool1d", input, ksize, strides, padding, data_format, name)


@export("nn.avg_pool1d")
def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Tensor:
    """Take the mean of every window of a sequence.

    Args:
      input: 3-D tensor of a float type, in the layout of `data_format`.
      ksize: The size of the window.
      strides: The step.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"NWC"` or `"NCW"`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.
    """
    return _pool1d(
        avg_pooling.AvgPool, "AvgPool1D", input, ksize, strides, padding, data_format, name
    )


# -- Any rank -------------------------------------------------------------------------------------


def _by_rank(
    by_count: dict[int, Any], input: Any, ksize: Any, strides: Any, padding: str,
    data_format: str | None, name: str | None,
) -> Tensor:  # fmt: skip
    if getattr(input, "shape", None) is not None:
        count = len(input.shape) - 2
    elif data_format is not None:
        count = len(data_format) - 2
    else:
        raise ValueError("The input must have a rank or a data format must be given.")
    if not 1 <= count <= 3:
        raise ValueError(f"Input tensor must be of rank 3, 4 or 5 but was {count + 2}.")
    channels = 1 if _windows.channels_first(data_format) else count + 1
    return by_count[count](
        input,
        ksize=_windows.sequence(ksize, count, channels, "ksize"),
        strides=_windows.sequence(strides, count, channels, "strides"),
        padding=padding,
        data_format=data_format,
        name=name,
    )


@export("nn.max_pool_v2", v2=("nn.max_pool",))
def max_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Take the maximum of every window, in one to three spatial dimensions.

    Args:
      input: Tensor of rank 3, 4 or 5 and a real type.
      ksize: A size for all spatial dimensions, one each, or all.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"N...C"` (the default) or `"NC..."`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.

    Raises:
      ValueError: Build: another rank.
    """
    by_count = {1: max_pool1d, 2: pooling.MaxPool, 3: MaxPool3D}
    return _by_rank(by_count, input, ksize, strides, padding, data_format, name)


@export("nn.avg_pool_v2", v2=("nn.avg_pool",))
def avg_pool_v2(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Take the mean of every window, in one to three spatial dimensions.

    Args:
      input: Tensor of rank 3, 4 or 5 and a float type.
      ksize: A size for all spatial dimensions, one each, or all.
      strides: Steps, given like `ksize`.
      padding: `"SAME"` or `"VALID"`.
      data_format: `"N...C"` (the default) or `"NC..."`.
      name: Name of the op.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.

    Raises:
      ValueError: Build: another rank.
    """
    by_count = {1: avg_pool1d, 2: avg_pooling.AvgPool, 3: AvgPool3D}
    return _by_rank(by_count, input, ksize, strides, padding, data_format, name)


_POOLS = {
    ("MAX", 1): pooling.max_pool,
    ("MAX", 2): pooling.max_pool,
    ("MAX", 3): max_pool3d,
    ("AVG", 1): avg_pooling.avg_pool,
    ("AVG", 2): avg_pooling.avg_pool,
    ("AVG", 3): avg_pool3d,
}


def _pool_arguments(
    count: int, window: Any, strides: Any, data_format: str | None
) -> tuple[list[Any], list[Any], dict[str, Any], int]:
    """Full window and steps, the layout argument, and the first spatial dimension."""
    first = _windows.channels_first(data_format)
    shape = [1, 1, *window] if first else [1, *window, 1]
    steps = [1, 1, *strides] if first else [1, *strides, 1]
    start = 2 if first else 1
    if count > 1:
        return shape, steps, {"data_format": data_format}, start
    if data_format not in (None, "NWC", "NCW"):
        raise ValueError('data_format must be either "NWC" or "NCW".')
    layout = "NCHW" if data_format == "NCW" else "NHWC"
    return [1, *shape], [1, *steps], {"data_format": layout}, start


@export("nn.pool", v2=())
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    padding: str,
    dilation_rate: Any = None,
    strides: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """Pool over one to three spatial dimensions, dilated if asked.

    Args:
      input: Tensor of rank `len(window_shape) + 2` and a float type.
      window_shape: Sizes of the window.
      pooling_type: `"MAX"` or `"AVG"`.
      padding: `"SAME"` or `"VALID"`.
      dilation_rate: Distances between window elements; not together with strides above one.
      strides: Steps, each at most the window's size.
      name: Name of the op.
      data_format: `"N...C"` (the default) or `"NC..."`.
      dilations: Alias of `dilation_rate`.

    Returns:
      The pooled tensor, in the layout and of the type of `input`.

    Raises:
      ValueError: Build: arguments that do not fit each other.
    """
    rate = renamed("dilations", dilations, "dilation_rate", dilation_rate)
    with name_scope(name, f"{pooling_type.lower()}_pool", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        count = len(window_shape)
        if not 1 <= count <= 3:
            raise ValueError("It is required that 1 <= num_spatial_dims <= 3.")
        input.shape.with_rank(count + 2)
        strides, rate = convolution.checked_strides_and_rate(count, strides, rate)
        if padding == "SAME" and np.any(rate > 1):
            raise ValueError("pooling with SAME padding is not implemented for dilation_rate > 1")
        if np.any(strides > window_shape):
            raise ValueError(
                "strides > window_shape not supported due to inconsistency between CPU and GPU "
                "implementations"
            )
        function = _POOLS.get((pooling_type, count))
        if function is None:
            raise ValueError(f"{count}-D {pooling_type} pooling is not supported.")
        window, steps, layout, start = _pool_arguments(count, window_shape, strides, data_format)

        def undilated(batches: Tensor, _: int, chosen: str) -> Tensor:
            if count == 1:
                batches = late.expand_dims(batches, start)
            result = function(batches, window, steps, chosen, name=scope, **layout)
            return late.squeeze(result, [start]) if count == 1 else result

        return convolution.with_space_to_batch(
            input=input,
            dilation_rate=rate,
            padding=padding,
            op=undilated,
            spatial_dims=range(start, start + count),
            filter_shape=window_shape,
        )


@export(v2=("nn.pool",))
def pool_v2(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Pool over one to three spatial dimensions, dilated if asked."""
    return pool(input, window_shape, pooling_type, padding, dilations, strides, name, data_format)
