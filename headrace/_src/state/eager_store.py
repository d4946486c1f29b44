"""EagerVariableStore: variables of eager execution that `tf.get_variable` shares by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.state import variable_scope
from headrace._src.state.resource_variable import ResourceVariable
from headrace._src.state.variable_store import VariableStore


@export("contrib.eager.EagerVariableStore", v2=())
class EagerVariableStore:
    """Keeps the variables that `tf.get_variable` makes, so that equal names give one variable.

    Without it every call in eager execution makes a new variable.

    Args:
      store: the store of another `EagerVariableStore`, or None for a new one.

    Raises:
      ValueError: it is a store that does not keep eager variables.
    """

    def __init__(self, store: VariableStore | None = None) -> None:
        if store is not None and not store._store_eager_variables:
            raise ValueError(
                "Cannot construct EagerVariableStore from a VariableStore object that does not "
                "hold eager variables."
            )
        self._store = VariableStore() if store is None else store
        self._store._store_eager_variables = True

    @contextlib.contextmanager
    def as_default(self) -> Iterator[VariableStore]:
        """A context manager in which `tf.get_variable` uses the store."""
        with variable_scope.with_variable_store(self._store):
            yield self._store

    def _sorted(self, wanted: Callable[[Any], bool]) -> list[Any]:
        return sorted(filter(wanted, self._store._vars.values()), key=lambda v: v.name)

    def variables(self) -> list[Any]:
        """The variables, by name."""
        return self._sorted(lambda v: True)

    def trainable_variables(self) -> list[Any]:
        """The trainable variables, by name."""
        return self._sorted(lambda v: v.trainable)

    def non_trainable_variables(self) -> list[Any]:
        """The other variables, by name."""
        return self._sorted(lambda v: not v.trainable)

    def copy(self) -> EagerVariableStore:
        """A store with new variables that have the present values."""
        made = EagerVariableStore()
        for key, v in self._store._vars.items():
            name = v.name.partition(":")[0]
            made._store._vars[key] = ResourceVariable(
                v.read_value(), name=name, trainable=v.trainable
            )
        return made


__all__ = ["EagerVariableStore"]
