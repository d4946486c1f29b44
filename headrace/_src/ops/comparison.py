"""Comparisons and logic of booleans."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops._builders import check_broadcast, comparison

_BOOLEAN = "The output is boolean."


# -- Equal, NotEqual --------------------------------------------------------------------------
def _shape_equality(s: Any, x: Any, y: Any, *, incompatible_shape_error: bool) -> Any:
    if incompatible_shape_error:
        return dims_lib.broadcast(x, y)
    # Shapes that turn out not to fit give one scalar answer instead of an error.
    if x is None or y is None:
        return None
    try:
        dims = dims_lib.broadcast(x, y)
    except ValueError:
        return ()
    return dims if dims_lib.is_full(x) and dims_lib.is_full(y) else None


def _equality(op_type: str, test: Any, when_unfit: bool) -> Any:
    spec = op(
        op_type,
        "x: T, y: T -> z: bool",
        T=A.dtype(G.EQUALITY),
        incompatible_shape_error=A.boolean(default=True),
        commutative=True,
        python_constant=True,
        shape=_shape_equality,
    )

    @spec.kernel
    def _kernel_equality(k, x, y, *, incompatible_shape_error):
        try:
            check_broadcast(x, y)
        except errors.InvalidArgumentError:
            if incompatible_shape_error:
                raise
            return np.bool_(when_unfit)
        result = test(k.np_for(x, y), x, y)
        return result.astype(np.bool_) if result.dtype.kind == "O" else result

    spec.no_gradient(_BOOLEAN)
    return spec


Equal = _equality("Equal", lambda xp, x, y: xp.equal(x, y), False)
NotEqual = _equality("NotEqual", lambda xp, x, y: xp.not_equal(x, y), True)


@export("math.equal", "equal")
def equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x == y`, with broadcasting.

    Args:
      x: A tensor of a number type, bool or string.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return Equal(x, y, name=name)


@export("math.not_equal", "not_equal")
def not_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x != y`, with broadcasting.

    Args:
      x: A tensor of a number type, bool or string.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return NotEqual(x, y, name=name)


# -- Less, LessEqual, Greater, GreaterEqual ---------------------------------------------------
Less = comparison("Less", lambda xp, x, y: xp.less(x, y), G.REAL)
LessEqual = comparison("LessEqual", lambda xp, x, y: xp.less_equal(x, y), G.REAL)
Greater = comparison("Greater", lambda xp, x, y: xp.greater(x, y), G.REAL)
GreaterEqual = comparison("GreaterEqual", lambda xp, x, y: xp.greater_equal(x, y), G.REAL)


@export("math.less", "less")
def less(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x < y`, with broadcasting.

    Args:
      x: A tensor of a real type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return Less(x, y, name=name)


@export("math.less_equal", "less_equal")
def less_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x <= y`, with broadcasting.

    Args:
      x: A tensor of a real type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return LessEqual(x, y, name=name)


@export("math.greater", "greater")
def greater(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x > y`, with broadcasting.

    Args:
      x: A tensor of a real type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return Greater(x, y, name=name)


@export("math.greater_equal", "greater_equal")
def greater_equal(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x >= y`, with broadcasting.

    Args:
      x: A tensor of a real type.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return GreaterEqual(x, y, name=name)


# -- ApproximateEqual -------------------------------------------------------------------------
ApproximateEqual = op(
    "ApproximateEqual",
    "x: T, y: T -> z: bool",
    T=A.dtype(G.NUMBER),
    tolerance=A.number(default=1e-5),
    commutative=True,
    shape=_shapes.merged,
)


@ApproximateEqual.kernel
def _kernel_approximate_equal(k, x, y, *, tolerance):
    return abs(x - y) < np.asarray(tolerance).astype(np.abs(np.zeros(1, x.dtype)).dtype)


ApproximateEqual.no_gradient(_BOOLEAN)


# -- LogicalAnd, LogicalOr, LogicalNot --------------------------------------------------------
def _logical(op_type: str, fn: Any) -> Any:
    spec = op(op_type, "x: bool, y: bool -> z: bool", commutative=True, shape=_shapes.broadcast)

    @spec.kernel
    def _kernel_logical(k, x, y):
        check_broadcast(x, y)
        return fn(k.np_for(x, y), x, y)

    spec.no_gradient(_BOOLEAN)
    return spec


LogicalAnd = _logical("LogicalAnd", lambda xp, x, y: xp.logical_and(x, y))
LogicalOr = _logical("LogicalOr", lambda xp, x, y: xp.logical_or(x, y))
LogicalNot = op("LogicalNot", "x: bool -> y: bool", shape=_shapes.unchanged)


@LogicalNot.kernel
def _kernel_logical_not(k, x):
    return k.np_for(x).logical_not(x)


LogicalNot.no_gradient(_BOOLEAN)


@export("math.logical_and", "logical_and")
def logical_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether both are true, with broadcasting.

    Args:
      x: A bool tensor.
      y: A bool tensor.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return LogicalAnd(x, y, name=name)


@export("math.logical_or", "logical_or")
def logical_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether either is true, with broadcasting.

    Args:
      x: A bool tensor.
      y: A bool tensor.
      name: The node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    return LogicalOr(x, y, name=name)


@export("math.logical_not", "logical_not")
def logical_not(x: Any, name: str | None = None) -> Tensor:
    """Tell elementwise whether `x` is false.

    Args:
      x: A bool tensor.
      name: The node's name.

    Returns:
      A bool tensor of the shape of `x`.
    """
    return LogicalNot(x, name=name)


@export("math.logical_xor", "logical_xor", v2=("math.logical_xor",))
def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Tensor:
    """Tell elementwise whether exactly one is true, with broadcasting.

    Args:
      x: A bool tensor.
      y: A bool tensor.
      name: The last node's name.

    Returns:
      A bool tensor of the broadcast shape.
    """
    either = LogicalOr(x, y)
    both = LogicalAnd(x, y)
    return LogicalAnd(either, LogicalNot(both), name=name)
