"""Session handles: values that stay in a session between runs."""

import pytest

import headrace as tf


def test_a_value_stays_and_can_be_read_and_deleted():
    handle = tf.get_session_handle(tf.constant([1.0, 2.0]) * 2.0)
    with tf.Session() as sess:
        kept = sess.run(handle)
        assert str(kept) == "GetSessionHandle;0;/job:localhost/replica:0/task:0/device:CPU:0"
        assert kept.eval().tolist() == [2.0, 4.0]
        holder, tensor = tf.get_session_tensor(kept.handle, tf.float32)
        assert sess.run(tensor + 1.0, {holder: kept}).tolist() == [3.0, 5.0]
        assert sess.run(tensor, {holder: kept.handle}).tolist() == [2.0, 4.0]
        deleted, delete = tf.delete_session_tensor(kept.handle)
        sess.run(delete, {deleted: kept})
        with pytest.raises(tf.errors.InvalidArgumentError, match="is not in the session store"):
            sess.run(tensor, {holder: kept})
        with pytest.raises(TypeError, match="may have already been deleted"):
            kept.eval()


def test_what_is_kept_must_be_a_tensor():
    with pytest.raises(TypeError, match="must be of type Tensor"):
        tf.get_session_handle(3.0)


def test_nodes():
    handle = tf.get_session_handle(tf.identity(tf.constant(1.0), name="x"))
    assert handle.op.colocation_groups() == [b"loc:@x"]
    assert handle.op.type == "GetSessionHandle"
