"""Slices of tensors: which part of a bigger tensor a variable holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import errors

# Length of a slice in a dimension that it holds whole.
FULL: Final = -1

Extents = tuple[tuple[int, int], ...]


def invalid(message: str) -> errors.OpError:
    """An `InvalidArgumentError`."""
    return errors.InvalidArgumentError(None, None, message)


def text(extents: Extents) -> str:
    """The slice as checkpoints spell it: `0,2:-`."""
    return ":".join("-" if n == FULL else f"{start},{n}" for start, n in extents)


def parse_spec(spec: str) -> tuple[tuple[int, ...], Extents, tuple[int, ...]]:
    """Reads `"4 5 0,2:-"`: a tensor of shape [4, 5], of which rows 0 and 1.

    Returns:
      The shape of the whole tensor, the extents of the slice, the shape of the slice.

    Raises:
      InvalidArgumentError: the text is not of this form.
      InternalError: the slice does not fit into the tensor.
    """
    words = spec.rstrip().split(" ")
    if len(words) < 2:
        raise invalid(f"Need least two elements in shape_and_slice specification: {spec}")
    shape = []
    for word in words[:-1]:
        if not _is_number(word):
            raise invalid(f"Non numerical dimension in shape_and_slice: {spec}")
        shape.append(int(word))
    extents = tuple([_parse_extent(part, words[-1]) for part in words[-1].split(":")])
    return tuple(shape), extents, slice_shape(tuple(shape), extents)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


def _parse_extent(part: str, whole: str) -> tuple[int, int]:
    if part == "-":
        return 0, FULL
    pair = part.split(",")
    if len(pair) != 2 or not all(map(_is_number, pair)):
        raise invalid(f"Expected a pair of numbers or '-' but got '{part}': string = {whole}")
    start, length = map(int, pair)
    if length <= 0:
        raise invalid(
            f"Expected non-negative start and positive length but got start = {start}, "
            f"length = {length}: string = {whole}"
        )
    return start, length


def slice_shape(shape: tuple[int, ...], extents: Extents) -> tuple[int, ...]:
    """The shape of a slice of a tensor.

    Raises:
      InternalError: the slice does not fit.
    """
    where = f"shape = {dims_lib.text(shape)}, slice = {text(extents)}"
    if len(shape) != len(extents):
        raise errors.InternalError(None, None, f"Mismatching ranks: {where}")
    sizes = []
    for i, (size, (start, length)) in enumerate(zip(shape, extents, strict=True)):
        if length == FULL:
            sizes.append(size)
        elif start < 0 or length < 0 or start + length > size:
            raise errors.InternalError(
                None, None, f"Extent in dimension {i} out of bounds: {where}"
            )
        else:
            sizes.append(length)
    return tuple(sizes)


def is_whole(shape: Sequence[int], extents: Extents) -> bool:
    """Whether the slice is all of the tensor."""
    return all(
        n == FULL or (start == 0 and n == size)
        for size, (start, n) in zip(shape, extents, strict=True)
    )


def indices(shape: Sequence[int], extents: Extents) -> tuple[slice, ...]:
    """The NumPy index of the slice in the whole tensor."""
    return tuple([
        slice(0, size) if n == FULL else slice(start, start + n)
        for size, (start, n) in zip(shape, extents, strict=True)
    ])  # fmt: skip


def from_proto(proto: Any) -> Extents:
    """Reads a `TensorSliceProto`."""
    return tuple([
        (e.start, e.length if e.WhichOneof("has_length") else FULL) for e in proto.extent
    ])  # fmt: skip


def fill_proto(proto: Any, extents: Extents) -> None:
    """Writes a `TensorSliceProto`."""
    for start, length in extents:
        extent = proto.extent.add()
        if length != FULL:
            extent.start = start
            extent.length = length


def overlap(
    wanted: Sequence[slice], held: Sequence[slice]
) -> tuple[tuple[slice, ...], tuple[slice, ...]] | None:
    """Where two parts of one tensor meet: the index in each of them; None when they do not."""
    in_wanted, in_held = [], []
    for w, h in zip(wanted, held, strict=True):
        start, stop = max(w.start, h.start), min(w.stop, h.stop)
        if start >= stop:
            return None
        in_wanted.append(slice(start - w.start, stop - w.start))
        in_held.append(slice(start - h.start, stop - h.start))
    return tuple(in_wanted), tuple(in_held)


def volume(index: Sequence[slice]) -> int:
    """How many elements an index selects."""
    count = 1
    for part in index:
        count *= part.stop - part.start
    return count


def assemble(sizes: tuple[int, ...], kind: Any, pieces: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Puts an array together.

    Args:
      sizes: its shape.
      kind: its NumPy dtype.
      pieces: (index in the array, index in the piece, piece); together as many elements as the
        array has.

    Raises:
      ValueError: two pieces overlap, so others are missing.
    """
    out = np.empty(sizes, kind)
    seen = np.zeros(sizes, bool)
    for in_whole, in_piece, piece in pieces:
        if seen[in_whole].any():
            raise ValueError("overlapping slices")
        seen[in_whole] = True
        out[in_whole] = piece[in_piece]
    return out
