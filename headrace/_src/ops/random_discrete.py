"""Random classes and counts, and gamma numbers: Multinomial, RandomPoisson, RandomGamma."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.random_seed import seed_attrs
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.engine import philox_distributions as distributions
from headrace._src.engine import philox_rejection as rejection
from headrace._src.engine import philox_stream as stream
from headrace._src.ops import _shapes
from headrace._src.ops import random_values as values
from headrace._src.ops._late import late

_SEED = A.integer(default=0)

# -- Multinomial ----------------------------------------------------------------------------------
Multinomial = op(
    "Multinomial",
    "logits: T, num_samples: int32 -> output: output_dtype",
    seed=_SEED,
    seed2=_SEED,
    T=G.REAL,
    output_dtype=A.dtype(G.INDEX, default=dtypes.int64),
    stateful=True,
    random=True,
    static=("num_samples",),
)
Multinomial.no_gradient("integers")


@Multinomial.shape
def shape_categorical(s, logits, num_samples):
    batch, _ = _shapes.require_rank(logits, 2)
    _shapes.require_rank(num_samples, 0)
    samples = s.value(1)
    if samples is None:
        return (batch, None)
    if samples < 0:
        raise ValueError(
            f"Dimension size, given by scalar input 1, must be non-negative but is {samples}"
        )
    return (batch, int(samples))


def checked_samples(logits: Any, num_samples: Any) -> int:
    """The number of samples a row.

    Raises:
      InvalidArgumentError: logits are no matrix, or the number is no scalar or negative.
    """
    for name, value, rank, what in (
        ("logits", logits, 2, "matrix"),
        ("num_samples", num_samples, 0, "scalar"),
    ):
        if np.ndim(value) != rank:
            text = ",".join(map(str, np.shape(value)))
            raise errors.InvalidArgumentError(
                None, None, f"{name} should be a {what}, got shape [{text}]"
            )
    if num_samples < 0:
        raise errors.InvalidArgumentError(
            None, None, f"num_samples should be nonnegative, got {num_samples}"
        )
    if logits.shape[1] <= 0:
        raise errors.InvalidArgumentError(
            None, None, f"num_classes should be positive, got {logits.shape[1]}"
        )
    return int(num_samples)


def categories(
    k: Any, draw: Any, logits: Any, samples: int, output_dtype: dtypes.DType, xp: Any
) -> Any:
    """Classes drawn from a stream that `xp` reads, in the output's type."""
    if xp is np and k.np_for(logits) is np:
        found = stream.categorical(draw, logits, samples)
    else:
        found = stream.traced_categorical(draw, k.np.asarray(logits), samples)
    return found.astype(output_dtype.as_numpy_dtype)


@Multinomial.kernel
def _kernel_multinomial(k, logits, num_samples, *, output_dtype):
    samples = checked_samples(logits, num_samples)
    draw = k.philox(stream.categorical_steps(logits.shape[0], samples))
    return categories(k, draw, logits, samples, output_dtype, k.np)


def _categorical(logits, num_samples, dtype, seed):
    logits = convert_to_tensor(logits, name="logits")
    attrs = seed_attrs(seed)
    return Multinomial(logits, num_samples, output_dtype=dtype, **attrs)


@export("random.categorical")
def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw classes with probabilities softmax(logits).

    TensorFlow divides large batches among its threads and starts a part of the stream in each, so
    that its numbers depend on their count; here the draws are always those of one thread.

    Args:
        logits: Real `[batch, classes]`; log-probabilities up to a constant a row. A class whose
            logit is not finite is never drawn.
        num_samples: int32 scalar; draws a row.
        dtype: int32 or int64; int64 when None.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.

    Returns:
        `[batch, num_samples]` of type `dtype`.

    Raises:
        ValueError: static shapes do not fit.
        InvalidArgumentError: at run time, shapes do not fit, or there are no classes.
    """
    with name_scope(name, "categorical", [logits]):
        return _categorical(logits, num_samples, dtype, seed)


@export("random.multinomial", "multinomial", v2=(), deprecated="tf.random.categorical")
def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Draw classes with probabilities softmax(logits); the old name of `tf.random.categorical`.

    Args:
        logits: Real `[batch, classes]`; log-probabilities up to a constant a row.
        num_samples: int32 scalar; draws a row.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.
        output_dtype: int32 or int64; int64 when None.

    Returns:
        `[batch, num_samples]` of type `output_dtype`.
    """
    with name_scope(name, "multinomial", [logits]):
        return _categorical(logits, num_samples, output_dtype, seed)


# -- RandomGamma ----------------------------------------------------------------------------------
RandomGamma = op(
    "RandomGamma",
    "shape: S, alpha: T -> output: T",
    kernel_ignores=("S",),
    seed=_SEED,
    seed2=_SEED,
    S=G.INDEX,
    T=G.HALF_FLOAT_DOUBLE,
    stateful=True,
    random=True,
    host_only=True,
)


@RandomGamma.shape
def _shape_draws_each(s, shape, parameters):
    return dims_lib.concat(values.shape_from_input(s, shape), parameters)


def _draws_each(k: Any, shape: np.ndarray, parameters: Any, sampler: Any) -> np.ndarray:
    """float64 draws `[*shape, *parameters.shape]`."""
    dims = values.checked_shape(shape)
    parameters = np.asarray(parameters)
    samples = math.prod(dims)
    if not samples * parameters.size:
        return np.zeros((*dims, *parameters.shape))
    draw = k.philox(distributions.STEPS_PER_VALUE * samples * parameters.size)
    return sampler(draw, samples, parameters.reshape(-1)).reshape(*dims, *parameters.shape)


@RandomGamma.kernel
def _kernel_random_gamma(k, shape, alpha):
    return _draws_each(k, shape, alpha, rejection.gamma).astype(alpha.dtype)


@RandomGamma.gradient
def _grad_random_gamma(op, dy):
    """Implicit differentiation of the distribution function (Figurnov et al., 2018)."""
    shape, alpha = op.inputs
    with control_dependencies([dy]):
        sample_rank = late.shape(shape)[0]
        ones = late.ones([sample_rank], dtype=dtypes.int32)
        aligned = late.reshape(alpha, late.concat([ones, late.shape(alpha)], axis=0))
        partial = RandomGammaGrad(aligned, op.outputs[0])
        return None, late.reduce_sum(dy * partial, axis=late.range(sample_rank))


# -- RandomGammaGrad ------------------------------------------------------------------------------
RandomGammaGrad = op(
    "RandomGammaGrad",
    "alpha: T, sample: T -> output: T",
    T=G.FLOAT_DOUBLE,
    shape=_shapes.broadcast,
)
RandomGammaGrad.no_gradient("TensorFlow defines none", undefined=True)


@RandomGammaGrad.xla_kernel
def _lower_random_gamma_grad(k, alpha, sample):
    return k.lax.random_gamma_grad(*k.np.broadcast_arrays(alpha, sample))


@RandomGammaGrad.host_kernel
def _kernel_random_gamma_grad(k, alpha, sample):
    import jax
    from jax import lax

    alpha, sample = np.broadcast_arrays(alpha, sample)
    with jax.enable_x64(True):
        return np.asarray(lax.random_gamma_grad(alpha, sample))


@export("random.gamma", "random_gamma", v2=("random.gamma",))
def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw gamma distributed numbers, `shape` of them for each pair of parameters.

    The density is proportional to x^(alpha - 1) exp(-beta x). Draws are differentiable in both
    parameters.

    Args:
        shape: int32 vector; draws for each pair.
        alpha: Shape parameters of type `dtype`.
        beta: Rates of type `dtype`, broadcast against `alpha`; 1 when None.
        dtype: float16, float32 or float64.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.

    Returns:
        Tensor `[*shape, *broadcast(alpha, beta)]` of type `dtype`; at least its smallest normal
        number.
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        broadcast = alpha + late.zeros_like(beta)
        attrs = seed_attrs(seed)
        smallest = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        result = late.maximum(smallest, RandomGamma(shape, broadcast, **attrs) / beta)
        values.keep_static_shape(result, shape, broadcast.dims)
        return result


# -- RandomPoissonV2 ------------------------------------------------------------------------------
_POISSON = (dtypes.float16, dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64)
RandomPoissonV2 = op(
    "RandomPoissonV2",
    "shape: S, rate: R -> output: dtype",
    kernel_ignores=("S",),
    seed=_SEED,
    seed2=_SEED,
    S=G.INDEX,
    R=A.dtype(_POISSON, default=dtypes.float64),
    dtype=A.dtype(_POISSON, default=dtypes.int64),
    stateful=True,
    random=True,
    host_only=True,
    shape=_shape_draws_each,
)
RandomPoissonV2.no_gradient("TensorFlow defines none", undefined=True)


@RandomPoissonV2.kernel
def _kernel_random_poisson_v2(k, shape, rate, *, dtype):
    with np.errstate(invalid="ignore"):
        return _draws_each(k, shape, rate, rejection.poisson).astype(dtype.as_numpy_dtype)


@export(v2=("random.poisson",))
def random_poisson_v2(
    shape: Any,
    lam: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw Poisson distributed counts, `shape` of them for each rate.

    Args:
        shape: int32 vector; draws for each rate.
        lam: Rates: float16, float32, float64, int32 or int64.
        dtype: One of the same types.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.

    Returns:
        Tensor `[*shape, *lam.shape]` of type `dtype`.
    """
    with name_scope(name, "random_poisson", [lam, shape]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        attrs = seed_attrs(seed)
        result = RandomPoissonV2(shape, lam, dtype=dtype, **attrs)
        if result.op.graph.executes:
            return result
        rate_dims: Dims = result.op.inputs[1].dims
        values.keep_static_shape(result, shape, rate_dims)
        return result


@export("random.poisson", "random_poisson", v2=())
def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Draw Poisson distributed counts, `shape` of them for each rate.

    Args:
        lam: Rates: float16, float32, float64, int32 or int64.
        shape: int32 vector; draws for each rate.
        dtype: One of the same types.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the scope.

    Returns:
        Tensor `[*shape, *lam.shape]` of type `dtype`.
    """
    return random_poisson_v2(shape, lam, dtype, seed, name)
