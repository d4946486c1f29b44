"""Tensor arrays and stacks as 1.x has them: resources of one run that operations change.

Graphs that headrace makes use lists (see `tensor_lists`). These are for GraphDefs in which 1.x has
differentiated loops: gradients of tensor arrays are written piece by piece, and loops keep what
their gradients need on stacks.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.dims import Dims
from headrace._src.core.dtypes import DType

_NUMBERS: Final = itertools.count()
_NAMES: Final = {"float32": "float", "float64": "double", "float16": "half"}


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _type_name(dtype: DType) -> str:
    return _NAMES.get(dtype.name, dtype.name)


class TensorArrayResource:
    """A tensor array of one run.

    Args:
      name: its name in messages.
      dtype: the dtype of the elements.
      size: the number of elements.
      shape: the static shape that every element fits.
      dynamic: whether writing past the end makes it longer.
      clears: whether an element can be read only once.
      identical: whether the first element written decides the shape of all.
      sums: whether writing to an element again adds to it, as gradients do.

    State inventory:
      _items: the elements, None where there is none.
      _shapes: the shapes of elements written once, or of those that gradients belong to.
      _cleared: the elements that have been read.     _gradients: source → the gradient's array.
    """

    def __init__(
        self,
        name: str,
        dtype: DType,
        size: int,
        shape: Dims = None,
        dynamic: bool = False,
        clears: bool = True,
        identical: bool = False,
        sums: bool = False,
    ) -> None:
        if size < 0:
            raise _invalid("Size should be >= 0.")
        self._name = f"{name}_{next(_NUMBERS)}" if not sums else name
        self.dtype = dtype
        self.shape = shape
        self.dynamic = dynamic
        self._clears = clears
        self._identical = identical
        self._sums = sums
        self._items: list[Any] = [None] * size
        self._shapes: list[Any] = [None] * size
        self._cleared: set[int] = set()
        self._gradients: dict[str, TensorArrayResource] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    def _check_open(self) -> None:
        if self._closed:
            raise _invalid(f"TensorArray {self._name} has already been closed.")

    def close(self) -> None:
        """Gives the elements up."""
        self._closed = True
        self._items = []

    def check_dtype(self, dtype: DType, doing: str) -> None:
        """Raises `InvalidArgumentError` unless the elements are of `dtype`."""
        if dtype is not self.dtype:
            raise _invalid(
                f"TensorArray dtype is {_type_name(self.dtype)} but Op {doing} {_type_name(dtype)}."
            )

    def resize(self, size: int) -> None:
        """Makes a dynamic array at least this long."""
        self._check_open()
        more = size - len(self._items)
        if more > 0:
            self._items += [None] * more
            self._shapes += [None] * more

    def write(self, index: int, value: Any) -> None:
        """Sets an element; in an array of gradients, adds to it."""
        self._check_open()
        if index < 0 or (index >= len(self._items) and not self.dynamic):
            raise _invalid(
                f"TensorArray {self._name}: Tried to write to index {index} but array is not "
                f"resizeable and size is: {len(self._items)}"
            )
        self.resize(index + 1)
        shape = np.shape(value)
        if not dims_lib.compatible(self.shape, shape):
            raise _invalid(
                f"TensorArray {self._name}: Could not write to TensorArray index {index} because "
                f"the value shape is {shape_text(shape)} which is incompatible with the "
                f"TensorArray's inferred element shape: {shape_text(self.shape)} (consider "
                "setting infer_shape=False)."
            )
        if self._identical:
            self.shape = dims_lib.merge(self.shape, shape)
        present = self._items[index]
        if present is not None or index in self._cleared:
            if not self._sums or index in self._cleared:
                raise _invalid(
                    f"TensorArray {self._name}: Could not write to TensorArray index {index} "
                    "because it has already been "
                    f"{'read' if index in self._cleared else 'written to'}."
                )
            if np.shape(present) != shape:
                raise _invalid(
                    f"TensorArray {self._name}: Could not aggregate to TensorArray index {index} "
                    f"because the existing shape is {shape_text(np.shape(present))} but the new "
                    f"input shape is {shape_text(shape)}."
                )
            value = present + value
        self._items[index] = value
        self._shapes[index] = shape

    def read(self, index: int) -> Any:
        """Returns an element; zeros where none was written and its shape is known."""
        self._check_open()
        if not 0 <= index < len(self._items):
            raise _invalid(
                f"Tried to read from index {index} but array size is: {len(self._items)}"
            )
        if index in self._cleared:
            raise _invalid(
                f"TensorArray {self._name}: Could not read index {index} twice because it was "
                "cleared after a previous read (perhaps try setting clear_after_read = false?)."
            )
        value = self._items[index]
        if value is None:
            value = self._zeros(index)
        if self._clears:
            self._cleared.add(index)
            self._items[index] = None
        return value

    def _zeros(self, index: int) -> Any:
        shape = self.shape if self._shapes[index] is None else self._shapes[index]
        if shape is None or None in shape:
            raise _invalid(
                f"TensorArray {self._name}: Could not read from TensorArray index {index}.  "
                f"Furthermore, the element shape is not fully defined: {shape_text(shape)}.  It "
                "is possible you are working with a resizeable TensorArray and stop_gradients is "
                "not allowing the gradients to be written.  If you set the full element_shape "
                "property on the forward TensorArray, the proper all-zeros tensor will be returned "
                "instead of incurring this error."
            )
        return np.zeros([d or 0 for d in shape], self.dtype.np_dtype)

    def gradient(self, source: str) -> TensorArrayResource:
        """The array of the gradients of the elements; one for each `source`."""
        self._check_open()
        made = self._gradients.get(source)
        if made is None:
            self.dynamic = False
            made = TensorArrayResource(
                f"{self._name}@{source}", self.dtype, len(self), self.shape, clears=False, sums=True
            )
            made._shapes = list(self._shapes)
            self._gradients[source] = made
        return made


def shape_text(shape: Sequence[int | None] | None) -> str:
    """A shape as the messages of these operations show it."""
    if shape is None:
        return "<unknown>"
    return f"[{','.join('?' if d is None else str(d) for d in shape)}]"


class Stack:
    """A stack of one run.

    Args:
      name: its name in messages.
      limit: the most elements it holds; -1 for any number.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = f"{name}_{next(_NUMBERS)}"
        self._limit = limit
        self._items: list[Any] = []

    def push(self, value: Any) -> None:
        """Puts a value on top."""
        if 0 <= self._limit <= len(self._items):
            raise _invalid(f"Stack[{self._name}] overflowed its max_size ({self._limit})")
        self._items.append(value)

    def pop(self) -> Any:
        """Takes the value on top."""
        if not self._items:
            raise _invalid(f"Stack[{self._name}] is empty when calling Pop().")
        return self._items.pop()
