"""Session creators: how a monitored session gets its sessions."""

from __future__ import annotations

import abc
from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import get_default_graph
from headrace._src.train.scaffold import Scaffold
from headrace._src.train.session_manager import SessionManager


@export("train.SessionCreator", v2=())
class SessionCreator(abc.ABC):
    """Base of what makes sessions."""

    @abc.abstractmethod
    def create_session(self) -> Any:
        """Returns a new session."""
        raise NotImplementedError(f"create_session is not implemented for {self}.")


class _ScaffoldSessionCreator(SessionCreator):
    """A creator with a scaffold and, from its first session on, a manager."""

    def __init__(self, scaffold: Any, master: Any, config: Any) -> None:
        self._scaffold = scaffold or Scaffold()
        self._session_manager: Any = None
        self._master = master
        self._config = config

    def _get_session_manager(self) -> Any:
        if not self._session_manager:
            self._session_manager = SessionManager(
                local_init_op=self._scaffold.local_init_op,
                ready_op=self._scaffold.ready_op,
                ready_for_local_init_op=self._scaffold.ready_for_local_init_op,
                graph=get_default_graph(),
            )
        return self._session_manager


@export("train.ChiefSessionCreator", v2=())
class ChiefSessionCreator(_ScaffoldSessionCreator):
    """Makes sessions whose variables it initializes or restores.

    Args:
      scaffold: the `Scaffold`; a default one when left out.
      master: the target of the session.
      config: a `ConfigProto`.
      checkpoint_dir: a directory whose latest checkpoint to restore.
      checkpoint_filename_with_path: a checkpoint to restore.
    """

    def __init__(
        self,
        scaffold: Any = None,
        master: Any = "",
        config: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path

    def create_session(self) -> Any:
        """Finalizes the graph and returns a session that is ready."""
        self._scaffold.finalize()
        return self._get_session_manager().prepare_session(
            self._master,
            saver=self._scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=self._scaffold.init_op,
            init_feed_dict=self._scaffold.init_feed_dict,
            init_fn=self._scaffold.init_fn,
        )


@export("train.WorkerSessionCreator", v2=())
class WorkerSessionCreator(_ScaffoldSessionCreator):
    """Makes sessions that wait for a chief to initialize the variables.

    Args:
      scaffold: the `Scaffold`; a default one when left out.
      master: the target of the session.
      config: a `ConfigProto`.
      max_wait_secs: seconds to wait at the most.
    """

    def __init__(
        self,
        scaffold: Any = None,
        master: Any = "",
        config: Any = None,
        max_wait_secs: float = 30 * 60,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """Finalizes the graph and returns a session, once it is ready."""
        self._scaffold.finalize()
        return self._get_session_manager().wait_for_session(
            self._master, config=self._config, max_wait_secs=self._max_wait_secs
        )
