"""`headrace run`: an unmodified script or module, as Python itself would run it."""

from __future__ import annotations

import os
import runpy
import sys
import traceback

import headrace.alias


def run(script: str, args: list[str], module: bool = False) -> int:
    """Run a script with `import tensorflow` answered by headrace; return the exit status."""
    if not module and not os.path.exists(script):
        print(f"headrace: can't open file '{script}': no such file", file=sys.stderr)
        return 2
    headrace.alias.install()
    sys.argv = [script, *args]
    sys.path.insert(0, os.getcwd() if module else os.path.dirname(os.path.abspath(script)))
    try:
        if module:
            runpy.run_module(script, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(script, run_name="__main__")
    except Exception as error:
        _show(error)
        return 1
    return 0


def _show(error: BaseException) -> None:
    """Print a traceback that starts at the script, as if Python had run it."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    sys.stdout.flush()
    traceback.print_exception(type(error), error, trace or error.__traceback__)


def _is_ours(filename: str) -> bool:
    return (
        filename == __file__ or filename.startswith("<frozen runpy") or filename == runpy.__file__
    )
