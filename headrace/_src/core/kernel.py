"""What a kernel sees of the executor that calls it.

A kernel is a function `(k, *inputs, **attrs)`. `k` is a `KernelContext`: its `np` is NumPy when
interpreting and `jax.numpy`
when lowering, so that one body serves both. Contexts with a run (state, randomness, cancellation)
live in the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy


class KernelContext:
    """The executor's face towards a stateless kernel.

    Attributes:
      np: the array module of the executor.
      xla: whether the kernel is being lowered.
    """

    __slots__ = ()
    np: Any = numpy
    xla: bool = False

    def np_for(self, *values: Any) -> Any:
        """The module to compute with: NumPy, since the host knows all values."""
        return numpy

    def note_elements(self, vector: Any, elements: Sequence[Any]) -> None:
        """Says of what scalars a vector, a result of this kernel, was made."""

    def elements_of(self, vector: Any) -> list[Any]:
        """The elements of a vector, each known or traced."""
        return list(vector)


class XlaKernelContext(KernelContext):
    """The face of the lowering executor."""

    __slots__ = ("lax", "np")
    xla = True

    def __init__(self) -> None:
        import jax

        self.np = jax.numpy
        self.lax = jax.lax

    def np_for(self, *values: Any) -> Any:
        """NumPy when every value is already known while tracing, `jax.numpy` otherwise."""
        import jax

        return self.np if any(isinstance(v, jax.Array) for v in values) else numpy


HOST = KernelContext()
