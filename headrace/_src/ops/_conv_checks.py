"""What convolutions and their gradients refuse at run time, in 1.15's order and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from headrace._src.core import dims, errors
from headrace._src.ops import _windows

_DILATED = "Dilated rates should be larger than 0."
_SPATIAL = {
    4: ("Row and column strides should be larger than 0.", _DILATED),
    5: ("Spatial strides should be larger than 0.", _DILATED),
}


def _refuse(message: str) -> NoReturn:
    raise errors.InvalidArgumentError(None, None, message)


def check_strides(rank: int, strides: Sequence[int], data_format: str) -> None:
    """Refuses strides that do not fit inputs of `rank`.

    Raises:
      InvalidArgumentError: too few or many, or over batch or channels.
    """
    _check_steps(rank, strides, data_format, "strides", "strides")


def _check_steps(rank: int, values: Sequence[int], data_format: str, field: str, word: str) -> None:
    if len(values) != rank:
        _refuse(f"Sliding window {field} field must specify {rank} dimensions")
    batch, channels, _ = _windows.split(values, data_format)
    if batch != 1 or channels != 1:
        _refuse(
            f"Current implementation does not yet support {word} in the batch and depth dimensions."
        )


def _check_attrs(
    rank: int,
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    explicit_paddings: Sequence[int] = (),
) -> None:
    fields = ("strides", "dilations")
    words = fields if rank == 4 else ("strides", "dilation rates")
    for values, field, word, below in zip(
        (strides, dilations), fields, words, _SPATIAL[rank], strict=True
    ):
        _check_steps(rank, values, data_format, field, word)
        if any(v < 1 for v in _windows.split(values, data_format)[2]):
            _refuse(below)
    try:
        _windows.explicit_pairs(padding, explicit_paddings, rank, data_format)
    except ValueError as e:
        _refuse(str(e))


def run_geometry(
    op_type: str,
    shape: Sequence[int],
    filter_shape: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    explicit_paddings: Sequence[int] = (),
) -> tuple[tuple[int, ...], tuple[_windows.Window, ...]]:
    """The channels-last input shape and the windows of a convolution at run time.

    Raises:
      InvalidArgumentError: ranks, channels or strides that do not fit.
      UnimplementedError: a grouped filter.
    """
    rank = 5 if op_type == "Conv3D" else 4
    if op_type in ("Conv2D", "Conv3D"):
        _check_attrs(rank, strides, padding, data_format, dilations, explicit_paddings)
    for what, given in (("input", tuple(shape)), ("filter", tuple(filter_shape))):
        if len(given) != rank:
            shown = (": " if what == "filter" else "") + dims.text(given) if rank == 4 else ""
            _refuse(f"{what} must be {rank}-dimensional{shown}")
    channels, filter_in = _windows.split(shape, data_format)[1], filter_shape[-2]
    if filter_in and channels % filter_in:
        word = "Input" if rank == 5 else "input"
        _refuse(f"{word} depth must be evenly divisible by filter depth: {channels} vs {filter_in}")
    return _geometry(
        op_type, shape, filter_shape, strides, padding, data_format, dilations, explicit_paddings
    )


def _geometry(
    op_type: str,
    shape: Sequence[int],
    filter_shape: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    explicit_paddings: Sequence[int] = (),
) -> tuple[tuple[int, ...], tuple[_windows.Window, ...]]:
    batch, channels, sizes = _windows.split(tuple(int(d) for d in shape), data_format)
    if channels != filter_shape[-2]:
        raise errors.UnimplementedError(
            None,
            None,
            f"The {op_type} op currently does not support grouped convolutions on the CPU. A "
            "grouped convolution was attempted to be run because the input depth of "
            f"{channels} does not match the filter input depth of {filter_shape[-2]}",
        )
    windows = _windows.geometry(
        sizes,
        [int(d) for d in filter_shape[:-2]],
        _windows.split(strides, data_format)[2],
        padding,
        _windows.split(dilations, data_format)[2],
        _windows.explicit_pairs(padding, explicit_paddings, len(shape), data_format),
    )
    return (batch, *sizes, channels), windows


def backprop_geometry(
    op_type: str,
    label: str,
    shape: Sequence[int],
    filter_shape: Sequence[int],
    dy_shape: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int],
    explicit_paddings: Sequence[int] = (),
) -> tuple[tuple[int, ...], tuple[_windows.Window, ...]]:
    """As `run_geometry`, of a convolution that is differentiated.

    Args:
      op_type: the convolution, for messages.
      label: the gradient, for messages.
      shape: shape of the input.
      filter_shape: shape of the filter.
      dy_shape: shape of the gradient of the output.
      strides: as for `run_geometry`, like all that follow.

    Raises:
      InvalidArgumentError: ranks, strides or shapes that do not fit.
      UnimplementedError: a grouped filter.
    """
    rank = 5 if op_type == "Conv3D" else 4
    _check_attrs(rank, strides, padding, data_format, dilations, explicit_paddings)
    for what, given in (("input", shape), ("filter", filter_shape), ("out_backprop", dy_shape)):
        if len(given) != rank:
            _refuse(f"{label}: {what} must be {rank}-dimensional")
    batch, channels, _ = _windows.split(shape, data_format)
    _check_batch(label, batch, dy_shape[0])
    if filter_shape[-2] and channels % filter_shape[-2]:
        _refuse(f"{label}: input depth must be evenly divisible by filter depth")
    _check_depth(label, filter_shape[-1], _windows.split(dy_shape, data_format)[1])
    shape, windows = _geometry(
        op_type, shape, filter_shape, strides, padding, data_format, dilations, explicit_paddings
    )
    _check_sizes(label, windows, _windows.split(dy_shape, data_format)[2])
    return shape, windows


def check_backprop(
    label: str, shape: Sequence[int], filter_out: int, dy: Any, windows: Sequence[Any]
) -> None:
    """Refuses a gradient of the output that does not have the output's shape.

    Args:
      label: the op, for messages.
      shape: channels-last shape of the input.
      filter_out: channels that the filter makes.
      dy: channels-last gradient.
      windows: the geometry.

    Raises:
      InvalidArgumentError: batch, channels or a spatial size differ.
    """
    _check_batch(label, shape[0], dy.shape[0])
    _check_depth(label, filter_out, dy.shape[-1])
    _check_sizes(label, windows, dy.shape[1:-1])


def _check_batch(label: str, batch: int, given: int) -> None:
    if given != batch:
        _refuse(
            f"{label}: input and out_backprop must have the same batch size"
            f"input batch: {batch}outbackprop batch: {given} batch_dim: 0"
        )


def _check_depth(label: str, filter_out: int, given: int) -> None:
    if given != filter_out:
        _refuse(f"{label}: filter and out_backprop must have the same out_depth")


def _check_sizes(label: str, windows: Sequence[Any], given: Sequence[int]) -> None:
    for i, (window, actual) in enumerate(zip(windows, given, strict=True)):
        if window.out != actual:
            _refuse(
                f"{label}: Size of out_backprop doesn't match computed: actual = {actual}, "
                f"computed = {window.out} spatial_dim: {i + 1} input: {window.size} filter: "
                f"{window.window} output: {actual} stride: {window.stride} dilation: "
                f"{window.dilation}"
            )


__all__ = ["backprop_geometry", "check_backprop", "check_strides", "run_geometry"]
