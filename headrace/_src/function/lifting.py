"""Variables that a function makes: they belong to the outer graph, with their initial values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from headrace._src.core import convert, scopes
from headrace._src.core import dims as dims_lib
from headrace._src.core import graph as graph_lib
from headrace._src.core.graph import Graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional, constant, variable_ops
from headrace._src.state import resource_variable, variable


class UnliftableError(Exception):
    """A value cannot be computed outside the function: it depends on an argument."""


def lifted(tensor: Tensor, target: Graph, arguments: Collection[Tensor] = ()) -> Tensor:
    """Copies what computes a tensor into another graph; returns the copy.

    Args:
      tensor: the tensor.
      target: the graph.
      arguments: what cannot be copied.

    Raises:
      UnliftableError: the tensor depends on an argument.
    """
    stopped = {t.op for t in arguments}
    made: dict[Operation, Operation] = {}
    for operation in _in_order(tensor.op):
        if operation in stopped or operation.type == "Placeholder":
            raise UnliftableError(
                f"Unable to lift tensor {tensor!r} because it depends transitively on placeholder "
                f"{operation!r}"
            )
        waits = [made[c] for c in operation.control_inputs]
        with (
            target.as_default(),
            scopes.control_dependencies(waits),
            scopes.device(operation.device or None),
        ):
            made[operation] = target.add_operation(
                operation.spec,
                target.unique_name(operation.name),
                [made[t.op].outputs[t.value_index] for t in operation.inputs],
                {k: v for k, v in operation.attrs.items() if k != "_class"},
            )
    return made[tensor.op].outputs[tensor.value_index]


def _in_order(last: Operation) -> list[Operation]:
    """An operation and those before it, in the order in which 1.15 copies them."""
    consumers: dict[Operation, set[Operation]] = {last: set()}
    todo = [last]
    while todo:
        operation = todo.pop()
        for before in _inputs(operation):
            if before not in consumers:
                consumers[before] = set()
                todo.append(before)
            consumers[before].add(operation)
    found: dict[Operation, None] = {}
    todo = [last]
    while todo:
        operation = todo.pop()
        if operation in found:
            continue
        found[operation] = None
        todo += [b for b in _inputs(operation) if consumers[b] <= found.keys()]
    return list(reversed(found))


def _inputs(operation: Operation) -> list[Operation]:
    return [*(t.op for t in operation.inputs), *operation.control_inputs]


class LiftedVariable(resource_variable.ResourceVariable):
    """A variable that a function makes; see `ResourceVariable` for the arguments.

    Attributes:
      starts_inside: whether the initial value depends on an argument, so that the function itself
        has to assign it, in the call that makes the variable.
    """

    starts_inside = False

    def __init__(
        self,
        initial_value: Any = None,
        trainable: Any = None,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        distribute_strategy: Any = None,
        **ignored: Any,
    ) -> None:
        body: Any = graph_lib.get_default_graph()
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        self._distribute_strategy = distribute_strategy
        self._constraint = constraint
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            synchronization, aggregation, trainable, name
        )
        given = [] if callable(initial_value) else [initial_value]
        with scopes.name_scope(name, "Variable", given) as scope:
            with scopes.name_scope("Initializer"), scopes.device(None):
                first = convert.convert_to_tensor(
                    initial_value() if callable(initial_value) else initial_value,
                    name="initial_value",
                    dtype=dtype,
                )
        self._shape = first.shape if shape is None else TensorShape(shape)
        self._dtype = first.dtype.base_dtype
        with scopes.init_scope():
            outer = graph_lib.get_default_graph()
            with scopes.name_scope(name, "Variable") as outer_scope:
                self._make_bare_handle(outer_scope)
        with scopes.name_scope(scope):
            try:
                self._initial_value = lifted(first, outer, body.inputs)
            except UnliftableError:
                if not outer.executes:
                    raise
                self._start_inside(first)
                return
            if outer.executes:
                with scopes.init_scope():
                    self._start()
                return
            with scopes.init_scope():
                with scopes.name_scope("IsInitialized"):
                    self._is_initialized_op = variable_ops.VarIsInitializedOp(self._handle)
                with scopes.name_scope("Assign") as at, scopes.colocate_with(self._handle):
                    self._initializer_op = variable_ops.AssignVariableOp(
                        self._handle, self._initial_value, name=at
                    )

    def _start_inside(self, first: Tensor) -> None:
        """Assigns the initial value in the body, unless there is a value already."""
        self.starts_inside = True
        is_initialized = variable_ops.VarIsInitializedOp(self._handle)

        def assigned() -> Tensor:
            with scopes.control_dependencies([variable_ops.AssignVariableOp(self._handle, first)]):
                return constant.constant(True)

        conditional.cond(is_initialized, lambda: constant.constant(True), assigned)

    def _make_bare_handle(self, scope: str) -> None:
        op_name = scope.rstrip("/")
        self._handle = variable_ops.VarHandleOp(
            shape=self._shape, dtype=self._dtype, shared_name=op_name, name=scope
        )
        self._handle.handle_data = (self._dtype, dims_lib.from_any(self._shape))
        self._handle_name = f"{op_name}:0"
        self._unique_id = op_name
        if graph_lib.get_default_graph().executes:
            return
        with scopes.name_scope("Read"), scopes.device(self._handle.device):
            self._graph_element = self._read_variable_op()
        # 1.15 does not count it among the trainable ones.
        graph_lib.get_default_graph().add_to_collection(GraphKeys.GLOBAL_VARIABLES, self)


__all__ = ["LiftedVariable", "UnliftableError", "lifted"]
