"""Conditions that are decided while building where they can be: smart_cond and its kin.

TensorFlow has them in `tensorflow.python.framework.smart_cond`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._src.core import constant_value
from headrace._src.core.tensor import Tensor
from headrace._src.ops import case, conditional


def smart_constant_value(pred: Any) -> Any:
    """Return the value of a condition when it is known while building, else None.

    Args:
      pred: a scalar bool tensor, a bool, or 0 or 1.

    Raises:
      TypeError: it is something else.
    """
    if isinstance(pred, Tensor):
        value = constant_value.constant_value(pred)
        return constant_value.evaluate(pred) if value is None else value
    if isinstance(pred, bool) or pred in {0, 1}:
        return bool(pred)
    raise TypeError(
        f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: {type(pred)}"
    )


def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Return `true_fn()` or `false_fn()`; a node is made only when `pred` is not known yet.

    Args:
      pred: a scalar bool tensor, a bool, or 0 or 1.
      true_fn: makes the result when `pred` is true.
      false_fn: makes the result otherwise.
      name: the name of the node.

    Raises:
      TypeError: a function is none, or `pred` is something else.
    """
    if not callable(true_fn):
        raise TypeError("`true_fn` must be callable.")
    if not callable(false_fn):
        raise TypeError("`false_fn` must be callable.")
    value = smart_constant_value(pred)
    if value is None:
        return conditional.cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if value else false_fn()


def smart_case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    name: str | None = "smart_case",
) -> Any:
    """As `tf.case`, with conditions that may be known while building.

    Args:
      pred_fn_pairs: pairs of a condition and a function, or a dict.
      default: the function for when no condition holds.
      exclusive: whether it is an error that several conditions hold.
      name: the name scope.
    """
    return case.choose(smart_cond, pred_fn_pairs, default, exclusive, name, python_predicates=True)
