"""Resource variables: a handle whose value is read and assigned by operations of their own."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any, NoReturn

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor, register_tensor_conversion_function
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import (
    colocate_with,
    control_dependencies,
    device,
    init_scope,
    name_from_scope_name,
    name_scope,
)
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import strided_slice, variable_gather, variable_ops, variable_scatter
from headrace._src.state import safe_initial_value, variable
from headrace._src.state.ref_variable import check_conversion
from headrace._src.state.variable import VariableV1, with_scope, without_scope


class BaseResourceVariable(VariableV1):
    """What a resource variable and the result of assigning to it have in common."""

    _is_resource_variable = True
    _in_graph_mode = True
    _cached_value: Tensor | None = None
    _constraint: Any = None
    _initial_value: Any = None
    _initializer_op: Any = None
    _handle: Tensor
    _handle_name: str
    _graph_element: Tensor | None
    _shape: TensorShape
    _dtype: Any

    # -- nodes and names ---------------------------------------------------------------------

    @property
    def handle(self) -> Tensor:
        """The handle, a scalar `Tensor` of dtype `resource`."""
        return self._handle

    @property
    def name(self) -> str:
        """The name, `<op name>:0`."""
        return self._handle_name

    @property
    def device(self) -> str:
        """The device of the variable, or an empty string."""
        return self._handle.device

    @property
    def dtype(self) -> Any:
        """The `DType` of the elements."""
        return self._dtype

    @property
    def op(self) -> Any:
        """The variable's own `Operation`."""
        return self._handle.op

    @property
    def graph(self) -> Any:
        """The `Graph` that contains the variable."""
        return self._handle.graph

    @property
    def shape(self) -> TensorShape:
        """The static shape, a `TensorShape`."""
        return self._shape

    @property
    def create(self) -> Any:
        """The operation that gives the variable its initial value.

        Raises:
          RuntimeError: in eager execution, where that has happened.
        """
        if not self._in_graph_mode:
            raise RuntimeError("Calling create is not supported when eager execution is enabled.")
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """The `Tensor` that `initializer` assigns.

        Raises:
          RuntimeError: in eager execution.
        """
        if get_default_graph().executes:
            raise RuntimeError("initial_value not supported in EAGER mode.")
        return self._initial_value

    def _shape_as_list(self) -> list[int | None] | None:
        dims = self._shape.dims
        return None if dims is None else [d.value for d in dims]

    def _shape_tuple(self) -> tuple[int | None, ...] | None:
        dims = self._shape_as_list()
        return None if dims is None else tuple(dims)

    def set_shape(self, shape: Any) -> NoReturn:
        """Refuses: the shape of a resource variable is fixed."""
        raise NotImplementedError("ResourceVariable does not implement set_shape()")

    def _as_graph_element(self) -> Any:
        return self._graph_element

    def __copy__(self) -> BaseResourceVariable:
        return self

    def __deepcopy__(self, memo: Any) -> ResourceVariable:
        if not get_default_graph().executes:
            raise NotImplementedError(
                "__deepcopy__() is only available when eager execution is enabled."
            )
        copied = ResourceVariable(
            initial_value=self.read_value(),
            trainable=self.trainable,
            constraint=self._constraint,
            dtype=self._dtype,
            name=f"{self._handle_name.partition(':')[0]}_copy",
        )
        memo[id(self)] = copied
        return copied

    def __bool__(self) -> bool:
        return bool(self.read_value())

    def __int__(self) -> int:
        if self._dtype not in (dtypes.int32, dtypes.int64):
            raise TypeError("Non-integer variable can't be converted to integer.")
        return int(self.numpy())

    # -- values ------------------------------------------------------------------------------

    def _read_variable_op(self) -> Tensor:
        return variable_ops.ReadVariableOp(self._handle, dtype=self._dtype)

    def value(self) -> Tensor:
        """Adds a node that reads the value on the variable's device and returns it, a `Tensor`."""
        if self._cached_value is not None:
            return self._cached_value
        if get_default_graph().executes:
            # Nothing to place or to name.
            return self._read_variable_op()
        with colocate_with(None, ignore_existing=True), device(self._handle.device):
            return self._read_variable_op()

    def read_value(self) -> Tensor:
        """Adds nodes that read the value and returns it, a `Tensor`."""
        if get_default_graph().executes:
            return identity_ops.identity(self._read_variable_op())
        with name_scope("Read"), device(self._handle.device):
            value = self._read_variable_op()
        return identity_ops.identity(value)

    def eval(self, session: Any = None) -> Any:
        """Computes the value in a session; see `Tensor.eval`.

        Raises:
          RuntimeError: in eager execution.
        """
        if get_default_graph().executes:
            raise RuntimeError("Trying to eval in EAGER mode")
        return self._graph_element.eval(session=session)

    def numpy(self) -> Any:
        """Returns the value as NumPy has it; in eager execution only."""
        if not get_default_graph().executes:
            raise NotImplementedError("numpy() is only available when eager execution is enabled.")
        return self.read_value().numpy()

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Gathers slices along the first dimension.

        Args:
          indices: integer tensor.
          name: name of the gathering node.

        Returns:
          [indices' shape, ...rest of the variable's] tensor.
        """
        with name_scope("Gather" if name is None else name) as scope:
            value = variable_gather.ResourceGather(
                self._handle, indices, dtype=self._dtype, name=scope
            )
        return identity_ops.identity(value)

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """Gathers slices at index vectors; see `tf.gather_nd`."""
        with name_scope("GatherNd" if name is None else name) as scope:
            value = variable_gather.ResourceGatherNd(
                self._handle, indices, dtype=self._dtype, name=scope
            )
        return identity_ops.identity(value)

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Returns whether the variable has a value, a scalar bool `Tensor`."""
        return variable_ops.VarIsInitializedOp(self._handle, name=name)

    def count_up_to(self, limit: int) -> Tensor:
        """Increments the variable until it is `limit`; returns the value before.

        Raises:
          OutOfRangeError: (run) the limit is reached.
        """
        return variable_ops.ResourceCountUpTo(self._handle, limit=limit, T=self._dtype)

    # -- assignments -------------------------------------------------------------------------

    @contextlib.contextmanager
    def _after_cached_read(self) -> Iterator[None]:
        if self._cached_value is None:
            yield
        else:
            with control_dependencies([self._cached_value]):
                yield

    def _lazy_read(self, done: Any) -> UnreadVariable:
        return UnreadVariable(self._handle, self._dtype, self._shape, done)

    def assign(
        self, value: Any, use_locking: Any = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Assigns a new value.

        Args:
          value: [variable's shape] tensor of the variable's dtype.
          use_locking: ignored; assignments to resource variables are always exclusive.
          name: name of the node.
          read_value: False returns the operation alone.

        Returns:
          A variable that reads the value after the assignment.

        Raises:
          ValueError: (build) the shapes do not match.
        """
        tensor = convert_to_tensor(value, dtype=self._dtype)
        self._shape.assert_is_compatible_with(tensor.shape)
        done = variable_ops.AssignVariableOp(self._handle, tensor, name=name)
        return self._lazy_read(done) if read_value else done

    def assign_add(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds `delta`; see `assign`."""
        with self._after_cached_read():
            tensor = convert_to_tensor(delta, dtype=self._dtype)
            done = variable_ops.AssignAddVariableOp(self._handle, tensor, name=name)
        return self._lazy_read(done) if read_value else done

    def assign_sub(
        self, delta: Any, use_locking: Any = None, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts `delta`; see `assign`."""
        with self._after_cached_read():
            tensor = convert_to_tensor(delta, dtype=self._dtype)
            done = variable_ops.AssignSubVariableOp(self._handle, tensor, name=name)
        return self._lazy_read(done) if read_value else done

    def _scatter(self, spec: Any, sparse_delta: Any, name: str | None) -> UnreadVariable:
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        updates = convert_to_tensor(sparse_delta.values, self._dtype)
        return self._lazy_read(spec(self._handle, sparse_delta.indices, updates, name=name))

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces slices along the first dimension by those of an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterUpdate, sparse_delta, name)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Adds an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterAdd, sparse_delta, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtracts an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterSub, sparse_delta, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiplies by an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterMul, sparse_delta, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divides by an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterDiv, sparse_delta, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the minimum with an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterMin, sparse_delta, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the maximum with an `IndexedSlices`."""
        return self._scatter(variable_scatter.ResourceScatterMax, sparse_delta, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces slices, each index counting within its batch entry."""
        from headrace._src.state import assign

        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        done = assign.batch_scatter_update(
            self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
        )
        return self._lazy_read(done)

    def _scatter_nd(self, spec: Any, indices: Any, updates: Any, name: str | None) -> Any:
        updates = convert_to_tensor(updates, self._dtype)
        return self._lazy_read(spec(self._handle, indices, updates, name=name))

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replaces the slices at the index vectors `indices` by `updates`."""
        return self._scatter_nd(variable_scatter.ResourceScatterNdUpdate, indices, updates, name)

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Adds `updates` to the slices at the index vectors `indices`."""
        return self._scatter_nd(variable_scatter.ResourceScatterNdAdd, indices, updates, name)

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtracts `updates` from the slices at the index vectors `indices`."""
        return self._scatter_nd(variable_scatter.ResourceScatterNdSub, indices, updates, name)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: Any, **masks: Any
    ) -> Any:
        with self._after_cached_read():
            tensor = convert_to_tensor(value, dtype=self._dtype)
            done = strided_slice.ResourceStridedSliceAssign(
                self._handle, begin, end, strides, tensor, name=name, **masks
            )
            return self._lazy_read(done)

    # -- protos ------------------------------------------------------------------------------

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns a `VariableDef`, or None when the variable is outside `export_scope`."""
        from headrace._src.proto import messages

        if get_default_graph().executes:
            raise RuntimeError("to_proto not supported in EAGER mode.")
        if export_scope is not None and not self._handle.name.startswith(export_scope):
            return None
        read = self._graph_element if self._cached_value is None else self._cached_value
        made = messages.VariableDef(
            variable_name=without_scope(self._handle.name, export_scope),
            initializer_name=without_scope(self.initializer.name, export_scope),
            snapshot_name=without_scope(read.name, export_scope),
            is_resource=True,
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
        )
        if self._initial_value is not None:
            made.initial_value_name = without_scope(self._initial_value.name, export_scope)
        if self._save_slice_info is not None:
            part = self._save_slice_info.to_proto(export_scope)
            if part is not None:
                made.save_slice_info_def.CopyFrom(part)
        return made


@export("contrib.eager.Variable", v2=())
class ResourceVariable(BaseResourceVariable):
    """A variable whose reads and writes are ordered by the nodes that make them."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: Any = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        distribute_strategy: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        self._distribute_strategy = distribute_strategy
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._find_nodes(variable_def, import_scope)
            return
        self._constraint = constraint
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            synchronization, aggregation, trainable, name
        )
        collections = variable.check_arguments(initial_value, collections, constraint)
        if isinstance(initial_value, Tensor) and initial_value.graph.building_function:
            raise ValueError(
                "Tensor-typed variable initializers must either be wrapped in an init_scope or "
                "callable (e.g., `tf.Variable(lambda : tf.truncated_normal([10, 40]))`) when "
                "building functions."
            )
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections.append(GraphKeys.TRAINABLE_VARIABLES)
        with init_scope():
            given = [] if callable(initial_value) else [initial_value]
            with name_scope(name, "Variable", given) as scope:
                self._make_handle(scope, initial_value, dtype, shape)
                if get_default_graph().executes:
                    self._start()
                    if GraphKeys.GLOBAL_STEP in collections:
                        # The only variable that eager execution finds again.
                        get_default_graph().add_to_collection(GraphKeys.GLOBAL_STEP, self)
                    return
                self._make_initializer(scope)
                self._make_read(caching_device)
            get_default_graph().add_to_collections(collections, self)

    def _make_handle(self, scope: str, initial_value: Any, dtype: Any, shape: Any) -> None:
        op_name = name_from_scope_name(scope)
        with get_default_graph()._attr_scope({"_class": (f"loc:@{op_name}",)}):
            with name_scope("Initializer"), device(None):
                first = convert_to_tensor(
                    initial_value() if callable(initial_value) else initial_value,
                    name="initial_value",
                    dtype=dtype,
                )
            if shape is None:
                self._shape = first.shape
            else:
                self._shape = TensorShape(shape)
                if not first.shape.is_compatible_with(self._shape):
                    raise ValueError(
                        f"The initial value's shape ({first.shape}) is not compatible with the "
                        f"explicitly supplied `shape` argument ({shape})."
                    )
            self._dtype = first.dtype.base_dtype
            self._handle = variable_ops.VarHandleOp(
                shape=self._shape, dtype=self._dtype, shared_name=op_name, name=scope
            )
        self._handle.handle_data = (self._dtype, dims_lib.from_any(self._shape))
        self._handle_name = f"{op_name}:0"
        self._unique_id = op_name
        self._initial_value = first

    def _start(self) -> None:
        """Gives a variable of eager execution its first value."""
        self._in_graph_mode = False
        self._graph_element = None
        variable_ops.AssignVariableOp(self._handle, self._initial_value)
        self._initial_value = None
        self._unique_id = f"{self._unique_id}_{next_uid()}"
        handle: Any = self._handle
        handle.is_trainable_handle = bool(self._trainable)
        handle.variable = weakref.ref(self)

    def _make_initializer(self, scope: str) -> None:
        with name_scope("IsInitialized"):
            self._is_initialized_op = variable_ops.VarIsInitializedOp(self._handle)
        with (
            name_scope("Assign") as name,
            colocate_with(None, ignore_existing=True),
            device(self._handle.device),
        ):
            self._initializer_op = variable_ops.AssignVariableOp(
                self._handle, safe_initial_value.guarded(scope, self._initial_value), name=name
            )

    def _make_read(self, caching_device: Any) -> None:
        with name_scope("Read"):
            with device(self._handle.device):
                self._graph_element = self._read_variable_op()
            if caching_device is not None:
                with colocate_with(None, ignore_existing=True), device(caching_device):
                    self._cached_value = identity_ops.identity(self._graph_element)

    def _find_nodes(self, variable_def: Any, import_scope: str | None) -> None:
        def element(name: str) -> Any:
            return get_default_graph().as_graph_element(with_scope(name, import_scope))

        if not variable_def.is_resource:
            raise ValueError("Trying to restore Variable as ResourceVariable.")
        self._handle = element(variable_def.variable_name)
        self._shape = TensorShape(self._handle.op.attrs["shape"])
        self._dtype = dtypes.as_dtype(self._handle.op.attrs["dtype"])
        self._handle.handle_data = (self._dtype, self._handle.op.attrs["shape"])
        self._handle_name = self._unique_id = self._handle.name
        self._initializer_op = element(variable_def.initializer_name)
        named = variable_def.initial_value_name
        self._initial_value = element(named) if named else None
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            variable_def.synchronization,
            variable_def.aggregation,
            variable_def.trainable,
            variable_def.variable_name,
        )
        self._find_reads(variable_def.snapshot_name, element)
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = variable.SaveSliceInfo(
                save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope
            )

    def _find_reads(self, snapshot_name: str, element: Any) -> None:
        if not snapshot_name:
            graph = get_default_graph()
            self._graph_element = graph.get_tensor_by_name(
                f"{self._handle.op.name}/Read/ReadVariableOp:0"
            )
            return
        read = element(snapshot_name)
        if read.op.type != "ReadVariableOp":
            self._cached_value = read
        while read.op.type != "ReadVariableOp":
            read = read.op.inputs[0]
        self._graph_element = read


class UnreadVariable(BaseResourceVariable):
    """What assigning returns: reading it reads the variable after the assignment."""

    def __init__(self, handle: Tensor, dtype: Any, shape: TensorShape, parent_op: Any) -> None:
        self._handle = handle
        self._handle_name = handle.op.name + ":0"
        self._dtype = dtype
        self._shape = shape
        self._parent_op = parent_op
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            None, None, None, None
        )
        self._graph_element = None
        graph = get_default_graph()
        self._in_graph_mode = not graph.executes
        if not (graph.building_function or graph.executes):
            self._graph_element = self._read_variable_op()

    @property
    def name(self) -> str:
        """The name of the assigning operation."""
        return self._parent_op.name if self._in_graph_mode else "UnreadVariable"

    @property
    def op(self) -> Any:
        """The assigning operation."""
        return self._parent_op

    def _read_variable_op(self) -> Tensor:
        with control_dependencies([self._parent_op]):
            return variable_ops.ReadVariableOp(self._handle, dtype=self._dtype)

    def value(self) -> Tensor:
        """Adds a node that reads the value after the assignment."""
        return self._read_variable_op()

    def read_value(self) -> Tensor:
        """Adds a node that reads the value after the assignment."""
        return self._read_variable_op()


def _refuse_in_place(symbol: str, method: str) -> Any:
    if method == "assign":
        use = (
            f"`var.assign(var {symbol} value)` to modify the variable or `var = var {symbol} value`"
        )
    else:
        use = (
            f"variable.{method}(value) to modify the variable value and "
            f"variable = variable {symbol} value"
        )

    def refuse(self: Any, other: Any) -> NoReturn:
        raise RuntimeError(
            f"Variable {symbol}= value not supported. Use {use} to get a new Tensor object."
        )

    return refuse


_METHODS = {
    "iadd": ("+", "assign_add"),
    "isub": ("-", "assign_sub"),
    "imul": ("*", "assign"),
    "itruediv": ("/", "assign"),
    "ipow": ("**", "assign"),
}
for _name, (_symbol, _method) in _METHODS.items():
    setattr(BaseResourceVariable, f"__{_name}__", _refuse_in_place(_symbol, _method))


def is_resource_variable(value: Any) -> bool:
    """Whether `value` is a variable behind a handle."""
    return isinstance(value, BaseResourceVariable)


def _to_tensor(
    v: BaseResourceVariable, dtype: Any = None, name: Any = None, as_ref: bool = False
) -> Tensor:
    check_conversion(v, dtype)
    return v.read_value().op.inputs[0] if as_ref else v.value()


register_tensor_conversion_function(BaseResourceVariable, _to_tensor)
