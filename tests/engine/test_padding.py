"""Distinct elements are padded in compiled code where nobody can see it, and nowhere else."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import program
from headrace._src.native import library

pytestmark = [pytest.mark.xla, pytest.mark.slow]
ROWS, WIDTH = 20, 3


@pytest.fixture(autouse=True)
def no_disk(monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "off")


def runs(monkeypatch, build):
    """What an interpreted and a compiled session give for ids of several kinds, and the latter.

    `build(ids)` gives (what to fetch, the table) for a placeholder of ids.
    """
    results = []
    for mode in ("off", "always"):
        monkeypatch.setenv("HEADRACE_JIT", mode)
        tf.reset_default_graph()
        ids = tf.placeholder(tf.int32, [None])
        fetch, table = build(ids)
        sess = tf.Session()
        sess.run(tf.global_variables_initializer())
        made = []
        for seed in range(6):
            # Batches of one size, with different numbers of distinct ids; the last has all alike.
            fed = np.random.RandomState(seed).randint(0, ROWS, 9) if seed < 5 else np.full(9, 4)
            made += [np.asarray(v) for v in sess.run(fetch, {ids: fed}) if v is not None]
            made.append(sess.run(table))
        results.append(made)
        plans = [p for p in sess.prepared if p.staged is not None and p.plan.fed]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    (plan,) = plans
    return plan.staged


def padded(staged):
    """Whether distinct elements are found by compiled code."""
    units = {id(s): s.unit for s in staged.segments}
    return any(
        step.op.type == "Unique" for unit in staged.units if id(unit) in units
        for step in units[id(unit)].steps
    )  # fmt: skip


def table_of(resource=False):
    start = np.linspace(-1, 1, ROWS * WIDTH).reshape(ROWS, WIDTH).astype(np.float32)
    return tf.get_variable("table", initializer=start, use_resource=resource)


OPTIMIZERS = {
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
}


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_sparse_training_is_one_segment(monkeypatch, name, resource, native):
    if not native:
        monkeypatch.setattr(library, "serves_xla", lambda kernel, dtype: False)
    program._CACHE.clear()

    def build(ids):
        table = table_of(resource)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 0.3))
        optimizer = OPTIMIZERS[name]()
        scaled = [
            (tf.IndexedSlices(g.values * 2.0, g.indices, g.dense_shape), v)
            for g, v in optimizer.compute_gradients(loss)
        ]
        return [loss, optimizer.apply_gradients(scaled)], table

    staged = runs(monkeypatch, build)
    assert [len(s.programs) for s in staged.segments] == [1]
    assert len(staged.units) == 1
    program._CACHE.clear()


def grouped(ids, table):
    """The distinct ids, their numbers and the sum of a looked up row for each."""
    distinct, numbers = tf.unique(ids)
    rows = tf.gather(table, ids) * 0.5
    count = tf.shape(distinct)[0]
    return distinct, numbers, tf.unsorted_segment_sum(rows, numbers, count), count


ROW_WISE = {
    "scalar": lambda rows, ids: 1.0 - rows * 3.0,
    "vector of columns": lambda rows, ids: rows * tf.constant([1.0, 2.0, 3.0]),
    "row": lambda rows, ids: tf.maximum(rows, tf.constant([[0.1, 0.2, 0.3]])),
    "itself": lambda rows, ids: rows / (tf.sqrt(rows * rows) + tf.abs(rows) + 1.0),
    "sum": lambda rows, ids: tf.add_n([rows, rows, tf.exp(rows)]),
    "cast": lambda rows, ids: tf.cast(tf.cast(rows, tf.float64) * 2.0, tf.float32),
}


@pytest.mark.parametrize("name", ROW_WISE)
def test_rows_apart_stay_compiled(monkeypatch, name):
    def build(ids):
        table = table_of()
        distinct, _, sums, _ = grouped(ids, table)
        return [tf.scatter_sub(table, distinct, ROW_WISE[name](sums, ids)).op], table

    staged = runs(monkeypatch, build)
    assert padded(staged)
    assert len(staged.units) == 1


SEEN = {
    "elements fetched": lambda d, n, s, c, ids: (s, [d]),
    "numbers fetched": lambda d, n, s, c, ids: (s, [n]),
    "rows fetched": lambda d, n, s, c, ids: (s * 2.0, [s]),
    "count fetched": lambda d, n, s, c, ids: (s, [c]),
    "count as a factor": lambda d, n, s, c, ids: (s / tf.cast(c, tf.float32), []),
    "rows reduced": lambda d, n, s, c, ids: (s - tf.reduce_mean(s, 0), []),
    "rows reversed": lambda d, n, s, c, ids: (tf.reverse(s, [0]), []),
    "numbers as factors": lambda d, n, s, c, ids: (
        s * tf.cast(tf.gather(n, tf.range(c)), tf.float32)[:, None],
        [],
    ),
    "elements as factors": lambda d, n, s, c, ids: (
        s * tf.cast(d, tf.float32)[:, None],
        [],
    ),
    "what stands in order": lambda d, n, s, c, ids: (
        s * tf.cast(tf.range(c), tf.float32)[:, None],
        [],
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_is_not_padded(monkeypatch, name):
    def build(ids):
        table = table_of()
        parts = grouped(ids, table)
        updates, extra = SEEN[name](*parts, ids)
        return [tf.scatter_sub(table, parts[0], updates).op, *extra], table

    assert not padded(runs(monkeypatch, build))


def test_computed_indices_are_not_padded(monkeypatch):
    def build(ids):
        table = table_of()
        distinct, _, sums, _ = grouped(ids, table)
        return [tf.scatter_sub(table, tf.abs(distinct - 5), sums).op], table

    assert not padded(runs(monkeypatch, build))


def test_first_rows_only_are_not_padded(monkeypatch):
    def build(ids):
        table = table_of()
        distinct, _, sums, _ = grouped(ids, table)
        return [tf.scatter_sub(table, distinct[:1], sums[:1]).op], table

    assert not padded(runs(monkeypatch, build))


def test_rows_of_two_makers_do_not_mix(monkeypatch):
    def build(ids):
        table = table_of()
        distinct, _, sums, _ = grouped(ids, table)
        _, _, others, _ = grouped(tf.reverse(ids, [0]), table)
        return [tf.scatter_sub(table, distinct, sums + others).op], table

    runs(monkeypatch, build)


def test_padded_rows_do_not_leave_their_unit(monkeypatch):
    """What stands behind work on the host would take surplus rows for rows of the table."""

    def trained(mode):
        monkeypatch.setenv("HEADRACE_JIT", mode)
        with tf.Graph().as_default():
            table = tf.get_variable("e", [20, 4], initializer=tf.ones_initializer())
            ids = tf.placeholder(tf.int32, [None])
            rows = tf.nn.embedding_lookup(table, ids)
            values = tf.reshape(tf.py_func(lambda v: v * 1.5, [rows], tf.float32), [-1, 4])
            slices = tf.IndexedSlices(values, ids, tf.constant([20, 4]))
            update = tf.train.AdagradOptimizer(0.1).apply_gradients([(slices, table)])
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                for _ in range(3):
                    session.run(update, {ids: [1, 2, 1, 5]})
                return session.run(table)

    np.testing.assert_allclose(trained("always"), trained("off"), rtol=1e-6)
