"""How the members of a collection are written into a meta graph and read from one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_REGISTRY: Final[dict[Any, tuple[Any, Any, Any]]] = {}


def register_proto_function(
    collection_name: Any,
    proto_type: Any = None,
    to_proto: Callable[..., Any] | None = None,
    from_proto: Callable[..., Any] | None = None,
) -> None:
    """Says how the members of a collection are written as protocol buffers, and read.

    Args:
      collection_name: the key of the collection.
      proto_type: the message class, or a function without arguments that returns it.
      to_proto: (member, export_scope=) → message, or None to leave the member out.
      from_proto: (message, import_scope=) → member.

    Raises:
      TypeError: a function is not callable.
      KeyError: the collection has functions already.
    """
    if to_proto and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    if collection_name in _REGISTRY:
        raise KeyError(f"Registering two _proto_function_registry with name '{collection_name}'!")
    _REGISTRY[collection_name] = (proto_type, to_proto, from_proto)


def get_collection_proto_type(collection_name: Any) -> Any:
    """The message class of a collection, or None."""
    kind = _REGISTRY.get(collection_name, (None,))[0]
    # Messages are made when they are first needed; a function stands for one until then.
    return kind() if callable(kind) and not isinstance(kind, type) else kind


def get_to_proto_function(collection_name: Any) -> Any:
    """The function that writes a member, or None."""
    return _REGISTRY.get(collection_name, (None, None))[1]


def get_from_proto_function(collection_name: Any) -> Any:
    """The function that reads a member, or None."""
    return _REGISTRY.get(collection_name, (None, None, None))[2]
