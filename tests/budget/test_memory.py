"""Memory: many runs of a training step leave the process as large as it was."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
import headrace as tf

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()

x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
w, b = tf.Variable(tf.ones([3, 1])), tf.Variable(tf.zeros([1]))
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
step = tf.train.AdamOptimizer(1e-3).minimize(loss)
feed = {x: np.ones((8, 3), np.float32), y: np.zeros((8, 1), np.float32)}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    # Compiling, which imports JAX, is over by then.
    for _ in range(3000):
        sess.run(step, feed)
    assert sess.explain(step, feed).tier == "compiled"
    before = resident()
    for _ in range(20000):
        sess.run(step, feed)
    print(resident() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_runs_do_not_grow_the_process():
    """20,000 training steps grow the process by less than 5 MB."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 5 * 2**20
