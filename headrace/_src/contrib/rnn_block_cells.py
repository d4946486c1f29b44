"""`tf.contrib.rnn`: cells whose step, or whole sequence, is one operation."""

from __future__ import annotations

import abc
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.layers.base import Layer
from headrace._src.layers.input_spec import InputSpec
from headrace._src.ops import rnn_blocks
from headrace._src.ops._late import late
from headrace._src.rnn.cell import LayerRNNCell
from headrace._src.rnn.lstm_cells import LSTMStateTuple
from headrace._src.state.initializers import Constant


class _LSTMWeights(Layer):
    """Adds the variables of a long short-term memory to a layer."""

    _num_units: int
    _use_peephole: bool

    def _make_weights(self, depth: int) -> None:
        units = self._num_units
        self._kernel = self.add_variable("kernel", [depth + units, units * 4])
        self._bias = self.add_variable("bias", [units * 4], initializer=Constant(0.0))
        if self._use_peephole:
            self._peepholes = [
                self.add_variable(name, [units]) for name in ("w_i_diag", "w_f_diag", "w_o_diag")
            ]

    def _weights_and_peepholes(self, dtype: Any) -> list[Any]:
        """Kernel, diagonals of the input, forget and output gates, bias."""
        if self._use_peephole:
            return [self._kernel, *self._peepholes, self._bias]
        zeros = late.zeros([self._num_units], dtype=dtype)
        return [self._kernel, zeros, zeros, zeros, self._bias]


@export("contrib.rnn.LSTMBlockCell", v2=())
class LSTMBlockCell(_LSTMWeights, LayerRNNCell):
    """Long short-term memory whose step is one operation.

    It computes what `tf.nn.rnn_cell.LSTMCell` does, with variables of the same names.

    Args:
      num_units: int, size of memory and output.
      forget_bias: float added to the forget gate.
      cell_clip: float: largest absolute value of the memory; None for no limit.
      use_peephole: whether the gates see the memory.
      dtype: dtype of the variables; that of the first input by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: Any = 1.0,
        cell_clip: Any = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: Any = None,
        name: Any = "lstm_cell",
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._use_peephole = use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Make kernel, bias and diagonals.

        Raises:
          ValueError: the size of the inputs is unknown.
        """
        depth = inputs_shape.as_list()[1]
        if not depth:
            raise ValueError(f"Expecting inputs_shape[1] to be set: {inputs_shape}")
        self._make_weights(depth)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output `h` and the new state.

        Raises:
          ValueError: the state is no pair.
        """
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        weights = self._weights_and_peepholes(self.dtype)
        _, c, _, _, _, _, h = rnn_blocks.LSTMBlockCell(
            inputs,
            *state,
            *weights,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return h, LSTMStateTuple(c, h)


@export("contrib.rnn.GRUBlockCell", v2=())
class GRUBlockCell(LayerRNNCell):
    """The gated recurrent unit whose step is one operation.

    Args:
      num_units: int, size of state and output.
      cell_size: deprecated name of `num_units`.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.

    Raises:
      ValueError: not just one of `num_units` and `cell_size` is given.
    """

    _names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(
        self,
        num_units: Any = None,
        cell_size: Any = None,
        reuse: Any = None,
        name: Any = "gru_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self._cell_size = cell_size if num_units is None else num_units
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._cell_size

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._cell_size

    def build(self, input_shape: Any) -> None:
        """Make kernels and biases of the gates and the candidate.

        Raises:
          ValueError: the size of the inputs is unknown.
        """
        depth = input_shape.as_list()[1]
        if depth is None:
            raise ValueError("Expecting input_size to be set.")
        units = self._cell_size
        w_ru, b_ru, w_c, b_c = self._names
        self._gate_kernel = self.add_variable(w_ru, [depth + units, units * 2])
        self._gate_bias = self.add_variable(b_ru, [units * 2], initializer=Constant(1.0))
        self._candidate_kernel = self.add_variable(w_c, [depth + units, units])
        self._candidate_bias = self.add_variable(b_c, [units], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs: Any, h_prev: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state, which are the same.

        Raises:
          ValueError: the state has another size.
        """
        size = h_prev.shape.with_rank(2)[1]
        if size != self._cell_size:
            raise ValueError(f"Shape of h_prev[1] incorrect: cell_size {self._cell_size} vs {size}")
        *_, h = rnn_blocks.GRUBlockCell(
            inputs,
            h_prev,
            self._gate_kernel,
            self._candidate_kernel,
            self._gate_bias,
            self._candidate_bias,
        )
        return h, h


@export("contrib.rnn.GRUBlockCellV2", v2=())
class GRUBlockCellV2(GRUBlockCell):
    """`GRUBlockCell` with the names of variables that `tf.nn.rnn_cell.GRUCell` has."""

    _names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")


@export("contrib.rnn.LSTMBlockWrapper", v2=())
class LSTMBlockWrapper(Layer, abc.ABC):
    """A layer that runs a long short-term memory over whole sequences."""

    @property
    @abc.abstractmethod
    def num_units(self) -> int:
        """The size of memory and output."""

    @abc.abstractmethod
    def _call_cell(self, inputs: Any, c: Any, h: Any, dtype: Any, sequence_length: Any) -> Any:
        """Memories and outputs `[time, batch, num_units]`."""

    def call(  # type: ignore[override]
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> tuple[Any, Any]:
        """Run over sequences.

        Args:
          inputs: tensor `[time, batch, depth]`, or a list of tensors `[batch, depth]`.
          initial_state: pair of memory and output to begin with; zeros by default.
          dtype: dtype of state and outputs; needed without `initial_state`.
          sequence_length: int32 or int64 `[batch]`, the length of each sequence.

        Returns:
          The outputs, a tensor or list as the inputs are, and the final state.

        Raises:
          ValueError: sizes are unknown, or there is neither a state nor a dtype.
        """
        is_list = isinstance(inputs, list)
        if is_list:
            inputs = late.stack(inputs)
        shape = inputs.shape.with_rank(3)
        if not shape[2]:
            raise ValueError(f"Expecting inputs_shape[2] to be set: {shape}")
        steps, batch = shape.as_list()[:2]
        batch = late.shape(inputs)[1] if batch is None else batch
        steps = late.shape(inputs)[0] if steps is None else steps
        state, dtype = self._first_state(initial_state, dtype, batch)
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length)
        memories, outputs = self._call_cell(inputs, *state, dtype, sequence_length)
        if sequence_length is None:
            final = memories[-1], outputs[-1]
        else:
            outputs, final = self._ended(
                state, memories, outputs, sequence_length, steps, batch, dtype
            )
        if is_list:
            outputs = late.unstack(outputs)
        return outputs, LSTMStateTuple(*final)

    def _first_state(self, given: Any, dtype: Any, batch: Any) -> tuple[Any, Any]:
        if given is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            zeros = late.zeros(late.stack([batch, self.num_units]), dtype=dtype)
            return (zeros, zeros), dtype
        if len(given) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        return given, given[0].dtype if dtype is None else dtype

    def _ended(
        self,
        state: Any,
        memories: Tensor,
        outputs: Tensor,
        lengths: Tensor,
        steps: Any,
        batch: Any,
        dtype: Any,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Outputs that are zero after the ends, and the state at the ends."""
        mask = late.transpose(late.sequence_mask(lengths, steps, dtype=dtype), [1, 0])
        mask = late.tile(late.expand_dims(mask, [-1]), [1, 1, self.num_units])
        outputs = outputs * mask
        # With the first state in front, that of a sequence of length n is at n.
        held = [
            late.concat([late.expand_dims(first, [0]), later], 0)
            for first, later in zip(state, (memories, outputs), strict=True)
        ]
        c, h = (
            late.gather_nd(data, late.stack([lengths, late.range(batch)], axis=1)) for data in held
        )
        return outputs, (c, h)


@export("contrib.rnn.LSTMBlockFusedCell", v2=())
class LSTMBlockFusedCell(_LSTMWeights, LSTMBlockWrapper):
    """Long short-term memory whose whole sequence is one operation.

    Args:
      num_units: int, size of memory and output.
      forget_bias: float added to the forget gate.
      cell_clip: float: largest absolute value of the memory; None for no limit.
      use_peephole: whether the gates see the memory.
      reuse: whether to share the variables of a layer of the same name.
      dtype: dtype of the variables; that of the first input by default.
      name: name of the layer and its variable scope.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: Any = 1.0,
        cell_clip: Any = None,
        use_peephole: bool = False,
        reuse: Any = None,
        dtype: Any = None,
        name: Any = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> int:
        """The size of memory and output."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Make kernel, bias and diagonals."""
        self._make_weights(input_shape.as_list()[2])
        self.built = True

    def _call_cell(self, inputs: Any, c: Any, h: Any, dtype: Any, sequence_length: Any) -> Any:
        steps = inputs.shape.with_rank(3).as_list()[0]
        if steps is None:
            steps = late.shape(inputs)[0]
        weights = self._weights_and_peepholes(dtype)
        longest = steps if sequence_length is None else late.reduce_max(sequence_length)
        _, memories, _, _, _, _, outputs = rnn_blocks.BlockLSTM(
            late.cast(longest, dtypes.int64),
            inputs,
            c,
            h,
            *weights,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return memories, outputs
