"""Queues: the host structures behind queue operations.

A queue holds elements, tuples of components. Enqueuers and dequeuers wait in order of arrival, each
kind in its own line; a call that wants several
elements takes or gives them one at a time and gives taken ones back when it fails.
"""

from __future__ import annotations

import collections
import heapq
import itertools
import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import errors
from headrace._src.core.dims import Dims, text
from headrace._src.engine import philox
from headrace._src.engine.run import Run

_NUMBERS: Final = itertools.count()

Element = tuple[Any, ...]


def private_name(name: str) -> str:
    """The name of a queue that is not shared: numbered, as messages of 1.15 show it."""
    return f"_{next(_NUMBERS)}_{name}"


class HostQueue:
    """A first-in, first-out queue.

    State inventory:
      _items: the elements.           closed: whether new elements are refused.
      _givers, _takers: tickets of the waiting calls, in order of arrival.
      _changed: the condition on which they wait.      _cancel: number of the newest cancelling
        close.
    """

    kind = "FIFOQueue"

    def __init__(self, name: str, capacity: int, dtypes: Sequence[Any], shapes: Sequence[Dims]):
        self.name = name
        self.capacity = capacity
        self.dtypes = tuple(dtypes)
        self.shapes = tuple(shapes)
        self.closed = False
        self._items: Any = collections.deque()
        self._givers: collections.deque[object] = collections.deque()
        self._takers: collections.deque[object] = collections.deque()
        self._changed = threading.Condition()
        self._cancel = 0

    # -- what the kinds of queues differ in ----------------------------------------------------

    def _push(self, element: Element) -> None:
        self._items.append(element)

    def _pop(self) -> Element:
        return self._items.popleft()  # type: ignore[no-any-return]

    def _put_back(self, elements: list[Element]) -> None:
        self._items.extendleft(reversed(elements))

    def _available(self) -> int:
        """How many elements may be taken now."""
        return len(self._items)

    # -- operations ----------------------------------------------------------------------------

    def size(self) -> int:
        """The number of elements."""
        with self._changed:
            return len(self._items)

    def close(self, cancel_pending: bool) -> None:
        """Refuses new elements; waiting enqueuers go on unless `cancel_pending`."""
        with self._changed:
            self.closed = True
            if cancel_pending:
                self._cancel += 1
            self._changed.notify_all()

    def enqueue(self, elements: Sequence[Element], run: Run) -> None:
        """Adds elements, waiting while the queue is full.

        Raises:
          CancelledError: the queue is closed, or the wait was cancelled.
          InvalidArgumentError: an element has another shape than the queue.
        """
        for element in elements:
            self._check(element)
        ticket = object()
        with self._changed:
            if self.closed:
                raise errors.CancelledError(None, None, f"{self.kind} '{self.name}' is closed.")
            cancel = self._cancel
            self._givers.append(ticket)
            try:
                for element in elements:
                    self._wait(
                        run,
                        "Enqueue",
                        lambda: (
                            cancel != self._cancel
                            or (self._givers[0] is ticket and self._has_room())
                        ),
                    )
                    if cancel != self._cancel:
                        raise errors.CancelledError(None, None, "Enqueue operation was cancelled")
                    self._push(element)
                    self._changed.notify_all()
            finally:
                self._givers.remove(ticket)
                self._changed.notify_all()

    def dequeue(self, count: int, run: Run, up_to: bool = False) -> list[Element]:
        """Takes elements, waiting until there are enough.

        Args:
          count: how many.
          run: the run that waits.
          up_to: whether a closed queue may give fewer.

        Raises:
          OutOfRangeError: the queue is closed and holds too few.
          CancelledError: the wait was cancelled.
        """
        ticket = object()
        taken: list[Element] = []
        with self._changed:
            self._takers.append(ticket)
            try:
                while len(taken) < count:
                    self._wait(
                        run,
                        "Dequeue",
                        lambda: (
                            self._takers[0] is ticket
                            and (self._available() > 0 or (self.closed and not self._givers))
                        ),
                    )
                    if self._available() <= 0:
                        if up_to and taken:
                            break
                        current = len(self._items) + len(taken)
                        raise errors.OutOfRangeError(
                            None,
                            None,
                            f"{self.kind} '{self.name}' is closed and has insufficient elements "
                            f"(requested {count}, current size {current})",
                        )
                    taken.append(self._pop())
                    self._changed.notify_all()
            except BaseException:
                self._put_back(taken)
                raise
            finally:
                self._takers.remove(ticket)
                self._changed.notify_all()
        return taken

    def stacked(self, elements: list[Element]) -> list[Any]:
        """The components of several elements, stacked."""
        return [
            np.stack([e[i] for e in elements])
            if elements
            else np.empty((0, *(self.shapes[i] or ())), dtype.np_dtype)
            for i, dtype in enumerate(self.dtypes)
        ]

    def check_batchable(self, method: str) -> None:
        """Raises unless elements of this queue can be stacked."""
        if len(self.shapes) != len(self.dtypes) or any(s is None or None in s for s in self.shapes):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{self.kind}'s DequeueMany and DequeueUpTo require the components to have "
                "specified shapes.",
            )

    # -- helpers -------------------------------------------------------------------------------

    def _has_room(self) -> bool:
        return self.capacity < 0 or len(self._items) < self.capacity

    def _wait(self, run: Run, what: str, predicate: Any) -> None:
        try:
            run.wait_for(self._changed, predicate)
        except errors.CancelledError:
            raise errors.CancelledError(None, None, f"{what} operation was cancelled") from None

    def check_rows(self, components: Sequence[Any]) -> None:
        """Checks the components of several elements, one a row.

        Raises:
          InvalidArgumentError: they differ in their number of rows, or the rows do not fit.
        """
        rows = len(components[0])
        for i, value in enumerate(components):
            if self.shapes and self.shapes[i] is not None:
                _check_component(i, value, (rows, *self.shapes[i]))  # type: ignore[misc]
            elif len(value) != rows:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    "All input tensors must have the same size in the 0th dimension. Component "
                    f"{i} has {len(value)}, and should have {rows}",
                )

    def _check(self, element: Element) -> None:
        for i, (value, shape) in enumerate(zip(element, self.shapes, strict=bool(self.shapes))):
            _check_component(i, value, shape)


def _check_component(i: int, value: Any, shape: Dims) -> None:
    got = np.shape(value)
    if shape is not None and (
        len(got) != len(shape)
        or any(d is not None and d != n for d, n in zip(shape, got, strict=True))
    ):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Shape mismatch in tuple component {i}. Expected {text(shape)}, got {text(got)}",
        )


class PaddingQueue(HostQueue):
    """A first-in, first-out queue that pads elements of one batch to one shape."""

    kind = "PaddingFIFOQueue"

    def check_batchable(self, method: str) -> None:
        """Padding makes every batch stackable when the ranks are known."""

    def stacked(self, elements: list[Element]) -> list[Any]:
        """The components of several elements, padded with zeros and stacked."""
        result = []
        for i, dtype in enumerate(self.dtypes):
            parts = [np.asarray(e[i]) for e in elements]
            largest = tuple(np.max([p.shape for p in parts], axis=0)) if parts[0].ndim else ()
            if dtype.np_dtype.kind == "O":
                batch = np.full((len(parts), *largest), b"", dtype=object)
            else:
                batch = np.zeros((len(parts), *largest), dtype.np_dtype)
            for row, part in zip(batch, parts, strict=True) if largest else ():
                row[tuple(slice(0, n) for n in part.shape)] = part
            if not largest:
                batch = np.stack(parts)
            result.append(batch)
        return result


class ShuffleQueue(HostQueue):
    """A queue that gives a random element.

    Attributes:
      least: how many elements stay in an open queue, so that there is something to mix.
    """

    kind = "RandomShuffleQueue"

    def __init__(
        self,
        name: str,
        capacity: int,
        dtypes: Sequence[Any],
        shapes: Sequence[Dims],
        least: int,
        seeds: tuple[int, int],
    ) -> None:
        super().__init__(name, capacity, dtypes, shapes)
        self._items = []
        self.least = least
        self._state = philox.PhiloxState(*seeds)
        self._words: list[int] = []

    def _available(self) -> int:
        return len(self._items) - (0 if self.closed else self.least)

    def _pop(self) -> Element:
        if not self._words:
            draw = self._state.reserve(1)
            self._words = [int(w) for w in philox.block(draw.key, draw.counter)]
        i = self._words.pop(0) % len(self._items)
        element = self._items[i]
        self._items[i] = self._items[-1]
        self._items.pop()
        return element  # type: ignore[no-any-return]

    def _put_back(self, elements: list[Element]) -> None:
        self._items.extend(elements)


class PriorityQueue(HostQueue):
    """A queue that gives the element with the smallest first component."""

    kind = "PriorityQueue"

    def __init__(self, name: str, capacity: int, dtypes: Sequence[Any], shapes: Sequence[Dims]):
        super().__init__(name, capacity, dtypes, shapes)
        self._items = []
        self._order = itertools.count()

    def _push(self, element: Element) -> None:
        heapq.heappush(self._items, (int(element[0]), next(self._order), element))

    def _pop(self) -> Element:
        return heapq.heappop(self._items)[2]  # type: ignore[no-any-return]

    def _put_back(self, elements: list[Element]) -> None:
        for element in elements:
            self._push(element)
