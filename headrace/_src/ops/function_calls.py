"""Calls of functions: `PartitionedCall` and `StatefulPartitionedCall`."""

from __future__ import annotations

from typing import Any

from headrace._src.core import attrs as A
from headrace._src.core.opspec import op

_SIGNATURE = "args: list:Tin -> output: list:Tout"
_NO_RULE = "1.15 registers none: what makes the node says how to differentiate it"


def _attrs() -> dict[str, Any]:
    return {
        "Tin": A.dtypes(minimum=0),
        "Tout": A.dtypes(minimum=0),
        "f": A.func(),
        "config": A.text(default=""),
        "config_proto": A.text(default=""),
        "executor_type": A.text(default=""),
    }


# -- PartitionedCall -----------------------------------------------------------------------------
PartitionedCall = op("PartitionedCall", _SIGNATURE, calls_functions=True, **_attrs())


@PartitionedCall.shape
def _shape_call(s: Any, args: Any, *, Tout: Any) -> Any:  # noqa: N803
    # As in 1.15: what a function gives is not looked at.
    return [None] * len(Tout)


@PartitionedCall.kernel
def _kernel_call(k: Any, args: Any, *, f: Any) -> Any:
    return k.call(f, args)


PartitionedCall.no_gradient(_NO_RULE, undefined=True)

# -- StatefulPartitionedCall ---------------------------------------------------------------------
StatefulPartitionedCall = op(
    "StatefulPartitionedCall", _SIGNATURE, stateful=True, calls_functions=True, **_attrs()
)
StatefulPartitionedCall.shape(_shape_call)
StatefulPartitionedCall.kernel(_kernel_call)
StatefulPartitionedCall.no_gradient(_NO_RULE, undefined=True)
