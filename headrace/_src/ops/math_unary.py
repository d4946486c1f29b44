"""Elementwise functions of one tensor: signs, powers, rounding and classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes, casts
from headrace._src.ops._builders import binary, unary
from headrace._src.ops._late import late

_STEPS = "The function is constant almost everywhere."


def is_complex(x: Any) -> bool:
    """Whether an array holds complex numbers."""
    return x.dtype.kind == "c"


# -- Neg --------------------------------------------------------------------------------------
Neg = unary(
    "Neg", lambda xp, x: xp.negative(x), G.SIGNED, grad=lambda op, dy: -dy, ufunc=np.negative
)


@export("math.negative", "negative")
def negative(x: Any, name: str | None = None) -> Tensor:
    """Compute `-x` elementwise.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Neg(x, name=name)


# -- Abs, ComplexAbs --------------------------------------------------------------------------
_ABS_TYPES = (
    dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int8, dtypes.int16,
    dtypes.int32, dtypes.int64,
)  # fmt: skip
Abs = unary("Abs", lambda xp, x: xp.abs(x), _ABS_TYPES, grad=lambda op, dy: dy * sign(op.inputs[0]))
ComplexAbs = op(
    "ComplexAbs",
    "x: T -> y: Tout",
    kernel_ignores=("Tout",),
    T=A.dtype(G.COMPLEX, default=dtypes.complex64),
    Tout=A.dtype(G.FLOAT_DOUBLE, default=dtypes.float32),
    shape=_shapes.unchanged,
)


@ComplexAbs.kernel
def _kernel_complex_abs(k, x):
    return k.np_for(x).abs(x)


@ComplexAbs.gradient
def _grad_complex_abs(op, dy):
    y = op.outputs[0]
    scaled = casts.complex_(dy, late.zeros_like(dy)) * op.inputs[0]
    return late.div_no_nan(scaled, casts.complex_(y, late.zeros_like(y)))


@export("math.abs", "abs")
def abs_(x: Any, name: str | None = None) -> Tensor:
    """Compute the absolute value; of complex numbers, the real modulus.

    Args:
      x: A tensor of a number type.
      name: The node's name.

    Returns:
      A tensor of the shape of `x`, of its dtype or the dtype of its parts.
    """
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return ComplexAbs(x, Tout=x.dtype.real_dtype, name=scope)
        return Abs(x, name=scope)


# -- Sign -------------------------------------------------------------------------------------
def _sign(xp: Any, x: Any) -> Any:
    if is_complex(x):
        modulus = xp.abs(x)
        zero = modulus == 0
        return xp.where(zero, 0, x / xp.where(zero, 1, modulus)).astype(x.dtype)
    # A NaN has sign 0.
    return ((x > 0).astype(np.int8) - (x < 0).astype(np.int8)).astype(x.dtype)


def _grad_sign(op, dy):
    x = op.inputs[0]
    return late.zeros(late.shape(x), dtype=x.dtype)


Sign = unary("Sign", _sign, G.SIGNED, grad=_grad_sign)


@export("math.sign", "sign")
def sign(x: Any, name: str | None = None) -> Tensor:
    """Compute the sign: -1, 0 or 1; `x / |x|` for complex numbers.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`; 0 for NaN.
    """
    return Sign(x, name=name)


# -- Square -----------------------------------------------------------------------------------
def _grad_square(op, dy):
    x = op.inputs[0]
    with control_dependencies([dy]):
        x = casts.conj(x)
        two = late.constant(2.0, dtype=x.dtype)
        return late.multiply(dy, late.multiply(x, two))


Square = unary("Square", lambda xp, x: xp.multiply(x, x), G.SIGNED, grad=_grad_square)


@export("math.square", "square")
def square(x: Any, name: str | None = None) -> Tensor:
    """Compute `x * x` elementwise.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Square(x, name=name)


# -- Sqrt, SqrtGrad ---------------------------------------------------------------------------
def _like_first(s: Any, y: Any, dy: Any) -> Any:
    return y


def gradient_op(op_type: str, fn: Any, grad: Any) -> Any:
    """An op of a function's output `y` and its cotangent `dy`."""
    return binary(
        op_type,
        fn,
        G.FLOAT_OR_COMPLEX,
        names=("y", "dy", "z"),
        shape=_like_first,
        grad=grad,
    )


def conj_array(xp: Any, x: Any) -> Any:
    """The conjugate of an array; real arrays are returned as they are."""
    return xp.conj(x) if is_complex(x) else x


def _sqrt_grad(xp: Any, y: Any, dy: Any) -> Any:
    return (dy * y.dtype.type(0.5) / conj_array(xp, y)).astype(y.dtype)


def _grad_sqrt_grad(op, dy):
    a, y = op.inputs[0], op.outputs[0]
    with control_dependencies([dy]):
        ratio = dy / a
        first = -casts.conj(ratio) * y
        return first, 0.5 * ratio


Sqrt = unary(
    "Sqrt",
    lambda xp, x: xp.sqrt(x),
    G.FLOAT_OR_COMPLEX,
    grad=lambda op, dy: SqrtGrad(op.outputs[0], dy),
)
SqrtGrad = gradient_op("SqrtGrad", _sqrt_grad, _grad_sqrt_grad)


@export("math.sqrt", "sqrt")
def sqrt(x: Any, name: str | None = None) -> Tensor:
    """Compute the square root elementwise; NaN for negative numbers.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Sqrt(x, name=name)


# -- Rsqrt, RsqrtGrad -------------------------------------------------------------------------
def _rsqrt_grad(xp: Any, y: Any, dy: Any) -> Any:
    c = conj_array(xp, y)
    return (y.dtype.type(-0.5) * (dy * c) * (c * c)).astype(y.dtype)


def _grad_rsqrt_grad(op, dy):
    a, b = op.inputs
    with control_dependencies([dy]):
        ca = casts.conj(a)
        cg = casts.conj(dy)
        first = -1.5 * cg * b * square(ca)
        return first, RsqrtGrad(ca, dy)


Rsqrt = unary(
    "Rsqrt",
    lambda xp, x: (1 / xp.sqrt(x)).astype(x.dtype),
    G.FLOAT_OR_COMPLEX,
    grad=lambda op, dy: RsqrtGrad(op.outputs[0], dy),
)
RsqrtGrad = gradient_op("RsqrtGrad", _rsqrt_grad, _grad_rsqrt_grad)


@export("math.rsqrt", "rsqrt", v2=("math.rsqrt",))
def rsqrt(x: Any, name: str | None = None) -> Tensor:
    """Compute `1 / sqrt(x)` elementwise.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Rsqrt(x, name=name)


# -- Reciprocal, Inv and their gradients ------------------------------------------------------
def _reciprocal(xp: Any, x: Any) -> Any:
    if np.issubdtype(x.dtype, np.integer):
        # Integer division truncates, and XLA and NumPy disagree about 1 / 0.
        one = xp.ones_like(x)
        return xp.where(x == 1, one, xp.where(x == -1, -one, xp.zeros_like(x)))
    return (1 / x).astype(x.dtype)


def _reciprocal_grad(xp: Any, y: Any, dy: Any) -> Any:
    c = conj_array(xp, y)
    return (-dy * (c * c)).astype(y.dtype)


def _grad_reciprocal(op, dy):
    return ReciprocalGrad(op.outputs[0], dy)


def _grad_reciprocal_grad(op, dy):
    b = op.inputs[1]
    with control_dependencies([dy]):
        ca = casts.conj(op.inputs[0])
        cg = casts.conj(dy)
        first = cg * -2.0 * b * ca
        return first, ReciprocalGrad(ca, dy)


Reciprocal = unary("Reciprocal", _reciprocal, G.SIGNED, grad=_grad_reciprocal)
Inv = unary("Inv", _reciprocal, G.SIGNED, grad=_grad_reciprocal)
ReciprocalGrad = gradient_op("ReciprocalGrad", _reciprocal_grad, _grad_reciprocal_grad)
InvGrad = gradient_op("InvGrad", _reciprocal_grad, _grad_reciprocal_grad)


@export("math.reciprocal", "reciprocal", v2=("math.reciprocal",))
def reciprocal(x: Any, name: str | None = None) -> Tensor:
    """Compute `1 / x` elementwise.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Reciprocal(x, name=name)


# -- Ceil, Floor, Round, Rint -----------------------------------------------------------------
def _no_flow(op, dy):
    return [None]


def _round(xp: Any, x: Any) -> Any:
    if np.issubdtype(x.dtype, np.integer):
        return x
    return xp.round(x)


Ceil = unary("Ceil", lambda xp, x: xp.ceil(x), G.ELEMENTWISE_FLOAT, grad=_no_flow)
Floor = unary("Floor", lambda xp, x: xp.floor(x), G.ELEMENTWISE_FLOAT, grad=_no_flow)
Round = unary("Round", _round, G.SIGNED, grad=_no_flow)
Rint = unary("Rint", lambda xp, x: xp.rint(x), G.ELEMENTWISE_FLOAT, grad=_no_flow)


@export("math.ceil", "ceil", v2=("math.ceil",))
def ceil(x: Any, name: str | None = None) -> Tensor:
    """Round up to whole numbers.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Ceil(x, name=name)


@export("math.floor", "floor")
def floor(x: Any, name: str | None = None) -> Tensor:
    """Round down to whole numbers.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Floor(x, name=name)


@export("math.round", "round")
def round_(x: Any, name: str | None = None) -> Tensor:
    """Round to the nearest whole number, halves to the even one.

    Args:
      x: A tensor of a number type; integers are returned as they are.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else Round(x, name=name)


@export("math.rint", "rint", v2=("math.rint",))
def rint(x: Any, name: str | None = None) -> Tensor:
    """Round to the nearest whole number, halves to the even one.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Rint(x, name=name)


# -- IsNan, IsInf, IsFinite -------------------------------------------------------------------
_BOOLEAN = "The output is boolean."
IsNan = unary(
    "IsNan",
    lambda xp, x: xp.isnan(x),
    G.ELEMENTWISE_FLOAT,
    output="bool",
    undefined_gradient=_BOOLEAN,
)
IsInf = unary(
    "IsInf",
    lambda xp, x: xp.isinf(x),
    G.ELEMENTWISE_FLOAT,
    output="bool",
    undefined_gradient=_BOOLEAN,
)
IsFinite = unary(
    "IsFinite",
    lambda xp, x: xp.isfinite(x),
    G.ELEMENTWISE_FLOAT,
    output="bool",
    undefined_gradient=_BOOLEAN,
)


@export("math.is_nan", "debugging.is_nan", "is_nan", v2=("math.is_nan",))
def is_nan(x: Any, name: str | None = None) -> Tensor:
    """Tell which elements are NaN.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A bool tensor of the shape of `x`.
    """
    return IsNan(x, name=name)


@export("math.is_inf", "debugging.is_inf", "is_inf", v2=("math.is_inf",))
def is_inf(x: Any, name: str | None = None) -> Tensor:
    """Tell which elements are infinite.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A bool tensor of the shape of `x`.
    """
    return IsInf(x, name=name)


@export("math.is_finite", "debugging.is_finite", "is_finite", v2=("math.is_finite",))
def is_finite(x: Any, name: str | None = None) -> Tensor:
    """Tell which elements are neither infinite nor NaN.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A bool tensor of the shape of `x`.
    """
    return IsFinite(x, name=name)
