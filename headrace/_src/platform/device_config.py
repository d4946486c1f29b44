"""The devices of this process and what may be set about them: `tf.config`.

State inventory:
  _growth: name of an accelerator → whether its memory is to grow, as the program said.
  _threads: which kind of parallelism → the number of threads that the program asked for.
  _soft: whether operations may be placed where the program did not ask for.
"""

from __future__ import annotations

import collections
from typing import Any, Final

from headrace._api.export import export
from headrace._src.engine.devices import Devices

PhysicalDevice = collections.namedtuple("PhysicalDevice", ["name", "device_type"])
LogicalDevice = collections.namedtuple("LogicalDevice", ["name", "device_type"])

_growth: Final[dict[str, bool]] = {}
_threads: Final[dict[str, int]] = {"intra": 0, "inter": 0}
_soft: Final[dict[str, bool]] = {"placement": True}


def _attributes() -> list[Any]:
    return list(Devices(None, ("/job:localhost/replica:0/task:0",)).attributes())


def _physical() -> list[PhysicalDevice]:
    """The CPU and every accelerator."""
    counts: dict[str, int] = {}
    found = []
    for device in _attributes():
        kind = device.device_type
        number = counts[kind] = counts.get(kind, -1) + 1
        found.append(PhysicalDevice(f"/physical_device:{kind}:{number}", kind))
    return found


def _of_type(devices: list[Any], device_type: str | None) -> list[Any]:
    return [d for d in devices if device_type is None or d.device_type == device_type]


@export("config.experimental.list_physical_devices")
def list_physical_devices(device_type: str | None = None) -> list[Any]:
    """List the CPU and the accelerators of this machine.

    Args:
      device_type: "CPU" or "GPU"; all when None.

    Returns:
      Named tuples with `name` and `device_type`.

    Example:
      >>> import headrace as tf
      >>> tf.config.experimental.list_physical_devices("CPU")
      [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    """
    return _of_type(_physical(), device_type)


@export("config.experimental.list_logical_devices")
def list_logical_devices(device_type: str | None = None) -> list[Any]:
    """List the devices that `tf.device` names.

    Args:
      device_type: "CPU" or "GPU"; all when None.

    Returns:
      Named tuples with `name` and `device_type`.
    """
    logical = [
        LogicalDevice(physical.name.replace("/physical_device", _PREFIX), physical.device_type)
        for physical in _physical()
    ]
    return _of_type(logical, device_type)


_PREFIX: Final = "/job:localhost/replica:0/task:0/device"


@export("config.experimental_list_devices")
def list_devices() -> list[str]:
    """List the names of the devices that `tf.device` names."""
    return [device.name for device in list_logical_devices()]


@export("config.experimental.get_visible_devices")
def get_visible_devices(device_type: str | None = None) -> list[Any]:
    """List the devices that this process uses: all of them.

    Args:
      device_type: "CPU" or "GPU"; all when None.
    """
    return list_physical_devices(device_type)


@export("config.experimental.set_visible_devices")
def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Choose the devices that this process uses; it uses all of them.

    Args:
      devices: what `list_physical_devices` gave, one or a list.
      device_type: the type that is chosen among; all when None.

    Raises:
      ValueError: there is no such device.
      NotImplementedError: an accelerator is left out.
    """
    chosen = devices if isinstance(devices, list) else [devices]
    present = _physical()
    for device in chosen:
        if device not in present:
            raise ValueError(f"Unrecognized device: {device!r}")
        if device_type is not None and device.device_type != device_type:
            raise ValueError(f"Unrecognized device: {device!r}")
    hidden = [d for d in _of_type(present, device_type) if d not in chosen]
    if hidden:
        raise NotImplementedError(
            f"tf.config.experimental.set_visible_devices: headrace cannot hide {hidden[0].name}; "
            "set CUDA_VISIBLE_DEVICES or JAX_PLATFORMS before the program starts"
        )


def _check_accelerator(device: Any) -> None:
    if device not in _physical():
        raise ValueError(f"Unrecognized device: {device!r}")
    if device.device_type != "GPU":
        raise ValueError("Cannot set memory growth on non-GPU devices")


@export("config.experimental.get_memory_growth")
def get_memory_growth(device: Any) -> bool:
    """Tell what `set_memory_growth` said of an accelerator; memory grows in any case.

    Raises:
      ValueError: it is no accelerator of this machine.
    """
    _check_accelerator(device)
    return _growth.get(device.name, False)


@export("config.experimental.set_memory_growth")
def set_memory_growth(device: Any, enable: bool) -> None:
    """Say whether memory of an accelerator is taken as it is needed; it always is.

    Args:
      device: what `list_physical_devices` gave.
      enable: a bool.

    Raises:
      ValueError: it is no accelerator of this machine.
    """
    _check_accelerator(device)
    _growth[device.name] = bool(enable)


@export("config.threading.get_intra_op_parallelism_threads")
def get_intra_op_parallelism_threads() -> int:
    """Tell how many threads an operation may use, as the program said; 0 is for any number."""
    return _threads["intra"]


@export("config.threading.set_intra_op_parallelism_threads")
def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Say how many threads an operation may use; XLA decides by itself.

    Args:
      num_threads: an int, 0 for any number.
    """
    _threads["intra"] = int(num_threads)


@export("config.threading.get_inter_op_parallelism_threads")
def get_inter_op_parallelism_threads() -> int:
    """Tell how many operations may run at a time, as the program said; 0 is for any number."""
    return _threads["inter"]


@export("config.threading.set_inter_op_parallelism_threads")
def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Say how many operations may run at a time; one after another runs unless one waits.

    Args:
      num_threads: an int, 0 for any number.
    """
    _threads["inter"] = int(num_threads)


@export("config.get_soft_device_placement")
def get_soft_device_placement() -> bool:
    """Tell whether operations may be placed where the program did not ask for."""
    return _soft["placement"]


@export("config.set_soft_device_placement")
def set_soft_device_placement(enabled: bool) -> None:
    """Say whether operations may be placed where the program did not ask for; eagerly they are.

    Args:
      enabled: a bool.
    """
    _soft["placement"] = bool(enabled)
