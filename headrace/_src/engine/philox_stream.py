"""A Philox stream read word by word, and the samplers that read it so: shuffle, categorical."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._src.engine import philox_bits as bits
from headrace._src.engine.philox import PhiloxDraw

_BATCH = 256


class Stream:
    """Successive 32-bit words from a place in a stream, as Python ints."""

    __slots__ = ("_buffer", "_draw", "_position", "_size")

    def __init__(self, draw: PhiloxDraw) -> None:
        self._draw = draw
        self._buffer: list[int] = []
        self._position = 0
        self._size = 4

    def word(self) -> int:
        """The next word."""
        if self._position == len(self._buffer):
            self._buffer = bits.words(self._draw, self._size).tolist()
            self._draw = self._draw.skip(self._size // 4)
            self._position = 0
            # A stream that has been read far is likely to be read further.
            self._size = min(4 * self._size, 4 * _BATCH)
        self._position += 1
        return self._buffer[self._position - 1]

    def long(self) -> int:
        """The next two words as a 64-bit integer, the low one first."""
        low = self.word()
        return low | (self.word() << 32)

    def float32(self) -> float:
        """The next word as a float in [0, 1)."""
        return (self.word() & 0x7FFFFF) * 2.0**-23

    def float64(self) -> float:
        """The next two words as a float in [0, 1), the high one first."""
        high = self.word()
        return (((high & 0xFFFFF) << 32) | self.word()) * 2.0**-52

    def below(self, n: int) -> int:
        """An unbiased integer in [0, n) from one word or, when rejected, more."""
        return _unbiased(n, self.word, 32)

    def long_below(self, n: int) -> int:
        """An unbiased integer in [0, n) from two words or, when rejected, more."""
        return _unbiased(n, self.long, 64)


def _unbiased(n: int, next_value: Callable[[], int], width: int) -> int:
    if n & (n - 1) == 0:
        return next_value() & (n - 1)
    rejected = ((1 << width) - 1) % n + 1
    while True:
        value = next_value()
        if value >= rejected:
            return value % n


# -- shuffle ----------------------------------------------------------------------------------
def shuffle_steps(rows: int) -> int:
    """Counter steps that shuffling reserves."""
    return -(-(rows - 1) // 4) if rows > 1 else 0


def permutation(draw: PhiloxDraw, rows: int) -> np.ndarray:
    """The order in which shuffling puts the rows 0 ... rows - 1, `int64` `[rows]`."""
    order = list(range(rows))
    if rows > 1:
        remaining = np.arange(rows, 1, -1, dtype=np.uint32)
        jumps = (bits.words(draw, rows - 1) % remaining).tolist()
        for i, jump in enumerate(jumps):
            j = i + jump
            order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


# -- categorical ------------------------------------------------------------------------------
def categorical_steps(rows: int, samples: int) -> int:
    """Counter steps that drawing categories reserves."""
    return 256 * rows * 2 * (-(-samples // 4) * 4)


def thread_blocks(n: int, cost: int, threads: int) -> list[tuple[int, int]]:
    """How a pool of `threads` threads divides `n` units of `cost` cycles: `[(start, end), ...]`.

    TensorFlow starts each part of a batch of categorical draws at a counter of its own, so its
    numbers depend on this division.
    """
    cost = max(1, cost)
    worth = (n * cost - 100000.0) / 100000.0 + 0.9
    if n <= 1 or threads <= 1 or min(threads, max(1, int(min(worth, 2.0**31)))) == 1:
        return [(0, n)]
    size = min(n, max(-(-n // (4 * threads)), int(40000.0 / cost)))
    largest = min(n, 2 * size)
    count = -(-n // size)

    def efficiency(blocks: int) -> float:
        return blocks / (-(-blocks // threads) * threads)

    best, previous = efficiency(count), count
    while best < 1.0 and previous > 1:
        larger = -(-n // (previous - 1))
        if larger > largest:
            break
        previous = -(-n // larger)
        if efficiency(previous) + 0.01 >= best:
            size = larger
            best = max(best, efficiency(previous))
    return [(start, min(start + size, n)) for start in range(0, n, size)]


def categorical(draw: PhiloxDraw, logits: np.ndarray, samples: int, threads: int = 1) -> np.ndarray:
    """Categories drawn with probabilities softmax(logits).

    The draw of row r and sample s is the first class whose cumulated weight exceeds u * total.
    Classes with a logit that is not finite are never drawn.

    Args:
      draw: where the stream begins.
      logits: real `[rows, classes]`.
      samples: draws a row.
      threads: size of the pool whose division of the rows is followed.

    Returns:
      `int64` `[rows, samples]`.
    """
    rows, classes = logits.shape
    out = np.empty((rows, samples), np.int64)
    if not out.size:
        return out
    cost = int(50 * (samples * math.log(classes) / math.log(2) + classes)) if classes else 1
    cumulated = _cumulated_weights(logits)
    for start, end in thread_blocks(rows, cost, threads):
        part = draw.skip(start * (samples + 3) // 4)
        words = bits.words(part, 2 * (end - start) * samples).reshape(end - start, samples, 2)
        uniform = bits.unit_float64(np, words[..., 0], words[..., 1])
        targets = uniform * cumulated[start:end, -1:]
        out[start:end] = _first_above(cumulated[start:end], targets)
    return out


def _cumulated_weights(logits: np.ndarray) -> np.ndarray:
    wide = logits.astype(np.float64)
    finite = np.isfinite(wide)
    if finite.all():
        weights = np.exp(wide - wide.max(axis=1, keepdims=True))
    else:
        highest = np.where(finite, wide, np.finfo(np.float64).min).max(axis=1, keepdims=True)
        weights = np.exp(np.where(finite, wide - highest, -np.inf))
    cumulated: np.ndarray = weights.cumsum(axis=1)
    return cumulated


def _first_above(cumulated: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if targets.shape[1] == 1 or cumulated.shape[0] * targets.shape[1] * cumulated.shape[1] < 4096:
        below: np.ndarray = (cumulated[:, None, :] <= targets[:, :, None]).sum(axis=2)
        return below
    found = [np.searchsorted(c, t, side="right") for c, t in zip(cumulated, targets, strict=True)]
    return np.stack(found)


def traced_categorical(draw: PhiloxDraw, logits: Any, samples: int) -> Any:
    """`categorical` of one thread for a traced draw; `int64` `[rows, samples]`."""
    import jax
    import jax.numpy as jnp

    rows, classes = logits.shape
    if not rows * samples:
        return jnp.zeros((rows, samples), jnp.int64)
    wide = logits.astype(jnp.float64)
    finite = jnp.isfinite(wide)
    highest = jnp.where(finite, wide, np.finfo(np.float64).min).max(axis=1, keepdims=True)
    weights = jnp.where(finite, jnp.exp(wide - highest), 0.0)
    cumulated = jnp.cumsum(weights, axis=1)
    a, b, c, d = bits.traced_blocks(draw.words, -(-rows * samples // 2))
    uniform = bits.interleave(
        (bits.unit_float64(jnp, a, b), bits.unit_float64(jnp, c, d)), rows * samples
    )
    targets = uniform.reshape(rows, samples) * cumulated[:, -1:]
    search: Any = jax.vmap(lambda row, target: jnp.searchsorted(row, target, side="right"))
    return search(cumulated, targets).astype(jnp.int64)
