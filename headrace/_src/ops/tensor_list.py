"""Lists of tensors, one element at a time: making, pushing, popping, reading, setting.

A list is a variant tensor; its run-time value is a `TensorList`. Whole lists from and to tensors
are in `tensor_list_stack` and `tensor_list_concat`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.engine import list_lowering as traced
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.ops import _tensor_lists as lists
from headrace._src.ops import conditional, constant
from headrace._src.ops import shapes as shape_ops

# -- EmptyTensorList ---------------------------------------------------------------------------
EmptyTensorList = op(
    "EmptyTensorList",
    "element_shape: shape_type, max_num_elements: int32 -> handle: variant",
    kernel_ignores=("shape_type",),
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@EmptyTensorList.shape
def _shape_empty_tensor_list(s, element_shape, max_num_elements, *, element_dtype):
    s.set_handle_data((element_dtype, lists.element_dims(s, 0)))
    return ()


@EmptyTensorList.host_kernel
def _kernel_empty_tensor_list(k, element_shape, max_num_elements, *, element_dtype):
    if np.ndim(max_num_elements):
        shape = dims_lib.text(np.shape(max_num_elements))
        lists.fail(f"max_num_elements expected to be a scalar but got shape: {shape}")
    return TensorList(element_dtype, lists.dims_of(element_shape), limit=int(max_num_elements))


@EmptyTensorList.xla_kernel
def _xla_empty_tensor_list(k, element_shape, max_num_elements, *, element_dtype):
    low, high = k.range_of(max_num_elements)
    dims = traced.known_dims(element_shape)
    return traced.made(element_dtype, dims, 0, high if low == high and high is not None else -1)


EmptyTensorList.no_gradient("a list is made from shapes only", undefined=True)


def empty_tensor_list(
    element_shape: Any, element_dtype: Any, max_num_elements: Any = None, name: str | None = None
) -> Tensor:
    """Make an empty list.

    Args:
      element_shape: the shape of every element; None entries, or None, where it is not known.
      element_dtype: the dtype of the elements.
      max_num_elements: the largest length allowed, by default any.
      name: the name of the node.

    Returns:
      A variant scalar.
    """
    if max_num_elements is None:
        max_num_elements = -1
    shape = lists.element_shape_argument(element_shape)
    return EmptyTensorList(shape, max_num_elements, element_dtype=element_dtype, name=name)


# -- TensorListReserve -------------------------------------------------------------------------
TensorListReserve = op(
    "TensorListReserve",
    "element_shape: shape_type, num_elements: int32 -> handle: variant",
    kernel_ignores=("shape_type",),
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
    static=("num_elements",),
)


@TensorListReserve.shape
def _shape_tensor_list_reserve(s, element_shape, num_elements, *, element_dtype):
    s.set_handle_data((element_dtype, lists.element_dims(s, 0)))
    return ()


def _size(value: Any) -> int:
    size = int(np.asarray(value).reshape(-1)[0]) if np.size(value) == 1 else None
    if size is None or size < 0:
        lists.fail(f"The number of elements must be a non-negative scalar, got {value}")
    return size


@TensorListReserve.host_kernel
def _kernel_tensor_list_reserve(k, element_shape, num_elements, *, element_dtype):
    dims = lists.dims_of(element_shape)
    return TensorList.reserved(element_dtype, dims, _size(num_elements))


@TensorListReserve.xla_kernel
def _xla_tensor_list_reserve(k, element_shape, num_elements, *, element_dtype):
    length = traced.known_int(num_elements, "the length of a reserved list")
    if length < 0:
        raise traced.Unfit("a length is negative")
    return traced.made(element_dtype, traced.known_dims(element_shape), length)


TensorListReserve.no_gradient("a list is made from shapes only", undefined=True)


def tensor_list_reserve(
    element_shape: Any, num_elements: Any, element_dtype: Any, name: str | None = None
) -> Tensor:
    """Make a list of elements that are not set yet.

    Args:
      element_shape: the shape of every element; None entries, or None, where it is not known.
      num_elements: the length, an int32 scalar.
      element_dtype: the dtype of the elements.
      name: the name of the node.

    Returns:
      A variant scalar.
    """
    shape = lists.element_shape_argument(element_shape)
    return TensorListReserve(shape, num_elements, element_dtype=element_dtype, name=name)


# -- TensorListLength --------------------------------------------------------------------------
TensorListLength = op(
    "TensorListLength", "input_handle: variant -> length: int32", known_when_lowered=True
)


@TensorListLength.shape
def _shape_tensor_list_length(s, input_handle):
    return ()


@TensorListLength.host_kernel
def _kernel_tensor_list_length(k, input_handle):
    return np.int32(lists.list_of(input_handle).length)


@TensorListLength.xla_kernel
def _xla_tensor_list_length(k, input_handle):
    length = traced.expect(input_handle).length
    return np.int32(length) if isinstance(length, int) else length


TensorListLength.no_gradient("a length is a whole number")


def tensor_list_length(input_handle: Tensor, name: str | None = None) -> Tensor:
    """The number of elements of a list, an int32 scalar."""
    return TensorListLength(input_handle, name=name)


# -- TensorListElementShape --------------------------------------------------------------------
TensorListElementShape = op(
    "TensorListElementShape",
    "input_handle: variant -> element_shape: shape_type",
    kernel_ignores=("shape_type",),
    shape_type=A.dtype(G.INDEX),
    known_when_lowered=True,
)


@TensorListElementShape.shape
def _shape_tensor_list_element_shape(s, input_handle):
    data = lists.list_data(s)
    return (None,) if data is None or data[1] is None else (len(data[1]),)


@TensorListElementShape.host_kernel
def _kernel_tensor_list_element_shape(k, input_handle, *, shape_type):
    dims = lists.list_of(input_handle).dims
    sizes = -1 if dims is None else [-1 if d is None else d for d in dims]
    return np.asarray(sizes, shape_type.np_dtype)[()]


@TensorListElementShape.xla_kernel
def _xla_tensor_list_element_shape(k, input_handle, *, shape_type):
    dims = traced.expect(input_handle).dims
    sizes = -1 if dims is None else [-1 if d is None else d for d in dims]
    return np.asarray(sizes, shape_type.np_dtype)


TensorListElementShape.no_gradient("a shape is of whole numbers")


def tensor_list_element_shape(
    input_handle: Tensor, shape_type: Any, name: str | None = None
) -> Tensor:
    """The shape of the elements of a list; -1 where it is not known."""
    return TensorListElementShape(input_handle, shape_type=shape_type, name=name)


# -- TensorListPushBack ------------------------------------------------------------------------
TensorListPushBack = op(
    "TensorListPushBack",
    "input_handle: variant, tensor: element_dtype -> output_handle: variant",
    element_dtype=A.dtype(),
)


def _written_data(data: Any, dtype: dtypes.DType, doing: str) -> Any:
    """What is known of a list after work on elements of `dtype`."""
    if data is None:
        return dtype, None
    if data[0] is not dtype:
        raise ValueError(
            f"Trying to {doing} list with wrong element dtype. List has type "
            f"{lists.type_text(data[0])} but trying to push element with type "
            f"{lists.type_text(dtype)}"
        )
    return dtype, data[1]


@TensorListPushBack.shape
def _shape_tensor_list_push_back(s, input_handle, tensor, *, element_dtype):
    s.set_handle_data(_written_data(lists.list_data(s), element_dtype, "push to"))
    return ()


def pushed(found: TensorList, tensor: Any, where: str = ".") -> TensorList:
    """The list with one more element.

    Raises:
      InvalidArgumentError: the element does not fit, or the list is full.
    """
    shape = lists.shape_of(tensor)
    if not dims_lib.compatible(found.dims, shape):
        lists.fail(
            f"Tried to append a tensor with incompatible shape to a list{where} Op element "
            f"shape: {dims_lib.text(shape)} list shape: {lists.dims_text(found.dims)}"
        )
    if found.limit == found.length:
        lists.fail(
            f"Tried to push item into a full list list size: {found.length} "
            f"max_num_elements: {found.limit}"
        )
    return found.push_back(tensor)


@TensorListPushBack.host_kernel
def _kernel_tensor_list_push_back(k, input_handle, tensor, *, element_dtype):
    return pushed(lists.list_of(input_handle, element_dtype), tensor)


@TensorListPushBack.xla_kernel
def _xla_tensor_list_push_back(k, input_handle, tensor, *, element_dtype):
    return traced.push(k, traced.expect(input_handle, element_dtype), tensor)


@TensorListPushBack.gradient
def _grad_tensor_list_push_back(op, dresult):
    return TensorListPopBack(
        dresult, shape_ops.shape(op.inputs[1]), element_dtype=op.attrs["element_dtype"]
    )


def tensor_list_push_back(input_handle: Tensor, tensor: Any, name: str | None = None) -> Tensor:
    """A list with one more element at its end."""
    return TensorListPushBack(input_handle, tensor, name=name)


# -- TensorListPopBack -------------------------------------------------------------------------
TensorListPopBack = op(
    "TensorListPopBack",
    "input_handle: variant, element_shape: int32 -> output_handle: variant, tensor: element_dtype",
    element_dtype=A.dtype(),
)


@TensorListPopBack.shape
def _shape_tensor_list_pop_back(s, input_handle, element_shape, *, element_dtype):
    data = _written_data(lists.list_data(s), element_dtype, "read from")
    s.set_handle_data(data)
    return [(), data[1]]


@TensorListPopBack.host_kernel
def _kernel_tensor_list_pop_back(k, input_handle, element_shape, *, element_dtype):
    found = lists.list_of(input_handle, element_dtype)
    if not found.length:
        lists.fail("Trying to pop from an empty list.")
    rest, item = found.pop_back()
    if item is None:
        shape = lists.merged(lists.dims_of(element_shape), found.dims)
        if not dims_lib.is_full(shape):
            lists.fail(
                "Trying to read an uninitialized tensor but element_shape is not fully defined."
                f"{lists.dims_text(shape)}"
            )
        item = lists.zeros(element_dtype, shape)
    return rest, item


@TensorListPopBack.xla_kernel
def _xla_tensor_list_pop_back(k, input_handle, element_shape, *, element_dtype):
    return traced.pop(k, traced.expect(input_handle, element_dtype), element_shape)


@TensorListPopBack.gradient
def _grad_tensor_list_pop_back(op, dlist, delement):
    if dlist is None:
        shape = TensorListElementShape(op.outputs[0], shape_type=dtypes.int32)
        dlist = empty_tensor_list(shape, delement.dtype)
    return TensorListPushBack(dlist, delement), None


def tensor_list_pop_back(input_handle: Tensor, element_dtype: Any, name: str | None = None) -> Any:
    """A list without its last element, and that element."""
    return TensorListPopBack(input_handle, -1, element_dtype=element_dtype, name=name)


# -- TensorListGetItem -------------------------------------------------------------------------
TensorListGetItem = op(
    "TensorListGetItem",
    "input_handle: variant, index: int32, element_shape: int32 -> item: element_dtype",
    element_dtype=A.dtype(),
)


def read_dims(s: Any, element_shape: int, dtype: dtypes.DType) -> dims_lib.Dims:
    """The static shape of an element of the first input, a list of elements of `dtype`."""
    data = lists.list_data(s)
    if data is not None and data[0] is not dtype:
        raise ValueError(
            f"Expected list with element dtype {lists.type_text(dtype)} but got list with element "
            f"dtype {lists.type_text(data[0])}"
        )
    return dims_lib.merge(None if data is None else data[1], lists.element_dims(s, element_shape))


@TensorListGetItem.shape
def _shape_tensor_list_get_item(s, input_handle, index, element_shape, *, element_dtype):
    return read_dims(s, 2, element_dtype)


def _position(found: TensorList, index: Any, doing: str) -> int:
    position = int(np.asarray(index).reshape(-1)[0]) if np.ndim(index) else int(index)
    if position < 0 or position >= found.length:
        lists.fail(f"Trying to {doing} element {position} in a list with {found.length} elements.")
    return position


@TensorListGetItem.host_kernel
def _kernel_tensor_list_get_item(k, input_handle, index, element_shape, *, element_dtype):
    found = lists.list_of(input_handle, element_dtype)
    item = found.get(_position(found, index, "access"))
    return _unset(found, element_shape) if item is None else item


def _unset(found: TensorList, element_shape: Any) -> Any:
    """Zeros in the shape of the elements, as far as one can tell it."""
    shape = lists.merged(lists.dims_of(element_shape), found.dims)
    if not dims_lib.is_full(shape):
        for item in found.items():
            if item is not None:
                shape = lists.merged(shape, lists.shape_of(item))
    if not dims_lib.is_full(shape):
        lists.fail(
            "Trying to read an uninitialized tensor but element_shape is not fully defined: "
            f"{lists.dims_text(shape)} and no list element is set."
        )
    return lists.zeros(found.element_dtype, shape)


@TensorListGetItem.xla_kernel
def _xla_tensor_list_get_item(k, input_handle, index, element_shape, *, element_dtype):
    return traced.get(k, traced.expect(input_handle, element_dtype), index, element_shape)


@TensorListGetItem.gradient
def _grad_tensor_list_get_item(op, ditem):
    size = TensorListLength(op.inputs[0])
    shape = TensorListElementShape(op.inputs[0], shape_type=dtypes.int32)
    dlist = TensorListReserve(shape, size, element_dtype=ditem.dtype)
    return TensorListSetItem(dlist, op.inputs[1], ditem), None, None


def tensor_list_get_item(
    input_handle: Tensor,
    index: Any,
    element_dtype: Any,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """One element of a list.

    Args:
      input_handle: the list.
      index: the position, an int32 scalar.
      element_dtype: the dtype of the elements.
      element_shape: what is known of their shape.
      name: the name of the node.

    Returns:
      The element; zeros when it was never set.

    Raises:
      errors.InvalidArgumentError: (run) there is no such position, or the element was never set
        and its shape is not known.
    """
    shape = lists.element_shape_argument(element_shape)
    return TensorListGetItem(input_handle, index, shape, element_dtype=element_dtype, name=name)


# -- TensorListSetItem -------------------------------------------------------------------------
TensorListSetItem = op(
    "TensorListSetItem",
    "input_handle: variant, index: int32, item: element_dtype -> output_handle: variant",
    element_dtype=A.dtype(),
)


@TensorListSetItem.shape
def _shape_tensor_list_set_item(s, input_handle, index, item, *, element_dtype):
    data = lists.list_data(s)
    if data is None:
        data = (element_dtype, None)
    dims_lib.merge(item, data[1])
    s.set_handle_data(data)
    return ()


@TensorListSetItem.host_kernel
def _kernel_tensor_list_set_item(k, input_handle, index, item, *, element_dtype):
    found = lists.list_of(input_handle, element_dtype)
    position = _position(found, index, "modify")
    shape = lists.shape_of(item)
    if not dims_lib.compatible(found.dims, shape):
        lists.fail(
            "Tried to set a tensor with incompatible shape at a list index. Item element shape: "
            f"{dims_lib.text(shape)} list shape: {lists.dims_text(found.dims)}"
        )
    return found.set_item(position, item)


@TensorListSetItem.xla_kernel
def _xla_tensor_list_set_item(k, input_handle, index, item, *, element_dtype):
    return traced.put(k, traced.expect(input_handle, element_dtype), index, item)


@TensorListSetItem.gradient
def _grad_tensor_list_set_item(op, dlist):
    _, index, item = op.inputs
    rest = TensorListSetItem(dlist, index, constant.zeros_like(item))
    ditem = tensor_list_get_item(dlist, index, item.dtype, shape_ops.shape(item))
    return rest, None, ditem


def tensor_list_set_item(
    input_handle: Tensor,
    index: Any,
    item: Any,
    resize_if_index_out_of_bounds: bool = False,
    name: str | None = None,
) -> Tensor:
    """A list with another element at a position.

    Args:
      input_handle: the list.
      index: the position, an int32 scalar.
      item: the new element.
      resize_if_index_out_of_bounds: whether a list that is too short is made longer.
      name: the name of the node.

    Returns:
      The list, a variant scalar.

    Raises:
      errors.InvalidArgumentError: (run) there is no such position, or the element does not fit.
    """
    if resize_if_index_out_of_bounds:
        input_handle = grown(input_handle, index)
    return TensorListSetItem(input_handle, index, item, name=name)


def grown(input_handle: Tensor, index: Any) -> Tensor:
    """The list, made longer when it has no element at a position."""
    size = TensorListLength(input_handle)
    result: Tensor = conditional.cond(
        index >= size, lambda: TensorListResize(input_handle, index + 1), lambda: input_handle
    )
    return result


# -- TensorListResize --------------------------------------------------------------------------
TensorListResize = op(
    "TensorListResize",
    "input_handle: variant, size: int32 -> output_handle: variant",
    stateful=True,
)


@TensorListResize.shape
def _shape_tensor_list_resize(s, input_handle, size):
    dims_lib.with_rank(size, 0)
    s.set_handle_data(lists.list_data(s))
    return ()


@TensorListResize.host_kernel
def _kernel_tensor_list_resize(k, input_handle, size):
    found = lists.list_of(input_handle)
    length = int(np.asarray(size).reshape(-1)[0])
    if length < 0:
        lists.fail(f"TensorListSlice expects size to be non-negative. Got: {length}")
    return found.resize(length)


@TensorListResize.xla_kernel
def _xla_tensor_list_resize(k, input_handle, size):
    return traced.resize(k, traced.expect(input_handle), size)


@TensorListResize.gradient
def _grad_tensor_list_resize(op, dlist):
    return TensorListResize(dlist, TensorListLength(op.inputs[0])), None


def tensor_list_resize(input_handle: Tensor, size: Any, name: str | None = None) -> Tensor:
    """A list cut to a length, or filled up to it with elements that are not set."""
    return TensorListResize(input_handle, size, name=name)
