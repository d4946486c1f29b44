"""In-process servers: sessions with the same target share their variables and queues."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple

from headrace._src.core import errors
from headrace._src.engine.devices import LOCAL
from headrace._src.engine.resources import ResourceManager

_SERVERS: Final[dict[str, _Server]] = {}
_LOCK: Final = threading.Lock()
_PORTS: Final = itertools.count(20000)


class _Server(NamedTuple):
    resources: ResourceManager
    tasks: tuple[str, ...]


def start(target: str | None = None, tasks: Sequence[tuple[str, int]] = (("local", 0),)) -> str:
    """Starts a server; returns its target.

    Args:
      target: its address; made up when left out.
      tasks: (job, index) of the tasks of its cluster, its own first.
    """
    names = tuple(f"/job:{job}/replica:0/task:{index}" for job, index in tasks)
    with _LOCK:
        target = target or f"grpc://localhost:{next(_PORTS)}"
        _SERVERS.setdefault(target, _Server(ResourceManager(), names))
        return target


def stop(target: str) -> None:
    """Stops a server; its resources are released."""
    with _LOCK:
        _SERVERS.pop(target, None)


def resources_for(target: str) -> ResourceManager | None:
    """The resources of a server of this process; None for the empty target.

    Raises:
      NotFoundError: no server of this process has this target.
    """
    if not target or target == "local":
        return None
    with _LOCK:
        found = _SERVERS.get(target)
    if found is None:
        raise errors.NotFoundError(
            None,
            None,
            f'No session factory registered for the given session options: {{target: "{target}"}}. '
            "headrace runs servers of its own process only (tf.train.Server).",
        )
    return found.resources


def tasks_of(target: str) -> tuple[str, ...]:
    """The full names of the tasks whose devices a session on this target has, its own first."""
    with _LOCK:
        found = _SERVERS.get(target)
    return (LOCAL,) if found is None else found.tasks
