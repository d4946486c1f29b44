"""Trip counts: what the code of a loop says about how often it runs and how its counters move.

A counter is a whole number that every iteration changes by the same known amount. The condition is
a conjunction; each of its terms that compares a counter with something bounded limits the trips.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Range = tuple[int | None, int | None]

# Equations that hand a scalar on.
_SAME = frozenset({"convert_element_type", "reshape", "squeeze", "copy", "stop_gradient"})
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}


class Trips(NamedTuple):
    """How often a loop runs.

    Attributes:
      exact: the number, where it is known.
      bound: what it is at most, where that is known.
      steps: leaf of what the loop carries → how much each iteration adds to it.
    """

    exact: int | None
    bound: int | None
    steps: dict[int, int]


def _is_literal(atom: Any) -> bool:
    return hasattr(atom, "val")


class _Code:
    """The equations behind the results of a closed jaxpr of scalars.

    Args:
      closed: the jaxpr.
      range_of: gives the range of a traced constant.
    """

    def __init__(self, closed: Any, range_of: Callable[[Any], Range]) -> None:
        # Importing it imports JAX.
        from headrace._src.engine import roll_graph

        self.graph = roll_graph.flattened(closed)
        self._position = {v: i for i, v in enumerate(self.graph.invars)}
        self._constants = self.graph.constants
        self._range_of = range_of

    def made(self, atom: Any) -> tuple[str, list[Any]] | None:
        """The primitive and the operands behind an atom."""
        found = self.graph.made_by(atom)
        if found is None:
            return None
        eqn = self.graph.eqns[found[0]]
        return eqn.primitive.name, eqn.invars

    def seen(self, atom: Any) -> Any:
        """What an atom is handed on from."""
        while True:
            made = self.made(atom)
            if made is None or made[0] not in _SAME or len(made[1]) != 1:
                return atom
            kinds = (atom.aval.dtype.kind, made[1][0].aval.dtype.kind)
            if any(kind not in "iub" for kind in kinds):
                return atom
            atom = made[1][0]

    def argument(self, atom: Any) -> int | None:
        """Which argument an atom is."""
        atom = self.seen(atom)
        return None if _is_literal(atom) else self._position.get(atom)

    def known(self, atom: Any) -> int | None:
        """The value of an atom that is known and whole."""
        atom = self.seen(atom)
        value = atom.val if _is_literal(atom) else self._constants.get(atom)
        if isinstance(value, (np.ndarray, np.generic, int)) and np.size(value) == 1:
            array = np.asarray(value)
            return int(array.reshape(())) if array.dtype.kind in "iu" else None
        return None

    def limits(self, atom: Any) -> Range:
        """Between which numbers an atom is that does not change."""
        value = self.known(atom)
        if value is not None:
            return value, value
        atom = self.seen(atom)
        if not _is_literal(atom) and atom in self._constants:
            return self._range_of(self._constants[atom])
        made = self.made(atom)
        if made is None:
            return None, None
        name, operands = made
        if name in ("min", "max") and len(operands) == 2:
            (a, b), (c, d) = map(self.limits, operands)
            if name == "min":
                return _both(min, a, c), _either(min, b, d)
            return _either(max, a, c), _both(max, b, d)
        if name in ("add", "sub") and len(operands) == 2:
            (a, b), (c, d) = map(self.limits, operands)
            if name == "sub":
                c, d = (None if d is None else -d), (None if c is None else -c)
            low = None if a is None or c is None else a + c
            return low, None if b is None or d is None else b + d
        return None, None

    def step(self, atom: Any, argument: int) -> int | None:
        """How much more an atom is than an argument."""
        made = self.made(self.seen(atom))
        if made is None:
            return 0 if self.argument(atom) == argument else None
        name, operands = made
        if name not in ("add", "sub") or len(operands) != 2:
            return None
        for i in (0, 1) if name == "add" else (0,):
            rest = self.step(operands[i], argument)
            amount = self.known(operands[1 - i])
            if rest is not None and amount is not None:
                return rest + (amount if name == "add" else -amount)
        return None


def _either(choose: Any, a: int | None, b: int | None) -> int | None:
    """The bound that one of two sides is enough for: the upper one of a minimum."""
    known = [x for x in (a, b) if x is not None]
    return choose(known) if known else None


def _both(choose: Any, a: int | None, b: int | None) -> int | None:
    """The bound that needs both sides: the lower one of a minimum."""
    return None if a is None or b is None else choose(a, b)


def trips(
    cond: Any,
    body: Any,
    results: Sequence[int | None],
    initial: Sequence[Range],
    range_of: Callable[[Any], Range],
) -> Trips:
    """What is known of the trips of a loop.

    Args:
      cond: the closed jaxpr that says whether there is another iteration, from what is carried.
      body: the closed jaxpr of an iteration, from what is carried.
      results: for each carried leaf the result of `body` that is its next value, or None.
      initial: for each carried leaf the range of its first value; (None, None) for no scalar.
      range_of: gives the range of a traced value.
    """
    code = _Code(body, range_of)
    steps = {}
    for i, result in enumerate(results):
        var = body.jaxpr.invars[i]
        if result is None or var.aval.shape or var.aval.dtype.kind not in "iu":
            continue
        step = code.step(code.graph.outvars[result], i)
        if step is not None:
            steps[i] = step
    test = _Code(cond, range_of)
    terms = _terms(test, test.graph.outvars[0])
    bounds = [_of_term(test, term, steps, initial) for term in terms]
    known = [b for b in bounds if b is not None]
    exact = None
    if len(bounds) == len(known) and all(e for _, e in known):
        exact = min(b for b, _ in known)
    return Trips(exact, min((b for b, _ in known), default=None), steps)


def _terms(code: _Code, atom: Any) -> list[Any]:
    made = code.made(code.seen(atom))
    if made is not None and made[0] == "and":
        return [t for operand in made[1] for t in _terms(code, operand)]
    return [atom]


def _of_term(
    code: _Code, atom: Any, steps: dict[int, int], initial: Sequence[Range]
) -> tuple[int, bool] | None:
    """How many iterations one term of the condition allows at most, and if that is exact."""
    made = code.made(code.seen(atom))
    if made is None or made[0] not in _TURNED:
        return None
    name, (a, b) = made
    argument = code.argument(a)
    if argument is None:
        name, a, b = _TURNED[name], b, a
        argument = code.argument(a)
    if argument is None or not steps.get(argument):
        return None
    step = steps[argument]
    if (step > 0) != (name in ("lt", "le")):
        return None
    low, high = code.limits(b)
    first = initial[argument]
    # Counted downwards everything is mirrored.
    start, end = (first[0], high) if step > 0 else (_minus(first[1]), _minus(low))
    if start is None or end is None:
        return None
    distance = end - start + (name in ("le", "ge"))
    count = max(0, math.ceil(distance / abs(step)))
    return count, low == high and first[0] == first[1]


def _minus(value: int | None) -> int | None:
    return None if value is None else -value


def after(first: Range, step: int, least: int, most: int | None) -> Range:
    """The range of a counter after at least `least` and at most `most` iterations."""
    low, high = first
    if step < 0:
        low = None if low is None or most is None else low + step * most
        high = None if high is None else high + step * least
    else:
        low = None if low is None else low + step * least
        high = None if high is None or most is None else high + step * most
    return low, high
