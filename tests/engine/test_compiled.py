"""Compiled runs do what interpreted ones do: state, host steps, feeds, failures, random streams."""

import os

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import program

pytestmark = [pytest.mark.xla, pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "off")


def session(monkeypatch, mode):
    monkeypatch.setenv("HEADRACE_JIT", mode)
    return tf.Session()


def both(monkeypatch, build):
    """What `build()(session)` gives in an interpreted and in a compiled session."""
    results = []
    for mode in ("off", "always"):
        tf.reset_default_graph()
        steps = build()
        with session(monkeypatch, mode) as sess:
            results.append(steps(sess))
            if mode == "always":
                assert any(p.staged is not None for p in sess.prepared)
    return results


def same(monkeypatch, build, rtol=0.0):
    interpreted, compiled = both(monkeypatch, build)
    assert len(interpreted) == len(compiled)
    for a, b in zip(interpreted, compiled, strict=True):
        if isinstance(a, tuple):
            assert a == b
        elif rtol:
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
        else:
            np.testing.assert_array_equal(a, b)
            assert np.asarray(a).dtype == np.asarray(b).dtype


def outcome(sess, fetch, feed=None):
    """The value, or the kind and the words of the error."""
    try:
        return sess.run(fetch, feed)
    except tf.errors.OpError as e:
        return type(e), e.message


OPTIMIZERS = {
    "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
}


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training(monkeypatch, name, resource):
    def build():
        x = tf.placeholder(tf.float32, [4, 3])
        w = tf.get_variable("w", initializer=np.ones((3, 2), np.float32), use_resource=resource)
        loss = tf.reduce_mean(tf.square(tf.tanh(x @ w) - 0.3))
        train = OPTIMIZERS[name]().minimize(loss)
        average = tf.train.ExponentialMovingAverage(0.5)
        with tf.control_dependencies([train]):
            averaged = average.apply([w])
        init = tf.global_variables_initializer()

        def steps(sess):
            sess.run(init)
            feed = {x: np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)}
            results = [sess.run([loss, averaged], feed)[0] for _ in range(4)]
            return [*results, sess.run(w), sess.run(average.average(w))]

        return steps

    same(monkeypatch, build, rtol=1e-5)


def test_order_of_reads_and_writes(monkeypatch):
    def build():
        v = tf.get_variable("v", initializer=np.zeros(3, np.float32), use_resource=True)
        first = v.read_value()
        with tf.control_dependencies([first]):
            added = v.assign_add(first + 1)
        with tf.control_dependencies([added]):
            second = v.read_value()
        with tf.control_dependencies([second]):
            doubled = v.assign(second * 2)
        with tf.control_dependencies([doubled]):
            third = v.read_value()
        init = tf.global_variables_initializer()

        def steps(sess):
            sess.run(init)
            return [np.copy(sess.run(f)) for f in ([first, second, third], [third, third], v)]

        return steps

    same(monkeypatch, build)


def test_results_belong_to_the_caller(monkeypatch):
    def build():
        v = tf.Variable(np.zeros(3, np.float32))
        added = v.assign_add([1, 1, 1])
        init = tf.global_variables_initializer()
        fetches = ([v], [v, v + 1], [added, v], [added], [v.read_value(), v], [added, v + 1])

        def steps(sess):
            sess.run(init)
            results = []
            for fetch in fetches:
                values = sess.run(fetch)
                results += [np.copy(value) for value in values]
                for value in values:
                    value[...] = 99
                results.append(sess.run(v))
            return results

        return steps

    same(monkeypatch, build)


@pytest.mark.parametrize("fetch_value", [False, True])
def test_fed_arrays_belong_to_the_caller(monkeypatch, fetch_value):
    x = tf.placeholder(tf.float32, [512, 512])
    v = tf.get_variable("v", [512, 512], use_resource=True)
    w = tf.get_variable("w", initializer=np.zeros((512, 512), np.float32), use_resource=True)
    assigned = [v.assign(x), w.assign_add(x)]
    fetch = assigned if fetch_value else tf.group(assigned)
    with session(monkeypatch, "always") as sess:
        sess.run(tf.global_variables_initializer())
        total = 0
        for i in range(10):
            given = np.full((512, 512), i, np.float32)
            sess.run(fetch, {x: given})
            given[...] = -1
            total += i
            np.testing.assert_array_equal(sess.run(v), np.full((512, 512), i, np.float32))
            np.testing.assert_array_equal(sess.run(w), np.full((512, 512), total, np.float32))


def test_fetched_feeds_are_copies(monkeypatch):
    x = tf.placeholder(tf.float32, [3])
    with session(monkeypatch, "always") as sess:
        given = np.ones(3, np.float32)
        value, twice = sess.run([x, x * 2], {x: given})
        value[...] = 5
        np.testing.assert_array_equal(given, np.ones(3))
        np.testing.assert_array_equal(twice, np.full(3, 2))


@pytest.mark.parametrize("resource", [False, True])
def test_uninitialized(monkeypatch, resource):
    def build():
        v = tf.get_variable("v", [2], use_resource=resource)
        fetches = [v * 2, v, v.assign_add([1.0, 1.0]), tf.is_variable_initialized(v)]
        return lambda sess: [outcome(sess, f) for f in fetches if hasattr(sess, "run")]

    interpreted, compiled = both(monkeypatch, build)
    strip = [tuple(r) if isinstance(r, tuple) else bool(r) for r in interpreted]
    assert strip == [tuple(r) if isinstance(r, tuple) else bool(r) for r in compiled]
    assert interpreted[0][0] is tf.errors.FailedPreconditionError


def test_shapes_of_variables_change(monkeypatch):
    def build():
        x = tf.placeholder(tf.float32)
        v = tf.Variable([1.0, 2.0], validate_shape=False)
        more = v + 1
        assign = tf.assign(v, x, validate_shape=False)

        def steps(sess):
            sess.run(v.initializer)
            results = [sess.run(more)]
            for n in (3, 0, 5, 2):
                given = np.full(n, n, np.float32)
                sess.run(assign.op, {x: given})
                given[...] = 7
                results += [sess.run(v), sess.run(more)]
            return results

        return steps

    same(monkeypatch, build)


def test_failing_runs_change_nothing(monkeypatch):
    def build():
        x = tf.placeholder(tf.float32, [])
        index = tf.placeholder(tf.int32, [None])
        v = tf.Variable([1.0, 2.0])
        added = v.assign_add([1.0, 1.0])

        def checked(value):
            if value > 0:
                raise ValueError("too large")
            return np.float32(value)

        with tf.control_dependencies([added]):
            called = tf.py_func(checked, [x], tf.float32)
            asserted = tf.Assert(x < 0.5, [x, v])
            gathered = tf.gather(v, index)
        with tf.control_dependencies([called]):
            again = v.assign_sub([3.0, 3.0])
        scattered = tf.scatter_add(v, index, tf.ones_like(tf.cast(index, tf.float32)))
        init = tf.global_variables_initializer()

        def steps(sess):
            sess.run(init)
            results = []
            for bad in (0, 1, 0, 1):
                feed = {x: float(bad), index: [0, bad * 7]}
                for fetch in (called, again, asserted, gathered, scattered.op, [added, called]):
                    got = outcome(sess, fetch, feed)
                    results.append(got if isinstance(got, tuple) else (str(got),))
                    results.append(sess.run(v))
            return results

        return steps

    same(monkeypatch, build)


def test_fetches_and_feeds_of_all_kinds(monkeypatch):
    def build():
        x = tf.placeholder(tf.float32, [None])
        d = tf.placeholder_with_default([1.0, 2.0], [None])
        k = tf.constant([5.0, 6.0])
        y = x * 2
        z = y + d

        def steps(sess):
            given = np.array([0.2, 3.0], np.float32)
            results = sess.run([x, x, d, k, y, z, k, y], {x: given})
            results += sess.run([y, z], {y: given})
            results += [sess.run(k), sess.run(d)]
            results += sess.run([d, z], {d: [4.0], x: [1.0]})
            call = sess.make_callable([y, z], [x])
            results += call(given) + call(given)
            for _ in range(2):
                handle = sess.partial_run_setup([y, z], [x, d])
                results.append(sess.partial_run(handle, y, {x: given}))
                results.append(sess.partial_run(handle, z, {d: given}))
            return results

        return steps

    same(monkeypatch, build)


def test_shapes_from_values(monkeypatch):
    def build():
        n = tf.placeholder(tf.int32, [])
        x = tf.placeholder(tf.float32, [None])
        y = x * 2
        fetches = [tf.reshape(tf.range(n * 2), [n, 2]), tf.one_hot(tf.range(n), n * 2)]
        fetches += [tf.where(y > 1), tf.boolean_mask(y, y > 1), *tf.unique(y)]

        def steps(sess):
            results = []
            for i in (1, 2, 3, 4, 2, 4):
                results += sess.run(fetches, {n: i, x: np.arange(i, dtype=np.float32) % 3})
            return results

        return steps

    same(monkeypatch, build)


def test_steps_on_the_host(monkeypatch, capfd):
    def build():
        x = tf.placeholder(tf.float32, [2])
        v = tf.Variable([1.0, 2.0])
        loss = tf.reduce_sum((v - x) ** 2)
        train = tf.train.AdamOptimizer(0.1).minimize(loss)
        tf.summary.scalar("loss", loss)
        tf.summary.histogram("v", v)
        merged = tf.summary.merge_all()
        queue = tf.FIFOQueue(3, [tf.float32], [[2]])
        put = queue.enqueue(v * 2)
        got = queue.dequeue() + v

        def in_place(a):
            a += 1
            return a

        called = tf.py_func(in_place, [x * 2], tf.float32) * 3
        printed = tf.Print(loss, [loss], "printed")
        init = tf.global_variables_initializer()

        def steps(sess):
            sess.run(init)
            results = []
            feed = {x: [3.0, 4.0]}
            for _ in range(2):
                text, _, value = sess.run([merged, train, loss], feed)
                summary = tf.Summary.FromString(text)
                results += [value, summary.value[0].simple_value, summary.value[1].histo.sum]
                sess.run(put)
                results += [sess.run(got), sess.run(called, feed)]
                results.append(sess.run([train, printed], feed)[1])
            return results

        return steps

    same(monkeypatch, build, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_streams(monkeypatch, dtype):
    def build():
        tf.set_random_seed(3)
        fetches = [
            tf.random_uniform([5, 7], dtype=dtype),
            tf.random_normal([33], dtype=dtype),
            tf.truncated_normal([17], dtype=dtype, seed=4),
            tf.random_uniform([9], 0, 100, dtype=tf.int32),
            tf.nn.dropout(tf.ones([40], dtype), 0.5),
            tf.random.stateless_uniform([6], [1, 2], dtype=dtype),
        ]

        def steps(sess):
            results = [v for _ in range(2) for v in sess.run(fetches)]
            # Interpreted between compiled runs: the stream goes on.
            for i in range(3):
                prepared = sess.prepared[0]
                staged, prepared.staged = prepared.staged, prepared.staged if i % 2 else None
                results += sess.run(fetches)
                prepared.staged = staged
            return results

        return steps

    same(monkeypatch, build)


DTYPES = "float64 int64 int32 uint8 int8 complex64 complex128 float16 bfloat16".split()


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(monkeypatch, dtype):
    def build():
        dt = tf.as_dtype(dtype)
        x = tf.placeholder(dt, [3])
        v = tf.Variable(np.array([1, 2, 3]), dtype=dt)
        fetches = [x * x + x, v.assign_add(x)]
        big = [2**53 + 1, 3, 1] if dtype == "int64" else [3, 2, 1]

        def steps(sess):
            sess.run(v.initializer)
            return sess.run(fetches, {x: np.array(big)})

        return steps

    same(monkeypatch, build)


def test_users_of_jax_and_numpy_see_nothing(monkeypatch):
    import random

    import jax

    before = np.random.get_state()[1].tolist(), random.getstate()
    x = tf.placeholder(tf.float64, [2])
    with session(monkeypatch, "always") as sess:
        assert sess.run(x * 3, {x: [1.0, 2.0]}).dtype == np.float64
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before
    assert not jax.config.jax_enable_x64
    assert jax.numpy.ones(2).dtype == np.float32
    assert "XLA_PYTHON_CLIENT_PREALLOCATE" not in os.environ


def test_memory_is_released(monkeypatch):
    import gc

    import jax

    def held():
        gc.collect()
        return sum(a.nbytes for a in jax.live_arrays())

    v = tf.get_variable("v", [1 << 18], use_resource=True)
    step = v.assign_add(tf.ones([1 << 18])).op
    init = tf.global_variables_initializer()
    start = held()
    for end in ("close", "del"):
        sess = session(monkeypatch, "always")
        sess.run(init)
        sess.run(step)
        assert held() - start >= 1 << 20
        if end == "close":
            sess.close()
        del sess
        assert held() - start < 1 << 20


def test_programs_are_shared(monkeypatch):
    compilations = []
    compiled = program._compiled
    monkeypatch.setattr(
        program, "_compiled", lambda *args: compilations.append(1) or compiled(*args)
    )
    results = []
    for _ in range(3):
        tf.reset_default_graph()
        x = tf.placeholder(tf.float32, [2, 11])
        y = tf.tanh(x) * 1.2345 + tf.constant([[7.5]])
        with session(monkeypatch, "always") as sess:
            results += [sess.run(y, {x: np.full((2, 11), 0.3)}) for _ in range(2)]
    assert len(compilations) == 1
    for r in results[1:]:
        np.testing.assert_array_equal(r, results[0])
