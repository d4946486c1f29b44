"""One measurement of the foundation workloads in one implementation; prints JSON: workload →
seconds.

Runs on Python 3.7 too, since TensorFlow 1.15 needs it:  python worker_foundation.py
tensorflow|tensorflow2|headrace|jax
"""

import json
import sys
import time

from loading import load


def per_call(function, seconds=0.4):
    """Median of several batches, seconds a call."""
    for _ in range(20):
        function()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        for _ in range(20):
            function()
        times.append((time.perf_counter() - start) / 20)
    return sorted(times)[len(times) // 2]


def trivial_run(tf, np):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        y = x + 1.0
        with tf.Session() as sess:
            value = np.ones(3, np.float32)
            return per_call(lambda: sess.run(y, {x: value}))


def feeds_and_fetches(tf, np):
    with tf.Graph().as_default():
        xs = [tf.placeholder(tf.float32, [None]) for _ in range(20)]
        ys = [x + 1.0 for x in xs]
        with tf.Session() as sess:
            value = np.ones(3, np.float32)
            return per_call(lambda: sess.run(ys, {x: value for x in xs}))


def build(tf, np, count=3000):
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 8])
        start = time.perf_counter()
        y = x
        for _ in range(count // 3):
            y = tf.nn.relu(y * x + x)
        elapsed = time.perf_counter() - start
        return elapsed / (len(graph.get_operations()) - 1)


def first_runs(tf, np):
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [4])
        ys = [tf.reduce_sum(tf.square(x + float(i))) for i in range(100)]
        with tf.Session() as sess:
            sess.run(tf.identity(x), {x: np.ones(4)})
            start = time.perf_counter()
            for y in ys:
                sess.run(y, {x: np.ones(4)})
            return time.perf_counter() - start


def import_and_first_op(impl):
    """Seconds from nothing to a first operation, in this very process."""
    start = time.perf_counter()
    if impl == "jax":
        import jax

        jax.numpy.ones(3) + 1.0
        return None, time.perf_counter() - start
    tf, seconds = load(impl)
    with tf.Graph().as_default():
        tf.placeholder(tf.float32, [None]) + 1.0
    return tf, time.perf_counter() - start


def plain_jax(np):
    import jax

    value = np.ones(3, np.float32)
    add = jax.jit(lambda x: x + 1.0)
    many = jax.jit(lambda xs: [x + 1.0 for x in xs])
    return {
        "run x + 1, one feed": per_call(lambda: np.asarray(add(value))),
        "run 20 feeds, 20 fetches": per_call(lambda: [np.asarray(y) for y in many([value] * 20)]),
    }


def main():
    impl = sys.argv[1]
    tf, first = import_and_first_op(impl)
    import numpy as np

    result = {"import and a first operation": first}
    if impl == "jax":
        result.update(plain_jax(np))
    else:
        result.update(
            {
                "run x + 1, one feed": trivial_run(tf, np),
                "run 20 feeds, 20 fetches": feeds_and_fetches(tf, np),
                "build one operation": build(tf, np),
                "first run of 100 fetches": first_runs(tf, np),
            }
        )
    print(json.dumps(result))


main()
