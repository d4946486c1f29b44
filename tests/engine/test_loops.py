"""Loops, conditions and function calls: compiled runs give what interpreted ones give."""

import threading
import time

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import hot_loops, program, segment
from headrace._src.function.defun import Defun
from headrace._src.ops import tensor_list as tl
from headrace._src.ops import tensor_list_stack as ts

pytestmark = [pytest.mark.xla, pytest.mark.slow]

X = np.float32([0.5, 0.2, 0.3])


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "off")


def session(monkeypatch, mode):
    monkeypatch.setenv("HEADRACE_JIT", mode)
    return tf.Session()


def outcome(sess, fetch, feed=None):
    """The value, or the kind and the words of the error."""
    try:
        return sess.run(fetch, feed)
    except tf.errors.OpError as e:
        return type(e), e.message.splitlines()[0]


def compare(a, b, rtol):
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b), (a, b)
        for x, y in zip(a, b, strict=True):
            compare(x, y, rtol)
    elif isinstance(a, (str, type)):
        assert a == b
    elif a is not None:
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


def same(monkeypatch, build, feeds=(None,), whole=True, rtol=1e-5):
    """Runs what `build` gives interpreted and compiled, with every feed, and compares.

    Args:
      build: makes a graph; gives fetches and, where something is fed, how to make a feed_dict.
      feeds: what to feed, one run after another.
      whole: whether everything must be one segment that compiles.
      rtol: the tolerance.
    """
    results = []
    for mode in ("off", "always"):
        tf.reset_default_graph()
        tf.set_random_seed(7)
        fetch, *keys = build()
        with session(monkeypatch, mode) as sess:
            sess.run(tf.global_variables_initializer())
            found = [
                outcome(sess, fetch, dict(zip(keys, feed or (), strict=False))) for feed in feeds
            ]
            found.append(sess.run(tf.global_variables()))
            results.append(found)
            if mode == "always":
                units = sess.explain(fetch, keys).units
                if whole:
                    assert [(u.kind, u.refused) for u in units] == [("segment", ())], units
    compare(*results, rtol)
    return results[0]


def placeholders():
    return tf.placeholder(tf.float32, [3]), tf.placeholder(tf.int32, [])


def with_gradients(y, x):
    """A value with its first and, where there is one, second derivative."""
    (g,) = tf.gradients(y, [x])
    try:
        (g2,) = tf.gradients(g * g, [x])
    except LookupError:
        # Gradients of functions are of first order only.
        return [y, g]
    return [y, g] if g2 is None else [y, g, g2]


def counted(body, first, n=5):
    """The last value of a loop with a counter."""
    return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, body(i, y)), [0, first])[1]


DIFFERENTIABLE = {
    "loop": lambda x, n: counted(lambda i, y: tf.sin(y) * x, x),
    "fed number of iterations": lambda x, n: counted(lambda i, y: tf.sin(y) * x, x, n),
    "unknown number of iterations": lambda x, n: tf.while_loop(
        lambda y: tf.reduce_sum(y) < 100.0, lambda y: (y * 1.5 + tf.exp(x),), [x]
    ),
    "maximum_iterations": lambda x, n: tf.while_loop(
        lambda y: tf.reduce_sum(y) < 1e4, lambda y: (y * 1.5 + x,), [x], maximum_iterations=4
    ),
    "downwards": lambda x, n: tf.while_loop(
        lambda i, y: i > 0, lambda i, y: (i - 2, y * tf.cos(x)), [7, x]
    )[1],
    "condition": lambda x, n: tf.cond(x[0] > 0, lambda: tf.sin(x) * x, lambda: tf.exp(x)),
    "conditions in a condition": lambda x, n: tf.cond(
        x[0] > 0,
        lambda: tf.cond(x[1] > 5, lambda: x, lambda: tf.square(x * tf.sin(x))),
        lambda: tf.exp(x),
    ),
    "condition in a loop": lambda x, n: counted(
        lambda i, y: tf.cond(y[0] > 0.5, lambda: tf.sin(y), lambda: y * tf.exp(y)), x
    ),
    "loop in a loop": lambda x, n: counted(
        lambda i, y: counted(lambda j, z: tf.sin(z) * x, y, i), x, 4
    ),
    "loop in a condition": lambda x, n: tf.cond(
        n > 2, lambda: counted(lambda i, y: tf.sin(y) * x, x, n), lambda: x
    ),
    "loop in a condition in a loop": lambda x, n: counted(
        lambda i, y: tf.cond(
            i > 1, lambda: counted(lambda j, z: tf.sin(z) + x, y, 2), lambda: y * 2.0
        ),
        x,
        4,
    ),
    "case": lambda x, n: tf.switch_case(
        n - 3, [lambda: tf.sin(x), lambda: x * x * x, lambda: tf.exp(x)]
    ),
    "map_fn": lambda x, n: tf.map_fn(lambda v: v * v + tf.sin(v), x),
    "scan": lambda x, n: tf.scan(lambda a, v: a * v + 1.0, x),
    "function": lambda x, n: _defun(x),
    "while over a tensor array": lambda x, n: _through_arrays(x),
}


def _defun(x):
    @Defun(tf.float32)
    def f(a):
        return tf.sin(a) * a

    return f(x) + f(f(x))


def _through_arrays(x):
    source = tf.TensorArray(tf.float32, 3).unstack(x)
    target = tf.TensorArray(tf.float32, 3)
    _, target = tf.while_loop(
        lambda i, t: i < 3, lambda i, t: (i + 1, t.write(i, tf.sin(source.read(i)))), [0, target]
    )
    return target.stack()


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_values_and_gradients(monkeypatch, name):
    def build():
        x, n = placeholders()
        return with_gradients(DIFFERENTIABLE[name](x, n), x), x, n

    same(monkeypatch, build, [(X, 4), (X * 3, 4), (-X, 2), (X, 0)], rtol=2e-4)


def _assigning():
    w = tf.get_variable("w", initializer=1.0, use_resource=True)
    v = tf.get_variable("v", initializer=np.float32([1, 1, 1]))

    def body(i, y):
        with tf.control_dependencies([w.assign_add(2.0), tf.assign(v, y)]):
            return i + 1, y * w.read_value()

    x, n = placeholders()
    return tf.while_loop(lambda i, y: i < n, body, [0, x]), x, n


def _assigning_in_branches():
    w = tf.get_variable("w", initializer=1.0, use_resource=True)
    v = tf.get_variable("v", initializer=1.0, use_resource=True)
    x, n = placeholders()

    def branch(variable):
        def build():
            with tf.control_dependencies([variable.assign_add(x[0])]):
                return variable.read_value()

        return build

    return tf.cond(n > 3, branch(w), branch(v)), x, n


def _condition_with_effects():
    w = tf.get_variable("w", initializer=0.0, use_resource=True)
    x, n = placeholders()

    def more(y):
        with tf.control_dependencies([w.assign_add(1.0)]):
            return w.read_value() < 5.0

    return tf.while_loop(more, lambda y: (y * 2.0,), [x]), x, n


def _training():
    x, n = placeholders()
    w = tf.get_variable("w", initializer=np.float32([1, 2, 3]), use_resource=True)
    loss = tf.reduce_sum(tf.square(counted(lambda i, y: tf.tanh(y * w + x), x, n)))
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    return [loss, train], x, n


STATE = {
    "variables": _assigning,
    "variables in branches": _assigning_in_branches,
    "a condition with effects": _condition_with_effects,
    "training": _training,
}


@pytest.mark.parametrize("name", STATE)
def test_state(monkeypatch, name):
    same(monkeypatch, STATE[name], [(X, 4), (X, 5), (X, 2)], rtol=1e-4)


RANDOM = {
    "in a loop": lambda x, n: counted(lambda i, y: y + tf.random_uniform([3], seed=3), x, n),
    "in a loop of known length": lambda x, n: counted(
        lambda i, y: y + tf.random_normal([3], seed=3), x, 3
    ),
    "in a branch": lambda x, n: tf.cond(
        n > 3, lambda: x + tf.random_uniform([3]), lambda: x - tf.random_normal([3])
    ),
    "in a branch in a loop": lambda x, n: counted(
        lambda i, y: tf.cond(
            tf.equal(i % 2, 0), lambda: y * tf.random_uniform([3], seed=1), lambda: y + 1.0
        ),
        x,
        n,
    ),
    "in a condition": lambda x, n: tf.while_loop(
        lambda i, y: tf.random_uniform([], seed=5) < 0.8,
        lambda i, y: (i + 1, y + tf.random_uniform([3], seed=3)),
        [0, x],
    ),
    "truncated": lambda x, n: counted(
        lambda i, y: y + tf.random.truncated_normal([3], seed=2), x, n
    ),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_streams_go_on(monkeypatch, name):
    def build():
        x, n = placeholders()
        return RANDOM[name](x, n), x, n

    same(monkeypatch, build, [(X, 4), (X, 4), (X, 2), (X, 7)], rtol=1e-6)


def test_tiers_share_random_streams(monkeypatch):
    """A loop that is compiled at some runs draws what one that is always interpreted draws."""
    results = []
    for modes in (("off",) * 4, ("off", "always", "off", "always")):
        tf.reset_default_graph()
        y = counted(lambda i, y: y + tf.random_uniform([2], seed=3), tf.zeros([2]), 3)
        with session(monkeypatch, "off") as sess:
            found = []
            for mode in modes:
                sess._jit = mode
                sess._plans.clear()
                found.append(sess.run(y))
            results.append(found)
    np.testing.assert_array_equal(*results)


def test_a_failing_iteration_fails_the_run(monkeypatch):
    def build():
        x, n = placeholders()
        w = tf.get_variable("w", initializer=0.0, use_resource=True)

        def body(i, y):
            with tf.control_dependencies([tf.Assert(y[0] < 100.0, [y]), w.assign_add(1.0)]):
                return i + 1, y * 2.0

        return tf.while_loop(lambda i, y: i < n, body, [0, x]), x, n

    found = same(monkeypatch, build, [(X, 4), (X, 12), (X, 4)])
    assert found[1][0] is tf.errors.InvalidArgumentError
    assert found[-1] == [8.0]


def test_a_branch_that_is_not_taken_does_not_fail(monkeypatch):
    def build():
        x, n = placeholders()
        return tf.cond(n > 3, lambda: tf.gather(x, n), lambda: x[0]), x, n

    found = same(monkeypatch, build, [(X, 1), (X, 5), (X, 2)])
    assert found[1][0] is tf.errors.InvalidArgumentError


def test_a_failing_loop_that_would_not_end(monkeypatch):
    def build():
        x, n = placeholders()

        def body(i, y):
            # The counter stays where the element is missing.
            return i + tf.gather([1, 1, 0], i), y * 2.0

        return tf.while_loop(lambda i, y: i < n, body, [0, x]), x, n

    same(monkeypatch, build, [(X, 2)])


# -- lists -----------------------------------------------------------------------------------------


def _pushing(n_of):
    def build():
        x, n = placeholders()
        first = tl.empty_tensor_list(None, tf.float32)
        _, y, found = tf.while_loop(
            lambda i, y, h: i < n_of(n),
            lambda i, y, h: (i + 1, y * 2.0, tl.tensor_list_push_back(h, y)),
            [0, x, first],
        )
        rest, last = tl.tensor_list_pop_back(found, tf.float32)
        return [y, last, tl.tensor_list_length(rest)], x, n

    return build


def _growing_array():
    x, n = placeholders()
    ta = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=[3])
    _, _, ta = tf.while_loop(
        lambda i, y, t: i < 5, lambda i, y, t: (i + 1, y * 2.0, t.write(i, y)), [0, x, ta]
    )
    return ta.stack(), x, n


def _lists_of_lists():
    x, n = placeholders()
    outer = tl.empty_tensor_list([], tf.variant)

    def body(i, h):
        inner = tl.empty_tensor_list(None, tf.float32)
        _, inner = tf.while_loop(
            lambda j, g: j < 3,
            lambda j, g: (j + 1, tl.tensor_list_push_back(g, x * tf.cast(i + j, tf.float32))),
            [0, inner],
        )
        return i + 1, tl.tensor_list_push_back(h, inner)

    _, outer = tf.while_loop(lambda i, h: i < 4, body, [0, outer])
    _, inner = tl.tensor_list_pop_back(outer, tf.variant)
    return ts.tensor_list_stack(inner, tf.float32), x, n


LISTS = {
    "pushed": _pushing(lambda n: 5),
    "pushed a fed number of times": _pushing(lambda n: n),
    "growing array": _growing_array,
    "lists of lists": _lists_of_lists,
}


@pytest.mark.parametrize("name", LISTS)
def test_lists(monkeypatch, name):
    # How long an array that grows has become is not known before it is stacked.
    whole = name != "growing array"
    same(monkeypatch, LISTS[name], [(X, 4), (X, 5), (X, 3)], whole)


def test_a_list_that_grows_leaves_compiled_code(monkeypatch):
    def build():
        x, n = placeholders()
        first = tl.empty_tensor_list([3], tf.float32)
        _, y, found = tf.while_loop(
            lambda i, y, h: i < n,
            lambda i, y, h: (i + 1, y * 2.0, tl.tensor_list_push_back(h, y)),
            [0, x, first],
        )
        # How long it is shows in a shape, so the host stacks it.
        return tf.reduce_sum(ts.tensor_list_stack(found, tf.float32), 0) + y, x, n

    same(monkeypatch, build, [(X, 4), (X, 5), (X, 3)], whole=False)


def test_more_iterations_than_guessed(monkeypatch):
    compiled = []
    real = segment.compiled
    monkeypatch.setattr(segment, "compiled", lambda *args: compiled.append(args[-1]) or real(*args))

    def build():
        x, n = placeholders()
        return tf.gradients(counted(lambda i, y: tf.sin(y) * 1.01, x, n), [x]), x, n

    same(monkeypatch, build, [(X, 20), (X, 100), (X, 100), (X, 3000), (X, 20)], rtol=1e-3)
    guesses = [g for g in compiled if g > 32]
    assert guesses == [128, 2048, 4096], compiled


def test_nothing_is_compiled_twice(monkeypatch):
    program._CACHE.clear()
    made = []
    real = program._compiled
    monkeypatch.setattr(program, "_compiled", lambda *args: made.append(1) or real(*args))
    x, n = placeholders()
    y = with_gradients(counted(lambda i, y: tf.sin(y) * x, x, n), x)
    for _ in range(2):
        with session(monkeypatch, "always") as sess:
            for i in range(3):
                sess.run(y, {x: X, n: i + 1})
    assert len(made) == 1


def test_programs_of_loops_are_kept_on_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("HEADRACE_CACHE", "on")
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path))
    found = []
    for _ in range(2):
        program._CACHE.clear()
        tf.reset_default_graph()
        x, n = placeholders()
        y = with_gradients(DIFFERENTIABLE["fed number of iterations"](x, n), x)
        with session(monkeypatch, "always") as sess:
            found.append(sess.run(y, {x: X, n: 4}))
            seconds = sess.explain(y, [x, n]).units[0].seconds
    assert seconds == 0.0
    compare(*found, rtol=0.0)


def test_bodies_that_differ_are_told_apart(monkeypatch):
    """Programs are found by what function bodies do, not by their names."""
    for factor in (2.0, 3.0):
        tf.reset_default_graph()
        y = counted(lambda i, y, f=factor: y * f, tf.constant([1.0]), 3)
        with session(monkeypatch, "always") as sess:
            np.testing.assert_array_equal(sess.run(y), [factor**3])


# -- what stays on the host ------------------------------------------------------------------------


def test_a_host_operation_keeps_its_loop_on_the_host(monkeypatch):
    seen = []

    def build():
        x, n = placeholders()

        def body(i, y):
            (z,) = tf.py_func(lambda v: seen.append(float(v[0])) or v + 1, [y], [tf.float32])
            z.set_shape([3])
            return i + 1, z

        return (
            counted(lambda i, y: y * 2.0, tf.while_loop(lambda i, y: i < n, body, [0, x])[1]),
            x,
            n,
        )

    same(monkeypatch, build, [(X, 3)], whole=False)
    np.testing.assert_allclose(seen, [0.5, 1.5, 2.5] * 2)


def test_shapes_that_change_keep_a_loop_on_the_host(monkeypatch):
    def build():
        x, n = placeholders()
        y = tf.while_loop(
            lambda i, y: i < n,
            lambda i, y: (i + 1, tf.concat([y, y], 0)),
            [0, x],
            shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
        )[1]
        return tf.reduce_sum(tf.sin(y)), x, n

    same(monkeypatch, build, [(X, 3), (X, 2)], whole=False)


# -- loops that become hot -------------------------------------------------------------------------


@pytest.fixture
def eager_hot_loops(monkeypatch):
    """Counts the calls of compiled code that a long loop makes in its first run."""
    calls = []
    real = hot_loops._LoopSegment.run

    def run(self, slots, run):
        real(self, slots, run)
        calls.append(slots[-1])

    monkeypatch.setattr(hot_loops, "_WORTH_COMPILING", 0.0)
    monkeypatch.setattr(hot_loops, "_CALL", 0.0)
    monkeypatch.setattr(hot_loops._LoopSegment, "run", run)
    return calls


def _long(body, *first):
    return tf.while_loop(
        lambda i, *ys: i < 1000, lambda i, *ys: (i + 1, *body(i, *ys)), [0, *first]
    )


def _long_with_variable():
    w = tf.get_variable("w", initializer=1.0, use_resource=True)

    def body(i, y):
        with tf.control_dependencies([w.assign_add(0.5)]):
            return (y + w.read_value(),)

    return (_long(body, 0.0),)


def _long_with_list():
    first = tl.empty_tensor_list([], tf.float32)
    *_, y, found = _long(lambda i, y, h: (y * 1.001, tl.tensor_list_push_back(h, y)), 1.0, first)
    return ([y, ts.tensor_list_stack(found, tf.float32)],)


def _long_map():
    return (tf.map_fn(lambda v: v * v + 1, np.arange(1000, dtype=np.float32)),)


def _long_gradient():
    x = tf.constant([0.5, 0.2])
    return (tf.gradients(_long(lambda i, y: (tf.sin(y) * 1.01,), x)[1], [x]),)


HOT = {
    "numbers": lambda: (_long(lambda i, y: (y + 1.0,), 0.0),),
    "random": lambda: (_long(lambda i, y: (y + tf.random_normal([2], seed=3),), tf.zeros([2])),),
    "variable": _long_with_variable,
    "list": _long_with_list,
    "map_fn": _long_map,
    "gradient": _long_gradient,
}


@pytest.mark.parametrize("name", HOT)
def test_hot_loops(monkeypatch, eager_hot_loops, name):
    results = []
    for mode in ("off", "auto"):
        tf.reset_default_graph()
        tf.set_random_seed(1)
        (fetch,) = HOT[name]()
        with session(monkeypatch, mode) as sess:
            sess.run(tf.global_variables_initializer())
            del eager_hot_loops[:]
            results.append([sess.run(fetch), sess.run(fetch), sess.run(tf.global_variables())])
            assert (len(eager_hot_loops) > 5) == (mode == "auto")
    compare(*results, rtol=1e-4)


def test_a_hot_loop_fails_as_an_interpreted_one(monkeypatch, eager_hot_loops):
    def body(i, y):
        with tf.control_dependencies([tf.Assert(i < 500, [i])]):
            return (y + 1.0,)

    y = _long(body, 0.0)
    with session(monkeypatch, "auto") as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            sess.run(y)
        assert eager_hot_loops


def test_timeouts_end_loops(monkeypatch):
    x = tf.placeholder(tf.float32, [])
    for mode in ("off", "auto", "always"):
        with session(monkeypatch, mode) as sess:
            endless = tf.while_loop(lambda y: y >= 0.0, lambda y: (y + x,), [0.0])
            start = time.monotonic()
            with pytest.raises(tf.errors.DeadlineExceededError):
                sess.run(endless, {x: 1.0}, options=tf.RunOptions(timeout_in_ms=1500))
            assert time.monotonic() - start < 10
            assert sess.run(x + 1, {x: 1.0}) == 2.0


# -- calls -----------------------------------------------------------------------------------------


def test_whole_fetches_compile(monkeypatch):
    from headrace import testing

    x, n = placeholders()
    fetches = with_gradients(counted(lambda i, y: tf.sin(y) * x, x, n), x)
    with session(monkeypatch, "off") as sess:
        testing.check_both(sess, fetches, {x: X, n: 4}, rtol=1e-4)


def test_unique_in_a_body_is_not_padded(monkeypatch):
    def build():
        x, n = placeholders()

        def body(i, y):
            u, _ = tf.unique(tf.stack([i, i % 2, i % 3, i]))
            return i + 1, y + tf.cast(tf.size(u), tf.float32)

        return tf.while_loop(lambda i, y: i < n, body, [0, x])[1] * 2.0, x, n

    same(monkeypatch, build, [(X, 4)], whole=False)


def test_a_static_shape_that_a_body_takes(monkeypatch):
    def build():
        x, n = placeholders()
        size = n * 1

        def body(i, y):
            return i + 1, y + tf.reduce_sum(tf.zeros([size]) + tf.cast(i, tf.float32))

        return tf.while_loop(lambda i, y: i < 3, body, [0, x]), x, n

    same(monkeypatch, build, [(X, 4), (X, 5)], whole=False)


@pytest.mark.parametrize("lengths", [None, [6, 2, 4]])
def test_recurrent_networks(monkeypatch, lengths):
    def build():
        x = tf.placeholder(tf.float32, [None, None, 3])
        cells = [
            tf.nn.rnn_cell.MultiRNNCell(
                [
                    tf.nn.rnn_cell.LSTMCell(4),
                    tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(5), 0.5, 0.5, seed=3),
                ]
            )
            for _ in range(2)
        ]
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(*cells, x, lengths, dtype=tf.float32)
        loss = tf.reduce_sum(tf.square(outputs[0])) + tf.reduce_sum(outputs[1])
        return [loss, outputs, tf.train.AdamOptimizer(0.01).minimize(loss)], x

    values = np.random.RandomState(0).rand(3, 6, 3).astype(np.float32)
    same(monkeypatch, build, [(values,), (values + 1,)], rtol=1e-3)


def test_a_closed_session_ends_a_hot_loop(monkeypatch):
    x = tf.placeholder(tf.float32, [])
    endless = tf.while_loop(lambda y: y >= 0.0, lambda y: (y + x,), [0.0])
    sess = session(monkeypatch, "auto")
    threading.Timer(1.5, sess.close).start()
    with pytest.raises(tf.errors.CancelledError, match="Session has been closed"):
        sess.run(endless, {x: 0.0})
