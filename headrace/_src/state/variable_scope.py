"""Variable scopes: what `tf.get_variable` calls its variables, and the defaults it gives them."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes
from headrace._src.core import graph as graph_lib
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.scopes import name_scope as make_name_scope
from headrace._src.state import variable
from headrace._src.state.ref_variable import RefVariable
from headrace._src.state.resource_variable import ResourceVariable
from headrace._src.state.scope_state import VariableScope
from headrace._src.state.variable import VariableAggregation, VariableSynchronization
from headrace._src.state.variable_store import AUTO_REUSE, VariableStore, default_use_resource

_STORE_KEY = ("__variable_store",)
_SCOPES_KEY = ("__varscope",)


def get_partitioned_variable(
    name: str | None = None,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    trainable: bool = True,
    collections: Any = None,
    partitioner: Any = None,
) -> Any:
    """The partitioned variable of the present scope, with its name when `name` is None."""
    scope = get_variable_scope()
    if scope.custom_getter is not None:
        raise ValueError(
            "Private access to _get_partitioned_variable is not allowed when a custom getter is "
            f"set.  Current custom getter: {scope.custom_getter}."
        )
    with make_name_scope(None):
        return get_variable_store().get_partitioned_variable(
            "/".join(part for part in (scope.name, name) if part),
            scope.partitioner if partitioner is None else partitioner,
            shape=shape,
            dtype=scope.dtype if dtype is None else dtype,
            initializer=scope.initializer if initializer is None else initializer,
            regularizer=scope.regularizer,
            reuse=scope.reuse,
            trainable=trainable,
            collections=collections,
            caching_device=scope.caching_device,
            use_resource=scope.use_resource,
            constraint=scope.constraint,
        )


# -- The scopes of a graph ------------------------------------------------------------------------
class _ScopeStore(threading.local):
    """The present scope of each thread, and how often each scope name was opened."""

    def __init__(self) -> None:
        self.current_scope = VariableScope(False)
        self.variable_scopes_count: dict[str, int] = {}

    def open_variable_scope(self, name: str) -> None:
        self.variable_scopes_count[name] = self.variable_scopes_count.get(name, 0) + 1

    def close_variable_subscopes(self, name: str | None) -> None:
        for key in self.variable_scopes_count:
            if name is None or key.startswith(name + "/"):
                self.variable_scopes_count[key] = 0

    def variable_scope_count(self, name: str) -> int:
        return self.variable_scopes_count.get(name, 0)


def get_variable_scope_store() -> _ScopeStore:
    """The scope store of the default graph."""
    return _kept(_SCOPES_KEY, _ScopeStore)


def get_variable_store() -> VariableStore:
    """The variable store of the default graph."""
    return _kept(_STORE_KEY, VariableStore)


@contextlib.contextmanager
def with_variable_store(store: VariableStore) -> Iterator[None]:
    """A context manager in which `get_variable` uses another store."""
    held = graph_lib.get_collection_ref(_STORE_KEY)
    before = list(held)
    held[:] = [store]
    try:
        yield
    finally:
        held[:] = before


def _kept(key: tuple[str], make: Any) -> Any:
    held = graph_lib.get_collection_ref(key)
    if not held:
        held.append(make())
    return held[0]


@export("get_variable_scope", v2=())
def get_variable_scope() -> Any:
    """Return the present variable scope, a `VariableScope`."""
    return get_variable_scope_store().current_scope


@export("get_variable", v2=())
def get_variable(
    name: Any,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: Any = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Get the variable of a name, made at first use and shared where the scope says so.

    Args:
      name: name of the variable within the present variable scope.
      shape: shape of the variable.
      dtype: type of the elements; that of the scope, float32, by default.
      initializer: an initializer, a function, a tensor or a value (then without `shape`); that of
        the scope by default, else Glorot's uniform one for floats and zeros for integers, bools
        and strings.
      regularizer: function of the variable whose result joins `GraphKeys.REGULARIZATION_LOSSES`.
      trainable: whether the variable joins `GraphKeys.TRAINABLE_VARIABLES`.
      collections: keys of the graph collections to join; `[GraphKeys.GLOBAL_VARIABLES]` by default.
      caching_device: device on which reads are cached.
      partitioner: function of shape and dtype that says into how many parts each dimension is
        split.
      validate_shape: False lets a tensor initializer have an unknown shape.
      use_resource: True makes a resource variable.
      custom_getter: function that is called with the true getter and all arguments in its place.
      constraint: projection that optimizers apply after each update.
      synchronization: when distributed copies are brought together.
      aggregation: how distributed copies are combined.

    Returns:
      The variable, or a `PartitionedVariable` where a partitioner splits it.

    Raises:
      ValueError: (build) the variable exists and must not, or must and does not; or shapes or
        dtypes do not fit.
    """
    return get_variable_scope().get_variable(
        get_variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@export("get_local_variable", v2=())
def get_local_variable(
    name: Any,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: Any = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """Get a local variable: not trained, not saved; otherwise as `tf.get_variable` does.

    Args:
      name: as for `tf.get_variable`, like all arguments but two.
      trainable: ignored; local variables are never trained.
      collections: keys of collections to join besides `GraphKeys.LOCAL_VARIABLES`.

    Returns:
      The variable.
    """
    return get_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=False,
        collections=[*(collections or []), GraphKeys.LOCAL_VARIABLES],
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


# -- Entering a scope -----------------------------------------------------------------------------
_DEFAULTS = (
    "initializer",
    "regularizer",
    "caching_device",
    "partitioner",
    "dtype",
    "use_resource",
)


def _chained_getter(new: Any, old: Any) -> Any:
    """A getter that goes through `new` first and then through `old`."""
    if old is None:
        return new

    # The store passes the true getter by this name.
    def chained(getter: Any, *args: Any, **kwargs: Any) -> Any:
        return new(functools.partial(old, getter), *args, **kwargs)

    return chained


def _derived(
    base: VariableScope, reuse: Any, name: str, name_scope: Any, given: dict[str, Any]
) -> VariableScope:
    """A scope with the defaults of `base` where `given` has none; constraints are not inherited."""
    values = {key: getattr(base, key) for key in _DEFAULTS}
    values.update((key, given[key]) for key in _DEFAULTS if given.get(key) is not None)
    if graph_lib.get_default_graph().executes and given.get("caching_device") is not None:
        base.set_caching_device(given["caching_device"])  # refuses
    getter = base.custom_getter
    if given.get("custom_getter") is not None:
        getter = _chained_getter(given["custom_getter"], getter)
    return VariableScope(
        reuse,
        name=name,
        custom_getter=getter,
        name_scope=name_scope,
        constraint=given.get("constraint"),
        **values,
    )


class PureVariableScope:
    """Entering a variable scope without a name scope; may be entered again.

    Args:
      name_or_scope: a name below the present scope, or a scope to return to.
      reuse: True, None or `AUTO_REUSE`.
      old_name_scope: the name scope that belongs to it.
      **given: defaults that differ from those of the outer scope.
    """

    def __init__(
        self,
        name_or_scope: Any,
        reuse: Any = None,
        old_name_scope: str | None = None,
        **given: Any,
    ) -> None:
        self._given = {"dtype": dtypes.float32, **given}
        self._name_or_scope = name_or_scope
        self._reuse = reuse
        self._old_name_scope = old_name_scope
        self._store = get_variable_scope_store()
        self._kept: VariableScope | None = None
        self._entered: list[tuple[VariableScope, VariableScope, Any]] = []
        if isinstance(name_or_scope, VariableScope):
            self._kept = _derived(
                name_or_scope,
                reuse or name_or_scope.reuse,
                name_or_scope.name,
                name_or_scope.original_name_scope,
                self._given,
            )

    def __enter__(self) -> VariableScope:
        store, old = self._store, self._store.current_scope
        if self._kept is not None:
            new: VariableScope = self._kept
            store.open_variable_scope(new.name)
            counts: Any = dict(store.variable_scopes_count)
        else:
            name = f"{old.name}/{self._name_or_scope}" if old.name else self._name_or_scope
            self._reuse = self._reuse or old.reuse
            belongs = self._name_or_scope if self._old_name_scope is None else self._old_name_scope
            new = _derived(old, self._reuse, name, belongs, self._given)
            store.open_variable_scope(name)
            counts = None
        store.current_scope = new
        self._entered.append((old, new, counts))
        return new

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        old, new, counts = self._entered.pop()
        store = self._store
        if store.current_scope is not new:
            raise RuntimeError("Improper nesting of variable_scope.")
        if counts is None:
            store.close_variable_subscopes(new.name)
        else:
            store.variable_scopes_count = counts
        store.current_scope = old


def _unique_scope_name(prefix: str) -> str:
    store = get_variable_scope_store()
    outer = store.current_scope.name
    name = f"{outer}/{prefix}" if outer else prefix
    if store.variable_scope_count(name) == 0:
        return prefix
    i = 1
    while store.variable_scope_count(f"{name}_{i}") > 0:
        i += 1
    return f"{prefix}_{i}"


@export("variable_scope", v2=())
class variable_scope:  # noqa: N801
    """A context manager: prefixes the names of variables, and sets their defaults.

    It opens a name scope as well, so that operations made inside are named alike.

    Args:
      name_or_scope: a name, a `VariableScope` to return to, or None for `default_name`.
      default_name: name made unique, when `name_or_scope` is None.
      values: tensors; their graph becomes the default inside.
      initializer: default initializer.
      regularizer: default regularizer.
      caching_device: default caching device.
      partitioner: default partitioner.
      custom_getter: default custom getter.
      reuse: True shares variables and makes none, `tf.AUTO_REUSE` makes missing ones, None
        inherits.
      dtype: default dtype.
      use_resource: whether variables are resource variables.
      constraint: default constraint.
      auxiliary_name_scope: False stays in the present name scope.

    Raises:
      TypeError: neither name nor default name, or of a wrong type.
      ValueError: a wrong `reuse`, or True without a name.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: Any = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: Any = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        reuse = None if reuse is False else reuse
        if not (reuse is True or reuse is None or reuse is AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                "The auxiliary_name_scope must be `True` or `False`, while get "
                f"{auxiliary_name_scope}"
            )
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._reuse = reuse
        self._auxiliary_name_scope = auxiliary_name_scope
        self._given = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._graph = graph_lib.graph_from_inputs(values or [])
        self._pure: PureVariableScope | None = None
        self._names: make_name_scope | None = None
        self._exits: list[contextlib.ExitStack] = []

    def __enter__(self) -> VariableScope:
        with contextlib.ExitStack() as stack:
            if not graph_lib.get_default_graph().building_function:
                stack.enter_context(self._graph.as_default())
            if self._pure is None:
                scope = self._open(stack)
            else:
                if self._names is not None:
                    stack.enter_context(self._names)
                scope = stack.enter_context(self._pure)
            self._exits.append(stack.pop_all())
        return scope

    def _open(self, stack: contextlib.ExitStack) -> VariableScope:
        wanted = self._name_or_scope
        if wanted is None:
            if self._reuse:
                raise ValueError("reuse=True cannot be used without a name_or_scope")
            self._names = self._name_scope(self._default_name)
            old_name_scope = stack.enter_context(self._names)
            wanted = _unique_scope_name(self._default_name)
            pure = PureVariableScope(wanted, old_name_scope=old_name_scope, **self._given)
        else:
            if not isinstance(wanted, (str, VariableScope)):
                raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
            last = wanted if isinstance(wanted, str) else wanted.name.split("/")[-1]
            old_name_scope = None
            if last or not self._auxiliary_name_scope:
                self._names = self._name_scope(last)
                old_name_scope = stack.enter_context(self._names)
                if not isinstance(wanted, str):
                    old_name_scope = wanted.original_name_scope
            pure = PureVariableScope(
                wanted, reuse=self._reuse, old_name_scope=old_name_scope, **self._given
            )
        scope = stack.enter_context(pure)
        self._pure = pure
        return scope

    def _name_scope(self, name: str) -> make_name_scope:
        if self._auxiliary_name_scope:
            return make_name_scope(name)
        here = graph_lib.get_default_graph().get_name_scope()
        return make_name_scope(here + "/" if here else here)

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._exits.pop().__exit__(kind, e, tb)


@export("variable_op_scope", v2=(), deprecated="tf.variable_scope")
@contextlib.contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: Any = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """Open a variable scope; `tf.variable_scope` with its arguments in another order."""
    with variable_scope(
        name_or_scope,
        default_name=default_name,
        values=values,
        initializer=initializer,
        regularizer=regularizer,
        caching_device=caching_device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        reuse=reuse,
        dtype=dtype,
        use_resource=use_resource,
        constraint=constraint,
    ) as scope:
        yield scope


# -- Creators -------------------------------------------------------------------------------------
def default_variable_creator(
    next_creator: Any = None, use_resource: Any = None, **kwargs: Any
) -> Any:
    """The last of the variable creators: makes the variable, of the kind that is wanted."""
    kwargs.pop("trackable_parent", None)
    if use_resource is None:
        use_resource = get_variable_scope().use_resource
    if use_resource is None:
        use_resource = default_use_resource()
    # Eager execution has no reference variables, whatever is asked for.
    if use_resource or graph_lib.get_default_graph().executes:
        kwargs.pop("expected_shape", None)
        return ResourceVariable(**kwargs)
    kwargs.pop("distribute_strategy", None)
    return RefVariable(**kwargs)


def default_variable_creator_v2(next_creator: Any = None, **kwargs: Any) -> Any:
    """The last of the variable creators for the 2.x class: makes a resource variable."""
    for name in ("collections", "expected_shape", "use_resource", "trackable_parent"):
        kwargs.pop(name, None)
    return ResourceVariable(**kwargs)


@export("variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator: Any) -> Iterator[None]:
    """Let a function make the variables that are made inside.

    Args:
      variable_creator: function `(next_creator, **kwargs)` that returns a variable, usually that
        of `next_creator(**kwargs)`.

    Yields:
      Nothing.
    """
    with variable.creator_scope(variable_creator):
        yield
