"""Running sums and products along a dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._builders import cumulative
from headrace._src.ops._late import late


# -- Cumsum -----------------------------------------------------------------------------------
def _grad_cumsum(op, dy):
    axis, exclusive, reverse = op.inputs[1], op.attrs["exclusive"], op.attrs["reverse"]
    return [cumsum(dy, axis, exclusive=exclusive, reverse=not reverse), None]


Cumsum = cumulative(
    "Cumsum",
    lambda xp, x, axis: xp.cumsum(x, axis, dtype=x.dtype),
    0,
    G.NUMBER,
    grad=_grad_cumsum,
)


@export("math.cumsum", "cumsum")
def cumsum(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Sum all elements up to each one along a dimension: `[a, a + b, a + b + c]`.

    Args:
      x: A tensor of a number type.
      axis: The dimension, a scalar.
      exclusive: Whether each element itself is left out: `[0, a, a + b]`.
      reverse: Whether to start at the end.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "Cumsum", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return Cumsum(x, axis, exclusive=exclusive, reverse=reverse, name=scope)


# -- Cumprod ----------------------------------------------------------------------------------
def _grad_cumprod(op, dy):
    x, axis = op.inputs
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    product = cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    total = cumsum(product * dy, axis, exclusive=exclusive, reverse=not reverse)
    return [total / x, None]


Cumprod = cumulative(
    "Cumprod",
    lambda xp, x, axis: xp.cumprod(x, axis, dtype=x.dtype),
    1,
    G.NUMBER,
    grad=_grad_cumprod,
)


@export("math.cumprod", "cumprod", v2=("math.cumprod",))
def cumprod(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Multiply all elements up to each one along a dimension: `[a, a * b, a * b * c]`.

    Args:
      x: A tensor of a number type.
      axis: The dimension, a scalar.
      exclusive: Whether each element itself is left out: `[1, a, a * b]`.
      reverse: Whether to start at the end.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "Cumprod", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return Cumprod(x, axis, exclusive=exclusive, reverse=reverse, name=scope)


# -- CumulativeLogsumexp ----------------------------------------------------------------------
def _cumulative_logsumexp(xp: Any, x: Any, axis: int) -> Any:
    if xp is np:
        return np.logaddexp.accumulate(x, axis)
    import jax

    return jax.lax.cumlogsumexp(x, axis)


def _grad_cumulative_logsumexp(op, dy):
    x, axis = op.inputs
    y = op.outputs[0]
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    log_positive = late.where_v2(late.greater(dy, 0), late.log(dy), dy.dtype.min)
    log_negative = late.where_v2(late.less(dy, 0), late.log(-dy), dy.dtype.min)

    def share(log_part: Tensor) -> Tensor:
        total = cumulative_logsumexp(
            log_part - y, axis=axis, reverse=not reverse, exclusive=exclusive
        )
        return late.exp(total + x)

    positive = share(log_positive)
    return [positive - share(log_negative), None]


CumulativeLogsumexp = cumulative(
    "CumulativeLogsumexp",
    _cumulative_logsumexp,
    -np.inf,
    G.HALF_FLOAT_DOUBLE,
    grad=_grad_cumulative_logsumexp,
)


@export("math.cumulative_logsumexp")
def cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Tensor:
    """Compute `log(sum(exp(x)))` of all elements up to each one along a dimension.

    Args:
      x: A float16, float32 or float64 tensor.
      axis: The dimension, a scalar.
      exclusive: Whether each element itself is left out.
      reverse: Whether to start at the end.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "CumulativeLogsumexp", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return CumulativeLogsumexp(x, axis, exclusive=exclusive, reverse=reverse, name=scope)
