"""Fused batch normalisation: FusedBatchNorm in its three versions and their gradient ops.

At inference 1.15 leaves the outputs after `y` undefined on CPUs; here they are the given mean and
variance. The NCHW layout, which 1.15
refuses on CPUs, works.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.native import library as native
from headrace._src.ops import _windows
from headrace._src.ops._late import late
from headrace._src.ops._shapes import merge_dim, require_rank

_LEAST_EPSILON = 1.001e-5
_HALF_OR_FLOAT = A.dtype((dtypes.float16, dtypes.bfloat16, dtypes.float32))
_ONLY_FLOAT = A.dtype((dtypes.float32,))
_ATTRS = {
    "epsilon": A.number(default=0.0001),
    "data_format": A.text(default="NHWC", allowed=("NHWC", "NCHW")),
    "is_training": A.boolean(default=True),
}


# -- Rules ----------------------------------------------------------------------------------------


def _shapes_forward(
    x: Any, vectors: tuple[Any, ...], data_format: str, is_training: bool
) -> list[Any]:
    batch, channels, sizes = _windows.split(require_rank(x, 4), data_format)
    for vector in vectors[: 2 if is_training else 4]:
        channels = merge_dim(channels, require_rank(vector, 1)[0])
    y = _windows.join(batch, channels, sizes, data_format)
    return [y, *[(channels,)] * 4]


def _shapes_backward(
    y_backprop: Any, x: Any, vectors: tuple[Any, ...], data_format: str, is_training: bool
) -> list[Any]:
    batch, channels, sizes = _windows.split(require_rank(y_backprop, 4), data_format)
    channels = merge_dim(channels, _windows.split(require_rank(x, 4), data_format)[1])
    for vector in vectors:
        channels = merge_dim(channels, require_rank(vector, 1)[0])
    dx = _windows.join(batch, channels, sizes, data_format)
    rest = (0,) if is_training else (channels,)
    return [dx, (channels,), (channels,), rest, rest]


def _rows(k: Any, x: Any, data_format: str) -> Any:
    """`[positions, channels]`, at least float32."""
    x = _windows.to_last(k, x, data_format)
    flat = x.reshape(-1, x.shape[-1])
    return flat.astype(np.float32) if flat.dtype.itemsize == 2 else flat


def _unrows(k: Any, rows: Any, x: Any, data_format: str) -> Any:
    batch, channels, sizes = _windows.split(x.shape, data_format)
    shaped = rows.astype(x.dtype).reshape(batch, *sizes, channels)
    return _windows.from_last(k, shaped, data_format)


def _column_sum(k: Any, rows: Any) -> Any:
    xp = k.np_for(rows)
    if xp is np:
        # A product with ones rounds better than NumPy's sum over rows, and is faster.
        return np.ones(rows.shape[0], rows.dtype) @ rows
    return rows.sum(axis=0)


def _native(k: Any, kernel: str, *values: Any) -> Any:
    """The two rows that a native reduction makes of the columns, or None where there is none."""
    xp, rows = k.np_for(*values), values[0]
    serves = native.serves_host if xp is np else native.serves_xla
    if not rows.size or not serves(kernel, rows.dtype):
        return None
    door = native.run if xp is np else native.lower
    return door(kernel, rows.shape, (2, rows.shape[1]), *(xp.asarray(v) for v in values))


def _batch_moments(k: Any, rows: Any) -> tuple[Any, Any, Any]:
    """Mean, biased and unbiased variance of the columns; NaN when there are no rows."""
    xp, count = k.np_for(rows), rows.shape[0]
    if not count:
        nan = xp.full(rows.shape[1:], np.nan, rows.dtype)
        return nan, nan, nan
    moments = _native(k, "column_moments", rows)
    if moments is not None:
        mean, variance = moments
    else:
        mean = _column_sum(k, rows) / np.float32(count)
        centred = rows - mean
        variance = _column_sum(k, centred * centred) / np.float32(count)
    return mean, variance, variance * np.float32(count / max(count - 1, 1))


def _forward(
    k: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any,
    epsilon: float, data_format: str, is_training: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """`y`, then mean and variance to report, then mean and variance for the gradient."""
    if x.ndim != 4:
        raise errors.InvalidArgumentError(
            None, None, f"input must be 4-dimensional{dims_lib.text(x.shape)}"
        )
    xp = k.np_for(x, scale, offset, mean, variance)
    if is_training:
        for label, value in (("mean", mean), ("variance", variance)):
            if value.size:
                raise errors.InvalidArgumentError(
                    None, None, f"estimated_{label} must be empty for training{list(value.shape)}"
                )
    rows = _rows(k, x, data_format)
    if is_training:
        mean, variance, unbiased = _batch_moments(k, rows)
    else:
        unbiased = variance
    gain = scale / xp.sqrt(variance + np.float32(epsilon))
    y = _unrows(k, (rows - mean) * gain + offset, x, data_format)
    return y, mean, unbiased, mean, variance


def _backward(
    k: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any,
    epsilon: float, data_format: str, is_training: bool,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Gradients of `y` by `x`, scale and offset."""
    xp = k.np_for(dy, x, scale, mean, variance)
    dy_rows, rows = _rows(k, dy, data_format), _rows(k, x, data_format)
    centred = rows - mean
    inv = 1 / xp.sqrt(variance + np.float32(epsilon))
    sums = _native(k, "column_dots", dy_rows, rows, mean)
    if sums is not None:
        doffset, product = sums
    else:
        doffset = _column_sum(k, dy_rows)
        product = _column_sum(k, dy_rows * centred)
    if is_training:
        count = np.float32(max(dy_rows.shape[0], 1))
        dy_rows = dy_rows - doffset / count - centred * (inv * inv * product / count)
    return _unrows(k, dy_rows * (scale * inv), x, data_format), product * inv, doffset


def _reserved() -> Any:
    return np.zeros((), np.float32)


def _grad_by(spec: Any, op: Any, dy: Tensor, *extra: Tensor) -> tuple[Any, ...]:
    """The rule of all versions: `spec` on the saved moments, or on the given ones at inference."""
    x, scale, _, pop_mean, pop_variance = op.inputs
    epsilon, data_format = op.attrs["epsilon"], op.attrs["data_format"]
    if op.attrs["is_training"]:
        return tuple(
            spec(
                dy, x, scale, op.outputs[3], op.outputs[4], *extra,
                epsilon=epsilon, data_format=data_format, is_training=True,
            )
        )  # fmt: skip
    first = _windows.channels_first(data_format)
    if first:
        x = late.transpose(x, [0, 2, 3, 1])
        dy = late.transpose(dy, [0, 2, 3, 1])
    dx, dscale, doffset, _, _ = spec(
        dy, x, scale, pop_mean, pop_variance, *extra,
        epsilon=epsilon, data_format="NHWC", is_training=False,
    )  # fmt: skip
    if first:
        dx = late.transpose(dx, [0, 3, 1, 2])
    return dx, dscale, doffset, None, None


# -- Second order ---------------------------------------------------------------------------------


def _trained_gradient(
    dy: Tensor, x: Tensor, scale: Tensor, epsilon: float, first: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of training mode out of plain ops."""
    axes = [0, 2, 3] if first else [0, 1, 2]
    if first:
        scale = late.reshape(scale, [1, late.size(scale), 1, 1])
    mean_dy = late.reduce_mean(dy, axes, keepdims=first)
    mean_x = late.reduce_mean(x, axes, keepdims=first)
    variance = late.reduce_mean(
        late.squared_difference(x, late.stop_gradient(mean_x)), axes, keepdims=first
    )
    dy_centred = dy - mean_dy
    centred = x - mean_x
    mean = late.reduce_mean(dy * centred, axis=axes, keepdims=first)
    dx = (
        scale
        * late.rsqrt(variance + epsilon)
        * (dy_centred - late.reciprocal(variance + epsilon) * mean * centred)
    )
    dscale = late.rsqrt(variance + epsilon) * late.reduce_sum(
        dy * centred, axis=axes, keepdims=first
    )
    if first:
        dscale = late.squeeze(dscale)
    return dx, dscale, late.reduce_sum(dy, axis=axes)


def _inference_gradient(
    dy: Tensor, x: Tensor, scale: Tensor, mean: Tensor, variance: Tensor, epsilon: float,
    first: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The gradients of inference mode out of plain ops."""
    axes = [0, 2, 3] if first else [0, 1, 2]
    if first:
        shape = [1, late.size(mean), 1, 1]
        mean = late.reshape(mean, shape)
        variance = late.reshape(variance, shape)
        scale = late.reshape(scale, shape)
    doffset = late.reduce_sum(dy, axis=axes)
    inv = late.rsqrt(variance + epsilon)
    dscale = late.reduce_sum(dy * (x - mean) * inv, axis=axes)
    return dy * scale * inv, dscale, doffset


def _second_gradient(op: Any, *dys: Any) -> tuple[Any, ...]:
    """Differentiates the gradient, written out of plain ops."""
    dy, x, scale, mean, variance = op.inputs[:5]
    first = _windows.channels_first(op.attrs["data_format"])
    epsilon = op.attrs["epsilon"]
    half = x.dtype.base_dtype == dtypes.float16
    wide_x = late.cast(x, dtypes.float32) if half else x
    wide_dy = late.cast(dy, dtypes.float32) if half else dy
    if op.attrs["is_training"]:
        dx, dscale, doffset = _trained_gradient(wide_dy, wide_x, scale, epsilon, first)
    else:
        dx, dscale, doffset = _inference_gradient(
            wide_dy, wide_x, scale, mean, variance, epsilon, first
        )
    dx = late.cast(dx, x.dtype)
    targets = [dy, x, scale]
    results = late.gradients([dx, dscale, doffset], targets, list(dys[:3]), stop_gradients=targets)
    return tuple(results)


# -- FusedBatchNorm -------------------------------------------------------------------------------
FusedBatchNorm = op(
    "FusedBatchNorm",
    "x: T, scale: T, offset: T, mean: T, variance: T -> y: T, batch_mean: T, batch_variance: T, "
    "reserve_space_1: T, reserve_space_2: T",
    T=_ONLY_FLOAT,
    **_ATTRS,
)


@FusedBatchNorm.shape
def _shape_fused_batch_norm(
    s: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *,
    data_format: str, is_training: bool,
) -> list[Any]:  # fmt: skip
    return _shapes_forward(x, (scale, offset, mean, variance), data_format, is_training)


@FusedBatchNorm.kernel
def _kernel_fused_batch_norm(
    k: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *,
    epsilon: float, data_format: str, is_training: bool,
) -> Any:  # fmt: skip
    return _forward(k, x, scale, offset, mean, variance, epsilon, data_format, is_training)


@FusedBatchNorm.gradient
def _grad_fused_batch_norm(op: Any, *dys: Any) -> tuple[Any, ...]:
    return _grad_by(FusedBatchNormGrad, op, dys[0])


FusedBatchNormV2 = op(
    "FusedBatchNormV2",
    "x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, "
    "reserve_space_1: U, reserve_space_2: U",
    T=_HALF_OR_FLOAT,
    U=_ONLY_FLOAT,
    **_ATTRS,
)
FusedBatchNormV2.shape(_shape_fused_batch_norm)
FusedBatchNormV2.kernel(_kernel_fused_batch_norm)


@FusedBatchNormV2.gradient
def _grad_fused_batch_norm_v2(op: Any, *dys: Any) -> tuple[Any, ...]:
    return _grad_by(FusedBatchNormGradV2, op, dys[0])


FusedBatchNormV3 = op(
    "FusedBatchNormV3",
    "x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, "
    "reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
    T=_HALF_OR_FLOAT,
    U=_ONLY_FLOAT,
    **_ATTRS,
)


@FusedBatchNormV3.shape
def _shape_fused_batch_norm_v3(
    s: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *,
    data_format: str, is_training: bool,
) -> list[Any]:  # fmt: skip
    vectors = (scale, offset, mean, variance)
    return [*_shapes_forward(x, vectors, data_format, is_training), None]


@FusedBatchNormV3.kernel
def _kernel_fused_batch_norm_v3(
    k: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *,
    epsilon: float, data_format: str, is_training: bool,
) -> Any:  # fmt: skip
    outputs = _forward(k, x, scale, offset, mean, variance, epsilon, data_format, is_training)
    return *outputs, _reserved()


@FusedBatchNormV3.gradient
def _grad_fused_batch_norm_v3(op: Any, *dys: Any) -> tuple[Any, ...]:
    return _grad_by(FusedBatchNormGradV3, op, dys[0], op.outputs[5])


@export("nn.fused_batch_norm", v2=())
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise every channel of a batch of images.

    Args:
      x: 4-D tensor of float16, bfloat16 or float32.
      scale: Multiplied with, float32 `[channels]`.
      offset: Added, float32 `[channels]`.
      mean: Means to use at inference, float32 `[channels]`; None in training.
      variance: Variances to use at inference; None in training.
      epsilon: Added to the variance, at least 1.001e-5.
      data_format: `"NHWC"` or `"NCHW"`.
      is_training: Use (and give) the moments of the batch.
      name: Name of the op.

    Returns:
      `(y, mean, variance)`; in training the variance is the unbiased one.

    Raises:
      ValueError: Build: moments given in training, or shapes that do not fit.
    """
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    if is_training and (mean is not None or variance is not None):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    if mean is None:
        mean = late.constant([])
    if variance is None:
        variance = late.constant([])
    outputs = FusedBatchNormV3(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=max(epsilon, _LEAST_EPSILON),
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return tuple(outputs[:3])


# -- FusedBatchNormGrad ---------------------------------------------------------------------------
FusedBatchNormGrad = op(
    "FusedBatchNormGrad",
    "y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> x_backprop: T, "
    "scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
    T=_ONLY_FLOAT,
    **_ATTRS,
)


@FusedBatchNormGrad.shape
def _shape_fused_batch_norm_grad(
    s: Any, y_backprop: Any, x: Any, scale: Any, reserve_space_1: Any, reserve_space_2: Any, *,
    data_format: str, is_training: bool,
) -> list[Any]:  # fmt: skip
    vectors = (scale, reserve_space_1, reserve_space_2)
    return _shapes_backward(y_backprop, x, vectors, data_format, is_training)


@FusedBatchNormGrad.kernel
def _kernel_fused_batch_norm_grad(
    k: Any, y_backprop: Any, x: Any, scale: Any, reserve_space_1: Any, reserve_space_2: Any, *,
    epsilon: float, data_format: str, is_training: bool,
) -> Any:  # fmt: skip
    gradients = _backward(
        k, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format,
        is_training,
    )  # fmt: skip
    return *gradients, _reserved(), _reserved()


@FusedBatchNormGrad.gradient
def _grad_fused_batch_norm_grad(op: Any, *dys: Any) -> tuple[Any, ...]:
    return *_second_gradient(op, *dys), None, None


FusedBatchNormGradV2 = op(
    "FusedBatchNormGradV2",
    "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U -> x_backprop: T, "
    "scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
    T=_HALF_OR_FLOAT,
    U=_ONLY_FLOAT,
    **_ATTRS,
)
FusedBatchNormGradV2.shape(_shape_fused_batch_norm_grad)
FusedBatchNormGradV2.kernel(_kernel_fused_batch_norm_grad)
FusedBatchNormGradV2.gradient(_grad_fused_batch_norm_grad)


FusedBatchNormGradV3 = op(
    "FusedBatchNormGradV3",
    "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, "
    "reserve_space_3: U -> x_backprop: T, scale_backprop: U, offset_backprop: U, "
    "reserve_space_4: U, reserve_space_5: U",
    T=_HALF_OR_FLOAT,
    U=_ONLY_FLOAT,
    **_ATTRS,
)


@FusedBatchNormGradV3.shape
def _shape_fused_batch_norm_grad_v3(
    s: Any, y_backprop: Any, x: Any, scale: Any, reserve_space_1: Any, reserve_space_2: Any,
    reserve_space_3: Any, *, data_format: str, is_training: bool,
) -> list[Any]:  # fmt: skip
    vectors = (scale, reserve_space_1, reserve_space_2)
    return _shapes_backward(y_backprop, x, vectors, data_format, is_training)


@FusedBatchNormGradV3.kernel
def _kernel_fused_batch_norm_grad_v3(
    k: Any, y_backprop: Any, x: Any, scale: Any, reserve_space_1: Any, reserve_space_2: Any,
    reserve_space_3: Any, *, epsilon: float, data_format: str, is_training: bool,
) -> Any:  # fmt: skip
    return _kernel_fused_batch_norm_grad(
        k, y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon=epsilon,
        data_format=data_format, is_training=is_training,
    )  # fmt: skip


@FusedBatchNormGradV3.gradient
def _grad_fused_batch_norm_grad_v3(op: Any, *dys: Any) -> tuple[Any, ...]:
    return *_second_gradient(op, *dys), None, None, None
