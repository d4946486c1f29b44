"""Counting: histograms, `bincount`, and buckets."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes, casts
from headrace._src.ops._late import late
from headrace._src.ops.segment import UnsortedSegmentSum, combine

_COUNTED = (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64)


# -- HistogramFixedWidth ----------------------------------------------------------------------
HistogramFixedWidth = op(
    "HistogramFixedWidth",
    "values: T, value_range: T, nbins: int32 -> out: dtype",
    T=A.dtype(_COUNTED),
    dtype=A.dtype(G.INDEX, default=dtypes.int32),
    static=("nbins",),
)


@HistogramFixedWidth.shape
def _shape_histogram(s, values, value_range, nbins):
    if value_range is not None:
        _shapes.require_rank(value_range, 1)
        _shapes.merge_dim(value_range[0], 2)
    _shapes.require_rank(nbins, 0)
    count = s.value(2)
    if count is None:
        return (None,)
    if count <= 0:
        raise ValueError(f"Requires nbins > 0: {int(count)}")
    return (int(count),)


@HistogramFixedWidth.kernel
def _kernel_histogram(k, values, value_range, nbins, *, dtype):
    xp = k.np_for(values, value_range)
    low, high = value_range[0], value_range[1]
    if k.xla:
        # Bounds that are not numbers pass, as on the host.
        k.require(xp.logical_not(low >= high))
    elif low >= high:
        raise errors.InvalidArgumentError(
            None,
            None,
            "value_range should satisfy value_range[0] < value_range[1], but got "
            f"'[{low}, {high}]'",
        )
    count = int(nbins)
    flat = values.reshape(-1).astype(np.float64)
    step = (high - low).astype(np.float64) / count
    bins = xp.clip(xp.floor((flat - low) / step), 0, count - 1).astype(np.int32)
    ones = xp.ones(bins.shape, dtype.np_dtype)
    return combine(k, "sum", ones, bins, count)


HistogramFixedWidth.no_gradient("The output is counts.", undefined=True)


@export("histogram_fixed_width")
def histogram_fixed_width(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Count values in bins of equal width; values outside the range count in the outer bins.

    Args:
      values: An int32, int64, float32 or float64 tensor.
      value_range: The range `[low, high]`, of the same dtype.
      nbins: The number of bins, a scalar.
      dtype: int32 or int64, of the counts.
      name: The node's name.

    Returns:
      A vector `[nbins]` of `dtype`.

    Raises:
      InvalidArgumentError: (run) the range is empty.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        return HistogramFixedWidth(values, value_range, nbins, dtype=dtype, name=scope)


@export("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any,
    value_range: Any,
    nbins: Any = 100,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Find the bin of each value; see `histogram_fixed_width`.

    Args:
      values: A floating tensor.
      value_range: The range `[low, high]`, of the same dtype.
      nbins: The number of bins, a scalar.
      dtype: Not used: bins are int32.
      name: A name scope.

    Returns:
      An int32 tensor of the shape of `values`.
    """
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        shape = late.shape(values)
        values = late.reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
        count = casts.cast(nbins, values.dtype)
        scaled = late.truediv(
            values - value_range[0], value_range[1] - value_range[0], name="scaled_values"
        )
        indices = late.floor(count * scaled, name="indices")
        clipped = late.clip_by_value(indices, 0, count - 1)
        return late.reshape(casts.cast(clipped, dtypes.int32), shape)


# -- Bincount ---------------------------------------------------------------------------------
Bincount = op(
    "Bincount",
    "arr: int32, size: int32, weights: T -> bins: T",
    T=A.dtype(_COUNTED),
    static=("size",),
)


@Bincount.shape
def _shape_bincount(s, arr, size, weights):
    _shapes.require_rank(size, 0)
    count = s.value(1)
    if count is None:
        return (None,)
    if count < 0:
        raise ValueError(f"size ({int(count)}) must be non-negative")
    return (int(count),)


@Bincount.kernel
def _kernel_bincount(k, arr, size, weights):
    xp = k.np_for(arr, weights)
    count = int(size)
    flat = arr.reshape(-1)
    if k.xla:
        k.require(xp.all(flat >= 0))
    elif np.any(flat < 0):
        raise errors.InvalidArgumentError(None, None, "Input arr must be non-negative!")
    given = weights.reshape(-1) if np.size(weights) else xp.ones(flat.shape, weights.dtype)
    # Values beyond the last bin are left out.
    bins = xp.where(flat < count, flat, -1)
    return combine(k, "sum", given, bins, count)


Bincount.no_gradient("The output is counts.", undefined=True)


@export(v2=("math.bincount",))
def bincount_v2(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Count how often each number occurs.

    Args:
      arr: A tensor of int32 numbers that are not negative.
      weights: What each number counts, of the shape of `arr`; 1 when None.
      minlength: The smallest length of the result.
      maxlength: The largest length of the result; larger numbers are left out.
      dtype: The dtype of the counts, without weights.
      name: A name scope.

    Returns:
      A vector of `dtype`, or of the dtype of `weights`.

    Raises:
      InvalidArgumentError: (run) a number is negative.
    """
    with name_scope("bincount" if name is None else name):
        arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
        is_nonempty = late.reduce_prod(late.shape(arr)) > 0
        size = casts.cast(is_nonempty, dtypes.int32) * (late.reduce_max(arr) + 1)
        if minlength is not None:
            minlength = convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32)
            size = late.maximum(minlength, size)
        if maxlength is not None:
            maxlength = convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32)
            size = late.minimum(maxlength, size)
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            return UnsortedSegmentSum(weights, arr, size)
        return Bincount(arr, size, late.constant([], dtype))


@export("math.bincount", "bincount", v2=())
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
) -> Tensor:
    """Count how often each number occurs.

    Args:
      arr: A tensor of int32 numbers that are not negative.
      weights: What each number counts, of the shape of `arr`; 1 when None.
      minlength: The smallest length of the result.
      maxlength: The largest length of the result; larger numbers are left out.
      dtype: The dtype of the counts, without weights.

    Returns:
      A vector of `dtype`, or of the dtype of `weights`.

    Raises:
      InvalidArgumentError: (run) a number is negative.
    """
    return bincount_v2(arr, weights, minlength, maxlength, dtype)


# -- Bucketize --------------------------------------------------------------------------------
Bucketize = op(
    "Bucketize",
    "input: T -> output: int32",
    T=A.dtype(_COUNTED),
    boundaries=A.numbers(),
    shape=_shapes.unchanged,
)


@Bucketize.kernel
def _kernel_bucketize(k, input, *, boundaries):
    xp = k.np_for(input)
    edges = np.asarray(boundaries, np.float32)
    return xp.searchsorted(edges, input, side="right").astype(np.int32)


Bucketize.no_gradient("The output is positions.", undefined=True)
