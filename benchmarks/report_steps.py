"""The step benchmark's report in Markdown, and its plot."""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from common import TITLES, markdown, median_ratio, shown
from workloads import WORKLOADS, workload

if TYPE_CHECKING:
    from bench_steps import Results, Steps

TENSORFLOWS = ("tensorflow", "tensorflow2")
TOLERANCE = 1e-4
# Between frameworks that draw noise of their own: what a batch's noise leaves in its mean.
NOISE_TOLERANCE = 2e-2


def faster(found: dict[str, list[float]], ours: str = "headrace") -> float | None:
    """Median ratio of the faster TensorFlow to `ours`, round by round."""
    known = [median_ratio(found[t], found[ours]) for t in TENSORFLOWS if t in found]
    return min(known) if known and ours in found else None


def ratio(found: dict[str, list[float]], other: str, ours: str = "headrace") -> float | None:
    """Median ratio of another implementation to `ours`."""
    return median_ratio(found[other], found[ours]) if other in found and ours in found else None


def plain(value: float | None) -> str:
    """A ratio, or a dash."""
    return "–" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def seconds(values: list[float] | None) -> str:
    """The median of the rounds, or a dash."""
    return shown(statistics.median(values)) if values else "–"


def medians(steps: dict[str, Steps]) -> dict[str, list[float]]:
    """implementation → a step's seconds, by round."""
    return {impl: s.medians for impl, s in steps.items()}


def table_steps(results: Results) -> str:
    """Seconds a step, and ratios."""
    impls = results.impls
    rows = []
    for name, steps in results.steps.items():
        title, goal = WORKLOADS[name]
        found = medians(steps)
        rows.append(
            [
                title,
                *[seconds(found.get(i)) for i in impls],
                plain(faster(found)),
                f"{goal:g}",
                plain(ratio(found, "jax")),
                plain(ratio(found, "torch")),
            ]
        )
    head = ["workload", *[TITLES[i] for i in impls], "faster TF ÷", "goal", "JAX ÷", "PyTorch ÷"]
    return markdown(head, rows)


def by_impl(results: Results, cell: Callable[[Steps], str]) -> str:
    """A table of what `cell` says of each implementation's steps of each workload."""
    impls = results.impls
    rows = [
        [WORKLOADS[name][0], *[cell(steps[i]) if i in steps else "–" for i in impls]]
        for name, steps in results.steps.items()
    ]
    return markdown(["workload", *[TITLES[i] for i in impls]], rows)


def table_leasts(results: Results) -> str:
    """The fastest step, and the processor's time: what other load disturbs least."""
    return by_impl(results, lambda s: f"{shown(min(s.leasts))} / {shown(min(s.cpus))}")


def table_warm(results: Results) -> str:
    """Seconds before the rounds: build, compile, and the steps of the warm-up."""
    return by_impl(results, lambda s: f"{shown(s.warm['seconds'])} ({s.warm['steps']})")


def table_peaks(results: Results) -> str:
    """Peak memory of the processes."""
    impls = results.impls
    rows = []
    for name, steps in results.steps.items():
        peaks = {i: [float(s.peak)] for i, s in steps.items() if s.peak}
        cells = [f"{peaks[i][0] / 2**20:.0f} MB" if i in peaks else "–" for i in impls]
        rows.append(
            [WORKLOADS[name][0], *cells, plain(faster(peaks)), "1", plain(ratio(peaks, "jax"))]
        )
    head = ["workload", *[TITLES[i] for i in impls], "smaller TF ÷", "goal", "JAX ÷"]
    return markdown(head, rows)


def table_starts(results: Results) -> str:
    """Seconds until the third step is done."""
    keys = [
        key
        for impl in results.impls
        for key in ([f"{impl} cold", f"{impl} warm"] if impl in ("headrace", "jax") else [impl])
    ]
    rows = []
    for name, found in results.starts.items():
        cells = [seconds(found.get(key)) for key in keys]
        ratios = [plain(faster(found, f"headrace {state}")) for state in ("warm", "cold")]
        rows.append([WORKLOADS[name][0], *cells, *ratios])
    titles = [TITLES[key.split()[0]] + key[len(key.split()[0]) :] for key in keys]
    head = ["workload", *titles, "faster TF ÷ warm (goal 2)", "faster TF ÷ cold (goal 0.8)"]
    return markdown(head, rows)


def difference(found: Iterable[float], reference: Iterable[float]) -> float:
    """The largest relative difference."""
    return max(abs(a - b) / max(abs(b), 1e-12) for a, b in zip(found, reference, strict=True))


def agreement(results: Results) -> tuple[str, bool]:
    """(a table of differences from the reference in the first three results, whether all agree)."""
    fine = True
    rows = []
    for name, steps in results.steps.items():
        base = "tensorflow" if "tensorflow" in steps else next(iter(steps), None)
        if base is None:
            continue
        reference = steps[base].warm["observed"]
        cells = []
        for impl in results.impls:
            if impl not in steps or impl == base:
                cells.append("reference" if impl == base else "–")
                continue
            off = difference(steps[impl].warm["observed"], reference)
            noisy = getattr(workload(name), "OWN_NOISE", False)
            noisy = noisy and (impl in ("jax", "torch") or base in ("jax", "torch"))
            agrees = off <= (NOISE_TOLERANCE if noisy else TOLERANCE)
            fine = fine and agrees
            cells.append(
                f"{off:.0e}" + (" (own noise)" if noisy else "") + " DIFFERS"[: 8 * (not agrees)]
            )
        values = ", ".join(f"{value:.6g}" for value in reference)
        rows.append([WORKLOADS[name][0], *cells, values])
    return markdown(["workload", *[TITLES[i] for i in results.impls], "reference"], rows), fine


def limits(results: Results) -> str:
    """What the machine did at most between the workloads."""
    rows = []
    for kind, found in results.limits.items():
        title = "NumPy" if kind == "numpy" else f"JAX on {found[0]['device']}"
        gemms, copies = [f["gemm"] for f in found], [f["copy"] for f in found]
        rows.append(
            [title] + [f"{max(v):.0f} ({statistics.median(v):.0f})" for v in (gemms, copies)]
        )
    head = [
        "",
        "GEMM 2048³, GFLOP/s: best (median)",
        "256 MB read and written, GB/s: best (median)",
    ]
    return markdown(head, rows)


def processor() -> str:
    """The processor's name, where the system says it."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":")[1].strip()
    except OSError:
        pass  # No /proc: another system than Linux.
    return platform.processor() or platform.machine()


def report(
    results: Results, missing: list[str], args: argparse.Namespace, picture: str | None
) -> tuple[str, bool]:
    """(the report, whether all implementations computed the same)."""
    agreements, agreed = agreement(results)
    threads = min(args.threads, os.cpu_count() or 1)
    load = f"; load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    parts = [
        "# Steps: whole models beside other implementations",
        f"{processor()}, {threads} cores, Python {platform.python_version()}; medians of "
        f"{args.rounds} interleaved rounds of {args.seconds:g} s each{load}; made by `make bench`. "
        "A ratio is theirs over ours: above 1, headrace is faster (or smaller).",
        *([f"![ratios]({picture})"] if picture else []),
        "## A step\n\nFeeds are NumPy arrays, the loss comes back to the host in every step.",
        table_steps(results),
        "The fastest step seen / the least processor time of a step in a round, summed over "
        "threads (which may spin while they wait):",
        table_leasts(results),
        "Before the rounds, with an empty cache: build, first runs, compilation and (so many) "
        "steps:",
        table_warm(results),
    ]
    if results.starts:
        parts += [
            "## Until the third step is done\n\nFrom the start of the process. Cold: nothing on "
            "disk; warm: what the same program left there (JAX: its persistent cache, set up to "
            "keep everything).",
            table_starts(results),
        ]
    parts += [
        "## Peak memory\n\nThe largest resident set of the whole process, compilation included.",
        table_peaks(results),
        "## Agreement\n\nLargest relative difference in the results of the first three steps, all "
        f"starting from equal values; {TOLERANCE:g} is allowed, {NOISE_TOLERANCE:g} where "
        "the framework draws noise of its own. " + ("All agree." if agreed else "NOT ALL AGREE."),
        agreements,
        "## The machine's limits in the same run",
        limits(results),
    ]
    if missing:
        parts.append(f"Not installed here: {', '.join(missing)}.")
    if results.failures:
        parts.append("Failed:\n\n```\n" + "\n".join(results.failures) + "\n```")
    return "\n\n".join(parts) + "\n", agreed


SERIES = (("faster TF", "#2b6cb0"), ("JAX", "#dd6b20"), ("PyTorch", "#718096"))
LEFT, WIDTH, BAR, GAP, TOP = 300, 520, 12, 16, 56


def plot(results: Results) -> str:
    """Ratios as bars from 1 on a logarithmic axis, an SVG picture."""
    groups = []
    for name, steps in results.steps.items():
        found = medians(steps)
        ratios = (faster(found), ratio(found, "jax"), ratio(found, "torch"))
        groups.append((WORKLOADS[name], ratios))
    known = [r for _, ratios in groups for r in ratios if r] + [g for (_, g), _ in groups]
    low = min(-1, math.floor(math.log10(min(known, default=1))))
    high = max(1, math.ceil(math.log10(max(known, default=1))))

    def x(value: float) -> float:
        return LEFT + WIDTH * (math.log10(value) - low) / (high - low)

    body, y = [], TOP
    for (title, goal), ratios in groups:
        body.append(f'<text x="{LEFT - 10}" y="{y + 23}" text-anchor="end">{title}</text>')
        for (_, colour), value in zip(SERIES, ratios, strict=True):
            if value:
                start, end = sorted((x(1), x(value)))
                body.append(
                    f'<rect x="{start:.1f}" y="{y}" width="{end - start:.1f}" height="{BAR - 2}" '
                    f'fill="{colour}"/><text x="{max(end, x(1)) + 4:.1f}" y="{y + 9}" '
                    f'class="value">{plain(value)}</text>'
                )
            y += BAR
        top = y - 3 * BAR
        body.append(
            f'<path d="M{x(goal):.1f} {top - 3}v{BAR + 4}" stroke="#c53030" stroke-width="2"/>'
        )
        y += GAP
    grid = []
    for power in range(low, high + 1):
        at, colour = x(10.0**power), "#ddd" if power else "#444"
        grid.append(
            f'<path d="M{at:.1f} {TOP - 8}V{y - GAP + 4}" stroke="{colour}"/>'
            f'<text x="{at:.1f}" y="{y + 4}" text-anchor="middle">{10.0**power:g}</text>'
        )
    legend = "".join(
        f'<rect x="{LEFT + 150 * i}" y="28" width="12" height="10" fill="{colour}"/>'
        f'<text x="{LEFT + 18 + 150 * i}" y="37">{name} ÷ headrace</text>'
        for i, (name, colour) in enumerate(SERIES)
    )
    width, height = LEFT + WIDTH + 60, y + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">\n<style>text{{font:12px sans-serif;fill:#222}}'
        ".value{font-size:9px}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        f'<text x="{LEFT}" y="18">time of a step: right of 1, headrace is faster; '
        "red: the goal beside TensorFlow</text>\n"
        + "\n".join([legend, *grid, *body])
        + "\n</svg>\n"
    )
