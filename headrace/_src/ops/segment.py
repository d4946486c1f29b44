"""Sums, means, products and extrema of groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.native import library
from headrace._src.ops import _shapes, casts
from headrace._src.ops._builders import decide_gradient
from headrace._src.ops._late import late

_UFUNCS = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}


def _neutral(kind: str, dtype: np.dtype) -> Any:
    """What combining starts from: 0, 1, or the limit that every element beats."""
    if kind == "sum":
        return 0
    if kind == "prod":
        return 1
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
    else:
        import ml_dtypes

        limits = ml_dtypes.finfo(dtype)
    return limits.min if kind == "max" else limits.max


def combine(k: Any, kind: str, rows: Any, ids: Any, count: int) -> Any:
    """Combines the rows of each id in `[0, count)`; rows of negative ids are dropped."""
    xp = k.np_for(rows, ids)
    start = np.asarray(_neutral(kind, rows.dtype)).astype(rows.dtype)
    shape = (count, *rows.shape[1:])
    if xp is np:
        result = np.full(shape, start, rows.dtype)
        kept = np.asarray(ids) >= 0
        if not kept.all():
            rows, ids = rows[kept], ids[kept]
        _UFUNCS[kind].at(result, ids, rows)
        return result
    if kind == "sum" and library.serves_rows(rows, ids, adds=True):
        return library.lower_sum_rows(xp.asarray(rows), xp.asarray(ids), count)
    target = xp.full(shape, start, rows.dtype)
    ids = xp.where(ids < 0, count, ids)
    update = {"sum": "add", "prod": "multiply"}.get(kind, kind)
    return getattr(target.at[ids], update)(rows, mode="drop")


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


# -- SegmentSum, SegmentMean, SegmentProd, SegmentMax, SegmentMin -----------------------------
def _shape_segment(s: Any, data: Any, segment_ids: Any) -> Any:
    _shapes.require_rank_at_least(data, 1)
    _shapes.require_rank(segment_ids, 1)
    return None if data is None else (None, *data[1:])


def _segment_count(ids: np.ndarray, rows: int) -> int:
    """The number of segments of sorted ids."""
    if len(ids) != rows:
        raise _invalid("segment_ids should be the same size as dimension 0 of input.")
    if len(ids) and ids[0] < 0:
        raise _invalid("segment ids must be >= 0")
    if np.any(np.diff(ids) < 0):
        raise _invalid("segment ids are not increasing")
    return int(ids[-1]) + 1 if len(ids) else 0


def _per_row(xp: Any, counts: np.ndarray, like: Any) -> Any:
    return np.asarray(counts).astype(like.dtype).reshape((-1,) + (1,) * (like.ndim - 1))


def _segment(
    op_type: str, kind: str, allowed: Any, grad: Any, undefined_gradient: Any = None
) -> Any:
    spec = op(
        op_type,
        "data: T, segment_ids: Tindices -> output: T",
        T=A.dtype(allowed),
        Tindices=A.dtype(G.INDEX),
        static=("segment_ids",),
        shape=_shape_segment,
    )

    @spec.kernel
    def _kernel_segment(k: Any, data: Any, segment_ids: Any) -> Any:
        ids = np.asarray(segment_ids)
        count = _segment_count(ids, data.shape[0])
        result = combine(k, "sum" if kind == "mean" else kind, data, ids, count)
        members = np.bincount(ids, minlength=count)[:count]
        if kind == "mean":
            divisor = _per_row(k.np, np.maximum(members, 1), result)
            if result.dtype.kind in "iu":
                return result // divisor
            return (result / divisor).astype(data.dtype)
        if kind in ("max", "min"):
            # Segments without rows are 0.
            empty = _per_row(k.np, members == 0, result).astype(bool)
            return k.np_for(result).where(empty, np.zeros((), result.dtype), result)
        return result

    decide_gradient(spec, grad, None, undefined_gradient)
    return spec


def _grad_segment_sum(op, dy):
    return late.gather(dy, op.inputs[1]), None


def _grad_segment_mean(op, dy):
    data, ids = op.inputs
    rank = late.rank(data)
    ones_shape = late.concat([late.shape(ids), late.fill(late.expand_dims(rank - 1, 0), 1)], 0)
    ones = late.fill(ones_shape, late.constant(1, dtype=dy.dtype))
    scaled = late.divide(dy, SegmentSum(ones, ids))
    return late.gather(scaled, ids), None


def _grad_segment_extremum(op, dy):
    data, ids = op.inputs
    zeros = late.zeros_like(data, dtype=data.dtype)
    gathered = late.gather(op.outputs[0], ids)
    is_winner = late.equal(data, gathered)
    count = SegmentSum(casts.cast(is_winner, dy.dtype), ids)
    shares = late.gather(late.divide(dy, count), ids)
    return late.where(is_winner, shares, zeros), None


SegmentSum = _segment("SegmentSum", "sum", G.NUMBER, _grad_segment_sum)
SegmentMean = _segment("SegmentMean", "mean", G.NUMBER, _grad_segment_mean)
SegmentProd = _segment("SegmentProd", "prod", G.NUMBER, None, "1.15 has none either.")
SegmentMax = _segment("SegmentMax", "max", G.REAL, _grad_segment_extremum)
SegmentMin = _segment("SegmentMin", "min", G.REAL, _grad_segment_extremum)


@export("math.segment_sum", "segment_sum", v2=("math.segment_sum",))
def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Sum groups of consecutive rows.

    Args:
      data: A tensor `[n, ...]` of a number type.
      segment_ids: The group of each row, `[n]`, int32 or int64, not decreasing.
      name: The node's name.

    Returns:
      A tensor `[segments, ...]` of the same dtype; 0 for groups without rows.

    Raises:
      InvalidArgumentError: (run) ids that decrease or of another number.
    """
    return SegmentSum(data, segment_ids, name=name)


@export("math.segment_mean", "segment_mean", v2=("math.segment_mean",))
def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Average groups of consecutive rows; see `segment_sum`."""
    return SegmentMean(data, segment_ids, name=name)


@export("math.segment_prod", "segment_prod", v2=("math.segment_prod",))
def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Multiply groups of consecutive rows; see `segment_sum`. Groups without rows are 1."""
    return SegmentProd(data, segment_ids, name=name)


@export("math.segment_max", "segment_max", v2=("math.segment_max",))
def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Find the largest elements of groups of consecutive rows; see `segment_sum`."""
    return SegmentMax(data, segment_ids, name=name)


@export("math.segment_min", "segment_min", v2=("math.segment_min",))
def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Tensor:
    """Find the smallest elements of groups of consecutive rows; see `segment_sum`."""
    return SegmentMin(data, segment_ids, name=name)


# -- UnsortedSegmentSum, UnsortedSegmentProd, UnsortedSegmentMax, UnsortedSegmentMin ----------
def _shape_unsorted(s: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
    _shapes.require_rank(num_segments, 0)
    if data is None or segment_ids is None:
        return None
    rank = len(segment_ids)
    _shapes.require_rank_at_least(data, rank)
    for a, b in zip(data, segment_ids, strict=False):
        _shapes.merge_dim(a, b)
    count = s.value(2)
    return (None if count is None else int(count), *data[rank:])


def _check_ids(k: Any, ids: Any, count: int) -> None:
    if k.xla:
        # Negative ids are dropped.
        k.require_below(ids, count)
        return
    bad = np.argwhere(np.asarray(ids) >= count)
    if len(bad):
        where = ", ".join(str(i) for i in bad[0])
        value = np.asarray(ids)[tuple(bad[0])]
        raise _invalid(
            f"segment_ids{f'[{where}]' if where else ''} = {value} is out of range [0, {count})"
        )


def _unsorted(op_type: str, kind: str, allowed: Any, grad: Any) -> Any:
    spec = op(
        op_type,
        "data: T, segment_ids: Tindices, num_segments: Tnumsegments -> output: T",
        T=A.dtype(allowed),
        Tindices=A.dtype(G.INDEX),
        Tnumsegments=A.dtype(G.INDEX, default=dtypes.int32),
        static=("num_segments",),
        kernel_ignores=("Tnumsegments",),
        shape=_shape_unsorted,
        padding="groups",
    )

    @spec.kernel
    def _kernel_unsorted(k: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
        count = int(num_segments)
        rank = np.ndim(segment_ids)
        if data.shape[:rank] != np.shape(segment_ids):
            raise _invalid(
                f"data.shape = {dims_lib.text(data.shape)} does not start with "
                f"segment_ids.shape = {dims_lib.text(np.shape(segment_ids))}"
            )
        if count < 0:
            raise _invalid(f"Input num_segments == {count} must not be negative.")
        _check_ids(k, segment_ids, count)
        rows = data.reshape((-1, *data.shape[rank:]))
        return combine(k, kind, rows, segment_ids.reshape(-1), count)

    spec.gradient(grad)
    return spec


def _gather_or_zero(
    params: Tensor, ids: Any, clipped: Any = None, is_positive: Any = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of `params`, zeros for negative ids; and the clipped ids and mask for further calls."""
    if clipped is None:
        clipped = late.maximum(ids, late.zeros_like(ids))
    gathered = late.gather(params, clipped)
    if is_positive is None:
        is_positive = late.greater_equal(ids, 0)
        for _ in range(len(gathered.dims) - len(is_positive.dims)):
            is_positive = late.expand_dims(is_positive, -1)
        is_positive = is_positive & late.ones_like(gathered, dtype=dtypes.bool_)
    zeros = late.zeros_like(gathered)
    return late.where(is_positive, gathered, zeros), clipped, is_positive


def _grad_unsorted_sum(op, dy):
    return _gather_or_zero(dy, op.inputs[1])[0], None, None


def _grad_unsorted_extremum(op, dy):
    data, ids, count = op.inputs
    gathered, clipped, is_positive = _gather_or_zero(op.outputs[0], ids)
    is_winner = late.logical_and(late.equal(data, gathered), is_positive)
    winners = UnsortedSegmentSum(casts.cast(is_winner, dy.dtype), ids, count)
    shares = late.divide(dy, winners)
    gathered = _gather_or_zero(shares, None, clipped, is_positive)[0]
    zeros = late.zeros_like(gathered)
    return late.where(is_winner, gathered, zeros), None, None


def _grad_unsorted_prod(op, dy):
    data, ids, count = op.inputs
    # With one zero in a segment only the zero has a gradient; with more, nothing has.
    is_zero = late.equal(data, 0)
    zeros = UnsortedSegmentSum(casts.cast(is_zero, dtype=dtypes.int32), ids, count)
    many = late.greater(zeros, 1)
    dy = late.where(many, late.zeros_like(dy), dy)
    non_zero = late.where(is_zero, late.ones_like(data), data)
    non_zero_prod = UnsortedSegmentProd(non_zero, ids, count)
    clipped = late.maximum(ids, late.zeros_like(ids))
    gathered = late.gather(op.outputs[0], clipped)
    gathered_non_zero = late.gather(non_zero_prod, clipped)
    quotient = gathered / data
    partial = late.where(is_zero, gathered_non_zero, quotient)
    gathered_dy = _gather_or_zero(dy, ids, clipped)[0]
    return gathered_dy * partial, None, None


UnsortedSegmentSum = _unsorted("UnsortedSegmentSum", "sum", G.NUMBER, _grad_unsorted_sum)
UnsortedSegmentProd = _unsorted("UnsortedSegmentProd", "prod", G.NUMBER, _grad_unsorted_prod)
UnsortedSegmentMax = _unsorted("UnsortedSegmentMax", "max", G.REAL, _grad_unsorted_extremum)
UnsortedSegmentMin = _unsorted("UnsortedSegmentMin", "min", G.REAL, _grad_unsorted_extremum)


@export("math.unsorted_segment_sum", "unsorted_segment_sum", v2=("math.unsorted_segment_sum",))
def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Sum groups of elements.

    Args:
      data: A tensor of a number type whose shape starts with that of `segment_ids`.
      segment_ids: The group of each element, int32 or int64; negative ones are dropped.
      num_segments: The number of groups, a scalar.
      name: The node's name.

    Returns:
      A tensor `[num_segments, ...]` of the same dtype; 0 for groups without elements.

    Raises:
      InvalidArgumentError: (run) an id is too large.
    """
    return UnsortedSegmentSum(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_prod", "unsorted_segment_prod", v2=("math.unsorted_segment_prod",))
def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Multiply groups of elements; see `unsorted_segment_sum`. Groups without elements are 1."""
    return UnsortedSegmentProd(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_max", "unsorted_segment_max", v2=("math.unsorted_segment_max",))
def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Find the largest elements of groups; the dtype's smallest value for groups without any."""
    return UnsortedSegmentMax(data, segment_ids, num_segments, name=name)


@export("math.unsorted_segment_min", "unsorted_segment_min", v2=("math.unsorted_segment_min",))
def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Find the smallest elements of groups; the dtype's largest value for groups without any."""
    return UnsortedSegmentMin(data, segment_ids, num_segments, name=name)


def _group_sizes(data: Tensor, segment_ids: Tensor, num_segments: Any) -> Tensor:
    """The number of elements of each group, at least 1, of a shape that divides the sums."""
    ones = late.ones(late.shape(segment_ids), dtype=data.dtype)
    sizes = UnsortedSegmentSum(ones, segment_ids, num_segments)
    rank = len(data.dims) - len(segment_ids.dims)
    sizes = late.reshape(sizes, [num_segments] + [1] * rank)
    return late.maximum(sizes, 1)


@export("math.unsorted_segment_mean", "unsorted_segment_mean", v2=("math.unsorted_segment_mean",))
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Average groups of elements; see `unsorted_segment_sum`."""
    with name_scope(name, "UnsortedSegmentMean"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        sizes = _group_sizes(data, segment_ids, num_segments)
        return UnsortedSegmentSum(data, segment_ids, num_segments) / sizes


@export(
    "math.unsorted_segment_sqrt_n",
    "unsorted_segment_sqrt_n",
    v2=("math.unsorted_segment_sqrt_n",),
)
def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Tensor:
    """Sum groups of elements and divide by the square root of their number."""
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data = convert_to_tensor(data)
        segment_ids = convert_to_tensor(segment_ids)
        sizes = _group_sizes(data, segment_ids, num_segments)
        total = UnsortedSegmentSum(data, segment_ids, num_segments)
        return total / late.sqrt(sizes)
