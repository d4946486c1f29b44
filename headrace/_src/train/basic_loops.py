"""A loop under a Supervisor: `tf.train.basic_train_loop`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import errors


@export("train.basic_train_loop", v2=())
def basic_train_loop(
    supervisor: Any, train_step_fn: Any, args: Any = None, kwargs: Any = None, master: Any = ""
) -> None:
    """Calls a function until a supervisor stops; begins anew when a run was aborted.

    Args:
      supervisor: the `Supervisor`.
      train_step_fn: called as `train_step_fn(session, *args, **kwargs)`.
      args: its further positional arguments.
      kwargs: its keyword arguments.
      master: the target of the sessions.
    """
    while True:
        try:
            with supervisor.managed_session(master) as sess:
                while not supervisor.should_stop():
                    train_step_fn(sess, *(args or ()), **(kwargs or {}))
            return
        except errors.AbortedError:
            # A server has been started anew, as a rule; so does the training.
            continue
