"""Every snippet builds the graph, and gives the values or the error, that TensorFlow 1.15 does.

The truth is in tests/golden/parity_*.json, written by scripts/record_parity.py.
"""

import functools
import importlib.util
import json
import math
import pathlib

import pytest

import headrace
from headrace import testing

ROOT = pathlib.Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("record_parity", ROOT / "scripts/record_parity.py")
recorder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorder)


@functools.cache
def golden(family):
    path = pathlib.Path(recorder.golden_path(family))
    return json.loads(path.read_text()) if path.exists() else {}


# The quick tier takes every eighth snippet.
CASES = [
    pytest.param(
        family,
        name,
        code,
        options,
        id=f"{family}-{name}",
        marks=() if i % 8 == 0 else (pytest.mark.slow,),
    )
    for i, (family, name, code, options) in enumerate(
        (family, name, code, options)
        for family in recorder.families()
        for name, (code, options) in recorder.load_snippets(family).items()
    )
]


# Families that put ops together which have snippets or records of their own. Compiling every one
# of their snippets takes half of the suite's time; every fourth is compiled.
COMPOSED = frozenset(
    {
        "batch_normalization",
        "contrib_layers",
        "contrib_rnn",
        "layers",
        "layers_conv",
        "layers_pooling",
        "losses",
        "metrics",
        "rnn",
        "rnn_cells",
        "train",
    }
)
COMPILED = [
    case
    for i, case in enumerate(CASES)
    if case.values[0] not in COMPOSED or i % 4 == 0  # CASES are in the order of their families
]


def truth_of(family, name, code):
    truth = golden(family).get(name)
    if truth is None or truth["code"] != recorder.code_digest(code):
        pytest.fail(f"no golden for this snippet: run scripts/record_parity.py {family}")
    return truth


@pytest.mark.parametrize("family, name, code, options", CASES)
def test_builds_and_runs_as_tensorflow(family, name, code, options, tmp_path):
    """Nodes, values and errors of the interpreter are those of TensorFlow 1.15."""
    truth = truth_of(family, name, code)
    built = recorder.Built(headrace, family, name, code, options, str(tmp_path))
    if built.error is not None:
        if "nodes" in truth or "error" not in truth:
            raise built.error
        return compare_errors(truth["error"], built.error, options, tmp_path)
    if "nodes" in truth:
        compare_nodes(truth["nodes"], built.nodes)
    if built.fetch is None:
        assert "error" not in truth, f"expected {truth['error']}, got no error"
        return None
    if "error" in truth:
        with pytest.raises(Exception) as caught:
            built.values(lambda s, fetch, feed: s.run(fetch, feed), options.get("runs", 1))
        return compare_errors(truth["error"], caught.value, options, tmp_path)
    got = built.values(lambda s, fetch, feed: s.run(fetch, feed), options.get("runs", 1))
    return compare_values(truth["value"], got, options)


@pytest.mark.xla
@pytest.mark.parametrize("family, name, code, options", COMPILED)
def test_compiled_gives_the_same(family, name, code, options, tmp_path):
    """The compiled executor gives TensorFlow's values wherever the graph can be lowered."""
    truth = truth_of(family, name, code)
    if "value" not in truth or not options.get("xla", True):
        pytest.skip("nothing to compile")
    built = recorder.Built(headrace, family, name, code, options, str(tmp_path))
    if built.error is not None:
        raise built.error
    try:
        got = built.values(testing.run_compiled, options.get("runs", 1))
    except testing.NotCompiled as reason:
        pytest.skip(str(reason))
    compare_values(truth["value"], got, options)


def compare_nodes(truth, got):
    """Fail with the first differences, names first."""
    problems = []
    mine, theirs = {n[0]: n for n in got}, {n[0]: n for n in truth}
    problems += [f"missing {n[0]} ({n[1]})" for n in truth if n[0] not in mine]
    problems += [f"extra {n[0]} ({n[1]})" for n in got if n[0] not in theirs]
    for node in truth:
        if node[0] in mine:
            problems += node_differences(node, mine[node[0]])
    if not problems and [n[0] for n in truth] != [n[0] for n in got]:
        problems.append(f"order: {[n[0] for n in truth]} in TensorFlow, {[n[0] for n in got]} here")
    assert not problems, "\n".join([f"{len(problems)} differences", *problems[:12]])


def node_differences(truth, got):
    out = []
    for place, what in ((1, "type"), (2, "inputs"), (4, "device")):
        if truth[place] != got[place]:
            out.append(f"{truth[0]}: {what} {truth[place]} in TensorFlow, {got[place]} here")
    for key in sorted(set(truth[3]) | set(got[3])):
        if truth[3].get(key) != got[3].get(key):
            out.append(
                f"{truth[0]}: attr {key} {truth[3].get(key)} in TensorFlow, {got[3].get(key)} here"
            )
    return out


def compare_errors(truth, error, options, tmp_path):
    got = recorder.record_error(error, str(tmp_path))
    place = 1 if options.get("error") == "type" else 2
    if got[:place] != truth[:place]:
        raise AssertionError(f"error {truth} in TensorFlow, {got} here") from error


def compare_values(truth, got, options):
    rtol, atol = options.get("rtol", 1e-5), options.get("atol", 1e-6)
    problem = difference(truth, got, rtol, atol, "value")
    assert problem is None, problem


def difference(truth, got, rtol, atol, where):
    """The first difference between two recorded values, or None."""
    if isinstance(truth, dict) and isinstance(got, dict):
        if truth.keys() != got.keys():
            return f"{where}: keys {sorted(truth)} in TensorFlow, {sorted(got)} here"
        pairs = [(k, truth[k], got[k]) for k in truth]
    elif isinstance(truth, list) and isinstance(got, list):
        if len(truth) != len(got):
            return f"{where}: {truth} in TensorFlow, {got} here"
        pairs = [(i, t, g) for i, (t, g) in enumerate(zip(truth, got, strict=True))]
    else:
        return (
            None if same(truth, got, rtol, atol) else f"{where}: {truth} in TensorFlow, {got} here"
        )
    for key, t, g in pairs:
        problem = difference(t, g, rtol, atol, f"{where}[{key!r}]")
        if problem:
            return problem
    return None


def same(truth, got, rtol, atol):
    if isinstance(truth, float) and isinstance(got, (int, float)):
        if math.isnan(truth) or math.isnan(got):
            return math.isnan(truth) and math.isnan(got)
        return truth == got or abs(truth - got) <= atol + rtol * abs(truth)
    return truth == got
