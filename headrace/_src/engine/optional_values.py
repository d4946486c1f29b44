"""OptionalValue: the run-time value of an optional while interpreting."""

from __future__ import annotations

from typing import Any


class OptionalValue:
    """The run-time value of an optional: its components, or None."""

    __slots__ = ("components",)

    def __init__(self, components: tuple[Any, ...] | None) -> None:
        self.components = components

    def __repr__(self) -> str:
        return f"OptionalValue({self.components!r})"


__all__ = ["OptionalValue"]
