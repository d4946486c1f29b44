"""Logarithm, sine and cosine of `float32` values, correctly rounded almost everywhere.

Normal numbers repeat TensorFlow's to the last bit only when these three functions do. A C library
evaluates them in double precision; the method and the constants here are those published in Arm's
optimized-routines (MIT, or Apache-2.0 WITH LLVM-exception). They hold for the arguments that
Box-Muller's method produces: 1e-7 <= x < 1 for the logarithm, 0 <= x < 2 pi for the others.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._src.engine import philox_bits as bits

# 1/c and log(c) for the middle c of each of the 16 intervals of the significand.
_LOG_TABLE = (
    ("0x1.661ec79f8f3bep+0", "-0x1.57bf7808caadep-2"),
    ("0x1.571ed4aaf883dp+0", "-0x1.2bef0a7c06ddbp-2"),
    ("0x1.49539f0f010bp+0", "-0x1.01eae7f513a67p-2"),
    ("0x1.3c995b0b80385p+0", "-0x1.b31d8a68224e9p-3"),
    ("0x1.30d190c8864a5p+0", "-0x1.6574f0ac07758p-3"),
    ("0x1.25e227b0b8eap+0", "-0x1.1aa2bc79c81p-3"),
    ("0x1.1bb4a4a1a343fp+0", "-0x1.a4e76ce8c0e5ep-4"),
    ("0x1.12358f08ae5bap+0", "-0x1.1973c5a611cccp-4"),
    ("0x1.0953f419900a7p+0", "-0x1.252f438e10c1ep-5"),
    ("0x1p+0", "0x0p+0"),
    ("0x1.e608cfd9a47acp-1", "0x1.aa5aa5df25984p-5"),
    ("0x1.ca4b31f026aap-1", "0x1.c5e53aa362eb4p-4"),
    ("0x1.b2036576afce6p-1", "0x1.526e57720db08p-3"),
    ("0x1.9c2d163a1aa2dp-1", "0x1.bc2860d22477p-3"),
    ("0x1.886e6037841edp-1", "0x1.1058bc8a07ee1p-2"),
    ("0x1.767dcf5534862p-1", "0x1.4043057b6ee09p-2"),
)
_INVERSES = np.array([float.fromhex(inverse) for inverse, _ in _LOG_TABLE])
_LOGARITHMS = np.array([float.fromhex(logarithm) for _, logarithm in _LOG_TABLE])
_LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")


def _doubles(*texts: str) -> tuple[np.float64, ...]:
    return tuple(np.float64(float.fromhex(text)) for text in texts)


_L0, _L1, _L2 = _doubles("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")
_S0, _S1, _S2 = _doubles("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")
_C0, _C1, _C2, _C3 = _doubles(
    "-0x1.ffffffd0c621cp-2",
    "0x1.55553e1068f19p-5",
    "-0x1.6c087e89a359dp-10",
    "0x1.99343027bf8c3p-16",
)
_HALF_PI, _INVERSE_HALF_PI_24 = _doubles("0x1.921fb54442d18p0", "0x1.45F306DC9C883p+23")
_QUARTER_PI = np.float32(math.pi / 4)

# Made once: a call on a few values spends much of its time on its constants.
_0, _1, _2, _15, _19, _23, _24 = (np.int32(i) for i in (0, 1, 2, 15, 19, 23, 24))
_LOWEST_LOG = np.int32(0x3F330000)
_EXPONENT_BITS = np.int32(-0x800000)
_HALF_24 = np.int32(0x800000)


def _look_up(xp: Any, table: np.ndarray, index: Any) -> Any:
    if xp is np:
        return table.take(index)
    return xp.asarray(table).at[index].get(mode="promise_in_bounds")


def log_float32(xp: Any, x: Any) -> Any:
    """Natural logarithm of normal positive `float32` values."""
    pattern = bits.bitcast(xp, x, xp.int32)
    shifted = pattern - _LOWEST_LOG
    index = (shifted >> _19) & _15
    exponent = shifted >> _23
    significand = bits.bitcast(xp, pattern - (shifted & _EXPONENT_BITS), xp.float32)
    r = significand.astype(xp.float64) * _look_up(xp, _INVERSES, index) - 1.0
    base = _look_up(xp, _LOGARITHMS, index) + exponent.astype(xp.float64) * _LOG_2
    square = r * r
    y = _L1 * r + _L2
    y = _L0 * square + y
    y = y * square + (base + r)
    return y.astype(xp.float32)


def sin_cos_float32(xp: Any, x: Any) -> tuple[Any, Any]:
    """Sine and cosine of `float32` values in [0, 2 pi)."""
    wide = x.astype(xp.float64)
    quadrant = ((wide * _INVERSE_HALF_PI_24).astype(xp.int32) + _HALF_24) >> _24
    # The scaled product rounds up a little before pi/4, where the reference does not reduce yet.
    quadrant = xp.where(x < _QUARTER_PI, _0, quadrant)
    reduced = wide - quadrant.astype(xp.float64) * _HALF_PI
    x2 = reduced * reduced
    x4 = x2 * x2
    signed = xp.where(((quadrant + _1) & _2) != 0, -reduced, reduced)
    x3 = x2 * signed
    sine = ((signed + x3 * _S0) + (x3 * x2) * (_S1 + x2 * _S2)).astype(xp.float32)
    cosine = ((1.0 + x2 * _C0) + x4 * _C1) + (x4 * x2) * (_C2 + x2 * _C3)
    cosine = cosine.astype(xp.float32)
    cosine = xp.where((quadrant & _2) != 0, -cosine, cosine)
    odd = (quadrant & _1) != 0
    return xp.where(odd, cosine, sine), xp.where(odd, sine, cosine)
