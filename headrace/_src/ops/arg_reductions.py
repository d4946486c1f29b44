"""Positions of extrema along a dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops.reductions import one_of


def _shape_arg(s: Any, input: Any, dimension: Any) -> Any:
    if dimension is not None and len(dimension) > 0:
        raise ValueError(f"Shape must be rank 0 but is rank {len(dimension)}")
    if input is None:
        return None
    rank = len(input)
    if rank <= 1:
        return ()
    value = s.value(1)
    if value is None:
        return (None,) * (rank - 1)
    axis = int(value)
    if axis < -rank or axis >= rank:
        raise ValueError(
            f"Dimension ({axis}) must be in the range [{-rank}, {rank}), where "
            f"{rank} is the number of dimensions in the input."
        )
    axis %= rank
    return input[:axis] + input[axis + 1 :]


def _arg(op_type: str, name: str, lowest: Any) -> Any:
    spec = op(
        op_type,
        "input: T, dimension: Tidx -> output: output_type",
        T=A.dtype(G.NUMBER),
        Tidx=A.dtype(G.INDEX, default=dtypes.int32),
        output_type=A.dtype(G.INDEX, default=dtypes.int64),
        static=("dimension",),
        kernel_ignores=("Tidx",),
        shape=_shape_arg,
    )

    @spec.kernel
    def _kernel_arg(k: Any, input: Any, dimension: Any, *, output_type: Any) -> Any:
        xp = k.np_for(input)
        if np.ndim(dimension):
            shape = ",".join(str(d) for d in dimension.shape)
            raise errors.InvalidArgumentError(
                None, None, f"dim must be a scalar, but received tensor of shape: [{shape}]"
            )
        rank, axis = np.ndim(input), int(dimension)
        if axis < -rank or axis >= rank:
            raise errors.InvalidArgumentError(
                None, None, f"Expected dimension in the range [{-rank}, {rank}), but got {axis}"
            )
        if input.shape[axis] == 0:
            shape = ",".join(str(d) for d in input.shape)
            raise errors.InvalidArgumentError(
                None, None, f"Reduction axis {axis} is empty in shape [{shape}]"
            )
        if input.dtype.kind not in "iu":
            # A NaN never wins.
            input = xp.where(xp.isnan(input), np.asarray(lowest, input.dtype), input)
        return getattr(xp, name)(input, axis=axis).astype(output_type.np_dtype)

    @spec.gradient
    def _grad_arg(op: Any, dy: Any) -> Any:
        return [None, None]

    return spec


# -- ArgMax, ArgMin ---------------------------------------------------------------------------
ArgMax = _arg("ArgMax", "argmax", -np.inf)
ArgMin = _arg("ArgMin", "argmin", np.inf)


@export("math.argmax", "argmax", v2=(), deprecated_args=("dimension",))
def argmax(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Find the position of the largest element along a dimension; the first one of equals.

    Args:
      input: A tensor of a real type.
      axis: The dimension, a scalar; 0 when None.
      name: The node's name.
      dimension: Deprecated name of `axis`.
      output_type: int32 or int64.

    Returns:
      A tensor of `output_type`, without the dimension.

    Raises:
      ValueError: (build) the dimension is out of range.
      InvalidArgumentError: (run) the dimension is empty or out of range.
    """
    return argmax_v2(input, one_of("axis", axis, "dimension", dimension), output_type, name)


@export("math.argmin", "argmin", v2=(), deprecated_args=("dimension",))
def argmin(
    input: Any,
    axis: Any = None,
    name: str | None = None,
    dimension: Any = None,
    output_type: Any = dtypes.int64,
) -> Tensor:
    """Find the position of the smallest element along a dimension; the first one of equals.

    Args:
      input: A tensor of a real type.
      axis: The dimension, a scalar; 0 when None.
      name: The node's name.
      dimension: Deprecated name of `axis`.
      output_type: int32 or int64.

    Returns:
      A tensor of `output_type`, without the dimension.

    Raises:
      ValueError: (build) the dimension is out of range.
      InvalidArgumentError: (run) the dimension is empty or out of range.
    """
    return argmin_v2(input, one_of("axis", axis, "dimension", dimension), output_type, name)


@export(v2=("math.argmax", "argmax"))
def argmax_v2(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Find the position of the largest element along a dimension; see `argmax`."""
    return ArgMax(input, 0 if axis is None else axis, output_type=output_type, name=name)


@export(v2=("math.argmin", "argmin"))
def argmin_v2(
    input: Any, axis: Any = None, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Find the position of the smallest element along a dimension; see `argmin`."""
    return ArgMin(input, 0 if axis is None else axis, output_type=output_type, name=name)


@export("arg_max", v2=(), deprecated="tf.math.argmax")
def arg_max(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Find the position of the largest element along a dimension; see `argmax`."""
    return ArgMax(input, dimension, output_type=output_type, name=name)


@export("arg_min", v2=(), deprecated="tf.math.argmin")
def arg_min(
    input: Any, dimension: Any, output_type: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Find the position of the smallest element along a dimension; see `argmin`."""
    return ArgMin(input, dimension, output_type=output_type, name=name)
