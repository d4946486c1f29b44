"""Switches between the behaviours of TensorFlow 1 and 2: headrace has the graphs of the former."""

from __future__ import annotations

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core import numbering


@export("executing_eagerly")
def executing_eagerly() -> bool:
    """Return whether operations are executed as they are called, not added to a graph."""
    return graph_lib.get_default_graph().executes


@export("enable_control_flow_v2", v2=())
def enable_control_flow_v2() -> None:
    """Number operations as functional control flow does; it is what headrace builds anyway."""
    numbering.set_functional(True)


@export("disable_control_flow_v2", v2=())
def disable_control_flow_v2() -> None:
    """Number operations as the control flow of TensorFlow 1 does.

    Control flow stays functional: the nodes differ from TensorFlow's, the values do not.
    """
    numbering.set_functional(False)


@export("control_flow_v2_enabled", v2=())
def control_flow_v2_enabled() -> bool:
    """Return whether the program asked for functional control flow."""
    return numbering.is_functional()
