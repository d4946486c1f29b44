"""Initializers that make norm-preserving convolution kernels of any size (Xiao et al., 2018).

A kernel of size k is the convolution of k - 1 kernels of size 2, each made of random orthogonal
projections, times an orthogonal matrix. Kernels are handled as dicts from position (a tuple of
ints) to matrix.
"""

from __future__ import annotations

import itertools
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.ops import constant
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late
from headrace._src.state.orthogonal_initializers import Gained

Kernel = dict[tuple[int, ...], Any]
_WORDS = {1: "three", 2: "four", 3: "five"}


class _ConvolutionOrthogonal(Gained):
    """What the initializers of 1, 2 and 3 spatial dimensions share."""

    spatial = 0

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(gain, seed, dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = self.dtype if dtype is None else dtype
        if len(shape) != self.spatial + 2:
            raise ValueError(f"The tensor to initialize must be {_WORDS[self.spatial]}-dimensional")
        if shape[-2] > shape[-1]:
            raise ValueError("In_filters cannot be greater than out_filters.")
        if len(set(shape[: self.spatial])) > 1:
            raise ValueError("Kernel sizes must be equal.")
        kernel = self._orthogonal_kernel(shape[0], shape[-2], shape[-1])
        return kernel * late.cast(self.gain, dtype=dtype)

    def _next_seed(self) -> None:
        if self.seed:
            self.seed += 1

    def _orthogonal_matrix(self, n: int) -> Any:
        drawn = late.random_normal([n, n], dtype=self.dtype, seed=self.seed)
        self._next_seed()
        q, r = spec("Qr")(drawn)
        return q * late.sign(late.diag_part(r))

    def _projection(self, n: int) -> Any:
        """A symmetric projection onto a random subspace."""
        q = self._orthogonal_matrix(n)
        kept = late.cast(late.random_normal([n], seed=self.seed) > 0, self.dtype)
        self._next_seed()
        c = late.multiply(q, kept)
        return late.matmul(c, late.matrix_transpose(c))

    def _block(self, n: int) -> Kernel:
        """A kernel of size 2: at every corner the product of each projection or its complement."""
        projections = [self._projection(n) for _ in range(self.spatial)]
        eye = late.eye(n, dtype=self.dtype)
        return {
            corner: self._corner(corner, projections, eye)
            for corner in itertools.product((0, 1), repeat=self.spatial)
        }

    def _corner(self, corner: tuple[int, ...], projections: list[Any], eye: Any) -> Any:
        raise NotImplementedError

    def _convolved(self, a: Kernel, b: Kernel, n: int) -> Kernel:
        k, m = (round(len(kernel) ** (1 / self.spatial)) for kernel in (a, b))
        result: Kernel = {}
        for at in itertools.product(range(k + m - 1), repeat=self.spatial):
            result[at] = constant.zeros([n, n], self.dtype)
            for first in itertools.product(*(range(min(k, i + 1)) for i in at)):
                second = tuple(i - j for i, j in zip(at, first, strict=True))
                if all(i < m for i in second):
                    result[at] += late.matmul(a[first], b[second])
        return result

    def _orthogonal_kernel(self, size: int, inputs: int, outputs: int) -> Any:
        orth = self._orthogonal_matrix(outputs)[0:inputs, :]
        if size == 1:
            for _ in range(self.spatial):
                orth = late.expand_dims(orth, 0)
            return orth
        kernel = self._block(outputs)
        for _ in range(size - 2):
            kernel = self._convolved(kernel, self._block(outputs), outputs)
        for at in itertools.product(range(size), repeat=self.spatial):
            kernel[at] = late.matmul(orth, kernel[at])
        return self._stacked(kernel, size, ())

    def _stacked(self, kernel: Kernel, size: int, at: tuple[int, ...]) -> Any:
        if len(at) == self.spatial:
            return kernel[at]
        return late.stack([self._stacked(kernel, size, (*at, i)) for i in range(size)])


@export("contrib.framework.convolutional_orthogonal_1d", v2=())
class ConvolutionOrthogonal1D(_ConvolutionOrthogonal):
    """Fills a `[width, in, out]` kernel so that the convolution keeps norms.

    Args:
      gain: number to multiply by.
      seed: int, see `tf.set_random_seed`.
      dtype: floating type of the elements when the call gives none.

    Raises:
      ValueError: `dtype` is not a floating type; or, when called, another rank, more inputs than
        outputs, or sizes that differ.
    """

    spatial = 1

    def _corner(self, corner: tuple[int, ...], projections: list[Any], eye: Any) -> Any:
        return eye - projections[0] if corner[0] else projections[0]


@export("contrib.framework.convolutional_orthogonal_2d", v2=())
class ConvolutionOrthogonal2D(_ConvolutionOrthogonal):
    """Fills a `[height, width, in, out]` kernel; see `convolutional_orthogonal_1d`."""

    spatial = 2

    def _corner(self, corner: tuple[int, ...], projections: list[Any], eye: Any) -> Any:
        first, second = (
            eye - p if flipped else p for p, flipped in zip(projections, corner, strict=True)
        )
        return late.matmul(first, second)


@export("contrib.framework.convolutional_orthogonal_3d", v2=())
class ConvolutionOrthogonal3D(_ConvolutionOrthogonal):
    """Fills a `[depth, height, width, in, out]` kernel; see `convolutional_orthogonal_1d`."""

    spatial = 3

    def _corner(self, corner: tuple[int, ...], projections: list[Any], eye: Any) -> Any:
        # 1.15 computes the choice in the graph, and takes the complement where 2-D does not.
        first, second, third = (
            i * p + (1 - i) * (eye - p) for p, i in zip(projections, corner, strict=True)
        )
        return late.matmul(late.matmul(first, second), third)
