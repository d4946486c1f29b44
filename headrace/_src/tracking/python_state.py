"""Python objects in checkpoints: their state is a string."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core.trackable import Trackable, TrackableReference
from headrace._src.tracking.saveables import PythonStateSaveable


@export("train.experimental.PythonState", "contrib.checkpoint.PythonStateWrapper")
class PythonState(Trackable):
    """An object whose state goes into checkpoints as a string; subclasses say which."""

    def serialize(self) -> Any:
        """Return the state, bytes; called at each save."""
        raise NotImplementedError

    def deserialize(self, string_value: Any) -> None:
        """Take the state back; called at once when a checkpoint is restored.

        Args:
          string_value: what `serialize` returned.
        """
        raise NotImplementedError

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {
            "py_state": functools.partial(
                PythonStateSaveable,
                state_callback=self.serialize,
                restore_callback=self.deserialize,
            )
        }


class _Array(PythonState):
    """One array, in NumPy's file format."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def serialize(self) -> bytes:
        file = io.BytesIO()
        np.save(file, self.array, allow_pickle=False)
        return file.getvalue()

    def deserialize(self, string_value: bytes) -> None:
        self.array = np.load(io.BytesIO(string_value), allow_pickle=False)


@export("contrib.checkpoint.NumpyState", v2=())
class NumpyState(Trackable):
    """An object whose attributes are arrays that go into checkpoints."""

    def _lookup_dependency(self, name: str) -> Any:
        # Whatever the checkpoint has becomes an attribute.
        found = super()._lookup_dependency(name)
        if found is None:
            found = self._track_array(name, np.array([]))
        return found

    def _track_array(self, name: str, array: Any) -> Any:
        self._maybe_initialize_trackable()
        made = _Array(array)
        self._unconditional_checkpoint_dependencies.append(TrackableReference(name, made))
        self._unconditional_dependency_names[name] = made
        self.__dict__[name] = made
        return made

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        return value.array if isinstance(value, _Array) else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_update_uid":
            object.__setattr__(self, name, value)
            return
        if not isinstance(value, (np.ndarray, np.generic)):
            raise NotImplementedError(
                f"Assigned {value} to the {name} property of {self}, which is not a NumPy array. "
                "Currently mixing NumPy arrays and other trackable objects is not supported. File "
                "a feature request if this limitation bothers you."
            )
        held = self.__dict__.get(name)
        if isinstance(held, _Array):
            held.array = value
        else:
            made = self._track_array(name, value)
            self._handle_deferred_dependencies(name, made)
