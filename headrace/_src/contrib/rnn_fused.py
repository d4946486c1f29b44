"""`tf.contrib.rnn`: networks as one object that takes whole sequences."""

from __future__ import annotations

import abc
from typing import Any

from headrace._api.export import export
from headrace._src.ops._late import late
from headrace._src.rnn.dynamic import dynamic_rnn
from headrace._src.rnn.static import static_rnn


@export("contrib.rnn.FusedRNNCell", v2=())
class FusedRNNCell(abc.ABC):
    """A network that takes all steps at once."""

    @abc.abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences.

        Args:
          inputs: tensor `[time, batch, depth]`, or a list of tensors `[batch, depth]`.
          initial_state: state to begin with; zeros by default.
          dtype: dtype of state and outputs; needed without `initial_state`.
          sequence_length: int32 or int64 `[batch]`, the length of each sequence.
          scope: variable scope.

        Returns:
          The outputs, a tensor or list as the inputs are, and the final state.
        """


@export("contrib.rnn.FusedRNNCellAdaptor", v2=())
class FusedRNNCellAdaptor(FusedRNNCell):
    """Makes a cell a network that takes all steps at once.

    Args:
      cell: the cell.
      use_dynamic_rnn: whether to loop, rather than copy the cell for each step.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences; see `FusedRNNCell.__call__`."""
        options = {
            "sequence_length": sequence_length,
            "initial_state": initial_state,
            "dtype": dtype,
            "scope": scope,
        }
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            inputs = late.stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, inputs, time_major=True, **options)
            return late.unstack(outputs) if is_list else outputs, state
        inputs = inputs if is_list else late.unstack(inputs)
        outputs, state = static_rnn(self._cell, inputs, **options)
        return outputs if is_list else late.stack(outputs), state


@export("contrib.rnn.TimeReversedFusedRNN", v2=())
class TimeReversedFusedRNN(FusedRNNCell):
    """Runs a network over reversed sequences, and reverses its outputs.

    Args:
      cell: the network, a `FusedRNNCell`.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences; see `FusedRNNCell.__call__`."""
        outputs, state = self._cell(
            _reversed(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return _reversed(outputs, sequence_length), state


def _reversed(x: Any, lengths: Any) -> Any:
    # As in TensorFlow, a list is reversed as a whole, whatever the lengths are.
    if isinstance(x, list):
        return list(reversed(x))
    return late.reverse(x, [0]) if lengths is None else late.reverse_sequence(x, lengths, 0, 1)
