"""The example trains to a good accuracy, prints progress and writes readable event files."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.slow
def test_digits(tmp_path):
    """`headrace run examples/digits.py` reaches 97 % and logs graph, loss and accuracy."""
    command = [
        sys.executable,
        "-m",
        "headrace",
        "run",
        "examples/digits.py",
        f"--logdir={tmp_path}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    share = float(re.search(r"accuracy on 397 test images: ([\d.]+)", done.stdout)[1])
    assert share >= 0.97
    assert len(re.findall(r"^step ", done.stdout, re.M)) == 9

    import headrace as tf

    (path,) = tmp_path.iterdir()
    events = list(tf.train.summary_iterator(str(path)))
    assert any(event.HasField("graph_def") for event in events)
    tags = {value.tag for event in events for value in event.summary.value}
    assert tags == {"loss", "accuracy"}
