"""The ops by their types, taking keyword arguments only: `tf.raw_ops.MatMul(a=x, b=y)`."""

from typing import Any

from headrace._src.alias.replacements import raw_ops as _raw_ops
from headrace._src.core import opspec as _opspec

_opspec.lookup("")


def __dir__() -> list[str]:
    return sorted(_opspec.registered())


def __getattr__(name: str) -> Any:
    function: Any = _raw_ops.function(name) if name in _opspec.registered() else None
    if function is None:
        raise AttributeError(f"headrace has no op of type '{name}'")

    def add(*positional: Any, **arguments: Any) -> Any:
        if positional:
            raise TypeError(
                f"{name} only takes keyword args (possible keys: {function.parameters}). Please "
                "pass these args as kwargs instead."
            )
        return function(**arguments)

    add.__name__ = add.__qualname__ = name
    add.__doc__ = function.__doc__
    return add
