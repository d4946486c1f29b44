"""Joining and dividing tensors: Concat, Pack, Split and their kin."""

from __future__ import annotations

import functools
import numbers
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import Dimension
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._late import late


# -- Concat and ConcatV2 -----------------------------------------------------------------------
def _concat_dims(axis, parts):
    """Dims of the concatenation; `axis` is None when unknown."""
    if axis is None:
        rank = next((len(p) for p in parts if p is not None), None)
        if rank == 0:
            raise ValueError("Can't concatenate scalars (use tf.stack instead)")
        if rank is None:
            return None
        for part in parts:
            dims_lib.with_rank(part, rank)
        return (None,) * rank
    least = axis + 1 if axis >= 0 else -axis
    before, total, after = _cut_at(parts[-1], axis, least)
    for part in parts[-2::-1]:
        left, size, right = _cut_at(part, axis, least)
        before = dims_lib.merge(left, before)
        total = dims_lib.add(total, size)
        after = dims_lib.merge(right, after)
    return dims_lib.concat(dims_lib.concat(before, (total,)), after)


def _cut_at(part, axis, least):
    """Dims before the axis, its size, dims after it."""
    if dims_lib.with_rank_at_least(part, least) is None:
        return None, None, None
    at = axis % len(part)
    return part[:at], part[at], part[at + 1 :]


def _concat_shape(s, position, axis_dims, parts):
    dims_lib.with_rank(axis_dims, 0)
    if len(parts) == 1:
        return parts[0]
    axis = s.value(position)
    return _concat_dims(None if axis is None else int(axis), parts)


def _concat_arrays(k, axis, values, op_type, axis_name):
    if np.ndim(axis):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{axis_name} tensor should be a scalar integer, but got shape "
            f"{dims_lib.text(axis.shape)}",
        )
    axis = int(axis)
    first = values[0]
    rank = np.ndim(first)
    if not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{op_type} : Expected concatenating dimensions in the range [{-rank}, {rank}), "
            f"but got {axis}",
        )
    for i, value in enumerate(values):
        same = np.ndim(value) == rank and all(
            a == b
            for j, (a, b) in enumerate(zip(first.shape, value.shape, strict=False))
            if j != axis % rank
        )
        if not same:
            ranks_match = np.ndim(value) == rank
            what = "Dimensions of inputs" if ranks_match else "Ranks of all input tensors"
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{op_type} : {what} should match: shape[0] = "
                f"{dims_lib.text(first.shape)} vs. shape[{i}] = {dims_lib.text(value.shape)}",
            )
    return k.np_for(*values).concatenate(values, axis=axis)


Concat = op(
    "Concat",
    "concat_dim: int32, values: N * T -> output: T",
    N=A.integer(minimum=2),
    T=G.ANY,
    static=("concat_dim",),
    moves_data=True,
    python_constant=True,
)


@Concat.shape
def _shape_concat(s, concat_dim, values):
    return _concat_shape(s, 0, concat_dim, values)


@Concat.kernel
def _kernel_concat(k, concat_dim, values):
    return _concat_arrays(k, concat_dim, values, "ConcatOp", "concat_dim")


@Concat.gradient
def _grad_concat(op, dy):
    return [None, *_concat_parts(dy, op.inputs[0], list(op.inputs[1:]))]


ConcatV2 = op(
    "ConcatV2",
    "values: N * T, axis: Tidx -> output: T",
    kernel_ignores=("Tidx",),
    N=A.integer(minimum=2),
    T=G.ANY,
    Tidx=A.dtype(G.INDEX, default=dtypes.int32),
    static=("axis",),
    moves_data=True,
    python_constant=True,
)


@ConcatV2.shape
def _shape_concat_v2(s, values, axis):
    return _concat_shape(s, len(values), axis, values)


@ConcatV2.kernel
def _kernel_concat_v2(k, values, axis):
    return _concat_arrays(k, axis, values, "ConcatOp", "axis")


@ConcatV2.gradient
def _grad_concat_v2(op, dy):
    return [*_concat_parts(dy, op.inputs[-1], list(op.inputs[:-1])), None]


# From this many inputs on the cotangent is split rather than sliced.
_SPLIT_ABOVE = 16


def _input_shapes(inputs):
    sizes = []
    for x in inputs:
        sizes.append(shape_ops.shape(x))
        if sizes[-1].op.type != "Const":
            return shape_ops.shape_n(inputs)
    return sizes


def _concat_parts(dy, axis, inputs):
    """The parts of a cotangent that belong to the inputs of a concatenation."""
    if len(inputs) == 1:
        return [dy]
    if isinstance(dy, IndexedSlices):
        return _concat_sparse_parts(dy, axis, inputs)
    positive = axis % shape_ops.rank(inputs[0])
    sizes = _input_shapes(inputs)
    if len(sizes) > _SPLIT_ABOVE:
        along = late.squeeze(late.slice(stack(sizes, axis=1), [positive, 0], [1, -1]))
        return split(dy, along, positive)
    offsets = ConcatOffset(positive, sizes)
    return [late.slice(dy, begin, size) for begin, size in zip(offsets, sizes, strict=True)]


def _concat_sparse_parts(dy, axis, inputs):
    positive = axis % shape_ops.rank(inputs[0])
    static = constants.constant_value(axis)
    if static is None:
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    if static < 0:
        rank = constants.constant_value(shape_ops.rank(inputs[0]))
        if rank is None:
            raise ValueError(
                "Can only compute IndexedSlices gradient with negative concat_dim when first "
                "value rank is statically-known."
            )
        static %= rank
    sizes = [shape_ops.shape(x) for x in inputs]
    if static > 0:
        return _sparse_parts_of_columns(dy, positive, sizes)
    return _sparse_parts_of_rows(dy, positive, sizes)


def _sparse_parts_of_columns(dy, axis, sizes):
    """Every input gets all rows, and its part of their columns."""
    rank = shape_ops.shape(sizes[0])
    mask = concat(
        [
            constant_ops.fill(late.expand_dims(axis, 0), 0),
            [1],
            constant_ops.fill(rank - axis - 1, 0),
        ],
        0,
    )
    begin = constant_ops.fill(rank, 0)
    parts = []
    for size in sizes:
        tail = concat([[-1], late.slice(size, [1], [-1])], 0)
        parts.append(IndexedSlices(late.slice(dy.values, begin, tail), dy.indices, size))
        begin = late.add(begin, size * mask)
    return parts


def _sparse_parts_of_rows(dy, axis, sizes):
    """Every input gets the rows that fall into its part."""
    start = constant_ops.constant(0, dtype=dy.indices.dtype)
    parts = []
    for size in sizes:
        length = late.gather(size, axis)
        if length.dtype != dy.indices.dtype:
            length = late.cast(length, dtype=dy.indices.dtype)
        end = start + length
        inside = late.logical_and(dy.indices >= start, dy.indices < end)
        rows = late.squeeze(late.where(inside), axis=[1])
        indices = late.gather(dy.indices, rows) - start
        parts.append(IndexedSlices(late.gather(dy.values, rows), indices, size))
        start = end
    return parts


@export("concat")
def concat(values: Any, axis: Any, name: str | None = "concat") -> Tensor:
    """Join tensors along a dim.

    Args:
        values: List of tensors of one dtype, their shapes equal but for the dim `axis`.
        axis: Dim along which to join, an integer or a scalar tensor.
        name: Name of the node.

    Returns:
        Tensor whose size along `axis` is the sum of theirs.

    Raises:
        ValueError: (build) shapes that do not fit.
        errors.InvalidArgumentError: (run) shapes that do not fit.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if len(values) == 1:
        with name_scope(name):
            axis = convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32)
            axis.shape.assert_has_rank(0)
            return identity_ops.identity(values[0], name=name)
    return ConcatV2(values, axis, name=name)


# -- ConcatOffset ------------------------------------------------------------------------------
ConcatOffset = op(
    "ConcatOffset",
    "concat_dim: int32, shape: N * int32 -> offset: N * int32",
    N=A.integer(minimum=2),
    static=("concat_dim", "shape"),
)


@ConcatOffset.shape
def _shape_concat_offset(s, concat_dim, shape):
    return [dims_lib.with_rank(d, 1) for d in shape]


@ConcatOffset.kernel
def _kernel_concat_offset(k, concat_dim, shape):
    rank = len(shape[0])
    axis = int(concat_dim)
    if not -rank <= axis < rank:
        raise errors.InvalidArgumentError(
            None, None, f"Concat dim is out of range: {axis} vs. {rank}"
        )
    axis %= rank
    offsets, start = [], 0
    for i, dims in enumerate(shape):
        if any(a != b for j, (a, b) in enumerate(zip(shape[0], dims, strict=True)) if j != axis):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"All dimensions except {axis} must match. Input {i} has shape "
                f"[{' '.join(str(int(d)) for d in dims)}] and doesn't match input 0 with shape "
                f"[{' '.join(str(int(d)) for d in shape[0])}].",
            )
        offset = np.zeros(rank, np.int32)
        offset[axis] = start
        start += int(dims[axis])
        offsets.append(offset)
    return offsets


ConcatOffset.no_gradient("integer outputs")


# -- Pack --------------------------------------------------------------------------------------
Pack = op(
    "Pack",
    "values: N * T -> output: T",
    N=A.integer(minimum=1),
    T=G.ANY,
    axis=A.integer(default=0),
    moves_data=True,
    python_constant=True,
)


def _packed_data(data):
    """What is known of lists that are packed together."""
    if any(d is None or d[0] is not data[0][0] for d in data):
        return None
    return data[0][0], functools.reduce(dims_lib.relax, [dims for _, dims in data])


@Pack.shape
def _shape_pack(s, values, *, axis):
    s.set_handle_data(_packed_data([s.handle_data(i) for i in range(len(values))]))
    merged = dims_lib.merge_all(values)
    if merged is None:
        return None
    if not -len(merged) - 1 <= axis <= len(merged):
        raise ValueError(
            f"Invalid axis: {axis}; must be in [{-(len(merged) + 1)},{len(merged) + 1})"
        )
    at = axis if axis >= 0 else axis + len(merged) + 1
    return (*merged[:at], len(values), *merged[at:])


@Pack.kernel
def _kernel_pack(k, values, *, axis):
    first = np.shape(values[0])
    for i, value in enumerate(values):
        if np.shape(value) != first:
            raise errors.InvalidArgumentError(
                None,
                None,
                "Shapes of all inputs must match: values[0].shape = "
                f"{dims_lib.text(first)} != values[{i}].shape = {dims_lib.text(np.shape(value))}",
            )
    result = k.np_for(*values).stack(values, axis=axis)
    if k.xla and first == ():
        k.note_elements(result, values)
    return result


@Pack.gradient
def _grad_pack(op, dy):
    return unstack(dy, num=op.attrs["N"], axis=op.attrs["axis"])


@export("stack")
def stack(values: Any, axis: int = 0, name: str | None = "stack") -> Tensor:
    """Join tensors of one shape along a new dim.

    Args:
        values: List of tensors of the same shape and dtype.
        axis: Where the new dim shall be, in `[-rank - 1, rank]`.
        name: Name of the node.

    Returns:
        Tensor of rank one more.

    Raises:
        ValueError: (build) `axis` out of range, or shapes that differ.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # The elements are tensors or of several kinds: the node decides below.
    rank = convert_to_tensor(values[0], name=name).dims
    if rank is not None:
        bound = len(rank) + 1
        if not -bound <= axis < bound:
            raise ValueError(f"axis = {axis} not in [{-bound}, {bound})")
    return Pack(values, axis=axis, name=name)


# -- Unpack ------------------------------------------------------------------------------------
Unpack = op(
    "Unpack",
    "value: T -> output: num * T",
    num=A.integer(minimum=0),
    T=G.ANY,
    axis=A.integer(default=0),
)


@Unpack.shape
def _shape_unpack(s, value, *, num, axis):
    if value is None:
        return [None] * num
    if not -len(value) <= axis < len(value):
        raise ValueError(f"Invalid axis: {axis}; must be in [{-len(value)},{len(value)})")
    at = axis % len(value)
    if value[at] not in (None, num):
        raise ValueError(f"Dimension must be {num} but is {value[at]}")
    return [(*value[:at], *value[at + 1 :])] * num


@Unpack.kernel
def _kernel_unpack(k, value, *, num, axis):
    if not -value.ndim <= axis < value.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"axis = {axis} not in [{-value.ndim}, {value.ndim})"
        )
    if value.shape[axis] != num:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input shape axis {axis % value.ndim} must equal {num}, "
            f"got shape {dims_lib.text(value.shape)}",
        )
    index = (slice(None),) * (axis % value.ndim)
    return [
        np.asarray(value[(*index, i)], value.dtype)
        if isinstance(value, np.ndarray)
        else value[(*index, i)]
        for i in range(num)
    ]


@Unpack.gradient
def _grad_unpack(op, *dys):
    return stack(list(dys), axis=op.attrs["axis"])


@export("unstack")
def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str | None = "unstack"
) -> list[Tensor]:
    """Divide a tensor along a dim into tensors of rank one less.

    Args:
        value: Tensor of rank 1 or more.
        num: Size of the dim, needed when it is not known statically.
        axis: The dim.
        name: Name of the node.

    Returns:
        List of `num` tensors.

    Raises:
        ValueError: (build) `axis` out of range, or `num` missing and unknown.
    """
    if num is None:
        value = convert_to_tensor(value)
        if value.dims is not None:
            rank = len(value.dims)
            if not -rank <= axis < rank:
                raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
            num = value.dims[axis]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {value.shape}")
    return Unpack(value, num=num, axis=axis, name=name)


# -- Split -------------------------------------------------------------------------------------
Split = op(
    "Split",
    "split_dim: int32, value: T -> output: num_split * T",
    num_split=A.integer(minimum=1),
    T=G.ANY,
    static=("split_dim",),
)


@Split.shape
def _shape_split(s, split_dim, value, *, num_split):
    axis = s.value(0)
    if axis is None or value is None:
        part = None if value is None or axis is not None else (None,) * len(value)
        return [part] * num_split
    axis, rank = int(axis), len(value)
    if not -rank <= axis < rank:
        raise ValueError(
            f"Dimension size, given by scalar input {axis} must be in range [{-rank}, {rank})"
        )
    at = axis % rank
    if value[at] is not None and value[at] % num_split:
        raise ValueError(
            f"Dimension size must be evenly divisible by {num_split} but is {value[at]}\n\t"
            "Number of ways to split should evenly divide the split dimension"
        )
    size = None if value[at] is None else value[at] // num_split
    return [(*value[:at], size, *value[at + 1 :])] * num_split


@Split.kernel
def _kernel_split(k, split_dim, value, *, num_split):
    axis = int(split_dim)
    if not -value.ndim <= axis < value.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"-input rank(-{value.ndim}) <= split_dim < input rank ({value.ndim}), but got {axis}",
        )
    axis %= value.ndim
    if value.shape[axis] % num_split:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Number of ways to split should evenly divide the split dimension, but got split_dim "
            f"{axis} (size = {value.shape[axis]}) and num_split {num_split}",
        )
    return list(k.np_for(value).split(value, num_split, axis=axis))


@Split.gradient
def _grad_split(op, *dys):
    return None, concat(list(dys), op.inputs[0])


# -- SplitV ------------------------------------------------------------------------------------
SplitV = op(
    "SplitV",
    "value: T, size_splits: Tlen, split_dim: int32 -> output: num_split * T",
    num_split=A.integer(minimum=1),
    T=G.ANY,
    Tlen=A.dtype(G.INDEX, default=dtypes.int64),
    static=("size_splits", "split_dim"),
)


@SplitV.shape
def _shape_split_v(s, value, size_splits, split_dim, *, num_split):
    axis, sizes = s.value(2), s.value(1)
    if axis is None or value is None:
        if value is not None and num_split == 1:
            return [value]
        rank = None if value is None else len(value)
        part = None if rank is None else (None,) * rank
        return [part] * num_split
    axis, rank = int(axis), len(value)
    if not -rank <= axis < rank:
        raise ValueError(
            f"Dimension size, given by scalar input {axis} must be in range [{-rank}, {rank})"
        )
    at = axis % rank
    if sizes is None:
        return [(*value[:at], None, *value[at + 1 :])] * num_split
    if len(sizes) != num_split:
        raise ValueError(f"Dimension must be {num_split} but is {len(sizes)}")
    sizes = [int(d) for d in sizes]
    known = sum(d for d in sizes if d != -1)
    if value[at] is not None and -1 in sizes:
        sizes[sizes.index(-1)] = value[at] - known
    elif value[at] is not None and known != value[at]:
        raise ValueError(
            f"can't split axis of size {value[at]} into pieces of size "
            f"[{','.join(map(str, sizes))}]"
        )
    return [(*value[:at], None if d == -1 else d, *value[at + 1 :]) for d in sizes]


@SplitV.kernel
def _kernel_split_v(k, value, size_splits, split_dim, *, num_split):
    axis = int(split_dim)
    if not -value.ndim <= axis < value.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"-input rank(-{value.ndim}) <= split_dim < input rank ({value.ndim}), but got {axis}",
        )
    axis %= value.ndim
    sizes = [int(d) for d in size_splits]
    known, have = sum(d for d in sizes if d != -1), value.shape[axis]
    open_ = sizes.count(-1)
    if open_ > 1 or (open_ and known > have) or (not open_ and known != have):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Determined shape must either match input shape along split_dim exactly if fully "
            f"specified, or be less than the size of the input along split_dim if not fully "
            f"specified.  Got: {known}",
        )
    if open_:
        sizes[sizes.index(-1)] = have - known
    return list(k.np_for(value).split(value, np.cumsum(sizes)[:-1].tolist(), axis=axis))


@SplitV.gradient
def _grad_split_v(op, *dys):
    return [concat(list(dys), op.inputs[2]), None, None]


@export("split")
def split(
    value: Any,
    num_or_size_splits: Any,
    axis: Any = 0,
    num: int | None = None,
    name: str | None = "split",
) -> list[Tensor]:
    """Divide a tensor along a dim.

    Args:
        value: Tensor.
        num_or_size_splits: Number of equal parts, or 1-D sizes of the parts, of which one may
            be -1.
        axis: The dim.
        num: Number of parts, needed when the sizes are a tensor of unknown length.
        name: Name of the node.

    Returns:
        List of tensors.

    Raises:
        ValueError: (build) the number of parts is unknown, or the sizes do not fit.
        errors.InvalidArgumentError: (run) the sizes do not fit.
    """
    sizes = convert_to_tensor(num_or_size_splits)
    if isinstance(num_or_size_splits, (numbers.Integral, np.integer, Dimension)):
        return Split(axis, value, num_split=num_or_size_splits, name=name)
    if sizes.dims == ():
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. "
            f"Argument provided: {num_or_size_splits!s}"
        )
    if num is None:
        num = sizes.dims[0] if sizes.dims else None
        if num is None:
            raise ValueError(f"Cannot infer num from shape {num_or_size_splits}")
    return SplitV(value, sizes, axis, num_split=num, name=name)


# -- ParallelConcat ----------------------------------------------------------------------------
ParallelConcat = op(
    "ParallelConcat",
    "values: N * T -> output: T",
    N=A.integer(minimum=1),
    T=G.ANY,
    shape=A.shape(),
)


@ParallelConcat.shape
def _shape_parallel_concat(s, values, *, shape):
    if not dims_lib.is_full(shape):
        raise ValueError("shape attr must be fully defined.")
    for part in values:
        if not dims_lib.is_full(part):
            raise ValueError("All input shapes must be fully defined.")
        if part[:1] != (1,):
            raise ValueError("Size of first dimension must be 1.")
        dims_lib.merge(part[1:], shape[1:])
    return shape


@ParallelConcat.kernel
def _kernel_parallel_concat(k, values):
    return k.np_for(*values).concatenate(values, axis=0)


ParallelConcat.no_gradient("1.15 has no rule", undefined=True)


@export("parallel_stack")
def parallel_stack(values: Any, name: str | None = "parallel_stack") -> Tensor:
    """Stack tensors of fully known shape along a new first dim.

    Args:
        values: List of tensors of one shape and dtype.
        name: Name of the scope.

    Returns:
        Tensor of rank one more.
    """
    with name_scope(name):
        first = convert_to_tensor(values[0])
        shape = None if first.dims is None else (len(values), *first.dims)
        return ParallelConcat([late.expand_dims(v, 0) for v in values], shape=shape)


# -- meshgrid ----------------------------------------------------------------------------------


@export("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> list[Tensor]:
    """Repeat vectors so that together they run through a grid.

    Args:
        *args: 1-D tensors.
        **kwargs: `indexing`, "xy" (default: the first two dims change places) or "ij"; `name`,
            the name of the scope.

    Returns:
        List of tensors, one an argument, of rank `len(args)`.

    Raises:
        ValueError: (build) another `indexing`.
        TypeError: (build) another keyword.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args) as name:
        rank = len(args)
        grids = []
        for i, x in enumerate(args):
            target = (1,) * i + (-1,) + (1,) * (rank - i - 1)
            grids.append(late.reshape(stack(x), target))
        sizes = [shape_ops.size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and rank > 1:
            grids[0] = late.reshape(grids[0], (1, -1) + (1,) * (rank - 2))
            grids[1] = late.reshape(grids[1], (-1, 1) + (1,) * (rank - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        factor = constant_ops.ones(sizes, dtype)
        return [x * factor for x in grids]
