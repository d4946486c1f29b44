#!/usr/bin/env python3
"""Record what the programs of tests/programs/sources build, compute and print.

    scripts/record_programs.py [NAME ...]                  under the oracle, into
    tests/golden/program_NAME.json
    scripts/record_programs.py --impl headrace NAME OUT    what headrace does
    scripts/record_programs.py --serve                     the same for lines `NAME JIT OUT` from
    the standard input, each in a child of this process, which has imported everything already; it
    answers each with the child's exit status, and the child's errors are in OUT.err

The script starts itself again under the oracle ($ORACLE or ~/.cache/headrace-oracle) for the first
form; it must run
on Python 3.7. Recorded: every node, at exit, of the first graph that a session ran; the sizes of
its collections; the values of every `Session.run`; what was printed; the error, if one ended the
program.
"""

import contextlib
import importlib.util
import io
import json
import os
import runpy
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = os.path.join(ROOT, "tests", "programs", "sources")
MAX_RUNS = 500


def load_parity_recorder():
    path = os.path.join(ROOT, "scripts", "record_parity.py")
    spec = importlib.util.spec_from_file_location("record_parity", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


parity = load_parity_recorder()


def programs():
    return sorted(name[:-3] for name in os.listdir(SOURCES) if name.endswith(".py"))


def golden_path(name):
    return os.path.join(ROOT, "tests", "golden", "program_%s.json" % name)


def watch_runs(v1):
    """Record values of every run; return the lists that fill up: values, graphs."""
    values, graphs, real = [], [], v1.Session.run

    def run(self, fetches, *args, **kwargs):
        if self.graph not in graphs:
            graphs.append(self.graph)
        result = real(self, fetches, *args, **kwargs)
        if len(values) < MAX_RUNS:
            values.append(parity.plain(result))
        return result

    for kind in (v1.Session, v1.InteractiveSession):
        kind.run = run
    return values, graphs


def record(tf, path):
    """Run a program as the main script and return its record."""
    v1 = tf.compat.v1
    values, graphs = watch_runs(v1)
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(path))
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit:
            pass
        except BaseException as caught:
            error = "%s: %s" % (type(caught).__name__, caught)
    graph = graphs[0] if graphs else v1.get_default_graph()
    sizes = {str(key): len(graph.get_collection(key)) for key in graph.get_all_collection_keys()}
    return {
        "nodes": parity.record_nodes(graph),
        "collections": sizes,
        "runs": values,
        "printed": printed.getvalue(),
        "error": error,
    }


def write(got, path):
    """One line a node and a run, so that changes can be read."""

    def dump(value):
        return json.dumps(value, separators=(",", ":"), sort_keys=True)

    with open(path, "w") as file:
        file.write('{"nodes":[\n%s\n],"runs":[\n' % ",\n".join(map(dump, got.pop("nodes"))))
        file.write("%s\n],\n" % ",\n".join(map(dump, got.pop("runs"))))
        file.write(dump(got)[1:] + "\n")


def record_headrace(name, out):
    import headrace.alias

    headrace.alias.install()
    import tensorflow as tf

    write(record(tf, os.path.join(SOURCES, name + ".py")), out)


def serve():
    """Answer requests; a fork costs less than the imports, JAX's above all."""
    import jax  # noqa: F401  (its backends start in the children)

    import headrace

    headrace.Session, headrace.gradients, headrace.train.AdamOptimizer  # noqa: B018
    for line in sys.stdin:
        name, jit, out = line.split()
        child = os.fork()
        if not child:
            status = 1
            os.environ["HEADRACE_JIT"] = jit
            os.dup2(os.open(out + ".err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
            os.dup2(2, 1)
            try:
                record_headrace(name, out)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


def main(argv):
    if argv[:2] == ["--impl", "headrace"]:
        record_headrace(argv[2], argv[3])
    elif argv == ["--serve"]:
        serve()
    elif argv[:1] == ["--here"]:
        import tensorflow as tf

        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
        write(record(tf, os.path.join(SOURCES, argv[1] + ".py")), golden_path(argv[1]))
    else:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        python = parity.oracle_python()
        for name in argv or programs():
            subprocess.check_call(
                [python, "-W", "ignore", os.path.abspath(__file__), "--here", name]
            )
            print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
