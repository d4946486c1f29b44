"""Random geometries of convolutions and pooling, the same at every run, and their plain answers."""

import dataclasses

import numpy as np

from headrace._src.ops import _windows


@dataclasses.dataclass(frozen=True)
class Case:
    """A geometry: `x` is the shape of the input, `w` that of the filter or the pooling window."""

    x: tuple
    w: tuple
    windows: tuple

    @property
    def y(self):
        return (self.x[0], *(v.out for v in self.windows), self.w[-1])

    @property
    def geometry(self):
        rows, columns = self.windows
        common = (*self.x, *self.w[:2], rows.out, columns.out)
        if len(self.w) == 4:
            spread = (rows.dilation, columns.dilation)
            steps = (self.w[3], rows.stride, columns.stride, *spread)
        else:
            steps = (rows.stride, columns.stride)
        return (*common, *steps, rows.before, columns.before)

    def __str__(self):
        return "x".join(map(str, self.x)) + "-" + "x".join(map(str, self.w))


def _windows_of(rng, sizes, reach, dilated):
    made = []
    for size in sizes:
        stride, dilation = int(rng.integers(1, 4)), int(rng.integers(1, 3)) if dilated else 1
        window = int(rng.integers(1, reach + 1))
        covered = (window - 1) * dilation + 1
        padding = ["SAME", "VALID"][int(rng.integers(2))]
        pair = None
        if dilated and rng.integers(2):
            padding, pair = "EXPLICIT", [tuple(int(p) for p in rng.integers(0, covered, 2))]
        elif padding == "VALID" and covered > size:
            padding = "SAME"
        if pair is not None and size + sum(pair[0]) < covered:
            padding, pair = "SAME", None
        made += _windows.geometry([size], [window], [stride], padding, [dilation], pair)
    return tuple(made)


def conv_cases(count, seed):
    """Geometries of convolutions; channels are odd on purpose."""
    rng = np.random.default_rng(seed)
    channels = [1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 32, 33, 48, 65]
    for number in range(count):
        batch = 0 if number == 0 else int(rng.integers(1, 5))
        sizes = [int(s) for s in rng.integers(1, 20, 2)]
        windows = _windows_of(rng, sizes, 5, dilated=True)
        inner, outer = (int(c) for c in rng.choice(channels, 2))
        w = (windows[0].window, windows[1].window, inner, outer)
        yield Case((batch, *sizes, inner), w, windows)


def pool_cases(count, seed):
    """Geometries of pooling."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        batch = 0 if number == 0 else int(rng.integers(1, 5))
        sizes = [int(s) for s in rng.integers(1, 24, 2)]
        windows = _windows_of(rng, sizes, 5, dilated=False)
        if number % 3 == 0:
            # The sizes that have code of their own, overlapping and not.
            window, stride = int(rng.integers(2, 4)), int(rng.integers(1, 4))
            windows = _windows.geometry(sizes, [window] * 2, [stride] * 2, "SAME")
        channels = int(rng.choice([1, 2, 3, 4, 5, 8, 15, 16, 21, 40, 64]))
        w = (windows[0].window, windows[1].window, channels)
        yield Case((batch, *sizes, channels), w, windows)


def patches(x, windows, value=0.0):
    """`[taps, batch, *out, channels]`: the value that each tap of each window sees."""
    pairs = [(0, 0), *((v.before, v.after + v.stride) for v in windows), (0, 0)]
    padded = np.pad(x, pairs, constant_values=value)
    rows, columns = (
        [np.arange(v.out) * v.stride + t * v.dilation for t in range(v.window)] for v in windows
    )
    return np.stack([padded[:, r][:, :, c] for r in rows for c in columns])


def plain_conv(case, x, w):
    """The convolution, in float64."""
    seen = patches(x.astype(np.float64), case.windows)
    taps = w.astype(np.float64).reshape(-1, *w.shape[-2:])
    return np.einsum("tbpqc,tco->bpqo", seen, taps)


def plain_conv_filter_grad(case, x, dy):
    """The gradient by the filter, in float64."""
    seen = patches(x.astype(np.float64), case.windows)
    return np.einsum("tbpqc,bpqo->tco", seen, dy.astype(np.float64)).reshape(case.w)


def plain_conv_input_grad(case, dy, w):
    """The gradient by the input, in float64: what each tap gives, added where the tap looks."""
    taps = w.astype(np.float64).reshape(-1, *w.shape[-2:])
    return add_at(case, np.einsum("bpqo,tco->tbpqc", dy.astype(np.float64), taps))


def add_at(case, parts):
    """Adds `[taps, batch, *out, channels]` up at the positions that the taps see."""
    places = np.arange(np.prod(case.x), dtype=np.float64).reshape(case.x)
    seen = patches(places, case.windows, value=-1).astype(np.int64)
    flat = np.zeros(int(np.prod(case.x)) + 1)
    np.add.at(flat, seen.ravel(), parts.ravel())
    return flat[:-1].reshape(case.x)


def plain_max(case, x):
    """The largest number of every window."""
    lowest = np.finfo(x.dtype).min
    seen = patches(x, case.windows, value=lowest)
    return np.where(seen > lowest, seen, lowest).max(axis=0)


def plain_max_grad(case, x, dy):
    """`dy` at the first place of every window that no later one exceeds, going in order."""
    seen = patches(x.astype(np.float64), case.windows)
    inside = patches(np.ones(case.x), case.windows) > 0
    parts = np.zeros(seen.shape)
    for where in np.ndindex(*seen.shape[1:]):
        at = None
        for tap in np.flatnonzero(inside[(slice(None), *where)]):
            if at is None or seen[(tap, *where)] > seen[(at, *where)]:
                at = tap
        parts[(at, *where)] = dy[where]
    return add_at(case, parts)


def _counts(case):
    return patches(np.ones(case.x), case.windows).sum(axis=0)


def plain_mean(case, x):
    """The mean of the real elements of every window."""
    return patches(x.astype(np.float64), case.windows).sum(axis=0) / _counts(case)


def plain_mean_grad(case, dy):
    """Every element of `dy` spread over its window."""
    share = dy.astype(np.float64) / _counts(case)
    return add_at(case, np.broadcast_to(share, (np.prod(case.w[:2]), *share.shape)))
