"""Whole lists from and to tensors of one row an element: stacking, gathering, scattering."""

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
from headrace._src.ops import constant, tensor_list


def _element_dims(found: TensorList, element_shape: Any, items: list[Any]) -> dims_lib.Dims:
    """What an element shape, a list, and, where that list is not sure, its elements say."""
    dims = lists.merged(element_shape, found.dims)
    if not dims_lib.is_full(found.dims):
        for item in items:
            if item is not None:
                dims = lists.merged(dims, lists.shape_of(item))
    return dims


# -- TensorListStack ---------------------------------------------------------------------------
TensorListStack = op(
    "TensorListStack",
    "input_handle: variant, element_shape: int32 -> tensor: element_dtype",
    element_dtype=A.dtype(),
    num_elements=A.integer(default=-1),
)


@TensorListStack.shape
def _shape_tensor_list_stack(s, input_handle, element_shape, *, element_dtype, num_elements):
    known = lists.read_data(s, element_dtype)
    dims = dims_lib.merge(known, lists.element_dims(s, 1))
    return dims_lib.concat((None if num_elements == -1 else num_elements,), dims)


@TensorListStack.host_kernel
def _kernel_tensor_list_stack(k, input_handle, element_shape, *, element_dtype, num_elements):
    found = lists.list_of(input_handle, element_dtype)
    if num_elements not in (-1, found.length):
        lists.fail(
            f"Operation expected a list with {num_elements} elements but got a list with "
            f"{found.length} elements."
        )
    items = found.items()
    dims = _element_dims(found, lists.dims_of(element_shape), items)
    if not items:
        lists.require_known(
            dims, "Tried to stack elements of an empty list with non-fully-defined element_shape"
        )
    lists.require_known(
        dims,
        "Tried to stack list which only contains uninitialized tensors and has a "
        "non-fully-defined element_shape",
    )
    return lists.stacked(element_dtype, items, dims)


@TensorListStack.xla_kernel
def _xla_tensor_list_stack(k, input_handle, element_shape, *, element_dtype, num_elements):
    found = traced.expect(input_handle, element_dtype)
    if num_elements not in (-1, found.length):
        raise traced.Unfit("the length of a list is another")
    return traced.stack(found, element_shape)


@TensorListStack.gradient
def _grad_tensor_list_stack(op, dtensor):
    return tensor_list_from_tensor(dtensor, dtensor.shape[1:]), None


def tensor_list_stack(
    input_handle: Tensor,
    element_dtype: Any,
    num_elements: int = -1,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """The elements of a list as one tensor.

    Args:
      input_handle: the list.
      element_dtype: the dtype of its elements.
      num_elements: the length that the list must have; -1 for any.
      element_shape: what is known of the shape of its elements.
      name: the name of the node.

    Returns:
      Tensor `[length] + element shape`, zeros where an element was never set.

    Raises:
      errors.InvalidArgumentError: (run) the elements differ in shape, or the length is another.
    """
    shape = lists.element_shape_argument(element_shape)
    return TensorListStack(
        input_handle, shape, element_dtype=element_dtype, num_elements=num_elements, name=name
    )


# -- TensorListFromTensor ----------------------------------------------------------------------
TensorListFromTensor = op(
    "TensorListFromTensor",
    "tensor: element_dtype, element_shape: shape_type -> output_handle: variant",
    kernel_ignores=("shape_type",),
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@TensorListFromTensor.shape
def _shape_tensor_list_from_tensor(s, tensor, element_shape, *, element_dtype):
    dims = lists.element_dims(s, 1)
    if tensor is not None:
        dims_lib.merge(tensor[1:] if tensor else None, dims)
    s.set_handle_data((element_dtype, dims))
    return ()


def _require_rows(tensor: Any, dims: dims_lib.Dims) -> None:
    """Checks that the rows of a tensor fit the element shape."""
    shape = np.shape(tensor)
    if not shape:
        lists.fail("Tensor must be at least a vector, but saw shape: []")
    if not dims_lib.compatible(dims, shape[1:]):
        lists.fail(
            f"Specified a list with shape {lists.dims_text(dims)} from a tensor with shape "
            f"{dims_lib.text(shape[1:])}"
        )


@TensorListFromTensor.host_kernel
def _kernel_tensor_list_from_tensor(k, tensor, element_shape, *, element_dtype):
    dims = lists.dims_of(element_shape)
    _require_rows(tensor, dims)
    return TensorList(element_dtype, dims, lists.rows(tensor))


@TensorListFromTensor.xla_kernel
def _xla_tensor_list_from_tensor(k, tensor, element_shape, *, element_dtype):
    return traced.stacked(element_dtype, traced.known_dims(element_shape), tensor)


@TensorListFromTensor.gradient
def _grad_tensor_list_from_tensor(op, dlist):
    tensor = op.inputs[0]
    if dlist is None:
        shape = tensor_list.TensorListElementShape(op.outputs[0], shape_type=dtypes.int32)
        dlist = tensor_list.empty_tensor_list(shape, tensor.dtype)
    size = tensor.dims[0] if tensor.dims else None
    dtensor = TensorListStack(
        dlist, lists.shape_of_rows(tensor), element_dtype=tensor.dtype, num_elements=size
    )
    return dtensor, None


def tensor_list_from_tensor(tensor: Any, element_shape: Any, name: str | None = None) -> Tensor:
    """A list of the rows of a tensor.

    Args:
      tensor: tensor `[length] + element shape`.
      element_shape: what the list says of the shape of its elements.
      name: the name of the node.

    Returns:
      The list, a variant scalar.
    """
    return TensorListFromTensor(tensor, lists.element_shape_argument(element_shape), name=name)


# -- TensorListGather --------------------------------------------------------------------------
TensorListGather = op(
    "TensorListGather",
    "input_handle: variant, indices: int32, element_shape: int32 -> values: element_dtype",
    element_dtype=A.dtype(),
)


@TensorListGather.shape
def _shape_tensor_list_gather(s, input_handle, indices, element_shape, *, element_dtype):
    return dims_lib.concat(indices, tensor_list.read_dims(s, 2, element_dtype))


@TensorListGather.host_kernel
def _kernel_tensor_list_gather(k, input_handle, indices, element_shape, *, element_dtype):
    found = lists.list_of(input_handle, element_dtype)
    positions = np.asarray(indices).reshape(-1).tolist()
    for position in positions:
        if position < 0 or position >= found.length:
            lists.fail(f"Index {position} out o range; list only has {found.length} elements.")
    everything = found.items()
    items = [everything[position] for position in positions]
    dims = _element_dims(found, lists.dims_of(element_shape), items)
    if not items:
        lists.require_known(
            dims, "Tried to gather 0-elements from a list with non-fully-defined shape"
        )
    lists.require_known(
        dims,
        "Tried to gather uninitialized tensors from a list with non-fully-defined element_shape",
    )
    return lists.stacked(element_dtype, items, dims)


@TensorListGather.xla_kernel
def _xla_tensor_list_gather(k, input_handle, indices, element_shape, *, element_dtype):
    found = traced.expect(input_handle, element_dtype)
    return traced.gather(k, found, indices, element_shape)


@TensorListGather.gradient
def _grad_tensor_list_gather(op, dtensor):
    input_list, indices, _ = op.inputs
    shape = tensor_list.TensorListElementShape(input_list, shape_type=dtypes.int32)
    size = tensor_list.TensorListLength(input_list)
    dlist = tensor_list.tensor_list_reserve(shape, size, dtensor.dtype)
    return TensorListScatterIntoExistingList(dlist, dtensor, indices), None, None


def tensor_list_gather(
    input_handle: Tensor,
    indices: Any,
    element_dtype: Any,
    element_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Elements of a list as one tensor.

    Args:
      input_handle: the list.
      indices: int32 vector of positions.
      element_dtype: the dtype of the elements.
      element_shape: what is known of their shape.
      name: the name of the node.

    Returns:
      Tensor `indices.shape + element shape`, zeros where an element was never set.
    """
    shape = lists.element_shape_argument(element_shape)
    return TensorListGather(input_handle, indices, shape, element_dtype=element_dtype, name=name)


# -- TensorListScatter -------------------------------------------------------------------------
TensorListScatter = op(
    "TensorListScatter",
    "tensor: element_dtype, indices: int32, element_shape: shape_type -> output_handle: variant",
    kernel_ignores=("shape_type",),
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@TensorListScatter.shape
def _shape_tensor_list_scatter(s, tensor, indices, element_shape, *, element_dtype):
    s.set_handle_data((element_dtype, lists.element_dims(s, 2)))
    return ()


def _scattered(dtype: Any, tensor: Any, indices: Any, element_shape: Any, length: int) -> Any:
    """A list with the rows of a tensor at the given positions; length -1: as long as needed."""
    dims = lists.dims_of(element_shape)
    _require_rows(tensor, dims)
    positions = np.asarray(indices).reshape(-1).tolist()
    if len(positions) != len(tensor):
        lists.fail(
            f"Invalid number of rows in input tensor. Expected: {len(positions)} Actual: "
            f"{len(tensor)}"
        )
    if length < -1:
        lists.fail(f"TensorListScatter expects num_elements >= -1, found: {length}")
    highest = -1
    for position in positions:
        if position < 0:
            lists.fail("Indices in TensorListScatter must all be non-negative.")
        if length != -1 and position >= length:
            lists.fail(
                f"TensorListScatter: Trying to scatter at index {position} in list with size "
                f"{length}"
            )
        highest = max(highest, position)
    items: list[Any] = [None] * (highest + 1 if length == -1 else length)
    for position, row in zip(positions, lists.rows(tensor), strict=True):
        items[position] = row
    return TensorList(dtype, dims, items)


@TensorListScatter.host_kernel
def _kernel_tensor_list_scatter(k, tensor, indices, element_shape, *, element_dtype):
    return _scattered(element_dtype, tensor, indices, element_shape, -1)


@TensorListScatter.xla_kernel
def _xla_tensor_list_scatter(k, tensor, indices, element_shape, *, element_dtype):
    length = 1 + max(np.asarray(traced.known(indices)).tolist(), default=-1)
    dims = traced.known_dims(element_shape)
    return traced.scatter(k, traced.made(element_dtype, dims, length), indices, tensor)


@TensorListScatter.gradient
def _grad_tensor_list_scatter(op, dlist):
    tensor, indices = op.inputs[:2]
    dtensor = TensorListGather(
        dlist, indices, lists.shape_of_rows(tensor), element_dtype=tensor.dtype
    )
    return (dtensor, *[None] * (len(op.inputs) - 1))


# -- TensorListScatterV2 -----------------------------------------------------------------------
TensorListScatterV2 = op(
    "TensorListScatterV2",
    "tensor: element_dtype, indices: int32, element_shape: shape_type, num_elements: int32 -> "
    "output_handle: variant",
    kernel_ignores=("shape_type",),
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@TensorListScatterV2.shape
def _shape_tensor_list_scatter_v2(
    s, tensor, indices, element_shape, num_elements, *, element_dtype
):
    s.set_handle_data((element_dtype, lists.element_dims(s, 2)))
    return ()


@TensorListScatterV2.host_kernel
def _kernel_tensor_list_scatter_v2(
    k, tensor, indices, element_shape, num_elements, *, element_dtype
):
    length = int(np.asarray(num_elements).reshape(-1)[0])
    return _scattered(element_dtype, tensor, indices, element_shape, length)


@TensorListScatterV2.xla_kernel
def _xla_tensor_list_scatter_v2(k, tensor, indices, element_shape, num_elements, *, element_dtype):
    length = traced.known_int(num_elements, "the length of a list")
    if length < 0:
        length = 1 + max(np.asarray(traced.known(indices)).tolist(), default=-1)
    dims = traced.known_dims(element_shape)
    return traced.scatter(k, traced.made(element_dtype, dims, length), indices, tensor)


TensorListScatterV2.gradient(_grad_tensor_list_scatter)


def tensor_list_scatter(
    tensor: Any,
    indices: Any,
    element_shape: Any = None,
    input_handle: Tensor | None = None,
    name: str | None = None,
) -> Tensor:
    """A list with the rows of a tensor at given positions.

    Args:
      tensor: tensor whose rows are the elements.
      indices: int32 vector of positions, one a row.
      element_shape: what a new list says of the shape of its elements.
      input_handle: the list to change; a new one when left out.
      name: the name of the node.

    Returns:
      The list, a variant scalar.
    """
    if input_handle is not None:
        return TensorListScatterIntoExistingList(input_handle, tensor, indices, name=name)
    shape = lists.element_shape_argument(element_shape)
    return TensorListScatterV2(tensor, indices, shape, -1, name=name)


# -- TensorListScatterIntoExistingList ---------------------------------------------------------
TensorListScatterIntoExistingList = op(
    "TensorListScatterIntoExistingList",
    "input_handle: variant, tensor: element_dtype, indices: int32 -> output_handle: variant",
    element_dtype=A.dtype(),
)


@TensorListScatterIntoExistingList.shape
def _shape_tensor_list_scatter_into(s, input_handle, tensor, indices, *, element_dtype):
    data = lists.list_data(s)
    if data is not None and data[0] is not element_dtype:
        raise ValueError(
            f"Expected list with element dtype {lists.type_text(element_dtype)} but got list with "
            f"element dtype {lists.type_text(data[0])}"
        )
    s.set_handle_data(data or (element_dtype, None))
    return ()


@TensorListScatterIntoExistingList.host_kernel
def _kernel_tensor_list_scatter_into(k, input_handle, tensor, indices, *, element_dtype):
    found = lists.list_of(input_handle)
    if found.element_dtype is not element_dtype:
        lists.fail(
            f"Invalid data types; input tensor type: {lists.type_text(element_dtype)} list "
            f"element_type: {lists.type_text(found.element_dtype)}"
        )
    if np.ndim(indices) != 1:
        shape = dims_lib.text(np.shape(indices))
        lists.fail(f"Expected indices to be a vector, but received shape: {shape}")
    _require_rows(tensor, found.dims)
    positions = indices.tolist()
    if len(positions) != len(tensor):
        lists.fail(
            f"Expected len(indices) == tensor.shape[0], but saw: {len(positions)} vs. {len(tensor)}"
        )
    items = found.items()
    for position, row in zip(positions, lists.rows(tensor), strict=True):
        if position < 0:
            lists.fail("Indices in TensorListScatter must all be non-negative.")
        if position >= len(items):
            items.extend([None] * (position + 1 - len(items)))
        items[position] = row
    return found.replaced(items)


@TensorListScatterIntoExistingList.xla_kernel
def _xla_tensor_list_scatter_into(k, input_handle, tensor, indices, *, element_dtype):
    return traced.scatter(k, traced.expect(input_handle, element_dtype), indices, tensor)


@TensorListScatterIntoExistingList.gradient
def _grad_tensor_list_scatter_into(op, dlist):
    _, tensor, indices = op.inputs
    dtensor = TensorListGather(
        dlist, indices, lists.shape_of_rows(tensor), element_dtype=tensor.dtype
    )
    zeros = constant.zeros_like(tensor)
    return tensor_list_scatter(zeros, indices, indices, input_handle=dlist), dtensor, None
