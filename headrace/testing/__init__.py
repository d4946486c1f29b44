"""Helpers for testing graphs: run a fetch compiled, compare both executors, check gradients."""

from headrace.testing._executors import (
    NotCompiled,
    check_both,
    compare,
    compiles,
    run_compiled,
)
from headrace.testing._gradients import check_gradients

__all__ = [
    "NotCompiled",
    "check_both",
    "check_gradients",
    "compare",
    "compiles",
    "run_compiled",
]
