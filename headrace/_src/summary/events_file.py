"""Event files: names, the first event, and reading them back."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.proto import messages, parsing, record_io

FILE_VERSION: Final = "brain.Event:2"


class EventsFile:
    """One event file, made when the first event is written.

    Args:
      directory: The directory, which must exist.
      suffix: What the name of the file ends in.
    """

    def __init__(self, directory: str, suffix: str = "") -> None:
        self._directory = directory
        self._suffix = suffix
        self._writer: record_io.RecordWriter | None = None

    @property
    def path(self) -> str | None:
        """The file, or None while there is none."""
        return None if self._writer is None else self._writer.path

    def open(self) -> record_io.RecordWriter:
        """Makes the file, unless it is made, and writes its first event."""
        if self._writer is None:
            self._writer = self._make()
            first = messages.Event(wall_time=time.time(), file_version=FILE_VERSION)
            self._writer.write(first.SerializeToString())
        return self._writer

    def write(self, event: Any) -> None:
        """Writes an event."""
        self.open().write(event.SerializeToString())

    def flush(self) -> None:
        """Hands everything written so far to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Completes the file; a later event would go into a new one."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()

    def abandon(self) -> None:
        """Gives the file up after an error, without writing what is left."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.abandon()

    def _make(self) -> record_io.RecordWriter:
        second = int(time.time())
        while True:
            name = f"events.out.tfevents.{second:010d}.{socket.gethostname()}{self._suffix}"
            try:
                return record_io.RecordWriter(os.path.join(self._directory, name), mode="xb")
            except errors.AlreadyExistsError:
                # A file made in the same second, by this writer or another, must not be replaced.
                second += 1


@export("train.summary_iterator", v2=())
def summary_iterator(path: Any) -> Iterator[Any]:
    """Read the events of an event file.

    Args:
      path: The file.

    Yields:
      One `Event` after the other.

    Raises:
      NotFoundError: The file does not exist.
      DataLossError: The file is damaged.
    """
    name = os.fsdecode(path)
    for record in record_io.read_records(name):
        yield parsing.from_bytes(messages.Event, record, name)
