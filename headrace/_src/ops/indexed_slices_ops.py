"""IndexedSlices as dense tensors: their conversion."""

from __future__ import annotations

from typing import Any

from headrace._src.core import convert
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


def _to_tensor(
    value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False
) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype "
            f"{value.dtype.name}"
        )
    if value.dense_shape is None:
        raise ValueError(
            f"Tensor conversion requested for IndexedSlices without dense_shape: {value}"
        )
    return late.unsorted_segment_sum(  # type: ignore[no-any-return]
        value.values, value.indices, value.dense_shape[0], name=name
    )


convert.register_tensor_conversion_function(IndexedSlices, _to_tensor)
