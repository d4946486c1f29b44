"""A forked child is told at once that it cannot run compiled code; interpreting goes on."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.xla

PROGRAM = """
import os, warnings
warnings.simplefilter("ignore")
import headrace as tf
x = tf.placeholder(tf.float32, [2])
y = tf.tanh(x)
os.environ["HEADRACE_JIT"] = "off"
cold = tf.Session()
os.environ["HEADRACE_JIT"] = "always"
hot = tf.Session()
hot.run(y, {x: [1, 2]})
pid = os.fork()
if pid == 0:
    code = 1
    try:
        cold.run(y, {x: [1, 2]})
        try:
            hot.run(y, {x: [1, 2]})
        except tf.errors.FailedPreconditionError as e:
            code = 0 if "forked" in e.message else 2
    finally:
        os._exit(code)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


def test_child_of_a_compiling_parent(monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "off")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    done = subprocess.run([sys.executable, "-c", PROGRAM], timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
