"""The interfaces of 1.x's control-flow ops, which only GraphDefs know.

They are no part of the registry: no graph holds such nodes, and nothing executes them. Importing a
GraphDef reads them, and raises them to conditions and loops.
"""

from __future__ import annotations

from typing import Any, Final

from headrace._src.core import attrs as A
from headrace._src.core.attrs import AttrSpec
from headrace._src.core.opspec import OpSpec

OLD_OPS: Final[dict[str, OpSpec]] = {}


def _declare(name: str, signature: str, **declared: Any) -> None:
    flags = {} if "stateful" not in declared else {"stateful": declared.pop("stateful")}
    OLD_OPS[name] = OpSpec(name, signature, declared, flags)


def _any() -> AttrSpec:
    return A.dtype()


_FRAME: Final = {"is_constant": (A.boolean, False), "parallel_iterations": (A.integer, 10)}


def _frame() -> dict[str, AttrSpec]:
    return {"frame_name": A.text(), **{k: make(default=d) for k, (make, d) in _FRAME.items()}}


for _prefix, _t in (("", "T"), ("Ref", "Ref(T)")):
    _declare(
        f"{_prefix}Switch",
        f"data: {_t}, pred: bool -> output_false: {_t}, output_true: {_t}",
        T=_any(),
    )
    _declare(
        f"{_prefix}Merge",
        f"inputs: N * {_t} -> output: {_t}, value_index: int32",
        T=_any(),
        N=A.integer(minimum=1),
    )
    _declare(f"{_prefix}Enter", f"data: {_t} -> output: {_t}", T=_any(), **_frame())
    _declare(f"{_prefix}Exit", f"data: {_t} -> output: {_t}", T=_any())
    _declare(f"{_prefix}NextIteration", f"data: {_t} -> output: {_t}", T=_any())

_declare("LoopCond", "input: bool -> output: bool")
_declare("ControlTrigger", "->")

SWITCHES: Final = frozenset({"Switch", "RefSwitch"})
MERGES: Final = frozenset({"Merge", "RefMerge"})
ENTERS: Final = frozenset({"Enter", "RefEnter"})
EXITS: Final = frozenset({"Exit", "RefExit"})
NEXT_ITERATIONS: Final = frozenset({"NextIteration", "RefNextIteration"})
CONTROL_FLOW: Final = (
    SWITCHES | MERGES | ENTERS | EXITS | NEXT_ITERATIONS | {"LoopCond", "ControlTrigger"}
)

__all__ = ["CONTROL_FLOW", "ENTERS", "EXITS", "MERGES", "NEXT_ITERATIONS", "OLD_OPS", "SWITCHES"]
