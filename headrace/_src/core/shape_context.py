"""What a shape rule may ask about the operation whose shapes it infers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType

if TYPE_CHECKING:
    from headrace._src.core.operation import Operation
    from headrace._src.core.tensor import Tensor


class ShapeContext:
    """The `s` of a shape rule.

    Attributes:
      operation: the operation being built; its inputs and attrs are set; its outputs are there, but
        their shapes are not.
    """

    __slots__ = ("operation",)

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def tensor(self, i: int) -> Tensor:
        """The i-th flat input."""
        return self.operation.inputs[i]

    def value(self, i: int) -> np.ndarray[Any, Any] | None:
        """The constant value of the i-th flat input, or None when it is not known."""
        from headrace._src.core import constant_value

        return constant_value.evaluate(self.operation.inputs[i])

    def value_as_dims(self, i: int) -> Dims:
        """The dims that the i-th flat input, a shape vector, describes; unknown parts are None."""
        from headrace._src.core import constant_value

        return constant_value.evaluate_as_dims(self.operation.inputs[i])

    def handle_data(self, i: int) -> tuple[DType, Dims] | None:
        """dtype and shape of what the i-th flat input, a handle or a list, stands for."""
        return self.operation.inputs[i].handle_data

    def set_handle_data(self, data: tuple[DType, Dims] | None, output: int = 0) -> None:
        """Says dtype and shape of what an output, a handle or a list, stands for."""
        self.operation.outputs[output].handle_data = data


class _RevealingContext(ShapeContext):
    """A context that tells only what an earlier pass asked for, as 1.15's inference does."""

    __slots__ = ("revealed", "wanted")

    def __init__(self, operation: Operation, revealed: set[tuple[str, int]]) -> None:
        super().__init__(operation)
        self.revealed = revealed
        self.wanted: set[tuple[str, int]] = set()

    def value(self, i: int) -> np.ndarray[Any, Any] | None:
        """The value, if asked for before."""
        self.wanted.add(("value", i))
        return super().value(i) if ("value", i) in self.revealed else None

    def value_as_dims(self, i: int) -> Dims:
        """The dims, if asked for before, else as many unknown ones as there are elements."""
        self.wanted.add(("dims", i))
        if ("dims", i) in self.revealed:
            return super().value_as_dims(i)
        dims = self.operation.inputs[i].dims
        return (None,) * dims[0] if dims and len(dims) == 1 and dims[0] is not None else None


def first_shape_error(
    operation: Operation, error: ValueError, rule: Callable[[ShapeContext], Any]
) -> ValueError:
    """The error that 1.15 reports: that of the first pass of inference that fails.

    Values become known from pass to pass, and the message shows those known in the failing one.
    """
    revealed: set[tuple[str, int]] = set()
    while True:
        context = _RevealingContext(operation, revealed)
        try:
            rule(context)
        except ValueError as found:
            return shape_error(operation, context, found, revealed)
        if context.wanted <= revealed:
            return shape_error(operation, context, error, revealed)
        revealed = revealed | context.wanted


def shape_error(
    operation: Operation, context: ShapeContext, error: ValueError, known: set[tuple[str, int]]
) -> ValueError:
    """Completes the message of a shape rule with the node, its input shapes and known values."""
    shapes = ", ".join(dims_lib.text(t.dims) for t in operation.inputs)
    message = f"{error} for '{operation.name}' (op: '{operation.type}') with input shapes: {shapes}"
    values = []
    partial = []
    for i in sorted({i for _, i in known}):
        if ("dims", i) in known:
            dims = ShapeContext.value_as_dims(context, i)
            if dims is not None:
                partial.append(f"input[{i}] = {dims_lib.text(dims)}")
        else:
            value = ShapeContext.value(context, i)
            if value is not None:
                values.append(f"input[{i}] = <{_value_text(value)}>")
    if values:
        message += f" and with computed input tensors: {', '.join(values)}"
    if partial:
        message += " and with input tensors computed as partial shapes: " + ",".join(partial)
    return ValueError(message + ".")


def _value_text(value: np.ndarray[Any, Any]) -> str:
    """A constant as 1.15 prints it in messages: elements between blanks, rows in brackets."""
    if value.ndim <= 1:
        shown = value.ravel()[:10].tolist()
        return " ".join(os.fsdecode(v) if isinstance(v, bytes) else str(v) for v in shown)
    return "".join(f"[{_value_text(row)}]" for row in value[:3])
