"""What a command cannot do: one line on standard error, and exit status 2."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


class Failure(Exception):
    """A command cannot go on; the message is for its user."""


@contextlib.contextmanager
def told() -> Iterator[list[int]]:
    """Turns errors about files and names into messages; yields a list that gets the status."""
    from headrace._src.core import errors

    status: list[int] = []
    try:
        yield status
    except BrokenPipeError:
        # The reader has seen enough. Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status.append(1)
    except (Failure, errors.OpError, OSError) as error:
        text = error.message if isinstance(error, errors.OpError) else str(error)
        print("\n".join([f"headrace: {text}", *getattr(error, "__notes__", ())]), file=sys.stderr)
        status.append(2)
