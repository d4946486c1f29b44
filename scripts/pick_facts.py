#!/usr/bin/env python3
"""Copy, from recorded facts about TensorFlow 1.15, those about what headrace has.

    scripts/pick_facts.py DIRECTORY

DIRECTORY holds api_1_15.tsv (public signatures), ops_1_15.json (op registry) and
gradients_1_15.json (op type: whether its registered gradient is a function; absent: none is
registered). Writes tests/golden/api_1_15.tsv (exported symbols and their methods),
tests/golden/ops_1_15.json and tests/golden/gradients_1_15.json (registered ops).
"""

from __future__ import annotations

import importlib.util
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"

_spec = importlib.util.spec_from_file_location("gen_api", ROOT / "scripts/gen_api.py")
gen_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gen_api)


def pick_api(source: pathlib.Path) -> None:
    """Keep functions, classes and methods whose symbol is exported, without the leading `tf.`."""
    exported = {name for name, _ in gen_api.table()}
    kept = []
    for line in source.read_text("utf-8").splitlines():
        name, kind, signature = line.split("\t")
        name = name.removeprefix("tf.")
        owner = name.rpartition(".")[0]
        if kind in ("function", "class") and name in exported:
            kept.append(f"{name}\t{kind}\t{signature}")
        elif kind == "method" and owner in exported and signature:
            kept.append(f"{name}\t{kind}\t{signature}")
    (GOLDEN / "api_1_15.tsv").write_text("\n".join(sorted(kept)) + "\n", "utf-8")
    print(f"{len(kept)} signatures")


def pick_ops(source: pathlib.Path) -> None:
    """Keep the interfaces of registered ops, one a line."""
    from headrace._src.core import opspec

    facts = json.loads(source.read_text("utf-8"))
    kept = {name: facts[name] for name in sorted(opspec.registered()) if name in facts}
    rows = [
        f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)}" for name, value in kept.items()
    ]
    (GOLDEN / "ops_1_15.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
    print(f"{len(kept)} ops")


def pick_gradients(source: pathlib.Path) -> None:
    """Keep what is registered as the gradients of registered ops."""
    from headrace._src.core import opspec

    facts = json.loads(source.read_text("utf-8"))
    kept = {name: facts[name] for name in sorted(opspec.registered()) if name in facts}
    path = GOLDEN / "gradients_1_15.json"
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    print(f"{len(kept)} gradients")


def main(directory: str) -> None:
    for line in gen_api.import_all(keep_going=True):
        print("left out:", line)
    gen_api.ENTRIES[:] = [e for e in gen_api.ENTRIES if e.module in sys.modules]
    pick_api(pathlib.Path(directory) / "api_1_15.tsv")
    pick_ops(pathlib.Path(directory) / "ops_1_15.json")
    gradients = pathlib.Path(directory) / "gradients_1_15.json"
    if gradients.exists():
        pick_gradients(gradients)


if __name__ == "__main__":
    main(sys.argv[1])
