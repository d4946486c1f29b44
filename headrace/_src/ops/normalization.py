"""Normalisation: moments, batch normalisation from other ops, local response normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops._shapes import require_rank


def _keeps(keepdims: Any, keep_dims: Any) -> bool:
    return bool(renamed("keepdims", keepdims, "keep_dims", keep_dims))


# -- Moments --------------------------------------------------------------------------------------


@export("nn.sufficient_statistics", v2=())
def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Compute what mean and variance can be made of: count, sum and sum of squares.

    Args:
      x: Tensor of a number type.
      axes: Dimensions to reduce.
      shift: Subtracted from `x` first, for the precision of the result; None for nothing.
      keep_dims: Deprecated alias of `keepdims`.
      name: Name of the scope.
      keepdims: Keep reduced dimensions with size 1.

    Returns:
      `(count, sum(x - shift), sum((x - shift) ** 2), shift)`.
    """
    axes = list(set(axes))
    keep = _keeps(keepdims, keep_dims)
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        dims = x.dims
        if dims is not None and all(dims[d] is not None for d in axes):
            count = 1
            for d in axes:
                count *= dims[d]
            counts = late.constant(count, dtype=x.dtype)
        else:
            sizes = late.gather(late.cast(late.shape(x), x.dtype), axes)
            counts = late.reduce_prod(sizes, name="count")
        if shift is None:
            first, second = x, late.square(x)
        else:
            shift = convert_to_tensor(shift, name="shift")
            first = late.subtract(x, shift)
            second = late.squared_difference(x, shift)
        first = late.reduce_sum(first, axes, keepdims=keep, name="mean_ss")
        second = late.reduce_sum(second, axes, keepdims=keep, name="var_ss")
    return counts, first, second, shift


@export(v2=("nn.sufficient_statistics",))
def sufficient_statistics_v2(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Compute what mean and variance can be made of: count, sum and sum of squares."""
    return sufficient_statistics(x, axes, shift, keep_dims=keepdims, name=name)


@export("nn.normalize_moments")
def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance from what `sufficient_statistics` gives.

    Args:
      counts: Number of elements, a scalar of a float type.
      mean_ss: Sums.
      variance_ss: Sums of squares.
      shift: What was subtracted, or None.
      name: Name of the scope.

    Returns:
      `(mean, variance)`.
    """
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = late.reciprocal(counts, name="divisor")
        if shift is None:
            mean = shifted = late.multiply(mean_ss, divisor, name="mean")
        else:
            shifted = late.multiply(mean_ss, divisor, name="shifted_mean")
            mean = late.add(shifted, shift, name="mean")
        variance = late.subtract(
            late.multiply(variance_ss, divisor), late.square(shifted), name="variance"
        )
    return mean, variance


@export("nn.moments", v2=())
def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute mean and (biased) variance over `axes`.

    Args:
      x: Tensor of a float type; float16 is computed in float32.
      axes: Dimensions to reduce.
      shift: Not used.
      name: Name of the scope.
      keep_dims: Deprecated alias of `keepdims`.
      keepdims: Keep reduced dimensions with size 1.

    Returns:
      `(mean, variance)`, of the type of `x`.
    """
    keep = _keeps(keepdims, keep_dims)
    with name_scope(name, "moments", [x, axes]):
        half = x.dtype == dtypes.float16
        y = late.cast(x, dtypes.float32) if half else x
        mean = late.reduce_mean(y, axes, keepdims=True, name="mean")
        squares = late.squared_difference(y, late.stop_gradient(mean))
        variance = late.reduce_mean(squares, axes, keepdims=True, name="variance")
        if not keep:
            mean = late.squeeze(mean, axes)
            variance = late.squeeze(variance, axes)
        if half:
            return late.cast(mean, dtypes.float16), late.cast(variance, dtypes.float16)
        return mean, variance


@export(v2=("nn.moments",))
def moments_v2(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Compute mean and (biased) variance over `axes`."""
    return moments(x, axes, shift, name, keep_dims=keepdims)


@export("nn.weighted_moments", v2=())
def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance with a weight for every element.

    Args:
      x: Tensor of a float type.
      axes: Dimensions to reduce.
      frequency_weights: Weights that stretch to the shape of `x`.
      name: Name of the scope.
      keep_dims: Deprecated alias of `keepdims`.
      keepdims: Keep reduced dimensions with size 1.

    Returns:
      `(mean, variance)`, of the type of `x`.
    """
    keep = _keeps(keepdims, keep_dims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        half = x.dtype == dtypes.float16
        if half:
            x = late.cast(x, dtypes.float32)
        if weights.dtype != x.dtype:
            weights = late.cast(weights, x.dtype)
        total = late.reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        stretched = weights + late.zeros_like(x)
        weight_sum = late.reduce_sum(stretched, axes, name="sum_of_weights", keepdims=True)
        divisor = late.reciprocal(weight_sum, name="inv_weight_sum")
        mean = late.multiply(total, divisor)
        squares = weights * late.squared_difference(x, mean)
        distance = late.reduce_sum(squares, axes, name="weighted_distsq", keepdims=True)
        variance = late.multiply(distance, divisor)
        if not keep:
            mean = late.squeeze(mean, axis=axes)
            variance = late.squeeze(variance, axis=axes)
        if half:
            mean = late.cast(mean, dtypes.float16)
            variance = late.cast(variance, dtypes.float16)
        return mean, variance


@export(v2=("nn.weighted_moments",))
def weighted_moments_v2(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Compute mean and variance with a weight for every element."""
    return weighted_moments(x, axes, frequency_weights, name, keep_dims=keepdims)


# -- Normalising ----------------------------------------------------------------------------------


@export("nn.batch_normalization")
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Tensor:
    """Compute `(x - mean) / sqrt(variance + variance_epsilon) * scale + offset`.

    Args:
      x: Tensor of a float type.
      mean: Means that stretch to the shape of `x`.
      variance: Variances.
      offset: Added at the end; None for nothing.
      scale: Multiplied with; None for nothing.
      variance_epsilon: Keeps the root from zero.
      name: Name of the scope.

    Returns:
      A tensor of the shape and type of `x`.
    """
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inv = late.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inv *= scale
        scaled = x * late.cast(inv, x.dtype)
        shift = offset - mean * inv if offset is not None else -mean * inv
        return scaled + late.cast(shift, x.dtype)


@export("nn.batch_norm_with_global_normalization", v2=())
def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: Any = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """Compute batch normalisation; the former interface of `batch_normalization`.

    Args:
      t: 4-D tensor of a float type.
      m: Means, `[channels]`.
      v: Variances, `[channels]`.
      beta: Offsets, `[channels]`.
      gamma: Scales, `[channels]`.
      variance_epsilon: Keeps the root from zero.
      scale_after_normalization: Whether `gamma` is used.
      name: Name of the scope.
      input: Alias of `t`.
      mean: Alias of `m`.
      variance: Alias of `v`.

    Returns:
      A tensor of the shape and type of `t`.
    """
    t = renamed("input", input, "t", t)
    m = renamed("mean", mean, "m", m)
    v = renamed("variance", variance, "v", v)
    scale = gamma if scale_after_normalization else None
    return batch_normalization(t, m, v, beta, scale, variance_epsilon, name)


@export(v2=("nn.batch_norm_with_global_normalization",))
def batch_norm_with_global_normalization_v2(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: float,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Tensor:
    """Compute batch normalisation; the former interface of `batch_normalization`."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon, name)


@export("math.l2_normalize", "linalg.l2_normalize", "nn.l2_normalize", v2=())
def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Tensor:
    """Compute `x / sqrt(max(sum(x ** 2, axis), epsilon))`.

    Args:
      x: Tensor of a float type.
      axis: Dimension or dimensions whose norm becomes one; all when None.
      epsilon: Least square of the norm.
      name: Name of the op.
      dim: Deprecated alias of `axis`.

    Returns:
      A tensor of the shape and type of `x`.
    """
    axis = renamed("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as name:
        x = convert_to_tensor(x, name="x")
        square_sum = late.reduce_sum(late.square(x), axis, keepdims=True)
        inv_norm = late.rsqrt(late.maximum(square_sum, epsilon))
        return late.multiply(x, inv_norm, name=name)


@export(v2=("math.l2_normalize", "linalg.l2_normalize", "nn.l2_normalize"))
def l2_normalize_v2(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None
) -> Tensor:
    """Compute `x / sqrt(max(sum(x ** 2, axis), epsilon))`."""
    return l2_normalize(x, axis, epsilon, name)


def _count_nonzero(x: Tensor, dtype: Any) -> Tensor:
    with name_scope("count_nonzero", values=[x]):
        zero = late.zeros([], dtype=x.dtype)
        return late.reduce_sum(
            late.cast(late.not_equal(x, zero), dtype=dtype), name="nonzero_count"
        )


@export("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """Compute the share of zeros among the elements of `value`.

    Args:
      value: Tensor of a number type.
      name: Name of the scope.

    Returns:
      A float32 scalar; NaN for an empty tensor.
    """
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        size = late.size(value, out_type=dtypes.int64)
        nonzero = late.cond(
            size <= dtypes.int32.max,
            true_fn=lambda: late.cast(_count_nonzero(value, dtypes.int32), dtype=dtypes.int64),
            false_fn=lambda: _count_nonzero(value, dtypes.int64),
        )
        with name_scope("counts_to_fraction"):
            zeros = late.cast(size - nonzero, dtype=dtypes.float32)
            fraction = zeros / late.cast(size, dtype=dtypes.float32)
        return late.identity(fraction, "fraction")


# -- LRN ------------------------------------------------------------------------------------------
_LRN_ATTRS = {
    "depth_radius": A.integer(default=5),
    "bias": A.number(default=1.0),
    "alpha": A.number(default=1.0),
    "beta": A.number(default=0.5),
    "T": A.dtype((dtypes.float16, dtypes.bfloat16, dtypes.float32), default=dtypes.float32),
}


def _band_sum(k: Any, x: Any, radius: int) -> Any:
    """Sums of `2 * radius + 1` neighbours along the last dimension."""
    channels = x.shape[-1]
    xp = k.np_for(x)
    if 2 * radius + 1 >= 8 or radius >= channels:
        place = np.arange(channels)
        band = (abs(place[:, None] - place) <= radius).astype(x.dtype)
        return xp.matmul(x, band)
    padded = xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(radius, radius)])
    total = padded[..., :channels]
    for i in range(1, 2 * radius + 1):
        total = total + padded[..., i : i + channels]
    return total


LRN = op("LRN", "input: T -> output: T", **_LRN_ATTRS)


@LRN.shape
def _shape_lrn(s: Any, input: Any) -> Any:
    return require_rank(input, 4)


@LRN.kernel
def _kernel_lrn(
    k: Any, input: Any, *, depth_radius: int, bias: float, alpha: float, beta: float
) -> Any:
    if input.ndim != 4:
        raise errors.InvalidArgumentError(None, None, "in must be 4-dimensional")
    kind = input.dtype.type
    norm = kind(bias) + kind(alpha) * _band_sum(k, input * input, depth_radius)
    return input * k.np_for(input).power(norm, kind(-beta))


@LRN.gradient
def _grad_lrn(op: Any, dy: Tensor) -> Tensor:
    attrs = {n: op.attrs[n] for n in ("depth_radius", "bias", "alpha", "beta")}
    return LRNGrad(dy, op.inputs[0], op.outputs[0], **attrs)


@export("nn.local_response_normalization", "nn.lrn")
def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Divide each element by the energy of its neighbours in the channels.

    `output[..., c] = input[..., c] / (bias + alpha * sum(input[..., c - r : c + r + 1] ** 2)) **
    beta`, with `r = depth_radius`.

    Args:
      input: 4-D tensor of float16, bfloat16 or float32.
      depth_radius: Neighbours on each side.
      bias: Least divisor.
      alpha: Weight of the energy.
      beta: Exponent.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `input`.
    """
    if get_default_graph().executes and not all(isinstance(v, float) for v in (bias, alpha, beta)):
        # 1.15 takes a slower way here, on which arrays become float32.
        input = convert_to_tensor(input, preferred_dtype=dtypes.float32)
    return LRN(input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name)


LRNGrad = op(
    "LRNGrad", "input_grads: T, input_image: T, output_image: T -> output: T", **_LRN_ATTRS
)


@LRNGrad.shape
def _shape_lrn_grad(s: Any, input_grads: Any, input_image: Any, output_image: Any) -> Any:
    return require_rank(input_image, 4)


@LRNGrad.kernel
def _kernel_lrn_grad(
    k: Any, input_grads: Any, input_image: Any, output_image: Any, *,
    depth_radius: int, bias: float, alpha: float, beta: float,
) -> Any:  # fmt: skip
    xp, kind = k.np_for(input_grads, input_image, output_image), input_image.dtype.type
    norm = kind(bias) + kind(alpha) * _band_sum(k, input_image * input_image, depth_radius)
    ratio = input_grads * output_image / norm
    direct = input_grads * xp.power(norm, kind(-beta))
    return direct - kind(2 * alpha * beta) * input_image * _band_sum(k, ratio, depth_radius)


LRNGrad.no_gradient("1.15 has no rule", undefined=True)
