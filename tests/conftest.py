"""Fixtures of all tests: a fresh default graph for each."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def pytest_configure(config):
    """Bring the generated API table up to date before tests import it."""
    if hasattr(config, "workerinput"):
        return
    script = ROOT / "scripts/gen_api.py"
    subprocess.run([sys.executable, script, "--keep-going"], check=True, stderr=subprocess.DEVNULL)


@pytest.fixture(autouse=True)
def fresh_graph():
    """Give every test a default graph of its own."""
    import headrace as tf

    tf.reset_default_graph()
    yield
    tf.reset_default_graph()
