"""Whole lists from and to tensors: stacking, gathering, scattering, concatenating, splitting."""

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
from headrace._src.ops import concat as concat_ops
from headrace._src.ops import constant, slicing, tensor_list
from headrace._src.ops import shapes as shape_ops


def _shape_of_rows(tensor: Tensor) -> Tensor:
    """The shape of a tensor without its first dimension, computed at run time."""
    return slicing.slice_(shape_ops.shape(tensor), [1], [-1])


def _element_dims(found: TensorList, element_shape: Any, items: list[Any]) -> dims_lib.Dims:
    """What an element shape, a list, and, where that list is not sure, its elements say."""
    dims = lists.merged(element_shape, found.dims)
    if not dims_lib.is_full(found.dims):
        for item in items:
            if item is not None:
                dims = lists.merged(dims, lists.shape_of(item))
    return dims


def _require_known(dims: dims_lib.Dims, message: str) -> Any:
    if not dims_lib.is_full(dims):
        lists.fail(f"{message}: {lists.dims_text(dims)}")
    return dims


# -- TensorListStack ---------------------------------------------------------------------------
TensorListStack = op(
    "TensorListStack",
    "input_handle: variant, element_shape: int32 -> tensor: element_dtype",
    element_dtype=A.dtype(),
    num_elements=A.integer(default=-1),
)


def _read_data(s: Any, dtype: dtypes.DType) -> dims_lib.Dims:
    """What is known of the shape of the elements of the first input."""
    data = lists.list_data(s)
    if data is None:
        return None
    if data[0] is not dtype:
        raise ValueError(
            "Trying to read from list with wrong element dtype. List has type "
            f"{lists.type_text(data[0])} but expected type {lists.type_text(dtype)}"
        )
    return data[1]


@TensorListStack.shape
def _shape_tensor_list_stack(s, input_handle, element_shape, *, element_dtype, num_elements):
    known = _read_data(s, element_dtype)
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
        _require_known(
            dims, "Tried to stack elements of an empty list with non-fully-defined element_shape"
        )
    _require_known(
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
        dlist, _shape_of_rows(tensor), element_dtype=tensor.dtype, num_elements=size
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
        _require_known(dims, "Tried to gather 0-elements from a list with non-fully-defined shape")
    _require_known(
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
    dtensor = TensorListGather(dlist, indices, _shape_of_rows(tensor), element_dtype=tensor.dtype)
    return (dtensor, *[None] * (len(op.inputs) - 1))


# -- TensorListScatterV2 -----------------------------------------------------------------------
TensorListScatterV2 = op(
    "TensorListScatterV2",
    "tensor: element_dtype, indices: int32, element_shape: shape_type, num_elements: int32 -> "
    "output_handle: variant",
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
    dtensor = TensorListGather(dlist, indices, _shape_of_rows(tensor), element_dtype=tensor.dtype)
    zeros = constant.zeros_like(tensor)
    return tensor_list_scatter(zeros, indices, indices, input_handle=dlist), dtensor, None


# -- TensorListConcat --------------------------------------------------------------------------
TensorListConcat = op(
    "TensorListConcat",
    "input_handle: variant -> tensor: element_dtype, lengths: int64",
    element_dtype=A.dtype(),
    element_shape=A.shape(default=None),
)


def _concat_dims(s: Any, element_shape: dims_lib.Dims, dtype: dtypes.DType) -> list[Any]:
    dims = dims_lib.merge(element_shape, _read_data(s, dtype))
    return [None if dims is None else (None, *dims[1:]), (None,)]


@TensorListConcat.shape
def _shape_tensor_list_concat(s, input_handle, *, element_shape, element_dtype):
    return _concat_dims(s, element_shape, element_dtype)


def _concatenated(found: TensorList, element_shape: dims_lib.Dims, leading_dims: Any) -> Any:
    """The elements of a list behind each other, and their lengths.

    Args:
      found: the list.
      element_shape: what is known of the shape of the elements.
      leading_dims: the lengths of elements that were never set.
    """
    dims = lists.merged(element_shape, found.dims)
    if dims == ():
        lists.fail("Concat requires elements to be at least vectors, found scalars instead.")
    first = None if dims is None else dims[0]
    inner = None if dims is None else dims[1:]
    items = found.items()
    if not items:
        _require_known(
            inner,
            "All except the first dimension must be fully defined when concating an empty tensor "
            "list. element_shape",
        )
    lengths = set()
    for i, item in enumerate(items):
        if item is None:
            continue
        shape = lists.shape_of(item)
        if not shape:
            lists.fail(f"Concat saw a scalar shape at index {i} but requires at least vectors.")
        inner = lists.merged(inner, shape[1:])
        if first not in (None, shape[0]):
            lists.fail(
                "First entry of element_shape input does not match the first dim of list element "
                f"at index: {i} Expected: {first} Actual: {shape[0]}"
            )
        lengths.add(shape[0])
    if first is None and len(lengths) == 1:
        first = lengths.pop()
    _require_known(
        inner,
        "Trying to concat list with only uninitialized tensors but "
        "element_shape_except_first_dim_ is not fully defined",
    )
    parts = [_part(found, i, item, first, inner, leading_dims) for i, item in enumerate(items)]
    empty = lists.zeros(found.element_dtype, (0, *inner))
    sizes = np.array([len(part) for part in parts], np.int64)
    return np.concatenate(parts) if parts else empty, sizes


def _part(
    found: TensorList, i: int, item: Any, first: int | None, inner: Any, leading_dims: Any
) -> Any:
    """The i-th element, zeros when it was never set."""
    if item is not None:
        return item
    if i < len(leading_dims):
        first = int(leading_dims[i])
    elif first is None:
        lists.fail(
            f"List contains uninitialized tensor at index {i} but leading_dims has only "
            f"{len(leading_dims)} elements."
        )
    return lists.zeros(found.element_dtype, (first, *inner))


@TensorListConcat.host_kernel
def _kernel_tensor_list_concat(k, input_handle, *, element_shape, element_dtype):
    return _concatenated(lists.list_of(input_handle, element_dtype), element_shape, ())


@TensorListConcat.xla_kernel
def _xla_tensor_list_concat(k, input_handle, *, element_shape, element_dtype):
    return traced.concat(traced.expect(input_handle, element_dtype), element_shape)


def _split_back(op: Any, dtensor: Tensor) -> Tensor:
    shape = tensor_list.TensorListElementShape(op.inputs[0], shape_type=dtypes.int32)
    return tensor_list_split(dtensor, shape, op.outputs[1])


@TensorListConcat.gradient
def _grad_tensor_list_concat(op, dtensor, dlengths):
    return _split_back(op, dtensor)


# -- TensorListConcatV2 ------------------------------------------------------------------------
TensorListConcatV2 = op(
    "TensorListConcatV2",
    "input_handle: variant, element_shape: shape_type, leading_dims: int64 -> "
    "tensor: element_dtype, lengths: int64",
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@TensorListConcatV2.shape
def _shape_tensor_list_concat_v2(s, input_handle, element_shape, leading_dims, *, element_dtype):
    return _concat_dims(s, lists.element_dims(s, 1), element_dtype)


@TensorListConcatV2.host_kernel
def _kernel_tensor_list_concat_v2(k, input_handle, element_shape, leading_dims, *, element_dtype):
    found = lists.list_of(input_handle, element_dtype)
    return _concatenated(found, lists.dims_of(element_shape), leading_dims)


@TensorListConcatV2.xla_kernel
def _xla_tensor_list_concat_v2(k, input_handle, element_shape, leading_dims, *, element_dtype):
    if np.size(leading_dims):
        raise traced.Unfit("elements that were never set have lengths of their own")
    found = traced.expect(input_handle, element_dtype)
    return traced.concat(found, traced.known_dims(element_shape))


@TensorListConcatV2.gradient
def _grad_tensor_list_concat_v2(op, dtensor, dlengths):
    return _split_back(op, dtensor), None, None


def tensor_list_concat(
    input_handle: Tensor, element_dtype: Any, element_shape: Any = None, name: str | None = None
) -> Tensor:
    """The elements of a list behind each other along their first dimension.

    Args:
      input_handle: the list.
      element_dtype: the dtype of its elements.
      element_shape: what is known of the shape of its elements.
      name: the name of the node.

    Returns:
      Tensor `[sum of lengths] + element shape[1:]`.
    """
    shape = lists.element_shape_argument(element_shape)
    lengths = constant.constant([], dtypes.int64)
    return TensorListConcatV2(input_handle, shape, lengths, element_dtype=element_dtype, name=name)[
        0
    ]


# -- TensorListSplit ---------------------------------------------------------------------------
TensorListSplit = op(
    "TensorListSplit",
    "tensor: element_dtype, element_shape: shape_type, lengths: int64 -> output_handle: variant",
    element_dtype=A.dtype(),
    shape_type=A.dtype(G.INDEX),
)


@TensorListSplit.shape
def _shape_tensor_list_split(s, tensor, element_shape, lengths, *, element_dtype):
    dims_lib.with_rank_at_least(tensor, 1)
    dims_lib.with_rank(lengths, 1)
    dims = lists.element_dims(s, 1)
    a, b = (None if d is None else (None, *d[1:]) if d else d for d in (tensor, dims))
    dims_lib.merge(a, b)
    s.set_handle_data((element_dtype, dims))
    return ()


@TensorListSplit.host_kernel
def _kernel_tensor_list_split(k, tensor, element_shape, lengths, *, element_dtype):
    dims = lists.dims_of(element_shape)
    shape = np.shape(tensor)
    if not shape:
        lists.fail("Tensor must be at least a vector, but saw shape: []")
    if np.ndim(lengths) != 1:
        lists.fail(
            f"Expected lengths to be a vector, received shape: {dims_lib.text(np.shape(lengths))}"
        )
    if dims is not None and not dims_lib.compatible((None, *dims[1:]), shape):
        lists.fail(
            f"tensor shape {dims_lib.text(shape)} is not compatible with element_shape "
            f"{lists.dims_text(dims)}"
        )
    items = []
    start = 0
    for length in lengths.tolist():
        if length < 0:
            lists.fail(f"Invalid value in lengths: {length}")
        end = start + length
        if end > len(tensor):
            lists.fail(
                f"Attempting to slice [{start}, {end}] from tensor with length {len(tensor)}"
            )
        items.append(tensor[start:end])
        start = end
    if start != len(tensor):
        lists.fail(f"Unused values in tensor. Length of tensor: {len(tensor)} Values used: {start}")
    return TensorList(element_dtype, dims, items)


@TensorListSplit.gradient
def _grad_tensor_list_split(op, dlist):
    tensor, _, lengths = op.inputs
    inner = _shape_of_rows(tensor)
    shape = concat_ops.concat([[-1], inner], axis=0)
    dtensor = TensorListConcatV2(dlist, shape, lengths, element_dtype=tensor.dtype)
    return dtensor[0], None, None


def tensor_list_split(
    tensor: Any, element_shape: Any, lengths: Any, name: str | None = None
) -> Tensor:
    """A list of consecutive parts of a tensor.

    Args:
      tensor: tensor `[sum of lengths] + element shape[1:]`.
      element_shape: what the list says of the shape of its elements.
      lengths: int64 vector of the lengths of the parts.
      name: the name of the node.

    Returns:
      The list, a variant scalar.
    """
    shape = lists.element_shape_argument(element_shape)
    return TensorListSplit(tensor, shape, lengths, name=name)


# -- TensorListConcatLists ---------------------------------------------------------------------
TensorListConcatLists = op(
    "TensorListConcatLists",
    "input_a: variant, input_b: variant -> output: variant",
    element_dtype=A.dtype(),
)


@TensorListConcatLists.shape
def _shape_tensor_list_concat_lists(s, input_a, input_b, *, element_dtype):
    shape = dims_lib.merge(input_a, input_b)
    dims: dims_lib.Dims = None
    for i, name in enumerate(("input_a", "input_b")):
        data = lists.list_data(s, i)
        if data is None:
            continue
        if data[0] is not element_dtype:
            raise ValueError(
                f"{name}.type != element_dtype: {lists.type_text(data[0])} vs. "
                f"{lists.type_text(element_dtype)}"
            )
        dims = dims_lib.merge(dims, data[1])
    s.set_handle_data((element_dtype, dims))
    return shape


@TensorListConcatLists.host_kernel
def _kernel_tensor_list_concat_lists(k, input_a, input_b, *, element_dtype):
    if np.shape(input_a) != np.shape(input_b):
        a, b = dims_lib.text(np.shape(input_a)), dims_lib.text(np.shape(input_b))
        lists.fail(f"input_a.shape != input_b.shape: {a} vs. {b}")
    result = np.empty(np.shape(input_a), object)
    pairs = zip(_lists_in(input_a), _lists_in(input_b), strict=True)
    for i, (a, b) in enumerate(pairs):
        for name, found in (("input_a", a), ("input_b", b)):
            if found.element_dtype is not element_dtype:
                lists.fail(
                    f"{name}[{i}].dtype != element_dtype.  Saw: "
                    f"{lists.type_text(found.element_dtype)} vs. {lists.type_text(element_dtype)}"
                )
        if a.dims != b.dims:
            lists.fail(
                f"input_a and input_b TensorList element shapes are not identical at index {i}.  "
                f"Saw {lists.dims_text(a.dims)} vs. {lists.dims_text(b.dims)}"
            )
        result.reshape(-1)[i] = a.replaced([*a.items(), *b.items()])
    return result if result.ndim else result[()]


def _lists_in(handles: Any) -> list[TensorList]:
    return [lists.list_of(handle) for handle in np.asarray(handles, object).reshape(-1)]


TensorListConcatLists.no_gradient("not differentiable in TensorFlow 1.15")


def tensor_list_concat_lists(
    input_a: Tensor, input_b: Tensor, element_dtype: Any, name: str | None = None
) -> Tensor:
    """A list of the elements of one list and then those of another."""
    return TensorListConcatLists(input_a, input_b, element_dtype=element_dtype, name=name)


# -- TensorListPushBackBatch -------------------------------------------------------------------
TensorListPushBackBatch = op(
    "TensorListPushBackBatch",
    "input_handles: variant, tensor: element_dtype -> output_handles: variant",
    element_dtype=A.dtype(),
)


@TensorListPushBackBatch.shape
def _shape_tensor_list_push_back_batch(s, input_handles, tensor, *, element_dtype):
    handles = dims_lib.with_rank(input_handles, 1)
    dims_lib.with_rank_at_least(tensor, 1)
    _, handles = dims_lib.merge_prefix(tensor, handles)
    data = tensor_list._written_data(lists.list_data(s), element_dtype, "push to")
    s.set_handle_data(data)
    return handles


@TensorListPushBackBatch.host_kernel
def _kernel_tensor_list_push_back_batch(k, input_handles, tensor, *, element_dtype):
    handles = _lists_in(input_handles)
    if len(tensor) != len(handles):
        lists.fail(
            "Expected tensor.shape[0] == input_handles.size, but saw "
            f"{len(tensor)} vs. {len(handles)}"
        )
    result = np.empty(len(handles), object)
    for i, (found, row) in enumerate(zip(handles, lists.rows(tensor), strict=True)):
        lists.list_of(found, element_dtype)
        result[i] = tensor_list.pushed(found, row, f" at index {i}.")
    return result


TensorListPushBackBatch.no_gradient("not differentiable in TensorFlow 1.15")


def tensor_list_push_back_batch(
    input_handles: Tensor, tensor: Any, name: str | None = None
) -> Tensor:
    """Lists, each with the row of a tensor at its end."""
    return TensorListPushBackBatch(input_handles, tensor, name=name)
