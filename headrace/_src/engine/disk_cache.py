"""Compiled code on disk, shared by processes.

A folder of files `<digest>.bin`: a magic word, the SHA-256 of the rest, then the pickled layout,
constants and the serialised executable. Files are written beside their place and moved there, so
that a reader sees a whole file or none; whatever cannot be read is ignored and removed. The oldest
files go when the folder grows over its limit, and so does what writers that were killed left.

The folder is `$HEADRACE_CACHE_DIR`, or `headrace` in the user's cache folder; `HEADRACE_CACHE=off`
switches it off, `HEADRACE_CACHE_MB` bounds it (1024).
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import pickle
import platform
import re
import tempfile
import threading
import time
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from headrace._src.engine import backend
from headrace._src.native import library

_MAGIC: Final = b"headrace program 1\n"
_SUFFIX: Final = ".bin"
_UNFINISHED: Final = ".part"
# Writing takes seconds at most: what is older belongs to a writer that was killed.
_ABANDONED: Final = 3600.0
# The folder is looked through when a process has added this part of its limit.
_TRIMS: Final = 64


def folder() -> Path | None:
    """Where programs are kept, or None when they are not."""
    if os.environ.get("HEADRACE_CACHE", "").lower() in ("off", "0"):
        return None
    chosen = os.environ.get("HEADRACE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "headrace"


def load(key: bytes, device: Any = None) -> tuple[Any, Any, Any] | None:
    """The program stored under a digest: (layout, constants, executable), or None.

    Args:
      key: the digest.
      device: JAX's device that it was compiled for, or None for the one that JAX chooses.
    """
    path = _path(key)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            # The file that was opened is asked, not its name: that may be another one by then.
            if os.name == "posix" and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            data = file.read()
    except OSError:
        return None
    from jax.experimental import serialize_executable

    start = len(_MAGIC) + 32
    try:
        if (
            data[: len(_MAGIC)] != _MAGIC
            or hashlib.sha256(data[start:]).digest() != data[len(_MAGIC) : start]
        ):
            raise ValueError("the checksum does not fit")
        layout, constants, (code, in_tree, out_tree) = pickle.loads(data[start:])
        library.register_targets()
        device = device or backend.default()
        with backend.wide():
            executable = serialize_executable.deserialize_and_load(
                code, in_tree, out_tree, backend=device.client, execution_devices=[device]
            )
    except Exception:  # whatever is wrong with an entry, compiling anew is right
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    # The entry is as good where its time cannot be changed, as on a disk that is read only.
    with contextlib.suppress(OSError):
        os.utime(path)
    return layout, constants, executable


def store(key: bytes, described: tuple[Any, Any], executable: Any) -> None:
    """Stores a program; what cannot be stored, or not run elsewhere, is left out."""
    path = _path(key)
    if path is None or not _stands_alone(executable):
        return
    from jax.experimental import serialize_executable

    try:
        payload = serialize_executable.serialize(executable)
        data = pickle.dumps((*described, payload))
    except Exception:  # not every platform's executables can be serialised
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(_UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(data).digest() + data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        _growth.add(path.parent.parent, len(data))


def _stands_alone(executable: Any) -> bool:
    """Whether a process that has only loaded an executable can run it.

    JAX sets up its own kernels, such as LAPACK's, when it lowers a call of one; a process that has
    not done so would jump to nowhere. XLA's own (`__...`) and ours are there once loaded.
    """
    targets = re.findall(r'custom_call_target="([^"]*)"', executable.as_text())
    return all(t.startswith(("__", "headrace_")) for t in targets)


def _path(key: bytes) -> Path | None:
    place = folder()
    return None if place is None else place / _version() / (key.hex() + _SUFFIX)


def limit_of(text: str) -> int:
    """The bytes that `HEADRACE_CACHE_MB` allows.

    Raises:
      ValueError: it is not a number of megabytes.
    """
    try:
        megabytes = float(text)
    except ValueError:
        megabytes = -1.0
    if not 0 <= megabytes < 1 << 40:
        raise ValueError(f"HEADRACE_CACHE_MB must be a number of megabytes, got {text!r}")
    return int(megabytes * (1 << 20))


class _Growth:
    """Trims a folder at this process's first entry, then as often as the entries call for it.

    Looking through the whole folder at every entry would cost more than what is stored.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unseen: dict[Path, int] = {}

    def add(self, place: Path, size: int) -> None:
        """Takes note of `size` bytes more."""
        limit = limit_of(os.environ.get("HEADRACE_CACHE_MB") or "1024")
        with self._lock:
            unseen = self._unseen.get(place)
            trims = unseen is None or unseen + size > limit // _TRIMS
            self._unseen[place] = 0 if trims else (unseen or 0) + size
        if trims:
            _trim(place, limit)


_growth: Final = _Growth()


def _trim(place: Path, limit: int) -> None:
    """Removes the files used least recently while there are too many bytes, and unfinished ones."""
    files = []
    with os.scandir(place) as versions:
        folders = [version.path for version in versions if version.is_dir()]
    for entry in itertools.chain.from_iterable(map(_entries, folders)):
        with contextlib.suppress(OSError):
            info = entry.stat()
            if entry.name.endswith(_SUFFIX):
                files.append((info.st_mtime, info.st_size, entry.path))
            elif entry.name.endswith(_UNFINISHED) and time.time() - info.st_mtime > _ABANDONED:
                os.unlink(entry.path)
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= limit:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
            total -= size


def _entries(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return list(entries)
    except OSError:  # another process may have removed the folder
        return []


@cache
def _version() -> str:
    """A name for everything besides the unit that compiled code depends on."""
    jax = backend.jax()
    h = hashlib.sha256()
    h.update(repr((jax.__version__, metadata.version("jaxlib"), np.__version__)).encode())
    h.update(repr((platform.machine(), _cpu_features())).encode())
    for device in jax.devices():
        h.update(f"{device.platform} {device.device_kind}".encode())
    h.update(f"{os.environ.get('XLA_FLAGS', '')} {library.fingerprint()}".encode())
    root = Path(__file__).resolve().parents[1]
    for path in sorted(p for p in root.rglob("*") if p.suffix == ".py"):
        info = path.stat()
        h.update(f"{path.relative_to(root)} {info.st_size} {info.st_mtime_ns}".encode())
    return h.hexdigest()[:16]


def _cpu_features() -> str:
    """The instruction sets of this machine's processor, where the system tells."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith(("flags", "Features")):
                return line
    return platform.processor()
