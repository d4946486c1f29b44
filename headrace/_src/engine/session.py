"""Session: runs parts of a graph and keeps the state of its variables.

State inventory of `BaseSession`:
  _plans: (fetch structure, feed keys) → `Prepared`.
  _devices: what it runs on.     _placer: checks what operations ask for.
  _kernel_states: operation → state of its kernel, such as a random generator.
  _resources: variables, queues, tables.
  _cancellation: wakes what waits when the session closes.
  kept_values: handle → value that stays between runs; kept_ids numbers the handles.
  _growth: notices programs that keep adding operations between runs.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import default_session, errors, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import backend, interpret, servers, tiers
from headrace._src.engine import feed as feed_lib
from headrace._src.engine import fetch as fetch_lib
from headrace._src.engine.devices import Devices
from headrace._src.engine.growth import GrowthWatch
from headrace._src.engine.placement import Placer
from headrace._src.engine.plan import Plan
from headrace._src.engine.resources import Cell, ResourceManager
from headrace._src.engine.run import Cancellation, Run
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.engine.tiered import Tiered

if TYPE_CHECKING:
    from headrace._src.engine.explain import Explanation

# Called with each session that is about to close.
closing: Final[list[Callable[[Any], None]]] = []
open_sessions: Final[weakref.WeakSet[Any]] = weakref.WeakSet()


class Prepared(Tiered):
    """A plan with the binding of its feeds, the shape of its answer and its tier."""

    __slots__ = ("feeds", "structure", "whole_feeds")

    def __init__(
        self,
        structure: fetch_lib.FetchStructure,
        feeds: list[tuple[Any, int | None, feed_lib.Feed]],
        mutations: int,
    ) -> None:
        plan = Plan(structure.elements, [f.tensor for _, _, f in feeds], mutations)
        super().__init__(plan, structure.elements)
        self.structure = structure
        self.feeds = feeds
        # Most feeds are one key, one tensor: bound without looking further.
        self.whole_feeds = all(part is None for _, part, _ in feeds)


def finished(value: Any) -> Any:
    """A fetched value in the caller's own memory: scalars as NumPy scalars, strings as bytes."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return value[()]
        # References: the list of values, this frame and getrefcount; with more somebody else holds
        # it, such as the cell of a variable.
        if value.base is not None or not value.flags.writeable or sys.getrefcount(value) > 3:
            return value.copy()
        return value
    if isinstance(value, Cell):
        held = value.read()
        return held.copy() if isinstance(held, np.ndarray) and held.ndim else finished(held)
    if isinstance(value, TensorList):
        raise errors.InternalError(None, None, "Tensorflow type 21 not convertible to numpy dtype.")
    return value


class BaseSession:
    """What `Session` and `InteractiveSession` share; see `Session`."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        if graph is not None and not isinstance(graph, graph_lib.Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if isinstance(target, bytes):
            target = target.decode()
        if target is not None and not isinstance(target, str):
            if type(target).__name__ == "ConfigProto":
                raise TypeError(
                    f"target must be a string, but got {type(target)}. Did you do "
                    '"Session(config)" instead of "Session(config=config)"?'
                )
            raise TypeError(f"target must be a string, but got {type(target)}")
        if config is not None and type(config).__name__ != "ConfigProto":
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._graph = graph if graph is not None else graph_lib.get_default_graph()
        self._target = target or ""
        self._config = config
        self._closed = False
        self._jit = tiers.mode(config)
        self._resources = servers.resources_for(self._target) or ResourceManager()
        if config is not None:
            backend.limit_memory(config.gpu_options.per_process_gpu_memory_fraction)
        self._kernel_states: dict[Any, Any] = {}
        self._cancellation = Cancellation()
        self._plans: dict[Any, Prepared] = {}
        self._devices = Devices(config, servers.tasks_of(self._target))
        self._placer = Placer(self._devices, config)
        self._growth = GrowthWatch()
        open_sessions.add(self)
        self.kept_values: dict[str, Any] = {}
        self.kept_ids = itertools.count()
        self._timeout = (
            config.operation_timeout_in_ms / 1e3
            if config is not None and config.operation_timeout_in_ms
            else None
        )

    # -- what it is ----------------------------------------------------------------------------

    @property
    def graph(self) -> Any:
        """The graph that the session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a `GraphDef` protocol buffer."""
        return self._graph.as_graph_def(add_shapes=False)

    @property
    def sess_str(self) -> str:
        """The target of the session."""
        return self._target

    @property
    def _session(self) -> BaseSession:
        return self

    def list_devices(self) -> list[Any]:
        """Returns the devices of the session, `DeviceAttributes`-like objects."""
        self._check_open()
        return list(self._devices.attributes())

    def close(self) -> None:
        """Ends the session: waiting operations are cancelled, its variables are released."""
        if self._closed:
            return
        for watch in closing:
            watch(self)
        self._closed = True
        open_sessions.discard(self)
        self._cancellation.cancel()
        self._plans.clear()
        self._kernel_states.clear()
        self.kept_values.clear()
        if not self._target:
            self._resources.clear()

    def __del__(self) -> None:
        # A session that was never fully made has nothing to close.
        if "_growth" in self.__dict__:
            self.close()

    def as_default(self) -> Any:
        """Returns a context manager that makes this the default session; it does not close it."""
        return default_session.as_default(self)

    # -- running -------------------------------------------------------------------------------

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Computes fetches.

        Args:
          fetches: a tensor, operation, name, sparse tensor, ... or any nesting of lists, tuples,
            namedtuples, dicts and attrs objects of them.
          feed_dict: tensor → value to use instead of computing it.
          options: a `RunOptions` protocol buffer: `timeout_in_ms`, `trace_level`.
          run_metadata: a `RunMetadata` protocol buffer that receives the step statistics.

        Returns:
          The values, NumPy arrays and scalars, in the structure of `fetches`; None for operations.

        Raises:
          RuntimeError: the session is closed or the graph is empty.
          TypeError: fetches or feeds are of a kind that cannot be fetched or fed.
          ValueError: a fetch is not in the graph, or a fed value does not fit.
          OpError: an operation failed; all variables are as they were.
        """
        kind = type(fetches)
        key: Any
        if kind is Tensor or kind is Operation:
            key = fetches
        else:
            key = fetch_lib.structure_key(fetches)
        if feed_dict:
            try:
                prepared = self._plans.get((key, *feed_dict))
            except TypeError:
                prepared = None
        else:
            prepared = self._plans.get(key)
        if prepared is None or prepared.plan.mutations != self._graph._mutations or self._closed:
            prepared = self._prepare(key, fetches, feed_dict)
        plan = prepared.plan
        run = Run(self, self._resources, self._kernel_states, self._cancellation)
        if options is not None or self._timeout is not None:
            self._apply_options(run, options)
        slots = plan.template.copy()
        if feed_dict:
            self._bind_feeds(prepared, feed_dict, slots, run)
        version = self._graph._version
        if version != self._growth.version:
            self._placer.extend(self._graph)
            self._growth.check(self._graph)
        try:
            if prepared.staged is not None:
                prepared.staged = prepared.staged.execute(slots, run)
            else:
                interpret.execute(plan, slots, run)
        except errors.OpError as e:
            # A run that another thread's `close` overtook may have missed its variables.
            if self._closed and not isinstance(e, errors.CancelledError):
                raise errors.CancelledError(None, None, "Session has been closed.") from e
            raise
        prepared.runs += 1
        if prepared.runs >= prepared.decide_at:
            prepared.decide(self._jit, self._devices)
        if run.trace is not None and run_metadata is not None:
            from headrace._src.engine import step_stats

            step_stats.fill(run_metadata, run.trace, self._graph, options)
        values = [None if s is None else slots[s] for s in plan.outputs]
        slots = None  # type: ignore[assignment]
        for i in range(len(values)):
            values[i] = finished(values[i])
        if kind is Tensor:
            return values[0]
        return prepared.structure.build(values)

    def explain(self, fetches: Any, feed_dict: Any = None) -> Explanation:
        """Tells how a run is executed: its steps, units, tier, compilations and costs.

        Args:
          fetches: as for `run`.
          feed_dict: what `run` is given, or just the tensors that are fed.

        Returns:
          An `Explanation`; `print` shows it.

        Raises:
          RuntimeError, TypeError, ValueError: as `run`; nothing is executed.
        """
        from headrace._src.engine.explain import explanation

        feeds = feed_dict if hasattr(feed_dict, "items") else dict.fromkeys(feed_dict or ())
        key = fetch_lib.structure_key(fetches)
        prepared = self._plans.get((key, *feeds) if feeds else key)
        if prepared is None or prepared.plan.mutations != self._graph._mutations:
            prepared = self._prepare(key, fetches, feeds)
        return explanation(prepared)

    @property
    def prepared(self) -> list[Prepared]:
        """Everything that was run so far, in order of first runs."""
        return list(self._plans.values())

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")

    def _prepare(self, key: Any, fetches: Any, feed_dict: Any) -> Prepared:
        self._check_open()
        graph = self._graph
        if graph.version == 0:
            raise RuntimeError(
                "The Session graph is empty.  Add operations to the graph before calling run()."
            )
        feeds: list[tuple[Any, int | None, feed_lib.Feed]] = []
        if feed_dict:
            if not hasattr(feed_dict, "items"):
                raise TypeError(
                    f"feed_dict must be a dictionary of tensor: value, got {type(feed_dict)}"
                )
            for k in feed_dict:
                for tensor, part in feed_lib.expand_feeds(graph, k):
                    feeds.append((k, part, feed_lib.Feed(graph, tensor)))
        structure = fetch_lib.FetchStructure(graph, fetches)
        prepared = Prepared(structure, feeds, graph._mutations)
        if self._jit == tiers.ALWAYS:
            prepared.decide(self._jit, self._devices)
        try:
            cache_key = (key, *feed_dict) if feed_dict else key
            self._plans[cache_key] = prepared
        except TypeError:
            # Structures with unhashable leaves are prepared anew each time.
            return prepared
        return prepared

    def _bind_feeds(self, prepared: Prepared, feed_dict: Any, slots: list[Any], run: Run) -> None:
        positions = prepared.plan.feeds
        borrowed = run.borrowed
        if prepared.whole_feeds:
            for (_, _, feed), slot, value in zip(
                prepared.feeds, positions, feed_dict.values(), strict=True
            ):
                array = feed.bind(value)
                slots[slot] = array
                borrowed.add(id(array))
            return
        for (key, part, feed), slot in zip(prepared.feeds, positions, strict=True):
            value = feed_dict[key]
            if part is not None:
                value = feed_part(key, value, part)
            array = feed.bind(value)
            slots[slot] = array
            borrowed.add(id(array))

    def _apply_options(self, run: Run, options: Any) -> None:
        timeout = self._timeout
        if options is not None:
            if options.timeout_in_ms:
                timeout = options.timeout_in_ms / 1e3
            if options.trace_level:
                run.trace = []
        if timeout is not None:
            run.deadline = time.monotonic() + timeout

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """Returns a function that runs `fetches`, quicker than `run`.

        Args:
          fetches: as for `run`.
          feed_list: the tensors that the function's arguments feed, in order.
          accept_options: whether the function takes `options` and `run_metadata`.

        Raises:
          TypeError: `feed_list` is not a list or tuple.
        """
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError("`feed_list` must be a list or tuple.")
        keys = list(feed_list or ())
        self._placer.extend(self._graph)

        def call(*args: Any, options: Any = None, run_metadata: Any = None) -> Any:
            if len(args) != len(keys):
                raise TypeError(
                    f"the callable takes {len(keys)} values, one for each of "
                    f"{[getattr(k, 'name', k) for k in keys]}, got {len(args)}"
                )
            feed_dict = dict(zip(keys, args, strict=True))
            # As in 1.15, a wrapper around `run` sees the calls of callables that take feeds.
            run = _run if feed_list is None else type(self).run
            return run(self, fetches, feed_dict, options, run_metadata)

        if accept_options:
            return call
        return lambda *args: call(*args)

    # -- partial runs --------------------------------------------------------------------------

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Prepares a computation that is fed and fetched in several steps.

        Args:
          fetches: everything that will be fetched.
          feeds: the tensors that will be fed.

        Returns:
          A handle for `partial_run`.
        """
        self._check_open()
        from headrace._src.engine.partial import PartialRun

        self._placer.extend(self._graph)
        return PartialRun(self, fetches, list(feeds or ()))

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Continues a partial run: feeds more, computes more; nothing is computed twice.

        Raises:
          ValueError: a fetch or feed was not named at set-up, or needs a feed not given yet.
        """
        self._check_open()
        return handle.run(fetches, feed_dict)


def feed_part(key: Any, value: Any, part: int) -> Any:
    """The part of a value that is fed to the `part`-th tensor of a composite key."""
    if isinstance(key, tuple) and not hasattr(key, "graph"):
        flat_keys = nest.flatten(key)
        flat = nest.flatten_up_to(key, value)
        if len(flat) != len(flat_keys):
            raise ValueError(
                f"Cannot feed a value of {len(flat)} parts for {len(flat_keys)} tensors"
            )
        return flat[part]
    _, _, feed, _ = fetch_lib.expansion_for(key)
    return feed(key, value)[part][1]


_run: Final = BaseSession.run


@export("Session", v2=())
class Session(BaseSession):
    """Runs operations of a graph and holds the values of its variables.

    Used as a context manager it is the default session inside the block and is closed at its end.

    Args:
      target: the address of a server, or an empty string for this process.
      graph: the `Graph`; the default graph when left out.
      config: a `ConfigProto` protocol buffer.

    Raises:
      TypeError: an argument is of the wrong type.
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts: contextlib.ExitStack | None = None

    def __enter__(self) -> Session:
        if self._contexts is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` if you "
                "want to enter a session multiple times."
            )
        self._contexts = contextlib.ExitStack()
        self._contexts.enter_context(self._graph.as_default())
        self._contexts.enter_context(self.as_default())
        return self

    def __exit__(self, kind: Any, e: Any, tb: Any) -> None:
        contexts, self._contexts = self._contexts, None
        if contexts is not None:
            contexts.__exit__(kind, e, tb)
        self.close()

    @staticmethod
    def reset(target: str, containers: Sequence[str] | None = None, config: Any = None) -> None:
        """Forgets the resources of a server.

        Args:
          target: the address of the server.
          containers: the containers to empty; all when left out.
          config: ignored.
        """
        resources = servers.resources_for(target)
        if resources is not None:
            resources.clear(list(containers or ()))


@export("InteractiveSession", v2=())
class InteractiveSession(BaseSession):
    """A session that makes itself and its graph the default when it is made; for shells and
    notebooks.

    Args:
      target: the address of a server, or an empty string for this process.
      graph: the `Graph`; the default graph when left out.
      config: a `ConfigProto` protocol buffer.
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts = contextlib.ExitStack()
        if graph is not None:
            self._contexts.enter_context(graph.as_default())
        self._contexts.enter_context(default_session.as_default(self, enforce_nesting=False))

    def close(self) -> None:
        """Closes the session; it and its graph are no longer the default."""
        super().close()
        contexts = self.__dict__.pop("_contexts", None)
        if contexts is not None:
            contexts.close()
