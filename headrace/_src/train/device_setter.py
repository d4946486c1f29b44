"""replica_device_setter: which device of a cluster holds which operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core.device import DeviceSpec
from headrace._src.platform import logging
from headrace._src.train.server import ClusterSpec

# Op types whose state belongs on parameter servers.
_STATE_OPS: Final = (
    "Variable",
    "VariableV2",
    "AutoReloadVariable",
    "MutableHashTable",
    "MutableHashTableV2",
    "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2",
    "MutableDenseHashTable",
    "MutableDenseHashTableV2",
    "VarHandleOp",
    "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp",
    "ResourceConditionalAccumulator",
)


class _InTurn:
    """Gives each operation to the next task."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._next = 0

    def __call__(self, op: Any) -> int:
        task = self._next
        self._next = (task + 1) % self._n
        return task


def _merged(outer: str | None, inner: DeviceSpec) -> str:
    spec = DeviceSpec.from_string(outer or "")
    spec.merge_from(inner)
    return spec.to_string()


def _tasks_of(cluster: Any, ps_device: str) -> int:
    jobs = ClusterSpec(cluster).as_dict()
    return len(jobs.get(DeviceSpec.from_string(ps_device).job or "", ()))


@export("train.replica_device_setter", v2=())
def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Any], int] | None = None,
) -> Callable[[Any], str] | None:
    """Makes the device function that puts variables on parameter servers, the rest on the worker.

    Args:
      ps_tasks: number of parameter servers; ignored when `cluster` is given.
      ps_device: device of the parameter servers.
      worker_device: device of everything else.
      merge_devices: whether devices given to an operation are merged with these, or replace them.
      cluster: a `ClusterSpec`, or what makes one.
      ps_ops: op types to put on parameter servers; those with state when left out.
      ps_strategy: gives the task of an operation; in turn when left out.

    Returns:
      A function for `tf.device`; None when there are no parameter servers.

    Raises:
      TypeError: `ps_strategy` is not callable.
    """
    if cluster is not None:
        ps_tasks = _tasks_of(cluster, ps_device)
    if ps_tasks == 0:
        return None
    if not merge_devices:
        logging.warning(
            "replica_device_setter: merge_devices=False is deprecated; devices are better merged."
        )
    types = frozenset(_STATE_OPS if ps_ops is None else ps_ops)
    strategy = _InTurn(ps_tasks) if ps_strategy is None else ps_strategy
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")

    def device_of(op: Any) -> str:
        if not merge_devices and op.device:
            return op.device  # type: ignore[no-any-return]
        current = DeviceSpec.from_string(op.device or "")
        if not ps_device or getattr(op, "type", None) not in types:
            return _merged(worker_device, current)
        server = DeviceSpec.from_string(ps_device)
        if server.job and current.job in (None, "", server.job):
            server.task = int(strategy(op))
        return _merged(server.to_string(), current)

    return device_of


__all__ = ["replica_device_setter"]
