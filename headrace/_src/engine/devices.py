"""Devices: which ones a session has, and on which of JAX's its segments run.

A session has the CPU (as many as `ConfigProto.device_count` says; they share the processor) and
JAX's accelerators, chosen and ordered by `gpu_options.visible_device_list` and cut off at
`device_count["GPU"]`. What a device string asks for is matched against them here and nowhere else.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from headrace._src.core import errors
from headrace._src.core.device import DeviceSpec
from headrace._src.engine import backend

_MEMORY: Final = 1 << 28
_XLA_MEMORY: Final = 1 << 34
LOCAL: Final = "/job:localhost/replica:0/task:0"


class Device(NamedTuple):
    """A device of a session."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int
    description: str = ""

    def __repr__(self) -> str:
        return (
            f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, "
            f"{self.incarnation})"
        )


class Place(NamedTuple):
    """Where a segment runs.

    Attributes:
      kind: `CPU`, `GPU`, ...
      number: which of them.
      device: JAX's device, or None for the one that JAX chooses itself.
    """

    kind: str
    number: int
    device: Any = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


HOST: Final = Place("CPU", 0)


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> DeviceSpec:
    """The parts of a device string.

    Raises:
      InvalidArgumentError: it is not a device string.
    """
    try:
        return DeviceSpec.from_string(text)
    except ValueError:
        message = f"Malformed device specification '{text}'"
        raise errors.InvalidArgumentError(None, None, message) from None


def kind_of(spec: DeviceSpec) -> str:
    """The type that is asked for, empty when none is: XLA's devices are those that it runs on."""
    kind = spec.device_type or ""
    return kind.removeprefix("XLA_") if kind in ("XLA_CPU", "XLA_GPU") else kind


def wanted(requests: Iterable[str], kinds: Sequence[str], cpus: int = 1) -> tuple[str, int]:
    """The device on which operations run together: a type and an index.

    It is the CPU when every operation asks for it, else the accelerator that most operations ask
    for, else the first one. Requests for what is not there count as none.

    Args:
      requests: the device strings of the operations, empty where there is none.
      kinds: the types of the session's accelerators, in order.
      cpus: how many CPU devices it has.
    """
    asked: collections.Counter[tuple[str, int]] = collections.Counter()
    total = 0
    for text in requests:
        total += 1
        spec = parsed(text)
        key = kind_of(spec), spec.device_index or 0
        if _exists(*key, kinds, cpus):
            asked[key] += 1
    # The lower index wins where as many ask for another.
    order = sorted(asked.items(), key=lambda item: (-item[1], item[0][1]))
    on_cpu = [key for key, _ in order if key[0] == "CPU"]
    if not kinds or (total and sum(asked[key] for key in on_cpu) == total):
        return on_cpu[0] if on_cpu else ("CPU", 0)
    accelerated = [key for key, _ in order if key[0] != "CPU"]
    return accelerated[0] if accelerated else (kinds[0], 0)


def _exists(kind: str, index: int, kinds: Sequence[str], cpus: int) -> bool:
    return index < cpus if kind == "CPU" else 0 <= index < kinds.count(kind)


def chosen(text: str, count: int) -> list[int]:
    """The accelerators that a `visible_device_list` names, in its order; all when it is empty.

    Raises:
      InvalidArgumentError: it is not a list of numbers of accelerators.
    """
    if not text:
        return list(range(count))
    result = []
    for item in text.split(","):
        if not item.strip().isdigit():
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Could not parse entry in 'visible_device_list': '{item}'. "
                f"visible_device_list = {text}",
            )
        number = int(item)
        if number >= count:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"'visible_device_list' listed an invalid GPU id '{number}' but visible device "
                f"count is {count}",
            )
        result.append(number)
    return result


class Devices:
    """The devices of one session.

    Attributes:
      tasks: full names of the tasks whose devices it has; its own first.
      cpus: how many CPU devices each has.

    Args:
      config: a `ConfigProto`, or None.
      tasks: see above.

    Raises:
      NotFoundError: the configuration leaves no CPU.
    """

    def __init__(self, config: Any = None, tasks: Sequence[str] = (LOCAL,)) -> None:
        count = {} if config is None else dict(config.device_count)
        self.tasks = tuple(tasks)
        self.cpus = count.get("CPU", 1)
        self._limit = count.get("GPU")
        self._visible = "" if config is None else config.gpu_options.visible_device_list
        self._accelerators: tuple[Any, ...] | None = None
        if self.cpus < 1:
            raise errors.NotFoundError(None, None, "No CPU devices are available in this process")

    @property
    def accelerators(self) -> tuple[Any, ...]:
        """JAX's devices besides the CPU, in the session's order.

        Raises:
          InvalidArgumentError: `visible_device_list` names one that is not there.
        """
        if self._accelerators is None:
            if self._limit == 0:
                self._accelerators = ()
            else:
                found = backend.accelerators()
                order = chosen(self._visible, len(found)) if found else []
                self._accelerators = tuple([found[i] for i in order][: self._limit])
        return self._accelerators

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of the accelerators, in order."""
        return tuple(d.platform.upper() for d in self.accelerators)

    def names(self) -> list[str]:
        """The full names of all devices, sorted."""
        return sorted(d.name for d in self.attributes())

    def attributes(self) -> list[Device]:
        """All devices, as `Session.list_devices` gives them."""
        result = []
        for number, task in enumerate(self.tasks):
            for i in range(self.cpus):
                result.append(Device(f"{task}/device:CPU:{i}", "CPU", _MEMORY, 1 + i))
            text = "device: XLA_CPU device"
            result.append(Device(f"{task}/device:XLA_CPU:0", "XLA_CPU", _XLA_MEMORY, 1, text))
            for kind, i, device in self._numbered() if number == 0 else ():
                memory = (device.memory_stats() or {}).get("bytes_limit", 0)
                text = f"device: {i}, name: {device.device_kind}"
                result.append(Device(f"{task}/device:{kind}:{i}", kind, memory, 1 + i, text))
        return result

    def _numbered(self) -> list[tuple[str, int, Any]]:
        """(type, index among its type, JAX's device) of each accelerator."""
        kinds = self.kinds
        return [(k, kinds[:i].count(k), self.accelerators[i]) for i, k in enumerate(kinds)]

    def has(self, text: str, soft: bool = False) -> bool:
        """Whether there is a device that fits a device string; softly, if its task is there.

        Raises:
          InvalidArgumentError: it is not a device string.
        """
        spec = parsed(text)
        if not any(_fits(spec, parsed(task)) for task in self.tasks):
            return False
        kind, index = spec.device_type, spec.device_index or 0
        if soft or kind is None:
            return True
        if kind == "XLA_CPU":
            return index == 0
        kinds = () if kind == "CPU" else self.kinds
        return _exists(kind_of(spec), index, kinds, self.cpus)

    def place(self, requests: Iterable[str]) -> Place:
        """Where operations with these device strings run together."""
        kind, index = wanted(requests, self.kinds, self.cpus)
        if kind == "CPU":
            return Place(kind, index, self._cpu(index))
        device = next(d for k, i, d in self._numbered() if (k, i) == (kind, index))
        return Place(kind, index, None if device == backend.default() else device)

    def _cpu(self, index: int) -> Any:
        if not backend.accelerators() and index == 0:
            return None
        cpus = backend.jax().local_devices(backend="cpu")
        return cpus[index] if index < len(cpus) else cpus[0]

    def name_of(self, text: str, compiled: bool) -> str:
        """The full name of the device where an operation belongs.

        Args:
          text: its device string.
          compiled: whether it can be part of compiled code.
        """
        spec = parsed(text)
        task = next((t for t in self.tasks if _fits(spec, parsed(t))), self.tasks[0])
        if spec.device_type == "XLA_CPU" and self.has(text):
            return f"{task}/device:XLA_CPU:0"
        kinds = self.kinds if compiled else ()
        kind, index = wanted([text], kinds, self.cpus)
        return f"{task}/device:{kind}:{index}"


def _fits(spec: DeviceSpec, task: DeviceSpec) -> bool:
    """Whether the job, replica and task that a request names are these."""
    pairs = ((spec.job, task.job), (spec.replica, task.replica), (spec.task, task.task))
    return all(asked is None or asked == there for asked, there in pairs)
