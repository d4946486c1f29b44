"""Loops: `While`, `StatelessWhile` and tf.while_loop.

The body of a loop takes and gives, in this order: a counter, the maximum of iterations (-1 for
none), the loop variables, then what it captured from outer graphs, handed on unchanged, and last
the lists in which gradients have it accumulate values (see `loop_gradient`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, dims, dtypes, nest, numbering, scopes
from headrace._src.core import graph as graph_lib
from headrace._src.core.opspec import op
from headrace._src.core.shape import TensorShape
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import (
    _shapes,
    constant,
    flows,
    func_graph,
    identity,
    loop_gradient,
    loop_node,
)
from headrace._src.ops._late import late

_SIGNATURE = "input: list:T -> output: list:T"

# The loop variables that while_loop adds before those of the program.
_ADDED = 2


def _attrs() -> dict[str, Any]:
    return {
        "T": A.dtypes(minimum=0),
        "cond": A.func(),
        "body": A.func(),
        "output_shapes": A.shapes(default=()),
        "parallel_iterations": A.integer(default=10),
    }


# -- While ---------------------------------------------------------------------------------------
While = op("While", _SIGNATURE, stateful=True, calls_functions=True, **_attrs())


@While.shape
def _shape_while(s: Any, input: Any, *, output_shapes: Any) -> Any:
    return list(output_shapes) if output_shapes else list(input)


@While.kernel
def _kernel_while(k: Any, input: Any, *, cond: Any, body: Any) -> Any:
    return k.loop(cond, body, input)


While.gradient(loop_gradient.grad_while)

# -- StatelessWhile ------------------------------------------------------------------------------
StatelessWhile = op("StatelessWhile", _SIGNATURE, calls_functions=True, **_attrs())
StatelessWhile.shape(_shape_while)
StatelessWhile.kernel(_kernel_while)
StatelessWhile.gradient(loop_gradient.grad_while)


@export("while_loop", v2=())
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeats `body` while `cond` holds.

    Args:
      cond: takes the loop variables; returns a scalar bool tensor.
      body: takes the loop variables; returns their next values in the same structure.
      loop_vars: the first values: a list or tuple of tensors, tensor arrays, or nests of them.
      shape_invariants: the static shapes that the loop variables keep, in the structure of
        `loop_vars`; those of the first values when left out.
      parallel_iterations: kept in the node; iterations run one after another.
      back_prop: whether gradients flow through the loop. Where control flow is functional they
        always do.
      swap_memory: kept for programs that say it.
      name: the name of the node.
      maximum_iterations: the most iterations, a scalar int32 tensor or number.
      return_same_structure: whether one loop variable keeps its list or tuple.

    Returns:
      The last values of the loop variables, in their structure.

    Raises:
      TypeError: `cond` or `body` is no function, or a loop variable changes its dtype.
      ValueError: there are no loop variables, the body returns another structure, or a loop
        variable changes its static shape.
    """
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    if parallel_iterations < 1:
        raise TypeError("parallel_iterations must be a positive integer.")
    if isinstance(loop_vars, (list, tuple)) and not loop_vars:
        raise ValueError("No loop variables provided")
    if graph_lib.get_default_graph().executes:
        return _repeated(cond, body, loop_vars, maximum_iterations)
    variables = _Variables(loop_vars, shape_invariants)
    with scopes.name_scope(name or "while") as scope:
        outputs = _build(
            cond, body, variables, parallel_iterations, maximum_iterations, scope, back_prop
        )
        # TensorFlow 1's own loops name the arrays that they return inside.
        inside = numbering.for_bodies(graph_lib.get_default_graph()) is not None
        results = variables.results(outputs) if inside else None
    if not inside:
        results = variables.results(outputs)
    flat = nest.flatten(results, expand_composites=True)
    return flat[0] if len(flat) == 1 and not return_same_structure else results


def _repeated(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: Any,
) -> Any:
    """The loop in eager execution: Python repeats it."""
    values, packed = loop_vars, False
    left = None if maximum_iterations is None else int(maximum_iterations)
    while (left is None or left > 0) and cond(*values):
        values = body(*values)
        if len(loop_vars) == 1 and not isinstance(values, (list, tuple)):
            values, packed = (values,), True
        nest.assert_same_structure(list(values), list(loop_vars))
        left = None if left is None else left - 1
    values = nest.map_structure(
        lambda v: v if flows.is_tensor_array(v) else convert.convert_to_tensor(v),
        values,
        expand_composites=True,
    )
    return values[0] if packed else values


class _Variables:
    """The loop variables that a program names.

    Attributes:
      initial: their first values, flat.
      invariants: the static shapes that they keep.
    """

    def __init__(self, loop_vars: Any, shape_invariants: Any) -> None:
        self._template = loop_vars
        self._returned: Any = None
        values = nest.map_structure(
            convert.convert_to_tensor_or_indexed_slices,
            list(flows.to_flows(loop_vars)),
            expand_composites=True,
        )
        self.initial: list[Tensor] = nest.flatten(values, expand_composites=True)
        self.invariants: list[dims.Dims] = []
        if shape_invariants is None:
            for value in nest.flatten(values):
                self.invariants += _kept_shapes(value)
            return
        nest.assert_same_structure(loop_vars, shape_invariants, expand_composites=False)
        given = nest.flatten(list(shape_invariants))
        for value, shape in zip(nest.flatten(values), given, strict=True):
            self.invariants += _invariants(value, shape)

    def packed(self, flat: Sequence[Any]) -> Any:
        """Flat tensors in the structure of the loop variables."""
        return flows.from_flows(self._template, flat)

    def results(self, flat: Sequence[Any]) -> Any:
        """The last values; those of TensorFlow 1's own loops are packed as the body packs them."""
        packed = self.packed(flat)
        if self._returned is None:
            return packed
        return nest.pack_sequence_as(self._returned, nest.flatten(packed))

    def flat(self, returned: Any, numbers: _Numbers) -> list[Any]:
        """What the body returned, flat.

        Raises:
          ValueError: it has another structure, or holds None.
        """
        if not nest.is_sequence_or_composite(returned):
            returned = [returned]
        nest.assert_same_structure(list(returned), list(self._template), expand_composites=True)
        if numbers.of_bodies is not None:
            if numbers.is_limited and len(returned) > 1:
                # There the loop variables are one of two.
                nest.assert_same_structure(self._template, returned, expand_composites=True)
            self._returned = returned
        values = list(nest.flatten(flows.to_flows(list(returned)), expand_composites=True))
        if any(v is None for v in values):
            raise ValueError("None values not supported.")
        return values

    def check_invariants(self) -> None:
        """Refuses shapes to keep that the first values do not have.

        Raises:
          ValueError: one of them has another shape.
        """
        for first, shape in zip(self.initial, self.invariants, strict=True):
            if not _is_within(first.dims, shape):
                raise ValueError(
                    f"The shape invariant specified for {first.name} is not compatible with the "
                    f"initial shape of the loop variable. It enters the loop with shape "
                    f"{first.shape}, but the specified shape invariant is "
                    f"{TensorShape._from_dims(shape)}."
                )


def _kept_shapes(value: Any) -> list[dims.Dims]:
    """The shapes that one loop variable keeps when the program says nothing."""
    if isinstance(value, SparseTensor):
        # How many elements there are may change.
        rank = dims.with_rank(value.dense_shape.dims, 1)[0]
        return [(None, rank), (None,), (rank,)]
    return [t.dims for t in nest.flatten(value, expand_composites=True)]


def _invariants(value: Any, shape: Any) -> list[dims.Dims]:
    """The shapes that one loop variable, a tensor or a composite, keeps."""
    parts = nest.flatten(value, expand_composites=True)
    if isinstance(shape, TensorShape):
        if isinstance(value, Tensor):
            return [dims.from_any(shape)]
        to_spec = getattr(value, "_shape_invariant_to_type_spec", None)
        if to_spec is None:
            kind = type(value).__name__
            raise TypeError(
                f"To describe or constrain a {kind}, use a {kind}Spec instead of a TensorShape."
            )
        shape = to_spec(shape)
    specs = nest.flatten(shape, expand_composites=True)
    if len(specs) != len(parts) or not all(hasattr(spec, "shape") for spec in specs):
        raise TypeError(f"Expected shape to be a TypeSpec or TensorShape, got {shape!r}")
    for part, spec in zip(parts, specs, strict=True):
        if part.dtype.base_dtype is not spec.dtype:
            raise TypeError(f"TensorSpec {spec!r} is not compatible with {part!r}")
    return [dims.from_any(spec.shape) for spec in specs]


def _build(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    variables: _Variables,
    parallel_iterations: int,
    maximum_iterations: Any,
    scope: str,
    back_prop: bool,
) -> list[Tensor]:
    """Makes the node; returns the loop variables' last values, flat."""
    graph = graph_lib.get_default_graph()
    base = scope[:-1].replace("/", "_")
    names = [f"{base}_{word}_{next_uid()}" for word in ("cond", "body")]
    numbers = _Numbers(graph, len(variables.initial), maximum_iterations is not None)
    if numbers.of_bodies is not None:
        variables.check_invariants()
    limit = convert.convert_to_tensor(
        -1 if maximum_iterations is None else maximum_iterations,
        dtype=dtypes.int32,
        name="maximum_iterations",
    )
    if limit.dims != ():
        raise ValueError(f"maximum_iterations must be a scalar, saw shape: {limit.shape}")
    counter = constant.constant(0, dtype=dtypes.int32, name="loop_counter")
    initial = graph.capture_inputs([counter, limit, *variables.initial])
    numbers.before_cond(initial[1])
    arguments = [func_graph.Argument(t.dtype, t.dims, t.name[:-2]) for t in (counter, limit)]
    arguments += [
        func_graph.Argument(t.dtype.base_dtype, shape)
        for t, shape in zip(variables.initial, variables.invariants, strict=True)
    ]
    # As in 1.15 the elements of a list that changes are not known in the body.
    handles = [t.handle_data if t.dtype == dtypes.resource else None for t in variables.initial]

    def traced_cond(count: Tensor, most: Tensor, *flat: Tensor) -> Any:
        _set_handle_data(flat, handles)
        holds = cond(*variables.packed(flat))
        if numbers.of_bodies is not None:
            holds = _checked_condition(holds, scope)
        with numbers.hidden():
            if isinstance(holds, Tensor) and holds.dims != ():
                holds = late.squeeze(holds)
            if maximum_iterations is None:
                return holds
            return late.logical_and(late.less(count, most), holds)

    cond_graph = func_graph.FuncGraph(names[0], numbers.of_bodies)
    cond_graph.is_part = True
    func_graph.trace(cond_graph, traced_cond, arguments=arguments)
    if len(cond_graph.outputs) != 1:
        raise TypeError(f"cond must return one bool tensor, got {cond_graph.structured_outputs!r}")
    numbers.before_body()

    def traced_body(count: Tensor, most: Tensor, *flat: Tensor) -> Any:
        for t in cond_graph.outer_captures:
            body_graph.capture(t)
        _set_handle_data(flat, handles)
        returned = variables.flat(body(*variables.packed(flat)), numbers)
        with numbers.hidden():
            return [count + 1, most, *returned]

    body_graph = func_graph.FuncGraph(names[1], numbers.of_bodies)
    body_graph.is_part = True
    func_graph.trace(body_graph, traced_body, arguments=arguments)
    _check(body_graph, variables)
    initial += body_graph.outer_captures
    body_graph.outputs += body_graph.captured.values()
    for t in body_graph.outer_captures:
        cond_graph.capture(t)
    n_outputs = len(body_graph.outputs)
    if back_prop and func_graph.gives_everything(graph):
        most = -1 if maximum_iterations is None else limit
        initial += loop_gradient.accumulate_everything(cond_graph, body_graph, most)
    shapes = [t.dims for t in body_graph.outputs]
    shapes[_ADDED : _ADDED + len(variables.invariants)] = variables.invariants
    waits = dict.fromkeys([*cond_graph.control_captures, *body_graph.control_captures])
    with scopes.control_dependencies(list(waits)):
        node = loop_node.add(initial, cond_graph, body_graph, shapes, parallel_iterations, scope)
    node.attrs["_num_original_outputs"] = n_outputs
    if not back_prop and numbers.of_bodies is not None:
        # Functional control flow takes no notice.
        node.attrs["_back_prop"] = False
    results = [identity.identity(t) for t in node.outputs]
    numbers.behind(len(node.outputs))
    return results[_ADDED : _ADDED + len(variables.initial)]


def _checked_condition(holds: Any, scope: str) -> Any:
    """What a condition returned; refuses what the `LoopCond` of TensorFlow 1 refuses."""
    if isinstance(holds, (list, tuple)):
        holds = convert.convert_to_tensor(holds)
    if isinstance(holds, Tensor):
        _shapes.require_bool_scalar(holds, "input", f"{scope}LoopCond")
    return holds


class _Numbers:
    """Counts the operations of a loop as TensorFlow 1 would make them.

    It makes for each loop variable Enter, Merge, Switch, Identity, NextIteration and Exit, and a
    LoopCond; a maximum of iterations is one more loop variable.

    Attributes:
      of_bodies: the numbering of the condition and the body.
      is_limited: whether there is a maximum of iterations.
    """

    def __init__(self, graph: graph_lib.Graph, n_variables: int, is_limited: bool) -> None:
        self.of_bodies = numbering.for_bodies(graph)
        self.is_limited = is_limited
        self._variables = n_variables + is_limited

    def hidden(self) -> contextlib.AbstractContextManager[None]:
        """Does not count what is made inside."""
        return contextlib.nullcontext() if self.of_bodies is None else self.of_bodies.hidden()

    def _skip(self, n: int) -> None:
        if self.of_bodies is not None:
            self.of_bodies.skip(n)

    def before_cond(self, limit: Tensor) -> None:
        """Counts what comes before the condition; the limit is brought in and compared first."""
        self._skip(2 * self._variables + (1 if self.is_limited else -2))
        if self.is_limited and self.of_bodies is not None:
            self.of_bodies.note_capture(limit)

    def before_body(self) -> None:
        """Counts what comes between the condition and the body: with a limit, its And and sum."""
        self._skip(1 + 2 * self._variables + (3 if self.is_limited else 0))

    def behind(self, n_outputs: int) -> None:
        """Counts what comes behind the body, instead of the node and its identities."""
        self._skip(2 * self._variables - 1 - n_outputs)


def _set_handle_data(tensors: Sequence[Tensor], data: Sequence[Any]) -> None:
    for t, d in zip(tensors, data, strict=True):
        t.handle_data = d


def _check(body: func_graph.FuncGraph, variables: _Variables) -> None:
    """Refuses a body that changes the dtype or the static shape of a loop variable."""
    outputs = body.outputs[_ADDED:]
    for first, out in zip(variables.initial, outputs, strict=True):
        if first.dtype.base_dtype is not out.dtype.base_dtype:
            raise TypeError(
                f"Loop var {first.name} enters the loop with type {first.dtype.base_dtype} but "
                f"has type {out.dtype} after 1 iteration."
            )
    for first, shape, out in zip(variables.initial, variables.invariants, outputs, strict=True):
        if not _is_within(out.dims, shape):
            raise ValueError(
                f"Input tensor '{first.name}' enters the loop with shape "
                f"{TensorShape._from_dims(shape)}, but has shape {out.shape} after one iteration. "
                "To allow the shape to vary across iterations, use the `shape_invariants` "
                "argument of tf.while_loop to specify a less-specific shape."
            )


def _is_within(shape: dims.Dims, invariant: dims.Dims) -> bool:
    """Whether every value of static shape `shape` has the shape `invariant`."""
    if invariant is None:
        return True
    if shape is None or len(shape) != len(invariant):
        return False
    return all(b is None or a == b for a, b in zip(shape, invariant, strict=True))


__all__ = ["StatelessWhile", "While", "while_loop"]
