"""The ops by their types, taking keyword arguments only: `tf.raw_ops.MatMul(a=x, b=y)`."""

from typing import Any

from headrace._src.alias.replacements import raw_ops as _raw_ops


def __getattr__(name: str) -> Any:
    function = None if name.startswith("_") else _raw_ops.function(name)
    if function is None:
        raise AttributeError(f"headrace has no op of type '{name}'")

    def add(**arguments: Any) -> Any:
        return function(**arguments)

    add.__name__ = add.__qualname__ = name
    add.__doc__ = function.__doc__
    return add
