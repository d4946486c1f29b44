"""Learning rates that fall with the number of steps.

Each function is a formula over the global step, in a name scope of its own; `t` is the step and `T`
`decay_steps` below.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, scopes
from headrace._src.core.convert import convert_n_to_tensor, convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.tensor import Tensor
from headrace._src.ops import casts, conditional, constant, debugging, math_binary
from headrace._src.ops._eager_assertions import described
from headrace._src.ops._late import late


def _evaluated_later(decay: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a decay give, in eager execution, the function that computes the present rate."""

    @functools.wraps(decay)
    def decided(*args: Any, **kwargs: Any) -> Any:
        if get_default_graph().executes:
            return functools.partial(decay, *args, **kwargs)
        return decay(*args, **kwargs)

    return decided


@contextmanager
def _schedule(
    name: str | None, default_name: str, learning_rate: Any
) -> Iterator[tuple[str, Tensor, Callable[[Any], Any]]]:
    """Opens the scope; gives its name, the rate as a tensor, and a cast to the rate's dtype."""
    with scopes.name_scope(name or default_name) as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        yield scope, rate, functools.partial(casts.cast, dtype=rate.dtype)


# -- Exponential and inverse -----------------------------------------------------------------------
def _exponential(
    learning_rate: Any, step: Any, decay_steps: Any, decay_rate: Any, staircase: bool, name: Any
) -> Tensor:
    with _schedule(name, "ExponentialDecay", learning_rate) as (scope, rate, cast):
        decay_steps, decay_rate = cast(decay_steps), cast(decay_rate)
        power = cast(step) / decay_steps
        if staircase:
            power = late.floor(power)
        return math_binary.multiply(rate, late.pow(decay_rate, power), name=scope)


@export("train.exponential_decay", v2=())
@_evaluated_later
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Decay exponentially: `learning_rate * decay_rate ** (t / T)`.

    Args:
      learning_rate: float or scalar tensor, the rate at step 0.
      global_step: scalar integer tensor or variable.
      decay_steps: number of steps for one factor `decay_rate`.
      decay_rate: the factor.
      staircase: whether to round `t / T` down.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.

    Raises:
      ValueError: (build) there is no step.
    """
    return _exponential(learning_rate, global_step, decay_steps, decay_rate, staircase, name)


@export("train.natural_exp_decay", v2=())
@_evaluated_later
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Decay exponentially: `learning_rate * exp(-decay_rate * t / T)`.

    The arguments are those of `tf.train.exponential_decay`.
    """
    factor = late.exp(late.negative(decay_rate))
    return _exponential(learning_rate, global_step, decay_steps, factor, staircase, name)


@export("train.inverse_time_decay", v2=())
@_evaluated_later
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """Decay inversely: `learning_rate / (1 + decay_rate * t / T)`.

    The arguments are those of `tf.train.exponential_decay`.
    """
    with _schedule(name, "InverseTimeDecay", learning_rate) as (scope, rate, cast):
        decay_steps, decay_rate = cast(decay_steps), cast(decay_rate)
        part = cast(global_step) / decay_steps
        if staircase:
            part = late.floor(part)
        one = cast(constant.constant(1))
        divisor = math_binary.add(one, math_binary.multiply(decay_rate, part))
        return math_binary.divide(rate, divisor, name=scope)  # type: ignore[no-any-return]


# -- Polynomial ------------------------------------------------------------------------------------
@export("train.polynomial_decay", v2=())
@_evaluated_later
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """Decay polynomially: `(learning_rate - end) * (1 - min(t, T) / T) ** power + end`.

    Args:
      learning_rate: float or scalar tensor, the rate at step 0.
      global_step: scalar integer tensor or variable.
      decay_steps: number of steps until the rate is `end_learning_rate`.
      end_learning_rate: the last rate.
      power: the exponent.
      cycle: whether T becomes the next multiple of itself instead when t is beyond it.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.
    """
    with _schedule(name, "PolynomialDecay", learning_rate) as (scope, rate, cast):
        end, exponent = cast(end_learning_rate), cast(power)
        step, span = cast(global_step), cast(decay_steps)
        if cycle:
            # The first cycle starts at step 0, where the quotient is 0 rather than 1.
            now = step
            times = late.cond(
                late.equal(step, 0), lambda: 1.0, lambda: late.ceil(now / decay_steps)
            )
            span = math_binary.multiply(span, times)
        else:
            step = late.minimum(step, decay_steps)
        done = math_binary.divide(step, span)
        fall = math_binary.multiply(rate - end, late.pow(1 - done, exponent))
        return math_binary.add(fall, end, name=scope)


# -- Piecewise -------------------------------------------------------------------------------------
@export("train.piecewise_constant_decay", "train.piecewise_constant", v2=())
def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Tensor:
    """Choose a value by the interval that `x` is in.

    The result is `values[i]` for `boundaries[i-1] < x <= boundaries[i]`.

    Args:
      x: scalar tensor or variable.
      boundaries: rising list of numbers or tensors of the dtype of x (int32 for an int64 x will
        do).
      values: list of one more numbers or tensors than `boundaries`, of one dtype.
      name: name of the scope.

    Returns:
      Scalar tensor of the dtype of the values.

    Raises:
      ValueError: (build) dtypes differ, or the numbers of boundaries and values do not fit.
    """
    boundaries, values = _checked_pieces(x, boundaries, values)
    return _piecewise(x, boundaries, values, name)  # type: ignore[no-any-return]


def _checked_pieces(x: Any, boundaries: Any, values: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Boundaries and values as tensors that fit x, and each other."""
    boundaries = list(convert_n_to_tensor(boundaries))
    values = list(convert_n_to_tensor(values))
    present = convert_to_tensor(x)
    dtype = present.dtype.base_dtype
    for i, b in enumerate(boundaries):
        if b.dtype.base_dtype == dtype:
            continue
        if b.dtype.base_dtype != dtypes.int32 or dtype != dtypes.int64:
            raise ValueError(
                f"Boundaries ({b.dtype.base_dtype}) must have the same dtype as x ({dtype})."
            )
        boundaries[i] = casts.cast(b, dtype)
    for v in values[1:]:
        if v.dtype.base_dtype != values[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({values[0].dtype.base_dtype} vs {v.dtype.base_dtype})."
            )
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    return boundaries, values


@_evaluated_later
def _piecewise(x: Any, boundaries: list[Tensor], values: list[Tensor], name: Any) -> Tensor:
    with scopes.name_scope(name or "PiecewiseConstant"):
        step = convert_to_tensor(x)
        choices = [(step <= boundaries[0], values[0]), (step > boundaries[-1], values[-1])]
        for low, high, v in zip(boundaries[:-1], boundaries[1:], values[1:-1], strict=True):
            choices.append(((step > low) & (step <= high), v))
        chosen = _choose(choices, values[0])
    return chosen


def _choose(choices: list[tuple[Tensor, Tensor]], default: Tensor) -> Tensor:
    """The value whose condition holds, at most one; nested conditions in the scope `case`."""
    conditions = [condition for condition, _ in choices]
    with scopes.name_scope("case", "case", [conditions]):
        choice: Callable[[], Any] = lambda: default  # noqa: E731
        for condition, value in reversed(choices):
            choice = functools.partial(
                conditional.cond,
                condition,
                true_fn=functools.partial(_just, value),
                false_fn=choice,
                strict=False,
            )
        with scopes.control_dependencies([_at_most_one(conditions)]):
            chosen: Tensor = choice()
    return chosen


def _just(value: Tensor) -> Tensor:
    return value


def _at_most_one(conditions: list[Tensor]) -> Any:
    stacked = late.stack(conditions, name="preds_c")
    count = late.reduce_sum(casts.cast(stacked, dtypes.int32), name="num_true_conds")
    holds = late.less_equal(count, constant.constant(1, name="n_true_conds"))
    names = ", ".join(map(described, conditions))
    message = f"Input error: exclusive=True: more than 1 conditions ({names}) evaluated as True:"
    return debugging.assert_(holds, [message, stacked], summarize=len(conditions))


# -- Cosine ----------------------------------------------------------------------------------------
def _half_wave(fraction: Any) -> Any:
    """`1 + cos(pi * fraction)`."""
    return 1.0 + late.cos(constant.constant(math.pi) * fraction)


@export("train.cosine_decay", v2=())
@_evaluated_later
def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Decay along half a period of a cosine.

    `learning_rate * ((1 - alpha) * (1 + cos(pi * min(t, T) / T)) / 2 + alpha)`.

    Args:
      learning_rate: float or scalar tensor, the rate at step 0.
      global_step: scalar integer tensor or variable.
      decay_steps: number of steps of the fall.
      alpha: the last rate as a part of the first.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.

    Source: Loshchilov and Hutter, 2017.
    """
    with _schedule(name, "CosineDecay", learning_rate) as (_, rate, cast):
        span = cast(decay_steps)
        done = late.minimum(cast(global_step), span) / span
        wave = 0.5 * _half_wave(done)
        return math_binary.multiply(rate, (1 - alpha) * wave + alpha)


@export("train.cosine_decay_restarts", v2=())
@_evaluated_later
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """Decay along a cosine again and again, each time slower; see `tf.train.cosine_decay`.

    Args:
      learning_rate: float or scalar tensor, the rate at step 0.
      global_step: scalar integer tensor or variable.
      first_decay_steps: number of steps of the first fall.
      t_mul: factor of the number of steps at each restart.
      m_mul: factor of the rate at each restart.
      alpha: the last rate as a part of the first.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.

    Source: Loshchilov and Hutter, 2017.
    """
    with _schedule(name, "SGDRDecay", learning_rate) as (scope, rate, cast):
        span, alpha, longer, lower = (cast(v) for v in (first_decay_steps, alpha, t_mul, m_mul))
        done = cast(global_step) / span

        def equal_falls() -> tuple[Any, Any]:
            restarts = late.floor(done)
            return restarts, done - restarts

        def longer_falls() -> tuple[Any, Any]:
            total = late.log(1.0 - done * (1.0 - longer))
            restarts = late.floor(total / late.log(longer))
            before = (1.0 - longer**restarts) / (1.0 - longer)
            return restarts, (done - before) / longer**restarts

        restarts, fraction = late.cond(late.equal(longer, 1.0), equal_falls, longer_falls)
        wave = 0.5 * lower**restarts * _half_wave(fraction)
        return math_binary.multiply(rate, (1 - alpha) * wave + alpha, name=scope)


@export("train.linear_cosine_decay", v2=())
@_evaluated_later
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """Decay linearly, times a cosine.

    `learning_rate * ((alpha + 1 - t/T) * (1 + cos(2 pi num_periods t/T)) / 2 + beta)`.

    Args:
      learning_rate: float or scalar tensor.
      global_step: scalar integer tensor or variable; no more than `decay_steps` counts.
      decay_steps: number of steps T of the fall.
      num_periods: number of periods of the cosine.
      alpha: added to the linear part.
      beta: added to the product.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.

    Source: Bello et al., 2017.
    """
    with _schedule(name, "LinearCosineDecay", learning_rate) as (scope, rate, cast):
        span, periods, alpha, beta = (cast(v) for v in (decay_steps, num_periods, alpha, beta))
        step = late.minimum(cast(global_step), span)
        linear = (span - step) / span
        wave = _waves(step, span, periods)
        return math_binary.multiply(rate, (alpha + linear) * wave + beta, name=scope)


def _waves(step: Any, span: Any, periods: Any) -> Any:
    done = step / span
    return 0.5 * _half_wave(2.0 * periods * done)


@export("train.noisy_linear_cosine_decay", v2=())
@_evaluated_later
def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """Decay linearly with noise, times a cosine; see `tf.train.linear_cosine_decay`.

    The noise added to the linear part has variance `initial_variance / (1 + t) ** variance_decay`.

    Args:
      learning_rate: float or scalar tensor.
      global_step: scalar integer tensor or variable; no more than `decay_steps` counts.
      decay_steps: number of steps T of the fall.
      initial_variance: variance of the noise at step 0.
      variance_decay: exponent of its decay.
      num_periods: number of periods of the cosine.
      alpha: added to the linear part.
      beta: added to the product.
      name: name of the scope.

    Returns:
      Scalar tensor of the rate's dtype.

    Source: Bello et al., 2017.
    """
    with _schedule(name, "NoisyLinearCosineDecay", learning_rate) as (scope, rate, cast):
        given = (decay_steps, initial_variance, variance_decay, num_periods, alpha, beta)
        span, variance, decay, periods, alpha, beta = (cast(v) for v in given)
        step = late.minimum(cast(global_step), span)
        linear = (span - step) / span
        deviation = late.sqrt(variance / late.pow(1.0 + step, decay))
        noisy = linear + late.random_normal(linear.shape, stddev=deviation)
        wave = _waves(step, span, periods)
        return math_binary.multiply(rate, (alpha + noisy) * wave + beta, name=scope)
