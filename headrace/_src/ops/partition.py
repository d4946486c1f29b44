"""Sets and partitions: Unique, ListDiff, DynamicPartition, DynamicStitch, searchsorted."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.native import library
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._late import late

_OUT_INDEX = A.dtype(G.INDEX, default=dtypes.int32)

# -- Unique ------------------------------------------------------------------------------------


def _first_places(x, axis):
    """(places of first occurrences, number of the class of every slice, class sizes)."""
    slices = np.moveaxis(x, axis, 0) if x.ndim else x
    seen: dict[Any, int] = {}
    first, classes, counts = [], [], []
    for i in range(slices.shape[0]):
        item = slices[i]
        key = item if slices.ndim == 1 else tuple(np.ravel(item).tolist())
        number = seen.setdefault(key, len(first))
        if number == len(first):
            first.append(i)
            counts.append(0)
        counts[number] += 1
        classes.append(number)
    return first, classes, counts


def _unique(x, axis, out_idx):
    index_type = out_idx.as_numpy_dtype
    first, classes, counts = _first_places(x, axis)
    places = np.array(first, np.int64)
    return [
        np.take(x, places, axis=axis),
        np.array(classes, index_type),
        np.array(counts, index_type),
    ]


def _require_vector(x):
    if np.ndim(x) != 1:
        raise errors.InvalidArgumentError(None, None, "unique expects a 1D vector.")


def _unique_axis(x, axis):
    """The axis that a UniqueV2 works along; an empty one asks for a vector."""
    if np.size(axis) == 0:
        _require_vector(x)
        return 0
    at = int(np.ravel(axis)[0])
    at = at + x.ndim if at < 0 else at
    if not 0 <= at < x.ndim:
        raise errors.InvalidArgumentError(None, None, f"axis has to be between [0, {x.ndim})")
    return at


Unique = op(
    "Unique",
    "x: T -> y: T, idx: out_idx",
    T=G.ANY,
    out_idx=_OUT_INDEX,
    padding="makes",
    preserves_elements=True,
)


@Unique.shape
def _shape_unique(s, x):
    return [(None,), dims_lib.with_rank(x, 1) if x is not None else None]


@Unique.host_kernel
def _host_unique(k, x, *, out_idx):
    _require_vector(x)
    return _unique(x, 0, out_idx)[:2]


@Unique.xla_kernel
def _xla_unique(k, x, *, out_idx):
    """The distinct elements in any order, padded to the length of `x` by the dtype's maximum.

    Only where nobody sees the order and everybody drops the padding, see `padding`.
    """
    xp = k.np
    if x.dtype.kind not in "iu" or x.ndim != 1 or not x.size:
        raise NotImplementedError("distinct elements of other than an integer vector")
    n = x.shape[0]
    out = out_idx.as_numpy_dtype
    if library.serves_distinct(x):
        y, idx = library.lower_distinct(x, out)
        k.promise_distinct(y)
        k.promise_within(idx, n)
        return y, idx
    if x.dtype.itemsize <= 4 and n < 1 << 31:
        # One sort of value and place together is several times faster than a sort by key.
        keys = xp.sort(x.astype(np.int64) * n + xp.arange(n, dtype=np.int64))
        ordered, places = (keys // n).astype(x.dtype), keys % n
    else:
        places = xp.argsort(x, stable=True)
        ordered = x[places]
    first = xp.concatenate([xp.ones(1, bool), ordered[1:] != ordered[:-1]])
    group = xp.cumsum(first) - 1
    idx = xp.zeros(n, out).at[places].set(group.astype(out), unique_indices=True)
    y = xp.full(n, np.iinfo(x.dtype).max, x.dtype).at[group].set(ordered)
    k.promise_distinct(y)
    k.promise_within(idx, n)
    return y, idx


Unique.no_gradient("1.15 has no rule", undefined=True)


@export("unique")
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """Find the distinct elements of a vector, in the order in which they first appear.

    Args:
        x: 1-D tensor.
        out_idx: Type of the indices, int32 or int64.
        name: Name of the node.

    Returns:
        `(y, idx)`: the distinct elements, and for each element of `x` its place in `y`.
    """
    return Unique(x, out_idx=out_idx, name=name)


UniqueV2 = op(
    "UniqueV2",
    "x: T, axis: Taxis -> y: T, idx: out_idx",
    kernel_ignores=("Taxis",),
    T=G.ANY,
    Taxis=A.dtype(G.INDEX, default=dtypes.int64),
    out_idx=_OUT_INDEX,
    host_only=True,
)


@UniqueV2.shape
def _shape_unique_v2(s, x, axis):
    # As in 1.15, right for vectors only.
    return [(None,), x]


@UniqueV2.kernel
def _kernel_unique_v2(k, x, axis, *, out_idx):
    return _unique(x, _unique_axis(x, axis), out_idx)[:2]


UniqueV2.no_gradient("1.15 has no rule", undefined=True)


UniqueWithCounts = op(
    "UniqueWithCounts",
    "x: T -> y: T, idx: out_idx, count: out_idx",
    T=G.ANY,
    out_idx=_OUT_INDEX,
    host_only=True,
)


@UniqueWithCounts.shape
def _shape_unique_with_counts(s, x):
    return [(None,), x, (None,)]


@UniqueWithCounts.kernel
def _kernel_unique_with_counts(k, x, *, out_idx):
    _require_vector(x)
    return _unique(x, 0, out_idx)


UniqueWithCounts.no_gradient("1.15 has no rule", undefined=True)


@export("unique_with_counts")
def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Any:
    """Find the distinct elements of a vector and how often each occurs.

    Args:
        x: 1-D tensor.
        out_idx: Type of the indices and counts, int32 or int64.
        name: Name of the node.

    Returns:
        `(y, idx, count)`: the distinct elements in order of appearance, the place in `y` of each
        element of `x`, and the counts.
    """
    return UniqueWithCounts(x, out_idx=out_idx, name=name)


UniqueWithCountsV2 = op(
    "UniqueWithCountsV2",
    "x: T, axis: Taxis -> y: T, idx: out_idx, count: out_idx",
    kernel_ignores=("Taxis",),
    T=G.ANY,
    Taxis=A.dtype(G.INDEX, default=dtypes.int64),
    out_idx=_OUT_INDEX,
    host_only=True,
)


@UniqueWithCountsV2.shape
def _shape_unique_with_counts_v2(s, x, axis):
    return [(None,), x, (None,)]


@UniqueWithCountsV2.kernel
def _kernel_unique_with_counts_v2(k, x, axis, *, out_idx):
    return _unique(x, _unique_axis(x, axis), out_idx)


UniqueWithCountsV2.no_gradient("1.15 has no rule", undefined=True)


# -- ListDiff ----------------------------------------------------------------------------------
ListDiff = op(
    "ListDiff", "x: T, y: T -> out: T, idx: out_idx", T=G.ANY, out_idx=_OUT_INDEX, host_only=True
)


@ListDiff.shape
def _shape_list_diff(s, x, y):
    dims_lib.with_rank(x, 1)
    dims_lib.with_rank(y, 1)
    return [(None,), (None,)]


@ListDiff.kernel
def _kernel_list_diff(k, x, y, *, out_idx):
    for label, value in (("x", x), ("y", y)):
        if np.ndim(value) != 1:
            raise errors.InvalidArgumentError(None, None, f"{label} should be a 1D vector.")
    excluded = set(y.tolist())
    places = [i for i, value in enumerate(x.tolist()) if value not in excluded]
    return [x[np.array(places, np.int64)], np.array(places, out_idx.as_numpy_dtype)]


ListDiff.no_gradient("1.15 has no rule", undefined=True)


@export("setdiff1d", deprecated="tf.sets.difference", v2=())
def setdiff1d(x: Any, y: Any, index_dtype: Any = dtypes.int32, name: str | None = None) -> Any:
    """Find the elements of a vector that another one lacks.

    Args:
        x: 1-D tensor.
        y: 1-D tensor of the same dtype.
        index_dtype: Type of the indices, int32 or int64.
        name: Name of the node.

    Returns:
        `(out, idx)`: the elements of `x` that are not in `y`, and their places in `x`.
    """
    return ListDiff(x, y, out_idx=index_dtype, name=name)


# -- DynamicPartition --------------------------------------------------------------------------
DynamicPartition = op(
    "DynamicPartition",
    "data: T, partitions: int32 -> outputs: num_partitions * T",
    num_partitions=A.integer(minimum=1),
    T=G.ANY,
    host_only=True,
)


@DynamicPartition.shape
def _shape_dynamic_partition(s, data, partitions, *, num_partitions):
    if data is None or partitions is None:
        return [None] * num_partitions
    dims_lib.merge_prefix(data, partitions)
    return [(None, *data[len(partitions) :])] * num_partitions


@DynamicPartition.kernel
def _kernel_dynamic_partition(k, data, partitions, *, num_partitions):
    rank = partitions.ndim
    if data.shape[:rank] != partitions.shape:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"data.shape must start with partitions.shape, got data.shape = "
            f"{dims_lib.text(data.shape)}, partitions.shape = {dims_lib.text(partitions.shape)}",
        )
    outside = (partitions < 0) | (partitions >= num_partitions)
    if np.any(outside):
        flat = int(np.argmax(np.ravel(outside)))
        where = ",".join(str(int(i)) for i in np.unravel_index(flat, partitions.shape))
        raise errors.InvalidArgumentError(
            None,
            None,
            f"partitions[{where}] = {np.ravel(partitions)[flat]} is not in [0, {num_partitions})",
        )
    return [data[partitions == i] for i in range(num_partitions)]


@DynamicPartition.gradient
def _grad_dynamic_partition(op, *dys):
    data, partitions = op.inputs
    prefix = shape_ops.shape(partitions)
    places = late.reshape(late.range(late.reduce_prod(prefix)), prefix)
    parts = dynamic_partition(places, partitions, op.attrs["num_partitions"])
    merged = dynamic_stitch(parts, list(dys))
    return [late.reshape(merged, shape_ops.shape(data)), None]


@export("dynamic_partition")
def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Tensor]:
    """Sort slices of a tensor into several tensors.

    Args:
        data: Tensor.
        partitions: int32 tensor, shaped like the leading dims of `data`: where each slice goes.
        num_partitions: Number of results.
        name: Name of the node.

    Returns:
        List of tensors.

    Raises:
        errors.InvalidArgumentError: (run) a partition out of range, or shapes that do not fit.
    """
    return DynamicPartition(data, partitions, num_partitions=num_partitions, name=name)


# -- DynamicStitch -----------------------------------------------------------------------------


def _shape_dynamic_stitch(s, indices, data):
    rest = None
    highest = -1
    for i, (where, values) in enumerate(zip(indices, data, strict=True)):
        if where is None:
            highest = None
            continue
        value = s.value(i)
        if highest is not None:
            highest = None if value is None else max(highest, int(value.max(initial=-1)))
        if values is not None:
            dims_lib.merge_prefix(values, where)
            rest = dims_lib.merge(rest, values[len(where) :])
    return dims_lib.concat((None if highest is None else highest + 1,), rest)


def _kernel_stitch(k, indices, data):
    np_ = k.np_for(*data)
    for i, (where, values) in enumerate(zip(indices, data, strict=True)):
        if np.shape(values)[: where.ndim] != where.shape:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"data[{i}].shape = {dims_lib.text(np.shape(values))} does not start with "
                f"indices[{i}].shape = {dims_lib.text(where.shape)}",
            )
        if np.any(where < 0):
            flat = int(np.argmax(np.ravel(where < 0)))
            raise errors.InvalidArgumentError(
                None, None, f"indices[{i}] = {int(np.ravel(where)[flat])} is out of range"
            )
    size = max((int(w.max(initial=-1)) for w in indices), default=-1) + 1
    rest = np.shape(data[0])[indices[0].ndim :]
    if np_ is np:
        result = np.zeros((size, *rest), data[0].dtype)
        for where, values in zip(indices, data, strict=True):
            result[where] = values
        return result
    result = np_.zeros((size, *rest), data[0].dtype)
    for where, values in zip(indices, data, strict=True):
        # The last of equal indices wins, which a scatter does not promise: keep only that one.
        flat = np.ravel(where)
        kept = [len(flat) - 1 - i for i in np.unique(flat[::-1], return_index=True)[1]]
        rows = np_.reshape(values, (len(flat), *rest))
        result = result.at[flat[kept]].set(rows[np.array(kept, np.int64)])
    return result


def _grad_dynamic_stitch(op, dy):
    count = len(op.inputs) // 2
    indices = list(op.inputs[:count])
    if isinstance(dy, IndexedSlices):
        rows = shape_ops.shape(op.outputs[0])[0]
        dy = late.unsorted_segment_sum(dy.values, dy.indices, rows)
    return [None] * count + [late.gather(dy, where) for where in indices]


DynamicStitch = op(
    "DynamicStitch",
    "indices: N * int32, data: N * T -> merged: T",
    N=A.integer(minimum=1),
    T=G.ANY,
    static=("indices",),
    shape=_shape_dynamic_stitch,
)
DynamicStitch.kernel(_kernel_stitch)
DynamicStitch.gradient(_grad_dynamic_stitch)


@export("dynamic_stitch")
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """Put slices of several tensors into one, at the given places.

    Args:
        indices: List of int32 tensors: where the slices of `data` of the same position go. The
            last one wins where they are equal.
        data: List of tensors, each beginning with the dims of its indices.
        name: Name of the node.

    Returns:
        Tensor with one row up to the greatest index; rows without data are zero.

    Raises:
        errors.InvalidArgumentError: (run) a negative index, or shapes that do not fit.
    """
    return DynamicStitch(indices, data, name=name)


ParallelDynamicStitch = op(
    "ParallelDynamicStitch",
    "indices: N * int32, data: N * T -> merged: T",
    N=A.integer(minimum=1),
    T=G.ANY,
    static=("indices",),
    shape=_shape_dynamic_stitch,
)
ParallelDynamicStitch.kernel(_kernel_stitch)
ParallelDynamicStitch.gradient(_grad_dynamic_stitch)


def parallel_dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """As `dynamic_stitch`, where equal indices may leave either value."""
    return ParallelDynamicStitch(indices, data, name=name)


# -- LowerBound and UpperBound -----------------------------------------------------------------


def _shape_bound(s, sorted_inputs, values):
    dims_lib.with_rank(sorted_inputs, 2)
    return dims_lib.with_rank(values, 2)


def _search(k, sorted_inputs, values, side, out_type):
    if np.shape(sorted_inputs)[0] != np.shape(values)[0]:
        raise errors.InvalidArgumentError(
            None, None, "Leading dim_size of both tensors must match."
        )
    np_ = k.np_for(sorted_inputs, values)
    if np_ is np:
        rows = [
            np.searchsorted(a, v, side=side) for a, v in zip(sorted_inputs, values, strict=True)
        ]
        found = np.array(rows).reshape(values.shape)
    else:
        before = sorted_inputs[:, None, :]
        limit = values[:, :, None]
        found = np_.sum(before < limit if side == "left" else before <= limit, axis=-1)
    return found.astype(out_type.as_numpy_dtype)


LowerBound = op(
    "LowerBound",
    "sorted_inputs: T, values: T -> output: out_type",
    T=G.ANY,
    out_type=_OUT_INDEX,
    shape=_shape_bound,
)


@LowerBound.kernel
def _kernel_lower_bound(k, sorted_inputs, values, *, out_type):
    return _search(k, sorted_inputs, values, "left", out_type)


LowerBound.no_gradient("integer output", undefined=True)


UpperBound = op(
    "UpperBound",
    "sorted_inputs: T, values: T -> output: out_type",
    T=G.ANY,
    out_type=_OUT_INDEX,
    shape=_shape_bound,
)


@UpperBound.kernel
def _kernel_upper_bound(k, sorted_inputs, values, *, out_type):
    return _search(k, sorted_inputs, values, "right", out_type)


UpperBound.no_gradient("integer output", undefined=True)


@export("searchsorted")
def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Find where values belong in sorted rows.

    Args:
        sorted_sequence: Tensor `[..., n]`, ascending along the last dim.
        values: Tensor `[..., m]` with the same leading dims.
        side: "left" for the first suitable place, "right" for the last.
        out_type: int32 or int64.
        name: Name of the node.

    Returns:
        Integer tensor like `values`.

    Raises:
        ValueError: (build) another side.
    """
    sequence_size = shape_ops.shape_internal(sorted_sequence)[-1]
    values_size = shape_ops.shape_internal(values)[-1]
    rows = late.reshape(sorted_sequence, [-1, sequence_size])
    wanted = late.reshape(values, [-1, values_size])
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    search = UpperBound if side == "right" else LowerBound
    found = search(rows, wanted, out_type=out_type, name=name)
    return late.reshape(found, shape_ops.shape_internal(values))
