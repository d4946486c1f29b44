"""Where a step's time goes, in headrace and in hand-written JAX.

    python benchmarks/profile_step.py mlp [--impls headrace,jax] [--steps 50] [--top 15]

For each implementation, in a process of its own: the time of a step as it is; under JAX's profiler,
how much of it some compiled call was executing (the union over threads) and how much was left to
Python, dispatch and transfers; the costliest operations of the compiled code, summed over threads;
and the Python functions with the most time of their own.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import environment, shown
from loading import limit_threads
from workloads import WORKLOADS

Interval = tuple[float, float]


def warmed(impl: str, name: str, args: argparse.Namespace) -> Callable[[], Any]:
    """A function that makes the next step, after enough of them to have compiled what is hot."""
    from steppers import stepper

    made = stepper(impl, name, args.threads)
    done = iter(range(10**9))
    start = time.perf_counter()
    for _ in range(3):
        made.step(next(done))
    while next(done) < 40 and time.perf_counter() - start < 60:
        made.step(next(done))
    print(f"warm after {time.perf_counter() - start:.1f} s")
    return lambda: made.step(next(done))


def spread(step: Callable[[], Any], count: int) -> list[float]:
    """Seconds of single steps, sorted."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return sorted(times)


def covered(intervals: list[Interval]) -> float:
    """Length of the union."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(intervals):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total


def traced(
    step: Callable[[], Any], count: int
) -> tuple[float, list[Interval], Counter[str], Counter[str]]:
    """(seconds, intervals in which compiled code executed, operations' seconds, their calls)."""
    import jax

    options = jax.profiler.ProfileOptions()
    options.python_tracer_level = 0
    with tempfile.TemporaryDirectory() as folder:
        jax.profiler.start_trace(folder, profiler_options=options)
        start = time.perf_counter()
        for _ in range(count):
            step()
        took = time.perf_counter() - start
        jax.profiler.stop_trace()
        (file,) = Path(folder).rglob("*.xplane.pb")
        data = jax.profiler.ProfileData.from_file(str(file))
        intervals: list[Interval] = []
        spent: Counter[str] = Counter()
        calls: Counter[str] = Counter()
        for plane in data.planes:
            for line in plane.lines:
                for event in line.events:
                    stats = dict(event.stats)
                    if "hlo_op" in stats:
                        key = f"{stats.get('hlo_module', '')} {event.name}"
                        spent[key] += event.duration_ns * 1e-9
                        calls[key] += 1
                    elif not event.name.startswith("ThunkExecutor::Execute"):
                        continue
                    begin = event.start_ns * 1e-9
                    intervals.append((begin, begin + event.duration_ns * 1e-9))
    return took, intervals, spent, calls


def python_functions(step: Callable[[], Any], count: int, top: int) -> None:
    """Print the functions with the most time of their own; the profiler's own cost is in it."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(count):
        step()
    profile.disable()
    stats: Any = pstats.Stats(profile)
    rows = sorted(stats.stats.items(), key=lambda row: -row[1][2])[:top]
    print(f"\n{'own time':>10} {'calls':>8}  Python function (of one step, while profiled)")
    for (file, line, function), (_, calls, own, _, _) in rows:
        where = f"{'/'.join(Path(file).parts[-3:])}:{line} " if line else ""
        print(f"{shown(own / count):>10} {calls / count:8.1f}  {where}{function}")


def profile(impl: str, name: str, args: argparse.Namespace) -> None:
    """Print one implementation's profile."""
    print(f"=== {impl}: {WORKLOADS[name][0]}")
    step = warmed(impl, name, args)
    times = spread(step, args.steps)
    print(
        f"a step: median {shown(statistics.median(times))}, least {shown(times[0])} of {args.steps}"
    )
    if "jax" in sys.modules:
        took, intervals, spent, calls = traced(step, args.steps)
        inside = covered(intervals)
        print(f"a step while traced: {shown(took / args.steps)}")
        print(f"  compiled calls executing: {shown(inside / args.steps)}")
        print(f"  Python, dispatch, transfers: {shown((took - inside) / args.steps)}")
        summed = sum(spent.values())
        print(f"  its operations, summed over threads: {shown(summed / args.steps)}")
        print(f"\n{'time':>10} {'calls':>8}  operation of compiled code (of one step)")
        for key, seconds in spent.most_common(args.top):
            print(f"{shown(seconds / args.steps):>10} {calls[key] / args.steps:8.1f}  {key}")
    else:
        print("nothing is compiled: all of it is Python and its kernels")
    python_functions(step, args.steps, args.top)


def main() -> None:
    """Profiles each implementation in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("workload", choices=list(WORKLOADS))
    parser.add_argument("--impls", default="headrace,jax")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--top", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        limit_threads(args.threads)
        profile(args.impls, args.workload, args)
        return
    own = [sys.executable, os.path.abspath(__file__), args.workload, "--here"]
    own += [f"--steps={args.steps}", f"--top={args.top}", f"--threads={args.threads}"]
    for impl in args.impls.split(","):
        subprocess.run([*own, f"--impls={impl}"], env=environment(impl), check=True)


if __name__ == "__main__":
    main()
