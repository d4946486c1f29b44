"""Algebra of static shapes in their raw form: None (unknown rank) or a tuple of `int | None`.

Plain functions over tuples, because shape rules run for every node that is built. Errors are
`ValueError`s worded as shape rules report them; whoever runs the rule adds the node and its inputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

Dim = int | None
Dims = tuple[int | None, ...] | None

SCALAR: Final[Dims] = ()

_MISSING: Final = object()


# -- Single dimensions -----------------------------------------------------------------------------


def dim_from_any(value: Any) -> Dim:
    """Reads one dimension.

    Args:
      value: None, an integer, an integral float, digits, or a `Dimension`.

    Returns:
      A non-negative int, or None when unknown.

    Raises:
      TypeError: `value` is no number.
      ValueError: `value` is negative, or has a fraction.
    """
    if value is None:
        return None
    if type(value) is int:
        number = value
    else:
        inner = getattr(value, "_dim", _MISSING)
        if inner is None or isinstance(inner, int):
            return inner
        if hasattr(value, "as_datatype_enum"):
            raise TypeError(f"Cannot convert {value} to Dimension")
        number = int(value)
        if number != value and not isinstance(value, (str, bytes)):
            raise ValueError(f"Ambiguous dimension: {value}")
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


def merge_dim(a: Dim, b: Dim) -> Dim:
    """Returns what is known of a dimension that is both `a` and `b`.

    Raises:
      ValueError: They differ.
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    raise ValueError(f"Dimensions must be equal, but are {a} and {b}")


def with_value(a: Dim, value: int) -> int:
    """Returns `value`, which dimension `a` must be able to be.

    Raises:
      ValueError: `a` is known and different.
    """
    if a is None or a == value:
        return value
    raise ValueError(f"Dimension must be {value} but is {a}")


def add(a: Dim, b: Dim) -> Dim:
    """Returns a + b; None when either is unknown, unless one adds nothing."""
    if a == 0:
        return b
    if b == 0:
        return a
    return None if a is None or b is None else a + b


def subtract(a: Dim, b: Dim) -> Dim:
    """Returns a - b.

    Raises:
      ValueError: The difference is negative.
    """
    if b == 0:
        return a
    if a is None or b is None:
        return None
    if a < b:
        raise ValueError(f"Negative dimension size caused by subtracting {b} from {a}")
    return a - b


def multiply(a: Dim, b: Dim) -> Dim:
    """Returns a * b; known when either is 0."""
    if a == 0 or b == 0:
        return 0
    if a == 1:
        return b
    if b == 1:
        return a
    return None if a is None or b is None else a * b


def divide(a: Dim, b: Dim, evenly: bool = True) -> Dim:
    """Returns a / b rounded down, or exactly when `evenly`.

    Raises:
      ValueError: `b` is not positive, or `evenly` and there is a remainder.
    """
    if b == 1:
        return a
    if b is not None and b <= 0:
        raise ValueError(f"Divisor must be positive but is {b}")
    if a is None or b is None:
        return None
    if evenly and a % b:
        raise ValueError(f"Dimension size must be evenly divisible by {b} but is {a}")
    return a // b


# -- Making and showing ----------------------------------------------------------------------------


def from_any(value: Any) -> Dims:
    """Reads a shape.

    Args:
      value: None, a `TensorShape`, a `TensorShapeProto`, one dimension, or an iterable of them.

    Returns:
      Dims.

    Raises:
      TypeError: `value`, or a dimension in it, is no number.
      ValueError: A dimension is negative or has a fraction.
    """
    if value is None:
        return None
    kind = type(value)
    if kind is not tuple and kind is not list:
        inner = getattr(value, "_dims", _MISSING)
        if inner is None or type(inner) is tuple:
            return inner
        if isinstance(value, (str, bytes)):
            raise TypeError(
                "A string has ambiguous TensorShape, please wrap in a list or convert to an int: "
                f"{value if isinstance(value, str) else value.decode(errors='replace')}"
            )
        if hasattr(value, "unknown_rank"):
            return from_proto(value)
        try:
            value = list(value)
        except TypeError:
            return (dim_from_any(value),)
    # `tuple` of a list, not of a generator: half the time, and short lists are the rule.
    return tuple([d if type(d) is int and d >= 0 else dim_from_any(d) for d in value])


def from_proto(proto: Any) -> Dims:
    """Reads a `TensorShapeProto`; its negative sizes are unknown ones."""
    if proto.unknown_rank:
        return None
    return tuple([int(d.size) if d.size >= 0 else None for d in proto.dim])


def unknown(rank: int | None = None) -> Dims:
    """Returns dims of which only the rank is known, if even that."""
    return None if rank is None else (None,) * rank


def text(dims: Dims) -> str:
    """Shows dims as error messages do: `[2,?,3]`, or `?` for unknown rank."""
    if dims is None:
        return "?"
    return "[" + ",".join(["?" if d is None else str(d) for d in dims]) + "]"


# -- Questions -------------------------------------------------------------------------------------


def is_full(dims: Dims) -> bool:
    """Tells whether every dimension is known."""
    return dims is not None and None not in dims


def rank(dims: Dims) -> int | None:
    """Returns the number of dimensions, None when unknown."""
    return None if dims is None else len(dims)


def num_elements(dims: Dims) -> int | None:
    """Returns the number of elements, None when a dimension is unknown."""
    if dims is None or None in dims:
        return None
    return math.prod(dims)  # type: ignore[arg-type]


def compatible(a: Dims, b: Dims) -> bool:
    """Tells whether one concrete shape could be both `a` and `b`."""
    if a is None or b is None or a == b:
        return True
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        if x != y and x is not None and y is not None:
            return False
    return True


def dim(dims: Dims, index: int) -> Dim:
    """Returns one dimension, None when the rank is unknown.

    Raises:
      IndexError: The rank is known and too small.
    """
    return None if dims is None else dims[index]


# -- Requirements ----------------------------------------------------------------------------------


def with_rank(dims: Dims, n: int) -> tuple[Dim, ...]:
    """Returns `dims` with the rank `n` that it must be able to have.

    Raises:
      ValueError: The rank is known and different.
    """
    if dims is None:
        return (None,) * n
    if len(dims) != n:
        raise ValueError(f"Shape must be rank {n} but is rank {len(dims)}")
    return dims


def with_rank_at_least(dims: Dims, n: int) -> Dims:
    """Returns `dims`, whose rank must not be known to be below `n`.

    Raises:
      ValueError: It is.
    """
    if dims is not None and len(dims) < n:
        raise ValueError(f"Shape must be at least rank {n} but is rank {len(dims)}")
    return dims


def with_rank_at_most(dims: Dims, n: int) -> Dims:
    """Returns `dims`, whose rank must not be known to be above `n`.

    Raises:
      ValueError: It is.
    """
    if dims is not None and len(dims) > n:
        raise ValueError(f"Shape must be at most rank {n} but is rank {len(dims)}")
    return dims


# -- Combinations ----------------------------------------------------------------------------------


def merge(a: Dims, b: Dims) -> Dims:
    """Returns what is known of a shape that is both `a` and `b`.

    Raises:
      ValueError: No shape is both.
    """
    if b is None or a == b:
        return a
    if a is None:
        return b
    if len(a) != len(b):
        raise ValueError(f"Shapes must be equal rank, but are {len(a)} and {len(b)}")
    merged = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if x is None:
            merged.append(y)
        elif y is None or x == y:
            merged.append(x)
        else:
            raise ValueError(
                f"Dimension {i} in both shapes must be equal, but are {x} and {y}. "
                f"Shapes are {text(a)} and {text(b)}."
            )
    return tuple(merged)


def merge_all(shapes: Iterable[Dims]) -> Dims:
    """Merges the shapes of a list input, last to first, naming the one that does not fit.

    Raises:
      ValueError: No shape is all of them.
    """
    items = list(shapes)
    merged = items[-1] if items else None
    for i in range(len(items) - 2, -1, -1):
        try:
            merged = merge(items[i], merged)
        except ValueError as e:
            raise ValueError(f"{e}\n\tFrom merging shape {i} with other shapes.") from None
    return merged


def merge_prefix(dims: Dims, prefix: Dims) -> tuple[Dims, Dims]:
    """Merges `prefix` with the leading dimensions of `dims`; returns both, merged.

    Raises:
      ValueError: `dims` does not begin so.
    """
    if dims is None or prefix is None:
        return dims, prefix
    n = len(prefix)
    with_rank_at_least(dims, n)
    merged = tuple([merge_dim(x, y) for x, y in zip(dims, prefix, strict=False)])
    return merged + dims[n:], merged


def relax(a: Dims, b: Dims) -> Dims:
    """Returns the most specific dims that both `a` and `b` satisfy."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple([x if x == y else None for x, y in zip(a, b, strict=True)])


def concat(a: Dims, b: Dims) -> Dims:
    """Returns the dimensions of `a` followed by those of `b`."""
    return None if a is None or b is None else a + b


def replace(dims: Dims, index: int, value: Dim) -> Dims:
    """Returns `dims` with one dimension exchanged.

    Raises:
      IndexError: The rank is known and too small.
    """
    if dims is None:
        return None
    changed = list(dims)
    changed[index] = value
    return tuple(changed)


def broadcast(a: Dims, b: Dims, must_match: bool = True) -> Dims:
    """Returns the shape of an element-wise op on operands of shapes `a` and `b`.

    Args:
      a: dims.
      b: dims.
      must_match: What to do with operands that do not fit: raise, or answer unknown rank.

    Returns:
      Dims. An unknown dimension against one above 1 is taken to be equal to it, or 1.

    Raises:
      ValueError: The operands do not fit, and `must_match`.
    """
    if a is None or b is None:
        return None
    if a == b and None not in a:
        return a
    if not a:
        return b
    if not b:
        return a
    extra = len(a) - len(b)
    if extra > 0:
        lead, a = a[:extra], a[extra:]
    else:
        lead, b = b[:-extra], b[-extra:] if extra else b
    result = list(lead) if extra else []
    for x, y in zip(a, b, strict=True):
        if x == y:
            result.append(x)
        elif x == 1:
            result.append(y)
        elif y == 1:
            result.append(x)
        elif x is None or y is None:
            if not must_match:
                return None
            # Against 0 the unknown side may be 0 or 1, and either way the result stays unstated.
            result.append(y or None if x is None else x or None)
        elif must_match:
            raise ValueError(f"Dimensions must be equal, but are {x} and {y}")
        else:
            return None
    return tuple(result)
