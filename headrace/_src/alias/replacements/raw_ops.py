"""Functions of `tensorflow.python.ops.gen_*_ops`: ops by their snake_case names."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import headrace._src.ops  # noqa: F401  (finds the op families)
from headrace._src.core import opspec
from headrace._src.core.attrs import wrapper_name

# Inputs whose parameter has another name than the op's signature gives them.
_AXIS = {"reduction_indices": "axis", "dim": "axis", "split_dim": "axis"}
_PARAMETERS = {"Select": {"t": "x", "e": "y"}, "Where": {"input": "condition"}}
_WITH_AXIS = frozenset(
    {
        "All",
        "Any",
        "EuclideanNorm",
        "ExpandDims",
        "Max",
        "Mean",
        "Min",
        "Prod",
        "Split",
        "SplitV",
        "Sum",
    }
)


@functools.cache
def _types() -> dict[str, str]:
    opspec.lookup("")
    return {wrapper_name(op_type): op_type for op_type in opspec.registered()}


def function(name: str) -> Callable[..., Any] | None:
    """Return the function that adds the op `name` (snake_case or the op type), or None."""
    opspec.lookup("")
    registered = opspec.registered()
    op_type = name if name in registered else _types().get(name)
    if op_type is None:
        return None
    spec = registered[op_type]
    renamed = _AXIS if op_type in _WITH_AXIS else _PARAMETERS.get(op_type, {})
    inputs = [renamed.get(arg.name, arg.name) for arg in spec.inputs]
    inferred = {
        a for arg in spec.inputs for a in (arg.number_attr, arg.type_attr, arg.type_list_attr)
    }
    explicit = {a: attr for a, attr in spec.attrs.items() if a not in inferred}
    required = [*inputs, *(a for a, attr in explicit.items() if not attr.has_default)]
    parameters = [*required, *(a for a in explicit if a not in required), "name"]

    def add(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(parameters):
            raise TypeError(f"{name}() takes {len(parameters)} arguments, got {len(args)}")
        given = dict(zip(parameters, args, strict=False))
        twice = given.keys() & kwargs.keys()
        if twice:
            raise TypeError(f"{name}() got several values for {sorted(twice)}")
        unknown = next((key for key in kwargs if key not in parameters), None)
        if unknown is not None:
            raise TypeError(f"{name}() got an unexpected keyword argument '{unknown}'")
        given.update(kwargs)
        missing = [f"'{r}'" for r in required if r not in given]
        if missing:
            raise TypeError(_missing(name, missing))
        values = [given.pop(i) for i in inputs]
        return spec(*values, **given)

    add.__name__ = add.__qualname__ = name
    add.__doc__ = f"Add a {op_type} node; takes {', '.join(parameters)}."
    add.parameters = parameters  # type: ignore[attr-defined]
    return add


def _missing(name: str, arguments: list[str]) -> str:
    """What Python says when a function is called without these (quoted) arguments."""
    *head, last = arguments
    comma = "," if len(head) > 1 else ""
    text = f"{', '.join(head)}{comma} and {last}" if head else last
    plural = "s" if head else ""
    return f"{name}() missing {len(arguments)} required positional argument{plural}: {text}"
