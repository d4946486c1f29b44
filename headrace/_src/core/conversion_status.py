"""Whether AutoGraph converts the Python code that runs now; errors about tensors say so.

State inventory: `_STACK.entries`: the open blocks of this thread, outermost first.
"""

from __future__ import annotations

import enum
import threading
from types import TracebackType
from typing import Any


class Status(enum.Enum):
    """What a block says of the code inside."""

    UNSPECIFIED = 0
    ENABLED = 1
    DISABLED = 2


class _Stack(threading.local):
    def __init__(self) -> None:
        self.entries: list[ConversionStatus] = []


_STACK = _Stack()


class ConversionStatus:
    """A block in which conversion is enabled, disabled or unspecified; a context manager.

    Args:
      status: which of them.
      options: the options of the conversion.
    """

    def __init__(self, status: Status, options: Any = None) -> None:
        self.status = status
        self.options = options

    def __enter__(self) -> ConversionStatus:
        _STACK.entries.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        _STACK.entries.pop()


_OUTSIDE = ConversionStatus(Status.UNSPECIFIED)


def current() -> ConversionStatus:
    """The innermost open block."""
    return _STACK.entries[-1] if _STACK.entries else _OUTSIDE


def refusal(what: str) -> str:
    """The message about something that a symbolic tensor cannot do."""
    status = current().status
    if status is Status.ENABLED:
        why = "AutoGraph did not convert this function."
    elif status is Status.DISABLED:
        why = "AutoGraph is disabled in this function."
    else:
        return (
            f"{what} is not allowed in Graph execution. Use Eager execution or decorate this "
            "function with @tf.function."
        )
    return f"{what} is not allowed: {why} Try decorating it directly with @tf.function."
