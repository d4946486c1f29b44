"""The gradient of an operation: its op's rule, or what a program registered in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core.operation import Operation

GradientFunction = Callable[..., Any]

_REGISTERED: Final[dict[str, GradientFunction | None]] = {}


def _spec_of(op_type: str) -> Any:
    from headrace._src.core import opspec

    return opspec.lookup(op_type)


@export("RegisterGradient")
class RegisterGradient:
    """A decorator that registers a gradient function under a name.

    The name is an op type without gradient, or any name for `Graph.gradient_override_map`. The
    function takes the `Operation` and the
    gradient of each of its outputs, and returns one gradient for each input.

    Args:
      op_type: the name.

    Raises:
      TypeError: `op_type` is not a string.
      KeyError: the name is registered already.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: GradientFunction) -> GradientFunction:
        _check_free(self._op_type)
        _REGISTERED[self._op_type] = f
        return f


def _check_free(op_type: str) -> None:
    spec = _spec_of(op_type)
    if op_type in _REGISTERED or (spec is not None and spec.gradient_rule is not None):
        raise KeyError(f"Registering two gradient with name '{op_type}'!")


@export("no_gradient", "NoGradient", "NotDifferentiable", v2=("no_gradient",))
def no_gradient(op_type: str) -> None:
    """Declares that operations of a type have no gradient.

    Args:
      op_type: the op type.

    Raises:
      TypeError: `op_type` is not a string.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _REGISTERED[op_type] = None


def gradient_function(op: Operation) -> GradientFunction | None:
    """The gradient function of an operation; None when it has no gradient on purpose.

    Raises:
      LookupError: nobody has said what its gradient is.
    """
    if not op._inputs:
        return None
    name = op.attrs.get("_gradient_op_type", op.type)
    if name in _REGISTERED:
        return _REGISTERED[name]
    spec = op.spec if name == op.type else _spec_of(name)
    if spec is not None:
        if spec.gradient_rule is not None:
            return spec.gradient_rule  # type: ignore[no-any-return]
        if spec.gradient_reason is not None and not spec.gradient_undefined:
            return None
    details = [] if spec is None or not spec.gradient_reason else [spec.gradient_reason]
    if op.origin is not None:
        details.append(f"the operation was made at {op.origin}")
    raise LookupError(
        f"No gradient defined for operation '{op.name}' (op type: {op.type})"
        + "".join(f"\n{d}" for d in details)
    )
