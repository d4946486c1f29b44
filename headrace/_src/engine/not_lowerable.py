"""NotLowerable: why something stays with the interpreter."""

from __future__ import annotations

from headrace._src.core.operation import Operation


class NotLowerable(Exception):  # noqa: N818
    """An operation cannot be compiled; the message says which and why.

    Attributes:
      op: the operation, or None when it is not known which.
    """

    def __init__(self, message: str, op: Operation | None = None) -> None:
        super().__init__(message)
        self.op = op
