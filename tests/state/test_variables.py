"""What parity with TensorFlow cannot show of variables: threads, users' lines, isolation."""

import threading

import numpy as np
import pytest

import headrace as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as made:
        yield made


def _line_of(text):
    """The number of the line of this file that holds `text`."""
    with open(__file__, encoding="utf-8") as file:
        return next(n for n, line in enumerate(file, 1) if text in line and "_line_of" not in line)


def test_scopes_belong_to_their_thread(graph):
    """A variable scope opened in one thread does not prefix names made in another."""
    names = []
    opened, done = threading.Event(), threading.Event()

    def other():
        with graph.as_default(), tf.variable_scope("other"):
            opened.set()
            done.wait(10)
            names.append(tf.get_variable("x", [1]).name)

    thread = threading.Thread(target=other)
    thread.start()
    opened.wait(10)
    with tf.variable_scope("main"):
        names.append(tf.get_variable("x", [1]).name)
    done.set()
    thread.join()
    assert names == ["main/x:0", "other/x:0"]


def test_creators_belong_to_their_thread(graph):
    """A variable creator of one thread does not see variables of another."""
    seen = []

    def creator(next_creator, **kwargs):
        seen.append(kwargs["name"])
        return next_creator(**kwargs)

    def other():
        with graph.as_default():
            tf.Variable(1.0, name="b")

    with tf.variable_creator_scope(creator):
        tf.Variable(1.0, name="a")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == ["a"]


def test_scopes_belong_to_their_graph():
    """Another graph starts at the root scope with nothing to share."""
    with tf.variable_scope("a"):
        tf.get_variable("x", [1])
        with tf.Graph().as_default():
            assert tf.get_variable("x", [1]).name == "x:0"


def test_duplicate_names_both_lines():
    """The error about a variable that exists says where it was made and where it was asked for."""
    tf.get_variable("twice", [1])  # made here
    with pytest.raises(ValueError, match="^Variable twice already exists, disallowed") as caught:
        tf.get_variable("twice", [1])  # asked for here
    text = str(caught.value)
    assert f"{__file__}:{_line_of('# made here')}" in text
    assert f"{__file__}:{_line_of('# asked for here')}" in text


def test_improper_nesting():
    """Leaving scopes in another order than they were entered is refused."""
    a, b = tf.variable_scope("a"), tf.variable_scope("b")
    a.__enter__()
    b.__enter__()
    with pytest.raises(RuntimeError, match="Improper nesting of variable_scope"):
        a.__exit__(None, None, None)
    b.__exit__(None, None, None)


def test_error_inside_scope_restores_it():
    """An exception leaves the outer variable scope and name scope behind."""
    with pytest.raises(KeyError):
        with tf.variable_scope("a"):
            raise KeyError("x")
    assert tf.get_variable_scope().name == ""
    assert tf.constant(1.0).name == "Const:0"


@pytest.mark.parametrize("use_resource", [False, True])
def test_failing_run_keeps_values(use_resource):
    """A run that fails after an assignment leaves the variable as it was."""
    v = tf.Variable([1.0, 2.0], use_resource=use_resource)
    p = tf.placeholder(tf.float32)
    done = v.assign([5.0, 6.0])
    with tf.control_dependencies([done.op]):
        bad = v.assign_add(p)
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(bad.op, {p: [1.0, 2.0, 3.0]})
        np.testing.assert_array_equal(session.run(v), [1.0, 2.0])


def test_assign_shape_error():
    """Assigning another shape at run time names both shapes and the node."""
    v = tf.Variable([1.0, 2.0])
    p = tf.placeholder(tf.float32)
    bad = tf.assign(v, p, name="bad")
    with tf.Session() as session:
        session.run(v.initializer)
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"^Assign requires shapes of both tensors to match. "
            r"lhs shape= \[2\] rhs shape= \[3\]",
        ) as caught:
            session.run(bad, {p: [1.0, 2.0, 3.0]})
    assert caught.value.op.name == "bad"


@pytest.mark.parametrize("use_resource", [False, True])
def test_fetched_and_fed_arrays_are_not_shared(use_resource):
    """Writing into a fetched or fed array does not change the variable."""
    v = tf.Variable(np.zeros(3, np.float32), use_resource=use_resource)
    p = tf.placeholder(tf.float32, [3])
    set_v = v.assign(p)
    fed = np.ones(3, np.float32)
    with tf.Session() as session:
        session.run(set_v.op, {p: fed})
        fed[:] = 7.0
        got = session.run(v)
        np.testing.assert_array_equal(got, [1.0, 1.0, 1.0])
        if got.flags.writeable:
            got[:] = 9.0
        np.testing.assert_array_equal(session.run(v), [1.0, 1.0, 1.0])


def test_sessions_have_their_own_values():
    """Two sessions on one graph hold separate values."""
    v = tf.Variable(1.0)
    add = v.assign_add(1.0)
    with tf.Session() as a, tf.Session() as b:
        a.run(v.initializer)
        b.run(v.initializer)
        a.run(add)
        assert (a.run(v), b.run(v)) == (2.0, 1.0)


def test_read_before_and_after():
    """A read under a control dependency sees the assignment; so does the assignment's result."""
    v = tf.Variable(1.0)
    add = v.assign_add(2.0)
    with tf.control_dependencies([add]):
        after = v.read_value()
    with tf.Session() as session:
        session.run(v.initializer)
        assert session.run([add, after]) == [3.0, 3.0]


def test_default_names_are_unique():
    """Variables without names are numbered as operations are."""
    names = [tf.Variable(1.0).name for _ in range(3)]
    assert names == ["Variable:0", "Variable_1:0", "Variable_2:0"]


def test_pickling_is_refused():
    """A reference variable says that it cannot be pickled."""
    import pickle

    with pytest.raises(TypeError, match="belongs to its graph"):
        pickle.dumps(tf.Variable(1.0))


def test_operator_with_numpy_on_the_left():
    """NumPy leaves arithmetic with a variable to the variable."""
    v = tf.Variable([1.0, 2.0])
    y = np.float32([1.0, 1.0]) + v
    with tf.Session() as session:
        session.run(v.initializer)
        np.testing.assert_array_equal(session.run(y), [2.0, 3.0])


def test_template_error_names_its_definition():
    """An error inside a template says where the template was made."""
    template = tf.make_template("t", lambda: tf.Variable(1.0))  # made as a template here
    template()
    with pytest.raises(ValueError, match="^Trainable variable created when calling") as caught:
        template()
    assert f"{__file__}:{_line_of('# made as a template here')}" in str(caught.value)
