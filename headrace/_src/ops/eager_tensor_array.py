"""The tf.TensorArray of eager execution: a Python list of tensors, which is changed in place.

`tf.TensorArray` makes one where operations are executed at once (see `tensor_array`). Nothing is
recorded on a tape but the operations that stack and take apart: the elements are ordinary tensors.
"""

from __future__ import annotations

from typing import Any, NoReturn

from headrace._src.core import dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.shape import as_shape
from headrace._src.core.tensor import Tensor
from headrace._src.ops import concat as concat_ops
from headrace._src.ops import constant, reductions
from headrace._src.ops.tensor_array import TensorArray


class EagerTensorArray(TensorArray):
    """An array of tensors that `write` and its kin change in place; see `TensorArray`.

    An element that was never written is zeros, where its shape is known.
    """

    def _start(
        self,
        dtype: Any,
        size: Any,
        dynamic_size: bool | None,
        clear_after_read: bool | None,
        handle: Any,
        infer_shape: bool,
        element_shape: Any,
    ) -> None:
        """Makes an array without elements.

        Raises:
          ValueError: there is a handle, or no size.
        """
        if handle is not None:
            raise ValueError(
                "TensorArray handles are not supported when eager execution is enabled."
            )
        if size is None:
            raise ValueError(
                "Size must be declared for TensorArrays when eager execution is enabled."
            )
        # For programs that ask for a flow; nothing depends on it.
        self._flow = constant.constant(0, dtypes.int32)
        self._infer_shape = infer_shape
        self._shapes = [as_shape(element_shape)]
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = dynamic_size or False
        self._clears = True if clear_after_read is None else bool(clear_after_read)
        self._cleared: set[int] = set()
        self._elements: list[Tensor | None] = [None for _ in range(_number(size))]

    def _with_flow(self, flow: Tensor) -> NoReturn:
        """Refused: a flow does not hold the elements.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "Attempting to build a graph-mode TF2-style TensorArray from either an eager-mode "
            "TensorArray or a TF1-style TensorArray.  This is not currently supported.  You may be "
            "attempting to capture a TensorArray inside a tf.function or tf.data map function. "
            "Instead, construct a new TensorArray inside the function."
        )

    # -- what it is ----------------------------------------------------------------------------

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of elements, an int32 scalar."""
        return constant.constant(len(self._elements))

    def identity(self) -> TensorArray:
        """Return the array itself."""
        return self

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> NoReturn:
        """Refused: tapes know where the elements come from.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "TensorArray.grad is not supported when executing eagerly; eager's gradient "
            "implementation does not use/need this function to compute gradients of operations "
            "that use TensorArrays."
        )

    def close(self, name: str | None = None) -> Any:
        """Forget all elements; the array has none from now on."""
        self._elements.clear()

    # -- reading -------------------------------------------------------------------------------

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """Return the element at a position, and clear it unless the array keeps what was read.

        Raises:
          errors.OutOfRangeError: no such position.
          errors.InvalidArgumentError: the element was cleared when it was read before.
          ValueError: the element was never written, and its shape is not known.
        """
        index = _number(index)
        if index < 0:
            raise errors.OutOfRangeError(
                None, None, f"Reading from negative indices (index {index}) is not allowed."
            )
        if index >= len(self._elements):
            raise errors.OutOfRangeError(
                None,
                None,
                f"Tried to read from index {index} but array size is: {len(self._elements)}",
            )
        if self._elements[index] is None and index in self._cleared:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Could not read index {index} twice because it was cleared after a previous read "
                "(perhaps try setting clear_after_read = false?)",
            )
        element = self._element(index)
        if self._clears:
            self._elements[index] = None
            self._cleared.add(index)
        return element

    def stack(self, name: str | None = None) -> Tensor:
        """Return all elements as one tensor `[size] + element shape`; nothing is cleared."""
        return convert_to_tensor(self._all(), dtype=self._dtype, name=name)

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """Return elements as one tensor `[number of indices] + element shape`."""
        return concat_ops.stack([self._element(i) for i in _number(indices)])

    def concat(self, name: str | None = None) -> Tensor:
        """Return all elements behind each other along their first dimension.

        Raises:
          errors.InvalidArgumentError: they cannot be, such as scalars.
        """
        elements = self._all()
        try:
            return concat_ops.concat(elements, 0, name=name)
        except errors.OpError:
            scalars = [i for i, element in enumerate(elements) if element.shape.ndims == 0]
            if not scalars:
                raise
            raise errors.InvalidArgumentError(
                None,
                None,
                f"Concat saw a scalar shape at index {scalars[0]} but requires at least vectors.",
            ) from None

    def _element(self, index: Any) -> Tensor:
        """An element; one that is missing becomes zeros."""
        element = self._elements[index]
        if element is None:
            element = constant.zeros(self.element_shape, self._dtype)
            self._elements[index] = element
        return element

    def _all(self) -> list[Tensor]:
        return [self._element(i) for i in range(len(self._elements))]

    # -- writing -------------------------------------------------------------------------------

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Put an element at a position, whatever was there before, and return the array itself.

        Raises:
          errors.OutOfRangeError: no such position.
          errors.InvalidArgumentError: `value` has another dtype.
          ValueError: `value` has another shape than the elements.
        """
        index = _number(index)
        if index < 0:
            raise errors.OutOfRangeError(
                None, None, f"Writing to negative indices (index {index}) is not allowed."
            )
        size = len(self._elements)
        if index >= size:
            if not self._dynamic_size:
                raise errors.OutOfRangeError(
                    None,
                    None,
                    f"Tried to write to index {index} but array is not resizeable and size is: "
                    f"{size}",
                )
            self._elements.extend([None] * (index - size + 1))
        if not isinstance(value, EagerTensor):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
        if value.dtype != self._dtype:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype "
                f"{value.dtype.name}",
            )
        if not self.element_shape.is_compatible_with(value.shape):
            raise ValueError(
                f"Incompatible shape for value ({value.shape}), expected ({self.element_shape})"
            )
        if self._infer_shape:
            self._shapes[0] = self.element_shape.merge_with(value.shape)
        self._elements[index] = value
        return self

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Make the rows of a tensor the elements, whatever their dtype and shape.

        Returns:
          The array itself, with as many elements as there are rows.

        Raises:
          ValueError: there are too many rows, for an array that does not grow.
        """
        rows = concat_ops.unstack(value, name=name or "unstack")
        if len(rows) > len(self._elements) and not self._dynamic_size:
            raise ValueError(
                f"Cannot unstack {len(rows)} tensors into a TensorArray of static size "
                f"{len(self._elements)}"
            )
        self._elements = list(rows)
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Write the rows of a tensor to the given positions, as many as there are of both.

        Returns:
          The array itself.

        Raises:
          errors.OutOfRangeError: no such position.
          errors.InvalidArgumentError: `value` has another dtype.
          ValueError: the rows have another shape than the elements.
        """
        for index, row in zip(_number(indices), concat_ops.unstack(value), strict=False):
            self.write(index, row)
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Make consecutive parts of a tensor the elements.

        Returns:
          The array itself, with as many elements as there are lengths.

        Raises:
          errors.InvalidArgumentError: the lengths do not add up to that of `value`, or are not as
            many as the elements of an array that does not grow.
        """
        value = self._converted(value)
        lengths = convert_to_tensor(lengths)
        total = reductions.reduce_sum(lengths).numpy()
        problem = None
        if lengths.shape.ndims != 1:
            problem = f"Expected lengths to be a vector, received shape: {lengths.shape.as_list()}"
        elif value.shape.ndims == 0:
            problem = (
                "Expected value to be at least a vector, but received shape: "
                f"{value.shape.as_list()}"
            )
        elif total != value.shape.as_list()[0]:
            problem = (
                "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                f"{total} and value's shape is: {value.shape.as_list()} "
            )
        elif not self._dynamic_size and lengths.shape[0] != len(self._elements):
            problem = (
                "TensorArray's size is not equal to the size of lengths "
                f"({len(self._elements)} vs. {lengths.shape[0]}), and the TensorArray is not "
                "marked as dynamically resizeable"
            )
        if problem:
            raise errors.InvalidArgumentError(None, None, problem)
        self._elements = list(concat_ops.split(value, lengths, name=name or "split"))
        return self


# Programs know arrays of both kinds by one name.
EagerTensorArray.__module__ = TensorArray.__module__
EagerTensorArray.__name__ = EagerTensorArray.__qualname__ = TensorArray.__name__


def _number(value: Any) -> Any:
    """What a program gave as number or numbers, the value of a tensor that has one."""
    return value.numpy() if isinstance(value, EagerTensor) else value


__all__ = ["EagerTensorArray"]
