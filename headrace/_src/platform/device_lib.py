"""The devices of this machine: `tensorflow.python.client.device_lib`."""

from __future__ import annotations

from typing import Any

from headrace._src.engine.devices import Devices


def list_local_devices(session_config: Any = None) -> list[Any]:
    """Return the CPU and every accelerator, as `DeviceAttributes` protocol buffers.

    Args:
      session_config: A `ConfigProto` that chooses among the devices.
    """
    from headrace._src.proto import messages

    result = []
    for device in Devices(session_config, ("",)).attributes():
        made = messages.DeviceAttributes(
            name=device.name,
            device_type=device.device_type,
            memory_limit=device.memory_limit_bytes,
            incarnation=device.incarnation,
            physical_device_desc=device.description,
        )
        made.locality.SetInParent()
        result.append(made)
    return result
