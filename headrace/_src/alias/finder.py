"""The import hook: `tensorflow` and everything below it.

Public namespaces are headrace's own modules under their TensorFlow name. Modules that TensorFlow
keeps its sources in are made here; `deep` finds what they hold.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any

import numpy as np

from headrace._api import namespace
from headrace._src.alias import deep

NAME = "tensorflow"
VERSION = "1.15.5"
_PREFIX = NAME + "."


class AliasModule(types.ModuleType):
    """A module made by the alias; it says so when asked for something missing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__all__",):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        value = self._find(name)
        # What a program does to a module (patching, say) stays on that module.
        self.__dict__[name] = value
        return value

    def _find(self, name: str) -> Any:
        return deep.find(self.__name__, name)

    def __dir__(self) -> list[str]:
        return sorted(set(deep.names(self.__name__)) | set(self.__dict__))


class Root(AliasModule):
    """The module `tensorflow`: headrace's root namespace, and the inner packages."""

    def _find(self, name: str) -> Any:
        if name == "__all__":
            return namespace.names("1", "")
        if name in ("python", "core", "contrib", "compat", "examples"):
            return importlib.import_module(_PREFIX + name)
        return namespace.lookup("1", "", name, NAME)

    def __dir__(self) -> list[str]:
        return sorted({*namespace.names("1", ""), *self.__dict__, "python", "core"})


class Contrib(AliasModule):
    """`tensorflow.contrib`: by this name `from tensorflow.contrib import x` asks the finder."""

    def _find(self, name: str) -> Any:
        return namespace.lookup("1", "contrib", name, self.__name__)

    def __dir__(self) -> list[str]:
        return namespace.names("1", "contrib")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads every module whose name starts with `tensorflow`."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module below `tensorflow`, or say what is missing."""
        if fullname != NAME and not fullname.startswith(_PREFIX):
            return None
        kind = _kind(fullname)
        if kind is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        """Return the empty module."""
        made = {NAME: Root, _PREFIX + "contrib": Contrib}.get(spec.name, AliasModule)
        return made(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill the module, or put headrace's own in its place."""
        name = module.__name__
        module.__doc__ = f"headrace under the name `{name}`."
        if name == NAME:
            module.__version__ = VERSION  # type: ignore[attr-defined]
        elif _kind(name) == "public":
            sys.modules[name] = importlib.import_module(_headrace_name(name))


def _headrace_name(name: str) -> str:
    """`tensorflow.compat.v1.nn` and `tensorflow.nn` are both `headrace.nn`."""
    space = name[len(_PREFIX) :]
    while space.startswith("compat.v1."):
        space = space[len("compat.v1.") :]
    return f"{namespace.ROOT}.{space}"


def _kind(name: str) -> str | None:
    """ "root", "public" (a namespace of headrace) or "deep"; None when there is no such module.

    Raises:
      ImportError: TensorFlow 1.15 has the module and headrace does not.
    """
    if name == NAME:
        return "root"
    space = _headrace_name(name)[len(namespace.ROOT) + 1 :]
    if space.startswith("compat.v2."):
        return "public" if _is_v2_space(space[len("compat.v2.") :]) else None
    if space == "contrib":
        return "deep"
    if space in ("compat", "compat.v1", "compat.v2", "raw_ops") or space in _spaces():
        return "public"
    missing = space in namespace.known() and space.startswith("contrib.")
    if deep.is_module(name) and not missing:
        return "deep"
    if any(s == space or s.startswith(space + ".") for s in namespace.known()):
        # A ModuleNotFoundError would be swallowed by `from tensorflow.contrib import x`.
        raise ImportError(
            f"{name} is part of TensorFlow 1.15 but not implemented in headrace", name=name
        )
    return None


def _spaces() -> set[str]:
    spaces = namespace.tables()["1"]
    parts = [s.split(".") for s in spaces if s]
    return {".".join(p[:n]) for p in parts for n in range(1, len(p) + 1)}


def _is_v2_space(space: str) -> bool:
    if space not in namespace.tables()["2"]:
        return False
    namespace.submodule("2", space)
    return True


_finder = Finder()
_printing: dict[str, Any] = {}


def installed() -> bool:
    """Return whether `import tensorflow` finds headrace."""
    return _finder in sys.meta_path


def install() -> None:
    """Make `import tensorflow` find headrace, in this process, until `uninstall()`.

    Raises:
      RuntimeError: A real TensorFlow was imported before.
    """
    if installed():
        return
    if NAME in sys.modules:
        place = getattr(sys.modules[NAME], "__file__", None) or "a module without a file"
        raise RuntimeError(
            f"tensorflow is already imported (from {place}); call headrace.alias.install() before "
            "the first `import tensorflow`, or run the script with `headrace run`."
        )
    sys.meta_path.insert(0, _finder)
    # Programs of that age print NumPy scalars: `2`, not NumPy 2's `np.int64(2)`.
    _printing.update(legacy=np.get_printoptions()["legacy"])
    np.set_printoptions(legacy="1.25")


def uninstall() -> None:
    """Undo `install()`: a later `import tensorflow` is the ordinary one again."""
    if not installed():
        return
    sys.meta_path.remove(_finder)
    np.set_printoptions(**_printing)
    for name in [n for n in sys.modules if n == NAME or n.startswith(_PREFIX)]:
        del sys.modules[name]
