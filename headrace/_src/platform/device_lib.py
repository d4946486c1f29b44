"""The devices of this machine: `tensorflow.python.client.device_lib`."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class DeviceAttributes:
    """One device: its name, type and memory in bytes."""

    name: str
    device_type: str
    memory_limit: int
    incarnation: int = 0
    physical_device_desc: str = ""


def list_local_devices(session_config: Any = None) -> list[DeviceAttributes]:
    """Return the CPU and every GPU."""
    import jax

    out = [DeviceAttributes("/device:CPU:0", "CPU", 1 << 28)]
    for index, device in enumerate(d for d in jax.devices() if d.platform == "gpu"):
        memory = (device.memory_stats() or {}).get("bytes_limit", 0)
        text = f"device: {index}, name: {device.device_kind}"
        out.append(DeviceAttributes(f"/device:GPU:{index}", "GPU", memory, index + 1, text))
    return out
