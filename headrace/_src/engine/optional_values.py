"""OptionalValue: the run-time value of an optional while interpreting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class OptionalValue:
    """The run-time value of an optional.

    Attributes:
      components: what it holds; None when it holds nothing, or when it may be one of several.
      parts: what it is known by (see `optionals.wrapped`) → components. Compiled code does not tell
        which of several it is; whoever opens it knows.
    """

    __slots__ = ("components", "parts")

    def __init__(
        self,
        components: tuple[Any, ...] | None,
        parts: dict[str, tuple[Any, ...]] | None = None,
    ) -> None:
        self.components = components
        self.parts = parts or {}

    @property
    def has_value(self) -> bool:
        """Whether it holds something."""
        return self.components is not None or bool(self.parts)

    def opened(self, label: str) -> tuple[Any, ...] | None:
        """What it holds for one who knows it by a label."""
        return self.parts.get(label, self.components)

    def mapped(self, function: Callable[[Any], Any]) -> OptionalValue:
        """The same with another value in place of each."""
        held = self.components
        return OptionalValue(
            None if held is None else tuple(map(function, held)),
            {label: tuple(map(function, values)) for label, values in self.parts.items()},
        )

    def __repr__(self) -> str:
        return f"OptionalValue({self.components!r}, {self.parts!r})"


__all__ = ["OptionalValue"]
