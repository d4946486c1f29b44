"""Whether layers train when nobody says: a placeholder that says no."""

from __future__ import annotations

import weakref
from typing import Any

from headrace._src.core.graph import get_default_graph
from headrace._src.core.scopes import init_scope, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late

_PHASES: weakref.WeakKeyDictionary[Any, Tensor] = weakref.WeakKeyDictionary()


def learning_phase() -> Tensor:
    """The scalar bool tensor `keras_learning_phase` of the default graph; False unless fed."""
    with init_scope():
        graph = get_default_graph()
        if graph not in _PHASES:
            with name_scope(""):
                _PHASES[graph] = late.placeholder_with_default(
                    False, shape=(), name="keras_learning_phase"
                )
        return _PHASES[graph]
