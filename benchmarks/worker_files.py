"""Measures work with files, summaries and imported graphs as it is told line by line.

    python worker_files.py headrace|tensorflow FOLDER

Every line of its input is a JSON command and has a line of JSON for its answer. Runs on Python 3.7
too, since TensorFlow 1.15 needs it.
"""

import gc
import json
import os
import sys
import time
import traceback

from loading import load

LAYERS, WIDTH = 340, 16
MEGABYTES, TENSORS = 500, 100
HISTOGRAMS = 20


def median(values):
    """The middle one."""
    return sorted(values)[len(values) // 2]


def training_graph(tf):
    """A deep model with gradients and Adam: some 20,000 nodes."""
    h = tf.placeholder(tf.float32, [None, WIDTH], name="x")
    for i in range(LAYERS):
        with tf.variable_scope(f"layer_{i}"):
            w = tf.get_variable("kernel", [WIDTH, WIDTH])
            b = tf.get_variable("bias", [WIDTH], initializer=tf.zeros_initializer())
            h = tf.nn.relu(tf.nn.bias_add(tf.matmul(h, w), b)) + h
    tf.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(tf.square(h)))


class Workloads:
    """One method a workload; each returns seconds."""

    def __init__(self, impl, folder):
        import numpy as np

        self.np = np
        self.impl, self.folder = impl, folder
        self.tf, _ = load(impl)
        self._made = {}

    def write_graph(self):
        """Writes the GraphDef that both import; returns its number of nodes."""
        with self.tf.Graph().as_default() as graph:
            training_graph(self.tf)
            graph_def = graph.as_graph_def()
        with open(os.path.join(self.folder, "graph.pb"), "wb") as file:
            file.write(graph_def.SerializeToString())
        return len(graph_def.node)

    def _once(self, name, make):
        if name not in self._made:
            with self.tf.Graph().as_default():
                self._made[name] = make()
        return self._made[name]

    def _variables(self):
        tf = self.tf
        count = MEGABYTES * 1000000 // 4 // TENSORS
        start = tf.random_uniform_initializer()
        for i in range(TENSORS):
            tf.get_variable(f"v{i}", [count], initializer=start)
        saver, session = tf.train.Saver(), tf.Session()
        session.run(tf.global_variables_initializer())
        return saver, session

    def save(self):
        saver, session = self._once("variables", self._variables)
        path = os.path.join(self.folder, self.impl)
        start = time.perf_counter()
        saver.save(session, path, write_meta_graph=False)
        return time.perf_counter() - start

    def restore(self):
        saver, session = self._once("variables", self._variables)
        path = os.path.join(self.folder, self.impl)
        start = time.perf_counter()
        saver.restore(session, path)
        return time.perf_counter() - start

    def _histograms(self):
        tf, np = self.tf, self.np
        x = tf.placeholder(tf.float32, [128, 100])
        for i in range(HISTOGRAMS):
            tf.summary.histogram(f"h{i}", x * float(i + 1))
        merged, session = tf.summary.merge_all(), tf.Session()
        feed = {x: np.random.RandomState(0).randn(128, 100)}
        return lambda: session.run(merged, feed)

    def histograms(self):
        return self._steps(self._once("histograms", self._histograms), 0.3)

    def _digits(self):
        tf, np = self.tf, self.np
        x = tf.placeholder(tf.float32, [None, 8, 8, 1])
        y = tf.placeholder(tf.int32, [None])
        training = tf.placeholder_with_default(False, [])
        h = tf.layers.conv2d(x, 16, 3, padding="same", activation=tf.nn.relu)
        h = tf.layers.max_pooling2d(h, 2, 2)
        h = tf.layers.conv2d(h, 32, 3, padding="same", use_bias=False)
        h = tf.nn.relu(tf.layers.batch_normalization(h, training=training))
        h = tf.layers.flatten(tf.layers.average_pooling2d(h, 2, 2))
        h = tf.layers.dropout(tf.layers.dense(h, 64, tf.nn.relu), 0.3, training=training)
        loss = tf.losses.sparse_softmax_cross_entropy(y, tf.layers.dense(h, 10))
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            train = tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True).minimize(loss)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        draw = np.random.RandomState(0)
        feed = {x: draw.rand(32, 8, 8, 1), y: draw.randint(0, 10, 32), training: True}
        step = [train, loss]
        for _ in range(40):
            session.run(step, feed)
        return lambda: session.run(step, feed)

    def digits(self):
        return self._steps(self._once("digits", self._digits), 0.5)

    def import_graph(self):
        tf = self.tf
        with open(os.path.join(self.folder, "graph.pb"), "rb") as file:
            graph_def = tf.GraphDef.FromString(file.read())
        gc.collect()
        with tf.Graph().as_default():
            start = time.perf_counter()
            tf.import_graph_def(graph_def, name="")
            return time.perf_counter() - start

    @staticmethod
    def _steps(step, seconds):
        """The median step of about `seconds` of stepping."""
        step()
        times = []
        end = time.perf_counter() + seconds
        while len(times) < 5 or time.perf_counter() < end:
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        return median(times)


def main():
    work = Workloads(*sys.argv[1:])
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"result": getattr(work, command["do"])()}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


main()
