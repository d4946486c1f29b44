"""tf.foldl and tf.foldr: the elements along the first dimension combined into one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import nest, scopes
from headrace._src.function import element_loops
from headrace._src.ops import constant, while_loop


def _prepared(elems: Any) -> tuple[Any, Any]:
    """The number of elements, and tensor arrays of them in the structure of `elems`."""
    tensors = element_loops.converted(nest.flatten(elems))
    n = element_loops.first_size(tensors[0]) or element_loops.run_time_size(tensors[0])
    return n, nest.map_structure(lambda elem: element_loops.unstacked(elem, n), elems)


def _read(arrays: Any, i: Any) -> Any:
    return nest.map_structure(lambda array: array.read(i), arrays)


@export("foldl")
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the elements along the first dimension, from the first to the last.

    Args:
      fn: takes the value so far and an element; returns the next value.
      elems: a tensor, or tensors in any nesting, all with the same first dimension.
      initializer: the first value; the first element when left out.
      parallel_iterations: kept in the node.
      back_prop: whether gradients flow through, see `tf.while_loop`.
      swap_memory: kept for programs that say it.
      name: the name scope.

    Returns:
      The last value that `fn` returns.

    Raises:
      TypeError: (build) `fn` is no function.
      ValueError: (build) the value changes its shape.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    with scopes.name_scope(name, "foldl", [elems]), element_loops.cached_variables():
        n, arrays = _prepared(elems)
        if initializer is None:
            value, start = _read(arrays, 0), constant.constant(1)
        else:
            value, start = initializer, constant.constant(0)
        _, result = while_loop.while_loop(
            lambda i, value: i < n,
            lambda i, value: _left(fn, i, value, arrays),
            [start, value],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        return result


def _left(fn: Callable[[Any, Any], Any], i: Any, value: Any, arrays: Any) -> list[Any]:
    value = fn(value, _read(arrays, i))
    return [i + 1, value]


@export("foldr")
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Combine the elements along the first dimension, from the last to the first.

    Args:
      fn: takes the value so far and an element; returns the next value.
      elems: a tensor, or tensors in any nesting, all with the same first dimension.
      initializer: the first value; the last element when left out.
      parallel_iterations: kept in the node.
      back_prop: whether gradients flow through, see `tf.while_loop`.
      swap_memory: kept for programs that say it.
      name: the name scope.

    Returns:
      The last value that `fn` returns.

    Raises:
      TypeError: (build) `fn` is no function.
      ValueError: (build) the value changes its shape.
    """
    if not callable(fn):
        raise TypeError("fn must be callable.")
    with scopes.name_scope(name, "foldr", [elems]), element_loops.cached_variables():
        n, arrays = _prepared(elems)
        if initializer is None:
            start = n - 1
            value = _read(arrays, start)
        else:
            start, value = n, initializer
        _, result = while_loop.while_loop(
            lambda i, value: i > 0,
            lambda i, value: _right(fn, i, value, arrays),
            [start, value],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
            maximum_iterations=n,
        )
        return result


def _right(fn: Callable[[Any, Any], Any], i: Any, value: Any, arrays: Any) -> list[Any]:
    i -= 1
    return [i, fn(value, _read(arrays, i))]


__all__ = ["foldl", "foldr"]
