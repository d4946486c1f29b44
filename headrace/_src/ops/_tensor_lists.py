"""What the list operations share: reading their inputs, and shapes as messages show them."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dims import Dims
from headrace._src.core.shape import Dimension, TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.ops._late import late

_C_NAMES = {"float16": "half", "float32": "float", "float64": "double"}


def fail(message: str) -> NoReturn:
    """Raises the `InvalidArgumentError` of a kernel."""
    raise errors.InvalidArgumentError(None, None, message)


def type_text(dtype: dtypes.DType) -> str:
    """A dtype as C++ messages show it."""
    return _C_NAMES.get(dtype.name, dtype.name)


def dims_text(dims: Dims) -> str:
    """Dims as run-time messages show them."""
    return "<unknown>" if dims is None else dims_lib.text(dims)


# -- run-time values -------------------------------------------------------------------------------


def require_known(dims: Dims, message: str) -> Any:
    """The dims, which must all be known.

    Raises:
      InvalidArgumentError: they are not.
    """
    if not dims_lib.is_full(dims):
        fail(f"{message}: {dims_text(dims)}")
    return dims


def list_of(handle: Any, dtype: dtypes.DType | None = None) -> TensorList:
    """The list that a variant holds.

    Args:
      handle: the run-time value.
      dtype: the dtype that its elements must have.

    Raises:
      InvalidArgumentError: no scalar, no list, or elements of another dtype.
    """
    found = handle
    if type(found) is not TensorList:
        array = np.asarray(handle, dtype=object)
        if array.ndim:
            fail(f"Input list must be a scalar saw: {dims_lib.text(array.shape)}")
        found = array[()]
        if not isinstance(found, TensorList):
            fail(f"Input handle is not a list. Saw: '{type(found).__name__}'")
    if dtype is not None and found.element_dtype is not dtype:
        fail(
            f"Invalid data types; op elements {type_text(dtype)} but list elements "
            f"{type_text(found.element_dtype)}"
        )
    return found


def dims_of(element_shape: Any) -> Dims:
    """The dims that a run-time shape stands for; -1 is unknown.

    Raises:
      InvalidArgumentError: another scalar than -1, or an entry below -1.
    """
    array = np.asarray(element_shape)
    if not array.ndim:
        if array != -1:
            fail("The only valid scalar shape tensor is the fully unknown shape specified as -1.")
        return None
    entries = array.tolist()
    for entry in entries:
        if entry < -1:
            fail(f"Dimension {entry} must be >= -1")
    return tuple([None if entry == -1 else entry for entry in entries])


def merged(a: Dims, b: Dims) -> Dims:
    """What is known of a shape that is both.

    Raises:
      InvalidArgumentError: no shape is both.
    """
    if a is not None and b is not None and len(a) != len(b):
        fail(f"PartialTensorShape: Incompatible ranks during merge: {len(a)} vs. {len(b)}")
    if not dims_lib.compatible(a, b):
        fail(
            "PartialTensorShape: Incompatible shapes during merge: "
            f"{dims_text(a)} vs. {dims_text(b)}"
        )
    return dims_lib.merge(a, b)


def zeros(dtype: dtypes.DType, shape: Any) -> Any:
    """What stands for an element that was never set."""
    if dtype is dtypes.string:
        result = np.empty(shape, object)
        result.fill(b"")
        return result
    if dtype is dtypes.variant:
        return np.empty(shape, object)
    return np.zeros(shape, dtype.np_dtype)


def rows(tensor: Any) -> list[Any]:
    """The elements of a tensor along its first dimension."""
    if tensor.dtype == object and tensor.ndim == 1:
        # An element of an array of strings is a 0-d array, not the string.
        return [tensor[i : i + 1].reshape(()) for i in range(len(tensor))]
    return list(tensor)


def shape_of(item: Any) -> tuple[int, ...]:
    """The shape of an element; a list in a list is a scalar."""
    return getattr(item, "shape", ())


def stacked(dtype: dtypes.DType, items: list[Any], shape: tuple[int, ...]) -> Any:
    """Elements of one shape as one array, zeros for those that were never set."""
    result = np.empty((len(items), *shape), dtype.np_dtype)
    for i, item in enumerate(items):
        if item is None:
            result[i] = b"" if dtype is dtypes.string else 0
        elif shape_of(item) != shape:
            fail(f"list element {i} has shape {list(shape_of(item))}, expected {list(shape)}")
        else:
            # Of a 0-d array of objects, its object; else NumPy would store the array.
            result[i] = item if shape or not isinstance(item, np.ndarray) else item[()]
    return result


# -- shape rules -----------------------------------------------------------------------------------


def list_data(s: Any, i: int = 0) -> tuple[dtypes.DType, Dims] | None:
    """dtype and shape of the elements of the i-th input, None when nothing is known."""
    return s.handle_data(i)


def element_dims(s: Any, i: int) -> Dims:
    """The dims that the i-th input, an element shape, describes.

    Raises:
      ValueError: a matrix, or another scalar than -1.
    """
    dims_lib.with_rank_at_most(s.tensor(i).dims, 1)
    return s.value_as_dims(i)


def read_data(s: Any, dtype: dtypes.DType) -> Dims:
    """What is known of the shape of the elements of the first input.

    Raises:
      ValueError: its elements are known to be of another dtype.
    """
    data = list_data(s)
    if data is None:
        return None
    if data[0] is not dtype:
        raise ValueError(
            "Trying to read from list with wrong element dtype. List has type "
            f"{type_text(data[0])} but expected type {type_text(dtype)}"
        )
    return data[1]


# -- arguments -------------------------------------------------------------------------------------


def element_shape_argument(shape: Any) -> Any:
    """What a list op takes for an element shape given in Python; unknown parts are -1."""
    if isinstance(shape, Tensor):
        return shape
    if isinstance(shape, TensorShape):
        shape = shape.as_list() if shape else None
    if shape is None:
        return -1
    if not shape:
        # An empty list alone would be taken for floats.
        return convert_to_tensor(shape, dtype=dtypes.int32)
    return [_entry(size) for size in shape]


def _entry(size: Any) -> Any:
    if isinstance(size, Dimension):
        size = size.value
    return -1 if size is None else size


def shape_of_rows(tensor: Tensor) -> Tensor:
    """The shape of a tensor without its first dimension, computed at run time."""
    return late.slice(late.shape(tensor), [1], [-1])  # type: ignore[no-any-return]
