"""Whole TensorFlow 1 programs build, compute and print what they do under TensorFlow 1.15.

The truth is in tests/golden/program_*.json, written by scripts/record_programs.py.
"""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = sorted(p.stem for p in (ROOT / "tests/programs/sources").glob("*.py"))
RTOL, ATOL = 1e-4, 1e-5

# Programs that cannot run yet, and what they wait for; one that passes must leave this list.
WAITING = {
    "p10_queue_input": "tf.train.string_input_producer",
    "p11_dataset": "tf.data",
}
# Programs whose values vary in TensorFlow itself: no seed, or a hook that reads `global_step` in
# the run that increments it. Shapes, dtypes and text without its numbers are compared.
VARYING_VALUES = {"p04_scopes", "v1_p13_monitored"}

# Programs whose values are compared byte by byte, which compiled arithmetic does not keep.
EXACT = {"p15_summaries"}

# Programs that take long to compile, and of which others compile the same parts.
LONG = {"cf_p49_attention_decoder", "v1_p48_arrays_and_tables"}

# Programs with the control flow that TensorFlow builds by default, whose nodes are not headrace's:
# the variables, the values (so the default seeds) and the text are compared.
DEFAULT_CONTROL_FLOW = ("v1_", "p12_")

# Programs in eager execution, which keep nothing in the default graph.
EAGER = ("ev_", "p14_")

# Names that differ from run to run by design.
VARYING = (
    (r"(?:/[\w.-]+)+/(tests/programs/sources/\w+\.py)", r"\1"),
    (r"(?:/[\w.-]+)*/tmp\w+", "TMP"),
    (r"_temp_[0-9a-f]{32}", "_temp_X"),
    (r"\.\d+\.\d+(?=[\\x27\"])", ".PID"),
    (r" at 0x[0-9a-f]+", ""),
    (r"<[\w.]*\.(\w+) object>", r"<\1>"),
    (r"(<tf.Tensor: )id=\d+, ", r"\1"),
)
NUMBER = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|nan|inf)")


def members(pairs):
    """A JSON object; values whose names became one without their addresses stay together."""
    together = {}
    for name, value in pairs:
        together.setdefault(name, []).append(value)
    return {
        name: values[0] if len(values) == 1 else sorted(values, key=json.dumps)
        for name, values in together.items()
    }


def load(path):
    text = path.read_text()
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return json.loads(text, object_pairs_hook=members)


def close(x, y):
    if isinstance(x, float) and isinstance(y, (int, float)):
        return (x != x and y != y) or x == y or abs(x - y) <= ATOL + RTOL * abs(x)
    if isinstance(x, list):
        return isinstance(y, list) and len(x) == len(y) and all(map(close, x, y))
    if isinstance(x, dict):
        return isinstance(y, dict) and x.keys() == y.keys() and all(close(x[k], y[k]) for k in x)
    return x == y


def outline(value):
    """Shapes and dtypes of a recorded value."""
    if isinstance(value, dict) and "shape" in value:
        return [value["shape"], re.sub(r"^\|S\d+$", "bytes", value["dtype"])]
    if isinstance(value, dict):
        return {key: outline(v) for key, v in value.items()}
    return [outline(v) for v in value] if isinstance(value, list) else value


def same_text(x, y, digits=True):
    """Equal but for white space and the last digits of numbers, or all digits."""
    shapes = [NUMBER.sub("#", "".join(text.split())) for text in (x, y)]
    if shapes[0] != shapes[1]:
        return False
    return not digits or all(
        close(float(p), float(q)) for p, q in zip(NUMBER.findall(x), NUMBER.findall(y), strict=True)
    )


QUICK = ("p01_", "p02_", "p03_", "p07_")
EACH = [
    pytest.param(
        (name, tier),
        id=f"{name}-{tier}",
        marks=() if name.startswith(QUICK) and tier == "off" else (pytest.mark.slow,),
    )
    for name in SOURCES
    for tier in ("off", "always")
    if tier == "off" or name not in EXACT | LONG
]


@pytest.fixture(scope="session")
def recorder():
    """A process whose children run the programs."""
    command = [sys.executable, ROOT / "scripts/record_programs.py", "--serve"]
    env = {"PYTHONPATH": str(ROOT), "PATH": "", "HEADRACE_CACHE": "off"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, cwd=ROOT, env=env, **pipes) as process:
        yield process
        process.stdin.close()


@pytest.fixture(params=EACH)
def recordings(request, recorder, tmp_path):
    """(name, truth, ours) of a program, interpreted or compiled; each in a process of its own."""
    name, tier = request.param
    if name in WAITING:
        request.applymarker(pytest.mark.xfail(reason=WAITING[name], strict=True))
    out = tmp_path / f"{name}.json"
    recorder.stdin.write(f"{name} {tier} {out}\n")
    status = recorder.stdout.readline()
    assert status == "0\n", f"{status}{pathlib.Path(f'{out}.err').read_text()[-2000:]}"
    return name, load(ROOT / f"tests/golden/program_{name}.json"), load(out)


def test_program(recordings):
    """Nodes, collections, values of runs and printed lines are TensorFlow's."""
    name, truth, ours = recordings
    assert ours["error"] == truth["error"]
    problems = []
    if name.startswith(DEFAULT_CONTROL_FLOW):
        problems += node_problems(variables(truth["nodes"]), variables(ours["nodes"]))
    else:
        problems += node_problems(truth["nodes"], ours["nodes"])
        problems += (
            []
            if name.startswith(EAGER)
            else [
                f"collection {key}: {size} in TensorFlow, {ours['collections'].get(key)} here"
                for key, size in truth["collections"].items()
                if ours["collections"].get(key) != size
            ]
        )
    problems += run_problems(name, truth["runs"], ours["runs"])
    digits = name not in VARYING_VALUES
    # Arrays may be broken into lines elsewhere when a last digit differs.
    if not same_text(truth["printed"], ours["printed"], digits):
        lines = truth["printed"].splitlines(), ours["printed"].splitlines()
        problems += text_problems(*lines, digits) or ["the printed text differs"]
    assert not problems, "\n".join([f"{len(problems)} differences", *problems[:12]])


def variables(nodes):
    return [node for node in nodes if node[1] in ("VariableV2", "VarHandleOp")]


def node_problems(truth, ours):
    mine = {node[0]: node for node in ours}
    theirs = {node[0] for node in truth}
    out = [f"extra {node[0]} ({node[1]})" for node in ours if node[0] not in theirs]
    for node in truth:
        if node[0] not in mine:
            out.append(f"missing {node[0]} ({node[1]})")
        elif mine[node[0]] != node:
            out.append(f"node {node} in TensorFlow, {mine[node[0]]} here")
    if not out and [n[0] for n in truth] != [n[0] for n in ours]:
        out.append("nodes are made in another order")
    return out


def run_problems(name, truth, ours):
    if len(truth) != len(ours):
        return [f"{len(truth)} runs in TensorFlow, {len(ours)} here"]
    if name in VARYING_VALUES:
        truth, ours = outline(truth), outline(ours)
    return [
        f"run {i}: {str(x)[:300]} in TensorFlow, {str(y)[:300]} here"
        for i, (x, y) in enumerate(zip(truth, ours, strict=True))
        if not close(x, y)
    ]


def text_problems(truth, ours, digits):
    if len(truth) != len(ours):
        return [f"{len(truth)} printed lines in TensorFlow, {len(ours)} here: {ours[-2:]}"]
    return [
        f"line {i + 1}: {x!r} in TensorFlow, {y!r} here"
        for i, (x, y) in enumerate(zip(truth, ours, strict=True))
        if not same_text(x, y, digits)
    ]
