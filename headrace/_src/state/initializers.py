"""Initializers: functions of shape and dtype that make the initial values of variables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.shape import TensorShape
from headrace._src.ops import constant as constant_ops
from headrace._src.ops._late import late

# The standard deviation of a unit normal distribution cut off at two of them.
_TRUNCATED_STDDEV = 0.87962566103423978


def _float_dtype(dtype: Any) -> dtypes.DType:
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Expected floating point type, got {dtype}.")
    return dtype


def _fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs and outputs a unit has, for a weight of this shape."""
    sizes = [int(d) for d in shape]
    if len(sizes) < 2:
        only = sizes[0] if sizes else 1
        return only, only
    field = math.prod(sizes[:-2])
    return sizes[-2] * field, sizes[-1] * field


class Initializer:
    """The base of initializers: a callable with a configuration."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        """Make the initial value.

        Args:
          shape: shape of the variable, or of its part.
          dtype: type of the elements; the initializer's own by default.
          partition_info: where the part lies in a partitioned variable.

        Returns:
          Tensor.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal initializer, a dict for JSON."""
        return {}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        """Make the initializer whose `get_config` returned `config`."""
        return cls(**config)


@export("initializers.zeros", "zeros_initializer", "keras.initializers.Zeros",
        "keras.initializers.zeros", v2=())  # fmt: skip
class Zeros(Initializer):
    """Fills with zeros.

    Args:
      dtype: type of the elements when the call gives none.
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return constant_ops.zeros(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


@export("initializers.ones", "ones_initializer", "keras.initializers.Ones",
        "keras.initializers.ones", v2=())  # fmt: skip
class Ones(Initializer):
    """Fills with ones.

    Args:
      dtype: type of the elements when the call gives none.
    """

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return constant_ops.ones(shape, self.dtype if dtype is None else dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


@export("initializers.constant", "constant_initializer", "keras.initializers.Constant",
        "keras.initializers.constant", v2=())  # fmt: skip
class Constant(Initializer):
    """Fills with given values; where there are too few, the last one is repeated.

    Args:
      value: a scalar, list, tuple or array.
      dtype: type of the elements when the call gives none.
      verify_shape: whether `value` must have exactly the shape asked for.

    Raises:
      TypeError: `value` is of another type.
    """

    def __init__(
        self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False
    ) -> None:
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value
        self.dtype = dtypes.as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: Any = None, verify_shape: Any = None
    ) -> Any:
        return constant_ops.constant(
            self.value,
            dtype=self.dtype if dtype is None else dtype,
            shape=shape,
            verify_shape=self._verify_shape if verify_shape is None else verify_shape,
        )

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value, "dtype": self.dtype.name}


@export("initializers.random_uniform", "random_uniform_initializer", v2=())
class RandomUniform(Initializer):
    """Draws from the uniform distribution over `[minval, maxval)`.

    Args:
      minval: lower bound, a number or scalar tensor.
      maxval: upper bound; 1 for floats by default.
      seed: int, see `tf.set_random_seed`.
      dtype: type of the elements when the call gives none.
    """

    def __init__(
        self, minval: Any = 0, maxval: Any = None, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        return late.random_uniform(shape, self.minval, self.maxval, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            "minval": self.minval,
            "maxval": self.maxval,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class _Normal(Initializer):
    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "stddev": self.stddev,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


@export("initializers.random_normal", "random_normal_initializer", v2=())
class RandomNormal(_Normal):
    """Draws from a normal distribution.

    Args:
      mean: mean, a number or scalar tensor.
      stddev: standard deviation.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type.
    """

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        return late.random_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


@export("initializers.truncated_normal", "truncated_normal_initializer", v2=())
class TruncatedNormal(_Normal):
    """Draws from a normal distribution cut off two standard deviations from its mean.

    Args:
      mean: mean, a number or scalar tensor.
      stddev: standard deviation before the cut.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type.
    """

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean, stddev, seed, dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        return late.truncated_normal(shape, self.mean, self.stddev, dtype, seed=self.seed)


@export("initializers.uniform_unit_scaling", "uniform_unit_scaling_initializer", v2=(),
        deprecated="tf.initializers.variance_scaling")  # fmt: skip
class UniformUnitScaling(Initializer):
    """Draws uniformly so that the scale of inputs is kept: `±factor · sqrt(3 / fan_in)`.

    Args:
      factor: number to multiply by.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type.
    """

    def __init__(self, factor: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = max(math.prod(float(d) for d in whole[:-1]), 1.0)
        bound = math.sqrt(3 / inputs) * self.factor
        return late.random_uniform(shape, -bound, bound, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


@export("initializers.variance_scaling", "variance_scaling_initializer",
        "keras.initializers.VarianceScaling", v2=())  # fmt: skip
class VarianceScaling(Initializer):
    """Draws with variance `scale / n`, n the number of inputs, outputs, or their mean.

    Args:
      scale: positive number.
      mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`.
      distribution: `"truncated_normal"` (also called `"normal"`), `"untruncated_normal"` or
        `"uniform"`.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: an argument is not one of these.
    """

    def __init__(
        self,
        scale: Any = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        fan_in, fan_out = _fans(shape if partition_info is None else partition_info.full_shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return late.random_uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return late.random_normal(shape, 0.0, math.sqrt(scale), dtype, seed=self.seed)
        stddev = math.sqrt(scale) / _TRUNCATED_STDDEV
        return late.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


@export("glorot_uniform_initializer", "initializers.glorot_uniform",
        "keras.initializers.glorot_uniform", v2=())  # fmt: skip
class GlorotUniform(VarianceScaling):
    """Draws uniformly from `±sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).

    Args:
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(scale=1.0, mode="fan_avg", distribution="uniform", seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


@export("glorot_normal_initializer", "initializers.glorot_normal",
        "keras.initializers.glorot_normal", v2=())  # fmt: skip
class GlorotNormal(VarianceScaling):
    """Draws from a truncated normal with deviation `sqrt(2 / (fan_in + fan_out))`.

    The method is that of Glorot and Bengio (2010).

    Args:
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(scale=1.0, mode="fan_avg", distribution="truncated_normal", seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


@export("initializers.lecun_normal", "keras.initializers.lecun_normal", v2=())
def lecun_normal(seed: Any = None) -> Any:
    """Make the initializer with deviation `sqrt(1 / fan_in)`, truncated normal (LeCun, 1998).

    Args:
      seed: int, see `tf.set_random_seed`.

    Returns:
      An initializer.
    """
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


@export("initializers.lecun_uniform", "keras.initializers.lecun_uniform", v2=())
def lecun_uniform(seed: Any = None) -> Any:
    """Make the initializer over `±sqrt(3 / fan_in)`, uniform (LeCun, 1998).

    Args:
      seed: int, see `tf.set_random_seed`.

    Returns:
      An initializer.
    """
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


@export("initializers.he_normal", "keras.initializers.he_normal", v2=())
def he_normal(seed: Any = None) -> Any:
    """Make the initializer with deviation `sqrt(2 / fan_in)`, truncated normal (He et al., 2015).

    Args:
      seed: int, see `tf.set_random_seed`.

    Returns:
      An initializer.
    """
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


@export("initializers.he_uniform", "keras.initializers.he_uniform", v2=())
def he_uniform(seed: Any = None) -> Any:
    """Make the initializer over `±sqrt(6 / fan_in)`, uniform (He et al., 2015).

    Args:
      seed: int, see `tf.set_random_seed`.

    Returns:
      An initializer.
    """
    return VarianceScaling(2.0, "fan_in", "uniform", seed)


@export("initializers.identity", "keras.initializers.Identity", "keras.initializers.identity",
        v2=())  # fmt: skip
class Identity(Initializer):
    """Fills a matrix with the identity times `gain`.

    Args:
      gain: number to multiply by.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type; or, when called, the shape is not of rank 2.
    """

    def __init__(self, gain: Any = 1.0, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = _float_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        whole = shape if partition_info is None else partition_info.full_shape
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        if isinstance(whole, TensorShape):
            whole = whole.as_list()
        made = late.eye(*whole, dtype=self.dtype if dtype is None else dtype)
        if partition_info is not None:
            made = late.slice(made, partition_info.var_offset, shape)
        return self.gain * made

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "dtype": self.dtype.name}
