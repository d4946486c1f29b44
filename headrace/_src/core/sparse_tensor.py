"""SparseTensor: a tensor given by the coordinates and values of its nonzero elements."""

from __future__ import annotations

import collections
from typing import Any

from headrace._api.export import export, export_value
from headrace._src.core import convert, dtypes, scopes, type_spec
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor, operator_function

SparseTensorValue = collections.namedtuple(
    "SparseTensorValue", ["indices", "values", "dense_shape"]
)
export_value(SparseTensorValue, "SparseTensorValue", v2=())


@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor:
    """A sparse tensor: `dense[indices[i]] == values[i]`, zero elsewhere.

    Attributes:
      indices: an int64 tensor `[n, rank]`.
      values: a tensor `[n]` of any dtype.
      dense_shape: an int64 tensor `[rank]`.
    """

    _is_composite_tensor = True
    _is_graph_tensor_like = True

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """Returns the `SparseTensor` of a `SparseTensorValue`, or the argument if it is one."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, SparseTensorValue):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        with scopes.name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            indices = convert.convert_to_tensor(indices, name="indices", dtype=dtypes.int64)
            values = convert.convert_to_tensor(values, name="values", as_ref=True)
            dense_shape = convert.convert_to_tensor(
                dense_shape, name="dense_shape", dtype=dtypes.int64
            )
        self._indices, self._values, self._dense_shape = indices, values, dense_shape
        rows, rank = indices.shape.with_rank(2).dims
        # The number of nonzeros and the rank are each said twice; they must agree.
        rows.merge_with(values.shape.with_rank(1).dims[0])
        rank.merge_with(dense_shape.shape.with_rank(1).dims[0])

    def __mul__(self, other: Any) -> SparseTensor:
        return operator_function("sparse.__mul__")(self, other)  # type: ignore[no-any-return]

    def __div__(self, other: Any) -> SparseTensor:
        return operator_function("sparse.__div__")(self, other)  # type: ignore[no-any-return]

    def __truediv__(self, other: Any) -> SparseTensor:
        return operator_function("sparse.__truediv__")(self, other)  # type: ignore[no-any-return]

    @property
    def indices(self) -> Tensor:
        """The coordinates, an int64 tensor `[n, rank]`."""
        return self._indices  # type: ignore[no-any-return]

    @property
    def values(self) -> Tensor:
        """The elements, a tensor `[n]`."""
        return self._values  # type: ignore[no-any-return]

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the dense tensor, an int64 tensor `[rank]`."""
        return self._dense_shape  # type: ignore[no-any-return]

    @property
    def shape(self) -> TensorShape:
        """The static shape of the dense tensor."""
        from headrace._src.core import constant_value

        return TensorShape._from_dims(constant_value.constant_value_as_dims(self._dense_shape))

    def get_shape(self) -> TensorShape:
        """Returns the static shape of the dense tensor."""
        return self.shape

    @property
    def op(self) -> Any:
        """The operation that produces `values`."""
        return self._values.op

    @property
    def name(self) -> str:
        """The name of `values`."""
        return self._values.name  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the elements."""
        return self._values.dtype

    @property
    def graph(self) -> Any:
        """The graph that contains the tensors."""
        return self._indices.graph

    def consumers(self) -> list[Any]:
        """Returns the operations that take one of the tensors."""
        seen: dict[Any, None] = {}
        for t in self._components():
            seen.update(dict.fromkeys(t.consumers()))
        return list(seen)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Computes the sparse tensor in a session; returns a `SparseTensorValue`."""
        from headrace._src.core import default_session

        indices, values, shape = default_session.run_in(
            self._components(), feed_dict, self.graph, session, "eval"
        )
        return SparseTensorValue(indices, values, shape)

    @property
    def _type_spec(self) -> Any:
        return type_spec.SparseTensorSpec(self.shape, self.dtype)

    def _components(self) -> list[Any]:
        return [self._indices, self._values, self._dense_shape]

    def _from_components(self, parts: list[Any]) -> SparseTensor:
        return SparseTensor(*parts)

    def __str__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices!s}, values={self._values!s}, "
            f"dense_shape={self._dense_shape!s})"
        )


@export("convert_to_tensor_or_sparse_tensor", v2=())
def convert_to_tensor_or_sparse_tensor(value: Any, dtype: Any = None, name: Any = None) -> Any:
    """Converts a value to a `SparseTensor` or a `Tensor`.

    Raises:
      RuntimeError: the dtype does not fit a sparse value.
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if isinstance(value, SparseTensor):
        if dtype and not dtype.is_compatible_with(value.dtype):
            raise RuntimeError(
                f"Sparse dtype: requested = {dtype.name}, actual = {value.dtype.name}"
            )
        return value
    return convert.convert_to_tensor(value, dtype, name)


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor or its value."""
    return isinstance(x, (SparseTensor, SparseTensorValue))
