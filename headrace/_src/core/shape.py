"""`TensorShape` and `Dimension`: the public faces of static shapes.

Both wrap the raw form of `core.dims`. Indexing and iterating a shape gives `Dimension`s, as TF1
programs expect, until `enable_v2_tensorshape` makes it give integers and None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dim, Dims, dim_from_any

_v2_behavior = False


def _as_operand(other: Any) -> Any:
    """Reads an operand of a `Dimension`; NotImplemented when it is nothing of the kind."""
    try:
        return dim_from_any(other)
    except (TypeError, ValueError):
        return NotImplemented


@export("Dimension", v2=())
class Dimension:
    """One dimension of a `TensorShape`: a size, or unknown.

    Arithmetic and comparison with an unknown dimension give an unknown dimension and None.

    Args:
      value: A non-negative int, None, a `Dimension`, or what converts to one exactly.

    Raises:
      TypeError: `value` is no number.
      ValueError: `value` is negative or has a fraction.
    """

    __slots__ = ("_dim",)

    _dim: Dim

    def __init__(self, value: Any) -> None:
        self._dim = dim_from_any(value)

    @property
    def value(self) -> Dim:
        """The size, None when unknown."""
        return self._dim

    def __repr__(self) -> str:
        return f"Dimension({self._dim})"

    def __str__(self) -> str:
        return "?" if self._dim is None else str(self._dim)

    def __eq__(self, other: object) -> Any:
        other = _as_operand(other)
        if other is NotImplemented:
            return NotImplemented
        return None if self._dim is None or other is None else self._dim == other

    def __ne__(self, other: object) -> Any:
        other = _as_operand(other)
        if other is NotImplemented:
            return NotImplemented
        return None if self._dim is None or other is None else self._dim != other

    # Hashable although 1.15's is not: nothing is lost, and equal dimensions hash alike.
    def __hash__(self) -> int:
        return hash(self._dim)

    def __int__(self) -> int:
        return self._dim  # type: ignore[return-value]

    def __index__(self) -> int:
        return self._dim  # type: ignore[return-value]

    def is_compatible_with(self, other: Any) -> bool:
        """Tells whether the two may be the same size: equal, or one unknown."""
        other = dim_from_any(other)
        return self._dim is None or other is None or self._dim == other

    def assert_is_compatible_with(self, other: Any) -> None:
        """Checks that the two may be the same size.

        Raises:
          ValueError: Both are known and differ.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {other} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """Returns what is known of both together.

        Raises:
          ValueError: Both are known and differ.
        """
        other = Dimension(other)
        self.assert_is_compatible_with(other)
        return other if self._dim is None else Dimension(self._dim)

    def _arithmetic(self, other: Any, apply: Callable[[int, int], int]) -> Dimension:
        other = _as_operand(other)
        if other is NotImplemented:
            return NotImplemented  # type: ignore[no-any-return]
        return _apply(self._dim, other, apply)

    def __add__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: a // b)

    def __rfloordiv__(self, other: Any) -> Dimension:
        return self._arithmetic(other, lambda a, b: b // a)

    # Python 2's `/`; some programs call it by name.
    __div__ = __floordiv__

    def __truediv__(self, other: Any) -> Dimension:
        raise _no_true_division("Dimension", type(other).__name__)

    def __rtruediv__(self, other: Any) -> Dimension:
        raise _no_true_division(type(other).__name__, "Dimension")

    # Unlike the other operators, these and the comparisons refuse a bad operand by themselves.
    def __mod__(self, other: Any) -> Dimension:
        return _apply(self._dim, dim_from_any(other), lambda a, b: a % b)

    def __rmod__(self, other: Any) -> Dimension:
        return _apply(dim_from_any(other), self._dim, lambda a, b: a % b)

    def __lt__(self, other: Any) -> bool | None:
        other = dim_from_any(other)
        return None if self._dim is None or other is None else self._dim < other

    def __le__(self, other: Any) -> bool | None:
        other = dim_from_any(other)
        return None if self._dim is None or other is None else self._dim <= other

    def __gt__(self, other: Any) -> bool | None:
        other = dim_from_any(other)
        return None if self._dim is None or other is None else self._dim > other

    def __ge__(self, other: Any) -> bool | None:
        other = dim_from_any(other)
        return None if self._dim is None or other is None else self._dim >= other

    def __reduce__(self) -> Any:
        return Dimension, (self._dim,)


def _apply(a: Dim, b: Dim, apply: Callable[[int, int], int]) -> Dimension:
    return Dimension(None if a is None or b is None else apply(a, b))


def _no_true_division(left: str, right: str) -> TypeError:
    return TypeError(
        f"unsupported operand type(s) for /: '{left}' and '{right}', please use // instead"
    )


@export("TensorShape")
class TensorShape:
    """The static shape of a tensor: fully known, partly known, or of unknown rank.

    Args:
      dims: None for unknown rank, one dimension, an iterable of dimensions (ints, `Dimension`s,
        None for unknown), a `TensorShape` or a `TensorShapeProto`.

    Raises:
      TypeError: A dimension is no number.
      ValueError: A dimension is negative or has a fraction.
    """

    __slots__ = ("_dims",)

    _dims: Dims

    def __init__(self, dims: Any) -> None:
        self._dims = dims_lib.from_any(dims)

    @classmethod
    def _from_dims(cls, dims: Dims) -> TensorShape:
        """Wraps raw dims, unchecked."""
        self = cls.__new__(cls)
        self._dims = dims
        return self

    @property
    def dims(self) -> list[Dimension] | None:
        """The dimensions as a list of `Dimension`s, None when the rank is unknown."""
        if self._dims is None:
            return None
        return [Dimension(d) for d in self._dims]

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None when unknown."""
        return None if self._dims is None else len(self._dims)

    @property
    def ndims(self) -> int | None:
        """The number of dimensions, None when unknown; another name of `rank`."""
        return None if self._dims is None else len(self._dims)

    def __repr__(self) -> str:
        if self._dims is None:
            return "TensorShape(None)"
        return f"TensorShape({list(self._dims) if _v2_behavior else self.dims})"

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        unknown = "None" if _v2_behavior else "?"
        inner = ", ".join([unknown if d is None else str(d) for d in self._dims])
        return f"({inner},)" if len(self._dims) == 1 else f"({inner})"

    def __len__(self) -> int:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    __nonzero__ = __bool__

    def __iter__(self) -> Iterator[Any]:
        if self._dims is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter(self._dims if _v2_behavior else [Dimension(d) for d in self._dims])

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return TensorShape._from_dims(self._slice(key))
        if self._dims is None:
            value = None
        else:
            try:
                value = self._dims[key]
            except IndexError:
                raise IndexError("list index out of range") from None
            except TypeError:
                raise TypeError(
                    f"list indices must be integers or slices, not {type(key).__name__}"
                ) from None
        return value if _v2_behavior else Dimension(value)

    def _slice(self, key: slice) -> Dims:
        if self._dims is not None:
            return self._dims[key]
        start, stop = key.start or 0, key.stop
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        # Only a slice between two bounds counted from the front has a known length.
        if stop is None or start < 0 or stop < 0:
            return None
        return dims_lib.unknown(max(0, stop - start))

    def __eq__(self, other: object) -> bool:
        try:
            theirs = dims_lib.from_any(other)
        except (TypeError, ValueError):
            return NotImplemented
        mine = self._dims
        # Two unknown dimensions are not known to be equal, unless it is one and the same shape.
        return mine is theirs or (mine == theirs and None not in mine)  # type: ignore[operator]

    def __ne__(self, other: object) -> bool:
        try:
            theirs = dims_lib.from_any(other)
        except (TypeError, ValueError):
            return NotImplemented
        mine = self._dims
        if mine is None or theirs is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return mine is not theirs and (mine != theirs or None in mine)

    # Hashable although 1.15's is not: a shape cannot change, and equal shapes hash alike.
    def __hash__(self) -> int:
        return hash(self._dims)

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_shape(other).concatenate(self)

    def __concat__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __reduce__(self) -> Any:
        return TensorShape, (self._dims,)

    def num_elements(self) -> int | None:
        """Returns the number of elements, None when a dimension is unknown."""
        return dims_lib.num_elements(self._dims)

    def is_fully_defined(self) -> bool:
        """Tells whether every dimension is known."""
        return self._dims is not None and None not in self._dims

    def is_compatible_with(self, other: Any) -> bool:
        """Tells whether one concrete shape could be both.

        Args:
          other: A `TensorShape`, or what converts to one.
        """
        return dims_lib.compatible(self._dims, dims_lib.from_any(other))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Checks that one concrete shape could be both.

        Raises:
          ValueError: None could.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")

    def assert_is_fully_defined(self) -> None:
        """Checks that every dimension is known.

        Raises:
          ValueError: One is not.
        """
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def assert_same_rank(self, other: Any) -> None:
        """Checks that the ranks may be equal.

        Raises:
          ValueError: Both are known and differ.
        """
        other = as_shape(other)
        if self._dims is not None and other._dims is not None and len(self) != len(other):
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int | None) -> None:
        """Checks that the rank may be `rank`.

        Raises:
          ValueError: It is known and different.
        """
        if rank is not None and self.ndims not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank(self, rank: int | None) -> TensorShape:
        """Returns this shape with the rank `rank`.

        Raises:
          ValueError: The rank is known and different.
        """
        try:
            return self.merge_with(unknown_shape(rank))
        except ValueError:
            raise ValueError(f"Shape {self} must have rank {rank}") from None

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """Returns this shape, whose rank must not be known to be below `rank`.

        Raises:
          ValueError: It is.
        """
        if self._dims is not None and len(self._dims) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """Returns this shape, whose rank must not be known to be above `rank`.

        Raises:
          ValueError: It is.
        """
        if self._dims is not None and len(self._dims) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def merge_with(self, other: Any) -> TensorShape:
        """Returns what is known of both shapes together.

        Raises:
          ValueError: They are not compatible.
        """
        other = as_shape(other)
        try:
            return TensorShape._from_dims(dims_lib.merge(self._dims, other._dims))
        except ValueError:
            raise ValueError(f"Shapes {self} and {other} are not compatible") from None

    def concatenate(self, other: Any) -> TensorShape:
        """Returns this shape followed by `other`; of unknown rank when either is."""
        return TensorShape._from_dims(dims_lib.concat(self._dims, dims_lib.from_any(other)))

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """Returns the most specific shape that both are instances of.

        Example: of `[2, 3]` and `[2, 5]` it is `[2, None]`; of shapes of different ranks, None.
        """
        return TensorShape._from_dims(dims_lib.relax(self._dims, dims_lib.from_any(other)))

    def as_list(self) -> list[int | None]:
        """Returns the dimensions as a list of ints, None where unknown.

        Raises:
          ValueError: The rank is unknown.
        """
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def as_proto(self) -> Any:
        """Returns a `TensorShapeProto`; unknown sizes are -1."""
        from headrace._src.proto import messages

        proto = messages.TensorShapeProto()
        if self._dims is None:
            proto.unknown_rank = True
        else:
            for d in self._dims:
                proto.dim.add().size = -1 if d is None else d
        return proto


def as_shape(shape: Any) -> TensorShape:
    """Returns `shape` itself if it is a `TensorShape`, else one made from it."""
    return shape if isinstance(shape, TensorShape) else TensorShape(shape)


def as_dimension(value: Any) -> Dimension:
    """Returns `value` itself if it is a `Dimension`, else one made from it."""
    return value if isinstance(value, Dimension) else Dimension(value)


def unknown_shape(rank: int | None = None, **kwargs: Any) -> TensorShape:
    """Returns a shape of which at most the rank is known.

    Args:
      rank: The rank, or None.
      **kwargs: `ndims`, the older name of `rank`.

    Raises:
      TypeError: There is another keyword.
    """
    if rank is None:
        rank = kwargs.pop("ndims", None)
    if kwargs:
        raise TypeError(f"Unknown argument: {kwargs}")
    return TensorShape._from_dims(dims_lib.unknown(rank))


def scalar() -> TensorShape:
    """Returns the shape of a scalar."""
    return TensorShape._from_dims(())


def vector(length: Any) -> TensorShape:
    """Returns the shape of a vector."""
    return TensorShape([length])


def matrix(rows: Any, cols: Any) -> TensorShape:
    """Returns the shape of a matrix."""
    return TensorShape([rows, cols])


@export("dimension_value", "compat.dimension_value", v2=("compat.dimension_value",))
def dimension_value(dimension: Any) -> Any:
    """Returns the size of what indexing a shape gave, in both behaviours of `TensorShape`.

    Args:
      dimension: A `Dimension`, an int or None.

    Returns:
      An int, or None when unknown.
    """
    return dimension._dim if isinstance(dimension, Dimension) else dimension


@export("dimension_at_index", "compat.dimension_at_index", v2=("compat.dimension_at_index",))
def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """Returns one dimension of a shape as a `Dimension`, in both behaviours of `TensorShape`.

    Args:
      shape: A `TensorShape`.
      index: Which dimension; any when the rank is unknown.

    Raises:
      IndexError: The rank is known and too small.
    """
    dims = shape.dims
    return Dimension(None) if dims is None else dims[index]


@export("enable_v2_tensorshape", v2=())
def enable_v2_tensorshape() -> None:
    """Makes indexing and iterating a `TensorShape` give ints and None instead of `Dimension`s."""
    global _v2_behavior
    _v2_behavior = True


@export("disable_v2_tensorshape", v2=())
def disable_v2_tensorshape() -> None:
    """Makes indexing and iterating a `TensorShape` give `Dimension`s."""
    global _v2_behavior
    _v2_behavior = False
