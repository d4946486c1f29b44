"""Orthogonal, singular value and eigenvalue decompositions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes, casts
from headrace._src.ops._conditions import require_finite
from headrace._src.ops._late import late
from headrace._src.ops.linalg import (
    conj_transpose,
    matrix_triangular_solve,
    solved,
    square_dims,
    wide,
)
from headrace._src.ops.matrix_parts import adjoint, matrix_band_part, matrix_diag, matrix_set_diag


def _smaller(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else min(a, b)


# -- Qr ---------------------------------------------------------------------------------------
Qr = op(
    "Qr",
    "input: T -> q: T, r: T",
    full_matrices=A.boolean(default=False),
    T=A.dtype(G.LINALG),
)


@Qr.shape
def _shape_qr(s, input, *, full_matrices):
    _shapes.require_rank_at_least(input, 2)
    if input is None:
        return [None, None]
    batch, (rows, columns) = input[:-2], input[-2:]
    inner = rows if full_matrices else _smaller(rows, columns)
    return [(*batch, rows, inner), (*batch, inner, columns)]


@Qr.kernel
def _kernel_qr(k, input, *, full_matrices):
    mode = "complete" if full_matrices else "reduced"
    q, r = k.np_for(input).linalg.qr(wide(input), mode)
    return [q.astype(input.dtype), r.astype(input.dtype)]


def _right_solve(x: Tensor, r: Tensor) -> Tensor:
    return adjoint(matrix_triangular_solve(r, adjoint(x), lower=False, adjoint=False))


@Qr.gradient
def _grad_qr(op, dq, dr):
    q, r = op.outputs
    if q.dtype.is_complex:
        raise NotImplementedError(f"QrGrad not implemented for dtype: {q.dtype}")
    if r.dims is None or None in r.dims[-2:]:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    if r.dims[-2] != r.dims[-1]:
        raise NotImplementedError(
            "QrGrad not implemented when ncols > nrows or full_matrices is true and ncols != nrows."
        )
    qdq = late.matmul(q, dq, adjoint_a=True)
    qdq_skew = qdq - adjoint(qdq)
    rdr = late.matmul(r, dr, adjoint_b=True)
    rdr_skew = rdr - adjoint(rdr)
    lower = matrix_band_part(qdq_skew + rdr_skew, -1, 0)
    first = late.matmul(q, dr + _right_solve(lower, r))
    return first + _right_solve(dq - late.matmul(q, qdq), r)


@export("linalg.qr", "qr", v2=("linalg.qr",))
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Any:
    """Factor matrices into an orthogonal and an upper triangular one.

    Args:
      input: A tensor `[..., m, n]` of a floating or complex type.
      full_matrices: Whether `q` is square.
      name: The node's name.

    Returns:
      A named tuple `(q, r)` with `q @ r = input`.
    """
    return Qr(input, full_matrices=full_matrices, name=name)


# -- Svd --------------------------------------------------------------------------------------
Svd = op(
    "Svd",
    "input: T -> s: T, u: T, v: T",
    compute_uv=A.boolean(default=True),
    full_matrices=A.boolean(default=False),
    T=A.dtype(G.LINALG),
)


@Svd.shape
def _shape_svd(s, input, *, compute_uv, full_matrices):
    _shapes.require_rank_at_least(input, 2)
    if input is None:
        return [None, None, None] if compute_uv else [None, (0,), (0,)]
    batch, (rows, columns) = input[:-2], input[-2:]
    size = _smaller(rows, columns)
    values = (*batch, size)
    if not compute_uv:
        return [values, (0,), (0,)]
    if full_matrices:
        return [values, (*batch, rows, rows), (*batch, columns, columns)]
    return [values, (*batch, rows, size), (*batch, columns, size)]


@Svd.kernel
def _kernel_svd(k, input, *, compute_uv, full_matrices):
    xp = k.np_for(input)
    if not compute_uv:
        values = solved(
            lambda: xp.linalg.svd(wide(input), compute_uv=False), "Svd did not converge."
        )
        if k.xla:
            require_finite(k, values)
        empty = np.zeros((0,), input.dtype)
        return [values.astype(input.dtype), empty, empty]
    u, values, vh = solved(
        lambda: xp.linalg.svd(wide(input), full_matrices=full_matrices), "Svd did not converge."
    )
    if k.xla:
        require_finite(k, values)
    return [x.astype(input.dtype) for x in (values, u, conj_transpose(vh))]


def _svd_inner(op: Any, ds: Tensor, du: Tensor, dv: Tensor, m: int, n: int, swap: bool) -> Tensor:
    """The gradient of a wide matrix `[m, n]`, `m <= n`."""
    full = op.attrs["full_matrices"]
    s, u, v = op.outputs
    if swap:
        u, v = v, u
        du, dv = dv, du
    s_diag = matrix_diag(s)
    squares = late.square(s)
    s_shape = late.shape(s)
    identity = late.eye(s_shape[-1], batch_shape=s_shape[:-1], dtype=s.dtype)
    gaps = late.expand_dims(squares, -2) - late.expand_dims(squares, -1) + identity
    f = matrix_set_diag(late.reciprocal(gaps), late.zeros_like(s))
    s_inverse = matrix_diag(late.reciprocal(s))
    v1 = v[..., :, :m]
    dv1 = dv[..., :, :m]
    u_du = late.matmul(u, du, adjoint_a=True)
    v_dv = late.matmul(v1, dv1, adjoint_a=True)
    f_u = f * u_du
    f_v = f * v_dv
    inner = ds + late.matmul(f_u + adjoint(f_u), s_diag)
    inner = inner + late.matmul(s_diag, f_v + adjoint(f_v))
    first = late.matmul(u, late.matmul(inner, v1, adjoint_b=True))
    if m == n:
        return first
    dv1_t = late.matrix_transpose(dv1)
    rest = dv1_t - late.matmul(late.matmul(dv1_t, v1), v1, adjoint_b=True)
    if full:
        v2 = v[..., :, m:n]
        dv2 = dv[..., :, m:n]
        rest -= late.matmul(late.matmul(v1, dv2, adjoint_a=True), v2, adjoint_b=True)
    return first + late.matmul(late.matmul(u, s_inverse), rest)


@Svd.gradient
def _grad_svd(op, ds, du, dv):
    a = op.inputs[0]
    a_shape = a.shape.with_rank_at_least(2)
    ds_diag = matrix_diag(ds)
    if not op.attrs["compute_uv"]:
        _, u, v = svd(a, compute_uv=True)
        result = late.matmul(u, late.matmul(ds_diag, v, adjoint_b=True))
        result.set_shape(a_shape)
        return result
    if a.dtype.is_complex:
        raise NotImplementedError(
            "SVD gradient is not implemented for complex types and compute_uv=True."
        )
    m, n = a_shape.as_list()[-2:] if a_shape.ndims is not None else (None, None)
    if m is None or n is None:
        raise NotImplementedError(
            "SVD gradient has not been implemented for input with unknown inner matrix shape."
        )
    with control_dependencies([ds, du, dv]):
        if op.attrs["full_matrices"] and abs(m - n) > 1:
            raise NotImplementedError(
                "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True"
            )
        result = _svd_inner(op, ds_diag, du, dv, min(m, n), max(m, n), m > n)
        if m > n:
            result = late.matrix_transpose(result)
        result.set_shape(TensorShape(a.dims))
        return result


@export("linalg.svd", "svd", v2=("linalg.svd",))
def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """Find singular values and vectors: `tensor = u @ diag(s) @ adjoint(v)`.

    Args:
      tensor: A tensor `[..., m, n]` of a floating or complex type.
      full_matrices: Whether `u` and `v` are square.
      compute_uv: Whether the vectors are computed.
      name: The node's name.

    Returns:
      `(s, u, v)`, or `s` alone; `s` is real and does not increase.
    """
    s, u, v = Svd(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (casts.real(s), u, v) if compute_uv else casts.real(s)


# -- SelfAdjointEigV2 -------------------------------------------------------------------------
SelfAdjointEigV2 = op(
    "SelfAdjointEigV2",
    "input: T -> e: T, v: T",
    compute_v=A.boolean(default=True),
    T=A.dtype(G.LINALG),
)


@SelfAdjointEigV2.shape
def _shape_self_adjoint_eig(s, input, *, compute_v):
    dims = square_dims(input)
    values = None if dims is None else dims[:-1]
    return [values, dims if compute_v else (0,)]


@SelfAdjointEigV2.kernel
def _kernel_self_adjoint_eig(k, input, *, compute_v):
    xp = k.np_for(input)
    message = "Self-adjoint eigen decomposition was not successful. The input might not be valid."
    if not compute_v:
        values = solved(lambda: xp.linalg.eigvalsh(wide(input)), message)
        if k.xla:
            require_finite(k, values)
        return [values.astype(input.dtype), np.zeros((0,), input.dtype)]
    values, vectors = solved(lambda: xp.linalg.eigh(wide(input)), message)
    if k.xla:
        require_finite(k, values)
    return [values.astype(input.dtype), vectors.astype(input.dtype)]


@SelfAdjointEigV2.gradient
def _grad_self_adjoint_eig(op, de, dv):
    e = op.outputs[0]
    with control_dependencies([de, dv]):
        if op.attrs["compute_v"]:
            v = op.outputs[1]
            gaps = late.expand_dims(e, -2) - late.expand_dims(e, -1)
            f = matrix_set_diag(late.reciprocal(gaps), late.zeros_like(e))
            diagonal = matrix_diag(de)
            middle = diagonal + f * late.matmul(v, dv, adjoint_a=True)
        else:
            _, v = self_adjoint_eig(op.inputs[0])
            middle = matrix_diag(de)
        result = late.matmul(v, late.matmul(middle, v, adjoint_b=True))
        # Only the lower half of the input is read.
        result = matrix_band_part(result + adjoint(result), -1, 0)
        return matrix_set_diag(result, 0.5 * late.matrix_diag_part(result))


@export("linalg.eigh", "self_adjoint_eig", v2=("linalg.eigh",))
def self_adjoint_eig(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Find eigenvalues and eigenvectors of self-adjoint matrices.

    Args:
      tensor: Matrices `[..., n, n]`, of which the lower half is read.
      name: The node's name.

    Returns:
      The eigenvalues `[..., n]`, which do not decrease, and the eigenvectors as columns.
    """
    e, v = SelfAdjointEigV2(tensor, compute_v=True, name=name)
    return e, v


@export("linalg.eigvalsh", "self_adjoint_eigvals", v2=("linalg.eigvalsh",))
def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """Find eigenvalues of self-adjoint matrices.

    Args:
      tensor: Matrices `[..., n, n]`, of which the lower half is read.
      name: The node's name.

    Returns:
      The eigenvalues `[..., n]`, which do not decrease.
    """
    e, _ = SelfAdjointEigV2(tensor, compute_v=False, name=name)
    return e
