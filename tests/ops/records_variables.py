"""Records of the ops behind variables that public functions do not reach, and of sparse reads."""

import numpy as np

from headrace._src.core import dtypes
from headrace._src.ops import variable_gather, variable_ops
from tests.ops.record import Record

FLOATS = np.array([[1.5, -2.0, 0.25], [3.0, 4.5, -1.0]], np.float32)


def _old_variable(tf, x):
    cell = variable_ops.Variable(shape=[2, 3], dtype=dtypes.float32)
    return variable_ops.Assign(cell, x) + 0.0


def _temporary(tf, x):
    cell = variable_ops.TemporaryVariable(shape=[2, 3], dtype=dtypes.float32, var_name="t")
    filled = variable_ops.Assign(cell, x)
    doubled = variable_ops.AssignAdd(filled, x)
    return variable_ops.DestroyTemporaryVariable(doubled, var_name="t")


def _handle(shape):
    return variable_ops.VarHandleOp(shape=shape, dtype=dtypes.float32, shared_name="kept")


def _shape_of_handle(tf, x):
    handle = _handle(None)
    with tf.control_dependencies([variable_ops.AssignVariableOp(handle, x)]):
        return variable_ops.VariableShape(handle)


def _destroyed(tf, x):
    handle = _handle([2, 3])
    with tf.control_dependencies([variable_ops.AssignVariableOp(handle, x)]):
        before = variable_ops.VarIsInitializedOp(handle)
    with tf.control_dependencies([before]):
        gone = variable_ops.DestroyResourceOp(handle)
    with tf.control_dependencies([gone]):
        after = variable_ops.VarIsInitializedOp(handle)
    return [before, after]


def _gathered(tf, indices):
    v = tf.get_variable("v", initializer=FLOATS, use_resource=True)
    return v.sparse_read(indices)


def _batch_gathered(tf, indices):
    v = tf.get_variable("v", initializer=FLOATS, use_resource=True)
    return variable_gather.ResourceGather(v.handle, indices, dtype=tf.float32, batch_dims=1)


def _gradient_of_gathered(tf, x, indices):
    v = tf.get_variable("v", initializer=FLOATS, use_resource=True)
    y = v.sparse_read(indices) * x
    return tf.convert_to_tensor(tf.gradients(y, v)[0])


def _scattered(tf, x):
    v = tf.get_variable("v", initializer=FLOATS)
    return tf.scatter_add(v, [1, 1], x) + 0.0


RECORDS = [
    Record("Variable", _old_variable, [FLOATS], lambda x: x),
    Record("TemporaryVariable", _temporary, [FLOATS], lambda x: 2 * x),
    Record("DestroyTemporaryVariable", _temporary, [FLOATS], lambda x: 2 * x),
    Record("VariableShape", _shape_of_handle, [FLOATS], lambda x: np.int32([2, 3])),
    Record("DestroyResourceOp", _destroyed, [FLOATS], lambda x: [True, False]),
    Record("ResourceGather", _gathered, [np.int32([[1, 0], [1, 1]])], lambda i: FLOATS[i]),
    Record(
        "ResourceGather",
        _batch_gathered,
        [np.int32([[2, 0], [1, 1]])],
        lambda i: np.take_along_axis(FLOATS, i, 1),
        name="batched",
    ),
    Record(
        "ResourceGather",
        _gradient_of_gathered,
        [np.float32([[1, 2, 3], [4, 5, 6]]), np.int32([1, 1])],
        lambda x, i: np.stack([np.zeros(3, np.float32), x.sum(0)]),
        name="gradient",
    ),
    Record(
        "ScatterAdd",
        _scattered,
        [FLOATS],
        lambda x: np.stack([FLOATS[0], FLOATS[1] + x.sum(0)]),
    ),
]
