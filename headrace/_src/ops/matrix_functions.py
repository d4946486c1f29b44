"""Square roots, ranks and pseudo-inverses of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import is_full
from headrace._src.ops.decompositions import svd
from headrace._src.ops.linalg import check_square, matrix_solve, square_dims, wide

# -- MatrixSquareRoot -------------------------------------------------------------------------
MatrixSquareRoot = op(
    "MatrixSquareRoot", "input: T -> output: T", T=A.dtype(G.LINALG), host_only=True
)


@MatrixSquareRoot.shape
def _shape_matrix_square_root(s, input):
    return square_dims(input)


@MatrixSquareRoot.kernel
def _kernel_matrix_square_root(k, input):
    from scipy import linalg

    check_square(input)
    matrices = wide(input).reshape(-1, *input.shape[-2:])
    roots = [linalg.sqrtm(m) for m in matrices]
    if input.dtype.kind != "c" and any(np.iscomplexobj(r) and np.any(r.imag) for r in roots):
        raise errors.InvalidArgumentError(
            None, None, "Input matrix has no real square root: cast it to a complex type."
        )
    parts = [r if input.dtype.kind == "c" else r.real for r in roots]
    return np.asarray(parts).reshape(input.shape).astype(input.dtype)


def _kronecker(b1: Tensor, b2: Tensor) -> Tensor:
    b1_shape = late.shape(b1)
    b2_shape = late.shape(b2)
    b1_order = b1_shape[-1]
    b2_order = b2_shape[-1]
    batch_size = [late.subtract(late.size(b1_shape), 2)]
    batch = late.slice(b1_shape, [0], batch_size)
    first_shape = late.concat([batch, [b1_order], [1], [b1_order], [1]], 0)
    second_shape = late.concat([batch, [1], [b2_order], [1], [b2_order]], 0)
    first = late.reshape(b1, first_shape)
    second = late.reshape(b2, second_shape)
    order = b1_order * b2_order
    shape = late.concat([batch, [order], [order]], 0)
    return late.reshape(first * second, shape)


@MatrixSquareRoot.gradient
def _grad_matrix_square_root(op, dy):
    root = op.outputs[0]
    # The cotangent solves the Sylvester equation of the root, written with Kronecker products.
    shape = late.shape(root)
    order = shape[-1]
    count = late.reduce_prod(shape[0:-2])
    identity = late.eye(order, dtype=root.dtype)
    flat = late.reshape(identity, [-1])
    identities = late.reshape(late.tile(flat, [count]), shape)
    transposed = late.matrix_transpose(root)
    k1 = _kronecker(identities, transposed)
    k2 = _kronecker(root, identities)
    total = late.add(k1, k2)
    batch_size = [late.subtract(late.size(shape), 2)]
    batch = late.slice(shape, [0], batch_size)
    vector_shape = late.concat([batch, [order * order], [1]], 0)
    vector = late.reshape(late.matrix_transpose(dy), vector_shape)
    solution = matrix_solve(total, vector)
    return late.matrix_transpose(late.reshape(solution, shape))


@export("linalg.sqrtm", "matrix_square_root")
def matrix_square_root(input: Any, name: str | None = None) -> Tensor:
    """Find matrices whose product with themselves is `input`.

    Args:
      input: A tensor `[..., n, n]` of a floating or complex type.
      name: The node's name.

    Returns:
      A tensor of the same dtype and shape.

    Raises:
      InvalidArgumentError: (run) a real matrix has no real square root.
    """
    return MatrixSquareRoot(input, name=name)


# -- ranks and pseudo-inverses ----------------------------------------------------------------
def _validated(a: Tensor, validate_args: bool) -> Tensor:
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    message = "Input `a` must have at least 2 dimensions"
    if a.dims is not None:
        if len(a.dims) < 2:
            raise ValueError(f"{message} (saw: {len(a.dims)}).")
        return a
    if not validate_args:
        return a
    check = late.assert_rank_at_least(a, rank=2, message=message + ".")
    with control_dependencies([check]):
        return late.identity(a)


@export("linalg.matrix_rank")
def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Count the singular values above a tolerance.

    Args:
      a: A floating tensor `[..., m, n]`.
      tol: The tolerance; the rounding error of the largest singular value when None.
      validate_args: Whether an unknown rank is checked when running.
      name: A name scope.

    Returns:
      An int32 tensor `[...]`.
    """
    with name_scope(name or "matrix_rank"):
        a = convert_to_tensor(a, preferred_dtype=dtypes.float32, name="a")
        a = _validated(a, validate_args)
        s = svd(a, compute_uv=False)
        if tol is None:
            if a.dims is not None and is_full(a.dims[-2:]):
                size = np.max(a.dims[-2:])
            else:
                size = late.reduce_max(late.shape(a)[-2:])
            eps = np.finfo(a.dtype.as_numpy_dtype).eps
            tol = eps * casts.cast(size, a.dtype) * late.reduce_max(s, axis=-1, keepdims=True)
        return late.reduce_sum(casts.cast(s > tol, dtypes.int32), axis=-1)


def _default_cutoff(a: Tensor) -> Any:
    dtype = a.dtype.as_numpy_dtype
    if a.dims is not None and is_full(a.dims[-2:]):
        size: Any = float(max(a.dims[-2:]))
    else:
        sizes = [
            late.shape(a)[i] if a.dims is None or a.dims[i] is None else a.dims[i] for i in (-2, -1)
        ]
        size = casts.cast(late.maximum(*sizes), dtype)
    return 10.0 * size * np.finfo(dtype).eps


@export("linalg.pinv")
def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """Compute Moore-Penrose pseudo-inverses.

    Args:
      a: A floating tensor `[..., m, n]`.
      rcond: Singular values below this part of the largest one count as 0.
      validate_args: Whether an unknown rank is checked when running.
      name: A name scope.

    Returns:
      A tensor `[..., n, m]` of the same dtype.
    """
    with name_scope(name or "pinv"):
        a = _validated(convert_to_tensor(a, name="a"), validate_args)
        dtype = a.dtype.as_numpy_dtype
        rcond = _default_cutoff(a) if rcond is None else rcond
        rcond = convert_to_tensor(rcond, dtype=dtype, name="rcond")
        s, u, v = svd(a, full_matrices=False, compute_uv=True)
        # Infinite singular values have the inverse 0, and gradients without NaN.
        cutoff = rcond * late.reduce_max(s, axis=-1)
        is_large = s > late.expand_dims(cutoff, -1)
        s = late.where_v2(is_large, s, np.array(np.inf, dtype))
        result = late.matmul(v / late.expand_dims(s, -2), u, adjoint_b=True)
        if a.dims is not None:
            result.set_shape((*a.dims[:-2], a.dims[-1], a.dims[-2]))
        return result
