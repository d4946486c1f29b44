"""Damaged files of every kind give clear errors; `scripts/fuzz_files.py` runs 10,000 cases."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def test_sample():
    """Some cases of each kind, with little memory: no crash, no hang, errors that name files."""
    command = [sys.executable, ROOT / "scripts/fuzz_files.py", "--cases", "200", "--memory", "512"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "200 cases, 0 failures" in done.stdout
