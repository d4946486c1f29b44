"""`tf.contrib.rnn`: cells around cells: projections, embeddings, highways."""

from __future__ import annotations

import math
from typing import Any

from headrace._api.export import export
from headrace._src.contrib.rnn_linear import Linear
from headrace._src.core import nest
from headrace._src.core.scopes import device, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.rnn.cell import RNNCell, check_like_cell
from headrace._src.state import variable_scope as scopes
from headrace._src.state.initializers import Constant, RandomUniform


class InnerCellWrapper(RNNCell):
    """A cell with a variable scope of its own, in which it calls another cell."""

    def __init__(self, cell: Any, reuse: Any) -> None:
        super().__init__(_reuse=reuse)
        check_like_cell("cell", cell)
        self._cell = cell

    @property
    def state_size(self) -> Any:
        """The state size of the wrapped cell."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """The output size of the wrapped cell."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros; see `RNNCell.zero_state`."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


@export("contrib.rnn.EmbeddingWrapper", v2=())
class EmbeddingWrapper(InnerCellWrapper):
    """Looks the inputs, numbers of classes, up in a table, and gives the rows to a cell.

    Args:
      cell: the cell.
      embedding_classes: int, number of rows of the table.
      embedding_size: int, size of a row.
      initializer: initializer of the table; that of the scope by default, else uniform with
        variance 1.
      reuse: whether to share the variables of a cell of the same name.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: a size is not positive.
    """

    def __init__(
        self,
        cell: Any,
        embedding_classes: int,
        embedding_size: int,
        initializer: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                "Both embedding_classes and embedding_size must be > 0: "
                f"{embedding_classes}, {embedding_size}."
            )
        self._shape = [embedding_classes, embedding_size]
        self._initializer = initializer

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output of the cell and its new state."""
        with device("/cpu:0"):
            initializer = self._initializer or scopes.get_variable_scope().initializer
            if not initializer:
                initializer = RandomUniform(-math.sqrt(3), math.sqrt(3))
            dtype = state[0].dtype if isinstance(state, tuple) else state.dtype
            table = scopes.get_variable(
                "embedding", self._shape, initializer=initializer, dtype=dtype
            )
            rows = getattr(late, "nn.embedding_lookup")(table, late.reshape(inputs, [-1]))
            return self._cell(rows, state)


@export("contrib.rnn.InputProjectionWrapper", v2=())
class InputProjectionWrapper(InnerCellWrapper):
    """Projects the inputs of a cell.

    Args:
      cell: the cell.
      num_proj: int, size of the projected inputs.
      activation: function of the projected inputs.
      input_size: deprecated and ignored.
      reuse: whether to share the variables of a cell of the same name.

    Raises:
      TypeError: `cell` is no cell.
    """

    def __init__(
        self,
        cell: Any,
        num_proj: int,
        activation: Any = None,
        input_size: Any = None,
        reuse: Any = None,
    ) -> None:
        super().__init__(cell, reuse)
        if input_size is not None:
            logging.warn("%s: The input_size parameter is deprecated.", self)
        self._num_proj = num_proj
        self._activation = activation
        self._linear: Linear | None = None

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """Return the output of the cell and its new state."""
        if self._linear is None:
            self._linear = Linear(inputs, self._num_proj)
        projected = self._linear(inputs)
        if self._activation:
            projected = self._activation(projected)
        return self._cell(projected, state)


@export("contrib.rnn.OutputProjectionWrapper", v2=())
class OutputProjectionWrapper(InnerCellWrapper):
    """Projects the outputs of a cell.

    Args:
      cell: the cell.
      output_size: int, size of the projected outputs.
      activation: function of the projected outputs.
      reuse: whether to share the variables of a cell of the same name.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: `output_size` is not positive.
    """

    def __init__(
        self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None
    ) -> None:
        super().__init__(cell, reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size = output_size
        self._activation = activation
        self._linear: Linear | None = None

    @property
    def output_size(self) -> Any:
        """The size of the projected outputs."""
        return self._output_size

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the projected output of the cell and its new state."""
        output, new_state = self._cell(inputs, state)
        if self._linear is None:
            self._linear = Linear(output, self._output_size)
        projected = self._linear(output)
        if self._activation:
            projected = self._activation(projected)
        return projected, new_state


@export("contrib.rnn.HighwayWrapper", v2=())
class HighwayWrapper(RNNCell):
    """Mixes the inputs of a cell with its outputs: `carry * inputs + transform * outputs`.

    Args:
      cell: the cell; its inputs and outputs have the same sizes.
      couple_carry_transform_gates: whether `transform` is `1 - carry`, rather than a gate of its
        own.
      carry_bias_init: float, first bias of the carry gate; its negative is the transform gate's.

    Source: Srivastava et al., 2015.
    """

    def __init__(
        self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0
    ) -> None:
        # As in TensorFlow, the wrapper is no layer: its variables are those of the scope around.
        self._cell = cell
        self._couple = couple_carry_transform_gates
        self._carry_bias_init = carry_bias_init

    @property
    def state_size(self) -> Any:
        """The state size of the wrapped cell."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """The output size of the wrapped cell."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros; see `RNNCell.zero_state`."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)

    def _gate(self, name: str, x: Tensor, bias: float) -> Tensor:
        size = x.shape.with_rank(2).as_list()[1]
        w = scopes.get_variable(f"{name}_w", [size, size])
        b = scopes.get_variable(f"{name}_b", [size], initializer=Constant(bias))
        return late.sigmoid(getattr(late, "nn.xw_plus_b")(x, w, b))  # type: ignore[no-any-return]

    def _mixed(self, x: Tensor, output: Tensor) -> Tensor:
        carry = self._gate("carry", x, self._carry_bias_init)
        if self._couple:
            transform = 1 - carry
        else:
            transform = self._gate("transform", x, -self._carry_bias_init)
        return x * carry + output * transform

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:  # type: ignore[override]
        """Run one step; see `RNNCell.__call__`."""
        outputs, new_state = self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        nest.map_structure(lambda i, o: i.shape.assert_is_compatible_with(o.shape), inputs, outputs)
        return nest.map_structure(self._mixed, inputs, outputs), new_state
