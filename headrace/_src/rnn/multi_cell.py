"""MultiRNNCell: cells on top of each other."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import nest
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.core.trackable import Trackable
from headrace._src.layers.base import Layer
from headrace._src.ops._late import late
from headrace._src.platform import logging
from headrace._src.rnn.cell import RNNCell
from headrace._src.state import variable_scope as scopes


@export(
    "nn.rnn_cell.MultiRNNCell",
    "contrib.rnn.MultiRNNCell",
    v2=(),
    deprecated="tf.keras.layers.StackedRNNCells",
)
class MultiRNNCell(RNNCell):
    """Cells on top of each other: the output of one is the input of the next.

    Args:
      cells: list of cells, the lowest first.
      state_is_tuple: whether states are tuples with one entry a cell, rather than joined in one
        tensor.

    Raises:
      TypeError: `cells` is no list or tuple.
      ValueError: there are none, or states of cells are tuples while this one's is not.
    """

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_nested(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        if len({id(cell) for cell in cells}) < len(cells):
            logging.log_first_n(
                logging.WARN,
                "At least two cells provided to MultiRNNCell are the same object and will share "
                "weights.",
                1,
            )
        self._cells = cells
        for number, cell in enumerate(cells):
            if isinstance(cell, Trackable):
                self._track_trackable(cell, name=f"cell-{number}")
        self._state_is_tuple = state_is_tuple
        sizes = [] if state_is_tuple else [cell.state_size for cell in cells]
        if any(nest.is_nested(size) for size in sizes):
            raise ValueError(
                "Some cells return tuples of states, but the flag state_is_tuple is not set.  "
                f"State sizes are: {sizes}"
            )

    @property
    def state_size(self) -> Any:
        """The sizes of the cells' states, or of all together."""
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of the last cell's output."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros; see `RNNCell.zero_state`."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables of the cells that are trained."""
        return self._weights_of_cells("trainable_weights") if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables of the cells that are not trained."""
        fixed = self._weights_of_cells("non_trainable_weights")
        return fixed if self.trainable else self._weights_of_cells("trainable_weights") + fixed

    def _weights_of_cells(self, kind: str) -> list[Any]:
        layers = [cell for cell in self._cells if isinstance(cell, Layer)]
        return [weight for cell in layers for weight in getattr(cell, kind)]

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:  # type: ignore[override]
        """Return the output of the last cell and the states of all.

        Raises:
          ValueError: the state should be a tuple and is not.
        """
        states: list[Any] = []
        place = 0
        for i, cell in enumerate(self._cells):
            with scopes.variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    if not nest.is_nested(state):
                        raise ValueError(
                            f"Expected state to be a tuple of length {len(self.state_size)}, but "
                            f"received: {state!s}"
                        )
                    own = state[i]
                else:
                    own = late.slice(state, [0, place], [-1, cell.state_size])
                    place += cell.state_size
                inputs, new = cell(inputs, own)
                states.append(new)
        joined: tuple[Any, ...] | Tensor = tuple(states)
        if not self._state_is_tuple:
            joined = late.concat(states, 1)
        return inputs, joined
