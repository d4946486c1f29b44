"""What compiled code does with lists; see `traced_lists`.

Every function takes the kernel context `k` of the operation that asks.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.engine import backend, structures
from headrace._src.engine.traced_lists import TracedList

_MOST_ROWS: Final = 64
# How many elements of a list of zeros are remembered.
_MOST_PARTS: Final = 4

_WHOLE: Final = frozenset({"int32", "int64"})


class Unfit(Exception):  # noqa: N818
    """Compiled code cannot do this; the interpreter can, or says what is wrong."""


def known_dims(shape: Any) -> Dims:
    """The dims that a run-time shape stands for; unknown ones when it is not known yet."""
    if structures.is_traced(shape) or not np.ndim(shape):
        return None
    return tuple([None if d < 0 else int(d) for d in np.asarray(shape)])


def known_int(value: Any, what: str) -> int:
    """A number that must be known while lowering.

    Raises:
      Unfit: it is not.
    """
    if structures.is_traced(value):
        raise Unfit(f"{what} must be known before lowering")
    return int(np.asarray(value).reshape(-1)[0])


def known(value: Any) -> Any:
    """A value that must be known while lowering.

    Raises:
      Unfit: it is not.
    """
    if structures.is_traced(value):
        raise Unfit("indices must be known before lowering")
    return value


def expect(value: Any, dtype: DType | None = None) -> TracedList:
    """A list, of elements of a dtype.

    Raises:
      Unfit: it is something else.
    """
    if not isinstance(value, TracedList):
        raise Unfit(f"{type(value).__name__} is no list")
    if dtype is not None and value.dtype is not dtype:
        raise Unfit(f"a list of {value.dtype.name} holds no {dtype.name}")
    return value


def made(dtype: DType, dims: Dims, length: int, limit: int = -1) -> TracedList:
    """A list of elements that were never set."""
    items = None
    if dtype.name != "variant" and dims_lib.is_full(dims):
        items = backend.jax().numpy.zeros((length, *(dims or ())), dtype.np_dtype)
    within = None if dtype.name not in _WHOLE else (0, 0) if length else ()
    return TracedList(dtype, dims, limit, items, length, length, within, parts=())


def stacked(dtype: DType, dims: Dims, rows: Any) -> TracedList:
    """A list of the rows of a tensor."""
    rows = backend.jax().numpy.asarray(rows)
    if not rows.ndim or not dims_lib.compatible(dims, rows.shape[1:]):
        raise Unfit("the rows do not fit the element shape")
    return TracedList(dtype, dims, -1, rows, rows.shape[0], rows.shape[0])


def _holding(found: TracedList, element: Any) -> tuple[TracedList, Any]:
    """A list that can hold an element, and the element in the list's structure."""
    if not structures.is_compound(element):
        element = backend.jax().numpy.asarray(element)
        if not dims_lib.compatible(found.dims, element.shape):
            raise Unfit("the element does not fit the element shape")
    kind = structures.of(element)
    lead = (found.capacity,)
    if found.items is None:
        return found.replaced(items=structures.zeros(kind, lead)), element
    held = structures.of(found.items, 1)
    if held == kind:
        return found, element
    try:
        both = structures.joined(held, kind)
    except structures.Mismatch as e:
        raise Unfit(f"the elements of a list differ: {e}") from None
    items = structures.coerced(found.items, both, lead)
    return found.replaced(items=items), structures.coerced(element, both)


def _put(found: TracedList, index: Any, element: Any) -> Any:
    """The items of a list with one of them replaced."""
    if not found.capacity:
        # A loop is being traced that will start with more room.
        return found.items
    update = backend.jax().lax.dynamic_update_index_in_dim
    arrays = [
        update(a, b, index, 0, allow_negative_indices=False)
        for a, b in zip(structures.leaves(found.items), structures.leaves(element), strict=True)
    ]
    return structures.rebuilt(structures.of(found.items), iter(arrays))


def _taken(found: TracedList, index: Any) -> Any:
    """An element of a list."""
    if not found.capacity:
        return structures.zeros(structures.of(found.items, 1))
    take = backend.jax().lax.dynamic_index_in_dim
    return structures.mapped(
        lambda a: take(a, index, 0, keepdims=False, allow_negative_indices=False), found.items
    )


def grown(found: TracedList, most: int) -> TracedList:
    """A list with room for `most` elements; one whose capacity is fixed takes note only."""
    if found.fixed or most <= found.capacity:
        return found.replaced(most=most)
    # Doubling keeps a long row of pushes from copying the list at each of them.
    capacity = max(most, min(2 * found.capacity, found.capacity + 64))
    items = found.items
    if items is not None:
        items = structures.mapped(lambda a: structures.padded(a, 0, capacity), items)
    return found.replaced(items=items, capacity=capacity, most=most)


def push(k: Any, found: TracedList, element: Any) -> TracedList:
    """The list with one more element."""
    most = found.most + 1
    if found.limit >= 0:
        if not isinstance(found.length, int):
            k.require_range(found.length, None, found.limit - 1)
        elif found.length >= found.limit:
            raise Unfit("a list is full")
    within = _within(k, found, element)
    found, element = _holding(grown(found, most), element)
    items = _put(found, found.length, element)
    length = found.length + _one(found.length)
    if not isinstance(length, int):
        low, high = k.range_of(found.length)
        k.promise_range(
            length, None if low is None else low + 1, None if high is None else high + 1
        )
    return found.replaced(items=items, length=length, most=most, within=within)


def _within(k: Any, found: TracedList, element: Any) -> Any:
    """The range of the elements of a list that gets another one."""
    if not found.within and found.within != ():
        return None
    low, high = k.range_of(element)
    return None if low is None or high is None else structures.united(found.within, (low, high))


def _seen(k: Any, found: TracedList, element: Any) -> Any:
    """An element that was taken from a list, with what is known of it."""
    if found.within and structures.is_traced(element) and not np.ndim(element):
        k.promise_range(element, *found.within)
    return element


def _one(length: Any) -> Any:
    return 1 if isinstance(length, int) else np.int32(1)


def pop(k: Any, found: TracedList, shape: Any) -> tuple[TracedList, Any]:
    """The list without its last element, and that element."""
    if isinstance(found.length, int):
        if found.length < 1:
            raise Unfit("there is nothing to pop")
    else:
        k.require_range(found.length, 1, None)
    last = found.length - _one(found.length)
    if not isinstance(last, int):
        low, high = k.range_of(found.length)
        k.promise_range(last, None if low is None else low - 1, None if high is None else high - 1)
    element = _unset(found, shape) if found.items is None else _taken(found, last)
    element = _seen(k, found, element)
    rest = found.replaced(length=last, most=found.most - 1)
    return rest, element


def get(k: Any, found: TracedList, index: Any, shape: Any) -> Any:
    """One element of a list."""
    if found.seen is not None and found.seen[0] is index and found.seen[2] is k.scope:
        return _seen(k, found, found.seen[1])
    index = _position(k, found, index)
    if found.items is None:
        element = _unset(found, shape)
    elif found.parts == ():
        element = structures.zeros(structures.of(found.items, 1))
    else:
        element = _taken(found, index)
    return _seen(k, found, element)


def put(k: Any, found: TracedList, index: Any, element: Any) -> TracedList:
    """The list with another element at a position."""
    given = index
    index = _position(k, found, index)
    within = _within(k, found, element)
    parts = found.parts
    if parts is not None:
        parts = (*parts, (index, element)) if len(parts) < _MOST_PARTS else None
    at = index
    # Zeros are not read at all.
    is_read = k.is_shared(0) and found.parts != ()
    if found.items is not None and found.dtype.name != "variant" and is_read:
        at = _after_reading(k, found, given, index)
    found, element = _holding(found, element)
    return found.replaced(items=_put(found, at, element), within=within, parts=parts)


def _after_reading(k: Any, found: TracedList, given: Any, index: Any) -> Any:
    """The position at which to replace an element, known once the old one has been read.

    XLA replaces an element in place only where everything that reads the list comes before: else
    each iteration of a loop copies the list. The branch keeps the element from being read again by
    whatever computes with it.
    """
    jax = backend.jax()
    at = jax.numpy.asarray(index, np.int32)
    old = jax.lax.cond(at >= 0, lambda: _taken(found, at), lambda: _taken(found, at * 0))
    found.seen = (given, old, k.scope)
    if not old.size:
        return index
    first = old.reshape(-1)[0]
    if jax.numpy.issubdtype(first.dtype, np.complexfloating):
        first = first.real
    # A number that XLA does not know to be zero.
    return at + jax.lax.clamp(np.int32(0), (first > 0).astype(np.int32), np.int32(0))


def _position(k: Any, found: TracedList, index: Any) -> Any:
    if not structures.is_traced(index):
        index = int(np.asarray(index).reshape(-1)[0])
        if isinstance(found.length, int) and not 0 <= index < found.length:
            raise Unfit(f"there is no element {index}")
        if not isinstance(found.length, int):
            k.require(found.length > index)
        return index
    if isinstance(found.length, int):
        k.require_range(index, 0, found.length - 1)
    else:
        k.require((index >= 0) & (index < found.length))
    return index


def _unset(found: TracedList, shape: Any) -> Any:
    """Zeros for an element that was never set."""
    dims = dims_lib.merge(known_dims(shape), found.dims)
    if found.dtype.name == "variant" or not dims_lib.is_full(dims):
        raise Unfit("the shape of the elements is not known")
    return backend.jax().numpy.zeros(dims, found.dtype.np_dtype)


def stack(found: TracedList, shape: Any) -> Any:
    """The elements of a list as one tensor."""
    if not isinstance(found.length, int):
        raise Unfit("the length of a list that is stacked must be known before lowering")
    if found.dtype.name == "variant":
        raise Unfit("a list of lists is stacked")
    if found.items is None:
        element = _unset(found, shape)
        return backend.jax().numpy.zeros((found.length, *element.shape), element.dtype)
    return found.items[: found.length]


def concat(found: TracedList, dims: Dims) -> tuple[Any, Any]:
    """The elements of a list behind each other, and the length of each."""
    if found.items is None or not found.length:
        raise Unfit("nothing tells how long elements that were never set are")
    rows = stack(found, -1)
    if rows.ndim < 2 or not dims_lib.compatible(dims, rows.shape[1:]):
        raise Unfit("the elements do not fit the element shape")
    n, each = rows.shape[:2]
    return rows.reshape((n * each, *rows.shape[2:])), np.full(n, each, np.int64)


def gather(k: Any, found: TracedList, indices: Any, shape: Any) -> Any:
    """Some elements of a list as one tensor."""
    xp = backend.jax().numpy
    if found.dtype.name == "variant":
        raise Unfit("elements of a list of lists are gathered")
    indices = indices.reshape(-1)
    k.require((indices >= 0) & (indices < found.length))
    if found.items is None:
        element = _unset(found, shape)
        return xp.zeros((*np.shape(indices), *element.shape), element.dtype)
    if _counts(indices):
        return found.items[: len(indices)]
    return xp.take(found.items, indices, axis=0, mode="clip")


def _counts(indices: Any) -> bool:
    """Whether indices are known to be 0, 1, 2, ..."""
    if structures.is_traced(indices):
        return False
    return bool((np.asarray(indices) == np.arange(len(indices))).all())


def scatter(k: Any, found: TracedList, indices: Any, rows: Any) -> TracedList:
    """The list with some elements replaced by the rows of a tensor; the last one wins."""
    rows = backend.jax().numpy.asarray(rows)
    indices = indices.reshape(-1)
    k.require((indices >= 0) & (indices < found.length))
    if not rows.shape[0]:
        return found
    if _counts(indices):
        if found.length == rows.shape[0] and found.dtype.name != "variant":
            return stacked(found.dtype, found.dims, rows)
        found, _ = _holding(found, rows[0])
        return found.replaced(items=found.items.at[: rows.shape[0]].set(rows), within=None)
    if not structures.is_traced(indices) and len(set(np.asarray(indices).tolist())) == len(indices):
        found, _ = _holding(found, rows[0])
        items = found.items.at[indices].set(rows, mode="drop")
        return found.replaced(items=items, within=None)
    # XLA does not say which of several rows for one place stays.
    if rows.shape[0] > _MOST_ROWS:
        raise Unfit("many rows go to places that are not known before lowering")
    for i in range(rows.shape[0]):
        found, element = _holding(found, rows[i])
        found = found.replaced(items=_put(found, indices[i], element), within=None)
    return found


def resize(k: Any, found: TracedList, size: Any) -> TracedList:
    """The list cut to a length, or filled up to it with elements that were never set."""
    if not structures.is_traced(size):
        length: Any = known_int(size, "a length")
        found = grown(found, length)
        if found.fixed:
            k.require(length <= found.capacity)
    else:
        length = size.reshape(())
        found = grown(found, found.most + 1)
        k.require((length >= 0) & (length <= found.capacity))
    if found.items is not None:
        found = found.replaced(items=_cleared(found, length))
    # What is added is zero.
    within = None if found.within is None else structures.united(found.within, (0, 0))
    return found.replaced(length=length, most=found.most, within=within)


def _cleared(found: TracedList, end: Any) -> Any:
    """The items of a list with zeros from its length to `end`: what was popped is still there."""
    jax = backend.jax()
    if not found.capacity:
        return found.items
    if isinstance(found.length, int) and isinstance(end, int):
        start = found.length
        if end <= start:
            return found.items
        return structures.mapped(lambda a: a.at[start:end].set(0), found.items)
    kind = structures.of(found.items, 1)
    empty = structures.leaves(structures.zeros(kind))
    put = jax.lax.dynamic_update_index_in_dim

    def clear(place: Any, arrays: Any) -> Any:
        return [
            put(a, b, place, 0, allow_negative_indices=False)
            for a, b in zip(arrays, empty, strict=True)
        ]

    bounds = [jax.numpy.asarray(n, np.int32) for n in (found.length, end)]
    arrays = jax.lax.fori_loop(*bounds, clear, structures.leaves(found.items))
    return structures.rebuilt(structures.of(found.items), iter(arrays))


def zeros_like(value: Any) -> Any:
    """A list of as many zeros, an optional of zeros."""
    xp = backend.jax().numpy
    if not structures.is_compound(value):
        return xp.zeros_like(value)
    found = structures.mapped_elements(xp.zeros_like, value)
    flat = isinstance(found, TracedList) and not structures.is_compound(found.items)
    return found.replaced(parts=()) if flat else found


def added(k: Any, a: Any, b: Any) -> Any:
    """Two lists added element by element."""
    a, b = expect(a), expect(b)
    same = a.length == b.length
    if isinstance(same, bool):
        if not same:
            raise Unfit("lists of different lengths are added")
    else:
        k.require(same)
    if a.parts is not None or b.parts is not None:
        # A gradient often has one element only.
        most, few = (a, b) if b.parts is not None else (b, a)
        return _with_parts(most, few.parts or ())
    kind = structures.of(a)
    try:
        both = structures.joined(kind, structures.of(b))
    except structures.Mismatch as e:
        raise Unfit(f"lists that differ are added: {e}") from None
    length = a.length if isinstance(a.length, int) else b.length
    a, b = structures.coerced(a, both), structures.coerced(b, both)
    items = a.items
    if items is not None:
        items = structures.combined(lambda x, y: x + y, items, b.items)
    return a.replaced(items=items, length=length, most=max(a.most, b.most), within=None)


def _with_parts(found: TracedList, parts: Any) -> TracedList:
    """A list with something added to some of its elements."""
    for index, element in parts:
        found, element = _holding(found, element)
        old = _taken(found, index)
        found = found.replaced(
            items=_put(found, index, structures.combined(lambda x, y: x + y, old, element)),
            within=None,
        )
    return found
