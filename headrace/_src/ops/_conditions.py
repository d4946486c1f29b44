"""Conditions on index values, for compiled code: it cannot raise, so it says what must hold.

A run that breaks a condition changes nothing; the interpreter then repeats it and raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def require_vectors(k: Any, indices: Any, limits: Sequence[int]) -> None:
    """Demands that every index vector `indices[..., :]` lies inside dims of sizes `limits`."""
    if not len(limits):
        return
    if min(limits) == max(limits):
        k.require_within(indices, int(limits[0]))
        return
    sizes = np.asarray(limits, np.int64)
    k.require(k.np_for(indices).all((indices >= 0) & (indices < sizes)))


def require_finite(k: Any, *values: Any) -> None:
    """Demands finite values; decompositions answer with others where LAPACK reports failure."""
    for value in values:
        xp = k.np_for(value)
        k.require(xp.all(xp.isfinite(value)))
