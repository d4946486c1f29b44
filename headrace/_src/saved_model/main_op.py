"""What a SavedModel runs when it is loaded."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.scopes import control_dependencies
from headrace._src.ops import grouping
from headrace._src.state import collections, resources


@export(
    "saved_model.main_op.main_op",
    v2=(),
    deprecated="tf.compat.v1.saved_model.main_op.main_op",
)
def main_op() -> Any:
    """Make the operation that initializes all variables and tables."""
    return grouping.group(
        collections.global_variables_initializer(),
        collections.local_variables_initializer(),
        resources.tables_initializer(),
    )


@export(
    "saved_model.main_op_with_restore",
    "saved_model.main_op.main_op_with_restore",
    v2=(),
    deprecated="tf.compat.v1.saved_model.main_op_with_restore",
)
def main_op_with_restore(restore_op_name: Any) -> Any:
    """Make the operation that initializes everything and restores after that.

    Args:
      restore_op_name: the operation that restores.

    Returns:
      An operation.
    """
    with control_dependencies([main_op()]):
        return grouping.group(restore_op_name)
