"""Saving, restoring, summaries, imported graphs and a small training step beside TensorFlow 1.15.5.

    python benchmarks/bench_files.py [--rounds 5] [--only save,restore] [--write FILE]

Both live in a process of their own; in every round each is told in turn to do each of the things
once, while the other waits. Figures are medians over the rounds, ratios are medians of the rounds'
ratios. Files lie in /dev/shm where there is one, so that no disk is measured. A run of everything
writes docs/benchmarks/files.md. $ORACLE is the environment of TensorFlow 1.15.5.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
from pathlib import Path

from common import ROOT, TITLES, Worker, environment, interpreters, markdown, median_ratio, shown

# Command of the worker → title, and how many times faster than TensorFlow it is to be.
WORKLOADS = {
    "save": ("save 500 MB, 100 variables", 1.0),
    "restore": ("restore them", 1.0),
    "histograms": ("step with 20 histograms of 12,800 numbers", 2.0),
    "import_graph": ("import a GraphDef of {nodes} nodes", 5.0),
    "digits": ("training step of p05: convolutions, batch normalization, batch 32", 1.5),
}

# Saved and restored in processes that do nothing else: what was freed before would count, too.
ALONE = ("save", "restore")
MEMORY = "/dev/shm"


def table(found: dict[str, dict[str, list[float]]], impls: list[str], nodes: int) -> str:
    """The measurements as a Markdown table."""
    rows = []
    for name, times in found.items():
        title, goal = WORKLOADS[name]
        cells = [shown(statistics.median(times[i])) for i in impls]
        if "tensorflow" in times:
            cells.append(f"{median_ratio(times['tensorflow'], times['headrace']):.2f}")
        rows.append([title.format(nodes=f"{nodes:,}"), *cells, f"{goal:g}"])
    head = ["work", *[TITLES[i] for i in impls]]
    return markdown([*head, *["TF 1.15.5 ÷"][: len(impls) - 1], "goal"], rows)


def measure(
    folder: str, names: list[str], rounds: int, impls: dict[str, str]
) -> tuple[dict[str, dict[str, list[float]]], int]:
    """workload → implementation → seconds by round; the number of nodes of the graph."""
    workers = {
        impl: Worker(python, "worker_files.py", (impl, folder), environment(impl))
        for impl, python in impls.items()
    }
    found: dict[str, dict[str, list[float]]] = {n: {i: [] for i in impls} for n in names}
    try:
        nodes = int(workers["headrace"].ask("write_graph")["result"])
        for round_ in range(rounds + 1):
            for name in names:
                for impl, worker in workers.items():
                    seconds = float(worker.ask(name)["result"])
                    # The first round only warms up.
                    if round_:
                        found[name][impl].append(seconds)
    finally:
        for worker in workers.values():
            worker.close()
    return found, nodes


def main() -> None:
    """Measures, prints, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(WORKLOADS))
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    names = args.only.split(",")
    known = interpreters()
    impls = {i: known[i] for i in ("headrace", "tensorflow") if i in known}
    memory = MEMORY if os.path.isdir(MEMORY) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        groups = [[n for n in names if (n in ALONE) == alone] for alone in (True, False)]
        found, nodes = {}, 0
        for group in filter(None, groups):
            times, nodes = measure(folder, group, args.rounds, impls)
            found.update(times)
    load = os.getloadavg()[0]
    text = (
        "# Files, summaries and imported graphs\n\n"
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"medians of {args.rounds} interleaved rounds; load {load:.1f} at the end; made by "
        "`make bench`. A ratio is theirs over ours: above 1, headrace is faster. Files lie in "
        f"{MEMORY if memory else 'a temporary folder'}.\n\n"
        + table(found, list(impls), nodes)
        + ("" if "tensorflow" in impls else "\n\nNot installed here: TensorFlow 1.15.5.")
        + "\n"
    )
    print(text)
    target = args.write or (
        ROOT / "docs/benchmarks/files.md" if set(names) == set(WORKLOADS) else None
    )
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


if __name__ == "__main__":
    main()
