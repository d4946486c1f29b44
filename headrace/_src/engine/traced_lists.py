"""Lists and optional values while lowering: trees whose leaves are traced arrays.

A list lies in one array a leaf of its elements, as long as the list may grow: its capacity. The
length is known or traced. A list of which no element was set yet, and whose elements are of an
unknown shape, has no arrays at all.

Outside of loops a list that is full gets a larger capacity. In the body of a loop it cannot, since
what a loop carries keeps its shape; there `most` counts on, and the loop, which is traced again,
starts with what is needed (see `lower_loops`).
"""

from __future__ import annotations

from typing import Any

from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType


class TracedList:
    """One version of a list; never changed.

    Attributes:
      dtype: the dtype of the elements.
      dims: the static shape that every element fits.
      limit: the largest length allowed, or -1.
      items: the elements, one behind the other: an array, or for elements that are lists or
        optionals a tree of arrays; None when nothing is known of them.
      capacity: the length of these arrays.
      length: the number of elements, an int or a traced int32 scalar.
      within: of whole numbers, the least and the greatest that an element may be; () where there is
        no element yet, None where nothing is known.
      most: what `length` is at most; in a loop that is to carry the list it may pass `capacity`.
      fixed: whether the capacity must stay.
      parts: (position, element) of everything in it that is not zero, None where that is not known.
      seen: (position, element, where) read before a later version replaced it, or None.
    """

    __slots__ = (
        "capacity",
        "dims",
        "dtype",
        "fixed",
        "items",
        "length",
        "limit",
        "most",
        "parts",
        "seen",
        "within",
    )

    def __init__(
        self,
        dtype: DType,
        dims: Dims,
        limit: int = -1,
        items: Any = None,
        capacity: int = 0,
        length: Any = 0,
        within: tuple[int, ...] | None = None,
        most: int | None = None,
        fixed: bool = False,
        parts: tuple[tuple[Any, Any], ...] | None = None,
    ) -> None:
        self.dtype = dtype
        self.dims = dims
        self.limit = limit
        self.items = items
        self.capacity = capacity
        self.length = length
        self.within = within
        if most is None:
            most = length if isinstance(length, int) else capacity
        self.most = most
        self.fixed = fixed
        self.parts = parts
        self.seen: tuple[Any, Any, Any] | None = None

    def replaced(self, **changes: Any) -> TracedList:
        """A list that differs in some attributes."""
        own = ("parts", "seen")
        values = {name: getattr(self, name) for name in self.__slots__ if name not in own}
        if "length" in changes and "most" not in changes:
            del values["most"]
        return TracedList(**{**values, **changes})

    @property
    def shape(self) -> Any:
        """What tells lists apart that need different code."""
        from headrace._src.engine import structures

        return structures.of(self)

    def on_host(self) -> Any:
        """The same list as the interpreter has it."""
        from headrace._src.engine import list_values

        return list_values.on_host(self)

    def __repr__(self) -> str:
        return f"<TracedList of {self.length} in {self.capacity} {self.dtype.name}>"


class TracedOptional:
    """An optional value, of which it may only be known at run time which of several it is.

    Attributes:
      has: whether there is a value, a bool or a traced one.
      parts: label of what it may be → components; zeros for what it is not.
    """

    __slots__ = ("has", "parts")

    def __init__(self, has: Any, parts: dict[str, tuple[Any, ...]]) -> None:
        self.has = has
        self.parts = parts
