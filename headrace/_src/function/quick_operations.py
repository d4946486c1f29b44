"""Quick operations: what eager execution remembers of operations that it has executed.

Which kernel an operation calls, with which attrs, follows from its type, the dtypes of its tensors
and what it was given besides. Once that is known, the same kind of call goes from values to values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._src.core import eager_mode, kernel
from headrace._src.core.dtypes import DType
from headrace._src.core.eager_tensor import EagerTensor
from headrace._src.core.operation import Operation
from headrace._src.core.opspec import OpSpec
from headrace._src.core.quiet import begin, end
from headrace._src.core.tensor import Tensor
from headrace._src.engine.resources import Cell
from headrace._src.engine.rewrite import is_pure

# Values that are told apart by type and value.
_PLAIN: Final = frozenset((int, bool, str, type(None), DType))
_MOST: Final = 4096
# What a call gives that the general way has to do, or to word the error of.
NOT_DONE: Final = object()


def _code(value: Any) -> Any:
    """What tells an argument that is no tensor apart from others.

    Raises:
      TypeError: it is not known what does.
    """
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind is float:
        # Zeros of either sign are equal, and are different arguments.
        return kind, value.hex()
    if kind is list or kind is tuple:
        return kind, tuple([_code(v) for v in value])
    if kind is EagerTensor:
        return value.dtype._type_enum
    raise TypeError(kind)


def key_of(spec: OpSpec, inputs: Sequence[Any], attrs: dict[str, Any]) -> Any:
    """What a call depends on besides values of tensors; None when it is not known."""
    if not attrs:
        # The most common ones, without a list.
        if len(inputs) == 2:
            x, y = inputs
            if type(x) is EagerTensor and type(y) is EagerTensor:
                return spec, x.dtype._type_enum, y.dtype._type_enum
        elif len(inputs) == 1 and type(inputs[0]) is EagerTensor:
            return spec, inputs[0].dtype._type_enum
    try:
        key = [spec, *[x.dtype._type_enum if type(x) is EagerTensor else _code(x) for x in inputs]]
        if attrs:
            key += [(name, _code(value)) for name, value in attrs.items()]
    except TypeError:
        return None
    return tuple(key)


class QuickOperations(dict[Any, Any]):
    """Key of a call → a function that takes the inputs as given and returns the result.

    The function returns `NOT_DONE` where the general way has to do it, or to word the error.
    """

    def note(self, key: Any, op: Operation, given: Sequence[Any], inputs: Sequence[Any]) -> None:
        """Remembers how an operation was executed, if the next one like it can be quick.

        Args:
          key: the key of the call.
          op: the operation.
          given: its inputs as they were given.
          inputs: its inputs as tensors, flat.
        """
        spec = op.spec
        if not inputs or spec.ref_inputs or spec.has_list_outputs:
            return
        if len(self) >= _MOST:
            self.clear()
        constants = _constants(given, inputs)
        if constants is None:
            return
        if is_pure(op):
            known: type[_Known] = _Known
            plain = spec.single_output and not spec.has_list_inputs
            if plain and all(c is None for c in constants):
                known = _Plain
        elif _is_about_a_variable(spec, inputs):
            known = _Stateful
        else:
            return
        self[key] = known(op, constants)


def _is_about_a_variable(spec: OpSpec, inputs: Sequence[Any]) -> bool:
    """Whether what an operation does besides giving results is undone when it fails."""
    return not (
        spec.random or spec.blocking or spec.calls_functions or spec.needs_op or spec.handle
    ) and isinstance(inputs[0].held, Cell)


def _constants(given: Sequence[Any], inputs: Sequence[Any]) -> list[Any] | None:
    """For each flat input the tensor that was made of a Python value, or None; None if unclear."""
    flat: list[Any] = []
    for x in given:
        if type(x) in (list, tuple) and any(type(v) is EagerTensor for v in x):
            flat += x
        else:
            flat.append(x)
    if len(flat) != len(inputs):
        return None
    found: list[Any] = []
    for x, t in zip(flat, inputs, strict=True):
        if type(x) is not EagerTensor:
            if _holds_tensor(x):
                # The tensor made of such a list is another one at each call.
                return None
            found.append(t)
        elif x is t:
            found.append(None)
        else:
            return None
    return found


def _holds_tensor(value: Any) -> bool:
    """Whether a list, or one within it, has a tensor among its elements."""
    if type(value) not in (list, tuple):
        return type(value) is EagerTensor
    return any(_holds_tensor(v) for v in value)


class _Known:
    """How to execute an operation of which everything but the values is known.

    State inventory:
      _op: an operation like it, without inputs and outputs.
      _constants: for each flat input the tensor to use, or None for the one that is given.
    """

    __slots__ = ("_call", "_constants", "_nested", "_op", "_types")

    def __init__(self, op: Operation, constants: list[Any]) -> None:
        # Not the operation itself: it holds values.
        self._op = Operation(op.graph, op.spec, op.name, [], (), op.attrs)
        self._types = [t.dtype for t in op.outputs]
        self._constants = constants if any(c is not None for c in constants) else None
        self._nested = op.spec.has_list_inputs
        self._call = self._bound(op)

    @staticmethod
    def _bound(op: Operation) -> Callable[..., Any]:
        direct = None if op.spec.direct_rule is None else op.spec.direct_rule(op)
        return direct or functools.partial(op.spec.bind(op), kernel.HOST)

    def __call__(self, given: Sequence[Any]) -> Any:
        """Executes such an operation on other values."""
        inputs = self._flat(given)
        held = self._executed([t.held for t in inputs])
        if held is NOT_DONE:
            return NOT_DONE
        op = self._op
        spec = op.spec
        if not self._types:
            return spec.results(op)
        if spec.single_output:
            result: Any = EagerTensor(op, 0, self._types[0], held)
            outputs = [result]
        else:
            outputs = [
                EagerTensor(op, i, t, v)
                for i, (t, v) in enumerate(zip(self._types, held, strict=True))
            ]
            result = spec._result_type(*outputs)
        if eager_mode.recorders():
            self._record(inputs, outputs)
        return result

    def _executed(self, values: list[Any]) -> Any:
        quiet = begin()
        try:
            return self._call(*values)
        except Exception:  # the general way meets it again, and words it
            return NOT_DONE
        finally:
            end(quiet)

    def _flat(self, given: Sequence[Any]) -> Sequence[Any]:
        if self._nested:
            flat: list[Any] = []
            for x in given:
                if type(x) in (list, tuple) and any(type(v) is EagerTensor for v in x):
                    flat += x
                else:
                    flat.append(x)
            given = flat
        if self._constants is None:
            return given
        return [x if c is None else c for x, c in zip(given, self._constants, strict=True)]

    def _record(self, inputs: Sequence[Any], outputs: list[Tensor]) -> None:
        """Tells the open tapes that watch an input."""
        node = None
        for tape in eager_mode.recorders():
            if tape._takes(inputs):
                if node is None:
                    like = self._op
                    node = Operation(like.graph, like.spec, like.name, list(inputs), (), like.attrs)
                    node.outputs = outputs
                tape._keep(node)


class _Plain(_Known):
    """One that takes tensors, not lists of them, and gives one."""

    __slots__ = ()

    def __call__(self, given: Sequence[Any]) -> Any:
        """Executes such an operation on other values."""
        quiet = begin()
        try:
            held = self._call(*[t.held for t in given])
        except Exception:  # the general way meets it again, and words it
            return NOT_DONE
        finally:
            end(quiet)
        result = EagerTensor(self._op, 0, self._types[0], held)
        if eager_mode.recorders():
            self._record(given, [result])
        return result


class _Stateful(_Known):
    """One that reads or writes a variable."""

    __slots__ = ()

    @staticmethod
    def _bound(op: Operation) -> Callable[..., Any]:
        bound: Callable[..., Any] = op.spec.bind(op)
        return bound

    def _executed(self, values: list[Any]) -> Any:
        op = self._op
        return op.graph.engine.execute_bound(op, self._call, values)  # type: ignore[attr-defined]


__all__ = ["NOT_DONE", "QuickOperations", "key_of"]
