"""JAX as the engine uses it: imported at the first compilation, its configuration left alone.

State inventory:
  _STATE.jax: the module once imported.
  _STATE.forked: whether this process is a fork of the one that started it, and lacks its threads.
  _STATE.memory: the part of an accelerator's memory that may be taken, or 0 for JAX's own choice.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import glob
import importlib.util
import os
import random
import sys
import threading
from importlib import metadata
from typing import Any, Final

import numpy as np

from headrace._src.core import errors

# glibc's M_MMAP_MAX and M_TRIM_THRESHOLD.
_MALLOPT: Final = ((-4, 0), (-1, 1 << 30))
_PREALLOCATE: Final = "XLA_PYTHON_CLIENT_PREALLOCATE"
_FRACTION: Final = "XLA_PYTHON_CLIENT_MEM_FRACTION"


class _State:
    def __init__(self) -> None:
        self.jax: Any = None
        self.forked = False
        self.memory = 0.0
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
        given = {_PREALLOCATE: "false"}
        if _STATE.memory:
            given[_FRACTION] = str(_STATE.memory)
        given = {k: v for k, v in given.items() if k not in os.environ}
        os.environ.update(given)
        try:
            jax.devices()
        finally:
            for name in given:
                os.environ.pop(name, None)
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


def limit_memory(fraction: float) -> None:
    """Says which part of an accelerator's memory may be taken; ignored once JAX has started."""
    if 0 < fraction <= 1:
        _STATE.memory = fraction


def wide() -> Any:
    """A context in which 64-bit types are real, whatever the user's own configuration says."""
    return jax().enable_x64(True)


def on(device: Any) -> Any:
    """`wide`, and what is compiled, placed or called without saying where is on this device.

    Args:
      device: JAX's device; None for the one that JAX chooses.
    """
    if device is None:
        return wide()
    stack = contextlib.ExitStack()
    stack.enter_context(wide())
    stack.enter_context(jax().default_device(device))
    return stack


# -- devices ---------------------------------------------------------------------------------------


def default() -> Any:
    """The device that JAX chooses."""
    chosen = jax().config.jax_default_device
    if chosen is None:
        return jax().local_devices()[0]
    return jax().local_devices(backend=chosen)[0] if isinstance(chosen, str) else chosen


def accelerators() -> list[Any]:
    """JAX's devices besides the CPU; JAX is not started where there cannot be any."""
    if _STATE.jax is None and not may_have_accelerators():
        return []
    return [d for d in jax().local_devices() if d.platform != "cpu"]


def may_have_accelerators() -> bool:
    """Whether JAX could find another device than the CPU, told without importing it."""
    platforms = os.environ.get("JAX_PLATFORMS") or ""
    loaded = sys.modules.get("jax")
    if loaded is not None and hasattr(loaded, "config"):
        platforms = loaded.config.jax_platforms or ""
    if platforms and set(platforms.split(",")) == {"cpu"}:
        return False
    plugins = _plugins()
    if plugins and all("cuda" in name for name in plugins):
        return _may_have_cuda()
    return bool(plugins)


def _may_have_cuda() -> bool:
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and (not hidden.strip() or hidden.strip().startswith("-")):
        return False
    return not sys.platform.startswith("linux") or bool(glob.glob("/dev/nvidia*"))


@functools.cache
def _plugins() -> tuple[str, ...]:
    """The names of what JAX could reach other devices through."""
    names = {e.name for e in metadata.entry_points(group="jax_plugins")}
    spec = importlib.util.find_spec("jax_plugins")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        names.update(e for e in os.listdir(folder) if not e.startswith("_"))
    if importlib.util.find_spec("libtpu") is not None:
        names.add("libtpu")
    return tuple(sorted(names))
