"""Automatic control dependencies: operations with effects run in the order of the program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from headrace._src.core import dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.graph import Graph
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops import flows, identity

# Operations that 1.15 calls stateful but lets run in any order: collectives and random numbers.
_UNORDERED: Final = frozenset(
    "CollectiveGather CollectiveReduce CollectiveBcastSend CollectiveBcastRecv NcclAllReduce "
    "RandomUniform RandomUniformInt RandomStandardNormal ParameterizedTruncatedNormal "
    "TruncatedNormal RandomShuffle Multinomial RandomGamma RandomGammaGrad RandomPoisson "
    "RandomPoissonV2".split()
)


def is_ordered(operation: Operation) -> bool:
    """Whether an operation must run, in the order of the program."""
    spec = operation.spec
    return (spec.stateful or spec.random) and operation.type not in _UNORDERED


class AutomaticControlDependencies:
    """A context manager: the operations made inside that have effects run in order.

    All of them run before what `mark_as_return` gives; those that use one resource run one after
    another, and so do those that use none.

    Attributes:
      must_run: the operations with effects, once the block is left.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._returned: list[Tensor] = []
        self._begin = 0
        self.must_run: list[Operation] = []

    def mark_as_return(self, value: Any) -> Any:
        """A copy of a tensor, a composite of tensors or a tensor array, as a result."""
        if isinstance(value, IndexedSlices):
            values, indices = self._copy(value.values), self._copy(value.indices)
            return IndexedSlices(values, indices, value.dense_shape)
        if isinstance(value, SparseTensor):
            values, indices = self._copy(value.values), self._copy(value.indices)
            return SparseTensor(indices, values, value.dense_shape)
        if flows.is_tensor_array(value):
            return value._with_flow(self._copy(value.flow))
        return self._copy(value)

    def _copy(self, tensor: Tensor) -> Tensor:
        made: Tensor = identity.identity(tensor)
        made.handle_data = tensor.handle_data
        self._returned.append(made)
        return made

    def __enter__(self) -> AutomaticControlDependencies:
        self._begin = len(self._graph.get_operations())
        return self

    def __exit__(self, kind: Any, e: Any, tb: Any) -> None:
        if e is not None:
            return
        if graph_lib.get_default_graph() is not self._graph:
            raise RuntimeError("Graph changed while trying to add control dependencies.")
        self.must_run = put_in_order(self._graph.get_operations()[self._begin :])
        if self.must_run:
            for tensor in self._returned:
                tensor.op._add_control_inputs(self.must_run)


def put_in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Makes operations with effects wait for those before; returns them."""
    must_run = []
    last: dict[Any, Operation] = {}
    for operation in operations:
        ordered = is_ordered(operation)
        if ordered:
            must_run.append(operation)
        resources: dict[Any, None] = dict.fromkeys(
            t for t in operation.inputs if t.dtype is dtypes.resource
        )
        used = resources or ({None: None} if ordered else {})
        before = [last[r] for r in used if r in last]
        last.update(dict.fromkeys(used, operation))
        if before:
            operation._add_control_inputs(before)
    return must_run


__all__ = ["AutomaticControlDependencies", "is_ordered", "put_in_order"]
