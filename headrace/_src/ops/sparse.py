"""Sparse tensors and dense ones: conversion, products, sums."""

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
from headrace._src.core.sparse_tensor import SparseTensor, SparseTensorValue
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops._late import late

SPARSE = (SparseTensor, SparseTensorValue)


def as_sparse(value: Any) -> SparseTensor:
    """The `SparseTensor` that a value is or describes."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def check_order(indices: Any, shape: Any) -> None:
    """Raises unless the index rows lie inside the shape, ascend and differ."""
    previous = None
    for i, row in enumerate(np.reshape(indices, (len(indices), -1)).tolist()):
        text = f"indices[{i}] = [{','.join(map(str, row))}]"
        if any(not 0 <= at < size for at, size in zip(row, shape, strict=True)):
            bounds = ",".join(str(int(d)) for d in shape)
            raise errors.InvalidArgumentError(
                None, None, f"{text} is out of bounds: need 0 <= index < [{bounds}]"
            )
        if previous is not None and row == previous:
            raise errors.InvalidArgumentError(None, None, f"{text} is repeated")
        if previous is not None and row < previous:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{text} is out of order. Many sparse ops require sorted indices.\n    "
                "Use `tf.sparse.reorder` to create a correctly ordered copy.\n\n",
            )
        previous = row


def _require_order(k: Any, indices: Any, shape: Any, ascending: bool) -> None:
    """The same for compiled code; order is demanded only where `ascending`."""
    require_vectors(k, indices, shape)
    if ascending and len(shape):
        np_ = k.np_for(indices)
        flat = indices[:, 0].astype(np.int64)
        for i, size in enumerate(shape[1:], 1):
            flat = flat * size + indices[:, i]
        k.require(np_.all(flat[1:] > flat[:-1]))


# -- SparseToDense -----------------------------------------------------------------------------
SparseToDense = op(
    "SparseToDense",
    "sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T "
    "-> dense: T",
    validate_indices=A.boolean(default=True),
    T=G.ANY,
    Tindices=G.INDEX,
    static=("output_shape",),
)


@SparseToDense.shape
def _shape_sparse_to_dense(s, sparse_indices, output_shape, sparse_values, default_value):
    return s.value_as_dims(1)


@SparseToDense.kernel
def _kernel_sparse_to_dense(
    k, sparse_indices, output_shape, sparse_values, default_value, *, validate_indices
):
    target = tuple(int(d) for d in output_shape)
    np_ = k.np_for(sparse_indices, sparse_values, default_value)
    indices = sparse_indices
    if np.ndim(indices) < 2:
        indices = np_.reshape(indices, (-1, 1))
    if np.shape(indices)[1] != len(target):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"output_shape has incorrect number of elements: {len(target)} should be: "
            f"{np.shape(indices)[1]}",
        )
    if k.xla:
        _require_order(k, indices, target, validate_indices)
    elif validate_indices:
        check_order(indices, target)
    at = tuple(indices[:, i] for i in range(len(target)))
    if np_ is np:
        dense = np.full(target, default_value, sparse_values.dtype)
        dense[at] = sparse_values
        return dense
    return np_.full(target, default_value, sparse_values.dtype).at[at].set(sparse_values)


@SparseToDense.gradient
def _grad_sparse_to_dense(op, dy):
    indices, shape, _, _ = op.inputs
    values = late.gather_nd(dy, indices)
    default = late.reduce_sum(dy) - late.reduce_sum(values)
    return [late.zeros_like(indices), late.zeros_like(shape), values, default]


@export("sparse_to_dense", v2=(), deprecated="tf.sparse.to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Tensor:
    """Put values into a dense tensor at the given indices.

    Args:
        sparse_indices: Integers `[n, rank]`, or `[n]` for a vector, or a scalar.
        output_shape: 1-D, shape of the result.
        sparse_values: `[n]`, or a scalar for all of them.
        default_value: Scalar that is put everywhere else.
        validate_indices: Whether the indices must ascend and not repeat.
        name: Name of the node.

    Returns:
        Tensor of shape `output_shape`.

    Raises:
        errors.InvalidArgumentError: (run) indices that are not valid.
    """
    return SparseToDense(
        sparse_indices,
        output_shape,
        sparse_values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )


@export("sparse.to_dense", "sparse_tensor_to_dense", v2=("sparse.to_dense",))
def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Tensor:
    """Turn a sparse tensor into a dense one.

    Args:
        sp_input: `SparseTensor`.
        default_value: Scalar for the elements that are not there, zero by default.
        validate_indices: Whether the indices must ascend and not repeat.
        name: Name of the node.

    Returns:
        Dense tensor.

    Raises:
        TypeError: (build) the input is not sparse.
        errors.InvalidArgumentError: (run) indices that are not valid.
    """
    sparse = as_sparse(sp_input)
    if default_value is None:
        default_value = constant_ops.zeros([], dtype=sparse.dtype)
    return SparseToDense(
        sparse.indices,
        sparse.dense_shape,
        sparse.values,
        default_value,
        validate_indices=validate_indices,
        name=name,
    )


@export("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """Turn a dense tensor into a sparse one that lacks its zeros.

    Args:
        tensor: Dense tensor.
        name: Name of the scope.

    Returns:
        `SparseTensor`.
    """
    with name_scope(name, "dense_to_sparse"):
        tensor = convert_to_tensor(tensor)
        nonzero = late.not_equal(tensor, constant_ops.constant(0, tensor.dtype))
        indices = late.where_v2(nonzero)
        values = late.gather_nd(tensor, indices)
        return SparseTensor(indices, values, shape_ops.shape(tensor, out_type=dtypes.int64))


# -- SparseTensorDenseMatMul -------------------------------------------------------------------
SparseTensorDenseMatMul = op(
    "SparseTensorDenseMatMul",
    "a_indices: Tindices, a_values: T, a_shape: int64, b: T -> product: T",
    T=G.ANY,
    Tindices=A.dtype(G.INDEX, default=dtypes.int64),
    adjoint_a=A.boolean(default=False),
    adjoint_b=A.boolean(default=False),
    static=("a_shape",),
)


@SparseTensorDenseMatMul.shape
def _shape_sparse_matmul(s, a_indices, a_values, a_shape, b, *, adjoint_a, adjoint_b):
    dims_lib.with_rank(a_indices, 2)
    dims_lib.with_rank(a_values, 1)
    a = dims_lib.with_rank(s.value_as_dims(2), 2)
    b = dims_lib.with_rank(b, 2)
    rows, inner = a[::-1] if adjoint_a else a
    inner_b, columns = b[::-1] if adjoint_b else b
    dims_lib.merge_dim(inner, inner_b)
    return (rows, columns)


@SparseTensorDenseMatMul.kernel
def _kernel_sparse_matmul(k, a_indices, a_values, a_shape, b, *, adjoint_a, adjoint_b):
    np_ = k.np_for(a_indices, a_values, b)
    rows, inner = (int(d) for d in (a_shape[::-1] if adjoint_a else a_shape))
    at, from_ = (1, 0) if adjoint_a else (0, 1)
    if adjoint_a:
        a_values = np_.conj(a_values)
    if adjoint_b:
        b = np_.conj(np_.transpose(b))
    if b.shape[0] != inner:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Cannot multiply A and B because inner dimension does not match: "
            f"{inner} vs. {b.shape[0]}.  Did you forget a transpose?  Dimensions of A: "
            f"[{int(a_shape[0])}, {int(a_shape[1])}).  Dimensions of B: "
            f"{dims_lib.text(b.shape)}",
        )
    if k.xla:
        require_vectors(k, a_indices, [int(d) for d in a_shape])
    terms = a_values[:, None] * b[a_indices[:, from_]]
    if np_ is np:
        product = np.zeros((rows, b.shape[1]), b.dtype)
        np.add.at(product, a_indices[:, at], terms)
        return product
    return np_.zeros((rows, b.shape[1]), b.dtype).at[a_indices[:, at]].add(terms)


@SparseTensorDenseMatMul.gradient
def _grad_sparse_matmul(op, dy):
    indices, values, shape, b = op.inputs
    adjoint_a, adjoint_b = op.attrs["adjoint_a"], op.attrs["adjoint_b"]
    if values.dtype.is_complex:
        raise NotImplementedError("SparseTensorDenseMatMul op does not support complex gradients.")
    db = SparseTensorDenseMatMul(indices, values, shape, dy, adjoint_a=not adjoint_a)
    if adjoint_b:
        db = late.transpose(db)
    rows = indices[:, 0]
    columns = indices[:, 1]
    left = late.gather(dy, columns if adjoint_a else rows)
    right = late.gather(late.transpose(b) if adjoint_b else b, rows if adjoint_a else columns)
    return None, late.reduce_sum(left * right, axis=1), None, db


@export(
    "sparse.sparse_dense_matmul",
    "sparse.matmul",
    "sparse_tensor_dense_matmul",
    v2=("sparse.sparse_dense_matmul",),
)
def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Tensor:
    """Multiply a sparse matrix by a dense one.

    Args:
        sp_a: `SparseTensor` of rank 2.
        b: Dense matrix of the same dtype.
        adjoint_a: Whether `sp_a` is transposed and conjugated first.
        adjoint_b: Whether `b` is.
        name: Name of the scope.

    Returns:
        Dense matrix.

    Raises:
        TypeError: (build) `sp_a` is not sparse.
        ValueError: (build) inner dims known and different.
        errors.InvalidArgumentError: (run) inner dims that differ.
    """
    sparse = as_sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sparse.indices, sparse.values, b]):
        b = convert_to_tensor(b, name="b")
        return SparseTensorDenseMatMul(
            sparse.indices,
            sparse.values,
            sparse.dense_shape,
            b,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


# -- SparseTensorDenseAdd ----------------------------------------------------------------------
SparseTensorDenseAdd = op(
    "SparseTensorDenseAdd",
    "a_indices: Tindices, a_values: T, a_shape: Tindices, b: T -> output: T",
    T=G.NUMBER,
    Tindices=G.INDEX,
)


@SparseTensorDenseAdd.shape
def _shape_sparse_dense_add(s, a_indices, a_values, a_shape, b):
    return b


@SparseTensorDenseAdd.kernel
def _kernel_sparse_dense_add(k, a_indices, a_values, a_shape, b):
    np_ = k.np_for(a_indices, a_values, b)
    at = tuple(a_indices[:, i] for i in range(np.shape(a_indices)[1]))
    if np_ is np:
        result = np.array(b)
        np.add.at(result, at, a_values)
        return result
    return np_.asarray(b).at[at].add(a_values)


@SparseTensorDenseAdd.gradient
def _grad_sparse_dense_add(op, dy):
    return None, late.gather_nd(dy, op.inputs[0]), None, dy


# -- SparseAdd ---------------------------------------------------------------------------------
SparseAdd = op(
    "SparseAdd",
    "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, "
    "b_shape: int64, thresh: Treal -> sum_indices: int64, sum_values: T, sum_shape: int64",
    kernel_ignores=("Treal",),
    T=G.NUMBER,
    Treal=G.REAL,
    host_only=True,
)


@SparseAdd.shape
def _shape_sparse_add(s, a_indices, a_values, a_shape, *rest):
    return [(None, dims_lib.with_rank(a_shape, 1)[0]), (None,), a_shape]


@SparseAdd.kernel
def _kernel_sparse_add(k, a_indices, a_values, a_shape, b_indices, b_values, b_shape, thresh):
    if not np.array_equal(a_shape, b_shape):
        said = (
            f"Ranks of input tensors must match, but saw ranks: {len(a_shape)} and {len(b_shape)}"
        )
        if len(a_shape) == len(b_shape):
            at = int(np.flatnonzero(np.not_equal(a_shape, b_shape))[0])
            said = (
                f"Operands' shapes do not match: got {a_shape[at]} and {b_shape[at]} for "
                f"dimension {at}"
            )
        raise errors.InvalidArgumentError(None, None, said)
    total: dict[tuple[int, ...], Any] = {}
    for indices, values in ((a_indices, a_values), (b_indices, b_values)):
        for row, value in zip(indices.tolist(), values, strict=True):
            key = tuple(row)
            total[key] = total[key] + value if key in total else value
    kept = sorted(key for key, value in total.items() if abs(value) >= thresh)
    indices = np.array(kept, np.int64).reshape(-1, len(a_shape))
    return [indices, np.array([total[key] for key in kept], a_values.dtype), a_shape]


@SparseAdd.gradient
def _grad_sparse_add(op, *dys):
    da, db = SparseAddGrad(dys[1], op.inputs[0], op.inputs[3], op.outputs[0])
    da.set_shape(op.inputs[1].dims)
    db.set_shape(op.inputs[4].dims)
    return None, da, None, None, db, None, None


SparseAddGrad = op(
    "SparseAddGrad",
    "backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64 "
    "-> a_val_grad: T, b_val_grad: T",
    T=G.NUMBER,
    host_only=True,
)


@SparseAddGrad.shape
def _shape_sparse_add_grad(s, backprop_val_grad, a_indices, b_indices, sum_indices):
    return [dims_lib.with_rank(d, 2)[:1] for d in (a_indices, b_indices)]


@SparseAddGrad.kernel
def _kernel_sparse_add_grad(k, backprop_val_grad, a_indices, b_indices, sum_indices):
    places = {tuple(row): i for i, row in enumerate(sum_indices.tolist())}
    parts = []
    for indices in (a_indices, b_indices):
        part = np.zeros(len(indices), backprop_val_grad.dtype)
        for i, row in enumerate(indices.tolist()):
            if tuple(row) in places:
                part[i] = backprop_val_grad[places[tuple(row)]]
        parts.append(part)
    return parts


SparseAddGrad.no_gradient("1.15 has no rule")


@export("sparse.add", "sparse_add", v2=())
def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """Add two tensors of which at least one is sparse.

    Args:
        a: `SparseTensor` or dense tensor.
        b: `SparseTensor` or dense tensor of the same shape.
        threshold: Of two sparse ones, sums of smaller magnitude are left out; 0 by default.
        thresh: Former name of `threshold`.

    Returns:
        `SparseTensor` when both are sparse, else a dense tensor.

    Raises:
        TypeError: (build) both are dense.
    """
    threshold = renamed("threshold", threshold, "thresh", thresh)
    return sparse_add_v2(a, b, 0 if threshold is None else threshold)


@export(v2=("sparse.add",))
def sparse_add_v2(a: Any, b: Any, threshold: Any = 0) -> Any:
    """Add two tensors of which at least one is sparse; see `sparse.add`."""
    if not isinstance(a, SPARSE) and not isinstance(b, SPARSE):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if not (isinstance(a, SPARSE) and isinstance(b, SPARSE)):
        sparse, dense = (b, a) if isinstance(b, SPARSE) else (a, b)
        return SparseTensorDenseAdd(sparse.indices, sparse.values, sparse.dense_shape, dense)
    a, b = as_sparse(a), as_sparse(b)
    threshold = convert_to_tensor(
        threshold, dtype=a.values.dtype.real_dtype.base_dtype, name="threshold"
    )
    indices, values, shape = SparseAdd(
        a.indices, a.values, a.dense_shape, b.indices, b.values, b.dense_shape, threshold
    )
    a.get_shape().assert_is_compatible_with(b.get_shape())
    static = shape_ops.broadcast_static_shape(a.get_shape(), b.get_shape())
    if static.is_fully_defined():
        shape = static.as_list()
    return SparseTensor(indices, values, shape)


# -- SparseReduceSum ---------------------------------------------------------------------------
SparseReduceSum = op(
    "SparseReduceSum",
    "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> output: T",
    keep_dims=A.boolean(default=False),
    T=G.NUMBER,
    host_only=True,
)


@SparseReduceSum.shape
def _shape_sparse_reduce_sum(
    s, input_indices, input_values, input_shape, reduction_axes, *, keep_dims
):
    shape, axes = s.value_as_dims(2), s.value(3)
    if shape is None or axes is None:
        return None
    reduced = {int(a) % len(shape) for a in np.ravel(axes)}
    if keep_dims:
        return tuple(1 if i in reduced else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in reduced)


@SparseReduceSum.kernel
def _kernel_sparse_reduce_sum(
    k, input_indices, input_values, input_shape, reduction_axes, *, keep_dims
):
    rank = len(input_shape)
    reduced = (
        {int(a) % rank for a in np.ravel(reduction_axes)}
        if np.size(reduction_axes)
        else (set(range(rank)))
    )
    kept = [i for i in range(rank) if i not in reduced]
    total = np.zeros([int(input_shape[i]) for i in kept], input_values.dtype)
    if kept:
        np.add.at(total, tuple(input_indices[:, i] for i in kept), input_values)
    else:
        total = np.asarray(input_values.sum(dtype=input_values.dtype))
    if keep_dims:
        total = total.reshape([1 if i in reduced else int(d) for i, d in enumerate(input_shape)])
    return total


@SparseReduceSum.gradient
def _grad_sparse_reduce_sum(op, dy):
    from headrace._src.ops import reductions

    indices, _, shape, axes = op.inputs
    kept = reductions.reduced_shape(shape, axes)
    expanded = late.reshape(dy, kept)
    scale = shape // late.cast(kept, dtypes.int64)
    return None, late.gather_nd(expanded, indices // scale), None, None


@export("sparse.reduce_sum", "sparse_reduce_sum", v2=())
def sparse_reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    reduction_axes: Any = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Sum a sparse tensor along dims.

    Args:
        sp_input: `SparseTensor`.
        axis: The dims, all by default.
        keepdims: Whether they stay as dims of size 1.
        reduction_axes: Former name of `axis`.
        keep_dims: Former name of `keepdims`.

    Returns:
        Dense tensor.
    """
    from headrace._src.ops import reductions

    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    axis = renamed("axis", axis, "reduction_axes", reduction_axes)
    return SparseReduceSum(
        sp_input.indices,
        sp_input.values,
        sp_input.dense_shape,
        reductions.reduction_dims(sp_input, axis),
        keep_dims=bool(keepdims),
    )
