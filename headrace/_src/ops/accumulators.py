"""Conditional accumulators: gradients are gathered until there are enough of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, dims
from headrace._src.core import dtypes as dtypes_lib
from headrace._src.core.dtypes import groups as G
from headrace._src.core.indexed_slices import IndexedSlices
from headrace._src.core.opspec import OpSpec, op
from headrace._src.core.shape import TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.engine import accumulators as host
from headrace._src.ops import casts

_NO_GRADIENT = "an accumulator keeps values between runs"


def _handle_op(op_type: str, kind: str) -> OpSpec:
    """Declares an op that gives an accumulator."""
    spec = op(
        op_type,
        f"-> handle: {kind}",
        dtype=A.dtype(G.NUMBER),
        shape=A.shape(),
        container=A.text(default=""),
        shared_name=A.text(default=""),
        reduction_type=A.text(default="MEAN", allowed=("MEAN", "SUM")),
        stateful=True,
        handle=True,
        host_only=True,
    )
    spec.shape(lambda s: (2,))
    spec.no_gradient(_NO_GRADIENT, undefined=True)
    return spec


def _call_op(op_type: str, signature: str, **extra: Any) -> OpSpec:
    """Declares an op that takes an accumulator."""
    spec = op(op_type, signature, host_only=True, stateful="resource" in signature, **extra)
    spec.no_gradient(_NO_GRADIENT, undefined=True)
    return spec


def _kernel_make(kind: type) -> Any:
    def kernel(k: Any, *, dtype: Any, shape: Any, reduction_type: str) -> Any:
        return k.resource(lambda: kind(dtype.np_dtype, shape, reduction_type == "MEAN"))

    return kernel


# -- ResourceConditionalAccumulator, ConditionalAccumulator ----------------------------------------
ResourceConditionalAccumulator = _handle_op("ResourceConditionalAccumulator", "resource")
ResourceConditionalAccumulator.kernel(_kernel_make(host.Accumulator))
ConditionalAccumulatorOp = _handle_op("ConditionalAccumulator", "Ref(string)")
ConditionalAccumulatorOp.kernel(_kernel_make(host.Accumulator))


def _shape_apply(s: Any, handle: Any, local_step: Any, gradient: Any) -> Any:
    dims.with_rank(local_step, 0)
    return []


def _kernel_apply(k: Any, handle: Any, local_step: Any, gradient: Any) -> None:
    handle.apply(int(local_step), np.asarray(gradient))


# -- ResourceAccumulatorApplyGradient, AccumulatorApplyGradient ------------------------------------
ResourceAccumulatorApplyGradient = _call_op(
    "ResourceAccumulatorApplyGradient",
    "handle: resource, local_step: int64, gradient: dtype ->",
    dtype=G.NUMBER,
)
ResourceAccumulatorApplyGradient.shape(_shape_apply)
ResourceAccumulatorApplyGradient.kernel(_kernel_apply)
AccumulatorApplyGradient = _call_op(
    "AccumulatorApplyGradient",
    "handle: Ref(string), local_step: int64, gradient: dtype ->",
    dtype=G.NUMBER,
)
AccumulatorApplyGradient.shape(_shape_apply)
AccumulatorApplyGradient.kernel(_kernel_apply)


def _shape_take(s: Any, handle: Any, num_required: Any) -> Any:
    dims.with_rank(num_required, 0)
    return None


def _kernel_take(k: Any, handle: Any, num_required: Any) -> Any:
    return handle.take(int(num_required), k.run)


# -- ResourceAccumulatorTakeGradient, AccumulatorTakeGradient --------------------------------------
ResourceAccumulatorTakeGradient = _call_op(
    "ResourceAccumulatorTakeGradient",
    "handle: resource, num_required: int32 -> average: dtype",
    dtype=G.NUMBER,
    blocking=True,
)
ResourceAccumulatorTakeGradient.shape(_shape_take)
ResourceAccumulatorTakeGradient.kernel(_kernel_take)
AccumulatorTakeGradient = _call_op(
    "AccumulatorTakeGradient",
    "handle: Ref(string), num_required: int32 -> average: dtype",
    dtype=G.NUMBER,
    blocking=True,
)
AccumulatorTakeGradient.shape(_shape_take)
AccumulatorTakeGradient.kernel(_kernel_take)


# -- ResourceAccumulatorNumAccumulated, AccumulatorNumAccumulated ----------------------------------
def _kernel_count(k: Any, handle: Any) -> Any:
    return np.int32(handle.count)


ResourceAccumulatorNumAccumulated = _call_op(
    "ResourceAccumulatorNumAccumulated", "handle: resource -> num_accumulated: int32"
)
ResourceAccumulatorNumAccumulated.shape(lambda s, handle: ())
ResourceAccumulatorNumAccumulated.kernel(_kernel_count)
AccumulatorNumAccumulated = _call_op(
    "AccumulatorNumAccumulated", "handle: Ref(string) -> num_accumulated: int32"
)
AccumulatorNumAccumulated.shape(lambda s, handle: ())
AccumulatorNumAccumulated.kernel(_kernel_count)


# -- ResourceAccumulatorSetGlobalStep, AccumulatorSetGlobalStep ------------------------------------
def _shape_set_step(s: Any, handle: Any, new_global_step: Any) -> Any:
    dims.with_rank(new_global_step, 0)
    return []


def _kernel_set_step(k: Any, handle: Any, new_global_step: Any) -> None:
    handle.set_step(int(new_global_step))


ResourceAccumulatorSetGlobalStep = _call_op(
    "ResourceAccumulatorSetGlobalStep", "handle: resource, new_global_step: int64 ->"
)
ResourceAccumulatorSetGlobalStep.shape(_shape_set_step)
ResourceAccumulatorSetGlobalStep.kernel(_kernel_set_step)
AccumulatorSetGlobalStep = _call_op(
    "AccumulatorSetGlobalStep", "handle: Ref(string), new_global_step: int64 ->"
)
AccumulatorSetGlobalStep.shape(_shape_set_step)
AccumulatorSetGlobalStep.kernel(_kernel_set_step)


# -- SparseConditionalAccumulator ------------------------------------------------------------------
SparseConditionalAccumulatorOp = _handle_op("SparseConditionalAccumulator", "Ref(string)")
SparseConditionalAccumulatorOp.kernel(_kernel_make(host.SparseAccumulator))


# -- SparseAccumulatorApplyGradient ----------------------------------------------------------------
SparseAccumulatorApplyGradient = _call_op(
    "SparseAccumulatorApplyGradient",
    "handle: Ref(string), local_step: int64, gradient_indices: int64, gradient_values: dtype, "
    "gradient_shape: int64 ->",
    dtype=G.NUMBER,
    has_known_shape=A.boolean(),
)


@SparseAccumulatorApplyGradient.shape
def _shape_apply_sparse(s: Any, handle: Any, local_step: Any, *gradient: Any) -> Any:
    dims.with_rank(local_step, 0)
    return []


@SparseAccumulatorApplyGradient.kernel
def _kernel_apply_sparse(
    k: Any,
    handle: Any,
    local_step: Any,
    gradient_indices: Any,
    gradient_values: Any,
    gradient_shape: Any,
    *,
    has_known_shape: bool,
) -> None:
    shape = np.asarray(gradient_shape).tolist() if has_known_shape else None
    indices, values = np.asarray(gradient_indices), np.asarray(gradient_values)
    handle.apply(int(local_step), (indices, values, shape))


# -- SparseAccumulatorTakeGradient -----------------------------------------------------------------
SparseAccumulatorTakeGradient = _call_op(
    "SparseAccumulatorTakeGradient",
    "handle: Ref(string), num_required: int32 -> indices: int64, values: dtype, shape: int64",
    dtype=G.NUMBER,
    blocking=True,
)


@SparseAccumulatorTakeGradient.shape
def _shape_take_sparse(s: Any, handle: Any, num_required: Any) -> Any:
    dims.with_rank(num_required, 0)
    return [None, None, None]


SparseAccumulatorTakeGradient.kernel(_kernel_take)


# -- classes ---------------------------------------------------------------------------------------
@export("ConditionalAccumulatorBase", v2=())
class ConditionalAccumulatorBase:
    """What both kinds of conditional accumulators share.

    Args:
      dtype: dtype of the gradients.
      shape: their shape, or None.
      accumulator_ref: the tensor that stands for the accumulator.
    """

    _count, _set_step = ResourceAccumulatorNumAccumulated, ResourceAccumulatorSetGlobalStep

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor) -> None:
        self._dtype = dtypes_lib.as_dtype(dtype)
        self._shape = TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]

    @property
    def accumulator_ref(self) -> Tensor:
        """The tensor that stands for the accumulator."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The dtype of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """Return how many gradients are there, an int32 scalar tensor.

        Args:
          name: name of the operation.
        """
        name = name or f"{self._name}_NumAccumulated"
        return self._count(self._accumulator_ref, name=name)  # type: ignore[no-any-return]

    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Any:
        """Add the operation that sets the step; gradients of earlier steps are dropped.

        Args:
          new_global_step: the step, an integer scalar.
          name: name of the operation.
        """
        step = casts.cast(convert.convert_to_tensor(new_global_step), dtypes_lib.int64)
        return self._set_step(self._accumulator_ref, step, name=name)


@export("ConditionalAccumulator", v2=())
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Gathers gradients until there are enough of them.

    Args:
      dtype: dtype of the gradients.
      shape: their shape, which may be partial.
      shared_name: the name under which sessions of one server share it.
      name: name of the operation.
      reduction_type: `"MEAN"` or `"SUM"`.

    Raises:
      ValueError: (build) another reduction.
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = ResourceConditionalAccumulator(
            dtype=dtype,
            shape=shape,
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtype, shape, handle)

    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Any:
        """Add the operation that adds a gradient, unless it is of an earlier step.

        Args:
          grad: tensor of the dtype and shape of the accumulator.
          local_step: the step for which it was computed.
          name: name of the operation.

        Raises:
          ValueError: (build) the shape does not fit.
        """
        grad = convert.convert_to_tensor(grad, self._dtype)
        grad.get_shape().assert_is_compatible_with(self._shape)
        step = casts.cast(convert.convert_to_tensor(local_step), dtypes_lib.int64)
        return ResourceAccumulatorApplyGradient(self._accumulator_ref, step, grad, name=name)

    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """Wait for gradients, take them and begin the next step.

        Args:
          num_required: for how many, an int32 scalar.
          name: name of the operation.

        Returns:
          Their mean or sum, a tensor.

        Raises:
          InvalidArgumentError: (run) `num_required` is not positive.
        """
        taken: Tensor = ResourceAccumulatorTakeGradient(
            self._accumulator_ref, num_required, dtype=self._dtype, name=name
        )
        taken.set_shape(self._shape)
        return taken


@export("sparse.SparseConditionalAccumulator", "SparseConditionalAccumulator", v2=())
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """Gathers gradients that are slices; the mean of a slice is over the gradients that have it.

    Args:
      dtype: dtype of the gradients.
      shape: the shape of what they are slices of, which may be partial.
      shared_name: the name under which sessions of one server share it.
      name: name of the operation.
      reduction_type: `"MEAN"` or `"SUM"`.

    Raises:
      ValueError: (build) another reduction.
    """

    _count, _set_step = AccumulatorNumAccumulated, AccumulatorSetGlobalStep

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = SparseConditionalAccumulatorOp(
            dtype=dtype,
            shape=shape,
            shared_name=shared_name or "",
            name=name,
            reduction_type=reduction_type,
        )
        super().__init__(dtype, shape, handle)

    def apply_indexed_slices_grad(
        self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None
    ) -> Any:
        """Add the operation that adds an `IndexedSlices`; see `apply_grad`.

        Args:
          grad: the gradient.
          local_step: the step for which it was computed.
          name: name of the operation.
        """
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    def apply_grad(
        self,
        grad_indices: Any,
        grad_values: Any,
        grad_shape: Any = None,
        local_step: Any = 0,
        name: str | None = None,
    ) -> Any:
        """Add the operation that adds a gradient, unless it is of an earlier step.

        Args:
          grad_indices: indices along the first dimension, sorted, 1-D.
          grad_values: the slices.
          grad_shape: the shape of the whole, or None.
          local_step: the step for which it was computed.
          name: name of the operation.

        Raises:
          InvalidArgumentError: (run) indices, slices and shape do not fit.
        """
        step = casts.cast(convert.convert_to_tensor(local_step), dtypes_lib.int64)
        return SparseAccumulatorApplyGradient(
            self._accumulator_ref,
            step,
            casts.cast(grad_indices, dtypes_lib.int64),
            grad_values,
            casts.cast([] if grad_shape is None else grad_shape, dtypes_lib.int64),
            has_known_shape=grad_shape is not None,
            name=name,
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """Wait for gradients, take them and begin the next step.

        Args:
          num_required: for how many, an int32 scalar.
          name: name of the operation.

        Returns:
          Named tuple of tensors: indices, values, shape.

        Raises:
          InvalidArgumentError: (run) `num_required` is not positive.
        """
        return SparseAccumulatorTakeGradient(
            self._accumulator_ref, num_required, dtype=self._dtype, name=name
        )

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """Wait for gradients, take them and begin the next step; see `take_grad`.

        Args:
          num_required: for how many, an int32 scalar.
          name: name of the operation.

        Returns:
          An `IndexedSlices`.
        """
        taken = self.take_grad(num_required, name)
        return IndexedSlices(taken.values, taken.indices, taken.shape)
