"""Reinforcement, AutoGraph, recurrent nets, adversarial training, tapes, values in eager execution."""

import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
tf.set_random_seed(7)


def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(
            label,
            type(e).__name__,
            "|".join((l.strip() for l in str(e).strip().split("\n")[:n]))[:200],
        )


class Chain(object):
    def __init__(self, n):
        self.n = n
        self.reset()

    def reset(self):
        self.s = 0
        return self.obs()

    def obs(self):
        return np.eye(self.n, dtype=np.float32)[self.s]

    def step(self, a):
        self.s = min(self.n - 1, self.s + 1) if a == 1 else max(0, self.s - 1)
        return (self.obs(), float(self.s == self.n - 1), self.s == self.n - 1)


env = Chain(4)
w = tf.Variable(tf.zeros([4, 2]))
opt = tf.train.AdamOptimizer(0.1)
rng = np.random.RandomState(0)


def episode():
    o, done, states, acts, rews = (env.reset(), False, [], [], [])
    while not done and len(acts) < 12:
        p = tf.nn.softmax(tf.matmul(o[None], w)).numpy()[0]
        a = int(rng.rand() < p[1])
        states.append(o)
        acts.append(a)
        o, r, done = env.step(a)
        rews.append(r)
    return (np.array(states), np.array(acts), np.cumsum(rews[::-1])[::-1].astype(np.float32))


for i in range(5):
    s, a, r = episode()
    with tf.GradientTape() as t:
        lp = tf.reduce_sum(tf.one_hot(a, 2) * tf.nn.log_softmax(tf.matmul(s, w)), 1)
        loss = -tf.reduce_mean(lp * r)
    g = t.gradient(loss, [w])
    opt.apply_gradients(zip(g, [w]))
    print("%.4f" % loss, len(a))
print(np.round(w.numpy(), 3).tolist())


@tf.function
def primes(n):
    found = tf.TensorArray(tf.int32, 0, dynamic_size=True)
    k = 0
    for i in tf.range(2, n):
        ok = True
        for j in tf.range(2, i):
            if j * j > i:
                break
            if tf.equal(i % j, 0):
                ok = False
                break
        if not ok:
            continue
        found = found.write(k, i)
        k += 1
    return found.stack()


at("primes", lambda: primes(tf.constant(30)).numpy().tolist())


@tf.function
def collatz(n):
    steps = 0
    while n > 1:

        def halve(v):
            return v // 2

        if tf.equal(n % 2, 0):
            n = halve(n)
        else:
            n = 3 * n + 1
        steps += 1
        if steps > 100:
            break
    return steps


at("collatz", lambda: [collatz(tf.constant(k)).numpy() for k in (1, 6, 27)])


@tf.function
def lists(n):
    l = []
    for i in range(3):
        l.append(i * n)
    return (tf.stack(l), len(l))


at("lists", lambda: lists(tf.constant(2)))


@tf.function
def tensor_list(n):
    l = []
    tf.autograph.experimental.set_loop_options()
    for i in tf.range(n):
        l.append(i)
    return l


at("tensor_list", lambda: tensor_list(tf.constant(2)))


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


at("fib", lambda: tf.function(fib)(7).numpy())


class Counter(object):
    def __init__(self):
        self.v = tf.Variable(0)
        self.k = 3

    @tf.function
    def up(self, by):
        if by > 2:
            self.v.assign_add(by * self.k)
        else:
            self.v.assign_add(by)
        return self.v.read_value()

    def helper(self, x):
        if x > 0:
            return x
        return -x

    @tf.function
    def use(self, x):
        return self.helper(x) + self.helper(-x)


c = Counter()


class Inh(Counter):
    @tf.function
    def up(self, by):
        return super(Inh, self).up(by) + 100


@tf.function
def exc(x):
    try:
        if x.shape.ndims > 1:
            raise ValueError("rank")
        y = x * 2
    except ValueError as e:
        y = -x
    finally:
        z = 1
    return y + z


at(
    "exc",
    lambda: (exc(tf.constant([1])).numpy().tolist(), exc(tf.constant([[1]])).numpy().tolist()),
)


@tf.function
def py(x):
    sq = [x * i for i in range(3)]
    d = {"a": x, "b": x + 1}
    t = 0
    for i, (k, v) in enumerate(sorted(d.items())):
        t += v * (i + 1)
    for a, b in zip(sq, sq[1:]):
        t += a * b
    return (t, (lambda q: q + 1)(t), max(1, 2), sum(sq), any([True]), [k for k in d])


at("py", lambda: py(tf.constant(2))[:4])


@tf.function
def enum(x):
    t = 0
    for i, v in enumerate(x):
        t += tf.cast(i, tf.int32) * v
    return t


at("enum", lambda: enum(tf.constant([3, 4, 5])))


@tf.function
def zipped(x, y):
    t = 0
    for a, b in zip(x, y):
        t += a * b
    return t


at("zipped", lambda: zipped(tf.constant([1, 2]), tf.constant([3, 4])))


@tf.function
def logic(x, y):
    a = 1 if x > y else 2
    b = x > 0 and y > 0
    c = x > 0 or y > 0
    d = not x > 0
    e = 0 < x < 5
    f = x if x > y and (not y > 3) else y
    return (a, b, c, d, e, f)


@tf.function
def grow(n):
    x = tf.zeros([0], tf.int32)
    for i in tf.range(n):
        tf.autograph.experimental.set_loop_options(maximum_iterations=10)
        x = tf.concat([x, [i]], 0)
    return x


at("grow", lambda: grow(tf.constant(3)))


@tf.function
def matrix(m):
    t = tf.constant(0.0)
    for row in m:
        for v in row:
            if v < 0:
                continue
            if v > 5:
                break
            t += v
    return t


at("matrix", lambda: matrix(tf.constant([[1.0, -2.0, 3.0], [9.0, 4.0, 4.0]])))


@tf.function
def asr(x):
    tf.debugging.assert_positive(x, message="must be positive")
    return x + 1


at("asr", lambda: asr(tf.constant(1)))
at("asr bad", lambda: asr(tf.constant(-1)))
total = tf.Variable(0.0)


def outer():
    count = [0]

    @tf.function
    def inner(x):
        count[0] += 1
        total.assign_add(x)
        return total * 2.0

    return (inner, count)


f, cnt = outer()
at("closure", lambda: (f(tf.constant(1.0)).numpy(), f(tf.constant(2.0)).numpy(), cnt))


@tf.function
def power(x, n):
    r = tf.constant(1.0)
    for _ in tf.range(n):
        r *= x
    return r


with tf.GradientTape() as t:
    x = tf.constant(3.0)
    t.watch(x)
    y = power(x, tf.constant(4))
print("power", y.numpy(), t.gradient(y, x).numpy())


@tf.function
def train_inside(steps):
    for i in tf.range(steps):
        with tf.GradientTape() as t:
            l = (total - 5.0) ** 2
        total.assign_sub(0.1 * t.gradient(l, total))
        if l < 1.0:
            break
    return i


at("train_inside", lambda: (train_inside(tf.constant(20)), total.numpy()))
import numpy as np
import tensorflow as tf

tf.enable_eager_execution()
tf.set_random_seed(11)


def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(
            label,
            type(e).__name__,
            "|".join((l.strip() for l in str(e).strip().split("\n")[:n]))[:200],
        )


class RNN(tf.Module):
    def __init__(self, n):
        super(RNN, self).__init__(name="rnn")
        i = tf.random_uniform_initializer(-0.1, 0.1, seed=3)
        self.wx = tf.Variable(i([2, n]))
        self.wh = tf.Variable(i([n, n]))
        self.b = tf.Variable(tf.zeros([n]))
        self.out = tf.Variable(i([n, 1]))

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, 2], tf.float32),
            tf.TensorSpec([None], tf.int32),
        ]
    )
    def __call__(self, x, lengths):
        x = tf.transpose(x, [1, 0, 2])
        batch = tf.shape(x)[1]
        h = tf.zeros([batch, self.b.shape[0]])
        outs = tf.TensorArray(tf.float32, size=tf.shape(x)[0])
        for t in tf.range(tf.shape(x)[0]):
            new = tf.tanh(tf.matmul(x[t], self.wx) + tf.matmul(h, self.wh) + self.b)
            h = tf.where(t < lengths, new, h)
            outs = outs.write(t, h)
        return (tf.matmul(h, self.out), outs.stack())


rnn = RNN(3)
opt = tf.train.RMSPropOptimizer(0.01)
x = np.random.RandomState(1).randn(4, 5, 2).astype(np.float32)
y = x.sum((1, 2))[:, None]
for i in range(4):
    with tf.GradientTape() as t:
        p, o = rnn(x, [5, 3, 4, 1])
        loss = tf.losses.mean_squared_error(y, p)
    g = t.gradient(loss, rnn.trainable_variables)
    g, norm = tf.clip_by_global_norm(g, 1.0)
    opt.apply_gradients(zip(g, rnn.trainable_variables))
    print("%.5f %.5f" % (loss, norm), o.shape)
gw, dw = (tf.Variable([[0.5]]), tf.Variable([[0.3]]))
og, od = (tf.train.GradientDescentOptimizer(0.1), tf.train.MomentumOptimizer(0.1, 0.5))


@tf.function
def gan(z, real):
    with tf.GradientTape(persistent=True) as t:
        fake = tf.matmul(z, gw)
        df, dr = (tf.matmul(fake, dw), tf.matmul(real, dw))
        gl = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(df), logits=df)
        )
        dl = tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.ones_like(dr), logits=dr)
        ) + tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros_like(df), logits=df)
        )
    og.apply_gradients([(t.gradient(gl, gw), gw)])
    od.apply_gradients([(t.gradient(dl, dw), dw)])
    return (gl, dl)


for i in range(3):
    print("gan", [float("%.5f" % v) for v in gan(tf.ones([2, 1]), 2.0 * tf.ones([2, 1]))])


def gp(x):
    with tf.GradientTape() as t2:
        with tf.GradientTape() as t1:
            t1.watch(x)
            y = tf.reduce_sum(tf.tanh(tf.matmul(x, dw)))
        g = t1.gradient(y, x)
        pen = tf.reduce_mean((tf.norm(g, axis=1) - 1.0) ** 2)
    return (pen, t2.gradient(pen, dw))


at("gp", lambda: [np.round(v.numpy(), 5).tolist() for v in gp(tf.ones([2, 1]))])
at("gp fn", lambda: [np.round(v.numpy(), 5).tolist() for v in tf.function(gp)(tf.ones([2, 1]))])


@tf.custom_gradient
def clipped(x):

    def grad(dy):
        return tf.clip_by_norm(dy, 0.5)

    return (tf.identity(x), grad)


with tf.GradientTape() as t:
    v = tf.Variable([3.0, 4.0])
    l = tf.reduce_sum(clipped(v) * [3.0, 4.0])
print("clipped", t.gradient(l, v).numpy())


@tf.custom_gradient
def scale(x):
    w = tf.get_variable("w", [], initializer=tf.constant_initializer(2.0), use_resource=True)

    def grad(dy, variables=None):
        return (dy * 7.0, [dy * 11.0])

    return (x * w, grad)


at("scale", lambda: scale(tf.constant(2.0)))
x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
for pfor in (True, False):
    with tf.GradientTape(persistent=True) as t:
        t.watch(x)
        y = tf.matmul(x, x)
        z = x * x
    at("jac", lambda: t.jacobian(y, x, experimental_use_pfor=pfor).shape)
    at("bjac", lambda: t.batch_jacobian(z, x, experimental_use_pfor=pfor).numpy().tolist())
    at("jac none", lambda: t.jacobian(y, tf.Variable(1.0), experimental_use_pfor=pfor))
    at("bjac bad", lambda: t.batch_jacobian(tf.ones([3, 2]), x, experimental_use_pfor=pfor))
    at(
        "jac zero",
        lambda: t.jacobian(
            y,
            tf.Variable(1.0),
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
            experimental_use_pfor=pfor,
        ),
    )


@tf.function
def jf(x):
    with tf.GradientTape() as t:
        t.watch(x)
        y = x**2
    return t.jacobian(y, x, experimental_use_pfor=False)


at("jf", lambda: jf(tf.constant([1.0, 2.0])).numpy().tolist())
with tf.GradientTape() as t:
    v = tf.Variable(1.0)
    a = v * 2.0
    t.reset()
    b = v * 3.0
at("reset", lambda: t.gradient(b, v))
with tf.GradientTape() as t:
    with t.stop_recording():
        c = v * 5.0
    d = v * c
at("stop", lambda: t.gradient(d, v))
t = tf.GradientTape()
at("outside", lambda: t.gradient(d, v))
at("twice enter", lambda: (t.__enter__(), t.__enter__()))
at("stop out", lambda: tf.GradientTape().stop_recording().__enter__())
with tf.GradientTape() as t:
    i = tf.constant(1)
    t.watch(i)
    j = i * 2
with tf.GradientTape() as t:
    x = tf.constant(2.0)
    t.watch(x)
    y = (x * x, x * 3.0)
at("outgrads", lambda: t.gradient(y, x, output_gradients=[tf.constant(1.0), tf.constant(10.0)]))
with tf.GradientTape() as t:
    t.watch(x)
    y = {"a": x * x}
at("dict", lambda: t.gradient(y["a"], {"p": x, "q": [x]}))
with tf.GradientTape() as t:
    t.watch(x)
    y = tf.constant(1.0)
at("unconn", lambda: (t.gradient(y, x, unconnected_gradients="zero"),))
with tf.GradientTape() as t:
    t.watch(x)
    y = x * 1.0
at("bad unconn", lambda: t.gradient(y, x, unconnected_gradients="nope"))
with tf.GradientTape() as t:
    t.watch(x)
    y = tf.cast(tf.cast(x, tf.int32), tf.float32) * x
at("cast", lambda: t.gradient(y, x))
with tf.GradientTape() as t:
    e = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    y = tf.gather(e, [0, 0]) * 2.0
at("gather", lambda: t.gradient(y, e))
with tf.GradientTape(persistent=True) as t:
    x = tf.constant(3.0)
    t.watch(x)
    y = x * x
    g = t.gradient(y, x)
at("inside", lambda: (g, t.gradient(g, x)))
at("watch bad", lambda: tf.GradientTape().watch(3.0))
at("watched", lambda: len(t.watched_variables()))
with tf.GradientTape() as t:
    z = tf.complex(tf.constant(1.0), 2.0)
    t.watch(z)
    y = z * tf.math.conj(z)
at("complex", lambda: t.gradient(y, z))
log = tf.Variable(tf.zeros([4], tf.int32))
pos = tf.Variable(0)


@tf.function
def note(v):
    tf.scatter_update(log, [pos.read_value()], [v])
    pos.assign_add(1)


@tf.function
def seq():
    note(5)
    note(6)
    return pos + 0


at("seq", lambda: (seq(), log.numpy()))


def batches(n):
    for i in range(n):
        yield (tf.constant(i), tf.ones([2]) * i)


at("gen", lambda: sum((float(tf.reduce_sum(b)) for _, b in batches(3))))
a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
at(
    "np",
    lambda: (
        np.sum(a),
        np.dot(a, a).tolist(),
        (a.numpy() + a).numpy().tolist(),
        np.asarray(a).dtype,
        np.concatenate([a, a]).shape,
        np.allclose(a, a),
        type(np.ones(2) * tf.ones(2)).__name__,
    ),
)
at("bool many", lambda: bool(tf.constant([1, 2])))
at("len scalar", lambda: len(tf.constant(1)))
at("iter scalar", lambda: list(tf.constant(1)))
at("unpack", lambda: [v.numpy() for v in (lambda p, q: (q, p))(*tf.constant([1, 2]))])
at("in", lambda: tf.constant(2) in [tf.constant(2)])
at("dict", lambda: {a: 1}[a])
at(
    "idx",
    lambda: (
        a[0, 1].numpy(),
        a[:, ::-1].numpy().tolist(),
        a[..., tf.newaxis].shape,
        a[-1].numpy().tolist(),
        a[tf.constant(1), 0].numpy(),
        a[0][1].numpy(),
        a[1:, :1].numpy().tolist(),
    ),
)
at("idx oob", lambda: a[5])
at("idx 3", lambda: a[0, 0, 0])
at("mask", lambda: a[a > 2])
for dt in (
    tf.float16,
    tf.float64,
    tf.int8,
    tf.uint8,
    tf.uint16,
    tf.int16,
    tf.uint32,
    tf.uint64,
    tf.int64,
    tf.complex64,
    tf.complex128,
    tf.bool,
):
    at("repr", lambda: (tf.cast([[0, 1, 2]], dt), str(tf.cast(1.5, dt)), repr(tf.cast(3, dt))))
at(
    "strs",
    lambda: (
        tf.constant("é\n'"),
        tf.constant([["a", "b"]]),
        repr(tf.constant(b"\xff")),
        tf.zeros([0, 3]),
        tf.zeros([2, 0]),
        tf.range(2000),
        tf.constant(1e-10),
        tf.constant([10000000000.0, 1.0]),
        tf.constant([np.nan, np.inf]),
    ),
)
with tf.device("/cpu:0"):
    at("device", lambda: tf.constant(1).device)
with tf.init_scope():
    at("init_scope", lambda: tf.executing_eagerly())
with tf.Graph().as_default():
    at("graph", lambda: (tf.executing_eagerly(), tf.constant(1)))


@tf.function
def insc():
    with tf.init_scope():
        return tf.constant(int(tf.executing_eagerly()))


at("insc", lambda: insc())
tf.set_random_seed(3)
r1 = [
    tf.random.normal([2]),
    tf.random.uniform([1]),
    tf.random.normal([2], seed=4),
    tf.random.normal([2], seed=4),
]
tf.set_random_seed(3)
r2 = [
    tf.random.normal([2]),
    tf.random.uniform([1]),
    tf.random.normal([2], seed=4),
    tf.random.normal([2], seed=4),
]
print(
    [v.numpy().tolist() for v in r1], all(((p.numpy() == q.numpy()).all() for p, q in zip(r1, r2)))
)


@tf.function
def rnd():
    return (tf.random.normal([2]), tf.random.normal([2], seed=9))


tf.set_random_seed(3)
print([[v.numpy().tolist() for v in rnd()] for _ in range(2)])
import tensorflow as tf, numpy as np

tf.enable_eager_execution()
x = tf.constant(np.arange(12).reshape(4, 3).astype(np.float32))
print(tf.layers.batch_normalization(x, training=True))
l = tf.layers.BatchNormalization()
print(l(x, training=True).numpy()[0], [v.numpy().tolist() for v in l.variables])
print(l(x).numpy()[0], len(l.updates))
l = tf.layers.Dense(2, kernel_initializer=tf.ones_initializer())
print(l(x).numpy()[0], [v.name for v in l.trainable_variables])
l = tf.layers.Conv2D(2, 2, kernel_initializer=tf.ones_initializer())
print(l(tf.ones([1, 3, 3, 1])).numpy()[0, 0])
l = tf.layers.Dropout(0.5, seed=1)
print(l(x, training=True).numpy().shape)
print(l(x, training=False).numpy()[0])
print(
    tf.layers.flatten(tf.ones([2, 3, 4])).shape,
    tf.layers.max_pooling2d(tf.ones([1, 4, 4, 1]), 2, 2).shape,
)
print(tf.train.ExponentialMovingAverage(0.9) is not None)
print(
    tf.losses.mean_squared_error([1.0, 2.0], [1.5, 2.0]),
    tf.losses.get_losses(),
    tf.losses.sparse_softmax_cross_entropy([1], [[1.0, 2.0]]),
)
v = tf.Variable(1.0)
e = tf.train.ExponentialMovingAverage(0.9)
try:
    e.apply([v])
    print(e.average(v))
except Exception as ex:
    print(type(ex).__name__, str(ex)[:100])
v.assign(2.0)
try:
    e.apply([v])
    print(e.average(v).numpy())
except Exception as ex:
    print(type(ex).__name__, str(ex)[:100])
t = tf.make_template(
    "t", lambda x: tf.get_variable("w", [1], initializer=tf.ones_initializer()) * x
)
print(t(2.0), t(3.0), [w.name for w in t.variables], t.name)
try:
    print(tf.metrics.mean([1.0]))
except Exception as ex:
    print(type(ex).__name__, str(ex)[:100])
c = tf.nn.rnn_cell.BasicLSTMCell(2)
s = c.zero_state(2, tf.float32)
o, s = c(tf.ones([2, 3]), s)
print(o.shape, [w.name for w in c.variables])
o, s = tf.nn.dynamic_rnn(
    tf.nn.rnn_cell.GRUCell(2, kernel_initializer=tf.zeros_initializer()),
    tf.ones([2, 3, 1]),
    dtype=tf.float32,
)
print(o.shape, s.numpy())
o, s = tf.nn.static_rnn(tf.nn.rnn_cell.BasicRNNCell(2), [tf.ones([2, 1])] * 2, dtype=tf.float32)
print(len(o))
for name, o in [
    ("sgd", tf.train.GradientDescentOptimizer(0.1)),
    ("mom", tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True)),
    ("adagrad", tf.train.AdagradOptimizer(0.1)),
    ("adadelta", tf.train.AdadeltaOptimizer(0.1)),
    ("adam", tf.train.AdamOptimizer(0.1)),
    ("rms", tf.train.RMSPropOptimizer(0.1, centered=True)),
    ("ftrl", tf.train.FtrlOptimizer(0.1)),
    ("prox", tf.train.ProximalGradientDescentOptimizer(0.1)),
    ("proxada", tf.train.ProximalAdagradOptimizer(0.1)),
]:
    v = tf.Variable([1.0, 2.0])
    em = tf.Variable(np.ones((3, 2), np.float32))
    gs = tf.train.get_or_create_global_step()
    for _ in range(2):
        r = o.minimize(
            lambda: tf.reduce_sum(v * v) + tf.reduce_sum(tf.nn.embedding_lookup(em, [0, 0, 2])),
            global_step=gs,
        )
    print(name, v.numpy(), em.numpy().tolist(), o.get_slot_names(), len(o.variables()), r)
    try:
        o.minimize(tf.constant(1.0))
    except Exception as ex:
        print(type(ex).__name__, str(ex)[:120])
    print(
        [
            (g.numpy().tolist() if hasattr(g, "numpy") else type(g).__name__, x is v)
            for g, x in o.compute_gradients(lambda: tf.reduce_sum(v), [v])
        ]
    )
print(gs)
try:
    o.apply_gradients([(None, v)])
except Exception as ex:
    print(type(ex).__name__, str(ex)[:120])
lr = tf.train.exponential_decay(0.1, gs, 5, 0.5)
print(callable(lr), lr() if callable(lr) else lr)
o = tf.train.GradientDescentOptimizer(lr)
o.minimize(lambda: v * 1.0, var_list=[v])
print(v.numpy())
o = tf.train.GradientDescentOptimizer(lambda: 0.5)
o.minimize(lambda: v * 1.0)
print(v.numpy())
print(
    tf.train.piecewise_constant(gs, [10], [1.0, 2.0])(),
    tf.train.polynomial_decay(1.0, gs, 100)(),
    tf.train.cosine_decay(1.0, gs, 100)(),
)
print(tf.clip_by_global_norm([tf.ones([2]), None], 1.0)[0][0].numpy())
m = tf.contrib.eager.metrics.Mean()
m([1.0, 2.0])
m(5.0)
print(m.result(), m.name, [x.name for x in m.variables])
m.init_variables()
m(1.0)
print(m.result())
a = tf.contrib.eager.metrics.Accuracy("acc")
a([1, 2], [1, 3])
a(labels=[1, 1], predictions=[1, 1], weights=[1.0, 3.0])
print(a.result().numpy(), a.name)
try:
    a([1], [1, 2])
except Exception as ex:
    print(type(ex).__name__, str(ex).split("\n")[0][:140])
b = tf.contrib.eager.metrics.BinaryAccuracy(threshold=0.4)
b([1, 0], [0.45, 0.9])
print(b.result().numpy())
c = tf.contrib.eager.metrics.CategoricalAccuracy()
c([[0.0, 1.0]], [[0.2, 0.8]])
print(c.result().numpy())
s = tf.contrib.eager.metrics.SparseAccuracy()
s([1], [[0.2, 0.8]])
print(s.result().numpy(), s.value)
m = tf.contrib.eager.metrics.Mean("sp ace")
print(m.name)
m2 = tf.contrib.eager.metrics.Mean("sp ace")
print(m2.name)


class My(tf.contrib.eager.metrics.Metric):
    def build(self, x):
        self.v = self.add_variable("v", (), tf.float32, tf.zeros_initializer)

    def call(self, x):
        self.v.assign_add(tf.reduce_max(x))
        return x

    def result(self):
        return self.v.value()


my = My()
print(my([1.0, 3.0]))
my([2.0])
print(my.result(), my.name)
try:
    my.add_variable("z")
except Exception as ex:
    print(type(ex).__name__, ex)
my2 = My()
my2([1.0])
my.aggregate([my2])
print(my.result())
