"""What converted code calls for statements and operators: graph operations where tensors decide.

A block is a function without arguments that changes variables of the converted function;
`get_state` and `set_state` read and write the variables of a statement, in the order of
`symbol_names`. Where no tensor decides, Python's own statement runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._src.core import constant_value, convert, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional, func_graph, tensor_array, while_loop
from headrace._src.ops._late import late
from headrace._src.platform import logging

GetState = Callable[[], tuple[Any, ...]]
SetState = Callable[[tuple[Any, ...]], None]

_MOST_ITERATIONS: Final = 100_000_000
_MANY_ITERATIONS: Final = 3000


class Undefined:
    """Stands for a variable that has no value yet."""

    def __init__(self, symbol_name: str) -> None:
        self.symbol_name = symbol_name

    def __repr__(self) -> str:
        return self.symbol_name


class UndefinedReturnValue:
    """Stands for what a function that has not returned yet returns."""


def ld(value: Any) -> Any:
    """Reads a variable.

    Raises:
      UnboundLocalError: it has no value.
    """
    if isinstance(value, Undefined):
        raise UnboundLocalError(
            f"local variable '{value.symbol_name}' referenced before assignment"
        )
    return value


def ldu(load: Callable[[], Any], name: str) -> Any:
    """Reads an attribute, an item or a variable; `Undefined` where there is none."""
    try:
        return load()
    except (KeyError, AttributeError, NameError, IndexError):
        return Undefined(name)


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of a graph."""
    return isinstance(value, Tensor)


# -- if ------------------------------------------------------------------------------------------


def if_stmt(
    cond: Any,
    body: Callable[[], None],
    orelse: Callable[[], None],
    get_state: GetState,
    set_state: SetState,
    symbol_names: Sequence[str],
    nouts: int,
) -> None:
    """An `if` statement; of its variables the first `nouts` are used after it."""
    if not is_tensor(cond):
        (body if cond else orelse)()
        return
    first = get_state()
    names = symbol_names[:nouts]
    results: list[Any] = [None, None]

    def branch(block: Callable[[], None], index: int, word: str) -> tuple[Any, ...]:
        set_state(first)
        block()
        values = get_state()[:nouts]
        _check_defined(values, word)
        results[index] = values
        if results[1 - index] is not None:
            _check_same(results[0], results[1], names)
        return values

    final = conditional.cond(
        cond, lambda: branch(body, 0, "if"), lambda: branch(orelse, 1, "else"), strict=True
    )
    set_state((tuple(final) if nouts and isinstance(final, tuple) else ()) + first[nouts:])


def _check_defined(values: Sequence[Any], branch: str) -> None:
    undefined = tuple(v.symbol_name for v in values if isinstance(v, Undefined))
    if undefined:
        raise ValueError(
            f"The following symbols must also be initialized in the {branch} branch: {undefined}."
            " Alternatively, you may initialize them before the if statement."
        )
    if any(isinstance(v, UndefinedReturnValue) for v in values):
        raise ValueError(
            f"A value must also be returned from the {branch} branch. If a value is returned from "
            "one branch of a conditional a value must be returned from all branches."
        )


def _check_same(a: Sequence[Any], b: Sequence[Any], names: Sequence[str]) -> None:
    """Refuses variables that the two branches leave with other structures or dtypes."""
    # What a function returns has company there: whether it has returned.
    lone = len(names) == 1 and not names[0].startswith("retval_")
    if lone and isinstance(a[0], tuple) != isinstance(b[0], tuple):
        _check_lone(a[0], b[0], names[0])
    for x, y, name in zip(a, b, names, strict=True):
        try:
            nest.assert_same_structure(x, y, expand_composites=True)
        except (ValueError, TypeError) as e:
            raise TypeError(
                f'"{name}" does not have the same nested structure in the TRUE and FALSE branches.'
                f"\n\n{e}"
            ) from None
        nest.map_structure(functools.partial(_check_branch_types, name), x, y)


def _check_lone(x: Any, y: Any, name: str) -> None:
    """Refuses the one variable of a condition that is a tuple after one branch only.

    1.15 takes the tuple for the variables themselves, so the error is one of their number.
    """
    xs, ys = (v if isinstance(v, tuple) else (v,) for v in (x, y))
    for first, second in zip(xs, ys, strict=False):
        if not nest.is_sequence(first) and not nest.is_sequence(second):
            _check_branch_types(name, first, second)
    counts = [len(nest.flatten(v, expand_composites=True)) for v in (x, y)]
    if counts[0] != counts[1]:
        raise AssertionError(
            f'{counts}: the numbers of tensors in "{name}" in the TRUE and FALSE branches, which '
            "must leave it with one nested structure."
        )


def _check_branch_types(name: str, x: Any, y: Any) -> None:
    s, t = _tensor_of(x), _tensor_of(y)
    if s is not None and t is not None and s.dtype.base_dtype != t.dtype.base_dtype:
        raise TypeError(
            f'"{name}" has dtype {s.dtype.name} in the TRUE branch, but dtype={t.dtype.name} in '
            "the FALSE branch. TensorFlow control flow requires that they are the same."
        )


def _tensor_of(value: Any) -> Tensor | None:
    """The tensor that control flow makes of a tensor or a Python number or text; else None."""
    if isinstance(value, (bool, int, float, str)):
        made: Tensor = convert.convert_to_tensor(value)
        return made
    return value if isinstance(value, Tensor) else None


def if_exp(
    cond: Any, if_true: Callable[[], Any], if_false: Callable[[], Any], expr_repr: str
) -> Any:
    """A conditional expression."""
    if not is_tensor(cond):
        return if_true() if cond else if_false()
    result = conditional.cond(cond, lambda: (if_true(),), lambda: (if_false(),), strict=True)
    return result[0]


# -- while ---------------------------------------------------------------------------------------


def while_stmt(
    test: Callable[[], Any],
    body: Callable[[], None],
    get_state: GetState,
    set_state: SetState,
    symbol_names: Sequence[str],
    opts: dict[str, Any],
) -> None:
    """A `while` statement; the first test, in a graph of its own, decides what it becomes.

    As in 1.15, the options that the program gives with `set_loop_options` have no effect.
    """
    first = get_state()
    with func_graph.FuncGraph("tmp").as_default():
        outcome = test()
    set_state(first)
    if is_tensor(outcome):
        loop = _Loop(body, get_state, set_state, symbol_names)
        loop.run((), test, lambda: ((), body))
        return
    if not outcome:
        return
    body()
    watch = _Watch()
    while test():
        watch.begin()
        body()
        watch.end()


class _Loop:
    """A loop of the graph over the variables of a statement."""

    def __init__(
        self,
        body: Callable[..., None],
        get_state: GetState,
        set_state: SetState,
        symbol_names: Sequence[str],
    ) -> None:
        self._get_state = get_state
        self._set_state = set_state
        self._names = symbol_names
        self._first = get_state()
        _check_defined_before(self._first)

    def run(
        self,
        extra: tuple[Any, ...],
        test: Callable[..., Any],
        step: Callable[..., tuple[tuple[Any, ...], Callable[[], None]]],
    ) -> None:
        """Adds the loop.

        Args:
          extra: the first values of loop variables that are none of the program.
          test: takes them; says whether to go on.
          step: takes them; returns their next values' maker and the block to execute.
        """
        n = len(extra)

        def condition(*values: Any) -> Any:
            self._set_state(values[n:])
            return test(*values[:n])

        def iteration(*values: Any) -> tuple[Any, ...]:
            self._set_state(values[n:])
            following, block = step(*values[:n])
            block()
            new = self._get_state()
            _check_kept(values[n:], new, self._names)
            return (*(f() if callable(f) else f for f in following), *new)

        before = (*extra, *self._first)
        final = while_loop.while_loop(condition, iteration, before, return_same_structure=True)
        self._set_state(tuple(final)[n:])


def _check_defined_before(values: Sequence[Any]) -> None:
    undefined = tuple(v.symbol_name for v in values if isinstance(v, Undefined))
    if undefined:
        raise ValueError(
            "TensorFlow requires that the following symbols must be defined before the loop: "
            f"{undefined}"
        )
    if any(isinstance(v, UndefinedReturnValue) for v in values):
        raise ValueError("return statements are not supported within a TensorFlow loop.")


def _check_kept(before: Sequence[Any], after: Sequence[Any], names: Sequence[str]) -> None:
    """Refuses variables that an iteration leaves with another structure, dtype or shape."""
    for x, y, name in zip(before, after, names, strict=True):
        try:
            nest.assert_same_structure(x, y, expand_composites=True)
        except (ValueError, TypeError) as e:
            raise TypeError(
                f'"{name}" does not have the same nested structure after one iteration.\n\n{e}'
            ) from None
        nest.map_structure(functools.partial(_check_iteration, name), x, y)


def _check_iteration(name: str, x: Any, y: Any) -> None:
    s, t = _tensor_of(x), _tensor_of(y)
    if s is None or t is None:
        return
    if s.dtype.base_dtype != t.dtype.base_dtype:
        raise TypeError(
            f'"{name}" has dtype {s.dtype.name} before the loop, but dtype {t.dtype.name} after '
            "one iteration. TensorFlow control flow requires it stays the same."
        )
    if s.dims is not None and (
        t.dims is None
        or len(s.dims) != len(t.dims)
        or any(a is not None and a != b for a, b in zip(s.dims, t.dims, strict=True))
    ):
        raise ValueError(
            f'"{name}" has shape {s.shape} before the loop, but shape {t.shape} after one '
            "iteration. TensorFlow control flow requires it stays the same or be more specific."
        )


class _Watch:
    """Looks after a Python loop: it ends, and does not fill the graph unnoticed."""

    def __init__(self) -> None:
        self._iterations = 0
        self._size = -1
        self._looking = True

    def begin(self) -> None:
        """Called before each iteration."""
        if self._looking and self._iterations > _MANY_ITERATIONS:
            self._size = len(graph_lib.get_default_graph().get_operations())

    def end(self) -> None:
        """Called after each iteration.

        Raises:
          ValueError: there were too many.
        """
        self._iterations += 1
        if self._iterations > _MOST_ITERATIONS:
            raise ValueError("iteration limit exceeded")
        if self._size < 0:
            return
        made = graph_lib.get_default_graph().get_operations()[self._size :]
        self._looking = not made and self._iterations <= _MANY_ITERATIONS + 3
        self._size = -1
        if made:
            logging.warning(
                "TensorFlow ops are being created in a Python loop with large number of "
                "iterations. This can lead to slow startup. Did you mean to use a TensorFlow "
                "loop? For example, `while True:` is a Python loop, and `while "
                "tf.constant(True):` is a TensorFlow loop. The following ops were created after "
                "iteration %s: %s",
                self._iterations,
                tuple(made),
            )


# -- for -----------------------------------------------------------------------------------------


def for_stmt(
    iter_: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get_state: GetState,
    set_state: SetState,
    symbol_names: Sequence[str],
    opts: dict[str, Any],
) -> None:
    """A `for` statement; `extra_test` tells whether no `break` was met yet."""
    if is_tensor(iter_):
        loop = _Loop(body, get_state, set_state, symbol_names)
        # What was executed at once has no inputs any more to take its numbers from.
        is_range = iter_.op.type == "Range" and iter_.op.inputs
        over = _over_range if is_range else _over_rows
        over(loop, iter_, extra_test, body)
        return
    for target in iter_:
        if extra_test is not None and not extra_test():
            break
        body(target)


def _and_then(test: Any, extra_test: Callable[[], Any] | None) -> Any:
    if extra_test is None:
        return test
    return conditional.cond(test, extra_test, lambda: False)


def _over_rows(
    loop: _Loop, rows: Tensor, extra_test: Callable[[], Any] | None, body: Callable[[Any], None]
) -> None:
    from headrace._src.function.autograph_builtins import len_

    count = len_(rows)
    array = tensor_array.PlainArray(rows.dtype.base_dtype, size=count).unstack(rows)

    def step(index: Tensor) -> tuple[tuple[Any, ...], Callable[[], None]]:
        row = array.read(index)
        return (lambda: index + 1,), lambda: body(row)

    loop.run((0,), lambda index: _and_then(index < count, extra_test), step)


def _over_range(
    loop: _Loop, numbers: Tensor, extra_test: Callable[[], Any] | None, body: Callable[[Any], None]
) -> None:
    start, limit, delta = numbers.op.inputs

    def within(number: Tensor) -> Any:
        by = constant_value.constant_value(delta)
        if by is not None:
            return number < limit if by.item() >= 0 else number > limit
        return late.logical_or(
            late.logical_and(delta >= 0, number < limit),
            late.logical_and(delta < 0, number > limit),
        )

    def step(number: Tensor) -> tuple[tuple[Any, ...], Callable[[], None]]:
        return (lambda: number + delta,), lambda: body(number)

    loop.run((start,), lambda number: _and_then(within(number), extra_test), step)


# -- logic, comparison, assert -------------------------------------------------------------------


def not_(a: Any) -> Any:
    """`not a`."""
    return late.logical_not(a) if is_tensor(a) else not a


def and_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """`a and b`; `b` is executed only where it decides."""
    first = a()
    if is_tensor(first):
        return conditional.cond(first, b, lambda: first)
    return first and b()


def or_(a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """`a or b`; `b` is executed only where it decides."""
    first = a()
    if is_tensor(first):
        return conditional.cond(first, lambda: first, b)
    return first or b()


def eq(a: Any, b: Any) -> Any:
    """`a == b`, of values where one is a tensor."""
    return late.equal(a, b) if is_tensor(a) or is_tensor(b) else a == b


def not_eq(a: Any, b: Any) -> Any:
    """`a != b`, of values where one is a tensor."""
    return not_(eq(a, b))


def assert_stmt(condition: Any, message: Callable[[], Any]) -> Any:
    """An `assert` statement."""
    if not is_tensor(condition):
        assert condition, message()
        return None
    data = message()
    return late.Assert(condition, data if isinstance(data, list) else [data])


__all__ = [
    "Undefined",
    "UndefinedReturnValue",
    "and_",
    "assert_stmt",
    "eq",
    "for_stmt",
    "if_exp",
    "if_stmt",
    "is_tensor",
    "ld",
    "ldu",
    "not_",
    "not_eq",
    "or_",
    "while_stmt",
]
