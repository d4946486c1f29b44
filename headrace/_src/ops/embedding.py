"""Embedding lookups: rows of one matrix, or of one matrix cut into several."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import colocate_with, name_scope
from headrace._src.core.shape import TensorShape, unknown_shape
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


def _as_list(params: Any) -> list[Any]:
    """The parts of `params`: a list as it is, the variables of a partitioned one, or one part."""
    if hasattr(params, "_get_variable_list"):
        return list(params)
    return params if isinstance(params, list) else [params]


def _is_resource(param: Any) -> bool:
    """Whether rows can be read without reading the whole variable."""
    return getattr(param, "handle", None) is not None


def _rank(x: Any) -> tuple[Any, bool]:
    rank = convert_to_tensor(x).shape.ndims
    return (rank, True) if rank else (late.rank(x), False)


def _clip(rows: Tensor, ids: Any, max_norm: float | None) -> Tensor:
    if max_norm is None:
        return rows
    ids_rank, ids_known = _rank(ids)
    rows_rank, rows_known = _rank(rows)
    if ids_known and rows_known:
        axes: Any = list(range(ids_rank, rows_rank))
    else:
        axes = late.range(ids_rank, rows_rank)
    return late.clip_by_norm(rows, max_norm, axes=axes)


def _total_rows(params: list[Any], dtype: Any) -> Tensor:
    """How many rows all parts have together."""
    sizes = [p.shape.as_list()[0] if p.shape.ndims else None for p in params]
    if all(size is not None for size in sizes) and sum(sizes):
        return late.constant(sum(sizes), dtype)
    parts = []
    for param, size in zip(params, sizes, strict=True):
        if size is None:
            with colocate_with(param):
                size = late.shape(param)[0]
        parts.append(size)
    return late.reduce_sum(late.cast(late.stack(parts), dtype))


def _partition(ids: Tensor, params: list[Any], strategy: str) -> tuple[Tensor, Tensor]:
    """The part that each id is in, and its row there."""
    count = len(params)
    if strategy == "mod":
        return ids % count, ids // count
    if strategy != "div":
        raise ValueError(f"Unrecognized partition strategy: {strategy}")
    total = _total_rows(params, ids.dtype)
    each = total // count
    extras = total % count
    parts = late.maximum(ids // (each + 1), (ids - extras) // each)
    rows = late.where(parts < extras, ids % (each + 1), (ids - extras) % each)
    return parts, rows


def _lookup_parts(
    params: list[Any],
    ids: Tensor,
    strategy: str,
    name: str,
    max_norm: float | None,
    transform: Callable[[Tensor], Tensor] | None,
) -> Tensor:
    count = len(params)
    flat = late.reshape(ids, [-1])
    positions = late.range(late.size(flat))
    parts, rows = _partition(flat, params, strategy)
    parts = late.cast(parts, dtypes.int32)
    part_rows = late.dynamic_partition(rows, parts, count)
    part_positions = late.dynamic_partition(positions, parts, count)
    results = []
    for param, wanted in zip(params, part_rows, strict=True):
        with colocate_with(param):
            found = late.gather(param, wanted)
            if transform:
                found = transform(_clip(found, wanted, max_norm))
        results.append(found)
    result = late.ParallelDynamicStitch(part_positions, results, name=name)
    if transform is None:
        element: TensorShape = params[0].shape[1:]
        for param in params[1:]:
            element = element.merge_with(param.shape[1:])
    else:
        element = result.shape[1:]
    if element.is_fully_defined():
        tail: Any = element
    elif transform is None:
        with colocate_with(params[0]):
            whole = late.shape(params[0])
        tail = whole[1:]
    else:
        tail = late.shape(result)[1:]
    result = late.reshape(result, late.concat([late.shape(ids), tail], 0))
    result.set_shape(ids.shape.concatenate(element))
    return result if transform else _clip(result, ids, max_norm)


def embedding_lookup_and_transform(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    max_norm: float | None = None,
    transform_fn: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Looks rows up, part by part where there are several, and applies `transform_fn` to what each
    part gives.
    """
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, (list, tuple)) and not params:
        raise ValueError("Need at least one param")
    params = _as_list(params)
    with name_scope(name, "embedding_lookup", [*params, ids]) as name:
        if not any(_is_resource(p) for p in params):
            params = [
                p if isinstance(p, IndexedSlices) else convert_to_tensor(p, name=f"params_{i}")
                for i, p in enumerate(params)
            ]
        ids = convert_to_tensor(ids, name="ids")
        if len(params) == 1 and (not transform_fn or ids.shape.ndims == 1):
            with colocate_with(params[0]):
                result = _clip(late.gather(params[0], ids, name=name), ids, max_norm)
                if transform_fn:
                    result = transform_fn(result)
            return late.identity(result)
        return _lookup_parts(params, ids, partition_strategy, name, max_norm, transform_fn)


@export("nn.embedding_lookup", v2=())
def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: float | None = None,
) -> Tensor:
    """Take the rows `ids` of `params`.

    Args:
      params: Matrix (or tensor of higher rank), a partitioned variable, or a list of matrices that
        together hold all rows.
      ids: Row numbers, int32 or int64, of any shape.
      partition_strategy: How rows are dealt to several parts: `"mod"`, row `i` in part `i % n`, or
        `"div"`, contiguous ranges.
      name: Name of the op.
      validate_indices: Not used; row numbers are always checked.
      max_norm: Scale rows down to this L2 norm at most.

    Returns:
      A tensor of shape `shape(ids) + shape(params)[1:]`.

    Raises:
      ValueError: Build: no params, or an unknown strategy.
      InvalidArgumentError: Run: a row number out of range.
    """
    return embedding_lookup_and_transform(
        params, ids, partition_strategy=partition_strategy, name=name, max_norm=max_norm
    )


@export(v2=("nn.embedding_lookup",))
def embedding_lookup_v2(
    params: Any, ids: Any, max_norm: float | None = None, name: str | None = None
) -> Tensor:
    """Take the rows `ids` of `params`."""
    return embedding_lookup(params, ids, "div", name, max_norm=max_norm)


# -- Sparse ---------------------------------------------------------------------------------------


def _check_sparse(sp_ids: Any, sp_weights: Any) -> None:
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is None:
        return
    if not isinstance(sp_weights, SparseTensor):
        raise TypeError("sp_weights must be either None or SparseTensor")
    for part in ("values", "indices", "dense_shape"):
        ours, theirs = getattr(sp_ids, part).shape, getattr(sp_weights, part).shape
        ours.assert_is_compatible_with(theirs)


def _combine_weighted(
    embeddings: Tensor, weights: Tensor, idx: Tensor, segments: Tensor, combiner: str, name: str
) -> Tensor:
    if weights.dtype != embeddings.dtype:
        weights = late.cast(weights, embeddings.dtype)
    embeddings = late.gather(embeddings, idx)
    ones = late.fill(late.expand_dims(late.rank(embeddings) - 1, 0), 1)
    stretched = late.concat([late.shape(weights), ones], 0)
    static = weights.shape
    weights = late.reshape(weights, stretched)
    rank = embeddings.shape.ndims
    if rank is not None:
        weights.set_shape(static.concatenate([1] * (rank - 1)))
    embeddings *= weights
    if combiner == "sum":
        return late.segment_sum(embeddings, segments, name=name)
    total = late.segment_sum(embeddings, segments)
    if combiner == "mean":
        return late.div(total, late.segment_sum(weights, segments), name=name)
    squares = late.segment_sum(late.pow(weights, 2), segments)
    return late.div(total, late.sqrt(squares), name=name)


@export("nn.embedding_lookup_sparse", v2=())
def embedding_lookup_sparse(
    params: Any,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: float | None = None,
) -> Tensor:
    """Look up the ids of each row of a sparse matrix and combine what they give.

    Args:
      params: As for `embedding_lookup`.
      sp_ids: Sparse matrix of row numbers, every row with at least one.
      sp_weights: Sparse matrix of weights in the same places, or None for ones.
      partition_strategy: `"mod"` or `"div"`.
      name: Name of the op.
      combiner: `"mean"` (the default), `"sum"`, or `"sqrtn"`: the sum divided by the root of the
        sum of squared weights.
      max_norm: Scale looked-up rows down to this L2 norm at most.

    Returns:
      `[rows, *shape(params)[1:]]`.

    Raises:
      TypeError: Build: ids or weights that are not sparse.
      ValueError: Build: an unknown combiner.
    """
    if combiner is None:
        logging.getLogger("tensorflow").warning(
            'The default value of combiner will change from "mean" to "sqrtn" after 2016/11/01.'
        )
        combiner = "mean"
    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    params = _as_list(params)
    _check_sparse(sp_ids, sp_weights)
    with name_scope(name, "embedding_lookup_sparse", [*params, sp_ids]) as name:
        segments = sp_ids.indices[:, 0]
        if segments.dtype != dtypes.int32:
            segments = late.cast(segments, dtypes.int32)
        ids, idx = late.unique(sp_ids.values)
        embeddings = embedding_lookup(
            params, ids, partition_strategy=partition_strategy, max_norm=max_norm
        )
        if embeddings.dtype in (dtypes.float16, dtypes.bfloat16):
            embeddings = late.cast(embeddings, dtypes.float32)
        if sp_weights is not None:
            return _combine_weighted(embeddings, sp_weights.values, idx, segments, combiner, name)
        combine = {
            "sum": late.sparse_segment_sum,
            "mean": late.sparse_segment_mean,
            "sqrtn": late.sparse_segment_sqrt_n,
        }[combiner]
        return combine(embeddings, idx, segments, name=name)


@export(v2=("nn.embedding_lookup_sparse",))
def embedding_lookup_sparse_v2(
    params: Any,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None,
    combiner: str | None = None,
    max_norm: float | None = None,
    name: str | None = None,
) -> Tensor:
    """Look up the ids of each row of a sparse matrix and combine what they give."""
    return embedding_lookup_sparse(params, sp_ids, sp_weights, "div", name, combiner, max_norm)


def _prune_ids(ids: SparseTensor, weights: SparseTensor | None) -> tuple[Any, Any]:
    """Drops negative ids."""
    valid = late.greater_equal(ids.values, 0)
    if weights is not None:
        valid = late.logical_and(valid, late.ones_like(weights.values, dtype=dtypes.bool_))
    ids = late.sparse_retain(ids, valid)
    if weights is not None:
        weights = late.sparse_retain(weights, valid)
    return ids, weights


def _prune_weights(ids: SparseTensor, weights: SparseTensor | None) -> tuple[Any, Any]:
    """Drops ids whose weight is not positive."""
    if weights is None:
        return ids, None
    valid = late.greater(weights.values, 0)
    return late.sparse_retain(ids, valid), late.sparse_retain(weights, valid)


@export("nn.safe_embedding_lookup_sparse", v2=())
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Tensor:
    """Look up sparse ids, letting rows be empty and ids or weights be invalid.

    Args:
      embedding_weights: As `params` for `embedding_lookup`.
      sparse_ids: Sparse tensor of row numbers of rank 2 or more; negative ones are dropped.
      sparse_weights: Weights in the same places; ids with a weight of zero or less are dropped
        unless the combiner is `"sum"`.
      combiner: `"mean"`, `"sum"` or `"sqrtn"`.
      default_id: What empty rows look up; None for zeros.
      name: Name of the op.
      partition_strategy: `"div"` or `"mod"`.
      max_norm: Scale looked-up rows down to this L2 norm at most.

    Returns:
      A dense tensor `[*shape(sparse_ids)[:-1], *shape(embedding_weights)[1:]]`.

    Raises:
      ValueError: Build: no weights.
    """
    if embedding_weights is None or (isinstance(embedding_weights, list) and not embedding_weights):
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    dtype = sparse_weights.dtype if sparse_weights is not None else None
    params = [
        w if _is_resource(w) and dtype in (None, w.dtype) else convert_to_tensor(w, dtype=dtype)
        for w in _as_list(embedding_weights)
    ]
    with name_scope(name, "embedding_lookup", [*params, sparse_ids, sparse_weights]) as scope:
        shape = sparse_ids.dense_shape
        known_rank = shape.shape.as_list()[0]
        rank = late.size(shape) if known_rank is None else known_rank
        rows = late.reduce_prod(late.slice(shape, [0], [rank - 1]))
        ids = late.sparse_reshape(sparse_ids, [rows, late.gather(shape, rank - 1)])
        weights = sparse_weights
        if weights is not None:
            weights = SparseTensor(ids.indices, weights.values, ids.dense_shape)
        ids, weights = _prune_ids(ids, weights)
        if combiner != "sum":
            ids, weights = _prune_weights(ids, weights)
        ids, is_empty = late.sparse_fill_empty_rows(ids, default_id or 0)
        if weights is not None:
            weights, _ = late.sparse_fill_empty_rows(weights, 1.0)
        result = embedding_lookup_sparse(
            params,
            ids,
            weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
        )
        if default_id is None:
            is_empty = late.reshape(is_empty, [-1, 1])
            is_empty = late.tile(is_empty, late.stack([1, late.shape(result)[1]]))
            result = late.where(is_empty, late.zeros_like(result), result, name=scope)
        lead = late.slice(late.cast(shape, dtypes.int32), [0], [rank - 1])
        final = late.reshape(
            result, late.concat([lead, late.slice(late.shape(result), [1], [-1])], 0)
        )
        unknown = unknown_shape(None if known_rank is None else known_rank - 1)
        final.set_shape(unknown.concatenate(result.shape[1:]))
        return final


@export(v2=("nn.safe_embedding_lookup_sparse",))
def safe_embedding_lookup_sparse_v2(
    embedding_weights: Any,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: int | None = None,
    max_norm: float | None = None,
    name: str | None = None,
) -> Tensor:
    """Look up sparse ids, letting rows be empty and ids or weights be invalid."""
    return safe_embedding_lookup_sparse(
        embedding_weights, sparse_ids, sparse_weights, combiner, default_id, name, "div", max_norm
    )
