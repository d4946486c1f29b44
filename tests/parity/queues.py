"""Snippets of queues."""

_O = {"xla": False}

SNIPPETS = {
    "fifo": (
        "q = tf.FIFOQueue(10, [tf.int32, tf.float32], shapes=[[], [2]], name='q')\n"
        "e = q.enqueue_many([[1, 2, 3], [[1., 2.], [3., 4.], [5., 6.]]])\n"
        "with tf.control_dependencies([e]):\n    d = q.dequeue()\n"
        "with tf.control_dependencies([d[0]]):\n    fetch = [d, q.size()]\n",
        _O,
    ),
    "fifo names": (
        "q = tf.FIFOQueue(10, [tf.int32, tf.float32], names=['a', 'b'], shared_name='s')\n"
        "e = q.enqueue({'a': 1, 'b': 2.})\n"
        "with tf.control_dependencies([e]):\n    fetch = q.dequeue()\n",
        _O,
    ),
    "fifo dequeue_many": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=())\n"
        "e = q.enqueue_many([[1, 2, 3]])\n"
        "with tf.control_dependencies([e]):\n    fetch = q.dequeue_many(2)\n",
        _O,
    ),
    "fifo close and empty": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=())\n"
        "with tf.control_dependencies([q.close()]):\n    fetch = q.dequeue()\n",
        {"xla": False, "error": "type"},
    ),
    "fifo up to": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=())\n"
        "e = q.enqueue_many([[1, 2, 3]])\n"
        "with tf.control_dependencies([e]):\n    c = q.close()\n"
        "with tf.control_dependencies([c]):\n    fetch = [q.dequeue_up_to(5), q.is_closed()]\n",
        _O,
    ),
    "fifo closed enqueue": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=())\n"
        "with tf.control_dependencies([q.close()]):\n    fetch = q.enqueue(1)\n",
        {"xla": False, "error": "type"},
    ),
    "fifo wrong shape": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=[2])\nfetch = q.enqueue([[1, 2, 3]])",
        _O,
    ),
    "fifo no shapes dequeue_many": (
        "q = tf.FIFOQueue(10, tf.int32)\nfetch = q.dequeue_many(2)",
        _O,
    ),
    "padding": (
        "q = tf.PaddingFIFOQueue(10, tf.int32, shapes=[[None]])\n"
        "e = tf.group(q.enqueue([[1]]))\n"
        "with tf.control_dependencies([e]):\n    e2 = q.enqueue([[2, 3]])\n"
        "with tf.control_dependencies([e2]):\n    fetch = q.dequeue_many(2)\n",
        _O,
    ),
    "shuffle": (
        "q = tf.RandomShuffleQueue(20, 2, tf.int32, shapes=(), seed=3)\n"
        "e = q.enqueue_many([np.arange(10)])\n"
        "with tf.control_dependencies([e]):\n    fetch = q.dequeue_many(8)\n",
        _O,
    ),
    "priority": (
        "q = tf.PriorityQueue(20, [tf.string], [()])\n"
        "e = q.enqueue_many([np.array([3, 1, 2], np.int64), ['c', 'a', 'b']])\n"
        "with tf.control_dependencies([e]):\n    fetch = q.dequeue_many(3)\n",
        _O,
    ),
    "accumulators": (
        "a = tf.ConditionalAccumulator(tf.float32, shape=[2])\n"
        "e = [a.apply_grad([1., 2.]), a.apply_grad([3., 6.], local_step=1)]\n"
        "with tf.control_dependencies(e):\n    mean = a.take_grad(2)\n"
        "s = tf.SparseConditionalAccumulator(tf.float32, reduction_type='SUM')\n"
        "rows = tf.IndexedSlices(tf.ones([2, 3]), [0, 4], [5, 3])\n"
        "e = [s.apply_indexed_slices_grad(rows, name=n) for n in 'ab']\n"
        "with tf.control_dependencies(e):\n    taken = s.take_grad(2)\n"
        "n = a.num_accumulated()\nfetch = [mean, taken]\n",
        _O,
    ),
    "accumulators by reference": (
        "r = tf.raw_ops\n"
        "a = r.ConditionalAccumulator(dtype=tf.float32, shape=[2])\n"
        "e = r.AccumulatorApplyGradient(handle=a, local_step=tf.constant(0, tf.int64),\n"
        "                               gradient=[1., 2.])\n"
        "with tf.control_dependencies([e]):\n"
        "    fetch = r.AccumulatorTakeGradient(handle=a, num_required=1, dtype=tf.float32)\n"
        "n = r.AccumulatorNumAccumulated(handle=a)\n"
        "g = r.AccumulatorSetGlobalStep(handle=a, new_global_step=tf.constant(3, tf.int64))\n",
        _O,
    ),
    "queue runner": (
        "q = tf.FIFOQueue(10, tf.int32, shapes=())\n"
        "tf.train.add_queue_runner(tf.train.QueueRunner(q, [q.enqueue(1)] * 2))\nfetch = q.size()\n",
        _O,
    ),
}
