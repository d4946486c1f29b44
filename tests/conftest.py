"""Fixtures of all tests: a fresh default graph for each."""

import os

import pytest

# Tests neither use nor fill the cache of the user; those of the cache have folders of their own.
os.environ["HEADRACE_CACHE"] = "off"


@pytest.fixture(autouse=True)
def fresh_graph():
    """Give every test a default graph of its own."""
    import headrace as tf
    from headrace._src.autodiff import registry

    tf.reset_default_graph()
    tf.disable_control_flow_v2()
    # What one test registers under a name must not be in the way of the next.
    registered = dict(registry._REGISTERED)
    yield
    registry._REGISTERED.clear()
    registry._REGISTERED.update(registered)
    tf.reset_default_graph()
