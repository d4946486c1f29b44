"""The state of random generators: Philox 4x32-10 keys and counters.

A generator is a key of two 32-bit words and a 128-bit counter. Every counter value names one
block of four 32-bit words, so a stream can be read from any place, in any order, on any device.
An op that draws numbers reserves a range of counter values first (`PhiloxState.reserve`) and
computes its numbers from that range alone.

| what | type | invariant |
|---|---|---|
| `PhiloxState.key` | two ints | never changes |
| `PhiloxState.counter` | int below 2**128 | the first counter value that nobody has reserved |
| `PhiloxDraw.counter` | int, or four words | the first counter value of a reserved range |
"""

from __future__ import annotations

import os
import threading
from typing import Any, NamedTuple

import numpy as np

MULTIPLIER_0, MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10
MASK_32 = (1 << 32) - 1
MASK_64 = (1 << 64) - 1
MASK_128 = (1 << 128) - 1

_STATELESS_KEY = (0x3EC8F720, 0x02461E29)


class PhiloxDraw(NamedTuple):
    """A place in a stream, from which one op computes its numbers.

    On the host the key is a pair of Python ints and the counter one Python int. While a segment is
    lowered both are tuples of traced `uint32` scalars: two for the key, four (least significant
    first) for the counter.
    """

    key: tuple[Any, Any]
    counter: Any

    @property
    def words(self) -> tuple[Any, Any, Any, Any, Any, Any]:
        """The counter's four words and the key's two: `(c0, c1, c2, c3, k0, k1)`."""
        if isinstance(self.counter, int):
            return (*split_words(self.counter), *self.key)
        return (*self.counter, *self.key)

    def to_array(self) -> np.ndarray:
        """The six words as a `uint32` vector: the form in which a segment takes them."""
        return np.array(self.words, np.uint32)

    @classmethod
    def from_array(cls, words: Any) -> PhiloxDraw:
        """The draw that six (traced) words describe."""
        return cls((words[4], words[5]), (words[0], words[1], words[2], words[3]))

    def skip(self, steps: int) -> PhiloxDraw:
        """The draw `steps` blocks further on; on the host only."""
        return PhiloxDraw(self.key, (self.counter + steps) & MASK_128)


class PhiloxState:
    """The generator that one op owns for the life of a session.

    Equal seeds give equal streams. With both seeds zero the operating system's entropy is taken
    instead, and every state is a stream of its own.
    """

    __slots__ = ("_lock", "counter", "key")

    def __init__(self, seed: int = 0, seed2: int = 0) -> None:
        if seed == 0 and seed2 == 0:
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self.key = (seed & MASK_32, (seed >> 32) & MASK_32)
        self.counter = (seed2 & MASK_64) << 64
        self._lock = threading.Lock()

    def reserve(self, steps: int) -> PhiloxDraw:
        """Take the next `steps` counter values; returns where they begin."""
        with self._lock:
            start = self.counter
            self.counter = (start + steps) & MASK_128
        return PhiloxDraw(self.key, start)


def split_words(counter: int) -> tuple[int, int, int, int]:
    """The four 32-bit words of a 128-bit counter, least significant first."""
    return (
        counter & MASK_32,
        (counter >> 32) & MASK_32,
        (counter >> 64) & MASK_32,
        (counter >> 96) & MASK_32,
    )


def block(key: tuple[int, int], counter: int) -> tuple[int, int, int, int]:
    """One block of the stream, in Python integers: the quickest way to a few words."""
    c0, c1, c2, c3 = split_words(counter)
    k0, k1 = key
    for _ in range(ROUNDS):
        p0 = c0 * MULTIPLIER_0
        p1 = c2 * MULTIPLIER_1
        c0 = (p1 >> 32) ^ c1 ^ k0
        c2 = (p0 >> 32) ^ c3 ^ k1
        c1 = p1 & MASK_32
        c3 = p0 & MASK_32
        k0 = (k0 + WEYL_0) & MASK_32
        k1 = (k1 + WEYL_1) & MASK_32
    return c0, c1, c2, c3


def stateless_draw(seed0: int, seed1: int) -> PhiloxDraw:
    """The stream of a stateless op, whose two seeds are scrambled into key and counter."""
    m0, m1, m2, m3 = block(_STATELESS_KEY, (seed0 & MASK_64) | ((seed1 & MASK_64) << 64))
    return PhiloxDraw((m0, m1), (m2 << 64) | (m3 << 96))


def traced_stateless_draw(seed: Any) -> PhiloxDraw:
    """`stateless_draw` of a traced vector of two seeds."""
    import jax.numpy as jnp

    from headrace._src.engine import philox_bits as bits

    wide = seed.astype(jnp.int64).view(jnp.uint64)
    low, high = wide.astype(jnp.uint32), (wide >> jnp.uint64(32)).astype(jnp.uint32)
    words = (low[0], high[0], low[1], high[1], *(jnp.uint32(k) for k in _STATELESS_KEY))
    m0, m1, m2, m3 = (column[0] for column in bits.traced_blocks(words, 1))
    zero = jnp.uint32(0)
    return PhiloxDraw((m0, m1), (zero, zero, m2, m3))


def advanced(words: Any, steps: Any) -> Any:
    """Six traced words of a draw, `steps` blocks further on.

    Args:
      words: uint32 vector: the counter's four words and the key's two.
      steps: a traced or known whole number below 2**63.
    """
    import jax.numpy as jnp

    wide = words[:4].astype(jnp.uint64)
    low = wide[0] | (wide[1] << np.uint64(32))
    moved = low + jnp.asarray(steps, np.int64).astype(jnp.uint64)
    high = (wide[2] | (wide[3] << np.uint64(32))) + (moved < low).astype(jnp.uint64)
    halves = [moved, moved >> np.uint64(32), high, high >> np.uint64(32)]
    return jnp.concatenate([jnp.stack(halves).astype(jnp.uint32), words[4:]])
