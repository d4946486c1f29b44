"""Softmax and log-softmax over any dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late


def _shape_at_least_vector(s: Any, logits: Any) -> Any:
    if logits is not None and not logits:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    return logits


# -- Softmax --------------------------------------------------------------------------------------
Softmax = op("Softmax", "logits: T -> softmax: T", T=G.FLOAT, cost=12, shape=_shape_at_least_vector)


def shifted_exponentials(k: Any, logits: Any) -> tuple[Any, Any, Any]:
    """`logits - max`, its exponentials and their sums, over the last dimension."""
    xp = k.np_for(logits)
    if not logits.shape[-1]:
        return logits, logits, xp.ones((*logits.shape[:-1], 1), logits.dtype)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    powers = xp.exp(shifted)
    return shifted, powers, powers.sum(axis=-1, keepdims=True, dtype=powers.dtype)


def _check_vector(logits: Any) -> None:
    if not logits.ndim:
        raise errors.InvalidArgumentError(None, None, "logits must have >= 1 dimension, got []")


@Softmax.kernel
def _kernel_softmax(k: Any, logits: Any) -> Any:
    _check_vector(logits)
    _, powers, total = shifted_exponentials(k, logits)
    return powers / total


@Softmax.gradient
def _grad_softmax(op: Any, dy: Tensor) -> Tensor:
    softmax = op.outputs[0]
    total = late.reduce_sum(dy * softmax, -1, keepdims=True)
    return (dy - total) * softmax


# -- LogSoftmax -----------------------------------------------------------------------------------
LogSoftmax = op(
    "LogSoftmax", "logits: T -> logsoftmax: T", T=G.FLOAT, cost=12, shape=_shape_at_least_vector
)


@LogSoftmax.kernel
def _kernel_log_softmax(k: Any, logits: Any) -> Any:
    _check_vector(logits)
    shifted, _, total = shifted_exponentials(k, logits)
    return shifted - k.np_for(logits).log(total)


@LogSoftmax.gradient
def _grad_log_softmax(op: Any, dy: Tensor) -> Tensor:
    softmax = late.exp(op.outputs[0])
    return dy - late.reduce_sum(dy, -1, keepdims=True) * softmax


# -- Any dimension --------------------------------------------------------------------------------


def _swap_axes(x: Tensor, first: Any, last: Any, name: str | None = None) -> Tensor:
    order = late.concat([late.range(first), [last], late.range(first + 1, last), [first]], 0)
    return late.transpose(x, order, name=name)


def _over_axis(logits: Any, compute: Callable[..., Tensor], axis: Any, name: str | None) -> Tensor:
    """Applies `compute`, which works on the last dimension, to dimension `axis`."""
    logits = convert_to_tensor(logits)
    shape = logits.shape
    rank = shape.ndims
    if axis is None:
        axis = -1
    if not isinstance(axis, Tensor) and (axis == -1 or (rank is not None and axis == rank - 1)):
        return compute(logits, name=name)
    known = constant_value(axis) if isinstance(axis, Tensor) else axis
    if known is not None and not -rank <= known < rank:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Dimension ({known}) must be in the range [{-rank}, {rank}) where {rank} is the "
            "number of dimensions in the input.",
        )
    ndims = late.rank(logits)
    if isinstance(axis, Tensor):
        axis = late.where(late.less(axis, 0), axis + ndims, axis)
    elif axis < 0:
        axis += ndims
    input_rank = late.rank(logits)
    swapped_axis = axis % rank
    swapped = _swap_axes(logits, swapped_axis, late.subtract(input_rank, 1))
    output = compute(swapped)
    output = _swap_axes(output, swapped_axis, late.subtract(input_rank, 1), name=name)
    output.set_shape(shape)
    return output


@export("nn.softmax", "math.softmax", v2=(), deprecated_args={"dim": "axis"})
def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Compute `exp(logits) / sum(exp(logits), axis)`.

    Args:
      logits: Tensor of a float type and rank at least 1.
      axis: The dimension that sums to one; the last by default.
      name: Name of the op.
      dim: Deprecated alias of `axis`.

    Returns:
      A tensor of the shape and type of `logits`.

    Raises:
      InvalidArgumentError: Build: `axis` is out of range.
      ValueError: Build: `logits` is a scalar.
    """
    return _over_axis(logits, Softmax, renamed("axis", axis, "dim", dim), name)


@export(v2=("nn.softmax", "math.softmax"))
def softmax_v2(logits: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """Compute `exp(logits) / sum(exp(logits), axis)`."""
    return _over_axis(logits, Softmax, axis, name)


@export("nn.log_softmax", "math.log_softmax", v2=(), deprecated_args={"dim": "axis"})
def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Compute `logits - log(sum(exp(logits), axis))`.

    Args:
      logits: Tensor of a float type and rank at least 1.
      axis: The dimension to normalise over; the last by default.
      name: Name of the op.
      dim: Deprecated alias of `axis`.

    Returns:
      A tensor of the shape and type of `logits`.

    Raises:
      InvalidArgumentError: Build: `axis` is out of range.
      ValueError: Build: `logits` is a scalar.
    """
    return _over_axis(logits, LogSoftmax, renamed("axis", axis, "dim", dim), name)


@export(v2=("nn.log_softmax", "math.log_softmax"))
def log_softmax_v2(logits: Any, axis: Any = None, name: str | None = None) -> Tensor:
    """Compute `logits - log(sum(exp(logits), axis))`."""
    return _over_axis(logits, LogSoftmax, axis, name)
