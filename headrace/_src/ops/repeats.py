"""Repeating elements along a dim: `repeat`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import select as select_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late


def _positive_axis(axis: int, rank: int | None) -> int:
    if rank is None:
        if axis < 0:
            raise ValueError("axis may only be negative if ndims is statically known.")
        return axis
    if not -rank <= axis < rank:
        raise ValueError(f"axis={axis} out of bounds: expected {-rank}<=axis<{rank}")
    return axis % rank


def _counts(repeats: Any) -> Tensor:
    tensor = convert_to_tensor(repeats, name="repeats", preferred_dtype=dtypes.int32)
    if not tensor.dtype.is_integer:
        raise TypeError(f"repeats must be an integer tensor; dtype={tensor.dtype!r}")
    return spec("Cast")(tensor, DstT=dtypes.int32)


def _at_least_vector(data: Tensor) -> Tensor:
    if data.dims is not None:
        return late.stack([data]) if data.dims == () else data
    shape = shape_ops.shape(data)
    rank = shape_ops.rank(data)
    return late.reshape(data, late.concat([[1], shape], axis=0)[-rank:])


def _tiled(data: Tensor, axis: int, multiple: Any) -> Tensor:
    if data.dims is not None:
        multiples: Any = [1] * len(data.dims)
        multiples[axis] = multiple
    else:
        ones = constant_ops.ones(shape_ops.rank(data), dtypes.int32)
        multiples = late.concat([ones[:axis], [multiple], ones[axis + 1 :]], axis=0)
    return late.tile(data, multiples)


def _repeat_each(data: Tensor, repeats: Tensor, axis: int, shape: Tensor) -> Tensor:
    """Repeats by tiling to the largest count and masking the surplus out."""
    if repeats.dims is None or len(repeats.dims) != axis + 1:
        repeats_shape = shape_ops.shape(repeats)
        repeats_rank = shape_ops.rank(repeats)
        wanted = late.concat([shape[: axis + 1 - repeats_rank], repeats_shape], axis=0)
        repeats = late.broadcast_to(repeats, wanted)
        repeats.set_shape([None] * (axis + 1))
    largest = spec("Max")(repeats, select_ops.all_dimensions(repeats))
    largest = spec("Maximum")(0, largest)
    mask = select_ops.sequence_mask(repeats, largest)
    tiled = _tiled(late.expand_dims(data, axis + 1), axis + 1, largest)
    result = select_ops.boolean_mask(tiled, mask)
    if axis:
        target = late.concat([shape[:axis], [-1], shape[axis + 1 :]], axis=0)
        result = late.reshape(result, target)
    if data.dims is not None:
        size = 0 if repeats.dims and repeats.dims[0] == 0 else None
        result.set_shape((*data.dims[:axis], size, *data.dims[axis + 1 :]))
    return result


@export("repeat")
def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """Repeat elements along a dim, each as often as `repeats` says.

    Args:
        input: Tensor.
        repeats: Scalar or 1-D integers, one for every index of the dim.
        axis: The dim; by default the tensor is flattened first.
        name: Name of the scope.

    Returns:
        Tensor.

    Raises:
        TypeError: (build) `axis` is not an integer, or `repeats` are not integers.
        ValueError: (build) `axis` out of range.
    """
    if axis is None:
        input = late.reshape(input, [-1])
        axis = 0
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int; got {type(axis).__name__}")
    with name_scope(name, "Repeat", [input, repeats]):
        data = convert_to_tensor(input, name="data")
        counts = _counts(repeats)
        counts.shape.with_rank_at_most(1)
        data = _at_least_vector(data)
        shape = shape_ops.shape(data)
        axis = _positive_axis(axis, None if data.dims is None else len(data.dims))
        if counts.dims is not None and len(counts.dims) == 1:
            data.shape.dims[axis].assert_is_compatible_with(counts.shape.dims[0])
        if counts.dims != ():
            return _repeat_each(data, counts, axis, shape)
        tiled = _tiled(late.expand_dims(data, axis + 1), axis + 1, counts)
        target = late.concat([shape[:axis], [-1], shape[axis + 1 :]], axis=0)
        return late.reshape(tiled, target)
