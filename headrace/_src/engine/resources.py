"""What outlives a run: the cells of variables, queues and tables, by container and name.

State inventory of `ResourceManager`:
  _items: (container, kind, name) → resource.     lock: held while a kernel reads, changes and
    writes variables.
  version: grows when resources are forgotten, so that handles kept by plans are looked up again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._src.core import errors
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType
from headrace._src.engine.traced_lists import TracedList


class Cell:
    """The storage of one variable.

    Attributes:
      stored: the present value, or None while uninitialised: an array of the host, which is never
        written into, or an array of a device, which belongs to compiled segments and which a later
        segment may give up in exchange for the next value.
      value: the same as an array of the host.
      guard: held while a segment exchanges the value; the lock of the session's resources.
      dtype: the dtype of the value.
      dims: the static shape it must fit, or None.
      name: the node name of the variable.
      origin: the user's frame that made the variable, or None.
    """

    __slots__ = ("__weakref__", "dims", "dtype", "guard", "name", "origin", "stored")

    def __init__(self, name: str, dtype: DType, dims: Dims = None, origin: Any = None) -> None:
        self.name = name
        self.dtype = dtype
        self.dims = dims
        self.origin = origin
        self.guard: Any = None
        self.stored: Any = None

    @property
    def value(self) -> Any:
        """The present value on the host, or None while uninitialised."""
        stored = self.stored
        if stored is None or isinstance(stored, (np.ndarray, np.generic)) or self.guard is None:
            return stored
        # The view keeps the buffer: a segment that runs later works on a copy of it.
        with self.guard:
            return on_host(self.stored)

    @value.setter
    def value(self, value: Any) -> None:
        self.stored = value

    def read(self) -> Any:
        """The present value.

        Raises:
          FailedPreconditionError: the variable is not initialised.
        """
        value = self.stored
        if type(value) is np.ndarray:
            return value
        value = self.value
        if value is None:
            made = "" if self.origin is None else f" (made at {self.origin})"
            raise errors.FailedPreconditionError(
                None,
                None,
                f"Attempting to use uninitialized value {self.name}\n"
                f"The variable {self.name!r}{made} has no value in this session: run its "
                "initializer, tf.global_variables_initializer() made after it, or restore it.",
            )
        return value

    def __repr__(self) -> str:
        return f"<Cell {self.name!r} {self.dtype.name}>"


class ResourceManager:
    """The resources of a session, or of all sessions of one server."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str, str], Any] = {}
        self.lock = threading.RLock()
        self.version = 0

    def get_or_make(self, container: str, kind: str, name: str, make: Callable[[], Any]) -> Any:
        """The resource of this name; made when there is none."""
        key = (container, kind, name)
        found = self._items.get(key)
        if found is None:
            with self.lock:
                found = self._items.get(key)
                if found is None:
                    found = make()
                    if isinstance(found, Cell):
                        found.guard = self.lock
                    self._items[key] = found
        return found

    def remove(self, resource: Any) -> None:
        """Forgets a resource."""
        with self.lock:
            self.version += 1
            for key, value in list(self._items.items()):
                if value is resource:
                    del self._items[key]

    def clear(self, containers: list[str] | None = None) -> None:
        """Forgets all resources, or those of some containers."""
        with self.lock:
            self.version += 1
            if not containers:
                self._items.clear()
                return
            for key in list(self._items):
                if key[0] in containers:
                    del self._items[key]

    def all(self) -> list[Any]:
        """All resources."""
        with self.lock:
            return list(self._items.values())


def on_host(value: Any) -> Any:
    """A value of compiled code as NumPy has it; other values as they are."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value
    if isinstance(value, TracedList):
        return value.on_host()
    if not hasattr(value, "unsafe_buffer_pointer"):
        return value
    return np.asarray(value)


def owned(value: Any, borrowed: Any = ()) -> Any:
    """`value` as an array that nobody else may write into: a copy when it is a view or was fed."""
    if isinstance(value, np.ndarray) and (value.base is not None or id(value) in borrowed):
        return value.copy()
    return value
