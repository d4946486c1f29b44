"""Variables in the collections of the graph, and the operations that initialize or inspect them."""

from __future__ import annotations

import os
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_collection, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import colocate_with, device, name_scope
from headrace._src.ops import constant, grouping
from headrace._src.ops import identity as identity_ops
from headrace._src.ops._late import late
from headrace._src.state import assign

_NODE_TYPES = ("Variable", "VariableV2", "AutoReloadVariable")


# -- Listing --------------------------------------------------------------------------------------
@export("global_variables", v2=())
def global_variables(scope: str | None = None) -> Any:
    """List the global variables, which sessions share and checkpoints hold.

    Args:
      scope: regular expression that the names match from the start.

    Returns:
      List of variables.
    """
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


@export("all_variables", v2=(), deprecated="tf.global_variables")
def all_variables() -> Any:
    """List the global variables."""
    return global_variables()


@export("local_variables", v2=())
def local_variables(scope: str | None = None) -> Any:
    """List the local variables; see `tf.global_variables`."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


@export("model_variables", v2=())
def model_variables(scope: str | None = None) -> Any:
    """List the variables that inference needs; see `tf.global_variables`."""
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


@export("trainable_variables", v2=())
def trainable_variables(scope: str | None = None) -> Any:
    """List the variables that optimizers update; see `tf.global_variables`."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@export("moving_average_variables", v2=())
def moving_average_variables(scope: str | None = None) -> Any:
    """List the variables that keep moving averages; see `tf.global_variables`."""
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def all_saveable_objects(scope: str | None = None) -> Any:
    """Global variables and other objects that a checkpoint holds."""
    return global_variables(scope) + get_collection(GraphKeys.SAVEABLE_OBJECTS, scope)


# -- Initializing ---------------------------------------------------------------------------------
@export("initializers.variables", "variables_initializer", v2=())
def variables_initializer(var_list: Any, name: str = "init") -> Any:
    """Make the operation that initializes variables, all at once.

    Args:
      var_list: list of variables.
      name: name of the operation.

    Returns:
      An operation.
    """
    if var_list:
        return grouping.group(*[v.initializer for v in var_list], name=name)
    return identity_ops.no_op(name=name)


@export("initialize_variables", v2=(), deprecated="tf.variables_initializer")
def initialize_variables(var_list: Any, name: str = "init") -> Any:
    """Make the operation that initializes variables; see `tf.variables_initializer`."""
    return variables_initializer(var_list, name=name)


@export("initializers.global_variables", "global_variables_initializer", v2=())
def global_variables_initializer() -> Any:
    """Make the operation that initializes the global variables."""
    return variables_initializer(global_variables())


@export("initialize_all_variables", v2=(), deprecated="tf.global_variables_initializer")
def initialize_all_variables() -> Any:
    """Make the operation that initializes the global variables."""
    return global_variables_initializer()


@export("initializers.local_variables", "local_variables_initializer", v2=())
def local_variables_initializer() -> Any:
    """Make the operation that initializes the local variables."""
    return variables_initializer(local_variables())


@export("initialize_local_variables", v2=(), deprecated="tf.local_variables_initializer")
def initialize_local_variables() -> Any:
    """Make the operation that initializes the local variables."""
    return local_variables_initializer()


# -- Inspecting -----------------------------------------------------------------------------------
@export("is_variable_initialized", v2=())
def is_variable_initialized(variable: Any) -> Any:
    """Tell whether a variable has a value.

    Args:
      variable: the variable.

    Returns:
      Scalar bool tensor.
    """
    return assign.is_variable_initialized(variable)


def _nodes_of_variables() -> list[Any]:
    nodes = get_default_graph().get_operations()
    return [node.outputs[0] for node in nodes if node.type in _NODE_TYPES]


@export("assert_variables_initialized", v2=(), deprecated="tf.report_uninitialized_variables")
def assert_variables_initialized(var_list: Any = None) -> Any:
    """Make a tensor that fails to compute while a variable has no value.

    Args:
      var_list: list of variables; the global and local ones by default.

    Returns:
      A tensor, or None when there are no variables.

    Raises:
      FailedPreconditionError: (run) a variable is not initialized.
    """
    if var_list is None:
        var_list = global_variables() + local_variables()
    if not var_list:
        var_list = _nodes_of_variables()
    if not var_list:
        return None
    from headrace._src.ops import shapes

    ranks = []
    for variable in var_list:
        with colocate_with(variable.op):
            ranks.append(shapes.rank_internal(variable, optimize=False))
    return ranks[0] if len(ranks) == 1 else late.stack(ranks)


@export("report_uninitialized_variables", v2=())
def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Any:
    """List, at run time, the names of the variables without a value.

    Args:
      var_list: list of variables; the global and local ones by default.
      name: name of the scope.

    Returns:
      1-D string tensor.
    """
    if var_list is None:
        var_list = global_variables() + local_variables() or _nodes_of_variables()
    with name_scope(name):
        present = [assign.is_variable_initialized(v) for v in var_list]
        where = os.environ.get("TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING", "/cpu:0")
        with device(where):
            if not var_list:
                return constant.constant([], dtype=dtypes.string)
            absent = late.logical_not(late.stack(present))
            names = constant.constant([v.op.name for v in var_list])
            return late.boolean_mask(names, absent)


# -- Protos ---------------------------------------------------------------------------------------
def variable_from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
    """The variable, of the right kind, whose nodes in the default graph a `VariableDef` names."""
    if variable_def.is_resource:
        from headrace._src.state.resource_variable import ResourceVariable

        return ResourceVariable(variable_def=variable_def, import_scope=import_scope)
    from headrace._src.state.ref_variable import RefVariable

    return RefVariable(variable_def=variable_def, import_scope=import_scope)
