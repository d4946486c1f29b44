"""`tf.Variable`: what all kinds of variable share, and how a call picks the kind.

The class that users call, `VariableV1`, makes nothing itself: its metaclass asks the variable
creators of the graph, the last of which makes a `RefVariable` or a `ResourceVariable`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, NoReturn

from headrace._api.export import export
from headrace._src.core import equality
from headrace._src.core.eager_tensor import value_text
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import init_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor, TensorReference, operator_function
from headrace._src.core.trackable import Trackable
from headrace._src.ops import strided_slice

Creator = Callable[..., Any]


@export("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When the copies of a distributed variable are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@export(v2=("VariableAggregation",))
class VariableAggregationV2(enum.Enum):
    """How the copies of a distributed variable are combined."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, VariableAggregation):
            return bool(self.value == other.value)
        return self is other


@export("VariableAggregation", v2=())
class VariableAggregation(enum.Enum):
    """How the copies of a distributed variable are combined."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = 3

    def __hash__(self) -> int:
        return hash(self.value)


def settle_roles(
    synchronization: Any, aggregation: Any, trainable: bool | None, name: str | None
) -> tuple[VariableSynchronization, Any, bool]:
    """Fills in the defaults of the three arguments; raises `ValueError` for unknown modes."""
    if aggregation is None:
        aggregation = VariableAggregation.NONE
    elif not isinstance(aggregation, (VariableAggregation, VariableAggregationV2)):
        try:
            aggregation = VariableAggregationV2(aggregation)
        except ValueError:
            raise ValueError(
                f"Invalid variable aggregation mode: {aggregation} for variable: {name}"
            ) from None
    if synchronization is None:
        synchronization = VariableSynchronization.AUTO
    try:
        synchronization = VariableSynchronization(synchronization)
    except ValueError:
        raise ValueError(
            f"Invalid variable synchronization mode: {synchronization} for variable: {name}"
        ) from None
    if trainable is None:
        trainable = synchronization is not VariableSynchronization.ON_READ
    return synchronization, aggregation, trainable


# -- Creators -------------------------------------------------------------------------------------
def creator_scope(creator: Creator) -> Any:
    """Puts `creator` in front of the variable creators of the default graph, in this thread."""
    return get_default_graph()._variable_creator_scope(creator)


def _chained(creator: Creator, next_creator: Creator) -> Creator:
    return lambda **kwargs: creator(next_creator, **kwargs)


def _create(last: Creator, **kwargs: Any) -> Any:
    def chain(**given: Any) -> Any:
        return last(None, **given)

    for _, creator in get_default_graph()._variable_creator_stack:
        chain = _chained(creator, chain)
    return chain(**kwargs)


class VariableMeta(type):
    """Calls of the two public classes go to the creators; other classes are made as usual."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is VariableV1:
            return _create_v1(*args, **kwargs)
        if cls is Variable:
            return _create_v2(*args, **kwargs)
        return super().__call__(*args, **kwargs)


def _create_v1(
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
    use_resource: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
    shape: Any = None,
) -> Any:
    from headrace._src.state import variable_scope

    return _create(
        variable_scope.default_variable_creator,
        initial_value=initial_value,
        trainable=trainable,
        collections=collections,
        validate_shape=validate_shape,
        caching_device=caching_device,
        name=name,
        variable_def=variable_def,
        dtype=dtype,
        expected_shape=expected_shape,
        import_scope=import_scope,
        constraint=constraint,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=VariableAggregation.NONE if aggregation is None else aggregation,
        shape=shape,
    )


def _create_v2(
    initial_value: Any = None,
    trainable: Any = None,
    validate_shape: bool = True,
    caching_device: Any = None,
    name: str | None = None,
    variable_def: Any = None,
    dtype: Any = None,
    import_scope: str | None = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
    shape: Any = None,
) -> Any:
    from headrace._src.state import variable_scope

    return _create(
        variable_scope.default_variable_creator_v2,
        initial_value=initial_value,
        trainable=trainable,
        validate_shape=validate_shape,
        caching_device=caching_device,
        name=name,
        variable_def=variable_def,
        dtype=dtype,
        import_scope=import_scope,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=VariableAggregation.NONE if aggregation is None else aggregation,
        shape=shape,
    )


# -- SaveSliceInfo --------------------------------------------------------------------------------
class SaveSliceInfo:
    """Which slice of a bigger, partitioned variable a variable holds.

    Attributes:
      full_name: name of the partitioned variable.
      full_shape: its shape, a list of ints.
      var_offset: where the slice begins in every dimension.
      var_shape: shape of the slice.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Any = None,
        var_offset: Any = None,
        var_shape: Any = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if save_slice_info_def is not None:
            full_name = with_scope(save_slice_info_def.full_name, import_scope)
            full_shape = list(save_slice_info_def.full_shape)
            var_offset = list(save_slice_info_def.var_offset)
            var_shape = list(save_slice_info_def.var_shape)
        self.full_name = full_name
        self.full_shape = full_shape
        self.var_offset = var_offset
        self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """The slice as checkpoints spell it: `"4 5 0,2:0,5"`."""
        sizes = " ".join(f"{int(d)}" for d in self.full_shape)
        parts = zip(self.var_offset, self.var_shape, strict=True)
        return sizes + " " + ":".join(f"{int(o)},{int(n)}" for o, n in parts)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns a `SaveSliceInfoDef`, or None when the variable is outside `export_scope`."""
        from headrace._src.proto import messages

        if export_scope is not None and not self.full_name.startswith(export_scope):
            return None
        return messages.SaveSliceInfoDef(
            full_name=without_scope(self.full_name, export_scope),
            full_shape=[int(d) for d in self.full_shape],
            var_offset=[int(d) for d in self.var_offset],
            var_shape=[int(d) for d in self.var_shape],
        )


def with_scope(name: str, scope: str | None) -> str:
    """`name` below `scope`."""
    if not scope:
        return name
    return f"{scope.rstrip('/')}/{name}"


def without_scope(name: str, scope: str | None) -> str:
    """`name` as seen from inside `scope`."""
    prefix = scope.rstrip("/") + "/" if scope else ""
    return name[len(prefix) :] if prefix and name.startswith(prefix) else name


# -- Variable -------------------------------------------------------------------------------------
@export(v2=("Variable",))
class Variable(Trackable, metaclass=VariableMeta):
    """What all kinds of variable share: operators, identity and the names of their nodes."""

    __array_priority__ = 100
    is_tensor_like = True
    SaveSliceInfo = SaveSliceInfo
    _save_slice_info: SaveSliceInfo | None = None

    def __init__(
        self,
        initial_value: Any = None,
        trainable: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        raise NotImplementedError

    def __repr__(self) -> str:
        executes = get_default_graph().executes
        value = f", numpy={value_text(self.numpy(), repr)}" if executes else ""
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}{value}>"

    # -- what the kinds answer ---------------------------------------------------------------

    def value(self) -> Tensor:
        """Returns the value, a `Tensor`; it may be cached within one step."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """Adds a node that reads the value and returns it, a `Tensor`."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """The static shape, a `TensorShape`."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name, `<op name>:0`."""
        raise NotImplementedError

    @property
    def dtype(self) -> Any:
        """The `DType` of the elements."""
        raise NotImplementedError

    @property
    def initializer(self) -> Any:
        """The operation that gives the variable its initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """The `Tensor` that `initializer` assigns."""
        return self._initial_value

    @property
    def constraint(self) -> Any:
        """The projection to apply after every update by an optimizer, or None."""
        return self._constraint

    @property
    def trainable(self) -> bool:
        """Whether optimizers update the variable by default."""
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        """When distributed copies are brought together."""
        return self._synchronization

    @property
    def aggregation(self) -> Any:
        """How distributed copies are combined."""
        return self._aggregation

    def get_shape(self) -> TensorShape:
        """Returns the static shape, a `TensorShape`."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Merges `shape` into the static shape.

        Raises:
          ValueError: the shapes are not compatible.
        """
        raise NotImplementedError

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """Gathers slices along the first dimension; only resource variables can."""
        raise AttributeError

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """Gathers slices at index vectors; only resource variables can."""
        raise AttributeError

    # -- running -----------------------------------------------------------------------------

    def initialized_value(self) -> Tensor:
        """Returns the value if there is one when the node runs, and the initial value otherwise.

        Returns:
          A `Tensor` with the dtype and shape of the variable.
        """
        from headrace._src.ops._late import late
        from headrace._src.state import assign

        with init_scope():
            return late.cond(
                assign.is_variable_initialized(self), self.read_value, lambda: self.initial_value
            )

    def load(self, value: Any, session: Any = None) -> None:
        """Gives the variable a value in a session, without adding nodes.

        Args:
          value: the new value, an array of the variable's shape and dtype.
          session: the `Session`; the default session when left out.

        Raises:
          ValueError: there is no session.
        """
        from headrace._src.core import default_session

        if get_default_graph().executes:
            self.assign(value)
            return
        session = session or default_session.get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be "
                "established"
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    # -- identity ----------------------------------------------------------------------------

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __iter__(self) -> NoReturn:
        raise TypeError("'Variable' object is not iterable.")

    def __getitem__(self, key: Any) -> Tensor:
        return strided_slice.slice_helper(self.value(), key, self)

    def experimental_ref(self) -> TensorReference:
        """Returns a hashable reference to the variable."""
        return TensorReference(self)

    @property
    def _shared_name(self) -> str:
        return self.name[: self.name.index(":")]

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {"VARIABLE_VALUE": self}

    def _set_save_slice_info(self, info: SaveSliceInfo) -> None:
        self._save_slice_info = info

    def _get_save_slice_info(self) -> SaveSliceInfo | None:
        return self._save_slice_info

    # -- protos ------------------------------------------------------------------------------

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Returns a `VariableDef`, or None when the variable is outside `export_scope`."""
        raise NotImplementedError

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """Returns the variable whose nodes in the default graph `variable_def` names."""
        from headrace._src.state import collections

        return collections.variable_from_proto(variable_def, import_scope)


def _operator(name: str) -> Callable[..., Any]:
    def method(self: Variable, *args: Any) -> Any:
        return operator_function(name)(self.value(), *args)

    method.__name__ = name
    method.__qualname__ = f"Variable.{name}"
    return method


for _name in Tensor.OVERLOADABLE_OPERATORS - {"__eq__", "__ne__", "__getitem__"}:
    setattr(Variable, _name, _operator(_name))
equality.register(Variable, "Variable")


@export("Variable", v2=())
class VariableV1(Variable):
    """A tensor that outlives a run: it keeps its value in the session.

    The value is set by running `initializer` (or an assignment), and read wherever a tensor may
    stand.

    Args:
      initial_value: a `Tensor`, something convertible to one, or a function of no arguments that
        returns one. Its shape must be known unless `validate_shape` is False.
      trainable: whether to add the variable to `GraphKeys.TRAINABLE_VARIABLES`; True by default,
        unless `synchronization` is `ON_READ`.
      collections: keys of the graph collections to join; `[GraphKeys.GLOBAL_VARIABLES]` by default.
      validate_shape: False lets the initial value, and later assignments, have any shape.
      caching_device: device on which reads are cached; the variable's own by default.
      name: name of the variable, `"Variable"` by default; made unique.
      variable_def: a `VariableDef` whose nodes in the default graph the object stands for;
        excludes `initial_value`.
      dtype: type that the initial value is converted to.
      expected_shape: ignored.
      import_scope: name scope of the nodes that `variable_def` names.
      constraint: projection that optimizers apply after each update.
      use_resource: True makes a resource variable, False a reference variable; None follows the
        variable scope.
      synchronization: when distributed copies are brought together.
      aggregation: how distributed copies are combined.
      shape: the shape of the variable when it is not that of the initial value.

    Raises:
      ValueError: (build) no initial value, or one of unknown shape; wrong collections or
        constraint.
    """

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
        use_resource: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        raise NotImplementedError


def check_arguments(initial_value: Any, collections: Any, constraint: Any) -> list[Any]:
    """Checks what both kinds of variable check first; returns the collections to join."""
    if initial_value is None:
        raise ValueError("initial_value must be specified.")
    if collections is None:
        from headrace._src.core.graphkeys import GraphKeys

        collections = [GraphKeys.GLOBAL_VARIABLES]
    if not isinstance(collections, (list, tuple, set)):
        raise ValueError(
            "collections argument to Variable constructor must be a list, tuple, or set. "
            f"Got {collections} of type {type(collections)}"
        )
    if constraint is not None and not callable(constraint):
        raise ValueError("The `constraint` argument must be a callable.")
    return list(collections)
