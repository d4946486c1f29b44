"""tf.map_fn: a function applied to every element along the first dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import nest, scopes
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.function import element_loops
from headrace._src.ops import constant, tensor_array, while_loop
from headrace._src.platform import modes


@export("map_fn")
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """Apply a function to every element along the first dimension.

    Args:
      fn: takes one element in the structure of `elems`; returns a value in the structure of
        `dtype`.
      elems: a tensor, or tensors in any nesting, all with the same first dimension.
      dtype: the dtypes that `fn` returns, in their structure; those of `elems` when left out.
      parallel_iterations: kept in the node, 10 when left out.
      back_prop: whether gradients flow through, see `tf.while_loop`.
      swap_memory: kept for programs that say it.
      infer_shape: whether all results of `fn` have one shape.
      name: the name scope.

    Returns:
      Tensors `[n] + shape of a result of fn`, in the structure of `dtype`.

    Raises:
      TypeError: (build) `fn` is no function, `elems` is sparse, or `fn` returns another structure.
      ValueError: (build) an element is a scalar, or `fn` returns another number of values.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    if isinstance(elems, SparseTensor):
        raise TypeError(
            "To perform a map on the values of a sparse tensor use either "
            " SparseTensor(input.indices, fn(input.values), input.dense_shape) or "
            " SparseTensor(input.indices, map_fn(fn, input.values), "
            "input.dense_shape)"
        )
    inputs = element_loops.Structure(elems)
    flat = inputs.flat(elems)
    with scopes.name_scope(name, "map", flat), element_loops.cached_variables():
        tensors = element_loops.converted(flat)
        types = dtype or inputs.packed([t.dtype for t in tensors])
        outputs = inputs if dtype is None else element_loops.Structure(dtype)
        if tensors[0].dims == ():
            raise ValueError(
                "elems must be a 1+ dimensional Tensor, not a scalar"
                if len(tensors) == 1
                else "elements in elems must be 1+ dimensional Tensors, not scalars"
            )
        n = element_loops.first_size(tensors[0]) or element_loops.run_time_size(tensors[0])
        if modes.executing_eagerly() and element_loops.first_size(tensors[0]) == 0:
            # Nobody knows what `fn` would return: the arrays are empty.
            empty = [constant.constant([], t, shape=[0]) for t in outputs.flat(types)]
            return outputs.packed(empty)
        given = [
            tensor_array.PlainArray(dtype=t.dtype, size=n, dynamic_size=False, infer_shape=True)
            for t in tensors
        ]
        given = [array.unstack(t) for array, t in zip(given, tensors, strict=True)]
        start = constant.constant(0)
        made = [
            tensor_array.PlainArray(dtype=t, size=n, dynamic_size=False, infer_shape=infer_shape)
            for t in outputs.flat(types)
        ]

        def step(i: Any, arrays: list[Any]) -> Any:
            result = fn(inputs.packed([array.read(i) for array in given]))
            nest.assert_same_structure(types, result)
            values = outputs.flat(result)
            written = [a.write(i, v) for a, v in zip(arrays, values, strict=True)]
            return i + 1, written

        _, filled = while_loop.while_loop(
            lambda i, _: i < n,
            step,
            (start, made),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        results = [array.stack() for array in filled]
        element_loops.set_first_size(results, tensors)
        return outputs.packed(results)


__all__ = ["map_fn"]
