"""Cells around cells: residual connections, devices."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import nest
from headrace._src.core.scopes import device as device_scope
from headrace._src.core.scopes import name_scope
from headrace._src.core.trackable import Trackable
from headrace._src.rnn.cell import RNNCell, check_like_cell


class CellWrapper(RNNCell):
    """A cell that calls another one in `_call_wrapped_cell`; it is called in that one's scope."""

    def __init__(self, cell: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        check_like_cell("cell", cell)
        self.cell = cell
        if isinstance(cell, Trackable):
            self._track_trackable(cell, name="cell")

    def _call_wrapped_cell(self, inputs: Any, state: Any, call: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:  # type: ignore[override]
        """Run one step.

        Args:
          inputs: what the wrapped cell takes.
          state: the state of the wrapped cell.
          scope: variable scope of the wrapped cell, at the first call.

        Returns:
          The output and the new state.
        """
        return self._call_wrapped_cell(inputs, state, self.cell.__call__, scope=scope)

    @property
    def state_size(self) -> Any:
        """The state size of the wrapped cell."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """The output size of the wrapped cell."""
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros; see `RNNCell.zero_state`."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        inner = {"class_name": type(self.cell).__name__, "config": self.cell.get_config()}
        return super().get_config() | {"cell": inner}

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """Make the cell that `get_config` described; `config["cell"]` must be a cell.

        Raises:
          ValueError: it is not.
        """
        config = dict(config)
        cell = config.pop("cell")
        try:
            check_like_cell("cell", cell)
            return cls(cell, **config)
        except TypeError:
            raise ValueError(
                "RNNCellWrapper cannot reconstruct the wrapped cell. Please overwrite the cell in "
                "the config with a RNNCell instance."
            ) from None


def _sum(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)
    nest.map_structure(lambda i, o: i.shape.assert_is_compatible_with(o.shape), inputs, outputs)
    return nest.map_structure(lambda i, o: i + o, inputs, outputs)


@export("nn.rnn_cell.ResidualWrapper", "contrib.rnn.ResidualWrapper", v2=())
class ResidualWrapper(CellWrapper):
    """Adds the inputs of a cell to its outputs.

    Args:
      cell: the cell.
      residual_fn: function of inputs and outputs that gives the outputs; their sum by default.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      TypeError: `cell` is no cell.
    """

    def __init__(self, cell: Any, residual_fn: Any = None, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _call_wrapped_cell(self, inputs: Any, state: Any, call: Any, **kwargs: Any) -> Any:
        outputs, new_state = call(inputs, state, **kwargs)
        return (self._residual_fn or _sum)(inputs, outputs), new_state

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        own = {} if self._residual_fn is None else {"residual_fn": self._residual_fn}
        return super().get_config() | own


@export("nn.rnn_cell.DeviceWrapper", "contrib.rnn.DeviceWrapper", v2=())
class DeviceWrapper(CellWrapper):
    """Runs a cell on a device.

    Args:
      cell: the cell.
      device: device string or function, as for `tf.device`.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      TypeError: `cell` is no cell.
    """

    def __init__(self, cell: Any, device: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Make a state of zeros; see `RNNCell.zero_state`."""
        with name_scope(f"{type(self).__name__}ZeroState", values=[batch_size]):
            with device_scope(self._device):
                return self.cell.zero_state(batch_size, dtype)

    def _call_wrapped_cell(self, inputs: Any, state: Any, call: Any, **kwargs: Any) -> Any:
        with device_scope(self._device):
            return call(inputs, state, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        return super().get_config() | {"device": self._device}
