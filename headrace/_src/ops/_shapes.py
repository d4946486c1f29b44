"""Shape rules and checks that many ops share.

Every rule has the form `(s, *dims of the inputs) -> dims`; see
docs/design/001-ops-and-kernels.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor

Dims = dims_lib.Dims


def unchanged(s: Any, *inputs: Dims) -> Dims:
    """The shape of the first input."""
    return inputs[0]


def scalar(s: Any, *inputs: Any) -> Dims:
    """Always a scalar."""
    return ()


def broadcast(s: Any, x: Dims, y: Dims) -> Dims:
    """Two inputs stretched over each other."""
    return dims_lib.broadcast(x, y)


def merged(s: Any, *inputs: Dims) -> Dims:
    """One shape that all inputs have."""
    result: Dims = None
    for dims in inputs:
        result = dims_lib.merge(result, dims)
    return result


def require_rank(dims: Dims, rank: int) -> tuple[int | None, ...]:
    """`dims`, or `rank` unknown dimensions.

    Raises:
      ValueError: the rank is another one.
    """
    if dims is None:
        return (None,) * rank
    if len(dims) != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {len(dims)}")
    return dims


def require_rank_at_least(dims: Dims, rank: int) -> Dims:
    """`dims`, which may be unknown.

    Raises:
      ValueError: the rank is known to be smaller.
    """
    if dims is not None and len(dims) < rank:
        raise ValueError(f"Shape must be at least rank {rank} but is rank {len(dims)}")
    return dims


def require_rank_at_most(dims: Dims, rank: int) -> Dims:
    """`dims`, which may be unknown.

    Raises:
      ValueError: the rank is known to be larger.
    """
    if dims is not None and len(dims) > rank:
        raise ValueError(f"Shape must be at most rank {rank} but is rank {len(dims)}")
    return dims


def merge_dim(a: int | None, b: int | None) -> int | None:
    """The one dimension that both are.

    Raises:
      ValueError: both are known and differ.
    """
    if a is None:
        return b
    if b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
    return a


def reduction(s: Any, input: Dims, reduction_indices: Dims, *, keep_dims: bool) -> Dims:
    """The shape left when the dimensions named by the second input are reduced.

    Raises:
      ValueError: an index is out of range, or the indices are of rank 2 or more.
    """
    require_rank_at_most(reduction_indices, 1)
    axes = s.value(1)
    if axes is None:
        return (None,) * len(input) if keep_dims and input is not None else None
    if input is None:
        return None
    rank = len(input)
    reduced = set()
    for axis in np.asarray(axes).reshape(-1).tolist():
        if axis < -rank or axis >= rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimensions."
            )
        reduced.add(axis % rank)
    if keep_dims:
        return tuple(1 if i in reduced else d for i, d in enumerate(input))
    return tuple(d for i, d in enumerate(input) if i not in reduced)


def require_bool_scalar(tensor: Tensor, argument: str, name: str, uses: int = 1) -> None:
    """Refuses a tensor that an operation of TensorFlow 1's own control flow would refuse.

    Args:
      tensor: the tensor.
      argument: what that operation calls it.
      name: the name that it would have, which ends in its type.
      uses: how many of its inputs would be the tensor.

    Raises:
      TypeError: it is not bool.
      ValueError: it is known not to be a scalar.
    """
    op_type = name.rpartition("/")[2]
    if tensor.dtype.base_dtype is not dtypes.bool_:
        raise TypeError(
            f"Input '{argument}' of '{op_type}' Op has type {tensor.dtype.base_dtype.name} that "
            "does not match expected type of bool."
        )
    if tensor.dims:
        shapes = ", ".join([dims_lib.text(tensor.dims)] * uses)
        raise ValueError(
            f"Shape must be rank 0 but is rank {len(tensor.dims)} for '{name}' (op: '{op_type}') "
            f"with input shapes: {shapes}."
        )
