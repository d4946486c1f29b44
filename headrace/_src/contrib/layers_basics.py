"""`tf.contrib.layers`: initializers and regularizers."""

from __future__ import annotations

import logging
import math
import numbers
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_collection, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope
from headrace._src.ops import constant
from headrace._src.ops._late import late

_LOG = logging.getLogger("headrace")


# -- Initializers ---------------------------------------------------------------------------------
@export("contrib.layers.xavier_initializer", "contrib.layers.xavier_initializer_conv2d",
        "contrib.slim.xavier_initializer", "contrib.slim.xavier_initializer_conv2d",
        "contrib.slim.initializers.xavier_initializer",
        "contrib.slim.initializers.xavier_initializer_conv2d", v2=())  # fmt: skip
def xavier_initializer(uniform: bool = True, seed: Any = None, dtype: Any = dtypes.float32) -> Any:
    """Make the initializer with variance `2 / (fan_in + fan_out)` (Glorot and Bengio, 2010).

    Args:
      uniform: whether to draw uniformly rather than from a truncated normal.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements.

    Returns:
      Function of shape and dtype.

    Raises:
      TypeError: `dtype` is not a floating type.
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


@export("contrib.layers.variance_scaling_initializer",
        "contrib.slim.variance_scaling_initializer",
        "contrib.slim.initializers.variance_scaling_initializer", v2=())  # fmt: skip
def variance_scaling_initializer(
    factor: Any = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: Any = None,
    dtype: Any = dtypes.float32,
) -> Any:
    """Make the initializer with variance `factor / n`.

    Args:
      factor: number to multiply by.
      mode: what n is: `"FAN_IN"` inputs, `"FAN_OUT"` outputs, or `"FAN_AVG"`, their mean.
      uniform: whether to draw uniformly rather than from a truncated normal.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements.

    Returns:
      Function of shape and dtype.

    Raises:
      TypeError: `dtype` is not a floating type, or an unknown mode.
    """
    _check_floating(dtype)
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError("Unknown mode %s [FAN_IN, FAN_OUT, FAN_AVG]", mode)

    def initializer(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Any:
        _check_floating(dtype)
        inputs, outputs = _fans(shape)
        n = {"FAN_IN": inputs, "FAN_OUT": outputs, "FAN_AVG": (inputs + outputs) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return late.random_uniform(shape, -limit, limit, dtype, seed=seed)
        # Cutting the normal off at two deviations loses variance, which the 1.3 makes up for.
        return late.truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return initializer


def _check_floating(dtype: Any) -> None:
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")


def _fans(shape: Any) -> tuple[float, float]:
    if not shape:
        return 1.0, 1.0
    sizes = [float(d) for d in shape]
    field = math.prod(sizes[:-2])
    return (sizes[-2] if len(sizes) > 1 else sizes[-1]) * field, sizes[-1] * field


# -- Regularizers ---------------------------------------------------------------------------------
def _check_scale(scale: Any, label: str = "scale") -> bool:
    """Whether the regularizer does anything."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{label} cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real):
        if scale < 0.0:
            raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
        if scale == 0.0:
            _LOG.info("Scale of 0 disables regularizer.")
            return False
    return True


def _nothing(_: Any) -> None:
    return None


@export("contrib.layers.l1_regularizer", "contrib.slim.l1_regularizer",
        "contrib.slim.regularizers.l1_regularizer", v2=())  # fmt: skip
def l1_regularizer(scale: Any, scope: str | None = None) -> Any:
    """Make the regularizer `scale * sum(abs(weights))`.

    Args:
      scale: float or scalar tensor; 0.0 disables it.
      scope: name of its scope.

    Returns:
      Function of the weights.

    Raises:
      ValueError: `scale` is negative or an integer.
    """
    if not _check_scale(scale):
        return _nothing

    def l1(weights: Any, name: str | None = None) -> Any:
        with name_scope(scope, "l1_regularizer", [weights]) as name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return late.multiply(factor, late.reduce_sum(late.abs(weights)), name=name)

    return l1


@export("contrib.layers.l2_regularizer", "contrib.slim.l2_regularizer",
        "contrib.slim.regularizers.l2_regularizer", v2=())  # fmt: skip
def l2_regularizer(scale: Any, scope: str | None = None) -> Any:
    """Make the regularizer `scale * sum(weights ** 2) / 2`.

    Args:
      scale: float or scalar tensor; 0.0 disables it.
      scope: name of its scope.

    Returns:
      Function of the weights.

    Raises:
      ValueError: `scale` is negative or an integer.
    """
    if not _check_scale(scale):
        return _nothing

    def l2(weights: Any) -> Any:
        with name_scope(scope, "l2_regularizer", [weights]) as name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return late.multiply(factor, getattr(late, "nn.l2_loss")(weights), name=name)

    return l2


@export("contrib.layers.l1_l2_regularizer", "contrib.slim.l1_l2_regularizer",
        "contrib.slim.regularizers.l1_l2_regularizer", v2=())  # fmt: skip
def l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None) -> Any:
    """Make the sum of an L1 and an L2 regularizer.

    Args:
      scale_l1: float or scalar tensor.
      scale_l2: float or scalar tensor.
      scope: name of its scope.

    Returns:
      Function of the weights.

    Raises:
      ValueError: a scale is negative or an integer.
    """
    for label, scale in (("scale_l1", scale_l1), ("scale_l2", scale_l2)):
        if isinstance(scale, numbers.Integral):
            raise ValueError(f"{label} cannot be an integer: {scale}")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope)


@export("contrib.layers.sum_regularizer", "contrib.slim.sum_regularizer",
        "contrib.slim.regularizers.sum_regularizer", v2=())  # fmt: skip
def sum_regularizer(regularizer_list: Any, scope: str | None = None) -> Any:
    """Make the sum of regularizers.

    Args:
      regularizer_list: regularizers; None is left out.
      scope: name of its scope.

    Returns:
      Function of the weights, or None when there are no regularizers.
    """
    regularizers = [r for r in regularizer_list if r is not None]
    if not regularizers:
        return None

    def sum_reg(weights: Any) -> Any:
        with name_scope(scope, "sum_regularizer", [weights]) as name:
            losses = [r(weights) for r in regularizers]
            losses = [loss for loss in losses if loss is not None]
            return late.add_n(losses, name=name) if losses else None

    return sum_reg


@export("contrib.layers.apply_regularization", "contrib.slim.apply_regularization",
        "contrib.slim.regularizers.apply_regularization", v2=())  # fmt: skip
def apply_regularization(regularizer: Any, weights_list: Any = None) -> Any:
    """Add up a regularizer over weights; the sum joins `GraphKeys.REGULARIZATION_LOSSES`.

    Args:
      regularizer: function of the weights.
      weights_list: list of tensors or variables; `GraphKeys.WEIGHTS` by default.

    Returns:
      Scalar tensor.

    Raises:
      ValueError: no weights, or a result that is no scalar.
    """
    weights_list = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(w) for w in weights_list]
        penalties = [constant.constant(0.0) if p is None else p for p in penalties]
        for p in penalties:
            if p.get_shape().ndims != 0:
                raise ValueError(
                    "regularizer must return a scalar Tensor instead of a Tensor with rank "
                    f"{p.get_shape().ndims}."
                )
        total = late.add_n(penalties, name=scope)
        get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
