"""TensorSpec: dtype, static shape and name of a tensor, without the tensor."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.dtypes import DType
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor


@export(
    "TensorSpec", "contrib.framework.TensorSpec", "contrib.eager.TensorSpec", v2=("TensorSpec",)
)
class TensorSpec:
    """Describes a tensor.

    Args:
      shape: a `TensorShape` or what makes one.
      dtype: a `DType` or what makes one.
      name: the name of the tensor, or None.
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """The same description, under another name if one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Tensor, name: str | None = None) -> TensorSpec:
        """Describes a tensor.

        Raises:
          ValueError: it is none.
        """
        if not isinstance(tensor, Tensor):
            raise ValueError("`tensor` should be a tf.Tensor")
        return TensorSpec(tensor.shape, tensor.dtype, name or tensor.op.name)

    @property
    def shape(self) -> TensorShape:
        """The static shape, a `TensorShape`."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The `DType` of the elements."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    @property
    def value_type(self) -> type:
        """The type of what is described: `Tensor`."""
        return Tensor

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor or a description may have this dtype and shape."""
        return (
            isinstance(spec_or_tensor, (TensorSpec, Tensor))
            and self._dtype.is_compatible_with(spec_or_tensor.dtype)
            and self._shape.is_compatible_with(spec_or_tensor.shape)
        )

    def most_specific_compatible_type(self, other: TensorSpec) -> TensorSpec:
        """The most specific description of which this and another one are cases.

        Raises:
          ValueError: the dtypes differ.
        """
        if type(self) is not type(other) or self._dtype != other.dtype:
            raise ValueError(f"Types are not compatible: {self!r} vs {other!r}")
        shape = self._shape.most_specific_compatible_shape(other.shape)
        return TensorSpec(shape, self._dtype, self._name if self._name == other.name else None)

    def _key(self) -> tuple[Any, ...]:
        dims = None if self._shape.ndims is None else tuple(self._shape.as_list())
        return dims, self._dtype

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: Any) -> bool:
        return (
            type(self) is type(other) and self._key() == other._key() and self._name == other._name
        )

    def __reduce__(self) -> Any:
        return TensorSpec, (self._shape, self._dtype, self._name)


__all__ = ["TensorSpec"]
