"""What 1.15 answers, as scripts/goldens/core_types.py recorded it, beside what headrace answers."""

from __future__ import annotations

import functools
import importlib.util
import json
import pathlib
import re
import types

from headrace._src.core import dtypes, errors, nest, shape
from headrace._src.core.graphkeys import GraphKeys

ROOT = pathlib.Path(__file__).parents[2]


@functools.cache
def golden() -> dict:
    """The recorded outcomes by group."""
    return json.loads((ROOT / "tests/golden/core_types.json").read_text())


@functools.cache
def script() -> types.ModuleType:
    """The recording script, which also says how outcomes are written down."""
    path = ROOT / "scripts/goldens/core_types.py"
    spec = importlib.util.spec_from_file_location("core_types", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def namespace() -> dict:
    """The names that recorded expressions use, bound to headrace's modules."""
    return script().namespace(
        {"D": dtypes, "S": shape, "N": nest, "R": errors, "GraphKeys": GraphKeys}
    )


def cases(group: str) -> list[str]:
    """The expressions of a group."""
    return sorted(golden()[group])


def check(group: str, expression: str) -> None:
    """Compare headrace's outcome of an expression with the recorded one."""
    ours = script().outcome(expression, namespace())
    assert _neutral(ours) == _neutral(golden()[group][expression])


def _neutral(text: str) -> str:
    """Leave out what differs between Python 3.7 and ours, and between NumPy 1 and 2."""
    text = re.sub(r"\w+\.__init__\(\)", "__init__()", text)
    text = re.sub(r"(ZeroDivisionError): .*", r"\1", text)
    text = re.sub(r"np\.(?:int64|float64)\((\d+)\)", r"\1", text)
    return text.replace("a real number", "a number")
