"""Initializers that make orthogonal matrices and norm-preserving convolution kernels."""

from __future__ import annotations

import math
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late
from headrace._src.state.initializers import Initializer, _float_dtype


def _orthogonal_columns(shape: Any, dtype: Any, seed: Any) -> Tensor:
    """A random matrix with orthonormal columns, uniformly distributed."""
    drawn = late.random_normal(shape, dtype=dtype, seed=seed)
    q, r = spec("Qr")(drawn, full_matrices=False)
    # QR fixes the signs of r's diagonal arbitrarily; undoing that makes q uniform (Mezzadri, 2007).
    return q * late.sign(late.diag_part(r))


class Gained(Initializer):
    def __init__(self, gain: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.dtype = _float_dtype(dtype)
        self.seed = seed

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}


@export("initializers.orthogonal", "orthogonal_initializer", "keras.initializers.Orthogonal",
        "keras.initializers.orthogonal", v2=())  # fmt: skip
class Orthogonal(Gained):
    """Fills with a random orthogonal matrix (Saxe et al., 2013), all dims but the last flattened.

    Args:
      gain: number to multiply by.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type; or, when called, the rank is below 2.
    """

    def __init__(self, gain: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(gain, seed, dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(d) for d in shape[:-1]), int(shape[-1])
        flat = (max(rows, columns), min(rows, columns))
        q = _orthogonal_columns(flat, self.dtype if dtype is None else dtype, self.seed)
        if rows < columns:
            q = late.matrix_transpose(q)
        return self.gain * late.reshape(q, shape)


@export("contrib.framework.convolutional_delta_orthogonal", v2=())
class ConvolutionDeltaOrthogonal(Gained):
    """Fills a convolution kernel with zeros around an orthogonal matrix (Xiao et al., 2018).

    Args:
      gain: number to multiply by.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type; or, when called, the rank is not 3 to 5, or there
        are more inputs than outputs.
    """

    def __init__(self, gain: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(gain, seed, dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        if not 3 <= len(shape) <= 5:
            raise ValueError(
                "The tensor to initialize must be at least three-dimensional and at most "
                "five-dimensional"
            )
        if shape[-2] > shape[-1]:
            raise ValueError("In_filters cannot be greater than out_filters.")
        q = _orthogonal_columns([shape[-1], shape[-1]], dtype, self.seed)
        q = q[: shape[-2], :]
        q *= late.cast(self.gain, dtype=dtype)
        centre = [(d - 1) // 2 for d in shape[:-2]]
        return late.scatter_nd([centre], late.expand_dims(q, 0), shape)
