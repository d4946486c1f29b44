"""Names of `tensorflow.python.framework.test_util` beside the assertions of `tf.test.TestCase`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from headrace._src.platform.test_case import TestCase

T = TypeVar("T")

TensorFlowTestCase = TestCase


def _graph_mode(function: Any = None, **options: Any) -> Any:
    """Run the test as it is: in graph mode."""
    return function if function is not None else lambda target: target


run_in_graph_and_eager_modes = run_deprecated_v1 = run_all_in_graph_and_eager_modes = _graph_mode


def run_v1_only(reason: str) -> Callable[[T], T]:
    """Run the test as it is."""
    return lambda target: target


disable_xla = run_v1_only
