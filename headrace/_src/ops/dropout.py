"""Dropout: zeroes elements at random and scales up the others."""

from __future__ import annotations

import logging
import numbers
from typing import Any

from headrace._api.export import export
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape, as_shape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_LARGE_RATE_WARNINGS = 5
_warned = [0]


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of the noise; unknown dimensions of `noise_shape` are those of `x`."""
    if noise_shape is None:
        return late.shape(x)
    try:
        given = as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.dims is None or given.ndims != len(x.dims):
        return noise_shape
    return TensorShape(
        [d if n is None else n for n, d in zip(given.as_list(), x.dims, strict=True)]
    )


def _check_rate(rate: Any) -> None:
    if not 0 <= rate < 1:
        raise ValueError(
            f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}"
        )
    if rate > 0.5 and _warned[0] < _LARGE_RATE_WARNINGS:
        _warned[0] += 1
        logging.getLogger("tensorflow").warning(
            "Large dropout rate: %g (>0.5). In TensorFlow 2.x, dropout() uses dropout rate instead "
            "of keep_prob. Please ensure that this is intended.",
            rate,
        )


@export("nn.dropout", v2=(), deprecated_args={"keep_prob": "rate"})
def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Zero each element with probability `rate`; divide the others by `1 - rate`.

    Args:
      x: Tensor of a float type.
      keep_prob: Deprecated: `1 - rate`.
      noise_shape: Shape of the noise, which stretches to that of `x`: elements that share noise are
        dropped together.
      seed: Op seed, see `tf.set_random_seed`.
      name: Name of the scope.
      rate: Share of elements to drop, a number in `[0, 1)` or a scalar tensor.

    Returns:
      A tensor of the shape and type of `x`; `x` itself when `rate` is zero.

    Raises:
      ValueError: Build: no rate, a rate out of range, or `x` not of a float type.
    """
    try:
        complement = None if keep_prob is None else 1.0 - keep_prob
    except TypeError:
        raise ValueError(
            f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})"
        ) from None
    rate = renamed("rate", rate, "keep_prob", complement)
    if rate is None:
        raise ValueError("You must provide a rate to dropout.")
    return dropout_v2(x, rate, noise_shape=noise_shape, seed=seed, name=name)


@export(v2=("nn.dropout",))
def dropout_v2(
    x: Any,
    rate: Any,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Zero each element with probability `rate`; divide the others by `1 - rate`."""
    with name_scope(name, "dropout", [x]) as name:
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                "x has to be a floating point tensor since it's going to be scaled. Got a "
                f"{x.dtype} tensor instead."
            )
        if isinstance(rate, numbers.Real):
            _check_rate(rate)
            if rate == 0:
                return x
        rate = convert_to_tensor(rate, dtype=x.dtype, name="rate")
        if not get_default_graph().executes:
            rate.shape.assert_has_rank(0)
        if constant_value(rate) == 0:
            return x
        noise = late.random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype)
        scale = 1 / (1 - rate)
        keep = noise >= rate
        result = x * scale * late.cast(keep, x.dtype)
        result.set_shape(x.shape)
        return result
