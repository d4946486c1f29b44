"""Public functions of other op families, found by name at the time of the call.

Op families use each other in circles; `late.reshape(...)` needs no import order.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from headrace._api.export import NAMES
from headrace._src.core.opspec import lookup


def _import_families() -> None:
    package = importlib.import_module("headrace._src.ops")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"headrace._src.ops.{module.name}")


class _Late:
    """Attribute access answers with the exported function or the op spec of that name."""

    def __getattr__(self, name: str) -> Any:
        value = lookup(name) if name[:1].isupper() else NAMES.get(name)
        if value is None:
            _import_families()
            value = lookup(name) if name[:1].isupper() else NAMES.get(name)
        if value is None:
            raise AttributeError(f"No op family defines '{name}'.")
        setattr(self, name, value)
        return value


late = _Late()
