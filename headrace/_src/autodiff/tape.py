"""GradientTape: gradients of what was executed at once.

A tape keeps the operations that it has seen take something that it watches, with their inputs, and
walks them back. In the body of a function there is nothing to keep: gradients of a graph are added
to the graph.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.autodiff import gradients as graph_gradients
from headrace._src.autodiff import registry
from headrace._src.autodiff.gradients import UnconnectedGradients
from headrace._src.core import convert, eager_mode, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops import add_n, constant, reshape, shapes
from headrace._src.ops.dependence import is_flowing


class _Seen:
    """One operation as a tape remembers it."""

    __slots__ = ("op", "rule")

    def __init__(self, op: Operation, rule: Any) -> None:
        self.op = op
        self.rule = rule


@export("GradientTape", "contrib.eager.GradientTape", v2=("GradientTape",))
class GradientTape:
    """A context manager that records operations for differentiation.

    Trainable variables are watched when they are read; other tensors when `watch` says so.

    Args:
      persistent: whether `gradient` may be called more than once.
      watch_accessed_variables: whether trainable variables are watched by themselves.

    State inventory:
      _seen: the operations recorded.            _watched: id → tensor that gradients flow to.
      _variables: id of a handle → the variable. _open, _used: whether it records; was asked.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watches_variables = watch_accessed_variables
        self._open = False
        self._used = True  # There is nothing to ask for before it has recorded.
        self._forget()

    def _forget(self) -> None:
        self._seen: list[_Seen] = []
        self._watched: dict[int, Any] = {}
        self._variables: dict[int, Any] = {}

    # -- recording -----------------------------------------------------------------------------

    def __enter__(self) -> GradientTape:
        if self._open:
            raise ValueError("Tape is already recording.")
        self._open = True
        self._used = False
        eager_mode.recorders().append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._open:
            self._close()

    def _close(self) -> None:
        if not self._open:
            raise ValueError("Tape is not recording.")
        self._open = False
        open_tapes = eager_mode.recorders()
        if self in open_tapes:
            open_tapes.remove(self)

    def _takes(self, inputs: Sequence[Any]) -> bool:
        """Whether an operation on these inputs is to be recorded."""
        watched = self._watched
        for t in inputs:
            if id(t) in watched or (t.is_trainable_handle and self._watches_variables):
                return True
        return False

    def record(self, op: Operation, rule: Any = None) -> None:
        """Notes an operation that was just executed.

        Args:
          op: the operation, with inputs and outputs.
          rule: its gradient rule, where the op type does not say.
        """
        if self._takes(op._inputs):
            kept = Operation(op.graph, op.spec, op.name, list(op._inputs), (), op.attrs)
            kept.outputs = op.outputs
            self._keep(kept, rule)

    def _keep(self, op: Operation, rule: Any = None) -> None:
        """Keeps an operation that takes something watched, and that nobody changes any more."""
        watched = self._watched
        if self._watches_variables:
            for t in op._inputs:
                key = id(t)
                if t.is_trainable_handle and key not in watched:  # type: ignore[attr-defined]
                    watched[key] = t
                    # The variable lives as long as the tape: the program may have let go of it.
                    variable = getattr(t, "variable", lambda: None)()
                    if variable is not None:
                        self._variables[key] = variable
        is_new = True
        for t in op.outputs:
            if is_flowing(t):
                watched[id(t)] = t
                if is_new:
                    self._seen.append(_Seen(op, rule))
                    is_new = False

    def watch(self, tensor: Any) -> None:
        """Records what happens to a tensor, or to each of a nest of them.

        Raises:
          ValueError: it is no tensor.
        """
        for t in nest.flatten(tensor):
            handle = getattr(t, "handle", t)
            if not isinstance(handle, Tensor):
                raise ValueError(f"Passed in object of type {type(t)}, not tf.Tensor")
            if not graph_gradients.is_trainable(handle):
                from headrace._src.platform import logging

                logging.warning(
                    "The dtype of the watched tensor must be floating (e.g. tf.float32), got %r",
                    t.dtype,
                )
            self._watched[id(handle)] = handle
            if handle is not t:
                self._variables[id(handle)] = t

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Returns a context manager inside which nothing is recorded.

        Raises:
          RuntimeError: the tape is not recording.
        """
        if not self._open:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        self._close()
        try:
            yield
        finally:
            self._open = True
            eager_mode.recorders().append(self)

    def reset(self) -> None:
        """Forgets everything that was recorded and watched."""
        self._forget()

    def watched_variables(self) -> tuple[Any, ...]:
        """Returns the variables watched so far, in the order in which they were met."""
        found = []
        for key in self._watched:
            variable = self._variables.get(key)
            if variable is not None:
                found.append(variable)
        return tuple(found)

    # -- gradients -----------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """Returns the gradient of the sum of `target` with respect to each of `sources`.

        Args:
          target: a tensor or a nest of tensors.
          sources: a tensor, a variable or a nest of them.
          output_gradients: gradients of the targets; ones when left out.
          unconnected_gradients: what a source gets that no target depends on.

        Returns:
          `Tensor`s, `IndexedSlices` or None in the structure of `sources`.

        Raises:
          RuntimeError: the tape is not persistent and was asked before, or is recording.
          LookupError: an operation on the way has no gradient.
        """
        if self._used and not self._persistent:
            raise RuntimeError(
                "GradientTape.gradient can only be called once on non-persistent tapes."
            )
        self._used = True
        if self._open:
            if self._persistent:
                from headrace._src.platform import logging

                logging.warning(
                    "Calling GradientTape.gradient on a persistent tape inside its context is "
                    "significantly less efficient than calling it outside the context (it causes "
                    "the gradient ops to be recorded on the tape, leading to increased CPU and "
                    "memory usage). Only call GradientTape.gradient inside the context if you "
                    "actually want to trace the gradient in order to compute higher order "
                    "derivatives."
                )
            else:
                self._close()
        flat = nest.flatten(sources)
        handles = [getattr(s, "handle", s) for s in flat]
        targets = [convert.convert_to_tensor(t) for t in nest.flatten(target)]
        given = (
            [None] * len(targets) if output_gradients is None else nest.flatten(output_gradients)
        )
        if graph_lib.get_default_graph().executes:
            kind = graph_gradients.unconnected_kind(unconnected_gradients)
            found = self._walk(targets, handles, given, kind)
        else:
            found = graph_gradients.gradients(
                targets, flat, grad_ys=given, unconnected_gradients=unconnected_gradients
            )
        if not self._persistent:
            self._forget()
        return nest.pack_sequence_as(sources, found)

    def _walk(
        self,
        targets: Sequence[Any],
        sources: Sequence[Any],
        given: Sequence[Any],
        unconnected: UnconnectedGradients,
    ) -> list[Any]:
        collected: dict[int, list[Any]] = {}
        for t, g in zip(targets, given, strict=True):
            if id(t) in self._watched:
                collected.setdefault(id(t), []).append(_ones_like(t) if g is None else g)
        wanted = {id(s) for s in sources}
        watched = self._watched
        for seen in reversed(list(self._seen)):
            op = seen.op
            dys = []
            is_reached = False
            for t in op.outputs:
                grads = collected.get(id(t))
                dy = None
                if grads:
                    is_reached = True
                    dy = grads[0] if len(grads) == 1 else _total(grads)
                    if id(t) not in wanted:
                        del collected[id(t)]
                dys.append(dy)
            if not is_reached:
                continue
            for t, g in zip(op._inputs, self._input_gradients(seen, dys), strict=False):
                if g is not None and id(t) in watched:
                    collected.setdefault(id(t), []).append(g)
        result = []
        for s in sources:
            g = _total(collected.get(id(s)))
            if g is None and unconnected is UnconnectedGradients.ZERO:
                g = graph_gradients.identity_zeros(s)
            result.append(g)
        return result

    def _input_gradients(self, seen: _Seen, dys: list[Any]) -> list[Any]:
        op = seen.op
        rule = seen.rule or registry.gradient_function(op)
        if rule is None:
            return [None] * len(op._inputs)
        if any(dy is None for dy in dys) if len(dys) > 1 else dys[0] is None:
            if getattr(rule, "takes_none", False):
                return list(rule(op, *dys))
            every = getattr(rule, "takes_every_gradient", lambda op: False)(op)
            dys = [
                graph_gradients.identity_zeros(t) if dy is None and (every or is_flowing(t)) else dy
                for t, dy in zip(op.outputs, dys, strict=True)
            ]
        result = rule(op, *dys)
        return list(result) if isinstance(result, (list, tuple)) else [result]

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Returns the derivative of each element of `target` with respect to each of `sources`.

        Args:
          target: a tensor.
          sources: a tensor, a variable or a nest of them.
          unconnected_gradients: what a source gets that the target does not depend on.
          parallel_iterations: accepted for programs that say it.
          experimental_use_pfor: accepted for programs that say it.

        Returns:
          For each source a tensor `[*target's shape, *source's shape]`, or None.
        """
        flat = nest.flatten(sources)
        with self._kept():
            elements = reshape.reshape(target, [-1])
            rows = [
                self.gradient(target, flat, self._unit(target, i), unconnected_gradients)
                for i in range(int(elements.shape[0]))
            ]
        result = []
        for i, s in enumerate(flat):
            parts = [row[i] for row in rows]
            if any(p is None for p in parts):
                result.append(None)
                continue
            stacked = _stack([convert.convert_to_tensor(p) for p in parts])
            dims = [*target.shape.as_list(), *s.shape.as_list()]
            result.append(reshape.reshape(stacked, dims))
        return nest.pack_sequence_as(sources, result)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Returns, for each row of a batch, the derivative of the target's row by the source's.

        Args:
          target: tensor `[b, ...]`; its rows depend on the same rows of `source` alone.
          source: tensor `[b, ...]`.
          unconnected_gradients: what is returned when the target does not depend on it.
          parallel_iterations: accepted for programs that say it.
          experimental_use_pfor: accepted for programs that say it.

        Returns:
          Tensor `[b, *target.shape[1:], *source.shape[1:]]`, or None.

        Raises:
          ValueError: the first dimensions differ.
        """
        if target.shape.as_list()[:1] != source.shape.as_list()[:1]:
            raise ValueError(
                "Need first dimension of target shape ("
                f"{target.shape}) and source shape ({source.shape}) to match."
            )
        rows = reshape.reshape(target, [target.shape.as_list()[0], -1])
        columns = []
        with self._kept():
            flat = convert.convert_to_tensor(rows)
            for i in range(int(flat.shape[1])):
                unit = self._column(target, i)
                g = self.gradient(target, source, unit, unconnected_gradients)
                if g is None:
                    shape = [*target.shape.as_list(), *source.shape.as_list()[1:]]
                    return constant.zeros(shape, dtype=target.dtype)
                columns.append(convert.convert_to_tensor(g))
        dims = [*target.shape.as_list(), *source.shape.as_list()[1:]]
        return reshape.reshape(_stack(columns, axis=1), dims)

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Lets `gradient` be called several times."""
        persistent = self._persistent
        if self._used and not persistent:
            raise RuntimeError(
                "GradientTape.gradient can only be called once on non-persistent tapes."
            )
        if self._open and not persistent:
            self._close()
        self._persistent = True
        try:
            yield
        finally:
            self._persistent = persistent
            if not persistent:
                self._forget()

    @staticmethod
    def _unit(target: Tensor, i: int) -> Tensor:
        """A gradient of `target` that is one at its i-th element."""
        size = reshape.reshape(target, [-1]).shape.as_list()[0]
        row = [1.0 if j == i else 0.0 for j in range(size)]
        unit = constant.constant(row, dtype=target.dtype)
        return reshape.reshape(unit, shapes.shape(target))

    @staticmethod
    def _column(target: Tensor, i: int) -> Tensor:
        """A gradient of `target` that is one at the i-th element of each row."""
        batch, *rest = target.shape.as_list()
        size = 1
        for d in rest:
            size *= d
        row = [1.0 if j == i else 0.0 for j in range(size)]
        unit = constant.constant([row] * batch, dtype=target.dtype)
        return reshape.reshape(unit, shapes.shape(target))


def _stack(parts: Sequence[Tensor], axis: int = 0) -> Tensor:
    from headrace._src.ops import concat

    return concat.stack(parts, axis=axis)  # type: ignore[no-any-return]


def _ones_like(t: Any) -> Any:
    if not isinstance(t.held, (np.ndarray, np.generic)):
        return constant.ones_like(t)
    graph: Any = graph_lib.get_default_graph()
    return graph.constant(constant.Const, np.ones(t.held.shape, t.held.dtype), t.dtype)


def _total(grads: list[Any] | None) -> Any:
    """The sum of the gradients collected for one tensor; it takes their place."""
    if not grads:
        return None
    if len(grads) > 1:
        if all(type(g) is EagerTensor for g in grads):
            grads[:] = [add_n.AddN(grads)]
        elif all(isinstance(g, IndexedSlices) for g in grads):
            grads[:] = [graph_gradients._sum_slices(grads)]
        else:
            grads[:] = [add_n.add_n([convert.convert_to_tensor(g) for g in grads])]
    return grads[0]
