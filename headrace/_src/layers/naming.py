"""Names of layers: the class name in snake case, numbered in each graph."""

from __future__ import annotations

import collections
import re
import weakref
from typing import Any

from headrace._src.core.graph import get_default_graph

_COUNTS: weakref.WeakKeyDictionary[Any, collections.Counter[str]] = weakref.WeakKeyDictionary()


def snake_case(name: str) -> str:
    """`BasicLSTMCell` → `basic_lstm_cell`; a leading underscore becomes `private`."""
    # Capitalised words are found first: only what they leave is split before single capitals.
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
    return f"private{snake}" if snake.startswith("_") else snake


def unique_name(base: str, zero_based: bool = False) -> str:
    """Number a name within the default graph: `dense_1`, or first `dense` when zero based."""
    counts = _COUNTS.setdefault(get_default_graph(), collections.Counter())
    counts[base] += 1
    number = counts[base] - zero_based
    return f"{base}_{number}" if number else base
