"""`tf.layers.Layer`: a layer whose variables live in a variable scope."""

from __future__ import annotations

import copy
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.graph import get_collection_ref, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import init_scope, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.layers import naming
from headrace._src.layers.connections import note
from headrace._src.layers.layer import BaseLayer, callable_or_none
from headrace._src.state import collections, keras_initializers
from headrace._src.state import variable_scope as scopes
from headrace._src.state.initializers import GlorotUniform, Zeros
from headrace._src.state.partitioned_variable import PartitionedVariable
from headrace._src.state.variable import VariableAggregation, VariableSynchronization


def _extend_collection(key: str, items: list[Any]) -> None:
    held = get_collection_ref(key)
    present = {id(item) for item in held}
    for item in items:
        if id(item) not in present:
            present.add(id(item))
            held.append(item)


@export("layers.Layer", v2=())
class Layer(BaseLayer):
    """Base of all layers of `tf.layers`: its variables are those of `tf.get_variable`.

    Subclasses make variables in `build`, with `add_weight`, and compute in `call`.

    Args:
      trainable: whether the variables are trained.
      name: name of the layer and of its variable scope; made from the class name by default.
      dtype: dtype of the variables; that of the first input by default.
      **kwargs: `activity_regularizer`: function of the output that gives a loss; `_reuse`: whether
        to share the variables of a layer of the same name; `_scope`: the variable scope.

    Raises:
      TypeError: an unknown keyword.
    """

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        self._use_resource_variables = False
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._scope: Any = None
        self._current_scope: Any = None
        if scope:
            with scopes.variable_scope(scope) as captured:
                self._scope = captured

    def _init_set_name(self, name: Any) -> None:
        base = naming.snake_case(type(self).__name__)
        if isinstance(name, scopes.VariableScope):
            self._name, self._base_name = naming.unique_name(base), name.name
        elif name:
            self._name = self._base_name = name
        else:
            self._name, self._base_name = naming.unique_name(base), base

    @property
    def graph(self) -> None:
        """None: layers belong to no graph."""
        return None

    @property
    def scope_name(self) -> Any:
        """The full name of the variable scope.

        Raises:
          ValueError: the layer has not been called yet.
        """
        if not self._scope:
            raise ValueError(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name  is determined the first time the layer instance is "
                "called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    def _name_scope(self) -> str:
        return self._current_scope.original_name_scope  # type: ignore[no-any-return]

    def _set_scope(self, scope: Any = None) -> None:
        """Choose the variable scope, at the first use of the layer."""
        if self._scope is not None:
            return
        if self._reuse:
            chosen = scopes.variable_scope(self._base_name if scope is None else scope)
        else:
            chosen = scopes.variable_scope(scope, default_name=self._base_name)
        with chosen as captured:
            self._scope = captured

    # -- losses --------------------------------------------------------------------------------

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add losses, which also join the collection `GraphKeys.REGULARIZATION_LOSSES`.

        Args:
          losses: a tensor or a function without arguments that makes one, or a structure of them.
          inputs: None when the losses do not depend on the inputs of the layer.
        """
        before, made_before = len(self._losses), len(self._callable_losses)
        super().add_loss(losses, inputs=inputs)
        if get_default_graph().executes:
            return
        new = [loss for loss, _ in self._losses[before:]]
        made = [make() for make, _ in self._callable_losses[made_before:]]
        new += [loss for loss in made if loss is not None]
        _extend_collection(GraphKeys.REGULARIZATION_LOSSES, new)

    # -- variables -----------------------------------------------------------------------------

    def add_weight(
        self,
        name: Any,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: Any = None,
        constraint: Any = None,
        use_resource: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Make a variable of the layer, or share it.

        Args:
          name: name below the variable scope of the layer.
          shape: shape of the variable.
          dtype: dtype; that of the layer by default, else float32.
          initializer: function of shape and dtype; that of the scope by default, else Glorot's
            uniform one for floats and zeros for integers and bools.
          regularizer: function of the variable that gives a loss.
          trainable: whether the variable is trained; True unless `synchronization` is `ON_READ`.
          constraint: projection that optimizers apply after each update.
          use_resource: whether to make a resource variable.
          synchronization: when distributed copies are brought together.
          aggregation: how distributed copies are combined.
          partitioner: function of shape and dtype that splits the variable.
          **kwargs: `experimental_autocast` is accepted.

        Returns:
          The variable, or a `PartitionedVariable`.

        Raises:
          TypeError: an unknown keyword.
          ValueError: no initializer for this dtype, or trained although `ON_READ`.
        """
        for key in kwargs:
            if key != "experimental_autocast":
                raise TypeError("Unknown keyword argument:", key)
        trainable = _settled_trainable(trainable, synchronization)
        with init_scope():
            before = set(collections.global_variables())
        dtype = dtypes.as_dtype(dtype or self.dtype or dtypes.float32)
        self._set_scope(None)
        with scopes.variable_scope(
            self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False
        ) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                variable = self._add_variable_with_custom_getter(
                    name,
                    shape=() if shape is None else shape,
                    dtype=dtype,
                    initializer=scope.initializer if initializer is None else initializer,
                    getter=self._get_variable,
                    overwrite=True,
                    constraint=callable_or_none(constraint, "constraint"),
                    trainable=trainable and self.trainable,
                    partitioner=partitioner,
                    use_resource=use_resource or self._use_resource_variables or scope.use_resource,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                if regularizer and not _known(variable, before):
                    self._regularize(name, variable, regularizer)
                self._note(variable, trainable and self.trainable)
        note(variable)
        return variable

    def _get_variable(self, name: str, initializer: Any, dtype: Any, **kwargs: Any) -> Any:
        if self.dtype is None:
            self._dtype = dtype.base_dtype
        if not isinstance(initializer, Tensor):
            initializer = keras_initializers.get(initializer)
        if initializer is None:
            if dtype.is_floating:
                initializer = GlorotUniform()
            elif dtype.is_integer or dtype.is_bool:
                initializer = Zeros()
            else:
                raise ValueError(
                    f"An initializer for variable {name} of type {dtype.base_dtype} is required "
                    f"for layer {self.name}"
                )
        return scopes.get_variable(name=name, initializer=initializer, dtype=dtype, **kwargs)

    def _note(self, variable: Any, trainable: bool) -> None:
        """Count a variable among the layer's; a getter may have kept it from being trained."""
        if trainable and not get_default_graph().executes:
            with init_scope():
                known = collections.trainable_variables()
            trainable = variable in known
        (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the layer; the first call makes its variables.

        Args:
          inputs: tensor or structure of tensors; NumPy arrays are converted.
          *args: what else `call` takes.
          **kwargs: likewise; `scope` names the variable scope at the first call, and `call` gets
            the variable scope by this name if it takes one.

        Returns:
          What `call` returns.

        Raises:
          ValueError: the inputs do not fit the layer, or `call` returns None.
        """
        self._set_scope(kwargs.pop("scope", None))
        with self._opened() as scope:
            self._current_scope = scope
            if "scope" in self._call_fn_args:
                kwargs["scope"] = scope
            outputs = super().__call__(inputs, *args, **kwargs)
        _extend_collection(GraphKeys.UPDATE_OPS, self.updates)
        return outputs

    def _opened(self) -> Any:
        """The variable scope of a call; once built, one that always shares."""
        if not self.built:
            return scopes.variable_scope(self._scope, reuse=self._reuse, auxiliary_name_scope=False)
        if "_always_reuse_variable_scope" not in self.__dict__:
            self._always_reuse_variable_scope = scopes.variable_scope(
                self._scope, reuse=True, auxiliary_name_scope=False
            )
        return self._always_reuse_variable_scope

    def __deepcopy__(self, memo: Any) -> Any:
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            if key in ("_scope", "_always_reuse_variable_scope"):
                copied = copy.copy(value)
            elif isinstance(next(iter(nest.flatten(value)), None), Tensor):
                copied = value
            else:
                copied = copy.deepcopy(value, memo)
            setattr(made, key, copied)
        return made


def _settled_trainable(trainable: Any, synchronization: Any) -> bool:
    if synchronization != VariableSynchronization.ON_READ:
        return True if trainable is None else trainable
    if trainable:
        raise ValueError(
            "Synchronization value can be set to VariableSynchronization.ON_READ only for "
            "non-trainable variables. You have specified trainable=True and "
            "synchronization=VariableSynchronization.ON_READ."
        )
    return False


def _known(variable: Any, before: set[Any]) -> bool:
    parts = variable if isinstance(variable, PartitionedVariable) else [variable]
    return any(part in before for part in parts)
