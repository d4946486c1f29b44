"""Fixtures of all tests: a fresh default graph for each."""

import pytest


@pytest.fixture(autouse=True)
def fresh_graph():
    """Give every test a default graph of its own."""
    import headrace as tf

    tf.reset_default_graph()
    yield
    tf.reset_default_graph()
