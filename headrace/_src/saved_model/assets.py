"""Files that a SavedModel takes along, such as vocabularies."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Sequence
from typing import Any

from headrace._src.core import dtypes
from headrace._src.core.graph import add_to_collection
from headrace._src.core.tensor import Tensor
from headrace._src.platform import logging
from headrace._src.saved_model import constants


def save_assets(tensors: Sequence[Any] | None, export_dir: str) -> None:
    """Copies the files that string constants name, and notes them in a collection.

    Raises:
      TypeError: a tensor is no scalar string constant.
      ValueError: a path is empty.
    """
    if tensors is None:
        logging.info("No assets to save.")
    # Name in the SavedModel → path of the original.
    files: dict[str, str] = {}
    for tensor in tensors or ():
        path = _path(tensor)
        if not path:
            raise ValueError(f"Invalid asset filepath tensor {tensor}")
        name = _free_name(path, files)
        _note(name, tensor)
        files[name] = path
    if not files:
        logging.info("No assets to write.")
        return
    folder = os.path.join(export_dir, constants.ASSETS_DIRECTORY)
    os.makedirs(folder, exist_ok=True)
    for name, path in files.items():
        target = os.path.join(folder, name)
        if not os.path.exists(target):
            shutil.copyfile(path, target)
    logging.info("Assets written to: %s", folder)


def _path(tensor: Any) -> str:
    if not isinstance(tensor, Tensor):
        raise TypeError("Asset path tensor must be a Tensor.")
    if tensor.op.type != "Const":
        raise TypeError("Asset path tensor must be of type constant.")
    if tensor.dtype != dtypes.string:
        raise TypeError("Asset path tensor must be of dtype string.")
    values = tensor.op.get_attr("value").string_val
    if len(values) != 1:
        raise TypeError("Asset path tensor must be a scalar.")
    return os.fsdecode(values[0])


def _free_name(path: str, files: dict[str, str]) -> str:
    name = os.path.basename(path)
    if name not in files or files[name] == path or filecmp.cmp(path, files[name], shallow=False):
        return name
    numbered, i = name, 1
    while numbered in files:
        numbered, i = f"{name}_{i}", i + 1
    return numbered


def _note(name: str, tensor: Tensor) -> None:
    from headrace._src.proto import messages

    asset = messages.AssetFileDef(filename=name)
    asset.tensor_info.name = tensor.name
    packed = messages.message_class("google.protobuf.Any")()
    packed.Pack(asset)
    add_to_collection(constants.ASSETS_KEY, packed)
