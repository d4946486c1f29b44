"""Loops, conditions and tensor arrays in TensorFlow 1's default mode: search, sorting, simulation."""
import numpy as np
import tensorflow as tf

tf.set_random_seed(3)
n = tf.placeholder(tf.int32, [], "n")

# Collatz: a condition in a loop.
def collatz(k, steps):
    k = tf.cond(tf.equal(k % 2, 0), lambda: k // 2, lambda: 3 * k + 1)
    return k, steps + 1
_, steps = tf.while_loop(lambda k, s: k > 1, collatz, [n, tf.constant(0)])

# Random walk until it leaves a ball: random numbers in a loop, a variable that counts.
visits = tf.get_variable("visits", [], tf.int32, initializer=tf.zeros_initializer(), trainable=False)
def walk(position, i):
    with tf.control_dependencies([tf.assign_add(visits, 1)]):
        return position + tf.random_normal([2]), i + 1
where, taken = tf.while_loop(lambda p, i: tf.reduce_sum(p * p) < 4.0, walk, (tf.zeros([2]), 0), maximum_iterations=100)

# Primes with a tensor array that grows in a condition in a loop, read in a loop inside.
limit = 30
def test(k, count, found):
    _, prime = tf.while_loop(
        lambda i, ok: tf.logical_and(ok, i < count), lambda i, ok: (i + 1, k % found.read(i) > 0), [0, tf.constant(True)])
    return k + 1, count + tf.cast(prime, tf.int32), tf.cond(prime, lambda: found.write(count, k), lambda: found)
empty = tf.TensorArray(tf.int32, size=0, dynamic_size=True, clear_after_read=False, element_shape=[])
_, _, found = tf.while_loop(lambda k, *_: k < limit, test, [2, 0, empty])
primes = found.stack()

# Beam search over a random Markov chain.
logits = tf.get_variable("logits", [5, 5], initializer=tf.random_normal_initializer())
log_probs = tf.nn.log_softmax(logits)
def expand(t, beams, scores):
    total = scores[:, None] + tf.gather(log_probs, beams[:, -1])
    best, index = tf.nn.top_k(tf.reshape(total, [-1]), 3)
    beams = tf.concat([tf.gather(beams, index // 5), (index % 5)[:, None]], 1)
    return t + 1, beams, best
_, beams, scores = tf.while_loop(
    lambda t, *_: t < 4, expand, [0, tf.constant([[0], [1], [2]]), tf.zeros([3])],
    shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, None]), tf.TensorShape([None])])

late = tf.random_uniform([2])

# Newton's method, differentiated through.
a = tf.get_variable("a", [], initializer=tf.constant_initializer(2.0))
root = tf.while_loop(lambda x: tf.abs(x * x - a) > 1e-5, lambda x: 0.5 * (x + a / x), [tf.constant(1.0)])
slope = tf.gradients(root, a)[0]

case = tf.case({n < 3: lambda: tf.constant("small"), n > 10: lambda: tf.constant("large")},
               default=lambda: tf.constant("middle"), exclusive=True)
powers = tf.map_fn(lambda k: tf.scan(lambda s, x: s * x, tf.fill([3], k)), tf.range(1, 5))
fold = tf.foldr(lambda s, x: s - x, tf.range(6))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for k in (1, 2, 6, 27):
        print(k, sess.run([steps, case], {n: k}))
    print(sess.run([where, taken]), sess.run(visits))
    print(sess.run(primes))
    print(sess.run([beams, scores]))
    print(sess.run([root, slope]))
    print(sess.run(powers), sess.run(fold), sess.run(late))
