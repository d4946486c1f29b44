"""How runs are executed, for people: steps, units, tiers, compilations and costs."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any, NamedTuple

from headrace._src.engine import costs, tiers
from headrace._src.engine.devices import HOST
from headrace._src.engine.segment import Segment

if TYPE_CHECKING:
    from headrace._src.engine.partition import Unit
    from headrace._src.engine.session import Prepared


class UnitReport(NamedTuple):
    """One unit of a compiled plan.

    Attributes:
      kind: `host` or `segment`.
      steps: how many operations it executes.
      types: op type → how many of them.
      interpreted, compiled: static costs of one run, in microseconds.
      programs: how many signatures were compiled.
      seconds: how long compilation took; 0 for programs found on disk.
      donates: whether variables are updated in place.
      refused: why signatures are interpreted.
      device: where it runs; empty for the CPU.
    """

    kind: str
    steps: int
    types: dict[str, int]
    interpreted: float
    compiled: float
    programs: int = 0
    seconds: float = 0.0
    donates: bool = False
    refused: tuple[str, ...] = ()
    device: str = ""


class Explanation(NamedTuple):
    """How one combination of fetches and feeds is executed.

    Attributes:
      fetches, feeds: names.
      operations: how many operations the fetches need.
      steps: how many are executed; the others are constants, identities, repetitions.
      runs: runs so far.
      tier: `interpreted` or `compiled`.
      compiles_at: the run at which it will be compiled, or None.
      cost: static cost of an interpreted run in microseconds, None before the first run.
      units: the units of a compiled plan.
    """

    fetches: tuple[str, ...]
    feeds: tuple[str, ...]
    operations: int
    steps: int
    runs: int
    tier: str
    compiles_at: int | None
    cost: float | None
    units: tuple[UnitReport, ...]

    def __str__(self) -> str:
        lines = [
            f"fetches  {_listed(self.fetches)}",
            f"feeds    {_listed(self.feeds)}",
            f"graph    {self.operations} operations, {self.steps} steps",
            f"runs     {self.runs}, {self.tier}{self._plan()}",
        ]
        if self.cost is not None:
            lines.append(f"cost     {self.cost:.0f} µs interpreted (static estimate)")
        for i, unit in enumerate(self.units):
            lines.append(f"  unit {i}  {_unit_text(unit)}")
            for reason in unit.refused:
                lines.append(f"          interpreted where {reason}")
        return "\n".join(lines)

    def _plan(self) -> str:
        if self.tier == "compiled":
            return ""
        if self.compiles_at is None:
            return "; stays so"
        return f"; compiles at run {self.compiles_at}"


def explanation(prepared: Prepared) -> Explanation:
    """Explains something that a session has prepared to run."""
    plan = prepared.plan
    staged = prepared.staged
    waits = staged is None and prepared.decide_at != tiers.NEVER
    known = plan.costs
    return Explanation(
        tuple(e.name for e in prepared.structure.elements),
        tuple(f.tensor.name for _, _, f in prepared.feeds),
        len(plan.operations),
        len(plan.steps),
        prepared.runs,
        "interpreted" if staged is None else "compiled",
        prepared.decide_at + 1 if waits and prepared.runs else None,
        None if known is None else sum(slow for slow, _ in known.values()),
        tuple(_report(u, known or {}) for u in staged.units) if staged is not None else (),
    )


def _report(item: Unit | Segment, known: dict[Any, tuple[float, float]]) -> UnitReport:
    unit = item.unit if isinstance(item, Segment) else item
    types = dict(collections.Counter(s.op.type for s in unit.steps).most_common())
    slow = sum(known.get(s.op, (0.0, 0.0))[0] for s in unit.steps)
    if not isinstance(item, Segment):
        return UnitReport("host", len(unit.steps), types, slow, slow)
    programs = [p for p in item.programs.values() if p is not None]
    return UnitReport(
        "segment",
        len(unit.steps),
        types,
        slow,
        slow - costs.gain(unit, known) if known else 0.0,
        len(programs),
        sum(p.seconds for p in programs),
        item.donate and bool(unit.cells),
        tuple(item.refused),
        "" if item.place == HOST else str(item.place),
    )


def _unit_text(unit: UnitReport) -> str:
    most = ", ".join(f"{n} {t}" for t, n in list(unit.types.items())[:5])
    rest = sum(list(unit.types.values())[5:])
    where = f" on {unit.device}" if unit.device else ""
    text = f"{unit.kind}{where}: {unit.steps} steps ({most}{f', {rest} others' if rest else ''})"
    if unit.kind == "segment":
        text += (
            f"; {unit.interpreted:.0f} µs interpreted, {unit.compiled:.0f} µs compiled (static); "
            f"{unit.programs} compiled in {unit.seconds:.2f} s"
        )
        if unit.donates:
            text += "; variables updated in place"
    return text


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:6]) or "none"
    return shown + (f", {len(names) - 6} more" if len(names) > 6 else "")
