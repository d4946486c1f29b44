"""Damaged GraphDefs are refused with an error for users, and leave the graph as it was."""

import pathlib
import random

import pytest

import headrace as tf

GOLDEN = pathlib.Path(__file__).parent / "golden"
FILES = sorted(p for p in GOLDEN.glob("*.pb") if p.stat().st_size < 12000)
COUNT = 60


def change_input(r, nodes, node, other):
    if node.input:
        name = r.choice([other.name, f"{other.name}:1", f"^{other.name}"])
        node.input[r.randrange(len(node.input))] = name


def drop_input(r, nodes, node, other):
    if node.input:
        del node.input[r.randrange(len(node.input))]


def wait(r, nodes, node, other):
    node.input.append(f"^{other.name}")


def change_type(r, nodes, node, other):
    node.op = other.op


def clear_attr(r, nodes, node, other):
    if node.attr:
        node.attr[r.choice(sorted(node.attr))].Clear()


def change_attr(r, nodes, node, other):
    if node.attr and other.attr:
        source = other.attr[r.choice(sorted(other.attr))]
        node.attr[r.choice(sorted(node.attr))].CopyFrom(source)


def rename(r, nodes, node, other):
    node.name = other.name


CHANGES = [change_input, drop_input, wait, change_type, clear_attr, change_attr, rename]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_damaged_graphs(path):
    """Whatever is changed, the import succeeds or raises ValueError or an OpError."""
    r = random.Random(path.stem)
    for _ in range(COUNT):
        graph_def = tf.GraphDef.FromString(path.read_bytes())
        for _ in range(r.choice([1, 1, 2, 3])):
            nodes = list(graph_def.node)
            change = r.choice(CHANGES)
            change(r, nodes, r.choice(nodes), r.choice(nodes))
        with tf.Graph().as_default() as graph:
            try:
                tf.import_graph_def(graph_def, name="")
            except (ValueError, tf.errors.OpError) as e:
                assert str(e)
                assert not graph.get_operations()
                assert graph.as_graph_def() == tf.Graph().as_graph_def()


def test_damaged_bytes():
    """Bytes that are no GraphDef are refused by the message."""
    data = FILES[0].read_bytes()
    for bad in (data[:-3], data[1:], b"\x0a\x05abc"):
        with pytest.raises(Exception, match="Error parsing message"):
            tf.GraphDef.FromString(bad)


def test_a_failed_import_can_be_repeated():
    """Nothing of a failed import stays: names, consumers, control outputs, seeds."""
    graph_def = tf.GraphDef.FromString((GOLDEN / "counter_loop.pb").read_bytes())
    bad = tf.GraphDef()
    bad.CopyFrom(graph_def)
    bad.node.add(name="bad", op="MatMul", input=["x", "x"]).attr[
        "T"
    ].type = tf.float32.as_datatype_enum
    with tf.Graph().as_default() as graph:
        x = tf.constant([1.0, 2.0, 3.0], name="given")
        version = graph._last_id
        for _ in range(2):
            with pytest.raises(ValueError, match="must be rank 2"):
                tf.import_graph_def(bad, {"x:0": x}, name="")
        assert graph._last_id == version
        assert [op.name for op in graph.get_operations()] == ["given"]
        assert not x.consumers()
        tf.import_graph_def(graph_def, {"x:0": x}, name="")
        assert graph.get_tensor_by_name("loop/Exit:0").op.name == "loop/Exit"
