"""compat.v2: assertions without the `data` of version 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.ops import assertions

Check = Callable[..., Any]


def _pair(check: Check, *names: str) -> Check:
    def check_v2(
        x: Any, y: Any, message: Any = None, summarize: Any = None, name: Any = None
    ) -> Any:
        return check(x, y, summarize=summarize, message=message, name=name)

    return _offered(check_v2, check, names)


def _single(check: Check, *names: str) -> Check:
    def check_v2(x: Any, message: Any = None, summarize: Any = None, name: Any = None) -> Any:
        return check(x, message=message, summarize=summarize, name=name)

    return _offered(check_v2, check, names)


def _rank(check: Check, *names: str) -> Check:
    def check_v2(x: Any, rank: Any, message: Any = None, name: Any = None) -> Any:
        return check(x, rank, message=message, name=name)

    return _offered(check_v2, check, names)


def _offered(check_v2: Check, check: Check, names: tuple[str, ...]) -> Check:
    check_v2.__name__ = check_v2.__qualname__ = f"{check.__name__}_v2"
    first = (check.__doc__ or "").split("\n")[0]
    check_v2.__doc__ = f"{first} See `tf.debugging.{check.__name__}`."
    return export(v2=names)(check_v2)


def _both(name: str) -> tuple[str, str]:
    return f"debugging.{name}", name


assert_equal_v2 = _pair(assertions.assert_equal, *_both("assert_equal"))
assert_greater_v2 = _pair(assertions.assert_greater, *_both("assert_greater"))
assert_greater_equal_v2 = _pair(assertions.assert_greater_equal, "debugging.assert_greater_equal")
assert_less_v2 = _pair(assertions.assert_less, *_both("assert_less"))
assert_less_equal_v2 = _pair(assertions.assert_less_equal, "debugging.assert_less_equal")
assert_negative_v2 = _single(assertions.assert_negative, "debugging.assert_negative")
assert_positive_v2 = _single(assertions.assert_positive, "debugging.assert_positive")
assert_non_negative_v2 = _single(assertions.assert_non_negative, "debugging.assert_non_negative")
assert_non_positive_v2 = _single(assertions.assert_non_positive, "debugging.assert_non_positive")
assert_rank_v2 = _rank(assertions.assert_rank, *_both("assert_rank"))
assert_rank_at_least_v2 = _rank(assertions.assert_rank_at_least, "debugging.assert_rank_at_least")


@export(v2=("debugging.assert_none_equal",))
def assert_none_equal_v2(
    x: Any, y: Any, summarize: Any = None, message: Any = None, name: Any = None
) -> Any:
    """Checks `x != y` for every element; see `tf.debugging.assert_none_equal`."""
    return assertions.assert_none_equal(x, y, summarize=summarize, message=message, name=name)


@export(v2=("debugging.assert_near",))
def assert_near_v2(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: Any = None,
    summarize: Any = None,
    name: Any = None,
) -> Any:
    """Checks `|x - y| < atol + rtol * |y|` for every element; see `tf.debugging.assert_near`."""
    return assertions.assert_near(x, y, rtol, atol, summarize=summarize, message=message, name=name)


@export(v2=("debugging.assert_rank_in",))
def assert_rank_in_v2(x: Any, ranks: Any, message: Any = None, name: Any = None) -> Any:
    """Checks that the rank of `x` is one of `ranks`; see `tf.debugging.assert_rank_in`."""
    return assertions.assert_rank_in(x, ranks, message=message, name=name)


@export(v2=("debugging.assert_scalar",))
def assert_scalar_v2(tensor: Any, message: Any = None, name: Any = None) -> Any:
    """Checks at build time that a tensor is a scalar; see `tf.debugging.assert_scalar`."""
    assertions.assert_scalar(tensor, name=name, message=message)


@export(v2=("debugging.assert_integer",))
def assert_integer_v2(x: Any, message: Any = None, name: Any = None) -> Any:
    """Checks at build time that a dtype is an integer one; see `tf.debugging.assert_integer`."""
    assertions.assert_integer(x, message=message, name=name)


@export(v2=("debugging.assert_type",))
def assert_type_v2(tensor: Any, tf_type: Any, message: Any = None, name: Any = None) -> Any:
    """Checks at build time that a tensor is of a dtype; see `tf.debugging.assert_type`."""
    assertions.assert_type(tensor, tf_type, message=message, name=name)
