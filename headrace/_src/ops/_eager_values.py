"""What Python values become in eager execution: other rules, and other words, than in graphs.

There the first element says what kind of values a sequence has, and a Python value becomes a
tensor of a requested dtype only where nothing is lost: integers become floats, floats no integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from headrace._src.core import dtypes
from headrace._src.core.eager_inputs import type_name
from headrace._src.core.shape import Dimension, TensorShape

# Dtypes that values are read as; to others they are converted from the dtype that they have.
_READ: Final = (dtypes.int32, dtypes.int64, dtypes.float16, dtypes.float32, dtypes.float64)
_KINDS: Final = (
    ("bool", (bool, np.bool_)),
    ("int", (int, np.integer, Dimension)),
    ("float", (float, np.floating)),
    ("complex", (complex, np.complexfloating)),
    ("text", (str, bytes)),
)
_WITHIN: Final = {
    "bool": ("bool",),
    "int": ("bool", "int", "float"),
    "float": ("bool", "int", "float"),
    "complex": ("complex",),
    "text": ("text",),
}
_MIXED: Final = "Can't convert Python sequence with mixed types to Tensor."
_RAGGED: Final = "Can't convert non-rectangular Python sequence to Tensor."
_RANGE: Final = "Can't convert Python sequence with out-of-range integer to Tensor."


def _kind(leaf: Any) -> str:
    for kind, types in _KINDS:
        if isinstance(leaf, types):
            return kind
    raise ValueError(
        f"Attempt to convert a value ({leaf!r}) with an unsupported type ({type(leaf)}) to a "
        "Tensor."
    )


def _plain(value: Any) -> Any:
    """Sequences that are no lists as lists, all the way down."""
    if isinstance(value, TensorShape):
        return value.as_list()
    if isinstance(value, (list, tuple, range)):
        return [_plain(v) for v in value]
    return value.value if isinstance(value, Dimension) else value


def _leaves(value: Any, dims: tuple[int, ...]) -> Iterator[Any]:
    """The elements of nested lists, each of which must have these dims."""
    if not dims:
        if isinstance(value, list):
            raise ValueError(_MIXED)
        yield value
        return
    if not isinstance(value, list):
        raise ValueError(_MIXED)
    if len(value) != dims[0]:
        raise ValueError(_RAGGED)
    for item in value:
        yield from _leaves(item, dims[1:])


def _dims(value: Any) -> tuple[int, ...]:
    dims = []
    while isinstance(value, list):
        dims.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(dims)


def _is_read(dtype: dtypes.DType, kinds: set[str]) -> bool:
    """Whether values of these kinds are read as `dtype` directly."""
    allowed = {"bool", "int"} if dtype.is_integer else {"bool", "int", "float"}
    return dtype in _READ and kinds <= allowed


def _fits(wanted: dtypes.DType, kind: str) -> bool:
    """Whether values of a kind are converted to a dtype."""
    if wanted.is_integer or wanted.is_quantized:
        return kind == "int"
    if wanted.is_floating:
        return kind in ("int", "float")
    if wanted.is_complex:
        return kind in ("int", "float", "complex")
    return kind == {"string": "text", "bool": "bool"}.get(wanted.name)


def checked(value: Any, dtype: dtypes.DType | None) -> Any:
    """A Python value that may become a tensor of `dtype`, its sequences as lists.

    Args:
      value: anything but arrays.
      dtype: the dtype asked for, or None.

    Raises:
      TypeError: it cannot become that dtype.
      ValueError: it can become no tensor at all.
    """
    plain = _plain(value)
    dims = _dims(plain)
    if 0 in dims:
        return plain
    first = plain
    for _ in dims:
        first = first[0]
    if isinstance(first, np.ndarray):
        return _joined(value, np.array(plain), dtype)
    leaves = list(_leaves(plain, dims))
    kind = _kind(first)
    kinds = {kind}
    for leaf in leaves:
        try:
            kinds.add(_kind(leaf))
        except ValueError:
            if isinstance(leaf, np.ndarray):
                return plain
            raise ValueError(_MIXED) from None
    if dtype is not None and _is_read(dtype, kinds):
        _check_range(leaves, dtype)
        return plain
    if not kinds <= set(_WITHIN[kind]):
        raise ValueError(_MIXED)
    if kind == "int" and "float" in kinds:
        kind = "float"
    if kind == "int":
        _check_range(leaves, dtype)
    if dtype is not None and not _fits(dtype, kind):
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {type_name(dtype)}")
    if dtype is None and isinstance(first, np.floating) and len(kinds) > 1:
        return np.array(plain)
    return plain


def _joined(value: Any, array: np.ndarray, dtype: dtypes.DType | None) -> np.ndarray:
    """A sequence of arrays as one array."""
    if dtype is None:
        narrow = array.astype(np.int32) if array.dtype == np.int64 else array
        return narrow if np.array_equal(narrow, array) else array
    kinds = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
    if not _fits(dtype, kinds.get(array.dtype.kind, "text")):
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {type_name(dtype)}")
    return array if array.dtype.kind in "SUO" else array.astype(dtype.as_numpy_dtype)


def _check_range(leaves: list[Any], dtype: dtypes.DType | None) -> None:
    if dtype is not None and dtype.is_floating:
        return
    if any(isinstance(v, int) and not -(2**63) <= v < 2**63 for v in leaves):
        raise ValueError(_RANGE)


__all__ = ["checked"]
