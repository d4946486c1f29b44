"""Tapes, variables and optimizers in eager execution."""
import numpy as np
import tensorflow as tf
tf.enable_eager_execution()
def try_(f):
    try: r=f(); print(r)
    except Exception as e: print(type(e).__name__, str(e)[:200])
x=tf.constant(3.0)
with tf.GradientTape() as g:
    g.watch(x); y=x*x
print(g.gradient(y,x)); try_(lambda: g.gradient(y,x))
with tf.GradientTape() as g: y=x*x
print(g.gradient(y,x))
try_(lambda: g.gradient(y, x))
with tf.GradientTape() as g:
    g.watch(x)
    with tf.GradientTape() as g2:
        g2.watch(x); y=x*x*x
    d=g2.gradient(y,x)
print(d, g.gradient(d,x))
v=tf.Variable([1.,2.]); w=tf.Variable(2., trainable=False)
with tf.GradientTape() as g: l=tf.reduce_sum(v*v*w)
print(g.watched_variables(), g.gradient(l,[v,w]))
with tf.GradientTape(watch_accessed_variables=False) as g: l=tf.reduce_sum(v*v)
print(g.gradient(l,[v]), g.gradient(l,v,unconnected_gradients="zero") if False else None)
with tf.GradientTape() as g:
    g.watch(x)
    with g.stop_recording(): z=x*2.
    y=x*z
print(g.gradient(y,x))
with tf.GradientTape(persistent=True) as g:
    a=tf.constant([[1.,2.],[3.,4.]]); g.watch(a); b=tf.matmul(a,a)
try_(lambda: g.jacobian(b,a)); try_(lambda: g.batch_jacobian(b*1.,a))
try_(lambda: g.gradient({"a":b}, {"a":a}))
with tf.GradientTape() as g:
    g.watch(x); y=[x*x, x*3.]
print(g.gradient(y,x))
with tf.GradientTape() as g:
    g.watch(x); y=x*x; g.reset(); y=x*x
print(g.gradient(y,x))
try_(lambda: tf.GradientTape().watch(1.0)); 
with tf.GradientTape() as g: try_(lambda: g.watch(tf.constant(1)))
@tf.custom_gradient
def cg(x):
    def grad(dy): return dy*7.
    return x*x, grad
with tf.GradientTape() as g: g.watch(x); y=cg(x)
print(g.gradient(y,x))
e=tf.Variable(np.ones((4,2),np.float32))
with tf.GradientTape() as g: l=tf.reduce_sum(tf.nn.embedding_lookup(e,[1,1,2]))
print(g.gradient(l,e))
opt=tf.train.GradientDescentOptimizer(.1)
with tf.GradientTape() as g: l=tf.reduce_sum(v*v)
opt.apply_gradients(zip(g.gradient(l,[v]),[v])); print(v.numpy())
opt=tf.train.AdamOptimizer(.1); opt.minimize(lambda: tf.reduce_sum(v*v)); print(v.numpy(), opt.get_slot(v,"m").numpy())
opt=tf.train.MomentumOptimizer(.1,.9); gs=tf.train.get_or_create_global_step(); opt.minimize(lambda: tf.reduce_sum(v*v), global_step=gs); print(v.numpy(), gs.numpy())
f=tf.contrib.eager.gradients_function(lambda x: x*x*x); print(f(3.0))
def fn(a,b): return a*b*b
print(tf.contrib.eager.value_and_gradients_function(fn)(2.,3.)); print(tf.contrib.eager.implicit_gradients(lambda: tf.reduce_sum(v*v))())
print(v.assign_add([1.,1.]), v.assign([5.,5.]).numpy(), v[0], v+1., tf.reduce_sum(v))
print(tf.get_variable("gv",[2],initializer=tf.ones_initializer()).numpy())
print(tf.map_fn(lambda t: t*2., tf.constant([1.,2.])), tf.scan(lambda a,b:a+b, tf.constant([1.,2.,3.])))
# Functions under tapes: the call happens once, and gradients are those of what it did.
calls = tf.Variable(0.0, trainable=False); s = tf.Variable(1.5)
@tf.function
def noisy(x):
    calls.assign_add(1.0)
    mask = tf.cast(tf.random.uniform([64]) > 0.5, tf.float32)
    return tf.reduce_sum(x * mask * s), mask
ones = tf.ones([64]) * 3.
for _ in range(3):
    with tf.GradientTape() as g:
        g.watch(ones); y, mask = noisy(ones)
    dx, ds = g.gradient(y, [ones, s])
    print(calls.numpy(), np.array_equal(dx.numpy(), 1.5 * mask.numpy()), np.isclose(ds.numpy(), 3 * mask.numpy().sum()))
noisy(ones); print(calls.numpy())
cube = tf.function(lambda q: q * q * q * s)
with tf.GradientTape() as g:
    g.watch(x)
    with tf.GradientTape() as g2:
        g2.watch(x); y = cube(x)
    d = g2.gradient(y, x)
print(d.numpy(), [t.numpy() for t in g.gradient(d, [x, s])])
with tf.GradientTape(persistent=True) as g:
    g.watch(x); y = cube(cube(x)); z = cube(x) * y
    first = g.gradient(z, x)
print(first.numpy(), g.gradient(first, x).numpy(), g.gradient(y, s).numpy())
@tf.function
def looped(x, n):
    while tf.reduce_sum(x) < n:
        x = x * x * s
    return x
for n in (10., 1e3):
    with tf.GradientTape() as g:
        g.watch(x); y = looped(x, n)
    print([t.numpy() for t in g.gradient(y, [x, s])])
table = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2))
with tf.GradientTape() as g: l = tf.function(lambda i: tf.gather(table, i) * 2.)(tf.constant([0, 2, 0]))
print(type(g.gradient(l, table)).__name__)
kept = tf.Variable([0., 0.]); keep = tf.function(lambda a: None if kept.assign(a * 2.) is None else None)
print(keep(np.float32([1, 2])), keep(np.float32([3, 4])), kept.numpy())
pair = tf.function(lambda a, k=2: {"t": (a * k, a[1:]), "n": None})
for k in (2, 3, 2):
    r = pair(np.float32([1, 2, 3]), k); print(r["t"][0].numpy(), r["t"][1].numpy(), r["n"], type(r["t"]).__name__)
# Operations of kinds met before, recorded and not.
m = tf.constant([[1., 2.], [3., 4.]])
for i in range(3):
    with tf.GradientTape(persistent=True) as g:
        g.watch(m); y = tf.concat([m, m[i % 2:]], 0); l = tf.reduce_sum(y * y, axis=[1]) + tf.reduce_max(m)
        parts = tf.split(m, 2); u = tf.add_n(parts + [tf.reshape(m[:, 1], [1, 2])]); q = tf.unstack(m)[1] ** 2.
    print(g.gradient(l, m).numpy(), g.gradient(u, m).numpy(), g.gradient(q, m).numpy())
    print((m[0] + i).numpy(), tf.cast(m, tf.int32).numpy(), tf.maximum(m, 2.5).numpy(), tf.nn.moments(m, [0])[1].numpy())
for bad in range(2):
    try_(lambda: tf.matmul(m, tf.ones([3, 1]))); try_(lambda: tf.reshape(m, [3]))
