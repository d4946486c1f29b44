"""Snippets of tf.graph_util; what it returns is imported, so that its nodes are compared."""

_HEAD = """
g = tf.get_default_graph()
def show(graph_def):
    tf.import_graph_def(graph_def, name='result')
"""
_MODEL = """
x = tf.placeholder(tf.float32, [None, 2], name='x')
w = tf.get_variable('w', initializer=[[1., 2., 3.], [4., 5., 6.]])
r = tf.get_variable('r', initializer=[0.5, 1., 2.], use_resource=True)
e = tf.get_variable('e', initializer=[[1., 2.], [3., 4.]], use_resource=True)
y = tf.nn.relu(tf.matmul(x, w) + r, name='y')
z = tf.nn.embedding_lookup(e, [1, 0], name='z')
tf.assign(w, tf.zeros([2, 3]), name='set')
def frozen(names, **kwargs):
    with tf.Session(graph=g) as s:
        s.run([v.initializer for v in (w, r, e)])
        return tf.graph_util.convert_variables_to_constants(s, g.as_graph_def(), names, **kwargs)
"""

_BUILDS = {
    "sub graph": _MODEL + "show(tf.graph_util.extract_sub_graph(g.as_graph_def(), ['y']))",
    "sub graph of nothing": "tf.constant(1.)\n"
    "show(tf.graph_util.extract_sub_graph(g.as_graph_def(), []))",
    "sub graph with colocation": "a = tf.constant(1.)\nwith tf.colocate_with(a):\n"
    "    tf.constant(2., name='b')\n"
    "show(tf.graph_util.extract_sub_graph(g.as_graph_def(), ['b']))",
    "sub graph: a string": "tf.graph_util.extract_sub_graph(g.as_graph_def(), 'y')",
    "sub graph: no GraphDef": "tf.graph_util.extract_sub_graph(g, ['y'])",
    "sub graph: unknown": "tf.graph_util.extract_sub_graph(g.as_graph_def(), ['y'])",
    "frozen": _MODEL + "show(frozen(['y', 'z']))\nfetch = ['result/y:0', 'result/z:0']\n"
    "feed = {'result/x:0': [[1., 2.]]}",
    "frozen but for one": _MODEL + "show(frozen(['y'], variable_names_blacklist=['w']))",
    "frozen one": _MODEL + "show(frozen(['y'], variable_names_whitelist=['w', 'r']))",
    "frozen: unknown": _MODEL + "frozen(['nothing'])",
    "frozen: read of a placeholder": "h = tf.placeholder(tf.resource, [])\n"
    "tf.raw_ops.ReadVariableOp(resource=h, dtype=tf.float32, name='v')\n"
    "with tf.Session(graph=g) as s:\n"
    "    tf.graph_util.convert_variables_to_constants(s, g.as_graph_def(), ['v'])",
    "without training nodes": "a = tf.constant([1., 2.], name='a')\n"
    "b = tf.identity(tf.identity(a, name='i'), name='j')\n"
    "with tf.control_dependencies([b]):\n    c = tf.identity(a, name='k')\n"
    "d = tf.check_numerics(c, 'bad', name='n')\n"
    "e = tf.identity(c, name='l')\ntf.add(e, e, name='o')\n"
    "show(tf.graph_util.remove_training_nodes(g.as_graph_def()))\n"
    "show(tf.graph_util.remove_training_nodes(g.as_graph_def(), ['l', 'n']))",
    "on the CPU": "a = tf.constant(1)\nb = tf.constant(1.)\nc = tf.constant('x')\n"
    "v = tf.Variable(1.)\nf = tf.graph_util.must_run_on_cpu\n"
    "tf.constant([f(a.op), f(b.op), f(c.op.node_def), f(v.op), f(v.op, True), "
    "f(tf.cast(a, tf.float32).op), f(tf.dynamic_stitch([[0]], [[1]]).op)])",
    "shape of a node": "a = tf.placeholder(tf.float32, [2, None], name='a')\n"
    "f = tf.graph_util.tensor_shape_from_node_def_name\n"
    "tf.constant([str(f(g, 'a')), str(f(g, 'a:0'))])",
    "shape of no node": "tf.graph_util.tensor_shape_from_node_def_name(g, 'a')",
}
SNIPPETS = {name: _HEAD + code for name, code in _BUILDS.items()}
