"""Eager tensors as values, their text and their errors."""
import numpy as np
import tensorflow as tf
tf.enable_eager_execution()
a=tf.constant([1,2]); print(repr(a), a, tf.constant(1.5), repr(tf.constant("x")), repr(tf.constant([[1.,2.]])))
v=tf.Variable([1.,2.]); print(repr(v), v.name, v.numpy())
try: tf.constant([1.,2.])+tf.constant([1.,2.,3.])
except Exception as e: print(type(e).__name__, e)
try: tf.matmul(tf.ones([2,3]), tf.ones([2,3]))
except Exception as e: print(type(e).__name__, e)
try: a.name
except Exception as e: print(type(e).__name__, e)
try: tf.placeholder(tf.float32)
except Exception as e: print(type(e).__name__, e)
try: tf.gradients(a,a)
except Exception as e: print(type(e).__name__, e)
print(bool(tf.constant(True)), int(tf.constant(3)), float(tf.constant(2.5)), len(a), [int(x) for x in a], a[0], np.array(a), a==a)
print(hash(a) is not None, a.shape, a.dtype, a.device)
with tf.GradientTape() as t:
    t.watch(a)
print(tf.executing_eagerly())
x=tf.constant(3.0)
with tf.GradientTape(persistent=True) as g:
    g.watch(x); y=x*x; z=y*y
print(g.gradient(z,x), g.gradient(y,x))
tf.set_random_seed(1); print(tf.random.normal([2]), tf.random.uniform([2]), tf.random.normal([2]))
tf.set_random_seed(1); print(tf.random.normal([2], seed=3), tf.random.normal([2], seed=3))
print(tf.cond(tf.constant(True), lambda: 1, lambda: 2), tf.while_loop(lambda i: i<3, lambda i:i+1, [0]))
