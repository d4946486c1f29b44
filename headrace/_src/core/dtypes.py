"""Element types of tensors: `DType`, its constants, `as_dtype`, and the groups op specs name.

Every type exists once (`a is b` decides equality), and once more as a reference type, which is
what the outputs of ref variables have.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import numpy as np

from headrace._api.export import export, export_value

_REF_OFFSET: Final = 100

_FLOATING: Final = 1
_INTEGER: Final = 2
_UNSIGNED: Final = 4
_COMPLEX: Final = 8
_QUANTIZED: Final = 16
_OPAQUE: Final = 32

np_resource: Final = np.dtype([("resource", np.ubyte)])


class _Facts(NamedTuple):
    """One row of the table that all types are made from."""

    enum: int
    name: str
    numpy: Any
    traits: int = 0


# `bool` and `object` rather than NumPy's scalar types: programs compare against these.
_TABLE: Final = (
    _Facts(1, "float32", np.float32, _FLOATING),
    _Facts(2, "float64", np.float64, _FLOATING),
    _Facts(3, "int32", np.int32, _INTEGER),
    _Facts(4, "uint8", np.uint8, _INTEGER | _UNSIGNED),
    _Facts(5, "int16", np.int16, _INTEGER),
    _Facts(6, "int8", np.int8, _INTEGER),
    _Facts(7, "string", object),
    _Facts(8, "complex64", np.complex64, _COMPLEX),
    _Facts(9, "int64", np.int64, _INTEGER),
    _Facts(10, "bool", bool),
    _Facts(11, "qint8", np.dtype([("qint8", np.int8)]), _QUANTIZED),
    _Facts(12, "quint8", np.dtype([("quint8", np.uint8)]), _QUANTIZED),
    _Facts(13, "qint32", np.dtype([("qint32", np.int32)]), _QUANTIZED),
    _Facts(14, "bfloat16", None, _FLOATING),
    _Facts(15, "qint16", np.dtype([("qint16", np.int16)]), _QUANTIZED),
    _Facts(16, "quint16", np.dtype([("quint16", np.uint16)]), _QUANTIZED),
    _Facts(17, "uint16", np.uint16, _INTEGER | _UNSIGNED),
    _Facts(18, "complex128", np.complex128, _COMPLEX),
    _Facts(19, "float16", np.float16, _FLOATING),
    _Facts(20, "resource", None, _OPAQUE),
    _Facts(21, "variant", None, _OPAQUE),
    _Facts(22, "uint32", np.uint32, _INTEGER | _UNSIGNED),
    _Facts(23, "uint64", np.uint64, _INTEGER | _UNSIGNED),
)

# The largest values of pixels; the types that are not here have no usual range.
_LIMITS: Final[dict[Any, int]] = {
    np.uint8: 2**8 - 1,
    np.uint16: 2**16 - 1,
    np.uint32: 2**32 - 1,
    np.uint64: 2**64 - 1,
    np.int8: 2**7 - 1,
    np.int16: 2**15 - 1,
    np.int32: 2**31 - 1,
    np.int64: 2**63 - 1,
    np.float32: 1,
    np.float64: 1,
}

_BY_ENUM: Final[dict[int, DType]] = {}
# Everything hashable that `as_dtype` knows: enums, names, NumPy and Python types.
_BY_ANY: Final[dict[Any, DType]] = {}


@export("dtypes.DType", "DType")
class DType:
    """The type of the elements of a tensor.

    The constants (`tf.float32`, ...) are the only instances; `tf.as_dtype` finds one.

    Args:
      type_enum: The type's number in `types.proto`; 100 more for the reference type.

    Raises:
      TypeError: There is no such type.
    """

    __slots__ = ("_as_ref", "_base", "_is_ref_dtype", "_name", "_numpy", "_traits", "_type_enum")

    _as_ref: DType
    _base: DType
    _is_ref_dtype: bool
    _name: str
    _numpy: Any
    _traits: int
    _type_enum: int

    def __new__(cls, type_enum: Any) -> DType:
        try:
            return _BY_ENUM[int(type_enum)]
        except KeyError:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {type_enum}") from None

    @property
    def name(self) -> str:
        """The name, such as `float32` or `float32_ref`."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """The number in `types.proto`."""
        return self._type_enum

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy type; `bool` and `object` for booleans and strings.

        Raises:
          KeyError: NumPy has nothing of the kind (`resource`, `variant`).
        """
        if self._numpy is None:
            if self._traits & _OPAQUE:
                raise KeyError(self._type_enum)
            self._numpy = _bfloat16_type()
        return self._numpy

    @property
    def np_dtype(self) -> np.dtype:
        """The dtype of the arrays that hold such values at run time; `object` for resources."""
        return np.dtype(object if self._traits & _OPAQUE else self.as_numpy_dtype)

    @property
    def base_dtype(self) -> DType:
        """This type without the reference."""
        return self._base

    @property
    def real_dtype(self) -> DType:
        """The type of the real part: of complex types their component, else the base type."""
        if self._base is complex64:
            return float32
        if self._base is complex128:
            return float64
        # 1.15 keeps the reference here, and drops it only from complex types.
        return self

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether `as_numpy_dtype` has an answer."""
        return not self._traits & _OPAQUE

    @property
    def is_bool(self) -> bool:
        """Whether this is the boolean type."""
        return self._base is bool_

    @property
    def is_integer(self) -> bool:
        """Whether this is a signed or unsigned integer type; quantized types are not."""
        return bool(self._traits & _INTEGER)

    @property
    def is_floating(self) -> bool:
        """Whether this is a real floating-point type."""
        return bool(self._traits & _FLOATING)

    @property
    def is_complex(self) -> bool:
        """Whether this is a complex type."""
        return bool(self._traits & _COMPLEX)

    @property
    def is_quantized(self) -> bool:
        """Whether this is a quantized type."""
        return bool(self._traits & _QUANTIZED)

    @property
    def is_unsigned(self) -> bool:
        """Whether this is an unsigned integer type."""
        return bool(self._traits & _UNSIGNED)

    @property
    def min(self) -> Any:
        """The smallest finite value.

        Raises:
          TypeError: The type is not an integer or floating-point one.
        """
        return self._extreme("min", "minimum")

    @property
    def max(self) -> Any:
        """The largest finite value.

        Raises:
          TypeError: The type is not an integer or floating-point one.
        """
        return self._extreme("max", "maximum")

    def _extreme(self, field: str, word: str) -> Any:
        if self._traits & _INTEGER:
            return getattr(np.iinfo(self.as_numpy_dtype), field)
        if self._base is bfloat16:
            return getattr(_ml_dtypes().finfo(self.as_numpy_dtype), field)
        if self._traits & _FLOATING:
            return getattr(np.finfo(self.as_numpy_dtype), field)
        raise TypeError(f"Cannot find {word} value of {self}.")

    @property
    def limits(self) -> tuple[int, int]:
        """The range of pixel values in this type, as (lowest, highest), from 0 on.

        Raises:
          KeyError: Images of this type have no usual range.
        """
        return 0, _LIMITS[self.as_numpy_dtype]

    @property
    def size(self) -> int:
        """Bytes an element takes; 1 for `resource` and `variant`."""
        if self._traits & _OPAQUE:
            return 1
        return self.np_dtype.itemsize

    def is_compatible_with(self, other: Any) -> bool:
        """Tells whether a value of type `other` can stand where this type is wanted.

        Args:
          other: Anything `tf.as_dtype` takes.

        Returns:
          True if they are the same type, or `other` is this type's reference type.

        Raises:
          TypeError: `other` is not a type.
        """
        other = as_dtype(other)
        return self is other or self is other._base

    def __eq__(self, other: object) -> bool:
        if type(other) is DType:
            return self is other
        if other is None:
            return False
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self._type_enum

    def __int__(self) -> int:
        return self._type_enum

    def __str__(self) -> str:
        return f"<dtype: {self._name!r}>"

    def __repr__(self) -> str:
        return f"tf.{self._name}"

    def __reduce__(self) -> Any:
        return as_dtype, (self._name,)

    def __copy__(self) -> DType:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> DType:
        return self


DTypeLike = DType | str | int | type | np.dtype


def _ml_dtypes() -> Any:
    import ml_dtypes

    return ml_dtypes


def _bfloat16_type() -> Any:
    return _ml_dtypes().bfloat16


@export("dtypes.as_dtype", "as_dtype")
def as_dtype(type_value: Any) -> DType:
    """Finds the `DType` that a value stands for.

    Args:
      type_value: A `DType`, a name (`"float32"`), a number of `types.proto`, a NumPy dtype or
        scalar type, `float`, `bool`, `object`, or anything with a NumPy `dtype`.

    Returns:
      The `DType`.

    Raises:
      TypeError: The value stands for no type.
    """
    if isinstance(type_value, DType):
        return type_value
    found = _BY_ANY.get(type_value)
    if found is not None:
        return found
    found = _from_numpy(type_value)
    if found is None:
        raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")
    return found


def _from_numpy(value: Any) -> DType | None:
    if isinstance(value, type) and value.__name__ == "bfloat16":
        return bfloat16 if value is _bfloat16_type() else None
    if not isinstance(value, np.dtype):
        inner = getattr(value, "dtype", None)
        if not isinstance(inner, np.dtype):
            return None
        value = inner
    if value.type.__name__ == "bfloat16":
        return bfloat16
    # Byte order and the width of strings do not matter.
    return _BY_ANY.get(value) or _BY_ANY.get(value.type)


def _make(facts: _Facts) -> DType:
    base, ref = object.__new__(DType), object.__new__(DType)
    for dtype, offset, suffix in ((base, 0, ""), (ref, _REF_OFFSET, "_ref")):
        dtype._type_enum = facts.enum + offset
        dtype._name = facts.name + suffix
        dtype._numpy = facts.numpy
        dtype._traits = facts.traits
        dtype._base = base
        dtype._as_ref = ref
        dtype._is_ref_dtype = dtype is ref
        _BY_ENUM[dtype._type_enum] = dtype
        _BY_ANY[dtype._type_enum] = _BY_ANY[dtype._name] = dtype
    if facts.numpy is not None:
        _BY_ANY[np.dtype(facts.numpy)] = base
        if not facts.traits & _QUANTIZED:
            _BY_ANY[facts.numpy] = _BY_ANY[np.dtype(facts.numpy).type] = base
    return base


(
    float32, float64, int32, uint8, int16, int8, string, complex64, int64, bool_, qint8, quint8,
    qint32, bfloat16, qint16, quint16, uint16, complex128, float16, resource, variant, uint32,
    uint64,
) = map(_make, _TABLE)  # fmt: skip

half = float16
double = float64

float32_ref = float32._as_ref
float64_ref = double_ref = float64._as_ref
float16_ref = half_ref = float16._as_ref
bfloat16_ref = bfloat16._as_ref
int8_ref = int8._as_ref
int16_ref = int16._as_ref
int32_ref = int32._as_ref
int64_ref = int64._as_ref
uint8_ref = uint8._as_ref
uint16_ref = uint16._as_ref
uint32_ref = uint32._as_ref
uint64_ref = uint64._as_ref
complex64_ref = complex64._as_ref
complex128_ref = complex128._as_ref
bool_ref = bool_._as_ref
string_ref = string._as_ref
resource_ref = resource._as_ref
variant_ref = variant._as_ref
qint8_ref = qint8._as_ref
qint16_ref = qint16._as_ref
qint32_ref = qint32._as_ref
quint8_ref = quint8._as_ref
quint16_ref = quint16._as_ref

_BY_ANY.update(
    {
        "half": float16,
        "half_ref": half_ref,
        "float": float32,
        "float_ref": float32_ref,
        "double": float64,
        "double_ref": double_ref,
        float: float32,
        np.str_: string,
        np.bytes_: string,
        np.longlong: int64,
        np.ulonglong: uint64,
        np.intc: int32,
        np.uintc: uint32,
        np.int_: as_dtype(np.dtype(np.int_)),
        np.uint: as_dtype(np.dtype(np.uint)),
        np_resource: resource,
    }
)

_BASE_TYPES: Final = tuple(_BY_ENUM[facts.enum] for facts in _TABLE)

for _dtype in _BASE_TYPES:
    export_value(_dtype, f"dtypes.{_dtype.name}", _dtype.name)
export_value(half, "dtypes.half", "half")
export_value(double, "dtypes.double", "double")

QUANTIZED_DTYPES: Final = export_value(
    frozenset(d for base in _BASE_TYPES if base.is_quantized for d in (base, base._as_ref)),
    "dtypes.QUANTIZED_DTYPES",
    "QUANTIZED_DTYPES",
    v2=("dtypes.QUANTIZED_DTYPES",),
)
TF_VALUE_DTYPES: Final = frozenset(d for d in _BASE_TYPES if d.is_numpy_compatible)

_REAL = (
    float32, float64, int32, uint8, int16, int8, int64, bfloat16, uint16, float16, uint32, uint64,
)  # fmt: skip
_FLOAT = (float16, bfloat16, float32, float64)
_INDEX = (int32, int64)
_COMPLEX_TYPES = (complex64, complex128)

# The sets of types that op specs allow, each in the order that error messages list them in.
groups: Final = SimpleNamespace(
    ANY=None,
    NUMBER=(
        float32, float64, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32,
        bfloat16, uint16, complex128, float16, uint32, uint64,
    ),
    REAL=_REAL,
    FLOAT=_FLOAT,
    # The same four as FLOAT, in the order of the element-wise ops.
    ELEMENTWISE_FLOAT=(bfloat16, float16, float32, float64),
    FLOAT_OR_COMPLEX=(bfloat16, float16, float32, float64, complex64, complex128),
    HALF_FLOAT_DOUBLE=(float16, float32, float64),
    FLOAT_DOUBLE=(float32, float64),
    LINALG=(float64, float32, float16, complex64, complex128),
    COMPLEX=_COMPLEX_TYPES,
    INDEX=_INDEX,
    INTEGER=(int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    SIGNED=(bfloat16, float16, float32, float64, int32, int64, complex64, complex128),
    SIGNED_INTEGER=(int8, int16, int32, int64),
    UNSIGNED_INTEGER=(uint8, uint16, uint32, uint64),
    ARITHMETIC=(
        bfloat16, float16, float32, float64, uint8, int8, uint16, int16, int32, int64, complex64,
        complex128,
    ),
    ORDERED=(bfloat16, float16, float32, float64, int32, int64),
    EQUALITY=(
        bfloat16, float16, float32, float64, uint8, int8, int16, int32, int64, complex64, quint8,
        qint8, qint32, string, bool_, complex128,
    ),
    QUANTIZED=(qint8, quint8, qint32, qint16, quint16),
)  # fmt: skip
