"""A process that dies while it saves, or a full disk, costs no earlier checkpoint."""

import builtins
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import headrace as tf
from headrace._src.checkpoint import files

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["steps", "same", "shards"])
def test_killed(mode, tmp_path):
    """Killed at every step of a save: what is listed is whole, the newest the old or the new."""
    script = pathlib.Path(__file__).with_name("killed_saver.py")
    env = {"PYTHONPATH": str(ROOT), "PATH": "", "HEADRACE_JIT": "off"}
    done = subprocess.run(
        [sys.executable, script, tmp_path / "d", mode], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    deaths = json.loads(done.stdout)
    assert len(deaths) > 15
    newest = [n for n, _, _ in deaths]
    assert set(newest) == {3, 4} and newest == sorted(newest)
    for n, listed, restored in deaths:
        assert listed[-1] == restored == n
        if mode != "same":
            assert listed == [n - 1, n]


@pytest.fixture
def saved(tmp_path):
    """A session with a saver that has saved `a` = 1 as m-1."""
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.get_variable("a", [1000], initializer=tf.ones_initializer())
        saver = tf.train.Saver(max_to_keep=1)
        session.run(a.initializer)
        saver.save(session, f"{tmp_path}/m", 1)
        yield session, saver, a, str(tmp_path)


class FullDisk:
    """A file on a disk that is full after `room` bytes."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, data):
        self._room -= len(data)
        if self._room < 0:
            raise OSError(28, "No space left on device")
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 100, 4000, 4050])
def test_full_disk(room, saved, monkeypatch):
    """The error says so; what was there is still there, and nothing else."""
    session, saver, a, folder = saved
    before = sorted(os.listdir(folder))
    session.run(tf.assign(a, a + 1))

    def full(path, mode):
        return FullDisk(builtins.open(path, mode), room if "data" in path else room - 4000)

    monkeypatch.setattr(files, "open", full, raising=False)
    for path in (f"{folder}/m", f"{folder}/m-1"):
        with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left on device"):
            saver.save(session, path, None if path.endswith("1") else 2)
        assert sorted(os.listdir(folder)) == before
    assert tf.train.latest_checkpoint(folder) == f"{folder}/m-1"
    assert (tf.train.load_variable(folder, "a") == 1).all()


def test_full_disk_for_the_state(saved, monkeypatch):
    """When only the list of checkpoints does not fit, the old one stays."""
    session, saver, _, folder = saved

    def full(path, mode):
        return FullDisk(builtins.open(path, mode), 0 if "checkpoint" in path else 1 << 20)

    monkeypatch.setattr(files, "open", full, raising=False)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        saver.save(session, f"{folder}/m", 2)
    assert tf.train.latest_checkpoint(folder) == f"{folder}/m-1"
    assert not [name for name in os.listdir(folder) if "tempstate" in name]


def test_a_failing_read_changes_nothing(saved):
    """A restore that fails part of the way leaves every variable as it was."""
    session, _, a, folder = saved
    b = tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    session.run([tf.assign(a, a + 5), b.initializer])
    with pytest.raises(tf.errors.NotFoundError):
        tf.train.Saver().restore(session, f"{folder}/m-1")
    assert (session.run(a) == 6).all()


def test_a_forbidden_folder(saved, tmp_path):
    """A folder that is a file gives an error, and no half of a checkpoint."""
    session, saver, _, folder = saved
    with pytest.raises((ValueError, tf.errors.OpError)):
        saver.save(session, f"{folder}/m-1.index/x")
    assert (tf.train.load_variable(folder, "a") == np.ones(1000)).all()
