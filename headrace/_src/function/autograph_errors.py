"""Errors of converted code: they tell the user's lines, not those of the generated code."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from headrace._api.export import export
from headrace._src.core import errors, origin


@export("contrib.autograph.AutoGraphError", v2=())
class AutoGraphError(Exception):
    """Something went wrong while a function was converted, or while its converted form ran."""


class ConversionError(AutoGraphError):
    """A function could not be converted."""


class StagingError(AutoGraphError):
    """Converted code raised an error of a type that cannot be made anew with another message."""


_OF_ONE_TEXT: Final = (
    AssertionError,
    AttributeError,
    NameError,
    NotImplementedError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    UnboundLocalError,
    AutoGraphError,
    ConversionError,
    StagingError,
    errors.InaccessibleTensorError,
    errors.OperatorNotAllowedInGraphError,
)


class _MissingKey(KeyError):
    """A `KeyError` whose text has lines of its own."""

    def __init__(self, text: str, key: Any) -> None:
        super().__init__(key)
        self._text = text

    def __str__(self) -> str:
        return self._text


_MissingKey.__name__ = KeyError.__name__


class _Frame(NamedTuple):
    filename: str
    line: int
    function: str
    is_converted: bool

    def __str__(self) -> str:
        mark = "  *" if self.is_converted else ""
        text = linecache.getline(self.filename, self.line).strip() or "<source unavailable>"
        return f"    {self.filename}:{self.line} {self.function}{mark}\n        {text}"


class ErrorMetadata:
    """Where in the user's program an error of converted code comes from.

    Attributes:
      frames: innermost first.
      cause_message: type and text of the first error.
    """

    def __init__(
        self, error: BaseException, lines: Mapping[tuple[str, int], origin.Origin]
    ) -> None:
        known: ErrorMetadata | None = getattr(error, "ag_error_metadata", None)
        found = _frames(sys.exc_info()[2], lines)
        if known is None:
            self.frames = found
            self.cause_message = f"{type(error).__name__}: {error}"
        else:
            self.frames = [*known.frames, *found[-1:]]
            self.cause_message = known.cause_message

    def message(self) -> str:
        """The text of the error that the user sees."""
        frames = "\n".join(str(f) for f in reversed(self.frames))
        cause = "\n".join("    " + line for line in self.cause_message.split("\n"))
        return f"in converted code:\n\n{frames}\n\n{cause}\n"

    def to_exception(self, error: BaseException) -> BaseException:
        """The error with that text, of the same type where it can be made."""
        made = self._made(error)
        made.__suppress_context__ = True
        made.ag_error_metadata = self  # type: ignore[attr-defined]
        return made

    def _made(self, error: BaseException) -> BaseException:
        kind = type(error)
        if isinstance(error, errors.OpError):
            taken = inspect.signature(kind.__init__).parameters
            given = {"node_def": error.node_def, "op": error.op, "message": self.message()}
            if "error_code" in taken:
                given["error_code"] = error.error_code
            return kind(**given)
        if kind in _OF_ONE_TEXT or kind.__init__ is Exception.__init__:
            return kind(self.message())
        if kind is KeyError:
            return _MissingKey(self.message(), self.cause_message)
        return StagingError(self.message())


def _frames(trace: Any, lines: Mapping[tuple[str, int], origin.Origin]) -> list[_Frame]:
    """The user's frames from where an error was raised out to the converted function."""
    found: list[_Frame] = []
    walked = list(traceback.walk_tb(trace))[1:]
    for frame, line in reversed(walked):
        code = frame.f_code
        at = lines.get((code.co_filename, line))
        if at is not None:
            found.append(_Frame(at.filename, at.line, at.function, True))
            break
        if not origin.is_internal(code):
            found.append(_Frame(code.co_filename, line, code.co_name, False))
    return found


def attach(error: BaseException, lines: Mapping[tuple[str, int], origin.Origin]) -> None:
    """Notes at an error that it passed a converted function; `lines` tell where code is from."""
    if not hasattr(error, "ag_pass_through"):
        error.ag_error_metadata = ErrorMetadata(error, lines)  # type: ignore[attr-defined]


__all__ = ["AutoGraphError", "ConversionError", "ErrorMetadata", "StagingError", "attach"]
