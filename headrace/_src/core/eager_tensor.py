"""EagerTensor: a tensor that has its value, made by an operation that was executed at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from headrace._src.core.dtypes import DType
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid

if TYPE_CHECKING:
    from headrace._src.core.operation import Operation


def of_number(number: float, like: EagerTensor) -> EagerTensor | None:
    """A Python number as a tensor of another one's dtype; None where it may not fit."""
    held = like.held
    kind = held.dtype.kind if isinstance(held, (np.ndarray, np.generic)) else ""
    if kind != "f" and not (kind in "iu" and type(number) is int):
        return None
    try:
        return EagerTensor(like.op, 0, like.dtype, held.dtype.type(number))
    except OverflowError:
        return None


class EagerTensor(Tensor):
    """A `Tensor` with a value; see `Tensor`.

    Attributes:
      held: the run-time value, as kernels take it: an array, a scalar, a variable's cell, a list.
    """

    __slots__ = ("held", "is_trainable_handle")

    def __init__(self, op: Operation, value_index: int, dtype: DType, held: Any) -> None:
        # What `Tensor.__init__` does, by hand: every executed operation comes here.
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self._id = next_uid()
        self.handle_data = self._consumers = self._constant = None
        self.held = held
        # Whether it is the handle of a variable that tapes watch by themselves.
        self.is_trainable_handle = False
        if isinstance(held, (np.ndarray, np.generic)):
            self.dims = held.shape
            # What is asked about values at build time is known.
            self._constant = [held, held] if held.dtype.kind != "O" or not held.shape else None
        elif hasattr(held, "dims") and hasattr(held, "dtype"):
            self.dims = ()
            self.handle_data = (held.dtype, held.dims)
        else:
            self.dims = ()

    def numpy(self) -> Any:
        """Returns the value: a NumPy array of its own, or a scalar; strings as bytes."""
        held: Any = self.held
        if not isinstance(held, (np.ndarray, np.generic)):
            raise TypeError(f"a tensor of dtype {self.dtype.name} has no value in NumPy")
        array: Any = np.array(held)
        return array[()] if array.ndim == 0 else array

    def _numpy(self) -> Any:
        return self.numpy()

    def cpu(self) -> EagerTensor:
        """Returns the tensor: it is on the host."""
        return self

    def gpu(self, gpu_index: int = 0) -> EagerTensor:
        """Returns the tensor: placement is up to compiled code."""
        return self

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.dims or ())

    @property
    def name(self) -> str:
        """Refused: values have no names."""
        raise AttributeError("Tensor.name is meaningless when eager execution is enabled.")

    @property
    def device(self) -> str:
        """The device that holds the value."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    def consumers(self) -> NoReturn:
        """Refused: nobody keeps note of who uses a value."""
        raise NotImplementedError(
            "Tensor.consumers is meaningless when eager execution is enabled."
        )

    def eval(self, feed_dict: Any = None, session: Any = None) -> NoReturn:
        """Refused: there is nothing to compute."""
        raise NotImplementedError(
            "eval is not supported when eager execution is enabled, is .numpy() what you're "
            "looking for?"
        )

    # -- as a Python value ---------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        array = np.asarray(self.held)
        return array if dtype is None else array.astype(dtype)

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __complex__(self) -> complex:
        return complex(self.numpy())

    def __index__(self) -> int:
        return self.numpy().__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec) if self.dims == () else super().__format__(spec)

    def __round__(self, *digits: Any) -> Any:
        return round(self.numpy(), *digits)

    def __len__(self) -> int:  # type: ignore[override]
        if not self.dims:
            raise TypeError("Scalar tensor has no `len()`")
        return self.dims[0]  # type: ignore[return-value]

    def __iter__(self) -> Iterator[Any]:
        if not self.dims:
            raise TypeError("Cannot iterate over a scalar tensor.")
        for i in range(len(self)):
            yield self[i]  # type: ignore[index]

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: Any) -> EagerTensor:
        return self

    def __reduce__(self) -> Any:
        from headrace._src.core import convert

        return convert.convert_to_tensor, (self.numpy(),)

    # -- text ----------------------------------------------------------------------------------

    def __str__(self) -> str:
        return f"tf.Tensor({self._text(str)}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self) -> str:
        return (
            f"<tf.Tensor: id={self._id}, shape={self.shape}, dtype={self.dtype.name}, "
            f"numpy={self._text(repr)}>"
        )

    def _text(self, form: Any) -> str:
        if not isinstance(self.held, (np.ndarray, np.generic)):
            return "<unprintable>"
        value = self.numpy()
        # Scalars as NumPy 1 showed them: with the digits of their dtype and without its name.
        text = str(form(value) if isinstance(value, (np.ndarray, bytes)) else value)
        return "\n" + text if "\n" in text else text


__all__ = ["EagerTensor"]
