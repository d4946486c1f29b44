"""Whether the elements of a tensor grow."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late

_NUMERIC = frozenset((
    dtypes.float32, dtypes.float64, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64,
    dtypes.uint8, dtypes.qint8, dtypes.qint32, dtypes.quint8, dtypes.complex64,
))  # fmt: skip


def _steps(x: Any) -> Tensor:
    """The differences of neighbours in the flattened tensor; none for fewer than two elements."""
    x = late.reshape(x, [-1])
    if x.dtype not in _NUMERIC:
        raise TypeError(f"Expected x to be numeric, instead found: {x!s}")
    is_short = late.less(late.size(x), 2)
    length = late.shape(x) - 1

    def difference() -> Tensor:
        later = late.strided_slice(x, [1], [1] + length)
        return later - late.strided_slice(x, [0], length)

    return late.cond(is_short, lambda: convert_to_tensor([], dtype=x.dtype), difference)


@export(
    "math.is_non_decreasing",
    "debugging.is_non_decreasing",
    "is_non_decreasing",
    v2=("math.is_non_decreasing",),
)
def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Tell whether no element is smaller than the one before it.

    Args:
      x: A tensor of a real type; it is flattened.
      name: A name scope.

    Returns:
      A bool scalar; true for fewer than two elements.

    Raises:
      TypeError: (build) `x` does not hold numbers.
    """
    with name_scope(name, "is_non_decreasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, dtype=steps.dtype)
        return late.reduce_all(late.less_equal(zero, steps))


@export(
    "math.is_strictly_increasing",
    "debugging.is_strictly_increasing",
    "is_strictly_increasing",
    v2=("math.is_strictly_increasing",),
)
def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Tell whether every element is larger than the one before it.

    Args:
      x: A tensor of a real type; it is flattened.
      name: A name scope.

    Returns:
      A bool scalar; true for fewer than two elements.

    Raises:
      TypeError: (build) `x` does not hold numbers.
    """
    with name_scope(name, "is_strictly_increasing", [x]):
        steps = _steps(x)
        zero = convert_to_tensor(0, dtype=steps.dtype)
        return late.reduce_all(late.less(zero, steps))
