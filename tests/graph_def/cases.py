"""Programs whose GraphDefs, as 1.15 writes them by default, are raised when they are imported.

Each function builds a graph with the `tf` it is given, and returns its runs: a list of
(fetches, feeds), names throughout. Runs happen in order, in one session, after the operation
`init` if there is one. `record_goldens.py` calls them; it must run on Python 3.7.
"""

import numpy as np


def counter_loop(tf):
    """One loop with two variables, a captured constant and a captured placeholder."""
    x = tf.placeholder(tf.float32, [3], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    tf.while_loop(
        lambda i, a: i < n, lambda i, a: (i + 1, a * 2.0 + x), [tf.constant(0), x], name="loop"
    )
    return [
        (["loop/Exit:0", "loop/Exit_1:0"], {"x:0": [1.0, -2.0, 0.5], "n:0": 3}),
        (["loop/Exit_1:0"], {"x:0": [1.0, -2.0, 0.5], "n:0": 0}),
    ]


def nested_while(tf):
    """A loop in a loop; the inner one captures variables and constants of both."""
    n = tf.placeholder(tf.int32, [], name="n")
    scale = tf.constant(0.5)

    def outer(i, total):
        def inner(j, t):
            return j + 1, t + scale * tf.cast(i, tf.float32) + 1.0

        _, t = tf.while_loop(lambda j, t: j < i + n, inner, [tf.constant(0), total], name="inner")
        return i + 1, t

    _, r = tf.while_loop(
        lambda i, t: i < 4, outer, [tf.constant(0), tf.constant(0.0)], name="outer"
    )
    tf.identity(r, name="out")
    return [(["out:0", "outer/Exit:0"], {"n:0": 2}), (["out:0"], {"n:0": 0})]


def cond_in_while(tf):
    """A condition whose predicate changes with the iteration."""
    n = tf.placeholder(tf.int32, [], name="n")

    def body(i, a):
        a = tf.cond(tf.equal(i % 2, 0), lambda: a + 3.0, lambda: a * tf.cast(i, tf.float32))
        return i + 1, a

    _, r = tf.while_loop(lambda i, a: i < n, body, [tf.constant(0), tf.constant(1.0)])
    tf.identity(r, name="out")
    return [(["out:0"], {"n:0": 5}), (["out:0"], {"n:0": 0})]


def while_in_cond(tf):
    """A loop in each branch, and one branch without."""
    p = tf.placeholder(tf.bool, [], name="p")
    q = tf.placeholder(tf.bool, [], name="q")
    x = tf.placeholder(tf.float32, [2], name="x")

    def many(k):
        return tf.while_loop(
            lambda i, a: i < k, lambda i, a: (i + 1, a + x), [tf.constant(0), tf.zeros([2])]
        )[1]

    r = tf.cond(p, lambda: many(3), lambda: many(5) * 10.0)
    s = tf.cond(q, lambda: many(2), lambda: x - 1.0)
    tf.add(r, s, name="out")
    feeds = [
        {"p:0": p_, "q:0": q_, "x:0": [1.0, 2.0]} for p_ in (True, False) for q_ in (True, False)
    ]
    return [(["out:0", "cond/Merge:0", "cond_1/Merge:0"], f) for f in feeds]


def nested_cond(tf):
    """Conditions in both branches of a condition, on the same and on other predicates."""
    p = tf.placeholder(tf.bool, [], name="p")
    q = tf.placeholder(tf.bool, [], name="q")
    x = tf.placeholder(tf.float32, [2], name="x")

    def true():
        y = x * 2.0
        a = tf.cond(q, lambda: y + 1.0, lambda: y - x)
        return tf.cond(p, lambda: a * 3.0, lambda: a)

    def false():
        return tf.cond(
            tf.reduce_sum(x) > 0.0, lambda: x, lambda: tf.cond(q, lambda: -x, lambda: x * x)
        )

    r = tf.cond(p, true, false, name="outer")
    tf.identity(r, name="out")
    runs = []
    for p_ in (True, False):
        for q_ in (True, False):
            for x_ in ([1.0, 2.0], [-1.0, -2.0]):
                runs.append((["out:0", "outer/Merge:0"], {"p:0": p_, "q:0": q_, "x:0": x_}))
    return runs


def several_results(tf):
    """A condition with several results, one of which passes through, and one used by another."""
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [2], name="x")

    def true():
        h = tf.tanh(x) * 2.0
        return h, h + 1.0, x, tf.constant(7)

    a, b, c, d = tf.cond(p, true, lambda: (x, x * x, tf.zeros([2]), tf.size(x)))
    y = a * 2.0
    e = tf.cond(p, lambda: y + b, lambda: y - b)
    tf.identity(e + c, name="out")
    tf.identity(d, name="d")
    return [
        (["out:0", "d:0", "cond/Merge_1:0"], {"p:0": p_, "x:0": [0.5, -1.0]})
        for p_ in (True, False)
    ]


def unused_branch(tf):
    """Results of conditions that nothing merges, and captured values that one side ignores."""
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.cond(p, lambda: tf.constant(1.0), lambda: tf.constant(2.0), name="constant")
    tf.cond(p, lambda: x, lambda: tf.zeros([2]), name="through")
    dead, alive = tf.contrib.framework.nest.flatten(
        __import__("tensorflow.python.ops.control_flow_ops", fromlist=["x"]).switch(x, p)
    )
    tf.exp(dead, name="never_merged")
    tf.identity(x + 1.0, name="out")
    return [
        (["constant/Merge:0", "through/Merge:0", "out:0"], {"p:0": p_, "x:0": [3.0, 4.0]})
        for p_ in (True, False)
    ]


def case(tf):
    """tf.case with three branches and a default."""
    x = tf.placeholder(tf.float32, [], name="x")
    r = tf.case(
        [
            (x < 0.0, lambda: x * 10.0),
            (x < 1.0, lambda: x + 100.0),
            (x < 2.0, lambda: x - 100.0),
        ],
        default=lambda: tf.constant(-1.0),
    )
    tf.identity(r, name="out")
    return [(["out:0"], {"x:0": v}) for v in (-0.5, 0.5, 1.5, 2.5)]


def exclusive_case(tf):
    """tf.case with exclusive=True, which asserts inside a condition."""
    x = tf.placeholder(tf.int32, [], name="x")
    r = tf.case(
        {tf.equal(x, k): (lambda k=k: tf.constant(k * 10)) for k in (1, 2, 3)},
        default=lambda: x,
        exclusive=True,
    )
    tf.identity(r, name="out")
    return [(["out:0"], {"x:0": v}) for v in (1, 2, 3, 4)]


def cond_assign(tf):
    """Branches that change variables; what is not asked for does not happen."""
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.get_variable("v", [2], initializer=tf.zeros_initializer())
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer(), use_resource=True)

    def true():
        with tf.control_dependencies([tf.assign_add(v, [1.0, 2.0])]):
            return tf.identity(tf.constant(1))

    def false():
        with tf.control_dependencies([w.assign_add(5.0)]):
            return tf.constant(0)

    r = tf.cond(p, true, false, name="step")
    tf.cond(p, lambda: tf.assign_sub(v, [100.0, 100.0]).op, lambda: tf.no_op(), name="other")
    tf.identity(r, name="out")
    tf.identity(v, name="read_v")
    tf.identity(w.read_value(), name="read_w")
    tf.global_variables_initializer()
    reads = (["read_v:0", "read_w:0"], {})
    return [
        (["out:0"], {"p:0": True}),
        reads,
        (["out:0"], {"p:0": False}),
        reads,
        (["other/Merge:0"], {"p:0": True}),
        reads,
        (["other/Merge:0"], {"p:0": False}),
        reads,
    ]


def while_assign(tf):
    """A loop whose body changes a variable through a control dependency."""
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())

    def body(i):
        with tf.control_dependencies([tf.assign_add(v, tf.cast(i, tf.float32))]):
            return tf.add(i, 1)

    tf.while_loop(lambda i: i < 5, body, [tf.constant(0)], name="loop", parallel_iterations=1)
    tf.identity(v, name="read")
    tf.global_variables_initializer()
    return [(["loop/Exit:0"], {}), (["read:0"], {}), (["loop/Exit:0"], {}), (["read:0"], {})]


def maximum_iterations(tf):
    """A loop that is stopped by a limit, or stops before it."""
    n = tf.placeholder(tf.int32, [], name="n")
    r = tf.while_loop(
        lambda a: tf.reduce_sum(a) < 100.0,
        lambda a: a * 1.5,
        [tf.constant([1.0, 2.0])],
        maximum_iterations=n,
    )
    tf.identity(r, name="out")
    return [(["out:0"], {"n:0": 3}), (["out:0"], {"n:0": 50})]


def growing_shape(tf):
    """Loop variables whose shapes change, with shape invariants."""
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _, r, s = tf.while_loop(
        lambda i, a, s: i < 3,
        lambda i, a, s: (i + 1, tf.concat([a, x], 0), tf.concat([s, tf.shape(a)[:1]], 0)),
        [tf.constant(0), x, tf.constant([0])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 3]), tf.TensorShape([None])],
    )
    tf.identity(r, name="out")
    tf.identity(s, name="sizes")
    return [(["out:0", "sizes:0"], {"x:0": np.arange(6.0).reshape(2, 3).tolist()})]


def _rnn(tf, lengths):
    x = tf.placeholder(tf.float32, [2, None, 3], name="x")
    n = tf.placeholder(tf.int32, [2], name="lengths") if lengths else None
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    out, state = tf.nn.dynamic_rnn(cell, x, sequence_length=n, dtype=tf.float32)
    tf.identity(out, name="out")
    tf.identity(state.h, name="h")
    tf.identity(state.c, name="c")


def dynamic_rnn(tf):
    """dynamic_rnn, frozen."""
    _rnn(tf, False)
    x = np.sin(np.arange(24.0)).reshape(2, 4, 3)
    return [(["out:0", "h:0"], {"x:0": x.tolist()}), (["c:0"], {"x:0": x[:, :1].tolist()})]


def dynamic_rnn_lengths(tf):
    """dynamic_rnn with sequence lengths, which has a condition in its loop, frozen."""
    _rnn(tf, True)
    x = np.sin(np.arange(24.0)).reshape(2, 4, 3).tolist()
    return [
        (["out:0", "h:0", "c:0"], {"x:0": x, "lengths:0": [2, 4]}),
        (["out:0", "h:0", "c:0"], {"x:0": x, "lengths:0": [0, 3]}),
    ]


def map_fn(tf):
    """map_fn over two inputs."""
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    r = tf.map_fn(lambda e: e[0] * e[1] + 1.0, (x, y), dtype=tf.float32)
    tf.identity(r, name="out")
    return [(["out:0"], {"x:0": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "y:0": [1.0, -1.0, 0.5]})]


def scan(tf):
    """scan, forwards and in reverse."""
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    r = tf.scan(lambda a, e: a * 0.5 + e, x, initializer=tf.constant([1.0, 1.0]))
    s = tf.scan(lambda a, e: tf.maximum(a, e), x, reverse=True)
    tf.identity(r, name="out")
    tf.identity(s, name="reverse")
    return [(["out:0", "reverse:0"], {"x:0": [[1.0, 2.0], [3.0, 1.0], [0.0, 6.0]]})]


def folds(tf):
    """foldl and foldr."""
    x = tf.placeholder(tf.float32, [None], name="x")
    tf.foldl(lambda a, e: a * 2.0 + e, x, name="left")
    tf.foldr(lambda a, e: a - e, x, initializer=tf.constant(0.5), name="right")
    tf.identity(tf.get_default_graph().get_tensor_by_name("left/while/Exit_2:0"), name="l")
    tf.identity(tf.get_default_graph().get_tensor_by_name("right/while/Exit_2:0"), name="r")
    return [(["l:0", "r:0"], {"x:0": [1.0, 2.0, 4.0]})]


def tensor_arrays(tf):
    """Tensor arrays outside loops: write, read, stack, concat, split, gather, scatter, size."""
    x = tf.placeholder(tf.float32, [6], name="x")
    lengths = tf.placeholder(tf.int32, [3], name="lengths")
    ta = tf.TensorArray(tf.float32, size=3, infer_shape=False, clear_after_read=False)
    ta = ta.split(x, lengths)
    tf.identity(ta.concat(), name="concat")
    tf.identity(ta.read(1), name="read")
    ta = tf.TensorArray(tf.float32, size=2, clear_after_read=False)
    ta = ta.write(0, x).write(1, x + 1.0)
    tf.identity(ta.stack(), name="stack")
    tf.identity(ta.gather([1]), name="gather")
    tf.identity(ta.size(), name="size")
    ta = tf.TensorArray(tf.float32, size=0, dynamic_size=True).write(2, x).write(0, -x).write(1, x)
    tf.identity(ta.stack(), name="grown")
    tf.identity(ta.size(), name="grown_size")
    ta = tf.TensorArray(tf.float32, size=3, clear_after_read=False).scatter(
        [2, 0, 1], tf.reshape(x, [3, 2])
    )
    tf.identity(ta.read(2) + ta.read(2), name="scattered")
    ta.close()
    names = "concat read stack gather size grown grown_size scattered".split()
    return [
        ([n + ":0" for n in names], {"x:0": list(range(6)), "lengths:0": [1, 3, 2]}),
    ]


def array_in_loop(tf):
    """A dynamic tensor array that a loop fills, with elements of different sizes."""
    n = tf.placeholder(tf.int32, [], name="n")
    ta = tf.TensorArray(tf.int32, size=0, dynamic_size=True, infer_shape=False, name="ta")
    _, ta = tf.while_loop(
        lambda i, t: i < n, lambda i, t: (i + 1, t.write(i, tf.range(i + 1))), [tf.constant(0), ta]
    )
    tf.identity(ta.concat(), name="out")
    tf.identity(ta.size(), name="size")
    return [(["out:0", "size:0"], {"n:0": 4}), (["out:0", "size:0"], {"n:0": 1})]


def array_in_cond(tf):
    """A tensor array that one branch writes to."""
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [2], name="x")
    ta = tf.TensorArray(tf.float32, size=2, name="ta").write(0, x)
    flow = tf.cond(p, lambda: ta.write(1, x * 2.0).flow, lambda: ta.write(1, -x).flow)
    ops = __import__("tensorflow.python.ops.tensor_array_ops", fromlist=["x"])
    tf.identity(ops.build_ta_with_new_flow(ta, flow).stack(), name="out")
    return [(["out:0"], {"p:0": p_, "x:0": [1.0, 2.0]}) for p_ in (True, False)]


def beam_search(tf):
    """A beam search step in a loop that writes the beams and their parents to tensor arrays."""
    start = tf.placeholder(tf.float32, [2], name="start")
    table = tf.constant(np.cos(np.arange(25.0)).reshape(5, 5), tf.float32)
    ids = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[2])
    parents = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[2])

    def body(t, scores, last, done, ids, parents):
        step = tf.nn.log_softmax(tf.gather(table, last))
        step = tf.where(tf.tile(done[:, None], [1, 5]), tf.fill([2, 5], -100.0), step)
        total = tf.reshape(scores[:, None] + step, [-1])
        best, where = tf.nn.top_k(total, 2)
        token, parent = where % 5, where // 5
        done = tf.logical_or(tf.gather(done, parent), tf.equal(token, 4))
        return t + 1, best, token, done, ids.write(t, token), parents.write(t, parent)

    def go_on(t, scores, last, done, ids, parents):
        return tf.logical_and(t < 6, tf.logical_not(tf.reduce_all(done)))

    t, scores, _, _, ids, parents = tf.while_loop(
        go_on, body, [0, start, tf.constant([0, 1]), tf.constant([False, False]), ids, parents]
    )
    for name, value in (
        ("t", t),
        ("scores", scores),
        ("ids", ids.stack()),
        ("parents", parents.stack()),
    ):
        tf.identity(value, name=name)
    return [(["t:0", "scores:0", "ids:0", "parents:0"], {"start:0": [0.0, -0.1]})]


def control_only(tf):
    """Operations that only control edges tie to a branch or to an iteration."""
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [2], name="x")
    ok = tf.Assert(tf.reduce_all(x > -10.0), [x])

    def true():
        with tf.control_dependencies([tf.Assert(x[0] > 0.0, [x])]):
            return tf.constant([1.0, 1.0])

    with tf.control_dependencies([ok]):
        r = tf.cond(p, true, lambda: tf.constant([2.0, 2.0]))

    def body(i, a):
        with tf.control_dependencies([tf.Assert(i < 10, [i])]):
            return i + 1, a + tf.constant([0.25, 0.5])

    _, s = tf.while_loop(lambda i, a: i < 3, body, [tf.constant(0), r])
    tf.identity(s, name="out")
    return [
        (["out:0"], {"p:0": True, "x:0": [1.0, 2.0]}),
        (["out:0"], {"p:0": False, "x:0": [-1.0, 2.0]}),
        (["out:0"], {"p:0": True, "x:0": [-1.0, 2.0]}),
        (["out:0"], {"p:0": False, "x:0": [-11.0, 2.0]}),
    ]


def batch_norm(tf):
    """Several conditions on one predicate; each fetch executes only what it needs."""
    training = tf.placeholder(tf.bool, [], name="training")
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    h = x
    for i in range(2):
        mean = tf.get_variable(f"mean{i}", [2], initializer=tf.zeros_initializer(), trainable=False)

        def update(h=h, mean=mean):
            m = tf.reduce_mean(h, 0)
            with tf.control_dependencies([tf.assign(mean, mean * 0.5 + m * 0.5)]):
                return tf.identity(m)

        h = h - tf.cond(training, update, lambda mean=mean: tf.identity(mean)) + 1.0
        tf.identity(h, name=f"h{i}")
        tf.identity(mean, name=f"read{i}")
    tf.global_variables_initializer()
    x_ = [[1.0, 2.0], [3.0, 5.0]]
    reads = (["read0:0", "read1:0"], {})
    return [
        (["h0:0"], {"x:0": x_, "training:0": True}),
        reads,
        (["h1:0"], {"x:0": x_, "training:0": True}),
        reads,
        (["h1:0"], {"x:0": x_, "training:0": False}),
    ]


def strings_in_loop(tf):
    """A loop over strings, which only the interpreter runs."""
    s = tf.placeholder(tf.string, [], name="s")
    _, r = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, tf.string_join([a, s])), [tf.constant(0), s]
    )
    tf.identity(tf.strings.length(r), name="out")
    return [(["out:0"], {"s:0": "ab"})]


def gradient_of_while(tf):
    """The gradient of a loop: a second loop, which pops what the first one has pushed."""
    x = tf.placeholder(tf.float32, [2], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    w = tf.constant([0.5, 1.5])
    _, y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.sin(a) * x + w), [0, x])
    dx, dw = tf.gradients(y, [x, w])
    tf.identity(dx, name="dx")
    tf.identity(dw, name="dw")
    tf.identity(y, name="y")
    return [(["y:0", "dx:0", "dw:0"], {"x:0": [0.3, -0.8], "n:0": n_}) for n_ in (4, 0)]


def gradient_of_cond_in_while(tf):
    """The gradient of a condition in a loop: its predicates are pushed and popped."""
    x = tf.placeholder(tf.float32, [2], name="x")

    def body(i, a):
        b = tf.cond(tf.equal(i % 2, 0), lambda: tf.exp(a) * x, lambda: a * a)
        return i + 1, b

    _, y = tf.while_loop(lambda i, a: i < 3, body, [tf.constant(0), x])
    tf.identity(tf.gradients(y, x)[0], name="dx")
    return [(["dx:0"], {"x:0": [0.3, -0.8]})]


def gradient_of_nested_while(tf):
    """The gradient of a loop in a loop."""
    x = tf.placeholder(tf.float32, [], name="x")

    def outer(i, a):
        _, b = tf.while_loop(lambda j, b: j < i + 1, lambda j, b: (j + 1, b * x), [0, a])
        return i + 1, b + x

    _, y = tf.while_loop(lambda i, a: i < 3, outer, [tf.constant(0), x])
    tf.identity(tf.gradients(y, x)[0], name="dx")
    tf.identity(y, name="y")
    return [(["y:0", "dx:0"], {"x:0": 1.25})]


def gradient_of_cond(tf):
    """The gradient of a condition with nested ones."""
    x = tf.placeholder(tf.float32, [2], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    q = tf.placeholder(tf.bool, [], name="q")
    y = tf.cond(p, lambda: tf.cond(q, lambda: x * x, lambda: tf.exp(x)) * x, lambda: 3.0 * x)
    tf.identity(tf.gradients(y, x)[0], name="dx")
    feeds = [
        {"p:0": p_, "q:0": q_, "x:0": [0.5, 2.0]} for p_ in (True, False) for q_ in (True, False)
    ]
    return [(["dx:0"], f) for f in feeds]


def gradient_of_scan(tf):
    """The gradient of scan and map_fn: tensor arrays of gradients."""
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.map_fn(lambda e: e * e, x)
    y = tf.scan(lambda a, e: a * e + 1.0, y, initializer=tf.constant([1.0, 2.0]))
    tf.identity(tf.gradients(y, x)[0], name="dx")
    return [(["dx:0"], {"x:0": [[1.0, 2.0], [0.5, -1.0], [0.25, 3.0]]})]


def train_rnn(tf):
    """A training step of dynamic_rnn with sequence lengths."""
    x = tf.placeholder(tf.float32, [2, None, 3], name="x")
    n = tf.placeholder(tf.int32, [2], name="lengths")
    cell = tf.nn.rnn_cell.GRUCell(3)
    out, state = tf.nn.dynamic_rnn(cell, x, sequence_length=n, dtype=tf.float32)
    loss = tf.reduce_mean(tf.square(out - 0.5)) + tf.reduce_sum(state * state)
    tf.train.GradientDescentOptimizer(0.25).minimize(loss, name="train")
    tf.identity(loss, name="loss")
    tf.global_variables_initializer()
    x_ = np.sin(np.arange(24.0)).reshape(2, 4, 3).tolist()
    feeds = {"x:0": x_, "lengths:0": [4, 3]}
    return [
        (["loss:0"], feeds),
        (["train"], feeds),
        (["loss:0"], feeds),
        (["train"], feeds),
        (["loss:0"], feeds),
    ]


def functions(tf):
    """Functions of `Defun`, with conditions and loops inside, called as op types."""
    function = __import__("tensorflow.python.framework.function", fromlist=["x"])

    @function.Defun(tf.float32, tf.int32, func_name="repeated")
    def repeated(x, n):
        y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a * 2.0), [tf.constant(0), x])[1]
        return tf.cond(n > 2, lambda: y + 1.0, lambda: y - 1.0)

    @function.Defun(tf.float32, func_name="twice")
    def twice(x):
        return repeated(x, 3) * repeated(x, 1), x

    x = tf.placeholder(tf.float32, [2], name="x")
    a, b = twice(x)
    tf.add(a, b, name="out")
    return [(["out:0"], {"x:0": [1.0, 2.0]})]


def greedy_decoder(tf):
    """dynamic_decode of tf.contrib.seq2seq with a greedy helper, frozen."""
    s = tf.contrib.seq2seq
    table = tf.get_variable("table", [7, 4])
    state = tf.placeholder(tf.float32, [2, 4], name="state")
    helper = s.GreedyEmbeddingHelper(table, tf.constant([1, 1]), 2)
    cell = tf.nn.rnn_cell.GRUCell(4)
    decoder = s.BasicDecoder(cell, helper, state, tf.layers.Dense(7))
    out, _, lengths = s.dynamic_decode(decoder, maximum_iterations=6)
    tf.identity(out.rnn_output, name="out")
    tf.identity(out.sample_id, name="ids")
    tf.identity(lengths, name="lengths")
    x = np.cos(np.arange(8.0)).reshape(2, 4).tolist()
    return [(["out:0", "ids:0", "lengths:0"], {"state:0": x})]


def references(tf):
    """References of variables that pass through switches, merges and enters."""
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
    flow = __import__("tensorflow.python.ops.control_flow_ops", fromlist=["x"])
    # What switches a reference is RefSwitch, and what merges two of them RefMerge.
    a, _ = flow._SwitchRefOrTensor(v._ref(), p)
    _, d = flow._SwitchRefOrTensor(w._ref(), p)
    chosen, _ = flow.merge([tf.assign_add(a, [1.0, 1.0]), tf.assign_sub(d, [2.0, 2.0])])
    tf.identity(chosen, name="chosen")
    _, r = tf.while_loop(
        lambda i, x: i < 2,
        lambda i, x: (i + 1, x + tf.assign_add(w, x)),
        [tf.constant(0), tf.constant([1.0, 0.5])],
        parallel_iterations=1,
    )
    tf.identity(r, name="out")
    tf.identity(v, name="read_v")
    tf.identity(w, name="read_w")
    tf.global_variables_initializer()
    reads = (["read_v:0", "read_w:0"], {})
    return [
        (["chosen:0"], {"p:0": True}),
        reads,
        (["chosen:0"], {"p:0": False}),
        reads,
        (["out:0"], {}),
        reads,
    ]


def gradient_through_arrays(tf):
    """The gradient of a loop that reads from one tensor array and writes to another, unrolled."""
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    source = tf.TensorArray(tf.float32, 3, clear_after_read=False).unstack(x)
    result = tf.TensorArray(tf.float32, 3, element_shape=[2])

    def body(i, result):
        before = source.read(tf.maximum(i - 1, 0))
        return i + 1, result.write(i, source.read(i) * before)

    _, result = tf.while_loop(lambda i, t: i < 3, body, [tf.constant(0), result])
    y = result.stack()
    parts = tf.TensorArray(tf.float32, 2, infer_shape=False).split(tf.reshape(y, [6]), [2, 4])
    z = tf.reduce_sum(parts.read(0)) + tf.reduce_sum(tf.square(parts.read(1)))
    tf.identity(tf.gradients(z, x)[0], name="dx")
    return [(["dx:0"], {"x:0": [[1.0, 2.0], [0.5, -1.0], [0.25, 3.0]]})]


def train_dropout(tf):
    """Dropout that a placeholder switches on: the backward conditions need the forward masks."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    training = tf.placeholder_with_default(False, [], name="training")
    h = tf.layers.dense(x, 5, tf.tanh, kernel_initializer=tf.constant_initializer(0.1))
    h = tf.layers.dropout(h, 0.3, training=training, seed=3)
    _, h = tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, tf.tanh(a)), [tf.constant(0), h])
    h = tf.layers.dropout(tf.layers.batch_normalization(h, training=training), 0.3, seed=4)
    h = tf.layers.dense(h, 3, kernel_initializer=tf.constant_initializer(0.2))
    h = tf.layers.dropout(h, 0.3, training=training, seed=5)
    loss = tf.reduce_sum(tf.square(h - 1.0), name="loss")
    tf.train.GradientDescentOptimizer(0.05).minimize(loss, name="train")
    tf.global_variables_initializer()
    fed = {"x:0": [[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 2.0]]}
    return [
        (["loss:0"], fed),
        (["train"], dict(fed, **{"training:0": True})),
        (["loss:0"], fed),
        (["train"], fed),
        (["loss:0", "dense/kernel:0", "dense_1/bias:0"], dict(fed, **{"training:0": True})),
    ]


def dropout_in_loops(tf):
    """The same inside a loop, and in a condition inside another one."""
    x = tf.placeholder(tf.float32, [2, 4], name="x")
    p = tf.placeholder(tf.bool, [], name="p")
    q = tf.placeholder(tf.bool, [], name="q")

    def noisy(a):
        return tf.layers.dropout(a, 0.4, training=p, seed=3)

    _, y = tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, noisy(a) * a + x), [tf.constant(0), x]
    )
    z = tf.cond(q, lambda: tf.square(noisy(x) * 2.0), lambda: x * 3.0)
    w = tf.cond(q, lambda: tf.square(tf.nn.dropout(z, rate=0.4, seed=5)) * y, lambda: y)
    tf.identity(w, name="w")
    tf.identity(tf.gradients(w, x)[0], name="dx")
    fed = {"x:0": [[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 2.0]]}
    return [
        (["w:0", "dx:0"], dict(fed, **{"p:0": p, "q:0": q}))
        for p in (False, True)
        for q in (False, True)
    ]


CASES = [
    counter_loop, nested_while, cond_in_while, while_in_cond, nested_cond, several_results,
    unused_branch, case, exclusive_case, cond_assign, while_assign, maximum_iterations,
    growing_shape, dynamic_rnn, dynamic_rnn_lengths, map_fn, scan, folds, tensor_arrays,
    array_in_loop, array_in_cond, beam_search, control_only, batch_norm, strings_in_loop,
    gradient_of_while, gradient_of_cond_in_while, gradient_of_nested_while, gradient_of_cond,
    gradient_of_scan, train_rnn, functions, greedy_decoder, references,
    gradient_through_arrays, train_dropout, dropout_in_loops,
]  # fmt: skip
FROZEN = {"dynamic_rnn", "dynamic_rnn_lengths", "greedy_decoder"}
