"""What all layers share: names, dtype, checked inputs, one building call, losses and updates."""

from __future__ import annotations

import functools
import inspect
import math
from typing import Any

import numpy as np

from headrace._src.core import convert, dtypes, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.errors import OperatorNotAllowedInGraphError
from headrace._src.core.layer_calls import calling, calls
from headrace._src.core.operation import Operation
from headrace._src.core.scopes import name_scope
from headrace._src.core.trackable import Trackable
from headrace._src.function import autograph
from headrace._src.layers import naming
from headrace._src.layers.connections import Connected
from headrace._src.layers.input_spec import InputSpec, check_inputs
from headrace._src.layers.reach import depends_on
from headrace._src.ops._late import late
from headrace._src.state.partitioned_variable import PartitionedVariable

_KEYWORDS = frozenset(
    (
        "input_shape",
        "batch_input_shape",
        "batch_size",
        "weights",
        "activity_regularizer",
        "autocast",
    )
)


def callable_or_none(identifier: Any, kind: str) -> Any:
    """A regularizer or constraint that is a function, or None.

    Raises:
      ValueError: it is something else.
    """
    if identifier is None or callable(identifier):
        return identifier
    if kind == "constraint":
        raise ValueError(f"Could not interpret {kind} identifier: {identifier}")
    raise ValueError(f"Could not interpret {kind} identifier:", identifier)


def is_default(method: Any) -> Any:
    """Mark a method as one that subclasses may leave alone."""
    method._is_default = True
    return method


class BaseLayer(Connected, Trackable):
    """A function with variables. Subclasses override `build` and `call`.

    Args:
      trainable: whether the variables are trained.
      name: name of the layer; made from the class name by default.
      dtype: dtype of the variables; that of the first input by default.
      dynamic: whether the layer can only be called eagerly.
      **kwargs: `activity_regularizer`: function of the output that gives a loss.

    Raises:
      TypeError: an unknown keyword.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: Any = None,
        dtype: Any = None,
        dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        for key in kwargs:
            if key not in _KEYWORDS:
                raise TypeError("Keyword argument not understood:", key)
        self._trainable = trainable
        self.stateful = False
        self.built = False
        self.input_spec = None
        self.supports_masking = False
        self._init_set_name(name)
        self._activity_regularizer = kwargs.get("activity_regularizer")
        # A subclass may have put variables there before it called this.
        self.__dict__.setdefault("_trainable_weights", [])
        self.__dict__.setdefault("_non_trainable_weights", [])
        self._updates: list[tuple[Operation, bool]] = []
        self._callable_losses: list[Any] = []
        self._losses: list[tuple[Any, bool]] = []
        self._dtype = dtype
        self._dynamic = dynamic

    # -- what subclasses override --------------------------------------------------------------

    @is_default
    def build(self, input_shape: Any) -> None:
        """Make the variables; called once, before the first `call`.

        Args:
          input_shape: `TensorShape` of the input, or a structure of them.
        """
        self.built = True

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """Compute the outputs.

        Args:
          inputs: a tensor, or a structure of tensors.
          **kwargs: what else the layer was called with.

        Returns:
          A tensor, or a structure of tensors.
        """
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output for a shape of the input.

        Raises:
          NotImplementedError: the layer does not say.
        """
        raise NotImplementedError

    @is_default
    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, without its variables.

        Raises:
          NotImplementedError: the class has arguments of its own and does not override this.
        """
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "_batch_input_shape"):
            config["batch_input_shape"] = self._batch_input_shape
        config["dtype"] = self.dtype
        if self.dynamic:
            config["dynamic"] = True
        arguments = inspect.getfullargspec(self.__init__).args  # type: ignore[misc]
        more = [a for a in arguments if a not in config and a != "dynamic"]
        if len(more) > 1 and hasattr(self.get_config, "_is_default"):
            raise NotImplementedError(
                "Layers with arguments in `__init__` must override `get_config`."
            )
        return config

    @classmethod
    def from_config(cls, config: Any) -> Any:
        """Make the layer that `get_config` described."""
        return cls(**config)

    # -- names and dtype -----------------------------------------------------------------------

    def _init_set_name(self, name: Any) -> None:
        self._name = name or naming.unique_name(naming.snake_case(type(self).__name__), True)

    def _name_scope(self) -> str:
        return self.name

    @property
    def name(self) -> Any:
        """The name of the layer."""
        return self._name

    @property
    def _dtype(self) -> Any:
        return self._dtype_name

    @_dtype.setter
    def _dtype(self, value: Any) -> None:
        self._dtype_name = None if value is None else dtypes.as_dtype(value).name

    @property
    def dtype(self) -> Any:
        """The name of the variables' dtype; None before it is known."""
        return self._dtype_name

    @property
    def dynamic(self) -> bool:
        """Whether the layer can only be called eagerly."""
        return self._dynamic

    @property
    def trainable(self) -> Any:
        """Whether the variables are trained."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        self._trainable = value

    @property
    def activity_regularizer(self) -> Any:
        """The function of the output that gives a loss, or None."""
        return self._activity_regularizer

    @activity_regularizer.setter
    def activity_regularizer(self, regularizer: Any) -> None:
        self._activity_regularizer = regularizer

    @property
    def input_spec(self) -> Any:
        """What the inputs must be: `InputSpec`, a structure of them, or None."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        for spec in nest.flatten(value):
            if spec is not None and not isinstance(spec, InputSpec):
                raise TypeError(f"Layer input_spec must be an instance of InputSpec. Got: {spec}")
        self._input_spec = value

    # -- calling -------------------------------------------------------------------------------

    @functools.cached_property
    def _call_fn_args(self) -> list[str]:
        """The names of the arguments of `call`."""
        names = inspect.getfullargspec(self.call).args
        return names[1:] if names and names[0] == "self" else names

    @functools.cached_property
    def _expects_training(self) -> bool:
        spec = inspect.getfullargspec(self.call)
        return "training" in self._call_fn_args or spec.varkw is not None

    def _settle_training(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The `training` of this call, given to `call` when it takes one."""
        given = dict(zip(self._call_fn_args[1:], args, strict=False))
        if "training" in kwargs:
            training = kwargs["training"]
            if not self._expects_training:
                del kwargs["training"]
            return training
        if "training" in given:
            return given["training"]
        training = calls.training
        if self._expects_training and training is not None:
            is_tensor = convert.is_tensor(training)
            kwargs["training"] = late.cast(training, dtypes.bool_) if is_tensor else bool(training)
        return training

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer; the first call makes its variables.

        Args:
          inputs: tensor or structure of tensors; NumPy arrays are converted.
          *args: what else `call` takes.
          **kwargs: likewise.

        Returns:
          What `call` returns.

        Raises:
          ValueError: the inputs do not fit the layer, or `call` returns None.
        """
        inputs = nest.map_structure(_as_tensor, inputs)
        training = self._settle_training(args, kwargs)
        # As in 1.15, values that do not fit are left to the operations, and to the caller.
        symbolic = not graph_lib.get_default_graph().executes
        with calling(inputs, training):
            if symbolic:
                check_inputs(self.input_spec, inputs, self.name)
            with name_scope(self._name_scope()):
                self._maybe_build(inputs)
                try:
                    call = autograph.converted_where_enabled(self.call)
                    outputs = call(inputs, *args, **kwargs)
                except OperatorNotAllowedInGraphError as e:
                    raise TypeError(
                        "You are attempting to use Python control flow in a layer that was not "
                        "declared to be dynamic. Pass `dynamic=True` to the class constructor.\n"
                        f'Encountered error:\n"""\n{e}\n"""'
                    ) from e
                if outputs is None and symbolic:
                    raise ValueError(
                        "A layer's `call` method should return a Tensor or a list of Tensors, not "
                        f"None (layer: {self.name})."
                    )
                self._add_activity_losses(inputs, outputs)
        return outputs

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer."""
        return self.__call__(inputs, *args, **kwargs)

    def _maybe_build(self, inputs: Any) -> None:
        if self.built:
            return
        check_inputs(self.input_spec, inputs, self.name)
        flat = nest.flatten(inputs)
        if flat and self.dtype is None and hasattr(flat[0], "dtype"):
            self._dtype = flat[0].dtype.base_dtype
        if not hasattr(self.build, "_is_default"):
            shapes = None
            if all(hasattr(x, "shape") for x in flat):
                shapes = nest.map_structure(lambda x: x.shape, inputs)
            self.build(shapes)
        self.built = True

    # -- variables -----------------------------------------------------------------------------

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """Make a variable: the older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)  # type: ignore[attr-defined]

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that are trained."""
        return list(self._trainable_weights) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that are not trained."""
        fixed = list(self._non_trainable_weights)
        return fixed if self.trainable else self._trainable_weights + fixed

    @property
    def weights(self) -> list[Any]:
        """All variables, trained ones first."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def variables(self) -> list[Any]:
        """All variables, trained ones first."""
        return self.weights

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that are trained."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that are not trained."""
        return self.non_trainable_weights

    def count_params(self) -> int:
        """Return the number of elements of all variables.

        Raises:
          ValueError: the layer has not been built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                f"can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return sum(math.prod(w.shape.as_list()) for w in self.weights)

    # -- losses --------------------------------------------------------------------------------

    @property
    def losses(self) -> list[Any]:
        """The losses of the layer; those of weights are added to the graph anew each time."""
        return [loss for loss, _ in self._all_losses()]

    def _all_losses(self) -> list[tuple[Any, bool]]:
        """(loss, whether it holds whatever the inputs are)."""
        made = [(make(), unconditional) for make, unconditional in self._callable_losses]
        return self._losses + [pair for pair in made if pair[0] is not None]

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add losses.

        Args:
          losses: a tensor or a function without arguments that makes one, or a structure of them.
          inputs: None when the losses do not depend on the inputs of the layer.
        """
        for loss in nest.flatten(losses):
            if callable(loss):
                make = functools.partial(_made_loss, loss)
                self._callable_losses.append((make, inputs is None))
            elif loss is not None:
                self._losses.append((_as_loss(loss), inputs is None))

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """Return the losses that depend on `inputs`, or for None those that depend on none."""
        if inputs is None:
            return [loss for loss, unconditional in self._all_losses() if unconditional]
        conditional = [loss for loss, unconditional in self._all_losses() if not unconditional]
        return [loss for loss in conditional if depends_on(loss, inputs)]

    def _regularize(self, name: str, variable: Any, regularizer: Any) -> None:
        """Add the loss that a regularizer gives for a variable."""

        def loss_of(v: Any) -> Any:
            with name_scope(f"{name}/Regularizer"):
                return regularizer(v)

        for part in variable if isinstance(variable, PartitionedVariable) else [variable]:
            self.add_loss(functools.partial(loss_of, part))

    def _add_activity_losses(self, inputs: Any, outputs: Any) -> None:
        if not self._activity_regularizer:
            return
        with name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = self._activity_regularizer(output)
                batch_size = late.cast(late.shape(output)[0], loss.dtype)
                self.add_loss(loss / batch_size, inputs=inputs)

    # -- updates -------------------------------------------------------------------------------

    @property
    def updates(self) -> list[Operation]:
        """The operations that update the layer's own state, such as moving averages."""
        return [update for update, _ in self._live_updates()]

    def _live_updates(self) -> list[tuple[Operation, bool]]:
        return list(self._updates) if self.trainable or self.stateful else []

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add operations that update the layer's own state.

        Args:
          updates: an operation, tensor or function that makes one, or a list of them.
          inputs: ignored: whether an update depends on the inputs is seen in the graph.
        """
        sources = calls.inputs if calls.in_call else []
        for update in updates if isinstance(updates, list) else [updates]:
            made = update() if callable(update) else update
            if graph_lib.get_default_graph().executes:
                continue  # It has happened.
            if not isinstance(made, Operation):
                made = made.op if hasattr(made, "op") else convert.convert_to_tensor(made).op
            self._updates.append((made, not depends_on(made, sources)))

    def get_updates_for(self, inputs: Any) -> list[Operation]:
        """Return the updates that depend on `inputs`, or for None those that depend on none."""
        if inputs is None:
            return [update for update, unconditional in self._live_updates() if unconditional]
        conditional = [
            update for update, unconditional in self._live_updates() if not unconditional
        ]
        return [update for update in conditional if depends_on(update, inputs)]


def _as_tensor(value: Any) -> Any:
    # Sparse tensors and the like stay what they are.
    return (
        convert.convert_to_tensor(value) if isinstance(value, (np.ndarray, float, int)) else value
    )


def _as_loss(value: Any) -> Any:
    if convert.is_tensor(value):
        return value
    return convert.convert_to_tensor(value, dtype=dtypes.float32)


def _made_loss(make: Any) -> Any:
    value = make()
    return None if value is None else _as_loss(value)
