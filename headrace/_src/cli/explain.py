"""`headrace explain`: run a program, then tell how its runs were executed."""

from __future__ import annotations

import sys
import weakref
from typing import Any

from headrace._src.cli import run as run_command
from headrace._src.engine import session as session_lib
from headrace._src.engine.explain import explanation
from headrace._src.native import library


def explain(script: str, args: list[str], module: bool) -> int:
    """Run a script and print what its sessions did; return the script's exit status."""
    explained: weakref.WeakSet[Any] = weakref.WeakSet()

    def show(session: Any) -> None:
        if session in explained:
            return
        explained.add(session)
        for prepared in session.prepared:
            if prepared.runs:
                print(f"\n{explanation(prepared)}", file=sys.stderr)

    session_lib.closing.append(show)
    try:
        status = run_command.run(script, args, module)
        for session in list(session_lib.open_sessions):
            show(session)
        print(f"\n{library.status()}", file=sys.stderr)
    finally:
        session_lib.closing.remove(show)
    return status
