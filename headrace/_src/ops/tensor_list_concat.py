"""Lists behind each other: elements of any length joined and cut, lists joined, rows added."""

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
from headrace._src.ops import constant, tensor_list

# -- TensorListConcat --------------------------------------------------------------------------
TensorListConcat = op(
    "TensorListConcat",
    "input_handle: variant -> tensor: element_dtype, lengths: int64",
    element_dtype=A.dtype(),
    element_shape=A.shape(default=None),
)


def _concat_dims(s: Any, element_shape: dims_lib.Dims, dtype: dtypes.DType) -> list[Any]:
    dims = dims_lib.merge(element_shape, lists.read_data(s, dtype))
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
        lists.require_known(
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
    lists.require_known(
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
    kernel_ignores=("shape_type",),
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
    kernel_ignores=("shape_type",),
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
    inner = lists.shape_of_rows(tensor)
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
