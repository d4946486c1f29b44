"""Arrays that a loop carries and that stay zeros; room in which nothing was written yet."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import headrace as tf
from headrace._src.engine import zero_carries
from headrace._src.native import library

pytestmark = pytest.mark.xla

ROWS, ONE = jnp.zeros((3, 2)), jnp.int32(1)


def kept(body, *carried, begin):
    closed = jax.make_jaxpr(body)(*carried)
    return zero_carries.kept(closed, list(range(len(carried))), begin)


def _replaced(rows, i):
    old = lax.dynamic_index_in_dim(rows, i, 0, False)
    return lax.dynamic_update_index_in_dim(rows, old * jnp.zeros_like(old), i, 0)


def test_zeros_that_are_replaced_by_zeros():
    assert kept(lambda a, i: (_replaced(a, i), i + 1), ROWS, ONE, begin=[0]) == {0}


def test_zeros_chosen_by_a_branch():
    def body(a, i):
        return lax.cond(i > 1, lambda: a + a, lambda: jnp.zeros_like(a)), i + 1

    assert kept(body, ROWS, ONE, begin=[0]) == {0}


def test_one_that_takes_from_another_that_changes():
    def body(a, b, c, i):
        return a + b, b + c, jnp.where(c > 0.0, c, 0.0) + 1.0, i

    assert kept(body, ROWS, ROWS, ROWS, ONE, begin=[0, 1, 2]) == set()
    assert kept(lambda a, b: (a + b, b * a), ROWS, ROWS, begin=[0, 1]) == {0, 1}
    assert kept(lambda a, b: (a + b, b * a), ROWS, ROWS, begin=[0]) == set()


@pytest.mark.parametrize(
    "change", [jnp.cos, jnp.negative, lambda a: a - 0.0, lambda a: a.at[0].set(1.0)]
)
def test_what_may_not_be_zero(change):
    """-0.0 is not 0.0, and a subtraction is not known."""
    assert kept(lambda a: (change(a),), ROWS, begin=[0]) == set()


def _recurrent(x):
    """The gradient of a loop that fills a dozen lists, one of which nobody reads afterwards."""
    cell = tf.nn.rnn_cell.LSTMCell(3, initializer=tf.ones_initializer())
    outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(state.h)) * 0.5
    return [loss, tf.gradients(loss, x)[0], outputs]


@pytest.mark.parametrize("room", ["native", "poisoned"])
def test_room_is_not_read(monkeypatch, room):
    """Whatever lies in memory that was not written to, results are those of the interpreter."""
    made = []
    monkeypatch.setenv("HEADRACE_CACHE", "off")
    monkeypatch.setattr(library, "_LEAST_ROOM", 0)
    real = library.lower_room

    def poisoned(shape, dtype, number):
        made.append(shape)
        if room == "native":
            return real(shape, dtype, number)
        return jnp.full(shape, np.nan if np.dtype(dtype).kind == "f" else 99, dtype)

    monkeypatch.setattr(library, "lower_room", poisoned)
    if room == "poisoned":
        monkeypatch.setattr(library, "serves_room", lambda shape, dtype: True)
    elif not library.serves_room((1,), np.float32):
        pytest.skip("needs the native library")
    # Another size for each, that one does not find what another one compiled.
    size = {"native": 3, "poisoned": 4}[room]
    values = np.random.RandomState(size).rand(size, 6, 2).astype(np.float32)
    results = []
    for mode in ("off", "always"):
        monkeypatch.setenv("HEADRACE_JIT", mode)
        with tf.Graph().as_default(), tf.Session() as sess:
            x = tf.placeholder(tf.float32, [None, 6, 2])
            fetches = _recurrent(x)
            sess.run(tf.global_variables_initializer())
            results.append([sess.run(fetches, {x: values}) for _ in range(2)])
    for a, b in zip(results[0][0], results[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for a, b in zip(*results[1], strict=True):
        assert a.tobytes() == b.tobytes()
    assert made
