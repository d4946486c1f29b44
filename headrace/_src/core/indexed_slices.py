"""IndexedSlices: a sparse set of rows of a dense tensor, as gradients of gathers are."""

from __future__ import annotations

import collections
from typing import Any

from headrace._api.export import export
from headrace._src.core import type_spec
from headrace._src.core.shape import TensorShape

IndexedSlicesValue = collections.namedtuple(
    "IndexedSlicesValue", ["values", "indices", "dense_shape"]
)


@export("IndexedSlices")
class IndexedSlices:
    """Rows `values[i]` of a dense tensor at `indices[i]`; repeated indices add up.

    Attributes:
      values: a tensor `[n, ...]`.
      indices: an integer tensor `[n]`.
      dense_shape: an integer tensor, the shape of the dense tensor, or None.
    """

    _is_composite_tensor = True
    _is_graph_tensor_like = True

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        from headrace._src.core import graph as graph_lib

        inputs = [values, indices, *([] if dense_shape is None else [dense_shape])]
        graph_lib.graph_from_inputs(inputs)
        self._values = values
        self._indices = indices
        self._dense_shape = dense_shape

    @property
    def values(self) -> Any:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Any:
        """The positions of the rows in the dense tensor."""
        return self._indices

    @property
    def dense_shape(self) -> Any:
        """The shape of the dense tensor as a tensor, or None."""
        return self._dense_shape

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor."""
        from headrace._src.core import constant_value

        if self._dense_shape is None:
            return TensorShape(None)
        return TensorShape._from_dims(constant_value.constant_value_as_dims(self._dense_shape))

    def get_shape(self) -> TensorShape:
        """Returns the static shape of the dense tensor."""
        return self.shape

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """The device of `values`."""
        return self._values.device  # type: ignore[no-any-return]

    @property
    def op(self) -> Any:
        """The operation that produces `values`."""
        return self._values.op

    @property
    def dtype(self) -> Any:
        """The dtype of `values`."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that contains the tensors."""
        return self._values.graph

    def consumers(self) -> list[Any]:
        """Returns the operations that take one of the tensors."""
        seen: dict[Any, None] = {}
        for t in (self._values, self._indices, self._dense_shape):
            if t is not None:
                seen.update(dict.fromkeys(t.consumers()))
        return list(seen)

    @property
    def _type_spec(self) -> Any:
        length = None if self._dense_shape is None else self._dense_shape.dtype
        # The rows tell more of the shape than a tensor of it may.
        rows = TensorShape(self._values.shape)
        shape = TensorShape(self.shape)
        if rows.ndims is not None:
            shape = shape.merge_with(TensorShape([None]).concatenate(rows[1:]))
        return type_spec.IndexedSlicesSpec(
            shape, self.dtype, self._indices.dtype, length, self._indices.shape
        )

    def _components(self) -> list[Any]:
        parts = [self._values, self._indices]
        return parts if self._dense_shape is None else [*parts, self._dense_shape]

    def _from_components(self, parts: list[Any]) -> IndexedSlices:
        return IndexedSlices(*parts)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __str__(self) -> str:
        dense = "" if self._dense_shape is None else f", dense_shape={self._dense_shape!s}"
        return f"IndexedSlices(indices={self._indices!s}, values={self._values!s}{dense})"
