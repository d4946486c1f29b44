"""Quick calls: a tf.function that is called eagerly with arguments of kinds that it has had before.

The general way binds and encodes the arguments, finds the trace, adds a node to the eager graph and
packs its results. What all that comes to depends on the kinds of the arguments alone, so a second
call goes from the values of its tensors to the plan of the body at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from headrace._src.core import eager_mode, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.tensor import Tensor
from headrace._src.function.concrete import ConcreteFunction
from headrace._src.ops import constant

# Python values that are told apart by type and value; a trace holds them anyway.
_PLAIN: Final = frozenset((int, float, bool, str, type(None)))
_MOST: Final = 1000


def key_of(args: Sequence[Any]) -> tuple[Any, ...] | None:
    """The kinds of arguments, where a call of such may be quick; None where it may not."""
    key: list[Any] = []
    for a in args:
        kind = type(a)
        if kind is EagerTensor:
            key += (a.dtype._type_enum, a.dims)
        elif kind is np.ndarray:
            key += (kind, a.dtype, a.shape)
        elif kind in _PLAIN:
            key += (kind, a)
        else:
            return None
    return tuple(key)


def are_possible() -> bool:
    """Whether calls are executed at once here, and not placed by a function."""
    graph = graph_lib.get_default_graph()
    if not graph.executes:
        return False
    devices = graph.stacks.devices
    return not devices or not any(map(callable, devices))


class QuickCalls:
    """The calls of one function that are known to be quick.

    State inventory:
      _known: kinds of arguments → what calls the body.
    """

    def __init__(self) -> None:
        self._known: dict[Any, _QuickCall] = {}

    def find(self, key: Any) -> Callable[[Sequence[Any]], Any] | None:
        """What calls the body with arguments of these kinds, or None."""
        found = self._known.get(key)
        if found is not None and not found.is_current():
            del self._known[key]
            return None
        return found

    def note(self, key: Any, function: ConcreteFunction, args: Any, bound: Any, more: Any) -> None:
        """Remembers a call, if the next ones like it can be quick.

        Args:
          key: the kinds of the arguments.
          function: the trace for them.
          args: the arguments as they were given.
          bound: the arguments as the trace takes them.
          more: those that it takes by keyword.
        """
        taken = _taken(args, bound)
        if taken is None or more or not _is_plain(function):
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = _QuickCall(function, taken)


def _taken(args: Sequence[Any], bound: Any) -> list[tuple[int, bool]] | None:
    """Which arguments the body takes, and whether they are arrays; None if others than these."""
    given = [
        (i, type(a) is np.ndarray)
        for i, a in enumerate(args)
        if type(a) is np.ndarray or type(a) is EagerTensor
    ]
    flat = [t for t in nest.flatten(bound, expand_composites=True) if isinstance(t, Tensor)]
    if len(flat) != len(given):
        return None
    for (i, is_array), t in zip(given, flat, strict=True):
        if type(t) is not EagerTensor:
            return None
        a = args[i]
        if is_array:
            held = t.held
            if held.dtype != a.dtype or held.shape != a.shape or a.dtype.kind not in "biufc":
                return None
        elif t is not a:
            return None
    return given


def _is_plain(function: ConcreteFunction) -> bool:
    """Whether values go into the body and come out of it as they are."""
    body = function._inference
    return (
        function._is_plain
        and not body.control_captures
        and all(type(t) is EagerTensor for t in function.captured_inputs)
    )


class _QuickCall:
    """A body, and how to get from the arguments of a call to its results.

    State inventory:
      _taken, _arrays: the positions of tensors, and of arrays among these, in a call.
    """

    __slots__ = (
        "_arrays",
        "_call",
        "_captured",
        "_function",
        "_pack",
        "_taken",
        "_tensors",
        "is_current",
    )

    def __init__(self, function: ConcreteFunction, taken: list[tuple[int, bool]]) -> None:
        self._taken = [i for i, _ in taken]
        self._arrays = [i for i, is_array in taken if is_array]
        self._function = function
        self._tensors = function.captured_inputs
        self._captured = [t.held for t in self._tensors]  # type: ignore[attr-defined]
        self._call = function.eager.of(function._inference)
        self._pack = _packing(function)
        self.is_current = self._call.is_current

    def __call__(self, args: Sequence[Any]) -> Any:
        """Calls the body.

        Raises:
          OpError: it failed; every variable is as it was before.
        """
        call = self._call
        if eager_mode.recorders():
            given = [args[i] for i in self._taken]
            tensors = [constant.constant(a) if type(a) is np.ndarray else a for a in given]
            return self._pack(self._function.eager.execute(tensors + self._tensors))
        if self._arrays:
            held = self._with_arrays(args)
        else:
            held = call.values([args[i].held for i in self._taken] + self._captured)
        return self._pack(call.tensors(held))

    def _with_arrays(self, args: Sequence[Any]) -> list[Any]:
        """The results where arguments are arrays, into which the caller may write afterwards."""
        values = [args[i] if type(args[i]) is np.ndarray else args[i].held for i in self._taken]
        borrowed = {id(args[i]) for i in self._arrays}
        held = self._call.values(values + self._captured, borrowed)
        return [
            v.copy()
            if isinstance(v, np.ndarray) and (v.base is not None or id(v) in borrowed)
            else v
            for v in held
        ]


def _packing(function: ConcreteFunction) -> Callable[[list[Any]], Any]:
    """What gives a call's results the structure that the Python function returned."""
    structure = function.structured_outputs
    if not function._inference.outputs:
        return lambda results: function._packed(None)
    if type(structure) is Tensor:
        return lambda results: results[0]
    if type(structure) is tuple and all(type(t) is Tensor for t in structure):
        return tuple
    return function._packed


__all__ = ["QuickCalls", "are_possible", "key_of"]
