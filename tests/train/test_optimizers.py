"""What optimizers, averages and decays do beyond what the parity snippets show."""

import numpy as np
import pytest

import headrace as tf

OPTIMIZERS = {
    "gradient_descent": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.05, 0.5),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.05),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.5),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0, epsilon=1.0),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.5),
    "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.1),
    "proximal_adagrad": lambda: tf.train.ProximalAdagradOptimizer(0.5),
}


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def minimized(make, use_resource, steps):
    w = tf.get_variable("w", initializer=[3.0, -2.0], use_resource=use_resource)
    loss = tf.reduce_sum(tf.square(w - [1.0, 0.5]))
    train = make().minimize(loss)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        first = s.run(loss)
        for _ in range(steps):
            s.run(train)
        return first, s.run(loss)


@pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_loss_falls(name, use_resource):
    """A quadratic loss gets much smaller in 60 steps."""
    first, last = minimized(OPTIMIZERS[name], use_resource, 60)
    assert last < 0.2 * first


@pytest.mark.parametrize("use_resource", [False, True], ids=["ref", "resource"])
def test_float64_and_float16(use_resource):
    """Hyperparameters are cast to the dtype of each variable."""
    for dtype in (tf.float64, tf.float16):
        start = tf.ones([2], dtype)
        v = tf.get_variable(f"v_{dtype.name}", initializer=start, use_resource=use_resource)
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_sum(v * v), var_list=[v])
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(tf.get_collection("train_op"))
        got = s.run(tf.trainable_variables())
    assert [g.dtype for g in got] == [np.float64, np.float16]
    for g in got:
        np.testing.assert_allclose(g, [0.8, 0.8], rtol=1e-3)


def test_function_as_loss():
    """A function is called once; the resource variables it depends on are the default."""
    used = tf.get_variable("used", initializer=2.0, use_resource=True)
    tf.get_variable("unused", initializer=2.0, use_resource=True)
    calls = []

    def loss():
        calls.append(1)
        return used * used

    pairs = tf.train.GradientDescentOptimizer(0.1).compute_gradients(loss)
    assert len(calls) == 1
    assert [v for _, v in pairs] == [used]


def test_unsupported_target():
    """What is no variable or tensor is refused."""
    with pytest.raises(NotImplementedError, match="unsupported type"):
        thing = type("Thing", (), {"op": tf.no_op()})()
        tf.train.GradientDescentOptimizer(0.1).apply_gradients([(tf.constant(1.0), thing)])


def test_constraint_holds_after_each_step():
    """The value after a step satisfies the constraint, and the step is not lost."""
    w = tf.get_variable(
        "w", initializer=[0.5, 2.0], use_resource=True, constraint=lambda v: tf.minimum(v, 1.0)
    )
    train = tf.train.GradientDescentOptimizer(0.1).minimize(-tf.reduce_sum(w))
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(train)
        np.testing.assert_allclose(s.run(w), [0.6, 1.0], rtol=1e-6)


def test_weighted_moving_average():
    """The average of the values by their weights."""
    from headrace._src.train import moving_averages

    value, weight = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    average = moving_averages.weighted_moving_average(value, 0.5, weight)
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        assert s.run(average, {value: 2.0, weight: 1.0}) == pytest.approx(2.0)
        got = s.run(average, {value: 8.0, weight: 3.0})
    assert got == pytest.approx((0.25 * 2.0 + 0.5 * 24.0) / (0.25 + 1.5))


def test_piecewise_in_every_interval():
    """Boundaries belong to the interval below them."""
    x = tf.placeholder(tf.int64, [])
    rate = tf.train.piecewise_constant(x, [10, 20], [1.0, 0.5, 0.25])
    with tf.Session() as s:
        got = [float(s.run(rate, {x: v})) for v in (0, 10, 11, 20, 21, 1000)]
    assert got == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


def test_restarts_over_time():
    """The rate starts again at the first rate, after falls twice as long each."""
    x = tf.placeholder(tf.int64, [])
    rate = tf.train.cosine_decay_restarts(1.0, x, 4)
    with tf.Session() as s:
        got = {v: float(s.run(rate, {x: v})) for v in (0, 2, 4, 8, 12)}
    assert got == pytest.approx({0: 1.0, 2: 0.5, 4: 1.0, 8: 0.5, 12: 1.0}, abs=1e-5)
