"""ArrayHistory: what happened to a tensor array of TensorFlow 1's own control flow in a run.

There an array is one thing, whichever of its flows is used: an element may be written once, is gone
after it was read unless the program asked to keep it, and says so afterwards. All versions of the
list that stands for the array share its history. Lists of compiled code have none: a plan is
interpreted before it is compiled, and a program that errs does so then.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.dims import Dims

# Messages number the arrays of a process.
_NUMBERS: Final = itertools.count()


def _fail(message: str) -> NoReturn:
    raise errors.InvalidArgumentError(None, None, message)


class ArrayHistory:
    """What was read and written.

    Attributes:
      dims: what is known of the shape of the elements.

    State inventory:
      _written, _read, _cleared: positions.     _alike: whether the first element says the shape.
    """

    __slots__ = (
        "_alike",
        "_clears",
        "_cleared",
        "_name",
        "_read",
        "_resizable",
        "_written",
        "dims",
    )

    def __init__(self, name: str, dims: Dims, resizable: bool, clears: bool, alike: bool) -> None:
        self.dims = dims
        self._name = f"TensorArray {name}_{next(_NUMBERS)}"
        self._resizable = resizable
        self._clears = clears
        self._alike = alike
        self._written: set[int] = set()
        self._read: set[int] = set()
        self._cleared: set[int] = set()

    @property
    def resizable(self) -> bool:
        """Whether writing behind the end makes the array longer."""
        return self._resizable

    def note_write(self, index: int, size: int, shape: tuple[int, ...]) -> None:
        """Notes that an element is written.

        Args:
          index: its position.
          size: the length of the array.
          shape: the shape of the element.

        Raises:
          InvalidArgumentError: it cannot be.
        """
        if index < 0 or (index >= size and not self._resizable):
            _fail(
                f"{self._name}: Tried to write to index {index} but array is not resizeable and "
                f"size is: {size}"
            )
        could_not = f"{self._name}: Could not write to TensorArray index {index} because "
        if not dims_lib.compatible(self.dims, shape):
            known = "<unknown>" if self.dims is None else dims_lib.text(self.dims)
            _fail(
                f"{could_not}the value shape is {dims_lib.text(shape)} which is incompatible with "
                f"the TensorArray's inferred element shape: {known} (consider setting "
                "infer_shape=False)."
            )
        if self._alike:
            self.dims = shape
        if index in self._read:
            _fail(f"{could_not}it has already been read.")
        if index in self._written:
            _fail(f"{could_not}it has already been written to.")
        self._written.add(index)

    def note_reads(self, indices: Iterable[int], size: int) -> None:
        """Notes that elements are read, one after the other.

        Raises:
          InvalidArgumentError: one of them cannot be.
        """
        for index in indices:
            if not 0 <= index < size:
                _fail(f"Tried to read from index {index} but array size is: {size}")
            if index in self._cleared:
                _fail(
                    f"{self._name}: Could not read index {index} twice because it was cleared "
                    "after a previous read (perhaps try setting clear_after_read = false?)."
                )
            if self._clears:
                self._cleared.add(index)
            self._read.add(index)

    def shape_of_unset(self, index: int) -> Any:
        """The shape of an element that was never written.

        Raises:
          InvalidArgumentError: it is not known.
        """
        if not dims_lib.is_full(self.dims):
            known = "<unknown>" if self.dims is None else dims_lib.text(self.dims)
            _fail(
                f"{self._name}: Could not read from TensorArray index {index}.  Furthermore, the "
                f"element shape is not fully defined: {known}.  It is possible you are working "
                "with a resizeable TensorArray and stop_gradients is not allowing the gradients "
                "to be written.  If you set the full element_shape property on the forward "
                "TensorArray, the proper all-zeros tensor will be returned instead of incurring "
                "this error."
            )
        return self.dims


__all__ = ["ArrayHistory"]
