"""Adds the optional native library to what pyproject.toml says; see native/build_library.py."""

import pathlib
import sys

from setuptools import setup

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "native"))

import build_library  # noqa: E402

setup(
    ext_modules=[build_library.EXTENSION],
    cmdclass={"build_ext": build_library.BuildNative},
)
