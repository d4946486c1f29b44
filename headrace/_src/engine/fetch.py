"""Fetch structures: what `Session.run` is asked for, and how its answer is shaped.

A fetch structure is a tree of lists, tuples, namedtuples, mappings and attrs objects over leaves. A
leaf is a tensor, an operation, a
name, or an object that expands to tensors (sparse tensors, indexed slices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from headrace._src.core import errors
from headrace._src.core.graph import Graph
from headrace._src.core.indexed_slices import IndexedSlices, IndexedSlicesValue
from headrace._src.core.operation import Operation
from headrace._src.core.sparse_tensor import SparseTensor, SparseTensorValue
from headrace._src.core.tensor import Tensor

Expansion = tuple[type, Callable[[Any], Any], Any, Any]
Builder = Callable[[Sequence[Any]], Any]


def _expand_slices(fetch: IndexedSlices) -> tuple[list[Any], Builder]:
    if fetch.dense_shape is None:
        return [fetch.values, fetch.indices], lambda v: IndexedSlicesValue(v[0], v[1], None)
    return (
        [fetch.values, fetch.indices, fetch.dense_shape],
        lambda v: IndexedSlicesValue(v[0], v[1], v[2]),
    )


def _feed_slices(feed: IndexedSlices, value: Any) -> list[tuple[Any, Any]]:
    tensors = [feed.values, feed.indices]
    if feed.dense_shape is not None:
        tensors.append(feed.dense_shape)
    return list(zip(tensors, value, strict=False))


_EXPANSIONS: Final[list[Expansion]] = [
    (
        SparseTensor,
        lambda f: ([f.indices, f.values, f.dense_shape], lambda v: SparseTensorValue(*v)),
        lambda f, v: list(zip([f.indices, f.values, f.dense_shape], v, strict=False)),
        lambda f: [f.indices, f.values, f.dense_shape],
    ),
    (IndexedSlices, _expand_slices, _feed_slices, lambda f: f._components()),
    (object, lambda f: ([f], lambda v: v[0]), lambda f, v: [(f, v)], lambda f: [f]),
]


def register_session_run_conversion_functions(
    tensor_type: type,
    fetch_function: Callable[[Any], Any],
    feed_function: Any = None,
    feed_function_for_partial_run: Any = None,
) -> None:
    """Registers how objects of a type are fetched and fed.

    Args:
      tensor_type: the type.
      fetch_function: object → (tensors, function from their values to the result).
      feed_function: (object, value) → list of (tensor, value).
      feed_function_for_partial_run: object → tensors.

    Raises:
      ValueError: the type is registered already.
    """
    for kind, *_ in _EXPANSIONS[:-1]:
        if issubclass(kind, tensor_type):
            raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _EXPANSIONS.insert(
        0, (tensor_type, fetch_function, feed_function, feed_function_for_partial_run)
    )


def expansion_for(value: Any) -> Expansion:
    """The expansion of a leaf."""
    return next(e for e in _EXPANSIONS if isinstance(value, e[0]))


def is_attrs(value: Any) -> bool:
    """Whether `value` is an instance of a class made with attrs."""
    return hasattr(type(value), "__attrs_attrs__")


def structure_key(fetches: Any) -> Any:
    """A hashable key: equal for structures that fetch the same things in the same form."""
    kind = type(fetches)
    if kind is Tensor or kind is Operation or kind is str:
        return fetches
    if isinstance(fetches, (list, tuple)):
        return (kind, *[structure_key(f) for f in fetches])
    if isinstance(fetches, Mapping):
        return (kind, tuple(fetches), tuple([structure_key(f) for f in fetches.values()]))
    if is_attrs(fetches):
        fields = [a.name for a in type(fetches).__attrs_attrs__]
        return (kind, tuple([structure_key(getattr(fetches, f)) for f in fields]))
    return fetches


class FetchStructure:
    """A resolved fetch structure.

    Attributes:
      elements: the distinct tensors and operations to compute.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self._graph = graph
        self.elements: list[Any] = []
        self._index: dict[Any, int] = {}
        self._build = self._resolve(fetches)

    def build(self, values: Sequence[Any]) -> Any:
        """Shapes the values of `elements` like the structure."""
        return self._build(values)

    def _resolve(self, fetch: Any) -> Builder:
        if fetch is None:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)!r}")
        if isinstance(fetch, (list, tuple)):
            return self._resolve_sequence(fetch)
        if isinstance(fetch, Mapping):
            kind = type(fetch)
            keys = list(fetch)
            parts = [self._resolve(fetch[k]) for k in keys]

            def build_mapping(v: Sequence[Any]) -> Any:
                result: Any = kind()
                for key, part in zip(keys, parts, strict=True):
                    result[key] = part(v)
                return result

            return build_mapping
        if is_attrs(fetch):
            fields = [a.name for a in type(fetch).__attrs_attrs__]
            parts = [self._resolve(getattr(fetch, f)) for f in fields]
            cls = type(fetch)
            return lambda v: cls(*[part(v) for part in parts])
        _, expand, _, _ = expansion_for(fetch)
        leaves, contract = expand(fetch)
        positions = [self._add(leaf) for leaf in leaves]
        if len(positions) == 1 and leaves[0] is fetch:
            position = positions[0]
            return lambda v: v[position]
        return lambda v: contract([v[p] for p in positions])

    def _resolve_sequence(self, fetch: Any) -> Builder:
        parts = [self._resolve(f) for f in fetch]
        if isinstance(fetch, list):
            return lambda v: [part(v) for part in parts]
        if hasattr(fetch, "_fields"):
            cls = type(fetch)
            return lambda v: cls(*[part(v) for part in parts])
        return lambda v: tuple([part(v) for part in parts])

    def _add(self, leaf: Any) -> int:
        try:
            element = self._graph.as_graph_element(leaf)
        except TypeError as e:
            raise TypeError(
                f"Fetch argument {leaf!r} has invalid type {type(leaf)!r}, must be a string or "
                f"Tensor. ({e})"
            ) from None
        except (ValueError, KeyError) as e:
            raise ValueError(
                f"Fetch argument {leaf!r} cannot be interpreted as a Tensor. ({e})"
            ) from None
        if not self._graph.is_fetchable(element):
            raise errors.InaccessibleTensorError(
                f"Operation {element.name!r} has been marked as not fetchable."
            )
        position = self._index.get(element)
        if position is None:
            position = self._index[element] = len(self.elements)
            self.elements.append(element)
        return position
