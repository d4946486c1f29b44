"""Old values of variables are given up, each for its own new one, and XLA copies few of them."""

import re

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import backend, donation
from headrace._src.engine.lower import Layout
from headrace._src.native import library

pytestmark = pytest.mark.xla

EMPTY = Layout(
    inputs=(),
    reads=(),
    writes=(),
    draws=(),
    outputs=(),
    structures=(),
    known=(),
    bounds=(),
    cut=False,
    exceeds=False,
    checked=False,
)


def arranged(function, n_read, writes, *shapes):
    """`donation.arranged` for a function whose first results are new values of `writes`."""
    jax = backend.jax()
    closed = jax.make_jaxpr(function)(*(jax.ShapeDtypeStruct(s, np.float32) for s in shapes))
    layout = EMPTY._replace(reads=tuple(range(n_read)), writes=tuple(writes))
    return closed, *donation.arranged(closed, layout)


def test_results_stand_as_donated_arguments_do():
    """Of four variables the second changes its shape: its result comes behind the others'."""

    def step(a, b, c, d, x):
        new_a = a - x @ b
        return d + 1.0, b[:2] * 2.0, new_a, c * new_a

    before, after, layout, given = arranged(step, 4, [3, 1, 0, 2], *[(3, 3)] * 5)
    assert given == (0, 2, 3)
    assert layout.writes == (0, 2, 3, 1)
    values = [np.float32(np.random.RandomState(i).rand(3, 3)) for i in range(5)]
    from jax.extend.core import jaxpr_as_fun

    old, new = jaxpr_as_fun(before)(*values), jaxpr_as_fun(after)(*values)
    for got, place in zip(new, (2, 3, 0, 1), strict=True):
        np.testing.assert_array_equal(got, old[place])


def test_new_values_of_other_shape_or_from_nowhere():
    def step(a, b):
        return b[:1], np.zeros((2, 2), np.float32)

    assert arranged(step, 2, [0, 1], (2, 2), (2, 2))[3] == (1,)

    def swapped(a, b):
        return b, a

    assert arranged(swapped, 2, [0, 1], (2, 2), (2, 2))[3] == (0, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "width"),
    [("AdamOptimizer", 64), ("AdamOptimizer", 400), ("MomentumOptimizer", 64)],
)
def test_few_weights_are_copied(monkeypatch, optimizer, width):
    """Four square layers: their weights and slots are of one shape, gradients read the weights.

    The native kernel updates the wide ones, after the gradients. Of the others three are copied.
    """
    monkeypatch.setenv("HEADRACE_CACHE", "off")
    results = []
    for mode in ("off", "always"):
        monkeypatch.setenv("HEADRACE_JIT", mode)
        tf.reset_default_graph()
        x = y = tf.placeholder(tf.float32, [None, width])
        weights = []
        for i in range(4):
            start = np.random.RandomState(i).standard_normal((width, width)) / np.sqrt(width)
            weights.append(tf.Variable(start.astype(np.float32)))
            y = tf.tanh(y @ weights[-1])
        loss = tf.reduce_mean(tf.square(y - 0.3))
        # Small gradients divided by their own size would show every rounding.
        extra = {"momentum": 0.9} if optimizer == "MomentumOptimizer" else {"epsilon": 1e-2}
        train = getattr(tf.train, optimizer)(0.01, **extra).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for i in range(5):
                batch = np.random.RandomState(i).standard_normal((8, width)).astype(np.float32)
                sess.run([loss, train], {x: batch})
            results.append(sess.run(weights))
            staged = [p.staged for p in sess.prepared if p.staged is not None and p.plan.fed]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    ((program,),) = ([p for s in plan.segments for p in s.programs.values()] for plan in staged)
    code = program.call.as_text()
    native = width == 400 and library.serves_xla("adam", np.dtype(np.float32))
    copies = re.findall(rf"= f32\[{width},{width}\]\S* copy\(", code)
    assert len(copies) == (0 if native else 3)
