"""`tf.contrib.rnn`: more cells."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.rnn_linear import Linear
from headrace._src.core import dtypes
from headrace._src.core.tensor import Tensor
from headrace._src.layers.input_spec import InputSpec
from headrace._src.ops._late import late
from headrace._src.ops.math_functions import tanh
from headrace._src.platform import logging
from headrace._src.rnn.basic_cells import bias_add
from headrace._src.rnn.cell import LayerRNNCell, RNNCell
from headrace._src.rnn.lstm_cells import LSTMStateTuple
from headrace._src.state import variable_scope as scopes
from headrace._src.state.initializers import Constant, RandomUniform, Zeros


def _layer_norm(x: Tensor, scope: str) -> Tensor:
    """`(x - mean) / deviation * gamma + beta` along all dimensions but the first.

    The variables must exist in the scope.
    """
    with scopes.variable_scope(scope, "LayerNorm", [x], reuse=True):
        dtype, size = x.dtype.base_dtype, x.shape[-1:]
        beta = scopes.get_variable("beta", shape=size, dtype=dtype)
        gamma = scopes.get_variable("gamma", shape=size, dtype=dtype)
        axes = list(range(1, len(x.shape)))
        mean, variance = getattr(late, "nn.moments")(x, axes, keep_dims=True)
        # The smallest that float16 can add to a variance is larger.
        epsilon = 1e-3 if dtype is dtypes.float16 else 1e-12
        normalized = getattr(late, "nn.batch_normalization")(
            x, mean, variance, offset=beta, scale=gamma, variance_epsilon=epsilon
        )
        normalized.set_shape(x.shape)
        return normalized  # type: ignore[no-any-return]


@export("contrib.rnn.LayerNormBasicLSTMCell", v2=())
class LayerNormBasicLSTMCell(RNNCell):
    """Long short-term memory with layer normalization and dropout of what is written.

    Args:
      num_units: int, size of memory and output.
      forget_bias: float added to the forget gate.
      input_size: deprecated and ignored.
      activation: function of the inner states.
      layer_norm: whether to normalize.
      norm_gain: float, first gain of the normalization.
      norm_shift: float, first shift of the normalization.
      dropout_keep_prob: float or scalar tensor, share of what is written to keep.
      dropout_prob_seed: op seed of the dropout.
      reuse: whether to share the variables of a cell of the same name.

    Source: Ba et al., 2016; Semeniuta et al., 2016.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: Any = 1.0,
        input_size: Any = None,
        activation: Any = tanh,
        layer_norm: bool = True,
        norm_gain: Any = 1.0,
        norm_shift: Any = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if input_size is not None:
            logging.warn("%s: The input_size parameter is deprecated.", self)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units

    def _norm(self, x: Tensor, scope: str, dtype: Any) -> Tensor:
        if not self._layer_norm:
            return x
        size = x.shape[-1:]
        gain, shift = Constant(self._norm_gain), Constant(self._norm_shift)
        with scopes.variable_scope(scope):
            scopes.get_variable("gamma", shape=size, initializer=gain, dtype=dtype)
            scopes.get_variable("beta", shape=size, initializer=shift, dtype=dtype)
        return _layer_norm(x, scope)

    def _gates(self, x: Tensor) -> Tensor:
        size = 4 * self._num_units
        kernel = scopes.get_variable("kernel", [x.shape[-1], size], dtype=x.dtype)
        product = late.matmul(x, kernel)
        if self._layer_norm:
            return product  # type: ignore[no-any-return]
        return bias_add(product, scopes.get_variable("bias", [size], dtype=x.dtype))

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output `h` and the new state."""
        c, h = state
        x = late.concat([inputs, h], 1)
        parts = late.split(value=self._gates(x), num_or_size_splits=4, axis=1)
        names = ("input", "transform", "forget", "output")
        i, j, f, o = (self._norm(p, n, x.dtype) for p, n in zip(parts, names, strict=True))
        written = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            written = getattr(late, "nn.dropout")(written, self._keep_prob, seed=self._seed)
        c = c * late.sigmoid(f + self._forget_bias) + late.sigmoid(i) * written
        c = self._norm(c, "state", x.dtype)
        h = self._activation(c) * late.sigmoid(o)
        return h, LSTMStateTuple(c, h)


@export("contrib.rnn.UGRNNCell", v2=())
class UGRNNCell(RNNCell):
    """The update gate network: `output = state = g * state + (1 - g) * c`.

    Args:
      num_units: int, size of state and output.
      initializer: initializer of the kernel.
      forget_bias: float added to the gate.
      activation: function of the candidate.
      reuse: whether to share the variables of a cell of the same name.

    Source: Collins et al., 2016.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: Any = 1.0,
        activation: Any = tanh,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state, which are the same.

        Raises:
          ValueError: the size of the inputs is unknown.
        """
        if inputs.shape.with_rank(2).as_list()[1] is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        here = scopes.get_variable_scope()
        with scopes.variable_scope(here, initializer=self._initializer):
            x = late.concat([inputs, state], 1)
            if self._linear is None:
                self._linear = Linear(x, 2 * self._num_units)
            gate, candidate = late.split(axis=1, num_or_size_splits=2, value=self._linear(x))
            c = self._activation(candidate)
            g = late.sigmoid(gate + self._forget_bias)
            output = g * state + (1.0 - g) * c
        return output, output


def _depth(inputs_shape: Any) -> int:
    depth = inputs_shape.as_list()[1]
    if depth is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {inputs_shape}")
    return depth  # type: ignore[no-any-return]


class _DepthCell(LayerRNNCell):
    """A cell whose state and output have `num_units` elements."""

    def __init__(self, num_units: int, activation: Any, reuse: Any, name: Any, **kw: Any) -> None:
        super().__init__(_reuse=reuse, name=name, **kw)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation or late.tanh

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units


@export("contrib.rnn.SRUCell", v2=())
class SRUCell(_DepthCell):
    """The simple recurrent unit: gates do not see the state.

    Args:
      num_units: int, size of state and output.
      activation: function of the state; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
      **kwargs: as for `tf.layers.Layer`.

    Source: Lei et al., 2017.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Make kernel and bias."""
        units = self._num_units
        self._kernel = self.add_variable("kernel", shape=[_depth(inputs_shape), 4 * units])
        self._bias = self.add_variable("bias", shape=[2 * units], initializer=Zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state."""
        product = late.matmul(inputs, self._kernel)
        x, forget, reset, rest = late.split(value=product, num_or_size_splits=4, axis=1)
        gates = late.sigmoid(bias_add(late.concat([forget, reset], 1), self._bias))
        f, r = late.split(value=gates, num_or_size_splits=2, axis=1)
        c = f * state + (1.0 - f) * x
        return r * self._activation(c) + (1.0 - r) * rest, c


@export("contrib.rnn.IndRNNCell", v2=())
class IndRNNCell(_DepthCell):
    """The independent network: each element of the state sees itself alone.

    Args:
      num_units: int, size of state and output.
      activation: function of the state; `tf.tanh` by default.
      reuse: whether to share the variables of a cell of the same name.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.

    Source: Li et al., 2018.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype=dtype)

    def build(self, inputs_shape: Any) -> None:
        """Make kernels and bias."""
        units = self._num_units
        self._kernel_w = self.add_variable("kernel_w", shape=[_depth(inputs_shape), units])
        uniform = RandomUniform(minval=-1, maxval=1, dtype=self.dtype)
        self._kernel_u = self.add_variable("kernel_u", shape=[1, units], initializer=uniform)
        zeros = Zeros(dtype=self.dtype)
        self._bias = self.add_variable("bias", shape=[units], initializer=zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Return the output and the new state, which are the same."""
        total = late.matmul(inputs, self._kernel_w) + state * self._kernel_u
        output = self._activation(bias_add(total, self._bias))
        return output, output


@export("contrib.rnn.NASCell", v2=())
class NASCell(LayerRNNCell):
    """The cell found by neural architecture search.

    Args:
      num_units: int, size of the memory.
      num_proj: int, size of the output after a projection; None for no projection.
      use_bias: whether to add a bias.
      reuse: whether to share the variables of a cell of the same name.
      **kwargs: as for `tf.layers.Layer`.

    Source: Zoph and Le, 2016.
    """

    _BRANCHES = 8

    def __init__(
        self,
        num_units: int,
        num_proj: Any = None,
        use_bias: bool = False,
        reuse: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias
        self._size = num_units if num_proj is None else num_proj

    @property
    def state_size(self) -> Any:
        """The sizes of `c` and `h`."""
        return LSTMStateTuple(self._num_units, self._size)

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._size

    def build(self, inputs_shape: Any) -> None:
        """Make kernels, bias and projection.

        Raises:
          ValueError: the size of the inputs is unknown.
        """
        depth = inputs_shape.with_rank(2).as_list()[1]
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        size = self._BRANCHES * self._num_units
        self.recurrent_kernel = self.add_variable("recurrent_kernel", [self._size, size])
        self.kernel = self.add_variable("kernel", [depth, size])
        if self._use_bias:
            self.bias = self.add_variable("bias", shape=[size], initializer=Zeros)
        if self._num_proj is not None:
            self.projection_weights = self.add_variable(
                "projection_weights", [self._num_units, self._num_proj]
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output and the new state."""
        c, h = state
        sigmoid, relu = late.sigmoid, getattr(late, "nn.relu")
        of_state = late.matmul(h, self.recurrent_kernel)
        of_inputs = late.matmul(inputs, self.kernel)
        if self._use_bias:
            of_state = bias_add(of_state, self.bias)
        n = self._BRANCHES
        s = late.split(axis=1, num_or_size_splits=n, value=of_state)
        x = late.split(axis=1, num_or_size_splits=n, value=of_inputs)
        activations = [sigmoid, relu, sigmoid, relu, tanh, sigmoid, tanh, sigmoid]
        # The fourth branch multiplies; the others add.
        a = [f(x[i] * s[i] if i == 3 else x[i] + s[i]) for i, f in enumerate(activations)]
        left, middle = tanh(a[0] * a[1]), tanh(a[2] + a[3])
        right, last = tanh(a[4] * a[5]), sigmoid(a[6] + a[7])
        c = tanh(left + c) * middle
        h = tanh(c * tanh(right + last))
        if self._num_proj is not None:
            h = late.matmul(h, self.projection_weights)
        return h, LSTMStateTuple(c, h)
