"""The benchmarks of steps and of functions run, and their reports have figures."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"trivial": "run x + 1", "feeds": "20 feeds", "mlp": "MLP"}


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """(the finished process, its report, its plot, everything measured)."""
    report = tmp_path_factory.mktemp("bench") / "steps.md"
    measured = report.with_suffix(".json")
    script = str(ROOT / "benchmarks" / "bench_steps.py")
    done = subprocess.run(
        [sys.executable, script, "--quick", "--only", ",".join(NAMES)]
        + ["--write", str(report), "--json", str(measured)],
        capture_output=True,
        text=True,
        cwd=report.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return (
        report.read_text(),
        report.with_suffix(".svg").read_text(),
        json.loads(measured.read_text()),
    )


@pytest.mark.slow
@pytest.mark.xla
def test_report_has_figures(quick):
    """Every workload has a time of both implementations and their ratio."""
    report, plot, _ = quick
    for title in NAMES.values():
        row = next(line for line in report.splitlines() if line.startswith(f"| {title}"))
        assert re.match(r"\| [^|]+\| [\d.]+ (µs|ms|s) \| [\d.]+ (µs|ms|s) \| – \|", row), row
        assert re.search(r"\| [\d.]+ \| – \|$", row), row
        assert title in plot
    assert "All agree." in report


@pytest.mark.slow
@pytest.mark.xla
def test_implementations_start_equal_and_are_measured(quick):
    """The first three results agree, times and memory are positive."""
    _, _, measured = quick
    assert measured["failures"] == []
    for name in NAMES:
        steps = measured["steps"][name]
        assert set(steps) == {"headrace", "jax"}
        first = [implementation["warm"]["observed"] for implementation in steps.values()]
        assert first[0] == pytest.approx(first[1], rel=1e-4)
        for implementation in steps.values():
            assert 0 < implementation["leasts"][0] <= implementation["medians"][0] < 60
            assert implementation["peak"] > 2**20


@pytest.mark.slow
@pytest.mark.xla
def test_functions_are_measured(tmp_path):
    """Calls, steps and traces have times; the step's two ways of writing give the same losses."""
    report = tmp_path / "functions.md"
    script = str(ROOT / "benchmarks" / "bench_functions.py")
    nowhere = str(tmp_path / "nowhere")
    done = subprocess.run(
        [sys.executable, script, "--rounds", "1", "--seconds", "0.01", "--write", str(report)],
        capture_output=True,
        text=True,
        env={**os.environ, "ORACLE": nowhere, "TF2": nowhere},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = report.read_text()
    for name in ("tf.function of one add", "eager add", "MLP step: session", "trace: loss"):
        row = next(line for line in text.splitlines() if line.startswith(f"| {name}"))
        assert re.match(r"\| [^|]+\| [\d.]+ (µs|ms|s) \|$", row), row
    assert "Not installed here: TF 1.15.5, TF 2.21." in text
