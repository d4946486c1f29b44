"""Functions and eager execution, beside TensorFlow 1.15.5 and 2.21.

    python benchmarks/bench_functions.py [--rounds 7] [--seconds 0.3] [--only add,trace]
        [--write docs/benchmarks/functions.md]

Calls of a tf.function, eager operations, tapes, a training step against the session's, and tracing.
Each implementation is one process that measures only when it is told to, so that rounds interleave;
figures are medians over the rounds, ratios are medians of the rounds' ratios. With `--only` nothing
is written. What is not installed is left out and said.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
from pathlib import Path

from common import (
    ROOT,
    TITLES,
    Worker,
    WorkerError,
    environment,
    interpreters,
    markdown,
    median_ratio,
    shown,
)

IMPLS = ("headrace", "tensorflow", "tensorflow2")
FIRST = "trace: the first through AutoGraph in a process"
CONVERSION = "trace: loops through AutoGraph, converted now"
FUNCTION, SESSION = "MLP step: tf.function and tape", "MLP step: session"

Figures = dict[str, dict[str, list[float]]]


def start(pythons: dict[str, str], threads: int) -> tuple[dict[str, Worker], Figures, list[str]]:
    """The workers, what starting them measured, and what they can be asked for."""
    workers: dict[str, Worker] = {}
    figures: Figures = {FIRST: {}}
    names: list[str] = []
    losses = {}
    for impl, python in pythons.items():
        arguments = [impl, str(threads)]
        worker = Worker(python, "worker_functions.py", arguments, environment(impl))
        workers[impl] = worker
        figures[FIRST][impl] = [worker.ask("first")["seconds"]]
        answer = worker.ask("prepare")
        # The session's steps take turns with the function's.
        names = [n for n in answer["names"] if n != SESSION] + [CONVERSION]
        losses[impl] = answer["losses"]
    reference = losses["headrace"][SESSION]
    for impl, found in losses.items():
        for name, values in found.items():
            pairs = zip(values, reference, strict=True)
            if any(abs(a - b) > 1e-3 * abs(b) for a, b in pairs):
                raise WorkerError(impl, f"{name}: losses {values}, not {reference}")
    return workers, figures, names


def measure(
    workers: dict[str, Worker], figures: Figures, names: list[str], rounds: int, seconds: float
) -> None:
    """Adds the rounds' figures; the order of the implementations turns."""
    impls = list(workers)
    for i in range(rounds):
        for name in names:
            for impl in impls[i % len(impls) :] + impls[: i % len(impls)]:
                worker = workers[impl]
                if name == FUNCTION:
                    found = worker.ask("alternate", names=[FUNCTION, SESSION], seconds=seconds)
                elif name == CONVERSION:
                    found = {name: worker.ask("conversions", count=3)["seconds"]}
                else:
                    found = {name: worker.ask("time", name=name, seconds=seconds)["seconds"]}
                for what, value in found.items():
                    figures.setdefault(what, {}).setdefault(impl, []).append(value)


def table(figures: Figures, impls: list[str]) -> str:
    """The measurements as a Markdown table."""
    others = [i for i in impls if i != "headrace"]
    rows = []
    for name, found in figures.items():
        cells = [shown(statistics.median(found[i])) for i in impls]
        cells += [f"{median_ratio(found[o], found['headrace']):.1f}" for o in others]
        rows.append([name, *cells])
    head = ["what", *[TITLES[i] for i in impls], *[f"{TITLES[o]} / headrace" for o in others]]
    return markdown(head, rows)


def steps(figures: Figures, impls: list[str]) -> str:
    """How the two ways to write a training step compare in each implementation."""
    lines = []
    for impl in impls:
        ratio = median_ratio(figures[FUNCTION][impl], figures[SESSION][impl])
        lines.append(f"{TITLES[impl]} {ratio:.2f}")
    return "MLP step, tf.function and tape / session: " + ", ".join(lines) + "."


def main() -> None:
    """Measures and prints, or writes, the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", type=Path, default=ROOT / "docs/benchmarks/functions.md")
    args = parser.parse_args()
    found = interpreters()
    pythons = {i: found[i] for i in IMPLS if i in found}
    workers, figures, names = start(pythons, args.threads)
    if args.only:
        names = [n for n in names if any(part in n for part in args.only.split(","))]
    measure(workers, figures, names, args.rounds, args.seconds)
    for worker in workers.values():
        worker.close()
    impls = list(pythons)
    missing = [TITLES[i] for i in IMPLS if i not in pythons]
    text = (
        "# Functions and eager execution\n\n"
        f"{platform.machine()}, {args.threads} cores, Python {platform.python_version()}; medians "
        f"of {args.rounds} interleaved rounds; made by `python benchmarks/bench_functions.py`. "
        f"“{FIRST}” is one figure a process.\n\n"
        + table(figures, impls)
        + ("\n\n" + steps(figures, impls) if FUNCTION in figures and SESSION in figures else "")
        + (f"\n\nNot installed here: {', '.join(missing)}." if missing else "")
        + "\n"
    )
    print(text)
    if not args.only:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(text)


if __name__ == "__main__":
    try:
        main()
    except WorkerError as e:
        sys.exit(e.brief)
