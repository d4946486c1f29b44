"""TensorArraySpec: what is known of a tensor array, without the array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, scopes
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.core.type_spec import TypeSpec, described
from headrace._src.ops import tensor_list_stack
from headrace._src.ops.tensor_array import TensorArray


@export("TensorArraySpec")
class TensorArraySpec(TypeSpec):
    """Describes a `TensorArray`.

    Args:
      element_shape: the shape of each element.
      dtype: the dtype of the elements.
      dynamic_size: whether writing behind the end makes the array longer.
      infer_shape: whether all elements must have one shape.
    """

    __slots__ = ("_dtype", "_dynamic_size", "_element_shape", "_infer_shape")

    def __init__(
        self,
        element_shape: Any = None,
        dtype: Any = dtypes.float32,
        dynamic_size: bool = False,
        infer_shape: bool = True,
    ) -> None:
        self._element_shape = TensorShape(element_shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic_size = dynamic_size
        self._infer_shape = infer_shape

    @staticmethod
    def from_value(value: Any) -> TensorArraySpec:
        """Describes a `TensorArray`.

        Raises:
          TypeError: it is none.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(f"Expected value to be a TensorArray, but saw: {type(value)}")
        return TensorArraySpec(
            value.element_shape, value.dtype, value.dynamic_size, value._infer_shape
        )

    @property
    def value_type(self) -> Any:
        """The type of the values described: `TensorArray`."""
        return TensorArray

    def is_compatible_with(self, other: Any) -> bool:
        """Whether an array, or another description, may be of this kind; see `TypeSpec`."""
        other = self.from_value(other) if isinstance(other, TensorArray) else described(other)
        return (
            isinstance(other, TensorArraySpec)
            and self._dtype.is_compatible_with(other._dtype)
            and self._element_shape.is_compatible_with(other._element_shape)
            and self._dynamic_size == other._dynamic_size
        )

    def most_specific_compatible_type(self, other: Any) -> TensorArraySpec:
        """The most specific description of which both are cases; see `TypeSpec`.

        Raises:
          ValueError: no array fits both.
        """
        if not self.is_compatible_with(other):
            raise ValueError("Types are not compatible")
        return TensorArraySpec(
            self._element_shape.most_specific_compatible_shape(other._element_shape),
            self._dtype,
            self._dynamic_size,
            self._infer_shape and other._infer_shape,
        )

    def _serialize(self) -> tuple[Any, ...]:
        return self._element_shape, self._dtype, self._dynamic_size, self._infer_shape

    @property
    def _component_specs(self) -> list[TensorSpec]:
        return [TensorSpec([], dtypes.variant)]

    def _to_components(self, value: Any) -> list[Any]:
        """The tensors that hold an array: its flow, or a list of what an eager array holds.

        Raises:
          TypeError: it is no array.
        """
        if not isinstance(value, TensorArray):
            raise TypeError(f"value must be a TensorArray, but saw: {type(value)}")
        if value.flow.dtype == dtypes.variant:
            return [value.flow]
        with scopes.name_scope("convert_tensor_array"):
            return [tensor_list_stack.tensor_list_from_tensor(value.stack(), value.element_shape)]

    def _value(self, parts: Sequence[Any]) -> TensorArray:
        array = TensorArray(
            self._dtype,
            flow=parts[0],
            dynamic_size=self._dynamic_size,
            infer_shape=self._infer_shape,
        )
        array._shapes = [self._element_shape]
        return array


__all__ = ["TensorArraySpec"]
