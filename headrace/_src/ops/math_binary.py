"""Elementwise arithmetic of two tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._builders import binary
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import same_full_shape, static_stretches, stretches

_NO_GRADIENT = "The function is constant almost everywhere."


def _conj_inputs(op: Any) -> tuple[Tensor, Tensor]:
    return casts.conj(op.inputs[0]), casts.conj(op.inputs[1])


# -- Add, AddV2 -------------------------------------------------------------------------------
def _add(xp: Any, x: Any, y: Any) -> Any:
    if x.dtype.kind == "O":
        return np.asarray(np.add(x, y), dtype=object)
    return xp.add(x, y)


def _grad_add(op, dy):
    x, y = op.inputs
    if isinstance(dy, Tensor) and same_full_shape(x, y, dy):
        return dy, dy
    sx, sy = static_stretches(x, y, dy)
    gx = sx.undo(dy) if sx.needed else dy
    gy = sy.undo(dy) if sy.needed else dy
    return gx, gy


_ADDABLE = (
    dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64, dtypes.uint8, dtypes.int8,
    dtypes.int16, dtypes.int32, dtypes.int64, dtypes.complex64, dtypes.complex128,
)  # fmt: skip
Add = binary("Add", _add, (*_ADDABLE, dtypes.string), grad=_grad_add, ufunc=np.add)
AddV2 = binary(
    "AddV2", _add, _ADDABLE, grad=_grad_add, commutative=True, aggregate=True, ufunc=np.add
)


@export("math.add", "add")
def add(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Add elementwise: `x + y`, with broadcasting.

    Args:
      x: A tensor of a number type or string.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Add(x, y, name=name)


# -- Sub --------------------------------------------------------------------------------------
def _grad_sub(op, dy):
    x, y = op.inputs
    if isinstance(dy, Tensor) and same_full_shape(x, y, dy):
        return dy, -dy
    sx, sy = static_stretches(x, y, dy)
    gx = sx.undo(dy) if sx.needed else dy
    gy = sy.undo(-dy) if sy.needed else -dy
    return gx, gy


Sub = binary(
    "Sub", lambda xp, x, y: xp.subtract(x, y), G.ARITHMETIC, grad=_grad_sub, ufunc=np.subtract
)


@export("math.subtract", "subtract")
def subtract(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Subtract elementwise: `x - y`, with broadcasting.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Sub(x, y, name=name)


# -- Mul --------------------------------------------------------------------------------------
def _grad_mul(op, dy):
    x, y = op.inputs
    if (
        isinstance(dy, Tensor)
        and same_full_shape(x, y, dy)
        and dy.dtype in (dtypes.int32, dtypes.float32)
    ):
        return Mul(dy, y), Mul(dy, x)
    sx, sy = static_stretches(x, y, dy)
    x, y = casts.conj(x), casts.conj(y)
    gx = Mul(dy, y)
    if sx.needed:
        gx = sx.undo(gx)
    gy = Mul(x, dy)
    if sy.needed:
        gy = sy.undo(gy)
    return gx, gy


Mul = binary(
    "Mul",
    lambda xp, x, y: xp.multiply(x, y),
    G.ARITHMETIC,
    grad=_grad_mul,
    commutative=True,
    ufunc=np.multiply,
)


@export("math.multiply", "multiply")
def multiply(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Multiply elementwise: `x * y`, with broadcasting.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Mul(x, y, name=name)


@export("math.scalar_mul", "scalar_mul", v2=())
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiply a tensor or `IndexedSlices` by a scalar.

    Args:
      scalar: A scalar.
      x: A tensor or `IndexedSlices`.
      name: The node's name.

    Returns:
      What `x` is, with every element multiplied.

    Raises:
      ValueError: (build) `scalar` is not of rank 0.
    """
    scalar = convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if scalar.dims != ():
        raise ValueError(f"Only scalar multiply works, got shape {scalar.shape}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(Mul(scalar, x.values, name=name), x.indices, x.dense_shape)
    return Mul(scalar, x, name=name)


@export(v2=("math.scalar_mul", "scalar_mul"))
def scalar_mul_v2(scalar: Any, x: Any, name: str | None = None) -> Any:
    """Multiply a tensor or `IndexedSlices` by a scalar.

    Args:
      scalar: A scalar.
      x: A tensor or `IndexedSlices`.
      name: The node's name.

    Returns:
      What `x` is, with every element multiplied.
    """
    with name_scope(name, "scalar_mul", [x]) as scope:
        return scalar_mul(scalar, x, scope)


# -- MulNoNan ---------------------------------------------------------------------------------
def _mul_no_nan(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(y == 0, xp.zeros_like(x), x * y).astype(x.dtype)


def _grad_mul_no_nan(op, dy):
    x, y = op.inputs
    if isinstance(dy, Tensor) and same_full_shape(x, y, dy):
        return MulNoNan(dy, y), MulNoNan(x, dy)
    sx, sy = stretches(x, y)
    return sx.undo(MulNoNan(dy, y)), sy.undo(MulNoNan(x, dy))


_HALF_UP = (
    dtypes.float16, dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128
)  # fmt: skip
MulNoNan = binary("MulNoNan", _mul_no_nan, _HALF_UP, grad=_grad_mul_no_nan)


def _same_dtype_pair(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    x = convert_to_tensor(x, name="x")
    return x, convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)


@export("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Multiply elementwise, with 0 wherever `y` is 0, even if `x` is infinite or NaN.

    Args:
      x: A floating or complex tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        return MulNoNan(*_same_dtype_pair(x, y), name=scope)


# -- division of integers ---------------------------------------------------------------------
def _divides(xp: Any, x: Any, y: Any) -> Any:
    """The condition of compiled code, where XLA answers -1 for x / 0 and x for x % 0."""
    return not _is_integer(y) or xp.all(y != 0)


def _check_divisor(y: Any, error: Any, message: str) -> None:
    if isinstance(y, (np.ndarray, np.generic)) and not np.all(y):
        raise error(None, None, message)


def _check_floor(y: Any) -> None:
    _check_divisor(y, errors.InvalidArgumentError, "Integer division by zero")


def _check_truncate(y: Any) -> None:
    _check_divisor(
        y,
        errors.InternalError,
        "Unexpected error in binary operator (only integer div and mod should have errors)",
    )


def _is_integer(x: Any) -> bool:
    return np.issubdtype(x.dtype, np.integer)


def _truncated(xp: Any, x: Any, y: Any) -> Any:
    """The integer quotient rounded towards zero."""
    floor = xp.floor_divide(x, y)
    off = (floor * y != x) & ((x < 0) != (y < 0))
    return (floor + off.astype(floor.dtype)).astype(floor.dtype)


# -- Div --------------------------------------------------------------------------------------
def _div(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_floor(y)
        return _truncated(xp, x, y)
    return xp.true_divide(x, y)


def _quotient_gradient(op: Any, dy: Tensor, divide: Any) -> tuple[Tensor, Tensor]:
    """The gradients of a quotient, made with `divide`."""
    sx, sy = stretches(*op.inputs)
    x, y = _conj_inputs(op)
    gx = sx.undo(divide(dy, y))
    return gx, sy.undo(dy * divide(divide(-x, y), y))


def _grad_div(op, dy):
    return _quotient_gradient(op, dy, divide)


Div = binary("Div", _div, G.ARITHMETIC, grad=_grad_div, condition=_divides)


# -- RealDiv ----------------------------------------------------------------------------------
def _grad_real_div(op, dy):
    return _quotient_gradient(op, dy, RealDiv)


def _real_div(xp: Any, x: Any, y: Any) -> Any:
    return xp.true_divide(x, y).astype(x.dtype)


RealDiv = binary("RealDiv", _real_div, G.ARITHMETIC, grad=_grad_real_div)


@export("realdiv", v2=("realdiv",))
def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide real or complex numbers elementwise: `x / y`, with broadcasting.

    Args:
      x: A tensor of a floating or complex type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return RealDiv(x, y, name=name)


# The type in which Python's `/` divides; None keeps the operands' own.
_TRUE_DIVISION = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.bfloat16: None,
    dtypes.float16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}


def true_division_type(x: Tensor, y: Tensor) -> Any:
    """The type to cast both operands of `/` to, or None.

    Raises:
      TypeError: the dtypes differ, or `/` does not know them.
    """
    x_dtype, y_dtype = x.dtype.base_dtype, y.dtype.base_dtype
    if x_dtype != y_dtype:
        raise TypeError(f"x and y must have the same dtype, got {x_dtype!r} != {y_dtype!r}")
    if x_dtype not in _TRUE_DIVISION:
        raise TypeError(f"Invalid dtype {x_dtype!r} in __truediv__")
    return _TRUE_DIVISION[x_dtype]


@export("math.truediv", "truediv")
def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise as Python 3's `/`: integers are divided as floating-point numbers.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the broadcast shape: float32 for 8- and 16-bit integers, float64 for wider
      ones, else the operands' dtype.

    Raises:
      TypeError: (build) dtypes differ.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        dtype = true_division_type(x, y)
        if dtype is not None:
            x = casts.cast(x, dtype)
            y = casts.cast(y, dtype)
        return RealDiv(x, y, name=scope)


@export("math.divide", "divide")
def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """Divide elementwise as Python's `/` on the two values.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      `x / y`: a tensor of the broadcast shape, or a Python number if both are.
    """
    return x / y if name is None else truediv(x, y, name)


@export("div", v2=(), deprecated="tf.math.divide")
def div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise as Python 2's `/`: integers are divided with rounding down.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.

    Raises:
      TypeError: (build) dtypes differ.
    """
    with name_scope(name, "div", [x, y]) as scope:
        x, y = _same_dtype_pair(x, y)
        if x.dtype.base_dtype != y.dtype.base_dtype:
            raise TypeError(f"x and y must have the same dtype, got {x.dtype!r} != {y.dtype!r}")
        if x.dtype.is_floating or x.dtype.is_complex:
            return RealDiv(x, y, name=scope)
        return FloorDiv(x, y, name=scope)


# -- FloorDiv ---------------------------------------------------------------------------------
def _floor_div(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_floor(y)
        return xp.floor_divide(x, y)
    return xp.floor(xp.true_divide(x, y))


FloorDiv = binary(
    "FloorDiv",
    _floor_div,
    G.ARITHMETIC,
    grad=lambda op, dy: (None, None),
    condition=_divides,
)


@export("floor_div", v2=())
def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise and round down: `floor(x / y)`.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.

    Raises:
      InvalidArgumentError: (run) an integer is divided by zero.
    """
    return FloorDiv(x, y, name=name)


@export("math.floordiv", "floordiv", v2=("math.floordiv",))
def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise and round down, as Python's `//`.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.

    Raises:
      InvalidArgumentError: (run) an integer is divided by zero.
    """
    with name_scope(name, "floordiv", [x, y]) as scope:
        return FloorDiv(x, y, name=scope)


# -- TruncateDiv ------------------------------------------------------------------------------
def _truncate_div(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_truncate(y)
        return _truncated(xp, x, y)
    # Only integers are truncated, as in 1.15.
    return xp.true_divide(x, y)


TruncateDiv = binary(
    "TruncateDiv",
    _truncate_div,
    G.ARITHMETIC,
    grad=lambda op, dy: (None, None),
    condition=_divides,
)


@export("truncatediv")
def truncatediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide integers elementwise and round towards zero.

    Args:
      x: A tensor of a number type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return TruncateDiv(x, y, name=name)


# -- FloorMod ---------------------------------------------------------------------------------
def _floor_mod(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_floor(y)
        return xp.mod(x, y)
    rest = xp.fmod(x, y)
    return xp.where((x < 0) == (y < 0), rest, xp.fmod(rest + y, y)).astype(x.dtype)


def _grad_floor_mod(op, dy):
    x, y = _conj_inputs(op)
    sx, sy = stretches(x, y)
    floor = FloorDiv(x, y)
    gx = sx.undo(dy)
    return gx, sy.undo(dy * late.negative(floor))


_MODULAR = (
    dtypes.int32, dtypes.int64, dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64
)  # fmt: skip
FloorMod = binary("FloorMod", _floor_mod, _MODULAR, grad=_grad_floor_mod, condition=_divides)


@export("math.floormod", "floormod", "math.mod", "mod", v2=("math.floormod", "math.mod"))
def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the remainder of division with rounding down; it has the sign of `y`.

    Args:
      x: An int32, int64 or floating tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.

    Raises:
      InvalidArgumentError: (run) an integer is divided by zero.
    """
    return FloorMod(x, y, name=name)


# -- Mod, TruncateMod -------------------------------------------------------------------------
def _truncate_mod(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_truncate(y)
        return x - _truncated(xp, x, y) * y
    return xp.fmod(x, y)


def _mod(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x):
        _check_floor(y)
        return x - _truncated(xp, x, y) * y
    return xp.fmod(x, y)


_MOD = (
    dtypes.int32, dtypes.int64, dtypes.float16, dtypes.float16, dtypes.bfloat16, dtypes.float32,
    dtypes.float64,
)  # fmt: skip
_NO_MOD_GRADIENT = "1.15 has none either."
Mod = binary("Mod", _mod, _MOD, undefined_gradient=_NO_MOD_GRADIENT, condition=_divides)
TruncateMod = binary(
    "TruncateMod",
    _truncate_mod,
    _MODULAR,
    undefined_gradient=_NO_MOD_GRADIENT,
    condition=_divides,
)


@export("truncatemod")
def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute the remainder of division with rounding towards zero; it has the sign of `x`.

    Args:
      x: An int32, int64 or floating tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return TruncateMod(x, y, name=name)


# -- DivNoNan ---------------------------------------------------------------------------------
def _div_no_nan(xp: Any, x: Any, y: Any) -> Any:
    zero = y == 0
    safe = xp.where(zero, xp.ones_like(y), y)
    return xp.where(zero, xp.zeros_like(x), xp.true_divide(x, safe)).astype(x.dtype)


def _grad_div_no_nan(op, dy):
    return _quotient_gradient(op, dy, div_no_nan)


DivNoNan = binary("DivNoNan", _div_no_nan, _HALF_UP, grad=_grad_div_no_nan)


@export("math.divide_no_nan", "div_no_nan", v2=("math.divide_no_nan",))
def div_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise, with 0 wherever `y` is 0.

    Args:
      x: A floating or complex tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        return DivNoNan(*_same_dtype_pair(x, y), name=scope)


@export("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Any, name: str | None = None) -> Tensor:
    """Compute `1 / x` elementwise, with 0 wherever `x` is 0.

    Args:
      x: A floating or complex tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = late.constant(1, dtype=x.dtype.base_dtype, name="one")
        return DivNoNan(one, x, name=scope)


# -- Xdivy, Xlogy -----------------------------------------------------------------------------
def _xdivy(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(x == 0, xp.zeros_like(x), xp.true_divide(x, y)).astype(x.dtype)


def _xlogy(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(x == 0, xp.zeros_like(x), x * xp.log(y)).astype(x.dtype)


def _one_where_not_zero(x: Tensor) -> Tensor:
    return casts.cast(late.not_equal(x, casts.cast(0.0, dtype=x.dtype)), dtype=x.dtype)


def _grad_xdivy(op, dy):
    x, y = op.inputs
    sx, sy = stretches(x, y)
    with control_dependencies([dy]):
        by_x = Xdivy(_one_where_not_zero(x), y)
        by_y = Xdivy(late.negative(x), y**2)
        gx = sx.undo(by_x * dy)
        return gx, sy.undo(by_y * dy)


def _grad_xlogy(op, dy):
    x, y = op.inputs
    sx, sy = stretches(x, y)
    with control_dependencies([dy]):
        by_x = Xlogy(_one_where_not_zero(x), y)
        by_y = Xdivy(x, y)
        gx = sx.undo(by_x * dy)
        return gx, sy.undo(by_y * dy)


Xdivy = binary("Xdivy", _xdivy, _HALF_UP, grad=_grad_xdivy)
Xlogy = binary("Xlogy", _xlogy, _HALF_UP, grad=_grad_xlogy)


@export("math.xdivy")
def xdivy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Divide elementwise, with 0 wherever `x` is 0, even if `y` is 0 too.

    Args:
      x: A floating or complex tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Xdivy(x, y, name=name)


@export("math.xlogy")
def xlogy(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute `x * log(y)` elementwise, with 0 wherever `x` is 0.

    Args:
      x: A floating or complex tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Xlogy(x, y, name=name)


# -- Pow --------------------------------------------------------------------------------------
def _pow(xp: Any, x: Any, y: Any) -> Any:
    if _is_integer(x) and isinstance(y, (np.ndarray, np.generic)) and np.any(y < 0):
        raise errors.InvalidArgumentError(
            None, None, "Integers to negative integer powers are not allowed"
        )
    return xp.power(x, y).astype(x.dtype)


def _raises(xp: Any, x: Any, y: Any) -> Any:
    """The condition of compiled code on powers."""
    return not _is_integer(x) or xp.all(y >= 0)


def _grad_pow(op, dy):
    x, y = op.inputs
    sx, sy = static_stretches(x, y, dy)
    x, y = _conj_inputs(op)
    gx = dy * y * pow_(x, y - 1)
    if sx.needed:
        gx = sx.undo(gx)
    z = casts.conj(op.outputs[0])
    mask = late.not_equal(x, 0) if x.dtype.is_complex else x > 0
    safe = late.where(mask, x, late.ones_like(x))
    log_x = late.where(mask, late.log(safe), late.zeros_like(x))
    gy = dy * z * log_x
    if sy.needed:
        gy = sy.undo(gy)
    return gx, gy


_POWERS = (
    dtypes.bfloat16, dtypes.float32, dtypes.float16, dtypes.float64, dtypes.int32, dtypes.int64,
    dtypes.complex64, dtypes.complex128,
)  # fmt: skip
Pow = binary("Pow", _pow, _POWERS, cost=20, grad=_grad_pow, condition=_raises)


@export("math.pow", "pow")
def pow_(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Raise elementwise to a power: `x ** y`, with broadcasting.

    Args:
      x: A tensor of a floating, complex, int32 or int64 type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.

    Raises:
      InvalidArgumentError: (run) an integer is raised to a negative power.
    """
    with name_scope(name, "Pow", [x]) as scope:
        return Pow(x, y, name=scope)


# -- Maximum, Minimum -------------------------------------------------------------------------
def _maximum(xp: Any, x: Any, y: Any) -> Any:
    # A NaN in `x` stays, one in `y` loses: that is what 1.15's comparison does.
    return xp.where(x < y, y, x)


def _minimum(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(y < x, y, x)


def _extremum_gradient(op: Any, dy: Tensor, wins: Any) -> tuple[Tensor, Tensor]:
    x, y = op.inputs
    sx = late.shape(x)
    sy = late.shape(y)
    zeros = late.zeros(late.shape(dy), dy.dtype)
    mask = wins(x, y)
    rx, ry = late.BroadcastGradientArgs(sx, sy)
    gx = late.reshape(late.reduce_sum(late.where(mask, dy, zeros), rx), sx)
    return gx, late.reshape(late.reduce_sum(late.where(mask, zeros, dy), ry), sy)


def _grad_maximum(op, dy):
    return _extremum_gradient(op, dy, late.greater_equal)


def _grad_minimum(op, dy):
    return _extremum_gradient(op, dy, late.less_equal)


Maximum = binary("Maximum", _maximum, G.ORDERED, grad=_grad_maximum)
Minimum = binary("Minimum", _minimum, G.ORDERED, grad=_grad_minimum)


@export("math.maximum", "maximum")
def maximum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Take the larger elements: `y` where `x < y`, else `x`, with broadcasting.

    Args:
      x: A floating, int32 or int64 tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Maximum(x, y, name=name)


@export("math.minimum", "minimum")
def minimum(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Take the smaller elements: `y` where `y < x`, else `x`, with broadcasting.

    Args:
      x: A floating, int32 or int64 tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Minimum(x, y, name=name)


# -- SquaredDifference ------------------------------------------------------------------------
def _squared_difference(xp: Any, x: Any, y: Any) -> Any:
    difference = x - y
    if np.issubdtype(difference.dtype, np.complexfloating):
        return difference * xp.conj(difference)
    return difference * difference


def _grad_squared_difference(op, dy):
    x, y = op.inputs
    with control_dependencies([dy]):
        gx = scalar_mul(2.0, dy) * (x - y)
    if isinstance(dy, Tensor) and same_full_shape(x, y, dy):
        return gx, -gx
    sx, sy = static_stretches(x, y, dy)
    first = sx.undo(gx) if sx.needed else gx
    return first, -sy.undo(gx) if sy.needed else -gx


SquaredDifference = binary(
    "SquaredDifference",
    _squared_difference,
    G.SIGNED,
    grad=_grad_squared_difference,
    commutative=True,
)


@export("math.squared_difference", "squared_difference", v2=("math.squared_difference",))
def squared_difference(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Compute `(x - y) ** 2` elementwise, with broadcasting.

    Args:
      x: A floating, complex, int32 or int64 tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return SquaredDifference(x, y, name=name)


# -- Atan2 ------------------------------------------------------------------------------------
def _grad_atan2(op, dy):
    y, x = op.inputs
    with control_dependencies([dy]):
        scaled = dy / (late.square(x) + late.square(y))
        return x * scaled, -y * scaled


Atan2 = binary(
    "Atan2",
    lambda xp, y, x: xp.arctan2(y, x),
    G.ELEMENTWISE_FLOAT,
    grad=_grad_atan2,
    names=("y", "x", "z"),
)


@export("math.atan2", "atan2")
def atan2(y: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the angle of the point `(x, y)` in radians, in `[-pi, pi]`.

    Args:
      y: A floating tensor.
      x: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Atan2(y, x, name=name)


# -- NextAfter --------------------------------------------------------------------------------
def _grad_next_after(op, dy):
    x1, x2 = op.inputs
    s1, s2 = stretches(x1, x2)
    with control_dependencies([dy]):
        by_x1 = late.ones(s1.shape, dtype=x1.dtype)
        by_x2 = late.zeros(s2.shape, dtype=x2.dtype)
        g1 = s1.undo(by_x1 * dy)
        return g1, s2.undo(by_x2 * dy)


NextAfter = binary(
    "NextAfter",
    lambda xp, x1, x2: xp.nextafter(x1, x2),
    (dtypes.float64, dtypes.float32),
    grad=_grad_next_after,
    names=("x1", "x2", "output"),
    default=dtypes.float32,
)


@export("math.nextafter")
def nextafter(x1: Any, x2: Any, name: str | None = None) -> Tensor:
    """Find the next representable number after `x1` towards `x2`.

    Args:
      x1: A float32 or float64 tensor.
      x2: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return NextAfter(x1, x2, name=name)


@export("math.polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Tensor:
    """Evaluate a polynomial elementwise with Horner's scheme.

    Args:
      coeffs: A list of coefficients, the highest power first.
      x: A tensor.
      name: A name scope.

    Returns:
      `coeffs[0] * x**(n-1) + ... + coeffs[n-1]`.
    """
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if len(coeffs) < 1:
            return late.zeros_like(x, name=scope)
        terms = [convert_to_tensor(c, name=f"coeff_{i}") for i, c in enumerate(coeffs)]
        result = terms[0]
        for term in terms[1:]:
            result = term + result * x
        return result
