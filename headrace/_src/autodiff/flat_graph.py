"""Graphs as TensorFlow 1's own control flow has them: bodies inside, values routed in and out.

`FlatGraph` shows what is behind some tensors in that form, without making any operation:
conditions become switches and merges, loops frames of Enter, Merge, Switch, Identity,
NextIteration and Exit. `flat_gradients` counts on it what TensorFlow 1 makes to differentiate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from headrace._src.core.dims import Dims
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import dependence
from headrace._src.ops.func_graph import FuncGraph

CONDITIONS = frozenset(("If", "StatelessIf"))
LOOPS = frozenset(("While", "StatelessWhile"))
WITH_BODIES = CONDITIONS | LOOPS


class Arrays(NamedTuple):
    """What a list operation is as one on an array of TensorFlow 1's.

    Attributes:
      flow: the position of the list; None where the operation makes it.
      value: the position of what it puts in; None where it only reads.
      index: the position of the whole numbers that its gradient takes; None for none.
      made: whether TensorFlow 1 makes these numbers; here there are none.
    """

    flow: int | None
    value: int | None = None
    index: int | None = None
    made: bool = False


ARRAYS = {
    "TensorListGetItem": Arrays(0, None, 1),
    "TensorListSetItem": Arrays(0, 2, 1),
    "TensorListStack": Arrays(0, made=True),
    "TensorListGather": Arrays(0, None, 1),
    "TensorListConcatV2": Arrays(0, made=True),
    "TensorListFromTensor": Arrays(None, 0, made=True),
    "TensorListScatterV2": Arrays(None, 0, 1),
    "TensorListScatterIntoExistingList": Arrays(0, 1, 2),
    "TensorListSplit": Arrays(None, 0),
}
_MAKERS = frozenset(("TensorListReserve", "EmptyTensorList"))


class Unknown(Exception):  # noqa: N818
    """Something has no counterpart in TensorFlow 1's own control flow."""


class Context:
    """What TensorFlow 1 calls a control flow context: a loop or a branch.

    Attributes:
      outer: the context around; None for the graph itself.
      pred: what stands for the condition of a branch; None for a loop.
      branch: 1 where the condition holds, else 0.
      known: the keys of what was brought in so far.
      exits: of a loop: what hands its variables on, those through which gradients flow.
      parallel: of a loop: how many iterations may run at once.
      back_prop: of a loop: whether gradients flow through it.
    """

    parallel = 1
    back_prop = True

    def __init__(self, outer: Context | None, pred: Flat | None = None, branch: int = 0) -> None:
        self.outer = outer
        self.pred = pred
        self.branch = branch
        self.known: set[Any] = set() if pred is None else {pred}
        self.exits: list[Node] = []

    def loop(self) -> Context | None:
        """The innermost loop, this context included."""
        context: Context | None = self
        while context is not None and context.pred is not None:
            context = context.outer
        return context


class Node:
    """An operation as TensorFlow 1 has it.

    Attributes:
      kind: "op", "array", or the type of a node of control flow: "Switch", "Merge" and "Pred" of
        conditions; "Enter", "LoopMerge", "LoopSwitch", "LoopIdentity", "Next" and "Exit" of loops'
        variables; "Constant" brings into a loop what does not change.
      context: where it stands.
      like: tensors of the dtypes and static shapes of its results.
      op: the operation that it stands for, if there is one.
      sources: what it takes, where gradients may flow: results of nodes, or tensors.
      pred: of a Merge of a condition: what stands for its condition.
    """

    pred: Flat | None = None

    def __init__(
        self,
        kind: str,
        context: Context | None,
        like: Sequence[Tensor],
        sources: Sequence[Any],
        op: Operation | None = None,
    ) -> None:
        self.kind = kind
        self.context = context
        self.like = like
        self.op = op
        self.sources = list(sources)

    def result(self, i: int = 0) -> Flat:
        """One of its results."""
        return Flat(self, i)

    def results(self) -> list[Flat]:
        """All of them."""
        return [Flat(self, i) for i in range(len(self.like))]

    def loop(self) -> Context | None:
        """The loop in which it stands."""
        return None if self.context is None else self.context.loop()

    def result_context(self) -> Context | None:
        """The context in which its results are."""
        if self.kind != "Exit":
            return self.context
        assert self.context is not None
        return self.context.outer


class Flat(NamedTuple):
    """A result of a node."""

    node: Node
    index: int

    @property
    def dims(self) -> Dims:
        """The static shape; in TensorFlow 1 a flow is a scalar."""
        like = self.node.like[self.index]
        return () if like.dtype.name == "variant" else like.dims

    @property
    def is_resource(self) -> bool:
        """Whether it stands for a variable."""
        return bool(self.node.like[self.index].dtype.name == "resource")

    def flows(self) -> bool:
        """Whether gradients flow through it."""
        return dependence.is_flowing(self.node.like[self.index])


def lengthened(op: Operation) -> Tensor | None:
    """The list that an operation makes longer where it must; TensorFlow 1's arrays grow alone."""
    if op.type == "TensorListResize":
        return op._inputs[0]
    if op.type not in CONDITIONS or len(op.outputs) != 1:
        return None
    results = [f.graph.outputs[0] for f in op.functions]
    if results[0].op.type != "TensorListResize" or results[1] not in op.functions[1].graph.inputs:
        return None
    return op._inputs[1 + op.functions[1].graph.inputs.index(results[1])]


class FlatGraph:
    """What is behind some tensors."""

    def __init__(self) -> None:
        self._flat: dict[Tensor, Flat] = {}
        self._nodes: dict[Operation, Node] = {}
        self._contexts: dict[Any, Context] = {}
        self._callers: dict[Any, Operation] = {}
        self._handles: dict[Any, Flat] = {}

    def inputs(self, node: Node) -> list[Flat]:
        """What a node takes, where gradients may flow."""
        return [s if isinstance(s, Flat) else self.flat(s) for s in node.sources]

    def flat(self, tensor: Tensor) -> Flat:
        """What a tensor is in this form."""
        passed = []
        while tensor not in self._flat:
            behind = self._behind(tensor)
            if behind is None:
                self._flat[tensor] = self._made(tensor)
                break
            passed.append(tensor)
            tensor = behind
        found = self._flat[tensor]
        for t in passed:
            self._flat[t] = found
        return found

    def _behind(self, t: Tensor) -> Tensor | None:
        """The tensor that is this one in TensorFlow 1."""
        op = t.op
        # Each result of a condition or loop is handed on by an Identity here.
        if op.type == "Identity" and op._inputs[0].op.type in WITH_BODIES:
            return op._inputs[0]
        return lengthened(op)

    def _made(self, t: Tensor) -> Flat:
        op, graph = t.op, t.graph
        caller = self._callers.get(graph)
        if caller is not None and op.type == "Placeholder":
            return self._argument(caller, graph, t)
        if op.type in CONDITIONS:
            self._enter(op)
            results = [f.graph.outputs[t.value_index] for f in reversed(op.functions)]
            merge = Node("Merge", self._context(op.graph), [t], results, op)
            merge.pred = self._contexts[op.functions[0].graph].pred
            return merge.result()
        if op.type in LOOPS:
            self._enter(op)
            return self._variable(op, t.value_index)
        node = self._nodes.get(op)
        if node is None:
            node = self._nodes[op] = self._plain(op)
        return node.result(t.value_index)

    def _plain(self, op: Operation) -> Node:
        context, how = self._context(op.graph), ARRAYS.get(op.type)
        if how is None:
            return Node("op", context, op.outputs, op._inputs, op)
        positions = [i for i in (how.flow, how.value) if i is not None]
        return Node("array", context, op.outputs, [op._inputs[i] for i in positions], op)

    # -- bodies --------------------------------------------------------------------------------

    def _enter(self, op: Operation) -> None:
        """Makes the contexts of the bodies that an operation calls."""
        graphs = [f.graph for f in op.functions]
        if graphs[0] in self._contexts:
            return
        if any(g.numbering is None for g in graphs):
            raise Unknown(op.name)
        outer = self._context(op.graph)
        if op.type in LOOPS:
            loop = Context(outer)
            loop.parallel = op.attrs["parallel_iterations"]
            loop.back_prop = op.attrs.get("_back_prop", True)
            self._contexts.update(dict.fromkeys(graphs, loop))
        else:
            # TensorFlow 1 gives each condition an Identity of its own.
            pred = Node("Pred", outer, [op._inputs[0]], [op._inputs[0]]).result()
            for i, g in enumerate(graphs):
                self._contexts[g] = Context(outer, pred, 1 - i)
        self._callers.update(dict.fromkeys(graphs, op))

    def _context(self, graph: Any) -> Context | None:
        return self._contexts.get(graph)

    def _variable(self, op: Operation, i: int) -> Flat:
        """The last value of a loop variable."""
        body: FuncGraph = op.attrs["body"].graph
        context, like = self._contexts[body], [body.inputs[i]]
        merge = Node("LoopMerge", context, like, [])
        switch = Node("LoopSwitch", context, like * 2, [merge.result()])
        enter = Node("Enter", context, like, [op._inputs[i]])
        after = Node("Next", context, like, [body.outputs[i]])
        merge.sources = [enter.result(), after.result()]
        self._flat[body.inputs[i]] = Node(
            "LoopIdentity", context, like, [switch.result(1)]
        ).result()
        last = Node("Exit", context, like, [switch.result(0)])
        if last.result().flows():
            context.exits.append(last)
        self._flat[op.outputs[i]] = last.result()
        return last.result()

    def _argument(self, caller: Operation, graph: FuncGraph, t: Tensor) -> Flat:
        for outer, own in graph.captured.items():
            if own is t:
                # It comes in through every body around.
                source = outer if outer.graph is caller.graph else caller.graph.captured[outer]
                return self._brought_in(self._contexts[graph], source, t)
        # A loop variable: what leaves the loop makes it known.
        if caller.type in LOOPS and t in graph.inputs:
            i = graph.inputs.index(t)
            self.flat(caller.outputs[i])
            if t in self._flat:
                return self._flat[t]
        raise Unknown(t.name)

    def _brought_in(self, context: Context, source: Any, like: Tensor) -> Flat:
        if context.pred is None:
            return Node("Constant", context, [like], [source]).result()
        return Node("Switch", context, [like] * 2, [source]).result(context.branch)

    def all_exits(self, node: Node) -> list[Node]:
        """Of the loop in which a node stands, what hands variables on."""
        assert node.context is not None
        body = next(g for g, c in self._contexts.items() if c is node.context)
        caller = self._callers[body]
        n = len(caller.attrs["body"].graph.captured)
        for t in caller.outputs[2 : len(caller.outputs) - n]:
            if dependence.is_flowing(t):
                self.flat(t)
        return node.context.exits

    # -- arrays --------------------------------------------------------------------------------

    def handle(self, node: Node) -> Flat:
        """The handle of the array that an operation works on, where it works on it."""
        op = node.op
        assert op is not None
        how = ARRAYS[op.type]
        t = op.outputs[0] if how.flow is None else op._inputs[how.flow]
        maker = self._maker(t)
        found = self._handles.get(maker)
        if found is None:
            home = self._context(maker.graph)
            found = Node("op", home, maker.outputs, [], maker).result()
            self._handles[maker] = found
        path = []
        context = node.context
        while context is not found.node.context:
            if context is None:
                raise Unknown(maker.name)
            path.append(context)
            context = context.outer
        for context in reversed(path):
            key = (maker, context)
            if key not in self._handles:
                self._handles[key] = self._brought_in(context, found, maker.outputs[0])
            found = self._handles[key]
        return found

    def _maker(self, t: Tensor) -> Operation:
        """The operation that made the list which `t` is a version of."""
        while t.op.type not in _MAKERS:
            op, graph = t.op, t.graph
            caller = self._callers.get(graph)
            how = ARRAYS.get(op.type)
            shorter = lengthened(op)
            if shorter is not None:
                t = shorter
            elif op.type in CONDITIONS:
                t = op.functions[0].graph.outputs[t.value_index]
            elif op.type in LOOPS:
                t = op._inputs[t.value_index]
            elif op.type == "Identity":
                t = op._inputs[0]
            elif how is not None and how.flow is not None:
                t = op._inputs[how.flow]
            elif op.type == "Placeholder" and caller is not None:
                t = self._outside(caller, graph, t)
            elif how is None:
                raise Unknown(op.name)
            else:
                return op
        return t.op

    def _outside(self, caller: Operation, graph: FuncGraph, t: Tensor) -> Tensor:
        """What an argument of a body is at first."""
        i = graph.inputs.index(t)
        return caller._inputs[i + 1 if caller.type in CONDITIONS else i]


__all__ = ["ARRAYS", "WITH_BODIES", "Arrays", "Context", "Flat", "FlatGraph", "Node", "Unknown"]
