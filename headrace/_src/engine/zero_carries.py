"""Zero carries: arrays that a loop carries, that begin as zeros, and that its body keeps so.

The gradient of a loop is full of them: a list that is read by nobody behind the loop gets zeros for
its gradient, which the body's gradient takes out and replaces one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

# Results are zero where the first operand is, where all are, where all but the first are.
_BY_FIRST: Final = frozenset(
    {
        "broadcast_in_dim",
        "convert_element_type",
        "copy",
        "copy_p",
        "dynamic_slice",
        "expand_dims",
        "reduce_sum",
        "reshape",
        "rev",
        "slice",
        "squeeze",
        "transpose",
    }
)
_BY_ALL: Final = frozenset({"add", "add_any", "concatenate", "max", "min", "mul"})
_BY_REST: Final = frozenset({"select_n"})


def kept(body: Any, results: Sequence[int | None], begin: Iterable[int]) -> set[int]:
    """The arrays that are zero in every iteration.

    Args:
      body: the closed jaxpr of an iteration, from what is carried.
      results: for each carried array the result of `body` that is its next value, or None.
      begin: the positions of those that are zero at first.
    """
    # Importing it imports JAX.
    from headrace._src.engine import roll_graph

    graph = roll_graph.flattened(body)
    after = {i: graph.outvars[r] for i in begin if (r := results[i]) is not None}
    zero = set(after)
    while zero:
        known = _known([graph.invars[i] for i in zero], graph.constants, graph.eqns)
        left = {i for i in zero if _is_zero(after[i], known)}
        if left == zero:
            break
        zero = left
    return zero


def _known(given: Iterable[Any], constants: dict[Any, Any], eqns: Iterable[Any]) -> set[Any]:
    """The variables that are zero where those given are."""
    zero = {*given, *[v for v, value in constants.items() if _holds_zeros(value)]}
    for eqn in eqns:
        zero.update(_zero_results(eqn, [_is_zero(a, zero) for a in eqn.invars]))
    return zero


def _zero_results(eqn: Any, zeros: list[bool]) -> list[Any]:
    """The results of an equation that are zero, told from which of its operands are."""
    name = eqn.primitive.name
    if name == "cond":
        inner = [
            _known(
                [v for v, z in zip(b.jaxpr.invars, zeros[1:], strict=True) if z],
                dict(zip(b.jaxpr.constvars, b.consts, strict=True)),
                b.jaxpr.eqns,
            )
            for b in eqn.params["branches"]
        ]
        return [
            var
            for i, var in enumerate(eqn.outvars)
            if all(
                _is_zero(b.jaxpr.outvars[i], known)
                for b, known in zip(eqn.params["branches"], inner, strict=True)
            )
        ]
    if name in _BY_FIRST:
        are = zeros[0]
    elif name == "dynamic_update_slice":
        are = zeros[0] and zeros[1]
    elif name in _BY_ALL:
        are = all(zeros)
    else:
        are = name in _BY_REST and all(zeros[1:])
    return list(eqn.outvars) if are else []


def _is_zero(atom: Any, known: set[Any]) -> bool:
    return _holds_zeros(atom.val) if hasattr(atom, "val") else atom in known


def _holds_zeros(value: Any) -> bool:
    """Whether a value is known and zero, and nowhere -0.0."""
    if not isinstance(value, (np.ndarray, np.generic, int, float, bool)):
        return False
    return not any(np.asarray(value).tobytes())
