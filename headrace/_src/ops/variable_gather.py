"""Sparse reads of resource variables: ResourceGather and ResourceGatherNd."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.graph import get_default_graph
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops._late import late
from headrace._src.ops.variable_ops import VariableShape, handle_dims, read_resource, spell

_INDEX = (dtypes.int32, dtypes.int64)


def variable_shape(handle: Tensor, out_type: dtypes.DType = dtypes.int32) -> Tensor:
    """The shape of the variable behind a handle: a constant when it is known."""
    held = handle_dims(handle)
    # TensorFlow 1's own control flow does not know what a handle that it brings in stands for.
    if dims_lib.is_full(held) and not get_default_graph().differentiates_numbered:
        return constant.constant(list(held or ()), dtype=out_type)
    return VariableShape(handle, out_type=out_type)


# -- ResourceGather -------------------------------------------------------------------------------
ResourceGather = op(
    "ResourceGather",
    "resource: resource, indices: Tindices -> output: dtype",
    batch_dims=A.integer(default=0),
    validate_indices=A.boolean(default=True),
    dtype=A.dtype(),
    Tindices=A.dtype(_INDEX),
    stateful=True,
)


@ResourceGather.shape
def _shape_resource_gather(s, resource, indices, *, batch_dims):
    held = handle_dims(s.tensor(0))
    if held is None or indices is None:
        return None
    held = dims_lib.with_rank_at_least(held, 1)
    if batch_dims < 0:
        batch_dims += len(indices)
    return (*held[:batch_dims], *indices[batch_dims:], *held[batch_dims + 1 :])


@ResourceGather.kernel
def _kernel_resource_gather(k, resource, indices, *, batch_dims):
    value = read_resource(k, resource, errors.NotFoundError)
    limit = np.shape(value)[batch_dims]
    if k.xla:
        k.require_within(indices, limit)
    else:
        outside = np.argwhere((indices < 0) | (indices >= limit))
        if len(outside):
            first = tuple(outside[0])
            where = spell(first) if first else ""
            raise errors.InvalidArgumentError(
                None, None, f"indices{where} = {indices[first]} is not in [0, {limit})"
            )
    if batch_dims == 0:
        return k.np_for(value, indices).take(value, indices, axis=0, mode="clip")
    np_ = k.np_for(value, indices)
    lead = np.shape(indices)[:batch_dims]
    rest = (1,) * (np.ndim(indices) - batch_dims)
    grid = [
        np.arange(n).reshape((1,) * i + (n,) + (1,) * (batch_dims - 1 - i) + rest)
        for i, n in enumerate(lead)
    ]
    return np_.asarray(value)[(*grid, indices)]


@ResourceGather.gradient
def _grad_resource_gather(op, dy):
    handle, indices = op.inputs
    shape = variable_shape(handle)
    size = late.expand_dims(late.size(indices), 0)
    values = late.reshape(dy, late.concat([size, shape[1:]], 0))
    return [IndexedSlices(values, late.reshape(indices, size), shape), None]


# -- ResourceGatherNd -----------------------------------------------------------------------------
ResourceGatherNd = op(
    "ResourceGatherNd",
    "resource: resource, indices: Tindices -> output: dtype",
    dtype=A.dtype(),
    Tindices=A.dtype(_INDEX),
    stateful=True,
)


@ResourceGatherNd.shape
def _shape_resource_gather_nd(s, resource, indices):
    held = handle_dims(s.tensor(0))
    if held is None or indices is None or indices[-1] is None:
        return None
    depth = indices[-1]
    if depth > len(held):
        raise ValueError(
            f"indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"{dims_lib.text(indices)} and params shape: {dims_lib.text(held)}"
        )
    return (*indices[:-1], *held[depth:])


@ResourceGatherNd.kernel
def _kernel_resource_gather_nd(k, resource, indices):
    value = read_resource(k, resource, errors.NotFoundError)
    depth = np.shape(indices)[-1]
    shape = tuple(np.shape(value))
    if k.xla:
        require_vectors(k, indices, shape[:depth])
    else:
        rows = indices.reshape(-1, depth)
        outside = np.any((rows < 0) | (rows >= np.array(shape[:depth])), axis=1)
        if outside.any():
            n = int(np.argmax(outside))
            where = spell(np.unravel_index(n, indices.shape[:-1])) if indices.ndim > 1 else ""
            raise errors.InvalidArgumentError(
                None,
                None,
                f"indices{where} = {spell(rows[n])} does not index into param shape {spell(shape)}",
            )
    np_ = k.np_for(value, indices)
    at: Any = tuple(indices[..., i] for i in range(depth))
    return np_.asarray(value)[at]


@ResourceGatherNd.gradient
def _grad_resource_gather_nd(op, dy):
    handle, indices = op.inputs
    shape = VariableShape(handle, out_type=indices.dtype)
    if dims_lib.rank(indices.dims) == 2 and indices.dims[-1] == 1:
        return [IndexedSlices(dy, late.squeeze(indices, axis=-1), shape), None]
    return [late.scatter_nd(indices, dy, shape), None]
