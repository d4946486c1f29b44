"""Gamma, Poisson and bounded normal numbers: samplers that reject, in double precision.

Every output of the gamma and Poisson samplers has a stream of its own, so all outputs advance
together: a round of the loops below draws for those that have not been accepted yet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from headrace._src.engine import philox_bits as bits
from headrace._src.engine import philox_distributions as distributions
from headrace._src.engine import philox_libm as libm
from headrace._src.engine.philox import PhiloxDraw

_lgamma = np.frompyfunc(math.lgamma, 1, 1)


class _Streams:
    """One stream of doubles an output; of a block's two values the second comes first."""

    def __init__(self, draw: PhiloxDraw, n: int) -> None:
        self._draw = draw
        step = np.uint64(distributions.STEPS_PER_VALUE)
        self._offsets = np.arange(n, dtype=np.uint64) * step
        self._kept = {"uniform": np.empty(n), "normal": np.empty(n)}
        self._keeps = {"uniform": np.zeros(n, bool), "normal": np.zeros(n, bool)}

    def _take(self, kind: str, rows: np.ndarray) -> np.ndarray:
        kept, keeps = self._kept[kind], self._keeps[kind]
        empty = ~keeps[rows]
        values: np.ndarray = kept[rows]
        new = rows[empty]
        if len(new):
            blocks = bits.blocks_at(self._draw, self._offsets[new])
            self._offsets[new] += np.uint64(1)
            if kind == "normal":
                pairs = distributions.normals_of_blocks(blocks, wide=True)
            else:
                halves = blocks.reshape(-1, 2, 2)
                pairs = bits.unit_float64(np, halves[..., 0], halves[..., 1])
            kept[new], values[empty] = pairs[:, 0], pairs[:, 1]
        keeps[rows] = empty
        return values

    def uniform(self, rows: np.ndarray) -> np.ndarray:
        """The next uniform value of each of the streams `rows`."""
        return self._take("uniform", rows)

    def normal(self, rows: np.ndarray) -> np.ndarray:
        """The next normal value of each of the streams `rows`."""
        return self._take("normal", rows)


# -- gamma ------------------------------------------------------------------------------------
def gamma(draw: PhiloxDraw, samples: int, alpha: np.ndarray) -> np.ndarray:
    """Gamma values of scale 1, by the method of Marsaglia and Tsang (2000).

    Args:
      draw: where the first output's stream begins.
      samples: values for each parameter.
      alpha: shape parameters, real `[n]`.

    Returns:
      `float64` `[samples, n]`.
    """
    shape = np.repeat(alpha.astype(np.float64), samples)
    streams = _Streams(draw, len(shape))
    out = np.empty(len(shape))
    exponential = np.flatnonzero(shape == 1.0)
    if len(exponential):
        out[exponential] = -np.log(1.0 - streams.uniform(exponential))
    rows = np.flatnonzero(shape != 1.0)
    offset = shape + np.where(shape < 1, 2.0 / 3, -1.0 / 3)
    scale = 1.0 / 3 / np.sqrt(offset)
    while len(rows):
        x = streams.normal(rows)
        v = 1 + scale[rows] * x
        positive = v > 0
        left, rows, x, v = rows[~positive], rows[positive], x[positive], v[positive]
        v = v * v * v
        u = streams.uniform(rows)
        square, d = x * x, offset[rows]
        accepted = (u < 1 - 0.0331 * square * square) | (
            np.log(u) < 0.5 * square + d * (1 - v + np.log(v))
        )
        out[rows[accepted]] = d[accepted] * v[accepted]
        rows = np.concatenate((left, rows[~accepted]))
    small = np.flatnonzero(shape < 1)
    if len(small):
        out[small] *= streams.uniform(small) ** (1 / shape[small])
    return out.reshape(-1, samples).T


# -- Poisson ----------------------------------------------------------------------------------
def poisson(draw: PhiloxDraw, samples: int, rate: np.ndarray) -> np.ndarray:
    """Poisson values: Knuth's method below a rate of 10, Hormann's PTRS (1993) from there on.

    Args:
      draw: where the first output's stream begins.
      samples: values for each parameter.
      rate: real `[n]`; one that is not finite gives NaN, a negative one 0.

    Returns:
      `float64` `[samples, n]`.
    """
    rates = np.repeat(rate.astype(np.float64), samples)
    streams = _Streams(draw, len(rates))
    out = np.full(len(rates), np.nan)
    valid = np.isfinite(rates)
    _poisson_products(streams, rates, np.flatnonzero(valid & (rates < 10)), out)
    _poisson_rejection(streams, rates, np.flatnonzero(valid & (rates >= 10)), out)
    return out.reshape(-1, samples).T


def _poisson_products(
    streams: _Streams, rates: np.ndarray, rows: np.ndarray, out: np.ndarray
) -> None:
    limits = np.exp(-rates)
    products = np.ones(len(rates))
    count = 0
    while len(rows):
        products[rows] *= streams.uniform(rows)
        done = products[rows] <= limits[rows]
        out[rows[done]] = count
        rows = rows[~done]
        count += 1


def _poisson_rejection(
    streams: _Streams, rates: np.ndarray, rows: np.ndarray, out: np.ndarray
) -> None:
    while len(rows):
        rate = rates[rows]
        b = 0.931 + 2.53 * np.sqrt(rate)
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
        u = streams.uniform(rows) - 0.5
        v = streams.uniform(rows)
        us = 0.5 - np.abs(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            k = np.floor((2 * a / us + b) * u + rate + 0.43)
            quick = (us >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
            possible = ~quick & (k >= 0) & ~((us < 0.013) & (v > us))
            weight = np.log(v * inverse_alpha / (a / (us * us) + b))
        bound = np.full(len(rows), -np.inf)
        tested = np.flatnonzero(possible)
        if len(tested):
            log_factorial = _lgamma(k[tested] + 1).astype(np.float64)
            bound[tested] = -rate[tested] + k[tested] * np.log(rate[tested]) - log_factorial
        accepted = quick | (possible & (weight <= bound))
        accepted &= us != 0
        out[rows[accepted]] = k[accepted]
        rows = rows[~accepted]


# -- bounded normal ---------------------------------------------------------------------------
_MAX_TRIES = 1000
_PLAIN_BOUND = 1.3


def bounded_normal_steps(batches: int, samples: int) -> int:
    """Counter steps that a draw of `batches` batches reserves."""
    return batches * 2 * _MAX_TRIES * (samples + 3) // 4


class _Proposals(NamedTuple):
    """A way to propose values: what one round of it gives and takes from the stream."""

    values: int
    blocks: int
    compute: Callable[[PhiloxDraw, int], tuple[np.ndarray, np.ndarray]]


def bounded_normal(
    draw: PhiloxDraw, samples: int, mean: Any, deviation: Any, low: Any, high: Any
) -> tuple[np.ndarray, PhiloxDraw]:
    """One batch of normal values between two bounds.

    Three methods, by the shape of the density between the bounds: normal proposals where the
    bounds hold much of it, uniform ones where they are close, else exponential ones
    (Robert, 1995).

    Args:
      draw: where the batch's stream begins.
      samples: how many values.
      mean: NumPy float scalar of the dtype of the result, as are the others.
      deviation: standard deviation.
      low: lower bound, may be minus infinity.
      high: upper bound, may be infinity.

    Returns:
      `[samples]` of the dtype of `mean`, and the place in the stream behind them.
    """
    if (np.isinf(low) and low < 0) or high < mean:
        low, high, deviation = high, low, -deviation
    real = mean.dtype.type
    lower, upper = (low - mean) / deviation, (high - mean) / deviation
    root = np.sqrt(lower * lower + real(4))
    cutoff = real(2) * np.exp(real(0.5) + (lower * (lower - root)) / real(4)) / (lower + root)
    if (lower < -_PLAIN_BOUND and upper >= 0) or (upper > _PLAIN_BOUND and lower <= 0):
        proposals = _plain_proposals(lower, upper)
    elif upper - lower < cutoff:
        proposals = _uniform_proposals(lower, upper)
    else:
        proposals = _exponential_proposals(lower, upper)
    values, draw = _accept_in_order(proposals, draw, samples, real)
    return values * deviation + mean, draw


def _accept_in_order(
    proposals: _Proposals, draw: PhiloxDraw, samples: int, real: Any
) -> tuple[np.ndarray, PhiloxDraw]:
    out = np.empty(samples, real)
    filled, tries = 0, 0
    while filled < samples:
        rounds = -(-(samples - filled) // proposals.values)
        values, accepted = proposals.compute(draw, rounds)
        used = rounds
        for i, ok in enumerate(accepted.tolist()):
            tries += 1
            if ok or tries >= _MAX_TRIES:
                out[filled] = values[i]
                filled, tries = filled + 1, 0
                if filled == samples:
                    used = i // proposals.values + 1
                    break
        draw = draw.skip(used * proposals.blocks)
    return out, draw


def _group(real: type) -> int:
    return 2 if real is np.float64 else 4


def _plain_proposals(lower: Any, upper: Any) -> _Proposals:
    real = type(lower)

    def compute(draw: PhiloxDraw, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        z = distributions.normal(draw, rounds * _group(real), real)
        return z, (z >= lower) & (z <= upper)

    return _Proposals(_group(real), 1, compute)


def _uniform_proposals(lower: Any, upper: Any) -> _Proposals:
    real = type(lower)
    plus = lower * lower if lower >= 0 else real(0)

    def compute(draw: PhiloxDraw, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        uniform = distributions.uniform(draw, 2 * rounds * _group(real), real)
        pairs = uniform.reshape(rounds, 2, _group(real))
        z = (pairs[:, 0] * (upper - lower) + lower).reshape(-1)
        return z, pairs[:, 1].reshape(-1) <= np.exp((plus - z * z) / real(2))

    return _Proposals(_group(real), 2, compute)


def _exponential_proposals(lower: Any, upper: Any) -> _Proposals:
    real = type(lower)
    alpha = (lower + np.sqrt(lower * lower + real(4))) / real(2)

    def compute(draw: PhiloxDraw, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        pairs = distributions.uniform(draw, rounds * _group(real), real).reshape(-1, 2)
        z = -_log(pairs[:, 0]) / alpha + lower
        x = alpha - z if lower < alpha else lower - alpha
        with np.errstate(over="ignore"):
            weight = np.exp(-x * x / real(2))
        return z, (pairs[:, 1] <= weight) & (z < upper)

    return _Proposals(_group(real) // 2, 1, compute)


def _log(x: np.ndarray) -> np.ndarray:
    """Logarithm of uniform values, of which one may be 0."""
    zero = x == 0
    safe = np.where(zero, x.dtype.type(1), x)
    log = libm.log_float32(np, safe) if x.dtype == np.float32 else np.log(safe)
    return np.where(zero, x.dtype.type(-np.inf), log)
