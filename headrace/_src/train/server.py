"""Server and ClusterSpec: sessions of one process that share variables."""

from __future__ import annotations

import threading
from typing import Any

from headrace._api.export import export
from headrace._src.engine import servers


@export("train.ClusterSpec")
class ClusterSpec:
    """The jobs of a cluster and the addresses of their tasks.

    Args:
      cluster: a dict from job name to a list, or a dict by index, of addresses; a `ClusterDef`;
        or another `ClusterSpec`.

    Raises:
      TypeError: `cluster` is of another kind.
    """

    def __init__(self, cluster: Any) -> None:
        self._jobs: dict[str, dict[int, str]] = {}
        if isinstance(cluster, ClusterSpec):
            self._jobs = {job: dict(tasks) for job, tasks in cluster._jobs.items()}
        elif isinstance(cluster, dict):
            for job, tasks in cluster.items():
                if isinstance(tasks, (list, tuple)):
                    self._jobs[job] = dict(enumerate(tasks))
                elif isinstance(tasks, dict):
                    self._jobs[job] = dict(tasks)
                else:
                    raise TypeError(
                        f"The tasks for job {job!r} must be a list or a dictionary from integers "
                        "to strings."
                    )
        elif hasattr(cluster, "job"):
            self._jobs = {job.name: dict(job.tasks) for job in cluster.job}
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network "
                "addresses, or a `ClusterDef` protocol buffer"
            )
        for job, tasks in self._jobs.items():
            for i, address in tasks.items():
                if not isinstance(i, int) or not isinstance(address, str):
                    raise TypeError(
                        f"Task address for job {job!r} must be a string, got {address!r}"
                    )

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()})"

    def as_dict(self) -> dict[str, Any]:
        """Returns the jobs: lists of addresses where the tasks are dense, dicts otherwise."""
        result: dict[str, Any] = {}
        for job, tasks in self._jobs.items():
            dense = sorted(tasks) == list(range(len(tasks)))
            result[job] = [tasks[i] for i in sorted(tasks)] if dense else dict(tasks)
        return result

    def as_cluster_def(self) -> Any:
        """Returns a `ClusterDef` protocol buffer."""
        from headrace._src.proto import messages

        result = messages.ClusterDef()
        for job in sorted(self._jobs):
            definition = result.job.add()
            definition.name = job
            for i, address in sorted(self._jobs[job].items()):
                definition.tasks[i] = address
        return result

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def _tasks(self, job_name: str) -> dict[int, str]:
        try:
            return self._jobs[job_name]
        except KeyError:
            raise ValueError(f"No such job in cluster: {job_name!r}") from None

    def num_tasks(self, job_name: str) -> int:
        """Returns how many tasks a job has."""
        return len(self._tasks(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """Returns the indices of a job's tasks, in order."""
        return sorted(self._tasks(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """Returns the address of a task."""
        try:
            return self._tasks(job_name)[task_index]
        except KeyError:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}.") from None

    def job_tasks(self, job_name: str) -> list[str | None]:
        """Returns the addresses of a job's tasks by index; None where there is no task."""
        tasks = self._tasks(job_name)
        return [tasks.get(i) for i in range(max(tasks) + 1)] if tasks else []


@export("distribute.Server", "train.Server", v2=())
class Server:
    """A server of this process; sessions with its `target` share variables and queues.

    Args:
      server_or_cluster_def: a `ServerDef`, `ClusterDef`, `ClusterSpec` or dict.
      job_name: the job of this server; may be left out when there is only one.
      task_index: its task; may be left out when there is only one.
      protocol: the protocol; `grpc` when left out.
      config: a `ConfigProto`.
      start: whether to start it.

    Raises:
      ValueError: the job or task cannot be told.
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        self._server_def = _server_def(
            server_or_cluster_def, job_name, task_index, protocol, config
        )
        own = (self._server_def.job_name, self._server_def.task_index)
        tasks = [(j.name, i) for j in self._server_def.cluster.job for i in sorted(j.tasks)]
        self._target = servers.start(tasks=[own, *(t for t in tasks if t != own)])
        self._stopped = threading.Event()

    @property
    def server_def(self) -> Any:
        """The `ServerDef` of the server."""
        return self._server_def

    @property
    def target(self) -> str:
        """The target to give to `tf.Session`."""
        return self._target

    def start(self) -> None:
        """Starts the server; it is started already when made with `start=True`."""

    def join(self) -> None:
        """Waits for the server to end, that is, for ever."""
        self._stopped.wait()

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """Returns a server of one task.

        Args:
          config: a `ConfigProto`.
          start: whether to start it.
        """
        return Server({"local": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def _server_def(
    given: Any, job_name: str | None, task_index: int | None, protocol: str | None, config: Any
) -> Any:
    from headrace._src.proto import messages

    result = messages.ServerDef()
    if isinstance(given, messages.ServerDef):
        result.CopyFrom(given)
    else:
        result.cluster.CopyFrom(ClusterSpec(given).as_cluster_def())
    if job_name is not None:
        result.job_name = job_name
    if task_index is not None:
        result.task_index = task_index
    if not result.job_name:
        if len(result.cluster.job) != 1:
            raise ValueError(
                "Must specify an explicit job name: the cluster has jobs "
                f"{[j.name for j in result.cluster.job]}"
            )
        result.job_name = result.cluster.job[0].name
    if protocol is not None:
        result.protocol = protocol
    if not result.protocol:
        result.protocol = "grpc"
    if config is not None:
        result.default_session_config.MergeFrom(config)
    return result
