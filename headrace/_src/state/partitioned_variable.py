"""A variable held in parts along one dimension."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from headrace._src.core.convert import register_tensor_conversion_function
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops
from headrace._src.ops._late import late
from headrace._src.state.ref_variable import check_conversion


class PartitionedVariable:
    """The parts of one logical variable; as a tensor it is their concatenation.

    Args:
      name: name of the whole.
      shape: `TensorShape` of the whole.
      dtype: `DType` of the elements.
      variable_list: the parts, variables whose save-slice info says where they belong.
      partitions: how many parts there are along each dimension.

    Raises:
      TypeError: parts or partitions are no lists.
      ValueError: they are empty, not positive, or do not fit the shape.
    """

    def __init__(
        self,
        name: str,
        shape: Any,
        dtype: Any,
        variable_list: Sequence[Any],
        partitions: Sequence[int],
    ) -> None:
        _check_parts(shape, variable_list, partitions)
        self._variable_list = sorted(
            variable_list, key=lambda v: v._get_save_slice_info().var_offset
        )
        self._name = name
        self._shape = shape
        self._dtype = dtype
        self._partitions = partitions

    def __iter__(self) -> Iterator[Any]:
        return iter(self._variable_list)

    def __len__(self) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise ValueError(f"Cannot get a length for {len(axes)} > 1 partition axes")
        return len(self._variable_list)

    def _partition_axes(self) -> list[int]:
        return [i for i, n in enumerate(self._partitions) if n > 1] or [0]

    @property
    def name(self) -> str:
        """The name of the whole."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The `DType` of the elements."""
        return self._dtype

    @property
    def shape(self) -> Any:
        """The `TensorShape` of the whole."""
        return self._shape

    def get_shape(self) -> Any:
        """Returns the `TensorShape` of the whole."""
        return self._shape

    def _get_variable_list(self) -> list[Any]:
        return self._variable_list

    def _get_partitions(self) -> Sequence[int]:
        return self._partitions

    def _single_axis(self, refusal: str) -> int:
        axes = self._partition_axes()
        if len(axes) > 1:
            raise NotImplementedError(refusal.format(axes))
        return axes[0]

    def as_tensor(self) -> Tensor:
        """Adds the concatenation of the parts and returns it, a `Tensor`."""
        with control_dependencies(None):
            if len(self._variable_list) == 1:
                whole: Any = self._variable_list[0]
            else:
                axis = self._single_axis(
                    "Cannot concatenate along more than one dimension: {}.  Multi-axis partition "
                    "concat is not supported"
                )
                with name_scope(self._name + "/ConcatPartitions/"):
                    whole = late.concat(self._variable_list, axis)
            with name_scope(None):
                return identity_ops.identity(whole, name=self._name)

    def _assign_parts(self, method: str, value: Any, read_value: bool, **kwargs: Any) -> list[Any]:
        axis = self._single_axis(
            "Cannot do assign action along more than one dimension: {}.  Multi-axis partition "
            "assign action is not supported "
        )
        if isinstance(value, list):
            parts = value
        elif isinstance(value, PartitionedVariable):
            parts = list(value)
        else:
            sizes = [v.shape.as_list()[axis] for v in self._variable_list]
            parts = late.split(value, sizes, axis=axis)
        if len(parts) != len(self._variable_list):
            raise AssertionError(
                f"{len(parts)} values for the {len(self._variable_list)} parts of {self._name}"
            )
        done = []
        for variable, part in zip(self._variable_list, parts, strict=True):
            update: Callable[..., Any] = getattr(variable, method)
            done.append(update(part, read_value=read_value, **kwargs))
        return done if read_value else [d.op if hasattr(d, "op") else d for d in done]

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Assigns to all parts; returns the list of what assigning to each returns."""
        return self._assign_parts("assign", value, read_value, use_locking=use_locking, name=name)

    def assign_add(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds to all parts; see `assign`."""
        return self._assign_parts(
            "assign_add", value, read_value, use_locking=use_locking, name=name
        )

    def assign_sub(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtracts from all parts; see `assign`."""
        return self._assign_parts(
            "assign_sub", value, read_value, use_locking=use_locking, name=name
        )


def _check_parts(shape: Any, variable_list: Any, partitions: Any) -> None:
    if not isinstance(variable_list, (list, tuple)):
        raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
    if not isinstance(partitions, (list, tuple)):
        raise TypeError(f"partitions is not a list or tuple: {partitions}")
    if not all(n >= 1 for n in partitions):
        raise ValueError(f"partition values must be positive: {partitions}")
    if not variable_list:
        raise ValueError("variable_list may not be empty")
    infos = [v._get_save_slice_info() for v in variable_list]
    if any(info is None for info in infos):
        names = [v.name for v in variable_list]
        raise ValueError(f"All variables must have a save_slice_info available: {names}")
    if len(shape) != len(partitions):
        raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
    for info in infos:
        if list(info.full_shape) != list(shape.as_list() if hasattr(shape, "as_list") else shape):
            raise ValueError(
                f"All variables' full shapes must match shape: {shape}; but full shapes were: "
                f"{[info.full_shape]}"
            )


def _to_tensor(
    v: PartitionedVariable, dtype: Any = None, name: Any = None, as_ref: bool = False
) -> Tensor:
    check_conversion(v, dtype)
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return v.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _to_tensor)
