"""What map_fn, scan and the folds share: loops over the elements along the first dimension."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from headrace._src.core import nest
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.shape import Dimension, TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import shapes as shape_ops
from headrace._src.ops import tensor_array
from headrace._src.state import variable_scope


class Structure:
    """How values are nested; a value that is no sequence stands for itself."""

    def __init__(self, template: Any) -> None:
        self.template = template
        self._nested = nest.is_sequence(template)

    def flat(self, value: Any) -> list[Any]:
        """The values in `value`, in order."""
        return list(nest.flatten(value)) if self._nested else [value]

    def packed(self, flat: Sequence[Any]) -> Any:
        """The values nested as the template is."""
        return nest.pack_sequence_as(self.template, flat) if self._nested else flat[0]


@contextlib.contextmanager
def cached_variables() -> Iterator[None]:
    """Lets variables that a loop's function gets be read once for all uses of the value."""
    scope = variable_scope.get_variable_scope()
    if scope.caching_device is not None or get_default_graph().executes:
        yield
        return
    scope.set_caching_device(lambda op: op.device)
    try:
        yield
    finally:
        scope.set_caching_device(None)


def converted(elems: Sequence[Any]) -> list[Tensor]:
    """The elements as tensors."""
    return [convert_to_tensor(elem, name="elem") for elem in elems]


def first_size(tensor: Tensor) -> int | None:
    """The static size of the first dimension."""
    size = tensor.shape[0]
    return size.value if hasattr(size, "value") else size


def run_time_size(tensor: Tensor) -> Tensor:
    """The size of the first dimension, a node."""
    return shape_ops.shape(tensor)[0]


def unstacked(elem: Any, n: Any, **options: Any) -> tensor_array.TensorArray:
    """A tensor array of the elements of `elem`."""
    return tensor_array.PlainArray(
        dtype=elem.dtype, size=n, dynamic_size=False, infer_shape=True, **options
    ).unstack(elem)


def set_first_size(results: Sequence[Tensor], elems: Sequence[Tensor]) -> None:
    """Says that results have as many elements as the first of `elems`.

    Raises:
      ValueError: the others have another number.
    """
    first, *others = (Dimension(elem.shape.with_rank_at_least(1)[0]) for elem in elems)
    for size in others:
        first.merge_with(size)
    for result in results:
        result.set_shape(TensorShape([first]).concatenate(result.shape[1:]))
