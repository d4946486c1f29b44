"""Lists in converted code: Python lists, or lists of the graph where the feature LISTS says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from headrace._src.core import convert, dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional, flows
from headrace._src.ops._late import late


class GetItemOpts(NamedTuple):
    """What is known of an element that is read."""

    element_dtype: Any


class ListPopOpts(NamedTuple):
    """What is known of an element that is taken from the end of a list."""

    element_dtype: Any
    element_shape: Any


class ListStackOpts(NamedTuple):
    """What is known of the elements of a list that is stacked, and what stacks others."""

    element_dtype: Any
    original_call: Callable[[Any], Any]


def _is_tensor_list(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is dtypes.variant


def new_list(iterable: Any = None) -> Any:
    """A list display: a Python list of its elements; without elements a list of the graph."""
    elements = list(iterable) if iterable else []
    if elements:
        return elements
    return late.EmptyTensorList(late.constant(-1), late.constant(-1), element_dtype=dtypes.variant)


def _list_of(element: Tensor) -> Tensor:
    """An empty list of the graph for elements like this one."""
    made: Tensor = late.EmptyTensorList(
        late.shape(element), late.constant(-1), element_dtype=element.dtype
    )
    return made


def list_append(list_: Any, x: Any) -> Any:
    """The list after `list_.append(x)`."""
    if flows.is_tensor_array(list_):
        return list_.write(list_.size(), x)
    if _is_tensor_list(list_):
        element = convert.convert_to_tensor(x)
        # The first element says what the list holds.
        list_ = conditional.cond(
            late.TensorListLength(list_) > 0, lambda: list_, lambda: _list_of(element)
        )
        return late.TensorListPushBack(list_, element)
    list_.append(x)
    return list_


def list_pop(list_: Any, i: Any, opts: ListPopOpts) -> tuple[Any, Any]:
    """The list after `list_.pop(i)`, and what it gave."""
    if _is_tensor_list(list_):
        if i is not None:
            raise NotImplementedError("tensor lists only support removing from the end")
        if opts.element_dtype is None:
            raise ValueError("cannot pop from a list without knowing its element type")
        shape = late.constant(-1 if opts.element_shape is None else opts.element_shape)
        return late.TensorListPopBack(list_, shape, element_dtype=opts.element_dtype)
    x = list_.pop() if i is None else list_.pop(i)
    return list_, x


def list_stack(list_: Any, opts: ListStackOpts) -> Any:
    """The elements of a list as one tensor."""
    if flows.is_tensor_array(list_):
        return list_.stack()
    if _is_tensor_list(list_):
        if opts.element_dtype is None:
            raise ValueError("cannot stack a list without knowing its element type")
        return late.TensorListStack(
            list_, late.constant(-1), element_dtype=opts.element_dtype, num_elements=-1
        )
    return opts.original_call(list_)


def get_item(target: Any, i: Any, opts: GetItemOpts) -> Any:
    """`target[i]`."""
    if flows.is_tensor_array(target):
        return target.read(i)
    if _is_tensor_list(target):
        if opts.element_dtype is None:
            raise ValueError("cannot get item from a list without knowing its element type")
        return late.TensorListGetItem(
            target, i, late.constant(-1), element_dtype=opts.element_dtype
        )
    return target[i]


def set_item(target: Any, i: Any, x: Any) -> Any:
    """The target after `target[i] = x`."""
    if flows.is_tensor_array(target):
        return target.write(i, x)
    if _is_tensor_list(target):
        return late.TensorListSetItem(target, i, convert.convert_to_tensor(x))
    target[i] = x
    return target


__all__ = [
    "GetItemOpts",
    "ListPopOpts",
    "ListStackOpts",
    "get_item",
    "list_append",
    "list_pop",
    "list_stack",
    "new_list",
    "set_item",
]
