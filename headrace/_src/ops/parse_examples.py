"""Examples read into tensors: ParseExample, ParseSingleExample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import debugging, grouping
from headrace._src.ops import features as feature_ops
from headrace._src.ops._late import late

TYPES = (dtypes.float32, dtypes.int64, dtypes.string)
NO_GRADIENT = "bytes have no derivative"

_KINDS = {"bytes_list": "string", "float_list": "float", "int64_list": "int64"}
_SHOWN = {dtypes.float32: "float", dtypes.int64: "int64", dtypes.string: "string"}
_FEATURES = (
    feature_ops.VarLenFeature,
    feature_ops.SparseFeature,
    feature_ops.FixedLenFeature,
    feature_ops.FixedLenSequenceFeature,
)


def refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def kind_of(feature: Any) -> str | None:
    """The type of the values of a feature in an example's message, None when it has none."""
    return _KINDS.get(feature.WhichOneof("kind") or "")


def type_text(dtype: Any) -> str:
    return _SHOWN[dtype]


def array(values: Any, dtype: Any) -> np.ndarray:
    """Values of a message as an array of one dimension."""
    if dtype != dtypes.string:
        return np.array(values, np.float32 if dtype == dtypes.float32 else np.int64)
    out = np.empty(len(values), object)
    out[:] = list(values)
    return out


def values_of(feature: Any) -> Any:
    """The values of a feature of a known kind, as the message holds them."""
    return getattr(feature, feature.WhichOneof("kind")).value


def keys_of(tensors: Sequence[Any]) -> list[str]:
    return [np.asarray(t)[()].decode() for t in tensors]


def message(kind: str, data: bytes) -> Any:
    """Parses the bytes of an example.

    Raises:
      InvalidArgumentError: they are none.
    """
    from google.protobuf.message import DecodeError

    from headrace._src.proto import messages

    try:
        return getattr(messages, kind).FromString(data)
    except DecodeError:
        shown = data.decode("latin-1")
        raise refuse(f"Could not parse example input, value: '{shown}'") from None


class Reader:
    """Reads the features of examples; `single` words errors as the op of one example does."""

    def __init__(self, single: bool) -> None:
        self.single = single

    def where(self, key: str, name: str, index: int) -> str:
        return f"Key: {key}." if self.single else f"Name: {name}, Key: {key}, Index: {index}."

    def sparse(self, feature: Any, dtype: Any, key: str, name: str, index: int) -> np.ndarray:
        """The values of a feature with any number of them."""
        kind = None if feature is None else kind_of(feature)
        if kind is None:
            return array((), dtype)
        if kind != type_text(dtype):
            raise refuse(
                f"{self.where(key, name, index)}  Data types don't match. "
                f"Expected type: {type_text(dtype)}, Actual type: {kind}"
            )
        return array(values_of(feature), dtype)

    def dense(
        self, feature: Any, dtype: Any, dims: Any, default: Any, key: str, name: str, index: int
    ) -> np.ndarray:
        """The values of a feature with a shape; `default` is None where it must be there."""
        kind = None if feature is None else kind_of(feature)
        rows = bool(dims) and dims[0] is None
        if kind is None:
            if rows:
                return np.empty((0, *dims[1:]), array((), dtype).dtype)
            if default is None:
                named = "" if self.single and name == "<unknown>" else f"Name: {name}, "
                raise refuse(
                    f"{named}Feature: {key} (data type: {type_text(dtype)}) is required but could "
                    "not be found."
                )
            return np.asarray(default).reshape(dims)
        if kind != type_text(dtype):
            raise refuse(
                f"{self.where(key, name, index)}  Data types don't match. "
                f"Data type: {kind} but expected type: {type_text(dtype)}"
            )
        found = array(values_of(feature), dtype)
        size = int(np.prod(dims[1:] if rows else dims))
        if rows and size and len(found) % size == 0:
            return found.reshape((-1, *dims[1:]))
        if not rows and len(found) == size:
            return found.reshape(dims)
        where = self.where(key, name, index)
        if self.single:
            raise refuse(f"{where}  Can't parse serialized Example.")
        shown = "bytes" if kind == "string" else kind
        raise refuse(
            f"{where}  Number of {shown} values "
            + (
                f"is not a multiple of stride length. Saw {len(found)} values but output shape is: "
                if rows
                else f"!= expected.  Values size: {len(found)} but output shape: "
            )
            + dims_lib.text(dims)
        )


def batch_of_sparse(rows: Sequence[np.ndarray], dtype: Any) -> tuple[Any, Any, Any]:
    """Indices, values and shape of a sparse matrix with these rows."""
    longest = max((len(row) for row in rows), default=0)
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    return (
        np.array(indices, np.int64).reshape(-1, 2),
        np.concatenate([array((), dtype), *rows]),
        np.array([len(rows), longest], np.int64),
    )


def padded(rows: Sequence[np.ndarray], filling: Any) -> np.ndarray:
    """Arrays stacked, each filled up to the longest one."""
    longest = max((len(row) for row in rows), default=0)
    out = np.full((len(rows), longest, *rows[0].shape[1:]), filling, rows[0].dtype)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


# -- ParseExample ------------------------------------------------------------------------------
ParseExample = op(
    "ParseExample",
    "serialized: string, names: string, sparse_keys: Nsparse * string, "
    "dense_keys: Ndense * string, dense_defaults: list:Tdense -> "
    "sparse_indices: Nsparse * int64, sparse_values: list:sparse_types, "
    "sparse_shapes: Nsparse * int64, dense_values: list:Tdense",
    Nsparse=A.integer(minimum=0),
    Ndense=A.integer(minimum=0),
    sparse_types=A.dtypes(allowed=TYPES, minimum=0),
    Tdense=A.dtypes(allowed=TYPES, minimum=0),
    dense_shapes=A.shapes(minimum=0),
    host_only=True,
)
ParseExample.no_gradient(NO_GRADIENT, undefined=True)


@ParseExample.shape
def _shape_parse_example(s, serialized, names, sparse_keys, dense_keys, defaults, *, dense_shapes):
    batch = dims_lib.with_rank(serialized, 1)
    dims_lib.with_rank(names, 1)
    n = len(sparse_keys)
    dense = [(*batch, *shape) for shape in dense_shapes]
    return [(None, 2)] * n + [(None,)] * n + [(2,)] * n + dense


@ParseExample.kernel
def _kernel_parse_example(
    k, serialized, names, sparse_keys, dense_keys, defaults, *, sparse_types, Tdense, dense_shapes
):
    if serialized.ndim != 1:
        shape = ",".join(map(str, serialized.shape))
        raise refuse(f"Expected serialized to be a vector, got shape: [{shape}]")
    shown = [name.decode() for name in names] or ["<unknown>"] * len(serialized)
    examples = [message("Example", data).features.feature for data in serialized]
    reader = Reader(single=False)
    sparse: list[Any] = []
    dense: list[Any] = []
    for key, dtype, shape, default in zip(
        keys_of(dense_keys), Tdense, dense_shapes, defaults, strict=True
    ):
        rows = bool(shape) and shape[0] is None
        default = np.asarray(default)
        optional = default if default.size or 0 in shape else None
        found = [
            reader.dense(
                example[key] if key in example else None, dtype, shape, optional, key, name, i
            )
            for i, (example, name) in enumerate(zip(examples, shown, strict=True))
        ]
        if not found:
            empty = (0, *[n or 0 for n in shape])
            dense.append(np.empty(empty, array((), dtype).dtype))
        else:
            dense.append(padded(found, default[()]) if rows else np.stack(found))
    for key, dtype in zip(keys_of(sparse_keys), sparse_types, strict=True):
        rows_found = [
            reader.sparse(example[key] if key in example else None, dtype, key, name, i)
            for i, (example, name) in enumerate(zip(examples, shown, strict=True))
        ]
        sparse.append(batch_of_sparse(rows_found, dtype))
    return [part[i] for i in range(3) for part in sparse] + dense


@export("io.parse_example", "parse_example", v2=())
def parse_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Read a batch of examples into tensors.

    Args:
      serialized: string tensor [batch], each element a serialized `Example`.
      features: what to read, by name: `FixedLenFeature`, `FixedLenSequenceFeature` with
        `allow_missing`, `VarLenFeature` or `SparseFeature`.
      name: name of the operations.
      example_names: string tensor [batch] with names for error messages.

    Returns:
      By name, a tensor `[batch, ...]` for features of fixed length, a `SparseTensor` for others.

    Raises:
      ValueError: (build) no feature, or one that lacks its dtype or shape.
      InvalidArgumentError: (run) a feature is missing, or of another dtype or size.
    """
    return parse_example_v2(serialized, features, example_names, name)


@export(v2=("io.parse_example",))
def parse_example_v2(
    serialized: Any,
    features: Mapping[str, Any],
    example_names: Any = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Read a batch of examples into tensors; see `tf.compat.v1.io.parse_example`."""
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    features = feature_ops.with_rows(features)
    columns = feature_ops.columns_of(features, _FEATURES)
    found = _parse_batch(serialized, example_names, columns, name)
    return _with_sparse_features(features, found)


def _parse_batch(
    serialized: Any, names: Any, columns: feature_ops.Columns, name: str | None
) -> dict[str, Any]:
    with name_scope(name, "ParseExample", [serialized, names]):
        columns.check()
        defaults = feature_ops.default_tensors(columns)
        indices, values, shapes, dense = ParseExample(
            serialized,
            [] if names is None else names,
            columns.sparse_keys,
            columns.dense_keys,
            defaults,
            sparse_types=columns.sparse_types,
            dense_shapes=columns.dense_shapes,
            name=name,
        )
        sparse = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
        keys = columns.sparse_keys + columns.dense_keys
        return dict(zip(keys, sparse + list(dense), strict=True))


def _with_sparse_features(features: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The tensors that were asked for: those of a `SparseFeature` are put together."""
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, feature_ops.SparseFeature):
            names = feature.index_key
            found[key] = late.sparse_merge(
                found[names] if isinstance(names, str) else [found[n] for n in names],
                found[feature.value_key],
                vocab_size=feature.size,
                already_sorted=feature.already_sorted,
            )
    return {key: value for key, value in found.items() if key in features}


# -- ParseSingleExample ------------------------------------------------------------------------
ParseSingleExample = op(
    "ParseSingleExample",
    "serialized: string, dense_defaults: list:Tdense -> sparse_indices: num_sparse * int64, "
    "sparse_values: list:sparse_types, sparse_shapes: num_sparse * int64, "
    "dense_values: list:Tdense",
    num_sparse=A.integer(minimum=0),
    sparse_keys=A.texts(minimum=0),
    dense_keys=A.texts(minimum=0),
    sparse_types=A.dtypes(allowed=TYPES, minimum=0),
    Tdense=A.dtypes(allowed=TYPES, minimum=0),
    dense_shapes=A.shapes(minimum=0),
    host_only=True,
)
ParseSingleExample.no_gradient(NO_GRADIENT, undefined=True)


@ParseSingleExample.shape
def _shape_parse_single_example(s, serialized, defaults, *, num_sparse, dense_shapes):
    dims_lib.with_rank(serialized, 0)
    n = num_sparse
    return [(None, 1)] * n + [(None,)] * n + [(1,)] * n + list(dense_shapes)


@ParseSingleExample.kernel
def _kernel_parse_single_example(
    k, serialized, defaults, *, sparse_keys, dense_keys, sparse_types, Tdense, dense_shapes
):
    features = message("Example", np.asarray(serialized)[()]).features.feature
    reader = Reader(single=True)

    def feature(key: str) -> Any:
        return features[key] if key in features else None

    dense = []
    for key, dtype, shape, default in zip(dense_keys, Tdense, dense_shapes, defaults, strict=True):
        default = np.asarray(default)
        optional = default if default.size or 0 in shape else None
        dense.append(reader.dense(feature(key), dtype, shape, optional, key, "<unknown>", 0))
    values = [
        reader.sparse(feature(key), dtype, key, "<unknown>", 0)
        for key, dtype in zip(sparse_keys, sparse_types, strict=True)
    ]
    indices = [np.arange(len(v), dtype=np.int64)[:, np.newaxis] for v in values]
    return indices + values + [np.array([len(v)], np.int64) for v in values] + dense


@export("io.parse_single_example", "parse_single_example", v2=())
def parse_single_example(
    serialized: Any,
    features: Mapping[str, Any],
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """Read one example into tensors.

    Args:
      serialized: string tensor, scalar: a serialized `Example`.
      features: what to read, by name: `FixedLenFeature`, `FixedLenSequenceFeature` with
        `allow_missing`, `VarLenFeature` or `SparseFeature`.
      name: name of the operations.
      example_names: string tensor, scalar: a name for error messages.

    Returns:
      By name, a tensor for features of fixed length, a `SparseTensor` for others.

    Raises:
      ValueError: (build) no feature, or one that lacks its dtype or shape.
      InvalidArgumentError: (run) a feature is missing, or of another dtype or size.

    Example:
      >>> import headrace as tf
      >>> ints = tf.train.Feature(int64_list=tf.train.Int64List(value=[3]))
      >>> example = tf.train.Example(features=tf.train.Features(feature={"a": ints}))
      >>> parsed = tf.parse_single_example(
      ...     example.SerializeToString(), {"a": tf.FixedLenFeature([], tf.int64)}
      ... )
      >>> int(tf.Session().run(parsed["a"]))
      3
    """
    return parse_single_example_v2(serialized, features, example_names, name)


@export(v2=("io.parse_single_example",))
def parse_single_example_v2(
    serialized: Any,
    features: Mapping[str, Any],
    example_names: Any = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Read one example into tensors; see `tf.compat.v1.io.parse_single_example`."""
    if not features:
        raise ValueError("Missing features.")
    features = feature_ops.with_rows(features)
    columns = feature_ops.columns_of(features, _FEATURES)
    if example_names is not None:
        found = _parse_as_batch(serialized, example_names, columns, name)
    else:
        found = _parse_one(serialized, columns, name)
    return _with_sparse_features(features, found)


def _parse_one(serialized: Any, columns: feature_ops.Columns, name: str | None) -> dict[str, Any]:
    with name_scope(name, "ParseSingleExample", [serialized]):
        serialized = convert_to_tensor(serialized, name="serialized")
        columns.check()
        defaults = feature_ops.default_tensors(columns)
        indices, values, shapes, dense = ParseSingleExample(
            serialized,
            defaults,
            num_sparse=len(columns.sparse_keys),
            sparse_keys=columns.sparse_keys,
            sparse_types=columns.sparse_types,
            dense_keys=columns.dense_keys,
            dense_shapes=columns.dense_shapes,
            name=name,
        )
        sparse = [SparseTensor(*parts) for parts in zip(indices, values, shapes, strict=True)]
        keys = columns.sparse_keys + columns.dense_keys
        return dict(zip(keys, sparse + list(dense), strict=True))


def _scalar_as_row(value: Any, what: str, shown: str) -> Tensor:
    """A scalar as a vector of one element; what is no scalar is refused, at the run if need be."""
    value = convert_to_tensor(value)
    if value.dims is None:
        check = debugging.assert_(
            late.equal(late.rank(value), 0),
            [f"Input {what} must be a scalar"],
            name=f"{shown}IsScalar",
        )
        value = grouping.with_dependencies([check], value, name=f"{shown}Dependencies")
    elif value.dims != ():
        raise ValueError(f"Input {what} must be a scalar")
    expanded: Tensor = late.expand_dims(value, 0)
    return expanded


def _parse_as_batch(
    serialized: Any, names: Any, columns: feature_ops.Columns, name: str | None
) -> dict[str, Any]:
    with name_scope(name, "ParseSingleExample", [serialized, names]):
        serialized = _scalar_as_row(serialized, "serialized", "Serialized")
        names = _scalar_as_row(names, "names", "Names")
        found = _parse_batch(serialized, names, columns, name)
        for key in columns.dense_keys:
            node = f"Squeeze_{feature_ops.scrubbed(key)}"
            found[key] = late.squeeze(found[key], [0], name=node)
        for key in columns.sparse_keys:
            shown = feature_ops.scrubbed(key)
            part = found[key]
            found[key] = SparseTensor(
                late.slice(part.indices, [0, 1], [-1, -1], name=f"Slice_Indices_{shown}"),
                part.values,
                late.slice(part.dense_shape, [1], [-1], name=f"Squeeze_Shape_{shown}"),
            )
        return found
