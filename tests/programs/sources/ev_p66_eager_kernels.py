"""Eager execution: values packed in lists, variables, captures, and what kernels and attrs refuse."""

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
R = tf.raw_ops


def at(label, f):
    try:
        r = f()
        print(label, r.shape if hasattr(r, "shape") and not isinstance(r, np.ndarray) else r)
    except Exception as e:
        print(label, type(e).__name__, str(e).strip().split("\n")[0][:250])


def o(*shape):
    return tf.ones(shape)


# Equal calls with other tensors in nested lists.
c = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
for m in (c > 2.0, [True, False, True], c > 4.0):
    print(tf.boolean_mask(c, m).numpy().tolist())
for i in range(3):
    k = tf.constant(i)
    print(tf.concat([[1], [k], [k, 2]], 0).numpy(), tf.stack([[k, 1], [2, k]]).numpy().tolist())
# Equal calls with other tensors as attrs.
for b in (2, 4, 2):
    print(tf.space_to_depth(o(1, 8, 8, 1), tf.constant(b)).shape, tf.stack([c, c], b // 4).shape)
    print(R.Sum(input=c, axis=0, keep_dims=tf.constant(b == 2)).shape)
for t in ("int64", "uint8", "float64"):
    print(tf.nn.max_pool(np.arange(16).reshape(1, 4, 4, 1).astype(t), 2, 2, "SAME").dtype)
print(tf.SparseTensor([[0]], [tf.constant(1.0)], [2]).values.numpy())

# Variables are resources, whatever is asked for; nothing keeps those of a scope.
with tf.variable_scope("s") as scope:
    v = tf.get_variable("v", [3], initializer=tf.ones_initializer(), use_resource=False)
    w = tf.get_variable("v", [3], partitioner=tf.fixed_size_partitioner(3))
    w = tf.get_variable("v", [3], partitioner=tf.fixed_size_partitioner(3))
    print(
        v.numpy(), v.name, tf.Variable(2.0, use_resource=False).numpy(), scope.reuse, len(list(w))
    )
    at("caching", lambda: scope.set_caching_device("/cpu:0"))
    at("resource", lambda: scope.set_use_resource(False))
cell = tf.nn.rnn_cell.BasicRNNCell(2)
print(tf.nn.dynamic_rnn(cell, o(2, 3, 2), sequence_length=[1, 2], dtype=tf.float32)[0].shape)
tf.layers.dense(o(2, 2), 3, kernel_regularizer=tf.reduce_sum)
print(len(tf.losses.get_regularization_losses()))


@tf.custom_gradient
def layer(x):
    return x * tf.get_variable("k", initializer=2.0), lambda dy: dy


at("no variables argument", lambda: layer(c))

# A plain graph takes in no values.
with tf.Graph().as_default():
    at("add", lambda: tf.constant(1.0) + c)
    at("identity", lambda: tf.identity(c))
    at("stack", lambda: tf.stack([c, c]))
    at("cond", lambda: tf.cond(tf.constant(True), lambda: c, lambda: c * 2.0))
    at("variable", lambda: v + 1.0)
    at("assign", lambda: v.assign([1.0, 1.0, 1.0]))
    at("function", lambda: tf.function(lambda: c * 2.0)())
    at("constant", lambda: tf.constant(c))


class Unhashable:
    __hash__ = None


f = tf.function(lambda x, y: x)
at("set", lambda: f(c, {1}))
at("unhashable", lambda: f(c, [Unhashable()]))

# Attrs, references, graph-only functions.
x = o(1, 2, 2, 1)
at("padding", lambda: tf.nn.max_pool(x, 2, 1, "FULL"))
at("short", lambda: R.MaxPool(input=x, ksize=[1, 1], strides=[1, 1, 1, 1], padding="SAME"))
at("least", lambda: tf.space_to_depth(x, 1))
at("list", lambda: R.MaxPool(input=x, ksize=1, strides=[1, 1, 1, 1], padding="SAME"))
at("type", lambda: R.Shape(input=x, out_type=tf.float32))
at("index", lambda: tf.argmax(c, 1.0))
at("uniform", lambda: tf.random.uniform(tf.constant([2.0])))
at("assign", lambda: R.Assign(ref=c, value=c))
at("accumulator", lambda: R.ConditionalAccumulator(dtype=tf.float32, shape=[]))
at("merge", lambda: tf.summary.merge([]))
at("numerics", tf.add_check_numerics_ops)
at("recall", lambda: tf.metrics.recall([1], [1]))
at("runner", lambda: tf.train.QueueRunner())
at("average", lambda: tf.train.ExponentialMovingAverage(0.9).apply([c]))
at("cast", lambda: tf.raw_ops.Cast(x=tf.constant(["a"]), DstT=tf.float64))

# Kernels.
CONV = dict(strides=[1, 1, 1, 1], padding="VALID")
for label, image, kernel, more in [
    ("depth", o(1, 4, 4, 3), o(2, 2, 4, 5), {}),
    ("empty", o(1, 2, 2, 1), o(3, 3, 1, 1), {}),
    ("larger", o(1, 2, 2, 1), o(4, 4, 1, 1), {}),
    ("rank", o(4, 4, 3), o(2, 2, 3, 5), {}),
    ("stride", o(1, 4, 4, 1), o(2, 2, 1, 1), dict(strides=[1, 0, 0, 1])),
    ("strides", o(1, 4, 4, 1), o(2, 2, 1, 1), dict(strides=[1, 1, 1])),
    ("dilation", o(1, 4, 4, 1), o(2, 2, 1, 1), dict(dilations=[2, 1, 1, 1])),
    ("no images", o(0, 4, 4, 1), o(2, 2, 1, 1), {}),
    ("no results", o(1, 4, 4, 1), o(2, 2, 1, 0), {}),
]:
    at(label, lambda: R.Conv2D(input=image, filter=kernel, **dict(CONV, **more)))
    at(
        label + " gradient",
        lambda: R.Conv2DBackpropInput(
            input_sizes=[1, 4, 4, 1], filter=kernel, out_backprop=image, **dict(CONV, **more)
        ),
    )
at("depthwise", lambda: R.DepthwiseConv2dNative(input=o(0, 4, 4, 1), filter=o(2, 2, 1, 1), **CONV))
for label, image, size, steps in [
    ("empty", x, [1, 3, 3, 1], [1, 1, 1, 1]),
    ("rank", o(2, 2, 1), [1, 2, 2, 1], [1, 1, 1, 1]),
    ("batch", x, [2, 1, 1, 1], [1, 1, 1, 1]),
    ("many", x, [1, 2, 2, 1, 1], [1, 1, 1, 1]),
    ("channels", o(1, 2, 2, 3), [1, 1, 1, 2], [1, 1, 1, 2]),
]:
    at("max " + label, lambda: R.MaxPool(input=image, ksize=size, strides=steps, padding="VALID"))
    at("mean " + label, lambda: R.AvgPool(value=image, ksize=size, strides=steps, padding="VALID"))
one = tf.constant(1.0)
for label, g in [
    ("matmul", lambda: R.MatMul(a=o(2), b=o(2, 3))),
    ("matmul2", lambda: R.MatMul(a=o(2, 3), b=o(3, 2))),
    ("matmul3", lambda: R.MatMul(a=o(2, 3, 4), b=o(2, 4, 5))),
    ("batches", lambda: tf.matmul(o(2, 3, 4), o(3, 4, 5))),
    ("softmax", lambda: tf.nn.softmax(one)),
    ("entropy", lambda: R.SoftmaxCrossEntropyWithLogits(features=o(3, 3), labels=o(2, 3))),
    ("sparse", lambda: R.SparseSoftmaxCrossEntropyWithLogits(features=o(3), labels=0)),
    ("bias", lambda: tf.nn.bias_add(o(3), o(3))),
    ("biases", lambda: tf.nn.bias_add(o(2, 3), o(3, 1))),
    ("argmax", lambda: tf.argmax(c, [1])),
    ("concat", lambda: tf.concat([one, one], 0)),
    ("axis", lambda: tf.concat([c, c], [0])),
    ("one part", lambda: R.ConcatV2(values=[c], axis=0)),
    ("sum", lambda: tf.reduce_sum(c, [[0]])),
    ("gather", lambda: tf.gather(c, [0], axis=3)),
    ("scatter", lambda: tf.scatter_nd([[0]], [1.0, 2.0], [3])),
    ("resize", lambda: tf.image.resize_bilinear(o(2, 2, 1), [1, 1])),
    ("hsv", lambda: tf.image.rgb_to_hsv(o(2, 4))),
    ("cross", lambda: tf.linalg.cross(o(2, 2), o(2, 2))),
    ("fill", lambda: tf.fill([[1]], 1)),
    ("reshape", lambda: tf.reshape(c, [[3, 2]])),
    ("segments", lambda: tf.math.unsorted_segment_sum(c, [0, 1, 1], -1)),
    ("depth", lambda: tf.depth_to_space(o(1, 2, 2, 3), 2)),
    ("read", lambda: tf.io.read_file(["a", "b"])),
]:
    at(label, g)
