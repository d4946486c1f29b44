"""Graphs: names, scopes, lookups, finalizing, devices, collections."""

import threading

import pytest

import headrace as tf


@pytest.fixture
def graph():
    """A fresh default graph."""
    with tf.Graph().as_default() as g:
        yield g


def test_names_are_unique_whatever_their_case(graph):
    names = [tf.constant(1.0, name=n).op.name for n in ("a", "a", "A", "a_1", "a")]
    assert names == ["a", "a_1", "A_2", "a_1_1", "a_3"]


def test_scopes_nest_reopen_and_reset(graph):
    with tf.name_scope("outer") as outer:
        assert tf.constant(1.0).op.name == "outer/Const"
        with tf.name_scope(None):
            assert tf.constant(1.0).op.name == "Const"
    with tf.name_scope("outer"):
        assert tf.constant(1.0).op.name == "outer_1/Const"
    with tf.name_scope(outer):
        assert tf.constant(1.0).op.name == "outer/Const_1"


@pytest.mark.parametrize("name", ["_a", "a b", "a:0", "-x"])
def test_bad_names(graph, name):
    with pytest.raises(ValueError, match="is not a valid scope name"):
        tf.constant(1.0) + tf.identity(tf.constant(1.0), name=name)


def test_lookups(graph):
    a = tf.constant(1.0, name="a")
    assert graph.get_tensor_by_name("a:0") is a
    assert graph.get_operation_by_name("a") is a.op
    assert graph.as_graph_element("a") is a.op
    with pytest.raises(KeyError, match="refers to an Operation not in the graph"):
        graph.get_operation_by_name("b")
    with pytest.raises(KeyError, match="exists but only has 1 outputs"):
        graph.get_tensor_by_name("a:1")
    with pytest.raises(ValueError, match="is not a valid one"):
        graph.get_tensor_by_name("a:x")
    with pytest.raises(ValueError, match="refers to an Operation, not a Tensor"):
        graph.get_tensor_by_name("a")
    with pytest.raises(TypeError, match="Tensor names are strings"):
        graph.get_tensor_by_name(3)


def test_finalized(graph):
    a = tf.constant(1.0)
    graph.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized and cannot be modified"):
        a + a


def test_two_graphs_do_not_mix(graph):
    a = tf.constant(1.0, name="first")
    with tf.Graph().as_default():
        b = tf.constant(2.0, name="second")
        with pytest.raises(ValueError, match="must be from the same graph as"):
            tf.add(a, b)


def test_control_dependencies(graph):
    a, b, c = (tf.constant(1.0, name=n) for n in "abc")
    with tf.control_dependencies([a]):
        with tf.control_dependencies([b]):
            d = tf.identity(c)
            e = tf.identity(d)
        with tf.control_dependencies(None):
            f = tf.identity(c)
        g = tf.identity(a)
    assert [o.name for o in d.op.control_inputs] == ["a", "b"]
    assert e.op.control_inputs == []
    assert f.op.control_inputs == []
    assert g.op.control_inputs == []


def test_devices(graph):
    with tf.device("/job:ps/cpu:0"):
        a = tf.constant(1.0)
        with tf.device("/gpu:1"):
            b = tf.constant(1.0)
        with tf.device(None):
            c = tf.constant(1.0)
        with tf.device(lambda op: "/device:GPU:2" if op.type == "Const" else ""):
            d = tf.constant(1.0)
    assert a.device == "/job:ps/device:CPU:0"
    assert b.device == "/job:ps/device:GPU:1"
    assert c.device == ""
    assert d.device == "/job:ps/device:GPU:2"


def test_colocation(graph):
    with tf.device("/cpu:0"):
        a = tf.constant(1.0, name="a")
    with tf.device("/gpu:0"), tf.colocate_with(a):
        b = tf.constant(1.0, name="b")
    assert b.op.colocation_groups() == [b"loc:@a"]
    assert b.device == "/device:CPU:0"


def test_collections(graph):
    a = tf.constant(1.0, name="scope_a")
    tf.add_to_collection("things", a)
    graph.add_to_collections(["things", "others"], 3)
    assert tf.get_collection("things") == [a, 3]
    assert tf.get_collection("things", scope="scope") == [a]
    tf.get_collection("things").append(5)
    assert len(tf.get_collection_ref("things")) == 2
    assert graph.get_all_collection_keys() == ["things", "others"]
    graph.clear_collection("things")
    assert tf.get_collection("things") == []


def test_stacks_belong_to_their_thread(graph):
    names = []

    def build():
        with graph.as_default():
            names.append(tf.constant(1.0, name="t").op.name)

    with tf.name_scope("outer"):
        t = threading.Thread(target=build)
        t.start()
        t.join()
    assert names == ["t"]


def test_reset_default_graph():
    tf.reset_default_graph()
    before = tf.get_default_graph()
    tf.reset_default_graph()
    assert tf.get_default_graph() is not before
    with tf.Graph().as_default(), pytest.raises(AssertionError, match="nested graphs"):
        tf.reset_default_graph()


def test_what_a_tensor_is_not(graph):
    a = tf.constant([1.0, 2.0])
    with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
        bool(a)
    with pytest.raises(TypeError, match="iterating over `tf.Tensor` is not allowed"):
        list(a)
    with pytest.raises(TypeError, match="len is not well defined"):
        len(a)


def test_gradient_override(graph):
    @tf.RegisterGradient("TestDoubled")
    def _doubled(op, dy):
        return dy * 2.0

    x = tf.constant(3.0)
    with graph.gradient_override_map({"Identity": "TestDoubled"}):
        y = tf.identity(x)
    (g,) = tf.gradients(y, x)
    with tf.Session() as sess:
        assert sess.run(g) == 2.0


def test_operations_know_the_users_line(graph):
    a = tf.constant(1.0)
    assert a.op.traceback[-1][0].endswith("test_graph.py")
    assert "tf.constant(1.0)" in a.op.traceback[-1][3]


def test_attrs(graph):
    a = tf.placeholder(tf.float32, [None, 2])
    b = tf.matmul(a, a, transpose_b=True)
    assert b.op.get_attr("transpose_b") is True
    assert b.op.get_attr("T") is tf.float32
    assert a.op.get_attr("shape").dim[1].size == 2
    with pytest.raises(ValueError, match="no attr named"):
        b.op.get_attr("nothing")


def test_control_inputs_in_order(graph):
    z, b, a = (tf.constant(1.0, name=n) for n in "zba")
    group = tf.group(z, b, a)
    assert list(group.node_def.input) == ["^z", "^b", "^a"]
    assert list(graph.as_graph_def().node[-1].input) == ["^a", "^b", "^z"]


def test_a_later_shape_is_seen_by_what_was_asked_before(graph):
    x = tf.placeholder(tf.float32)
    size = tf.size(x) * 2
    assert tf.reshape(tf.placeholder(tf.float32), [size]).shape.as_list() == [None]
    x.set_shape([2, 3])
    assert tf.reshape(tf.placeholder(tf.float32), [size]).shape.as_list() == [12]
