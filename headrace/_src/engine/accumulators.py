"""Accumulators of gradients: the host structures behind conditional accumulators.

Gradients come with the step for which they were computed; those of steps before the accumulator's
own are dropped. Taking waits for enough of them, and begins the next step.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from headrace._src.core import errors
from headrace._src.core.dims import Dims, text
from headrace._src.engine.run import Run


def _invalid(message: str) -> errors.OpError:
    return errors.InvalidArgumentError(None, None, message)


class Accumulator:
    """Adds up gradients that are whole tensors.

    State inventory:
      step: gradients of earlier steps are dropped.     count: how many were added.
      _total: their sum, meaningless while `count` is 0.     _changed: the condition takers wait on.
    """

    def __init__(self, dtype: Any, shape: Dims, mean: bool) -> None:
        self.dtype = dtype
        self.shape = shape
        self.mean = mean
        self.step = 0
        self.count = 0
        self._total: Any = None
        self._changed = threading.Condition()

    def apply(self, local_step: int, gradient: Any) -> None:
        """Adds a gradient, unless it is of an earlier step.

        Raises:
          InvalidArgumentError: it has another shape.
        """
        with self._changed:
            self._check(gradient)
            if local_step < self.step:
                return
            if self.count:
                self._total = self._sum(self._total, gradient)
            else:
                self._total = self._first(gradient)
            self.count += 1
            self._changed.notify_all()

    def take(self, required: int, run: Run) -> Any:
        """Waits for `required` gradients; returns their mean, or sum, and begins the next step.

        Raises:
          InvalidArgumentError: `required` is not positive.
          CancelledError: the run ended meanwhile.
        """
        if required <= 0:
            raise _invalid(f"Argument num_required must be positive, but was {required}")
        with self._changed:
            try:
                run.wait_for(self._changed, lambda: self.count >= required)
            except errors.CancelledError:
                message = "TakeGrad operation was cancelled"
                raise errors.CancelledError(None, None, message) from None
            result = self._result()
            self.step += 1
            self.count = 0
            return result

    def set_step(self, step: int) -> None:
        """Sets the step."""
        with self._changed:
            self.step = step

    # -- what the kinds differ in --------------------------------------------------------------

    def _check(self, gradient: Any) -> None:
        got = np.shape(gradient)
        # Once something is there its shape counts, which says more than the declared one.
        wanted: Dims = np.shape(self._total) if self.count else self.shape
        if not _fits(got, wanted):
            raise _invalid(f"Shape mismatch: expected {text(wanted)}, got {text(got)}")

    def _first(self, gradient: Any) -> Any:
        return np.array(gradient)

    def _sum(self, total: Any, gradient: Any) -> Any:
        return total + gradient

    def _result(self) -> Any:
        if not self.mean:
            return self._total
        return (self._total / np.asarray(self.count, self.dtype)).astype(self.dtype)


def _fits(got: tuple[int, ...], wanted: Dims) -> bool:
    if wanted is None:
        return True
    return len(got) == len(wanted) and all(
        b is None or a == b for a, b in zip(got, wanted, strict=True)
    )


class SparseAccumulator(Accumulator):
    """Adds up gradients that are slices with their indices.

    The sum is a triple: the indices, the slices, and how many gradients each slice is of, which is
    what the mean divides by. Indices are merged as sorted lists are, whether sorted or not.
    """

    def _check(self, gradient: Any) -> None:
        indices, values, shape = gradient
        if indices.ndim != 1:
            raise _invalid(
                f"Input indices should be vector but received shape: {text(indices.shape)}"
            )
        rows = len(values) if values.ndim else 0
        if values.ndim == 0 or rows != len(indices):
            raise _invalid(f"Expected {len(indices)} non-empty input values, got {rows}")
        wanted = self.shape or ()
        self._check_known(shape, wanted)
        if not len(indices):
            return
        limits = wanted or (() if shape is None else tuple(shape))
        if values.ndim < len(limits):
            raise _invalid(
                f"Shape mismatch: expected values rank at least {len(limits)}, got {values.ndim}"
            )
        for at, (size, limit) in enumerate(zip(values.shape[1:], limits[1:], strict=False), 1):
            if limit is not None and size != limit:
                raise _invalid(
                    f"Shape mismatch: expected values dim {at} to be {limit}, got {size}"
                )
        if limits and limits[0] is not None:
            for at, index in enumerate(indices.tolist()):
                if index >= limits[0]:
                    raise _invalid(
                        f"Shape mismatch: index of slice {at} exceeded limits of shape; index is "
                        f"{index} exceeded {limits[0]}"
                    )

    def _check_known(self, shape: Any, wanted: Any) -> None:
        if shape is None:
            return
        for at, (size, limit) in enumerate(zip(shape, wanted, strict=False)):
            if limit is not None and size != limit:
                raise _invalid(f"Shape mismatch: expected shape dim {at} to be {limit}, got {size}")

    def _first(self, gradient: Any) -> Any:
        indices, values, _ = gradient
        return np.array(indices), np.array(values), np.ones(len(indices), np.int64)

    def _sum(self, total: Any, gradient: Any) -> Any:
        old, old_values, counts = total
        new, new_values, _ = gradient
        indices: list[int] = []
        rows: list[Any] = []
        merged: list[int] = []
        i = j = 0
        while i < len(old) or j < len(new):
            both = i < len(old) and j < len(new) and old[i] == new[j]
            if both:
                index, row, count = old[i], old_values[i] + new_values[j], counts[i] + 1
            elif j == len(new) or (i < len(old) and old[i] < new[j]):
                index, row, count = old[i], old_values[i], counts[i]
            else:
                index, row, count = new[j], new_values[j], 0
            i, j = i + bool(count), j + (both or not count)
            indices.append(int(index))
            rows.append(row)
            merged.append(int(count) or 1)
        values = np.stack(rows) if rows else old_values
        return np.array(indices, np.int64), values, np.array(merged, np.int64)

    def _result(self) -> Any:
        indices, values, counts = self._total
        if self.mean:
            shaped = counts.reshape((-1, *[1] * (values.ndim - 1))).astype(self.dtype)
            values = (values / shaped).astype(self.dtype)
        # The shape of the whole: its first dimension is known only by declaration.
        rows = self.shape[0] if self.shape else None
        whole = [-1 if rows is None else rows, *values.shape[1:]]
        return indices, values, np.array(whole, np.int64)
