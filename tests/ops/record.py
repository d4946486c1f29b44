"""What a test record of an op is, and makers of its input arrays."""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


@dataclasses.dataclass
class Record:
    """One op, how to build it, and what must hold of it.

    Attributes:
      op: Op type that the builder must make.
      build: `(tf, *tensors)` to a tensor, an IndexedSlices or a list of them.
      inputs: Input arrays; each is fed through a placeholder.
      oracle: `(*arrays)` to the expected array(s); None compares the two executors only.
      rtol, atol: Tolerances of values.
      grad: Indices of the inputs to check the gradient of (in float64).
      grad_order: 2 checks second derivatives as well.
      bad_build: `(inputs, error type, regex)`: building must raise.
      bad_run: `(inputs, error type, regex)`: running must raise (shapes are fed unknown).
      limits: Reasons for leaving parts out: "xla", "shapes" (masks), "graph_def", "grad_rtol" (a
      number). name: Tells several records of one op apart.
    """

    op: str
    build: Callable[..., Any]
    inputs: Sequence[Any] = ()
    oracle: Callable[..., Any] | None = None
    rtol: float = 1e-5
    atol: float = 1e-6
    grad: Sequence[int] = ()
    grad_order: int = 1
    bad_build: Sequence[tuple[Sequence[Any], type, str]] = ()
    bad_run: Sequence[tuple[Sequence[Any], Any, str]] = ()
    limits: dict[str, Any] = dataclasses.field(default_factory=dict)
    name: str = ""

    def arrays(self) -> list[np.ndarray]:
        return [as_array(x) for x in self.inputs]


def as_array(value: Any) -> np.ndarray:
    """An input as an array; text becomes an object array of bytes."""
    array = np.asarray(value)
    if array.dtype.kind in "SU":
        encode = [v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()]
        out = np.empty(array.shape, object)
        out.ravel()[:] = encode
        return out
    if isinstance(value, float):
        return array.astype(np.float32)
    if isinstance(value, int) and not isinstance(value, bool):
        return array.astype(np.int32)
    return array


def _rng(*key: Any) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def arr(
    *shape: int, dtype: Any = np.float32, low: float = -2.0, high: float = 2.0, seed: int = 0
) -> np.ndarray:
    """Uniform random numbers, the same for the same arguments."""
    rng = _rng("arr", shape, seed)
    values = rng.uniform(low, high, shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.uniform(low, high, shape)
    return np.asarray(values, dtype)


def positive(*shape: int, dtype: Any = np.float32, seed: int = 0) -> np.ndarray:
    """Uniform random numbers between 0.5 and 2."""
    return arr(*shape, dtype=dtype, low=0.5, high=2.0, seed=seed)


def ints(
    *shape: int, low: int = 0, high: int = 5, dtype: Any = np.int32, seed: int = 0
) -> np.ndarray:
    """Uniform random integers in [low, high)."""
    return np.asarray(_rng("ints", shape, seed).integers(low, high, shape), dtype)


def bools(*shape: int, seed: int = 0) -> np.ndarray:
    """Random booleans."""
    return np.asarray(_rng("bools", shape, seed).integers(0, 2, shape), bool)


def distinct(*shape: int, dtype: Any = np.float32, seed: int = 0) -> np.ndarray:
    """Shuffled numbers at least 0.5 apart, for ops with kinks at ties."""
    size = int(np.prod(shape))
    values = _rng("distinct", shape, seed).permutation(size) - size / 2 + 0.25
    return np.asarray(values.reshape(shape) / 2, dtype)


def masks(shapes: Sequence[tuple[int, ...]]) -> list[list[Any]]:
    """Static shapes to try for inputs of these shapes: each dimension unknown, all, and no rank."""
    out: list[list[Any]] = [[None] * len(shapes)]
    out.append([[None] * len(s) for s in shapes])
    for which, shape in enumerate(shapes):
        for axis in range(len(shape)):
            masked: list[Any] = [list(s) for s in shapes]
            masked[which][axis] = None
            out.append(masked)
    unique = [key for key, _ in itertools.groupby(out)]
    return unique[:10]
