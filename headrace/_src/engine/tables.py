"""Tables of a session: from keys to values, filled once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._src.core import errors


def _shown(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else f"{value}"


class Table:
    """A table that says of itself when it was not filled.

    State inventory:
      _entries: key → value, None before the table is filled.
      _lock: held while it is filled.
    """

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype, self.value_dtype = np.dtype(key_dtype), np.dtype(value_dtype)
        self._entries: dict[Any, Any] | None = None
        self._lock = threading.Lock()

    def fill(self, keys: Sequence[Any], values: Sequence[Any]) -> None:
        """Fills the table; filling it again with as many entries does nothing.

        Raises:
          FailedPreconditionError: one key has two values, or the table is filled already.
        """
        entries: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            if entries.setdefault(key, value) != value:
                raise errors.FailedPreconditionError(
                    None,
                    None,
                    "HashTable has different value for same key. Key "
                    f"{_shown(key)} has {_shown(entries[key])} and trying to add value "
                    f"{_shown(value)}",
                )
        with self._lock:
            if self._entries is None:
                self._entries = entries
            elif len(self._entries) != len(entries):
                raise errors.FailedPreconditionError(None, None, "Table already initialized.")

    def _filled(self) -> dict[Any, Any]:
        if self._entries is None:
            raise errors.FailedPreconditionError(None, None, "Table not initialized.")
        return self._entries

    def find(self, keys: np.ndarray[Any, Any], default: Any) -> np.ndarray[Any, Any]:
        """The values of keys, `default` for those that the table lacks."""
        entries = self._filled()
        out = np.empty(keys.size, self.value_dtype)
        out[:] = [entries.get(key, default) for key in keys.ravel().tolist()]
        return out.reshape(keys.shape)

    def size(self) -> int:
        """The number of entries."""
        return len(self._filled())

    def export(self) -> list[np.ndarray[Any, Any]]:
        """All keys and all values."""
        entries = self._filled()
        keys = np.empty(len(entries), self.key_dtype)
        values = np.empty(len(entries), self.value_dtype)
        keys[:], values[:] = list(entries), list(entries.values())
        return [keys, values]
