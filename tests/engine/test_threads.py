"""Threads that share a session see whole values."""

import threading
import time

import numpy as np
import pytest

import headrace as tf

pytestmark = [pytest.mark.xla, pytest.mark.slow]


def test_no_torn_values(monkeypatch):
    monkeypatch.setenv("HEADRACE_CACHE", "off")
    monkeypatch.setenv("HEADRACE_JIT", "always")
    v = tf.get_variable("v", initializer=np.zeros((64, 64), np.float32), use_resource=True)
    x = tf.placeholder(tf.float32, [64, 64])
    fetches = [v, v + 1, v.assign_add(x), v.assign(x * 2), v.assign_sub(x).op, v.read_value()]
    failures = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        end = time.monotonic() + 3

        def work(i):
            try:
                while time.monotonic() < end:
                    value = sess.run(fetches[i % len(fetches)], {x: np.full((64, 64), i)})
                    if value is not None and np.ptp(value) != 0:
                        raise AssertionError("a torn value")
            except Exception as e:
                failures.append(e)

        threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(30)
        assert not any(t.is_alive() for t in threads)
    assert not failures
