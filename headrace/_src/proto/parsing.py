"""Messages read from files: whatever is wrong with a file, the error names it and says what."""

from __future__ import annotations

import os
from typing import Any

from headrace._src.core import errors
from headrace._src.proto import messages
from headrace._src.proto.record_io import file_error, open_file


def read_file(path: str) -> bytes:
    """The bytes of a file.

    Raises:
      NotFoundError: There is no such file.
      FailedPreconditionError: It is a folder.
      PermissionDeniedError: Access is denied.
    """
    # Opening a folder fails on some systems only when it is read.
    if os.path.isdir(path):
        raise errors.FailedPreconditionError(None, None, f"{path}; Is a directory")
    with open_file(path, "rb") as file:
        try:
            return file.read()
        except OSError as error:
            raise file_error(path, error) from None


def damaged(kind: Any, path: str, why: object) -> errors.OpError:
    """The error for a file that holds no message of the kind that was looked for."""
    reason = " ".join(str(why).split())
    return errors.DataLossError(
        None, None, f"{path} holds no {kind.DESCRIPTOR.name}: {reason[:500]}"
    )


def from_bytes(kind: Any, data: bytes, path: str) -> Any:
    """Parses the binary form.

    Raises:
      DataLossError: `data` is something else, or damaged.
    """
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise damaged(kind, path, error) from None


def from_text(kind: Any, data: bytes, path: str) -> Any:
    """Parses the text form.

    Raises:
      DataLossError: `data` is something else, or damaged.
    """
    from google.protobuf import text_format

    try:
        return text_format.Parse(data.decode(), kind(), descriptor_pool=messages.pool())
    except RecursionError:
        raise damaged(kind, path, "messages lie too deep in each other") from None
    # Numbers out of range and codes of no character leave the parser as other errors.
    except (text_format.ParseError, ValueError, TypeError, OverflowError) as error:
        raise damaged(kind, path, error) from None
