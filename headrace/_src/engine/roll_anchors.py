"""Where a jaxpr may repeat: signatures of equations, and chains of equal ones.

Equations of an unrolled loop differ in their variables only. A *signature* says what is left: the
primitive, its parameters, the types of its operands, and those operands that many equal equations
share (a weight matrix tells the layers of a stack apart). A *colour* is a signature that has seen
its neighbours. A chain of equally coloured equations, each depending on the one before, anchors
the steps of a loop.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from jax.extend import core

from headrace._src.engine.roll_graph import Graph, literal_key, params_key

# Where a slice lies says which step it belongs to, unless many slices lie there.
_POSITION = frozenset({"start_indices", "limit_indices"})
_COMMON = 4
_PARTS = 16
_ROUNDS = (3, 1, 0)
_FEWEST = 3
_MANY_USES = 16
# Chains tried for each number of rounds.
_MOST_ANCHORS = 4
# Irregular steps looked for beyond the regular ones, at each end.
_BEYOND = 2


def work_of(eqn: Any) -> float:
    """An estimate of an equation's work, in multiply-adds or elements touched."""
    size = float(sum(math.prod(v.aval.shape) for v in eqn.outvars))
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        shape = eqn.invars[0].aval.shape
        return float(size * math.prod(shape[i] for i in contracted))
    if eqn.primitive.name == "conv_general_dilated":
        numbers = eqn.params["dimension_numbers"]
        kernel = eqn.invars[1].aval.shape
        return float(size * math.prod(kernel) / max(1, kernel[numbers.rhs_spec[0]]))
    operands = sum(math.prod(a.aval.shape) for a in eqn.invars if hasattr(a.aval, "shape"))
    return max(size, float(operands))


def signatures(graph: Graph) -> list[int]:
    """The signature of every equation, as a small number."""
    interned: dict[Any, int] = {}
    plain = [_plain_signature(eqn, interned) for eqn in graph.eqns]
    common = _common_operands(graph, plain)
    found = []
    for eqn, base in zip(graph.eqns, plain, strict=True):
        known = [key for key in _operand_keys(eqn, base) if key in common]
        found.append(interned.setdefault((base, *known), len(interned)) if known else base)
    return found


def _plain_signature(eqn: Any, interned: dict[Any, int]) -> int:
    without = _POSITION if eqn.primitive.name == "slice" else frozenset()
    types = tuple(
        (getattr(a.aval, "shape", None), getattr(a.aval, "dtype", None)) for a in eqn.invars
    )
    literals = tuple(isinstance(a, core.Literal) for a in eqn.invars)
    # A slice's size shows in its result only.
    result = tuple(getattr(v.aval, "shape", None) for v in eqn.outvars)
    key = (eqn.primitive, params_key(eqn.params, without), types, literals, result)
    return interned.setdefault(key, len(interned))


def _operand_keys(eqn: Any, base: int) -> list[Any]:
    keys: list[Any] = []
    for slot, atom in enumerate(eqn.invars):
        identity = literal_key(atom) if isinstance(atom, core.Literal) else atom
        keys.append((base, slot, identity))
    if eqn.primitive.name == "slice":
        keys.append((base, "position", eqn.params["start_indices"]))
    return keys


def _common_operands(graph: Graph, plain: list[int]) -> set[Any]:
    """Operands that belong to a loop and not to one step of it.

    A variable that one step made can have many equal uses too, but they are not spread over all
    the places where such an equation occurs.
    """
    derived = _derived_inputs(graph)
    uses: dict[Any, list[int]] = defaultdict(list)
    extents: dict[int, list[int]] = {}
    for number, eqn in enumerate(graph.eqns):
        base = plain[number]
        extents.setdefault(base, [number, number])[1] = number
        for key in _operand_keys(eqn, base):
            uses[key].append(number)
    common = set()
    for key, numbers in uses.items():
        if len(numbers) < _COMMON:
            continue
        if isinstance(key[2], core.Var) and key[2] not in derived:
            begin, end = extents[key[0]]
            parts = {(n - begin) * _PARTS // (end - begin + 1) for n in numbers}
            if len(parts) < _COMMON:
                continue
        common.add(key)
    return common


def _derived_inputs(graph: Graph) -> set[Any]:
    """Inputs, and what unary equations make of them."""
    derived = {*graph.invars, *graph.constvars}
    for eqn in graph.eqns:
        only = eqn.invars[0] if len(eqn.invars) == 1 else None
        if isinstance(only, core.Var) and only in derived:
            derived.update(eqn.outvars)
    return derived


def colours(graph: Graph, signature: list[int]) -> list[list[int]]:
    """Colours of every equation after several numbers of rounds, finest first."""
    operands = []
    consumers: list[list[tuple[int, int]]] = []
    shared = _derived_inputs(graph)
    for eqn in graph.eqns:
        made = [
            None if isinstance(a, core.Literal) or a in shared else graph.producer.get(a)
            for a in eqn.invars
        ]
        operands.append([m for m in made if m is not None])
        uses = [u for v in eqn.outvars for u in graph.uses.get(v, ())]
        consumers.append(uses if len(uses) <= _MANY_USES else [])
    colour = list(signature)
    found = {0: colour}
    for done in range(1, max(_ROUNDS) + 1):
        colour = [
            hash(
                (
                    colour[n],
                    *[colour[p] * 31 + r for p, r in operands[n]],
                    sum(hash((colour[c], s)) for c, s in consumers[n]),
                )
            )
            for n in range(len(graph.eqns))
        ]
        found[done] = colour
    return [found[rounds] for rounds in _ROUNDS]


def candidates(graph: Graph, signature: list[int]) -> list[list[int]]:
    """Chains of equal equations, the heaviest of each kind of colour, in program order.

    Fine colours come first: coarse ones may take a loop and its gradient for one.
    """
    work = [work_of(eqn) for eqn in graph.eqns]
    of_signature = _classes(signature)
    found: dict[tuple[int, ...], None] = {}
    for colour in colours(graph, signature):
        seen: set[int] = set()
        classes = [c for c in _classes(colour).values() if len(c) >= _FEWEST]
        classes.sort(key=lambda c: (-sum(work[n] for n in c), c))
        taken = 0
        for members in classes[: 2 * _MOST_ANCHORS]:
            if taken == _MOST_ANCHORS:
                break
            if members[len(members) // 2] in seen:
                continue
            chain = _chain(graph, members)
            if len(chain) >= _FEWEST:
                chain = _prolonged(graph, chain, of_signature[signature[chain[0]]])
                seen.update(chain)
                found.setdefault(tuple(chain))
                taken += 1
    return sorted(map(list, found))


def _classes(keys: list[int]) -> dict[int, list[int]]:
    classes: dict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        classes[key].append(number)
    return classes


def _predecessors(graph: Graph, members: list[int]) -> dict[int, int]:
    """For each member, the last member that it depends on; -1 if there is none."""
    inside = set(members)
    before: dict[int, int] = {}
    feeders = graph.feeders
    latest = [-1] * (members[-1] + 1)
    for number in range(members[0], members[-1] + 1):
        last = -1
        for made in feeders[number]:
            if latest[made] > last:
                last = latest[made]
        if number in inside:
            before[number] = last
            last = number
        latest[number] = last
    return before


def _chain(graph: Graph, members: list[int]) -> list[int]:
    """The longest chain among the members."""
    before = _predecessors(graph, members)
    depth: dict[int, int] = {-1: 0}
    for number in members:
        depth[number] = depth[before[number]] + 1
    end = max(members, key=lambda n: (depth[n], -n))
    return _walk(before, end)


def _walk(before: dict[int, int], end: int) -> list[int]:
    path = []
    while end >= 0:
        path.append(end)
        end = before[end]
    path.reverse()
    return path


def _prolonged(graph: Graph, chain: list[int], members: list[int]) -> list[int]:
    """The chain with a few equal equations at each end whose surroundings differ."""
    if len(members) == len(chain):
        return chain
    before = _predecessors(graph, members)
    path = _walk(before, chain[-1])
    places = {n: i for i, n in enumerate(path)}
    at = [places[n] for n in chain if n in places]
    period = at[1] - at[0] if len(at) > 1 else 0
    if len(at) < len(chain) or any(b - a != period for a, b in zip(at, at[1:], strict=False)):
        return chain
    earlier = path[at[0] % period : at[0] : period][-_BEYOND:]
    later: list[int] = []
    end = chain[-1]
    for number in members:
        if number > end and len(later) < _BEYOND:
            back = number
            for _ in range(period):
                back = before[back] if back >= 0 else -1
            if back == end:
                later.append(number)
                end = number
    return [*earlier, *chain, *later]
