"""Whether `==` compares the elements of tensors, as in TensorFlow 2, or asks if they are the same.

This package keeps tensors in lists, sets and dicts by identity; so the switch is for the code of
programs only, which is told by the module that compares.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor, operator_function

_OWN: Final = frozenset({"headrace", "weakref", "functools", "collections", "copy", "_weakrefset"})

# What can be compared: class → its name in messages. State inventory: filled at import.
_KINDS: Final[dict[type, str]] = {Tensor: "Tensor"}
_METHODS: Final = ("__eq__", "__ne__", "__hash__")
# The methods that were replaced, by class. State inventory: filled while equality is enabled.
_REPLACED: Final[dict[type, list[Any]]] = {}


def register(kind: type, name: str) -> None:
    """Makes objects of a class, such as variables, compare as tensors do."""
    _KINDS[kind] = name


@export("enable_tensor_equality", v2=())
def enable_tensor_equality() -> None:
    """Makes `==` and `!=` compare elements, in eager execution and in functions."""
    for kind, name in _KINDS.items():
        if kind not in _REPLACED:
            _REPLACED[kind] = [getattr(kind, m) for m in _METHODS]
            for method, made in zip(_METHODS, _comparing(name), strict=True):
                setattr(kind, method, made)


@export("disable_tensor_equality", v2=())
def disable_tensor_equality() -> None:
    """Makes `==` and `!=` say whether tensors are the same."""
    for kind, methods in _REPLACED.items():
        for method, before in zip(_METHODS, methods, strict=True):
            setattr(kind, method, before)
    _REPLACED.clear()


def _comparing(name: str) -> tuple[Any, Any, Any]:
    """The methods for a class."""

    def equal(self: Any, other: Any) -> Any:
        graph = self.graph
        if _is_asked() and (graph.executes or graph.building_function):
            return operator_function("__eq__")(self, other)
        return self is other

    def not_equal(self: Any, other: Any) -> Any:
        if _is_asked():
            return operator_function("__ne__")(self, other)
        return self is not other

    def hashed(self: Any) -> int:
        graph = self.graph
        if _is_asked() and (name != "Tensor" or graph.executes or graph.building_function):
            raise TypeError(
                f"{name} is unhashable if Tensor equality is enabled. Instead, use "
                "tensor.experimental_ref() as the key."
            )
        return id(self)

    return equal, not_equal, hashed


def _is_asked() -> bool:
    """Whether the program itself uses the operator that asks."""
    if not graph_lib.executes_by_default():
        return False
    name: str = sys._getframe(2).f_globals.get("__name__", "")
    return name.partition(".")[0] not in _OWN


__all__ = ["register"]
