"""Sums and means of groups of rows that are looked up by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops._late import late
from headrace._src.ops.segment import combine, unsorted_segment_sum


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _check(k: Any, data: Any, indices: Any, ids: np.ndarray) -> None:
    if len(ids) != np.shape(indices)[0]:
        raise _invalid("segment_ids and indices should have same size.")
    if np.any(np.diff(ids) < 0):
        raise _invalid("segment ids are not increasing")
    if k.xla:
        k.require_within(indices, data.shape[0])
    else:
        bad = np.flatnonzero((indices < 0) | (indices >= data.shape[0]))
        if len(bad):
            raise _invalid(
                f"indices[{bad[0]}] == {indices[bad[0]]} out of range [0, {data.shape[0]})"
            )


def _divisors(ids: np.ndarray, count: int, kind: str) -> np.ndarray:
    sizes = np.maximum(np.bincount(ids, minlength=count)[:count], 1).astype(np.float64)
    return np.sqrt(sizes) if kind == "sqrt_n" else sizes


def _forward(k: Any, kind: str, data: Any, indices: Any, segment_ids: Any, num: Any) -> Any:
    ids = np.asarray(segment_ids)
    _check(k, data, indices, ids)
    count = (int(ids[-1]) + 1 if len(ids) else 0) if num is None else int(num)
    if len(ids) and num is not None and ids[-1] >= count:
        raise _invalid("segment ids must be < num_segments")
    rows = k.np_for(data, indices).take(data, indices, axis=0, mode="clip")
    result = combine(k, "sum", rows, ids, count)
    if kind == "sum":
        return result
    divisor = _divisors(ids, count, kind).astype(data.dtype)
    return result / divisor.reshape((-1,) + (1,) * (result.ndim - 1))


def _shape_rows(s: Any, data: Any, indices: Any, segment_ids: Any) -> Any:
    _shapes.require_rank_at_least(data, 1)
    a = _shapes.require_rank(indices, 1)
    b = _shapes.require_rank(segment_ids, 1)
    _shapes.merge_dim(a[0], b[0])
    return None if data is None else (None, *data[1:])


def _shape_counted(s: Any, data: Any, indices: Any, segment_ids: Any, num_segments: Any) -> Any:
    _shapes.require_rank(num_segments, 0)
    dims = _shape_rows(s, data, indices, segment_ids)
    count = s.value(3)
    return None if dims is None else (None if count is None else int(count), *dims[1:])


_INDEX = A.dtype(G.INDEX, default=dtypes.int32)


def _plain(op_type: str, kind: str, allowed: Any, grad: Any) -> Any:
    spec = op(
        op_type,
        "data: T, indices: Tidx, segment_ids: int32 -> output: T",
        T=A.dtype(allowed),
        Tidx=_INDEX,
        static=("segment_ids",),
        shape=_shape_rows,
    )

    @spec.kernel
    def _kernel_plain(k: Any, data: Any, indices: Any, segment_ids: Any) -> Any:
        return _forward(k, kind, data, indices, segment_ids, None)

    spec.gradient(grad)
    return spec


def _counted(op_type: str, kind: str, allowed: Any, grad: Any) -> Any:
    spec = op(
        op_type,
        "data: T, indices: Tidx, segment_ids: int32, num_segments: Tnumsegments -> output: T",
        T=A.dtype(allowed),
        Tidx=_INDEX,
        Tnumsegments=_INDEX,
        static=("segment_ids", "num_segments"),
        kernel_ignores=("Tnumsegments",),
        shape=_shape_counted,
    )

    @spec.kernel
    def _kernel_counted(
        k: Any, data: Any, indices: Any, segment_ids: Any, num_segments: Any
    ) -> Any:
        return _forward(k, kind, data, indices, segment_ids, num_segments)

    spec.gradient(grad)
    return spec


def _backward(op_type: str, kind: str) -> Any:
    spec = op(
        op_type,
        "grad: T, indices: Tidx, segment_ids: int32, output_dim0: int32 -> output: T",
        T=A.dtype(G.FLOAT_DOUBLE),
        Tidx=_INDEX,
        static=("segment_ids", "output_dim0"),
        shape=_shape_counted,
    )

    @spec.kernel
    def _kernel_backward(
        k: Any, grad: Any, indices: Any, segment_ids: Any, output_dim0: Any
    ) -> Any:
        ids = np.asarray(segment_ids)
        divisor = _divisors(ids, grad.shape[0], kind).astype(grad.dtype)
        if k.xla:
            k.require_within(indices, int(output_dim0))
        rows = grad[ids] / divisor[ids].reshape((-1,) + (1,) * (grad.ndim - 1))
        return combine(k, "sum", rows, indices, int(output_dim0))

    spec.no_gradient("1.15 has none either.", undefined=True)
    return spec


# -- SparseSegmentSum, SparseSegmentSumWithNumSegments ----------------------------------------
def _grad_sum(op, dy):
    rows = late.shape(op.inputs[0])[0]
    gathered = late.gather(dy, op.inputs[2])
    total = unsorted_segment_sum(gathered, op.inputs[1], rows)
    return (total,) + (None,) * (len(op.inputs) - 1)


SparseSegmentSum = _plain("SparseSegmentSum", "sum", G.REAL, _grad_sum)
SparseSegmentSumWithNumSegments = _counted(
    "SparseSegmentSumWithNumSegments", "sum", G.REAL, _grad_sum
)


# -- SparseSegmentMean, SparseSegmentMeanWithNumSegments, SparseSegmentMeanGrad ---------------
def _through(make_gradient: Any) -> Any:
    def _grad(op, dy):
        rows = late.shape(op.inputs[0])[0]
        result = make_gradient()(dy, op.inputs[1], op.inputs[2], rows)
        return (result,) + (None,) * (len(op.inputs) - 1)

    return _grad


_grad_mean = _through(lambda: SparseSegmentMeanGrad)
SparseSegmentMean = _plain("SparseSegmentMean", "mean", G.FLOAT_DOUBLE, _grad_mean)
SparseSegmentMeanWithNumSegments = _counted(
    "SparseSegmentMeanWithNumSegments", "mean", G.FLOAT_DOUBLE, _grad_mean
)
SparseSegmentMeanGrad = _backward("SparseSegmentMeanGrad", "mean")


# -- SparseSegmentSqrtN, SparseSegmentSqrtNWithNumSegments, SparseSegmentSqrtNGrad ------------
_grad_sqrt_n = _through(lambda: SparseSegmentSqrtNGrad)
SparseSegmentSqrtN = _plain("SparseSegmentSqrtN", "sqrt_n", G.FLOAT_DOUBLE, _grad_sqrt_n)
SparseSegmentSqrtNWithNumSegments = _counted(
    "SparseSegmentSqrtNWithNumSegments", "sqrt_n", G.FLOAT_DOUBLE, _grad_sqrt_n
)
SparseSegmentSqrtNGrad = _backward("SparseSegmentSqrtNGrad", "sqrt_n")


@export("sparse.segment_sum", "sparse_segment_sum", v2=())
def sparse_segment_sum(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """Sum groups of rows that are looked up by index.

    Args:
      data: A tensor `[rows, ...]` of a real type.
      indices: The rows to take, `[n]`, int32 or int64.
      segment_ids: The group of each index, `[n]`, int32, not decreasing.
      name: The node's name.
      num_segments: The number of groups, when there may be more than ids say.

    Returns:
      A tensor `[segments, ...]` of the same dtype; 0 for groups without rows.

    Raises:
      InvalidArgumentError: (run) ids that decrease, or an index out of range.
    """
    if num_segments is None:
        return SparseSegmentSum(data, indices, segment_ids, name=name)
    return SparseSegmentSumWithNumSegments(data, indices, segment_ids, num_segments, name=name)


@export("sparse.segment_mean", "sparse_segment_mean", v2=())
def sparse_segment_mean(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """Average groups of rows that are looked up by index; see `sparse_segment_sum`."""
    if num_segments is None:
        return SparseSegmentMean(data, indices, segment_ids, name=name)
    return SparseSegmentMeanWithNumSegments(data, indices, segment_ids, num_segments, name=name)


@export("sparse.segment_sqrt_n", "sparse_segment_sqrt_n", v2=())
def sparse_segment_sqrt_n(
    data: Any, indices: Any, segment_ids: Any, name: str | None = None, num_segments: Any = None
) -> Tensor:
    """Sum groups of looked-up rows and divide by the root of their number."""
    if num_segments is None:
        return SparseSegmentSqrtN(data, indices, segment_ids, name=name)
    return SparseSegmentSqrtNWithNumSegments(data, indices, segment_ids, num_segments, name=name)


@export(v2=("sparse.segment_sum",))
def sparse_segment_sum_v2(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None
) -> Tensor:
    """Sum groups of rows that are looked up by index; see `sparse_segment_sum`."""
    return sparse_segment_sum(data, indices, segment_ids, name, num_segments)


@export(v2=("sparse.segment_mean",))
def sparse_segment_mean_v2(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None
) -> Tensor:
    """Average groups of rows that are looked up by index; see `sparse_segment_sum`."""
    return sparse_segment_mean(data, indices, segment_ids, name, num_segments)


@export(v2=("sparse.segment_sqrt_n",))
def sparse_segment_sqrt_n_v2(
    data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: str | None = None
) -> Tensor:
    """Sum groups of looked-up rows and divide by the root of their number."""
    return sparse_segment_sqrt_n(data, indices, segment_ids, name, num_segments)
