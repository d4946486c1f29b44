"""Fixed feature extractor with a total-variation loss, optimised over an image variable."""
import collections
import functools
import numpy as np
import tensorflow as tf

slim_args = collections.namedtuple("Args", ["kernel", "stride", "filters"])
tf.set_random_seed(1234)
np.random.seed(1234)


def lazy_property(function):
    attribute = "_cache_" + function.__name__

    @property
    @functools.wraps(function)
    def decorator(self):
        if not hasattr(self, attribute):
            with tf.variable_scope(function.__name__):
                setattr(self, attribute, function(self))
        return getattr(self, attribute)
    return decorator


def conv_layer(x, a, name, training, padding="SAME"):
    with tf.variable_scope(name):
        k = tf.get_variable("weights", [a.kernel, a.kernel, x.shape.as_list()[-1], a.filters], initializer=tf.variance_scaling_initializer(scale=2.0))
        x = tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT"), k, [1, a.stride, a.stride, 1], "VALID")
        mean, var = tf.nn.moments(x, [1, 2], keep_dims=True)
        offset = tf.get_variable("offset", [a.filters], initializer=tf.constant_initializer(0.0))
        scale = tf.get_variable("scale", [a.filters], initializer=tf.random_normal_initializer(1.0, 0.02, dtype=tf.float32))
        x = scale * (x - mean) * tf.rsqrt(var + 1e-5) + offset
        mm = tf.get_variable("moving_mean", [a.filters], initializer=tf.zeros_initializer(), trainable=False)
        upd = tf.assign(mm, mm * 0.9 + tf.reduce_mean(mean, [0, 1, 2]) * 0.1)
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, upd)
        tf.summary.histogram("act", x)
        return tf.nn.relu(x, name="out")


def upsample(x, filters, name):
    with tf.variable_scope(name):
        h, w = x.get_shape().as_list()[1:3]
        x = tf.image.resize_nearest_neighbor(x, [h * 2, w * 2])
        return tf.nn.conv2d(x, tf.get_variable("w", [3, 3, x.get_shape()[3], filters]), strides=[1, 1, 1, 1], padding="SAME")


def gram(x):
    b, h, w, c = tf.unstack(tf.shape(x))
    f = tf.reshape(x, tf.stack([b, h * w, c]))
    return tf.matmul(f, f, transpose_a=True) / tf.cast(h * w * c, tf.float32)


class Model(object):
    def __init__(self, content, style):
        self.content, self.style = content, style
        self.training = tf.placeholder_with_default(False, (), "training")
        self.image
        self.loss
        self.optimize

    @lazy_property
    def image(self):
        return tf.get_variable("pixels", initializer=tf.random_uniform([1, 8, 8, 3]), constraint=lambda v: tf.clip_by_value(v, 0.0, 1.0))

    def features(self, x, reuse):
        with tf.variable_scope("extract", reuse=reuse):
            a = conv_layer(x, slim_args(3, 1, 4), "c1", self.training)
            b = conv_layer(a, slim_args(3, 2, 6), "c2", self.training)
            c = upsample(b, 3, "up")
            return a, b, c

    @lazy_property
    def loss(self):
        fi = self.features(self.image, False)
        fc = self.features(self.content, True)
        fs = self.features(self.style, True)
        content = tf.reduce_sum(tf.square(fi[1] - fc[1])) / 2
        style = tf.add_n([tf.nn.l2_loss(gram(p) - gram(q)) for p, q in zip(fi, fs)])
        tv = tf.reduce_sum(tf.image.total_variation(self.image))
        for n, t in (("content", content), ("style", style), ("tv", tv)):
            tf.summary.scalar(n, t)
            tf.add_to_collection(tf.GraphKeys.LOSSES, t * {"content": 1.0, "style": 5.0, "tv": 0.01}[n])
        return tf.add_n(tf.get_collection(tf.GraphKeys.LOSSES), name="total")

    @lazy_property
    def optimize(self):
        self.step = tf.Variable(0, name="global_step", trainable=False)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            opt = tf.train.AdamOptimizer(0.05)
            gv = opt.compute_gradients(self.loss, var_list=[self.image])
            return opt.apply_gradients([(tf.clip_by_norm(g, 10.0), v) for g, v in gv], self.step)


rng = np.random.RandomState(3)
m = Model(tf.constant(rng.rand(1, 8, 8, 3), tf.float32), tf.placeholder(tf.float32, [1, 8, 8, 3]))
print([v.name for v in tf.trainable_variables()])
print(len(tf.get_collection("update_ops")), len(tf.get_collection(tf.GraphKeys.SUMMARIES)), sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables()))
config = tf.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
config.gpu_options.allow_growth = True
with tf.Session(config=config) as sess:
    sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
    feed = {m.style: rng.rand(1, 8, 8, 3)}
    for i in range(5):
        _, l, s = sess.run([m.optimize, m.loss, m.step], feed_dict=feed)
        print(i, "%.3f" % l)
    out = sess.run(m.image)
    print(out.min() >= -1, out.shape, sess.run(tf.get_default_graph().get_tensor_by_name("loss/total:0"), feed))
