"""Conditions that layers take: a bool, 0, 1, a tensor or a variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._src.ops import smart_cond as conditions
from headrace._src.ops._late import late
from headrace._src.state.variable import Variable


def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """The result of one of two functions, chosen now where the condition is known.

    Raises:
      TypeError: the condition is none, or a function is missing.
    """
    if isinstance(pred, Variable):
        return late.cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return conditions.smart_cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)


def constant_value(pred: Any) -> bool | None:
    """The value of a condition that is known now, else None.

    Raises:
      TypeError: it is no condition.
    """
    return None if isinstance(pred, Variable) else conditions.smart_constant_value(pred)
