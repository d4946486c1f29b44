"""Text and bytes of either Python: `tf.compat`."""

from __future__ import annotations

import datetime
import numbers
import os
from typing import Any

import numpy as np

from headrace._api.export import export, export_value

bytes_or_text_types = export_value((bytes, str), "compat.bytes_or_text_types")
integral_types = export_value((numbers.Integral, np.integer), "compat.integral_types")
real_types = export_value((numbers.Real, np.integer, np.floating), "compat.real_types")
complex_types = export_value((numbers.Complex, np.number), "compat.complex_types")

# What TensorFlow 1.15.5 was willing to write for older readers.
_HORIZON = datetime.date(2019, 8, 21)


@export("compat.as_bytes")
def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Return bytes as they are and text encoded.

    Args:
      bytes_or_text: Text, bytes or a bytearray.
      encoding: How text is encoded.

    Raises:
      TypeError: It is none of these.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Return text as it is and bytes decoded.

    Args:
      bytes_or_text: Text or bytes.
      encoding: How bytes are decoded.

    Raises:
      TypeError: It is neither.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


@export("compat.as_str_any")
def as_str_any(value: Any) -> str:
    """Return bytes decoded and anything else by `str`."""
    return as_text(value) if isinstance(value, bytes) else str(value)


@export("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """Return the text of an `os.PathLike`, and anything else as it is."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


@export("compat.forward_compatible")
def forward_compatible(year: int, month: int, day: int) -> bool:
    """Return whether behaviour introduced by a date may be used, as in TensorFlow 1.15."""
    return datetime.date(year, month, day) < _HORIZON
