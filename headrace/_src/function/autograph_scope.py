"""The block around the body of a converted function."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from headrace._src.core import conversion_status, nest, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor
from headrace._src.function.autograph_operators import UndefinedReturnValue
from headrace._src.ops import effects_order


class FunctionScope:
    """The block around the body of a converted function; a context manager.

    Args:
      function_name: the name of the function.
      scope_name: the name of the variable that holds the block.
      options: how the function was converted.
    """

    def __init__(self, function_name: str, scope_name: str, options: Any) -> None:
        self.name = scope_name
        self.options = options
        self.callopts = options.call_options()
        self._function_name = function_name
        self._stack = contextlib.ExitStack()
        self._control: effects_order.AutomaticControlDependencies | None = None

    def __enter__(self) -> FunctionScope:
        options = self.options
        if options.user_requested:
            enabled = conversion_status.Status.ENABLED
            self._stack.enter_context(conversion_status.ConversionStatus(enabled, options))
        if options.uses("NAME_SCOPES"):
            name = self._function_name
            self._stack.enter_context(
                scopes.name_scope("fn" + name if name.startswith("_") else name)
            )
        if options.uses("AUTO_CONTROL_DEPS"):
            graph = graph_lib.get_default_graph()
            self._control = effects_order.AutomaticControlDependencies(graph)
            self._stack.enter_context(self._control)
        return self

    def __exit__(self, kind: Any, e: Any, tb: Any) -> None:
        self._stack.__exit__(kind, e, tb)

    def ret(self, value: Any, did_return: bool) -> Any:
        """What the function returns."""
        if isinstance(value, UndefinedReturnValue):
            return None
        control = self._control
        if control is None or value is None:
            return value
        return nest.map_structure(
            lambda t: control.mark_as_return(t) if isinstance(t, Tensor) else t, value
        )


def with_function_scope(
    thunk: Callable[[FunctionScope], Any], scope_name: str, options: Any
) -> Any:
    """The result of a lambda's body in a block of its own."""
    with FunctionScope("lambda_", scope_name, options) as scope:
        return scope.ret(thunk(scope), True)


__all__ = ["FunctionScope", "with_function_scope"]
