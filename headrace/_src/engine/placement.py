"""Placement: operations that ask for a device which a session does not have are refused.

As in 1.15 the whole graph is looked at, not only what is fetched, whenever it has grown.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

from headrace._src.core import device as device_lib
from headrace._src.core import errors
from headrace._src.core.attrs import FuncRef
from headrace._src.core.operation import Operation
from headrace._src.engine.devices import Devices, kind_of, parsed
from headrace._src.engine.partition import lowerable


class Placer:
    """Checks what the operations of one session's graph ask for.

    State inventory:
      _checked: how many operations of the graph have been looked at.
      _known: device string → whether there is such a device.

    Args:
      devices: the session's devices.
      config: its `ConfigProto`, or None.
    """

    def __init__(self, devices: Devices, config: Any = None) -> None:
        self._devices = devices
        self._soft = config is not None and config.allow_soft_placement
        self._log = config is not None and config.log_device_placement
        self._checked = 0
        self._known: dict[str, bool] = {}
        if self._log:
            print("Device mapping:", file=sys.stdout)
            for d in devices.attributes():
                if d.description:
                    print(f"{d.name} -> {d.description}", file=sys.stdout)

    def extend(self, graph: Any) -> None:
        """Looks at the operations that were added since the last call.

        Raises:
          InvalidArgumentError: one asks for a device that is not there.
        """
        size = graph._version
        if size == self._checked:
            return
        for op in itertools.islice(graph._nodes, self._checked, size):
            if (op._device and not self._has(op._device)) or (
                op.spec.calls_functions
                and any(inner._device and not self._has(inner._device) for _, inner in _called(op))
            ):
                self._refuse(graph)
                break
        self._checked = size
        if self._log:
            for op in _in_order(graph._nodes):
                name = self._devices.name_of(op._device, lowerable(op))
                print(f"{op.name}: ({op.type}): {name}", file=sys.stdout)

    def _has(self, text: str) -> bool:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._devices.has(text, self._soft)
        return known

    def _refuse(self, graph: Any) -> None:
        """Raises for the first operation that cannot be placed, if colocation leaves one."""
        groups = _groups(graph)
        called = [pair for op in graph._nodes if op.spec.calls_functions for pair in _called(op)]
        for late in (False, True):
            for op in graph._nodes:
                if _is_source(op) is late:
                    self._check(op, groups[op])
            for name, inner in called:
                if _is_source(inner) is late and inner._device and not self._has(inner._device):
                    raise self._error(name, "{{node " + name + "}}", inner, inner._device)

    def _check(self, op: Operation, device: str) -> None:
        if device and not self._has(device):
            made = "" if op.origin is None else f" (defined at {op.origin}) "
            raise self._error(op.name, f"node {op.name}{made}", op, device)

    def _error(self, name: str, node: str, op: Operation, device: str) -> Exception:
        names = ", ".join(self._devices.names())
        if device_lib.to_text(op._device) == device_lib.to_text(device):
            text = (
                f"{node} was explicitly assigned to {device} but available devices are "
                f"[ {names} ]. Make sure the device specification refers to a valid device."
            )
            if kind_of(parsed(device)) == "GPU" and "GPU" not in self._devices.kinds:
                text += " The requested device appears to be a GPU, but CUDA is not enabled."
        else:
            text = (
                f"Could not satisfy explicit device specification '{op._device}' because the node "
                f"{node} was colocated with a group of nodes that required incompatible device "
                f"'{device}'. All available devices [{names}]. "
            )
        text = f"Cannot assign a device for operation {name}: {text}\n\t [[{name}]]"
        return errors.InvalidArgumentError(None, op, text)


def _is_source(op: Operation) -> bool:
    """Whether 1.15 places an operation after the others, where what takes its output is."""
    return not op._inputs and len(op.outputs) == 1 and not op.outputs[0].dtype._is_ref_dtype


def _in_order(nodes: list[Operation]) -> list[Operation]:
    """Operations in the order in which they are placed."""
    return sorted(nodes, key=_is_source)


def _called(op: Operation) -> Iterator[tuple[str, Operation]]:
    """The operations of the functions that an operation calls, with the names they have inlined."""
    bodies = [(k, v.graph) for k, v in op.attrs.items() if isinstance(v, FuncRef)]
    for i, (attr, graph) in enumerate(bodies):
        for inner in graph._nodes:
            yield f"{op.name}/{attr.partition('_')[0]}/_{i}/{inner.name}", inner


def _groups(graph: Any) -> dict[Operation, str]:
    """The device that each colocated operation must be on, empty where none is asked for."""
    parent: dict[Operation, Operation] = {}

    def root(op: Operation) -> Operation:
        while op in parent:
            op = parent[op]
        return op

    for op in graph._nodes:
        others = [t.op for t in op._inputs if t.dtype.name == "resource"]
        if "_class" in op.attrs:
            named = (g.decode().removeprefix("loc:@") for g in op.colocation_groups())
            others += [graph._by_name[n] for n in named if n in graph._by_name]
        for other in others:
            # The oldest is the root.
            one, two = sorted((root(op), root(other)), key=lambda o: o._id)
            if one is not two:
                parent[two] = one
    devices: dict[Operation, str] = {}
    for op in graph._nodes:
        if op._device:
            first = root(op)
            # What was asked for first holds, such as the device of a variable's handle.
            devices[first] = device_lib.merged(op._device, devices.get(first, ""))
    return {op: devices.get(root(op), "") for op in graph._nodes}
