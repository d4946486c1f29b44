"""Eight threads that read and write the same variables through different fetches.

    python benchmarks/stress_threads.py [--seconds 60] [--jit always]

Every written matrix holds one value, so that a torn or freed one shows. Ends with status 1 when a
value was torn, a thread failed or one did not end.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time

import numpy as np


def main() -> None:
    """Runs the threads and reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--jit", default="always")
    options = parser.parse_args()
    os.environ["HEADRACE_JIT"] = options.jit
    import headrace.compat.v1 as tf

    value = tf.placeholder(tf.float32, [])
    a = tf.Variable(tf.zeros([300, 300]))
    b = tf.get_variable("b", initializer=np.zeros((200, 200), np.float32), use_resource=True)
    rows = tf.placeholder(tf.int32, [None])
    table = tf.Variable(tf.zeros([50, 20]))
    fetches = [
        tf.assign(a, tf.fill([300, 300], value)),
        tf.assign_add(a, tf.fill([300, 300], value)),
        b.assign_add(tf.fill([200, 200], value)),
        tf.identity(a) * 2.0,
        [b.read_value() + 1.0, a],
        tf.group(tf.assign(a, a * 0.5), b.assign(b * 0.5)),
        tf.scatter_add(table, rows, tf.ones([4, 20])),
        tf.train.GradientDescentOptimizer(1e-3).minimize(tf.reduce_sum(tf.square(b))),
    ]
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    problems: list[str] = []
    counts = [0] * len(fetches)
    end = time.monotonic() + options.seconds

    def check(result: object) -> None:
        for found in result if isinstance(result, list) else [result]:
            if isinstance(found, np.ndarray) and found.shape[0] >= 200:
                if not (found == found[0, 0]).all():
                    problems.append("a torn value")

    def work(i: int) -> None:
        turn = 0
        while time.monotonic() < end and not problems:
            turn += 1
            feed = {value: float(turn % 7), rows: [turn % 50, 1, 2, 3]}
            try:
                check(session.run(fetches[i], feed))
            except Exception as e:
                problems.append(f"{type(e).__name__}: {e}")
            counts[i] += 1

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(len(fetches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(options.seconds + 60)
    problems += ["a thread did not end" for thread in threads if thread.is_alive()]
    print(f"{sum(counts)} runs in {options.seconds:.0f} s by thread: {counts}")
    print("\n".join(problems[:5]) or "no torn value, no failure, every thread ended")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
