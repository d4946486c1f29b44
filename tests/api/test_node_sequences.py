"""The nodes that common calls add, in order, with their inputs, seeds and collections.

The truth is tests/golden/node_sequences.json, recorded from TensorFlow 1.15.5.
"""

import json
import pathlib

import numpy as np
import pytest

import headrace as tf
from headrace._api.namespace import MissingSymbolError

GOLDEN = pathlib.Path(__file__).parents[1] / "golden/node_sequences.json"
# Control flow with Switch and Merge nodes is functional in headrace: other tests compare it.
ENTRIES = {
    name: entry
    for name, entry in json.loads(GOLDEN.read_text("utf-8")).items()
    if not any(node[1] in ("Switch", "Merge") for node in entry["nodes"])
}


@pytest.mark.parametrize("name", ENTRIES)
def test_node_sequence(name):
    """Names, types, inputs, control inputs and seeds are TensorFlow's, in its order."""
    entry = ENTRIES[name]
    graph = tf.Graph()
    with graph.as_default():
        scope = {"tf": tf, "np": np, "C": tf.contrib}
        try:
            tf.set_random_seed(1)
            exec(entry["setup"].replace("tensorflow", "headrace"), scope)
            before = len(graph.get_operations())
            exec(entry["code"], scope)
        except MissingSymbolError as missing:
            pytest.skip(str(missing))
    got = [describe(op) for op in graph.get_operations()[before:]]
    assert got == entry["nodes"]
    for key, wanted in entry["collections"].items():
        assert [getattr(v, "name", str(v)) for v in graph.get_collection(key)] == wanted


def describe(op):
    extra = {}
    if op.control_inputs:
        extra["control"] = [c.name for c in op.control_inputs]
    if "seed" in op.attrs and "seed2" in op.attrs:
        extra["seed"] = [op.attrs["seed"], op.attrs["seed2"]]
    out = [op.name, op.type, [t.name for t in op.inputs]]
    return [*out, extra] if extra else out
