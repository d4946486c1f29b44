"""Random numbers that depend on nothing but their seed input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.engine import philox
from headrace._src.engine import philox_distributions as distributions
from headrace._src.ops import _shapes, random_discrete
from headrace._src.ops import random_values as values
from headrace._src.ops._late import late

_TSEED = A.dtype(G.INDEX, default=dtypes.int64)
_T = A.dtype(G.INDEX, default=dtypes.int32)
_DTYPE = A.dtype(values.FLOATS, default=dtypes.float32)
_SIGNATURE = "shape: T, seed: Tseed -> output: dtype"
_REASON = "integers, and a draw does not depend on its shape smoothly"


def _check_seed_dims(seed: Dims) -> None:
    (length,) = _shapes.require_rank(seed, 1)
    if length not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {length}")


def _shape_stateless(s, shape, seed):
    _check_seed_dims(seed)
    return values.shape_from_input(s, shape)


def _stream(k: Any, seed: Any) -> tuple[philox.PhiloxDraw, Any]:
    """The stream of a seed input, and the array module to read it with."""
    if np.shape(seed) != (2,):
        text = ",".join(map(str, np.shape(seed)))
        raise errors.InvalidArgumentError(None, None, f"seed must have shape [2], not [{text}]")
    xp = k.np_for(seed)
    if xp is np:
        return philox.stateless_draw(int(seed[0]), int(seed[1])), np
    return philox.traced_stateless_draw(seed), xp


def _draw(k: Any, shape: np.ndarray, seed: Any, dtype: dtypes.DType, sampler: Any) -> Any:
    dims = values.checked_shape(shape)
    draw, xp = _stream(k, seed)
    return sampler(draw, math.prod(dims), dtype.as_numpy_dtype, xp).reshape(dims)


# -- StatelessRandomUniform -----------------------------------------------------------------------
StatelessRandomUniform = op(
    "StatelessRandomUniform",
    _SIGNATURE,
    kernel_ignores=(
        "T",
        "Tseed",
    ),
    dtype=_DTYPE,
    T=_T,
    Tseed=_TSEED,
    static=("shape",),
    shape=_shape_stateless,
)
StatelessRandomUniform.no_gradient(_REASON)


@StatelessRandomUniform.kernel
def _kernel_stateless_random_uniform(k, shape, seed, *, dtype):
    return _draw(k, shape, seed, dtype, distributions.uniform)


# -- StatelessRandomUniformInt --------------------------------------------------------------------
StatelessRandomUniformInt = op(
    "StatelessRandomUniformInt",
    "shape: T, seed: Tseed, minval: dtype, maxval: dtype -> output: dtype",
    kernel_ignores=(
        "T",
        "Tseed",
    ),
    dtype=G.INDEX,
    T=G.INDEX,
    Tseed=_TSEED,
    static=("shape", "minval", "maxval"),
)
StatelessRandomUniformInt.no_gradient("integers")


@StatelessRandomUniformInt.shape
def _shape_stateless_random_uniform_int(s, shape, seed, minval, maxval):
    _check_seed_dims(seed)
    _shapes.require_rank(minval, 0)
    _shapes.require_rank(maxval, 0)
    return values.shape_from_input(s, shape)


@StatelessRandomUniformInt.kernel
def _kernel_stateless_random_uniform_int(k, shape, seed, minval, maxval):
    values.check_bounds(minval, maxval)
    draw, xp = _stream(k, seed)
    return values.sample_int(lambda: draw, values.checked_shape(shape), minval, maxval, xp)


@export("random.stateless_uniform")
def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw uniform numbers in [minval, maxval) that depend on `seed` alone.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        seed: int32 or int64 `[2]`.
        minval: Lower bound of type `dtype`, included; a scalar for integers.
        maxval: Upper bound of type `dtype`, excluded; 1 when None, compulsory for integers.
        dtype: float16, bfloat16, float32, float64, int32 or int64.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.

    Raises:
        ValueError: `dtype` is none of the above, or `maxval` is missing for integers.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in (*values.FLOATS, dtypes.int32, dtypes.int64):
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        shape = values.shape_tensor(shape)
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            result = StatelessRandomUniformInt(shape, seed, low, high, name=scope)
        else:
            unit = StatelessRandomUniform(shape, seed, dtype=dtype)
            result = late.add(unit * (high - low), low, name=scope)
        values.keep_static_shape(result, shape)
        return result


# -- StatelessRandomNormal ------------------------------------------------------------------------
StatelessRandomNormal = op(
    "StatelessRandomNormal",
    _SIGNATURE,
    kernel_ignores=(
        "T",
        "Tseed",
    ),
    dtype=_DTYPE,
    T=_T,
    Tseed=_TSEED,
    static=("shape",),
    shape=_shape_stateless,
)
StatelessRandomNormal.no_gradient(_REASON)


@StatelessRandomNormal.kernel
def _kernel_stateless_random_normal(k, shape, seed, *, dtype):
    return _draw(k, shape, seed, dtype, distributions.normal)


def _scaled(spec, shape, seed, mean, stddev, dtype, scope):
    shape = values.shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype=dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
    standard = spec(shape, seed, dtype=dtype)
    result = late.add(standard * stddev, mean, name=scope)
    values.keep_static_shape(result, shape)
    return result


@export("random.stateless_normal")
def stateless_random_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw normal numbers that depend on `seed` alone.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        seed: int32 or int64 `[2]`.
        mean: Mean, of type `dtype`; broadcast over the result.
        stddev: Standard deviation, of type `dtype`; broadcast over the result.
        dtype: float16, bfloat16, float32 or float64.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.
    """
    with name_scope(name, "stateless_random_normal", [shape, seed, mean, stddev]) as scope:
        return _scaled(StatelessRandomNormal, shape, seed, mean, stddev, dtype, scope)


# -- StatelessTruncatedNormal ---------------------------------------------------------------------
StatelessTruncatedNormal = op(
    "StatelessTruncatedNormal",
    _SIGNATURE,
    kernel_ignores=(
        "T",
        "Tseed",
    ),
    dtype=_DTYPE,
    T=_T,
    Tseed=_TSEED,
    static=("shape",),
    shape=_shape_stateless,
)
StatelessTruncatedNormal.no_gradient(_REASON)


@StatelessTruncatedNormal.kernel
def _kernel_stateless_truncated_normal(k, shape, seed, *, dtype):
    return _draw(k, shape, seed, dtype, distributions.truncated_normal)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Draw normal numbers within two standard deviations that depend on `seed` alone.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        seed: int32 or int64 `[2]`.
        mean: Mean before truncation, of type `dtype`; broadcast over the result.
        stddev: Standard deviation before truncation, of type `dtype`; broadcast likewise.
        dtype: float16, bfloat16, float32 or float64.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.
    """
    with name_scope(name, "stateless_truncated_normal", [shape, seed, mean, stddev]) as scope:
        return _scaled(StatelessTruncatedNormal, shape, seed, mean, stddev, dtype, scope)


# -- StatelessMultinomial -------------------------------------------------------------------------
StatelessMultinomial = op(
    "StatelessMultinomial",
    "logits: T, num_samples: int32, seed: Tseed -> output: output_dtype",
    kernel_ignores=("Tseed",),
    T=G.REAL,
    Tseed=_TSEED,
    output_dtype=A.dtype(G.INDEX, default=dtypes.int64),
    static=("num_samples",),
)
StatelessMultinomial.no_gradient("integers")


@StatelessMultinomial.shape
def _shape_stateless_multinomial(s, logits, num_samples, seed):
    _check_seed_dims(seed)
    return random_discrete.shape_categorical(s, logits, num_samples)


@StatelessMultinomial.kernel
def _kernel_stateless_multinomial(k, logits, num_samples, seed, *, output_dtype):
    samples = random_discrete.checked_samples(logits, num_samples)
    draw, xp = _stream(k, seed)
    return random_discrete.categories(k, draw, logits, samples, output_dtype, xp)


@export("random.stateless_categorical")
def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None
) -> Tensor:
    """Draw classes with probabilities softmax(logits) that depend on `seed` alone.

    Args:
        logits: Real `[batch, classes]`; log-probabilities up to a constant a row.
        num_samples: int32 scalar; draws a row.
        seed: int32 or int64 `[2]`.
        dtype: int32 or int64.
        name: Name of the scope.

    Returns:
        `[batch, num_samples]` of type `dtype`.
    """
    with name_scope(name, "stateless_categorical", [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        return StatelessMultinomial(logits, num_samples, seed, output_dtype=dtype)


@export("random.stateless_multinomial", v2=(), deprecated="tf.random.stateless_categorical")
def stateless_multinomial(
    logits: Any,
    num_samples: Any,
    seed: Any,
    output_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Tensor:
    """Draw classes as `tf.random.stateless_categorical` does, whose old name this is.

    Args:
        logits: Real `[batch, classes]`.
        num_samples: int32 scalar; draws a row.
        seed: int32 or int64 `[2]`.
        output_dtype: int32 or int64.
        name: Name of the scope.

    Returns:
        `[batch, num_samples]` of type `output_dtype`.
    """
    with name_scope(name, "stateless_multinomial", [logits, seed]):
        logits = convert_to_tensor(logits, name="logits")
        return StatelessMultinomial(logits, num_samples, seed, output_dtype=output_dtype)
