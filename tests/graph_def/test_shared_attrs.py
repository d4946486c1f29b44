"""Nodes with the same attrs share what is read of them; what differs or changes stays apart."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.graph_def import nodes as nodes_lib
from headrace._src.graph_def import records
from headrace._src.graph_def.order import import_order


def exported():
    """Constants with equal attrs, of which one is colocated."""
    with tf.Graph().as_default() as graph:
        a = tf.constant([1.0, 2.0], name="a")
        with tf.colocate_with(a):
            tf.constant([1.0, 2.0], name="b")
        tf.constant([1.0, 2.0], name="c")
        tf.constant([1.0, 3.0], name="d")
        return graph.as_graph_def()


@pytest.mark.parametrize("order", ["abcd", "bacd", "dcab"])
def test_groups_belong_to_one_node(order):
    """Whichever node is read first, only `b` is colocated."""
    graph_def = exported()
    by_name = {node.name: node for node in graph_def.node}
    given = tf.GraphDef(node=[by_name[n] for n in order], versions=graph_def.versions)
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(given, name="x")
    assert {op.name: op.colocation_groups() for op in graph.get_operations()} == {
        "x/a": [b"loc:@x/a"],
        "x/b": [b"loc:@x/a"],
        "x/c": [b"loc:@x/c"],
        "x/d": [b"loc:@x/d"],
    }


def test_changes_stay_with_one_operation():
    """An attr that is set on one operation is not set on others, nor is a fetched value theirs."""
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(exported(), name="")
        a, c = graph.get_operation_by_name("a"), graph.get_operation_by_name("c")
        a._set_attr("_mark", True)
        assert a.get_attr("_mark")
        with pytest.raises(ValueError, match="no attr named '_mark'"):
            c.get_attr("_mark")
        with tf.Session() as session:
            session.run("a:0")[0] = 7.0
            np.testing.assert_array_equal(session.run("c:0"), [1.0, 2.0])


def test_defaults_are_filled_into_each():
    """Attrs left out are filled into every NodeDef of the argument, as 1.15 does."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 2])
        for name in "pqr":
            tf.matmul(x, x, name=name)
        graph_def = graph.as_graph_def()
    for node in graph_def.node[1:]:
        del node.attr["transpose_a"]
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        assert [op.get_attr("transpose_a") for op in graph.get_operations()[1:]] == [False] * 3
    assert all("transpose_a" in node.attr for node in graph_def.node[1:])


def test_long_groups_are_checked():
    """A colocation group of any length must name a node."""
    graph_def = exported()
    missing = "z" * 200
    graph_def.node[1].attr["_class"].list.s[:] = [f"loc:@{missing}".encode()]
    with tf.Graph().as_default(), pytest.raises(ValueError) as caught:
        tf.import_graph_def(graph_def)
    assert str(caught.value) == (f"Node 'b' expects to be colocated with unknown node '{missing}'")


def test_a_merge_whose_next_value_is_mapped_comes_first():
    """As in 1.15 it then waits for no data input; other nodes come in the order of their inputs."""
    graph_def = tf.GraphDef()
    graph_def.node.add(name="merge", op="Merge", input=["enter", "next"])
    graph_def.node.add(name="enter", op="Enter", input=["x"])
    graph_def.node.add(name="next", op="NextIteration", input=["merge"])
    graph_def.node.add(name="x", op="Placeholder")
    made = records.of(graph_def.node)
    used = set()
    assert list(import_order(made, nodes_lib.linked(made, {}, used))) == [3, 1, 0, 2]
    with tf.Graph().as_default():
        mapped = {nodes_lib.Parsed("next", 0): tf.constant(1.0)}
        assert list(import_order(made, nodes_lib.linked(made, mapped, used))) == [0, 2, 3, 1]
    assert used == set(mapped)
