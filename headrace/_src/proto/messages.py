"""The message classes, made when first asked for: `messages.GraphDef`, `messages.DT_FLOAT`.

Messages, enums and the values of top-level enums of all packages are attributes of this module.
Every class belongs to our own descriptor pool, so a TensorFlow in the same process keeps its own.
"""

from __future__ import annotations

import copyreg
import threading
from typing import Any

_lock = threading.RLock()
_pool: Any = None


def pool() -> Any:
    """Return the private descriptor pool; it is built at the first call."""
    global _pool
    with _lock:
        if _pool is None:
            from headrace._src.proto import descriptors

            _pool = descriptors.build_pool()
        return _pool


def message_class(full_name: str) -> Any:
    """Return the class of the message `full_name`, such as `"tensorflow.Summary.Value"`.

    Raises:
      KeyError: There is no such message.
    """
    return _class_of(pool().FindMessageTypeByName(full_name))


def _class_of(descriptor: Any) -> Any:
    """The class of a descriptor, with its nested classes and enums as attributes."""
    from google.protobuf import message_factory
    from google.protobuf.internal import enum_type_wrapper

    with _lock:
        made = message_factory.GetMessageClass(descriptor)
        if made.__module__ == __name__:
            return made
        made.__module__ = __name__
        made.__qualname__ = descriptor.full_name.removeprefix(descriptor.file.package + ".")
        # Protobuf's own way to unpickle looks into the default pool only.
        copyreg.pickle(made, _reduce)
        for nested in descriptor.nested_types:
            inner = _class_of(nested)
            if not hasattr(made, nested.name):
                setattr(made, nested.name, inner)
        for enum in descriptor.enum_types:
            if not hasattr(made, enum.name):
                setattr(made, enum.name, enum_type_wrapper.EnumTypeWrapper(enum))
        return made


def _reduce(message: Any) -> tuple[Any, tuple[str, bytes]]:
    return _restore, (message.DESCRIPTOR.full_name, message.SerializeToString())


def _restore(full_name: str, data: bytes) -> Any:
    return message_class(full_name).FromString(data)


def _find(name: str) -> Any:
    from google.protobuf.internal import enum_type_wrapper

    for package in ("tensorflow", "tensorflow.error", "tensorflow.tfprof", "tensorflow.profiler"):
        file = pool().FindFileByName(f"headrace/{package}.proto")
        if name in file.message_types_by_name:
            return _class_of(file.message_types_by_name[name])
        for enum in file.enum_types_by_name.values():
            if enum.name == name:
                return enum_type_wrapper.EnumTypeWrapper(enum)
            if name in enum.values_by_name:
                return enum.values_by_name[name].number
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _find(name)
    return value
