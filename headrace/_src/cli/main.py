"""The `headrace` command: `run`, `explain`, `doctor`, `ckpt`, `graph`, `freeze`, `--version`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

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
    _add_ckpt(commands)
    _add_graph(commands)
    _add_freeze(commands)
    return parser


def _add_ckpt(commands: Any) -> None:
    ckpt = commands.add_parser(
        "ckpt",
        help="look into checkpoints, compare them, rename what is in them",
        description="CHECKPOINT is what Saver.save returned, one of its files, or a folder, which "
        "stands for its newest checkpoint.",
    )
    actions = ckpt.add_subparsers(dest="action", required=True, metavar="ACTION")
    ls = actions.add_parser("ls", help="list the tensors: dtype, shape, bytes, name")
    ls.add_argument("checkpoint", metavar="CHECKPOINT")
    show = actions.add_parser("show", help="print tensors")
    show.add_argument("checkpoint", metavar="CHECKPOINT")
    show.add_argument("names", metavar="NAME", nargs="+")
    show.add_argument("--full", action="store_true", help="print every value")
    diff = actions.add_parser("diff", help="tell in what two checkpoints differ (then status 1)")
    diff.add_argument("first", metavar="CHECKPOINT")
    diff.add_argument("second", metavar="CHECKPOINT")
    diff.add_argument(
        "--tolerance", type=float, default=0.0, help="differences of numbers to overlook"
    )
    rename = actions.add_parser("rename", help="write a checkpoint with other names")
    rename.add_argument("checkpoint", metavar="CHECKPOINT")
    rename.add_argument("target", metavar="TARGET")
    pair = {"metavar": "OLD=NEW", "action": "append", "default": []}
    rename.add_argument("--name", help="a name to change", **pair)
    rename.add_argument("--prefix", help="a beginning of names to change", **pair)
    rename.add_argument(
        "--drop",
        metavar="NAME",
        action="append",
        default=[],
        help="a name, or SCOPE/, to leave out",
    )


def _add_graph(commands: Any) -> None:
    graph = commands.add_parser(
        "graph",
        help="list, search and draw the graphs in a file",
        description="FILE holds a GraphDef or a MetaGraphDef (binary or text), is an event file, "
        "or is the folder of a SavedModel.",
    )
    graph.add_argument("file", metavar="FILE")
    graph.add_argument("--search", metavar="TEXT", help="only nodes with TEXT in name or op type")
    graph.add_argument("--tree", action="store_true", help="show name scopes as a tree")
    graph.add_argument("--depth", type=int, help="levels of the tree to show")
    graph.add_argument("--tags", help="which graph of a SavedModel: its tags, with commas")
    for option, what in (("--dot", "in the language of Graphviz"), ("--html", "as a page")):
        graph.add_argument(
            option, metavar="OUT", nargs="?", const="-", help=f"write it {what} to OUT, or print it"
        )


def _add_freeze(commands: Any) -> None:
    freeze = commands.add_parser(
        "freeze",
        help="make one GraphDef with constants of a checkpoint or a SavedModel",
        description="SOURCE is a checkpoint (see `headrace ckpt`) or the folder of a SavedModel.",
    )
    freeze.add_argument("source", metavar="SOURCE")
    freeze.add_argument("target", metavar="TARGET", help="the file to write")
    freeze.add_argument(
        "--outputs",
        metavar="NAMES",
        help="nodes to keep, with commas; a SavedModel's signature gives them by default",
    )
    freeze.add_argument("--meta", metavar="FILE", help="the graph; CHECKPOINT.meta by default")
    freeze.add_argument("--tags", help="which graph of a SavedModel; `serve` by default")
    freeze.add_argument(
        "--signature", help="signature of a SavedModel; `serving_default` by default"
    )


def _on_files(options: Any) -> int:
    """The commands that look into files."""
    from headrace._src.cli import failure

    with failure.told() as status:
        if options.command == "ckpt":
            return _ckpt(options)
        if options.command == "graph":
            from headrace._src.cli import graph

            return graph.graph(options, sys.stdout)
        from headrace._src.cli import freeze

        return freeze.freeze(options, sys.stdout)
    return status[0]


def _ckpt(options: Any) -> int:
    from headrace._src.cli import ckpt

    if options.action == "ls":
        return ckpt.ls(options.checkpoint, sys.stdout)
    if options.action == "show":
        return ckpt.show(options.checkpoint, options.names, options.full, sys.stdout)
    if options.action == "diff":
        return ckpt.diff(options.first, options.second, options.tolerance, sys.stdout)
    renamed = ckpt.renamer(options.name, options.prefix, options.drop)
    wanted = [pair.partition("=")[0] for pair in options.name]
    return ckpt.rename(options.checkpoint, options.target, renamed, wanted, sys.stdout)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(argv)
    if options.command == "run":
        from headrace._src.cli import run

        return run.run(options.script, options.args, options.module)
    if options.command == "explain":
        from headrace._src.cli import explain

        return explain.explain(options.script, options.args, options.module)
    if options.command != "doctor":
        return _on_files(options)
    from headrace._src.cli import doctor

    return doctor.report(options.scripts, options.all, sys.stdout)
