"""DropoutWrapper: dropout of a cell's inputs, states and outputs."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.core import nest
from headrace._src.core.constant_value import constant_value
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.ops.dropout import dropout_v2
from headrace._src.ops.tensor_array import TensorArray
from headrace._src.rnn.lstm_cells import LSTMStateTuple
from headrace._src.rnn.wrappers import CellWrapper


def _drops_by_default(state: Any) -> Any:
    """Which parts of a state are dropped: all but memories and arrays."""
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(state, TensorArray)


def _map_numbered(shallow: Any, function: Callable[..., Any], *structures: Any) -> Any:
    """Applies `function(number, *parts)` at the leaves of the shallow structure."""
    numbers = itertools.count()
    return nest.map_structure_up_to(
        shallow, lambda *parts: function(next(numbers), *parts), *structures
    )


@export("nn.rnn_cell.DropoutWrapper", "contrib.rnn.DropoutWrapper", v2=())
class DropoutWrapper(CellWrapper):
    """Drops elements of a cell's inputs, states and outputs at random.

    Args:
      cell: the cell.
      input_keep_prob: share of the inputs' elements to keep: float or scalar tensor.
      output_keep_prob: likewise for the outputs.
      state_keep_prob: likewise for the new states; by default memories of `LSTMStateTuple`s are
        left alone.
      variational_recurrent: whether all steps and all of the batch drop the same elements.
      input_size: sizes of the inputs, a structure of `TensorShape`s; needed when variational with
        dropped inputs.
      dtype: dtype of inputs, states and outputs; needed when variational.
      seed: int from which the op seeds are derived.
      dropout_state_filter_visitor: function of a part of the state that says, by a bool or a
        structure of bools, what may be dropped.
      **kwargs: as for `tf.layers.Layer`.

    Raises:
      TypeError: `cell` is no cell, or the visitor is no function.
      ValueError: a probability is not between 0 and 1, or something needed is missing.

    Source: variational dropout: Gal and Ghahramani, 2016.
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: Any = None,
        dropout_state_filter_visitor: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cell, dtype=dtype, **kwargs)
        visitor = dropout_state_filter_visitor
        if visitor is not None and not callable(visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._dropout_state_filter = visitor or _drops_by_default
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _probability(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _probability(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _probability(output_keep_prob, "output_keep_prob")
        self._variational_recurrent = variational_recurrent
        self._input_size = input_size
        self._seed = seed
        self._recurrent_input_noise: Any = None
        self._recurrent_state_noise: Any = None
        self._recurrent_output_noise: Any = None
        if variational_recurrent:
            self._make_noise(cell, input_size, dtype)

    def _make_noise(self, cell: Any, input_size: Any, dtype: Any) -> None:
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")

        def noise(salt: str, sizes: Any) -> Any:
            def one(i: int, size: Any) -> Tensor:
                # The size 1 stands for the batch, all of which is dropped alike.
                shape = late.concat(([1], TensorShape(size).as_list()), 0)
                return late.random_uniform(shape, seed=self._gen_seed(salt, i), dtype=dtype)  # type: ignore[no-any-return]

            return _map_numbered(sizes, one, sizes)

        if _drops(self._input_keep_prob):
            if input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            self._recurrent_input_noise = noise("input", input_size)
        self._recurrent_state_noise = noise("state", cell.state_size)
        self._recurrent_output_noise = noise("output", cell.output_size)

    def _gen_seed(self, salt_prefix: str, index: int) -> int | None:
        if self._seed is None:
            return None
        text = f"{self._seed}{salt_prefix}_{index}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    def _dropout(
        self, values: Any, salt: str, noise: Any, keep_prob: Any, shallow: Any = None
    ) -> Any:
        shallow = values if shallow is None else shallow
        variational = self._variational_recurrent

        def one(i: int, drop: Any, value: Any, *held: Any) -> Any:
            if drop is False:
                return value
            if variational:
                return _dropped_by(held[0], value, keep_prob)
            return dropout_v2(value, rate=1.0 - keep_prob, seed=self._gen_seed(salt, i))

        held = (noise,) if variational else ()
        return _map_numbered(shallow, one, shallow, values, *held)

    def _call_wrapped_cell(self, inputs: Any, state: Any, call: Any, **kwargs: Any) -> Any:
        if _drops(self._input_keep_prob):
            noise, keep = self._recurrent_input_noise, self._input_keep_prob
            inputs = self._dropout(inputs, "input", noise, keep)
        output, new_state = call(inputs, state, **kwargs)
        if _drops(self._state_keep_prob):
            noise, keep = self._recurrent_state_noise, self._state_keep_prob
            which = nest.get_traverse_shallow_structure(self._dropout_state_filter, new_state)
            new_state = self._dropout(new_state, "state", noise, keep, which)
        if _drops(self._output_keep_prob):
            noise, keep = self._recurrent_output_noise, self._output_keep_prob
            output = self._dropout(output, "output", noise, keep)
        return output, new_state

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal cell, without its variables."""
        config = {
            "input_keep_prob": self._input_keep_prob,
            "output_keep_prob": self._output_keep_prob,
            "state_keep_prob": self._state_keep_prob,
            "variational_recurrent": self._variational_recurrent,
            "input_size": self._input_size,
            "seed": self._seed,
        }
        if self._dropout_state_filter is not _drops_by_default:
            config["dropout_state_filter_visitor"] = self._dropout_state_filter
        return super().get_config() | config


def _probability(value: Any, name: str) -> Any:
    """The probability as a float, or a tensor when it is not known yet."""
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {int(known)}")
    return float(known)


def _drops(keep_prob: Any) -> bool:
    return not isinstance(keep_prob, float) or keep_prob < 1


def _dropped_by(noise: Tensor, value: Tensor, keep_prob: Any) -> Tensor:
    """Drops the elements whose noise is below `1 - keep_prob`."""
    kept = late.floor(keep_prob + noise)
    result = late.div(value, keep_prob) * kept
    result.set_shape(value.shape)
    return result  # type: ignore[no-any-return]
