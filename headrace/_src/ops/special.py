"""Special functions: error, gamma, beta, zeta and Bessel functions.

The host computes them with SciPy, which JAX requires anyway; both are imported at the first use.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts
from headrace._src.ops._builders import binary, from_input, unary
from headrace._src.ops._late import late
from headrace._src.ops.broadcast_args import stretches


def _library(xp: Any) -> Any:
    if xp is np:
        from scipy import special

        return special
    from jax.scipy import special as jax_special

    return jax_special


def _wide(x: Any) -> Any:
    """Halves as single precision, which is what the libraries know."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def _one(name: str) -> Any:
    def call(xp: Any, x: Any) -> Any:
        return getattr(_library(xp), name)(_wide(x)).astype(x.dtype)

    return call


def _two(name: str) -> Any:
    def call(xp: Any, x: Any, y: Any) -> Any:
        return getattr(_library(xp), name)(x, y).astype(x.dtype)

    return call


# -- Erf, Erfc --------------------------------------------------------------------------------
def _grad_erf_like(sign: float) -> Any:
    def _grad(op, dy):
        x = op.inputs[0]
        slope = late.constant(sign * 2 / np.sqrt(np.pi), dtype=dy.dtype)
        with control_dependencies([dy]):
            x = casts.conj(x)
            return dy * slope * late.exp(-late.square(x))

    return _grad


Erf = unary("Erf", _one("erf"), G.ELEMENTWISE_FLOAT, cost=15, grad=_grad_erf_like(1.0))
Erfc = unary("Erfc", _one("erfc"), G.ELEMENTWISE_FLOAT, cost=15, grad=_grad_erf_like(-1.0))


@export("math.erf", "erf", v2=("math.erf",))
def erf(x: Any, name: str | None = None) -> Tensor:
    """Compute the Gauss error function elementwise.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Erf(x, name=name)


@export("math.erfc", "erfc", v2=("math.erfc",))
def erfc(x: Any, name: str | None = None) -> Tensor:
    """Compute the complementary error function, `1 - erf(x)`.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Erfc(x, name=name)


# -- Lgamma, Digamma --------------------------------------------------------------------------
def _digamma(xp: Any, x: Any) -> Any:
    wide = _wide(x)
    # 1.15 answers infinity at the poles.
    pole = (wide <= 0) & (xp.floor(wide) == wide)
    value = _library(xp).digamma(xp.where(pole, xp.ones_like(wide), wide))
    return xp.where(pole, np.asarray(np.inf, wide.dtype), value).astype(x.dtype)


def _digamma_rule(x: Tensor, dy: Tensor) -> Tensor:
    return dy * polygamma(late.constant(1, dtype=x.dtype), x)


Lgamma = unary(
    "Lgamma",
    _one("gammaln"),
    G.ELEMENTWISE_FLOAT,
    grad=from_input(lambda x, dy: dy * digamma(x)),
)
Digamma = unary("Digamma", _digamma, G.ELEMENTWISE_FLOAT, cost=60, grad=from_input(_digamma_rule))


@export("math.lgamma", "lgamma", v2=("math.lgamma",))
def lgamma(x: Any, name: str | None = None) -> Tensor:
    """Compute the logarithm of the absolute value of the gamma function.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Lgamma(x, name=name)


@export("math.digamma", "digamma", v2=("math.digamma",))
def digamma(x: Any, name: str | None = None) -> Tensor:
    """Compute the derivative of `lgamma`.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return Digamma(x, name=name)


@export("math.lbeta", "lbeta", v2=("math.lbeta",))
def lbeta(x: Any, name: str | None = None) -> Tensor:
    """Compute the logarithm of the multivariate beta function over the last dimension.

    Args:
      x: A floating tensor `[..., n]`.
      name: A name scope.

    Returns:
      A tensor `[...]` of the same dtype.
    """
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        logs = late.reduce_sum(lgamma(x), axis=[-1])
        total = late.reduce_sum(x, axis=[-1])
        return logs - lgamma(total)


# -- Igamma, Igammac and derivatives ----------------------------------------------------------
def _igamma_gradients(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    a, x = op.inputs
    sa, sx = stretches(a, x)
    with control_dependencies([dy]):
        by_a = IgammaGradA(a, x)
        by_x = late.exp(-x + (a - 1) * late.log(x) - lgamma(a))
        ga = sa.undo(by_a * dy)
        return ga, sx.undo(by_x * dy)


def _grad_igammac(op, dy):
    ga, gx = _igamma_gradients(op, dy)
    return -ga, -gx


def _lax(name: str) -> Any:
    def call(xp: Any, x: Any, y: Any) -> Any:
        import jax

        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
        if xp is not np:
            return getattr(jax.lax, name)(xp.broadcast_to(x, shape), xp.broadcast_to(y, shape))
        # The host may be evaluating constants while a segment is being traced.
        with jax.ensure_compile_time_eval(), jax.enable_x64(True):
            full = np.broadcast_to(x, shape), np.broadcast_to(y, shape)
            return np.asarray(getattr(jax.lax, name)(*full))

    return call


_AX = ("a", "x", "z")
Igamma = binary(
    "Igamma", _two("gammainc"), G.FLOAT_DOUBLE, names=_AX, cost=300, grad=_igamma_gradients
)
Igammac = binary("Igammac", _two("gammaincc"), G.FLOAT_DOUBLE, names=_AX, grad=_grad_igammac)
IgammaGradA = binary(
    "IgammaGradA",
    _lax("igamma_grad_a"),
    G.FLOAT_DOUBLE,
    names=_AX,
    undefined_gradient="1.15 has none either.",
)


@export("math.igamma", "igamma", v2=("math.igamma",))
def igamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the lower regularized incomplete gamma function, with broadcasting.

    Args:
      a: A float32 or float64 tensor.
      x: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Igamma(a, x, name=name)


@export("math.igammac", "igammac", v2=("math.igammac",))
def igammac(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the upper regularized incomplete gamma function, with broadcasting.

    Args:
      a: A float32 or float64 tensor.
      x: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Igammac(a, x, name=name)


# -- Betainc ----------------------------------------------------------------------------------
Betainc = op("Betainc", "a: T, b: T, x: T -> z: T", T=G.FLOAT_DOUBLE)


@Betainc.shape
def _shape_betainc(s, a, b, x):
    result: Any = ()
    for dims in (a, b, x):
        if dims is None:
            return None
        if dims != ():
            # Only scalars stretch.
            result = dims if result == () else dims_lib.merge(result, dims)
    return result


@Betainc.kernel
def _kernel_betainc(k, a, b, x):
    return _library(k.np_for(a, b, x)).betainc(a, b, x).astype(x.dtype)


@Betainc.gradient
def _grad_betainc(op, dy):
    a, b, x = op.inputs
    sx = stretches(a, x)[1]
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    by_x = late.exp((b - 1) * late.log(1 - x) + (a - 1) * late.log(x) - log_beta)
    return None, None, sx.undo(by_x * dy)


@export("math.betainc", "betainc", v2=("math.betainc",))
def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the regularized incomplete beta function.

    Args:
      a: A float32 or float64 tensor.
      b: A tensor of the same dtype, of the same shape or a scalar.
      x: A tensor of the same dtype, of the same shape or a scalar.
      name: The node's name.

    Returns:
      A tensor of the same dtype and shape.
    """
    return Betainc(a, b, x, name=name)


# -- Zeta, Polygamma --------------------------------------------------------------------------
def _grad_zeta(op, dy):
    x, q = op.inputs
    sq = stretches(x, q)[1]
    with control_dependencies([dy]):
        x, q = casts.conj(x), casts.conj(q)
        by_q = -x * zeta(x + 1, q)
        return None, sq.undo(by_q * dy)


def _grad_polygamma(op, dy):
    n, x = op.inputs
    sx = stretches(n, x)[1]
    with control_dependencies([dy]):
        n, x = casts.conj(n), casts.conj(x)
        by_x = polygamma(n + 1, x)
        return None, sx.undo(by_x * dy)


Zeta = binary("Zeta", _two("zeta"), G.FLOAT_DOUBLE, names=("x", "q", "z"), grad=_grad_zeta)


def _polygamma(xp: Any, n: Any, x: Any) -> Any:
    library = _library(xp)
    # (-1)^(n+1) n! zeta(n+1, x), and digamma at n = 0.
    sign = xp.where(n % 2 == 0, -1.0, 1.0).astype(x.dtype)
    derivative = sign * xp.exp(library.gammaln(n + 1)) * library.zeta(n + 1, x)
    return xp.where(n == 0, library.digamma(x), derivative).astype(x.dtype)


Polygamma = binary("Polygamma", _polygamma, G.FLOAT_DOUBLE, names=_AX, grad=_grad_polygamma)


@export("math.zeta", "zeta", v2=("math.zeta",))
def zeta(x: Any, q: Any, name: str | None = None) -> Tensor:
    """Compute the Hurwitz zeta function, the sum of `(q + n) ** -x` over `n >= 0`.

    Args:
      x: A float32 or float64 tensor.
      q: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Zeta(x, q, name=name)


@export("math.polygamma", "polygamma", v2=("math.polygamma",))
def polygamma(a: Any, x: Any, name: str | None = None) -> Tensor:
    """Compute the derivative of order `a` of the digamma function.

    Args:
      a: A float32 or float64 tensor of whole numbers.
      x: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A tensor of the same dtype and the broadcast shape.
    """
    return Polygamma(a, x, name=name)


# -- BesselI0e, BesselI1e ---------------------------------------------------------------------
def _grad_bessel_i0e(op, dy):
    x, y = op.inputs[0], op.outputs[0]
    with control_dependencies([dy]):
        slope = bessel_i1e(x) - late.sign(x) * y
        return dy * slope


def _grad_bessel_i1e(op, dy):
    x, y = op.inputs[0], op.outputs[0]
    with control_dependencies([dy]):
        eps = np.finfo(x.dtype.as_numpy_dtype).eps
        zeros = late.zeros_like(x)
        is_large = late.abs(x) > eps
        safe = late.where(is_large, x, eps + zeros)
        first = bessel_i0e(safe)
        slope = first - y * (late.sign(safe) + late.reciprocal(safe))
        slope = late.where(is_large, slope, 0.5 + zeros)
        return dy * slope


BesselI0e = unary("BesselI0e", _one("i0e"), G.ELEMENTWISE_FLOAT, grad=_grad_bessel_i0e)
BesselI1e = unary("BesselI1e", _one("i1e"), G.ELEMENTWISE_FLOAT, grad=_grad_bessel_i1e)


@export("math.bessel_i0e")
def bessel_i0e(x: Any, name: str | None = None) -> Tensor:
    """Compute the scaled modified Bessel function of order 0, `exp(-|x|) * i0(x)`.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return BesselI0e(x, name=name)


@export("math.bessel_i1e")
def bessel_i1e(x: Any, name: str | None = None) -> Tensor:
    """Compute the scaled modified Bessel function of order 1, `exp(-|x|) * i1(x)`.

    Args:
      x: A floating tensor.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    return BesselI1e(x, name=name)


@export("math.bessel_i0")
def bessel_i0(x: Any, name: str | None = None) -> Tensor:
    """Compute the modified Bessel function of order 0.

    Args:
      x: A floating tensor.
      name: A name scope.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "bessel_i0", [x]):
        return late.exp(late.abs(x)) * bessel_i0e(x)


@export("math.bessel_i1")
def bessel_i1(x: Any, name: str | None = None) -> Tensor:
    """Compute the modified Bessel function of order 1.

    Args:
      x: A floating tensor.
      name: A name scope.

    Returns:
      A tensor of the dtype and shape of `x`.
    """
    with name_scope(name, "bessel_i1", [x]):
        return late.exp(late.abs(x)) * bessel_i1e(x)
