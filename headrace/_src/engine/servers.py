"""In-process servers: sessions with the same target share their variables and queues."""

from __future__ import annotations

import itertools
import threading
from typing import Final, NamedTuple

from headrace._src.core import errors
from headrace._src.engine.resources import ResourceManager

_SERVERS: Final[dict[str, ResourceManager]] = {}
_LOCK: Final = threading.Lock()
_PORTS: Final = itertools.count(20000)


class Device(NamedTuple):
    """A device of a session."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int

    def __repr__(self) -> str:
        return (
            f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, "
            f"{self.incarnation})"
        )


def start(target: str | None = None) -> str:
    """Starts a server; returns its target."""
    with _LOCK:
        target = target or f"grpc://localhost:{next(_PORTS)}"
        _SERVERS.setdefault(target, ResourceManager())
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
    return found


def devices(target: str) -> list[Device]:
    """The devices that a session on this target has."""
    prefix = "/job:local/replica:0/task:0" if target else "/job:localhost/replica:0/task:0"
    return [Device(f"{prefix}/device:CPU:0", "CPU", 268435456, 0)]
