"""Latency of sessions, graph building and import, beside TensorFlow 1.15.5 and 2.21.

    python benchmarks/bench_foundation.py [--rounds 5] [--write docs/benchmarks/foundation.md]

The other implementations live in environments of their own: $ORACLE (TensorFlow 1.15.5, Python 3.7)
and $TF2 (TensorFlow 2.21); what is missing is said
in the table. Every round runs each implementation once, in turn; figures are medians over the
rounds, ratios are medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path

from common import HERE, ROOT, environment, interpreters, markdown, median_ratio, shown

WORKER = HERE / "worker_foundation.py"


def measure(python: str, impl: str) -> dict[str, float]:
    """One run of the worker."""
    done = subprocess.run(
        [python, str(WORKER), impl],
        env=environment(impl),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def table(rounds: list[dict[str, dict[str, float]]], impls: list[str]) -> str:
    """The measurements as a Markdown table; a dash where a workload has no sense."""
    others = [i for i in impls if i != "headrace"]
    rows = []
    for workload in rounds[0]["headrace"]:
        known = {i: [r[i][workload] for r in rounds if workload in r[i]] for i in impls}
        ours = known["headrace"]
        cells = [shown(statistics.median(known[i])) if known[i] else "–" for i in impls]
        cells += [f"{median_ratio(known[o], ours):.1f}" if known[o] else "–" for o in others]
        rows.append([workload, *cells])
    return markdown(["workload", *impls, *[f"{o} / headrace" for o in others]], rows)


def main() -> None:
    """Measures and prints, or writes, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, default=ROOT / "docs/benchmarks/foundation.md")
    args = parser.parse_args()
    pythons = interpreters()
    pythons.pop("torch", None)
    missing = [n for n in ("tensorflow", "tensorflow2", "jax") if n not in pythons]
    rounds = [
        {impl: measure(python, impl) for impl, python in pythons.items()}
        for _ in range(args.rounds)
    ]
    text = (
        "# Foundation: latency\n\n"
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"medians of {args.rounds} interleaved rounds; made by `make bench`.\n\n"
        + table(rounds, list(pythons))
        + ("" if not missing else f"\n\nNot installed here: {', '.join(missing)}.")
        + "\n"
    )
    print(text)
    args.write.parent.mkdir(parents=True, exist_ok=True)
    args.write.write_text(text)


if __name__ == "__main__":
    main()
