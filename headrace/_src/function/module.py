"""tf.Module: a named container of variables and other modules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.core import nest, scopes
from headrace._src.state.trackable_containers import AutoTrackable
from headrace._src.state.variable import Variable

_IDENTIFIER = re.compile(r"^[A-Za-z_]([A-Za-z0-9_])*$")
_WORDS = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")


@export("Module")
class Module(AutoTrackable):
    """A base class of objects that hold variables and other modules.

    Variables and modules are found in the attributes, also inside lists, tuples and dicts.

    Args:
      name: a Python identifier; the class's name in snake case when left out.

    Raises:
      ValueError: the name is no Python identifier.
    """

    # Attributes in which nothing is looked for.
    _TF_MODULE_IGNORED_PROPERTIES = frozenset(
        (
            "_self_setattr_tracking",
            "_obj_reference_counts",
            "_self_unconditional_checkpoint_dependencies",
            "_self_unconditional_dependency_names",
            "_self_unconditional_deferred_dependencies",
            "_self_name_based_restores",
        )
    )

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = _WORDS.sub(r"_\1", type(self).__name__).lower()
        if not _IDENTIFIER.match(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python "
                "identifiers (e.g. a valid class name)."
            )
        self._name = name
        with scopes.name_scope(name) as scope:
            self._scope_name = scope

    @property
    def name(self) -> str:
        """The name, without those of modules around."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A context manager that enters the module's own name scope."""
        return scopes.name_scope(self._scope_name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of the module and of those inside it."""
        return tuple(self._flatten(lambda v: isinstance(v, Variable)))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """The trainable variables of the module and of those inside it."""
        return tuple(self._flatten(lambda v: isinstance(v, Variable) and v.trainable))

    @property
    def submodules(self) -> tuple[Module, ...]:
        """The modules inside this one, at any depth."""
        return tuple(self._flatten(lambda v: isinstance(v, Module)))

    def _flatten(
        self,
        predicate: Callable[[Any], bool] | None = None,
        recursive: bool = True,
        attribute_traversal_key: Any = None,
        with_path: bool = False,
    ) -> Iterator[Any]:
        """The leaves of the attributes that `predicate` accepts, each once."""
        seen: set[int] = set()
        return _leaves(self, predicate or (lambda v: True), recursive, with_path, (), seen)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a method: it is executed in the module's name scope."""

        @functools.wraps(method)
        def scoped(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped


def _leaves(
    module: Module,
    predicate: Callable[[Any], bool],
    recursive: bool,
    with_path: bool,
    path: tuple[Any, ...],
    seen: set[int],
) -> Iterator[Any]:
    inner = []
    for key in sorted(vars(module)):
        if key in getattr(module, "_TF_MODULE_IGNORED_PROPERTIES", ()):
            continue
        value = vars(module)[key]
        found = nest.flatten_with_tuple_paths(value) if nest.is_nested(value) else [((), value)]
        for at, leaf in found:
            if id(leaf) in seen:
                continue
            if predicate(leaf):
                seen.add(id(leaf))
                yield ((*path, key, *at), leaf) if with_path else leaf
            if recursive and hasattr(leaf, "submodules"):
                inner.append(((*path, key, *at), leaf))
    for at, leaf in inner:
        yield from _leaves(leaf, predicate, recursive, with_path, at, seen)
