"""Images as PNG and JPEG files."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes, errors
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _image_files as files
from headrace._src.ops import _summary_values, image_color, image_decode
from headrace._src.ops._late import late


def _file(data: bytes) -> np.ndarray:
    out = np.empty((), object)
    out[()] = data
    return out


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
    if not -1 <= compression <= 9:
        raise files.refuse(f"compression should be in [-1,9], got {compression}")
    return _file(_summary_values.encode_png(image, compression))


@export("image.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """Encode an image as a PNG file.

    Args:
      image: pixels [height, width, 1 to 4 channels], uint8 or uint16.
      compression: from 0, none, to 9, the best; -1 chooses.
      name: name of the operation.

    Returns:
      The file, a string scalar tensor.

    Raises:
      InvalidArgumentError: (run) the shape is another one.
    """
    made: Tensor = EncodePng(image, compression=compression, name=name)
    return made


# -- EncodeJpeg ------------------------------------------------------------------------------------
EncodeJpeg = op(
    "EncodeJpeg",
    "image: uint8 -> contents: string",
    format=A.text(default="", allowed=("", "grayscale", "rgb")),
    quality=A.integer(default=95),
    progressive=A.boolean(default=False),
    optimize_size=A.boolean(default=False),
    chroma_downsampling=A.boolean(default=True),
    density_unit=A.text(default="in", allowed=("in", "cm")),
    x_density=A.integer(default=300),
    y_density=A.integer(default=300),
    xmp_metadata=A.text(default=""),
    host_only=True,
)
EncodeJpeg.no_gradient("a file is not differentiable", undefined=True)


@EncodeJpeg.shape
def _shape_encode_jpeg(s: Any, image: Any) -> Any:
    dims.with_rank(image, 3)
    return ()


def _jpeg_file(image: np.ndarray, quality: int, coarse: bool = True, **options: Any) -> bytes:
    """Pixels [height, width, 1 or 3] as a JPEG file."""
    stream = io.BytesIO()
    pixels = image[..., 0] if image.shape[2] == 1 else image
    files.pillow().fromarray(pixels).save(
        stream,
        "JPEG",
        quality=quality,
        subsampling="4:2:0" if coarse else "4:4:4",
        **options,
    )
    return stream.getvalue()


def _check_pixels(image: np.ndarray, format: str) -> None:
    shape = ",".join(map(str, image.shape))
    if image.ndim != 3:
        raise files.refuse(f"image must be 3-dimensional[{shape}]")
    wanted = {"grayscale": 1, "rgb": 3}.get(format)
    if wanted is None and image.shape[2] not in (1, 3):
        raise files.refuse(f"image must have 1 or 3 channels, got [{shape}]")
    if wanted is not None and image.shape[2] != wanted:
        raise files.refuse(f"format {format} expects {wanted} channels, got [{shape}]")


@EncodeJpeg.kernel
def _kernel_encode_jpeg(
    k: Any,
    image: Any,
    *,
    format: str,
    quality: int,
    progressive: bool,
    optimize_size: bool,
    chroma_downsampling: bool,
    density_unit: str,
    x_density: int,
    y_density: int,
    xmp_metadata: Any,
) -> Any:
    image = np.asarray(image)
    if not 0 <= quality <= 100:
        raise files.refuse(f"quality must be in [0,100], got {quality}")
    _check_pixels(image, format)
    data = _jpeg_file(
        image,
        quality,
        chroma_downsampling,
        progressive=progressive,
        optimize=optimize_size,
        dpi=(x_density, y_density),
    )
    if density_unit == "cm":
        # The byte that says what densities count in the first segment.
        data = data[:13] + b"\2" + data[14:]
    if xmp_metadata:
        text = xmp_metadata.encode() if isinstance(xmp_metadata, str) else xmp_metadata
        body = b"http://ns.adobe.com/xap/1.0/\0" + text
        data = data[:20] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[20:]
    return _file(data)


@export("image.encode_jpeg", "io.encode_jpeg")
def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Tensor:
    """Encode an image as a JPEG file.

    Args:
      image: pixels [height, width, 1 or 3], uint8.
      format: "grayscale", "rgb", or "" for what the channels say.
      quality: from 0 to 100.
      progressive: whether the file shows a coarse image first.
      optimize_size: whether to spend time on a smaller file.
      chroma_downsampling: whether colours are kept in less detail.
      density_unit: "in" or "cm", which the densities count.
      x_density: pixels in a unit.
      y_density: pixels in a unit.
      xmp_metadata: a text to be put into the file.
      name: name of the operation.

    Returns:
      The file, a string scalar tensor.

    Raises:
      InvalidArgumentError: (run) another shape, or a quality out of range.
      UnimplementedError: (run) Pillow is not installed.
    """
    made: Tensor = EncodeJpeg(
        image,
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
        xmp_metadata=xmp_metadata,
        name=name,
    )
    return made


# -- EncodeJpegVariableQuality ---------------------------------------------------------------------
EncodeJpegVariableQuality = op(
    "EncodeJpegVariableQuality",
    "images: uint8, quality: int32 -> contents: string",
    host_only=True,
)
EncodeJpegVariableQuality.no_gradient("a file is not differentiable", undefined=True)


@EncodeJpegVariableQuality.shape
def _shape_encode_jpeg_variable(s: Any, images: Any, quality: Any) -> Any:
    dims.with_rank(images, 3)
    dims.with_rank(quality, 0)
    return ()


@EncodeJpegVariableQuality.kernel
def _kernel_encode_jpeg_variable(k: Any, images: Any, quality: Any) -> Any:
    images, quality = np.asarray(images), int(quality)
    _check_pixels(images, "")
    if not 0 <= quality <= 100:
        raise files.refuse(f"quality must be in [0,100], got {quality}")
    return _file(_jpeg_file(images, quality, dpi=(300, 300)))


@export("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """Encode an image as a JPEG file and decode it, which loses detail.

    Args:
      image: pixels [height, width, 1 or 3].
      jpeg_quality: int or int32 scalar tensor, from 0 to 100.
      name: name of the operations.

    Returns:
      Tensor of the dtype of `image`.
    """
    with name_scope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        before = image.dtype
        image = image_color.convert_image_dtype(image, dtypes.uint8)
        if not isinstance(jpeg_quality, Tensor):
            jpeg_quality = convert_to_tensor(jpeg_quality, dtype=dtypes.int32)
        data = EncodeJpegVariableQuality(image, jpeg_quality)
        return image_color.convert_image_dtype(image_decode.DecodeJpeg(data), before)


@export("image.random_jpeg_quality")
def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Tensor:
    """Encode an image as a JPEG file of random quality and decode it.

    Args:
      image: pixels [height, width, 1 or 3].
      min_jpeg_quality: the least quality.
      max_jpeg_quality: the quality is less than this.
      seed: seed of the operation.

    Returns:
      Tensor of the dtype of `image`.

    Raises:
      ValueError: (build) qualities out of order or out of range.
    """
    lowest, highest = (
        min(min_jpeg_quality, max_jpeg_quality),
        max(min_jpeg_quality, max_jpeg_quality),
    )
    if lowest < 0 or highest > 100:
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = late.random_uniform(
        [], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=dtypes.int32
    )
    return adjust_jpeg_quality(image, quality)
