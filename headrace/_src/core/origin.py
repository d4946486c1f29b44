"""Where in the user's program an operation was made.

It is taken at every node, so it must cost well under a microsecond: a node keeps the code object
and the line, `Origin` is made when asked for.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Mapping
from types import CodeType
from typing import Final, NamedTuple

_PACKAGE: Final = (
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
)
# File name → whether its code is no user's; code objects take long to hash.
_INTERNAL: Final[dict[str, bool]] = {}


class Origin(NamedTuple):
    """The user's frame that made an operation."""

    filename: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"

    @property
    def text(self) -> str:
        """The source line, stripped; empty when the source is not there."""
        return linecache.getline(self.filename, self.line).strip()


_HIDDEN: Final[list[str]] = [_PACKAGE, "<frozen"]
_GENERATED: Final[dict[tuple[str, int], Origin]] = {}


def hide(directory: str) -> None:
    """Makes the frames of the files below a directory no user's frames."""
    _HIDDEN.append(directory + os.sep)
    _INTERNAL.clear()


def map_lines(lines: Mapping[tuple[str, int], Origin]) -> None:
    """Says from which lines of the user's program lines of generated files come."""
    _GENERATED.update(lines)


def is_internal(code: CodeType) -> bool:
    """Whether a code object belongs to headrace, or to the import or contextlib machinery."""
    name = code.co_filename
    known = _INTERNAL.get(name)
    if known is None:
        known = name.startswith(tuple(_HIDDEN)) or name.endswith("contextlib.py")
        _INTERNAL[name] = known
    return known


def current() -> tuple[CodeType | None, int]:
    """The code and the line of the innermost frame outside headrace."""
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        internal = _INTERNAL.get(code.co_filename)
        if internal is None:
            internal = is_internal(code)
        if not internal:
            return code, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None, 0


def of(code: CodeType | None, line: int) -> Origin | None:
    """The origin that `current` described."""
    if code is None:
        return None
    origin = Origin(code.co_filename, line, code.co_name)
    return _GENERATED.get((code.co_filename, line), origin)
