"""Decorators of TensorFlow's sources: they mark functions, and here leave them as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

contextmanager = contextlib.contextmanager


def _keep(*arguments: Any, **keywords: Any) -> Callable[[T], T]:
    """Take any arguments and return the decorator that changes nothing."""
    return lambda target: target


tf_export = keras_export = estimator_export = _keep
deprecated = deprecated_args = deprecated_arg_values = deprecated_alias_of = _keep
deprecated_endpoints = _keep


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Say nothing of deprecated functions inside, as never."""
    yield


def deprecated_argument_lookup(new_name: str, new_value: Any, old_name: str, old_value: Any) -> Any:
    """Return the value of an argument that may come under its old name.

    Raises:
      ValueError: Both are given.
    """
    if old_value is None:
        return new_value
    if new_value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{new_name}'")
    return old_value


def make_decorator(target: Any, decorator_func: Any, *names: Any, **keywords: Any) -> Any:
    """Return `decorator_func` with the name and the docstring of `target`."""
    import functools

    return functools.wraps(target)(decorator_func)


def unwrap(maybe_decorated: Any) -> tuple[list[Any], Any]:
    """Return (decorators, function) of a function; decorators are not kept."""
    import inspect

    return [], inspect.unwrap(maybe_decorated)


def should_use_result(function: T) -> T:
    """Return the function: unused results are not reported."""
    return function


def remove_undocumented(module_name: str, *arguments: Any, **keywords: Any) -> None:
    """Leave the names of a module alone."""


def make_all(module_name: str, doc_string_modules: Any = None) -> list[str]:
    """Return the public names of a module."""
    import sys

    return [name for name in vars(sys.modules[module_name]) if not name.startswith("_")]
