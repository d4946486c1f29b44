"""Steps of recurrent cells as single operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dtypes
from headrace._src.core.opspec import op
from headrace._src.ops._late import late

_FLOATS = (dtypes.float16, dtypes.float32)


def _sigmoid(xp: Any, x: Any) -> Any:
    # By way of tanh nothing overflows.
    half = x.dtype.type(0.5)
    return half * (xp.tanh(half * x) + 1)


def _step(
    xp: Any,
    x: Any,
    state: tuple[Any, Any],
    weights: tuple[Any, ...],
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Any, ...]:
    """One step of a long short-term memory; returns (i, c, f, o, j, tanh(c), h)."""
    (cs, h), (w, wci, wcf, wco, b) = state, weights
    gates = xp.matmul(xp.concatenate([x, h], 1), w) + b
    i, j, f, o = xp.split(gates, 4, axis=1)
    f = f + x.dtype.type(forget_bias)
    if use_peephole:
        i, f = i + cs * wci, f + cs * wcf
    i, f, j = _sigmoid(xp, i), _sigmoid(xp, f), xp.tanh(j)
    cs = j * i + cs * f
    if cell_clip > 0:
        limit = x.dtype.type(cell_clip)
        cs = xp.clip(cs, -limit, limit)
    o = _sigmoid(xp, o + cs * wco if use_peephole else o)
    co = xp.tanh(cs)
    return i, cs, f, o, j, co, co * o


def _step_back(
    xp: Any,
    cs_prev: Any,
    peepholes: tuple[Any, Any, Any],
    values: tuple[Any, ...],
    cs_grad: Any,
    h_grad: Any,
    use_peephole: bool,
) -> tuple[Any, Any, tuple[Any, Any, Any]]:
    """Gradients of one step: of the memory before, of the gates, of the peepholes."""
    (wci, wcf, wco), (i, cs, f, o, j, co) = peepholes, values
    do = o * (1 - o) * h_grad * co
    dcs = (1 - co * co) * h_grad * o + cs_grad
    if use_peephole:
        dcs = dcs + do * wco
    dj = (1 - j * j) * dcs * i
    df = f * (1 - f) * dcs * cs_prev
    di = i * (1 - i) * dcs * j
    cs_prev_grad = dcs * f
    if use_peephole:
        cs_prev_grad = cs_prev_grad + di * wci + df * wcf
        sums = tuple((g * c).sum(0) for g, c in ((di, cs_prev), (df, cs_prev), (do, cs)))
    else:
        sums = tuple(xp.zeros_like(w) for w in peepholes)
    return cs_prev_grad, xp.concatenate([di, dj, df, do], 1), sums


# -- LSTMBlockCell --------------------------------------------------------------------------------
LSTMBlockCell = op(
    "LSTMBlockCell",
    "x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T "
    "-> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T",
    forget_bias=A.number(default=1.0),
    cell_clip=A.number(default=3.0),
    use_peephole=A.boolean(default=False),
    T=_FLOATS,
)


def _batch_by_cell(x: Any, cs_prev: Any) -> Any:
    """Dims `[batch, cell]`."""
    batch = x[0] if x is not None else None
    return (batch, cs_prev[1] if cs_prev is not None else None)


@LSTMBlockCell.shape
def _shape_lstm_block_cell(s, x, cs_prev, h_prev, w, wci, wcf, wco, b):
    return [_batch_by_cell(x, cs_prev)] * 7


@LSTMBlockCell.kernel
def _kernel_lstm_block_cell(
    k, x, cs_prev, h_prev, w, wci, wcf, wco, b, *, forget_bias, cell_clip, use_peephole
):
    xp = k.np_for(x, cs_prev, h_prev, w, wci, wcf, wco, b)
    weights = (w, wci, wcf, wco, b)
    return _step(xp, x, (cs_prev, h_prev), weights, forget_bias, cell_clip, use_peephole)


@LSTMBlockCell.gradient
def _grad_lstm_block_cell(op, *dys):
    x, cs_prev, h_prev, w, wci, wcf, wco, b = op.inputs
    i, cs, f, o, ci, co, _ = op.outputs
    batch = -1 if x.dims[0] is None else x.dims[0]
    depth, size = x.dims[1], cs_prev.dims[1]
    for value, label, source in ((depth, "input_size", "x"), (size, "cell_size", "cs_prev")):
        if value is None:
            raise ValueError(f"{label} from `{source}` should not be None.")
    cs_prev_grad, dicfo, *peepholes = LSTMBlockCellGrad(
        x,
        cs_prev,
        h_prev,
        w,
        wci,
        wcf,
        wco,
        b,
        i,
        cs,
        f,
        o,
        ci,
        co,
        dys[1],
        dys[6],
        use_peephole=op.attrs["use_peephole"],
    )
    xh_grad = late.matmul(dicfo, w, transpose_b=True)
    x_grad = late.slice(xh_grad, (0, 0), (batch, depth))
    h_prev_grad = late.slice(xh_grad, (0, depth), (batch, size))
    w_grad = late.matmul(late.concat([x, h_prev], 1), dicfo, transpose_a=True)
    return x_grad, cs_prev_grad, h_prev_grad, w_grad, *peepholes, late.BiasAddGrad(dicfo)


# -- LSTMBlockCellGrad ----------------------------------------------------------------------------
LSTMBlockCellGrad = op(
    "LSTMBlockCellGrad",
    "x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, cs: T, f: T, o: T, "
    "ci: T, co: T, cs_grad: T, h_grad: T "
    "-> cs_prev_grad: T, dicfo: T, wci_grad: T, wcf_grad: T, wco_grad: T",
    use_peephole=A.boolean(),
    T=_FLOATS,
)


@LSTMBlockCellGrad.shape
def _shape_lstm_block_cell_grad(s, x, cs_prev, h_prev, w, wci, wcf, wco, *rest):
    batch, size = _batch_by_cell(x, cs_prev)
    gates = None if size is None else 4 * size
    return [(batch, size), (batch, gates), wci, wcf, wco]


@LSTMBlockCellGrad.kernel
def _kernel_lstm_block_cell_grad(
    k,
    x,
    cs_prev,
    h_prev,
    w,
    wci,
    wcf,
    wco,
    b,
    i,
    cs,
    f,
    o,
    ci,
    co,
    cs_grad,
    h_grad,
    *,
    use_peephole,
):
    xp = k.np_for(x, cs_prev, h_prev, w, wci, wcf, wco, i, cs, f, o, ci, co, cs_grad, h_grad)
    values = (i, cs, f, o, ci, co)
    back = _step_back(xp, cs_prev, (wci, wcf, wco), values, cs_grad, h_grad, use_peephole)
    return back[0], back[1], *back[2]


LSTMBlockCellGrad.no_gradient("there are no second derivatives of this cell", undefined=True)


# -- BlockLSTM ------------------------------------------------------------------------------------
BlockLSTM = op(
    "BlockLSTM",
    "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T "
    "-> i: T, cs: T, f: T, o: T, ci: T, co: T, h: T",
    forget_bias=A.number(default=1.0),
    cell_clip=A.number(default=3.0),
    use_peephole=A.boolean(default=False),
    T=_FLOATS,
)


@BlockLSTM.shape
def _shape_block_lstm(s, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b):
    time, batch = (None, None) if x is None else x[:2]
    size = None if b is None or b[0] is None else b[0] // 4
    return [(time, batch, size)] * 7


@BlockLSTM.host_kernel
def _kernel_block_lstm(
    k, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *, forget_bias, cell_clip, use_peephole
):
    steps, batch = x.shape[:2]
    outputs = [np.zeros((steps, batch, w.shape[1] // 4), x.dtype) for _ in range(7)]
    cs, h = cs_prev, h_prev
    weights = (w, wci, wcf, wco, b)
    for t in range(min(int(seq_len_max), steps)):
        values = _step(np, x[t], (cs, h), weights, forget_bias, cell_clip, use_peephole)
        for output, value in zip(outputs, values, strict=True):
            output[t] = value
        cs, h = values[1], values[6]
    return outputs


@BlockLSTM.xla_kernel
def _xla_block_lstm(
    k, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *, forget_bias, cell_clip, use_peephole
):
    weights = (w, wci, wcf, wco, b)

    def body(state, inputs):
        t, x_t = inputs
        values = _step(k.np, x_t, state, weights, forget_bias, cell_clip, use_peephole)
        # Steps after the end give zeros.
        values = [k.np.where(t < seq_len_max, v, k.np.zeros_like(v)) for v in values]
        return (values[1], values[6]), values

    first = (k.np.asarray(cs_prev), k.np.asarray(h_prev))
    times = np.arange(x.shape[0], dtype=np.int64)
    _, outputs = k.lax.scan(body, first, (times, k.np.asarray(x)))
    return list(outputs)


@BlockLSTM.gradient
def _grad_block_lstm(op, *dys):
    grads = BlockLSTMGrad(
        *op.inputs, *op.outputs, dys[1], dys[6], use_peephole=op.attrs["use_peephole"]
    )
    return None, *grads


# -- BlockLSTMGrad --------------------------------------------------------------------------------
BlockLSTMGrad = op(
    "BlockLSTMGrad",
    "seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, "
    "cs: T, f: T, o: T, ci: T, co: T, h: T, cs_grad: T, h_grad: T "
    "-> x_grad: T, cs_prev_grad: T, h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, "
    "wco_grad: T, b_grad: T",
    use_peephole=A.boolean(),
    T=_FLOATS,
)


@BlockLSTMGrad.shape
def _shape_block_lstm_grad(s, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *rest):
    return [x, cs_prev, h_prev, w, wci, wcf, wco, b]


def _back_through_time(xp: Any, w: Any, peepholes: Any, use_peephole: bool) -> Any:
    """The step that takes gradients from one step to the one before."""
    depth = w.shape[0] - w.shape[1] // 4

    def step(state: Any, inputs: Any) -> Any:
        (dcs, dh), (x, cs_prev, h_prev, *values, cs_grad, h_grad) = state, inputs
        dcs, gates, of_peepholes = _step_back(
            xp, cs_prev, peepholes, tuple(values), dcs + cs_grad, dh + h_grad, use_peephole
        )
        xh_grad = xp.matmul(gates, w.T)
        w_grad = xp.matmul(xp.concatenate([x, h_prev], 1).T, gates)
        sums = (w_grad, *of_peepholes, gates.sum(0))
        return (dcs, xh_grad[:, depth:]), (xh_grad[:, :depth], sums)

    return step


@BlockLSTMGrad.host_kernel
def _kernel_block_lstm_grad(
    k, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *rest, use_peephole
):
    i, cs, f, o, ci, co, h, cs_grad, h_grad = rest
    step = _back_through_time(np, w, (wci, wcf, wco), use_peephole)
    totals = [np.zeros_like(v) for v in (w, wci, wcf, wco, b)]
    x_grad = np.zeros_like(x)
    state = np.zeros_like(cs_prev), np.zeros_like(h_prev)
    for t in reversed(range(min(int(seq_len_max), x.shape[0]))):
        before = (cs[t - 1], h[t - 1]) if t else (cs_prev, h_prev)
        values = [v[t] for v in (i, cs, f, o, ci, co, cs_grad, h_grad)]
        state, (x_grad[t], sums) = step(state, (x[t], *before, *values))
        totals = [total + part for total, part in zip(totals, sums, strict=True)]
    return [x_grad, *state, *totals]


@BlockLSTMGrad.xla_kernel
def _xla_block_lstm_grad(
    k, seq_len_max, x, cs_prev, h_prev, w, wci, wcf, wco, b, *rest, use_peephole
):
    xp = k.np
    i, cs, f, o, ci, co, h, cs_grad, h_grad = rest
    step = _back_through_time(xp, xp.asarray(w), (wci, wcf, wco), use_peephole)

    def body(carried, inputs):
        t, *values = inputs
        (state, totals), live = carried, t < seq_len_max
        new, (dx, sums) = step(state, values)
        state = tuple(xp.where(live, n, old) for n, old in zip(new, state, strict=True))
        parts = [xp.where(live, part, 0) for part in sums]
        totals = tuple(total + part for total, part in zip(totals, parts, strict=True))
        return (state, totals), xp.where(live, dx, 0)

    state = xp.zeros_like(xp.asarray(cs_prev)), xp.zeros_like(xp.asarray(h_prev))
    totals = tuple(xp.zeros_like(xp.asarray(v)) for v in (w, wci, wcf, wco, b))
    before = [
        xp.concatenate([xp.asarray(first)[None], later[:-1]])
        for first, later in ((cs_prev, cs), (h_prev, h))
    ]
    times = np.arange(x.shape[0], dtype=np.int64)
    values = [xp.asarray(v) for v in (x, *before, i, cs, f, o, ci, co, cs_grad, h_grad)]
    (state, totals), x_grad = k.lax.scan(body, (state, totals), (times, *values), reverse=True)
    return [x_grad, *state, *totals]


BlockLSTMGrad.no_gradient("there are no second derivatives of it", undefined=True)


# -- GRUBlockCell ---------------------------------------------------------------------------------
GRUBlockCell = op(
    "GRUBlockCell",
    "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T -> r: T, u: T, c: T, h: T",
    T=(dtypes.float32,),
)


@GRUBlockCell.shape
def _shape_gru_block_cell(s, x, h_prev, w_ru, w_c, b_ru, b_c):
    return [_batch_by_cell(x, h_prev)] * 4


@GRUBlockCell.kernel
def _kernel_gru_block_cell(k, x, h_prev, w_ru, w_c, b_ru, b_c):
    xp = k.np_for(x, h_prev, w_ru, w_c, b_ru, b_c)
    gates = _sigmoid(xp, xp.matmul(xp.concatenate([x, h_prev], 1), w_ru) + b_ru)
    r, u = xp.split(gates, 2, axis=1)
    c = xp.tanh(xp.matmul(xp.concatenate([x, r * h_prev], 1), w_c) + b_c)
    return r, u, c, u * h_prev + (1 - u) * c


@GRUBlockCell.gradient
def _grad_gru_block_cell(op, *dys):
    x, h_prev, *_ = op.inputs
    r, u, c, _ = op.outputs
    dx, dh_prev, dc_bar, dgates = GRUBlockCellGrad(*op.inputs, r, u, c, dys[3])
    dw_ru = late.matmul(late.concat([x, h_prev], 1), dgates, transpose_a=True)
    db_ru = late.BiasAddGrad(dgates)
    dw_c = late.matmul(late.concat([x, h_prev * r], 1), dc_bar, transpose_a=True)
    return dx, dh_prev, dw_ru, dw_c, db_ru, late.BiasAddGrad(dc_bar)


# -- GRUBlockCellGrad -----------------------------------------------------------------------------
GRUBlockCellGrad = op(
    "GRUBlockCellGrad",
    "x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T, r: T, u: T, c: T, d_h: T "
    "-> d_x: T, d_h_prev: T, d_c_bar: T, d_r_bar_u_bar: T",
    T=(dtypes.float32,),
)


@GRUBlockCellGrad.shape
def _shape_gru_block_cell_grad(s, x, h_prev, w_ru, *rest):
    batch, size = _batch_by_cell(x, h_prev)
    gates = None if w_ru is None else w_ru[1]
    return [x, (batch, size), (batch, size), (batch, gates)]


@GRUBlockCellGrad.kernel
def _kernel_gru_block_cell_grad(k, x, h_prev, w_ru, w_c, b_ru, b_c, r, u, c, d_h):
    xp = k.np_for(x, h_prev, w_ru, w_c, r, u, c, d_h)
    depth = x.shape[1]
    dc_bar = d_h * (1 - u) * (1 - c * c)
    du_bar = d_h * (h_prev - c) * u * (1 - u)
    of_candidate = xp.matmul(dc_bar, w_c.T)
    dx, dkept = of_candidate[:, :depth], of_candidate[:, depth:]
    dgates = xp.concatenate([dkept * h_prev * r * (1 - r), du_bar], 1)
    of_gates = xp.matmul(dgates, w_ru.T)
    dh_prev = of_gates[:, depth:] + dkept * r + d_h * u
    return of_gates[:, :depth] + dx, dh_prev, dc_bar, dgates


GRUBlockCellGrad.no_gradient("there are no second derivatives of this cell", undefined=True)
