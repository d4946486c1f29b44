#!/usr/bin/env python3
"""Record what TensorFlow 1.15 builds and computes for the snippets of tests/parity.

    scripts/record_parity.py [FAMILY ...]        (all families when none is named)

The script runs itself again under the oracle: $ORACLE/bin/python, or ~/.cache/headrace-oracle. It
writes tests/golden/parity_FAMILY.json. The functions below also record headrace in
tests/parity/test_parity.py, so both sides go through the same code; it must run on Python 3.7.
"""

import contextlib
import hashlib
import importlib.util
import json
import linecache
import os
import re
import shutil
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAX_TEXT = 500
MAX_VALUES = 64
OPTIONS = {"rtol", "atol", "nodes", "cfv2", "xla", "runs", "error"}


def families():
    """Names of all snippet files."""
    names = os.listdir(os.path.join(ROOT, "tests", "parity"))
    return sorted(
        n[:-3] for n in names if n.endswith(".py") and not n.startswith(("test_", "_", "conftest"))
    )


def load_snippets(family):
    """Return {name: (code, options)} of a family."""
    path = os.path.join(ROOT, "tests", "parity", family + ".py")
    spec = importlib.util.spec_from_file_location("parity_snippets_" + family, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out = {}
    for name, snippet in module.SNIPPETS.items():
        code, options = (snippet, {}) if isinstance(snippet, str) else snippet
        unknown = set(options) - OPTIONS
        if unknown:
            raise ValueError("%s/%s: unknown options %s" % (family, name, sorted(unknown)))
        out[name] = (code, options)
    return out


def golden_path(family):
    return os.path.join(ROOT, "tests", "golden", "parity_%s.json" % family)


def code_digest(code):
    return hashlib.sha1(code.encode()).hexdigest()[:12]


def plain(value):
    """Turn a fetched value into JSON: small arrays whole, big ones as a summary."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    array = np.asarray(value)
    out = {"shape": list(array.shape), "dtype": str(array.dtype)}
    if array.dtype.kind in "biu":
        numbers, convert = array.ravel(), int
    elif array.dtype.kind == "c":
        numbers, convert = array.ravel().astype(np.complex128), _complex
    elif array.dtype.kind == "f" or str(array.dtype) == "bfloat16":
        numbers, convert = array.ravel().astype(np.float64), float
    else:
        out["values"] = [_text(v) for v in array.ravel()[:MAX_VALUES].tolist()]
        return out
    if array.size <= MAX_VALUES:
        out["values"] = [convert(n) for n in numbers]
        return out
    wide = numbers if convert is _complex else numbers.astype(np.float64)
    other = _complex if convert is _complex else float
    out["sum"], out["mean"] = other(wide.sum()), other(wide.mean())
    out["min"], out["max"] = float(abs(wide).min()), float(abs(wide).max())
    out["head"] = [convert(n) for n in numbers[:8]]
    return out


def _complex(number):
    return [float(number.real), float(number.imag)]


def _text(value):
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else repr(value)


def _attr_text(attr, tmp):
    from google.protobuf import text_format

    text = text_format.MessageToString(attr, as_one_line=True).replace(tmp, "TMP")
    # Names of functions, custom gradients and Python functions end in a process-wide counter.
    text = re.sub(r'_\d+(?=(_\d+|_rewritten|_grad)*")', "", text) if "func {" in text else text
    text = re.sub(r'"CustomGradient-\d+"', '"CustomGradient-N"', text)
    text = re.sub(r'"pyfunc_\d+"', '"pyfunc_N"', text)
    text = re.sub(r'"PartitionedCall-\d+"', '"PartitionedCall-N"', text)
    # A map of device counts, in any order.
    counts = re.findall(r"\\n\\007\\n\\003[CG]PU\\020\\00\d", text)
    if len(counts) == 2:
        text = text.replace("".join(counts), "".join(sorted(counts)))
    text = re.sub(r"_temp_[0-9a-f]{32}/part", "_temp_X/part", text)
    if len(text) > MAX_TEXT:
        text = text[:100] + "...#" + hashlib.sha1(text.encode()).hexdigest()
    return text


def record_nodes(graph, tmp="\0"):
    """Return [name, type, inputs, attrs, device] of every node in order of creation."""
    defs = {node.name: node for node in graph.as_graph_def().node}
    out = []
    for op in graph.get_operations():
        node = defs[op.name]
        attrs = {
            k: _attr_text(node.attr[k], tmp) for k in sorted(node.attr) if k != "_output_shapes"
        }
        out.append([node.name, node.op, list(node.input), attrs, node.device])
    return out


def record_error(error, tmp="\0"):
    message = getattr(error, "message", None) or str(error)
    lines = str(message).split("\n")
    return [type(error).__name__, lines[0].replace(tmp, "TMP")]


class Built:
    """A snippet that has been built: its graph, what it asks to be run, or the error it raised."""

    def __init__(self, tf, family, name, code, options, tmp):
        (tf.enable_control_flow_v2 if options.get("cfv2") else tf.disable_control_flow_v2)()
        self.tf, self.tmp, self.graph, self.error = tf, tmp, tf.Graph(), None
        filename = "snippet_%s_%s.py" % (family, name)
        # AutoGraph reads the source of functions through linecache.
        linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        scope = {"tf": tf, "np": np, "tmp": tmp, "__name__": "snippet", "__file__": filename}
        with self.graph.as_default():
            tf.set_random_seed(1)
            try:
                exec(compile(code, filename, "exec"), scope)
            except Exception as error:
                self.error = error
        self.fetch, self.feed = scope.get("fetch"), scope.get("feed")
        self.nodes = None if self.error else record_nodes(self.graph, tmp)

    @contextlib.contextmanager
    def session(self):
        """A session on the graph with everything initialised, adding no node."""
        tf = self.tf
        with self.graph.as_default():
            variables = tf.global_variables() + tf.local_variables()
            tables = tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
        with tf.Session(graph=self.graph) as session:
            for todo in ([v.initializer for v in variables], tables):
                if todo:
                    session.run(todo)
            yield session

    def values(self, run, runs=1):
        """Values of `runs` runs as JSON (one run: its value); `run` is (session, fetch, feed)."""
        with self.session() as session:
            got = [plain(run(session, self.fetch, self.feed)) for _ in range(runs)]
        return got[0] if runs == 1 else got


def record(tf, family, name, code, options):
    """Run one snippet and return its record."""
    tmp = tempfile.mkdtemp()
    try:
        built = Built(tf, family, name, code, options, tmp)
        if built.error is not None:
            return {"error": record_error(built.error, tmp)}
        out = {"nodes": built.nodes} if options.get("nodes", True) else {}
        if built.fetch is not None:
            try:
                out["value"] = built.values(
                    lambda s, fetch, feed: s.run(fetch, feed), options.get("runs", 1)
                )
            except Exception as error:
                out["error"] = record_error(error, tmp)
        return out
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def write_family(tf, family):
    """Record a family under the oracle and write its golden file."""
    lines, failed = [], 0
    for name, (code, options) in load_snippets(family).items():
        got = record(tf, family, name, code, options)
        got["code"] = code_digest(code)
        if "error" in got:
            failed += 1
            print("  %s/%s: %s: %s" % ((family, name) + tuple(got["error"])))
        lines.append(
            "%s:%s" % (json.dumps(name), json.dumps(got, separators=(",", ":"), sort_keys=True))
        )
    with open(golden_path(family), "w") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print("%s: %d snippets, %d of them errors" % (family, len(lines), failed))


def oracle_python():
    home = os.environ.get("ORACLE") or os.path.join(
        os.path.expanduser("~"), ".cache", "headrace-oracle"
    )
    path = os.path.join(home, "bin", "python")
    if not os.path.exists(path):
        sys.exit(
            "No oracle at %s: set ORACLE to a virtual environment with TensorFlow 1.15.5." % home
        )
    return path


def main(argv):
    if argv[:1] != ["--here"]:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        python = oracle_python()
        os.execv(python, [python, os.path.abspath(__file__), "--here"] + argv)
    import warnings

    warnings.simplefilter("ignore")
    import tensorflow as tf

    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    for family in argv[1:] or families():
        write_family(tf, family)


if __name__ == "__main__":
    main(sys.argv[1:])
