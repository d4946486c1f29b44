"""Partition: the steps of a plan as units that run on the host or are compiled.

Every operation gets a level: even ones run on the host, odd ones are compiled. An operation stands
on the lowest level that its data, its control inputs, the order of accesses to its variables and
the order of effects on the host allow, so that there are as few crossings as possible. An
operation that must know an input before it can be lowered stands above the level that computes the
input. Integer work that only prepares such inputs, or what the host takes, stays on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.engine import functions
from headrace._src.engine.padding import makers_apart, without_seen_padding
from headrace._src.engine.plan import Plan, Step

# Dtypes that compiled code knows, by name.
_DEVICE_DTYPES = frozenset(
    "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool "
    "complex64 complex128".split()
)


class Unit:
    """Some steps of a plan that run together.

    Attributes:
      compiled: whether they are lowerable.
      steps: the steps, in plan order.
      inputs: tensors from outside, in order of first use; variables are not among them.
      static: those of the inputs whose value must be known before lowering.
      outputs: tensors that are fetched or that later units take.
      cells: tensors from outside whose run-time value is a variable, in order of first use.
      random: the operations that draw random numbers, in order, those in functions included.
      limit: how many iterations its outermost loop may make, or None.
      aliases: (a tensor made here whose run-time value is a variable, the one of `cells` it is).
    """

    __slots__ = (
        "aliases",
        "cells",
        "compiled",
        "inputs",
        "limit",
        "outputs",
        "random",
        "static",
        "steps",
    )

    def __init__(self, compiled: bool, steps: list[Step]) -> None:
        self.compiled = compiled
        self.steps = steps
        self.inputs: list[Tensor] = []
        self.static: frozenset[Tensor] = frozenset()
        self.outputs: list[Tensor] = []
        self.cells: list[Tensor] = []
        self.aliases: list[tuple[Tensor, Tensor]] = []
        self.random = [*dict.fromkeys(op for s in steps for op in functions.random_in(s.op))]
        self.limit: int | None = None


def lowerable(op: Operation) -> bool:
    """Whether the operation's kernel can be part of compiled code."""
    spec = op.spec
    if spec.host_only or spec.xla is None or spec.blocking or spec.handle:
        return False
    if not all(_lowerable_body(f.graph) for f in op.called):
        return False
    inputs = set(op._inputs) - _ignored(op)
    return all(_fits_device(t) for t in inputs) and all(_fits_device(t) for t in op.outputs)


def _lowerable_body(graph: Any) -> bool:
    """Whether every operation of a function's body can be part of compiled code."""
    plan = functions.plan_of(graph)
    operations = [s.op for s in plan.steps]
    return (
        not plan.handles
        and all(map(lowerable, operations))
        and len(without_seen_padding(plan, operations, graph.outputs)) == len(operations)
    )


def _ignored(op: Operation) -> set[Tensor]:
    """The inputs that only the host kernel looks at, and that compiled code could not take."""
    if not op.spec.xla_ignores:
        return set()
    args = zip(op._inputs, op.spec.flat_inputs(op), strict=True)
    return {t for t, a in args if a.name in op.spec.xla_ignores and not _fits_device(t)}


def _fits_device(t: Tensor) -> bool:
    name = t.dtype.base_dtype.name
    return name in _DEVICE_DTYPES or name in ("resource", "variant")


def partition(plan: Plan, elements: Sequence[Any], host: frozenset[Operation]) -> list[Unit]:
    """The units of a plan, in order.

    Args:
      plan: the plan.
      elements: its fetches.
      host: operations that turned out not to be lowerable.
    """
    device = [s.op for s in plan.steps if s.op not in host and lowerable(s.op)]
    device = without_seen_padding(plan, device, elements)
    known = _known(plan, device)
    on_host = {s.op for s in plan.steps} - set(device)
    on_host |= _host_cone(plan, on_host, set(device), known)
    levels, static = _levels(plan, on_host, known)
    apart = makers_apart(plan, device, elements, levels)
    if apart:
        return partition(plan, elements, host | apart)
    by_level: dict[int, list[Step]] = {}
    for step in plan.steps:
        by_level.setdefault(levels[step.op], []).append(step._replace(free=()))
    units = [Unit(level % 2 == 1, steps) for level, steps in sorted(by_level.items())]
    for unit in units:
        unit.static = frozenset(t for s in unit.steps for t in static.get(s.op, ()))
    connect(plan, units, elements)
    return units


def _known(plan: Plan, device: list[Operation]) -> set[Tensor]:
    """The tensors of compiled operations that are known while they are lowered."""
    known: set[Tensor] = {t for t in plan.slots if t.op in plan._known and t not in plan.fed}
    for op in device:
        spec = op.spec
        if spec.known_when_lowered:
            known.update(op.outputs)
            continue
        if spec.has_effects or spec.random or spec.needs_op or not op._inputs:
            continue
        if spec.value_from_shapes is not None or all(plan.source(t) in known for t in op._inputs):
            known.update(t for t in op.outputs if t not in plan.fed)
    return known


def static_inputs(op: Operation, plan: Plan) -> list[Tensor]:
    """The inputs of an operation whose values must be known before it is lowered."""
    if op.spec.calls_functions:
        return functions.static_inputs(op, plan)
    if not op.spec.static:
        return []
    args = op.spec.flat_inputs(op)
    named = zip(map(plan.source, op._inputs), args, strict=True)
    static = op.spec.static_inputs(op)
    return [t for t, a in named if a.name in static]


def _host_cone(
    plan: Plan, on_host: set[Operation], device: set[Operation], known: set[Tensor]
) -> set[Operation]:
    """Integer work on what the host knows anyway, as far as the host or a static input takes it."""
    movable: set[Operation] = set()
    for step in plan.steps:
        op = step.op
        spec = op.spec
        if (
            op in device
            and not (spec.has_effects or spec.random or spec.needs_op or step.reads)
            and all(t.dtype.is_integer or t.dtype.is_bool for t in op.outputs)
            and all(
                t in plan.fed or t.op in plan._known or t.op in on_host or t.op in movable
                for t in map(plan.source, op._inputs)
            )
            and all(t not in plan.cells for t in op._inputs)
        ):
            movable.add(op)
    stack = [plan.source(t) for op in on_host for t in op._inputs]
    stack += [t for op in device for t in static_inputs(op, plan) if t not in known]
    wanted: set[Operation] = set()
    while stack:
        t = stack.pop()
        if t not in plan.fed and t.op in movable and t.op not in wanted:
            wanted.add(t.op)
            stack.extend(map(plan.source, t.op._inputs))
    return wanted


def _handed_on(t: Tensor) -> Tensor:
    """The reference or handle that the operation behind `t` hands on as `t`."""
    inputs = t.op._inputs
    refs = [i for i in inputs if i.dtype._is_ref_dtype or i.dtype.name == "resource"]
    return refs[0] if refs else inputs[0]


def variable_of(t: Tensor) -> Any:
    """What identifies the variable behind a reference or a handle."""
    while t.op._inputs and not t.op.spec.handle:
        t = _handed_on(t)
    attrs = t.op.attrs
    return attrs.get("container", ""), t.op.type, attrs.get("shared_name", "") or t.op.name


class _Accesses:
    """The order of accesses to each variable: writes in order, reads between the same writes."""

    def __init__(self) -> None:
        self._written: dict[Any, Operation] = {}
        self._read: dict[Any, list[Operation]] = {}

    def before(self, op: Operation, plan: Plan, positions: tuple[int, ...]) -> list[Operation]:
        """The operations that must come before this one."""
        result: list[Operation] = []
        for i, t in enumerate(op._inputs):
            if t not in plan.cells and t.dtype.name != "resource":
                continue
            variable = variable_of(t)
            if variable in self._written:
                result.append(self._written[variable])
            if i in positions:
                self._read.setdefault(variable, []).append(op)
            else:
                result += self._read.pop(variable, [])
                self._written[variable] = op
        return result


def _only_prepares(op: Operation, step: Step) -> bool:
    """Whether it is a constant, or integer work on values: when it happens is not to be seen."""
    spec = op.spec
    if spec.has_effects or spec.random or spec.needs_op or spec.blocking or spec.handle:
        return False
    if step.reads or op.called:
        return False
    return not op._inputs or all(t.dtype.is_integer or t.dtype.is_bool for t in op.outputs)


def _levels(
    plan: Plan, on_host: set[Operation], known: set[Tensor]
) -> tuple[dict[Operation, int], dict[Operation, list[Tensor]]]:
    """The level of each operation, and the inputs that it needs to know before it is lowered."""
    levels: dict[Operation, int] = {}
    static: dict[Operation, list[Tensor]] = {}
    # Constants made under control dependencies need not wait: what takes them does in their place.
    awaited: dict[Operation, list[Operation]] = {}
    accesses = _Accesses()
    last_effect = 0
    steps = {s.op: s for s in plan.steps}
    for op in plan.operations:
        step = steps.get(op)
        # What is not executed keeps the order between those before and behind it.
        here = op in on_host or step is None
        level = 0 if here else 1
        before = [t.op for t in map(plan.source, op._inputs) if t not in plan.fed]
        later = [w for b in (*before, *op._control_inputs) for w in awaited.get(b, ())]
        if here and step is not None and _only_prepares(op, step):
            if op._inputs:
                before += op._control_inputs
            else:
                later += op._control_inputs
            if later:
                awaited[op] = list(dict.fromkeys(later))
        else:
            before += op._control_inputs
            before += later
        if step is not None:
            before += accesses.before(op, plan, step.reads)
        for b in before:
            # Parity tells host from compiled: equal kinds may share a level.
            at = levels.get(b)
            if at is not None:
                level = max(level, at + ((at ^ level) & 1))
        if step is None:
            levels[op] = max((levels[b] for b in before if b in levels), default=0)
            continue
        if here and (op.spec.has_effects or op.spec.blocking):
            level = last_effect = max(level, last_effect)
        elif not here:
            for t in static_inputs(op, plan):
                if t not in known:
                    static.setdefault(op, []).append(t)
                    at = levels.get(t.op)
                    if t not in plan.fed and at is not None and at % 2:
                        level = max(level, at + 2)
        levels[op] = level
    return levels, static


def connect(plan: Plan, units: Sequence[Unit], elements: Sequence[Any]) -> None:
    """Finds what each unit takes from outside and what it must give."""
    maker = {s.op: unit for unit in units for s in unit.steps}
    wanted = {plan.source(e): None for e in elements if isinstance(e, Tensor)}
    for unit in units:
        inputs: dict[Tensor, None] = {}
        cells: dict[Tensor, None] = {}
        for step in unit.steps:
            unseen = _ignored(step.op) if unit.compiled else ()
            for given in step.op._inputs:
                t = plan.source(given)
                if t not in plan.fed and (maker.get(t.op) is unit or t.op in plan._known):
                    continue
                if given in unseen:
                    pass
                elif t in plan.cells or t.dtype.name == "resource":
                    cells[t] = None
                else:
                    inputs[t] = None
                wanted[t] = None
        unit.inputs = list(inputs)
        unit.cells = list(cells)
    for unit in units:
        for t in [t for s in unit.steps for t in s.op.outputs if t in wanted]:
            if t in plan.fed:
                continue
            if t in plan.cells:
                source = t
                while unit.compiled and maker.get(source.op) is unit:
                    source = _handed_on(source)
                unit.aliases.append((t, source))
            else:
                unit.outputs.append(t)
