"""`tf.contrib.rnn`: a cell that attends to its own latest outputs."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.contrib.rnn_linear import Linear
from headrace._src.core import nest
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.rnn.cell import RNNCell, check_like_cell
from headrace._src.state import variable_scope as scopes


@export("contrib.rnn.AttentionCellWrapper", v2=())
class AttentionCellWrapper(RNNCell):
    """Adds attention to the latest outputs to a cell.

    The state is that of the cell, the last attention `[batch, attn_size]`, and the latest outputs
    `[batch, attn_length * attn_size]`.

    Args:
      cell: the cell.
      attn_length: int, how many outputs to attend to.
      attn_size: int, size of attention and output; that of the cell's output by default.
      attn_vec_size: int, number of features that weigh the outputs; `attn_size` by default.
      input_size: int, size of the cell's inputs after mixing in the attention; that of the inputs
        by default.
      state_is_tuple: whether states are tuples, rather than joined in one tensor.
      reuse: whether to share the variables of a cell of the same name.

    Raises:
      TypeError: `cell` is no cell.
      ValueError: `attn_length` is not positive, or the cell's state is a tuple while this one's is
        not.

    Source: Bahdanau et al., 2014.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: Any = None,
        attn_vec_size: Any = None,
        input_size: Any = None,
        state_is_tuple: bool = True,
        reuse: Any = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        check_like_cell("cell", cell)
        if nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size "
                f"is: {cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            logging.warn(
                "%s: Using a concatenated state is slower and will soon be deprecated.  Use "
                "state_is_tuple=True.",
                self,
            )
        self._state_is_tuple = state_is_tuple
        self._cell = cell
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._input_size = input_size
        self._attn_length = attn_length
        self._linears: dict[str, Linear] = {}

    @property
    def state_size(self) -> Any:
        """The sizes of the cell's state, the attention and the latest outputs."""
        sizes = (self._cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._attn_size

    def _linear(self, name: str, args: Any, size: int) -> Tensor:
        if name not in self._linears:
            self._linears[name] = Linear(args, size)
        return self._linears[name](args)

    def _split(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        own, size = self._cell.state_size, self._attn_size
        inner = late.slice(state, [0, 0], [-1, own])
        attention = late.slice(state, [0, own], [-1, size])
        outputs = late.slice(state, [0, own + size], [-1, size * self._attn_length])
        return inner, attention, outputs

    def call(self, inputs: Any, state: Any) -> tuple[Tensor, Any]:  # type: ignore[override]
        """Return the output and the new state."""
        state, attention, latest = self._split(state)
        latest = late.reshape(latest, [-1, self._attn_length, self._attn_size])
        size = inputs.shape.as_list()[1] if self._input_size is None else self._input_size
        inputs = self._linear("inputs", [inputs, attention], size)
        output, new_state = self._cell(inputs, state)
        query = late.concat(nest.flatten(new_state), 1) if self._state_is_tuple else new_state
        attention, latest = self._attend(query, latest)
        with scopes.variable_scope("attn_output_projection"):
            output = self._linear("output", [output, attention], self._attn_size)
        latest = late.concat([latest, late.expand_dims(output, 1)], 1)
        latest = late.reshape(latest, [-1, self._attn_length * self._attn_size])
        states = (new_state, attention, latest)
        return output, states if self._state_is_tuple else late.concat(list(states), 1)

    def _attend(self, query: Tensor, latest: Tensor) -> tuple[Tensor, Tensor]:
        """The attention `[batch, size]`, and the latest outputs without the oldest."""
        length, size, features = self._attn_length, self._attn_size, self._attn_vec_size
        with scopes.variable_scope("attention"):
            k = scopes.get_variable("attn_w", [1, 1, size, features])
            v = scopes.get_variable("attn_v", [features])
            hidden = late.reshape(latest, [-1, length, 1, size])
            of_hidden = getattr(late, "nn.conv2d")(hidden, k, [1, 1, 1, 1], "SAME")
            of_query = self._linear("query", query, features)
            of_query = late.reshape(of_query, [-1, 1, 1, features])
            scores = late.reduce_sum(v * late.tanh(of_hidden + of_query), [2, 3])
            weights = late.reshape(getattr(late, "nn.softmax")(scores), [-1, length, 1, 1])
            attended = late.reduce_sum(weights * hidden, [1, 2])
            attended = late.reshape(attended, [-1, size])
            return attended, late.slice(latest, [0, 1, 0], [-1, -1, -1])
