"""Images as PNG files."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _summary_values

# -- EncodePng -------------------------------------------------------------------------------------
EncodePng = op(
    "EncodePng",
    "image: T -> contents: string",
    kernel_ignores=("T",),
    compression=A.integer(default=-1),
    T=A.dtype((dtypes.uint8, dtypes.uint16), default=dtypes.uint8),
    host_only=True,
)
EncodePng.no_gradient("a file is not differentiable", undefined=True)


@EncodePng.shape
def _shape_encode_png(s: Any, image: Any) -> Any:
    dims.with_rank(image, 3)
    return ()


@EncodePng.kernel
def _kernel_encode_png(k: Any, image: Any, *, compression: int) -> Any:
    image = np.asarray(image)
    shape = ",".join(map(str, image.shape))
    if image.ndim != 3:
        raise errors.InvalidArgumentError(None, None, f"image must be 3-dimensional[{shape}]")
    if not 1 <= image.shape[2] <= 4:
        raise errors.InvalidArgumentError(
            None, None, f"image must have 1, 2, 3, or 4 channels, got {image.shape[2]}"
        )
    if image.dtype != np.uint8 or compression != -1:
        what = "uint16 pixels" if image.dtype != np.uint8 else f"compression={compression}"
        raise errors.UnimplementedError(None, None, f"EncodePng: {what} is not supported")
    out = np.empty((), object)
    out[()] = _summary_values.encode_png(image)
    return out


@export("image.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """Encode an image as a PNG file.

    Args:
      image: pixels [height, width, 1 to 4 channels], uint8.
      compression: -1.
      name: name of the operation.

    Returns:
      The file, a string scalar tensor.

    Raises:
      InvalidArgumentError: (run) the shape is another one.
      UnimplementedError: (run) uint16 pixels, or another compression.
    """
    image = convert_to_tensor(image)
    made: Tensor = EncodePng(image, compression=compression, name=name)
    return made
