"""Long short-term memory cells."""

from __future__ import annotations

import collections
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.rnn.basic_cells import UnitsCell, bias_add
from headrace._src.rnn.cell import check_dtypes
from headrace._src.state import keras_initializers
from headrace._src.state.initializers import Zeros
from headrace._src.state.partitioners import fixed_size_partitioner

_Pair = collections.namedtuple("LSTMStateTuple", ("c", "h"))  # noqa: PYI024


@export("nn.rnn_cell.LSTMStateTuple", "contrib.rnn.LSTMStateTuple", v2=())
class LSTMStateTuple(_Pair):
    """State of a long short-term memory: `c`, the memory, and `h`, the output."""

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The dtype of both parts.

        Raises:
          TypeError: they differ.
        """
        if self.c.dtype != self.h.dtype:
            raise TypeError(f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}")
        return self.c.dtype


def _warn_joined(cell: Any) -> None:
    logging.warn(
        "%s: Using a concatenated state is slower and will soon be deprecated.  Use "
        "state_is_tuple=True.",
        cell,
    )


@export(
    "nn.rnn_cell.BasicLSTMCell",
    "contrib.rnn.BasicLSTMCell",
    v2=(),
    deprecated="tf.keras.layers.LSTMCell",
)
class BasicLSTMCell(UnitsCell):
    """The basic long short-term memory.

    `i, j, f, o = kernel @ [inputs, h] + bias`;
    `c = c * sigmoid(f + forget_bias) + sigmoid(i) * activation(j)`;
    `output = h = activation(c) * sigmoid(o)`.

    Args:
      num_units: int, size of memory and output.
      forget_bias: float added to the forget gate.
      state_is_tuple: whether states are `LSTMStateTuple`s, rather than joined in one tensor.
      activation: function or its name; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: as for `tf.layers.Layer`.

    Source: Zaremba et al., 2014.
    """

    def __init__(
        self,
        num_units: Any,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            _warn_joined(self)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`, or of both together."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    def build(self, inputs_shape: Any) -> None:
        """Make kernel and bias."""
        depth, units = self._depth(inputs_shape), self._num_units
        self._kernel = self.add_variable("kernel", shape=[depth + units, 4 * units])
        self._bias = self.add_variable(
            "bias", shape=[4 * units], initializer=Zeros(dtype=self.dtype)
        )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output `h` and the new state."""
        check_dtypes([inputs, state])
        one = late.constant(1, dtype=dtypes.int32)
        if self._state_is_tuple:
            c, h = state
        else:
            c, h = late.split(value=state, num_or_size_splits=2, axis=one)
        gates = late.matmul(late.concat([inputs, h], 1), self._kernel)
        gates = bias_add(gates, self._bias)
        i, j, f, o = late.split(value=gates, num_or_size_splits=4, axis=one)
        forget_bias = late.constant(self._forget_bias, dtype=f.dtype)
        kept = late.multiply(c, late.sigmoid(late.add(f, forget_bias)))
        c = late.add(kept, late.multiply(late.sigmoid(i), self._activation(j)))
        h = late.multiply(self._activation(c), late.sigmoid(o))
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else late.concat([c, h], 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        return super().get_config() | {
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
        }


@export(
    "nn.rnn_cell.LSTMCell", "contrib.rnn.LSTMCell", v2=(), deprecated="tf.keras.layers.LSTMCell"
)
class LSTMCell(UnitsCell):
    """Long short-term memory with optional peepholes, clipping and projection.

    `i, j, f, o = kernel @ [inputs, h] + bias`;
    `c = sigmoid(f + forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * activation(j)`;
    `h = sigmoid(o + w_o * c) * activation(c)`, and `output = h = projection @ h`.

    Args:
      num_units: int, size of the memory.
      use_peepholes: whether the gates see the memory through the diagonals `w_f`, `w_i`, `w_o`.
      cell_clip: float: largest absolute value of the memory; None for no limit.
      initializer: initializer of kernels and diagonals.
      num_proj: int, size of the output after a projection; None for no projection.
      proj_clip: float: largest absolute value after the projection; None for no limit.
      num_unit_shards: deprecated: number of parts of the kernel; use a partitioner.
      num_proj_shards: deprecated: number of parts of the projection.
      forget_bias: float added to the forget gate.
      state_is_tuple: whether states are `LSTMStateTuple`s, rather than joined in one tensor.
      activation: function or its name; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: as for `tf.layers.Layer`.

    Source: Gers et al., 1999; with peepholes: Sak et al., 2014.
    """

    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        cell_clip: Any = None,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: Any = None,
        num_unit_shards: Any = None,
        num_proj_shards: Any = None,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            _warn_joined(self)
        if num_unit_shards is not None or num_proj_shards is not None:
            logging.warn(
                "%s: The num_unit_shards and proj_unit_shards parameters are deprecated and will "
                "be removed in Jan 2017.  Use a variable scope with a partitioner instead.",
                self,
            )
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = keras_initializers.get(initializer)
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._output_size = num_proj or num_units
        self._state_size = (
            LSTMStateTuple(num_units, self._output_size)
            if state_is_tuple
            else num_units + self._output_size
        )

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`, or of both together."""
        return self._state_size

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._output_size

    def _matrix(self, name: str, shape: list[int], shards: Any) -> Any:
        partitioner = None if shards is None else fixed_size_partitioner(shards)
        return self.add_variable(
            name, shape=shape, initializer=self._initializer, partitioner=partitioner
        )

    def build(self, inputs_shape: Any) -> None:
        """Make kernel, bias, diagonals and projection."""
        depth, units = self._depth(inputs_shape), self._num_units
        h_depth = units if self._num_proj is None else self._num_proj
        self._kernel = self._matrix("kernel", [depth + h_depth, 4 * units], self._num_unit_shards)
        zeros = Zeros if self.dtype is None else Zeros(dtype=self.dtype)
        self._bias = self.add_variable("bias", shape=[4 * units], initializer=zeros)
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_variable(name, shape=[units], initializer=self._initializer)
                for name in ("w_f_diag", "w_i_diag", "w_o_diag")
            )
        if self._num_proj is not None:
            self._proj_kernel = self._matrix(
                "projection/kernel", [units, self._num_proj], self._num_proj_shards
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output `h` and the new state.

        Raises:
          ValueError: the size of the inputs is unknown.
        """
        check_dtypes([inputs, state])
        c, h = self._split_state(state)
        if inputs.shape.with_rank(2).as_list()[1] is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        gates = late.matmul(late.concat([inputs, h], 1), self._kernel)
        gates = bias_add(gates, self._bias)
        i, j, f, o = late.split(value=gates, num_or_size_splits=4, axis=1)
        sigmoid, activation = late.sigmoid, self._activation
        if self._use_peepholes:
            kept = sigmoid(f + self._forget_bias + self._w_f_diag * c) * c
            c = kept + sigmoid(i + self._w_i_diag * c) * activation(j)
        else:
            c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * activation(j)
        if self._cell_clip is not None:
            c = late.clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            h = sigmoid(o + self._w_o_diag * c) * activation(c)
        else:
            h = sigmoid(o) * activation(c)
        if self._num_proj is not None:
            h = late.matmul(h, self._proj_kernel)
            if self._proj_clip is not None:
                h = late.clip_by_value(h, -self._proj_clip, self._proj_clip)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else late.concat([c, h], 1)

    def _split_state(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        units = self._num_units
        h_depth = units if self._num_proj is None else self._num_proj
        c = late.slice(state, [0, 0], [-1, units])
        return c, late.slice(state, [0, units], [-1, h_depth])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        return super().get_config() | {
            "use_peepholes": self._use_peepholes,
            "cell_clip": self._cell_clip,
            "initializer": keras_initializers.serialize(self._initializer),
            "num_proj": self._num_proj,
            "proj_clip": self._proj_clip,
            "num_unit_shards": self._num_unit_shards,
            "num_proj_shards": self._num_proj_shards,
            "forget_bias": self._forget_bias,
            "state_is_tuple": self._state_is_tuple,
            "activation": activations.serialize(self._activation),
        }
