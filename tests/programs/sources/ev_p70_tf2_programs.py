"""Programs written in the style of TensorFlow 2 on compat.v2: modules, loops, hand-made training."""

import numpy as np
import tensorflow.compat.v2 as tf

tf.enable_v2_behavior()
tf.random.set_seed(7)


class Dense(tf.Module):
    def __init__(self, n_in, n_out, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([n_in, n_out], stddev=0.1), name="w")
        self.b = tf.Variable(tf.zeros([n_out]), name="b")

    @tf.Module.with_name_scope
    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b


class MLP(tf.Module):
    def __init__(self, sizes, name=None):
        super().__init__(name=name)
        self.layers = []
        with self.name_scope:
            for a, b in zip(sizes[:-1], sizes[1:]):
                self.layers.append(Dense(a, b))

    def __call__(self, x):
        for l in self.layers[:-1]:
            x = tf.nn.relu(l(x))
        return self.layers[-1](x)


net = MLP([4, 8, 3])
rng = np.random.RandomState(0)
X = rng.randn(32, 4).astype(np.float32)
Y = rng.randint(0, 3, 32)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=net(x))
        )
    grads = tape.gradient(loss, net.trainable_variables)
    for g, v in zip(grads, net.trainable_variables):
        v.assign_sub(0.5 * g)
    return loss


for i in range(5):
    print(i, f"{step(tf.constant(X), tf.constant(Y)).numpy():.5f}")
print([v.name for v in net.trainable_variables])
print([m.name for m in net.submodules])


# control flow in tf.function: autograph, TensorArray, while, nested
@tf.function
def collatz(n):
    steps = tf.constant(0)
    while n > 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


print([int(collatz(tf.constant(i))) for i in (1, 6, 27)])


@tf.function
def fib(n):
    ta = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    a, b = 0, 1
    for i in tf.range(n):
        ta = ta.write(i, a)
        a, b = b, a + b
    return ta.stack()


print(fib(tf.constant(10)))


@tf.function
def rnn(cell_w, xs):
    h = tf.zeros([1, 2])
    for x in xs:
        h = tf.tanh(tf.matmul(tf.concat([h, x[None]], 1), cell_w))
    return h


w = tf.Variable(np.linspace(-1, 1, 10).reshape(5, 2).astype(np.float32))
xs = tf.constant(np.arange(12).reshape(4, 3) / 10.0, tf.float32)
with tf.GradientTape() as t:
    l = tf.reduce_sum(rnn(w, xs))
print(
    tf.while_loop(
        lambda i, s: i < 5, lambda i, s: [i + 1, s * 2.0], [tf.constant(0), tf.constant(1.0)]
    )
)
print(
    tf.cond(tf.constant(True), lambda: 1, lambda: 2),
    tf.case([(tf.constant(False), lambda: 1)], default=lambda: 3),
    tf.switch_case(tf.constant(1), [lambda: 5, lambda: 6]),
)
print(
    tf.map_fn(lambda v: v * v, tf.range(4)),
    tf.scan(lambda a, v: a + v, tf.range(5)),
    tf.foldl(lambda a, v: a - v, tf.range(4)),
    tf.foldr(lambda a, v: a - v, tf.range(4)),
)


@tf.function(autograph=False)
def plain(x):
    return tf.cond(x > 0, lambda: x, lambda: -x)


print(plain(tf.constant(-3.0)))
f = collatz.get_concrete_function(tf.TensorSpec([], tf.int32))
print(f.structured_input_signature, f.structured_outputs, f(tf.constant(7)))


@tf.function
def nested(d):
    return {"a": d["x"] + 1, "b": [d["y"], (d["x"], None)]}


print(nested({"x": tf.constant(1), "y": 2.5}))
v = None


@tf.function
def once(x):
    global v
    if v is None:
        v = tf.Variable(x)
    return v.assign_add(x)


print(once(tf.constant(1.0)), once(tf.constant(2.0)))


@tf.function
def asserts(x):
    tf.debugging.assert_positive(x, message="must be positive")
    return tf.sqrt(x)


print(asserts(tf.constant(4.0)))
for bad in (-1.0, 200.0):
    try:
        asserts(tf.constant(bad))
    except tf.errors.InvalidArgumentError as e:
        print(e.message.split("\n")[0])


# a hand-written Adam, LSTM cell, train on copying; uses tf.Module, tf.function
class Adam(tf.Module):
    def __init__(self, variables, lr=1e-2):
        super().__init__()
        self.vars = variables
        self.lr = lr
        self.m = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]
        self.v = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]
        self.t = tf.Variable(0.0, trainable=False)

    def apply(self, grads):
        self.t.assign_add(1.0)
        for p, m, v, g in zip(self.vars, self.m, self.v, grads):
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.999 * v + 0.001 * tf.square(g))
            mh = m / (1 - tf.pow(0.9, self.t))
            vh = v / (1 - tf.pow(0.999, self.t))
            p.assign_sub(self.lr * mh / (tf.sqrt(vh) + 1e-8))


class LSTM(tf.Module):
    def __init__(self, n, m, name="lstm"):
        super().__init__(name=name)
        r = np.random.RandomState(1)
        self.w = tf.Variable(r.randn(n + m, 4 * m).astype(np.float32) * 0.2, name="w")
        self.b = tf.Variable(tf.zeros([4 * m]), name="b")
        self.m = m

    def __call__(self, xs):
        h = c = tf.zeros([tf.shape(xs)[1], self.m])
        out = tf.TensorArray(tf.float32, tf.shape(xs)[0])
        for t in tf.range(tf.shape(xs)[0]):
            i, f, g, o = tf.split(tf.matmul(tf.concat([xs[t], h], 1), self.w) + self.b, 4, axis=1)
            c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            out = out.write(t, h)
        return out.stack()


cell = LSTM(3, 5)
head = tf.Variable(np.random.RandomState(2).randn(5, 3).astype(np.float32))
params = list(cell.trainable_variables) + [head]
opt = Adam(params)
x = tf.constant(np.eye(3, dtype=np.float32)[np.random.RandomState(0).randint(0, 3, (7, 4))])


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        h = cell(x)
        logits = tf.tensordot(h, head, 1)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=x, logits=logits))
    g = tape.gradient(loss, params)
    g, n = tf.clip_by_global_norm(g, 5.0)
    opt.apply(g)
    return loss, n


for i in range(10):
    l, n = step(x)
    if i % 3 == 0:
        tf.print(i, l > 0)
        print(f"{l:.4f} {n:.4f}")
print([v.name for v in cell.variables], len(opt.variables), opt.t.numpy())
