"""Ops on strings; they run on the host, on arrays of bytes objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import constant as constant_ops
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops._arguments import renamed
from headrace._src.ops._late import late

_NO_SLOPE = "strings have no derivative"
_UNITS = A.text(default="BYTE", allowed=("BYTE", "UTF8_CHAR"))


def each(function: Callable[..., Any], *arrays: Any, dtype: Any = object) -> np.ndarray:
    """Applies a function elementwise to arrays that broadcast."""
    arrays = np.broadcast_arrays(*arrays)
    result = np.empty(arrays[0].shape, dtype)
    flat = result.reshape(-1)
    for i, values in enumerate(zip(*(a.ravel() for a in arrays), strict=True)):
        flat[i] = function(*values)
    return result


def _unchanged(s, input, *rest):
    return input


def _to_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


# -- StringJoin --------------------------------------------------------------------------------
StringJoin = op(
    "StringJoin",
    "inputs: N * string -> output: string",
    N=A.integer(minimum=1),
    separator=A.text(default=""),
    host_only=True,
)


@StringJoin.shape
def _shape_string_join(s, inputs):
    result: Any = ()
    for dims in inputs:
        if dims is None:
            return None
        if dims != ():
            result = dims if result == () else dims_lib.merge(result, dims)
    return result


@StringJoin.kernel
def _kernel_string_join(k, inputs, *, separator):
    glue = _to_bytes(separator)
    shapes = {np.shape(x) for x in inputs} - {()}
    if len(shapes) > 1:
        first, second = sorted(shapes)[:2]
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Input shapes do not match: {dims_lib.text(first)} vs. {dims_lib.text(second)}",
        )
    return each(lambda *parts: glue.join(parts), *inputs)


StringJoin.no_gradient(_NO_SLOPE)


@export("strings.join", "string_join", v2=("strings.join",))
def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """Join strings elementwise.

    Args:
        inputs: List of string tensors of one shape; scalars go with every element.
        separator: What stands between.
        name: Name of the node.

    Returns:
        String tensor.

    Raises:
        ValueError: (build) shapes known and different.
        errors.InvalidArgumentError: (run) shapes that differ.
    """
    return StringJoin(inputs, separator=separator, name=name)


# -- AsString ----------------------------------------------------------------------------------
_PRINTABLE = (
    dtypes.int8,
    dtypes.int16,
    dtypes.int32,
    dtypes.int64,
    dtypes.complex64,
    dtypes.complex128,
    dtypes.float32,
    dtypes.float64,
    dtypes.bool_,
)
AsString = op(
    "AsString",
    "input: T -> output: string",
    kernel_ignores=("T",),
    T=_PRINTABLE,
    precision=A.integer(default=-1),
    scientific=A.boolean(default=False),
    shortest=A.boolean(default=False),
    width=A.integer(default=-1),
    fill=A.text(default=""),
    host_only=True,
    shape=_unchanged,
)


@AsString.kernel
def _kernel_as_string(k, input, *, precision, scientific, shortest, width, fill):
    if len(fill) > 1:
        raise errors.InvalidArgumentError(
            None, None, "Fill string must be one or fewer characters."
        )
    if scientific and shortest:
        raise errors.InvalidArgumentError(
            None, None, "Cannot select both scientific and shortest notation"
        )
    size = ("" if width < 0 else str(width)) + ("" if precision < 0 else f".{precision}")
    form = f"%{fill}{size}{'e' if scientific else 'g' if shortest else 'f'}"
    kind = input.dtype.kind

    def show(value: Any) -> bytes:
        if kind == "b":
            return b"true" if value else b"false"
        if kind == "i":
            return (f"%{fill}{size}d" % int(value)).encode()
        if kind == "c":
            return f"({form % value.real},{form % value.imag})".encode()
        return (form % float(value)).encode()

    return each(show, input)


AsString.no_gradient(_NO_SLOPE)


@export("dtypes.as_string", "as_string", "strings.as_string", v2=("as_string", "strings.as_string"))
def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Tensor:
    """Write numbers as text.

    Args:
        input: Tensor of numbers or booleans.
        precision: Digits after the point, 6 by default.
        scientific: Whether floating-point numbers have an exponent.
        shortest: Whether they are written the shorter way.
        width: Least number of characters.
        fill: What pads to the width, a blank by default.
        name: Name of the node.

    Returns:
        String tensor of the same shape.
    """
    return AsString(
        input,
        precision=precision,
        scientific=scientific,
        shortest=shortest,
        width=width,
        fill=fill,
        name=name,
    )


# -- StringToNumber ----------------------------------------------------------------------------
StringToNumber = op(
    "StringToNumber",
    "string_tensor: string -> output: out_type",
    out_type=A.dtype(
        (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64), default=dtypes.float32
    ),
    host_only=True,
    shape=_unchanged,
)


def parse_number(text: bytes, dtype: dtypes.DType) -> Any:
    """The number that a string spells; raises `InvalidArgumentError` as 1.15 does."""
    stripped = text.strip()
    try:
        if b"_" in stripped:
            raise ValueError("Python's digit separators are not numbers here")
        if dtype.is_floating:
            return dtype.as_numpy_dtype(float(stripped))
        number = int(stripped)
        if dtype.min <= number <= dtype.max:
            return dtype.as_numpy_dtype(number)
    except ValueError:
        pass
    shown = text.decode("utf-8", "backslashreplace")
    raise errors.InvalidArgumentError(
        None, None, f"StringToNumberOp could not correctly convert string: {shown}"
    )


@StringToNumber.kernel
def _kernel_string_to_number(k, string_tensor, *, out_type):
    return each(
        lambda text: parse_number(text, out_type), string_tensor, dtype=out_type.as_numpy_dtype
    )


StringToNumber.no_gradient(_NO_SLOPE)


@export("strings.to_number", "string_to_number", v2=())
def string_to_number(
    string_tensor: Any = None,
    out_type: Any = dtypes.float32,
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """Read numbers from text.

    Args:
        string_tensor: String tensor.
        out_type: float32, float64, int32 or int64.
        name: Name of the node.
        input: Newer name of `string_tensor`.

    Returns:
        Tensor of the same shape.

    Raises:
        errors.InvalidArgumentError: (run) a text that is no such number.
    """
    text = renamed("input", input, "string_tensor", string_tensor)
    return StringToNumber(text, out_type=out_type, name=name)


# -- Substr ------------------------------------------------------------------------------------
Substr = op(
    "Substr",
    "input: string, pos: T, len: T -> output: string",
    T=G.INDEX,
    unit=_UNITS,
    host_only=True,
)


@Substr.shape
def _shape_substr(s, input, pos, length):
    dims_lib.merge(pos, length)
    return dims_lib.broadcast(input, pos)


@Substr.kernel
def _kernel_substr(k, input, pos, length, *, unit):
    def cut(text: bytes, start: Any, count: Any) -> bytes:
        whole: Any = text if unit == "BYTE" else text.decode("utf-8", "replace")
        if not -len(whole) <= start <= len(whole):
            shown = text.decode("utf-8", "backslashreplace")
            raise errors.InvalidArgumentError(
                None, None, f"pos {start} out of range for string b'{shown}' at index 0"
            )
        start = int(start) + (len(whole) if start < 0 else 0)
        return _to_bytes(whole[start : max(start + int(count), start)])

    return each(cut, input, pos, length)


Substr.no_gradient(_NO_SLOPE, undefined=True)


@export("strings.substr", v2=())
def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Cut substrings out of strings.

    Args:
        input: String tensor.
        pos: Integer tensor that broadcasts with `input`: first place; negative from the end.
        len: Integer tensor like `pos`: greatest length.
        name: Name of the node.
        unit: "BYTE" or "UTF8_CHAR".

    Returns:
        String tensor.

    Raises:
        errors.InvalidArgumentError: (run) a place outside a string.
    """
    return Substr(input, pos, len, unit=unit, name=name)


@export("substr", v2=(), deprecated="tf.strings.substr")
def substr_deprecated(
    input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE"
) -> Tensor:
    """Cut substrings out of strings; see `tf.strings.substr`."""
    return substr(input, pos, len, name, unit)


# -- StringLength ------------------------------------------------------------------------------
StringLength = op(
    "StringLength", "input: string -> output: int32", unit=_UNITS, host_only=True, shape=_unchanged
)


@StringLength.kernel
def _kernel_string_length(k, input, *, unit):
    def count(text: bytes) -> int:
        # Bytes of the form 10xxxxxx continue a character.
        return len(text) if unit == "BYTE" else sum(b & 0xC0 != 0x80 for b in text)

    return each(count, input, dtype=np.int32)


StringLength.no_gradient(_NO_SLOPE, undefined=True)


@export("strings.length", v2=())
def string_length(input: Any, name: str | None = None, unit: str = "BYTE") -> Tensor:
    """Count the bytes or characters of strings.

    Args:
        input: String tensor.
        name: Name of the node.
        unit: "BYTE" or "UTF8_CHAR".

    Returns:
        int32 tensor of the same shape.
    """
    return StringLength(input, unit=unit, name=name)


# -- StringStrip, StringLower, StringUpper -----------------------------------------------------
StringStrip = op("StringStrip", "input: string -> output: string", host_only=True, shape=_unchanged)


@StringStrip.kernel
def _kernel_string_strip(k, input):
    return each(bytes.strip, input)


StringStrip.no_gradient(_NO_SLOPE, undefined=True)


@export("strings.strip", "string_strip", v2=("strings.strip",))
def string_strip(input: Any, name: str | None = None) -> Tensor:
    """Remove white space at both ends of strings.

    Args:
        input: String tensor.
        name: Name of the node.

    Returns:
        String tensor of the same shape.
    """
    return StringStrip(input, name=name)


def _check_encoding(encoding: str) -> None:
    if encoding not in ("", "utf-8"):
        raise errors.InvalidArgumentError(
            None,
            None,
            f"only utf-8 or '' (no encoding) is supported, received {encoding}",
        )


def _cased(name: str) -> Any:
    spec = op(
        name,
        "input: string -> output: string",
        encoding=A.text(default=""),
        host_only=True,
        shape=_unchanged,
    )
    method = name.removeprefix("String").lower()

    @spec.kernel
    def _kernel_cased(k, input, *, encoding):
        _check_encoding(encoding)
        if encoding:
            return each(lambda t: getattr(t.decode("utf-8", "replace"), method)().encode(), input)
        return each(getattr(bytes, method), input)

    spec.no_gradient(_NO_SLOPE, undefined=True)
    return spec


StringLower = _cased("StringLower")
StringUpper = _cased("StringUpper")


@export("strings.lower")
def string_lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Change letters to lower case.

    Args:
        input: String tensor.
        encoding: "utf-8", or empty for ASCII letters only.
        name: Name of the node.

    Returns:
        String tensor of the same shape.
    """
    return StringLower(input, encoding=encoding, name=name)


@export("strings.upper")
def string_upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Change letters to upper case.

    Args:
        input: String tensor.
        encoding: "utf-8", or empty for ASCII letters only.
        name: Name of the node.

    Returns:
        String tensor of the same shape.
    """
    return StringUpper(input, encoding=encoding, name=name)


# -- RegexReplace and RegexFullMatch -----------------------------------------------------------
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid pattern: {pattern.decode()}, error: {error}"
        ) from None


def _replaced(input, pattern, rewrite, replace_global):
    matcher = _compiled(pattern)
    # RE2 knows \0 to \9 and a doubled backslash; Python would read \0 as an octal number.
    rewrite = re.sub(
        rb"\\(\\|\d)",
        lambda m: rb"\\" if m[1] == b"\\" else b"\\g<" + m[1] + b">",
        rewrite,
    )
    return each(lambda t: matcher.sub(rewrite, t, count=0 if replace_global else 1), input)


RegexReplace = op(
    "RegexReplace",
    "input: string, pattern: string, rewrite: string -> output: string",
    replace_global=A.boolean(default=True),
    host_only=True,
)


@RegexReplace.shape
def _shape_regex_replace(s, input, pattern, rewrite):
    dims_lib.with_rank(pattern, 0)
    dims_lib.with_rank(rewrite, 0)
    return input


@RegexReplace.kernel
def _kernel_regex_replace(k, input, pattern, rewrite, *, replace_global):
    return _replaced(input, pattern.item(), rewrite.item(), replace_global)


RegexReplace.no_gradient(_NO_SLOPE)

StaticRegexReplace = op(
    "StaticRegexReplace",
    "input: string -> output: string",
    pattern=A.text(),
    rewrite=A.text(),
    replace_global=A.boolean(default=True),
    host_only=True,
    shape=_unchanged,
)


@StaticRegexReplace.kernel
def _kernel_static_regex_replace(k, input, *, pattern, rewrite, replace_global):
    return _replaced(input, _to_bytes(pattern), _to_bytes(rewrite), replace_global)


StaticRegexReplace.no_gradient(_NO_SLOPE, undefined=True)


@export("strings.regex_replace", "regex_replace", v2=("strings.regex_replace",))
def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Tensor:
    r"""Replace what a regular expression matches.

    Args:
        input: String tensor.
        pattern: Regular expression, a string or a scalar tensor.
        rewrite: What to put in its place; `\1` to `\9` stand for the groups, `\0` for all.
        replace_global: Whether every match is replaced, or the first only.
        name: Name of the node.

    Returns:
        String tensor of the same shape.

    Raises:
        errors.InvalidArgumentError: (run) a pattern that is no regular expression.
    """
    if isinstance(pattern, (str, bytes)) and isinstance(rewrite, (str, bytes)):
        return StaticRegexReplace(
            input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
        )
    return RegexReplace(input, pattern, rewrite, replace_global=replace_global, name=name)


RegexFullMatch = op(
    "RegexFullMatch", "input: string, pattern: string -> output: bool", host_only=True
)


@RegexFullMatch.shape
def _shape_regex_full_match(s, input, pattern):
    dims_lib.with_rank(pattern, 0)
    return input


@RegexFullMatch.kernel
def _kernel_regex_full_match(k, input, pattern):
    matcher = _compiled(pattern.item())
    return each(lambda t: matcher.fullmatch(t) is not None, input, dtype=bool)


RegexFullMatch.no_gradient(_NO_SLOPE, undefined=True)

StaticRegexFullMatch = op(
    "StaticRegexFullMatch",
    "input: string -> output: bool",
    pattern=A.text(),
    host_only=True,
    shape=_unchanged,
)


@StaticRegexFullMatch.kernel
def _kernel_static_regex_full_match(k, input, *, pattern):
    matcher = _compiled(_to_bytes(pattern))
    return each(lambda t: matcher.fullmatch(t) is not None, input, dtype=bool)


StaticRegexFullMatch.no_gradient(_NO_SLOPE, undefined=True)


@export("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Tell whether a regular expression matches whole strings.

    Args:
        input: String tensor.
        pattern: Regular expression, a string or a scalar tensor.
        name: Name of the node.

    Returns:
        bool tensor of the same shape.

    Raises:
        errors.InvalidArgumentError: (run) a pattern that is no regular expression.
    """
    if isinstance(pattern, (str, bytes)):
        return StaticRegexFullMatch(input, pattern=pattern, name=name)
    return RegexFullMatch(input, pattern, name=name)


# -- StringSplit -------------------------------------------------------------------------------
def _split_parts(rows: list[list[bytes]]) -> list[np.ndarray]:
    """Rows of parts as indices, values and dense shape."""
    indices = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
    values = np.empty(len(indices), object)
    values[:] = [part for row in rows for part in row]
    shape = [len(rows), max((len(row) for row in rows), default=0)]
    return [np.array(indices, np.int64).reshape(-1, 2), values, np.array(shape, np.int64)]


def _split_at_any(text: bytes, delimiters: bytes, skip_empty: bool) -> list[bytes]:
    if not text:
        return []
    if not delimiters:
        return [text[i : i + 1] for i in range(len(text))]
    parts = re.split(b"[" + re.escape(delimiters) + b"]", text)
    return [p for p in parts if p] if skip_empty else parts


def _shape_string_split(s, input, separator):
    dims_lib.with_rank(input, 1)
    dims_lib.with_rank(separator, 0)
    return [(None, 2), (None,), (2,)]


StringSplit = op(
    "StringSplit",
    "input: string, delimiter: string -> indices: int64, values: string, shape: int64",
    skip_empty=A.boolean(default=True),
    host_only=True,
    shape=_shape_string_split,
)


@StringSplit.kernel
def _kernel_string_split(k, input, delimiter, *, skip_empty):
    separators = delimiter.item()
    return _split_parts([_split_at_any(t, separators, skip_empty) for t in input.tolist()])


StringSplit.no_gradient(_NO_SLOPE)

StringSplitV2 = op(
    "StringSplitV2",
    "input: string, sep: string -> indices: int64, values: string, shape: int64",
    maxsplit=A.integer(default=-1),
    host_only=True,
    shape=_shape_string_split,
)


@StringSplitV2.kernel
def _kernel_string_split_v2(k, input, sep, *, maxsplit):
    separator = sep.item() or None
    return _split_parts([t.split(separator, maxsplit) for t in input.tolist()])


StringSplitV2.no_gradient(_NO_SLOPE, undefined=True)


def _sparse_parts(parts: Any) -> SparseTensor:
    indices, values, shape = parts
    indices.set_shape([None, 2])
    values.set_shape([None])
    shape.set_shape([2])
    return SparseTensor(indices, values, shape)


@export("string_split", v2=())
def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = None,
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> SparseTensor:
    """Split strings at any of the bytes of a delimiter.

    Args:
        source: 1-D string tensor.
        sep: The delimiters in one string, a blank by default; empty splits into bytes.
        skip_empty: Whether empty parts are left out.
        delimiter: Former name of `sep`.
        result_type: "SparseTensor"; ragged results are not supported.
        name: Name of the scope.

    Returns:
        String `SparseTensor` `[strings, most parts]`.

    Raises:
        ValueError: (build) another result type.
    """
    with name_scope(name, "StringSplit", [source]):
        sep = renamed("sep", sep, "delimiter", delimiter)
        _require_sparse(result_type)
        delimiter = convert_to_tensor(" " if sep is None else sep, dtype=dtypes.string)
        source = convert_to_tensor(source, dtype=dtypes.string)
        return _sparse_parts(StringSplit(source, delimiter, skip_empty=skip_empty))


def _require_sparse(result_type: str) -> None:
    if result_type == "RaggedTensor":
        raise NotImplementedError("result_type='RaggedTensor': headrace has no ragged tensors")
    if result_type != "SparseTensor":
        raise ValueError("result_type must be 'RaggedTensor' or 'SparseTensor'.")


@export("strings.split", v2=())
def strings_split(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> SparseTensor:
    """Split strings at a separator, as Python's `str.split` does.

    Args:
        input: 1-D string tensor.
        sep: The separator; by default runs of white space.
        maxsplit: Greatest number of splits, -1 for all.
        result_type: "SparseTensor"; ragged results are not supported.
        source: Former name of `input`.
        name: Name of the scope.

    Returns:
        String `SparseTensor` `[strings, most parts]`.

    Raises:
        ValueError: (build) another result type.
    """
    source = renamed("input", input, "source", source)
    with name_scope(name, "StringSplit", [source]):
        source = convert_to_tensor(source, dtype=dtypes.string, name="input")
        _require_sparse(result_type)
        sep = convert_to_tensor("" if sep is None else sep, dtype=dtypes.string)
        return _sparse_parts(StringSplitV2(source, sep, maxsplit=maxsplit))


# -- ReduceJoin --------------------------------------------------------------------------------
ReduceJoin = op(
    "ReduceJoin",
    "inputs: string, reduction_indices: int32 -> output: string",
    keep_dims=A.boolean(default=False),
    separator=A.text(default=""),
    host_only=True,
)


@ReduceJoin.shape
def _shape_reduce_join(s, inputs, reduction_indices, *, keep_dims):
    axes = s.value(1)
    if inputs is None or axes is None:
        return None
    for axis in np.ravel(axes).tolist():
        if not -len(inputs) <= axis < len(inputs):
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {len(inputs)} dimension(s)"
            )
    reduced = {axis % len(inputs) for axis in np.ravel(axes).tolist()}
    if keep_dims:
        return tuple(1 if i in reduced else d for i, d in enumerate(inputs))
    return tuple(d for i, d in enumerate(inputs) if i not in reduced)


@ReduceJoin.kernel
def _kernel_reduce_join(k, inputs, reduction_indices, *, keep_dims, separator):
    axes = [int(a) % max(inputs.ndim, 1) for a in np.ravel(reduction_indices)]
    kept = [i for i in range(inputs.ndim) if i not in axes]
    shape = [inputs.shape[i] for i in kept]
    # Joining along one axis after the other makes the first one vary fastest.
    rows = np.transpose(inputs, kept + axes[::-1]).reshape(int(np.prod(shape)), -1)
    result = np.empty(len(rows), object)
    result[:] = [_to_bytes(separator).join(row.tolist()) for row in rows]
    if keep_dims:
        shape = [1 if i in axes else d for i, d in enumerate(inputs.shape)]
    return result.reshape(shape)


ReduceJoin.no_gradient(_NO_SLOPE)


@export("strings.reduce_join", "reduce_join", v2=())
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keep_dims: bool | None = None,
    separator: str = "",
    name: str | None = None,
    reduction_indices: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Join the strings along dims.

    Args:
        inputs: String tensor.
        axis: The dims, in the order in which they are joined; all by default.
        keep_dims: Former name of `keepdims`.
        separator: What stands between.
        name: Name of the node.
        reduction_indices: Former name of `axis`.
        keepdims: Whether the dims stay with size 1.

    Returns:
        String tensor.
    """
    keepdims = renamed("keepdims", keepdims, "keep_dims", keep_dims)
    axis = renamed("axis", axis, "reduction_indices", reduction_indices)
    with name_scope(None, "ReduceJoin", [inputs, axis]):
        inputs = convert_to_tensor(inputs)
        if axis is None and inputs.dims is not None:
            last = len(inputs.dims) - 1
            axis = constant_ops.constant(np.arange(last, -1, -1), dtype=dtypes.int32)
        elif axis is None:
            axis = late.range(shape_ops.rank(inputs) - 1, -1, -1)
        return ReduceJoin(inputs, axis, keep_dims=bool(keepdims), separator=separator, name=name)
