"""Distributions that candidate classes are drawn from, and the drawing.

A distribution has a `range` of classes, a `probability` of each and an endless row of `picks`.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from headrace._src.engine import philox_bits as bits
from headrace._src.engine.philox import PhiloxDraw
from headrace._src.engine.philox_stream import Stream

_f32 = np.float32


def _chunks(draw: PhiloxDraw, n: int) -> Iterator[np.ndarray]:
    """The words of a stream, at least two for each of `n` samples at a time."""
    blocks = -(-n // 2)
    while True:
        yield bits.words(draw, 4 * blocks)
        draw = draw.skip(blocks)


class Uniform:
    """All classes with equal probability."""

    def __init__(self, range_max: int) -> None:
        self.range = range_max

    def picks(self, draw: PhiloxDraw, n: int) -> Iterator[int]:
        """Classes drawn one after another; about `n` are wanted."""
        # The lowest 2**64 mod range values are drawn again, to leave no bias.
        rejected = 2**64 % self.range
        for words in _chunks(draw, n):
            values = words.view(np.uint64)
            yield from (values[values >= rejected] % np.uint64(self.range)).tolist()

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class, `float32`."""
        return np.full(classes.shape, _f32(1.0 / self.range))


class LogUniform:
    """Class c with probability log((c + 2) / (c + 1)) / log(range + 1)."""

    def __init__(self, range_max: int) -> None:
        self.range = range_max
        self._log_range = math.log1p(range_max)

    def picks(self, draw: PhiloxDraw, n: int) -> Iterator[int]:
        """Classes drawn one after another; about `n` are wanted."""
        for words in _chunks(draw, n):
            uniform = bits.unit_float64(np, words[0::2], words[1::2])
            values = np.exp(uniform * self._log_range).astype(np.int64) - 1
            yield from (values % self.range).tolist()

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class, `float32`."""
        wide = classes.astype(np.float64)
        return (np.log((wide + 2.0) / (wide + 1.0)) / self._log_range).astype(_f32)


class Weighted:
    """Classes with probabilities proportional to integer weights that may change."""

    def __init__(self, range_max: int) -> None:
        self.range = range_max
        self.lock = threading.Lock()
        self._weights = np.ones(range_max, np.int64)

    def picks(self, draw: PhiloxDraw, n: int) -> Iterator[int]:
        """Classes drawn one after another; about `n` are wanted."""
        bounds, words = self._weights.cumsum(), Stream(draw)
        while True:
            target = words.below(int(bounds[-1]))
            yield int(np.searchsorted(bounds, target, side="right"))

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class, `float32`."""
        known = (classes >= 0) & (classes < self.range)
        weights = self._weights[np.where(known, classes, 0)].astype(_f32)
        return np.where(known, weights, _f32(0)) / _f32(self._weights.sum())

    def count(self, classes: np.ndarray) -> None:
        """Add one to the weights of the classes seen."""
        np.add.at(self._weights, classes.reshape(-1), 1)


class Alias:
    """Classes with fixed weights, drawn in constant time by Walker's alias method."""

    def __init__(self, weights: list[float]) -> None:
        self.range = len(weights)
        self._weights = np.array(weights, _f32)
        self._total = _f32(0)
        for weight in self._weights:
            self._total += weight
        self._shares, self._aliases = _alias_table(self._weights)

    def picks(self, draw: PhiloxDraw, n: int) -> Iterator[int]:
        """Classes drawn one after another; about `n` are wanted."""
        words = Stream(draw)
        while True:
            share = words.float32()
            i = words.below(self.range)
            yield i if share < self._shares[i] else self._aliases[i]

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class, `float32`."""
        known = (classes >= 0) & (classes < self.range)
        weights = self._weights[np.where(known, classes, 0)]
        return np.where(known, weights, _f32(0)) / self._total


def _alias_table(weights: np.ndarray) -> tuple[list[float], list[int]]:
    n = len(weights)
    total = sum(float(w) for w in weights)
    shares = [float(w * _f32(n)) / total for w in weights]
    aliases = list(range(n))
    low = [i for i, share in enumerate(shares) if share < 1.0]
    high = [i for i, share in enumerate(shares) if share >= 1.0]
    while low and high:
        poor, rich = low.pop(), high.pop()
        aliases[poor] = rich
        shares[rich] -= 1.0 - shares[poor]
        (low if shares[rich] < 1.0 else high).append(rich)
    # What rounding leaves over stands for itself.
    for i in (*low, *high):
        shares[i], aliases[i] = 1.0, i
    return np.array(shares, _f32).tolist(), aliases


class Sample(NamedTuple):
    """Classes drawn, and how many tries it took."""

    candidates: np.ndarray
    tries: int


def draw_candidates(sampler: Any, draw: PhiloxDraw, n: int, unique: bool) -> Sample:
    """Draw `n` classes, all different when `unique`."""
    picks = sampler.picks(draw, n)
    if not unique:
        return Sample(np.fromiter(itertools.islice(picks, n), np.int64, n), n)
    found: dict[int, None] = {}
    tries = 0
    while len(found) < n:
        tries += 1
        found.setdefault(next(picks))
    return Sample(np.fromiter(found, np.int64, n), tries)


def expected_count(probability: np.ndarray, n: int, tries: int) -> np.ndarray:
    """How often a class is drawn in n draws, or in that many tries for n different ones."""
    if tries == n:
        return probability * _f32(n)
    with np.errstate(divide="ignore"):
        return -np.expm1(_f32(tries) * np.log1p(-probability))
