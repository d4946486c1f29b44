"""Attr declarations of op specs: kinds, defaults, allowed values and checks.

Every declaration is an `AttrSpec`; `AttrSpec.normalize` turns what a caller passed into the
internal form that
`docs/design/001-ops-and-kernels.md` lists (types as `DType`, shapes as dims, strings as `str`,
lists as tuples).
"""

from __future__ import annotations

import numbers as _numbers
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes as _dtypes

REQUIRED: Final = object()


class FuncRef:
    """A reference to a function body: the value of a `func` attr.

    Attributes:
      name: the function's name.
      graph: its body.
      attrs: attrs of the reference itself, which GraphDef keeps with the name.
    """

    __slots__ = ("attrs", "graph", "name")

    def __init__(self, name: str, graph: Any, attrs: dict[str, Any] | None = None) -> None:
        self.name = name
        self.graph = graph
        self.attrs = attrs or {}

    def __repr__(self) -> str:
        return f"FuncRef({self.name!r})"


_EDGES: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def wrapper_name(op_type: str) -> str:
    """What Python calls an op type: `mat_mul`, `conv2d_backprop_input`."""
    return _EDGES.sub("_", re.sub(r"(\d)D(?=[A-Z]|$)", r"\1d", op_type)).lower()


def _not_allowed(message: str, executed: str) -> ValueError:
    """The error of a value that an attr may not have.

    Args:
      message: what is said of it.
      executed: what is said of it where the operation is executed at once.
    """
    error = ValueError(message)
    error.executed = executed  # type: ignore[attr-defined]
    return error


def _type_not_allowed(message: str, attr: str, dtype: _dtypes.DType) -> TypeError:
    """The error of a dtype that an attr may not be."""
    error = TypeError(message)
    error.refused = attr, dtype  # type: ignore[attr-defined]
    return error


class AttrSpec:
    """One attr of an op: its kind, default, allowed values and minimum."""

    __slots__ = ("allowed", "convert", "default", "is_list", "kind", "minimum")

    def __init__(
        self,
        kind: str,
        default: Any = REQUIRED,
        allowed: Sequence[Any] | None = None,
        minimum: int | None = None,
    ) -> None:
        self.kind = kind
        self.is_list = kind.startswith("list(")
        self.allowed = None if allowed is None else tuple(allowed)
        self.minimum = minimum
        self.convert: Callable[[AttrSpec, Any, str], Any] = _CONVERT[
            kind[5:-1] if self.is_list else kind
        ]
        self.default = default
        if default is not REQUIRED:
            self.default = self.normalize("", kind, default)

    @property
    def has_default(self) -> bool:
        """Whether a caller may leave the attr out."""
        return self.default is not REQUIRED

    def normalize(self, op_type: str, name: str, value: Any) -> Any:
        """Checks `value` and returns its internal form.

        Raises:
          TypeError: the value is of another kind.
          ValueError: the value is not allowed, or shorter or smaller than the minimum.
        """
        if self.is_list:
            if not isinstance(value, (list, tuple)):
                raise TypeError(
                    f"Expected list for '{name}' argument to '{wrapper_name(op_type)}' Op, not "
                    f"{value!r}."
                )
            if self.minimum is not None and len(value) < self.minimum:
                raise _not_allowed(
                    f"Attr '{name}' of '{op_type}' Op passed list of length {len(value)} less "
                    f"than minimum {self.minimum}.",
                    f"Length for attr '{name}' of {len(value)} must be at least minimum "
                    f"{self.minimum}",
                )
            result: Any = tuple([self.convert(self, v, name) for v in value])
            if self.allowed is not None and self.kind == "list(string)":
                for v in result:
                    self._check_text(op_type, name, v)
            return result
        result = self.convert(self, value, name)
        if self.kind == "string" and self.allowed is not None:
            self._check_text(op_type, name, result)
        elif self.kind == "int" and self.minimum is not None and result < self.minimum:
            raise _not_allowed(
                f"Attr '{name}' of '{op_type}' Op passed {result} less than minimum "
                f"{self.minimum}.",
                f"Value for attr '{name}' of {result} must be at least minimum {self.minimum}",
            )
        return result

    def _check_text(self, op_type: str, name: str, value: Any) -> None:
        assert self.allowed is not None
        if value not in self.allowed:
            choices = '", "'.join(self.allowed)
            raise _not_allowed(
                f"Attr '{name}' of '{op_type}' Op passed string '{value}' not in: \"{choices}\".",
                f"Value for attr '{name}' of \"{value}\" is not in the list of allowed values: "
                f'"{choices}"',
            )

    def check_type(self, dtype: _dtypes.DType, parameter: str) -> None:
        """Raises `TypeError` unless `dtype` is among the allowed types."""
        if self.allowed is not None and dtype not in self.allowed:
            allowed = ", ".join(t.name for t in self.allowed)
            raise _type_not_allowed(
                f"Value passed to parameter '{parameter}' has DataType {dtype.name} not in list "
                f"of allowed values: {allowed}",
                parameter,
                dtype,
            )


def _to_type(spec: AttrSpec, value: Any, name: str) -> _dtypes.DType:
    try:
        dtype = _dtypes.as_dtype(value).base_dtype
    except TypeError:
        raise TypeError(f"Expected DataType for argument '{name}' not {value!r}.") from None
    spec.check_type(dtype, name)
    return dtype


def _to_int(spec: AttrSpec, value: Any, name: str) -> int:
    if isinstance(value, str):
        raise TypeError(f"Expected int for argument '{name}' not {value!r}.")
    try:
        return int(value)
    except (ValueError, TypeError):
        raise TypeError(f"Expected int for argument '{name}' not {value!r}.") from None


def _to_float(spec: AttrSpec, value: Any, name: str) -> float:
    if not isinstance(value, (_numbers.Real, np.number)):
        raise TypeError(f"Expected float for argument '{name}' not {value!r}.")
    try:
        return float(struct.unpack("<f", struct.pack("<f", float(value)))[0])
    except OverflowError:
        return float(np.float32(value))


def _to_bool(spec: AttrSpec, value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"Expected bool for argument '{name}' not {value!r}.")
    return value


def _to_text(spec: AttrSpec, value: Any, name: str) -> str | bytes:
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        raise TypeError(f"Expected string for argument '{name}' not {value!r}.")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _to_shape(spec: AttrSpec, value: Any, name: str) -> dims_lib.Dims:
    try:
        return dims_lib.from_any(value)
    except TypeError as e:
        raise TypeError(f"Error converting {name} to a TensorShape: {e}.") from None
    except ValueError as e:
        raise ValueError(f"Error converting {name} to a TensorShape: {e}.") from None


def _to_tensor(spec: AttrSpec, value: Any, name: str) -> np.ndarray[Any, Any]:
    if isinstance(value, np.ndarray):
        return value
    raise TypeError(f"Don't know how to convert {value!r} to a TensorProto for argument '{name}'")


def _to_func(spec: AttrSpec, value: Any, name: str) -> FuncRef:
    if isinstance(value, FuncRef):
        return value
    # What `Defun` and the like return says what it refers to.
    reference = getattr(value, "reference", None)
    if callable(reference):
        found = reference()
        if isinstance(found, FuncRef):
            return found
    raise TypeError(f"Don't know how to convert {value} to a func for argument {name}")


_CONVERT: Final[dict[str, Callable[[AttrSpec, Any, str], Any]]] = {
    "type": _to_type,
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
    "string": _to_text,
    "shape": _to_shape,
    "tensor": _to_tensor,
    "func": _to_func,
}


def dtype(allowed: Sequence[Any] | None = None, default: Any = REQUIRED) -> AttrSpec:
    """Declares a `type` attr."""
    return AttrSpec("type", default, allowed)


def integer(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares an `int` attr."""
    return AttrSpec("int", default, minimum=minimum)


def number(default: Any = REQUIRED) -> AttrSpec:
    """Declares a `float` attr."""
    return AttrSpec("float", default)


def boolean(default: Any = REQUIRED) -> AttrSpec:
    """Declares a `bool` attr."""
    return AttrSpec("bool", default)


def text(default: Any = REQUIRED, allowed: Sequence[str] | None = None) -> AttrSpec:
    """Declares a `string` attr."""
    return AttrSpec("string", default, allowed)


def shape(default: Any = REQUIRED) -> AttrSpec:
    """Declares a `shape` attr; `default=None` is the unknown shape."""
    return AttrSpec("shape", default)


def tensor(default: Any = REQUIRED) -> AttrSpec:
    """Declares a `tensor` attr."""
    return AttrSpec("tensor", default)


def func(default: Any = REQUIRED) -> AttrSpec:
    """Declares a `func` attr."""
    return AttrSpec("func", default)


def integers(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares a `list(int)` attr."""
    return AttrSpec("list(int)", default, minimum=minimum)


def numbers(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares a `list(float)` attr."""
    return AttrSpec("list(float)", default, minimum=minimum)


def booleans(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares a `list(bool)` attr."""
    return AttrSpec("list(bool)", default, minimum=minimum)


def texts(
    default: Any = REQUIRED, allowed: Sequence[str] | None = None, minimum: int | None = None
) -> AttrSpec:
    """Declares a `list(string)` attr."""
    return AttrSpec("list(string)", default, allowed, minimum)


def dtypes(
    default: Any = REQUIRED, allowed: Sequence[Any] | None = None, minimum: int | None = None
) -> AttrSpec:
    """Declares a `list(type)` attr."""
    return AttrSpec("list(type)", default, allowed, minimum)


def shapes(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares a `list(shape)` attr."""
    return AttrSpec("list(shape)", default, minimum=minimum)


def funcs(default: Any = REQUIRED, minimum: int | None = None) -> AttrSpec:
    """Declares a `list(func)` attr."""
    return AttrSpec("list(func)", default, minimum=minimum)
