"""Entries on disk that cannot be read are removed and compiled anew."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import program

pytestmark = pytest.mark.xla


@pytest.mark.parametrize("damage", ["none", "truncated", "foreign", "flipped"])
def test_entries(monkeypatch, tmp_path, damage):
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HEADRACE_CACHE", raising=False)
    monkeypatch.setenv("HEADRACE_JIT", "always")
    compilations = []
    compiled = program._compiled
    monkeypatch.setattr(
        program, "_compiled", lambda *args: compilations.append(1) or compiled(*args)
    )
    x = tf.placeholder(tf.float32, [3])
    y = tf.tanh(x) + 0.625

    def value():
        program._CACHE.clear()
        with tf.Session() as sess:
            return sess.run(y, {x: [0.1, 0.2, 0.3]})

    first = value()
    (entry,) = tmp_path.glob("*/*.bin")
    data = entry.read_bytes()
    damaged = {
        "none": data,
        "truncated": data[: len(data) // 2],
        "foreign": b"something else",
        "flipped": data[:-1] + bytes([data[-1] ^ 1]),
    }
    entry.write_bytes(damaged[damage])
    np.testing.assert_array_equal(value(), first)
    assert len(compilations) == (1 if damage == "none" else 2)
    assert [p.suffix for p in tmp_path.glob("*/*")] == [".bin"]
