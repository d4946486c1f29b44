"""`tensorflow.python.util.tf_inspect` and `function_utils`: mostly the standard module."""

from __future__ import annotations

import collections
import inspect
from inspect import (
    Parameter,
    currentframe,
    getcallargs,
    getdoc,
    getfile,
    getfullargspec,
    getmembers,
    getmodule,
    getmro,
    getsource,
    getsourcefile,
    getsourcelines,
    isbuiltin,
    isclass,
    isframe,
    isfunction,
    isgenerator,
    isgeneratorfunction,
    ismethod,
    ismodule,
    isroutine,
    signature,
    stack,
)
from typing import Any

ArgSpec = collections.namedtuple("ArgSpec", ["args", "varargs", "keywords", "defaults"])
FullArgSpec = inspect.FullArgSpec

__all__ = [
    "ArgSpec",
    "FullArgSpec",
    "Parameter",
    "currentframe",
    "fn_args",
    "getargspec",
    "getcallargs",
    "getdoc",
    "getfile",
    "getfullargspec",
    "getmembers",
    "getmodule",
    "getmro",
    "getsource",
    "getsourcefile",
    "getsourcelines",
    "has_kwargs",
    "isbuiltin",
    "isclass",
    "isframe",
    "isfunction",
    "isgenerator",
    "isgeneratorfunction",
    "ismethod",
    "ismodule",
    "isroutine",
    "signature",
    "stack",
]


def getargspec(target: Any) -> ArgSpec:
    """Return (args, varargs, keywords, defaults) of a function.

    Raises:
      ValueError: It has keyword-only arguments or annotations without a place in the result.
    """
    full = inspect.getfullargspec(target)
    if full.kwonlyargs:
        raise ValueError("Function has keyword-only parameters: use getfullargspec()")
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


def fn_args(fn: Any) -> tuple[str, ...]:
    """Return the names of the arguments of a callable, without `self`."""
    parameters = inspect.signature(fn).parameters.values()
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return tuple(p.name for p in parameters if p.kind in kinds)


def has_kwargs(fn: Any) -> bool:
    """Return whether a callable takes `**kwargs`."""
    return any(p.kind is Parameter.VAR_KEYWORD for p in inspect.signature(fn).parameters.values())
