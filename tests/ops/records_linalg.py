"""Records of matrix products, parts, solutions and decompositions."""

import numpy as np

from headrace._src.ops import decompositions
from headrace._src.ops import matmul as matmul_ops
from tests.ops.record import Record, arr


def _definite(n, batch=()):
    a = arr(*batch, n, n).astype(np.float64)
    return (a @ np.swapaxes(a, -1, -2) + n * np.eye(n)).astype(np.float32)


def _lower(n):
    return np.tril(arr(n, n)) + 3 * np.eye(n, dtype=np.float32)


SPD = _definite(3)
RHS = arr(3, 2, seed=5)
UNFIT = [([arr(2, 3), arr(4, 5)], ValueError, "Dimensions must be equal, but are 3 and 4")]
UNFIT_RUN = [
    ([arr(2, 3), arr(4, 5)], "InvalidArgumentError", r"In\[0\]: \[2,3\], In\[1\]: \[4,5\]")
]
NOT_SQUARE = [([arr(2, 3)], ValueError, "Dimensions must be equal, but are 2 and 3")]
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]], np.float32)

PRODUCTS = [
    Record(
        "MatMul",
        lambda tf, a, b: matmul_ops.MatMul(a, b),
        [arr(2, 3), arr(3, 5)],
        np.matmul,
        grad=(0, 1),
        grad_order=2,
        bad_build=UNFIT,
        bad_run=UNFIT_RUN,
        rtol=1e-4,
    ),
    Record(
        "MatMul",
        lambda tf, a, b: matmul_ops.MatMul(a, b, transpose_a=True, transpose_b=True),
        [arr(3, 2), arr(5, 3)],
        lambda a, b: a.T @ b.T,
        grad=(0, 1),
        name="transposed",
        rtol=1e-4,
    ),
    Record(
        "MatMul",
        lambda tf, a, b: tf.matmul(a, b),
        [arr(2, 3, dtype=np.complex64), arr(3, 5, dtype=np.complex64)],
        np.matmul,
        name="complex",
        limits={"shapes": "unknown ranks make another op"},
        rtol=1e-4,
    ),
    Record(
        "MatMul",
        lambda tf, a, b: matmul_ops.MatMul(a, b),
        [arr(0, 3), arr(3, 5)],
        np.matmul,
        name="empty",
    ),
    Record(
        "BatchMatMulV2",
        lambda tf, a, b: tf.matmul(a, b),
        [arr(7, 2, 3), arr(3, 5)],
        np.matmul,
        grad=(0, 1),
        rtol=1e-4,
    ),
    Record(
        "BatchMatMulV2",
        lambda tf, a, b: tf.matmul(a, b, adjoint_a=True),
        [arr(1, 3, 2), arr(7, 3, 5)],
        lambda a, b: np.swapaxes(a, 1, 2) @ b,
        grad=(0, 1),
        name="adjoint",
        rtol=1e-4,
    ),
    Record(
        "BatchMatMul",
        lambda tf, a, b: matmul_ops.BatchMatMul(a, b, adj_y=True),
        [arr(7, 2, 3), arr(7, 5, 3)],
        lambda a, b: a @ np.swapaxes(b, 1, 2),
        grad=(0, 1),
        rtol=1e-4,
    ),
    Record(
        "SparseMatMul",
        lambda tf, a, b: tf.sparse_matmul(a, b),
        [arr(2, 3), arr(3, 5)],
        np.matmul,
        rtol=1e-4,
    ),
]

PARTS = [
    Record(
        "MatrixDiag",
        lambda tf, x: tf.matrix_diag(x),
        [arr(2, 3)],
        lambda x: x[..., None] * np.eye(3, dtype=np.float32),
        grad=(0,),
    ),
    Record(
        "MatrixDiagPart",
        lambda tf, x: tf.matrix_diag_part(x),
        [arr(2, 3, 5)],
        lambda x: np.diagonal(x, axis1=1, axis2=2),
        grad=(0,),
    ),
    Record(
        "MatrixSetDiag",
        lambda tf, x, d: tf.matrix_set_diag(x, d),
        [arr(2, 5, 3), arr(2, 3)],
        lambda x, d: np.where(np.eye(5, 3, dtype=bool), np.pad(d, [(0, 0), (0, 2)])[..., None], x),
        grad=(0, 1),
    ),
    Record(
        "MatrixBandPart",
        lambda tf, x: tf.matrix_band_part(x, 1, 0),
        [arr(2, 3, 5)],
        lambda x: np.tril(x) - np.tril(x, -2),
        grad=(0,),
    ),
    Record(
        "MatrixBandPart",
        lambda tf, x: tf.matrix_band_part(x, -1, 1),
        [arr(3, 5)],
        lambda x: np.tril(x, 1),
        grad=(0,),
        name="lower",
    ),
    Record(
        "Diag",
        lambda tf, x: tf.diag(x),
        [arr(2, 3)],
        lambda x: np.diag(x.ravel()).reshape(2, 3, 2, 3),
        grad=(0,),
    ),
    Record(
        "DiagPart",
        lambda tf, x: tf.diag_part(x),
        [arr(2, 3, 2, 3)],
        lambda x: np.diag(x.reshape(6, 6)).reshape(2, 3),
        grad=(0,),
    ),
    Record(
        "Cross",
        lambda tf, a, b: tf.cross(a, b),
        [arr(2, 3), arr(2, 3, seed=1)],
        np.cross,
        grad=(0, 1),
        grad_order=2,
    ),
]

SOLUTIONS = [
    Record(
        "MatrixInverse",
        lambda tf, x: tf.matrix_inverse(x),
        [SPD],
        np.linalg.inv,
        grad=(0,),
        rtol=1e-4,
        bad_build=NOT_SQUARE,
        bad_run=[([SINGULAR], "InvalidArgumentError", "Input is not invertible.")],
    ),
    Record(
        "MatrixInverse",
        lambda tf, x: tf.matrix_inverse(x, adjoint=True),
        [_definite(3, (2,))],
        lambda x: np.linalg.inv(np.swapaxes(x, 1, 2)),
        rtol=1e-4,
        name="batch",
    ),
    Record(
        "MatrixDeterminant",
        lambda tf, x: tf.matrix_determinant(x),
        [SPD],
        np.linalg.det,
        grad=(0,),
        rtol=1e-4,
    ),
    Record(
        "LogMatrixDeterminant",
        lambda tf, x: tf.linalg.slogdet(x)[1],
        [SPD],
        lambda x: np.linalg.slogdet(x)[1],
        grad=(0,),
        rtol=1e-4,
    ),
    Record(
        "Cholesky",
        lambda tf, x: tf.cholesky(x),
        [SPD],
        np.linalg.cholesky,
        rtol=1e-4,
        bad_run=[([-SPD], "InvalidArgumentError", "Cholesky decomposition was not successful")],
    ),
    Record(
        "MatrixSolve",
        lambda tf, a, b: tf.matrix_solve(a, b),
        [SPD, RHS],
        np.linalg.solve,
        grad=(0, 1),
        rtol=1e-4,
        bad_run=[
            ([SINGULAR, arr(2, 1)], "InvalidArgumentError", "Input matrix is not invertible.")
        ],
    ),
    Record(
        "MatrixTriangularSolve",
        lambda tf, a, b: tf.matrix_triangular_solve(a, b),
        [_lower(3), RHS],
        np.linalg.solve,
        grad=(0, 1),
        rtol=1e-4,
    ),
    Record(
        "MatrixTriangularSolve",
        lambda tf, a, b: tf.matrix_triangular_solve(a, b, lower=False, adjoint=True),
        [_lower(3).T.copy(), RHS],
        lambda a, b: np.linalg.solve(a.T, b),
        grad=(0, 1),
        rtol=1e-4,
        name="upper",
    ),
]

TALL = arr(5, 3) + 2 * np.eye(5, 3, dtype=np.float32)


def _rebuilt(tf, x):
    s, u, v = tf.svd(x)
    return tf.matmul(u * s[..., None, :], v, adjoint_b=True)


def _eig_rebuilt(tf, x):
    e, v = tf.self_adjoint_eig(x)
    return tf.matmul(v * e[..., None, :], v, adjoint_b=True)


def _qr_rebuilt(tf, x):
    q, r = tf.qr(x)
    return tf.matmul(q, r)


DECOMPOSITIONS = [
    Record(
        "Svd",
        lambda tf, x: tf.svd(x, compute_uv=False),
        [TALL],
        lambda x: np.linalg.svd(x, compute_uv=False),
        grad=(0,),
        rtol=1e-4,
    ),
    Record(
        "Svd",
        _rebuilt,
        [TALL],
        lambda x: x,
        rtol=1e-4,
        atol=1e-5,
        name="rebuilt",
        limits={"shapes": "strided slices of an unknown rank"},
    ),
    Record(
        "Svd",
        lambda tf, x: decompositions.Svd(x, full_matrices=True)[0],
        [TALL],
        lambda x: np.linalg.svd(x, compute_uv=False),
        rtol=1e-4,
        name="full",
    ),
    Record(
        "SelfAdjointEigV2",
        _eig_rebuilt,
        [SPD],
        lambda x: x,
        rtol=1e-4,
        atol=1e-5,
        limits={"shapes": "strided slices of an unknown rank"},
    ),
    Record(
        "SelfAdjointEigV2",
        lambda tf, x: tf.self_adjoint_eigvals(x),
        [SPD],
        np.linalg.eigvalsh,
        rtol=1e-4,
        name="values",
    ),
    Record("Qr", _qr_rebuilt, [TALL], lambda x: x, rtol=1e-4, atol=1e-5, grad=(0,)),
]

RECORDS = [*PRODUCTS, *PARTS, *SOLUTIONS, *DECOMPOSITIONS]
