"""Order: reversing, sorting, the greatest elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value as constants
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_REVERSIBLE = (
    dtypes.uint8,
    dtypes.int8,
    dtypes.uint16,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.bool_,
    dtypes.bfloat16,
    dtypes.float16,
    dtypes.float32,
    dtypes.float64,
    dtypes.complex64,
    dtypes.complex128,
    dtypes.string,
)

# -- Reverse -----------------------------------------------------------------------------------
Reverse = op(
    "Reverse",
    "tensor: T, dims: bool -> output: T",
    T=tuple(t for t in _REVERSIBLE if t != dtypes.bfloat16),
    static=("dims",),
)


@Reverse.shape
def _shape_reverse(s, tensor, dims):
    (count,) = dims_lib.with_rank(dims, 1)
    if tensor is not None and count is not None:
        return dims_lib.with_rank(tensor, count)
    return tensor


@Reverse.kernel
def _kernel_reverse(k, tensor, dims):
    if len(dims) != tensor.ndim:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"'dims' must have the same number of values as 'input' has dimensions. "
            f"'input' has {tensor.ndim}'dims' has {len(dims)} values",
        )
    return k.np_for(tensor).flip(tensor, tuple(i for i, flag in enumerate(dims) if flag))


@Reverse.gradient
def _grad_reverse(op, dy):
    return Reverse(dy, op.inputs[1]), None


# -- ReverseV2 ---------------------------------------------------------------------------------
ReverseV2 = op(
    "ReverseV2",
    "tensor: T, axis: Tidx -> output: T",
    Tidx=A.dtype(G.INDEX, default=dtypes.int32),
    T=_REVERSIBLE,
    static=("axis",),
)


@ReverseV2.shape
def _shape_reverse_v2(s, tensor, axis):
    dims_lib.with_rank(axis, 1)
    value = s.value(1)
    if value is None or tensor is None:
        return tensor
    rank, seen = len(tensor), set()
    for i, at in enumerate(value.tolist()):
        if not -rank <= at < rank:
            raise ValueError(f"'axis'[{i}] = {at} is out of valid range [0, {rank - 1}")
        if at % rank in seen:
            raise ValueError(f"axis {at % rank} specified more than once.")
        seen.add(at % rank)
    return tensor


@ReverseV2.kernel
def _kernel_reverse_v2(k, tensor, axis):
    axes = []
    for i, at in enumerate(axis):
        at = int(at)
        if not -tensor.ndim <= at < tensor.ndim:
            raise errors.InvalidArgumentError(
                None, None, f"'axis'[{i}] = {at} is out of valid range [0, {tensor.ndim - 1}"
            )
        if at % tensor.ndim in axes:
            raise errors.InvalidArgumentError(
                None, None, f"axis {at % tensor.ndim} specified more than once."
            )
        axes.append(at % tensor.ndim)
    return k.np_for(tensor).flip(tensor, tuple(axes)) if axes else tensor


@ReverseV2.gradient
def _grad_reverse_v2(op, dy):
    return reverse(dy, op.inputs[1]), None


@export("reverse", "reverse_v2", "manip.reverse", v2=("reverse",))
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """Reverse a tensor along some dims.

    Args:
        tensor: Tensor.
        axis: 1-D integers, the dims; negative ones count from the end.
        name: Name of the node.

    Returns:
        Tensor like `tensor`.

    Raises:
        ValueError: (build) a dim out of range, or given twice.
        errors.InvalidArgumentError: (run) the same.
    """
    return ReverseV2(tensor, axis, name=name)


# -- Roll ------------------------------------------------------------------------------------------
Roll = op(
    "Roll",
    "input: T, shift: Tshift, axis: Taxis -> output: T",
    T=G.ANY,
    Tshift=G.INDEX,
    Taxis=G.INDEX,
    static=("axis",),
)


@Roll.shape
def _shape_roll(s, input, shift, axis):
    dims_lib.with_rank_at_least(input, 1)
    dims_lib.with_rank_at_most(shift, 1)
    dims_lib.with_rank_at_most(axis, 1)
    return input


@Roll.kernel
def _kernel_roll(k, input, shift, axis):
    if np.shape(shift) != np.shape(axis):
        raise errors.InvalidArgumentError(None, None, "shift and axis must have the same size")
    axes = [int(a) for a in np.ravel(axis)]
    for at in axes:
        if not -np.ndim(input) <= at < np.ndim(input):
            raise errors.InvalidArgumentError(None, None, f"axis {at} is out of range")
    np_ = k.np_for(input, shift)
    shifts = np_.reshape(shift, (-1,))
    for i, at in enumerate(axes):
        input = np_.roll(input, shifts[i], axis=at)
    return input


@Roll.gradient
def _grad_roll(op, dy):
    return Roll(dy, -op.inputs[1], op.inputs[2]), None, None


@export("manip.roll", "roll", v2=("roll",))
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """Move elements along dims, those that leave at one end coming in at the other.

    Args:
        input: Tensor of rank 1 or more.
        shift: Integer, or 1-D integers: by how many places; negative ones move backward.
        axis: Integer, or 1-D integers of the same length: along which dims.
        name: Name of the node.

    Returns:
        Tensor like `input`.

    Raises:
        errors.InvalidArgumentError: (run) a dim out of range, or lengths that differ.
    """
    return Roll(input, shift, axis, name=name)


# -- ReverseSequence ---------------------------------------------------------------------------
ReverseSequence = op(
    "ReverseSequence",
    "input: T, seq_lengths: Tlen -> output: T",
    seq_dim=A.integer(),
    batch_dim=A.integer(default=0),
    T=G.ANY,
    Tlen=A.dtype(G.INDEX, default=dtypes.int64),
)


@ReverseSequence.shape
def _shape_reverse_sequence(s, input, seq_lengths, *, seq_dim, batch_dim):
    (batch,) = dims_lib.with_rank(seq_lengths, 1)
    if input is None:
        return None
    if batch_dim >= len(input):
        raise ValueError(f"batch_dim must be < input rank: {batch_dim} vs. {len(input)}")
    if seq_dim >= len(input):
        raise ValueError(f"seq_dim must be < input rank: {seq_dim} vs. {len(input)}")
    return dims_lib.replace(input, batch_dim, dims_lib.merge_dim(input[batch_dim], batch))


@ReverseSequence.kernel
def _kernel_reverse_sequence(k, input, seq_lengths, *, seq_dim, batch_dim):
    np_ = k.np_for(input, seq_lengths)
    if seq_lengths.shape != (input.shape[batch_dim],):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Length of seq_lengths != input.dims({batch_dim}), ({seq_lengths.size} vs. "
            f"{input.shape[batch_dim]})",
        )
    if k.xla:
        k.require_within(seq_lengths, input.shape[seq_dim] + 1)
    else:
        for i, length in enumerate(seq_lengths):
            if length < 0:
                raise errors.InvalidArgumentError(None, None, f"seq_lens({i}) < 0")
            if length > input.shape[seq_dim]:
                raise errors.InvalidArgumentError(
                    None, None, f"seq_lens({i}) > input.dims({seq_dim})"
                )
    steps = np.arange(input.shape[seq_dim])[None, :]
    lengths = np_.reshape(seq_lengths, (-1, 1))
    order = np_.where(steps < lengths, lengths - 1 - steps, steps)
    rows = np_.moveaxis(input, (batch_dim, seq_dim), (0, 1))
    picked = rows[np.arange(rows.shape[0])[:, None], order]
    return np_.moveaxis(picked, (0, 1), (batch_dim, seq_dim))


@ReverseSequence.gradient
def _grad_reverse_sequence(op, dy):
    return [
        ReverseSequence(
            dy, op.inputs[1], seq_dim=op.attrs["seq_dim"], batch_dim=op.attrs["batch_dim"]
        ),
        None,
    ]


@export("reverse_sequence", v2=())
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Reverse the first `seq_lengths[i]` steps of each sequence of a batch.

    Args:
        input: Tensor.
        seq_lengths: 1-D int32 or int64, one length a batch element.
        seq_axis: Dim of the steps.
        batch_axis: Dim of the batch, 0 by default.
        name: Name of the node.
        seq_dim: Former name of `seq_axis`.
        batch_dim: Former name of `batch_axis`.

    Returns:
        Tensor like `input`.

    Raises:
        ValueError: (build) dims out of range.
        errors.InvalidArgumentError: (run) a length out of range.
    """
    seq_axis = renamed("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = renamed("batch_axis", batch_axis, "batch_dim", batch_dim)
    return ReverseSequence(input, seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis, name=name)


# -- TopK --------------------------------------------------------------------------------------
def _top_dims(input, count):
    if input is None:
        return [None, None]
    if input[-1] is not None and count is not None and input[-1] < count:
        raise ValueError(f"input must have last dimension >= k = {count} but is {input[-1]}")
    return [(*input[:-1], count)] * 2


def _top(k, input, count):
    """The `count` greatest along the last dim, the earlier one first among equals."""
    if input.ndim < 1:
        raise errors.InvalidArgumentError(
            None, None, f"input must be >= 1-D, got shape {dims_lib.text(input.shape)}"
        )
    if count < 0:
        raise errors.InvalidArgumentError(None, None, f"Need k >= 0, got {count}")
    if input.shape[-1] < count:
        raise errors.InvalidArgumentError(
            None, None, f"input must have at least k columns. Had {input.shape[-1]}, needed {count}"
        )
    np_ = k.np_for(input)
    if np_ is np:
        flipped = input[..., ::-1]
        order = np.argsort(flipped, axis=-1, kind="stable")[..., ::-1]
        order = (input.shape[-1] - 1 - order)[..., :count].astype(np.int32)
        return [np.take_along_axis(input, order, axis=-1), order]
    order = np_.argsort(input, axis=-1, stable=True, descending=True)[..., :count]
    return [np_.take_along_axis(input, order, axis=-1), order.astype(np.int32)]


def _grad_top_k(op, dy, _):
    input, indices = op.inputs[0], op.outputs[1]
    in_shape = shape_ops.shape(input)
    ind_shape = shape_ops.shape(indices)
    chosen = late.gather(late.cast(ind_shape, dtypes.int64), shape_ops.size(ind_shape) - 1)
    rows = late.reshape(indices, late.stack([-1, chosen]))
    width = late.gather(late.cast(in_shape, dtypes.int64), shape_ops.size(in_shape) - 1)
    count = shape_ops.shape(rows)[0]
    starts = late.range(0, late.cast(count, dtypes.int64) * width, width)
    offsets = late.cast(late.expand_dims(starts, -1), dtypes.int32)
    places = late.reshape(rows + offsets, [-1])
    flat = late.scatter_nd(
        late.expand_dims(places, -1), late.reshape(dy, [-1]), [late.reduce_prod(in_shape)]
    )
    dx = late.reshape(flat, in_shape)
    zero = constant_ops.zeros([], dtype=dtypes.int32)
    return [dx, zero][: len(op.inputs)]


TopKV2 = op(
    "TopKV2",
    "input: T, k: int32 -> values: T, indices: int32",
    sorted=A.boolean(default=True),
    T=G.REAL,
    static=("k",),
)


@TopKV2.shape
def _shape_top_k_v2(s, input, k):
    dims_lib.with_rank_at_least(input, 1)
    dims_lib.with_rank(k, 0)
    value = s.value(1)
    return _top_dims(input, None if value is None else int(value))


@TopKV2.kernel
def _kernel_top_k_v2(k_, input, k):
    return _top(k_, input, int(k))


TopKV2.gradient(_grad_top_k)


@export("math.top_k", "nn.top_k")
def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> Any:
    """Find the `k` greatest elements along the last dim and their places.

    Args:
        input: Tensor of a real type, of rank 1 or more.
        k: Scalar int32, at most the size of the last dim.
        sorted: Whether they must come in descending order.
        name: Name of the node.

    Returns:
        `(values, indices)`, tensors `[..., k]`; the lower index comes first among equals.

    Raises:
        ValueError: (build) the last dim is known and smaller than `k`.
        errors.InvalidArgumentError: (run) it is smaller.
    """
    return TopKV2(input, k, sorted=sorted, name=name)


# -- InTopK ------------------------------------------------------------------------------------
def _is_in_top(k, predictions, targets, count):
    np_ = k.np_for(predictions, targets)
    classes = predictions.shape[1]
    if predictions.shape[0] != targets.shape[0]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"First dimension of predictions {predictions.shape[0]} must match length of targets "
            f"{targets.shape[0]}",
        )
    valid = (targets >= 0) & (targets < classes)
    safe = np_.clip(targets, 0, classes - 1)
    own = np_.take_along_axis(predictions, safe[:, None].astype(np.int64), axis=1)
    finite = np_.isfinite(own[:, 0]) & np_.all(np_.isfinite(predictions), axis=1)
    better = np_.sum(predictions > own, axis=1)
    return valid & finite & (better < count)


def _shape_in_top_k(s, predictions, targets, *rest):
    batch = dims_lib.merge_dim(
        dims_lib.with_rank(predictions, 2)[0], dims_lib.with_rank(targets, 1)[0]
    )
    return (batch,)


InTopK = op(
    "InTopK",
    "predictions: float, targets: T -> precision: bool",
    k=A.integer(),
    T=A.dtype(G.INDEX, default=dtypes.int32),
    shape=_shape_in_top_k,
)


@InTopK.kernel
def _kernel_in_top_k(k_, predictions, targets, **attrs):
    return _is_in_top(k_, predictions, targets, attrs["k"])


InTopK.no_gradient("boolean output", undefined=True)


InTopKV2 = op(
    "InTopKV2",
    "predictions: float, targets: T, k: T -> precision: bool",
    T=A.dtype(G.INDEX, default=dtypes.int32),
    shape=_shape_in_top_k,
)


@InTopKV2.kernel
def _kernel_in_top_k_v2(k_, predictions, targets, k):
    return _is_in_top(k_, predictions, targets, k)


InTopKV2.no_gradient("boolean output", undefined=True)


@export("math.in_top_k", "nn.in_top_k", v2=())
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Tell whether the prediction for the target is among the `k` greatest of its row.

    Args:
        predictions: float32 `[batch, classes]`.
        targets: int32 or int64 `[batch]`, class numbers.
        k: How many count; all that equal the last one count too.
        name: Name of the node.

    Returns:
        bool tensor `[batch]`; False where the target is out of range or a prediction not finite.
    """
    with name_scope(name, "in_top_k"):
        return InTopKV2(predictions, targets, k, name=name)


@export(v2=("math.in_top_k", "nn.in_top_k"))
def in_top_k_v2(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Tensor:
    """Tell whether the prediction for the target is among the `k` greatest; see `in_top_k`."""
    return in_top_k(predictions, targets, k, name)


# -- sort and argsort --------------------------------------------------------------------------


@export("sort")
def sort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Tensor:
    """Sort a tensor along a dim.

    Args:
        values: Tensor of a real type.
        axis: The dim, a constant.
        direction: "ASCENDING" or "DESCENDING".
        name: Name of the scope.

    Returns:
        Tensor like `values`.

    Raises:
        ValueError: (build) another direction, or an axis that is not constant.
    """
    with name_scope(name, "sort"):
        return _ordered(values, axis, direction, False)


@export("argsort")
def argsort(
    values: Any,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Tensor:
    """Find the indices that would sort a tensor along a dim.

    Args:
        values: Tensor of a real type.
        axis: The dim, a constant.
        direction: "ASCENDING" or "DESCENDING".
        stable: Without effect; the order of equals is always kept.
        name: Name of the scope.

    Returns:
        int32 tensor like `values`.

    Raises:
        ValueError: (build) another direction, or an axis that is not constant.
    """
    with name_scope(name, "argsort"):
        return _ordered(values, axis, direction, True)


def _ordered(values, axis, direction, indices):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"{direction} should be one of ASCENDING, DESCENDING")
    axis = convert_to_tensor(axis, name="axis")
    static = constants.constant_value(axis)
    if axis.dims != () or static is None:
        raise ValueError("axis must be a constant scalar")
    values = convert_to_tensor(values, name="values")
    if direction == "DESCENDING":
        return _descending(values, int(static), indices)
    result = _descending(-values, int(static), indices)
    return result if indices else -result


def _descending(values, axis, indices):
    count = shape_ops.shape(values)[axis]
    rank = shape_ops.rank(values)
    static_rank = None if values.dims is None else len(values.dims)
    swap = None
    rows = values
    if axis != -1 and axis + 1 != static_rank:
        if axis < 0:
            axis += static_rank or rank
        swap = _swap_with_last(axis, rank, static_rank)
        rows = late.transpose(values, swap)
    found = top_k(rows, count)
    result = found.indices if indices else found.values
    return result if swap is None else late.transpose(result, swap)


def _swap_with_last(axis, rank, static_rank):
    if static_rank is not None:
        order = list(range(static_rank))
        order[axis], order[-1] = order[-1], order[axis]
        return constant_ops.constant(np.array(order), name="transposition")
    return late.concat(
        [late.range(axis), [rank - 1], late.range(axis + 1, rank - 1), [axis]], axis=0
    )
