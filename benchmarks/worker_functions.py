"""A process that measures calls of functions and eager operations, as it is told line by line.

    python worker_functions.py headrace|tensorflow|tensorflow2 THREADS

Every line of its input is a JSON command, {"do": "time", "name": "eager add", "seconds": 0.3}, and
has a line of JSON for its answer. Python 3.7 reads this file too.
"""

import json
import os
import sys
import time
import traceback

from functions_traced import converted, loops, mlp_gradients
from loading import limit_threads

SIZES = (784, 256, 256, 10)


def eager_namespace(impl):
    """The implementation's TF1 namespace, executing eagerly, as each of them is used."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if impl == "headrace":
        import headrace as tf
    elif impl == "tensorflow2":
        import tensorflow.compat.v1 as tf
    else:
        import tensorflow as tf

        tf = tf.compat.v1
    tf.enable_eager_execution()
    tf.logging.set_verbosity(tf.logging.ERROR)
    return tf


def per_call(function, seconds):
    """Seconds a call, the median of short batches."""
    start = time.perf_counter()
    function()
    count = max(1, min(200, int(0.002 / max(time.perf_counter() - start, 1e-7))))
    for _ in range(count):
        function()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        for _ in range(count):
            function()
        times.append((time.perf_counter() - start) / count)
    return sorted(times)[len(times) // 2]


class Small:
    """Small calls: nothing but the cost of a call shows."""

    def __init__(self, tf, np):
        a, b = tf.constant(1.0), tf.constant(2.0)
        m = tf.constant(np.ones((8, 8), np.float32))
        v = tf.Variable(1.0)
        added = tf.function(lambda x, y: x + y)
        counted = tf.function(lambda: v.assign_add(1.0))
        fed = tf.function(lambda x: x + 1.0)
        array = np.ones(3, np.float32)

        def tape():
            with tf.GradientTape() as t:
                y = tf.sin(v * a) + v
            return t.gradient(y, v)

        def tape_of_call():
            with tf.GradientTape() as t:
                t.watch(a)
                y = added(a, b)
            return t.gradient(y, a)

        self.calls = {
            "tf.function of one add": lambda: added(a, b),
            "tf.function of one add, NumPy in and out": lambda: fed(array).numpy(),
            "tf.function that counts in a variable": lambda: counted(),
            "eager add": lambda: a + b,
            "eager matmul 8 × 8": lambda: tf.matmul(m, m),
            "eager reduce_sum": lambda: tf.reduce_sum(m),
            "eager read of a variable": lambda: v.read_value(),
            "eager assign_add": lambda: v.assign_add(1.0),
            "eager slice m[0]": lambda: m[0],
            "tape: gradient of sin(v * a) + v": tape,
            "tape: gradient of a tf.function of one add": tape_of_call,
        }


class Training:
    """The training step of an MLP: written with a function and a tape, and run by a session."""

    def __init__(self, tf, np):
        random = np.random.RandomState(0)
        shapes = list(zip(SIZES[:-1], SIZES[1:]))  # noqa: B905
        first = [(random.randn(*s) / np.sqrt(s[0])).astype(np.float32) for s in shapes]
        self._x = random.randn(128, SIZES[0]).astype(np.float32)
        self._labels = random.randint(0, 10, 128).astype(np.int32)
        self._tf = tf
        self.calls = {
            "MLP step: tf.function and tape": self._function(tf, np, first),
            "MLP step: session": self._session(tf, np, first),
        }

    @staticmethod
    def _variables(tf, np, first):
        made = []
        for w in first:
            made.append((tf.Variable(w), tf.Variable(np.zeros(w.shape[1], np.float32))))
        return made

    @staticmethod
    def _loss(tf, layers, x, labels):
        for i, (w, b) in enumerate(layers):
            x = tf.matmul(x, w) + b
            if i < len(layers) - 1:
                x = tf.nn.relu(x)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=x)
        )

    def _function(self, tf, np, first):
        layers = self._variables(tf, np, first)
        variables = [v for layer in layers for v in layer]
        optimizer = tf.train.AdamOptimizer(0.001)

        @tf.function
        def step(x, labels):
            with tf.GradientTape() as tape:
                loss = self._loss(tf, layers, x, labels)
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables))  # noqa: B905
            return loss

        return lambda: float(step(self._x, self._labels).numpy())

    def _session(self, tf, np, first):
        with tf.Graph().as_default():
            x = tf.placeholder(tf.float32, [128, SIZES[0]])
            labels = tf.placeholder(tf.int32, [128])
            loss = self._loss(tf, self._variables(tf, np, first), x, labels)
            train = tf.train.AdamOptimizer(0.001).minimize(loss)
            session = tf.Session()
            session.run(tf.global_variables_initializer())
        feeds = {x: self._x, labels: self._labels}
        return lambda: float(session.run([loss, train], feeds)[0])


class Functions:
    """The commands."""

    def __init__(self, impl, threads):
        self._threads = threads
        self.tf = tf = eager_namespace(impl)
        import numpy as np

        self._np = np
        self._calls = {}
        self._converted = 0
        self._traces = {
            "trace: loss and gradients of the MLP": mlp_gradients(tf, np),
            "trace: loops through AutoGraph, converted before": loops(tf),
        }

    def first(self):
        """Seconds of the first trace of a function with loops: it loads the conversion too."""
        start = time.perf_counter()
        loops(self.tf)()
        return {"seconds": time.perf_counter() - start}

    def conversions(self, count):
        """Median seconds of tracing functions whose sources have not been converted before."""
        first = self._converted + 1
        self._converted += count
        times = []
        for make in converted(self.tf, range(first, first + count)):
            start = time.perf_counter()
            make()
            times.append(time.perf_counter() - start)
        return {"seconds": sorted(times)[len(times) // 2]}

    def prepare(self):
        """Make what is called, and step the training until it is as quick as it gets."""
        self._calls.update(Small(self.tf, self._np).calls)
        training = Training(self.tf, self._np).calls
        losses = {name: [step() for _ in range(3)] for name, step in training.items()}
        for step in training.values():
            for _ in range(40):
                step()
        self._calls.update(training)
        self._calls.update(self._traces)
        return {"names": list(self._calls), "losses": losses}

    def alternate(self, names, seconds):
        """Median seconds of calls that take turns, so that other load slows all of them alike."""
        times = {name: [] for name in names}
        end = time.perf_counter() + seconds * len(names)
        while time.perf_counter() < end or len(times[names[-1]]) < 5:
            for name in names:
                call = self._calls[name]
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
        return {name: sorted(found)[len(found) // 2] for name, found in times.items()}

    def time(self, name, seconds):
        """Seconds a call."""
        return {"seconds": per_call(self._calls[name], seconds)}


def main():
    """Answer commands until the input ends."""
    impl, threads = sys.argv[1], int(sys.argv[2])
    # What libraries print must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    target = Functions(impl, limit_threads(threads))
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(target, command.pop("do"))(**command)
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
