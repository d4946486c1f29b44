"""Saves checkpoints in children that are killed at every step; prints what is left as JSON.

    killed_saver.py DIRECTORY MODE

A step is a call that changes a file: a write (killed half through it), an fsync, a rename, a
deletion (killed before and after). MODE: `steps` saves under new names, `same` saves again
under one name, `shards` saves a sharded checkpoint.
"""

import json
import os
import shutil
import signal
import sys

import numpy as np

import headrace as tf
from headrace._src.checkpoint import files

FOLDER, MODE = sys.argv[1:]


class Killer:
    """Counts steps; the process dies at one of them."""

    def __init__(self, at):
        self.at, self.count = at, 0

    def step(self):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function):
        def call(*args, **kwargs):
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return call

    def write(self, file, data):
        half = len(data) // 2
        file._file.write(data[:half])
        file._file.flush()
        self.step()
        file._file.write(data[half:])

    def install(self):
        files.NewFile.write = lambda file, data: self.write(file, data)
        for name in ("replace", "fsync", "unlink", "rename", "rmdir"):
            setattr(os, name, self.around(getattr(os, name)))


def build():
    with tf.device("/cpu:0"):
        a = tf.get_variable("a", [50])
        b = tf.get_variable("b", [3, 2], use_resource=True)
        c = tf.get_variable("c", [2], dtype=tf.string, initializer=tf.constant_initializer("x"))
    saver = tf.train.Saver(max_to_keep=2, sharded=MODE == "shards")
    return a, b, c, saver


def save(session, saver, n):
    step = None if MODE == "same" else n
    return saver.save(session, f"{FOLDER}/m", global_step=step, write_meta_graph=n % 2 == 0)


def fill(session, variables, n):
    a, b, c = variables
    a.load(np.full(50, n, np.float32), session)
    b.load(np.full([3, 2], n, np.float32), session)
    # Strings of changing length move what follows them.
    c.load(np.array([b"s" * n, b"t"], object), session)


def held(path):
    """Which save a checkpoint is of; fails unless it is whole."""
    reader = tf.train.NewCheckpointReader(path)
    n = int(reader.get_tensor("a")[0])
    assert (reader.get_tensor("a") == n).all() and (reader.get_tensor("b") == n).all()
    assert reader.get_tensor("c").tolist() == [b"s" * n, b"t"]
    return n


def child(session, variables, saver, killer):
    fill(session, variables, 4)
    killer.install()
    save(session, saver, 4)
    os._exit(77)


def main():
    *variables, saver = build()
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    out = []
    for at in range(1, 500):
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.mkdir(FOLDER)
        saver.set_last_checkpoints([])
        for n in (1, 2, 3):
            fill(session, variables, n)
            save(session, saver, n)
        pid = os.fork()
        if pid == 0:
            child(session, variables, saver, Killer(at))
        status = os.waitpid(pid, 0)[1]
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 77
            break
        state = tf.train.get_checkpoint_state(FOLDER)
        listed = [held(path) for path in state.all_model_checkpoint_paths]
        newest = held(tf.train.latest_checkpoint(FOLDER))
        saver.restore(session, tf.train.latest_checkpoint(FOLDER))
        out.append([newest, listed, int(session.run(variables[0])[0])])
        # A new process saves as if nothing had been.
        save(session, saver, 5)
        assert held(tf.train.latest_checkpoint(FOLDER)) == newest
    print(json.dumps(out))


main()
