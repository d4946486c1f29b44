"""Random order and position: shuffling rows, cropping."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.random_seed import seed_attrs
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.engine import philox_stream as stream
from headrace._src.ops import _shapes, debugging, grouping
from headrace._src.ops._late import late
from headrace._src.ops.random_values import random_uniform

# -- RandomShuffle --------------------------------------------------------------------------------
RandomShuffle = op(
    "RandomShuffle",
    "value: T -> output: T",
    seed=A.integer(default=0),
    seed2=A.integer(default=0),
    T=G.ANY,
    stateful=True,
    random=True,
    host_only=True,
    shape=_shapes.unchanged,
)
RandomShuffle.no_gradient("TensorFlow defines none", undefined=True)


@RandomShuffle.kernel
def _kernel_random_shuffle(k, value):
    if np.ndim(value) == 0 or value.size <= 1 or len(value) <= 1:
        return value
    rows = len(value)
    return value[stream.permutation(k.philox(stream.shuffle_steps(rows)), rows)]


@export("random.shuffle", "random_shuffle", v2=("random.shuffle",))
def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Put the rows of a tensor in random order.

    Args:
        value: Tensor `[n, ...]`.
        seed: Seed of the op, see `tf.set_random_seed`.
        name: Name of the node.

    Returns:
        Tensor of the same shape and type; row k is row p(k) of `value`, p a permutation.
    """
    attrs = seed_attrs(seed)
    return RandomShuffle(value, name=name, **attrs)


# -- cropping -------------------------------------------------------------------------------------
@export("image.random_crop", "random_crop", v2=("image.random_crop",))
def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """Cut a block of a given size out of a tensor, at a random place.

    Args:
        value: Tensor `[d0, ..., dn]`.
        size: int32 `[n + 1]`; the size of the block.
        seed: Seed of the draw, see `tf.set_random_seed`.
        name: Name of the nodes.

    Returns:
        Tensor `[*size]` of the type of `value`.

    Raises:
        InvalidArgumentError: at run time, the block is larger than `value`.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = late.shape(value)
        check = debugging.assert_(
            late.reduce_all(shape >= size),
            ["Need value.shape >= size, got ", shape, size],
            summarize=1000,
        )
        shape = grouping.with_dependencies([check], shape)
        limit = shape - size + 1
        offset = (
            random_uniform(late.shape(shape), dtype=size.dtype, maxval=size.dtype.max, seed=seed)
            % limit
        )
        return late.slice(value, offset, size, name=scope)
