"""What the benchmark programs share: the interpreters to run, long-lived workers, tables."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"

TITLES = {
    "headrace": "headrace",
    "tensorflow": "TF 1.15.5",
    "tensorflow2": "TF 2.21",
    "jax": "JAX",
    "torch": "PyTorch",
}


def interpreters() -> dict[str, str]:
    """Implementation → the Python that runs it; only those that are there."""
    home = Path.home()
    found = {"headrace": sys.executable}
    for name, variable, default in (
        ("tensorflow", "ORACLE", home / ".cache" / "headrace-oracle"),
        ("tensorflow2", "TF2", home / ".cache" / "headrace-tf2"),
    ):
        python = Path(os.environ.get(variable, default)) / "bin" / "python"
        if python.exists():
            found[name] = str(python)
    for name in ("jax", "torch"):
        if importlib.util.find_spec(name):
            found[name] = sys.executable
    return found


def environment(impl: str, **extra: str) -> dict[str, str]:
    """The environment of a worker: this one's, with the repository importable where it is used."""
    return {**os.environ, "PYTHONPATH": str(ROOT) if impl == "headrace" else "", **extra}


class WorkerError(RuntimeError):
    """A worker ended, or answered with an error; `brief` is its last line."""

    def __init__(self, name: str, text: str):
        super().__init__(f"{name}: {text}")
        self.brief = f"{name}: {text.strip().splitlines()[-1]}"


class Worker:
    """A process that answers one JSON line for each JSON line that it is sent."""

    def __init__(self, python: str, script: str, arguments: Sequence[str], env: dict[str, str]):
        self.name = " ".join(arguments)
        self._born = time.perf_counter()
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [python, str(HERE / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=env,
        )

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The worker's answer to a command."""
        process = self._process
        assert process.stdin and process.stdout
        try:
            process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            process.wait()
            self._log.seek(0)
            tail = "".join(self._log.readlines()[-25:])
            raise WorkerError(self.name, f"{tail}\nended with {process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(self.name, answer["error"])
        return answer

    def age(self) -> float:
        """Seconds since the process was asked for."""
        return time.perf_counter() - self._born

    def close(self) -> None:
        """End the process; it has nothing to lose."""
        process = self._process
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, self._log):
            if stream:
                stream.close()


def shown(seconds: float) -> str:
    """Seconds in a readable unit."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.1f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s"


def median_ratio(above: Iterable[float], below: Iterable[float]) -> float:
    """Median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])
