"""Training steps of whole models beside TensorFlow 1.15.5 and 2.21, hand-written JAX and PyTorch.

    python benchmarks/bench_steps.py [--rounds 5] [--only mlp,cnn] [--impls headrace,jax] [--quick]

Every implementation of a workload lives in a process of its own for as long as the workload is
measured; in every round each is told in turn to step for a while, and the others wait. Figures are
medians over the rounds, ratios are medians of the rounds' ratios. A run of everything writes
docs/benchmarks/steps.md and its plot; a run of a part only prints, unless --write names a file.

$ORACLE and $TF2 are the environments of TensorFlow 1.15.5 and 2.21; what is missing is said.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import ROOT, Worker, WorkerError, environment, interpreters
from report_steps import plot, report
from workloads import STARTS, WORKLOADS

ORDER = ("headrace", "tensorflow", "tensorflow2", "jax", "torch")


@dataclasses.dataclass
class Steps:
    """What one implementation did in one workload."""

    warm: dict[str, Any]  # seconds and number of the steps before the rounds, their first results
    medians: list[float] = dataclasses.field(default_factory=list)  # a step's seconds, by round
    leasts: list[float] = dataclasses.field(default_factory=list)
    cpus: list[float] = dataclasses.field(default_factory=list)  # of all threads
    peak: int = 0


@dataclasses.dataclass
class Results:
    """Everything that a run measured."""

    impls: list[str]
    steps: dict[str, dict[str, Steps]] = dataclasses.field(default_factory=dict)
    # workload → implementation → seconds until the third step is done, by round
    starts: dict[str, dict[str, list[float]]] = dataclasses.field(default_factory=dict)
    limits: dict[str, list[dict[str, Any]]] = dataclasses.field(default_factory=dict)
    failures: list[str] = dataclasses.field(default_factory=list)


class Bench:
    """A run: its options, and how a worker is started under them."""

    def __init__(self, args: argparse.Namespace, pythons: dict[str, str], scratch: Path):
        self.args = args
        self.pythons = pythons
        self.scratch = scratch
        self.results = Results(list(pythons))
        self._places = 0

    def place(self) -> Path:
        """An empty folder."""
        self._places += 1
        path = self.scratch / str(self._places)
        path.mkdir()
        return path

    def worker(self, impl: str, name: str, cache: Path) -> Worker:
        """A process for a workload, with what it compiles kept in `cache`."""
        env = environment(impl, HEADRACE_CACHE_DIR=str(cache))
        env.pop("JAX_COMPILATION_CACHE_DIR", None)
        if impl == "jax":
            env["JAX_COMPILATION_CACHE_DIR"] = str(cache)
            env["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        return Worker(
            self.pythons[impl], "worker_steps.py", (impl, name, str(self.args.threads)), env
        )

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do it; what fails is kept for the report, and the others are measured."""
        try:
            action()
        except WorkerError as error:
            say(str(error))
            self.results.failures.append(error.brief)
            return False
        return True

    def steps(self, name: str) -> None:
        """Warm every implementation up, then interleave them."""
        workers: dict[str, Worker] = {}
        found = self.results.steps[name] = {}
        try:
            for impl in self.pythons:
                workers[impl] = self.worker(impl, name, self.place())
                self.attempt(functools.partial(self.warm, name, impl, workers[impl]))
            for turn in range(self.args.rounds):
                order = list(found)
                first = turn % max(1, len(order))
                for impl in order[first:] + order[:first]:
                    if not self.attempt(functools.partial(self.turn, found[impl], workers[impl])):
                        del found[impl]
            for impl, steps in found.items():
                steps.peak = workers[impl].ask("peak")["bytes"]
        finally:
            for worker in workers.values():
                worker.close()

    def turn(self, steps: Steps, worker: Worker) -> None:
        """One implementation's part of a round."""
        answer = worker.ask("time", seconds=self.args.seconds, least=3)
        steps.medians.append(answer["median"])
        steps.leasts.append(answer["least"])
        steps.cpus.append(answer["cpu"])

    def warm(self, name: str, impl: str, worker: Worker) -> None:
        """Build, compile and step before the rounds."""
        answer = worker.ask("warm", steps=self.args.warm, seconds=self.args.warm_seconds)
        self.results.steps[name][impl] = Steps(answer)
        say(f"{name} {impl}: warm after {answer['seconds']:.1f} s")

    def starts(self, name: str) -> None:
        """Time from nothing to the third step; what keeps compiled code goes twice."""
        self.results.starts[name] = {}
        for _ in range(self.args.rounds):
            for impl in self.pythons:
                cache = self.place()
                for state in ("cold", "warm") if impl in ("headrace", "jax") else ("",):
                    key = f"{impl} {state}".strip()
                    self.attempt(functools.partial(self.start, name, impl, key, cache))
        # Ratios are by round: what failed once has none.
        whole = self.results.starts[name].items()
        self.results.starts[name] = {k: v for k, v in whole if len(v) == self.args.rounds}
        say(f"{name}: starts measured")

    def start(self, name: str, impl: str, key: str, cache: Path) -> None:
        """Time one process to its third step."""
        worker = self.worker(impl, name, cache)
        try:
            worker.ask("warm", steps=3, seconds=0)
            self.results.starts[name].setdefault(key, []).append(worker.age())
        finally:
            worker.close()

    def limits(self) -> None:
        """What the machine does now at most."""
        for kind in ("numpy", "jax"):
            if kind == "jax" and "jax" not in interpreters():
                continue
            arguments = ("limits", kind, str(self.args.threads))
            worker = Worker(sys.executable, "worker_steps.py", arguments, environment("jax"))
            try:
                self.results.limits.setdefault(kind, []).append(worker.ask("measure"))
            finally:
                worker.close()


def say(text: str) -> None:
    """Progress, beside the report."""
    print(text, file=sys.stderr, flush=True)


def chosen(text: str | None, known: tuple[str, ...]) -> list[str]:
    """The names of a comma-separated option, all without one."""
    names = list(known) if text is None else text.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    return names


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of stepping in a round")
    parser.add_argument("--only", help=f"of {','.join(WORKLOADS)}")
    parser.add_argument("--impls", help=f"of {','.join(ORDER)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm", type=int, default=40, help="steps before the rounds")
    parser.add_argument("--warm-seconds", type=float, default=30.0, help="for those, at most")
    parser.add_argument("--no-starts", action="store_true", help="leave the third step out")
    parser.add_argument("--quick", action="store_true", help="a few steps of headrace and JAX")
    parser.add_argument("--write", type=Path, help="the report's file; the plot lies beside it")
    parser.add_argument("--json", type=Path, help="a file for everything measured")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.seconds, args.warm, args.no_starts = 1, 0.02, 5, True
        args.impls = args.impls or "headrace,jax"
    complete = not (args.quick or args.only or args.impls or args.no_starts)
    if complete and args.write is None:
        args.write = ROOT / "docs/benchmarks/steps.md"
    return args


def measure(args: argparse.Namespace) -> tuple[Results, list[str]]:
    """(results, implementations that are missing here)."""
    wanted = chosen(args.impls, ORDER)
    there = interpreters()
    pythons = {impl: there[impl] for impl in wanted if impl in there}
    names = chosen(args.only, tuple(WORKLOADS))
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(args, pythons, Path(scratch))
        for name in names:
            if name == names[0] or not args.quick:
                bench.attempt(bench.limits)
            bench.attempt(functools.partial(bench.steps, name))
        for name in STARTS:
            if name in names and not args.no_starts:
                bench.starts(name)
    return bench.results, [impl for impl in wanted if impl not in there]


def main() -> None:
    """Measures, prints, and writes where it is told to."""
    args = options()
    results, missing = measure(args)
    if args.json:
        args.json.write_text(json.dumps(dataclasses.asdict(results), indent=1))
    picture = args.write.with_suffix(".svg") if args.write else None
    text, agreed = report(results, missing, args, picture.name if picture else None)
    print(text)
    if args.write and picture:
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(text)
        picture.write_text(plot(results))
    if results.failures or not agreed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
