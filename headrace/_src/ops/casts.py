"""Conversions between dtypes, and the parts of complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.eager_inputs import type_name
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _shapes
from headrace._src.ops._late import late


# -- Cast -------------------------------------------------------------------------------------
def _keeps_indices(op: Any) -> bool:
    """Whether what lies in [0, limit) still does so: wide integers hold every index."""
    source, target = op.attrs["SrcT"], op.attrs["DstT"]
    return target.is_integer and target.size >= 4 and not source.is_complex


Cast = op(
    "Cast",
    "x: SrcT -> y: DstT",
    SrcT=A.dtype(),
    DstT=A.dtype(),
    Truncate=A.boolean(default=False),
    preserves_elements=_keeps_indices,
    padding="each",
    shape=_shapes.unchanged,
    python_constant=True,
)


def _xla_float_to_int(k: Any, x: Any, target: np.dtype) -> Any:
    """Converts as x86 does: what does not fit becomes the smallest integer of the machine word."""
    wide = np.dtype(np.int32 if target.itemsize <= 4 and target != np.uint32 else np.int64)
    limit = float(2 ** (8 * wide.itemsize - 1))
    x64 = x.astype(np.float64)
    fits = (x64 >= -limit) & (x64 < limit)
    whole = k.np.where(fits, x64, 0).astype(wide)
    return k.np.where(fits, whole, np.iinfo(wide).min).astype(target)


@Cast.kernel
def _kernel_cast(k, x, *, DstT):  # noqa: N803 - attrs keep their OpDef names
    target = DstT.np_dtype
    source = x.dtype
    if source == target:
        return x
    if "O" in (source.kind, target.kind):
        names = [
            "string" if kind.kind == "O" else type_name(dtypes.as_dtype(kind))
            for kind in (source, target)
        ]
        raise errors.UnimplementedError(
            None, None, f"Cast {names[0]} to {names[1]} is not supported"
        )
    if source.kind == "c" and target.kind != "c":
        x = x.real
        source = x.dtype
    if target == np.bool_:
        return x != 0
    if target.kind in "iu" and k.xla and k.np_for(x) is not np and source.kind not in "iub":
        return _xla_float_to_int(k, x, target)
    if target.kind == "u" and source.kind == "f":
        # The conversion to unsigned goes through a signed word, so that negatives wrap.
        word = np.int32 if target.itemsize <= 2 else np.int64
        return x.astype(word).astype(target)
    return x.astype(target)


@Cast.gradient
def _grad_cast(op, dy):
    source = op.inputs[0].dtype.base_dtype
    target = dy.dtype.base_dtype
    if all(t.is_floating or t.is_complex for t in (source, target)):
        return cast(dy, source)
    return None


@export("cast", "dtypes.cast")
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert elements to another dtype; floating-point numbers are truncated towards zero.

    Args:
      x: A tensor, `SparseTensor` or `IndexedSlices` of a number type or bool.
      dtype: The dtype to convert to.
      name: The node's name.

    Returns:
      What `x` is, with elements of `dtype`; `x` itself when it has that dtype already.

    Raises:
      TypeError: (build) `x` cannot be converted to a tensor.
    """
    target = dtypes.as_dtype(dtype).base_dtype
    if getattr(x, "dtype", None) == target and _is_tensor_or_variable(x):
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            values = cast(x.values, target, name=scope)
            return SparseTensor(x.indices, values, x.dense_shape)
        if isinstance(x, IndexedSlices):
            values = cast(x.values, target, name=scope)
            return IndexedSlices(values, x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype.base_dtype != target:
            x = Cast(x, DstT=target, name=scope)
        return x


def _is_tensor_or_variable(x: Any) -> bool:
    return isinstance(x, Tensor) or getattr(x, "_is_resource_variable", False)


@export("saturate_cast", "dtypes.saturate_cast")
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Tensor:
    """Convert elements to another dtype; values out of its range become the nearest one in it.

    Args:
      value: A tensor of a number type.
      dtype: The dtype to convert to.
      name: The node's name.

    Returns:
      A tensor of `dtype` and the shape of `value`.
    """
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        target = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.min < target.min:
            low = convert_to_tensor(target.min, dtype=value.dtype, name="min")
            value = late.maximum(value, low)
        if value.dtype.max > target.max:
            high = convert_to_tensor(target.max, dtype=value.dtype, name="max")
            value = late.minimum(value, high)
        return cast(value, target, name=scope)


@export("to_float", v2=(), deprecated="tf.cast")
def to_float(x: Any, name: str | None = "ToFloat") -> Any:
    """Convert elements to float32; see `tf.cast`."""
    return cast(x, dtypes.float32, name=name)


@export("to_double", v2=(), deprecated="tf.cast")
def to_double(x: Any, name: str | None = "ToDouble") -> Any:
    """Convert elements to float64; see `tf.cast`."""
    return cast(x, dtypes.float64, name=name)


@export("to_int32", v2=(), deprecated="tf.cast")
def to_int32(x: Any, name: str | None = "ToInt32") -> Any:
    """Convert elements to int32; see `tf.cast`."""
    return cast(x, dtypes.int32, name=name)


@export("to_int64", v2=(), deprecated="tf.cast")
def to_int64(x: Any, name: str | None = "ToInt64") -> Any:
    """Convert elements to int64; see `tf.cast`."""
    return cast(x, dtypes.int64, name=name)


@export("to_bfloat16", v2=(), deprecated="tf.cast")
def to_bfloat16(x: Any, name: str | None = "ToBFloat16") -> Any:
    """Convert elements to bfloat16; see `tf.cast`."""
    return cast(x, dtypes.bfloat16, name=name)


@export("to_complex64", v2=(), deprecated="tf.cast")
def to_complex64(x: Any, name: str | None = "ToComplex64") -> Any:
    """Convert elements to complex64; see `tf.cast`."""
    return cast(x, dtypes.complex64, name=name)


@export("to_complex128", v2=(), deprecated="tf.cast")
def to_complex128(x: Any, name: str | None = "ToComplex128") -> Any:
    """Convert elements to complex128; see `tf.cast`."""
    return cast(x, dtypes.complex128, name=name)


# -- Bitcast ----------------------------------------------------------------------------------
_BITS = tuple(
    dtypes.as_dtype(n)
    for n in (
        "bfloat16 float16 float32 float64 int64 int32 uint8 uint16 uint32 uint64 int8 int16 "
        "complex64 complex128 qint8 quint8 qint16 quint16 qint32"
    ).split()
)
Bitcast = op("Bitcast", "input: T -> output: type", T=A.dtype(_BITS), type=A.dtype(_BITS))


@Bitcast.shape
def _shape_bitcast(s, input, *, type):
    source = s.tensor(0).dtype.base_dtype.size
    if input is None or source == type.size:
        return input
    if source > type.size:
        return (*input, source // type.size)
    if not input or (input[-1] is not None and input[-1] != type.size // source):
        raise ValueError(
            f"Cannot bitcast due to shape. {input[-1] if input else 1} does not match "
            f"{type.size // source}"
        )
    return input[:-1]


@Bitcast.host_kernel
def _kernel_bitcast(k, input, *, type):
    target = type.np_dtype
    array = np.ascontiguousarray(input).reshape(np.shape(input))
    ratio = target.itemsize // array.dtype.itemsize
    if ratio > 1 and array.shape[-1:] != (ratio,):
        given = dtypes.as_dtype(array.dtype).as_datatype_enum
        raise errors.InvalidArgumentError(
            None, None, f"Cannot bitcast from {given} to {type.as_datatype_enum}"
        )
    if array.dtype.itemsize == target.itemsize:
        return array.view(target)
    if array.dtype.itemsize > target.itemsize:
        return array.reshape((*array.shape, 1)).view(target)
    return array.view(target).reshape(array.shape[:-1])


@Bitcast.xla_kernel
def _lower_bitcast(k, input, *, type):
    if k.np_for(input) is np:
        return _kernel_bitcast(k, input, type=type)
    return k.lax.bitcast_convert_type(input, type.np_dtype)


Bitcast.no_gradient("Bits have no derivative.", undefined=True)


@export("bitcast")
def bitcast(input: Any, type: Any, name: str | None = None) -> Tensor:
    """Read the bits of a tensor as another dtype, without copying or converting.

    Args:
      input: A tensor of a number type.
      type: The dtype to read.
      name: The node's name.

    Returns:
      A tensor of `type`; it gains a last dimension when `type` is smaller, loses it when larger.

    Raises:
      ValueError: (build) the last dimension does not make up one larger element.
    """
    return Bitcast(input, type=type, name=name)


# -- Complex ----------------------------------------------------------------------------------
_PART = A.dtype((dtypes.float32, dtypes.float64), default=dtypes.float32)
_WHOLE = A.dtype(G.COMPLEX, default=dtypes.complex64)

Complex = op(
    "Complex", "real: T, imag: T -> out: Tout", T=_PART, Tout=_WHOLE, shape=_shapes.broadcast
)


@Complex.kernel
def _kernel_complex(k, real, imag, *, Tout):  # noqa: N803
    xp = k.np_for(real, imag)
    if xp is not np:
        real, imag = xp.broadcast_arrays(real, imag)
        return k.lax.complex(real, imag)
    result = np.empty(np.broadcast_shapes(np.shape(real), np.shape(imag)), Tout.np_dtype)
    result.real = real
    result.imag = imag
    return result


@Complex.gradient
def _grad_complex(op, dy):
    from headrace._src.ops.broadcast_args import stretches

    sx, sy = stretches(*op.inputs)
    gx = sx.undo(real(dy))
    return gx, sy.undo(imag(dy))


@export("dtypes.complex", "complex")
def complex_(real: Any, imag: Any, name: str | None = None) -> Tensor:
    """Make complex numbers of their real and imaginary parts.

    Args:
      real: A float32 or float64 tensor.
      imag: A tensor of the same dtype.
      name: The node's name.

    Returns:
      A complex64 or complex128 tensor of the broadcast shape.

    Raises:
      TypeError: (build) dtypes differ, or are of no complex number.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        parts = (real.dtype.base_dtype, imag.dtype.base_dtype)
        if parts == (dtypes.float64, dtypes.float64):
            target = dtypes.complex128
        elif parts == (dtypes.float32, dtypes.float32):
            target = dtypes.complex64
        else:
            raise TypeError(
                f"real and imag have incorrect types: {real.dtype.name} {imag.dtype.name}"
            )
        return Complex(real, imag, Tout=target, name=scope)


# -- Real, Imag, Angle ------------------------------------------------------------------------
def _part(op_type: str, fn: Any) -> Any:
    spec = op(op_type, "input: T -> output: Tout", T=_WHOLE, Tout=_PART, shape=_shapes.unchanged)

    @spec.kernel
    def _kernel_part(k, input):
        return fn(k.np_for(input), input)

    return spec


Real = _part("Real", lambda xp, x: xp.real(x))
Imag = _part("Imag", lambda xp, x: xp.imag(x))
Angle = _part("Angle", lambda xp, x: xp.angle(x))


@Real.gradient
def _grad_real(op, dy):
    return complex_(dy, late.constant(0, dtype=dy.dtype))


@Imag.gradient
def _grad_imag(op, dy):
    return complex_(late.constant(0, dtype=dy.dtype), dy)


@Angle.gradient
def _grad_angle(op, dy):
    x = op.inputs[0]
    with control_dependencies([dy]):
        re = real(x)
        im = imag(x)
        z = late.Reciprocal(complex_(im, re))
        zero = late.constant(0, dtype=dy.dtype)
        return -complex_(dy, zero) * z


@export("math.real", "real", v2=("math.real",))
def real(input: Any, name: str | None = None) -> Tensor:
    """Take the real part; a real tensor is returned as it is.

    Args:
      input: A tensor of a number type.
      name: The node's name.

    Returns:
      A real tensor of the same shape.
    """
    with name_scope(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return input
        return Real(input, Tout=input.dtype.real_dtype, name=scope)


@export("math.imag", "imag", v2=("math.imag",))
def imag(input: Any, name: str | None = None) -> Tensor:
    """Take the imaginary part; it is 0 for a real tensor.

    Args:
      input: A tensor of a number type.
      name: The node's name.

    Returns:
      A real tensor of the same shape.
    """
    with name_scope(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return late.zeros_like(input)
        return Imag(input, Tout=input.dtype.real_dtype, name=scope)


@export("math.angle", "angle", v2=("math.angle",))
def angle(input: Any, name: str | None = None) -> Tensor:
    """Take the argument in radians; it is 0 for a real tensor.

    Args:
      input: A tensor of a number type.
      name: The node's name.

    Returns:
      A real tensor of the same shape.
    """
    with name_scope(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return late.zeros_like(input)
        return Angle(input, Tout=input.dtype.real_dtype, name=scope)


# -- Conj -------------------------------------------------------------------------------------
Conj = op(
    "Conj",
    "input: T -> output: T",
    T=A.dtype((*G.COMPLEX, dtypes.variant), default=dtypes.complex64),
    shape=_shapes.unchanged,
)


@Conj.kernel
def _kernel_conj(k, input):
    return k.np_for(input).conj(input)


@Conj.gradient
def _grad_conj(op, dy):
    return conj(dy)


@export("math.conj", "conj", v2=("math.conj",))
def conj(x: Any, name: str | None = None) -> Tensor:
    """Conjugate complex numbers; a real tensor is returned as it is.

    Args:
      x: A tensor of a number type.
      name: The node's name.

    Returns:
      A tensor of the dtype and shape of `x`.

    Raises:
      TypeError: (build) `x` does not hold numbers.
    """
    if isinstance(x, Tensor) and (x.dtype.is_floating or x.dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex or x.dtype == dtypes.variant:
            return Conj(x, name=scope)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}")
