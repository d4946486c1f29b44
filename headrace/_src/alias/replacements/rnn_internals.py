"""What programs take from the inner modules of TensorFlow's recurrent networks."""

from __future__ import annotations

from typing import Any

from headrace._src.contrib.rnn_linear import Linear, linear
from headrace._src.rnn import static, step
from headrace._src.rnn.cell import RNNCell, check_like_cell
from headrace._src.rnn.lstm_cells import LSTMStateTuple
from headrace._src.rnn.sizes import (
    as_static_shape,
    joined_shape,
    joined_static_shape,
    zeros_of,
)
from headrace._src.rnn.wrappers import CellWrapper

_WEIGHTS_VARIABLE_NAME = "kernel"
_BIAS_VARIABLE_NAME = "bias"
_LSTMStateTuple = LSTMStateTuple.__bases__[0]
_RNNCellWrapperV1 = CellWrapper
_Linear = Linear
_linear = linear
_zero_state_tensors = zeros_of
_transpose_batch_time = step.transpose_batch_time
_best_effort_input_batch_size = step.best_effort_input_batch_size
_infer_state_dtype = step.state_dtype
_maybe_tensor_shape_from_tensor = as_static_shape
_reverse_seq = static._reversed
assert_like_rnncell = check_like_cell


def _concat(prefix: Any, suffix: Any, static: bool = False) -> Any:
    return joined_static_shape(prefix, suffix) if static else joined_shape(prefix, suffix)


def _hasattr(obj: Any, attr_name: str) -> bool:
    return hasattr(obj, attr_name)


def _rnn_step(
    time: Any,
    sequence_length: Any,
    min_sequence_length: Any,
    max_sequence_length: Any,
    zero_output: Any,
    state: Any,
    call_cell: Any,
    state_size: Any,
    skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    ends = step.Lengths(sequence_length, min_sequence_length, max_sequence_length)
    return step.masked_step(time, ends, zero_output, state, call_cell, skip_conditionals)


__all__ = ["LSTMStateTuple", "RNNCell"]
