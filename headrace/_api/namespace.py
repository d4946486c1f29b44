"""Lazy public namespaces (PEP 562) over the generated table of names.

`table.tsv` has one line a public name: name, `module:attribute`, and the API versions ("1", "2" or
"12") that offer it. A namespace imports the defining module at the first use of a name.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import types
from collections.abc import Callable
from typing import Any

ROOT = "headrace"
_HERE = os.path.dirname(__file__)


# What does the work of names of `compat.v2` that are not there, by their first parts.
_INSTEAD = {
    "RaggedTensor": "; pad rows to one length, or use tf.sparse.SparseTensor",
    "RaggedTensorSpec": "; pad rows to one length, or use tf.SparseTensorSpec",
    "data": "; loop over batches in Python, or feed a function that has an input_signature",
    "distribute": "; one process trains, on the devices that tf.device names",
    "estimator": "; write the loop with tf.GradientTape and tf.train.Checkpoint",
    "feature_column": "; use tf.io.parse_example, tf.one_hot and tf.nn.embedding_lookup",
    "keras": "; Keras models, layers and optimizers are no part of it",
    "lite": "; converting models for other runtimes is no part of it",
    "losses": "; tf.compat.v1.losses is there",
    "metrics": "; tf.compat.v1.metrics is there",
    "nn.RNNCellDeviceWrapper": "; tf.compat.v1.nn.rnn_cell.DeviceWrapper is there",
    "nn.RNNCellDropoutWrapper": "; tf.compat.v1.nn.rnn_cell.DropoutWrapper is there",
    "nn.RNNCellResidualWrapper": "; tf.compat.v1.nn.rnn_cell.ResidualWrapper is there",
    "optimizers": "; the optimizers of tf.compat.v1.train are there",
    "quantization": "; models of quantized numbers are no part of it",
    "ragged": "; pad rows to one length, or use tf.sparse.SparseTensor",
    "saved_model.load": "; tf.compat.v1.saved_model.loader.load is there",
    "saved_model.save": "; tf.compat.v1.saved_model.simple_save is there",
    "nn.ctc_loss": "; tf.compat.v1.nn.ctc_loss is there",
    "strings.split": "; tf.compat.v1.strings.split gives a SparseTensor, this one a RaggedTensor",
    "tpu": "; XLA compiles for the devices that JAX finds",
    "train.experimental": "; mixed precision and loss scales are no part of it",
    "xla": "; what is worth it is compiled with XLA without being asked",
}


class MissingSymbolError(AttributeError):
    """A name of the TensorFlow 1.15 API that headrace does not implement.

    It is an `AttributeError`, so that `hasattr` and `getattr` with a default work as for any name.
    """


@functools.cache
def tables() -> dict[str, dict[str, dict[str, str]]]:
    """Return {version: {namespace: {symbol: "module:attribute"}}}."""
    out: dict[str, dict[str, dict[str, str]]] = {"1": {}, "2": {}}
    path = os.path.join(_HERE, "table.tsv")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                name, target, versions = line.rstrip("\n").split("\t")
                space, _, symbol = name.rpartition(".")
                for version in versions:
                    out[version].setdefault(space, {})[symbol] = target
    return out


@functools.cache
def known(version: str = "1") -> dict[str, frozenset[str]]:
    """Return {namespace: symbols} of TensorFlow 1.15, implemented here or not.

    Args:
      version: "1", or "2" for those of `compat.v2`.
    """
    name = "known_1_15.tsv" if version == "1" else "known_2_1_15.tsv"
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return {("" if space == "(root)" else space): frozenset(names.split()) for space, names in rows}


def children(version: str, space: str) -> frozenset[str]:
    """Names of the namespaces directly below `space`."""
    prefix = space + "." if space else ""
    found = {s[len(prefix) :].split(".")[0] for s in tables()[version] if s.startswith(prefix)}
    root = {"compat", "raw_ops"} | ({"contrib"} if version == "1" else set())
    fixed = {"": root, "compat": {"v1", "v2"}}.get(space, set())
    return frozenset((found | fixed) - {""})


def resolve(target: str) -> Any:
    """Import what a "module:attribute" of the table names."""
    module, _, attr = target.partition(":")
    # Python values become tensors by what the package of ops registers.
    importlib.import_module(f"{ROOT}._src.ops")
    value: Any = importlib.import_module(module)
    for part in attr.split("."):
        value = getattr(value, part)
    return value


def public_name(space: str, name: str) -> str:
    return f"{space}.{name}" if space else name


def lookup(version: str, space: str, name: str, module: str) -> Any:
    """Find `name` in a namespace: a symbol, a namespace below, or the error that says why not.

    Args:
      version: "1" or "2".
      space: Namespace below the root, "" for the root itself.
      name: The attribute asked for.
      module: Name of the module as the user sees it, for the error.

    Raises:
      MissingSymbolError: TensorFlow 1.15 has the name and headrace does not.
      AttributeError: Neither has it.
    """
    if name.startswith("__"):
        raise AttributeError(f"module '{module}' has no attribute '{name}'")
    target = tables()[version].get(space, {}).get(name)
    if target is not None:
        return resolve(target)
    if space == "compat" and name in ("v1", "v2"):
        return importlib.import_module(f"{ROOT}.compat.{name}")
    if name in children(version, space):
        return submodule(version, public_name(space, name))
    raise missing(version, space, name, module)


def missing(version: str, space: str, name: str, module: str) -> AttributeError:
    """Return the error for a name that is not there."""
    full = public_name(space, name)
    there = known(version)
    shown = full if version == "1" else f"compat.v2.{full}"
    instead = _instead(full) if version == "2" else ""
    if name in there.get(space, ()):
        return MissingSymbolError(
            f"tf.{shown} is part of TensorFlow 1.15 but not implemented in headrace{instead}"
        )
    if any(s == full or s.startswith(full + ".") for s in there):
        return MissingSymbolError(
            f"headrace implements nothing of TensorFlow 1.15's tf.{shown}{instead}"
        )
    import difflib

    near = difflib.get_close_matches(name, names(version, space), 1)
    hint = f". Did you mean: '{near[0]}'?" if near else ""
    return AttributeError(f"module '{module}' has no attribute '{name}'{hint}")


def _instead(full: str) -> str:
    """What to use instead of a missing name of `compat.v2`, if anything is known to do."""
    while full and full not in _INSTEAD:
        full = full.rpartition(".")[0]
    return _INSTEAD.get(full, "")


def submodule(version: str, space: str) -> types.ModuleType:
    """Return the module of a namespace; those of compat.v2 are made on the spot."""
    if version == "1":
        return importlib.import_module(f"{ROOT}.{space}")
    full = f"{ROOT}.compat.v2.{space}"
    if full not in sys.modules:
        module = types.ModuleType(full, f"The names of `{space}` that TensorFlow 2 keeps.")
        attach(module, "2", space)
        sys.modules[full] = module
    return sys.modules[full]


def names(version: str, space: str) -> list[str]:
    """Public names of a namespace, sorted."""
    return sorted(set(tables()[version].get(space, ())) | children(version, space))


def lazy(module: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for the namespace package `module`."""
    version, space = place(module)

    def get(name: str) -> Any:
        value = lookup(version, space, name, module)
        setattr(sys.modules[module], name, value)
        return value

    def listing() -> list[str]:
        own = vars(sys.modules[module])
        return sorted(set(names(version, space)) | {n for n in own if n.startswith("__")})

    return get, listing, names(version, space)


def place(module: str) -> tuple[str, str]:
    """Return (version, namespace) of a module name; `compat.v1` is the root again."""
    space = module.removeprefix(ROOT).removeprefix(".")
    if space == "compat.v2" or space.startswith("compat.v2."):
        return "2", space[len("compat.v2.") :]
    while space == "compat.v1" or space.startswith("compat.v1."):
        space = space[len("compat.v1.") :]
    return "1", space


def attach(module: types.ModuleType, version: str, space: str) -> None:
    """Give a module made at run time the lazy behaviour of a namespace package."""

    def get(name: str) -> Any:
        value = lookup(version, space, name, module.__name__)
        setattr(module, name, value)
        return value

    module.__dict__["__getattr__"] = get
    module.__dict__["__dir__"] = lambda: names(version, space)
    module.__dict__["__all__"] = names(version, space)
