"""What a shape rule may ask about the operation whose shapes it infers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dims

if TYPE_CHECKING:
    from headrace._src.core.operation import Operation
    from headrace._src.core.tensor import Tensor


class ShapeContext:
    """The `s` of a shape rule.

    Attributes:
      operation: the operation being built; its inputs and attrs are set, its outputs are not.
    """

    __slots__ = ("_asked", "operation")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._asked: dict[int, Any] = {}

    def tensor(self, i: int) -> Tensor:
        """The i-th flat input."""
        return self.operation.inputs[i]

    def value(self, i: int) -> np.ndarray[Any, Any] | None:
        """The constant value of the i-th flat input, or None when it is not known."""
        from headrace._src.core import constant_value

        value = constant_value.evaluate(self.operation.inputs[i])
        self._asked[i] = value
        return value

    def value_as_dims(self, i: int) -> Dims:
        """The dims that the i-th flat input, a shape vector, describes; unknown parts are None."""
        from headrace._src.core import constant_value

        dims = constant_value.evaluate_as_dims(self.operation.inputs[i])
        self._asked[i] = None if dims is None else dims
        return dims


class BlindShapeContext(ShapeContext):
    """A context in which no input has a known value, as in the first pass of 1.15's inference."""

    __slots__ = ()

    def value(self, i: int) -> None:
        """Nothing is known."""

    def value_as_dims(self, i: int) -> Dims:
        """As many unknown dimensions as the vector has elements."""
        dims = self.operation.inputs[i].dims
        return (None,) * dims[0] if dims and len(dims) == 1 and dims[0] is not None else None


def shape_error(operation: Operation, context: ShapeContext, error: ValueError) -> ValueError:
    """Completes the message of a shape rule with the node, its input shapes and known values."""
    shapes = ", ".join(dims_lib.text(t.dims) for t in operation.inputs)
    message = (
        f"{error} for '{operation.name}' (op: '{operation.type}') with input shapes: {shapes}"
    )
    values = []
    partial = []
    for i, value in sorted(context._asked.items()):
        if isinstance(value, np.ndarray):
            values.append(f"input[{i}] = <{_value_text(value)}>")
        elif isinstance(value, tuple):
            partial.append(f"input[{i}] = {dims_lib.text(value)}")
    if values:
        message += f" and with computed input tensors: {', '.join(values)}"
    if partial:
        message += (
            " and with input tensors computed as partial shapes: " + ",".join(partial)
        )
    return ValueError(message + ".")


def _value_text(value: np.ndarray[Any, Any]) -> str:
    """A constant as 1.15 prints it in messages: elements between blanks, rows in brackets."""
    if value.ndim <= 1:
        return " ".join(str(v) for v in value.ravel()[:10].tolist())
    return "".join(f"[{_value_text(row)}]" for row in value[:3])
