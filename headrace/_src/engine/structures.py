"""Structures: how values of compiled code that are no single arrays fall into arrays and back.

The value of a variant is a tree. Its leaves are arrays, its nodes are lists (`traced_lists`) and
optional values:

  ("array", shape, dtype name)
  ("list", element DType, element dims, limit, capacity, length or None, within, element or None)
  ("optional", whether there is a value or None, ((label, (component, ...)), ...))

Such a description is plain data: it can be compared, hashed and stored. The elements of a list lie
behind each other: the leaves of `TracedList.items` have one axis more than the description of an
element says. A length or a flag that is None in the description is an array and so a leaf.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.engine import backend
from headrace._src.engine.traced_lists import TracedList, TracedOptional

Structure = tuple[Any, ...]


class Mismatch(Exception):  # noqa: N818
    """Two values have no structure in common; the message says why."""


def is_compound(value: Any) -> bool:
    """Whether a value is a list or an optional of compiled code."""
    return isinstance(value, (TracedList, TracedOptional))


def is_traced(value: Any) -> bool:
    """Whether a value is not known while lowering."""
    return isinstance(value, (backend.jax().Array, TracedList, TracedOptional))


# -- taking apart and putting together ------------------------------------------------------------


def of(value: Any, lead: int = 0) -> Structure:
    """The structure of a value whose leaves have `lead` axes more than it says."""
    if isinstance(value, TracedList):
        item = None if value.items is None else of(value.items, lead + 1)
        length = value.length if isinstance(value.length, int) else None
        kind = (value.dtype, value.dims, value.limit, value.capacity, length, value.within)
        return ("list", *kind, item)
    if isinstance(value, TracedOptional):
        has = value.has if isinstance(value.has, bool) else None
        parts = tuple(
            (label, tuple(of(v, lead) for v in values)) for label, values in value.parts.items()
        )
        return "optional", has, parts
    return "array", tuple(np.shape(value))[lead:], str(value.dtype)


def leaves(value: Any) -> list[Any]:
    """The arrays of a value, in the order of its structure."""
    found: list[Any] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Any]) -> None:
    if isinstance(value, TracedList):
        if not isinstance(value.length, int):
            found.append(value.length)
        if value.items is not None:
            _collect(value.items, found)
    elif isinstance(value, TracedOptional):
        if not isinstance(value.has, bool):
            found.append(value.has)
        for values in value.parts.values():
            for v in values:
                _collect(v, found)
    else:
        found.append(value)


def rebuilt(structure: Structure, arrays: Iterator[Any]) -> Any:
    """The value of a structure, its leaves taken from `arrays`."""
    if structure[0] == "list":
        _, dtype, dims, limit, capacity, length, within, item = structure
        length = next(arrays) if length is None else length
        items = None if item is None else rebuilt(item, arrays)
        return TracedList(dtype, dims, limit, items, capacity, length, within)
    if structure[0] == "optional":
        _, has, parts = structure
        has = next(arrays) if has is None else has
        return TracedOptional(
            has, {label: tuple(rebuilt(s, arrays) for s in ss) for label, ss in parts}
        )
    return next(arrays)


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """A value of stacked elements with every leaf replaced."""
    if not is_compound(value):
        return function(value)
    return rebuilt(of(value), iter([function(leaf) for leaf in leaves(value)]))


# -- structures in common -------------------------------------------------------------------------


def joined(a: Structure, b: Structure) -> Structure:
    """The structure that values of both structures can take.

    Raises:
      Mismatch: there is none.
    """
    if a == b:
        return a
    if a[0] != b[0]:
        raise Mismatch(f"a value is {a[0]} here and {b[0]} there")
    if a[0] == "array":
        raise Mismatch(f"a value is {a[2]}{list(a[1])} here and {b[2]}{list(b[1])} there")
    if a[0] == "optional":
        return _joined_optionals(a, b)
    _, dtype, dims, limit, capacity, length, within, item = a
    if b[1] != dtype:
        raise Mismatch(f"a list holds {dtype.name} here and {b[1].name} there")
    items = [i for i in (item, b[7]) if i is not None]
    return (
        "list",
        dtype,
        dims_lib.relax(dims, b[2]),
        limit if limit == b[3] else -1,
        max(capacity, b[4]),
        length if length == b[5] else None,
        united(within, b[6]),
        functools.reduce(joined, items) if items else None,
    )


def united(a: Any, b: Any) -> Any:
    """The range of the elements of two lists, see `TracedList.within`."""
    if a is None or b is None:
        return None
    bounds = (*a, *b)
    return (min(bounds), max(bounds)) if bounds else ()


def _joined_optionals(a: Structure, b: Structure) -> Structure:
    parts = dict(a[2])
    for label, values in b[2]:
        if label in parts:
            values = tuple(joined(x, y) for x, y in zip(parts[label], values, strict=True))
        parts[label] = values
    return "optional", a[1] if a[1] == b[1] else None, tuple(sorted(parts.items()))


def coerced(value: Any, structure: Structure, lead: tuple[int, ...] = ()) -> Any:
    """A value in a structure that its own one was joined into.

    Args:
      value: the value.
      structure: the structure.
      lead: the axes that its leaves have in front of what the structure says.
    """
    xp = backend.jax().numpy
    if isinstance(value, TracedList):
        _, dtype, dims, limit, capacity, length, within, item = structure
        items = value.items
        if item is None:
            items = None
        elif items is None:
            items = zeros(item, (*lead, capacity))
        else:
            if value.capacity < capacity:
                items = mapped(lambda a: padded(a, len(lead), capacity), items)
            items = coerced(items, item, (*lead, capacity))
        if length is None:
            length = value.length
            if isinstance(length, int):
                length = xp.full(lead, length, np.int32)
        return TracedList(dtype, dims, limit, items, capacity, length, within)
    if isinstance(value, TracedOptional):
        _, has, parts = structure
        if has is None:
            has = value.has
            if isinstance(has, bool):
                has = xp.full(lead, has)
        found = {}
        for label, kinds in parts:
            given = value.parts.get(label)
            if given is None:
                found[label] = tuple(zeros(s, lead) for s in kinds)
            else:
                found[label] = tuple(coerced(v, s, lead) for v, s in zip(given, kinds, strict=True))
        return TracedOptional(has, found)
    return xp.asarray(value)


def padded(array: Any, axis: int, size: int) -> Any:
    """An array made longer along an axis, with zeros."""
    widths = [(0, 0)] * np.ndim(array)
    widths[axis] = (0, size - array.shape[axis])
    return backend.jax().numpy.pad(array, widths)


def zeros(structure: Structure, lead: tuple[int, ...] = ()) -> Any:
    """A value of zeros: lists that are empty or whose elements are zeros."""
    xp = backend.jax().numpy
    if structure[0] == "array":
        return xp.zeros((*lead, *structure[1]), structure[2])
    if structure[0] == "list":
        _, dtype, dims, limit, capacity, length, within, item = structure
        if length is None:
            length = xp.zeros(lead, np.int32)
        items = None if item is None else zeros(item, (*lead, capacity))
        return TracedList(dtype, dims, limit, items, capacity, length, within)
    _, has, parts = structure
    if has is None:
        has = xp.zeros(lead, bool)
    return TracedOptional(
        has, {label: tuple(zeros(s, lead) for s in kinds) for label, kinds in parts}
    )


def arrays_of(structures: Sequence[Structure]) -> list[tuple[tuple[int, ...], str]]:
    """Shape and dtype of every leaf of values of these structures, in order."""
    found: list[tuple[tuple[int, ...], str]] = []
    for s in structures:
        _collect_kinds(s, (), found)
    return found


def _collect_kinds(s: Structure, lead: tuple[int, ...], found: list[Any]) -> None:
    if s[0] == "array":
        found.append(((*lead, *s[1]), s[2]))
    elif s[0] == "list":
        if s[5] is None:
            found.append((lead, "int32"))
        if s[7] is not None:
            _collect_kinds(s[7], (*lead, s[4]), found)
    else:
        if s[1] is None:
            found.append((lead, "bool"))
        for _, kinds in s[2]:
            for kind in kinds:
                _collect_kinds(kind, lead, found)


def mapped_elements(function: Callable[[Any], Any], value: Any) -> Any:
    """As `mapped`, but lengths and flags stay."""
    return combined(lambda a, _: function(a), value, value)


def combined(function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Two values of one structure, leaf by leaf; lengths and flags are those of the first."""
    if isinstance(a, TracedList):
        items = None if a.items is None else combined(function, a.items, b.items)
        return a.replaced(items=items, within=None)
    if isinstance(a, TracedOptional):
        parts = {
            label: tuple(combined(function, x, y) for x, y in zip(xs, b.parts[label], strict=True))
            for label, xs in a.parts.items()
        }
        return TracedOptional(a.has, parts)
    return function(a, b)
