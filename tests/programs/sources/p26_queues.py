import threading
import numpy as np
import tensorflow as tf

tf.set_random_seed(2)
q = tf.FIFOQueue(20, [tf.float32, tf.int32], shapes=[[2], []], name="q")
px, py = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int32, [None])
enq = q.enqueue_many([px, py])
one = q.enqueue([[7.0, 8.0], 9])
x, y = q.dequeue()
bx, by = q.dequeue_many(3)
size, close = q.size(), q.close()
src = tf.FIFOQueue(8, tf.int64, shapes=[[]], shared_name="src")
count = tf.get_variable("count", [], tf.int64, initializer=tf.zeros_initializer(), trainable=False)
tick = tf.count_up_to(count, 1000000)
with tf.control_dependencies([src.enqueue(tick)]):
    fill = tf.no_op("fill")
tf.train.add_queue_runner(tf.train.QueueRunner(src, [fill]))
item = tf.cast(src.dequeue(name="item"), tf.float32) * 2
upto = src.dequeue_up_to(3)
rq = tf.RandomShuffleQueue(10, 0, tf.int32, shapes=[()], seed=1)
rfill = rq.enqueue_many([tf.range(8)])
rget = rq.dequeue_many(8)
pq = tf.PaddingFIFOQueue(5, [tf.int32], [[None]])
pe = [pq.enqueue([[1]]), pq.enqueue([[1, 2, 3]])]
pg = pq.dequeue_many(2)
pr = tf.PriorityQueue(5, [tf.string], [[]])
pre = pr.enqueue_many([[3, 1, 2], ["c", "a", "b"]])
prg = [pr.dequeue() for _ in range(2)]
nq = tf.FIFOQueue(3, [tf.float32, tf.int32], names=["f", "i"], shapes=[[], []])
ne = nq.enqueue({"f": 1.5, "i": 2})
nd = nq.dequeue()
print(q.names, q.shapes, q.dtypes, q.name, q.queue_ref, bx.shape, upto.shape, nd)
print([r.name for r in tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)])
with tf.Session() as sess:
    sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    sess.run(enq, {px: np.arange(8).reshape(4, 2), py: [0, 1, 2, 3]})
    print(sess.run(size), sess.run([x, y]), sess.run([bx, by]), sess.run(size))
    sess.run(rfill); print(sess.run(rget))
    for e in pe:
        sess.run(e)
    print(sess.run(pg))
    sess.run(pre); print(sess.run(prg[0]), sess.run(prg[1]), sess.run(pr.size()))
    sess.run(ne); print(sorted(sess.run(nd).items()))
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    got = []
    while not coord.should_stop():
        got.append(sess.run(item) if len(got) < 3 else sess.run(upto).tolist())
        if len(got) == 6:
            coord.request_stop()
    coord.join(threads)
    print(got)
    sess.run(one); sess.run(close)
    print(sess.run([x, y]), sess.run(q.is_closed()))
    try:
        sess.run(x)
    except tf.errors.OutOfRangeError as e:
        print(str(e).split("\n")[0])
    try:
        sess.run(one)
    except tf.errors.CancelledError as e:
        print(str(e).split("\n")[0])
    try:
        sess.run(enq, {px: [[1, 2]], py: [1, 2]})
    except tf.errors.InvalidArgumentError as e:
        print(str(e).split("\n")[0])
for bad in (lambda: q.enqueue([1.0]), lambda: q.enqueue([[1.0], 2]), lambda: tf.FIFOQueue(3, [tf.int32], shapes=[[1], [2]]), lambda: q.dequeue_many("a"), lambda: pq.enqueue([1.5])):
    try:
        print(bad())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, str(e).split("\n")[0])
c = tf.train.Coordinator()


def work(i):
    while not c.should_stop():
        if i == 1:
            try:
                raise ValueError("stop %d" % i)
            except ValueError as e:
                c.request_stop(e)
        c.wait_for_stop(0.01)


ts = [threading.Thread(target=work, args=(i,)) for i in range(2)]
for t in ts:
    t.start()
try:
    c.join(ts)
except ValueError as e:
    print("raised", e)
with tf.Graph().as_default():
    print(tf.get_collection("queue_runners"))
