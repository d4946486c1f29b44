"""The global step: the variable that counts training steps."""

from __future__ import annotations

import logging
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.state import assign, initializers, variable_scope
from headrace._src.state.variable import Variable, VariableAggregation

_LOG = logging.getLogger("headrace")


@export("train.global_step", v2=())
def global_step(sess: Any, global_step_tensor: Any) -> Any:
    """Read the global step in a session.

    Args:
      sess: the `Session`; not looked at in eager mode.
      global_step_tensor: the variable or its tensor.

    Returns:
      int.
    """
    if get_default_graph().executes:
        return int(global_step_tensor.numpy())
    return int(sess.run(global_step_tensor))


@export("train.get_global_step", "contrib.framework.get_global_step", v2=())
def get_global_step(graph: Any = None) -> Any:
    """Find the global step of a graph.

    Args:
      graph: the `Graph`; the default graph by default.

    Returns:
      The variable, or None.

    Raises:
      TypeError: it is not a scalar integer variable.
    """
    graph = graph or get_default_graph()
    found: Any = None
    steps = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(steps) == 1:
        found = steps[0]
    elif not steps:
        try:
            found = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    else:
        _LOG.error("Multiple tensors in global_step collection.")
        return None
    assert_global_step(found)
    return found


@export("train.create_global_step", "contrib.framework.create_global_step", v2=())
def create_global_step(graph: Any = None) -> Any:
    """Make the global step of a graph, an int64 variable named `global_step`.

    Args:
      graph: the `Graph`; the default graph by default.

    Returns:
      The variable.

    Raises:
      ValueError: there is one already.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None):
        return variable_scope.get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=initializers.Zeros(),
            trainable=False,
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


@export("train.get_or_create_global_step", "contrib.framework.get_or_create_global_step", v2=())
def get_or_create_global_step(graph: Any = None) -> Any:
    """Find the global step of a graph, or make it.

    Args:
      graph: the `Graph`; the default graph by default.

    Returns:
      The variable.
    """
    graph = graph or get_default_graph()
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@export("train.assert_global_step", "contrib.framework.assert_global_step", v2=())
def assert_global_step(global_step_tensor: Any) -> Any:
    """Check that something can be a global step.

    Args:
      global_step_tensor: a variable, tensor or sparse tensor.

    Raises:
      TypeError: it is no variable or tensor, or not a scalar integer.
    """
    if not hasattr(global_step_tensor, "dtype") or not hasattr(global_step_tensor, "get_shape"):
        raise TypeError(
            f'Existing "global_step" must be a Variable or Tensor: {global_step_tensor}.'
        )
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(
            f'Existing "global_step" does not have integer type: {global_step_tensor.dtype}'
        )
    shape = global_step_tensor.get_shape()
    if shape.ndims != 0 and shape.is_fully_defined():
        raise TypeError(f'Existing "global_step" is not scalar: {shape}')


# -- Reading and incrementing within a step -------------------------------------------------------
# A name unlikely to be chosen by a user; 1.15's value, so that exported collections agree.
_READ_KEY = "global_step_read_op_cache"


def get_global_step_read(graph: Any = None) -> Any:
    """The tensor made by `get_or_create_global_step_read`, or None."""
    held = (graph or get_default_graph()).get_collection(_READ_KEY)
    if len(held) > 1:
        raise RuntimeError(
            f"There are multiple items in collection {_READ_KEY}. There should be only one."
        )
    return held[0] if held else None


def get_or_create_global_step_read(graph: Any = None) -> Any:
    """A tensor with the global step as it was before the step; None without a global step."""
    graph = graph or get_default_graph()
    held = get_global_step_read(graph)
    if held is not None:
        return held
    step = get_global_step(graph)
    if step is None:
        return None
    before = len(graph.get_operations())
    with graph.as_default(), graph.name_scope(None), graph.name_scope(step.op.name + "/"):
        value = step.initialized_value() if isinstance(step, Variable) else step
        # Adding zero copies, so that a later assignment does not show through.
        graph.add_to_collection(_READ_KEY, value + 0)
    # The step that increments is made before, as a rule, and takes its time in 1.15.
    for op in graph.get_operations()[before:]:
        op._early = True
    return get_global_step_read(graph)


def increment_global_step(increment: Any, graph: Any = None) -> Any:
    """Adds to the global step, after its value was read; returns the new value."""
    graph = graph or get_default_graph()
    step = get_global_step(graph)
    if step is None:
        raise ValueError(
            "Global step tensor should be created by tf.train.get_or_create_global_step before "
            "calling increment."
        )
    read = get_or_create_global_step_read(graph)
    with graph.as_default(), graph.name_scope(None), graph.name_scope(step.op.name + "/"):
        with graph.control_dependencies([read]):
            return assign.assign_add(step, increment)


# Programs with hooks of their own know these names from TensorFlow's `training_util`.
_get_global_step_read = get_global_step_read
_get_or_create_global_step_read = get_or_create_global_step_read
_increment_global_step = increment_global_step
