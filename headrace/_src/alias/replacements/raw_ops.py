"""Functions of `tensorflow.python.ops.gen_*_ops`: ops by their snake_case names."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import headrace._src.ops  # noqa: F401  (finds the op families)
from headrace._src.core import opspec

_EDGES = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(op_type: str) -> str:
    """`MatMul` is `mat_mul`, `Conv2DBackpropInput` is `conv2d_backprop_input`."""
    return _EDGES.sub("_", re.sub(r"(\d)D(?=[A-Z]|$)", r"\1d", op_type)).lower()


@functools.cache
def _types() -> dict[str, str]:
    opspec.lookup("")
    return {snake_case(op_type): op_type for op_type in opspec.registered()}


def function(name: str) -> Callable[..., Any] | None:
    """Return the function that adds the op `name` (snake_case or the op type), or None."""
    opspec.lookup("")
    registered = opspec.registered()
    op_type = name if name in registered else _types().get(name)
    if op_type is None:
        return None
    spec = registered[op_type]
    inputs = [arg.name for arg in spec.inputs]
    inferred = {
        a for arg in spec.inputs for a in (arg.number_attr, arg.type_attr, arg.type_list_attr)
    }
    parameters = [*inputs, *(a for a in spec.attrs if a not in inferred), "name"]

    def add(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(parameters):
            raise TypeError(f"{name}() takes {len(parameters)} arguments, got {len(args)}")
        given = dict(zip(parameters, args, strict=False))
        twice = given.keys() & kwargs.keys()
        if twice:
            raise TypeError(f"{name}() got several values for {sorted(twice)}")
        given.update(kwargs)
        missing = [i for i in inputs if i not in given]
        if missing:
            raise TypeError(f"{name}() needs the arguments {missing}")
        values = [given.pop(i) for i in inputs]
        return spec(*values, **given)

    add.__name__ = add.__qualname__ = name
    add.__doc__ = f"Add a {op_type} node; takes {', '.join(parameters)}."
    return add
