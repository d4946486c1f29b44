"""Attributes that become dependencies by assignment; lists and dicts that checkpoints can hold."""

from __future__ import annotations

import collections
import copy
from collections.abc import Mapping as AbstractMapping
from collections.abc import MutableSequence, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core.trackable import Trackable
from headrace._src.state.variable import Variable

_WAY_OUT = (
    "wrap it in a tf.contrib.checkpoint.NoDependency object; it will be automatically un-wrapped "
    "and subsequently ignored."
)


@export("contrib.checkpoint.NoDependency", v2=())
class NoDependency:
    """A value whose assignment to an attribute makes no dependency; the attribute gets the value.

    Args:
      value: the value.
    """

    def __init__(self, value: Any) -> None:
        self.value = value


def _wrapped(value: Any) -> Any:
    """Plain lists and dicts in a form that notices what is put into them."""
    if isinstance(value, NoDependency):
        return value.value
    if type(value) in (dict, collections.OrderedDict):
        return DictWrapper(value)
    if type(value) is list:
        return ListWrapper(value)
    return value


def sticky_attribute_assignment(trackable: Any, name: str, value: Any) -> Any:
    """Declares what is assigned to an attribute as a dependency; returns what to assign."""
    made = _wrapped(value)
    if not isinstance(value, NoDependency) and isinstance(made, Trackable):
        trackable._track_trackable(made, name=name, overwrite=True)
    return made


# Attributes of `Trackable` itself.
_OWN = ("_self_setattr_tracking", "_self_update_uid")


@export("contrib.checkpoint.Checkpointable", "contrib.eager.Checkpointable", v2=())
class AutoTrackable(Trackable):
    """An object whose attributes are its dependencies, by their names."""

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, self) is value:
            return
        if name not in _OWN and self.__dict__.get("_self_setattr_tracking", True):
            value = sticky_attribute_assignment(self, name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._forget_dependency(name)
        super().__delattr__(name)

    def _no_dependency(self, value: Any) -> Any:
        return NoDependency(value)


class _UntrackableError(ValueError):
    """Something was put into a container that only takes what checkpoints can hold."""

    def __init__(self, value: Any) -> None:
        super().__init__(
            "Only trackable objects (such as Layers or Optimizers) may be stored in a List object. "
            f"Got {value}, which does not inherit from Trackable."
        )


def _has_weights(obj: Any) -> bool:
    kind = type(obj)
    return hasattr(kind, "trainable_weights") and hasattr(kind, "non_trainable_weights")


class TrackableDataStructure(Trackable):
    """What lists and dicts share: the variables and layers in them."""

    def __init__(self) -> None:
        self._self_trainable = True
        self._self_extra_variables: list[Any] = []

    @property
    def trainable(self) -> bool:
        """Whether the variables count as trainable."""
        return self._self_trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._self_trainable = value

    def _track_value(self, value: Any, name: Any) -> Any:
        value = sticky_attribute_assignment(self, name, value)
        if isinstance(value, Variable):
            self._self_extra_variables.append(value)
        if not isinstance(value, Trackable):
            raise _UntrackableError(value)
        if hasattr(value, "_use_resource_variables"):
            value._use_resource_variables = True
        return value

    @property
    def _values(self) -> Any:
        raise NotImplementedError

    @property
    def _layers(self) -> list[Any]:
        return [v for v in self._values if _has_weights(v)]

    @property
    def layers(self) -> list[Any]:
        """The layers inside, those of containers inside included."""
        found: list[Any] = []
        for layer in self._layers:
            inner = layer.layers if isinstance(layer, TrackableDataStructure) else [layer]
            found += [one for one in inner if not any(one is other for other in found)]
        return found

    @property
    def trainable_weights(self) -> list[Any]:
        """The variables that are trained."""
        if not self.trainable:
            return []
        inner = [w for layer in self._layers for w in layer.trainable_weights]
        return inner + [v for v in self._self_extra_variables if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The variables that are not trained."""
        fixed = [w for layer in self._layers for w in layer.non_trainable_weights]
        fixed += [v for v in self._self_extra_variables if not v.trainable]
        if self.trainable:
            return fixed
        inner = [w for layer in self._layers for w in layer.trainable_weights]
        return inner + [v for v in self._self_extra_variables if v.trainable] + fixed

    @property
    def weights(self) -> list[Any]:
        """All variables, trained ones first."""
        return self.trainable_weights + self.non_trainable_weights

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def updates(self) -> list[Any]:
        """The updates of the layers inside."""
        return [u for layer in self.layers for u in getattr(layer, "updates", ())]

    @property
    def losses(self) -> list[Any]:
        """The losses of the layers inside."""
        return [loss for layer in self.layers for loss in getattr(layer, "losses", ())]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


# -- Lists ----------------------------------------------------------------------------------------
@export("contrib.checkpoint.List", v2=())
class List(TrackableDataStructure, Sequence):  # type: ignore[type-arg]
    """A list of objects that checkpoints can hold, to which one may only append.

    Args:
      *args: what `list` takes.
      **kwargs: likewise.

    Raises:
      ValueError: an element is no object that checkpoints can hold.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._storage = self._make_storage(*args, **kwargs)
        for at, element in enumerate(self._storage):
            self._storage[at] = self._track_value(element, self._name_element(at))

    def _make_storage(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(*args, **kwargs)

    def _name_element(self, index: int) -> str:
        return str(index)

    @property
    def _values(self) -> Any:
        return self

    def copy(self) -> Any:
        """A list with the same elements."""
        return type(self)(copy.copy(self._storage))

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return type(self)(copy.deepcopy(self._storage, memo))

    def append(self, value: Any) -> None:
        """Appends an object."""
        self._storage.append(self._track_value(value, self._name_element(len(self._storage))))

    def extend(self, values: Any) -> None:
        """Appends objects."""
        for value in values:
            self.append(value)

    def __iadd__(self, values: Any) -> Any:
        self.extend(values)
        return self

    def __add__(self, other: Any) -> Any:
        return type(self)(self._storage + getattr(other, "_storage", other))

    def __radd__(self, other: Any) -> Any:
        return type(self)(other) + self

    def __imul__(self, y: int) -> Any:
        if y <= 0:
            raise ValueError(
                f"List only supports append, multiplying in place by {y} removes elements."
            )
        for value in self._storage * (y - 1):
            self.append(value)
        return self

    def __mul__(self, n: int) -> Any:
        return type(self)(self._storage * n)

    __rmul__ = __mul__

    def __getitem__(self, key: Any) -> Any:
        return self._storage[key]

    def __len__(self) -> int:
        return len(self._storage)

    def __repr__(self) -> str:
        return f"List({self._storage!r})"


class ListWrapper(List, MutableSequence, list):  # type: ignore[type-arg,misc]
    """The list that a plain list becomes when it is assigned to an attribute.

    It stores into the list that it was made of. Saving is refused after changes that would let
    elements change places, as restoring goes by their numbers.
    """

    def __init__(self, wrapped_list: list[Any]) -> None:
        self._non_append_mutation = False
        self._external_modification = False
        super().__init__(wrapped_list)
        self._snapshot: Any = list(self._storage)

    def _make_storage(self, wrapped_list: list[Any]) -> list[Any]:  # type: ignore[override]
        return wrapped_list

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._storage,)

    def _like(self, other: ListWrapper) -> Any:
        self._non_append_mutation = other._non_append_mutation
        self._external_modification = other._external_modification
        return self

    def __copy__(self) -> Any:
        return super().__copy__()._like(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return super().__deepcopy__(memo)._like(self)

    def _check_external_modification(self) -> None:
        if not (self._external_modification or self._non_append_mutation):
            self._external_modification = self._storage != self._snapshot

    def _update_snapshot(self) -> None:
        if not (self._external_modification or self._non_append_mutation):
            self._snapshot = list(self._storage)

    @property
    def _checkpoint_dependencies(self) -> Any:
        self._check_external_modification()
        what = "(a list wrapper constructed to track trackable TensorFlow objects)"
        if self._non_append_mutation:
            raise ValueError(
                f"Unable to save the object {self} {what}. A list element was replaced "
                "(__setitem__, __setslice__), deleted (__delitem__, __delslice__), or moved "
                "(sort). In order to support restoration on object creation, tracking is "
                "exclusively for append-only data structures.\n\n"
                f"If you don't need this list checkpointed, {_WAY_OUT}"
            )
        if self._external_modification:
            raise ValueError(
                f"Unable to save the object {self} {what}. The wrapped list was modified outside "
                f"the wrapper (its final value was {self._storage}, its value when a checkpoint "
                f"dependency was added was {self._snapshot}), which breaks restoration on object "
                f"creation.\n\nIf you don't need this list checkpointed, {_WAY_OUT}"
            )
        return super()._checkpoint_dependencies

    def _track_value(self, value: Any, name: Any) -> Any:
        try:
            return super()._track_value(value, name)
        except _UntrackableError:
            return sticky_attribute_assignment(self, name, value)

    def __delitem__(self, key: Any) -> None:
        self._non_append_mutation = True
        del self._storage[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_external_modification()
        if isinstance(key, slice):
            self._set_slice(key, value)
        else:
            if isinstance(self._storage[key], Trackable):
                self._non_append_mutation = True
            self._storage[key] = self._track_value(value, self._name_element(key))
        self._update_snapshot()

    def _set_slice(self, key: slice, value: Any) -> None:
        before = list(self._storage)
        self._storage[key] = value
        for at in range(max(len(before), len(self._storage))):
            now = self._storage[at] if at < len(self._storage) else None
            then = before[at] if at < len(before) else None
            if isinstance(then, Trackable):
                self._non_append_mutation = True
            if now is not None and now != then:
                self._storage[at] = self._track_value(now, self._name_element(at))

    def append(self, value: Any) -> None:
        """Appends a value."""
        self._check_external_modification()
        super().append(value)
        self._update_snapshot()

    def extend(self, values: Any) -> None:
        """Appends values."""
        self._check_external_modification()
        super().extend(values)
        self._update_snapshot()

    def __imul__(self, y: int) -> Any:
        if y > 0:
            return super().__imul__(y)
        self._non_append_mutation = True
        self._storage *= y
        return self

    def insert(self, index: int, obj: Any) -> None:  # type: ignore[override]
        """Inserts a value."""
        self._non_append_mutation = True
        self._storage.insert(index, obj)

    def sort(self, **kwargs: Any) -> None:
        """Sorts the values."""
        self._non_append_mutation = True
        self._storage.sort(**kwargs)

    def __eq__(self, other: object) -> bool:
        return bool(self._storage == getattr(other, "_storage", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return bool(self._storage < getattr(other, "_storage", other))

    def __le__(self, other: Any) -> bool:
        return bool(self._storage <= getattr(other, "_storage", other))

    def __gt__(self, other: Any) -> bool:
        return bool(self._storage > getattr(other, "_storage", other))

    def __ge__(self, other: Any) -> bool:
        return bool(self._storage >= getattr(other, "_storage", other))

    def __hash__(self) -> int:
        raise TypeError("unhashable type: 'ListWrapper'")

    def __repr__(self) -> str:
        return f"ListWrapper({self._storage!r})"


# -- Dicts ----------------------------------------------------------------------------------------
@export("contrib.checkpoint.Mapping", v2=())
class Mapping(TrackableDataStructure, AbstractMapping):  # type: ignore[type-arg]
    """A dict from strings to objects that checkpoints can hold; keys keep their values.

    Args:
      *args: what `dict` takes.
      **kwargs: likewise.

    Raises:
      TypeError: a key is no string.
      ValueError: a value is no object that checkpoints can hold.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._storage: dict[str, Any] = dict(*args, **kwargs)
        for key, value in self._storage.items():
            self._storage[key] = self._track_value(value, self._name_element(key))

    def _name_element(self, key: Any) -> str:
        if not isinstance(key, str):
            raise TypeError(f"Mapping accepts only string keys, but got a key {key!r}.")
        return key

    @property
    def _values(self) -> Any:
        return [value for _, value in sorted(self._storage.items())]

    def __copy__(self) -> Any:
        return type(self)(copy.copy(self._storage))

    def __deepcopy__(self, memo: Any) -> Any:
        return type(self)(copy.deepcopy(self._storage, memo))

    def __setitem__(self, key: str, value: Any) -> None:
        value = self._track_value(value, self._name_element(key))
        present = self._storage.setdefault(key, value)
        if present is not value:
            raise ValueError(
                "Mappings are an append-only data structure. Tried to overwrite the key "
                f"'{key}' with value {value}, but it already contains {present}"
            )

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Adds objects."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __getitem__(self, key: str) -> Any:
        return self._storage[key]

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Any:
        return iter(self._storage)

    def __repr__(self) -> str:
        return f"Mapping({self._storage!r})"


class DictWrapper(TrackableDataStructure, dict):  # type: ignore[type-arg]
    """The dict that a plain dict becomes when it is assigned to an attribute.

    It stores into the dict that it was made of; the storage of its own base class stays empty.
    """

    def __init__(self, wrapped_dict: Any = ()) -> None:
        TrackableDataStructure.__init__(self)
        self._storage = wrapped_dict if isinstance(wrapped_dict, dict) else dict(wrapped_dict)
        self._non_string_key = False
        self._external_modification = False
        for key, value in self._storage.items():
            self._storage[key] = self._track_value(value, key)
        self._snapshot: Any = dict(self._storage)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._storage,)

    def _like(self, other: DictWrapper) -> Any:
        self._non_string_key = other._non_string_key
        self._external_modification = other._external_modification
        return self

    def copy(self) -> Any:
        """A dict with the same values."""
        return copy.copy(self)

    def __copy__(self) -> Any:
        return DictWrapper(copy.copy(self._storage))._like(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return DictWrapper(copy.deepcopy(self._storage, memo))._like(self)

    @property
    def _values(self) -> Any:
        return [value for _, value in sorted(self._storage.items(), key=lambda item: item[0])]

    @property
    def _checkpoint_dependencies(self) -> Any:
        self._check_external_modification()
        what = "(a dictionary wrapper constructed automatically on attribute assignment)"
        if self._non_string_key:
            raise ValueError(
                f"Unable to save the object {self} {what}. The wrapped dictionary contains a "
                "non-string key which maps to a trackable object or mutable data structure.\n\n"
                f"If you don't need this dictionary checkpointed, {_WAY_OUT}"
            )
        if self._external_modification:
            raise ValueError(
                f"Unable to save the object {self} {what}. The wrapped dictionary was modified "
                f"outside the wrapper (its final value was {self}, its value when a checkpoint "
                f"dependency was added was {self._snapshot}), which breaks restoration on object "
                f"creation.\n\nIf you don't need this dictionary checkpointed, {_WAY_OUT}"
            )
        return super()._checkpoint_dependencies

    def _check_external_modification(self) -> None:
        if not (self._non_string_key or self._external_modification):
            self._external_modification = self._storage != self._snapshot

    def _update_snapshot(self) -> None:
        if not (self._non_string_key or self._external_modification):
            self._snapshot = dict(self._storage)

    def _track_value(self, value: Any, name: Any) -> Any:
        key = name if isinstance(name, str) else "-non_string_key"
        try:
            made = super()._track_value(value, key)
        except _UntrackableError:
            return sticky_attribute_assignment(self, key, value)
        if key is not name and not isinstance(value, NoDependency):
            self._non_string_key = True
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_external_modification()
        if isinstance(key, str):
            made = self._track_value(value, key)
        else:
            made = _wrapped(value)
            if isinstance(made, Trackable) and not isinstance(value, NoDependency):
                self._non_string_key = True
        self._storage[key] = made
        self._update_snapshot()

    def __delitem__(self, key: Any) -> None:
        self._check_external_modification()
        del self._storage[key]
        self._update_snapshot()

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Sets values."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of a key, set when it is missing."""
        if key not in self._storage:
            self[key] = default
        return self._storage[key]

    def pop(self, key: Any, *default: Any) -> Any:
        """Removes a key and returns its value."""
        self._check_external_modification()
        value = self._storage.pop(key, *default)
        self._update_snapshot()
        return value

    def popitem(self) -> Any:
        """Removes a key and its value and returns both."""
        self._check_external_modification()
        item = self._storage.popitem()
        self._update_snapshot()
        return item

    def clear(self) -> None:
        """Removes everything."""
        self._check_external_modification()
        self._storage.clear()
        self._update_snapshot()

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        return self._storage.get(key, default)

    def keys(self) -> Any:
        """The keys."""
        return self._storage.keys()

    def values(self) -> Any:
        """The values."""
        return self._storage.values()

    def items(self) -> Any:
        """Keys with their values."""
        return self._storage.items()

    def __getitem__(self, key: Any) -> Any:
        return self._storage[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._storage

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Any:
        return iter(self._storage)

    def __reversed__(self) -> Any:
        return reversed(self._storage)

    def __eq__(self, other: object) -> bool:
        return bool(self._storage == getattr(other, "_storage", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        raise TypeError("unhashable type: 'DictWrapper'")

    def __repr__(self) -> str:
        return f"DictWrapper({self._storage!r})"

    def __str__(self) -> str:
        return str(self._storage)
