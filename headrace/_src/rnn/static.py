"""Networks over lists of inputs: one copy of the cell for every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import control_dependencies
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.rnn.cell import check_like_cell
from headrace._src.rnn.sizes import dimension, joined_shape, joined_static_shape
from headrace._src.rnn.step import (
    Lengths,
    first_state,
    is_keras_cell,
    masked_step,
    network_scope,
    state_dtype,
)
from headrace._src.state import variable_scope as scopes


def _check_list(inputs: Any) -> None:
    if not nest.is_nested(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")


def _static_batch_size(inputs: Any, first: Tensor) -> Any:
    """The batch size as a `Dimension`, which all inputs must share.

    Raises:
      ValueError: an input has another one, or another dimension is unknown.
    """
    if first.shape.ndims == 1:
        return first.shape.with_rank_at_least(1)[0]
    size = first.shape.with_rank_at_least(2).dims[0]
    for x in nest.flatten(inputs):
        shape = x.shape.with_rank_at_least(2)
        batch, depths = dimension(shape, 0), shape[1:]
        size.merge_with(batch)
        for i, depth in enumerate(depths.as_list()):
            if depth is None:
                raise ValueError(
                    f"Input size (dimension {i} of inputs) must be accessible via shape "
                    "inference, but saw value None."
                )
    return size


def _zero_output(cell: Any, batch_size: Any, static_batch_size: Any, dtype: Any) -> Any:
    def zeros(size: Any) -> Tensor:
        made = late.zeros(late.stack(joined_shape(batch_size, size)), dtype)
        made.set_shape(TensorShape(joined_static_shape(static_batch_size, size)))
        return made  # type: ignore[no-any-return]

    made = [zeros(size) for size in nest.flatten(cell.output_size)]
    return nest.pack_sequence_as(cell.output_size, made)


@export(
    "nn.static_rnn",
    "contrib.rnn.static_rnn",
    v2=(),
    deprecated="tf.keras.layers.RNN(cell, unroll=True)",
)
def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs.

    With `sequence_length`, steps after the end of a sequence give zeros and keep its state.

    Args:
      cell: the cell, a `tf.nn.rnn_cell.RNNCell`.
      inputs: list of tensors `[batch, depth]`, or of structures of them, one for each step.
      initial_state: state to begin with, in the structure of `cell.state_size`; zeros by default.
      dtype: dtype of state and outputs; needed without `initial_state`.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      scope: variable scope; `"rnn"` by default.

    Returns:
      The list of outputs and the final state.

    Raises:
      TypeError: `cell` is no cell, or the inputs are no list.
      ValueError: there are no inputs, their depth is unknown, or no dtype is given.
    """
    check_like_cell("cell", cell)
    _check_list(inputs)
    with network_scope(scope, "rnn") as varscope:
        first = inputs
        while nest.is_nested(first):
            first = first[0]
        static_batch_size = _static_batch_size(inputs, first).value
        batch_size = static_batch_size or late.shape(first)[0]
        error = "If no initial_state is provided, dtype must be specified"
        state = first_state(cell, initial_state, batch_size, dtype, error)
        ends, zeros = None, None
        if sequence_length is not None:
            lengths = convert_to_tensor(sequence_length, name="sequence_length")
            if lengths.shape.ndims not in (None, 1):
                raise ValueError("sequence_length must be a vector of length batch_size")
            zeros = _zero_output(cell, batch_size, static_batch_size, state_dtype(dtype, state))
            ends = Lengths.of(late.cast(lengths, dtypes.int32))
        keras = is_keras_cell(cell)
        if keras and not nest.is_nested(state):
            state = [state]
        outputs = []
        for time, x in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()
            if ends is None:
                output, state = cell(x, state)
            else:
                output, state = _ending_step(cell, time, x, state, ends, zeros)
            outputs.append(output)
        if keras and len(state) == 1:
            state = state[0]
        return outputs, state


def _ending_step(
    cell: Any, time: int, x: Any, state: Any, ends: Lengths, zeros: Any
) -> tuple[Any, Any]:
    return masked_step(time, ends, zeros, state, lambda: cell(x, state), always_call=False)


# -- Both directions ------------------------------------------------------------------------------
def _reversed(sequence: Sequence[Any], lengths: Any) -> list[Any]:
    """The list of steps in reverse, each sequence up to its own length."""
    if lengths is None:
        return list(reversed(sequence))
    results: list[list[Any]] = [[] for _ in sequence]
    for steps in zip(*(tuple(nest.flatten(x)) for x in sequence), strict=True):
        rank = steps[0].shape.ndims
        shape = TensorShape(None if rank is None else [None] * rank)
        for x in steps:
            shape.merge_with(x.shape)
            x.set_shape(shape)
        turned = late.reverse_sequence(late.stack(steps), lengths, 0, 1)
        for x, result in zip(late.unstack(turned), results, strict=True):
            x.set_shape(shape)
            result.append(x)
    return [nest.pack_sequence_as(x, flat) for x, flat in zip(sequence, results, strict=True)]


@export(
    "nn.static_bidirectional_rnn",
    "contrib.rnn.static_bidirectional_rnn",
    v2=(),
    deprecated="tf.keras.layers.Bidirectional",
)
def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run one cell forwards and one backwards over a list of inputs; join their outputs.

    Args:
      cell_fw: the cell that runs forwards.
      cell_bw: the cell that runs backwards.
      inputs: list of tensors `[batch, depth]`, or of structures of them, one for each step.
      initial_state_fw: state to begin with forwards; zeros by default.
      initial_state_bw: state to begin with backwards; zeros by default.
      dtype: dtype of states and outputs; needed unless both states are given.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      scope: variable scope; `"bidirectional_rnn"` by default.

    Returns:
      The list of outputs `[batch, size_fw + size_bw]`, and the final states of both directions.

    Raises:
      TypeError: a cell is no cell, or the inputs are no list.
      ValueError: there are no inputs, their depth is unknown, or no dtype is given.
    """
    check_like_cell("cell_fw", cell_fw)
    check_like_cell("cell_bw", cell_bw)
    _check_list(inputs)
    with scopes.variable_scope(scope or "bidirectional_rnn"):
        with scopes.variable_scope("fw") as fw:
            outputs_fw, state_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw
            )
        with scopes.variable_scope("bw") as bw:
            turned = _reversed(inputs, sequence_length)
            turned, state_bw = static_rnn(
                cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=bw
            )
    outputs_bw = _reversed(turned, sequence_length)
    flat = zip(nest.flatten(outputs_fw), nest.flatten(outputs_bw), strict=False)
    joined = tuple(late.concat([forward, backward], 1) for forward, backward in flat)
    return nest.pack_sequence_as(outputs_fw, joined), state_fw, state_bw


# -- States kept outside --------------------------------------------------------------------------
@export(
    "nn.static_state_saving_rnn",
    "contrib.rnn.static_state_saving_rnn",
    v2=(),
    deprecated="tf.keras.layers.RNN(stateful=True)",
)
def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over a list of inputs; its state comes from and goes to a state saver.

    Args:
      cell: the cell, a `tf.nn.rnn_cell.RNNCell`.
      inputs: list of tensors `[batch, depth]`, one for each step.
      state_saver: object with methods `state(name)` and `save_state(name, value)`.
      state_name: name of the state, or a tuple of names like `cell.state_size`.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      scope: variable scope; `"rnn"` by default.

    Returns:
      The list of outputs and the final state; both wait for the state to be saved.

    Raises:
      TypeError: `cell` is no cell, or the inputs are no list.
      ValueError: the names do not fit the state, or as for `tf.nn.static_rnn`.
    """
    size = cell.state_size
    if nest.is_nested(size) != nest.is_nested(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  state_name: "
            f"{state_name}, cell.state_size: {size}"
        )
    names, sizes = nest.flatten(state_name), nest.flatten(size)
    if len(names) != len(sizes):
        raise ValueError(f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(sizes)}")
    held = nest.pack_sequence_as(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(
        cell, inputs, initial_state=held, sequence_length=sequence_length, scope=scope
    )
    flat = nest.flatten(state)
    saved = [state_saver.save_state(name, t) for name, t in zip(names, flat, strict=True)]
    with control_dependencies(saved):
        outputs[-1] = nest.map_structure(late.identity, outputs[-1])
        state = nest.pack_sequence_as(state, [late.identity(t) for t in flat])
    return outputs, state
