"""Feeds: the values given to `Session.run` for tensors of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core.graph import Graph
from headrace._src.core.tensor import Tensor
from headrace._src.engine import fetch as fetch_lib


class Feed:
    """How values are bound to one fed tensor.

    Attributes:
      tensor: the tensor.
      dtype: the NumPy dtype of its values.
    """

    __slots__ = ("_dims", "_known_shape", "dtype", "is_host_object", "tensor")

    def __init__(self, graph: Graph, tensor: Tensor) -> None:
        if not graph.is_feedable(tensor):
            raise ValueError(f"Tensor {tensor} may not be fed.")
        self.tensor = tensor
        base = tensor.dtype.base_dtype
        self.is_host_object = base.name in ("resource", "variant")
        self.dtype = None if self.is_host_object else np.dtype(base.as_numpy_dtype)
        self._dims = tensor.dims
        self._known_shape: Any = None

    def bind(self, value: Any) -> Any:
        """The value as an array of the tensor's dtype.

        Raises:
          TypeError: a tensor was given, or an integer that does not fit the dtype.
          ValueError: the value cannot become such an array, or its shape does not fit.
        """
        if type(value) is np.ndarray and value.dtype is self.dtype:
            if value.shape == self._known_shape and self._dims is self.tensor.dims:
                return value
            array = value
        else:
            array = self._convert(value)
            if self.is_host_object:
                return array
        self._check_shape(array)
        return array

    def _check_shape(self, array: Any) -> None:
        self._dims = dims = self.tensor.dims
        shape = array.shape
        if dims is not None and (
            len(dims) != len(shape)
            or any(d is not None and d != n for d, n in zip(dims, shape, strict=True))
        ):
            raise ValueError(
                f"Cannot feed value of shape {shape!r} for Tensor {self.tensor.name!r}, which has "
                f"shape {str(self.tensor.shape)!r}{self._where()}"
            )
        self._known_shape = shape

    def _where(self) -> str:
        origin = self.tensor.op.origin
        # On a line of its own: the first line is 1.15's.
        return "" if origin is None else f"\n(tensor made at {origin})"

    def _convert(self, value: Any) -> Any:
        if self.is_host_object:
            return value
        dtype = self.dtype
        if isinstance(value, Tensor):
            raise TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
                "Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, "
                f"the tensor object was {value!s} which was passed to the feed with key "
                f"{self.tensor!s}."
            )
        assert dtype is not None
        if isinstance(value, int) and not isinstance(value, bool) and dtype.kind in "iufb":
            self._check_int(value, dtype)
        handle = getattr(value, "_headrace_handle_value", None)
        if handle is not None:
            value = handle()
        try:
            if dtype.kind == "O":
                return _text_array(value)
            return np.asarray(value, dtype=dtype)
        except (ValueError, TypeError, OverflowError) as e:
            kind = TypeError if isinstance(e, TypeError) else ValueError
            raise kind(
                f"{e}\n(feeding Tensor {self.tensor.name!r} of dtype {self.tensor.dtype.name})"
                f"{self._where()}"
            ) from None

    def _check_int(self, value: int, dtype: np.dtype[Any]) -> None:
        try:
            fits = int(np.array(value).astype(dtype)) == value or dtype.kind == "f"
        except (OverflowError, TypeError):
            fits = dtype.kind == "f"
        if not fits:
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with "
                f"Tensor type {dtype.type}. Try explicitly setting the type of the feed tensor to "
                "a larger type (e.g. int64)."
            )


def _text_array(value: Any) -> Any:
    """Strings of any nesting as an object array of bytes."""
    array = np.asarray(value, dtype=object)
    if array.dtype.kind != "O":
        array = array.astype(object)
    flat = [v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()]
    result = np.empty(array.size, dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def expand_feeds(graph: Graph, key: Any) -> list[tuple[Tensor, int | None]]:
    """The tensors that one key of a feed dictionary stands for.

    Returns:
      (tensor, position in the fed value, or None when the value is fed whole).

    Raises:
      TypeError: the key does not stand for tensors of the graph.
    """
    if isinstance(key, tuple) and not hasattr(key, "graph"):
        return [(t, i) for i, k in enumerate(key) for t, _ in expand_feeds(graph, k)]
    kind, _, _, parts = fetch_lib.expansion_for(key)
    if parts is None:
        raise TypeError(f"Feed argument {key!r} has invalid type {type(key)!r}")
    tensors = parts(key)
    whole = kind is object
    result: list[tuple[Tensor, int | None]] = []
    for i, t in enumerate(tensors):
        try:
            element = graph.as_graph_element(t, allow_operation=False)
        except (TypeError, ValueError, KeyError) as e:
            raise TypeError(f"Cannot interpret feed_dict key as Tensor: {e.args[0]}") from None
        result.append((element, None if whole else i))
    return result
