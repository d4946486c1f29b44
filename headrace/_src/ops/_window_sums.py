"""Adding up over windows in XLA: the transposes of taking windows, without a scatter.

Each function makes a channels-last value `[batch, *size, channels]` out of values at the windows,
`[batch, *out, channels]`. On CPUs they are many times faster than XLA's own transposes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from headrace._src.ops._windows import Window


def disjoint(windows: Sequence[Window]) -> bool:
    """Whether no element belongs to two windows."""
    return all(w.stride >= w.window and w.dilation == 1 for w in windows)


def over_taps(value: Any, windows: Sequence[Window]) -> Any:
    """A value `[batch, *out, channels]` as `[batch, out, 1, ..., channels]`: an axis for the taps
    behind each spatial one, to be broadcast against what differs between taps.
    """
    for i in range(len(windows)):
        value = value.reshape(*value.shape[: 2 + 2 * i], 1, *value.shape[2 + 2 * i :])
    return value


def tap_numbers(windows: Sequence[Window]) -> Any:
    """The number of each tap, in the order of `tap_slices`, to stand against `over_taps`."""
    shape = [1, *itertools.chain.from_iterable((1, w.window) for w in windows), 1]
    return np.arange(np.prod([w.window for w in windows])).reshape(shape)


def block_shape(shape: Sequence[int], windows: Sequence[Window]) -> tuple[int, ...]:
    """Shape of what `tile` takes when it is to make a value of `shape`."""
    pairs = itertools.chain.from_iterable((w.out, w.window) for w in windows)
    return (shape[0], *pairs, shape[-1])


def tile(k: Any, blocks: Any, windows: Sequence[Window]) -> Any:
    """Puts the taps of disjoint windows where they belong, with zeros between the windows.

    Args:
      k: The kernel context of a lowering.
      blocks: `[batch, out, taps, ..., channels]`, a pair of axes for each spatial dimension.
      windows: The geometry; at most `stride` taps are given along each dimension.
    """
    zero = np.zeros((), blocks.dtype)
    gaps = [(0, 0, 0)]
    for i, w in enumerate(windows):
        gaps += [(0, 0, 0), (0, w.stride - blocks.shape[2 + 2 * i], 0)]
    blocks = k.lax.pad(blocks, zero, [*gaps, (0, 0, 0)])
    sizes = [blocks.shape[1 + 2 * i] * w.stride for i, w in enumerate(windows)]
    value = blocks.reshape(blocks.shape[0], *sizes, blocks.shape[-1])
    # Crops the padding at the start; crops or fills up the end.
    edges = [(-w.before, w.before + w.size - s, 0) for w, s in zip(windows, sizes, strict=True)]
    return k.lax.pad(value, zero, [(0, 0, 0), *edges, (0, 0, 0)])


def overlap_add(k: Any, parts: Iterable[Any], windows: Sequence[Window]) -> Any:
    """Adds up one value a tap, in the order of `tap_slices`, at the positions that the tap visits.

    Positions with the same remainder by the stride are a dense value of their own: taps are added
    up by remainder, and the sums are interleaved once at the end.
    """
    rows = [w.out + (w.window - 1) // w.stride for w in windows]
    sums: dict[tuple[int, ...], Any] = {}
    for tap, part in zip(
        itertools.product(*(range(w.window) for w in windows)), parts, strict=True
    ):
        shifts = [t // w.stride for t, w in zip(tap, windows, strict=True)]
        edges = [
            (shift, size - w.out - shift, 0)
            for shift, size, w in zip(shifts, rows, windows, strict=True)
        ]
        config = [(0, 0, 0), *edges, (0, 0, 0)]
        part = k.lax.pad(part, np.zeros((), part.dtype), config)
        phase = tuple(t % w.stride for t, w in zip(tap, windows, strict=True))
        sums[phase] = part if phase not in sums else sums[phase] + part

    def interleave(phase: tuple[int, ...]) -> Any:
        i = len(phase)
        if i == len(windows):
            return over_taps(sums[phase], windows)
        count = min(windows[i].stride, windows[i].window)
        return k.np.concatenate([interleave((*phase, r)) for r in range(count)], axis=2 + 2 * i)

    return tile(k, interleave(()), windows)
