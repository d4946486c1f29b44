"""VariableScope: the state of a variable scope."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope as make_name_scope
from headrace._src.state.variable import VariableAggregation, VariableSynchronization
from headrace._src.state.variable_store import AUTO_REUSE


@export("VariableScope", v2=())
class VariableScope:
    """The state of a variable scope: its name, whether it shares variables, and its defaults.

    Args:
      reuse: True, None or `tf.AUTO_REUSE`.
      name: full name of the scope.
      initializer: default initializer.
      regularizer: default regularizer.
      caching_device: default caching device.
      partitioner: default partitioner.
      custom_getter: default custom getter.
      name_scope: the name scope that belongs to the scope.
      dtype: default dtype.
      use_resource: whether variables are resource variables.
      constraint: default constraint.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: Any = None,
        constraint: Any = None,
    ) -> None:
        self._name = name
        self._initializer = initializer
        self._regularizer = regularizer
        self._reuse = reuse
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint
        if graph_lib.get_default_graph().executes:
            if caching_device is not None:
                raise NotImplementedError(
                    "Caching devices is not yet supported when eager execution is enabled."
                )
            self._reuse = AUTO_REUSE
            self._use_resource = True

    @property
    def name(self) -> Any:
        """The full name of the scope."""
        return self._name

    @property
    def original_name_scope(self) -> Any:
        """The name scope that was made together with the scope."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        """Whether variables are shared: True, False, None or `tf.AUTO_REUSE`."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The default initializer."""
        return self._initializer

    @property
    def dtype(self) -> Any:
        """The default dtype."""
        return self._dtype

    @property
    def use_resource(self) -> Any:
        """Whether variables are resource variables; None when the scope does not say."""
        return self._use_resource

    @property
    def regularizer(self) -> Any:
        """The default regularizer."""
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        """The default caching device."""
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        """The default partitioner."""
        return self._partitioner

    @property
    def custom_getter(self) -> Any:
        """The default custom getter."""
        return self._custom_getter

    @property
    def constraint(self) -> Any:
        """The default constraint."""
        return self._constraint

    def reuse_variables(self) -> None:
        """Share variables from now on."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the default initializer."""
        self._initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        """Set the default dtype."""
        self._dtype = dtype

    def set_use_resource(self, use_resource: Any) -> None:
        """Set whether variables are resource variables.

        Raises:
          ValueError: they shall not be, in eager execution.
        """
        if graph_lib.get_default_graph().executes and not use_resource:
            raise ValueError(
                "When eager execution is enabled, use_resource cannot be set to false."
            )
        self._use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regularizer."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Set the default caching device.

        Raises:
          NotImplementedError: in eager execution.
        """
        if graph_lib.get_default_graph().executes:
            raise NotImplementedError(
                "Caching devices are not yet supported when eager execution is enabled."
            )
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set the default custom getter."""
        self._custom_getter = custom_getter

    def get_collection(self, name: Any) -> Any:
        """List the members of a collection that belong to the scope."""
        return graph_lib.get_collection(name, self._name + "/" if self._name else "")

    def trainable_variables(self) -> Any:
        """List the trainable variables of the scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> Any:
        """List the global variables of the scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> Any:
        """List the local variables of the scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: Any,
        name: Any,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: Any = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: Any = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """Get a variable of the scope from a store; see `tf.get_variable`."""
        if graph_lib.get_default_graph().executes:
            reuse, use_resource = False, True
        with make_name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                held = convert_to_tensor(initializer).dtype.base_dtype
                if held != dtype:
                    raise ValueError(
                        f"Initializer type '{held}' and explicit dtype '{dtype}' don't match."
                    )
            return var_store.get_variable(
                f"{self._name}/{name}" if self._name else name,
                shape=shape,
                dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse if reuse is None else reuse,
                trainable=trainable,
                collections=collections,
                caching_device=self._caching_device if caching_device is None else caching_device,
                partitioner=self._partitioner if partitioner is None else partitioner,
                validate_shape=validate_shape,
                use_resource=self._use_resource if use_resource is None else use_resource,
                custom_getter=self._custom_getter if custom_getter is None else custom_getter,
                constraint=self._constraint if constraint is None else constraint,
                synchronization=synchronization,
                aggregation=aggregation,
            )
