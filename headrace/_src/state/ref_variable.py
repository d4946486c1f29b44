"""Reference variables: a `VariableV2` node, its `Assign` and its `read`."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

from headrace._src.core import dims as dims_lib
from headrace._src.core.convert import convert_to_tensor, register_tensor_conversion_function
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.scopes import (
    colocate_with,
    device,
    init_scope,
    name_from_scope_name,
    name_scope,
)
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import identity as identity_ops
from headrace._src.ops import strided_slice, variable_ops, variable_scatter
from headrace._src.state import safe_initial_value, variable
from headrace._src.state.variable import VariableV1, with_scope, without_scope

_LOG = logging.getLogger("headrace")
_AS_INITIAL: Any = object()


def _slices(delta: Any) -> tuple[Any, Any]:
    if not isinstance(delta, IndexedSlices):
        raise TypeError(f"sparse_delta is not IndexedSlices: {delta}")
    return delta.indices, delta.values


class RefVariable(VariableV1):
    """A variable whose node outputs a reference to the memory itself."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: Any = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        self._in_graph_mode = True
        self._constraint = constraint
        self._caching_device = caching_device
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._constraint = self._caching_device = None
            self._find_nodes(variable_def, import_scope)
            return
        collections = variable.check_arguments(initial_value, collections, constraint)
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            synchronization, aggregation, trainable, name
        )
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections.append(GraphKeys.TRAINABLE_VARIABLES)
        shape = _AS_INITIAL if shape is None else dims_lib.from_any(shape)
        with init_scope():
            given = [] if callable(initial_value) else [initial_value]
            with name_scope(name, "Variable", given) as scope:
                self._make_variable(scope, initial_value, dtype, shape, validate_shape)
                self._make_initializer(scope, validate_shape)
                self._snapshot = self._make_snapshot()
            get_default_graph().add_to_collections(collections, self)

    def _make_variable(
        self, scope: str, initial_value: Any, dtype: Any, shape: Any, validate_shape: bool
    ) -> None:
        if callable(initial_value):
            group = f"loc:@{name_from_scope_name(scope)}"
            with get_default_graph()._attr_scope({"_class": (group,)}):
                with name_scope("Initializer"), device(None):
                    self._initial_value = convert_to_tensor(
                        initial_value(), name="initial_value", dtype=dtype
                    )
                self._add_node(scope, shape, validate_shape)
        else:
            self._initial_value = convert_to_tensor(
                initial_value, name="initial_value", dtype=dtype
            )
            if self._initial_value.graph.building_function:
                raise ValueError(
                    f"Initializer for variable {scope} is from inside a control-flow construct, "
                    "such as a loop or conditional. When creating a variable inside a loop or "
                    "conditional, use a lambda as the initializer."
                )
            self._add_node(scope, shape, validate_shape)

    def _add_node(self, scope: str, shape: Any, validate_shape: bool) -> None:
        if shape is _AS_INITIAL:
            shape = self._initial_value.dims if validate_shape else None
        self._variable = variable_ops.VariableV2(
            shape=shape, dtype=self._initial_value.dtype.base_dtype, name=scope
        )

    def _make_initializer(self, scope: str, validate_shape: bool) -> None:
        initial_value = self._initial_value
        if validate_shape and not dims_lib.is_full(initial_value.dims):
            raise ValueError(f"initial_value must have a shape specified: {initial_value}")
        self._initializer_op = variable_ops.Assign(
            self._variable,
            safe_initial_value.guarded(scope, initial_value),
            validate_shape=validate_shape,
        ).op

    def _make_snapshot(self) -> Tensor:
        if self._caching_device is not None:
            with device(self._caching_device):
                return identity_ops.identity(self._variable, name="read")
        with colocate_with(self._variable.op):
            return identity_ops.identity(self._variable, name="read")

    def _find_nodes(self, variable_def: Any, import_scope: str | None) -> None:
        def element(name: str) -> Any:
            return get_default_graph().as_graph_element(with_scope(name, import_scope))

        self._variable = element(variable_def.variable_name)
        self._initializer_op = element(variable_def.initializer_name)
        named = variable_def.initial_value_name
        self._initial_value = element(named) if named else None
        self._snapshot = element(variable_def.snapshot_name)
        self._synchronization, self._aggregation, self._trainable = variable.settle_roles(
            variable_def.synchronization,
            variable_def.aggregation,
            variable_def.trainable,
            variable_def.variable_name,
        )
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = variable.SaveSliceInfo(
                save_slice_info_def=variable_def.save_slice_info_def, import_scope=import_scope
            )

    # -- nodes and names ---------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name, `<op name>:0`."""
        return self._variable.name

    @property
    def device(self) -> str:
        """The device of the variable, or an empty string."""
        return self._variable.device

    @property
    def dtype(self) -> Any:
        """The reference `DType` of the elements, such as `float32_ref`."""
        return self._variable.dtype

    @property
    def op(self) -> Any:
        """The variable's own `Operation`."""
        return self._variable.op

    @property
    def graph(self) -> Any:
        """The `Graph` that contains the variable."""
        return self._variable.graph

    @property
    def shape(self) -> TensorShape:
        """The static shape, a `TensorShape`."""
        return self._variable.shape

    def set_shape(self, shape: Any) -> None:
        """Merges `shape` into the static shape.

        Raises:
          ValueError: the shapes are not compatible.
        """
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def _ref(self) -> Tensor:
        return self._variable

    # -- values ------------------------------------------------------------------------------

    def value(self) -> Tensor:
        """Returns the value, the `Tensor` of the variable's `read` node."""
        return self._snapshot

    def read_value(self) -> Tensor:
        """Adds a node that reads the value and returns it, a `Tensor`."""
        return identity_ops.identity(self._variable, name="read")

    def eval(self, session: Any = None) -> Any:
        """Computes the value in a session; see `Tensor.eval`."""
        return self._variable.eval(session=session)

    def count_up_to(self, limit: int) -> Tensor:
        """Increments the variable until it is `limit`; returns the value before.

        Raises:
          OutOfRangeError: (run) the limit is reached.
        """
        return variable_ops.CountUpTo(self._variable, limit=limit)

    # -- assignments -------------------------------------------------------------------------

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Assigns a new value.

        Args:
          value: [variable's shape] tensor of the variable's dtype.
          use_locking: whether concurrent assignments wait for each other.
          name: name of the node.
          read_value: False returns the operation instead.

        Returns:
          The variable's tensor, with the new value when it is computed.
        """
        done = variable_ops.Assign(self._variable, value, use_locking=use_locking, name=name)
        return done if read_value else done.op

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Adds `delta`; see `assign`."""
        done = variable_ops.AssignAdd(self._variable, delta, use_locking=use_locking, name=name)
        return done if read_value else done.op

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtracts `delta`; see `assign`."""
        done = variable_ops.AssignSub(self._variable, delta, use_locking=use_locking, name=name)
        return done if read_value else done.op

    def _scatter(self, spec: Any, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        indices, values = _slices(sparse_delta)
        return spec(self._variable, indices, values, use_locking=use_locking, name=name)

    def scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces slices along the first dimension by those of an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterUpdate, sparse_delta, use_locking, name)

    def scatter_add(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Adds an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterAdd, sparse_delta, use_locking, name)

    def scatter_sub(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Subtracts an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterSub, sparse_delta, use_locking, name)

    def scatter_mul(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Multiplies by an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterMul, sparse_delta, use_locking, name)

    def scatter_div(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Divides by an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterDiv, sparse_delta, use_locking, name)

    def scatter_min(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the minimum with an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterMin, sparse_delta, use_locking, name)

    def scatter_max(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Takes the maximum with an `IndexedSlices`."""
        return self._scatter(variable_scatter.ScatterMax, sparse_delta, use_locking, name)

    def batch_scatter_update(
        self, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Replaces slices, each index counting within its batch entry."""
        from headrace._src.state import assign

        return assign.batch_scatter_update(
            self, sparse_delta.indices, sparse_delta.values, use_locking=use_locking, name=name
        )

    def scatter_nd_update(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Replaces the slices at the index vectors `indices` by `updates`."""
        return variable_scatter.ScatterNdUpdate(
            self._variable, indices, updates, use_locking=True, name=name
        )

    def scatter_nd_add(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Adds `updates` to the slices at the index vectors `indices`."""
        return variable_scatter.ScatterNdAdd(
            self._variable, indices, updates, use_locking=True, name=name
        )

    def scatter_nd_sub(self, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Subtracts `updates` from the slices at the index vectors `indices`."""
        return variable_scatter.ScatterNdSub(
            self._variable, indices, updates, use_locking=True, name=name
        )

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: Any, **masks: Any
    ) -> Any:
        return strided_slice.StridedSliceAssign(
            self._variable, begin, end, strides, value, name=name, **masks
        )

    # -- protos and pickles ------------------------------------------------------------------

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns a `VariableDef`, or None when the variable is outside `export_scope`."""
        from headrace._src.proto import messages

        if export_scope is not None and not self._variable.name.startswith(export_scope):
            return None
        made = messages.VariableDef(
            variable_name=without_scope(self._variable.name, export_scope),
            initializer_name=without_scope(self.initializer.name, export_scope),
            snapshot_name=without_scope(self._snapshot.name, export_scope),
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

    def __reduce__(self) -> NoReturn:
        raise TypeError("a variable belongs to its graph and cannot be pickled")


def _in_place(symbol: str, name: str, advice: str) -> Any:
    warned: list[bool] = []

    def method(self: RefVariable, other: Any) -> Tensor:
        if not warned:
            warned.append(True)
            _LOG.warning("`variable %s= value` makes a new tensor; %s", symbol, advice)
        return getattr(self, f"__{name}__")(other)

    method.__name__ = f"__i{name}__"
    method.__qualname__ = f"RefVariable.__i{name}__"
    return method


_OPERATIONS = (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv"), ("**", "pow"))
for _symbol, _name in _OPERATIONS:
    _method = f"assign_{_name}" if _name in ("add", "sub") else "assign"
    _advice = f"use `variable.{_method}(...)` to change the variable itself"
    setattr(RefVariable, f"__i{_name}__", _in_place(_symbol, _name, _advice))


def check_conversion(v: Any, dtype: Any) -> None:
    """Raises `ValueError` when a variable is wanted as a tensor of another dtype."""
    if dtype is not None and not dtype.is_compatible_with(v.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtype.name}' for variable of "
            f"type '{v.dtype.name}'"
        )


def _to_tensor(v: RefVariable, dtype: Any = None, name: Any = None, as_ref: bool = False) -> Tensor:
    check_conversion(v, dtype)
    return v._variable if as_ref else v._snapshot


register_tensor_conversion_function(RefVariable, _to_tensor)
