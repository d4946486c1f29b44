"""Which arguments of function bodies their results depend on, as far as gradients can tell.

Gradients of functional control flow are zeros where TensorFlow 1's own has none at all; programs
that did not ask for the former are to see the difference (an optimizer leaves such variables out).
A gradient rule of operations that call functions may have an attribute `reaches`, a function
`(operation, positions of outputs) → positions of inputs`.
"""

from __future__ import annotations

from collections.abc import Iterable

from headrace._src.core import dtypes
from headrace._src.core.dtypes import DType
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.ops.func_graph import FuncGraph

_NAMES = "float16 float32 float64 complex64 complex128 resource variant".split()
# By number, since tapes ask it of everything that they see; those of references are 100 higher.
_FLOWING = frozenset(
    n for name in _NAMES for d in (dtypes.as_dtype(name),) for n in (int(d), int(d) + 100)
)


def is_flowing(tensor: Tensor) -> bool:
    """Whether gradients flow through a tensor."""
    return tensor.dtype._type_enum in _FLOWING


def is_flowing_dtype(dtype: DType) -> bool:
    """Whether gradients flow through tensors of a dtype."""
    return dtype._type_enum in _FLOWING


def behind(graph: FuncGraph, results: Iterable[Tensor]) -> set[Tensor]:
    """The tensors of a body to which gradients of some of its results flow."""
    found = {t for t in results if is_flowing(t)}
    for op in reversed(graph._nodes):
        positions = {t.value_index for t in op.outputs if t in found}
        rule = op.spec.gradient_rule
        if not positions or rule is None:
            continue
        reaches = getattr(rule, "reaches", None)
        inputs = op._inputs
        if reaches is not None:
            inputs = [inputs[i] for i in reaches(op, positions)]
        found.update(t for t in inputs if is_flowing(t))
    return found


def through_loop(op: Operation, positions: Iterable[int]) -> set[int]:
    """The inputs of a loop to which gradients of some of its results flow."""
    if not op.attrs.get("_back_prop", True):
        return set()
    body: FuncGraph = op.attrs["body"].graph
    reached = set(positions)
    while True:
        found = behind(body, [body.outputs[i] for i in reached])
        # The gradient of an argument is that of the former iteration's result.
        more = {i for i, t in enumerate(body.inputs) if t in found} - reached
        if not more:
            return {i for i, t in enumerate(body.inputs) if t in found}
        reached |= more


def through_branches(op: Operation, positions: Iterable[int]) -> set[int]:
    """The inputs of a condition to which gradients of some of its results flow."""
    wanted = list(positions)
    reached: set[int] = set()
    for function in op.functions:
        graph: FuncGraph = function.graph
        found = behind(graph, [graph.outputs[i] for i in wanted])
        # The first input is the condition.
        reached.update(i + 1 for i, t in enumerate(graph.inputs) if t in found)
    return reached
