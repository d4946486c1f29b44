"""compat.v2: initializers, which take the dtype at the call; seeds give equal values every time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import random_stateless, random_values
from headrace._src.ops._late import late
from headrace._src.state.initializers import _TRUNCATED_STDDEV, _fans, _float_dtype


def _names(*own: str, root: str | None = None) -> tuple[str, ...]:
    spaces = [
        f"{space}{name}" for space in ("initializers.", "keras.initializers.") for name in own
    ]
    return (*([] if root is None else [root]), *spaces)


def _numeric(dtype: Any) -> dtypes.DType:
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_floating or dtype.is_integer or dtype.is_complex or dtype.is_bool):
        raise ValueError(f"Expected numeric or boolean dtype, got {dtype}.")
    return dtype


class _Random:
    """Draws that are the same at every call where there is a seed."""

    def __init__(self, seed: Any) -> None:
        self._seed = None if seed is None else [seed, 0]

    def normal(self, shape: Any, mean: Any, stddev: Any, dtype: Any) -> Any:
        stateless = random_stateless.stateless_random_normal
        draw = random_values.random_normal if self._seed is None else stateless
        return draw(shape=shape, mean=mean, stddev=stddev, dtype=dtype, seed=self._seed)

    def truncated(self, shape: Any, mean: Any, stddev: Any, dtype: Any) -> Any:
        stateless = random_stateless.stateless_truncated_normal
        draw = random_values.truncated_normal if self._seed is None else stateless
        return draw(shape=shape, mean=mean, stddev=stddev, dtype=dtype, seed=self._seed)

    def uniform(self, shape: Any, minval: Any, maxval: Any, dtype: Any) -> Any:
        stateless = random_stateless.stateless_random_uniform
        draw = random_values.random_uniform if self._seed is None else stateless
        return draw(shape=shape, minval=minval, maxval=maxval, dtype=dtype, seed=self._seed)


@export(v2=_names("Initializer"))
class InitializerV2:
    """The base of initializers: a callable with a configuration."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Makes the initial value.

        Args:
          shape: the shape.
          dtype: the dtype.

        Returns:
          Tensor.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make an equal initializer, a dict for JSON."""
        return {}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        """Makes the initializer whose `get_config` returned `config`."""
        config.pop("dtype", None)
        return cls(**config)


@export(v2=_names("Zeros", "zeros", root="zeros_initializer"))
class ZerosV2(InitializerV2):
    """Fills with zeros."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        return constant_ops.zeros(shape, _numeric(dtype))


@export(v2=_names("Ones", "ones", root="ones_initializer"))
class OnesV2(InitializerV2):
    """Fills with ones."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        return constant_ops.ones(shape, _numeric(dtype))


@export(v2=_names("Constant", "constant", root="constant_initializer"))
class ConstantV2(InitializerV2):
    """Fills with a value.

    Args:
      value: a number, or as many as the shape takes.

    Raises:
      TypeError: it is something else.
    """

    def __init__(self, value: Any = 0) -> None:
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or "
                "tuple of values, or numpy.ndarray)."
            )
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return constant_ops.constant(self.value, dtype, shape)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


@export(v2=_names("RandomUniform", root="random_uniform_initializer"))
class RandomUniformV2(InitializerV2):
    """Draws uniformly from a range.

    Args:
      minval: the lower end.
      maxval: the upper end, excluded.
      seed: for equal values at every call.
    """

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self._random = _Random(seed)

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        dtype = dtypes.as_dtype(dtype)
        if not (dtype.is_floating or dtype.is_integer):
            raise ValueError(f"Expected float or integer dtype, got {dtype}.")
        return self._random.uniform(shape, self.minval, self.maxval, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


class _NormalV2(InitializerV2):
    """Draws from a normal distribution.

    Args:
      mean: its mean.
      stddev: its standard deviation.
      seed: for equal values at every call.
    """

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self._random = _Random(seed)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}


@export(v2=_names("RandomNormal", root="random_normal_initializer"))
class RandomNormalV2(_NormalV2):
    """Draws from a normal distribution; see `tf.random_normal_initializer`."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        return self._random.normal(shape, self.mean, self.stddev, _float_dtype(dtype))


@export(v2=_names("TruncatedNormal"))
class TruncatedNormalV2(_NormalV2):
    """Draws from a normal distribution cut off at two standard deviations."""

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        return self._random.truncated(shape, self.mean, self.stddev, _float_dtype(dtype))


@export(v2=_names("VarianceScaling"))
class VarianceScalingV2(InitializerV2):
    """Draws with a variance that follows from the shape of a weight.

    Args:
      scale: the variance times what `mode` counts; positive.
      mode: "fan_in", "fan_out" or "fan_avg".
      distribution: "truncated_normal", "untruncated_normal" or "uniform".
      seed: for equal values at every call.

    Raises:
      ValueError: an argument is none of these.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
    ) -> None:
        distribution = distribution.lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self._random = _Random(seed)

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        dtype = _float_dtype(dtype)
        fans = _fans(shape)
        counts = {"fan_in": fans[0], "fan_out": fans[1], "fan_avg": sum(fans) / 2.0}
        variance = self.scale / max(1.0, counts[self.mode])
        if self.distribution == "truncated_normal":
            stddev = math.sqrt(variance) / _TRUNCATED_STDDEV
            return self._random.truncated(shape, 0.0, stddev, dtype)
        if self.distribution == "untruncated_normal":
            return self._random.normal(shape, 0.0, math.sqrt(variance), dtype)
        limit = math.sqrt(3.0 * variance)
        return self._random.uniform(shape, -limit, limit, dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
        }


@export(v2=_names("Orthogonal", "orthogonal"))
class OrthogonalV2(InitializerV2):
    """Makes an orthogonal matrix, or the part of one that the shape takes.

    Args:
      gain: what it is multiplied by.
      seed: for equal values at every call.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        self.seed = seed
        self._random = _Random(seed)

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        dtype = _float_dtype(dtype)
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(d) for d in shape[:-1]), int(shape[-1])
        flat = (max(rows, columns), min(rows, columns))
        q, r = late.qr(self._random.normal(flat, 0.0, 1, dtype), full_matrices=False)
        q *= late.sign(late.matrix_diag_part(r))
        if rows < columns:
            q = late.matrix_transpose(q)
        return self.gain * late.reshape(q, shape)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed}


@export(v2=_names("Identity", "identity"))
class IdentityV2(InitializerV2):
    """Makes a unit matrix.

    Args:
      gain: what it is multiplied by.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = dtypes.float32) -> Any:
        dtype = _float_dtype(dtype)
        if len(shape) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        return self.gain * late.eye(*shape, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class _SeededV2(VarianceScalingV2):
    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


@export(v2=_names("GlorotUniform", "glorot_uniform"))
class GlorotUniformV2(_SeededV2):
    """Draws uniformly, by inputs and outputs: the limit is `sqrt(6 / (fan_in + fan_out))`.

    Args:
      seed: for equal values at every call.
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


@export(v2=_names("GlorotNormal", "glorot_normal"))
class GlorotNormalV2(_SeededV2):
    """Draws from a truncated normal distribution with variance `2 / (fan_in + fan_out)`.

    Args:
      seed: for equal values at every call.
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


@export(v2=_names("lecun_normal"))
def lecun_normal_v2(seed: Any = None) -> VarianceScalingV2:
    """A truncated normal distribution with variance `1 / fan_in`."""
    return VarianceScalingV2(1.0, "fan_in", "truncated_normal", seed)


@export(v2=_names("lecun_uniform"))
def lecun_uniform_v2(seed: Any = None) -> VarianceScalingV2:
    """A uniform distribution with variance `1 / fan_in`."""
    return VarianceScalingV2(1.0, "fan_in", "uniform", seed)


@export(v2=_names("he_normal"))
def he_normal_v2(seed: Any = None) -> VarianceScalingV2:
    """A truncated normal distribution with variance `2 / fan_in`."""
    return VarianceScalingV2(2.0, "fan_in", "truncated_normal", seed)


@export(v2=_names("he_uniform"))
def he_uniform_v2(seed: Any = None) -> VarianceScalingV2:
    """A uniform distribution with variance `2 / fan_in`."""
    return VarianceScalingV2(2.0, "fan_in", "uniform", seed)
