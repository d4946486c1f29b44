"""Records of connectionist temporal classification; the oracle sums over all paths."""

import itertools

import numpy as np
from scipy import special

from headrace._src.ops import ctc
from tests.ops.record import Record, arr

LABELS = [[0, 1], [1, 1], [0]]
INDICES = np.int64([(b, i) for b, row in enumerate(LABELS) for i in range(len(row))])
VALUES = np.int32([v for row in LABELS for v in row])
LENGTHS = np.int32([4, 4, 2])


def _loss_of(logits, labels):
    probabilities = special.softmax(logits.astype(float), axis=-1)
    blank = logits.shape[-1] - 1
    total = 0.0
    for path in itertools.product(range(blank + 1), repeat=len(logits)):
        merged = [s for s, _ in itertools.groupby(path)]
        if [s for s in merged if s != blank] == labels:
            total += np.prod([probabilities[t, s] for t, s in enumerate(path)])
    return -np.log(total)


def _losses(x):
    return np.float32(
        [_loss_of(x[:n, b], row) for b, (row, n) in enumerate(zip(LABELS, LENGTHS, strict=True))]
    )


RECORDS = [
    Record(
        "CTCLoss",
        lambda tf, x: ctc.CTCLoss(x, INDICES, VALUES, LENGTHS)[0],
        [arr(4, 3, 3)],
        _losses,
        grad=(0,),
    ),
    Record(
        "CTCGreedyDecoder",
        lambda tf, x: ctc.CTCGreedyDecoder(x, [3, 2], merge_repeated=True),
        [np.float32([[[1, 2, 0], [3, 1, 0]], [[0, 4, 1], [1, 0, 5]], [[1, 0, 0], [9, 0, 0]]])],
        lambda x: (
            np.int64([[0, 0], [0, 1], [1, 0]]),
            np.int64([1, 0, 0]),
            np.int64([2, 2]),
            np.float32([[-7], [-8]]),
        ),
    ),
]
