"""Program: a lowered unit compiled for arguments of certain shapes, in memory and on disk.

State inventory of `Cache`:
  _programs: digest → `Program`, most recently used last; bounded.
  _lock: guards it.
"""

from __future__ import annotations

import collections
import hashlib
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core.attrs import FuncRef
from headrace._src.core.dtypes import DType
from headrace._src.engine import backend, disk_cache, donation, functions, structures
from headrace._src.engine.lower import FIRST_GUESS, Layout, lowered
from headrace._src.engine.partition import Unit
from headrace._src.engine.plan import Plan

# Constants of more bytes are arguments of the compiled code rather than parts of it.
_LITERAL_LIMIT: Final = 1 << 10
_KEPT: Final = 512


class Program:
    """Compiled code and how it fits its unit.

    Attributes:
      call: takes variables, inputs, generator words and constants; gives new values of variables,
        outputs and, for checked units, whether all conditions hold.
      layout: positions of all these in the unit.
      constants: what every call takes last: no generator words where nothing is drawn, and the
        large constants, on the device.
      seconds: how long compilation took; 0 when it was found on disk.
    """

    __slots__ = ("call", "constants", "layout", "seconds")

    def __init__(
        self, call: Callable[..., Any], layout: Layout, constants: list[Any], seconds: float
    ) -> None:
        self.call = call
        self.layout = layout
        self.constants = constants
        self.seconds = seconds


def compiled(
    unit: Unit,
    plan: Plan,
    slots: Sequence[Any],
    inputs: Sequence[Any],
    donate: bool,
    device: Any = None,
    guess: int = FIRST_GUESS,
) -> Program:
    """Lowers and compiles a unit for inputs of these shapes.

    Args:
      unit: the unit.          plan: its plan.
      slots: the plan's slots, with variables and static inputs in place.
      inputs: values of the inputs that are not static.
      donate: whether old values of variables may be given up.
      device: JAX's device, or None for the one that JAX chooses.
      guess: how many iterations a loop is taken to have that fills a list.

    Raises:
      NotLowerable: an operation cannot be compiled.
    """
    key = _digest(unit, plan, slots, inputs, donate, guess)
    if key is not None:
        # JAX's own choice depends on the process, which the folder on disk stands for.
        key += b"" if device is None else f" {device.platform} {device.id}".encode()
    found = _CACHE.get(key)
    if found is None:
        with backend.on(device):
            found = _loaded(key, device)
            found = found or _compiled(key, unit, plan, slots, inputs, donate, guess)
        found = _CACHE.put(key, found)
    return found


def _loaded(key: bytes | None, device: Any) -> Program | None:
    """The program that another process compiled."""
    if key is None:
        return None
    entry = disk_cache.load(key, device)
    if entry is None:
        return None
    layout, constants, executable = entry
    layout = Layout(*layout)
    return Program(executable, layout, _placed(layout, constants), 0.0)


def _compiled(
    key: bytes | None,
    unit: Unit,
    plan: Plan,
    slots: Sequence[Any],
    inputs: Sequence[Any],
    donate: bool,
    guess: int,
) -> Program:
    start = time.perf_counter()
    jax = backend.jax()
    closed, layout = lowered(unit, plan, slots, inputs, guess)
    # Importing it imports JAX.
    from headrace._src.engine import guard, roll

    with backend.wide():
        try:
            closed = roll.rolled(closed)
        except Exception as e:  # the unrolled form is as right, only slower
            message = f"a part of the graph is compiled unrolled, rolling it failed: {e!r}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        if layout.checked or layout.exceeds:
            closed = guard.guarded(closed, layout)
    given: tuple[int, ...] = ()
    if donate:
        closed, layout, given = donation.arranged(closed, layout)
    function, constants = _with_large_constants(closed)
    function = _with_own_results(function, closed.jaxpr, len(layout.writes))
    args = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in closed.jaxpr.invars]
    args += [jax.ShapeDtypeStruct(c.shape, c.dtype) for c in constants]
    with backend.wide():
        stage = jax.jit(function, donate_argnums=given, keep_unused=True)
        executable = stage.lower(*args).compile()
        placed = _placed(layout, constants)
    if key is not None:
        disk_cache.store(key, (tuple(layout), [np.asarray(c) for c in constants]), executable)
    return Program(executable, layout, placed, time.perf_counter() - start)


def _placed(layout: Layout, constants: Sequence[Any]) -> list[Any]:
    """The last arguments of every call, on the device."""
    words = [] if layout.draws else [np.zeros((0, 6), np.uint32)]
    return [backend.jax().device_put(c) for c in (*words, *constants)]


def _with_large_constants(closed: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The function of a jaxpr that takes its large constants as last arguments, and these."""
    from jax.extend import core

    large = [
        i for i, c in enumerate(closed.consts) if np.size(c) * c.dtype.itemsize > _LITERAL_LIMIT
    ]
    if not large:
        return core.jaxpr_as_fun(closed), []
    consts = list(closed.consts)

    def function(*args: Any) -> Any:
        held = list(consts)
        for i, value in zip(large, args[len(args) - len(large) :], strict=True):
            held[i] = value
        whole = core.ClosedJaxpr(closed.jaxpr, held)
        return core.jaxpr_as_fun(whole)(*args[: len(args) - len(large)])

    return function, [consts[i] for i in large]


def _with_own_results(
    function: Callable[..., Any], jaxpr: Any, n_written: int
) -> Callable[..., Any]:
    """Copies the results that would share the memory of an argument or of a variable."""
    taken = set(map(id, jaxpr.invars))
    copied = set()
    for i, v in enumerate(jaxpr.outvars):
        if id(v) in taken:
            copied.add(i)
        if i < n_written:
            taken.add(id(v))
    if not copied:
        return function
    copy = backend.jax().numpy.copy
    return lambda *args: [copy(v) if i in copied else v for i, v in enumerate(function(*args))]


# -- the cache in memory ---------------------------------------------------------------------------


class Cache:
    """Programs of this process by digest, shared by its sessions; see the module's docstring."""

    def __init__(self) -> None:
        self._programs: collections.OrderedDict[bytes, Program] = collections.OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: bytes | None) -> Program | None:
        """The program of this digest."""
        if key is None:
            return None
        with self._lock:
            found = self._programs.get(key)
            if found is not None:
                self._programs.move_to_end(key)
            return found

    def put(self, key: bytes | None, program: Program) -> Program:
        """Keeps a program; the one that was there first wins."""
        if key is None:
            return program
        with self._lock:
            program = self._programs.setdefault(key, program)
            while len(self._programs) > _KEPT:
                self._programs.popitem(last=False)
            return program

    def clear(self) -> None:
        """Forgets every program."""
        with self._lock:
            self._programs.clear()


_CACHE: Final = Cache()


# -- digests ---------------------------------------------------------------------------------------


class _Unknown(Exception):  # noqa: N818
    """A unit holds something that cannot be told apart by its contents."""


def _digest(
    unit: Unit,
    plan: Plan,
    slots: Sequence[Any],
    inputs: Sequence[Any],
    donate: bool,
    guess: int,
) -> bytes | None:
    """Names what would be compiled; equal digests mean equal code. None when that is unclear."""
    h = hashlib.sha256(b"donate" if donate else b"keep")
    if any(s.op.spec.calls_functions for s in unit.steps):
        h.update(f"{guess} {unit.limit}".encode())
    numbers: dict[Any, int] = {}
    variables: dict[Any, int] = {}
    for t in unit.inputs:
        numbers[t] = len(numbers)
    for t in unit.cells:
        numbers[t] = len(numbers)
        cell = slots[plan.slots[t]]
        stored = cell.stored
        first = variables.setdefault(cell, len(variables))
        h.update(repr((first, stored is None or (np.shape(stored), str(stored.dtype)))).encode())
        h.update(f"{cell.dims} {cell.dtype.name}".encode())
    try:
        for t in unit.inputs:
            if t in unit.static:
                _add_value(h, slots[plan.slots[t]])
        for v in inputs:
            h.update(repr(structures.of(v)).encode())
        for step in unit.steps:
            _add_operation(h, step.op, numbers, plan)
    except _Unknown:
        return None
    h.update(repr([numbers[t] for t in unit.outputs]).encode())
    return h.digest()


# Attrs that only name what comes in as an argument.
_NAMES: Final = frozenset({"container", "shared_name", "seed", "seed2"})


def _add_operation(h: Any, op: Any, numbers: dict[Any, int], plan: Plan) -> None:
    h.update(op.type.encode())
    for f in op.called:
        _add_function(h, f.graph)
    for name in sorted(op.attrs):
        if name not in _NAMES and (name[:1] != "_" or name == "_label"):
            h.update(name.encode())
            _add_value(h, op.attrs[name])
    for t in map(plan.source, op._inputs):
        if t not in numbers:
            numbers[t] = len(numbers)
            h.update(b"known")
            _add_value(h, plan.template[plan.slots[t]])
        h.update(b"%d;" % numbers[t])
    for t in op.outputs:
        numbers[t] = len(numbers)


def _add_function(h: Any, graph: Any) -> None:
    plan = functions.plan_of(graph)
    numbers: dict[Any, int] = {t: i for i, t in enumerate(graph.inputs)}
    h.update(repr([(t.dtype.name, t.dims) for t in graph.inputs]).encode())
    for step in plan.steps:
        _add_operation(h, step.op, numbers, plan)
    h.update(b"gives")
    for t in map(plan.source, graph.outputs):
        if t in numbers:
            h.update(b"%d;" % numbers[t])
        else:
            _add_value(h, plan.template[plan.slots[t]])


def _add_value(h: Any, value: Any) -> None:
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind == "O":
            h.update(repr(value.tolist()).encode())
            return
        h.update(f"{value.dtype}{value.shape}".encode())
        h.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, (tuple, list)):
        h.update(b"(")
        for v in value:
            _add_value(h, v)
        h.update(b")")
    elif value is None or isinstance(value, (int, float, bool, str, bytes)):
        h.update(repr(value).encode())
    elif isinstance(value, FuncRef):
        pass  # its body has been added
    elif isinstance(value, DType):
        h.update(value.name.encode())
    else:
        raise _Unknown
