"""`headrace explain`."""

import subprocess
import sys

import pytest

PROGRAM = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [3], name="x")
y = tf.reduce_sum(x * 2.0, name="y")
session = tf.Session()
print(session.run(y, {x: [1, 2, 3]}))
"""


@pytest.mark.slow
def test_explain(tmp_path):
    """The program's own output, then each run's plan, also of a session left open."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    command = [sys.executable, "-m", "headrace._src.cli", "explain", str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "12.0\n"
    for text in ("fetches  y:0", "feeds    x:0", "runs     1, interpreted", "native kernels: "):
        assert text in done.stderr


def test_missing_script(capfd):
    from headrace._src.cli import main

    assert main.main(["explain", "no_such_file.py"]) == 2
    assert "no_such_file.py" in capfd.readouterr().err
