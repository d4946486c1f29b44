"""The native kernels of rows against NumPy, and what they leave in place."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import backend
from headrace._src.native import library

pytestmark = [
    pytest.mark.xla,
    pytest.mark.skipif(not library.serves_host("rows", np.dtype(np.float32)), reason="not built"),
]

HEIGHT = 41
# (rows named, elements of a row): nothing, one task, several tasks.
SIZES = [(0, 3), (7, 5), (9000, 67)]


def made(n, width, dtype, index, distinct=False):
    """A table, indices of which some lie outside, and as many rows."""
    random = np.random.RandomState(n + width)
    height = HEIGHT if not distinct else max(HEIGHT, 2 * n)
    table = random.standard_normal((height, width)).astype(dtype)
    if distinct:
        at = random.permutation(height + 6)[:n] - 3
    else:
        at = random.randint(-3, height + 3, n)
    return table, at.astype(index), random.standard_normal((n, width)).astype(dtype)


def compiled(function, *args):
    with backend.wide():
        return backend.jax().tree.map(np.asarray, backend.jax().jit(function)(*args))


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
@pytest.mark.parametrize("size", SIZES)
def test_take(size, dtype, index):
    table, at, _ = made(*size, dtype, index)
    found = compiled(library.lower_take_rows, table, at)
    np.testing.assert_array_equal(found, table[np.clip(at, 0, HEIGHT - 1)])


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
@pytest.mark.parametrize("size", SIZES)
def test_put(size, dtype, index):
    table, at, rows = made(*size, dtype, index, distinct=True)
    found = compiled(library.lower_put_rows, table, at, rows)
    inside = (at >= 0) & (at < len(table))
    table[at[inside]] = rows[inside]
    np.testing.assert_array_equal(found, table)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_add_and_sum(size, dtype, index):
    """Same bits as adding row after row."""
    table, at, rows = made(*size, dtype, index)
    sums = np.zeros_like(table)
    added = table.copy()
    inside = (at >= 0) & (at < HEIGHT)
    np.add.at(sums, at[inside], rows[inside])
    np.add.at(added, at[inside], rows[inside])
    np.testing.assert_array_equal(compiled(library.lower_add_rows, table, at, rows), added)
    found = compiled(lambda r, a: library.lower_sum_rows(r, a, HEIGHT), rows, at)
    np.testing.assert_array_equal(found, sums)


def test_sum_of_negative_zero():
    rows = np.full((1, 3), -0.0, np.float32)
    found = compiled(lambda r, a: library.lower_sum_rows(r, a, 2), rows, np.zeros(1, np.int32))
    assert not np.signbit(found).any()


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_adagrad(size, dtype, index):
    var, at, grad = made(*size, dtype, index, distinct=True)
    accum = np.square(var) + dtype(0.1)
    rate = dtype(0.05)
    found = compiled(library.lower_adagrad_rows, var, accum, at, grad, rate)
    inside = (at >= 0) & (at < len(var))
    at, grad = at[inside], grad[inside]
    accum[at] += grad * grad
    var[at] -= grad * rate * (1 / np.sqrt(accum[at]))
    for expected, value in zip((var, accum), found, strict=True):
        np.testing.assert_allclose(value, expected, rtol=20 * np.finfo(dtype).eps, atol=1e-7)


@pytest.mark.parametrize("numbers", [np.int32, np.int64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("n", [1, 2, 50, 5000])
def test_distinct(n, index, numbers):
    random = np.random.RandomState(n)
    limits = np.iinfo(index)
    pool = np.append(random.randint(limits.min, limits.max, n, dtype=index), [0, -1, limits.min])
    x = random.choice(pool.astype(index), n)
    y, idx = compiled(lambda x: library.lower_distinct(x, numbers), x)
    first = np.sort(np.unique(x, return_index=True)[1])
    assert idx.dtype == numbers
    np.testing.assert_array_equal(y[: len(first)], x[first])
    assert (y[len(first) :] == limits.max).all()
    np.testing.assert_array_equal(y[idx], x)


@pytest.mark.slow
@pytest.mark.parametrize("resource", [False, True])
def test_tables_stay_in_place(monkeypatch, resource):
    """A sparse step writes into the memory of the tables, and equals the interpreter's."""
    monkeypatch.setenv("HEADRACE_CACHE", "off")
    results = []
    for mode in ("off", "always"):
        monkeypatch.setenv("HEADRACE_JIT", mode)
        tf.reset_default_graph()
        ids = tf.placeholder(tf.int32, [None])
        start = np.random.RandomState(1).standard_normal((3000, 32)).astype(np.float32)
        table = tf.get_variable("table", initializer=start, use_resource=resource)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 0.3))
        train = tf.train.AdagradOptimizer(0.1).minimize(loss)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            places = set()
            for seed in range(4):
                fed = np.random.RandomState(seed).randint(0, 3000, 700)
                sess.run([loss, train], {ids: fed})
                cells = [c for c in sess._resources.all() if c.value.shape == start.shape]
                places.add(tuple(c.value.ctypes.data for c in cells))
            results.append(sess.run(table))
            # The first run brings the tables to the device.
            assert mode == "off" or len(places) <= 2
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)
