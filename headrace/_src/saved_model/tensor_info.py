"""Tensors by name, dtype and shape, as signatures hold them."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.state.variable import with_scope


@export(
    "saved_model.build_tensor_info",
    "saved_model.utils.build_tensor_info",
    v2=(),
    deprecated="tf.compat.v1.saved_model.build_tensor_info",
)
def build_tensor_info(tensor: Any) -> Any:
    """Make the `TensorInfo` of a tensor.

    Args:
      tensor: a `Tensor`, `SparseTensor` or variable.

    Returns:
      A `TensorInfo` protocol buffer.

    Raises:
      RuntimeError: operations are executed eagerly.
      NotImplementedError: the tensor is of another composite kind.
    """
    from headrace._src.proto import messages

    if get_default_graph().executes:
        raise RuntimeError("build_tensor_info is not supported in Eager mode.")
    if isinstance(tensor, IndexedSlices):
        raise NotImplementedError("headrace does not write the TensorInfo of IndexedSlices")
    info = messages.TensorInfo(
        dtype=dtypes.as_dtype(tensor.dtype).as_datatype_enum,
        tensor_shape=tensor.get_shape().as_proto(),
    )
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


@export(
    "saved_model.get_tensor_from_tensor_info",
    "saved_model.utils.get_tensor_from_tensor_info",
    v2=(),
    deprecated="tf.compat.v1.saved_model.get_tensor_from_tensor_info",
)
def get_tensor_from_tensor_info(
    tensor_info: Any, graph: Any = None, import_scope: str | None = None
) -> Any:
    """Find the tensor that a `TensorInfo` names.

    Args:
      tensor_info: the `TensorInfo`.
      graph: where to look; the default graph when left out.
      import_scope: name scope that the graph was imported into.

    Returns:
      A `Tensor` or `SparseTensor`.

    Raises:
      KeyError: the graph has no such tensor.
      ValueError: `tensor_info` names none.
      NotImplementedError: it describes another composite kind.
    """
    graph = graph or get_default_graph()

    def find(name: str) -> Any:
        return graph.get_tensor_by_name(with_scope(name, import_scope))

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return find(tensor_info.name)
    if encoding == "coo_sparse":
        names = tensor_info.coo_sparse
        return SparseTensor(
            find(names.indices_tensor_name),
            find(names.values_tensor_name),
            find(names.dense_shape_tensor_name),
        )
    if encoding == "composite_tensor":
        raise NotImplementedError("headrace does not read composite tensors from a TensorInfo")
    raise ValueError(f"Invalid TensorInfo.encoding: {encoding}")
