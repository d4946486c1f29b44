"""Bitwise functions of integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core.dtypes import groups as G
from headrace._src.core.tensor import Tensor
from headrace._src.ops._builders import binary, unary

_INTEGERS = "Integers have no derivative."


def _shift_count(xp: Any, x: Any, y: Any) -> Any:
    # Counts beyond the word are those of the whole word less one, as in 1.15.
    return xp.clip(y, 0, 8 * x.dtype.itemsize - 1)


def _population_count(xp: Any, x: Any) -> Any:
    unsigned = x.astype(np.dtype(f"u{x.dtype.itemsize}"))
    return xp.bitwise_count(unsigned).astype(np.uint8)


# -- BitwiseAnd, BitwiseOr, BitwiseXor, Invert, LeftShift, RightShift, PopulationCount --------
BitwiseAnd = binary(
    "BitwiseAnd",
    lambda xp, x, y: xp.bitwise_and(x, y),
    G.INTEGER,
    no_gradient=_INTEGERS,
    commutative=True,
)
BitwiseOr = binary(
    "BitwiseOr",
    lambda xp, x, y: xp.bitwise_or(x, y),
    G.INTEGER,
    no_gradient=_INTEGERS,
    commutative=True,
)
BitwiseXor = binary(
    "BitwiseXor",
    lambda xp, x, y: xp.bitwise_xor(x, y),
    G.INTEGER,
    no_gradient=_INTEGERS,
    commutative=True,
)
Invert = unary("Invert", lambda xp, x: xp.invert(x), G.INTEGER, no_gradient=_INTEGERS)
LeftShift = binary(
    "LeftShift",
    lambda xp, x, y: xp.left_shift(x, _shift_count(xp, x, y)),
    G.INTEGER,
    no_gradient=_INTEGERS,
)
RightShift = binary(
    "RightShift",
    lambda xp, x, y: xp.right_shift(x, _shift_count(xp, x, y)),
    G.INTEGER,
    no_gradient=_INTEGERS,
)
PopulationCount = unary(
    "PopulationCount", _population_count, G.INTEGER, output="uint8", no_gradient=_INTEGERS
)


@export("bitwise.bitwise_and")
def bitwise_and(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that are set in both, with broadcasting.

    Args:
      x: An integer tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return BitwiseAnd(x, y, name=name)


@export("bitwise.bitwise_or")
def bitwise_or(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that are set in either, with broadcasting.

    Args:
      x: An integer tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return BitwiseOr(x, y, name=name)


@export("bitwise.bitwise_xor")
def bitwise_xor(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Set the bits that differ, with broadcasting.

    Args:
      x: An integer tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return BitwiseXor(x, y, name=name)


@export("bitwise.invert")
def invert(x: Any, name: str | None = None) -> Tensor:
    """Turn every bit over.

    Args:
      x: An integer tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Invert(x, name=name)


@export("bitwise.left_shift")
def left_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Move bits up by `y` places, with broadcasting.

    Args:
      x: An integer tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return LeftShift(x, y, name=name)


@export("bitwise.right_shift")
def right_shift(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Move bits down by `y` places, with broadcasting; signed integers keep their sign.

    Args:
      x: An integer tensor.
      y: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return RightShift(x, y, name=name)
