"""Partial runs: one computation, fed and fetched in several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import feed as feed_lib
from headrace._src.engine import fetch as fetch_lib
from headrace._src.engine import interpret
from headrace._src.engine.plan import Plan
from headrace._src.engine.run import Run

if TYPE_CHECKING:
    from headrace._src.engine.session import BaseSession


class PartialRun:
    """A started computation.

    State inventory:
      _plan: the plan of everything that may be fetched.      _done: operations executed so far.
      _slots: their values.                                   _given: tensors fed so far.
    """

    def __init__(self, session: BaseSession, fetches: Any, feeds: list[Any]) -> None:
        graph = session.graph
        self._session = session
        self._structure = fetch_lib.FetchStructure(graph, fetches)
        tensors = [t for f in feeds for t, _ in feed_lib.expand_feeds(graph, f)]
        self._feeds = {t: feed_lib.Feed(graph, t) for t in tensors}
        # Every operation may be the one at which a run stops: none is rewritten.
        self._plan = Plan(self._structure.elements, tensors, graph._mutations, fold=False)
        self._slots = list(self._plan.template)
        self._steps = {step.op: step._replace(free=()) for step in self._plan.every_step}
        self._done: set[Operation] = set()
        self._given: set[Tensor] = set()

    def run(self, fetches: Any, feed_dict: Any) -> Any:
        """Feeds more, computes what `fetches` needs and was not computed yet."""
        from headrace._src.engine.session import finished

        graph = self._session.graph
        run = Run(
            self._session,
            self._session._resources,
            self._session._kernel_states,
            self._session._cancellation,
        )
        for key, value in (feed_dict or {}).items():
            for tensor, part in feed_lib.expand_feeds(graph, key):
                self._feed(tensor, value if part is None else value[part], run)
        structure = fetch_lib.FetchStructure(graph, fetches)
        for e in structure.elements:
            known = e in self._plan.slots if isinstance(e, Tensor) else e in self._steps
            if e not in self._structure.elements or not known:
                raise ValueError(f"{e.name} was not specified in partial_run_setup as a fetch.")
        steps = self._missing(structure.elements)
        try:
            for op in steps:
                interpret.execute_step(self._steps[op], self._slots, run)
        except BaseException:
            run.undo()
            raise
        self._done.update(steps)
        values = [
            finished(self._slots[self._plan.slots[e]]) if isinstance(e, Tensor) else None
            for e in structure.elements
        ]
        return structure.build(values)

    def _feed(self, tensor: Tensor, value: Any, run: Run) -> None:
        feed = self._feeds.get(tensor)
        if feed is None:
            raise ValueError(f"{tensor.name} was not specified in partial_run_setup as a feed.")
        if tensor in self._given:
            raise ValueError(f"{tensor.name} was fed already in this partial run.")
        array = feed.bind(value)
        run.borrowed.add(id(array))
        self._slots[self._plan.slots[tensor]] = array
        self._given.add(tensor)

    def _missing(self, elements: list[Any]) -> list[Operation]:
        """The operations still to execute, in plan order."""
        wanted: set[Operation] = set()
        stack = [e if isinstance(e, Operation) else e.op for e in elements if e not in self._given]
        while stack:
            op = stack.pop()
            if op in wanted or op in self._done or op not in self._steps:
                continue
            wanted.add(op)
            for t in op._inputs:
                if t in self._feeds:
                    if t not in self._given:
                        raise ValueError(
                            f"{op.name} needs {t.name}, which partial_run_setup named as a feed "
                            "and no partial_run has fed yet."
                        )
                    continue
                stack.append(t.op)
            stack.extend(op._control_inputs)
        return [op for op in self._steps if op in wanted]
