"""TensorList: the run-time value behind list operations, tensor arrays and loop accumulators.

A list never changes for those who hold it: every operation gives a new version. The versions of
one list share a buffer that belongs to the newest of them; an older one knows what differs from
the next. So work on the newest version takes constant time, and so does reading one that is a few
steps old; reading or changing a much older one copies the buffer, once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.engine.array_history import ArrayHistory

# Held for a few bytecodes at a time: two runs may hold the same version.
_LOCK: Final = threading.Lock()
# How many positions a list that is unset elsewhere keeps in mind.
_FEW: Final = 16
# How many steps are followed before an old version gets a buffer of its own.
_NEAR: Final = 4


class TensorList:
    """One version of a list of tensors; to its holder it is immutable.

    Attributes:
      element_dtype: the dtype of the elements.
      dims: the static shape that every element fits.
      limit: the largest length allowed, or -1.
      length: the number of elements.
      touched: the only positions that may be set, where they are few; None when not known. The
        gradient of reading one element is a list with that one; adding it must not take longer
        than setting it.
      history: what happened to the tensor array that this list stands for; None of other lists.

    State inventory:
      _items: the elements, None where one was never set; None in a version that is not the newest.
      _alone: whether `_items` is never handed on, so that changes copy it.
      _newer, _index, _value: this version is `_newer` but for the element at `_index`, which is
        `_value` here (-1: no element differs), and for the length.
    """

    __slots__ = (
        "_alone",
        "_index",
        "_items",
        "_newer",
        "_value",
        "dims",
        "element_dtype",
        "history",
        "length",
        "limit",
        "touched",
    )

    def __init__(
        self, element_dtype: DType, dims: Dims, items: Iterable[Any] = (), limit: int = -1
    ) -> None:
        self.element_dtype = element_dtype
        self.dims = dims
        self.limit = limit
        self.touched: tuple[int, ...] | None = None
        self.history: ArrayHistory | None = None
        self._items: list[Any] | None = list(items)
        self.length = len(self._items)
        self._alone = False
        self._newer: TensorList | None = None
        self._index = -1
        self._value: Any = None

    @classmethod
    def reserved(cls, element_dtype: DType, dims: Dims, length: int) -> TensorList:
        """A list of elements that are not set."""
        made = cls(element_dtype, dims, [None] * length)
        made.touched = ()
        return made

    # -- reading -------------------------------------------------------------------------------

    def get(self, index: int) -> Any:
        """The element at a position within the list; None when it was never set."""
        with _LOCK:
            version: TensorList = self
            for _ in range(_NEAR):
                if version._items is not None:
                    return version._items[index]
                if version._index == index:
                    return version._value
                assert version._newer is not None
                version = version._newer
            return self._own_items()[index]

    def items(self) -> list[Any]:
        """A new list of the elements, None where one was never set."""
        with _LOCK:
            return list(self._own_items())

    def _own_items(self) -> list[Any]:
        """The elements; an old version gets a buffer of its own. The caller holds the lock."""
        if self._items is not None:
            return self._items
        path = []
        version: TensorList = self
        while version._items is None:
            path.append(version)
            assert version._newer is not None
            version = version._newer
        items = list(version._items)
        for version in reversed(path):
            del items[version.length :]
            if version._index >= len(items):
                items.append(version._value)
            elif version._index >= 0:
                items[version._index] = version._value
        self._items = items
        self._alone = True
        self._newer = self._value = None
        return items

    # -- changing ------------------------------------------------------------------------------

    def _next(self, change: Callable[[list[Any]], None], index: int, value: Any) -> TensorList:
        """The version after `change`; seen from it, this one has `value` at `index`."""
        newer = TensorList.__new__(TensorList)
        newer.element_dtype = self.element_dtype
        newer.dims = self.dims
        newer.limit = self.limit
        newer.history = self.history
        newer.touched = None
        newer._alone = False
        newer._newer = newer._value = None
        newer._index = -1
        if self._items is None or self._alone:
            items = list(self._own_items())
        else:
            items = self._items
            self._items = None
            self._newer = newer
            self._index = index
            self._value = value
        change(items)
        newer._items = items
        newer.length = len(items)
        return newer

    def push_back(self, value: Any) -> TensorList:
        """The list with one more element."""
        with _LOCK:
            return self._next(lambda items: items.append(value), -1, None)

    def pop_back(self) -> tuple[TensorList, Any]:
        """The list without its last element, and that element, None when it was never set."""
        last = self.length - 1
        value = self.get(last)
        with _LOCK:
            return self._next(lambda items: items.__delitem__(last), last, value), value

    def set_item(self, index: int, value: Any) -> TensorList:
        """The list with another element at a position within it."""
        before = self.get(index)
        with _LOCK:
            newer = self._next(lambda items: items.__setitem__(index, value), index, before)
        touched = self.touched
        if touched is not None and (index in touched or len(touched) < _FEW):
            newer.touched = touched if index in touched else (*touched, index)
        return newer

    def resize(self, length: int) -> TensorList:
        """The list cut to, or filled with unset elements up to, a length."""
        if length < self.length:
            with _LOCK:
                kept = self._own_items()[:length]
            return TensorList(self.element_dtype, self.dims, kept, self.limit)
        missing = length - self.length
        with _LOCK:
            return self._next(lambda items: items.extend([None] * missing), -1, None)

    def replaced(self, items: Iterable[Any]) -> TensorList:
        """A list of the same kind with other elements."""
        return TensorList(self.element_dtype, self.dims, items, self.limit)

    def __repr__(self) -> str:
        return f"<TensorList of {self.length} {self.element_dtype.name}>"


__all__ = ["TensorList"]
