"""InputSpec: what a layer demands of its inputs."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, nest
from headrace._src.core.shape import TensorShape


@export("layers.InputSpec", "keras.layers.InputSpec", v2=("keras.layers.InputSpec",))
class InputSpec:
    """The dtype, rank and sizes that an input of a layer must have.

    Args:
      dtype: the dtype, or None for any.
      shape: sequence of int or None, which fits any size; None for any shape.
      ndim: the rank; that of `shape` when it is given.
      max_ndim: the largest rank.
      min_ndim: the smallest rank.
      axes: dict, axis → its size.

    Raises:
      TypeError: an axis is no integer.
      ValueError: an axis lies beyond the rank.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: Any = None,
        max_ndim: Any = None,
        min_ndim: Any = None,
        axes: Any = None,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self.shape = shape
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError):
            raise TypeError("The keys in axes must be integers.") from None
        if self.axes and (self.ndim is not None or max_ndim is not None):
            last = (self.ndim or max_ndim) - 1
            if max(self.axes) > last:
                raise ValueError(
                    f"Axis {max(self.axes)} is greater than the maximum allowed value: {last}"
                )

    def __repr__(self) -> str:
        said = [f"{name}={value}" for name, value in self.get_config().items() if value]
        return f"InputSpec({', '.join(said)})"

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal spec."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
        }

    @classmethod
    def from_config(cls, config: Any) -> InputSpec:
        """Make the spec that `get_config` described."""
        return cls(**config)


def check_inputs(spec: Any, inputs: Any, layer_name: str) -> None:
    """Check inputs against a spec, or a structure of specs with one for each input.

    Raises:
      ValueError: an input does not fit.
    """
    if not spec:
        return
    inputs, specs = nest.flatten(inputs), nest.flatten(spec)
    if len(inputs) != len(specs):
        raise ValueError(
            f"Layer {layer_name} expects {len(specs)} inputs, but it received {len(inputs)} input "
            f"tensors. Inputs received: {inputs}"
        )
    for i, (x, one) in enumerate(zip(inputs, specs, strict=True)):
        if one is None:
            continue
        label = f"Input {i} of layer {layer_name} is incompatible with the layer: "
        _check_rank(one, x.shape, label)
        if one.dtype is not None and x.dtype != one.dtype:
            raise ValueError(f"{label}expected dtype={one.dtype}, found dtype={x.dtype}")
        if one.axes:
            _check_axes(one.axes, x.shape.as_list(), label)
        if one.shape is not None:
            _check_sizes(one.shape, x.shape.as_list(), f"Input {i}", layer_name)


def _check_rank(spec: InputSpec, shape: TensorShape, label: str) -> None:
    if spec.ndim is None and spec.min_ndim is None and spec.max_ndim is None:
        return
    ndim = shape.ndims
    if ndim is None:
        raise ValueError(f"{label}its rank is undefined, but the layer requires a defined rank.")
    full = f". Full shape received: {shape.as_list()}"
    if spec.ndim is not None and ndim != spec.ndim:
        raise ValueError(f"{label}expected ndim={spec.ndim}, found ndim={ndim}{full}")
    if spec.max_ndim is not None and ndim > spec.max_ndim:
        raise ValueError(f"{label}expected max_ndim={spec.max_ndim}, found ndim={ndim}")
    if spec.min_ndim is not None and ndim < spec.min_ndim:
        raise ValueError(f"{label}: expected min_ndim={spec.min_ndim}, found ndim={ndim}{full}")


def _check_axes(axes: dict[int, Any], sizes: list[Any], label: str) -> None:
    for axis, size in axes.items():
        size = getattr(size, "value", size)
        if size is not None and sizes[axis] not in (size, None):
            raise ValueError(
                f"{label}expected axis {axis} of input shape to have value {size} but received "
                f"input with shape {sizes}"
            )


def _check_sizes(expected: Any, found: list[Any], label: str, layer_name: str) -> None:
    for wanted, size in zip(expected, found, strict=False):
        if wanted is not None and size is not None and wanted != size:
            raise ValueError(
                f"{label} is incompatible with layer {layer_name}: expected shape={expected}, "
                f"found shape={found}"
            )
