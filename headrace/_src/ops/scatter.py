"""Placing elements by index into tensors: ScatterNd and the TensorScatter ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops._late import late


def _check(indices, updates, target):
    """Raises unless the indices fit the target and the updates fit both."""
    depth = indices.shape[-1] if indices.ndim else 1
    want = (*indices.shape[:-1], *target[depth:])
    if np.shape(updates) != want:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], got "
            f"updates.shape: {dims_lib.text(np.shape(updates))}, indices.shape: "
            f"{dims_lib.text(indices.shape)}, params_shape: {dims_lib.text(target)}, slice_dim: "
            f"{depth}, and batch_dim: {indices.ndim - 1}",
        )
    return depth


def _check_range(indices, target, depth):
    limits = np.array(target[:depth], np.int64)
    outside = np.any((indices < 0) | (indices >= limits), axis=-1)
    if np.any(outside):
        flat = int(np.argmax(np.ravel(outside)))
        found = np.reshape(indices, (-1, depth))[flat]
        where = ",".join(str(int(i)) for i in np.unravel_index(flat, outside.shape))
        raise errors.InvalidArgumentError(
            None,
            None,
            f"indices[{where}] = [{', '.join(str(int(i)) for i in found)}] does not index into "
            f"shape {dims_lib.text(target)}",
        )


def _scatter(k, current, indices, updates, how):
    """`current` with `updates` set, added or subtracted at `indices`."""
    depth = _check(indices, updates, np.shape(current))
    np_ = k.np_for(current, indices, updates)
    if k.xla:
        require_vectors(k, indices, np.shape(current)[:depth])
    else:
        _check_range(indices, np.shape(current), depth)
    if np_ is np:
        result = np.array(current)
        at = tuple(indices[..., i] for i in range(depth))
        if how == "set":
            result[at] = updates
        elif how == "add":
            np.add.at(result, at, updates)
        else:
            np.subtract.at(result, at, updates)
        return result
    at = tuple(np_.asarray(indices)[..., i] for i in range(depth))
    place = np_.asarray(current).at[at]
    if how == "set":
        return place.set(updates, mode="drop")
    return place.add(updates if how == "add" else -updates, mode="drop")


def _merge_updates(indices, updates, target):
    """What static shapes tell of a scatter's consistency."""
    if indices is None or updates is None or target is None or indices[-1] is None:
        return
    outer = len(indices) - 1
    try:
        dims_lib.merge(indices[:-1], updates[:outer])
        dims_lib.merge(target[indices[-1] :], updates[outer:])
    except ValueError as error:
        raise ValueError(
            f"The outer {outer} dimensions of indices.shape={dims_lib.text(indices)} must match "
            f"the outer {outer} dimensions of updates.shape={dims_lib.text(updates)}: {error}"
        ) from None


# -- ScatterNd ---------------------------------------------------------------------------------
ScatterNd = op(
    "ScatterNd",
    "indices: Tindices, updates: T, shape: Tindices -> output: T",
    T=G.ANY,
    Tindices=G.INDEX,
    static=("shape",),
)


@ScatterNd.shape
def _shape_scatter_nd(s, indices, updates, shape):
    dims_lib.with_rank_at_least(indices, 1)
    target = s.value_as_dims(2)
    _merge_updates(indices, updates, target)
    return target


def _check_outer(indices, updates):
    """Raises unless indices and updates have the same outer dimensions."""
    outer = indices.shape[:-1]
    given = np.shape(updates)
    if given[: len(outer)] != outer:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Outer dimensions of indices and update must match. Indices shape: "
            f"{dims_lib.text(indices.shape)}, updates shape:{dims_lib.text(given)}",
        )


@ScatterNd.kernel
def _kernel_scatter_nd(k, indices, updates, shape):
    target = tuple(int(d) for d in shape)
    _check_outer(indices, updates)
    if updates.dtype == object or updates.dtype == bool:
        zeros = np.full(target, b"" if updates.dtype == object else False, updates.dtype)
        return _scatter(k, zeros, indices, updates, "set")
    return _scatter(k, np.zeros(target, updates.dtype), indices, updates, "add")


@ScatterNd.gradient
def _grad_scatter_nd(op, dy):
    return [None, late.gather_nd(dy, op.inputs[0]), None]


@export("scatter_nd", "manip.scatter_nd", v2=("scatter_nd",))
def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Tensor:
    """Add slices into zeros at index vectors.

    Args:
        indices: Integer tensor `[..., depth]`; its last dim indexes the leading dims of the result.
        updates: Tensor `indices.shape[:-1] + shape[depth:]`; equal indices add up.
        shape: 1-D, shape of the result.
        name: Name of the node.

    Returns:
        Tensor of the given shape.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    return ScatterNd(indices, updates, shape, name=name)


# -- ScatterNdNonAliasingAdd -------------------------------------------------------------------
ScatterNdNonAliasingAdd = op(
    "ScatterNdNonAliasingAdd",
    "input: T, indices: Tindices, updates: T -> output: T",
    T=(*G.NUMBER, dtypes.bool_),
    Tindices=G.INDEX,
)


def _shape_tensor_scatter(s, tensor, indices, updates):
    dims_lib.with_rank_at_least(indices, 1)
    _merge_updates(indices, updates, tensor)
    return tensor


ScatterNdNonAliasingAdd.shape(_shape_tensor_scatter)


@ScatterNdNonAliasingAdd.kernel
def _kernel_scatter_nd_non_aliasing_add(k, input, indices, updates):
    return _scatter(k, input, indices, updates, "add")


@ScatterNdNonAliasingAdd.gradient
def _grad_scatter_nd_non_aliasing_add(op, dy):
    return [dy, None, late.gather_nd(dy, op.inputs[1])]


# -- TensorScatterUpdate -----------------------------------------------------------------------
TensorScatterUpdate = op(
    "TensorScatterUpdate",
    "tensor: T, indices: Tindices, updates: T -> output: T",
    T=G.ANY,
    Tindices=G.INDEX,
    shape=_shape_tensor_scatter,
)


@TensorScatterUpdate.kernel
def _kernel_tensor_scatter_update(k, tensor, indices, updates):
    return _scatter(k, tensor, indices, updates, "set")


@TensorScatterUpdate.gradient
def _grad_tensor_scatter_update(op, dy):
    indices = op.inputs[1]
    updates = late.gather_nd(dy, indices)
    kept = late.identity(dy)
    zeros = late.zeros_like(op.inputs[2], dtype=dy.dtype)
    return [tensor_scatter_update(kept, indices, zeros), None, updates]


@export("tensor_scatter_nd_update", "tensor_scatter_update", v2=("tensor_scatter_nd_update",))
def tensor_scatter_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Tensor:
    """Copy a tensor with slices replaced at index vectors.

    Args:
        tensor: Tensor.
        indices: Integer tensor `[..., depth]`.
        updates: Tensor `indices.shape[:-1] + tensor.shape[depth:]`.
        name: Name of the node.

    Returns:
        Tensor like `tensor`.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    return TensorScatterUpdate(tensor, indices, updates, name=name)


# -- TensorScatterAdd --------------------------------------------------------------------------
TensorScatterAdd = op(
    "TensorScatterAdd",
    "tensor: T, indices: Tindices, updates: T -> output: T",
    T=G.ANY,
    Tindices=G.INDEX,
    shape=_shape_tensor_scatter,
)


@TensorScatterAdd.kernel
def _kernel_tensor_scatter_add(k, tensor, indices, updates):
    return _scatter(k, tensor, indices, updates, "add")


@TensorScatterAdd.gradient
def _grad_tensor_scatter_add(op, dy):
    updates = late.gather_nd(dy, op.inputs[1])
    return [late.identity(dy), None, updates]


@export("tensor_scatter_nd_add", "tensor_scatter_add", v2=("tensor_scatter_nd_add",))
def tensor_scatter_add(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Copy a tensor with slices added at index vectors; equal indices add up.

    Args:
        tensor: Tensor.
        indices: Integer tensor `[..., depth]`.
        updates: Tensor `indices.shape[:-1] + tensor.shape[depth:]`.
        name: Name of the node.

    Returns:
        Tensor like `tensor`.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    return TensorScatterAdd(tensor, indices, updates, name=name)


# -- TensorScatterSub --------------------------------------------------------------------------
TensorScatterSub = op(
    "TensorScatterSub",
    "tensor: T, indices: Tindices, updates: T -> output: T",
    T=G.ANY,
    Tindices=G.INDEX,
    shape=_shape_tensor_scatter,
)


@TensorScatterSub.kernel
def _kernel_tensor_scatter_sub(k, tensor, indices, updates):
    return _scatter(k, tensor, indices, updates, "sub")


@TensorScatterSub.gradient
def _grad_tensor_scatter_sub(op, dy):
    updates = late.gather_nd(dy, op.inputs[1])
    return [late.identity(dy), None, -updates]


@export("tensor_scatter_nd_sub", "tensor_scatter_sub", v2=("tensor_scatter_nd_sub",))
def tensor_scatter_sub(tensor: Any, indices: Any, updates: Any, name: str | None = None) -> Tensor:
    """Copy a tensor with slices subtracted at index vectors; equal indices add up.

    Args:
        tensor: Tensor.
        indices: Integer tensor `[..., depth]`.
        updates: Tensor `indices.shape[:-1] + tensor.shape[depth:]`.
        name: Name of the node.

    Returns:
        Tensor like `tensor`.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    return TensorScatterSub(tensor, indices, updates, name=name)
