"""How building, gradients and first runs grow with the graph, and memory with the number of runs.

    python benchmarks/bench_growth.py [--runs 100000] [--write FILE]

Linear means: the time for an operation stays the same while the graph grows four times.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from pathlib import Path

import numpy as np

import headrace as tf

ROOT = Path(__file__).resolve().parent.parent


def build(count: int) -> float:
    """Seconds an operation to build a graph of `count` operations."""
    with tf.Graph().as_default() as graph:
        x = y = tf.placeholder(tf.float32, [8])
        start = time.perf_counter()
        while graph.version < count:
            y = tf.nn.relu(y * x + x)
        return (time.perf_counter() - start) / graph.version


def gradient(count: int) -> float:
    """Seconds a forward operation for `tf.gradients` through a chain of `count` operations."""
    with tf.Graph().as_default():
        x = y = tf.placeholder(tf.float32, [8])
        for _ in range(count):
            y = tf.nn.relu(y)
        start = time.perf_counter()
        tf.gradients(y, x)
        return (time.perf_counter() - start) / count


def first_run(count: int) -> float:
    """Seconds an operation for the first run of a chain of `count` operations."""
    with tf.Graph().as_default():
        x = y = tf.placeholder(tf.float32, [8])
        for _ in range(count):
            y = tf.nn.relu(y)
        with tf.Session() as sess:
            start = time.perf_counter()
            sess.run(y, {x: np.ones(8, np.float32)})
            return (time.perf_counter() - start) / count


def resident() -> int:
    """Bytes of memory that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def memory(runs: int) -> tuple[float, float]:
    """(growth in MB over `runs` training steps, seconds a step)."""
    with tf.Graph().as_default():
        x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
        w, b = tf.Variable(tf.ones([3, 1])), tf.Variable(tf.zeros([1]))
        loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
        step = tf.train.AdamOptimizer(1e-3).minimize(loss)
        xs, ys = np.ones((8, 3), np.float32), np.zeros((8, 1), np.float32)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for _ in range(1000):
                sess.run(step, {x: xs, y: ys})
            before, start = resident(), time.perf_counter()
            for _ in range(runs):
                sess.run(step, {x: xs, y: ys})
            seconds = (time.perf_counter() - start) / runs
            return (resident() - before) / 2**20, seconds


def main() -> None:
    """Measures and prints, or writes, the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, default=ROOT / "docs/benchmarks/growth.md")
    parser.add_argument("--runs", type=int, default=100_000)
    args = parser.parse_args()
    lines = [
        "# Growth",
        "",
        f"{platform.machine()}, Python {platform.python_version()}; made by `make bench`. "
        "Microseconds an operation.",
        "",
        "| | 25,000 ops | 50,000 ops | 100,000 ops |",
        "|---|---|---|---|",
    ]
    build(2000)
    for name, function, sizes in (
        ("building", build, (25_000, 50_000, 100_000)),
        ("tf.gradients (chains of 2,500, 5,000, 10,000)", gradient, (2_500, 5_000, 10_000)),
        ("first run", first_run, (25_000, 50_000, 100_000)),
    ):
        cells = [f"{min(function(n) for _ in range(3)) * 1e6:.1f}" for n in sizes]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    growth, seconds = memory(args.runs)
    lines += [
        "",
        f"{args.runs:,} training steps of a linear model with Adam: {growth:+.1f} MB, "
        f"{seconds * 1e6:.0f} µs a step.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    args.write.parent.mkdir(parents=True, exist_ok=True)
    args.write.write_text(text)


if __name__ == "__main__":
    main()
