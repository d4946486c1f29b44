"""tf.scan: the elements along the first dimension combined, with every value on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import nest, scopes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.function import element_loops
from headrace._src.ops import tensor_array, while_loop


@export("scan")
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the elements along the first dimension; return every value on the way.

    Args:
      fn: takes the value so far and an element; returns the next value.
      elems: a tensor, or tensors in any nesting, all with the same first dimension.
      initializer: the first value, in the structure that `fn` returns; the first element when left
        out.
      parallel_iterations: kept in the node.
      back_prop: whether gradients flow through, see `tf.while_loop`.
      swap_memory: kept for programs that say it.
      infer_shape: whether all values have the shape of the first.
      reverse: whether to go from the last element to the first.
      name: the name scope.

    Returns:
      Tensors `[n] + shape of a value`, in the structure of the values; with `reverse`, the last
      row is the value after the first step.

    Raises:
      TypeError: (build) `fn` is no function, or returns another structure.
      ValueError: (build) `fn` returns another number of values, or values of another shape.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    inputs = element_loops.Structure(elems)
    outputs = inputs if initializer is None else element_loops.Structure(initializer)
    flat = inputs.flat(elems)
    with scopes.name_scope(name, "scan", flat), element_loops.cached_variables():
        tensors = element_loops.converted(flat)
        n: Any = element_loops.first_size(tensors[0])
        if n is None:
            n = element_loops.run_time_size(tensors[0])
        given = [
            tensor_array.PlainArray(
                dtype=t.dtype,
                size=n,
                dynamic_size=False,
                element_shape=t.shape[1:],
                infer_shape=True,
            )
            for t in tensors
        ]
        given = [array.unstack(t) for array, t in zip(given, tensors, strict=True)]
        if initializer is None:
            values = [array.read(n - 1 if reverse else 0) for array in given]
            done = 1
        else:
            values = [convert_to_tensor(value) for value in outputs.flat(initializer)]
            done = 0
        made = [
            tensor_array.PlainArray(
                dtype=value.dtype,
                size=n,
                element_shape=value.shape if infer_shape else None,
                dynamic_size=False,
                infer_shape=infer_shape,
            )
            for value in values
        ]
        if initializer is None:
            made = [
                array.write(n - 1 if reverse else 0, value)
                for array, value in zip(made, values, strict=True)
            ]

        def step(i: Any, flat_value: list[Any], arrays: list[Any]) -> Any:
            element = inputs.packed([array.read(i) for array in given])
            result = fn(outputs.packed(flat_value), element)
            nest.assert_same_structure(outputs.template, result)
            new = outputs.flat(result)
            written = [array.write(i, v) for array, v in zip(arrays, new, strict=True)]
            return i - 1 if reverse else i + 1, new, written

        _, _, filled = while_loop.while_loop(
            (lambda i, _1, _2: i >= 0) if reverse else (lambda i, _1, _2: i < n),
            step,
            (n - 1 - done if reverse else done, values, made),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        results = [array.stack() for array in filled]
        element_loops.set_first_size(results, tensors)
        return outputs.packed(results)


__all__ = ["scan"]
