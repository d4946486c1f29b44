"""Passing on the many arguments of layers."""

from __future__ import annotations

from typing import Any


def passed_on(given: dict[str, Any]) -> dict[str, Any]:
    """What a constructor was called with, from its `locals()`, as keywords for its base's."""
    mine = {key: value for key, value in given.items() if key not in ("self", "__class__")}
    return mine.pop("kwargs", {}) | mine


def call_new(layer: Any, inputs: Any, call: dict[str, Any] | None = None, **given: Any) -> Any:
    """Make a layer and call it; its name is also that of its variable scope.

    Args:
      layer: the class.
      inputs: what to call it with.
      call: what else to call it with.
      **given: arguments of its constructor, and `reuse`.
    """
    reuse = given.pop("reuse")
    return layer(_scope=given["name"], _reuse=reuse, **given).apply(inputs, **call or {})
