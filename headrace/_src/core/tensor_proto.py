"""TensorProto and AttrValue: how arrays, shapes and attr values are written and read back.

An array whose strides are all zero stands for one repeated value and is written as that one value,
which is how a constant that was given a scalar and a shape looks in a GraphDef.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.attrs import FuncRef
from headrace._src.core.dims import Dims

MAX_CONTENT_BYTES: Final = 1 << 31

# Types whose arrays of two elements and more are written as raw bytes.
_CONTENT_TYPES: Final = frozenset({
    dtypes.float32, dtypes.float64, dtypes.int32, dtypes.uint8, dtypes.int16, dtypes.int8,
    dtypes.int64, dtypes.qint8, dtypes.quint8, dtypes.qint16, dtypes.quint16, dtypes.qint32,
    dtypes.uint32, dtypes.uint64,
})  # fmt: skip

_FIELDS: Final = {
    dtypes.float32: "float_val",
    dtypes.float64: "double_val",
    dtypes.int32: "int_val",
    dtypes.uint8: "int_val",
    dtypes.int16: "int_val",
    dtypes.int8: "int_val",
    dtypes.uint16: "int_val",
    dtypes.qint8: "int_val",
    dtypes.quint8: "int_val",
    dtypes.qint16: "int_val",
    dtypes.quint16: "int_val",
    dtypes.qint32: "int_val",
    dtypes.int64: "int64_val",
    dtypes.uint32: "uint32_val",
    dtypes.uint64: "uint64_val",
    dtypes.bool_: "bool_val",
    dtypes.float16: "half_val",
    dtypes.bfloat16: "half_val",
    dtypes.complex64: "scomplex_val",
    dtypes.complex128: "dcomplex_val",
    dtypes.string: "string_val",
}


def _messages() -> Any:
    from headrace._src.proto import messages

    return messages


# -- shapes ---------------------------------------------------------------------------------------


def shape_to_proto(dims: Dims) -> Any:
    """Returns the TensorShapeProto of `dims`."""
    proto = _messages().TensorShapeProto()
    if dims is None:
        proto.unknown_rank = True
        return proto
    for size in dims:
        proto.dim.add(size=-1 if size is None else int(size))
    return proto


def shape_from_proto(proto: Any) -> Dims:
    """Returns the dims that a TensorShapeProto describes."""
    if proto.unknown_rank:
        return None
    return tuple([None if dim.size < 0 else dim.size for dim in proto.dim])


# -- tensors --------------------------------------------------------------------------------------


class ListedArray(np.ndarray[Any, Any]):
    """An array that is written value by value, never as raw bytes.

    Attributes:
      given: how many leading values are written, the last one stands for the rest; None for all.
    """

    given: int | None = None


def filled(values: np.ndarray[Any, Any], shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """The array of `shape` that starts with `values`, and repeats the last one (or zero)."""
    size = int(np.prod(shape, dtype=np.int64))
    zero = np.array(b"" if values.dtype == object else 0).astype(values.dtype)
    last = values.reshape(-1)[-1] if values.size else zero
    if values.size == 1:
        return np.broadcast_to(values.reshape(()), shape)
    array = np.empty(size, values.dtype)
    array[: values.size] = values.reshape(-1)
    array[values.size :] = last
    listed = array.reshape(shape).view(ListedArray)
    listed.given = values.size
    return listed


def array_to_proto(array: np.ndarray[Any, Any], dtype: dtypes.DType | None = None) -> Any:
    """Writes an array, as 1.15 writes it.

    Args:
      array: The values; all strides zero means one repeated value.
      dtype: Their type; by default it follows from the array's.

    Returns:
      A TensorProto.

    Raises:
      TypeError: There is no field for elements of this type.
      ValueError: The content is 2 GB or larger.
    """
    known = getattr(array, "given", None)
    if known is not None:
        return values_to_proto(
            array.reshape(-1)[:known], dtype or dtypes.as_dtype(array.dtype), array.shape
        )
    splat = array.size > 1 and not any(array.strides)
    given = array[(slice(0, 1),) * array.ndim] if splat else array
    return values_to_proto(given, dtype or dtypes.as_dtype(array.dtype), array.shape)


def values_to_proto(
    values: np.ndarray[Any, Any], dtype: dtypes.DType, shape: tuple[int, ...]
) -> Any:
    """Writes a tensor of `shape` from its leading values; readers repeat the last one."""
    proto = _messages().TensorProto(
        dtype=dtype.base_dtype.as_datatype_enum, tensor_shape=shape_to_proto(shape)
    )
    dtype = dtype.base_dtype
    size = int(np.prod(shape, dtype=np.int64))
    listed = isinstance(values, ListedArray)
    if dtype in _CONTENT_TYPES and values.size == size and size > 1 and not listed:
        if values.size * values.itemsize >= MAX_CONTENT_BYTES:
            raise ValueError("Cannot create a tensor proto whose content is larger than 2GB.")
        proto.tensor_content = values.tobytes()
        return proto
    field = _FIELDS.get(dtype)
    if field is None:
        raise TypeError(f"Element type not supported in TensorProto: {dtype.name}")
    getattr(proto, field).extend(_flat_values(values.reshape(-1), dtype))
    return proto


def _flat_values(flat: np.ndarray[Any, Any], dtype: dtypes.DType) -> list[Any]:
    if dtype == dtypes.string:
        return [v.encode("utf-8") if isinstance(v, str) else bytes(v) for v in flat.tolist()]
    if flat.dtype.names is not None:
        flat = flat[flat.dtype.names[0]]
    if dtype in (dtypes.float16, dtypes.bfloat16):
        flat = flat.astype(dtype.np_dtype).view(np.uint16)
    elif dtype.is_complex:
        flat = np.ascontiguousarray(flat).view(flat.real.dtype)
    return flat.tolist()  # type: ignore[no-any-return]


def proto_to_array(proto: Any) -> np.ndarray[Any, Any]:
    """Reads a TensorProto.

    One repeated value comes back as a broadcast (read-only) array, other lists of values as a
    `ListedArray`, so that writing the array gives the same proto.

    Raises:
      TypeError: There are no arrays of this type.
      ValueError: The content does not fit the shape.
    """
    shape = tuple([dim.size for dim in proto.tensor_shape.dim])
    dtype = dtypes.as_dtype(proto.dtype)
    if proto.tensor_content and dtype in _FIELDS and dtype != dtypes.string:
        return np.frombuffer(proto.tensor_content, dtype=dtype.np_dtype).reshape(shape)
    values = _read_values(proto, dtype)
    size = int(np.prod(shape, dtype=np.int64))
    if values.size == size:
        listed = dtype in _CONTENT_TYPES and size > 1
        return (values.view(ListedArray) if listed else values).reshape(shape)
    if values.size > size:
        raise ValueError(f"cannot reshape array of size {values.size} into shape {shape}")
    return filled(values, shape)


def list_values(values: np.ndarray[Any, Any], dtype: dtypes.DType) -> Any:
    """Returns a `TensorProto` with nothing but the values, one by one, in the field of `dtype`."""
    proto = _messages().TensorProto()
    getattr(proto, _FIELDS[dtype]).extend(_flat_values(values.reshape(-1), dtype))
    return proto


def listed_values(proto: Any, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    """Returns the values that `proto` lists in the field of `dtype`, as a flat array.

    Raises:
      TypeError: there is no field for the dtype.
      OverflowError: a value does not fit.
    """
    return _read_values(proto, dtype)


def _read_values(proto: Any, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    field = _FIELDS.get(dtype)
    if field is None:
        raise TypeError(f"Unsupported tensor type: {proto.dtype}")
    values = list(getattr(proto, field))
    if dtype == dtypes.string:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    if field == "half_val":
        return np.array(values, dtype=np.uint16).view(dtype.np_dtype)
    if dtype.is_complex:
        return np.array(values, dtype=dtype.real_dtype.np_dtype).view(dtype.np_dtype)
    if dtype.is_quantized:
        inner = dtype.np_dtype.fields
        assert inner is not None
        return np.array(values, dtype=next(iter(inner.values()))[0]).view(dtype.np_dtype)
    return np.array(values, dtype=dtype.np_dtype)


@export("make_ndarray", "contrib.util.make_ndarray", v2=("make_ndarray",))
def make_ndarray(tensor: Any) -> np.ndarray[Any, Any]:
    """Make an array from a TensorProto.

    Args:
      tensor: A `TensorProto` [shape, dtype].

    Returns:
      An array [shape, dtype]; strings are `bytes` objects.

    Raises:
      TypeError: There are no arrays of the proto's type.
    """
    array = np.asarray(proto_to_array(tensor))
    return array if array.flags.writeable else array.copy()


# -- attrs ----------------------------------------------------------------------------------------


def attr_value(kind: str | None, value: Any) -> Any:
    """Writes an attr value in its internal form.

    Args:
      kind: The kind of the attr (`"int"`, `"list(type)"`, ...); None finds it from the value.
      value: The value, as `Operation.attrs` holds it, or an AttrValue, which is returned.

    Returns:
      An AttrValue.

    Raises:
      TypeError: `kind` is None and the value is of no kind.
    """
    made = _messages()
    if isinstance(value, made.AttrValue):
        return value
    kind = kind or _kind_of(value)
    proto = made.AttrValue()
    if kind.startswith("list("):
        proto.list.SetInParent()
        for item in value:
            _WRITE[kind[5:-1]](proto.list, item, True)
    else:
        _WRITE[kind](proto, value, False)
    return proto


def _kind_of(value: Any) -> str:
    for kind, types in _KINDS:
        if isinstance(value, types):
            return kind
    if isinstance(value, (list, tuple)):
        return f"list({_kind_of(value[0]) if value else 'int'})"
    raise TypeError(f"{value!r} is not the value of an attr")


_KINDS: Final[tuple[tuple[str, Any], ...]] = (
    ("bool", bool),
    ("int", (int, np.integer)),
    ("float", (float, np.floating)),
    ("string", (str, bytes)),
    ("type", dtypes.DType),
    ("tensor", np.ndarray),
    ("func", FuncRef),
)


def _writer(field: str, convert: Callable[[Any], Any]) -> Callable[[Any, Any, bool], None]:
    def write(proto: Any, value: Any, repeated: bool) -> None:
        made = convert(value)
        if repeated:
            getattr(proto, field).append(made)
        elif isinstance(made, (bool, int, float, bytes)):
            setattr(proto, field, made)
        else:
            getattr(proto, field).CopyFrom(made)

    return write


def _to_bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else value


def _to_tensor(value: Any) -> Any:
    return array_to_proto(value) if isinstance(value, np.ndarray) else value


def _to_func(value: Any) -> Any:
    proto = _messages().NameAttrList(name=value.name)
    for name, attr in value.attrs.items():
        proto.attr[name].CopyFrom(attr_value(None, attr))
    return proto


_WRITE: Final[dict[str, Callable[[Any, Any, bool], None]]] = {
    "string": _writer("s", _to_bytes),
    "int": _writer("i", int),
    "float": _writer("f", float),
    "bool": _writer("b", bool),
    "type": _writer("type", lambda value: dtypes.as_dtype(value).as_datatype_enum),
    "shape": _writer("shape", shape_to_proto),
    "tensor": _writer("tensor", _to_tensor),
    "func": _writer("func", _to_func),
}


def text_from_bytes(value: bytes) -> str | bytes:
    """Reads a string attr: the text, or the bytes where they are not UTF-8."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "s": text_from_bytes,
    "i": int,
    "f": float,
    "b": bool,
    "type": dtypes.as_dtype,
    "shape": shape_from_proto,
    "tensor": proto_to_array,
}


def attr_from_proto(proto: Any, function: Callable[[str], Any] | None = None) -> Any:
    """Reads an AttrValue into the internal form of its value.

    Args:
      proto: An AttrValue.
      function: Finds the body graph of the function of a given name, for `func` values.

    Returns:
      The value; a tuple for lists, None for an AttrValue that holds nothing.
    """

    def read(field: str, value: Any) -> Any:
        if field == "func":
            attrs = {name: attr_from_proto(attr, function) for name, attr in value.attr.items()}
            return FuncRef(value.name, function(value.name) if function else None, attrs)
        return _READ[field](value)

    field = proto.WhichOneof("value")
    if field is None or field == "placeholder":
        return None
    if field != "list":
        return read(field, getattr(proto, field))
    return tuple(
        read(descriptor.name, item)
        for descriptor, items in proto.list.ListFields()
        for item in items
    )
