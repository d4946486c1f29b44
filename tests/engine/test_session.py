"""Sessions: fetch and feed forms, state, threads, closing."""

import collections
import threading
import time

import numpy as np
import pytest

import headrace as tf

Pair = collections.namedtuple("Pair", ["left", "right"])


@pytest.fixture
def graph():
    """A fresh default graph."""
    with tf.Graph().as_default() as g:
        yield g


class TestFetches:
    """Every fetch form comes back in its own form."""

    def test_nested_structures(self, graph):
        a, b = tf.constant(1.0, name="a"), tf.constant([2, 3], name="b")
        with tf.Session() as sess:
            got = sess.run({"x": (a, [b]), "p": Pair(a, b), "op": a.op, "name": "b:0"})
        assert got["x"][0] == 1.0
        np.testing.assert_array_equal(got["x"][1][0], [2, 3])
        assert isinstance(got["p"], Pair)
        assert got["op"] is None
        np.testing.assert_array_equal(got["name"], [2, 3])

    def test_mappings_keep_their_type_and_order(self, graph):
        a = tf.constant(1.0)
        fetches = collections.OrderedDict([("z", a), ("a", a)])
        with tf.Session() as sess:
            got = sess.run(fetches)
        assert type(got) is collections.OrderedDict
        assert list(got) == ["z", "a"]

    def test_attrs_objects(self, graph):
        class Point:
            __attrs_attrs__ = (Pair("x", None), Pair("y", None))

            def __init__(self, x, y):
                self.x, self.y = x, y

        for field in Point.__attrs_attrs__:
            assert field.left in "xy"
        Point.__attrs_attrs__ = tuple(
            type("Field", (), {"name": f.left})() for f in Point.__attrs_attrs__
        )
        with tf.Session() as sess:
            got = sess.run(Point(tf.constant(1), tf.constant(2)))
        assert isinstance(got, Point) and (got.x, got.y) == (1, 2)

    def test_scalars_are_numpy_scalars_and_strings_bytes(self, graph):
        with tf.Session() as sess:
            number, text = sess.run([tf.constant(1.5), tf.constant("word")])
        assert type(number) is np.float32
        assert text == b"word"

    def test_sparse_tensors_and_indexed_slices(self, graph):
        sparse = tf.SparseTensor([[0, 1]], [2.0], [2, 2])
        slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([3, 1]))
        with tf.Session() as sess:
            got = sess.run([sparse, slices])
        assert type(got[0]).__name__ == "SparseTensorValue"
        np.testing.assert_array_equal(got[0].indices, [[0, 1]])
        assert type(got[1]).__name__ == "IndexedSlicesValue"
        np.testing.assert_array_equal(got[1].dense_shape, [3, 1])

    def test_fetched_arrays_belong_to_the_caller(self, graph):
        v = tf.Variable([1.0, 2.0])
        c = tf.constant([1.0, 2.0])
        with tf.Session() as sess:
            sess.run(v.initializer)
            for t in (v, c, tf.reshape(c, [2, 1]), tf.identity(v)):
                got = sess.run(t)
                got[...] = 9.0
                assert sess.run(t).max() == 2.0

    @pytest.mark.parametrize("fetch", [None, 3, object()])
    def test_what_cannot_be_fetched(self, graph, fetch):
        tf.constant(1.0)
        with (
            tf.Session() as sess,
            pytest.raises(TypeError, match="Fetch argument .* has invalid type"),
        ):
            sess.run(fetch)

    def test_unknown_names_come_with_the_nearest(self, graph):
        tf.constant(1.0, name="weights")
        with tf.Session() as sess:
            with pytest.raises(ValueError, match="cannot be interpreted as a Tensor") as e:
                sess.run("weigths:0")
            assert "'weights'" in str(e.value)

    def test_fetch_of_another_graph(self, graph):
        with tf.Graph().as_default():
            other = tf.constant(1.0)
        tf.constant(1.0)
        with (
            tf.Session() as sess,
            pytest.raises(ValueError, match="is not an element of this graph"),
        ):
            sess.run(other)


class TestFeeds:
    """Feeds are checked and converted."""

    def test_any_tensor_can_be_fed(self, graph):
        a = tf.constant(2.0)
        b = a * 3.0
        c = b + 1.0
        with tf.Session() as sess:
            assert sess.run(c, {b: 10.0}) == 11.0
            assert sess.run(c, {"mul:0": 1}) == 2.0

    def test_composite_keys(self, graph):
        sparse = tf.sparse_placeholder(tf.float32)
        a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
        with tf.Session() as sess:
            value = tf.SparseTensorValue([[0, 0]], np.float32([4.0]), [1, 1])
            assert sess.run(sparse.values, {sparse: value}).tolist() == [4.0]
            assert sess.run(a - b, {(a, b): (5.0, 3.0)}) == 2.0

    def test_wrong_shape_names_both_and_the_line(self, graph):
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.Session() as sess, pytest.raises(ValueError) as e:
            sess.run(x + 1.0, {x: np.zeros((2, 4))})
        assert str(e.value).startswith(
            "Cannot feed value of shape (2, 4) for Tensor 'x:0', which has shape '(?, 3)'"
        )
        assert "test_session.py:" in str(e.value)

    def test_wrong_values(self, graph):
        x = tf.placeholder(tf.float32, name="x")
        i = tf.placeholder(tf.uint8, name="i")
        with tf.Session() as sess:
            with pytest.raises(ValueError, match="(?s)could not convert string to float.*'x:0'"):
                sess.run(x, {x: "word"})
            with pytest.raises(TypeError, match="is not compatible with Tensor type"):
                sess.run(i, {i: 300})
            with pytest.raises(TypeError, match="cannot be a tf.Tensor object"):
                sess.run(x, {x: tf.constant(1.0)})
            with pytest.raises(TypeError, match="Cannot interpret feed_dict key as Tensor"):
                sess.run(x, {"nothing:0": 1.0})

    def test_unfed_placeholder(self, graph):
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with (
            tf.Session() as sess,
            pytest.raises(
                tf.errors.InvalidArgumentError,
                match=r"You must feed a value for placeholder tensor 'x' with dtype float "
                r"and shape \[\?,3\]",
            ),
        ):
            sess.run(x + 1.0)

    def test_unfeedable(self, graph):
        x = tf.constant(1.0)
        graph.prevent_feeding(x)
        with tf.Session() as sess, pytest.raises(ValueError, match="may not be fed"):
            sess.run(x, {x: 2.0})

    def test_a_fed_array_is_not_kept(self, graph):
        v = tf.Variable([0.0, 0.0])
        x = tf.placeholder(tf.float32, [2])
        assign = v.assign(x)
        value = np.ones(2, np.float32)
        with tf.Session() as sess:
            sess.run(assign, {x: value})
            value[:] = 7.0
            assert sess.run(v).tolist() == [1.0, 1.0]


class TestState:
    """Variables live in their session; failing runs change nothing."""

    def test_uninitialised_names_the_variable_and_its_line(self, graph):
        v = tf.Variable(1.0, name="weights")
        with tf.Session() as sess, pytest.raises(tf.errors.FailedPreconditionError) as e:
            sess.run(v + 1.0)
        message = str(e.value)
        assert message.startswith("Attempting to use uninitialized value weights")
        assert "test_session.py:" in message

    def test_a_failing_run_leaves_every_variable(self, graph):
        v = tf.Variable([1.0, 2.0])
        w = tf.Variable(1, use_resource=True)
        with tf.control_dependencies([v.assign_add([1.0, 1.0]), w.assign(5)]):
            bad = tf.gather([1, 2, 3], tf.placeholder_with_default(7, []))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"is not in \[0, 3\)"):
                sess.run(bad)
            assert sess.run(v).tolist() == [1.0, 2.0]
            assert sess.run(w) == 1

    def test_sessions_are_apart(self, graph):
        v = tf.Variable(1.0)
        step = v.assign_add(1.0)
        init = tf.global_variables_initializer()
        with tf.Session() as a, tf.Session() as b:
            a.run(init)
            b.run(init)
            a.run(step)
            assert (a.run(v), b.run(v)) == (2.0, 1.0)

    def test_sessions_of_one_server_share(self, graph):
        server = tf.train.Server.create_local_server()
        v = tf.Variable(1.0)
        with tf.Session(server.target) as a, tf.Session(server.target) as b:
            a.run(v.initializer)
            a.run(v.assign_add(1.0))
            assert b.run(v) == 2.0

    def test_threads_lose_no_update(self, graph):
        v = tf.Variable(0)
        step = v.assign_add(1)
        with tf.Session() as sess:
            sess.run(v.initializer)

            def work():
                for _ in range(200):
                    sess.run(step.op)

            threads = [threading.Thread(target=work) for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            assert sess.run(v) == 800

    def test_integer_division_by_zero(self, graph):
        x = tf.placeholder(tf.int32)
        with (
            tf.Session() as sess,
            pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"),
        ):
            sess.run(1 // x, {x: 0})


class TestLife:
    """Sessions open and close."""

    def test_closed(self, graph):
        a = tf.constant(1.0)
        sess = tf.Session()
        sess.run(a)
        sess.close()
        with pytest.raises(RuntimeError, match="Attempted to use a closed Session"):
            sess.run(a)

    def test_empty_graph(self, graph):
        with tf.Session() as sess, pytest.raises(RuntimeError, match="The Session graph is empty"):
            sess.run([])

    def test_wrong_arguments(self, graph):
        with pytest.raises(TypeError, match="graph must be a tf.Graph"):
            tf.Session(graph=3)
        with pytest.raises(TypeError, match="target must be a string"):
            tf.Session(tf.ConfigProto())
        with pytest.raises(TypeError, match="config must be a tf.ConfigProto"):
            tf.Session(config=3)

    def test_defaults(self, graph):
        a = tf.constant(3.0)
        with pytest.raises(ValueError, match="No default session is registered"):
            a.eval()
        with tf.Session() as sess:
            assert tf.get_default_session() is sess
            assert a.eval() == 3.0
        sess = tf.InteractiveSession()
        assert a.eval() == 3.0
        sess.close()
        assert tf.get_default_session() is None

    def test_make_callable(self, graph):
        a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
        with tf.Session() as sess:
            f = sess.make_callable([a + b, tf.no_op()], [a, b])
            assert f(1.0, 2.0) == [3.0, None]
            with pytest.raises(TypeError, match="takes 2 values"):
                f(1.0)

    def test_partial_run(self, graph):
        a, b, c = (tf.placeholder(tf.float32, [], name=n) for n in "abc")
        r1 = a + b
        r2 = r1 * c
        with tf.Session() as sess:
            h = sess.partial_run_setup([r1, r2], [a, b, c])
            first = sess.partial_run(h, r1, {a: 1.0, b: 2.0})
            assert sess.partial_run(h, r2, {c: first * 5.0}) == 45.0
            h = sess.partial_run_setup([r1, r2], [a, b, c])
            with pytest.raises(ValueError, match="no partial_run has fed yet"):
                sess.partial_run(h, r1, {a: 1.0})

    def test_timeout(self, graph):
        q = tf.FIFOQueue(2, tf.int32)
        get = q.dequeue()
        with tf.Session() as sess:
            with pytest.raises(tf.errors.DeadlineExceededError):
                sess.run(get, options=tf.RunOptions(timeout_in_ms=30))
            sess.run(q.enqueue(4))
            assert sess.run(get) == 4

    def test_close_wakes_who_waits(self, graph):
        q = tf.FIFOQueue(2, tf.int32)
        get = q.dequeue()
        sess = tf.Session()
        caught = []

        def wait():
            try:
                sess.run(get)
            except tf.errors.CancelledError as e:
                caught.append(e)

        t = threading.Thread(target=wait)
        t.start()
        while t.is_alive() and not sess._cancellation._waiting:
            time.sleep(0.001)
        sess.close()
        t.join(10)
        assert len(caught) == 1

    def test_an_enqueue_and_the_dequeue_that_waits_for_it(self, graph):
        q = tf.FIFOQueue(1, tf.int32)
        get = q.dequeue()
        put = q.enqueue(5)
        with tf.Session() as sess:
            assert sess.run([get, put]) == [5, None]

    def test_step_stats(self, graph):
        a = tf.placeholder(tf.float32, [2])
        b = tf.reduce_sum(a * 2.0, name="total")
        metadata = tf.RunMetadata()
        with tf.Session() as sess:
            sess.run(
                b,
                {a: [1.0, 2.0]},
                options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE),
                run_metadata=metadata,
            )
        stats = [n for d in metadata.step_stats.dev_stats for n in d.node_stats]
        assert {"mul", "total"} <= {n.node_name for n in stats}
        assert all(n.all_end_rel_micros >= 0 for n in stats)


class TestGrowth:
    """A loop that keeps adding operations is told so, once."""

    def test_warns_once_with_the_line(self, graph):
        a = tf.constant(1.0)
        with tf.Session() as sess:
            with pytest.warns(UserWarning, match=r"test_session\.py:\d+ added operations") as seen:
                for _ in range(60):
                    sess.run(a + 1.0)
        assert len(seen) == 1

    def test_silent_otherwise(self, graph):
        a = tf.constant(1.0) + 1.0
        with tf.Session() as sess:
            for _ in range(60):
                sess.run(a)


class TestConcurrentFailure:
    """A failure ends the operations that wait beside it, and is what the run raises."""

    def test_the_first_failure_is_raised_and_nobody_waits_on(self, graph):
        a, b = tf.FIFOQueue(2, tf.int32), tf.FIFOQueue(2, tf.int32)
        waits, fails = a.dequeue(), tf.gather([1, 2], tf.placeholder_with_default(5, []) + b.size())
        put = b.enqueue(1)
        before = threading.active_count()
        with tf.Session() as sess:
            with pytest.raises(tf.errors.InvalidArgumentError, match=r"is not in \[0, 2\)"):
                sess.run([waits, put, fails])
            assert threading.active_count() == before
            sess.run(a.enqueue(3))
            assert sess.run(waits) == 3
