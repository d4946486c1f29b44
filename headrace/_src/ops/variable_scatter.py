"""Sparse updates of variables: Scatter*, ScatterNd* and their resource forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import OpSpec, op
from headrace._src.native import library
from headrace._src.ops._conditions import require_vectors
from headrace._src.ops.variable_ops import handle_dims, read_resource, spell

_NO_SLOPE = "an update of state has no derivative"
_INDEX = (dtypes.int32, dtypes.int64)
_ORDERED = (
    dtypes.half,
    dtypes.bfloat16,
    dtypes.float32,
    dtypes.float64,
    dtypes.int32,
    dtypes.int64,
)


# -- What is done with the old slices -------------------------------------------------------------
def _divide(old: Any, updates: Any) -> Any:
    """Division that truncates integers, as C++ does."""
    if np.issubdtype(old.dtype, np.integer):
        quotient = np.abs(old) // np.abs(updates)
        return (np.sign(old) * np.sign(updates) * quotient).astype(old.dtype)
    return old / updates


def _host_combined(kind: str, old: np.ndarray, at: Any, updates: Any) -> np.ndarray:
    new = np.array(old)
    updates = np.broadcast_to(updates, new[at].shape).astype(new.dtype, copy=False)
    if kind == "update":
        new[at] = updates
    elif kind == "div":
        # A slice named twice is divided twice, which only one slice at a time can do.
        flat = [np.reshape(i, -1) for i in at]
        rows = np.reshape(updates, (len(flat[0]), *new.shape[len(flat) :]))
        for n, row in enumerate(rows):
            place = tuple(i[n] for i in flat)
            new[place] = _divide(new[place], row)
    else:
        ufunc = {
            "add": np.add,
            "sub": np.subtract,
            "mul": np.multiply,
            "min": np.minimum,
            "max": np.maximum,
        }[kind]
        ufunc.at(new, at, updates)
    return new


def _xla_combined(k: Any, kind: str, old: Any, at: Any, updates: Any) -> Any:
    where = tuple(k.np.asarray(i) for i in at)
    if kind in ("add", "sub") and len(at) == 1 and np.ndim(updates):
        rows = k.np.asarray(updates if kind == "add" else -k.np.asarray(updates))
        if library.serves_rows(old, where[0], adds=True):
            return library.lower_add_rows(k.np.asarray(old), where[0], rows)
    place = k.np.asarray(old).at[where]
    if kind == "update":
        return place.set(updates, mode="drop")
    if kind == "sub":
        return place.add(-k.np.asarray(updates), mode="drop")
    method = {"add": "add", "mul": "multiply", "min": "min", "max": "max"}[kind]
    return getattr(place, method)(updates, mode="drop")


def _combined(k: Any, kind: str, old: Any, at: Any, updates: Any) -> Any:
    if k.xla:
        return _xla_combined(k, kind, old, at, updates)
    return _host_combined(kind, np.asarray(old), at, np.asarray(updates))


# -- Checks ---------------------------------------------------------------------------------------
def _bad(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _check_rows(k: Any, shape: Any, indices: Any, updates: Any) -> None:
    shape, given, wanted = tuple(shape), tuple(np.shape(updates)), tuple(np.shape(indices))
    if given and given != wanted + shape[1:]:
        raise _bad(
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
            f"got updates.shape {spell(given)}, indices.shape {spell(wanted)}, "
            f"params.shape {spell(shape)}"
        )
    if k.xla:
        k.require_within(indices, shape[0])
    else:
        outside = np.argwhere((indices < 0) | (indices >= shape[0]))
        if len(outside):
            first = tuple(outside[0])
            place = "".join(f"[{i}]" for i in first) if len(first) < 2 else spell(first)
            raise _bad(f"indices{place} = {indices[first]} is not in [0, {shape[0]})")


def _check_prefix(wanted: Any, given: Any) -> None:
    if tuple(given[: len(wanted)]) != tuple(wanted):
        raise _bad(
            f"shape of indices ({spell(wanted)}) is not compatible with the shape of updates "
            f"({spell(given)})"
        )


def _check_vectors(k: Any, shape: Any, indices: Any, updates: Any) -> None:
    given, wanted, shape = tuple(np.shape(updates)), tuple(np.shape(indices)), tuple(shape)
    depth = wanted[-1] if wanted else 1
    if given[: max(len(wanted) - 1, 0)] != wanted[:-1]:
        raise _bad(
            "The outermost dimension of updates and indices must match. "
            f"Got indices.shape {spell(wanted)}, updates.shape {spell(given)}"
        )
    if depth > len(shape) or given[len(wanted) - 1 :] != shape[depth:]:
        raise _bad(
            f"The inner {len(shape) - depth} dimensions of input.shape={spell(shape)} must match "
            f"the inner {len(given) - len(wanted) + 1} dimensions of updates.shape={spell(given)}"
        )
    if k.xla:
        require_vectors(k, indices, shape[:depth])
    else:
        rows = indices.reshape(-1, depth)
        outside = np.any((rows < 0) | (rows >= np.array(shape[:depth])), axis=1)
        if outside.any():
            n = int(np.argmax(outside))
            where = spell(np.unravel_index(n, wanted[:-1])) if len(wanted) > 2 else f"[{n}]"
            raise _bad(
                f"indices{where} = {spell(rows[n])} does not index into shape {spell(shape)}"
            )


# -- Shape rules ----------------------------------------------------------------------------------
def _check_row_dims(ref: Any, indices: Any, updates: Any) -> None:
    if updates == ():
        return
    rest = None if ref is None else dims_lib.with_rank_at_least(ref, 1)[1:]
    wanted = None if indices is None or rest is None else (*indices, *rest)
    dims_lib.merge(updates, wanted)


def _shape_rows(s, ref, indices, updates):
    _check_row_dims(ref, indices, updates)
    return ref


def _shape_resource_rows(s, resource, indices, updates):
    _check_row_dims(handle_dims(s.tensor(0)), indices, updates)
    return []


def _merge_or_explain(a: Any, b: Any, said: str) -> None:
    try:
        dims_lib.merge(a, b)
    except ValueError as e:
        raise ValueError(f"{said}: {e}") from None


def _check_vector_dims(ref: Any, indices: Any, updates: Any) -> None:
    if indices is None or updates is None or not indices:
        return
    outer = len(indices) - 1
    shown = f"indices.shape={dims_lib.text(indices)}", f"updates.shape={dims_lib.text(updates)}"
    _merge_or_explain(
        indices[:outer],
        updates[:outer],
        f"The outer {outer} dimensions of {shown[0]} must match the outer {outer} dimensions "
        f"of {shown[1]}",
    )
    depth = indices[-1]
    if ref is None or depth is None or depth > len(ref):
        return
    inner = len(ref) - depth
    _merge_or_explain(
        ref[depth:],
        updates[outer:],
        f"The inner {inner} dimensions of input.shape={dims_lib.text(ref)} must match the "
        f"inner {len(updates) - outer} dimensions of {shown[1]}",
    )


def _shape_vectors(s, ref, indices, updates):
    _check_vector_dims(ref, indices, updates)
    return ref


def _shape_resource_vectors(s, ref, indices, updates):
    _check_vector_dims(handle_dims(s.tensor(0)), indices, updates)
    return []


# -- Builders -------------------------------------------------------------------------------------
def _ref_scatter(op_type: str, kind: str, allowed: Any, locked: bool, nd: bool) -> OpSpec:
    spec = op(
        op_type,
        "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
        T=A.dtype(allowed),
        Tindices=A.dtype(_INDEX),
        use_locking=A.boolean(default=locked),
        shape=_shape_vectors if nd else _shape_rows,
        host_only=kind == "div",
        padding="" if nd else "drops",
    )

    def kernel(k, ref, indices, updates):
        k.write(ref, _scattered(k, kind, nd, k.read(ref), indices, updates))
        return ref

    kernel.__name__ = f"_kernel_{op_type}"
    spec.kernel(kernel)
    spec.no_gradient(_NO_SLOPE, undefined=not nd and kind in ("max", "min", "update"))
    return spec


def _resource_scatter(op_type: str, kind: str, allowed: Any, nd: bool) -> OpSpec:
    if nd:
        spec = op(
            op_type,
            "ref: resource, indices: Tindices, updates: T ->",
            T=A.dtype(allowed),
            Tindices=A.dtype(_INDEX),
            use_locking=A.boolean(default=True),
            shape=_shape_resource_vectors,
            stateful=True,
        )
    else:
        spec = op(
            op_type,
            "resource: resource, indices: Tindices, updates: dtype ->",
            dtype=A.dtype(allowed),
            Tindices=A.dtype(_INDEX),
            shape=_shape_resource_rows,
            stateful=True,
            host_only=kind == "div",
            padding="drops",
        )

    def kernel(k, resource, indices, updates):
        old = read_resource(k, resource, errors.NotFoundError)
        if not nd and np.ndim(updates):
            _check_prefix(np.shape(indices), np.shape(updates))
        k.write(resource, _scattered(k, kind, nd, old, indices, updates))
        return ()

    kernel.__name__ = f"_kernel_{op_type}"
    spec.kernel(kernel)
    spec.no_gradient(_NO_SLOPE, undefined=True)
    return spec


def _scattered(k: Any, kind: str, nd: bool, old: Any, indices: Any, updates: Any) -> Any:
    if not nd:
        _check_rows(k, np.shape(old), indices, updates)
        return _combined(k, kind, old, (indices,), updates)
    _check_vectors(k, np.shape(old), indices, updates)
    at = tuple(indices[..., i] for i in range(np.shape(indices)[-1]))
    if not at:
        # Empty index vectors name the whole variable, once for every vector.
        for row in np.reshape(updates, (-1, *np.shape(old))):
            old = _combined(k, kind, old, (Ellipsis,), row) if not k.xla else row
        return old
    return _combined(k, kind, old, at, updates)


# -- The ops --------------------------------------------------------------------------------------
ScatterUpdate = _ref_scatter("ScatterUpdate", "update", None, True, nd=False)
ScatterAdd = _ref_scatter("ScatterAdd", "add", G.NUMBER, False, nd=False)
ScatterSub = _ref_scatter("ScatterSub", "sub", G.NUMBER, False, nd=False)
ScatterMul = _ref_scatter("ScatterMul", "mul", G.NUMBER, False, nd=False)
ScatterDiv = _ref_scatter("ScatterDiv", "div", G.NUMBER, False, nd=False)
ScatterMin = _ref_scatter("ScatterMin", "min", _ORDERED, False, nd=False)
ScatterMax = _ref_scatter("ScatterMax", "max", _ORDERED, False, nd=False)
ScatterNdUpdate = _ref_scatter("ScatterNdUpdate", "update", None, True, nd=True)
ScatterNdAdd = _ref_scatter("ScatterNdAdd", "add", G.NUMBER, False, nd=True)
ScatterNdSub = _ref_scatter("ScatterNdSub", "sub", G.NUMBER, False, nd=True)

ResourceScatterUpdate = _resource_scatter("ResourceScatterUpdate", "update", None, nd=False)
ResourceScatterAdd = _resource_scatter("ResourceScatterAdd", "add", G.NUMBER, nd=False)
ResourceScatterSub = _resource_scatter("ResourceScatterSub", "sub", G.NUMBER, nd=False)
ResourceScatterMul = _resource_scatter("ResourceScatterMul", "mul", G.NUMBER, nd=False)
ResourceScatterDiv = _resource_scatter("ResourceScatterDiv", "div", G.NUMBER, nd=False)
ResourceScatterMin = _resource_scatter("ResourceScatterMin", "min", G.NUMBER, nd=False)
ResourceScatterMax = _resource_scatter("ResourceScatterMax", "max", G.NUMBER, nd=False)
ResourceScatterNdUpdate = _resource_scatter("ResourceScatterNdUpdate", "update", None, nd=True)
ResourceScatterNdAdd = _resource_scatter("ResourceScatterNdAdd", "add", None, nd=True)
ResourceScatterNdSub = _resource_scatter("ResourceScatterNdSub", "sub", None, nd=True)
