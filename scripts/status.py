#!/usr/bin/env python3
"""Count what headrace covers.

scripts/status.py            print the status line
scripts/status.py --write    put it into README.md, between the status marks
"""

from __future__ import annotations

import importlib.util
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MARKS = re.compile(r"(<!-- status -->\n).*?(\n<!-- /status -->)", re.S)

_spec = importlib.util.spec_from_file_location("gen_api", ROOT / "scripts/gen_api.py")
gen_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gen_api)


def status() -> str:
    """Return the status line."""
    gen_api.import_all(keep_going=False)
    from headrace._api import export, namespace
    from headrace._src.core import opspec

    outside = ("keras", "contrib")
    known = {
        namespace.public_name(space, name)
        for space, names in namespace.known().items()
        for name in names
        if space.split(".")[0] not in outside
    }
    symbols = known & set(export.NAMES)
    ops = opspec.registered().values()
    compiled = [op for op in ops if op.xla is not None]
    snippets = sum(
        len(json.loads(path.read_text("utf-8")))
        for path in (ROOT / "tests/golden").glob("parity_*.json")
    )
    return (
        f"Status: {len(symbols):,} of the {len(known):,} public symbols of TensorFlow 1.15 outside "
        f"`tf.keras` and `tf.contrib`; {len(ops)} ops, {len(compiled)} of them compiled too; "
        f"{snippets} snippets compared with TensorFlow 1.15.5 node for node and value for value."
    )


def main() -> None:
    line = status()
    if "--write" not in sys.argv[1:]:
        print(line)
        return
    readme = ROOT / "README.md"
    text = MARKS.sub(lambda m: m[1] + line + m[2], readme.read_text("utf-8"))
    readme.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
