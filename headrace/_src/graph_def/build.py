"""Building: nodes, conditions and loops become operations and function bodies."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, origin, scopes
from headrace._src.core.dims import Dims
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.graph_def.attrs import type_text
from headrace._src.graph_def.newer import NEWER_OPS
from headrace._src.graph_def.nodes import Node, Ref
from headrace._src.graph_def.old_ops import EXITS, MERGES
from headrace._src.graph_def.regions import Condition, Loop, Region, Values
from headrace._src.ops import branches, constant, func_graph, identity, loop_node, optionals
from headrace._src.ops import placeholder as placeholder_ops

# How often the static shapes of loop variables are relaxed by what the body gives before those that
# still change are taken to be unknown, and how often a body is built at most.
_RELAXED: Final = 2
_ATTEMPTS: Final = 8
# A loop's body takes a counter and a limit before the loop variables, as those of tf.while_loop do.
_ADDED: Final = 2
# Op types in whose place other operations come.
_REPLACED: Final = MERGES | EXITS | NEWER_OPS.keys() | {"ControlTrigger"}


class Scope:
    """What has been built in one graph.

    Attributes:
      graph: the graph.                  parent: the scope of the graph around it, or None.
      operations: item → its operation.
      values: output → its tensor, where the operation does not have it at the same place.
      taken: output of an earlier condition's body → the condition's output that holds it.
      controllers, devices: what is open in the graph, outermost first.
    """

    def __init__(self, graph: Any, parent: Scope | None = None) -> None:
        self.graph = graph
        self.parent = parent
        self.operations: dict[Any, Operation] = {}
        self.values: dict[tuple[Any, int], Tensor] = {}
        self.taken: dict[Ref, Ref] = {}
        self.controllers = graph.stacks.control
        self.devices = graph.stacks.devices

    def tensor(self, ref: Ref) -> Tensor | None:
        """The tensor of an output in this graph; None where it has none."""
        found = self.values.get(ref)
        if found is None:
            operation = self.operations.get(ref.item)
            if operation is not None and ref.index < len(operation.outputs):
                return operation.outputs[ref.index]
        return found


class Builder:
    """Builds regions.

    Args:
      values: which outputs have the same value.
      reserved: names that nodes to come will have.
    """

    def __init__(self, values: Values, reserved: Iterable[str] = ()) -> None:
        self._values = values
        self._given = reserved
        # All operations are made where the program imports them.
        self._origin = origin.current()
        # Output of a condition's body that is handed on → its tensor there, and its label.
        self._handed: dict[Ref, tuple[Tensor, str]] = {}

    @functools.cached_property
    def _reserved(self) -> frozenset[str]:
        return frozenset(self._given)

    def region(self, region: Region, scope: Scope) -> None:
        """Builds the items of a region in the graph of `scope`."""
        for item in region.items:
            if isinstance(item, Condition):
                self._condition(item, scope)
            elif isinstance(item, Loop):
                self._loop(item, scope)
            else:
                self._node(item, region, scope)

    def source(self, ref: Ref) -> Ref:
        """The output that has the value of `ref`."""
        return self._values.source(ref)

    def tensor(self, ref: Ref, scope: Scope) -> Tensor:
        """The tensor of an output; it may belong to a graph around that of `scope`.

        Raises:
          ValueError: it has none here: edges lead into a loop in some unheard-of way.
        """
        ref = self._values.value(ref)
        if isinstance(ref.item, Tensor):
            return ref.item
        s: Scope | None = scope
        while s is not None:
            found = s.tensor(ref)
            if found is not None:
                return found
            if ref in s.taken:
                found = s.values[ref] = self._unwrapped(ref, s)
                return found
            s = s.parent
        if isinstance(ref.item, Node) and ref.item.floating:
            self._node(ref.item, Region(()), scope)
            return scope.operations[ref.item].outputs[ref.index]
        raise ValueError(
            f"Node '{ref.item.name}' is needed where it has no value: the control flow around it "
            "is not arranged as loops and conditions are"
        )

    def _unwrapped(self, ref: Ref, scope: Scope) -> Tensor:
        """An output of an earlier condition's body, which that one hands on."""
        tensor, label = self._handed[ref]
        assert scope.parent is not None
        optional = self.tensor(scope.taken[ref], scope.parent)
        graph = scope.graph
        with graph.as_default(), scopes.control_dependencies(None):
            return optionals.unwrapped(graph.capture(optional), tensor, label)

    # -- nodes ---------------------------------------------------------------------------------

    def _node(self, node: Node, region: Region, scope: Scope) -> None:
        spec, attrs, refs = node.spec, node.attrs, node.inputs
        types: list[Any] | None = node.types
        if spec.type in _REPLACED:
            spec, attrs, refs = _plain_form(node, region)
            types = None
        inputs = self._inputs(refs, scope)
        outermost = scope.parent is None
        name = node.new_name if outermost and node.given else self._fresh(node.new_name, scope)
        if spec.ref_inputs:
            _check_references(spec, attrs, inputs, name)
        attrs = attrs.copy()
        if node.groups is not None:
            attrs["_class"] = node.groups
        op = scope.graph.add_operation(
            spec, name, inputs, attrs, output_types=types, origin=self._origin
        )
        controls = region.waits.get(node, node.controls) if region.waits else node.controls
        if controls or op._control_inputs or scope.controllers:
            self._wait(op, controls, scope)
        if node.device or scope.devices or op._device:
            _place(op, node, scope.devices)
        if node.shapes is not None and types is not None:
            _set_shapes(op, node.shapes)
        scope.operations[node] = op
        if not outermost:
            # Arguments that the body gets later are not to have the name.
            scope.graph._names.setdefault(name.lower(), 1)

    def _inputs(self, refs: Sequence[Ref], scope: Scope) -> list[Tensor]:
        """The tensors of outputs; see `tensor`."""
        if not self._values.same:
            # Without substitutions what has been built is what is meant.
            operations = scope.operations
            try:
                return [operations[item].outputs[index] for item, index in refs]
            except (KeyError, IndexError):
                pass
        return [self.tensor(r, scope) for r in refs]

    def _fresh(self, wanted: str, scope: Scope) -> str:
        """A name that no node of the graph has or will have."""
        graph = scope.graph
        reserved = () if isinstance(graph, func_graph.FuncGraph) else self._reserved
        name, count = wanted, 0
        while name in graph._by_name or name in reserved:
            count += 1
            name = f"{wanted}_{count}"
        return name

    def _wait(self, op: Operation, controls: Iterable[Any], scope: Scope) -> None:
        """Adds the control inputs that an operation has in this graph."""
        given = self._operations(controls, scope)
        if scope.parent is None:
            # Unlike others, imported nodes wait even where one of their inputs does.
            for controller in scope.controllers:
                given += controller.control_inputs
        present = list(op._control_inputs)
        wanted = dict.fromkeys([*given, *present])
        if len(wanted) == len(present):
            return
        op._control_inputs = list(wanted)
        for c in wanted:
            if c not in present:
                c._note_control_output(op)

    @staticmethod
    def _operations(controls: Iterable[Any], scope: Scope) -> list[Operation]:
        found = []
        for c in controls:
            op = c if isinstance(c, Operation) else scope.operations.get(c)
            if op is not None and op.graph is scope.graph:
                found.append(op)
        return found

    # -- conditions ----------------------------------------------------------------------------

    def _condition(self, condition: Condition, scope: Scope) -> None:
        base = condition.name.rpartition("/")[0] or condition.name
        pred = self.tensor(condition.pred, scope)
        more = max(len(condition.true.handed), len(condition.false.handed))
        graphs = [
            self._branch(region, f"{base.replace('/', '_')}_{word}", scope, more)
            for region, word in ((condition.true, "true"), (condition.false, "false"))
        ]
        is_effect = not condition.true.results
        name = condition.name if is_effect else f"{base}/If"
        name = self._fresh(name, scope) if scope.parent or not is_effect else name
        with self._waiting(condition.controls, scope):
            captured = [list(g.captured) for g in graphs]
            node = branches.add(pred, graphs, captured, f"{name}/")
        scope.operations[condition] = node

    def _branch(self, region: Region, name: str, scope: Scope, more: int) -> func_graph.FuncGraph:
        """One body of a condition; it gives `more` optionals behind its results."""
        with scope.graph.as_default():
            graph = func_graph.FuncGraph(f"{name}_{next_uid()}")
        inner = Scope(graph, scope)
        inner.taken = region.taken
        self._fill(graph, region, inner)
        with graph.as_default(), scopes.control_dependencies(None):
            for ref in region.handed:
                tensor = self.tensor(ref, inner)
                label = f"{graph.name}/{tensor.name}"
                self._handed[ref] = tensor, label
                graph.outputs.append(optionals.wrapped(tensor, label))
            for _ in range(more - len(region.handed)):
                graph.outputs.append(optionals.OptionalNone())
        return graph

    def _fill(self, graph: func_graph.FuncGraph, region: Region, scope: Scope) -> None:
        """Builds a body and takes its results."""
        with graph.as_default():
            self.region(region, scope)
            results = [self.tensor(r, scope) for r in region.results]
            results = graph.capture_inputs(results)
            forget_missing(graph, 0)
            graph.outputs += [identity.identity(t) if t.dtype._is_ref_dtype else t for t in results]

    @contextlib.contextmanager
    def _waiting(self, controls: Iterable[Any], scope: Scope) -> Iterator[None]:
        graph = scope.graph
        with graph.as_default(), graph.control_dependencies(self._operations(controls, scope)):
            yield

    # -- loops ---------------------------------------------------------------------------------

    def _loop(self, loop: Loop, scope: Scope) -> None:
        graph = scope.graph
        base = loop.name.rpartition("/")[0] or loop.name
        initial = graph.capture_inputs([self.tensor(r, scope) for r in loop.initial])
        with graph.as_default(), scopes.control_dependencies(None):
            first = [
                constant.constant(value, dtypes.int32, name=f"{self._fresh(name, scope)}/")
                for value, name in ((0, f"{base}/loop_counter"), (-1, f"{base}/maximum_iterations"))
            ]
        initial = [*first, *initial]
        shapes = [t.dims for t in initial]
        for attempt in range(_ATTEMPTS):
            cond, body = self._bodies(loop, initial, shapes, base, scope)
            changed = _relaxed(shapes, body, attempt >= _RELAXED)
            if changed == shapes:
                break
            shapes = changed if attempt < _ATTEMPTS - 2 else [None] * len(shapes)
        inputs = [*initial, *body.outer_captures]
        body.outputs += body.captured.values()
        for t in body.outer_captures:
            cond.capture(t)
        shapes += [t.dims for t in body.outputs[len(shapes) :]]
        name = self._fresh(f"{base}/While", scope)
        with self._waiting(loop.controls, scope):
            node = loop_node.add(inputs, cond, body, shapes, loop.parallel_iterations, f"{name}/")
        node.attrs["_num_original_outputs"] = len(node.outputs)
        scope.operations[loop] = node
        for i in range(len(loop.initial)):
            scope.values[loop, i] = node.outputs[_ADDED + i]

    def _bodies(
        self, loop: Loop, initial: Sequence[Tensor], shapes: Sequence[Dims], base: str, scope: Scope
    ) -> tuple[func_graph.FuncGraph, func_graph.FuncGraph]:
        """The functions of a loop, for loop variables of these static shapes."""
        made = []
        for region, word in ((loop.cond, "cond"), (loop.body, "body")):
            with scope.graph.as_default():
                graph = func_graph.FuncGraph(f"{base.replace('/', '_')}_{word}_{next_uid()}")
            inner = Scope(graph, scope)
            self._add_arguments(loop, initial, shapes, inner)
            if made:
                for t in made[0].outer_captures:
                    graph.capture(t)
                with graph.as_default():
                    count, limit = graph.inputs[:_ADDED]
                    graph.outputs = [count + 1, limit]
            self._fill(graph, region, inner)
            made.append(graph)
        cond, body = made
        return cond, body

    @staticmethod
    def _add_arguments(
        loop: Loop, initial: Sequence[Tensor], shapes: Sequence[Dims], scope: Scope
    ) -> None:
        graph = scope.graph
        with graph.as_default():
            for i, (t, shape) in enumerate(zip(initial, shapes, strict=True)):
                merge = loop.arguments[i - _ADDED] if i >= _ADDED else None
                name = merge.new_name if merge else t.op.name.rpartition("/")[2]
                argument = placeholder_ops.placeholder(t.dtype.base_dtype, shape, name)
                argument.handle_data = t.handle_data
                graph.inputs.append(argument)
                if merge is not None:
                    scope.values[merge, 0] = argument


def _relaxed(shapes: Sequence[Dims], body: func_graph.FuncGraph, give_up: bool) -> list[Dims]:
    """The static shapes that loop variables keep, as far as one building of the body tells."""
    found: list[Dims] = []
    for shape, result in zip(shapes, body.outputs, strict=True):
        relaxed = dims_lib.relax(shape, result.dims)
        found.append(None if give_up and relaxed != shape else relaxed)
    return found


def _plain_form(node: Node, region: Region) -> tuple[OpSpec, dict[str, Any], list[Ref]]:
    """The op, attrs and inputs of a node that takes the place of old control flow."""
    if node.type in MERGES:
        refs = region.merged.get(node) or [Ref(node, 0)]
        dtype = node.types[0].base_dtype
        private = {k: v for k, v in node.attrs.items() if k.startswith("_")}
        if len(refs) == 1:
            return identity.Identity, {"T": dtype, **private}, refs
        return identity.IdentityN, {"T": (dtype, dtypes.int32), **private}, refs
    if node.type in EXITS:
        return identity.Identity, node.attrs, node.inputs
    if node.type == "ControlTrigger" or node.type in NEWER_OPS:
        return identity.NoOp, node.attrs, []
    return node.spec, node.attrs, node.inputs


def _check_references(
    spec: OpSpec, attrs: dict[str, Any], inputs: Sequence[Tensor], name: str
) -> None:
    """Refuses to change what a loop or a condition gives: it is a value, not a variable."""
    arguments = spec._flat_args(attrs) if spec.has_list_inputs else spec.inputs
    for arg, t in zip(arguments, inputs, strict=True):
        if arg.is_ref and not t.dtype._is_ref_dtype:
            raise ValueError(
                f"Node '{name}' ({spec.type}) changes a variable that a condition or a loop hands "
                f"on ({t.name}, {type_text(t.dtype)}), which cannot be raised to a function"
            )


def _place(op: Operation, node: Node, devices: list[Any]) -> None:
    """Requests the device that the node names, as device scopes change it.

    What is colocated with another operation gets that one's device later.
    """
    op._device = ""
    if (devices or node.device) and not colocated_with(op):
        op.graph._apply_devices(op, [*devices, node.device])


def colocated_with(op: Operation) -> list[str]:
    """The names of the other operations that an operation is colocated with."""
    if "_class" not in op.attrs:
        return []
    given = op.attrs["_class"]
    groups = [g.decode(errors="replace") if isinstance(g, bytes) else g for g in given]
    found = [g[5:] for g in groups if g.startswith("loc:@")]
    return [name for name in found if name != op.name]


def _set_shapes(op: Operation, shapes: Sequence[Dims]) -> None:
    """Sets the static shapes that an `_output_shapes` attr gives."""
    if len(shapes) < len(op.outputs):
        raise ValueError(
            f"Node '{op.name}' has {len(op.outputs)} outputs but the _output_shapes attribute "
            f"specifies shapes for {len(shapes)} outputs"
        )
    for i, t in enumerate(op.outputs):
        try:
            t.dims = dims_lib.merge(t.dims, shapes[i])
        except ValueError as e:
            raise ValueError(
                f"Node '{op.name}' has an _output_shapes attribute inconsistent with the GraphDef "
                f"for output #{i}: {e}"
            ) from None


def forget_missing(graph: Any, start: int) -> None:
    """Ends the colocation of operations with those that have become part of a function."""
    for op in graph._nodes[start:]:
        gone = {f"loc:@{name}" for name in colocated_with(op) if name not in graph._by_name}
        if gone:
            kept = tuple(g for g in op.attrs["_class"] if g not in gone)
            if kept:
                op.attrs["_class"] = kept
            else:
                del op.attrs["_class"]


class Before:
    """What a graph was before an import."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self.count = len(graph._nodes)
        self._version = graph._version
        self._skipped = graph._skipped
        self._functions = set(graph._functions)

    def restore(self) -> None:
        """Removes the operations and functions added since."""
        graph = self._graph
        removed = graph._nodes[self.count :]
        gone = set(removed)
        for op in removed:
            del graph._by_name[op.name]
            for t in op._inputs:
                if t.op not in gone and t._consumers:
                    t._consumers = [c for c in t._consumers if c not in gone]
            for c in op._control_inputs:
                if c not in gone and c._control_outputs:
                    c._control_outputs = [o for o in c._control_outputs if o not in gone]
        del graph._nodes[self.count :]
        graph._version, graph._skipped = self._version, self._skipped
        for name in set(graph._functions) - self._functions:
            del graph._functions[name]
