"""Image files as pixels: DecodeJpeg, DecodePng, DecodeGif, DecodeBmp and their like."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import _image_files as files
from headrace._src.ops import conditional, debugging, image_color
from headrace._src.ops._late import late

_NO_GRADIENT = "a file is not differentiable"
_METHODS = ("", "INTEGER_FAST", "INTEGER_ACCURATE")


def _bytes(contents: Any) -> bytes:
    data: bytes = np.asarray(contents)[()]
    return data


def _jpeg_attrs() -> dict[str, Any]:
    return {
        "channels": A.integer(default=0),
        "ratio": A.integer(default=1),
        "fancy_upscaling": A.boolean(default=True),
        "try_recover_truncated": A.boolean(default=False),
        "acceptable_fraction": A.number(default=1.0),
        "dct_method": A.text(default=""),
    }


def _check_jpeg(channels: int, ratio: int, dct_method: str) -> None:
    """Refuses values that the kernel of TensorFlow refuses."""
    if channels not in (0, 1, 3, 4):
        raise files.refuse(f"channels must be 0, 1, 3, or 4, got {channels}")
    if ratio not in (1, 2, 4, 8):
        raise files.refuse(f"ratio must be 1, 2, 4, or 8, got {ratio}")
    if dct_method not in _METHODS:
        raise files.refuse("dct_method must be one of {'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}")


def _decoded(data: bytes, channels: int, dtype: Any = np.uint8, **jpeg: Any) -> np.ndarray:
    """The pixels of a JPEG, PNG or GIF file, whichever it is."""
    kind = files.file_kind(data)
    if kind == "jpeg":
        return _decoded_jpeg(data, channels, **jpeg)
    if kind == "png":
        return files.read_png(data, channels, dtype)
    frames = files.read_gif(data)
    if len(frames) > 1:
        raise files.refuse(
            f"Got {len(frames)} frames, but animated gifs can only be decoded by tf.image.decode_"
            "gif or tf.image.decode_image"
        )
    if channels not in (0, 3):
        raise files.refuse(f"channels must be 0 or 3 for GIF, got {channels}")
    return frames[0]


def _decoded_jpeg(
    data: bytes, channels: int, ratio: int = 1, recover: bool = False, crop: Any = None
) -> np.ndarray:
    if channels == 4:
        raise files.refuse("channels must be 0, 1, or 3 for JPEG, got 4")
    complaint = f"Invalid JPEG data or crop window, data size {len(data)}"
    try:
        pixels = files.read_jpeg(data, channels, ratio, complaint)
    except errors.InvalidArgumentError:
        if recover:
            raise errors.UnimplementedError(
                None, None, "DecodeJpeg: try_recover_truncated=True is not supported"
            ) from None
        raise
    if crop is None:
        return pixels
    top, left, height, width = (int(n) for n in crop)
    rows, columns = pixels.shape[:2]
    if (
        min(top, left) < 0
        or min(height, width) <= 0
        or top + height > rows
        or left + width > columns
    ):
        raise files.refuse(complaint)
    return pixels[top : top + height, left : left + width]


def _image_dims(contents: Any, channels: int) -> Any:
    dims_lib.with_rank(contents, 0)
    if channels < 0:
        raise ValueError(f"channels must be non-negative, got {channels}")
    return (None, None, channels or None)


# -- DecodeJpeg --------------------------------------------------------------------------------
DecodeJpeg = op("DecodeJpeg", "contents: string -> image: uint8", **_jpeg_attrs(), host_only=True)
DecodeJpeg.no_gradient(_NO_GRADIENT, undefined=True)


@DecodeJpeg.shape
def _shape_decode_jpeg(s, contents, *, channels):
    return _image_dims(contents, channels)


@DecodeJpeg.kernel
def _kernel_decode_jpeg(k, contents, *, channels, ratio, try_recover_truncated, dct_method):
    _check_jpeg(channels, ratio, dct_method)
    return _decoded(_bytes(contents), channels, ratio=ratio, recover=try_recover_truncated)


@export("image.decode_jpeg", "io.decode_jpeg")
def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Read the pixels of a JPEG file; a PNG file or a GIF file of one frame will do as well.

    The accurate transform is used whatever `dct_method` says.

    Args:
      contents: string tensor, scalar: the file.
      channels: 1 for gray, 3 for colours, 0 for what the file has.
      ratio: how many times smaller the image is to be: 1, 2, 4 or 8.
      fancy_upscaling: whether colours of less detail are smoothed; they always are.
      try_recover_truncated: not supported for files that are truncated.
      acceptable_fraction: of a truncated file.
      dct_method: "", "INTEGER_FAST" or "INTEGER_ACCURATE".
      name: name of the operation.

    Returns:
      uint8 tensor [height, width, channels].

    Raises:
      InvalidArgumentError: (run) no image, or an argument of another value.
      UnimplementedError: (run) Pillow is not installed.
    """
    made: Tensor = DecodeJpeg(
        contents,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )
    return made


# -- DecodeAndCropJpeg -------------------------------------------------------------------------
DecodeAndCropJpeg = op(
    "DecodeAndCropJpeg",
    "contents: string, crop_window: int32 -> image: uint8",
    **_jpeg_attrs(),
    host_only=True,
)
DecodeAndCropJpeg.no_gradient(_NO_GRADIENT, undefined=True)


@DecodeAndCropJpeg.shape
def _shape_decode_and_crop(s, contents, crop_window, *, channels):
    dims = _image_dims(contents, channels)
    window = s.value(1)
    dims_lib.with_value(dims_lib.with_rank(crop_window, 1)[0], 4)
    return dims if window is None else (int(window[2]), int(window[3]), dims[2])


@DecodeAndCropJpeg.kernel
def _kernel_decode_and_crop(
    k, contents, crop_window, *, channels, ratio, try_recover_truncated, dct_method
):
    _check_jpeg(channels, ratio, dct_method)
    return _decoded_jpeg(
        _bytes(contents), channels, ratio=ratio, recover=try_recover_truncated, crop=crop_window
    )


@export("image.decode_and_crop_jpeg", "io.decode_and_crop_jpeg")
def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Read a part of the pixels of a JPEG file.

    Args:
      contents: string tensor, scalar: the file.
      crop_window: int32 tensor [4]: top, left, height and width of the part.
      channels: 1 for gray, 3 for colours, 0 for what the file has.
      ratio: how many times smaller the image is to be: 1, 2, 4 or 8.
      fancy_upscaling: whether colours of less detail are smoothed; they always are.
      try_recover_truncated: not supported for files that are truncated.
      acceptable_fraction: of a truncated file.
      dct_method: "", "INTEGER_FAST" or "INTEGER_ACCURATE".
      name: name of the operation.

    Returns:
      uint8 tensor [height, width, channels].

    Raises:
      InvalidArgumentError: (run) no JPEG file, or a part that is not inside.
      UnimplementedError: (run) Pillow is not installed.
    """
    made: Tensor = DecodeAndCropJpeg(
        contents,
        crop_window,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )
    return made


# -- ExtractJpegShape --------------------------------------------------------------------------
ExtractJpegShape = op(
    "ExtractJpegShape",
    "contents: string -> image_shape: output_type",
    output_type=A.dtype((dtypes.int32, dtypes.int64), default=dtypes.int32),
    host_only=True,
)
ExtractJpegShape.no_gradient(_NO_GRADIENT, undefined=True)


@ExtractJpegShape.shape
def _shape_extract_jpeg_shape(s, contents):
    dims_lib.with_rank(contents, 0)
    return (3,)


@ExtractJpegShape.kernel
def _kernel_extract_jpeg_shape(k, contents, *, output_type):
    return np.array(files.jpeg_shape(_bytes(contents)), output_type.as_numpy_dtype)


@export("image.extract_jpeg_shape", "io.extract_jpeg_shape")
def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Read the shape of the image in a JPEG file without decoding it.

    Args:
      contents: string tensor, scalar: the file.
      output_type: int32 or int64.
      name: name of the operation.

    Returns:
      Tensor [3]: height, width, channels.
    """
    made: Tensor = ExtractJpegShape(contents, output_type=output_type, name=name)
    return made


# -- DecodePng ---------------------------------------------------------------------------------
DecodePng = op(
    "DecodePng",
    "contents: string -> image: dtype",
    channels=A.integer(default=0),
    dtype=A.dtype((dtypes.uint8, dtypes.uint16), default=dtypes.uint8),
    host_only=True,
)
DecodePng.no_gradient(_NO_GRADIENT, undefined=True)


@DecodePng.shape
def _shape_decode_png(s, contents, *, channels):
    return _image_dims(contents, channels)


@DecodePng.kernel
def _kernel_decode_png(k, contents, *, channels, dtype):
    if channels not in (0, 1, 3, 4):
        raise files.refuse(f"channels must be 0, 1, 3, or 4, got {channels}")
    kind = dtype.as_numpy_dtype
    found = _decoded(_bytes(contents), channels, kind)
    if found.dtype != kind:
        raise files.refuse(
            f"Type of {files.file_kind(_bytes(contents)).upper()} image must be uint8, got uint16"
        )
    return found


@export("image.decode_png", "io.decode_png")
def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Tensor:
    """Read the pixels of a PNG file; a JPEG file or a GIF file of one frame will do as well.

    Args:
      contents: string tensor, scalar: the file.
      channels: 1 for gray, 3 for colours, 4 for colours and opacity, 0 for what the file has.
      dtype: uint8 or uint16.
      name: name of the operation.

    Returns:
      Tensor [height, width, channels] of dtype `dtype`.

    Raises:
      InvalidArgumentError: (run) no image, or an argument of another value.
      UnimplementedError: (run) Pillow is not installed.
    """
    made: Tensor = DecodePng(contents, channels=channels, dtype=dtype, name=name)
    return made


# -- DecodeGif ---------------------------------------------------------------------------------
DecodeGif = op("DecodeGif", "contents: string -> image: uint8", host_only=True)
DecodeGif.no_gradient(_NO_GRADIENT, undefined=True)


@DecodeGif.shape
def _shape_decode_gif(s, contents):
    dims_lib.with_rank(contents, 0)
    return (None, None, None, 3)


@DecodeGif.kernel
def _kernel_decode_gif(k, contents):
    data = _bytes(contents)
    if files.file_kind(data) == "gif":
        return files.read_gif(data)
    return _decoded(data, 3)[np.newaxis]


@export("image.decode_gif", "io.decode_gif")
def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """Read the frames of a GIF file; a JPEG or PNG file gives one frame.

    Args:
      contents: string tensor, scalar: the file.
      name: name of the operation.

    Returns:
      uint8 tensor [frames, height, width, 3].

    Raises:
      InvalidArgumentError: (run) no image.
      UnimplementedError: (run) Pillow is not installed.
    """
    made: Tensor = DecodeGif(contents, name=name)
    return made


# -- DecodeBmp ---------------------------------------------------------------------------------
DecodeBmp = op(
    "DecodeBmp",
    "contents: string -> image: uint8",
    channels=A.integer(default=0),
    host_only=True,
)
DecodeBmp.no_gradient(_NO_GRADIENT, undefined=True)


@DecodeBmp.shape
def _shape_decode_bmp(s, contents, *, channels):
    return _image_dims(contents, channels)


@DecodeBmp.kernel
def _kernel_decode_bmp(k, contents, *, channels):
    if channels not in (0, 1, 3, 4):
        raise files.refuse(f"channels must be 0, 1, 3 or 4, got {channels}")
    return files.read_bmp(_bytes(contents), channels)


@export("image.decode_bmp", "io.decode_bmp")
def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """Read the pixels of a BMP file.

    Args:
      contents: string tensor, scalar: the file.
      channels: what the file must have: 1, 3 or 4, or 0 for what it has.
      name: name of the operation.

    Returns:
      uint8 tensor [height, width, channels].

    Raises:
      InvalidArgumentError: (run) no BMP file, or one with other channels.
    """
    made: Tensor = DecodeBmp(contents, channels=channels, name=name)
    return made


# -- decode_image ------------------------------------------------------------------------------
@export("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Say whether a file is a JPEG file, by its first bytes.

    Args:
      contents: string tensor, scalar: the file.
      name: name of the operations.

    Returns:
      Boolean scalar tensor.
    """
    with name_scope(name, "is_jpeg"):
        start = late.substr(contents, 0, 3)
        same: Tensor = late.equal(start, b"\xff\xd8\xff", name=name)
        return same


def _is_png(contents: Any) -> Tensor:
    with name_scope(None, "is_png"):
        same: Tensor = late.equal(late.substr(contents, 0, 3), b"\x89PN", name=None)
        return same


class _AnyImage:
    """The branches that `decode_image` chooses from, each for one kind of file."""

    def __init__(self, contents: Any, channels: int | None, dtype: Any, expand: bool) -> None:
        self.contents, self.channels, self.dtype = contents, channels, dtype
        self.expand = expand
        self.start = late.substr(contents, 0, 3)

    def converted(self, image: Tensor) -> Tensor:
        return image_color.convert_image_dtype(image, self.dtype)

    def jpeg(self) -> Tensor:
        channels = self.channels or 0
        good = late.not_equal(channels, 4, name="check_jpeg_channels")
        check = debugging.assert_(
            good, ["Channels must be in (None, 0, 1, 3) when decoding JPEG images"]
        )
        with control_dependencies([check]):
            return self.converted(decode_jpeg(self.contents, channels))

    def png(self) -> Tensor:
        wide = dtypes.uint8 if self.dtype == dtypes.uint8 else dtypes.uint16
        return self.converted(decode_png(self.contents, self.channels or 0, dtype=wide))

    def gif(self) -> Tensor:
        channels = self.channels or 0
        good = late.logical_and(
            late.not_equal(channels, 1, name="check_gif_channels"),
            late.not_equal(channels, 4, name="check_gif_channels"),
        )
        check = debugging.assert_(
            good, ["Channels must be in (None, 0, 3) when decoding GIF images"]
        )
        with control_dependencies([check]):
            frames = self.converted(decode_gif(self.contents))
            return frames if self.expand else late.gather(frames, 0)

    def bmp(self) -> Tensor:
        is_bmp = late.equal(late.substr(self.contents, 0, 2), "BM", name="is_bmp")
        known = debugging.assert_(is_bmp, ["Unable to decode bytes as JPEG, PNG, GIF, or BMP"])
        good = late.not_equal(self.channels or 0, 1, name="check_channels")
        check = debugging.assert_(
            good, ["Channels must be in (None, 0, 3) when decoding BMP images"]
        )
        with control_dependencies([known, check]):
            return self.converted(decode_bmp(self.contents))

    def gif_or_bmp(self) -> Any:
        is_gif = late.equal(self.start, b"GIF", name="is_gif")
        return conditional.cond(is_gif, self.gif, self.bmp, name="cond_gif")

    def png_or_other(self) -> Any:
        return conditional.cond(_is_png(self.contents), self.png, self.gif_or_bmp, name="cond_png")


@export("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """Read the pixels of a BMP, GIF, JPEG or PNG file, whichever it is.

    Args:
      contents: string tensor, scalar: the file.
      channels: 1 for gray, 3 for colours, 4 for colours and opacity, None or 0 for what the file
        has.
      dtype: dtype of the pixels; floats lie between 0 and 1.
      name: name of the operations.
      expand_animations: whether GIF files give all their frames rather than the first one.

    Returns:
      Tensor [height, width, channels], [frames, height, width, 3] for GIF files.

    Raises:
      ValueError: (build) another number of channels.
      InvalidArgumentError: (run) no image.
    """
    with name_scope(name, "decode_image"):
        if channels not in (None, 0, 1, 3, 4):
            raise ValueError("channels must be in (None, 0, 1, 3, 4)")
        image = _AnyImage(contents, channels, dtypes.as_dtype(dtype), expand_animations)
        chosen: Tensor = conditional.cond(
            is_jpeg(contents), image.jpeg, image.png_or_other, name="cond_jpeg"
        )
        return chosen
