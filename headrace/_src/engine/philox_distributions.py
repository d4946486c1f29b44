"""Uniform, integer, normal and truncated normal numbers from a Philox stream.

Each function takes a `PhiloxDraw`, the number of values and their NumPy dtype, and gives a flat
array. `xp` is `numpy` (the draw's words are Python ints) or `jax.numpy` (they are traced). Values
come out in the order in which TensorFlow 1.15's CPU kernels lay them out: one block makes a group
of four values, or of two when they are 64 bits wide.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._src.engine import philox_bits as bits
from headrace._src.engine import philox_libm as libm
from headrace._src.engine.philox import MASK_32, MASK_64, PhiloxDraw

# Counter steps that an op reserves for every value it makes, whatever it uses of them.
STEPS_PER_VALUE = 256

_SMALLEST_UNIFORM = 1.0e-7
_SMALLEST_UNIFORM_32 = np.float32(_SMALLEST_UNIFORM)
_MINUS_2 = np.float32(-2)
_TWO_PI = 2.0 * math.pi


def _mantissa_bits(dtype: np.dtype) -> int:
    return 10 if dtype == np.float16 else 7


def _groups(n: int, dtype: np.dtype) -> int:
    """How many blocks make `n` values."""
    return -(-n // (2 if dtype.itemsize == 8 else 4))


# -- uniform ----------------------------------------------------------------------------------
def uniform(draw: PhiloxDraw, n: int, dtype: Any, xp: Any = np) -> Any:
    """Values in [0, 1) of a float dtype."""
    dtype = np.dtype(dtype)
    if xp is not np:
        return _traced_uniform(draw, n, dtype, xp)
    if dtype == np.float64:
        pairs = bits.words(draw, 2 * n).reshape(n, 2)
        return bits.unit_float64(np, pairs[:, 0], pairs[:, 1])
    words = bits.words(draw, n)
    if dtype == np.float32:
        return _in_place_unit_float32(words)
    return bits.unit_small(np, words, _mantissa_bits(dtype), dtype)


def _in_place_unit_float32(words: np.ndarray) -> np.ndarray:
    # Large draws are bound by memory: one pass a chunk, nothing allocated.
    values = words.view(np.float32)
    for start in range(0, len(words), 4 * bits.CHUNK):
        part = words[start : start + 4 * bits.CHUNK]
        np.bitwise_and(part, np.uint32(0x7FFFFF), part)
        np.bitwise_or(part, np.uint32(0x3F800000), part)
        number = values[start : start + 4 * bits.CHUNK]
        np.subtract(number, np.float32(1), number)
    return values


def _traced_uniform(draw: PhiloxDraw, n: int, dtype: np.dtype, xp: Any) -> Any:
    a, b, c, d = bits.traced_blocks(draw.words, _groups(n, dtype))
    if dtype == np.float64:
        return bits.interleave((bits.unit_float64(xp, a, b), bits.unit_float64(xp, c, d)), n)
    if dtype == np.float32:
        return bits.interleave([bits.unit_float32(xp, x) for x in (a, b, c, d)], n)
    return bits.unit_small(xp, bits.interleave((a, b, c, d), n), _mantissa_bits(dtype), dtype)


def uniform_int(draw: PhiloxDraw, n: int, low: int, high: int, dtype: Any, xp: Any = np) -> Any:
    """Integers in [low, high), with the slight bias of a remainder."""
    dtype = np.dtype(dtype)
    if dtype == np.int32:
        span, base = xp.uint32((high - low) & MASK_32), xp.uint32(low & MASK_32)
        if xp is np:
            return (bits.words(draw, n) % span + base).view(np.int32)
        x = bits.interleave(bits.traced_blocks(draw.words, _groups(n, dtype)), n)
        return bits.bitcast(xp, x % span + base, xp.int32)
    span, base = xp.uint64((high - low) & MASK_64), xp.uint64(low & MASK_64)
    if xp is np:
        return (bits.words(draw, 2 * n).view(np.uint64) % span + base).view(np.int64)
    a, b, c, d = (x.astype(xp.uint64) for x in bits.traced_blocks(draw.words, _groups(n, dtype)))
    x = bits.interleave((a | (b << xp.uint64(32)), c | (d << xp.uint64(32))), n)
    return bits.bitcast(xp, x % span + base, xp.int64)


# -- normal -----------------------------------------------------------------------------------
def _normal_pair_32(xp: Any, x0: Any, x1: Any) -> tuple[Any, Any]:
    """Box-Muller's two `float32` normals of two words: the sine's, then the cosine's."""
    radius_from = xp.maximum(bits.unit_float32(xp, x0), _SMALLEST_UNIFORM_32)
    angle = (_TWO_PI * bits.unit_float32(xp, x1).astype(xp.float64)).astype(xp.float32)
    radius = xp.sqrt(_MINUS_2 * libm.log_float32(xp, radius_from))
    sine, cosine = libm.sin_cos_float32(xp, angle)
    return sine * radius, cosine * radius


def _normal_pair_64(xp: Any, x0: Any, x1: Any, x2: Any, x3: Any) -> tuple[Any, Any]:
    """Box-Muller's two `float64` normals of one block."""
    radius_from = xp.maximum(bits.unit_float64(xp, x0, x1), _SMALLEST_UNIFORM)
    angle = _TWO_PI * bits.unit_float64(xp, x2, x3)
    radius = xp.sqrt(-2.0 * xp.log(radius_from))
    return xp.sin(angle) * radius, xp.cos(angle) * radius


def normals_of_blocks(blocks: np.ndarray, wide: bool) -> np.ndarray:
    """The normals of `uint32` `[n, 4]` blocks: `float64` `[n, 2]`, or `float32` `[n, 4]`."""
    if wide:
        return np.stack(_normal_pair_64(np, *blocks.T), axis=1)
    pairs = blocks.reshape(-1, 2)
    return np.stack(_normal_pair_32(np, pairs[:, 0], pairs[:, 1]), axis=1).reshape(-1, 4)


def _traced_normals(xp: Any, columns: tuple[Any, ...], wide: bool) -> tuple[Any, ...]:
    if wide:
        return _normal_pair_64(xp, *columns)
    a, b, c, d = columns
    return _normal_pair_32(xp, a, b) + _normal_pair_32(xp, c, d)


def normal(draw: PhiloxDraw, n: int, dtype: Any, xp: Any = np) -> Any:
    """Standard normal values of a float dtype."""
    dtype = np.dtype(dtype)
    wide, groups = dtype == np.float64, _groups(n, dtype)
    if xp is not np:
        columns = _traced_normals(xp, bits.traced_blocks(draw.words, groups), wide)
        return bits.interleave(columns, n).astype(dtype)
    if groups <= bits.CHUNK:
        blocks = bits.words(draw, 4 * groups).reshape(groups, 4)
        return normals_of_blocks(blocks, wide).reshape(-1)[:n].astype(dtype, copy=False)
    out = np.empty((groups, 2 if wide else 4), dtype)
    for start in range(0, groups, bits.CHUNK):
        part = out[start : start + bits.CHUNK]
        blocks = bits.words(draw.skip(start), 4 * len(part)).reshape(-1, 4)
        part[...] = normals_of_blocks(blocks, wide)
    return out.reshape(-1)[:n]


# -- truncated normal -------------------------------------------------------------------------
def truncated_normal(draw: PhiloxDraw, n: int, dtype: Any, xp: Any = np) -> Any:
    """Standard normal values of which those with |z| >= 2 have been passed over.

    Every group of values starts at a counter of its own and takes blocks until it is full.
    """
    dtype = np.dtype(dtype)
    if xp is not np:
        return _traced_truncated_normal(draw, n, dtype, xp)
    wide, groups = dtype == np.float64, _groups(n, dtype)
    out = np.empty((groups, 2 if wide else 4), np.float64 if wide else np.float32)
    for start in range(0, groups, bits.CHUNK):
        _fill_truncated(draw, start, out[start : start + bits.CHUNK], wide)
    return out.reshape(-1)[:n].astype(dtype, copy=False)


def _fill_truncated(draw: PhiloxDraw, first: int, out: np.ndarray, wide: bool) -> None:
    size = out.shape[1]
    stride = size * STEPS_PER_VALUE // 4
    rows = np.arange(len(out))
    bases = (rows + first).astype(np.uint64) * np.uint64(stride)
    values = normals_of_blocks(bits.blocks_at(draw, bases), wide)
    out[...] = values
    inside = np.abs(values) < 2
    rows = np.flatnonzero(~inside.all(axis=1))
    values, inside = values[rows], inside[rows]
    filled = np.zeros(len(rows), np.intp)
    step = 0
    while True:
        position = filled[:, None] + inside.cumsum(axis=1) - 1
        taken = inside & (position < size)
        row, _ = np.nonzero(taken)
        out[rows[row], position[taken]] = values[taken]
        filled = filled + inside.sum(axis=1)
        waiting = filled < size
        rows, filled = rows[waiting], filled[waiting]
        if not len(rows):
            return
        step += 1
        values = normals_of_blocks(bits.blocks_at(draw, bases[rows] + np.uint64(step)), wide)
        inside = np.abs(values) < 2


def _accept(
    xp: Any, values: tuple[Any, ...], filled: Any, step: Any, slots: tuple[Any, ...]
) -> tuple[Any, Any, tuple[Any, ...]]:
    """Put the values inside the bounds into the next free slots of their group."""
    free = list(slots)
    for value in values:
        inside = xp.abs(value) < 2
        for i, slot in enumerate(free):
            free[i] = xp.where(inside & (filled == i), value, slot)
        filled = filled + inside.astype(xp.int32)
    return filled, step + xp.uint32(1), tuple(free)


def _traced_truncated_normal(draw: PhiloxDraw, n: int, dtype: np.dtype, xp: Any) -> Any:
    from jax import lax

    wide, groups = dtype == np.float64, _groups(n, dtype)
    size = 2 if wide else 4
    shift = (size * STEPS_PER_VALUE // 4).bit_length() - 1
    if not groups:
        return xp.zeros((0,), dtype)

    group = lax.iota(xp.uint32, groups)

    def more(state: tuple[Any, ...]) -> tuple[Any, ...]:
        filled, step, slots = state
        low = (group << xp.uint32(shift)) + step
        columns = bits.traced_blocks_at(draw.words, low, group >> xp.uint32(32 - shift))
        return _accept(xp, _traced_normals(xp, columns, wide), filled, step, slots)

    # A second block fills all groups but one in a hundred thousand, so the loop is short, and
    # looking only at groups that wait would take longer to compile than it could save.
    real = xp.float64 if wide else xp.float32
    state = (xp.zeros(groups, xp.int32), xp.uint32(0), (xp.zeros(groups, real),) * size)
    _, _, slots = lax.while_loop(lambda state: xp.any(state[0] < size), more, state)
    return bits.interleave(slots, n).astype(dtype)
