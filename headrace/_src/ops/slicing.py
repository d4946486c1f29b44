"""Slice: a box of a tensor, given by where it begins and how large it is."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._late import late

# -- Slice -------------------------------------------------------------------------------------
Slice = op(
    "Slice",
    "input: T, begin: Index, size: Index -> output: T",
    kernel_ignores=("Index",),
    T=G.ANY,
    Index=G.INDEX,
    static=("begin", "size"),
)


@Slice.shape
def _shape_slice(s, input, begin, size):
    dims_lib.with_rank(begin, 1)
    dims_lib.with_rank(size, 1)
    (rank,) = dims_lib.merge(begin or (None,), size or (None,))
    if rank is not None:
        input = dims_lib.with_rank(input, rank)
    begins, sizes = s.value_as_dims(1), s.value(2)
    if sizes is None:
        wanted = s.value_as_dims(2)
        if wanted is not None:
            return dims_lib.with_rank(wanted, len(wanted))
        known = rank if rank is not None else None if input is None else len(input)
        return None if known is None else (None,) * known
    begins = dims_lib.with_rank(begins, len(sizes))
    input = dims_lib.with_rank(input, len(sizes))
    result = []
    for have, first, count in zip(input, begins, sizes.tolist(), strict=True):
        if count == -1:
            result.append(dims_lib.subtract(have, first))
        elif count < -1:
            raise ValueError(
                f"Dimension size, given by scalar input 2, must be non-negative: {count}"
            )
        else:
            result.append(count)
    return tuple(result)


def _bounds(input, begin, size):
    """The (begin, end) pairs of a Slice, checked against the input."""
    if len(begin) != input.ndim or len(size) != input.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Expected begin and size arguments to be 1-D tensors of size {input.ndim}, but got "
            f"shapes [{len(begin)}] and [{len(size)}] instead.",
        )
    bounds = []
    for i, (have, first, count) in enumerate(zip(input.shape, begin, size, strict=True)):
        first = int(first)
        count = have - first if count == -1 else int(count)
        if have == 0 and (first or count):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Expected begin[{i}] == 0 (got {first}) and size[{i}] == 0 (got {count}) when "
                f"input.dim_size({i}) == 0",
            )
        if not 0 <= first <= have:
            raise errors.InvalidArgumentError(
                None, None, f"Expected begin[{i}] in [0, {have}], but got {first}"
            )
        if not 0 <= count <= have - first:
            raise errors.InvalidArgumentError(
                None, None, f"Expected size[{i}] in [0, {have - first}], but got {count}"
            )
        bounds.append((first, first + count))
    return bounds


@Slice.kernel
def _kernel_slice(k, input, begin, size):
    return input[(*(slice(a, b) for a, b in _bounds(input, begin, size)), ...)]


@Slice.gradient
def _grad_slice(op, dy):
    input, begin = op.inputs[0], op.inputs[1]
    rank = shape_ops.rank(input)
    size = shape_ops.shape(op.outputs[0])
    column = late.stack([rank, 1])
    before = late.reshape(begin, column)
    after = late.reshape(shape_ops.shape(input) - size - begin, column)
    return late.pad(dy, late.concat([before, after], 1)), None, None


@export("slice")
def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """Cut a box out of a tensor.

    Args:
        input_: Tensor.
        begin: 1-D int32 or int64, the first index along every dim.
        size: 1-D of the same dtype, the size along every dim; -1 means up to the end.
        name: Name of the node.

    Returns:
        Tensor of shape `size`.

    Raises:
        ValueError: (build) a box that cannot lie inside.
        errors.InvalidArgumentError: (run) a box that does not lie inside.
    """
    return Slice(input_, begin, size, name=name)
