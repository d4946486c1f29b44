"""The variables that `tf.get_variable` made in a graph, and the rules for sharing them."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from headrace._api.export import export, export_value
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import colocate_with, init_scope, name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.state import initializers, variable
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.state.variable import (
    SaveSliceInfo,
    VariableAggregation,
    VariableSynchronization,
    VariableV1,
)


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = export_value(_ReuseMode.AUTO_REUSE, "AUTO_REUSE", v2=())


class _Defaults:
    """Whether variables are resource variables when nobody says."""

    use_resource = False


@export("enable_resource_variables", v2=())
def enable_resource_variables() -> Any:
    """Make resource variables from now on where neither call nor scope says which kind."""
    _Defaults.use_resource = True


@export("disable_resource_variables", v2=())
def disable_resource_variables() -> Any:
    """Make reference variables from now on where neither call nor scope says which kind."""
    _Defaults.use_resource = False


@export("resource_variables_enabled", v2=())
def resource_variables_enabled() -> Any:
    """Tell whether variables are resource variables where neither call nor scope says."""
    return _Defaults.use_resource


@export("no_regularizer", v2=())
def no_regularizer(_: Any) -> Any:
    """Return None: the regularizer that shields variables from that of the scope."""
    return None


def default_use_resource() -> bool:
    """Whether a variable made here is a resource variable when nobody says.

    Those made in the body of a function always are; a body that is numbered as TensorFlow 1's own
    control flow is no function for the program.
    """
    graph = get_default_graph()
    in_function = graph.building_function and graph.numbering is None
    return _Defaults.use_resource or graph.executes or in_function


class PartitionInfo:
    """What an initializer is told about the part it fills.

    Attributes:
      full_shape: shape of the whole variable, a list of ints.
      var_offset: where the part begins in every dimension.
    """

    def __init__(self, full_shape: Sequence[int], var_offset: Sequence[int]) -> None:
        for label, value in (("full_shape", full_shape), ("var_offset", var_offset)):
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise TypeError(
                    f"`{label}` must be a sequence (like tuple or list) instead of "
                    f"{type(value).__name__}"
                )
        if len(var_offset) != len(full_shape):
            raise ValueError(
                f"Expected equal length, but `var_offset` is of length {len(var_offset)} while "
                f"full_shape is of length {len(full_shape)}."
            )
        for offset, size in zip(var_offset, full_shape, strict=True):
            if not 0 <= offset < size:
                raise ValueError(
                    f"Expected 0 <= offset < shape but found offset={offset}, shape={size} for "
                    f"var_offset={var_offset}, full_shape={full_shape}"
                )
        self.full_shape = full_shape
        self.var_offset = var_offset

    def single_offset(self, shape: Sequence[int]) -> int:
        """Where a part of `shape` begins in the one dimension that is split; 0 when none is."""
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else self.var_offset[axis]

    def single_slice_dim(self, shape: Sequence[int]) -> int | None:
        """The one dimension in which a part of `shape` is smaller than the whole, or None."""
        if not isinstance(shape, Sequence) or isinstance(shape, str):
            raise TypeError(
                f"`shape` must be a sequence (like tuple or list) instead of {type(shape).__name__}"
            )
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} while "
                f"self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        found = None
        for i, (offset, part, whole) in enumerate(
            zip(self.var_offset, shape, self.full_shape, strict=True)
        ):
            if offset + part > whole:
                raise ValueError(
                    f"With self.var_offset={self.var_offset}, a partition of shape={shape} would "
                    f"exceed self.full_shape={self.full_shape} in dimension {i}."
                )
            if part != whole:
                if found is not None:
                    raise ValueError(
                        f"Cannot use single_slice_dim() with shape={shape} and "
                        f"self.full_shape={self.full_shape} since slice dim could be either "
                        f"dimension {i} or {found}."
                    )
                found = i
        return found


class VariableStore:
    """The variables of one graph that `tf.get_variable` can share."""

    def __init__(self) -> None:
        self._vars: dict[str, Any] = {}
        self._partitioned_vars: dict[str, PartitionedVariable] = {}
        self._store_eager_variables = False

    def _keeps(self) -> bool:
        """Whether variables are kept: in eager execution they belong to the program alone."""
        return self._store_eager_variables or not get_default_graph().executes

    def get_variable(
        self,
        name: Any,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: Any = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: Any = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """Returns the variable of this full name, made or shared as `reuse` says.

        Raises:
          ValueError: the variable exists and must not, or must and does not, or is of another
            shape, dtype or partition.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        synchronization, aggregation, trainable = variable.settle_roles(
            synchronization, aggregation, trainable, name
        )
        with init_scope():
            if get_default_graph().executes:
                use_resource = True
        if get_default_graph().executes:
            if self._store_eager_variables:
                reuse = AUTO_REUSE
            elif reuse:
                raise RuntimeError(
                    "When eager execution is enabled variable reuse is only supported when an "
                    "EagerVariableStore is active. See the documentation on EagerVariableStore "
                    "for example usage."
                )
        dtype = getattr(dtype, "base_dtype", dtype)
        wanted = dict(
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            reuse=reuse,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            partitioner=partitioner,
            validate_shape=validate_shape,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        if custom_getter is None:
            return self._true_getter(name, constraint=constraint, **wanted)
        if _accepts(custom_getter, "constraint"):
            wanted["constraint"] = constraint
        return custom_getter(getter=self._true_getter, name=name, **wanted)

    def _true_getter(
        self,
        name: Any,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: Any = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        wanted = dict(
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            reuse=reuse,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            validate_shape=validate_shape,
            use_resource=use_resource,
            constraint=constraint,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        is_scalar = isinstance(shape, Sequence) and not shape
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with name_scope(None):
                return self.get_partitioned_variable(name, partitioner, **wanted)
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self.get_partitioned_variable(name, None, **wanted)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was "
                f"found: {name}/part_0. Perhaps a variable of the same name was already created "
                "with partitioning?"
            )
        return self._get_single_variable(name, **wanted)

    # -- partitioned variables ---------------------------------------------------------------

    def get_partitioned_variable(
        self,
        name: Any,
        partitioner: Any,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        reuse: Any = None,
        **options: Any,
    ) -> Any:
        """Returns the partitioned variable of this full name; see `get_variable`."""
        if name in self._vars:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}.  Perhaps a variable of the same name was already created "
                "without partitioning?"
            )
        shape = TensorShape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        partitions = None
        if not reuse or partitioner:
            partitions = _call_partitioner(partitioner, shape, dtype)
        if name in self._partitioned_vars:
            return self._shared_parts(name, shape, dtype, partitions, reuse)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        axis = next((i for i, n in enumerate(partitions) if n > 1), 0)
        self._check_parts(name, partitions[axis])
        parts = []
        for i, (offset, size) in enumerate(_slices(shape.as_list(), partitions[axis], axis)):
            full_name = f"{name}/part_{i}"
            with name_scope(full_name + "/PartitionedInitializer"):
                init, init_shape, dtype = self._part_initializer(
                    name, dtype, initializer, offset, size
                )
            with name_scope(None):
                part = self._get_single_variable(
                    full_name,
                    shape=init_shape,
                    dtype=dtype,
                    initializer=init,
                    partition_info=PartitionInfo(shape.as_list(), offset),
                    reuse=reuse,
                    **options,
                )
            part._set_save_slice_info(SaveSliceInfo(name, shape.as_list(), offset, size))
            parts.append(part)
        whole = PartitionedVariable(name, shape, dtype, parts, partitions)
        if self._keeps():
            self._partitioned_vars[name] = whole
        return whole

    def _shared_parts(self, name: str, shape: Any, dtype: Any, partitions: Any, reuse: Any) -> Any:
        if reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set "
                "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            )
        found = self._partitioned_vars[name]
        trying = f"Trying to reuse partitioned variable {name}, but specified"
        if not shape.is_compatible_with(found.get_shape()):
            raise ValueError(f"{trying} shape {shape} and found shape {found.get_shape()}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"{trying} dtype {dtype.name} and found dtype {found.dtype.name}.")
        if partitions is not None and found._get_partitions() != partitions:
            raise ValueError(
                f"{trying} partitions {partitions} and found partitions {found._get_partitions()}."
            )
        return found

    def _check_parts(self, name: str, count: int) -> None:
        if f"{name}/part_0" not in self._vars:
            return
        told = (
            "Partitioner returned a different partitioning than what was already found.  "
            f"Partitioner returned {count} shards, and shard {name}/part_0 was found, but"
        )
        if f"{name}/part_{count - 1}" not in self._vars:
            raise ValueError(f"{told} {name}/part_{count - 1} was not.")
        if f"{name}/part_{count}" in self._vars:
            raise ValueError(f"{told} so was the extra shard {name}/part_{count}.")

    def _part_initializer(
        self, name: str, dtype: Any, initializer: Any, offset: list[int], size: list[int]
    ) -> tuple[Any, Any, Any]:
        """Initializer, shape and dtype of one part."""
        if initializer is None:
            return _default_initializer(name, dtype), size, dtype
        if callable(initializer):
            return initializer, size, dtype
        if isinstance(initializer, Tensor):
            part = late.slice(initializer, offset, size)
            return part, None, part.dtype.base_dtype
        whole = convert_to_tensor(initializer, dtype=dtype)
        return late.slice(whole, offset, size), None, dtype

    # -- single variables --------------------------------------------------------------------

    def _get_single_variable(
        self,
        name: Any,
        shape: Any = None,
        dtype: Any = dtypes.float32,
        initializer: Any = None,
        regularizer: Any = None,
        partition_info: Any = None,
        reuse: Any = None,
        use_resource: Any = None,
        **options: Any,
    ) -> Any:
        by_value = initializer is not None and not callable(initializer)
        if shape is not None and by_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = dtypes.as_dtype(dtype)
        shape = TensorShape(shape)
        if name in self._vars:
            return self._shared(name, shape, dtype, reuse)
        if reuse is True and self._keeps():
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            initializer = _default_initializer(name, dtype)
        made_dtype = None
        if not by_value:
            initializer, made_dtype = _bound_initializer(initializer, shape, dtype, partition_info)
        made = VariableV1(
            initial_value=initializer,
            name=name,
            dtype=made_dtype,
            use_resource=default_use_resource() if use_resource is None else use_resource,
            **options,
        )
        if self._keeps():
            self._vars[name] = made
        if regularizer:
            _add_loss(made, name, regularizer)
        return made

    def _shared(self, name: str, shape: Any, dtype: Any, reuse: Any) -> Any:
        found = self._vars[name]
        if reuse is False:
            raise ValueError(_exists_already(name, found))
        trying = f"Trying to share variable {name}, but specified"
        if not shape.is_compatible_with(found.get_shape()):
            raise ValueError(f"{trying} shape {shape} and found shape {found.get_shape()}.")
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(f"{trying} dtype {dtype.name} and found dtype {found.dtype.name}.")
        return found


def _exists_already(name: str, found: Any) -> str:
    from headrace._src.core import origin

    message = (
        f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
        "reuse=tf.AUTO_REUSE in VarScope?"
    )
    if getattr(found, "_is_resource_variable", False):
        return message
    lines = [f"{message} Originally defined at:\n"]
    if found.op.origin is not None:
        lines.append(f"  {found.op.origin}")
    asked = origin.of(*origin.current())
    if asked is not None:
        lines.append(f"\nAsked for again at:\n\n  {asked}")
    return "\n".join(lines)


def _add_loss(made: Any, name: str, regularizer: Any) -> None:
    with colocate_with(made), name_scope(name + "/Regularizer/"), init_scope():
        loss = regularizer(made)
    if loss is not None:
        get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)


def _default_initializer(name: str, dtype: Any) -> Any:
    if dtype.is_floating:
        return initializers.GlorotUniform()
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype == dtypes.string:
        return initializers.Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _bound_initializer(
    initializer: Any, shape: Any, dtype: Any, partition_info: Any
) -> tuple[Any, Any]:
    """A function of no arguments that makes the initial value, and the dtype to ask of it."""
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape.is_fully_defined():
        dims = shape.as_list()
        return (
            lambda: initializer(list(dims), dtype=dtype, partition_info=partition_info),
            dtype.base_dtype,
        )
    if not _needs_arguments(initializer):
        return initializer, None
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the "
        "shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` "
        "should be fully defined."
    )


def _needs_arguments(function: Any) -> bool:
    parameters = inspect.signature(function).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind in positional and p.default is p.empty for p in parameters)


def _accepts(function: Any, argument: str) -> bool:
    parameters = inspect.signature(function).parameters
    return argument in parameters or any(
        p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()
    )


def _call_partitioner(partitioner: Any, shape: Any, dtype: Any) -> Sequence[int]:
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable must be fully defined, but instead was {shape}."
        )
    if shape.ndims < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    parts = partitioner(shape=shape, dtype=dtype)
    if not isinstance(parts, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {parts}")
    if len(parts) != shape.ndims:
        raise ValueError(
            "Partitioner returned a partition list that does not match the Variable's rank: "
            f"{parts} vs. {shape}"
        )
    if any(n < 1 for n in parts):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {parts}")
    if sum(n > 1 for n in parts) > 1:
        raise ValueError(
            f"Can only slice a variable along one dimension: shape: {shape}, partitioning: {parts}"
        )
    return parts


def _slices(full_shape: list[int], count: int, axis: int) -> Iterator[tuple[list[int], list[int]]]:
    """Offset and shape of every part; the first parts take what does not divide evenly."""
    size, longer = divmod(full_shape[axis], count)
    offset = [0] * len(full_shape)
    for i in range(count):
        shape = list(full_shape)
        shape[axis] = size + (1 if i < longer else 0)
        yield list(offset), shape
        offset[axis] += shape[axis]
