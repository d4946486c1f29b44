"""What savers of headrace do beyond the snippets of tests/parity/saver.py."""

import os
import threading

import numpy as np
import pytest

import headrace as tf
from headrace._src.checkpoint import bundle_reader, bundle_writer


def test_a_missing_key_names_those_like_it(tmp_path):
    """Below TensorFlow's line: keys alike, and keys of the same last name elsewhere."""
    with tf.Graph().as_default(), tf.Session() as session:
        for name in ("layer_1/kernel", "layer_2/kernel", "old/model/bias", "unrelated"):
            tf.get_variable(name, [1])
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, f"{tmp_path}/m")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("layer1/kernel", [1])
        with pytest.raises(tf.errors.NotFoundError) as caught:
            tf.train.Saver().restore(session, path)
    lines = caught.value.message.splitlines()
    at = lines.index("Key layer1/kernel not found in checkpoint")
    assert lines[at + 1] == "Nearest keys: layer_1/kernel, layer_2/kernel (4 keys in all)."
    with pytest.raises(tf.errors.NotFoundError, match="Nearest keys: old/model/bias"):
        tf.train.load_variable(path, "m/bias")
    with pytest.raises(tf.errors.NotFoundError, match="No key is like it"):
        tf.train.load_variable(path, "zzz")


@pytest.mark.parametrize("dtype", [tf.qint8, tf.quint8, tf.qint32, tf.bfloat16, tf.uint64])
def test_rare_dtypes(dtype, tmp_path):
    """Values of every dtype with bytes come back."""
    value = np.array([[1, 2, 3]], np.uint8).astype(dtype.as_numpy_dtype)
    with bundle_writer.BundleWriter(f"{tmp_path}/x") as writer:
        writer.add("v", value, dtype)
        writer.finish()
    read = bundle_reader.BundleReader(f"{tmp_path}/x").read("v")
    assert read.dtype == value.dtype and read.tobytes() == value.tobytes()


def test_a_failing_writer_leaves_nothing(tmp_path):
    """A tensor that cannot be kept stops the whole checkpoint."""
    with pytest.raises(tf.errors.UnimplementedError, match="resource"):
        with bundle_writer.BundleWriter(f"{tmp_path}/x") as writer:
            writer.add("v", np.ones(3, np.float32), tf.float32)
            writer.add("r", None, tf.resource)
    assert os.listdir(tmp_path) == []


def test_saving_while_others_train(tmp_path):
    """No variable is saved half changed; as in TensorFlow, two may be of neighbouring steps."""
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.get_variable("a", [1000], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [1000], initializer=tf.zeros_initializer())
        both = tf.group(tf.assign_add(a, tf.ones([1000])), tf.assign_add(b, tf.ones([1000])))
        saver = tf.train.Saver(max_to_keep=None)
        session.run(tf.global_variables_initializer())
        done = threading.Event()

        def train():
            while not done.is_set():
                session.run(both)

        thread = threading.Thread(target=train)
        thread.start()
        try:
            paths = [
                saver.save(session, f"{tmp_path}/m", i, write_meta_graph=False) for i in range(20)
            ]
        finally:
            done.set()
            thread.join()
        for path in paths:
            reader = tf.train.NewCheckpointReader(path)
            (x,), (y,) = ({*reader.get_tensor(name).tolist()} for name in ("a", "b"))
            assert abs(x - y) <= 1
        assert saver.last_checkpoints == []


def test_waiting_for_checkpoints(tmp_path):
    """The iterator yields each checkpoint once and ends when the time is over."""
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.get_variable("a", [], initializer=tf.zeros_initializer())
        saver = tf.train.Saver()
        session.run(a.initializer)
        assert list(tf.train.checkpoints_iterator(str(tmp_path), timeout=0)) == []
        found, asked = [], []

        def out_of_time():
            asked.append(len(found))
            if len(asked) == 1:
                saver.save(session, f"{tmp_path}/m", 2)
            return len(asked) == 2

        saver.save(session, f"{tmp_path}/m", 1)
        for path in tf.train.checkpoints_iterator(str(tmp_path), timeout=0, timeout_fn=out_of_time):
            found.append(os.path.basename(path))
        assert found == ["m-1", "m-2"] and asked == [1, 2]


def test_a_variable_on_a_device(tmp_path, monkeypatch):
    """Values that compiled code holds are saved, and restored ones are used by it."""
    monkeypatch.setenv("HEADRACE_JIT", "always")
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("w", [64, 64], initializer=tf.ones_initializer())
        train = tf.assign(w, tf.matmul(w, w) / 64.0 + 1.0)
        saver = tf.train.Saver()
        session.run(w.initializer)
        session.run(train.op)
        path = saver.save(session, f"{tmp_path}/m")
        assert (tf.train.load_variable(path, "w") == 2).all()
        session.run(train.op)
        saver.restore(session, path)
        session.run(train.op)
        assert (session.run(w) == 5).all()
