#!/usr/bin/env python3
"""Write the checked-in description of the public API from the `@export` declarations.

    scripts/gen_api.py            write table.tsv, signatures.tsv, namespace packages and their
    .pyi stubs scripts/gen_api.py --check    exit 1 and name the files that are out of date

Every module of headrace._src is imported, found by listing the packages.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import inspect
import os
import pathlib
import pkgutil
import sys
import types
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from headrace._api.export import ENTRIES, Entry  # noqa: E402

API = ROOT / "headrace" / "_api"
# The command line, and the optional library of native kernels, which is no Python module.
SKIPPED_PACKAGES = ("headrace._src.cli", "headrace._src.native._lib")


def import_all(keep_going: bool) -> list[str]:
    """Import all of headrace._src; return the modules that failed."""
    import headrace._src as package

    failed = []
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if info.name.startswith(SKIPPED_PACKAGES):
            continue
        try:
            importlib.import_module(info.name)
        except Exception as error:
            if not keep_going:
                raise
            failed.append(f"{info.name}: {type(error).__name__}: {error}")
    return failed


def attribute(entry: Entry) -> str:
    """Name of the module attribute that holds an exported object."""
    module = vars(sys.modules[entry.module])
    if entry.attr is not None and module.get(entry.attr) is entry.value:
        return entry.attr
    last = [n.rpartition(".")[2] for n in entry.names + entry.v2]
    for name in [*last, *sorted(module)]:
        if name in module and module[name] is entry.value and not name.startswith("__"):
            return name
    raise LookupError(
        f"{(entry.names + entry.v2)[0]}: no attribute of {entry.module} holds the value"
    )


def table() -> dict[tuple[str, str], str]:
    """Return {(public name, "module:attr"): versions}."""
    out: dict[tuple[str, str], str] = {}
    for entry in ENTRIES:
        target = f"{entry.module}:{attribute(entry)}"
        for version, names in (("1", entry.names), ("2", entry.v2)):
            for name in names:
                key = (name, target)
                out[key] = "".join(sorted(set(out.get(key, "") + version)))
    return out


def default_text(value: Any) -> str:
    """Text of a default value, the same on every run."""
    if hasattr(type(value), "as_numpy_dtype"):
        return repr(f"tf.{value.name}")
    if isinstance(value, (type, types.FunctionType)):
        return f"<{value.__name__}>"
    text = repr(value)
    return f"<{type(value).__name__}>" if " at 0x" in text or text.startswith("<") else text


def signature(value: Any) -> str:
    """Argument names, order and defaults, without types."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return "(...)"
    parts, star = [], False
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{p.name}")
            star = True
        elif p.kind is p.VAR_KEYWORD:
            parts.append(f"**{p.name}")
        else:
            if p.kind is p.KEYWORD_ONLY and not star:
                parts.append("*")
                star = True
            parts.append(p.name if p.default is p.empty else f"{p.name}={default_text(p.default)}")
    return f"({', '.join(parts)})"


def kind(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    # Asked of the type: instances may answer any attribute (flag values do).
    return (
        "function" if inspect.isroutine(value) or hasattr(type(value), "__wrapped__") else "value"
    )


def class_rows(name: str, value: type) -> list[str]:
    """Signature rows of the public methods a class defines or inherits from headrace classes."""
    rows = []
    for attr in sorted(dir(value)):
        if attr.startswith("_"):
            continue
        found = inspect.getattr_static(value, attr)
        if isinstance(found, (staticmethod, classmethod)):
            rows.append(f"{name}.{attr}\tmethod\t{signature(getattr(value, attr))}")
        elif inspect.isfunction(found):
            rows.append(f"{name}.{attr}\tmethod\t{signature(found)}")
        elif isinstance(found, property):
            rows.append(f"{name}.{attr}\tproperty\t")
    return rows


def signatures() -> list[str]:
    rows = []
    for entry in ENTRIES:
        for name in entry.names:
            what = kind(entry.value)
            text = signature(entry.value) if what != "value" else type(entry.value).__name__
            rows.append(f"{name}\t{what}\t{text}")
            if what == "class" and name == entry.names[0]:
                rows += class_rows(name, entry.value)
    return sorted(set(rows))


def namespaces(names: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Return {namespace: [(symbol, "module:attr")]} of the v1 API, every parent included."""
    out: dict[str, list[tuple[str, str]]] = {"": [], "compat": [], "contrib": []}
    for (name, target), versions in table().items():
        if "1" not in versions:
            continue
        space, _, symbol = name.rpartition(".")
        out.setdefault(space, []).append((symbol, target))
        while space:
            space = space.rpartition(".")[0]
            out.setdefault(space, [])
    return out


def package_text(space: str) -> str:
    about = f"The names of `tf.{space}`, loaded at first use; made by scripts/gen_api.py."
    about = about if len(about) <= 94 else about.replace("use; ", "use;\n")
    return (
        f'"""{about}"""\n\n'
        "from headrace._api import namespace as _namespace\n\n"
        "__getattr__, __dir__, __all__ = _namespace.lazy(__name__)\n"
    )


@functools.cache
def static_names(module: str) -> frozenset[str]:
    """Names that a module's source defines where a type checker sees them."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    out: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            out.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            out.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            out |= {item.asname or item.name for item in node.names}
    return frozenset(out)


def stub_text(space: str, symbols: list[tuple[str, str]], below: list[str]) -> str:
    lines = [
        f'"""Types of `tf{"." + space if space else ""}` (generated by scripts/gen_api.py)."""',
        "",
    ]
    package = "headrace." + space if space else "headrace"
    for name in below:
        lines.append(f"from {package} import {name} as {name}")
    values: list[str] = []
    for symbol, target in sorted(symbols):
        module, _, attr = target.partition(":")
        if attr in static_names(module):
            lines.append(f"from {module} import {attr} as {symbol}")
        else:
            values.append(f"{symbol}: Any")
    if values:
        lines.insert(2, "from typing import Any\n")
        lines += ["", *values]
    if not space:
        lines += ["", "__version__: str"]
    return "\n".join(lines) + "\n"


def outputs() -> dict[pathlib.Path, str]:
    """Return {path: text} of everything generated."""
    rows = [f"{name}\t{target}\t{v}" for (name, target), v in sorted(table().items())]
    out = {
        API / "table.tsv": "\n".join(rows) + "\n",
        API / "signatures.tsv": "\n".join(signatures()) + "\n",
    }
    spaces = namespaces([])
    for space, symbols in spaces.items():
        folder = ROOT / "headrace" / space.replace(".", "/")
        below = sorted(
            {s[len(space) :].lstrip(".") for s in spaces if s.rpartition(".")[0] == space and s}
        )
        if space == "compat":
            below += ["v1", "v2"]
        if space:
            out[folder / "__init__.py"] = package_text(space)
        out[folder / "__init__.pyi"] = stub_text(space, symbols, below)
    for version in ("v1", "v2"):
        folder = ROOT / "headrace" / "compat" / version
        # Programs ask these modules, as they ask `tensorflow`, which release they are.
        text = package_text(f"compat.{version}") + '__version__ = "1.15.5"\n'
        out[folder / "__init__.py"] = text
    out[ROOT / "headrace/compat/v1/__init__.pyi"] = stub_text(
        "", spaces[""], sorted(s for s in spaces if s and "." not in s)
    )
    return out


def write(path: pathlib.Path, text: str) -> None:
    """Replace a file in one step, so that readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail when out of date"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="leave out modules that fail to import"
    )
    options = parser.parse_args()
    failed = import_all(options.keep_going)
    # A module that failed has left its first exports behind.
    ENTRIES[:] = [entry for entry in ENTRIES if entry.module in sys.modules]
    stale = {p: t for p, t in outputs().items() if not p.exists() or p.read_text("utf-8") != t}
    for line in failed:
        print("left out:", line, file=sys.stderr)
    if options.check:
        for path in stale:
            print(f"out of date: {path.relative_to(ROOT)} (run scripts/gen_api.py)")
        return 1 if stale else 0
    for path, text in stale.items():
        write(path, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
