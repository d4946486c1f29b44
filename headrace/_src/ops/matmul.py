"""Products of matrices: `matmul`, `matvec`, `tensordot`."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.native import library
from headrace._src.ops import _shapes, casts
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import is_full

_MATMUL_TYPES = (
    dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64,
    dtypes.complex64, dtypes.complex128,
)  # fmt: skip


def _product(xp: Any, a: Any, b: Any) -> Any:
    """`a @ b` in the operands' dtype; halves are multiplied in single precision."""
    if xp is np and a.dtype.itemsize == 2:
        return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)
    if xp is np:
        return np.matmul(a, b)
    # The default precision of accelerators is lower than that of the dtype.
    return xp.matmul(a, b, precision="highest")


def _text(shape: Any) -> str:
    return "[" + ",".join(str(d) for d in shape) + "]"


# -- MatMul -----------------------------------------------------------------------------------
def _flops(op: Any, inputs: Any, outputs: Any) -> int:
    """A multiplication and an addition for each element of the product and each inner place."""
    adjoint = op.attrs.get("transpose_a", op.attrs.get("adj_x", False))
    return 2 * math.prod(outputs[0]) * inputs[0][-2 if adjoint else -1]


MatMul = op(
    "MatMul",
    "a: T, b: T -> product: T",
    transpose_a=A.boolean(default=False),
    transpose_b=A.boolean(default=False),
    T=A.dtype(_MATMUL_TYPES),
    cost=_flops,
)


@MatMul.shape
def _shape_mat_mul(s, a, b, *, transpose_a, transpose_b):
    a = _shapes.require_rank(a, 2)
    b = _shapes.require_rank(b, 2)
    if transpose_a:
        a = (a[1], a[0])
    if transpose_b:
        b = (b[1], b[0])
    _shapes.merge_dim(a[1], b[0])
    return (a[0], b[1])


@MatMul.kernel
def _kernel_mat_mul(k, a, b, *, transpose_a, transpose_b):
    xp = k.np_for(a, b)
    for i, value in enumerate((a, b)):
        if value.ndim != 2:
            raise errors.InvalidArgumentError(
                None, None, f"In[{i}] is not a matrix. Instead it has shape {_text(value.shape)}"
            )
    inner = a.shape[0 if transpose_a else 1], b.shape[1 if transpose_b else 0]
    if inner[0] != inner[1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Matrix size-incompatible: In[0]: {_text(a.shape)}, In[1]: {_text(b.shape)}",
        )
    if xp is not np and library.serves_product(a, b, transpose_a, transpose_b):
        return library.lower_product(xp.asarray(a), xp.asarray(b), transpose_a, transpose_b)
    return _product(xp, a.T if transpose_a else a, b.T if transpose_b else b)


_DIRECT_PRODUCTS = {
    (False, False): np.matmul,
    (True, False): lambda a, b: np.matmul(a.T, b),
    (False, True): lambda a, b: np.matmul(a, b.T),
    (True, True): lambda a, b: np.matmul(a.T, b.T),
}


@MatMul.direct
def _direct_mat_mul(op):
    if op.attrs["T"] not in (dtypes.float32, dtypes.float64):
        return None
    if any(t.dims is None for t in op._inputs):
        return None
    product = _DIRECT_PRODUCTS[op.attrs["transpose_a"], op.attrs["transpose_b"]]
    return _of_matrices(product) if op.graph.executes else product


def _of_matrices(product):
    """A product for values of which no shape rule knows the rank."""

    def checked(a, b):
        if a.ndim != 2 or b.ndim != 2:
            raise ValueError("no matrices")
        return product(a, b)

    return checked


@MatMul.gradient
def _grad_mat_mul(op, dy):
    t_a, t_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    a, b = casts.conj(op.inputs[0]), casts.conj(op.inputs[1])
    if not t_a and not t_b:
        da = MatMul(dy, b, transpose_b=True)
        return da, MatMul(a, dy, transpose_a=True)
    if not t_a:
        da = MatMul(dy, b)
        return da, MatMul(dy, a, transpose_a=True)
    if not t_b:
        da = MatMul(b, dy, transpose_b=True)
        return da, MatMul(a, dy)
    da = MatMul(b, dy, transpose_a=True, transpose_b=True)
    return da, MatMul(dy, a, transpose_a=True, transpose_b=True)


# -- BatchMatMul, BatchMatMulV2 ---------------------------------------------------------------
def _matrix_dims(dims: Any, adjoint: bool) -> tuple[Any, Any]:
    if dims is None:
        return None, None
    return (dims[-1], dims[-2]) if adjoint else (dims[-2], dims[-1])


def _batch_shape(x: Any, y: Any, adj_x: bool, adj_y: bool, join: Any) -> Any:
    _shapes.require_rank_at_least(x, 2)
    _shapes.require_rank_at_least(y, 2)
    rows, inner_x = _matrix_dims(x, adj_x)
    inner_y, columns = _matrix_dims(y, adj_y)
    batch = join(None if x is None else x[:-2], None if y is None else y[:-2])
    _shapes.merge_dim(inner_x, inner_y)
    return None if batch is None else (*batch, rows, columns)


def _batch_product(
    k: Any, x: Any, y: Any, adj_x: bool, adj_y: bool, broadcasts: bool = False
) -> Any:
    xp = k.np_for(x, y)
    if not broadcasts and x.ndim != y.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"In[0] and In[1] has different ndims: {_text(x.shape)} vs. {_text(y.shape)}",
        )
    for i, value in enumerate((x, y)):
        if value.ndim < 2:
            raise errors.InvalidArgumentError(
                None, None, f"In[{i}] ndims must be >= 2: {value.ndim}"
            )
    _check_batches(x, y, broadcasts)
    if x.shape[-2 if adj_x else -1] != y.shape[-1 if adj_y else -2]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"In[0] mismatch In[1] shape: {x.shape[-2 if adj_x else -1]} vs. "
            f"{y.shape[-1 if adj_y else -2]}: {_text(x.shape)} {_text(y.shape)} "
            f"{int(adj_x)} {int(adj_y)}",
        )
    return _product(xp, _adjoint(xp, x) if adj_x else x, _adjoint(xp, y) if adj_y else y)


def _check_batches(x: Any, y: Any, broadcasts: bool) -> None:
    said = None
    for i, (a, b) in enumerate(zip(x.shape[-3::-1], y.shape[-3::-1], strict=False)):
        if a != b and not (broadcasts and 1 in (a, b)):
            at = x.ndim - 3 - i
            said = f"In[0].dim({at}) and In[1].dim({at}) must be the same: "
    if said is None:
        return
    shapes = f"{_text(x.shape)} vs{'.' if broadcasts else ''} {_text(y.shape)}"
    if broadcasts:
        said = "In[0] and In[1] must have compatible batch dimensions: "
    raise errors.InvalidArgumentError(None, None, said + shapes)


def _adjoint(xp: Any, x: Any) -> Any:
    swapped = xp.swapaxes(x, -1, -2)
    return xp.conj(swapped) if x.dtype.kind == "c" else swapped


def _batch_gradient(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    adj_x, adj_y = op.attrs["adj_x"], op.attrs["adj_y"]
    if not adj_x:
        dx = matmul(dy, y, adjoint_b=not adj_y)
        first, second = (dy, x) if adj_y else (x, dy)
        return dx, matmul(first, second, adjoint_a=True)
    dx = matmul(y, dy, adjoint_a=adj_y, adjoint_b=True)
    if not adj_y:
        return dx, matmul(x, dy)
    return dx, matmul(dy, x, adjoint_a=True, adjoint_b=True)


_BATCH_ATTRS = {
    "adj_x": A.boolean(default=False),
    "adj_y": A.boolean(default=False),
    "T": A.dtype(_MATMUL_TYPES),
}
BatchMatMul = op("BatchMatMul", "x: T, y: T -> output: T", **_BATCH_ATTRS, cost=_flops)


@BatchMatMul.shape
def _shape_batch_mat_mul(s, x, y, *, adj_x, adj_y):
    return _batch_shape(x, y, adj_x, adj_y, dims_lib.merge)


@BatchMatMul.kernel
def _kernel_batch_mat_mul(k, x, y, *, adj_x, adj_y):
    return _batch_product(k, x, y, adj_x, adj_y)


@BatchMatMul.gradient
def _grad_batch_mat_mul(op, dy):
    return _batch_gradient(op, dy)


BatchMatMulV2 = op("BatchMatMulV2", "x: T, y: T -> output: T", **_BATCH_ATTRS, cost=_flops)


@BatchMatMulV2.shape
def _shape_batch_mat_mul_v2(s, x, y, *, adj_x, adj_y):
    return _batch_shape(x, y, adj_x, adj_y, dims_lib.broadcast)


@BatchMatMulV2.kernel
def _kernel_batch_mat_mul_v2(k, x, y, *, adj_x, adj_y):
    return _batch_product(k, x, y, adj_x, adj_y, broadcasts=True)


@BatchMatMulV2.gradient
def _grad_batch_mat_mul_v2(op, dy):
    x, y = op.inputs
    dx, dz = _batch_gradient(op, dy)
    if is_full(x.dims) and x.dims == y.dims:
        return dx, dz
    sx = late.shape(x)
    sy = late.shape(y)
    rx, ry = late.BroadcastGradientArgs(sx[:-2], sy[:-2])
    dx = late.reshape(late.reduce_sum(dx, rx), sx)
    return dx, late.reshape(late.reduce_sum(dz, ry), sy)


# -- SparseMatMul -----------------------------------------------------------------------------
_MAYBE_SPARSE = A.dtype((dtypes.float32, dtypes.bfloat16), default=dtypes.float32)
SparseMatMul = op(
    "SparseMatMul",
    "a: Ta, b: Tb -> product: float",
    transpose_a=A.boolean(default=False),
    transpose_b=A.boolean(default=False),
    a_is_sparse=A.boolean(default=False),
    b_is_sparse=A.boolean(default=False),
    Ta=_MAYBE_SPARSE,
    Tb=_MAYBE_SPARSE,
    shape=_shape_mat_mul,
)


@SparseMatMul.kernel
def _kernel_sparse_mat_mul(k, a, b, *, transpose_a, transpose_b):
    return _kernel_mat_mul(
        k,
        a.astype(np.float32),
        b.astype(np.float32),
        transpose_a=transpose_a,
        transpose_b=transpose_b,
    )


@SparseMatMul.gradient
def _grad_sparse_mat_mul(op, dy):
    a, b = op.inputs
    t_a, t_b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    sparse = {
        id(a): op.attrs["a_is_sparse"],
        id(b): op.attrs["b_is_sparse"],
        id(dy): dy.op.type == "ReluGrad",
    }

    def product(x: Tensor, y: Tensor, like: Tensor, t_x: bool = False, t_y: bool = False) -> Any:
        flags = sparse[id(x)], sparse[id(y)]
        if t_y:
            y = late.transpose(y)
        result = matmul(x, y, transpose_a=t_x, a_is_sparse=flags[0], b_is_sparse=flags[1])
        return result if result.dtype == like.dtype else casts.cast(result, like.dtype)

    if not t_a:
        da = product(dy, b, a, t_y=not t_b)
        return da, product(dy, a, b, t_x=True) if t_b else product(a, dy, b, t_x=True)
    da = product(b, dy, a, t_x=t_b, t_y=True)
    return da, product(dy, a, b, t_x=True, t_y=True) if t_b else product(a, dy, b)


@export("sparse_matmul", v2=(), deprecated="tf.linalg.matmul")
def sparse_matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply two matrices that hold many zeros.

    Args:
      a: A float32 or bfloat16 matrix.
      b: A float32 or bfloat16 matrix.
      transpose_a: Whether `a` is transposed first.
      transpose_b: Whether `b` is transposed first.
      a_is_sparse: Whether `a` holds many zeros.
      b_is_sparse: Whether `b` holds many zeros.
      name: The node's name.

    Returns:
      A float32 matrix.
    """
    return SparseMatMul(
        a,
        b,
        transpose_a=transpose_a,
        transpose_b=transpose_b,
        a_is_sparse=a_is_sparse,
        b_is_sparse=b_is_sparse,
        name=name,
    )


# -- matmul -----------------------------------------------------------------------------------
def _may_have_batch(a: Tensor, b: Tensor) -> bool:
    return any(t.dims is None or len(t.dims) > 2 for t in (a, b))


def _wants_sparse(a: Tensor, b: Tensor, said_sparse: bool) -> bool:
    allowed = (dtypes.bfloat16, dtypes.float32)
    if said_sparse and a.dtype in allowed and b.dtype in allowed:
        return True
    return dtypes.bfloat16 in (a.dtype, b.dtype) and a.dtype != b.dtype


def _are_matrices(a: Any, b: Any) -> bool:
    """Whether both are values whose product needs no scope, no conversion and no other op."""
    return (
        type(a) is EagerTensor
        and type(b) is EagerTensor
        and a.dtype is b.dtype
        and a.dtype is not dtypes.bfloat16
        and len(a.dims) == len(b.dims) == 2
        and get_default_graph().executes
    )


@export("linalg.matmul", "matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply matrices, or batches of them whose outer dimensions broadcast.

    Args:
      a: A tensor `[..., n, k]` of a floating, complex, int32 or int64 type.
      b: A tensor `[..., k, m]` of the same dtype.
      transpose_a: Whether the matrices of `a` are transposed first.
      transpose_b: Whether the matrices of `b` are transposed first.
      adjoint_a: Whether the matrices of `a` are conjugated and transposed first.
      adjoint_b: Whether the matrices of `b` are conjugated and transposed first.
      a_is_sparse: Whether `a` holds many zeros.
      b_is_sparse: Whether `b` holds many zeros.
      name: The node's name.

    Returns:
      A tensor `[..., n, m]` of the same dtype.

    Raises:
      ValueError: (build) shapes that do not fit, or a matrix both transposed and adjoint.
      InvalidArgumentError: (run) shapes that do not fit.
    """
    said = adjoint_a or adjoint_b or a_is_sparse or b_is_sparse
    if name is None and not said and _are_matrices(a, b):
        scope = get_default_graph().resolve_scope("MatMul") + "/"
        if not (transpose_a or transpose_b):
            return MatMul(a, b, name=scope)
        return MatMul(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)
    with name_scope(name, "MatMul", [a, b]) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        if not (a_is_sparse or b_is_sparse) and _may_have_batch(a, b):
            if transpose_a:
                a, adjoint_a = casts.conj(a), True
            if transpose_b:
                b, adjoint_b = casts.conj(b), True
            return BatchMatMulV2(a, b, adj_x=adjoint_a, adj_y=adjoint_b, name=scope)
        if adjoint_a:
            a, transpose_a = casts.conj(a), True
        if adjoint_b:
            b, transpose_b = casts.conj(b), True
        if not _wants_sparse(a, b, a_is_sparse or b_is_sparse):
            return MatMul(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)
        result = sparse_matmul(a, b, transpose_a, transpose_b, a_is_sparse, b_is_sparse, name=scope)
        if a.dtype == b.dtype == dtypes.bfloat16:
            result = casts.cast(result, dtypes.bfloat16)
        return result


@export("linalg.matvec")
def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Multiply matrices by vectors.

    Args:
      a: A tensor `[..., n, k]`.
      b: A tensor `[..., k]` of the same dtype.
      transpose_a: Whether the matrices are transposed first.
      adjoint_a: Whether the matrices are conjugated and transposed first.
      a_is_sparse: Whether `a` holds many zeros.
      b_is_sparse: Whether `b` holds many zeros.
      name: A name scope.

    Returns:
      A tensor `[..., n]` of the same dtype.
    """
    with name_scope(name, "MatVec", [a, b]):
        column = late.expand_dims(b, axis=-1)
        product = matmul(
            a,
            column,
            transpose_a=transpose_a,
            adjoint_a=adjoint_a,
            a_is_sparse=a_is_sparse,
            b_is_sparse=b_is_sparse,
        )
        return late.squeeze(product, axis=-1)


# -- tensordot --------------------------------------------------------------------------------
def _flattened(a: Tensor, axes: Any, flipped: bool) -> tuple[Tensor, Any, Any]:
    """`a` as a matrix with the contracted axes last (first if flipped), and its free dims."""
    if is_full(a.dims) and isinstance(axes, (list, tuple)):
        axes = [i if i >= 0 else i + len(a.dims) for i in axes]
        free = [i for i in range(len(a.dims)) if i not in axes]
        free_dims = [a.dims[i] for i in free]
        sizes = [int(np.prod(free_dims)), int(np.prod([a.dims[i] for i in axes]))]
        perm = list(axes) + free if flipped else free + list(axes)
        matrix = late.reshape(late.transpose(a, perm), sizes[::-1] if flipped else sizes)
        return matrix, free_dims, free_dims
    if a.dims is not None and isinstance(axes, (list, tuple)):
        axes = [i if i >= 0 else i + len(a.dims) for i in axes]
        free = [i for i in range(len(a.dims)) if i not in axes]
        static = [a.dims[i] for i in free]
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        free = convert_to_tensor(free, dtype=dtypes.int32, name="free")
        shape = late.shape(a)
    else:
        static = None
        shape = late.shape(a)
        rank = late.rank(a)
        axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
        axes = late.where(axes >= 0, axes, axes + rank)
        free, _ = late.setdiff1d(late.range(rank), axes)
    free_dims = late.gather(shape, free)
    axes_dims = late.gather(shape, axes)
    free_size = late.reduce_prod(free_dims)
    axes_size = late.reduce_prod(axes_dims)
    parts, sizes = [free, axes], [free_size, axes_size]
    perm = late.concat(parts[::-1] if flipped else parts, 0)
    new_shape = late.stack(sizes[::-1] if flipped else sizes)
    return late.reshape(late.transpose(a, perm), new_shape), free_dims, static


def _contracted_axes(a: Tensor, axes: Any) -> tuple[Any, Any]:
    if isinstance(axes, (numbers.Integral, np.integer)):
        if axes < 0:
            raise ValueError("'axes' must be at least 0.")
        if a.dims is None:
            rank = late.rank(a)
            first = late.range(rank - axes, rank, dtype=dtypes.int32)
            return first, late.range(axes, dtype=dtypes.int32)
        if axes > len(a.dims):
            raise ValueError(
                f"'axes' must not be larger than the number of dimensions of tensor {a}."
            )
        return list(range(len(a.dims) - axes, len(a.dims))), list(range(axes))
    if not isinstance(axes, (list, tuple)):
        axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
        return axes[0], axes[1]
    if len(axes) != 2:
        raise ValueError("'axes' must be an integer or have length 2.")
    first, second = axes
    if isinstance(first, numbers.Integral) and isinstance(second, numbers.Integral):
        first, second = [first], [second]
    if len(first) != len(second):
        raise ValueError(
            f"Different number of contraction axes 'a' and 'b', {len(first)} != {len(second)}."
        )
    return first, second


@export("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """Sum products over given axes of two tensors.

    Args:
      a: A tensor of a floating, complex, int32 or int64 type.
      b: A tensor of the same dtype.
      axes: The number of last axes of `a` and first axes of `b`, or two lists of axes.
      name: The node's name.

    Returns:
      A tensor with the free axes of `a` followed by those of `b`.

    Raises:
      ValueError: (build) `axes` is of another form, or shapes that do not fit.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        a_axes, b_axes = _contracted_axes(a, axes)
        a_matrix, a_free, a_static = _flattened(a, a_axes, False)
        b_matrix, b_free, b_static = _flattened(b, b_axes, True)
        product = matmul(a_matrix, b_matrix)
        if isinstance(a_free, list) and isinstance(b_free, list):
            return late.reshape(product, a_free + b_free, name=scope)
        a_free = convert_to_tensor(a_free, dtype=dtypes.int32)
        b_free = convert_to_tensor(b_free, dtype=dtypes.int32)
        result = late.reshape(product, late.concat([a_free, b_free], 0), name=scope)
        if a_static is not None and b_static is not None:
            result.set_shape(a_static + b_static)
        return result
