"""Sparse tensors made of others: merged, with another shape, with one dimension more."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor, SparseTensorValue
from headrace._src.core.tensor import Tensor
from headrace._src.ops import grouping
from headrace._src.ops._late import late
from headrace._src.ops.sparse import as_sparse


# -- merge -------------------------------------------------------------------------------------
def _is_size(value: Any) -> bool:
    return isinstance(value, (Tensor, numbers.Integral))


def _ids_and_sizes(sp_ids: Any, vocab_size: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """Both arguments as lists.

    Raises:
      TypeError: one is something else.
      ValueError: they have different lengths.
    """
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        if not _is_size(vocab_size):
            raise TypeError(
                f"vocab_size has to be a Tensor or Python int. Found {type(vocab_size)}"
            )
        return [sp_ids], [vocab_size]
    if not isinstance(sp_ids, Iterable):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}")
    wrong = None if isinstance(vocab_size, Iterable) else vocab_size
    if wrong is None:
        wrong = next((size for size in vocab_size if not _is_size(size)), None)
    if wrong is not None:
        raise TypeError(
            f"vocab_size has to be a list of Tensors or Python ints. Found {type(wrong)}"
        )
    if len(sp_ids) != len(vocab_size):  # type: ignore[arg-type]
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    return sp_ids, vocab_size  # type: ignore[return-value]


@export(
    "sparse.merge",
    "sparse_merge",
    v2=(),
    deprecated="a SparseTensor of the parts",
)
def sparse_merge(
    sp_ids: Any,
    sp_values: Any,
    vocab_size: Any,
    name: str | None = None,
    already_sorted: bool = False,
) -> SparseTensor:
    """Make a sparse tensor whose last coordinates are the values of other ones.

    `out[i..., ids[i..., j]] == values[i..., j]`

    Args:
      sp_ids: `SparseTensor` [d0, ..., n] of integers, or a list with one for each new dimension.
      sp_values: `SparseTensor` [d0, ..., n] of any dtype.
      vocab_size: extent of the new dimension, a list where `sp_ids` is one.
      name: name of the operations.
      already_sorted: whether the values of `sp_ids` come in order.

    Returns:
      `SparseTensor` [d0, ..., vocab_size].

    Raises:
      TypeError: (build) arguments of another kind.
      ValueError: (build) lists of different lengths.
    """
    ids, sizes = _ids_and_sizes(sp_ids, vocab_size)
    with name_scope(name, "SparseMerge", [ids, sp_values]):
        ids = [as_sparse(each) for each in ids]
        sp_values = as_sparse(sp_values)
        columns = []
        for each in ids:
            values = each.values
            if each.dtype != dtypes.int64:
                values = late.cast(values, dtypes.int64)
            columns.append(late.expand_dims(values, axis=1))
        sizes = [late.cast(size, dtypes.int64) for size in sizes]
        kept = ids[0].indices[:, :-1]
        indices = late.concat([kept, *columns], 1)
        values = sp_values.values
        shape = late.concat([ids[0].dense_shape[:-1], sizes], 0)
        merged = SparseTensor(indices, values, shape)
        if already_sorted:
            return merged
        ordered = late.sparse_reorder(merged)
        return SparseTensor(ordered.indices, ordered.values, shape)


# -- to_indicator ------------------------------------------------------------------------------
@export("sparse.to_indicator", "sparse_to_indicator", v2=("sparse.to_indicator",))
def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """Say which numbers each row of a sparse tensor holds.

    Args:
      sp_input: `SparseTensor` [d0, ..., n] of int32 or int64.
      vocab_size: the numbers are smaller than this.
      name: name of the operations.

    Returns:
      Boolean tensor [d0, ..., vocab_size].

    Raises:
      InvalidArgumentError: (run) a number is not smaller than `vocab_size`.
    """
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseToIndicator", [sp_input]) as name:
        number = late.shape(sp_input.indices)[0]
        true = late.fill(late.expand_dims(number, 0), True)
        values = SparseTensor(sp_input.indices, true, sp_input.dense_shape)
        merged = sparse_merge(sp_input, values, vocab_size, name)
        dense: Tensor = late.sparse_tensor_to_dense(
            merged, default_value=False, validate_indices=False, name=name
        )
        return dense


# -- reset_shape -------------------------------------------------------------------------------
@export("sparse.reset_shape", "sparse_reset_shape", v2=("sparse.reset_shape",))
def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """Give a sparse tensor another dense shape.

    Args:
      sp_input: `SparseTensor` of any dtype.
      new_shape: int tensor [rank], nowhere smaller than the present shape; the smallest shape that
        holds all elements when None.

    Returns:
      `SparseTensor` with the same indices and values.

    Raises:
      ValueError: (build) a known shape that is smaller, or of another rank.
      InvalidArgumentError: (run) the same of shapes that only the run knows.
    """
    sp_input = as_sparse(sp_input)
    indices = late.identity(sp_input.indices)
    values = late.identity(sp_input.values)
    before = late.identity(sp_input.dense_shape)
    if new_shape is None:
        largest = late.reduce_max(indices, axis=0)
        zero = late.constant(0, dtype=dtypes.int64)
        after: Any = late.maximum(zero, late.add(largest, late.ones_like(before)))
        return SparseTensor(indices, values, after)
    after = convert_to_tensor(new_shape)
    after.shape.assert_has_rank(1)
    after = late.cast(after, dtypes.int64)
    if after.shape.rank is not None:
        after.shape.dims[0].merge_with(before.shape.dims[0])
    known = constant_value(after)
    if known is not None and sp_input.shape.is_fully_defined():
        present = np.array(sp_input.shape.as_list())
        if not np.all(present <= known):
            raise ValueError(
                "Requested new_shape should have dimension sizes >= sp_input.shape.  Found "
                f"new_shape ({present}), sp_input.shape ({known})."
            )
        after = known
    else:
        ranks = late.assert_equal(late.shape(before), late.shape(after))
        after = grouping.with_dependencies([ranks], after)
        sizes = late.assert_less_equal(before, after)
        after = grouping.with_dependencies([sizes], after)
    return SparseTensor(indices, values, after)


# -- expand_dims -------------------------------------------------------------------------------
@export("sparse.expand_dims")
def sparse_expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """Insert a dimension of extent 1 into a sparse tensor.

    Args:
      sp_input: `SparseTensor` of any dtype.
      axis: where, an int or an int32 scalar tensor; behind the last dimension when None.
      name: name of the operations.

    Returns:
      `SparseTensor` with one dimension more.

    Raises:
      TypeError: (build) an `axis` of another kind.
    """
    rank = sp_input.dense_shape.shape[0]
    axis = -1 if axis is None else axis
    with name_scope(name, "expand_dims", [sp_input]):
        if isinstance(axis, (numbers.Integral, np.integer)):
            axis = convert_to_tensor(axis, name="axis", dtype=dtypes.int32)
        elif not isinstance(axis, Tensor):
            raise TypeError(
                "axis must be an integer value in range [-rank(sp_input) - 1, rank(sp_input)]"
            )
        axis = late.where_v2(axis >= 0, axis, axis + rank + 1)
        column = late.zeros([late.shape(sp_input.indices)[0], 1], dtype=dtypes.int64)
        first = late.slice(sp_input.indices, [0, 0], [-1, axis])
        rest = late.slice(sp_input.indices, [0, axis], [-1, -1])
        indices = late.concat([first, column, rest], axis=1)
        shape_first = late.slice(sp_input.dense_shape, [0], [axis])
        shape_rest = late.slice(sp_input.dense_shape, [axis], [-1])
        one = convert_to_tensor([1], name="new_shape", dtype=dtypes.int64)
        shape = late.concat([shape_first, one, shape_rest], axis=0)
        return SparseTensor(indices, sp_input.values, shape)


# -- eye ---------------------------------------------------------------------------------------
def _as_int64(value: Any, name: str) -> Tensor:
    if isinstance(value, numbers.Integral):
        return convert_to_tensor(value, dtype=dtypes.int64, name=name)
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be an integer value")
    cast: Tensor = value if value.dtype == dtypes.int64 else late.cast(value, dtypes.int64)
    return cast


@export("sparse.eye")
def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> SparseTensor:
    """Make a sparse matrix with ones on the diagonal.

    Args:
      num_rows: an int or an integer scalar tensor.
      num_columns: an int or an integer scalar tensor; as many as rows when None.
      dtype: dtype of the elements.
      name: name of the operations.

    Returns:
      `SparseTensor` [num_rows, num_columns].

    Raises:
      TypeError: (build) numbers of another kind.
    """
    with name_scope(name, "eye", [num_rows, num_columns]):
        rows = _as_int64(num_rows, "num_rows")
        columns = rows if num_columns is None else _as_int64(num_columns, "num_columns")
        size = late.minimum(rows, columns)
        diagonal = late.range(size, dtype=dtypes.int64)
        return SparseTensor(
            late.stack([diagonal, diagonal], axis=1),
            late.ones(size, dtype=dtype),
            [rows, columns],
        )


# -- mask --------------------------------------------------------------------------------------
@export("sparse.mask", "sparse_mask", v2=("sparse.mask",))
def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """Leave out some of the rows of an `IndexedSlices`.

    Args:
      a: the rows.
      mask_indices: int tensor [n], the indices of those to leave out.
      name: name of the operations.

    Returns:
      `IndexedSlices` with the other rows.
    """
    with name_scope(name, "sparse_mask", [a, mask_indices]) as name:
        indices = a.indices
        kept, positions = late.setdiff1d(indices, mask_indices)
        return IndexedSlices(late.gather(a.values, positions, name=name), kept, a.dense_shape)
