"""One step of a batch of sequences that end at different times, and what all loops share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from headrace._api.export import export
from headrace._src.core import nest
from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import colocate_with
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers.layer import BaseLayer
from headrace._src.ops._late import late
from headrace._src.ops.tensor_array import TensorArray
from headrace._src.rnn.cell import RNNCell
from headrace._src.state import variable_scope as scopes


@contextlib.contextmanager
def network_scope(scope: Any, default: str) -> Iterator[Any]:
    """Open the variable scope of a network; variables are read once, where it runs."""
    with scopes.variable_scope(scope or default) as opened:
        if opened.caching_device is None and not get_default_graph().executes:
            opened.set_caching_device(lambda op: op.device)
        yield opened


@export("contrib.rnn.transpose_batch_time", v2=())
def transpose_batch_time(x: Any) -> Any:
    """Swap the first two dimensions of a tensor; one with fewer stays as it is."""
    shape = x.shape
    if shape.ndims is not None and shape.ndims < 2:
        return x
    rank = late.rank(x)
    swapped = late.transpose(x, late.concat(([1, 0], late.range(2, rank)), axis=0))
    sizes = shape.as_list() if shape.ndims is not None else None
    if sizes is None:
        # What TensorFlow's own code runs into, and so what programs may expect.
        raise TypeError("'NoneType' object is not subscriptable")
    swapped.set_shape(TensorShape([sizes[1], sizes[0], *sizes[2:]]))
    return swapped


@export("contrib.rnn.best_effort_input_batch_size", v2=())
def best_effort_input_batch_size(flat_input: Sequence[Any]) -> Any:
    """Return the batch size of time-major inputs: an int if it is known, else a scalar tensor.

    Args:
      flat_input: tensors `[time, batch, ...]`.

    Raises:
      ValueError: an input has less than two dimensions.
    """
    for x in flat_input:
        shape = x.shape
        if shape.ndims is None:
            continue
        if shape.ndims < 2:
            raise ValueError(f"Expected input tensor {x!s} to have rank at least 2")
        size = shape.as_list()[1]
        if size is not None:
            return size
    return late.shape(flat_input[0])[1]


def state_dtype(explicit: Any, state: Any) -> Any:
    """The dtype given, or else the one that all of the state has.

    Raises:
      ValueError: the state is empty or has several dtypes.
    """
    if explicit is not None:
        return explicit
    if not nest.is_nested(state):
        return state.dtype
    found = [t.dtype for t in nest.flatten(state)]
    if not found:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(dtype != found[0] for dtype in found):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single "
            "representative dtype."
        )
    return found[0]


def first_state(cell: Any, initial_state: Any, batch_size: Any, dtype: Any, error: str) -> Any:
    """The state to begin with: the one given, or zeros.

    Raises:
      ValueError: there is none and no dtype; the message is `error`.
    """
    if initial_state is not None:
        return initial_state
    if not dtype:
        raise ValueError(error)
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def is_keras_cell(cell: Any) -> bool:
    """Whether a cell is Keras's: those take and give states as lists."""
    is_own = isinstance(cell, RNNCell) or hasattr(cell, "zero_state")
    return isinstance(cell, BaseLayer) and not is_own


def choose(finished: Any, old: Any, new: Any) -> Any:
    """`old` where `finished`, else `new`; arrays and scalars are always new."""
    if isinstance(old, TensorArray) or old.shape.ndims == 0:
        return new
    with colocate_with(new):
        return late.where(finished, old, new)


class Lengths(NamedTuple):
    """When the sequences of a batch end.

    Attributes:
      lengths: int32 `[batch]`.
      shortest: the least of them.
      longest: the greatest of them.
    """

    lengths: Any
    shortest: Any
    longest: Any

    @classmethod
    def of(cls, lengths: Tensor) -> Lengths:
        """Adds the operations that find the shortest and the longest."""
        return cls(lengths, late.reduce_min(lengths), late.reduce_max(lengths))


def masked_step(
    time: Any,
    ends: Lengths,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], tuple[Any, Any]],
    always_call: bool,
) -> tuple[Any, Any]:
    """One step: sequences that have ended give zeros and keep their state.

    Args:
      time: number of the step.
      ends: when the sequences end.
      zero_output: outputs of sequences that have ended.
      state: the state before the step.
      call_cell: gives output and new state.
      always_call: whether to call the cell even when all sequences have ended.

    Returns:
      Output and state after the step.
    """
    zeros, held = nest.flatten(zero_output), nest.flatten(state)
    finished = time >= ends.lengths

    def called() -> tuple[list[Any], list[Any]]:
        output, new_state = call_cell()
        nest.assert_same_structure(zero_output, output)
        nest.assert_same_structure(state, new_state)
        return nest.flatten(output), nest.flatten(new_state)

    def chosen(outputs: list[Any], states: list[Any]) -> list[Any]:
        result = [choose(finished, old, new) for old, new in zip(zeros, outputs, strict=True)]
        return result + [choose(finished, old, new) for old, new in zip(held, states, strict=True)]

    def running() -> Any:
        outputs, states = called()
        return late.cond(
            time < ends.shortest, lambda: outputs + states, lambda: chosen(outputs, states)
        )

    if always_call:
        flat = chosen(*called())
    else:
        flat = late.cond(time >= ends.longest, lambda: zeros + held, running)
    output, new_state = flat[: len(zeros)], flat[len(zeros) :]
    _keep_shapes(output + new_state, zeros + held)
    packed = nest.pack_sequence_as(zero_output, output)
    return packed, nest.pack_sequence_as(state, new_state)


def _keep_shapes(values: Sequence[Any], like: Sequence[Any]) -> None:
    for value, old in zip(values, like, strict=True):
        if isinstance(value, Tensor):
            value.set_shape(old.shape)
