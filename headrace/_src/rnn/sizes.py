"""Sizes of states and outputs, and tensors of zeros of these sizes."""

from __future__ import annotations

from typing import Any

from headrace._src.core import dtypes, nest
from headrace._src.core.constant_value import constant_value
from headrace._src.core.shape import TensorShape, as_shape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


def _part(value: Any, label: str) -> tuple[Tensor | None, Any]:
    """One part of a shape, as a tensor if it is known, and as far as it is known now."""
    if isinstance(value, Tensor):
        known = constant_value(value)
        rank = value.shape.ndims
        if rank == 0:
            return late.expand_dims(value, 0), known
        if rank != 1:
            raise ValueError(
                f"{label} tensor must be either a scalar or vector, but saw tensor: {value}"
            )
        return value, known
    shape = as_shape(value)
    known = None if shape.ndims is None else shape.as_list()
    tensor = None
    if shape.is_fully_defined():
        tensor = late.constant(shape.as_list(), dtype=dtypes.int32)
    return tensor, known


def joined_shape(prefix: Any, suffix: Any) -> Tensor:
    """The shape `prefix + suffix` as a tensor.

    Args:
      prefix: int, `TensorShape` or tensor; usually the size of the batch.
      suffix: likewise; the size of an element.

    Raises:
      ValueError: a part is unknown, or of more than one dimension.
    """
    first, _ = _part(prefix, "prefix")
    second, _ = _part(suffix, "suffix")
    if first is None or second is None:
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return late.concat((first, second), 0)  # type: ignore[no-any-return]


def joined_static_shape(prefix: Any, suffix: Any) -> list[int | None] | None:
    """The shape `prefix + suffix` as far as it is known; None for unknown rank."""
    _, first = _part(prefix, "prefix")
    _, second = _part(suffix, "suffix")
    shape = as_shape(first).concatenate(second)
    return None if shape.ndims is None else shape.as_list()


def zeros_of(sizes: Any, batch_size: Any, dtype: Any) -> Any:
    """Zeros `[batch_size, *size]` for every size of a structure."""

    def zeros(size: Any) -> Tensor:
        made = late.zeros(joined_shape(batch_size, size), dtype=dtype)
        made.set_shape(joined_static_shape(batch_size, size))
        return made  # type: ignore[no-any-return]

    return nest.map_structure(zeros, sizes)


def as_static_shape(size: Any) -> Any:
    """A size given as a tensor, as a `TensorShape`; others unchanged."""
    return as_shape(constant_value(size)) if isinstance(size, Tensor) else size


def dimension(shape: TensorShape, index: int) -> Any:
    """A dimension of a shape; an unknown one when the rank is unknown."""
    return TensorShape([None])[0] if shape.ndims is None else shape.dims[index]
