"""What `import headrace` may cost."""

import subprocess
import sys

LIGHT = """
import sys, time
import numpy
before = set(sys.modules)
start = time.perf_counter()
import headrace
import headrace as tf
with tf.Graph().as_default():
    x = tf.placeholder(tf.float32, [2])
    y = x + 1.0
took = time.perf_counter() - start
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(took, " ".join(sorted(loaded & {"jax", "jaxlib", "google", "absl", "scipy", "PIL", "malt"})))
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_building_a_graph_loads_nothing_heavy():
    """Importing and building loads NumPy only, in less than a second on a busy machine."""
    took, *heavy = run(LIGHT)
    assert not heavy
    assert float(took) < 1.0


def test_import_is_silent():
    """Importing and running a small graph prints nothing."""
    code = (
        "import headrace as tf\n"
        "tf.Session().run(tf.constant(1.0) + 2.0)\n"
        "import threading; assert threading.active_count() == 1, threading.enumerate()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
