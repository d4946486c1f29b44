"""Windows that slide over spatial dimensions: the geometry convolutions and pooling share.

A *layout* says where the dimensions are; kernels work channels-last and move the axes of other
layouts. `Window` is the
run-time geometry of one spatial dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.ops._shapes import require_rank

Dim = int | None


def sequence(value: Any, n: int, channel_index: int, name: str) -> list[Any]:
    """Fills a stride, dilation or window argument up to all `n + 2` dimensions.

    Args:
      value: None (ones), a number, or a sequence of length 1, `n` or `n + 2`.
      n: Number of spatial dimensions.
      channel_index: Position of the channels, 1 or `n + 1`.
      name: The argument's name, for the error message.

    Raises:
      ValueError: Another length.
    """
    if value is None:
        value = [1]
    elif not hasattr(value, "__len__"):
        value = [value]
    length = len(value)
    if length == n + 2:
        return value
    if length not in (1, n):
        raise ValueError(f"{name} should be of length 1, {n} or {n + 2} but was {length}")
    spatial = [value[0]] * n if length == 1 else list(value)
    return [1, 1, *spatial] if channel_index == 1 else [1, *spatial, 1]


def channels_first(data_format: str | bytes | None) -> bool:
    """Whether the layout is `NC...`."""
    if isinstance(data_format, bytes):
        data_format = data_format.decode()
    return data_format is not None and data_format.startswith("NC")


def split(values: Sequence[Any], data_format: str) -> tuple[Any, Any, tuple[Any, ...]]:
    """Splits per-dimension values of a layout into batch, channels and the spatial ones."""
    if channels_first(data_format):
        return values[0], values[1], tuple(values[2:])
    return values[0], values[-1], tuple(values[1:-1])


def join(batch: Any, channels: Any, spatial: Sequence[Any], data_format: str) -> tuple[Any, ...]:
    """The inverse of `split`."""
    if channels_first(data_format):
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def to_last(k: Any, x: Any, data_format: str) -> Any:
    """Moves the channels of a value last."""
    return k.np_for(x).moveaxis(x, 1, -1) if channels_first(data_format) else x


def from_last(k: Any, x: Any, data_format: str) -> Any:
    """Moves the channels of a channels-last value to where the layout wants them."""
    return k.np_for(x).moveaxis(x, -1, 1) if channels_first(data_format) else x


# -- Static sizes ---------------------------------------------------------------------------------


def output_size(
    size: Dim,
    window: Dim,
    stride: int,
    padding: str,
    dilation: int = 1,
    explicit: tuple[int, int] = (0, 0),
) -> Dim:
    """Static size of a windowed dimension.

    Raises:
      ValueError: A stride or dilation below one, or a window larger than the padded input.
    """
    if stride <= 0 or dilation < 1:
        raise ValueError(_step_too_small(stride, dilation))
    if size is None:
        return None
    if padding == "SAME":
        return -(-size // stride)
    if window is None:
        return None
    reach = (window - 1) * dilation + 1
    padded = size + sum(explicit)
    if padded < reach:
        raise ValueError(f"Negative dimension size caused by subtracting {reach} from {padded}")
    return (padded - reach + stride) // stride


def _step_too_small(stride: int, dilation: int) -> str:
    if stride <= 0:
        return f"Stride must be > 0, but got {stride}"
    return f"Dilation rate must be >= 1, but got {dilation}"


def explicit_pairs(
    padding: str, explicit_paddings: Sequence[int], rank: int, data_format: str
) -> tuple[tuple[int, int], ...]:
    """Checked (before, after) pairs of the spatial dimensions, zeros unless padding is EXPLICIT.

    Raises:
      ValueError: The list has another length than the rank asks, negative values, values for the
        batch or the channels,
        or values though padding is not EXPLICIT.
    """
    if padding != "EXPLICIT":
        if explicit_paddings:
            raise ValueError(
                "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT"
            )
        return ((0, 0),) * (rank - 2)
    if len(explicit_paddings) != 2 * rank:
        raise ValueError(
            f"explicit_paddings attribute must contain {2 * rank} values, "
            f"but got: {len(explicit_paddings)}"
        )
    if any(p < 0 for p in explicit_paddings):
        raise ValueError("All elements of explicit_paddings must be nonnegative")
    pairs = tuple(zip(explicit_paddings[::2], explicit_paddings[1::2], strict=True))
    batch, channels, spatial = split(pairs, data_format)
    if any(batch) or any(channels):
        raise ValueError(
            "Nonzero explicit padding in the batch or depth dimensions is not supported"
        )
    return spatial


def dims_from_vector(s: Any, index: int, vector: dims_lib.Dims, rank: int) -> Any:
    """Dims of `rank` that the shape vector at input `index` describes.

    Raises:
      ValueError: the vector has another length.
    """
    if vector is not None and len(vector) == 1 and vector[0] not in (None, rank):
        # Checked before the value is asked for: 1.15's message has no computed inputs.
        raise ValueError(f"Shape must be rank {rank} but is rank {vector[0]}")
    return require_rank(s.value_as_dims(index), rank)


# -- Run-time geometry ----------------------------------------------------------------------------


class Window(NamedTuple):
    """One spatial dimension at run time: sizes of input and output, window and padding."""

    size: int
    out: int
    window: int
    stride: int
    dilation: int
    before: int
    after: int

    def taps(self) -> range:
        """Offsets of the window's elements in the padded input."""
        return range(0, self.window * self.dilation, self.dilation)

    def span(self, offset: int) -> slice:
        """The padded positions that one tap visits."""
        if not self.out:
            return slice(0, 0)
        return slice(offset, offset + (self.out - 1) * self.stride + 1, self.stride)

    @property
    def padded(self) -> int:
        """Size of the padded input; at least what the taps visit."""
        return self.size + self.before + self.after


def geometry(
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] | None = None,
    explicit: Sequence[tuple[int, int]] | None = None,
) -> tuple[Window, ...]:
    """Windows of all spatial dimensions.

    Raises:
      InvalidArgumentError: A window does not fit into its dimension.
    """
    result = []
    for i, (size, window, stride) in enumerate(zip(sizes, windows, strides, strict=True)):
        dilation = 1 if dilations is None else dilations[i]
        pair = (0, 0) if explicit is None else explicit[i]
        reach = (window - 1) * dilation + 1
        if stride <= 0 or dilation < 1:
            raise errors.InvalidArgumentError(None, None, _step_too_small(stride, dilation))
        if padding == "SAME":
            out = -(-size // stride)
            total = max((out - 1) * stride + reach - size, 0)
            pair = (total // 2, total - total // 2)
        else:
            # Rounded to zero: an output may be empty where a static shape would be refused.
            out = int((size + sum(pair) - reach + stride) / stride)
            if out < 0:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Computed output size would be negative: {out} [input_size: {size}, "
                    f"effective_filter_size: {reach}, stride: {stride}]",
                )
        result.append(Window(size, out, window, stride, dilation, *pair))
    return tuple(result)


def pad(k: Any, x: Any, windows: Sequence[Window], value: Any = 0) -> Any:
    """Pads the spatial dimensions of a channels-last value; returns `x` itself when nothing is to
    do.
    """
    if not any(w.before or w.after for w in windows):
        return x
    pairs = [(0, 0), *((w.before, w.after) for w in windows), (0, 0)]
    return k.np_for(x).pad(x, pairs, constant_values=value)


def crop(x: Any, windows: Sequence[Window]) -> Any:
    """Undoes `pad`."""
    if not any(w.before or w.after for w in windows):
        return x
    return x[(slice(None), *(slice(w.before, w.before + w.size) for w in windows))]


def tap_slices(windows: Sequence[Window]) -> list[tuple[slice, ...]]:
    """Indices of a padded channels-last value, one a tap, in the order that 1.15 scans a window."""
    heads: list[tuple[slice, ...]] = [(slice(None),)]
    for w in windows:
        heads = [(*head, w.span(offset)) for head in heads for offset in w.taps()]
    return heads


def scatter_taps(k: Any, shape: Sequence[int], windows: Sequence[Window], parts: Any) -> Any:
    """Adds up one array a tap at the positions the tap visits, and crops the padding off.

    Args:
      k: The kernel context.
      shape: Shape of the result, channels-last.
      windows: The spatial geometry.
      parts: Iterable of channels-last arrays `[batch, *out, channels]` in the order of
        `tap_slices`.
    """
    padded = (shape[0], *(w.padded for w in windows), shape[-1])
    if not k.xla:
        import numpy as np

        total = None
        for where, part in zip(tap_slices(windows), parts, strict=True):
            if total is None:
                total = np.zeros(padded, part.dtype)
            total[where] += part
        return crop(total, windows)
    total = None
    for where, part in zip(tap_slices(windows), parts, strict=True):
        config = [(0, 0, 0)]
        for w, s in zip(windows, where[1:], strict=True):
            config.append((s.start, w.padded - s.stop, w.stride - 1))
        config.append((0, 0, 0))
        spread = k.lax.pad(k.np.asarray(part), k.np.zeros((), part.dtype), config)
        total = spread if total is None else total + spread
    return crop(total, windows)
