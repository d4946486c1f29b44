#!/usr/bin/env python3
"""Record GraphDefs with old control flow, and what TensorFlow 1.15 computes from them.

    $ORACLE/bin/python tests/graph_def/record_goldens.py [CASE ...]

Writes golden/CASE.pb, the GraphDef, and golden/CASE.json, the runs: fetches, feeds and either the
values or the error's type and first line. It must run on Python 3.7.
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import cases  # noqa: E402


def plain(value):
    array = np.asarray(value)
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": array.ravel().tolist()}


def record(case):
    name = case.__name__
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(7)
        runs = case(tf)
        names = {op.name for op in graph.get_operations()}
        with tf.Session() as session:
            graph_def = graph.as_graph_def()
            if name in cases.FROZEN:
                session.run(tf.global_variables_initializer())
                wanted = sorted({f.split(":")[0] for fetches, _ in runs for f in fetches})
                graph_def = tf.graph_util.convert_variables_to_constants(session, graph_def, wanted)
            elif "init" in names:
                session.run("init")
            done = [one_run(session, fetches, feeds) for fetches, feeds in runs]
    folder = os.path.join(HERE, "golden")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".pb"), "wb") as file:
        file.write(graph_def.SerializeToString(deterministic=True))
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(done, file, indent=1)
        file.write("\n")


def one_run(session, fetches, feeds):
    out = {"fetches": fetches, "feeds": feeds}
    try:
        out["values"] = [None if v is None else plain(v) for v in session.run(fetches, feeds)]
    except tf.errors.OpError as e:
        out["error"] = [type(e).__name__, str(e).split("\n")[0]]
    return out


if __name__ == "__main__":
    for made in cases.CASES:
        if not sys.argv[1:] or made.__name__ in sys.argv[1:]:
            record(made)
