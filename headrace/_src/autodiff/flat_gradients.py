"""How many operations TensorFlow 1 makes to differentiate its own control flow.

The default seed of an operation is the number of operations before it (see `core/numbering.py`),
so what a program initialises at random after `tf.gradients` through a loop depends on it. Here the
backward pass walks over the flat form of the graph, as TensorFlow 1's does, and only counts. What
the rules of plain operations make is taken from `Rules`, which the real backward pass keeps.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from headrace._src.autodiff.flat_graph import ARRAYS, Context, Flat, FlatGraph, Node
from headrace._src.autodiff.rules import Rules
from headrace._src.core import dims as dims_lib
from headrace._src.core.dims import Dims
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.tensor import Tensor

# What tf.zeros makes of a shape that is only known when it runs: a constant and Fill.
_FILL = 2
# What turning slices into a tensor makes: their number of rows, and the sum.
_DENSE = 5
# What makes a tensor slices: their shape, the number of rows, and the row numbers.
_ROWS = 8
# Arrays below this size are constants where tf.zeros makes them.
_SMALL = 1000


class Gradient(NamedTuple):
    """A gradient.

    Attributes:
      dims: the static shape; of slices that of their values.
      parts: how many tensors it is: 1, or of slices 2, or 3 with the shape of the whole.
      shape: of slices with a shape of the whole: that tensor.
      wide: of slices: whether their places are int64.
    """

    dims: Dims
    parts: int = 1
    shape: Tensor | None = None
    wide: bool = False


class _Loop:
    """A loop that is differentiated.

    Attributes:
      forward: its context.
      backward: the context of the loop that walks backwards.
      outer: the loop around that is differentiated, too.
      values: what the backward loop has of the forward one.
      merges: Switch of the forward loop → (Merge of the backward loop: its shape, whether the
        next iteration has a gradient for it).
    """

    def __init__(self, forward: Context, outer: _Loop | None) -> None:
        self.forward = forward
        self.outer = outer
        self.backward = Context(forward.outer if outer is None else outer.backward)
        self.values: set[Any] = set()
        self.merges: dict[Node, list[Any]] = {}
        self.pending_exits = 0
        self.deferred: list[Node] = []
        self.unused: list[Node] = []
        self.waits_forward = self.waits_backward = False


class Count:
    """One backward pass that counts.

    Attributes:
      total: how many operations TensorFlow 1 makes.
    """

    def __init__(
        self, ys: Sequence[Tensor], xs: Sequence[Tensor], rules: Rules, gate: bool
    ) -> None:
        self.total = 0
        self._gate = gate
        self._graph = FlatGraph()
        self._rules = rules
        self._loops: dict[Context, _Loop] = {}
        self._grads: dict[Node, list[Any]] = {}
        self._pending: dict[Node, int] = collections.defaultdict(int)
        self._shape_nodes: dict[Tensor, Flat] = {}
        self._ys = [self._graph.flat(y) for y in ys]
        self._xs = [self._graph.flat(x) for x in xs]

    # -- the walk ------------------------------------------------------------------------------

    def run(self, grad_ys: Iterable[Any]) -> int:
        """Walks back from the ys; returns how many operations that makes."""
        to_nodes = [y.node for y in self._ys]
        from_nodes = [x.node for x in self._xs]
        reachable = self._count(to_nodes, from_nodes)
        for y, g in zip(self._ys, grad_ys, strict=True):
            self._set(y, _gradient(g))
        queue: collections.deque[Node] = collections.deque()
        started: set[Node] = set()
        for node in to_nodes:
            if not self._pending[node] and node not in started and node in reachable:
                started.add(node)
                queue.append(node)
        self._leave_unused(started, queue)
        stops = {
            n for n in from_nodes if all(self._pending[t.node] <= 0 for t in self._graph.inputs(n))
        }
        while queue:
            node = queue.popleft()
            outs = self._aggregated(node)
            inputs = self._graph.inputs(node)
            if any(g is not None for g in outs) and node not in stops:
                ins = self._through(node, outs, inputs)
                given = sum(g is not None for g in ins)
                if self._gate and given > 1:
                    self.total += 1 + given
                for t, g in zip(inputs, ins, strict=False):
                    if g is not None:
                        self._set(t, g if t.is_resource else _merged(g, t.dims))
            self._note(inputs, queue)
        for loop in self._loops.values():
            for shape, continues in loop.merges.values():
                if not continues:
                    # Zeros for the iterations before the last.
                    self.total += 2 if dims_lib.is_full(shape) else 1 + _FILL + 2
        return self.total

    def _count(self, to_nodes: list[Node], from_nodes: list[Node]) -> set[Node]:
        consumers = self._consumers(to_nodes)
        reached: set[Node] = set()
        stack = list(from_nodes)
        while stack:
            node = stack.pop()
            if node not in reached:
                reached.add(node)
                for t in node.results():
                    if t.flows():
                        stack += consumers.get(t, ())
        reachable = {n for n in to_nodes if n in reached}
        between: dict[Node, None] = {}
        queue = collections.deque(to_nodes)
        while queue:
            node = queue.popleft()
            if node in reached:
                between[node] = None
                reached.remove(node)
                queue += [t.node for t in self._graph.inputs(node)]
        for node in list(between):
            if node.kind == "Exit" and node.context not in self._loops:
                self._differentiate(node)
                between.update(dict.fromkeys(self._graph.all_exits(node)))
        for node in between:
            for t in self._graph.inputs(node):
                if t.node in between:
                    self._pending[t.node] += 1
        return reachable

    def _consumers(self, to_nodes: list[Node]) -> dict[Flat, list[Node]]:
        """What takes each result, of all that is behind some nodes."""
        consumers: dict[Flat, list[Node]] = {}
        seen: set[Node] = set()
        stack = list(to_nodes)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node.kind == "Exit":
                stack += self._graph.all_exits(node)
            for t in self._graph.inputs(node):
                consumers.setdefault(t, []).append(node)
                stack.append(t.node)
        return consumers

    def _leave_unused(self, started: set[Node], queue: collections.deque[Node]) -> None:
        """Starts at the results of loops that nobody uses."""
        for loop in self._loops.values():
            for node in loop.forward.exits:
                enter = self._enter_of(node)
                # TensorFlow 1 always goes back to the first values.
                self._pending[enter] = self._pending[enter] or 1
                if self._pending[node] == 0:
                    loop.pending_exits -= 1
                    if node not in started:
                        loop.unused.append(node)
                    if loop.pending_exits == 0:
                        for unused in loop.unused:
                            self._set(unused.result(), self._zeros_for_exit(unused))
                            queue.append(unused)

    def _enter_of(self, node: Node) -> Node:
        """What brings the first value of a loop variable in, by what hands on the last."""
        for _ in range(3):
            node = self._graph.inputs(node)[0].node
        return node

    def _note(self, inputs: list[Flat], queue: collections.deque[Node]) -> None:
        """Counts that a node is done; starts at what is ready."""
        for t in inputs:
            node = t.node
            self._pending[node] -= 1
            left = self._pending[node]
            if left and not (left > 0 and node.kind == "LoopSwitch"):
                continue
            if node.kind == "Exit":
                self._exit_is_ready(node, queue)
            else:
                queue.append(node)

    def _exit_is_ready(self, node: Node, queue: collections.deque[Node]) -> None:
        assert node.context is not None
        loop = self._loops[node.context]
        loop.deferred.append(node)
        loop.pending_exits -= 1
        if loop.pending_exits:
            return
        used = [n for n in loop.deferred if any(self._grads.get(n, [None]))]
        queue += used
        loop.unused += [n for n in loop.deferred if n not in used]
        for n in loop.unused:
            if used:
                self._set(n.result(), self._zeros_for_exit(n))
            queue.append(n)

    def _set(self, t: Flat, gradient: Gradient) -> None:
        grads = self._grads.get(t.node)
        if grads is None:
            grads = self._grads[t.node] = [[] for _ in t.node.like]
        if isinstance(grads[t.index], list):
            grads[t.index].append(gradient)
        else:
            grads[t.index] = gradient

    def _aggregated(self, node: Node) -> list[Gradient | None]:
        grads = self._grads.get(node)
        if grads is None:
            return [None] * len(node.like)
        for i, collected in enumerate(grads):
            if not isinstance(collected, list):
                continue
            grads[i] = None if not collected else self._sum(collected)
        return list(grads)

    def _sum(self, grads: list[Gradient]) -> Gradient:
        if len(grads) == 1:
            return grads[0]
        sliced = [g for g in grads if g.parts > 1]
        if len(sliced) == len(grads):
            # Two joins, each with its axis.
            self.total += 4
            wide = any(g.wide for g in grads)
            self.total += sum(wide and not g.wide for g in grads)
            inner = sliced[0].dims
            values = None if inner is None else (None, *inner[1:])
            return Gradient(values, sliced[0].parts, sliced[0].shape, wide)
        self.total += 1 + _DENSE * len(sliced)
        shape: Dims = None
        for g in grads:
            if g.parts == 1:
                shape = dims_lib.merge(shape, g.dims)
        return Gradient(shape)

    # -- loops ---------------------------------------------------------------------------------

    def _differentiate(self, node: Node) -> None:
        """Counts the counters of a loop and of the one that walks backwards."""
        forward = node.context
        assert forward is not None
        around = None if forward.outer is None else forward.outer.loop()
        loop = self._loops[forward] = _Loop(
            forward, None if around is None else self._loops.get(around)
        )
        loop.pending_exits = len(self._graph.all_exits(node))
        # Forward: 0, Enter, Merge, Switch, 1, Add, NextIteration, Exit.
        self.total += 8
        if loop.outer is not None:
            count = Node("Exit", forward, node.like, []).result()
            self._accumulate(loop.outer, count)
        # Backward: 1 and its Enter, Enter, Merge, GreaterEqual, LoopCond, Switch, Sub,
        # NextIteration, Exit.
        self.total += 9
        self._bring_in(loop.backward, "one", made_in=loop.backward.outer)

    def _bring_in(self, context: Context | None, key: Any, made_in: Context | None) -> None:
        """Counts the nodes that bring a value made in one context into another."""
        while context is not None and context is not made_in and key not in context.known:
            context.known.add(key)
            self.total += 1
            context = context.outer

    def _accumulate(self, loop: _Loop, value: Flat, dead: Context | None = None) -> None:
        """Counts a stack that the forward loop fills and the backward loop empties.

        Args:
          loop: the loop.
          value: what is kept.
          dead: the branch that is not taken when it is kept, if any.
        """
        stack = object()
        # The size that it has at most, and the stack.
        self.total += 2
        self._bring_in(loop.forward, stack, None)
        context = value.node.result_context()
        self._bring_in(context if dead is None else dead.outer, stack, None)
        if context is not loop.forward and not loop.waits_forward:
            loop.waits_forward = True
            self.total += 1
        # Push; then what brings the stack in, and Pop.
        self.total += 1
        self._bring_in(loop.backward, stack, None)
        while context is not None and context.pred is None:
            context = context.outer
        if context is not None:
            self.total += 1
            self._bring_in_pred(loop, context)
        if not loop.waits_backward and loop.forward.parallel > 1:
            loop.waits_backward = True
            self.total += 1
        self.total += 1

    def _bring_in_pred(self, loop: _Loop, branch: Context) -> None:
        assert branch.pred is not None
        around: _Loop | None = loop
        while around is not None:
            if branch.pred in around.values:
                self._bring_in(loop.backward, (around, branch.pred), around.backward)
                return
            around = around.outer
        self._use(loop, branch.pred)

    def _use(self, loop: _Loop, value: Flat) -> None:
        """Counts what brings a value into the backward loop, at first use."""
        if value in loop.backward.known:
            return
        loop.backward.known.add(value)
        home = value.node.result_context()
        if (None if home is None else home.loop()) is loop.forward:
            self._take(loop, value)
            return
        self.total += 1
        self._bring_in(loop.backward.outer, value, home)

    def _take(self, loop: _Loop, value: Flat) -> None:
        """Counts what brings a value of the forward loop into the backward loop."""
        if value in loop.values:
            return
        loop.values.add(value)
        at: _Loop = loop
        while True:
            constant = self._constant_behind(value)
            if constant is not None:
                (value,) = self._graph.inputs(constant)
                if at.outer is None:
                    self._use_outside(loop, value)
                    return
                at = at.outer
            elif value.node.op is not None and value.node.op.type == "Const":
                self.total += 1
                return
            else:
                self._accumulate(at, value)
                if at is not loop:
                    self._bring_in(loop.backward, object(), at.backward)
                return

    def _use_outside(self, loop: _Loop, value: Flat) -> None:
        if value not in loop.backward.known:
            self._bring_in(loop.backward, value, value.node.result_context())

    def _constant_behind(self, value: Flat) -> Node | None:
        """What brings a value into a loop in which it does not change."""
        node = value.node
        while node.kind in ("Switch", "LoopSwitch", "LoopIdentity", "Pred") or (
            node.op is not None and node.op.type == "Identity"
        ):
            node = self._graph.inputs(node)[0].node
        return node if node.kind == "Constant" else None

    # -- zeros ---------------------------------------------------------------------------------

    def _zeros_for_exit(self, node: Node) -> Gradient:
        shape = node.result().dims
        assert node.context is not None
        outer = node.context.outer
        around = None if outer is None else self._loops.get(outer.loop())  # type: ignore[arg-type]
        if dims_lib.is_full(shape):
            assert shape is not None
            self.total += 1 if math.prod(d or 0 for d in shape) < _SMALL else 3
        elif around is None:
            self.total += 1
        else:
            self._zeros_like(around, node.result(), outer)
        return Gradient(shape)

    def _zeros_like(
        self, loop: _Loop, value: Flat, home: Context | None, dead: Context | None = None
    ) -> None:
        """Counts zeros of a shape that the forward loop keeps for each iteration."""
        self.total += 1
        shape = Node("op", home, [], []).result()
        self._accumulate(loop, shape, dead)
        self.total += _FILL

    def _zeros(self, node: Node, i: int) -> Gradient | None:
        """Zeros for a result that has no gradient."""
        t = node.result(i)
        if node.kind == "LoopSwitch" or not t.flows():
            return None
        context = node.loop()
        loop = None if context is None else self._loops.get(context)
        branch = node.context if node.kind == "Switch" else None
        if loop is None:
            if branch is None:
                self.total += 1 + _FILL if t.is_resource else 1
            else:
                # Switch, Identity, Shape, and Fill with its constant.
                self.total += 3 + _FILL
        elif dims_lib.is_full(t.dims):
            self.total += 1
            if branch is not None:
                self.total += 1
        elif branch is None:
            self._zeros_like(loop, t, node.context)
        else:
            self.total += 1
            self._zeros_like(loop, t, branch, branch)
        return Gradient(t.dims)

    # -- rules ---------------------------------------------------------------------------------

    def _through(
        self, node: Node, outs: list[Gradient | None], inputs: list[Flat]
    ) -> Sequence[Gradient | None]:
        """The gradients of what a node takes."""
        context = node.loop()
        loop = None if context is None else self._loops.get(context)
        if node.kind != "array" or outs[0] is None:
            outs = [self._zeros(node, i) if g is None else g for i, g in enumerate(outs)]
        if node.kind == "op":
            return self._plain(node, loop)
        if node.kind == "array":
            return self._array(node, loop)
        rule = getattr(self, f"_{node.kind.lower()}")
        return rule(node, outs, loop)  # type: ignore[no-any-return]

    def _plain(self, node: Node, loop: _Loop | None) -> Sequence[Gradient | None]:
        assert node.op is not None
        rule = self._rules.of(node.op)
        if rule is None:
            # It has no gradient.
            return [None] * len(node.sources)
        self.total += rule.made
        if loop is None and node.context is not None and node.op.type in ("Concat", "ConcatV2"):
            # Where the gradient is in another context, the axis is made again.
            self.total += len(node.sources) > 2 and node.op._inputs[-1].op.type == "Const"
        if loop is not None:
            for t in rule.taken:
                self._use_tensor(loop, t, node)
        return [None if g is None else _gradient(g) for g in rule.gradients]

    def _use_tensor(self, loop: _Loop, t: Tensor, node: Node) -> None:
        if t in self._rules.shapes:
            # The shape of something in the forward loop is found there.
            self._use(loop, self._shape_node(t, self._rules.shapes[t]))
        else:
            self._use(loop, self._graph.flat(t))

    def _shape_node(self, t: Tensor, of: Tensor) -> Flat:
        found = self._shape_nodes.get(t)
        if found is None:
            home = self._graph.flat(of).node.result_context()
            found = self._shape_nodes[t] = Node("op", home, [t], []).result()
        return found

    def _array(self, node: Node, loop: _Loop | None) -> Sequence[Gradient | None]:
        """The gradient of what works on an array: its array of gradients, its flow, the work."""
        assert node.op is not None
        how = ARRAYS[node.op.type]
        self.total += 3
        if loop is not None:
            self._use(loop, self._graph.handle(node))
            if how.value is None and how.flow is not None:
                self._use(loop, self._graph.flat(node.op._inputs[how.flow]))
            if how.index is not None:
                self._use(loop, self._graph.flat(node.op._inputs[how.index]))
            if how.made:
                self._use(loop, Node("op", node.context, [], []).result())
        gradients = []
        if how.flow is not None:
            gradients.append(Gradient(()))
        elif self._gate:
            # There it has a flow, too, and both gradients wait for each other.
            self.total += 3
        if how.value is not None:
            gradients.append(Gradient(None))
        return gradients

    def _switch(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        assert node.context is not None
        g = outs[node.context.branch]
        if g is None:
            return [None]
        self.total += g.parts
        if g.parts == 1:
            return [Gradient(node.result().dims)]
        # The zeros of the other branch become slices, all their rows.
        self.total += _ROWS + g.wide
        return [Gradient(None, g.parts, g.shape, g.wide)]

    def _merge(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        g = outs[0]
        if g is None:
            return [None, None]
        if loop is not None:
            assert node.pred is not None
            if node.pred not in loop.values:
                loop.values.add(node.pred)
                self._accumulate(loop, node.pred)
        self.total += g.parts
        return [g, g]

    def _pred(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        return outs

    def _exit(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        g = outs[0]
        assert g is not None and node.context is not None
        if not node.context.back_prop:
            return [None]
        self.total += g.parts
        return [g]

    def _loopswitch(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        assert loop is not None
        found = loop.merges.get(node)
        last, following = outs
        if found is None:
            if last is None:
                return [None]
            self.total += last.parts
            loop.merges[node] = [last.dims, False]
            return [last]
        if following is not None:
            self.total += 1 + (_DENSE if following.parts > 1 else 0)
            found[1] = True
        return [None]

    def _loopmerge(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        g = outs[0]
        assert g is not None
        self.total += g.parts
        return [g, g]

    def _loopidentity(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        return outs

    _next = _loopidentity

    def _enter(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        g = outs[0]
        assert g is not None
        self.total += g.parts
        return [g]

    def _constant(
        self, node: Node, outs: list[Gradient | None], loop: _Loop | None
    ) -> Sequence[Gradient | None]:
        g = outs[0]
        assert g is not None and loop is not None
        if g.parts > 1:
            return [self._summed_slices(node, g, loop)]
        if dims_lib.is_full(g.dims):
            self.total += 1
        elif loop.outer is not None:
            (value,) = self._graph.inputs(node)
            self._zeros_like(loop.outer, value, loop.forward.outer)
        else:
            self.total += 1 + _FILL
        # Enter, Merge, Switch, Add, NextIteration, Exit.
        self.total += 6
        return [g]

    def _summed_slices(self, node: Node, g: Gradient, loop: _Loop) -> Gradient:
        """Slices that a backward loop collects from all iterations."""
        # The rows with which it begins; where their shape is not known, it is put together.
        self.total += 1 if dims_lib.is_full(g.dims) else 1 + 4 + 3 + _FILL
        self.total += 1
        if g.shape is not None:
            self.total += 1 if dims_lib.is_full(g.shape.dims) else 2
            if g.shape in self._rules.shapes:
                self._use_tensor(loop, g.shape, node)
            self.total += 1
        # Two joins, each with its axis; Enter, Merge, Switch, NextIteration, Exit.
        self.total += 4 + 5 * g.parts
        values = None if g.dims is None else (None, *g.dims[1:])
        return Gradient(values, g.parts, g.shape, g.wide)


def _gradient(g: Any) -> Gradient:
    if isinstance(g, IndexedSlices):
        parts = 2 if g.dense_shape is None else 3
        return Gradient(g.values.dims, parts, g.dense_shape, g.indices.dtype.name == "int64")
    return Gradient(g.dims)


def _merged(g: Gradient, shape: Dims) -> Gradient:
    if g.parts > 1:
        return g
    return Gradient(dims_lib.merge(g.dims, shape))


def count(
    ys: Sequence[Tensor],
    xs: Sequence[Tensor],
    grad_ys: Sequence[Any],
    rules: Rules,
    gate: bool,
) -> int:
    """How many operations TensorFlow 1 makes for gradients of some tensors.

    Args:
      ys: what is differentiated.
      xs: with respect to what.
      grad_ys: the gradients of the ys.
      rules: what the rules of plain operations made.
      gate: whether gradients of an operation wait for each other.

    Raises:
      Unknown: something has no counterpart in TensorFlow 1's own control flow.
    """
    return Count(ys, xs, rules, gate).run(grad_ys)


__all__ = ["count"]
