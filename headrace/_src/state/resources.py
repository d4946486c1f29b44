"""Resources other than variables that have to be initialized, such as tables."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core.graph import add_to_collection, get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import device, name_scope
from headrace._src.ops import constant, grouping
from headrace._src.ops import identity as identity_ops
from headrace._src.ops._late import late


class Resource(NamedTuple):
    """A resource: its handle, the operation that makes it, and whether that has happened."""

    handle: Any
    create: Any
    is_initialized: Any


def register_resource(
    handle: Any, create_op: Any, is_initialized_op: Any, is_shared: bool = True
) -> None:
    """Adds a resource to the collection of shared resources, or of local ones."""
    key = GraphKeys.RESOURCES if is_shared else GraphKeys.LOCAL_RESOURCES
    add_to_collection(key, Resource(handle, create_op, is_initialized_op))


def shared_resources() -> list[Any]:
    """Lists the resources that sessions share."""
    return get_collection(GraphKeys.RESOURCES)


def local_resources() -> list[Any]:
    """Lists the resources that sessions do not share."""
    return get_collection(GraphKeys.LOCAL_RESOURCES)


def report_uninitialized_resources(
    resource_list: Any = None, name: str = "report_uninitialized_resources"
) -> Any:
    """Lists, at run time, the names of the resources that are not initialized.

    Args:
      resource_list: list of resources; all of them by default.
      name: name of the scope.

    Returns:
      1-D string tensor.
    """
    if resource_list is None:
        resource_list = shared_resources() + local_resources()
    where = os.environ.get("TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING", "/cpu:0")
    with name_scope(name), device(where):
        if not resource_list:
            return constant.constant([], dtype=dtypes.string)
        absent = late.logical_not(late.stack([r.is_initialized for r in resource_list]))
        names = constant.constant([r.handle.name for r in resource_list])
        return late.boolean_mask(names, absent)


def initialize_resources(resource_list: Any, name: str = "init") -> Any:
    """Makes the operation that initializes resources.

    Args:
      resource_list: list of resources.
      name: name of the operation.

    Returns:
      An operation.
    """
    if resource_list:
        return grouping.group(*[r.create for r in resource_list], name=name)
    return identity_ops.no_op(name=name)


@export("initializers.tables_initializer", "tables_initializer", v2=())
def tables_initializer(name: str = "init_all_tables") -> Any:
    """Makes the operation that initializes the graph's lookup tables.

    Args:
      name: name of the operation.

    Returns:
      An operation; it does nothing when there are no tables.
    """
    initializers = get_collection(GraphKeys.TABLE_INITIALIZERS)
    if initializers:
        return grouping.group(*initializers, name=name)
    return identity_ops.no_op(name=name)


@export("initialize_all_tables", v2=(), deprecated="tf.tables_initializer")
def initialize_all_tables(name: str = "init_all_tables") -> Any:
    """Makes the operation that initializes tables; see `tables_initializer`."""
    return tables_initializer(name)
