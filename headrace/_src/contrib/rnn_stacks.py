"""`tf.contrib.rnn`: layers of networks that run in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.rnn.dynamic import bidirectional_dynamic_rnn
from headrace._src.rnn.static import static_bidirectional_rnn
from headrace._src.state import variable_scope as scopes


def _check(cells_fw: Any, cells_bw: Any, states_fw: Any, states_bw: Any) -> None:
    for label, cells in (("fw", cells_fw), ("bw", cells_bw)):
        if not cells:
            raise ValueError(f"Must specify at least one {label} cell for BidirectionalRNN.")
    for label, cells in (("fw", cells_fw), ("bw", cells_bw)):
        if not isinstance(cells, list):
            raise ValueError(f"cells_{label} must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for label, states in (("fw", states_fw), ("bw", states_bw)):
        if states is not None and not (isinstance(states, list) and len(states) == len(cells_fw)):
            raise ValueError(
                f"initial_states_{label} must be a list of state tensors (one per layer)."
            )


def _stacked(
    layer: Callable[..., tuple[Any, Any, Any]],
    cells: tuple[Any, Any],
    inputs: Any,
    states: tuple[Any, Any],
    scope: Any,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Calls `layer(cell_fw, cell_bw, inputs, state_fw, state_bw, scope)` for each layer."""
    _check(*cells, *states)
    count = len(cells[0])
    initial_fw, initial_bw = (list(s) if s else [None] * count for s in states)
    finals_fw, finals_bw = [], []
    with scopes.variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw) in enumerate(zip(*cells, strict=True)):
            with scopes.variable_scope(f"cell_{i}") as opened:
                inputs, state_fw, state_bw = layer(
                    cell_fw, cell_bw, inputs, initial_fw[i], initial_bw[i], opened
                )
            finals_fw.append(state_fw)
            finals_bw.append(state_bw)
    return inputs, tuple(finals_fw), tuple(finals_bw)


@export("contrib.rnn.stack_bidirectional_rnn", v2=())
def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Tensor], tuple[Any, ...], tuple[Any, ...]]:
    """Run layers of `tf.nn.static_bidirectional_rnn`: each takes the joined outputs below it.

    Args:
      cells_fw: list of the cells that run forwards, the lowest first.
      cells_bw: list of the cells that run backwards.
      inputs: list of tensors `[batch, depth]`, one for each step.
      initial_states_fw: list of states to begin with forwards; zeros by default.
      initial_states_bw: list of states to begin with backwards; zeros by default.
      dtype: dtype of states and outputs; needed unless all states are given.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      scope: variable scope; `"stack_bidirectional_rnn"` by default.

    Returns:
      The list of outputs, and the tuples of final states of both directions.

    Raises:
      ValueError: the lists are empty or do not fit each other.
    """

    def layer(fw: Any, bw: Any, x: Any, state_fw: Any, state_bw: Any, opened: Any) -> Any:
        return static_bidirectional_rnn(
            fw,
            bw,
            x,
            initial_state_fw=state_fw,
            initial_state_bw=state_bw,
            sequence_length=sequence_length,
            dtype=dtype,
            scope=opened,
        )

    states = (initial_states_fw, initial_states_bw)
    return _stacked(layer, (cells_fw, cells_bw), inputs, states, scope)


@export("contrib.rnn.stack_bidirectional_dynamic_rnn", v2=())
def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: Any = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Tensor, tuple[Any, ...], tuple[Any, ...]]:
    """Run layers of `tf.nn.bidirectional_dynamic_rnn`: each takes the joined outputs below it.

    Args:
      cells_fw: list of the cells that run forwards, the lowest first.
      cells_bw: list of the cells that run backwards.
      inputs: tensor `[batch, time, depth]`, or `[time, batch, depth]` if `time_major`.
      initial_states_fw: list of states to begin with forwards; zeros by default.
      initial_states_bw: list of states to begin with backwards; zeros by default.
      dtype: dtype of states and outputs; needed unless all states are given.
      sequence_length: int32 or int64 `[batch]`, the length of each sequence.
      parallel_iterations: kept in the loops' nodes; 32 by default.
      time_major: whether time is the first dimension of inputs and outputs, instead of the batch.
      scope: variable scope; `"stack_bidirectional_rnn"` by default.
      swap_memory: kept for programs that say it.

    Returns:
      The joined outputs, and the tuples of final states of both directions.

    Raises:
      ValueError: the lists are empty or do not fit each other.
    """

    def layer(fw: Any, bw: Any, x: Any, state_fw: Any, state_bw: Any, opened: Any) -> Any:
        outputs, states = bidirectional_dynamic_rnn(
            fw,
            bw,
            x,
            initial_state_fw=state_fw,
            initial_state_bw=state_bw,
            sequence_length=sequence_length,
            parallel_iterations=parallel_iterations,
            dtype=dtype,
            swap_memory=swap_memory,
            time_major=time_major,
        )
        return late.concat(outputs, 2), *states

    states = (initial_states_fw, initial_states_bw)
    return _stacked(layer, (cells_fw, cells_bw), inputs, states, scope)
