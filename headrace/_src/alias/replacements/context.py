"""Names of `tensorflow.python.eager.context`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

GRAPH_MODE = 0
EAGER_MODE = 1


def executing_eagerly() -> bool:
    """Return whether ops run as they are called."""
    from headrace._api import namespace

    target = namespace.tables()["1"][""].get("executing_eagerly")
    return bool(namespace.resolve(target)()) if target else False


in_eager_mode = executing_eagerly


def enabled() -> bool:
    """Return whether the program behaves as TensorFlow 2: never (`tensorflow.python.tf2`)."""
    return False


def in_graph_mode() -> bool:
    """Return whether calling an op adds it to a graph."""
    return not executing_eagerly()


@contextlib.contextmanager
def graph_mode() -> Iterator[None]:
    """Build graphs in the body.

    Raises:
      RuntimeError: The program executes eagerly.
    """
    if executing_eagerly():
        raise RuntimeError("graph_mode() cannot leave eager execution; use tf.Graph().as_default()")
    yield
