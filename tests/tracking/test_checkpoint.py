"""Object-based checkpoints: what other writers wrote, damage, and containers of objects."""

import pathlib

import numpy as np
import pytest

import headrace as tf

GOLDEN = pathlib.Path(__file__).parents[1] / "checkpoint/golden"


def written(folder, **objects):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return tf.train.Checkpoint(**objects).save(str(folder / "c"), session)


def damaged(path, change):
    """A checkpoint with another description of its objects."""
    key = "_CHECKPOINTABLE_OBJECT_GRAPH"
    reader = tf.train.NewCheckpointReader(path)
    names = [n for n in reader.get_variable_to_shape_map() if n != key]
    graph = tf.contrib.checkpoint.object_metadata(path)
    values = [change(graph), *(reader.get_tensor(n) for n in names)]
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(
            tf.raw_ops.SaveV2(
                prefix=path,
                tensor_names=[key, *names],
                shape_and_slices=[""] * len(values),
                tensors=[tf.constant(v) for v in values],
            )
        )


def test_restores_what_tensorflow_wrote():
    """Variables of a checkpoint of TensorFlow 1.15 are found by the names of objects."""
    reader = tf.train.NewCheckpointReader(f"{GOLDEN}/objects")
    stored = reader.get_tensor("w/.ATTRIBUTES/VARIABLE_VALUE")
    with tf.Graph().as_default(), tf.Session() as session:
        w = tf.get_variable("other", stored.shape, stored.dtype)
        status = tf.train.Checkpoint(w=w).restore(f"{GOLDEN}/objects").expect_partial()
        status.initialize_or_restore(session)
        np.testing.assert_array_equal(session.run(w), stored)


def beyond(graph):
    graph.nodes[0].children[0].node_id = 1000
    return graph.SerializeToString()


@pytest.mark.parametrize(
    "change", [lambda graph: b"\xff\xff", lambda graph: b"", beyond], ids=["bytes", "none", "far"]
)
def test_damaged_description(tmp_path, change):
    """A description that cannot be read, or names objects that are not there, is damage."""
    with tf.Graph().as_default():
        v = tf.get_variable("v", [2])
        path = written(tmp_path, v=v)
        damaged(path, change)
        with pytest.raises(tf.errors.DataLossError, match="description of objects"):
            tf.train.Checkpoint(v=v).restore(path)


def test_dict_keeps_its_storage():
    """A dict assigned to an attribute and the dict that it was are one."""
    with tf.Graph().as_default():
        plain = {"a": tf.get_variable("a", [])}
        root = tf.train.Checkpoint()
        root.d = plain
        root.d["n"] = 3
        assert plain["n"] == 3 and dict(root.d) == plain and len({**root.d}) == 2
        assert [dependency.name for dependency in root.d._checkpoint_dependencies] == ["a"]
        plain["late"] = 1
        with pytest.raises(ValueError, match="modified outside the wrapper"):
            _ = root.d._checkpoint_dependencies


def test_deferred_list(tmp_path):
    """Elements that are appended after restoring are restored then."""
    with tf.Graph().as_default(), tf.Session() as session:
        root = tf.train.Checkpoint()
        root.items = [tf.Variable(float(i), name=f"v{i}") for i in range(3)]
        session.run(tf.global_variables_initializer())
        path = root.save(str(tmp_path / "c"), session)
    with tf.Graph().as_default(), tf.Session() as session:
        root = tf.train.Checkpoint()
        root.items = []
        status = root.restore(path)
        for i in range(3):
            root.items.append(tf.Variable(9.0, name=f"other{i}"))
        status.assert_consumed().initialize_or_restore(session)
        assert session.run(list(root.items)) == [0.0, 1.0, 2.0]
