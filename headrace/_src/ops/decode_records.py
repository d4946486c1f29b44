"""Bytes and lines of text read into tensors: DecodeRaw, DecodePaddedRaw, DecodeCSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops._arguments import renamed

_PADDED_TYPES = (
    dtypes.float16,
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.uint16,
    dtypes.uint8,
    dtypes.int16,
    dtypes.int8,
    dtypes.int64,
)
_RAW_TYPES = (*_PADDED_TYPES, dtypes.complex64, dtypes.complex128, dtypes.bool_)
_NO_GRADIENT = "bytes have no derivative"


def _refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _numbers(data: bytes, dtype: Any, little_endian: bool) -> np.ndarray:
    """The numbers that bytes stand for."""
    kind = np.dtype(dtype.as_numpy_dtype)
    order = "<" if little_endian else ">"
    return np.frombuffer(data, kind.newbyteorder(order)).astype(kind)


# -- DecodeRaw ---------------------------------------------------------------------------------
DecodeRaw = op(
    "DecodeRaw",
    "bytes: string -> output: out_type",
    out_type=A.dtype(_RAW_TYPES),
    little_endian=A.boolean(default=True),
    host_only=True,
)
DecodeRaw.no_gradient(_NO_GRADIENT)


@DecodeRaw.shape
def _shape_decode_raw(s, bytes):
    return None if bytes is None else (*bytes, None)


@DecodeRaw.kernel
def _kernel_decode_raw(k, bytes, *, out_type, little_endian):
    parts = np.asarray(bytes)
    flat = parts.ravel().tolist()
    if not flat:
        return np.empty((*parts.shape, 0), out_type.as_numpy_dtype)
    longest = max(map(len, flat))
    for data in flat:
        if len(data) != longest:
            wrong = next(i for i, d in enumerate(flat) if len(d) != len(flat[0]))
            raise _refuse(
                "DecodeRaw requires input strings to all be the same size, but element "
                f"{wrong} has size {len(flat[0])} != {len(flat[wrong])}"
            )
    size = np.dtype(out_type.as_numpy_dtype).itemsize
    if longest % size:
        raise _refuse(
            f"Input to DecodeRaw has length {longest} that is not a multiple of {size}, "
            f"the size of {out_type.name}"
        )
    found = _numbers(b"".join(flat), out_type, little_endian)
    return found.reshape((*parts.shape, longest // size))


@export("io.decode_raw", "decode_raw", v2=(), deprecated_args="bytes")
def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: Any = None,
) -> Tensor:
    """Read the bytes of strings as numbers.

    Args:
      input_bytes: string tensor [...]; all elements have one length.
      out_type: dtype of the numbers.
      little_endian: whether the byte of the lowest value comes first.
      name: name of the operation.
      bytes: former name of `input_bytes`.

    Returns:
      Tensor [..., numbers in a string] of dtype `out_type`.

    Raises:
      ValueError: (build) no `out_type`, or both names of an argument.
      InvalidArgumentError: (run) lengths that differ or are no multiple of a number's.

    Example:
      >>> import headrace as tf
      >>> tf.Session().run(tf.decode_raw(b"\\x01\\x02", tf.uint8)).tolist()
      [1, 2]
    """
    input_bytes = renamed("input_bytes", input_bytes, "bytes", bytes)
    if out_type is None:
        raise ValueError("decode_raw_v1() missing 1 positional argument: 'out_type'")
    made: Tensor = DecodeRaw(input_bytes, out_type=out_type, little_endian=little_endian, name=name)
    return made


# -- DecodePaddedRaw ---------------------------------------------------------------------------
DecodePaddedRaw = op(
    "DecodePaddedRaw",
    "input_bytes: string, fixed_length: int32 -> output: out_type",
    out_type=A.dtype(_PADDED_TYPES),
    little_endian=A.boolean(default=True),
    host_only=True,
)
DecodePaddedRaw.no_gradient(_NO_GRADIENT)


@DecodePaddedRaw.shape
def _shape_decode_padded_raw(s, input_bytes, fixed_length, *, out_type):
    length = s.value(1)
    if fixed_length not in (None, ()):
        raise ValueError(f"Input must be scalar but has rank {len(fixed_length)}")
    if input_bytes is None:
        return None
    if length is None:
        return (*input_bytes, None)
    size = np.dtype(out_type.as_numpy_dtype).itemsize
    return (*input_bytes, dims_lib.divide(int(length), size))


@DecodePaddedRaw.kernel
def _kernel_decode_padded_raw(k, input_bytes, fixed_length, *, out_type, little_endian):
    length = int(fixed_length)
    size = np.dtype(out_type.as_numpy_dtype).itemsize
    if length <= 0:
        raise _refuse(f"fixed_length ({length}) must be greater than zero.")
    if length % size:
        raise _refuse(
            f"fixed_length ({length}) must be a multiple of the size of out_type ({size})"
        )
    parts = np.asarray(input_bytes)
    data = b"".join(d[:length].ljust(length, b"\0") for d in parts.ravel().tolist())
    return _numbers(data, out_type, little_endian).reshape((*parts.shape, length // size))


@export(v2=("io.decode_raw",))
def decode_raw_v2(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: Any = None,
    name: str | None = None,
) -> Tensor:
    """Read the bytes of strings as numbers.

    Args:
      input_bytes: string tensor [...].
      out_type: dtype of the numbers.
      little_endian: whether the byte of the lowest value comes first.
      fixed_length: how many bytes to read of each string, filled with zeros where it is shorter;
        without it all strings have one length.
      name: name of the operation.

    Returns:
      Tensor [..., numbers in a string] of dtype `out_type`.

    Raises:
      InvalidArgumentError: (run) lengths that differ or are no multiple of a number's.
    """
    made: Tensor
    if fixed_length is not None:
        made = DecodePaddedRaw(
            input_bytes, fixed_length, out_type=out_type, little_endian=little_endian, name=name
        )
    else:
        made = DecodeRaw(input_bytes, out_type=out_type, little_endian=little_endian, name=name)
    return made


# -- DecodeCSV ---------------------------------------------------------------------------------
_CSV_TYPES = (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64, dtypes.string)
DecodeCSV = op(
    "DecodeCSV",
    "records: string, record_defaults: list:OUT_TYPE -> output: list:OUT_TYPE",
    OUT_TYPE=A.dtypes(allowed=_CSV_TYPES, minimum=1),
    field_delim=A.text(default=","),
    use_quote_delim=A.boolean(default=True),
    na_value=A.text(default=""),
    select_cols=A.integers(default=()),
    host_only=True,
)
DecodeCSV.no_gradient("text has no derivative", undefined=True)


@DecodeCSV.shape
def _shape_decode_csv(s, records, record_defaults):
    for dims in record_defaults:
        dims_lib.with_rank_at_most(dims, 1)
        if dims and dims[0] is not None and dims[0] > 1:
            raise ValueError(
                "Shape of a default must be a length-0 or length-1 vector, or a scalar."
            )
    return [records] * len(record_defaults)


def _quoted_field(record: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    """The field that begins behind a quote at `start - 1`, and where the delimiter stands."""
    out = bytearray()
    at = start
    while True:
        end = record.find(b'"', at)
        if end < 0:
            raise _refuse("Quoted field has to end with quote followed by delim or end")
        out += record[at:end]
        follows = record[end + 1 : end + 2]
        if follows == b'"':
            out += b'"'
            at = end + 2
        elif follows in (b"", delimiter):
            return bytes(out), end + 1
        else:
            raise _refuse("Quote inside a string has to be escaped by another quote")


def _fields(record: bytes, delimiter: bytes, quotes: bool, chosen: tuple[int, ...]) -> list[bytes]:
    """The fields of a line; those whose number is in `chosen` if that is not empty."""
    out: list[bytes] = []
    wanted = set(chosen)
    at = number = 0
    more = bool(record)
    while more:
        if quotes and record[at : at + 1] == b'"':
            field, end = _quoted_field(record, at + 1, delimiter)
        else:
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            field = record[at:end]
            if quotes and any(c in field for c in b'"\n\r'):
                raise _refuse("Unquoted fields cannot have quotes/CRLFs inside")
        if not wanted or number in wanted:
            out.append(field)
        number += 1
        more = end < len(record)
        at = end + 1
    return out


def _number(field: bytes, dtype: Any, where: str) -> Any:
    """The number that a field spells."""
    try:
        if dtype.is_integer:
            value: Any = int(field)
            if b"_" in field or not dtype.min <= value <= dtype.max:
                raise ValueError
            return value
        if b"_" in field:
            raise ValueError
        return float(field)
    except ValueError:
        shown = {dtypes.float32: "float", dtypes.float64: "double"}.get(dtype, dtype.name)
        text = field.decode("utf-8", "replace")
        raise _refuse(f"{where} is not a valid {shown}: {text}") from None


@DecodeCSV.kernel
def _kernel_decode_csv(
    k, records, record_defaults, *, OUT_TYPE, field_delim, use_quote_delim, na_value, select_cols
):
    if len(field_delim) != 1:
        raise _refuse("field_delim should be only 1 char")
    lines = np.asarray(records)
    defaults = [np.asarray(d).ravel() for d in record_defaults]
    missing = na_value.encode() if isinstance(na_value, str) else na_value
    columns: list[list[Any]] = [[] for _ in OUT_TYPE]
    for i, record in enumerate(lines.ravel().tolist()):
        fields = _fields(record, field_delim.encode(), use_quote_delim, select_cols)
        if len(fields) != len(OUT_TYPE):
            raise _refuse(f"Expect {len(OUT_TYPE)} fields but have {len(fields)} in record {i}")
        for j, (field, dtype, default) in enumerate(zip(fields, OUT_TYPE, defaults, strict=True)):
            where = f"Field {j} in record {i}"
            if field in (b"", missing):
                if not default.size:
                    raise _refuse(f"Field {j} is required but missing in record {i}!")
                columns[j].append(default[0])
            elif dtype == dtypes.string:
                columns[j].append(field)
            else:
                columns[j].append(_number(field, dtype, where))
    out = []
    for dtype, values in zip(OUT_TYPE, columns, strict=True):
        column = np.empty(len(values), dtype.as_numpy_dtype)
        with np.errstate(over="ignore"):
            column[:] = values
        out.append(column.reshape(lines.shape))
    return out


@export("io.decode_csv", "decode_csv", v2=())
def decode_csv(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
) -> list[Tensor]:
    """Split lines of comma-separated values into columns.

    Args:
      records: string tensor [...], each element one line.
      record_defaults: for each column a tensor, a scalar or a vector of at most one element, whose
        dtype is the column's: float32, float64, int32, int64 or string. It stands for empty
        fields; a vector without elements says that there must be none.
      field_delim: what separates fields, one character.
      use_quote_delim: whether a field may be quoted.
      name: name of the operation.
      na_value: a text that stands for an empty field.
      select_cols: numbers of the columns to read, in order; all when None.

    Returns:
      A tensor [...] for each column.

    Raises:
      ValueError: (build) `select_cols` that are out of order, negative, or too many or few.
      InvalidArgumentError: (run) a line with other fields, a field that is no number or empty.

    Example:
      >>> import headrace as tf
      >>> a, b = tf.decode_csv(["1,x", "2,y"], [[0], [""]])
      >>> tf.Session().run(a).tolist()
      [1, 2]
    """
    return decode_csv_v2(
        records, record_defaults, field_delim, use_quote_delim, na_value, select_cols, name
    )


@export(v2=("io.decode_csv",))
def decode_csv_v2(
    records: Any,
    record_defaults: Sequence[Any],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """Split lines of comma-separated values into columns; see `tf.compat.v1.io.decode_csv`."""
    if select_cols is not None:
        if any(a >= b for a, b in zip(select_cols, select_cols[1:], strict=False)):
            raise ValueError("select_cols is not strictly increasing.")
        if select_cols[0] < 0:
            raise ValueError("select_cols contains negative values.")
        if len(select_cols) != len(record_defaults):
            raise ValueError("Length of select_cols and record_defaults do not match.")
    made: list[Tensor] = DecodeCSV(
        records,
        record_defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=select_cols,
        name=name,
    )
    return made
