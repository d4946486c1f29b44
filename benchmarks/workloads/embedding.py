"""A large embedding of which a step touches few rows, with a small dense layer."""

import numpy as np

from . import cross_entropy, scaled

OPTIMIZER = "adagrad"
# The parameter whose gradient has rows for the lookups only, and the feed that names them.
SPARSE = "table"
ROWS, WIDTH, BATCH, LOOKUPS = 20000, 64, 256, 8


def parameters(random):
    return {
        "table": random.standard_normal((ROWS, WIDTH)).astype(np.float32),
        "w": scaled(random, WIDTH, 10),
        "b": np.zeros(10, np.float32),
    }


def batch(random):
    ids = random.randint(0, ROWS, (BATCH, LOOKUPS)).astype(np.int32)
    return ids, random.randint(0, 10, BATCH).astype(np.int32)


def tensorflow(tf, v, ids, labels):
    x = tf.reduce_mean(tf.nn.embedding_lookup(v["table"], ids), 1)
    logits = tf.matmul(x, v["w"]) + v["b"]
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )


def jax(jax):
    mean = cross_entropy(jax)

    def loss(p, rows, labels):
        x = jax.numpy.mean(rows, 1)
        return mean(x @ p["w"] + p["b"], labels)

    return loss


def torch(torch, params):
    nn = torch.nn
    table = nn.EmbeddingBag.from_pretrained(
        torch.from_numpy(params["table"]), freeze=False, mode="mean", sparse=True
    )
    dense = nn.Linear(WIDTH, 10)
    dense.weight = nn.Parameter(torch.from_numpy(params["w"].T.copy()))
    dense.bias = nn.Parameter(torch.from_numpy(params["b"]))
    entropy = nn.functional.cross_entropy
    return nn.ModuleList([table, dense]), lambda ids, labels: entropy(
        dense(table(ids)), labels.long()
    )
