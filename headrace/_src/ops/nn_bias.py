"""Biases: adding a vector along the channels."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import nn_activations
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank
from headrace._src.ops._windows import channels_first

_DATA_FORMAT = A.text(default="NHWC", allowed=("NHWC", "NCHW"))


def _channel_axis(rank: int, data_format: str) -> int:
    return 1 if channels_first(data_format) else rank - 1


def _check_rank(value: Any, data_format: str) -> None:
    least = 3 if channels_first(data_format) else 2
    if value is not None and len(value) < least:
        raise ValueError(f"Shape must be at least rank {least} but is rank {len(value)}")


# -- BiasAdd --------------------------------------------------------------------------------------
BiasAdd = op("BiasAdd", "value: T, bias: T -> output: T", T=G.NUMBER, data_format=_DATA_FORMAT)


@BiasAdd.shape
def _shape_bias_add(s: Any, value: Any, bias: Any, *, data_format: str) -> Any:
    _check_rank(value, data_format)
    (size,) = require_rank(bias, 1)
    if value is None:
        return None
    axis = _channel_axis(len(value), data_format)
    channels = value[axis]
    if None not in (channels, size) and channels != size:
        raise ValueError(f"Dimensions must be equal, but are {channels} and {size}")
    merged = size if channels is None else channels
    return (*value[:axis], merged, *value[axis + 1 :])


def _check_input(value: Any) -> None:
    if value.ndim < 2:
        raise errors.InvalidArgumentError(
            None, None, f"Input tensor must be at least 2D: {dims.text(value.shape)}"
        )


def _add_bias(k: Any, value: Any, bias: Any, data_format: str) -> Any:
    _check_input(value)
    axis = _channel_axis(value.ndim, data_format)
    if bias.ndim != 1:
        raise errors.InvalidArgumentError(None, None, f"Biases must be 1D: {dims.text(bias.shape)}")
    if bias.shape != (value.shape[axis],):
        raise errors.InvalidArgumentError(
            None,
            None,
            "Must provide as many biases as the last dimension of the input tensor: "
            f"{dims.text(bias.shape)} vs. {dims.text(value.shape)}",
        )
    if axis != value.ndim - 1:
        bias = bias.reshape((-1,) + (1,) * (value.ndim - 1 - axis))
    return value + bias


@BiasAdd.kernel
def _kernel_bias_add(k: Any, value: Any, bias: Any, *, data_format: str) -> Any:
    return _add_bias(k, value, bias, data_format)


@BiasAdd.gradient
def _grad_bias_add(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    return dy, BiasAddGrad(dy, data_format=op.attrs["data_format"])


@export("nn.bias_add")
def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """Add `bias` to every position of `value` along its channels.

    Args:
      value: Tensor of a number type and rank at least 2.
      bias: Vector of the type of `value`, one element a channel.
      data_format: `"N...C"` (the default) or `"NC..."`.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `value`.

    Raises:
      ValueError: Build: an unknown `data_format`, or shapes that do not fit.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as name:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError("data_format must be of the form `N...C` or `NC...`")
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return BiasAdd(value, bias, data_format=data_format, name=name)


# -- BiasAddGrad ----------------------------------------------------------------------------------
BiasAddGrad = op(
    "BiasAddGrad", "out_backprop: T -> output: T", T=G.NUMBER, data_format=_DATA_FORMAT
)


@BiasAddGrad.shape
def _shape_bias_add_grad(s: Any, out_backprop: Any, *, data_format: str) -> Any:
    _check_rank(out_backprop, data_format)
    if out_backprop is None:
        return (None,)
    return (out_backprop[_channel_axis(len(out_backprop), data_format)],)


@BiasAddGrad.kernel
def _kernel_bias_add_grad(k: Any, out_backprop: Any, *, data_format: str) -> Any:
    _check_input(out_backprop)
    channels = _channel_axis(out_backprop.ndim, data_format)
    xp = k.np_for(out_backprop)
    if (
        xp is k.np
        and not k.xla
        and out_backprop.dtype.kind == "f"
        and channels == out_backprop.ndim - 1
    ):
        # A product with ones: NumPy's sum over leading dimensions is several times slower.
        flat = out_backprop.reshape(-1, out_backprop.shape[-1])
        if flat.dtype.itemsize > 2:
            return xp.ones(flat.shape[0], flat.dtype) @ flat
    axes = tuple(i for i in range(out_backprop.ndim) if i != channels)
    return out_backprop.sum(axis=axes, dtype=out_backprop.dtype)


@BiasAddGrad.gradient
def _grad_bias_add_grad(op: Any, dy: Tensor) -> Tensor:
    shape = late.shape(op.inputs[0])
    bias_shape = late.shape(dy)
    if channels_first(op.attrs["data_format"]):
        expanded = late.concat(
            [late.ones_like(shape[:1]), bias_shape, late.ones_like(shape[2:])], 0
        )
        multiples = late.concat([shape[:1], [1], shape[2:]], 0)
    else:
        expanded = late.concat([late.ones_like(shape[:-1]), bias_shape], 0)
        multiples = late.concat([shape[:-1], [1]], 0)
    return late.tile(late.reshape(dy, expanded), multiples)


# -- BiasAddV1 ------------------------------------------------------------------------------------
BiasAddV1 = op("BiasAddV1", "value: T, bias: T -> output: T", T=G.NUMBER)


@BiasAddV1.shape
def _shape_bias_add_v1(s: Any, value: Any, bias: Any) -> Any:
    return _shape_bias_add(s, value, bias, data_format="NHWC")


@BiasAddV1.kernel
def _kernel_bias_add_v1(k: Any, value: Any, bias: Any) -> Any:
    return _add_bias(k, value, bias, "NHWC")


@BiasAddV1.gradient
def _grad_bias_add_v1(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    axes = late.range(late.rank(dy) - 1)
    return dy, late.reduce_sum(dy, axes)


# -- Layers ---------------------------------------------------------------------------------------


@export("nn.xw_plus_b", v2=())
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Compute `matmul(x, weights) + biases`.

    Args:
      x: Matrix `[batch, in]`.
      weights: Matrix `[in, out]`.
      biases: Vector `[out]`.
      name: Name of the op.

    Returns:
      A matrix `[batch, out]`.
    """
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as name:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(late.matmul(x, weights), biases, name=name)


@export("nn.relu_layer", v2=())
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """Compute `relu(matmul(x, weights) + biases)`.

    Args:
      x: Matrix `[batch, in]`.
      weights: Matrix `[in, out]`.
      biases: Vector `[out]`.
      name: Name of the op.

    Returns:
      A matrix `[batch, out]`.
    """
    with name_scope(name, "relu_layer", [x, weights, biases]) as name:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return nn_activations.relu(bias_add(late.matmul(x, weights), biases), name=name)
