"""Templates: functions whose variables are made by the first call and shared by the others."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.core import origin
from headrace._src.core.graph import get_collection, get_collection_ref, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.trackable import Trackable
from headrace._src.state import variable
from headrace._src.state import variable_scope as scopes
from headrace._src.state.eager_store import EagerVariableStore

_LOG = logging.getLogger("headrace")


@export("make_template", v2=())
def make_template(
    name_: Any,
    func_: Any,
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Any:
    """Wrap a function so that all its calls share the variables of the first one.

    Args:
      name_: name of the variable scope, made unique.
      func_: the function; it should make variables with `tf.get_variable`.
      create_scope_now_: whether the scope is named now rather than at the first call.
      unique_name_: exact name of the scope instead.
      custom_getter_: custom getter of the scope.
      **kwargs: arguments bound to `func_`.

    Returns:
      A `Template`, to be called as `func_` would be.

    Raises:
      ValueError: no name.
    """
    if kwargs:
        func_ = functools.partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


@export("contrib.checkpoint.capture_dependencies", v2=())
@contextlib.contextmanager
def capture_dependencies(template: Any) -> Iterator[None]:
    """Let the variables that are made inside become dependencies of a template.

    Args:
      template: the `Template`; a name in it is that of a variable without the template's scope.
        A template that is called inside becomes a dependency as a whole.

    Yields:
      Nothing.
    """
    prefix = template.variable_scope.name

    def creator(
        next_creator: Any,
        name: Any = None,
        initial_value: Any = None,
        trackable_parent: Any = None,
        **kwargs: Any,
    ) -> Any:
        def make(initializer: Any, **inner: Any) -> Any:
            inner.pop("name")
            return next_creator(initial_value=initializer, name=name, **inner)

        own = (template, prefix)
        if name is not None and name.startswith(prefix):
            if trackable_parent is None:
                return template._add_variable_with_custom_getter(
                    name=name[len(prefix) + 1 :],
                    initializer=initial_value,
                    getter=make,
                    overwrite=True,
                    trackable_parent=own,
                    **kwargs,
                )
            inner_template, inner_prefix = trackable_parent
            template._track_trackable(
                inner_template, name=inner_prefix[len(prefix) + 1 :], overwrite=True
            )
        return next_creator(name=name, initial_value=initial_value, trackable_parent=own, **kwargs)

    with variable.creator_scope(creator):
        yield


class Template(Trackable):
    """What `tf.make_template` returns."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Any = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self._name = name
        self._func = func
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._origin = origin.of(*origin.current())
        self._variable_scope: scopes.VariableScope | None = None
        self._variables_created = False
        self._first_call = True
        executes = get_default_graph().executes
        if executes and unique_name:
            # The words are 1.15's.
            raise ValueError("unique_name_ cannot be used when eager exeuction is enabled.")
        # In eager execution nothing else keeps the variables of the first call.
        self._store = EagerVariableStore() if executes else None
        if create_scope_now:
            wanted = unique_name or scopes._unique_scope_name(name)
            with scopes.PureVariableScope(wanted, custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._store is None:
            return self._called(args, kwargs)
        with self._store.as_default():
            return self._called(args, kwargs)

    def _called(self, args: Any, kwargs: Any) -> Any:
        if self._variable_scope is not None:
            with scopes.variable_scope(self._variable_scope, reuse=not self._first_call):
                return self._call_func(args, kwargs)
        with scopes.variable_scope(
            self._unique_name, self._name, custom_getter=self._custom_getter
        ) as scope:
            self._variable_scope = scope
            return self._call_func(args, kwargs)

    def _call_func(self, args: Any, kwargs: Any) -> Any:
        try:
            if self._variables_created:
                return self._call_again(args, kwargs)
            first, self._first_call = self._first_call, False
            try:
                if first:
                    with capture_dependencies(self):
                        result = self._func(*args, **kwargs)
                else:
                    result = self._func(*args, **kwargs)
            except BaseException:
                self._first_call = first
                raise
            self._variables_created = first or self._variables_created
            return result
        except Exception as e:
            said = e.args[0] if e.args else ""
            e.args = (f"{said}\n\noriginally defined at:\n{self._origin}", *e.args[1:])
            raise

    def _call_again(self, args: Any, kwargs: Any) -> Any:
        variables = get_collection_ref(GraphKeys.GLOBAL_VARIABLES)
        trainable = get_collection_ref(GraphKeys.TRAINABLE_VARIABLES)
        before, trainable_before = len(variables), len(trainable)
        result = self._func(*args, **kwargs)
        advice = (
            "variable created when calling a template after the first time, perhaps you used "
            "tf.Variable when you meant tf.get_variable:"
        )
        if len(trainable) != trainable_before:
            raise ValueError(f"Trainable {advice} {trainable[trainable_before:]}")
        if len(variables) != before:
            _LOG.info("New %s %s", advice, variables[before:])
        return result

    @property
    def name(self) -> str:
        """The name that the template was asked for."""
        return self._name

    @property
    def func(self) -> Callable[..., Any]:
        """The wrapped function."""
        return self._func

    @property
    def variable_scope(self) -> Any:
        """The variable scope; None before the first call."""
        return self._variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The name of the variable scope with a final slash; None before the first call."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return name if not name or name[-1] == "/" else name + "/"

    def _collected(self, key: str) -> list[Any]:
        if self._store is not None:
            kept = {
                GraphKeys.GLOBAL_VARIABLES: self._store.variables,
                GraphKeys.TRAINABLE_VARIABLES: self._store.trainable_variables,
            }
            return kept[key]() if key in kept else []
        return get_collection(key, self.variable_scope_name) if self._variables_created else []

    @property
    def global_variables(self) -> list[Any]:
        """The global variables of the template."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        """The local variables of the template."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the template."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def variables(self) -> list[Any]:
        """The global and local variables of the template."""
        return self.global_variables + self.local_variables

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The global variables of the template that are not trainable."""
        trainable = set(self.trainable_variables)
        return [v for v in self.global_variables if v not in trainable]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables

    @property
    def var_scope(self) -> Any:
        """The variable scope; None before the first call."""
        return self._variable_scope
