"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._late import late
from headrace._src.ops.reductions import one_of

_EUCLIDEAN = ("fro", "euclidean", 2, 2.0)


def _check(ord: Any, axis: Any) -> tuple[Any, bool]:
    """The axes to reduce, and whether they hold matrices."""
    if isinstance(axis, (tuple, list)) and len(axis) == 2:
        axis = tuple(axis)
        if not (isinstance(axis[0], int) and isinstance(axis[1], int)) or axis[0] == axis[1]:
            raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
        supported = ["euclidean", "fro", 1, 2, np.inf]
        if ord not in supported:
            raise ValueError(f"'ord' must be a supported matrix norm in {supported}, got {ord}")
        return axis, True
    if not (isinstance(axis, int) or axis is None):
        raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
    if ord not in ("euclidean", 1, 2, np.inf) and (not np.isreal(ord) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return (None if axis is None else (axis,)), False


def _spectral(tensor: Tensor, axis: tuple[int, int]) -> Tensor:
    """The largest singular value of the matrices that two axes hold."""
    rank = late.rank(tensor)
    positive = late.map_fn(
        lambda i: late.cond(i >= 0, lambda: i, lambda: i + rank), convert_to_tensor(axis)
    )
    axes = late.range(rank)
    before = late.concat([late.setdiff1d(axes, positive)[0], positive], axis=0)

    def position(i: Tensor) -> Tensor:
        where = late.where_v2(late.equal(before, i))
        return casts.cast(late.squeeze(where), dtype=dtypes.int32)

    after = late.map_fn(position, axes)
    permuted = late.transpose(tensor, perm=before)
    values = late.abs(late.Svd(permuted, compute_uv=False)[0])
    largest = late.reduce_max(values, axis=-1, keepdims=True)
    return late.transpose(late.expand_dims(largest, axis=-1), perm=after)


def _other(tensor: Tensor, ord: Any, axis: Any, is_matrix: bool) -> Tensor:
    result = late.abs(tensor)
    first = None if axis is None else axis[0]
    if ord == 1:
        result = late.reduce_sum(result, first, keepdims=True)
        return late.reduce_max(result, axis[-1], keepdims=True) if is_matrix else result
    if ord == np.inf:
        if is_matrix:
            result = late.reduce_sum(result, axis[1], keepdims=True)
        return late.reduce_max(result, first, keepdims=True)
    powers = late.reduce_sum(late.pow(result, ord), axis, keepdims=True)
    return late.pow(powers, 1.0 / ord)


@export("norm", "linalg.norm", v2=())
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Compute norms of vectors, matrices or the whole tensor.

    Args:
      tensor: A tensor of a floating or complex type.
      ord: "euclidean", "fro", 1, 2, `np.inf`, or for vectors any positive number.
      axis: None for the whole tensor, a dimension for vectors, a pair for matrices.
      keepdims: Whether reduced dimensions stay, with size 1.
      name: A name scope.
      keep_dims: Deprecated name of `keepdims`.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: (build) an `ord` or `axis` of another form.
    """
    keepdims = one_of("keepdims", keepdims, "keep_dims", keep_dims)
    axis, is_matrix = _check(ord, axis)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        if ord not in _EUCLIDEAN:
            result = _other(tensor, ord, axis, is_matrix)
        elif is_matrix and ord in (2, 2.0):
            result = _spectral(tensor, axis)
        else:
            squares = tensor * casts.conj(tensor)
            result = late.sqrt(late.reduce_sum(squares, axis, keepdims=True))
        return result if keepdims else late.squeeze(result, axis)


@export(v2=("norm", "linalg.norm"))
def norm_v2(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Tensor:
    """Compute norms of vectors, matrices or the whole tensor; see `tf.norm`."""
    return norm(tensor, ord, axis, keepdims, name)


@export("linalg.normalize")
def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Divide a tensor by its norm.

    Args:
      tensor: A tensor of a floating or complex type.
      ord: See `tf.norm`.
      axis: See `tf.norm`.
      name: A name scope.

    Returns:
      The normalized tensor, and the norm with kept dimensions.
    """
    with name_scope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        length = norm(tensor, ord, axis, keepdims=True)
        length = casts.cast(length, tensor.dtype)
        return tensor / length, length
