"""What every layer answers about its inputs and outputs, and its weights as arrays.

Layers of `tf.layers` remember nothing of the calls made of them, as in 1.15, where only models of
Keras are remembered; asking for an input or an output is an error.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from headrace._src.core import default_session, dtypes, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor_spec import TensorSpec
from headrace._src.function.module import Module
from headrace._src.ops._late import late
from headrace._src.platform import modes
from headrace._src.state.partitioned_variable import PartitionedVariable


class Connected:
    """The part of a layer that concerns connections and arrays."""

    name: Any
    weights: list[Any]
    supports_masking: bool

    # -- inputs and outputs --------------------------------------------------------------------

    def _never_called(self, what: str) -> NoReturn:
        raise RuntimeError(f"The layer has never been called and thus has no defined {what}.")

    def get_input_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no input is remembered."""
        self._never_called("input")

    def get_output_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no output is remembered."""
        self._never_called("output")

    def get_input_shape_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no input is remembered."""
        self._never_called("input shape")

    def get_output_shape_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no output is remembered."""
        self._never_called("output shape")

    def get_input_mask_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no input is remembered."""
        self._never_called("input")

    def get_output_mask_at(self, node_index: int) -> NoReturn:
        """Raises RuntimeError: no output is remembered."""
        self._never_called("output")

    @property
    def input(self) -> NoReturn:
        """Raises AttributeError: no input is remembered."""
        raise AttributeError(f"Layer {self.name} is not connected, no input to return.")

    @property
    def output(self) -> NoReturn:
        """Raises AttributeError: no output is remembered."""
        raise AttributeError(f"Layer {self.name} has no inbound nodes.")

    @property
    def input_mask(self) -> NoReturn:
        """Raises AttributeError: no input is remembered."""
        raise AttributeError(f"Layer {self.name} is not connected, no input to return.")

    @property
    def output_mask(self) -> NoReturn:
        """Raises AttributeError: no output is remembered."""
        raise AttributeError(f"Layer {self.name} has no inbound nodes.")

    @property
    def input_shape(self) -> NoReturn:
        """Raises AttributeError: no input is remembered."""
        raise AttributeError("The layer has never been called and thus has no defined input shape.")

    @property
    def output_shape(self) -> NoReturn:
        """Raises AttributeError: no output is remembered."""
        raise AttributeError(
            "The layer has never been called and thus has no defined output shape."
        )

    @property
    def inbound_nodes(self) -> list[Any]:
        """An empty list: no call is remembered."""
        return []

    @property
    def outbound_nodes(self) -> list[Any]:
        """An empty list: no call is remembered."""
        return []

    @property
    def metrics(self) -> list[Any]:
        """An empty list: layers of `tf.layers` measure nothing."""
        return []

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs.

        Args:
          inputs: the inputs.
          mask: the mask of the inputs, or None.

        Raises:
          TypeError: there is a mask, and the layer supports none.
        """
        if self.supports_masking:
            return mask
        if any(m is not None for m in nest.flatten(mask)):
            raise TypeError(
                f"Layer {self.name} does not support masking, but was passed an input_mask: {mask}"
            )
        return None

    def compute_output_signature(self, input_signature: Any) -> Any:
        """Return the `TensorSpec` of the outputs.

        Args:
          input_signature: a `TensorSpec` of the inputs, or a structure of them.

        Raises:
          TypeError: it is something else.
        """

        def shape_of(spec: Any) -> Any:
            if not isinstance(spec, TensorSpec):
                raise TypeError(
                    f"Only TensorSpec signature types are supported, but saw signature signature "
                    f"entry: {spec}."
                )
            return spec.shape

        layer: Any = self
        shapes = layer.compute_output_shape(nest.map_structure(shape_of, input_signature))
        dtype = layer.dtype or nest.flatten(input_signature)[0].dtype
        return nest.map_structure(lambda s: TensorSpec(dtype=dtype, shape=s), shapes)

    # -- layers inside -------------------------------------------------------------------------

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The layers and modules in the attributes, at any depth."""
        layer: Any = self
        return tuple(Module._flatten(layer, lambda v: isinstance(v, (Module, Connected))))

    # -- weights as arrays ---------------------------------------------------------------------

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Return the values of the variables; in graph mode the default session has them.

        Variables of layers without a value are initialized.

        Raises:
          ValueError: there is no default session, in graph mode.
        """
        weights = self.weights
        if modes.executing_eagerly():
            return [v.numpy() for v in weights]
        return _session().run(weights) if weights else []  # type: ignore[no-any-return]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give the variables values; in graph mode in the default session.

        Args:
          weights: an array for each variable, in the order of `weights`.

        Raises:
          ValueError: there are more or fewer arrays, or an array has another shape; there is no
            default session, in graph mode.
        """
        variables = self.weights
        if len(variables) != len(weights):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a  weight list of '
                f"length {len(weights)}, but the layer was expecting {len(variables)} weights. "
                f"Provided weights: {str(weights)[:50]}..."
            )
        if not variables:
            return
        values = [
            np.asarray(w, v.dtype.base_dtype.as_numpy_dtype)
            for v, w in zip(variables, weights, strict=True)
        ]
        for v, value in zip(variables, values, strict=True):
            if tuple(v.shape.as_list()) != value.shape:
                raise ValueError(
                    f"Layer weight shape {v.shape} not compatible with provided weight shape "
                    f"{value.shape}"
                )
        if modes.executing_eagerly():
            for v, value in zip(variables, values, strict=True):
                v.assign(value)
            return
        session = _session()
        assignments = [_assignment(v) for v in variables]
        feeds = {fed: value for (fed, _), value in zip(assignments, values, strict=True)}
        session.run([op for _, op in assignments], feed_dict=feeds)


# The variables that layers have made in each graph.
_MADE: weakref.WeakKeyDictionary[Any, list[weakref.ref[Any]]] = weakref.WeakKeyDictionary()


def note(variable: Any) -> None:
    """Notes a variable that a layer has made in the default graph."""
    if not modes.executing_eagerly():
        parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
        made = _MADE.setdefault(graph_lib.get_default_graph(), [])
        made.extend(weakref.ref(v) for v in parts)


def _session() -> Any:
    """The default session, in which the variables that layers have made have values.

    Raises:
      ValueError: there is none.
    """
    session = default_session.get_default_session()
    if session is None:
        raise ValueError(
            "Cannot read or set the weights of a layer: no default session is registered. "
            "Use `with session.as_default()`."
        )
    with session.graph.as_default():
        made = [reference() for reference in _MADE.get(session.graph, ())]
        new = list({id(v): v for v in made if v is not None}.values())
        new = [v for v in new if not getattr(v, "_seen_by_layers", False)]
        known = session.run([late.is_variable_initialized(v) for v in new]) if new else []
        for v in new:
            v._seen_by_layers = True
        missing = [v for v, is_known in zip(new, known, strict=True) if not is_known]
        if missing:
            session.run(late.variables_initializer(missing))
    return session


def _assignment(variable: Any) -> tuple[Any, Any]:
    """A placeholder and the operation that assigns it, made once for each variable."""
    made = getattr(variable, "_assigned_by_layers", None)
    if made is None:
        base = dtypes.as_dtype(variable.dtype).base_dtype
        fed = late.placeholder(base, shape=[None] * variable.shape.ndims)
        made = variable._assigned_by_layers = (fed, variable.assign(fed))
    return made  # type: ignore[no-any-return]


__all__ = ["Connected"]
