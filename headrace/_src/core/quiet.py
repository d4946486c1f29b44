"""NumPy without its warnings about floating-point errors, for as long as something is executed.

What kernels compute follows IEEE 754 silently, as in TensorFlow. `np.errstate` says that to NumPy,
but making and entering one takes longer than a small operation; NumPy's own way to do it, where
this version has it, takes a fifth of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _entered() -> Any:
    state = np.errstate(all="ignore")
    state.__enter__()
    return state


def _left(state: Any) -> None:
    state.__exit__(None, None, None)


def _ways() -> tuple[Callable[[], Any], Callable[[Any], None]]:
    try:
        from numpy._core import umath

        variable: Any = umath._extobj_contextvar
        silent = umath._make_extobj(all="ignore")
    except (ImportError, AttributeError, TypeError):
        return _entered, _left
    return lambda: variable.set(silent), variable.reset


# `end(begin())`, with what is executed between the two.
begin, end = _ways()
