"""`arg_scope`: defaults of arguments for all calls within a block."""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from headrace._api.export import export

F = TypeVar("F", bound=Callable[..., Any])
Scope = dict[Any, dict[str, Any]]


class _Scopes(threading.local):
    """The open scopes of each thread, innermost last: function key → arguments."""

    def __init__(self) -> None:
        self.open: list[Scope] = [{}]


_scopes = _Scopes()
_ARGUMENTS: dict[Any, tuple[str, ...]] = {}


@export("contrib.framework.current_arg_scope", "contrib.slim.current_arg_scope", v2=())
def current_arg_scope() -> Scope:
    """Return the innermost scope: a dict from functions' keys to arguments."""
    return _scopes.open[-1]


def arg_scope_func_key(op: Any) -> Any:
    """What stands for a function in scopes."""
    return getattr(op, "_key_op", str(op))


@export("contrib.framework.has_arg_scope", "contrib.slim.has_arg_scope", v2=())
def has_arg_scope(func: Any) -> bool:
    """Return whether a function takes arguments from scopes."""
    return arg_scope_func_key(func) in _ARGUMENTS


@export("contrib.framework.arg_scoped_arguments", "contrib.slim.arg_scoped_arguments", v2=())
def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """Return the names of the arguments that a scope may give a function.

    Raises:
      AssertionError: the function takes none from scopes.
    """
    assert has_arg_scope(func)
    return _ARGUMENTS[arg_scope_func_key(func)]


@export("contrib.framework.add_arg_scope", "contrib.slim.add_arg_scope", v2=())
def add_arg_scope(func: F) -> F:
    """Decorate a function, so that it takes arguments from scopes.

    Args:
      func: the function.

    Returns:
      A function that takes arguments it is not given by keyword from the innermost scope.
    """
    key = arg_scope_func_key(func)

    @functools.wraps(func)
    def scoped(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **(current_arg_scope().get(key, {}) | kwargs))

    arguments = inspect.signature(func).parameters.values()
    _ARGUMENTS[key] = tuple(p.name for p in arguments if p.default is not p.empty)
    scoped._key_op = key  # type: ignore[attr-defined]
    return scoped  # type: ignore[return-value]


@export("contrib.framework.arg_scope", "contrib.slim.arg_scope", v2=())
@contextlib.contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Scope]:
    """Give functions arguments for all calls within a block.

    Args:
      list_ops_or_scope: list of functions that take arguments from scopes, or a scope to enter
        again.
      **kwargs: the arguments.

    Yields:
      The scope, a dict.

    Raises:
      TypeError: neither a list nor a scope.
      ValueError: a function takes no arguments from scopes, or a scope comes with arguments.
    """
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise ValueError(
                "When attempting to re-use a scope by suppling adictionary, kwargs must be empty."
            )
        scope = list_ops_or_scope.copy()
    else:
        if not isinstance(list_ops_or_scope, (list, tuple)):
            raise TypeError(
                "list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)"
            )
        scope = current_arg_scope().copy()
        for op in list_ops_or_scope:
            if not has_arg_scope(op):
                raise ValueError(
                    "%s is not decorated with @add_arg_scope", (op.__module__, op.__name__)
                )
            key = arg_scope_func_key(op)
            scope[key] = scope.get(key, {}) | kwargs
    _scopes.open.append(scope)
    try:
        yield scope
    finally:
        _scopes.open.pop()
