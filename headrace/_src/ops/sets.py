"""Sets in the last dimension of tensors, dense or sparse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.sparse_tensor import SparseTensor, convert_to_tensor_or_sparse_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops.sparse import check_order

_ELEMENTS = (
    dtypes.int8,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.uint8,
    dtypes.uint16,
    dtypes.string,
)

_COMBINE = {
    "a-b": lambda a, b: a - b,
    "b-a": lambda a, b: b - a,
    "intersection": lambda a, b: a & b,
    "union": lambda a, b: a | b,
}
_NO_GRADIENT = "sets have no derivative"

Sets = dict[tuple[int, ...], set[Any]]


def _dense_sets(value: Any) -> tuple[Sets, tuple[int, ...]]:
    """The sets of a dense tensor by their place, and the shape of the places."""
    if value.ndim < 2:
        shape = dims_lib.text(value.shape)
        raise errors.InvalidArgumentError(None, None, f"Shape {shape} has rank {value.ndim} < 2")
    places = value.shape[:-1]
    return {place: set(value[place].tolist()) for place in np.ndindex(*places)}, places


def _sparse_sets(indices: Any, values: Any, shape: Any) -> tuple[Sets, tuple[int, ...]]:
    """The sets of a sparse tensor by their place, and the shape of the places."""
    # TensorFlow checks the order even if it is asked not to validate indices.
    if len(indices):
        check_order(indices, shape)
    sets: Sets = {}
    for place, value in zip(indices[:, :-1].tolist(), values.tolist(), strict=True):
        sets.setdefault(tuple(place), set()).add(value)
    return sets, tuple(int(n) for n in shape[:-1])


def _combined(a: Any, b: Any, set_operation: str, dtype: Any) -> list[Any]:
    """The result of an operation on sets: indices, values and shape."""
    (sets_a, places), (sets_b, others) = a, b
    if set_operation not in _COMBINE:
        raise errors.InvalidArgumentError(None, None, f"Invalid set_operation {set_operation}.")
    if places != others:
        shapes = ["[" + ",".join(map(str, p)) + "]" for p in (places, others)]
        raise errors.InvalidArgumentError(
            None, None, f"Mismatched shapes {shapes[0]} vs {shapes[1]}"
        )
    combine = _COMBINE[set_operation]
    indices: list[Any] = []
    values: list[Any] = []
    longest = 0
    for place in sorted({*sets_a, *sets_b}):
        found = sorted(combine(sets_a.get(place, set()), sets_b.get(place, set())))
        indices += [(*place, i) for i in range(len(found))]
        values += found
        longest = max(longest, len(found))
    return [
        np.array(indices, np.int64).reshape(len(values), len(places) + 1),
        np.array(values, dtype),
        np.array([*places, longest], np.int64),
    ]


def _result_dims(rank: Any) -> list[Any]:
    return [(None, rank), (None,), (rank,)]


def _sparse_rank(indices: Any, shape: Any, rank: Any) -> Any:
    """The rank of a sparse tensor, which must be able to be `rank`."""
    columns = dims_lib.with_rank(indices, 2)[1]
    size = dims_lib.with_rank(shape, 1)[0]
    found = dims_lib.merge_dim(columns, size)
    if rank is not None:
        dims_lib.with_value(found, rank)
    return found


# -- DenseToDenseSetOperation -------------------------------------------------------------------
DenseToDenseSetOperation = op(
    "DenseToDenseSetOperation",
    "set1: T, set2: T -> result_indices: int64, result_values: T, result_shape: int64",
    set_operation=A.text(),
    validate_indices=A.boolean(default=True),
    T=_ELEMENTS,
    host_only=True,
)


@DenseToDenseSetOperation.shape
def _shape_dense_to_dense(s: Any, set1: Any, set2: Any) -> list[Any]:
    dims_lib.with_rank_at_least(set1, 2)
    if set1 is not None and set2 is not None:
        dims_lib.with_rank(set2, len(set1))
        dims_lib.merge(set1[:-1], set2[:-1])
    dims_lib.with_rank_at_least(set2, 2)
    known = set2 if set1 is None else set1
    return _result_dims(None if known is None else len(known))


@DenseToDenseSetOperation.kernel
def _kernel_dense_to_dense(k: Any, set1: Any, set2: Any, *, set_operation: str) -> list[Any]:
    return _combined(_dense_sets(set1), _dense_sets(set2), set_operation, set1.dtype)


DenseToDenseSetOperation.no_gradient(_NO_GRADIENT)


def dense_difference(a: Any, b: Any) -> Tensor:
    """The elements of the rows of `a` that the rows of `b` lack, in order."""
    result = DenseToDenseSetOperation(a, b, set_operation="a-b")
    return result[1]  # type: ignore[no-any-return]


# -- DenseToSparseSetOperation ------------------------------------------------------------------
DenseToSparseSetOperation = op(
    "DenseToSparseSetOperation",
    "set1: T, set2_indices: int64, set2_values: T, set2_shape: int64 -> "
    "result_indices: int64, result_values: T, result_shape: int64",
    set_operation=A.text(),
    validate_indices=A.boolean(default=True),
    T=_ELEMENTS,
    host_only=True,
)


@DenseToSparseSetOperation.shape
def _shape_dense_to_sparse(
    s: Any, set1: Any, set2_indices: Any, set2_values: Any, set2_shape: Any
) -> list[Any]:
    dims_lib.with_rank_at_least(set1, 2)
    rank = None if set1 is None else len(set1)
    found = _sparse_rank(set2_indices, set2_shape, rank)
    return _result_dims(found if rank is None else rank)


@DenseToSparseSetOperation.kernel
def _kernel_dense_to_sparse(
    k: Any,
    set1: Any,
    set2_indices: Any,
    set2_values: Any,
    set2_shape: Any,
    *,
    set_operation: str,
) -> list[Any]:
    sparse = _sparse_sets(set2_indices, set2_values, set2_shape)
    return _combined(_dense_sets(set1), sparse, set_operation, set1.dtype)


DenseToSparseSetOperation.no_gradient(_NO_GRADIENT)


# -- SparseToSparseSetOperation -----------------------------------------------------------------
SparseToSparseSetOperation = op(
    "SparseToSparseSetOperation",
    "set1_indices: int64, set1_values: T, set1_shape: int64, "
    "set2_indices: int64, set2_values: T, set2_shape: int64 -> "
    "result_indices: int64, result_values: T, result_shape: int64",
    set_operation=A.text(),
    validate_indices=A.boolean(default=True),
    T=_ELEMENTS,
    host_only=True,
)


@SparseToSparseSetOperation.shape
def _shape_sparse_to_sparse(
    s: Any,
    set1_indices: Any,
    set1_values: Any,
    set1_shape: Any,
    set2_indices: Any,
    set2_values: Any,
    set2_shape: Any,
) -> list[Any]:
    rank = _sparse_rank(set1_indices, set1_shape, None)
    found = _sparse_rank(set2_indices, set2_shape, rank)
    return _result_dims(found if rank is None else rank)


@SparseToSparseSetOperation.kernel
def _kernel_sparse_to_sparse(
    k: Any,
    set1_indices: Any,
    set1_values: Any,
    set1_shape: Any,
    set2_indices: Any,
    set2_values: Any,
    set2_shape: Any,
    *,
    set_operation: str,
) -> list[Any]:
    a = _sparse_sets(set1_indices, set1_values, set1_shape)
    b = _sparse_sets(set2_indices, set2_values, set2_shape)
    return _combined(a, b, set_operation, set1_values.dtype)


SparseToSparseSetOperation.no_gradient(_NO_GRADIENT)


def _two_sets(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """Both as tensors; a dense one comes first, and the bool tells whether they were exchanged."""
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if a.dtype.base_dtype not in _ELEMENTS:
        raise TypeError(f"'a' invalid dtype {a.dtype}.")
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    if b.dtype.base_dtype != a.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype} vs {b.dtype}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


def _parts(value: Any) -> Iterable[Tensor]:
    if isinstance(value, SparseTensor):
        return value.indices, value.values, value.dense_shape
    return (value,)


def _set_operation(a: Any, b: Any, set_operation: str, validate_indices: bool) -> SparseTensor:
    spec = DenseToDenseSetOperation
    if isinstance(a, SparseTensor):
        spec = SparseToSparseSetOperation
    elif isinstance(b, SparseTensor):
        spec = DenseToSparseSetOperation
    parts = (*_parts(a), *_parts(b))
    return SparseTensor(
        *spec(*parts, set_operation=set_operation, validate_indices=validate_indices)
    )


@export("sets.intersection", "sets.set_intersection", v2=("sets.intersection",))
def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Intersect sets: the rows along the last dimension of two tensors.

    Args:
      a: `Tensor` or `SparseTensor` of integers or strings; indices of the latter in row order.
      b: Likewise, with the same sizes but the last one.
      validate_indices: Ignored: the order of indices is always checked.

    Returns:
      A `SparseTensor`: the last dimension lists the elements in order.

    Raises:
      TypeError: Build: other dtypes.
      InvalidArgumentError: Run: indices out of order, or sizes that differ.
    """
    a, b, _ = _two_sets(a, b)
    return _set_operation(a, b, "intersection", validate_indices)


@export("sets.difference", "sets.set_difference", v2=("sets.difference",))
def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """Subtract sets: the rows along the last dimension of two tensors.

    Args:
      a: `Tensor` or `SparseTensor` of integers or strings; indices of the latter in row order.
      b: Likewise, with the same sizes but the last one.
      aminusb: Whether to take `b` from `a`; else `a` from `b`.
      validate_indices: Ignored: the order of indices is always checked.

    Returns:
      A `SparseTensor`: the last dimension lists the elements in order.

    Raises:
      TypeError: Build: other dtypes.
      InvalidArgumentError: Run: indices out of order, or sizes that differ.
    """
    a, b, exchanged = _two_sets(a, b)
    return _set_operation(a, b, "a-b" if aminusb != exchanged else "b-a", validate_indices)


@export("sets.union", "sets.set_union", v2=("sets.union",))
def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """Unite sets: the rows along the last dimension of two tensors.

    Args:
      a: `Tensor` or `SparseTensor` of integers or strings; indices of the latter in row order.
      b: Likewise, with the same sizes but the last one.
      validate_indices: Ignored: the order of indices is always checked.

    Returns:
      A `SparseTensor`: the last dimension lists the elements in order.

    Raises:
      TypeError: Build: other dtypes.
      InvalidArgumentError: Run: indices out of order, or sizes that differ.
    """
    a, b, _ = _two_sets(a, b)
    return _set_operation(a, b, "union", validate_indices)


# -- SetSize ------------------------------------------------------------------------------------
SetSize = op(
    "SetSize",
    "set_indices: int64, set_values: T, set_shape: int64 -> size: int32",
    validate_indices=A.boolean(default=True),
    T=_ELEMENTS,
    host_only=True,
)


@SetSize.shape
def _shape_set_size(s: Any, set_indices: Any, set_values: Any, set_shape: Any) -> None:
    """Unknown, as in TensorFlow."""


@SetSize.kernel
def _kernel_set_size(k: Any, set_indices: Any, set_values: Any, set_shape: Any) -> Any:
    if len(set_shape) < 2:
        raise errors.InvalidArgumentError(None, None, f"Invalid rank {len(set_shape)}.")
    sets, places = _sparse_sets(set_indices, set_values, set_shape)
    sizes = np.zeros(places, np.int32)
    for place, elements in sets.items():
        sizes[place] = len(elements)
    return sizes


SetSize.no_gradient(_NO_GRADIENT)


@export("sets.size", "sets.set_size", v2=("sets.size",))
def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """Count the unique elements of sets: the rows along the last dimension.

    Args:
      a: `SparseTensor` of integers or strings, of rank 2 or more, indices in row order.
      validate_indices: Ignored: the order of indices is always checked.

    Returns:
      An int32 tensor with one number a row.

    Raises:
      TypeError: Build: `a` is dense, or of another dtype.
      InvalidArgumentError: Run: indices out of order, or a vector.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a!s}.")
    if a.values.dtype.base_dtype not in _ELEMENTS:
        raise TypeError(f"Invalid dtype {a.values.dtype}.")
    return SetSize(  # type: ignore[no-any-return]
        a.indices, a.values, a.dense_shape, validate_indices=validate_indices
    )
