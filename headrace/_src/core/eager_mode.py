"""What listens to operations that are executed at once: the open tapes of each thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final


class _Recorders(threading.local):
    def __init__(self) -> None:
        self.open: list[Any] = []


_RECORDERS: Final = _Recorders()


def recorders() -> list[Any]:
    """The open tapes of the thread, innermost last."""
    return _RECORDERS.open


@contextlib.contextmanager
def without_recorders() -> Iterator[None]:
    """Nothing that is executed inside is recorded."""
    saved = _RECORDERS.open
    _RECORDERS.open = []
    try:
        yield
    finally:
        _RECORDERS.open = saved
