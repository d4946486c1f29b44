"""Declare public names at the definition: the one truth about the public API."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

ROOT = "headrace"


class Entry(NamedTuple):
    """One exported object: where it is defined, and the names it is offered under.

    `attr` is None for values, whose attribute `scripts/gen_api.py` finds in the module.
    """

    value: Any
    module: str
    attr: str | None
    names: tuple[str, ...]
    v2: tuple[str, ...]
    deprecated: str | None


ENTRIES: list[Entry] = []
NAMES: dict[str, Any] = {}
NAMES_V2: dict[str, Any] = {}


def export(
    *names: str,
    v2: tuple[str, ...] | None = None,
    deprecated: str | None = None,
    deprecated_args: Any = None,
) -> Callable[[T], T]:
    """Offer the decorated function or class under public dotted names.

    The first name is the canonical one: the object's `__module__`, `__name__` and `__qualname__`
    follow it, so that pickles, docs and error messages use the public name.

    Args:
      *names: Dotted names below the root, such as `"math.reduce_sum", "reduce_sum"`.
      v2: Names offered under `compat.v2`; when None the same names but for those of `contrib`,
        none when `()`.
      deprecated: What to use instead, for documentation and `headrace doctor`.
      deprecated_args: Names of deprecated arguments, for the same readers.

    Returns:
      The decorator; it returns the object itself.

    Raises:
      ValueError: A name is already taken by another object.
    """

    def mark(value: T) -> T:
        made: Any = inspect.unwrap(value) if inspect.isfunction(value) else value
        module, attr = made.__module__, made.__name__
        note = deprecated or (
            f"deprecated arguments: {deprecated_args}" if deprecated_args else None
        )
        _register(Entry(value, module, attr, names, _below_v2(names, v2), note))
        canonical = (names or tuple(v2 or ()))[0]
        if canonical in names:
            _rename(value, canonical)
        return value

    return mark


def export_value(value: T, *names: str, v2: tuple[str, ...] | None = None) -> T:
    """Offer a value (a constant, an instance) under public dotted names; return it unchanged.

    The value must be an attribute of the calling module.

    Raises:
      ValueError: A name is already taken by another object.
    """
    module = sys._getframe(1).f_globals["__name__"]
    _register(Entry(value, module, None, names, _below_v2(names, v2), None))
    return value


def _below_v2(names: tuple[str, ...], v2: tuple[str, ...] | None) -> tuple[str, ...]:
    if v2 is not None:
        return tuple(v2)
    return tuple(name for name in names if not name.startswith("contrib."))


def _register(entry: Entry) -> None:
    for table, names in ((NAMES, entry.names), (NAMES_V2, entry.v2)):
        for name in names:
            if table.setdefault(name, entry.value) is not entry.value:
                raise ValueError(
                    f"The public name '{name}' is exported twice: by {entry.module} and by "
                    f"{getattr(table[name], '__module__', table[name])}."
                )
    ENTRIES.append(entry)


def _rename(value: Any, canonical: str) -> None:
    namespace, _, name = canonical.rpartition(".")
    value.__module__ = f"{ROOT}.{namespace}" if namespace else ROOT
    value.__name__ = value.__qualname__ = name
