"""Device names: parsing, merging and their canonical text."""

from __future__ import annotations

import functools
from typing import Any

from headrace._api.export import export


@export("DeviceSpec")
class DeviceSpec:
    """A (possibly partial) device name: job, replica, task, device type and index.

    `DeviceSpec.from_string("/job:ps/task:1/device:GPU:0")`; `str()` of it gives the canonical text.
    """

    __slots__ = ("device_index", "device_type", "job", "replica", "task")

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self.job = job
        self.replica = None if replica is None else int(replica)
        self.task = None if task is None else int(task)
        if device_type == "cpu" or device_type == "gpu":
            device_type = device_type.upper()
        self.device_type = device_type
        self.device_index = None if device_index is None else int(device_index)

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Returns the spec that a device string describes.

        Raises:
          ValueError: the string is not a device name.
        """
        return cls().parse_from_string(spec)

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Replaces every part by what the string says; returns self."""
        self.job = self.device_type = None
        self.replica = self.task = self.device_index = None
        for part in spec.split("/"):
            if not part:
                continue
            bits = part.split(":")
            try:
                self._set_part(bits, spec)
            except ValueError:
                raise ValueError(f"Unknown attribute: '{bits[0]}' in '{spec}'") from None
        return self

    def _set_part(self, bits: list[str], spec: str) -> None:
        kind, n = bits[0], len(bits)
        if n == 2 and kind == "job":
            self.job = bits[1]
        elif n == 2 and kind == "replica":
            self.replica = int(bits[1])
        elif n == 2 and kind == "task":
            self.task = int(bits[1])
        elif n in (1, 2) and kind.upper() in ("CPU", "GPU", "TPU"):
            self._set_device(kind.upper(), bits[1] if n == 2 else "*")
        elif n == 3 and kind == "device":
            self._set_device(bits[1], bits[2])
        elif n == 2 and kind == "device":
            self._set_device(bits[1], "*")
        else:
            raise ValueError(spec)

    def _set_device(self, kind: str, index: str) -> None:
        if self.device_type is not None:
            raise ValueError("Multiple device types are not allowed.")
        self.device_type = kind.upper() if kind in ("cpu", "gpu") else kind
        self.device_index = None if index == "*" else int(index)

    def merge_from(self, dev: DeviceSpec) -> None:
        """Takes over every part that `dev` gives."""
        for part in self.__slots__:
            value = getattr(dev, part)
            if value is not None:
                setattr(self, part, value)

    def to_string(self) -> str:
        """Returns the canonical device string."""
        text = ""
        if self.job is not None:
            text += f"/job:{self.job}"
        if self.replica is not None:
            text += f"/replica:{self.replica}"
        if self.task is not None:
            text += f"/task:{self.task}"
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            text += f"/device:{self.device_type}:{index}"
        return text

    def __str__(self) -> str:
        return self.to_string()

    def __repr__(self) -> str:
        return f"<DeviceSpec {self.to_string()!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())


@functools.lru_cache(maxsize=1024)
def merged(outer: str, inner: str) -> str:
    """The device of an op that has `inner` already when the scope `outer` is applied to it."""
    spec = DeviceSpec.from_string(outer)
    spec.merge_from(DeviceSpec.from_string(inner))
    return spec.to_string()


@functools.lru_cache(maxsize=1024)
def canonical(name: str) -> str:
    """The canonical text of a device string."""
    return DeviceSpec.from_string(name).to_string()


def to_text(device: Any) -> str:
    """The canonical text of a device string or spec; None gives an empty string."""
    if not device:
        return ""
    return canonical(device) if isinstance(device, str) else str(device)
