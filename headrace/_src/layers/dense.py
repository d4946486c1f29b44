"""Dense: a matrix product with a bias and an activation."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.shape import TensorShape
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.layers import activations
from headrace._src.layers.base import Layer
from headrace._src.layers.input_spec import InputSpec
from headrace._src.layers.layer import callable_or_none
from headrace._src.ops._late import late
from headrace._src.state import keras_initializers
from headrace._src.state.initializers import Zeros

_ZEROS = Zeros()


@export("layers.Dense", v2=())
class Dense(Layer):
    """Computes `activation(inputs @ kernel + bias)`.

    Inputs of more than two dimensions are multiplied along their last one.

    Args:
      units: int, size of the outputs' last dimension.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel `[inputs, units]`; that of the scope by default.
      bias_initializer: initializer of the bias `[units]`.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self,
        units: Any,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable,
            name=name,
            activity_regularizer=callable_or_none(activity_regularizer, "regularizer"),
            **kwargs,
        )
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras_initializers.get(kernel_initializer)
        self.bias_initializer = keras_initializers.get(bias_initializer)
        self.kernel_regularizer = callable_or_none(kernel_regularizer, "regularizer")
        self.bias_regularizer = callable_or_none(bias_regularizer, "regularizer")
        self.kernel_constraint = callable_or_none(kernel_constraint, "constraint")
        self.bias_constraint = callable_or_none(bias_constraint, "constraint")
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias.

        Raises:
          TypeError: the dtype is not a floating or complex one.
          ValueError: the size of the inputs' last dimension is unknown.
        """
        dtype = dtypes.as_dtype(self.dtype or dtypes.float32)
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"Unable to build `Dense` layer with non-floating point dtype {dtype}")
        depth = TensorShape(input_shape).as_list()[-1]
        if depth is None:
            raise ValueError(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: depth})
        self.kernel = self.add_weight(
            "kernel",
            shape=[depth, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            dtype=self.dtype,
            trainable=True,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=[self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                dtype=self.dtype,
                trainable=True,
            )
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """Compute the outputs `[..., units]` for inputs `[..., depth]`."""
        rank = len(inputs.shape)
        if rank > 2:
            outputs = late.tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape(inputs.shape.as_list()[:-1] + [self.units])
        else:
            inputs = late.cast(inputs, self.dtype)
            multiply = late.MatMul
            if isinstance(inputs, SparseTensor):
                multiply = late.sparse_tensor_dense_matmul
            outputs = multiply(inputs, self.kernel)
        if self.use_bias:
            outputs = getattr(late, "nn.bias_add")(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the shape of the output for a shape of the input.

        Raises:
          ValueError: the last dimension is unknown, or there are less than two.
        """
        shape = TensorShape(input_shape).with_rank_at_least(2)
        if shape.as_list()[-1] is None:
            raise ValueError(
                f"The innermost dimension of input_shape must be defined, but saw: {shape}"
            )
        return shape[:-1].concatenate(self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables."""
        return super().get_config() | {
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras_initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras_initializers.serialize(self.bias_initializer),
            "kernel_regularizer": activations.serialize(self.kernel_regularizer),
            "bias_regularizer": activations.serialize(self.bias_regularizer),
            "activity_regularizer": activations.serialize(self.activity_regularizer),
            "kernel_constraint": activations.serialize(self.kernel_constraint),
            "bias_constraint": activations.serialize(self.bias_constraint),
        }


@export("layers.dense", v2=(), deprecated="tf.keras.layers.Dense")
def dense(
    inputs: Any,
    units: Any,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = _ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Compute `activation(inputs @ kernel + bias)`.

    Args:
      inputs: tensor `[..., depth]`.
      units: int, size of the output's last dimension.
      activation: function of the result, or a name; None for none.
      use_bias: whether to add a bias.
      kernel_initializer: initializer of the kernel `[depth, units]`; that of the scope by default.
      bias_initializer: initializer of the bias `[units]`.
      kernel_regularizer: function of the kernel that gives a loss.
      bias_regularizer: function of the bias that gives a loss.
      activity_regularizer: function of the output that gives a loss.
      kernel_constraint: projection of the kernel after each update.
      bias_constraint: projection of the bias after each update.
      trainable: whether the variables are trained.
      name: name of the layer and its variable scope.
      reuse: whether to share the variables of a layer of the same name.

    Returns:
      A tensor `[..., units]`.

    Raises:
      ValueError: the inputs have less than two dimensions or an unknown depth.
    """
    return Dense(
        units,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    ).apply(inputs)  # type: ignore[no-any-return]
