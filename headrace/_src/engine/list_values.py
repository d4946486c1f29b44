"""Lists on their way between the host and compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.engine import structures
from headrace._src.engine.optional_values import OptionalValue
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.engine.traced_lists import TracedList, TracedOptional


def placed(value: Any, room: int = 0) -> Any:
    """A list of the host as compiled code takes it; other values as they are.

    Args:
      value: the value.
      room: the capacity, where the list's length is to be a run-time value: lists of all lengths
        up to it are then of one form.
    """
    if type(value) is not TensorList:
        return value
    items = value.items()
    if value.element_dtype.name not in ("variant", "string"):
        return _of_arrays(value, items, room)
    elements = [_placed(item, room) for item in items if item is not None]
    if not all(map(_is_placed, elements)):
        return value
    capacity = max(room, len(items))
    found = TracedList(value.element_dtype, value.dims, value.limit, None, capacity, len(items))
    kind = None
    try:
        for e in elements:
            k = structures.of(e)
            kind = k if kind is None else structures.joined(kind, k)
    except structures.Mismatch:
        return value
    if kind is not None:
        found.items = _stacked(items, elements, kind, capacity)
    if room:
        found.length = np.int32(len(items))
        found.most = len(items)
    return found


def _is_placed(value: Any) -> bool:
    """Whether compiled code can take a value."""
    if isinstance(value, TracedOptional):
        return all(_is_placed(v) for values in value.parts.values() for v in values)
    if isinstance(value, (OptionalValue, TensorList)):
        return False
    return getattr(value, "dtype", None) != np.dtype(object)


def _of_arrays(value: TensorList, items: list[Any], room: int) -> Any:
    """`placed` of a list of arrays."""
    shape: Any = value.dims if dims_lib.is_full(value.dims) else None
    n = len(items)
    for item in items:
        if item is not None:
            if shape is None:
                shape = item.shape
            elif item.shape != shape:
                return value
    found = TracedList(value.element_dtype, value.dims, value.limit, None, max(room, n), n)
    if shape is not None:
        dtype = value.element_dtype.np_dtype
        found.items = np.zeros((found.capacity, *shape), dtype)
        if any(item is None for item in items):
            zero = np.zeros(shape, dtype)
            items = [zero if item is None else item for item in items]
        if items:
            found.items[:n] = items
    if room:
        found.length = np.int32(n)
        found.most = n
    return found


def _stacked(items: list[Any], elements: list[Any], kind: Any, capacity: int) -> Any:
    """The elements of a list, those that were never set included, behind each other."""
    shapes = structures.arrays_of([kind])
    columns = [np.zeros((capacity, *shape), dtype) for shape, dtype in shapes]
    given = iter(elements)
    for i, item in enumerate(items):
        if item is not None:
            parts = structures.leaves(structures.coerced(next(given), kind))
            for column, part in zip(columns, parts, strict=True):
                column[i] = part
    return structures.rebuilt(kind, iter(columns))


def _on_host(value: Any) -> Any:
    """An element of a list of compiled code as the interpreter has it."""
    if isinstance(value, TracedList):
        return on_host(value)
    if isinstance(value, TracedOptional):
        if not value.has:
            return OptionalValue(None)
        parts = {label: tuple(map(_on_host, values)) for label, values in value.parts.items()}
        return OptionalValue(None, parts)
    return np.asarray(value)


def _placed(value: Any, room: int) -> Any:
    """An element of a list as compiled code takes it; other values as they are."""
    if not isinstance(value, OptionalValue):
        return placed(value, room)
    if value.components is not None and not value.parts:
        return value
    parts = {
        label: tuple(_placed(v, room) for v in values) for label, values in value.parts.items()
    }
    return TracedOptional(value.has_value, parts)


def on_host(value: TracedList) -> TensorList:
    """A list of compiled code as the interpreter has it."""
    length = int(value.length)
    if value.items is None:
        return TensorList(value.dtype, value.dims, [None] * length, value.limit)
    if not structures.is_compound(value.items):
        rows = np.asarray(value.items)[:length]

        return TensorList(value.dtype, value.dims, list(rows), value.limit)
    kind = structures.of(value.items, 1)
    columns = [np.asarray(a) for a in structures.leaves(value.items)]
    items = []
    for i in range(length):
        items.append(_on_host(structures.rebuilt(kind, iter([c[i] for c in columns]))))
    return TensorList(value.dtype, value.dims, items, value.limit)


__all__ = ["on_host", "placed"]
