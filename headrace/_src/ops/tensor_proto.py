"""make_tensor_proto: Python values as TensorProtos."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.tensor_proto import values_to_proto
from headrace._src.ops import constant as constant_ops


@export("make_tensor_proto", "contrib.util.make_tensor_proto", v2=("make_tensor_proto",))
def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> Any:
    """Make a TensorProto from a Python value or an array.

    Args:
      values: A number, a string, (nested) lists of them, an array, or a TensorProto, which is
        returned unchanged.
      dtype: The type of the elements; by default it follows from `values`.
      shape: The dims of the tensor; when there are fewer values, the last one is repeated.
      verify_shape: Whether `values` must already have `shape`.
      allow_broadcast: Whether only a single value may be repeated.

    Returns:
      A `TensorProto` [shape, dtype].

    Raises:
      TypeError: Elements of a wrong type, or a shape that `verify_shape` or `allow_broadcast`
        forbids.
      ValueError: None, a ragged list, or more elements than `shape` holds.
    """
    from headrace._src.proto import messages

    if allow_broadcast and verify_shape:
        raise ValueError("allow_broadcast and verify_shape are not both allowed.")
    if isinstance(values, messages.TensorProto):
        return values
    dims = None if shape is None else tuple([int(d) for d in shape])
    empty = dims is not None and 0 in dims and not isinstance(values, (np.ndarray, np.generic))
    array, found = constant_ops.constant_array(values, dtype, dims if empty else None)
    if dims is None:
        return values_to_proto(array, found, array.shape)
    size = int(np.prod(dims, dtype=np.int64))
    wrong_shape = TypeError(f"Expected Tensor's shape: {dims}, got {array.shape}.")
    if allow_broadcast:
        if array.shape not in ((1,), ()) and array.size != size:
            raise wrong_shape
    elif verify_shape and array.shape != dims:
        raise wrong_shape
    elif array.size > size:
        raise ValueError(
            f"Too many elements provided. Needed at most {size}, but received {array.size}"
        )
    return values_to_proto(array, dtypes.as_dtype(found), dims)
