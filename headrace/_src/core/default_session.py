"""The stack of default sessions, and running something in one of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

from headrace._api.export import export


class _Sessions(threading.local):
    def __init__(self) -> None:
        self.stack: list[Any] = []


_SESSIONS: Final = _Sessions()


@export("get_default_session", v2=())
def get_default_session() -> Any:
    """Returns the innermost default session of the thread, or None."""
    stack = _SESSIONS.stack
    return stack[-1] if stack else None


@contextlib.contextmanager
def as_default(session: Any, enforce_nesting: bool = True) -> Iterator[Any]:
    """Makes a session the default of the thread."""
    stack = _SESSIONS.stack
    stack.append(session)
    try:
        yield session
    finally:
        if enforce_nesting and stack and stack[-1] is not session:
            raise AssertionError(f"Nesting violated for default stack of {type(session)} objects")
        if session in stack:
            stack.reverse()
            stack.remove(session)
            stack.reverse()


def run_in(fetches: Any, feed_dict: Any, graph: Any, session: Any, method: str) -> Any:
    """Runs a tensor or operation in `session`, or in the default session.

    Raises:
      ValueError: there is no session, or it has another graph.
    """
    verb, noun = (
        ("evaluate tensor", "tensor") if method == "eval" else ("execute operation", "operation")
    )
    if session is None:
        session = get_default_session()
        if session is None:
            raise ValueError(
                f"Cannot {verb} using `{method}()`: No default session is registered. Use `with "
                f"sess.as_default()` or pass an explicit session to `{method}(session=sess)`"
            )
        if session.graph is not graph:
            raise ValueError(
                f"Cannot use the default session to {verb}: the {noun}'s graph is different from "
                f"the session's graph. Pass an explicit session to `{method}(session=sess)`."
            )
    elif session.graph is not graph:
        raise ValueError(
            f"Cannot use the given session to {verb}: the {noun}'s graph is different from the "
            "session's graph."
        )
    return session.run(fetches, feed_dict)
