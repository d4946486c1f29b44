"""Diagonals, bands and traces of matrices, and the cross product."""

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
from headrace._src.core.scopes import colocate_with, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops._builders import shape_text
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import is_full


def _diagonal_mask(rows: int, columns: int) -> np.ndarray:
    return np.eye(rows, columns, dtype=bool)


# -- MatrixDiag -------------------------------------------------------------------------------
MatrixDiag = op("MatrixDiag", "diagonal: T -> output: T", T=G.ANY)


@MatrixDiag.shape
def _shape_matrix_diag(s, diagonal):
    _shapes.require_rank_at_least(diagonal, 1)
    return None if diagonal is None else (*diagonal, diagonal[-1])


@MatrixDiag.kernel
def _kernel_matrix_diag(k, diagonal):
    if not diagonal.ndim:
        raise errors.InvalidArgumentError(
            None, None, "diagonal must be at least 1-dim, received shape: []"
        )
    xp = k.np_for(diagonal)
    size = diagonal.shape[-1]
    zero = np.zeros((), diagonal.dtype)
    return xp.where(_diagonal_mask(size, size), diagonal[..., None], zero)


@MatrixDiag.gradient
def _grad_matrix_diag(op, dy):
    return matrix_diag_part(dy)


@export("linalg.diag", "matrix_diag", v2=("linalg.diag",))
def matrix_diag(
    diagonal: Any,
    name: str | None = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
) -> Tensor:
    """Make square matrices with the given main diagonals and zeros elsewhere.

    Args:
      diagonal: A tensor `[..., n]`.
      name: The node's name.
      k: Not used, as in 1.15: the main diagonal is set.
      num_rows: Not used, as in 1.15.
      num_cols: Not used, as in 1.15.
      padding_value: Not used, as in 1.15.

    Returns:
      A tensor `[..., n, n]` of the same dtype.
    """
    return MatrixDiag(diagonal, name=name)


# -- MatrixDiagPart ---------------------------------------------------------------------------
MatrixDiagPart = op("MatrixDiagPart", "input: T -> diagonal: T", T=G.ANY)


@MatrixDiagPart.shape
def _shape_matrix_diag_part(s, input):
    _shapes.require_rank_at_least(input, 2)
    if input is None:
        return None
    rows, columns = input[-2:]
    size = None if rows is None or columns is None else min(rows, columns)
    return (*input[:-2], size)


@MatrixDiagPart.kernel
def _kernel_matrix_diag_part(k, input):
    if input.ndim < 2:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"input must be at least 2-dim, received shape: {dims_lib.text(input.shape)}",
        )
    return k.np_for(input).diagonal(input, axis1=-2, axis2=-1)


@MatrixDiagPart.gradient
def _grad_matrix_diag_part(op, dy):
    dims = op.inputs[0].dims
    if dims is not None and is_full(dims[-2:]) and dims[-2] == dims[-1]:
        return matrix_diag(dy)
    return matrix_set_diag(late.zeros_like(op.inputs[0]), dy)


@export("linalg.diag_part", "matrix_diag_part", v2=("linalg.diag_part",))
def matrix_diag_part(
    input: Any, name: str | None = "diag_part", k: Any = 0, padding_value: Any = 0
) -> Tensor:
    """Take the main diagonals of matrices.

    Args:
      input: A tensor `[..., n, m]`.
      name: The node's name.
      k: Not used, as in 1.15: the main diagonal is taken.
      padding_value: Not used, as in 1.15.

    Returns:
      A tensor `[..., min(n, m)]` of the same dtype.
    """
    return MatrixDiagPart(input, name=name)


# -- MatrixSetDiag ----------------------------------------------------------------------------
MatrixSetDiag = op("MatrixSetDiag", "input: T, diagonal: T -> output: T", T=G.ANY)


@MatrixSetDiag.shape
def _shape_matrix_set_diag(s, input, diagonal):
    _shapes.require_rank_at_least(input, 2)
    _shapes.require_rank_at_least(diagonal, 1)
    if input is None or diagonal is None:
        return input
    rows, columns = input[-2:]
    if rows is not None and columns is not None:
        _shapes.merge_dim(min(rows, columns), diagonal[-1])
    return (*dims_lib.merge(input[:-2], diagonal[:-1]), rows, columns)


@MatrixSetDiag.kernel
def _kernel_matrix_set_diag(k, input, diagonal):
    xp = k.np_for(input, diagonal)
    rows, columns = input.shape[-2:]
    if diagonal.shape != (*input.shape[:-2], min(rows, columns)):
        raise errors.InvalidArgumentError(
            None,
            None,
            "must have diagonal.shape == input.shape[:-2] + min(input.shape[-2:]), but received "
            f"input shape: {shape_text(input.shape)} and diagonal shape: "
            f"{shape_text(diagonal.shape)}",
        )
    # Each row of the diagonal part, spread over the columns.
    padding = [(0, 0)] * (diagonal.ndim - 1) + [(0, rows - min(rows, columns))]
    spread = xp.pad(diagonal, padding)[..., None]
    return xp.where(_diagonal_mask(rows, columns), spread, input)


@MatrixSetDiag.gradient
def _grad_matrix_set_diag(op, dy):
    input, diagonal = op.inputs
    shape = input.shape.merge_with(dy.shape)
    batch = shape[:-2].merge_with(diagonal.shape[:-1])
    matrix = shape[-2:]
    if batch.is_fully_defined() and matrix.is_fully_defined():
        diag_shape = [*batch.as_list(), min(matrix.as_list())]
    else:
        with colocate_with(dy):
            dy_shape = late.shape(dy)
            rank = late.rank(dy)
            batch = late.slice(dy_shape, [0], [rank - 2])
            matrix = late.slice(dy_shape, [rank - 2], [2])
            diag_shape = late.concat([batch, [late.reduce_min(matrix)]], 0)
    first = matrix_set_diag(dy, late.zeros(diag_shape, dtype=dy.dtype))
    return first, matrix_diag_part(dy)


@export("linalg.set_diag", "matrix_set_diag", v2=("linalg.set_diag",))
def matrix_set_diag(input: Any, diagonal: Any, name: str | None = "set_diag", k: Any = 0) -> Tensor:
    """Replace the main diagonals of matrices.

    Args:
      input: A tensor `[..., n, m]`.
      diagonal: A tensor `[..., min(n, m)]` of the same dtype.
      name: The node's name.
      k: Not used, as in 1.15: the main diagonal is set.

    Returns:
      A tensor of the shape of `input`.

    Raises:
      ValueError: (build) shapes that do not fit.
    """
    return MatrixSetDiag(input, diagonal, name=name)


# -- MatrixBandPart ---------------------------------------------------------------------------
MatrixBandPart = op(
    "MatrixBandPart",
    "input: T, num_lower: Tindex, num_upper: Tindex -> band: T",
    kernel_ignores=("Tindex",),
    T=G.ANY,
    Tindex=A.dtype(G.INDEX, default=dtypes.int64),
)


@MatrixBandPart.shape
def _shape_matrix_band_part(s, input, num_lower, num_upper):
    _shapes.require_rank(num_lower, 0)
    _shapes.require_rank(num_upper, 0)
    return input


@MatrixBandPart.kernel
def _kernel_matrix_band_part(k, input, num_lower, num_upper):
    xp = k.np_for(input, num_lower, num_upper)
    rows, columns = input.shape[-2:]
    below = np.arange(rows)[:, None] - np.arange(columns)[None, :]
    keep = ((num_lower < 0) | (below <= num_lower)) & ((num_upper < 0) | (-below <= num_upper))
    return xp.where(keep, input, np.zeros((), input.dtype))


@MatrixBandPart.gradient
def _grad_matrix_band_part(op, dy):
    return matrix_band_part(dy, op.inputs[1], op.inputs[2]), None, None


@export("linalg.band_part", "matrix_band_part", v2=("linalg.band_part",))
def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Set everything outside a band around the main diagonals to zero.

    Args:
      input: A tensor `[..., n, m]`.
      num_lower: The number of subdiagonals to keep; all when negative.
      num_upper: The number of superdiagonals to keep; all when negative.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `input`.
    """
    return MatrixBandPart(input, num_lower, num_upper, name=name)


# -- Diag, DiagPart ---------------------------------------------------------------------------
Diag = op("Diag", "diagonal: T -> output: T", T=G.SIGNED)


@Diag.shape
def _shape_diag(s, diagonal):
    _shapes.require_rank_at_least(diagonal, 1)
    return None if diagonal is None else (*diagonal, *diagonal)


@Diag.kernel
def _kernel_diag(k, diagonal):
    xp = k.np_for(diagonal)
    mask = _diagonal_mask(diagonal.size, diagonal.size)
    matrix = xp.where(mask, diagonal.reshape(-1)[:, None], np.zeros((), diagonal.dtype))
    return matrix.reshape(diagonal.shape * 2)


@Diag.gradient
def _grad_diag(op, dy):
    return diag_part(dy)


@export("linalg.tensor_diag", "diag", v2=("linalg.tensor_diag",))
def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """Make a tensor with a given diagonal: `[n, m]` becomes `[n, m, n, m]`.

    Args:
      diagonal: A tensor of a floating, complex, int32 or int64 type.
      name: The node's name.

    Returns:
      A tensor of twice the rank and of the same dtype.
    """
    return Diag(diagonal, name=name)


DiagPart = op("DiagPart", "input: T -> diagonal: T", T=G.SIGNED)


@DiagPart.shape
def _shape_diag_part(s, input):
    if input is None:
        return None
    rank = len(input)
    if rank % 2 or rank == 0:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {rank}")
    half = rank // 2
    return tuple(_shapes.merge_dim(a, b) for a, b in zip(input[:half], input[half:], strict=True))


@DiagPart.kernel
def _kernel_diag_part(k, input):
    half = input.shape[: input.ndim // 2]
    for i, (a, b) in enumerate(zip(half, input.shape[input.ndim // 2 :], strict=False)):
        if a != b:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Invalid shape {shape_text(input.shape)}: dimensions {i} and {i + len(half)} do "
                "not match.",
            )
    size = int(np.prod(half))
    matrix = input.reshape(size, size)
    return k.np_for(input).diagonal(matrix).reshape(half)


@DiagPart.gradient
def _grad_diag_part(op, dy):
    return diag(dy)


@export("linalg.tensor_diag_part", "diag_part", v2=("linalg.tensor_diag_part",))
def diag_part(input: Any, name: str | None = None) -> Tensor:
    """Take the diagonal of a tensor: `[n, m, n, m]` becomes `[n, m]`.

    Args:
      input: A tensor of even rank, of a floating, complex, int32 or int64 type.
      name: The node's name.

    Returns:
      A tensor of half the rank and of the same dtype.

    Raises:
      ValueError: (build) the halves of the shape differ.
    """
    return DiagPart(input, name=name)


@export("linalg.trace", "trace", v2=("linalg.trace",))
def trace(x: Any, name: str | None = None) -> Tensor:
    """Sum the main diagonals of matrices.

    Args:
      x: A tensor `[..., n, m]` of a number type.
      name: The node's name.

    Returns:
      A tensor `[...]` of the same dtype.
    """
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return late.reduce_sum(matrix_diag_part(x), [-1], name=scope)


@export("linalg.adjoint")
def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """Transpose and conjugate matrices.

    Args:
      matrix: A tensor `[..., n, m]` of a floating or complex type.
      name: A name scope.

    Returns:
      A tensor `[..., m, n]` of the same dtype.
    """
    with name_scope(name, "adjoint", [matrix]):
        matrix = convert_to_tensor(matrix, name="matrix")
        return late.matrix_transpose(matrix, conjugate=True)


# -- Cross ------------------------------------------------------------------------------------
Cross = op("Cross", "a: T, b: T -> product: T", T=A.dtype(G.REAL))


@Cross.shape
def _shape_cross(s, a, b):
    dims = dims_lib.merge(_shapes.require_rank_at_least(a, 1), _shapes.require_rank_at_least(b, 1))
    if dims is not None:
        _shapes.merge_dim(dims[-1], 3)
    return dims


@Cross.kernel
def _kernel_cross(k, a, b):
    for value in (a, b):
        if value.shape[-1:] != (3,):
            raise errors.FailedPreconditionError(
                None, None, "Cross-products are only defined for 3-element vectors."
            )
    xp = k.np_for(a, b)
    a1, a2, a3 = (a[..., i] for i in range(3))
    b1, b2, b3 = (b[..., i] for i in range(3))
    return xp.stack([a2 * b3 - a3 * b2, a3 * b1 - a1 * b3, a1 * b2 - a2 * b1], axis=-1)


@Cross.gradient
def _grad_cross(op, dy):
    u, v = op.inputs
    first = cross(v, dy)
    return first, cross(dy, u)


@export("linalg.cross", "cross", v2=("linalg.cross",))
def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """Compute the cross products of vectors in three dimensions.

    Args:
      a: A tensor `[..., 3]` of a real type.
      b: A tensor of the same dtype and shape.
      name: The node's name.

    Returns:
      A tensor of the same dtype and shape.
    """
    return Cross(a, b, name=name)
