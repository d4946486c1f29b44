"""Uniform and normal random numbers.

Every op owns a Philox stream in each session; equal seeds give the numbers of TensorFlow 1.15.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import constant_value, dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.random_seed import seed_attrs
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import Dimension
from headrace._src.core.tensor import Tensor
from headrace._src.engine import philox_distributions as distributions
from headrace._src.engine import philox_rejection as rejection
from headrace._src.ops import _shapes
from headrace._src.ops._late import late

FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)
_SEED = A.integer(default=0)


# -- shapes, shared with the other random families ------------------------------------------------
def shape_tensor(shape: Any) -> Tensor:
    """The shape argument of a random function as a tensor; Dimensions may be among its items."""
    dtype = None
    if isinstance(shape, (tuple, list)):
        if shape:
            shape = tuple(d.value if isinstance(d, Dimension) else d for d in shape)
        else:
            dtype = dtypes.int32
    return convert_to_tensor(shape, dtype=dtype, name="shape")


def keep_static_shape(value: Tensor, shape: Any, tail: Any = ()) -> None:
    """Inside a function body, where inputs hide constants, take the shape that Python knows."""
    if not value.graph.building_function or value.shape.is_fully_defined():
        return
    dims = constant_value.constant_value_as_dims(shape_tensor(shape))
    if dims is not None and tail is not None:
        value.set_shape((*dims, *tail))


def shape_from_input(s: Any, shape: Dims, *_: Dims) -> Dims:
    """Shape rule: the first input is the shape."""
    _shapes.require_rank(shape, 1)
    return s.value_as_dims(0)


def checked_shape(shape: np.ndarray) -> tuple[int, ...]:
    """The value of a shape input.

    Raises:
      InvalidArgumentError: it is not a vector, or has a negative element.
    """
    if np.ndim(shape) != 1:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"shape must be a vector of {{int32,int64}}, got shape {_list(np.shape(shape))}",
        )
    dims = tuple(shape.tolist())
    for d in dims:
        if d < 0:
            raise errors.InvalidArgumentError(None, None, f"Dimension {d} must be >= 0")
    return dims


def check_bounds(minval: np.ndarray, maxval: np.ndarray) -> None:
    """Raise `InvalidArgumentError` unless both bounds are scalars."""
    for name, value in (("minval", minval), ("maxval", maxval)):
        if np.ndim(value):
            raise errors.InvalidArgumentError(
                None, None, f"{name} must be 0-D, got shape {_list(np.shape(value))}"
            )


def sample_int(draw: Any, dims: tuple[int, ...], minval: Any, maxval: Any, xp: Any) -> Any:
    """Integers between two scalar bounds; the draw is made by `draw()` when there are any."""
    n = math.prod(dims)
    dtype = np.asarray(minval).dtype
    if not n:
        return np.zeros(dims, dtype)
    low, high = int(minval), int(maxval)
    if low >= high:
        raise errors.InvalidArgumentError(None, None, f"Need minval < maxval, got {low} >= {high}")
    return distributions.uniform_int(draw(), n, low, high, dtype, xp).reshape(dims)


def _list(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _draw(k: Any, shape: np.ndarray, dtype: dtypes.DType, sampler: Any) -> Any:
    dims = checked_shape(shape)
    n = math.prod(dims)
    draw = k.philox(distributions.STEPS_PER_VALUE * n)
    return sampler(draw, n, dtype.as_numpy_dtype, k.np).reshape(dims)


# -- RandomUniform --------------------------------------------------------------------------------
RandomUniform = op(
    "RandomUniform",
    "shape: T -> output: dtype",
    kernel_ignores=("T",),
    seed=_SEED,
    seed2=_SEED,
    cost=15,
    dtype=FLOATS,
    T=G.INDEX,
    stateful=True,
    random=True,
    static=("shape",),
    shape=shape_from_input,
)
RandomUniform.no_gradient("a draw does not depend on its shape smoothly")


@RandomUniform.kernel
def _kernel_random_uniform(k, shape, *, dtype):
    return _draw(k, shape, dtype, distributions.uniform)


# -- RandomUniformInt -----------------------------------------------------------------------------
RandomUniformInt = op(
    "RandomUniformInt",
    "shape: T, minval: Tout, maxval: Tout -> output: Tout",
    kernel_ignores=("T",),
    seed=_SEED,
    seed2=_SEED,
    Tout=G.INDEX,
    T=G.INDEX,
    stateful=True,
    random=True,
    static=("shape", "minval", "maxval"),
)
RandomUniformInt.no_gradient("integers", undefined=True)


@RandomUniformInt.shape
def _shape_random_uniform_int(s, shape, minval, maxval):
    _shapes.require_rank(minval, 0)
    _shapes.require_rank(maxval, 0)
    return shape_from_input(s, shape)


@RandomUniformInt.kernel
def _kernel_random_uniform_int(k, shape, minval, maxval):
    check_bounds(minval, maxval)
    dims = checked_shape(shape)
    steps = distributions.STEPS_PER_VALUE * math.prod(dims)
    return sample_int(lambda: k.philox(steps), dims, minval, maxval, k.np)


@export("random.uniform", "random_uniform", v2=("random.uniform",))
def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw numbers that are equally likely everywhere in [minval, maxval).

    Integers have a slight bias unless `maxval - minval` is a power of two.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        minval: Lower bound of type `dtype`, included; a scalar for integers.
        maxval: Upper bound of type `dtype`, excluded; 1 when None, compulsory for integers.
        dtype: float16, bfloat16, float32, float64, int32 or int64.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.

    Raises:
        ValueError: `dtype` is none of the above, or `maxval` is missing for integers.
        InvalidArgumentError: at run time, integer bounds with minval >= maxval.
    """
    dtype = dtypes.as_dtype(dtype)
    if dtype not in (*FLOATS, dtypes.int32, dtypes.int64):
        raise ValueError(f"Invalid dtype {dtype!r}")
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = shape_tensor(shape)
        low = convert_to_tensor(minval, dtype=dtype, name="min")
        high = convert_to_tensor(maxval, dtype=dtype, name="max")
        attrs = seed_attrs(seed)
        if dtype.is_integer:
            result = RandomUniformInt(shape, low, high, name=scope, **attrs)
        else:
            unit = RandomUniform(shape, dtype=dtype, **attrs)
            result = late.add(unit * (high - low), low, name=scope)
        keep_static_shape(result, shape)
        return result


# -- RandomStandardNormal -------------------------------------------------------------------------
RandomStandardNormal = op(
    "RandomStandardNormal",
    "shape: T -> output: dtype",
    kernel_ignores=("T",),
    seed=_SEED,
    seed2=_SEED,
    cost=40,
    dtype=FLOATS,
    T=G.INDEX,
    stateful=True,
    random=True,
    static=("shape",),
    shape=shape_from_input,
)
RandomStandardNormal.no_gradient("a draw does not depend on its shape smoothly")


@RandomStandardNormal.kernel
def _kernel_random_standard_normal(k, shape, *, dtype):
    return _draw(k, shape, dtype, distributions.normal)


@export("random.normal", "random_normal", v2=("random.normal",))
def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw normally distributed numbers.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        mean: Mean, of type `dtype`; broadcast over the result.
        stddev: Standard deviation, of type `dtype`; broadcast over the result.
        dtype: float16, bfloat16, float32 or float64.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.
    """
    with name_scope(name, "random_normal", [shape, mean, stddev]) as scope:
        return _scaled(RandomStandardNormal, shape, mean, stddev, dtype, seed, scope)


def _scaled(spec, shape, mean, stddev, dtype, seed, scope):
    shape_input = shape_tensor(shape)
    mean = convert_to_tensor(mean, dtype=dtype, name="mean")
    stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
    standard = spec(shape_input, dtype=dtype, **seed_attrs(seed))
    result = late.add(standard * stddev, mean, name=scope)
    keep_static_shape(result, shape_input)
    return result


# -- TruncatedNormal ------------------------------------------------------------------------------
TruncatedNormal = op(
    "TruncatedNormal",
    "shape: T -> output: dtype",
    kernel_ignores=("T",),
    seed=_SEED,
    seed2=_SEED,
    cost=40,
    dtype=FLOATS,
    T=G.INDEX,
    stateful=True,
    random=True,
    static=("shape",),
    shape=shape_from_input,
)
TruncatedNormal.no_gradient("a draw does not depend on its shape smoothly")


@TruncatedNormal.kernel
def _kernel_truncated_normal(k, shape, *, dtype):
    return _draw(k, shape, dtype, distributions.truncated_normal)


@export("random.truncated_normal", "truncated_normal", v2=("random.truncated_normal",))
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw normally distributed numbers less than two standard deviations from the mean.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        mean: Mean before truncation, of type `dtype`; broadcast over the result.
        stddev: Standard deviation before truncation, of type `dtype`; broadcast likewise.
        dtype: float16, bfloat16, float32 or float64.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the nodes.

    Returns:
        Tensor `[*shape]` of type `dtype`.
    """
    with name_scope(name, "truncated_normal", [shape, mean, stddev]) as scope:
        return _scaled(TruncatedNormal, shape, mean, stddev, dtype, seed, scope)


# -- ParameterizedTruncatedNormal -----------------------------------------------------------------
ParameterizedTruncatedNormal = op(
    "ParameterizedTruncatedNormal",
    "shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype -> output: dtype",
    kernel_ignores=("T",),
    seed=_SEED,
    seed2=_SEED,
    dtype=FLOATS,
    T=G.INDEX,
    stateful=True,
    random=True,
    host_only=True,
)
ParameterizedTruncatedNormal.no_gradient("TensorFlow defines none")

# Batches that share their parameters are cut into parts of this many values.
_SHARED_BATCH = 100


@ParameterizedTruncatedNormal.shape
def _shape_parameterized_truncated_normal(s, shape, means, stdevs, minvals, maxvals):
    for dims in (means, stdevs, minvals, maxvals):
        _shapes.require_rank_at_most(dims, 1)
    return shape_from_input(s, shape)


def _check_parameters(parameters, batches):
    names = ("means", "stdevs", "minvals", "maxvals")
    for name, value in zip(names, parameters, strict=True):
        if np.ndim(value) > 1:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input {name} should be a scalar or vector, got shape: {_list(value.shape)}",
            )
    if all(np.size(p) == 1 for p in parameters):
        return
    for name, value in zip(names, parameters, strict=True):
        if np.size(value) not in (1, batches) or (not np.size(value) and not batches):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input {name} should have length 1 or shape[0], got shape: {_list(value.shape)}",
            )


@ParameterizedTruncatedNormal.kernel
def _kernel_parameterized_truncated_normal(k, shape, means, stdevs, minvals, maxvals):
    dims = checked_shape(shape)
    if not dims:
        raise errors.InvalidArgumentError(None, None, "Shape tensor must not be empty, got 0")
    if not math.prod(dims):
        return np.zeros(dims, means.dtype)
    parameters = [np.asarray(p) for p in (means, stdevs, minvals, maxvals)]
    batches, n = dims[0], math.prod(dims)
    _check_parameters(parameters, batches)
    samples = n // batches
    if all(p.size == 1 for p in parameters):
        batches, samples = -(-n // _SHARED_BATCH), _SHARED_BATCH
    draw = k.philox(rejection.bounded_normal_steps(batches, samples))
    rows = np.stack([np.broadcast_to(p.reshape(-1), (batches,)) for p in parameters], axis=1)
    parts = []
    for b, (mean, deviation, low, high) in enumerate(rows):
        if not (deviation > 0 and low < high and (np.isfinite(low) or np.isfinite(high))):
            raise errors.InvalidArgumentError(None, None, "Invalid parameters")
        count = min(samples, n - b * samples)
        values, draw = rejection.bounded_normal(draw, count, mean, deviation, low, high)
        parts.append(values)
    return np.concatenate(parts).reshape(dims)


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw normally distributed numbers between two bounds, with parameters for each batch.

    Args:
        shape: Shape of the result: integers, or int32 or int64 vector.
        means: Means before truncation, scalar or `[shape[0]]`, as are the others.
        stddevs: Standard deviations before truncation.
        minvals: Lower bounds.
        maxvals: Upper bounds.
        dtype: float16, bfloat16, float32 or float64.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.

    Returns:
        Tensor `[*shape]` of type `dtype`.
    """
    with name_scope(
        name, "parameterized_truncated_normal", [shape, means, stddevs, minvals, maxvals]
    ):
        shape = shape_tensor(shape)
        named = (("means", means), ("stddevs", stddevs), ("minvals", minvals), ("maxvals", maxvals))
        parameters = [convert_to_tensor(value, dtype=dtype, name=key) for key, value in named]
        result = ParameterizedTruncatedNormal(shape, *parameters, **seed_attrs(seed))
        keep_static_shape(result, shape)
        return result
