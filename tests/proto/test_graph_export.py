"""GraphDefs: message for message those of TensorFlow 1.15."""

import json
import pathlib

import numpy as np
import pytest
from google.protobuf import text_format

import headrace as tf
from headrace._src.proto import graph_export, messages

from .graph_cases import CASES

GOLDEN = json.loads((pathlib.Path(__file__).parent / "graphs_1_15.json").read_text())


def _renumbered(proto):
    """The graph without the numbers that functions get from a counter of the process."""
    names = {f.signature.name for f in proto.library.function}
    text = str(proto)
    for name in names:
        text = text.replace(f'"{name}"', f'"{name.rpartition("_")[0]}"')
    return text_format.Parse(text, messages.GraphDef())


@pytest.mark.parametrize("add_shapes", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_graph_def(name, add_shapes):
    with tf.Graph().as_default() as graph:
        exec(CASES[name], {"tf": tf, "np": np})
    ours = graph.as_graph_def(add_shapes=add_shapes)
    golden = bytes.fromhex(GOLDEN[name][add_shapes]["value"])
    expected = _renumbered(messages.GraphDef.FromString(golden))
    ours = _renumbered(ours)
    for proto in (ours, expected):
        # 1.15 writes its functions in the order of a hash table.
        proto.library.function.sort(key=lambda f: f.signature.name)
    assert [n.name for n in ours.node] == [n.name for n in expected.node]
    for node, wanted in zip(ours.node, expected.node, strict=True):
        assert node == wanted
    assert [f.signature.name for f in ours.library.function] == [
        f.signature.name for f in expected.library.function
    ]
    for function, wanted in zip(ours.library.function, expected.library.function, strict=True):
        assert function == wanted
    assert ours == expected


def test_node_def_and_op_def():
    with tf.Graph().as_default():
        a = tf.constant(1.0, name="a")
        op = tf.add(a, a, name="s").op
    assert list(op.node_def.input) == ["a", "a"]
    definition = graph_export.op_def(op.spec)
    assert [arg.name for arg in definition.input_arg] == ["x", "y"]
    assert definition.attr[0].type == "type"


def test_public_attrs():
    with tf.Graph().as_default():
        p = tf.placeholder(tf.float32, [None, 2])
        c = tf.constant([1, 2])
    assert graph_export.public_attr(p.op, "dtype") == tf.float32
    assert graph_export.public_attr(p.op, "shape").dim[1].size == 2
    assert graph_export.public_attr(c.op, "value").tensor_content == np.int32([1, 2]).tobytes()
