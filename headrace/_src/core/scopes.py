"""The stacks that decide how a new operation is named, placed, ordered and colocated.

Each thread has its own stacks for each graph. State inventory of `Stacks`:
  name: the current name scope without the final slash, or an empty string.
  control: the controllers of the open `control_dependencies` blocks, outermost first.
  devices: device strings, functions or None, outermost first.
  colocation: operations to colocate with, outermost first.
  variable_creators: functions that intercept variable creation, outermost first.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from headrace._api.export import export

if TYPE_CHECKING:
    from headrace._src.core.graph import Graph
    from headrace._src.core.operation import Operation


class Stacks(threading.local):
    """The scope stacks of one graph, one set a thread."""

    def __init__(self) -> None:
        self.name = ""
        self.control: list[Controller] = []
        self.devices: list[Any] = []
        self.colocation: list[Operation] = []
        self.variable_creators: list[tuple[int, Callable[..., Any]]] = []


class Controller:
    """One `control_dependencies` block; used as a context manager."""

    def __init__(self, graph: Graph, inputs: list[Operation], fresh: bool) -> None:
        self._graph = graph
        self.control_inputs = inputs
        self._fresh = fresh
        self._seen: set[Operation] = set()
        self._outer: list[Controller] = []

    def __enter__(self) -> None:
        stacks = self._graph.stacks
        if self._fresh:
            self._outer = stacks.control
            stacks.control = []
        stacks.control.append(self)

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        stacks = self._graph.stacks
        stacks.control.pop()
        if self._fresh:
            stacks.control = self._outer

    def add_op(self, op: Operation) -> None:
        """Notes an operation made inside the block."""
        self._seen.add(op)

    def op_in_group(self, op: Operation) -> bool:
        """Whether an operation was made inside the block, and so waits for its inputs already."""
        return op in self._seen


def control_inputs_for(controllers: list[Controller], inputs: list[Any]) -> list[Operation]:
    """The control inputs of a new operation with these data inputs.

    A block adds nothing when one of the inputs was made inside it, nor an operation that is a data
    input.
    """
    producers = {t.op for t in inputs}
    result: list[Operation] = []
    for controller in controllers:
        if any(controller.op_in_group(op) for op in producers):
            continue
        for op in controller.control_inputs:
            if op not in producers and op not in result:
                result.append(op)
    return result


@export("name_scope", v2=())
class name_scope:  # noqa: N801
    """A context manager that names the operations made inside it.

    Args:
      name: the name given by a caller, or None.
      default_name: the name used when `name` is None.
      values: tensors whose graph becomes the default inside.

    Entering gives the scope's full name with a final slash.
    """

    def __init__(self, name: Any, default_name: Any = None, values: Any = None) -> None:
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant to pass this into the `values` kwarg."
            )
        self._name = default_name if name is None else name
        self._default_name = default_name
        self._values = values
        self._exits: list[Any] = []

    @property
    def name(self) -> Any:
        """The name that the scope was asked for."""
        return self._name

    def __enter__(self) -> str:
        if self._name is None and self._values is not None:
            raise ValueError(
                f"At least one of name ({self._name}) and default_name ({self._default_name}) "
                "must be provided."
            )
        graph = graph_lib.get_default_graph()
        entered = None
        if self._values and not graph.building_function:
            values = self._values if isinstance(self._values, (list, tuple)) else [self._values]
            other = graph_lib.graph_from_inputs(values)
            if other is not graph:
                graph = other
                entered = graph.as_default()
                entered.__enter__()
        stacks = graph.stacks
        try:
            inner = graph.resolve_scope(self._name)
        except BaseException:
            if entered is not None:
                entered.__exit__(None, None, None)
            raise
        self._exits.append((stacks, stacks.name, entered))
        stacks.name = inner
        return inner + "/" if inner else ""

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        stacks, outer, entered = self._exits.pop()
        stacks.name = outer
        if entered is not None:
            entered.__exit__(kind, e, tb)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def scoped(*args: Any, **kwargs: Any) -> Any:
            with name_scope(self._name, self._default_name, self._values):
                return function(*args, **kwargs)

        return scoped


def name_from_scope_name(name: str) -> str:
    """The name without its final slash."""
    return name[:-1] if name[-1:] == "/" else name


@export("device", v2=())
def device(device_name_or_function: Any) -> Any:
    """Returns a context manager that requests a device for the operations made inside it.

    Args:
      device_name_or_function: a device string such as `/gpu:0`, a `DeviceSpec`, a function from
        an operation to one of these, or None
        to drop the requests of outer scopes.
    """
    return graph_lib.get_default_graph().device(device_name_or_function)


@export("container", v2=())
def container(container_name: str) -> Any:
    """Returns a context manager that sets the resource container of stateful operations."""
    return graph_lib.get_default_graph().container(container_name)


@export("control_dependencies")
def control_dependencies(control_inputs: Any) -> Any:
    """Returns a context manager whose operations run after `control_inputs`.

    Args:
      control_inputs: a list of operations and tensors, or None to drop the dependencies of outer
        blocks.
    """
    return graph_lib.get_default_graph().control_dependencies(control_inputs)


@export("colocate_with", v2=())
def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """Returns a context manager that colocates the operations made inside it with `op`."""
    return graph_lib.get_default_graph().colocate_with(op, ignore_existing)


@export("init_scope")
@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """Lifts operations out of functions and control dependencies.

    Inside, the default graph is the outermost graph that is not a function's, without control
    dependencies, with the present
    name scope.
    """
    graph = graph_lib.get_default_graph()
    scope = graph.get_name_scope()
    outer = graph
    while outer.building_function:
        outer = outer.outer_graph
    with contextlib.ExitStack() as stack:
        if outer is not graph:
            stack.enter_context(outer.as_default())
        stack.enter_context(outer.name_scope(scope + "/" if scope else None))
        stack.enter_context(outer.control_dependencies(None))
        yield


@export("op_scope", v2=())
@contextlib.contextmanager
def op_scope(values: Any, name: Any, default_name: Any = None) -> Iterator[str]:
    """Deprecated: `name_scope` with its arguments in another order."""
    with name_scope(name, default_name=default_name, values=values) as scope:
        yield scope


# The graph module needs the stacks above; the functions here need the graph only when called.
from headrace._src.core import graph as graph_lib  # noqa: E402
