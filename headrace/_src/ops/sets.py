"""Sets in the last dimension of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor

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
def _shape_dense_to_dense_set_operation(s, set1, set2, *, set_operation, validate_indices):
    for given in (set1, set2):
        if given is not None and len(given) < 2:
            raise ValueError(f"Input rank should be at least 2, got {len(given)}.")
    rank = None
    if set1 is not None and set2 is not None:
        if len(set1) != len(set2):
            raise ValueError(f"Ranks do not match: input 0 {len(set1)}, input 1 {len(set2)}.")
        dims_lib.merge(set1[:-1], set2[:-1])
    known = set1 if set2 is None else set2
    rank = None if known is None else len(known)
    return [(None, rank), (None,), (rank,)]


@DenseToDenseSetOperation.kernel
def _kernel_dense_to_dense_set_operation(k, set1, set2, *, set_operation, validate_indices):
    if set_operation not in _COMBINE:
        raise errors.InvalidArgumentError(None, None, f"Invalid set_operation {set_operation}.")
    if set1.shape[:-1] != set2.shape[:-1]:
        raise errors.InvalidArgumentError(
            None, None, f"Group shapes do not match: {set1.shape[:-1]}, {set2.shape[:-1]}."
        )
    indices, values, longest = [], [], 0
    for group in np.ndindex(*set1.shape[:-1]):
        a, b = set(set1[group].tolist()), set(set2[group].tolist())
        found = sorted(_COMBINE[set_operation](a, b))
        indices += [(*group, i) for i in range(len(found))]
        values += found
        longest = max(longest, len(found))
    return [
        np.array(indices, np.int64).reshape(len(values), set1.ndim),
        np.array(values, set1.dtype),
        np.array([*set1.shape[:-1], longest], np.int64),
    ]


DenseToDenseSetOperation.no_gradient("sets have no derivative")


def dense_difference(a: Any, b: Any) -> Tensor:
    """The elements of the rows of `a` that the rows of `b` lack, in order."""
    result = DenseToDenseSetOperation(a, b, set_operation="a-b")
    return result[1]  # type: ignore[no-any-return]
