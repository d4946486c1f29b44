"""Every op has the interface of TensorFlow 1.15, a gradient decision, kernels, and a test."""

import functools
import importlib
import json
import pathlib

import pytest

import headrace._src.ops  # noqa: F401  (finds the op families)
from headrace._src.core import opspec

ROOT = pathlib.Path(__file__).parents[2]
TYPES = {
    "float16": "half",
    "float32": "float",
    "float64": "double",
}

# Ops of headrace itself, which TensorFlow 1.15 does not have, and why.
OWN = {}
# Ops whose gradients are defined here and not in TensorFlow 1.15, or the other way round.
GRADIENTS_APART = {
    "If", "StatelessIf", "PartitionedCall", "StatefulPartitionedCall", "TensorArrayConcatV3",
    "TensorArrayGatherV3", "TensorArrayReadV3", "TensorArrayScatterV3", "TensorArraySplitV3",
    "TensorArrayWriteV3",
}  # fmt: skip


def specs():
    opspec.lookup("")
    return opspec.registered()


@functools.cache
def interfaces():
    return json.loads((ROOT / "tests/golden/ops_1_15.json").read_text("utf-8"))


@functools.cache
def gradients():
    """Op type: whether TensorFlow registers a function; absent where it registers nothing."""
    return json.loads((ROOT / "tests/golden/gradients_1_15.json").read_text("utf-8"))


@functools.cache
def covered():
    """Op types that a record builds or that a parity golden contains."""
    out = set()
    for path in (ROOT / "tests/golden").glob("parity_*.json"):
        for snippet in json.loads(path.read_text("utf-8")).values():
            out |= {node[1] for node in snippet.get("nodes", ())}
    for path in (ROOT / "tests/golden").glob("program_*.json"):
        out |= {node[1] for node in json.loads(path.read_text("utf-8"))["nodes"]}
    for path in (ROOT / "tests/ops").glob("records_*.py"):
        module = importlib.import_module(f"tests.ops.{path.stem}")
        out |= {record.op for record in module.RECORDS}
    return out


OPS = sorted(specs())


@pytest.mark.parametrize("op_type", OPS)
def test_interface(op_type):
    """Inputs, outputs and attrs (names, order, allowed values, defaults) are TensorFlow's."""
    if op_type in OWN:
        assert op_type not in interfaces()
        return
    assert op_type in interfaces(), f"no facts about {op_type}: run scripts/pick_facts.py"
    spec, truth = specs()[op_type], interfaces()[op_type]
    assert [argument(a) for a in spec.inputs] == truth["in"]
    assert [argument(a) for a in spec.outputs] == truth["out"]
    wanted = truth.get("attr", {})
    assert set(spec.attrs) == set(wanted)
    for name, attr in spec.attrs.items():
        assert attr.kind == wanted[name]["type"], f"kind of attr {name}"
        assert attr.has_default == ("default" in wanted[name]), f"default of attr {name}"
        if attr.kind in ("int", "bool", "float", "string") and attr.has_default:
            default = attr.default
            default = default.decode() if isinstance(default, bytes) else default
            assert default == pytest.approx(wanted[name]["default"]), f"default of attr {name}"
        if attr.kind in ("type", "list(type)") and attr.allowed is not None:
            ours = {TYPES.get(d.name, d.name) for d in attr.allowed}
            assert ours == set(wanted[name].get("allowed", ours)), f"allowed types of attr {name}"
        if attr.kind in ("type", "list(type)") and attr.allowed is None:
            assert "allowed" not in wanted[name], f"attr {name} allows some types only"


def argument(arg):
    kind = arg.type_attr or arg.type_list_attr or TYPES.get(arg.dtype.name, arg.dtype.name)
    kind = f"Ref({kind})" if arg.is_ref else kind
    kind = f"list:{kind}" if arg.type_list_attr else kind
    return f"{arg.name}: {arg.number_attr} * {kind}" if arg.number_attr else f"{arg.name}: {kind}"


@pytest.mark.parametrize("op_type", OPS)
def test_decisions(op_type):
    """The op says how it differentiates, infers shapes and runs."""
    spec = specs()[op_type]
    assert spec.has_gradient_decision, "no gradient rule and no reason for none"
    assert spec.shape_rule is not None or not spec.outputs, "no shape rule"
    assert spec.host is not None, "no kernel for the interpreter"


@pytest.mark.parametrize("op_type", OPS)
def test_gradient_decision(op_type):
    """A rule, no gradient, or an error: whichever TensorFlow registers."""
    spec = specs()[op_type]
    if not spec.inputs or op_type in GRADIENTS_APART:
        return
    wanted = gradients().get(op_type, "error")
    rule = spec.gradient_rule is not None
    assert (rule or ("error" if spec.gradient_undefined else False)) == wanted


@pytest.mark.parametrize("op_type", OPS)
def test_is_covered(op_type):
    """A record or a parity snippet builds the op."""
    assert op_type in covered()
