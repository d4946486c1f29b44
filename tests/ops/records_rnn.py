"""Records of recurrent steps; gradients of steps are compared with TensorFlow's in
tests/parity/contrib_rnn.py."""

import numpy as np
from scipy import special

from headrace._src.ops import rnn_blocks
from tests.ops.record import Record, arr

B, D, N, STEPS = 2, 3, 5, 4
WEIGHTS = [arr(D + N, 4 * N), *(arr(N, seed=i) for i in (1, 2, 3)), arr(4 * N, seed=4)]
LSTM = [arr(B, D), arr(B, N, seed=5), arr(B, N, seed=6), *WEIGHTS]
VALUES = [arr(B, N, low=0.1, high=0.9, seed=i) for i in range(10, 18)]
GRU = [arr(B, D), arr(B, N), arr(D + N, 2 * N), arr(D + N, N), arr(2 * N), arr(N)]
OVER_TIME = [arr(STEPS, B, N, low=0.1, high=0.9, seed=i) for i in range(20, 29)]


def _lstm(x, c, h, w, wci, wcf, wco, b):
    i, j, f, o = np.split(np.hstack([x, h]).astype(float) @ w + b, 4, axis=1)
    i, f, j = special.expit(i + wci * c), special.expit(f + 0.5 + wcf * c), np.tanh(j)
    c = np.clip(i * j + f * c, -1.5, 1.5)
    o = special.expit(o + wco * c)
    return [np.float32(v) for v in (i, c, f, o, j, np.tanh(c), o * np.tanh(c))]


def _lstms(x, c, h, *weights):
    steps = []
    for t in range(STEPS):
        values = _lstm(x[t], c, h, *weights) if t < 3 else [np.zeros_like(c)] * 7
        steps.append(values)
        c, h = values[1], values[6]
    return [np.stack(v) for v in zip(*steps, strict=True)]


def _gru(x, h, w_ru, w_c, b_ru, b_c):
    r, u = np.split(special.expit(np.hstack([x, h]).astype(float) @ w_ru + b_ru), 2, axis=1)
    c = np.tanh(np.hstack([x, r * h]) @ w_c + b_c)
    return [np.float32(v) for v in (r, u, c, u * h + (1 - u) * c)]


OPTIONS = {"forget_bias": 0.5, "cell_clip": 1.5, "use_peephole": True}

RECORDS = [
    Record("LSTMBlockCell", lambda tf, *a: rnn_blocks.LSTMBlockCell(*a, **OPTIONS), LSTM, _lstm),
    Record(
        "LSTMBlockCellGrad",
        lambda tf, *a: rnn_blocks.LSTMBlockCellGrad(*a, use_peephole=True),
        LSTM + VALUES,
    ),
    Record(
        "BlockLSTM",
        lambda tf, *a: rnn_blocks.BlockLSTM(tf.constant(3, tf.int64), *a, **OPTIONS),
        [arr(STEPS, B, D), *LSTM[1:]],
        _lstms,
    ),
    Record(
        "BlockLSTMGrad",
        lambda tf, *a: rnn_blocks.BlockLSTMGrad(tf.constant(3, tf.int64), *a, use_peephole=True),
        [arr(STEPS, B, D), *LSTM[1:], *OVER_TIME],
        rtol=1e-4,
        atol=1e-5,
    ),
    Record("GRUBlockCell", lambda tf, *a: rnn_blocks.GRUBlockCell(*a), GRU, _gru),
    Record(
        "GRUBlockCellGrad",
        lambda tf, *a: rnn_blocks.GRUBlockCellGrad(*a),
        GRU + VALUES[:4],
    ),
]
