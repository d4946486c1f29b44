"""What a program says of the features of examples: names, types, shapes, defaults."""

from __future__ import annotations

import collections
import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import reshape as reshape_ops


@export("io.VarLenFeature", "VarLenFeature", v2=("io.VarLenFeature",))
class VarLenFeature(collections.namedtuple("VarLenFeature", ["dtype"])):
    """A feature with any number of values, read as a `SparseTensor`.

    Attributes:
      dtype: float32, int64 or string.
    """

    __slots__ = ()


@export("io.SparseFeature", "SparseFeature", v2=("io.SparseFeature",))
class SparseFeature(
    collections.namedtuple(
        "SparseFeature", ["index_key", "value_key", "dtype", "size", "already_sorted"]
    )
):
    """A sparse tensor whose coordinates and values are features of their own.

    Attributes:
      index_key: name of the feature with the coordinates, or a list with one for each dimension.
      value_key: name of the feature with the values.
      dtype: dtype of the values: float32, int64 or string.
      size: extent of the dimension, a list where `index_key` is one.
      already_sorted: whether the coordinates come in order.
    """

    __slots__ = ()

    def __new__(
        cls, index_key: Any, value_key: str, dtype: Any, size: Any, already_sorted: bool = False
    ) -> SparseFeature:
        return super().__new__(cls, index_key, value_key, dtype, size, already_sorted)


@export("io.FixedLenFeature", "FixedLenFeature", v2=("io.FixedLenFeature",))
class FixedLenFeature(
    collections.namedtuple("FixedLenFeature", ["shape", "dtype", "default_value"])
):
    """A feature with a known number of values, read as a `Tensor`.

    Attributes:
      shape: shape of the values of one example.
      dtype: float32, int64 or string.
      default_value: what an example without the feature has; without one the feature must be there.
    """

    __slots__ = ()

    def __new__(cls, shape: Any, dtype: Any, default_value: Any = None) -> FixedLenFeature:
        return super().__new__(cls, shape, dtype, default_value)


@export("io.FixedLenSequenceFeature", "FixedLenSequenceFeature", v2=("io.FixedLenSequenceFeature",))
class FixedLenSequenceFeature(
    collections.namedtuple(
        "FixedLenSequenceFeature", ["shape", "dtype", "allow_missing", "default_value"]
    )
):
    """A feature with any number of rows of one shape, read as a `Tensor`.

    Attributes:
      shape: shape of a row.
      dtype: float32, int64 or string.
      allow_missing: whether it may lack.
      default_value: scalar that fills rows up to the longest example of a batch.
    """

    __slots__ = ()

    def __new__(
        cls, shape: Any, dtype: Any, allow_missing: bool = False, default_value: Any = None
    ) -> FixedLenSequenceFeature:
        return super().__new__(cls, shape, dtype, allow_missing, default_value)


class Columns(NamedTuple):
    """Features sorted by what they are read as."""

    sparse_keys: list[str]
    sparse_types: list[Any]
    dense_keys: list[str]
    dense_types: list[Any]
    # Defaults that the program gives; None stands for none.
    defaults: dict[str, Any]
    dense_shapes: list[Any]

    def check(self) -> None:
        """Refuses what no op reads: no key at all, or one key twice."""
        if not self.dense_keys and not self.sparse_keys:
            raise ValueError("Must provide at least one sparse key or dense key")
        check_apart("Dense and sparse", self.dense_keys, self.sparse_keys)


def check_apart(what: str, first: list[str], second: list[str]) -> None:
    """Refuses keys that are asked for twice."""
    both = set(first) & set(second)
    if both:
        raise ValueError(f"{what} keys must not intersect; intersection: {both}")


def _add_sparse(columns: Columns, key: str, dtype: Any) -> None:
    if key not in columns.sparse_keys:
        columns.sparse_keys.append(key)
        columns.sparse_types.append(dtype)
        return
    before = columns.sparse_types[columns.sparse_keys.index(key)]
    if before != dtype:
        shown = "int64" if dtype == dtypes.int64 else dtype
        raise ValueError(f"Conflicting type {before} vs {shown} for feature {key}.")


def _add_coordinates(columns: Columns, key: str, feature: SparseFeature) -> None:
    for part in ("index_key", "value_key"):
        if not getattr(feature, part):
            raise ValueError(f"Missing {part} for SparseFeature {feature}.")
    _check_type(key, feature)
    names = [feature.index_key] if isinstance(feature.index_key, str) else feature.index_key
    if not isinstance(feature.index_key, str) and len(names) > 1:
        logging.getLogger("tensorflow").warning(
            "SparseFeature with several index keys: VarLenFeature is simpler where it will do."
        )
    for name in sorted(names):
        _add_sparse(columns, name, dtypes.int64)
    _add_sparse(columns, feature.value_key, feature.dtype)


def _check_type(key: str, feature: Any) -> None:
    if not feature.dtype:
        raise ValueError(f"Missing type for feature {key}.")


def _add_dense(columns: Columns, key: str, feature: Any) -> None:
    _check_type(key, feature)
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}.")
    if isinstance(feature, FixedLenFeature):
        dims = dims_lib.from_any(feature.shape)
        if dims and dims[0] is None:
            raise ValueError(
                f"First dimension of shape for feature {key} unknown. "
                "Consider using FixedLenSequenceFeature."
            )
        if not dims_lib.is_full(dims):
            raise ValueError(
                f"All dimensions of shape for feature {key} need to be known but received "
                f"{feature.shape}."
            )
    elif feature.allow_missing:
        columns.defaults[key] = None
    columns.dense_keys.append(key)
    columns.dense_shapes.append(feature.shape)
    columns.dense_types.append(feature.dtype)
    if feature.default_value is not None:
        columns.defaults[key] = feature.default_value


def columns_of(features: Mapping[str, Any] | None, kinds: tuple[type, ...]) -> Columns:
    """Sorts features by what they are read as.

    Args:
      features: the features by name.
      kinds: the classes that are allowed.

    Raises:
      ValueError: a feature of another class, without a type, or without a shape that will do.
    """
    columns = Columns([], [], [], [], {}, [])
    for key in sorted(features or ()):
        feature = features[key]  # type: ignore[index]
        if not isinstance(
            feature, (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)
        ):
            raise ValueError(f"Invalid feature {key}:{feature}.")
        if not isinstance(feature, kinds):
            raise ValueError(f"Unsupported {type(feature).__name__} {feature}.")
        if isinstance(feature, VarLenFeature):
            _check_type(key, feature)
            columns.sparse_keys.append(key)
            columns.sparse_types.append(feature.dtype)
        elif isinstance(feature, SparseFeature):
            _add_coordinates(columns, key, feature)
        else:
            _add_dense(columns, key, feature)
    return columns


def with_rows(features: Mapping[str, Any]) -> dict[str, Any]:
    """The features, with the unknown number of rows in the shape of those that have rows."""
    out = dict(features)
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature):
            if not feature.allow_missing:
                raise ValueError(
                    "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."
                )
            out[key] = feature._replace(shape=[None, *feature.shape])
    return out


def scrubbed(key: str) -> str:
    """A key with nothing in it that names of operations may not have."""
    return re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)


def default_tensors(columns: Columns, shape_defaults: bool = True) -> list[Tensor]:
    """The default values as inputs of an op; an empty tensor says that there is none."""
    out: list[Any] = []
    for key, dtype, shape in zip(
        columns.dense_keys, columns.dense_types, columns.dense_shapes, strict=True
    ):
        value = columns.defaults.get(key)
        dims = dims_lib.from_any(shape)
        if dims and dims[0] is None:
            if value is None:
                value = convert_to_tensor("" if dtype == dtypes.string else 0, dtype=dtype)
            else:
                value = convert_to_tensor(value, dtype=dtype, name=f"padding_{scrubbed(key)}")
                value = reshape_ops.reshape(value, [])
        elif value is None:
            value = constant_ops.constant([], dtype=dtype)
        elif not isinstance(value, Tensor):
            value = convert_to_tensor(value, dtype=dtype, name=f"key_{scrubbed(key)}")
            if shape_defaults:
                value = reshape_ops.reshape(value, TensorShape(shape))
        out.append(value)
    return out
