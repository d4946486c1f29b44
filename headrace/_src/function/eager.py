"""Eager execution: the default graph that executes what is added to it.

When it is enabled, the outermost default graph is an `EagerGraph`: adding an operation runs its
kernel, and its outputs are `EagerTensor`s. Everything that builds graphs works on it unchanged.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import eager_mode, equality, numbering, scopes, shape
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec
from headrace._src.core.tensor import Tensor
from headrace._src.engine.eager import EagerEngine
from headrace._src.function import quick_operations
from headrace._src.state import variable_store

_MODULUS: Final = 2**31 - 1


class _Noting(threading.local):
    """What a thread is executing.

    State inventory:
      spec: the op type that it was asked for.
      made, inputs: the operation that was executed for it, and its inputs as tensors.
    """

    def __init__(self) -> None:
        self.spec: Any = None
        self.made: Any = None
        self.inputs: Any = None


class EagerGraph(graph_lib.Graph):
    """The default graph of eager execution: it executes operations and keeps none.

    State inventory:
      engine: executes operations.        _random: draws the default seeds of operations.
      _quick: the operations executed before.
      _noting: what each thread is executing.
    """

    executes = True

    def __init__(self) -> None:
        super().__init__()
        self.engine = EagerEngine()
        self._random = random.Random()
        self._quick = quick_operations.QuickOperations()
        self._noting = _Noting()

    def executed(
        self, spec: OpSpec, inputs: Sequence[Any], name: str | None, attrs: dict[str, Any]
    ) -> Any:
        """The result of an operation, in the form that calling its spec returns."""
        key = quick_operations.key_of(spec, inputs, attrs)
        known = None if key is None else self._quick.get(key)
        if known is not None:
            result = known(inputs)
            if result is not quick_operations.NOT_DONE:
                return result
        noting = self._noting
        noting.spec = spec
        op = spec.make(*inputs, name=name, **attrs)
        if noting.made is op:
            if key is not None and known is None:
                self._quick.note(key, op, inputs, noting.inputs)
            noting.made = noting.inputs = None
        return spec.results(op)

    def constant(self, spec: OpSpec, array: Any, dtype: Any) -> EagerTensor:
        """The result of a `Const`, which needs no execution."""
        op = Operation(self, spec, "Const", [], (), {"value": array, "dtype": dtype})
        return EagerTensor(op, 0, dtype, np.asarray(array))

    def add_operation(
        self,
        spec: OpSpec,
        name: str,
        inputs: list[Tensor],
        attrs: dict[str, Any],
        colocate_with: Sequence[Tensor] = (),
        output_types: Sequence[Any] | None = None,
        origin: tuple[CodeType | None, int] | None = None,
    ) -> Operation:
        """Executes an operation; the `Operation` returned has no inputs, only values.

        Raises:
          OpError: the kernel failed.
          RuntimeError: the operation only makes sense in a graph.
          TypeError: an input is a tensor of a graph.
        """
        for t in inputs:
            if not isinstance(t, EagerTensor):
                raise TypeError(_leaked(t))
        if spec.type in ("Placeholder", "PlaceholderV2"):
            raise RuntimeError("tf.placeholder() is not compatible with eager execution.")
        values = [t.held for t in inputs]  # type: ignore[attr-defined]
        noting = self._noting
        own = noting.spec is spec
        op = Operation(self, spec, name, inputs, (), attrs)
        results = self.engine.execute(op, values)
        if name[-1:] == "/":
            op.name = name[:-1]  # Only messages tell a whole scope from a name.
        types = spec.output_types(attrs) if output_types is None else output_types
        op.outputs = [
            EagerTensor(op, i, t, v) for i, (t, v) in enumerate(zip(types, results, strict=True))
        ]
        for watch in eager_mode.recorders():
            watch.record(op)
        if own:
            noting.spec, noting.made, noting.inputs = None, op, inputs
        # What a value was made from is the business of tapes alone.
        op._inputs = []
        return op

    def capture_inputs(self, inputs: list[Tensor]) -> list[Tensor]:
        """Values need not be brought in."""
        return inputs

    # -- names and scopes ----------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """The name below the present scope: values need no unique names."""
        scope = self.stacks.name
        return f"{scope}/{name}" if scope else name

    unique_scope = unique_name

    def resolve_scope(self, name: Any) -> str:
        """The full name of a scope; as in 1.15 any name will do."""
        if not name:
            return ""
        if isinstance(name, bytes):
            name = name.decode()
        if name[-1] == "/":
            return name[:-1]  # type: ignore[no-any-return]
        outer = self.stacks.name
        return f"{outer}/{name}" if outer else name

    def control_dependencies(self, control_inputs: Any) -> scopes.Controller:
        """Nothing waits: what comes first is executed first."""
        if callable(control_inputs):
            control_inputs()
        return scopes.Controller(self, [], False)

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Values are placed by the engine."""
        yield

    # -- seeds ---------------------------------------------------------------------------------

    def default_op_seed(self) -> int:
        """A seed for an operation that was given none, drawn from those of the graph."""
        return self._random.randint(0, _MODULUS)

    @property
    def seed(self) -> int | None:
        """The global seed, or None."""
        return self._seed

    @seed.setter
    def seed(self, seed: int | None) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self.engine.forget_states()


def _leaked(tensor: Tensor) -> str:
    """What to say of a tensor of a graph that meets values."""
    graph: Any = tensor.graph
    owner = f"the function {graph.name!r}" if graph.building_function else "a graph"
    return (
        'An op outside of the function building code is being passed\na "Graph" tensor, which has '
        f"no value here: {tensor.name!r} of {owner}, made at {tensor.op.origin}.\nReturn it from "
        "the function instead of keeping it, and keep tf.init_scope from using it."
    )


_SHARED: Final[list[EagerGraph]] = []


def shared() -> EagerGraph:
    """The graph of eager execution, for Python functions that graphs call, enabled or not."""
    if not _SHARED:
        _SHARED.append(EagerGraph())
    return _SHARED[0]


@export("enable_eager_execution", "contrib.eager.enable_eager_execution", v2=())
def enable_eager_execution(
    config: Any = None, device_policy: Any = None, execution_mode: Any = None
) -> None:
    """Executes operations as they are called, from now on.

    Args:
      config: a `ConfigProto`, accepted for programs that say it.
      device_policy: accepted for programs that say it.
      execution_mode: accepted for programs that say it.

    Raises:
      ValueError: the default graph has operations already.
    """
    if graph_lib.executes_by_default():
        return
    if graph_lib.get_default_graph().version:
        raise ValueError("tf.enable_eager_execution must be called at program startup.")
    graph_lib.set_outermost(shared())


@export("enable_v2_behavior")
def enable_v2_behavior() -> None:
    """Behaves as TensorFlow 2.

    Eager execution, `TensorShape`s of integers, resource variables, `==` that compares elements,
    functional control flow.

    Raises:
      ValueError: the default graph has operations already.
    """
    enable_eager_execution()
    shape.enable_v2_tensorshape()
    variable_store.enable_resource_variables()
    equality.enable_tensor_equality()
    numbering.set_functional(True)


@export("disable_v2_behavior", v2=())
def disable_v2_behavior() -> None:
    """Behaves as TensorFlow 1 in everything that `enable_v2_behavior` changes."""
    disable_eager_execution()
    shape.disable_v2_tensorshape()
    variable_store.disable_resource_variables()
    equality.disable_tensor_equality()
    numbering.set_functional(False)


@export("disable_eager_execution", v2=())
def disable_eager_execution() -> None:
    """Adds operations to graphs, which is what happens unless a program asks for more."""
    if graph_lib.executes_by_default():
        graph_lib.set_outermost(None)
