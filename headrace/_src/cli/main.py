"""The `headrace` command: `run`, `explain`, `doctor`, `--version`."""

from __future__ import annotations

import argparse
import sys

import headrace


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="headrace", description="Run TensorFlow 1 programs on NumPy and JAX."
    )
    parser.add_argument("--version", action="version", version=f"headrace {headrace.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run a script that imports tensorflow",
        description="Run SCRIPT with `import tensorflow` answered by headrace.",
    )
    run.add_argument("-m", action="store_true", dest="module", help="SCRIPT is a module name")
    run.add_argument("script", metavar="SCRIPT")
    run.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS")
    explain = commands.add_parser(
        "explain",
        help="run a script and tell how its Session.run calls were executed",
        description="Run SCRIPT as `headrace run` does; then, for everything that its sessions "
        "ran, show steps, units, tiers, compilations and static costs on standard error.",
    )
    explain.add_argument("-m", action="store_true", dest="module", help="SCRIPT is a module name")
    explain.add_argument("script", metavar="SCRIPT")
    explain.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS")
    doctor = commands.add_parser(
        "doctor",
        help="list what a script uses of TensorFlow, and what of it is missing",
        description="Read SCRIPT without running it. Exit status 1 when something is missing.",
    )
    doctor.add_argument("scripts", metavar="SCRIPT", nargs="+")
    doctor.add_argument("--all", action="store_true", help="list supported symbols too")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(argv)
    if options.command == "run":
        from headrace._src.cli import run

        return run.run(options.script, options.args, options.module)
    if options.command == "explain":
        from headrace._src.cli import explain

        return explain.explain(options.script, options.args, options.module)
    from headrace._src.cli import doctor

    return doctor.report(options.scripts, options.all, sys.stdout)
