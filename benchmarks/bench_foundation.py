"""Latency of sessions, graph building and import, beside TensorFlow 1.15.5 and 2.21.

    python -m benchmarks.foundation [--rounds 5] [--write docs/benchmarks/foundation.md]

The other implementations live in environments of their own: $ORACLE (TensorFlow 1.15.5, Python 3.7)
and $TF2 (TensorFlow 2.21); what is missing is
said in the table. Every round runs each implementation once, in turn; figures are medians over the
rounds, ratios are medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "benchmarks" / "worker_foundation.py"


def interpreters() -> dict[str, str]:
    """Implementation → the Python that runs it; only those that are there."""
    home = Path.home()
    found = {"headrace": sys.executable}
    if importlib.util.find_spec("jax"):
        found["jax"] = sys.executable
    for name, variable, default in (
        ("tensorflow", "ORACLE", home / ".cache" / "headrace-oracle"),
        ("tensorflow2", "TF2", home / ".cache" / "headrace-tf2"),
    ):
        python = Path(os.environ.get(variable, default)) / "bin" / "python"
        if python.exists():
            found[name] = str(python)
    return found


def measure(python: str, impl: str) -> dict[str, float]:
    """One run of the worker."""
    env = {**os.environ, "PYTHONPATH": str(ROOT) if impl == "headrace" else ""}
    done = subprocess.run(
        [python, str(WORKER), impl], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def shown(seconds: float) -> str:
    """Seconds in a readable unit."""
    return f"{seconds * 1e6:.1f} µs" if seconds < 0.01 else f"{seconds * 1e3:.0f} ms"


def table(rounds: list[dict[str, dict[str, float]]], impls: list[str]) -> str:
    """The measurements as a Markdown table; a dash where a workload has no sense."""
    others = [i for i in impls if i != "headrace"]
    head = ["workload", *impls, *[f"{o} / headrace" for o in others]]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for workload in rounds[0]["headrace"]:
        cells = []
        for impl in impls:
            known = [r[impl][workload] for r in rounds if workload in r[impl]]
            cells.append(shown(statistics.median(known)) if known else "–")
        for other in others:
            ratios = [
                r[other][workload] / r["headrace"][workload] for r in rounds if workload in r[other]
            ]
            cells.append(f"{statistics.median(ratios):.1f}" if ratios else "–")
        lines.append(f"| {workload} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measures and prints, or writes, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, default=ROOT / "docs/benchmarks/foundation.md")
    args = parser.parse_args()
    pythons = interpreters()
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
