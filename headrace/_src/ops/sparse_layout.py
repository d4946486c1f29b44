"""Rearranging sparse tensors: order, shape, slices, joining, empty rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late
from headrace._src.ops.sparse import as_sparse


def _sorted_rows(indices):
    return np.lexsort(indices.T[::-1]) if indices.size else np.arange(len(indices))


# -- SparseReorder -----------------------------------------------------------------------------
SparseReorder = op(
    "SparseReorder",
    "input_indices: int64, input_values: T, input_shape: int64 "
    "-> output_indices: int64, output_values: T",
    T=G.ANY,
    host_only=True,
)


@SparseReorder.shape
def _shape_sparse_reorder(s, input_indices, input_values, input_shape):
    return [dims_lib.with_rank(input_indices, 2), dims_lib.with_rank(input_values, 1)]


@SparseReorder.kernel
def _kernel_sparse_reorder(k, input_indices, input_values, input_shape):
    order = _sorted_rows(input_indices)
    return [input_indices[order], input_values[order]]


@SparseReorder.gradient
def _grad_sparse_reorder(op, _, dvalues):
    indices, _, shape = op.inputs
    count = shape_ops.shape(indices)[0]
    numbered = SparseTensor(indices, late.range(count), shape)
    inverse = late.invert_permutation(sparse_reorder(numbered).values)
    return None, late.gather(dvalues, inverse), None


@export("sparse.reorder", "sparse_reorder", v2=("sparse.reorder",))
def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """Put the elements of a sparse tensor into row-major order.

    Args:
        sp_input: `SparseTensor`.
        name: Name of the node.

    Returns:
        `SparseTensor`.
    """
    sparse = as_sparse(sp_input)
    indices, values = SparseReorder(sparse.indices, sparse.values, sparse.dense_shape, name=name)
    static = sparse.get_shape()
    if static.is_fully_defined():
        return SparseTensor(indices, values, static.as_list())
    return SparseTensor(indices, values, late.identity(sparse.dense_shape))


# -- SparseReshape -----------------------------------------------------------------------------
SparseReshape = op(
    "SparseReshape",
    "input_indices: int64, input_shape: int64, new_shape: int64 "
    "-> output_indices: int64, output_shape: int64",
    host_only=True,
)


@SparseReshape.shape
def _shape_sparse_reshape(s, input_indices, input_shape, new_shape):
    indices = dims_lib.with_rank(input_indices, 2)
    new = dims_lib.with_rank(new_shape, 1)
    return [(indices[0], new[0]), new]


@SparseReshape.kernel
def _kernel_sparse_reshape(k, input_indices, input_shape, new_shape):
    old = tuple(int(d) for d in input_shape)
    new = [int(d) for d in new_shape]
    if new.count(-1) > 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"only one output dimension may be -1, not both {new.index(-1)} and "
            f"{len(new) - 1 - new[::-1].index(-1)}",
        )
    have = int(np.prod(old, dtype=np.int64))
    known = int(np.prod([d for d in new if d != -1], dtype=np.int64))
    if -1 in new:
        if not known or have % known:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input to reshape is a SparseTensor with {have} dense values, but the requested "
                f"shape requires a multiple of {known}. input_shape={dims_lib.text(old)} "
                f"output_shape={dims_lib.text(tuple(new))}",
            )
        new[new.index(-1)] = have // known
    elif known != have:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input to reshape is a tensor with {have} dense values, but the requested shape has "
            f"{known}. input_shape={dims_lib.text(old)} output_shape={dims_lib.text(tuple(new))}",
        )
    flat = (
        np.ravel_multi_index(tuple(input_indices.T), old) if old else np.zeros(len(input_indices))
    )
    rows = np.stack(np.unravel_index(flat, new), axis=1).astype(np.int64)
    return [rows.reshape(len(input_indices), len(new)), np.array(new, np.int64)]


SparseReshape.no_gradient("integer outputs", undefined=True)


@export("sparse.reshape", "sparse_reshape", v2=("sparse.reshape",))
def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """Give a sparse tensor another dense shape with as many elements.

    Args:
        sp_input: `SparseTensor`.
        shape: 1-D integers; one dim may be -1, it is then inferred.
        name: Name of the node.

    Returns:
        `SparseTensor`.

    Raises:
        ValueError: (build) the numbers of elements are known and differ.
        errors.InvalidArgumentError: (run) they differ.
    """
    sparse = as_sparse(sp_input)
    shape = late.cast(shape, dtype=dtypes.int64)
    with name_scope(name, "SparseReshape", [sparse]) as name:
        indices, new_shape = SparseReshape(sparse.indices, sparse.dense_shape, shape, name=name)
        known = constants.constant_value_as_dims(shape)
        if known is not None and sparse.get_shape().is_fully_defined():
            new_shape = _known_new_shape(sparse, shape, known, new_shape)
        return SparseTensor(indices, late.identity(sparse.values), new_shape)


def _known_new_shape(sparse, shape, known, computed):
    """The new shape as a constant when it can be told statically."""
    given = constants.constant_value(shape)
    if given is not None and int(np.sum(given == -1)) > 1:
        raise ValueError(f"At most one dimension can be inferred (-1). Found: {given}")
    size = int(np.prod(sparse.get_shape().as_list()))
    missing = [i for i, d in enumerate(known) if d is None]
    if len(missing) > 1:
        return computed
    full = list(known)
    if missing:
        full[missing[0]] = size // int(np.prod([d for d in known if d is not None]))
    count = int(np.prod(full))
    if count != size:
        raise ValueError(
            f"Cannot reshape a tensor with {size} elements to shape {list(known)} "
            f"({count} elements)."
        )
    return constant_ops.constant(full, dtype=dtypes.int64)


# -- SparseSlice -------------------------------------------------------------------------------
SparseSlice = op(
    "SparseSlice",
    "indices: int64, values: T, shape: int64, start: int64, size: int64 "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    T=G.ANY,
    host_only=True,
)


@SparseSlice.shape
def _shape_sparse_slice(s, indices, values, shape, start, size):
    rank = dims_lib.with_rank(shape, 1)[0]
    return [(None, rank), (None,), shape]


def _inside(indices, start, size):
    return np.all((indices >= start) & (indices < start + size), axis=1)


@SparseSlice.kernel
def _kernel_sparse_slice(k, indices, values, shape, start, size):
    kept = _inside(indices, start, size)
    result = np.clip(np.minimum(size, shape - start), 0, None)
    return [indices[kept] - start, values[kept], result]


@SparseSlice.gradient
def _grad_sparse_slice(op, *dys):
    dvalues = SparseSliceGrad(dys[1], op.inputs[0], op.inputs[3], op.outputs[0])
    dvalues.set_shape(op.inputs[1].dims)
    return None, dvalues, None, None, None


SparseSliceGrad = op(
    "SparseSliceGrad",
    "backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64 "
    "-> val_grad: T",
    T=G.NUMBER,
    host_only=True,
)


@SparseSliceGrad.shape
def _shape_sparse_slice_grad(s, backprop_val_grad, input_indices, input_start, output_indices):
    return dims_lib.with_rank(input_indices, 2)[:1]


@SparseSliceGrad.kernel
def _kernel_sparse_slice_grad(k, backprop_val_grad, input_indices, input_start, output_indices):
    places = {tuple(row): i for i, row in enumerate((output_indices + input_start).tolist())}
    result = np.zeros(len(input_indices), backprop_val_grad.dtype)
    for i, row in enumerate(input_indices.tolist()):
        if tuple(row) in places:
            result[i] = backprop_val_grad[places[tuple(row)]]
    return result


SparseSliceGrad.no_gradient("1.15 has no rule", undefined=True)


@export("sparse.slice", "sparse_slice", v2=("sparse.slice",))
def sparse_slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """Cut a box out of a sparse tensor.

    Args:
        sp_input: `SparseTensor`.
        start: 1-D int64, first index along every dim.
        size: 1-D int64, size along every dim.
        name: Name of the node.

    Returns:
        `SparseTensor`.
    """
    sparse = as_sparse(sp_input)
    start = convert_to_tensor(start, dtypes.int64)
    size = convert_to_tensor(size, dtypes.int64)
    with name_scope(name, "SparseSlice", [sparse]) as name:
        parts = SparseSlice(
            sparse.indices, sparse.values, sparse.dense_shape, start, size, name=name
        )
        return SparseTensor(*parts)


@export("sparse.retain", "sparse_retain", v2=("sparse.retain",))
def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """Keep some of the elements of a sparse tensor.

    Args:
        sp_input: `SparseTensor`.
        to_retain: 1-D bool, one for each element.

    Returns:
        `SparseTensor`.

    Raises:
        ValueError: (build) the numbers of elements are known and differ.
    """
    sparse = as_sparse(sp_input)
    keep = convert_to_tensor(to_retain)
    keep.shape.assert_has_rank(1)
    if sparse.values.dims is not None and keep.dims is not None:
        sparse.values.shape.dims[0].merge_with(keep.shape.dims[0])
    places = late.reshape(late.where_v2(keep), [-1])
    indices = late.gather(sparse.indices, places)
    values = late.gather(sparse.values, places)
    return SparseTensor(indices, values, late.identity(sparse.dense_shape))


@export("sparse.transpose", "sparse_transpose", v2=("sparse.transpose",))
def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """Permute the dims of a sparse tensor.

    Args:
        sp_input: `SparseTensor`.
        perm: The dim of `sp_input` that each dim of the result is; reversed by default.
        name: Name of the scope.

    Returns:
        `SparseTensor` in row-major order.
    """
    with name_scope(name, "SparseTranspose", [sp_input]) as name:
        if perm is None:
            rank = shape_ops.rank(sp_input)
            perm = (rank - 1) - late.range(0, rank, 1)
        columns = late.gather(late.transpose(sp_input.indices), perm)
        indices = late.transpose(columns)
        order = constants.constant_value(convert_to_tensor(perm))
        static = sp_input.get_shape()
        if order is not None and static.is_fully_defined():
            shape: Any = [static.as_list()[i] for i in order]
        else:
            shape = late.gather(sp_input.dense_shape, perm)
        return sparse_reorder(SparseTensor(indices, sp_input.values, shape))


# -- SparseConcat ------------------------------------------------------------------------------
SparseConcat = op(
    "SparseConcat",
    "indices: N * int64, values: N * T, shapes: N * int64 "
    "-> output_indices: int64, output_values: T, output_shape: int64",
    concat_dim=A.integer(),
    N=A.integer(minimum=2),
    T=G.ANY,
    host_only=True,
)


@SparseConcat.shape
def _shape_sparse_concat(s, indices, values, shapes):
    count, rank = 0, None
    for rows, shape in zip(indices, shapes, strict=True):
        found = dims_lib.with_rank(rows, 2)
        count = dims_lib.add(count, found[0])
        rank = dims_lib.merge_dim(rank, found[1])
        rank = dims_lib.merge_dim(rank, dims_lib.with_rank(shape, 1)[0])
    return [(count, rank), (count,), (rank,)]


@SparseConcat.kernel
def _kernel_sparse_concat(k, indices, values, shapes, *, concat_dim):
    axis = concat_dim % len(shapes[0])
    start, moved = 0, []
    for i, (rows, shape) in enumerate(zip(indices, shapes, strict=True)):
        for j, (a, b) in enumerate(zip(shapes[0], shape, strict=True)):
            if j != axis and a != b:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    "Input shapes must match: expected "
                    f"{a} for dimension {j} but got {b} at position {i}",
                )
        shifted = rows.copy()
        shifted[:, axis] += start
        start += int(shape[axis])
        moved.append(shifted)
    rows = np.concatenate(moved)
    order = _sorted_rows(rows)
    shape = shapes[0].copy()
    shape[axis] = start
    return [rows[order], np.concatenate(values)[order], shape]


SparseConcat.no_gradient("1.15 has no rule")


@export("sparse.concat", "sparse_concat", v2=())
def sparse_concat(
    axis: int,
    sp_inputs: Any,
    name: str | None = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: Any = None,
) -> SparseTensor:
    """Join sparse tensors along a dim.

    Args:
        axis: The dim.
        sp_inputs: List of `SparseTensor`s.
        name: Name of the node.
        expand_nonconcat_dim: Whether the other dims may differ; the largest count.
        concat_dim: Former name of `axis`.
        expand_nonconcat_dims: Newer name of `expand_nonconcat_dim`.

    Returns:
        `SparseTensor`.

    Raises:
        errors.InvalidArgumentError: (run) other dims that differ.
    """
    if expand_nonconcat_dims is not None:
        expand_nonconcat_dim = expand_nonconcat_dims
    if concat_dim is not None:
        axis = renamed("axis", axis, "concat_dim", concat_dim)
    inputs = [as_sparse(x) for x in sp_inputs]
    if len(inputs) == 1:
        return inputs[0]
    shapes = [x.dense_shape for x in inputs]
    if expand_nonconcat_dim:
        rows = [late.reshape(shape, [1, -1]) for shape in shapes]
        largest = late.reduce_max(late.concat(rows, 0), 0)
        shapes = [_expanded_shape(largest, shape, axis) for shape in shapes]
    indices, values, shape = SparseConcat(
        [x.indices for x in inputs],
        [x.values for x in inputs],
        shapes,
        concat_dim=axis,
        name=name,
    )
    known = [constants.constant_value(s) for s in shapes]
    if all(s is not None for s in known):
        static = known[0].copy()
        static[axis] = sum(s[axis] for s in known)
        shape = convert_to_tensor(static)
    return SparseTensor(indices, values, shape)


def _expanded_shape(largest: Tensor, shape: Tensor, axis: int) -> Tensor:
    if axis == -1:
        return late.concat([largest[:axis], shape[-1:], []], 0)
    return late.concat([largest[:axis], shape[axis : axis + 1], largest[axis + 1 :]], 0)


# -- SparseFillEmptyRows -----------------------------------------------------------------------
SparseFillEmptyRows = op(
    "SparseFillEmptyRows",
    "indices: int64, values: T, dense_shape: int64, default_value: T -> output_indices: int64, "
    "output_values: T, empty_row_indicator: bool, reverse_index_map: int64",
    T=G.ANY,
    host_only=True,
)


@SparseFillEmptyRows.shape
def _shape_sparse_fill_empty_rows(s, indices, values, dense_shape, default_value):
    indices = dims_lib.with_rank(indices, 2)
    shape = s.value_as_dims(2)
    rows = shape[0] if shape else None
    return [(None, indices[1]), (None,), (rows,), indices[:1]]


@SparseFillEmptyRows.kernel
def _kernel_sparse_fill_empty_rows(k, indices, values, dense_shape, default_value):
    rows = int(dense_shape[0])
    for i, row in enumerate(indices[:, 0].tolist() if indices.size else []):
        if not 0 <= row < rows:
            raise errors.InvalidArgumentError(
                None, None, f"indices({i}, 0) is invalid: {row} >= {rows}"
            )
    empty = np.ones(rows, bool)
    empty[indices[:, 0]] = False
    added = np.zeros((int(empty.sum()), indices.shape[1]), np.int64)
    added[:, 0] = np.flatnonzero(empty)
    merged = np.concatenate([indices, added])
    order = np.argsort(merged[:, 0], kind="stable")
    filler = np.full(len(added), default_value, values.dtype)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    all_values = np.concatenate([values, filler])
    return [merged[order], all_values[order], empty, places[: len(indices)]]


@SparseFillEmptyRows.gradient
def _grad_sparse_fill_empty_rows(op, _, dvalues, *rest):
    dinput, ddefault = SparseFillEmptyRowsGrad(op.outputs[3], dvalues)
    return [None, dinput, None, ddefault]


SparseFillEmptyRowsGrad = op(
    "SparseFillEmptyRowsGrad",
    "reverse_index_map: int64, grad_values: T -> d_values: T, d_default_value: T",
    T=G.ANY,
    host_only=True,
)


@SparseFillEmptyRowsGrad.shape
def _shape_sparse_fill_empty_rows_grad(s, reverse_index_map, grad_values):
    return [dims_lib.with_rank(reverse_index_map, 1), ()]


@SparseFillEmptyRowsGrad.kernel
def _kernel_sparse_fill_empty_rows_grad(k, reverse_index_map, grad_values):
    others = np.ones(len(grad_values), bool)
    others[reverse_index_map] = False
    default = np.asarray(grad_values[others].sum(dtype=grad_values.dtype))
    return [grad_values[reverse_index_map], default]


SparseFillEmptyRowsGrad.no_gradient("1.15 has no rule", undefined=True)


@export("sparse.fill_empty_rows", "sparse_fill_empty_rows", v2=("sparse.fill_empty_rows",))
def sparse_fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """Put a default value into each row of a sparse matrix that has no element.

    Args:
        sp_input: `SparseTensor`.
        default_value: Scalar.
        name: Name of the scope.

    Returns:
        `(filled, empty)`: the `SparseTensor`, and bool `[rows]` telling which rows were empty.
    """
    sparse = as_sparse(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [sparse]):
        default_value = convert_to_tensor(default_value, dtype=sparse.values.dtype)
        indices, values, empty, _ = SparseFillEmptyRows(
            sparse.indices, sparse.values, sparse.dense_shape, default_value
        )
        return SparseTensor(indices, values, sparse.dense_shape), empty
