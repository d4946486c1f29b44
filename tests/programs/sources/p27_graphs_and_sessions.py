import numpy as np
import tensorflow as tf

g1, g2 = tf.Graph(), tf.Graph()
with g1.as_default():
    tf.set_random_seed(1)
    c1 = tf.Variable(tf.random_normal([2]), name="c")
    init1 = tf.global_variables_initializer()
    with tf.device("/device:CPU:0"):
        r1 = tf.random_uniform([3], seed=5)
    with tf.device(lambda op: "/cpu:0" if op.type == "Const" else ""):
        k = tf.constant(1) + 2
with g2.as_default():
    c2 = tf.Variable(1.0, name="c")
    add = c2.assign_add(2.0)
    init2 = tf.initialize_all_variables()
s1a, s1b, s2 = tf.Session(graph=g1), tf.Session(graph=g1), tf.Session(graph=g2, config=tf.ConfigProto(allow_soft_placement=True, log_device_placement=False, gpu_options=tf.GPUOptions(allow_growth=True)))
s1a.run(init1); s1b.run(init1); s2.run(init2)
print(s1a.run(c1), s1b.run(c1), s1a.run(r1), s1a.run(r1), s1b.run(r1), s1a.run(k), s2.run(add), s2.run(add))
s1a.run(init1); print(s1a.run(c1))
print(c1.graph is g1, c2.graph is g2, c1.op.node_def.name, g1.get_tensor_by_name("c:0"), g2.get_operation_by_name("c/Assign").type, g1.as_graph_element("c:0").name)
for f in (lambda: s2.run(c1), lambda: g1.get_tensor_by_name("zzz:0"), lambda: g1.get_operation_by_name("zzz"), lambda: g1.get_tensor_by_name("c"), lambda: g1.get_tensor_by_name("c:7"), lambda: tf.add(c1, c2), lambda: g1.as_graph_element(3)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).split("\n")[0])
gd = g2.as_graph_def()
g3 = tf.Graph()
with g3.as_default():
    tf.constant(10.0)
    g3.finalize()
    try:
        tf.constant(1)
    except RuntimeError as e:
        print(e)
print(tf.get_default_graph() is g3, g3.finalized, g3.version > 0, gd.versions.producer, g1.collections, g1.seed)
tf.reset_default_graph()
with tf.Graph().as_default() as g:
    tf.set_random_seed(7)
    a, b = tf.random_normal([2]), tf.random_normal([2], seed=3)
    sh = tf.random_shuffle(tf.range(6)); mn = tf.multinomial([[0.1, 0.9], [0.5, 0.5]], 4); tn = tf.truncated_normal([3], 1.0, 2.0, tf.float64); gm = tf.random_gamma([2], [1.0, 2.0]); ui = tf.random_uniform([4], 0, 10, tf.int32); ps = tf.random_poisson(3.0, [3]); rc = tf.random_crop(tf.reshape(tf.range(9), [3, 3]), [2, 2])
    inits = [tf.get_variable("i%d" % n, [3, 4], initializer=i) for n, i in enumerate([None, tf.glorot_normal_initializer(), tf.orthogonal_initializer(), tf.variance_scaling_initializer(mode="fan_avg"), tf.uniform_unit_scaling_initializer(), tf.random_normal_initializer(1, 2), tf.truncated_normal_initializer(stddev=0.1, seed=1), tf.initializers.he_uniform(), tf.initializers.lecun_normal(), tf.constant_initializer(np.arange(12))])]
    eye = tf.get_variable("eye", [3, 3], initializer=tf.initializers.identity(gain=2))
    with tf.Session(graph=g) as s:
        s.run(tf.global_variables_initializer())
        for _ in range(2):
            print(s.run([a, b, sh, mn, tn, gm, ui, ps, rc]))
        for v in inits + [eye]:
            print(s.run(v))
