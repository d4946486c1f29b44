"""When plans are compiled, how often, and what `explain` says about it."""

import logging
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import headrace.compat.v1 as tf
from headrace._src.engine import disk_cache, program, tiers

pytestmark = pytest.mark.xla
ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "on")
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HEADRACE_JIT", raising=False)
    program._CACHE.clear()


@pytest.fixture
def compilations(monkeypatch):
    """Grows by one for each compilation."""
    made = []
    real = program._compiled

    def count(*args):
        made.append(args)
        return real(*args)

    monkeypatch.setattr(program, "_compiled", count)
    return made


def heavy(rows=None):
    """(placeholder, a fetch that is worth compiling)."""
    x = tf.placeholder(tf.float32, [rows, 64], name="rows")
    y = x
    for _ in range(40):
        y = tf.tanh(y) * 1.01 + 0.1
    return x, tf.reduce_sum(y)


def test_tiny_plans_stay_interpreted(compilations):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        y = x + 1.0
        for i in range(300):
            assert session.run(y, {x: i}) == i + 1
        explained = session.explain(y, {x: 0})
        assert explained.tier == "interpreted" and explained.compiles_at is None
        assert "stays so" in str(explained)
    assert not compilations


def test_hot_plans_are_compiled_once(compilations):
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = heavy()
        ones = np.ones((500, 64), np.float32)
        first = session.run(y, {x: ones})
        due = session.explain(y, [x]).compiles_at
        assert due is not None and due >= tiers._FIRST_RUN
        for _ in range(due):
            np.testing.assert_allclose(session.run(y, {x: ones}), first, rtol=1e-4)
        explained = session.explain(y, [x])
        assert explained.tier == "compiled" and explained.runs == due + 1
        assert [u.kind for u in explained.units] == ["segment"]
        assert "segment: " in str(explained) and "rows:0" in str(explained)
    assert len(compilations) == 1


def test_constants_that_wait_do_not_split_a_step(monkeypatch):
    """A training step behind an update, its constants included, is one segment."""
    monkeypatch.setenv("HEADRACE_JIT", "always")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4])
        w, mean = tf.get_variable("w", [4, 1]), tf.get_variable("mean", [])
        h = tf.matmul(x, w)
        update = tf.assign_add(mean, tf.reduce_mean(h))
        with tf.control_dependencies([update]):
            train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(h - 1.0) ** 2)
        session.run(tf.global_variables_initializer())
        session.run(train, {x: np.ones([3, 4])})
        kinds = [u.kind for u in session.explain(train, [x]).units]
        assert kinds.count("segment") == 1, kinds


def test_order_through_a_constant(monkeypatch):
    """What takes a constant waits for what the constant was to wait for."""
    monkeypatch.setenv("HEADRACE_JIT", "always")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2])
        v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
        with tf.control_dependencies([tf.assign(v, tf.reduce_sum(x) * 10.0)]):
            two = tf.constant([1, 1])
        later = tf.assign_add(v, tf.cast(tf.reduce_sum(two * 2), tf.float32))
        for _ in range(2):
            session.run(v.initializer)
            assert session.run(later, {x: [1.0, 2.0]}) == 34
            assert session.run(v) == 34


@pytest.mark.parametrize(
    ("variable", "level", "tier"),
    [("off", 1, "interpreted"), ("always", -1, "compiled"), ("", -1, "interpreted"),
     ("", 1, "compiled"), ("", 2, "compiled")],
)  # fmt: skip
def test_knobs(variable, level, tier, monkeypatch):
    monkeypatch.setenv("HEADRACE_JIT", variable)
    config = tf.ConfigProto()
    config.graph_options.optimizer_options.global_jit_level = level
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        x = tf.placeholder(tf.float32, [3])
        y = tf.reduce_sum(x * 2.0)
        for _ in range(3):
            assert session.run(y, {x: [1, 2, 3]}) == 12
        assert session.explain(y, [x]).tier == tier


def test_unknown_knob(monkeypatch):
    monkeypatch.setenv("HEADRACE_JIT", "sometimes")
    with tf.Graph().as_default(), pytest.raises(ValueError, match="HEADRACE_JIT.*'sometimes'"):
        tf.Session()


@pytest.mark.parametrize("text", ["abc", "-1", "nan"])
def test_wrong_bound(text):
    with pytest.raises(ValueError, match="HEADRACE_CACHE_MB"):
        disk_cache.limit_of(text)


def test_changing_dimensions(monkeypatch, compilations, caplog):
    """Compilations are bounded, values equal, and one warning names the placeholder."""
    monkeypatch.setenv("HEADRACE_JIT", "always")
    logger = logging.getLogger("tensorflow")
    monkeypatch.setattr(logger, "propagate", True)
    with tf.Graph().as_default(), tf.Session() as session, caplog.at_level("WARNING"):
        x = tf.placeholder(tf.float32, [None, 3], name="sentence")
        y = tf.reduce_sum(tf.tanh(x) * 2.0, 0)
        for n in range(1, 60):
            fed = np.full((n, 3), 0.5, np.float32)
            expected = np.full(3, n * np.tanh(0.5) * 2)
            np.testing.assert_allclose(session.run(y, {x: fed}), expected, rtol=1e-5)
    assert len(compilations) == 3
    told = [r for r in caplog.records if "keeps changing" in r.message]
    assert len(told) == 1 and "sentence:0" in told[0].message


def test_a_dimension_that_returns_is_compiled(monkeypatch, compilations):
    monkeypatch.setenv("HEADRACE_JIT", "always")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        y = tf.reduce_sum(tf.tanh(x) * 2.0)
        for n in (1, 2, 3, 4, 4, 4, 4, 4):
            session.run(y, {x: np.ones(n)})
    assert len(compilations) == 4


def test_same_program_again_compiles_nothing(monkeypatch, compilations):
    monkeypatch.setenv("HEADRACE_JIT", "always")
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            v = tf.Variable(np.ones(4, np.float32))
            step = tf.assign_add(v, v * 2.0)
            session.run(tf.global_variables_initializer())
            np.testing.assert_array_equal(session.run(step), [3] * 4)
    first = len(compilations)
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(np.ones(4, np.float32), name="another_name")
        step = tf.assign_add(v, v * 2.0)
        session.run(tf.global_variables_initializer())
        session.run(step)
    assert len(compilations) == first


PROGRAM = """
import numpy as np
import headrace.compat.v1 as tf
from headrace._src.engine import program
made = []
real = program._compiled
program._compiled = lambda *args: made.append(1) or real(*args)
x = tf.placeholder(tf.float32, [8, 5])
w = tf.Variable(tf.random_normal([5, 3], seed=1))
loss = tf.reduce_sum(tf.tanh(tf.matmul(x, w) + tf.random_normal([8, 3], seed=2)))
step = tf.train.AdamOptimizer(0.1).minimize(loss)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for _ in range(4):
        _, value = session.run([step, loss], {x: np.linspace(0, 1, 40).reshape(8, 5)})
    print(len(made), value.tobytes().hex(), session.run(w).tobytes().hex())
"""


FACTORS = """
import numpy as np
import headrace.compat.v1 as tf
a = tf.placeholder(tf.float64, [2, 2])
with tf.Session() as session:
    for _ in range(3):
        found = session.run([tf.cholesky(a), tf.matrix_inverse(a)], {a: [[4.0, 2.0], [2.0, 3.0]]})
    print(" ".join(value.tobytes().hex() for value in found))
"""


def in_two_processes(program, folder):
    """What a program prints with an empty disk cache, and again with the one it left."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HEADRACE_JIT": "always",
        "HEADRACE_CACHE": "on",
        "HEADRACE_CACHE_DIR": str(folder),
    }
    command = [sys.executable, "-c", program]
    return [
        subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(2)
    ]


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    """And gives the same bits."""
    cold, warm = in_two_processes(PROGRAM, tmp_path / "shared")
    assert int(cold[0]) > 0 and int(warm[0]) == 0
    assert cold[1:] == warm[1:]


@pytest.mark.slow
def test_a_second_process_factors_matrices(tmp_path):
    """JAX's LAPACK kernels are not set up in a process that has not lowered one."""
    cold, warm = in_two_processes(FACTORS, tmp_path / "shared")
    assert cold and cold == warm
