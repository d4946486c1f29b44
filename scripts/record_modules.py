#!/usr/bin/env python3
"""Record, under the oracle, what TensorFlow 1.15 offers and in which of its modules.

    ORACLE/bin/python scripts/record_modules.py [SIGNATURES.tsv]        (Python 3.7)

Writes three lists of names:
  headrace/_api/known_1_15.tsv      public namespace <tab> its symbols; "(root)" is the root
  headrace/_api/known_2_1_15.tsv    the same of compat.v2
  headrace/_src/alias/modules.tsv   Python module <tab> symbols in it; `attr=public.name` where the
                                    attribute is not the public name's last part, `v2:` where only
                                    compat.v2 has it
"""

import os
import sys
import types
import warnings

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIP = {"python", "core", "compiler", "lite", "compat", "raw_ops", "tools", "_api", "quantization"}
WHOLE = (
    "ops",
    "framework",
    "platform",
    "training",
    "util",
    "lib",
    "layers",
    "client",
    "summary",
    "saved_model",
)


def walk(module, prefix, out, inside, seen):
    """Collect {public name: object} below a module; `inside` says which submodules are public."""
    seen.add(id(module))
    children = []
    for name in sorted(getattr(module, "_dir", None) or dir(module)):
        if name.startswith("_") or name in SKIP:
            continue
        try:
            value = getattr(module, name)
        except Exception:
            continue
        if isinstance(value, types.ModuleType):
            if inside(value.__name__) and id(value) not in seen:
                children.append((name, value))
        elif not type(value).__name__ == "_Feature":
            out[prefix + name] = value
    for name, child in children:
        walk(child, prefix + name + ".", out, inside, seen)


def public_api(name):
    return "_api" in name


def public_contrib(name):
    parts = name.split(".")
    return (
        parts[1:2] == ["contrib"]
        and "python" not in parts
        and "ops" not in parts
        and len(parts) <= 4
    )


def symbols(tf):
    v1, v2, contrib = {}, {}, {}
    walk(tf.compat.v1, "", v1, public_api, set())
    # Some packages are reached through wrappers which are not _api modules.
    for name in (
        "app",
        "flags",
        "logging",
        "gfile",
        "test",
        "summary",
        "layers",
        "losses",
        "estimator",
        "keras",
    ):
        walk(getattr(tf.compat.v1, name), name + ".", v1, public_api, set())
    for name in dir(tf.compat):
        if not isinstance(getattr(tf.compat, name), types.ModuleType) and name[0] != "_":
            v1["compat." + name] = getattr(tf.compat, name)
    v1["test.mock"] = tf.test.mock
    walk(tf.compat.v2, "", v2, public_api, set())
    tf.contrib.layers
    for name in sorted(dir(tf.contrib)):
        child = getattr(tf.contrib, name)
        if isinstance(child, types.ModuleType) and child.__name__.split(".")[1:2] == ["contrib"]:
            walk(child, "contrib.%s." % name, contrib, public_contrib, set())
    return v1, v2, contrib


def write_known(names, packages, file_name):
    spaces = {}
    for name in names:
        space, _, symbol = name.rpartition(".")
        spaces.setdefault(space or "(root)", set()).add(symbol)
    # Methods and properties of classes are not names of the API.
    for package in packages:
        spaces.setdefault(package, set())
    with open(os.path.join(ROOT, "headrace", "_api", file_name), "w") as file:
        for space in sorted(spaces):
            file.write("%s\t%s\n" % (space, " ".join(sorted(spaces[space]))))


def owners(v1, v2, contrib):
    """Return {id: public name}; v1 wins over contrib over v2, short names over long ones."""
    out = {}
    for table, mark in ((v1, ""), (contrib, ""), (v2, "v2:")):
        for name in sorted(table, key=lambda n: (n.count("."), len(n), n)):
            value = table[name]
            if callable(value) or type(value).__name__ == "DType":
                out.setdefault(id(value), mark + name)
    return out


def write_modules(public):
    with open(os.path.join(ROOT, "headrace", "_src", "alias", "modules.tsv"), "w") as file:
        for path, module in sorted(sys.modules.items()):
            name = path.replace("tensorflow_core.", "tensorflow.", 1)
            inner = name.split(".")[-1]
            if module is None or not name.startswith(("tensorflow.python", "tensorflow.contrib")):
                continue
            if inner.startswith("gen_") or "keras" in name and "contrib" in name:
                continue
            tokens = []
            whole = (
                hasattr(module, "__path__") or path.split(".")[2:3] and path.split(".")[2] in WHOLE
            )
            for attr, value in sorted(vars(module).items()):
                if (
                    id(value) not in public
                    or isinstance(value, types.ModuleType)
                    or attr.startswith("_")
                ):
                    continue
                if whole or getattr(value, "__module__", None) == path:
                    owner = public[id(value)]
                    tokens.append(
                        owner if owner.split(".")[-1] == attr else "%s=%s" % (attr, owner)
                    )
            if tokens:
                file.write("%s\t%s\n" % (name, " ".join(tokens)))


def main():
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    warnings.simplefilter("ignore")
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.FATAL)
    v1, v2, contrib = symbols(tf)
    facts = []
    if len(sys.argv) > 1:
        rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
        facts = [row[0][3:] for row in rows if row[1] in ("function", "class", "value")]
    packages = [
        "contrib." + n
        for n in dir(tf.contrib)
        if isinstance(getattr(tf.contrib, n), types.ModuleType)
    ]
    names = list(v1) + list(contrib) + facts
    write_known(names, [p for p in packages if "_" != p[8]], "known_1_15.tsv")
    everything = {}
    walk(tf.compat.v2, "", everything, lambda module: "tensorflow" in module, set())
    write_known([n for n in everything if not n.startswith("raw_ops.")], [], "known_2_1_15.tsv")
    write_modules(owners(v1, v2, contrib))


main()
