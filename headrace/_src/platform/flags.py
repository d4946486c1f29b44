"""Command-line flags: absl's, with what TensorFlow 1 programs expect of them.

Differences from absl: the `DEFINE_*` functions take the old argument names as well, and reading a
flag before the command line was parsed parses it.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

from absl import flags as absl_flags

from headrace._api.export import export_value

absl_flags.disclaim_key_flags()

_RENAMED = {"flag_name": "name", "default_value": "default", "docstring": "help"}
_WRAPPED = ("DEFINE_string", "DEFINE_boolean", "DEFINE_float", "DEFINE_integer")


def _takes_old_names(define: Callable[..., Any]) -> Callable[..., Any]:
    """Let an absl definer accept the argument names of early TensorFlow releases."""

    @functools.wraps(define)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        old = [name for name in _RENAMED if name in kwargs]
        for name in old:
            kwargs[_RENAMED[name]] = kwargs.pop(name)
        if old:
            logging.warning(
                "Flag arguments %s are deprecated: use name, default and help.", ", ".join(old)
            )
        return define(*args, **kwargs)

    return wrapper


class FlagsView:
    """`tf.flags.FLAGS`: absl's flag values, parsed from `sys.argv` when first read."""

    def __init__(self, values: absl_flags.FlagValues) -> None:
        self.__dict__["__wrapped"] = values

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__":
            return super().__getattribute__(name)
        return self.__dict__["__wrapped"].__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__["__wrapped"]
        if not values.is_parsed():
            values(sys.argv)
        return values.__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["__wrapped"].__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__["__wrapped"].__delattr__(name)

    def __dir__(self) -> list[str]:
        return list(self.__dict__["__wrapped"].__dir__())

    def __getitem__(self, name: str) -> Any:
        return self.__dict__["__wrapped"][name]

    def __setitem__(self, name: str, flag: Any) -> None:
        self.__dict__["__wrapped"][name] = flag

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__["__wrapped"]

    def __len__(self) -> int:
        return len(self.__dict__["__wrapped"])

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__["__wrapped"])

    def __str__(self) -> str:
        return str(self.__dict__["__wrapped"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__dict__["__wrapped"](*args, **kwargs)


def _collect() -> dict[str, Any]:
    """Everything `tf.flags` offers, by name."""
    found = {
        name: value
        for name, value in vars(absl_flags).items()
        if not name.startswith("_") and not hasattr(value, "__path__")
    }
    found = {n: v for n, v in found.items() if type(v).__name__ not in ("module", "_Feature")}
    for name in _WRAPPED:
        found[name] = _takes_old_names(found[name])
    found["DEFINE_bool"] = found["DEFINE_boolean"]
    found["FLAGS"] = FlagsView(absl_flags.FLAGS)
    return found


for _name, _value in _collect().items():
    globals()[_name] = export_value(_value, f"flags.{_name}", f"app.flags.{_name}", v2=())
