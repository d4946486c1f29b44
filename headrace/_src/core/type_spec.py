"""TypeSpec: what is known of a value that consists of tensors, without the value.

`TensorSpec` describes one tensor; the kinds here describe values of several tensors, by the
descriptions of these (`_component_specs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor_spec import TensorSpec


def _plain(value: Any) -> Any:
    """Part of a description as a value that can be compared and hashed."""
    if isinstance(value, TensorShape):
        return None if value.ndims is None else tuple(value.as_list())
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v) for v in value)
    return value


def _agrees(a: Any, b: Any) -> bool:
    """Whether two parts of descriptions may belong to one value."""
    if isinstance(a, (TensorShape, dtypes.DType)):
        return type(a) is type(b) and bool(a.is_compatible_with(b))
    if isinstance(a, (list, tuple)):
        same = type(a) is type(b) and len(a) == len(b)
        return same and all(_agrees(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _common(a: Any, b: Any) -> Any:
    """The most specific description of a part of which both are cases."""
    if isinstance(a, TensorShape):
        return a.most_specific_compatible_shape(b)
    return a


@export("TypeSpec")
class TypeSpec:
    """Describes a value that functions and data sets take or return.

    A kind of description says `_serialize`, the arguments that make it again, and
    `_component_specs`, the descriptions of the tensors of the value.
    """

    __slots__ = ()

    @property
    def value_type(self) -> Any:
        """The type of the values described."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def _serialize(self) -> tuple[Any, ...]:
        raise NotImplementedError(f"{type(self).__name__}._serialize()")

    @property
    def _component_specs(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__}._component_specs()")

    def _value(self, parts: Sequence[Any]) -> Any:
        """The value with these tensors."""
        raise NotImplementedError(f"{type(self).__name__}._from_components()")

    def _from_components(self, components: Sequence[Any]) -> Any:
        """The value with these tensors; the description itself when they are described too."""
        if all(isinstance(c, TensorSpec) for c in components):
            return self
        return self._value(components)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a value, or what another description describes, may be of this kind."""
        other = described(spec_or_value)
        return type(other) is type(self) and _agrees(self._serialize(), other._serialize())

    def most_specific_compatible_type(self, other: Any) -> Any:
        """The most specific description of which this and another one are cases.

        Args:
          other: a `TypeSpec`.

        Raises:
          ValueError: no value fits both.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"No TypeSpec is compatible with both {self!r} and {other!r}")
        pairs = zip(self._serialize(), other._serialize(), strict=True)
        return type(self)(*[_common(a, b) for a, b in pairs])

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and _plain(self._serialize()) == _plain(other._serialize())

    def __hash__(self) -> int:
        return hash((type(self), _plain(self._serialize())))

    def __reduce__(self) -> Any:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


def described(value: Any) -> Any:
    """The description of a value that has one; a description itself; None for anything else."""
    return value if isinstance(value, TypeSpec) else getattr(value, "_type_spec", None)


@export("SparseTensorSpec")
class SparseTensorSpec(TypeSpec):
    """Describes a `SparseTensor`.

    Args:
      shape: the dense shape, or None for any.
      dtype: the dtype of the values.
    """

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = dtypes.float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """Describes a `SparseTensor` or `SparseTensorValue`.

        Raises:
          TypeError: it is neither.
        """
        from headrace._src.core.sparse_tensor import SparseTensor, SparseTensorValue

        if isinstance(value, SparseTensor):
            return cls(value.shape, value.dtype)
        if isinstance(value, SparseTensorValue):
            return cls(value.dense_shape, value.values.dtype)
        raise TypeError("Expected SparseTensor or SparseTensorValue")

    @property
    def value_type(self) -> Any:
        """The type of the values described: `SparseTensor`."""
        from headrace._src.core.sparse_tensor import SparseTensor

        return SparseTensor

    @property
    def shape(self) -> TensorShape:
        """The dense shape."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the values."""
        return self._dtype

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self._shape.ndims
        return [
            TensorSpec([None, rank], dtypes.int64),
            TensorSpec([None], self._dtype),
            TensorSpec([rank], dtypes.int64),
        ]

    def _value(self, parts: Sequence[Any]) -> Any:
        return self.value_type(*parts)


@export("IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """Describes `IndexedSlices`.

    Args:
      shape: the dense shape, or None for any.
      dtype: the dtype of the values.
      indices_dtype: the dtype of the indices.
      dense_shape_dtype: the dtype of the tensor of the dense shape; None where there is none.
      indices_shape: the shape of the indices.
    """

    __slots__ = (
        "_dense_shape_dtype",
        "_indices_dtype",
        "_indices_shape",
        "_shape",
        "_values_dtype",
    )

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        indices_dtype: Any = dtypes.int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self._shape = TensorShape(shape)
        self._values_dtype = dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = (
            None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        )
        self._indices_shape = TensorShape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> Any:
        """The type of the values described: `IndexedSlices`."""
        from headrace._src.core.indexed_slices import IndexedSlices

        return IndexedSlices

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self._shape,
            self._values_dtype,
            self._indices_dtype,
            self._dense_shape_dtype,
            self._indices_shape,
        )

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        rows = self._indices_shape.concatenate(self._shape[1:])
        specs = [
            TensorSpec(rows, self._values_dtype),
            TensorSpec(self._indices_shape, self._indices_dtype),
        ]
        if self._dense_shape_dtype is not None:
            specs.append(TensorSpec([self._shape.ndims], self._dense_shape_dtype))
        return tuple(specs)

    def _value(self, parts: Sequence[Any]) -> Any:
        return self.value_type(*parts)


__all__ = ["IndexedSlicesSpec", "SparseTensorSpec", "TypeSpec", "described"]
