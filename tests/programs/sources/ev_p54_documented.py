"""What the documentation of tf.function, tapes, custom gradients, py_function and modules promises."""
import re

import numpy as np
import tensorflow as tf
tf.enable_eager_execution()
tf.set_random_seed(4)


def attempt(label, f):
    try:
        print(label, f())
    except Exception as e:
        # The numbers of functions are not compared.
        print(label, type(e).__name__, re.sub(r"_\d+", "_N", str(e).strip().split("\n")[0][:160]))


# -- the same answers, from a graph ---------------------------------------------------------------
def score(a, b):
    return tf.reduce_mean(tf.multiply(a ** 2, 3) + b)


a, b = tf.constant([[2.0, 3.0]]), tf.constant([[3.0, -2.0]])
staged = tf.function(score)
print("same", score(a, b).numpy() == staged(a, b).numpy(), staged(a, b))
captured = tf.function(lambda: score(a, b))
print("captured", captured().numpy(), len(captured.get_concrete_function().captured_inputs))


@tf.function
def branch(x):
    if tf.reduce_sum(x) > 0:
        return x * x
    else:
        return -x // 2


print("branch", branch(tf.constant([3, 4])), branch(tf.constant([-5, 1])))
kept, cell = [], tf.Variable(0)


@tf.function
def effects(x):
    for i in x:
        tf.compat.v1.assign(cell, i)
        tf.py_function(lambda i: kept.append(int(i)), [i], [])


effects(tf.constant([4, 7, 1]))
print("effects", kept, cell.numpy())
count = tf.Variable(0)


@tf.function
def counted(x):
    count.assign_add(1)
    return x + tf.cast(count, tf.float32)


print("counted", int(count), counted(1.0).numpy(), int(count), counted(1.0).numpy(), int(count))


class Dense(object):
    def __init__(self, seed):
        self.W = tf.Variable(tf.compat.v1.glorot_uniform_initializer(seed=seed)((3, 3)))
        self.b = tf.Variable(tf.zeros(3))

    @tf.function
    def compute(self, x):
        return tf.matmul(x, self.W) + self.b


d1, d2 = Dense(1), Dense(2)
x = tf.random.uniform((2, 3))
print("methods", (d1.compute(x).numpy() == d2.compute(x).numpy()).all(), d1.compute is d1.compute)
traces = []


@tf.function
def shapes(x):
    traces.append(x.shape.as_list())
    return tf.add(x, 1.0)


for value in (1.0, [1.0, 1.0], [[3.0]], [2.0, 5.0]):
    shapes(tf.constant(value))
print("shapes", traces)
traces = []


@tf.function(input_signature=[tf.TensorSpec(shape=None, dtype=tf.float32)])
def any_shape(x):
    traces.append(x.shape)
    return tf.add(x, 1.0)


print("signature", [any_shape(v).numpy().tolist() for v in (1.0, [1, 2], np.eye(2))], traces)
attempt("signature dtype", lambda: any_shape(tf.constant(1)))
traces = []


@tf.function
def by_value(n):
    traces.append(n)
    return tf.constant(0) + n


print("values", [by_value(n).numpy() for n in (2, 3, 2)], traces)
print("tensors", [by_value(tf.constant(n)).numpy() for n in (2, 3, 2)], len(traces))
noise = tf.function(lambda: tf.eye(2) + np.random.randn(2, 2).astype(np.float32))
print("staged", (noise().numpy() == noise().numpy()).all())
drawn = tf.function(lambda: tf.random.normal((2,)))
print("drawn", (drawn().numpy() == drawn().numpy()).all())
attempt("autograph off", lambda: tf.function(lambda x: 1 if x > 0 else 2, autograph=False)(tf.constant(1)))

# -- the guide: polymorphism, concrete functions, side effects, variables, control flow -------------


@tf.function
def double(a):
    return a + a


print("double", double(tf.constant(1)), double(tf.constant(1.1)), double(tf.constant("a")))
print(double.get_concrete_function(tf.TensorSpec(shape=None, dtype=tf.string))(tf.constant("a")))
concrete = double.get_concrete_function(tf.constant("a"))
print(concrete.inputs[0].dtype, concrete.structured_input_signature, concrete.structured_outputs)
attempt("wrong dtype", lambda: concrete(tf.constant(1)))


@tf.function(input_signature=(tf.TensorSpec(shape=[None], dtype=tf.int32),))
def next_collatz(x):
    return tf.where(tf.equal(x % 2, 0), x // 2, 3 * x + 1)


print("collatz", next_collatz(tf.constant([1, 2])))
attempt("two dims", lambda: next_collatz(tf.constant([[1, 2], [3, 4]])))


@tf.function
def traced(x):
    print("tracing with", x)
    return x


traced(1), traced(1), traced(2)
external = tf.Variable(0)


@tf.function
def buggy(steps):
    for i in tf.range(3):
        external.assign_add(steps[0] + i)
    return external.read_value()


print("loop", buggy(tf.constant([2])), external.numpy())


@tf.function
def makes(x):
    v = tf.Variable(1.0)
    v.assign_add(x)
    return v


attempt("makes", lambda: makes(1.0))


class C(object):
    pass


obj = C()
obj.v = None


@tf.function
def once(x):
    if obj.v is None:
        obj.v = tf.Variable(1.0)
    return obj.v.assign_add(x)


print("once", once(1.0).numpy(), once(2.0).numpy(), obj.v)
state = []


@tf.function
def lifted(x):
    if not state:
        state.append(tf.Variable(2.0 * x))
    return state[0].assign_add(x)


attempt("lifted", lambda: (lifted(tf.constant(1.0)), lifted(tf.constant(1.0))))


@tf.function
def until(x):
    while tf.reduce_sum(x) > 1:
        x = tf.tanh(x)
    return x


print("until", until(tf.constant([1.5, 2.5, 0.25])))


@tf.function
def fizzbuzz(n):
    said = tf.constant(0)
    for i in tf.range(n):
        i += 1
        if i % 3 == 0 and i % 5 == 0:
            said += 15
        elif i % 3 == 0:
            said += 3
        elif i % 5 == 0:
            said += 5
    return said


print("fizzbuzz", fizzbuzz(tf.constant(15)))


@tf.function
def rnn(inputs):
    state, out = tf.zeros([2]), tf.TensorArray(tf.float32, 3)
    for i in tf.range(3):
        state = 0.5 * state + inputs[i]
        out = out.write(i, state)
    return out.stack()


print("rnn", rnn(tf.reshape(tf.range(6.0), [3, 2])).numpy().tolist())


def sum_even(items):
    s = 0
    for c in items:
        if c % 2 > 0:
            continue
        s += c
    return s


print("sum_even", tf.function(sum_even)(tf.constant([10, 12, 15, 20])).numpy(), sum_even([10, 12, 15, 20]))
print("converted", "ag__" in tf.autograph.to_code(sum_even), tf.autograph.to_graph(sum_even)(tf.constant([2, 3, 4])))


@tf.autograph.experimental.do_not_convert
def left_alone(x):
    return "%s" % type(x).__name__


@tf.function
def calls(x):
    print("kind", left_alone(x))
    return x


calls(tf.constant(1))


@tf.function
def inner(x):
    return x * 3.0


@tf.function
def outer(x):
    return inner(x) + inner(x + 1.0)


with tf.GradientTape() as tape:
    z = tf.constant(2.0)
    tape.watch(z)
    y = outer(z)
print("outer", y, tape.gradient(y, z))

# -- tapes -----------------------------------------------------------------------------------------
x = tf.constant(3.0)
with tf.GradientTape(persistent=True) as g:
    g.watch(x)
    with tf.GradientTape() as gg:
        gg.watch(x)
        y = x * x
    first = gg.gradient(y, x)
    z = y * y
print("tapes", first, g.gradient(first, x), g.gradient(z, x), g.gradient(y, x))
va, vb = tf.Variable(2.0), tf.Variable(3.0)
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(va)
    y, z = va ** 2, vb ** 3
print("watched", [v is va for v in tape.watched_variables()], tape.gradient(y + z, [va, vb]))
with tf.GradientTape() as g:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    g.watch(x)
    y = x * x
print("batch_jacobian", g.batch_jacobian(y, x).numpy().tolist())
with tf.GradientTape() as g:
    x = tf.constant([1.0, 2.0])
    g.watch(x)
    y = x * x
print("jacobian", g.jacobian(y, x).numpy().tolist())


# -- gradients of the program's own ----------------------------------------------------------------
@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)

    def grad(dy):
        return dy * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), grad


def plain(x):
    return tf.math.log(1 + tf.exp(x))


for f in (plain, log1pexp, tf.function(log1pexp)):
    with tf.GradientTape() as g:
        x = tf.constant(100.0)
        g.watch(x)
        y = f(x)
    print("log1pexp", y.numpy(), g.gradient(y, x).numpy())
print("grad_pass_through", tf.grad_pass_through(tf.round)(tf.constant(2.6)))


def log_huber(x, m):
    if tf.abs(x) <= m:
        return x ** 2
    return m ** 2 * (1 - 2 * tf.math.log(m) + tf.math.log(x ** 2))


with tf.GradientTape() as g:
    x = tf.constant(1.0)
    g.watch(x)
    y = tf.py_function(func=log_huber, inp=[x, 2.0], Tout=tf.float32)
print("log_huber", y, g.gradient(y, x))


# -- modules ---------------------------------------------------------------------------------------
class Layer(tf.Module):
    def __init__(self, n, m, name=None):
        super(Layer, self).__init__(name=name)
        with self.name_scope:
            self.w = tf.Variable(tf.ones([n, m]), name="w")
            self.b = tf.Variable(tf.zeros([m]), name="b", trainable=False)

    @tf.Module.with_name_scope
    def __call__(self, x):
        self.late = tf.Variable(1.0, name="late") if not hasattr(self, "late") else self.late
        return tf.nn.relu(tf.matmul(x, self.w) + self.b)


class MLP(tf.Module):
    def __init__(self, size, sizes):
        super(MLP, self).__init__()
        self.layers = []
        for n in sizes:
            self.layers.append(Layer(size, n))
            size = n
        self.table = {"extra": Layer(1, 1, name="extra")}

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


mlp = MLP(2, [3, 1])
print("module", mlp.name, mlp(tf.ones([1, 2])), [v.name for v in mlp.variables])
print([v.name for v in mlp.trainable_variables], [m.name for m in mlp.submodules], mlp.layers[0].name_scope.name)
attempt("bad name", lambda: tf.Module(name="not valid"))
attempt("no super", lambda: type("Bare", (tf.Module,), {"__init__": lambda self: None})().variables)
