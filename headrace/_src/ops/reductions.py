"""Reductions over dimensions: sums, means, products, extrema and logic."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import colocate_with, device, name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._builders import reduction
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import is_full, seen_before

_DEPRECATED = ("keep_dims", "reduction_indices")


# -- arguments --------------------------------------------------------------------------------
def one_of(name: str, value: Any, old_name: str, old_value: Any) -> Any:
    """The value of an argument that also has a deprecated name.

    Raises:
      ValueError: both are given.
    """
    if old_value is None:
        return value
    if value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{name}'")
    return old_value


def _rank(x: Any) -> int | None:
    if isinstance(x, SparseTensor):
        shape = x.dense_shape.dims
        return shape[0] if shape else None
    # Of a Python value the graph computes the rank, as in 1.15.
    return len(x.dims) if isinstance(x, Tensor) and x.dims is not None else None


@functools.lru_cache(64)
def _all_axes(graph: Any, rank: int) -> Tensor:
    """The axes of a value; it is the same tensor for all values of that rank."""
    return late.constant(np.arange(rank), dtype=dtypes.int32)


def reduction_dims(x: Any, axis: Any) -> Any:
    """The axes to reduce: those given, or all."""
    if axis is not None:
        return axis
    rank = _rank(x)
    if rank is not None:
        graph: Any = get_default_graph()
        if graph.executes:
            return _all_axes(graph, rank)
        return late.constant(np.arange(rank), dtype=dtypes.int32)
    return late.range(0, late.rank(x))


def _reduce(spec: Any, x: Any, axis: Any, keepdims: Any, name: str | None) -> Tensor:
    axes = reduction_dims(x, axis)
    result = spec(x, axes, keep_dims=True, name=name) if keepdims else spec(x, axes, name=name)
    if axis is None and not keepdims and not is_full(result.dims):
        result.set_shape(())
    return result


def reduced_shape(input_shape: Any, axes: Any) -> Tensor:
    """The shape, as a tensor, with ones in place of the reduced dimensions."""
    input_shape = casts.cast(input_shape, dtypes.int32)
    axes = casts.cast(axes, dtypes.int32)
    rank = late.size(input_shape)
    axes = (axes + rank) % rank
    axes_shape = late.shape(axes)
    return late.dynamic_stitch([late.range(rank), axes], [input_shape, late.fill(axes_shape, 1)])


def _shape_ratio(x: Any, y: Any) -> Any:
    return x // late.maximum(y, 1)


# -- Sum --------------------------------------------------------------------------------------
def _static_shapes(dims: tuple[int, ...], axes: tuple[int, ...]) -> tuple[Any, Any]:
    """The shape with ones, and the tiling that undoes the reduction, as tuples."""
    rank = len(dims)
    reduced = {a % rank for a in axes}
    kept = tuple(1 if i in reduced else d for i, d in enumerate(dims))
    if not seen_before(("reduced", dims, axes)):
        reduced_shape(dims, axes)
        _shape_ratio(dims, kept)
    return kept, tuple(d // max(k, 1) for d, k in zip(dims, kept, strict=True))


def _expand(op: Any, dy: Tensor) -> Tensor:
    """`dy` repeated over the reduced dimensions."""
    x = op.inputs[0]
    axes = constant_value(op.inputs[1]) if x.dims is not None else None
    if axes is not None:
        rank = len(x.dims)
        if np.array_equal(axes, np.arange(rank)):
            dy = late.reshape(dy, [1] * rank)
            if is_full(x.dims):
                shape = late.constant(x.dims, dtype=dtypes.int32)
            else:
                shape = late.shape(x)
            return late.tile(dy, shape)
        if is_full(x.dims):
            kept, tiling = _static_shapes(x.dims, tuple(np.reshape(axes, -1).tolist()))
            return late.tile(late.reshape(dy, kept), tiling)
    input_shape = late.shape(x)
    with colocate_with(input_shape):
        kept = reduced_shape(input_shape, op.inputs[1])
        tiling = _shape_ratio(input_shape, kept)
    return late.tile(late.reshape(dy, kept), tiling)


def _grad_sum(op, dy):
    return _expand(op, dy), None


def _sum(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    # Halves are summed in single precision, as the accumulators of 1.15 are.
    dtype = np.float32 if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x.dtype
    return xp.sum(x, axis=axes, keepdims=keep_dims, dtype=dtype)


Sum = reduction("Sum", _sum, G.NUMBER, grad=_grad_sum, ufunc=np.add)


@export("math.reduce_sum", "reduce_sum", v2=(), deprecated_args=_DEPRECATED)
def reduce_sum(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Sum over dimensions.

    Args:
      input_tensor: A tensor of a number type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: (build) a dimension is out of range.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Sum, input_tensor, axis, keepdims, name)


# -- Mean -------------------------------------------------------------------------------------
def _mean(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    total = _sum(xp, x, axes, keep_dims)
    count = int(np.prod([x.shape[a] for a in axes], dtype=np.int64))
    if x.dtype.kind not in "iu":
        return xp.true_divide(total, np.asarray(count).astype(total.dtype))
    if count == 0:
        return total
    # The quotient of integers is rounded towards zero.
    return xp.sign(total) * (xp.abs(total) // np.asarray(count).astype(total.dtype))


def _grad_mean(op, dy):
    total = _expand(op, dy)
    x, y = op.inputs[0], op.outputs[0]
    if is_full(x.dims) and is_full(y.dims):
        factor = int(np.prod(x.dims)) // max(int(np.prod(y.dims)), 1)
        factor = late.constant(factor, dtype=total.dtype)
    else:
        input_shape = late.shape(x)
        output_shape = late.shape(y)
        factor = _shape_ratio(late.reduce_prod(input_shape), late.reduce_prod(output_shape))
    return late.truediv(total, casts.cast(factor, total.dtype)), None


Mean = reduction("Mean", _mean, G.NUMBER, grad=_grad_mean)


@export("math.reduce_mean", "reduce_mean", v2=(), deprecated_args=_DEPRECATED)
def reduce_mean(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Average over dimensions; averages of integers are rounded towards zero.

    Args:
      input_tensor: A tensor of a number type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: (build) a dimension is out of range.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Mean, input_tensor, axis, keepdims, name)


# -- Prod -------------------------------------------------------------------------------------
def _prod(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    return xp.prod(x, axis=axes, keepdims=keep_dims, dtype=x.dtype)


def _grad_prod(op, dy):
    x, axes = op.inputs
    input_shape = late.shape(x)
    axes = late.reshape(axes, [-1])
    kept = reduced_shape(input_shape, op.inputs[1])
    tiling = _shape_ratio(input_shape, kept)
    dy = late.tile(late.reshape(dy, kept), tiling)
    # The product without one element is that of the elements before it and of those after it.
    with device("/cpu:0"):
        rank = late.rank(x)
        axes = (axes + rank) % rank
        reduced = casts.cast(axes, dtypes.int32)
        other, _ = late.setdiff1d(late.range(0, rank), reduced)
        perm = late.concat([reduced, other], 0)
        reduced_num = late.reduce_prod(late.gather(input_shape, reduced))
        other_num = late.reduce_prod(late.gather(input_shape, other))
    permuted = late.transpose(x, perm)
    permuted_shape = late.shape(permuted)
    flat = late.reshape(permuted, (reduced_num, other_num))
    before = late.cumprod(flat, axis=0, exclusive=True)
    after = late.cumprod(flat, axis=0, exclusive=True, reverse=True)
    y = late.reshape(casts.conj(before) * casts.conj(after), permuted_shape)
    out = dy * late.transpose(y, late.invert_permutation(perm))
    return late.reshape(out, input_shape), None


Prod = reduction("Prod", _prod, G.NUMBER, grad=_grad_prod)


@export("math.reduce_prod", "reduce_prod", v2=(), deprecated_args=_DEPRECATED)
def reduce_prod(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Multiply over dimensions.

    Args:
      input_tensor: A tensor of a number type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Prod, input_tensor, axis, keepdims, name)


# -- Max, Min ---------------------------------------------------------------------------------
def _limit(dtype: Any, sign: int) -> Any:
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.max if sign > 0 else info.min
    return np.asarray(sign * np.inf, dtype)


def _max(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    # NaNs never win: only what is larger than the starting value counts.
    low = _limit(x.dtype, -1)
    if x.dtype.kind not in "iu":
        x = xp.where(xp.isnan(x), low, x)
    return xp.max(x, axis=axes, keepdims=keep_dims, initial=low)


def _min(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    high = _limit(x.dtype, 1)
    if x.dtype.kind not in "iu":
        x = xp.where(xp.isnan(x), high, x)
    return xp.min(x, axis=axes, keepdims=keep_dims, initial=high)


def _grad_extremum(op, dy):
    x, axes = op.inputs
    kept = reduced_shape(late.shape(x), axes)
    y = late.reshape(op.outputs[0], kept)
    dy = late.reshape(dy, kept)
    # Equal extrema share the gradient.
    winners = casts.cast(late.equal(y, x), dy.dtype)
    count = late.reshape(late.reduce_sum(winners, axes), kept)
    return late.divide(winners, count) * dy, None


Max = reduction("Max", _max, G.NUMBER, grad=_grad_extremum)
Min = reduction("Min", _min, G.NUMBER, grad=_grad_extremum)


@export("math.reduce_max", "reduce_max", v2=(), deprecated_args=_DEPRECATED)
def reduce_max(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the largest element over dimensions; NaNs are passed over.

    Args:
      input_tensor: A tensor of a real type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype; the smallest value of the dtype where nothing is reduced.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Max, input_tensor, axis, keepdims, name)


@export("math.reduce_min", "reduce_min", v2=(), deprecated_args=_DEPRECATED)
def reduce_min(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Find the smallest element over dimensions; NaNs are passed over.

    Args:
      input_tensor: A tensor of a real type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype; the largest value of the dtype where nothing is reduced.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Min, input_tensor, axis, keepdims, name)


# -- All, Any ---------------------------------------------------------------------------------
_BOOLEAN = "The input is boolean."
All = reduction(
    "All",
    lambda xp, x, axes, keep: xp.all(x, axis=axes, keepdims=keep),
    None,
    undefined_gradient=_BOOLEAN,
)
Any_ = reduction(
    "Any",
    lambda xp, x, axes, keep: xp.any(x, axis=axes, keepdims=keep),
    None,
    undefined_gradient=_BOOLEAN,
)


@export("math.reduce_all", "reduce_all", v2=(), deprecated_args=_DEPRECATED)
def reduce_all(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Tell whether all elements are true, over dimensions.

    Args:
      input_tensor: A bool tensor.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A bool tensor.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(All, input_tensor, axis, keepdims, name)


@export("math.reduce_any", "reduce_any", v2=(), deprecated_args=_DEPRECATED)
def reduce_any(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Tell whether any element is true, over dimensions.

    Args:
      input_tensor: A bool tensor.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A bool tensor.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    return _reduce(Any_, input_tensor, axis, keepdims, name)


# -- EuclideanNorm ----------------------------------------------------------------------------
def _euclidean_norm(xp: Any, x: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    squares = x * xp.conj(x) if x.dtype.kind == "c" else x * x
    total = _sum(xp, squares, axes, keep_dims)
    return xp.sqrt(total).astype(x.dtype)


EuclideanNorm = reduction(
    "EuclideanNorm", _euclidean_norm, G.NUMBER, no_gradient="1.15 has none either."
)


@export("math.reduce_euclidean_norm")
def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute the Euclidean norm over dimensions.

    Args:
      input_tensor: A tensor of a number type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.

    Returns:
      A tensor of the same dtype.
    """
    return _reduce(EuclideanNorm, input_tensor, axis, keepdims, name)


# -- composed reductions ----------------------------------------------------------------------
@export("math.count_nonzero", "count_nonzero", v2=(), deprecated_args=_DEPRECATED)
def count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
    input: Any = None,
) -> Tensor:
    """Count the elements that are not zero, over dimensions.

    Args:
      input_tensor: A tensor of a number type, bool or string.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      dtype: The dtype of the counts.
      name: A name scope.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.
      input: Another name of `input_tensor`.

    Returns:
      A tensor of `dtype`.
    """
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    input_tensor = one_of("input", input, "input_tensor", input_tensor)
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    return count_nonzero_v2(input_tensor, axis, keepdims, dtype, name)


@export(v2=("math.count_nonzero",))
def count_nonzero_v2(
    input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Count the elements that are not zero, over dimensions.

    Args:
      input: A tensor of a number type, bool or string.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      dtype: The dtype of the counts.
      name: A name scope.

    Returns:
      A tensor of `dtype`.
    """
    with name_scope(name, "count_nonzero", [input]):
        input = convert_to_tensor(input, name="input")
        zero = late.zeros([], dtype=input.dtype)
        ones = casts.cast(late.not_equal(input, zero), dtypes.int64)
        return casts.cast(reduce_sum(ones, axis=axis, keepdims=bool(keepdims)), dtype=dtype)


@export("math.reduce_variance")
def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute the variance over dimensions: the mean of the squared deviations from the mean.

    Args:
      input_tensor: A tensor of a floating type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: A name scope.

    Returns:
      A tensor of the same dtype.
    """
    with name_scope(name if name else "reduce_variance"):
        means = reduce_mean(input_tensor, axis=axis, keepdims=True)
        squares = late.square(input_tensor - means)
        return reduce_mean(squares, axis=axis, keepdims=keepdims)


@export("math.reduce_std")
def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Tensor:
    """Compute the standard deviation over dimensions: the square root of the variance.

    Args:
      input_tensor: A tensor of a floating type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: A name scope.

    Returns:
      A tensor of the same dtype.
    """
    with name_scope(name if name else "reduce_std"):
        return late.sqrt(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


@export("math.reduce_logsumexp", "reduce_logsumexp", v2=(), deprecated_args=_DEPRECATED)
def reduce_logsumexp(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    reduction_indices: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute `log(sum(exp(x)))` over dimensions without overflow.

    Args:
      input_tensor: A tensor of a floating type.
      axis: The dimensions to reduce; all when None.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: The node's name.
      reduction_indices: Deprecated name of `axis`.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype.
    """
    axis = one_of("axis", axis, "reduction_indices", reduction_indices)
    keepdims = bool(one_of("keepdims", keepdims, "keep_dims", keep_dims))
    x = convert_to_tensor(input_tensor)
    with name_scope(name, "ReduceLogSumExp", [x]):
        largest = reduce_max(x, axis=axis, keepdims=True)
        finite = late.is_finite(largest)
        shift = late.stop_gradient(late.where(finite, largest, late.zeros_like(largest)))
        total = reduce_sum(late.exp(late.subtract(x, shift)), axis, keepdims=keepdims)
        result = late.log(total)
        if not keepdims:
            shift = late.reshape(shift, late.shape(result))
        result = late.add(result, shift)
        if axis is None and not keepdims and not is_full(result.dims):
            result.set_shape(())
        return result


def _v2(function: Any) -> Any:
    """The form of a reduction without its deprecated arguments, for the newer namespaces."""

    def reduce_v2(
        input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Tensor:
        return function(input_tensor, axis, keepdims, name)

    reduce_v2.__doc__ = (
        function.__doc__.split("      reduction_indices:")[0]
        + (function.__doc__[function.__doc__.index("\n    Returns:") :])
    )
    reduce_v2.__name__ = function.__name__ + "_v2"
    return reduce_v2


reduce_sum_v2 = export(v2=("math.reduce_sum", "reduce_sum"))(_v2(reduce_sum))
reduce_mean_v2 = export(v2=("math.reduce_mean", "reduce_mean"))(_v2(reduce_mean))
reduce_prod_v2 = export(v2=("math.reduce_prod", "reduce_prod"))(_v2(reduce_prod))
reduce_max_v2 = export(v2=("math.reduce_max", "reduce_max"))(_v2(reduce_max))
reduce_min_v2 = export(v2=("math.reduce_min", "reduce_min"))(_v2(reduce_min))
reduce_all_v2 = export(v2=("math.reduce_all", "reduce_all"))(_v2(reduce_all))
reduce_any_v2 = export(v2=("math.reduce_any", "reduce_any"))(_v2(reduce_any))
reduce_logsumexp_v2 = export(v2=("math.reduce_logsumexp", "reduce_logsumexp"))(
    _v2(reduce_logsumexp)
)
