"""EventFileWriter: events written by a thread of their own."""

from __future__ import annotations

import atexit
import collections
import os
import threading
import time
import weakref
from typing import Any, Final

from headrace._src.core import errors
from headrace._src.proto import messages, record_io
from headrace._src.summary.events_file import EventsFile

# How long the end of the process waits for events that nobody flushed.
EXIT_SECONDS: Final = 2.0

_OPEN: Final[weakref.WeakSet[EventFileWriter]] = weakref.WeakSet()


class EventFileWriter:
    """Writes events to a file of a directory, in a background thread.

    An error of the file system stops the thread; every later call of `add_event`, `flush` and
    `close` raises it.

    Args:
      logdir: The directory, made if need be.
      max_queue: Events that may wait; one more makes `add_event` wait.
      flush_secs: Seconds after which events reach the file.
      filename_suffix: What the name of the file ends in.

    Raises:
      OpError: The directory cannot be made.
    """

    def __init__(
        self,
        logdir: Any,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str | None = None,
    ) -> None:
        self._logdir = os.fsdecode(logdir)
        try:
            os.makedirs(self._logdir or os.curdir, exist_ok=True)
        except OSError as error:
            raise record_io.file_error(self._logdir, error) from error
        self._max_queue = max(1, max_queue)
        self._flush_seconds = flush_secs
        self._suffix = filename_suffix or ""
        self._start()

    def _start(self) -> None:
        self._file = EventsFile(self._logdir, self._suffix)
        if self._suffix:
            self._file.open()
        self._changed = threading.Condition()
        self._waiting: collections.deque[Any] = collections.deque()
        # Flushes asked for and flushes done, counted.
        self._flushes_wanted = 0
        self._flushes_done = 0
        self._error: Exception | None = None
        self._closed = False
        self._process = os.getpid()
        self._thread = threading.Thread(
            target=self._work, name="headrace-event-writer", daemon=True
        )
        self._thread.start()
        _OPEN.add(self)

    def _follow_fork(self) -> None:
        # A child process has no copy of the thread; it gets one of its own, and a file of its own.
        if self._process != os.getpid() and not self._closed:
            self._start()

    def get_logdir(self) -> str:
        """Returns the directory."""
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Adds an event; does nothing once the writer is closed.

        Raises:
          TypeError: `event` is not an `Event`.
          OpError: Writing failed.
        """
        descriptor = getattr(event, "DESCRIPTOR", None)
        if getattr(descriptor, "full_name", None) != messages.Event.DESCRIPTOR.full_name:
            raise TypeError(f"expected an Event, got {type(event)}")
        self._follow_fork()
        with self._changed:
            while len(self._waiting) >= self._max_queue and not self._closed and not self._error:
                self._changed.wait()
            self._raise_error()
            if not self._closed:
                self._waiting.append(event)
                self._changed.notify_all()

    def flush(self, timeout: float | None = None) -> None:
        """Waits until all events so far have reached the file.

        Raises:
          OpError: Writing failed.
        """
        self._follow_fork()
        with self._changed:
            if self._closed:
                return
            self._flushes_wanted += 1
            ticket = self._flushes_wanted
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._flushes_done >= ticket or self._error or self._closed, timeout
            )
            self._raise_error()

    def close(self) -> None:
        """Writes what waits and completes the file; a second call does nothing.

        Raises:
          OpError: Writing failed.
        """
        self._follow_fork()
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        _OPEN.discard(self)
        with self._changed:
            error, self._error = self._error, None
        if error is not None:
            raise error

    def reopen(self) -> None:
        """Begins a new file after `close`; does nothing when the writer is open."""
        if self._closed:
            self._start()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    # -- the thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._write_all()
            self._file.close()
        except errors.OpError as error:
            self._fail(error)
        except Exception as error:
            made = errors.UnknownError(None, None, f"cannot write events: {error}")
            made.__cause__ = error
            self._fail(made)

    def _fail(self, error: Exception) -> None:
        self._file.abandon()
        with self._changed:
            self._error = error
            self._waiting.clear()
            self._changed.notify_all()

    def _has_work(self) -> bool:
        return bool(self._waiting) or self._flushes_wanted > self._flushes_done or self._closed

    def _write_all(self) -> None:
        next_flush = time.monotonic() + self._flush_seconds
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, max(0.0, next_flush - time.monotonic()))
                events = list(self._waiting)
                self._waiting.clear()
                flush, done = self._flushes_wanted, self._closed
                self._changed.notify_all()
            for event in events:
                self._file.write(event)
            if flush > self._flushes_done or time.monotonic() >= next_flush:
                self._file.flush()
                next_flush = time.monotonic() + self._flush_seconds
                with self._changed:
                    self._flushes_done = flush
                    self._changed.notify_all()
            if done:
                return


def _forget_files_in_child() -> None:
    """Drops the copies of buffers that the parent will write itself."""
    for writer in list(_OPEN):
        writer._file.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_files_in_child)


@atexit.register
def _flush_at_exit() -> None:
    """Gives open writers a moment, so that a forgotten `close` loses nothing."""
    for writer in list(_OPEN):
        try:
            writer.flush(EXIT_SECONDS)
        except errors.OpError as error:
            import logging

            logging.getLogger("tensorflow").error("Events were lost: %s", error.message)
