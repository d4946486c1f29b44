"""How many floating-point operations one execution of an operation takes.

The numbers are those that TensorFlow 1.15 counts, op type by op type; a type that it does not count
(`AddV2`, `BatchMatMulV2`, `FusedBatchNorm`, ...) counts nothing here either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from headrace._src.core.operation import Operation


class UnknownShapeError(ValueError):
    """A static shape that the count needs is not known."""


def _dims(tensor: Any) -> tuple[int, ...]:
    dims = tensor.dims
    if dims is None or None in dims:
        raise UnknownShapeError(f"The shape of {tensor.name} is not known")
    return tuple(dims)


def _size(tensor: Any) -> int:
    return math.prod(_dims(tensor))


def _per_input(count: int) -> Callable[[Operation], int]:
    return lambda op: _size(op.inputs[0]) * count


def _per_output(count: int) -> Callable[[Operation], int]:
    return lambda op: _size(op.outputs[0]) * count


def _reduction(finalize: int) -> Callable[[Operation], int]:
    """One operation for each element, and `finalize` for each result instead of its last one."""
    return lambda op: _size(op.inputs[0]) + _size(op.outputs[0]) * (finalize - 1)


def _matmul(op: Operation) -> int:
    a = _dims(op.inputs[0])
    k = a[-2] if op.attrs.get("transpose_a") else a[-1]
    return 2 * k * _size(op.outputs[0])


def _convolution(channels: int | None) -> Callable[[Operation], int]:
    """Twice what the first `channels` dimensions of the filter hold, for each result."""

    def count(op: Operation) -> int:
        _dims(op.inputs[0])
        return 2 * _size(op.outputs[0]) * math.prod(_dims(op.inputs[1])[:channels])

    return count


def _check_layout(op: Operation) -> None:
    if op.attrs.get("data_format", "NHWC") != "NHWC":
        raise UnknownShapeError("Only NHWC format is supported in flops computations")


def _window(op: Operation) -> int:
    _check_layout(op)
    return math.prod(op.attrs["ksize"])


def _backprop(image: Any, kernel: Any, op: Operation) -> int:
    _check_layout(op)
    strides = op.attrs["strides"][1] * op.attrs["strides"][2]
    return int(2 * _size(image) * _size(kernel) / (_dims(image)[-1] * strides))


def _add_n(op: Operation) -> int:
    return _size(op.inputs[0]) * (len(op.inputs) - 1) if op.inputs else 0


_COUNTS: Final[dict[str, Callable[[Operation], int]]] = {
    **dict.fromkeys(
        ("Reciprocal", "Square", "Log", "Neg", "AssignSub", "AssignAdd"), _per_input(1)
    ),
    "Rsqrt": _per_input(2),
    "Softmax": _per_input(5),
    "L2Loss": lambda op: _size(op.inputs[0]) * 3 - 1,
    **dict.fromkeys(
        (
            *("Add", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "Pow"),
            *("GreaterEqual", "Greater", "LessEqual", "Less", "Equal", "NotEqual"),
        ),
        _per_output(1),
    ),
    "RsqrtGrad": _per_output(4),
    "SquaredDifference": _per_output(2),
    "Mean": _reduction(1),
    **dict.fromkeys(("Sum", "ArgMax", "ArgMin", "BiasAddGrad"), _reduction(0)),
    "BiasAdd": _per_input(1),
    **dict.fromkeys(("MatMul", "BatchMatMul"), _matmul),
    "Conv2D": _convolution(3),
    "Conv3D": _convolution(4),
    **dict.fromkeys(("DepthwiseConv2dNative", "Dilation2D"), _convolution(2)),
    **dict.fromkeys(("AvgPool", "MaxPool"), lambda op: _window(op) * _size(op.outputs[0])),
    "AvgPoolGrad": lambda op: _window(op) * _size(op.inputs[1]) * 2,
    "MaxPoolGrad": lambda op: (_window(op) + 1) * _size(op.inputs[1]),
    "Conv2DBackpropInput": lambda op: _backprop(op.outputs[0], op.inputs[1], op),
    "Conv2DBackpropFilter": lambda op: _backprop(op.inputs[0], op.outputs[0], op),
    "AddN": _add_n,
}


def of(op: Operation) -> int:
    """The floating-point operations of an operation; 0 for types that are not counted.

    Raises:
      UnknownShapeError: its static shapes do not tell.
    """
    count = _COUNTS.get(op.type)
    return 0 if count is None else count(op)
