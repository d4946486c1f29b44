"""Variables of models: making them, and listing them by scope and name."""

from __future__ import annotations

import functools
import re
from typing import Any

from headrace._api.export import export
from headrace._src.contrib.arg_scope import add_arg_scope
from headrace._src.core import dtypes
from headrace._src.core.graph import add_to_collection, get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.scopes import device as device_scope
from headrace._src.ops._late import late
from headrace._src.state import variable_scope as scopes
from headrace._src.state.variable import (
    VariableAggregation,
    VariableSynchronization,
    VariableV1,
)


def _names(name: str) -> tuple[str, str]:
    return f"contrib.framework.{name}", f"contrib.slim.{name}"


# -- Making variables -----------------------------------------------------------------------------
@export(*_names("local_variable"), v2=())
def local_variable(
    initial_value: Any, validate_shape: bool = True, name: Any = None, use_resource: Any = None
) -> Any:
    """Make a variable that joins the local variables and is not trained.

    Args:
      initial_value: tensor, or what can be converted to one.
      validate_shape: whether the shape must be known.
      name: name of the variable.
      use_resource: whether to make a resource variable.

    Returns:
      The variable.
    """
    return VariableV1(
        initial_value,
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES],
        validate_shape=validate_shape,
        use_resource=use_resource,
        name=name,
    )


@export(*_names("global_variable"), v2=())
def global_variable(
    initial_value: Any, validate_shape: bool = True, name: Any = None, use_resource: Any = None
) -> Any:
    """Make a variable that joins the global variables and is not trained.

    Args:
      initial_value: tensor, or what can be converted to one.
      validate_shape: whether the shape must be known.
      name: name of the variable.
      use_resource: whether to make a resource variable.

    Returns:
      The variable.
    """
    return VariableV1(
        initial_value,
        trainable=False,
        collections=[GraphKeys.GLOBAL_VARIABLES],
        validate_shape=validate_shape,
        use_resource=use_resource,
        name=name,
    )


@export(*_names("variable"), v2=())
@add_arg_scope
def variable(
    name: Any,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Get a variable, as `tf.get_variable` does, on a device.

    Args:
      name: name of the variable.
      shape: its shape.
      dtype: its dtype.
      initializer: function of shape and dtype, or a tensor.
      regularizer: function of the variable that gives a loss.
      trainable: whether it is trained.
      collections: collections to join; the global variables by default.
      caching_device: device on which reads are cached.
      device: device of the variable, or a function of operations.
      partitioner: function of shape and dtype that splits the variable.
      custom_getter: function called instead of `tf.get_variable`.
      use_resource: whether to make a resource variable.
      synchronization: when distributed copies are brought together.
      aggregation: how distributed copies are combined.

    Returns:
      The variable.
    """
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    getter = scopes.get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=scopes.get_variable_scope().reuse)
    with device_scope(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=list(dict.fromkeys(collections)),
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@export(*_names("model_variable"), v2=())
@add_arg_scope
def model_variable(
    name: Any,
    shape: Any = None,
    dtype: Any = dtypes.float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Get a variable that joins the global and the model variables.

    Args:
      name: name of the variable.
      shape: its shape.
      dtype: its dtype.
      initializer: function of shape and dtype, or a tensor.
      regularizer: function of the variable that gives a loss.
      trainable: whether it is trained.
      collections: more collections to join.
      caching_device: device on which reads are cached.
      device: device of the variable, or a function of operations.
      partitioner: function of shape and dtype that splits the variable.
      custom_getter: function called instead of `tf.get_variable`.
      use_resource: whether to make a resource variable.
      synchronization: when distributed copies are brought together.
      aggregation: how distributed copies are combined.

    Returns:
      The variable.
    """
    own = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[*(collections or []), *own],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@export(*_names("add_model_variable"), v2=())
def add_model_variable(var: Any) -> None:
    """Let a variable join the model variables."""
    if var not in get_collection(GraphKeys.MODEL_VARIABLES):
        add_to_collection(GraphKeys.MODEL_VARIABLES, var)


# -- Listing variables ----------------------------------------------------------------------------
@export(*_names("get_variables"), v2=())
def get_variables(
    scope: Any = None, suffix: Any = None, collection: Any = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """List the variables of a collection.

    Args:
      scope: regular expression that the names must begin with, or a `VariableScope`.
      suffix: what the names must end with.
      collection: key of the collection.

    Returns:
      A list of variables.
    """
    if isinstance(scope, scopes.VariableScope):
        scope = scope.name
    if suffix is not None:
        suffix = suffix if ":" in suffix else f"{suffix}:"
        scope = f"{scope or ''}.*{suffix}"
    return get_collection(collection, scope)


@export(*_names("get_model_variables"), v2=())
def get_model_variables(scope: Any = None, suffix: Any = None) -> list[Any]:
    """List the model variables, see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


@export(*_names("get_local_variables"), v2=())
def get_local_variables(scope: Any = None, suffix: Any = None) -> list[Any]:
    """List the local variables, see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


@export(*_names("get_trainable_variables"), v2=())
def get_trainable_variables(scope: Any = None, suffix: Any = None) -> list[Any]:
    """List the variables that are trained, see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


@export(*_names("get_variables_by_suffix"), v2=())
def get_variables_by_suffix(suffix: Any, scope: Any = None) -> list[Any]:
    """List the variables whose names end with a suffix."""
    return get_variables(scope=scope, suffix=suffix)


@export(*_names("get_variables_by_name"), v2=())
def get_variables_by_name(given_name: Any, scope: Any = None) -> list[Any]:
    """List the variables of a name, in whatever scope below `scope`."""
    suffix = f"/{given_name}:|^{given_name}:"
    return get_variables(scope=scope, suffix=suffix)


@export(*_names("get_unique_variable"), v2=())
def get_unique_variable(var_op_name: Any) -> Any:
    """Find a variable by its full name.

    Raises:
      ValueError: there is none.
    """
    candidates = get_variables(scope=var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


@export(*_names("get_variables_to_restore"), v2=())
def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """List the variables to restore.

    Args:
      include: list of scopes; all when None.
      exclude: list of scopes to leave out.

    Returns:
      A list of variables.

    Raises:
      TypeError: something else than a list.
    """
    for name, given in (("include", include), ("exclude", exclude)):
        if given is not None and not isinstance(given, (list, tuple)):
            raise TypeError(f"{name} is provided but is not a list or a tuple.")
    wanted = [None] if include is None else include
    left_out = {id(v) for scope in exclude or () for v in get_variables(scope)}
    return [v for scope in wanted for v in get_variables(scope) if id(v) not in left_out]


@export(*_names("filter_variables"), v2=())
def filter_variables(
    var_list: Any,
    include_patterns: Any = None,
    exclude_patterns: Any = None,
    reg_search: Any = True,
) -> list[Any]:
    """Choose variables by their names.

    Args:
      var_list: variables.
      include_patterns: regular expressions of which one must fit; all variables when None.
      exclude_patterns: regular expressions of which none may fit.
      reg_search: whether they may fit anywhere; else at the beginning.

    Returns:
      A list of variables.
    """
    fits = re.search if reg_search else re.match

    def chosen(var: Any) -> bool:
        if include_patterns is not None and not any(fits(p, var.name) for p in include_patterns):
            return False
        return not any(fits(p, var.name) for p in exclude_patterns or ())

    return [var for var in var_list if chosen(var)]


@export(*_names("get_variable_full_name"), v2=())
def get_variable_full_name(var: Any) -> str:
    """Return the name of a variable, that of the whole for a part of one."""
    if var._save_slice_info:
        return var._save_slice_info.full_name  # type: ignore[no-any-return]
    return var.op.name  # type: ignore[no-any-return]


# -- Assigning ------------------------------------------------------------------------------------
@export(*_names("assign_from_values"), v2=())
def assign_from_values(var_names_to_values: Any) -> tuple[Operation, dict[Any, Any]]:
    """Make an operation that sets variables to arrays, and what to feed it.

    Args:
      var_names_to_values: dict, name of a variable → array.

    Returns:
      The operation and the feeds.

    Raises:
      ValueError: there is no such variable.
    """
    feeds, assignments = {}, []
    for name, value in var_names_to_values.items():
        found = get_collection(GraphKeys.GLOBAL_VARIABLES, name)
        if not found:
            raise ValueError(f"Variable {name} wasn't found")
        if len(found) > 1:
            found = [v for v in found if v.op.name == name]
            if not found:
                raise ValueError(f"Variable {name} doesn't uniquely identify a variable")
        var = found[0]
        fed = late.placeholder(
            dtype=var.dtype.base_dtype, shape=var.shape, name=f"placeholder/{var.op.name}"
        )
        assignments.append(var.assign(fed))
        feeds[fed] = value.reshape(var.shape.as_list())
    return late.group(*assignments), feeds


@export(*_names("assign_from_values_fn"), v2=())
def assign_from_values_fn(var_names_to_values: Any) -> Any:
    """Make a function of a session that sets variables to arrays; see `assign_from_values`."""
    assign, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(assign, feeds)
