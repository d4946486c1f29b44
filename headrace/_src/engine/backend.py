"""JAX as the engine uses it: imported at the first compilation, its configuration left alone.

State inventory:
  _STATE.jax: the module once imported.
  _STATE.forked: whether this process is a fork of the one that started it, and lacks its threads.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
import threading
from typing import Any, Final

import numpy as np

from headrace._src.core import errors

# glibc's M_MMAP_MAX and M_TRIM_THRESHOLD.
_MALLOPT: Final = ((-4, 0), (-1, 1 << 30))
_PREALLOCATE: Final = "XLA_PYTHON_CLIENT_PREALLOCATE"


class _State:
    def __init__(self) -> None:
        self.jax: Any = None
        self.forked = False
        self.lock = threading.Lock()


_STATE: Final = _State()


def jax() -> Any:
    """The `jax` module, with its devices started and no device memory reserved beforehand.

    Raises:
      FailedPreconditionError: the process is a fork of one that had compiled already.
    """
    if _STATE.jax is None or _STATE.forked:
        _start()
    return _STATE.jax


def started() -> bool:
    """Whether JAX has been started by the engine."""
    return _STATE.jax is not None


def _start() -> None:
    if _STATE.forked:
        raise errors.FailedPreconditionError(
            None,
            None,
            "This process was forked after its parent had compiled a graph. The threads that run "
            "compiled code do not live on in a forked child: fork before the first compiled "
            "Session.run, start the process with the 'spawn' method, or set HEADRACE_JIT=off.",
        )
    with _STATE.lock:
        if _STATE.jax is not None:
            return
        # Importing JAX draws from NumPy's global generator, which is the program's own.
        drawn = np.random.get_state(), random.getstate()
        import jax

        np.random.set_state(drawn[0])
        random.setstate(drawn[1])
        mine = _PREALLOCATE not in os.environ
        if mine:
            os.environ[_PREALLOCATE] = "false"
        try:
            jax.devices()
        finally:
            if mine:
                os.environ.pop(_PREALLOCATE, None)
        _keep_freed_memory()
        _STATE.jax = jax
        os.register_at_fork(after_in_child=_mark_forked)


def _keep_freed_memory() -> None:
    """Makes the C library keep what compiled code frees for its next call.

    A call takes the memory of its intermediate values and gives it back. By default glibc returns
    large blocks to the system, which then clears every page again at its next use: a third of the
    time of a convolutional network's step. `HEADRACE_KEEP_MEMORY=0` leaves the C library as it is.
    """
    if os.environ.get("HEADRACE_KEEP_MEMORY") == "0" or not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for parameter, value in _MALLOPT:
        mallopt(parameter, value)


def _mark_forked() -> None:
    _STATE.forked = True


def wide() -> Any:
    """A context in which 64-bit types are real, whatever the user's own configuration says."""
    return jax().enable_x64(True)


def platform() -> str:
    """The platform that compiled code runs on: cpu, gpu or tpu."""
    return str(jax().default_backend())
