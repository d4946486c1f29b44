"""Picking elements by index: Gather, GatherNd, and the same from resource variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.scopes import colocate_with, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.native import library
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import spec
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops._late import late


def _coordinates(shape, flat):
    """Where the flat index lies in an array of the given shape, as messages show it."""
    if not shape:
        return ""
    return "[" + ",".join(str(int(i)) for i in np.unravel_index(flat, shape)) + "]"


def _check_indices(indices, limit):
    outside = (indices < 0) | (indices >= limit)
    if np.any(outside):
        flat = int(np.argmax(np.ravel(outside)))
        where = _coordinates(np.shape(indices), flat)
        raise errors.InvalidArgumentError(
            None,
            None,
            f"indices{where} = {int(np.ravel(indices)[flat])} is not in [0, {limit})",
        )


def _take(k, params, indices, axis, batch_dims):
    """`params` at `indices` along `axis`."""
    rank = np.ndim(params)
    axis = axis + rank if axis < 0 else axis
    batch_dims = batch_dims + np.ndim(indices) if batch_dims < 0 else batch_dims
    np_ = k.np_for(params, indices)
    if k.xla:
        k.require_within(indices, params.shape[axis])
    else:
        _check_indices(indices, params.shape[axis])
    if not batch_dims:
        if np_ is np:
            return np.asarray(np.take(params, indices, axis=axis), params.dtype)
        flat = np_.ravel(indices)
        if axis == 0 and library.serves_rows(params, flat):
            rows = library.lower_take_rows(np_.asarray(params), flat)
            return rows.reshape((*np.shape(indices), *params.shape[1:]))
        return np_.take(params, indices, axis=axis, mode="clip")
    if np_ is not np:
        indices = np_.clip(indices, 0, params.shape[axis] - 1)
    moved = np_.moveaxis(np_.asarray(params), axis, batch_dims)
    index_rank = np.ndim(indices)
    grid = [
        np.arange(moved.shape[i]).reshape((-1,) + (1,) * (index_rank - i - 1))
        for i in range(batch_dims)
    ]
    taken = moved[(*grid, indices)]
    # The dims between the batch and the axis stand behind those of the indices; put them in front.
    between = axis - batch_dims
    order = [
        *range(batch_dims),
        *range(index_rank, index_rank + between),
        *range(batch_dims, index_rank),
        *range(index_rank + between, taken.ndim),
    ]
    return np_.transpose(taken, order)


def _gathered_dims(params, indices, axis, batch_dims):
    if params is None or indices is None:
        return None
    at = axis + len(params) if axis < 0 else axis
    batch_dims = batch_dims + len(indices) if batch_dims < 0 else batch_dims
    return (*params[:at], *indices[batch_dims:], *params[at + 1 :])


# -- Gather ------------------------------------------------------------------------------------
Gather = op(
    "Gather",
    "params: Tparams, indices: Tindices -> output: Tparams",
    validate_indices=A.boolean(default=True),
    Tparams=G.ANY,
    Tindices=G.INDEX,
)


@Gather.shape
def _shape_gather(s, params, indices):
    dims_lib.with_rank_at_least(params, 1)
    return _gathered_dims(params, indices, 0, 0)


@Gather.kernel
def _kernel_gather(k, params, indices):
    return _take(k, params, indices, 0, 0)


def _shape_in_int32(params):
    """The shape of large parameters, computed beside them; 1.15 asks for int64 and narrows it."""
    with colocate_with(params):
        shape = shape_ops.shape(params, out_type=dtypes.int64)
        return late.cast(shape, dtypes.int32)


@Gather.gradient
def _grad_gather(op, dy):
    params, indices = op.inputs
    shape = _shape_in_int32(params)
    return [_slices(dy, indices, shape), None]


def _slices(dy, indices, shape):
    """The cotangent of a gather along the first dim: rows and where they belong."""
    size = late.expand_dims(shape_ops.size(indices), 0)
    values = late.reshape(dy, late.concat([size, shape[1:]], 0))
    return IndexedSlices(values, late.reshape(indices, size), shape)


# -- GatherV2 ----------------------------------------------------------------------------------
GatherV2 = op(
    "GatherV2",
    "params: Tparams, indices: Tindices, axis: Taxis -> output: Tparams",
    kernel_ignores=("Taxis",),
    batch_dims=A.integer(default=0),
    Tparams=G.ANY,
    Tindices=G.INDEX,
    Taxis=G.INDEX,
    static=("axis",),
)


@GatherV2.shape
def _shape_gather_v2(s, params, indices, axis, *, batch_dims):
    dims_lib.with_rank_at_least(params, 1)
    dims_lib.with_rank(axis, 0)
    at = s.value(2)
    if at is None:
        if params is None or indices is None:
            return None
        return (None,) * (len(params) + len(indices) - 1 - batch_dims)
    at = int(at)
    dims_lib.with_rank_at_least(params, -at if at < 0 else at + 1)
    return _gathered_dims(params, indices, at, batch_dims)


@GatherV2.kernel
def _kernel_gather_v2(k, params, indices, axis, *, batch_dims):
    rank, at = np.ndim(params), int(axis)
    if not rank:
        raise errors.InvalidArgumentError(None, None, "params must be at least 1 dimensional")
    if not -rank <= at < rank:
        raise errors.InvalidArgumentError(
            None, None, f"Expected axis in the range [{-rank}, {rank}), but got {at}"
        )
    return _take(k, params, indices, at, batch_dims)


@GatherV2.gradient
def _grad_gather_v2(op, dy):
    params, indices, axis = op.inputs
    shape = _shape_in_int32(params)
    size = late.expand_dims(shape_ops.size(indices), 0)
    static_axis = constants.constant_value(axis)
    batch_dims = op.attrs["batch_dims"]
    if batch_dims < 0:
        batch_dims += len(indices.dims)
    if static_axis is not None and static_axis == 0:
        values = late.reshape(dy, late.concat([size, shape[1:]], 0))
        return [IndexedSlices(values, late.reshape(indices, size), shape), None, None]
    return [_grad_gather_along(dy, shape, indices, axis, batch_dims), None, None]


def _grad_gather_along(dy, shape, indices, axis, batch_dims):
    """Cotangent of `params` when the axis is not the first: it is moved there and back."""
    outer = shape[:axis]
    inner = shape[axis:][1:]
    values_shape = late.concat([outer, [-1], inner], 0)
    rank = shape_ops.size(values_shape)
    outer_rank = shape_ops.size(outer)
    batch_axes = late.range(batch_dims)
    between_axes = late.range(batch_dims, outer_rank)
    inner_axes = late.range(outer_rank + 1, rank)
    values = late.reshape(dy, values_shape)
    forward = late.concat([batch_axes, [outer_rank], between_axes, inner_axes], 0)
    values = late.transpose(values, forward)
    total = _added_rows(shape, values, indices, batch_dims, shape[axis])
    back = late.concat([batch_axes, between_axes + 1, [batch_dims], inner_axes], 0)
    return late.transpose(total, back)


def _added_rows(params_shape, values, indices, batch_dims, rows):
    size = late.expand_dims(shape_ops.size(indices), 0)
    if batch_dims:
        values_shape = shape_ops.shape(values)
        outer = values_shape[:batch_dims]
        inner = values_shape[batch_dims:][1:]
        batch = spec("Prod")(outer, [0], keep_dims=False)
        flat = late.concat([[-1], inner], 0)
        rows *= batch
        indices = _flat_batch_indices(params_shape, indices, batch_dims)
        values = late.reshape(values, flat)
    indices = late.reshape(indices, size)
    total = late.unsorted_segment_sum(values, indices, rows)
    if batch_dims:
        total = late.reshape(total, late.concat([outer, flat], 0))
    return total


def _flat_batch_indices(params_shape, indices, batch_dims):
    """Indices into parameters whose batch dims are merged with the gathered one."""
    result = indices
    rank = len(indices.dims)
    dtype = indices.dtype.base_dtype
    shape = late.cast(params_shape, dtype)
    stride = constant_ops.ones((), dtype=dtype)
    for dim in range(batch_dims, 0, -1):
        count = shape[dim - 1]
        stride *= shape[dim]
        start = constant_ops.zeros((), dtype=dtype)
        step = constant_ops.ones((), dtype=dtype)
        offsets = late.range(start, count, step)
        offsets *= stride
        target = late.stack([1] * (dim - 1) + [count] + [1] * (rank - dim), axis=0)
        result += late.reshape(offsets, target)
    return result


@export("gather", v2=())
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """Pick slices of a tensor or variable by index.

    Args:
        params: Tensor or variable of rank 1 or more.
        indices: Integer tensor; its dims replace the dim `axis`.
        validate_indices: Ignored; indices are always checked.
        name: Name of the node.
        axis: Dim that is indexed; `batch_dims` by default.
        batch_dims: Number of leading dims that `params` and `indices` share.

    Returns:
        Tensor `params.shape[:axis] + indices.shape[batch_dims:] + params.shape[axis + 1:]`.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    if axis is None:
        axis = batch_dims
    static = constants.constant_value(axis) if isinstance(axis, Tensor) else axis
    if static is None or static != 0:
        return GatherV2(params, indices, axis, batch_dims=batch_dims, name=name)
    try:
        return params.sparse_read(indices, name=name)
    except AttributeError:
        # Tensors have no such method, and reference variables raise.
        return GatherV2(params, indices, axis, name=name)


@export("batch_gather", deprecated="tf.gather with batch_dims=-1", v2=())
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """Pick elements along the last dim of `indices`, all dims before being batch dims.

    Args:
        params: Tensor.
        indices: Integer tensor of known rank.
        name: Name of the scope.

    Returns:
        Tensor `indices.shape + params.shape[indices.rank:]`.

    Raises:
        ValueError: (build) the rank of `indices` is unknown.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.dims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        rank = len(indices.dims)
        batch_dims = rank - 1
        if params.dims is not None and batch_dims >= len(params.dims):
            raise ValueError(
                f"batch_dims = {batch_dims} must be less than rank(params) = {len(params.dims)}"
            )
        return _batch_gather(params, indices, batch_dims)


def _batch_gather(params, indices, batch_dims):
    indices_shape = shape_ops.shape(indices)
    params_shape = shape_ops.shape(params)
    flat_indices = late.reshape(_cast_batch_indices(params_shape, indices, batch_dims), [-1])
    outer = params_shape[batch_dims + 1 :]
    rows = spec("Prod")(params_shape[: batch_dims + 1], [0], keep_dims=False)
    flat_params = late.reshape(params, late.concat([[rows], outer], axis=0))
    taken = gather(flat_params, flat_indices)
    result = late.reshape(taken, late.concat([indices_shape, outer], axis=0))
    batch = dims_lib.merge(
        indices.dims[:batch_dims], None if params.dims is None else params.dims[:batch_dims]
    )
    known = dims_lib.concat(batch, indices.dims[batch_dims:])
    rest = None if params.dims is None else params.dims[batch_dims + 1 :]
    result.set_shape(dims_lib.concat(known, rest))
    return result


def _cast_batch_indices(params_shape, indices, batch_dims):
    """As `_flat_batch_indices`, with the nodes that `batch_gather` makes."""
    result = indices
    rank = len(indices.dims)
    dtype = indices.dtype.base_dtype
    stride = constant_ops.ones((), dtype=dtype)
    shape = spec("Cast")(params_shape, DstT=dtype)
    for dim in range(batch_dims, 0, -1):
        count = shape[dim - 1]
        stride *= shape[dim]
        start = constant_ops.zeros((), dtype=dtype)
        step = constant_ops.ones((), dtype=dtype)
        offsets = spec("Range")(start, count, step)
        offsets *= stride
        target = late.stack([1] * (dim - 1) + [count] + [1] * (rank - dim), axis=0)
        result += late.reshape(offsets, target)
    return result


# -- GatherNd ----------------------------------------------------------------------------------
GatherNd = op(
    "GatherNd",
    "params: Tparams, indices: Tindices -> output: Tparams",
    Tparams=G.ANY,
    Tindices=G.INDEX,
)


def _gathered_nd_dims(params, indices):
    dims_lib.with_rank_at_least(params, 1)
    dims_lib.with_rank_at_least(indices, 1)
    if params is None or indices is None or indices[-1] is None:
        return None
    depth = indices[-1]
    if depth > len(params):
        raise ValueError(
            "indices.shape[-1] must be <= params.rank, but saw indices shape: "
            f"{dims_lib.text(indices)} and params shape: {dims_lib.text(params)}"
        )
    return (*indices[:-1], *params[depth:])


@GatherNd.shape
def _shape_gather_nd(s, params, indices):
    return _gathered_nd_dims(params, indices)


def _take_nd(k, params, indices):
    depth = indices.shape[-1]
    if depth > np.ndim(params):
        raise errors.InvalidArgumentError(
            None,
            None,
            "index innermost dimension length must be <= params rank; saw: "
            f"{depth} vs. {np.ndim(params)}",
        )
    np_ = k.np_for(params, indices)
    limits = np.array(np.shape(params)[:depth], np.int64)
    if k.xla:
        require_vectors(k, indices, limits)
    else:
        outside = np.any((indices < 0) | (indices >= limits), axis=-1)
        if np.any(outside):
            flat = int(np.argmax(np.ravel(outside)))
            found = np.reshape(indices, (-1, depth))[flat]
            where = _coordinates(outside.shape, flat)
            raise errors.InvalidArgumentError(
                None,
                None,
                f"indices{where} = [{', '.join(str(int(i)) for i in found)}] does not index into "
                f"param shape {dims_lib.text(np.shape(params))}",
            )
    if np_ is not np:
        # What is out of range must not wrap round, however the condition is met.
        indices = np_.clip(indices, 0, np.maximum(limits - 1, 0).astype(indices.dtype))
    if depth == 0:
        return np_.broadcast_to(params, (*indices.shape[:-1], *np.shape(params)))
    taken = params[(*(indices[..., i] for i in range(depth)), ...)]
    return np.asarray(taken, params.dtype) if np_ is np else taken


@GatherNd.kernel
def _kernel_gather_nd(k, params, indices):
    return _take_nd(k, params, indices)


def _grad_take_nd(dy, indices, shape_of):
    shape = shape_of(indices.dtype)
    if indices.dims is not None and len(indices.dims) == 2 and indices.dims[-1] == 1:
        return IndexedSlices(dy, late.squeeze(indices, axis=-1), shape)
    return late.scatter_nd(indices, dy, shape)


@GatherNd.gradient
def _grad_gather_nd(op, dy):
    params, indices = op.inputs
    return [_grad_take_nd(dy, indices, lambda t: shape_ops.shape(params, out_type=t)), None]


@export("gather_nd", "manip.gather_nd", v2=())
def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Tensor:
    """Pick slices by index vectors: the last dim of `indices` indexes the leading dims of `params`.

    Args:
        params: Tensor or variable.
        indices: Integer tensor `[..., depth]`.
        name: Name of the node.
        batch_dims: Number of leading dims that both share.

    Returns:
        Tensor `indices.shape[:-1] + params.shape[depth:]`.

    Raises:
        errors.InvalidArgumentError: (run) an index out of range.
    """
    static = constants.constant_value(batch_dims) if isinstance(batch_dims, Tensor) else batch_dims
    if static is not None:
        batch_dims = int(static)
    if not isinstance(batch_dims, int) or batch_dims != 0:
        return _batch_gather_nd(params, indices, batch_dims, name)
    if hasattr(params, "gather_nd"):
        return params.gather_nd(indices, name=name)
    return GatherNd(params, indices, name=name)


def _batch_gather_nd(params, indices, batch_dims, name):
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if not isinstance(batch_dims, int):
            raise TypeError(f"batch_dims must be an int; got {batch_dims!r}")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for label, tensor in (("indices", indices), ("params", params)):
            if tensor.dims is not None and batch_dims >= len(tensor.dims):
                raise ValueError(
                    f"batch_dims = {batch_dims} must be less than rank({label}) = "
                    f"{len(tensor.dims)}"
                )
        params_shape = shape_ops.shape(params)
        indices_shape = shape_ops.shape(indices)
        batch_shape = params_shape[:batch_dims]
        batch_size = spec("Prod")(batch_shape, [0])
        inner_rank = shape_ops.rank(indices) - batch_dims - 1
        inner_shape = indices_shape[batch_dims:-1]
        grid = _batch_grid(batch_shape, indices.dtype, inner_rank, inner_shape)
        flat_shape = late.concat(([batch_size], indices_shape[batch_dims:]), axis=0)
        flat = late.reshape(indices, shape=flat_shape)
        out = GatherNd(params, late.concat((grid, flat), axis=-1))
        out_shape = shape_ops.shape(out)
        return late.reshape(out, shape=late.concat((batch_shape, out_shape[1:]), axis=0))


def _batch_grid(batch_shape, dtype, inner_rank, inner_shape):
    """Every batch coordinate, repeated over the inner dims of the indices."""
    sizes = late.unstack(batch_shape, axis=0)
    cast, count = spec("Cast"), spec("Range")
    ranges = [cast(count(0, size, 1), DstT=dtype) for size in sizes]
    columns = [late.reshape(x, shape=(-1,)) for x in late.meshgrid(*ranges, indexing="ij")]
    grid = late.transpose(late.stack(columns, axis=0))
    shape = shape_ops.shape(grid)
    first = shape[:1]
    ones = constant_ops.ones(inner_rank, dtype=dtypes.int32)
    grid = late.reshape(grid, late.concat([first, ones, shape[1:]], axis=0))
    multiples = late.concat(((1,), inner_shape, (1,)), axis=0)
    return late.tile(grid, multiples=multiples)
