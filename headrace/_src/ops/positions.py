"""UnravelIndex: flat positions as coordinates; Timestamp: the time of day."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor

# -- UnravelIndex ------------------------------------------------------------------------------
UnravelIndex = op(
    "UnravelIndex",
    "indices: Tidx, dims: Tidx -> output: Tidx",
    Tidx=A.dtype(G.INDEX, default=dtypes.int32),
    host_only=True,
)


@UnravelIndex.shape
def _shape_unravel_index(s, indices, dims):
    if indices is None:
        return None
    count = dims_lib.with_rank(dims, 1)[0]
    return (count,) if not indices else (count, dims_lib.num_elements(indices))


@UnravelIndex.kernel
def _kernel_unravel_index(k, indices, dims):
    if 0 in dims:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Input dims cannot contain a dim of zero, but dims contains zero at index = "
            f"{list(dims).index(0)}",
        )
    sizes = np.cumprod(dims[::-1], dtype=dims.dtype)[::-1]
    strides = np.append(sizes[1:], dims.dtype.type(1))
    if np.ndim(indices):
        sizes, strides = sizes[:, None], strides[:, None]
    # As in C, division truncates: 1.15 checks no bounds, coordinates wrap round.
    rest = np.fmod(indices, sizes)
    return ((rest - np.fmod(rest, strides)) // strides).astype(dims.dtype)


UnravelIndex.no_gradient("integer output", undefined=True)


@export("unravel_index")
def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """Turn positions in a flattened array into coordinates.

    Args:
        indices: Integer scalar or vector: positions.
        dims: 1-D tensor of the same type: the shape of the array.
        name: Name of the node.

    Returns:
        Tensor [len(dims)] or [len(dims), len(indices)]; positions outside the array wrap round.

    Raises:
        errors.InvalidArgumentError: (run) a dimension is 0.
    """
    return UnravelIndex(indices, dims, name=name)


# -- Timestamp ---------------------------------------------------------------------------------
Timestamp = op("Timestamp", "-> ts: double", stateful=True, host_only=True)
Timestamp.shape(lambda s: ())
Timestamp.no_gradient("it has no inputs", undefined=True)


@Timestamp.kernel
def _kernel_timestamp(k):
    return np.float64(time.time())


@export("timestamp")
def timestamp(name: str | None = None) -> Tensor:
    """Tell, whenever it is computed, the seconds since 1970.

    Args:
        name: Name of the node.

    Returns:
        float64 scalar.
    """
    return Timestamp(name=name)
