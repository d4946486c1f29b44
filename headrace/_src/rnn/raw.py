"""raw_rnn: a loop around a cell in which the program chooses inputs, states and outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops.tensor_array import TensorArray
from headrace._src.rnn.cell import check_like_cell
from headrace._src.rnn.sizes import as_static_shape, dimension, joined_shape
from headrace._src.rnn.step import choose, network_scope


@export("nn.raw_rnn", v2=())
def raw_rnn(
    cell: Any,
    loop_fn: Any,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run a cell in a loop that a function steers.

    `loop_fn(time, cell_output, cell_state, loop_state)` returns `(finished, next_input,
    next_cell_state, emit_output, next_loop_state)`. It is called before the first step with time 0
    and None for the others: `emit_output` then tells structure, shapes and dtypes of what is
    emitted, None for those of the cell's output. Sequences that are finished emit zeros and keep
    their state; the loop ends when all are.

    Args:
      cell: the cell, a `tf.nn.rnn_cell.RNNCell`.
      loop_fn: the function.
      parallel_iterations: kept in the loop's node; 32 by default.
      swap_memory: kept for programs that say it.
      scope: variable scope; `"rnn"` by default.

    Returns:
      Tensor arrays of what was emitted, the final state of the cell, and the final loop state.

    Raises:
      TypeError: `cell` is no cell, or `loop_fn` no function.
      ValueError: `loop_fn` returns another structure than before.
    """
    check_like_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with network_scope(scope, "rnn"):
        loop = _Loop(cell, loop_fn)
        *_, arrays, state, loop_state = late.while_loop(
            lambda time, finished, *_: late.logical_not(late.reduce_all(finished)),
            loop.step,
            loop_vars=loop.first,
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        return arrays, state, loop_state if loop.has_loop_state else None


class _Loop:
    """What does not change from step to step.

    Attributes:
      first: the loop variables at the beginning.
      has_loop_state: whether the function keeps a state of its own.
    """

    def __init__(self, cell: Any, loop_fn: Callable[..., Any]) -> None:
        self._cell, self._loop_fn = cell, loop_fn
        time = late.constant(0, dtype=dtypes.int32)
        finished, x, state, emit, loop_state = loop_fn(time, None, None, None)
        flat = nest.flatten(x)
        self.has_loop_state = loop_state is not None
        if loop_state is None:
            # A loop variable needs a value.
            loop_state = late.constant(0, dtype=dtypes.int32)
        static = dimension(flat[0].shape, 0)
        for t in flat:
            static.merge_with(dimension(t.shape, 0))
        batch_size = static.value
        if batch_size is None:
            batch_size = late.shape(flat[0])[0]
        nest.assert_same_structure(state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, state)
        arrays, self._zeros = _emitted(cell, emit, state, static.value, batch_size)
        self.first = [time, finished, x, arrays, state, loop_state]

    def step(
        self, time: Tensor, finished: Tensor, x: Any, arrays: Any, state: Any, loop_state: Any
    ) -> tuple[Any, ...]:
        """One iteration."""
        output, cell_state = self._cell(x, state)
        nest.assert_same_structure(state, cell_state)
        nest.assert_same_structure(self._cell.output_size, output)
        next_time = time + 1
        now_finished, next_x, next_state, emit, next_loop_state = self._loop_fn(
            next_time, output, cell_state, loop_state
        )
        nest.assert_same_structure(state, next_state)
        nest.assert_same_structure(x, next_x)
        nest.assert_same_structure(arrays, emit)
        if next_loop_state is not None:
            loop_state = next_loop_state

        def kept(old: Any, new: Any) -> Any:
            return choose(finished, old, new)

        emit = nest.map_structure(kept, self._zeros, emit)
        next_state = nest.map_structure(kept, state, next_state)
        arrays = nest.map_structure(lambda a, t: a.write(time, t), arrays, emit)
        finished = late.logical_or(finished, now_finished)
        return next_time, finished, next_x, arrays, next_state, loop_state


def _emitted(
    cell: Any, emit: Any, state: Any, static_batch_size: int | None, batch_size: Any
) -> tuple[Any, Any]:
    """Empty arrays for what is emitted, and the zeros of finished sequences."""
    if emit is not None:
        structure, flat = emit, nest.flatten(emit)
        sizes = [t.shape if t.shape.is_fully_defined() else late.shape(t) for t in flat]
        kinds = [t.dtype for t in flat]
    else:
        structure, sizes = cell.output_size, nest.flatten(cell.output_size)
        kinds = [nest.flatten(state)[0].dtype] * len(sizes)
    batch = TensorShape([static_batch_size])
    arrays = [
        TensorArray(
            dtype=dtype,
            dynamic_size=True,
            element_shape=batch.concatenate(as_static_shape(size)),
            size=0,
            name=f"rnn_output_{i}",
        )
        for i, (dtype, size) in enumerate(zip(kinds, sizes, strict=True))
    ]
    zeros = [
        late.zeros(joined_shape(batch_size, size), dtype)
        for size, dtype in zip(sizes, kinds, strict=True)
    ]
    packed = nest.pack_sequence_as(structure, arrays)
    return packed, nest.pack_sequence_as(structure, zeros)
