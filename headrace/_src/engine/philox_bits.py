"""Philox blocks in bulk, and the real numbers that their bits stand for.

The NumPy side works on chunks that stay in the cache and writes the words of a stream in order;
the traced side keeps the four words of the blocks in four arrays, which XLA fuses better.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from headrace._src.engine.philox import (
    MASK_32,
    MASK_64,
    MULTIPLIER_0,
    MULTIPLIER_1,
    ROUNDS,
    WEYL_0,
    WEYL_1,
    PhiloxDraw,
    block,
)

# Four arrays of two rows of this many 64-bit words fill half of a usual second-level cache.
CHUNK = 4096

# Below this many blocks Python's integers are quicker than NumPy's fixed cost of a call.
_FEW = 5

_MULTIPLIERS = np.array([[MULTIPLIER_0], [MULTIPLIER_1]], np.uint64)
_LOW = np.uint64(MASK_32)
_32 = np.uint64(32)
_MANTISSA_32, _ONE_BITS_32, _ONE_32 = np.uint32(0x7FFFFF), np.uint32(0x3F800000), np.float32(1)
_MANTISSA_64, _ONE_BITS_64 = np.uint64(0xFFFFF), np.uint64(0x3FF0000000000000)


# -- NumPy ------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=256)
def _round_keys(key: tuple[int, int]) -> tuple[np.ndarray, ...]:
    keys = np.empty((ROUNDS, 2, 1), np.uint64)
    k0, k1 = key
    for r in range(ROUNDS):
        keys[r, 0, 0] = (k0 + r * WEYL_0) & MASK_32
        keys[r, 1, 0] = (k1 + r * WEYL_1) & MASK_32
    return tuple(keys)


def _run_rounds(even: np.ndarray, odd: np.ndarray, keys: tuple[np.ndarray, ...]) -> None:
    """Ten rounds in place: `even` is rows (c0, c2), `odd` rows (c3, c1), words in 64-bit cells.

    The odd words are left shifted up by 32 bits, where they join the even ones.
    """
    product, high = np.empty_like(even), np.empty_like(even)
    crossed = high[::-1]
    last = keys[-1]
    for key in keys:
        np.multiply(even, _MULTIPLIERS, product)
        np.right_shift(product, _32, high)
        np.bitwise_xor(high, odd, high)
        np.bitwise_xor(crossed, key, even)
        if key is last:
            np.left_shift(product, _32, odd)
        else:
            np.bitwise_and(product, _LOW, odd)


def _set_counters(even: np.ndarray, odd: np.ndarray, counter: int, offsets: np.ndarray) -> None:
    """Fill in the words of `counter + offsets` (`uint64`), with the carry of 128 bits."""
    low, high = counter & MASK_64, (counter >> 64) & MASK_64
    np.add(offsets, np.uint64(low), even[0])
    np.right_shift(even[0], _32, odd[1])
    if low and offsets.size and low + int(offsets.max()) > MASK_64:
        carried = np.where(
            even[0] < np.uint64(low), np.uint64((high + 1) & MASK_64), np.uint64(high)
        )
        np.bitwise_and(carried, _LOW, even[1])
        np.right_shift(carried, _32, odd[0])
    else:
        even[1] = high & MASK_32
        odd[0] = high >> 32
    np.bitwise_and(even[0], _LOW, even[0])


def blocks_at(draw: PhiloxDraw, offsets: np.ndarray) -> np.ndarray:
    """The blocks at `draw.counter + offsets`.

    Args:
      draw: where offset 0 is.
      offsets: `uint64` `[n]`.

    Returns:
      `uint32` `[n, 4]`.
    """
    n = len(offsets)
    if n < _FEW:
        start = draw.counter
        found = [block(draw.key, start + int(offset)) for offset in offsets]
        return np.array(found, np.uint32).reshape(n, 4)
    out = np.empty((n, 4), np.uint32)
    keys = _round_keys(draw.key)
    for start in range(0, n, CHUNK):
        _write_blocks(
            out[start : start + CHUNK], draw.counter, offsets[start : start + CHUNK], keys
        )
    return out


def _write_blocks(
    out: np.ndarray, counter: int, offsets: np.ndarray, keys: tuple[np.ndarray, ...]
) -> None:
    even = np.empty((2, len(offsets)), np.uint64)
    odd = np.empty_like(even)
    _set_counters(even, odd, counter, offsets)
    _run_rounds(even, odd, keys)
    np.bitwise_or(even, odd[::-1], out.view(np.uint64).T)


def words(draw: PhiloxDraw, n: int) -> np.ndarray:
    """The first `n` words of the stream, `uint32` `[n]`."""
    count = -(-n // 4)
    if count < _FEW:
        start = draw.counter
        found = [word for i in range(count) for word in block(draw.key, start + i)]
        return np.array(found[:n], np.uint32)
    return blocks_at(draw, np.arange(count, dtype=np.uint64)).reshape(-1)[:n]


# -- traced -----------------------------------------------------------------------------------
def _multiply_wide(multiplier: int, x: Any) -> tuple[Any, Any]:
    import jax.numpy as jnp

    product = x.astype(jnp.uint64) * jnp.uint64(multiplier)
    return (product >> jnp.uint64(32)).astype(jnp.uint32), product.astype(jnp.uint32)


def traced_blocks_at(
    words: tuple[Any, ...], low: Any, high: Any = None
) -> tuple[Any, Any, Any, Any]:
    """The four words of the blocks at the counter plus `high:low`, `uint32` arrays."""
    import jax.numpy as jnp

    c0, c1, c2, c3, k0, k1 = (jnp.asarray(word).astype(jnp.uint32) for word in words)
    c0 = c0 + low
    carry = (c0 < low).astype(jnp.uint32)
    step = carry if high is None else high + carry
    c1 = c1 + step
    carry = (c1 < step).astype(jnp.uint32)
    c2 = c2 + carry
    c3 = c3 + (c2 < carry).astype(jnp.uint32)
    for _ in range(ROUNDS):
        high0, low0 = _multiply_wide(MULTIPLIER_0, c0)
        high1, low1 = _multiply_wide(MULTIPLIER_1, c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 = k0 + jnp.uint32(WEYL_0)
        k1 = k1 + jnp.uint32(WEYL_1)
    return c0, c1, c2, c3


def traced_blocks(words: tuple[Any, ...], count: int) -> tuple[Any, Any, Any, Any]:
    """The first `count` blocks."""
    import jax.numpy as jnp
    from jax import lax

    return traced_blocks_at(words, lax.iota(jnp.uint32, count))


def interleave(columns: Any, n: int) -> Any:
    """The first `n` values of two or four columns read row by row."""
    import jax.numpy as jnp
    from jax import lax

    dtype = columns[0].dtype
    if len(columns) == 4:
        # XLA's CPU code for four columns is several times slower than for two twice as wide.
        a, b, c, d = (lax.bitcast_convert_type(x, jnp.uint32).astype(jnp.uint64) for x in columns)
        columns = (a | (b << jnp.uint64(32)), c | (d << jnp.uint64(32)))
    # Without the barrier XLA computes every block again for each of its columns.
    kept: Any = lax.optimization_barrier(tuple(columns))  # type: ignore[no-untyped-call]
    rows = jnp.stack(kept, axis=1).reshape(-1)
    return lax.bitcast_convert_type(rows, dtype).reshape(-1)[:n]


# -- both -------------------------------------------------------------------------------------
def bitcast(xp: Any, x: Any, dtype: Any) -> Any:
    """The same bits as another dtype of the same width."""
    if xp is np:
        return x.view(dtype)
    from jax import lax

    return lax.bitcast_convert_type(x, dtype)


def unit_float32(xp: Any, x: Any) -> Any:
    """`float32` in [0, 1) from the low 23 bits of `uint32` words."""
    return bitcast(xp, (x & _MANTISSA_32) | _ONE_BITS_32, xp.float32) - _ONE_32


def unit_float64(xp: Any, high: Any, low: Any) -> Any:
    """`float64` in [0, 1) from the low 20 bits of one word and all of another."""
    x = (high.astype(xp.uint64) & _MANTISSA_64) << _32
    x = x | low.astype(xp.uint64) | _ONE_BITS_64
    return bitcast(xp, x, xp.float64) - 1.0


def unit_small(xp: Any, x: Any, mantissa_bits: int, dtype: Any) -> Any:
    """A 16-bit float in [0, 1) from the low `mantissa_bits` bits of `uint32` words."""
    x = (x & xp.uint32((1 << mantissa_bits) - 1)).astype(xp.float32)
    return (x * xp.float32(2.0**-mantissa_bits)).astype(dtype)
