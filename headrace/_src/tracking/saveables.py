"""What object-based checkpoints save besides variables: constants, Python objects as strings."""

from __future__ import annotations

from typing import Any

from headrace._src.core import dtypes
from headrace._src.core.scopes import device, init_scope
from headrace._src.ops import constant as constant_ops
from headrace._src.ops._late import late
from headrace._src.train.saveable import SaveableObject, SaveSpec


class NoRestoreSaveable(SaveableObject):
    """A tensor that is saved and not restored; for the arguments see `SaveSpec`."""

    def __init__(self, tensor: Any, name: str, dtype: Any = None, device: Any = None) -> None:
        super().__init__(tensor, [SaveSpec(tensor, "", name, dtype=dtype, device=device)], name)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Makes an operation that does nothing."""
        return late.no_op()


class PythonStateSaveable(SaveableObject):
    """The state of a Python object as a string.

    Args:
      name: the key in the checkpoint.
      state_callback: returns the state, bytes.
      restore_callback: takes it; without one the state need not be restored.
    """

    def __init__(self, name: str, state_callback: Any, restore_callback: Any = None) -> None:
        def state() -> Any:
            with init_scope():
                return state_callback()

        self._state = state
        self._restore_callback = restore_callback
        with device("/cpu:0"):
            self._save_string = constant_ops.constant("", dtype="string")
        spec = SaveSpec(self._save_string, "", name, dtype=dtypes.string)
        super().__init__(self._save_string, [spec], name)

    @property
    def optional_restore(self) -> bool:
        """Whether checkpoints may lack the object."""
        return self._restore_callback is None

    def feed_dict_additions(self) -> dict[Any, Any]:
        """What a session has to be fed when it saves."""
        return {self._save_string: self._state()}

    def freeze(self) -> NoRestoreSaveable:
        """The state as it will be when the saving operation is made."""

        def state() -> Any:
            return constant_ops.constant(self._state(), dtype="string")

        return NoRestoreSaveable(state, self.name, dtype=dtypes.string, device="cpu:0")

    def python_restore(self, restored_strings: list[Any]) -> None:
        """Gives the object its state back."""
        if self._restore_callback is not None:
            (restored,) = restored_strings
            self._restore_callback(restored)

    def restore(self, restored_tensors: list[Any], restored_shapes: Any) -> Any:
        """Makes an operation that does nothing."""
        return late.no_op()
