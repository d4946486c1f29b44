"""Calls of functions that are executed at once, and what tapes keep of them.

Nothing is added to a graph: the values of the arguments go to the plan of the body. When a tape
watches an argument, the function that is executed is the one that also gives what the backward
function needs, as in a graph; so nothing is computed twice, and nothing that has effects or draws
random numbers happens twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from headrace._src.core import convert, eager_mode, errors
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec
from headrace._src.core.tensor import Tensor
from headrace._src.engine.eager import Prepared, worded
from headrace._src.function.function_graph import FunctionGraph
from headrace._src.ops import dependence, func_graph, function_call
from headrace._src.ops._late import late

if TYPE_CHECKING:
    from headrace._src.function.concrete import ConcreteFunction

# The name of calls that give nothing.
UNNAMED = "PartitionedFunctionCall"
# How often what gradients of gradients need is looked for anew.
_MOST_ORDERS = 3


class _FirstCalls:
    """Who wants to know of functions that are called for the first time."""

    def __init__(self) -> None:
        self.listener: list[FunctionGraph] | None = None


FIRST_CALLS = _FirstCalls()


def spec_of(function: FunctionGraph) -> OpSpec:
    """The op type of the nodes that call a function."""
    stateful = func_graph.is_stateful(function)
    return function_call.StatefulPartitionedCall if stateful else function_call.PartitionedCall


class EagerCall:
    """Executes one function.

    Args:
      function: it; none of its arguments and results is the reference of a variable.
    """

    __slots__ = ("_count", "_function", "_outputs", "_prepared", "_was_called", "op")

    def __init__(self, function: FunctionGraph) -> None:
        graph: Any = graph_lib.get_default_graph()
        self._function = function
        self._was_called = False
        self._count = len(function.inputs)
        self._outputs = [
            (i, t.dtype.base_dtype, t.handle_data) for i, t in enumerate(function.outputs)
        ]
        self._prepared = Prepared(graph.engine, function)
        spec = spec_of(function)
        attrs = {"Tout": func_graph.output_types(function), "f": function.reference()}
        # What errors name, and what results say that they come from.
        self.op = Operation(graph, spec, spec.type if function.outputs else UNNAMED, [], (), attrs)

    def is_current(self) -> bool:
        """Whether the function is still what it was."""
        return self._prepared.is_current() and len(self._function.inputs) == self._count

    def values(self, values: Sequence[Any], borrowed: set[int] | None = None) -> list[Any]:
        """Executes the function on values; returns those of its results.

        Args:
          values: the values of its arguments.
          borrowed: the ids of arrays among them into which their owner may write later.

        Raises:
          OpError: it failed; every variable is as it was before.
        """
        if not self._was_called:
            self._was_called = True
            if FIRST_CALLS.listener is not None:
                FIRST_CALLS.listener.append(self._function)
        try:
            return self._prepared(values, borrowed)
        except Exception as e:
            op = self.op
            name = op.graph.unique_name(op.name)
            failed = Operation(op.graph, op.spec, name, [], (), op.attrs)
            raise worded(e, failed) from (None if isinstance(e, errors.OpError) else e)

    def tensors(self, held: Sequence[Any]) -> list[EagerTensor]:
        """The values of results as tensors."""
        op = self.op
        results = []
        for (i, dtype, handle_data), value in zip(self._outputs, held, strict=True):
            result = EagerTensor(op, i, dtype, value)
            if handle_data is not None:
                result.handle_data = handle_data
            results.append(result)
        return results


def takes_references(function: FunctionGraph) -> bool:
    """Whether arguments or results of a function are references of variables."""
    return any(t.dtype._is_ref_dtype for t in (*function.inputs, *function.outputs))


class EagerCalls:
    """The ways to execute a concrete function.

    State inventory:
      _function: the function.       _calls: a body, with more results or not → what executes it.
    """

    def __init__(self, function: ConcreteFunction) -> None:
        self._function = function
        self._calls: dict[FunctionGraph, EagerCall] = {}

    def of(self, body: FunctionGraph) -> EagerCall:
        """What executes a body."""
        found = self._calls.get(body)
        if found is None or not found.is_current():
            found = self._calls[body] = EagerCall(body)
        return found

    def execute(self, tensors: Sequence[Any]) -> list[EagerTensor] | None:
        """Executes the function on the values of tensors; open tapes that watch one keep that.

        Raises:
          OpError: it failed; every variable is as it was before.
        """
        function = self._function
        tapes = [t for t in eager_mode.recorders() if t._takes(tensors)]
        count = len(function._inference.outputs)
        if tapes and any(map(dependence.is_flowing, function._inference.outputs)):
            return self._recorded(tensors, tapes, count)
        call = self.of(function._inference)
        return call.tensors(call.values([t.held for t in tensors])) or None

    def _recorded(self, tensors: Sequence[Any], tapes: list[Any], count: int) -> list[EagerTensor]:
        function = self._function
        forward, _ = function._forward_backward(count)
        if len(tapes) > 1 or tapes[0]._persistent:
            # Gradients of the gradients may be asked for, which flow through what is handed on.
            for _ in range(_MOST_ORDERS):
                known = len(forward.outputs)
                forward, _ = function._forward_backward(known)
                if len(forward.outputs) == known:
                    break
        call = self.of(forward)
        results = call.tensors(call.values([t.held for t in tensors]))
        node = Operation(
            call.op.graph, call.op.spec, call.op.name, list(tensors), (), call.op.attrs
        )
        node.outputs = list(results)
        rule = self._rule(forward, count)
        for tape in tapes:
            tape._keep(node, rule)
        return results[:count]

    def _rule(self, forward: FunctionGraph, count: int) -> Callable[..., Any]:
        """The gradient rule of a call of `forward`, of whose results the first were asked for."""
        function = self._function

        def gradients(op: Operation, *dys: Any) -> Any:
            # What is handed on has gradients of its own only where gradients are differentiated.
            used = len(dys) if any(dy is not None for dy in dys[count:]) else count
            _, backward = function._forward_backward(used)
            place: dict[Tensor, Any] = dict(zip(forward.outputs, op.outputs, strict=True))
            place.update(zip(forward.inputs, op._inputs, strict=True))
            captured = [place.get(t, t) for t in backward.captured_inputs]
            asked = zip(op.outputs[:used], dys, forward.outputs, strict=False)
            given = [
                late.zeros_like(y) if dy is None else convert.convert_to_tensor(dy)
                for y, dy, t in asked
                if dependence.is_flowing(t)
            ]
            if not backward.graph.outputs:
                return [None] * len(op._inputs)
            return backward.call_flat(given, captured)

        gradients.takes_none = True  # type: ignore[attr-defined]
        return gradients


__all__ = ["FIRST_CALLS", "UNNAMED", "EagerCall", "EagerCalls", "spec_of", "takes_references"]
