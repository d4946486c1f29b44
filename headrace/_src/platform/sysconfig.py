"""`tf.sysconfig`: where the library is; there is nothing to compile against."""

from __future__ import annotations

import os

from headrace._api.export import export


def _package() -> str:
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@export("sysconfig.get_include")
def get_include() -> str:
    """Return the directory of C headers.

    Raises:
      NotImplementedError: Always: headrace has none, and loads no C++ ops.
    """
    raise NotImplementedError("headrace has no C headers: ops cannot be added in C++")


@export("sysconfig.get_lib")
def get_lib() -> str:
    """Return the directory of the library."""
    return _package()


@export("sysconfig.get_compile_flags")
def get_compile_flags() -> list[str]:
    """Return the flags for compiling C++ ops.

    Raises:
      NotImplementedError: Always: headrace loads no C++ ops.
    """
    raise NotImplementedError("headrace loads no C++ ops: there is nothing to compile")


@export("sysconfig.get_link_flags")
def get_link_flags() -> list[str]:
    """Return the flags for linking C++ ops.

    Raises:
      NotImplementedError: Always: headrace loads no C++ ops.
    """
    raise NotImplementedError("headrace loads no C++ ops: there is nothing to link")
