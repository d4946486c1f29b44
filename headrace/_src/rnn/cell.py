"""RNNCell: one step of a recurrent network, a layer with a state."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.layers.base import Layer
from headrace._src.ops._late import late
from headrace._src.rnn.sizes import zeros_of
from headrace._src.state import collections
from headrace._src.state import variable_scope as scopes
from headrace._src.state.partitioned_variable import PartitionedVariable


def check_like_cell(label: str, cell: Any) -> None:
    """Check that an object can be used as a cell.

    Raises:
      TypeError: it lacks something.
    """
    wrong = []
    if not hasattr(cell, "output_size"):
        wrong.append("'output_size' property is missing")
    if not hasattr(cell, "state_size"):
        wrong.append("'state_size' property is missing")
    if not hasattr(cell, "get_initial_state") and not hasattr(cell, "zero_state"):
        wrong.append("either 'zero_state' or 'get_initial_state' method is required")
    if not callable(cell):
        wrong.append("is not callable")
    if wrong:
        raise TypeError(f"The argument {label!r} ({cell}) is not an RNNCell: {', '.join(wrong)}.")


def check_dtype(dtype: Any) -> None:
    """Check that cells can compute with a dtype; None passes.

    Raises:
      ValueError: it is neither floating nor complex.
    """
    if dtype is None:
        return
    dtype = dtypes.as_dtype(dtype)
    if not (dtype.is_floating or dtype.is_complex):
        raise ValueError(f"RNN cell only supports floating point inputs, but saw dtype: {dtype}")


def check_dtypes(structure: Any) -> None:
    """`check_dtype` for all tensors of a structure."""
    for t in nest.flatten(structure):
        check_dtype(t.dtype)


def input_depth(inputs_shape: Any) -> int:
    """The size of the inputs' last dimension.

    Raises:
      ValueError: it is unknown.
    """
    sizes = tuple(TensorShape(inputs_shape).as_list())
    if sizes[-1] is None:
        raise ValueError(f"Expected inputs.shape[-1] to be known, saw shape: {sizes}")
    return sizes[-1]


@export("nn.rnn_cell.RNNCell", "contrib.rnn.RNNCell", v2=())
class RNNCell(Layer):
    """One step of a recurrent network: `output, new_state = cell(inputs, state)`.

    Subclasses override `call(inputs, state)`, `state_size` and `output_size`. They may make
    variables with `tf.get_variable` in `call`: those count as the cell's.

    Args:
      trainable: whether the variables are trained.
      name: name of the cell and its variable scope.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._is_tf_rnn_cell = True

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:  # type: ignore[override]
        """Run one step.

        Args:
          inputs: tensor `[batch, depth]`, or a structure of tensors.
          state: tensor `[batch, state_size]`, or a structure like `state_size`.
          scope: variable scope of the cell, at the first call.

        Returns:
          The output `[batch, output_size]` and the new state, of the structure of `state`.
        """
        if scope is not None:
            with scopes.variable_scope(scope, custom_getter=self._counting_getter) as scope:
                return super().__call__(inputs, state, scope=scope)
        # The scope of the first call serves all calls, as the variables do.
        if "rnncell_scope" not in self.__dict__:
            self.rnncell_scope = scopes.variable_scope(
                scopes.get_variable_scope(), custom_getter=self._counting_getter
            )
        with self.rnncell_scope:
            return super().__call__(inputs, state)

    def _counting_getter(self, getter: Any, *args: Any, **kwargs: Any) -> Any:
        """A custom getter that counts what it gets among the cell's variables."""
        variable = getter(*args, **kwargs)
        known = collections.trainable_variables()
        trainable = variable in known or (
            isinstance(variable, PartitionedVariable) and next(iter(variable)) in known
        )
        held = self._trainable_weights if trainable else self._non_trainable_weights
        if all(variable is not v for v in held):
            held.append(variable)
        return variable

    @property
    def state_size(self) -> Any:
        """Size of the state: int, `TensorShape`, or a structure of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self) -> Any:
        """Size of the output: int, `TensorShape`, or a structure of them."""
        raise NotImplementedError("Abstract method")

    def build(self, _: Any) -> None:
        """Make nothing: variables are made in `call`."""

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """Make a state of zeros.

        Args:
          inputs: tensor `[batch, ...]` that tells batch size and dtype.
          batch_size: int or scalar tensor, when `inputs` does not tell it.
          dtype: dtype of the state, when `inputs` does not tell it.

        Returns:
          Tensors `[batch, size]` in the structure of `state_size`.

        Raises:
          ValueError: nothing tells the batch size or the dtype, or two things disagree.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs, name="inputs")
            size = inputs.shape.as_list()[0]
            if batch_size is not None:
                is_tensor = isinstance(batch_size, Tensor)
                if size != (constant_value(batch_size) if is_tensor else batch_size):
                    raise ValueError(
                        "batch size from input tensor is different from the input param. Input "
                        f"tensor batch: {size}, batch_size: {batch_size}"
                    )
            if dtype is not None and inputs.dtype != dtype:
                raise ValueError(
                    "dtype from input tensor is different from the input param. Input tensor "
                    f"dtype: {inputs.dtype}, dtype: {dtype}"
                )
            batch_size, dtype = size or late.shape(inputs)[0], inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros.

        Args:
          batch_size: int or scalar tensor.
          dtype: dtype of the state.

        Returns:
          Tensors `[batch_size, size]` in the structure of `state_size`.
        """
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return zeros_of(self.state_size, batch_size, dtype)


@export("contrib.rnn.LayerRNNCell", v2=())
class LayerRNNCell(RNNCell):
    """A cell that makes its variables in `build`, as other layers do."""

    def __call__(
        self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Run one step.

        Args:
          inputs: tensor `[batch, depth]`.
          state: tensor `[batch, state_size]`, or a structure like `state_size`.
          scope: variable scope of the cell, at the first call.
          *args: what else `call` takes.
          **kwargs: likewise.

        Returns:
          The output `[batch, output_size]` and the new state, of the structure of `state`.
        """
        return Layer.__call__(self, inputs, state, *args, scope=scope, **kwargs)
