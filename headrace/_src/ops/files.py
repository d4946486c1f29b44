"""Whole files: ReadFile, WriteFile, MatchingFiles."""

from __future__ import annotations

import glob
import os
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor

# -- ReadFile ----------------------------------------------------------------------------------
ReadFile = op("ReadFile", "filename: string -> contents: string", host_only=True, foldable=False)
ReadFile.no_gradient("bytes have no derivative", undefined=True)


@ReadFile.shape
def _shape_read_file(s, filename):
    return dims_lib.with_rank(filename, 0)


def _path(name: Any) -> str:
    return os.fsdecode(np.asarray(name)[()])


def _refusal(path: str, error: OSError) -> errors.OpError:
    kinds = {FileNotFoundError: errors.NotFoundError, PermissionError: errors.PermissionDeniedError}
    kind = kinds.get(type(error), errors.FailedPreconditionError)
    return kind(None, None, f"{path}; {error.strerror}")


def _check_scalar(value, said, most=0):
    if np.ndim(value) > most:
        shape = dims_lib.text(np.shape(value))
        raise errors.InvalidArgumentError(None, None, f"{said}, but had shape: {shape}")


@ReadFile.kernel
def _kernel_read_file(k, filename):
    _check_scalar(filename, "Input filename tensor must be scalar")
    path = _path(filename)
    result = np.empty((), object)
    try:
        with open(path, "rb") as file:
            result[()] = file.read()
    except OSError as error:
        raise _refusal(path, error) from None
    return result


@export("io.read_file", "read_file", v2=("io.read_file",))
def read_file(filename: Any, name: str | None = None) -> Tensor:
    """Read the whole contents of a file.

    Args:
        filename: Scalar string tensor.
        name: Name of the node.

    Returns:
        Scalar string tensor.

    Raises:
        errors.NotFoundError: (run) there is no such file.
    """
    return ReadFile(filename, name=name)


# -- WriteFile ---------------------------------------------------------------------------------
WriteFile = op("WriteFile", "filename: string, contents: string ->", stateful=True, host_only=True)
WriteFile.no_gradient("it has no outputs", undefined=True)


@WriteFile.shape
def _shape_write_file(s, filename, contents):
    dims_lib.with_rank(filename, 0)
    dims_lib.with_rank(contents, 0)
    return []


@WriteFile.kernel
def _kernel_write_file(k, filename, contents):
    path = _path(filename)
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(np.asarray(contents)[()])
    except OSError as error:
        raise _refusal(path, error) from None
    return ()


@export("io.write_file", "write_file", v2=("io.write_file",))
def write_file(filename: Any, contents: Any, name: str | None = None) -> Operation:
    """Write a file, and the directories above it when they are not there.

    Args:
        filename: Scalar string tensor.
        contents: Scalar string tensor.
        name: Name of the node.

    Returns:
        The operation.
    """
    return WriteFile(filename, contents, name=name)


# -- MatchingFiles -----------------------------------------------------------------------------
MatchingFiles = op(
    "MatchingFiles", "pattern: string -> filenames: string", host_only=True, foldable=False
)
MatchingFiles.no_gradient("names have no derivative", undefined=True)


@MatchingFiles.shape
def _shape_matching_files(s, pattern):
    dims_lib.with_rank_at_most(pattern, 1)
    return (None,)


@MatchingFiles.kernel
def _kernel_matching_files(k, pattern):
    _check_scalar(pattern, "Input patterns tensor must be scalar or vector", most=1)
    found = [path for p in np.ravel(pattern).tolist() for path in glob.glob(p)]
    result = np.empty(len(found), object)
    result[:] = sorted(found)
    return result


@export("io.matching_files", "matching_files", v2=("io.matching_files",))
def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """List the files whose names match shell patterns.

    Args:
        pattern: String tensor, scalar or 1-D.
        name: Name of the node.

    Returns:
        1-D string tensor, sorted.
    """
    return MatchingFiles(pattern, name=name)
