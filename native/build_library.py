"""Builds the optional native library: the project's build backend, and the command of setup.py.

The library is compiled when the package is installed from source on a Unix machine with a C++17
compiler. Its glue needs the headers that come with jaxlib: those of the environment that the
package is installed into when it has them, else jaxlib becomes a build requirement. Anything that
fails leaves one line and a package that works through XLA alone.
"""

from __future__ import annotations

import concurrent.futures
import importlib.util
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any

from setuptools import Extension, build_meta
from setuptools.build_meta import *  # noqa: F403  (the hooks of PEP 517 and 660)
from setuptools.command.build_ext import build_ext

NATIVE = pathlib.Path(__file__).resolve().parent
EXTENSION = Extension("headrace._src.native._lib", [], optional=True)

_HEADER = pathlib.Path("xla/ffi/api/ffi.h")
# Sums and products may be fused, which is how the kernels are tested; nothing else of fast-math.
_FLAGS = (
    "-std=c++17",
    "-O3",
    "-fPIC",
    "-fvisibility=hidden",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-Wall",
)
_X86 = ("x86_64", "amd64")
_ISA_FLAGS = {
    "_avx2": ("-mavx2", "-mfma"),
    "_avx512": ("-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma"),
}


class BuildError(Exception):
    """Why the library cannot be built, in one line."""


def find_compiler(environ: Mapping[str, str] = os.environ) -> list[str] | None:
    """The command of the C++ compiler: $CXX, the one that built Python, or a usual name."""
    if "CXX" in environ:
        candidates = [environ["CXX"]]
    else:
        candidates = [sysconfig.get_config_var("CXX") or "", "c++", "g++", "clang++"]
    for candidate in candidates:
        words = shlex.split(candidate)
        if words and shutil.which(words[0], path=environ.get("PATH")) and _compiles(words):
            return words
    return None


def _compiles(compiler: list[str]) -> bool:
    """Whether a command is a C++17 compiler that knows the flags of Unix ones."""
    command = [*compiler, "-std=c++17", "-fsyntax-only", "-x", "c++", "-"]
    try:
        done = subprocess.run(command, input="#include <vector>", capture_output=True, text=True)
    except OSError:
        return False
    return done.returncode == 0


def find_headers() -> pathlib.Path | None:
    """The folder of jaxlib's headers, from the build environment or from the one installed into."""
    places = []
    spec = importlib.util.find_spec("jaxlib")
    if spec is not None:
        places += [pathlib.Path(folder) for folder in spec.submodule_search_locations or ()]
    # Build isolation hides the packages of the environment, not its paths.
    places.append(pathlib.Path(sysconfig.get_path("platlib")) / "jaxlib")
    for place in places:
        if (place / "include" / _HEADER).exists():
            return place / "include"
    return None


# Sources whose results are TensorFlow's to the last bit, so that nothing may be fused.
_EXACT = ("histogram",)


def flags_of(source: pathlib.Path, machine: str) -> tuple[str, ...]:
    """The flags that a source needs besides the common ones."""
    if source.stem in _EXACT:
        return ("-ffp-contract=off",)
    if machine.lower() not in _X86:
        return ()
    return next((f for suffix, f in _ISA_FLAGS.items() if source.stem.endswith(suffix)), ())


def compile_library(target: pathlib.Path, work: pathlib.Path) -> None:
    """Compile all sources and link them into `target`.

    Raises:
      BuildError: There is no compiler, there are no headers, or the compiler failed.
    """
    compiler, headers = find_compiler(), find_headers()
    if compiler is None:
        raise BuildError("there is no C++ compiler")
    if headers is None:
        raise BuildError("there are no headers of jaxlib")
    work.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    sources = sorted(NATIVE.glob("*.cc"))
    objects = [work / f"{source.stem}.o" for source in sources]

    def compile_one(source: pathlib.Path, made: pathlib.Path) -> None:
        flags = (*_FLAGS, *flags_of(source, platform.machine()), "-isystem", str(headers))
        _call([*compiler, *flags, "-c", str(source), "-o", str(made)])

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, sources, objects))
    # Linked beside the target and moved, so that a process that has it open keeps the old one.
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    _call([*compiler, "-shared", "-pthread", *map(str, objects), "-o", str(fresh)])
    fresh.replace(target)


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
        raise BuildError(f"{shlex.join(command)} failed: {lines[0]}")


class BuildNative(build_ext):
    """`build_ext` for the one optional library."""

    def build_extension(self, ext: Extension) -> None:
        """Compile the library, or say in one line why there is none."""
        target = pathlib.Path(self.get_ext_fullpath(ext.name))
        try:
            compile_library(target, pathlib.Path(self.build_temp) / "native")
        except BuildError as error:
            target.unlink(missing_ok=True)
            print(
                f"headrace: no native kernels: {error}; everything works through XLA",
                file=sys.stderr,
            )


# -- Hooks of the build backend -------------------------------------------------------------------


def _with_headers(requirements: list[str]) -> list[str]:
    if find_compiler() is None or find_headers() is not None:
        return requirements
    return [*requirements, "jaxlib>=0.10"]


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """What building a wheel needs."""
    return _with_headers(build_meta.get_requires_for_build_wheel(config_settings))


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    """What an editable installation needs."""
    return _with_headers(build_meta.get_requires_for_build_editable(config_settings))
