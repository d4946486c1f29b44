"""The cache on disk serves or is left alone; nothing that happens to it changes a result."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import headrace as tf
from headrace._src.engine import disk_cache, interpret, program

pytestmark = pytest.mark.xla


@pytest.fixture(autouse=True)
def always(monkeypatch, tmp_path):
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("HEADRACE_CACHE", raising=False)
    monkeypatch.setenv("HEADRACE_JIT", "always")


@pytest.fixture
def compilations(monkeypatch):
    """One entry for each unit that was compiled rather than found."""
    made = []
    compiled = program._compiled
    monkeypatch.setattr(program, "_compiled", lambda *args: made.append(1) or compiled(*args))
    return made


def computed(offset=0.625):
    """A value for which one unit is compiled, unless it is found on disk."""
    program._CACHE.clear()
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [3])
        y = tf.tanh(x) + offset
        with tf.Session() as sess:
            return sess.run(y, {x: [0.1, 0.2, 0.3]})


@pytest.mark.parametrize("damage", ["none", "truncated", "foreign", "flipped"])
def test_entries(tmp_path, compilations, damage):
    first = computed()
    (entry,) = tmp_path.glob("*/*.bin")
    data = entry.read_bytes()
    damaged = {
        "none": data,
        "truncated": data[: len(data) // 2],
        "foreign": b"something else",
        "flipped": data[:-1] + bytes([data[-1] ^ 1]),
    }
    entry.write_bytes(damaged[damage])
    np.testing.assert_array_equal(computed(), first)
    assert len(compilations) == (1 if damage == "none" else 2)
    assert [p.suffix for p in tmp_path.glob("*/*")] == [".bin"]


def refuse(*args, **keywords):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("where", ["file", "mkdir", "mkstemp", "replace"])
def test_folders_that_cannot_be_written(monkeypatch, tmp_path, compilations, where):
    if where == "file":
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    else:
        owner = {"mkdir": disk_cache.Path, "mkstemp": disk_cache.tempfile, "replace": os}[where]
        monkeypatch.setattr(owner, where, refuse)
    np.testing.assert_array_equal(computed(), computed())
    assert len(compilations) == 2
    assert not [p for p in tmp_path.glob("*/*") if p.is_file()]


def test_folders_that_can_only_be_read(monkeypatch, tmp_path, compilations):
    computed()
    for name in ("utime", "unlink", "replace"):
        monkeypatch.setattr(os, name, refuse)
    computed()
    assert len(compilations) == 1
    assert len(list(tmp_path.glob("*/*.bin"))) == 1


def test_full_disk(monkeypatch, tmp_path, compilations):
    def full(*args, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    computed()
    assert len(compilations) == 1
    assert not list(tmp_path.glob("*/*"))


def test_writers_and_readers_at_once(monkeypatch, tmp_path):
    stored = []
    store = disk_cache.store
    monkeypatch.setattr(disk_cache, "store", lambda *args: stored.append(args) or store(*args))
    value = computed()
    ((key, described, executable),) = stored
    failures, loaded = [], []

    def write():
        for _ in range(25):
            store(key, described, executable)

    def read():
        for _ in range(25):
            entry = disk_cache.load(key)
            if entry is None:
                failures.append("an entry that was there is not found")
            else:
                loaded.append(entry)

    threads = [threading.Thread(target=f) for f in (write, read, write, read)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures
    assert len(loaded) == 50
    assert [p.suffix for p in tmp_path.glob("*/*")] == [".bin"]
    np.testing.assert_array_equal(computed(), value)


def test_two_processes_at_once(tmp_path):
    code = """
import sys
import headrace as tf
x = tf.placeholder(tf.float32, [3])
fetches = [tf.tanh(x) + i for i in range(4)]
with tf.Session() as sess:
    sys.stdin.readline()
    print([sess.run(y, {x: [0.1, 0.2, 0.3]}).tolist() for y in fetches])
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for p in processes:
        p.stdin.write("\n")
        p.stdin.flush()
    outputs = [p.communicate()[0] for p in processes]
    assert [p.returncode for p in processes] == [0, 0]
    assert outputs[0] == outputs[1] != ""
    assert sorted(p.suffix for p in tmp_path.glob("*/*")) == [".bin"] * 4


def test_what_killed_writers_left_is_removed(monkeypatch, tmp_path):
    computed()
    (entry,) = tmp_path.glob("*/*.bin")
    old, new = entry.with_name("tmpold.part"), entry.with_name("tmpnew.part")
    for path in (old, new):
        path.write_bytes(b"half an entry")
    hours_ago = time.time() - 2 * disk_cache._ABANDONED
    os.utime(old, (hours_ago, hours_ago))
    # As in another process, which looks through the folder at its first entry.
    monkeypatch.setattr(disk_cache, "_growth", disk_cache._Growth())
    computed(1.5)
    assert not old.exists()
    # It may belong to a writer that is at work.
    assert new.exists()
    assert len(list(tmp_path.glob("*/*.bin"))) == 2


def test_the_least_recently_used_go_first(monkeypatch, tmp_path, compilations):
    def entries():
        return set(tmp_path.glob("*/*.bin"))

    def added(offset):
        before = entries()
        computed(offset)
        (entry,) = entries() - before
        return entry

    first, second = added(1.0), added(2.0)
    for path, age in ((first, 100), (second, 50)):
        os.utime(path, (time.time() - age,) * 2)
    computed(1.0)  # found on disk: it is the more recently used one now
    assert len(compilations) == 2
    monkeypatch.setenv("HEADRACE_CACHE_MB", str(2.5 * first.stat().st_size / (1 << 20)))
    third = added(3.0)
    assert entries() == {first, third}


@pytest.mark.parametrize("mode", ["off", "always"])
def test_a_run_that_a_close_overtakes(monkeypatch, mode):
    monkeypatch.setenv("HEADRACE_JIT", mode)
    v = tf.get_variable("v", initializer=1.0)
    fetch = v * 2.0
    sess = tf.Session()
    sess.run(v.initializer)
    place_handles = interpret.place_handles

    def overtaken(*args):
        sess.close()
        place_handles(*args)

    monkeypatch.setattr(interpret, "place_handles", overtaken)
    with pytest.raises(tf.errors.CancelledError, match="Session has been closed"):
        sess.run(fetch)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["off", "always"])
def test_closing_while_threads_run(monkeypatch, mode):
    monkeypatch.setenv("HEADRACE_JIT", mode)
    x = tf.placeholder(tf.float32, [8, 8])
    v = tf.get_variable("v", initializer=np.ones((8, 8), np.float32), use_resource=True)
    w = tf.get_variable("w", initializer=np.ones((8, 8), np.float32), use_resource=False)
    queue = tf.FIFOQueue(3, [tf.float32])
    fetches = [
        tf.group(v.assign_add(x), w.assign_add(x)),
        tf.matmul(v.read_value(), w),
        tf.py_func(lambda a: a + 1, [w], tf.float32),
        queue.dequeue(),
        tf.reduce_sum(tf.random_normal([20]) + v[0, 0]),
    ]
    init = tf.global_variables_initializer()
    ends = []

    def work(sess, fetch):
        try:
            while True:
                sess.run(fetch, {x: np.ones((8, 8), np.float32)})
        except Exception as e:
            ends.append(e)

    for _ in range(15):
        sess = tf.Session()
        sess.run(init)
        threads = [threading.Thread(target=work, args=(sess, f), daemon=True) for f in fetches]
        for t in threads:
            t.start()
        time.sleep(0.02)
        sess.close()
        for t in threads:
            t.join(30)
        assert not any(t.is_alive() for t in threads)
    closed = "Attempted to use a closed Session."
    for e in ends:
        assert isinstance(e, tf.errors.CancelledError) or str(e) == closed, repr(e)
    assert len(ends) == 15 * len(fetches)
