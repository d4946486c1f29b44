"""Products and quotients of a sparse tensor and a dense one that broadcasts to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._builders import shape_text
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops._late import late


def _shape_values(s: Any, indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    return (None if indices is None else indices[0],)


def _dense_at(k: Any, indices: Any, shape: Any, dense: Any) -> Any:
    """The elements of `dense`, stretched to `shape`, at the sparse coordinates."""
    full = tuple(int(d) for d in shape)
    if len(full) < np.ndim(dense) or any(
        d not in (1, n) for d, n in zip(dense.shape[::-1], full[::-1], strict=False)
    ):
        raise errors.InvalidArgumentError(
            None,
            None,
            "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
            f"{shape_text(full)} vs. {shape_text(dense.shape)}",
        )
    if k.xla:
        require_vectors(k, indices, full)
    stretched = k.np_for(dense).broadcast_to(dense, full)
    return stretched[tuple(indices[:, i] for i in range(len(full)))]


def _elementwise(op_type: str, fn: Any, grad: Any) -> Any:
    spec = op(
        op_type,
        "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T",
        T=A.dtype(G.NUMBER),
        static=("sp_shape",),
        shape=_shape_values,
    )

    @spec.kernel
    def _kernel_elementwise(
        k: Any, sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any
    ) -> Any:
        xp = k.np_for(sp_indices, sp_values, dense)
        return fn(xp, sp_values, _dense_at(k, sp_indices, sp_shape, dense)).astype(sp_values.dtype)

    spec.gradient(grad)
    return spec


def _gradients(op: Any, dy: Tensor, is_product: bool) -> tuple[Any, Any, Any, Any]:
    indices, values, shape, dense = op.inputs
    dense_shape = casts.cast(late.shape(dense), dtypes.int64)
    added = late.expand_dims(late.size(shape) - late.size(dense_shape), 0)
    padded_shape = late.concat([late.ones(added, dtypes.int64), dense_shape], 0)
    # Coordinates of the dense operand: those of the sparse one, but 0 where it was stretched.
    scaling = shape // padded_shape
    scaled = indices // scaling
    scaled = late.slice(scaled, late.concat([[0], added], 0), [-1, -1])
    at = late.gather_nd(dense, scaled)
    if is_product:
        d_values = dy * at
        d_dense = dy * values
    else:
        d_values = dy / at
        d_dense = dy * (-values / late.square(at))
    zeros = late.zeros_like(dense)
    total = late.sparse_add(zeros, SparseTensor(scaled, d_dense, dense_shape))
    return None, d_values, None, total


# -- SparseDenseCwiseMul, SparseDenseCwiseDiv -------------------------------------------------
SparseDenseCwiseMul = _elementwise(
    "SparseDenseCwiseMul",
    lambda xp, x, y: xp.multiply(x, y),
    lambda op, dy: _gradients(op, dy, True),
)
SparseDenseCwiseDiv = _elementwise(
    "SparseDenseCwiseDiv",
    lambda xp, x, y: xp.true_divide(x, y),
    lambda op, dy: _gradients(op, dy, False),
)
