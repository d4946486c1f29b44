"""Networks over whole sequences: the cell in a loop."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops.tensor_array import PlainArray, TensorArray
from headrace._src.rnn.cell import check_like_cell
from headrace._src.rnn.sizes import as_static_shape, joined_shape, joined_static_shape
from headrace._src.rnn.step import (
    Lengths,
    best_effort_input_batch_size,
    first_state,
    is_keras_cell,
    masked_step,
    network_scope,
    state_dtype,
    transpose_batch_time,
)
from headrace._src.state import variable_scope as scopes


@export("nn.dynamic_rnn", v2=(), deprecated="tf.keras.layers.RNN(cell)")
def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over sequences.

    With `sequence_length`, steps after the end of a sequence give zeros and keep its state.

    Args:
      cell: the cell, a `tf.nn.rnn_cell.RNNCell`.
      inputs: tensor `[batch, time, ...]`, `[time, batch, ...]` if `time_major`, or a structure of
        such tensors.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      initial_state: state to begin with, in the structure of `cell.state_size`; zeros by default.
      dtype: dtype of state and outputs; needed without `initial_state`.
      parallel_iterations: kept in the loop's node; 32 by default.
      swap_memory: kept for programs that say it.
      time_major: whether time is the first dimension of inputs and outputs, instead of the batch.
      scope: variable scope; `"rnn"` by default.

    Returns:
      The outputs `[batch, time, ...]` or `[time, batch, ...]` in the structure of
      `cell.output_size`, and the final state.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: the inputs' sizes are unknown or differ, or no dtype is given.
    """
    check_like_cell("cell", cell)
    with network_scope(scope, "rnn"):
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert_to_tensor(x) for x in flat]
            flat = [transpose_batch_time(x) for x in flat]
        if sequence_length is not None:
            sequence_length = late.cast(sequence_length, dtypes.int32)
            if sequence_length.shape.ndims not in (None, 1):
                raise ValueError(
                    "sequence_length must be a vector of length batch_size, but saw shape: "
                    f"{sequence_length.shape}"
                )
            # The name by which programs find it.
            sequence_length = late.identity(sequence_length, name="sequence_length")
        batch_size = best_effort_input_batch_size(flat)
        error = "If there is no initial_state, you must give a dtype."
        state = first_state(cell, initial_state, batch_size, dtype, error)
        if sequence_length is not None and not get_default_graph().executes:
            with control_dependencies([_assert_shape(sequence_length, [batch_size])]):
                sequence_length = late.identity(sequence_length, name="CheckSeqLen")
        loop = _Loop(cell, nest.pack_sequence_as(inputs, flat), state, sequence_length, dtype)
        outputs, final_state = loop.run(parallel_iterations or 32, swap_memory)
        if not time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
        return outputs, final_state


def _assert_shape(x: Tensor, shape: Any) -> Any:
    found, wanted = late.shape(x), late.stack(shape)
    same = late.reduce_all(late.equal(found, wanted))
    check = getattr(late, "debugging.Assert")
    said = [f"Expected shape for Tensor {x.name} is ", wanted, " but saw shape: ", found]
    return check(same, said)


class _Loop:
    """The loop of a network over time-major inputs.

    Args:
      cell: the cell.
      inputs: tensors `[time, batch, ...]` in any structure.
      state: the state to begin with.
      lengths: int32 `[batch]`, or None when all sequences are full.
      dtype: dtype of the outputs; that of the state when None.
    """

    def __init__(self, cell: Any, inputs: Any, state: Any, lengths: Any, dtype: Any) -> None:
        self._cell, self._inputs, self._state = cell, inputs, state
        self._lengths = lengths
        self._flat = nest.flatten(inputs)
        self._output_sizes = nest.flatten(cell.output_size)
        self._keras = is_keras_cell(cell)
        self._steps = late.shape(self._flat[0])[0]
        self._batch_size = best_effort_input_batch_size(self._flat)
        self._shapes = [x.shape.with_rank_at_least(3) for x in self._flat]
        _check_shapes(self._shapes)
        self._dtype = dtype

    def _output_dtype(self) -> Any:
        return state_dtype(self._dtype, self._state)

    def _array(self, name: str, shape: Any, dtype: Any) -> TensorArray:
        return PlainArray(
            dtype=dtype, size=self._steps, element_shape=shape, tensor_array_name=name
        )

    def run(self, parallel_iterations: int, swap_memory: bool) -> tuple[Any, Any]:
        """The outputs `[time, batch, ...]` and the final state."""
        zeros = [
            late.zeros(late.stack(joined_shape(self._batch_size, size)), self._output_dtype())
            for size in self._output_sizes
        ]
        self._zero_output = nest.pack_sequence_as(self._cell.output_size, zeros)
        self._ends = None if self._lengths is None else Lengths.of(self._lengths)
        longest = self._steps if self._ends is None else self._ends.longest
        time = late.constant(0, dtype=dtypes.int32, name="time")
        results = self._make_arrays()
        # One step at least, so that the arrays learn the outputs' shapes.
        bound = late.minimum(self._steps, late.maximum(1, longest))
        _, results, final_state = late.while_loop(
            cond=lambda time, *_: time < bound,
            body=self._step,
            loop_vars=(time, results, self._state),
            parallel_iterations=parallel_iterations,
            maximum_iterations=self._steps,
            swap_memory=swap_memory,
        )
        return self._stacked(results), final_state

    def _make_arrays(self) -> tuple[TensorArray, ...]:
        """Makes the arrays of outputs, and those of inputs with the inputs in them."""
        with name_scope("dynamic_rnn") as base:
            pass
        batch = TensorShape([self._shapes[0].as_list()[1]])
        results = tuple(
            self._array(
                f"{base}output_{i}", batch.concatenate(as_static_shape(size)), self._output_dtype()
            )
            for i, size in enumerate(self._output_sizes)
        )
        arrays = [
            self._array(f"{base}input_{i}", x.shape[1:], x.dtype) for i, x in enumerate(self._flat)
        ]
        self._arrays = [a.unstack(x) for a, x in zip(arrays, self._flat, strict=True)]
        return results

    def _step(self, time: Tensor, results: Any, state: Any) -> tuple[Any, Any, Any]:
        """One iteration."""
        read = [array.read(time) for array in self._arrays]
        for x, shape in zip(read, self._shapes, strict=True):
            x.set_shape(shape[1:])
        x = nest.pack_sequence_as(self._inputs, read)
        if self._keras and not nest.is_nested(state):
            state = [state]
        if self._ends is None:
            output, new_state = self._cell(x, state)
        else:
            output, new_state = masked_step(
                time,
                self._ends,
                self._zero_output,
                state,
                lambda: self._cell(x, state),
                always_call=True,
            )
        if self._keras and len(new_state) == 1:
            new_state = new_state[0]
        written = zip(results, nest.flatten(output), strict=True)
        results = tuple(array.write(time, t) for array, t in written)
        return time + 1, results, new_state

    def _stacked(self, results: Any) -> Any:
        outputs = [array.stack() for array in results]
        sizes = self._shapes[0].as_list()[:2]
        for output, size in zip(outputs, self._output_sizes, strict=True):
            output.set_shape(joined_static_shape(sizes, size))
        return nest.pack_sequence_as(self._cell.output_size, outputs)


def _check_shapes(shapes: list[TensorShape]) -> None:
    """Check that inputs `[time, batch, ...]` agree and their sizes are known.

    Raises:
      ValueError: they do not.
    """
    steps, batch = shapes[0].as_list()[:2]
    for shape in shapes:
        if not shape[2:].is_fully_defined():
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw "
                "value None."
            )
        if shape.as_list()[0] != steps:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch."
            )
        if shape.as_list()[1] != batch:
            raise ValueError("Batch_size is not the same for all the elements in the input.")


# -- Both directions ------------------------------------------------------------------------------
@export("nn.bidirectional_dynamic_rnn", v2=(), deprecated="tf.keras.layers.Bidirectional")
def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run one cell forwards and one backwards over sequences.

    Args:
      cell_fw: the cell that runs forwards.
      cell_bw: the cell that runs backwards.
      inputs: tensor `[batch, time, ...]`, `[time, batch, ...]` if `time_major`, or a structure of
        such tensors.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      initial_state_fw: state to begin with forwards; zeros by default.
      initial_state_bw: state to begin with backwards; zeros by default.
      dtype: dtype of states and outputs; needed unless both states are given.
      parallel_iterations: kept in the loops' nodes; 32 by default.
      swap_memory: kept for programs that say it.
      time_major: whether time is the first dimension of inputs and outputs, instead of the batch.
      scope: variable scope; `"bidirectional_rnn"` by default.

    Returns:
      The pair of outputs, both in the order of time, and the pair of final states.

    Raises:
      TypeError: a cell is no cell.
      ValueError: the inputs' sizes are unknown or differ, or no dtype is given.
    """
    check_like_cell("cell_fw", cell_fw)
    check_like_cell("cell_bw", cell_bw)
    seq_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(x: Any) -> Tensor:
        if sequence_length is None:
            return late.reverse(x, axis=[seq_axis])  # type: ignore[no-any-return]
        return late.reverse_sequence(  # type: ignore[no-any-return]
            input=x, seq_lengths=sequence_length, seq_axis=seq_axis, batch_axis=batch_axis
        )

    options = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    with scopes.variable_scope(scope or "bidirectional_rnn"):
        with scopes.variable_scope("fw") as fw:
            output_fw, state_fw = dynamic_rnn(
                cell_fw, inputs, initial_state=initial_state_fw, scope=fw, **options
            )
        with scopes.variable_scope("bw") as bw:
            turned_inputs = nest.map_structure(turned, inputs)
            turned_output, state_bw = dynamic_rnn(
                cell_bw, turned_inputs, initial_state=initial_state_bw, scope=bw, **options
            )
    output_bw = turned(turned_output)
    return (output_fw, output_bw), (state_fw, state_bw)
