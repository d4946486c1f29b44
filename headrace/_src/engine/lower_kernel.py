"""What kernels see of the engine while they are lowered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headrace._src.core import kernel
from headrace._src.core.operation import Operation
from headrace._src.engine import lower_functions, lower_loops
from headrace._src.engine.not_lowerable import NotLowerable
from headrace._src.engine.resources import Cell

if TYPE_CHECKING:
    from headrace._src.engine.lower import Lowering
    from headrace._src.engine.plan import Plan


class XlaRunKernel(kernel.XlaKernelContext):
    """The `k` of kernels while lowering.

    Attributes:
      op: the operation.
    """

    __slots__ = ("_lowering", "_plan", "op")

    def __init__(self, lowering: Lowering, op: Operation, plan: Plan) -> None:
        super().__init__()
        self._lowering = lowering
        self._plan = plan
        self.op = op

    @property
    def scope(self) -> Any:
        """What tells apart the functions that are traced apart."""
        return self._lowering.scope_key

    def is_shared(self, position: int) -> bool:
        """Whether another operation takes the input at a position, too."""
        return self._plan.is_shared(self.op._inputs[position])

    def resource(self, make: Any) -> Any:
        """Refuses: resources are looked up before a unit runs."""
        raise NotLowerable(f"{self.op.name} ({self.op.type}) makes a resource", self.op)

    def state(self, make: Any) -> Any:
        """Refuses: such state lives on the host."""
        raise NotLowerable(f"{self.op.name} ({self.op.type}) keeps state on the host", self.op)

    def philox(self, steps: int) -> Any:
        """The generator words of this operation, an argument of the compiled function."""
        return self._lowering.draw(self.op, steps)

    def read(self, cell: Cell) -> Any:
        """The traced value of a variable."""
        return self._lowering.read(cell)

    def write(self, cell: Cell, value: Any) -> None:
        """Sets the traced value of a variable."""
        self._lowering.write(cell, value)

    def own(self, value: Any) -> Any:
        """`value`: traced values are never written into."""
        return value

    def require(self, condition: Any) -> None:
        """Makes the compiled code fail unless `condition`, a traced or known bool, holds."""
        self._lowering.require(condition, self.op)

    def require_within(self, indices: Any, limit: int) -> None:
        """Makes the compiled code fail unless all of `indices` lie in [0, limit)."""
        self._lowering.require_within(indices, limit, self.op)

    def require_below(self, indices: Any, limit: int) -> None:
        """Makes the compiled code fail unless all of `indices` are below `limit`."""
        self._lowering.require_below(indices, limit, self.op)

    def promise_distinct(self, values: Any) -> None:
        """Says that `values`, a result of this kernel, hold nothing twice but what pads them."""
        self._lowering.promise_distinct(values)

    def distinct(self, values: Any) -> bool:
        """Whether `values` are known to hold nothing twice but what pads them."""
        return self._lowering.is_distinct(values)

    def promise_within(self, values: Any, limit: int) -> None:
        """Says that `values`, a result of this kernel, lie in [0, limit): nobody need check."""
        self._lowering.promise_within(values, limit)

    def require_range(self, value: Any, low: int | None, high: int | None) -> None:
        """Makes the compiled code fail unless a traced whole number lies in [low, high]."""
        self._lowering.require_range(value, low, high, self.op)

    def promise_range(self, value: Any, low: int | None, high: int | None) -> None:
        """Says that a traced whole number lies in [low, high]; None is no bound."""
        self._lowering.promise_range(value, low, high)

    def range_of(self, value: Any) -> tuple[int | None, int | None]:
        """Between which numbers a whole number is known to lie."""
        return self._lowering.range_of(value)

    def note_elements(self, vector: Any, elements: Sequence[Any]) -> None:
        """Says of what scalars a vector, a result of this kernel, was made."""
        self._lowering.note_elements(vector, elements)

    def elements_of(self, vector: Any) -> list[Any]:
        """The elements of a vector, each known or traced."""
        return self._lowering.elements_of(vector)

    # -- function bodies -----------------------------------------------------------------------

    def call(self, function: Any, arguments: Sequence[Any]) -> list[Any]:
        """Traces a function body; returns its results."""
        return lower_functions.call(self._lowering, function.graph, arguments)

    def branch(self, index: Any, branches: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        """Traces function bodies of which the one at a position is executed.

        Args:
          index: the position, a bool or int32 scalar; one that is none means the last.
          branches: the functions.
          arguments: what each of them takes.
        """
        graphs = [f.graph for f in branches]
        results: list[Any] = lower_functions.branch(self._lowering, index, graphs, arguments)
        return results

    def loop(self, cond: Any, body: Any, values: Sequence[Any]) -> list[Any]:
        """Traces a function body that is executed on its own results while `cond` holds."""
        return lower_loops.loop(self._lowering, cond.graph, body.graph, values)
