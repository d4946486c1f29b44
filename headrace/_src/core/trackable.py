"""Objects that object-based checkpoints can hold: what depends on what, and by which name.

A checkpoint of objects follows the names of dependencies from a root. An object may be restored
before it has its dependencies: what a checkpoint says about a dependency that is not there yet
waits in the object, and is restored when the dependency is added.
"""

from __future__ import annotations

import collections
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from headrace._api.export import export
from headrace._src.core import graph as graph_lib
from headrace._src.core.scopes import init_scope

VARIABLE_VALUE: Final = "VARIABLE_VALUE"


class TrackableReference(NamedTuple):
    """A dependency: the name it has in its owner, and the object."""

    name: str
    ref: Any


def no_automatic_dependency_tracking(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a method: what it assigns to attributes becomes no dependency."""

    @functools.wraps(method)
    def untracked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with no_automatic_dependency_tracking_scope(self):
            return method(self, *args, **kwargs)

    return untracked


@contextlib.contextmanager
def no_automatic_dependency_tracking_scope(obj: Any) -> Iterator[None]:
    """Lets nothing that is assigned to attributes of `obj` inside become a dependency."""
    before = getattr(obj, "_self_setattr_tracking", True)
    obj._self_setattr_tracking = False
    try:
        yield
    finally:
        obj._self_setattr_tracking = before


@export("contrib.checkpoint.CheckpointableBase", v2=())
class Trackable:
    """Base of objects that checkpoints can hold; dependencies are declared one by one.

    State, made at first use by `_maybe_initialize_trackable`:
      _self_unconditional_checkpoint_dependencies: list of `TrackableReference`, in the order of
        declaration, which is the order in checkpoints.
      _self_unconditional_dependency_names: the same by name.
      _self_unconditional_deferred_dependencies: name → positions in checkpoints that wait for the
        dependency.
      _self_update_uid: number of the newest restoration of the object itself.
      _self_name_based_restores: checkpoints without objects, from which variables are restored as
        they are made.
    """

    def _maybe_initialize_trackable(self) -> None:
        if "_self_unconditional_checkpoint_dependencies" in self.__dict__:
            return
        # Past any `__setattr__` of a subclass: this is no state of the user's.
        object.__setattr__(self, "_self_unconditional_checkpoint_dependencies", [])
        object.__setattr__(self, "_self_unconditional_dependency_names", {})
        object.__setattr__(self, "_self_unconditional_deferred_dependencies", {})
        object.__setattr__(self, "_self_update_uid", -1)
        object.__setattr__(self, "_self_name_based_restores", [])

    @property
    def _setattr_tracking(self) -> bool:
        return bool(self.__dict__.get("_self_setattr_tracking", True))

    @_setattr_tracking.setter
    def _setattr_tracking(self, value: bool) -> None:
        object.__setattr__(self, "_self_setattr_tracking", value)

    @property
    def _update_uid(self) -> int:
        return self._self_update_uid  # type: ignore[attr-defined,no-any-return]

    @_update_uid.setter
    def _update_uid(self, value: int) -> None:
        object.__setattr__(self, "_self_update_uid", value)

    @property
    def _unconditional_checkpoint_dependencies(self) -> list[TrackableReference]:
        return self._self_unconditional_checkpoint_dependencies  # type: ignore[attr-defined,no-any-return]

    @property
    def _unconditional_dependency_names(self) -> dict[str, Any]:
        return self._self_unconditional_dependency_names  # type: ignore[attr-defined,no-any-return]

    @property
    def _name_based_restores(self) -> list[Any]:
        return self._self_name_based_restores  # type: ignore[attr-defined,no-any-return]

    @property
    def _deferred_dependencies(self) -> dict[str, list[Any]]:
        return self._self_unconditional_deferred_dependencies  # type: ignore[attr-defined,no-any-return]

    # -- what subclasses may override ----------------------------------------------------------

    @property
    def _checkpoint_dependencies(self) -> list[TrackableReference]:
        """The dependencies, in order."""
        return self._unconditional_checkpoint_dependencies

    def _lookup_dependency(self, name: str) -> Any:
        """The dependency of a name, or None."""
        return self._unconditional_dependency_names.get(name)

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        """Name of an attribute → what saves it, or a function of a key that makes that."""
        return {}

    def _no_dependency(self, value: Any) -> Any:
        """`value`, marked so that assigning it makes no dependency where assigning does."""
        return value

    # -- declaring -----------------------------------------------------------------------------

    def _track_trackable(self, trackable: Any, name: str, overwrite: bool = False) -> Any:
        """Declares a dependency, and restores it if a checkpoint waits for it.

        Args:
          trackable: the object.
          name: its name, unique in this object.
          overwrite: whether it may replace another object of this name.

        Returns:
          The object.

        Raises:
          TypeError: it is no `Trackable`.
          ValueError: the name is taken.
        """
        self._maybe_initialize_trackable()
        if not isinstance(trackable, Trackable):
            raise TypeError(
                f"Trackable._track_trackable() passed type {type(trackable)}, not a Trackable."
            )
        held = self._unconditional_checkpoint_dependencies
        present = self._lookup_dependency(name)
        if present is None:
            held.append(TrackableReference(name, trackable))
            self._handle_deferred_dependencies(name, trackable)
        elif present is not trackable:
            if not overwrite:
                raise ValueError(
                    f"Called Trackable._track_trackable() with name='{name}', but a Trackable with "
                    "this name is already declared as a dependency. Names must be unique (or "
                    "overwrite=True)."
                )
            for at, (other, _) in enumerate(held):
                if other == name:
                    held[at] = TrackableReference(name, trackable)
        self._unconditional_dependency_names[name] = trackable
        return trackable

    def _forget_dependency(self, name: str) -> None:
        self._maybe_initialize_trackable()
        if self._unconditional_dependency_names.pop(name, None) is not None:
            held = self._unconditional_checkpoint_dependencies
            held[:] = [reference for reference in held if reference.name != name]

    def _add_variable_with_custom_getter(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        getter: Any = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Makes a variable with `getter` and declares it; eagerly it starts restored."""
        self._maybe_initialize_trackable()
        with init_scope():
            restored = None
            if graph_lib.get_default_graph().executes:
                restored = self._preload_simple_restoration(name, shape)
        if restored is not None:
            initializer, shape = restored, None
        made = getter(name=name, shape=shape, dtype=dtype, initializer=initializer, **kwargs)
        if overwrite and not isinstance(made, Trackable):
            return made
        return self._track_trackable(made, name, overwrite)

    # -- restoring -----------------------------------------------------------------------------

    def _preload_simple_restoration(self, name: str, shape: Any) -> Any:
        """The value that a checkpoint has for a variable which is to be made, or None."""
        waiting = self._deferred_dependencies.get(name, ())
        if not waiting or not all(position.is_simple_variable() for position in waiting):
            return None
        newest = max(waiting, key=lambda position: position.restore_uid)
        return newest.value_tensors()[VARIABLE_VALUE]

    def _handle_deferred_dependencies(self, name: str, trackable: Any) -> None:
        """Restores a new dependency from what waits for it, the newest first."""
        self._maybe_initialize_trackable()
        trackable._maybe_initialize_trackable()
        waiting = self._deferred_dependencies.pop(name, ())
        for position in sorted(waiting, key=lambda p: p.restore_uid, reverse=True):
            position.restore(trackable)
        named = self._name_based_restores
        for checkpoint in sorted(named, key=lambda c: c.restore_uid, reverse=True):
            trackable._name_based_attribute_restore(checkpoint)

    def _name_based_attribute_restore(self, checkpoint: Any) -> None:
        """Restores the object itself by the names of its variables."""
        self._maybe_initialize_trackable()
        if checkpoint not in self._name_based_restores:
            self._name_based_restores.append(checkpoint)
        if self._update_uid < checkpoint.restore_uid:
            checkpoint.eager_restore(self)
            self._update_uid = checkpoint.restore_uid

    def _restore_from_checkpoint_position(self, position: Any) -> list[Any]:
        """Restores the object and what it depends on; returns the operations that do it."""
        queue = collections.deque([position])
        operations: list[Any] = []
        tensors: dict[str, Any] = {}
        pythons: list[Any] = []
        while queue:
            at = queue.popleft()
            found = at.trackable._single_restoration_from_checkpoint_position(at, queue)
            operations.extend(found[0])
            tensors.update(found[1])
            pythons.extend(found[2])
        operations.extend(position.checkpoint.restore_saveables(tensors, pythons))
        return operations

    def _single_restoration_from_checkpoint_position(self, position: Any, queue: Any) -> Any:
        """Gathers what restores the object itself; puts its dependencies into `queue`."""
        self._maybe_initialize_trackable()
        found: Any = ((), {}, ())
        if position.restore_uid > self._update_uid:
            found = position.gather_ops_or_named_saveables()
            self._update_uid = position.restore_uid
        for child in position.object_proto.children:
            below = position.at(child.node_id)
            present = self._lookup_dependency(child.local_name)
            if present is None:
                self._deferred_dependencies.setdefault(child.local_name, []).append(below)
            elif below.bind_object(present):
                queue.append(below)
        return found
