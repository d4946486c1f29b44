"""Per-step values as one array: slices of a common array are that array, turned.

A sequence of values is cut into *runs*: a run takes its values from one array at equidistant
places, as slices, parts of a split or rows. Only what belongs to no run is copied together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax import lax
from jax.extend import core

from headrace._src.engine.roll_graph import Graph, spliced, traced

# Fewer operands than this are not worth another form.
_FEW = 4


class Piece(NamedTuple):
    """A value as a part of an array: `size` elements of an axis, from `start` on."""

    array: Any
    axis: int
    start: int
    size: int
    squeezed: bool


class Run(NamedTuple):
    """Values at equidistant places of one array, or a single value (`step` is None)."""

    piece: Piece | None
    step: int | None
    values: tuple[Any, ...]


def _piece(graph: Graph, atom: Any) -> Piece | None:
    made = graph.made_by(atom)
    if made is None:
        return None
    eqn = graph.eqns[made[0]]
    name = eqn.primitive.name
    if name == "slice":
        return _piece_of_slice(eqn)
    if name == "split":
        sizes = [int(s) for s in eqn.params["sizes"]]
        start = sum(sizes[: made[1]])
        return Piece(eqn.invars[0], eqn.params["axis"], start, sizes[made[1]], False)
    if name in ("squeeze", "reshape"):
        inner = _piece(graph, eqn.invars[0])
        if inner is None or inner.size != 1 or inner.squeezed:
            return None
        shape = eqn.invars[0].aval.shape
        if eqn.outvars[0].aval.shape == shape[: inner.axis] + shape[inner.axis + 1 :]:
            return inner._replace(squeezed=True)
    return None


def _piece_of_slice(eqn: Any) -> Piece | None:
    shape = eqn.invars[0].aval.shape
    strides = eqn.params["strides"]
    if strides is not None and any(s != 1 for s in strides):
        return None
    cut = [i for i, n in enumerate(eqn.outvars[0].aval.shape) if n != shape[i]]
    if len(cut) != 1:
        return None
    axis = cut[0]
    start = int(eqn.params["start_indices"][axis])
    return Piece(eqn.invars[0], axis, start, int(eqn.outvars[0].aval.shape[axis]), False)


def runs(graph: Graph, atoms: Sequence[Any]) -> list[Run]:
    """The values as runs, in order."""
    found: list[Run] = []
    for atom in atoms:
        piece = _piece(graph, atom)
        last = found[-1] if found else None
        if last is None or piece is None or not _continues(last, piece):
            found.append(Run(piece, None, (atom,)))
            continue
        assert last.piece is not None
        step = piece.start - last.piece.start if last.step is None else last.step
        found[-1] = Run(last.piece, step, (*last.values, atom))
    return [r if r.step is not None else Run(None, None, r.values) for r in found]


def _continues(run: Run, piece: Piece) -> bool:
    first = run.piece
    if first is None or piece._replace(start=first.start) != first:
        return False
    if run.step is not None:
        return piece.start == first.start + run.step * len(run.values)
    step = abs(piece.start - first.start)
    return step > 0 and (piece.size == 1 or step == piece.size)


def direction(graph: Graph, atoms: Sequence[Any]) -> int:
    """The number of values in ascending runs less that in descending ones."""
    return sum(
        len(r.values) * (1 if r.step > 0 else -1) for r in runs(graph, atoms) if r.step is not None
    )


def copied(graph: Graph, atoms: Sequence[Any]) -> int:
    """How many bytes must be copied to have the values in one array."""
    found = runs(graph, atoms)
    free = len(found) == 1 and found[0].piece is not None and found[0].piece.axis == 0
    return 0 if free else bytes_of(atoms[0]) * len(atoms)


def bytes_of(atom: Any) -> int:
    """The size of a value."""
    return int(math.prod(atom.aval.shape) * atom.aval.dtype.itemsize)


def sources(graph: Graph, atoms: Sequence[Any]) -> list[Any]:
    """The variables that `stacked` reads."""
    used: list[Any] = []
    for run in runs(graph, atoms):
        if run.piece is not None:
            used.append(run.piece.array)
        else:
            used.extend(v for v in run.values if not isinstance(v, core.Literal))
    return used


def stacked(graph: Graph, atoms: Sequence[Any], read: Callable[[Any], Any]) -> Any:
    """The values in one array along a new first axis, traced.

    Args:
      graph: the graph.
      atoms: the values.
      read: gives the traced value of a variable.
    """
    if all(isinstance(a, core.Literal) for a in atoms):
        return np.stack([np.asarray(a.val, a.aval.dtype) for a in atoms])
    parts = [
        _rows(run, read(run.piece.array))
        if run.piece is not None
        else lax.expand_dims(_value(run.values[0], read), (0,))
        for run in runs(graph, atoms)
    ]
    return parts[0] if len(parts) == 1 else lax.concatenate(parts, 0)


def picked(
    graph: Graph, atoms: Sequence[Any], read: Callable[[Any], Any]
) -> Callable[[Any], Any] | None:
    """Gives the value at a traced place, out of the array that holds them all.

    Slicing them out before the loop would copy them.

    Returns:
      A function of the place; None where the values do not lie equally spaced in one array, or
      where they are the whole array in order, which a scan goes through by itself.
    """
    found = runs(graph, atoms)
    piece, step = found[0].piece, found[0].step
    if len(found) > 1 or piece is None or step is None:
        return None
    array = read(piece.array)
    if piece.axis == 0 and step == piece.size and array.shape[0] == step * len(atoms):
        return None
    axis = piece.axis

    def pick(place: Any) -> Any:
        start = piece.start + step * place
        value = lax.dynamic_slice_in_dim(array, start, piece.size, axis)
        return lax.squeeze(value, (axis,)) if piece.squeezed else value

    return pick


def _value(atom: Any, read: Callable[[Any], Any]) -> Any:
    if isinstance(atom, core.Literal):
        value: Any = atom
        return lax.full(value.aval.shape, value.val, value.aval.dtype)
    return read(atom)


def _rows(run: Run, array: Any) -> Any:
    """The values of a run along a new first axis."""
    piece, step = run.piece, run.step
    assert piece is not None and step is not None
    count, axis = len(run.values), piece.axis
    low = min(piece.start, piece.start + step * (count - 1))
    end = max(piece.start, piece.start + step * (count - 1)) + piece.size
    stride = abs(step) if piece.size == 1 else 1
    taken = lax.slice_in_dim(array, low, end, stride, axis)
    shape = taken.shape
    size = () if piece.squeezed else (piece.size,)
    if size:
        taken = lax.reshape(taken, (*shape[:axis], count, *size, *shape[axis + 1 :]))
    others = [i for i in range(taken.ndim) if i != axis]
    if axis:
        taken = lax.transpose(taken, (axis, *others))
    return lax.rev(taken, (0,)) if step < 0 else taken


def joined(graph: Graph) -> Graph:
    """The graph with the parts of one array joined again by turning it instead of by copying."""
    for number, eqn in enumerate(graph.eqns):
        if eqn.primitive.name not in ("concatenate", "stack") or len(eqn.invars) < _FEW:
            continue
        found = runs(graph, eqn.invars)
        alike = len({a.aval.shape for a in eqn.invars}) == 1
        if not alike or len(found) * _FEW > len(eqn.invars):
            continue
        return joined(_with_join(graph, number, found))
    return graph


def _with_join(graph: Graph, number: int, found: list[Run]) -> Graph:
    eqn = graph.eqns[number]
    atoms = tuple(eqn.invars)
    used = list(dict.fromkeys(sources(graph, atoms)))

    def join(*values: Any) -> Any:
        known = dict(zip(used, values, strict=True))
        rows = stacked(graph, atoms, known.__getitem__)
        stack = eqn.primitive.name == "stack"
        axis = eqn.params["axis" if stack else "dimension"]
        order = [*range(1, axis + 1), 0, *range(axis + 1, rows.ndim)]
        turned = lax.transpose(rows, order) if axis else rows
        return turned if stack else lax.reshape(turned, eqn.outvars[0].aval.shape)

    inner = traced(join, used)
    before, after = graph.eqns[:number], graph.eqns[number + 1 :]
    return spliced(graph, before, inner, used, {eqn.outvars[0]: 0}, {}, after)
