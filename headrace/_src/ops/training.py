"""The update rules of optimizers.

Each rule declares up to four ops with one formula: dense and sparse, for reference and for resource
variables (`ApplyMomentum`,
`SparseApplyMomentum`, `ResourceApplyMomentum`, `ResourceSparseApplyMomentum`). A rule is a function
`(xp, cells, grad, scalars, attrs) -> new
values of the cells`; a sparse op applies it to the rows that its indices name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims, errors
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import OpSpec, op
from headrace._src.native import library

Rule = Callable[[Any, list[Any], Any, dict[str, Any], dict[str, Any]], Sequence[Any]]

_NO_GRADIENT = "an update is the end of a computation"


def _signature(cells: Sequence[str], rest: Sequence[str], resource: bool, sparse: bool) -> str:
    kind = "resource" if resource else "Ref(T)"
    parts = [f"{c}: {kind}" for c in cells]
    for name in rest:
        if sparse and name in ("grad", "delta"):
            parts += ["grad: T", "indices: Tindices"]
        elif name == "global_step":
            parts.append("global_step: int64")
        else:
            parts.append(f"{name}: T")
    return f"{', '.join(parts)} ->{'' if resource else ' out: Ref(T)'}"


def _declare(
    name: str,
    cells: Sequence[str],
    rest: Sequence[str],
    rule: Rule,
    kinds: str = "dense sparse",
    lowered: Rule | None = None,
    lowered_rows: Callable[..., Sequence[Any]] | None = None,
    **attrs: Any,
) -> dict[str, OpSpec]:
    """Declares the ops of one rule; returns them by op type.

    `lowered` is the rule for dense updates in compiled code, `lowered_rows` the one for distinct
    rows; both may give nothing where they do not apply.
    """
    specs = {}
    for sparse in (False, True):
        if ("sparse" if sparse else "dense") not in kinds:
            continue
        for resource in (False, True):
            if not resource and "resource only" in kinds:
                continue
            op_type = f"{'Resource' if resource else ''}{'Sparse' if sparse else ''}Apply{name}"
            extra = {"Tindices": A.dtype(G.INDEX)} if sparse else {}
            spec = op(
                op_type,
                _signature(cells, rest, resource, sparse),
                T=A.dtype(G.NUMBER),
                **extra,
                use_locking=A.boolean(default=False),
                stateful=resource,
                padding="drops" if sparse else "",
                **attrs,
            )
            spec.shape(_shape_rule(len(cells), sparse, resource))
            special = lowered_rows if sparse else lowered
            spec.kernel(_kernel(cells, rest, rule, special, resource, sparse))
            spec.no_gradient(_NO_GRADIENT, undefined=True)
            specs[op_type] = spec
    return specs


def _shape_rule(n_cells: int, sparse: bool, resource: bool) -> Callable[..., Any]:
    def rule(s: Any, *inputs: Any) -> Any:
        names = [a.name for a in s.operation.spec.inputs]
        shape = _cell_dims(s, 0, inputs[0], resource)
        for i in range(1, n_cells):
            shape = dims.merge(shape, _cell_dims(s, i, inputs[i], resource))
        for i in range(n_cells, len(inputs)):
            if names[i] == "indices":
                continue
            if names[i] not in ("grad", "delta"):
                dims.with_rank(inputs[i], 0)
            elif not sparse:
                shape = dims.merge(shape, inputs[i])
            else:
                shape = dims.merge(shape, _rows_of(inputs[i], inputs[i + 1]))
        return [] if resource else shape

    return rule


def _cell_dims(s: Any, i: int, given: Any, resource: bool) -> Any:
    """The dims of a variable: of the value behind the handle for resources."""
    if not resource:
        return given
    data = s.tensor(i).handle_data
    return None if data is None else data[1]


def _rows_of(grad: Any, indices: Any) -> Any:
    """The dims of a sparse gradient with any number of rows; checks that there is one an index."""
    (count,) = dims.with_rank(indices, 1)
    if grad is None:
        return None
    if not grad:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    dims.merge_dim(count, grad[0])
    return (None, *grad[1:])


def _kernel(
    cells: Sequence[str],
    rest: Sequence[str],
    rule: Rule,
    lowered: Callable[..., Sequence[Any]] | None,
    resource: bool,
    sparse: bool,
) -> Callable[..., Any]:
    n = len(cells)
    names = [
        x
        for part in rest
        for x in ((part, "indices") if sparse and part in ("grad", "delta") else (part,))
    ]

    def kernel(k: Any, *inputs: Any, **attrs: Any) -> Any:
        stores = inputs[:n]
        values = dict(zip(names, inputs[n:], strict=True))
        grad = values.pop("delta", None)
        grad = values.pop("grad", grad)
        indices = values.pop("indices", None)
        current = [k.read(c) for c in stores]
        if indices is None:
            _check_same(stores, current, grad)
            new = lowered(k, current, grad, values, attrs) if k.xla and lowered else ()
            new = new or rule(k.np, current, grad, values, attrs)
        else:
            new = _rows(k, rule, lowered, current, grad, indices, values, attrs)
        for store, before, after in zip(stores, current, new, strict=True):
            if after is not before:
                k.write(store, after)
        return None if resource else stores[0]

    return kernel


def _check_same(stores: Sequence[Any], current: Sequence[Any], grad: Any) -> None:
    for store, value in zip(stores, current, strict=True):
        if np.shape(value) != np.shape(grad):
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{store.name} and grad do not have the same shape"
                f"{dims.text(np.shape(value))} {dims.text(np.shape(grad))}",
            )


def _rows(
    k: Any,
    rule: Rule,
    lowered: Callable[..., Sequence[Any]] | None,
    current: list[Any],
    grad: Any,
    indices: Any,
    values: Any,
    attrs: Any,
) -> Sequence[Any]:
    """Applies a rule to the rows that `indices` name, one after another where they repeat."""
    if k.xla:
        k.require_within(indices, np.shape(current[0])[0])
        distinct = k.distinct(indices) or np.shape(indices)[0] < 2
        new = lowered(k, current, grad, indices, values, attrs) if lowered and distinct else ()
        return new or _traced_rows(k, rule, current, grad, indices, values, attrs, distinct)
    limit = current[0].shape[0]
    bad = np.flatnonzero((indices < 0) | (indices >= limit))
    if bad.size:
        i = int(bad[0])
        raise errors.InvalidArgumentError(
            None, None, f"Index {int(indices[i])} at offset {i} in indices is out of range"
        )
    result = [c.copy() for c in current]
    unique = np.unique(indices).size == len(indices)
    batches = [np.arange(len(indices))] if unique else [np.array([i]) for i in range(len(indices))]
    for batch in batches:
        at = indices[batch]
        new = rule(np, [r[at] for r in result], grad[batch], values, attrs)
        for r, value in zip(result, new, strict=True):
            r[at] = value
    return result


def _traced_rows(
    k: Any,
    rule: Rule,
    current: list[Any],
    grad: Any,
    indices: Any,
    values: Any,
    attrs: Any,
    distinct: bool,
) -> list[Any]:
    """The same while lowering.

    Every variable is read once and written once, or XLA would copy it whole in between. Rows that
    share an index take turns on what was read.
    """
    xp = k.np
    grad = xp.asarray(grad)
    if distinct:
        new = rule(xp, _rows_at(xp, current, indices), grad, values, attrs)
    else:
        indices, first, turns, places = _turns(xp, indices)
        last = len(places) - 1

        def take_turn(turn: Any, state: Any) -> Any:
            mine = grad[places[xp.minimum(first + turn, last)]]
            new = rule(xp, list(state), mine, values, attrs)
            due = (turn < turns).reshape((-1,) + (1,) * (mine.ndim - 1))
            return tuple(xp.where(due, b, a) for a, b in zip(state, new, strict=True))

        state = tuple(_rows_at(xp, current, indices))
        new = k.lax.fori_loop(0, turns.max(), take_turn, state)
    return [_with_rows(xp.asarray(c), indices, rows) for c, rows in zip(current, new, strict=True)]


def _rows_at(xp: Any, cells: Sequence[Any], indices: Any) -> list[Any]:
    """Rows of variables; any row for what pads the indices."""
    return [
        library.lower_take_rows(xp.asarray(c), indices)
        if library.serves_rows(c, indices)
        else xp.take(c, indices, axis=0, mode="clip")
        for c in cells
    ]


def _with_rows(cell: Any, indices: Any, rows: Any) -> Any:
    """The value of a variable with other rows at distinct indices; what pads them is dropped."""
    if library.serves_rows(cell, indices):
        return library.lower_put_rows(cell, indices, rows)
    return cell.at[indices].set(rows, mode="drop", unique_indices=True)


def _turns(xp: Any, indices: Any) -> tuple[Any, Any, Any, Any]:
    """Groups the places of equal indices.

    Returns:
      (distinct indices, padded at the end by ones that no variable has; for each the place of its
      first turn in the fourth result; how many turns it has; the places, group after group).
    """
    n = indices.shape[0]
    # One sort of index and place together is several times faster than a sort by key.
    keys = xp.sort(xp.asarray(indices).astype(np.int64) * n + xp.arange(n, dtype=np.int64))
    ordered, places = keys // n, keys % n
    starts = xp.concatenate([xp.ones(1, bool), ordered[1:] != ordered[:-1]])
    group = xp.cumsum(starts) - 1
    # Different padding, since a scatter is told that no index comes twice.
    padding = np.iinfo(np.int64).max - np.arange(n)
    distinct = xp.asarray(padding).at[group].set(ordered)
    first = xp.full(n, n, np.int64).at[group].min(xp.arange(n))
    turns = xp.zeros(n, np.int32).at[group].add(1)
    return distinct, first, turns, places


# -- GradientDescent -------------------------------------------------------------------------------
def _gradient_descent(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    (var,) = cells
    return [var - grad * s["alpha"]]


GRADIENT_DESCENT = _declare(
    "GradientDescent", ["var"], ["alpha", "delta"], _gradient_descent, "dense"
)


# -- ProximalGradientDescent -----------------------------------------------------------------------
def _shrunk(xp: Any, value: Any, step: Any, l1: Any, l2: Any) -> Any:
    """The proximal step of an L1 and L2 penalty."""
    soft = xp.sign(value) * xp.maximum(xp.abs(value) - step * l1, xp.zeros_like(value))
    one = xp.ones_like(l2)
    return xp.where(l1 > 0, soft, value) / (one + l2 * step)


def _proximal_gradient_descent(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    (var,) = cells
    alpha = s["alpha"]
    return [_shrunk(xp, var - grad * alpha, alpha, s["l1"], s["l2"])]


PROXIMAL_GRADIENT_DESCENT = _declare(
    "ProximalGradientDescent", ["var"], ["alpha", "l1", "l2", "delta"], _proximal_gradient_descent
)


# -- Momentum --------------------------------------------------------------------------------------
def _momentum(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum = cells
    accum = accum * s["momentum"] + grad
    if attrs["use_nesterov"]:
        return [var - (grad * s["lr"] + accum * s["momentum"] * s["lr"]), accum]
    return [var - accum * s["lr"], accum]


MOMENTUM = _declare(
    "Momentum",
    ["var", "accum"],
    ["lr", "grad", "momentum"],
    _momentum,
    use_nesterov=A.boolean(default=False),
)


# -- KerasMomentum ---------------------------------------------------------------------------------
def _keras_momentum(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum = cells
    accum = accum * s["momentum"] - grad * s["lr"]
    if attrs["use_nesterov"]:
        return [var + (accum * s["momentum"] - grad * s["lr"]), accum]
    return [var + accum, accum]


KERAS_MOMENTUM = _declare(
    "KerasMomentum",
    ["var", "accum"],
    ["lr", "grad", "momentum"],
    _keras_momentum,
    "dense sparse resource only",
    use_nesterov=A.boolean(default=False),
)


# -- Adam ------------------------------------------------------------------------------------------
def _adam(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, m, v = cells
    one = xp.ones_like(s["lr"])
    alpha = s["lr"] * xp.sqrt(one - s["beta2_power"]) / (one - s["beta1_power"])
    m = m + (grad - m) * (one - s["beta1"])
    v = v + (grad * grad - v) * (one - s["beta2"])
    step = grad * (one - s["beta1"]) + s["beta1"] * m if attrs["use_nesterov"] else m
    return [var - step * alpha / (xp.sqrt(v) + s["epsilon"]), m, v]


# For smaller variables a loop of XLA's for each result is as quick.
_LEAST_NATIVE = 1 << 17


def _lowered_adam(k: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    """The native kernel, one pass over memory; XLA on CPUs makes a loop for each result."""
    var, m, v = cells
    if (
        attrs["use_nesterov"]
        or var.size < _LEAST_NATIVE
        or not library.serves_xla("adam", var.dtype)
    ):
        return ()
    xp = k.np
    one = xp.ones((), var.dtype)
    alpha = s["lr"] * xp.sqrt(one - s["beta2_power"]) / (one - s["beta1_power"])
    scalars = xp.stack([alpha, one - s["beta1"], one - s["beta2"], one * s["epsilon"]])
    return library.lower_adam(var, m, v, xp.asarray(grad), scalars)


ADAM = _declare(
    "Adam",
    ["var", "m", "v"],
    ["beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    _adam,
    "dense",
    _lowered_adam,
    use_nesterov=A.boolean(default=False),
)


# -- AdaMax ----------------------------------------------------------------------------------------
def _ada_max(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, m, v = cells
    one = xp.ones_like(s["lr"])
    m = m + (grad - m) * (one - s["beta1"])
    v = xp.maximum(s["beta2"] * v, xp.abs(grad))
    return [var - s["lr"] / (one - s["beta1_power"]) * (m / (v + s["epsilon"])), m, v]


ADA_MAX = _declare(
    "AdaMax",
    ["var", "m", "v"],
    ["beta1_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    _ada_max,
    "dense",
)


# -- RMSProp ---------------------------------------------------------------------------------------
def _rms_prop(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, ms, mom = cells
    one = xp.ones_like(s["lr"])
    ms = ms + (grad * grad - ms) * (one - s["rho"])
    mom = mom * s["momentum"] + (grad * s["lr"]) / xp.sqrt(ms + s["epsilon"])
    return [var - mom, ms, mom]


RMS_PROP = _declare(
    "RMSProp", ["var", "ms", "mom"], ["lr", "rho", "momentum", "epsilon", "grad"], _rms_prop
)


# -- CenteredRMSProp -------------------------------------------------------------------------------
def _centered_rms_prop(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, mg, ms, mom = cells
    one = xp.ones_like(s["lr"])
    ms = ms + (grad * grad - ms) * (one - s["rho"])
    mg = mg + (grad - mg) * (one - s["rho"])
    spread = (ms - mg * mg) + s["epsilon"]
    mom = mom * s["momentum"] + (grad * s["lr"]) / xp.sqrt(spread)
    return [var - mom, mg, ms, mom]


CENTERED_RMS_PROP = _declare(
    "CenteredRMSProp",
    ["var", "mg", "ms", "mom"],
    ["lr", "rho", "momentum", "epsilon", "grad"],
    _centered_rms_prop,
)


# -- Adagrad ---------------------------------------------------------------------------------------
def _adagrad(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum = cells
    if attrs["update_slots"]:
        accum = accum + grad * grad
    one = xp.ones_like(s["lr"])
    return [var - grad * s["lr"] * (one / xp.sqrt(accum)), accum]


def _lowered_adagrad_rows(
    k: Any, cells: Any, grad: Any, indices: Any, s: Any, attrs: Any
) -> Sequence[Any]:
    """The native kernel: rows are read and written once, in place."""
    var, accum = (k.np.asarray(c) for c in cells)
    if not attrs["update_slots"] or not library.serves_rows(var, indices, adds=True):
        return ()
    rate = k.np.asarray(s["lr"], var.dtype)
    return library.lower_adagrad_rows(var, accum, indices, k.np.asarray(grad), rate)


ADAGRAD = _declare(
    "Adagrad",
    ["var", "accum"],
    ["lr", "grad"],
    _adagrad,
    lowered_rows=_lowered_adagrad_rows,
    update_slots=A.boolean(default=True),
)


# -- AdagradV2 -------------------------------------------------------------------------------------
def _adagrad_v2(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum = cells
    if attrs["update_slots"]:
        accum = accum + grad * grad
    return [var - grad * s["lr"] / (xp.sqrt(accum) + s["epsilon"]), accum]


ADAGRAD_V2 = _declare(
    "AdagradV2",
    ["var", "accum"],
    ["lr", "epsilon", "grad"],
    _adagrad_v2,
    update_slots=A.boolean(default=True),
)


# -- ProximalAdagrad -------------------------------------------------------------------------------
def _proximal_adagrad(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum = cells
    accum = accum + grad * grad
    one = xp.ones_like(s["lr"])
    step = s["lr"] * (one / xp.sqrt(accum))
    return [_shrunk(xp, var - grad * step, step, s["l1"], s["l2"]), accum]


PROXIMAL_ADAGRAD = _declare(
    "ProximalAdagrad", ["var", "accum"], ["lr", "l1", "l2", "grad"], _proximal_adagrad
)


# -- AdagradDA -------------------------------------------------------------------------------------
def _adagrad_da(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, total, squares = cells
    total = total + grad
    squares = squares + grad * grad
    step = xp.asarray(s["global_step"]).astype(var.dtype)
    soft = xp.sign(total) * xp.maximum(xp.abs(total) - s["l1"] * step, xp.zeros_like(total))
    numerator = -s["lr"] * xp.where(s["l1"] > 0, soft, total)
    return [numerator / (s["l2"] * step * s["lr"] + xp.sqrt(squares)), total, squares]


ADAGRAD_DA = _declare(
    "AdagradDA",
    ["var", "gradient_accumulator", "gradient_squared_accumulator"],
    ["grad", "lr", "l1", "l2", "global_step"],
    _adagrad_da,
)


# -- Adadelta --------------------------------------------------------------------------------------
def _adadelta(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, accum, accum_update = cells
    one = xp.ones_like(s["lr"])
    rho, epsilon = s["rho"], s["epsilon"]
    accum = accum * rho + grad * grad * (one - rho)
    update = xp.sqrt(accum_update + epsilon) * (one / xp.sqrt(accum + epsilon)) * grad
    accum_update = accum_update * rho + update * update * (one - rho)
    return [var - update * s["lr"], accum, accum_update]


ADADELTA = _declare(
    "Adadelta", ["var", "accum", "accum_update"], ["lr", "rho", "epsilon", "grad"], _adadelta
)


# -- Ftrl ------------------------------------------------------------------------------------------
def _ftrl_step(xp: Any, cells: Any, grad: Any, s: Any, shrunk_grad: Any) -> Any:
    var, accum, linear = cells
    lr, l1, l2 = s["lr"], s["l1"], s["l2"]
    new_accum = accum + grad * grad
    new_power = xp.power(new_accum, -s["lr_power"])
    linear = linear + (shrunk_grad - (new_power - xp.power(accum, -s["lr_power"])) / lr * var)
    numerator = l1 * xp.sign(linear) - linear
    denominator = new_power / lr + l2 + l2
    var = xp.where(xp.abs(linear) > l1, numerator / denominator, xp.zeros_like(var))
    return [var, new_accum, linear]


def _ftrl(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    return _ftrl_step(xp, cells, grad, s, grad)


FTRL = _declare("Ftrl", ["var", "accum", "linear"], ["grad", "lr", "l1", "l2", "lr_power"], _ftrl)


# -- FtrlV2 ----------------------------------------------------------------------------------------
def _ftrl_v2(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    twice = s["l2_shrinkage"] + s["l2_shrinkage"]
    return _ftrl_step(xp, cells, grad, s, grad + twice * cells[0])


FTRL_V2 = _declare(
    "FtrlV2",
    ["var", "accum", "linear"],
    ["grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"],
    _ftrl_v2,
)


# -- AddSign and PowerSign -------------------------------------------------------------------------
def _sign_agreement(xp: Any, m: Any, grad: Any, s: Any) -> Any:
    m = m * s["beta"] + grad * (xp.ones_like(s["beta"]) - s["beta"])
    return m, xp.sign(grad) * xp.sign(m)


def _add_sign(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, m = cells
    m, agreement = _sign_agreement(xp, m, grad, s)
    return [var - s["lr"] * (s["alpha"] + s["sign_decay"] * agreement) * grad, m]


def _power_sign(xp: Any, cells: Any, grad: Any, s: Any, attrs: Any) -> Any:
    var, m = cells
    m, agreement = _sign_agreement(xp, m, grad, s)
    return [var - s["lr"] * xp.exp(s["logbase"] * s["sign_decay"] * agreement) * grad, m]


ADD_SIGN = _declare(
    "AddSign",
    ["var", "m"],
    ["lr", "alpha", "sign_decay", "beta", "grad"],
    _add_sign,
    "dense",
)
POWER_SIGN = _declare(
    "PowerSign",
    ["var", "m"],
    ["lr", "logbase", "sign_decay", "beta", "grad"],
    _power_sign,
    "dense",
)
