"""Run fetches through the compiled executor, and compare it with the interpreter."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np

_LOWER = "headrace._src.engine.whole"


class NotCompiled(Exception):
    """The fetched part of the graph cannot be compiled whole; the message says why."""


def compiles() -> bool:
    """Return whether there is a compiled executor."""
    return importlib.util.find_spec(_LOWER) is not None


def run_compiled(session: Any, fetches: Any, feed_dict: Any = None) -> Any:
    """Run `fetches` with everything they need compiled by XLA.

    Args:
      session: The session whose state is used.
      fetches: Any fetch structure, as for `Session.run`.
      feed_dict: Values of fed tensors.

    Returns:
      The values, in the structure of `fetches`.

    Raises:
      NotCompiled: Some op on the way has no compiled form.
    """
    if not compiles():
        raise NotCompiled("this build has no compiled executor")
    lower = importlib.import_module(_LOWER)
    try:
        return lower.compile_fetches(session, fetches, feed_dict)
    except lower.NotLowerable as reason:
        raise NotCompiled(str(reason)) from reason


def check_both(
    session: Any, fetches: Any, feed_dict: Any = None, rtol: float = 1e-5, atol: float = 1e-6
) -> Any:
    """Run `fetches` interpreted and compiled, and assert that values, dtypes and shapes agree.

    Args:
      session: The session to run in; both runs start from its present state.
      fetches: A tensor or a (nested) list of tensors.
      feed_dict: Values of fed tensors.
      rtol: Relative tolerance.
      atol: Absolute tolerance.

    Returns:
      The interpreter's values.

    Raises:
      AssertionError: The two differ.
      NotCompiled: Some op on the way has no compiled form.
    """
    plain = session.run(fetches, feed_dict)
    compare(plain, run_compiled(session, fetches, feed_dict), rtol, atol)
    return plain


def compare(expected: Any, got: Any, rtol: float, atol: float) -> None:
    """Assert that two (nested) values agree in structure, dtype, shape and number."""
    if isinstance(expected, (list, tuple)):
        assert len(expected) == len(got), f"{len(expected)} values expected, got {len(got)}"
        for e, g in zip(expected, got, strict=True):
            compare(e, g, rtol, atol)
        return
    if expected is None:
        assert got is None, f"no value expected, got {got!r}"
        return
    e, g = np.asarray(expected), np.asarray(got)
    assert e.dtype == g.dtype, f"dtype {e.dtype} expected, got {g.dtype}"
    assert e.shape == g.shape, f"shape {e.shape} expected, got {g.shape}"
    if e.dtype.kind in "fcV":
        wide = np.complex128 if e.dtype.kind == "c" else np.float64
        np.testing.assert_allclose(g.astype(wide), e.astype(wide), rtol=rtol, atol=atol)
    else:
        np.testing.assert_array_equal(g, e)
