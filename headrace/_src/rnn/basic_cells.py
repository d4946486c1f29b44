"""The plain recurrent cell and the gated recurrent unit."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations
from headrace._src.layers.input_spec import InputSpec
from headrace._src.ops._late import late
from headrace._src.rnn.cell import LayerRNNCell, check_dtype, check_dtypes, input_depth
from headrace._src.state import keras_initializers
from headrace._src.state.initializers import Constant, Zeros


def bias_add(value: Tensor, bias: Any) -> Tensor:
    """`value + bias`."""
    return getattr(late, "nn.bias_add")(value, bias)  # type: ignore[no-any-return]


def activation_or_tanh(activation: Any) -> Any:
    """The activation function of a name or function; `tf.tanh` when there is none."""
    return activations.get(activation) if activation else late.tanh


class UnitsCell(LayerRNNCell):
    """A cell whose state and output have `num_units` elements."""

    def __init__(
        self, num_units: Any, activation: Any, reuse: Any, name: Any, dtype: Any, **kwargs: Any
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_dtype(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_or_tanh(activation)

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units

    def _depth(self, inputs_shape: Any) -> int:
        depth = input_depth(inputs_shape)
        check_dtype(self.dtype)
        return depth

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        return super().get_config() | {
            "num_units": self._num_units,
            "activation": activations.serialize(self._activation),
            "reuse": self._reuse,
        }


@export(
    "nn.rnn_cell.BasicRNNCell",
    "contrib.rnn.BasicRNNCell",
    v2=(),
    deprecated="tf.keras.layers.SimpleRNNCell",
)
class BasicRNNCell(UnitsCell):
    """The plain cell: `output = state = activation(kernel @ [inputs, state] + bias)`.

    Args:
      num_units: int, size of state and output.
      activation: function or its name; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self,
        num_units: Any,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Make kernel and bias."""
        depth, units = self._depth(inputs_shape), self._num_units
        self._kernel = self.add_variable("kernel", shape=[depth + units, units])
        self._bias = self.add_variable("bias", shape=[units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state, which are the same."""
        check_dtypes([inputs, state])
        product = late.matmul(late.concat([inputs, state], 1), self._kernel)
        output = self._activation(bias_add(product, self._bias))
        return output, output


@export("nn.rnn_cell.GRUCell", "contrib.rnn.GRUCell", v2=(), deprecated="tf.keras.layers.GRUCell")
class GRUCell(UnitsCell):
    """The gated recurrent unit.

    `r, u = sigmoid(gates([inputs, state]))`; `c = activation(candidate([inputs, r * state]))`;
    `output = state = u * state + (1 - u) * c`.

    Args:
      num_units: int, size of state and output.
      activation: function or its name; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      kernel_initializer: initializer of the kernels.
      bias_initializer: initializer of the biases; by default 1 for the gates and 0 for the
        candidate.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: as for `tf.layers.Layer`.

    Source: Cho et al., 2014.
    """

    def __init__(
        self,
        num_units: Any,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer = keras_initializers.get(kernel_initializer)
        self._bias_initializer = keras_initializers.get(bias_initializer)

    def build(self, inputs_shape: Any) -> None:
        """Make kernels and biases of the gates and the candidate."""
        depth, units = self._depth(inputs_shape), self._num_units

        def kernel(name: str, size: int) -> Any:
            return self.add_variable(
                f"{name}/kernel", shape=[depth + units, size], initializer=self._kernel_initializer
            )

        def bias(name: str, size: int, default: type, *value: float) -> Any:
            initializer = self._bias_initializer
            if initializer is None:
                initializer = default(*value, dtype=self.dtype)
            return self.add_variable(f"{name}/bias", shape=[size], initializer=initializer)

        self._gate_kernel = kernel("gates", 2 * units)
        self._gate_bias = bias("gates", 2 * units, Constant, 1.0)
        self._candidate_kernel = kernel("candidate", units)
        self._candidate_bias = bias("candidate", units, Zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state, which are the same."""
        check_dtypes([inputs, state])
        gates = late.matmul(late.concat([inputs, state], 1), self._gate_kernel)
        gates = late.sigmoid(bias_add(gates, self._gate_bias))
        r, u = late.split(value=gates, num_or_size_splits=2, axis=1)
        kept = r * state
        candidate = late.matmul(late.concat([inputs, kept], 1), self._candidate_kernel)
        c = self._activation(bias_add(candidate, self._candidate_bias))
        output = u * state + (1 - u) * c
        return output, output

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        return super().get_config() | {
            "kernel_initializer": keras_initializers.serialize(self._kernel_initializer),
            "bias_initializer": keras_initializers.serialize(self._bias_initializer),
        }
