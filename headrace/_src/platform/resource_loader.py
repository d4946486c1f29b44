"""Files beside the calling module: `tf.resource_loader`."""

from __future__ import annotations

import os
import sys

from headrace._api.export import export


def _caller_directory() -> str:
    frame = sys._getframe(2)
    return os.path.dirname(os.path.abspath(frame.f_code.co_filename))


@export("resource_loader.get_data_files_path", v2=())
def get_data_files_path() -> str:
    """Return the directory of the calling file."""
    return _caller_directory()


@export("resource_loader.get_root_dir_with_all_resources", v2=())
def get_root_dir_with_all_resources() -> str:
    """Return the directory that resources are found in: that of the calling file."""
    return _caller_directory()


@export("resource_loader.get_path_to_datafile", v2=())
def get_path_to_datafile(path: str) -> str:
    """Return the path of a file given relative to the calling file."""
    return os.path.join(_caller_directory(), path)


@export("resource_loader.load_resource", v2=())
def load_resource(path: str) -> bytes:
    """Return the contents of a file given relative to the calling file.

    Raises:
      IOError: There is no such file.
    """
    with open(os.path.join(_caller_directory(), path), "rb") as file:
        return file.read()


@export("resource_loader.readahead_file_path", v2=())
def readahead_file_path(path: str, readahead: str = "128M") -> str:
    """Return `path`: local files need no reading ahead."""
    return path
