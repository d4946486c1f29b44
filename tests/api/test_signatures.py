"""Argument names, order and defaults are those of TensorFlow 1.15 (tests/golden/api_1_15.tsv)."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]

# Symbols whose signature differs on purpose, and why; entries that agree must leave.
DIFFERENT = {
    "Operation": "nodes are made by Graph.create_op; the constructor is internal",
    "test.TestCase.assertItemsEqual": "inherited from absl, newer than TensorFlow's",
    **{
        f"nn.rnn_cell.{cell}.build": "TensorFlow's shows what decorates it"
        for cell in ("BasicLSTMCell", "BasicRNNCell", "GRUCell", "LSTMCell")
    },
}


def rows(path):
    for line in (ROOT / path).read_text("utf-8").splitlines():
        name, kind, signature = line.split("\t")
        if kind in ("function", "class", "method"):
            yield name, signature


def parse(signature):
    """(names in order, {name: default text}) of a signature; None where it says nothing."""
    if signature in ("", "(...)", "(*args, **kwargs)"):
        return None
    try:
        arguments = ast.parse(f"def f{_quoted(signature)}: pass").body[0].args
    except SyntaxError:
        return None
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(
        zip(
            [a.arg for a in positional][len(positional) - len(arguments.defaults) :],
            arguments.defaults,
            strict=True,
        )
    )
    defaults |= {
        a.arg: d
        for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if d is not None
    }
    names = [a.arg for a in positional if a.arg not in ("self", "cls")]
    stars = [arguments.vararg.arg if arguments.vararg else None]
    stars += [arguments.kwarg.arg if arguments.kwarg else None]
    return names + [a.arg for a in arguments.kwonlyargs], defaults, stars


def _quoted(signature):
    """Defaults shown as `<object>` become text, so that the rest can be read."""
    return re.sub(r"<[^<>]*>", lambda m: repr("object " + re.sub(r"\W", " ", m[0])), signature)


def same_default(truth, ours):
    try:
        a, b = ast.literal_eval(truth), ast.literal_eval(ours)
    except (ValueError, SyntaxError):
        return True
    # Objects as defaults are shown by both sides in their own way.
    if any(isinstance(v, str) and v.startswith(("object ", "<")) for v in (a, b)):
        return True
    # The facts give lists and the like as text.
    return a in (b, repr(b)) and isinstance(a, bool) == isinstance(b, bool)


def differences(truth, ours):
    t, o = parse(truth), parse(ours)
    if t is None or o is None:
        return None
    if t[0] != o[0]:
        return f"arguments {t[0]} in TensorFlow, {o[0]} here"
    if t[1].keys() != o[1].keys():
        return f"arguments with defaults {sorted(t[1])} in TensorFlow, {sorted(o[1])} here"
    for name in t[1]:
        if not same_default(t[1][name], o[1][name]):
            return f"{name}={ast.unparse(t[1][name])} in TensorFlow, {ast.unparse(o[1][name])} here"
    return None


def test_signatures():
    """Every exported function, class and method takes what TensorFlow's takes."""
    ours = dict(rows("headrace/_api/signatures.tsv"))
    found = {}
    for name, truth in rows("tests/golden/api_1_15.tsv"):
        if name in ours:
            problem = differences(truth, ours[name])
            if problem:
                found[name] = problem
    fresh = [f"{name}: {problem}" for name, problem in found.items() if name not in DIFFERENT]
    assert not fresh, "\n".join([f"{len(fresh)} differ", *fresh[:60]])
    stale = [name for name in DIFFERENT if name not in found]
    assert not stale, f"these agree now: {stale}"


@pytest.mark.parametrize("text", ["(a, b=1, *args, name=None)", "(x, dtype=<dtype: 'float32'>)"])
def test_parse(text):
    """The reader of signatures reads what the facts contain."""
    assert parse(text) is not None
