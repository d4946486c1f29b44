"""Partitioners: functions that say into how many parts `tf.get_variable` splits a variable."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.shape import TensorShape

Partitioner = Callable[..., list[int]]


def _element_size(dtype: Any, bytes_per_string_element: int) -> int:
    if dtype.base_dtype == dtypes.string:
        return bytes_per_string_element
    return int(dtype.size)


@export("fixed_size_partitioner", v2=())
def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """Split one dimension into a fixed number of parts.

    Args:
      num_shards: number of parts, at most the size of the dimension.
      axis: the dimension.

    Returns:
      A partitioner.
    """

    def partition(shape: Any, **unused: Any) -> list[int]:
        parts = [1] * len(shape)
        parts[axis] = min(num_shards, shape.as_list()[axis])
        return parts

    return partition


@export("variable_axis_size_partitioner", v2=())
def variable_axis_size_partitioner(
    max_shard_bytes: int,
    axis: int = 0,
    bytes_per_string_element: int = 16,
    max_shards: int | None = None,
) -> Partitioner:
    """Split one dimension so that no part is bigger than a number of bytes.

    Args:
      max_shard_bytes: biggest size of a part; a single slice may be bigger.
      axis: the dimension.
      bytes_per_string_element: what a string element counts as.
      max_shards: biggest number of parts, or None.

    Returns:
      A partitioner.

    Raises:
      ValueError: a size or `max_shards` is not positive.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partition(shape: Any, dtype: Any) -> list[int]:
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        if not isinstance(dtype, dtypes.DType):
            raise ValueError(f"dtype is not a DType: {dtype}")
        length = shape.as_list()[axis]
        slice_bytes = shape.num_elements() / length * _element_size(dtype, bytes_per_string_element)
        slices_per_part = max(1, math.floor(max_shard_bytes / slice_bytes))
        count = math.ceil(length / slices_per_part)
        parts = [1] * shape.ndims
        parts[axis] = min(max_shards, count) if max_shards else count
        return parts

    return partition


@export("min_max_variable_partitioner", v2=())
def min_max_variable_partitioner(
    max_partitions: int = 1,
    axis: int = 0,
    min_slice_size: int = 256 << 10,
    bytes_per_string_element: int = 16,
) -> Partitioner:
    """Split one dimension into as many parts as keep a smallest size each.

    Args:
      max_partitions: biggest number of parts.
      axis: the dimension.
      min_slice_size: smallest size of a part in bytes.
      bytes_per_string_element: what a string element counts as.

    Returns:
      A partitioner.
    """

    def partition(shape: Any, dtype: Any) -> list[int]:
        if axis >= len(shape):
            raise ValueError(
                f"Can not partition variable along axis {axis} when shape is only {shape}"
            )
        total = shape.num_elements() * _element_size(dtype, bytes_per_string_element)
        parts = [1] * len(shape)
        wanted = math.ceil(total / min_slice_size)
        parts[axis] = max(1, min(shape.as_list()[axis], max_partitions, wanted))
        return parts

    return partition


@export("create_partitioned_variables", v2=(), deprecated="tf.get_variable with a partitioner")
def create_partitioned_variables(
    shape: Any,
    slicing: Any,
    initializer: Any,
    dtype: Any = dtypes.float32,
    trainable: bool = True,
    collections: Any = None,
    name: str | None = None,
    reuse: Any = None,
) -> Any:
    """Make a variable in parts.

    Args:
      shape: list of ints, the shape of the whole.
      slicing: list of ints, how many parts there are along each dimension; one may be above 1.
      initializer: a tensor, or a function of shape and dtype.
      dtype: `DType` of the elements.
      trainable: whether the parts join `GraphKeys.TRAINABLE_VARIABLES`.
      collections: keys of the graph collections that the parts join.
      name: name of the variable scope, `"PartitionedVariable"` by default.
      reuse: True shares the parts of an earlier call.

    Returns:
      List of variables.

    Raises:
      ValueError: `shape` and `slicing` are of different lengths, or scalar.
    """
    from headrace._src.state import variable_scope

    if len(shape) != len(slicing):
        raise ValueError(
            "The 'shape' and 'slicing' of a partitioned Variable must have the length: "
            f"shape: {shape}, slicing: {slicing}"
        )
    if len(shape) < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1: shape: {shape}")
    with variable_scope.variable_scope(name, "PartitionedVariable", reuse=reuse):
        parts = variable_scope.get_partitioned_variable(
            name=None,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            trainable=trainable,
            partitioner=lambda **unused: slicing,
            collections=collections,
        )
    return list(parts)
