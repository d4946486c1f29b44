"""Outputs of layers in collections, each with its alias: `tf.contrib.slim.utils`."""

from __future__ import annotations

import collections as containers
from typing import Any

from headrace._api.export import export
from headrace._src.core.graph import add_to_collections, get_collection, get_collection_ref


@export("contrib.slim.utils.append_tensor_alias", v2=())
def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """Give a tensor one more alias; return the tensor."""
    tensor.aliases = [*getattr(tensor, "aliases", []), alias.removesuffix("/")]
    return tensor


@export("contrib.slim.utils.collect_named_outputs", v2=())
def collect_named_outputs(collections: Any, alias: str, outputs: Any) -> Any:
    """Let the outputs join collections, if there are any, under an alias.

    Args:
      collections: key of a collection, or a list of keys.
      alias: the alias.
      outputs: tensor.

    Returns:
      The outputs.
    """
    if collections:
        add_to_collections(collections, append_tensor_alias(outputs, alias))
    return outputs


@export("contrib.slim.utils.get_tensor_aliases", v2=())
def get_tensor_aliases(tensor: Any) -> list[str]:
    """Return the aliases of a tensor, its name if it has none."""
    return getattr(tensor, "aliases", None) or [tensor.name.removesuffix(":0")]


@export("contrib.slim.utils.gather_tensors_aliases", v2=())
def gather_tensors_aliases(tensors: Any) -> list[str]:
    """Return the aliases of all tensors."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


@export("contrib.slim.utils.convert_collection_to_dict", v2=())
def convert_collection_to_dict(collection: Any, clear_collection: bool = False) -> Any:
    """Return the tensors of a collection by their aliases.

    Args:
      collection: key of the collection.
      clear_collection: whether to empty it.

    Returns:
      An ordered dict, alias → tensor.
    """
    named = containers.OrderedDict(
        (alias, tensor)
        for tensor in get_collection(collection)
        for alias in get_tensor_aliases(tensor)
    )
    if clear_collection:
        get_collection_ref(collection).clear()
    return named
