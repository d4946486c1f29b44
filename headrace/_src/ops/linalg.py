"""Inverses, determinants, Cholesky factors and solutions of linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes, casts
from headrace._src.ops._conditions import require_finite
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import is_full
from headrace._src.ops.matrix_parts import adjoint, matrix_band_part

_HALF_FIRST = (dtypes.float16, dtypes.float32, dtypes.float64, *G.COMPLEX)


def square_dims(dims: Any) -> Any:
    """The dims of a batch of square matrices.

    Raises:
      ValueError: the matrices are not square.
    """
    _shapes.require_rank_at_least(dims, 2)
    if dims is None:
        return None
    size = _shapes.merge_dim(dims[-2], dims[-1])
    return (*dims[:-2], size, size)


def wide(x: Any) -> Any:
    """Halves as single precision, which is what the libraries know."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def check_square(x: Any) -> None:
    """Raises `InvalidArgumentError` unless `x` holds square matrices."""
    if x.ndim < 2:
        message = f"Input tensor 0 must have rank >= 2, got {x.ndim}"
    elif x.shape[-1] != x.shape[-2]:
        message = "Input matrix must be square."
    else:
        return
    raise errors.InvalidArgumentError(None, None, message)


def conj_transpose(x: Any) -> Any:
    """The adjoint of arrays."""
    return x.swapaxes(-1, -2).conj()


def solved(function: Any, message: str) -> Any:
    """Calls, and turns NumPy's failure into the op's error."""
    try:
        return function()
    except np.linalg.LinAlgError:
        raise errors.InvalidArgumentError(None, None, message) from None


# -- MatrixInverse ----------------------------------------------------------------------------
MatrixInverse = op(
    "MatrixInverse",
    "input: T -> output: T",
    adjoint=A.boolean(default=False),
    T=A.dtype(G.LINALG),
)


@MatrixInverse.shape
def _shape_matrix_inverse(s, input):
    return square_dims(input)


@MatrixInverse.kernel
def _kernel_matrix_inverse(k, input, *, adjoint):
    check_square(input)
    xp = k.np_for(input)
    matrix = conj_transpose(wide(input)) if adjoint else wide(input)
    result = solved(lambda: xp.linalg.inv(matrix), "Input is not invertible.")
    if k.xla:
        require_finite(k, result)
    return result.astype(input.dtype)


@MatrixInverse.gradient
def _grad_matrix_inverse(op, dy):
    inverse = op.outputs[0]
    product = late.matmul(dy, inverse, adjoint_b=True)
    return -late.matmul(inverse, product, adjoint_a=True)


@export("linalg.inv", "matrix_inverse", v2=("linalg.inv",))
def matrix_inverse(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Invert square matrices.

    Args:
      input: A tensor `[..., n, n]` of a floating or complex type.
      adjoint: Whether the matrices are conjugated and transposed first.
      name: The node's name.

    Returns:
      A tensor of the same dtype and shape.

    Raises:
      InvalidArgumentError: (run) a matrix is singular.
    """
    return MatrixInverse(input, adjoint=adjoint, name=name)


# -- MatrixDeterminant ------------------------------------------------------------------------
MatrixDeterminant = op("MatrixDeterminant", "input: T -> output: T", T=A.dtype(_HALF_FIRST))


@MatrixDeterminant.shape
def _shape_matrix_determinant(s, input):
    dims = square_dims(input)
    return None if dims is None else dims[:-2]


@MatrixDeterminant.kernel
def _kernel_matrix_determinant(k, input):
    check_square(input)
    return k.np_for(input).linalg.det(wide(input)).astype(input.dtype)


def _times_adjoint_inverse(a: Tensor, scale: Tensor, like: Tensor) -> Tensor:
    inverse = matrix_inverse(a, adjoint=True)
    shape = late.concat([late.shape(like), [1, 1]], 0)
    return late.reshape(scale, shape) * inverse


@MatrixDeterminant.gradient
def _grad_matrix_determinant(op, dy):
    a, c = op.inputs[0], op.outputs[0]
    inverse = matrix_inverse(a, adjoint=True)
    scale = dy * c
    multipliers = late.reshape(scale, late.concat([late.shape(c), [1, 1]], 0))
    return multipliers * inverse


@export("linalg.det", "matrix_determinant", v2=("linalg.det",))
def matrix_determinant(input: Any, name: str | None = None) -> Tensor:
    """Compute the determinants of square matrices.

    Args:
      input: A tensor `[..., n, n]` of a floating or complex type.
      name: The node's name.

    Returns:
      A tensor `[...]` of the same dtype.
    """
    return MatrixDeterminant(input, name=name)


# -- LogMatrixDeterminant ---------------------------------------------------------------------
LogMatrixDeterminant = op(
    "LogMatrixDeterminant",
    "input: T -> sign: T, log_abs_determinant: T",
    T=A.dtype(_HALF_FIRST),
)


@LogMatrixDeterminant.shape
def _shape_log_matrix_determinant(s, input):
    dims = square_dims(input)
    dims = None if dims is None else dims[:-2]
    return [dims, dims]


@LogMatrixDeterminant.kernel
def _kernel_log_matrix_determinant(k, input):
    sign, logarithm = k.np_for(input).linalg.slogdet(wide(input))
    return [sign.astype(input.dtype), logarithm.astype(input.dtype)]


@LogMatrixDeterminant.gradient
def _grad_log_matrix_determinant(op, d_sign, dy):
    return _times_adjoint_inverse(op.inputs[0], dy, op.outputs[1])


@export("linalg.slogdet")
def slogdet(input: Any, name: str | None = None) -> Any:
    """Compute the signs of determinants and the logarithms of their absolute values.

    Args:
      input: A tensor `[..., n, n]` of a floating or complex type.
      name: The node's name.

    Returns:
      A named tuple `(sign, log_abs_determinant)` of tensors `[...]` of the same dtype.
    """
    return LogMatrixDeterminant(input, name=name)


# -- Cholesky ---------------------------------------------------------------------------------
Cholesky = op("Cholesky", "input: T -> output: T", T=A.dtype(G.LINALG))


@Cholesky.shape
def _shape_cholesky(s, input):
    return square_dims(input)


@Cholesky.kernel
def _kernel_cholesky(k, input):
    message = "Cholesky decomposition was not successful. The input might not be valid."
    xp = k.np_for(input)
    if xp is not np:
        # Only the lower half is read, as on the host.
        factor = xp.linalg.cholesky(wide(input), symmetrize_input=False)
        require_finite(k, factor)
        return factor.astype(input.dtype)
    return solved(lambda: np.linalg.cholesky(wide(input)), message).astype(input.dtype)


@Cholesky.gradient
def _grad_cholesky(op, dy):
    factor = op.outputs[0]
    rows = late.shape(factor)[-1]
    batch = late.shape(factor)[:-2]
    identity = late.eye(rows, batch_shape=batch, dtype=factor.dtype)
    inverse = matrix_triangular_solve(factor, identity)
    middle = late.matmul(factor, dy, adjoint_a=True)
    middle = late.matrix_set_diag(middle, 0.5 * late.matrix_diag_part(middle))
    middle = matrix_band_part(middle, -1, 0)
    result = late.matmul(late.matmul(inverse, middle, adjoint_a=True), inverse)
    result += adjoint(result)
    return result * 0.5


@export("linalg.cholesky", "cholesky", v2=("linalg.cholesky",))
def cholesky(input: Any, name: str | None = None) -> Tensor:
    """Find lower triangular matrices `L` with `L @ adjoint(L) = input`.

    Args:
      input: Positive definite matrices `[..., n, n]`, of which the lower half is read.
      name: The node's name.

    Returns:
      A tensor of the same dtype and shape.

    Raises:
      InvalidArgumentError: (run) a matrix is not positive definite.
    """
    return Cholesky(input, name=name)


@export("linalg.logdet")
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """Compute the logarithms of the determinants of positive definite matrices.

    Args:
      matrix: A tensor `[..., n, n]` of a floating or complex type.
      name: A name scope.

    Returns:
      A tensor `[...]` of the real dtype.
    """
    with name_scope(name, "logdet", [matrix]):
        diagonal = late.matrix_diag_part(cholesky(matrix))
        return 2.0 * late.reduce_sum(late.log(casts.real(diagonal)), axis=[-1])


# -- MatrixSolve ------------------------------------------------------------------------------
def _shape_solution(s: Any, matrix: Any, rhs: Any) -> Any:
    matrix = square_dims(matrix)
    _shapes.require_rank_at_least(rhs, 2)
    if matrix is None or rhs is None:
        return rhs
    rows = _shapes.merge_dim(matrix[-2], rhs[-2])
    batch = tuple(_shapes.merge_dim(a, b) for a, b in zip(matrix[:-2], rhs[:-2], strict=True))
    return (*batch, rows, rhs[-1])


MatrixSolve = op(
    "MatrixSolve",
    "matrix: T, rhs: T -> output: T",
    adjoint=A.boolean(default=False),
    T=A.dtype(G.LINALG),
    shape=_shape_solution,
)


@MatrixSolve.kernel
def _kernel_matrix_solve(k, matrix, rhs, *, adjoint):
    xp = k.np_for(matrix, rhs)
    a = conj_transpose(wide(matrix)) if adjoint else wide(matrix)
    result = solved(lambda: xp.linalg.solve(a, wide(rhs)), "Input matrix is not invertible.")
    if k.xla:
        require_finite(k, result)
    return result.astype(rhs.dtype)


def _solution_gradient(op: Any, right: Tensor) -> Tensor:
    """The gradient of the matrix, from that of the right-hand side."""
    solution = op.outputs[0]
    if op.attrs["adjoint"]:
        return -late.matmul(solution, right, adjoint_b=True)
    return -late.matmul(right, solution, adjoint_b=True)


@MatrixSolve.gradient
def _grad_matrix_solve(op, dy):
    right = matrix_solve(op.inputs[0], dy, adjoint=not op.attrs["adjoint"])
    return _solution_gradient(op, right), right


@export("linalg.solve", "matrix_solve", v2=("linalg.solve",))
def matrix_solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Solve `matrix @ x = rhs`.

    Args:
      matrix: A tensor `[..., n, n]` of a floating or complex type.
      rhs: A tensor `[..., n, k]` of the same dtype.
      adjoint: Whether the matrices are conjugated and transposed first.
      name: The node's name.

    Returns:
      A tensor of the shape of `rhs`.

    Raises:
      InvalidArgumentError: (run) a matrix is singular.
    """
    return MatrixSolve(matrix, rhs, adjoint=adjoint, name=name)


# -- MatrixTriangularSolve --------------------------------------------------------------------
MatrixTriangularSolve = op(
    "MatrixTriangularSolve",
    "matrix: T, rhs: T -> output: T",
    lower=A.boolean(default=True),
    adjoint=A.boolean(default=False),
    T=A.dtype(G.LINALG),
    shape=_shape_solution,
)


@MatrixTriangularSolve.kernel
def _kernel_matrix_triangular_solve(k, matrix, rhs, *, lower, adjoint):
    xp = k.np_for(matrix, rhs)
    check_square(matrix)
    if matrix.shape[-1] != rhs.shape[-2]:
        raise errors.InvalidArgumentError(None, None, "Input matrix and rhs are incompatible.")
    a, b = wide(matrix), wide(rhs)
    if xp is not np:
        k.require(xp.all(xp.diagonal(a, axis1=-2, axis2=-1) != 0))
        result = k.lax.linalg.triangular_solve(
            a, b, left_side=True, lower=lower, transpose_a=adjoint, conjugate_a=adjoint
        )
        return result.astype(rhs.dtype)
    a = np.tril(a) if lower else np.triu(a)
    if np.any(np.diagonal(a, axis1=-2, axis2=-1) == 0):
        raise errors.InvalidArgumentError(None, None, "Input matrix is not invertible.")
    return np.linalg.solve(conj_transpose(a) if adjoint else a, b).astype(rhs.dtype)


@MatrixTriangularSolve.gradient
def _grad_matrix_triangular_solve(op, dy):
    lower = op.attrs["lower"]
    right = matrix_triangular_solve(op.inputs[0], dy, lower=lower, adjoint=not op.attrs["adjoint"])
    left = _solution_gradient(op, right)
    left = matrix_band_part(left, -1, 0) if lower else matrix_band_part(left, 0, -1)
    return left, right


@export("linalg.triangular_solve", "matrix_triangular_solve", v2=("linalg.triangular_solve",))
def matrix_triangular_solve(
    matrix: Any,
    rhs: Any,
    lower: bool = True,
    adjoint: bool = False,
    name: str | None = None,
) -> Tensor:
    """Solve `matrix @ x = rhs` for triangular matrices.

    Args:
      matrix: A tensor `[..., n, n]` of a floating or complex type; one half is read.
      rhs: A tensor `[..., n, k]` of the same dtype.
      lower: Whether the lower half is read, not the upper.
      adjoint: Whether the matrices are conjugated and transposed first.
      name: The node's name.

    Returns:
      A tensor of the shape of `rhs`.

    Raises:
      InvalidArgumentError: (run) a matrix is singular.
    """
    return MatrixTriangularSolve(matrix, rhs, lower=lower, adjoint=adjoint, name=name)


@export("linalg.cholesky_solve", "cholesky_solve", v2=("linalg.cholesky_solve",))
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """Solve `a @ x = rhs`, given the Cholesky factor of `a`.

    Args:
      chol: The factors `[..., n, n]`.
      rhs: A tensor `[..., n, k]` of the same dtype.
      name: A name scope.

    Returns:
      A tensor of the shape of `rhs`.
    """
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = matrix_triangular_solve(chol, rhs, adjoint=False, lower=True)
        return matrix_triangular_solve(chol, y, adjoint=True, lower=True)


# -- least squares ----------------------------------------------------------------------------
def regularized_gramian_cholesky(matrix: Any, l2_regularizer: Any, first_kind: bool) -> Tensor:
    """The Cholesky factor of `adjoint(a) @ a + l * I`, or of `a @ adjoint(a) + l * I`."""
    gramian = late.matmul(matrix, matrix, adjoint_a=first_kind, adjoint_b=not first_kind)
    if isinstance(l2_regularizer, Tensor) or l2_regularizer != 0:
        shape = late.shape(matrix)
        batch = shape[:-2]
        axis = -1 if first_kind else -2
        identity = late.eye(shape[axis], batch_shape=batch, dtype=matrix.dtype)
        size = matrix.shape[axis]
        identity.set_shape(matrix.shape[:-2].concatenate([size, size]))
        gramian += l2_regularizer * identity
    return cholesky(gramian)


def _overdetermined(matrix: Any, rhs: Any, l2_regularizer: Any) -> Tensor:
    factor = regularized_gramian_cholesky(matrix, l2_regularizer, first_kind=True)
    return cholesky_solve(factor, late.matmul(matrix, rhs, adjoint_a=True))


def _underdetermined(matrix: Any, rhs: Any, l2_regularizer: Any) -> Tensor:
    factor = regularized_gramian_cholesky(matrix, l2_regularizer, first_kind=False)
    return late.matmul(matrix, cholesky_solve(factor, rhs), adjoint_a=True)


@export("linalg.lstsq", "matrix_solve_ls", v2=("linalg.lstsq",))
def matrix_solve_ls(
    matrix: Any,
    rhs: Any,
    l2_regularizer: Any = 0.0,
    fast: bool = True,
    name: str | None = None,
) -> Tensor:
    """Minimize `|matrix @ x - rhs|**2 + l2_regularizer * |x|**2` by normal equations.

    Args:
      matrix: A tensor `[..., m, n]` of a floating or complex type.
      rhs: A tensor `[..., m, k]` of the same dtype.
      l2_regularizer: A scalar.
      fast: Must be true: there is no complete orthogonal decomposition here.
      name: A name scope.

    Returns:
      A tensor `[..., n, k]` of the same dtype.

    Raises:
      NotImplementedError: (build) `fast=False`.
    """
    matrix = convert_to_tensor(matrix, name="matrix")
    if matrix.dtype == dtypes.complex128 and l2_regularizer != 0:
        raise NotImplementedError(
            "matrix_solve_ls is currently disabled for complex128 and l2_regularizer != 0 due to "
            "poor accuracy."
        )
    if fast is False:
        raise NotImplementedError("matrix_solve_ls: fast=False is not supported.")
    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        dims = None if matrix.dims is None else matrix.dims[-2:]
        if is_full(dims):
            solve = _overdetermined if dims[0] >= dims[1] else _underdetermined
            return solve(matrix, rhs, l2_regularizer)
        shape = late.shape(matrix)[-2:]
        return late.cond(
            shape[-2] >= shape[-1],
            lambda: _overdetermined(matrix, rhs, l2_regularizer),
            lambda: _underdetermined(matrix, rhs, l2_regularizer),
        )
