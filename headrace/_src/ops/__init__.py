"""The ops a program is made of, one module a family; importing a family declares its ops.

Importing the package makes Python values and slices convertible to tensors, and tells tensors where
their operators are.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from headrace._src.core import opspec as _opspec
from headrace._src.core import tensor as _tensor
from headrace._src.ops import constant as constant
from headrace._src.ops import indexed_slices_ops as indexed_slices_ops


def _load_operators() -> dict[str, Callable[..., Any]]:
    from headrace._src.ops import operators

    return operators.OPERATORS


def _load_families() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


_opspec.add_loader(_load_families)
_tensor.set_operators(_load_operators)
