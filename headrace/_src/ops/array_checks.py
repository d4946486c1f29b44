"""The operations of tensor arrays that keep a history, as TensorFlow 1's own arrays do.

They are list operations: nodes of the same types, with the same gradients and the same compiled
form. Interpreting them looks at the history of the array (see `engine/array_history.py`), which
its list carries, and words errors as TensorFlow 1's arrays do. Two equal ones are not one, since
reading twice differs from reading once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.opspec import OpSpec
from headrace._src.engine.array_history import ArrayHistory
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.ops import _tensor_lists as lists
from headrace._src.ops import tensor_list, tensor_list_concat, tensor_list_stack


def _variant(spec: OpSpec) -> Callable[[Callable[..., Any]], OpSpec]:
    """Decorator: the op of the same type that is interpreted by another kernel."""

    def with_kernel(kernel: Callable[..., Any]) -> OpSpec:
        own = copy.copy(spec)
        own.needs_op = True
        own.host_kernel(kernel)
        return own

    return with_kernel


# -- making --------------------------------------------------------------------------------------


def _made(k, element_shape, num_elements, *, element_dtype):
    if np.size(num_elements) == 1 and int(np.asarray(num_elements).reshape(-1)[0]) < 0:
        lists.fail("Size should be >= 0.")
    found = tensor_list.TensorListReserve.host(
        k, element_shape, num_elements, element_dtype=element_dtype
    )
    found.history = _history(k, found)
    return found


def _history(k: Any, found: TensorList) -> ArrayHistory:
    """The history of the array that an operation makes."""
    name, resizable, clears, alike = k.op.attrs["_array"].rsplit(" ", 3)
    return ArrayHistory(name, found.dims, resizable == "1", clears == "1", alike == "1")


Reserve = _variant(tensor_list.TensorListReserve)(_made)


def described(name: str, resizable: bool, clears: bool, alike: bool) -> str:
    """What the attr `_array` of a new array says of it."""
    return f"{name} {int(resizable)} {int(clears)} {int(alike)}"


# -- reading -------------------------------------------------------------------------------------


def _taken(found: TensorList, positions: Iterable[int]) -> list[Any]:
    """Elements, which are read now."""
    positions = list(positions)
    history = found.history
    history.note_reads(positions, found.length)
    everything = found.items()
    items = []
    for i in positions:
        item = everything[i]
        if item is None:
            item = lists.zeros(found.element_dtype, history.shape_of_unset(i))
        items.append(item)
    return items


@_variant(tensor_list.TensorListGetItem)
def GetItem(k, input_handle, index, element_shape, *, element_dtype):  # noqa: N802
    found = lists.list_of(input_handle, element_dtype)
    if found.history is None:
        host = tensor_list.TensorListGetItem.host
        return host(k, found, index, element_shape, element_dtype=element_dtype)
    position = int(np.asarray(index).reshape(-1)[0])
    found.history.note_reads((position,), found.length)
    item = found.get(position)
    if item is None:
        return lists.zeros(element_dtype, found.history.shape_of_unset(position))
    return item


def _packed(found: TensorList, positions: Iterable[int], element_shape: Any) -> Any:
    """Elements of one shape as one tensor."""
    items = _taken(found, positions)
    dims = lists.merged(lists.dims_of(element_shape), found.history.dims)
    if not items and not dims_lib.is_full(dims):
        raise errors.UnimplementedError(
            None,
            None,
            f"TensorArray has size zero, but element shape {lists.dims_text(dims)} is not fully "
            "defined. Currently only static shapes are supported when packing zero-size "
            "TensorArrays.",
        )
    if items:
        dims = lists.shape_of(items[0])
    for i, item in enumerate(items):
        if lists.shape_of(item) != dims:
            lists.fail(
                f"TensorArray has inconsistent shapes.  Index 0 has shape: {dims_lib.text(dims)} "
                f"but index {i} has shape: {dims_lib.text(lists.shape_of(item))}"
            )
    return lists.stacked(found.element_dtype, items, dims)


@_variant(tensor_list_stack.TensorListStack)
def Stack(k, input_handle, element_shape, *, element_dtype, num_elements):  # noqa: N802
    found = lists.list_of(input_handle, element_dtype)
    if found.history is None:
        host = tensor_list_stack.TensorListStack.host
        return host(k, found, element_shape, element_dtype=element_dtype, num_elements=num_elements)
    return _packed(found, range(found.length), element_shape)


@_variant(tensor_list_stack.TensorListGather)
def Gather(k, input_handle, indices, element_shape, *, element_dtype):  # noqa: N802
    found = lists.list_of(input_handle, element_dtype)
    if found.history is None:
        host = tensor_list_stack.TensorListGather.host
        return host(k, found, indices, element_shape, element_dtype=element_dtype)
    return _packed(found, np.asarray(indices).reshape(-1).tolist(), element_shape)


@_variant(tensor_list_concat.TensorListConcatV2)
def Concat(k, input_handle, element_shape, leading_dims, *, element_dtype):  # noqa: N802
    found = lists.list_of(input_handle, element_dtype)
    host = tensor_list_concat.TensorListConcatV2.host
    if found.history is None:
        return host(k, found, element_shape, leading_dims, element_dtype=element_dtype)
    items = _taken(found, range(found.length))
    if not items:
        dims = lists.dims_of(element_shape)
        if dims is None or not dims_lib.is_full(dims[1:]):
            inner = None if dims is None else dims[1:]
            raise errors.UnimplementedError(
                None,
                None,
                "TensorArray has size zero, but element_shape_except0 "
                f"{lists.dims_text(inner)} is not fully defined. Currently only static shapes are "
                "supported when concatenating zero-size TensorArrays.",
            )
    first = lists.shape_of(items[0]) if items else ()
    for i, item in enumerate(items):
        shape = lists.shape_of(item)
        if not shape:
            lists.fail(
                f"Concat saw a scalar shape at index {i} but requires at least vectors.  Did you "
                "mean to call pack?"
            )
        if shape[1:] != first[1:]:
            lists.fail(
                "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                f"{dims_lib.text(first[1:])} but index {i} has (excepting dimension 0) shape: "
                f"{dims_lib.text(shape[1:])}"
            )
    plain = TensorList(found.element_dtype, found.dims, items)
    return host(k, plain, element_shape, leading_dims, element_dtype=element_dtype)


# -- writing -------------------------------------------------------------------------------------


def _check_dtype(found: TensorList, dtype: Any) -> None:
    if found.element_dtype is not dtype:
        lists.fail(
            f"TensorArray dtype is {lists.type_text(found.element_dtype)} but Op is trying to "
            f"write dtype {lists.type_text(dtype)}."
        )


@_variant(tensor_list.TensorListSetItem)
def SetItem(k, input_handle, index, item, *, element_dtype):  # noqa: N802
    found = lists.list_of(input_handle)
    if found.history is None:
        host = tensor_list.TensorListSetItem.host
        return host(k, found, index, item, element_dtype=element_dtype)
    _check_dtype(found, element_dtype)
    position = int(np.asarray(index).reshape(-1)[0])
    found.history.note_write(position, found.length, lists.shape_of(item))
    return found.set_item(position, item)


@_variant(tensor_list_stack.TensorListScatterIntoExistingList)
def ScatterInto(k, input_handle, tensor, indices, *, element_dtype):  # noqa: N802
    found = lists.list_of(input_handle)
    history = found.history
    if history is None:
        host = tensor_list_stack.TensorListScatterIntoExistingList.host
        return host(k, found, tensor, indices, element_dtype=element_dtype)
    _check_dtype(found, element_dtype)
    positions = np.asarray(indices).reshape(-1).tolist()
    rows = lists.rows(tensor) if np.ndim(tensor) else []
    if len(positions) != len(rows):
        lists.fail(
            f"Expected len(indices) == values.shape[0], but saw: {len(positions)} vs. {len(rows)}"
        )
    highest = max(positions, default=-1)
    if highest >= found.length and not history.resizable:
        lists.fail(f"Max scatter index must be < array size ({highest} vs. {found.length})")
    size = max(found.length, highest + 1)
    items = [*found.items(), *[None] * (size - found.length)]
    for position, row in zip(positions, rows, strict=True):
        history.note_write(position, size, lists.shape_of(row))
        items[position] = row
    made = found.replaced(items)
    made.history = history
    return made


@_variant(tensor_list_concat.TensorListSplit)
def Split(k, tensor, element_shape, lengths, *, element_dtype):  # noqa: N802
    if not np.ndim(tensor):
        lists.fail("Expected value to be at least a vector, but received shape: []")
    total = int(np.sum(lengths))
    if total != tensor.shape[0]:
        lists.fail(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{total} and value's shape is: {dims_lib.text(tensor.shape)}"
        )
    size, n = k.op.attrs["_array_size"], np.size(lengths)
    if size not in (-1, n):
        lists.fail(
            f"TensorArray's size is not equal to the size of lengths ({size} vs. {n}), and the "
            "TensorArray is not marked as dynamically resizeable"
        )
    host = tensor_list_concat.TensorListSplit.host
    found = host(k, tensor, element_shape, lengths, element_dtype=element_dtype)
    found.history = _history(k, found)
    for i, item in enumerate(found.items()):
        found.history.note_write(i, found.length, lists.shape_of(item))
    return found


# Only the interpreter finds what a program does wrong.
Reserve.interpreted_first = Split.interpreted_first = True

__all__ = [
    "Concat",
    "Gather",
    "GetItem",
    "Reserve",
    "ScatterInto",
    "SetItem",
    "Split",
    "Stack",
    "described",
]
