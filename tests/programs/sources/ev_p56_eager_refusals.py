"""What eager execution refuses, and how it says so."""

import numpy as np, sys
import tensorflow as tf

tf.enable_eager_execution()


def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(
            label,
            type(e).__name__,
            "|".join((l.strip() for l in str(e).strip().split("\n")[:n]))[:300],
        )


i, f, d, s, b = (
    tf.constant([1, 2]),
    tf.constant([1.0, 2.0]),
    tf.constant([1.0, 2.0], tf.float64),
    tf.constant(["a", "b"]),
    tf.constant([True, False]),
)
for n, op in [
    ("add", lambda x, y: x + y),
    ("tfadd", tf.add),
    ("mul", lambda x, y: x * y),
    ("div", lambda x, y: x / y),
    ("lt", lambda x, y: x < y),
    ("max", tf.maximum),
    ("and", lambda x, y: x & y),
    ("tfpow", tf.pow),
    ("equal", tf.equal),
    ("eq", lambda x, y: x == y),
]:
    for m, (x, y) in [
        ("i f", (i, f)),
        ("f d", (f, d)),
        ("f i", (f, i)),
        ("i 2.5", (i, 2.5)),
        ("2.5 i", (2.5, i)),
        ("f 2", (f, 2)),
        ("f np64", (f, np.ones(2))),
        ("i s", (i, "a")),
        ("s s", (s, s)),
        ("f None", (f, None)),
        ("f list", (f, [1, 2, 3])),
        ("i i64", (i, np.int64(3))),
        ("b b", (b, b)),
        ("i obj", (i, object())),
    ]:
        at("%s %s" % (n, m), lambda: op(x, y))
for n, g in [
    ("sum s", lambda: tf.reduce_sum(s)),
    ("sum b", lambda: tf.reduce_sum(tf.constant([True]))),
    ("exp i", lambda: tf.exp(i)),
    ("not i", lambda: ~i),
    ("neg b", lambda: -b),
    ("neg s", lambda: -s),
    ("gather", lambda: tf.gather(i, 9)),
    ("gather f", lambda: tf.gather(i, 1.0)),
    ("index", lambda: i[5]),
    ("index2", lambda: i[0, 0]),
    ("index f", lambda: i[1.0]),
    ("index s", lambda: i["a"]),
    ("slice", lambda: i[0:5]),
    ("axis", lambda: tf.reduce_sum(i, axis=3)),
    ("reshape", lambda: tf.reshape(i, [3])),
    ("reshape2", lambda: tf.reshape(i, [-1, -1])),
    ("concat ax", lambda: tf.concat([i, i], 3)),
    ("split", lambda: tf.split(i, 3)),
    ("squeeze", lambda: tf.squeeze(i, [0])),
    ("transpose", lambda: tf.transpose(i, [1, 0])),
    ("tile", lambda: tf.tile(i, [1, 2])),
    ("one_hot", lambda: tf.one_hot(f, 3)),
    ("softmax", lambda: tf.nn.softmax(i)),
    (
        "xent",
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[3], logits=[[1.0, 2.0]]),
    ),
    (
        "xent sh",
        lambda: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 2], logits=[[1.0, 2.0]]),
    ),
    ("embed", lambda: tf.nn.embedding_lookup(f, [3])),
    ("inv", lambda: tf.linalg.inv([[0.0, 0.0], [0.0, 0.0]])),
    ("inv2", lambda: tf.linalg.inv([[0.0, 0.0]])),
    ("chol", lambda: tf.linalg.cholesky([[-1.0]])),
    ("range", lambda: tf.range(1, 0, 1)),
    ("range2", lambda: tf.range(0, 3, 0)),
    ("fill", lambda: tf.fill([-1], 0)),
    ("const", lambda: tf.constant([[1], [2, 3]])),
    ("const sh", lambda: tf.constant([1, 2, 3], shape=[2])),
    ("const dt", lambda: tf.constant(1.5, tf.int32)),
    ("const s", lambda: tf.constant("a", tf.int32)),
    ("const none", lambda: tf.constant(None)),
    ("const obj", lambda: tf.constant(object())),
    ("const big", lambda: tf.constant(2**40)),
    ("const mixed", lambda: tf.constant([1, "a"])),
    ("const mixed2", lambda: tf.constant([1, 2.5])),
    ("const mixed3", lambda: tf.constant([True, 1])),
    ("convert", lambda: tf.convert_to_tensor(f, tf.int32)),
    ("convert2", lambda: tf.convert_to_tensor([1.5], tf.int32)),
    ("int div 0", lambda: tf.constant(1) // tf.constant(0)),
    ("mod 0", lambda: tf.constant(1) % 0),
    ("div 0", lambda: tf.constant(1) / 0),
    ("string num", lambda: tf.strings.to_number("x")),
    ("read", lambda: tf.io.read_file("/nonexistent")),
    ("assert", lambda: tf.debugging.assert_equal(1, 2)),
    ("assert m", lambda: tf.debugging.assert_less(i, [1, 2], message="mine")),
    ("assert shapes", lambda: tf.debugging.assert_equal(i, [1, 2, 3])),
    ("assert rank", lambda: tf.debugging.assert_rank(i, 2)),
    ("assert type", lambda: tf.debugging.assert_type(i, tf.float32)),
    ("assert pos", lambda: tf.debugging.assert_positive([-1.0, 2.0])),
    ("assert neg", lambda: tf.assert_negative([-1.0, 2.0], data=["d"])),
    ("assert int", lambda: tf.assert_integer(f)),
    ("assert near", lambda: tf.debugging.assert_near(1.0, 2.0)),
    ("assert scalar", lambda: tf.debugging.assert_scalar(i)),
    ("assert ok", lambda: tf.debugging.assert_equal(1, 1)),
    ("Assert", lambda: tf.Assert(False, ["x", i])),
    ("Assert ok", lambda: tf.Assert(True, [1])),
    ("numerics", lambda: tf.debugging.check_numerics(np.nan, "nan")),
    ("ensure", lambda: tf.ensure_shape(i, [3])),
    ("set_shape", lambda: i.set_shape([3])),
    ("set_shape2", lambda: i.set_shape([2])),
    ("placeholder", lambda: tf.placeholder(tf.float32)),
    ("gradients", lambda: tf.gradients(f, f)),
    ("name", lambda: i.name),
    ("consumers", lambda: i.consumers()),
    ("eval", lambda: i.eval()),
    ("session", lambda: tf.Session().run(i)),
    ("global_vars", lambda: tf.global_variables_initializer()),
    ("hash", lambda: hash(i) == hash(i)),
    ("set", lambda: i in {i}),
    ("in", lambda: 1 in i),
    ("get_collection", lambda: tf.get_collection("x")),
    ("default_graph", lambda: tf.get_default_graph().as_graph_def().node),
    ("while dt", lambda: tf.while_loop(lambda x: x < 3, lambda x: x + 1.0, [0])),
    ("cond", lambda: tf.cond(tf.constant(1), lambda: 1, lambda: 2)),
    ("cond2", lambda: tf.cond(True, 1, 2)),
    ("case", lambda: tf.case([(tf.constant(False), lambda: 1)])),
    ("saver", lambda: tf.train.Saver()),
    ("summary", lambda: tf.summary.scalar("a", 1.0)),
]:
    at(n, g)

# Tensor arrays of eager execution are lists, changed in place.
T = tf.TensorArray
at("noflow", lambda: T(tf.float32))
at("handle", lambda: T(tf.float32, 2, handle=tf.constant(1)))
at("handle name", lambda: T(tf.float32, 2, handle=tf.constant(1), tensor_array_name="a"))
at("flow", lambda: T(tf.float32, 2, flow=tf.constant(1.0)))
at("flow int", lambda: T(tf.float32, 2, flow=3))
at("size float", lambda: T(tf.float32, 2.0))
at("size neg", lambda: T(tf.float32, -1).size())
at("size tensor", lambda: T(tf.float32, tf.constant(3)).size())
at("size vector", lambda: T(tf.float32, tf.constant([3, 3])).size())
at("size np", lambda: T(tf.float32, np.int64(3)).size())
at("bad dtype", lambda: T("nope", 3))
a = T(tf.float32, 3, name="x", element_shape=[None])
at("props", lambda: (a.dtype, a.flow, a.handle, a.element_shape, a.dynamic_size, a._infer_shape))
at("instance", lambda: (isinstance(a, T), isinstance(a.unstack([[1.0], [2.0], [3.0]]), T)))
at("identity", lambda: a.identity() is a)
at("grad", lambda: a.grad("s"))
at("write ret", lambda: a.write(0, [1.0, 2.0]) is a)
at("unstack same", lambda: a.unstack([[1.0, 2.0]]).size())
at("el", lambda: a.element_shape)
at("bad rank", lambda: a.write(0, 1.0))
at("bad dt", lambda: a.write(0, tf.constant([1], tf.int32)))
at("np64", lambda: a.write(0, np.array([1.0, 2.0])))
at("neg", lambda: a.write(-1, [1.0]))
at("str", lambda: a.write(0, "a"))
at("index t", lambda: a.write(tf.constant(0), [3.0, 4.0]).read(tf.constant(0)))
at("index v", lambda: a.read(tf.constant([0])))
at("index f", lambda: a.read(0.0))
at("index np", lambda: a.read(np.int64(0)))
b = T(tf.int32, 2)
at("too many", lambda: b.unstack([1, 2, 3]))
at("fewer", lambda: b.unstack([1]).size())
at("scalar", lambda: b.unstack(1))
at("floats", lambda: b.unstack([1.0, 2.0]).stack())
at("floats2", lambda: b.read(0))
at("close", lambda: b.close())
at("closed", lambda: b.read(0))
at("closed stack", lambda: b.stack())
at("closed gather", lambda: b.gather([]))
at("closed size", lambda: b.size())
c = T(tf.float32, 3)
at("scatter", lambda: c.scatter([2, 0], [5.0, 6.0]).stack())
at("scatter t", lambda: c.scatter(tf.constant([1]), tf.constant([7.0])).stack())
at("scatter oob", lambda: c.scatter([3], [7.0]))
at("scatter short", lambda: c.scatter([0], [7.0, 8.0]).stack())
at("gather", lambda: c.gather([2, 0]))
at("gather t", lambda: c.gather(tf.constant([1, 1])))
at("gather scalar", lambda: c.gather(1))
at("gather oob", lambda: c.gather([3]))
at("gather neg", lambda: c.gather([-1]))
d = T(tf.float32, 3, infer_shape=False)
at("split", lambda: d.split([1.0, 2.0, 3.0], [1, 0, 2]).concat())
at("split read", lambda: d.read(2))
at("split t", lambda: d.split(tf.constant([[1.0], [2.0], [3.0]]), tf.constant([1, 1, 1])).stack())
at("split sum", lambda: d.split([1.0, 2.0], [1, 0, 2]))
at("split n", lambda: d.split([1.0, 2.0, 3.0], [1, 2]))
at("split scalar", lambda: d.split(1.0, [1]))
at("split lens", lambda: d.split([1.0], 1))
at("split mat", lambda: d.split([1.0], [[1]]))
at("split int", lambda: d.split([1, 2, 3], [1, 0, 2]))
at("split int t", lambda: d.split(tf.constant([1, 2, 3]), [1, 0, 2]))
at("split int stack", lambda: d.concat())
e = T(tf.float32, 0, dynamic_size=True)
at("dyn split", lambda: e.split([1.0, 2.0], [1, 1]).size())
at("dyn unstack", lambda: e.unstack([1.0, 2.0, 3.0]).size())
at("dyn write", lambda: e.write(4, 1.0).element_shape)
at("dyn stack", lambda: e.stack())
at("conc scalar", lambda: e.concat())
g = T(tf.float32, 2)
g.write(0, [1.0])
at("conc ok", lambda: g.concat())
h = T(tf.float32, 2, infer_shape=False)
h.write(0, [1.0])
h.write(1, [[2.0]])
at("conc ranks", lambda: h.concat())
at("stack ranks", lambda: h.stack())
at("gather ranks", lambda: h.gather([0, 1]))
h.write(0, [1.0])
h.write(1, 2.0)
at("conc sc", lambda: h.concat())
i = T(tf.float32, 2, clear_after_read=True, element_shape=[])
at("i0", lambda: i.read(0))
at("i0", lambda: i.read(0))
at("i w", lambda: i.write(0, 3.0).read(0))
at("i stack", lambda: i.stack())
at("i0", lambda: i.read(0))
at("i gather", lambda: i.gather([0]))
at("unknown stack", lambda: T(tf.float32, 2).stack())
at("unknown part", lambda: T(tf.float32, 2, element_shape=[None]).stack())
at("empty stack", lambda: T(tf.float32, 0).stack())
x = tf.constant([1.0, 2.0])
with tf.GradientTape(persistent=True) as t:
    t.watch(x)
    y = T(tf.float32, 2).unstack(x * x)
    z = T(tf.float32, 2)
    z.write(1, y.read(0))
    z.write(0, y.read(1) * 3.0)
    s = z.stack() * [2.0, 1.0]
    q = tf.reduce_sum(
        T(tf.float32, 2).split(x, [1, 1]).concat()
        * T(tf.float32, 2).scatter([1, 0], x).gather([0, 1])
    )
at("grad s", lambda: t.gradient(s, x))
at("grad q", lambda: t.gradient(q, x))
at("in", lambda: tf.function(lambda t: t.stack())(T(tf.float32, 2).unstack([1.0, 2.0])))
at("in read0", lambda: tf.function(lambda t: t.read(1))(T(tf.float32, 2).unstack([1.0, 2.0])))
at("through", lambda: tf.function(lambda t: t)(T(tf.float32, 2).unstack([1.0, 2.0])))
at(
    "loop fn",
    lambda: tf.function(
        lambda: tf.while_loop(
            lambda i, t: i < 2, lambda i, t: (i + 1, t), (0, T(tf.float32, 2).unstack([1.0, 2.0]))
        )[1].stack()
    )(),
)
m = T(tf.float32, 2).unstack([1.0, 2.0])
at(
    "loop eager in fn",
    lambda: tf.function(
        lambda: tf.while_loop(lambda i, t: i < 2, lambda i, t: (i + 1, t), (0, m))[1].stack()
    )(),
)
at(
    "loop",
    lambda: tf.while_loop(
        lambda i, t: i < 2, lambda i, t: (i + 1, t.write(i, tf.cast(i, tf.float32))), (0, m)
    )[1].size(),
)
at("loop", lambda: m.stack())
at("cond", lambda: tf.cond(True, lambda: m, lambda: m) is m)
at(
    "cond in fn",
    lambda: tf.function(lambda b: tf.cond(b, lambda: m, lambda: m).stack())(tf.constant(True)),
)
at("map", lambda: tf.map_fn(lambda x: x * 2.0, tf.constant([1.0, 2.0])))
at("scan", lambda: tf.scan(lambda a, x: a + x, tf.constant([1.0, 2.0])))
at("foldl", lambda: tf.foldl(lambda a, x: a + x, tf.constant([1.0, 2.0])))
at("spec", lambda: tf.TensorArraySpec.from_value(m))
at(
    "spec",
    lambda: tf.TensorArraySpec([None], tf.float32, True).is_compatible_with(
        T(tf.float32, 2, dynamic_size=True)
    ),
)
sp = tf.TensorArraySpec([], tf.float32)
at("spec comp", lambda: sp._to_components(m)[0].dtype)
at("spec back", lambda: sp._from_components(sp._to_components(m)).stack())
at("nest", lambda: len(tf.nest.flatten([m, m])))
with tf.Graph().as_default(), tf.Session() as s:
    at("graph", lambda: s.run(T(tf.float32, 2).unstack([1.0, 2.0]).stack()))


def gen():
    @tf.function
    def f(x):
        t = T(tf.float32, 2)
        t = t.unstack(x)
        return t.read(0), t.read(1)

    return f(tf.constant([1.0, 2.0]))


at("inside", gen)


def double():
    @tf.function
    def f(x):
        t = T(tf.float32, 2).unstack(x)
        return t.read(0), t.read(0)

    return f(tf.constant([1.0, 2.0]))


at("inside2", double)

k = T(tf.float32, 2).unstack([1.0, 2.0])


@tf.function
def from_outside():
    return k.read(1) + tf.cast(k.size(), tf.float32)


@tf.function
def put(x):
    k.write(0, tf.constant(1.0))
    return x


def grown(n):
    t = T(tf.float32, 0, dynamic_size=True)
    for i in tf.range(n):
        t = t.write(i, tf.cast(i, tf.float32))
    return t.stack()


at("from outside", from_outside)
at("put", lambda: put(tf.constant(3.0)))
at("grown", lambda: grown(3))
at("grown fn", lambda: tf.function(grown)(tf.constant(3)))
at("grown converted", lambda: tf.autograph.to_graph(grown)(tf.constant(3)))
cell = tf.nn.rnn_cell.BasicRNNCell(2)
cell.build(tf.TensorShape([1, 3]))
cell._kernel.assign(tf.fill([5, 2], 0.1))
x = tf.constant(np.arange(12).reshape(4, 1, 3) / 10, tf.float32)
inputs = T(tf.float32, 4).unstack(x)


def loop_fn(time, output, state, loop_state):
    finished = time >= 4
    step = tf.cond(finished, lambda: tf.zeros([1, 3]), lambda: inputs.read(time))
    if output is None:
        state = cell.zero_state(1, tf.float32)
    return tf.reshape(finished, [1]), step, state, output, None


with tf.GradientTape() as t:
    t.watch(x)
    inputs.unstack(x)
    outputs = tf.nn.raw_rnn(cell, loop_fn)[0].stack()
at("raw_rnn", lambda: outputs)
at("raw_rnn grad", lambda: t.gradient(outputs, x))
for n, g in [
    ("stack", lambda: tf.stack([f[0], f])),
    ("stack n", lambda: tf.stack([f[0], f], name="n")),
    ("packed", lambda: tf.convert_to_tensor([f[0], f])),
    ("ranks", lambda: tf.concat([f, [[1.0]]], 0)),
]:
    at(n, g)
m, w = tf.constant([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]), tf.ones([3, 2])
variable = tf.Variable([1.0, 2.0, 3.0])


def scoped(function):
    with tf.name_scope("outer"):
        return function()


def tape():
    with tf.GradientTape() as outer:
        with tf.GradientTape() as t:
            y = tf.reduce_sum(variable[1:] * variable[0]) ** 2
            y += tf.reduce_sum(tf.matmul(m, tf.reshape(variable, [3, 1])), axis=0)[0]
        found = tf.convert_to_tensor(t.gradient(y, variable))
    return found, outer.gradient(found, variable)


# Twice: the second time is quick, and is to say and give the same.
for _ in range(2):
    for n, g in [
        ("m0", lambda: m[0]),
        ("m-1", lambda: m[-1]),
        ("m5", lambda: m[5]),
        ("scoped m7", lambda: scoped(lambda: m[7])),
        ("item", lambda: m[1, 2]),
        ("items", lambda: m[0, 0, 0]),
        ("steps", lambda: m[::-1, 1:]),
        ("no step", lambda: m[::0]),
        ("float", lambda: m[1.0]),
        ("bool", lambda: m[True]),
        ("dots", lambda: m[..., 0]),
        ("new", lambda: m[None, 0]),
        ("none", lambda: m[()]),
        ("far", lambda: m[: 2**40]),
        ("matmul", lambda: tf.matmul(m, w)),
        ("matmul T", lambda: tf.matmul(m, m, transpose_b=True)),
        ("matmul sparse", lambda: tf.matmul(m, w, a_is_sparse=True)),
        ("matmul shapes", lambda: tf.matmul(m, m)),
        ("matmul scoped", lambda: scoped(lambda: tf.matmul(m, m))),
        ("matmul dtypes", lambda: tf.matmul(m, tf.cast(w, tf.float64))),
        ("matmul both", lambda: tf.matmul(m, m, transpose_a=True, adjoint_a=True)),
        ("sum", lambda: tf.reduce_sum(m)),
        ("sum keepdims", lambda: tf.reduce_sum(m, keepdims=True)),
        ("sum axes", lambda: tf.reduce_sum(m, [-1, 0])),
        ("sum no axes", lambda: tf.reduce_sum(m, [])),
        ("sum axis", lambda: tf.reduce_sum(m, 9)),
        ("sum scalar", lambda: tf.reduce_sum(tf.constant(3))),
        ("sum empty", lambda: tf.reduce_sum(tf.zeros([0, 3]))),
        ("sum half", lambda: tf.reduce_sum(tf.constant([1, 2], tf.float16))),
        ("sum bool", lambda: tf.reduce_sum(tf.constant([True]))),
        ("tape", tape),
    ]:
        at(n, g)
variable[0].assign(9.0)
print(variable.numpy())
