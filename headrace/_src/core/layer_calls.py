"""Which layer is being called: nested layers learn from it whether they train."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class _Calls(threading.local):
    """The innermost call of each thread.

    Attributes:
      in_call: whether a layer is being called.
      inputs: the inputs of that call.
      training: its `training` argument; None when nobody gave one.
    """

    def __init__(self) -> None:
        self.in_call = False
        self.inputs: Any = None
        self.training: Any = None


calls = _Calls()


@contextlib.contextmanager
def calling(inputs: Any, training: Any) -> Iterator[None]:
    """Mark the call of a layer."""
    before = calls.in_call, calls.inputs, calls.training
    calls.in_call, calls.inputs, calls.training = True, inputs, training
    try:
        yield
    finally:
        calls.in_call, calls.inputs, calls.training = before
