"""Elementwise exponentials, logarithms, trigonometric and hyperbolic functions, and the sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._builders import from_input, from_output, unary
from headrace._src.ops._late import late
from headrace._src.ops.math_unary import conj_array, gradient_op, is_complex, reciprocal, square


def _integral(fn: Any) -> Any:
    """`fn(xp, x)` for floating and complex inputs; integers go through float64."""

    def call(xp: Any, x: Any) -> Any:
        if np.issubdtype(x.dtype, np.integer):
            return fn(xp, x.astype(np.float64)).astype(x.dtype)
        return fn(xp, x)

    return call


# -- Exp -------------------------------------------------------------------------------------
Exp = unary(
    "Exp",
    lambda xp, x: xp.exp(x),
    G.FLOAT_OR_COMPLEX,
    cost=6,
    grad=from_output(lambda y, dy: dy * y),
)


@export("math.exp", "exp")
def exp(x: Any, name: str | None = None) -> Tensor:
    """Compute `e ** x` elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Exp(x, name=name)


# -- Expm1 -----------------------------------------------------------------------------------
Expm1 = unary(
    "Expm1",
    lambda xp, x: xp.expm1(x),
    G.FLOAT_OR_COMPLEX,
    cost=12,
    grad=from_input(lambda x, dy: dy * exp(x)),
)


@export("math.expm1", "expm1", v2=("math.expm1",))
def expm1(x: Any, name: str | None = None) -> Tensor:
    """Compute `e ** x - 1` elementwise, precisely for small `x`.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Expm1(x, name=name)


# -- Log -------------------------------------------------------------------------------------
Log = unary(
    "Log",
    lambda xp, x: xp.log(x),
    G.FLOAT_OR_COMPLEX,
    cost=6,
    grad=from_input(lambda x, dy: dy * reciprocal(x)),
)


@export("math.log", "log", v2=("math.log",))
def log(x: Any, name: str | None = None) -> Tensor:
    """Compute the natural logarithm elementwise; NaN for negative numbers.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Log(x, name=name)


# -- Log1p -----------------------------------------------------------------------------------
Log1p = unary(
    "Log1p",
    lambda xp, x: xp.log1p(x),
    G.FLOAT_OR_COMPLEX,
    cost=12,
    grad=from_input(lambda x, dy: dy * reciprocal(1 + x)),
)


@export("math.log1p", "log1p", v2=("math.log1p",))
def log1p(x: Any, name: str | None = None) -> Tensor:
    """Compute `log(1 + x)` elementwise, precisely for small `x`.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Log1p(x, name=name)


# -- Sin -------------------------------------------------------------------------------------
Sin = unary(
    "Sin",
    lambda xp, x: xp.sin(x),
    G.FLOAT_OR_COMPLEX,
    cost=8,
    grad=from_input(lambda x, dy: dy * cos(x)),
)


@export("math.sin", "sin")
def sin(x: Any, name: str | None = None) -> Tensor:
    """Compute the sine of angles in radians.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Sin(x, name=name)


# -- Cos -------------------------------------------------------------------------------------
Cos = unary(
    "Cos",
    lambda xp, x: xp.cos(x),
    G.FLOAT_OR_COMPLEX,
    cost=8,
    grad=from_input(lambda x, dy: -dy * sin(x)),
)


@export("math.cos", "cos")
def cos(x: Any, name: str | None = None) -> Tensor:
    """Compute the cosine of angles in radians.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Cos(x, name=name)


# -- Tan -------------------------------------------------------------------------------------
Tan = unary(
    "Tan",
    _integral(lambda xp, x: xp.tan(x)),
    G.SIGNED,
    cost=15,
    grad=from_input(lambda x, dy: square(reciprocal(cos(x))) * dy),
)


@export("math.tan", "tan")
def tan(x: Any, name: str | None = None) -> Tensor:
    """Compute the tangent of angles in radians.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Tan(x, name=name)


# -- Asin ------------------------------------------------------------------------------------
def _one_less_square(x: Tensor, dy: Tensor) -> Tensor:
    squared = square(x)
    one = late.constant(1, dtype=dy.dtype)
    return late.subtract(one, squared)


Asin = unary(
    "Asin",
    _integral(lambda xp, x: xp.arcsin(x)),
    G.SIGNED,
    cost=12,
    grad=from_input(lambda x, dy: dy * reciprocal(late.sqrt(_one_less_square(x, dy)))),
)


@export("math.asin", "asin")
def asin(x: Any, name: str | None = None) -> Tensor:
    """Compute the angle in radians of which `x` is the sine.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Asin(x, name=name)


# -- Acos ------------------------------------------------------------------------------------
def _acos_rule(x: Tensor, dy: Tensor) -> Tensor:
    inverse = reciprocal(late.sqrt(_one_less_square(x, dy)))
    return -dy * inverse


Acos = unary(
    "Acos",
    _integral(lambda xp, x: xp.arccos(x)),
    G.SIGNED,
    cost=12,
    grad=from_input(_acos_rule),
)


@export("math.acos", "acos")
def acos(x: Any, name: str | None = None) -> Tensor:
    """Compute the angle in radians of which `x` is the cosine.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Acos(x, name=name)


# -- Atan ------------------------------------------------------------------------------------
def _atan_rule(x: Tensor, dy: Tensor) -> Tensor:
    squared = square(x)
    one = late.constant(1, dtype=dy.dtype)
    return dy * reciprocal(late.add(one, squared))


Atan = unary(
    "Atan", _integral(lambda xp, x: xp.arctan(x)), G.SIGNED, cost=12, grad=from_input(_atan_rule)
)


@export("math.atan", "atan")
def atan(x: Any, name: str | None = None) -> Tensor:
    """Compute the angle in radians of which `x` is the tangent.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Atan(x, name=name)


# -- Sinh ------------------------------------------------------------------------------------
Sinh = unary(
    "Sinh",
    lambda xp, x: xp.sinh(x),
    G.FLOAT_OR_COMPLEX,
    cost=20,
    grad=from_input(lambda x, dy: dy * cosh(x)),
)


@export("math.sinh", "sinh")
def sinh(x: Any, name: str | None = None) -> Tensor:
    """Compute the hyperbolic sine elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Sinh(x, name=name)


# -- Cosh ------------------------------------------------------------------------------------
Cosh = unary(
    "Cosh",
    lambda xp, x: xp.cosh(x),
    G.FLOAT_OR_COMPLEX,
    cost=15,
    grad=from_input(lambda x, dy: dy * sinh(x)),
)


@export("math.cosh", "cosh")
def cosh(x: Any, name: str | None = None) -> Tensor:
    """Compute the hyperbolic cosine elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Cosh(x, name=name)


# -- Tanh, TanhGrad --------------------------------------------------------------------------
def _tanh_grad(xp: Any, y: Any, dy: Any) -> Any:
    c = conj_array(xp, y)
    return (dy * (1 - c * c)).astype(y.dtype)


def _grad_tanh_grad(op, dy):
    with control_dependencies([dy]):
        a = casts.conj(op.inputs[0])
        b = casts.conj(op.inputs[1])
        first = dy * -2.0 * b * a
        return first, TanhGrad(a, dy)


Tanh = unary(
    "Tanh",
    lambda xp, x: xp.tanh(x),
    G.FLOAT_OR_COMPLEX,
    ufunc=np.tanh,
    cost=10,
    grad=from_output(lambda y, dy: TanhGrad(y, dy)),
)
TanhGrad = gradient_op("TanhGrad", _tanh_grad, _grad_tanh_grad)


@export("math.tanh", "nn.tanh", "tanh")
def tanh(x: Any, name: str | None = None) -> Tensor:
    """Compute the hyperbolic tangent elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Tanh(x, name=name)


# -- Asinh -----------------------------------------------------------------------------------
Asinh = unary(
    "Asinh",
    lambda xp, x: xp.arcsinh(x),
    G.FLOAT_OR_COMPLEX,
    grad=from_output(lambda y, dy: dy / cosh(y)),
)


@export("math.asinh", "asinh")
def asinh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse of the hyperbolic sine.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Asinh(x, name=name)


# -- Acosh -----------------------------------------------------------------------------------
Acosh = unary(
    "Acosh",
    lambda xp, x: xp.arccosh(x),
    G.FLOAT_OR_COMPLEX,
    grad=from_output(lambda y, dy: dy / sinh(y)),
)


@export("math.acosh", "acosh")
def acosh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse of the hyperbolic cosine.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Acosh(x, name=name)


# -- Atanh -----------------------------------------------------------------------------------
Atanh = unary(
    "Atanh",
    lambda xp, x: xp.arctanh(x),
    G.FLOAT_OR_COMPLEX,
    grad=from_input(lambda x, dy: dy * reciprocal(_one_less_square(x, dy))),
)


@export("math.atanh", "atanh")
def atanh(x: Any, name: str | None = None) -> Tensor:
    """Compute the inverse of the hyperbolic tangent.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Atanh(x, name=name)


# -- Sigmoid, SigmoidGrad --------------------------------------------------------------------
def _sigmoid(xp: Any, x: Any) -> Any:
    if is_complex(x):
        return (1 / (1 + xp.exp(-x))).astype(x.dtype)
    # Only the exponential of a negative number is taken: it cannot overflow.
    small = xp.exp(-xp.abs(x))
    return (xp.where(x >= 0, xp.ones_like(small), small) / (1 + small)).astype(x.dtype)


def _sigmoid_grad(xp: Any, y: Any, dy: Any) -> Any:
    c = conj_array(xp, y)
    return (dy * (1 - c) * c).astype(y.dtype)


def _grad_sigmoid_grad(op, dy):
    with control_dependencies([dy]):
        a = casts.conj(op.inputs[0])
        b = casts.conj(op.inputs[1])
        scaled = dy * b
        first = scaled - 2.0 * scaled * a
        return first, SigmoidGrad(a, dy)


Sigmoid = unary(
    "Sigmoid",
    _sigmoid,
    G.FLOAT_OR_COMPLEX,
    cost=10,
    grad=from_output(lambda y, dy: SigmoidGrad(y, dy)),
)
SigmoidGrad = gradient_op("SigmoidGrad", _sigmoid_grad, _grad_sigmoid_grad)


@export("math.sigmoid", "nn.sigmoid", "sigmoid")
def sigmoid(x: Any, name: str | None = None) -> Tensor:
    """Compute `1 / (1 + e ** -x)` elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "Sigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return Sigmoid(x, name=scope)
