"""Small needs of many families: arguments with two names, specs of other families."""

from __future__ import annotations

from typing import Any

from headrace._src.core import opspec


def renamed(new_name: str, new: Any, old_name: str, old: Any) -> Any:
    """The value of an argument that may come under its present or its former name.

    Raises:
        ValueError: both are given.
    """
    if old is None:
        return new
    if new is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old


def spec(op_type: str) -> opspec.OpSpec:
    """The spec of an op of another family, found at the call: families import in circles."""
    found = opspec.lookup(op_type)
    if found is None:
        raise LookupError(f"no op family declares {op_type}")
    return found
