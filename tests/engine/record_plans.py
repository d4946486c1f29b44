"""How the programs of `plan_programs` are executed, as text; run it to write the snapshot anew.

    python -m tests.engine.record_plans

Every program runs six times as sessions do by themselves (`auto`) and six times compiled from the
first run (`always`). Compilations count over all six runs; what concerns one run is of the last.
"""

import contextlib
import logging
import os
import pathlib
import re
from unittest import mock

import numpy as np

import headrace as tf
from headrace._src.engine import backend, program, resources, segment, staged
from tests.engine.plan_programs import PROGRAMS

GOLDEN = pathlib.Path(__file__).parent / "golden_plans.txt"
RUNS = 6
MODES = ("auto", "always")


class Counts:
    """What happened since the last `reset`: compilations, calls of segments, copies."""

    def __init__(self):
        self.compilations = 0
        self.reset()

    def reset(self):
        """Forgets the calls and copies."""
        self.segments = self.to_device = self.to_host = 0

    def compiled(self, original):
        def compiled(*args):
            self.compilations += 1
            return original(*args)

        return compiled

    def called(self, original):
        def call(item, compiled, cells, values, slots, run, *rest):
            self.segments += 1
            held = [cells[i].stored for i in compiled.layout.reads]
            self.to_device += sum(isinstance(v, (np.ndarray, np.generic)) for v in (*held, *values))
            return original(item, compiled, cells, values, slots, run, *rest)

        return call

    def on_host(self, original):
        def on_host(value):
            self.to_host += isinstance(value, backend.jax().Array) if backend.started() else False
            return original(value)

        return on_host

    @contextlib.contextmanager
    def counting(self):
        """Counts what happens inside."""
        on_host = self.on_host(resources.on_host)
        with contextlib.ExitStack() as stack:
            for owner, name, watcher in (
                (program, "_compiled", self.compiled(program._compiled)),
                (segment.Segment, "call", self.called(segment.Segment.call)),
                (resources, "on_host", on_host),
                (segment, "on_host", on_host),
                (staged, "on_host", on_host),
                (backend, "accelerators", list),
            ):
                stack.enter_context(mock.patch.object(owner, name, watcher))
            yield


def snapshot(name, mode):
    """The lines that describe how one program runs."""
    counts = Counts()
    given = {"HEADRACE_JIT": mode, "HEADRACE_CACHE": "off"}
    with mock.patch.dict(os.environ, given), tf.Graph().as_default(), counts.counting():
        tf.set_random_seed(1)
        scope = {"tf": tf, "np": np}
        exec(compile(PROGRAMS[name], name, "exec"), scope)
        feeds = scope.get("feeds", [{}])
        init = tf.global_variables_initializer()
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
            sess.run(init)
            program._CACHE.clear()
            counts.compilations = 0
            for i in range(RUNS):
                counts.reset()
                sess.run(scope["fetch"], feeds[i % len(feeds)])
            text = str(sess.explain(scope["fetch"], feeds[0]))
    lines = [plain(line) for line in text.splitlines() if not line.startswith(("cost ", "feeds "))]
    last = (
        f"counts   {counts.compilations} compilations, {counts.segments} segments a run, "
        f"{counts.to_device} values to the device, {counts.to_host} to the host"
    )
    return [*lines, last] if mode != "auto" or counts.segments else lines


def plain(line):
    """A line without times."""
    line = re.sub(r"; \S+ µs interpreted, \S+ µs compiled \(static\)", "", line)
    return re.sub(r" in \d+\.\d+ s", "", line)


def everything():
    """The text of the snapshot."""
    lines = []
    for name in PROGRAMS:
        for mode in MODES:
            lines += [f"== {name}, {mode}", *snapshot(name, mode), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    GOLDEN.write_text(everything())
