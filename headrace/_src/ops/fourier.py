"""Discrete Fourier transforms: FFT, IFFT, RFFT, IRFFT over one, two or three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.constant_value import constant_value_as_dims
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late

_COMPLEX = (dtypes.complex64, dtypes.complex128)


def _axes(rank: int) -> tuple[int, ...]:
    return tuple(range(-rank, 0))


def _size(value: Tensor, rank: int) -> Tensor:
    """How many elements each transform has."""
    found: Tensor = late.reduce_prod(late.shape(value)[-rank:])
    return found


def _complex_transform(op_type: str, rank: int, inverse: bool) -> Any:
    """A transform of complex numbers into complex numbers."""
    spec = op(
        op_type, "input: Tcomplex -> output: Tcomplex", Tcomplex=A.dtype(_COMPLEX, _COMPLEX[0])
    )

    @spec.shape
    def _shape_transform(s: Any, input: Any) -> Any:
        return dims_lib.with_rank_at_least(input, rank)

    @spec.kernel
    def _kernel_transform(k: Any, input: Any) -> Any:
        xp = k.np_for(input)
        transform = xp.fft.ifftn if inverse else xp.fft.fftn
        if 0 in input.shape:
            return input
        return transform(input, axes=_axes(rank)).astype(input.dtype)

    return spec


# -- FFT, FFT2D, FFT3D -------------------------------------------------------------------------
FFT = _complex_transform("FFT", 1, False)
FFT2D = _complex_transform("FFT2D", 2, False)
FFT3D = _complex_transform("FFT3D", 3, False)

# -- IFFT, IFFT2D, IFFT3D ----------------------------------------------------------------------
IFFT = _complex_transform("IFFT", 1, True)
IFFT2D = _complex_transform("IFFT2D", 2, True)
IFFT3D = _complex_transform("IFFT3D", 3, True)


def _gradients(rank: int, forward: Any, inverse: Any) -> None:
    """The gradients of a transform and its inverse: each is the other one, scaled."""

    @forward.gradient
    def _grad_forward(op: Any, dy: Any) -> Any:
        size = late.cast(_size(dy, rank), dy.dtype)
        return inverse(dy) * size

    @inverse.gradient
    def _grad_inverse(op: Any, dy: Any) -> Any:
        size = late.cast(_size(dy, rank), dy.dtype.real_dtype)
        share = late.cast(1.0 / size, dy.dtype)
        return forward(dy) * share


_gradients(1, FFT, IFFT)
_gradients(2, FFT2D, IFFT2D)
_gradients(3, FFT3D, IFFT3D)


@export("signal.fft", "fft", "spectral.fft", v2=("signal.fft",))
def fft(input: Any, name: str | None = None) -> Tensor:
    """Transform the last dimension: `out[k] = sum(x[n] exp(-2 pi i k n / N))`.

    Args:
      input: tensor [..., N], complex64 or complex128.
      name: name of the operation.

    Returns:
      Tensor of the same shape and dtype.
    """
    made: Tensor = FFT(input, name=name)
    return made


@export("signal.ifft", "ifft", "spectral.ifft", v2=("signal.ifft",))
def ifft(input: Any, name: str | None = None) -> Tensor:
    """Transform the last dimension back: `out[n] = sum(x[k] exp(2 pi i k n / N)) / N`.

    Args:
      input: tensor [..., N], complex64 or complex128.
      name: name of the operation.

    Returns:
      Tensor of the same shape and dtype.
    """
    made: Tensor = IFFT(input, name=name)
    return made


@export("signal.fft2d", "fft2d", "spectral.fft2d", v2=("signal.fft2d",))
def fft2d(input: Any, name: str | None = None) -> Tensor:
    """Transform the last two dimensions; see `tf.signal.fft`."""
    made: Tensor = FFT2D(input, name=name)
    return made


@export("signal.ifft2d", "ifft2d", "spectral.ifft2d", v2=("signal.ifft2d",))
def ifft2d(input: Any, name: str | None = None) -> Tensor:
    """Transform the last two dimensions back; see `tf.signal.ifft`."""
    made: Tensor = IFFT2D(input, name=name)
    return made


@export("signal.fft3d", "fft3d", "spectral.fft3d", v2=("signal.fft3d",))
def fft3d(input: Any, name: str | None = None) -> Tensor:
    """Transform the last three dimensions; see `tf.signal.fft`."""
    made: Tensor = FFT3D(input, name=name)
    return made


@export("signal.ifft3d", "ifft3d", "spectral.ifft3d", v2=("signal.ifft3d",))
def ifft3d(input: Any, name: str | None = None) -> Tensor:
    """Transform the last three dimensions back; see `tf.signal.ifft`."""
    made: Tensor = IFFT3D(input, name=name)
    return made


# -- transforms of real numbers ----------------------------------------------------------------
def _check_length(fft_length: Any, rank: int) -> tuple[int, ...]:
    if np.shape(fft_length) != (rank,):
        raise errors.InvalidArgumentError(None, None, f"fft_length must have shape [{rank}]")
    return tuple(int(n) for n in fft_length)


def _cut(input: Any, wanted: tuple[int, ...]) -> Any:
    """The first `wanted` elements along the last dimensions.

    Raises:
      InvalidArgumentError: there are less.
    """
    rank = len(wanted)
    for i, (present, needed) in enumerate(zip(input.shape[-rank:], wanted, strict=True)):
        if present < needed:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Input dimension {input.ndim - rank + i} must have length of at least {needed} "
                f"but got: {present}",
            )
    return input[(..., *(slice(0, n) for n in wanted))]


def _real_dims(s: Any, input: Any, length: Any, rank: int, inverse: bool) -> Any:
    dims_lib.with_rank_at_least(input, rank)
    known = s.value_as_dims(1)
    dims_lib.with_value(dims_lib.with_rank(length, 1)[0], rank)
    if input is None:
        return None
    sizes = list(known if known is not None else (None,) * rank)
    if not inverse and sizes[-1] is not None:
        sizes[-1] = sizes[-1] // 2 + 1 if sizes[-1] else 0
    return (*input[:-rank], *sizes)


def _real_transform(op_type: str, rank: int) -> Any:
    spec = op(
        op_type, "input: float, fft_length: int32 -> output: complex64", static=("fft_length",)
    )

    @spec.shape
    def _shape_real_transform(s: Any, input: Any, fft_length: Any) -> Any:
        return _real_dims(s, input, fft_length, rank, False)

    @spec.kernel
    def _kernel_real_transform(k: Any, input: Any, fft_length: Any) -> Any:
        lengths = _check_length(fft_length, rank)
        xp = k.np_for(input)
        if 0 in input.shape or 0 in lengths:
            shape = (*input.shape[:-rank], *lengths[:-1], lengths[-1] // 2 + bool(lengths[-1]))
            return xp.zeros(shape, np.complex64)
        return xp.fft.rfftn(_cut(input, lengths), axes=_axes(rank)).astype(np.complex64)

    return spec


def _inverse_real_transform(op_type: str, rank: int) -> Any:
    spec = op(
        op_type, "input: complex64, fft_length: int32 -> output: float", static=("fft_length",)
    )

    @spec.shape
    def _shape_inverse_real(s: Any, input: Any, fft_length: Any) -> Any:
        return _real_dims(s, input, fft_length, rank, True)

    @spec.kernel
    def _kernel_inverse_real(k: Any, input: Any, fft_length: Any) -> Any:
        lengths = _check_length(fft_length, rank)
        xp = k.np_for(input)
        if 0 in input.shape or 0 in lengths:
            return xp.zeros((*input.shape[:-rank], *lengths), np.float32)
        half = (*lengths[:-1], lengths[-1] // 2 + 1)
        found = xp.fft.irfftn(_cut(input, half), s=lengths, axes=_axes(rank))
        return found.astype(np.float32)

    return spec


# -- RFFT, RFFT2D, RFFT3D ----------------------------------------------------------------------
RFFT = _real_transform("RFFT", 1)
RFFT2D = _real_transform("RFFT2D", 2)
RFFT3D = _real_transform("RFFT3D", 3)

# -- IRFFT, IRFFT2D, IRFFT3D -------------------------------------------------------------------
IRFFT = _inverse_real_transform("IRFFT", 1)
IRFFT2D = _inverse_real_transform("IRFFT2D", 2)
IRFFT3D = _inverse_real_transform("IRFFT3D", 3)

RFFT3D.no_gradient("TensorFlow defines none", undefined=True)
IRFFT3D.no_gradient("TensorFlow defines none", undefined=True)


def _signs(length: Tensor) -> Tensor:
    """1, -1, 1, ... as complex numbers."""
    signs: Tensor = late.cast(1 - 2 * (late.range(length) % 2), dtypes.complex64)
    return signs


def _rows_matrix(length: Tensor) -> Tensor:
    """The matrix [length, length] of the transform along rows."""
    along = late.tile(late.expand_dims(late.range(length), 0), (length, 1))
    across = late.transpose(along, [1, 0])
    angle = -2j * np.pi * late.cast(along * across, dtypes.complex64)
    matrix: Tensor = late.exp(angle / late.cast(length, dtypes.complex64))
    return matrix


def _spread(matrix: Tensor, like: Tensor) -> Tensor:
    """The matrix for each of the outer dimensions of `like`."""
    ones = late.ones([late.rank(like) - 2], dtypes.int32)
    wide = late.reshape(matrix, late.concat([ones, late.shape(matrix)], 0))
    tiled: Tensor = late.tile(wide, late.concat([late.shape(like)[:-2], [1, 1]], 0))
    return tiled


@RFFT.gradient
def _grad_rfft(op, dy):
    return _grad_real(op, dy, 1, irfft)


@RFFT2D.gradient
def _grad_rfft2d(op, dy):
    return _grad_real(op, dy, 2, irfft2d)


def _grad_real(op: Any, dy: Tensor, rank: int, back: Callable[..., Tensor]) -> Any:
    length = op.inputs[1]
    shape = late.shape(op.inputs[0])
    is_even = late.cast(1 - (length[-1] % 2), dtypes.complex64)
    first = dy[..., 0:1]
    if rank == 1:
        last = dy[..., -1:]
        extra = first + is_even * last * _signs(shape[-1])
    else:
        matrix = _spread(_rows_matrix(shape[-2]), first)
        extra = late.matmul(matrix, late.conj(first))
        last = dy[..., -1:]
        term = late.matmul(matrix, late.conj(last))
        columns = shape[-1]
        ones = late.ones([late.rank(dy) - 1], dtypes.int32)
        term = late.tile(term, late.concat([ones, [columns]], 0)) * _signs(columns)
        extra += is_even * term
    size = late.cast(_size(op.inputs[0], rank), dtypes.float32)
    inverse = back(dy, length)
    return 0.5 * (inverse * size + late.real(extra)), None


@IRFFT.gradient
def _grad_irfft(op, dy):
    return _grad_inverse_real(op, dy, 1, rfft)


@IRFFT2D.gradient
def _grad_irfft2d(op, dy):
    return _grad_inverse_real(op, dy, 2, rfft2d)


def _grad_inverse_real(op: Any, dy: Tensor, rank: int, forward: Callable[..., Tensor]) -> Any:
    length = op.inputs[1]
    is_odd = late.mod(length[-1], 2)
    columns = late.shape(op.inputs[0])[-1]
    # Every column but the first, and the last one of an even number, stands for two.
    twice = 2.0 * late.ones([columns - 2 + is_odd])
    mask = late.concat([[1.0], twice, late.ones([1 - is_odd])], 0)
    share = late.reciprocal(late.cast(_size(dy, rank), dtypes.float32))
    return forward(dy, length) * late.cast(share * mask, dtypes.complex64), None


def _inferred_length(value: Tensor, rank: int, inverse: bool) -> Any:
    """The length of the transform that a tensor gives by itself."""
    dims = None if value.dims is None else list(value.dims[-rank:])
    if dims is None or None in dims:
        tail = late.shape(value)[-rank:]
        if not inverse:
            return tail
        parts = late.unstack(tail)
        parts[-1] = late.maximum(0, 2 * (parts[-1] - 1))
        return late.stack(parts)
    if inverse and dims:
        dims[-1] = max(0, 2 * (dims[-1] - 1))  # type: ignore[operator]
    return convert_to_tensor(dims, dtypes.int32)


def _padded(value: Tensor, rank: int, length: Tensor, inverse: bool) -> Tensor:
    """The tensor filled with zeros where it is shorter than the transform."""
    wanted: Any = constant_value_as_dims(length)
    dims = value.dims
    if dims is not None and 0 in dims:
        return value
    if wanted is not None and dims_lib.is_full(wanted) and dims is not None:
        present = dims[-len(wanted) :]
        if None not in present:
            wanted = list(wanted)
            if inverse:
                wanted[-1] = wanted[-1] // 2 + 1
            pads = [[0, max(w - p, 0)] for w, p in zip(wanted, present, strict=False)]  # type: ignore[operator]
            if not any(after for _, after in pads):
                return value
            outer = [[0, 0]] * max(len(dims) - len(wanted), 0)
            filled: Tensor = late.pad(value, outer + pads)
            return filled
    value_rank = late.rank(value)
    tail = late.shape(value)[-rank:]
    outer_dims = late.maximum(0, value_rank - rank)
    outer_pads = late.zeros([outer_dims], length.dtype)
    if inverse:
        length = late.concat([length[:-1], length[-1:] // 2 + 1], 0)
    after = late.concat([outer_pads, late.maximum(0, length - tail)], 0)
    both = late.stack([late.zeros_like(after), after], axis=1)
    padded: Tensor = late.pad(value, both)
    return padded


def _real(
    spec: Any, rank: int, scope: str, value: Any, fft_length: Any, name: str | None, inverse: bool
) -> Tensor:
    with name_scope(name, scope, [value, fft_length]) as name:
        value = convert_to_tensor(value, dtypes.complex64 if inverse else dtypes.float32)
        value.shape.with_rank_at_least(rank)
        if fft_length is None:
            fft_length = _inferred_length(value, rank, inverse)
        else:
            fft_length = convert_to_tensor(fft_length, dtypes.int32)
        made: Tensor = spec(_padded(value, rank, fft_length, inverse), fft_length, name=name)
        return made


@export("signal.rfft", "spectral.rfft", v2=("signal.rfft",))
def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last dimension of real numbers; the second half, which mirrors the first, is
    left out.

    Args:
      input_tensor: float32 tensor [..., n].
      fft_length: int32 tensor [1]: how many elements to take, filled with zeros where there are
        less; all when None.
      name: name of the operations.

    Returns:
      complex64 tensor [..., fft_length // 2 + 1].
    """
    return _real(RFFT, 1, "rfft", input_tensor, fft_length, name, False)


@export("signal.rfft2d", "spectral.rfft2d", v2=("signal.rfft2d",))
def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last two dimensions of real numbers; see `tf.signal.rfft`."""
    return _real(RFFT2D, 2, "rfft2d", input_tensor, fft_length, name, False)


@export("signal.rfft3d", "spectral.rfft3d", v2=("signal.rfft3d",))
def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last three dimensions of real numbers; see `tf.signal.rfft`."""
    return _real(RFFT3D, 3, "rfft3d", input_tensor, fft_length, name, False)


@export("signal.irfft", "spectral.irfft", v2=("signal.irfft",))
def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last dimension back to real numbers; see `tf.signal.rfft`.

    Args:
      input_tensor: complex64 tensor [..., n].
      fft_length: int32 tensor [1]: how many elements the result has; `2 (n - 1)` when None.
      name: name of the operations.

    Returns:
      float32 tensor [..., fft_length].
    """
    return _real(IRFFT, 1, "irfft", input_tensor, fft_length, name, True)


@export("signal.irfft2d", "spectral.irfft2d", v2=("signal.irfft2d",))
def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last two dimensions back to real numbers; see `tf.signal.irfft`."""
    return _real(IRFFT2D, 2, "irfft2d", input_tensor, fft_length, name, True)


@export("signal.irfft3d", "spectral.irfft3d", v2=("signal.irfft3d",))
def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Tensor:
    """Transform the last three dimensions back to real numbers; see `tf.signal.irfft`."""
    return _real(IRFFT3D, 3, "irfft3d", input_tensor, fft_length, name, True)


# -- fftshift ----------------------------------------------------------------------------------
def _shifted(x: Any, axes: Any, name: str | None, scope: str, sign: int) -> Tensor:
    with name_scope(name, scope) as name:
        x = convert_to_tensor(x)
        dims = x.shape.as_list()
        if axes is None:
            axes = tuple(range(len(dims)))
        if isinstance(axes, int):
            shift: Any = sign * (dims[axes] // 2)
        else:
            shift = [sign * (dims[axis] // 2) for axis in axes]
        rolled: Tensor = late.roll(x, shift, axes, name)
        return rolled


@export("signal.fftshift")
def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Move frequency zero to the middle.

    Args:
      x: tensor of any dtype, with a known shape.
      axes: an int or a tuple of ints; all dimensions when None.
      name: name of the operations.

    Returns:
      Tensor of the same shape and dtype.
    """
    return _shifted(x, axes, name, "fftshift", 1)


@export("signal.ifftshift")
def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Tensor:
    """Move frequency zero from the middle back to the front; see `tf.signal.fftshift`."""
    return _shifted(x, axes, name, "ifftshift", -1)
