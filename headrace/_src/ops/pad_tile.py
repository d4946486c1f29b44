"""Making tensors larger: Pad, MirrorPad, Tile."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._late import late

# -- Pad and PadV2 -----------------------------------------------------------------------------


def _shape_pad(s, input, paddings, *rest):
    paddings = dims_lib.with_rank(paddings, 2)
    if paddings[1] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {paddings[1]}")
    rank = paddings[0]
    if rank is not None:
        input = dims_lib.with_rank(input, rank)
    value = s.value(1)
    if value is None:
        known = rank if rank is not None else None if input is None else len(input)
        return None if known is None else (None,) * known
    input = dims_lib.with_rank(input, len(value))
    for before, after in value.tolist():
        if before < 0 or after < 0:
            raise ValueError("Paddings must be non-negative")
    return tuple(None if d is None else d + int(sum(p)) for d, p in zip(input, value, strict=True))


def _widths(input, paddings):
    if len(paddings) != input.ndim or np.ndim(paddings) != 2:
        raise errors.InvalidArgumentError(
            None,
            None,
            "The first dimension of paddings must be the rank of inputs"
            f"{dims_lib.text(np.shape(paddings))} {dims_lib.text(input.shape)}",
        )
    widths = [(int(a), int(b)) for a, b in paddings]
    for before, after in widths:
        if before < 0 or after < 0:
            raise errors.InvalidArgumentError(
                None, None, f"Paddings must be non-negative: {before} {after}"
            )
    return widths


def _padded(k, input, paddings, value):
    widths = _widths(input, paddings)
    if not widths:
        return input
    return k.np_for(input, value).pad(input, widths, constant_values=value)


def _empty_element(dtype):
    return b"" if dtype.kind == "O" else dtype.type(0)


Pad = op(
    "Pad",
    "input: T, paddings: Tpaddings -> output: T",
    T=G.ANY,
    Tpaddings=A.dtype(G.INDEX, default=dtypes.int32),
    static=("paddings",),
    shape=_shape_pad,
)


@Pad.kernel
def _kernel_pad(k, input, paddings):
    return _padded(k, input, paddings, _empty_element(input.dtype))


def _grad_pad(op, dy):
    x, paddings = op.inputs[0], op.inputs[1]
    column = late.stack([shape_ops.rank(x), 1])
    before = late.slice(paddings, [0, 0], column)
    begin = late.reshape(before, [-1])
    size = shape_ops.shape(x)
    return (late.slice(dy, begin, size), *[None] * (len(op.inputs) - 1))


Pad.gradient(_grad_pad)


PadV2 = op(
    "PadV2",
    "input: T, paddings: Tpaddings, constant_values: T -> output: T",
    T=G.ANY,
    Tpaddings=A.dtype(G.INDEX, default=dtypes.int32),
    static=("paddings",),
    shape=_shape_pad,
)


@PadV2.kernel
def _kernel_pad_v2(k, input, paddings, constant_values):
    if np.ndim(constant_values):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"constant_values must be a scalar. Found: {dims_lib.text(np.shape(constant_values))}",
        )
    return _padded(k, input, paddings, constant_values)


PadV2.gradient(_grad_pad)


def _partial_rows(paddings: Tensor) -> list[Any] | None:
    """Rows of a packed paddings matrix, None where a number is not known."""
    value = constants.constant_value(paddings)
    if value is not None:
        return value.tolist()
    if paddings.op.type != "Pack" or paddings.op.attrs["axis"] != 0:
        return None
    return [_partial_rows(part) for part in paddings.op.inputs]


def _restore_shape(result: Tensor) -> None:
    """Sets the dims whose paddings are known although not all are, as 1.15's Python does."""
    dims = result.op.inputs[0].dims
    if dims is None or dims_lib.is_full(result.dims):
        return
    rows = _partial_rows(result.op.inputs[1])
    if rows is None:
        return
    known = [
        None if row is None or size is None or None in row else sum(row) + size
        for row, size in zip(rows, dims, strict=False)
    ]
    result.set_shape(known)


@export("pad", v2=())
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    name: str | None = None,
    constant_values: Any = 0,
) -> Tensor:
    """Put margins round a tensor.

    Args:
        tensor: Tensor.
        paddings: Integers `[rank, 2]`: how much goes before and after each dim.
        mode: "CONSTANT", "REFLECT" (mirrored without the border element) or "SYMMETRIC" (mirrored
            with it); case does not matter.
        name: Name of the node.
        constant_values: Scalar that fills the margins in constant mode.

    Returns:
        Tensor of the larger shape.

    Raises:
        ValueError: (build) another mode, or paddings known not to fit.
        errors.InvalidArgumentError: (run) paddings that do not fit.
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if not isinstance(constant_values, Tensor) and _is_zero(constant_values):
            result = Pad(tensor, paddings, name=name)
        else:
            result = PadV2(tensor, paddings, constant_values, name=name)
    elif mode in ("REFLECT", "SYMMETRIC"):
        result = MirrorPad(tensor, paddings, mode=mode, name=name)
    else:
        raise ValueError(f"Unknown padding mode: {mode}")
    if not result.op.graph.executes:
        _restore_shape(result)
    return result


def _is_zero(value: Any) -> bool:
    return not getattr(value, "is_tensor_like", False) and bool(value == 0)


# -- MirrorPad ---------------------------------------------------------------------------------
MirrorPad = op(
    "MirrorPad",
    "input: T, paddings: Tpaddings -> output: T",
    T=G.ANY,
    Tpaddings=A.dtype(G.INDEX, default=dtypes.int32),
    mode=A.text(allowed=("REFLECT", "SYMMETRIC")),
    static=("paddings",),
    shape=_shape_pad,
)


@MirrorPad.kernel
def _kernel_mirror_pad(k, input, paddings, *, mode):
    widths = _widths(input, paddings)
    for (before, after), size in zip(widths, input.shape, strict=True):
        if mode == "SYMMETRIC" and (before > size or after > size):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"paddings must be no greater than the dimension size: {before}, {after} "
                f"greater than {size}",
            )
        if mode == "REFLECT" and (before >= size or after >= size):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"paddings must be less than the dimension size: {before}, {after} not less "
                f"than {size}",
            )
    return k.np_for(input).pad(input, widths, mode=mode.lower()) if widths else input


@MirrorPad.gradient
def _grad_mirror_pad(op, dy):
    return [MirrorPadGrad(dy, op.inputs[1], mode=op.attrs["mode"]), None]


# -- MirrorPadGrad -----------------------------------------------------------------------------
MirrorPadGrad = op(
    "MirrorPadGrad",
    "input: T, paddings: Tpaddings -> output: T",
    T=G.ANY,
    Tpaddings=A.dtype(G.INDEX, default=dtypes.int32),
    mode=A.text(allowed=("REFLECT", "SYMMETRIC")),
    static=("paddings",),
)


@MirrorPadGrad.shape
def _shape_mirror_pad_grad(s, input, paddings, *, mode):
    paddings = dims_lib.with_rank(paddings, 2)
    value = s.value(1)
    if value is None:
        return None if paddings[0] is None else (None,) * paddings[0]
    input = dims_lib.with_rank(input, len(value))
    return tuple(
        None if d is None else dims_lib.subtract(d, int(sum(p)))
        for d, p in zip(input, value, strict=True)
    )


def _fold_back(np_, x, axis, before, after, offset):
    """Adds mirrored margins along one axis to the elements they came from."""
    size = x.shape[axis] - before - after

    def cut(first, last, step=1):
        return x[(slice(None),) * axis + (slice(first, last, step),)]

    def placed(part, at):
        widths = [(0, 0)] * x.ndim
        widths[axis] = (at, size - at - part.shape[axis])
        return np_.pad(part, widths)

    result = cut(before, before + size)
    if before:
        result = result + placed(np_.flip(cut(0, before), axis), offset)
    if after:
        margin = np_.flip(cut(before + size, before + size + after), axis)
        result = result + placed(margin, size - offset - after)
    return result


@MirrorPadGrad.kernel
def _kernel_mirror_pad_grad(k, input, paddings, *, mode):
    np_ = k.np_for(input)
    offset = 1 if mode == "REFLECT" else 0
    for axis, (before, after) in enumerate(_widths(input, paddings)):
        input = _fold_back(np_, input, axis, before, after, offset)
    return input


@MirrorPadGrad.gradient
def _grad_mirror_pad_grad(op, dy):
    return [MirrorPad(dy, op.inputs[1], mode=op.attrs["mode"]), None]


# -- Tile --------------------------------------------------------------------------------------
Tile = op(
    "Tile",
    "input: T, multiples: Tmultiples -> output: T",
    T=G.ANY,
    Tmultiples=A.dtype(G.INDEX, default=dtypes.int32),
    preserves_elements=True,
    static=("multiples",),
)


@Tile.shape
def _shape_tile(s, input, multiples):
    counts = s.value_as_dims(1)
    if input is not None:
        counts = dims_lib.with_rank(counts, len(input))
    elif counts is None:
        return None
    else:
        input = (None,) * len(counts)
    return tuple(dims_lib.multiply(a, b) for a, b in zip(input, counts, strict=True))


@Tile.kernel
def _kernel_tile(k, input, multiples):
    counts = [int(m) for m in multiples]
    if len(counts) != np.ndim(input):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected multiples argument to be a vector of length {np.ndim(input)} but got "
            f"length {len(counts)}",
        )
    for i, count in enumerate(counts):
        if count < 0:
            raise errors.InvalidArgumentError(
                None, None, f"Expected multiples[{i}] >= 0, but got {count}"
            )
    return k.np_for(input).tile(input, counts)


@Tile.gradient
def _grad_tile(op, dy):
    x, multiples = op.inputs
    shape = shape_ops.shape(x, out_type=multiples.dtype)
    paired = late.transpose(late.stack([multiples, shape]))
    split = late.reshape(paired, [-1])
    axes = late.range(0, shape_ops.size(split), 2)
    if isinstance(dy, IndexedSlices):
        rows = late.cast(shape[0], dy.indices.dtype)
        dy = late.unsorted_segment_sum(dy.values, late.mod(dy.indices, rows), rows)
        split = late.concat([[1], split[1:]], axis=0)
    dx = late.reduce_sum(late.reshape(dy, split), axes)
    dx.set_shape(x.dims)
    return [dx, None]


@export("tile", "manip.tile", v2=("tile",))
def tile(input: Any, multiples: Any, name: str | None = None) -> Tensor:
    """Repeat a tensor along its dims.

    Args:
        input: Tensor.
        multiples: 1-D integers, how often along each dim.
        name: Name of the node.

    Returns:
        Tensor of shape `input.shape * multiples`.

    Raises:
        ValueError: (build) a number of multiples other than the rank.
        errors.InvalidArgumentError: (run) the same, or a negative multiple.
    """
    return Tile(input, multiples, name=name)
