"""Sequence examples read into tensors: ParseSingleSequenceExample, ParseSequenceExample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.ops import features as feature_ops
from headrace._src.ops.parse_examples import (
    NO_GRADIENT,
    TYPES,
    array,
    batch_of_sparse,
    keys_of,
    kind_of,
    message,
    refuse,
    type_text,
    values_of,
)

_CONTEXT = (feature_ops.VarLenFeature, feature_ops.FixedLenFeature)
_LISTS = (feature_ops.VarLenFeature, feature_ops.FixedLenSequenceFeature)


def _attrs() -> dict[str, Any]:
    """The attrs that both ops have."""
    numbers = (
        "Ncontext_sparse",
        "Ncontext_dense",
        "Nfeature_list_sparse",
        "Nfeature_list_dense",
    )
    types = ("context_sparse_types", "Tcontext_dense", "feature_list_dense_types")
    return {
        **{name: A.integer(default=0, minimum=0) for name in numbers},
        **{name: A.dtypes(default=(), allowed=TYPES, minimum=0) for name in types},
        "context_dense_shapes": A.shapes(default=(), minimum=0),
        "feature_list_sparse_types": A.dtypes(default=(), allowed=TYPES, minimum=0),
        "feature_list_dense_shapes": A.shapes(default=(), minimum=0),
    }


_OUTPUTS = (
    "context_sparse_indices: Ncontext_sparse * int64, "
    "context_sparse_values: list:context_sparse_types, "
    "context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: list:Tcontext_dense, "
    "feature_list_sparse_indices: Nfeature_list_sparse * int64, "
    "feature_list_sparse_values: list:feature_list_sparse_types, "
    "feature_list_sparse_shapes: Nfeature_list_sparse * int64, "
    "feature_list_dense_values: list:feature_list_dense_types"
)


def _sparse_dims(number: int, rank: int) -> list[Any]:
    return [(None, rank)] * number + [(None,)] * number + [(rank,)] * number


def _flat(parts: Sequence[tuple[Any, Any, Any]]) -> list[Any]:
    """Indices, then values, then shapes of sparse tensors."""
    return [part[i] for i in range(3) for part in parts]


def _sparse_tensors(parts: Any) -> list[SparseTensor]:
    return [SparseTensor(*each) for each in zip(*parts, strict=True)]


class _Words:
    """Words the errors of the op that reads one sequence example."""

    def __init__(self, name: str) -> None:
        self.name = name

    def type(self, what: str, dtype: Any, feature: Any) -> Exception:
        return refuse(
            f"Name: {self.name}, {what}.  Data types don't match. "
            f"Expected type: {type_text(dtype)}  Feature is: {feature}"
        )

    def values(self, feature: Any, dtype: Any, what: str) -> np.ndarray:
        """The values of a feature, of which there may be none."""
        kind = kind_of(feature)
        if kind is None:
            return array((), dtype)
        if kind != type_text(dtype):
            raise self.type(what, dtype, feature)
        return array(values_of(feature), dtype)

    def shaped(self, feature: Any, dtype: Any, dims: Any, key: str, i: int, what: str) -> Any:
        """The values of a feature that has a shape."""
        found = self.values(feature, dtype, what)
        if len(found) != int(np.prod(dims)):
            shown = "bytes" if type_text(dtype) == "string" else type_text(dtype)
            raise refuse(
                f"Name: {self.name}, Key: {key}, Index: {i}.  Number of {shown} values != "
                f"expected.  values size: {len(found)} but output shape: {dims_lib.text(dims)}"
            )
        return found.reshape(dims)


# -- ParseSingleSequenceExample ----------------------------------------------------------------
ParseSingleSequenceExample = op(
    "ParseSingleSequenceExample",
    "serialized: string, feature_list_dense_missing_assumed_empty: string, "
    "context_sparse_keys: Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, "
    "feature_list_sparse_keys: Nfeature_list_sparse * string, "
    "feature_list_dense_keys: Nfeature_list_dense * string, "
    "context_dense_defaults: list:Tcontext_dense, debug_name: string -> " + _OUTPUTS,
    **_attrs(),
    host_only=True,
)
ParseSingleSequenceExample.no_gradient(NO_GRADIENT, undefined=True)


@ParseSingleSequenceExample.shape
def _shape_parse_single_sequence(
    s,
    serialized,
    missing,
    context_sparse,
    context_dense,
    list_sparse,
    list_dense,
    defaults,
    debug_name,
    *,
    context_dense_shapes,
    feature_list_dense_shapes,
):
    dims_lib.with_rank(serialized, 0)
    dims_lib.with_rank(missing, 1)
    return [
        *_sparse_dims(len(context_sparse), 1),
        *context_dense_shapes,
        *_sparse_dims(len(list_sparse), 2),
        *(None if shape is None else (None, *shape) for shape in feature_list_dense_shapes),
    ]


@ParseSingleSequenceExample.kernel
def _kernel_parse_single_sequence(
    k,
    serialized,
    missing,
    context_sparse,
    context_dense,
    list_sparse,
    list_dense,
    defaults,
    debug_name,
    *,
    context_sparse_types,
    Tcontext_dense,
    context_dense_shapes,
    feature_list_sparse_types,
    feature_list_dense_types,
    feature_list_dense_shapes,
):
    example = message("SequenceExample", np.asarray(serialized)[()])
    context = example.context.feature
    lists = example.feature_lists.feature_list
    words = _Words(np.asarray(debug_name)[()].decode())
    dense = [
        _context_value(words, context, *each)
        for each in zip(
            keys_of(context_dense), Tcontext_dense, context_dense_shapes, defaults, strict=True
        )
    ]
    sparse = []
    for key, dtype in zip(keys_of(context_sparse), context_sparse_types, strict=True):
        found = array((), dtype)
        if key in context:
            found = words.values(context[key], dtype, f"Context feature: {key}")
        indices = np.arange(len(found), dtype=np.int64)[:, np.newaxis]
        sparse.append((indices, found, np.array([len(found)], np.int64)))
    rows = []
    empty = {name.decode() for name in missing}
    for key, dtype, dims in zip(
        keys_of(list_dense), feature_list_dense_types, feature_list_dense_shapes, strict=True
    ):
        if key not in lists and key not in empty:
            raise refuse(
                f"Name: {words.name}, Feature list '{key}' is required but could not be found.  "
                "Did you mean to include it in feature_list_dense_missing_assumed_empty or "
                "feature_list_dense_defaults?"
            )
        features = lists[key].feature if key in lists else ()
        parts = [
            words.shaped(f, dtype, dims, key, i, f"Feature list: {key}, Index: {i}")
            for i, f in enumerate(features)
        ]
        rows.append(np.array(parts, array((), dtype).dtype).reshape((len(parts), *dims)))
    ragged = []
    for key, dtype in zip(keys_of(list_sparse), feature_list_sparse_types, strict=True):
        features = lists[key].feature if key in lists else ()
        parts = [
            words.values(f, dtype, f"Feature List: {key}, Index: {i}")
            for i, f in enumerate(features)
        ]
        ragged.append(batch_of_sparse(parts, dtype))
    return [*_flat(sparse), *dense, *_flat(ragged), *rows]


def _context_value(
    words: _Words, context: Any, key: str, dtype: Any, dims: Any, default: Any
) -> Any:
    """The values of a context feature with a shape."""
    if key in context and kind_of(context[key]) is not None:
        return words.shaped(context[key], dtype, dims, key, 0, f"Context feature: {key}")
    default = np.asarray(default)
    if not default.size and 0 not in dims:
        raise refuse(
            f"Name: {words.name}, Context feature '{key}' is required but could not be found."
        )
    return default.reshape(dims)


def _columns(
    context_features: Mapping[str, Any] | None, sequence_features: Mapping[str, Any] | None
) -> tuple[feature_ops.Columns, feature_ops.Columns]:
    """The context features and the feature lists, sorted by what they are read as."""
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = feature_ops.columns_of(context_features, _CONTEXT)
    lists = feature_ops.columns_of(sequence_features, _LISTS)
    return context, lists


def _check(context: feature_ops.Columns, lists: feature_ops.Columns) -> list[str]:
    """Refuses what no op reads; returns the feature lists that may be missing."""
    feature_ops.check_apart("context_dense and context_sparse", *_keys(context))
    feature_ops.check_apart("feature_list_dense and feature_list_sparse", *_keys(lists))
    for key, value in lists.defaults.items():
        if value is not None:
            raise ValueError(f"Value feature_list_dense_defaults[{key}] must be None")
    return list(lists.defaults)


def _keys(columns: feature_ops.Columns) -> tuple[list[str], list[str]]:
    return columns.dense_keys, columns.sparse_keys


def _by_key(columns: feature_ops.Columns, sparse: Any, dense: Any) -> dict[str, Any]:
    keys = columns.sparse_keys + columns.dense_keys
    return dict(zip(keys, _sparse_tensors(sparse) + list(dense), strict=True))


@export(
    "io.parse_single_sequence_example",
    "parse_single_sequence_example",
    v2=("io.parse_single_sequence_example",),
)
def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read one sequence example into tensors.

    Args:
      serialized: string tensor, scalar: a serialized `SequenceExample`.
      context_features: what to read of the context: `FixedLenFeature` or `VarLenFeature` by name.
      sequence_features: what to read of the feature lists: `FixedLenSequenceFeature` or
        `VarLenFeature` by name.
      example_name: string tensor, scalar: a name for error messages.
      name: name of the operations.

    Returns:
      (context, feature lists): by name, tensors for features of fixed length (with the number of
      steps in front for lists), `SparseTensor`s for others.

    Raises:
      ValueError: (build) no feature, or one that lacks its dtype or shape.
      InvalidArgumentError: (run) a feature is missing, or of another dtype or size.
    """
    context, lists = _columns(context_features, sequence_features)
    with name_scope(name, "ParseSingleSequenceExample", [serialized]):
        missing = _check(context, lists)
        out = ParseSingleSequenceExample(
            serialized,
            missing,
            context.sparse_keys,
            context.dense_keys,
            lists.sparse_keys,
            lists.dense_keys,
            feature_ops.default_tensors(context),
            "" if example_name is None else example_name,
            context_sparse_types=context.sparse_types,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_types=lists.sparse_types,
            feature_list_dense_types=lists.dense_types,
            feature_list_dense_shapes=lists.dense_shapes,
            name=name,
        )
        return _by_key(context, out[:3], out[3]), _by_key(lists, out[4:7], out[7])


# -- ParseSequenceExample ----------------------------------------------------------------------
ParseSequenceExample = op(
    "ParseSequenceExample",
    "serialized: string, debug_name: string, context_dense_defaults: list:Tcontext_dense -> "
    + _OUTPUTS
    + ", feature_list_dense_lengths: Nfeature_list_dense * int64",
    feature_list_dense_missing_assumed_empty=A.texts(minimum=0),
    context_sparse_keys=A.texts(minimum=0),
    context_dense_keys=A.texts(minimum=0),
    feature_list_sparse_keys=A.texts(minimum=0),
    feature_list_dense_keys=A.texts(minimum=0),
    **_attrs(),
    host_only=True,
)
ParseSequenceExample.no_gradient(NO_GRADIENT, undefined=True)


@ParseSequenceExample.shape
def _shape_parse_sequence(
    s,
    serialized,
    debug_name,
    defaults,
    *,
    context_sparse_keys,
    feature_list_sparse_keys,
    context_dense_shapes,
    feature_list_dense_shapes,
):
    batch = dims_lib.with_rank(serialized, 1)
    dims_lib.with_rank(debug_name, 1)
    return [
        *_sparse_dims(len(context_sparse_keys), 2),
        *((*batch, *shape) for shape in context_dense_shapes),
        *_sparse_dims(len(feature_list_sparse_keys), 3),
        *((*batch, None, *shape) for shape in feature_list_dense_shapes),
        *[batch] * len(feature_list_dense_shapes),
    ]


@ParseSequenceExample.kernel
def _kernel_parse_sequence(
    k,
    serialized,
    debug_name,
    defaults,
    *,
    feature_list_dense_missing_assumed_empty,
    context_sparse_keys,
    context_dense_keys,
    feature_list_sparse_keys,
    feature_list_dense_keys,
    context_sparse_types,
    Tcontext_dense,
    context_dense_shapes,
    feature_list_sparse_types,
    feature_list_dense_types,
    feature_list_dense_shapes,
):
    names = [name.decode() for name in debug_name] or ["<unknown>"] * len(serialized)
    examples = [message("SequenceExample", data) for data in serialized]
    contexts = [(e.context.feature, n) for e, n in zip(examples, names, strict=True)]
    lists = [(e.feature_lists.feature_list, n) for e, n in zip(examples, names, strict=True)]
    dense = [
        _context_batch(contexts, *each)
        for each in zip(
            context_dense_keys, Tcontext_dense, context_dense_shapes, defaults, strict=True
        )
    ]
    sparse = [
        batch_of_sparse([_context_values(c, key, dtype, name) for c, name in contexts], dtype)
        for key, dtype in zip(context_sparse_keys, context_sparse_types, strict=True)
    ]
    rows = [
        _rows_batch(lists, *each, feature_list_dense_missing_assumed_empty)
        for each in zip(
            feature_list_dense_keys,
            feature_list_dense_types,
            feature_list_dense_shapes,
            strict=True,
        )
    ]
    ragged = [
        _ragged_batch([_list_values(found, key, dtype, name) or [] for found, name in lists], dtype)
        for key, dtype in zip(feature_list_sparse_keys, feature_list_sparse_types, strict=True)
    ]
    lengths = [length for _, length in rows]
    return [*_flat(sparse), *dense, *_flat(ragged), *(row for row, _ in rows), *lengths]


def _context_values(context: Any, key: str, dtype: Any, name: str) -> np.ndarray:
    """The values of a context feature, none when it is not there."""
    kind = kind_of(context[key]) if key in context else None
    if kind is None:
        return array((), dtype)
    if kind != type_text(dtype):
        raise refuse(f"Error in context feature {key} in example {name}")
    return array(values_of(context[key]), dtype)


def _context_batch(contexts: Any, key: str, dtype: Any, dims: Any, default: Any) -> np.ndarray:
    """A context feature with a shape, of all examples."""
    default = np.asarray(default)
    size = int(np.prod(dims))
    out = np.empty((len(contexts), *dims), array((), dtype).dtype)
    for i, (context, name) in enumerate(contexts):
        if key not in context or kind_of(context[key]) is None:
            if not default.size and size:
                raise refuse(
                    f"Feature: {key} (data type: {type_text(dtype)}) is required but could not be "
                    "found."
                )
            out[i] = default.reshape(dims)
            continue
        found = _context_values(context, key, dtype, name)
        if len(found) != size:
            total = sum(len(_context_values(c, key, dtype, n)) for c, n in contexts)
            raise refuse(
                f"Inconsistent number of elements for feature {key}: {total} vs {len(contexts)}"
            )
        out[i] = found.reshape(dims)
    return out


def _list_values(lists: Any, key: str, dtype: Any, name: str) -> list[np.ndarray] | None:
    """The values of the features of a list, None when there is no such list."""
    if key not in lists:
        return None
    out = []
    for feature in lists[key].feature:
        kind = kind_of(feature)
        if kind is not None and kind != type_text(dtype):
            raise refuse(f"Error in sequence feature {key} in example {name}")
        out.append(array((), dtype) if kind is None else array(values_of(feature), dtype))
    return out


def _rows_batch(
    lists: Any, key: str, dtype: Any, dims: Any, may_lack: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """A list of features with a shape, of all examples, zeros after the last one; its lengths."""
    size = int(np.prod(dims))
    found = [_list_values(each, key, dtype, name) for each, name in lists]
    for (_, name), rows in zip(lists, found, strict=True):
        if rows is None and key not in may_lack:
            raise refuse(f"Unexpected number of elements in feature {key}, example {name}")
    for rows in found:
        if rows and any(len(row) != size for row in rows):
            raise refuse(f"Unexpected shape error in feature {key}")
    lengths = np.array([len(rows or ()) for rows in found], np.int64)
    kind = array((), dtype).dtype
    longest = int(lengths.max(initial=0))
    out = np.full((len(lists), longest, *dims), b"" if kind.kind == "O" else 0, kind)
    for i, rows in enumerate(found):
        for j, row in enumerate(rows or ()):
            out[i, j] = row.reshape(dims)
    return out, lengths


def _ragged_batch(examples: list[list[np.ndarray]], dtype: Any) -> tuple[Any, Any, Any]:
    """Lists of features of any length, as a sparse tensor of rank 3."""
    indices = [
        (i, j, n)
        for i, rows in enumerate(examples)
        for j, row in enumerate(rows)
        for n in range(len(row))
    ]
    values = [row for rows in examples for row in rows]
    shape = [
        len(examples),
        max((len(rows) for rows in examples), default=0),
        max((len(row) for row in values), default=0),
    ]
    return (
        np.array(indices, np.int64).reshape(-1, 3),
        np.concatenate([array((), dtype), *values]),
        np.array(shape, np.int64),
    )


@export("io.parse_sequence_example", v2=("io.parse_sequence_example",))
def parse_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Read a batch of sequence examples into tensors.

    Args:
      serialized: string tensor [batch], each element a serialized `SequenceExample`.
      context_features: what to read of the context: `FixedLenFeature` or `VarLenFeature` by name.
      sequence_features: what to read of the feature lists: `FixedLenSequenceFeature` or
        `VarLenFeature` by name.
      example_names: string tensor [batch] with names for error messages.
      name: name of the operations.

    Returns:
      (context, feature lists, lengths): by name, tensors `[batch, ...]` or `[batch, steps, ...]`
      for features of fixed length, `SparseTensor`s for others; and how many steps each example has
      of each list of fixed length.

    Raises:
      ValueError: (build) no feature, or one that lacks its dtype or shape.
      InvalidArgumentError: (run) a feature is missing, or of another dtype or size.
    """
    context, lists = _columns(context_features, sequence_features)
    with name_scope(name, "ParseSequenceExample", [serialized]):
        missing = _check(context, lists)
        out = ParseSequenceExample(
            serialized,
            [] if example_names is None else example_names,
            feature_ops.default_tensors(context, shape_defaults=False),
            Ncontext_sparse=len(context.sparse_keys),
            Ncontext_dense=len(context.dense_keys),
            Nfeature_list_sparse=len(lists.sparse_keys),
            Nfeature_list_dense=len(lists.dense_keys),
            feature_list_dense_missing_assumed_empty=missing,
            context_sparse_keys=context.sparse_keys,
            context_sparse_types=context.sparse_types,
            context_dense_keys=context.dense_keys,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_keys=lists.sparse_keys,
            feature_list_sparse_types=lists.sparse_types,
            feature_list_dense_keys=lists.dense_keys,
            feature_list_dense_types=lists.dense_types,
            feature_list_dense_shapes=lists.dense_shapes,
            name=name,
        )
        lengths = dict(zip(lists.dense_keys, out[8], strict=True))
        return _by_key(context, out[:3], out[3]), _by_key(lists, out[4:7], out[7]), lengths
