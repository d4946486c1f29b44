"""What `tf.summary.FileWriter` writes with when it is given a session: operations of its graph.

Writers of one folder and session share the file, also with `tf.contrib.summary`.
"""

from __future__ import annotations

import os
from typing import Any

from headrace._src.core.scopes import name_scope
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import summary_writers as write_ops
from headrace._src.ops._late import late
from headrace._src.proto import record_io
from headrace._src.summary import writers


class SessionFileWriter:
    """Writes events by running operations.

    Args:
      session: the session; the operations are added to its graph.
      logdir: the folder, made if need be.
      max_queue: events that may wait.
      flush_secs: seconds after which events reach the file.
      filename_suffix: what the name of the file ends in; `.v2` by default.

    Raises:
      OpError: the folder or the file cannot be made.
    """

    def __init__(
        self,
        session: Any,
        logdir: Any,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str | None = None,
    ) -> None:
        self._session, self._logdir, self._closed = session, os.fsdecode(logdir), False
        try:
            os.makedirs(self._logdir, exist_ok=True)
        except OSError as error:
            raise record_io.file_error(self._logdir, error) from error
        with session.graph.as_default(), name_scope("filewriter"):
            writer = writers.create_file_writer(
                logdir=self._logdir,
                max_queue=max_queue,
                flush_millis=flush_secs * 1000,
                filename_suffix=filename_suffix,
            )
            with writer.as_default():
                self._fed = late.placeholder_with_default(constant_ops.constant("unused"), shape=[])
                resource = writers.STATE.writer._resource
                self._add = write_ops.ImportEvent.make(resource, self._fed)
            self._init, self._flush, self._close = writer.init(), writer.flush(), writer.close()
        session.run(self._init)

    def get_logdir(self) -> str:
        """Returns the folder."""
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Adds an event; does nothing once the writer is closed."""
        if not self._closed:
            self._session.run(self._add, feed_dict={self._fed: event.SerializeToString()})

    def flush(self) -> None:
        """Writes all events so far to the file."""
        self._session.run(self._flush)

    def close(self) -> None:
        """Writes what waits and completes the file; a second call does nothing."""
        if not self._closed:
            self.flush()
            self._session.run(self._close)
            self._closed = True

    def reopen(self) -> None:
        """Begins a new file after `close`; does nothing when the writer is open."""
        if self._closed:
            self._closed = False
            self._session.run(self._init)
