"""Arguments of layers that slide windows over their inputs, and the lengths that result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core.shape import TensorShape

_FORMATS = {
    "channels_last": {3: "NWC", 4: "NHWC", 5: "NDHWC"},
    "channels_first": {3: "NCW", 4: "NCHW", 5: "NCDHW"},
}


def normalized_data_format(value: Any) -> str:
    """`channels_last` or `channels_first`, in lower case; the former for None.

    Raises:
      ValueError: it is neither.
    """
    text = "channels_last" if value is None else value.lower()
    if text not in _FORMATS:
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {value}"
        )
    return text  # type: ignore[no-any-return]


def op_data_format(data_format: str, rank: int) -> str:
    """The data format of an op for inputs of a rank: `NHWC` for `channels_last` and rank 4."""
    return _FORMATS[data_format][rank]


def normalized_padding(value: Any) -> Any:
    """`valid`, `same` or `causal` in lower case; lists of paddings stay what they are.

    Raises:
      ValueError: an unknown word.
    """
    if isinstance(value, (list, tuple)):
        return value
    padding = value.lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", '
            f"only for `Conv1D). Received: {padding}"
        )
    return padding


def normalized_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """A tuple of `n` integers; one integer stands for all.

    Raises:
      ValueError: it is no sequence of `n` integers.
    """
    if isinstance(value, int):
        return (value,) * n
    complaint = f"The `{name}` argument must be a tuple of {n} integers. Received: {value}"
    try:
        values = tuple(value)
    except TypeError:
        raise ValueError(complaint) from None
    if len(values) != n:
        raise ValueError(complaint)
    for one in values:
        try:
            int(one)
        except (ValueError, TypeError):
            raise ValueError(f"{complaint} including element {one} of type {type(one)}") from None
    return values


def window_length(length: Any, size: int, padding: str, stride: int, dilation: int = 1) -> Any:
    """How many windows of a size fit; None when the length is unknown."""
    if length is None:
        return None
    if padding == "valid":
        length = length - (size + (size - 1) * (dilation - 1)) + 1
    return (length + stride - 1) // stride


def transposed_length(
    length: Any, size: int, padding: str, stride: int, output_padding: Any = None, dilation: int = 1
) -> Any:
    """The length that gives `length` windows; None when that is unknown.

    Args:
      length: int, None, or a scalar tensor, to which nodes are added.
      size: length of the window.
      padding: `valid` or `same`.
      stride: distance between windows.
      output_padding: how much longer than the shortest possible one; None for the longest.
      dilation: distance between the elements of the window.
    """
    if length is None:
        return None
    size = size + (size - 1) * (dilation - 1)
    if output_padding is not None:
        cut = size // 2 if padding == "same" else 0
        return (length - 1) * stride + size - 2 * cut + output_padding
    if padding == "valid":
        return length * stride + max(size - stride, 0)
    return length * stride


def channel_axis(data_format: str) -> int:
    """Where the channels are: 1 or -1."""
    return 1 if data_format == "channels_first" else -1


def spatial_sizes(shape: Any, data_format: str) -> tuple[Any, list[Any], Any]:
    """The sizes of the batch, of the spatial dimensions, and of the channels."""
    batch, *rest = TensorShape(shape).as_list()
    if data_format == "channels_first":
        return batch, rest[1:], rest[0]
    return batch, rest[:-1], rest[-1]


def joined(batch: Any, spatial: Sequence[Any], channels: Any, data_format: str) -> tuple[Any, ...]:
    """Values for all dimensions, in the order of the data format."""
    if data_format == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)
